"""Random tensors, from seeds that can be stated: the same seed gives the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import engine
from tsuno.core.dtypes import standardize_dtype
from tsuno.core.op import Tensor, to_array
from tsuno.core.seeds import SeedGenerator, draw_key
from tsuno.engine import xp

__all__ = [
    "SeedGenerator", "beta", "binomial", "categorical", "dropout", "gamma", "normal", "randint", "shuffle",
    "truncated_normal", "uniform",
]  # fmt: skip


def normal(shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers from a normal distribution.

    Args:
        shape: the shape of the result.
        mean: the mean.
        stddev: the standard deviation.
        dtype: a floating-point dtype, the default one by default.
        seed: an integer, a `SeedGenerator`, or None for the process-wide stream.

    Example:
        >>> tsuno.random.normal((2, 3), seed=1).shape
        (2, 3)
    """
    return engine.normal(draw_key(seed), tuple(shape), standardize_dtype(dtype)) * stddev + mean


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Numbers from a normal distribution cut at two standard deviations from the mean.

    Example:
        >>> bool((abs(tsuno.random.truncated_normal((50,), seed=1)) <= 2).all())
        True
    """
    return engine.truncated_normal(draw_key(seed), tuple(shape), standardize_dtype(dtype)) * stddev + mean


def uniform(shape: Sequence[int], minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers spread evenly from `minval` up to, not including, `maxval`.

    Example:
        >>> x = tsuno.random.uniform((50,), 2.0, 3.0, seed=1)
        >>> bool(((x >= 2) & (x < 3)).all())
        True
    """
    return engine.uniform(draw_key(seed), tuple(shape), minval, maxval, standardize_dtype(dtype))


def randint(shape: Sequence[int], minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Any:
    """Integers from `minval` up to, not including, `maxval`.

    Example:
        >>> x = tsuno.random.randint((50,), 0, 6, seed=1)
        >>> int(x.min()) >= 0 and int(x.max()) <= 5
        True
    """
    return engine.randint(draw_key(seed), tuple(shape), minval, maxval, standardize_dtype(dtype))


def categorical(logits: Tensor, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Class indices drawn by unnormalised log-probabilities (batch, classes), as (batch, num_samples).

    Example:
        >>> tsuno.random.categorical([[0.0, 0.0], [0.0, 9.0]], 3, seed=1).shape
        (2, 3)
    """
    return engine.categorical(draw_key(seed), to_array(logits), num_samples).astype(standardize_dtype(dtype))


def gamma(shape: Sequence[int], alpha: Tensor, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers from the gamma distribution with shape parameter `alpha` and rate 1.

    Example:
        >>> bool((tsuno.random.gamma((5,), 2.0, seed=1) > 0).all())
        True
    """
    return engine.gamma(draw_key(seed), to_array(alpha), tuple(shape), standardize_dtype(dtype))


def beta(shape: Sequence[int], alpha: Tensor, beta: Tensor, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers from the beta distribution.

    Example:
        >>> x = tsuno.random.beta((5,), 2.0, 3.0, seed=1)
        >>> bool(((x > 0) & (x < 1)).all())
        True
    """
    return engine.beta(draw_key(seed), to_array(alpha), to_array(beta), tuple(shape), standardize_dtype(dtype))


def binomial(shape: Sequence[int], counts: Tensor, probabilities: Tensor, dtype: Any = None, seed: Any = None) -> Any:
    """How many of `counts` trials succeed, each with the given probability.

    Example:
        >>> x = tsuno.random.binomial((5,), 10.0, 0.5, seed=1)
        >>> bool(((x >= 0) & (x <= 10)).all())
        True
    """
    dtype = standardize_dtype(dtype)
    return engine.binomial(draw_key(seed), to_array(counts), to_array(probabilities), tuple(shape), dtype)


def shuffle(x: Tensor, axis: int = 0, seed: Any = None) -> Any:
    """The values of `x` put in random order along an axis.

    Example:
        >>> sorted(tsuno.random.shuffle([1, 2, 3], seed=1).tolist())
        [1, 2, 3]
    """
    return engine.permutation(draw_key(seed), to_array(x), axis)


def dropout(inputs: Tensor, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Any = None) -> Any:
    """Set a random part of the values to zero and scale the others by 1 / (1 - rate).

    Args:
        inputs: the values.
        rate: the part set to zero, from 0 to 1.
        noise_shape: the shape of the random mask, broadcast to the inputs; None in it means the input's size.
        seed: an integer, a `SeedGenerator`, or None for the process-wide stream.

    Source: N. Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, 2014.

    Example:
        >>> tsuno.random.dropout(np.ones(3), 0.0).tolist()
        [1.0, 1.0, 1.0]
    """
    x = xp.asarray(to_array(inputs))
    if rate == 0:
        return x
    key = draw_key(seed)
    if rate == 1:
        return xp.zeros_like(x)
    shape = (
        x.shape if noise_shape is None else [n if m is None else m for m, n in zip(noise_shape, x.shape, strict=True)]
    )
    kept = engine.bernoulli(key, 1.0 - rate, shape)
    return xp.where(kept, x / (1.0 - rate), xp.zeros((), x.dtype))
