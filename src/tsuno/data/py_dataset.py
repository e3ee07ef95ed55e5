"""Batches by number: a dataset of the user's own, read by threads or processes, in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from tsuno.core.validate import NonNegativeInt, PositiveInt, check
from tsuno.data.passes import Passes
from tsuno.data.workers import in_order


class PyDataset:
    """Base of datasets that give a batch for a number; `fit` and its like read them with several workers.

    Override `__getitem__`, which returns the batch of a number as `x`, `(x, y)` or `(x, y, sample_weight)`, and
    `__len__`, the number of batches; or, for a dataset without end, the property `num_batches` to give None.

    Args:
        workers: how many batches are made at a time; 1 makes one after the other, in the background.
        use_multiprocessing: whether the workers are processes rather than threads. Threads are enough where most time
            goes to files, NumPy or other code that releases the interpreter. In processes, batches must be made without
            Tsuno's ops and layers: the engine does not run in them.
        max_queue_size: the most batches that are made before they are wanted.

    Example:
        >>> class Squares(tsuno.utils.PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         x = np.full((2, 1), index, "float32")
        ...         return x, x**2
        >>> [float(y[0, 0]) for x, y in Squares(workers=2)]
        [0.0, 1.0, 4.0]
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        name = type(self).__name__
        self._workers = check(NonNegativeInt, workers, f"{name}.workers")
        self._use_multiprocessing = bool(use_multiprocessing)
        self._max_queue_size = check(PositiveInt, max_queue_size, f"{name}.max_queue_size")

    # A class that does not call `super().__init__` still works, with the defaults.

    @property
    def workers(self) -> int:
        """How many batches are made at a time."""
        return int(getattr(self, "_workers", 1))

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = check(NonNegativeInt, value, f"{type(self).__name__}.workers")

    @property
    def use_multiprocessing(self) -> bool:
        """Whether the workers are processes."""
        return bool(getattr(self, "_use_multiprocessing", False))

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = bool(value)

    @property
    def max_queue_size(self) -> int:
        """The most batches that wait to be used."""
        return int(getattr(self, "_max_queue_size", 10))

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = check(PositiveInt, value, f"{type(self).__name__}.max_queue_size")

    @property
    def num_batches(self) -> int | None:
        """The number of batches, None for a dataset without end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(f"`{type(self).__name__}` must have a method `__len__` or a property `num_batches`.")

    def __getitem__(self, index: int) -> Any:
        """The batch of a number."""
        raise NotImplementedError(f"`{type(self).__name__}` must have a method `__getitem__`.")

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        return (self[index] for index in (itertools.count() if count is None else range(count)))

    def on_epoch_begin(self) -> None:
        """Called before the batches of an epoch are made."""

    def on_epoch_end(self) -> None:
        """Called when the batches of an epoch have been used."""


Sequence = PyDataset


class Numbered(Passes):
    """A `PyDataset`, or anything shaped like one, as an iterable of batches for a stream.

    Args:
        dataset: the dataset.
        shuffle: whether each pass takes the batches in a new random order.
    """

    def __init__(self, dataset: Any, shuffle: bool = False) -> None:
        super().__init__(shuffle)
        self.dataset = dataset

    @staticmethod
    def fits(x: Any) -> bool:
        """Whether something gives batches by number."""
        return isinstance(x, PyDataset) or (
            hasattr(x, "__getitem__") and hasattr(x, "on_epoch_end") and hasattr(x, "__len__")
        )

    def count(self) -> int | None:
        return self.dataset.num_batches if hasattr(self.dataset, "num_batches") else len(self.dataset)

    def __iter__(self) -> Iterator[Any]:
        count = self.count()
        indices: Iterable[int] = itertools.count(self.start)
        if count is not None:
            order: list[int] = self.random().permutation(count).tolist() if self.shuffle else list(range(count))
            indices = order[self.start :]
        workers = getattr(self.dataset, "workers", 1)
        processes = getattr(self.dataset, "use_multiprocessing", False)
        if workers > 1 or (workers > 0 and processes):
            ahead = getattr(self.dataset, "max_queue_size", 10)
            return in_order(self.dataset.__getitem__, indices, workers, processes, ahead)
        return (self.dataset[index] for index in indices)

    def on_epoch_begin(self) -> None:
        getattr(self.dataset, "on_epoch_begin", lambda: None)()

    def on_epoch_end(self) -> None:
        getattr(self.dataset, "on_epoch_end", lambda: None)()
