"""Batches by number: a dataset of the user's own, read by threads or processes, in order."""

from __future__ import annotations

import itertools
import multiprocessing
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from tsuno.core.seeds import make_default_seed
from tsuno.core.validate import NonNegativeInt, PositiveInt, check

_PATIENCE = 60.0
"""Seconds without a batch from a process after which a warning is due."""


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


class Numbered:
    """A `PyDataset`, or anything shaped like one, as an iterable of batches for a stream.

    Args:
        dataset: the dataset.
        shuffle: whether each pass takes the batches in a new random order.

    Attributes:
        turn: the number of the pass in progress; with the seed, what its order is made from.
        start: the place in that order from which the next iteration goes on.
    """

    def __init__(self, dataset: Any, shuffle: bool = False) -> None:
        self.dataset, self.shuffle, self.turn, self.start = dataset, shuffle, 0, 0
        self.seed = make_default_seed() if shuffle else 0

    @staticmethod
    def fits(x: Any) -> bool:
        """Whether something gives batches by number."""
        return isinstance(x, PyDataset) or (
            hasattr(x, "__getitem__") and hasattr(x, "on_epoch_end") and hasattr(x, "__len__")
        )

    @property
    def endless(self) -> bool:
        return self._count() is None

    def _count(self) -> int | None:
        return self.dataset.num_batches if hasattr(self.dataset, "num_batches") else len(self.dataset)

    def __len__(self) -> int:
        count = self._count()
        if count is None:
            raise TypeError("This dataset has no end.")
        return count

    def __iter__(self) -> Iterator[Any]:
        count = self._count()
        indices: Iterable[int] = itertools.count(self.start) if count is None else self._order(count)[self.start :]
        workers = getattr(self.dataset, "workers", 1)
        processes = getattr(self.dataset, "use_multiprocessing", False)
        if workers > 1 or (workers > 0 and processes):
            ahead = getattr(self.dataset, "max_queue_size", 10)
            return in_order(self.dataset.__getitem__, indices, workers, processes, ahead)
        return (self.dataset[index] for index in indices)

    def _order(self, count: int) -> list[int]:
        if not self.shuffle:
            return list(range(count))
        random = np.random.Generator(np.random.Philox(key=[self.seed, self.turn]))
        order: list[int] = random.permutation(count).tolist()
        return order

    def advance(self, batches: int) -> None:
        """Let the next iteration begin so many batches after where this one began."""
        count, self.start = self._count(), self.start + batches
        if count:
            passes, self.start = divmod(self.start, count)
            self.turn += passes

    def position(self) -> dict[str, Any]:
        return {"seed": self.seed, "turn": self.turn, "start": self.start}

    def go_to(self, position: dict[str, Any]) -> None:
        self.seed, self.turn, self.start = position["seed"], position["turn"], position["start"]

    def on_epoch_begin(self) -> None:
        getattr(self.dataset, "on_epoch_begin", lambda: None)()

    def on_epoch_end(self) -> None:
        getattr(self.dataset, "on_epoch_end", lambda: None)()


def in_order(
    function: Callable[[Any], Any], items: Iterable[Any], workers: int, processes: bool = False, ahead: int = 10
) -> Iterator[Any]:
    """`map(function, items)`, computed by several workers; results come in order, errors where they are read.

    Args:
        function: what to compute; with processes, results must be picklable.
        items: the arguments.
        workers: how many are computed at a time.
        processes: whether workers are processes.
        ahead: how many results may wait.
    """
    todo = iter(items)
    waiting: deque[Future[Any]] = deque()
    pool = _process_pool(function, workers) if processes else ThreadPoolExecutor(workers, "tsuno-worker")
    work = _call if processes else function
    try:
        with warnings.catch_warnings():
            if processes:  # forked workers run the dataset's code only, and never the device's
                warnings.filterwarnings("ignore", message=".*fork.*")
            waiting.extend(pool.submit(work, item) for item in itertools.islice(todo, max(ahead, 1)))
        while waiting:
            future = waiting.popleft()
            if processes and not wait([future], _PATIENCE).done:
                warnings.warn(
                    f"No batch has come from {workers} worker processes for {_PATIENCE:.0f} seconds. They cannot run "
                    "the array engine: if the dataset uses Tsuno's ops or layers, pass use_multiprocessing=False.",
                    stacklevel=2,
                )
            result = future.result()
            waiting.extend(pool.submit(work, item) for item in itertools.islice(todo, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


def _process_pool(function: Callable[[Any], Any], workers: int) -> Executor:
    """Processes that know the function; forked where that can be, so that it need not be picklable."""
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_adopt, initargs=(function,))


_function: Callable[[Any], Any]


def _adopt(function: Callable[[Any], Any]) -> None:
    global _function
    _function = function


def _call(item: Any) -> Any:
    return _function(item)
