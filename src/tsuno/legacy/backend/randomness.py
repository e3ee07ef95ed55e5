"""`keras.backend`: random tensors.

Programs of the past draw without a seed, or with one number, in the middle of a layer. Each step must then draw
something new: the layer at work is found among the callers, and given a stream that is part of its state.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import ops, random
from tsuno.core.context import context
from tsuno.core.dtypes import is_float, standardize_dtype
from tsuno.core.op import Tensor
from tsuno.core.seeds import SeedGenerator
from tsuno.layers import Layer
from tsuno.legacy.backend.sizes import sized

__all__ = ["dropout", "random_bernoulli", "random_binomial", "random_normal", "random_uniform", "truncated_normal"]


@sized
def random_normal(
    shape: Sequence[Any], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Numbers from a normal distribution."""
    return random.normal(_shape(shape), mean, stddev, dtype, _seed(seed))


@sized
def random_uniform(
    shape: Sequence[Any], minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Numbers spread evenly from `minval` up to, not including, `maxval`."""
    draw = random.uniform if is_float(standardize_dtype(dtype)) else random.randint
    return draw(_shape(shape), minval, maxval, dtype, _seed(seed))


@sized
def random_bernoulli(shape: Sequence[Any], p: float = 0.0, dtype: Any = None, seed: Any = None) -> Any:
    """Ones with probability p, zeros elsewhere."""
    return ops.cast(random.uniform(_shape(shape), seed=_seed(seed)) < p, standardize_dtype(dtype))


random_binomial = random_bernoulli


@sized
def truncated_normal(
    shape: Sequence[Any], mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Numbers from a normal distribution cut at two standard deviations from the mean."""
    return random.truncated_normal(_shape(shape), mean, stddev, dtype, _seed(seed))


@sized
def dropout(x: Tensor, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """A random part `level` of the elements set to zero, the others scaled by 1 / (1 - level)."""
    return random.dropout(x, level, noise_shape, _seed(seed))


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in shape)


def _seed(seed: Any) -> Any:
    """The seed as it is; within a layer's computation, a stream of the layer's that begins there."""
    if context.bindings is None or not (seed is None or isinstance(seed, (int, np.integer))):
        return seed
    seed = None if seed is None else int(seed)
    layer = _at_work()
    if layer is None:
        return SeedGenerator(seed)
    streams: dict[Any, SeedGenerator] = vars(layer).setdefault("_streams", {})
    if seed not in streams:
        streams[seed] = SeedGenerator(seed)
    return streams[seed]


def _at_work() -> Layer | None:
    """The innermost layer that is being called."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_argcount and isinstance(layer := frame.f_locals.get("self"), Layer):
            return layer
        frame = frame.f_back  # type: ignore[assignment]
    return None
