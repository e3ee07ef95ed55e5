"""Convolution and pooling over 1 to 3 spatial axes, with gradients of our own on CPU.

XLA's CPU back end computes a convolution's kernel gradient as a convolution with a huge window, at a twentieth of
the speed of the same sum written as matrix products over a few images at a time; likewise the gradient of
max pooling. Groups of channels cost it as much as all channels together, and a convolution of each channel on its own
is ten times as fast as a sum of shifted images. Accelerators keep the vendor's kernels.
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

from tsuno.engine import onednn
from tsuno.engine.onednn import edged, plain_convolution
from tsuno.engine.placement import is_for_this_cpu

Padding = str | Sequence[tuple[int, int]]
Pairs = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]

_CHUNK_BYTES = 3 << 20  # patches of about this size stay in the cache
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
    if is_for_this_cpu():
        if not channels_last:
            x = xp.moveaxis(x, 1, -1)
        pads = pad_amounts(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)
        if min(min(pair) for pair in pads) < 0:  # the gradients are for edges that are added
            x, pads = edged(x, pads), ((0, 0),) * len(pads)
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
    if is_for_this_cpu():
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
    if is_for_this_cpu() and math.prod(window) <= 32:
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
    if groups == 1 and (whole := onednn.convolution(x, kernel, strides, pads, dilation)) is not None:
        return whole
    together = _neighbours(x, kernel, strides, pads, dilation) if groups == 1 else 1
    if together == 1:
        return plain_convolution(x, kernel, strides, pads, dilation, groups)
    edges = [[(0, 0)] * kernel.ndim for _ in range(together)]
    for at, pairs in enumerate(edges):
        pairs[-3] = (at, together - 1 - at)
    kernels = xp.concatenate([xp.pad(kernel, pairs) for pairs in edges], axis=-1)
    y = plain_convolution(x, kernels, (*strides[:-1], together), pads, dilation)
    return y.reshape(*y.shape[:-2], y.shape[-2] * together, kernel.shape[-1])


def _neighbours(x: Array, kernel: Array, strides: Sizes, pads: Pairs, dilation: Sizes) -> int:
    """How many neighbouring outputs to compute as filters of one: a matrix product wants at least 32 columns."""
    channels, filters = kernel.shape[-2:]
    if channels > 16 or filters > 16 or strides[-1] != 1 or dilation[-1] != 1 or kernel.shape[-3] == 1:
        return 1
    outputs = x.shape[-2] + sum(pads[-1]) - kernel.shape[-3] + 1
    return next(n for n in ((4, 2, 1) if channels <= 4 or filters <= 8 else (2, 1)) if outputs % n == 0)


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
    window = kernel.shape[:rank]
    if max(strides) > 1 and max(dilation) == 1 and max(window) > 1 and min(g.shape) > 0:
        return _input_gradient_by_phases(sizes, kernel, g, strides, pads)
    turned = xp.swapaxes(xp.flip(kernel, range(rank)), -1, -2)
    edges = _gradient_edges(sizes, kernel, g.shape[1:-1], strides, pads, dilation)
    if max(strides) == 1:
        return _forward(g, turned, strides, edges, dilation)
    if max(window) == 1:
        return edged(_forward(g, turned, (1,) * rank, ((0, 0),) * rank, dilation), edges, strides)
    return plain_convolution(g, turned, (1,) * rank, edges, dilation, spread=strides)


def _input_gradient_by_phases(sizes: Sizes, kernel: Array, g: Array, strides: Sizes, pads: Pairs) -> Array:
    """The same, where places that have the same remainder by the strides are filters of one convolution.

    Along an axis, place m · stride + r (of the padded input) is the sum over t of g[m - t] · kernel[r + stride · t].
    """
    rank = len(sizes)
    *window, channels, filters = kernel.shape
    taps = [-(-width // by) for width, by in zip(window, strides, strict=True)]
    counts = [-(-(size + low) // by) for size, low, by in zip(sizes, (low for low, _ in pads), strides, strict=True)]
    rest = [(0, n * by - width) for n, by, width in zip(taps, strides, window, strict=True)]
    parts = xp.pad(kernel, [*rest, (0, 0), (0, 0)])
    parts = parts.reshape(*(n for pair in zip(taps, strides, strict=True) for n in pair), channels, filters)
    parts = xp.flip(parts, range(0, 2 * rank, 2))
    order = [*range(0, 2 * rank, 2), 2 * rank + 1, *range(1, 2 * rank, 2), 2 * rank]
    parts = parts.transpose(order).reshape(*taps, filters, math.prod(strides) * channels)
    edges = tuple((n - 1, count - size) for n, count, size in zip(taps, counts, g.shape[1:-1], strict=True))
    y = _forward(g, parts, (1,) * rank, edges, (1,) * rank).reshape(g.shape[0], *counts, *strides, channels)
    order = [0, *(axis for i in range(rank) for axis in (1 + i, 1 + rank + i)), 2 * rank + 1]
    y = y.transpose(order).reshape(g.shape[0], *(n * by for n, by in zip(counts, strides, strict=True)), channels)
    return y[(slice(None), *(slice(low, low + size) for size, (low, _) in zip(sizes, pads, strict=True)))]


def _gradient_edges(sizes: Sizes, kernel: Array, outputs: Sizes, strides: Sizes, pads: Pairs, dilation: Sizes) -> Pairs:
    """The zeros around an output's gradient, spread out, that make its convolution as large as the input."""
    edges = []
    for axis, (low, _) in enumerate(pads):
        reach = (kernel.shape[axis] - 1) * dilation[axis]
        spread = (outputs[axis] - 1) * strides[axis] + 1
        edges.append((reach - low, sizes[axis] - spread + low))
    return tuple(edges)


