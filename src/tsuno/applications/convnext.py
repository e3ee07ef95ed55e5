"""ConvNeXt: a convolutional network brought up to what transformers have shown to be good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tsuno import layers, ops, random
from tsuno.applications.architecture import STORE, Pooling, Published, Shape, Wanted, Weights, architecture
from tsuno.applications.imagenet_utils import MEAN, STDDEV, preprocessing
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.parts import channels_of, pooled
from tsuno.core.validate import Below1, PositiveInt
from tsuno.initializers import Constant
from tsuno.models import Model, Sequential

__all__ = ["ConvNeXtTiny", "ConvNeXtSmall", "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtXLarge"]

preprocess_input = preprocessing(None)
_EPSILON = 1e-6


class StochasticDepth(layers.Layer):
    """Leaves out the whole of its input, for some images of a batch and only while training.

    Args:
        drop_path_rate: the probability of it, from 0 up to 1.
        **kwargs: the arguments of every layer, see `Layer`.

    Source: G. Huang et al., *Deep Networks with Stochastic Depth*, 2016.
    """

    _config_module = "keras.src.applications.convnext"

    def __init__(self, drop_path_rate: Below1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.drop_path_rate = drop_path_rate

    def call(self, x: Any, training: bool | None = None) -> Any:
        if not training:
            return x
        kept = 1 - self.drop_path_rate
        shape: Any = (ops.shape(x)[0], *(1,) * (len(x.shape) - 1))
        return x / kept * ops.cast(random.uniform(shape) < kept, x.dtype)


class LayerScale(layers.Layer):
    """Each channel multiplied by a number that is learned.

    Args:
        init_values: the first value of the numbers.
        projection_dim: how many channels there are.
        **kwargs: the arguments of every layer, see `Layer`.

    Source: H. Touvron et al., *Going Deeper with Image Transformers*, 2021.
    """

    _config_module = "keras.src.applications.convnext"

    def __init__(self, init_values: float, projection_dim: PositiveInt, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.init_values, self.projection_dim = init_values, projection_dim

    def build(self, input_shape: Any) -> None:
        self.gamma = self.add_weight(shape=(self.projection_dim,), initializer=Constant(self.init_values))

    def call(self, x: Any) -> Any:
        return x * self.gamma


class _Form(Protocol):
    def __call__(
        self,
        include_top: bool = True,
        include_preprocessing: bool = True,
        weights: Weights = "imagenet",
        input_tensor: Any = None,
        input_shape: Shape = None,
        pooling: Pooling = None,
        classes: PositiveInt = 1000,
        classifier_activation: Any = "softmax",
        name: str | None = None,
    ) -> Model: ...


def _convnext(
    x: Any, wanted: Wanted, include_preprocessing: bool, depths: Sequence[int], filters: Sequence[int]
) -> Any:
    """ConvNeXt: four stages of blocks with 7×7 windows, one for each channel, and two dense layers between sums.

    Example:
        model = tsuno.applications.ConvNeXtTiny(weights=None, classes=7, input_shape=(32, 32, 3))
        model.output_shape
        # (None, 7)

    Source: Z. Liu et al., *A ConvNet for the 2020s*, 2022.
    """
    name = wanted.name or "convnext"
    if include_preprocessing and channels_of(x) == 3:
        mean, variance = [255 * each for each in MEAN], [(255 * each) ** 2 for each in STDDEV]
        x = layers.Normalization(mean=mean, variance=variance, name=f"{name}_prestem_normalization")(x)
    for stage, (depth, width) in enumerate(zip(depths, filters, strict=True)):
        x = _narrowed(x, name, stage - 1, width)
        for place in range(depth):
            x = _block(x, f"{name}_stage_{stage}_block_{place}", width)
    if not wanted.include_top:
        return layers.LayerNormalization(epsilon=_EPSILON)(pooled(x, wanted, named=False))
    x = layers.GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
    x = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_head_layernorm")(x)
    return layers.Dense(wanted.classes, activation=wanted.classifier_activation, name=f"{name}_head_dense")(x)


def _narrowed(x: Any, name: str, place: int, filters: int) -> Any:
    """What stands before a stage: patches of 4×4 pixels before the first, halved rows and columns before the others."""
    if place < 0:
        conv = layers.Conv2D(filters, 4, strides=4, name=f"{name}_stem_conv")
        norm = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_stem_layernorm")
        return Sequential([conv, norm], name=f"{name}_stem")(x)
    norm = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_downsampling_layernorm_{place}")
    conv = layers.Conv2D(filters, 2, strides=2, name=f"{name}_downsampling_conv_{place}")
    return Sequential([norm, conv], name=f"{name}_downsampling_block_{place}")(x)


def _block(x: Any, name: str, filters: int) -> Any:
    past = x
    x = layers.Conv2D(filters, 7, padding="same", groups=filters, name=f"{name}_depthwise_conv")(x)
    x = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_layernorm")(x)
    x = layers.Dense(4 * filters, name=f"{name}_pointwise_conv_1")(x)
    x = layers.Activation("gelu", name=f"{name}_gelu")(x)
    x = layers.Dense(filters, name=f"{name}_pointwise_conv_2")(x)
    x = LayerScale(1e-6, filters, name=f"{name}_layer_scale")(x)
    return past + layers.Activation("linear", name=f"{name}_identity")(x)


def _member(size: str, depths: Sequence[int], width: int, top: str, notop: str) -> _Form:
    name = f"convnext_{size.lower()}"
    published = Published(f"{STORE}/convnext/{name}{{}}.h5", (top, notop))
    filters = [width << stage for stage in range(4)]
    last: dict[str, Any] = {"formats": ("channels_last",)}
    title = f"ConvNeXt{size}"
    return architecture(_Form.__call__, _convnext, title, published, name=name, depths=depths, filters=filters, **last)


ConvNeXtTiny = _member(
    "Tiny",
    (3, 3, 9, 3),
    96,
    "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
    "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
)
ConvNeXtSmall = _member(
    "Small",
    (3, 3, 27, 3),
    96,
    "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
    "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
)
ConvNeXtBase = _member(
    "Base",
    (3, 3, 27, 3),
    128,
    "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
    "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
)
ConvNeXtLarge = _member(
    "Large",
    (3, 3, 27, 3),
    192,
    "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
    "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
)
ConvNeXtXLarge = _member(
    "XLarge",
    (3, 3, 27, 3),
    256,
    "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
    "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
)
