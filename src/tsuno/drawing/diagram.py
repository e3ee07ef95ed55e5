"""A model as a diagram: a box for each of its layers, with what is asked for, and an edge for each tensor.

A layer that is used several times is one box. A model within the model is one box, or a frame around its own diagram.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tsuno.core.errors import describe, unknown
from tsuno.core.function_config import kind_of
from tsuno.core.spec import KerasTensor, Node
from tsuno.drawing.layout import Box, Diagram
from tsuno.drawing.rows import Edge
from tsuno.drawing.writing import Cell, Picture

SHOWN = ("shapes", "dtype", "layer_names", "layer_activations", "trainable")
"""What boxes may show besides the class of a layer."""
_DIRECTIONS = ("TB", "BT", "LR", "RL")


def picture_of(
    model: Any,
    show: Collection[str] = SHOWN[:1],
    expand_nested: bool = False,
    notes: Mapping[str, Sequence[str]] | None = None,
    **look: Any,
) -> Picture:
    """The picture of a model.

    Args:
        model: the model; it must be built.
        show: which of `SHOWN` its boxes have.
        expand_nested: whether models within the model are drawn with their layers, in a frame.
        notes: more lines for layers by path, such as `"block/conv"`, or what `Model.profile(x).labels()` gives.
        **look: attributes of the `Picture`, such as `rankdir`.
    """
    if not model.built:
        raise ValueError(
            f"The model {model.name!r} has no graph yet: call `build()` with an input shape, or the model on data."
        )
    picture = Picture(**look)
    if picture.rankdir not in _DIRECTIONS:
        raise unknown("rankdir", picture.rankdir, _DIRECTIONS)
    picture.diagram, parts = diagram_of(model, lambda path: expand_nested)
    frames = {key.rpartition(".")[0] for key in parts}
    for key, (path, operation) in parts.items():
        if key in frames:
            continue
        picture.cells[key] = _cells(operation, show)
        if notes and path in notes:
            picture.cells[key].append([Cell("", note, "note") for note in notes[path]])
    if picture.rankdir in ("LR", "RL"):  # narrow boxes, for they stand side by side
        picture.cells = {key: [[cell] for row in rows for cell in row] for key, rows in picture.cells.items()}
    return picture


def diagram_of(
    model: Any, is_open: Callable[[str], bool], parts: Callable[[Any], Sequence[Any]] | None = None
) -> tuple[Diagram, dict[str, tuple[str, Any]]]:
    """A model as a diagram, and the path and the operation of each of its boxes.

    Args:
        model: the model.
        is_open: whether the model within the model at a path is drawn with its layers, in a frame.
        parts: gives what a model is drawn as, none for layers that are one box; `parts_of` by default.
    """
    found: dict[str, tuple[str, Any]] = {}
    parts = parts or parts_of

    def drawn(model: Any, prefix: str, path: str) -> Diagram:
        operations = parts(model) or [model]  # what the methods of one of no parts do, only they know
        keys = {id(operation): f"{prefix}{number}" for number, operation in enumerate(operations)}
        diagram = Diagram(inputs=[f"{prefix}0"], outputs=[f"{prefix}{len(operations) - 1}"])
        for operation in operations:
            key, here = keys[id(operation)], path + operation.name
            found[key] = here, operation
            if operation is not model and parts(operation) and is_open(here):
                diagram.boxes.append(Box(key, inner=drawn(operation, f"{key}.", f"{here}/"), title=operation.name))
            else:
                diagram.boxes.append(Box(key))
        graph = getattr(model, "graph", None)
        if _is_stack(model) or graph is None:
            diagram.edges = [Edge(keys[id(one)], keys[id(next_)]) for one, next_ in itertools.pairwise(operations)]
        else:
            diagram.edges = [
                Edge(keys[id(graph._maker(tensor))], keys[id(node.operation)], tensor.index, place)
                for node in graph.nodes
                for place, tensor in enumerate(node.inputs)
            ]
            diagram.inputs = [keys[id(layer)] for layer in graph.input_layers]
            diagram.outputs = [keys[id(graph._maker(tensor))] for tensor in graph.output_tensors]
        return diagram

    return drawn(model, "", ""), found


def _is_stack(model: Any) -> bool:
    """Whether a model is its layers, one after the other, whatever goes in."""
    return bool(getattr(model, "is_stack", False) and model.layers)


def parts_of(operation: Any) -> list[Any]:
    """The layers and operations of a model; none for other layers, and where only its methods know them."""
    graph = getattr(operation, "graph", None)
    return list(operation.layers) if _is_stack(operation) else [] if graph is None else graph.operations


def _cells(operation: Any, show: Collection[str]) -> list[list[Cell]]:
    """The rows of a box: the name, the activation, and what else is asked for."""
    kind = kind_of(operation)
    title = f"{operation.name} ({kind})" if "layer_names" in show else kind
    rows = [[Cell("", title, "title")]]
    activation = getattr(operation, "activation", None)
    if "layer_activations" in show and activation is not None:
        name = getattr(activation, "name", None) or getattr(activation, "__name__", None) or type(activation).__name__
        rows.append([Cell("Activation", name)])
    last = []
    node: Node | None = operation._inbound_nodes[0] if operation._inbound_nodes else None
    if "shapes" in show:
        given = node.inputs if node is not None else []
        if type(operation).__name__ != "InputLayer":
            last.append(Cell("Input shape", _each(given[0] if len(given) == 1 else given, "shape")))
        last.append(Cell("Output shape", _each(node.outputs if node is not None else [], "shape")))
    if "dtype" in show:
        last.append(Cell("Output dtype", _each(node.outputs if node is not None else [], "dtype")))
    if "trainable" in show and getattr(operation, "weights", None):
        last.append(Cell("", *(("Trainable", "good") if operation.trainable else ("Non-trainable", "bad"))))
    return [*rows, last] if last else rows


def _each(tensors: Any, what: str) -> str:
    """Shapes or dtypes of symbolic tensors in their structure."""
    if isinstance(tensors, list) and not tensors:
        return "?"
    if isinstance(tensors, dict):
        return ", ".join(f"{key}: {_each(value, what)}" for key, value in tensors.items())
    if isinstance(tensors, (list, tuple)):
        return f"[{', '.join(_each(value, what) for value in tensors)}]"
    return str(getattr(tensors, what)) if isinstance(tensors, KerasTensor) else describe(tensors)
