"""`tf`: making tensors, and changing their shapes, order and dtypes."""

from __future__ import annotations

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
from tsuno.legacy.shapes import Dimension as Dimension
from tsuno.legacy.shapes import TensorShape as TensorShape
from tsuno.legacy.tensorflow.calls import (
    Static,
    dtype_here,
    from_shape,
    known,
    known_now,
    named,
    of,
    static_value,
    whole,
)
from tsuno.legacy.tensorflow.strings import is_text, text
from tsuno.legacy.tensorflow.words import exposed

NAMES = {"TensorShape", "Dimension"}

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

    return whole(named(made, f"filled_{value}"))


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
    "zeros": exposed(zeros),
    "ones": exposed(ones),
    "zeros_like": of(ops.zeros_like, "tensor:x dtype=None", input="tensor"),
    "ones_like": of(ops.ones_like, "tensor:x dtype=None", input="tensor"),
    "lin_space": exposed(linspace),
    "pack": exposed(stack),
    "unpack": exposed(unstack),
    "parallel_stack": exposed(stack),
    "matrix_transpose": exposed(lambda a, conjugate=False: ops.swapaxes(a, -1, -2)),
    "saturate_cast": of(ops.saturate_cast, "value:x dtype"),
    "space_to_depth": of(ops.space_to_depth, "input:x block_size data_format='channels_last'"),
    "depth_to_space": of(ops.depth_to_space, "input:x block_size data_format='channels_last'"),
    "broadcast_static_shape": lambda shape_x, shape_y: TensorShape(np.broadcast_shapes(shape_x, shape_y)),
}
