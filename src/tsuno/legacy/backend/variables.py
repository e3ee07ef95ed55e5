"""`keras.backend`: what it makes as variables, where `numpy` would make arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine, random
from tsuno.core.context import scope
from tsuno.core.dtypes import numpy_dtype, standardize_dtype
from tsuno.legacy.backend.sizes import sized
from tsuno.legacy.sessions import variable

__all__ = ["eye", "ones", "random_normal_variable", "random_uniform_variable", "zeros"]


@sized
def zeros(shape: Sequence[Any], dtype: Any = None, name: str | None = None) -> Any:
    """A variable of zeros."""
    return _filled(shape, 0, dtype, name)


@sized
def ones(shape: Sequence[Any], dtype: Any = None, name: str | None = None) -> Any:
    """A variable of ones."""
    return _filled(shape, 1, dtype, name)


@sized
def eye(size: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable with ones on the diagonal of a square; `size` may also be (rows, columns)."""
    rows, columns = size if isinstance(size, (list, tuple)) else (size, size)
    return _variable(np.eye(rows, columns), dtype, name)


def random_uniform_variable(
    shape: Sequence[int], low: float, high: float, dtype: Any = None, name: str | None = None, seed: Any = None
) -> Any:
    """A variable of numbers spread evenly from `low` to `high`."""
    with engine.eager(), scope(bindings=None):
        return _variable(random.uniform(shape, low, high, dtype, seed), dtype, name)


def random_normal_variable(
    shape: Sequence[int], mean: float, scale: float, dtype: Any = None, name: str | None = None, seed: Any = None
) -> Any:
    """A variable of numbers from a normal distribution with the standard deviation `scale`."""
    with engine.eager(), scope(bindings=None):
        return _variable(random.normal(shape, mean, scale, dtype, seed), dtype, name)


def _filled(shape: Any, value: int, dtype: Any, name: str | None) -> Any:
    sizes = (shape,) if isinstance(shape, int) else tuple(int(size) for size in shape)
    return _variable(np.full(sizes, value), dtype, name)


def _variable(value: Any, dtype: Any, name: str | None) -> Any:
    dtype = standardize_dtype(dtype)
    with engine.eager():
        return variable(np.asarray(value, numpy_dtype(dtype)), dtype, name)
