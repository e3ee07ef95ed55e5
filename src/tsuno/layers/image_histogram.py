"""Layers that spread the values of images over their whole range; nothing in them is random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from tsuno.core.validate import NonNegative, PositiveInt, sizes
from tsuno.engine import xp
from tsuno.layers.image_base import ImageOptions, LayoutOptions, ValueRange, rescaled
from tsuno.layers.image_color import Recoloring

__all__ = ["AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "Equalization"]

_LEVELS = 256


class AutoContrast(Recoloring):
    """Stretch each channel of each image over the whole range of values; in inference too.

    Args:
        value_range: the lowest and the highest value of a pixel.
        **kwargs: `data_format` and the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.AutoContrast()(np.array([[[[50.0], [75.0], [100.0]]]])).squeeze().tolist()
        [0.0, 127.5, 255.0]
    """

    always = True

    def __init__(self, value_range: ValueRange = (0, 255), **kwargs: Unpack[LayoutOptions]) -> None:
        super().__init__(**kwargs)
        self.value_range = value_range

    def _recolor(self, images: Any, transformation: Any) -> Any:
        x = rescaled(images, self.value_range, (0, 255))
        low, high = x.min(axis=(1, 2), keepdims=True), x.max(axis=(1, 2), keepdims=True)
        flat = high == low
        stretched = xp.clip((x - low) * (255 / xp.where(flat, 1, high - low)), 0, 255)
        return xp.where(flat, images, rescaled(stretched, (0, 255), self.value_range))


class Equalization(Recoloring):
    """While training, spread the values so that each is about as frequent as any other.

    Each channel is taken by itself; its histogram is that of the whole batch.

    Args:
        value_range: the lowest and the highest value of a pixel.
        bins: the number of bins of the histogram.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Equalization()(np.array([[[[50.0], [60.0], [100.0]]]])).squeeze().tolist()
        [0.0, 128.0, 255.0]
    """

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        bins: PositiveInt = 256,
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.value_range, self.bins = value_range, bins

    def _recolor(self, images: Any, transformation: Any) -> Any:
        x, bins = rescaled(images, self.value_range, (0, 255)), self.bins
        channel = xp.arange(x.shape[-1])
        # Two scales, as in Keras: one counts, the other reads; they differ in their rounding only.
        counted = xp.clip((x.astype("float32") * (bins - 1) / 255).astype("int32"), 0, bins - 1)
        histogram = _counts(counted, channel, x.shape[-1], bins)
        total = xp.cumsum(histogram, axis=-1)
        least = xp.take_along_axis(total, xp.argmax(total > 0, axis=-1)[:, None], axis=-1)
        table = (total - least) * 255.0 / xp.maximum(total[:, -1:] - least, 1)
        read = xp.clip(x / 255 * (bins - 1), 0, bins - 1).astype("int32")
        equal = xp.clip(xp.round(table), 0, 255)[channel, read].astype(x.dtype)
        several = (histogram > 0).sum(axis=-1) > 1
        return rescaled(xp.where(several, equal, x), (0, 255), self.value_range)


class ContrastLimitedAdaptiveHistogramEqualization(Recoloring):
    """Spread the values within each of the tiles of an image, without making noise louder; in inference too.

    Each tile has a table from the old values to the new, which are about equally frequent; the peaks of its histogram
    are cut first. A pixel takes the new values of the four tiles around it, by bilinear interpolation.

    Args:
        value_range: the lowest and the highest value of a pixel.
        clip_limit: where to cut the histogram, as a multiple of its mean; 0 does not cut.
        tile_grid_size: how many tiles there are along height and width.
        data_format: `"channels_last"` (batch, height, width, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2))
        >>> layer(np.zeros((1, 8, 8, 3))).shape
        (1, 8, 8, 3)

    Source: Karel Zuiderveld, *Contrast Limited Adaptive Histogram Equalization*, Graphics Gems IV, 1994.
    """

    always = True
    keeps_integers = True

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        clip_limit: NonNegative = 4.0,
        tile_grid_size: Sequence[int] = (8, 8),
        data_format: str | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.value_range, self.clip_limit = value_range, clip_limit
        self.tile_grid_size = sizes(tile_grid_size, 2, f"{type(self).__name__}.tile_grid_size")

    def _recolor(self, images: Any, transformation: Any) -> Any:
        x = rescaled(images.astype("float32"), self.value_range, (0, 255))
        batch, height, width, channels = x.shape
        rows, columns = self.tile_grid_size
        tall, wide = -(-height // rows), -(-width // columns)
        margins = [(0, 0), (0, tall * rows - height), (0, wide * columns - width), (0, 0)]
        level = xp.clip(xp.pad(x, margins, mode="symmetric"), 0, 255).astype("int32")
        down, right = xp.arange(tall * rows), xp.arange(wide * columns)
        image, channel = xp.arange(batch)[:, None, None, None], xp.arange(channels)

        def place(row: Any, column: Any) -> Any:
            """The number of the histogram of a tile, for every pixel."""
            return ((image * rows + row[:, None, None]) * columns + column[:, None]) * channels + channel

        own = xp.broadcast_to(place(down // tall, right // wide), level.shape)
        tables = self._tables(_counts(level, own, batch * rows * columns * channels, _LEVELS), tall * wide)
        result: Any = 0
        for row, row_weight in _around(down, tall, rows):
            for column, column_weight in _around(right, wide, columns):
                weight = row_weight[:, None, None] * column_weight[:, None]
                result = result + weight * tables[place(row, column), level]
        return rescaled(result[:, :height, :width], (0, 255), self.value_range)

    def _tables(self, histograms: Any, pixels: int) -> Any:
        """The new value of each level, for each histogram."""
        counts = histograms.astype("float32")
        if self.clip_limit > 0:
            cut = xp.minimum(counts, self.clip_limit * pixels / _LEVELS)
            counts = cut + (counts - cut).sum(axis=-1, keepdims=True) / _LEVELS
        total = xp.cumsum(counts, axis=-1)
        least = total.min(axis=-1, keepdims=True)
        rest = pixels - least
        return xp.clip((total - least) * 255 / xp.where(rest == 0, 1, rest), 0, 255)

    def _as_integers(self, images: Any, dtype: Any) -> Any:
        return images.astype(dtype)


def _counts(level: Any, which: Any, number: int, levels: int) -> Any:
    """Histograms (number, levels) of levels, each of which belongs to the histogram `which`."""
    flat = xp.broadcast_to(which * levels + level, level.shape).ravel()
    return xp.bincount(flat, length=number * levels).reshape(number, levels)


def _around(position: Any, size: int, tiles: int) -> list[tuple[Any, Any]]:
    """The tiles before and after each position along an axis, with their weights; at the edges both are the last."""
    exact = (position - size / 2) / size
    before = xp.floor(exact)
    after = exact - before
    return [(xp.clip(before + step, 0, tiles - 1).astype("int32"), after if step else 1 - after) for step in (0, 1)]
