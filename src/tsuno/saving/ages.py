"""Files of every age: configurations and weights as earlier versions of Keras wrote them, in today's form.

What a layer's arguments were once called is no matter of files; see `legacy`. Here is how a model was written down:
the list of layers, the references between them, and the order and the layout of arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Arrays = list[Any]

# ---------------------------------------------------------------------- configurations


def modern(data: Any, version: str = "") -> Any:
    """Plain data of any age in today's form.

    Args:
        data: the configuration of a model or a part of one.
        version: the version of Keras that wrote it, if that is known.
    """
    if isinstance(data, (list, tuple)):
        return [modern(item, version) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("class_name") in ("__tuple__", "TensorShape") and "items" in data:
        return [modern(item, version) for item in data["items"]]
    if "class_name" in data and "config" in data:
        return _modern_object(data, version)
    return {key: modern(value, version) for key, value in data.items()}


def _modern_object(data: Mapping[str, Any], version: str) -> dict[str, Any]:
    name, config = data["class_name"], data["config"]
    if name == "Sequential" and isinstance(config, list):
        config = {"layers": config}
    if not isinstance(name, str) or not isinstance(config, dict):
        return {key: modern(value, version) for key, value in data.items()}
    config = dict(config)
    if name in ("Model", "Functional") and "input_layers" in config:
        name = "Functional"
        config = _modern_graph(config)
    if name == "InputLayer" and "batch_input_shape" in config:
        config["batch_shape"] = config.pop("batch_input_shape")
        config["dtype"] = config.pop("input_dtype", None) or config.get("dtype")
    if name == "Policy":
        name = "DTypePolicy"
    if name == "Bidirectional" and config.get("backward_layer") is None:
        config.pop("backward_layer", None)
    if version and _number(version) < (3,):
        config = _with_old_defaults(name, config)
    rest = {key: value for key, value in data.items() if key not in ("class_name", "config")}
    return {"class_name": name, "config": modern(config, version), **modern(rest, version)}


def _number(version: str) -> tuple[int, ...]:
    """A version as numbers; what comes after them, as in `2.4.0-tf`, says nothing here."""
    parts = []
    for part in version.split("."):
        digits = "".join(letter for letter in part if letter.isdigit()) if part[:1].isdigit() else ""
        if not digits:
            break
        parts.append(int(digits) if part.isdigit() else int(part.partition("-")[0] or 0))
    return tuple(parts)


_ACTIVATIONS = ("activation", "recurrent_activation", "inner_activation")


def _with_old_defaults(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """What a configuration meant before Keras 3 where the same words mean something else today."""
    config = dict(config)
    for argument in _ACTIVATIONS:
        if config.get(argument) == "hard_sigmoid":
            config[argument] = "keras2_hard_sigmoid"
    if name in ("LSTM", "GRU", "ConvLSTM2D") and not {"recurrent_activation", "inner_activation"} & set(config):
        config["recurrent_activation"] = "keras2_hard_sigmoid"
    if name in ("GRU", "GRUCell"):
        config.setdefault("reset_after", False)
    return config


def _modern_graph(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a model drawn with symbolic tensors, with its calls as they are written today."""
    layers = config["layers"] if isinstance(config.get("layers"), list) else []
    entries = [layer for layer in layers if isinstance(layer, dict)]
    names = {entry.get("name") for entry in entries}
    graph = {**config, "layers": [_modern_entry(entry, names) for entry in entries]}
    if any(_is_old_node(node) for entry in entries for node in entry.get("inbound_nodes") or ()):
        for ends in ("input_layers", "output_layers"):  # a list of one was once a tensor by itself
            if isinstance(graph[ends], list) and len(graph[ends]) == 1 and isinstance(graph[ends][0], list):
                graph[ends] = graph[ends][0]
    return graph


def _is_old_node(node: Any) -> bool:
    return isinstance(node, list) or (isinstance(node, dict) and "args" not in node)


