"""`tf.summary`: numbers, histograms and pictures for TensorBoard, from graphs and from tensors with values.

In a graph a summary is a tensor of numbers: which summaries it is made of, and their values one after the other.
`FileWriter.add_summary` takes it apart again. Files are written by `callbacks.event_file`, as those of the callback.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.callbacks.event_file import EventFile, png
from tsuno.callbacks.event_file import histogram as _rows
from tsuno.core.context import context
from tsuno.core.op import as_numpy, to_array
from tsuno.core.spec import KerasTensor
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import collections_of, modes
from tsuno.legacy.tensorflow.calls import on_graph
from tsuno.legacy.tensorflow.collections_of import GraphKeys

_layouts: dict[int, list[tuple[str, str, int]]] = {}
_numbers = itertools.count(1)
_writers: list[Any] = []
_step: dict[str, Any] = {"step": None}
_files = itertools.count()

# ---------------------------------------------------------------------- making


def scalar(
    name: str,
    tensor: Any = None,
    collections: Any = None,
    family: str | None = None,
    step: Any = None,
    description: str | None = None,
    data: Any = None,
) -> Any:
    """A number: a summary of the graph, or written at once where tensors have values.

    Args:
        name: the tag.
        tensor: the number.
        collections: the collections that the summary enters; that of all summaries by default.
        family: put before the tag.
        step: the step, where tensors have values.
        description: accepted for compatibility.
        data: TensorFlow 2's name of `tensor`.
    """
    return _summary("scalars", name, data if tensor is None else tensor, collections, family, step)


def histogram(
    name: str,
    values: Any = None,
    collections: Any = None,
    family: str | None = None,
    step: Any = None,
    buckets: Any = None,
    description: str | None = None,
    data: Any = None,
) -> Any:
    """How values are spread; see `scalar`."""
    return _summary("histograms", name, data if values is None else values, collections, family, step)


def image(
    name: str,
    tensor: Any = None,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
    step: Any = None,
    description: str | None = None,
    data: Any = None,
) -> Any:
    """Pictures (batch, height, width, channels), of which the first are shown; see `scalar`."""
    return _summary("images", name, data if tensor is None else tensor, collections, family, step, max_outputs)


def text(
    name: str, tensor: Any = None, collections: Any = None, step: Any = None, description: Any = None, data: Any = None
) -> Any:
    """Text, written at once; in a graph it is left out."""
    value = data if tensor is None else tensor
    if modes.graph_mode():
        return symbolic.grouped()
    strings = [each if isinstance(each, bytes) else str(each).encode() for each in np.ravel(np.asarray(value))]
    _write("text", name, strings if np.ndim(value) else strings[0], step)
    return True


def _summary(plugin: str, name: str, value: Any, collections: Any, family: str | None, step: Any, most: int = 3) -> Any:
    tag = f"{family}/{name}" if family else name
    if not modes.graph_mode():
        if step is None and isinstance(collections, (int, np.integer, KerasTensor)):
            step = collections  # TensorFlow 2's third argument
        _write(plugin, tag, value, step, most)
        return True
    tag = "/".join((*context.path, tag))
    made = _packed([(tag, plugin, most)], [value])
    for key in [GraphKeys.SUMMARIES] if collections is None else list(collections):
        collections_of.add_to_collection(key, made)
    return made


def _packed(layout: list[tuple[str, str, int]], values: list[Any]) -> KerasTensor:
    """A tensor of the number of a layout, and of each value its number of axes, sizes and elements."""
    number = next(_numbers)
    _layouts[number] = layout

    def pack(*values: Any) -> Any:
        parts = [xp.asarray([number], "float32")]
        for value in values:
            x = xp.asarray(to_array(value))
            parts += [xp.asarray([x.ndim, *x.shape], "float32"), x.astype("float32").reshape(-1)]
        return xp.concatenate(parts)

    made: KerasTensor = on_graph(
        symbolic.Operation(pack, name="summary"), *values, outputs=KerasTensor((None,), "float32")
    )
    made.summarized = (layout, values)  # type: ignore[attr-defined]
    return made


def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Any:
    """Several summaries as one."""
    pairs = [x.summarized for x in inputs if hasattr(x, "summarized")]
    if not pairs:
        return None
    made = _packed([each for layout, _ in pairs for each in layout], [v for _, values in pairs for v in values])
    for key in collections or ():
        collections_of.add_to_collection(key, made)
    return made


def merge_all(key: Any = GraphKeys.SUMMARIES, scope: Any = None, name: Any = None) -> Any:
    """All summaries of the graph as one; None if there are none."""
    found = collections_of.get_collection(key)
    return merge(found) if found else None


merge_all_summaries, merge_summary = merge_all, merge
scalar_summary, histogram_summary, image_summary = scalar, histogram, image


def _unpacked(summary: np.ndarray) -> Iterator[tuple[str, str, int, np.ndarray]]:
    numbers = np.asarray(summary).ravel()
    layout, place = _layouts.get(int(numbers[0]), []), 1
    for tag, plugin, most in layout:
        rank = int(numbers[place])
        shape = tuple(int(n) for n in numbers[place + 1 : place + 1 + rank])
        place += 1 + rank
        count = int(np.prod(shape))
        yield tag, plugin, most, numbers[place : place + count].reshape(shape)
        place += count


# ---------------------------------------------------------------------- writing


def _add(file: EventFile, tag: str, plugin: str, value: Any, step: int, most: int) -> None:
    if plugin == "scalars":
        file.add(tag, step, plugin, np.float32(np.asarray(value).reshape(())))
    elif plugin == "histograms":
        file.add(tag, step, plugin, _rows(value))
    elif plugin == "images":
        pixels = _pixels(np.asarray(value))[:most]
        height, width = (str(size).encode() for size in pixels.shape[1:3])
        file.add(tag, step, plugin, [width, height, *map(png, pixels)])
    else:
        file.add(tag, step, plugin, value)


def _pixels(value: np.ndarray) -> np.ndarray:
    if value.dtype == np.uint8:
        return value
    value = np.nan_to_num(value.astype("float32"))
    if value.max(initial=0) > 1 and float(value.max()) <= 255 and value.min() >= 0:
        return value.astype("uint8")
    return np.clip(value * 255.5, 0, 255).astype("uint8")


class FileWriter:
    """Writes summaries of a graph to a folder.

    Args:
        logdir: the folder.
        graph: accepted for compatibility.
        max_queue: accepted for compatibility.
        flush_secs: accepted for compatibility.
        graph_def: accepted for compatibility.
        filename_suffix: accepted for compatibility.
        session: accepted for compatibility.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        graph_def: Any = None,
        filename_suffix: Any = None,
        session: Any = None,
    ) -> None:
        self._folder = os.fspath(logdir)
        os.makedirs(self._folder, exist_ok=True)
        self._file: EventFile | None = None

    @property
    def file(self) -> EventFile:
        """The file, made when something is first written."""
        if self._file is None:
            self._file = EventFile(self._folder, f"{os.getpid()}.{next(_files)}")
        return self._file

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Write what `Session.run` gave for a summary, or a `tf.Summary`."""
        step = int(np.asarray(as_numpy(global_step))) if global_step is not None else 0
        if isinstance(summary, Summary):
            for entry in summary.value:
                _add(self.file, entry.tag, "scalars", entry.simple_value, step, 0)
        elif summary is not None:
            for tag, plugin, most, value in _unpacked(summary):
                _add(self.file, tag, plugin, value, step, most)

    def add_graph(self, graph: Any = None, global_step: Any = None, graph_def: Any = None) -> None:
        """Has no effect: graphs are not shown."""

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Has no effect: runs are not shown."""

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Has no effect."""

    def get_logdir(self) -> str:
        """The folder."""
        return self._folder

    def flush(self) -> None:
        """Let what was written be on the disk."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file; writing more opens another one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def reopen(self) -> None:
        """Write on after `close`."""

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    # TensorFlow 2

    @contextmanager
    def as_default(self, step: Any = None) -> Iterator[FileWriter]:
        """A block whose summaries are written here."""
        before = _step["step"]
        _step["step"] = before if step is None else step
        _writers.append(self)
        try:
            yield self
        finally:
            _writers.pop()
            _step["step"] = before
            self.flush()

    def set_as_default(self, step: Any = None) -> None:
        """Write summaries here from now on."""
        _writers.append(self)
        if step is not None:
            _step["step"] = step


