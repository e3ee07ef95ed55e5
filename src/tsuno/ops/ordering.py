"""Order and groups: sorting, searching, the largest few, counts in bins, and reductions over segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import engine
from tsuno.core.errors import invalid, unknown
from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.fusing import fused

__all__ = [
    "sort", "argsort", "argpartition", "searchsorted", "digitize", "top_k", "in_top_k", "unique", "bincount",
    "histogram", "segment_sum", "segment_prod", "segment_max", "segment_min",
]  # fmt: skip


@op
def sort(x: Tensor, axis: int | None = -1) -> Tensor:
    """In ascending order along an axis.

    Example:
        >>> ops.sort([3, 1, 2]).tolist()
        [1, 2, 3]
    """
    return xp.sort(x, axis=axis)


@op
def argsort(x: Tensor, axis: int | None = -1) -> Tensor:
    """The places of the elements in ascending order along an axis; equals keep their order.

    Example:
        >>> ops.argsort([3, 1, 2]).tolist()
        [1, 2, 0]
    """
    return xp.argsort(x, axis=axis if xp.ndim(x) else None)


@op
def argpartition(x: Tensor, kth: int, axis: int | None = -1) -> Tensor:
    """Places such that the `kth` is right in order of size, smaller elements before it and larger ones after.

    Example:
        >>> int(ops.argpartition([3, 1, 2], 1)[1])
        2
    """
    if axis is None:
        x, axis = xp.ravel(x), 0
    return xp.argpartition(x, kth, axis=axis)


@op
def searchsorted(sorted_sequence: Tensor, values: Tensor, side: str = "left") -> Tensor:
    """Where values would have to be inserted to keep a sequence in order.

    Args:
        side: before equal elements (`left`) or after them (`right`).

    Example:
        >>> ops.searchsorted([1, 3, 5], [3, 4]).tolist()
        [1, 2]
    """
    if xp.ndim(sorted_sequence) != 1:
        fix = "Use `ops.vectorized_map` for several sequences."
        raise invalid("searchsorted.sorted_sequence", "a tensor of one axis", sorted_sequence, fix)
    if side not in ("left", "right"):
        raise unknown("side", side, ("left", "right"))
    return xp.searchsorted(sorted_sequence, values, side=side)


@op
@fused
def digitize(x: Tensor, bins: Tensor) -> Tensor:
    """The number of the bin that each element falls into: 0 below the first edge, i from edge i − 1 up to edge i.

    Example:
        >>> ops.digitize([0.5, 1.0, 7.0], [1.0, 5.0]).tolist()
        [0, 1, 2]
    """
    return xp.digitize(x, xp.asarray(bins))


@op
def top_k(x: Tensor, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The `k` largest elements of each last axis, largest first, and their places.

    Args:
        sorted: whether they must be in order; here they always are.

    Example:
        >>> values, places = ops.top_k([3, 9, 5], 2)
        >>> values.tolist(), places.tolist()
        ([9, 5], [1, 2])
    """
    x = xp.asarray(x)
    if not x.ndim or not 0 <= k <= x.shape[-1]:
        raise invalid("top_k.k", f"from 0 to {x.shape[-1] if x.ndim else 0}, the size of the last axis", k)
    return engine.top_k(x, k)


@op
@fused
def in_top_k(targets: Tensor, predictions: Tensor, k: int) -> Tensor:
    """Whether the target class is among the `k` highest predictions; classes of equal score all count.

    Args:
        targets: (batch,), integers.
        predictions: (batch, classes).

    Example:
        >>> ops.in_top_k([1, 0], [[0.1, 0.7, 0.2], [0.2, 0.5, 0.3]], 2).tolist()
        [True, False]
    """
    at_target = xp.take_along_axis(predictions, xp.expand_dims(targets, -1), axis=-1)
    at_target = xp.where(xp.isnan(at_target), -xp.inf, at_target)
    return xp.sum(predictions > at_target, axis=-1) < k


