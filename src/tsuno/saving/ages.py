"""Files of every age: configurations and weights as earlier versions of Keras wrote them, in today's form.

What a layer's arguments were once called is no matter of files; see `legacy`. Here is how a model was written down:
the list of layers, the references between them, and the order and the layout of arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tsuno.core.registry import get_registered_object
from tsuno.optimizers import Optimizer

Arrays = list[Any]

# ---------------------------------------------------------------------- configurations


def modern(data: Any, version: str = "") -> Any:
    """Plain data of any age in today's form.

    Args:
        data: the configuration of a model or a part of one.
        version: the version of Keras that wrote it, if that is known; up to 2.12 models do not say their modules.
    """
    if not version and isinstance(data, dict) and "class_name" in data and "module" not in data:
        version = "2"
    return _modern(data, bool(version) and _number(version) < (3,))


_HOMES = {
    "layers": "layers",
    "layer": "layers",
    "cell": "layers",
    "cells": "layers",
    "forward_layer": "layers",
    "backward_layer": "layers",
    "optimizer": "optimizers",
    "inner_optimizer": "optimizers",
    "learning_rate": "optimizers.schedules",
    "loss": "losses",
    "metrics": "metrics",
    "weighted_metrics": "metrics",
}
"""In which module the classes are whose configurations stand under a word: several modules have some names."""
_HOMES_BY_ENDING = {"initializer": "initializers", "regularizer": "regularizers", "constraint": "constraints"}


def _modern(data: Any, old: bool, home: str | None = None) -> Any:
    if isinstance(data, (list, tuple)):
        return [_modern(item, old, home) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("class_name") in ("__tuple__", "TensorShape") and "items" in data:
        return [_modern(item, old) for item in data["items"]]
    if "class_name" in data and "config" in data:
        return _modern_object(data, old, home)
    return _modern_values(data, old, home)


def _modern_values(data: Mapping[str, Any], old: bool, home: str | None = None) -> dict[str, Any]:
    def home_of(key: Any) -> str | None:
        return _HOMES.get(key) or _HOMES_BY_ENDING.get(str(key).rpartition("_")[2]) or home

    return {key: _modern(value, old, home_of(key)) for key, value in data.items()}


def _modern_object(data: Mapping[str, Any], old: bool, home: str | None) -> dict[str, Any]:
    name, config = data["class_name"], data["config"]
    if name == "Sequential" and isinstance(config, list):
        config = {"layers": config}
    if not isinstance(name, str) or not isinstance(config, dict):
        return _modern_values(data, old)
    rest = {key: value for key, value in data.items() if key not in ("class_name", "config")}
    config = dict(config)
    if name in ("Model", "Functional", "Container", "Network") and "input_layers" in config:
        name, rest["module"] = "Functional", "keras"
        config = _modern_graph(config)
    if name == "InputLayer" and "batch_input_shape" in config:
        config["batch_shape"] = config.pop("batch_input_shape")
        config["dtype"] = config.pop("input_dtype", None) or config.get("dtype")
    if name == "Policy":
        name = "DTypePolicy"
    if name == "Bidirectional" and config.get("backward_layer") is None:
        config.pop("backward_layer", None)
    if name == "Lambda":
        config = _named_function(config)
    if old:
        name, config = _of_library(name), _with_old_defaults(name, config)
        if isinstance(rest.get("registered_name"), str):
            rest["registered_name"] = _of_library(rest["registered_name"])
        if str(rest.get("module")).startswith("keras") and name != "Sequential":
            rest.pop("build_config", None)  # once the shapes of all arguments of a call, in no form of today
        if home is not None and rest.get("module") is None:
            rest["module"] = f"keras.{home}"
    return {"class_name": name, "config": _modern_values(config, old), **_modern_values(rest, old)}


def _of_library(name: str) -> str:
    """The name of a class; Keras 2.11 to 2.15 had its own optimizers among those of users, as `Custom>Adam`."""
    plain = name.removeprefix("Custom>")
    return name if get_registered_object(name) is not None else plain


def _named_function(config: dict[str, Any]) -> dict[str, Any]:
    """A `Lambda` whose function is found by the layer's name where the file has code, which never runs, or a name."""
    function, name = config.get("function"), config.get("name")
    holds_code = isinstance(function, (list, tuple)) or (
        isinstance(function, dict) and function.get("class_name") == "__lambda__"
    )
    if not holds_code and (not isinstance(function, str) or get_registered_object(function) is not None):
        return config
    if isinstance(name, str) and get_registered_object(name) is not None:
        return {**config, "function": {"class_name": "function", "config": name}, "output_shape": None}
    if holds_code:
        raise ValueError(
            f"The layer {name!r} (Lambda) has code in the file, which is never run. Pass its function under the "
            f"layer's name: custom_objects={{{name!r}: function}}."
        )
    return config