def _kernel_gradient(x: Array, g: Array, shape: Sizes, strides: Sizes, pads: Pairs, dilation: Sizes) -> Array:
    """Sum over images of gradients^T @ patches, a few images at a time.

    A patch is what a window sees. For oneDNN, which multiplies other shapes as fast, it is what a row of the window
    sees where that is smaller, and the gradients stand beside themselves, moved down by each row of the window.
    """
    *window, channels, filters = shape
    rank, outputs, height = len(window), g.shape[1:-1], window[0]
    row = math.prod(window[1:]) * channels
    moved = strides[0] == 1 and height * filters + row <= height * row and onednn.can_be_used(x, g)
    times, seen = (height, row) if moved else (1, height * row)

    def product_of(images: Array, gradients: Array) -> Array:
        patches = edged(images, pads)
        for axis in reversed(range(1 if moved else 0, rank)):  # the last first: (*window, channels) in the end
            span, by, step = (outputs[axis] - 1) * strides[axis] + 1, strides[axis], dilation[axis]
            starts = range(0, window[axis] * step, step)
            views = [lax.slice_in_dim(patches, at, at + span, by, axis=axis + 1) for at in starts]
            patches = xp.concatenate(views, axis=-1)
        patches = patches.reshape(-1, seen)
        if not moved:
            return gradients.reshape(-1, filters).T @ patches
        down = range(0, height * dilation[0], dilation[0])
        around = [[(0, 0), (at, down[-1] - at), *[(0, 0)] * rank] for at in down]
        gradients = xp.concatenate([xp.pad(gradients, pairs) for pairs in around], axis=-1)
        return onednn.transposed_product(gradients.reshape(-1, times * filters), patches)

    if math.prod(window) == 1:
        return product_of(x, g).T.reshape(shape)
    chunks = _chunks(x, g, math.prod(outputs) * (times * filters * moved + seen))
    total = xp.zeros((times * filters, seen), g.dtype)
    total, _ = lax.scan(lambda total, chunk: (total + product_of(*chunk), None), total, chunks)
    return total.reshape(times, filters, seen).swapaxes(1, 2).reshape(shape)


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
    x = edged(x, pads)
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
    spread = [edged(g[..., j], edges, strides) for j in range(multiplier)]
    dx: Any = sum(
        _window(spread[j], at, x.shape[1:-1], (1,) * rank, dilation) * turned[at][:, j]
        for at, j in product(_places(window), range(multiplier))
    )

    def add_chunk(total: Array, chunk: tuple[Array, Array]) -> tuple[Array, None]:
        images, gradients = chunk
        views = [_window(images, at, outputs, strides, dilation) for at in _places(window)]
        each = [[(view * gradients[..., j]).sum(range(rank + 1)) for j in range(multiplier)] for view in views]
        return total + xp.stack([xp.stack(row, axis=-1) for row in each]).reshape(kernel.shape), None

    total, _ = lax.scan(add_chunk, xp.zeros_like(kernel), _chunks(edged(x, pads), g, math.prod(x.shape[1:])))
    return dx, total


