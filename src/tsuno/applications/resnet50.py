"""ResNet50, under the module that it has had since Keras 1."""

from tsuno.applications.resnet import ResNet50 as ResNet50
from tsuno.applications.resnet import decode_predictions as decode_predictions
from tsuno.applications.resnet import preprocess_input as preprocess_input