def _number(version: str) -> tuple[int, ...]:
    """A version as numbers; what comes after them, as in `2.4.0-tf`, says nothing here."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


_ACTIVATIONS = ("activation", "recurrent_activation", "inner_activation")


def _with_old_defaults(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """What a configuration meant before Keras 3 where the same words mean something else today."""
    config = dict(config)
    for argument in _ACTIVATIONS:
        if config.get(argument) == "hard_sigmoid":
            config[argument] = "keras2_hard_sigmoid"
    if name in _GATED and not {"recurrent_activation", "inner_activation"} & set(config):
        config["recurrent_activation"] = "keras2_hard_sigmoid"
    if name in ("GRU", "GRUCell"):
        config.setdefault("reset_after", False)
    return config


_GATED = {"LSTM", "GRU", "LSTMCell", "GRUCell", "ConvLSTM2D", "ConvLSTM2DCell"}
"""Layers whose gates were once hard by default."""


# ---------------------------------------------------------------------- graphs


def _modern_graph(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a model drawn with symbolic tensors, with its calls as they are written today."""
    layers = config["layers"] if isinstance(config.get("layers"), list) else []
    entries = [layer for layer in layers if isinstance(layer, dict)]
    if not any(_is_old_node(node) for entry in entries for node in entry.get("inbound_nodes") or ()):
        return {**config, "layers": entries}
    names = {entry.get("name") for entry in entries}
    nodes = [entry.get("inbound_nodes") for entry in entries]
    used = _references([nodes, config.get("input_layers"), config.get("output_layers")], names)
    # A model counted its own making as its first call.
    late = {
        entry.get("name")
        for entry in entries
        if any(name == entry.get("name") and call >= len(entry.get("inbound_nodes") or [0]) for name, call, *_ in used)
    }
    graph = {**config, "layers": [_modern_entry(entry, names, late) for entry in entries]}
    for ends in ("input_layers", "output_layers"):
        graph[ends] = _shifted(graph.get(ends), names, late)
        if isinstance(graph[ends], list) and len(graph[ends]) == 1 and isinstance(graph[ends][0], list):
            graph[ends] = graph[ends][0]  # a list of one was once a tensor by itself
    return graph


def _is_old_node(node: Any) -> bool:
    return isinstance(node, list) or (isinstance(node, dict) and "args" not in node)


def _modern_entry(entry: Mapping[str, Any], names: set[Any], late: set[Any]) -> dict[str, Any]:
    nodes = entry.get("inbound_nodes") or []
    return {
        **entry,
        "inbound_nodes": [
            _modern_node(_shifted(node, names, late), names, entry.get("class_name")) if _is_old_node(node) else node
            for node in nodes
        ],
    }


