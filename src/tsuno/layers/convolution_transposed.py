"""Transposed convolutions: each input lays its kernel onto the output, which grows by the strides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.validate import PositiveInt, sizes
from tsuno.layers.convolution import _Convolving, not_both
from tsuno.layers.parts import LayerOptions

__all__ = [
    "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "Convolution1DTranspose", "Convolution2DTranspose",
    "Convolution3DTranspose",
]  # fmt: skip


class _ConvTranspose(_Convolving):
    """The transpose, as a linear map, of a convolution over `rank` spatial axes."""

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: Any,
        strides: Any = 1,
        padding: Literal["valid", "same"] = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        window = (kernel_size, strides, padding, data_format, dilation_rate, use_bias)
        super().__init__(*window, activity_regularizer=activity_regularizer, **kwargs)
        kind, self.filters = type(self).__name__, filters
        self.output_padding: tuple[int, ...] | None = None
        if output_padding is not None:
            self.output_padding = sizes(output_padding, self.rank, f"{kind}.output_padding", low=0)
            if any(more >= stride for more, stride in zip(self.output_padding, self.strides, strict=True)):
                raise invalid(f"{kind}.output_padding", f"less than strides={self.strides}", output_padding)
        not_both(kind, self.strides, self.dilation_rate)

    def _make_kernels(self, channels: int) -> int:
        self.kernel = self._weight("kernel", (*self.kernel_size, self.filters, channels))
        return self.filters

    def _check_size(self, input_shape: Sequence[int | None]) -> None:
        """Inputs of any size will do."""

    def _slide(self, inputs: Any, padding: str) -> Any:
        options = (self.strides, padding, self.output_padding, self.data_format, self.dilation_rate)
        return ops.conv_transpose(inputs, self.kernel, *options)


class Conv1DTranspose(_ConvTranspose):
    """Transposed convolution over time: a sequence becomes longer, with learned weights.

    Args:
        filters: the number of filters, which is the number of output channels.
        kernel_size: the length of the window, in steps.
        strides: how many steps apart in the output the kernels of neighbouring inputs lie: by how much the output is
            larger.
        padding: `"valid"` (all that the kernels reach) or `"same"` (as large as the input, times the strides).
        output_padding: how many steps to add at the end of the output, below the strides; None for what `padding` says.
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"` (batch, channels, steps).
        dilation_rate: the distance between the steps that a kernel reaches.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: how the first values of the kernel are made.
        bias_initializer: how the first values of the bias are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, channels). Output shape: (batch, new_steps, filters).

    Example:
        >>> tsuno.layers.Conv1DTranspose(2, 3, strides=2, padding="same")(np.ones((2, 6, 3), "float32")).shape
        (2, 12, 2)
    """

    rank = 1


class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution over images: an image becomes larger, with learned weights.

    Args:
        filters: the number of filters, which is the number of output channels.
        kernel_size: the window's rows and columns, or one number for both.
        strides: how many pixels apart in the output the kernels of neighbouring inputs lie: by how much the output is
            larger.
        padding: `"valid"` (all that the kernels reach) or `"same"` (as large as the input, times the strides).
        output_padding: how many pixels to add at the end of the output, below the strides; None for what `padding`
            says.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"` (batch, channels, rows,
            columns).
        dilation_rate: the distance between the pixels that a kernel reaches.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: how the first values of the kernel are made.
        bias_initializer: how the first values of the bias are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, rows, columns, channels). Output shape: (batch, new_rows, new_columns, filters).

    Example:
        >>> tsuno.layers.Conv2DTranspose(2, 3, strides=2, padding="same")(np.ones((2, 6, 6, 3), "float32")).shape
        (2, 12, 12, 2)

    Source: M. Zeiler et al., *Deconvolutional Networks*, 2010.
    """

    rank = 2


class Conv3DTranspose(_ConvTranspose):
    """Transposed convolution over volumes: a volume becomes larger, with learned weights.

    Args:
        filters: the number of filters, which is the number of output channels.
        kernel_size: the window's sizes along the three axes, or one number for all.
        strides: how many places apart in the output the kernels of neighbouring inputs lie: by how much the output is
            larger.
        padding: `"valid"` (all that the kernels reach) or `"same"` (as large as the input, times the strides).
        output_padding: how many places to add at the end of the output, below the strides; None for what `padding`
            says.
        data_format: `"channels_last"` (batch, depth, rows, columns, channels) or `"channels_first"` (batch, channels,
            depth, rows, columns).
        dilation_rate: the distance between the places that a kernel reaches.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: how the first values of the kernel are made.
        bias_initializer: how the first values of the bias are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, depth, rows, columns, channels).
    Output shape: (batch, new_depth, new_rows, new_columns, filters).

    Example:
        >>> tsuno.layers.Conv3DTranspose(2, 3, strides=2, padding="same")(np.ones((1, 4, 4, 4, 3), "float32")).shape
        (1, 8, 8, 8, 2)
    """

    rank = 3


Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
