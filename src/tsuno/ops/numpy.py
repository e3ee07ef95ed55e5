"""The part of `ops` that NumPy has: the same names, and a few more from the same families."""

from tsuno.ops.comparison import *
from tsuno.ops.control import vectorize as vectorize
from tsuno.ops.creation import *
from tsuno.ops.elementwise import *
from tsuno.ops.indexing import *
from tsuno.ops.linear_algebra import slogdet as slogdet
from tsuno.ops.missing_values import *
from tsuno.ops.ordering import *
from tsuno.ops.products import *
from tsuno.ops.reduction import *
from tsuno.ops.shaping import *
from tsuno.ops.transcendental import *
