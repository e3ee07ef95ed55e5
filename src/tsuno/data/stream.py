"""Streams: batches from a generator or another iterable, fetched by a thread while the device computes."""

from __future__ import annotations

import itertools
import queue
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.errors import describe
from tsuno.data.chunk import Chunk
from tsuno.data.reading import as_arrays, check_lengths

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
        split: turns what the iterable gives into `(x, y)`.
    """

    def __init__(
        self, source: Iterable[Any], steps: int | None = None, weigh: Any = None, read: Any = None, split: Any = None
    ) -> None:
        self.source, self.weigh, self.read, self.split = source, weigh, read, split
        self.steps: int | None = steps if steps is not None else _length(source)
        self._once = isinstance(source, Iterator)
        self._numbered = hasattr(source, "advance")
        self._iterator: _Prefetch | None = None
        self._first: Any = None
        self._begun = False
        self._given = 0  # batches of the pass in progress
        self._due = 0  # batches to leave out before the next epoch
        self._epochs = 0
        self.check: Callable[[Any], None] | None = None  # of the values in each batch of the first epoch
        self._origin: Any = None  # where the source was when the pass in progress began
        self._start = self.position()

    def sample(self) -> Any:
        if self._first is None:
            self._open()
            self._first = self._next()
            if self._first is None:
                raise ValueError(f"The data {describe(self.source)} gave no batch.")
        return self._first.host

    def position(self) -> dict[str, Any]:
        origin = _position(self.source) if self._iterator is None else self._origin
        return {"given": self._given + self._due, "epochs": self._epochs, "source": origin}

    def go_to(self, position: dict[str, Any]) -> None:
        if not self._once:
            self._close()
            if position["source"] is not None:
                self.source.go_to(position["source"])  # type: ignore[attr-defined]
        self._due = position["given"] - self._given
        if self._due < 0:
            raise ValueError(
                f"The run that is taken up had had {position['given']} batches of its generator; this one has given "
                f"{self._given} already. Make a new generator that begins where the first one began."
            )
        for _ in range(self._epochs, position["epochs"]):  # whatever the source does at these moments, it does again
            self._tell("on_epoch_begin", begun=True)
            self._tell("on_epoch_end", begun=False)
        self._epochs = position["epochs"]

    def rewind(self) -> None:
        if not self._once and self.position() != self._start:
            self.go_to(self._start)

    def span(self, limit: int) -> int:
        return 1

    def chunks(self, epochs: int = 1, skip: int = 0) -> Iterator[Chunk]:
        self._tell("on_epoch_begin", begun=True)
        try:
            yield from self._epoch(skip)
        finally:
            self._end()

    def _epoch(self, taken: int) -> Iterator[Chunk]:
        ended = self._leave_out(self._due + taken)
        self._due = 0
        while not ended and (self.steps is None or taken < self.steps):
            if self._iterator is None:
                self._open()
            batch, self._first = self._first if self._first is not None else self._next(), None
            if batch is None:
                ended = not self._goes_round()
                continue
            self._given += 1
            if self.check is not None and self._epochs == 0:
                self.check(batch.host)
            size = len(engine.tree.leaves(batch.host)[0])
            yield Chunk(batch.placed, np.arange(size, dtype=np.int32), size, 0, 1)
            taken += 1
        if ended and self.steps is not None and taken < self.steps:
            warnings.warn(
                f"The data ended after {taken} of {self.steps} steps of this epoch. Give a generator that goes on, or "
                "fewer `steps_per_epoch`.",
                stacklevel=2,
            )

    def _leave_out(self, count: int) -> bool:
        """Pass over so many batches, making no more of them than must be; whether the data ended among them."""
        if count and self._numbered:
            self._close()
            self.source.advance(count)  # type: ignore[attr-defined]
            return False
        if count and self._first is not None:
            self._first, self._given, count = None, self._given + 1, count - 1
        while count:
            if self._iterator is None:
                count -= self._open(count)
            elif self._next() is not None:
                self._given, count = self._given + 1, count - 1
            elif not self._goes_round():
                return True
        return False

    def _open(self, drop: int = 0) -> int:
        """Begin a pass, without so many batches at its beginning; how many of those there were."""
        self._tell("on_epoch_begin", begun=True)
        self._origin = _position(self.source)
        items = iter(self.source) if drop else None
        dropped = 0 if items is None else sum(1 for _ in itertools.islice(items, drop))
        self._given += dropped
        self._iterator = _Prefetch(self._batches(items))
        return dropped

    def _next(self) -> Any:
        assert self._iterator is not None
        return next(self._iterator, None)

    def _goes_round(self) -> bool:
        """At the end of a pass: whether another is begun within the same epoch."""
        given, length = self._given, _length(self.source)
        self._close()
        if self._numbered and given:
            self.source.advance(given)  # type: ignore[attr-defined]
        return bool(self.steps and given and not self._once and (length is None or self.steps <= length))

    def _tell(self, hook: str, begun: bool) -> None:
        """Tell the source that an epoch begins or has ended, if it listens, and once."""
        if self._begun != begun and hasattr(self.source, hook):
            getattr(self.source, hook)()
        self._begun = begun

    def _end(self) -> None:
        """The end of an epoch: a pass that is complete is over, too."""
        length = _length(self.source)
        if self._numbered and self._iterator is not None:
            given = self._given
            self._close()
            self.source.advance(given)  # type: ignore[attr-defined]
        elif length is not None and self._given >= length and not self._once:
            self._close()
        self._epochs += 1
        self._tell("on_epoch_end", begun=False)

    def _close(self) -> None:
        if self._iterator is not None:
            self._iterator.close()
        self._iterator, self._first = None, None
        if not self._once:
            self._given = 0

    def _batches(self, items: Iterable[Any] | None) -> Generator[Any, None, None]:
        fresh = getattr(self.source, "fresh", False)
        for item in self.source if items is None else items:
            x, y, weight = _split(item if self.split is None else self.split(item))
            made = x if self.read is None else self.read(x)
            batch = (as_arrays(made, "x"), as_arrays(y, "y"), as_arrays(weight, "sample_weight"))
            if self.weigh is not None:
                batch = (batch[0], batch[1], self.weigh(batch[1], batch[2]))
            check_lengths({"x": batch[0], "y": batch[1], "sample_weight": batch[2]})
            # The device may still read a batch, or share its memory, when a generator fills the next one in its place.
            yield batch if fresh else engine.tree.map(np.array, batch)


def _position(source: Any) -> Any:
    """Where a source is that knows it."""
    return source.position() if hasattr(source, "go_to") else None


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


class _Batch:
    """A batch on the host and, soon, on the device."""

    def __init__(self, host: Any) -> None:
        self.host, self.placed = host, engine.put(host)


class _Prefetch:
    """The same batches, each fetched in a thread while the one before is used; errors come out where it is read.

    The batch after the one that was read last is on its way to the device already, if it has been fetched.
    """

    def __init__(self, batches: Generator[Any, None, None]) -> None:
        waiting: queue.Queue[Any] = queue.Queue(maxsize=1)
        stopped = threading.Event()
        # The thread holds no reference to this object: when nobody reads any more, it ends.
        self._waiting, self._stopped, self._ended = waiting, stopped, False
        self._next: Any = None
        self._thread = threading.Thread(target=_fetch, args=(batches, waiting, stopped), name="tsuno-data", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> _Batch:
        if self._ended:
            raise StopIteration
        batch, problem = self._waiting.get() if self._next is None else self._next
        self._next = None
        if batch is _END:
            self._ended = True
            raise StopIteration if problem is None else problem
        try:
            following, problem = self._waiting.get_nowait()
            self._next = (following if following is _END else _Batch(following)), problem
        except queue.Empty:
            pass
        return batch if isinstance(batch, _Batch) else _Batch(batch)

    def close(self) -> None:
        """Fetch no more, and wait for what is being fetched."""
        self._ended, self._next = True, None
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
