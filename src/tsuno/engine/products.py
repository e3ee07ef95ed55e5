"""Products of arrays: by oneDNN where that is to be had and faster, by the array library otherwise."""

from __future__ import annotations

from typing import Any

import jax.numpy as xp
from jax import Array

from tsuno.engine.onednn import product
from tsuno.engine.placement import is_for_training_here

_BATCH = "abcdefgh"
_NARROW = 16  # columns below which XLA's product has nothing to work on side by side


def matmul(a: Any, b: Any, **options: Any) -> Array:
    """The product over the last axis of `a` and the last but one of `b`."""
    if a.ndim > 1 and b.ndim > 1 and is_for_training_here():
        batch = _BATCH[: a.ndim - 2]
        same = batch if b.ndim > 2 and a.shape[:-2] == b.shape[:-2] else ""
        if b.ndim == 2 or same:
            y = product(f"{batch}xy,{same}yz->{batch}xz", a, b)
            if y is not None:
                return y
        if a.ndim == b.ndim == 2 and b.shape[1] < _NARROW <= b.shape[0] // 4:
            return _by_few_columns(a, b, **options)
    return xp.matmul(a, b, **options)


def _by_few_columns(a: Array, b: Array, **options: Any) -> Array:
    """The product as that of the transposed ones, which makes the gradient of `b` one with long rows."""
    few = xp.pad(b.T, [(0, -b.shape[1] % 8), (0, 0)])  # or XLA would turn it back
    return xp.matmul(few, a.T, **options)[: b.shape[1]].T


def einsum(spec: str, *arrays: Any, **options: Any) -> Array:
    """The sum of products that a rule such as `"ij,jk->ik"` describes."""
    if len(arrays) == 2 and "->" in spec and "." not in spec:
        y = product(spec.replace(" ", ""), *arrays)
        if y is not None:
            return y
    return xp.einsum(spec, *arrays, **options)
