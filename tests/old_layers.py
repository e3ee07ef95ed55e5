"""Layers of Keras 1 and of Keras 2.0 to 2.2 as files have them, and what computes the same today."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import old_files as old
from old_files import Row, conv1d, conv2d, dense, first, kernel, recurrent


@keras.saving.register_keras_serializable()
def hard(x: Any) -> Any:
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


L = keras.layers
FIRST = {"data_format": "channels_first"}
GATES = {"recurrent_activation": hard}
LAYER_IN = {"class_name": "Dense", "config": old.dense("inner", 4)["config"]}

OF_1: dict[str, Row] = {
    "dense": Row(dense("d", 4, "relu", W_regularizer=old.L2_OF_1), (3,), lambda: L.Dense(4, "relu")),
    "without bias": Row(dense("d", 4, "hard_sigmoid", bias=False), (3,), lambda: L.Dense(4, hard, use_bias=False)),
    "conv2d": Row(conv2d("Convolution2D", "c"), (6, 5, 2), lambda: L.Conv2D(4, (3, 2), activation="relu")),
    "conv2d, strides": Row(
        conv2d("Convolution2D", "c", subsample=[2, 1], border_mode="same", bias=False),
        (6, 5, 2),
        lambda: L.Conv2D(4, (3, 2), (2, 1), "same", activation="relu", use_bias=False),
    ),
    "conv2d, channels first": Row(
        conv2d("Convolution2D", "c", "th"),
        (2, 6, 5),
        lambda: L.Conv2D(4, (3, 2), activation="relu", **FIRST),
        kernel(3, 2, 0, 1),
    ),
    "conv2d of theano": Row(
        conv2d("Convolution2D", "c", "th"),
        (2, 6, 5),
        lambda: L.Conv2D(4, (3, 2), activation="relu", **FIRST),
        kernel(3, 2, 0, 1, mirrored=True),
        "theano",
    ),
    "atrous": Row(
        conv2d("AtrousConvolution2D", "c", atrous_rate=[2, 2]),
        (7, 6, 2),
        lambda: L.Conv2D(4, (3, 2), dilation_rate=2, activation="relu"),
    ),
    "deconvolution": Row(
        conv2d("Deconvolution2D", "c", output_shape=[None, 7, 6, 4]),
        (5, 5, 2),
        lambda: L.Conv2DTranspose(4, (3, 2), activation="relu"),
        kernel(0, 1, 3, 2),
    ),
    "deconvolution, channels first": Row(
        conv2d("Deconvolution2D", "c", "th", output_shape=[None, 4, 7, 6]),
        (2, 5, 5),
        lambda: L.Conv2DTranspose(4, (3, 2), activation="relu", **FIRST),
        kernel(2, 3, 0, 1),
    ),
    "separable": Row(
        {
            "class_name": "SeparableConvolution2D",
            "config": {
                key: value
                for key, value in conv2d("", "c", depth_multiplier=2)["config"].items()
                if key not in ("W_regularizer", "W_constraint")
            }
            | {
                "depthwise_regularizer": None,
                "pointwise_regularizer": None,
                "depthwise_constraint": None,
                "pointwise_constraint": None,
            },
        },
        (6, 5, 2),
        lambda: L.SeparableConv2D(4, (3, 2), depth_multiplier=2, activation="relu"),
    ),
    "conv1d": Row(conv1d("Convolution1D", "c"), (7, 2), lambda: L.Conv1D(4, 3, activation="tanh"), old.as_image),
    "conv1d of theano": Row(
        conv1d("Convolution1D", "c", input_length=None),
        (7, 2),
        lambda: L.Conv1D(4, 3, activation="tanh"),
        old.as_image_of_theano,
    ),
    "atrous, 1d": Row(
        conv1d("AtrousConvolution1D", "c", atrous_rate=2),
        (7, 2),
        lambda: L.Conv1D(4, 3, dilation_rate=2, activation="tanh"),
        old.as_image,
    ),
    "conv3d": Row(
        first(
            "Convolution3D",
            "c",
            nb_filter=3,
            kernel_dim1=2,
            kernel_dim2=2,
            kernel_dim3=3,
            init="uniform",
            activation="linear",
            border_mode="same",
            subsample=[1, 2, 1],
            dim_ordering="th",
            bias=True,
            **old.PENALTIES,
        ),
        (2, 3, 4, 5),
        lambda: L.Conv3D(3, (2, 2, 3), (1, 2, 1), "same", **FIRST),
        kernel(4, 3, 0, 1, 2),
    ),
    "lstm": Row(recurrent("LSTM", "r"), (5, 3), lambda: L.LSTM(4, **GATES), old.LSTM_OF_1),
    "lstm backwards": Row(
        recurrent("LSTM", "r", inner_activation="sigmoid", go_backwards=True, return_sequences=True),
        (5, 3),
        lambda: L.LSTM(4, go_backwards=True, return_sequences=True),
        old.LSTM_OF_1,
    ),
    "lstm for gpu": Row(recurrent("LSTM", "r", consume_less="gpu"), (5, 3), lambda: L.LSTM(4, **GATES)),
    "gru": Row(recurrent("GRU", "r"), (5, 3), lambda: L.GRU(4, reset_after=False, **GATES), old.GRU_OF_1),
    "simple rnn": Row(recurrent("SimpleRNN", "r"), (5, 3), lambda: L.SimpleRNN(4)),
    "both directions": Row(
        first("Bidirectional", "b", merge_mode="concat", layer=recurrent("LSTM", "r")),
        (5, 3),
        lambda: L.Bidirectional(L.LSTM(4, **GATES)),
        old.halves(old.LSTM_OF_1),
    ),
    "conv lstm": Row(
        first(
            "ConvLSTM2D",
            "r",
            nb_filter=2,
            nb_row=3,
            nb_col=2,
            init="glorot_uniform",
            inner_init="orthogonal",
            forget_bias_init="one",
            activation="tanh",
            inner_activation="hard_sigmoid",
            dim_ordering="tf",
            border_mode="same",
            subsample=[1, 1],
            return_sequences=True,
            go_backwards=False,
            stateful=False,
            W_regularizer=None,
            U_regularizer=None,
            b_regularizer=None,
            dropout_W=0.0,
            dropout_U=0.0,
        ),
        (3, 4, 5, 2),
        lambda: L.ConvLSTM2D(2, (3, 2), padding="same", return_sequences=True, **GATES),
        old.LSTM_OF_1,
    ),
    "batch normalization": Row(
        first(
            "BatchNormalization",
            "n",
            epsilon=1e-3,
            mode=0,
            axis=-1,
            momentum=0.99,
            gamma_regularizer=None,
            beta_regularizer=None,
        ),
        (5,),
        lambda: L.BatchNormalization(),
    ),
    "batch normalization, channels first": Row(
        first(
            "BatchNormalization",
            "n",
            epsilon=1e-5,
            mode=0,
            axis=1,
            momentum=0.9,
            gamma_regularizer=None,
            beta_regularizer=None,
        ),
        (2, 3, 4),
        lambda: L.BatchNormalization(axis=1, epsilon=1e-5, momentum=0.9),
    ),
    "dense at each step": Row(
        first(
            "TimeDistributedDense",
            "d",
            output_dim=4,
            init="uniform",
            activation="relu",
            bias=True,
            input_dim=3,
            input_length=5,
            **old.PENALTIES,
        ),
        (5, 3),
        lambda: L.TimeDistributed(L.Dense(4, "relu")),
    ),
    "time distributed": Row(
        first("TimeDistributed", "t", layer=LAYER_IN),
        (5, 3),
        lambda: L.TimeDistributed(L.Dense(4)),
    ),
    "prelu": Row(first("PReLU", "p", init="zero"), (4, 3), lambda: L.PReLU()),
    "leaky relu": Row(first("LeakyReLU", "p", alpha=0.1), (4,), lambda: L.LeakyReLU(0.1)),
    "elu": Row(first("ELU", "p", alpha=0.7), (4,), lambda: L.ELU(0.7)),
    "max pooling": Row(
        first("MaxPooling2D", "p", pool_size=[2, 2], strides=[2, 2], border_mode="same", dim_ordering="th"),
        (2, 5, 5),
        lambda: L.MaxPooling2D(padding="same", **FIRST),
    ),
    "pooling, 1d": Row(
        first("AveragePooling1D", "p", pool_length=2, stride=2, border_mode="valid"),
        (6, 2),
        lambda: L.AveragePooling1D(2),
    ),
    "pooling, 3d": Row(
        first("AveragePooling3D", "p", pool_size=[2, 2, 2], strides=[2, 2, 2], border_mode="valid", dim_ordering="tf"),
        (4, 4, 4, 1),
        lambda: L.AveragePooling3D(2),
    ),
    "global pooling": Row(
        first("GlobalMaxPooling2D", "p", dim_ordering="th"),
        (2, 3, 4),
        lambda: L.GlobalMaxPooling2D(**FIRST),
    ),
    "zeros around": Row(
        first("ZeroPadding2D", "z", padding=[1, 2], dim_ordering="tf"),
        (3, 3, 2),
        lambda: L.ZeroPadding2D((1, 2)),
    ),
    "zeros at four sides": Row(
        first("ZeroPadding2D", "z", padding=[1, 0, 2, 1], dim_ordering="tf"),
        (3, 3, 2),
        lambda: L.ZeroPadding2D(((1, 0), (2, 1))),
    ),
    "enlarged": Row(
        first("UpSampling2D", "u", size=[2, 3], dim_ordering="th"),
        (2, 3, 3),
        lambda: L.UpSampling2D((2, 3), **FIRST),
    ),
    "enlarged, 1d": Row(first("UpSampling1D", "u", length=2), (3, 2), lambda: L.UpSampling1D(2)),
    "reshape": Row(first("Reshape", "u", target_shape=[2, 6]), (3, 4), lambda: L.Reshape((2, 6))),
    "permute": Row(first("Permute", "u", dims=[2, 1]), (3, 4), lambda: L.Permute((2, 1))),
    "dropout": Row(first("Dropout", "u", p=0.5), (3, 4), lambda: L.Dropout(0.5)),
    "noise": Row(first("GaussianNoise", "u", sigma=0.5), (3, 4), lambda: L.GaussianNoise(0.5)),
    "repeated": Row(first("RepeatVector", "u", n=3), (4,), lambda: L.RepeatVector(3)),
}
"""Layers of Keras 1, written as version 1.2.2 or an older one did."""


def conv_of_2(name: str, filters: int, order: str = "channels_last", **config: Any) -> dict[str, Any]:
    return first(
        "Conv2D", name, filters=filters, kernel_size=[3, 2], strides=[1, 1], padding="valid", data_format=order,
        dilation_rate=[1, 1], activation="relu", use_bias=True, **GLOROT, **config,
    )  # fmt: skip


def rnn_of_2(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    return first(
        class_name, name, return_sequences=False, return_state=False, go_backwards=False, stateful=False, units=4,
        **GLOROT, recurrent_initializer={"class_name": "Orthogonal", "config": {"gain": 1.0, "seed": None}},
        recurrent_regularizer=None, recurrent_constraint=None, **config,
    )  # fmt: skip


GLOROT: dict[str, Any] = {
    "kernel_initializer": {
        "class_name": "VarianceScaling",
        "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None},
    },
    "bias_initializer": {"class_name": "Zeros", "config": {}},
    "kernel_regularizer": {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}},
    **dict.fromkeys(["bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint"]),
}
PLAIN = {"unroll": False, "use_bias": True, "activation": "tanh", "recurrent_activation": "hard_sigmoid",
         "dropout": 0.0, "recurrent_dropout": 0.0, "implementation": 1}  # fmt: skip

OF_2: dict[str, Row] = {
    "conv2d of theano": Row(
        conv_of_2("c", 4, "channels_first"),
        (2, 6, 5),
        lambda: L.Conv2D(4, (3, 2), activation="relu", **FIRST),
        kernel(mirrored=True),
        "theano",
    ),
    "conv2d": Row(conv_of_2("c", 4), (6, 5, 2), lambda: L.Conv2D(4, (3, 2), activation="relu"), list, "tensorflow"),
    "lstm": Row(
        rnn_of_2("LSTM", "r", unit_forget_bias=True, **PLAIN), (5, 3), lambda: L.LSTM(4, **GATES), list, "tensorflow"
    ),
    "gru of 2.0": Row(rnn_of_2("GRU", "r", **PLAIN), (5, 3), lambda: L.GRU(4, reset_after=False, **GATES)),
    "gru of 2.2": Row(
        rnn_of_2("GRU", "r", reset_after=True, **PLAIN), (5, 3), lambda: L.GRU(4, reset_after=True, **GATES)
    ),
    "lstm of cudnn": Row(
        rnn_of_2("CuDNNLSTM", "r", unit_forget_bias=True), (5, 3), lambda: L.LSTM(4), old.cudnn(4), "tensorflow"
    ),
    "gru of cudnn": Row(rnn_of_2("CuDNNGRU", "r"), (5, 3), lambda: L.GRU(4), old.cudnn(3), "tensorflow"),
    "cudnn in both directions": Row(
        first("Bidirectional", "b", merge_mode="sum", layer=rnn_of_2("CuDNNGRU", "r")),
        (5, 3),
        lambda: L.Bidirectional(L.GRU(4), "sum"),
        old.halves(old.cudnn(3)),
        "tensorflow",
    ),
    "leaky relu": Row(first("LeakyReLU", "p", alpha={"type": "ndarray", "value": 0.1}), (4,), lambda: L.LeakyReLU(0.1)),
}
"""Layers of Keras 2.0 to 2.2."""
ROWS = [("1.2.2", name, row) for name, row in OF_1.items()] + [("2.1.6", name, row) for name, row in OF_2.items()]


def softplus(x: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(x))


def highway(x: np.ndarray, w: Any, gate: Any, b: Any, gate_b: Any) -> np.ndarray:
    t = 1 / (1 + np.exp(-(x @ gate + gate_b)))
    return t * np.tanh(x @ w + b) + (1 - t) * x


def s_relu(x: np.ndarray, left: Any, slope: Any, right: Any, slope_right: Any) -> np.ndarray:
    end = left + np.abs(right)
    below, above = left + slope * (x - left), end + slope_right * (x - end)
    return np.where(x < left, below, np.where(x > end, above, x))


def local(x: np.ndarray, w: Any, b: Any) -> np.ndarray:
    patches = np.stack([x[:, n : n + 3].reshape(len(x), -1) for n in range(x.shape[1] - 2)], 1)
    return np.einsum("npi,pio->npo", patches, w) + b


def attended(x: np.ndarray, w: Any) -> np.ndarray:
    return w[x.astype(int)]


LAMBDA = {"output_shape": None, "output_shape_type": "raw", "arguments": {"by": 2.0}}
GONE: dict[str, tuple[dict[str, Any], tuple[int, ...], list[tuple[int, ...]], Any]] = {
    "maxout": (
        first(
            "MaxoutDense",
            "m",
            output_dim=2,
            init="glorot_uniform",
            nb_feature=3,
            bias=True,
            input_dim=4,
            **old.PENALTIES,
        ),
        (4,),
        [(3, 4, 2), (3, 2)],
        lambda x, w, b: np.max(np.einsum("ni,kio->nko", x, w) + b, 1),
    ),
    "highway": (
        first(
            "Highway",
            "m",
            init="glorot_uniform",
            transform_bias=-2,
            activation="tanh",
            bias=True,
            input_dim=4,
            **old.PENALTIES,
        ),
        (4,),
        [(4, 4), (4, 4), (4,), (4,)],
        highway,
    ),
    "thresholded": (first("ThresholdedReLU", "m", theta=0.3), (4,), [], lambda x: x * (x > 0.3)),
    "parametric softplus": (
        first("ParametricSoftplus", "m", alpha_init=0.2, beta_init=5.0),
        (4,),
        [(4,), (4,)],
        lambda x, a, b: a * softplus(b * x),
    ),
    "s-shaped": (
        first(
            "SReLU",
            "m",
            t_left_init="zero",
            a_left_init="glorot_uniform",
            t_right_init="glorot_uniform",
            a_right_init="one",
        ),
        (4,),
        [(4,), (4,), (4,), (4,)],
        s_relu,
    ),
    "local": (
        first(
            "LocallyConnected1D",
            "m",
            nb_filter=2,
            filter_length=3,
            init="uniform",
            activation="linear",
            border_mode="valid",
            subsample_length=1,
            bias=True,
            input_dim=3,
            input_length=6,
            **old.PENALTIES,
        ),
        (6, 3),
        [(4, 9, 2), (4, 2)],
        local,
    ),
    "embedding": (
        first(
            "Embedding",
            "m",
            input_dim=5,
            output_dim=3,
            input_length=4,
            init="uniform",
            mask_zero=True,
            dropout=0.0,
            W_regularizer=None,
            W_constraint=None,
            activity_regularizer=None,
        ),
        (4,),
        [(5, 3)],
        attended,
    ),
    "a function by name": (
        first("Lambda", "m", function="scaled", function_type="function", **LAMBDA),
        (4,),
        [],
        lambda x: 2 * x,
    ),
    "code": (
        first("Lambda", "m", function=["4wEAAAAB", None, None], function_type="lambda", **LAMBDA),
        (4,),
        [],
        lambda x: 2 * x,
    ),
}
"""Layers of which there are none today: the formula, from the weights in the order of files."""
