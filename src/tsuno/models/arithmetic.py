"""How many floating-point operations a program does, counted equation by equation.

The count is the mathematical one, whatever way the device computes: a multiplication and an addition for each product
of a matrix product or convolution, one for each element of anything else; moving and comparing values costs none. A
loop counts as often as it runs, of branches the most expensive one, and a loop of unknown length once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

_MOVES = frozenset(
    [
        "bitcast_convert_type", "broadcast_in_dim", "concatenate", "convert_element_type", "copy", "copy_p",
        "device_put", "dynamic_slice", "dynamic_update_slice", "expand_dims", "gather", "iota", "optimization_barrier",
        "pad", "reduce_precision", "reshape", "rev", "scatter", "select_n", "sharding_constraint", "slice", "split",
        "squeeze", "stop_gradient", "transpose",
    ]
)  # fmt: skip
_OVER_INPUTS = ("reduce_", "arg", "cum", "sort", "top_k")


class Flops(NamedTuple):
    """Operations: those of products (of matrices, and convolutions), and all others."""

    products: int = 0
    others: int = 0

    @property
    def total(self) -> int:
        return self.products + self.others


def flops_of(program: Any) -> Flops:
    """The operations of a traced program; see `engine.traced_program`."""
    products = others = 0
    for equation in program.eqns:
        name, params = equation.primitive.name, equation.params
        if name in _PRODUCTS:
            products += _PRODUCTS[name](equation)
        elif inner := list(_programs(params)):
            parts = [flops_of(each) for each in inner]
            parts = [max(parts, key=lambda part: part.total)] if name == "cond" else parts
            times = params["length"] if name == "scan" else 1
            products += times * sum(part.products for part in parts)
            others += times * sum(part.others for part in parts)
        elif name not in _MOVES:
            others += _elementwise(equation)
    return Flops(products, others)


def _programs(params: Any) -> Iterator[Any]:
    """The programs within an equation: bodies of loops, branches, functions."""
    for value in params.values():
        for each in value if isinstance(value, (tuple, list)) else (value,):
            if hasattr(each, "eqns"):
                yield each


def _elementwise(equation: Any) -> int:
    name, inputs, outputs = equation.primitive.name, equation.invars, equation.outvars
    if not any(_is_inexact(variable) for variable in (*inputs[:1], *outputs)):
        return 0
    if name.startswith("reduce_window"):
        return _size(outputs[0]) * math.prod(equation.params["window_dimensions"])
    if name.startswith("scatter"):
        return _size(inputs[-1])
    if name == "fft":
        length = math.prod(equation.params["fft_lengths"])
        return int(5 * max(_size(inputs[0]), _size(outputs[0])) * math.log2(max(length, 2)))
    if name.startswith(_OVER_INPUTS):
        return _size(inputs[0])
    return sum(_size(variable) for variable in outputs if _is_inexact(variable))


def _dot(equation: Any) -> int:
    (over, _), _ = equation.params["dimension_numbers"]
    shape = equation.invars[0].aval.shape
    return 2 * _size(equation.outvars[0]) * math.prod(shape[axis] for axis in over)


def _convolution(equation: Any) -> int:
    x, kernel = equation.invars
    layout, params = equation.params["dimension_numbers"], equation.params
    filters = kernel.aval.shape[layout.rhs_spec[0]]
    if any(step > 1 for step in params["lhs_dilation"]):  # transposed: each value goes to each place of a window
        window = math.prod(kernel.aval.shape[axis] for axis in layout.rhs_spec[2:])
        return 2 * _size(x) * window * filters // params["feature_group_count"]
    return 2 * _size(equation.outvars[0]) * (_size(kernel) // filters)


_PRODUCTS: dict[str, Callable[[Any], int]] = {"dot_general": _dot, "conv_general_dilated": _convolution}


def _size(variable: Any) -> int:
    return math.prod(variable.aval.shape)


def _is_inexact(variable: Any) -> bool:
    dtype = getattr(variable.aval, "dtype", None)
    kind = "O" if dtype is None else getattr(dtype, "kind", "O")
    return kind in "fc" or (kind == "V" and np.dtype(dtype).name.startswith(("bfloat", "float")))
