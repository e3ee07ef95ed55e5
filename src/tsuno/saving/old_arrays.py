"""Arrays of every age: weights and slots in the order and the layout that earlier versions of Keras had, in today's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tsuno.optimizers import Optimizer
from tsuno.saving.ages import number

Arrays = list[Any]


def aged_weights(layer: Any, arrays: Arrays, version: str, backend: str | None) -> Arrays:
    """The arrays of a layer as its variables have them today.

    Args:
        layer: the layer that they are for.
        arrays: the arrays of a file, in its order.
        version: the version of Keras that wrote it.
        backend: what Keras computed with; Theano's kernels are mirrored.
    """
    first, mirrored = number(version) < (2,), backend == "theano"

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


# ---------------------------------------------------------------------- state of optimizers, places


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
    if _fit(arrays, variables) or not weights or not arrays:
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


def _fit(arrays: Arrays, variables: Sequence[Any]) -> bool:
    return [tuple(array.shape) for array in arrays] == [tuple(variable.shape) for variable in variables]


def aged_store(owner: Any, store: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an object takes its arrays from, by place: of an optimizer before Keras 3, in today's order."""
    if not isinstance(owner, Optimizer):
        return store
    arrays = [store[place] for place in sorted(store, key=lambda place: (len(place), place))]
    if not arrays or _fit(arrays, owner._kept()):
        return store
    return {str(place): array for place, array in enumerate(aged_slots(owner, arrays))}
