"""Images with more or less around them, and images taken apart into patches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import sizes
from tsuno.engine import xp
from tsuno.ops.arguments import padding_name
from tsuno.ops.fusing import fused
from tsuno.ops.image.layout import cut, image_axes

__all__ = ["pad_images", "crop_images", "extract_patches", "extract_patches_3d"]

Sizes = int | Sequence[int]


@op
def pad_images(
    images: Tensor,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Images with zeros around them. Of top, bottom and height, and of left, right and width, name two each.

    Args:
        images: (…, height, width, channels).
        top_padding: rows of zeros above.
        left_padding: columns of zeros on the left.
        bottom_padding: rows of zeros below.
        right_padding: columns of zeros on the right.
        target_height: the height of the result.
        target_width: the width of the result.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> ops.image.pad_images(ops.ones((1, 2, 1)), 0, 1, 0, target_width=4)[0, :, 0].tolist()
        [0.0, 1.0, 1.0, 0.0]
    """
    x = xp.asarray(images)
    height, width, _ = image_axes(x, data_format, "pad_images.images")
    shape, start = list(x.shape), [0] * x.ndim
    rows = {"top_padding": top_padding, "bottom_padding": bottom_padding, "target_height": target_height}
    columns = {"left_padding": left_padding, "right_padding": right_padding, "target_width": target_width}
    for axis, given in ((height, rows), (width, columns)):
        before, after = _margins("pad_images", given, x.shape[axis], grow=1)
        shape[axis], start[axis] = before + x.shape[axis] + after, before
    # For other margins and the same size this is the same program; `xp.pad` would be compiled anew.
    return engine.dynamic_update(xp.zeros(shape, x.dtype), x, start)


@op
def crop_images(
    images: Tensor,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Images with their margins cut off. Of top, bottom and height, and of left, right and width, name two each.

    Args:
        images: (…, height, width, channels).
        top_cropping: rows to cut off above.
        left_cropping: columns to cut off on the left.
        bottom_cropping: rows to cut off below.
        right_cropping: columns to cut off on the right.
        target_height: the height of the result.
        target_width: the width of the result.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> image = ops.reshape(ops.arange(5), (1, 5, 1))
        >>> ops.image.crop_images(image, 0, 1, 0, target_width=3)[0, :, 0].tolist()
        [1, 2, 3]
    """
    x = xp.asarray(images)
    height, width, _ = image_axes(x, data_format, "crop_images.images")
    rows = {"top_cropping": top_cropping, "bottom_cropping": bottom_cropping, "target_height": target_height}
    columns = {"left_cropping": left_cropping, "right_cropping": right_cropping, "target_width": target_width}
    for axis, given in ((height, rows), (width, columns)):
        before, after = _margins("crop_images", given, x.shape[axis], grow=-1)
        x = cut(x, axis, before, x.shape[axis] - after)
    return x


@op
@fused
def extract_patches(
    images: Tensor,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Windows of images, or of volumes if `size` has three entries, each laid out as the channels of one pixel.

    Args:
        images: (…, height, width, channels), or (…, depth, height, width, channels).
        size: (height, width) or (depth, height, width) of a window; one number for both height and width.
        strides: how far apart windows begin; `size` by default, so that they tile the images.
        dilation_rate: how far apart the pixels of a window are.
        padding: `valid` for windows inside the images only, `same` for as many windows as pixels (by stride).
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Returns:
        (…, rows, columns, window · channels), by the row in the window first, then the column, then the channel.

    Example:
        >>> image = ops.reshape(ops.arange(16), (4, 4, 1))
        >>> ops.image.extract_patches(image, 2)[0].tolist()
        [[0, 1, 4, 5], [2, 3, 6, 7]]
    """
    window = sizes(size, 3 if isinstance(size, Sequence) and len(size) == 3 else 2, "extract_patches.size")
    return _patches(images, window, strides, dilation_rate, padding, data_format, "extract_patches.images")


@op
@fused
def extract_patches_3d(
    volumes: Tensor,
    size: Sizes,
    strides: Sizes | None = None,
    dilation_rate: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Windows of volumes, each laid out as the channels of one voxel: `extract_patches` for three axes.

    Args:
        volumes: (…, depth, height, width, channels).
        size: (depth, height, width) of a window; one number for all.
        strides: how far apart windows begin; `size` by default.
        dilation_rate: how far apart the voxels of a window are.
        padding: `valid` or `same`.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> ops.image.extract_patches_3d(ops.ones((4, 4, 4, 1)), 2).shape
        (2, 2, 2, 8)
    """
    window = sizes(size, 3, "extract_patches_3d.size")
    return _patches(volumes, window, strides, dilation_rate, padding, data_format, "extract_patches_3d.volumes")


def _margins(where: str, given: dict[str, int | None], size: int, grow: int) -> tuple[int, int]:
    """What goes on or off before and after an axis, from two of: before, after, and the size that results."""
    names = ", ".join(f"`{name}`" for name in given)
    values = list(given.values())
    if values.count(None) != 1 or any(value is not None and value < 0 for value in values):
        raise ValueError(f"`{where}` takes exactly two of {names}, each zero or more; got {given}.")
    before, after, target = values
    total = 0 if target is None else grow * (target - size)
    before = total - (after or 0) if before is None else before
    after = total - before if after is None else after
    if min(before, after) < 0 or size + grow * (before + after) < 0:
        raise ValueError(f"`{where}` cannot bring a size of {size} to {given}: a margin would have a negative size.")
    return before, after


def _patches(
    x: Any,
    window: tuple[int, ...],
    strides: Sizes | None,
    dilation_rate: Sizes,
    padding: str,
    data_format: str | None,
    where: str,
) -> Any:
    """The windows along one axis after the other: (…, size, …) becomes (…, windows, width of the window, …)."""
    rank, x = len(window), xp.asarray(x)
    if x.ndim not in (rank + 1, rank + 2):
        raise invalid(where, f"of {rank + 1} axes, or {rank + 2} for a batch", x)
    steps, gaps = sizes(strides or window, rank, f"{where}: strides"), sizes(dilation_rate, rank, f"{where}: dilation")
    first, same = standardize_data_format(data_format) == "channels_first", padding_name(padding) == "SAME"
    x = xp.moveaxis(x, -rank - 1, -1) if first else x
    lead = x.ndim - rank - 1
    for i, (width, step, gap) in enumerate(zip(window, steps, gaps, strict=True)):
        axis, size, reach = lead + 2 * i, x.shape[lead + 2 * i], (width - 1) * gap + 1
        if same:
            missing = max((-(-size // step) - 1) * step + reach - size, 0)
            x = xp.pad(x, [(missing // 2, missing - missing // 2) if at == axis else (0, 0) for at in range(x.ndim)])
        elif size < reach:
            raise invalid(where, f"at least as large as the window, {window}", x)
        starts = np.arange(0, x.shape[axis] - reach + 1, step)
        x = xp.take(x, starts[:, None] + gap * np.arange(width), axis=axis)
    places, offsets = (range(lead + i, lead + 2 * rank, 2) for i in (0, 1))
    x = x.transpose(*range(lead), *places, *offsets, x.ndim - 1)
    x = x.reshape(*x.shape[: lead + rank], math.prod(x.shape[lead + rank :]))
    return xp.moveaxis(x, -1, -rank - 1) if first else x
