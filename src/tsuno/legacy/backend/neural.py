"""`keras.backend`, what networks are made of: softmax, losses, normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import ops
from tsuno.core.op import Tensor
from tsuno.core.settings import epsilon as fuzz
from tsuno.legacy.backend.recording import whole

__all__ = [
    "batch_normalization", "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
    "categorical_focal_crossentropy", "in_top_k", "l2_normalize", "normalize_batch_in_training", "softmax",
    "sparse_categorical_crossentropy",
]  # fmt: skip


def softmax(x: Tensor, axis: int = -1) -> Any:
    """e^x / Σ e^x along an axis."""
    return ops.softmax(x, axis)


def l2_normalize(x: Tensor, axis: Any = None) -> Any:
    """x divided by its length along an axis, or by that of all of it; by 1e-6 at least."""
    return ops.multiply(x, ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), 1e-12)))


def in_top_k(predictions: Tensor, targets: Tensor, k: int) -> Any:
    """Whether the target class is among the `k` highest predictions."""
    return ops.in_top_k(ops.cast(targets, "int32"), predictions, k)


def categorical_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1) -> Any:
    """-Σ t · log p along the axis of classes, from scores that are divided by their sum, or from logits."""
    return ops.categorical_crossentropy(target, output, from_logits, axis)


@whole
def sparse_categorical_crossentropy(
    target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Any:
    """-log p of the class that each integer names; 0 where it names `ignore_class`."""
    scores = ops.moveaxis(ops.convert_to_tensor(output), axis, -1)
    logits = scores if from_logits else ops.log(ops.clip(scores, fuzz(), 1 - fuzz()))
    classes = ops.reshape(ops.cast(target, "int32"), scores.shape[:-1])
    counts = classes == (-1 if ignore_class is None else ignore_class)
    named = classes if ignore_class is None else ops.where(counts, 0, classes)
    loss = ops.sparse_categorical_crossentropy(named, logits, from_logits=True)
    return loss if ignore_class is None else ops.where(counts, 0, loss)


def binary_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False) -> Any:
    """-t · log p - (1 - t) · log(1 - p), element by element."""
    if from_logits:
        return ops.subtract(ops.softplus(output), ops.multiply(target, output))
    output = ops.clip(output, fuzz(), 1 - fuzz())
    hit = ops.multiply(target, ops.log(output + fuzz()))
    return -(hit + ops.multiply(ops.subtract(1, target), ops.log(1 - output + fuzz())))


def binary_focal_crossentropy(
    target: Tensor,
    output: Tensor,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Any:
    """`binary_crossentropy`, times (1 - p)^γ of the probability p given to what is true.

    With balancing also times α where the target is 1, and 1 - α where it is 0.
    """
    p = ops.sigmoid(output) if from_logits else output
    other = ops.subtract(1, target)
    true = ops.add(ops.multiply(target, p), ops.multiply(other, ops.subtract(1, p)))
    loss = ops.power(1 - true, gamma) * binary_crossentropy(target, output, from_logits)
    return (ops.multiply(target, alpha) + other * (1 - alpha)) * loss if apply_class_balancing else loss


def categorical_focal_crossentropy(
    target: Tensor,
    output: Tensor,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Any:
    """-Σ α (1 - p)^γ · t · log p along the axis of classes."""
    scores = ops.softmax(output, axis) if from_logits else output
    p = ops.clip(ops.divide(scores, ops.sum(scores, axis=axis, keepdims=True)), fuzz(), 1 - fuzz())
    return ops.sum(-ops.multiply(target, ops.log(p)) * ops.multiply(alpha, ops.power(1 - p, gamma)), axis=axis)


@whole
def batch_normalization(
    x: Tensor, mean: Tensor, var: Tensor, beta: Tensor, gamma: Tensor, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """(x - mean) / √(var + ε) · gamma + beta; vectors lie along `axis`, other shapes fit by broadcasting.

    Args:
        beta, gamma: None for 0 and 1.
    """
    x = ops.convert_to_tensor(x)
    along = [size if place == axis % x.ndim else 1 for place, size in enumerate(x.shape)]
    fit = lambda value: ops.reshape(value, along) if ops.ndim(value) == 1 else value
    factor = ops.rsqrt(ops.add(fit(var), epsilon))
    factor = factor if gamma is None else ops.multiply(factor, fit(gamma))
    shifted = ops.multiply(ops.subtract(x, fit(mean)), factor)
    return shifted if beta is None else ops.add(shifted, fit(beta))


@whole
def normalize_batch_in_training(
    x: Tensor, gamma: Tensor, beta: Tensor, reduction_axes: Sequence[int], epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """x normalized by its own mean and variance along some axes, that mean, and that variance.

    Args:
        gamma, beta: None for 1 and 0.
    """
    x, axes = ops.convert_to_tensor(x), tuple(reduction_axes)
    mean, variance = ops.moments(x, axes)
    rest = [1 if axis in axes else size for axis, size in enumerate(x.shape)]
    fit = lambda value: None if value is None else ops.reshape(value, rest)
    return batch_normalization(x, fit(mean), fit(variance), fit(beta), fit(gamma), epsilon=epsilon), mean, variance
