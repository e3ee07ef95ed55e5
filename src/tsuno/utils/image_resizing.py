"""Resizing of single images on the host, in NumPy: files come in many sizes, and a program for each would be compiled.

An image is resized one axis after the other. Each pixel of the result is a weighted mean of a few pixels; a filter is
its reach and its weight as a function of the distance. Source: Ken Turkowski, *Filters for Common Resampling Tasks*,
1990.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


def resize_image(
    image: np.ndarray,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
) -> np.ndarray:
    """An image of shape (height, width, channels) as float32 in another size.

    Args:
        image: the image.
        size: the new height and width.
        interpolation: a name in `INTERPOLATIONS`.
        crop_to_aspect_ratio: whether to cut the sides off first, so that nothing is distorted.
        pad_to_aspect_ratio: whether to add black sides first, so that nothing is distorted.
    """
    height, width = image.shape[:2]
    # The height that fits the width at the new aspect ratio, and the width that fits the height.
    fit_height, fit_width = int(width * size[0] / size[1]), int(height * size[1] / size[0])
    if crop_to_aspect_ratio:
        kept = max(min(height, fit_height), 1), max(min(width, fit_width), 1)
        top, left = (height - kept[0]) // 2, (width - kept[1]) // 2
        image = image[top : top + kept[0], left : left + kept[1]]
    elif pad_to_aspect_ratio:
        above, beside = max(fit_height - height, 0) // 2, max(fit_width - width, 0) // 2
        image = np.pad(image, ((above, above), (beside, beside), (0, 0)))
    for length in size:  # the first axis, and after the exchange the other one
        if image.shape[0] != length:
            image = _resize_rows(image, length, interpolation)
        image = np.ascontiguousarray(image.swapaxes(0, 1))
    return image.astype(np.float32, copy=False)


def _resize_rows(image: np.ndarray, length: int, interpolation: str) -> np.ndarray:
    places, weights = _taps(image.shape[0], length, interpolation)
    if len(places) == 1:
        return image[places[0]]
    result = np.zeros((length, *image.shape[1:]), np.float32)
    for place, weight in zip(places, weights, strict=True):
        result += image[place] * weight[:, None, None]
    return result


def _taps(before: int, after: int, interpolation: str) -> tuple[np.ndarray, np.ndarray]:
    """For each place of the result, the places it is a mean of and their weights; arrays of shape (taps, after)."""
    scale = before / after
    if interpolation == "nearest":
        nearest = np.floor((np.arange(after) + 0.5) * scale).astype(int)
        return nearest[None], np.ones((1, after), np.float32)
    if interpolation == "area":
        low, high = np.arange(after) * scale, (np.arange(after) + 1) * scale
        places = np.floor(low).astype(int) + np.arange(math.ceil(scale) + 1)[:, None]
        weights = np.clip(np.minimum(places + 1, high) - np.maximum(places, low), 0, None)
    else:
        reach, kernel = INTERPOLATIONS[interpolation]
        centre = (np.arange(after) + 0.5) * scale - 0.5
        places = np.floor(centre).astype(int) + np.arange(1 - math.ceil(reach), math.ceil(reach) + 1)[:, None]
        weights = kernel(np.abs(centre - places)) * (np.abs(centre - places) < reach)
    weights = weights * ((places >= 0) & (places < before))  # what lies outside does not count
    return np.clip(places, 0, before - 1), (weights / weights.sum(0)).astype(np.float32)


def _cubic(b: float, c: float) -> Callable[[np.ndarray], np.ndarray]:
    """Source: Don Mitchell and Arun Netravali, *Reconstruction Filters in Computer Graphics*, 1988."""

    def kernel(x: np.ndarray) -> np.ndarray:
        near = ((12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + 6 - 2 * b) / 6
        far = ((-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + 8 * b + 24 * c) / 6
        return np.where(x < 1, near, far)

    return kernel


def _lanczos(reach: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.sinc(x) * np.sinc(x / reach)


INTERPOLATIONS: dict[str, tuple[float, Callable[[np.ndarray], np.ndarray]]] = {
    "bilinear": (1, lambda x: 1 - x),
    "nearest": (1, np.ones_like),
    "bicubic": (2, _cubic(0, 0.5)),
    "area": (1, np.ones_like),
    "lanczos3": (3, _lanczos(3)),
    "lanczos5": (5, _lanczos(5)),
    "gaussian": (1.5, lambda x: np.exp(-2 * x**2)),
    "mitchellcubic": (2, _cubic(1 / 3, 1 / 3)),
}
"""The reach of each filter in pixels, and its weight at a distance."""
