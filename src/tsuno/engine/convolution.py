"""Convolution and pooling over 1 to 3 spatial axes, with gradients of our own on CPU.

XLA's CPU back end computes a convolution's kernel gradient as a convolution with a huge window, at a twentieth of
the speed of the same sum written as matrix products over a few images at a time; likewise the gradient of
max pooling. Groups of channels cost it as much as all channels together, and a convolution of each channel on its own
is ten times as fast as a sum of shifted images. Accelerators keep the vendor's kernels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
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
_MOST_SHIFTS = 128  # a depthwise window of more elements would take long to compile as a sum of shifted images


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
    if _on_cpu():
        if not channels_last:
            x = xp.moveaxis(x, 1, -1)
        pads = pad_amounts(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)
        y = _cpu_conv_of_groups(x, kernel, strides, pads, dilation, groups)
        return y if channels_last else xp.moveaxis(y, -1, 1)
    spatial = "DHW"[-len(strides) :]
    data = f"N{spatial}C" if channels_last else f"NC{spatial}"
    return lax.conv_general_dilated(
        x, kernel, strides, _lax_padding(padding), rhs_dilation=dilation,
        dimension_numbers=(data, f"{spatial}IO", data), feature_group_count=groups,
    )  # fmt: skip


def conv_transpose(
    x: Array,
    kernel: Array,
    strides: Sequence[int],
    pads: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    channels_last: bool = True,
) -> Array:
    """`x` spread out by the strides and padded, convolved with the turned kernel (*window, filters, channels)."""
    if _on_cpu():
        x = x if channels_last else xp.moveaxis(x, 1, -1)
        y = _cpu_conv_transpose(x, kernel, tuple(strides), tuple(pads), tuple(dilation))
        return y if channels_last else xp.moveaxis(y, -1, 1)
    spatial = "DHW"[-len(strides) :]
    data = f"N{spatial}C" if channels_last else f"NC{spatial}"
    return lax.conv_transpose(
        x, kernel, strides, pads, rhs_dilation=dilation,
        dimension_numbers=(data, f"{spatial}IO", data), transpose_kernel=True,
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


_portable: ContextVar[bool] = ContextVar("portable", default=False)


@contextmanager
def for_any_device() -> Iterator[None]:
    """A block in which convolutions are traced as such, not in the form that is best for this machine's CPU."""
    token = _portable.set(True)
    try:
        yield
    finally:
        _portable.reset(token)


def _on_cpu() -> bool:
    return not _portable.get() and jax.default_backend() == "cpu"


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


