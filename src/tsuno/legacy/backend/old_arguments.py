"""The parameters of `keras.backend` that Keras 1 and 2.1 call otherwise, by function."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.core.settings import standardize_data_format
from tsuno.legacy.backend.settings import FORMATS, data_format
from tsuno.legacy.rows import Row, gone, valued


def _with_kernel(kernel: Any, dim_ordering: Any) -> Any:
    """Channels first, kernels too had their channels in front: (filters, channels, *window)."""
    layout = data_format(dim_ordering)
    first = standardize_data_format(layout) == "channels_first"
    return {"data_format": layout, "kernel": ops.moveaxis(kernel, (1, 0), (-2, -1)) if first else kernel}


_LAYOUT: dict[str, str | Row] = {"dim_ordering": valued("data_format", FORMATS)}
_OF_CONVOLUTION: dict[str, str | Row] = {
    "border_mode": "padding",
    "dim_ordering": Row(None, _with_kernel, ("kernel", "dim_ordering")),
}
_OF_POOLING: dict[str, str | Row] = {"border_mode": "padding", **_LAYOUT}
_SHAPES: dict[str, str | Row] = {"image_shape": gone(), "filter_shape": gone()}
"""What Theano was told of shapes; they are known here."""

OLD_ARGUMENTS: dict[str, dict[str, str | Row]] = {
    "conv1d": {"border_mode": "padding", "stride": "strides", **_SHAPES},
    "conv2d": {**_OF_CONVOLUTION, **_SHAPES, "filter_dilation": "dilation_rate"},
    "conv3d": {**_OF_CONVOLUTION, "volume_shape": gone(), "filter_shape": gone()},
    "separable_conv2d": _OF_POOLING,
    "pool2d": _OF_POOLING,
    "pool3d": _OF_POOLING,
    "spatial_2d_padding": _LAYOUT,
    "spatial_3d_padding": _LAYOUT,
    "resize_images": {**_LAYOUT, "X": "x"},
    "resize_volumes": {**_LAYOUT, "X": "x"},
    "expand_dims": {"dim": "axis"},
    "one_hot": {"nb_classes": "num_classes"},
    "random_normal": {"std": "stddev"},
    "random_uniform": {"low": "minval", "high": "maxval"},
    "set_epsilon": {"e": "value"},
    "set_floatx": {"floatx": "value"},
    "moving_average_update": {"variable": "x"},
    "batch_get_value": {"xs": "tensors", "ops": "tensors"},
}
