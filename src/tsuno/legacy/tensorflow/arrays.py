"""`tf`: making tensors, and changing their shapes, order and dtypes."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core import tree
from tsuno.core.arithmetic import Arithmetic
from tsuno.core.op import Tensor, as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.shapes import Dimension, TensorShape
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import Static, dtype_here, from_shape, known, known_now, of, on_graph, static_value, whole
from tsuno.legacy.tensorflow.strings import is_text, text
from tsuno.legacy.tensorflow.words import exposed

NAMES = {"TensorShape", "Dimension"}
TensorShape, Dimension = TensorShape, Dimension

# ---------------------------------------------------------------------- making


def constant(value: Any, dtype: Any = None, shape: Any = None, verify_shape: Any = None) -> Any:
    """A tensor of given values.

    Args:
        value: numbers, nested lists, arrays, or text.
        dtype: the dtype; float32 or int32 for Python's numbers.
        shape: the shape; one number fills it.
        verify_shape: accepted for compatibility.
    """
    if any(isinstance(leaf, Arithmetic) for leaf in tree.flatten(value)):
        return convert_to_tensor(value, dtype)
    array = np.asarray(as_numpy(value) if engine.is_array(value) else value)
    if is_text(array):
        return text(array if shape is None else np.broadcast_to(array, shape))
    if dtype is not None:
        array = np.asarray(engine.to_numpy(ops.cast(array, dtype_here(dtype))))
    if shape is not None:
        array = np.broadcast_to(array, shape) if array.size == 1 else array.reshape(shape)
    if array.dtype.kind in "iu" and array.size <= 64 and array.dtype.name in ("int32", "int64"):
        return known_now(array)
    with engine.eager():
        return engine.asarray(array)


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None, preferred_dtype: Any = None) -> Any:
    """Numbers, arrays, variables, or lists that may hold tensors, as a tensor.

    Args:
        value: what becomes a tensor.
        dtype: the dtype.
        dtype_hint: accepted for compatibility.
        preferred_dtype: accepted for compatibility.
    """
    if isinstance(value, KerasTensor):
        return value if dtype in (None, value.dtype) else cast(value, dtype)
    if isinstance(value, Variable):
        return cast(value, dtype or value.dtype)
    if isinstance(value, (list, tuple)) and any(isinstance(leaf, Arithmetic) for leaf in tree.flatten(value)):
        return stack([convert_to_tensor(item, dtype) for item in value])
    return constant(value, dtype)


def _filled(value: Any) -> Any:
    def made(shape: Static, dtype: Any = "float32") -> Any:
        if str(dtype) == "string":
            return np.full(shape, b"", object)
        return ops.full(shape, value, dtype_here(dtype))

    return whole(_named(made, f"filled_{value}"))


def _named(function: Any, name: str) -> Any:
    function.__name__ = name
    return function


zeros, ones = _filled(0), _filled(1)


@whole
def fill(dims: Static, value: Tensor) -> Any:
    """One value everywhere."""
    value = xp.asarray(value)
    return xp.full(tuple(dims), value, value.dtype)


@whole
def range(start: Static, limit: Static = None, delta: Static = 1, dtype: Any = None) -> Any:
    """Numbers from `start` up to, not including, `limit`; from 0 if only one is given."""
    first, end = (0, start) if limit is None else (start, limit)
    return ops.arange(first, end, delta, dtype=None if dtype is None else dtype_here(dtype))


@whole
def linspace(start: Tensor, stop: Tensor, num: Static, axis: int = 0) -> Any:
    """So many numbers from `start` to `stop`, evenly spaced."""
    return ops.linspace(start, stop, int(num), axis=axis)


@whole
def eye(num_rows: Static, num_columns: Static = None, batch_shape: Static = None, dtype: Any = "float32") -> Any:
    """Ones on the diagonal, zeros elsewhere."""
    made = ops.eye(num_rows, num_columns, dtype=dtype_here(dtype))
    return xp.broadcast_to(made, (*(batch_shape or ()), *made.shape))


def meshgrid(*args: Any, indexing: str = "xy") -> list[Any]:
    """The coordinates of a grid."""
    return list(_meshgrid(list(args), indexing))


@whole
def _meshgrid(axes: Sequence[Any], indexing: str) -> Any:
    return ops.meshgrid(*axes, indexing=indexing)


@whole
def one_hot(
    indices: Tensor,
    depth: Static,
    on_value: Any = None,
    off_value: Any = None,
    axis: Static = None,
    dtype: Any = None,
) -> Any:
    """Rows with `on_value` at the place that an index names, `off_value` elsewhere."""
    given = [x for x in (on_value, off_value) if x is not None]
    dtype = dtype or (str(xp.asarray(given[0]).dtype) if given else "float32")
    hit = ops.one_hot(indices, depth, axis=-1 if axis is None else axis, dtype="bool")
    on, off = (d if v is None else v for v, d in ((on_value, 1), (off_value, 0)))
    return xp.where(hit, xp.asarray(on, dtype_here(dtype)), xp.asarray(off, dtype_here(dtype)))


@whole
def sequence_mask(lengths: Tensor, maxlen: Static = None, dtype: Any = "bool") -> Any:
    """Whether a place comes before a length, for each length."""
    most = int(engine.to_numpy(lengths).max(initial=0)) if maxlen is None else maxlen
    return (xp.arange(most) < xp.expand_dims(xp.asarray(lengths), -1)).astype(dtype_here(dtype))


# ---------------------------------------------------------------------- sizes


def shape(input: Any, out_type: Any = "int32") -> Any:
    """The sizes of a tensor, as a tensor."""
    return from_shape(input, lambda sizes: sizes)


def shape_n(input: Sequence[Any], out_type: Any = "int32") -> list[Any]:
    """The sizes of several tensors."""
    return [shape(x) for x in input]


def size(input: Any, out_type: Any = "int32") -> Any:
    """The number of elements, as a tensor."""
    return from_shape(input, np.prod)


def rank(input: Any) -> Any:
    """The number of axes, as a tensor."""
    return from_shape(input, len)


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The values of a tensor as a NumPy array if they are known before anything is run, else None."""
    return static_value(tensor)


