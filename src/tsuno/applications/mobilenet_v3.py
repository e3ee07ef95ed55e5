"""MobileNetV3: blocks found by search, with hard swish and squeeze-and-excitation."""

from __future__ import annotations

from typing import Any, Protocol

from tsuno import layers
from tsuno.applications.architecture import STORE, Pooling, Published, Shape, Wanted, Weights, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.mobilenet_v2 import agree
from tsuno.applications.parts import channels_of, divisible, padded, pooled, unit
from tsuno.core.errors import invalid
from tsuno.core.validate import Fraction, NonNegative, PositiveInt
from tsuno.models import Model

__all__ = ["MobileNetV3Small", "MobileNetV3Large"]

preprocess_input = preprocessing(None)
# A block: how much wider it is inside, its filters, the window (5 is 3 where minimalistic), the stride, whether it
# squeezes and excites, whether it has the smooth activation.
_SMALL = (
    (1, 16, 3, 2, True, False),
    (72 / 16, 24, 3, 2, False, False),
    (88 / 24, 24, 3, 1, False, False),
    (4, 40, 5, 2, True, True),
    (6, 40, 5, 1, True, True),
    (6, 40, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (6, 96, 5, 2, True, True),
    (6, 96, 5, 1, True, True),
    (6, 96, 5, 1, True, True),
)
_LARGE = (
    (1, 16, 3, 1, False, False),
    (4, 24, 3, 2, False, False),
    (3, 24, 3, 1, False, False),
    (3, 40, 5, 2, True, False),
    (3, 40, 5, 1, True, False),
    (3, 40, 5, 1, True, False),
    (6, 80, 3, 2, False, True),
    (2.5, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (6, 112, 3, 1, True, True),
    (6, 112, 3, 1, True, True),
    (6, 160, 5, 2, True, True),
    (6, 160, 5, 1, True, True),
    (6, 160, 5, 1, True, True),
)
_HASHES = {
    "large_224_0.75": ("765b44a33ad4005b3ac83185abf1d0eb", "40af19a13ebea4e2ee0c676887f69a2e"),
    "large_224_1.0": ("59e551e166be033d707958cf9e29a6a7", "07fb09a5933dd0c8eaafa16978110389"),
    "large_minimalistic_224_1.0": ("675e7b876c45c57e9e63e6d90a36599c", "ec5221f64a2f6d1ef965a614bdae7973"),
    "small_224_0.75": ("cb65d4e5be93758266aa0a7f2c6708b7", "ebdb5cc8e0b497cd13a7c275d475c819"),
    "small_224_1.0": ("8768d4c2e7dee89b9d02b2d03d65d862", "d3e8ec802a04aa4fc771ee12a9a9b836"),
    "small_minimalistic_224_1.0": ("99cd97fb2fcdad2bf028eb838de69e37", "cde8136e733e811080d9fcd8a252f7e4"),
}


class _Form(Protocol):
    def __call__(
        self,
        input_shape: Shape = None,
        alpha: NonNegative = 1.0,
        minimalistic: bool = False,
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: Any = None,
        classes: PositiveInt = 1000,
        pooling: Pooling = None,
        dropout_rate: Fraction = 0.2,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
        name: str | None = None,
    ) -> Model: ...


def _mobilenet(
    x: Any,
    wanted: Wanted,
    alpha: float,
    minimalistic: bool,
    dropout_rate: float,
    include_preprocessing: bool,
    blocks: Any,
    features: int,
) -> Any:
    """MobileNetV3: the blocks of MobileNetV2, some with squeeze-and-excitation, sized by a search for fast networks.

    Its last layers are convolutions, so images may have any size.

    Example:
        >>> model = tsuno.applications.MobileNetV3Small(weights=None, minimalistic=True, classes=7)
        >>> model.input_shape, model.output_shape
        ((None, None, None, 3), (None, 7))

    Source: A. Howard et al., *Searching for MobileNetV3*, 2019.
    """
    smooth = _relu if minimalistic else _hard_swish
    if include_preprocessing:
        x = layers.Rescaling(scale=1.0 / 127.5, offset=-1.0)(x)
    x = smooth(_unit(x, layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")))
    for place, (wider, filters, window, strides, squeezes, is_smooth) in enumerate(blocks):
        name = f"expanded_conv_{place}_" if place else "expanded_conv_"
        window = 3 if minimalistic else window
        squeezes = squeezes and not minimalistic
        after = smooth if is_smooth else _relu
        x = _block(x, name, wider if place else None, divisible(filters * alpha), window, strides, squeezes, after)
    last = layers.Conv2D(divisible(channels_of(x) * 6), 1, padding="same", use_bias=False, name="conv_1")
    x = smooth(_unit(x, last))
    if not wanted.include_top:
        return pooled(x, wanted)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    features = divisible(features * alpha) if alpha > 1.0 else features
    x = smooth(layers.Conv2D(features, 1, padding="same", name="conv_2")(x))
    if dropout_rate > 0:
        x = layers.Dropout(dropout_rate)(x)
    x = layers.Conv2D(wanted.classes, 1, padding="same", name="logits")(x)
    return layers.Activation(wanted.classifier_activation, name="predictions")(layers.Flatten()(x))


def _block(
    x: Any, name: str, wider: float | None, filters: int, window: int, strides: int, squeezes: bool, after: Any
) -> Any:
    past, channels = x, channels_of(x)
    inside = channels
    if wider is not None:
        inside = divisible(channels * wider)
        x = after(_unit(x, layers.Conv2D(inside, 1, padding="same", use_bias=False, name=f"{name}expand")))
    if strides == 2:
        x = padded(x, window, f"{name}depthwise_pad")
    padding: Any = "same" if strides == 1 else "valid"
    name_depthwise = f"{name}depthwise"
    x = after(
        _unit(x, layers.DepthwiseConv2D(window, strides=strides, padding=padding, use_bias=False, name=name_depthwise))
    )
    if squeezes:
        x = _squeezed(x, divisible(inside), f"{name}squeeze_excite_")
    x = _unit(x, layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project"))
    return layers.Add(name=f"{name}add")([past, x]) if strides == 1 and channels == filters else x


def _squeezed(x: Any, filters: int, name: str) -> Any:
    """Squeeze-and-excitation with a factor of straight pieces, (x + 3) / 6 between 0 and 1."""
    factor = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}avg_pool")(x)
    factor = layers.Conv2D(divisible(filters * 0.25), 1, padding="same", name=f"{name}conv")(factor)
    factor = layers.ReLU(name=f"{name}relu")(factor)
    factor = layers.Conv2D(filters, 1, padding="same", name=f"{name}conv_1")(factor)
    factor = layers.ReLU(6.0)(factor + 3.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{name}mul")([x, factor])


def _unit(x: Any, layer: Any) -> Any:
    return unit(x, layer, f"{layer.name}_bn", epsilon=1e-3, momentum=0.999)


def _relu(x: Any) -> Any:
    return layers.ReLU()(x)


def _hard_swish(x: Any) -> Any:
    return layers.Activation("hard_swish")(x)


def _prepare(wanted: Wanted, **own: Any) -> None:
    agree(wanted)


def _published(kind: str) -> Any:
    def published(wanted: Wanted, alpha: float, minimalistic: bool, **own: Any) -> Published:
        if not wanted.pretrained:
            return Published("")
        version = f"{kind}{'_minimalistic' if minimalistic else ''}_224_{float(alpha)}"
        if version not in _HASHES:
            expected = "1.0" if minimalistic else "0.75 or 1.0"
            raise invalid(f"{wanted.title}.alpha", f"{expected} with the weights of ImageNet", alpha)
        address = f"{STORE}/mobilenet_v3/weights_mobilenet_v3_{version}_float{{}}.h5"
        return Published(address, _HASHES[version], without="_no_top_v2")

    return published


def _member(title: str, kind: str, blocks: Any, features: int) -> _Form:
    options: dict[str, Any] = {"name": title, "any_size": True, "prepare": _prepare}
    return architecture(
        _Form.__call__, _mobilenet, title, _published(kind), blocks=blocks, features=features, **options
    )


MobileNetV3Small = _member("MobileNetV3Small", "small", _SMALL, 1024)
MobileNetV3Large = _member("MobileNetV3Large", "large", _LARGE, 1280)
