"""Architectures that Keras 2 had and Keras 3 has not."""

from tsuno.legacy.applications import regnet as regnet
from tsuno.legacy.applications import resnet_rs as resnet_rs
from tsuno.legacy.applications.regnet import *
from tsuno.legacy.applications.resnet_rs import *