def ensure_shape(x: Any, shape: Any) -> Any:
    """The tensor, whose shape must be so; None fits any size."""
    own = tuple(x.shape)
    fits = len(own) == len(shape) and all(None in pair or pair[0] == pair[1] for pair in zip(own, shape, strict=True))
    if not fits:
        raise ValueError(f"The tensor has shape {own}; `ensure_shape` expects {tuple(shape)}.")
    return x


# ---------------------------------------------------------------------- shapes


@whole
def reshape(tensor: Tensor, shape: Static) -> Any:
    """The same elements in another shape; one size may be -1."""
    return ops.reshape(tensor, shape)


@whole
def expand_dims(input: Tensor, axis: Static = None, dim: Static = None) -> Any:
    """With a new axis of size 1."""
    return ops.expand_dims(input, dim if axis is None else axis)


@whole
def squeeze(input: Tensor, axis: Static = None, squeeze_dims: Static = None) -> Any:
    """Without axes of size 1: those named, or all."""
    axis = squeeze_dims if axis is None else axis
    return ops.squeeze(input, tuple(axis) if isinstance(axis, list) else axis)


@whole
def transpose(a: Tensor, perm: Static = None, conjugate: bool = False) -> Any:
    """The axes in another order, reversed by default."""
    return ops.transpose(ops.conj(a) if conjugate else a, perm)


@whole
def broadcast_to(input: Tensor, shape: Static) -> Any:
    """Repeated to a shape along axes that are missing or of size 1."""
    return ops.broadcast_to(input, shape)


@whole
def tile(input: Tensor, multiples: Static) -> Any:
    """Repeated so many times along each axis."""
    return ops.tile(input, multiples)


@whole
def repeat(input: Tensor, repeats: Static, axis: Static = None) -> Any:
    """Each element repeated so many times."""
    if isinstance(repeats, list):
        return xp.repeat(xp.asarray(input), np.asarray(repeats), axis, total_repeat_length=int(np.sum(repeats)))
    return ops.repeat(input, repeats, axis)


