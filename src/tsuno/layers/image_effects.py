"""Layers that filter images, or put each of their values in another's place, at random strength."""

from __future__ import annotations

from typing import Annotated, Any, Unpack

from tsuno import random
from tsuno.core.validate import Check
from tsuno.engine import xp
from tsuno.layers.image_base import (
    BatchShape,
    ImageOptions,
    LayoutOptions,
    Share,
    ValueRange,
    rescaled,
    spread,
    where_chosen,
)
from tsuno.layers.image_color import ByFactor, RandomRecoloring, per_image
from tsuno.ops import image

__all__ = ["RandomGaussianBlur", "RandomInvert", "RandomPosterization", "RandomSharpness", "Solarization"]


class RandomSharpness(ByFactor):
    """Sharpen each image, or smooth it: a blend with a version smoothed by a window of 3 × 3.

    Args:
        factor: a number f from 0 to 1 for the range from 0 to f, or the range; 0 smooths, 0.5 changes nothing, 1
            sharpens.
        value_range: the lowest and the highest value of a pixel; results stay within.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomSharpness((0.5, 0.5))
        >>> layer(np.arange(4.0).reshape(1, 2, 2, 1)).squeeze().tolist()
        [[0.0, 1.0], [2.0, 3.0]]
    """

    def _recolor(self, images: Any, transformation: Any) -> Any:
        x = xp.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
        x = x[:, :-2] + x[:, 1:-1] + x[:, 2:]
        smooth = (x[:, :, :-2] + x[:, :, 1:-1] + x[:, :, 2:] + 4 * images) / 13
        amount = 1 - 2 * per_image(transformation["factor"], images)
        return xp.clip(images + amount * (smooth - images), *self.value_range)


class RandomInvert(ByFactor):
    """Turn a random part of the images into their negatives.

    Args:
        factor: the probability that an image is inverted: drawn from 0 to this number, or from a range.
        value_range: the lowest and the highest value of a pixel; x becomes highest - x.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.RandomInvert((1.0, 1.0))(np.full((1, 1, 1, 1), 55.0)).squeeze().tolist()
        200.0
    """

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(factor, value_range, data_format, seed, **kwargs)

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        return {"apply_inversion": self._chosen(shape[0], seed)}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        return where_chosen(transformation["apply_inversion"], self.value_range[1] - images, images)


def _bits(value: Any) -> tuple[int, int]:
    low, high = sorted(value) if isinstance(value, (list, tuple)) else (1, value)
    if not (1 <= low <= high <= 8 and low == int(low) and high == int(high)):
        raise ValueError
    return int(low), int(high)


class RandomPosterization(ByFactor):
    """Keep only the highest bits of each colour's eight.

    Args:
        factor: how many bits to keep: drawn from a range (low, high), high not included unless equal to low, within 1
            to 8; one number f means (1, f).
        value_range: the lowest and the highest value of a pixel.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.RandomPosterization((1, 1))(np.array([[[[100.0], [200.0]]]])).squeeze().tolist()
        [0.0, 128.0]
    """

    factors = Annotated[Any, Check("an integer or a pair of integers from 1 to 8", _bits)]

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        low, high = self.factor
        if low == high:
            kept = xp.full((shape[0],), low, "uint8")
        else:
            kept = random.randint((shape[0],), low, high, "uint8", seed)
        return {"shift_factor": 8 - kept}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        shift = transformation["shift_factor"].reshape(-1, 1, 1, 1)
        bits = rescaled(images, self.value_range, (0, 255)).astype("uint8")
        return rescaled((bits >> shift << shift).astype(images.dtype), (0, 255), self.value_range)


def _odd(value: Any) -> tuple[int, int]:
    first, last = value if isinstance(value, (list, tuple)) else (value, value)
    if first % 2 != 1 or last % 2 != 1:
        raise ValueError
    return int(first), int(last)


class RandomGaussianBlur(RandomRecoloring):
    """Blur a random part of the images.

    Args:
        factor: the probability that an image is blurred: drawn from 0 to this number, or from a range.
        kernel_size: height and width of the window, odd; one number for both.
        sigma: the standard deviations of the kernel along height and width, each drawn from 0 to this number (at most
            1), or from a range.
        value_range: the lowest and the highest value of a pixel; results stay within.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        seed: an integer for reproducible draws.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.RandomGaussianBlur(kernel_size=3, sigma=(1.0, 1.0), seed=1)
        >>> layer(np.zeros((2, 4, 4, 3))).shape
        (2, 4, 4, 3)
    """

    def __init__(
        self,
        factor: Share = 1.0,
        kernel_size: Annotated[Any, Check("an odd integer or a pair of them", _odd)] = 3,
        sigma: Share = 1.0,
        value_range: ValueRange = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor, self.sigma, self.value_range = spread(factor, 0), spread(sigma, 0), value_range
        self.kernel_size = _odd(kernel_size)

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        chosen = self._chosen(shape[0], seed)
        return {"should_apply_blur": chosen, "blur_factor": random.uniform((2,), *self.sigma, seed=seed) + 1e-6}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        sigma = transformation["blur_factor"].astype(images.dtype)
        blurred = image.gaussian_blur(images, self.kernel_size, sigma, data_format="channels_last")
        return xp.clip(where_chosen(transformation["should_apply_blur"], blurred, images), *self.value_range)


class Solarization(RandomRecoloring):
    """Add a constant to each image, then invert what is not below a threshold.

    Args:
        addition_factor: the constant as a part of the range of values: drawn from 0 to this number, or from a range.
        threshold_factor: the threshold as a part of the range of values, drawn in the same way.
        value_range: the lowest and the highest value of a pixel.
        seed: an integer for reproducible draws.
        **kwargs: `data_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Solarization()(np.array([[[[0.0], [100.0], [255.0]]]])).squeeze().tolist()
        [255.0, 155.0, 0.0]
    """

    def __init__(
        self,
        addition_factor: Share = 0.0,
        threshold_factor: Share = 0.0,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        **kwargs: Unpack[LayoutOptions],
    ) -> None:
        super().__init__(seed, **kwargs)
        self.addition_factor, self.threshold_factor = spread(addition_factor, 0), spread(threshold_factor, 0)
        self.value_range = value_range

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        parts = {"additions": self.addition_factor, "thresholds": self.threshold_factor}
        sizes = (shape[0], 1, 1, 1)
        return {name: random.uniform(sizes, low, 255 * high, seed=seed) for name, (low, high) in parts.items()}

    def _recolor(self, images: Any, transformation: Any) -> Any:
        x = rescaled(images, self.value_range, (0, 255)) + per_image(transformation["additions"], images)
        x = xp.clip(x, 0, 255)
        x = xp.where(x < per_image(transformation["thresholds"], images), x, 255 - x)
        return rescaled(x, (0, 255), self.value_range)
