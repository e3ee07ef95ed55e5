"""`tf` and `tf.math`: functions of each element, products and sums along axes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy.tensorflow.calls import Static, dtype_here, known, of, whole
from tsuno.legacy.tensorflow.words import exposed

_UNARY = (
    "abs exp expm1 log log1p sqrt rsqrt square sin cos tan asin:arcsin acos:arccos atan:arctan sinh cosh tanh "
    "asinh:arcsinh acosh:arccosh atanh:arctanh sigmoid sign negative ceil floor round erf erfc reciprocal is_nan:isnan "
    "is_inf:isinf is_finite:isfinite softplus softsign logical_not conj:conj real imag angle log_sigmoid erfinv "
    "rint:round complex_abs:abs bessel_i0:i0 neg:negative inv:reciprocal ndtri:_"
)
_BINARY = (
    "add subtract multiply divide maximum minimum pow:power equal not_equal greater greater_equal "
    "less less_equal logical_and logical_or logical_xor floordiv:floor_divide floor_div:floor_divide mod floormod:mod "
    "atan2:arctan2 divide_no_nan div_no_nan:divide_no_nan nextafter mul:multiply sub:subtract truncatemod:fmod "
    "realdiv:divide"
)


def _rows(names: str, words: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names.split():
        outer, _, target = name.partition(":")
        if hasattr(ops, target or outer):
            found[outer] = of(getattr(ops, target or outer), words)
    return found


def _of_one(function: Any, name: str) -> Any:
    """A function of one tensor, given as one of arrays."""

    def compute(x: Tensor) -> Any:
        return function(xp.asarray(x))

    compute.__name__ = name
    return exposed(whole(compute))


def _of_two(function: Any, name: str) -> Any:
    """A function of two tensors, given as one of arrays."""

    def compute(x: Tensor, y: Tensor) -> Any:
        return function(xp.asarray(x), xp.asarray(y))

    compute.__name__ = name
    return exposed(whole(compute))


def _is_whole(x: Any) -> bool:
    return bool(xp.issubdtype(xp.asarray(x).dtype, xp.integer))


def _div(x: Any, y: Any) -> Any:
    """The quotient; of integers as Python 2 has it, rounded down."""
    return xp.floor_divide(x, y) if _is_whole(x) and _is_whole(y) else xp.divide(x, y)


def _truncated(x: Any, y: Any) -> Any:
    quotient = xp.abs(x) // xp.abs(y)
    return xp.where((x < 0) != (y < 0), -quotient, quotient)


_FORMULAS_OF_ONE: dict[str, Any] = {
    "lgamma": lambda x: engine.special.gammaln(x),
    "digamma": lambda x: engine.special.digamma(x),
    "bessel_i0e": lambda x: engine.special.i0e(x),
    "bessel_i1e": lambda x: engine.special.i1e(x),
    "bessel_i1": lambda x: engine.special.i1(x),
    "lbeta": lambda x: xp.sum(engine.special.gammaln(x), -1) - engine.special.gammaln(xp.sum(x, -1)),
    "ndtri": lambda x: engine.special.ndtri(x),
    "reciprocal_no_nan": lambda x: xp.where(x == 0, 0, 1 / xp.where(x == 0, 1, x)),
    "is_non_decreasing": lambda x: xp.all(x.ravel()[1:] >= x.ravel()[:-1]),
    "is_strictly_increasing": lambda x: xp.all(x.ravel()[1:] > x.ravel()[:-1]),
}
_FORMULAS_OF_TWO: dict[str, Any] = {
    "squared_difference": lambda x, y: xp.square(x - y),
    "div": _div,
    "truncatediv": _truncated,
    "truediv": lambda x, y: xp.divide(x, y),
    "xdivy": lambda x, y: xp.where(x == 0, 0, x / xp.where(x == 0, 1, y)),
    "xlogy": lambda x, y: engine.special.xlogy(x, y),
    "xlog1py": lambda x, y: engine.special.xlog1py(x, y),
    "multiply_no_nan": lambda x, y: xp.where(y == 0, 0, x * y),
    "igamma": lambda x, y: engine.special.gammainc(x, y),
    "igammac": lambda x, y: engine.special.gammaincc(x, y),
    "zeta": lambda x, y: engine.special.zeta(x, y),
    "polygamma": lambda x, y: engine.special.polygamma(x.astype("int32"), y),
}


def scalar_mul(scalar: Any, x: Any) -> Any:
    """A number times a tensor."""
    return ops.multiply(scalar, x)


@whole
def zero_fraction(value: Tensor) -> Any:
    """The part of the elements that are zero."""
    return xp.mean(xp.asarray(value) == 0, dtype="float32")


@whole
def approximate_equal(x: Tensor, y: Tensor, tolerance: float = 1e-5) -> Any:
    """Whether elements differ by less than a tolerance."""
    return xp.abs(xp.asarray(x) - y) < tolerance


@whole
def betainc(a: Tensor, b: Tensor, x: Tensor) -> Any:
    """The regularised incomplete beta function."""
    return engine.special.betainc(a, b, x)


@whole
def complex(real: Tensor, imag: Tensor) -> Any:
    """Complex numbers from their parts."""
    return engine.xp.asarray(real) + 1j * xp.asarray(imag)


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    adj_x: bool = False,
    adj_y: bool = False,
) -> Any:
    """The matrix product of the last two axes; either matrix may be transposed first."""
    a = _turned(a, transpose_a, adjoint_a or adj_x)
    b = _turned(b, transpose_b, adjoint_b or adj_y)
    return ops.matmul(a, b)


def batch_matmul(x: Any, y: Any, adj_x: bool = False, adj_y: bool = False) -> Any:
    """The matrix product of the last two axes."""
    return matmul(x, y, adj_x=adj_x, adj_y=adj_y)


def _turned(x: Any, transposed: bool, adjoint: bool) -> Any:
    if not (transposed or adjoint):
        return x
    turned = ops.swapaxes(x, -1, -2)
    return ops.conj(turned) if adjoint and "complex" in str(getattr(x, "dtype", "")) else turned


@whole
def matvec(a: Tensor, b: Tensor, transpose_a: bool = False) -> Any:
    """The product of matrices with vectors."""
    a = xp.asarray(a)
    return xp.einsum("...ji,...j->...i" if transpose_a else "...ij,...j->...i", a, xp.asarray(b))


def einsum(equation: str, *inputs: Any, **options: Any) -> Any:
    """Products and sums by index letters."""
    return ops.einsum(equation, *inputs)


def add_n(inputs: Sequence[Any]) -> Any:
    """The sum of tensors."""
    inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    return functools.reduce(ops.add, inputs)


def accumulate_n(inputs: Sequence[Any], shape: Any = None, tensor_dtype: Any = None) -> Any:
    """The sum of tensors."""
    return add_n(inputs)


def _running(function: Any, name: str, first: float) -> Any:
    def run(x: Tensor, axis: Static = 0, exclusive: bool = False, reverse: bool = False) -> Any:
        x = xp.asarray(x)
        x = xp.flip(x, axis) if reverse else x
        found = function(x, axis)
        if exclusive:
            head = xp.full_like(xp.take(x, xp.asarray([0]), axis=axis), first)
            found = xp.concatenate([head, xp.delete(found, -1, axis)], axis)
        return xp.flip(found, axis) if reverse else found

    run.__name__ = name
    return whole(run)


cumsum = _running(lambda x, axis: xp.cumsum(x, axis).astype(x.dtype), "cumsum", 0)
cumprod = _running(lambda x, axis: xp.cumprod(x, axis).astype(x.dtype), "cumprod", 1)
cumulative_logsumexp = _running(lambda x, axis: engine.associative_scan(xp.logaddexp, x, axis=axis), "cumlog", -np.inf)


def _placed(function: Any, name: str) -> Any:
    def place(input: Tensor, axis: Static = None, dimension: Static = None, output_type: Any = "int64") -> Any:
        along = dimension if axis is None else axis
        wanted = dtype_here(output_type)
        return function(xp.asarray(input), 0 if along is None else along).astype(wanted)

    place.__name__ = name
    return whole(place)


argmax, argmin = (
    _placed(lambda x, axis: xp.argmax(x, axis), "argmax"),
    _placed(lambda x, axis: xp.argmin(x, axis), "argmin"),
)
arg_max, arg_min = argmax, argmin


@whole
def bincount(
    arr: Tensor,
    weights: Tensor = None,
    minlength: Static = None,
    maxlength: Static = None,
    dtype: Any = "int32",
) -> Any:
    """How often each integer occurs, or what its occurrences weigh."""
    numbers = xp.asarray(arr).ravel()
    size = (
        max(int(engine.to_numpy(arr).max(initial=-1)) + 1, minlength or 0)
        if minlength != maxlength or (minlength is None)
        else minlength
    )
    size = size if maxlength is None else min(size, maxlength)
    inside = numbers < size
    weigh = xp.ones(numbers.shape, dtype_here(dtype)) if weights is None else xp.asarray(weights).ravel()
    return xp.zeros(size, weigh.dtype).at[xp.where(inside, numbers, size)].add(weigh, mode="drop")


@whole
def confusion_matrix(
    labels: Tensor, predictions: Tensor, num_classes: Static = None, weights: Tensor = None, dtype: Any = "int32"
) -> Any:
    """How often each class (rows) was taken for each class (columns)."""
    labels, predictions = xp.asarray(labels), xp.asarray(predictions)
    count = num_classes
    if count is None:
        count = int(max(engine.to_numpy(labels).max(), engine.to_numpy(predictions).max())) + 1
    weigh = xp.ones(labels.shape, dtype_here(dtype)) if weights is None else xp.asarray(weights)
    found = xp.zeros((count, count), dtype_here(dtype))
    return found.at[labels, predictions].add(weigh.astype(found.dtype))


@whole
def histogram_fixed_width(values: Tensor, value_range: Tensor, nbins: Static = 100, dtype: Any = "int32") -> Any:
    """How many values fall into each of so many equal parts of a range; those beyond it count at its ends."""
    low, high = xp.asarray(value_range)
    place = xp.clip(xp.floor((xp.asarray(values).ravel() - low) / (high - low) * nbins), 0, nbins - 1).astype("int32")
    return xp.zeros(nbins, dtype_here(dtype)).at[place].add(1)


# ---------------------------------------------------------------------- norms of size


@whole
def clip_by_value(t: Tensor, clip_value_min: Tensor, clip_value_max: Tensor) -> Any:
    """Values beyond limits brought back to them."""
    return xp.clip(xp.asarray(t), clip_value_min, clip_value_max)


@whole
def clip_by_norm(t: Tensor, clip_norm: Tensor, axes: Static = None) -> Any:
    """Scaled down so that the norm is at most `clip_norm`."""
    t = xp.asarray(t)
    square = xp.sum(t * t, axis=tuple(axes) if isinstance(axes, list) else axes, keepdims=True)
    norm = xp.sqrt(xp.where(square > 0, square, 1))
    norm = xp.where(square > 0, norm, square)
    return t * clip_norm / xp.maximum(norm, clip_norm)


@whole
def global_norm(t_list: Any) -> Any:
    """The norm of all elements of several tensors together; None counts nothing."""
    return xp.sqrt(sum(xp.sum(xp.square(t)) for t in t_list if t is not None))


def clip_by_global_norm(t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None) -> tuple[list[Any], Any]:
    """Tensors scaled down together so that their common norm is at most `clip_norm`; and that norm before."""
    norm = global_norm(list(t_list)) if use_norm is None else use_norm
    scale = _scale(norm, clip_norm)
    return [None if t is None else ops.multiply(t, scale) for t in t_list], norm


@whole
def _scale(norm: Tensor, clip_norm: Tensor) -> Any:
    return clip_norm * xp.minimum(1.0 / xp.asarray(norm), 1.0 / xp.asarray(clip_norm, "float32"))


def clip_by_average_norm(t: Any, clip_norm: Any) -> Any:
    """Scaled down so that the norm, divided by the number of elements, is at most `clip_norm`."""
    return clip_by_norm(t, clip_norm * int(np.prod(t.shape)))


@whole
def l2_normalize(x: Tensor, axis: Static = None, epsilon: float = 1e-12, dim: Static = None) -> Any:
    """Divided by the norm along axes."""
    x, axis = xp.asarray(x), dim if axis is None else axis
    square = xp.sum(xp.square(x), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    return x * engine.rsqrt(xp.maximum(square, epsilon))


@whole
def polyval(coeffs: Any, x: Tensor) -> Any:
    """A polynomial's values; the coefficient of the highest power comes first."""
    return functools.reduce(lambda total, c: total * x + xp.asarray(c), coeffs[1:], xp.asarray(coeffs[0]))


FUNCTIONS: dict[str, Any] = {
    **_rows(_UNARY, "x"),
    **_rows(_BINARY, "x:x1 y:x2"),
    **{name: _of_one(function, name) for name, function in _FORMULAS_OF_ONE.items()},
    **{name: _of_two(function, name) for name, function in _FORMULAS_OF_TWO.items()},
    **{
        f"bitwise_{name}": of(getattr(ops, f"bitwise_{name}"), "x y")
        for name in ("and", "or", "xor", "left_shift", "right_shift")
    },
    "left_shift": of(ops.bitwise_left_shift, "x y"),
    "right_shift": of(ops.bitwise_right_shift, "x y"),
    "invert": of(ops.bitwise_not, "x"),
    "softmax": of(ops.softmax, "logits:x axis=-1", "axis"),
    "log_softmax": of(ops.log_softmax, "logits:x axis=-1", "axis"),
    "tensordot": of(ops.tensordot, "a:x1 b:x2 axes", "axes"),
    "cross": exposed(known(ops.cross)),
    "top_k": of(ops.top_k, "input:x k=1 sorted=True", "k"),
    "in_top_k": of(ops.in_top_k, "targets predictions k", "k"),
    "sparse_matmul": exposed(matmul),
}
