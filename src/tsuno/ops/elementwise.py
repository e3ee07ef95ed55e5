"""Arithmetic on each element: sums, products, powers, roots, bounds and rounding, with broadcasting."""

from __future__ import annotations

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.arguments import as_float
from tsuno.ops.fusing import fused

__all__ = [
    "add", "subtract", "multiply", "divide", "true_divide", "divide_no_nan", "floor_divide", "mod", "fmod", "power",
    "negative", "absolute", "abs", "fabs", "sign", "signbit", "square", "sqrt", "rsqrt", "cbrt", "reciprocal", "hypot",
    "maximum", "minimum", "fmax", "fmin", "clip", "round", "floor", "ceil", "trunc", "nan_to_num", "heaviside", "gcd",
    "lcm", "ldexp", "nextafter",
]  # fmt: skip


@op
def add(x1: Tensor, x2: Tensor) -> Tensor:
    """Add elementwise, with broadcasting.

    Example:
        >>> ops.add([1, 2], [10, 20]).tolist()
        [11, 22]
    """
    return xp.add(x1, x2)


@op
def subtract(x1: Tensor, x2: Tensor) -> Tensor:
    """Subtract elementwise, with broadcasting.

    Example:
        >>> ops.subtract([10, 20], 1).tolist()
        [9, 19]
    """
    return xp.subtract(x1, x2)


@op
def multiply(x1: Tensor, x2: Tensor) -> Tensor:
    """Multiply elementwise, with broadcasting.

    Example:
        >>> ops.multiply([1, 2], [3, 4]).tolist()
        [3, 8]
    """
    return xp.multiply(x1, x2)


@op
def divide(x1: Tensor, x2: Tensor) -> Tensor:
    """Divide elementwise, with broadcasting; integers give floats.

    Example:
        >>> ops.divide([1, 3], 2).tolist()
        [0.5, 1.5]
    """
    return xp.divide(x1, x2)


@op
def true_divide(x1: Tensor, x2: Tensor) -> Tensor:
    """The same as `divide`.

    Example:
        >>> ops.true_divide([1, 3], 2).tolist()
        [0.5, 1.5]
    """
    return xp.divide(x1, x2)


@op
@fused
def divide_no_nan(x1: Tensor, x2: Tensor) -> Tensor:
    """Divide elementwise, where division by zero gives zero; so does its gradient.

    Example:
        >>> ops.divide_no_nan([1.0, 2.0], [0.0, 4.0]).tolist()
        [0.0, 0.5]
    """
    zero = xp.equal(x2, 0)
    return xp.where(zero, 0, xp.divide(x1, xp.where(zero, 1, x2)))


@op
def floor_divide(x1: Tensor, x2: Tensor) -> Tensor:
    """The largest whole number not above x1 / x2.

    Example:
        >>> ops.floor_divide([7, -7], 2).tolist()
        [3, -4]
    """
    return xp.floor_divide(x1, x2)


@op
def mod(x1: Tensor, x2: Tensor) -> Tensor:
    """The remainder of floor division, with the sign of the divisor.

    Example:
        >>> ops.mod([7, -7], 3).tolist()
        [1, 2]
    """
    return xp.mod(x1, x2)


@op
def fmod(x1: Tensor, x2: Tensor) -> Tensor:
    """The remainder of division rounded towards zero, with the sign of the dividend.

    Example:
        >>> ops.fmod([7, -7], 3).tolist()
        [1, -1]
    """
    return xp.fmod(x1, x2)


@op
def power(x1: Tensor, x2: Tensor) -> Tensor:
    """x1 to the power of x2.

    Example:
        >>> ops.power([2, 3], [3, 2]).tolist()
        [8, 9]
    """
    return xp.power(x1, x2)


@op
def negative(x: Tensor) -> Tensor:
    """−x.

    Example:
        >>> ops.negative([1, -2]).tolist()
        [-1, 2]
    """
    return xp.negative(x)


@op
def absolute(x: Tensor) -> Tensor:
    """|x|; the magnitude of complex numbers.

    Example:
        >>> ops.absolute([1, -2]).tolist()
        [1, 2]
    """
    return xp.absolute(x)


@op
def abs(x: Tensor) -> Tensor:
    """The same as `absolute`.

    Example:
        >>> ops.abs([1, -2]).tolist()
        [1, 2]
    """
    return xp.absolute(x)


@op
def fabs(x: Tensor) -> Tensor:
    """|x| as a float.

    Example:
        >>> ops.fabs([1, -2]).tolist()
        [1.0, 2.0]
    """
    return xp.fabs(x)


@op
def sign(x: Tensor) -> Tensor:
    """−1, 0 or 1, as x is negative, zero or positive.

    Example:
        >>> ops.sign([-3, 0, 5]).tolist()
        [-1, 0, 1]
    """
    return xp.sign(x)


@op
def signbit(x: Tensor) -> Tensor:
    """Whether the sign bit is set, as it is for −0.0.

    Example:
        >>> ops.signbit([-0.0, 0.0, -1.0]).tolist()
        [True, False, True]
    """
    return xp.signbit(x)


@op
def square(x: Tensor) -> Tensor:
    """x² of each element.

    Example:
        >>> ops.square([1, 2, 3]).tolist()
        [1, 4, 9]
    """
    return xp.square(x)


@op
def sqrt(x: Tensor) -> Tensor:
    """√x.

    Example:
        >>> ops.sqrt([1.0, 4.0, 9.0]).tolist()
        [1.0, 2.0, 3.0]
    """
    return xp.sqrt(x)


@op
def rsqrt(x: Tensor) -> Tensor:
    """1 / √x.

    Example:
        >>> ops.rsqrt([1.0, 4.0]).tolist()
        [1.0, 0.5]
    """
    return engine.rsqrt(as_float(x))


