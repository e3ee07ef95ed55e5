"""The part of `ops` on matrices: decompositions and the equations they solve."""

from tsuno.ops.control import jvp as jvp
from tsuno.ops.linear_algebra import *
from tsuno.ops.reduction import norm as norm
