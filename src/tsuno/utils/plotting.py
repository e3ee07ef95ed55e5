"""Models as pictures: boxes of layers and the edges between them, as DOT text, SVG, PNG or PDF.

A model becomes a diagram (`layered_layout`) whose boxes have cells of text; `drawing` writes it. Neither Graphviz nor
pydot is needed.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Literal

from tsuno.core.errors import describe, invalid, suggest, unknown
from tsuno.core.op import Function
from tsuno.core.spec import KerasTensor, Node
from tsuno.core.validate import check
from tsuno.models import Model, Sequential
from tsuno.utils.drawing import Cell, Picture, label_size
from tsuno.utils.layered_layout import HEADER, MARGIN, Box, Diagram, Edge

_DIRECTIONS = ("TB", "BT", "LR", "RL")
Splines = Literal["ortho", "curved", "polyline", "spline", "line"]


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Picture:
    """The graph of a model as an object whose `to_string()` is text in the DOT language, for Graphviz.

    Args:
        model: a built model.
        show_shapes: whether to show the shapes that go into layers and come out.
        show_dtype: whether to show the dtype that comes out.
        show_layer_names: whether to show the names of layers beside their classes.
        rankdir: where edges run: TB (down), BT, LR (to the right) or RL.
        expand_nested: whether models within the model are drawn with their layers, in a frame.
        dpi: dots per inch of a picture in pixels.
        subgraph: whether the text is that of a cluster, a part of another graph.
        show_layer_activations: whether to show the activations of layers.
        show_trainable: whether to show which layers with weights are trained.
        splines: how edges run: ortho or polyline (at right angles), curved or spline (smooth), or line (straight).

    Returns:
        A picture; besides `to_string()` it has `to_svg()` and `write(path)`.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(3, name="hidden")])
        >>> "hidden" in tsuno.utils.model_to_dot(model).to_string()
        True
    """
    if kwargs:
        name = next(iter(kwargs))
        hint = " It was left out of Keras, too." if name == "layer_range" else suggest(name, _OPTIONS)
        raise ValueError(f"`model_to_dot` has no argument {name!r}.{hint}")
    if not isinstance(model, Model):
        raise invalid("model_to_dot.model", "a model", model)
    if not model.built:
        raise ValueError(
            f"The model {model.name!r} has no graph yet: call `build()` with an input shape, or the model on data."
        )
    if rankdir not in _DIRECTIONS:
        raise unknown("rankdir", rankdir, _DIRECTIONS)
    options = {
        "show_shapes": show_shapes, "show_dtype": show_dtype, "show_layer_names": show_layer_names,
        "show_layer_activations": show_layer_activations, "show_trainable": show_trainable,
    }  # fmt: skip
    picture = Picture(
        rankdir=rankdir,
        splines=check(Splines, splines, "model_to_dot.splines"), dpi=dpi, cluster=model.name if subgraph else None,
    )  # fmt: skip
    picture.diagram = _diagram(model, expand_nested, options, picture.cells, "")
    return picture


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw the graph of a model into a file.

    Args:
        model: a built model.
        to_file: the file; its extension is the format: svg, dot, or what matplotlib writes, such as png and pdf. None
            for no file.
        show_shapes: whether to show the shapes that go into layers and come out.
        show_dtype: whether to show the dtype that comes out.
        show_layer_names: whether to show the names of layers beside their classes.
        rankdir: where edges run: TB (down), BT, LR (to the right) or RL.
        expand_nested: whether models within the model are drawn with their layers, in a frame.
        dpi: dots per inch of a picture in pixels.
        show_layer_activations: whether to show the activations of layers.
        show_trainable: whether to show which layers with weights are trained.
        splines: how edges run: ortho or polyline (at right angles), curved or spline (smooth), or line (straight).

    Returns:
        In a notebook, the picture to show; without IPython, None.

    Example:
        >>> import os, tempfile
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(3)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = os.path.join(folder, "model.svg")
        ...     picture = tsuno.utils.plot_model(model, file, show_shapes=True)
        ...     open(file).read().startswith("<svg")
        True
    """
    picture = model_to_dot(
        model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi,
        show_layer_activations=show_layer_activations, show_trainable=show_trainable, splines=splines, **kwargs,
    )  # fmt: skip
    if to_file is not None:
        picture.write(to_file if Path(to_file).suffix else f"{to_file}.png")
    try:
        from IPython import display
    except ImportError:
        return None
    if to_file is not None and Path(to_file).suffix.lower() in ("", ".png", ".jpg", ".jpeg", ".gif"):
        return display.Image(filename=str(to_file if Path(to_file).suffix else f"{to_file}.png"))
    return display.SVG(picture.to_svg())


