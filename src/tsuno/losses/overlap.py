"""Losses on regions: how little of what is predicted and of what is there overlaps."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.core.settings import epsilon
from tsuno.core.validate import check
from tsuno.losses.base import Axes, FunctionLoss, Number, paired


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """1 − 2 Σ y_true · y_pred / (Σ y_true + Σ y_pred).

    Args:
        axis: the axes of the sums, all by default; `(1, 2, 3)` gives one value for each image of a batch.

    Example:
        >>> round(float(tsuno.losses.dice([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])), 4)
        0.3333
    """
    both, true, pred = _areas("dice", y_true, y_pred, axis)
    return 1.0 - 2.0 * both / (true + pred + epsilon())


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Any:
    """1 − B / (B + α · (T − B) + β · (P − B)), with B = Σ y_true · y_pred, T = Σ y_true and P = Σ y_pred.

    Args:
        alpha: α, what counts of the target that is not predicted.
        beta: β, what counts of the prediction that is not in the target.
        axis: the axes of the sums, all by default.

    Example:
        >>> tsuno.losses.tversky([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], alpha=1.0).tolist()
        0.5
    """
    both, true, pred = _areas("tversky", y_true, y_pred, axis)
    return 1.0 - both / (both + alpha * (true - both) + beta * (pred - both) + epsilon())


def _areas(name: str, y_true: Any, y_pred: Any, axis: Any) -> tuple[Any, Any, Any]:
    """The overlap of two regions, and the size of each."""
    y_true, y_pred = paired(name, y_true, y_pred)
    axis = check(Axes | None, axis, f"{name}.axis")
    both, true, pred = (ops.sum(x, axis=axis) for x in (y_true * y_pred, y_true, y_pred))
    return both, true, pred


class Dice(FunctionLoss):
    """How little two regions overlap: 0 where they are one, 1 where they have nothing in common.

        1 − 2 Σ y_true · y_pred / (Σ y_true + Σ y_pred)

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        axis: the axes of the sums, all by default; `(1, 2, 3)` gives one value for each image of a batch.
        dtype: the dtype to compute in.

    Example:
        >>> round(float(tsuno.losses.Dice()([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])), 4)
        0.3333

    Source: F. Milletari et al., *V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image
    Segmentation*, 2016.
    """

    function = dice

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "dice",
        axis: Axes | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.axis = axis


class Tversky(FunctionLoss):
    """How little two regions overlap, where what is missed and what is too much may count differently.

        1 − B / (B + α · (T − B) + β · (P − B)), with B = Σ y_true · y_pred, T = Σ y_true, P = Σ y_pred

    With α = β = 0.5 it is the Dice loss.

    Args:
        alpha: α, what counts of the target that is not predicted.
        beta: β, what counts of the prediction that is not in the target.
        reduction: see `Loss`.
        name: a name for logs.
        axis: the axes of the sums, all by default; `(1, 2, 3)` gives one value for each image of a batch.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.Tversky(alpha=1.0)([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]))
        0.5

    Source: S. Salehi et al., *Tversky Loss Function for Image Segmentation Using 3D Fully Convolutional Deep
    Networks*, 2017.
    """

    function = tversky

    def __init__(
        self,
        alpha: Number = 0.5,
        beta: Number = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "tversky",
        axis: Axes | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.alpha, self.beta, self.axis = alpha, beta, axis
