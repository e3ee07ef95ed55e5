"""How far real-valued predictions are from their targets."""

from __future__ import annotations

from typing import Any

from tsuno import losses, ops
from tsuno.core.errors import unknown
from tsuno.core.settings import floatx
from tsuno.core.validate import NonNegativeInt
from tsuno.core.variable import Variable
from tsuno.losses.base import AxisIndex, check_shapes, fit_weight, same_rank
from tsuno.metrics.base import FunctionMean, Mean, MetricPerOutput

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


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


class R2Score(MetricPerOutput):
    """The share of the variance of the targets that predictions explain: 1 at best, 0 for a constant, or less.

        1 − Σ (y_true − y_pred)² / Σ (y_true − mean(y_true))²

    With `num_regressors` p > 0 the score is adjusted, 1 − (1 − R²) · (n − 1) / (n − p − 1), if the n targets are more
    than p + 1.

    Args:
        class_aggregation: `"uniform_average"` for the mean of the outputs' scores, `"variance_weighted_average"` for
            their mean weighted by the variance of the targets, or None for a score per output.
        num_regressors: p, how many independent variables the model has; zero for the plain score.
        name: a name for logs.
        dtype: the dtype that values are read in; sums are kept in `config.floatx()`.

    Example:
        >>> round(float(tsuno.metrics.R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
        0.5714

    Source: S. Wright, *Correlation and Causation*, 1921.
    """

    _direction = "up"
    squared_sum: Variable
    sum: Variable
    total_mse: Variable
    count: Variable

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: NonNegativeInt = 0,
        name: str = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        if class_aggregation not in AGGREGATIONS:
            options = [str(option) for option in AGGREGATIONS]
            raise unknown("R2Score.class_aggregation", class_aggregation, options)
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")

    def _make_counters(self, outputs: int) -> None:
        self.squared_sum, self.sum, self.total_mse, self.count = (
            self.add_variable((outputs,), "zeros", name=name) for name in ("squared_sum", "sum", "residual", "count")
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = same_rank(ops.convert_to_tensor(y_true, self.dtype), ops.convert_to_tensor(y_pred, self.dtype))
        check_shapes("R2Score", y_true, y_pred)
        self.build(y_true, y_pred)
        y_true, y_pred = (ops.cast(y, floatx()) for y in (y_true, y_pred))
        weight = ops.convert_to_tensor(1.0 if sample_weight is None else sample_weight, floatx())
        weight = ops.broadcast_to(fit_weight(weight, y_true), y_true.shape)
        for counter, values in (
            (self.squared_sum, ops.square(y_true)),
            (self.sum, y_true),
            (self.total_mse, ops.square(y_true - y_pred)),
            (self.count, 1.0),
        ):
            counter.assign_add(ops.sum(values * weight, axis=0))
        self.num_samples.assign_add(float(y_true.size))

    def result(self) -> Any:
        residual, total = self.total_mse.value, self.sum.value
        variance = self.squared_sum.value - total * (total / self.count.value)
        # Where targets do not vary, only predictions without an error explain them.
        constant = ops.cast(residual == 0, residual.dtype)
        scores = ops.where(variance == 0, constant, 1.0 - residual / ops.where(variance == 0, 1.0, variance))
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            weights = ops.where(ops.sum(variance) == 0, 1.0, variance)
            scores = ops.sum(weights * scores) / ops.sum(weights)
        if not self.num_regressors:
            return scores
        left = self.num_samples.value - self.num_regressors - 1.0
        factor = (self.num_samples.value - 1.0) / ops.where(left > 0, left, 1.0)
        return ops.where(left > 0, 1.0 - (1.0 - scores) * factor, scores)