_cpu_depthwise.defvjp(_cpu_depthwise_forward, _cpu_depthwise_backward)


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
    places, views = _places(window), _pool_views(x, window, strides, pads)
    first = xp.full(y.shape, len(places), np.uint8)
    for number, view in reversed(list(enumerate(views))):
        first = xp.where(view == y, np.uint8(number), first)
    padded = tuple(size + low + high for size, (low, high) in zip(x.shape[1:-1], pads, strict=True))
    total = (_spread_once if window == strides else _spread)(first, g, window, strides, padded)
    inner = [slice(low, low + size) for size, (low, _) in zip(x.shape[1:-1], pads, strict=True)]
    return (total[(slice(None), *inner, slice(None))],)


def _spread_once(first: Array, g: Array, window: Sizes, strides: Sizes, padded: Sizes) -> Array:
    """Windows side by side: what each place is given is one comparison."""
    rank, outputs = len(window), g.shape[1:-1]
    number = xp.arange(math.prod(window), dtype=np.uint8).reshape(window)
    between = tuple(2 * axis + 2 for axis in range(rank))  # (batch, output, place, output, place, channels)
    number = xp.expand_dims(number, (0, *(2 * axis + 1 for axis in range(rank)), 2 * rank + 1))
    hit = xp.expand_dims(first, between) == number
    total = xp.where(hit, xp.expand_dims(g, between), np.zeros((), g.dtype))
    total = total.reshape(g.shape[0], *(n * k for n, k in zip(outputs, window, strict=True)), g.shape[-1])
    rest = [(0, size - n * k) for size, n, k in zip(padded, outputs, window, strict=True)]
    return edged(total, rest)


def _spread(first: Array, g: Array, window: Sizes, strides: Sizes, padded: Sizes) -> Array:
    """Windows that overlap or leave gaps: a sum over the places in them."""
    total = xp.zeros((g.shape[0], *padded, g.shape[-1]), g.dtype)
    for number, place in enumerate(_places(window)):
        edges = [
            (at, size - at - (n - 1) * k - 1)
            for at, size, n, k in zip(place, padded, g.shape[1:-1], strides, strict=True)
        ]
        total = total + edged(xp.where(first == number, g, np.zeros((), g.dtype)), edges, strides)
    return total


_cpu_max_pool.defvjp(_cpu_max_pool_forward, _cpu_max_pool_backward)


def _pool_views(x: Array, window: Sizes, strides: Sizes, pads: Pairs) -> list[Array]:
    padded = xp.pad(x, ((0, 0), *pads, (0, 0)), constant_values=_lowest(x.dtype))
    outputs = tuple(
        (size - width) // stride + 1 for size, width, stride in zip(padded.shape[1:-1], window, strides, strict=True)
    )
    return [_window(padded, at, outputs, strides, (1,) * len(window)) for at in _places(window)]
