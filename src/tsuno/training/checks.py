"""What can be wrong with a call of `fit` and its like, said in one sentence before anything runs."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tsuno import losses
from tsuno.core import tree
from tsuno.core.context import scope
from tsuno.core.errors import describe, invalid
from tsuno.core.spec import KerasTensor, infer
from tsuno.training.compiled import output_names


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
                raise ValueError(f"The input of `{node.operation.name}` must hold whole numbers; got fractions.")


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
        if tuple(target.shape[1:]) != tuple(output.shape[1:]):
            rows = len(array)
            pair = [KerasTensor((rows, *each.shape[1:]), str(each.dtype)) for each in (target, output)]
            with scope(losses=[]):
                infer(lambda t, p, fn=fn: fn(t, p), tuple(pair), {})
        _check_labels(fn, np.asarray(array), output)


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
            raise ValueError("The targets of sparse_categorical_crossentropy must be whole numbers; got fractions.")
    if kind == "categorical" and low < 0:
        raise ValueError(
            f"The targets of categorical_crossentropy must be probabilities; got values from {low} to {high}."
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
