"""Sequences without alignment (connectionist temporal classification): their loss, and reading them off.

A network gives each frame of a recording a score for each class and for the blank. A path through the frames spells
what is left of it when repetitions are merged and then blanks left out.
"""

from __future__ import annotations

from typing import Any, Literal

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.core.validate import check
from tsuno.engine import xp
from tsuno.ops.arguments import as_float
from tsuno.ops.fusing import fused

__all__ = ["ctc_loss", "ctc_decode"]


@op
@fused
def ctc_loss(
    target: Tensor, output: Tensor, target_length: Tensor, output_length: Tensor, mask_index: int = 0
) -> Tensor:
    """−log of the probability that frames, with repetitions merged and blanks left out, spell the target.

    Alex Graves et al., "Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent
    Neural Networks", 2006.

    Args:
        target: (batch, labels), integers.
        output: (batch, frames, classes), logits.
        target_length: (batch,), how many labels count.
        output_length: (batch,), how many frames count.
        mask_index: the class of the blank.

    Example:
        >>> ops.ctc_loss([[1]], [[[0.0, 0.0]]], [1], [1]).tolist()
        [0.6931...]
    """
    target, output = xp.asarray(target, "int32"), as_float(output)
    output = output.astype(xp.promote_types(output.dtype, "float32"))
    if target.ndim != 2 or output.ndim != 3:
        raise invalid("ctc_loss.output", "(batch, frames, classes), and `target` (batch, labels)", output)
    batch, labels = target.shape
    # The path through the target visits a blank before, between and after the labels.
    path = xp.full((batch, 2 * labels + 1), mask_index, "int32").at[:, 1::2].set(target)
    place = xp.arange(2 * labels + 1)
    differs = path != xp.pad(path, ((0, 0), (2, 0)), constant_values=mask_index)[:, :-2]
    may_skip = (place % 2 == 1) & (place > 1) & differs
    never = xp.asarray(-1e30, output.dtype)
    scores = engine.nn.log_softmax(output, axis=-1)
    emissions = xp.moveaxis(xp.take_along_axis(scores, path[:, None, :], axis=2), 1, 0)

    def advance(state: Any, frame: Any) -> Any:
        step, emission = frame
        one_back = xp.pad(state, ((0, 0), (1, 0)), constant_values=never)[:, :-1]
        two_back = xp.pad(state, ((0, 0), (2, 0)), constant_values=never)[:, :-2]
        arrivals = xp.stack([state, one_back, xp.where(may_skip, two_back, never)])
        moved = engine.special.logsumexp(arrivals, axis=0) + emission
        return xp.where((step < xp.asarray(output_length))[:, None], moved, state), None

    start = xp.where(place < 2, emissions[0], never)
    final, _ = engine.scan(advance, start, (xp.arange(1, len(emissions)), emissions[1:]))
    last = 2 * xp.asarray(target_length)[:, None]
    ends = xp.take_along_axis(final, xp.concatenate([last, xp.maximum(last - 1, 0)], axis=1), axis=1)
    ends = xp.where(last + xp.asarray([0, -1]) >= 0, ends, never)
    return -engine.special.logsumexp(ends, axis=1)


@op
@fused
def ctc_decode(
    inputs: Tensor,
    sequence_lengths: Tensor,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int | None = 0,
) -> tuple[Tensor, Tensor]:
    """What the frames most probably spell.

    `greedy` takes the best class of each frame. `beam_search` adds up all paths that spell the same, for the
    `beam_width` most probable beginnings at each frame.

    Args:
        inputs: (batch, frames, classes), logits.
        sequence_lengths: (batch,), how many frames count.
        strategy: `greedy` or `beam_search`.
        beam_width: how many beginnings the search follows.
        top_paths: how many results the search returns, from the best on; at most `beam_width`.
        merge_repeated: whether `greedy` merges repetitions.
        mask_index: the class of the blank; the last one for None.

    Returns:
        The labels, (1 or top_paths, batch, frames), with −1 after the last; and scores: for `greedy` minus the sum of
        the logits, (batch, 1); for `beam_search` the logarithm of the probability, (batch, top_paths).

    Example:
        >>> frames = [[[0.0, 5.0, 0.0], [0.0, 5.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 5.0]]]
        >>> labels, scores = ops.ctc_decode(frames, [4])
        >>> labels.tolist(), scores.tolist()
        ([[[1, 2, -1, -1]]], [[-20.0]])
    """
    x, lengths = as_float(inputs), xp.asarray(sequence_lengths)
    x = x.astype(xp.promote_types(x.dtype, "float32"))
    if x.ndim != 3 or lengths.ndim != 1:
        raise invalid("ctc_decode.inputs", "(batch, frames, classes), and `sequence_lengths` (batch,)", x)
    _, frames, classes = x.shape
    blank = classes - 1 if mask_index is None else mask_index
    counts = xp.arange(frames) < lengths[:, None]
    if check(Literal["greedy", "beam_search"], strategy, "ctc_decode.strategy") == "greedy":
        return _greedy(x, counts, merge_repeated, blank)
    if not 1 <= top_paths <= beam_width:
        raise invalid("ctc_decode.top_paths", f"from 1 to the beam width, {beam_width}", top_paths)
    # Of equal scores the lower class wins, as the last in an order from the highest class down.
    scores = xp.flip(engine.nn.log_softmax(x, axis=-1), axis=-1)
    search = engine.vmap(lambda x, use: _beam_search(x, use, beam_width, top_paths, classes - 1 - blank))
    labels, scores = search(scores, counts.at[:, :1].set(True))
    return xp.moveaxis(xp.where(labels < 0, -1, classes - 1 - labels), 1, 0), scores


