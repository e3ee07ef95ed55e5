"""Rows of primitives with programs inside: loops and branches. Inner graphs read what is outside as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno.export.onnx.graph import Graph, Value, is_known, type_number
from tsuno.export.onnx.recurrent import as_operator
from tsuno.export.onnx.rows import Equation, row


@row("scan")
def _scan(e: Equation, *values: Value) -> list[Value]:
    params = e.params
    consts, carried = params["num_consts"], params["num_carry"]
    fixed, state, lines = values[:consts], values[consts : consts + carried], values[consts + carried :]
    made = e.outputs[carried:]
    if not lines:
        return _counted_loop(e, fixed, state, made)
    walk = e.program.inner()
    inner_avals = [each.aval for each in params["jaxpr"].jaxpr.invars[consts:]]
    inside = [_entry(e, walk.graph, aval) for aval in inner_avals]
    results = walk.run(params["jaxpr"], [*fixed, *inside], e.scope)
    if len(lines) == len(made) == 1:
        operator = as_operator(e, walk.graph, inside, results, state, lines[0])
        if operator is not None:
            return _results(e, operator)
    body = _graph(e, walk.graph, inside, results)
    way = [int(params["reverse"])]
    names = e.nodes(
        "Scan", len(e.outputs), *(value.arranged() for value in (*state, *lines)), body=body,
        num_scan_inputs=len(lines), scan_input_directions=way * len(lines),
        scan_output_directions=way * len(made) if made else None,
    )  # fmt: skip
    return _results(e, names)


def _counted_loop(e: Equation, fixed: Sequence[Value], state: Sequence[Value], made: Sequence[Any]) -> list[Value]:
    """A scan over nothing but a number of steps."""
    walk = e.program.inner()
    length = e.params["length"]
    inside = [_entry(e, walk.graph, each.aval) for each in e.params["jaxpr"].jaxpr.invars[len(fixed) :]]
    results = walk.run(e.params["jaxpr"], [*fixed, *inside], e.scope)
    body = _loop_body(e, walk.graph, inside, None, results)
    steps = (
        e.graph.root.initializer(np.array(int(length), np.int64))
        if is_known(length)
        else e.node("Squeeze", e.sizes([length]))
    )
    names = e.nodes("Loop", len(e.outputs), steps, "", *(value.arranged() for value in state), body=body)
    if made and e.params["reverse"]:
        ends = e.vector(np.iinfo(np.int64).min)
        for place in range(len(state), len(names)):
            names[place] = e.node("Slice", names[place], e.vector(-1), ends, e.vector(0), e.vector(-1))
    return _results(e, names)


@row("while")
def _while(e: Equation, *values: Value) -> list[Value]:
    params = e.params
    n, m = params["cond_nconsts"], params["body_nconsts"]
    asked, fixed, state = values[:n], values[n : n + m], values[n + m :]
    moving = [_moving(e, value) for value in state]
    (first,) = e.program.run(params["cond_jaxpr"], [*asked, *moving], e.scope)
    walk = e.program.inner()
    inside = [_entry(e, walk.graph, each.aval) for each in params["body_jaxpr"].jaxpr.invars[m:]]
    results = walk.run(params["body_jaxpr"], [*fixed, *inside], e.scope)
    (goes_on,) = walk.run(params["cond_jaxpr"], [*asked, *results], e.scope)
    body = _loop_body(e, walk.graph, inside, goes_on, results)
    names = e.nodes(
        "Loop", len(e.outputs), "", first.arranged(), *(value.arranged() for value in moving), body=body
    )  # fmt: skip
    return _results(e, names)


@row("platform_index")
def _platform(e: Equation) -> Value:
    """Which of the forms that a function has on several kinds of devices: that for the CPU, or for any."""
    kinds = list(e.params["platforms"])
    index = next((place for place, kind in enumerate(kinds) if kind is None or "cpu" in kind), len(kinds) - 1)
    return e.constant(index, e.dtype)


@row("cond")
def _branches(e: Equation, which: Value, *values: Value) -> list[Value]:
    branches = e.params["branches"]
    if which.array is not None:
        chosen = branches[min(max(int(which.array), 0), len(branches) - 1)]
        results: list[Value] = e.program.run(chosen, values, e.scope)
        return results
    graphs = []
    for branch in branches:
        walk = e.program.inner()
        graphs.append(_graph(e, walk.graph, [], walk.run(branch, values, e.scope)))
    names = _choice(e, which, graphs, 0)
    return _results(e, names)


def _choice(e: Equation, which: Value, graphs: list[Any], number: int) -> list[str]:
    """The branch of a number, or one of those after it."""
    from onnx import helper

    if which.dtype == bool:
        return e.nodes("If", len(e.outputs), which.arranged(), then_branch=graphs[1], else_branch=graphs[0])
    asked = e.compute("LessOrEqual", which, e.number(number, which), dtype=bool)
    if number == len(graphs) - 2:
        return e.nodes("If", len(e.outputs), asked.arranged(), then_branch=graphs[number], else_branch=graphs[-1])
    rest = Graph(e.graph.root)
    inner = Equation(rest, e.primitive, e.params, e.outputs, e.scope, e.program)
    names = _choice(inner, which, graphs, number + 1)
    infos = [_info(name, out) for name, out in zip(names, e.outputs, strict=True)]
    otherwise = helper.make_graph(rest.nodes, rest.unique("otherwise"), [], infos)
    return e.nodes("If", len(e.outputs), asked.arranged(), then_branch=graphs[number], else_branch=otherwise)


def _entry(e: Equation, graph: Graph, aval: Any) -> Value:
    """A value that comes into an inner graph."""
    return Value(graph, aval.shape, aval.dtype, graph.unique(f"{e.scope}/entry" if e.scope else "entry"))


def _moving(e: Equation, value: Value) -> Value:
    return Value(e.graph, value.shape, value.dtype, value.arranged()) if value.array is not None else value


def _results(e: Equation, names: Sequence[str]) -> list[Value]:
    return [e.result(name, out.shape, out.dtype) for name, out in zip(names, e.outputs, strict=True)]


def _info(name: str, aval: Any) -> Any:
    from onnx import helper

    sizes = [int(size) if is_known(size) else str(size) for size in aval.shape]
    return helper.make_tensor_value_info(name, type_number(aval.dtype), sizes)


def _ends(e: Equation, graph: Graph, results: Sequence[Value]) -> list[str]:
    """Names for the results of an inner graph: computed in it, each once."""
    names: list[str] = []
    for value in results:
        name = value.arranged()
        inside = name in graph.makers and name not in names
        names.append(name if inside else graph.node("Identity", [name], e.scope))
    return names


def _graph(e: Equation, graph: Graph, inside: Sequence[Value], results: Sequence[Value]) -> Any:
    from onnx import helper

    names = _ends(e, graph, results)
    given = [_info(str(value.name), value) for value in inside]
    made = [_info(name, value) for name, value in zip(names, results, strict=True)]
    return helper.make_graph(
        graph.nodes, graph.unique(f"{e.scope}/{e.primitive}" if e.scope else e.primitive), given, made
    )


def _loop_body(
    e: Equation, graph: Graph, inside: Sequence[Value], goes_on: Value | None, results: Sequence[Value]
) -> Any:
    """The graph of a step of a loop: the step's number and whether to go on come first."""
    from onnx import TensorProto, helper

    step, before = graph.unique("step"), graph.unique("goes_on")
    after = graph.node("Identity", [before if goes_on is None else goes_on.arranged()], e.scope)
    names = _ends(e, graph, results)
    given = [
        helper.make_tensor_value_info(step, TensorProto.INT64, []),
        helper.make_tensor_value_info(before, TensorProto.BOOL, []),
        *(_info(str(value.name), value) for value in inside),
    ]
    made = [
        helper.make_tensor_value_info(after, TensorProto.BOOL, []),
        *(_info(name, value) for name, value in zip(names, results, strict=True)),
    ]
    return helper.make_graph(graph.nodes, graph.unique(f"{e.primitive}_step"), given, made)
