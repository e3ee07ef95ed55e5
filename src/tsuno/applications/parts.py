"""What the bodies of architectures are written in: steps that many of them have."""

from __future__ import annotations

from typing import Any

from tsuno import layers
from tsuno.applications.architecture import Wanted
from tsuno.core.settings import image_data_format


def channel_axis() -> int:
    """The axis of the channels of a batch of images."""
    return -1 if image_data_format() == "channels_last" else 1


def channels_of(x: Any) -> int:
    """How many channels a batch of images has."""
    count: int = x.shape[channel_axis()]
    return count


def unit(x: Any, layer: Any, norm: str | None = None, activation: Any = None, **options: Any) -> Any:
    """A layer, the normalization of what it gives, named `norm` and with `options`, and an activation."""
    x = layers.BatchNormalization(axis=channel_axis(), name=norm, **options)(layer(x))
    return x if activation is None else activation(x)


def padded(x: Any, kernel_size: int, name: str | None = None) -> Any:
    """The images with the zeros around them that a strided window of this size needs."""
    half = kernel_size // 2
    rows, columns = x.shape[2:] if channel_axis() == 1 else x.shape[1:3]
    before = [half - 1 if side is None or rows is None else half - 1 + side % 2 for side in (rows, columns)]
    return layers.ZeroPadding2D(((before[0], half), (before[1], half)), name=name)(x)


def divisible(filters: float, divisor: int = 8, at_most_a_tenth_less: bool = True) -> int:
    """The multiple of `divisor` nearest to a number of filters, not zero."""
    near = max(divisor, int(filters + divisor / 2) // divisor * divisor)
    return near + divisor if at_most_a_tenth_less and near < 0.9 * filters else near


def squeeze_excite(x: Any, prefix: str, reduced: int, activation: str, initializer: Any) -> Any:
    """Each channel multiplied by a factor from 0 to 1 that is computed from the means of all.

    Source: J. Hu et al., *Squeeze-and-Excitation Networks*, 2018.
    """
    filters = channels_of(x)
    form = (1, 1, filters) if channel_axis() == -1 else (filters, 1, 1)
    options = {"padding": "same", "kernel_initializer": initializer}
    factor = layers.GlobalAveragePooling2D(name=f"{prefix}se_squeeze")(x)
    factor = layers.Reshape(form, name=f"{prefix}se_reshape")(factor)
    factor = layers.Conv2D(reduced, 1, activation=activation, name=f"{prefix}se_reduce", **options)(factor)
    factor = layers.Conv2D(filters, 1, activation="sigmoid", name=f"{prefix}se_expand", **options)(factor)
    return layers.Multiply(name=f"{prefix}se_excite")([x, factor])


def pooled(x: Any, wanted: Wanted, named: bool = True) -> Any:
    """The features that are left without the last layers: maps of them, or their means or maxima."""
    kinds = {"avg": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}
    if wanted.pooling is None:
        return x
    return kinds[wanted.pooling](name=f"{wanted.pooling}_pool" if named else None)(x)


def head(
    x: Any, wanted: Wanted, named: bool = True, top: str | None = "avg_pool", dropout: float = 0.0, **options: Any
) -> Any:
    """The last layers of most: the mean of each channel, and from these the classes; or features without them."""
    if not wanted.include_top:
        return pooled(x, wanted, named)
    x = layers.GlobalAveragePooling2D(name=top)(x)
    if dropout > 0:
        x = layers.Dropout(dropout, name="top_dropout")(x)
    return classified(x, wanted, **options)


def classified(x: Any, wanted: Wanted, **options: Any) -> Any:
    """The classes from a vector of features."""
    return layers.Dense(wanted.classes, activation=wanted.classifier_activation, name="predictions", **options)(x)
