"""Convolutions over 1 to 3 spatial axes: one class for the family, a rank for each member.

`_Convolving` is what all kinds of convolution share: a window of weights slides over the data, a bias is added, an
activation follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import PositiveInt, sizes
from tsuno.layers.adaptable import Adaptable
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions
from tsuno.layers.spatial import _Spatial

__all__ = [
    "Conv1D", "Conv2D", "Conv3D", "Convolution1D", "Convolution2D",
    "Convolution3D",
]  # fmt: skip


class _Convolving(_Spatial):
    """A window slides over `rank` spatial axes: activation(`_slide(inputs)` + bias).

    Axes between the batch and the spatial ones are more batch axes.
    """

    bias: Any

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        use_bias: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.kernel_size = sizes(kernel_size, self.rank, f"{kind}.kernel_size")
        self.strides = sizes(strides, self.rank, f"{kind}.strides")
        self.dilation_rate = sizes(dilation_rate, self.rank, f"{kind}.dilation_rate")
        self.padding, self.use_bias = padding, use_bias
        self.data_format = standardize_data_format(data_format)
        if padding == "causal" and self.rank != 1:
            raise ValueError(f"`{kind}.padding` must be 'valid' or 'same'; 'causal' is for one spatial axis only.")
        self.input_spec = InputSpec(min_ndim=self.rank + 2)

    def _make_kernels(self, channels: int) -> int:
        """Make the window's weights for inputs of so many channels; returns how many channels come out."""
        raise NotImplementedError

    def _slide(self, inputs: Any, padding: str) -> Any:
        """What the window finds at every place."""
        raise NotImplementedError

    def build(self, input_shape: Sequence[int | None]) -> None:
        channels = input_shape[self._channel_axis]
        outputs = self._make_kernels(channels)  # type: ignore[arg-type]  # unknown channels: `add_weight` says so
        self.bias = self._weight("bias", (outputs,), wanted=self.use_bias)
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={self._channel_axis: channels})
        self._check_size(input_shape)

    def _check_size(self, input_shape: Sequence[int | None]) -> None:
        """A window larger than the image leaves nothing: say so rather than give an empty result."""
        if self.padding != "valid":
            return
        spatial = self._sizes(input_shape)
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        if any(n is not None and n < r for n, r in zip(spatial, reach, strict=True)):
            raise ValueError(
                f"The input of `{self.path}` is smaller than the kernel: spatial size {spatial}, kernel "
                f"{tuple(reach)}. "
                "Use padding='same', a smaller kernel, or fewer poolings before."
            )

    def call(self, inputs: Any) -> Any:
        extra = len(inputs.shape) - self.rank - 2
        x = ops.reshape(inputs, (-1, *inputs.shape[1 + extra :])) if extra else inputs
        padding = self.padding
        if padding == "causal":
            ahead = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            x, padding = ops.pad(x, self._along([(ahead, 0)], (0, 0))), "valid"
        x = self._slide(x, padding)
        if self.bias is not None:
            x = ops.add(x, ops.reshape(self.bias, (-1, *(1,) * (-1 - self._channel_axis))))
        if extra:
            x = ops.reshape(x, (*inputs.shape[: 1 + extra], *x.shape[1:]))
        return self._activated(x)


def not_both(kind: str, strides: Sequence[int], dilation_rate: Sequence[int]) -> None:
    """Refuse windows that both jump and are spread out."""
    if max(strides) > 1 and max(dilation_rate) > 1:
        raise ValueError(
            f"`{kind}` takes strides or dilation_rate above 1, not both; got {strides} and {dilation_rate}."
        )


