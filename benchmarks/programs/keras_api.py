"""The programs as a user of the Keras API writes them; run with Tsuno and with Keras on each backend.

A function of `STEADY` returns an action to be timed again and again; one of `FRESH` runs once in a new process and
returns the seconds it took, by name.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from programs import data

Action = Callable[[], Any]


def logistic_model(k: Any) -> Any:
    model = k.Sequential([k.Input((3,)), k.layers.Dense(1), k.layers.Activation("sigmoid")])
    model.compile(loss="binary_crossentropy", optimizer=k.optimizers.SGD(0.1))
    return model


def iris_model(k: Any) -> Any:
    layers = [k.layers.Dense(16, activation="relu"), k.layers.Dense(3, activation="softmax")]
    model = k.Sequential([k.Input((4,)), *layers])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def mlp_model(k: Any) -> Any:
    layers = [k.layers.Dense(512, activation="relu"), k.layers.Dense(10, activation="softmax")]
    model = k.Sequential([k.Input((784,)), *layers])
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def convnet_model(k: Any) -> Any:
    model = k.Sequential(
        [
            k.Input((28, 28, 1)),
            k.layers.Conv2D(32, 3, activation="relu"),
            k.layers.Conv2D(64, 3, activation="relu"),
            k.layers.MaxPooling2D(),
            k.layers.Dropout(0.25),
            k.layers.Flatten(),
            k.layers.Dense(128, activation="relu"),
            k.layers.Dropout(0.5),
            k.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def resnet20_model(k: Any) -> Any:
    def unit(x: Any, filters: int, strides: int = 1, relu: bool = True) -> Any:
        x = k.layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
        x = k.layers.BatchNormalization()(x)
        return k.layers.Activation("relu")(x) if relu else x

    inputs = k.Input((32, 32, 3))
    x = unit(inputs, 16)
    for stage in range(3):
        for block in range(3):
            strides = 2 if stage and not block else 1
            y = unit(unit(x, 16 << stage, strides), 16 << stage, relu=False)
            if strides == 2:
                x = k.layers.Conv2D(16 << stage, 1, 2, padding="same")(x)
            x = k.layers.Activation("relu")(k.layers.Add()([x, y]))
    outputs = k.layers.Dense(10, activation="softmax")(k.layers.GlobalAveragePooling2D()(x))
    model = k.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def lstm_model(k: Any) -> Any:
    layers = [k.layers.Embedding(20_000, 128), k.layers.LSTM(128), k.layers.Dense(1, activation="sigmoid")]
    model = k.Sequential([k.Input((80,), dtype="int32"), *layers])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def table_model(k: Any) -> Any:
    layers = [k.layers.Embedding(200_000, 128), k.layers.GlobalAveragePooling1D(), k.layers.Dense(1, "sigmoid")]
    model = k.Sequential([k.Input((80,), dtype="int32"), *layers])
    model.compile("adagrad", "binary_crossentropy")
    return model


def transformer_model(k: Any) -> Any:
    inputs = k.Input((128,), dtype="int32")
    x = k.layers.Embedding(20_000, 128)(inputs)
    for _ in range(2):
        attended = k.layers.MultiHeadAttention(4, 32)(x, x)
        x = k.layers.LayerNormalization()(x + attended)
        hidden = k.layers.Dense(256, activation="relu")(x)
        x = k.layers.LayerNormalization()(x + k.layers.Dense(128)(hidden))
    outputs = k.layers.Dense(1, activation="sigmoid")(k.layers.GlobalAveragePooling1D()(x))
    model = k.Model(inputs, outputs)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def epoch(model: Any, arrays: data.Arrays, batch_size: int, epochs: int = 1) -> Action:
    """One epoch of training, after a first that compiles."""
    x, y = arrays
    model.fit(x, y, batch_size=batch_size, epochs=2, verbose=0)
    return lambda: model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)


def one_row(k: Any) -> tuple[Any, np.ndarray]:
    model = iris_model(k)
    row = data.iris()[0][:1]
    model.predict(row, verbose=0)
    return model, row


def row_predict(k: Any) -> Action:
    model, row = one_row(k)
    return lambda: model.predict(row, verbose=0)


def row_call(k: Any) -> Action:
    model, row = one_row(k)
    return lambda: np.asarray(k.ops.convert_to_numpy(model(row)))


def row_train(k: Any) -> Action:
    model, _ = one_row(k)
    x, y = (part[:16] for part in data.iris())
    return lambda: model.train_on_batch(x, y)


def bulk_predict(k: Any) -> Action:
    model, x = mlp_model(k), data.digits(60_000, flat=True)[0]
    return lambda: model.predict(x, batch_size=128, verbose=0)


def vgg16(k: Any) -> Action:
    model, x = k.applications.VGG16(weights=None), data.pictures(8, 224)[0]
    return lambda: model.predict(x, batch_size=8, verbose=0)


def resnet50_model(k: Any) -> Any:
    sizes = data.RESNET50
    k.config.set_dtype_policy("mixed_bfloat16")
    inputs = k.Input((sizes.size, sizes.size, 3))
    base = k.applications.ResNet50(weights=None, include_top=False, pooling="avg", input_tensor=inputs)
    model = k.Model(inputs, k.layers.Dense(sizes.classes, dtype="float32")(base.output))
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(k.optimizers.SGD(0.1, momentum=0.9), loss)
    return model


def gpt2_model(k: Any) -> Any:
    class Places(k.layers.Layer):
        """Adds what is learned of each place in a text."""

        def build(self, shape: Any) -> None:
            self.places = self.add_weight(shape=shape[1:], initializer="uniform")

        def call(self, x: Any) -> Any:
            return x + self.places

    sizes = data.GPT2
    k.config.set_dtype_policy("mixed_bfloat16")
    inputs = k.Input((sizes.steps,), dtype="int32")
    x = Places()(k.layers.Embedding(sizes.words, sizes.width)(inputs))
    for _ in range(sizes.blocks):
        y = k.layers.LayerNormalization(epsilon=1e-5)(x)
        x = x + k.layers.MultiHeadAttention(sizes.heads, sizes.width // sizes.heads)(y, y, use_causal_mask=True)
        y = k.layers.LayerNormalization(epsilon=1e-5)(x)
        y = k.layers.Dense(4 * sizes.width, activation=lambda x: k.ops.gelu(x, approximate=True))(y)
        x = x + k.layers.Dense(sizes.width)(y)
    x = k.layers.LayerNormalization(epsilon=1e-5)(x)
    model = k.Model(inputs, k.layers.Dense(sizes.words, use_bias=False)(x))
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(k.optimizers.AdamW(3e-4, weight_decay=0.1), loss)
    return model


STEADY: dict[str, Callable[[Any], Action]] = {
    "logistic": lambda k: epoch(logistic_model(k), data.logistic(), 1, epochs=200),
    "mlp": lambda k: epoch(mlp_model(k), data.digits(60_000, flat=True), 128, epochs=3),
    "convnet": lambda k: epoch(convnet_model(k), data.digits(2_560, flat=False), 128),
    "resnet20": lambda k: epoch(resnet20_model(k), data.pictures(1_024), 128),
    "lstm": lambda k: epoch(lstm_model(k), data.texts(1_600, 80), 32),
    "table": lambda k: epoch(table_model(k), data.texts(1_600, 80, words=200_000), 32),
    "transformer": lambda k: epoch(transformer_model(k), data.texts(1_024, 128), 32),
    "row_predict": row_predict,
    "row_call": row_call,
    "row_train": row_train,
    "bulk_predict": bulk_predict,
    "vgg16": vgg16,
    "resnet50": lambda k: epoch(resnet50_model(k), data.RESNET50.arrays(), data.RESNET50.batch),
    "gpt2": lambda k: epoch(gpt2_model(k), data.GPT2.arrays(), data.GPT2.batch),
}


def timed(action: Action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def first_fit(model: Any, arrays: data.Arrays, batch_size: int, epochs: int) -> float:
    """The seconds of a model's first `fit`; imports and building are in the time of the process."""
    return timed(lambda: model.fit(*arrays, batch_size=batch_size, epochs=epochs, verbose=0))


def deep(k: Any) -> float:
    """The seconds of building 200 layers."""

    def build() -> None:
        x = inputs = k.Input((32,))
        for _ in range(100):
            x = k.layers.Activation("relu")(k.layers.Dense(32)(x))
        k.Model(inputs, x)

    return timed(build)


FRESH: dict[str, Callable[[Any], float]] = {
    "logistic_fit": lambda k: first_fit(logistic_model(k), data.logistic(), 1, 200),
    "iris_fit": lambda k: first_fit(iris_model(k), data.iris(), 32, 20),
    "mlp_fit": lambda k: first_fit(mlp_model(k), data.digits(60_000, flat=True), 128, 5),
    "convnet_fit": lambda k: first_fit(convnet_model(k), data.digits(2_560, flat=False), 128, 1),
    "deep_build": deep,
}
