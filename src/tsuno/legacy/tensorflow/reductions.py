"""`tf.reduce_sum` and the like, and sums by segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core.op import Tensor, as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow.calls import Static, dtype_here, on_graph, static_value, whole
from tsuno.legacy.tensorflow.words import exposed


def _mean(x: Any, **along: Any) -> Any:
    """The mean; of integers as an integer, rounded towards zero."""
    if not xp.issubdtype(x.dtype, xp.integer):
        return ops.mean(x, **along)
    return xp.trunc(xp.mean(x.astype("float32"), **along)).astype(x.dtype)


def _norm(x: Any, **along: Any) -> Any:
    return xp.sqrt(xp.sum(xp.square(xp.abs(x)), **along))


def _sum(x: Any, **along: Any) -> Any:
    return xp.sum(x, **along).astype(x.dtype)


def _product(x: Any, **along: Any) -> Any:
    return xp.prod(x, **along).astype(x.dtype)


_COMPUTE: dict[str, Any] = {
    "sum": _sum,
    "mean": _mean,
    "max": ops.max,
    "min": ops.min,
    "prod": _product,
    "any": ops.any,
    "all": ops.all,
    "logsumexp": ops.logsumexp,
    "std": ops.std,
    "variance": ops.var,
    "euclidean_norm": _norm,
}


def _reduction(name: str) -> Any:
    compute = _COMPUTE[name]

    def reduce(
        input_tensor: Tensor,
        axis: Static = None,
        keepdims: Any = None,
        name: Any = None,
        reduction_indices: Static = None,
        keep_dims: Any = None,
    ) -> Any:
        along = reduction_indices if axis is None else axis
        along = tuple(along) if isinstance(along, list) else along
        return compute(xp.asarray(input_tensor), axis=along, keepdims=bool(keep_dims if keepdims is None else keepdims))

    reduce.__name__ = f"reduce_{name}"
    return whole(reduce)


@whole
def count_nonzero(
    input: Tensor = None,
    axis: Static = None,
    keepdims: Any = None,
    dtype: Any = "int64",
    reduction_indices: Static = None,
    keep_dims: Any = None,
    input_tensor: Tensor = None,
) -> Any:
    """How many elements are not zero."""
    along = reduction_indices if axis is None else axis
    along = tuple(along) if isinstance(along, list) else along
    x = xp.asarray(input_tensor if input is None else input)
    found = xp.sum(x != 0, axis=along, keepdims=bool(keep_dims if keepdims is None else keepdims))
    return found.astype(dtype_here(dtype))


# ---------------------------------------------------------------------- by segments


def _sum_of(data: Any, ids: Any, count: int) -> Any:
    return engine.segment_reduce("sum", data, ids, count)


def _mean_of(data: Any, ids: Any, count: int) -> Any:
    return _sum_of(data, ids, count) / _spread(xp.maximum(_how_many(ids, count), 1), data)


def _root_of(data: Any, ids: Any, count: int) -> Any:
    return _sum_of(data, ids, count) / _spread(xp.sqrt(xp.maximum(_how_many(ids, count), 1.0)), data)


def _how_many(ids: Any, count: int) -> Any:
    return _sum_of(xp.ones(ids.shape, "float32"), ids, count)


def _spread(x: Any, data: Any) -> Any:
    return x.reshape((-1,) + (1,) * (data.ndim - 1))


def _limit_of(kind: str, empty: Any) -> Any:
    def compute(data: Any, ids: Any, count: int) -> Any:
        found = engine.segment_reduce(kind, data, ids, count)
        if empty is None:  # the least or largest number, not infinity
            limit = xp.finfo(data.dtype) if xp.issubdtype(data.dtype, xp.floating) else xp.iinfo(data.dtype)
            return xp.clip(found, limit.min, limit.max)
        return xp.where(_spread(_how_many(ids, count) > 0, data), found, empty)

    return compute


_SEGMENTS: dict[str, tuple[Any, Any]] = {
    "sum": (_sum_of, _sum_of),
    "mean": (_mean_of, _mean_of),
    "sqrt_n": (_root_of, _root_of),
    "prod": (_limit_of("prod", 1), _limit_of("prod", 1)),
    "max": (_limit_of("max", 0), _limit_of("max", None)),
    "min": (_limit_of("min", 0), _limit_of("min", None)),
}
"""What is computed where segments come in order, and where they come in any."""


def _segment(name: str) -> Any:
    compute = _SEGMENTS[name][0]

    def segments(data: Tensor, segment_ids: Tensor, count: Static) -> Any:
        return compute(xp.asarray(data), xp.asarray(segment_ids), count)

    segments.__name__ = f"segment_{name}"
    counted = whole(segments)

    def call(data: Any, segment_ids: Any) -> Any:
        known = static_value(segment_ids) if hasattr(segment_ids, "shape") else np.asarray(segment_ids)
        if known is not None:
            return counted(data, segment_ids, int(known[-1]) + 1)
        by_values = symbolic.Operation(lambda x, ids: counted(x, ids, int(as_numpy(ids)[-1]) + 1), name="segments")
        return on_graph(by_values, data, segment_ids, outputs=KerasTensor((None, *data.shape[1:]), str(data.dtype)))

    call.__name__, call.__doc__ = segments.__name__, f"The {name} of the rows of each segment."
    return exposed(call)


def _unsorted(name: str) -> Any:
    compute = _SEGMENTS[name][1]

    def segments(data: Tensor, segment_ids: Tensor, num_segments: Static) -> Any:
        data, ids = xp.asarray(data), xp.asarray(segment_ids)
        return compute(data.reshape(ids.size, *data.shape[ids.ndim :]), ids.ravel(), num_segments)

    segments.__name__ = f"unsorted_segment_{name}"
    return exposed(whole(segments))


FUNCTIONS: dict[str, Any] = {
    **{f"reduce_{name}": exposed(_reduction(name)) for name in _COMPUTE},
    **{f"segment_{name}": _segment(name) for name in _SEGMENTS if name != "sqrt_n"},
    **{f"unsorted_segment_{name}": _unsorted(name) for name in _SEGMENTS},
}
