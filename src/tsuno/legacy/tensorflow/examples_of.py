"""`tensorflow.examples.tutorials.mnist.input_data`: the digits, in batches."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tsuno import datasets


class Datasets(NamedTuple):
    """The three parts of a set of data."""

    train: DataSet
    validation: DataSet
    test: DataSet


class DataSet:
    """Pictures and their labels, in batches.

    Args:
        images: (pictures, height, width, 1), from 0 to 255.
        labels: one label for each.
        fake_data: whether all are made up.
        one_hot: whether labels are one-hot.
        dtype: `float32` for numbers from 0 to 1, `uint8` for those that were given.
        reshape: whether each picture is one row.
        seed: what the order is drawn from; NumPy's own stream by default.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = "float32",
        reshape: bool = True,
        seed: Any = None,
    ) -> None:
        if len(images) != len(labels):
            raise ValueError(f"There are {len(images)} images and {len(labels)} labels.")
        images = images.reshape(len(images), -1) if reshape else images
        self._images = images.astype("float32") * np.float32(1 / 255) if np.dtype(dtype) == "float32" else images
        self._labels = labels
        self._epochs, self._place = 0, 0
        if seed is not None:
            np.random.seed(seed)

    @property
    def images(self) -> np.ndarray:
        """The pictures, in the order of the epoch."""
        return self._images

    @property
    def labels(self) -> np.ndarray:
        """The labels, in the order of the epoch."""
        return self._labels

    @property
    def num_examples(self) -> int:
        """The number of pictures."""
        return len(self._images)

    @property
    def epochs_completed(self) -> int:
        """How often all have been seen."""
        return self._epochs

    def next_batch(
        self, batch_size: int, fake_data: bool = False, shuffle: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """The next pictures and labels; each epoch has an order of its own, drawn from `np.random`.

        Args:
            batch_size: how many.
            fake_data: must be False.
            shuffle: whether the order is random.
        """
        start, total = self._place, self.num_examples
        if self._epochs == 0 and start == 0 and shuffle:
            self._shuffle()
        if start + batch_size <= total:
            self._place += batch_size
            return self._images[start : self._place], self._labels[start : self._place]
        self._epochs += 1
        rest = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._place = batch_size - len(rest[0])
        more = self._images[: self._place], self._labels[: self._place]
        return np.concatenate([rest[0], more[0]]), np.concatenate([rest[1], more[1]])

    def _shuffle(self) -> None:
        order = np.arange(self.num_examples)
        np.random.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]


def read_data_sets(
    train_dir: Any = None,
    fake_data: bool = False,
    one_hot: bool = False,
    dtype: Any = "float32",
    reshape: bool = True,
    validation_size: int = 5000,
    seed: Any = None,
    source_url: Any = None,
) -> Datasets:
    """The digits of MNIST: the first `validation_size` of the pictures for training are kept apart.

    Args:
        train_dir: accepted for compatibility; `tsuno.datasets.mnist` knows where its data is.
        fake_data: must be False.
        one_hot: whether labels are one-hot.
        dtype: `float32` for numbers from 0 to 1, `uint8` for 0 to 255.
        reshape: whether each picture is one row of 784 numbers.
        validation_size: how many pictures are kept apart.
        seed: what the order is drawn from.
        source_url: accepted for compatibility.
    """
    (x, y), (x_test, y_test) = datasets.mnist.load_data()
    if not 0 <= validation_size <= len(x):
        raise ValueError(f"`validation_size` is between 0 and {len(x)}; got {validation_size}.")

    def part(x: np.ndarray, y: np.ndarray) -> DataSet:
        return DataSet(x[..., None], np.eye(10)[y] if one_hot else y, dtype=dtype, reshape=reshape, seed=seed)

    return Datasets(
        part(x[validation_size:], y[validation_size:]),
        part(x[:validation_size], y[:validation_size]),
        part(x_test, y_test),
    )


def load_mnist(train_dir: Any = "MNIST-data") -> Datasets:
    """The digits of MNIST."""
    return read_data_sets(train_dir)


AS_THEY_ARE = {"load_mnist", "read_data_sets"}
