"""What can be wrong with a call of `fit` and its like, said in one sentence before anything runs."""

from __future__ import annotations

import inspect
import numbers
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tsuno import activations, losses
from tsuno.core import past, tree
from tsuno.core.context import scope
from tsuno.core.errors import describe, invalid, is_asking, reason
from tsuno.core.op import to_array
from tsuno.core.registry import in_library
from tsuno.core.spec import KerasTensor, infer, is_symbolic
from tsuno.core.variable import Variable
from tsuno.losses.base import LossFunctionWrapper, same_rank
from tsuno.metrics import BinaryAccuracy, MeanMetricWrapper
from tsuno.training.compiled import output_names

_NO_PROBABILITIES = (None, activations.linear, activations.relu, activations.tanh)


def whole_number(value: Any, where: str, low: int = 1, optional: bool = True) -> Any:
    """An integer not below `low`, or None."""
    if value is None and optional:
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < low:
        expected = "a positive integer" if low == 1 else f"an integer, {low} or more"
        raise invalid(where, expected, value)
    return int(value)


def fraction(value: Any, where: str) -> float:
    """A number from 0 up to 1."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= float(value) < 1:
        raise invalid(where, "a number from 0 up to, not including, 1", value)
    return float(value)


def check_inputs(model: Any, x: Any) -> None:
    """Whether inputs have the shapes that the model declares, and values that its first layers can take."""
    graph = model.compiled_graph
    if graph is None:
        return
    for tensor, array in zip(graph.input_tensors, graph.align(x), strict=True):
        if array is None:
            continue
        shape = tuple(array.shape)
        if len(shape) == len(tensor.shape) - 1 and tensor.shape[-1] == 1:
            shape = (*shape, 1)
        elif len(shape) == len(tensor.shape) + 1 and shape[-1] == 1:
            shape = shape[:-1]
        graph.check_shape(tensor, (None, *shape[1:]) if tensor.shape[:1] == (None,) else shape)


def check_indices(model: Any, x: Any) -> None:
    """Whether the integers that go straight into embeddings are rows of their tables."""
    graph = model.compiled_graph
    if graph is None:
        return
    from_input = dict(zip(map(id, graph.input_tensors), graph.align(x), strict=True))
    for node in graph.nodes:
        limit = getattr(node.operation, "input_dim", None)
        if not hasattr(node.operation, "embeddings") or limit is None:
            continue
        for tensor in node.inputs:
            array = from_input.get(id(tensor))
            if array is None or not len(array):
                continue
            low, high = array.min(), array.max()
            if low < 0 or high >= limit:
                raise ValueError(
                    f"The input of `{node.operation.name}` must hold integers from 0 to {limit - 1} "
                    f"(input_dim={limit}); got values "
                    f"from {low} to {high}."
                )
            if array.dtype.kind == "f" and not np.array_equal(array, np.rint(array)):
                got = array[array != np.rint(array)].flat[0]
                raise ValueError(f"The input of `{node.operation.name}` must hold whole numbers; got {got}.")


def check_targets(model: Any, y: Any, y_pred: Any, shape_of_y: Any, sample_weight: Any = None) -> None:
    """Whether the targets fit the outputs and the losses: shapes, and labels within their range."""
    compiled = model.compiled
    if compiled.loss is None or y is None:
        return
    names = output_names(model, y_pred)
    outputs = tree.flatten(y_pred)
    for (fn, _), target, array, output in zip(
        compiled._losses,
        compiled._flat_targets(shape_of_y, y_pred, names),
        compiled._flat_targets(y, y_pred, names),
        outputs,
        strict=True,
    ):
        if fn is None or target is None:
            continue
        if _refers_to_graph(fn):
            continue
        if _is_own(fn) or tuple(target.shape[1:]) != tuple(output.shape[1:]):
            _try(model, "loss", fn, output.shape[0] or len(array), target, output)
        _check_labels(fn, np.asarray(array), output)
    _check_metrics(model, y, y_pred, shape_of_y)
    _check_probabilities(model)


def value_check(model: Any, y_pred: Any) -> Callable[[Any], None]:
    """A check of the values in a batch that comes later, of the shapes that were checked: indices and labels."""
    names, outputs = output_names(model, y_pred), tree.flatten(y_pred)

    def check(batch: Any) -> None:
        x, y, _ = batch
        check_indices(model, x)
        if y is not None and model.compiled.loss is not None:
            targets = model.compiled._flat_targets(y, y_pred, names)
            for (fn, _), array, output in zip(model.compiled._losses, targets, outputs, strict=True):
                if fn is not None and array is not None:
                    _check_labels(fn, np.asarray(array), output)

    return check


def _is_own(fn: Any) -> bool:
    """Whether a loss or a metric is a function of the user's."""
    return isinstance(fn, (LossFunctionWrapper, MeanMetricWrapper)) and not in_library(fn.fn)


