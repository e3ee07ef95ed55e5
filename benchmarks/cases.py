"""The programs that `run.py` times: called with a library and a case, prints a list of seconds."""

from __future__ import annotations

import importlib
import json
import sys
import time


def timed(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def load(library: str):
    return importlib.import_module(library)


def case_import(library: str) -> list[float]:
    return [timed(lambda: load(library))]


def case_logistic(library: str) -> list[float]:
    """First fit, second fit, one prediction."""
    import numpy as np

    k = load(library)
    x = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], "float32")
    y = (x.sum(axis=1, keepdims=True) > 1.5).astype("float32")
    model = k.Sequential([k.Input((3,)), k.layers.Dense(1), k.layers.Activation("sigmoid")])
    model.compile(loss="binary_crossentropy", optimizer=k.optimizers.SGD(0.1))
    fits = [timed(lambda: model.fit(x, y, epochs=200, batch_size=1, verbose=0)) for _ in range(2)]
    row = x[:1]
    model.predict(row, verbose=0)

    def predictions() -> None:
        for _ in range(100):
            model.predict(row, verbose=0)

    return [*fits, timed(predictions) / 100]


def case_digits(library: str) -> list[float]:
    """First fit and second fit of a convolutional network."""
    from sklearn.datasets import load_digits

    k = load(library)
    images, labels = load_digits(return_X_y=True)
    images = (images.reshape(-1, 8, 8, 1) / 16).astype("float32")
    layers = k.layers
    model = k.Sequential(
        [
            k.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return [timed(lambda: model.fit(images, labels, batch_size=32, epochs=3, verbose=0)) for _ in range(2)]


if __name__ == "__main__":
    library, case = sys.argv[1:]
    print(json.dumps(globals()[f"case_{case}"](library)))
