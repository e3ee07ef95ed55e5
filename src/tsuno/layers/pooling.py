"""Pooling over 1 to 3 spatial axes: windows, or everything at once, by maximum or mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Unpack

from tsuno import ops
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import sizes
from tsuno.layers.parts import LayerOptions
from tsuno.layers.spatial import _Spatial

__all__ = [
    "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D",
    "AveragePooling3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "GlobalAveragePooling3D", "MaxPool1D", "MaxPool2D", "MaxPool3D",
    "AvgPool1D", "AvgPool2D", "AvgPool3D", "GlobalMaxPool1D", "GlobalMaxPool2D",
    "GlobalMaxPool3D", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D",
]  # fmt: skip


class _Pooling(_Spatial):
    """One number for each window."""

    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Literal["valid", "same"] = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.pool_size = sizes(pool_size, self.rank, f"{kind}.pool_size")
        self.strides = self.pool_size if strides is None else sizes(strides, self.rank, f"{kind}.strides")
        self.padding = padding
        self.data_format = standardize_data_format(data_format)

    def build(self, input_shape: Sequence[int | None]) -> None:
        spatial = self._sizes(input_shape)
        small = any(n is not None and n < k for n, k in zip(spatial, self.pool_size, strict=True))
        if self.padding == "valid" and small:
            raise ValueError(
                f"The input of `{self.path}` is smaller than the window: spatial size {spatial}, pool_size "
                f"{self.pool_size}. Use padding='same' or pool less before."
            )

    def call(self, inputs: Any) -> Any:
        return type(self).pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class _MaxPooling(_Pooling):
    pool = staticmethod(ops.max_pool)


class _AveragePooling(_Pooling):
    pool = staticmethod(ops.average_pool)


class MaxPooling1D(_MaxPooling):
    """The maximum of each window of steps.

    Args:
        pool_size: the length of a window.
        strides: by how many steps the window moves; its own length by default.
        padding: `"valid"` (no window beyond the end) or `"same"`.
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.MaxPooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]])).squeeze().tolist()
        [3.0, 2.0]
    """

    rank = 1


class MaxPooling2D(_MaxPooling):
    """The maximum of each window of an image.

    Args:
        pool_size: the window's rows and columns, or one number for both.
        strides: by how many rows and columns the window moves; its own size by default.
        padding: `"valid"` (no window beyond the edge) or `"same"`.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.MaxPooling2D()(np.zeros((1, 8, 8, 3))).shape
        (1, 4, 4, 3)
    """

    rank = 2


class MaxPooling3D(_MaxPooling):
    """The maximum of each window of a volume.

    Args:
        pool_size: the window's sizes, or one number for all.
        strides: by how much the window moves; its own size by default.
        padding: `"valid"` (no window beyond the edge) or `"same"`.
        data_format: `"channels_last"` (batch, *volume, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.MaxPooling3D()(np.zeros((1, 4, 4, 4, 3))).shape
        (1, 2, 2, 2, 3)
    """

    rank = 3


class AveragePooling1D(_AveragePooling):
    """The mean of each window of steps.

    Args:
        pool_size: the length of a window.
        strides: by how many steps the window moves; its own length by default.
        padding: `"valid"` or `"same"`; padded places do not count.
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.AveragePooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]])).squeeze().tolist()
        [2.0, 1.0]
    """

    rank = 1


class AveragePooling2D(_AveragePooling):
    """The mean of each window of an image.

    Args:
        pool_size: the window's rows and columns, or one number for both.
        strides: by how many rows and columns the window moves; its own size by default.
        padding: `"valid"` or `"same"`; padded places do not count.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.AveragePooling2D()(np.zeros((1, 8, 8, 3))).shape
        (1, 4, 4, 3)
    """

    rank = 2


class AveragePooling3D(_AveragePooling):
    """The mean of each window of a volume.

    Args:
        pool_size: the window's sizes, or one number for all.
        strides: by how much the window moves; its own size by default.
        padding: `"valid"` or `"same"`; padded places do not count.
        data_format: `"channels_last"` (batch, *volume, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.AveragePooling3D()(np.zeros((1, 4, 4, 4, 3))).shape
        (1, 2, 2, 2, 3)
    """

    rank = 3


class _GlobalPooling(_Spatial):
    """One number for each channel."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = keepdims


class _GlobalMaxPooling(_GlobalPooling):
    def call(self, inputs: Any) -> Any:
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


class _GlobalAveragePooling(_GlobalPooling):
    def call(self, inputs: Any) -> Any:
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The maximum over all steps.

    Args:
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"`.
        keepdims: whether to keep the steps as an axis of size 1.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.GlobalMaxPooling1D()(np.zeros((2, 5, 3))).shape
        (2, 3)
    """

    rank = 1


class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The maximum over each channel of an image.

    Args:
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"`.
        keepdims: whether to keep rows and columns as axes of size 1.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.GlobalMaxPooling2D()(np.zeros((2, 5, 5, 3))).shape
        (2, 3)
    """

    rank = 2


class GlobalMaxPooling3D(_GlobalMaxPooling):
    """The maximum over each channel of a volume.

    Args:
        data_format: `"channels_last"` (batch, *volume, channels) or `"channels_first"`.
        keepdims: whether to keep the volume's axes with size 1.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.GlobalMaxPooling3D()(np.zeros((2, 4, 4, 4, 3))).shape
        (2, 3)
    """

    rank = 3


class GlobalAveragePooling1D(_GlobalAveragePooling):
    """The mean over all steps; masked steps do not count, and where all are masked it is 0.

    Args:
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"`.
        keepdims: whether to keep the steps as an axis of size 1.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.GlobalAveragePooling1D()(np.zeros((2, 5, 3))).shape
        (2, 3)
    """

    rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(inputs)
        kept = ops.expand_dims(ops.cast(mask, inputs.dtype), self._channel_axis)
        total = ops.sum(inputs * kept, axis=self._axes, keepdims=self.keepdims)
        return total / ops.maximum(ops.sum(kept, axis=self._axes, keepdims=self.keepdims), 1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


class GlobalAveragePooling2D(_GlobalAveragePooling):
    """The mean over each channel of an image.

    Args:
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"`.
        keepdims: whether to keep rows and columns as axes of size 1.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.GlobalAveragePooling2D()(np.zeros((2, 5, 5, 3))).shape
        (2, 3)
    """

    rank = 2


class GlobalAveragePooling3D(_GlobalAveragePooling):
    """The mean over each channel of a volume.

    Args:
        data_format: `"channels_last"` (batch, *volume, channels) or `"channels_first"`.
        keepdims: whether to keep the volume's axes with size 1.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.GlobalAveragePooling3D()(np.zeros((2, 4, 4, 4, 3))).shape
        (2, 3)
    """

    rank = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
