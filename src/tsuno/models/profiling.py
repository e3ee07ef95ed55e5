"""What a model costs, layer by layer: time, arithmetic, memory and parameters.

The model runs once, and each call of a layer is kept with what it was given. Then each is compiled alone and timed
with just that, and its arithmetic is counted in the program that it traces to, see `arithmetic`.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from tsuno import drawing, engine
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.errors import invalid
from tsuno.core.function_config import kind_of
from tsuno.core.op import Function
from tsuno.core.registry import in_library
from tsuno.core.validate import PositiveInt, check, spelled
from tsuno.core.variable import Variable, bound, slots
from tsuno.layers import Layer
from tsuno.layers.strings import runs_on_host
from tsuno.models.arithmetic import flops_of
from tsuno.models.summary import console, drawn, printable, shape_text
from tsuno.saving.inspecting import readable
from tsuno.training.preparing import build

if TYPE_CHECKING:
    from rich.console import Console

_REST = "(between layers)"
_BAR = 6  # characters for the whole


@dataclass(frozen=True)
class ProfileRow:
    """What one call of a layer costs.

    Args:
        path: the layer's path below the model; `"conv (2)"` is the second call of a shared layer.
        kind: its class.
        output_shape: the shapes of what it gives.
        params: the number of values in its weights; those of a shared layer count at its first call.
        flops: floating-point operations, two for a multiplication with an addition.
        bytes: memory for its weights and for what it gives.
        seconds: the median time of the layer as a program of its own, without what starting one costs.
        share: its part of the time of all calls, from 0 to 1.
    """

    path: str
    kind: str
    output_shape: str
    params: int
    flops: int
    bytes: int
    seconds: float
    share: float


class Profile:
    """What a model costs, call by call; `Model.profile` makes it. It prints as a table, in notebooks too.

    Args:
        name: the model's name.
        rows: a `ProfileRow` for each call of a layer, in the order of the calls; what the model computes between
            layers, which has no time of its own, is the last.
        seconds: the median time of the whole model as one program. It is mostly less than the sum of the rows, as
            what stands between layers need not be written down.
        batch_size: how many examples were given.
        model: the model, for its picture.
    """

    def __init__(
        self, name: str, rows: tuple[ProfileRow, ...], seconds: float, batch_size: int, model: Any = None
    ) -> None:
        self.name, self.rows, self.seconds, self.batch_size = name, rows, seconds, batch_size
        self._model = model

    @property
    def total(self) -> ProfileRow:
        """The sum of the rows."""
        params, flops, bytes_ = (sum(getattr(row, what) for row in self.rows) for what in ("params", "flops", "bytes"))
        seconds = sum(row.seconds for row in self.rows)
        return ProfileRow("Total", type(self).__name__, "", params, flops, bytes_, seconds, 1.0)

    def labels(self) -> dict[str, list[str]]:
        """Short lines on the cost of each layer by path, for a drawing of the graph; all calls together.

        Models within the model have theirs too: the sums of the layers inside.
        """
        sums: dict[str, list[float]] = {}
        for row in self.rows:
            parts = re.sub(r" \(\d+\)$", "", row.path).split("/")
            for depth in range(len(parts) if row.path != _REST else 0):
                entry = sums.setdefault("/".join(parts[: depth + 1]), [0, 0, 0, 0])
                for place, value in enumerate((row.seconds, row.share, row.flops, row.bytes)):
                    entry[place] += value
        return {
            path: [f"{_time(seconds)} ({share:.0%})", f"{_scaled(flops)}FLOP", readable(bytes_)]
            for path, (seconds, share, flops, bytes_) in sums.items()
        }

    def picture(self, expand_nested: bool = False, rankdir: str = "TB") -> drawing.Picture:
        """The graph of the model with the costs in its boxes; `.write("costs.png")` writes it, a notebook shows it.

        Args:
            expand_nested: whether models within the model are drawn with their layers.
            rankdir: where edges run: TB (down), BT, LR (to the right) or RL.

        Example:
            >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2, name="hidden")])
            >>> "FLOP" in model.profile(np.ones((4, 3)), repeats=1).picture().to_svg()
            True
        """
        show = ("shapes", "layer_names")
        return drawing.picture_of(self._model, show, expand_nested, notes=self.labels(), rankdir=rankdir)

    # ------------------------------------------------------------------ shown

    def _cells(self) -> Iterator[tuple[ProfileRow, tuple[str, ...]]]:
        for row in self.rows:
            shares = (_time(row.seconds), f"{row.share:.1%}") if row.path != _REST else ("-", "-")
            yield row, (f"{row.params:,}", _scaled(row.flops), readable(row.bytes), *shares)

    def _sums(self) -> tuple[str, ...]:
        total = self.total
        return (f"{total.params:,}", _scaled(total.flops), readable(total.bytes), _time(total.seconds), "100.0%")

    def _note(self) -> str:
        rate = f", {_scaled(self.total.flops / self.seconds)}FLOP/s" if self.seconds and self.total.flops else ""
        examples = "1 example" if self.batch_size == 1 else f"{self.batch_size} examples"
        return f"As one program: {_time(self.seconds)} for {examples}{rate}"

    def _draw(self, out: Console) -> None:
        from rich.table import Table

        table = Table(show_footer=True)
        sign = "█" if out.encoding.startswith("utf") else "#"
        for name, foot in (("Layer (type)", "Total"), ("Output Shape", "")):
            table.add_column(name, foot, overflow="fold")
        for name, foot in zip(_HEADS, self._sums(), strict=True):
            table.add_column(name, foot, justify="right", no_wrap=True)
        table.add_column("", no_wrap=True, min_width=_BAR)
        for row, cells in self._cells():
            name = f"{printable(row.path, out)} ([cyan]{printable(row.kind, out)}[/cyan])"
            style = "bold" if row.share >= self._large() else None
            table.add_row(name, row.output_shape, *cells, f"[red]{sign * round(row.share * _BAR)}[/red]", style=style)
        out.print(f'[bold]Profile of "{printable(self.name, out)}"[/bold]', soft_wrap=True)
        out.print(table)
        out.print(f" {self._note()}", soft_wrap=True)

    def _large(self) -> float:
        """The third largest share, or a tenth: from here on a row stands out."""
        return max([0.1, *sorted((row.share for row in self.rows), reverse=True)[2:3]])

    def __repr__(self) -> str:
        out = console()
        return drawn(self._draw, out.width, out.encoding).rstrip("\n")

    def show(self) -> None:
        """Print the table, in colours where the terminal has them."""
        self._draw(console())

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        left, right = 'style="text-align:left;padding:2px 8px"', 'style="text-align:right;padding:2px 8px"'
        heads = "".join(f"<th {left if place < 3 else right}>{head}</th>" for place, head in enumerate(_TEXTS + _HEADS))
        lines = []
        for row, cells in self._cells():
            texts = "".join(f"<td {left}>{html.escape(text)}</td>" for text in (row.path, row.kind, row.output_shape))
            numbers = "".join(f"<td {right}>{text}</td>" for text in cells[:-1])
            part = f"{100 * row.share:.1f}%"
            fill = f"background:linear-gradient(to right, rgba(220,80,60,.45) {part}, transparent {part})"
            share = f'<td {right[:-1]};min-width:6em;{fill}">{cells[-1]}</td>'
            weight = ' style="font-weight:bold"' if row.share >= self._large() else ""
            lines.append(f"<tr{weight}>{texts}{numbers}{share}</tr>")
        sums = "".join(f"<th {right}>{text}</th>" for text in self._sums())
        return (
            f"<table><caption {left}>Profile of {html.escape(repr(self.name))}. {html.escape(self._note())}.</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody>"
            f"<tfoot><tr><th {left}>Total</th><th></th><th></th>{sums}</tr></tfoot></table>"
        )


_TEXTS = ("Layer", "Type", "Output Shape")
_HEADS = ("Param #", "FLOPs", "Memory", "Time", "Share")


class Profiled:
    """A model's means to say what it costs."""

    name: str

    @spelled
    def profile(self, x: Any, batch_size: int | None = None, repeats: PositiveInt = 10) -> Profile:
        """Measure what each layer costs on data: time, floating-point operations, memory and parameters.

        Each layer is computed as in `predict`, in a program of its own. Models within the model are opened, and layers
        of your own that have layers inside.

        Args:
            x: the inputs, arrays as in `predict`.
            batch_size: how many examples to take from their beginning, 32 by default or all that there are.
            repeats: how often each program is timed; the median counts.

        Returns:
            A `Profile`: `rows` has a row for each call of a layer, and it prints as a table.

        Example:
            >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2, use_bias=False, name="hidden")])
            >>> row = model.profile(np.ones((4, 3)), repeats=1).rows[0]
            >>> row.path, row.output_shape, row.flops, row.params
            ('hidden', '(4, 2)', 48, 6)
        """
        repeats = check(PositiveInt, repeats, "profile.repeats")
        size = 32 if batch_size is None else check(PositiveInt, batch_size, "profile.batch_size")
        return _profile(self, _first(x, size), repeats)


