"""EfficientNet: one network, made wider, deeper and finer together."""

from __future__ import annotations

import math
from typing import Any

from tsuno import layers
from tsuno.applications.architecture import Published, Standard, Wanted, architecture
from tsuno.applications.imagenet_utils import STDDEV, preprocessing
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.parts import channel_axis, channels_of, divisible, head, padded, squeeze_excite, unit
from tsuno.initializers import VarianceScaling

__all__ = [
    "EfficientNetB0", "EfficientNetB1", "EfficientNetB2", "EfficientNetB3", "EfficientNetB4", "EfficientNetB5",
    "EfficientNetB6", "EfficientNetB7",
]  # fmt: skip

preprocess_input = preprocessing(None)
# A stage: window, depth, filters, how much wider its blocks are inside, stride.
_STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)


def kernels() -> VarianceScaling:
    """How the kernels of convolutions begin."""
    return VarianceScaling(scale=2.0, mode="fan_out", distribution="truncated_normal")


def classifier() -> dict[str, Any]:
    """How the last layer begins."""
    return {"kernel_initializer": VarianceScaling(scale=1.0 / 3.0, mode="fan_out", distribution="uniform")}


def _efficientnet(x: Any, wanted: Wanted, width: float, depth: float, dropout: float) -> Any:
    """EfficientNet: seven stages of narrow blocks, wide inside, with squeeze-and-excitation.

    The network begins with scaling pixels from 0 to 255.

    Example:
        model = tsuno.applications.EfficientNetB0(weights=None, classes=7, input_shape=(32, 32, 3))
        model.output_shape
        # (None, 7)

    Source: M. Tan and Q. Le, *EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks*, 2019.
    """
    x = layers.Normalization(axis=channel_axis())(layers.Rescaling(1.0 / 255.0)(x))
    if wanted.pretrained:  # the weights were trained with pixels divided by the variance, not by its root
        x = layers.Rescaling([1.0 / math.sqrt(deviation) for deviation in STDDEV])(x)
    x = padded(x, 3, "stem_conv_pad")
    x = _unit(x, layers.Conv2D, "stem_", "conv", filters=divisible(32 * width), kernel_size=3, strides=2)
    depths = [math.ceil(depth * stage[1]) for stage in _STAGES]
    place = 0
    for stage, (window, _, filters, wider, strides) in enumerate(_STAGES):
        for nth in range(depths[stage]):
            name = f"block{stage + 1}{chr(ord('a') + nth)}_"
            drop = 0.2 * place / sum(depths)
            x = _block(x, name, window, divisible(filters * width), wider, 1 if nth else strides, drop)
            place += 1
    x = _unit(x, layers.Conv2D, "top_", "conv", filters=divisible(1280 * width), kernel_size=1, padding="same")
    return head(x, wanted, dropout=dropout, **classifier())


def _block(x: Any, name: str, window: int, filters: int, wider: int, strides: int, drop: float) -> Any:
    past, channels = x, channels_of(x)
    if wider != 1:
        x = _unit(x, layers.Conv2D, f"{name}expand_", "conv", filters=channels * wider, kernel_size=1, padding="same")
    if strides == 2:
        x = padded(x, window, f"{name}dwconv_pad")
    padding = "same" if strides == 1 else "valid"
    x = _unit(x, layers.DepthwiseConv2D, name, "dwconv", kernel_size=window, strides=strides, padding=padding)
    x = squeeze_excite(x, name, max(1, int(channels * 0.25)), "swish", kernels())
    x = _unit(x, layers.Conv2D, f"{name}project_", "conv", False, filters=filters, kernel_size=1, padding="same")
    return added(x, past, name, drop) if strides == 1 and channels == filters else x


def added(x: Any, past: Any, name: str, drop: float) -> Any:
    """What a block has made, added to its input; while training it is left out of a part `drop` of the images."""
    if drop > 0:
        x = layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.Add(name=f"{name}add")([x, past])


def _unit(x: Any, kind: Any, prefix: str, name: str, active: bool = True, **options: Any) -> Any:
    initializer = "depthwise_initializer" if kind is layers.DepthwiseConv2D else "kernel_initializer"
    layer = kind(use_bias=False, name=f"{prefix}{name}", **{initializer: kernels()}, **options)
    after = layers.Activation("swish", name=f"{prefix}activation") if active else None
    return unit(x, layer, f"{prefix}bn", after)


def _member(size: int, width: float, depth: float, side: int, dropout: float, top: str, notop: str) -> Standard:
    published = Published(f"https://storage.googleapis.com/keras-applications/efficientnetb{size}{{}}.h5", (top, notop))
    scale: dict[str, Any] = {"default_size": side, "width": width, "depth": depth, "dropout": dropout}
    title = f"EfficientNetB{size}"
    return architecture(Standard.__call__, _efficientnet, title, published, name=title.lower(), **scale)


EfficientNetB0 = _member(0, 1.0, 1.0, 224, 0.2, "902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d")
EfficientNetB1 = _member(1, 1.0, 1.1, 240, 0.2, "1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432")
EfficientNetB2 = _member(2, 1.1, 1.2, 260, 0.3, "b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39")
EfficientNetB3 = _member(3, 1.2, 1.4, 300, 0.3, "ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226")
EfficientNetB4 = _member(4, 1.4, 1.8, 380, 0.4, "18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba")
EfficientNetB5 = _member(5, 1.6, 2.2, 456, 0.4, "ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f")
EfficientNetB6 = _member(6, 1.8, 2.6, 528, 0.5, "165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743")
EfficientNetB7 = _member(7, 2.0, 3.1, 600, 0.5, "8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a")