def _refers_to_graph(fn: Any) -> bool:
    """Whether a function of the user's refers to symbolic tensors, whose values only a step knows."""
    if not past.alive or not _is_own(fn) or not inspect.isfunction(fn.fn):
        return False
    found = inspect.getclosurevars(fn.fn)
    return is_symbolic([*found.nonlocals.values(), *found.globals.values()])


def _try(model: Any, what: str, fn: Any, rows: int, *pair: Any) -> None:
    """Call a loss or a metric with symbolic tensors like these, once for each pair of shapes."""
    tensors = tuple(KerasTensor((rows, *each.shape[1:]), str(each.dtype)) for each in pair)

    def call() -> bool:
        with scope(losses=[]):
            infer(partial(_value, what, fn), tensors, {})
        return True

    model._programs.get((what, id(fn), *((tensor.shape, tensor.dtype) for tensor in tensors)), call)


def _value(what: str, fn: Any, y_true: Any, y_pred: Any) -> Any:
    """The value of a loss or a metric, which must be one."""
    if not _is_own(fn):
        return fn(y_true, y_pred)
    try:
        values = fn.fn(*same_rank(y_true, y_pred), **fn._fn_kwargs)
    except TypeError as problem:
        if is_asking(problem):
            raise TypeError(f"The {what} {fn.name!r} cannot be compiled: {reason(problem)}.") from problem
        raise
    values = to_array(values) if isinstance(values, Variable) else values
    if not isinstance(values, (int, float)) and not hasattr(values, "dtype"):
        returned = "None: does it lack a `return`?" if values is None else f"{describe(values)}, not a tensor."
        raise TypeError(f"The {what} {fn.name!r} returned {returned}")
    return values


def _check_metrics(model: Any, y: Any, y_pred: Any, shape_of_y: Any) -> None:
    """Whether functions given as metrics return something, and accuracy is asked of classes."""
    compiled = model.compiled
    names, outputs = output_names(model, y_pred), tree.flatten(y_pred)
    targets = compiled._flat_targets(y, y_pred, names)
    for row, weighted, array, output in zip(compiled._metrics, compiled._weighted, targets, outputs, strict=True):
        for metric in (*row, *weighted) if array is not None else ():
            if _is_own(metric):
                _try(model, "metric", metric, len(array), array, output)
            elif isinstance(metric, BinaryAccuracy) and _is_continuous(array) and not compiled.remarked:
                warnings.warn(
                    f"The metric {metric.name!r} counts classes that are right; the targets are numbers such as "
                    f"{array.flat[0]}. For those take metrics=['mae'].",
                    stacklevel=5,
                )


def _is_continuous(y: np.ndarray) -> bool:
    return y.dtype.kind == "f" and bool(y.min() < 0 or y.max() > 1) and not np.array_equal(y, np.rint(y))


def check_trainable(model: Any) -> None:
    """Remark upon a model that has nothing to train, or not what it had when it was compiled."""
    if not model.compiled.trainable(model) and model.weights:
        warnings.warn(
            f"`{model.name}` has no weights to train: `trainable` is False of all its layers. Set it, and `compile`.",
            stacklevel=4,
        )
    elif names := model.compiled.forgotten(model):
        warnings.warn(
            f"`trainable` was changed after compile, for one of {names[0]!r}: that takes effect at the next `compile`.",
            stacklevel=4,
        )


def refuse_made_in_call(model: Any, made: list[Any]) -> None:
    """Refuse layers with weights that a step has made and nobody keeps: each step would have new ones."""
    kept = {id(layer) for layer in model._flatten_layers()} if made else set()
    for layer in made:
        if id(layer) not in kept and layer.weights:
            raise ValueError(
                f"The layer {layer.name!r} ({type(layer).__name__}) is made within `call`, so that its weights are new "
                "each time and never learn: make it in `__init__` or `build` and keep it as an attribute."
            )


def check_options(frequency: Any, batch_size: Any, shuffle: Any, verbose: Any) -> None:
    """Whether the options of `fit` that come with others are what they can be."""
    whole_number(batch_size, "fit.validation_batch_size")
    if isinstance(frequency, (list, tuple, set)):
        for epoch in frequency:
            whole_number(epoch, "fit.validation_freq", optional=False)
    else:
        whole_number(frequency, "fit.validation_freq", optional=False)
    if isinstance(shuffle, str) and shuffle != "batch":
        raise invalid("fit.shuffle", "True or False", shuffle)
    check_verbose(verbose, "fit")