_OPTIONS = (
    "show_shapes", "show_dtype", "show_layer_names", "rankdir", "expand_nested", "dpi", "subgraph",
    "show_layer_activations", "show_trainable", "splines",
)  # fmt: skip


def _diagram(
    model: Any, expand: bool, options: dict[str, bool], cells: dict[str, list[list[Cell]]], prefix: str
) -> Diagram:
    """A model as a diagram; the text of its boxes goes into `cells`."""
    if isinstance(model, Sequential) and model.layers:
        operations: list[Any] = model.layers
    elif model.graph is not None:
        operations = model.graph.operations
    else:
        operations = [model]  # what its methods do, only they know
    keys = {id(operation): f"{prefix}{number}" for number, operation in enumerate(operations)}
    diagram = Diagram(inputs=[f"{prefix}0"], outputs=[f"{prefix}{len(operations) - 1}"])
    for operation in operations:
        key = keys[id(operation)]
        if expand and operation is not model and isinstance(operation, Model) and _has_parts(operation):
            width, _ = label_size(operation.name)
            inner = _diagram(operation, expand, options, cells, f"{key}.")
            diagram.boxes.append(Box(key, width + 2 * MARGIN, HEADER, inner, operation.name))
        else:
            cells[key] = _cells(operation, options)
            width = max(sum(cell.width for cell in row) for row in cells[key])
            diagram.boxes.append(Box(key, width, sum(row[0].height for row in cells[key])))
    if isinstance(model, Sequential):
        diagram.edges = [Edge(keys[id(one)], keys[id(next_)]) for one, next_ in itertools.pairwise(operations)]
    elif model.graph is not None:
        graph = model.graph
        diagram.edges = [
            Edge(keys[id(graph._maker(tensor))], keys[id(node.operation)], tensor.index, place)
            for node in graph.nodes
            for place, tensor in enumerate(node.inputs)
        ]
        diagram.inputs = [keys[id(layer)] for layer in graph.input_layers]
        diagram.outputs = [keys[id(graph._maker(tensor))] for tensor in graph.output_tensors]
    return diagram


def _has_parts(model: Any) -> bool:
    return bool(model.layers) if isinstance(model, Sequential) else model.graph is not None


def _cells(operation: Any, options: dict[str, bool]) -> list[list[Cell]]:
    """The rows of a box: the name, the activation, and what else is asked for."""
    kind = operation.function if isinstance(operation, Function) else type(operation).__name__
    title = f"{operation.name} ({kind})" if options["show_layer_names"] else kind
    rows = [[Cell("", title, "title")]]
    activation = getattr(operation, "activation", None)
    if options["show_layer_activations"] and activation is not None:
        name = getattr(activation, "name", None) or getattr(activation, "__name__", None) or type(activation).__name__
        rows.append([Cell("Activation", name)])
    last = []
    node: Node | None = operation._inbound_nodes[0] if operation._inbound_nodes else None
    if options["show_shapes"]:
        given = node.inputs if node is not None else []
        if type(operation).__name__ != "InputLayer":
            last.append(Cell("Input shape", _each(given[0] if len(given) == 1 else given, "shape")))
        last.append(Cell("Output shape", _each(node.outputs if node is not None else [], "shape")))
    if options["show_dtype"]:
        last.append(Cell("Output dtype", _each(node.outputs if node is not None else [], "dtype")))
    if options["show_trainable"] and getattr(operation, "weights", None):
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
