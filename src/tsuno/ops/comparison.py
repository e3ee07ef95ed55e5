"""Questions about each element: comparisons, logic, bits, and the kinds of special numbers."""

from __future__ import annotations

from tsuno.core.op import Tensor, op
from tsuno.engine import xp

__all__ = [
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or", "logical_xor",
    "logical_not", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "bitwise_invert", "bitwise_left_shift",
    "bitwise_right_shift", "left_shift", "right_shift", "isnan", "isinf", "isfinite", "isposinf", "isneginf", "isreal",
    "isclose", "allclose", "isin",
]  # fmt: skip


@op
def equal(x1: Tensor, x2: Tensor) -> Tensor:
    """x1 = x2, element by element.

    Example:
        >>> ops.equal([1, 2], [1, 3]).tolist()
        [True, False]
    """
    return xp.equal(x1, x2)


@op
def not_equal(x1: Tensor, x2: Tensor) -> Tensor:
    """x1 ≠ x2, element by element.

    Example:
        >>> ops.not_equal([1, 2], [1, 3]).tolist()
        [False, True]
    """
    return xp.not_equal(x1, x2)


@op
def less(x1: Tensor, x2: Tensor) -> Tensor:
    """x1 < x2, element by element.

    Example:
        >>> ops.less([1, 2], 2).tolist()
        [True, False]
    """
    return xp.less(x1, x2)


@op
def less_equal(x1: Tensor, x2: Tensor) -> Tensor:
    """x1 ≤ x2, element by element.

    Example:
        >>> ops.less_equal([1, 3], 2).tolist()
        [True, False]
    """
    return xp.less_equal(x1, x2)


@op
def greater(x1: Tensor, x2: Tensor) -> Tensor:
    """x1 > x2, element by element.

    Example:
        >>> ops.greater([1, 3], 2).tolist()
        [False, True]
    """
    return xp.greater(x1, x2)


@op
def greater_equal(x1: Tensor, x2: Tensor) -> Tensor:
    """x1 ≥ x2, element by element.

    Example:
        >>> ops.greater_equal([1, 2], 2).tolist()
        [False, True]
    """
    return xp.greater_equal(x1, x2)


@op
def logical_and(x1: Tensor, x2: Tensor) -> Tensor:
    """Whether both are true; numbers other than zero are.

    Example:
        >>> ops.logical_and([True, True], [True, False]).tolist()
        [True, False]
    """
    return xp.logical_and(x1, x2)


@op
def logical_or(x1: Tensor, x2: Tensor) -> Tensor:
    """Whether one or both are true.

    Example:
        >>> ops.logical_or([False, True], False).tolist()
        [False, True]
    """
    return xp.logical_or(x1, x2)


@op
def logical_xor(x1: Tensor, x2: Tensor) -> Tensor:
    """Whether exactly one is true.

    Example:
        >>> ops.logical_xor([False, True], True).tolist()
        [True, False]
    """
    return xp.logical_xor(x1, x2)


@op
def logical_not(x: Tensor) -> Tensor:
    """True where x is false.

    Example:
        >>> ops.logical_not([True, False]).tolist()
        [False, True]
    """
    return xp.logical_not(x)


@op
def bitwise_and(x: Tensor, y: Tensor) -> Tensor:
    """The bits set in both integers.

    Example:
        >>> ops.bitwise_and([6], [3]).tolist()
        [2]
    """
    return xp.bitwise_and(x, y)


@op
def bitwise_or(x: Tensor, y: Tensor) -> Tensor:
    """The bits set in one or both of the integers.

    Example:
        >>> ops.bitwise_or([6], [3]).tolist()
        [7]
    """
    return xp.bitwise_or(x, y)


@op
def bitwise_xor(x: Tensor, y: Tensor) -> Tensor:
    """The bits set in exactly one of the integers.

    Example:
        >>> ops.bitwise_xor([6], [3]).tolist()
        [5]
    """
    return xp.bitwise_xor(x, y)


