"""Forms that arguments of ops may come in, each brought to one; errors for what has no such form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno.core.dtypes import standardize_dtype
from tsuno.core.errors import invalid, unknown
from tsuno.core.op import Tensor
from tsuno.core.settings import floatx
from tsuno.engine import xp

__all__ = [
    "Axis", "Shape", "as_float", "axis_tuple", "dtype_or_own", "padding_name", "plain_axis", "rank_at_least",
    "same_shape",
]  # fmt: skip

Axis = int | Sequence[int] | None
Shape = Sequence[int] | int


def as_float(x: Tensor) -> Any:
    """`x`, with integers and booleans turned into the default float."""
    x = xp.asarray(x)
    return x if xp.issubdtype(x.dtype, xp.inexact) else x.astype(floatx())


def plain_axis(axis: Axis) -> int | tuple[int, ...] | None:
    """One axis, several as a tuple, or None."""
    return axis if axis is None or isinstance(axis, int) else tuple(axis)


def axis_tuple(axis: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """The axes counted from the front, in ascending order."""
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    if any(not -rank <= item < rank for item in axes):
        raise invalid("axis", f"within the {rank} axes of the tensor", axis)
    return tuple(sorted(item % rank for item in axes))


def dtype_or_own(dtype: Any) -> str | None:
    """The name of a dtype, or None for the dtype that the arguments bring along."""
    return None if dtype is None else standardize_dtype(dtype)


def padding_name(padding: str) -> str:
    """`VALID` or `SAME` from any spelling of it."""
    name = str(padding).upper()
    if name not in ("VALID", "SAME"):
        raise unknown("padding", padding, ("valid", "same"))
    return name


def rank_at_least(rank: int, x: Tensor, where: str) -> None:
    """Raise unless `x` has `rank` axes or more."""
    if xp.ndim(x) < rank:
        raise invalid(where, f"a tensor of {rank} or more axes", x)


def same_shape(x1: Tensor, x2: Tensor, names: str) -> None:
    """Raise unless two tensors have one shape."""
    if xp.shape(x1) != xp.shape(x2):
        raise ValueError(f"{names} must have the same shape; got {xp.shape(x1)} and {xp.shape(x2)}.")
