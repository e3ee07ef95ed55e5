"""Writers of files in the layouts of Keras 1 and Keras 2.0 to 2.2: facts about those, and nothing of Tsuno."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import h5py
import numpy as np

Arrays = list[np.ndarray]
Stored = Sequence[tuple[str, Sequence[tuple[str, np.ndarray]]]]
"""The layers of a file by name, and the arrays of each by name."""


def write_layers(group: Any, layers: Stored, version: str | None, backend: str | None, parts: int = 1) -> None:
    """The names as bytes in attributes, which for many layers are in several parts."""
    names = np.array([name.encode() for name, _ in layers])
    for number, part in enumerate(np.array_split(names, parts)):
        group.attrs["layer_names" if parts == 1 else f"layer_names{number}"] = part
    for key, value in (("keras_version", version), ("backend", backend)):
        if value is not None:
            group.attrs[key] = value.encode()
    for name, arrays in layers:
        layer = group.create_group(name)
        layer.attrs["weight_names"] = [each.encode() for each, _ in arrays]
        for each, array in arrays:
            layer.create_dataset(each, data=array)


def write_bare(
    path: Any, layers: Stored, version: str | None = None, backend: str | None = None, parts: int = 1
) -> None:
    """What `save_weights` wrote."""
    with h5py.File(path, "w") as file:
        write_layers(file, layers, version, backend, parts)


def write_whole(
    path: Any,
    config: Any,
    layers: Stored,
    version: str | None = None,
    backend: str | None = None,
    training: Any = None,
    slots: Sequence[tuple[str, np.ndarray]] = (),
) -> None:
    """What `save` wrote; of the optimizer's state the order says what is what."""
    with h5py.File(path, "w") as file:
        for key, value in (("keras_version", version), ("backend", backend)):
            if value is not None:
                file.attrs[key] = value.encode()
        file.attrs["model_config"] = json.dumps(config).encode()
        write_layers(file.create_group("model_weights"), layers, version, backend)
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        if slots:
            group = file.create_group("optimizer_weights")
            group.attrs["weight_names"] = [name.encode() for name, _ in slots]
            for name, array in slots:
                group.create_dataset(name, data=array)


# ---------------------------------------------------------------------- layers of Keras 1


