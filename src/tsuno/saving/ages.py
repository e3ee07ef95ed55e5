"""Files of every age: configurations as earlier versions of Keras wrote them, in today's form.

What a layer's arguments were once called is no matter of files; see `legacy`. Here is how a model was written down:
the list of layers and the references between them. For the order and the layout of arrays see `old_arrays`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tsuno.core.function_config import function_from_config
from tsuno.core.registry import get_registered_object

# ---------------------------------------------------------------------- configurations


def modern(data: Any, version: str = "") -> Any:
    """Plain data of any age in today's form.

    Args:
        data: the configuration of a model or a part of one.
        version: the version of Keras that wrote it, if that is known; up to 2.12 models do not say their modules.
    """
    if not version and isinstance(data, dict) and "class_name" in data and "module" not in data:
        version = "2"
    return _modern(data, bool(version) and number(version) < (3,))


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
    if data.keys() == {"type", "value"} and data["type"] == "ndarray":
        return data["value"]
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
        if (branches := _branches(config["layers"])) is not None:
            name, config = "Functional", branches
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
    if home is not None and rest.get("module") is None:  # not in `.h5` files of Keras 3 either
        rest["module"] = f"keras.{home}"
    return {"class_name": name, "config": _modern_values(config, old), **_modern_values(rest, old)}


def _of_library(name: str) -> str:
    """The name of a class; Keras 2.11 to 2.15 had its own optimizers among those of users, as `Custom>Adam`."""
    plain = name.removeprefix("Custom>")
    return name if get_registered_object(name) is not None else plain


def _named_function(config: dict[str, Any]) -> dict[str, Any]:
    """A `Lambda` whose function is found by its name, or by the layer's where the file has code, which never runs."""
    function, name = config.get("function"), config.get("name")
    kind = function.get("class_name") if isinstance(function, dict) else None
    code = isinstance(function, (list, tuple)) or kind == "__lambda__"
    known_as = function.get("config") if isinstance(function, dict) and kind == "function" else function
    if not code and not isinstance(known_as, str):
        return config
    for known in (known_as, name):
        if isinstance(known, str) and get_registered_object(known) is not None:
            return {**config, "function": {"class_name": "function", "config": known}, "output_shape": None}
    if code or known_as == "<lambda>":
        what = "code in the file, which is never run" if code else "a function without a name, which files do not hold"
        raise ValueError(
            f"The layer {name!r} (Lambda) has {what}. Pass its function under the layer's name: "
            f"custom_objects={{{name!r}: function}}."
        )
    return config


def number(version: str) -> tuple[int, ...]:
    """A version as numbers; what comes after them, as in `2.4.0-tf`, says nothing here."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


_ACTIVATIONS = {"hard_sigmoid": "keras2_hard_sigmoid", "softmax_v2": "softmax"}
"""Activations that a name does not stand for today; the second is what TensorFlow called `tf.nn.softmax`."""


def _with_old_defaults(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """What a configuration meant before Keras 3 where the same words mean something else today."""
    config = dict(config)
    for argument in ("activation", "recurrent_activation", "inner_activation"):
        if isinstance(known := config.get(argument), str):
            config[argument] = _ACTIVATIONS.get(known, known)
    if name in _GATED and not {"recurrent_activation", "inner_activation"} & set(config):
        config["recurrent_activation"] = "keras2_hard_sigmoid"
    if name in ("GRU", "GRUCell"):
        config.setdefault("reset_after", False)
    if "batch_input_shape" in config:  # which says what these do
        for argument in ("input_shape", "input_length", "input_dim")[: 2 if name == "Embedding" else 3]:
            config.pop(argument, None)
    return config


_GATED = {"LSTM", "GRU", "LSTMCell", "GRUCell", "ConvLSTM2D", "ConvLSTM2DCell"}
"""Layers whose gates were once hard by default."""


# ---------------------------------------------------------------------- graphs


def _modern_graph(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a model drawn with symbolic tensors, with its calls as they are written today."""
    layers = config["layers"] if isinstance(config.get("layers"), list) else []
    entries = [layer for layer in layers if isinstance(layer, dict)]
    if not any(_is_old_node(node) for entry in entries for node in entry.get("inbound_nodes") or ()):
        return {**config, "layers": [_placed_operation(entry) for entry in entries]}
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