def _modern_entry(entry: Mapping[str, Any], names: set[Any]) -> dict[str, Any]:
    nodes = entry.get("inbound_nodes") or []
    return {
        **entry,
        "inbound_nodes": [
            _modern_node(node, names, entry.get("class_name")) if _is_old_node(node) else node for node in nodes
        ],
    }


def _modern_node(node: Any, names: set[Any], class_name: Any) -> dict[str, Any]:
    """A call: once a list of references, the last of which has the other arguments."""
    kwargs: dict[str, Any] = {}

    def tensor(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: tensor(item) for key, item in value.items()}
        if _is_reference(value, names):
            if len(value) > 3 and isinstance(value[3], dict):
                kwargs.update(value[3])
            return _reference(value)
        if isinstance(value, list) and len(value) > 2 and value[0] == "_CONSTANT_VALUE":
            if len(value) > 3 and isinstance(value[3], dict):
                kwargs.update(value[3])
            return value[2]
        return [tensor(item) for item in value] if isinstance(value, list) else value

    def inner(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: inner(item) for key, item in value.items()}
        if _is_reference(value, names):
            return _reference(value)
        return [inner(item) for item in value] if isinstance(value, list) else value

    given = tensor([node] if _is_reference(node, names) else node)
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    kwargs = {key: inner(value) for key, value in kwargs.items()}
    if class_name in _RECURRENT and isinstance(given, list) and len(given) > 1:
        return {"args": [given[0]], "kwargs": {"initial_state": given[1:], **kwargs}}
    return {"args": [given], "kwargs": kwargs}


_RECURRENT = {"RNN", "SimpleRNN", "LSTM", "GRU", "Bidirectional", "ConvLSTM2D", "CuDNNLSTM", "CuDNNGRU"}


def _is_reference(value: Any, names: set[Any]) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and value[0] in names
        and all(isinstance(number, int) for number in value[1:3])
    )


def _reference(value: Sequence[Any]) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": list(value[:3])}}


# ---------------------------------------------------------------------- weights


def aged_weights(layer: Any, arrays: Arrays, version: str, backend: str | None) -> Arrays:
    """The arrays of a layer as its variables have them today.

    Args:
        layer: the layer that they are for.
        arrays: the arrays of a file, in its order.
        version: the version of Keras that wrote it.
        backend: what Keras computed with; Theano's kernels are mirrored.
    """
    first, mirrored = _number(version) < (2,), backend == "theano"

    def convert(layer: Any, arrays: Arrays) -> Arrays:
        name = type(layer).__name__
        if name == "Bidirectional":
            half = len(arrays) // 2
            return [*convert(layer.forward_layer, arrays[:half]), *convert(layer.backward_layer, arrays[half:])]
        if name == "TimeDistributed":
            return convert(layer.layer, arrays)
        if getattr(layer, "layers", None):
            return _nested(layer, arrays, convert)
        if first and name in _FIRST and arrays:
            arrays = _FIRST[name](layer, arrays)
        if mirrored and name in _MIRRORED:
            count = 2 if name == "ConvLSTM2D" else 1
            arrays = [_mirror(array) if place < count else array for place, array in enumerate(arrays)]
        return _from_cudnn(layer, arrays) if name in ("LSTM", "GRU") else arrays

    return convert(layer, list(arrays))


def _nested(model: Any, arrays: Arrays, convert: Callable[[Any, Arrays], Arrays]) -> Arrays:
    """Those of a model within a model: of all its layers what is trained, and then the rest."""
    parts = [(layer, layer.trainable_weights) for layer in model.layers]
    parts += [(layer, layer.non_trainable_weights) for layer in model.layers]
    if sum(len(weights) for _, weights in parts) != len(arrays):
        return arrays
    converted: Arrays = []
    for layer, weights in parts:
        taken, arrays = arrays[: len(weights)], arrays[len(weights) :]
        converted += convert(layer, taken) if taken else []
    return converted


def _stacked(arrays: Arrays, order: Sequence[int]) -> Arrays:
    """Kernels, recurrent kernels and biases, which were once apart for each gate."""
    if len(arrays) != 3 * len(order):
        return arrays
    return [np.concatenate([np.asarray(arrays[3 * gate + kind]) for gate in order], axis=-1) for kind in range(3)]