def _first(x: Any, size: int) -> Any:
    """The first examples of a batch of anything array-like; a list of arrays is one of inputs."""
    if isinstance(x, Mapping):
        return {name: _first(value, size) for name, value in x.items()}
    if isinstance(x, (list, tuple)) and any(hasattr(value, "shape") for value in x):
        return type(x)(_first(value, size) for value in x)
    array = x if engine.is_array(x) else np.asarray(x)
    if not array.ndim or not len(array) or (array.dtype.kind == "O" and not isinstance(array.flat[0], str)):
        raise invalid("profile.x", "arrays of at least one example, as in `predict`", x)
    return array[:size] if array.dtype.kind in "OUS" else engine.asarray(array[:size])


# ---------------------------------------------------------------------- measuring


@dataclass
class _Call:
    """One call of an operation: what it was given, with numbers for arrays, and what was around it."""

    operation: Any
    path: str
    arguments: Any
    places: list[int]
    around: dict[str, Any]


def _profile(model: Any, x: Any, repeats: int) -> Profile:
    on_host = any(runs_on_host(layer) for layer in model._flatten_layers())
    if not on_host or not model.built:
        build(model, x)
    state = {path: variable._value for path, variable in slots(model).items()}
    calls: list[_Call] = []

    def run(state: Any, x: Any) -> Any:
        with bound([model], state), scope(path=(), losses=[]):
            return model(x, training=False)

    def seen(state: Any, x: Any) -> Any:
        calls.clear()
        kept: dict[int, Any] = {}
        with _watched(model, calls, kept):
            run(state, x)
        return list(kept.values())

    arrays = (seen if on_host else engine.compile(seen))(state, x)
    timer = _Timer(repeats)
    rows, counted = [], set[int]()
    for call in calls:
        rows.append(timer.row(call, [arrays[place] for place in call.places], counted))
    whole = timer.seconds(run if on_host else engine.compile(run), state, x)
    if not on_host:
        flops = flops_of(engine.traced_program(run, state, x)[0]).total - sum(row.flops for row in rows)
        weights = [weight for weight in model.weights if id(weight) not in counted]
        if weights or flops > 0:
            params, bytes_ = _sizes(weights)
            rows.append(ProfileRow(_REST, type(model).__name__, "", params, max(flops, 0), bytes_, 0.0, 0.0))
    total = sum(row.seconds for row in rows) or 1.0
    shared = tuple(ProfileRow(**{**vars(row), "share": row.seconds / total}) for row in rows)
    return Profile(model.name, shared, whole, len(tree.flatten(x)[0]), model)


