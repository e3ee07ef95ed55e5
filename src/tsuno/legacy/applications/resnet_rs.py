"""ResNet-RS, of Keras 2: ResNet with squeeze-and-excitation, scaled anew."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Protocol

from tsuno import layers
from tsuno.applications.architecture import STORE, Pooling, Published, Shape, Wanted, Weights, architecture
from tsuno.applications.imagenet_utils import MEAN, STDDEV, preprocessing
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.parts import channel_axis, channels_of, head, squeeze_excite, unit
from tsuno.core.validate import PositiveInt
from tsuno.initializers import VarianceScaling
from tsuno.models import Model

__all__ = ["ResNetRS50", "ResNetRS101", "ResNetRS152", "ResNetRS200", "ResNetRS270", "ResNetRS350", "ResNetRS420"]

preprocess_input = preprocessing(None)
_unit = functools.partial(unit, momentum=0.0, epsilon=1e-5)
# By depth and rows of the images: with and without the last layers.
_HASHES = {
    "50-i160": ("69d9d925319f00a8bdd4af23c04e4102", "90daa68cd26c95aa6c5d25451e095529"),
    "101-i160": ("544b3434d00efc199d66e9058c7f3379", "82d5b90c5ce9d710da639d6216d0f979"),
    "101-i192": ("eb285be29ab42cf4835ff20a5e3b5d23", "f9a0f6b85faa9c3db2b6e233c4eebb5b"),
    "152-i192": ("8d72a301ed8a6f11a47c4ced4396e338", "5fbf7ac2155cb4d5a6180ee9e3aa8704"),
    "152-i224": ("31a46a92ab21b84193d0d71dd8c3d03b", "dc8b2cba2005552eafa3167f00dc2133"),
    "152-i256": ("ba6271b99bdeb4e7a9b15c05964ef4ad", "fa79794252dbe47c89130f65349d654a"),
    "200-i256": ("a76930b741884e09ce90fa7450747d5f", "bbdb3994718dfc0d1cd45d7eff3f3d9c"),
    "270-i256": ("20d575825ba26176b03cb51012a367a8", "2c42ecb22e35f3e23d2f70babce0a2aa"),
    "350-i256": ("f4a039dc3c421321b7fc240494574a68", "6e44b55025bbdff8f51692a023143d66"),
    "350-i320": ("7ccb858cc738305e8ceb3c0140bee393", "ab0c1f9079d2f85a9facbd2c88aa6079"),
    "420-i320": ("ae0eb9bed39e64fc8d7e0db4018dc7e8", "fe6217c32be8305b1889657172b98884"),
}


class _Form(Protocol):
    def __call__(
        self,
        include_top: bool = True,
        weights: Weights = "imagenet",
        classes: PositiveInt = 1000,
        input_shape: Shape = None,
        input_tensor: Any = None,
        pooling: Pooling = None,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
    ) -> Model: ...


def _resnet(
    x: Any, wanted: Wanted, include_preprocessing: bool, depths: Sequence[int], drop: float, dropout: float
) -> Any:
    """ResNetRS: a ResNet whose blocks end with squeeze-and-excitation and are at times left out while training.

    `weights` may also be `"imagenet-i160"` and the like, for weights trained with images of so many rows.

    Example:
        model = tsuno.legacy.applications.ResNetRS50(weights=None, classes=7, input_shape=(32, 32, 3))
        model.output_shape
        # (None, 7)

    Source: I. Bello et al., *Revisiting ResNets: Improved Training and Scaling Strategies*, 2021.
    """
    if include_preprocessing:
        coloured = channels_of(x) == 3
        x = layers.Rescaling(scale=1.0 / 255)(x)
        if coloured:
            variance = [deviation**2 for deviation in STDDEV]
            x = layers.Normalization(mean=list(MEAN), variance=variance, axis=channel_axis())(x)
    for place, (filters, strides) in enumerate(((32, 2), (32, 1), (64, 1), (64, 2)), 1):
        name = "stem_1_stem"
        after = layers.Activation("relu", name=f"{name}_act_{place}")
        x = _conv_unit(x, filters, 3, f"{name}_conv_{place}", f"{name}_batch_norm_{place}", after, strides)
    for stage, depth in enumerate(depths):
        for place in range(depth):
            name = f"BlockGroup{stage + 2}__block_{place}_"
            x = _block(x, name, 64 << stage, 2 if stage and not place else 1, not place, drop * (stage + 2) / 5)
    return head(x, wanted, dropout=dropout)


def _block(x: Any, name: str, filters: int, strides: int, widens: bool, drop: float) -> Any:
    past = x
    if widens:
        if strides == 2:
            past = layers.AveragePooling2D(2, strides=2, padding="same", name=f"{name}_projection_pooling")(x)
        past = _conv_unit(past, 4 * filters, 1, f"{name}_projection_conv", f"{name}_projection_batch_norm")
    after = [layers.Activation("relu", name=f"{name}_act_{place}") for place in (1, 2)]
    x = _conv_unit(x, filters, 1, f"{name}_conv_1", f"{name}batch_norm_1", after[0])
    x = _conv_unit(x, filters, 3, f"{name}_conv_2", f"{name}_batch_norm_2", after[1], strides)
    x = _conv_unit(x, 4 * filters, 1, f"{name}_conv_3", f"{name}_batch_norm_3")
    x = squeeze_excite(x, f"{name}_se_", filters, "relu", _kernels())
    if drop:
        x = layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}_drop")(x)
    return layers.Activation("relu", name=f"{name}_output_act")(layers.Add()([x, past]))


def _conv_unit(
    x: Any, filters: int, window: int, name: str, norm: str, activation: Any = None, strides: int = 1
) -> Any:
    if strides > 1:
        x = layers.ZeroPadding2D(window // 2)(x)
    options: dict[str, Any] = {"strides": strides, "padding": "same" if strides == 1 else "valid"}
    layer = layers.Conv2D(filters, window, use_bias=False, kernel_initializer=_kernels(), name=name, **options)
    return _unit(x, layer, norm, activation)


def _kernels() -> VarianceScaling:
    return VarianceScaling(scale=2.0, mode="fan_out", distribution="truncated_normal")


def _member(depth: int, depths: Sequence[int], drop: float = 0.1, dropout: float = 0.25) -> _Form:
    title, name = f"ResNetRS{depth}", f"resnet-rs-{depth}"
    rows = [key.split("-i")[1] for key in _HASHES if key.startswith(f"{depth}-")]

    def prepare(wanted: Wanted, **own: Any) -> None:
        wanted.name = name
        wanted.versions = tuple(f"imagenet-i{each}" for each in rows)
        if wanted.weights == "imagenet":
            wanted.weights = wanted.versions[-1]

    def published(wanted: Wanted, **own: Any) -> Published:
        if not wanted.pretrained:
            return Published("")
        version = wanted.weights.removeprefix("imagenet-")
        return Published(f"{STORE}/resnet_rs/{name}-{version}{{}}.h5", _HASHES[f"{depth}-{version}"])

    sizes = {"depths": depths, "drop": drop, "dropout": dropout}
    return architecture(_Form.__call__, _resnet, title, published, prepare=prepare, **sizes)  # type: ignore[arg-type]


ResNetRS50 = _member(50, (3, 4, 6, 3), drop=0.0)
ResNetRS101 = _member(101, (3, 4, 23, 3), drop=0.0)
ResNetRS152 = _member(152, (3, 8, 36, 3), drop=0.0)
ResNetRS200 = _member(200, (3, 24, 36, 3))
ResNetRS270 = _member(270, (4, 29, 53, 4))
ResNetRS350 = _member(350, (4, 36, 72, 4), dropout=0.4)
ResNetRS420 = _member(420, (4, 44, 87, 4), dropout=0.4)