def check_verbose(verbose: Any, caller: str) -> None:
    """Whether `verbose` is one of those there are."""
    if verbose not in ("auto", 0, 1, 2):
        raise invalid(f"{caller}.verbose", "'auto', 0, 1 or 2", verbose)


def _check_labels(fn: Any, y: np.ndarray, output: KerasTensor) -> None:
    kind = _kind(fn)
    if y.size == 0 or kind is None:
        return
    low, high = y.min(), y.max()
    if kind == "binary" and (low < 0 or high > 1):
        raise ValueError(
            f"The targets of binary_crossentropy must be from 0 to 1; got values from {low} to {high}. For several "
            f"classes use "
            "sparse_categorical_crossentropy and one output per class; for labels -1 and 1 a hinge loss."
        )
    if kind == "sparse":
        classes = output.shape[getattr(fn, "axis", -1) or -1]
        ignored = getattr(fn, "ignore_class", None)
        labels = y if ignored is None else y[y != ignored]
        if labels.size == 0 or classes is None:
            return
        low, high = labels.min(), labels.max()
        if low < 0 or high >= classes:
            raise ValueError(
                f"The targets of sparse_categorical_crossentropy must be from 0 to {classes - 1}, as the model has "
                f"{classes} outputs; "
                f"got labels from {low} to {high}."
            )
        if y.dtype.kind == "f" and not np.array_equal(labels, np.rint(labels)):
            got = labels[labels != np.rint(labels)].flat[0]
            raise ValueError(f"The targets of sparse_categorical_crossentropy must be whole numbers; got {got}.")
    if kind == "categorical" and low < 0:
        raise ValueError(
            f"The targets of categorical_crossentropy must be probabilities; got values from {low} to {high}."
        )


def _check_probabilities(model: Any) -> None:
    """Remark upon a crossentropy of probabilities after a layer that has no activation to make them, once."""
    compiled, graph = model.compiled, model.compiled_graph
    if graph is None or compiled.remarked:
        return
    compiled.remarked = True
    makers = {id(output): node.operation for node in graph.nodes for output in tree.flatten(node.outputs)}
    for (fn, _), output in zip(compiled._losses, tree.flatten(graph.outputs), strict=True):
        layer: Any = makers.get(id(output))
        if _kind(fn) is None or not hasattr(layer, "kernel") or not hasattr(layer, "activation"):
            continue
        if layer.activation in _NO_PROBABILITIES and not getattr(fn, "from_logits", False):
            name = getattr(layer.activation, "__name__", "linear")
            warnings.warn(
                f"The loss {fn.name!r} takes the outputs of {layer.name!r} for probabilities, but its activation is "
                f"{name!r}. Make that 'softmax' ('sigmoid' for one output), or make the loss with from_logits=True.",
                stacklevel=5,
            )
        elif layer.activation is activations.softmax and output.shape[-1] == 1:
            warnings.warn(
                f"The softmax of {layer.name!r} over one output is always 1: make it 'sigmoid', or give the layer an "
                "output per class.",
                stacklevel=5,
            )


def _kind(fn: Any) -> str | None:
    function = getattr(fn, "fn", None)
    table = {
        "binary": (losses.BinaryCrossentropy, losses.binary_crossentropy),
        "sparse": (losses.SparseCategoricalCrossentropy, losses.sparse_categorical_crossentropy),
        "categorical": (losses.CategoricalCrossentropy, losses.categorical_crossentropy),
    }
    for kind, (cls, plain) in table.items():
        if isinstance(fn, cls) or function is plain:
            return kind
    return None


def check_callbacks(callbacks: Any) -> None:
    """Whether callbacks are objects with the hooks of one."""
    for callback in _each(callbacks):
        if isinstance(callback, type):
            raise TypeError(
                f"`callbacks` must hold objects; got the class {callback.__name__}. Make one by calling it: "
                f"{callback.__name__}(...)."
            )
        if not hasattr(callback, "set_model"):
            raise TypeError(f"`callbacks` must hold callbacks; got {describe(callback)}.")


def _each(callbacks: Any) -> Iterator[Any]:
    if callbacks is None or hasattr(callbacks, "on_train_begin"):
        return iter(())
    return iter(callbacks if isinstance(callbacks, (list, tuple)) else [callbacks])
