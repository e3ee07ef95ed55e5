"""Convolutions of each channel on its own: depthwise, and separable, where a mix of the channels follows."""

from __future__ import annotations

from typing import Any, Literal, Unpack

from tsuno import ops
from tsuno.core.validate import PositiveInt
from tsuno.layers.convolution import _Convolving
from tsuno.layers.parts import LayerOptions

__all__ = [
    "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D",
    "SeparableConvolution2D",
]  # fmt: skip


class _DepthwiseConv(_Convolving):
    """`depth_multiplier` filters for each channel, over `rank` spatial axes."""

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: Literal["valid", "same", "causal"] = "valid",
        depth_multiplier: PositiveInt = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        window = (kernel_size, strides, padding, data_format, dilation_rate, use_bias)
        super().__init__(*window, activity_regularizer=activity_regularizer, **kwargs)
        self.depth_multiplier = depth_multiplier

    def _make_kernels(self, channels: int) -> int:
        self.kernel = self._weight("kernel", (*self.kernel_size, channels, self.depth_multiplier), part="depthwise")
        return channels * self.depth_multiplier

    def _slide(self, inputs: Any, padding: str) -> Any:
        return ops.depthwise_conv(inputs, self.kernel, self.strides, padding, self.data_format, self.dilation_rate)


class _SeparableConv(_Convolving):
    """A depthwise convolution over `rank` spatial axes, then one of window size 1 that mixes the channels."""

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: Any,
        strides: Any = 1,
        padding: Literal["valid", "same", "causal"] = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: PositiveInt = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        window = (kernel_size, strides, padding, data_format, dilation_rate, use_bias)
        super().__init__(*window, activity_regularizer=activity_regularizer, **kwargs)
        self.filters, self.depth_multiplier = filters, depth_multiplier

    def _make_kernels(self, channels: int) -> int:
        each = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = self._weight("depthwise_kernel", each, part="depthwise")
        mix = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = self._weight("pointwise_kernel", mix, part="pointwise")
        return self.filters

    def _slide(self, inputs: Any, padding: str) -> Any:
        kernels = (self.depthwise_kernel, self.pointwise_kernel)
        return ops.separable_conv(inputs, *kernels, self.strides, padding, self.data_format, self.dilation_rate)


class DepthwiseConv1D(_DepthwiseConv):
    """Convolution over time with filters of its own for each channel; channels do not mix.

    Args:
        kernel_size: the length of the window, in steps.
        strides: by how many steps the window moves.
        padding: `"valid"` (none), `"same"` (zeros, so that stride 1 keeps the length), or `"causal"` (zeros before the
            start, so that no output sees later steps).
        depth_multiplier: the number of filters for each channel.
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"` (batch, channels, steps).
        dilation_rate: the distance between the steps that a window sees.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        depthwise_initializer: how the first values of the kernel are made.
        bias_initializer: how the first values of the bias are made.
        depthwise_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        depthwise_constraint: what the kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, channels). Output shape: (batch, new_steps, channels · depth_multiplier).

    Example:
        >>> tsuno.layers.DepthwiseConv1D(3, depth_multiplier=2)(np.ones((2, 6, 3), "float32")).shape
        (2, 4, 6)
    """

    rank = 1


class DepthwiseConv2D(_DepthwiseConv):
    """Convolution over images with filters of its own for each channel; channels do not mix.

    Args:
        kernel_size: the window's rows and columns, or one number for both.
        strides: by how many rows and columns the window moves, or one number for both.
        padding: `"valid"` (no window beyond the edge) or `"same"` (zeros around, so that stride 1 keeps the size).
        depth_multiplier: the number of filters for each channel.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"` (batch, channels, rows,
            columns).
        dilation_rate: the distance between the pixels that a window sees.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        depthwise_initializer: how the first values of the kernel are made.
        bias_initializer: how the first values of the bias are made.
        depthwise_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        depthwise_constraint: what the kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, rows, columns, channels).
    Output shape: (batch, new_rows, new_columns, channels · depth_multiplier).

    Example:
        >>> tsuno.layers.DepthwiseConv2D(3, depth_multiplier=2)(np.ones((2, 6, 6, 3), "float32")).shape
        (2, 4, 4, 6)
    """

    rank = 2


class SeparableConv1D(_SeparableConv):
    """Convolution over time in two parts: each channel on its own, then a mix of the channels.

    Args:
        filters: the number of output channels.
        kernel_size: the length of the window, in steps.
        strides: by how many steps the window moves.
        padding: `"valid"` (none), `"same"` (zeros, so that stride 1 keeps the length), or `"causal"` (zeros before the
            start, so that no output sees later steps).
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"` (batch, channels, steps).
        dilation_rate: the distance between the steps that a window sees.
        depth_multiplier: the number of depthwise filters for each channel.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        depthwise_initializer: how the first values of the depthwise kernel are made.
        pointwise_initializer: how the first values of the pointwise kernel are made.
        bias_initializer: how the first values of the bias are made.
        depthwise_regularizer: a penalty on the depthwise kernel.
        pointwise_regularizer: a penalty on the pointwise kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        depthwise_constraint: what the depthwise kernel is passed through after each step of training.
        pointwise_constraint: what the pointwise kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, channels). Output shape: (batch, new_steps, filters).

    Example:
        >>> tsuno.layers.SeparableConv1D(5, 3)(np.ones((2, 6, 3), "float32")).shape
        (2, 4, 5)

    Source: F. Chollet, *Xception: Deep Learning with Depthwise Separable Convolutions*, 2017.
    """

    rank = 1


class SeparableConv2D(_SeparableConv):
    """Convolution over images in two parts: each channel on its own, then a mix of the channels.

    Args:
        filters: the number of output channels.
        kernel_size: the window's rows and columns, or one number for both.
        strides: by how many rows and columns the window moves, or one number for both.
        padding: `"valid"` (no window beyond the edge) or `"same"` (zeros around, so that stride 1 keeps the size).
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"` (batch, channels, rows,
            columns).
        dilation_rate: the distance between the pixels that a window sees.
        depth_multiplier: the number of depthwise filters for each channel.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        depthwise_initializer: how the first values of the depthwise kernel are made.
        pointwise_initializer: how the first values of the pointwise kernel are made.
        bias_initializer: how the first values of the bias are made.
        depthwise_regularizer: a penalty on the depthwise kernel.
        pointwise_regularizer: a penalty on the pointwise kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        depthwise_constraint: what the depthwise kernel is passed through after each step of training.
        pointwise_constraint: what the pointwise kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, rows, columns, channels). Output shape: (batch, new_rows, new_columns, filters).

    Example:
        >>> tsuno.layers.SeparableConv2D(5, 3)(np.ones((2, 6, 6, 3), "float32")).shape
        (2, 4, 4, 5)

    Source: F. Chollet, *Xception: Deep Learning with Depthwise Separable Convolutions*, 2017.
    """

    rank = 2


SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
