"""`tf.initializers` and `tf.zeros_initializer` and the like: first values, drawn anew for each variable."""

from __future__ import annotations

from typing import Any

from tsuno import initializers
from tsuno.core import seeds
from tsuno.legacy.tensorflow import modes


class _Fresh:
    """Without a seed every call draws other values."""

    seed: Any

    def _fixed_seed(self) -> Any:
        return seeds.make_default_seed() if self.seed is None else self.seed


class zeros_initializer(initializers.Zeros):
    """Zeros."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__()


class ones_initializer(initializers.Ones):
    """Ones."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__()


class constant_initializer(initializers.Constant):
    """One value, or those of an array."""

    def __init__(self, value: Any = 0, dtype: Any = None, verify_shape: bool = False) -> None:
        super().__init__(value)


class random_normal_initializer(_Fresh, initializers.RandomNormal):
    """Normal values; their deviation is 1 in a graph and 0.05 where tensors have values, if it is not given."""

    def __init__(self, mean: float = 0.0, stddev: float | None = None, seed: Any = None, dtype: Any = None) -> None:
        super().__init__(mean, _usual(stddev), seed)


class truncated_normal_initializer(_Fresh, initializers.TruncatedNormal):
    """Normal values within two deviations; the deviation is 1 in a graph and 0.05 elsewhere, if it is not given."""

    def __init__(self, mean: float = 0.0, stddev: float | None = None, seed: Any = None, dtype: Any = None) -> None:
        super().__init__(mean, _usual(stddev), seed)


def _usual(stddev: float | None) -> float:
    return (1.0 if modes.graph_mode() else 0.05) if stddev is None else stddev


class random_uniform_initializer(_Fresh, initializers.RandomUniform):
    """Even values: from 0 to 1 in a graph and from −0.05 to 0.05 where tensors have values, if not given."""

    def __init__(
        self, minval: float | None = None, maxval: float | None = None, seed: Any = None, dtype: Any = None
    ) -> None:
        low, high = (0.0, 1.0) if modes.graph_mode() else (-0.05, 0.05)
        super().__init__(low if minval is None else minval, high if maxval is None else maxval, seed)


class variance_scaling_initializer(_Fresh, initializers.VarianceScaling):
    """Values whose variance fits the number of inputs, of outputs, or their mean."""

    def __init__(
        self,
        scale: float = 1.0,
        mode: Any = "fan_in",
        distribution: Any = "truncated_normal",
        seed: Any = None,
        dtype: Any = None,
    ) -> None:
        distribution = "truncated_normal" if distribution == "normal" else distribution
        super().__init__(scale, mode, distribution, seed)


class uniform_unit_scaling_initializer(variance_scaling_initializer):
    """Even values that keep the scale of the inputs."""

    def __init__(self, factor: float = 1.0, seed: Any = None, dtype: Any = None) -> None:
        super().__init__(factor**2, "fan_in", "uniform", seed)


class orthogonal_initializer(_Fresh, initializers.Orthogonal):
    """An orthogonal matrix."""

    def __init__(self, gain: float = 1.0, seed: Any = None, dtype: Any = None) -> None:
        super().__init__(gain, seed)


class identity_initializer(initializers.Identity):
    """The identity matrix."""

    def __init__(self, gain: float = 1.0, dtype: Any = None) -> None:
        super().__init__(gain)


def _scaled(name: str, scale: float, mode: str, distribution: str) -> type:
    def __init__(self: Any, seed: Any = None, dtype: Any = None) -> None:
        variance_scaling_initializer.__init__(self, scale, mode, distribution, seed)

    meaning = f"Values of variance {scale:g} / {mode}, drawn {distribution.replace('_', ' ')}."
    return type(
        name, (variance_scaling_initializer,), {"__init__": __init__, "__doc__": meaning, "__module__": __name__}
    )


glorot_uniform_initializer = _scaled("glorot_uniform_initializer", 1.0, "fan_avg", "uniform")
glorot_normal_initializer = _scaled("glorot_normal_initializer", 1.0, "fan_avg", "truncated_normal")
he_normal, he_uniform = (
    _scaled(f"he_{d}", 2.0, "fan_in", t) for d, t in (("normal", "truncated_normal"), ("uniform",) * 2)
)
lecun_normal, lecun_uniform = (
    _scaled(f"lecun_{d}", 1.0, "fan_in", t) for d, t in (("normal", "truncated_normal"), ("uniform",) * 2)
)


def xavier_initializer(uniform: bool = True, seed: Any = None, dtype: Any = None) -> Any:
    """Values of variance 2 / (inputs + outputs).

    Args:
        uniform: whether they are even, not normal.
        seed: an integer for the same values each time.
        dtype: accepted for compatibility.
    """
    return variance_scaling_initializer(1.0, "fan_avg", "uniform" if uniform else "truncated_normal", seed)


xavier_initializer_conv2d = xavier_initializer
AS_THEY_ARE = {"xavier_initializer", "xavier_initializer_conv2d"}

_SHORT = {
    "zeros": zeros_initializer,
    "ones": ones_initializer,
    "constant": constant_initializer,
    "random_normal": random_normal_initializer,
    "truncated_normal": truncated_normal_initializer,
    "random_uniform": random_uniform_initializer,
    "variance_scaling": variance_scaling_initializer,
    "orthogonal": orthogonal_initializer,
    "identity": identity_initializer,
    "uniform_unit_scaling": uniform_unit_scaling_initializer,
    "glorot_uniform": glorot_uniform_initializer,
    "glorot_normal": glorot_normal_initializer,
}
"""The names in `tf.initializers`."""

IN_TOP = {name for name in list(vars()) if name.endswith("_initializer") and not name.startswith("xavier")}
FUNCTIONS: dict[str, Any] = {
    **_SHORT,
    **{name: found for name, found in vars(initializers).items() if isinstance(found, type)},
}
