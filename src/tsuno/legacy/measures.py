"""What measured results once and has no counterpart today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor
from tsuno.core.settings import epsilon
from tsuno.losses import cosine_similarity
from tsuno.metrics import Mean, Metric
from tsuno.regularizers import Regularizer


def cosine_proximity(y_true: Tensor, y_pred: Tensor, axis: int = -1) -> Any:
    """Minus the cosine of the angle between two vectors, as Keras 1 and 2 measured it.

    Args:
        y_true: what is right, (..., size).
        y_pred: what was predicted, of the same shape.
        axis: the axis along which vectors lie.

    Example:
        >>> from tsuno.legacy.measures import cosine_proximity
        >>> cosine_proximity(np.array([[1.0, 0.0]]), np.array([[2.0, 0.0]])).tolist()
        [-1.0]
    """
    return cosine_similarity(y_true, y_pred, axis=axis)


class Reduction:
    """The names of reductions, as tf.keras has them: `Reduction.SUM` is `"sum"`.

    Example:
        >>> from tsuno.legacy.measures import Reduction
        >>> tsuno.losses.Huber(reduction=Reduction.SUM).reduction
        'sum'
    """

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


class MeanRelativeError(Mean):
    """The mean of |y_true - y_pred| / normalizer; 0 where the normalizer is 0.

    Args:
        normalizer: what errors are relative to, of a shape that broadcasts to the predictions'.
        name: a name.
        dtype: the dtype of the result.

    Example:
        >>> from tsuno.legacy.measures import MeanRelativeError
        >>> metric = MeanRelativeError(normalizer=[1.0, 3.0])
        >>> metric.update_state(np.array([1.0, 3.0]), np.array([2.0, 0.0]))
        >>> float(metric.result())
        1.0
    """

    _config_module = "keras.metrics"

    def __init__(self, normalizer: Any, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name or "mean_relative_error", dtype=dtype)
        self.normalizer = normalizer

    def update_state(  # type: ignore[override]
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        error = ops.absolute(ops.subtract(y_true, ops.cast(y_pred, self.dtype)))
        super().update_state(ops.divide_no_nan(error, ops.cast(self.normalizer, self.dtype)), sample_weight)


class MeanTensor(Metric):
    """The mean of tensors of one shape, place by place.

    Args:
        name: a name.
        dtype: the dtype of the result.
        shape: the tensors' shape; that of the first by default.

    Example:
        >>> from tsuno.legacy.measures import MeanTensor
        >>> metric = MeanTensor()
        >>> metric.update_state([0.0, 1.0])
        >>> metric.update_state([4.0, 5.0])
        >>> metric.result().tolist()
        [2.0, 3.0]
    """

    _config_module = "keras.metrics"

    def __init__(self, name: str | None = None, dtype: Any = None, shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name or "mean_tensor", dtype=dtype)
        self.shape = shape
        if shape is not None:
            self._make(shape)

    def _make(self, shape: Sequence[int]) -> None:
        self.total = self.add_variable(shape, "zeros", self.dtype, name="total")
        self.count = self.add_variable(shape, "zeros", self.dtype, name="count")

    def update_state(self, values: Tensor, sample_weight: Tensor | None = None) -> None:
        values = ops.cast(values, self.dtype)
        if not self.variables:
            self._make(values.shape)
        if tuple(values.shape) != tuple(self.total.shape):
            raise invalid(f"{self.name}.values", f"of shape {tuple(self.total.shape)}, as before", values)
        weight = ops.ones_like(values)
        if sample_weight is not None:
            given = ops.cast(sample_weight, self.dtype)
            weight = weight * ops.reshape(given, (*given.shape, *(1,) * (len(values.shape) - len(given.shape))))
        self.total.assign_add(values * weight)
        self.count.assign_add(weight)

    def result(self) -> Any:
        if not self.variables:
            raise ValueError(f"`{self.name}` has no result yet: call `update_state` first.")
        return ops.divide_no_nan(self.total.value, self.count.value)


# ---------------------------------------------------------------------- of Keras 1, each over a batch


def accuracy(y_true: Tensor, y_pred: Tensor) -> Any:
    """Where two tensors have the same values, as 1 and 0."""
    return ops.cast(ops.equal(y_true, y_pred), "float32")


def _counts(y_true: Any, y_pred: Any) -> tuple[Any, Any, Any]:
    """How many are rightly found, found, and right."""
    found, right = ops.round(ops.clip(y_pred, 0, 1)), ops.round(ops.clip(y_true, 0, 1))
    return ops.sum(found * right), ops.sum(found), ops.sum(right)


def precision(y_true: Tensor, y_pred: Tensor) -> Any:
    """The part of what was found that is right, in a batch."""
    both, found, _ = _counts(y_true, y_pred)
    return both / (found + epsilon())


def recall(y_true: Tensor, y_pred: Tensor) -> Any:
    """The part of what is right that was found, in a batch."""
    both, _, right = _counts(y_true, y_pred)
    return both / (right + epsilon())


def fbeta_score(y_true: Tensor, y_pred: Tensor, beta: float = 1) -> Any:
    """The weighted harmonic mean of precision and recall, in a batch.

    Args:
        y_true: what is right, 0 or 1.
        y_pred: probabilities.
        beta: how much more recall counts, 0 or more.
    """
    if beta < 0:
        raise invalid("fbeta_score.beta", "0 or more", beta)
    p, r, square = precision(y_true, y_pred), recall(y_true, y_pred), beta**2
    score = (1 + square) * (p * r) / (square * p + r + epsilon())
    return ops.where(ops.sum(ops.round(ops.clip(y_true, 0, 1))) == 0, ops.zeros_like(score), score)


def fmeasure(y_true: Tensor, y_pred: Tensor) -> Any:
    """The harmonic mean of precision and recall, in a batch."""
    return fbeta_score(y_true, y_pred, beta=1)


def matthews_correlation(y_true: Tensor, y_pred: Tensor) -> Any:
    """The correlation of two classes, in a batch: from -1 to 1."""
    found, right = ops.round(ops.clip(y_pred, 0, 1)), ops.round(ops.clip(y_true, 0, 1))
    tp, tn = ops.sum(found * right), ops.sum((1 - found) * (1 - right))
    fp, fn = ops.sum(found * (1 - right)), ops.sum((1 - found) * right)
    return (tp * tn - fp * fn) / (ops.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) + epsilon())


class EigenvalueRegularizer(Regularizer):
    """A penalty on the largest eigenvalue of a square weight's W'W, found by nine steps of the power method.

    Args:
        k: the factor.
    """

    def __init__(self, k: float) -> None:
        self.k = k

    def __call__(self, x: Any) -> Any:
        product = ops.matmul(ops.transpose(x), x)
        main = ops.ones((product.shape[0], 1), dtype=x.dtype)
        for _ in range(8):
            main = ops.matmul(product, main)
        main = ops.matmul(product, main)
        value = ops.matmul(ops.transpose(ops.matmul(product, main)), main) / ops.matmul(ops.transpose(main), main)
        return ops.sqrt(value[0, 0]) * self.k
