"""Files of events, and the tensors that TensorBoard's plugins take from them.

An event is a tag, a step, and a tensor for one of the plugins. Files are written through tensorboardX.
"""

from __future__ import annotations

import glob
import json
import os
import struct
import time
import zlib
from typing import Any

import numpy as np

from tsuno.core.function_config import kind_of
from tsuno.core.settings import image_data_format

_BUCKETS = 30
_SECONDS_BETWEEN_FLUSHES = 1.0


def event_library() -> Any:
    """The parts of tensorboardX that write events, and an error that says how to get them."""
    try:
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto import event_pb2, types_pb2
    except ImportError as problem:
        raise ImportError(
            "`TensorBoard` needs tensorboardX, which is not installed: run `pip install 'tsuno[tensorboard]'`."
        ) from problem
    return EventsWriter, event_pb2, types_pb2


class EventFile:
    """A file of events in the folder of a run."""

    def __init__(self, folder: str, session: str) -> None:
        writer, self._events, self._types = event_library()
        os.makedirs(folder, exist_ok=True)
        before = glob.glob(os.path.join(glob.escape(folder), f"*.{session}.*"))
        self._writer = writer(os.path.join(folder, "events"), f".{session}.{len(before)}.v2")
        self._flushed = 0.0

    def add(self, tag: str, step: int, plugin: str, tensor: Any, content: bytes = b"") -> None:
        """Write a tensor (a float32, an array of float64, bytes or a list of them) for a plugin."""
        event = self._events.Event(wall_time=time.time(), step=int(step))
        value = event.summary.value.add(tag=tag)
        value.metadata.plugin_data.plugin_name = plugin
        value.metadata.plugin_data.content = content
        if isinstance(tensor, (bytes, list)):
            texts = tensor if isinstance(tensor, list) else [tensor]
            value.tensor.dtype = self._types.DT_STRING
            value.tensor.string_val.extend(texts)
            shape: tuple[int, ...] = (len(texts),) if isinstance(tensor, list) else ()
        else:
            shape = np.shape(tensor)
            value.tensor.dtype = self._types.DT_DOUBLE if shape else self._types.DT_FLOAT
            value.tensor.tensor_content = np.asarray(tensor, "<f8" if shape else "<f4").tobytes()
        for size in shape:
            value.tensor.tensor_shape.dim.add(size=size)
        self._writer.write_event(event)
        if time.monotonic() - self._flushed > _SECONDS_BETWEEN_FLUSHES:
            self.flush()

    def flush(self) -> None:
        self._writer.flush()
        self._flushed = time.monotonic()

    def close(self) -> None:
        self._writer.close()


def histogram(value: Any) -> np.ndarray:
    """Rows of (left edge, right edge, count)."""
    value = np.asarray(value).astype("float64").ravel()
    value = value[np.isfinite(value)]
    if not value.size:
        return np.zeros((_BUCKETS, 3))
    if value.min() == value.max():  # then all is in the last bucket
        counts, edges = np.eye(_BUCKETS)[-1] * value.size, np.full(_BUCKETS + 1, value[0])
    else:
        counts, edges = np.histogram(value, _BUCKETS)
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def images(value: Any) -> np.ndarray | None:
    """A weight as bytes of pixels (image, height, width, channels), or None if it does not look like images.

    Zero is gray, and the largest absolute value black or white.
    """
    value = np.asarray(value).astype("float32")
    value = np.squeeze(np.where(np.isfinite(value), value, 0))
    if value.ndim == 1:
        value = value[None, None, :, None]  # lying, for TensorBoard makes each image as wide as its frame
    elif value.ndim == 2:
        value = (value.T if value.shape[0] > value.shape[1] else value)[None, :, :, None]
    elif value.ndim == 3:
        value = (value.transpose(2, 0, 1) if image_data_format() == "channels_last" else value)[..., None]
    if value.ndim != 4 or value.shape[-1] not in (1, 3, 4):
        return None
    largest = np.abs(value).max(initial=0)
    return np.clip(128 + 127.5 * value / (largest or 1), 0, 255).astype("uint8")