@whole
def pad(tensor: Tensor, paddings: Static, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    """With so many values before and after along each axis: a constant, or mirrored ones."""
    mode = mode.lower()
    return ops.pad(tensor, paddings, mode, constant_values if mode == "constant" else None)


@whole
def roll(input: Tensor, shift: Static, axis: Static) -> Any:
    """Moved around along axes."""
    return ops.roll(input, shift, axis)


@whole
def reverse(tensor: Tensor, axis: Static) -> Any:
    """In reverse order along axes, which are numbers, or a truth value for each."""
    axes = axis if isinstance(axis, list) else [axis]
    if axes and all(isinstance(each, bool) for each in axes):
        axes = [place for place, turned in enumerate(axes) if turned]
    return ops.flip(tensor, tuple(axes)) if axes else tensor


@whole
def reverse_sequence(
    input: Tensor,
    seq_lengths: Tensor,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Any:
    """The first so many elements of each sequence in reverse order."""
    steps = seq_dim if seq_axis is None else seq_axis
    batch = (batch_dim if batch_axis is None else batch_axis) or 0
    assert steps is not None
    x = xp.moveaxis(xp.asarray(input), (batch, steps), (0, 1))
    place, count = xp.arange(x.shape[1])[None], xp.asarray(seq_lengths)[:, None]
    where_from = xp.where(place < count, count - 1 - place, place)
    turned = xp.take_along_axis(x, where_from.reshape(where_from.shape + (1,) * (x.ndim - 2)), axis=1)
    return xp.moveaxis(turned, (0, 1), (batch, steps))


# ---------------------------------------------------------------------- putting together and taking apart


def concat(values: Any = None, axis: Any = None, concat_dim: Any = None) -> Any:
    """Tensors one after the other along an axis; at first it was called as `concat(axis, values)`."""
    axis = concat_dim if axis is None else axis
    if np.ndim(_shape_or(values)) == 0 and isinstance(axis, (list, tuple)):
        values, axis = axis, values
    if not isinstance(values, (list, tuple)):
        return values
    return _concat([_listed(x) for x in values], axis)


def _shape_or(x: Any) -> Any:
    return x if isinstance(x, (int, np.integer)) else [0]


def _listed(x: Any) -> Any:
    """A list that holds tensors, as one tensor."""
    inside = isinstance(x, (list, tuple)) and any(isinstance(leaf, Arithmetic) for leaf in tree.flatten(x))
    return convert_to_tensor(x) if inside else x


@whole
def _concat(values: Sequence[Any], axis: Static) -> Any:
    return xp.concatenate([xp.asarray(x) for x in _of_one_dtype(values)], axis=axis)


@whole
def stack(values: Any, axis: Static = 0) -> Any:
    """Tensors of one shape along a new axis."""
    return xp.stack([xp.asarray(x) for x in _of_one_dtype(values)], axis=axis)


def _of_one_dtype(values: Sequence[Any]) -> Sequence[Any]:
    """Numbers of Python beside tensors take these tensors' dtype."""
    dtypes = [x.dtype for x in values if hasattr(x, "dtype")]
    return [x if hasattr(x, "dtype") or not dtypes else np.asarray(x, dtypes[0]) for x in values]


@whole
def unstack(value: Tensor, num: Static = None, axis: Static = 0) -> Any:
    """The slices along an axis, as a list."""
    return ops.unstack(value, num, axis)


def split(value: Any = None, num_or_size_splits: Any = None, axis: Any = 0, num: Any = None, **olds: Any) -> Any:
    """A tensor in parts along an axis: so many, or of these sizes; at first called as `split(axis, count, value)`."""
    if olds:
        axis = olds.pop("split_dim", axis)
        num_or_size_splits = olds.pop("num_split", num_or_size_splits)
    if isinstance(value, int) and hasattr(axis, "shape"):
        value, axis = axis, value
    return _split(value, num_or_size_splits, axis)


@whole
def _split(value: Tensor, parts: Static, axis: Static) -> Any:
    x = xp.asarray(value)
    if isinstance(parts, int):
        return ops.split(x, parts, axis=axis)
    sizes = [x.shape[axis] - sum(parts) - 1 if part == -1 else part for part in parts]
    return ops.split(x, [int(n) for n in np.cumsum(sizes)[:-1]], axis=axis)


for _several in (unstack, _split, _meshgrid):
    _several.__wrapped__.gives_several = True

# ---------------------------------------------------------------------- parts by place


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

    return xp.asarray(input_)[tuple(item(place) for place in builtins.range(len(begin)))]


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
        change = {"update": at.set, "sub": at.add}.get(how) or getattr(at, how)
        return change(sign * xp.asarray(updates, x.dtype))

    return whole(_named(changed, f"tensor_scatter_nd_{how}"))


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


class _Pair(tuple):  # type: ignore[type-arg]
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

    return whole(_named(ordered, function.__name__))


@whole
def searchsorted(sorted_sequence: Tensor, values: Tensor, side: str = "left", out_type: Any = "int32") -> Any:
    """Where values would have to be put in to keep the order, for each row."""
    rows, wanted = xp.asarray(sorted_sequence), xp.asarray(values)
    search: Any = lambda a, v: xp.searchsorted(a, v, side=side)
    for _ in builtins.range(rows.ndim - 1):
        search = engine.vmap(search)
    return search(rows, wanted).astype("int32")


@whole
def invert_permutation(x: Tensor) -> Any:
    """The permutation that undoes another."""
    return xp.argsort(xp.asarray(x))


def dynamic_partition(data: Any, partitions: Any, num_partitions: int) -> list[Any]:
    """The elements or slices of each part, by the number of the part of each."""
    return [boolean_mask(data, ops.equal(partitions, part)) for part in builtins.range(num_partitions)]


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


def identity(input: Any) -> Any:
    """The tensor."""
    if isinstance(input, str):
        return constant(input)
    return _same(input)


@whole
def _same(input: Tensor) -> Any:
    return xp.asarray(input)


def identity_n(input: Sequence[Any]) -> list[Any]:
    """The tensors."""
    return [identity(x) for x in input]


# ---------------------------------------------------------------------- dtypes


def cast(x: Any, dtype: Any) -> Any:
    """The values in another dtype."""
    return _cast(_listed(x), dtype_here(dtype))


_cast = known(ops.cast)


def _cast_to(dtype: str) -> Any:
    return exposed(lambda x: cast(x, dtype))


@whole
def bitcast(input: Tensor, type: Any) -> Any:
    """The same bits, read as another dtype."""
    return engine.bitcast(xp.asarray(input), dtype_here(type))


FUNCTIONS: dict[str, Any] = {
    **{f"to_{name}": _cast_to(dtype) for name, dtype in (("float", "float32"), ("double", "float64"))},
    **{f"to_{name}": _cast_to(name) for name in ("int32", "int64", "bfloat16", "complex64", "complex128")},
    **{f"tensor_scatter_nd_{how}": exposed(_scatter(how)) for how in ("update", "add", "sub", "min", "max")},
    "tensor_scatter_update": exposed(_scatter("update")),
    "tensor_scatter_add": exposed(_scatter("add")),
    "zeros": exposed(zeros),
    "ones": exposed(ones),
    "zeros_like": of(ops.zeros_like, "tensor:x dtype=None", input="tensor"),
    "ones_like": of(ops.ones_like, "tensor:x dtype=None", input="tensor"),
    "lin_space": exposed(linspace),
    "sort": exposed(_sorted(xp.sort)),
    "argsort": exposed(_sorted(xp.argsort)),
    "pack": exposed(stack),
    "unpack": exposed(unstack),
    "parallel_stack": exposed(stack),
    "select": exposed(where),
    "matrix_transpose": exposed(lambda a, conjugate=False: ops.swapaxes(a, -1, -2)),
    "saturate_cast": of(ops.saturate_cast, "value:x dtype"),
    "space_to_depth": of(ops.space_to_depth, "input:x block_size data_format='channels_last'"),
    "depth_to_space": of(ops.depth_to_space, "input:x block_size data_format='channels_last'"),
    "broadcast_static_shape": lambda shape_x, shape_y: TensorShape(np.broadcast_shapes(shape_x, shape_y)),
}
