"""`tf.nn`: losses of logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core import seeds
from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import Static, whole
from tsuno.legacy.tensorflow.neural import at_random


def softmax_cross_entropy_with_logits(*args: Any, **kwargs: Any) -> Any:
    """−Σ labels · log softmax(logits) along an axis, for each row.

    Without names the arguments are (labels, logits) where tensors have values, and (logits, labels) in a graph.
    """
    given = _labels_and_logits(args, kwargs)
    return _softmax_loss(**given)


softmax_cross_entropy_with_logits_v2 = softmax_cross_entropy_with_logits


@whole
def _softmax_loss(labels: Tensor, logits: Tensor, axis: Static = -1, dim: Static = None) -> Any:
    logits = xp.asarray(logits)
    axis = axis if dim is None else dim
    return -xp.sum(xp.asarray(labels, logits.dtype) * engine.nn.log_softmax(logits, axis=axis), axis=axis)


def sparse_softmax_cross_entropy_with_logits(*args: Any, **kwargs: Any) -> Any:
    """−log softmax(logits) of the class that each integer names.

    Without names the arguments are (labels, logits) where tensors have values, and (logits, labels) in a graph.
    """
    return _sparse_loss(**_labels_and_logits(args, kwargs))


@whole
def _sparse_loss(labels: Tensor, logits: Tensor) -> Any:
    labels, logits = xp.asarray(labels), xp.asarray(logits)
    if labels.ndim + 1 != logits.ndim:
        raise ValueError(
            f"`sparse_softmax_cross_entropy_with_logits` takes one class for each row of `logits`, whose shape is "
            f"{logits.shape}; `labels` has shape {labels.shape}. One-hot labels are for "
            "`softmax_cross_entropy_with_logits`."
        )
    log_probability = engine.nn.log_softmax(logits, axis=-1)
    return -xp.take_along_axis(log_probability, labels[..., None].astype("int32"), axis=-1)[..., 0]


def sigmoid_cross_entropy_with_logits(*args: Any, **kwargs: Any) -> Any:
    """−labels · log σ(logits) − (1 − labels) · log σ(−logits), element by element.

    Without names the arguments are (labels, logits) where tensors have values, and (logits, labels) in a graph.
    """
    return _weighted_loss(**_labels_and_logits(args, kwargs))


def weighted_cross_entropy_with_logits(*args: Any, **kwargs: Any) -> Any:
    """−w · labels · log σ(logits) − (1 − labels) · log σ(−logits), element by element; `pos_weight` is w."""
    given = dict(zip(("labels", "logits", "pos_weight"), args, strict=False))
    return _weighted_loss(**_labels_and_logits((), {**given, **kwargs}))


@whole
def _weighted_loss(labels: Tensor, logits: Tensor, pos_weight: Tensor = 1) -> Any:
    logits = xp.asarray(logits)
    labels = xp.asarray(labels, logits.dtype)
    if labels.shape != logits.shape:
        raise ValueError(f"`labels` and `logits` must be of one shape; got {labels.shape} and {logits.shape}.")
    softplus = xp.maximum(-logits, 0) + xp.log1p(xp.exp(-xp.abs(logits)))
    return (1 - labels) * logits + (1 + (pos_weight - 1) * labels) * softplus


@whole
def log_poisson_loss(targets: Tensor, log_input: Tensor, compute_full_loss: bool = False) -> Any:
    """exp(c) − c · targets, with Stirling's formula for the rest of it if asked."""
    targets = xp.asarray(targets)
    loss = xp.exp(log_input) - log_input * targets
    if compute_full_loss:
        stirling = targets * xp.log(targets) - targets + 0.5 * xp.log(2 * np.pi * targets)
        loss = loss + xp.where((targets >= 0) & (targets <= 1), 0, stirling)
    return loss