SummaryWriter = FileWriter


class Value:
    """A number under a tag."""

    def __init__(self, tag: str = "", simple_value: Any = 0.0, **options: Any) -> None:
        self.tag, self.simple_value = tag, simple_value


class _Values(list[Value]):
    def add(self, tag: str = "", simple_value: Any = 0.0, **options: Any) -> Value:
        """Another number."""
        self.append(made := Value(tag, simple_value))
        return made


class Summary:
    """Numbers that the program has computed itself, for `FileWriter.add_summary`.

    Args:
        value: a list of `tf.Summary.Value`.
    """

    Value = Value

    def __init__(self, value: Any = ()) -> None:
        self.value = _Values(value)


def create_file_writer(
    logdir: Any, max_queue: Any = None, flush_millis: Any = None, filename_suffix: Any = None, **options: Any
) -> FileWriter:
    """What writes summaries to a folder."""
    return FileWriter(logdir)


def _write(plugin: str, tag: str, value: Any, step: Any, most: int = 3) -> None:
    if not _writers:
        return
    chosen = _step["step"] if step is None else step
    if chosen is None:
        raise ValueError(f"The summary {tag!r} needs a `step`: pass it, or `tf.summary.experimental.set_step(step)`.")
    plain = value if plugin == "text" else modes.value_of(value)
    if any(engine.is_traced(modes.value_of(each)) for each in (plain, chosen)):
        raise ValueError(
            f"The summary {tag!r} is written inside `tf.function`, where values are not known: return the value, and "
            "write it outside."
        )
    numbers = plain if plugin == "text" else as_numpy(plain)
    _add(_writers[-1].file, tag, plugin, numbers, int(np.asarray(as_numpy(chosen))), most)


