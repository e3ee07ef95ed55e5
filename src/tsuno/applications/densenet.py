"""DenseNet: every layer of a block sees what all before it have put out."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from tsuno import layers
from tsuno.applications.architecture import STORE, Published, Standard, Wanted, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.parts import channel_axis, channels_of, head, unit

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201"]

preprocess_input = preprocessing("torch")
_unit = functools.partial(unit, epsilon=1.001e-5)
_GROWTH = 32


def _densenet(x: Any, wanted: Wanted, depths: Sequence[int]) -> Any:
    """DenseNet: four blocks in which each step adds 32 channels to those there are; half of them pass to the next.

    Example:
        model = tsuno.applications.DenseNet121(weights=None, classes=7, input_shape=(32, 32, 3))
        model.output_shape
        # (None, 7)

    Source: G. Huang et al., *Densely Connected Convolutional Networks*, 2017.
    """
    x = layers.ZeroPadding2D(3)(x)
    x = _unit(x, layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv"), "conv1_bn", _relu("conv1_relu"))
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(layers.ZeroPadding2D(1)(x))
    for block, depth in enumerate(depths, 2):
        if block > 2:
            x = _before(x, f"pool{block - 1}_bn", f"pool{block - 1}_relu")
            x = layers.Conv2D(channels_of(x) // 2, 1, use_bias=False, name=f"pool{block - 1}_conv")(x)
            x = layers.AveragePooling2D(2, strides=2, name=f"pool{block - 1}_pool")(x)
        for place in range(1, depth + 1):
            x = _grown(x, f"conv{block}_block{place}")
    return head(_before(x, "bn", "relu"), wanted)


def _grown(x: Any, name: str) -> Any:
    more = _before(x, f"{name}_0_bn", f"{name}_0_relu")
    inner = layers.Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")
    more = _unit(more, inner, f"{name}_1_bn", _relu(f"{name}_1_relu"))
    more = layers.Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(more)
    return layers.Concatenate(axis=channel_axis(), name=f"{name}_concat")([x, more])


def _before(x: Any, norm: str, relu: str) -> Any:
    return _unit(x, lambda x: x, norm, _relu(relu))


def _relu(name: str) -> Any:
    return layers.Activation("relu", name=name)


def _member(title: str, depths: Sequence[int], top: str, notop: str) -> Standard:
    name = title.lower()
    published = Published(f"{STORE}/densenet/{name}_weights_tf_dim_ordering_tf_kernels{{}}.h5", (top, notop))
    return architecture(
        Standard.__call__, _densenet, title, published, name=name, formats=("channels_last",), depths=depths
    )


DenseNet121 = _member(
    "DenseNet121", (6, 12, 24, 16), "9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"
)
DenseNet169 = _member(
    "DenseNet169", (6, 12, 32, 32), "d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"
)
DenseNet201 = _member(
    "DenseNet201", (6, 12, 48, 32), "1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"
)
