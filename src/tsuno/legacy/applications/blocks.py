"""The blocks that the architectures of Keras 1 and 2 were made of, for programs that build networks of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import layers, ops
from tsuno.core.settings import image_data_format

_FILES = "https://github.com/fchollet/deep-learning-models/releases/download/"
CLASS_INDEX = None
CLASS_INDEX_PATH = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"


def _axis() -> int:
    return 1 if image_data_format() == "channels_first" else -1


# ---------------------------------------------------------------------- residual networks


def identity_block(input_tensor: Any, kernel_size: Any, filters: Sequence[int], stage: int, block: str) -> Any:
    """Three convolutions around which the input goes unchanged.

    Args:
        input_tensor: the input, (batch, rows, columns, channels).
        kernel_size: the window of the second convolution.
        filters: how many filters each convolution has.
        stage: the number of the stage, for names.
        block: the letter of the block, for names.
    """
    x = _three(input_tensor, kernel_size, filters, (1, 1), f"{stage}{block}_branch")
    return layers.Activation("relu")(layers.add([x, input_tensor]))


def conv_block(
    input_tensor: Any, kernel_size: Any, filters: Sequence[int], stage: int, block: str, strides: Any = (2, 2)
) -> Any:
    """Three convolutions around which the input goes through one, as in `identity_block`.

    Args:
        input_tensor: the input.
        kernel_size: the window of the second convolution.
        filters: how many filters each convolution has.
        stage: the number of the stage, for names.
        block: the letter of the block, for names.
        strides: the strides of the first convolution, and of that around.
    """
    name = f"{stage}{block}_branch"
    x = _three(input_tensor, kernel_size, filters, strides, name)
    around = layers.Conv2D(filters[2], (1, 1), strides=strides, name=f"res{name}1")(input_tensor)
    around = layers.BatchNormalization(_axis(), name=f"bn{name}1")(around)
    return layers.Activation("relu")(layers.add([x, around]))


def _three(x: Any, kernel_size: Any, filters: Sequence[int], strides: Any, name: str) -> Any:
    kinds: Any = (
        ("2a", (1, 1), strides, "valid"),
        ("2b", kernel_size, (1, 1), "same"),
        ("2c", (1, 1), (1, 1), "valid"),
    )
    for (part, window, steps, padding), count in zip(kinds, filters, strict=True):
        x = layers.Conv2D(count, window, strides=steps, padding=padding, name=f"res{name}{part}")(x)
        x = layers.BatchNormalization(_axis(), name=f"bn{name}{part}")(x)
        if part != "2c":
            x = layers.Activation("relu")(x)
    return x


# ---------------------------------------------------------------------- Inception


def conv2d_bn(
    x: Any,
    filters: int,
    num_row: int | tuple[int, int],
    num_col: int | None = None,
    padding: Any = "same",
    strides: Any = (1, 1),
    name: str | None = None,
    activation: Any = "relu",
    use_bias: bool = False,
) -> Any:
    """A convolution, batch normalization and an activation.

    Args:
        x: the input.
        filters: how many filters.
        num_row: the rows of the window, or the whole window.
        num_col: the columns of the window.
        padding: `"same"` or `"valid"`.
        strides: the strides.
        name: what the names of the layers begin with.
        activation: the activation; None for none.
        use_bias: whether the convolution has a bias in the place of the normalization.
    """
    window = num_row if num_col is None else (num_row, num_col)
    named: dict[str, Any] = {} if name is None else {"name": f"{name}_conv"}
    x = layers.Conv2D(filters, window, strides=strides, padding=padding, use_bias=use_bias, **named)(x)
    if not use_bias:
        x = layers.BatchNormalization(_axis(), scale=False, name=None if name is None else f"{name}_bn")(x)
    return x if activation is None else layers.Activation(activation, name=name)(x)


def inception_resnet_block(x: Any, scale: float, block_type: str, block_idx: int, activation: Any = "relu") -> Any:
    """A block of Inception-ResNet: branches, brought together and added to the input.

    Args:
        x: the input.
        scale: the factor of what is added.
        block_type: `"block35"`, `"block17"` or `"block8"`.
        block_idx: its number, for names.
        activation: the activation at the end; None for none.
    """
    branches = {
        "block35": (((32, 1, 1),), ((32, 1, 1), (32, 3, 3)), ((32, 1, 1), (48, 3, 3), (64, 3, 3))),
        "block17": (((192, 1, 1),), ((128, 1, 1), (160, 1, 7), (192, 7, 1))),
        "block8": (((192, 1, 1),), ((192, 1, 1), (224, 1, 3), (256, 3, 1))),
    }
    if block_type not in branches:
        raise ValueError(f"`block_type` must be one of {', '.join(branches)}; got {block_type!r}.")
    ends = []
    for branch in branches[block_type]:
        end = x
        for filters, rows, columns in branch:
            end = conv2d_bn(end, filters, rows, columns)
        ends.append(end)
    name = f"{block_type}_{block_idx}"
    mixed = layers.Concatenate(axis=_axis(), name=f"{name}_mixed")(ends)
    up = conv2d_bn(mixed, x.shape[_axis()], 1, 1, name=f"{name}_conv", activation=None, use_bias=True)
    x = layers.add([x, layers.Lambda(lambda y: y * scale)(up)])
    return x if activation is None else layers.Activation(activation, name=f"{name}_ac")(x)


# ---------------------------------------------------------------------- DenseNet


def dense_conv_block(x: Any, growth_rate: int, name: str) -> Any:
    """The input, and beside it `growth_rate` channels that two convolutions made of it."""
    y = layers.BatchNormalization(_axis(), epsilon=1.001e-5, name=f"{name}_0_bn")(x)
    y = layers.Activation("relu", name=f"{name}_0_relu")(y)
    y = layers.Conv2D(4 * growth_rate, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = layers.BatchNormalization(_axis(), epsilon=1.001e-5, name=f"{name}_1_bn")(y)
    y = layers.Activation("relu", name=f"{name}_1_relu")(y)
    y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return layers.Concatenate(axis=_axis(), name=f"{name}_concat")([x, y])


def dense_block(x: Any, blocks: int, name: str) -> Any:
    """Several `dense_conv_block`s of 32 channels each."""
    for place in range(blocks):
        x = dense_conv_block(x, 32, name=f"{name}_block{place + 1}")
    return x


def transition_block(x: Any, reduction: float, name: str) -> Any:
    """Fewer channels and a quarter of the places.

    Args:
        x: the input.
        reduction: the part of the channels that stays.
        name: what names begin with.
    """
    channels = int(x.shape[_axis()] * reduction)
    x = layers.BatchNormalization(_axis(), epsilon=1.001e-5, name=f"{name}_bn")(x)
    x = layers.Activation("relu", name=f"{name}_relu")(x)
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_conv")(x)
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def relu6(x: Any) -> Any:
    """What is positive, up to 6."""
    return ops.relu6(x)


# ---------------------------------------------------------------------- where weights are


def _both(
    stem: str, version: str, prefix: str = "", middle: str = "_weights_tf_dim_ordering_tf_kernels"
) -> dict[str, str]:
    address = f"{_FILES}{version}/{stem}{middle}"
    return {f"{prefix}WEIGHTS_PATH": f"{address}.h5", f"{prefix}WEIGHTS_PATH_NO_TOP": f"{address}_notop.h5"}


def _of_keras_1(stem: str, version: str, kinds: Sequence[str] = ("TF", "TH")) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind in kinds:
        found |= _both(stem, version, f"{kind}_", f"_weights_{kind.lower()}_dim_ordering_{kind.lower()}_kernels")
    return found


_SPLIT = {"": "WEIGHT_PATH", "-no-top": "WEIGHT_PATH_NO_TOP"}
ADDRESSES: dict[str, dict[str, str]] = {
    "vgg16": _both("vgg16", "v0.1") | _of_keras_1("vgg16", "v0.1"),
    "vgg19": _both("vgg19", "v0.1") | _of_keras_1("vgg19", "v0.1"),
    "resnet50": _both("resnet50", "v0.2") | _of_keras_1("resnet50", "v0.2"),
    "inception_v3": _both("inception_v3", "v0.5") | _of_keras_1("inception_v3", "v0.2"),
    "xception": _of_keras_1("xception", "v0.4", ("TF",)),
    "music_tagger_crnn": {
        f"{kind.upper()}_WEIGHTS_PATH": f"{_FILES}v0.3/music_tagger_crnn_weights_{kind}_kernels_{kind}_dim_ordering.h5"
        for kind in ("tf", "th")
    },
    "inception_resnet_v2": {"BASE_WEIGHT_URL": f"{_FILES}v0.7/"},
    "mobilenet": {"BASE_WEIGHT_PATH": f"{_FILES}v0.6/"},
    "densenet": {
        f"DENSENET{size}_{name}": f"{_FILES}v0.8/densenet{size}_weights_tf_dim_ordering_tf_kernels{ending}.h5"
        for size in (121, 169, 201)
        for ending, name in (("", "WEIGHT_PATH"), ("_notop", "WEIGHT_PATH_NO_TOP"))
    },
    "nasnet": {
        f"NASNET_{size.upper()}_{name}": f"{_FILES}v0.8/NASNet-{size}{ending}.h5"
        for size in ("mobile", "large")
        for ending, name in _SPLIT.items()
    },
}
"""Under which names the modules had the addresses of weights."""
