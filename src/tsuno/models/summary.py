"""The table of a model's layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tsuno.core import tree
from tsuno.core.errors import suggest
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.graph import Graph
from tsuno.layers import InputLayer, Layer
from tsuno.saving.inspecting import readable, shown

if TYPE_CHECKING:
    from rich.table import Table

    from tsuno.models.model import Model


def summary(
    model: Model,
    line_length: int | None,
    print_fn: Callable[..., Any] | None,
    expand_nested: bool,
    show_trainable: bool,
    layer_range: Sequence[str] | None,
) -> None:
    """Print a table of the layers: their output shapes and numbers of weights."""
    from rich.console import Console

    console = Console(width=line_length or (None if Console().is_terminal else 80), highlight=False)
    with console.capture() as captured:
        console.print(f'[bold]Model: "{shown(model.name)}"[/bold]')
        console.print(_table(model, expand_nested, show_trainable, layer_range))
        for what, variables in _groups(model):
            count = sum(_size(variable) for variable in variables)
            bytes_ = sum(_size(variable) * np.dtype(variable._value.dtype).itemsize for variable in variables)
            console.print(f"[bold] {what} params: [/bold]{count:,} ({readable(bytes_)})")
    text = captured.get()
    if print_fn is not None:
        print_fn(text)
    else:
        print(text, end="" if text.endswith("\n") else "\n")


def _table(model: Model, expand_nested: bool, show_trainable: bool, layer_range: Sequence[str] | None) -> Table:
    from rich.table import Table

    linear = _is_linear(model.graph)
    table = Table(show_lines=True)
    table.add_column("Layer (type)", overflow="fold", min_width=24)
    table.add_column("Output Shape", overflow="fold", min_width=16)
    table.add_column("Param #", justify="right", min_width=10)
    if not linear:
        table.add_column("Connected to", overflow="fold")
    if show_trainable:
        table.add_column("Trai…" if not linear else "Trainable", justify="center")
    for depth, layer in _rows(model, expand_nested, layer_range):
        params = _count(layer)
        row = [
            f"{'    ' * depth}{shown(layer.name)} ({type(layer).__name__})",
            shown(_output_shape(layer)),
            f"{params:,}" if layer.built or params else "0 (unbuilt)",
        ]
        if not linear:
            row.append(shown(_connections(model.graph, layer)) if depth == 0 else "")
        if show_trainable:
            row.append(("Y" if layer.trainable else "N") if layer.weights else "-")
        table.add_row(*row)
    return table


def _rows(model: Any, expand: bool, layer_range: Sequence[str] | None) -> Iterator[tuple[int, Layer]]:
    from_graph = model.graph.operations if model.graph is not None and _functional(model) else model.layers
    layers = list(from_graph)
    if layer_range is not None:
        layers = _between(layers, layer_range)

    def visit(layers: Sequence[Any], depth: int) -> Iterator[tuple[int, Layer]]:
        for layer in layers:
            if isinstance(layer, Layer):
                yield depth, layer
                if expand and hasattr(layer, "layers"):
                    yield from visit(layer.layers, depth + 1)

    return visit(layers, 0)


def _functional(model: Any) -> bool:
    return not hasattr(model, "_batch_shape")


def _between(layers: list[Any], ends: Sequence[str]) -> list[Any]:
    names = [layer.name for layer in layers]
    places = []
    for pattern in ends:
        found = [place for place, name in enumerate(names) if name == pattern or re.fullmatch(pattern, name)]
        if not found:
            raise ValueError(f"`summary.layer_range` names {pattern!r}, which is no layer.{suggest(pattern, names)}")
        places.append(found)
    return layers[places[0][0] : places[-1][-1] + 1]


def _is_linear(graph: Graph | None) -> bool:
    """Whether each layer is fed by the one before only: then nobody asks what is connected to what."""
    if graph is None:
        return True
    return len(graph.input_tensors) == 1 and all(
        len(node.inputs) == 1 and (place == 0 or node.inputs[0].node is graph.nodes[place - 1])
        for place, node in enumerate(graph.nodes)
    )


def _connections(graph: Graph | None, layer: Layer) -> str:
    if graph is None or isinstance(layer, InputLayer):
        return "-"
    nodes = {id(node) for node in graph.nodes}
    made = []
    for node in layer._inbound_nodes:
        if id(node) in nodes:
            for tensor in node.inputs:
                assert tensor.node is not None
                place = tensor.node.operation._inbound_nodes.index(tensor.node)
                made.append(f"{tensor.node.operation.name}[{place}][{tensor.index}]")
    return ", ".join(made)


def _output_shape(layer: Layer) -> str:
    if not layer._inbound_nodes:
        return "?"
    shapes = tree.map_structure(
        lambda tensor: _Shape(tensor.shape) if isinstance(tensor, KerasTensor) else tensor,
        layer._inbound_nodes[0].outputs,
    )
    return str(shapes)


class _Shape:
    """A shape that is no nested structure."""

    def __init__(self, shape: tuple[int | None, ...]) -> None:
        self.shape = shape

    def __repr__(self) -> str:
        return str(self.shape)


def _size(variable: Variable) -> int:
    return int(np.prod(variable.shape))


def _count(layer: Layer) -> int:
    return sum(_size(weight) for weight in layer.weights)


def _groups(model: Model) -> list[tuple[str, list[Variable]]]:
    trainable = model.trainable_weights
    chosen = {id(weight) for weight in trainable}
    frozen = [weight for weight in model.weights if id(weight) not in chosen]
    optimizer = model.optimizer.variables if model.optimizer is not None and model.optimizer.built else []
    groups = [("Total", [*trainable, *frozen, *optimizer]), ("Trainable", trainable), ("Non-trainable", frozen)]
    return [*groups, ("Optimizer", optimizer)] if optimizer else groups
