"""Upsampling: data made larger by whole factors, each place repeated or what lies between places filled in."""

from __future__ import annotations

from typing import Any, Literal, Unpack

from tsuno import ops
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import PositiveInt, sizes
from tsuno.layers.parts import LayerOptions
from tsuno.layers.spatial import _Spatial

__all__ = ["UpSampling1D", "UpSampling2D", "UpSampling3D"]


class _UpSampling(_Spatial):
    """Repeats each place `factors` times along the spatial axes."""

    factors: tuple[int, ...]

    def call(self, inputs: Any) -> Any:
        for axis, factor in zip(self._axes, self.factors, strict=True):
            inputs = ops.repeat(inputs, factor, axis=axis)
        return inputs


class UpSampling1D(_UpSampling):
    """Repeats each step of sequences.

    Args:
        size: how many times.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, channels). Output shape: (batch, steps · size, channels).

    Example:
        >>> tsuno.layers.UpSampling1D(2)(np.array([[[1.0], [3.0]]])).squeeze().tolist()
        [1.0, 1.0, 3.0, 3.0]
    """

    rank = 1

    def __init__(self, size: PositiveInt = 2, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.size, self.factors = size, (size,)


class UpSampling2D(_UpSampling):
    """Makes images larger by whole factors.

    Args:
        size: the factors of rows and columns, or one number for both.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"`.
        interpolation: `"nearest"` (each pixel is repeated), `"bilinear"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.UpSampling2D((2, 3))(np.zeros((1, 4, 4, 3))).shape
        (1, 8, 12, 3)
    """

    rank = 2

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] = "nearest",
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.size = self.factors = sizes(size, 2, "UpSampling2D.size")
        self.data_format = standardize_data_format(data_format)
        self.interpolation = interpolation

    def call(self, inputs: Any) -> Any:
        if self.interpolation == "nearest":
            return super().call(inputs)
        target = [n * factor for n, factor in zip(self._sizes(inputs.shape), self.factors, strict=True)]
        return ops.image.resize(inputs, target, self.interpolation, data_format=self.data_format)


class UpSampling3D(_UpSampling):
    """Makes volumes larger by whole factors: each place is repeated.

    Args:
        size: the factors along the three axes, or one number for all.
        data_format: `"channels_last"` (batch, depth, rows, columns, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.UpSampling3D(2)(np.zeros((1, 2, 3, 4, 1))).shape
        (1, 4, 6, 8, 1)
    """

    rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.size = self.factors = sizes(size, 3, "UpSampling3D.size")
        self.data_format = standardize_data_format(data_format)
