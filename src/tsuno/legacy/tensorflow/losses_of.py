"""`tf.losses`: the losses of TensorFlow 1, which also enter a collection, and the classes that TensorFlow 2 has."""

from __future__ import annotations

from typing import Any

from tsuno import engine, losses
from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy.tensorflow import collections_of, modes
from tsuno.legacy.tensorflow.calls import Static, whole
from tsuno.legacy.tensorflow.collections_of import GraphKeys

_KEY = GraphKeys.LOSSES


class Reduction:
    """How the losses of elements become one number."""

    NONE = "none"
    SUM = "weighted_sum"
    MEAN = "weighted_mean"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"


_USUAL = Reduction.SUM_BY_NONZERO_WEIGHTS


def compute_weighted_loss(
    losses: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = _KEY, reduction: str = _USUAL
) -> Any:
    """One number from the losses of elements: by default the mean over those whose weight is not zero.

    Args:
        losses: the losses.
        weights: what they count for: a number, or of a shape that is repeated along axes of size 1.
        scope: accepted for compatibility.
        loss_collection: where the result is entered.
        reduction: one of `Reduction`.
    """
    made = _weighted(losses, weights, reduction)
    if loss_collection is not None:
        add_loss(made, loss_collection)
    return made


@whole
def _weighted(values: Tensor, weights: Tensor, reduction: str) -> Any:
    values = xp.asarray(values)
    wide = values.astype(xp.promote_types(values.dtype, "float32"))
    weights = xp.asarray(weights, wide.dtype)
    if weights.ndim and weights.ndim == wide.ndim + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    weights = weights.reshape((*weights.shape, *[1] * (wide.ndim - weights.ndim))) if weights.ndim else weights
    weighted = wide * weights
    if reduction == Reduction.NONE:
        return weighted.astype(values.dtype)
    spread = xp.broadcast_to(weights, weighted.shape)
    by = {
        Reduction.SUM: lambda: xp.ones(()),
        Reduction.MEAN: lambda: xp.sum(spread),
        Reduction.SUM_OVER_BATCH_SIZE: lambda: xp.asarray(float(max(weighted.size, 1))),
        Reduction.SUM_BY_NONZERO_WEIGHTS: lambda: xp.sum((spread != 0).astype(wide.dtype)),
    }
    if reduction not in by:
        raise ValueError(f"`reduction` is one of {[*by, Reduction.NONE]}; got {reduction!r}.")
    count = by[reduction]()
    total = xp.sum(weighted)
    return xp.where(count == 0, 0, total / xp.where(count == 0, 1, count)).astype(values.dtype)


def _loss(name: str, first: str, second: str, meaning: str, compute: Any, **defaults: Any) -> Any:
    """A function of (labels, predictions, weights, …) from the losses of their elements."""

    def values(labels: Tensor, predictions: Tensor, options: Static) -> Any:
        predictions = xp.asarray(predictions)
        return compute(xp.asarray(labels), predictions, **dict(zip(defaults, options, strict=True)))

    values.__name__ = f"{name}_values"
    each = whole(values)

    def loss(
        *args: Any,
        weights: Any = 1.0,
        scope: Any = None,
        loss_collection: Any = _KEY,
        reduction: str = _USUAL,
        **given: Any,
    ) -> Any:
        names = (first, second, *(() if "axis" in defaults else ("weights",)), *defaults)
        taken = {"weights": weights, **given, **dict(zip(names, args, strict=False))}
        if "dim" in taken:
            taken["axis"] = taken.pop("dim")
        strange = set(taken) - {first, second, "weights", *defaults}
        if strange or first not in taken or second not in taken:
            raise TypeError(
                f"`tf.losses.{name}` takes `{first}`, `{second}`, `weights`, {list(defaults)}; got {list(taken)}."
            )
        options = [taken.get(key, default) for key, default in defaults.items()]
        return compute_weighted_loss(
            each(taken[first], taken[second], options), taken["weights"], scope, loss_collection, reduction
        )

    loss.__name__ = loss.__qualname__ = name
    loss.__doc__ = meaning
    return loss


