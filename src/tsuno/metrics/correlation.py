"""How far targets and predictions rise and fall together."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.core.settings import epsilon
from tsuno.core.validate import check
from tsuno.losses.base import Axes, paired
from tsuno.metrics.base import FunctionMean


def pearson_correlation(y_true: Any, y_pred: Any, axis: Any = -1) -> Any:
    """The covariance of y_true and y_pred over the product of their standard deviations, along an axis.

    Args:
        axis: the axis, or a tuple of them, along which the values lie that are compared.

    Example:
        >>> y_true, y_pred = [[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]]
        >>> print(tsuno.metrics.pearson_correlation(y_true, y_pred).round(4))
        [1.     0.9934]
    """
    true, pred, axis, _ = _centred("pearson_correlation", y_true, y_pred, axis)
    true, pred = (y / ops.std(y, axis=axis, keepdims=True) for y in (true, pred))
    return ops.mean(true * pred, axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: Any = -1) -> Any:
    """2 · covariance / (variance of y_true + variance of y_pred + squared difference of their means), along an axis.

    Args:
        axis: the axis, or a tuple of them, along which the values lie that are compared.

    Example:
        >>> y_true, y_pred = [[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]]
        >>> print(tsuno.metrics.concordance_correlation(y_true, y_pred).round(4))
        [0.9756 0.9877]
    """
    true, pred, axis, shift = _centred("concordance_correlation", y_true, y_pred, axis)
    spread = ops.var(true, axis=axis, keepdims=True) + ops.var(pred, axis=axis, keepdims=True) + ops.square(shift)
    return ops.mean(2.0 * true * pred / (spread + epsilon()), axis=axis)


def _centred(name: str, y_true: Any, y_pred: Any, axis: Any) -> tuple[Any, Any, Any, Any]:
    """Targets and predictions without their means, the axis in its plain form, and the difference of the means."""
    y_true, y_pred = paired(name, y_true, y_pred)
    axis = check(Axes, axis, f"{name}.axis")
    means = [ops.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred)]
    return y_true - means[0], y_pred - means[1], axis, means[0] - means[1]


class _Correlation(FunctionMean):
    """The mean over samples of a correlation along an axis."""

    _direction = "up"

    def __init__(self, name: str | None = None, dtype: Any = None, axis: Axes = -1) -> None:
        super().__init__(name, dtype)
        self.axis = axis


class PearsonCorrelation(_Correlation):
    """The mean correlation of targets and predictions: 1 where one is a rising line of the other, −1 a falling one.

        mean(cov(y_true, y_pred) / (σ(y_true) · σ(y_pred)))

    It is not defined (NaN) where all targets or all predictions of a sample are equal.

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.
        axis: the axis, or a tuple of them, along which the values lie that are compared: within a sample by default.

    Example:
        >>> metric = tsuno.metrics.PearsonCorrelation()
        >>> round(float(metric([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]])), 4)
        0.9967

    Source: K. Pearson, *Notes on Regression and Inheritance in the Case of Two Parents*, 1895.
    """

    function = pearson_correlation


class ConcordanceCorrelation(_Correlation):
    """The mean concordance of targets and predictions: 1 where they are equal, less where they differ or are shifted.

        mean(2 · cov(y_true, y_pred) / (σ²(y_true) + σ²(y_pred) + (mean(y_true) − mean(y_pred))²))

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.
        axis: the axis, or a tuple of them, along which the values lie that are compared: within a sample by default.

    Example:
        >>> metric = tsuno.metrics.ConcordanceCorrelation()
        >>> round(float(metric([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]])), 4)
        0.9816

    Source: L. I. Lin, *A Concordance Correlation Coefficient to Evaluate Reproducibility*, 1989.
    """

    function = concordance_correlation