class _Timer:
    """Programs of single calls; calls that trace to the same equations have the same program."""

    def __init__(self, repeats: int) -> None:
        self.repeats, self.start = repeats, 0.0
        self._programs: dict[str, tuple[Callable[..., Any], int]] = {}
        self.start = self.seconds(engine.compile(lambda x: x + 1), np.float32(0))

    def seconds(self, program: Callable[..., Any], *arguments: Any) -> float:
        """The median time that a program takes, less what it takes to start one."""
        engine.ready(program(*arguments))
        times = []
        for _ in range(self.repeats):
            before = time.perf_counter()
            engine.ready(program(*arguments))
            times.append(time.perf_counter() - before)
        return max(median(times) - self.start, 0.0)

    def row(self, call: _Call, arrays: list[Any], counted: set[int]) -> ProfileRow:
        operation = call.operation
        table = slots(operation) if isinstance(operation, Layer) else {}
        values = [variable._value for variable in table.values()]

        def alone(values: list[Any], arrays: list[Any]) -> Any:
            given = iter(arrays)
            leaves = [next(given) if leaf is _ARRAY else leaf for leaf in tree.flatten(call.arguments)]
            args, kwargs = tree.pack_sequence_as(call.arguments, leaves)
            owners = [operation] if table else []
            with bound(owners, dict(zip(table, values, strict=True))), scope(**call.around, losses=[]):
                return (operation.call if isinstance(operation, Layer) else operation)(*args, **kwargs)

        if runs_on_host(operation):
            outputs, flops, program = alone(values, arrays), 0, alone
        else:
            equations, outputs = engine.traced_program(alone, values, arrays)
            key = str(equations)
            if key not in self._programs:
                self._programs[key] = (engine.compile(alone), flops_of(equations).total)
            program, flops = self._programs[key]
        own = [weight for weight in getattr(operation, "weights", []) if id(weight) not in counted]
        counted |= {id(weight) for weight in own}
        params, bytes_ = _sizes(own)
        given = [leaf for leaf in tree.flatten(outputs) if hasattr(leaf, "shape")]
        bytes_ += sum(int(np.prod(leaf.shape)) * np.dtype(leaf.dtype).itemsize for leaf in given)
        seconds = self.seconds(program, values, arrays)
        return ProfileRow(call.path, kind_of(operation), shape_text(outputs), params, flops, bytes_, seconds, 0.0)


