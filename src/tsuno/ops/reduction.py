"""One number from many along some axes: sums, means, extremes, spread, quantiles, and their running forms."""

from __future__ import annotations

from typing import Any

from tsuno import engine
from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.arguments import Axis, as_float, dtype_or_own, plain_axis
from tsuno.ops.fusing import fused

__all__ = [
    "sum", "mean", "prod", "max", "min", "amax", "amin", "std", "var", "ptp", "any", "all", "count_nonzero", "argmax",
    "argmin", "average", "median", "quantile", "percentile", "logsumexp", "norm", "cumsum", "cumprod", "diff",
    "trapezoid", "corrcoef",
]  # fmt: skip


@op
def sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum along some axes, or of everything.

    Example:
        >>> ops.sum([[1, 2], [3, 4]], axis=0).tolist()
        [4, 6]
    """
    return xp.sum(x, axis=axis, keepdims=keepdims)


@op
def mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The arithmetic mean along some axes, or of everything.

    Example:
        >>> ops.mean([[1, 2], [3, 4]], axis=0).tolist()
        [2.0, 3.0]
    """
    return xp.mean(x, axis=axis, keepdims=keepdims)


@op
def prod(x: Tensor, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The product along some axes, or of everything.

    Example:
        >>> ops.prod([[1, 2], [3, 4]], axis=1).tolist()
        [2, 12]
    """
    return xp.prod(x, axis=axis, keepdims=keepdims, dtype=dtype_or_own(dtype))


@op
def max(x: Tensor, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Tensor:
    """The largest element along some axes, or of everything.

    Args:
        initial: a value that takes part, and is the result where there are no elements.

    Example:
        >>> ops.max([[1, 5], [3, 4]], axis=1).tolist()
        [5, 4]
    """
    return xp.max(x, axis=axis, keepdims=keepdims, initial=initial)


@op
def min(x: Tensor, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Tensor:
    """The smallest element along some axes, or of everything.

    Args:
        initial: a value that takes part, and is the result where there are no elements.

    Example:
        >>> ops.min([[1, 5], [3, 4]], axis=1).tolist()
        [1, 3]
    """
    return xp.min(x, axis=axis, keepdims=keepdims, initial=initial)


@op
def amax(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The same as `max`.

    Example:
        >>> ops.amax([[1, 5], [3, 4]], axis=1).tolist()
        [5, 4]
    """
    return xp.max(x, axis=axis, keepdims=keepdims)


@op
def amin(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The same as `min`.

    Example:
        >>> ops.amin([[1, 5], [3, 4]], axis=1).tolist()
        [1, 3]
    """
    return xp.min(x, axis=axis, keepdims=keepdims)


@op
def std(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The standard deviation: the root of the mean squared distance from the mean.

    Example:
        >>> float(ops.std([1.0, 3.0]))
        1.0
    """
    return xp.std(x, axis=axis, keepdims=keepdims)


@op
def var(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The variance: the mean squared distance from the mean.

    Example:
        >>> float(ops.var([1.0, 5.0]))
        4.0
    """
    return xp.var(x, axis=axis, keepdims=keepdims)


@op
def ptp(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The distance from the smallest element to the largest.

    Example:
        >>> ops.ptp([[1, 5], [3, 4]], axis=1).tolist()
        [4, 1]
    """
    return xp.ptp(x, axis=axis, keepdims=keepdims)


@op
def any(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether some element is true along some axes, or at all.

    Example:
        >>> ops.any([[True, False], [False, False]], axis=1).tolist()
        [True, False]
    """
    return xp.any(x, axis=axis, keepdims=keepdims)


@op
def all(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every element is true along some axes, or at all.

    Example:
        >>> ops.all([[True, False], [True, True]], axis=1).tolist()
        [False, True]
    """
    return xp.all(x, axis=axis, keepdims=keepdims)


@op
def count_nonzero(x: Tensor, axis: Axis = None) -> Tensor:
    """How many elements are not zero.

    Example:
        >>> int(ops.count_nonzero([1, 0, 2]))
        2
    """
    return xp.asarray(xp.count_nonzero(x, axis=axis), "int32")


@op
def argmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The place of the largest element along an axis, or in the flattened tensor; the first of equals.

    Example:
        >>> ops.argmax([[1, 5], [4, 3]], axis=1).tolist()
        [1, 0]
    """
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@op
def argmin(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The place of the smallest element along an axis, or in the flattened tensor; the first of equals.

    Example:
        >>> ops.argmin([[1, 5], [4, 3]], axis=1).tolist()
        [0, 1]
    """
    return xp.argmin(x, axis=axis, keepdims=keepdims)


@op
@fused
def average(x: Tensor, axis: Axis = None, weights: Tensor = None) -> Tensor:
    """The weighted mean, Σ w·x / Σ w.

    Args:
        weights: of the shape of `x`, or of the length of one axis; all equal by default.

    Example:
        >>> float(ops.average([1.0, 4.0], weights=[2.0, 1.0]))
        2.0
    """
    return xp.average(as_float(x), axis=axis, weights=weights)


@op
def median(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The middle element in order of size, or the mean of the two middle ones.

    Example:
        >>> float(ops.median([5.0, 1.0, 2.0, 3.0]))
        2.5
    """
    return xp.median(x, axis=plain_axis(axis), keepdims=keepdims)


@op
def quantile(x: Tensor, q: Tensor, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """The value below which a fraction of the elements lies.

    Args:
        q: one fraction from 0 to 1, or several, which become the first axis of the result.
        method: between two elements: `linear`, `lower`, `higher`, `midpoint` or `nearest`.

    Example:
        >>> float(ops.quantile([1.0, 2.0, 3.0, 5.0], 0.5))
        2.5
    """
    return xp.quantile(x, as_float(q), axis=plain_axis(axis), method=method, keepdims=keepdims)


@op
def percentile(x: Tensor, q: Tensor, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """The value below which a percentage of the elements lies.

    Args:
        q: one percentage from 0 to 100, or several, which become the first axis of the result.
        method: between two elements: `linear`, `lower`, `higher`, `midpoint` or `nearest`.

    Example:
        >>> float(ops.percentile([1.0, 2.0, 3.0, 5.0], 50))
        2.5
    """
    return xp.percentile(x, as_float(q), axis=plain_axis(axis), method=method, keepdims=keepdims)


@op
@fused
def logsumexp(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log Σ e^x, without overflow on the way.

    Example:
        >>> float(ops.logsumexp([0.0, 0.0]))
        0.693147...
    """
    return engine.special.logsumexp(x, axis=axis, keepdims=keepdims)


@op
@fused
def norm(x: Tensor, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The norm of vectors along one axis, of matrices along two, or of everything.

    Args:
        ord: which norm: a number p for (Σ|x|^p)^(1/p), `np.inf` for the largest, `"fro"` and `"nuc"` for matrices;
            the Euclidean norm by default.

    Example:
        >>> float(ops.norm([3.0, 4.0]))
        5.0
    """
    return xp.linalg.norm(as_float(x), ord=ord, axis=axis, keepdims=keepdims)


@op
def cumsum(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The sum of all elements up to each one.

    Example:
        >>> ops.cumsum([1, 2, 3]).tolist()
        [1, 3, 6]
    """
    return xp.cumsum(x, axis=axis, dtype=dtype_or_own(dtype))


@op
def cumprod(x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The product of all elements up to each one.

    Example:
        >>> ops.cumprod([1, 2, 3]).tolist()
        [1, 2, 6]
    """
    return xp.cumprod(x, axis=axis, dtype=dtype_or_own(dtype))


@op
def diff(a: Tensor, n: int = 1, axis: int = -1) -> Tensor:
    """The difference of each element to the one before, taken `n` times.

    Example:
        >>> ops.diff([1, 4, 9]).tolist()
        [3, 5]
    """
    return xp.diff(a, n=n, axis=axis)


@op
@fused
def trapezoid(y: Tensor, x: Tensor = None, dx: float = 1.0, axis: int = -1) -> Tensor:
    """The integral of samples by the trapezoidal rule.

    Args:
        x: where the samples were taken; evenly, `dx` apart, by default.

    Example:
        >>> float(ops.trapezoid([1.0, 2.0, 3.0]))
        4.0
    """
    return xp.trapezoid(y, x, dx=dx, axis=axis)


@op
@fused
def corrcoef(x: Tensor) -> Tensor:
    """Pearson's correlation of each row with each other.

    Example:
        >>> ops.round(ops.corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]), 3).tolist()
        [[1.0, -1.0], [-1.0, 1.0]]
    """
    return xp.corrcoef(x)