def _modern_node(node: Any, names: set[Any], class_name: Any) -> dict[str, Any]:
    """A call: once a list of references, the last of which has the other arguments."""
    kwargs: dict[str, Any] = {}

    def tensor(value: Any, first: bool = False) -> Any:
        if isinstance(value, dict):
            return {key: tensor(item, first) for key, item in value.items()}
        if not isinstance(value, list):
            return value
        constant = first and len(value) > 2 and value[0] == "_CONSTANT_VALUE"
        if not constant and not _is_reference(value, names):
            return [tensor(item, first) for item in value]
        if first and len(value) > 3 and isinstance(value[3], dict):
            kwargs.update(value[3])
        return (
            value[2] if constant else {"class_name": "__keras_tensor__", "config": {"keras_history": list(value[:3])}}
        )

    given = tensor([node] if _is_reference(node, names) else node, first=True)
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    kwargs = {key: tensor(value) for key, value in kwargs.items() if value is not None}
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


def _references(value: Any, names: set[Any]) -> list[list[Any]]:
    """The references within plain data: the name of a layer, the number of the call, the number of the output."""
    if _is_reference(value, names):
        return [value, *_references(value[3:], names)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for item in inner for found in _references(item, names)]


def _shifted(value: Any, names: set[Any], late: set[Any]) -> Any:
    """Plain data in which the calls of some layers, which were counted from 1, are counted from 0."""
    if isinstance(value, dict):
        return {key: _shifted(item, names, late) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if late and _is_reference(value, names) and value[0] in late:
        value = [value[0], value[1] - 1, *value[2:]]
    return [_shifted(item, names, late) for item in value]


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


def aged_slots(optimizer: Optimizer, arrays: Arrays, names: Sequence[str] = ()) -> Arrays:
    """The state of an optimizer in today's order: step, rate, and then its slots; as it was if that cannot be told.

    Before Keras 3 there was no rate in it. Up to `tf.keras` 2.10, each slot's arrays for all weights came together; and
    before Keras 2.3 some had no step.

    Args:
        optimizer: the optimizer, built.
        arrays: its arrays in a file, in order.
        names: their names, if the file has them.
    """
    variables, weights = optimizer.variables, optimizer._trainable_variables
    if len(arrays) == len(variables) or not weights or not arrays:
        return arrays
    inner: Any = getattr(optimizer, "inner_optimizer", optimizer)
    before = next((place for place, array in enumerate(arrays) if array.shape), 0)  # the step, and Nadam's product
    step, slots = np.asarray(arrays[0] if before else 0), arrays[before:]
    together = bool(names) and names[0].rpartition("/")[2] != "iteration:0"
    rounds = [name if isinstance(name, tuple) else (name,) for name in inner.slot_names] or [("momentum",)]
    if together:
        rounds = [(name,) for group in rounds for name in group]
    places = [(weight, name) for group in rounds for weight in range(len(weights)) for name in group]
    if len(slots) < len(places):
        return arrays
    found = dict(zip(places, slots, strict=False))
    by_id = {id(slot): found.get((i, name)) for i, own in enumerate(inner._slots) for name, slot in own.items()}
    by_id[id(inner._iterations)] = step
    if hasattr(inner, "_product"):  # Nadam's, which is a function of the step
        by_id[id(inner._product)] = np.prod([inner._momentum(n + 1.0) for n in range(int(step))])
    return [by_id.get(id(variable), variable) for variable in variables]


def aged_places(path: str) -> list[str]:
    """Where an object's arrays may be: under its path today, or as up to Keras 2.15, with an attribute that was private
    then or among the layers of 2.12."""
    around, slash, last = path.rpartition("/")
    old = re.sub(r"^layers/", "_layer_checkpoint_dependencies/", path)
    return list(dict.fromkeys([path, f"{around}{slash}_{last}", old])) if path else [path]


def aged_store(owner: Any, store: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an object takes its arrays from, by place: of an optimizer before Keras 3, in today's order."""
    if not isinstance(owner, Optimizer) or len(store) in (0, len(owner.variables)):
        return store
    arrays = [store[place] for place in sorted(store, key=lambda place: (len(place), place))]
    return {str(place): array for place, array in enumerate(aged_slots(owner, arrays))}
