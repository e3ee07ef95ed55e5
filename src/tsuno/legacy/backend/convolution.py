"""`keras.backend`: windows that slide over the middle axes, with shared kernels and with one for each place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from tsuno import ops
from tsuno.core.errors import unknown
from tsuno.core.op import Tensor
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import sizes
from tsuno.legacy.backend.recording import named, whole
from tsuno.legacy.backend.shaping import temporal_padding

__all__ = [
    "bias_add", "conv1d", "conv2d", "conv2d_transpose", "conv3d", "conv3d_transpose", "depthwise_conv2d",
    "local_conv", "local_conv1d", "local_conv2d", "pool2d", "pool3d", "separable_conv1d", "separable_conv2d",
]  # fmt: skip


def conv1d(
    x: Tensor,
    kernel: Tensor,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Convolution over steps; with padding `causal` an output depends on no later step."""
    if padding == "causal":
        left = sizes(dilation_rate, 1, "conv1d.dilation_rate")[0] * (kernel.shape[0] - 1)
        last = standardize_data_format(data_format) == "channels_last"
        x = temporal_padding(x, (left, 0)) if last else ops.pad(x, ((0, 0), (0, 0), (left, 0)))
        padding = "valid"
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


def _convolution(rank: int, data: str) -> Callable[..., Any]:
    def function(
        x: Tensor,
        kernel: Tensor,
        strides: Any = (1,) * rank,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = (1,) * rank,
    ) -> Any:
        return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)

    return named(function, f"conv{rank}d", f"Convolution over {data}.")


conv2d, conv3d = _convolution(2, "images"), _convolution(3, "volumes")


@whole
def conv2d_transpose(
    x: Tensor,
    kernel: Tensor,
    output_shape: Sequence[Any],
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """The transpose of `conv2d` as a linear map, to images of `output_shape`.

    The kernel is (*window, filters, channels).
    """
    return _transposed(x, kernel, output_shape, strides, padding, data_format, dilation_rate)


@whole
def conv3d_transpose(
    x: Tensor,
    kernel: Tensor,
    output_shape: Sequence[Any],
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The transpose of `conv3d` as a linear map, to volumes of `output_shape`."""
    return _transposed(x, kernel, output_shape, strides, padding, data_format, (1, 1, 1))


def _transposed(
    x: Any, kernel: Any, output_shape: Any, strides: Any, padding: str, data_format: str | None, dilation_rate: Any
) -> Any:
    """`ops.conv_transpose`, with the padding of the output that leads to a shape."""
    data_format = standardize_data_format(data_format)
    rank, first = len(x.shape) - 2, 1 if data_format == "channels_last" else 2
    steps, dilation = sizes(strides, rank, "strides"), sizes(dilation_rate, rank, "dilation_rate")
    given, wanted = x.shape[first:], tuple(output_shape)[first:]
    extra: list[int] = []
    for size, width, stride, step, target in zip(given, kernel.shape, steps, dilation, wanted, strict=False):
        reach = (width - 1) * step + 1
        least = reach % 2 if padding == "same" else reach
        extra.append(int(target) - (int(size) - 1) * stride - least)
    return ops.conv_transpose(x, kernel, steps, padding, extra, data_format, dilation)


def _separable(rank: int, one: Any, data: str) -> Callable[..., Any]:
    def function(
        x: Tensor,
        depthwise_kernel: Tensor,
        pointwise_kernel: Tensor,
        strides: Any = one,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = one,
    ) -> Any:
        return ops.separable_conv(x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)

    meaning = f"Convolution of each channel on its own over {data}, then a mixture of channels."
    return named(function, f"separable_conv{rank}d", meaning)


separable_conv1d, separable_conv2d = _separable(1, 1, "steps"), _separable(2, (1, 1), "images")


def depthwise_conv2d(
    x: Tensor,
    depthwise_kernel: Tensor,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """Convolution of each channel on its own over images."""
    return ops.depthwise_conv(x, depthwise_kernel, strides, padding, data_format, dilation_rate)


def _pooling(rank: int, data: str) -> Callable[..., Any]:
    pools = {"max": ops.max_pool, "avg": ops.average_pool}

    def function(
        x: Tensor,
        pool_size: Any,
        strides: Any = (1,) * rank,
        padding: str = "valid",
        data_format: str | None = None,
        pool_mode: str = "max",
    ) -> Any:
        if pool_mode not in pools:
            raise unknown("pool_mode", pool_mode, pools)
        return pools[pool_mode](x, pool_size, strides, padding, data_format)

    return named(function, f"pool{rank}d", f"The largest element (`max`) or the mean (`avg`) of windows of {data}.")


pool2d, pool3d = _pooling(2, "images"), _pooling(3, "volumes")


@whole
def local_conv(
    inputs: Tensor,
    kernel: Tensor,
    kernel_size: Sequence[int],
    strides: Sequence[int],
    output_shape: Sequence[int],
    data_format: str | None = None,
) -> Any:
    """Convolution with a kernel of its own at each place: (places, window · channels, filters)."""
    x, last = ops.convert_to_tensor(inputs), standardize_data_format(data_format) == "channels_last"
    x = x if last else ops.moveaxis(x, 1, -1)
    rows = list(zip(strides, output_shape, strict=True))
    views = [
        x[(..., *(_every(at, step, count) for at, (step, count) in zip(element, rows, strict=True)), slice(None))]
        for element in product(*map(range, kernel_size))
    ]
    # Weights are laid out as the data is: channels within places of the window, or places within channels.
    windows = ops.reshape(ops.stack(views, -2 if last else -1), (x.shape[0], -1, kernel.shape[1]))
    result = ops.einsum("npf,pfo->npo", windows, kernel)
    result = ops.reshape(result, (x.shape[0], *output_shape, kernel.shape[-1]))
    return result if last else ops.moveaxis(result, -1, 1)


def _every(start: int, step: int, count: int) -> slice:
    return slice(start, start + (count - 1) * step + 1, step)


@whole
def local_conv1d(inputs: Tensor, kernel: Tensor, kernel_size: Any, strides: Any, data_format: str | None = None) -> Any:
    """`local_conv` over steps; the kernel says to how many."""
    window, steps = sizes(kernel_size, 1, "kernel_size"), sizes(strides, 1, "strides")
    return local_conv(inputs, kernel, window, steps, (kernel.shape[0],), data_format)


local_conv2d = local_conv


def bias_add(x: Tensor, bias: Tensor, data_format: str | None = None) -> Any:
    """x + bias: one number for each channel, or one for each place and channel, (*places, channels)."""
    if standardize_data_format(data_format) == "channels_first":
        *places, channels = bias.shape
        # As Keras does it: the channels are put in front, the values are not moved.
        bias = ops.reshape(bias, (channels, *(places or (1,) * (len(x.shape) - 2))))
    return ops.add(x, bias)
