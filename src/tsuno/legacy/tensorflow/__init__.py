"""`import tensorflow as tf`, as articles use it."""

from tsuno.legacy.tensorflow import modes as modes
from tsuno.legacy.tensorflow.modules import maker as maker
