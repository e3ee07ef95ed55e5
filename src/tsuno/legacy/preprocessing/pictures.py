"""Image files as Keras 1 and 2 found and read them, one by one."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

from tsuno.utils import images


def load_img(
    path: Any,
    grayscale: Any = False,
    color_mode: Any = "rgb",
    target_size: Any = None,
    interpolation: Any = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Read an image file as a Pillow image.

    Args:
        path: a path, or a `BytesIO` with the file's content.
        grayscale: whether to give it one channel; `color_mode` goes here in Keras 3.
        color_mode: its channels: grayscale, rgb or rgba; `target_size` goes here in Keras 1 and 3.
        target_size: height and width to resize it to; its own size by default.
        interpolation: nearest, bilinear, bicubic, hamming, box or lanczos.
        keep_aspect_ratio: whether to cut the sides off before resizing, so that nothing is distorted.

    Example:
        >>> import io
        >>> from tsuno.legacy.preprocessing.image import load_img, save_img
        >>> file = io.BytesIO()
        >>> save_img(file, np.zeros((4, 6, 3)), file_format="png")
        >>> load_img(file, True, (2, 3)).size
        (3, 2)
    """
    if color_mode is None or isinstance(color_mode, (list, tuple)):
        if isinstance(target_size, str):
            keep_aspect_ratio = keep_aspect_ratio or interpolation is True
            interpolation = target_size
        target_size, color_mode = color_mode, "rgb"
    if grayscale:
        color_mode = grayscale if isinstance(grayscale, str) else "grayscale"
    return images.load_img(path, color_mode, target_size, interpolation, keep_aspect_ratio)


def list_pictures(directory: Any, ext: str | Sequence[str] = "jpg|jpeg|bmp|png|ppm") -> list[str]:
    """The paths of the images in a folder and below, in order.

    Args:
        directory: the folder.
        ext: the endings of their names, with `|` between them or in a list.

    Example:
        >>> import os, tempfile
        >>> from tsuno.legacy.preprocessing.image import list_pictures, save_img
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_img(os.path.join(folder, "a.png"), np.zeros((4, 6, 3)))
        ...     [os.path.basename(path) for path in list_pictures(folder)]
        ['a.png']
    """
    endings = ext.split("|") if isinstance(ext, str) else [each.removeprefix(".") for each in ext]
    wanted = re.compile(rf".*\.({'|'.join(map(re.escape, endings))})$", re.IGNORECASE)
    walked = ((place, names) for place, _, names in os.walk(directory))
    return sorted(os.path.join(place, name) for place, names in walked for name in names if wanted.match(name))