class _Conv(_Convolving, Adaptable):
    """Convolution over `rank` spatial axes: activation(inputs * kernel + bias)."""

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: Any,
        strides: Any = 1,
        padding: Literal["valid", "same", "causal"] = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: PositiveInt = 1,
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
        self.filters, self.groups = filters, groups
        kind = type(self).__name__
        if filters % groups:
            raise invalid(f"{kind}.filters", f"a multiple of groups={groups}", filters)
        not_both(kind, self.strides, self.dilation_rate)

    def _make_kernels(self, channels: int) -> int:
        if channels is not None and channels % self.groups:
            raise ValueError(
                f"The input of `{self.path}` must have a multiple of groups={self.groups} channels; got {channels}."
            )
        self.kernel = self._weight("kernel", (*self.kernel_size, channels and channels // self.groups, self.filters))
        return self.filters

    def _slide(self, inputs: Any, padding: str) -> Any:
        return ops.conv(inputs, self.kernel, self.strides, padding, self.data_format, self.dilation_rate)


class Conv1D(_Conv):
    """Convolution over time: each filter slides along the steps of a sequence.

    Args:
        filters: the number of filters, which is the number of output channels.
        kernel_size: the length of the window, in steps.
        strides: by how many steps the window moves.
        padding: `"valid"` (none), `"same"` (zeros, so that stride 1 keeps the length), or `"causal"` (zeros before
            the start, so that no output sees later steps).
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"` (batch, channels, steps).
        dilation_rate: the distance between the steps that a window sees.
        groups: the channels are split into so many groups, each with its own filters.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: how the kernel's first values are made.
        bias_initializer: how the bias's first values are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step.
        bias_constraint: what the bias is passed through after each step.
        lora_rank: train a low-rank part of that rank instead of the weight itself; see `enable_lora`.
        lora_alpha: the factor of the low-rank part, times the rank.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, channels). Output shape: (batch, new_steps, filters).

    Example:
        >>> tsuno.layers.Conv1D(32, 3, activation="relu")(np.ones((4, 10, 8), "float32")).shape
        (4, 8, 32)
    """

    rank = 1


class Conv2D(_Conv):
    """Convolution over images: each filter slides over rows and columns.

    Args:
        filters: the number of filters, which is the number of output channels.
        kernel_size: the window's rows and columns, or one number for both.
        strides: by how many rows and columns the window moves, or one number for both.
        padding: `"valid"` (none) or `"same"` (zeros, so that stride 1 keeps the size).
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"` (batch, channels, rows,
            columns).
        dilation_rate: the distance between the pixels that a window sees.
        groups: the channels are split into so many groups, each with its own filters.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: how the kernel's first values are made.
        bias_initializer: how the bias's first values are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step.
        bias_constraint: what the bias is passed through after each step.
        lora_rank: train a low-rank part of that rank instead of the weight itself; see `enable_lora`.
        lora_alpha: the factor of the low-rank part, times the rank.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, rows, columns, channels). Output shape: (batch, new_rows, new_columns, filters).

    Example:
        >>> tsuno.layers.Conv2D(2, 3, padding="same")(np.ones((4, 10, 10, 3), "float32")).shape
        (4, 10, 10, 2)
    """

    rank = 2


class Conv3D(_Conv):
    """Convolution over volumes, or over images in time.

    Args:
        filters: the number of filters, which is the number of output channels.
        kernel_size: the window's sizes along the three axes, or one number for all.
        strides: by how much the window moves along each axis, or one number for all.
        padding: `"valid"` (none) or `"same"` (zeros, so that stride 1 keeps the size).
        data_format: `"channels_last"` (batch, *volume, channels) or `"channels_first"` (batch, channels, *volume).
        dilation_rate: the distance between the places that a window sees.
        groups: the channels are split into so many groups, each with its own filters.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: how the kernel's first values are made.
        bias_initializer: how the bias's first values are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step.
        bias_constraint: what the bias is passed through after each step.
        lora_rank: train a low-rank part of that rank instead of the weight itself; see `enable_lora`.
        lora_alpha: the factor of the low-rank part, times the rank.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, depth, rows, columns, channels). Output shape: (batch, ..., filters).

    Example:
        >>> tsuno.layers.Conv3D(2, 3)(np.ones((1, 5, 6, 7, 1), "float32")).shape
        (1, 3, 4, 5, 2)
    """

    rank = 3


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
