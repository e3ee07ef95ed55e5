"""MobileNetV2: wide inside, narrow where blocks meet."""

from __future__ import annotations

from typing import Any, Protocol

from tsuno import layers
from tsuno.applications.architecture import STORE, Pooling, Published, Shape, Wanted, Weights, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.mobilenet import published_side, rows_in_name, take_known_side
from tsuno.applications.parts import channels_of, divisible, head, padded, unit
from tsuno.core.validate import NonNegative, PositiveInt
from tsuno.models import Model

__all__ = ["MobileNetV2"]

preprocess_input = preprocessing("tf")
_SIDES = (96, 128, 160, 192, 224)
_ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
# A stage: filters, stride, depth.
_STAGES = (
    (16, 1, 1),
    (24, 2, 2),
    (32, 2, 3),
    (64, 2, 4),
    (96, 1, 3),
    (160, 2, 3),
    (320, 1, 1),
)


class _Form(Protocol):
    def __call__(
        self,
        input_shape: Shape = None,
        alpha: NonNegative = 1.0,
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: Any = None,
        pooling: Pooling = None,
        classes: PositiveInt = 1000,
        classifier_activation: Any = "softmax",
        name: str | None = None,
    ) -> Model: ...


def _mobilenet(x: Any, wanted: Wanted, alpha: float) -> Any:
    """MobileNetV2: blocks that widen their input, convolve each channel, and narrow it again without an activation.

    Example:
        >>> model = tsuno.applications.MobileNetV2(weights=None, alpha=0.35, classes=7, input_shape=(32, 32, 3))
        >>> model.output_shape
        (None, 7)

    Source: M. Sandler et al., *MobileNetV2: Inverted Residuals and Linear Bottlenecks*, 2018.
    """
    first = layers.Conv2D(divisible(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")
    x = _unit(x, first, "bn_Conv1", "Conv1_relu")
    place = 0
    for filters, strides, depth in _STAGES:
        for nth in range(depth):
            x = _block(x, divisible(int(filters * alpha)), 1 if nth else strides, place)
            place += 1
    last = layers.Conv2D(divisible(1280 * max(alpha, 1.0)), 1, use_bias=False, name="Conv_1")
    x = _unit(x, last, "Conv_1_bn", "out_relu")
    wanted.name = wanted.name or f"mobilenetv2_{alpha:0.2f}_{rows_in_name(wanted)}"
    return head(x, wanted, named=False, top=None)


def _block(x: Any, filters: int, strides: int, place: int) -> Any:
    past, channels = x, channels_of(x)
    name = f"block_{place}_" if place else "expanded_conv_"
    if place:
        widening = layers.Conv2D(6 * channels, 1, padding="same", use_bias=False, name=f"{name}expand")
        x = _unit(x, widening, f"{name}expand_BN", f"{name}expand_relu")
    if strides == 2:
        x = padded(x, 3, f"{name}pad")
    padding: Any = "same" if strides == 1 else "valid"
    depthwise = layers.DepthwiseConv2D(3, strides=strides, padding=padding, use_bias=False, name=f"{name}depthwise")
    x = _unit(x, depthwise, f"{name}depthwise_BN", f"{name}depthwise_relu")
    x = _unit(x, layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project"), f"{name}project_BN")
    return layers.Add(name=f"{name}add")([past, x]) if strides == 1 and channels == filters else x


def _unit(x: Any, layer: Any, norm: str, activation: str | None = None) -> Any:
    after = layers.ReLU(6.0, name=activation) if activation else None
    return unit(x, layer, norm, after, epsilon=1e-3, momentum=0.999)


def agree(wanted: Wanted) -> None:
    """Raise unless the input and the shape given, if both are, have the same columns."""
    tensor, shape = wanted.input_tensor, wanted.input_shape
    if tensor is not None and shape is not None and wanted.sides(tensor.shape[1:])[1] != wanted.sides(shape)[1]:
        raise wanted.fail("input_shape", f"as that of `input_tensor`, {tuple(tensor.shape[1:])}", "Give one.")


def _prepare(wanted: Wanted, **own: Any) -> None:
    tensor = wanted.input_tensor
    agree(wanted)
    shape = tensor.shape[1:] if tensor is not None and wanted.input_shape is None else wanted.input_shape
    take_known_side(wanted, shape, _SIDES)


def _published(wanted: Wanted, alpha: float) -> Published:
    if not wanted.pretrained:
        return Published("")
    rows = published_side(wanted, alpha, _ALPHAS, _SIDES)
    file = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{rows}{{}}.h5"
    return Published(f"{STORE}/mobilenet_v2/{file}", without="_no_top")


MobileNetV2 = architecture(_Form.__call__, _mobilenet, "MobileNetV2", _published, prepare=_prepare)
