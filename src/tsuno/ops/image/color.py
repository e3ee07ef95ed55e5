"""From one way of writing colours to another."""

from __future__ import annotations

from typing import Any

from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.arguments import as_float
from tsuno.ops.fusing import fused
from tsuno.ops.image.layout import image_axes

__all__ = ["rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"]


@op
@fused
def rgb_to_grayscale(images: Tensor, data_format: str | None = None) -> Tensor:
    """How bright each pixel looks: 0.2989 · red + 0.5870 · green + 0.1140 · blue.

    Args:
        images: (…, height, width, 3); images of one channel come back as they are.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Returns:
        (…, height, width, 1), of the dtype of `images`; integers are cut, not rounded.

    Example:
        >>> ops.image.rgb_to_grayscale([[[1.0, 0.0, 0.0]]]).tolist()
        [[[0.2989...]]]
    """
    x = xp.asarray(images)
    channels = image_axes(x, data_format, "rgb_to_grayscale.images")[-1]
    if x.shape[channels] == 1:
        return x
    red, green, blue = _planes(x, data_format, "rgb_to_grayscale", floating=False)
    gray = 0.2989 * as_float(red) + 0.5870 * as_float(green) + 0.1140 * as_float(blue)
    return xp.expand_dims(gray, channels).astype(x.dtype)


@op
@fused
def rgb_to_hsv(images: Tensor, data_format: str | None = None) -> Tensor:
    """Red, green and blue as hue, saturation and value, all from 0 to 1.

    Hue runs once around the colours: 0 is red, 1/3 green, 2/3 blue.

    Args:
        images: (…, height, width, 3), of a float dtype, with values from 0 to 1.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> ops.image.rgb_to_hsv([[[0.0, 0.0, 0.5]]]).tolist()
        [[[0.666..., 1.0, 0.5]]]
    """
    x = xp.asarray(images)
    red, green, blue = _planes(x, data_format, "rgb_to_hsv")
    tiny = xp.finfo(x.dtype).eps
    red, green, blue = (xp.where(xp.abs(plane) < tiny, 0, plane) for plane in (red, green, blue))
    value = xp.maximum(xp.maximum(red, green), blue)
    spread = value - xp.minimum(xp.minimum(red, green), blue)
    # Where a divisor is 0, 1 stands in for it: the quotient is not used, but its gradient must be finite.
    saturation = xp.where(value > 0, spread / xp.where(value > 0, value, 1), 0)
    sixth = 1 / (6 * xp.where(spread > 0, spread, 1))
    hue = xp.where(value == green, sixth * (blue - red) + 1 / 3, sixth * (red - green) + 2 / 3)
    hue = xp.where(value == red, sixth * (green - blue), hue)
    hue = xp.where(hue < 0, hue + 1, hue)
    return xp.stack([hue, saturation, value], axis=image_axes(x, data_format, "rgb_to_hsv.images")[-1])


@op
@fused
def hsv_to_rgb(images: Tensor, data_format: str | None = None) -> Tensor:
    """Hue, saturation and value as red, green and blue: the inverse of `rgb_to_hsv`.

    Args:
        images: (…, height, width, 3), of a float dtype, with values from 0 to 1.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> ops.image.hsv_to_rgb([[[0.0, 0.5, 1.0]]]).tolist()
        [[[1.0, 0.5, 0.5]]]
    """
    x = xp.asarray(images)
    hue, saturation, value = _planes(x, data_format, "hsv_to_rgb")
    turn = xp.mod(hue, 1) * 6
    strength = (xp.abs(turn - 3) - 1, 2 - xp.abs(turn - 2), 2 - xp.abs(turn - 4))
    planes = [value * (1 - saturation + saturation * xp.clip(color, 0, 1)) for color in strength]
    return xp.stack(planes, axis=image_axes(x, data_format, "hsv_to_rgb.images")[-1])


def _planes(x: Any, data_format: str | None, where: str, floating: bool = True) -> Any:
    """The three channels, each without an axis for it."""
    channels = image_axes(x, data_format, f"{where}.images")[-1]
    if x.shape[channels] != 3:
        raise invalid(f"{where}.images", f"of 3 channels, on axis {channels}", x)
    if floating and not xp.issubdtype(x.dtype, xp.floating):
        raise invalid(f"{where}.images", "of a float dtype, with values from 0 to 1", x)
    return xp.moveaxis(x, channels, 0)
