"""`keras.backend`: sequences without alignment: the loss of connectionist temporal classification, and decoding."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.core.op import Tensor
from tsuno.core.settings import epsilon
from tsuno.legacy.backend.recording import whole

__all__ = ["ctc_batch_cost", "ctc_decode", "ctc_label_dense_to_sparse"]


@whole
def ctc_batch_cost(y_true: Tensor, y_pred: Tensor, input_length: Tensor, label_length: Tensor) -> Any:
    """-log of the probability that frames spell their labels, (batch, 1).

    Args:
        y_true: (batch, labels), integers.
        y_pred: (batch, frames, classes), probabilities; the last class is the blank.
        input_length: (batch, 1), how many frames count.
        label_length: (batch, 1), how many labels count.
    """
    frames, labels = (ops.cast(ops.squeeze(length, -1), "int32") for length in (input_length, label_length))
    loss = ops.ctc_loss(y_true, _logits(y_pred), labels, frames, mask_index=y_pred.shape[-1] - 1)
    return ops.expand_dims(loss, 1)


@whole
def ctc_decode(
    y_pred: Tensor,
    input_length: Tensor,
    greedy: bool = True,
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = False,
) -> tuple[list[Any], Any]:
    """What frames most probably spell: a list of labels (batch, frames), -1 after the last, and scores.

    Args:
        y_pred: (batch, frames, classes), probabilities; the last class is the blank.
        input_length: (batch,), how many frames count.
        greedy: whether to take the best class of each frame, or to search.
        beam_width: how many beginnings the search follows.
        top_paths: how many results the search returns.
        merge_repeated: whether equal neighbours in the results of the search are merged.
    """
    strategy = "greedy" if greedy else "beam_search"
    lengths = ops.cast(input_length, "int32")
    labels, scores = ops.ctc_decode(
        _logits(y_pred), lengths, strategy, beam_width, 1 if greedy else top_paths, mask_index=None
    )
    paths = ops.unstack(labels)
    return ([_merged(path) for path in paths] if merge_repeated and not greedy else paths), scores


def _logits(y_pred: Any) -> Any:
    return ops.log(ops.add(y_pred, epsilon()))


def _merged(labels: Any) -> Any:
    """One of equal neighbours in each row."""
    before = ops.pad(labels[:, :-1], ((0, 0), (1, 0)), constant_values=-1)
    kept = ops.logical_and(labels >= 0, labels != before)
    order = ops.argsort(ops.cast(ops.logical_not(kept), "int32"), axis=-1)
    return ops.take_along_axis(ops.where(kept, labels, -1), order, axis=-1)


@whole
def ctc_label_dense_to_sparse(labels: Tensor, label_lengths: Tensor) -> Any:
    """Labels of which those after each sample's last are -1; tensors are dense here."""
    labels = ops.convert_to_tensor(labels)
    return ops.where(ops.arange(labels.shape[1]) < ops.expand_dims(label_lengths, -1), labels, -1)
