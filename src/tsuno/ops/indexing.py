"""Elements chosen by place or by condition, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.dtypes import standardize_dtype
from tsuno.core.errors import invalid, unknown
from tsuno.core.op import Tensor, op, to_array
from tsuno.engine import xp
from tsuno.ops.fusing import fused

__all__ = [
    "where", "select", "nonzero", "take", "take_along_axis", "get_item", "slice", "slice_update", "scatter",
    "scatter_update", "unravel_index", "diag", "diagflat", "diagonal", "tril", "triu", "one_hot", "multi_hot",
]  # fmt: skip


@op
def where(condition: Tensor, x1: Tensor = None, x2: Tensor = None) -> Tensor:
    """x1 where the condition holds, x2 elsewhere; without them, the places where it holds.

    Example:
        >>> ops.where([True, False], [1, 2], [10, 20]).tolist()
        [1, 20]
    """
    return xp.where(condition, x1, x2)


@op
@fused
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Tensor = 0) -> Tensor:
    """The choice that belongs to the first condition that holds, `default` where none does.

    Example:
        >>> x = np.array([1, 5, 9])
        >>> ops.select([x < 3, x < 7], [x * 10, x * 100]).tolist()
        [10, 500, 0]
    """
    return xp.select([to_array(x) for x in condlist], [to_array(x) for x in choicelist], default)


@op
def nonzero(x: Tensor) -> tuple[Tensor, ...]:
    """The places of the elements that are not zero: one array of indices for each axis.

    Their number depends on the values, so this works only outside compiled programs.

    Example:
        >>> ops.nonzero([0, 3, 0, 5])[0].tolist()
        [1, 3]
    """
    return xp.nonzero(x)


@op
def take(x: Tensor, indices: Tensor, axis: int | None = None) -> Tensor:
    """The elements, or slices along an axis, at these places.

    Args:
        axis: the flattened tensor is taken from by default.

    Example:
        >>> ops.take([10, 20, 30], [2, 0]).tolist()
        [30, 10]
    """
    return xp.take(x, indices, axis=axis)


@op
def take_along_axis(x: Tensor, indices: Tensor, axis: int | None = None) -> Tensor:
    """For each place in the other axes, the elements at its own indices, as `argsort` gives them.

    Example:
        >>> ops.take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1).tolist()
        [[2], [3]]
    """
    return xp.take_along_axis(x, xp.asarray(indices), axis=axis)


@op
def get_item(x: Tensor, key: Any) -> Tensor:
    """`x[key]`.

    Example:
        >>> ops.get_item([[1, 2], [3, 4]], (0, slice(None))).tolist()
        [1, 2]
    """
    return xp.asarray(x)[tuple(_index(item) for item in key) if isinstance(key, tuple) else _index(key)]


def _index(key: Any) -> Any:
    """Lists and variables as arrays; all else as it is."""
    plain = isinstance(key, (int, np.integer)) or key is None or key is Ellipsis or hasattr(key, "indices")
    return key if plain else to_array(key)


@op
def slice(inputs: Tensor, start_indices: Sequence[Any], shape: Sequence[int]) -> Tensor:
    """A block of `shape` from a place that may be known only when the program runs.

    Args:
        start_indices: where the block begins along each axis.
        shape: the size along each axis; −1 takes all that is left.

    Example:
        >>> ops.slice([[1, 2, 3], [4, 5, 6]], (0, 1), (2, 2)).tolist()
        [[2, 3], [5, 6]]
    """
    inputs = xp.asarray(inputs)
    if not len(start_indices) == len(shape) == inputs.ndim:
        raise invalid("slice.shape", f"one size, with one start, for each of {inputs.ndim} axes", shape)
    left = zip(inputs.shape, start_indices, shape, strict=True)
    sizes = [full - int(start) if size == -1 else size for full, start, size in left]
    return engine.dynamic_slice(inputs, _starts(start_indices), sizes)


@op
def slice_update(inputs: Tensor, start_indices: Sequence[Any], updates: Tensor) -> Tensor:
    """`inputs` with the block that begins at `start_indices` replaced by `updates`.

    Example:
        >>> ops.slice_update([1, 2, 3, 4], (1,), [20, 30]).tolist()
        [1, 20, 30, 4]
    """
    inputs = xp.asarray(inputs)
    return engine.dynamic_update(inputs, xp.asarray(updates, inputs.dtype), _starts(start_indices))


def _starts(indices: Any) -> list[Any]:
    return [to_array(index) for index in indices]


@op
@fused
def scatter(indices: Tensor, values: Tensor, shape: Sequence[int]) -> Tensor:
    """Zeros with values added at some places; values at one place add up.

    Args:
        indices: one row of coordinates for each value, (n, axes).

    Example:
        >>> ops.scatter([[0], [2]], [5, 7], (4,)).tolist()
        [5, 0, 7, 0]
    """
    return engine.scatter(indices, values, shape)


@op
@fused
def scatter_update(inputs: Tensor, indices: Tensor, updates: Tensor, reduction: str | None = None) -> Tensor:
    """`inputs` with the elements, or slices, at some places changed.

    Args:
        indices: one row of coordinates for each change, (n, axes).
        reduction: how old and new are merged: `add`, `max`, `min` or `mul`; the new replaces the old by default.

    Example:
        >>> ops.scatter_update([1, 2, 3], [[0], [2]], [10, 30]).tolist()
        [10, 2, 30]
    """
    methods = {None: "set", "add": "add", "max": "max", "min": "min", "mul": "multiply"}
    if reduction not in methods:
        raise unknown("reduction", reduction, [name for name in methods if name])
    place = xp.asarray(inputs).at[tuple(xp.moveaxis(xp.asarray(indices), -1, 0))]
    return getattr(place, methods[reduction])(updates)


@op
def unravel_index(indices: Tensor, shape: Sequence[int]) -> tuple[Tensor, ...]:
    """Coordinates from places in the flattened tensor: one array for each axis.

    Example:
        >>> [axis.tolist() for axis in ops.unravel_index([1, 5], (2, 3))]
        [[0, 1], [1, 2]]
    """
    return xp.unravel_index(indices, shape)


@op
def diag(x: Tensor, k: int = 0) -> Tensor:
    """The diagonal of a matrix; of a vector, the matrix that has it as its diagonal.

    Args:
        k: which diagonal, counted upwards from the main one.

    Example:
        >>> ops.diag([1, 2]).tolist()
        [[1, 0], [0, 2]]
    """
    return xp.diag(x, k=k)


@op
@fused
def diagflat(x: Tensor, k: int = 0) -> Tensor:
    """The matrix whose diagonal `k` has all the elements, flattened.

    Example:
        >>> ops.diagflat([[1, 2]]).tolist()
        [[1, 0], [0, 2]]
    """
    return xp.diagflat(x, k=k)


@op
def diagonal(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonal of the matrices in two axes, as the last axis.

    Example:
        >>> ops.diagonal([[1, 2], [3, 4]]).tolist()
        [1, 4]
    """
    return xp.diagonal(x, offset=offset, axis1=axis1, axis2=axis2)


