"""VGG19, under the module that it has in Keras."""

from tsuno.applications.vgg16 import VGG19 as VGG19
from tsuno.applications.vgg16 import decode_predictions as decode_predictions
from tsuno.applications.vgg16 import preprocess_input as preprocess_input
