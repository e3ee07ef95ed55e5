"""Layers that mix the images of a batch, and one that cuts holes into them."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import random
from tsuno.core.validate import NonNegative
from tsuno.engine import xp
from tsuno.layers.image_base import BatchShape, ImageOptions, RandomImageLayer, Share, ValueRange, spread, where_chosen
from tsuno.layers.image_color import RandomRecoloring

__all__ = ["CutMix", "MixUp", "RandomErasing"]


class MixUp(RandomImageLayer):
    """Blend each image, label and mask with another of the batch: weight · own + (1 - weight) · other.

    The weight is drawn for each image from the beta distribution. Bounding boxes of both images are kept. Labels must
    be numbers that can be blended, such as one-hot vectors.

    Args:
        alpha: both parameters of the beta distribution; small ones make weights near 0 and 1.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> batch = {"images": np.zeros((2, 4, 4, 3)), "labels": np.eye(2)}
        >>> mixed = tsuno.layers.MixUp(seed=1)(batch)
        >>> mixed["labels"].sum(axis=-1).tolist()
        [1.0, 1.0]

    Source: Hongyi Zhang et al., *mixup: Beyond Empirical Risk Minimization*, 2018.
    """

    def __init__(
        self,
        alpha: NonNegative = 0.2,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.alpha = alpha

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        order = random.shuffle(xp.arange(shape[0]), seed=seed)
        return {"permutation_order": order, "mix_weight": random.beta(shape[:1], self.alpha, self.alpha, seed=seed)}

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        return _blended(images, transformation).astype(images.dtype)

    def transform_labels(self, labels: Any, transformation: Any = None, training: bool = True) -> Any:
        return _blended(labels, transformation) if self._applies(transformation, training) else labels

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self.transform_labels(segmentation_masks, transformation, training)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        if not self._applies(transformation, training):
            return bounding_boxes
        order = transformation["permutation_order"]
        return {key: xp.concatenate([xp.asarray(x), xp.asarray(x)[order]], axis=1) for key, x in bounding_boxes.items()}


class CutMix(RandomImageLayer):
    """Put a box from another image of the batch into each image; labels are blended by the areas.

    Args:
        factor: the parameter of the beta distribution that areas come from: drawn from 0 to this number, or from a
            range.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> batch = {"images": np.zeros((2, 4, 4, 3)), "labels": np.eye(2)}
        >>> mixed = tsuno.layers.CutMix(seed=1)(batch)
        >>> mixed["labels"].sum(axis=-1).round(3).tolist()
        [1.0, 1.0]

    Source: Sangdoo Yun et al., *CutMix: Regularization Strategy to Train Strong Classifiers with Localizable
    Features*, 2019.
    """

    def __init__(
        self,
        factor: Share = 1.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = spread(factor, 0)

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        batch, height, width, _ = shape
        low, high = self.factor
        alpha = random.uniform((), low, high, seed=seed) + 1e-6
        ratio = xp.sqrt(1 - random.beta((batch,), alpha, alpha, seed=seed))
        columns, rows = _interval(width, ratio, seed), _interval(height, ratio, seed)
        area = (columns[1] - columns[0]) * (rows[1] - rows[0]) / (width * height)
        order = random.shuffle(xp.arange(batch), seed=seed)
        inside = _inside(columns, rows, shape)
        if self.data_format == "channels_first":
            inside = xp.moveaxis(inside, -1, 1)
        return {"permutation_order": order, "batch_masks": inside, "mix_weight": 1 - area}

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        return xp.where(transformation["batch_masks"], images[transformation["permutation_order"]], images)

    def transform_labels(self, labels: Any, transformation: Any = None, training: bool = True) -> Any:
        return _blended(labels, transformation) if self._applies(transformation, training) else labels

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        if not self._applies(transformation, training):
            return segmentation_masks
        return self._transform_images(xp.asarray(segmentation_masks), transformation, "nearest")

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        raise NotImplementedError(
            f"`{self.path}` (CutMix) does not know what becomes of bounding boxes that it cuts; leave them out."
        )


class RandomErasing(RandomRecoloring):
    """Fill a box in a random part of the images with noise or a constant.

    Args:
        factor: the probability that an image is changed: drawn from 0 to this number, or from a range.
        scale: the square of the box's height as a part of the image's, drawn from 0 to this number or from a range;
            the same for its width.
        fill_value: what the box is filled with: a number, three of them for three channels, or None for normal noise
            times the highest value.
        value_range: the lowest and the highest value of a pixel; what fills the box stays within.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomErasing((1.0, 1.0), scale=(0.25, 0.25), fill_value=9, seed=1)
        >>> int((layer(np.zeros((1, 8, 8, 1))) == 9).sum())
        16

    Source: Zhun Zhong et al., *Random Erasing Data Augmentation*, 2017.
    """

    def __init__(
        self,
        factor: Share = 1.0,
        scale: Share = (0.02, 0.33),
        fill_value: Any = None,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        if isinstance(fill_value, (list, tuple)) and len(fill_value) != 3:
            raise ValueError(
                f"`{type(self).__name__}.fill_value` must be None, a number or three numbers; got {fill_value!r}."
            )
        self.factor, self.scale = spread(factor, 0), spread(scale, 0)
        self.fill_value, self.value_range = fill_value, value_range

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        batch, height, width, _ = shape
        ratios = xp.sqrt(random.uniform((batch, 2), *self.scale, seed=seed))
        columns = _interval(width, ratios[:, 0], seed)
        inside = _inside(columns, _interval(height, ratios[:, 1], seed), shape)
        chosen = self._chosen(batch, seed)
        noisy = self.fill_value is None
        fill = (
            random.normal(shape, seed=seed) * self.value_range[1] if noisy else xp.asarray(self.fill_value, "float32")
        )
        return {"apply_erasing": chosen, "batch_masks": inside, "fill_value": xp.clip(fill, *self.value_range)}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        filled = xp.where(transformation["batch_masks"], transformation["fill_value"].astype(images.dtype), images)
        return where_chosen(transformation["apply_erasing"], filled, images)


def _blended(x: Any, transformation: Any) -> Any:
    """Each sample mixed with the one that comes to its place."""
    x = xp.asarray(x)
    weight = transformation["mix_weight"].reshape(-1, *(1,) * (x.ndim - 1))
    return weight * x + (1 - weight) * x[transformation["permutation_order"]]


def _interval(length: int, ratio: Any, seed: Any) -> tuple[Any, Any]:
    """For each image, an interval of a part of an axis at a random place: where it begins and ends, in pixels."""
    size = ratio * length
    start = random.uniform(ratio.shape, 0.0, 1.0, seed=seed) * (length - size)
    return start, start + size


def _inside(columns: tuple[Any, Any], rows: tuple[Any, Any], shape: BatchShape) -> Any:
    """Which pixels (batch, height, width, 1) are within intervals of the columns and rows."""

    def between(bounds: tuple[Any, Any], length: int) -> Any:
        position = xp.arange(length)
        return (position >= bounds[0][:, None]) & (position < bounds[1][:, None])

    _, height, width, _ = shape
    return (between(rows, height)[:, :, None] & between(columns, width)[:, None])[..., None]