def png(pixels: np.ndarray) -> bytes:
    """An image (height, width, channels) of bytes as a PNG file."""
    height, width, channels = pixels.shape
    kind = {1: 0, 3: 2, 4: 6}[channels]  # gray, colors, colors with opacity
    rows = np.insert(pixels.reshape(height, -1), 0, 0, axis=1)  # each begins with its filter: none

    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(rows.tobytes())) + part(b"IEND", b"")


def layer_graph(model: Any) -> bytes:
    """The layers of a model and how they are joined, as JSON that TensorBoard reads like a model of Keras.

    Of a model's configuration it understands few forms, so it gets only names, classes and dtypes, and each layer of a
    model within the model under its path.
    """
    rows: dict[str, dict[str, Any]] = {}

    def enter(name: str, kind: str, dtype: str, inputs: list[str]) -> None:
        config = {"name": name, "dtype": dtype}
        row = rows.setdefault(
            name, {"class_name": kind.encode("ascii", "replace").decode(), "config": config, "inbound_nodes": []}
        )
        args = [{"config": {"keras_history": [given, 0, 0]}} for given in inputs]
        row["inbound_nodes"].append({"args": args})

    def visit(graph: Any, scope: str, given: list[list[str]]) -> list[str]:
        """Enter a graph; returns the names of what makes its outputs."""
        names: dict[int, str] = {}
        for tensor, layer, inputs in zip(graph.input_tensors, graph.input_layers, given, strict=True):
            names[id(tensor)] = scope + layer.name
            enter(scope + layer.name, "InputLayer", tensor.dtype, inputs)
        for node in graph.nodes:
            operation, inputs = node.operation, [names[id(tensor)] for tensor in node.inputs]
            name, inner = scope + operation.name, getattr(operation, "graph", None)
            if inner is not None and len(inner.input_tensors) == len(inputs):
                made = visit(inner, f"{name}/", [[each] for each in inputs])
            else:
                enter(name, kind_of(operation), node.output_tensors[0].dtype, inputs)
                made = [name] * len(node.output_tensors)
            names |= {id(tensor): maker for tensor, maker in zip(node.output_tensors, made, strict=True)}
        return [names[id(tensor)] for tensor in graph.output_tensors]

    visit(model.graph, "", [[] for _ in model.graph.input_tensors])
    return json.dumps(
        {"class_name": "Functional", "config": {"name": model.name, "layers": list(rows.values())}}
    ).encode()


def run_metadata(model: Any) -> bytes:
    """The layers that a profile is about, as TensorFlow's message `RunMetadata` with a graph in it."""
    from tensorboardX.proto.graph_pb2 import GraphDef

    drawn, names, graph = getattr(model, "graph", None), {}, GraphDef()
    if drawn is None:
        for layer in model.layers:
            graph.node.add(name=layer.name, op=kind_of(layer))
    else:
        for tensor, layer in zip(drawn.input_tensors, drawn.input_layers, strict=True):
            names[id(tensor)] = graph.node.add(name=layer.name, op="InputLayer").name
        taken = set(names.values())
        for node in drawn.nodes:
            operation = node.operation
            times = sum(name == operation.name or name.startswith(f"{operation.name}/call_") for name in taken)
            name = f"{operation.name}/call_{times}" if times else operation.name
            graph.node.add(name=name, op=kind_of(operation), input=[names[id(tensor)] for tensor in node.inputs])
            taken.add(name)
            names |= {id(tensor): name for tensor in node.output_tensors}
    # function_graphs is field 4 of RunMetadata, pre_optimization_graph field 2 of what it holds.
    return _field(4, _field(2, graph.SerializeToString()))


def _field(number: int, data: bytes) -> bytes:
    """Bytes as a field of a protocol buffer: its number, the length in groups of seven bits, the bytes."""
    length, head = len(data), [number << 3 | 2]
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    return bytes([*head, length]) + data
