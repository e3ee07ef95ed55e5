"""Layers that give images another size or another scale of values, and a fixed number of boxes."""

from __future__ import annotations

from typing import Any, Literal, Unpack

from tsuno import engine, random
from tsuno.core.settings import image_data_format
from tsuno.core.validate import PositiveInt
from tsuno.engine import xp
from tsuno.layers.base import Layer
from tsuno.layers.image_base import (
    BaseImagePreprocessingLayer,
    BatchShape,
    ImageOptions,
    LayoutOptions,
    RandomImageLayer,
)
from tsuno.layers.image_warping import Moving
from tsuno.layers.parts import LayerOptions
from tsuno.ops import image

__all__ = ["CenterCrop", "MaxNumBoundingBoxes", "RandomCrop", "Rescaling", "Resizing"]


class Rescaling(Layer):
    """Multiply by a constant and add another: inputs · scale + offset.

    Args:
        scale: the factor, or one for each channel; 1 / 255 brings bytes to the range from 0 to 1.
        offset: what is added, or one for each channel.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Rescaling(1 / 127.5, offset=-1)(np.array([[0, 255]], "uint8")).tolist()
        [[-1.0, 1.0]]
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        scale, offset = (xp.asarray(value, self.compute_dtype) for value in (self.scale, self.offset))
        if image_data_format() == "channels_first":
            scale, offset = (x[:, None, None] if x.ndim == 1 else x for x in (scale, offset))
        return xp.asarray(inputs).astype(self.compute_dtype) * scale + offset


class _Framing(Moving):
    """Base of layers whose results have a given height and width."""

    height: int
    width: int

    def _axes(self, images: Any) -> tuple[int, int]:
        """The axes of height and width."""
        return (images.ndim - 3, images.ndim - 2) if self.data_format == "channels_last" else (-2, -1)

    def _cut(self, images: Any, top: Any, left: Any, height: int, width: int) -> Any:
        """A window of images, which may begin at places known only when a program runs."""
        rows, columns = (axis % images.ndim for axis in self._axes(images))
        start, size = [0] * images.ndim, list(images.shape)
        start[rows], start[columns], size[rows], size[columns] = top, left, height, width
        return engine.dynamic_slice(images, start, size)

    def _resize(self, images: Any, interpolation: str = "bilinear") -> Any:
        return image.resize(images, (self.height, self.width), interpolation, data_format=self.data_format)

    def _window(self, height: int, width: int) -> tuple[int, int, int, int]:
        """The largest window in the middle that has the proportions of the result: top, left, height and width."""
        tall = max(min(height, width * self.height // self.width), 1)
        wide = max(min(width, height * self.width // self.height), 1)
        return (height - tall) // 2, (width - wide) // 2, tall, wide

    def _window_boxes(self, bounding_boxes: Any, old: Any, window: tuple[Any, Any, int, int]) -> Any:
        """Boxes in images of which a window is cut and brought to the size of the result."""
        top, left, tall, wide = window
        corner = xp.stack([xp.asarray(side, "float32") for side in (left, top, left, top)])
        stretch = xp.asarray([self.width / wide, self.height / tall] * 2)
        new = self.height, self.width
        return self._boxes_by(lambda boxes: (boxes - corner) * stretch, bounding_boxes, old, new)


class Resizing(_Framing):
    """Bring images to a height and width; in inference too.

    Args:
        height: the height of the results, in pixels.
        width: the width of the results.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`; masks always use the
            nearest pixel.
        crop_to_aspect_ratio: whether to cut off what does not fit the new proportions, rather than distort.
        pad_to_aspect_ratio: whether to add margins instead.
        fill_mode: what margins hold; `"constant"`.
        fill_value: the value of margins.
        antialias: whether to smooth before making images smaller.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Resizing(2, 3)(np.zeros((1, 8, 8, 3), "uint8")).shape
        (1, 2, 3, 3)
    """

    always = True
    keeps_integers = True

    def __init__(
        self,
        height: PositiveInt,
        width: PositiveInt,
        interpolation: Literal["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"] = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: Literal["constant"] = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width, self.interpolation = height, width, interpolation
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = crop_to_aspect_ratio, pad_to_aspect_ratio
        self.fill_mode, self.fill_value, self.antialias = fill_mode, fill_value, bool(antialias)

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        return {"height": shape[1], "width": shape[2]}

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        return image.resize(
            images, (self.height, self.width), interpolation, self.antialias, self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio, self.fill_mode, self.fill_value, self.data_format,
        )  # fmt: skip

    def _move_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        height, width = transformation["height"], transformation["width"]
        stretch = [self.width / width, self.height / height]
        if self.pad_to_aspect_ratio or self.crop_to_aspect_ratio:
            stretch = [min(stretch) if self.pad_to_aspect_ratio else max(stretch)] * 2
        margin = [(self.width - width * stretch[0]) // 2, (self.height - height * stretch[1]) // 2]
        if not self.pad_to_aspect_ratio:
            margin = [-((width * stretch[0] - self.width) // 2), -((height * stretch[1] - self.height) // 2)]
        factors, shift = xp.asarray(stretch * 2), xp.asarray(margin * 2)

        def move(boxes: Any) -> Any:
            empty = (boxes == boxes[..., :1]).all(axis=-1, keepdims=True)
            return xp.where(empty, 0, boxes * factors + shift)

        return self._boxes_by(move, bounding_boxes, (height, width), (self.height, self.width))


class CenterCrop(_Framing):
    """Cut out the middle of images; in inference too.

    Images smaller than the result are stretched first: the largest window of the right proportions is used.

    Args:
        height: the height of the results, in pixels.
        width: the width of the results.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.CenterCrop(1, 2)(np.arange(12.0).reshape(1, 3, 4, 1)).squeeze().tolist()
        [5.0, 6.0]
    """

    always = True

    def __init__(
        self,
        height: PositiveInt,
        width: PositiveInt,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = height, width

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        return {"height": shape[1], "width": shape[2]}

    def _place(self, height: int, width: int) -> tuple[int, int, int, int]:
        if height >= self.height and width >= self.width:
            return (height - self.height) // 2, (width - self.width) // 2, self.height, self.width
        return self._window(height, width)

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        rows, columns = self._axes(images)
        window = self._cut(images, *self._place(images.shape[rows], images.shape[columns]))
        fits = window.shape[rows] == self.height and window.shape[columns] == self.width
        return window if fits else self._resize(window, interpolation)

    def _move_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        old = transformation["height"], transformation["width"]
        return self._window_boxes(bounding_boxes, old, self._place(*old))


class RandomCrop(_Framing, RandomImageLayer):
    """While training, cut a window out of images: at a random place, the same for the whole batch.

    Of images smaller than the window, the largest part in the middle that has its proportions is stretched. In
    inference images stay as they are.

    Args:
        height: the height of the window, in pixels.
        width: the width of the window.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        name: a name, unique within a model.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.RandomCrop(3, 4, seed=1)(np.zeros((2, 8, 8, 3))).shape
        (2, 3, 4, 3)
    """

    def __init__(
        self,
        height: PositiveInt,
        width: PositiveInt,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format=data_format, name=name, **kwargs)
        self.height, self.width = height, width

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        _, height, width, _ = shape
        size = {"height": height, "width": width}
        if height < self.height or width < self.width:
            return {"window": self._window(height, width), **size}
        top, left = (
            random.uniform((), 0.0, float(room + 1), seed=seed).astype("int32")
            for room in (height - self.height, width - self.width)
        )
        return {"window": (top, left, self.height, self.width), **size}

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        window = transformation["window"]
        cut = self._cut(images, *window)
        return cut if window[2:] == (self.height, self.width) else self._resize(cut, interpolation)

    def _move_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        old = transformation["height"], transformation["width"]
        return self._window_boxes(bounding_boxes, old, transformation["window"])


class MaxNumBoundingBoxes(BaseImagePreprocessingLayer):
    """Give every image the same number of bounding boxes: further ones are dropped, missing ones filled in.

    Args:
        max_number: the number of boxes.
        fill_value: the coordinates and the label of boxes that are filled in.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
        >>> boxes = {"boxes": np.zeros((1, 2, 4)), "labels": np.zeros((1, 2))}
        >>> layer({"images": np.zeros((1, 8, 8, 3)), "bounding_boxes": boxes})["bounding_boxes"]["labels"].tolist()
        [[0.0, 0.0, -1.0]]
    """

    always = True
    keeps_integers = True

    def __init__(self, max_number: PositiveInt, fill_value: int = -1, **kwargs: Unpack[LayoutOptions]) -> None:
        super().__init__(**kwargs)
        self.max_number, self.fill_value = max_number, int(fill_value)

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return images

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        def fit(x: Any) -> Any:
            x = xp.asarray(x)[:, : self.max_number]
            margins = [(0, 0), (0, self.max_number - x.shape[1]), *[(0, 0)] * (x.ndim - 2)]
            return xp.pad(x, margins, constant_values=self.fill_value)

        return {key: fit(value) for key, value in bounding_boxes.items()}
