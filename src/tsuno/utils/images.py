"""Images between files, Pillow's objects and arrays."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import invalid, unknown
from tsuno.core.settings import floatx, standardize_data_format
from tsuno.core.validate import check

_MODES = {"grayscale": ("L", "I;16", "I"), "rgb": ("RGB",), "rgba": ("RGBA",)}


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """An array as a Pillow image.

    Args:
        x: an array of shape (height, width, channels), or (channels, height, width), with 1, 3 or 4 channels.
        data_format: where the channels are; the default of the process if None.
        scale: whether to stretch the values to 0…255.
        dtype: the dtype to compute in; the default float if None.

    Example:
        >>> tsuno.utils.array_to_img(np.zeros((4, 6, 3))).size
        (6, 4)
    """
    pillow = pillow_image()
    array = np.asarray(x, dtype=numpy_dtype(dtype or floatx()))
    if array.ndim != 3:
        raise invalid("array_to_img.x", "one image, an array of rank 3", array)
    if standardize_data_format(data_format) == "channels_first":
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - array.min()
        top = array.max()
        array = (array / top if top else array) * 255
    channels = array.shape[2]
    if channels == 1:
        return pillow.fromarray(array[..., 0].astype("int32" if array.max() > 255 else "uint8"))
    if channels not in (3, 4):
        raise invalid("array_to_img.x", "an image with 1, 3 or 4 channels", array)
    return pillow.fromarray(array.astype("uint8"))


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """A Pillow image as an array.

    Args:
        img: the image.
        data_format: where to put the channels; the default of the process if None.
        dtype: the dtype of the array; the default float if None.

    Returns:
        An array of shape (height, width, channels), or (channels, height, width).

    Example:
        >>> image = tsuno.utils.array_to_img(np.zeros((4, 6, 1)))
        >>> tsuno.utils.img_to_array(image).shape
        (4, 6, 1)
    """
    array = np.asarray(img).astype(numpy_dtype(dtype or floatx()))
    if array.ndim not in (2, 3):
        raise invalid("img_to_array.img", "an image of two or three axes", array)
    array = array[..., None] if array.ndim == 2 else array
    return array.transpose(2, 0, 1) if standardize_data_format(data_format) == "channels_first" else array


def load_img(
    path: Any,
    color_mode: Literal["grayscale", "rgb", "rgba"] = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Read an image file as a Pillow image.

    Args:
        path: a path, or a `BytesIO` with the file's content.
        color_mode: the channels of the image.
        target_size: height and width to resize it to; its own size by default.
        interpolation: nearest, bilinear, bicubic, hamming, box or lanczos.
        keep_aspect_ratio: whether to cut the sides off before resizing, so that nothing is distorted.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> tsuno.utils.save_img(file, np.zeros((4, 6, 3)), file_format="png")
        >>> tsuno.utils.load_img(file, target_size=(2, 2)).size
        (2, 2)
    """
    pillow = pillow_image()
    check(Literal["grayscale", "rgb", "rgba"], color_mode, "load_img.color_mode")
    if not isinstance(path, (io.BytesIO, str, bytes, os.PathLike)):
        raise invalid("load_img.path", "a path or a BytesIO", path, kind=TypeError)
    file = path if isinstance(path, io.BytesIO) else io.BytesIO(Path(os.fsdecode(path)).read_bytes())
    img = in_color_mode(pillow.open(file), color_mode)
    if target_size is None:
        return img
    height, width = target_size
    methods = {name.lower(): method for name, method in pillow.Resampling.__members__.items()}
    if interpolation not in methods:
        raise unknown("interpolation", interpolation, methods)
    if img.size == (width, height):
        return img
    box = None
    if keep_aspect_ratio:
        kept = min(img.width, img.height * width // height), min(img.height, img.width * height // width)
        left, top = (img.width - kept[0]) // 2, (img.height - kept[1]) // 2
        box = (left, top, left + kept[0], top + kept[1])
    return img.resize((width, height), methods[interpolation], box=box)


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Write an array as an image file.

    Args:
        path: a path, or a file object; then say the `file_format`.
        x: an array of shape (height, width, channels), or (channels, height, width).
        data_format: where the channels are; the default of the process if None.
        file_format: the format; the path's extension by default.
        scale: whether to stretch the values to 0…255.
        **kwargs: options of Pillow's `save`, such as `quality`.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> tsuno.utils.save_img(file, np.zeros((4, 6, 3)), file_format="jpg")
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = Path(path).suffix[1:]
    file_format = {"jpg": "jpeg"}.get((file_format or "").lower(), (file_format or "").lower()) or None
    img = array_to_img(x, data_format=data_format, scale=scale)
    if img.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("JPEG has no transparency: the fourth channel is left out.", stacklevel=2)
        img = img.convert("RGB")
    img.save(path, format=file_format, **kwargs)


def in_color_mode(img: Any, color_mode: str) -> Any:
    """A Pillow image with the channels that a colour mode names; deep grays stay deep."""
    modes = _MODES[color_mode]
    return img if img.mode in modes else img.convert(modes[0])


def pillow_image() -> Any:
    """Pillow's module `Image`."""
    try:
        from PIL import Image
    except ImportError as problem:
        raise ImportError("Images need Pillow, which is not installed: run `pip install pillow`.") from problem
    return Image
