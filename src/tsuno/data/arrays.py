"""Arrays in memory: placed on the device once, gathered there batch by batch in an order made from the seed and the
epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import describe
from tsuno.core.settings import floatx
from tsuno.data.chunk import KEPT_LOGS, Chunk

Tree = Any
_LONGEST_ORDER = 1 << 16


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
        self._placed: Tree = None
        self._orders: dict[tuple[int, int], tuple[Any, Any]] = {}

    def sample(self) -> Tree:
        return engine.tree.map(lambda array: array[: self.batch_size], self.arrays)

    def span(self, limit: int) -> int:
        if self.size % self.batch_size or self.steps != self.batches:
            return 1
        return max(1, min(limit // self.batches, _LONGEST_ORDER // self.size))

    def chunks(self, epochs: int = 1, skip: int = 0) -> Iterator[Chunk]:
        if self._placed is None:
            self._placed = engine.put(self.arrays)
        full, rest = divmod(self.size, self.batch_size)
        wanted = (self.steps or self.batches) * epochs - skip
        self._position += skip
        while wanted > 0:
            turn, first = divmod(self._position, self.batches)
            order, tail = self._order(turn, epochs)
            count = min(wanted, full * epochs - first)
            if count > 0:
                yield Chunk(self._placed, order, self.batch_size, first, count)
            else:
                count = 1
                yield Chunk(self._placed, tail, rest, 0, 1)
            wanted -= count
            self._position += count

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

    def _order(self, turn: int, epochs: int) -> tuple[Any, Any]:
        """The rows of one pass or of several: those of full batches, and those left over.

        The array has room for as many passes as one chunk may hold, for a program is compiled for its size.
        """
        key = (turn if self.shuffle else 0, epochs)
        if key not in self._orders:
            passes = [self._rows(turn + ahead) for ahead in range(epochs)]
            full = self.size // self.batch_size * self.batch_size
            order = np.zeros(full * self.span(KEPT_LOGS), np.int32)
            order[: full * epochs] = np.concatenate([rows[:full] for rows in passes])
            self._orders = {key: (order, passes[0][full:])}
        return self._orders[key]

    def _rows(self, turn: int) -> np.ndarray:
        rows = np.arange(self.size, dtype=np.int32)
        if self.shuffle:
            rows = np.random.Generator(np.random.Philox(key=[self.seed, turn])).permutation(rows)
        return rows


def as_arrays(structure: Tree, what: str) -> Tree:
    """Host arrays of dtypes that the engine computes in, from anything array-like; None stays.

    Raises:
        ValueError: something is no array of numbers, or not of one length; `what` names it.
    """
    if structure is None:
        return None
    if isinstance(structure, dict):
        return {key: as_arrays(value, f"{what}[{key!r}]") for key, value in structure.items()}
    if isinstance(structure, (list, tuple)) and _is_structure(structure):
        return type(structure)(as_arrays(value, f"{what}[{place}]") for place, value in enumerate(structure))
    if hasattr(structure, "to_numpy") and not hasattr(structure, "__jax_array__"):  # data frames and series
        structure = structure.to_numpy()
    try:
        array = np.asarray(structure)
    except (ValueError, TypeError):
        raise ValueError(
            f"`{what}` must be an array of numbers; got {describe(structure)}, whose rows have different lengths. "
            f"Pad them to "
            "one length first."
        ) from None
    if array.dtype == object or array.dtype.kind in "SU":
        array = _numbers(array, what)
    if array.ndim == 0:
        raise ValueError(f"`{what}` must be an array with one row per sample; got {describe(structure)}.")
    if array.dtype.kind == "c":
        raise ValueError(
            f"`{what}` must hold real numbers; got dtype {array.dtype}. Pass real and imaginary parts apart."
        )
    if array.dtype.kind == "M" or array.dtype.kind == "m":
        raise ValueError(f"`{what}` must hold numbers; got dtype {array.dtype}. Turn dates into numbers first.")
    if array.dtype == np.float64 and floatx() != "float64":
        array = array.astype(numpy_dtype(floatx()))
    elif array.dtype in (np.int64, np.uint64) and floatx() != "float64":
        array = array.astype(np.int32 if array.dtype == np.int64 else np.uint32)
    return array


def _is_structure(value: Any) -> bool:
    """Whether a list is one of several arrays, rather than rows of numbers."""
    return (
        bool(value)
        and all(item is None or isinstance(item, dict) or hasattr(item, "shape") for item in value)
        and not all(np.ndim(item) == 0 for item in value if item is not None and not isinstance(item, dict))
    )


def _numbers(array: np.ndarray, what: str) -> np.ndarray:
    if array.dtype == object:
        try:
            if all(isinstance(item, (int, float, bool, np.number, np.bool_)) for item in array.ravel()):
                return array.astype(np.float64)
        except (TypeError, ValueError):
            pass
    example = next((item for item in array.ravel() if not isinstance(item, (int, float, np.number))), None)
    raise ValueError(
        f"`{what}` must hold numbers; got an array of dtype {array.dtype}, with values such as {describe(example)}. "
        "For text, begin the model with Input(shape, dtype='string') and a layer that reads it, such as "
        "TextVectorization; pad rows of different lengths to one array."
    )


def check_lengths(parts: dict[str, Tree]) -> int:
    """The common number of rows of all arrays; raises one sentence if there is none."""
    lengths: dict[str, int] = {}
    for name, structure in parts.items():
        for place, leaf in enumerate(engine.tree.leaves(structure)):
            lengths[name if place == 0 else f"{name}[{place}]"] = len(leaf)
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise ValueError(f"All arrays must have the same number of samples; got {shown}.")
    length = next(iter(lengths.values()))
    if length == 0:
        raise ValueError(f"`{next(iter(lengths))}` has no samples: its shape begins with 0.")
    return length


def check_finite(structure: Tree, what: str) -> None:
    """Raise one sentence if NaN or infinity is among the numbers."""
    for place, leaf in enumerate(engine.tree.leaves(structure)):
        if leaf.dtype.kind == "f" and not np.isfinite(leaf).all():
            rows = np.flatnonzero(~np.isfinite(leaf.reshape(len(leaf), -1)).all(axis=1))
            kind = "NaN" if np.isnan(leaf[rows[0]]).any() else "an infinite value"
            name = what if place == 0 else f"{what}[{place}]"
            raise ValueError(
                f"`{name}` must hold finite numbers; got {kind} in {len(rows)} of {len(leaf)} samples, first in "
                f"sample {rows[0]}. "
                "Drop those samples, or fill them in, for example with np.nan_to_num."
            )
