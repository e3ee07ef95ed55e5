"""Data with spatial axes, (batch, *spatial, channels) or (batch, channels, *spatial): which axis is which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tsuno.layers.base import Layer
from tsuno.layers.input_spec import InputSpec


class _Spatial(Layer):
    """A layer of data with `rank` spatial axes; axes are counted from the end."""

    rank: ClassVar[int]
    data_format: str = "channels_last"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _channel_axis(self) -> int:
        return channel_axis(self.data_format, self.rank)

    @property
    def _axes(self) -> tuple[int, ...]:
        """The spatial axes."""
        return tuple(axis for axis in range(-1 - self.rank, 0) if axis != self._channel_axis)

    def _sizes(self, shape: Sequence[Any]) -> tuple[Any, ...]:
        """The sizes of the spatial axes in a shape."""
        return tuple(shape[axis] for axis in self._axes)

    def _along(self, items: Sequence[Any], elsewhere: Any) -> tuple[Any, ...]:
        """For each axis of the input an item: those given for the spatial axes, `elsewhere` for batch and channels."""
        first = [elsewhere] if self._channel_axis == -1 else [elsewhere, elsewhere]
        return (*first, *items, *[elsewhere] * (2 - len(first)))


def channel_axis(data_format: str, rank: int) -> int:
    """The axis of the channels, counted from the end."""
    return -1 if data_format == "channels_last" else -1 - rank
