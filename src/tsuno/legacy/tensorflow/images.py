"""`tf.image`: pictures (height, width, channels), or several of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core import seeds
from tsuno.core.dtypes import numpy_dtype, standardize_dtype
from tsuno.core.op import Tensor, as_numpy
from tsuno.engine import xp
from tsuno.legacy.tensorflow.calls import Static, whole
from tsuno.legacy.tensorflow.neural import at_random

_LAST = "channels_last"


class ResizeMethod:
    """How pictures change their size."""

    BILINEAR, NEAREST_NEIGHBOR, BICUBIC, AREA = "bilinear", "nearest", "bicubic", "area"
    LANCZOS3, LANCZOS5, GAUSSIAN, MITCHELLCUBIC = "lanczos3", "lanczos5", "gaussian", "mitchellcubic"


_BY_NUMBER = ("bilinear", "nearest", "bicubic", "area")

# ---------------------------------------------------------------------- size


@whole
def resize(
    images: Tensor,
    size: Static,
    method: Any = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
) -> Any:
    """Pictures of another height and width; all but `nearest` give float32."""
    x = xp.asarray(images)
    height, width = _fitting(x, size, preserve_aspect_ratio)
    how = _method(method)
    if how == "area":
        return _by_weights(x, (height, width), how, False)
    if how not in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        raise ValueError(f"`tf.image.resize` has no method {method!r} here; the nearest is 'bicubic'.")
    x = x if how == "nearest" else x.astype("float32")
    return ops.image.resize(x, (height, width), how, antialias, data_format=_LAST)


def resize_images(
    images: Any, size: Any, method: Any = "bilinear", align_corners: bool = False, preserve_aspect_ratio: bool = False
) -> Any:
    """Pictures of another height and width, by TensorFlow 1's rule: the corner of the first point stays."""
    return _resized(images, size, _method(method), align_corners, preserve_aspect_ratio)


def resize_bilinear(images: Any, size: Any, align_corners: bool = False, half_pixel_centers: bool = False) -> Any:
    """Between neighbours in proportion to the distances; see `resize_images`."""
    return resize(images, size) if half_pixel_centers else _resized(images, size, "bilinear", align_corners, False)


def resize_nearest_neighbor(
    images: Any, size: Any, align_corners: bool = False, half_pixel_centers: bool = False
) -> Any:
    """The value of a neighbour; see `resize_images`."""
    if half_pixel_centers:
        return resize(images, size, "nearest")
    return _resized(images, size, "nearest", align_corners, False)


def resize_area(images: Any, size: Any, align_corners: bool = False) -> Any:
    """The means of areas."""
    return _resized(images, size, "area", align_corners, False)


@whole
def _resized(images: Tensor, size: Static, method: str, align: bool, keep: bool) -> Any:
    x = xp.asarray(images)
    return _by_weights(x, _fitting(x, size, keep), method, align)


def _method(method: Any) -> str:
    return _BY_NUMBER[method] if isinstance(method, int) else str(method)


def _fitting(x: Any, size: Any, keep: bool) -> tuple[int, int]:
    height, width = (int(n) for n in size)
    if keep:
        factor = min(height / x.shape[-3], width / x.shape[-2])
        height, width = round(factor * x.shape[-3]), round(factor * x.shape[-2])
    return height, width


def _by_weights(x: Any, size: tuple[int, int], method: str, align: bool) -> Any:
    if method == "bicubic":
        raise ValueError("`resize_images` has no bicubic method here; `tf.image.resize` has.")
    dtype = x.dtype
    x = x.astype("float32")
    for axis, new in zip((-3, -2), size, strict=True):
        table = xp.asarray(_table(x.shape[axis], new, method, align))
        x = xp.moveaxis(xp.tensordot(table, x, axes=(1, axis)), 0, axis)
    return x.astype(dtype) if method == "nearest" else x


