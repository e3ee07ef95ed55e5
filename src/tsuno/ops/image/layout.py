"""Where an image has its axes, counted from the back, so that one image and a batch are the same to what reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tsuno.core.errors import invalid
from tsuno.core.settings import standardize_data_format
from tsuno.engine import xp

__all__ = ["batch_channels_last", "cut", "image_axes"]


def image_axes(x: Any, data_format: str | None, where: str) -> tuple[int, int, int]:
    """The axes of height, width and channels."""
    if xp.ndim(x) not in (3, 4):
        raise invalid(where, "of 3 axes (one image) or 4 (a batch of images)", x)
    return (-3, -2, -1) if standardize_data_format(data_format) == "channels_last" else (-2, -1, -3)


def cut(x: Any, axis: int, start: int, stop: int, step: int = 1) -> Any:
    """`x` from `start` up to `stop` along an axis counted from the back."""
    return x[(..., slice(start, stop, step), *[slice(None)] * (-axis - 1))]


def batch_channels_last(x: Any, data_format: str | None, where: str) -> tuple[Any, Callable[[Any], Any]]:
    """The images as (batch, height, width, channels), and the function that brings such back to how they came."""
    channels, single = image_axes(x, data_format, where)[-1], xp.ndim(x) == 3

    def back(y: Any) -> Any:
        y = xp.moveaxis(y, -1, channels)
        return y[0] if single else y

    return xp.moveaxis(x[None] if single else x, channels, -1), back
