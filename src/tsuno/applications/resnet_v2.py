"""The second version of ResNet, under the module that it has in Keras."""

from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.resnet import ResNet50V2 as ResNet50V2
from tsuno.applications.resnet import ResNet101V2 as ResNet101V2
from tsuno.applications.resnet import ResNet152V2 as ResNet152V2
from tsuno.applications.resnet import decode_predictions as decode_predictions

preprocess_input = preprocessing("tf")
