"""The vocabulary that everything else is written in: functions on arrays with NumPy's names and meaning."""

from tsuno.ops import image as image
from tsuno.ops import linalg as linalg
from tsuno.ops import nn as nn
from tsuno.ops import numpy as numpy
from tsuno.ops.activation import *
from tsuno.ops.comparison import *
from tsuno.ops.control import *
from tsuno.ops.convolution import *
from tsuno.ops.creation import *
from tsuno.ops.elementwise import *
from tsuno.ops.indexing import *
from tsuno.ops.linear_algebra import *
from tsuno.ops.missing_values import *
from tsuno.ops.neural import *
from tsuno.ops.ordering import *
from tsuno.ops.products import *
from tsuno.ops.reduction import *
from tsuno.ops.sequences import *
from tsuno.ops.shaping import *
from tsuno.ops.signal import *
from tsuno.ops.transcendental import *
