"""ResNet, whose blocks add to what passes by them, in both versions."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from tsuno import layers
from tsuno.applications.architecture import STORE, Published, Standard, Wanted, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.parts import head, unit

__all__ = ["ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2"]

preprocess_input = preprocessing("caffe")
_unit = functools.partial(unit, epsilon=1.001e-5)


def _relu(name: str) -> Any:
    return layers.Activation("relu", name=name)


def _resnet(x: Any, wanted: Wanted, depths: Sequence[int], version: int) -> Any:
    """ResNet: bottlenecks of three convolutions, the outcome of each added to its input.

    In version 2, normalization and activation come before the convolutions, and nothing but the sum is on the way by.

    Example:
        >>> model = tsuno.applications.ResNet50(weights=None, include_top=False, input_shape=(32, 32, 3))
        >>> model.output_shape
        (None, 1, 1, 2048)

    Source: K. He et al., *Deep Residual Learning for Image Recognition*, 2016; *Identity Mappings in Deep Residual
    Networks*, 2016.
    """
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    first = layers.Conv2D(64, 7, strides=2, name="conv1_conv")
    x = _unit(x, first, "conv1_bn", _relu("conv1_relu")) if version == 1 else first(x)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stack, depth in enumerate(depths):
        filters = 64 << stack
        for place in range(depth):
            name = f"conv{stack + 2}_block{place + 1}"
            if version == 1:
                x = _block(x, filters, name, 2 if place == 0 and stack else 1, widens=place == 0)
            else:
                x = _block_v2(x, filters, name, 2 if place == depth - 1 and stack < 3 else 1, widens=place == 0)
    if version == 2:
        x = _unit(x, lambda x: x, "post_bn", _relu("post_relu"))
    return head(x, wanted)


def _block(x: Any, filters: int, name: str, strides: int, widens: bool) -> Any:
    past = x
    if widens:
        shortcut = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")
        past = _unit(x, shortcut, f"{name}_0_bn")
    x = _unit(
        x,
        layers.Conv2D(filters, 1, strides=strides, name=f"{name}_1_conv"),
        f"{name}_1_bn",
        _relu(f"{name}_1_relu"),
    )
    x = _unit(
        x,
        layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv"),
        f"{name}_2_bn",
        _relu(f"{name}_2_relu"),
    )
    x = _unit(x, layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv"), f"{name}_3_bn")
    return _relu(f"{name}_out")(layers.Add(name=f"{name}_add")([past, x]))


def _block_v2(x: Any, filters: int, name: str, strides: int, widens: bool) -> Any:
    before = _unit(x, lambda x: x, f"{name}_preact_bn", _relu(f"{name}_preact_relu"))
    if widens:
        past = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(before)
    else:
        past = layers.MaxPooling2D(1, strides=strides)(x) if strides > 1 else x
    x = _unit(
        before,
        layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv"),
        f"{name}_1_bn",
        _relu(f"{name}_1_relu"),
    )
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = _unit(
        x,
        layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=f"{name}_2_conv"),
        f"{name}_2_bn",
        _relu(f"{name}_2_relu"),
    )
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([past, x])


def _member(title: str, version: int, depths: Sequence[int], top: str, notop: str) -> Standard:
    name = title.lower()
    published = Published(f"{STORE}/resnet/{name}_weights_tf_dim_ordering_tf_kernels{{}}.h5", (top, notop))
    return architecture(Standard.__call__, _resnet, title, published, name=name, depths=depths, version=version)


ResNet50 = _member("ResNet50", 1, (3, 4, 6, 3), "2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626")
ResNet101 = _member(
    "ResNet101", 1, (3, 4, 23, 3), "f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"
)
ResNet152 = _member(
    "ResNet152", 1, (3, 8, 36, 3), "100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"
)
ResNet50V2 = _member(
    "ResNet50V2", 2, (3, 4, 6, 3), "3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"
)
ResNet101V2 = _member(
    "ResNet101V2", 2, (3, 4, 23, 3), "6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"
)
ResNet152V2 = _member(
    "ResNet152V2", 2, (3, 8, 36, 3), "a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"
)
