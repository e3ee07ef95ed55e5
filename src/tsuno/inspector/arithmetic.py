"""How one number of a layer's output comes about: the patch of the input under the kernel, the products, the sum."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsuno.inspector.entries import Refused
from tsuno.layers import AveragePooling2D, Conv2D, Dense, DepthwiseConv2D, MaxPooling2D

_MOST = 20_000


def arithmetic(layer: Any, x: np.ndarray, at: Sequence[int], value_of: Callable[[Any], np.ndarray]) -> dict[str, Any]:
    """The parts of one number of a layer's output.

    Args:
        layer: a `Dense`, `Conv2D`, `DepthwiseConv2D`, `MaxPooling2D` or `AveragePooling2D`.
        x: what it was given, without a batch axis.
        at: which number: (row, column, channel), or the places in the output of a dense layer.
        value_of: gives the numbers of a weight.

    Raises:
        Refused: another layer, or no such number.
    """
    if isinstance(layer, Dense):
        return _of_dense(layer, x, at, value_of)
    if not isinstance(layer, (Conv2D, DepthwiseConv2D, MaxPooling2D, AveragePooling2D)):
        raise Refused(
            f"The arithmetic of {type(layer).__name__} is not shown; that of 2D convolutions and dense layers is."
        )
    if layer.data_format == "channels_first":
        x = x.transpose(1, 2, 0)
    if len(at) != 3:
        raise Refused("Give a row, a column and a channel.")
    row, column, channel = at
    window: Any = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    dilation = getattr(layer, "dilation_rate", (1, 1))
    rows = _span(x.shape[0], window[0], layer.strides[0], dilation[0], layer.padding, row)
    columns = _span(x.shape[1], window[1], layer.strides[1], dilation[1], layer.padding, column)
    inside = np.array([[0 <= i < x.shape[0] and 0 <= j < x.shape[1] for j in columns] for i in rows])
    patch = np.zeros((*inside.shape, x.shape[-1]), x.dtype)
    patch[inside] = [x[i, j] for i in rows for j in columns if 0 <= i < x.shape[0] and 0 <= j < x.shape[1]]
    found = {"from": {"rows": [rows[0], rows[-1] + 1], "columns": [columns[0], columns[-1] + 1]}}
    if isinstance(layer, (MaxPooling2D, AveragePooling2D)):
        _within(channel, x.shape[-1])
        taken = patch[..., channel][inside]
        value = float(taken.max() if isinstance(layer, MaxPooling2D) else taken.mean())
        return {**_shown(layer, patch[..., channel : channel + 1], None, 0.0, value), **found}
    kernel = value_of(layer.kernel)
    if isinstance(layer, DepthwiseConv2D):
        multiplier = kernel.shape[-1]
        _within(channel, kernel.shape[-2] * multiplier)
        source = channel // multiplier
        own, patch = kernel[..., source : source + 1, channel % multiplier], patch[..., source : source + 1]
    else:
        _within(channel, kernel.shape[-1])
        own = kernel[..., channel]
        group = channel // (kernel.shape[-1] // layer.groups)
        patch = patch[..., group * own.shape[-1] : (group + 1) * own.shape[-1]]
    bias = float(value_of(layer.bias)[channel]) if layer.use_bias else 0.0
    return {**_shown(layer, patch, own, bias, float((patch * own).sum() + bias)), **found}


def _of_dense(layer: Any, x: np.ndarray, at: Sequence[int], value_of: Callable[[Any], np.ndarray]) -> dict[str, Any]:
    if len(at) != x.ndim:
        raise Refused(f"Give {x.ndim} places.")
    for place, size in zip(at[:-1], x.shape[:-1], strict=True):
        _within(place, size)
    kernel = value_of(layer.kernel)
    _within(at[-1], kernel.shape[-1])
    row, own = x[tuple(at[:-1])], kernel[:, at[-1]]
    bias = float(value_of(layer.bias)[at[-1]]) if layer.use_bias else 0.0
    return _shown(layer, row, own, bias, float(row @ own + bias))


def _shown(layer: Any, patch: np.ndarray, kernel: np.ndarray | None, bias: float, before: float) -> dict[str, Any]:
    if patch.size > _MOST:
        raise Refused("This number is the sum of too many products to be shown.")
    activation = getattr(layer, "activation", None)
    name = getattr(activation, "__name__", "linear")
    alone = activation is not None and name not in ("linear", "softmax", "log_softmax", "glu", "sparsemax")
    return {
        "kind": type(layer).__name__,
        "value": float(activation(np.float32(before))) if alone and activation is not None else before,
        "before_activation": before,
        "activation": name,
        "bias": bias,
        "patch": _array(patch),
        "kernel": None if kernel is None else _array(kernel),
    }


def _array(x: np.ndarray) -> dict[str, Any]:
    return {"shape": list(x.shape), "values": [float(value) for value in np.asarray(x, "float64").ravel()]}


def _span(size: int, window: int, stride: int, dilation: int, padding: str, place: int) -> list[int]:
    """The places along an axis that a window at a place of the output covers; some may be outside."""
    reach = (window - 1) * dilation + 1
    count = -(-size // stride) if padding == "same" else (size - reach) // stride + 1
    _within(place, count)
    before = max((count - 1) * stride + reach - size, 0) // 2 if padding == "same" else 0
    return [place * stride - before + i * dilation for i in range(window)]


def _within(place: int, size: int) -> None:
    if not 0 <= place < max(size, 0) or math.isnan(place):
        raise Refused(f"There is no number {place} among {size}.")
