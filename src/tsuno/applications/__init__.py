"""Architectures that have become classics, with the weights that were trained on ImageNet."""

from tsuno.applications import convnext as convnext
from tsuno.applications import densenet as densenet
from tsuno.applications import efficientnet as efficientnet
from tsuno.applications import efficientnet_v2 as efficientnet_v2
from tsuno.applications import imagenet_utils as imagenet_utils
from tsuno.applications import inception_resnet_v2 as inception_resnet_v2
from tsuno.applications import inception_v3 as inception_v3
from tsuno.applications import mobilenet as mobilenet
from tsuno.applications import mobilenet_v2 as mobilenet_v2
from tsuno.applications import mobilenet_v3 as mobilenet_v3
from tsuno.applications import nasnet as nasnet
from tsuno.applications import resnet as resnet
from tsuno.applications import resnet50 as resnet50
from tsuno.applications import resnet_v2 as resnet_v2
from tsuno.applications import vgg16 as vgg16
from tsuno.applications import vgg19 as vgg19
from tsuno.applications import xception as xception
from tsuno.applications.convnext import *
from tsuno.applications.densenet import *
from tsuno.applications.efficientnet import *
from tsuno.applications.efficientnet_v2 import *
from tsuno.applications.inception_resnet_v2 import *
from tsuno.applications.inception_v3 import *
from tsuno.applications.mobilenet import *
from tsuno.applications.mobilenet_v2 import *
from tsuno.applications.mobilenet_v3 import *
from tsuno.applications.nasnet import *
from tsuno.applications.resnet import *
from tsuno.applications.vgg16 import *
from tsuno.applications.xception import *