def _huber(t: Any, p: Any, delta: float) -> Any:
    distance = xp.abs(p - t)
    near = xp.minimum(distance, delta)
    return 0.5 * near * near + delta * (distance - near)


def _softmax(t: Any, p: Any, label_smoothing: float) -> Any:
    t = xp.asarray(t, p.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / t.shape[-1]
    return -xp.sum(t * engine.nn.log_softmax(p, axis=-1), axis=-1)


def _sigmoid(t: Any, p: Any, label_smoothing: float) -> Any:
    t = xp.asarray(t, p.dtype) * (1 - label_smoothing) + 0.5 * label_smoothing
    return xp.maximum(p, 0) - p * t + xp.log1p(xp.exp(-xp.abs(p)))


def _sparse(t: Any, p: Any) -> Any:
    t = t[..., 0] if t.ndim == p.ndim else t
    return -xp.take_along_axis(engine.nn.log_softmax(p, axis=-1), t[..., None].astype("int32"), axis=-1)[..., 0]


def _log(t: Any, p: Any, epsilon: float) -> Any:
    return -t * xp.log(p + epsilon) - (1 - t) * xp.log(1 - p + epsilon)


absolute_difference = _loss("absolute_difference", "labels", "predictions", "|p − t|.", lambda t, p: xp.abs(p - t))
mean_squared_error = _loss("mean_squared_error", "labels", "predictions", "(p − t)².", lambda t, p: xp.square(p - t))
huber_loss = _loss(
    "huber_loss", "labels", "predictions", "Squared where p is near t, linear beyond `delta`.", _huber, delta=1.0
)
log_loss = _loss("log_loss", "labels", "predictions", "−t log p − (1 − t) log(1 − p).", _log, epsilon=1e-7)
hinge_loss = _loss(
    "hinge_loss", "labels", "logits", "max(0, 1 − (2t − 1) · p).", lambda t, p: xp.maximum(1 - (2 * t - 1) * p, 0)
)
cosine_distance = _loss(
    "cosine_distance", "labels", "predictions", "1 − Σ t · p of unit vectors along `axis`.",
    lambda t, p, axis: 1 - xp.sum(t * p, axis=axis, keepdims=True), axis=-1,
)  # fmt: skip
softmax_cross_entropy = _loss(
    "softmax_cross_entropy", "onehot_labels", "logits", "−Σ t · log softmax(p).", _softmax, label_smoothing=0.0
)
sigmoid_cross_entropy = _loss(
    "sigmoid_cross_entropy", "multi_class_labels", "logits", "−t log σ(p) − (1 − t) log σ(−p).", _sigmoid,
    label_smoothing=0.0,
)  # fmt: skip
sparse_softmax_cross_entropy = _loss(
    "sparse_softmax_cross_entropy", "labels", "logits", "−log softmax(p) of class t.", _sparse
)


def add_loss(loss: Any, loss_collection: Any = _KEY) -> None:
    """Enter a loss into the collection, in a graph."""
    if loss_collection is not None and modes.graph_mode():
        collections_of.add_to_collection(loss_collection, loss)


def get_losses(scope: Any = None, loss_collection: Any = _KEY) -> list[Any]:
    """The losses so far."""
    return collections_of.get_collection(loss_collection, scope)


def get_regularization_losses(scope: Any = None) -> list[Any]:
    """The penalties of variables so far."""
    return collections_of.get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(scope: Any = None) -> Any:
    """The sum of penalties."""
    return sum(get_regularization_losses(scope), 0.0)


def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss", scope: Any = None) -> Any:
    """The sum of losses and penalties."""
    found = get_losses(scope) + (get_regularization_losses(scope) if add_regularization_losses else [])
    return sum(found[1:], found[0]) if found else 0.0


FUNCTIONS: dict[str, Any] = {name: found for name, found in vars(losses).items() if isinstance(found, type)}
