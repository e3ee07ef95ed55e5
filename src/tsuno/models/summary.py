"""The table of a model's layers.

A row stands for a layer, or for an operation of a graph, however often it is called: a shared layer has one row with
all its connections. `rich` measures and draws, so that wide letters stay in line and plain terminals get plain signs.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tsuno.core import tree
from tsuno.core.errors import invalid, suggest
from tsuno.core.function_config import kind_of
from tsuno.core.spec import Node
from tsuno.core.variable import Variable
from tsuno.graph import Graph, Operation
from tsuno.layers import InputLayer, Layer
from tsuno.saving.inspecting import readable, shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from tsuno.models.model import Model

_WIDTH = 110
"""How wide a table may be where there is no terminal: in a notebook, a file or a pipe."""

_EDGES = 3  # two spaces and a line around each column
_NARROWEST = 4


def summary(
    model: Model,
    line_length: int | None = None,
    print_fn: Callable[..., Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    positions: Sequence[float] | None = None,
) -> None:
    """Print a table of the layers: their output shapes and numbers of weights; see `Model.summary`."""
    rows = list(_rows(model, expand_nested, layer_range))
    connected = not all(_is_linear(graph) for graph in {id(row.graph): row.graph for row in rows}.values())
    heads = ["Layer (type)", "Output Shape", "Param #"]
    heads += ["Connected to"] * connected + ["Trainable"] * show_trainable
    widths = _widths(line_length, positions, len(heads), show_trainable)
    if widths:
        line_length = sum(widths) + len(widths) * _EDGES + 1

    def draw(out: Console) -> None:
        out.print(f'[bold]Model: "{printable(model.name, out)}"[/bold]', soft_wrap=True)
        out.print(_table(model, rows, heads, widths, line_length, out))
        for what, variables in _groups(model):
            count = sum(_size(variable) for variable in variables)
            bytes_ = sum(_size(variable) * np.dtype(variable._value.dtype).itemsize for variable in variables)
            out.print(f"[bold] {what} params: [/bold][green]{count:,}[/green] ({readable(bytes_)})", soft_wrap=True)

    if print_fn is not None:
        print_fn(drawn(draw, line_length))
    else:
        draw(console(line_length))


def console(width: int | None = None) -> Console:
    """Standard output as something to draw on: colours and fine lines where it is a terminal that has them."""
    from rich.console import Console

    out = Console(file=sys.stdout, force_jupyter=False, highlight=False)
    out.width = width or (out.width if out.is_terminal else _WIDTH)
    return out


def drawn(draw: Callable[[Console], None], width: int | None = None, encoding: str = "utf-8") -> str:
    """What a function draws, as plain text of the letters that an encoding has."""
    from rich.console import Console

    file = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
    draw(Console(file=file, width=width or _WIDTH, color_system=None, force_jupyter=False, highlight=False))
    file.seek(0)
    return file.read()


def printable(text: str, out: Console) -> str:
    """A text for `rich`, with numbers such as `\\u89d2` for the letters that the terminal does not have."""
    return shown(text.encode(out.encoding, "backslashreplace").decode(out.encoding))


# ---------------------------------------------------------------------- rows


class _Row(NamedTuple):
    """A layer or operation to show, at a depth of models within models, in the graph that it is called in."""

    operation: Operation
    depth: int
    graph: Graph | None
    again: bool  # whether it stands further up already, in another model


def _rows(model: Any, expand: bool, layer_range: Sequence[str] | None) -> Iterator[_Row]:
    seen: set[int] = set()

    def visit(owner: Any, operations: Sequence[Operation], depth: int) -> Iterator[_Row]:
        for operation in operations:
            again = id(operation) in seen
            seen.add(id(operation))
            yield _Row(operation, depth, getattr(owner, "graph", None), again)
            if expand and not again and isinstance(operation, Layer) and hasattr(operation, "layers"):
                yield from visit(operation, _inside(operation), depth + 1)

    operations = _inside(model)
    yield from visit(model, operations if layer_range is None else _between(operations, layer_range), 0)


def _inside(owner: Any) -> list[Operation]:
    """What is directly inside a model: the operations of its graph too, but of a stack only the layers."""
    graph, is_stack = getattr(owner, "graph", None), getattr(owner, "is_stack", False)
    found = graph.operations if graph is not None and not is_stack else owner.layers
    return [operation for operation in found if isinstance(operation, Operation)]


def _between(operations: list[Operation], ends: Sequence[str]) -> list[Operation]:
    """From the first whose name begins with a match of the one pattern to the last that does with the other."""
    if isinstance(ends, str) or len(ends) != 2 or not all(isinstance(pattern, str) for pattern in ends):
        raise invalid("summary.layer_range", "the names (or patterns) of the first and the last layer", ends)
    names, places = [operation.name for operation in operations], []
    for pattern in ends:
        try:
            found = [place for place, name in enumerate(names) if re.match(pattern, name)]
        except re.error as problem:
            raise invalid("summary.layer_range", f"regular expressions ({problem})", pattern) from None
        if not found:
            raise ValueError(f"`summary.layer_range` names {pattern!r}, which is no layer.{suggest(pattern, names)}")
        places.append(found)
    first, last = places if places[0][0] <= places[1][-1] else reversed(places)
    return operations[first[0] : last[-1] + 1]


def _is_linear(graph: Graph | None) -> bool:
    """Whether each layer is fed by the one before only: then nobody asks what is connected to what."""
    if graph is None:
        return True
    called = [node.operation for node in graph.nodes]
    return (
        len(graph.input_tensors) == 1
        and len({id(operation) for operation in called}) == len(called)
        and all(
            len(node.inputs) == 1 and (place == 0 or node.inputs[0].node is graph.nodes[place - 1])
            for place, node in enumerate(graph.nodes)
        )
    )


# ---------------------------------------------------------------------- cells


def _table(
    model: Model, rows: Sequence[_Row], heads: Sequence[str], widths: list[int], line_length: int | None, out: Console
) -> Table:
    from rich.table import Table

    table = Table(show_lines=True, width=line_length)
    for place, head in enumerate(heads):
        table.add_column(
            head,
            justify={"Param #": "right", "Trainable": "center"}.get(head, "left"),  # type: ignore[arg-type]
            overflow="fold",
            width=widths[place] if widths else None,
            min_width=None if widths or line_length else {"Layer (type)": 24, "Output Shape": 16}.get(head),
            no_wrap=not widths and head in ("Trainable", "Param #"),
        )
    for row in rows:
        cells = {
            "Layer (type)": _name(row, model, out),
            "Output Shape": printable(_output_shape(row), out),
            "Param #": _params(row),
            "Connected to": printable(_connections(row), out),
            "Trainable": _trainable(row.operation),
        }
        table.add_row(*(cells[head] for head in heads))
    return table


def _widths(
    line_length: int | None, positions: Sequence[float] | None, columns: int, show_trainable: bool
) -> list[int]:
    """The widths of the columns, where `positions` says at which part of the line, or character, each ends."""
    least = columns * (_EDGES + _NARROWEST) + 1
    if line_length is not None and line_length < least:
        raise invalid("summary.line_length", f"at least {least}, for {columns} columns", line_length)
    if positions is None:
        return []
    ends = [float(position) for position in positions]
    if ends and ends[-1] <= 1:
        ends = [end * (line_length or console().width) for end in ends]
    if show_trainable and len(ends) == columns - 1:  # as Keras makes room for a column more
        ends = [*(end * 0.9 for end in ends), ends[-1]]
    ends = ends[:columns]
    starts = [1, *(int(end) for end in ends)]
    widths = [int(end) - start - _EDGES for start, end in zip(starts, ends, strict=False)]
    if len(ends) != columns or min(widths) < _NARROWEST:
        raise invalid("summary.positions", f"{columns} ends of columns, {_EDGES + _NARROWEST} or more apart", positions)
    return widths


def _name(row: _Row, model: Model, out: Console) -> str:
    operation, notes = row.operation, []
    if isinstance(operation, InputLayer):
        notes += [operation.dtype] * (operation.dtype != model.dtype_policy.variable_dtype)
    elif isinstance(operation, Layer) and operation.dtype_policy.name != model.dtype_policy.name:
        notes.append(operation.dtype_policy.name)
    branch = "`- " if not out.encoding.startswith("utf") else "└─ "
    indent = "   " * (row.depth - 1) + branch if row.depth else ""
    noted = "".join(f", {printable(str(note), out)}" for note in notes)
    return f"{indent}{printable(operation.name, out)} ([cyan]{printable(kind_of(operation), out)}[/cyan]{noted})"


def _output_shape(row: _Row) -> str:
    """The shape of what comes out; those of all calls where they differ."""
    operation = row.operation
    calls = _calls(row) or operation._inbound_nodes[-1:]
    if calls:
        found = [shape_text(node.outputs) for node in calls]
        return " / ".join(dict.fromkeys(found))
    shapes = getattr(operation, "_build_shapes", None)
    if not isinstance(operation, Layer) or not operation.built or not shapes:
        return "?"
    try:
        return shape_text(
            tree.map_shape_structure(lambda shape: _Shape(shape), operation.compute_output_shape(**shapes))
        )
    except (NotImplementedError, TypeError, ValueError):  # shapes alone do not say
        return "?"


def shape_text(outputs: Any) -> str:
    """The shapes of a structure of anything that has one."""
    shapes = tree.map_structure(lambda x: _Shape(x.shape) if hasattr(x, "shape") else x, outputs)
    leaves = tree.flatten(shapes)
    return str(leaves[0] if len(leaves) == 1 else shapes if isinstance(shapes, dict) else leaves)


class _Shape:
    """A shape that is no nested structure."""

    def __init__(self, shape: Sequence[int | None]) -> None:
        self.shape = tuple(shape)

    def __repr__(self) -> str:
        return str(self.shape)


def _params(row: _Row) -> str:
    operation = row.operation
    if not isinstance(operation, Layer):
        return "[green]0[/green]"
    params = sum(_size(weight) for weight in operation.weights)
    note = " (shared)" if row.again and params else "" if operation.built or params else " (unbuilt)"
    return f"[green]{params:,}[/green]{note}"


def _connections(row: _Row) -> str:
    """Where each input of each call comes from: the operation, which of its calls, which of its outputs."""
    made = []
    for node in _calls(row):
        for tensor in node.inputs:
            assert tensor.node is not None
            place = tensor.node.operation._inbound_nodes.index(tensor.node)
            made.append(f"{tensor.node.operation.name}[{place}][{tensor.index}]")
    return ", ".join(made) or "-"


def _calls(row: _Row) -> list[Node]:
    """The calls of an operation within its graph."""
    known = set() if row.graph is None else {id(node) for node in row.graph.nodes}
    return [node for node in row.operation._inbound_nodes if id(node) in known]


def _trainable(operation: Operation) -> str:
    if not isinstance(operation, Layer) or not operation.weights:
        return "-"
    return "[bold green]Y[/]" if operation.trainable else "[bold red]N[/]"


# ---------------------------------------------------------------------- totals


def _size(variable: Variable) -> int:
    return int(np.prod(variable.shape))


def _groups(model: Model) -> list[tuple[str, list[Variable]]]:
    trainable = model.trainable_weights
    chosen = {id(weight) for weight in trainable}
    frozen = [weight for weight in model.weights if id(weight) not in chosen]
    optimizer = model.optimizer.variables if model.optimizer is not None and model.optimizer.built else []
    groups = [("Total", [*trainable, *frozen, *optimizer]), ("Trainable", trainable), ("Non-trainable", frozen)]
    return [*groups, ("Optimizer", optimizer)] if optimizer else groups
