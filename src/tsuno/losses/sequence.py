"""Losses on sequences whose targets say what comes, but not when."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.losses.base import FunctionLoss, as_float


def ctc(y_true: Any, y_pred: Any) -> Any:
    """−log of the probability that frames, with repetitions merged and blanks left out, spell the target.

    Args:
        y_true: class numbers from 1, of shape (batch, labels); shorter targets are filled up with 0, the blank.
        y_pred: logits of shape (batch, frames, classes), the first class being the blank.

    Example:
        >>> print(tsuno.losses.ctc([[1]], [[[0.0, 0.0]]]).round(4))
        [0.6931]
    """
    y_true, y_pred = ops.cast(ops.convert_to_tensor(y_true), "int32"), as_float(y_pred)
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if len(true) != 2 or len(pred) != 3:
        raise ValueError(
            f"`ctc` needs y_true of shape (batch, labels) and y_pred of shape (batch, frames, classes); got {true} and "
            f"{pred}."
        )
    labels = ops.sum(ops.cast(ops.not_equal(y_true, 0), "int32"), axis=-1)
    frames = ops.full_like(labels, pred[1])
    return ops.ctc_loss(y_true, y_pred, labels, frames, mask_index=0)


class CTC(FunctionLoss):
    """The loss of recognizing speech or writing: every way to spread the target over the frames counts.

        −log Σ p(frames spell y_true)

    Targets are class numbers from 1, of shape (batch, labels), filled up with 0; predictions are logits of shape
    (batch, frames, classes), the first class being the blank.

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in; halves are widened to float32.

    Example:
        >>> round(float(tsuno.losses.CTC()([[1]], [[[0.0, 0.0]]])), 4)
        0.6931

    Source: A. Graves et al., *Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with
    Recurrent Neural Networks*, 2006.
    """

    function = ctc
    _targets_are_labels = True
