"""Images as the networks trained on ImageNet want them, and what their thousand outputs mean."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from tsuno import ops
from tsuno.core.dtypes import is_float, standardize_dtype
from tsuno.core.errors import invalid
from tsuno.core.settings import floatx, standardize_data_format
from tsuno.core.validate import check
from tsuno.utils.downloads import get_file

__all__ = ["decode_predictions", "preprocess_input"]

Mode = Literal["caffe", "tf", "torch"]
MEAN = (0.485, 0.456, 0.406)  # of red, green and blue over ImageNet, pixels from 0 to 1
STDDEV = (0.229, 0.224, 0.225)
_MEAN_BGR = (103.939, 116.779, 123.68)
_CLASS_INDEX = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"


def preprocess_input(x: Any, data_format: str | None = None, mode: Mode = "caffe") -> Any:
    """Bring images into the form that a network was trained on.

        caffe: blue, green, red, each less its mean over ImageNet
        tf:    x / 127.5 - 1
        torch: (x / 255 - mean) / standard deviation, for each channel

    Args:
        x: images with red, green and blue from 0 to 255: an array or a symbolic tensor of shape (rows, columns,
            channels) or (batch, rows, columns, channels), or with the channels before the rows.
        data_format: `"channels_last"` or `"channels_first"`; the process's setting by default.
        mode: `"caffe"`, `"tf"` or `"torch"`.

    Returns:
        An array of its own, of the same shape; of the default float dtype where `x` is of integers.

    Example:
        >>> x = np.full((1, 2, 2, 3), 255)
        >>> tsuno.applications.imagenet_utils.preprocess_input(x, mode="tf").mean()
        np.float32(1.0)
    """
    mode = check(Mode, mode, "preprocess_input.mode")
    axis = -1 if standardize_data_format(data_format) == "channels_last" else -3
    if not hasattr(x, "dtype"):
        x = np.asarray(x)
    of_numpy = isinstance(x, np.ndarray)
    if not is_float(standardize_dtype(x.dtype)):
        x = x.astype(floatx()) if of_numpy else ops.cast(x, floatx())
    if mode == "tf":
        return x / 127.5 - 1.0
    if len(x.shape) < 3 or x.shape[axis] not in (3, None):
        raise invalid("preprocess_input.x", f"images with 3 channels on axis {axis}", x)
    if mode == "torch":
        return (x / 255.0 - _along(MEAN, axis, x)) / _along(STDDEV, axis, x)
    x = np.flip(x, axis) if of_numpy else ops.flip(x, axis)
    return x - _along(_MEAN_BGR, axis, x)


def _along(values: tuple[float, ...], axis: int, x: Any) -> np.ndarray:
    """One number per channel, in the dtype of `x`, to be broadcast against it."""
    return np.array(values, x.dtype).reshape(-1, *(1,) * (-1 - axis))


def preprocessing(mode: Mode | None) -> Callable[..., Any]:
    """The `preprocess_input` of a family of networks, of which each knows one mode; None if they take images as are."""
    forms = {
        "caffe": "The channels become blue, green, red, each less its mean over ImageNet.",
        "tf": "Values from 0 to 255 become values from -1 to 1.",
        "torch": "Each channel is scaled to 0 to 1, then normalized by its mean and deviation over ImageNet.",
        None: "Nothing is changed: the network itself begins with what is needed.",
    }

    def prepared(x: Any, data_format: str | None = None) -> Any:
        return x if mode is None else preprocess_input(x, data_format, mode)

    prepared.__name__ = prepared.__qualname__ = "preprocess_input"
    prepared.__doc__ = f"""Bring images into the form that these networks were trained on.

    {forms[mode]}

    Args:
        x: images with red, green and blue from 0 to 255: an array or a symbolic tensor.
        data_format: `"channels_last"` or `"channels_first"`; the process's setting by default.
    """
    return prepared


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, Any]]]:
    """The likeliest of ImageNet's thousand classes, by name.

    Args:
        preds: what a network has put out: an array of shape (batch, 1000).
        top: how many classes to name for each image.

    Returns:
        For each image a list of (class, description, score), the highest score first. The names are in a small file
        that is fetched when they are first needed.
    """
    shape = tuple(getattr(preds, "shape", None) or np.shape(preds))
    if len(shape) != 2 or shape[1] != 1000:
        raise invalid("decode_predictions.preds", "an array of shape (batch, 1000)", preds)
    names = _class_index()
    return [
        [(*names[str(place)], scores[place]) for place in scores.argsort()[::-1][:top]] for scores in np.asarray(preds)
    ]


def class_names() -> list[str]:
    """The descriptions of ImageNet's thousand classes in their order; fetched when they are first needed."""
    names = _class_index()
    return [names[str(place)][1].replace("_", " ") for place in range(len(names))]


@functools.cache
def _class_index() -> dict[str, list[str]]:
    """The number of each class, as text, with its identifier and its description."""
    path = get_file(
        "imagenet_class_index.json",
        _CLASS_INDEX,
        cache_subdir="models",
        file_hash="c2c37ea517e94d9795004a39431a14cb",
    )
    with open(path, encoding="utf-8") as file:
        index: dict[str, list[str]] = json.load(file)
    return index