def _placed_operation(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An operation with its module, which Keras 3 leaves out in `.h5` files; layers of its name say if they train."""
    name, config = entry.get("class_name"), entry.get("config")
    if "module" in entry or not isinstance(config, dict) or "trainable" in config or not isinstance(name, str):
        return entry
    placed = {**entry, "module": "keras.src.ops"}
    try:
        return entry if get_registered_object(name) is not None else placed if function_from_config(placed) else entry
    except ValueError:
        return entry  # a layer


def _branches(layers: Sequence[Any]) -> dict[str, Any] | None:
    """The graph of a `Sequential` of Keras 1 that begins with a `Merge` of models, each with an input of its own."""
    merge, *rest = layers or [None]
    inner = merge["config"].get("layers") if isinstance(merge, dict) and isinstance(merge.get("config"), dict) else None
    shapes = [_input_shape(branch) for branch in inner] if isinstance(inner, list) else []
    if not shapes or None in shapes or not all(isinstance(each, dict) for each in rest):
        return None
    names = [f"branch_{number}" for number in range(len(shapes))]
    inputs = [f"{name}_input" for name in names]
    entries: list[dict[str, Any]] = []
    for name, entry, shape, branch in zip(names, inputs, shapes, inner or [], strict=True):
        about = {"name": entry, "batch_input_shape": shape}
        entries.append({"class_name": "InputLayer", "config": about, "name": entry, "inbound_nodes": []})
        entries.append({**branch, "name": name, "inbound_nodes": [[[entry, 0, 0]]]})
    for number, layer in enumerate([{**merge, "config": {**merge["config"], "layers": None}}, *rest]):
        entries.append({**layer, "name": f"line_{number}", "inbound_nodes": [[[name, 0, 0] for name in names]]})
        names = [f"line_{number}"]
    ends = {"input_layers": [[name, 0, 0] for name in inputs], "output_layers": [[names[0], 0, 0]]}
    return {"layers": entries, **ends}


def _input_shape(layer: Any) -> Any:
    """The batch shape that a model or layer begins with, if it says so."""
    config = layer.get("config") if isinstance(layer, dict) else None
    inner = config.get("layers") if isinstance(config, dict) else config
    if isinstance(inner, list) and inner:
        return _input_shape(inner[0])
    return config.get("batch_input_shape") if isinstance(config, dict) else None


def _is_old_node(node: Any) -> bool:
    return isinstance(node, list) or (isinstance(node, dict) and "args" not in node)


def _modern_entry(entry: Mapping[str, Any], names: set[Any], late: set[Any]) -> dict[str, Any]:
    nodes = entry.get("inbound_nodes") or []
    if entry.get("class_name") == "TensorFlowOpLayer":
        return _operation(entry, _shifted(nodes, names, late), names)
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
        return value[2] if constant else _tensor(value)

    given = tensor([node] if _is_reference(node, names) else node, first=True)
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    kwargs = {key: tensor(value) for key, value in kwargs.items() if value is not None}
    if class_name in _RECURRENT and isinstance(given, list) and len(given) > 1:
        return {"args": [given[0]], "kwargs": {"initial_state": given[1:], **kwargs}}
    return {"args": [given], "kwargs": kwargs}


_RAW = {
    **dict.fromkeys(["AddV2", "Add", "BiasAdd"], ("math.add", "y")),
    **{op: (f"math.{name}", "y") for op, name in {"Sub": "subtract", "Mul": "multiply", "RealDiv": "truediv"}.items()},
    **{op: (f"math.{op.lower()}", "y") for op in ("Pow", "Maximum", "Minimum")},
    **{op: (f"math.{op.lower()}", "") for op in ("Abs", "Exp", "Log", "Sqrt", "Square", "Sigmoid", "Tanh", "Softplus")},
    **{op: (f"nn.{op.lower()}", "") for op in ("Relu", "Relu6", "Elu", "Selu", "Softmax")},
    **{op: (f"math.reduce_{op.lower()}", "axis") for op in ("Mean", "Sum", "Max", "Min", "Prod")},
    **dict.fromkeys(["MatMul", "BatchMatMulV2"], ("linalg.matmul", "b")),
    "Neg": ("math.negative", ""),
    "Reshape": ("reshape", "shape"),
    "Transpose": ("transpose", "perm"),
    "ExpandDims": ("expand_dims", "axis"),
    "ConcatV2": ("concat", "axis"),
}
"""TensorFlow's raw operations: the public ones that do the same, and the name there of what comes last."""
_RAW_OPTIONS = {"keep_dims": "keepdims", "transpose_a": "transpose_a", "transpose_b": "transpose_b",
                "adj_x": "transpose_a", "adj_y": "transpose_b"}  # fmt: skip


def _operation(entry: Mapping[str, Any], nodes: list[Any], names: set[Any]) -> dict[str, Any]:
    """An operation in a graph of `tf.keras` 2.0 to 2.3, which had a raw one, as 2.4 to 2.15 wrote it."""
    config = entry["config"]
    about = config["node_def"]
    if not isinstance(about, dict) or about.get("op") not in _RAW:
        op = about.get("op") if isinstance(about, dict) else "that is not described in words"
        raise ValueError(
            f"The operation {op!r} of TensorFlow, in the layer {entry.get('name')!r}, is not known here. Make the "
            "model anew with `tsuno.ops`, and load its weights."
        )
    function, last = _RAW[about["op"]]
    attributes = about.get("attr") or {}
    kwargs = {new: True for old, new in _RAW_OPTIONS.items() if (attributes.get(old) or {}).get("b")}
    calls = []
    for node in nodes:
        inputs = _references(node, names)
        for place in sorted(config.get("constants") or {}, key=int):
            inputs.insert(int(place), ["_CONSTANT_VALUE", -1, config["constants"][place]])
        given = inputs[:-1] if last else inputs
        calls.append(
            _modern_node(given, names, None) if about["op"] == "ConcatV2" else _modern_node(given[0], names, None)
        )
        tail = {last: inputs[-1][2] if inputs[-1][0] == "_CONSTANT_VALUE" else _tensor(inputs[-1])} if last else {}
        calls[-1]["kwargs"] = {**kwargs, **tail}
    options = {"name": config.get("name"), "function": function}
    return {**entry, "class_name": "TFOpLambda", "config": options, "inbound_nodes": calls}


def _tensor(reference: Sequence[Any]) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": list(reference[:3])}}


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
