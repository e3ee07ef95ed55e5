"""Losses on real-valued targets: how far predictions are from them."""

from __future__ import annotations

import math
from typing import Any

from tsuno import ops
from tsuno.core.settings import epsilon
from tsuno.core.validate import NonNegative
from tsuno.losses.base import AxisIndex, FunctionLoss, paired


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of (y_true − y_pred)² over the last axis.

    Example:
        >>> tsuno.losses.mean_squared_error([[0.0, 1.0]], [[0.0, 3.0]]).tolist()
        [2.0]
    """
    y_true, y_pred = paired("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of |y_true − y_pred| over the last axis.

    Example:
        >>> tsuno.losses.mean_absolute_error([[0.0, 1.0]], [[0.0, 3.0]]).tolist()
        [1.0]
    """
    y_true, y_pred = paired("mean_absolute_error", y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of 100 · |y_true − y_pred| / |y_true| over the last axis; divisors are at least `config.epsilon()`.

    Example:
        >>> tsuno.losses.mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 4.0]]).tolist()
        [25.0]
    """
    y_true, y_pred = paired("mean_absolute_percentage_error", y_true, y_pred)
    return 100.0 * ops.mean(ops.abs((y_true - y_pred) / ops.maximum(ops.abs(y_true), epsilon())), axis=-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of (log(1 + y_true) − log(1 + y_pred))² over the last axis; negative numbers count as zero.

    Example:
        >>> print(tsuno.losses.mean_squared_logarithmic_error([[0.0]], [[np.e - 1]]).round(4))
        [1.]
    """
    y_true, y_pred = paired("mean_squared_logarithmic_error", y_true, y_pred)
    return ops.mean(ops.square(_log_of_positive(y_pred) - _log_of_positive(y_true)), axis=-1)


def _log_of_positive(y: Any) -> Any:
    return ops.log(ops.maximum(y, epsilon()) + 1.0)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """The mean over the last axis of e²/2 where |e| ≤ δ and δ·|e| − δ²/2 elsewhere, with e = y_pred − y_true.

    Args:
        delta: δ, the error from which the loss grows linearly.

    Example:
        >>> tsuno.losses.huber([[0.0, 0.0]], [[1.0, 3.0]]).tolist()
        [1.5]
    """
    y_true, y_pred = paired("huber", y_true, y_pred)
    error = y_pred - y_true
    size = ops.abs(error)
    return ops.mean(ops.where(size <= delta, 0.5 * ops.square(error), delta * size - 0.5 * delta**2), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """The mean of log cosh(y_pred − y_true) over the last axis.

    Example:
        >>> round(float(tsuno.losses.log_cosh([0.0, 0.0], [0.0, 2.0])), 4)
        0.6625
    """
    y_true, y_pred = paired("log_cosh", y_true, y_pred)
    error = y_pred - y_true
    # cosh overflows early; e + softplus(-2e) - log 2 is the same number.
    return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The negative cosine of the angle between y_true and y_pred: −1 where they point the same way, 0 at right angles.

    Args:
        axis: the axis along which the vectors lie.

    Example:
        >>> tsuno.losses.cosine_similarity([[3.0, 0.0]], [[5.0, 0.0]]).tolist()
        [-1.0]
    """
    y_true, y_pred = paired("cosine_similarity", y_true, y_pred)
    return -ops.sum(ops.normalize(y_true, axis=axis) * ops.normalize(y_pred, axis=axis), axis=axis)


class MeanSquaredError(FunctionLoss):
    """The mean of squared differences.

        mean((y_true − y_pred)²)

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.MeanSquaredError()([[0.0, 1.0]], [[0.0, 3.0]]))
        2.0
    """

    function = mean_squared_error


class MeanAbsoluteError(FunctionLoss):
    """The mean of absolute differences.

        mean(|y_true − y_pred|)

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.MeanAbsoluteError()([[0.0, 1.0]], [[0.0, 3.0]]))
        1.0
    """

    function = mean_absolute_error


class MeanAbsolutePercentageError(FunctionLoss):
    """The mean of absolute differences in percent of the target.

        100 · mean(|y_true − y_pred| / |y_true|)

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 4.0]]))
        25.0
    """

    function = mean_absolute_percentage_error


class MeanSquaredLogarithmicError(FunctionLoss):
    """The mean of squared differences between logarithms, for targets that span orders of magnitude.

        mean((log(1 + y_true) − log(1 + y_pred))²)

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> round(float(tsuno.losses.MeanSquaredLogarithmicError()([[0.0]], [[np.e - 1]])), 4)
        1.0
    """

    function = mean_squared_logarithmic_error


class Huber(FunctionLoss):
    """The square of small errors and the size of large ones, so that outliers pull less.

        e²/2 where |e| ≤ δ, δ·|e| − δ²/2 elsewhere; e = y_pred − y_true

    Args:
        delta: δ, the error from which the loss grows linearly; zero or more.
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.Huber()([[0.0, 0.0]], [[1.0, 3.0]]))
        1.5

    Source: P. J. Huber, *Robust Estimation of a Location Parameter*, 1964.
    """

    function = huber

    def __init__(
        self,
        delta: NonNegative = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.delta = delta


class LogCosh(FunctionLoss):
    """The logarithm of the hyperbolic cosine of the error: e²/2 for small errors, |e| − log 2 for large ones.

        mean(log cosh(y_pred − y_true))

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> round(float(tsuno.losses.LogCosh()([[0.0, 0.0]], [[0.0, 2.0]])), 4)
        0.6625
    """

    function = log_cosh


class CosineSimilarity(FunctionLoss):
    """The negative cosine of the angle between target and prediction: −1 where they point the same way.

        −Σ y_true · y_pred / (‖y_true‖ ‖y_pred‖)

    Args:
        axis: the axis along which the vectors lie.
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.CosineSimilarity()([[3.0, 0.0]], [[5.0, 0.0]]))
        -1.0
    """

    function = cosine_similarity

    def __init__(
        self,
        axis: AxisIndex = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.axis = axis
