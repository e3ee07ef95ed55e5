"""Losses on real-valued targets."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.losses.base import FunctionLoss, same_rank


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of (y_true - y_pred)² over the last axis.

    Example:
        >>> tsuno.losses.mean_squared_error([[0.0, 1.0]], [[0.0, 3.0]]).tolist()
        [2.0]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true, y_pred = same_rank(ops.cast(y_true, y_pred.dtype), y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


class MeanSquaredError(FunctionLoss):
    """The mean of squared differences.

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.MeanSquaredError()([[0.0, 1.0]], [[0.0, 3.0]]))
        2.0
    """

    function = mean_squared_error

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str = "mean_squared_error", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)
