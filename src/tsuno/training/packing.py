"""Inputs, targets and weights in one tuple, and out of it."""

from __future__ import annotations

from typing import Any

from tsuno.core.errors import describe


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """A batch in the form that `fit` takes: `x`, `(x, y)` or `(x, y, sample_weight)`.

    Example:
        >>> tsuno.utils.pack_x_y_sample_weight(1, 2)
        (1, 2)
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` of a batch, with None for what it lacks.

    Example:
        >>> tsuno.utils.unpack_x_y_sample_weight((1, 2))
        (1, 2, None)
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"A batch must be `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`; got {len(data)} items: "
            f"{describe(data)}."
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight
