"""Initializers that draw their values at random."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tsuno import engine
from tsuno.core import seeds
from tsuno.core.dtypes import is_float, standardize_dtype
from tsuno.core.errors import invalid
from tsuno.core.validate import NonNegative
from tsuno.initializers.base import Initializer


class _Random(Initializer):
    """Initializers that draw: the same object gives the same values each time."""

    seed: Any

    def _key(self) -> Any:
        return seeds.draw_key(self._fixed_seed())

    def _fixed_seed(self) -> Any:
        if self.seed is None:
            if not hasattr(self, "_drawn_seed"):
                self._drawn_seed = seeds.make_default_seed()
            return self._drawn_seed
        return self.seed


class RandomNormal(_Random):
    """Values from a normal distribution.

    Args:
        mean: the mean.
        stddev: the standard deviation.
        seed: an integer or a `SeedGenerator`; with an integer every call gives the same values.

    Example:
        >>> tsuno.initializers.RandomNormal(stddev=0.1, seed=1)((2, 3)).shape
        (2, 3)
    """

    def __init__(self, mean: float = 0.0, stddev: NonNegative = 0.05, seed: Any = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed
        self._fixed_seed()

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        dtype = _float(dtype, self)
        return engine.normal(self._key(), shape, dtype) * self.stddev + self.mean


class TruncatedNormal(_Random):
    """Values from a normal distribution cut at two standard deviations from the mean.

    Args:
        mean: the mean.
        stddev: the standard deviation before cutting.
        seed: an integer or a `SeedGenerator`.

    Example:
        >>> values = tsuno.initializers.TruncatedNormal(stddev=1.0, seed=1)((100,))
        >>> bool((abs(values) <= 2).all())
        True
    """

    def __init__(self, mean: float = 0.0, stddev: NonNegative = 0.05, seed: Any = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed
        self._fixed_seed()

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        dtype = _float(dtype, self)
        return engine.truncated_normal(self._key(), shape, dtype) * self.stddev + self.mean


class RandomUniform(_Random):
    """Values spread evenly between two numbers.

    Args:
        minval: the lower end.
        maxval: the upper end, not included.
        seed: an integer or a `SeedGenerator`.

    Example:
        >>> values = tsuno.initializers.RandomUniform(0.0, 1.0, seed=1)((100,))
        >>> bool(((values >= 0) & (values < 1)).all())
        True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed
        self._fixed_seed()

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        if dtype is not None and not is_float(standardize_dtype(dtype)):
            return engine.randint(self._key(), tuple(shape), self.minval, self.maxval, dtype)
        return engine.uniform(self._key(), shape, self.minval, self.maxval, standardize_dtype(dtype))


