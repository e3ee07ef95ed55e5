"""Floats rounded to small integers: one scale, and for uneven ranges one zero point, for each group of values.

With a zero point z and a scale s, a value x is kept as q = round(x / s) + z and read back as s · (q - z). Without one,
the range is even about zero and the scale is a factor: q = round(x · s), read back as q / s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.engine import xp

EPSILON = 1e-7


@op
def abs_max_quantize(
    inputs: Tensor,
    axis: int | Sequence[int],
    value_range: Sequence[float] = (-127, 127),
    dtype: str = "int8",
    epsilon: float = EPSILON,
    to_numpy: bool = False,
) -> tuple[Tensor, Tensor]:
    """round(x · scale) with scale = high / (max |x| + epsilon), the largest magnitude becoming the end of the range.

    Args:
        inputs: floats of any shape.
        axis: the axis or axes that share a scale; the largest magnitude along them is found.
        value_range: the lowest and the highest integer (low, high).
        dtype: the dtype of the integers.
        epsilon: keeps the division finite where all inputs are zero.
        to_numpy: whether to compute on the host, which spares the memory of the device.

    Returns:
        The integers, of the shape of the inputs, and the scale, of size 1 along `axis`.

    Example:
        >>> values, scale = tsuno.quantizers.abs_max_quantize(np.array([[-1.0, 2.0], [2.0, 4.0]]), axis=-1)
        >>> values.tolist(), scale.tolist()
        ([[-64, 127], [64, 127]], [[63.5], [31.75]])
    """
    low, high = value_range
    axes = axis if isinstance(axis, int) else tuple(axis)
    array, inputs, float_dtype = _namespace(inputs, to_numpy)
    with np.errstate(over="ignore"):
        scale = high / (array.max(array.abs(inputs), axis=axes, keepdims=True) + epsilon)
    scale = array.minimum(scale, _largest(scale.dtype)).astype(float_dtype)
    values = array.clip(array.round(inputs * scale), low, high).astype(numpy_dtype(dtype))
    return xp.asarray(values), xp.asarray(scale.astype(inputs.dtype))


@op
def abs_max_quantize_grouped_with_zero_point(
    inputs: Tensor,
    block_size: int,
    value_range: Sequence[int] = (-8, 7),
    dtype: str = "int8",
    epsilon: float = EPSILON,
    to_numpy: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """round(x / scale) + zero, where each block of rows of a column has a scale and a zero point that fit its range.

    Args:
        inputs: a matrix of floats, of shape (inputs, outputs).
        block_size: how many rows share a scale; the last block may have fewer.
        value_range: the lowest and the highest integer.
        dtype: the dtype of the integers.
        epsilon: added to each range, so that no scale is zero.
        to_numpy: whether to compute on the host, which spares the memory of the device.

    Returns:
        The integers, of the shape of the inputs; the scale, of shape (blocks, outputs); the zero point, likewise, in
        int8.

    Example:
        >>> weights = np.array([[0.0], [1.5], [-1.0], [2.0]], "float32")
        >>> values, scale, zero = tsuno.quantizers.abs_max_quantize_grouped_with_zero_point(weights, block_size=2)
        >>> values[:, 0].tolist(), zero[:, 0].tolist()
        ([-8, 7, -8, 7], [-8, -3])
        >>> scale[:, 0].round(3).tolist() == [np.float32(0.1), np.float32(0.2)]
        True
    """
    if len(inputs.shape) != 2:
        raise invalid("abs_max_quantize_grouped_with_zero_point.inputs", "a matrix", inputs)
    low, high = value_range
    rows, columns = inputs.shape
    array, inputs, float_dtype = _namespace(inputs, to_numpy)
    blocks = array.pad(inputs, ((0, -rows % block_size), (0, 0))).reshape(-1, block_size, columns)
    least, most = array.min(blocks, axis=1, keepdims=True), array.max(blocks, axis=1, keepdims=True)
    if array is xp:  # on the host, Keras lets a block of equal values have a range of nothing but epsilon
        least, most = _widened(least, most)
    scale = ((most - least + epsilon) / (high - low)).astype(float_dtype)
    zero = array.clip(array.round(-least / scale) + low, low, high)
    values = array.clip(array.round(blocks / scale) + zero, low, high).astype(numpy_dtype(dtype))
    values = values.reshape(-1, columns)[:rows]
    return xp.asarray(values), xp.asarray(scale[:, 0].astype(inputs.dtype)), xp.asarray(zero[:, 0].astype("int8"))


def _namespace(inputs: Any, to_numpy: bool) -> tuple[Any, Any, Any]:
    """Where to compute, the inputs there, and the dtype of scales on the way, which on the host is never bfloat16."""
    if not to_numpy or engine.is_traced(inputs):
        return xp, inputs, inputs.dtype
    inputs = engine.to_numpy(inputs)
    return np, inputs, "float32" if inputs.dtype == numpy_dtype("bfloat16") else inputs.dtype


def _largest(dtype: Any) -> float:
    return float(xp.finfo(dtype).max)


def _widened(least: Any, most: Any) -> tuple[Any, Any]:
    """Ranges that have some width: where all values are equal, one to either side."""
    flat = least == most
    return xp.where(flat, least - 1, least), xp.where(flat, most + 1, most)


def fit_levels(
    weights: Any, bits: int, *, symmetric: bool = False, per_channel: bool = True, group_size: int = -1
) -> tuple[Any, Any]:
    """The scales and zero points that let 2^bits levels cover the ranges of weights.

    Args:
        weights: of shape (outputs, inputs).
        bits: how many bits a level has.
        symmetric: whether ranges reach as far below zero as above it.
        per_channel: whether each output has scales of its own.
        group_size: how many inputs share a scale; -1 for all. Groups are made for each output only.

    Returns:
        The scale and the zero point, in uint8, both of shape (outputs, groups).

    Example:
        >>> scale, zero = tsuno.quantizers.rounding.fit_levels(np.array([[-1.0, 2.0], [0.0, 3.0]], "float32"), bits=2)
        >>> scale.tolist(), zero.tolist()
        ([[1.0], [1.0]], [[1], [0]])
    """
    outputs, inputs = weights.shape
    groups = -(-inputs // group_size) if per_channel and group_size > 0 else 1
    if groups > 1:
        weights = xp.pad(weights, ((0, 0), (0, -inputs % group_size)))
    ranges = weights.reshape(outputs if per_channel else 1, groups, -1)
    least, most = ranges.min(axis=2), ranges.max(axis=2)
    if symmetric:
        most = xp.maximum(xp.abs(least), most)
        least = xp.where(least < 0, -most, least)
    least, most = _widened(least, most)
    levels = 2**bits - 1
    scale = (most - least) / levels
    zero = xp.full_like(scale, (levels + 1) // 2) if symmetric else xp.round(-least / scale)
    shape = (outputs, groups)
    return xp.broadcast_to(scale, shape), xp.broadcast_to(zero.astype("uint8"), shape)


def to_levels(weights: Any, scale: Any, zero: Any, bits: int) -> Any:
    """round(w / scale + zero) within 0 … 2^bits - 1, still as floats; the three broadcast."""
    return xp.clip(xp.round(weights / scale + zero.astype(scale.dtype)), 0, 2**bits - 1)


def from_levels(levels: Any, scale: Any, zero: Any, groups: Any = None, axis: int = -1) -> Any:
    """scale · (q - zero).

    Args:
        levels: the integers q.
        scale, zero: broadcast with q; with `groups`, they have one entry for each group along `axis`.
        groups: the group of each entry of q along `axis`.
        axis: the axis that groups lie on.

    Example:
        >>> levels, scale, zero = np.array([[0, 3, 3]]), np.array([[1.0, 0.5]], "float32"), np.array([[1, 1]])
        >>> tsuno.quantizers.rounding.from_levels(levels, scale, zero, groups=np.array([0, 0, 1])).tolist()
        [[-1.0, 2.0, 1.0]]
    """
    if groups is not None:
        scale, zero = (xp.take(xp.asarray(x), xp.asarray(groups).astype("int32"), axis=axis) for x in (scale, zero))
    return scale * (xp.asarray(levels).astype(scale.dtype) - xp.asarray(zero).astype(scale.dtype))
