"""Rows of primitives that put the elements of windows together: pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno.export.onnx.graph import Value, is_known, is_one
from tsuno.export.onnx.rows import Equation, row
from tsuno.export.onnx.shapes import edged


@row("reduce_window_max")
def _max_of_windows(e: Equation, x: Value) -> Value:
    return _pooled(e, x, "MaxPool")


@row("reduce_window_min")
def _min_of_windows(e: Equation, x: Value) -> Value:
    return e.each("Neg", _pooled(e, e.each("Neg", x), "MaxPool"))


@row("reduce_window_sum")
def _sum_of_windows(e: Equation, x: Value) -> Value:
    mean = _pooled(e, x, "AveragePool", count_include_pad=1)
    return e.each("Mul", mean, e.number(np.prod(e.params["window_dimensions"]), mean))


def _pooled(e: Equation, x: Value, op: str, **attributes: Any) -> Value:
    """A pooling operator: batch and channels ahead, at most three axes with windows behind."""
    params, rank = e.params, x.rank
    window, strides = params["window_dimensions"], params["window_strides"]
    pads = params["padding"]
    dilations = params.get("window_dilation") or (1,) * rank
    if any(step != 1 for step in params.get("base_dilation") or ()):
        raise e.cannot("of an input spread out")
    moving = [
        axis
        for axis in range(rank)
        if not is_one(window[axis]) or not is_one(strides[axis]) or any(str(n) != "0" for n in pads[axis])
    ]
    spare = [axis for axis in range(rank - 2, 0, -1) if axis not in moving]
    spare += [axis for axis in (rank - 1, 0) if axis not in moving and axis not in spare]
    while rank - len(moving) > 2 and len(moving) < 3:
        moving.append(spare.pop(0))
    moving.sort()
    rest = [axis for axis in range(rank) if axis not in moving]
    if len(moving) > 3 or len(rest) > 2 or not moving:
        raise e.cannot(f"over windows of {window}")
    axes = [*rest, *moving]
    dtype = x.dtype
    if dtype.kind not in "f" and dtype.name != "bfloat16":
        x = e.cast(x, "float32")
    name = x.arranged(axes)
    missing = list(range(2 - len(rest)))
    if missing:
        name = e.node("Unsqueeze", name, e.vector(*missing))
    low, high = ([pads[axis][side] for axis in moving] for side in (0, 1))
    sizes = [window[axis] for axis in moving]
    if not all(map(is_known, (*low, *high))):
        fill = e.number(-np.inf if op == "MaxPool" else 0, x).arranged()
        name = edged(e, name, (0, 0, *low), (0, 0, *high), fill)
        low, high = [0] * len(low), [0] * len(high)
    if any(n >= width for n, width in zip([*low, *high], [*sizes, *sizes], strict=True)) or min((*low, *high)) < 0:
        raise e.cannot("with edges as wide as the windows")
    steps = [dilations[axis] for axis in moving]
    name = e.node(
        op, name, kernel_shape=sizes, strides=[strides[axis] for axis in moving], pads=[*low, *high],
        dilations=steps if any(step != 1 for step in steps) else None, **attributes,
    )  # fmt: skip
    if missing:
        name = e.node("Squeeze", name, e.vector(*missing))
    order = [axes.index(axis) for axis in range(rank)]
    return e.cast(e.result(name, dtype=x.dtype, held=tuple(e.shape[axis] for axis in axes), order=order), dtype)
