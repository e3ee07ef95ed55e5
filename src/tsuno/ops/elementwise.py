"""Elementwise arithmetic, comparison, rounding and special functions."""

from __future__ import annotations

from tsuno.core.op import Tensor, op
from tsuno.engine import xp

__all__ = ["add", "square"]


@op
def add(x1: Tensor, x2: Tensor) -> Tensor:
    """Add elementwise, with broadcasting.

    Example:
        >>> ops.add([1, 2], [10, 20]).tolist()
        [11, 22]
    """
    return xp.add(x1, x2)


@op
def square(x: Tensor) -> Tensor:
    """x² of each element.

    Example:
        >>> ops.square([1, 2, 3]).tolist()
        [1, 4, 9]
    """
    return xp.square(x)
