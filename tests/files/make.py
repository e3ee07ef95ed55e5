"""Writes the recorded files beside it with Keras 2, in the words of Keras 2.15. Run by hand, where `tf_keras` is:

    python tests/files/make.py [NAME...]

For each model `NAME.zip`: `model.h5`, `model.keras` and `weights.h5` as they are after a step of training, `model.json`,
and `data.npz` with inputs, outputs, what the optimizer held, and the losses of three more steps.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import h5py
import numpy as np
import tensorflow as tf
import tf_keras as K

L, Rules = K.layers, K.optimizers
VERSION, ROWS = "2.15.0", 4
HERE = Path(__file__).parent
MODELS: dict[str, Callable[[], Any]] = {}


def recorded(make: Callable[[], Any]) -> Callable[[], Any]:
    MODELS[make.__name__] = make
    return make


# ---------------------------------------------------------------------- the models


@recorded
def mlp() -> Any:
    model = K.Sequential(
        [
            L.Dense(6, activation="relu", input_shape=(5,), kernel_regularizer=K.regularizers.l2(0.01)),
            L.Dropout(0.0),
            L.BatchNormalization(),
            L.LeakyReLU(alpha=0.2),
            L.Dense(3, activation="softmax", kernel_constraint=K.constraints.MaxNorm(3.0)),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return model


@recorded
def mobile() -> Any:
    x = inputs = L.Input((8, 8, 3))
    x = L.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = L.Conv2D(4, 3, 2, use_bias=False, kernel_initializer="he_normal")(x)
    x = L.BatchNormalization(axis=[3], momentum=0.9)(x)
    x = L.ReLU(6.0)(x)
    x = L.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    x = L.SeparableConv2D(6, 3, padding="same", activation="swish")(x)
    x = L.GlobalAveragePooling2D(keepdims=True)(x)
    x = L.Conv2D(3, 1)(x)
    x = L.Reshape((3,))(x)
    model = K.Model(inputs, L.Softmax()(x), name="mobile")
    model.compile(Rules.SGD(0.1, momentum=0.9), K.losses.CategoricalCrossentropy(label_smoothing=0.1), ["acc"])
    return model


@recorded
def recurrent() -> Any:
    x = inputs = L.Input((5, 3))
    x = L.LSTM(4, return_sequences=True)(x)
    x = L.Bidirectional(L.GRU(3, return_sequences=True, reset_after=True), merge_mode="concat")(x)
    x = L.GRU(4, reset_after=False, recurrent_activation="hard_sigmoid", return_sequences=True)(x)
    x = L.Bidirectional(L.LSTM(3, recurrent_activation="hard_sigmoid", time_major=False), merge_mode="sum")(x)
    x = L.RepeatVector(2)(x)
    x = L.SimpleRNN(3, return_sequences=True)(x)
    x = L.TimeDistributed(L.Dense(2, activation="tanh"))(x)
    x = L.RNN([L.LSTMCell(3), L.GRUCell(2)])(x)
    model = K.Model(inputs, L.Dense(1)(x))
    model.compile(Rules.RMSprop(0.01), "mse")
    return model


@recorded
def branches() -> Any:
    left, right = L.Input((4,), name="left"), L.Input((4,), name="right")
    shared = L.Dense(3, activation="elu", name="shared")
    both = [shared(left), shared(right)]
    inner_in = L.Input((3,))
    inner = K.Model(inner_in, L.PReLU()(L.Dense(3)(inner_in)), name="inner")
    line = K.Sequential([L.Dense(3, activation="tanh", input_shape=(3,)), L.Dense(2)], name="line")
    x = L.Concatenate()([inner(both[0]), inner(both[1]), L.Multiply()(both), L.Subtract()(both)])
    x = L.Add()([L.Dense(3)(x), L.Average()(both), L.Maximum()(both)])
    x = L.Concatenate()([line(x), L.Dot(1)(both)])
    model = K.Model([left, right], [L.Dense(1, name="first")(x), L.Dense(2, name="second", activation="sigmoid")(x)])
    model.compile(
        Rules.Adam(0.01, amsgrad=True),
        {"first": "mse", "second": K.losses.BinaryCrossentropy()},
        {"first": ["mae"], "second": ["accuracy"]},
        loss_weights={"first": 1.0, "second": 0.5},
    )
    return model


@recorded
def operations() -> Any:
    x = inputs = L.Input((4, 3))
    x = x * 2 + 1
    x = tf.nn.relu(x - 0.5) / 2.0
    y = tf.concat([x, -x], axis=-1)
    y = tf.reshape(y, (-1, 24))
    z = tf.reduce_mean(x, axis=1, keepdims=False)
    w = 1.0 - tf.matmul(x, x, transpose_b=True)[:, 0, 1:]
    x = L.Dense(3)(tf.concat([y, z, w, tf.square(z)], axis=1))
    x = x + tf.constant([[0.1, 0.2, 0.3]])
    x = tf.stack([x, tf.nn.softmax(x), tf.clip_by_value(x, -1.0, 1.0)], axis=1)
    x = tf.transpose(x, [0, 2, 1])[:, :, ::2]
    x = tf.squeeze(tf.expand_dims(x, 1), axis=1)
    one, two = tf.split(x, 2, axis=-1)
    x = tf.where(one > two, one, two)
    x = tf.cast(x, "float32") ** 2
    model = K.Model(inputs, L.Flatten()(x))
    model.compile(Rules.legacy.Adam(0.01, decay=0.1), "mae")
    return model


@recorded
def text() -> Any:
    x = inputs = L.Input((6,), dtype="int32")
    x = L.Embedding(9, 4, mask_zero=True, input_length=6)(x)
    x = L.SpatialDropout1D(0.0)(x)
    x = L.Masking()(x)
    x = L.LSTM(3, return_sequences=True)(x)
    x = L.GRU(3, go_backwards=True)(x)
    model = K.Model(inputs, L.Dense(2, activation="softmax")(x))
    model.compile(Rules.Lion(0.01), "sparse_categorical_crossentropy", ["sparse_categorical_accuracy"])
    return model


@recorded
def translation() -> Any:
    source, target = L.Input((None, 3)), L.Input((None, 2))
    _, h, c = L.LSTM(4, return_state=True)(source)
    _, *g = L.Bidirectional(L.GRU(2, return_state=True))(source)
    x = L.LSTM(4, return_sequences=True, return_state=True)(target, initial_state=[h, c])[0]
    x = L.Bidirectional(L.GRU(2, return_sequences=True))(x, initial_state=g)
    model = K.Model([source, target], L.Dense(2)(x))
    model.compile(Rules.legacy.SGD(0.05, momentum=0.9, nesterov=True), "mse")
    return model


@recorded
def attention() -> Any:
    inputs, other = L.Input((4, 3)), L.Input((5, 3))
    x = L.MultiHeadAttention(2, 3)(inputs, inputs)
    x = L.LayerNormalization(axis=[2], epsilon=1e-6)(L.Add()([inputs, x]))
    x, scores = L.MultiHeadAttention(2, 3, value_dim=2)(x, other, return_attention_scores=True, use_causal_mask=False)
    x = L.Concatenate()([x, L.Attention(use_scale=True)([x, other]), L.AdditiveAttention()([x, other])])
    x = L.Dense(4, activation="gelu")(x)
    model = K.Model([inputs, other], [L.GlobalMaxPooling1D()(x), scores])
    model.compile(Rules.AdamW(0.01), ["mse", None])
    return model


@recorded
def normalized() -> Any:
    inputs = L.Input((3,))
    adapted = L.Normalization()
    adapted.adapt(np.arange(30.0).reshape(10, 3) ** 2)
    x = L.Rescaling(0.5, offset=0.1)(adapted(inputs))
    bins = L.Discretization([-1.0, 0.0, 1.0])(x)
    x = L.Concatenate()([x, L.CategoryEncoding(4, output_mode="multi_hot")(bins), L.UnitNormalization()(x)])
    model = K.Model(inputs, L.Dense(2)(x))
    model.compile(Rules.legacy.RMSprop(0.01, momentum=0.5, centered=True), "mse")
    return model


@recorded
def words() -> Any:
    inputs = L.Input((1,), dtype="string")
    x = L.StringLookup(vocabulary=["one", "two", "three"], num_oov_indices=1)(inputs)
    x = L.Embedding(5, 3)(x)
    y = L.IntegerLookup(vocabulary=[3, 1, 2], output_mode="one_hot")(L.StringLookup(vocabulary=["one", "two"])(inputs))
    x = L.Dense(2)(L.Concatenate()([L.Flatten()(x), y]))
    model = K.Model(inputs, x)
    model.compile(Rules.Adagrad(0.1), "mse")
    return model


@recorded
def phrases() -> Any:
    inputs = L.Input((1,), dtype="string")
    split = L.TextVectorization(output_sequence_length=4, vocabulary=["the", "cat", "sat", "on"])
    counted = L.TextVectorization(output_mode="count", ngrams=2, vocabulary=["the", "cat", "the cat"])
    x = L.GlobalAveragePooling1D()(L.Embedding(7, 3)(split(inputs)))
    model = K.Model(inputs, L.Dense(2)(L.Concatenate()([x, counted(inputs)])))
    model.compile(Rules.Lion(0.01), "mse")
    return model


@recorded
def up() -> Any:
    x = inputs = L.Input((4, 4, 2))
    x = L.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1, dilation_rate=1)(x)
    x = L.UpSampling2D(2, interpolation="bilinear")(x)
    x = L.Cropping2D(((1, 2), (3, 0)))(x)
    x = L.Conv2D(4, 3, groups=1, dilation_rate=2, padding="same", activation="relu")(x)
    x = L.MaxPool2D()(x)
    x = L.AveragePooling2D(2, 1, "same")(x)
    model = K.Model(inputs, L.Conv2D(1, (1, 3), padding="valid", bias_initializer="ones")(x))
    model.compile(Rules.Adadelta(1.0), "mean_squared_error")
    return model


@recorded
def video() -> Any:
    model = K.Sequential(
        [
            L.ConvLSTM2D(2, 3, padding="same", return_sequences=True, input_shape=(3, 5, 5, 1)),
            L.ConvLSTM2D(2, (2, 2), recurrent_activation="sigmoid"),
            L.Permute((3, 1, 2)),
            L.Flatten(),
            L.Dense(1),
        ]
    )
    model.compile(Rules.legacy.Adamax(0.01), K.losses.Huber())
    return model


@recorded
def signals() -> Any:
    x = inputs = L.Input((12, 3))
    x = L.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu")(x)
    x = L.SeparableConv1D(4, 3)(x)
    x = L.MaxPooling1D(2)(x)
    x = L.Conv1DTranspose(3, 3, strides=2)(x)
    x = L.BatchNormalization(scale=False)(x)
    x = L.ThresholdedReLU(theta=0.1)(x)
    x = L.LocallyConnected1D(2, 3)(x)
    model = K.Model(inputs, L.GlobalAveragePooling1D()(x))
    model.compile(Rules.legacy.Adagrad(0.1), "mse")
    return model


@recorded
def volumes() -> Any:
    x = inputs = L.Input((5, 5, 5, 1))
    x = L.Conv3D(2, 2, activation="selu")(x)
    x = L.GroupNormalization(2)(x)
    x = L.Conv3DTranspose(2, 2)(x)
    x = L.AveragePooling3D(2)(x)
    model = K.Model(inputs, L.Dense(1)(L.Flatten()(x)))
    model.compile(Rules.Ftrl(0.05), "mse")
    return model


@recorded
def half() -> Any:
    K.mixed_precision.set_global_policy("mixed_float16")
    x = inputs = L.Input((8,))
    x = L.Dense(4, activation="relu")(x)
    model = K.Model(inputs, L.Dense(2, dtype="float32", activation="softmax")(x))
    model.compile("sgd", "sparse_categorical_crossentropy")
    K.mixed_precision.set_global_policy("float32")
    return model


@recorded
def frozen() -> Any:
    base = K.Sequential(
        [
            L.Conv2D(3, 2, input_shape=(5, 5, 2)),
            L.BatchNormalization(),
            L.Conv2D(3, 2),
            L.BatchNormalization(),
        ],
        name="base",
    )
    base.trainable = False
    partly = K.Sequential([L.Dense(3, trainable=False), L.BatchNormalization(), L.Dense(2)], name="partly")
    model = K.Sequential([base, L.GlobalMaxPooling2D(), partly])
    model.compile(Rules.Adam(0.01), "mse")
    return model


@recorded
def rates() -> Any:
    model = K.Sequential([L.Input((3,)), L.Dense(3, "selu"), L.ActivityRegularization(0.01), L.Dense(1, "exponential")])
    schedule = K.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model.compile(Rules.Adam(schedule, clipnorm=1.0), K.losses.LogCosh(), [K.metrics.RootMeanSquaredError()])
    return model


@recorded
def lambdas() -> Any:
    x = inputs = L.Input((3,))
    x = L.Lambda(lambda x, by: x * by, name="times", arguments={"by": 3.0})(x)
    model = K.Model(inputs, L.Dense(2)(x))
    model.compile(Rules.Adamax(0.01), "mse")
    return model


# ---------------------------------------------------------------------- data


def data_of(model: Any, name: str) -> tuple[list[Any], list[Any]]:
    """Inputs and targets."""
    random = np.random.default_rng(sum(name.encode()))
    if name == "words":
        xs = [np.array([["one"], ["three"], ["what"], ["two"]])]
    elif name == "phrases":
        xs = [np.array([["The cat!"], ["sat on, the mat"], [""], ["cat the cat the cat"]])]
    elif name == "text":
        xs = [random.integers(1, 9, (ROWS, 6)).astype("int32") * (np.arange(6) < [[6], [3], [1], [5]])]
    else:
        shapes = [(ROWS, *(n or 7 - i for n in x.shape[1:])) for i, x in enumerate(model.inputs)]
        xs = [random.normal(size=shape).astype("float32") for shape in shapes]
    ys = []
    for output, loss in zip(
        model.outputs, model.loss if isinstance(model.loss, list) else [model.loss] * 9, strict=False
    ):
        shape = [ROWS, *(n or 6 for n in output.shape[1:])]
        if "sparse" in str(loss):
            ys.append(random.integers(0, shape[-1], ROWS).astype("int32"))
        elif name == "mobile":
            ys.append(np.eye(shape[-1], dtype="float32")[random.integers(0, shape[-1], ROWS)])
        else:
            ys.append(random.integers(0, 2, shape).astype("float32"))
    return xs, ys


# ---------------------------------------------------------------------- files


def in_old_words(text: str) -> str:
    """A configuration of tf_keras 2.21 as Keras 2.15 wrote it."""
    return re.sub(r"\btf_keras\b", "keras", text).replace('"2.21.0"', f'"{VERSION}"')


def dated(path: Path) -> list[Any]:
    """An HDF5 file under the older version; returns what the optimizer held."""
    with h5py.File(path, "r+") as file:
        for group in (file, file.get("model_weights", file)):
            group.attrs["keras_version"] = VERSION
        for key in {"model_config", "training_config"} & set(file.attrs):
            file.attrs[key] = in_old_words(file.attrs[key])
        group = file.get("optimizer_weights")
        return [] if group is None else [group[each][()] for each in group.attrs["weight_names"]]


def archived(content: bytes) -> bytes:
    """An archive under the older version."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(zipfile.ZipInfo(name), in_old_words(part.decode()) if name.endswith(".json") else part)
    return buffer.getvalue()


