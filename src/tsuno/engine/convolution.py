"""Convolution and pooling over 1 to 3 spatial axes, with gradients of our own on CPU.

XLA's CPU back end computes a convolution's kernel gradient as a convolution with a huge window, at a twentieth of
the speed of the same sum written as matrix products over a few images at a time; likewise the gradient of
max pooling. Accelerators keep the vendor's kernels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as xp
import numpy as np
from jax import Array, lax

Padding = str | Sequence[tuple[int, int]]
Pairs = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]

_CHUNK_BYTES = 1 << 20  # patches of about this size stay in the cache of one core


def conv(
    x: Array,
    kernel: Array,
    strides: Sequence[int],
    padding: Padding,
    dilation: Sequence[int],
    groups: int = 1,
    channels_last: bool = True,
) -> Array:
    """Cross-correlation of `x` with `kernel` (*window, channels / groups, filters)."""
    strides, dilation = tuple(strides), tuple(dilation)
    if groups == 1 and _on_cpu():
        if not channels_last:
            x = xp.moveaxis(x, 1, -1)
        pads = pad_amounts(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)
        y = _cpu_conv(x, kernel, strides, pads, dilation)
        return y if channels_last else xp.moveaxis(y, -1, 1)
    spatial = "DHW"[-len(strides) :]
    data = f"N{spatial}C" if channels_last else f"NC{spatial}"
    return lax.conv_general_dilated(
        x, kernel, strides, _lax_padding(padding), rhs_dilation=dilation,
        dimension_numbers=(data, f"{spatial}IO", data), feature_group_count=groups,
    )  # fmt: skip


def max_pool(x: Array, window: Sequence[int], strides: Sequence[int], padding: Padding) -> Array:
    """The maximum of each window over the middle axes of `x` (batch, *spatial, channels)."""
    window, strides = tuple(window), tuple(strides)
    if _on_cpu() and math.prod(window) <= 32:
        pads = pad_amounts(x.shape[1:-1], window, strides, padding)
        return _cpu_max_pool(x, window, strides, pads)
    return _reduce_window(x, _lowest(x.dtype), lax.max, window, strides, padding)


def avg_pool(x: Array, window: Sequence[int], strides: Sequence[int], padding: Padding) -> Array:
    """The mean of each window over the middle axes of `x`; padded places do not count."""
    total = _reduce_window(x, np.zeros((), x.dtype), lax.add, window, strides, padding)
    if padding == "VALID":
        return total / math.prod(window)
    ones = xp.ones((1, *x.shape[1:-1], 1), x.dtype)
    return total / _reduce_window(ones, np.zeros((), x.dtype), lax.add, window, strides, padding)


def pad_amounts(
    sizes: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: Padding, dilation: Sequence[int] = ()
) -> Pairs:
    """Zeros before and after each spatial axis; SAME puts the odd one after."""
    if padding == "VALID":
        return ((0, 0),) * len(window)
    if not isinstance(padding, str):
        return tuple((int(low), int(high)) for low, high in padding)
    pairs = []
    for size, width, stride, step in zip(sizes, window, strides, dilation or (1,) * len(window), strict=True):
        total = max((-(-size // stride) - 1) * stride + (width - 1) * step + 1 - size, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def _on_cpu() -> bool:
    return jax.default_backend() == "cpu"


def _lax_padding(padding: Padding) -> Any:
    return padding if isinstance(padding, str) else tuple(padding)


def _lowest(dtype: Any) -> np.ndarray:
    low = -xp.inf if xp.issubdtype(dtype, xp.floating) else xp.iinfo(dtype).min
    return np.asarray(low, dtype)


def _reduce_window(
    x: Array, start: Any, reduce: Any, window: Sequence[int], strides: Sequence[int], padding: Padding
) -> Array:
    shape = (1, *window, 1)
    pads = padding if isinstance(padding, str) else ((0, 0), *padding, (0, 0))
    return lax.reduce_window(x, start, reduce, shape, (1, *strides, 1), pads)


def _forward(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> Array:
    spatial = "DHW"[-len(strides) :]
    layout = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return lax.conv_general_dilated(x, kernel, strides, pads, rhs_dilation=dilation, dimension_numbers=layout)


@partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def _cpu_conv(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> Array:
    return _forward(x, kernel, strides, pads, dilation)


def _cpu_conv_forward(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> tuple[Array, Any]:
    return _forward(x, kernel, strides, pads, dilation), (x, kernel)


def _cpu_conv_backward(
    strides: Sizes, pads: Pairs, dilation: Sizes, saved: tuple[Array, Array], g: Array
) -> tuple[Array, Array]:
    x, kernel = saved
    dx = _input_gradient(x.shape[1:-1], kernel, g, strides, pads, dilation)
    return dx, _kernel_gradient(x, g, kernel.shape, strides, pads, dilation)


_cpu_conv.defvjp(_cpu_conv_forward, _cpu_conv_backward)


def _input_gradient(sizes: Sizes, kernel: Array, g: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> Array:
    """The output's gradient, spread out by the strides, convolved with the turned kernel."""
    rank = len(sizes)
    turned = xp.swapaxes(xp.flip(kernel, range(rank)), -1, -2)
    edges = []
    for axis, (low, _) in enumerate(pads):
        reach = (kernel.shape[axis] - 1) * dilation[axis]
        spread = (g.shape[axis + 1] - 1) * strides[axis] + 1
        before = reach - low
        edges.append((before, sizes[axis] + reach - spread - before))
    spatial = "DHW"[-rank:]
    layout = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return lax.conv_general_dilated(
        g, turned, (1,) * rank, edges, lhs_dilation=strides, rhs_dilation=dilation, dimension_numbers=layout
    )