def _cpu_conv_of_groups(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes, groups: int) -> Array:
    if groups == 1:
        return _cpu_conv(x, kernel, strides, pads, dilation)
    if groups == x.shape[-1] and kernel.size <= _MOST_SHIFTS * groups:
        wide = xp.promote_types(x.dtype, np.float32) if xp.issubdtype(x.dtype, xp.floating) else x.dtype
        own = kernel.reshape(*kernel.shape[:-2], groups, -1).astype(wide)
        y = _cpu_depthwise(x.astype(wide), own, strides, pads, dilation)
        return y.reshape(*y.shape[:-2], kernel.shape[-1]).astype(x.dtype)
    if groups == kernel.shape[-1]:
        return _forward(x, kernel, strides, pads, dilation, groups)
    parts = [xp.moveaxis(a.reshape(*a.shape[:-1], groups, a.shape[-1] // groups), -2, 0) for a in (x, kernel)]
    y = xp.moveaxis(lax.map(lambda part: _cpu_conv(*part, strides, pads, dilation), tuple(parts)), 0, -2)
    return y.reshape(*y.shape[:-2], kernel.shape[-1])


def _forward(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes, groups: int = 1) -> Array:
    spatial = "DHW"[-len(strides) :]
    layout = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return lax.conv_general_dilated(
        x, kernel, strides, pads, rhs_dilation=dilation, dimension_numbers=layout, feature_group_count=groups
    )


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
    edges = _gradient_edges(sizes, kernel, g.shape[1:-1], strides, pads, dilation)
    spatial = "DHW"[-rank:]
    layout = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return lax.conv_general_dilated(
        g, turned, (1,) * rank, edges, lhs_dilation=strides, rhs_dilation=dilation, dimension_numbers=layout
    )


def _gradient_edges(sizes: Sizes, kernel: Array, outputs: Sizes, strides: Sizes, pads: Pairs, dilation: Sizes) -> Pairs:
    """The zeros around an output's gradient, spread out, that make its convolution as large as the input."""
    edges = []
    for axis, (low, _) in enumerate(pads):
        reach = (kernel.shape[axis] - 1) * dilation[axis]
        spread = (outputs[axis] - 1) * strides[axis] + 1
        edges.append((reach - low, sizes[axis] - spread + low))
    return tuple(edges)


def _kernel_gradient(x: Array, g: Array, shape: Sizes, strides: Sizes, pads: Pairs, dilation: Sizes) -> Array:
    """Sum over images of patches^T @ gradients, a few images at a time."""
    *window, channels, filters = shape
    outputs = g.shape[1:-1]
    x = xp.pad(x, ((0, 0), *[(max(low, 0), max(high, 0)) for low, high in pads], (0, 0)))

    def add_chunk(total: Array, chunk: tuple[Array, Array]) -> tuple[Array, None]:
        images, gradients = chunk
        patches = xp.stack([_window(images, at, outputs, strides, dilation) for at in _places(window)], axis=-2)
        patches = patches.reshape(-1, math.prod(window) * channels)
        return total + patches.T @ gradients.reshape(-1, filters), None

    chunks = _chunks(x, g, math.prod(outputs) * math.prod(window) * channels)
    total, _ = lax.scan(add_chunk, xp.zeros((math.prod(window) * channels, filters), g.dtype), chunks)
    return total.reshape(shape)


def _chunks(x: Array, g: Array, values: int) -> tuple[Array, Array]:
    """Both arrays with a few images in each row; `values` are what an image makes in the cache."""
    batch = x.shape[0]
    size = next(n for n in range(max(1, min(batch, _CHUNK_BYTES // max(4 * values, 1))), 0, -1) if batch % n == 0)
    return x.reshape(-1, size, *x.shape[1:]), g.reshape(-1, size, *g.shape[1:])


def _places(window: Sequence[int]) -> list[Sizes]:
    return list(product(*map(range, window)))


def _window(x: Array, place: Sizes, outputs: Sizes, strides: Sizes, dilation: Sizes) -> Array:
    """What the kernel element at `place` sees: one value per output position."""
    starts = [at * step for at, step in zip(place, dilation, strict=True)]
    slices = [slice(s, s + (n - 1) * k + 1, k) for s, n, k in zip(starts, outputs, strides, strict=True)]
    return x[(slice(None), *slices, slice(None))]


@partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def _cpu_conv_transpose(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> Array:
    """The input gradient of a convolution with this kernel, as a map of its own."""
    sizes, inner = _transposed(x, kernel, strides, pads, dilation)
    return _input_gradient(sizes, kernel, x, strides, inner, dilation)


def _cpu_conv_transpose_forward(
    x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes
) -> tuple[Array, Any]:
    return _cpu_conv_transpose(x, kernel, strides, pads, dilation), (x, kernel)


def _cpu_conv_transpose_backward(
    strides: Sizes, pads: Pairs, dilation: Sizes, saved: tuple[Array, Array], g: Array
) -> tuple[Array, Array]:
    x, kernel = saved
    _, inner = _transposed(x, kernel, strides, pads, dilation)
    dx = _forward(g, kernel, strides, inner, dilation)
    return dx, _kernel_gradient(g, x, kernel.shape, strides, inner, dilation)


_cpu_conv_transpose.defvjp(_cpu_conv_transpose_forward, _cpu_conv_transpose_backward)


def _transposed(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> tuple[Sizes, Pairs]:
    """The output's sizes, and the padding of the convolution that leads from there back to `x`."""
    rows = list(zip(x.shape[1:-1], kernel.shape, strides, dilation, pads, strict=False))
    sizes = [(n - 1) * by + 1 + sum(pad) - (width - 1) * step for n, width, by, step, pad in rows]
    inner = [((width - 1) * step - low, (width - 1) * step - high) for _, width, _, step, (low, high) in rows]
    return tuple(sizes), tuple(inner)


@partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def _cpu_depthwise(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> Array:
    """Each channel of `x` with `multiplier` filters of its own (*window, channels, multiplier): (..., multiplier)."""
    x = _edged(x, pads)
    rows = zip(x.shape[1:-1], kernel.shape, dilation, strides, strict=False)
    outputs = tuple((size - (width - 1) * step - 1) // by + 1 for size, width, step, by in rows)
    *window, _, multiplier = kernel.shape
    views = [(_window(x, at, outputs, strides, dilation), kernel[at]) for at in _places(window)]
    return xp.stack([sum(view * weight[:, j] for view, weight in views) for j in range(multiplier)], axis=-1)


def _cpu_depthwise_forward(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> tuple[Array, Any]:
    return _cpu_depthwise(x, kernel, strides, pads, dilation), (x, kernel)


def _cpu_depthwise_backward(
    strides: Sizes, pads: Pairs, dilation: Sizes, saved: tuple[Array, Array], g: Array
) -> tuple[Array, Array]:
    x, kernel = saved
    *window, _, multiplier = kernel.shape
    rank, outputs = len(window), g.shape[1:-2]
    edges = _gradient_edges(x.shape[1:-1], kernel, outputs, strides, pads, dilation)
    turned = xp.flip(kernel, range(rank))
    spread = [_edged(g[..., j], edges, strides) for j in range(multiplier)]
    dx: Any = sum(
        _window(spread[j], at, x.shape[1:-1], (1,) * rank, dilation) * turned[at][:, j]
        for at, j in product(_places(window), range(multiplier))
    )

    def add_chunk(total: Array, chunk: tuple[Array, Array]) -> tuple[Array, None]:
        images, gradients = chunk
        views = [_window(images, at, outputs, strides, dilation) for at in _places(window)]
        each = [[(view * gradients[..., j]).sum(range(rank + 1)) for j in range(multiplier)] for view in views]
        return total + xp.stack([xp.stack(row, axis=-1) for row in each]).reshape(kernel.shape), None

    total, _ = lax.scan(add_chunk, xp.zeros_like(kernel), _chunks(_edged(x, pads), g, math.prod(x.shape[1:])))
    return dx, total


_cpu_depthwise.defvjp(_cpu_depthwise_forward, _cpu_depthwise_backward)


def _edged(x: Array, pads: Pairs, strides: Sizes = ()) -> Array:
    """`x` spread out by the strides, with zeros around (or edges cut off, where negative)."""
    inside = [by - 1 for by in strides] or [0] * len(pads)
    spatial = [(low, high, gap) for (low, high), gap in zip(pads, inside, strict=True)]
    return lax.pad(x, np.zeros((), x.dtype), [(0, 0, 0), *spatial, (0, 0, 0)])


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
