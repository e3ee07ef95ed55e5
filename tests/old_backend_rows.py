"""Calls of `keras.backend`, and what `tf_keras` (Keras 2 on TensorFlow) gives for them.

Run as a program, in an environment with `tf_keras`, this writes `files/backend.npz` anew:
`python tests/old_backend_rows.py`.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FILE = Path(__file__).parent / "files" / "backend.npz"
DRAW = np.random.default_rng(0)


def decay(x: Any, states: Any) -> Any:
    """A step of a recurrent network."""
    new = 0.5 * states[0] + x
    return new * 2, [new]


class Row(NamedTuple):
    """A call: the function, what it is given by place, and what by name."""

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    tolerance: float = 2e-6


def row(function: str, *args: Any, tolerance: float = 2e-6, **kwargs: Any) -> Row:
    return Row(function, args, kwargs, tolerance)


def floats(*shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    return DRAW.uniform(low, high, shape).astype("float32")


def ints(high: int, *shape: int) -> np.ndarray:
    return DRAW.integers(0, high, shape).astype("int32")


def shares(*shape: int) -> np.ndarray:
    """Positive numbers with sum 1 along the last axis."""
    x = floats(*shape, low=0.1)
    return x / x.sum(-1, keepdims=True)


X, Y, UP = floats(2, 3, 4), floats(2, 3, 4), floats(2, 3, low=0.1)
BITS = np.array([[True, False], [True, True]])
IMAGE, VOLUME, SERIES = floats(2, 6, 5, 3), floats(2, 5, 4, 4, 2), floats(2, 7, 3)
ONE_HOT = np.eye(4, dtype="float32")[[2, 0, 3]]
STEPS, START = floats(2, 4, 3), floats(2, 3)
COUNTS = np.array([[True, True, False, True], [False, True, True, False]])
LENGTHS = np.array([4, 2], "int32")
LOOPS: list[dict[str, Any]] = [
    {}, {"go_backwards": True}, {"unroll": True}, {"mask": COUNTS}, {"mask": COUNTS, "go_backwards": True},
    {"mask": COUNTS, "zero_output_for_mask": True}, {"mask": COUNTS, "unroll": True}, {"input_length": 4},
    {"mask": COUNTS, "unroll": True, "zero_output_for_mask": True},
    {"mask": COUNTS[..., None]}, {"input_length": LENGTHS}, {"input_length": LENGTHS, "go_backwards": True},
    {"return_all_outputs": False}, {"return_all_outputs": False, "mask": COUNTS},
]  # fmt: skip
HALF = {"data_format": "channels_first"}

ROWS: list[Row] = [
    *(row(name, X) for name in ("abs", "square", "exp", "round", "sign", "sin", "cos", "sigmoid", "tanh", "softplus")),
    *(row(name, X) for name in ("softsign", "hard_sigmoid", "sqrt", "elu", "relu", "softmax", "identity")),
    row("log", UP), row("pow", UP, 2.5), row("clip", X, -0.5, 1.0), row("clip", X, 1.0, -0.5), row("elu", X, 0.3),
    row("clip", X, None, 1.0), row("cast", X, "int32"), row("cast_to_floatx", np.arange(3)), row("stop_gradient", X),
    row("relu", X, 0.1), row("relu", X, 0.1, 1.0), row("relu", X, 0.2, 1.5, 0.5), row("relu", X, threshold=-1.0),
    row("relu", X, 0.0, 6), row("softmax", X, axis=1),
    *(row(name, X, Y) for name in ("maximum", "minimum")),
    *(row(name, X, np.where(X > 0, X, Y)) for name in ("equal", "not_equal", "greater", "greater_equal")),
    *(row(name, X, np.where(X > 0, X, Y)) for name in ("less", "less_equal")),
    # along axes
    *(row(name, X) for name in ("sum", "prod", "mean", "var", "std", "max", "min", "logsumexp", "argmax", "argmin")),
    *(row(name, X, axis=1) for name in ("sum", "prod", "mean", "var", "std", "max", "min", "logsumexp", "argmax")),
    *(row(name, X, axis=[0, -1], keepdims=True) for name in ("sum", "mean", "std", "max", "logsumexp")),
    *(row(name, X, *more) for name in ("cumsum", "cumprod") for more in ((), (1,))),
    row("argmin", X, axis=0), row("mean", BITS), row("any", BITS, axis=0), row("all", BITS, axis=0), row("any", X),
    row("all", X, 1, True),
    # products
    row("dot", floats(2, 3), floats(3, 4)), row("dot", X, floats(4, 5)), row("dot", X, floats(5, 4, 2)),
    row("transpose", X),
    row("batch_dot", X, floats(2, 4, 5)), row("batch_dot", floats(2, 5), floats(2, 5)), row("batch_dot", X, Y, axes=2),
    row("batch_dot", floats(3, 4), floats(3, 4, 5), axes=(1, 1)), row("batch_dot", X, floats(2, 4), axes=(2, 1)),
    row("batch_dot", floats(2, 3, 4, 5), floats(2, 6, 3, 2), axes=(1, 2)), row("batch_dot", X, Y, axes=[-1, -1]),
    row("batch_dot", floats(3, 4), floats(3, 4), 1), row("batch_dot", floats(2, 3, 4, 5), floats(2, 5, 6)),
    # other shapes
    row("arange", 5), row("arange", 1, 9, 3), row("arange", 0, 3, dtype="float32"), row("reshape", X, (4, -1)),
    row("flatten", X), row("batch_flatten", X), row("permute_dimensions", X, (2, 0, 1)), row("expand_dims", X),
    row("expand_dims", X, 1), row("squeeze", floats(2, 1, 3), 1), row("concatenate", [X, Y]), row("stack", [X, Y]),
    row("concatenate", [X, Y], 1), row("stack", [X, Y], axis=-1), row("tile", X, [1, 2, 1]), row("tile", UP[0], 2),
    row("repeat", UP, 4), row("repeat_elements", X, 2, 1), row("reverse", X, 1), row("reverse", X, [0, 2]),
    row("gather", X, np.array([1, 0, 1])), row("gather", UP, np.array([[1], [0]])), row("one_hot", ints(4, 2, 3), 4),
    row("zeros_like", X), row("ones_like", X, "int32"), row("temporal_padding", SERIES), row("count_params", X),
    row("temporal_padding", SERIES, (2, 0)), row("spatial_2d_padding", IMAGE), row("to_dense", X), row("is_sparse", X),
    row("spatial_2d_padding", IMAGE, ((1, 0), (0, 2)), "channels_first"), row("spatial_3d_padding", VOLUME),
    row("spatial_3d_padding", VOLUME, ((1, 0), (0, 2), (1, 1)), "channels_first"),
    row("resize_images", IMAGE, 2, 3, "channels_last"), row("resize_images", IMAGE, 2, 1, "channels_first"),
    row("resize_images", IMAGE, 2, 2, "channels_last", "bilinear"), row("resize_volumes", VOLUME, 1, 2, 3, "channels_last"),
    row("resize_images", IMAGE, 2, 2, "channels_first", interpolation="bilinear"),
    row("resize_volumes", VOLUME, 2, 1, 2, "channels_first"),
    # windows
    row("conv1d", SERIES, floats(3, 3, 4)), row("conv1d", SERIES, floats(3, 3, 4), 2, "same"),
    row("conv1d", SERIES, floats(4, 3, 4), padding="causal", dilation_rate=2),
    row("conv2d", IMAGE, floats(3, 2, 3, 4), padding="same"), row("conv2d", IMAGE, floats(3, 2, 3, 4), (2, 1)),
    row("conv2d", IMAGE, floats(2, 2, 6, 2), (1, 1), "valid", "channels_first"), row("conv3d", VOLUME, floats(2, 2, 2, 2, 3)),
    row("conv2d", IMAGE, floats(2, 2, 3, 4), dilation_rate=(2, 2)),
    row("conv3d", VOLUME, floats(3, 3, 3, 2, 2), (2, 2, 2), "same"),
    row("conv2d_transpose", IMAGE, floats(3, 3, 4, 3), (2, 12, 10, 4), (2, 2), "same"),
    row("conv2d_transpose", IMAGE, floats(3, 3, 4, 3), (2, 11, 9, 4), (2, 2), "same"),
    row("conv2d_transpose", IMAGE, floats(2, 2, 4, 3), (None, 11, 9, 4), (2, 2), "same"),
    row("conv2d_transpose", IMAGE, floats(3, 2, 4, 3), (2, 13, 10, 4), (2, 2)),
    row("conv2d_transpose", IMAGE, floats(3, 2, 4, 3), (2, 14, 11, 4), (2, 2)),
    row("conv2d_transpose", IMAGE, floats(3, 2, 4, 6), (2, 4, 10, 6), (2, 2), "same", "channels_first"),
    row("conv2d_transpose", IMAGE, floats(3, 3, 4, 3), (2, 6, 5, 4), (1, 1), "same", dilation_rate=(2, 2)),
    row("conv3d_transpose", VOLUME, floats(3, 3, 3, 4, 2), (2, 10, 8, 8, 4), (2, 2, 2), "same"),
    row("separable_conv1d", SERIES, floats(3, 3, 2), floats(1, 6, 4)),
    row("separable_conv1d", SERIES, floats(3, 3, 2), floats(1, 6, 4), 2, "same"),
    row("separable_conv2d", IMAGE, floats(2, 3, 3, 2), floats(1, 1, 6, 4), padding="same"),
    row("depthwise_conv2d", IMAGE, floats(2, 3, 3, 2)), row("depthwise_conv2d", IMAGE, floats(2, 2, 3, 2), (2, 2), "same"),
    row("pool2d", IMAGE, (2, 2)), row("pool2d", IMAGE, (3, 2), (2, 2), "same", pool_mode="avg"),
    row("pool2d", IMAGE, (2, 2), (2, 2), "valid", "channels_first", "avg"), row("pool3d", VOLUME, (2, 2, 2), (2, 2, 2)),
    row("pool3d", VOLUME, (2, 2, 2), (1, 2, 1), "same", None, "avg"),
    row("local_conv1d", SERIES, floats(3, 9, 4), (3,), (2,)),
    row("local_conv1d", floats(2, 3, 7), floats(3, 9, 4), (3,), (2,), "channels_first"),
    row("local_conv2d", IMAGE, floats(9, 18, 4), (2, 3), (2, 1), (3, 3)),
    row("local_conv2d", floats(2, 3, 6, 5), floats(9, 18, 4), (2, 3), (2, 1), (3, 3), "channels_first"),
    row("local_conv", VOLUME, floats(8, 16, 3), (2, 2, 2), (2, 2, 2), (2, 2, 2)),
    row("bias_add", IMAGE, floats(3)), row("bias_add", IMAGE, floats(6), "channels_first"),
    row("bias_add", IMAGE, floats(6, 5, 3)), row("bias_add", IMAGE, floats(5, 3, 6), "channels_first"),
    row("bias_add", SERIES, floats(3)), row("bias_add", UP, floats(3)), row("bias_add", VOLUME, floats(4, 4, 2, 5), **HALF),
    # networks
    row("l2_normalize", X), row("l2_normalize", X, axis=-1), row("l2_normalize", np.zeros((2, 2), "float32"), 1),
    row("in_top_k", shares(3, 4), ints(4, 3), 2),
    row("categorical_crossentropy", ONE_HOT, shares(3, 4)), row("categorical_crossentropy", ONE_HOT, floats(3, 4), True),
    row("categorical_crossentropy", ONE_HOT, floats(3, 4, low=0.0)),
    row("categorical_crossentropy", shares(2, 3, 4), floats(2, 3, 4), True, axis=1),
    row("categorical_crossentropy", ONE_HOT, 1 - ONE_HOT),
    row("sparse_categorical_crossentropy", ints(4, 3), shares(3, 4)),
    row("sparse_categorical_crossentropy", ints(4, 3, 1), floats(3, 4), from_logits=True),
    row("sparse_categorical_crossentropy", ints(4, 2, 3).astype("float32"), shares(2, 3, 4)),
    row("sparse_categorical_crossentropy", ints(3, 2, 4), floats(2, 3, 4), True, axis=1),
    row("sparse_categorical_crossentropy", np.array([0, 3, 1]), shares(3, 4), ignore_class=3),
    row("sparse_categorical_crossentropy", np.array([0, 3, -1]), floats(3, 4), True, ignore_class=-1),
    row("binary_crossentropy", ONE_HOT, floats(3, 4, low=0.0, high=1.0)), row("binary_crossentropy", ONE_HOT, 1 - ONE_HOT, tolerance=1e-2),
    row("binary_crossentropy", ONE_HOT, 10 * floats(3, 4), True),
    row("binary_focal_crossentropy", ONE_HOT, floats(3, 4, low=0.0, high=1.0)),
    row("binary_focal_crossentropy", ONE_HOT, floats(3, 4), True, 0.3, 1.5, True),
    row("categorical_focal_crossentropy", ONE_HOT, shares(3, 4)),
    row("categorical_focal_crossentropy", ONE_HOT, floats(3, 4), 0.5, 1.0, from_logits=True),
    row("batch_normalization", UP, floats(3), floats(3, low=0.1), floats(3), floats(3)),
    row("batch_normalization", IMAGE, floats(3), floats(3, low=0.1), None, None),
    row("batch_normalization", X, floats(1, 3, 1), floats(1, 3, 1, low=0.1), None, floats(1, 3, 1), axis=1, epsilon=0.1),
    row("normalize_batch_in_training", UP, floats(3), floats(3), [0]),
    row("normalize_batch_in_training", X, None, floats(3), [0, 2], 0.01),
    row("ctc_batch_cost", ints(4, 2, 3), shares(2, 6, 5), np.array([[6], [5]]), np.array([[3], [2]]), tolerance=1e-5),
    row("ctc_batch_cost", np.array([[1, 1], [0, 3]]), shares(2, 6, 5), np.array([[4], [6]]), np.array([[2], [1]]),
        tolerance=1e-5),
    row("ctc_decode", shares(2, 6, 5), np.array([6, 4]), tolerance=1e-5),
    row("ctc_decode", shares(2, 6, 5), np.array([6, 4]), False, 10, 2, tolerance=1e-5),
    # step by step
    *(row("rnn", decay, STEPS, [START], **more) for more in LOOPS),
    row("rnn", lambda x, s: (x * s[1], [s[0] + x]), STEPS, [START], constants=[floats(3)]),
    row("rnn", lambda x, s: (x[..., :1], []), STEPS, []),
    row("rnn", lambda x, s: (x + s[0], [s[0] * s[1], s[1] - x]), STEPS, [START, floats(2, 3)], mask=COUNTS),
    row("foldl", lambda total, x: total * 0.5 + x, X), row("foldr", lambda total, x: total * 0.5 + x, X),
    row("foldl", lambda total, x: total * x, X, floats(3, 4)), row("foldr", lambda total, x: total - x, X, floats(3, 4)),
    row("map_fn", lambda x: x * x + 1, X),
    # variables
    row("zeros", (2, 3)), row("ones", (2,), "int32"), row("eye", 3),
]  # fmt: skip


def flat(result: Any) -> list[np.ndarray]:
    """A result as a list of arrays."""
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in flat(item)]
    return [np.asarray(result)]


def _record() -> None:
    import tensorflow as tf
    from tf_keras.src import backend as inner

    def tensors(value: Any) -> Any:
        if isinstance(value, list):
            return [tensors(item) for item in value]
        return tf.constant(value) if isinstance(value, np.ndarray) and value.dtype != np.int64 else value

    def separable_conv1d(x: Any, depthwise: Any, pointwise: Any, strides: int = 1, padding: str = "valid") -> Any:
        """That of `tf_keras` 2.21 raises on CPUs."""
        args = (tf.expand_dims(item, 1 if item is x else 0) for item in (x, depthwise, pointwise))
        return tf.squeeze(inner.separable_conv2d(*args, (strides, strides), padding), 1)

    results = {}
    for place, each in enumerate(ROWS):
        function = getattr(inner, each.function) if each.function != "separable_conv1d" else separable_conv1d
        args, kwargs = tensors(list(each.args)), {name: tensors(value) for name, value in each.kwargs.items()}
        for index, value in enumerate(flat(function(*args, **kwargs))):
            results[f"{place}:{each.function}:{index}"] = value
    found = [name for name, item in vars(inner).items() if inspect.isfunction(item) and not name.startswith("_")]
    results["signatures"] = np.array([f"{name}{inspect.signature(getattr(inner, name))}" for name in found])
    np.savez_compressed(FILE, **results)


if __name__ == "__main__":
    _record()