def _greedy(x: Any, counts: Any, merge_repeated: bool, blank: int) -> tuple[Any, Any]:
    labels = xp.where(counts, xp.argmax(x, axis=-1), blank)
    kept = labels != blank
    if merge_repeated:
        kept = kept.at[:, 1:].set(kept[:, 1:] & (labels[:, 1:] != labels[:, :-1]))
    order = xp.argsort(~kept, axis=-1, stable=True)  # what is kept comes first
    labels = xp.take_along_axis(xp.where(kept, labels, -1), order, axis=-1)
    return labels[None], -xp.sum(xp.where(counts, xp.max(x, axis=-1), 0), axis=1)[:, None]


def _beam_search(x: Any, use: Any, width: int, top_paths: int, blank: int) -> tuple[Any, Any]:
    """Prefix beam search over the log-probabilities (frames, classes) of one sequence.

    The beam is `width` beginnings, sorted by their labels, each with the probability of the paths that spell it and
    end on its last label, and of those that end on a blank.
    """
    frames, classes = x.shape
    slot, label, place = xp.arange(width), xp.arange(classes), xp.arange(frames)
    never = -xp.inf

    def advance(beam: Any, frame: Any) -> Any:
        paths, lengths, labelled, blanked = beam
        scores, used = frame
        total = xp.logaddexp(labelled, blanked)
        tail = paths[slot, lengths - 1]
        # A beginning stays itself by a blank or its last label again, and grows by any label: by its last one only
        # after a blank.
        stay_blanked, stay_labelled = total + scores[blank], labelled + scores[tail]
        grown = xp.where(label == tail[:, None], blanked[:, None], total[:, None]) + scores
        grown = grown.at[:, blank].set(never)
        # One that has grown may be in the beam already: then their paths are added up.
        known = total > never
        begins = xp.all((paths[:, None] == paths) | (place >= lengths[:, None, None]), axis=-1)
        begins &= (lengths[:, None] < lengths) & known[:, None] & known
        follows = paths.T[xp.minimum(lengths, frames - 1)]
        parents = begins & (lengths[:, None] + 1 == lengths)
        parent, found = xp.argmax(parents, axis=0), xp.any(parents, axis=0)
        stay_labelled = xp.logaddexp(stay_labelled, xp.where(found, grown[parent, tail], never))
        grown = grown.at[parent, tail].min(xp.where(found, never, xp.inf))
        # The place of each in the order of labels: those that grow from slot s by label c come after all in the beam
        # that begin with s and go on with less than c; from one gap between slots, longer ones come first.
        counts = xp.zeros((width, classes), "int32").at[slot[:, None], follows].add(begins)
        gap = slot[:, None] + 1 + xp.cumsum(counts, axis=1) - counts
        order = ((2 * gap * width + width - 1 - slot[:, None]) * classes + label).ravel()
        order = xp.concatenate([(2 * slot + 1) * width * classes, order])
        # The best go on; where scores are equal, those that come last.
        candidates = xp.concatenate([xp.logaddexp(stay_labelled, stay_blanked), grown.ravel()])
        least = engine.top_k(candidates, width)[0][-1]
        rank = xp.where(candidates > least, xp.iinfo("int32").max, xp.where(candidates == least, order, -1))
        chosen = engine.top_k(rank, width)[1]
        chosen = chosen[xp.argsort(xp.where(candidates[chosen] > never, order[chosen], -1))]
        grows, source = chosen >= width, xp.where(chosen < width, chosen, (chosen - width) // classes)
        here = (place == lengths[source][:, None]) & grows[:, None]
        new = (
            xp.where(here, ((chosen - width) % classes)[:, None], paths[source]),
            lengths[source] + grows,
            xp.where(grows, candidates[chosen], stay_labelled[source]),
            xp.where(grows, never, stay_blanked[source]),
        )
        return engine.tree.map(lambda after, before: xp.where(used, after, before), new, beam), None

    nothing = xp.full(width, never, x.dtype)
    start = (xp.full((width, frames), -1, "int32"), xp.zeros(width, "int32"), nothing, nothing.at[-1].set(0))
    (paths, _, labelled, blanked), _ = engine.scan(advance, start, (x, use))
    scores, best = engine.top_k(xp.logaddexp(labelled, blanked)[::-1], top_paths)
    return xp.where(scores[:, None] > never, paths[::-1][best], -1), scores
