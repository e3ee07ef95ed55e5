"""Rows of primitives that multiply and add: matrix products, convolutions, Fourier transforms."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno.export.onnx.graph import Sizes, Value, is_known, is_one
from tsuno.export.onnx.rows import Equation, row
from tsuno.export.onnx.shapes import edged, reshaped


@row("dot_general")
def _product(e: Equation, x: Value, y: Value) -> Value:
    (x_summed, y_summed), (x_batch, y_batch) = e.params["dimension_numbers"]
    dtype = e.dtype
    wide = np.dtype("int32") if dtype.kind in "iub" else np.dtype("float32") if dtype.itemsize == 1 else dtype
    x, y = e.cast(x, wide), e.cast(y, wide)
    x_free = [axis for axis in range(x.rank) if axis not in (*x_summed, *x_batch)]
    y_free = [axis for axis in range(y.rank) if axis not in (*y_summed, *y_batch)]
    if x.array is not None and y.array is None and not x_batch:  # the known one is the second
        turned = _times_known(e, y, x, y_free, x_free, list(y_summed), list(x_summed), wide)
        order = [*range(len(y_free), len(y_free) + len(x_free)), *range(len(y_free))]
        return e.cast(_in_order(e, turned, order), dtype)
    if y.array is not None and x.array is None and not x_batch:
        return e.cast(_times_known(e, x, y, x_free, y_free, list(x_summed), list(y_summed), wide), dtype)
    matrices = _times(e, x, y, x_free, y_free, wide) if len(x_summed) == 1 else None
    if matrices is not None:
        return e.cast(matrices, dtype)
    letters = iter(string.ascii_letters)
    of_x: dict[int, str] = {axis: next(letters) for axis in range(x.rank)}
    of_y = {b: of_x[a] for a, b in (*zip(x_summed, y_summed, strict=True), *zip(x_batch, y_batch, strict=True))}
    of_y |= {axis: next(letters) for axis in y_free}
    left, right = "".join(of_x[axis] for axis in range(x.rank)), "".join(of_y[axis] for axis in range(y.rank))
    out = "".join([of_x[axis] for axis in (*x_batch, *x_free)] + [of_y[axis] for axis in y_free])
    name = e.node("Einsum", x.arranged(), y.arranged(), equation=f"{left},{right}->{out}")
    return e.cast(e.result(name, dtype=wide), dtype)


def _times(e: Equation, x: Value, y: Value, x_free: list[int], y_free: list[int], dtype: Any) -> Value | None:
    """A product of stacks of matrices, if no more than one axis of each is left free; those of size 1 do not count."""
    (x_summed, y_summed), (x_batch, y_batch) = e.params["dimension_numbers"]
    x_real = [axis for axis in x_free if not is_one(x.shape[axis])] or x_free[:1]
    y_real = [axis for axis in y_free if not is_one(y.shape[axis])] or y_free[:1]
    if len(x_real) != 1 or len(y_real) != 1:
        return None
    left = _without_ones(e, x, [*x_batch, *x_real, *x_summed], len(x_free) - 1)
    right = _without_ones(e, y, [*y_batch, *y_summed, *y_real], len(y_free) - 1)
    name = e.node("MatMul", left, right)
    count, spare = len(x_batch), len(x_free) + len(y_free) - 2
    if spare:
        name = e.node("Unsqueeze", name, e.vector(*range(count + 2, count + 2 + spare)))
    places = iter(range(count + 2, count + 2 + spare))
    order = [*range(count), *(count if axis == x_real[0] else next(places) for axis in x_free)]
    order += [count + 1 if axis == y_real[0] else next(places) for axis in y_free]
    held: list[Any] = [1] * len(order)
    for axis, place in enumerate(order):
        held[place] = e.shape[axis]
    return e.result(name, dtype=dtype, held=tuple(held), order=order)


def _without_ones(e: Equation, x: Value, axes: list[int], spare: int) -> str:
    """The named axes of a value whose others have size 1."""
    if not spare:
        return x.arranged(axes)
    ones = [axis for axis in range(x.rank) if axis not in axes]
    name = x.arranged([*axes, *ones])
    return e.node("Squeeze", name, e.vector(*range(len(axes), x.rank)))


def _times_known(
    e: Equation, x: Value, y: Value, x_free: list[int], y_free: list[int], x_summed: list[int], y_summed: list[int],
    dtype: Any,
) -> Value:  # fmt: skip
    """A value times a known one, as one matrix product with the known one turned and put in shape here."""
    pairs = sorted(zip(x_summed, y_summed, strict=True))  # in the order of the value: it is not turned then
    array = y.known().transpose([*(b for _, b in pairs), *y_free])
    summed, free = array.shape[: len(pairs)], array.shape[len(pairs) :]
    matrix = e.constant(array.reshape(int(np.prod(summed)), -1), label=y.label)
    name = x.arranged([*x_free, *(a for a, _ in pairs)])
    ahead: Sizes = tuple(x.shape[axis] for axis in x_free)
    if len(pairs) != 1:
        name = reshaped(e, name, (*ahead, *summed), (*ahead, matrix.shape[0]), dtype).arranged()
    product = e.node("MatMul", name, matrix.arranged())
    return reshaped(e, product, (*ahead, matrix.shape[1]), (*ahead, *free), dtype)


def _in_order(e: Equation, x: Value, order: Sequence[int]) -> Value:
    """A value whose axes the program has in another order."""
    return e.result(x.arranged(), dtype=x.dtype, held=x.shape, order=order)


@row("conv_general_dilated")
def _convolution(e: Equation, x: Value, kernel: Value) -> Value:
    params, numbers = e.params, e.params["dimension_numbers"]
    if params["batch_group_count"] != 1:
        raise e.cannot("in groups of the batch")
    spread, strides = params["lhs_dilation"], params["window_strides"]
    groups, dilations = params["feature_group_count"], params["rhs_dilation"]
    window = [kernel.shape[axis] for axis in numbers.rhs_spec[2:]]
    wide = e.dtype if e.dtype.kind == "f" or e.dtype.name == "bfloat16" else np.dtype("float32")
    x, kernel = e.cast(x, wide), e.cast(kernel, wide)
    name = x.arranged(numbers.lhs_spec)
    low, high = (list(each) for each in zip(*params["padding"], strict=True))
    if any(step != 1 for step in spread):
        if all(map(is_known, (*low, *high))) and all(step == 1 for step in strides) and groups == 1:
            transposed = _transposed_convolution(e, name, kernel, spread, dilations, window, low, high)
            if transposed is not None:
                return _from_channels_first(e, transposed, wide)
        sizes: list[Any] = [x.shape[axis] for axis in numbers.lhs_spec]
        zero = e.number(0, x).arranged()
        for axis, step in enumerate(spread):
            if step != 1:
                name, sizes[axis + 2] = _dilated(e, name, sizes, axis + 2, step, zero)
    if not all(map(is_known, (*low, *high))):
        name = edged(e, name, (0, 0, *low), (0, 0, *high))
        low, high = [0] * len(low), [0] * len(high)
    if any(n < 0 for n in (*low, *high)):
        name = edged(e, name, (0, 0, *(min(n, 0) for n in low)), (0, 0, *(min(n, 0) for n in high)))
        low, high = [max(n, 0) for n in low], [max(n, 0) for n in high]
    name = e.node(
        "Conv", name, kernel.arranged(numbers.rhs_spec), kernel_shape=window, strides=list(strides),
        dilations=list(dilations), pads=[*low, *high], group=groups,
    )  # fmt: skip
    return _from_channels_first(e, name, wide)


def _from_channels_first(e: Equation, name: str, dtype: Any) -> Value:
    spec = e.params["dimension_numbers"].out_spec
    order = [spec.index(axis) for axis in range(len(spec))]
    return e.cast(e.result(name, dtype=dtype, held=tuple(e.shape[axis] for axis in spec), order=order), e.dtype)


def _dilated(e: Equation, name: str, sizes: list[Any], axis: int, step: int, zero: str) -> tuple[str, Any]:
    wide = e.node("Unsqueeze", name, e.vector(axis + 1))
    ends = [0] * (len(sizes) + 1)
    ends[axis + 1] = step - 1
    wide = e.node("Pad", wide, e.vector(*[0] * len(ends), *ends), zero)
    before, after = tuple(sizes[: axis + 1]), [*sizes[:axis], sizes[axis] * step, *sizes[axis + 1 :]]
    whole = reshaped(e, wide, before, tuple(after), np.float32).arranged()
    return e.node("Slice", whole, e.vector(0), e.vector(1 - step), e.vector(axis)), (sizes[axis] - 1) * step + 1


def _transposed_convolution(
    e: Equation, name: str, kernel: Value, strides: Sequence[int], dilations: Sequence[int], window: Sequence[int],
    low: Sequence[int], high: Sequence[int],
) -> str | None:  # fmt: skip
    """An input spread out and convolved is a transposed convolution with the kernel turned around, if edges allow."""
    spec = e.params["dimension_numbers"].rhs_spec
    reach = [(width - 1) * step for width, step in zip(window, dilations, strict=True)]
    before = [r - n for r, n in zip(reach, low, strict=True)]
    after = [r - n for r, n in zip(reach, high, strict=True)]
    more = [max(-n, 0) for n in after]
    if any(n < 0 for n in before) or any(n >= by for n, by in zip(more, strides, strict=True)) or kernel.array is None:
        return None
    turned = np.flip(kernel.known(), spec[2:]).transpose([spec[1], spec[0], *spec[2:]])
    weight = e.constant(turned, label=kernel.label)
    return e.node(
        "ConvTranspose", name, weight.arranged(), kernel_shape=list(window), strides=list(strides),
        dilations=list(dilations), pads=[*before, *(max(n, 0) for n in after)],
        output_padding=more if any(more) else None,
    )  # fmt: skip


@row("fft")
def _fourier(e: Equation, x: Value) -> Value:
    kind, lengths = int(e.params["fft_type"]), e.params["fft_lengths"]
    if kind == _BACK_TO_REAL and len(lengths) == 1:
        return _real_again(e, x, int(lengths[0]))
    if kind not in (_FORWARD, _BACKWARD) and (kind != _REAL or len(lengths) > 1):
        raise e.cannot(f"of the kind {e.params['fft_type']} over {len(lengths)} axes")
    name, rank = x.arranged(), len(e.shape)
    if kind == _REAL:
        name = e.node("Unsqueeze", name, e.vector(rank))
    for axis in range(rank - len(lengths), rank):
        kinds = {"onesided": int(kind == _REAL), "inverse": int(kind == _BACKWARD)}
        if e.graph.root.opset < 20:
            name = e.node("DFT", name, axis=axis, **kinds)
        else:
            name = e.node("DFT", name, "", e.graph.root.initializer(np.array(axis, np.int64)), **kinds)
    return _complex(e, name)


def _real_again(e: Equation, x: Value, length: int) -> Value:
    """Each sample is a sum of cosines and sines: a product with a known matrix."""
    count = x.shape[-2]
    angles = 2 * np.pi * np.outer(np.arange(count), np.arange(length)) / length
    weight = np.full(count, 2.0)
    weight[0] = 1
    if length % 2 == 0:
        weight[length // 2] = 1
    waves = np.stack([np.cos(angles), -np.sin(angles)], axis=1) * weight[:, None, None] / length
    matrix = e.constant(waves.reshape(2 * count, length).astype("float32"), label="waves")
    ahead = x.shape[:-2]
    flat = reshaped(e, x.arranged(), x.shape, (*ahead, 2 * count), "float32").arranged()
    return e.result(e.node("MatMul", flat, matrix.arranged()))


_FORWARD, _BACKWARD, _REAL, _BACK_TO_REAL = range(4)


def _complex(e: Equation, name: str) -> Value:
    """Complex numbers: their two parts lie along one axis more."""
    return e.result(name, (*e.shape, 2), "float32")


@row("complex")
def _of_parts(e: Equation, real: Value, imaginary: Value) -> Value:
    parts = [e.node("Unsqueeze", part.arranged(), e.vector(part.rank)) for part in (real, imaginary)]
    return _complex(e, e.node("Concat", *parts, axis=len(e.shape)))


@row("real", "imag")
def _part(e: Equation, x: Value) -> Value:
    which = e.graph.root.initializer(np.array(0 if e.primitive == "real" else 1, np.int64))
    return e.result(e.node("Gather", x.arranged(), which, axis=x.rank - 1))
