"""Images on another grid of pixels: each new pixel is a weighted mean of the old ones around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.core.validate import check, sizes
from tsuno.engine import xp
from tsuno.ops.arguments import as_float
from tsuno.ops.creation import saturate_cast
from tsuno.ops.fusing import fused
from tsuno.ops.image.layout import cut, image_axes

__all__ = ["resize", "scale_and_translate"]

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]
Method = Literal["linear", "bilinear", "trilinear", "cubic", "bicubic", "tricubic", "lanczos3", "lanczos5"]


@op
@fused
def resize(
    images: Tensor,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Images of another height and width.

    Args:
        images: (…, height, width, channels). Integers are rounded in the end and keep within their range.
        size: the new (height, width), in pixels.
        interpolation: `nearest`, `bilinear`, `bicubic`, `lanczos3` or `lanczos5`.
        antialias: whether a smaller image is smoothed first, so that fine patterns do not turn into coarse ones.
        crop_to_aspect_ratio: cut the longer sides evenly first, so that nothing is distorted.
        pad_to_aspect_ratio: fill up the shorter sides evenly first, so that nothing is distorted or lost.
        fill_mode: `constant`, the only one.
        fill_value: what sides are filled with.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> ops.image.resize([[[0.0], [1.0]]], (1, 4))[0, :, 0].tolist()
        [0.0, 0.25, 0.75, 1.0]
    """
    x = xp.asarray(images)
    method = check(Interpolation, interpolation, "resize.interpolation")
    check(Literal["constant"], fill_mode, "resize.fill_mode")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        fix = "Choose one of cropping and padding."
        raise invalid("resize.crop_to_aspect_ratio", "False if `pad_to_aspect_ratio` is True", True, fix)
    whole = not xp.issubdtype(x.dtype, xp.inexact)
    if whole and method != "nearest":
        x = as_float(x)
    axes = image_axes(x, data_format, "resize.images")[:2]
    target = sizes(size, 2, "resize.size")
    height, width = (x.shape[axis] for axis in axes)
    fitting = (width * target[0] // target[1], height * target[1] // target[0])  # each for the other as it is
    shape, padding = list(x.shape), [(0, 0)] * x.ndim
    for axis, have, fit, new in zip(axes, (height, width), fitting, target, strict=True):
        if crop_to_aspect_ratio:
            kept = max(min(have, fit), 1)
            x = cut(x, axis, (have - kept) // 2, (have - kept) // 2 + kept)
        elif pad_to_aspect_ratio:
            padding[axis] = (max(fit - have, 0) // 2,) * 2
        shape[axis] = new
    if any(before for before, _ in padding):
        fill = round(fill_value) if xp.issubdtype(x.dtype, xp.integer) else fill_value
        x = xp.pad(x, padding, constant_values=fill)
    x = engine.resize(x, shape, method, antialias)
    return saturate_cast(xp.round(x), xp.asarray(images).dtype) if whole and method != "nearest" else x


@op
@fused
def scale_and_translate(
    images: Tensor,
    output_shape: Sequence[int],
    scale: Tensor,
    translation: Tensor,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> Tensor:
    """Images stretched and moved: position p along a spatial axis goes to p · scale + translation.

    Pixel i reaches from i to i + 1, its middle is i + 0.5. What comes from outside the images is 0.

    Args:
        images: of any rank.
        output_shape: the shape of the result; outside `spatial_dims` it is that of `images`.
        scale: one factor for each of the spatial axes.
        translation: how far to move along each of them, in pixels of the result.
        spatial_dims: which axes these are.
        method: `linear`, `cubic` (or either with `bi` or `tri` in front), `lanczos3` or `lanczos5`.
        antialias: whether images that get smaller are smoothed first.

    Example:
        >>> line = ops.array([1.0, 2.0, 3.0])
        >>> ops.image.scale_and_translate(line, (3,), [1.0], [1.0], (0,), "linear").tolist()
        [0.0, 1.0, 2.0]
    """
    x, shape = as_float(images), tuple(output_shape)
    if len(shape) != x.ndim:
        raise invalid("scale_and_translate.output_shape", f"one size for each of the {x.ndim} axes", shape)
    factors, shifts = as_float(scale), as_float(translation)
    for name, given in (("scale", factors), ("translation", shifts)):
        if given.shape != (len(spatial_dims),):
            raise invalid(f"scale_and_translate.{name}", f"of shape ({len(spatial_dims)},), one per axis", given)
    method = check(Method, method, "scale_and_translate.method")
    return engine.scale_and_translate(x, shape, tuple(spatial_dims), factors, shifts, method, antialias)
