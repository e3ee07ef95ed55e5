"""Rows of primitives that compute element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsuno.export.onnx.graph import Value, attribute, stored
from tsuno.export.onnx.rows import ELEMENTWISE, ROWS, Equation, row

_SAME: dict[str, tuple[str, Any]] = {
    "add": ("Add", np.add), "sub": ("Sub", np.subtract), "mul": ("Mul", np.multiply),
    "neg": ("Neg", np.negative), "abs": ("Abs", np.abs), "exp": ("Exp", np.exp), "log": ("Log", np.log),
    "sqrt": ("Sqrt", np.sqrt), "tanh": ("Tanh", np.tanh), "sin": ("Sin", np.sin), "cos": ("Cos", np.cos),
    "tan": ("Tan", np.tan), "asin": ("Asin", np.arcsin), "acos": ("Acos", np.arccos), "atan": ("Atan", np.arctan),
    "sinh": ("Sinh", np.sinh), "cosh": ("Cosh", np.cosh), "asinh": ("Asinh", np.arcsinh),
    "acosh": ("Acosh", np.arccosh), "atanh": ("Atanh", np.arctanh), "erf": ("Erf", None), "logistic": ("Sigmoid", None),
    "sign": ("Sign", np.sign), "floor": ("Floor", np.floor), "ceil": ("Ceil", np.ceil),
}  # fmt: skip
_COMPARED: dict[str, tuple[str, Any]] = {
    "eq": ("Equal", np.equal), "lt": ("Less", np.less), "le": ("LessOrEqual", np.less_equal),
    "gt": ("Greater", np.greater), "ge": ("GreaterOrEqual", np.greater_equal),
    "lt_to": ("Less", np.less), "le_to": ("LessOrEqual", np.less_equal),
}  # fmt: skip
_LOGICAL = {"and": "And", "or": "Or", "xor": "Xor", "not": "Not"}

for _name, (_op, _numpy) in _SAME.items():
    ELEMENTWISE[_name] = _numpy
    ROWS[_name] = lambda e, *values, op=_op: e.compute(op, *values)
for _name, (_op, _numpy) in _COMPARED.items():
    ELEMENTWISE[_name] = _numpy
    ROWS[_name] = lambda e, *values, op=_op: e.compute(op, *values, dtype=bool)
for _name, _op in _LOGICAL.items():
    ELEMENTWISE[_name] = getattr(np, f"bitwise_{_name}", None)
    ROWS[_name] = lambda e, *values, op=_op: e.each(op if values[0].dtype == bool else f"Bitwise{op}", *values)


def elementwise(*names: str, numpy: Any = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a row of primitives that compute element by element."""
    ELEMENTWISE.update(dict.fromkeys(names, numpy))
    return row(*names)


def constant_of(value: Value) -> float | None:
    """The one number that a known value is made of, if it is."""
    return None if value.array is None or value.array.size != 1 else value.array.reshape(()).item()


@elementwise("ne", numpy=np.not_equal)
def _ne(e: Equation, x: Value, y: Value) -> Value:
    if x.dtype == bool:
        return e.each("Xor", x, y)
    return e.each("Not", e.compute("Equal", x, y, dtype=bool))


@elementwise("max", numpy=np.maximum)
def _max(e: Equation, x: Value, y: Value) -> Value:
    if x.dtype == bool:
        return e.each("Or", x, y)
    for one, other in ((x, y), (y, x)):
        if constant_of(other) == -np.inf and one.rank == len(e.shape):
            return one
        if constant_of(other) == 0 and one.array is None and stored(x.dtype).kind == "f":
            return e.each("Relu", one)
    return e.compute("Max", x, y)


@elementwise("min", numpy=np.minimum)
def _min(e: Equation, x: Value, y: Value) -> Value:
    if x.dtype == bool:
        return e.each("And", x, y)
    for one, other in ((x, y), (y, x)):
        if constant_of(other) == np.inf and one.rank == len(e.shape):
            return one
    return e.compute("Min", x, y)


@elementwise("clamp")
def _clamp(e: Equation, low: Value, x: Value, high: Value) -> Value:
    if constant_of(low) is not None and constant_of(high) is not None and stored(x.dtype).name in _CLIPPED:
        ends = [e.constant(each.array.reshape(())) for each in (low, high) if each.array is not None]
        return e.each("Clip", x, *ends)
    return e.compute("Min", e.compute("Max", x, low), high)


_CLIPPED = {"float32", "float64", "int32", "int64"}


