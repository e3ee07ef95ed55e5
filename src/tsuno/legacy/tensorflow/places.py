"""`tf`: parts of tensors by place: slices, gathering and scattering, masks, order."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core.op import Tensor
from tsuno.core.spec import KerasTensor
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.arrays import reshape
from tsuno.legacy.tensorflow.calls import Static, named, on_graph, whole
from tsuno.legacy.tensorflow.words import exposed


@whole
def slice(input_: Tensor, begin: Static, size: Static) -> Any:
    """A block that begins at a place; a size of -1 takes all that is left."""
    return ops.slice(input_, begin, size)


@whole
def strided_slice(
    input_: Tensor,
    begin: Static,
    end: Static,
    strides: Static = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    """`x[begin:end:strides]` along each axis; the bits of the masks say at which axes a number is not meant."""

    def item(place: int) -> Any:
        bit = 1 << place
        if ellipsis_mask & bit:
            return ...
        if new_axis_mask & bit:
            return None
        if shrink_axis_mask & bit:
            return begin[place]
        first, last = (None if mask & bit else x[place] for mask, x in ((begin_mask, begin), (end_mask, end)))
        return builtins.slice(first, last, strides[place] if strides is not None else 1)

    return xp.asarray(input_)[tuple(item(place) for place in range(len(begin)))]


@whole
def gather(
    params: Tensor, indices: Tensor, validate_indices: Any = None, axis: Static = None, batch_dims: Static = 0
) -> Any:
    """Slices along an axis at these places."""
    x, places = xp.asarray(params), xp.asarray(indices)
    axis = batch_dims if axis is None else axis % x.ndim
    if not batch_dims:
        return xp.take(x, places, axis=axis)
    turned = engine.vmap(lambda a, b: gather.__wrapped__.__wrapped__(a, b, None, axis - 1, batch_dims - 1))
    return turned(x, places)


@whole
def gather_nd(params: Tensor, indices: Tensor, batch_dims: Static = 0) -> Any:
    """Elements or slices at places of several coordinates, which stand along the last axis of `indices`."""
    x, places = xp.asarray(params), xp.asarray(indices)
    if batch_dims:
        return engine.vmap(lambda a, b: gather_nd.__wrapped__.__wrapped__(a, b, batch_dims - 1))(x, places)
    return x[tuple(xp.moveaxis(places, -1, 0))]


@whole
def scatter_nd(indices: Tensor, updates: Tensor, shape: Static) -> Any:
    """Zeros with values added at places of several coordinates."""
    updates = xp.asarray(updates)
    return xp.zeros(tuple(shape), updates.dtype).at[tuple(xp.moveaxis(xp.asarray(indices), -1, 0))].add(updates)


def _scatter(how: str) -> Any:
    def changed(tensor: Tensor, indices: Tensor, updates: Tensor) -> Any:
        x, sign = xp.asarray(tensor), -1 if how == "sub" else 1
        at = x.at[tuple(xp.moveaxis(xp.asarray(indices), -1, 0))]
        change: Any = {"update": at.set, "sub": at.add}.get(how) or getattr(at, how)
        return change(sign * xp.asarray(updates, x.dtype))

    return whole(named(changed, f"tensor_scatter_nd_{how}"))


def _of_values(function: Any, output: Any) -> Any:
    """A function the shape of whose result depends on values; in a graph its sizes are not known."""

    def call(*args: Any) -> Any:
        if not symbolic.is_drawn(*args):
            return function(*args)
        return on_graph(symbolic.Operation(function, name="by_values"), *args, outputs=output(*args))

    return call


def boolean_mask(tensor: Any, mask: Any, axis: Any = None) -> Any:
    """The elements or slices where a mask holds."""
    start = axis or 0
    mask = mask if hasattr(mask, "shape") else np.asarray(mask)
    tensor = tensor if hasattr(tensor, "shape") else np.asarray(tensor)

    def output(x: Any, mask: Any) -> Any:
        sizes = (*x.shape[:start], None, *x.shape[start + len(mask.shape) :])
        return KerasTensor(sizes, str(x.dtype))

    return _of_values(lambda x, mask: _masked(x, mask, start), output)(tensor, mask)


@whole
def _masked(tensor: Tensor, mask: Tensor, axis: Static) -> Any:
    x, places = xp.asarray(tensor), np.nonzero(engine.to_numpy(mask))
    return x[(*[builtins.slice(None)] * axis, *places)]


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """`x` where the condition holds, `y` elsewhere; without them, the places where it holds.

    In graphs of TensorFlow 1 a vector of conditions chooses rows.
    """
    if x is None and y is None:
        condition = condition if hasattr(condition, "shape") else np.asarray(condition)
        return _of_values(_places, lambda c: KerasTensor((None, len(c.shape)), "int32"))(condition)
    own, there = (len(np.shape(each) if not hasattr(each, "shape") else each.shape) for each in (condition, x))
    if modes.graph_mode() and own == 1 and there > 1:
        condition = reshape(condition, [-1, *[1] * (there - 1)])
    return ops.where(condition, x, y)


@whole
def _places(condition: Tensor) -> Any:
    return engine.asarray(np.argwhere(engine.to_numpy(condition)).astype("int32"))


def unique(x: Any, out_idx: Any = "int32") -> Any:
    """The different elements as they first occur, and the place of each element among them."""
    return _Pair(*unique_with_counts(x)[:2])


def unique_with_counts(x: Any, out_idx: Any = "int32") -> Any:
    """The different elements as they first occur, the place of each element among them, and how often they occur."""
    x = x if hasattr(x, "shape") else np.asarray(x)

    def output(x: Any) -> Any:
        return KerasTensor((None,), str(x.dtype)), KerasTensor(x.shape, "int32"), KerasTensor((None,), "int32")

    return _of_values(_unique, output)(x)


@whole
def _unique(x: Tensor) -> Any:
    _, first, inverse, counts = np.unique(
        engine.to_numpy(x), return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    place = np.argsort(order)[inverse.reshape(-1)]
    return xp.asarray(x)[first[order]], engine.asarray(place.astype("int32")), engine.asarray(counts[order])


class _Pair(tuple):
    """The different elements `y`, and the place `idx` of each element among them."""

    def __new__(cls, y: Any, idx: Any) -> _Pair:
        return super().__new__(cls, (y, idx))

    y = property(lambda self: self[0])
    idx = property(lambda self: self[1])


def _sorted(function: Any) -> Any:
    def ordered(values: Tensor, axis: Static = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:
        down = direction.upper() == "DESCENDING"
        x = xp.asarray(values)
        if not down:
            return function(x, axis=axis)
        # Equal elements stay in order: both before and after the elements are turned around.
        last = x.shape[axis] - 1
        turned = xp.flip(function(xp.flip(x, axis), axis=axis), axis)
        return last - turned if function is xp.argsort else turned

    return whole(named(ordered, function.__name__))


@whole
def searchsorted(sorted_sequence: Tensor, values: Tensor, side: str = "left", out_type: Any = "int32") -> Any:
    """Where values would have to be put in to keep the order, for each row."""
    rows, wanted = xp.asarray(sorted_sequence), xp.asarray(values)
    search: Any = lambda a, v: xp.searchsorted(a, v, side=side)
    for _ in range(rows.ndim - 1):
        search = engine.vmap(search)
    return search(rows, wanted).astype("int32")


@whole
def invert_permutation(x: Tensor) -> Any:
    """The permutation that undoes another."""
    return xp.argsort(xp.asarray(x))


@whole
def unravel_index(indices: Tensor, dims: Static) -> Any:
    """The coordinates of places in a flattened tensor: one row for each axis."""
    return xp.stack(xp.unravel_index(xp.asarray(indices), tuple(dims)))


@whole
def space_to_batch_nd(input: Tensor, block_shape: Static, paddings: Static) -> Any:
    """Blocks of places moved into the batch, after padding."""
    block = np.atleast_1d(block_shape).tolist()
    x = xp.asarray(input)
    count, tail = len(block), [(0, 0)] * (x.ndim - 1 - len(block))
    x = xp.pad(x, [(0, 0), *map(tuple, paddings), *tail])
    sizes = [part for size, b in zip(x.shape[1:], block, strict=False) for part in (size // b, b)]
    x = x.reshape(x.shape[0], *sizes, *x.shape[1 + count :])
    order = [*range(2, 2 * count + 1, 2), 0, *range(1, 2 * count + 1, 2), *range(2 * count + 1, x.ndim)]
    x = x.transpose(order)
    return x.reshape(-1, *x.shape[count + 1 :])


@whole
def batch_to_space(input: Tensor, block_shape: Static, crops: Static) -> Any:
    """What `space_to_batch_nd` did, undone."""
    x = xp.asarray(input)
    block = np.atleast_1d(block_shape).tolist() * (2 if np.ndim(block_shape) == 0 else 1)
    count = len(block)
    x = x.reshape(*block, -1, *x.shape[1:])
    order = [count, *[axis for place in range(count) for axis in (count + 1 + place, place)]]
    x = x.transpose([*order, *range(2 * count + 1, x.ndim)])
    sizes = [x.shape[1 + 2 * place] * x.shape[2 + 2 * place] for place in range(count)]
    x = x.reshape(x.shape[0], *sizes, *x.shape[2 * count + 1 :])
    ends = [builtins.slice(low, size - high) for size, (low, high) in zip(sizes, crops, strict=True)]
    return x[(builtins.slice(None), *ends)]


def setdiff1d(x: Any, y: Any, index_dtype: Any = "int32") -> Any:
    """The elements of x that are not in y, and their places."""
    keep = ops.logical_not(ops.isin(x, y))
    return boolean_mask(x, keep), where(keep)[:, 0]


listdiff = setdiff1d


def _assigned(how: str) -> Any:
    scatter = _scatter(how)

    def change(ref: Any, indices: Any, updates: Any, use_locking: Any = None) -> Any:
        rows = np.asarray(indices) if not hasattr(indices, "shape") else indices
        return ref.assign(scatter(ref, reshape(rows, [*rows.shape, 1]), updates))

    return exposed(named(change, f"scatter_{how}"))


def dynamic_partition(data: Any, partitions: Any, num_partitions: int) -> list[Any]:
    """The elements or slices of each part, by the number of the part of each."""
    return [boolean_mask(data, ops.equal(partitions, part)) for part in range(num_partitions)]


@whole
def dynamic_stitch(indices: Sequence[Any], data: Sequence[Any]) -> Any:
    """Slices put at their places, later ones over those before."""
    places = [engine.to_numpy(each) for each in indices]
    first = xp.asarray(data[0])
    tail = first.shape[places[0].ndim :]
    made = xp.zeros((max(int(each.max(initial=-1)) for each in places) + 1, *tail), first.dtype)
    for place, part in zip(places, data, strict=True):
        made = made.at[place.reshape(-1)].set(xp.asarray(part).reshape(-1, *tail))
    return made


FUNCTIONS: dict[str, Any] = {
    **{f"tensor_scatter_nd_{how}": exposed(_scatter(how)) for how in ("update", "add", "sub", "min", "max")},
    "tensor_scatter_update": exposed(_scatter("update")),
    "tensor_scatter_add": exposed(_scatter("add")),
    "sort": exposed(_sorted(xp.sort)),
    "argsort": exposed(_sorted(xp.argsort)),
    "select": exposed(where),
    "where_v2": exposed(where),
    **{f"scatter_{how}": _assigned(how) for how in ("update", "add", "sub", "min", "max")},
    "batch_to_space_nd": exposed(batch_to_space),
    "space_to_batch": exposed(lambda input, block_shape, paddings: space_to_batch_nd(input, block_shape, paddings)),
    "sparse_to_dense": exposed(
        lambda indices, shape, values: scatter_nd(reshape(indices, [-1, len(shape)]), values, shape)
    ),
}
