"""Pooling to a given size: as many windows as outputs are wanted, of nearly equal size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Unpack

from tsuno import ops
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import sizes
from tsuno.layers.parts import LayerOptions
from tsuno.layers.spatial import _Spatial

__all__ = [
    "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D", "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D",
]  # fmt: skip


class _AdaptivePooling(_Spatial):
    """One number for each of `output_size` windows."""

    pool: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.output_size = sizes(output_size, self.rank, f"{type(self).__name__}.output_size")
        self.data_format = standardize_data_format(data_format)

    def call(self, inputs: Any) -> Any:
        return type(self).pool(inputs, self.output_size, self.data_format)


class _AdaptiveAveragePooling(_AdaptivePooling):
    pool = staticmethod(ops.adaptive_average_pool)


class _AdaptiveMaxPooling(_AdaptivePooling):
    pool = staticmethod(ops.adaptive_max_pool)


class AdaptiveAveragePooling1D(_AdaptiveAveragePooling):
    """The mean of each of a given number of windows of steps, which cover all of the sequence.

    Args:
        output_size: the length of the output.
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"` (batch, channels, steps).
        **kwargs: the arguments of every layer, see `Layer`.

    Window i of n reaches from ⌊i · size / n⌋ to ⌈(i + 1) · size / n⌉.

    Example:
        >>> tsuno.layers.AdaptiveAveragePooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]])).squeeze().tolist()
        [2.0, 1.0]
    """

    rank = 1


class AdaptiveAveragePooling2D(_AdaptiveAveragePooling):
    """The mean of each of a given number of windows of images, which cover all of the image.

    Args:
        output_size: the rows and columns of the output, or one number for both.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"` (batch, channels, rows,
            columns).
        **kwargs: the arguments of every layer, see `Layer`.

    Window i of n reaches from ⌊i · size / n⌋ to ⌈(i + 1) · size / n⌉.

    Example:
        >>> tsuno.layers.AdaptiveAveragePooling2D(3)(np.zeros((2, 7, 5, 3))).shape
        (2, 3, 3, 3)
    """

    rank = 2


class AdaptiveAveragePooling3D(_AdaptiveAveragePooling):
    """The mean of each of a given number of windows of volumes, which cover all of the volume.

    Args:
        output_size: the output's sizes along the three axes, or one number for all.
        data_format: `"channels_last"` (batch, depth, rows, columns, channels) or `"channels_first"` (batch, channels,
            depth, rows, columns).
        **kwargs: the arguments of every layer, see `Layer`.

    Window i of n reaches from ⌊i · size / n⌋ to ⌈(i + 1) · size / n⌉.

    Example:
        >>> tsuno.layers.AdaptiveAveragePooling3D(2)(np.zeros((1, 4, 5, 6, 2))).shape
        (1, 2, 2, 2, 2)
    """

    rank = 3


class AdaptiveMaxPooling1D(_AdaptiveMaxPooling):
    """The maximum of each of a given number of windows of steps, which cover all of the sequence.

    Args:
        output_size: the length of the output.
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"` (batch, channels, steps).
        **kwargs: the arguments of every layer, see `Layer`.

    Window i of n reaches from ⌊i · size / n⌋ to ⌈(i + 1) · size / n⌉.

    Example:
        >>> tsuno.layers.AdaptiveMaxPooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]])).squeeze().tolist()
        [3.0, 2.0]
    """

    rank = 1


class AdaptiveMaxPooling2D(_AdaptiveMaxPooling):
    """The maximum of each of a given number of windows of images, which cover all of the image.

    Args:
        output_size: the rows and columns of the output, or one number for both.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"` (batch, channels, rows,
            columns).
        **kwargs: the arguments of every layer, see `Layer`.

    Window i of n reaches from ⌊i · size / n⌋ to ⌈(i + 1) · size / n⌉.

    Example:
        >>> tsuno.layers.AdaptiveMaxPooling2D(3)(np.zeros((2, 7, 5, 3))).shape
        (2, 3, 3, 3)
    """

    rank = 2


class AdaptiveMaxPooling3D(_AdaptiveMaxPooling):
    """The maximum of each of a given number of windows of volumes, which cover all of the volume.

    Args:
        output_size: the output's sizes along the three axes, or one number for all.
        data_format: `"channels_last"` (batch, depth, rows, columns, channels) or `"channels_first"` (batch, channels,
            depth, rows, columns).
        **kwargs: the arguments of every layer, see `Layer`.

    Window i of n reaches from ⌊i · size / n⌋ to ⌈(i + 1) · size / n⌉.

    Example:
        >>> tsuno.layers.AdaptiveMaxPooling3D(2)(np.zeros((1, 4, 5, 6, 2))).shape
        (1, 2, 2, 2, 2)
    """

    rank = 3
