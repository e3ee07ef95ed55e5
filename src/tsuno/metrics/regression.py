"""How far real-valued predictions are from their targets."""

from __future__ import annotations

from typing import Any

from tsuno import losses, ops
from tsuno.losses.base import AxisIndex, check_shapes, same_rank
from tsuno.metrics.base import FunctionMean, Mean


class MeanSquaredError(FunctionMean):
    """The mean of squared differences.

        mean((y_true − y_pred)²)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> float(tsuno.metrics.MeanSquaredError()([[0.0, 1.0]], [[0.0, 3.0]]))
        2.0
    """

    function = losses.mean_squared_error
    _direction = "down"


class RootMeanSquaredError(Mean):
    """The square root of the mean of squared differences, over all batches: in the units of the target.

        √mean((y_true − y_pred)²)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> metric = tsuno.metrics.RootMeanSquaredError()
        >>> metric.update_state([0.0, 0.0], [1.0, 5.0])
        >>> metric.update_state([0.0], [1.0])
        >>> float(metric.result())
        3.0
    """

    _direction = "down"

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        y_true, y_pred = same_rank(ops.convert_to_tensor(y_true, self.dtype), ops.convert_to_tensor(y_pred, self.dtype))
        check_shapes("root_mean_squared_error", y_true, y_pred)
        super().update_state(ops.square(y_pred - y_true), sample_weight)

    def result(self) -> Any:
        return ops.sqrt(super().result())


class MeanAbsoluteError(FunctionMean):
    """The mean of absolute differences.

        mean(|y_true − y_pred|)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> float(tsuno.metrics.MeanAbsoluteError()([[0.0, 1.0]], [[0.0, 3.0]]))
        1.0
    """

    function = losses.mean_absolute_error
    _direction = "down"


class MeanAbsolutePercentageError(FunctionMean):
    """The mean of absolute differences in percent of the target.

        100 · mean(|y_true − y_pred| / |y_true|)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> float(tsuno.metrics.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 4.0]]))
        25.0
    """

    function = losses.mean_absolute_percentage_error
    _direction = "down"


class MeanSquaredLogarithmicError(FunctionMean):
    """The mean of squared differences between logarithms.

        mean((log(1 + y_true) − log(1 + y_pred))²)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> round(float(tsuno.metrics.MeanSquaredLogarithmicError()([[0.0]], [[np.e - 1]])), 4)
        1.0
    """

    function = losses.mean_squared_logarithmic_error
    _direction = "down"


class LogCoshError(FunctionMean):
    """The mean logarithm of the hyperbolic cosine of the error.

        mean(log cosh(y_pred − y_true))

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> round(float(tsuno.metrics.LogCoshError()([[0.0, 0.0]], [[0.0, 2.0]])), 4)
        0.6625
    """

    function = losses.log_cosh
    _direction = "down"

    def __init__(self, name: str = "logcosh", dtype: Any = None) -> None:
        super().__init__(name, dtype)


def _cosine(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


class CosineSimilarity(FunctionMean):
    """The mean cosine of the angle between target and prediction: 1 where they point the same way.

        mean(Σ y_true · y_pred / (‖y_true‖ ‖y_pred‖))

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.
        axis: the axis along which the vectors lie.

    Example:
        >>> float(tsuno.metrics.CosineSimilarity()([[3.0, 0.0], [0.0, 1.0]], [[5.0, 0.0], [1.0, 0.0]]))
        0.5
    """

    function = _cosine
    _direction = "up"

    def __init__(self, name: str = "cosine_similarity", dtype: Any = None, axis: AxisIndex = -1) -> None:
        super().__init__(name, dtype)
        self.axis = axis
