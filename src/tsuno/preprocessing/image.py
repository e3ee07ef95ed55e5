"""Images between files and arrays, and in another size without distortion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import ops
from tsuno.utils.images import array_to_img as array_to_img
from tsuno.utils.images import img_to_array as img_to_array
from tsuno.utils.images import load_img as load_img
from tsuno.utils.images import save_img as save_img


def smart_resize(
    x: Any,
    size: Sequence[int],
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
    backend_module: Any = None,
) -> Any:
    """An image or a batch of images in another size; sides are cut off evenly first, so that nothing is distorted.

    Args:
        x: an array of shape (height, width, channels) or (batch, height, width, channels).
        size: the new height and width, in pixels.
        interpolation: nearest, bilinear, bicubic, lanczos3 or lanczos5.
        data_format: where the channels are: `"channels_last"` or `"channels_first"`.
        backend_module: has no effect.

    Returns:
        A NumPy array if `x` is one, else a tensor.

    Example:
        >>> tsuno.preprocessing.image.smart_resize(np.zeros((8, 6, 3)), (4, 4)).shape
        (4, 4, 3)
    """
    resized = ops.image.resize(x, size, interpolation, crop_to_aspect_ratio=True, data_format=data_format)
    return np.array(resized) if isinstance(x, np.ndarray) else resized