def _kernel_gradient(x: Array, g: Array, shape: Sizes, strides: Sizes, pads: Pairs, dilation: Sizes) -> Array:
    """Sum over images of patches^T @ gradients, a few images at a time."""
    *window, channels, filters = shape
    batch, outputs = x.shape[0], g.shape[1:-1]
    patch_bytes = math.prod(outputs) * math.prod(window) * channels * 4
    size = next(n for n in range(max(1, min(batch, _CHUNK_BYTES // max(patch_bytes, 1))), 0, -1) if batch % n == 0)
    x = xp.pad(x, ((0, 0), *[(max(low, 0), max(high, 0)) for low, high in pads], (0, 0)))

    def add_chunk(total: Array, chunk: tuple[Array, Array]) -> tuple[Array, None]:
        images, gradients = chunk
        patches = xp.stack([_window(images, at, outputs, strides, dilation) for at in _places(window)], axis=-2)
        patches = patches.reshape(-1, math.prod(window) * channels)
        return total + patches.T @ gradients.reshape(-1, filters), None

    chunks = (x.reshape(-1, size, *x.shape[1:]), g.reshape(-1, size, *g.shape[1:]))
    total, _ = lax.scan(add_chunk, xp.zeros((math.prod(window) * channels, filters), g.dtype), chunks)
    return total.reshape(shape)


def _places(window: Sequence[int]) -> list[Sizes]:
    return list(product(*map(range, window)))


def _window(x: Array, place: Sizes, outputs: Sizes, strides: Sizes, dilation: Sizes) -> Array:
    """What the kernel element at `place` sees: one value per output position."""
    starts = [at * step for at, step in zip(place, dilation, strict=True)]
    slices = [slice(s, s + (n - 1) * k + 1, k) for s, n, k in zip(starts, outputs, strides, strict=True)]
    return x[(slice(None), *slices, slice(None))]


@partial(jax.custom_vjp, nondiff_argnums=(1, 2, 3))
def _cpu_max_pool(x: Array, window: Sizes, strides: Sizes, pads: Pairs) -> Array:
    return _cpu_max_pool_forward(x, window, strides, pads)[0]


def _cpu_max_pool_forward(x: Array, window: Sizes, strides: Sizes, pads: Pairs) -> tuple[Array, Any]:
    views = _pool_views(x, window, strides, pads)
    y = views[0]
    for view in views[1:]:
        y = xp.maximum(y, view)
    return y, (x, y)


def _cpu_max_pool_backward(
    window: Sizes, strides: Sizes, pads: Pairs, saved: tuple[Array, Array], g: Array
) -> tuple[Array]:
    """Each gradient goes to the first place in its window that holds the maximum."""
    x, y = saved
    free = xp.ones(y.shape, bool)
    padded = [size + low + high for size, (low, high) in zip(x.shape[1:-1], pads, strict=True)]
    total = xp.zeros((x.shape[0], *padded, x.shape[-1]), g.dtype)
    zero = np.zeros((), g.dtype)
    for place, view in zip(_places(window), _pool_views(x, window, strides, pads), strict=True):
        hit = free & (view == y)
        free = free & ~hit
        spread = [
            (at, size - at - (n - 1) * k - 1, k - 1)
            for at, size, n, k in zip(place, padded, y.shape[1:-1], strides, strict=True)
        ]
        total = total + lax.pad(xp.where(hit, g, zero), zero, [(0, 0, 0), *spread, (0, 0, 0)])
    inner = [slice(low, low + size) for size, (low, _) in zip(x.shape[1:-1], pads, strict=True)]
    return (total[(slice(None), *inner, slice(None))],)


_cpu_max_pool.defvjp(_cpu_max_pool_forward, _cpu_max_pool_backward)


def _pool_views(x: Array, window: Sizes, strides: Sizes, pads: Pairs) -> list[Array]:
    padded = xp.pad(x, ((0, 0), *pads, (0, 0)), constant_values=_lowest(x.dtype))
    outputs = tuple(
        (size - width) // stride + 1 for size, width, stride in zip(padded.shape[1:-1], window, strides, strict=True)
    )
    return [_window(padded, at, outputs, strides, (1,) * len(window)) for at in _places(window)]
