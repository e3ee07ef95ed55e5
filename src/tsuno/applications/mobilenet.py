"""MobileNet: each channel has a convolution of its own, then the channels are mixed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Protocol

from tsuno import layers
from tsuno.applications.architecture import STORE, Pooling, Published, Shape, Wanted, Weights, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.parts import pooled, unit
from tsuno.core.errors import invalid
from tsuno.core.validate import Fraction, NonNegative, PositiveInt
from tsuno.models import Model

__all__ = ["MobileNet"]

preprocess_input = preprocessing("tf")
_FILTERS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
_HALVING = (2, 4, 6, 12)
_SIDES = (128, 160, 192, 224)
_ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}


class _Form(Protocol):
    def __call__(
        self,
        input_shape: Shape = None,
        alpha: NonNegative = 1.0,
        depth_multiplier: PositiveInt = 1,
        dropout: Fraction = 1e-3,
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: Any = None,
        pooling: Pooling = None,
        classes: PositiveInt = 1000,
        classifier_activation: Any = "softmax",
        name: str | None = None,
    ) -> Model: ...


def take_known_side(wanted: Wanted, shape: Any, known: Sequence[int]) -> None:
    """Let a square image of one of the sizes that there are weights for be the family's own."""
    if shape is not None and len(shape) == 3:
        rows, columns = wanted.sides(shape)
        if rows is not None and rows == columns and rows in known:
            wanted.default_size = rows


def published_side(wanted: Wanted, alpha: float, alphas: Sequence[float], known: Sequence[int]) -> int:
    """The size of images that the weights to be taken were trained with; raises if there are none of this width."""
    if alpha not in alphas:
        listed = ", ".join(map(str, alphas))
        raise invalid(f"{wanted.title}.alpha", f"one of {listed} with the weights of ImageNet", alpha)
    sides = wanted.sides(wanted.input_shape)
    if sides == (wanted.default_size, wanted.default_size):
        return wanted.default_size
    if sides != (None, None):
        note = f"There are weights for square images of {', '.join(map(str, known))} rows; those for 224 are taken."
        warnings.warn(note, stacklevel=5)
    return 224


def _mobilenet(x: Any, wanted: Wanted, alpha: float, depth_multiplier: int, dropout: float) -> Any:
    """MobileNet: thirteen convolutions of single channels, each followed by one that mixes the channels.

    Example:
        >>> model = tsuno.applications.MobileNet(weights=None, alpha=0.25, classes=7, input_shape=(32, 32, 3))
        >>> model.output_shape
        (None, 7)

    Source: A. Howard et al., *MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
    Applications*, 2017.
    """
    x = _step(x, layers.Conv2D, "conv1", filters=int(32 * alpha), kernel_size=3, strides=2, padding="same")
    for place, filters in enumerate(_FILTERS, 1):
        options: dict[str, Any] = {"padding": "same"}
        if place in _HALVING:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{place}")(x)
            options = {"strides": 2}
        name = f"conv_dw_{place}"
        x = _step(x, layers.DepthwiseConv2D, name, kernel_size=3, depth_multiplier=depth_multiplier, **options)
        x = _step(x, layers.Conv2D, f"conv_pw_{place}", filters=int(filters * alpha), kernel_size=1, padding="same")
    wanted.name = wanted.name or f"mobilenet_{alpha:0.2f}_{rows_in_name(wanted)}"
    if not wanted.include_top:
        return pooled(x, wanted, named=False)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(wanted.classes, 1, padding="same", name="conv_preds")(x)
    x = layers.Reshape((wanted.classes,), name="reshape_2")(x)
    return layers.Activation(wanted.classifier_activation, name="predictions")(x)


def _step(x: Any, kind: Any, name: str, **options: Any) -> Any:
    layer = kind(use_bias=False, name=name, **options)
    return unit(x, layer, f"{name}_bn", layers.ReLU(6.0, name=f"{name}_relu"))


def rows_in_name(wanted: Wanted) -> int | None:
    """The rows that the name of the model has in it."""
    rows, columns = wanted.sides(wanted.input_shape)
    known = rows == columns == wanted.default_size
    return rows if known or not wanted.pretrained else 224


def _prepare(wanted: Wanted, **own: Any) -> None:
    take_known_side(wanted, wanted.input_shape, _SIDES)


def _published(wanted: Wanted, alpha: float, depth_multiplier: int, dropout: float) -> Published:
    if not wanted.pretrained:
        return Published("")
    if depth_multiplier != 1:
        raise invalid("MobileNet.depth_multiplier", "1 with the weights of ImageNet", depth_multiplier)
    rows = published_side(wanted, alpha, list(_ALPHAS), _SIDES)
    return Published(f"{STORE}/mobilenet/mobilenet_{_ALPHAS[alpha]}_{rows}_tf{{}}.h5", without="_no_top")


MobileNet = architecture(_Form.__call__, _mobilenet, "MobileNet", _published, prepare=_prepare)
