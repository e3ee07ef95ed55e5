"""Rows of primitives that move elements about: shapes, repeats, slices, edges, parts put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno.export.onnx.graph import Sizes, Value, attribute, is_known, type_number
from tsuno.export.onnx.rows import Equation, row

LAYOUT = {"broadcast_in_dim", "reshape", "squeeze", "transpose", "slice", "iota"}
"""Primitives whose rows know what to do with known arrays."""
_FAR = np.iinfo(np.int64).max


@row("broadcast_in_dim")
def _broadcast(e: Equation, x: Value, *sizes: Value) -> Value:
    shape, places = e.shape, e.params["broadcast_dimensions"]
    held: list[Any] = [1] * len(shape)
    for axis, place in enumerate(places):
        held[place] = x.sizes[axis]
    if x.array is not None:
        array = x.array.reshape(held)
        return Value(x.graph, shape, x.dtype, array=array, label=x.label)
    if len(places) == len(shape):
        return Value(x.graph, shape, x.dtype, x.name, held=x.held, order=x.order)
    added = [axis for axis in range(len(shape)) if axis not in places]
    assert x.name is not None
    at = _reduced_axes(e, x.name)
    if at is None or len(at) != len(added):
        natural = x.order == tuple(range(x.rank))
        at = added if natural else list(range(x.rank, len(shape)))
    name = unsqueezed(e, x.name, at)
    old = [place for place in range(len(shape)) if place not in at]
    order = [0] * len(shape)
    for axis, place in enumerate(places):
        order[place] = old[x.order[axis]]
    for axis, place in zip(added, at, strict=True):
        order[axis] = place
    sizes_held: list[Any] = [1] * len(shape)
    for axis, place in enumerate(order):
        sizes_held[place] = held[axis]
    return e.result(name, shape, x.dtype, held=tuple(sizes_held), order=order)


def _reduced_axes(e: Equation, name: str) -> list[int] | None:
    """The axes along which a tensor was just reduced, and which are gone."""
    maker = e.graph.makers.get(name)
    if maker is None or not maker.op_type.startswith(("Reduce", "Arg")) or attribute(maker, "keepdims"):
        return None
    if maker.op_type.startswith("Arg"):
        return [attribute(maker, "axis")]
    known = e.graph.root.initializers.get(maker.input[1]) if len(maker.input) > 1 else None
    return None if known is None else sorted(int(axis) for axis in known)


def unsqueezed(e: Equation, name: str, axes: Sequence[int]) -> str:
    """A tensor with axes of size 1 put in; one that was just reduced along them is reduced in another way instead."""
    graph = e.graph
    if _reduced_axes(e, name) == sorted(axes):
        maker = graph.makers[name]
        kept = {each.name: attribute(maker, each.name) for each in maker.attribute if each.name != "keepdims"}
        again = graph.node(maker.op_type, list(maker.input), maker.name.rpartition("/")[0], keepdims=1, **kept)
        graph.terms[again] = graph.terms.get(name, 0)
        return again
    return e.node("Unsqueeze", name, e.vector(*axes))


@row("reshape")
def _reshape(e: Equation, x: Value, *sizes: Value) -> Value:
    if x.array is not None:
        if all(map(is_known, e.shape)) and all(map(is_known, x.shape)):
            return Value(x.graph, e.shape, x.dtype, array=x.known().reshape(e.shape), label=x.label)
        if x.array.size == 1:
            return Value(x.graph, e.shape, x.dtype, array=x.array.reshape([1] * len(e.shape)), label=x.label)
    return reshaped(e, x.arranged(), x.shape, e.shape, x.dtype)


def reshaped(e: Equation, name: str, before: Sizes, after: Sizes, dtype: Any) -> Value:
    """A whole tensor in another shape."""
    if _same(before, after):
        return e.result(name, after, dtype)
    maker = e.graph.maker(name, "Reshape")
    if maker is not None:
        name = maker.input[0]
    return e.result(e.node("Reshape", name, _target(e, () if maker is not None else before, after)), after, dtype)


def _target(e: Equation, before: Sizes, after: Sizes) -> str:
    """Sizes to reshape to: 0 for one that stays, -1 for one that follows from the others, if that says it all."""
    said: list[Any] = [
        0 if not is_known(size) and place < len(before) and _same([size], [before[place]]) else size
        for place, size in enumerate(after)
    ]
    unknown = [place for place, size in enumerate(said) if not is_known(size)]
    if len(unknown) == 1 and not any(size == 0 for size in after if is_known(size)):
        said[unknown[0]] = -1
    return e.sizes(said if len(unknown) <= 1 else after)


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return list(map(str, one)) == list(map(str, other))


@row("squeeze")
def _squeeze(e: Equation, x: Value) -> Value:
    gone = {axis % x.rank for axis in e.params["dimensions"]}
    return squeezed(e, x, gone)


def squeezed(e: Equation, x: Value, gone: set[int]) -> Value:
    """A value without axes of size 1."""
    if x.array is not None:
        kept = [size for axis, size in enumerate(x.array.shape) if axis not in gone]
        return Value(x.graph, e.shape, x.dtype, array=x.array.reshape(kept), label=x.label)
    if not gone:
        return x
    assert x.name is not None
    out = sorted(x.order[axis] for axis in gone)
    name = e.node("Squeeze", x.name, e.vector(*out))
    held, order = without(x, gone)
    shape = [size for axis, size in enumerate(x.shape) if axis not in gone]
    return e.result(name, tuple(shape), x.dtype, held=held, order=order)


def without(x: Value, gone: set[int]) -> tuple[Sizes, tuple[int, ...]]:
    """What is held, and in which order, once some axes are gone."""
    out = {x.order[axis] for axis in gone}
    left = [place for place in range(x.rank) if place not in out]
    held = tuple(x.held[place] for place in left)
    return held, tuple(left.index(x.order[axis]) for axis in range(x.rank) if axis not in gone)


@row("transpose")
def _transpose(e: Equation, x: Value) -> Value:
    axes = e.params["permutation"]
    if x.array is not None:
        return Value(x.graph, e.shape, x.dtype, array=x.array.transpose(axes), label=x.label)
    return Value(x.graph, e.shape, x.dtype, x.name, held=x.held, order=[x.order[axis] for axis in axes])


@row("iota")
def _iota(e: Equation, *sizes: Value) -> Value:
    axis, size = e.params["dimension"], e.shape[e.params["dimension"]]
    line = [1] * len(e.shape)
    if is_known(size):
        line[axis] = int(size)
        return Value(e.graph, e.shape, e.dtype, array=np.arange(int(size), dtype=e.dtype).reshape(line))
    steps = counted(e, size)
    name = e.node("Cast", steps, to=type_number(e.dtype))
    others = [place for place in range(len(e.shape)) if place != axis]
    held: list[Any] = [1] * len(e.shape)
    held[axis] = size
    name = e.node("Unsqueeze", name, e.vector(*others)) if others else name
    return e.result(name, held=tuple(held))


def counted(e: Equation, size: Any) -> str:
    """The whole numbers below a size."""
    if is_known(size):
        return e.graph.root.initializer(np.arange(int(size), dtype=np.int64), "integers")
    zero, one = (e.graph.root.initializer(np.array(number, np.int64)) for number in (0, 1))
    return e.node("Range", zero, e.node("Squeeze", e.sizes([size])), one)


@row("dim_as_value")
def _size(e: Equation) -> Value:
    size = e.params["dim"]
    if is_known(size):
        return e.constant(int(size), e.dtype)
    return e.result(e.node("Cast", e.node("Squeeze", e.sizes([size])), to=type_number(e.dtype)))


@row("slice")
def _slice(e: Equation, x: Value) -> Value:
    starts, ends = e.params["start_indices"], e.params["limit_indices"]
    strides = e.params["strides"] or (1,) * x.rank
    if x.array is not None and all(map(is_known, (*starts, *ends))):
        cuts = [
            slice(None) if x.repeats(axis) else slice(*cut)
            for axis, cut in enumerate(zip(starts, ends, strides, strict=True))
        ]
        return Value(x.graph, e.shape, x.dtype, array=x.array[tuple(cuts)], label=x.label)
    return sliced(e, x, starts, ends, strides, e.shape)


def sliced(e: Equation, x: Value, starts: Sizes, ends: Sizes, strides: Sequence[int], shape: Sizes) -> Value:
    """A part of a value, cut as it is held."""
    cut = [
        axis
        for axis in range(x.rank)
        if not x.repeats(axis)
        and not (_same([starts[axis]], [0]) and strides[axis] == 1 and _same([ends[axis]], [x.shape[axis]]))
    ]
    held = list(x.held)
    for axis in cut:
        held[x.order[axis]] = shape[axis]
    if x.array is not None:
        x = _moving(x)
    name = x.name
    if cut:
        assert name is not None
        until = [_FAR if _same([ends[axis]], [x.shape[axis]]) else ends[axis] for axis in cut]
        places, steps = [x.order[axis] for axis in cut], [strides[axis] for axis in cut]
        begin = e.sizes([starts[axis] for axis in cut])
        name = e.node("Slice", name, begin, e.sizes(until), e.vector(*places), e.vector(*steps))
    return e.result(name, shape, x.dtype, held=tuple(held), order=x.order) if name else x


def _moving(x: Value) -> Value:
    """A known value as one that is held in the file."""
    return Value(x.graph, x.shape, x.dtype, x.arranged(narrow=True), held=x.held)


@row("rev")
def _reverse(e: Equation, x: Value) -> Value:
    axes = [axis for axis in e.params["dimensions"] if not x.repeats(axis)]
    if x.array is not None:
        return Value(x.graph, e.shape, x.dtype, array=np.flip(x.array, tuple(axes)), label=x.label)
    if not axes:
        return x
    assert x.name is not None
    name = flipped(e, x.name, sorted(x.order[axis] for axis in axes))
    return e.result(name, x.shape, x.dtype, held=x.held, order=x.order)


def flipped(e: Equation, name: str, places: list[int]) -> str:
    """A tensor backwards along some axes; twice is not at all."""
    source, along = e.graph.flips.get(name, ("", []))
    if along == places:
        return source
    back, ends = [-1] * len(places), [np.iinfo(np.int64).min] * len(places)
    result = e.node("Slice", name, e.vector(*back), e.vector(*ends), e.vector(*places), e.vector(*back))
    e.graph.flips[result] = (name, places)
    return result


@row("concatenate")
def _concatenate(e: Equation, *parts: Value) -> Value:
    axis = e.params["dimension"]
    return joined(e, parts, axis, e.shape)


def joined(e: Equation, parts: Sequence[Value], axis: int, shape: Sizes) -> Value:
    """Values one after another, in the layout of the first that is computed."""
    if len(parts) == 1:
        return parts[0]
    first = next((part for part in parts if part.array is None), parts[0])
    axes = tuple(sorted(range(first.rank), key=lambda each: first.order[each]))
    names = [part.arranged(axes) for part in parts]
    name = e.node("Concat", *names, axis=first.order[axis])
    held = tuple(shape[each] for each in axes)
    return e.result(name, shape, first.dtype, held=held, order=first.order)


@row("stack")
def _stack(e: Equation, *parts: Value) -> Value:
    axis = e.params.get("axis", e.params.get("dimension", 0)) % len(e.shape)
    shape = tuple(1 if place == axis else size for place, size in enumerate(e.shape))
    wide = [e.result(unsqueezed(e, part.arranged(), [axis]), shape, part.dtype) for part in parts]
    return joined(e, wide, axis, e.shape)


@row("split")
def _split(e: Equation, x: Value) -> list[Value]:
    axis, sizes = e.params["axis"], e.params["sizes"]
    if x.array is not None or x.repeats(axis):
        x = e.result(x.arranged(), x.shape, x.dtype)
    assert x.name is not None
    place = x.order[axis]
    names = e.nodes("Split", len(sizes), x.name, e.sizes(sizes), axis=place)
    names = [names] if isinstance(names, str) else names
    results = []
    for name, size, out in zip(names, sizes, e.outputs, strict=True):
        held = tuple(size if at == place else each for at, each in enumerate(x.held))
        results.append(e.result(name, out.shape, x.dtype, held=held, order=x.order))
    return results


@row("pad")
def _pad(e: Equation, x: Value, value: Value) -> Value:
    config = e.params["padding_config"]
    order = x.order if x.array is None and not any(map(x.repeats, range(x.rank))) else tuple(range(x.rank))
    axes = tuple(sorted(range(x.rank), key=lambda axis: order[axis]))
    name, sizes = x.arranged(axes), [x.shape[axis] for axis in axes]
    fill = value.arranged()
    rows = [config[axis] for axis in axes]
    for place, (_, _, inside) in enumerate(rows):
        if inside:
            name, sizes[place] = _spread(e, name, sizes, place, inside, fill)
    name = edged(e, name, [low for low, _, _ in rows], [high for _, high, _ in rows], fill)
    return e.result(name, held=tuple(e.shape[axis] for axis in axes), order=order)


def edged(e: Equation, name: str, low: Sequence[Any], high: Sequence[Any], fill: str | None = None) -> str:
    """A tensor with `fill` around it, or edges cut off where negative."""

    def positive(sizes: Sequence[Any]) -> list[Any]:
        return [max(size, 0) if is_known(size) else size for size in sizes]

    ends = [*positive(low), *positive(high)]
    if any(not is_known(size) or size for size in ends):
        name = e.node("Pad", name, e.sizes(ends), *([fill] if fill else []))
    axes = [axis for axis, pair in enumerate(zip(low, high, strict=True)) if any(is_known(n) and n < 0 for n in pair)]
    if axes:
        starts = [max(-low[axis], 0) if is_known(low[axis]) else 0 for axis in axes]
        until = [high[axis] if is_known(high[axis]) and high[axis] < 0 else _FAR for axis in axes]
        name = e.node("Slice", name, e.vector(*starts), e.vector(*until), e.vector(*axes))
    return name


def _spread(e: Equation, name: str, sizes: list[Any], axis: int, inside: int, fill: str) -> tuple[str, Any]:
    """A tensor with `inside` fills between its elements along an axis."""
    size = sizes[axis]
    wide = e.node("Unsqueeze", name, e.vector(axis + 1))
    ends = [0] * (len(sizes) + 1)
    ends[axis + 1] = inside
    wide = edged(e, wide, [0] * len(ends), ends, fill)
    after = [*sizes[:axis], size * (inside + 1), *sizes[axis + 1 :]]
    name = e.node("Reshape", wide, _target(e, tuple(sizes[: axis + 1]), tuple(after)))
    until = e.vector(-inside)
    return e.node("Slice", name, e.vector(0), until, e.vector(axis)), size * (inside + 1) - inside
