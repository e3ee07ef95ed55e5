"""Initializers: the first values of a weight, as a function of its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno.core import lookup, registry
from tsuno.core.naming import to_snake_case
from tsuno.engine import xp
from tsuno.initializers.base import Initializer as Initializer
from tsuno.initializers.constant import STFT as STFT
from tsuno.initializers.constant import Constant as Constant
from tsuno.initializers.constant import Identity as Identity
from tsuno.initializers.constant import Ones as Ones
from tsuno.initializers.constant import Zeros as Zeros
from tsuno.initializers.random import GlorotNormal as GlorotNormal
from tsuno.initializers.random import GlorotUniform as GlorotUniform
from tsuno.initializers.random import HeNormal as HeNormal
from tsuno.initializers.random import HeUniform as HeUniform
from tsuno.initializers.random import LecunNormal as LecunNormal
from tsuno.initializers.random import LecunUniform as LecunUniform
from tsuno.initializers.random import Orthogonal as Orthogonal
from tsuno.initializers.random import RandomNormal as RandomNormal
from tsuno.initializers.random import RandomUniform as RandomUniform
from tsuno.initializers.random import TruncatedNormal as TruncatedNormal
from tsuno.initializers.random import VarianceScaling as VarianceScaling

constant, identity, ones, stft, zeros = Constant, Identity, Ones, STFT, Zeros
