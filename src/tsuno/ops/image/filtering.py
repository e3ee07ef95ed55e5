"""Images seen through a small window: blur, edges, and likeness by the statistics of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.core.validate import sizes
from tsuno.engine import xp
from tsuno.ops.arguments import as_float, same_shape
from tsuno.ops.creation import saturate_cast
from tsuno.ops.fusing import fused
from tsuno.ops.image.layout import cut, image_axes

__all__ = ["gaussian_blur", "sobel_edges", "ssim"]


@op
@fused
def gaussian_blur(
    images: Tensor,
    kernel_size: Sequence[int] = (3, 3),
    sigma: Tensor = (1.0, 1.0),
    data_format: str | None = None,
) -> Tensor:
    """Images smoothed: each pixel is the mean of those around it, weighted by exp(−distance² / 2σ²).

    Args:
        images: (…, height, width, channels); beyond the edges they are 0.
        kernel_size: how many pixels the window has, along the width and along the height.
        sigma: the σ along the width and along the height, in pixels.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> dot = ops.reshape(ops.one_hot(2, 5), (1, 5, 1))
        >>> ops.image.gaussian_blur(dot, (3, 1), (1.0, 1.0))[0, :, 0].tolist()
        [0.0, 0.274..., 0.451..., 0.274..., 0.0]
    """
    x = as_float(images)
    height, width, _ = image_axes(x, data_format, "gaussian_blur.images")
    deviations = xp.broadcast_to(xp.asarray(sigma), (2,))
    for i, size in enumerate(sizes(kernel_size, 2, "gaussian_blur.kernel_size")):
        x = _weighted(x, _gaussian(size, deviations[i], x.dtype), (width, height)[i])
    whole = not xp.issubdtype(xp.asarray(images).dtype, xp.inexact)
    return saturate_cast(xp.round(x), xp.asarray(images).dtype) if whole else x


@op
@fused
def sobel_edges(images: Tensor, data_format: str | None = None) -> Tensor:
    """How fast images change downwards and to the right, by the Sobel operator.

    Args:
        images: (…, height, width, channels); beyond the edges they are 0.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Returns:
        The shape of `images` with an axis [downwards, to the right] after the others.

    Example:
        >>> ramp = ops.reshape(ops.arange(9.0), (3, 3, 1))
        >>> ops.image.sobel_edges(ramp)[1, 1, 0].tolist()
        [24.0, 8.0]
    """
    x = xp.asarray(images)
    height, width, _ = image_axes(x, data_format, "sobel_edges.images")
    smooth, slope = (np.array(weights).astype(x.dtype) for weights in ([1, 2, 1], [-1, 0, 1]))
    pairs = [(height, width), (width, height)]
    return xp.stack([_weighted(_weighted(x, slope, along), smooth, across) for along, across in pairs], axis=-1)


@op
@fused
def ssim(
    image1: Tensor,
    image2: Tensor,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """How alike two images look, from −1 to 1 for equal ones: the structural similarity.

    For each window, (2·μ₁·μ₂ + c₁)(2·σ₁₂ + c₂) / ((μ₁² + μ₂² + c₁)(σ₁² + σ₂² + c₂)), where μ and σ are the means and
    (co)variances under a Gaussian, c₁ = (k1 · max_val)² and c₂ = (k2 · max_val)²; the mean over windows and channels.

    Args:
        image1: (…, height, width, channels), at least as large as the window.
        image2: of the same shape.
        max_val: how far apart the darkest and the brightest pixel can be: 1, or 255.
        filter_size: pixels along a side of the window.
        filter_sigma: the width of the Gaussian, in pixels.
        k1: keeps the quotient finite where images are dark.
        k2: keeps it finite where they are even.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Returns:
        A number for each pair of images.

    Example:
        >>> image = ops.reshape(ops.arange(144.0), (12, 12, 1)) / 144
        >>> round(float(ops.image.ssim(image, image)), 3)
        1.0

    Source: Zhou Wang and others, *Image Quality Assessment: From Error Visibility to Structural Similarity*, 2004.
    """
    x, y = as_float(image1), as_float(image2)
    axes = image_axes(x, data_format, "ssim.image1")
    same_shape(x, y, "`image1` and `image2` of `ssim`")
    if any(x.shape[axis] < filter_size for axis in axes[:2]):
        raise invalid("ssim.filter_size", "at most the height and width of the images", filter_size)
    weights = _gaussian(filter_size, filter_sigma, xp.result_type(x, y))

    def mean(values: Any) -> Any:
        for axis in axes[:2]:
            values = _weighted(values, weights, axis, same=False)
        return values

    mean_x, mean_y, c1, c2 = mean(x), mean(y), (k1 * max_val) ** 2, (k2 * max_val) ** 2
    squares = mean_x * mean_x + mean_y * mean_y
    variances = mean(x * x) + mean(y * y) - squares
    covariance = mean(x * y) - mean_x * mean_y
    quotient = (2 * mean_x * mean_y + c1) * (2 * covariance + c2) / ((squares + c1) * (variances + c2))
    return xp.mean(quotient, axis=axes)


def _gaussian(size: int, sigma: Any, dtype: Any) -> Any:
    """exp(−distance² / 2σ²) for the pixels of a window, of sum 1."""
    weights = xp.exp(-0.5 * xp.square((np.arange(size) - (size - 1) / 2) / sigma))
    return (weights / xp.sum(weights)).astype(dtype)


def _weighted(x: Any, weights: Any, axis: int, same: bool = True) -> Any:
    """Sums of neighbours along an axis; as many as there are entries, with zeros beyond the edges, or only inside."""
    size = len(weights)
    if same:
        padding = [(0, 0)] * x.ndim
        padding[axis] = ((size - 1) // 2, size // 2)
        x = xp.pad(x, padding)
    count = x.shape[axis] - size + 1
    return sum(weights[i] * cut(x, axis, i, i + count) for i in range(size))
