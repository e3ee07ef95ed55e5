"""Streams: batches from a generator or another iterable, fetched by a thread while the device computes."""

from __future__ import annotations

import queue
import threading
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.errors import describe
from tsuno.data.arrays import as_arrays, check_lengths
from tsuno.data.chunk import Chunk

_END = object()


class StreamData:
    """Batches `x`, `(x, y)` or `(x, y, sample_weight)` from an iterable as epochs.

    Args:
        source: a generator, or anything that can be iterated.
        steps: batches per epoch; until the iterable ends by default.
        weigh: turns targets and sample weights into sample weights; see `class_weight`.
    """

    def __init__(self, source: Iterable[Any], steps: int | None = None, weigh: Any = None) -> None:
        self.source, self.weigh = source, weigh
        self.steps: int | None = steps if steps is not None else _length(source)
        self._once = isinstance(source, Iterator)
        self._iterator: Iterator[Any] | None = None
        self._first: Any = None

    def sample(self) -> Any:
        if self._first is None:
            self._iterator = self._open()
            self._first = next(self._iterator, None)
            if self._first is None:
                raise ValueError(f"The data {describe(self.source)} gave no batch.")
        return self._first

    def _open(self) -> Iterator[Any]:
        return _prefetch(self._batches())

    def _batches(self) -> Iterator[Any]:
        for item in self.source:
            x, y, weight = _split(item)
            batch = (as_arrays(x, "x"), as_arrays(y, "y"), as_arrays(weight, "sample_weight"))
            if self.weigh is not None:
                batch = (batch[0], batch[1], self.weigh(batch[1], batch[2]))
            check_lengths({"x": batch[0], "y": batch[1], "sample_weight": batch[2]})
            yield batch

    def span(self, limit: int) -> int:
        return 1

    def chunks(self, epochs: int = 1) -> Iterator[Chunk]:
        taken = 0
        while self.steps is None or taken < self.steps:
            if self._iterator is None:
                self._iterator = self._open()
            batch = self._first if self._first is not None else next(self._iterator, None)
            self._first = None
            if batch is None:
                self._iterator = None
                if not self._once and self.steps is not None and taken > 0 and _length(self.source) is None:
                    continue  # go through the iterable again
                if self.steps is not None and taken < self.steps:
                    warnings.warn(
                        f"The data ended after {taken} of {self.steps} steps of this epoch. Give a generator that "
                        f"goes on, or "
                        "fewer `steps_per_epoch`.",
                        stacklevel=2,
                    )
                return
            size = len(engine.tree.leaves(batch)[0])
            yield Chunk(engine.put(batch), np.arange(size, dtype=np.int32), size, 0, 1)
            taken += 1
        if not self._once and _length(self.source) is not None:
            self._iterator = None


def _length(source: Any) -> int | None:
    return len(source) if hasattr(source, "__len__") else None


def _split(item: Any) -> tuple[Any, Any, Any]:
    if isinstance(item, (tuple, list)):
        if len(item) == 1:
            return item[0], None, None
        if len(item) == 2:
            return item[0], item[1], None
        if len(item) == 3:
            return item[0], item[1], item[2]
        raise ValueError(f"A batch must be `x`, `(x, y)` or `(x, y, sample_weight)`; got a tuple of {len(item)}.")
    return item, None, None


def _prefetch(batches: Iterator[Any]) -> Iterator[Any]:
    """The same batches, each fetched in a thread while the one before is used; errors come out where it is read."""
    waiting: queue.Queue[Any] = queue.Queue(maxsize=1)
    stopped = threading.Event()

    def put(item: Any) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def fetch() -> None:
        try:
            for batch in batches:
                if not put((batch, None)):
                    return
            put((_END, None))
        except BaseException as problem:
            put((_END, problem))

    threading.Thread(target=fetch, name="tsuno-data", daemon=True).start()
    try:
        while True:
            batch, problem = waiting.get()
            if problem is not None:
                raise problem
            if batch is _END:
                return
            yield batch
    finally:
        stopped.set()
