"""Streams: batches from a generator or another iterable, fetched by a thread while the device computes."""

from __future__ import annotations

import queue
import threading
import warnings
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.errors import describe
from tsuno.data.arrays import as_arrays, check_lengths
from tsuno.data.chunk import Chunk

_END = object()
_PATIENCE = 10.0
"""Seconds to wait for a batch in the making when no more are wanted."""


class StreamData:
    """Batches `x`, `(x, y)` or `(x, y, sample_weight)` from an iterable as epochs.

    Args:
        source: a generator, or anything that can be iterated.
        steps: batches per epoch; until the iterable ends by default. With fewer, the next epoch goes on where this one
            stops. A source that can start a pass anywhere, at its `start`, is left alone between epochs.
        weigh: turns targets and sample weights into sample weights; see `class_weight`.
        read: what the inputs pass through on the host.
    """

    def __init__(self, source: Iterable[Any], steps: int | None = None, weigh: Any = None, read: Any = None) -> None:
        self.source, self.weigh, self.read = source, weigh, read
        self.steps: int | None = steps if steps is not None else _length(source)
        self._once = isinstance(source, Iterator)
        self._iterator: _Prefetch | None = None
        self._first: Any = None
        self._given = 0  # batches of the pass in progress
        self._begun = False

    def sample(self) -> Any:
        if self._first is None:
            self._iterator = self._open()
            self._first = next(self._iterator, None)
            if self._first is None:
                raise ValueError(f"The data {describe(self.source)} gave no batch.")
        return self._first

    def _open(self) -> _Prefetch:
        self._begin()
        self._given = getattr(self.source, "start", 0)
        return _Prefetch(self._batches())

    def _begin(self) -> None:
        """Tell the source that an epoch begins, if it listens."""
        if not self._begun and hasattr(self.source, "on_epoch_begin"):
            self.source.on_epoch_begin()
        self._begun = True

    def _end(self) -> None:
        """Tell the source that an epoch has ended, if it listens; a pass that is complete is over, too."""
        length = _length(self.source)
        complete = length is not None and self._given >= length
        if hasattr(self.source, "start"):
            self._close()
            self.source.start = 0 if complete else self._given
        elif complete and not self._once:
            self._close()
        if self._begun and hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()
        self._begun = False

    def _close(self) -> None:
        if self._iterator is not None:
            self._iterator.close()
        self._iterator = None

    def _batches(self) -> Generator[Any, None, None]:
        for item in self.source:
            x, y, weight = _split(item)
            x = x if self.read is None else self.read(x)
            batch = (as_arrays(x, "x"), as_arrays(y, "y"), as_arrays(weight, "sample_weight"))
            if self.weigh is not None:
                batch = (batch[0], batch[1], self.weigh(batch[1], batch[2]))
            check_lengths({"x": batch[0], "y": batch[1], "sample_weight": batch[2]})
            yield batch

    def span(self, limit: int) -> int:
        return 1

    def chunks(self, epochs: int = 1) -> Iterator[Chunk]:
        self._begin()
        try:
            yield from self._epoch()
        finally:
            self._end()

    def _epoch(self) -> Iterator[Chunk]:
        taken = 0
        while self.steps is None or taken < self.steps:
            if self._iterator is None:
                self._iterator = self._open()
            batch = self._first if self._first is not None else next(self._iterator, None)
            self._first = None
            if batch is None:
                self._iterator = None
                length = _length(self.source)
                if self.steps is None:
                    return
                if self._given and not self._once and (length is None or self.steps <= length):
                    if hasattr(self.source, "start"):
                        self.source.start = 0
                    continue  # go through the iterable again
                warnings.warn(
                    f"The data ended after {taken} of {self.steps} steps of this epoch. Give a generator that goes on, "
                    "or fewer `steps_per_epoch`.",
                    stacklevel=2,
                )
                return
            self._given += 1
            size = len(engine.tree.leaves(batch)[0])
            yield Chunk(engine.put(batch), np.arange(size, dtype=np.int32), size, 0, 1)
            taken += 1


def _length(source: Any) -> int | None:
    try:
        return len(source)
    except TypeError:
        return None


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


class _Prefetch:
    """The same batches, each fetched in a thread while the one before is used; errors come out where it is read."""

    def __init__(self, batches: Generator[Any, None, None]) -> None:
        waiting: queue.Queue[Any] = queue.Queue(maxsize=1)
        stopped = threading.Event()
        # The thread holds no reference to this object: when nobody reads any more, it ends.
        self._waiting, self._stopped, self._ended = waiting, stopped, False
        self._thread = threading.Thread(target=_fetch, args=(batches, waiting, stopped), name="tsuno-data", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._ended:
            raise StopIteration
        batch, problem = self._waiting.get()
        self._ended = batch is _END
        if problem is not None:
            raise problem
        if self._ended:
            raise StopIteration
        return batch

    def close(self) -> None:
        """Fetch no more, and wait for what is being fetched."""
        self._ended = True
        self._stopped.set()
        self._thread.join(_PATIENCE)

    def __del__(self) -> None:
        self._stopped.set()


def _fetch(batches: Generator[Any, None, None], waiting: queue.Queue[Any], stopped: threading.Event) -> None:
    def put(item: Any) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    try:
        for batch in batches:
            if not put((batch, None)):
                return
        put((_END, None))
    except BaseException as problem:
        put((_END, problem))
    finally:
        batches.close()
