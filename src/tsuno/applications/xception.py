"""Xception: Inception taken to its end, where each channel has a convolution of its own."""

from __future__ import annotations

from typing import Any

from tsuno import layers
from tsuno.applications.architecture import STORE, Published, Standard, Wanted, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.parts import head, unit

__all__ = ["Xception"]

preprocess_input = preprocessing("tf")


def _xception(x: Any, wanted: Wanted) -> Any:
    """Xception: 34 separable convolutions in 12 blocks, each added to its input, and two more.

    Example:
        model = tsuno.applications.Xception(weights=None, include_top=False, input_shape=(71, 71, 3))
        model.output_shape
        # (None, 3, 3, 2048)

    Source: F. Chollet, *Xception: Deep Learning with Depthwise Separable Convolutions*, 2017.
    """
    for place, (filters, strides) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{place}"
        x = unit(
            x, layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=name), f"{name}_bn", _relu(f"{name}_act")
        )
    for block, width in ((2, 128), (3, 256), (4, 728)):
        x = _narrowing(x, f"block{block}", (width, width))
    for block in range(5, 13):
        x = layers.Add()([_separable(x, f"block{block}", (728, 728, 728)), x])
    x = _narrowing(x, "block13", (728, 1024))
    for place, width in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{place}"
        x = unit(x, _depthwise(width, name), f"{name}_bn", _relu(f"{name}_act"))
    return head(x, wanted, named=False)


def _narrowing(x: Any, name: str, filters: tuple[int, ...]) -> Any:
    """A block that halves rows and columns."""
    past = unit(x, layers.Conv2D(filters[-1], 1, strides=2, padding="same", use_bias=False))
    x = _separable(x, name, filters)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return layers.Add()([x, past])


def _separable(x: Any, block: str, filters: tuple[int, ...]) -> Any:
    for place, width in enumerate(filters, 1):
        name = f"{block}_sepconv{place}"
        if name != "block2_sepconv1":  # there an activation has just been
            x = _relu(f"{name}_act")(x)
        x = unit(x, _depthwise(width, name), f"{name}_bn")
    return x


def _depthwise(filters: int, name: str) -> Any:
    return layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)


def _relu(name: str) -> Any:
    return layers.Activation("relu", name=name)


Xception = architecture(
    Standard.__call__,
    _xception,
    "Xception",
    Published(
        f"{STORE}/xception/xception_weights_tf_dim_ordering_tf_kernels{{}}.h5",
        ("0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"),
    ),
    name="xception",
    default_size=299,
    min_size=71,
)