@op
def unique(
    x: Tensor,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different elements in ascending order.

    Args:
        return_index: whether to return the first place of each, too.
        return_inverse: whether to return the place of each element in the result, too.
        return_counts: whether to return how often each occurs, too.
        axis: compare slices along this axis; elements by default.
        size: how many to return, filled up with `fill_value` (the smallest by default); needed in compiled programs.

    Example:
        >>> ops.unique([3, 1, 3]).tolist()
        [1, 3]
    """
    return xp.unique(
        x, return_index, return_inverse, return_counts, axis,
        equal_nan=False, size=size, fill_value=fill_value, sorted=sorted,
    )  # fmt: skip


@op
def bincount(x: Tensor, weights: Tensor = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """How often each integer from 0 to the largest occurs; of a matrix, for each row.

    The size of the result depends on the values, so this works only outside compiled programs.

    Args:
        weights: what each occurrence counts; 1 by default.
        minlength: the least size of the result.
        sparse: only False; there are no sparse tensors.

    Example:
        >>> ops.bincount([0, 2, 2]).tolist()
        [1, 0, 2]
    """
    if sparse:
        raise invalid("bincount.sparse", "False", sparse, "Tensors are dense here.")
    x = xp.asarray(x)
    if x.ndim < 2:
        return xp.bincount(x, weights=weights, minlength=minlength)
    length = max(int(xp.max(x)) + 1, minlength)
    rows = [None] * len(x) if weights is None else list(weights)
    return xp.stack([xp.bincount(row, w, length=length) for row, w in zip(x, rows, strict=True)])


@op
@fused
def histogram(x: Tensor, bins: int | Sequence[float] = 10, range: Any = None) -> tuple[Tensor, Tensor]:
    """How many elements fall into each bin, and the edges of the bins.

    Args:
        bins: how many bins of equal width, or their edges.
        range: the lowest and highest edge; the extremes of the elements by default.

    Example:
        >>> counts, edges = ops.histogram([0.0, 1.0, 4.0], bins=2)
        >>> counts.tolist(), edges.tolist()
        ([2.0, 1.0], [0.0, 2.0, 4.0])
    """
    return xp.histogram(x, bins=bins if isinstance(bins, int) else xp.asarray(bins), range=range)


@op
def segment_sum(data: Tensor, segment_ids: Tensor, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The sum of the rows of each segment; 0 for a segment without rows.

    Args:
        segment_ids: the number of the segment of each row, (rows,).
        num_segments: how many segments there are.
        sorted: whether the numbers ascend, which is faster.

    Example:
        >>> ops.segment_sum([1, 2, 10], [0, 0, 1], 2).tolist()
        [3, 10]
    """
    return _segments("sum", data, segment_ids, num_segments, sorted)


@op
def segment_prod(data: Tensor, segment_ids: Tensor, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The product of the rows of each segment; 1 for a segment without rows. Arguments as for `segment_sum`.

    Example:
        >>> ops.segment_prod([2, 3, 10], [0, 0, 1], 2).tolist()
        [6, 10]
    """
    return _segments("prod", data, segment_ids, num_segments, sorted)


@op
def segment_max(data: Tensor, segment_ids: Tensor, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The largest of the rows of each segment; −∞ for a segment without rows. Arguments as for `segment_sum`.

    Example:
        >>> ops.segment_max([2, 3, 10], [0, 0, 1], 2).tolist()
        [3, 10]
    """
    return _segments("max", data, segment_ids, num_segments, sorted)


@op
def segment_min(data: Tensor, segment_ids: Tensor, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The smallest of the rows of each segment; ∞ for a segment without rows. Arguments as for `segment_sum`.

    Example:
        >>> ops.segment_min([2, 3, 10], [0, 0, 1], 2).tolist()
        [2, 10]
    """
    return _segments("min", data, segment_ids, num_segments, sorted)


def _segments(kind: str, data: Any, segment_ids: Any, num_segments: int | None, sorted: bool) -> Any:
    where = f"segment_{kind}"
    if num_segments is None:
        raise invalid(f"{where}.num_segments", "the number of segments", None, "A compiled program needs to know it.")
    if xp.ndim(segment_ids) != 1 or xp.shape(data)[:1] != xp.shape(segment_ids):
        raise invalid(f"{where}.segment_ids", f"one number for each of {xp.shape(data)[0]} rows", segment_ids)
    return engine.segment_reduce(kind, data, segment_ids, num_segments, sorted)
