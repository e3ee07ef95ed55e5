"""The part of `ops` that networks are made of: activations, losses, convolution, normalization, attention."""

from tsuno.ops.activation import *
from tsuno.ops.convolution import *
from tsuno.ops.indexing import multi_hot as multi_hot
from tsuno.ops.indexing import one_hot as one_hot
from tsuno.ops.neural import *
from tsuno.ops.sequences import *
from tsuno.ops.shaping import depth_to_space as depth_to_space
from tsuno.ops.shaping import space_to_depth as space_to_depth
from tsuno.ops.transcendental import polar as polar