_ARRAY = object()
"""Stands for an array among arguments."""


@contextmanager
def _watched(model: Any, calls: list[_Call], kept: dict[int, Any]) -> Iterator[None]:
    """A block in which each call of a layer or of an operation of a graph enters itself, and its arrays."""
    times: dict[str, int] = {}
    numbers: dict[int, int] = {}

    def tap(operation: Any, outputs: Any) -> Any:
        return outputs

    def watch(operation: Any, run: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if context.tap is tap:  # not within a loop, from which nothing comes out
            names = context.path[1:] if isinstance(operation, Layer) else (*context.path[1:], operation.name)
            path, places = "/".join(names), []

            def place(leaf: Any) -> Any:
                if not (engine.is_array(leaf) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind in "biufc")):
                    return leaf
                kept.setdefault(id(leaf), leaf)
                places.append(numbers.setdefault(id(leaf), len(numbers)))
                return _ARRAY

            arguments = tree.map_structure(place, (args, kwargs))
            times[path] = times.get(path, 0) + 1
            full = path if times[path] == 1 else f"{path} ({times[path]})"
            around = {name: getattr(context, name) for name in ("path", "compute_dtype", "training", "layer")}
            calls.append(_Call(operation, full, arguments, places, around))
        return run(*args, **kwargs)

    changed: list[tuple[dict[str, Any], str, Any]] = []
    try:
        for owner, name, operation in _operations(model):
            changed.append((vars(owner), name, vars(owner).get(name)))
            vars(owner)[name] = partial(watch, operation, operation.call if name == "call" else operation)
        with scope(tap=tap):
            yield
    finally:
        for attributes, name, before in reversed(changed):
            if before is None:
                del attributes[name]
            else:
                attributes[name] = before


def _operations(model: Any) -> list[tuple[Any, str, Any]]:
    """What to watch: of layers without layers to look into, `call`; of nodes of graphs, functions as `operation`."""
    found: dict[int, tuple[Any, str, Any]] = {}

    def visit(owner: Any) -> None:
        graph = getattr(owner, "graph", None)
        for node in [] if graph is None else graph.nodes:
            if isinstance(node.operation, Function):
                found.setdefault(id(node), (node, "operation", node.operation))
        for layer in owner._flatten_layers(include_self=False, recursive=False):
            if id(layer) in found or id(layer) in opened:
                continue
            inside = next(layer._flatten_layers(include_self=False), None)
            if isinstance(layer, Profiled) or (inside is not None and not in_library(type(layer))):
                opened.add(id(layer))
                visit(layer)
            else:
                found[id(layer)] = (layer, "call", layer)

    opened = {id(model)}
    visit(model)
    return list(found.values())


def _sizes(variables: list[Variable]) -> tuple[int, int]:
    """The number of values in variables, and their bytes."""
    sizes = [int(np.prod(variable.shape)) for variable in variables]
    widths = [np.dtype(variable._value.dtype).itemsize for variable in variables]
    return sum(sizes), sum(size * width for size, width in zip(sizes, widths, strict=True))


# ---------------------------------------------------------------------- numbers as text


def _scaled(count: float) -> str:
    for unit in ("", "k", "M", "G", "T"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} P"


def _time(seconds: float) -> str:
    for unit in ("s", "ms"):
        if seconds >= 1:
            return f"{seconds:.3g} {unit}"
        seconds *= 1000
    return f"{seconds:.0f} us" if seconds >= 1 else "< 1 us"
