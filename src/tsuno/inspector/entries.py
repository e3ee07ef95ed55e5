"""What goes into a model, and how a file, a drawing, a row or a text becomes that.

Each input of a model is an `Entry`: its shape, and the kind of thing that a person would give for it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsuno.config import image_data_format
from tsuno.core.errors import describe
from tsuno.layers import Embedding, Layer, Normalization, Rescaling
from tsuno.saving.untrusted import FileProblem, read_npy
from tsuno.utils.audio import read_wav

MOST_PIXELS = 1 << 25
_AUDIO = 2000
"""Steps from which a sequence of numbers is taken for sound."""
_FREE_SIZE = 256
"""Pixels of a side that may be of any size."""
_DIGIT = 64
"""The largest side of a grey picture that is drawn rather than photographed."""


class Refused(ValueError):
    """What was given cannot be an input; the message says why."""


@dataclass(frozen=True)
class Entry:
    """An input of a model.

    Attributes:
        name: its name.
        shape: its shape without the batch axis; None for sizes that are free.
        dtype: its dtype.
        kind: what a person gives for it: image, digit, row, tokens, text, audio or array.
        scale: what the numbers of an image, 0 to 255, are multiplied by.
        channels_first: whether an image's channels come first.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    kind: str
    scale: float = 1.0
    channels_first: bool = False

    def described(self) -> dict[str, Any]:
        return {"name": self.name, "shape": self.shape, "dtype": self.dtype, "kind": self.kind, "columns": None}

    # ------------------------------------------------------------------ from files

    def of_file(self, content: bytes, name: str, prepare: Callable[[Any], Any] | None = None) -> np.ndarray:
        """What the bytes of a file are for this input, without a batch axis.

        Raises:
            Refused: the file is not what its name says, or cannot be this input.
        """
        ending = name.rpartition(".")[2].lower()
        if ending == "npy":
            return self.of_array(_read_npy(content, name))
        if ending == "wav":
            return self.of_sound(content, name)
        if ending == "txt":
            try:
                return self.of_text(content.decode())
            except UnicodeDecodeError:
                raise Refused(f"{name!r} is not text in UTF-8.") from None
        if self.kind not in ("image", "digit"):
            raise Refused(f"{name!r} is no input for {self.name!r}, which takes {self._wanted()}.")
        picture = _open_picture(content, name)
        return self.of_picture(picture, prepare)

    def of_picture(self, picture: Any, prepare: Callable[[Any], Any] | None = None) -> np.ndarray:
        """A Pillow image, in the size and with the channels that the input has."""
        rows, columns, channels = self._image_sizes()
        picture = picture.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
        width, height = picture.size
        wanted = (columns or min(width, _FREE_SIZE), rows or min(height, _FREE_SIZE))
        if picture.size != wanted:
            picture = picture.resize(wanted, 2)  # bilinear
        x = np.asarray(picture, "float32").reshape(wanted[1], wanted[0], channels)
        x = x * np.float32(self.scale) if prepare is None else np.asarray(prepare(x[None]))[0]
        if self.channels_first and len(self.shape) == 3:
            x = x.transpose(2, 0, 1)
        return x.reshape([have if size is None else size for size, have in self._matched(x.shape)]).astype(self.dtype)

    def of_drawing(self, content: bytes) -> np.ndarray:
        """A drawing of white strokes on black: cut out, centred by mass and scaled as handwritten digits are."""
        picture = _open_picture(content, "the drawing").convert("L")
        strokes = np.asarray(picture)
        rows, columns, _ = self._image_sizes()
        if self.kind == "digit" and strokes.max() > 0:
            picture = _as_digit(picture, strokes, rows or 28, columns or 28)
        return self.of_picture(picture)

    def of_sound(self, content: bytes, name: str) -> np.ndarray:
        """The samples of a WAV file, in as many steps and channels as the input has."""
        try:
            sound = read_wav(io.BytesIO(content), length=next(iter(self.shape), None))
        except ValueError:
            raise Refused(f"{name!r} is not a WAV file with PCM samples.") from None
        return self.of_array(sound if len(self.shape) == 2 and self.shape[-1] != 1 else sound.mean(1, keepdims=True))

    # ------------------------------------------------------------------ from what is typed

    def of_text(self, text: str) -> np.ndarray:
        """A text, where the model reads text."""
        if self.kind != "text":
            raise Refused(f"{self.name!r} takes {self._wanted()}, not text.")
        return np.array(text, object).reshape([1] * len(self.shape))

    def of_values(self, values: Any) -> np.ndarray:
        """Numbers as they are typed; a shorter sequence of tokens is filled up with zeros."""
        try:
            x = np.asarray(values, "float64")
        except (ValueError, TypeError):
            raise Refused("These are not numbers in rows of one length.") from None
        if self.kind == "tokens" and x.ndim == 1 and self.shape[0] is not None and len(x) < self.shape[0]:
            x = np.pad(x, (0, self.shape[0] - len(x)))
        return self.of_array(x)

    def of_array(self, x: Any) -> np.ndarray:
        """An array of the input's shape, with or without a batch axis of one."""
        x = np.asarray(x)
        if x.ndim == len(self.shape) + 1 and len(x) == 1:
            x = x[0]
        if x.size and x.ndim != len(self.shape) and x.size == math.prod(size or 0 for size in self.shape):
            x = x.reshape([size or 1 for size in self.shape])
        if x.ndim != len(self.shape) or any(
            size not in (None, have) for size, have in zip(self.shape, x.shape, strict=True)
        ):
            raise Refused(f"{self.name!r} takes arrays of shape {_shown(self.shape)}; this is {describe(x)}.")
        if self.kind == "text":
            return x.astype(object)
        if x.dtype.kind not in "fiub":
            raise Refused(f"{self.name!r} takes numbers; this is {describe(x)}.")
        return x.astype(self.dtype)

    # ------------------------------------------------------------------ as a picture

    def picture(self, x: np.ndarray) -> np.ndarray | None:
        """An input as the bytes (rows, columns, channels) of a picture, if it is one."""
        if self.kind not in ("image", "digit"):
            return None
        rows, columns, channels = self._image_sizes()
        if self.channels_first and x.ndim == 3:
            x = x.transpose(1, 2, 0)
        x = np.asarray(x, "float32").reshape(rows or x.shape[0], columns or x.shape[1], channels)
        low, high = float(x.min()), float(x.max())
        if low < 0 or high > 255:  # scaled in some way: as much contrast as there is
            x = (x - low) * (255 / max(high - low, 1e-9))
        elif high <= 1:
            x = x * 255
        return x.round().astype("uint8")

    def _image_sizes(self) -> tuple[int | None, int | None, int]:
        if len(self.shape) == 3:
            sizes = (*self.shape[1:], self.shape[0]) if self.channels_first else self.shape
            return sizes[0], sizes[1], sizes[2] or 3
        if len(self.shape) == 2:
            return self.shape[0], self.shape[1], 1
        side = math.isqrt(self.shape[0] or 0)
        return side, side, 1

    def _matched(self, have: Sequence[int]) -> list[tuple[int | None, int]]:
        return [(size, have[place] if place < len(have) else 1) for place, size in enumerate(self.shape)]

    def _wanted(self) -> str:
        kinds = {"row": "a row of numbers", "tokens": "numbers of tokens", "text": "text", "audio": "sound"}
        return kinds.get(self.kind, f"arrays of shape {_shown(self.shape)}")