def flush(writer: Any = None) -> None:
    """Let what was written be on the disk."""
    for each in [writer] if writer is not None else _writers:
        each.flush()


def set_step(step: Any) -> None:
    """The step of summaries that do not say theirs."""
    _step["step"] = step


def get_step() -> Any:
    """The step of summaries that do not say theirs."""
    return _step["step"]


@contextmanager
def record_if(condition: Any) -> Iterator[None]:
    """A block whose summaries are written if a condition holds."""
    before = list(_writers)
    if not (condition() if callable(condition) else condition):
        _writers.clear()
    try:
        yield
    finally:
        _writers[:] = before


def should_record_summaries() -> bool:
    """Whether summaries are written."""
    return bool(_writers)


def create_noop_writer() -> Any:
    """What writes nothing."""
    raise NotImplementedError("`create_noop_writer` is not there: leave `as_default` out instead.")


def trace_on(graph: bool = True, profiler: bool = False) -> None:
    """Has no effect: `tsuno.callbacks.TensorBoard` has profiles."""


def trace_export(name: str, step: Any = None, profiler_outdir: Any = None) -> None:
    """Has no effect."""


AS_THEY_ARE = {
    "create_file_writer", "flush", "get_step", "histogram", "histogram_summary", "image", "image_summary", "merge",
    "merge_all", "merge_all_summaries", "merge_summary", "record_if", "scalar", "scalar_summary", "set_step",
    "should_record_summaries", "text", "trace_export", "trace_on",
}  # fmt: skip
