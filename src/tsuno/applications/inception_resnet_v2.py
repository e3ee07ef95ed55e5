"""Inception whose mixtures are added to what passes by them."""

from __future__ import annotations

from typing import Any

from tsuno import layers
from tsuno.applications.architecture import STORE, Published, Standard, Wanted, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.inception_v3 import mixed, stem
from tsuno.applications.parts import channels_of, head, unit

__all__ = ["InceptionResNetV2"]

preprocess_input = preprocessing("tf")
_FIRST = [[(96, 1, 1)], [(48, 1, 1), (64, 5, 5)], [(64, 1, 1), (96, 3, 3), (96, 3, 3)], ["avg", (64, 1, 1)]]
_HALF_A = [[(384, 3, 3, 2)], [(256, 1, 1), (256, 3, 3), (384, 3, 3, 2)], ["max"]]
_HALF_B = [
    [(256, 1, 1), (384, 3, 3, 2)],
    [(256, 1, 1), (288, 3, 3, 2)],
    [(256, 1, 1), (288, 3, 3), (320, 3, 3, 2)],
    ["max"],
]
_BLOCK_35 = [[(32, 1, 1)], [(32, 1, 1), (32, 3, 3)], [(32, 1, 1), (48, 3, 3), (64, 3, 3)]]
_BLOCK_17 = [[(192, 1, 1)], [(128, 1, 1), (160, 1, 7), (192, 7, 1)]]
_BLOCK_8 = [[(192, 1, 1)], [(192, 1, 1), (224, 1, 3), (256, 3, 1)]]


class CustomScaleLayer(layers.Layer):
    """Two inputs, the second times a number, added.

    Args:
        scale: the number.
        **kwargs: the arguments of every layer, see `Layer`.
    """

    _config_module = "keras.src.applications.inception_resnet_v2"

    def __init__(self, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        return inputs[0] + inputs[1] * self.scale


def _inception(x: Any, wanted: Wanted) -> Any:
    """InceptionResNetV2: forty mixtures of branches, each scaled down and added to its input.

    Example:
        model = tsuno.applications.InceptionResNetV2(weights=None, include_top=False, input_shape=(75, 75, 3))
        model.output_shape
        # (None, 1, 1, 1536)

    Source: C. Szegedy et al., *Inception-v4, Inception-ResNet and the Impact of Residual Connections on
    Learning*, 2017.
    """
    x = mixed(stem(x), _FIRST, "mixed_5b")
    for place in range(1, 11):
        x = _block(x, _BLOCK_35, f"block35_{place}", 0.17)
    x = mixed(x, _HALF_A, "mixed_6a")
    for place in range(1, 21):
        x = _block(x, _BLOCK_17, f"block17_{place}", 0.1)
    x = mixed(x, _HALF_B, "mixed_7a")
    for place in range(1, 10):
        x = _block(x, _BLOCK_8, f"block8_{place}", 0.2)
    x = _block(x, _BLOCK_8, "block8_10", 1.0, last=True)
    layer = layers.Conv2D(1536, 1, padding="same", use_bias=False, name="conv_7b")
    x = unit(x, layer, "conv_7b_bn", layers.Activation("relu", name="conv_7b_ac"), scale=False)
    return head(x, wanted, named=False)


def _block(x: Any, branches: Any, name: str, scale: float, last: bool = False) -> Any:
    mixture = mixed(x, branches, f"{name}_mixed")
    up = layers.Conv2D(channels_of(x), 1, padding="same", name=f"{name}_conv")(mixture)
    x = CustomScaleLayer(scale)([x, up])
    return x if last else layers.Activation("relu", name=f"{name}_ac")(x)


InceptionResNetV2 = architecture(
    Standard.__call__,
    _inception,
    "InceptionResNetV2",
    Published(
        f"{STORE}/inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels{{}}.h5",
        ("e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"),
    ),
    name="inception_resnet_v2",
    default_size=299,
    min_size=75,
)
