"""Layers of images that change a size, which compiled programs cannot: what is seen changes, the frame stays."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import random
from tsuno.layers.image_base import BatchShape, ImageOptions, Interpolation, spread
from tsuno.layers.image_warping import Warp, Zoom, _affine

__all__ = ["RandomHeight", "RandomWidth"]


class _RandomSide(Warp):
    """Stretches images along one side. Programs are made for a shape: the frame keeps its size, unlike in Keras 2."""

    fill_mode, fill_value = "reflect", 0.0
    down: bool

    def __init__(
        self,
        factor: Zoom,
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor, self.interpolation = factor, interpolation

    def _draw(self, shape: BatchShape, seed: Any) -> Any:
        low, high = spread(self.factor)
        stretch = random.uniform((shape[0],), 1 + low, 1 + high, seed=seed)
        return {"stretch": stretch, "height": shape[1], "width": shape[2]}

    def _numbers(self, transformation: Any) -> Any:
        step = 1 / transformation["stretch"]
        middle = (transformation["height" if self.down else "width"] - 1) / 2 * (1 - step)
        return _affine(1.0, 0.0, 0.0, 0.0, step, middle) if self.down else _affine(step, 0.0, middle, 0.0, 1.0, 0.0)


class RandomHeight(_RandomSide):
    """Make what is seen in each image higher or lower, around its middle; the image keeps its size.

    Args:
        factor: by how much: a number f for the range from -f to f, or the range; 0.2 stretches by up to 20%.
        interpolation: `"nearest"` or `"bilinear"`; masks always use the nearest pixel.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    In Keras 2 the image itself gets another height.

    Example:
        >>> from tsuno.legacy.image_layers import RandomHeight
        >>> higher = RandomHeight((1.0, 1.0), interpolation="nearest")
        >>> higher(np.arange(4.0).reshape(1, 4, 1, 1)).squeeze().tolist()
        [1.0, 1.0, 2.0, 2.0]
    """

    _config_module = "keras.layers"
    down = True


class RandomWidth(_RandomSide):
    """Make what is seen in each image wider or narrower, around its middle; the image keeps its size.

    Args:
        factor: by how much: a number f for the range from -f to f, or the range; 0.2 stretches by up to 20%.
        interpolation: `"nearest"` or `"bilinear"`; masks always use the nearest pixel.
        seed: an integer for reproducible draws.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: `bounding_box_format` and the arguments of every layer, see `Layer`.

    In Keras 2 the image itself gets another width.

    Example:
        >>> from tsuno.legacy.image_layers import RandomWidth
        >>> wider = RandomWidth((1.0, 1.0), interpolation="nearest")
        >>> wider(np.arange(4.0).reshape(1, 1, 4, 1)).squeeze().tolist()
        [1.0, 1.0, 2.0, 2.0]
    """

    _config_module = "keras.layers"
    down = False