@op
def tril(x: Tensor, k: int = 0) -> Tensor:
    """Matrices with zeros above the diagonal `k`.

    Example:
        >>> ops.tril([[1, 2], [3, 4]]).tolist()
        [[1, 0], [3, 4]]
    """
    return xp.tril(x, k=k)


@op
def triu(x: Tensor, k: int = 0) -> Tensor:
    """Matrices with zeros below the diagonal `k`.

    Example:
        >>> ops.triu([[1, 2], [3, 4]]).tolist()
        [[1, 2], [0, 4]]
    """
    return xp.triu(x, k=k)


@op
def one_hot(x: Tensor, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """A new axis with one at the place that each integer names and zeros elsewhere; all zeros where there is none.

    Args:
        axis: where the new axis goes.
        sparse: only False; there are no sparse tensors.

    Example:
        >>> ops.one_hot([0, 2], 3).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    _dense(sparse, "one_hot")
    return engine.nn.one_hot(x, num_classes, axis=axis, dtype=standardize_dtype(dtype))


@op
@fused
def multi_hot(inputs: Tensor, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """Ones at the places that a row of integers names: (batch, n) becomes (batch, classes).

    Args:
        axis: where the axis of classes goes.
        sparse: only False; there are no sparse tensors.

    Example:
        >>> ops.multi_hot([[0, 2], [1, 1]], 3).tolist()
        [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    _dense(sparse, "multi_hot")
    hot = engine.nn.one_hot(xp.asarray(inputs, "int32"), num_classes, axis=axis, dtype=standardize_dtype(dtype))
    return xp.max(hot, axis=1 if xp.ndim(inputs) > 1 else 0)


def _dense(sparse: bool, where: str) -> None:
    if sparse:
        raise invalid(f"{where}.sparse", "False", sparse, "Tensors are dense here.")
