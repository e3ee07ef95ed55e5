"""Layers that move the pixels of images, and masks and boxes with them.

A `Warp` says where each new pixel is read in the old image, by the eight numbers of a projective transform, as
`ops.image.affine_transform` takes them. Boxes go the opposite way: the box around a box's four moved corners.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Unpack

from tsuno import engine, random
from tsuno.core.seeds import draw_key
from tsuno.core.validate import Check, Fraction
from tsuno.engine import xp
from tsuno.layers.image_base import (
    AsGiven,
    BaseImagePreprocessingLayer,
    BatchShape,
    Fill,
    ImageOptions,
    Interpolation,
    RandomImageLayer,
    Share,
    Signed,
    ValueRange,
    spread,
    where_chosen,
)
from tsuno.ops import image
from tsuno.ops.bounding_boxes import clip_to_image_size, convert_format
from tsuno.ops.image.warping import homography

__all__ = [
    "RandomElasticTransform", "RandomFlip", "RandomPerspective", "RandomRotation", "RandomShear", "RandomTranslation",
    "RandomZoom",
]  # fmt: skip


class Moving(BaseImagePreprocessingLayer):
    """Base of layers that move pixels: masks move with the images, and boxes too."""

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        masks = xp.asarray(segmentation_masks)
        if not self._applies(transformation, training):
            return masks
        return self._transform_images(masks.astype(self.compute_dtype), transformation, "nearest").astype(masks.dtype)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        if not self._applies(transformation, training):
            return bounding_boxes
        return self._move_boxes(bounding_boxes, transformation)

    def _move_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        raise NotImplementedError(
            f"`{self.path}` ({type(self).__name__}) does not know where bounding boxes go; leave them out."
        )

    def _boxes_by(self, move: Callable[[Any], Any], bounding_boxes: Any, old: Any, new: Any) -> Any:
        """Bounding boxes moved by a function of (batch, boxes, [x1, y1, x2, y2]) in pixels, cut at the new edges.

        Args:
            move: the function.
            bounding_boxes: the boxes in the layer's format.
            old: height and width of the images before.
            new: height and width of the images after.
        """
        kind, known = self.bounding_box_format or "xyxy", dict(bounding_boxes)
        boxes = convert_format(known["boxes"], source=kind, target="xyxy", height=old[0], width=old[1])
        known["boxes"] = move(boxes)
        known = clip_to_image_size(known, height=new[0], width=new[1], bounding_box_format="xyxy")
        return convert_format(known, source="xyxy", target=kind, height=new[0], width=new[1])


class RandomFlip(Moving, RandomImageLayer):
    """Mirror a random half of the images.

    Args:
        mode: `"horizontal"` (left and right change places), `"vertical"` or `"horizontal_and_vertical"`.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> rows = np.array([[[[1.0], [2.0]]]] * 8)
        >>> flipped = tsuno.layers.RandomFlip("horizontal", seed=1)(rows)
        >>> sorted({tuple(row) for row in flipped.squeeze().tolist()})
        [(1.0, 2.0), (2.0, 1.0)]
    """

    def __init__(
        self,
        mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.mode = mode

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        flips = random.uniform((shape[0], 1, 1, 1), seed=seed) <= 0.5
        return {"flips": flips, "height": shape[1], "width": shape[2]}

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        row_axis, column_axis = (1, 2) if self.data_format == "channels_last" else (2, 3)
        axes = [row_axis] * ("vertical" in self.mode) + [column_axis] * ("horizontal" in self.mode)
        return where_chosen(transformation["flips"], xp.flip(images, axes), images)

    def _move_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        height, width = transformation["height"], transformation["width"]

        def flip(boxes: Any) -> Any:
            x1, y1, x2, y2 = xp.moveaxis(boxes, -1, 0)
            if "horizontal" in self.mode:
                x1, x2 = width - x2, width - x1
            if "vertical" in self.mode:
                y1, y2 = height - y2, height - y1
            return where_chosen(transformation["flips"], xp.stack([x1, y1, x2, y2], axis=-1), boxes)

        return self._boxes_by(flip, bounding_boxes, (height, width), (height, width))


class Warp(Moving, RandomImageLayer):
    """Base of layers that read each new pixel by a projective transform, drawn for each image."""

    fill_mode: str
    fill_value: float

    def _numbers(self, transformation: Any) -> Any:
        """The eight numbers (batch, 8) of the transform."""
        raise NotImplementedError(f"{type(self).__name__} must define `_numbers`.")

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        numbers = self._numbers(transformation)
        return image.affine_transform(images, numbers, interpolation, self.fill_mode, self.fill_value, self.data_format)

    def _move_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        size = transformation["height"], transformation["width"]
        numbers = self._numbers(transformation).astype("float32")
        matrix = xp.concatenate([numbers, xp.ones_like(numbers[:, :1])], axis=-1).reshape(-1, 3, 3)
        forward = xp.linalg.inv(matrix)

        def move(boxes: Any) -> Any:
            corners = xp.stack([boxes[..., [0, 2, 0, 2]], boxes[..., [1, 1, 3, 3]], xp.ones_like(boxes)], axis=-1)
            moved = xp.einsum("bncj,bij->bnci", corners, forward)
            points = moved[..., :2] / moved[..., 2:]
            return xp.concatenate([points.min(axis=-2), points.max(axis=-2)], axis=-1)

        return self._boxes_by(move, bounding_boxes, size, size)


def _affine(a0: Any, a1: Any, a2: Any, b0: Any, b1: Any, b2: Any) -> Any:
    """The eight numbers (batch, 8) of affine transforms, each of shape (batch,) or a constant."""
    columns = xp.broadcast_arrays(*map(xp.asarray, (a0, a1, a2, b0, b1, b2, 0.0, 0.0)))
    return xp.stack(columns, axis=-1)


class RandomRotation(Warp):
    """Turn each image around its centre.

    Args:
        factor: by which part of a full turn: a number f from 0 to 1 for the range from -f to f, or the range; positive
            angles turn anticlockwise.
        fill_mode: what lies beyond the edges of a b c d: `"reflect"` (b a|a b c d|d c), `"wrap"` (c d|a b c d|a b),
            `"nearest"` (a a|a b c d|d d) or `"constant"` (`fill_value`).
        interpolation: `"nearest"` or `"bilinear"`; masks always use the nearest pixel.
        seed: an integer for reproducible draws.
        fill_value: what lies beyond the edges for `fill_mode="constant"`.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> quarter = tsuno.layers.RandomRotation((0.25, 0.25), interpolation="nearest")
        >>> quarter(np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]])).squeeze().tolist()
        [[2.0, 4.0], [1.0, 3.0]]
    """

    def __init__(
        self,
        factor: Signed,
        fill_mode: Fill = "reflect",
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor, self.fill_mode, self.interpolation, self.fill_value = factor, fill_mode, interpolation, fill_value

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        low, high = self.factor
        angle = random.uniform((shape[0],), low * 360, high * 360, seed=seed)
        return {"angle": angle, "height": shape[1], "width": shape[2]}

    def _numbers(self, transformation: Any) -> Any:
        angle = transformation["angle"] * (math.pi / 180)
        cos, sin = xp.cos(angle), xp.sin(angle)
        x, y = (transformation["width"] - 1) / 2, (transformation["height"] - 1) / 2
        return _affine(cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos)


class RandomTranslation(Warp):
    """Move each image up or down and left or right.

    Args:
        height_factor: how far down, as a part of the height: a number f from 0 to 1 for the range from -f to f, or the
            range.
        width_factor: how far right, as a part of the width, in the same form.
        fill_mode: what lies beyond the edges, as for `RandomRotation`.
        interpolation: `"nearest"` or `"bilinear"`; masks always use the nearest pixel.
        seed: an integer for reproducible draws.
        fill_value: what lies beyond the edges for `fill_mode="constant"`.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> right = tsuno.layers.RandomTranslation(0.0, (0.5, 0.5), fill_mode="constant")
        >>> right(np.array([[[[1.0], [2.0]]]])).squeeze().tolist()
        [0.0, 1.0]
    """

    def __init__(
        self,
        height_factor: AsGiven,
        width_factor: AsGiven,
        fill_mode: Fill = "reflect",
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        batch, height, width, _ = shape
        down = random.uniform((batch, 1), *spread(self.height_factor), seed=seed) * height
        right = random.uniform((batch, 1), *spread(self.width_factor), seed=seed) * width
        return {"translations": xp.concatenate([right, down], axis=1), "height": height, "width": width}

    def _numbers(self, transformation: Any) -> Any:
        right, down = transformation["translations"].T
        return _affine(1.0, 0.0, -right, 0.0, 1.0, -down)


def _above_minus_one(value: Any) -> Any:
    numbers = value if isinstance(value, (list, tuple)) else (-abs(value), value)
    low, high = sorted(map(float, numbers))
    if not -1 < low <= high <= 1:
        raise ValueError
    return value


Zoom = Annotated[Any, Check("a number, or a pair of numbers, above -1 and up to 1", _above_minus_one)]


class RandomZoom(Warp):
    """Zoom each image in or out, around its centre.

    Args:
        height_factor: by how much: a number f for the range from -f to f, or the range, above -1 and up to 1; 0.2 makes
            things smaller (a picture 20% higher is seen), -0.2 larger.
        width_factor: the same for the width; None keeps the proportions.
        fill_mode: what lies beyond the edges, as for `RandomRotation`.
        interpolation: `"nearest"` or `"bilinear"`; masks always use the nearest pixel.
        seed: an integer for reproducible draws.
        fill_value: what lies beyond the edges for `fill_mode="constant"`.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> larger = tsuno.layers.RandomZoom((-0.5, -0.5), interpolation="nearest")
        >>> larger(np.arange(16.0).reshape(1, 4, 4, 1)).squeeze()[1].tolist()
        [5.0, 5.0, 6.0, 6.0]
    """

    def __init__(
        self,
        height_factor: Zoom,
        width_factor: Zoom | None = None,
        fill_mode: Fill = "reflect",
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        def zoom(factor: Any) -> Any:
            low, high = spread(factor)
            return random.uniform((shape[0], 1), 1 + low, 1 + high, seed=seed)

        height_zoom = zoom(self.height_factor)
        width_zoom = height_zoom if self.width_factor is None else zoom(self.width_factor)
        return {"height_zoom": height_zoom, "width_zoom": width_zoom, "height": shape[1], "width": shape[2]}

    def _numbers(self, transformation: Any) -> Any:
        across, down = transformation["width_zoom"][:, 0], transformation["height_zoom"][:, 0]
        x, y = (transformation["width"] - 1) / 2, (transformation["height"] - 1) / 2
        return _affine(across, 0.0, x * (1 - across), 0.0, down, y * (1 - down))


class RandomShear(Warp):
    """Shift each row in proportion to its number, and each column.

    Args:
        x_factor: by how many pixels to shift each row more than the row above: a number f from 0 to 1 for the range
            from -f to f, or the range.
        y_factor: the same for columns.
        interpolation: `"nearest"` or `"bilinear"`; masks always use the nearest pixel.
        fill_mode: what lies beyond the edges, as for `RandomRotation`.
        fill_value: what lies beyond the edges for `fill_mode="constant"`.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomShear(x_factor=0.3, y_factor=0.1, seed=1)
        >>> layer(np.zeros((2, 4, 4, 3))).shape
        (2, 4, 4, 3)
    """

    def __init__(
        self,
        x_factor: Signed = 0.0,
        y_factor: Signed = 0.0,
        interpolation: Interpolation = "bilinear",
        fill_mode: Fill = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.x_factor, self.y_factor = spread(x_factor), spread(y_factor)
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        size = (shape[0], 1)
        sign = xp.where(random.uniform(size, seed=seed) > 0.5, -1.0, 1.0)
        down = random.uniform(size, *self.y_factor, seed=seed)
        across = random.uniform(size, *self.x_factor, seed=seed)
        factor = xp.concatenate([across, down], axis=1) * sign
        return {"shear_factor": factor, "height": shape[1], "width": shape[2]}

    def _numbers(self, transformation: Any) -> Any:
        across, down = transformation["shear_factor"].T
        return _affine(1.0, across, 0.0, down, 1.0, 0.0)


class RandomPerspective(Warp):
    """Look at a random part of the images from another side.

    Each corner moves by up to half of `scale` times its distance from the left and upper edges.

    Args:
        factor: the probability that an image is changed: drawn from 0 to this number, or from a range.
        scale: how far corners move, from 0 to 1.
        interpolation: `"nearest"` or `"bilinear"`; masks always use the nearest pixel.
        fill_value: what lies beyond the edges.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomPerspective((1.0, 1.0), scale=0.5, seed=1)
        >>> layer(np.zeros((2, 4, 4, 3))).shape
        (2, 4, 4, 3)
    """

    fill_mode = "constant"

    def __init__(
        self,
        factor: Share = 1.0,
        scale: Fraction = 1.0,
        interpolation: Interpolation = "bilinear",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor, self.scale = spread(factor, 0), scale
        self.interpolation, self.fill_value = interpolation, fill_value

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        batch, height, width, _ = shape
        chosen = self._chosen(batch, seed)
        moves = random.uniform((batch, 4, 2), -self.scale / 2, self.scale / 2, seed=seed)
        right, bottom = width - 1.0, height - 1.0
        corners = xp.asarray([[[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]]])
        start = xp.broadcast_to(corners, moves.shape)
        points = {"start_points": start, "end_points": start + start * moves}
        return {"apply_perspective": chosen, **points, "height": height, "width": width}

    def _numbers(self, transformation: Any) -> Any:
        numbers = homography(transformation["start_points"], transformation["end_points"])
        return where_chosen(transformation["apply_perspective"], numbers, xp.asarray([1.0, 0, 0, 0, 1, 0, 0, 0])[None])


class RandomElasticTransform(Moving, RandomImageLayer):
    """Bend a random part of the images, as if drawn on rubber.

    Smooth noise says how far each pixel moves, by the same distance down and to the right.

    Args:
        factor: the probability that an image is changed: drawn from 0 to this number, or from a range.
        scale: how strongly to bend: drawn from 0 to this number (at most 1), or from a range.
        interpolation: `"nearest"` or `"bilinear"`; masks always use the nearest pixel.
        fill_mode: what lies beyond the edges, as for `RandomRotation`; also `"mirror"` (c b|a b c d|c b).
        fill_value: what lies beyond the edges for `fill_mode="constant"`.
        value_range: the lowest and the highest value of a pixel; results stay within.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomElasticTransform(seed=1)
        >>> layer(np.zeros((2, 8, 8, 3))).shape
        (2, 8, 8, 3)

    Source: Patrice Simard, Dave Steinkraus and John Platt, *Best Practices for Convolutional Neural Networks Applied
    to Visual Document Analysis*, 2003.
    """

    def __init__(
        self,
        factor: Share = 1.0,
        scale: Share = 1.0,
        interpolation: Interpolation = "bilinear",
        fill_mode: Literal["constant", "nearest", "wrap", "mirror", "reflect"] = "reflect",
        fill_value: float = 0.0,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor, self.scale, self.value_range = spread(factor, 0), spread(scale, 0), value_range
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        if self.scale[1] == 0 or self.factor[1] == 0:
            return None
        chosen = self._chosen(shape[0], seed)
        strength = random.uniform((), *self.scale, seed=seed)
        return {"apply_transform": chosen, "distortion_factor": strength, "seed": draw_key(seed)}

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        last = self.data_format == "channels_last"
        x = images if last else xp.moveaxis(images, 1, -1)
        _, height, width, _ = x.shape
        shift = self._shift(x.shape[:3], transformation["distortion_factor"], transformation["seed"])
        places = xp.stack([xp.arange(height)[:, None] + shift, xp.arange(width) + shift], axis=1)
        order = ("nearest", "bilinear").index(interpolation)

        def read(plane: Any, place: Any) -> Any:
            return image.map_coordinates(plane, place, order, self.fill_mode, self.fill_value)

        bent = engine.vmap(engine.vmap(read, (-1, None), -1))(x, places)
        x = xp.clip(where_chosen(transformation["apply_transform"], bent, x), *self.value_range)
        return x if last else xp.moveaxis(x, -1, 1)

    def _shift(self, shape: Any, strength: Any, key: Any) -> Any:
        """How far each pixel (batch, height, width) moves."""
        _, height, width = shape
        sigma = 0.05 * strength * min(height, width)

        def weights(offset: Any) -> Any:
            near = abs(offset) <= 3 * sigma
            return xp.where(near, xp.exp(-0.5 * (offset / xp.maximum(sigma, 1e-6)) ** 2), 0)

        def smoothing(size: int) -> Any:
            """The matrix that smooths an axis: a program cannot have a window of a size that is drawn."""
            place = xp.arange(size)
            return weights(place[:, None] - place) / weights(xp.arange(-size, size + 1)).sum()

        noise = engine.normal(key, shape) * sigma
        return smoothing(height) @ noise @ smoothing(width) * (0.1 * strength * max(height, width))
