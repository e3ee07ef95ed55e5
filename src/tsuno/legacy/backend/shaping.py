"""`keras.backend`: tensors in other shapes, joined, repeated, padded, enlarged, and taken from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tsuno import ops
from tsuno.core.op import Tensor
from tsuno.core.settings import standardize_data_format
from tsuno.legacy.backend.recording import of_one, whole
from tsuno.legacy.backend.sizes import as_layer, sized
from tsuno.legacy.symbolic import is_drawn

__all__ = [
    "arange", "batch_flatten", "concatenate", "count_params", "expand_dims", "flatten", "gather", "is_sparse",
    "one_hot", "ones_like", "permute_dimensions", "repeat", "repeat_elements", "reshape", "resize_images",
    "resize_volumes", "reverse", "size", "slice", "spatial_2d_padding", "spatial_3d_padding", "squeeze", "stack",
    "temporal_padding", "tile", "to_dense", "zeros_like",
]  # fmt: skip

flatten = of_one("flatten", lambda x: ops.reshape(x, (-1,)), "All elements along one axis.")


@sized
def arange(start: Tensor, stop: Tensor = None, step: Tensor = 1, dtype: Any = "int32") -> Any:
    """Numbers from `start` up to, not including, `stop`; from 0 to `start` where there is no `stop`."""
    return ops.cast(ops.arange(start, stop, step), dtype)


def reshape(x: Tensor, shape: Any) -> Any:
    """The same elements in another shape, in which one size may be -1."""
    return as_layer(reshape, (x, shape), {}) if is_drawn(shape) else ops.reshape(x, shape)


@whole
def batch_flatten(x: Tensor) -> Any:
    """All elements of each sample along one axis."""
    return ops.reshape(x, (-1, math.prod(x.shape[1:])))


def permute_dimensions(x: Tensor, pattern: Sequence[int]) -> Any:
    """The axes in another order."""
    return ops.transpose(x, tuple(pattern))


def expand_dims(x: Tensor, axis: int = -1) -> Any:
    """With a new axis of size 1."""
    return ops.expand_dims(x, axis)


def squeeze(x: Tensor, axis: int) -> Any:
    """Without an axis of size 1."""
    return ops.squeeze(x, axis)


def concatenate(tensors: Sequence[Tensor], axis: int = -1) -> Any:
    """Tensors joined along an axis."""
    return ops.concatenate([to_dense(tensor) for tensor in tensors], axis)


def stack(x: Sequence[Tensor], axis: int = 0) -> Any:
    """Tensors joined along a new axis."""
    return ops.stack(x, axis)


def tile(x: Tensor, n: Any) -> Any:
    """The whole tensor repeated along each axis."""
    return as_layer(tile, (x, n), {}) if is_drawn(n) else ops.tile(x, n)


def repeat(x: Tensor, n: int) -> Any:
    """Each row `n` times: (batch, features) becomes (batch, n, features)."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def repeat_elements(x: Tensor, rep: int, axis: int) -> Any:
    """Each slice along an axis repeated."""
    return ops.repeat(x, rep, axis=axis)


def reverse(x: Tensor, axes: int | Sequence[int]) -> Any:
    """In reverse order along some axes."""
    return ops.flip(x, axes)


def gather(reference: Tensor, indices: Tensor) -> Any:
    """The slices along the first axis at these places."""
    return ops.take(reference, ops.cast(indices, "int32"), axis=0)


def slice(x: Tensor, start: Sequence[Any], size: Sequence[int]) -> Any:
    """A block of a size from a place on; a size of -1 takes all that is left."""
    return ops.slice(x, start, size)


def one_hot(indices: Tensor, num_classes: int) -> Any:
    """A new last axis with one at the place that each integer names."""
    return ops.one_hot(ops.cast(indices, "int32"), num_classes)


def zeros_like(x: Tensor, dtype: Any = None, name: str | None = None) -> Any:
    """Zeros of the shape of x."""
    return ops.zeros_like(x, dtype)


def ones_like(x: Tensor, dtype: Any = None, name: str | None = None) -> Any:
    """Ones of the shape of x."""
    return ops.ones_like(x, dtype)


@whole
def size(x: Tensor, name: str | None = None) -> Any:
    """How many elements there are, as a tensor."""
    return ops.convert_to_tensor(ops.size(x), "int32")


def count_params(x: Any) -> int:
    """How many elements there are, as an integer."""
    return math.prod(x.shape)


def is_sparse(tensor: Any) -> bool:
    """Whether only elements that are not zero are kept, as in SciPy's matrices; tensors are dense here."""
    return hasattr(tensor, "tocoo")


def to_dense(tensor: Any) -> Any:
    """A tensor that is not sparse, with the same values."""
    return ops.convert_to_tensor(tensor.toarray()) if is_sparse(tensor) else tensor


def temporal_padding(x: Tensor, padding: Any = (1, 1)) -> Any:
    """Zeros before the first and after the last step of (batch, steps, features)."""
    return _padded(x, (padding,), "channels_last")


def spatial_2d_padding(x: Tensor, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Zeros around images."""
    return _padded(x, padding, data_format)


def spatial_3d_padding(x: Tensor, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Zeros around volumes."""
    return _padded(x, padding, data_format)


def _padded(x: Any, padding: Any, data_format: str | None) -> Any:
    """Zeros along the axes between batch and channels: for each a pair, or one number for both sides."""
    pairs = [(item, item) if isinstance(item, int) else tuple(item) for item in padding]
    outer = [(0, 0), (0, 0)]
    place = 1 if standardize_data_format(data_format) == "channels_last" else 2
    return ops.pad(x, [*outer[:place], *pairs, *outer[place:]])


@whole
def resize_images(
    x: Tensor, height_factor: int, width_factor: int, data_format: str, interpolation: str = "nearest"
) -> Any:
    """Images enlarged by whole factors, with the interpolations of `ops.image.resize`."""
    if interpolation == "nearest":
        return _enlarged(x, (height_factor, width_factor), data_format)
    rows = 1 if standardize_data_format(data_format) == "channels_last" else 2
    height, width = x.shape[rows : rows + 2]
    target = (int(height) * height_factor, int(width) * width_factor)
    return ops.image.resize(x, target, interpolation, data_format=data_format)


def resize_volumes(x: Tensor, depth_factor: int, height_factor: int, width_factor: int, data_format: str) -> Any:
    """Volumes enlarged by whole factors: each element is repeated."""
    return _enlarged(x, (depth_factor, height_factor, width_factor), data_format)


def _enlarged(x: Any, factors: Sequence[int], data_format: str) -> Any:
    first = 1 if standardize_data_format(data_format) == "channels_last" else 2
    for axis, factor in enumerate(factors, start=first):
        x = ops.repeat(x, int(factor), axis=axis)
    return x