def _table(old: int, new: int, method: str, align: bool) -> np.ndarray:
    """How much each old place counts for each new one."""
    scale = (old - 1) / (new - 1) if align and new > 1 else old / new
    place = np.arange(new) * scale
    table = np.zeros((new, old), "float32")
    rows = np.arange(new)
    if method == "nearest":
        table[rows, np.minimum(np.round(place) if align else np.floor(place), old - 1).astype(int)] = 1
    elif method == "bilinear":
        low = np.floor(place).astype(int)
        np.add.at(table, (rows, np.minimum(low, old - 1)), 1 - (place - low))
        np.add.at(table, (rows, np.minimum(low + 1, old - 1)), place - low)
    else:
        left, right = np.arange(old), np.arange(old) + 1
        table[:] = (
            np.clip(np.minimum(right, (place + scale)[:, None]) - np.maximum(left, place[:, None]), 0, None) / scale
        )
    return table


@whole
def crop_to_bounding_box(
    image: Tensor, offset_height: Static, offset_width: Static, target_height: Static, target_width: Static
) -> Any:
    """A part."""
    x = xp.asarray(image)
    if offset_height + target_height > x.shape[-3] or offset_width + target_width > x.shape[-2]:
        raise ValueError(f"The part ends outside of the picture, whose height and width are {x.shape[-3:-1]}.")
    rows, columns = (
        slice(offset_height, offset_height + target_height),
        slice(offset_width, offset_width + target_width),
    )
    return x[..., rows, columns, :]


@whole
def pad_to_bounding_box(
    image: Tensor, offset_height: Static, offset_width: Static, target_height: Static, target_width: Static
) -> Any:
    """Zeros around the picture."""
    x = xp.asarray(image)
    below, right = target_height - offset_height - x.shape[-3], target_width - offset_width - x.shape[-2]
    if min(offset_height, offset_width, below, right) < 0:
        raise ValueError(f"The picture, of height and width {x.shape[-3:-1]}, does not fit in.")
    return xp.pad(x, [(0, 0)] * (x.ndim - 3) + [(offset_height, below), (offset_width, right), (0, 0)])


@whole
def central_crop(image: Tensor, central_fraction: Static) -> Any:
    """The middle part of each side."""
    x = xp.asarray(image)
    starts = [int((size - size * central_fraction) / 2) for size in x.shape[-3:-1]]
    (top, left), (height, width) = starts, x.shape[-3:-1]
    return x[..., top : height - top, left : width - left, :]


