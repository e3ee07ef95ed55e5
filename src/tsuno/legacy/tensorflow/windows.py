"""`tf.nn`: convolution and pooling, with strides, windows and layouts as TensorFlow writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tsuno import engine, ops
from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy.tensorflow.calls import Static, whole
from tsuno.legacy.tensorflow.neural import is_channels_first


def _middle(given: Any, rank: int, layout: Any) -> tuple[int, ...]:
    """The numbers for the places, of one for each axis, one for each place, or one for all."""
    if given is None:
        return (1,) * rank
    numbers = [int(n) for n in given] if isinstance(given, (list, tuple)) else [int(given)]
    if len(numbers) == rank + 2:
        numbers = numbers[2:] if is_channels_first(layout) else numbers[1:-1]
    if len(numbers) not in (1, rank):
        raise ValueError(f"Strides, windows and the like are {rank} or {rank + 2} numbers here; got {given!r}.")
    return tuple(numbers * (rank // len(numbers)))


def _last(x: Any, layout: Any) -> Any:
    """With the channels last."""
    return xp.moveaxis(x, 1, -1) if is_channels_first(layout) else x


def _as_it_was(x: Any, layout: Any) -> Any:
    return xp.moveaxis(x, -1, 1) if is_channels_first(layout) else x


def _padded(x: Any, padding: Any, layout: Any) -> tuple[Any, str]:
    """Data and the name of a padding; pairs of numbers are applied."""
    if isinstance(padding, str):
        return x, padding.lower()
    pairs = [padding[0], *padding[2:], padding[1]] if is_channels_first(layout) else padding
    return xp.pad(x, [tuple(int(n) for n in pair) for pair in pairs]), "valid"


@whole
def _convolved(x: Tensor, kernel: Tensor, strides: Static, padding: Static, layout: Any, dilations: Static) -> Any:
    kernel = xp.asarray(kernel)
    rank = kernel.ndim - 2
    x, padding = _padded(_last(xp.asarray(x), layout), padding, layout)
    y = ops.conv(x, kernel, _middle(strides, rank, layout), padding, "channels_last", _middle(dilations, rank, layout))
    return _as_it_was(y, layout)


@whole
def _depthwise(x: Tensor, kernel: Tensor, strides: Static, padding: Static, layout: Any, dilations: Static) -> Any:
    x, padding = _padded(_last(xp.asarray(x), layout), padding, layout)
    y = ops.depthwise_conv(
        x, kernel, _middle(strides, 2, layout), padding, "channels_last", _middle(dilations, 2, layout)
    )
    return _as_it_was(y, layout)


@whole
def _transposed(
    x: Tensor, kernel: Tensor, output_shape: Static, strides: Static, padding: str, layout: Any, dilations: Static
) -> Any:
    kernel = xp.asarray(kernel)
    rank = kernel.ndim - 2
    steps, spread = _middle(strides, rank, layout), _middle(dilations, rank, layout)
    x = _last(xp.asarray(x), layout)
    wanted = list(output_shape)
    wanted = wanted[2:] if is_channels_first(layout) else wanted[1:-1] if len(wanted) == rank + 2 else wanted
    pads = []
    for size, new, width, stride, step in zip(x.shape[1:-1], wanted, kernel.shape, steps, spread, strict=False):
        reach = (width - 1) * step + 1
        total = max((-(-new // stride) - 1) * stride + reach - new, 0) if padding.upper() == "SAME" else 0
        count = -(-new // stride) if padding.upper() == "SAME" else -(-(new - reach + 1) // stride)
        if count != size:
            raise ValueError(
                f"A convolution with strides {steps} and padding {padding!r} makes {count} places of {new}, not the "
                f"{size} that the input has: `output_shape` does not fit."
            )
        before = reach - 1 - total // 2
        pads.append((before, new - (size - 1) * stride - 2 + reach - before))
    return _as_it_was(engine.conv_transpose(x, kernel, steps, pads, spread), layout)


@whole
def _pooled(x: Tensor, kind: str, window: Static, strides: Static, padding: str, layout: Any) -> Any:
    x = _last(xp.asarray(x), layout)
    rank = x.ndim - 2
    pool = ops.max_pool if kind == "max" else ops.average_pool
    y = pool(x, _middle(window, rank, layout), _middle(strides, rank, layout), padding.lower(), "channels_last")
    return _as_it_was(y, layout)


def _one_of(*given: Any) -> Any:
    return next((each for each in given if each is not None), None)


def _convolution(rank: int) -> Callable[..., Any]:
    def conv(
        input: Any = None,
        filter: Any = None,
        strides: Any = None,
        padding: Any = None,
        data_format: Any = None,
        dilations: Any = None,
        filters: Any = None,
        use_cudnn_on_gpu: Any = None,
        value: Any = None,
        stride: Any = None,
    ) -> Any:
        kernel, steps = _one_of(filter, filters), _one_of(strides, stride)
        return _convolved(_one_of(input, value), kernel, steps, padding, data_format, dilations)

    return _named(conv, f"conv{rank}d", f"Convolution over {rank} axes; kernels are (*window, channels, filters).")


def _convolution_transposed(rank: int) -> Callable[..., Any]:
    def conv(
        input: Any = None,
        filter: Any = None,
        output_shape: Any = None,
        strides: Any = None,
        padding: str = "SAME",
        data_format: Any = None,
        dilations: Any = None,
        filters: Any = None,
        value: Any = None,
    ) -> Any:
        kernel = _one_of(filter, filters)
        return _transposed(_one_of(input, value), kernel, output_shape, strides, padding, data_format, dilations)

    return _named(
        conv, f"conv{rank}d_transpose", "The transpose of a convolution; kernels are (*window, filters, channels)."
    )


def _pooling(name: str) -> Callable[..., Any]:
    def pool(
        input: Any = None,
        ksize: Any = None,
        strides: Any = None,
        padding: str = "VALID",
        data_format: Any = None,
        value: Any = None,
    ) -> Any:
        return _pooled(_one_of(input, value), name[:3], ksize, strides, padding, data_format)

    return _named(pool, name, "The maximum or mean of each window.")


def _named(function: Callable[..., Any], name: str, meaning: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = meaning
    return function


conv1d, conv2d, conv3d = map(_convolution, (1, 2, 3))
conv1d_transpose, conv2d_transpose, conv3d_transpose = map(_convolution_transposed, (1, 2, 3))
max_pool, avg_pool, max_pool2d, avg_pool2d = map(_pooling, ("max_pool", "avg_pool", "max_pool2d", "avg_pool2d"))
max_pool1d, avg_pool1d, max_pool3d, avg_pool3d = map(_pooling, ("max_pool1d", "avg_pool1d", "max_pool3d", "avg_pool3d"))
max_pool_v2 = max_pool


def convolution(
    input: Any,
    filter: Any = None,
    padding: Any = "VALID",
    strides: Any = None,
    dilation_rate: Any = None,
    data_format: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    """Convolution over as many axes as the kernel has places."""
    return _convolved(input, _one_of(filter, filters), strides, padding, data_format, _one_of(dilation_rate, dilations))


def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    padding: str = "VALID",
    dilation_rate: Any = None,
    strides: Any = None,
    data_format: Any = None,
) -> Any:
    """The maximum (`MAX`) or mean (`AVG`) of each window."""
    return _pooled(input, pooling_type.lower(), window_shape, strides, padding, data_format)


def atrous_conv2d(value: Any, filters: Any, rate: int, padding: str) -> Any:
    """Convolution with steps of `rate` between the elements of a window."""
    return _convolved(value, filters, 1, padding, None, rate)


def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    """Convolution of each channel on its own; kernels are (height, width, channels, multiplier)."""
    return _depthwise(input, filter, strides, padding, data_format, _one_of(rate, dilations))


depthwise_conv2d_native = depthwise_conv2d


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    """A convolution of each channel on its own, then one of window size 1 that mixes the channels."""
    each = _depthwise(input, depthwise_filter, strides, padding, data_format, _one_of(rate, dilations))
    return _convolved(each, pointwise_filter, 1, "VALID", data_format, None)
