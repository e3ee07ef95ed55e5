"""Made data in the shapes of well-known sets: speed does not depend on what the numbers mean."""

from __future__ import annotations

import os
from dataclasses import dataclass

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


def pictures(rows: int, size: int = 32, classes: int = 10) -> Arrays:
    """Colour images and the numbers of their classes."""
    return rng.random((rows, size, size, 3), dtype="float32"), rng.integers(0, classes, rows).astype("int32")


def texts(rows: int, steps: int, words: int = 20_000) -> Arrays:
    """Rows of word numbers, 2 classes."""
    return rng.integers(1, words, (rows, steps)).astype("int32"), rng.integers(0, 2, (rows, 1)).astype("float32")


@dataclass(frozen=True)
class Residual:
    """ResNet-50, and how it is trained."""

    stages: tuple[int, ...] = (3, 4, 6, 3)
    size: int = 224
    classes: int = 1_000
    batch: int = 256
    batches: int = 8

    def __str__(self) -> str:
        return f"ResNet-50 in bfloat16, {self.batches} batches of {self.batch} images of {self.size} x {self.size}"

    def operations(self) -> float:
        """Floating-point operations of an epoch: 3.86 billion products forward for 224², thrice with gradients."""
        return 6 * 3.86e9 * (self.size / 224) ** 2 * self.batch * self.batches

    def arrays(self) -> Arrays:
        return pictures(self.batch * self.batches, self.size, self.classes)


@dataclass(frozen=True)
class Generative:
    """GPT-2 small, and how it is trained."""

    words: int = 50_257
    steps: int = 1_024
    width: int = 768
    heads: int = 12
    blocks: int = 12
    batch: int = 8
    batches: int = 16

    def __str__(self) -> str:
        return (
            f"GPT-2 ({self.blocks} blocks of {self.width}), {self.batches} batches of {self.batch} x {self.steps} words"
        )

    def operations(self) -> float:
        """Floating-point operations of an epoch: 6 for each weight that multiplies and each word, and attention's."""
        weights = self.blocks * 12 * self.width**2 + self.words * self.width
        return (6 * weights + 12 * self.blocks * self.width * self.steps) * self.steps * self.batch * self.batches

    def arrays(self) -> Arrays:
        """Texts, and for each word the next."""
        words = rng.integers(0, self.words, (self.batch * self.batches, self.steps + 1)).astype("int32")
        return words[:, :-1], words[:, 1:]


TINY = os.environ.get("BENCHMARK_TINY") == "1"  # to try the programs out where there is no GPU
RESNET50 = Residual(size=64, classes=10, batch=2, batches=2) if TINY else Residual()
GPT2 = Generative(words=64, steps=16, width=32, heads=4, blocks=2, batch=2, batches=2) if TINY else Generative()
SIZES: dict[str, Residual | Generative] = {"resnet50": RESNET50, "gpt2": GPT2}
"""What is timed on a GPU."""
