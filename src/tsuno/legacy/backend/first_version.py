"""`keras.backend` of Keras 1: what later versions do by other functions, under its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import ops
from tsuno.core.op import Tensor
from tsuno.core.settings import standardize_data_format
from tsuno.legacy.backend.convolution import conv2d, conv2d_transpose
from tsuno.legacy.backend.settings import data_format
from tsuno.legacy.backend.shaping import spatial_2d_padding, temporal_padding

__all__ = ["asymmetric_spatial_2d_padding", "asymmetric_temporal_padding", "atrous_conv2d", "deconv2d"]


def asymmetric_temporal_padding(x: Tensor, left_pad: int = 1, right_pad: int = 1) -> Any:
    """Zeros before the first and after the last step."""
    return temporal_padding(x, (left_pad, right_pad))


def asymmetric_spatial_2d_padding(
    x: Tensor,
    top_pad: int = 1,
    bottom_pad: int = 1,
    left_pad: int = 1,
    right_pad: int = 1,
    dim_ordering: str = "default",
) -> Any:
    """Zeros around images."""
    return spatial_2d_padding(x, ((top_pad, bottom_pad), (left_pad, right_pad)), data_format(dim_ordering))


def atrous_conv2d(
    x: Tensor,
    kernel: Tensor,
    rate: int = 1,
    border_mode: str = "valid",
    dim_ordering: str = "default",
    image_shape: Any = None,
    filter_shape: Any = None,
) -> Any:
    """Convolution over images, with steps of `rate` between the elements of a window.

    The kernel is (rows, columns, channels, filters), with channels first (filters, channels, rows, columns).
    """
    layout = data_format(dim_ordering)
    return conv2d(x, _kernel(kernel, layout), 1, border_mode, layout, rate)


def deconv2d(
    x: Tensor,
    kernel: Tensor,
    output_shape: Sequence[Any],
    strides: Any = (1, 1),
    border_mode: str = "valid",
    dim_ordering: str = "default",
    image_shape: Any = None,
    filter_shape: Any = None,
) -> Any:
    """The transpose of `conv2d` as a linear map, to images of `output_shape`; its kernel is as in `atrous_conv2d`."""
    layout = data_format(dim_ordering)
    kernel = ops.swapaxes(_kernel(kernel, layout), -1, -2)
    return conv2d_transpose(x, kernel, output_shape, strides, border_mode, layout)


def _kernel(kernel: Any, layout: str | None) -> Any:
    first = standardize_data_format(layout) == "channels_first"
    return ops.transpose(kernel, (2, 3, 1, 0)) if first else kernel