class VarianceScaling(_Random):
    """Random values whose variance is `scale / n`, so that signals keep their size from layer to layer.

    `n` is the number of inputs (`fan_in`), of outputs (`fan_out`) or their mean (`fan_avg`) of the weight.

    Args:
        scale: a positive number.
        mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`.
        distribution: `"truncated_normal"`, `"untruncated_normal"` or `"uniform"`.
        seed: an integer or a `SeedGenerator`.

    Example:
        >>> values = tsuno.initializers.VarianceScaling(2.0, "fan_in", seed=1)((400, 100))
        >>> round(float(values.std()), 2)
        0.07
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in",
        distribution: Literal["truncated_normal", "untruncated_normal", "uniform", "normal"] = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        if scale <= 0:
            raise invalid("VarianceScaling.scale", "a positive number", scale)
        self.scale, self.mode, self.seed = scale, mode, seed
        self.distribution = "truncated_normal" if distribution == "normal" else distribution
        self.input_axes, self.output_axes = input_axes, output_axes
        self._fixed_seed()

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        dtype = _float(dtype, self)
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, count)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return engine.uniform(self._key(), shape, -limit, limit, dtype)
        if self.distribution == "untruncated_normal":
            return engine.normal(self._key(), shape, dtype) * math.sqrt(variance)
        # Cutting at two standard deviations leaves 0.8796 of the deviation.
        return engine.truncated_normal(self._key(), shape, dtype) * (math.sqrt(variance) / 0.87962566103423978)


class _Scaled(VarianceScaling):
    """The named special cases of variance scaling."""

    _case: tuple[float, str, str]

    def __init__(
        self, seed: Any = None, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
    ) -> None:
        scale, mode, distribution = self._case
        super().__init__(scale, mode, distribution, seed, input_axes, output_axes)  # type: ignore[arg-type]


class GlorotUniform(_Scaled):
    """Uniform in ±√(6 / (fan_in + fan_out)): the default of most layers.

    Source: X. Glorot and Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010.

    Example:
        >>> tsuno.initializers.GlorotUniform(seed=1)((3, 4)).shape
        (3, 4)
    """

    _case = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Scaled):
    """Truncated normal of variance 2 / (fan_in + fan_out).

    Source: X. Glorot and Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010.

    Example:
        >>> tsuno.initializers.GlorotNormal(seed=1)((3, 4)).shape
        (3, 4)
    """

    _case = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Scaled):
    """Uniform in ±√(6 / fan_in), for layers followed by a rectifier.

    Source: K. He et al., *Delving Deep into Rectifiers*, 2015.

    Example:
        >>> tsuno.initializers.HeUniform(seed=1)((3, 4)).shape
        (3, 4)
    """

    _case = (2.0, "fan_in", "uniform")


class HeNormal(_Scaled):
    """Truncated normal of variance 2 / fan_in, for layers followed by a rectifier.

    Source: K. He et al., *Delving Deep into Rectifiers*, 2015.

    Example:
        >>> tsuno.initializers.HeNormal(seed=1)((3, 4)).shape
        (3, 4)
    """

    _case = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    """Uniform in ±√(3 / fan_in).

    Source: Y. LeCun et al., *Efficient BackProp*, 1998.

    Example:
        >>> tsuno.initializers.LecunUniform(seed=1)((3, 4)).shape
        (3, 4)
    """

    _case = (1.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    """Truncated normal of variance 1 / fan_in.

    Source: Y. LeCun et al., *Efficient BackProp*, 1998.

    Example:
        >>> tsuno.initializers.LecunNormal(seed=1)((3, 4)).shape
        (3, 4)
    """

    _case = (1.0, "fan_in", "truncated_normal")


class Orthogonal(_Random):
    """A random matrix with orthonormal rows or columns; further axes are flattened into the first.

    Args:
        gain: a factor for all values.
        seed: an integer or a `SeedGenerator`.

    Source: A. Saxe et al., *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks*,
    2013.

    Example:
        >>> q = tsuno.initializers.Orthogonal(seed=1)((3, 3))
        >>> (q @ q.T).round(5).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        True
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain, self.seed = gain, seed
        self._fixed_seed()

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        if len(shape) < 2:
            raise invalid("Orthogonal.shape", "of at least two axes", tuple(shape))
        rows, columns = math.prod(shape[:-1]), shape[-1]
        flat = (max(rows, columns), min(rows, columns))
        draw = engine.to_numpy(engine.normal(self._key(), flat, _float(dtype, self)))
        q, r = np.linalg.qr(draw.astype(np.float64 if draw.itemsize > 4 else np.float32))
        q = q * np.sign(np.diag(r))  # makes the decomposition, and so the distribution, unique
        q = q.T if rows < columns else q
        return engine.asarray((self.gain * q.reshape(tuple(shape))).astype(draw.dtype))


def fans(
    shape: Sequence[int], input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[float, float]:
    """How many inputs feed one output of a weight, and how many outputs one input feeds."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    receptive = math.prod(shape[:-2])
    return shape[-2] * receptive, shape[-1] * receptive


def _float(dtype: Any, initializer: Initializer) -> str:
    name = standardize_dtype(dtype)
    if not is_float(name):
        raise invalid(f"{type(initializer).__name__}.dtype", "a floating-point dtype", name)
    return name
