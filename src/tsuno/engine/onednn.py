"""Large products and convolutions by oneDNN, which JAX carries for x86-64: up to four times as fast as XLA's own.

Each is a primitive with a plain meaning, which is what gradients of gradients, mappings over batches and exported
programs see, and a call of the library as its form on this machine's CPU. XLA cannot write a program with such a call
to a file, so it is compiled anew in each process; therefore only programs with a gradient have them, which run for
longer than they take to compile.
"""

from __future__ import annotations

import functools
import json
import math
import os
import platform
import sys
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as xp
import numpy as np
from jax import Array, lax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from tsuno.engine.placement import is_for_training_here

Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Call = tuple[str, dict[str, Any]]

_FEW = 1 << 20  # multiplications for which a call is worth its 10 microseconds
_MANY = 1 << 26  # and for which it is where XLA's own products are good, and join with what is done to their results


def can_be_used(*arrays: Array) -> bool:
    """Whether the program that is being traced may have calls with such arrays."""
    return (
        is_for_training_here()
        and all(x.dtype == "float32" for x in arrays)
        and _is_there()
        and jax.device_count() == 1  # a call is not split over devices
    )


def _is_there() -> bool:
    """Whether JAX's compiler has oneDNN in the form known here; another version may read a call in another way."""
    known = sys.platform == "linux" and platform.machine() == "x86_64" and jax.__version__ in _KNOWN
    return known and os.environ.get("TSUNO_ONEDNN") != "0"


_KNOWN = ("0.10.0", "0.10.1", "0.10.2")
"""The versions of JAX whose compiler is known to take the calls."""


_ROWS, _COLUMNS = (True, False, True), (False, True, True)  # which terms have such an axis: left, right, result
_SUMMED, _OF_A_BATCH = (True, True, False), (True, True, True)


def product(spec: str, a: Array, b: Array) -> Array | None:
    """What `einsum` makes of two arrays, as in "bqhd,bkhd->bhqk", or None if that is no large matrix product.

    Axes are those of a batch, of rows, of columns, or summed over; all rows must stand side by side wherever they do,
    and so must columns and what is summed.
    """
    if not can_be_used(a, b):
        return None
    left, right, out = terms = _terms(spec)
    sizes = dict(zip(left + right, a.shape + b.shape, strict=False))
    if any(x.shape != tuple(sizes.get(axis) for axis in axes) for x, axes in zip((a, b), terms, strict=False)):
        return None  # the array library says what is wrong
    groups = _groups(terms)
    kinds = [tuple(group[0] in axes for axes in terms) for group in groups]
    batched = kinds.count(_OF_A_BATCH)
    once = all(kinds.count(kind) == 1 for kind in (_ROWS, _COLUMNS, _SUMMED)) and len(kinds) == 3 + batched
    repeated = any(len(set(axes)) < len(axes) for axes in terms)
    scattered = any(all(axes[-1] in other for other in terms) for axes in terms)  # a batch is not the last axis
    if not once or repeated or scattered or math.prod(sizes.values()) < (_FEW if batched else _MANY):
        return None
    merged = ["".join(group[0] for group in _in_order(groups, axes)) for axes in terms]
    a, b = (
        x.reshape([math.prod(sizes[axis] for axis in group) for group in _in_order(groups, axes)])
        for x, axes in zip((a, b), terms, strict=False)
    )
    return _bound(merged[0], merged[1], merged[2], a, b).reshape([sizes[axis] for axis in out])


def transposed_product(a: Array, b: Array) -> Array:
    """The sum over all rows of both of their products, where `can_be_used` says so."""
    return _bound("xy", "xz", "yz", a, b)


def _bound(left: str, right: str, out: str, a: Array, b: Array) -> Array:
    """The product with its columns last in the result: the library has nothing fast for another order."""
    if out[-1] in left:
        left, right, a, b = right, left, b, a
    y: Array = _product.bind(a, b, spec=f"{left},{right}->{out}")
    return y


def _terms(spec: str) -> list[str]:
    return spec.replace("->", ",").split(",")


def _groups(terms: Sequence[str]) -> list[str]:
    """Runs of axes that stand side by side in the same order in every term that has one of them."""
    groups: list[str] = []
    for axis in dict.fromkeys("".join(terms)):
        last = groups[-1][-1] if groups else ""
        if last and all(last + axis in term for term in terms if last in term or axis in term):
            groups[-1] += axis
        else:
            groups.append(axis)
    return groups


def _in_order(groups: Sequence[str], axes: str) -> list[str]:
    return sorted((group for group in groups if group[0] in axes), key=lambda group: axes.index(group[0]))


