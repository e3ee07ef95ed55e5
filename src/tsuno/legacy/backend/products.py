"""`keras.backend`: products of matrices and of batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor
from tsuno.legacy.backend.recording import of_one, of_two, whole

__all__ = ["batch_dot", "dot", "transpose"]

dot = of_two("dot", ops.dot, "The sum of products over the last axis of x and the second to last of y.")
transpose = of_one("transpose", ops.transpose, "The axes in reverse order.")


@whole
def batch_dot(x: Tensor, y: Tensor, axes: int | Sequence[int] | None = None) -> Any:
    """For each sample, the sum of products over one axis of x and one of y.

    The result has the other axes of x, then those of y; of two batches of vectors, one number for each, (batch, 1).

    Args:
        x: (batch, ...).
        y: (batch, ...).
        axes: the axis of each; by default the last one of x, and of y the second to last, or the only one.
    """
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    if x.ndim < 2 or y.ndim < 2:
        raise invalid("batch_dot.x", "of two or more axes, as `y`", x if x.ndim < 2 else y)
    if axes is None:
        axes = (x.ndim - 1, y.ndim - 1 if y.ndim == 2 else y.ndim - 2)
    pair = (axes, axes) if isinstance(axes, int) else tuple(axes)
    if len(pair) != 2 or any(not isinstance(axis, int) for axis in pair):
        raise invalid("batch_dot.axes", "an integer, two of them, or None", axes)
    along = [axis % z.ndim for axis, z in zip(pair, (x, y), strict=True)]
    if 0 in along:
        fix = "Put an axis of size 1 in front of tensors that are no batches: K.expand_dims(x, 0)."
        raise invalid("batch_dot.axes", "axes other than that of the batch", axes, fix)
    letters = iter("abcdefghijklmnopqrstuvwxy")
    places = [
        ["B", *("S" if axis == chosen else next(letters) for axis in range(1, z.ndim))]
        for chosen, z in zip(along, (x, y), strict=True)
    ]
    kept = [place for place in places[0] + places[1][1:] if place != "S"]
    result = ops.einsum(f"{''.join(places[0])},{''.join(places[1])}->{''.join(kept)}", x, y)
    return ops.expand_dims(result, 1) if result.ndim == 1 else result
