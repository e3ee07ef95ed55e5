"""NASNet: two cells found by search, stacked."""

from __future__ import annotations

from typing import Any, Protocol

from tsuno import layers
from tsuno.applications.architecture import STORE, Pooling, Published, Shape, Wanted, Weights, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.parts import channels_of, head, padded, unit
from tsuno.core.validate import PositiveInt
from tsuno.models import Model

__all__ = ["NASNetMobile", "NASNetLarge"]

preprocess_input = preprocessing("tf")


class _Form(Protocol):
    def __call__(
        self,
        input_shape: Shape = None,
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: Any = None,
        pooling: Pooling = None,
        classes: PositiveInt = 1000,
        classifier_activation: Any = "softmax",
        name: str | None = None,
    ) -> Model: ...


def _nasnet(x: Any, wanted: Wanted, filters: int, depth: int, stem: int, skips: bool) -> Any:
    """NASNet: normal cells, which keep rows and columns, and reducing cells, which halve them, by turns.

    Each cell sees what the two before it have put out.

    Example:
        model = tsuno.applications.NASNetMobile(weights=None, classes=7, input_shape=(32, 32, 3))
        model.output_shape
        # (None, 7)

    Source: B. Zoph et al., *Learning Transferable Architectures for Scalable Image Recognition*, 2018.
    """
    first = layers.Conv2D(stem, 3, strides=2, use_bias=False, kernel_initializer="he_normal", name="stem_conv1")
    x, past = _unit(x, first, "stem_bn1"), None
    for place, part in enumerate((4, 2), 1):
        x, past = _reducing(x, past, filters // part, f"stem_{place}"), x
    for stage in range(3):
        width = filters << stage
        if stage:
            reduced = _reducing(x, past, width, f"reduce_{stage * depth}")
            x, past = reduced, past if skips else x
        for place in range(depth):
            x, past = _normal(x, past, width, str(stage * depth + place + (stage > 0))), x
    return head(layers.Activation("relu")(x), wanted, named=False, top=None)


def _normal(x: Any, past: Any, filters: int, name: str) -> Any:
    past = _fitted(past, x, filters, name)
    h = _squeezed(x, filters, "normal", name)
    sums = [
        (_separable(h, filters, 5, f"normal_left1_{name}"), _separable(past, filters, 3, f"normal_right1_{name}")),
        (_separable(past, filters, 5, f"normal_left2_{name}"), _separable(past, filters, 3, f"normal_right2_{name}")),
        (_mean(h, f"normal_left3_{name}"), past),
        (_mean(past, f"normal_left4_{name}"), _mean(past, f"normal_right4_{name}")),
        (_separable(h, filters, 3, f"normal_left5_{name}"), h),
    ]
    parts = [layers.Add(name=f"normal_add_{place}_{name}")(list(pair)) for place, pair in enumerate(sums, 1)]
    return layers.Concatenate(name=f"normal_concat_{name}")([past, *parts])


def _reducing(x: Any, past: Any, filters: int, name: str) -> Any:
    past = _fitted(past, x, filters, name)
    h = _squeezed(x, filters, "reduction", name)
    wide = padded(h, 3, f"reduction_pad_1_{name}")
    left = _separable(h, filters, 5, f"reduction_left1_{name}", 2)
    right = _separable(past, filters, 7, f"reduction_right1_{name}", 2)
    x1 = layers.Add(name=f"reduction_add_1_{name}")([left, right])
    left = layers.MaxPooling2D(3, strides=2, name=f"reduction_left2_{name}")(wide)
    right = _separable(past, filters, 7, f"reduction_right2_{name}", 2)
    x2 = layers.Add(name=f"reduction_add_2_{name}")([left, right])
    left = layers.AveragePooling2D(3, strides=2, name=f"reduction_left3_{name}")(wide)
    right = _separable(past, filters, 5, f"reduction_right3_{name}", 2)
    x3 = layers.Add(name=f"reduction_add3_{name}")([left, right])
    x4 = layers.Add()([x2, _mean(x1, f"reduction_left4_{name}")])
    left = _separable(x1, filters, 3, f"reduction_left4_{name}")
    right = layers.MaxPooling2D(3, strides=2, name=f"reduction_right5_{name}")(wide)
    x5 = layers.Add(name=f"reduction_add4_{name}")([left, right])
    return layers.Concatenate(name=f"reduction_concat_{name}")([x2, x3, x4, x5])


def _fitted(past: Any, x: Any, filters: int, name: str) -> Any:
    """What the cell before the last has put out, with the rows of `x` and so many channels."""
    if past is None:
        return x
    if past.shape[-2] != x.shape[-2]:
        past = layers.Activation("relu", name=f"adjust_relu_1_{name}")(past)
        shifted = layers.Cropping2D(((1, 0), (1, 0)))(layers.ZeroPadding2D(((0, 1), (0, 1)))(past))
        halves = []
        for place, each in enumerate((past, shifted), 1):
            each = layers.AveragePooling2D(1, strides=2, name=f"adjust_avg_pool_{place}_{name}")(each)
            halves.append(_conv(filters // 2, f"adjust_conv_{place}_{name}")(each))
        return _unit(halves, layers.Concatenate(), f"adjust_bn_{name}")
    if channels_of(past) != filters:
        past = layers.Activation("relu")(past)
        return _unit(past, _conv(filters, f"adjust_conv_projection_{name}"), f"adjust_bn_{name}")
    return past


def _squeezed(x: Any, filters: int, kind: str, name: str) -> Any:
    x = layers.Activation("relu")(x)
    return _unit(x, _conv(filters, f"{kind}_conv_1_{name}"), f"{kind}_bn_1_{name}")


def _separable(x: Any, filters: int, window: int, name: str, strides: int = 1) -> Any:
    """Twice an activation and a separable convolution."""
    x = layers.Activation("relu")(x)
    if strides == 2:
        x = padded(x, window, f"separable_conv_1_pad_{name}")
    options: dict[str, Any] = {"strides": strides, "padding": "same" if strides == 1 else "valid"}
    for place in (1, 2):
        conv = f"separable_conv_{place}_{name}"
        layer = layers.SeparableConv2D(filters, window, use_bias=False, name=conv, **options)
        x = _unit(x, layer, f"separable_conv_{place}_bn_{name}")
        if place == 1:
            x, options = layers.Activation("relu")(x), {"padding": "same"}
    return x


def _conv(filters: int, name: str) -> Any:
    return layers.Conv2D(filters, 1, padding="same", use_bias=False, kernel_initializer="he_normal", name=name)


def _mean(x: Any, name: str) -> Any:
    return layers.AveragePooling2D(3, strides=1, padding="same", name=name)(x)


def _unit(x: Any, layer: Any, norm: str) -> Any:
    return unit(x, layer, norm, momentum=0.9997, epsilon=1e-3)


def _prepare(wanted: Wanted, **own: Any) -> None:
    """The sizes must be known: where they are odd, a cell has to fit what it is given."""
    if wanted.input_shape is None and wanted.input_tensor is None:
        wanted.input_shape = (wanted.default_size, wanted.default_size, 3)
    if wanted.pretrained and wanted.input_shape is not None and None in tuple(wanted.input_shape):
        raise wanted.fail("input_shape", "of known sizes with the weights of ImageNet")


def _member(size: str, side: int, filters: int, depth: int, stem: int, skips: bool, top: str, notop: str) -> _Form:
    name = size.lower()
    published = Published(
        f"{STORE}/nasnet/NASNet-{name}{{}}.h5", (top, notop), without="-no-top", file=f"nasnet_{name}{{}}.h5"
    )
    options: dict[str, Any] = {"formats": ("channels_last",), "prepare": _prepare, "default_size": side}
    sizes: dict[str, Any] = {"filters": filters, "depth": depth, "stem": stem, "skips": skips}
    return architecture(_Form.__call__, _nasnet, f"NASNet{size}", published, name=f"nasnet_{name}", **options, **sizes)


NASNetMobile = _member(
    "Mobile", 224, 44, 4, 32, False, "020fb642bf7360b370c678b08e0adf61", "1ed92395b5b598bdda52abe5c0dbfd63"
)
NASNetLarge = _member(
    "Large", 331, 168, 6, 96, True, "11577c9a518f0070763c2b964a382f17", "d81d89dc07e6e56530c4e77faddd61b5"
)
