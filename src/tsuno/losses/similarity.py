"""Losses on vectors of a batch among each other: those of one class shall lie close."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.core.context import set_mask
from tsuno.core.validate import check
from tsuno.losses.base import Flag, FunctionLoss, Number, as_float


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """log(1 + Σ exp(−γ · (m + d) · (m − d)) · Σ exp(γ · (1 + m − d) · (1 − m − d))), d = 1 − cosine, of each vector.

    The first sum runs over the references of the vector's own class, the second over the others. A vector that has no
    reference of one kind has the loss 0, and does not count in a mean.

    Args:
        y_true: class numbers, of shape (batch,) or (batch, 1).
        y_pred: vectors of length 1, of shape (batch, features).
        ref_labels: the class numbers of the references, `y_true` by default.
        ref_embeddings: the references, of shape (references, features); `y_pred` by default.
        remove_diagonal: whether the first reference is not compared with the first vector, nor the second with the
            second, and so on: they are the same where the references are the batch itself.
        gamma: γ, the scale.
        margin: m, how far from 0 and 1 the distances d may stay.

    Example:
        >>> vectors = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]
        >>> [round(float(value), 4) for value in tsuno.losses.circle([0, 0, 1], vectors, gamma=4.0)]
        [0.2824, 0.8659, 0.0]
    """
    vectors = as_float(y_pred)
    references = vectors if ref_embeddings is None else ops.cast(ops.convert_to_tensor(ref_embeddings), vectors.dtype)
    labels = _column("y_true", y_true)
    others = labels if ref_labels is None else _column("ref_labels", ref_labels)
    distance = ops.maximum(1.0 - ops.matmul(vectors, ops.transpose(references)), 0.0)
    same = ops.equal(labels, ops.transpose(others))
    own = same
    if check(Flag, remove_diagonal, "circle.remove_diagonal"):
        own = ops.logical_and(same, ops.logical_not(ops.eye(distance.shape[0], distance.shape[1], dtype="bool")))
    near = -gamma * (margin + distance) * (margin - distance)
    far = gamma * ops.maximum(1.0 + margin - distance, 0.0) * (1.0 - margin - distance)
    values = ops.softplus(_log_sum(near, own) + _log_sum(far, ops.logical_not(same)))
    set_mask(values, ops.greater(values, 0))
    return values


def _column(name: str, labels: Any) -> Any:
    labels = ops.cast(ops.convert_to_tensor(labels), "int32")
    shape = tuple(labels.shape)
    if len(shape) != 1 and (len(shape) != 2 or shape[1] != 1):
        raise ValueError(f"`circle.{name}` must have shape (batch,) or (batch, 1); got {shape}.")
    return ops.reshape(labels, (-1, 1))


def _log_sum(exponents: Any, chosen: Any) -> Any:
    return ops.logsumexp(ops.where(chosen, exponents, float("-inf")), axis=1)


class Circle(FunctionLoss):
    """Vectors of one class shall lie close and those of others apart; what is worst pulls most.

        log(1 + Σ exp(−γ · (m + d) · (m − d)) · Σ exp(γ · (1 + m − d) · (1 − m − d))), d = 1 − cosine

    The first sum runs over the vectors of the same class in the batch, the second over the others. Targets are class
    numbers; predictions are vectors of length 1, as `UnitNormalization` makes them.

    Args:
        gamma: γ, the scale.
        margin: m, how far from 0 and 1 the distances d may stay.
        remove_diagonal: whether vectors are not compared with themselves.
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> vectors = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]
        >>> round(float(tsuno.losses.Circle(gamma=4.0)([0, 0, 1], vectors)), 4)
        0.5741

    Source: Y. Sun et al., *Circle Loss: A Unified Perspective of Pair Similarity Optimization*, 2020.
    """

    function = circle
    _targets_are_labels = True

    def __init__(
        self,
        gamma: Number = 80.0,
        margin: Number = 0.4,
        remove_diagonal: Flag = True,
        reduction: str | None = "sum_over_batch_size",
        name: str = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.gamma, self.margin, self.remove_diagonal = gamma, margin, remove_diagonal