@op
def cbrt(x: Tensor) -> Tensor:
    """The cube root of x.

    Example:
        >>> ops.round(ops.cbrt([8.0, -27.0])).tolist()
        [2.0, -3.0]
    """
    return xp.cbrt(x)


@op
def reciprocal(x: Tensor) -> Tensor:
    """1 / x.

    Example:
        >>> ops.reciprocal([2.0, 4.0]).tolist()
        [0.5, 0.25]
    """
    return xp.reciprocal(x)


@op
def hypot(x1: Tensor, x2: Tensor) -> Tensor:
    """√(x1² + x2²), without overflow on the way.

    Example:
        >>> ops.hypot([3.0], [4.0]).tolist()
        [5.0]
    """
    return xp.hypot(x1, x2)


@op
def maximum(x1: Tensor, x2: Tensor) -> Tensor:
    """The larger of each pair of elements.

    Example:
        >>> ops.maximum([1, 5], [3, 2]).tolist()
        [3, 5]
    """
    return xp.maximum(x1, x2)


@op
def minimum(x1: Tensor, x2: Tensor) -> Tensor:
    """The smaller of each pair of elements.

    Example:
        >>> ops.minimum([1, 5], [3, 2]).tolist()
        [1, 2]
    """
    return xp.minimum(x1, x2)


@op
def fmax(x1: Tensor, x2: Tensor) -> Tensor:
    """The larger of each pair of elements; of a number and NaN, the number.

    Example:
        >>> ops.fmax([1.0, np.nan], [3.0, 2.0]).tolist()
        [3.0, 2.0]
    """
    return xp.fmax(x1, x2)


@op
def fmin(x1: Tensor, x2: Tensor) -> Tensor:
    """The smaller of each pair of elements; of a number and NaN, the number.

    Example:
        >>> ops.fmin([1.0, np.nan], [3.0, 2.0]).tolist()
        [1.0, 2.0]
    """
    return xp.fmin(x1, x2)


@op
def clip(x: Tensor, x_min: Tensor, x_max: Tensor) -> Tensor:
    """x, raised to `x_min` and lowered to `x_max` where it lies beyond them.

    Example:
        >>> ops.clip([-2, 0, 9], 0, 5).tolist()
        [0, 0, 5]
    """
    x = xp.asarray(x)
    return xp.clip(x.astype("int32") if x.dtype == bool else x, x_min, x_max)


@op
def round(x: Tensor, decimals: int = 0) -> Tensor:
    """Round to a number of decimals, halves to the even digit; negative counts round to tens, hundreds, and so on.

    Example:
        >>> ops.round([0.5, 1.5, 2.6]).tolist()
        [0.0, 2.0, 3.0]
    """
    x = xp.asarray(x)
    if decimals < 0 and xp.issubdtype(x.dtype, xp.integer):
        return xp.round(as_float(x), decimals).astype(x.dtype)
    return xp.round(x, decimals)


@op
def floor(x: Tensor) -> Tensor:
    """The largest whole number not above x, as a float.

    Example:
        >>> ops.floor([1.7, -1.2]).tolist()
        [1.0, -2.0]
    """
    return xp.floor(as_float(x))


@op
def ceil(x: Tensor) -> Tensor:
    """The smallest whole number not below x, as a float.

    Example:
        >>> ops.ceil([1.2, -1.7]).tolist()
        [2.0, -1.0]
    """
    return xp.ceil(as_float(x))


@op
def trunc(x: Tensor) -> Tensor:
    """x without its decimals.

    Example:
        >>> ops.trunc([1.7, -1.7]).tolist()
        [1.0, -1.0]
    """
    return xp.trunc(x)


@op
def nan_to_num(x: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Put numbers in the place of NaN and the infinities.

    Args:
        nan: what NaN becomes.
        posinf: what ∞ becomes; the largest number of the dtype by default.
        neginf: what −∞ becomes; the smallest number of the dtype by default.

    Example:
        >>> ops.nan_to_num([1.0, np.nan, np.inf], posinf=9.0).tolist()
        [1.0, 0.0, 9.0]
    """
    return xp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@op
def heaviside(x1: Tensor, x2: Tensor) -> Tensor:
    """The step function: 0 where x1 < 0, x2 where x1 = 0, 1 where x1 > 0.

    Example:
        >>> ops.heaviside([-1.0, 0.0, 2.0], 0.5).tolist()
        [0.0, 0.5, 1.0]
    """
    return xp.heaviside(x1, x2)


@op
def gcd(x1: Tensor, x2: Tensor) -> Tensor:
    """The greatest common divisor of integers.

    Example:
        >>> ops.gcd([12, 18], [8, 27]).tolist()
        [4, 9]
    """
    return xp.gcd(x1, x2)


@op
def lcm(x1: Tensor, x2: Tensor) -> Tensor:
    """The least common multiple of integers.

    Example:
        >>> ops.lcm([4, 6], [6, 9]).tolist()
        [12, 18]
    """
    return xp.lcm(x1, x2)


@op
def ldexp(x1: Tensor, x2: Tensor) -> Tensor:
    """x1 · 2^x2, for whole x2.

    Example:
        >>> ops.ldexp([1.0, 3.0], [2, 3]).tolist()
        [4.0, 24.0]
    """
    if not xp.issubdtype(xp.asarray(x2).dtype, xp.integer):
        raise invalid("ldexp.x2", "of an integer dtype", x2, kind=TypeError)
    return xp.ldexp(x1, x2)


@op
def nextafter(x1: Tensor, x2: Tensor) -> Tensor:
    """The float next to x1 in the direction of x2.

    Example:
        >>> float(ops.nextafter(1.0, 2.0) - 1.0)
        1.19...e-07
    """
    return xp.nextafter(x1, x2)
