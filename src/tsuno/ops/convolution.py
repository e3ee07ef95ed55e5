"""Windows that slide over the middle axes: convolution, pooling, and patches taken apart and put together.

Data is (batch, *spatial, channels), or (batch, channels, *spatial) for `data_format="channels_first"`; `None` means
`image_data_format()`. Kernels are (*window, input channels, output channels) in both layouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import sizes
from tsuno.engine import xp
from tsuno.ops.arguments import as_float, padding_name
from tsuno.ops.fusing import fused

__all__ = [
    "conv", "depthwise_conv", "separable_conv", "conv_transpose", "max_pool", "average_pool", "adaptive_max_pool",
    "adaptive_average_pool", "unfold", "fold",
]  # fmt: skip

Sizes = int | Sequence[int]


@op
def conv(
    inputs: Tensor,
    kernel: Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Convolution over one to three axes: at each place, the sum of kernel times window.

    Args:
        kernel: (*window, channels, filters); where `inputs` has a multiple of its channels, groups of channels are
            convolved apart.
        strides: steps from one window to the next.
        padding: `valid` for windows inside the data only, `same` for as many outputs as inputs (by stride).
        dilation_rate: steps between the elements of a window.

    Example:
        >>> ops.conv(ops.ones((1, 5, 1)), ops.ones((3, 1, 1)))[0, :, 0].tolist()
        [3.0, 3.0, 3.0]
    """
    kernel = xp.asarray(kernel)
    inputs = xp.asarray(inputs, kernel.dtype)
    rank, last, channels = _layout(inputs, data_format, "conv")
    if kernel.ndim != rank + 2:
        raise invalid("conv.kernel", f"of {rank + 2} axes: {rank} of the window, channels, filters", kernel)
    if channels % kernel.shape[-2]:
        raise invalid("conv.kernel", f"for a divisor of the {channels} channels that `inputs` has", kernel)
    groups = channels // kernel.shape[-2]
    if kernel.shape[-1] % groups:
        raise invalid("conv.kernel", f"of a number of filters that {groups} groups divide", kernel)
    strides, dilation = sizes(strides, rank, "conv.strides"), sizes(dilation_rate, rank, "conv.dilation_rate")
    padding = padding_name(padding)
    spatial = inputs.shape[1:-1] if last else inputs.shape[2:]
    reach = [(width - 1) * step + 1 for width, step in zip(kernel.shape, dilation, strict=False)]
    if padding == "VALID" and any(size < width for size, width in zip(spatial, reach, strict=True)):
        fix = "Use padding='same', a smaller kernel, or larger inputs."
        raise invalid("conv.inputs", f"at least as large as the window, {tuple(reach)}", inputs, fix)
    return engine.conv(inputs, kernel, strides, padding, dilation, groups, last)