def first(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    """A layer as Keras 1 described it."""
    return {"class_name": class_name, "config": {"name": name, "trainable": True, **config}}


PENALTIES: dict[str, Any] = dict.fromkeys(
    ["W_regularizer", "b_regularizer", "activity_regularizer", "W_constraint", "b_constraint"]
)
L2_OF_1 = {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}


def dense(name: str, units: int, activation: str = "linear", **config: Any) -> dict[str, Any]:
    usual = {"init": "glorot_uniform", "activation": activation, "bias": True, "input_dim": None, **PENALTIES}
    return first("Dense", name, **{"output_dim": units, **usual, **config})


def conv2d(class_name: str, name: str, order: str = "tf", **config: Any) -> dict[str, Any]:
    usual = {
        "nb_filter": 4, "nb_row": 3, "nb_col": 2, "init": "glorot_uniform", "activation": "relu",
        "border_mode": "valid", "subsample": [1, 1], "dim_ordering": order, "bias": True, **PENALTIES,
    }  # fmt: skip
    return first(class_name, name, **{**usual, **config})


def conv1d(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    usual = {
        "nb_filter": 4, "filter_length": 3, "init": "uniform", "activation": "tanh", "border_mode": "valid",
        "subsample_length": 1, "bias": True, "input_dim": 2, "input_length": 7, **PENALTIES,
    }  # fmt: skip
    return first(class_name, name, **{**usual, **config})


def recurrent(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    usual = {
        "output_dim": 4, "init": "glorot_uniform", "inner_init": "orthogonal", "activation": "tanh",
        "return_sequences": False, "go_backwards": False, "stateful": False, "unroll": False, "consume_less": "cpu",
        "input_dim": 3, "input_length": None, "W_regularizer": None, "U_regularizer": None, "b_regularizer": None,
        "dropout_W": 0.0, "dropout_U": 0.0,
    }  # fmt: skip
    if class_name != "SimpleRNN":
        usual["inner_activation"] = "hard_sigmoid"
    if class_name == "LSTM":
        usual["forget_bias_init"] = "one"
    return first(class_name, name, **{**usual, **config})


# ---------------------------------------------------------------------- arrays of today in the order of old


def gates(order: str, today: str) -> Callable[[Arrays], Arrays]:
    """Kernels, recurrent kernels and biases gate by gate, as Keras 1 kept them."""

    def convert(arrays: Arrays) -> Arrays:
        parts = [dict(zip(today, np.split(array, len(today), axis=-1), strict=True)) for array in arrays]
        return [part[gate] for gate in order for part in parts]

    return convert


LSTM_OF_1 = gates("icfo", "ifco")
GRU_OF_1 = gates("zrh", "zrh")


def kernel(*axes: int, mirrored: bool = False) -> Callable[[Arrays], Arrays]:
    """The first array with its axes in another order, and turned along rows and columns for a true convolution."""

    def convert(arrays: Arrays) -> Arrays:
        array = np.flip(arrays[0], tuple(range(arrays[0].ndim - 2))) if mirrored else arrays[0]
        return [np.transpose(array, axes) if axes else array, *arrays[1:]]

    return convert


def as_image(arrays: Arrays) -> Arrays:
    return [arrays[0][:, None], *arrays[1:]]


def as_image_of_theano(arrays: Arrays) -> Arrays:
    return [np.transpose(arrays[0][:, None], (3, 2, 0, 1)), *arrays[1:]]


def halves(convert: Callable[[Arrays], Arrays]) -> Callable[[Arrays], Arrays]:
    """Of a layer in both directions."""
    return lambda arrays: [
        *convert(arrays[: len(arrays) // 2]),
        *convert(arrays[len(arrays) // 2 :]),
    ]


def cudnn(count: int) -> Callable[[Arrays], Arrays]:
    """Kernels transposed gate by gate in memory, two biases one after the other."""

    def convert(arrays: Arrays) -> Arrays:
        inner = np.hstack([part.T.reshape(part.shape) for part in np.hsplit(arrays[0], count)])
        outer = np.hstack([part.T for part in np.hsplit(arrays[1], count)])
        bias = arrays[2].reshape(-1) if count == 3 else np.concatenate([arrays[2] * 0.25, arrays[2] * 0.75])
        return [inner, outer, bias]

    return convert


# ---------------------------------------------------------------------- graphs


def call(name: str, node: int = 0, tensor: int = 0, kwargs: Mapping[str, Any] | None = None) -> list[Any]:
    """A reference; Keras 1 had no keyword arguments in it."""
    return [name, node, tensor] if kwargs is None else [name, node, tensor, dict(kwargs)]


def graph(layers: Sequence[tuple[Any, Any]], inputs: Sequence[str], outputs: Sequence[Any]) -> dict[str, Any]:
    """A model with calls; `layers` are descriptions and their calls."""
    return {
        "class_name": "Model",
        "config": {
            "name": "model_1",
            "layers": [{**layer, "name": layer["config"]["name"], "inbound_nodes": nodes} for layer, nodes in layers],
            "input_layers": [[name, 0, 0] for name in inputs],
            "output_layers": [each if isinstance(each, list) else [each, 0, 0] for each in outputs],
        },
    }


def entry(name: str, *shape: int | None) -> dict[str, Any]:
    return {
        "class_name": "InputLayer",
        "config": {"name": name, "batch_input_shape": [None, *shape], "input_dtype": "float32", "sparse": False},
    }


class Row(NamedTuple):
    """A layer of the past, the layer of today that computes the same, and how its arrays were stored."""

    old: dict[str, Any]
    shape: tuple[int, ...]
    today: Callable[[Any], Any]
    stored: Callable[[Arrays], Arrays] = list
    backend: str | None = None
