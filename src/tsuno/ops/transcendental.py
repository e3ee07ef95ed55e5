"""Exponentials, logarithms, trigonometry, error functions and complex numbers, element by element."""

from __future__ import annotations

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.arguments import as_float
from tsuno.ops.fusing import fused

__all__ = [
    "exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "sin", "cos", "tan", "arcsin",
    "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sinc", "deg2rad",
    "rad2deg", "erf", "erfc", "erfinv", "i0", "real", "imag", "conj", "conjugate", "angle", "polar", "view_as_complex",
    "view_as_real",
]  # fmt: skip


@op
def exp(x: Tensor) -> Tensor:
    """e^x.

    Example:
        >>> float(ops.exp(1.0))
        2.71828...
    """
    return xp.exp(x)


@op
def exp2(x: Tensor) -> Tensor:
    """2^x.

    Example:
        >>> ops.exp2([0.0, 3.0]).tolist()
        [1.0, 8.0]
    """
    return xp.exp2(x)


@op
def expm1(x: Tensor) -> Tensor:
    """e^x − 1, exact also near zero.

    Example:
        >>> ops.expm1([0.0]).tolist()
        [0.0]
    """
    return xp.expm1(x)


@op
def log(x: Tensor) -> Tensor:
    """The natural logarithm.

    Example:
        >>> float(ops.log(2.0))
        0.693147...
    """
    return xp.log(x)


@op
def log10(x: Tensor) -> Tensor:
    """The logarithm to base 10.

    Example:
        >>> ops.round(ops.log10([1.0, 100.0]), 4).tolist()
        [0.0, 2.0]
    """
    return xp.log10(x)


@op
def log1p(x: Tensor) -> Tensor:
    """log(1 + x), exact also near zero.

    Example:
        >>> ops.log1p([0.0]).tolist()
        [0.0]
    """
    return xp.log1p(x)


@op
def log2(x: Tensor) -> Tensor:
    """The logarithm to base 2.

    Example:
        >>> ops.log2([1.0, 8.0]).tolist()
        [0.0, 3.0]
    """
    return xp.log2(x)


@op
def logaddexp(x1: Tensor, x2: Tensor) -> Tensor:
    """log(e^x1 + e^x2), without overflow on the way.

    Example:
        >>> float(ops.logaddexp(0.0, 0.0))
        0.693147...
    """
    return xp.logaddexp(x1, x2)


@op
def logaddexp2(x1: Tensor, x2: Tensor) -> Tensor:
    """log2(2^x1 + 2^x2), without overflow on the way.

    Example:
        >>> float(ops.logaddexp2(3.0, 3.0))
        4.0
    """
    return xp.logaddexp2(x1, x2)


@op
def sin(x: Tensor) -> Tensor:
    """The sine of an angle in radians.

    Example:
        >>> ops.sin([0.0, np.pi / 2]).tolist()
        [0.0, 1.0]
    """
    return xp.sin(x)


@op
def cos(x: Tensor) -> Tensor:
    """The cosine of an angle in radians.

    Example:
        >>> ops.cos([0.0, np.pi]).tolist()
        [1.0, -1.0]
    """
    return xp.cos(x)


@op
def tan(x: Tensor) -> Tensor:
    """The tangent of an angle in radians.

    Example:
        >>> float(ops.tan(1.0))
        1.5574...
    """
    return xp.tan(x)


@op
def arcsin(x: Tensor) -> Tensor:
    """The angle in [−π/2, π/2] whose sine is x.

    Example:
        >>> float(ops.arcsin(1.0))
        1.5707...
    """
    return xp.arcsin(x)


@op
def arccos(x: Tensor) -> Tensor:
    """The angle in [0, π] whose cosine is x.

    Example:
        >>> float(ops.arccos(-1.0))
        3.1415...
    """
    return xp.arccos(x)


@op
def arctan(x: Tensor) -> Tensor:
    """The angle in [−π/2, π/2] whose tangent is x.

    Example:
        >>> float(ops.arctan(1.0))
        0.7853...
    """
    return xp.arctan(x)


@op
def arctan2(x1: Tensor, x2: Tensor) -> Tensor:
    """The angle in (−π, π] of the point with coordinates (x2, x1).

    Example:
        >>> float(ops.arctan2(1.0, -1.0))
        2.3561...
    """
    return xp.arctan2(x1, x2)


@op
def sinh(x: Tensor) -> Tensor:
    """The hyperbolic sine, (e^x − e^−x) / 2.

    Example:
        >>> float(ops.sinh(1.0))
        1.1752...
    """
    return xp.sinh(x)


@op
def cosh(x: Tensor) -> Tensor:
    """The hyperbolic cosine, (e^x + e^−x) / 2.

    Example:
        >>> float(ops.cosh(0.0))
        1.0
    """
    return xp.cosh(x)


