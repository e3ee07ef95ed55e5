"""EfficientNetV2: EfficientNet with whole convolutions in its first stages, where they are the faster ones."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, Protocol

from tsuno import layers
from tsuno.applications.architecture import STORE, Pooling, Published, Shape, Wanted, Weights, architecture
from tsuno.applications.efficientnet import added, classifier, kernels
from tsuno.applications.imagenet_utils import MEAN, STDDEV, preprocessing
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.parts import channel_axis, channels_of, divisible, head, squeeze_excite, unit
from tsuno.core.validate import PositiveInt
from tsuno.models import Model

__all__ = [
    "EfficientNetV2B0", "EfficientNetV2B1", "EfficientNetV2B2", "EfficientNetV2B3", "EfficientNetV2S",
    "EfficientNetV2M", "EfficientNetV2L",
]  # fmt: skip

preprocess_input = preprocessing(None)
_rounded = functools.partial(divisible, at_most_a_tenth_less=False)
# A stage: depth, filters, how much wider its blocks are inside, stride, whether its convolutions are whole.
_B = (
    (1, 16, 1, 1, True),
    (2, 32, 4, 2, True),
    (2, 48, 4, 2, True),
    (3, 96, 4, 2, False),
    (5, 112, 6, 1, False),
    (8, 192, 6, 2, False),
)
_S = (
    (2, 24, 1, 1, True),
    (4, 48, 4, 2, True),
    (4, 64, 4, 2, True),
    (6, 128, 4, 2, False),
    (9, 160, 6, 1, False),
    (15, 256, 6, 2, False),
)
_M = (
    (3, 24, 1, 1, True),
    (5, 48, 4, 2, True),
    (5, 80, 4, 2, True),
    (7, 160, 4, 2, False),
    (14, 176, 6, 1, False),
    (18, 304, 6, 2, False),
    (5, 512, 6, 1, False),
)
_L = (
    (4, 32, 1, 1, True),
    (7, 64, 4, 2, True),
    (7, 96, 4, 2, True),
    (10, 192, 4, 2, False),
    (19, 224, 6, 1, False),
    (25, 384, 6, 2, False),
    (7, 640, 6, 1, False),
)


class _Form(Protocol):
    def __call__(
        self,
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: Any = None,
        input_shape: Shape = None,
        pooling: Pooling = None,
        classes: PositiveInt = 1000,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
        name: str | None = None,
    ) -> Model: ...


def _efficientnet(
    x: Any,
    wanted: Wanted,
    include_preprocessing: bool,
    stages: Sequence[tuple[int, int, int, int, bool]],
    width: float,
    depth: float,
) -> Any:
    """EfficientNetV2: stages of narrow blocks, wide inside; the first with whole convolutions, the others as before.

    Example:
        model = tsuno.applications.EfficientNetV2B0(weights=None, classes=7, input_shape=(32, 32, 3))
        model.output_shape
        # (None, 7)

    Source: M. Tan and Q. Le, *EfficientNetV2: Smaller Models and Faster Training*, 2021.
    """
    if include_preprocessing:
        x = _scaled(x, with_mean=stages is _B and channels_of(x) == 3)
    stem = 32 if stages is _B else stages[0][1]
    x = _unit(x, "stem_", "conv", filters=_rounded(stem * width), kernel_size=3, strides=2)
    place, blocks = 0, sum(stage[0] for stage in stages)
    for number, (repeats, filters, wider, strides, whole) in enumerate(stages, 1):
        for nth in range(math.ceil(depth * repeats)):
            name = f"block{number}{chr(ord('a') + nth)}_"
            block = _whole if whole else _separate
            x = block(x, name, _rounded(filters * width), wider, 1 if nth else strides, 0.2 * place / blocks)
            place += 1
    x = _unit(x, "top_", "conv", filters=_rounded(1280 * width), kernel_size=1)
    return head(x, wanted, dropout=0.2, **classifier())


def _scaled(x: Any, with_mean: bool) -> Any:
    if not with_mean:
        return layers.Rescaling(scale=1.0 / 128.0, offset=-1)(x)
    variance = [deviation**2 for deviation in STDDEV]
    return layers.Normalization(mean=list(MEAN), variance=variance, axis=channel_axis())(layers.Rescaling(1.0 / 255)(x))


def _separate(x: Any, name: str, filters: int, wider: int, strides: int, drop: float) -> Any:
    """A block whose inner convolution is one for each channel."""
    past, channels = x, channels_of(x)
    x = _unit(x, f"{name}expand_", "conv", filters=channels * wider, kernel_size=1)
    x = _unit(x, name, "dwconv2", kernel_size=3, strides=strides)
    x = squeeze_excite(x, name, max(1, int(channels * 0.25)), "swish", kernels())
    x = _unit(x, f"{name}project_", "conv", active=False, filters=filters, kernel_size=1)
    return added(x, past, name, drop) if strides == 1 and channels == filters else x


def _whole(x: Any, name: str, filters: int, wider: int, strides: int, drop: float) -> Any:
    """A block that widens its input with a whole convolution, or has nothing else but that."""
    past, channels = x, channels_of(x)
    if wider != 1:
        x = _unit(x, f"{name}expand_", "conv", filters=channels * wider, kernel_size=3, strides=strides)
        x = _unit(x, f"{name}project_", "conv", active=False, filters=filters, kernel_size=1)
    else:
        x = _unit(x, f"{name}project_", "conv", filters=filters, kernel_size=3, strides=strides)
    return added(x, past, name, drop) if strides == 1 and channels == filters else x


def _unit(x: Any, prefix: str, name: str, active: bool = True, **options: Any) -> Any:
    kind: Any = layers.Conv2D if "filters" in options else layers.DepthwiseConv2D
    begins = "kernel_initializer" if "filters" in options else "depthwise_initializer"
    layer = kind(padding="same", use_bias=False, name=f"{prefix}{name}", **{begins: kernels()}, **options)
    after = layers.Activation("swish", name=f"{prefix}activation") if active else None
    return unit(x, layer, f"{prefix}bn", after, momentum=0.9)


def _member(size: str, stages: Any, side: int, top: str, notop: str, width: float = 1.0, depth: float = 1.0) -> _Form:
    name = f"efficientnetv2-{size.lower()}"
    published = Published(f"{STORE}/efficientnet_v2/{name}{{}}.h5", (top, notop))
    title = f"EfficientNetV2{size}"
    scale: dict[str, Any] = {"default_size": side, "width": width, "depth": depth}
    return architecture(_Form.__call__, _efficientnet, title, published, name=name, stages=stages, **scale)


EfficientNetV2B0 = _member("B0", _B, 224, "21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff")
EfficientNetV2B1 = _member(
    "B1", _B, 240, "069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37", depth=1.1
)
EfficientNetV2B2 = _member(
    "B2", _B, 260, "424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb", width=1.1, depth=1.2
)
EfficientNetV2B3 = _member(
    "B3", _B, 300, "1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856", width=1.2, depth=1.4
)
EfficientNetV2S = _member("S", _S, 384, "e1d88a8495beba45748fedd0cecbe016", "af0682fb74e8c54910f2d4393339c070")
EfficientNetV2M = _member("M", _M, 480, "a3bf6aa3276309f4fc6a34aa114c95cd", "1b8dc055df72dde80d614482840fe342")
EfficientNetV2L = _member("L", _L, 480, "27e6d408b53c7ebc868fefa357689935", "b0b66b5c863aef5b46e8608fe1711615")