def step(model: Any, xs: list[Any], ys: list[Any]) -> Any:
    return model.train_on_batch(*(each if len(each) > 1 else each[0] for each in (xs, ys)))


def record(name: str) -> None:
    K.utils.set_random_seed(1)
    K.backend.clear_session()
    model = MODELS[name]()
    xs, ys = data_of(model, name)
    step(model, xs, ys)
    with tempfile.TemporaryDirectory() as folder:
        whole, bare, archive = (Path(folder) / each for each in ("model.h5", "weights.h5", "model.keras"))
        model.save(whole)
        model.save(archive)
        model.save_weights(bare, save_format="h5")
        kept = {f"slot{i}": value for i, value in enumerate(dated(whole))}
        dated(bare)
        files = {each.name: each.read_bytes() for each in (whole, bare)} | {
            archive.name: archived(archive.read_bytes())
        }
    config = json.loads(in_old_words(model.to_json())) | {"keras_version": VERSION}
    files["model.json"] = json.dumps(config).encode()
    kept |= {f"x{i}": x for i, x in enumerate(xs)} | {f"y{i}": y for i, y in enumerate(ys)}
    outputs = model(xs if len(xs) > 1 else tf.constant(xs[0]), training=False)
    kept |= {f"out{i}": np.asarray(each) for i, each in enumerate(outputs if isinstance(outputs, list) else [outputs])}
    losses = [step(model, xs, ys) for _ in range(3)]
    kept["losses"] = np.array([each[0] if isinstance(each, list) else each for each in losses])
    buffer = io.BytesIO()
    np.savez(buffer, **kept)
    files["data.npz"] = buffer.getvalue()
    with zipfile.ZipFile(HERE / f"{name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as together:
        for each, content in files.items():
            together.writestr(zipfile.ZipInfo(each), content, zipfile.ZIP_DEFLATED, 9)
    print(name, (HERE / f"{name}.zip").stat().st_size, flush=True)


if __name__ == "__main__":
    for each in sys.argv[1:] or MODELS:
        record(each)
