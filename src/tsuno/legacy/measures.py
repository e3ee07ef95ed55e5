"""What measured results once and has no counterpart today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor
from tsuno.losses import cosine_similarity
from tsuno.metrics import Mean, Metric


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
        >>> tsuno.losses.Huber(reduction=Reduction.AUTO).reduction
        'sum_over_batch_size'
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
