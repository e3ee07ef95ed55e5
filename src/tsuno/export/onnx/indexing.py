"""Rows of primitives that read and write at places that are computed.

Whatever the form of the places, they become one tensor of coordinates: a column for each axis that is indexed, a row
for each element (or run of whole axes) that is read or written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno.export.onnx.graph import Sizes, Value, is_known
from tsuno.export.onnx.rows import Equation, row
from tsuno.export.onnx.shapes import counted, sliced

_REDUCTIONS = {"scatter": None, "scatter-add": "add", "scatter-mul": "mul", "scatter-min": "min", "scatter-max": "max"}
_FAR = np.iinfo(np.int64).max


@row("gather")
def _gather(e: Equation, x: Value, indices: Value) -> Value:
    numbers, sizes = e.params["dimension_numbers"], e.params["slice_sizes"]
    batch = indices.shape[:-1]
    mapped, beside = list(numbers.start_index_map), list(numbers.operand_batching_dims)
    indexed = [axis for axis in range(x.rank) if axis in mapped or axis in beside]
    rest = [axis for axis in range(x.rank) if axis not in indexed]
    gone = (*numbers.collapsed_slice_dims, *beside)
    window = [axis for axis in indexed if axis not in gone]
    whole = all(str(sizes[axis]) == str(x.shape[axis]) for axis in rest)
    starts = [_column(e, indices, place) for place in range(len(mapped))]
    room = [(x.shape[axis], sizes[axis]) for axis in mapped]
    starts, inside = _kept_in(e, starts, room, batch)
    kept = [axis for axis in range(x.rank) if axis not in gone]
    if whole and len(mapped) == 1 and not beside and not window:
        name = e.node("Gather", x.arranged(), starts[0].arranged(), axis=mapped[0])
        held = [*rest[: mapped[0]], *[None] * len(batch), *rest[mapped[0] :]]
        at = {axis: place for place, axis in enumerate(held) if axis is not None}
        ahead = mapped[0]
    else:
        grid = (*batch, *(sizes[axis] for axis in window))
        columns = [
            _column_of(e, axis, starts[mapped.index(axis)] if axis in mapped else None, numbers, batch, window, grid)
            for axis in indexed
        ]
        name = x.arranged([*indexed, *rest])
        if not whole:
            zeros = (0,) * x.rank
            ends = tuple(sizes[axis] if axis in rest else x.shape[axis] for axis in range(x.rank))
            name = sliced(e, x, zeros, ends, (1,) * x.rank, ends).arranged([*indexed, *rest])
        name = e.node("GatherND", name, _coordinates(e, columns, grid))
        at = {axis: len(batch) + place for place, axis in enumerate([*window, *rest])}
        ahead = 0
    order: list[int] = []
    offsets, batches = iter(kept), iter(range(ahead, ahead + len(batch)))
    for axis in range(len(e.shape)):
        order.append(at[next(offsets)] if axis in numbers.offset_dims else next(batches))
    held_sizes: list[Any] = [None] * len(order)
    for axis, place in enumerate(order):
        held_sizes[place] = e.shape[axis]
    found = e.result(name, held=tuple(held_sizes), order=order)
    return (
        found if inside is None or e.params["mode"].name == "CLIP" else _filled(e, found, inside, numbers.offset_dims)
    )


def _filled(e: Equation, found: Value, inside: Value, offsets: Sequence[int]) -> Value:
    """What was read, and the fill where the place was not there."""
    fill = e.params["fill_value"]
    if fill is None:
        limits = None if e.dtype.kind in "fV" else np.iinfo(e.dtype) if e.dtype.kind in "iu" else None
        fill = np.nan if e.dtype.kind in "fV" else limits.min if limits and e.dtype.kind == "i" else _most(limits)
    axes = [axis for axis in range(len(e.shape)) if axis in offsets]
    name = e.node("Unsqueeze", inside.arranged(), e.vector(*axes)) if axes else inside.arranged()
    held = tuple(1 if axis in offsets else size for axis, size in enumerate(e.shape))
    condition = e.result(name, e.shape, bool, held=held)
    return e.each("Where", condition, found, e.number(fill, e.dtype), dtype=e.dtype)


def _most(limits: Any) -> Any:
    return True if limits is None else limits.max


def _column(e: Equation, indices: Value, place: int) -> Value:
    """One coordinate of each place, as 64-bit integers."""
    shape = indices.shape[:-1]
    if indices.array is not None:
        array = np.broadcast_to(indices.array, (*indices.array.shape[:-1], indices.shape[-1]))[..., place]
        return Value(e.graph, shape, "int64", array=array.astype(np.int64))
    name, last = indices.arranged(), e.vector(indices.rank - 1)
    before = e.graph.maker(name, "Unsqueeze")
    if indices.shape[-1] != 1:
        which = e.graph.root.initializer(np.array(place, np.int64))
        name = e.node("Gather", name, which, axis=indices.rank - 1)
    elif before is not None and before.input[1] == last:
        name = before.input[0]
    else:
        name = e.node("Squeeze", name, last)
    return e.cast(e.result(name, shape, indices.dtype), "int64")


def _kept_in(
    e: Equation, starts: list[Value], room: Sequence[tuple[Any, Any]], batch: Sizes
) -> tuple[list[Value], Value | None]:
    """Places moved to where a window fits, and whether they were such, None if they are known to have been."""
    mode = getattr(e.params["mode"], "name", "FILL_OR_DROP")
    if mode == "PROMISE_IN_BOUNDS":
        return starts, None
    moved, inside = [], None
    for start, (size, width) in zip(starts, room, strict=True):
        last = size - width
        if start.array is not None and is_known(last) and ((start.array >= 0) & (start.array <= last)).all():
            moved.append(start)
            continue
        zero, end = e.constant(0, np.int64), _scalar(e, last)
        clipped = e.each("Min", e.each("Max", start, zero), end)
        moved.append(clipped)
        fits = e.each("Equal", clipped, start, dtype=bool)
        inside = fits if inside is None else e.each("And", inside, fits)
    return moved, inside


def _scalar(e: Equation, size: Any) -> Value:
    if is_known(size):
        return e.constant(int(size), np.int64)
    return e.result(e.node("Squeeze", e.sizes([size])), (), "int64")


def _column_of(
    e: Equation, axis: int, start: Value | None, numbers: Any, batch: Sizes, window: Sequence[int], grid: Sizes
) -> Value:
    """The coordinates along an axis, over the grid of places and steps within their windows."""
    rank = len(grid)
    if start is None:  # an axis that goes along with one of the places
        given = getattr(numbers, "start_indices_batching_dims", None)
        given = numbers.scatter_indices_batching_dims if given is None else given
        return _line(e, given[list(numbers.operand_batching_dims).index(axis)], grid)
    held = (*start.sizes, *[1] * (rank - len(batch)))
    if start.array is not None:
        column = Value(e.graph, grid, "int64", array=start.array.reshape(held))
    else:
        added = list(range(len(batch), rank))
        name = start.arranged(narrow=True)
        column = e.result(e.node("Unsqueeze", name, e.vector(*added)) if added else name, grid, "int64", held=held)
    if axis in window and str(grid[len(batch) + window.index(axis)]) != "1":
        return e.each("Add", column, _line(e, len(batch) + window.index(axis), grid))
    return column


def _line(e: Equation, axis: int, grid: Sizes) -> Value:
    """0, 1, 2, … along one axis of the grid."""
    size = grid[axis]
    held = tuple(size if place == axis else 1 for place in range(len(grid)))
    if is_known(size):
        return Value(e.graph, grid, "int64", array=np.arange(int(size)).reshape([int(n) for n in held]))
    others = [place for place in range(len(grid)) if place != axis]
    name = counted(e, size)
    return e.result(e.node("Unsqueeze", name, e.vector(*others)) if others else name, grid, "int64", held=held)


def _coordinates(e: Equation, columns: Sequence[Value], grid: Sizes) -> str:
    """Columns side by side, as operators on coordinates take them."""
    if all(column.array is not None for column in columns) and all(map(is_known, grid)):
        return e.constant(np.stack([column.known() for column in columns], axis=-1)).arranged()
    last = e.vector(len(grid))
    names = [e.node("Unsqueeze", column.arranged(), last) for column in columns]
    return names[0] if len(names) == 1 else e.node("Concat", *names, axis=len(grid))


@row(*_REDUCTIONS)
def _scatter(e: Equation, x: Value, indices: Value, updates: Value) -> Value:
    numbers = e.params["dimension_numbers"]
    batch = indices.shape[:-1]
    mapped, beside = list(numbers.scatter_dims_to_operand_dims), list(numbers.operand_batching_dims)
    gone = (*numbers.inserted_window_dims, *beside)
    kept = [axis for axis in range(x.rank) if axis not in gone]
    size = dict(zip(kept, (updates.shape[axis] for axis in numbers.update_window_dims), strict=True))
    partial = [axis for axis in kept if axis not in mapped and str(size[axis]) != str(x.shape[axis])]
    indexed = [axis for axis in range(x.rank) if axis in mapped or axis in beside or axis in partial]
    window = [axis for axis in indexed if axis not in gone]
    rest = [axis for axis in range(x.rank) if axis not in indexed]
    starts = [_column(e, indices, place) for place in range(len(mapped))]
    room = [(x.shape[axis], size.get(axis, 1)) for axis in mapped]
    starts, inside = _kept_in(e, starts, room, batch)
    drops = inside is not None and getattr(e.params["mode"], "name", "FILL_OR_DROP") != "CLIP"
    grid = (*batch, *(size[axis] for axis in window))
    zero = Value(e.graph, batch, "int64", array=np.zeros([1] * len(batch), np.int64))
    columns = []
    for axis in indexed:
        start = starts[mapped.index(axis)] if axis in mapped else zero if axis in partial else None
        column = _column_of(e, axis, start, numbers, batch, window, grid)
        columns.append(_aside(e, column, inside, x.shape[axis], batch) if drops and inside is not None else column)
    name = x.arranged([*indexed, *rest])
    if drops:  # what is dropped is written to a place beyond the end
        ends = [0] * x.rank + [1] * len(indexed) + [0] * len(rest)
        name = e.node("Pad", name, e.vector(*ends))
    at = [axis for axis in range(updates.rank) if axis not in numbers.update_window_dims]
    places = dict(zip(kept, numbers.update_window_dims, strict=True))
    given = updates.arranged([*at, *(places[axis] for axis in (*window, *rest))])
    coordinates = _coordinates(e, columns, grid)
    name = e.node("ScatterND", name, coordinates, given, reduction=_REDUCTIONS[e.primitive])
    if drops:
        axes = list(range(len(indexed)))
        name = e.node("Slice", name, e.vector(*[0] * len(axes)), e.vector(*[-1] * len(axes)), e.vector(*axes))
    held = [*indexed, *rest]
    order = [held.index(axis) for axis in range(x.rank)]
    return e.result(name, held=tuple(x.shape[axis] for axis in held), order=order)


def _aside(e: Equation, column: Value, inside: Value, end: Any, batch: Sizes) -> Value:
    """A coordinate, or the one beyond the end where a place is not there."""
    added = list(range(len(batch), column.rank))
    name = inside.arranged()
    name = e.node("Unsqueeze", name, e.vector(*added)) if added else name
    held = (*batch, *[1] * len(added))
    condition = e.result(name, column.shape, bool, held=held)
    return e.each("Where", condition, column, _scalar(e, end), dtype="int64")


@row("dynamic_slice")
def _dynamic_slice(e: Equation, x: Value, *starts: Value) -> Value:
    begins = _begins(e, x, starts[: x.rank], e.shape)
    if all(begin is None or begin.array is not None for begin in begins):
        at = tuple(0 if begin is None or begin.array is None else int(begin.array) for begin in begins)
        ends = tuple(begin + size for begin, size in zip(at, e.shape, strict=True))
        return sliced(e, x, at, ends, (1,) * x.rank, e.shape)
    axes = [axis for axis, begin in enumerate(begins) if begin is not None]
    names = [e.node("Unsqueeze", begin.arranged(), e.vector(0)) for begin in begins if begin is not None]
    begin = names[0] if len(names) == 1 else e.node("Concat", *names, axis=0)
    end = e.node("Add", begin, e.sizes([e.shape[axis] for axis in axes]))
    return e.result(e.node("Slice", x.arranged(), begin, end, e.vector(*axes)))


def _begins(e: Equation, x: Value, starts: Sequence[Value], sizes: Sizes) -> list[Value | None]:
    """Where a window of some sizes starts along each axis, moved to where it fits; None where it is the whole axis."""
    begins: list[Value | None] = []
    for start, whole, size in zip(starts, x.shape, sizes, strict=True):
        if str(whole) == str(size):
            begins.append(None)
            continue
        last = whole - size
        if start.array is not None and is_known(last):
            begins.append(e.constant(min(max(int(start.array), 0), int(last)), np.int64))
            continue
        wide = e.each("Max", e.cast(start, "int64"), e.constant(0, np.int64))
        begins.append(e.each("Min", wide, _scalar(e, last)))
    return begins


@row("dynamic_update_slice")
def _dynamic_update(e: Equation, x: Value, update: Value, *starts: Value) -> Value:
    begins = _begins(e, x, starts[: x.rank], update.shape)
    axes = [axis for axis, begin in enumerate(begins) if begin is not None]
    if not axes:
        return update
    rest = [axis for axis in range(x.rank) if axis not in axes]
    order = [*axes, *rest]
    grid = tuple(update.shape[axis] for axis in axes)
    columns = []
    for place, axis in enumerate(axes):
        begin, line = begins[axis], _line(e, place, grid)
        assert begin is not None
        known = begin.array is not None and line.array is not None
        columns.append(
            Value(e.graph, grid, "int64", array=line.array + begin.array)  # type: ignore[operator]
            if known
            else e.each("Add", line, begin)
        )
    coordinates = _coordinates(e, columns, grid)
    name = e.node("ScatterND", x.arranged(order), coordinates, update.arranged(order))
    held = tuple(x.shape[axis] for axis in order)
    return e.result(name, held=held, order=[order.index(axis) for axis in range(x.rank)])
