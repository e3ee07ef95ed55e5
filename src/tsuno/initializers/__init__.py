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
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
orthogonal, variance_scaling = Orthogonal, VarianceScaling
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
IdentityInitializer, OrthogonalInitializer, STFTInitializer = Identity, Orthogonal, STFT

_NAMES: dict[str, type[Initializer]] = {
    name: cls
    for cls in (
        Initializer, Constant, GlorotNormal, GlorotUniform, HeNormal, HeUniform, Identity, LecunNormal, LecunUniform,
        Ones, Orthogonal, RandomNormal, RandomUniform, STFT, TruncatedNormal, VarianceScaling, Zeros,
    )
    for name in (cls.__name__, to_snake_case(cls.__name__))
} | {
    "IdentityInitializer": Identity, "OrthogonalInitializer": Orthogonal, "STFTInitializer": STFT,
    "normal": RandomNormal, "uniform": RandomUniform, "one": Ones, "zero": Zeros,
    "xavier_normal": GlorotNormal, "xavier_uniform": GlorotUniform,
}  # fmt: skip


def get(identifier: Any) -> Any:
    """The initializer with a name or config, or what was passed; an array stands for its own values.

    Example:
        >>> tsuno.initializers.get("he_normal")
        HeNormal()
    """
    if hasattr(identifier, "shape") and not callable(identifier):
        values = xp.asarray(identifier)
        return lambda shape, dtype=None: xp.broadcast_to(values, tuple(shape)).astype(dtype)
    return lookup.lookup("initializer", identifier, _NAMES)


def serialize(initializer: Any) -> Any:
    """An initializer as plain data.

    Example:
        >>> tsuno.initializers.serialize(tsuno.initializers.Constant(2.0))["config"]
        {'value': 2.0}
    """
    return registry.serialize(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The initializer with a name or described by plain data.

    Example:
        >>> tsuno.initializers.deserialize({"class_name": "Constant", "config": {"value": 2.0}})
        Constant(value=2.0)
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