def convolution(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> Array | None:
    """Cross-correlation of `x` (batch, *spatial, channels) with `kernel` (*window, channels, filters), or None."""
    if not can_be_used(x, kernel):
        return None
    rows = zip(x.shape[1:-1], pads, kernel.shape, strides, dilation, strict=False)
    outputs = [(n + sum(pad) - (width - 1) * step - 1) // by + 1 for n, pad, width, by, step in rows]
    work = x.shape[0] * math.prod(outputs) * kernel.size
    if work < _FEW or min(min(pair) for pair in pads) < 0 or min(outputs) < 1:
        return None
    y: Array = _convolution.bind(x, kernel, strides=strides, pads=pads, dilation=dilation)
    return y


def _primitive(name: str, plain: Callable[..., Array], call: Callable[..., Call]) -> Primitive:
    """A primitive that means `plain`, and on CPU is the call whose target and configuration `call` makes."""
    primitive = Primitive(f"onednn_{name}")

    def shaped(*arrays: Any, **options: Any) -> Any:
        return jax.core.ShapedArray(jax.eval_shape(functools.partial(plain, **options), *arrays).shape, arrays[0].dtype)

    def mapped(arrays: Sequence[Array], axes: Sequence[int | None], **options: Any) -> tuple[Array, int]:
        return jax.vmap(functools.partial(plain, **options), in_axes=tuple(axes))(*arrays), 0

    def calling(context: mlir.LoweringRuleContext, *operands: Any, **options: Any) -> Any:
        module = context.module_context
        if module.lowering_parameters.for_export:
            return plainly(context, *operands, **options)
        target, config = call(*context.avals_in, **options)
        module.add_host_callback(_nothing)  # JAX writes no program to disk that calls back
        lower = jax.ffi.ffi_lowering(f"__onednn${target}", api_version=1, backend_config=json.dumps(config))
        return lower(context, *operands)

    plainly = mlir.lower_fun(plain, multiple_results=False)
    primitive.def_impl(plain)
    primitive.def_abstract_eval(shaped)
    batching.primitive_batchers[primitive] = mapped
    mlir.register_lowering(primitive, plainly)
    mlir.register_lowering(primitive, calling, platform="cpu")
    return primitive


def _nothing() -> None:
    """A function that no program calls."""


def _plain_product(a: Array, b: Array, *, spec: str) -> Array:
    return xp.einsum(spec, a, b)


def _product_call(a: Any, b: Any, spec: str) -> Call:
    left, right, out = _terms(spec)
    batch = [axis for axis in out if axis in left and axis in right]
    (row,), (column,), (summed,) = set(left) - set(right), set(right) - set(left), set(left) - set(out)

    def order(axes: str, *last: str) -> dict[str, Any]:
        return {"tensor": {"dimensions": [axes.index(axis) + 1 for axis in (*batch, *last)]}}

    lhs, rhs, result = order(left, row, summed), order(right, summed, column), order(out, row, column)
    return "matmul", {"onednn_matmul_config": {"lhs": lhs, "rhs": rhs, "result": result}}


def _left_gradient(change: Array, a: Any, b: Array, *, spec: str) -> Array:
    left, right, out = _terms(spec)
    return _bound(out, right, left, change, b)


def _right_gradient(change: Array, a: Array, b: Any, *, spec: str) -> Array:
    left, right, out = _terms(spec)
    return _bound(left, out, right, a, change)


_product = _primitive("product", _plain_product, _product_call)
ad.defbilinear(_product, _left_gradient, _right_gradient)


def edged(x: Array, pads: Sequence[tuple[int, int]], strides: Sizes = ()) -> Array:
    """`x` spread out by the strides, with zeros around (or edges cut off, where negative)."""
    inside = [by - 1 for by in strides] or [0] * len(pads)
    spatial = [(low, high, gap) for (low, high), gap in zip(pads, inside, strict=True)]
    return lax.pad(x, np.zeros((), x.dtype), [(0, 0, 0), *spatial, (0, 0, 0)])


def plain_convolution(
    x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes, groups: int = 1, spread: Sizes | None = None
) -> Array:
    """Cross-correlation by the array library, also in groups of channels, and of images that are spread out."""
    if min(min(pair) for pair in pads) < 0:  # there XLA's convolutions by Eigen are wrong
        x, pads, spread = edged(x, pads, spread or ()), ((0, 0),) * len(pads), None
    spatial = "DHW"[-len(strides) :]
    layout = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return lax.conv_general_dilated(
        x, kernel, strides, pads, lhs_dilation=spread, rhs_dilation=dilation, dimension_numbers=layout,
        feature_group_count=groups,
    )  # fmt: skip


def _convolution_call(x: Any, kernel: Any, strides: Sizes, pads: Pairs, dilation: Sizes) -> Call:
    rank = len(strides)
    data = {"data": {"batch_dim": 0, "feature_dim": rank + 1, "spatial_dims": [*range(1, rank + 1)]}}
    filters = {"input_feature_dim": rank, "output_feature_dim": rank + 1, "spatial_dims": [*range(rank)]}
    low, high = zip(*pads, strict=True)
    window = {"strides": strides, "window_dilations": dilation, "pad_left": low, "pad_right": high}
    config = {"dims": rank + 2, "input": data, "kernel": {"filter": filters}, "output": data, "window": window}
    return "convolution", {"onednn_conv_config": {**config, "feature_groups": 1}}


def _convolution_change(primals: Any, tangents: Any, **options: Any) -> tuple[Array, Any]:
    """The engine's convolutions have gradients of their own; this is the change for gradients of those."""
    change = jax.jvp(functools.partial(plain_convolution, **options), primals, tangents)[1]
    return _convolution.bind(*primals, **options), change


_convolution = _primitive("convolution", plain_convolution, _convolution_call)
ad.primitive_jvps[_convolution] = _convolution_change
