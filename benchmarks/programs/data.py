"""Made data in the shapes of well-known sets: speed does not depend on what the numbers mean."""

from __future__ import annotations

import numpy as np

rng = np.random.default_rng(0)
Arrays = tuple[np.ndarray, np.ndarray]


def logistic() -> Arrays:
    """8 rows of 3 bits; the label is their majority."""
    x = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], "float32")
    return x, (x.sum(axis=1, keepdims=True) > 1.5).astype("float32")


def iris() -> Arrays:
    """150 rows of 4 numbers, 3 classes."""
    y = np.repeat(np.arange(3), 50)
    return (rng.normal(size=(150, 4)) + y[:, None]).astype("float32"), np.eye(3, dtype="float32")[y]


def digits(rows: int, flat: bool) -> Arrays:
    """Images of 28 x 28, 10 classes."""
    x = rng.random((rows, 784) if flat else (rows, 28, 28, 1), dtype="float32")
    return x, rng.integers(0, 10, rows).astype("int32")


def pictures(rows: int, size: int = 32) -> Arrays:
    """Colour images, 10 classes."""
    return rng.random((rows, size, size, 3), dtype="float32"), rng.integers(0, 10, rows).astype("int32")


def texts(rows: int, steps: int, words: int = 20_000) -> Arrays:
    """Rows of word numbers, 2 classes."""
    return rng.integers(1, words, (rows, steps)).astype("int32"), rng.integers(0, 2, (rows, 1)).astype("float32")