def _lstm(layer: Any, arrays: Arrays) -> Arrays:
    return _stacked(arrays, (0, 2, 1, 3))  # once input, cell, forget, output


def _conv_lstm(layer: Any, arrays: Arrays) -> Arrays:
    arrays = _lstm(layer, arrays)
    if layer.data_format == "channels_first":
        arrays = [_transposed(array, (2, 3, 1, 0)) if array.ndim == 4 else array for array in arrays]
    return arrays


def _conv1d(layer: Any, arrays: Arrays) -> Arrays:
    kernel, *rest = arrays
    if kernel.ndim != 4:
        return arrays
    size = layer.kernel_size[0]
    if kernel.shape[:2] != (size, 1) or kernel.shape[3] != layer.filters:
        kernel = _transposed(kernel, (2, 3, 1, 0))
    return [np.asarray(kernel)[:, 0], *rest]


def _conv_transpose(layer: Any, arrays: Arrays) -> Arrays:
    axes = (2, 3, 0, 1) if layer.data_format == "channels_first" else (0, 1, 3, 2)
    return [_transposed(arrays[0], axes), *arrays[1:]]


def _channels_last(*axes: int) -> Callable[[Any, Arrays], Arrays]:
    def convert(layer: Any, arrays: Arrays) -> Arrays:
        if layer.data_format != "channels_first":
            return arrays
        return [_transposed(arrays[0], axes), *arrays[1:]]

    return convert


def _transposed(array: Any, axes: Sequence[int]) -> np.ndarray:
    return np.transpose(np.asarray(array), axes)


def _mirror(kernel: Any) -> np.ndarray:
    """A kernel for a convolution that does not mirror it itself: turned along its spatial axes."""
    return np.flip(np.asarray(kernel), tuple(range(kernel.ndim - 2)))


_FIRST: dict[str, Callable[[Any, Arrays], Arrays]] = {
    "Conv1D": _conv1d,
    "Conv2D": _channels_last(2, 3, 1, 0),
    "Conv2DTranspose": _conv_transpose,
    "Conv3D": _channels_last(2, 3, 4, 1, 0),
    "ConvLSTM2D": _conv_lstm,
    "GRU": lambda layer, arrays: _stacked(arrays, (0, 1, 2)),
    "LSTM": _lstm,
}
"""How layers of Keras 1 kept their arrays."""
_MIRRORED = {"Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTM2D"}


def _from_cudnn(layer: Any, arrays: Arrays) -> Arrays:
    """The arrays of CuDNNLSTM and CuDNNGRU: kernels transposed gate by gate, a bias for each of the two."""
    if len(arrays) != 3 or arrays[2].ndim != 1:
        return arrays
    gates = 4 if type(layer).__name__ == "LSTM" else 3
    units = arrays[1].shape[0]
    if arrays[2].shape != (2 * gates * units,):
        return arrays
    kernel, recurrent, bias = (np.asarray(array) for array in arrays)
    inner = np.hstack([part.T.reshape(part.shape, order="F") for part in np.hsplit(kernel, gates)])
    outer = np.hstack([part.T for part in np.hsplit(recurrent, gates)])
    return [inner, outer, bias.reshape(2, -1).sum(0) if gates == 4 else bias.reshape(2, -1)]


def aged_optimizer_weights(optimizer: Any, arrays: Arrays, names: Sequence[str]) -> Arrays:
    """The state of an optimizer in today's order: step, rate, and then slot by slot for each weight.

    Before Keras 3, and tf.keras 2.11, there was no rate in it, and each slot's arrays for all weights came together.
    """
    variables = optimizer.variables
    weights = len(optimizer._trainable_variables)
    slots = (len(variables) - 2) // weights if weights else 0
    if (
        len(arrays) == len(variables)
        or not slots
        or len(arrays) not in (1 + slots * weights, 1 + (slots + 1) * weights)
    ):
        return arrays
    ordered = [arrays[1 + slot * weights + weight] for weight in range(weights) for slot in range(slots)]
    return [arrays[0], variables[1], *ordered]
