"""How often predictions are right."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.core.settings import floatx
from tsuno.core.validate import PositiveInt
from tsuno.losses.base import Flag, Number, check_shapes, class_labels, same_rank
from tsuno.metrics.base import FunctionMean


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where y_true = y_pred, 0 elsewhere."""
    y_true, y_pred = same_rank(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    check_shapes("accuracy", y_true, y_pred)
    return _right(ops.cast(y_true, y_pred.dtype), y_pred)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where y_true says whether y_pred > threshold, 0 elsewhere.

    Args:
        threshold: the prediction above which a sample is taken to be of class 1.

    Example:
        >>> tsuno.metrics.binary_accuracy([1, 1, 0, 0], [0.9, 0.4, 0.3, 0.6]).tolist()
        [1.0, 0.0, 1.0, 0.0]
    """
    y_true, y_pred = same_rank(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    check_shapes("binary_accuracy", y_true, y_pred)
    return _right(y_true, ops.cast(ops.greater(y_pred, threshold), y_true.dtype))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where y_true and y_pred are largest at the same class, 0 elsewhere.

    Example:
        >>> tsuno.metrics.categorical_accuracy([[0, 1], [0, 1]], [[0.2, 0.8], [0.7, 0.3]]).tolist()
        [1.0, 0.0]
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    check_shapes("categorical_accuracy", y_true, y_pred)
    return _right(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where y_pred is largest at class y_true, 0 elsewhere.

    Example:
        >>> tsuno.metrics.sparse_categorical_accuracy([1, 1], [[0.2, 0.8], [0.7, 0.3]]).tolist()
        [1.0, 0.0]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = class_labels("sparse_categorical_accuracy", ops.convert_to_tensor(y_true), y_pred)
    matches = _right(labels, ops.cast(ops.argmax(y_pred, axis=-1), "int32"))
    return ops.squeeze(matches, -1) if len(matches.shape) > 1 and matches.shape[-1] == 1 else matches


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the class at which y_true is largest is among the k largest of y_pred, 0 elsewhere.

    Args:
        k: how many of the largest predictions count.

    Example:
        >>> tsuno.metrics.top_k_categorical_accuracy([[0, 0, 1], [1, 0, 0]], [[0.1, 0.7, 0.2]] * 2, k=2).tolist()
        [1.0, 0.0]
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    check_shapes("top_k_categorical_accuracy", y_true, y_pred)
    return _among_top(ops.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Any:
    """1 where class y_true is among the k largest of y_pred, 0 elsewhere.

    Args:
        k: how many of the largest predictions count.
        from_sorted_ids: whether y_pred holds class numbers, best first, instead of a score for each class.

    Example:
        >>> tsuno.metrics.sparse_top_k_categorical_accuracy([2, 0], [[0.1, 0.7, 0.2]] * 2, k=2).tolist()
        [1.0, 0.0]
        >>> tsuno.metrics.sparse_top_k_categorical_accuracy([2, 0], [[1, 2], [1, 2]], from_sorted_ids=True).tolist()
        [1.0, 0.0]
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    labels = class_labels("sparse_top_k_categorical_accuracy", y_true, y_pred)
    if from_sorted_ids:
        best = ops.cast(y_pred[..., :k], "int32")
        matches = ops.cast(ops.any(ops.equal(ops.expand_dims(labels, -1), best), axis=-1), floatx())
    else:
        matches = _among_top(labels, y_pred, k)
    return ops.reshape(matches, y_true.shape)


def _among_top(labels: Any, scores: Any, k: int) -> Any:
    flat = ops.reshape(scores, (-1, scores.shape[-1]))
    found = ops.in_top_k(ops.cast(ops.reshape(labels, (-1,)), "int32"), flat, k)
    return ops.reshape(ops.cast(found, floatx()), labels.shape)


def _right(y_true: Any, y_pred: Any) -> Any:
    return ops.cast(ops.equal(y_true, y_pred), floatx())


class Accuracy(FunctionMean):
    """How often y_pred equals y_true exactly: for predictions that are class numbers, not scores.

        mean(y_true = y_pred)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> float(tsuno.metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
        0.75
    """

    function = accuracy
    _direction = "up"


class BinaryAccuracy(FunctionMean):
    """How often predictions fall on the right side of a threshold.

        mean(y_true = (y_pred > threshold))

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.
        threshold: predictions above it are taken to be of class 1.

    Example:
        >>> float(tsuno.metrics.BinaryAccuracy()([1, 1, 0, 0], [0.9, 0.8, 0.3, 0.6]))
        0.75
    """

    function = binary_accuracy
    _direction = "up"

    def __init__(self, name: str = "binary_accuracy", dtype: Any = None, threshold: Number = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold


class CategoricalAccuracy(FunctionMean):
    """How often the largest prediction is that of the target class, for one-hot targets.

        mean(argmax y_true = argmax y_pred)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> float(tsuno.metrics.CategoricalAccuracy()([[0, 1], [0, 1]], [[0.2, 0.8], [0.7, 0.3]]))
        0.5
    """

    function = categorical_accuracy
    _direction = "up"


class SparseCategoricalAccuracy(FunctionMean):
    """How often the largest prediction is that of the target class, for targets that are class numbers.

        mean(y_true = argmax y_pred)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> float(tsuno.metrics.SparseCategoricalAccuracy()([1, 1], [[0.2, 0.8], [0.7, 0.3]]))
        0.5
    """

    function = sparse_categorical_accuracy
    _direction = "up"


class TopKCategoricalAccuracy(FunctionMean):
    """How often the target class is among the k largest predictions, for one-hot targets.

    Args:
        k: how many of the largest predictions count; 1 or more.
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> metric = tsuno.metrics.TopKCategoricalAccuracy(k=2)
        >>> float(metric([[0, 0, 1], [1, 0, 0]], [[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]]))
        0.5
    """

    function = top_k_categorical_accuracy
    _direction = "up"

    def __init__(self, k: PositiveInt = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.k = k


class SparseTopKCategoricalAccuracy(FunctionMean):
    """How often the target class is among the k largest predictions, for targets that are class numbers.

    Args:
        k: how many of the largest predictions count; 1 or more.
        name: a name for logs.
        dtype: the dtype of the counters.
        from_sorted_ids: whether y_pred holds class numbers, best first, instead of a score for each class.

    Example:
        >>> metric = tsuno.metrics.SparseTopKCategoricalAccuracy(k=2)
        >>> float(metric([2, 0], [[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]]))
        0.5
    """

    function = sparse_top_k_categorical_accuracy
    _direction = "up"

    def __init__(
        self,
        k: PositiveInt = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: Flag = False,
    ) -> None:
        super().__init__(name, dtype)
        self.k, self.from_sorted_ids = k, from_sorted_ids
