"""Rows of primitives that put the elements along axes together: sums, extremes, running sums, order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsuno.export.onnx.graph import Graph, Value, is_known, stored, type_number
from tsuno.export.onnx.rows import ROWS, Equation, row
from tsuno.export.onnx.shapes import without

_REDUCED = {
    "reduce_sum": "ReduceSum",
    "reduce_max": "ReduceMax",
    "reduce_min": "ReduceMin",
    "reduce_prod": "ReduceProd",
}
_NARROW = {"int8", "int16", "uint8", "uint16", "bool", "uint32", "uint64"}

for _name, _op in _REDUCED.items():
    ROWS[_name] = lambda e, x, op=_op: reduced(e, op, x)


def reduced(e: Equation, op: str, x: Value) -> Value:
    """A value put together along the equation's axes, as it is held."""
    axes = {axis % x.rank for axis in e.params["axes"]}
    if not axes:
        return x
    dtype = x.dtype
    if stored(dtype).name in _NARROW:
        x = e.cast(x, "int64" if stored(dtype).name.startswith("uint") else "int32")
    if x.array is not None or any(map(x.repeats, axes)):
        x = e.result(x.arranged(), x.shape, x.dtype)
    assert x.name is not None
    name = e.node(op, x.name, e.vector(*sorted(x.order[axis] for axis in axes)), keepdims=0)
    if op == "ReduceSum" and all(is_known(x.shape[axis]) for axis in axes):
        e.graph.terms[name] = int(np.prod([x.shape[axis] for axis in axes]))
    held, order = without(x, axes)
    return e.cast(e.result(name, dtype=x.dtype, held=held, order=order), dtype)


@row("reduce_and")
def _all(e: Equation, x: Value) -> Value:
    return reduced(e, "ReduceMin", x)


@row("reduce_or")
def _any(e: Equation, x: Value) -> Value:
    return reduced(e, "ReduceMax", x)


@row("argmax", "argmin")
def _arg(e: Equation, x: Value) -> Value:
    (axis,) = e.params["axes"]
    op = "ArgMax" if e.primitive == "argmax" else "ArgMin"
    if stored(x.dtype).name in _NARROW:
        x = e.cast(x, "int32")
    name = e.node(op, x.arranged(), axis=axis % x.rank, keepdims=0)
    return e.cast(e.result(name, dtype="int64"), e.dtype)


@row("cumsum")
def _cumsum(e: Equation, x: Value) -> Value:
    axis = e.graph.root.initializer(np.array(e.params["axis"], np.int64))
    dtype = x.dtype
    if stored(dtype).name in _NARROW:
        x = e.cast(x, "int64" if stored(dtype).name.startswith("uint") else "int32")
    name = e.node("CumSum", x.arranged(), axis, reverse=int(e.params["reverse"]))
    return e.cast(e.result(name, dtype=x.dtype), dtype)


def _running(op: Callable[..., Value]) -> Callable[[Equation, Value], Value]:
    """A row that goes along an axis and keeps what `op` makes of all so far."""

    def write(e: Equation, x: Value) -> Value:
        from onnx import helper

        axis, number = e.params["axis"], type_number(x.dtype)
        rest = [place for place in range(x.rank) if place != axis]
        body = Graph(e.graph.root)
        names = [body.unique(f"{e.scope}/{name}" if e.scope else name) for name in ("before", "element")]
        sizes = [_dimension(x.shape[place]) for place in rest]
        shape = tuple(x.shape[place] for place in rest)
        inner = Equation(body, e.primitive, {}, e.outputs, e.scope, e.program)
        after = op(inner, *(Value(body, shape, x.dtype, name) for name in names)).arranged()
        results = [body.node("Identity", [after], e.scope) for _ in range(2)]
        given = [helper.make_tensor_value_info(name, number, sizes) for name in names]
        made = [helper.make_tensor_value_info(name, number, sizes) for name in results]
        graph = helper.make_graph(body.nodes, body.unique(f"{e.primitive}_step"), given, made)
        whole = x.arranged((axis, *rest))
        back = int(e.params["reverse"])
        ends = (-1, np.iinfo(np.int64).max) if back else (0, 1)
        cut = e.node("Slice", whole, e.vector(ends[0]), e.vector(ends[1]), e.vector(0))
        first = e.node("Squeeze", cut, e.vector(0))
        if e.primitive == "cumprod":  # where the first element counts as well
            first = e.node("Expand", e.number(1, x).arranged(), e.sizes(shape))
        _, line = e.nodes(
            "Scan", 2, first, whole, body=graph, num_scan_inputs=1,
            scan_input_directions=[back], scan_output_directions=[back],
        )  # fmt: skip
        order = [0] * x.rank
        for held, place in enumerate((axis, *rest)):
            order[place] = held
        return e.result(line, held=(x.shape[axis], *shape), order=order)

    return write


def _dimension(size: Any) -> Any:
    return int(size) if is_known(size) else str(size)


ROWS["cummax"] = _running(lambda e, a, b: e.compute("Max", a, b))
ROWS["cumprod"] = _running(lambda e, a, b: e.compute("Mul", a, b))
ROWS["cummin"] = _running(lambda e, a, b: e.compute("Min", a, b))


@row("sort")
def _sort(e: Equation, *values: Value) -> list[Value]:
    axis, keys = e.params["dimension"] % values[0].rank, e.params["num_keys"]
    names = [_sortable(e, value).arranged() for value in values]
    size = e.sizes([values[0].shape[axis]])
    for key in reversed(range(keys)):  # sorted by the last key first; equal elements keep their places
        by = names[key]
        if stored(values[key].dtype).kind == "f":  # what is not a number comes last
            by = e.node("Where", e.node("IsNaN", by), e.number(np.inf, values[key]).arranged(), by)
        _, places = e.nodes("TopK", 2, by, size, axis=axis, largest=0, sorted=1)
        names = [e.node("GatherElements", name, places, axis=axis) for name in names]
    found = [e.result(name, out.shape, _sortable_type(out.dtype)) for name, out in zip(names, e.outputs, strict=True)]
    return [e.cast(value, out.dtype) for value, out in zip(found, e.outputs, strict=True)]


def _sortable(e: Equation, value: Value) -> Value:
    return e.cast(value, _sortable_type(value.dtype))


def _sortable_type(dtype: Any) -> np.dtype:
    name = stored(dtype).name
    return np.dtype("int64" if name.startswith("uint") else "int32" if name in _NARROW else dtype)


@row("top_k")
def _top_k(e: Equation, x: Value) -> list[Value]:
    axis = e.params.get("axis", -1) % x.rank
    wide = _sortable(e, x)
    values, places = e.nodes("TopK", 2, wide.arranged(), e.sizes([e.params["k"]]), axis=axis, largest=1, sorted=1)
    shape = e.outputs[0].shape
    found = e.cast(e.result(values, shape, wide.dtype), x.dtype)
    return [found, e.cast(e.result(places, shape, "int64"), e.outputs[1].dtype)]
