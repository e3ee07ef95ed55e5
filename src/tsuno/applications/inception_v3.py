"""Inception: convolutions of several sizes side by side, their channels put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import layers
from tsuno.applications.architecture import STORE, Published, Standard, Wanted, architecture
from tsuno.applications.imagenet_utils import decode_predictions as decode_predictions
from tsuno.applications.imagenet_utils import preprocessing
from tsuno.applications.parts import channel_axis, head, unit

__all__ = ["InceptionV3"]

preprocess_input = preprocessing("tf")
# A step of a branch: filters, rows and columns of the window, and its stride if there is one (then nothing is padded);
# a pooling; or branches again, with the name of what puts them together.
_MAX, _AVG = "max", "avg"
_A = [[(64, 1, 1)], [(48, 1, 1), (64, 5, 5)], [(64, 1, 1), (96, 3, 3), (96, 3, 3)]]
_HALF_A = [[(384, 3, 3, 2)], [(64, 1, 1), (96, 3, 3), (96, 3, 3, 2)], [_MAX]]
_HALF_B = [[(192, 1, 1), (320, 3, 3, 2)], [(192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3, 2)], [_MAX]]


def _b(n: int) -> list[Any]:
    return [
        [(192, 1, 1)],
        [(n, 1, 1), (n, 1, 7), (192, 7, 1)],
        [(n, 1, 1), (n, 7, 1), (n, 1, 7), (n, 7, 1), (192, 1, 7)],
        [_AVG, (192, 1, 1)],
    ]


def _c(name: str) -> list[Any]:
    split = [[(384, 1, 3)], [(384, 3, 1)]]
    return [
        [(320, 1, 1)],
        [(384, 1, 1), (name, split)],
        [(448, 1, 1), (384, 3, 3), (None, split)],
        [_AVG, (192, 1, 1)],
    ]


def _inception(x: Any, wanted: Wanted) -> Any:
    """InceptionV3: eleven mixtures of branches; long convolutions, 1×7 and 7×1, in place of wide ones.

    Example:
        model = tsuno.applications.InceptionV3(weights=None, include_top=False, input_shape=(75, 75, 3))
        model.output_shape
        # (None, 1, 1, 2048)

    Source: C. Szegedy et al., *Rethinking the Inception Architecture for Computer Vision*, 2016.
    """
    x = stem(x)
    mixtures = [*([*_A, [_AVG, (pool, 1, 1)]] for pool in (32, 64, 64)), _HALF_A, _b(128), _b(160), _b(160), _b(192)]
    mixtures += [_HALF_B, _c("mixed9_0"), _c("mixed9_1")]
    for place, branches in enumerate(mixtures):
        x = mixed(x, branches, f"mixed{place}")
    return head(x, wanted, named=False)


def stem(x: Any) -> Any:
    """The beginning that both Inceptions have: to 192 channels and an eighth of the rows."""
    first = conv(x, 32, 3, strides=2, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(conv(conv(first, 32, 3, padding="valid"), 64, 3))
    return layers.MaxPooling2D(3, strides=2)(conv(conv(x, 80, 1, padding="valid"), 192, 3, padding="valid"))


def mixed(x: Any, branches: Sequence[Any], name: str | None) -> Any:
    """Branches side by side, put together by their channels."""
    return layers.Concatenate(axis=channel_axis(), name=name)([_branch(x, steps) for steps in branches])


def _branch(x: Any, steps: Sequence[Any]) -> Any:
    for step in steps:
        if step == _MAX:
            x = layers.MaxPooling2D(3, strides=2)(x)
        elif step == _AVG:
            x = layers.AveragePooling2D(3, strides=1, padding="same")(x)
        elif len(step) == 2:
            x = mixed(x, step[1], step[0])
        else:
            filters, rows, columns, *strides = step
            strided = {"strides": strides[0], "padding": "valid"} if strides else {}
            x = conv(x, filters, (rows, columns), **strided)
    return x


def conv(x: Any, filters: int, window: Any, padding: str = "same", **options: Any) -> Any:
    """A convolution, normalized, and an activation, none of them named."""
    layer = layers.Conv2D(filters, window, padding=padding, use_bias=False, **options)  # type: ignore[arg-type]
    return unit(x, layer, None, layers.Activation("relu"), scale=False)


InceptionV3 = architecture(
    Standard.__call__,
    _inception,
    "InceptionV3",
    Published(
        f"{STORE}/inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels{{}}.h5",
        ("9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"),
    ),
    name="inception_v3",
    default_size=299,
    min_size=75,
)