def entries_of(model: Any, example: Any = None) -> list[Entry]:
    """The inputs of a model; those of one that is only its methods are like the example."""
    graph = getattr(model, "graph", None)
    if graph is None:
        shape = () if example is None else tuple(np.shape(example)[1:])
        return [_entry("input", shape, str(getattr(example, "dtype", "float32")), model)]
    return [
        _entry(name, tuple(tensor.shape[1:]), tensor.dtype, model)
        for name, tensor in zip(graph.input_names, graph.input_tensors, strict=True)
    ]


def _entry(name: str, shape: tuple[int | None, ...], dtype: str, model: Any) -> Entry:
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, Layer)]
    scales = any(isinstance(layer, (Rescaling, Normalization)) for layer in layers)
    scale = 1.0 if scales or dtype == "uint8" else 1 / 255
    first = len(shape) == 3 and image_data_format() == "channels_first"
    return Entry(name, shape, dtype, _kind(shape, dtype, layers, first), scale, first)


def _kind(shape: tuple[int | None, ...], dtype: str, layers: Sequence[Any], first: bool) -> str:
    if dtype == "string":
        return "text"
    if len(shape) == 3 and shape[0 if first else -1] in (1, 3, 4):
        sides = shape[1:] if first else shape[:-1]
        grey = shape[0 if first else -1] == 1
        return "digit" if grey and all(side is not None and side <= _DIGIT for side in sides) else "image"
    if len(shape) == 2 and shape[0] == shape[1] and shape[0] is not None and 16 <= shape[0] <= _DIGIT:
        return "digit"
    if len(shape) == 1:
        if any(isinstance(layer, Embedding) for layer in layers) and ("int" in dtype or shape[0] is None):
            return "tokens"
        if shape[0] == 784:
            return "digit"
        return "audio" if (shape[0] or 0) >= _AUDIO else "row"
    if len(shape) == 2 and shape[1] in (1, 2) and (shape[0] or 0) >= _AUDIO:
        return "audio"
    return "array"


def _shown(shape: Sequence[int | None]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape)}{',' if len(shape) == 1 else ''})"


def _read_npy(content: bytes, name: str) -> np.ndarray:
    try:
        return read_npy(content, name)
    except FileProblem as problem:
        raise Refused(str(problem)) from None


def _open_picture(content: bytes, name: str) -> Any:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF", "BMP", "WEBP")) as picture:
            if picture.size[0] * picture.size[1] > MOST_PIXELS:
                raise Refused(f"{name!r} has more than {MOST_PIXELS >> 20} million pixels.")
            picture.load()
            return picture.copy()
    except Refused:
        raise
    except Exception:
        raise Refused(f"{name!r} is not a picture (PNG, JPEG, GIF, BMP or WebP).") from None


def _as_digit(picture: Any, strokes: np.ndarray, rows: int, columns: int) -> Any:
    """Strokes in the way of handwritten digits: in a box of five sevenths of the size, their mass in the middle.

    Source: Y. LeCun, C. Cortes and C. Burges, *The MNIST Database of Handwritten Digits*, 1998.
    """
    from PIL import Image

    found = np.argwhere(strokes > 0)
    (top, left), (bottom, right) = found.min(0), found.max(0) + 1
    cut = picture.crop((int(left), int(top), int(right), int(bottom)))
    factor = min(rows, columns) * 5 / 7 / max(cut.size)
    cut = cut.resize([max(1, round(side * factor)) for side in cut.size], 1)
    weights = np.asarray(cut, "float64")
    middle = [
        float((weights.sum(1 - axis) * np.arange(weights.shape[axis])).sum() / max(weights.sum(), 1e-9))
        for axis in (0, 1)
    ]
    whole = Image.new("L", (columns, rows))
    whole.paste(cut, (round(columns / 2 - middle[1] - 0.5), round(rows / 2 - middle[0] - 0.5)))
    return whole
