"""Reductions that pass over NaN, as if the missing values were not there."""

from __future__ import annotations

from typing import Any

from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.arguments import Axis, as_float, dtype_or_own, plain_axis

__all__ = [
    "nansum", "nanmean", "nanprod", "nanmax", "nanmin", "nanstd", "nanvar", "nanmedian", "nanquantile",
    "nanpercentile", "nanargmax", "nanargmin", "nancumsum", "nancumprod",
]  # fmt: skip


@op
def nansum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum of the numbers.

    Example:
        >>> float(ops.nansum([1.0, np.nan, 3.0]))
        4.0
    """
    return xp.nansum(x, axis=axis, keepdims=keepdims)


@op
def nanmean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean of the numbers; NaN where there are none.

    Example:
        >>> float(ops.nanmean([1.0, np.nan, 3.0]))
        2.0
    """
    return xp.nanmean(x, axis=axis, keepdims=keepdims)


@op
def nanprod(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The product of the numbers.

    Example:
        >>> float(ops.nanprod([2.0, np.nan, 3.0]))
        6.0
    """
    return xp.nanprod(x, axis=axis, keepdims=keepdims)


@op
def nanmax(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest number; NaN where there are none.

    Example:
        >>> float(ops.nanmax([1.0, np.nan, 3.0]))
        3.0
    """
    return xp.nanmax(x, axis=axis, keepdims=keepdims)


@op
def nanmin(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The smallest number; NaN where there are none.

    Example:
        >>> float(ops.nanmin([1.0, np.nan, 3.0]))
        1.0
    """
    return xp.nanmin(x, axis=axis, keepdims=keepdims)


@op
def nanstd(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The standard deviation of the numbers.

    Example:
        >>> float(ops.nanstd([1.0, np.nan, 3.0]))
        1.0
    """
    return xp.nanstd(x, axis=axis, keepdims=keepdims)


@op
def nanvar(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The variance of the numbers.

    Example:
        >>> float(ops.nanvar([1.0, np.nan, 5.0]))
        4.0
    """
    return xp.nanvar(x, axis=axis, keepdims=keepdims)


@op
def nanmedian(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The middle one of the numbers in order of size, or the mean of the two middle ones.

    Example:
        >>> float(ops.nanmedian([1.0, np.nan, 3.0]))
        2.0
    """
    return xp.nanmedian(x, axis=plain_axis(axis), keepdims=keepdims)


@op
def nanquantile(x: Tensor, q: Tensor, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """The value below which a fraction `q` (from 0 to 1) of the numbers lies; see `quantile`.

    Example:
        >>> float(ops.nanquantile([1.0, np.nan, 3.0], 0.5))
        2.0
    """
    return xp.nanquantile(x, as_float(q), axis=plain_axis(axis), method=method, keepdims=keepdims)


@op
def nanpercentile(x: Tensor, q: Tensor, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """The value below which a percentage `q` (from 0 to 100) of the numbers lies; see `percentile`.

    Example:
        >>> float(ops.nanpercentile([1.0, np.nan, 3.0], 50))
        2.0
    """
    return xp.nanpercentile(x, as_float(q), axis=plain_axis(axis), method=method, keepdims=keepdims)


@op
def nanargmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The place of the largest number; −1 where there are none.

    Example:
        >>> int(ops.nanargmax([1.0, np.nan, 3.0]))
        2
    """
    return xp.nanargmax(x, axis=axis, keepdims=keepdims)


@op
def nanargmin(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The place of the smallest number; −1 where there are none.

    Example:
        >>> int(ops.nanargmin([1.0, np.nan, 3.0]))
        0
    """
    return xp.nanargmin(x, axis=axis, keepdims=keepdims)


@op
def nancumsum(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The sum of all numbers up to each place.

    Example:
        >>> ops.nancumsum([1.0, np.nan, 3.0]).tolist()
        [1.0, 1.0, 4.0]
    """
    return xp.nancumsum(x, axis=axis, dtype=dtype_or_own(dtype))


@op
def nancumprod(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The product of all numbers up to each place.

    Example:
        >>> ops.nancumprod([2.0, np.nan, 3.0]).tolist()
        [2.0, 2.0, 6.0]
    """
    return xp.nancumprod(x, axis=axis, dtype=dtype_or_own(dtype))
