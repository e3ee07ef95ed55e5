"""A last batch that is smaller than the others is filled up, and what was added counts for nothing: one program,
compiled once, serves all batches.

The rows that are added repeat one of the batch. That changes no number where layers, losses and metrics treat each row
by itself, and random numbers are drawn row after row. The library's own do, but for those named here (the tests of
layers, losses and metrics have laws for it). Of code of the user's nobody knows: there, batches stay as they are.
"""

from __future__ import annotations

from typing import Any

from tsuno import layers, losses, metrics
from tsuno.core.context import get_mask
from tsuno.core.spec import Node
from tsuno.data import ArrayData, Data
from tsuno.layers.image_base import BaseImagePreprocessingLayer

_MIXING_LAYERS = (
    layers.ActivityRegularization, layers.FlaxLayer, layers.JaxLayer, layers.Lambda, layers.Pipeline, layers.TFSMLayer,
    layers.TorchModuleWrapper,
)  # fmt: skip
_MIXING_COUNTS: tuple[Any, ...] = (
    losses.Circle, losses.Dice, losses.Tversky, losses.circle, losses.dice, losses.tversky, metrics.Mean, metrics.Sum,
)  # fmt: skip
_BY_ELEMENT = {
    "abs", "add", "cast", "divide", "elu", "exp", "gelu", "leaky_relu", "log", "maximum", "minimum", "multiply",
    "negative", "power", "relu", "rsqrt", "selu", "sigmoid", "silu", "softplus", "sqrt", "square", "subtract", "tanh",
}  # fmt: skip


def fill(model: Any, data: Data, phase: str) -> None:
    """Let data fill up their last batch, if that changes nothing for the model in that phase."""
    if not isinstance(data, ArrayData) or not data.can_fill or model.graph is None:
        return
    compiled = model.compiled
    if phase != "predict":
        masked = any(get_mask(output) is not None for output in model.graph.output_tensors)
        if compiled.eager or masked or not all(map(counts_rows_apart, compiled.parts())):
            return
    elif compiled is not None and compiled.eager:
        return
    if all(keeps_rows_apart(layer, phase == "train") for layer in model._flatten_layers()):
        data.fill()


def keeps_rows_apart(layer: layers.Layer, training: bool) -> bool:
    """Whether no output of a layer for a row depends on the rows beside it, nor on how many there are, unless by what
    the layers inside it do."""
    settings = vars(layer)
    graph = settings.get("graph")
    known = ("tsuno.layers.", "tsuno.models.") if graph is not None else ("tsuno.layers.",)
    return (
        type(layer).__module__.startswith(known)
        and not isinstance(layer, _MIXING_LAYERS)
        and not (training and isinstance(layer, BaseImagePreprocessingLayer))
        and (graph is None or (all(map(_is_by_row, graph.nodes)) and not graph.ends))
        # What joins rows and steps leaves a normalization in the dark about its rows.
        and not (isinstance(layer, layers.Wrapper) and _holds(layer, layers.BatchNormalization))
        and _is_along_features(settings.get("axis", -1))
        and settings.get("activity_regularizer") is None
        and not settings.get("stateful")
        and not getattr(layer, "quantization_mode", None)
        and all(_is_ours(value) for value in settings.values() if callable(value))
    )


def counts_rows_apart(counting: Any) -> bool:
    """Whether a loss or a metric is the sum or mean of what it is for each row, and takes weights."""
    settings = vars(counting)
    return (
        _is_ours(counting)
        and type(counting) not in _MIXING_COUNTS
        and settings.get("reduction", "sum") not in (None, "none")
        and settings.get("ignore_class") is None
        and (isinstance(counting, metrics.FBetaScore) or _is_along_features(settings.get("axis", -1)))
        and all(_is_ours(value) and value not in _MIXING_COUNTS for value in settings.values() if callable(value))
    )


def _is_by_row(node: Node) -> bool:
    """Whether a call in a graph is one of a layer, or of an op that works element by element on tensors of one rank."""
    if isinstance(node.operation, layers.Layer):
        return True
    ranks = {len(tensor.shape) for tensor in (*node.inputs, *node.output_tensors)}
    return node.operation.function in _BY_ELEMENT and len(ranks) == 1


def _holds(layer: layers.Layer, kind: type) -> bool:
    return any(isinstance(child, kind) for child in layer._flatten_layers())


def _is_along_features(axis: Any) -> bool:
    """Whether an axis, or each of several, cannot be that of rows."""
    return all(
        isinstance(each, int) and (each > 0 or each == -1) for each in (axis if hasattr(axis, "__iter__") else [axis])
    )


def _is_ours(thing: Any) -> bool:
    """Whether a function, or the class of an object, is the library's and of today."""
    module: str = getattr(thing, "__module__", None) or type(thing).__module__
    return module.startswith("tsuno.") and not module.startswith("tsuno.legacy.")