def _labels_and_logits(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    order = ("logits", "labels") if modes.graph_mode() else ("labels", "logits")
    given = {**dict(zip((*order, "axis"), args, strict=False)), **kwargs}
    given.pop("_sentinel", None)
    given.pop("name", None)
    if "targets" in given:
        given["labels"] = given.pop("targets")
    missing = [name for name in ("labels", "logits") if given.get(name) is None]
    if missing:
        raise ValueError(f"A cross entropy needs `labels` and `logits`; there is no `{missing[0]}`.")
    return given


def ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any = None,
    logit_length: Any = None,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: Any = 0,
) -> Any:
    """−log of the probability that frames, with repetitions merged and blanks left out, spell the labels.

    Args:
        labels: (batch, labels), integers.
        logits: (frames, batch, classes), or (batch, frames, classes) if `logits_time_major` is not set.
        label_length: (batch,), how many labels count.
        logit_length: (batch,), how many frames count.
        logits_time_major: whether frames come first.
        unique: accepted for compatibility.
        blank_index: the class of the blank; from the end if negative.
    """
    if label_length is None:
        raise ValueError(
            "`ctc_loss` takes labels as a table (batch, labels) with `label_length` and `logit_length` here, not as a "
            "`SparseTensor`."
        )
    return _ctc(labels, logits, label_length, logit_length, logits_time_major, blank_index or 0)


@whole
def _ctc(labels: Tensor, logits: Tensor, counts: Tensor, frames: Tensor, time_major: bool, blank: int) -> Any:
    logits = xp.moveaxis(xp.asarray(logits), 0, 1) if time_major else xp.asarray(logits)
    return ops.ctc_loss(labels, logits, counts, frames, mask_index=blank % logits.shape[-1])


# ---------------------------------------------------------------------- classes that are drawn


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
) -> Any:
    """The loss of telling the class of each row from others that are drawn, rare ones (large numbers) more rarely.

    Args:
        weights: (classes, size).
        biases: (classes,).
        labels: (batch, 1), integers.
        inputs: (batch, size).
        num_sampled: how many other classes are drawn for a batch.
        num_classes: how many there are.
        num_true: classes of each row; 1.
        sampled_values: must be None.
        remove_accidental_hits: whether a drawn class that is a row's own does not count for it.
        partition_strategy: accepted for compatibility.

    Source: M. Gutmann and A. Hyvärinen, *Noise-contrastive estimation*, 2010.
    """
    labels_of, logits = _sampled(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_accidental_hits
    )
    return ops.sum(_weighted_loss(labels_of, logits), axis=1)


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    seed: Any = None,
    partition_strategy: str = "mod",
) -> Any:
    """The cross entropy of the class of each row among itself and others that are drawn; see `nce_loss`."""
    labels_of, logits = _sampled(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits,
        seed,
    )
    return _softmax_loss(labels_of, logits)


def _sampled(weights: Any, biases: Any, labels: Any, inputs: Any, count: int, classes: int, num_true: int,
             given: Any, remove_hits: bool, seed: Any = None) -> Any:  # fmt: skip
    """Targets and logits of the true class and the drawn ones, each less the logarithm of how often it is drawn."""
    if num_true != 1 or given is not None:
        raise ValueError("Losses with drawn classes take one class for each row, and draw the others themselves here.")
    weights = weights[0] if isinstance(weights, (list, tuple)) else weights

    def compute(table: Any, bias: Any, labels: Any, x: Any, seed: Any) -> Any:
        true = xp.reshape(xp.asarray(labels).astype("int32"), (-1,))
        uniform = engine.uniform(seeds.draw_key(seed), (count,))
        drawn = xp.clip(xp.exp(uniform * np.log(classes + 1.0)).astype("int32") - 1, 0, classes - 1)

        def expected(ids: Any) -> Any:
            return count * (xp.log((ids + 2.0) / (ids + 1.0)) / np.log(classes + 1.0))

        own = xp.sum(x * xp.take(table, true, axis=0), -1) + xp.take(bias, true) - xp.log(expected(true))
        others = x @ xp.take(table, drawn, axis=0).T + xp.take(bias, drawn) - xp.log(expected(drawn))
        if remove_hits:
            others = xp.where(drawn[None] == true[:, None], np.float32(-1e30), others)
        logits = xp.concatenate([own[:, None], others], axis=1)
        return xp.zeros_like(logits).at[:, 0].set(1), logits

    def drawn_loss(*values: Any, seed: Any) -> Any:
        table, bias, labels, x = map(xp.asarray, values)
        return compute(table, bias, labels, x, seed)

    return at_random(drawn_loss, (weights, biases, labels, inputs), seed)