@op
def bitwise_not(x: Tensor) -> Tensor:
    """Every bit turned over; −x − 1 for signed integers.

    Example:
        >>> ops.bitwise_not([6]).tolist()
        [-7]
    """
    return xp.invert(x)


@op
def bitwise_invert(x: Tensor) -> Tensor:
    """The same as `bitwise_not`.

    Example:
        >>> ops.bitwise_invert([6]).tolist()
        [-7]
    """
    return xp.invert(x)


@op
def bitwise_left_shift(x: Tensor, y: Tensor) -> Tensor:
    """The bits of x moved up by y places: x · 2^y.

    Example:
        >>> ops.bitwise_left_shift([3], 2).tolist()
        [12]
    """
    return xp.left_shift(x, y)


@op
def bitwise_right_shift(x: Tensor, y: Tensor) -> Tensor:
    """The bits of x moved down by y places: the floor of x / 2^y.

    Example:
        >>> ops.bitwise_right_shift([12], 2).tolist()
        [3]
    """
    return xp.right_shift(x, y)


@op
def left_shift(x: Tensor, y: Tensor) -> Tensor:
    """The same as `bitwise_left_shift`.

    Example:
        >>> ops.left_shift([3], 2).tolist()
        [12]
    """
    return xp.left_shift(x, y)


@op
def right_shift(x: Tensor, y: Tensor) -> Tensor:
    """The same as `bitwise_right_shift`.

    Example:
        >>> ops.right_shift([12], 2).tolist()
        [3]
    """
    return xp.right_shift(x, y)


@op
def isnan(x: Tensor) -> Tensor:
    """Whether x is not a number.

    Example:
        >>> ops.isnan([1.0, np.nan]).tolist()
        [False, True]
    """
    return xp.isnan(x)


@op
def isinf(x: Tensor) -> Tensor:
    """Whether x is ∞ or −∞.

    Example:
        >>> ops.isinf([1.0, -np.inf]).tolist()
        [False, True]
    """
    return xp.isinf(x)


@op
def isfinite(x: Tensor) -> Tensor:
    """Whether x is a number, and not infinite.

    Example:
        >>> ops.isfinite([1.0, np.nan, np.inf]).tolist()
        [True, False, False]
    """
    return xp.isfinite(x)


@op
def isposinf(x: Tensor) -> Tensor:
    """Whether x is ∞.

    Example:
        >>> ops.isposinf([np.inf, -np.inf]).tolist()
        [True, False]
    """
    return xp.isposinf(x)


@op
def isneginf(x: Tensor) -> Tensor:
    """Whether x is −∞.

    Example:
        >>> ops.isneginf([np.inf, -np.inf]).tolist()
        [False, True]
    """
    return xp.isneginf(x)


@op
def isreal(x: Tensor) -> Tensor:
    """Whether the imaginary part is zero.

    Example:
        >>> ops.isreal([1 + 0j, 1j]).tolist()
        [True, False]
    """
    return xp.isreal(x)


@op
def isclose(x1: Tensor, x2: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether |x1 − x2| ≤ atol + rtol · |x2|, element by element.

    Args:
        equal_nan: whether NaN counts as close to NaN.

    Example:
        >>> ops.isclose([1.0, 2.0], [1.000001, 2.1]).tolist()
        [True, False]
    """
    return xp.isclose(x1, x2, rtol, atol, equal_nan)


@op
def allclose(x1: Tensor, x2: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether `isclose` holds for all elements.

    Example:
        >>> bool(ops.allclose([1.0, 2.0], [1.000001, 2.0]))
        True
    """
    return xp.allclose(x1, x2, rtol, atol, equal_nan)


@op
def isin(x1: Tensor, x2: Tensor, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element of x1 is among the elements of x2.

    Args:
        assume_unique: whether neither tensor repeats a value, which may be faster.
        invert: whether to tell the elements that are not among them.

    Example:
        >>> ops.isin([1, 2, 3], [3, 1]).tolist()
        [True, False, True]
    """
    return xp.isin(x1, x2, assume_unique=assume_unique, invert=invert)
