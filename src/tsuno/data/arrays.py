"""Arrays in memory: placed on the device once, gathered there batch by batch in an order made from the seed and the
epoch.

Where the device is the host, large arrays that it cannot use where they are would stand in memory twice. Of these, some
batches at a time are gathered on the host, while the device works on those before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.data.chunk import KEPT_LOGS, Chunk, rows_of

Tree = Any
_LONGEST_ORDER = 1 << 16
_LARGE, _PART = 1 << 25, 1 << 22
"""Bytes from which arrays are not to stand in memory twice, and the bytes that are then gathered at a time."""


class ArrayData:
    """Arrays of one length as epochs of batches.

    Args:
        arrays: host arrays in the structure (x, y, sample_weight).
        batch_size: rows per batch; the last batch of a pass may have fewer.
        shuffle: whether each pass takes the rows in a new random order.
        seed: with the number of the pass, what the order is made from.
        steps: batches per epoch; a whole pass by default. With fewer, the next epoch goes on where this one stops.
    """

    def __init__(
        self, arrays: Tree, batch_size: int, shuffle: bool = False, seed: int = 0, steps: int | None = None
    ) -> None:
        self.arrays, self.batch_size, self.shuffle, self.seed = arrays, batch_size, shuffle, seed
        self.size = len(engine.tree.leaves(arrays)[0])
        self.batches = -(-self.size // batch_size)
        self.steps: int | None = steps or self.batches
        self._position = 0
        self._filled = False
        leaves = engine.tree.leaves(arrays)
        bytes_ = sum(leaf.nbytes for leaf in leaves)
        self._in_parts = bytes_ > _LARGE and engine.is_host() and not all(map(engine.is_shareable, leaves))
        self._part = max(1, _PART * self.size // (bytes_ * batch_size)) if self._in_parts else 0
        self._placed: Tree = None
        self._orders: dict[tuple[int, int], tuple[Any, Any]] = {}

    def sample(self) -> Tree:
        return engine.tree.map(lambda array: array[: self.batch_size], self.arrays)

    def fill(self) -> None:
        """From now on, fill up the last batch of a pass, if it is smaller than others, with rows that do not count."""
        self._filled = self.can_fill

    def divide(self, part: int) -> None:
        """From now on, gather so many batches at a time on the host."""
        self._in_parts, self._part = True, part

    @property
    def can_fill(self) -> bool:
        """Whether the last batch of a pass is smaller than others."""
        return self.size % self.batch_size > 0 and self.batches > 1

    def span(self, limit: int) -> int:
        ragged = self.size % self.batch_size and not self._filled
        if ragged or self.steps != self.batches or self._in_parts:
            return 1
        return max(1, min(limit // self.batches, _LONGEST_ORDER // self.size))

    def chunks(self, epochs: int = 1, skip: int = 0) -> Iterator[Chunk]:
        if self._placed is None and not self._in_parts:
            self._placed = engine.put(self.arrays)
        full, rest = (self.batches, 0) if self._filled else divmod(self.size, self.batch_size)
        wanted = (self.steps or self.batches) * epochs - skip
        self._position += skip
        while wanted > 0:
            turn, first = divmod(self._position, self.batches)
            order, tail = self._order(turn, epochs)
            count = min(wanted, full * epochs - first)
            if self._in_parts:
                count = min(count, self._part)
                yield self._gathered(order, first, count, self._part) if count else self._gathered(tail, 0, 1, 1, rest)
                count = count or 1
            elif count > 0:
                yield Chunk(self._placed, order, self.batch_size, first, count, self._filled)
            else:
                count = 1
                yield Chunk(self._placed, tail, rest, 0, 1)
            wanted -= count
            self._position += count

    def _gathered(self, order: np.ndarray, first: int, count: int, room: int, size: int | None = None) -> Chunk:
        """Some batches of an order, in arrays with room for more; what is over is never read."""
        size = size or self.batch_size
        rows = order[first * size : (first + count) * size]
        places = np.arange(room * size, dtype=np.int32)
        places[: len(rows)][rows < 0] ^= -1
        rows = rows_of(rows)

        def gather(leaf: np.ndarray) -> Any:
            part = engine.empty((room * size, *leaf.shape[1:]), leaf.dtype)
            np.take(leaf, rows, 0, part[: len(rows)], "clip")  # other modes go by way of a copy
            return engine.placed(part)

        return Chunk(engine.tree.map(gather, self.arrays), places, size, 0, count, self._filled)

    def position(self) -> dict[str, Any]:
        return {"seed": self.seed, "batch": self._position, "samples": self.size, "batch_size": self.batch_size}

    def go_to(self, position: dict[str, Any]) -> None:
        for name, now in (("samples", self.size), ("batch_size", self.batch_size)):
            if position.get(name) != now:
                raise ValueError(
                    f"The run that is taken up had data with {name}={position.get(name)}; these have {name}={now}. "
                    "Give the same data and batch size, or begin a new run."
                )
        self.seed, self._position, self._orders = position["seed"], position["batch"], {}

    def rewind(self) -> None:
        self._position = 0

    def _order(self, turn: int, epochs: int) -> tuple[Any, Any]:
        """The rows of one pass or of several: those of full batches, and those left over.

        The array has room for as many passes as one chunk may hold, for a program is compiled for its size.
        """
        key = (turn if self.shuffle else 0, epochs)
        if key not in self._orders:
            passes = [self._rows(turn + ahead) for ahead in range(epochs)]
            full = self.size // self.batch_size * self.batch_size
            if self._filled:
                passes = [np.append(rows, np.repeat(~rows[full], -self.size % self.batch_size)) for rows in passes]
                full = self.batches * self.batch_size
            order = np.zeros(full * self.span(KEPT_LOGS), np.int32)
            order[: full * epochs] = np.concatenate([rows[:full] for rows in passes])
            self._orders = {key: (order, passes[0][full:])}
        return self._orders[key]

    def _rows(self, turn: int) -> np.ndarray:
        rows = np.arange(self.size, dtype=np.int32)
        if self.shuffle:
            rows = np.random.Generator(np.random.Philox(key=[self.seed, turn])).permutation(rows)
        return rows
