"""A model in words and numbers: its layers, its graph for a state of folding, and what each layer is and holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tsuno.core.function_config import kind_of
from tsuno.core.op import Function
from tsuno.core.registry import serialize
from tsuno.core.spec import KerasTensor
from tsuno.drawing.diagram import diagram_of
from tsuno.drawing.layout import Box, Diagram, layout
from tsuno.drawing.rows import Edge
from tsuno.drawing.writing import text_width
from tsuno.layers import Activation, InputLayer, Layer
from tsuno.layers.calling import call_signature
from tsuno.visualization.inside import ATTENTION

_FAMILIES = {
    "convolution": "convolution", "convolution_depthwise": "convolution", "convolution_transposed": "convolution",
    "conv_lstm": "recurrent", "recurrent": "recurrent", "recurrent_layers": "recurrent", "recurrent_cells": "recurrent",
    "bidirectional": "recurrent", "dense": "dense", "attention": "attention", "dot_attention": "attention",
    "embedding": "embedding", "pooling": "pooling", "adaptive_pooling": "pooling", "normalization": "normalization",
    "activation": "activation", "merging": "merge", "reshaping": "shape", "spatial": "shape", "margins": "shape",
    "upsampling": "shape", "regularization": "regularization",
}  # fmt: skip
_PAD, _LINE, _LEAST, _MARK = 16.0, 17.0, 120.0, 20.0
_BINS = 40
_COUNTED = 1 << 20
"""Of larger weights, about so many numbers are counted into bins."""


@dataclass(frozen=True)
class Part:
    """An operation of a model, by its path below it."""

    path: str
    operation: Any
    parent: str | None
    depth: int
    shape: Any
    """The shape of its output, or several."""
    shared: int
    """How often it is called."""


def parts_of(model: Any, prefix: str = "", depth: int = 0) -> Iterator[Part]:
    """The operations of a model, and those of models within it right after them."""
    for operation in operations_of(model):
        path = f"{prefix}{operation.name}"
        nodes = [] if model.graph is None else [node for node in model.graph.nodes if node.operation is operation]
        shape = _shape_of(nodes[0].outputs) if nodes else _shape_of(getattr(operation, "output", None))
        yield Part(path, operation, prefix[:-1] or None, depth, shape, max(1, len(nodes)))
        if is_model(operation):
            yield from parts_of(operation, f"{path}/", depth + 1)


def operations_of(model: Any) -> list[Any]:
    """What a model does: the operations of its graph, or the layers that it has."""
    graph = getattr(model, "graph", None)
    if graph is not None:
        return list(graph.operations)
    return [layer for layer in getattr(model, "layers", []) if isinstance(layer, Layer)]


def is_model(operation: Any) -> bool:
    """Whether an operation is a model with operations of its own."""
    return hasattr(operation, "graph") and bool(operations_of(operation))


def family(operation: Any) -> str:
    """What sort of layer it is."""
    if isinstance(operation, InputLayer):
        return "input"
    if is_model(operation):
        return "model"
    if isinstance(operation, Activation):
        return "activation"
    for base in type(operation).__mro__:
        place = base.__module__.removeprefix("tsuno.layers.")
        if place in _FAMILIES:
            return _FAMILIES[place]
    return "merge" if isinstance(operation, Function) and len(operation._inbound_nodes[0].inputs) > 1 else "other"


def described_layers(model: Any) -> list[dict[str, Any]]:
    """What the page must know of each operation."""
    return [_described(part) for part in parts_of(model)]


def _described(part: Part) -> dict[str, Any]:
    layer = part.operation if isinstance(part.operation, Layer) else None
    calls = [part.path, *(f"{part.path} ({number})" for number in range(2, part.shared + 1))]
    scores = layer is not None and "return_attention_scores" in call_signature(type(layer)).names
    return {
        "path": part.path,
        "name": part.operation.name,
        "kind": kind_of(part.operation),
        "depth": part.depth,
        "parent": part.parent,
        "shape": str(part.shape),
        "params": 0 if layer is None else layer.count_params() if layer.built else None,
        "trainable": bool(layer is not None and layer.weights and layer.trainable),
        "dtype": "" if layer is None else layer.dtype_policy.name,
        "shared": part.shared,
        "nested": is_model(part.operation),
        "family": family(part.operation),
        "outputs": calls,
        "attention": f"{part.path} ({ATTENTION})" if scores else None,
    }


def _shape_of(outputs: Any) -> Any:
    if isinstance(outputs, KerasTensor):
        return tuple(outputs.shape)
    if isinstance(outputs, dict):
        return {key: _shape_of(value) for key, value in outputs.items()}
    if isinstance(outputs, (list, tuple)):
        return _shape_of(outputs[0]) if len(outputs) == 1 else [_shape_of(value) for value in outputs]
    return "?" if outputs is None else ()


# ---------------------------------------------------------------------- the graph


def graph_of(model: Any, opened: Sequence[str], direction: str = "TB") -> dict[str, Any]:
    """Places for the boxes and edges of a model of which some models within are open."""
    parts = {part.path: part for part in parts_of(model)}
    diagram, found = diagram_of(model, lambda path: path in opened, operations_of)
    path_of = {key: path for key, (path, _) in found.items()}
    lines = {path: _lines(parts[path]) for path in path_of.values()}
    drawing = layout(_sized(diagram, {key: lines[path] for key, path in path_of.items()}), direction)
    frames = {path_of[key] for key, _ in drawing.frames}
    places = [(path_of[key], place) for key, place in (*drawing.frames, *drawing.boxes.items())]
    boxes = [
        {
            "path": path, "x": x, "y": y, "width": width, "height": height, "lines": lines[path],
            "frame": path in frames, "foldable": is_model(parts[path].operation), "open": path in frames,
            "family": family(parts[path].operation),
        }
        for path, (x, y, width, height) in places
    ]  # fmt: skip
    edges = [
        {"from": _at(points[0], places), "to": _at(points[-1], places), "points": points, "arrow": arrow}
        for points, arrow in drawing.lines
    ]
    links = dict.fromkeys((path_of[edge.source], path_of[edge.target]) for edge in _edges(diagram))
    return {"width": drawing.width, "height": drawing.height, "boxes": boxes, "edges": edges, "links": list(links)}


def _sized(diagram: Diagram, lines: Mapping[str, Sequence[str]]) -> Diagram:
    """A diagram whose boxes are as large as their text and the mark that opens them."""
    boxes = []
    for box in diagram.boxes:
        texts = lines[box.key]
        width = max(text_width(text, bold=number == 0) for number, text in enumerate(texts)) + 2 * _PAD + _MARK
        inner = None if box.inner is None else _sized(box.inner, lines)
        size = max(_LEAST, width), _LINE * len(texts) + _PAD
        boxes.append(Box(box.key, *size, inner, title=box.key))  # frames are known by their titles
    return replace(diagram, boxes=boxes)


def _edges(diagram: Diagram) -> Iterator[Edge]:
    yield from diagram.edges
    for box in diagram.boxes:
        yield from [] if box.inner is None else _edges(box.inner)


def _lines(part: Part) -> list[str]:
    name = kind_of(part.operation)
    shape = part.shape
    text = "×".join("?" if size is None else str(size) for size in shape[1:]) if isinstance(shape, tuple) else ""
    return [part.operation.name, name, *([text] if text else [])]


def _at(point: tuple[float, float], places: Sequence[tuple[str, tuple[float, float, float, float]]]) -> str | None:
    """The innermost box whose border a line begins or ends at."""
    x, y = point
    found = [
        (width * height, path)
        for path, (left, top, width, height) in places
        if left - 1 <= x <= left + width + 1
        and top - 1 <= y <= top + height + 1
        and min(abs(y - top), abs(y - top - height), abs(x - left), abs(x - left - width)) <= 1.5
    ]
    return min(found)[1] if found else None


# ---------------------------------------------------------------------- one layer


def described_layer(model: Any, path: str, value_of: Callable[[Any], Any]) -> dict[str, Any] | None:
    """The configuration of a layer and what its weights are like; None if there is none of that path."""
    part = next((part for part in parts_of(model) if part.path == path), None)
    if part is None:
        return None
    layer = part.operation
    node = layer._inbound_nodes[0] if layer._inbound_nodes else None
    return {
        "path": path,
        "kind": kind_of(layer),
        "config": _plain(layer),
        "shape": str(part.shape),
        "input_shapes": [] if node is None else [str(tuple(tensor.shape)) for tensor in node.inputs],
        "params": layer.count_params() if isinstance(layer, Layer) and layer.built else 0,
        "weights": [
            described_weight(index, weight, np.asarray(value_of(weight)))
            for index, weight in enumerate(getattr(layer, "weights", []))
        ],
    }


def described_weight(index: int, weight: Any, value: np.ndarray) -> dict[str, Any]:
    """Statistics of a weight."""
    is_number = value.dtype.kind in "fiub" or "float" in str(value.dtype)
    numbers = (value if value.dtype == np.float32 else value.astype("float64")) if is_number else np.zeros(0)
    lost = int(numbers.size - np.isfinite(numbers).sum())
    finite = numbers[np.isfinite(numbers)] if lost else numbers.ravel()
    some = finite[:: max(1, finite.size // _COUNTED)]
    counts, edges = np.histogram(some, _BINS) if some.size else (np.zeros(0, int), np.zeros(0))
    units = numbers.reshape(-1, numbers.shape[-1]) if numbers.ndim > 1 and numbers.size else np.ones((1, 0))
    empty = finite.size == 0
    return {
        "index": index,
        "name": weight.path.rpartition("/")[2],
        "path": weight.path,
        "shape": list(value.shape),
        "dtype": str(value.dtype),
        "trainable": bool(weight.trainable),
        "mean": None if empty else float(finite.mean(dtype="float64")),
        "std": None if empty else float(finite.std(dtype="float64")),
        "min": None if empty else float(finite.min()),
        "max": None if empty else float(finite.max()),
        "norm": None if empty else float(np.linalg.norm(finite)),
        "zeros": float((numbers == 0).mean()) if numbers.size else 0.0,
        "nan": lost,
        "dead": np.flatnonzero(~(units != 0).any(0)).tolist()[:1000],
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        "filters": value.ndim >= 4 and value.shape[0] <= 31,
    }


def _plain(layer: Any) -> Any:
    """The configuration of a layer as JSON can hold it."""
    config = serialize(layer).get("config", {})
    if is_model(layer):  # its layers stand for themselves
        config = {key: value for key, value in config.items() if key in ("name", "trainable", "dtype")}
    return json.loads(json.dumps(config, default=str))
