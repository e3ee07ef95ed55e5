"""Augmentation: draw a transformation for the batch, then apply it to the images and to all that belongs to them.

A layer of images is its draw (`_draw`) and what it does to images (`_transform_images`); this module does the rest for
all of them: single images and batches, both layouts, integers, and dicts with `images`, `labels`, `bounding_boxes` and
`segmentation_masks`. A layer that is deterministic draws nothing. In inference random layers change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, Unpack

from tsuno import ops, random
from tsuno.core import tree
from tsuno.core.dtypes import is_float
from tsuno.core.errors import invalid
from tsuno.core.registry import in_library
from tsuno.core.seeds import SeedGenerator
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import Check, check
from tsuno.engine import xp
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions

BoxFormat = Literal[
    "xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"
]
Fill = Literal["constant", "nearest", "wrap", "reflect"]
Interpolation = Literal["nearest", "bilinear"]
Pair = tuple[float, float]
BatchShape = tuple[int, int, int, int]
"""(batch, height, width, channels), in both layouts."""

_PARTS = {
    "images": "image", "bounding_boxes": "bounding_box", "labels": "label", "segmentation_masks": "segmentation_mask",
}  # fmt: skip


class ImageOptions(LayerOptions, total=False):
    """What every layer of images takes."""

    bounding_box_format: BoxFormat | None


class LayoutOptions(ImageOptions, total=False):
    """The same and the layout, for layers that do not name it themselves."""

    data_format: str | None


class BaseImagePreprocessingLayer(Layer):
    """Base of layers of images.

    Subclasses define `_draw` and `_transform_images`, or override the public methods.

    Args:
        bounding_box_format: what the four numbers of a box are, for inputs with `bounding_boxes`.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        factor: for layers of your own: a range of strengths, kept as a pair; 0.2 is (-0.2, 0.2).
    """

    always: ClassVar[bool] = False
    """Whether it does in inference what it does in training."""
    keeps_integers: ClassVar[bool] = False
    """Whether images of integers come out as integers; they come out in the dtype computed in otherwise."""
    interpolation: str = "bilinear"
    generator: SeedGenerator | None = None
    factor: Any

    def __init__(
        self,
        bounding_box_format: BoxFormat | None = None,
        data_format: str | None = None,
        factor: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.bounding_box_format = bounding_box_format
        self.data_format = standardize_data_format(data_format)
        if factor is not None:
            if in_library(type(self)):
                raise TypeError(f"{type(self).__name__} takes no `factor`; got {factor!r}. Leave it out.")
            self.factor = check(Signed, factor, f"{type(self).__name__}.factor")

    # ------------------------------------------------------------------ what a layer defines

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        """A transformation for a batch of images of shape (batch, height, width, channels)."""
        return None

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        """A batch of images, in the dtype computed in, transformed."""
        raise NotImplementedError(f"{type(self).__name__} must define `_transform_images`.")

    def _as_integers(self, images: Any, dtype: Any) -> Any:
        return ops.saturate_cast(xp.round(images), dtype)

    def _applies(self, transformation: Any, training: bool) -> bool:
        return training or self.always

    # ------------------------------------------------------------------ what all do

    def call(self, data: Any, training: bool = True) -> Any:
        whole = data if isinstance(data, dict) else {"images": data}
        if "images" not in whole:
            raise ValueError(f"`{self.path}` needs the key 'images' in its input; got the keys {sorted(whole)}.")
        single = len(self._shape(whole)) == 3
        transformation = self.get_random_transformation(data, training=training)
        result = dict(whole)
        for part, name in _PARTS.items():
            if part in whole:
                value = self._dense(whole[part]) if part == "bounding_boxes" else whole[part]
                apply = getattr(self, f"transform_single_{name}" if single else f"transform_{part}")
                result[part] = apply(value, transformation=transformation, training=training)
        return result if isinstance(data, dict) else result["images"]

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """What to do to a batch (or to one image): drawn anew at each call, None where nothing is to be done."""
        if not (training or self.always):
            return None
        shape = self._shape(data)
        if self.data_format == "channels_first":
            shape = (*shape[:-3], *shape[-2:], shape[-3])
        batched: Any = shape if len(shape) == 4 else (1, *shape)
        return self._draw(batched, self.generator if seed is None else seed)

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        """A batch of images, transformed."""
        images = xp.asarray(images)
        if not self._applies(transformation, training):
            return images if self.keeps_integers else images.astype(self.compute_dtype)
        changed = self._transform_images(images.astype(self.compute_dtype), transformation, self.interpolation)
        if self.keeps_integers and not is_float(images.dtype):
            return self._as_integers(changed, images.dtype)
        return changed.astype(self.compute_dtype)

    def transform_labels(self, labels: Any, transformation: Any = None, training: bool = True) -> Any:
        """Their labels, transformed; most layers leave them as they are."""
        return labels

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        """Their bounding boxes, a dict of `boxes` (batch, boxes, 4) and `labels` (batch, boxes), transformed."""
        return bounding_boxes

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """Their masks (batch, height, width, 1), transformed."""
        return segmentation_masks

    def transform_single_image(self, image: Any, transformation: Any = None, training: bool = True) -> Any:
        """One image by itself, transformed; the same for what belongs to it below."""
        return _alone(self.transform_images, image, transformation, training)

    def transform_single_label(self, label: Any, transformation: Any = None, training: bool = True) -> Any:
        return _alone(self.transform_labels, label, transformation, training)

    def transform_single_bounding_box(
        self, bounding_box: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return _alone(self.transform_bounding_boxes, bounding_box, transformation, training)

    def transform_single_segmentation_mask(
        self, segmentation_mask: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return _alone(self.transform_segmentation_masks, segmentation_mask, transformation, training)

    def _convert(self, value: Any) -> Any:
        """Boxes keep their precision, whatever the images are computed in."""
        converted = super()._convert(value)
        if isinstance(value, dict) and "bounding_boxes" in value:
            converted["bounding_boxes"] = value["bounding_boxes"]
        return converted

    def _shape(self, data: Any) -> tuple[int, ...]:
        images = data["images"] if isinstance(data, dict) else data
        if len(images.shape) not in (3, 4):
            raise invalid(f"{self.path}.images", "one image (3 axes) or a batch of images (4 axes)", images)
        return tuple(images.shape)

    def _dense(self, bounding_boxes: Any) -> dict[str, Any]:
        """Bounding boxes as arrays; lists of unequal length are filled up with empty boxes of label -1."""
        fix = "Pass for example bounding_box_format='xyxy'."
        if self.bounding_box_format is None:
            raise ValueError(f"`{self.path}` needs a `bounding_box_format` for an input with bounding boxes. {fix}")
        if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
            raise invalid(f"{self.path}.bounding_boxes", "a dict with 'boxes' and 'labels'", bounding_boxes)
        boxes = _filled(bounding_boxes["boxes"], 0)
        if len(boxes.shape) not in (2, 3) or boxes.shape[-1] != 4:
            raise invalid(f"{self.path}.boxes", "of shape (batch, boxes, 4) or (boxes, 4)", boxes)
        return {**bounding_boxes, "boxes": boxes.astype("float32"), "labels": _filled(bounding_boxes["labels"], -1)}

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        silent = ("bounding_box_format", "factor")
        return {key: value for key, value in config.items() if value is not None or key not in silent}


class RandomImageLayer(BaseImagePreprocessingLayer):
    """Base of layers that draw.

    Args:
        seed: an integer for reproducible draws.
        **kwargs: the arguments of `BaseImagePreprocessingLayer`.
    """

    def __init__(self, seed: int | None = None, **kwargs: Unpack[LayoutOptions]) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def _applies(self, transformation: Any, training: bool) -> bool:
        return training and transformation is not None

    def _chosen(self, batch: int, seed: Any) -> Any:
        """Which images are to be changed: each with a probability drawn from the range `factor`."""
        low, high = self.factor
        probability = random.uniform((batch,), low, high, seed=seed)
        return random.uniform((batch,), seed=seed) < probability


def where_chosen(chosen: Any, changed: Any, images: Any) -> Any:
    """The changed images where chosen (batch,), the others as they were."""
    return xp.where(chosen.reshape(-1, *(1,) * (images.ndim - 1)), changed, images)


def _alone(transform: Callable[..., Any], value: Any, transformation: Any, training: bool) -> Any:
    """One sample transformed as a batch of one."""
    batch = tree.map_structure(lambda x: xp.asarray(x)[None], value)
    return tree.map_structure(lambda x: x[0], transform(batch, transformation=transformation, training=training))


def _filled(value: Any, empty: int) -> Any:
    """An array of a list of arrays that may differ in length."""
    if not isinstance(value, (list, tuple)):
        return xp.asarray(value)
    rows = [xp.asarray(row) for row in value]
    length = max((len(row) for row in rows), default=0)
    pads = [[(0, length - len(row)), *[(0, 0)] * (row.ndim - 1)] for row in rows]
    padded = [xp.pad(row, pad, constant_values=empty) for row, pad in zip(rows, pads, strict=True)]
    return xp.stack(padded) if padded else xp.zeros((0,))


# ---------------------------------------------------------------------- ranges that arguments give


def spread(factor: Any, low: float = -1.0) -> Pair:
    """The range that a factor stands for: from -factor (but no lower than `low`) to factor, or a pair of numbers."""
    if isinstance(factor, (list, tuple)):
        lower, upper = sorted(factor)
        return lower, upper
    return max(-abs(factor), low), abs(factor)


def _range(low: float, high: float, convert: Callable[[Any], Any] | None = None) -> Check:
    """A number or a pair of numbers; a pair must meet the bounds, as Keras asks, not lie within them."""

    def plain(value: Any) -> Any:
        if isinstance(value, (str, bool)):
            raise ValueError
        numbers = value if isinstance(value, (list, tuple)) else (value, value)
        first, last = (float(number) for number in numbers)
        inside = first <= high and last >= low if numbers is value else low <= first <= high
        if not inside:
            raise ValueError
        return convert(value) if convert else spread(value, low)

    return Check(f"a number or a pair of numbers from {low:g} to {high:g}", plain)


def _two(value: Any) -> Pair:
    low, high = sorted(value)
    if not low < high:
        raise ValueError
    return low, high


Signed = Annotated[Any, _range(-1, 1)]
"""A range of factors: `0.2` is (-0.2, 0.2)."""
Share = Annotated[Any, _range(0, 1)]
"""A range of fractions: `0.2` is (0, 0.2)."""
AsGiven = Annotated[Any, _range(-1, 1, lambda value: value)]
"""A range of factors, kept in the form that it was given in."""
ValueRange = Annotated[Any, Check("a pair of numbers, the lowest and the highest value of a pixel", _two)]


def rescaled(images: Any, source: Pair, target: Pair) -> Any:
    """Values of one range brought into another."""
    if tuple(source) == tuple(target):
        return images
    unit = (images - source[0]) / (source[1] - source[0])
    return unit * (target[1] - target[0]) + target[0]
