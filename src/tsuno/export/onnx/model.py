"""A traced program as an ONNX model: its inputs and outputs by name, nodes that somebody needs, weights beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tsuno.export.onnx.graph import Graph, Value, attribute, is_known, stored, type_number
from tsuno.export.onnx.walk import Walk

OPSET = 20
OLDEST, NEWEST = 18, 23


def to_onnx(
    program: Any,
    weights: Mapping[str, np.ndarray],
    inputs: Sequence[tuple[str, Sequence[Any], Any]],
    outputs: Sequence[str],
    name: str = "model",
    opset: int = OPSET,
) -> Any:
    """The ONNX model of a program whose arguments are weights and then inputs.

    Args:
        program: what `engine.traced_program` gave.
        weights: the known arguments, by name.
        inputs: name, sizes and dtype of each of the others.
        outputs: names for the results.
        name: the name of the graph.
        opset: the version of the operators.
    """
    from onnx import helper

    graph = Graph(name=name, opset=opset)
    given = [Value(graph, tuple(shape), dtype, graph.unique(each)) for each, shape, dtype in inputs]
    results_names = [_free(graph, each, [value.name for value in given]) for each in outputs]
    for value in given:
        for axis, size in enumerate(value.shape):
            if not is_known(size):
                factor, _, symbol = str(size).rpartition("*")
                graph.sources.setdefault(symbol, (str(value.name), axis, int(factor or 1)))
    known = [
        Value(graph, array.shape, array.dtype, array=array, label=graph.short(each)) for each, array in weights.items()
    ]
    results = Walk(graph).run(
        program, [*known, *(_as_computed(value, it) for value, it in _pairs(program, known, given))]
    )
    for held, result in zip([value.arranged() for value in results], results_names, strict=True):
        graph.nodes.append(helper.make_node("Identity", [held], [result], name=graph.unique(f"{result}/Identity")))
    nodes = _needed(graph, results_names)
    _put_factors_into_convolutions(graph, nodes)
    used = _names_used(nodes)
    initializers = [_initializer(array, each) for each, array in graph.initializers.items() if each in used]
    made = helper.make_graph(
        nodes,
        name,
        [_info(str(value.name), value.shape, value.dtype) for value in given],
        [_info(each, value.shape, value.dtype) for each, value in zip(results_names, results, strict=True)],
        initializers,
    )
    versions = [helper.make_opsetid("", opset)]
    return helper.make_model(
        made, opset_imports=versions, ir_version=helper.find_min_ir_version_for(versions), producer_name="tsuno"
    )


def _pairs(program: Any, known: Sequence[Value], given: Sequence[Value]) -> list[tuple[Value, Any]]:
    return list(zip(given, [each.aval for each in program.jaxpr.invars[len(known) :]], strict=True))


def _as_computed(value: Value, aval: Any) -> Value:
    """An input in the dtype that the program computes in: 64 bits may be 32 there."""
    if stored(value.dtype) == stored(aval.dtype):
        return Value(value.graph, value.shape, aval.dtype, value.name)
    name = value.graph.node("Cast", [str(value.name)], str(value.name), to=type_number(aval.dtype))
    return Value(value.graph, value.shape, aval.dtype, name)


def _free(graph: Graph, name: str, inputs: Sequence[str | None]) -> str:
    return graph.unique(name if name not in inputs else f"{name}/output")


def _needed(graph: Graph, results: Sequence[str]) -> list[Any]:
    """The nodes that some result depends on; those that only give a result its name are gone."""
    final = {node.output[0]: node for node in graph.nodes[-len(results) :]}
    wanted, kept = set(results), []
    for node in reversed(graph.nodes):
        if any(each in wanted for each in node.output):
            kept.append(node)
            wanted |= _names_used([node])
    kept.reverse()
    uses: dict[str, int] = {}
    for node in kept:
        for each in _names_used([node]):
            uses[each] = uses.get(each, 0) + 1
    renamed = {
        node.input[0]: result
        for result, node in final.items()
        if uses.get(node.input[0]) == 1 and node.input[0] in graph.makers
    }
    gone = [node for node in kept if node.op_type == "Identity" and renamed.get(node.input[0]) == node.output[0]]
    for node in kept:
        for place, each in enumerate(node.output):
            node.output[place] = renamed.get(each, each)
    return [node for node in kept if not any(node is other for other in gone)]


def _put_factors_into_convolutions(graph: Graph, nodes: list[Any]) -> None:
    """A convolution multiplies and adds a number to each channel by itself: its bias, and a normalization after it."""
    uses: dict[str, int] = {}
    for each in nodes:
        for name in _names_used([each]):
            uses[name] = uses.get(name, 0) + 1
    makers = {name: node for node in nodes for name in node.output}
    for node in [node for node in nodes if node.op_type in ("Add", "Mul")]:
        for held, other in (node.input, node.input[::-1]):
            maker, array = makers.get(held), graph.initializers.get(other)
            if maker is None or array is None or maker.op_type not in ("Conv", "ConvTranspose") or uses[held] != 1:
                continue
            kernel, *biases = (graph.initializers.get(name) for name in maker.input[1:])
            if any(bias is None for bias in biases):
                continue
            window, place = len(attribute(maker, "kernel_shape")), 0 if maker.op_type == "Conv" else 1
            channels = None if kernel is None else kernel.shape[place]
            shape = (channels, *[1] * window)
            if array.shape[-len(shape) :] != shape or array.size != channels:
                if array.size != 1 or channels is None:
                    continue
                array = np.broadcast_to(array.reshape(()), (channels,))
            changed: dict[int, np.ndarray] = {}
            if node.op_type == "Mul":
                if kernel is None or place or any(uses[name] != 1 for name in maker.input[1:]):
                    continue
                changed[1] = kernel * array.reshape(-1, *[1] * (window + 1))
                if biases:
                    changed[2] = biases[0] * array.reshape(-1)
            else:
                if any(uses[name] != 1 for name in maker.input[2:]):
                    continue
                changed[2] = array.reshape(-1) + (biases[0] if biases else 0)
            for at, value in changed.items():
                if at == len(maker.input):
                    maker.input.append(graph.unique(other) if uses[other] != 1 else other)
                    uses[maker.input[at]] = 1
                graph.initializers[maker.input[at]] = value.astype(array.dtype)
            maker.output[0] = node.output[0]
            makers[node.output[0]] = maker
            nodes.remove(node)
            break


def _names_used(nodes: Sequence[Any]) -> set[str]:
    """The names that nodes read, and graphs within them."""
    names: set[str] = set()
    for node in nodes:
        names.update(node.input)
        for inner in (each.g for each in node.attribute if each.HasField("g")):
            names |= _names_used(inner.node) | {each.name for each in inner.output}
    return names


def _info(name: str, shape: Sequence[Any], dtype: Any) -> Any:
    from onnx import helper

    sizes = [int(size) if is_known(size) else str(size) for size in shape]
    return helper.make_tensor_value_info(name, type_number(dtype), sizes)


def _initializer(array: np.ndarray, name: str) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(
        np.ascontiguousarray(array.astype(stored(array.dtype), copy=False)).reshape(array.shape), name
    )