@op
def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent, between −1 and 1.

    Example:
        >>> float(ops.tanh(1.0))
        0.7615...
    """
    return xp.tanh(x)


@op
def arcsinh(x: Tensor) -> Tensor:
    """The number whose hyperbolic sine is x.

    Example:
        >>> float(ops.arcsinh(1.0))
        0.8813...
    """
    return xp.arcsinh(x)


@op
def arccosh(x: Tensor) -> Tensor:
    """The number, zero or more, whose hyperbolic cosine is x.

    Example:
        >>> float(ops.arccosh(1.0))
        0.0
    """
    return xp.arccosh(x)


@op
def arctanh(x: Tensor) -> Tensor:
    """The number whose hyperbolic tangent is x.

    Example:
        >>> float(ops.arctanh(0.5))
        0.5493...
    """
    return xp.arctanh(x)


@op
def sinc(x: Tensor) -> Tensor:
    """sin(πx) / (πx), which is 1 at zero.

    Example:
        >>> float(ops.sinc(0.0))
        1.0
    """
    return xp.sinc(x)


@op
def deg2rad(x: Tensor) -> Tensor:
    """Degrees in radians.

    Example:
        >>> float(ops.deg2rad(180.0))
        3.1415...
    """
    return xp.deg2rad(x)


@op
def rad2deg(x: Tensor) -> Tensor:
    """Radians in degrees.

    Example:
        >>> float(ops.rad2deg(np.pi))
        180.0
    """
    return xp.rad2deg(x)


@op
def erf(x: Tensor) -> Tensor:
    """The error function, 2/√π · ∫ e^−t² dt from 0 to x.

    Example:
        >>> float(ops.erf(1.0))
        0.8427...
    """
    return engine.special.erf(x)


@op
def erfc(x: Tensor) -> Tensor:
    """1 − erf(x), exact also where erf is near 1.

    Example:
        >>> float(ops.erfc(1.0))
        0.1572...
    """
    return engine.special.erfc(x)


@op
def erfinv(x: Tensor) -> Tensor:
    """The number whose error function is x.

    Example:
        >>> float(ops.erfinv(0.5))
        0.4769...
    """
    return engine.special.erfinv(x)


@op
def i0(x: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order 0.

    Example:
        >>> float(ops.i0(1.0))
        1.2660...
    """
    return xp.i0(as_float(x))


@op
def real(x: Tensor) -> Tensor:
    """The real part.

    Example:
        >>> ops.real([1 + 2j]).tolist()
        [1.0]
    """
    return xp.real(x)


@op
def imag(x: Tensor) -> Tensor:
    """The imaginary part.

    Example:
        >>> ops.imag([1 + 2j]).tolist()
        [2.0]
    """
    return xp.imag(x)


@op
def conj(x: Tensor) -> Tensor:
    """The complex conjugate.

    Example:
        >>> ops.conj([1 + 2j]).tolist()
        [(1-2j)]
    """
    return xp.conj(x)


@op
def conjugate(x: Tensor) -> Tensor:
    """The same as `conj`.

    Example:
        >>> ops.conjugate([1 + 2j]).tolist()
        [(1-2j)]
    """
    return xp.conj(x)


@op
def angle(x: Tensor) -> Tensor:
    """The angle of a complex number in (−π, π].

    Example:
        >>> ops.angle([1.0 + 0j, 1j]).tolist()
        [0.0, 1.5707...]
    """
    return xp.angle(as_float(x))


@op
@fused
def polar(abs_: Tensor, angle: Tensor) -> Tensor:
    """The complex number of a magnitude and an angle in radians.

    Example:
        >>> ops.polar([2.0], [0.0]).tolist()
        [(2+0j)]
    """
    return abs_ * xp.cos(angle) + 1j * (abs_ * xp.sin(angle))


@op
@fused
def view_as_complex(x: Tensor) -> Tensor:
    """Complex numbers from pairs (real, imaginary) along the last axis.

    Example:
        >>> ops.view_as_complex([[1.0, 2.0]]).tolist()
        [(1+2j)]
    """
    if xp.shape(x)[-1:] != (2,):
        raise invalid("view_as_complex.x", "a tensor with pairs along its last axis", x)
    return xp.asarray(x[..., 0] + 1j * x[..., 1], "complex64")


@op
@fused
def view_as_real(x: Tensor) -> Tensor:
    """Pairs (real, imaginary) along a new last axis from complex numbers.

    Example:
        >>> ops.view_as_real([1 + 2j]).tolist()
        [[1.0, 2.0]]
    """
    return xp.stack([xp.real(x), xp.imag(x)], axis=-1)