@elementwise("div")
def _div(e: Equation, x: Value, y: Value) -> Value:
    return _softmax(e, x, y) or _average(e, x, y) or _mean(e, x, y) or e.compute("Div", x, _divisor(e, y))


def _divisor(e: Equation, y: Value) -> Value:
    """Integers to divide by, without zeros, which stop ONNX Runtime; programs do not look at what they give."""
    if y.array is not None or stored(y.dtype).kind not in "iu":
        return y
    zero = e.compute("Equal", y, e.number(0, y), dtype=bool)
    return _where(e, zero, e.number(1, y), y)


def _softmax(e: Equation, x: Value, y: Value) -> Value | None:
    """exp(x − max x) / sum(exp(x − max x)) along one axis is an operator."""
    graph = x.graph
    exp, total = graph.maker(x.name, "Exp"), graph.maker(y.name, "ReduceSum")
    shift = exp and graph.maker(exp.input[0], "Sub")
    top = shift and graph.maker(shift.input[1], "ReduceMax")
    if not (top and total) or total.input[0] != exp.output[0] or top.input[0] != shift.input[0]:
        return None
    axes = [graph.root.initializers[node.input[1]].tolist() for node in (top, total)]
    if axes[0] != axes[1] or len(axes[0]) != 1 or not attribute(top, "keepdims") or not attribute(total, "keepdims"):
        return None
    name = e.node("Softmax", shift.input[0], axis=axes[0][0])
    return Value(e.graph, x.shape, x.dtype, name, held=x.held, order=x.order)


def _average(e: Equation, x: Value, y: Value) -> Value | None:
    """The sum over a window, divided by its size, is the mean that the sum was computed from."""
    product = x.graph.maker(x.name, "Mul")
    mean = product and x.graph.maker(product.input[0], "AveragePool")
    size = product and x.graph.root.initializers.get(product.input[1])
    if not mean or size is None or size.size != 1 or constant_of(y) != size.item():
        return None
    return Value(x.graph, x.shape, x.dtype, mean.output[0], held=x.held, order=x.order)


def _mean(e: Equation, x: Value, y: Value) -> Value | None:
    """A sum divided by the number of its terms is a mean."""
    total = x.graph.maker(x.name, "ReduceSum")
    if total is None or constant_of(y) is None or constant_of(y) != x.graph.terms.get(x.name):
        return None
    keepdims = attribute(total, "keepdims")
    return x.like(
        x.shape, x.graph.node("ReduceMean", list(total.input), e.scope, keepdims=keepdims), held=x.held, order=x.order
    )


@elementwise("rem")
def _rem(e: Equation, x: Value, y: Value) -> Value:
    return e.compute("Mod", x, _divisor(e, y), fmod=1)


@elementwise("pow")
def _pow(e: Equation, x: Value, y: Value) -> Value:
    return e.compute("Pow", x, e.cast(y, x.dtype))


@elementwise("integer_pow")
def _integer_pow(e: Equation, x: Value) -> Value:
    y = e.params["y"]
    if y == 2:
        return e.compute("Mul", x, x)
    if y == -1:
        return e.compute("Reciprocal", x)
    return e.compute("Pow", x, e.number(y, x))


@elementwise("square", numpy=np.square)
def _square(e: Equation, x: Value) -> Value:
    return e.compute("Mul", x, x)


@elementwise("rsqrt")
def _rsqrt(e: Equation, x: Value) -> Value:
    return e.each("Reciprocal", e.each("Sqrt", x))


@elementwise("cbrt", numpy=np.cbrt)
def _cbrt(e: Equation, x: Value) -> Value:
    return e.each("Mul", e.each("Sign", x), e.each("Pow", e.each("Abs", x), e.number(1 / 3, x)))


@elementwise("exp2", numpy=np.exp2)
def _exp2(e: Equation, x: Value) -> Value:
    return e.each("Exp", e.each("Mul", x, e.number(np.log(2), x)))


@elementwise("expm1", numpy=np.expm1)
def _expm1(e: Equation, x: Value) -> Value:
    # tanh(x / 2) · (eˣ + 1), which loses nothing near zero
    half = e.each("Tanh", e.each("Mul", x, e.number(0.5, x)))
    return e.each("Mul", half, e.each("Add", e.each("Exp", x), e.number(1, x)))


@elementwise("log1p", numpy=np.log1p)
def _log1p(e: Equation, x: Value) -> Value:
    return e.each("Log", e.each("Add", x, e.number(1, x)))


@elementwise("erfc")
def _erfc(e: Equation, x: Value) -> Value:
    return e.each("Sub", e.number(1, x), e.each("Erf", x))


