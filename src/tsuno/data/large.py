"""Arrays too large to be placed on the device as a whole: in memory or in files, read batch by batch.

Rows in memory are taken in any order. Rows of files (HDF5, memory maps) and of sparse matrices are read in blocks:
each pass takes the blocks in a new random order, some of them at a time, and mixes the rows of those.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import invalid
from tsuno.core.settings import floatx
from tsuno.data.passes import Passes
from tsuno.data.reading import as_arrays, is_sparse

_SHARE = 4
_BLOCK, _MIXED = 1 << 22, 16
"""Bytes of a block, and how many blocks' rows are mixed."""
_limit: int | None = None


def set_resident_limit(size: int | None) -> None:
    """Choose how large arrays may be that `fit`, `evaluate` and `predict` place on the device as a whole.

    Args:
        size: the limit for all arrays of a call together, in bytes; None for a quarter of the memory there is. Larger
            ones are streamed, batch by batch.

    Example:
        >>> tsuno.data.set_resident_limit(2**30)
        >>> tsuno.data.resident_limit()
        1073741824
        >>> tsuno.data.set_resident_limit(None)
    """
    if size is not None and (isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 0):
        raise invalid("set_resident_limit.size", "a number of bytes or None", size)
    global _limit
    _limit = size


def resident_limit() -> int:
    """How large arrays may be that are placed on the device as a whole, in bytes."""
    if _limit is not None:
        return _limit
    known = [size for size in (engine.host_memory(), engine.memory()) if size]
    return min(known, default=1 << 34) // _SHARE


def is_read_in_parts(value: Any) -> bool:
    """Whether an array is one whose rows are read or made when asked for: of a file, or a sparse matrix."""
    if isinstance(value, np.ndarray):
        return isinstance(value, np.memmap)
    if is_sparse(value):
        return hasattr(value, "tocsr")
    return hasattr(value, "chunks") and hasattr(value, "shape") and hasattr(value, "dtype") and value.shape != ()


def size_of(arrays: Any) -> int:
    """The bytes of all arrays once they are dense and have dtypes that the engine computes in."""
    wide = numpy_dtype(floatx()).itemsize
    total = 0
    for leaf in engine.tree.leaves(arrays):
        width = np.dtype(leaf.dtype).itemsize
        total += int(np.prod(leaf.shape)) * (min(width, wide) if np.dtype(leaf.dtype).kind in "fiu" else width)
    return total


class Rows(Passes):
    """The rows of arrays in the structure (x, y, sample_weight), as batches.

    Args:
        arrays: arrays of one length; NumPy's, and others whose slices are arrays.
        batch_size: rows per batch; the last batch of a pass may have fewer.
        shuffle: whether each pass takes the rows in a new random order.
        first: the first row to take.
        stop: the row to stop before.
    """

    fresh = True

    def __init__(
        self, arrays: Any, batch_size: int, shuffle: bool = False, first: int = 0, stop: int | None = None
    ) -> None:
        super().__init__(shuffle)
        self.arrays = engine.tree.map(lambda leaf: leaf.tocsr() if is_sparse(leaf) else leaf, arrays)
        leaves = engine.tree.leaves(self.arrays)
        self.batch_size, self.first = batch_size, first
        self.size = (leaves[0].shape[0] if stop is None else stop) - first
        self._block = 1
        if any(is_read_in_parts(leaf) for leaf in leaves):
            row = max(1, size_of(self.arrays) // max(1, leaves[0].shape[0]))
            stored = max((leaf.chunks[0] for leaf in leaves if getattr(leaf, "chunks", None)), default=1)
            self._block = -(-max(1, _BLOCK // row, batch_size // 4) // stored) * stored

    def part(self, start: int, stop: int, shuffle: bool) -> Rows:
        """Some of the rows."""
        return Rows(self.arrays, self.batch_size, shuffle, self.first + start, self.first + stop)

    def count(self) -> int:
        return -(-self.size // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        if self.shuffle and self._block > 1:
            return self._mixed()
        return self._each()

    def _each(self) -> Iterator[Any]:
        order = self.random().permutation(self.size) + self.first if self.shuffle else None
        for start in range(self.start * self.batch_size, self.size, self.batch_size):
            stop = min(start + self.batch_size, self.size)
            if order is None:
                yield self._read(self.first + start, self.first + stop)
            else:
                yield engine.tree.map(lambda leaf, rows=order[start:stop]: leaf[rows], self.arrays)

    def _mixed(self) -> Iterator[Any]:
        skip = self.start * self.batch_size
        blocks = self.random().permutation(-(-self.size // self._block))
        kept: Any = None
        for window, place in enumerate(range(0, len(blocks), _MIXED)):
            spans = [
                (block * self._block, min((block + 1) * self._block, self.size))
                for block in blocks[place : place + _MIXED].tolist()
            ]
            size = sum(stop - start for start, stop in spans)
            if skip >= size:
                skip -= size
                continue
            joined = self._joined(spans, size)
            rows = self.random(window + 1).permutation(size)[skip:]
            skip, here = 0, 0
            if kept is not None:
                here = min(self.batch_size - len(engine.tree.leaves(kept)[0]), len(rows))
                kept = engine.tree.map(
                    lambda old, new, rows=rows[:here]: np.concatenate([old, new[rows]]), kept, joined
                )
                if len(engine.tree.leaves(kept)[0]) < self.batch_size:
                    continue
                yield kept
            while len(rows) - here >= self.batch_size:
                yield _taken(joined, rows[here : here + self.batch_size])
                here += self.batch_size
            kept = _taken(joined, rows[here:]) if here < len(rows) else None
            del joined  # before the next blocks are read
        if kept is not None:
            yield kept

    def _joined(self, spans: list[tuple[int, int]], size: int) -> Any:
        """Some spans of rows, one after the other."""
        joined: Any = None
        here = 0
        for start, stop in spans:
            part = self._read(self.first + start, self.first + stop)
            if joined is None:
                joined = engine.tree.map(lambda leaf: np.empty((size, *leaf.shape[1:]), leaf.dtype), part)
            span = slice(here, here + stop - start)
            for whole, rows in zip(engine.tree.leaves(joined), engine.tree.leaves(part), strict=True):
                whole[span] = rows
            here = span.stop
        return joined

    def _read(self, start: int, stop: int) -> Any:
        """Some rows that stand together, as NumPy arrays of their own."""

        def read(leaf: Any) -> np.ndarray:
            part = leaf[start:stop]
            array: np.ndarray = as_arrays(part.toarray() if is_sparse(part) else part, "x")
            return np.array(array) if array.base is not None else array

        return engine.tree.map(read, self.arrays)


def _taken(arrays: Any, rows: np.ndarray) -> Any:
    return engine.tree.map(lambda leaf: leaf[rows], arrays)