@whole
def resize_with_crop_or_pad(image: Tensor, target_height: Static, target_width: Static) -> Any:
    """Cut, or filled up with zeros, evenly on both sides."""
    x = xp.asarray(image)
    for axis, new in ((-3, target_height), (-2, target_width)):
        old = x.shape[axis]
        if old > new:
            x = xp.moveaxis(xp.moveaxis(x, axis, 0)[(old - new) // 2 :][:new], 0, axis)
        elif old < new:
            pads = [(0, 0)] * x.ndim
            pads[axis] = ((new - old) // 2, new - old - (new - old) // 2)
            x = xp.pad(x, pads)
    return x


resize_image_with_crop_or_pad = resize_with_crop_or_pad


@whole
def resize_with_pad(
    image: Tensor, target_height: Static, target_width: Static, method: Any = "bilinear", antialias: bool = False
) -> Any:
    """Of another size without being distorted, with zeros on both sides."""
    x = xp.asarray(image)
    factor = max(x.shape[-3] / target_height, x.shape[-2] / target_width)
    fitted = x.shape[-3] / factor, x.shape[-2] / factor
    x = resize(x, [int(size) for size in fitted], method, False, antialias)
    top, left = (max(int((new - size) / 2), 0) for new, size in zip((target_height, target_width), fitted, strict=True))
    return pad_to_bounding_box(x, top, left, target_height, target_width)


# ---------------------------------------------------------------------- turned


@whole
def flip_left_right(image: Tensor) -> Any:
    """Left is right."""
    return xp.flip(image, -2)


@whole
def flip_up_down(image: Tensor) -> Any:
    """Up is down."""
    return xp.flip(image, -3)


@whole
def transpose(image: Tensor) -> Any:
    """Rows are columns."""
    return xp.swapaxes(image, -3, -2)


transpose_image = transpose


@whole
def rot90(image: Tensor, k: Static = 1) -> Any:
    """Turned to the left so many times."""
    return xp.rot90(image, k, (-3, -2))


# ---------------------------------------------------------------------- colors


@whole
def convert_image_dtype(image: Tensor, dtype: Any, saturate: bool = False) -> Any:
    """In another dtype: floats from 0 to 1, integers up to their largest number."""
    return _converted(xp.asarray(image), standardize_dtype(dtype), saturate)


def _converted(x: Any, dtype: str, saturate: bool = False) -> Any:
    old, new = np.dtype(x.dtype), numpy_dtype(dtype)
    if old == new:
        return x
    if old.kind in "iu" and new.kind in "iu":
        most, other = np.iinfo(old).max, np.iinfo(new).max
        return (
            (x // ((most + 1) // (other + 1))).astype(new)
            if most > other
            else x.astype(new) * ((other + 1) // (most + 1))
        )
    if old.kind in "iu":
        return x.astype(new) * new.type(1 / np.iinfo(old).max)
    if new.kind in "iu":
        scaled = x * (np.iinfo(new).max + 0.5)
        return (xp.clip(scaled, np.iinfo(new).min, np.iinfo(new).max) if saturate else scaled).astype(new)
    return x.astype(new)


def _in_floats(change: Callable[..., Any]) -> Callable[..., Any]:
    """A change of colors, computed in floats and given back in the picture's own dtype."""

    def call(image: Any, *args: Any) -> Any:
        x = xp.asarray(image)
        return _converted(change(_converted(x, "float32") if x.dtype.kind in "iu" else x, *args), str(x.dtype), True)

    return call


@whole
def adjust_brightness(image: Tensor, delta: Tensor) -> Any:
    """`delta` added."""
    return _in_floats(lambda x, d: x + d)(image, delta)


@whole
def adjust_contrast(images: Tensor, contrast_factor: Tensor) -> Any:
    """The distances from the mean of each channel scaled."""

    def change(x: Any, factor: Any) -> Any:
        mean = xp.mean(x, (-3, -2), keepdims=True)
        return (x - mean) * factor + mean

    return _in_floats(change)(images, contrast_factor)


@whole
def adjust_saturation(image: Tensor, saturation_factor: Tensor) -> Any:
    """The strength of the colors scaled."""
    return _in_floats(lambda x, f: _in_hsv(x, lambda h, s: (h, xp.clip(s * f, 0, 1))))(image, saturation_factor)


@whole
def adjust_hue(image: Tensor, delta: Tensor) -> Any:
    """The colors moved around the circle; 1 is all around."""
    return _in_floats(lambda x, d: _in_hsv(x, lambda h, s: (xp.mod(h + d, 1.0), s)))(image, delta)


def _in_hsv(x: Any, change: Callable[..., Any]) -> Any:
    hsv = ops.image.rgb_to_hsv(x, data_format=_LAST)
    h, s = change(hsv[..., 0], hsv[..., 1])
    return ops.image.hsv_to_rgb(xp.stack([h, s, hsv[..., 2]], -1), data_format=_LAST)


@whole
def adjust_gamma(image: Tensor, gamma: Tensor = 1, gain: Tensor = 1) -> Any:
    """gain · x^gamma."""
    return _in_floats(lambda x, power, scale: scale * x**power)(image, gamma, gain)


@whole
def rgb_to_grayscale(images: Tensor) -> Any:
    """One channel of grey."""
    weights = np.asarray([0.2989, 0.587, 0.114], "float32")
    return _in_floats(lambda x: xp.sum(x * weights.astype(x.dtype), -1, keepdims=True))(images)


@whole
def grayscale_to_rgb(images: Tensor) -> Any:
    """Three channels of grey."""
    return xp.repeat(xp.asarray(images), 3, -1)


@whole
def rgb_to_hsv(images: Tensor) -> Any:
    """Hue, saturation and value."""
    return ops.image.rgb_to_hsv(images, data_format=_LAST)


@whole
def hsv_to_rgb(images: Tensor) -> Any:
    """Red, green and blue."""
    return ops.image.hsv_to_rgb(images, data_format=_LAST)


@whole
def per_image_standardization(image: Tensor) -> Any:
    """Of mean 0 and deviation 1."""
    x = xp.asarray(image).astype("float32")
    axes = (-3, -2, -1)
    count = float(np.prod(x.shape[-3:]))
    deviation = xp.maximum(xp.std(x, axes, keepdims=True), 1 / np.sqrt(count))
    return (x - xp.mean(x, axes, keepdims=True)) / deviation


# ---------------------------------------------------------------------- at random


def _random(name: str, draw: Callable[..., Any], change: Callable[..., Any], meaning: str) -> Callable[..., Any]:
    def apply(image: Any, *bounds: Any, seed: Any) -> Any:
        return change(xp.asarray(image), draw(seeds.draw_key(seed), xp.asarray(image), *bounds))

    def function(image: Any, *bounds: Any, seed: Any = None, **named: Any) -> Any:
        return at_random(apply, (image, *bounds, *named.values()), seed)

    apply.__name__ = function.__name__ = function.__qualname__ = name
    function.__doc__ = meaning
    return function


def _coin(key: Any, x: Any) -> Any:
    shape = (*x.shape[:-3], 1, 1, 1)
    return engine.uniform(key, shape) < 0.5


def _between(key: Any, x: Any, low: Any, high: Any) -> Any:
    return engine.uniform(key, (), low, high)


def _around(key: Any, x: Any, most: Any) -> Any:
    return engine.uniform(key, (), -most, most)


random_flip_left_right = _random(
    "random_flip_left_right",
    _coin,
    lambda x, heads: xp.where(heads, xp.flip(x, -2), x),
    "Left is right, half the time.",
)
random_flip_up_down = _random(
    "random_flip_up_down", _coin, lambda x, heads: xp.where(heads, xp.flip(x, -3), x), "Up is down, half the time."
)
random_brightness = _random("random_brightness", _around, adjust_brightness, "A number up to `max_delta` added.")
random_hue = _random("random_hue", _around, adjust_hue, "The colors moved by up to `max_delta`.")
random_contrast = _random("random_contrast", _between, adjust_contrast, "The contrast scaled, from `lower` to `upper`.")
random_saturation = _random(
    "random_saturation", _between, adjust_saturation, "The strength of colors scaled, from `lower` to `upper`."
)


def random_crop(value: Any, size: Any, seed: Any = None) -> Any:
    """A part of a size, from a random place."""

    def cut(value: Any, *, seed: Any) -> Any:
        x, key = xp.asarray(value), seeds.draw_key(seed)
        room = xp.asarray([n - int(part) + 1 for n, part in zip(x.shape, size, strict=True)])
        starts = xp.floor(engine.uniform(key, (x.ndim,)) * room).astype("int32")
        return engine.dynamic_slice(x, list(starts), [int(n) for n in size])

    return at_random(cut, (value,), seed)


# ---------------------------------------------------------------------- measures


@whole
def total_variation(images: Tensor) -> Any:
    """The sum of the differences between neighbours."""
    x = xp.asarray(images)
    axes = (-3, -2, -1)
    return xp.sum(xp.abs(xp.diff(x, axis=-3)), axes) + xp.sum(xp.abs(xp.diff(x, axis=-2)), axes)


@whole
def psnr(a: Tensor, b: Tensor, max_val: Any) -> Any:
    """The peak signal-to-noise ratio of each picture, in decibels."""
    a, b = xp.asarray(a), xp.asarray(b)
    scale = np.iinfo(a.dtype).max if a.dtype.kind in "iu" else 1.0
    a, b = _converted(a, "float32"), _converted(b, "float32")
    return 20 * xp.log10(xp.asarray(max_val / scale, "float32")) - 10 * xp.log10(
        xp.mean(xp.square(a - b), (-3, -2, -1))
    )


@whole
def ssim(
    img1: Tensor,
    img2: Tensor,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """How alike two pictures look; 1 for equal ones."""
    a, b = xp.asarray(img1), xp.asarray(img2)
    scale = np.iinfo(a.dtype).max if a.dtype.kind in "iu" else 1.0
    a, b = _converted(a, "float32"), _converted(b, "float32")
    return ops.image.ssim(a, b, max_val / scale, filter_size, filter_sigma, k1, k2, data_format=_LAST)


def image_gradients(image: Any) -> tuple[Any, Any]:
    """The differences to the next row and to the next column; zeros at the end."""
    down, right = _gradients(image)
    return down, right


@whole
def _gradients(image: Tensor) -> Any:
    x = xp.asarray(image)
    down, right = xp.diff(x, axis=1), xp.diff(x, axis=2)
    return xp.pad(down, ((0, 0), (0, 1), (0, 0), (0, 0))), xp.pad(right, ((0, 0), (0, 0), (0, 1), (0, 0)))


@whole
def sobel_edges(image: Tensor) -> Any:
    """How fast the values change downwards and to the right, in a last axis of two."""
    x = xp.asarray(image)
    x = xp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    found = []
    for along, across in ((1, 2), (2, 1)):
        ends = (slice(2, None), slice(None, -2))
        change = x[:, ends[0]] - x[:, ends[1]] if along == 1 else x[:, :, ends[0]] - x[:, :, ends[1]]
        size = change.shape[across] - 2
        parts = [xp.moveaxis(xp.moveaxis(change, across, 0)[at : at + size], 0, across) for at in range(3)]
        found.append(parts[0] + 2 * parts[1] + parts[2])
    return xp.stack(found, axis=-1)


# ---------------------------------------------------------------------- files


def as_bytes(contents: Any) -> bytes:
    """The bytes in a tensor or a string."""
    value = as_numpy(contents).item() if hasattr(contents, "dtype") and not isinstance(contents, str) else contents
    value = np.asarray(value, object).item() if isinstance(value, np.ndarray) else value
    return value if isinstance(value, bytes) else str(value).encode()


def decode_image(
    contents: Any, channels: int | None = 0, dtype: Any = "uint8", expand_animations: bool = True, **options: Any
) -> Any:
    """The picture in the bytes of a file: (height, width, channels).

    Args:
        contents: the bytes.
        channels: 1, 3 or 4; 0 for those in the file.
        dtype: the dtype; see `convert_image_dtype`.
        expand_animations: accepted for compatibility; the first picture is given.
        **options: accepted for compatibility.
    """
    from PIL import Image

    modes = {1: "L", 3: "RGB", 4: "RGBA"}
    if channels and channels not in modes:
        raise ValueError(f"`channels` is 0, 1, 3 or 4; got {channels}.")
    picture = Image.open(io.BytesIO(as_bytes(contents)))
    wanted = modes[channels] if channels else picture.mode if picture.mode in modes.values() else "RGB"
    array = np.asarray(picture.convert(wanted))
    array = array[..., None] if array.ndim == 2 else array
    return _converted(engine.asarray(array), standardize_dtype(dtype))


decode_jpeg = decode_png = decode_bmp = decode_gif = decode_image


def _encoded(image: Any, kind: str, **options: Any) -> Any:
    from PIL import Image

    array = as_numpy(image)
    file = io.BytesIO()
    Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array).save(file, kind, **options)
    return file.getvalue()


def encode_png(image: Any, compression: int = -1) -> bytes:
    """A picture of bytes as a PNG file."""
    return bytes(_encoded(image, "PNG"))


def encode_jpeg(image: Any, format: str = "", quality: int = 95, **options: Any) -> bytes:
    """A picture of bytes as a JPEG file."""
    return bytes(_encoded(image, "JPEG", quality=quality))
