"""Layers that change the colours of images and leave shapes, labels, boxes and masks alone.

Each is a draw and a function of images with channels last (`_recolor`); the layout is dealt with once, in `Recoloring`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

from tsuno import random
from tsuno.core.settings import epsilon
from tsuno.core.validate import Fraction, check
from tsuno.engine import xp
from tsuno.layers.image_base import (
    BaseImagePreprocessingLayer,
    BatchShape,
    ImageOptions,
    LayoutOptions,
    RandomImageLayer,
    Share,
    Signed,
    ValueRange,
    rescaled,
)
from tsuno.ops import image

__all__ = [
    "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomGrayscale",
    "RandomHue", "RandomSaturation",
]  # fmt: skip


class Recoloring(BaseImagePreprocessingLayer):
    """Base of layers that change colours only: `_recolor` works on channels last."""

    def _recolor(self, images: Any, transformation: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `_recolor`.")

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        if self.data_format == "channels_last":
            return self._recolor(images, transformation)
        return xp.moveaxis(self._recolor(xp.moveaxis(images, -3, -1), transformation), -1, -3)


class RandomRecoloring(Recoloring, RandomImageLayer):
    """Base of layers that change colours at random."""


class ByFactor(RandomRecoloring):
    """Base of layers that draw a factor for each image.

    Args:
        factor: the range of factors, in one of the forms of `factors`.
        value_range: the lowest and the highest value of a pixel.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: the arguments of every layer, see `Layer`.
    """

    factors: ClassVar[Any] = Share

    def __init__(
        self,
        factor: Any,
        value_range: ValueRange = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = check(self.factors, factor, f"{type(self).__name__}.factor")
        self.value_range = value_range

    def _factors(self, batch: int, seed: Any) -> Any:
        low, high = self.factor
        return random.uniform((batch,), low, high, seed=seed)

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        return {"factor": self._factors(shape[0], seed)}


def per_image(factors: Any, images: Any) -> Any:
    """Factors (batch,), or of any shape with as many values, to multiply images with."""
    return factors.reshape(-1, 1, 1, 1).astype(images.dtype)


class RandomBrightness(ByFactor):
    """Add to each image a constant: a factor drawn from a range, times the width of `value_range`.

    Args:
        factor: a number f from 0 to 1 for the range from -f to f, or the range; -1 is black, 1 is white.
        value_range: the lowest and the highest value of a pixel; results stay within.
        seed: an integer for reproducible draws.
        **kwargs: `data_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomBrightness((0.2, 0.2), value_range=(0, 1))
        >>> layer(np.zeros((1, 1, 1, 3))).round(1).tolist()
        [[[[0.20000000298023224, 0.20000000298023224, 0.20000000298023224]]]]
    """

    factors = Signed

    def __init__(
        self,
        factor: Any,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        **kwargs: Unpack[LayoutOptions],
    ) -> None:
        super().__init__(factor, value_range, seed=seed, **kwargs)

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        low, high = self.value_range
        return {"rgb_delta": self._factors(shape[0], seed).reshape(-1, 1, 1, 1) * (high - low)}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        return xp.clip(images + per_image(transformation["rgb_delta"], images), *self.value_range)


class RandomContrast(ByFactor):
    """Move each pixel away from, or towards, the mean of its channel: (x - mean) · factor + mean.

    Args:
        factor: a pair (a, b) of numbers from 0 to 1: the factor is drawn from 1 - a to 1 + b; one number
            f means (0, f).
        value_range: the lowest and the highest value of a pixel; results stay within.
        seed: an integer for reproducible draws.
        **kwargs: `data_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomContrast((1.0, 1.0), seed=3)
        >>> layer(np.full((1, 2, 2, 1), 7.0)).squeeze().tolist()
        [[7.0, 7.0], [7.0, 7.0]]
    """

    def __init__(
        self,
        factor: Any,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        **kwargs: Unpack[LayoutOptions],
    ) -> None:
        super().__init__(factor, value_range, seed=seed, **kwargs)

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        low, high = self.factor
        return {"contrast_factor": random.uniform((shape[0], 1, 1, 1), 1 - low, 1 + high, seed=seed)}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        mean = images.mean(axis=(1, 2), keepdims=True)
        factor = per_image(transformation["contrast_factor"], images)
        return xp.clip((images - mean) * factor + mean, *self.value_range)


class RandomHue(ByFactor):
    """Turn the hue of each image by a part of half a circle, either way.

    Args:
        factor: a number f from 0 to 1 for the range from 0 to f, or the range; 1 turns to the opposite colour.
        value_range: the lowest and the highest value of a pixel.
        data_format: `"channels_last"` (batch, height, width, 3) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> red = np.array([[[[255.0, 0.0, 0.0]]]])
        >>> tsuno.layers.RandomHue((1.0, 1.0))(red).squeeze().tolist()
        [0.0, 255.0, 255.0]
    """

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        sign = xp.where(random.uniform((shape[0],), seed=seed) > 0.5, -1.0, 1.0)
        return {"factor": sign * self._factors(shape[0], seed) * 0.5}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        hsv = image.rgb_to_hsv(rescaled(images, self.value_range, (0, 1)), data_format="channels_last")
        hue = hsv[..., :1] + per_image(transformation["factor"], images)
        hue = xp.where(hue > 1, hue - 1, xp.where(hue < 0, hue + 1, hue))
        rgb = image.hsv_to_rgb(xp.concatenate([hue, hsv[..., 1:]], axis=-1), data_format="channels_last")
        return rescaled(xp.clip(rgb, 0, 1), (0, 1), self.value_range)


class RandomSaturation(ByFactor):
    """Multiply the saturation of each image by f / (1 - f), f drawn from a range.

    Args:
        factor: a number f from 0 to 1 for the range from -f to f, or the range; 0 and below is grey, 0.5 changes
            nothing.
        value_range: the lowest and the highest value of a pixel.
        data_format: `"channels_last"` (batch, height, width, 3) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomSaturation((0.0, 0.0), value_range=(0, 1))
        >>> layer(np.array([[[[1.0, 0.5, 0.0]]]])).squeeze().tolist()
        [1.0, 1.0, 1.0]
    """

    factors = Signed

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        factor = self._factors(shape[0], seed)
        return {"factor": factor / (1 - factor + epsilon())}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        hsv = image.rgb_to_hsv(images, data_format="channels_last")
        saturation = xp.clip(hsv[..., 1:2] * per_image(transformation["factor"], images), *self.value_range)
        return image.hsv_to_rgb(
            xp.concatenate([hsv[..., :1], saturation, hsv[..., 2:]], axis=-1), data_format="channels_last"
        )


class RandomColorDegeneration(ByFactor):
    """Blend each image with its grey version.

    Args:
        factor: the part of grey: a number f from 0 to 1 for the range from -f to f, or the range.
        value_range: the lowest and the highest value of a pixel; results stay within.
        data_format: `"channels_last"` (batch, height, width, 3) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> y = tsuno.layers.RandomColorDegeneration((1.0, 1.0))(np.array([[[[200.0, 10.0, 90.0]]]]))
        >>> float(y.max() - y.min()) < 1e-3
        True
    """

    factors = Signed

    def _recolor(self, images: Any, transformation: Any) -> Any:
        grey = image.rgb_to_grayscale(images, data_format="channels_last")
        return xp.clip(images + per_image(transformation["factor"], images) * (grey - images), *self.value_range)


class RandomColorJitter(RandomRecoloring):
    """Change brightness, contrast, saturation and hue, in this order, each where its factor is given.

    Args:
        value_range: the lowest and the highest value of a pixel.
        brightness_factor: see `RandomBrightness`; None leaves brightness as it is.
        contrast_factor: see `RandomContrast`.
        saturation_factor: see `RandomSaturation`.
        hue_factor: see `RandomHue`.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, 3) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomColorJitter(brightness_factor=0.2, hue_factor=0.1, seed=1)
        >>> layer(np.zeros((2, 4, 4, 3))).shape
        (2, 4, 4, 3)
    """

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.value_range = value_range
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        self._changes: list[str] = []
        kinds = {
            "brightness": RandomBrightness, "contrast": RandomContrast, "saturation": RandomSaturation,
            "hue": RandomHue,
        }  # fmt: skip
        for name, kind in kinds.items():
            factor = getattr(self, f"{name}_factor")
            if factor is not None:
                layer: Any = kind(factor, value_range, seed=seed, data_format="channels_last", dtype=self.dtype_policy)
                setattr(self, f"random_{name}", layer)
                self._changes.append(f"random_{name}")

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        return {name: getattr(self, name)._draw(shape, seed) for name in self._changes}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        for name in self._changes:
            images = getattr(self, name)._recolor(images, transformation[name])
        return images


class RandomGrayscale(RandomRecoloring):
    """Turn a random part of the images grey; they keep three channels.

    Args:
        factor: the probability that an image turns grey, from 0 to 1.
        data_format: `"channels_last"` (batch, height, width, 3) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> y = tsuno.layers.RandomGrayscale(1.0)(np.array([[[[200.0, 10.0, 90.0]]]]))
        >>> y.shape, bool((y == y[..., :1]).all())
        ((1, 1, 1, 3), True)
    """

    keeps_integers = True

    def __init__(
        self,
        factor: Fraction = 0.5,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = factor

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        return (random.uniform((shape[0],), seed=seed) < self.factor).reshape(-1, 1, 1, 1)

    def _recolor(self, images: Any, transformation: Any) -> Any:
        return xp.where(transformation, image.rgb_to_grayscale(images, data_format="channels_last"), images)

    def _as_integers(self, images: Any, dtype: Any) -> Any:
        return images.astype(dtype)