@elementwise("atan2")
def _atan2(e: Equation, y: Value, x: Value) -> Value:
    zero, pi = e.number(0, x), e.number(np.pi, x)
    left = e.compute("Less", x, zero, dtype=bool)
    below = e.compute("Less", y, zero, dtype=bool)
    upright = e.compute("Equal", x, zero, dtype=bool)
    turn = e.each("Where", below, e.each("Neg", pi), pi, dtype=x.dtype)
    slope = e.each("Atan", e.each("Div", y, e.each("Where", upright, e.number(1, x), x, dtype=x.dtype)))
    angle = e.each("Add", slope, e.each("Where", left, turn, zero, dtype=x.dtype))
    straight = e.each("Mul", e.each("Sign", y), e.number(np.pi / 2, x))
    return e.each("Where", upright, straight, angle, dtype=x.dtype)


@elementwise("round")
def _round(e: Equation, x: Value) -> Value:
    if int(e.params["rounding_method"]) == 1:
        return e.each("Round", x)
    away = e.each("Floor", e.each("Add", e.each("Abs", x), e.number(0.5, x)))
    return e.each("Mul", e.each("Sign", x), away)


@elementwise("is_finite", numpy=np.isfinite)
def _is_finite(e: Equation, x: Value) -> Value:
    return e.each("Not", e.each("Or", e.each("IsNaN", x, dtype=bool), e.each("IsInf", x, dtype=bool)))


@elementwise("select_n")
def _select(e: Equation, which: Value, *cases: Value) -> Value:
    known = constant_of(which)
    if known is not None and cases[int(known)].rank == len(e.shape):
        return cases[int(known)]
    if which.dtype == bool:
        return _where(e, which, cases[1], cases[0])
    result = cases[0]
    for number, case in enumerate(cases[1:], 1):
        result = _where(e, e.compute("Equal", which, e.number(number, which), dtype=bool), case, result)
    return result


def _where(e: Equation, condition: Value, yes: Value, no: Value) -> Value:
    if yes.dtype == bool:
        both = e.each("And", condition, yes)
        return e.each("Or", both, e.each("And", e.each("Not", condition), no))
    if stored(yes.dtype).name in _WIDENED:
        wide = [e.cast(value, "int32") for value in (yes, no)]
        return e.cast(e.each("Where", condition, *wide, dtype="int32"), yes.dtype)
    return e.each("Where", condition, yes, no, dtype=yes.dtype)


_WIDENED = {"int8", "int16", "uint16"}


@elementwise("shift_left", numpy=np.left_shift)
def _shift_left(e: Equation, x: Value, y: Value) -> Value:
    if x.dtype.kind == "u":
        return e.each("BitShift", x, y, direction="LEFT")
    return e.compute("Mul", x, _power_of_two(e, y))


@elementwise("shift_right_arithmetic", numpy=np.right_shift)
def _shift_right(e: Equation, x: Value, y: Value) -> Value:
    wide, by = e.cast(x, "int64"), e.cast(_power_of_two(e, y), "int64")
    whole = e.each("Sub", wide, e.each("Mod", wide, by))  # of the sign of `by`: rounds down
    return e.cast(e.each("Div", whole, by), x.dtype)


@elementwise("shift_right_logical")
def _shift_right_logical(e: Equation, x: Value, y: Value) -> Value:
    unsigned = np.dtype(f"uint{8 * x.dtype.itemsize}")
    shifted = e.each("BitShift", e.cast(x, unsigned), e.cast(y, unsigned), direction="RIGHT")
    return e.cast(shifted, x.dtype)


def _power_of_two(e: Equation, y: Value) -> Value:
    if y.array is not None:
        return Value(y.graph, y.shape, y.dtype, array=np.left_shift(np.ones((), y.dtype), y.array))
    return e.cast(e.compute("Pow", e.number(2, np.dtype("int64")), e.cast(y, "int64")), y.dtype)


@elementwise("convert_element_type")
def _convert(e: Equation, x: Value) -> Value:
    to = np.dtype(e.params["new_dtype"])
    if to.kind == "b" and x.dtype.kind != "b":
        return e.each("Not", e.compute("Equal", x, e.number(0, x), dtype=bool))
    return e.cast(x, to)


@elementwise("reduce_precision", "copy", "stop_gradient", "optimization_barrier", "sharding_constraint")
def _same(e: Equation, *values: Value) -> Any:
    return values[0] if len(values) == 1 else list(values)
