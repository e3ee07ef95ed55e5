"""Margins: so many places before and after the data along each spatial axis, cut off or filled with zeros."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import sizes
from tsuno.layers.parts import LayerOptions
from tsuno.layers.spatial import _Spatial

__all__ = ["Cropping1D", "Cropping2D", "Cropping3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"]


def _margins(value: Any, rank: int, where: str) -> Any:
    """What stands before and after each axis: a pair for one axis, a tuple of pairs for more."""
    if rank == 1:
        return sizes(value, 2, where, low=0)
    each = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,) * rank
    if len(each) != rank:
        raise invalid(where, f"an integer, or {rank} integers or pairs (before, after)", value)
    return tuple(sizes(item, 2, where, low=0) for item in each)


class _Cropping(_Spatial):
    """Cuts margins off."""

    def __init__(self, cropping: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cropping = _margins(cropping, self.rank, f"{type(self).__name__}.cropping")

    def call(self, inputs: Any) -> Any:
        pairs, spatial = (self.cropping,) if self.rank == 1 else self.cropping, self._sizes(inputs.shape)
        ends = [size - after for size, (_, after) in zip(spatial, pairs, strict=True)]
        if any(before >= end for (before, _), end in zip(pairs, ends, strict=True)):
            raise ValueError(
                f"`{self.path}` would leave nothing of its input: spatial size {spatial}, cropping {self.cropping}. "
                "Crop less, or give it a larger input."
            )
        kept = [slice(before, end) for (before, _), end in zip(pairs, ends, strict=True)]
        return inputs[self._along(kept, slice(None))]


class Cropping1D(_Cropping):
    """Cuts steps off both ends of sequences.

    Args:
        cropping: how many steps to cut off, (first, last), or one number for both.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, channels). Output shape: (batch, fewer_steps, channels).

    Raises:
        ValueError: nothing would be left.

    Example:
        >>> tsuno.layers.Cropping1D((1, 2))(np.zeros((2, 5, 3))).shape
        (2, 2, 3)
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(cropping, **kwargs)


class Cropping2D(_Cropping):
    """Cuts rows and columns off the edges of images.

    Args:
        cropping: how much to cut off, ((top, bottom), (left, right)); one number for each pair, or one for all.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Raises:
        ValueError: nothing would be left.

    Example:
        >>> tsuno.layers.Cropping2D(((1, 2), (0, 3)))(np.zeros((2, 8, 8, 3))).shape
        (2, 5, 5, 3)
    """

    rank = 2

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(cropping, **kwargs)
        self.data_format = standardize_data_format(data_format)


class Cropping3D(_Cropping):
    """Cuts margins off volumes.

    Args:
        cropping: how much to cut off, a pair (before, after) for each axis; one number for each pair, or one for all.
        data_format: `"channels_last"` (batch, depth, rows, columns, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Raises:
        ValueError: nothing would be left.

    Example:
        >>> tsuno.layers.Cropping3D(1)(np.zeros((2, 5, 5, 5, 3))).shape
        (2, 3, 3, 3, 3)
    """

    rank = 3

    def __init__(
        self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(cropping, **kwargs)
        self.data_format = standardize_data_format(data_format)


class _ZeroPadding(_Spatial):
    """Adds margins of zeros."""

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.padding = _margins(padding, self.rank, f"{type(self).__name__}.padding")
        self.data_format = standardize_data_format(data_format)

    def call(self, inputs: Any) -> Any:
        pairs = (self.padding,) if self.rank == 1 else self.padding
        return ops.pad(inputs, self._along(pairs, (0, 0)))


class ZeroPadding1D(_ZeroPadding):
    """Adds steps of zeros at both ends of sequences.

    Args:
        padding: how many steps to add, (first, last), or one number for both.
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.ZeroPadding1D((1, 2))(np.ones((1, 2, 1))).squeeze().tolist()
        [0.0, 1.0, 1.0, 0.0, 0.0]
    """

    rank = 1


class ZeroPadding2D(_ZeroPadding):
    """Adds rows and columns of zeros around images.

    Args:
        padding: how much to add, ((top, bottom), (left, right)); one number for each pair, or one for all.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.ZeroPadding2D((1, 2))(np.zeros((2, 4, 4, 3))).shape
        (2, 6, 8, 3)
    """

    rank = 2


class ZeroPadding3D(_ZeroPadding):
    """Adds margins of zeros around volumes.

    Args:
        padding: how much to add, a pair (before, after) for each axis; one number for each pair, or one for all.
        data_format: `"channels_last"` (batch, depth, rows, columns, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.ZeroPadding3D(((0, 1), (1, 1), (2, 0)))(np.zeros((1, 2, 2, 2, 1))).shape
        (1, 3, 4, 4, 1)
    """

    rank = 3
