"""`tf.data`: what is not a method of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tsuno import data
from tsuno.legacy.tensorflow.datasets import Dataset
from tsuno.legacy.tensorflow.elements import plain
from tsuno.legacy.tensorflow.iterators import DatasetIterator


class Options:
    """Settings of pipelines; they have no effect."""

    def __init__(self) -> None:
        self.threading = self.autotune = self.experimental_optimization = self.experimental_distribute = _Settings()
        self.experimental_deterministic = self.deterministic = None


class _Settings:
    """Attributes that may be set."""


class TextLineDataset(Dataset):
    """The lines of files.

    Args:
        filenames: a name, or several.
    """

    def __init__(self, filenames: Any, compression_type: Any = None, **options: Any) -> None:
        names = np.ravel(np.asarray(plain([filenames] if isinstance(filenames, str) else filenames), object))

        def start() -> Iterator[Any]:
            for name in names:
                with Path(name.decode()).open("rb") as file:
                    for line in file:
                        yield line.rstrip(b"\r\n")

        super().__init__(data.Dataset(start))


def cardinality(dataset: Dataset) -> Any:
    """The number of elements; -1 if there is no end, -2 if it is not known."""
    return dataset.cardinality()


def make_one_shot_iterator(dataset: Dataset) -> DatasetIterator:
    """An iterator that goes through a dataset once."""
    return DatasetIterator(dataset)


def make_initializable_iterator(dataset: Dataset, shared_name: Any = None) -> DatasetIterator:
    """An iterator that begins anew whenever its `initializer` is run."""
    return DatasetIterator(dataset)


def get_single_element(dataset: Dataset) -> Any:
    """The only element."""
    return dataset.get_single_element()


def assert_cardinality(expected_cardinality: int) -> Callable[[Dataset], Dataset]:
    """For `apply`: say how many elements there are."""

    def tell(dataset: Dataset) -> Dataset:
        dataset._data._size = int(expected_cardinality)
        return dataset

    return tell


def choose_from_datasets(datasets: Any, choice_dataset: Any) -> Dataset:
    """Elements of several datasets, of the one that another dataset names each time."""
    return Dataset.choose_from_datasets(datasets, choice_dataset)


def sample_from_datasets(datasets: Any, weights: Any = None, seed: Any = None) -> Dataset:
    """Elements of several datasets, each time of one drawn by weight."""
    return Dataset.sample_from_datasets(datasets, weights, seed)


def prefetch_to_device(device: Any, buffer_size: Any = 1) -> Callable[[Dataset], Dataset]:
    """For `apply`: the next elements made by a thread while the one before is used."""
    return lambda dataset: dataset.prefetch(buffer_size or 1)


def group_by_window(key_func: Any, reduce_func: Any, window_size: Any) -> Callable[[Dataset], Dataset]:
    """For `apply`: elements of one key together; see `Dataset.group_by_window`."""
    return lambda dataset: dataset.group_by_window(key_func, reduce_func, window_size)


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Callable[[Dataset], Dataset]:
    """For `apply`: shuffle, then repeat."""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def map_and_batch(map_func: Any, batch_size: Any, *rest: Any, **options: Any) -> Callable[[Dataset], Dataset]:
    """For `apply`: map, then make batches."""
    return lambda dataset: dataset.map(map_func).batch(batch_size, bool(options.get("drop_remainder", False)))


def unbatch() -> Callable[[Dataset], Dataset]:
    """For `apply`: the rows of each element, one by one."""
    return lambda dataset: dataset.unbatch()


def ignore_errors(log_warning: bool = False) -> Callable[[Dataset], Dataset]:
    """For `apply`: the dataset as it is."""
    return lambda dataset: dataset


AS_THEY_ARE = {
    "choose_from_datasets", "sample_from_datasets", "prefetch_to_device", "group_by_window",
    "cardinality", "make_one_shot_iterator", "make_initializable_iterator", "get_single_element", "assert_cardinality",
    "shuffle_and_repeat", "map_and_batch", "unbatch", "ignore_errors",
}  # fmt: skip
