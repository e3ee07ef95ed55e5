"""VGG: stacks of small convolutions, then three dense layers. Both depths are here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import layers
from tsuno.applications.architecture import STORE, Published, Standard, Wanted, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.parts import classified, pooled

__all__ = ["VGG16", "VGG19"]

preprocess_input = preprocessing("caffe")


def _vgg(x: Any, wanted: Wanted, depths: Sequence[int]) -> Any:
    """VGG: five stacks of 3×3 convolutions, each followed by a pooling; then three dense layers.

    Example:
        >>> model = tsuno.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
        >>> model.output_shape
        (None, 1, 1, 512)

    Source: K. Simonyan and A. Zisserman, *Very Deep Convolutional Networks for Large-Scale Image Recognition*, 2015.
    """
    for stack, (filters, depth) in enumerate(zip((64, 128, 256, 512, 512), depths, strict=True), 1):
        for place in range(1, depth + 1):
            name = f"block{stack}_conv{place}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{stack}_pool")(x)
    if not wanted.include_top:
        return pooled(x, wanted, named=False)
    x = layers.Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = layers.Dense(4096, activation="relu", name=name)(x)
    return classified(x, wanted)


def _member(title: str, depths: Sequence[int], top: str, notop: str) -> Standard:
    name = title.lower()
    published = Published(f"{STORE}/{name}/{name}_weights_tf_dim_ordering_tf_kernels{{}}.h5", (top, notop))
    return architecture(Standard.__call__, _vgg, title, published, name=name, depths=depths)


VGG16 = _member("VGG16", (2, 2, 3, 3, 3), "64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc")
VGG19 = _member("VGG19", (2, 2, 4, 4, 4), "cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6")