@op
@fused
def depthwise_conv(
    inputs: Tensor,
    kernel: Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """Convolution of each channel on its own, with `multiplier` filters for each.

    Args:
        kernel: (*window, channels, multiplier).

    Example:
        >>> ops.depthwise_conv(ops.ones((1, 3, 2)), ops.ones((3, 2, 1))).tolist()
        [[[3.0, 3.0]]]
    """
    _, _, channels = _layout(xp.asarray(inputs), data_format, "depthwise_conv")
    *window, kernel_channels, multiplier = xp.shape(kernel)
    if kernel_channels != channels:
        raise invalid("depthwise_conv.kernel", f"for the {channels} channels that `inputs` has", kernel)
    kernel = xp.reshape(kernel, (*window, 1, channels * multiplier))
    return conv(inputs, kernel, strides, padding, data_format, dilation_rate)


@op
@fused
def separable_conv(
    inputs: Tensor,
    depthwise_kernel: Tensor,
    pointwise_kernel: Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """A depthwise convolution, then a convolution of window size 1 that mixes its channels.

    François Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", 2017.

    Args:
        depthwise_kernel: (*window, channels, multiplier).
        pointwise_kernel: (1, …, 1, channels · multiplier, filters).

    Example:
        >>> ops.separable_conv(ops.ones((1, 3, 2)), ops.ones((3, 2, 1)), ops.ones((1, 2, 1))).tolist()
        [[[6.0]]]
    """
    each = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(each, pointwise_kernel, 1, "valid", data_format)


@op
@fused
def conv_transpose(
    inputs: Tensor,
    kernel: Tensor,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Sizes | None = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Tensor:
    """The transpose of `conv` as a linear map: each input adds the kernel to a window of the output.

    Args:
        kernel: (*window, filters, channels).
        output_padding: how much larger than the least the output is, where the stride leaves a choice.

    Example:
        >>> ops.conv_transpose(ops.ones((1, 2, 1)), ops.ones((2, 1, 1)), strides=2)[0, :, 0].tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    inputs, kernel = xp.asarray(inputs), xp.asarray(kernel)
    rank, last, channels = _layout(inputs, data_format, "conv_transpose")
    if kernel.ndim != rank + 2 or kernel.shape[-1] != channels:
        raise invalid("conv_transpose.kernel", f"of shape (*window, filters, {channels})", kernel)
    strides, dilation = sizes(strides, rank, "conv_transpose.strides"), sizes(dilation_rate, rank, "dilation_rate")
    extra: Sequence[int | None] = [None] * rank
    if output_padding is not None:
        extra = sizes(output_padding, rank, "conv_transpose.output_padding", low=0)
    valid = padding_name(padding) == "VALID"
    rows = zip(kernel.shape, strides, dilation, extra, strict=False)
    pads = [_transposed_pads((width - 1) * step + 1, stride, more, valid) for width, stride, step, more in rows]
    return engine.conv_transpose(inputs, kernel, strides, pads, dilation, last)


def _transposed_pads(reach: int, stride: int, extra: int | None, valid: bool) -> tuple[int, int]:
    """Zeros around the spread-out inputs. `same` makes the output `stride` times as large as the input."""
    if valid:
        return reach - 1, reach - 1 + (max(stride - reach, 0) if extra is None else extra)
    total = stride + reach - 2 if extra is None else reach + reach % 2 - 2 + extra
    before = min(-(-total // 2), reach - 1)
    return before, total - before


@op
@fused
def max_pool(
    inputs: Tensor,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The largest element of each window.

    Args:
        strides: steps from one window to the next; `pool_size` by default.
        padding: `valid` or `same`; padding never wins.

    Example:
        >>> ops.max_pool([[[1.0], [3.0], [2.0], [0.0]]], 2)[0, :, 0].tolist()
        [3.0, 2.0]
    """
    return _pool(engine.max_pool, inputs, pool_size, strides, padding, data_format)


@op
@fused
def average_pool(
    inputs: Tensor,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The mean of each window.

    Args:
        strides: steps from one window to the next; `pool_size` by default.
        padding: `valid` or `same`; padding does not count.

    Example:
        >>> ops.average_pool([[[1.0], [3.0], [2.0], [0.0]]], 2)[0, :, 0].tolist()
        [2.0, 1.0]
    """
    return _pool(engine.avg_pool, inputs, pool_size, strides, padding, data_format)


def _pool(
    pool: Any, inputs: Any, pool_size: Sizes, strides: Sizes | None, padding: str, data_format: str | None
) -> Any:
    inputs = xp.asarray(inputs)
    rank, last, _ = _layout(inputs, data_format, "pool")
    window = sizes(pool_size, rank, "pool_size")
    steps = window if strides is None else sizes(strides, rank, "strides")
    x = inputs if last else xp.moveaxis(inputs, 1, -1)
    x = pool(x, window, steps, padding_name(padding))
    return x if last else xp.moveaxis(x, -1, 1)


@op
@fused
def adaptive_max_pool(inputs: Tensor, output_size: Sizes, data_format: str | None = None) -> Tensor:
    """The largest element of each of `output_size` windows of nearly equal size.

    Example:
        >>> ops.adaptive_max_pool([[[1.0], [3.0], [2.0], [0.0]]], 2)[0, :, 0].tolist()
        [3.0, 2.0]
    """

    def reduce(x: Any, members: Any) -> Any:
        lowest = -xp.inf if xp.issubdtype(x.dtype, xp.floating) else xp.min(x)
        return xp.max(xp.where(members, x[..., None, :], lowest), axis=-1)

    return _adaptive_pool(reduce, inputs, output_size, data_format)


@op
@fused
def adaptive_average_pool(inputs: Tensor, output_size: Sizes, data_format: str | None = None) -> Tensor:
    """The mean of each of `output_size` windows of nearly equal size.

    Example:
        >>> ops.adaptive_average_pool([[[1.0], [3.0], [2.0], [0.0]]], 2)[0, :, 0].tolist()
        [2.0, 1.0]
    """

    def reduce(x: Any, members: Any) -> Any:
        x = as_float(x)
        return x @ xp.asarray((members / members.sum(axis=1, keepdims=True)).T, x.dtype)

    return _adaptive_pool(reduce, inputs, output_size, data_format)


def _adaptive_pool(reduce: Any, inputs: Any, output_size: Sizes, data_format: str | None) -> Any:
    """Each spatial axis in turn: window i of n reaches from ⌊i · size / n⌋ to ⌈(i + 1) · size / n⌉."""
    x = xp.asarray(inputs)
    rank, last, _ = _layout(x, data_format, "adaptive_pool")
    for axis, count in enumerate(sizes(output_size, rank, "output_size"), start=1 if last else 2):
        size, window, place = x.shape[axis], np.arange(count)[:, None], np.arange(x.shape[axis])
        members = (place >= window * size // count) & (place < -(-(window + 1) * size // count))
        x = xp.moveaxis(reduce(xp.moveaxis(x, axis, -1), members), -1, axis)
    return x


@op
@fused
def unfold(x: Tensor, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """Every window of images (n, c, h, w) as a column: (n, c · window, places).

    Args:
        padding: zeros added on both sides of each axis.

    Example:
        >>> ops.unfold([[[[1, 2], [3, 4]]]], 2).tolist()
        [[[1], [2], [3], [4]]]
    """
    x = xp.asarray(x)
    window, pads, views, _ = _patches(x.shape[2:], kernel_size, dilation, padding, stride)
    x = xp.pad(x, ((0, 0), (0, 0), *((pad, pad) for pad in pads)))
    columns = xp.stack([x[(..., *view)] for view in views], axis=2)
    return columns.reshape(x.shape[0], x.shape[1] * int(np.prod(window)), -1)


@op
@fused
def fold(
    x: Tensor, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Tensor:
    """Columns as `unfold` makes them, added up where they came from: (n, c · window, places) to (n, c, h, w).

    Example:
        >>> ops.fold([[[1], [2], [3], [4]]], (2, 2), 2).tolist()
        [[[[1, 2], [3, 4]]]]
    """
    x, target = xp.asarray(x), sizes(output_size, 2, "fold.output_size")
    window, pads, views, places = _patches(target, kernel_size, dilation, padding, stride)
    count = int(np.prod(window))
    if x.ndim != 3 or x.shape[1] % count or x.shape[2] != int(np.prod(places)):
        raise invalid("fold.x", f"of shape (n, channels · {count}, {int(np.prod(places))})", x)
    columns = x.reshape(x.shape[0], -1, count, *places)
    total = xp.zeros((*columns.shape[:2], *(size + 2 * pad for size, pad in zip(target, pads, strict=True))), x.dtype)
    for index, view in enumerate(views):
        total = total.at[(..., *view)].add(columns[:, :, index])
    return total[(..., *(slice(pad, pad + size) for size, pad in zip(target, pads, strict=True)))]


def _patches(spatial: Any, kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes) -> tuple[Any, ...]:
    """The window, the padding, for each element of the window the slices it sees, and how many places there are."""
    window, steps = sizes(kernel_size, 2, "kernel_size"), sizes(dilation, 2, "dilation")
    pads, strides = sizes(padding, 2, "padding", low=0), sizes(stride, 2, "stride")
    rows = zip(spatial, window, steps, pads, strides, strict=True)
    places = [(size + 2 * pad - step * (width - 1) - 1) // by + 1 for size, width, step, pad, by in rows]
    views = [
        [
            slice(at * step, at * step + (count - 1) * by + 1, by)
            for at, step, count, by in zip(element, steps, places, strides, strict=True)
        ]
        for element in product(*map(range, window))
    ]
    return window, pads, views, places


def _layout(x: Any, data_format: str | None, where: str) -> tuple[int, bool, int]:
    """How many spatial axes, whether channels come last, and how many channels."""
    if not 3 <= x.ndim <= 5:
        raise invalid(f"{where}.inputs", "of 3 to 5 axes: the batch, channels, and 1 to 3 between", x)
    last = standardize_data_format(data_format) == "channels_last"
    return x.ndim - 2, last, x.shape[-1 if last else 1]
