"""Datasets: elements one after the other, made when asked for, and what can be done to them.

A dataset is a function that starts a new pass. Each method gives a dataset that wraps the one before, so that nothing
is read or computed until somebody iterates.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from tsuno.core import tree
from tsuno.core.errors import describe, invalid
from tsuno.core.seeds import make_default_seed
from tsuno.core.validate import NonNegativeInt, PositiveInt, check
from tsuno.data.workers import in_order

INFINITE, UNKNOWN = -1, -2
_WORKERS = max(2, min(8, os.cpu_count() or 1))


class ElementSpec(NamedTuple):
    """The shape (None where it varies) and the dtype of one array of an element."""

    shape: tuple[int | None, ...]
    dtype: str


class Dataset:
    """A lazy sequence of elements that can be iterated any number of times; `fit`, `evaluate`, `predict` and `adapt`
    take one whose elements are batches.

    An element is an array, or a tuple, list or dict of them. Functions get the parts of a tuple as arguments.

    Args:
        start: gives an iterator for a new pass.
        size: the number of elements; `INFINITE` or `UNKNOWN` are negative.
        sources: the datasets that it takes its elements from.

    Attributes:
        class_names: the names of the classes, where the dataset was read from a directory.
        file_paths: the files it was read from.

    Example:
        >>> data = tsuno.data.Dataset.from_tensor_slices((np.arange(5), np.arange(5) ** 2))
        >>> data = data.filter(lambda x, y: x != 1).map(lambda x, y: (10 * x, y)).batch(3)
        >>> [x.tolist() for x, y in data]
        [[0, 20, 30], [40]]
    """

    class_names: list[str] | None = None
    file_paths: list[str] | None = None

    def __init__(
        self, start: Callable[[], Iterator[Any]], size: int = UNKNOWN, sources: tuple[Dataset, ...] = ()
    ) -> None:
        self._start, self._size, self._sources = start, size, sources
        self._order: list[int] | None = None  # of a shuffled one: the seed, and the number of the next pass
        self._batch_size: int | None = None
        self._spec: Any = None

    # ------------------------------------------------------------------ making one

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """The rows of an array, or of a structure of arrays of one length."""
        arrays = tree.map_structure(np.asarray, _tuples(tensors))
        lengths = {len(array) for array in tree.flatten(arrays)}
        if len(lengths) != 1:
            raise ValueError(f"All arrays must have the same number of rows; got {sorted(lengths)}.")
        (size,) = lengths
        return Dataset(lambda: (_row(arrays, row) for row in range(size)), size)

    @staticmethod
    def from_tensors(tensors: Any) -> Dataset:
        """One element."""
        return Dataset(lambda: iter([tensors]), 1)

    @staticmethod
    def from_generator(generator: Callable[[], Iterable[Any]]) -> Dataset:
        """What a function's generator gives; the function is called for each pass."""
        return Dataset(lambda: iter(generator()))

    @staticmethod
    def range(*args: int) -> Dataset:
        """Integers, as `range` gives them."""
        numbers = range(*args)
        return Dataset(lambda: iter(map(np.int64, numbers)), len(numbers))

    @staticmethod
    def zip(*datasets: Any) -> Dataset:
        """Tuples of the elements of several datasets, as long as the shortest."""
        several = datasets[0] if len(datasets) == 1 and isinstance(datasets[0], (list, tuple)) else datasets
        sizes = [each.cardinality() for each in several]
        finite = [size for size in sizes if size != INFINITE]
        size = UNKNOWN if UNKNOWN in sizes else min(finite, default=INFINITE)
        zipped = Dataset(lambda: zip(*several, strict=False), size, tuple(several))
        if len(batch_sizes := {each._batch_size for each in several}) == 1:
            (zipped._batch_size,) = batch_sizes
        return zipped

    # ------------------------------------------------------------------ reading it

    def __iter__(self) -> Iterator[Any]:
        return self._start()

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements as NumPy arrays."""
        return (tree.map_structure(np.asarray, element) for element in self)

    def cardinality(self) -> int:
        """The number of elements; -1 if there is no end, -2 if it is not known."""
        return self._size

    @property
    def endless(self) -> bool:
        return self._size == INFINITE

    def __len__(self) -> int:
        if self._size < 0:
            raise TypeError("The dataset has no end." if self.endless else "The dataset's length is not known.")
        return self._size

    def __bool__(self) -> bool:
        return True

    @property
    def element_spec(self) -> Any:
        """Shape and dtype of each array of an element, as the first one shows; the rows of a batch count as unknown."""
        if self._spec is None:
            first = next(iter(self), None)
            if first is None:
                raise ValueError("The dataset is empty, so it shows no element.")

            def spec(leaf: Any) -> ElementSpec:
                array = np.asarray(leaf)
                shape = (None, *array.shape[1:]) if self._batch_size else array.shape
                return ElementSpec(shape, "string" if array.dtype.kind in "OSU" else array.dtype.name)

            self._spec = tree.map_structure(spec, first)
        return self._spec

    def position(self) -> list[list[int]]:
        """The seeds of what is shuffled and the numbers of their next passes: with it `go_to` gives the same order."""
        return [list(order) for order in self._orders()]

    def go_to(self, position: list[list[int]]) -> None:
        """Take the orders of another run, from its next pass on."""
        for order, now in zip(self._orders(), position, strict=True):
            order[:] = now

    def _orders(self) -> list[list[int]]:
        own = [] if self._order is None else [self._order]
        return [order for source in self._sources for order in source._orders()] + own

    def __repr__(self) -> str:
        size = {INFINITE: "no end of", UNKNOWN: "unknown number of"}.get(self._size, self._size)
        return f"<Dataset: {size} {'batches' if self._batch_size else 'elements'}>"

    # ------------------------------------------------------------------ one after the other

    def map(self, map_func: Callable[..., Any], num_parallel_calls: int | None = None) -> Dataset:
        """A function of each element, computed by threads if `num_parallel_calls` is given (-1: a few); order stays."""
        call = _spread(map_func)
        if num_parallel_calls is None or num_parallel_calls in (0, 1):
            return self._then(lambda: map(call, self))
        workers = num_parallel_calls if num_parallel_calls > 0 else _WORKERS
        return self._then(lambda: in_order(call, self, workers, ahead=2 * workers))

    def filter(self, predicate: Callable[..., Any]) -> Dataset:
        """The elements for which a function is true."""
        call = _spread(predicate)
        return self._then(lambda: (element for element in self if bool(call(element))), min(self._size, UNKNOWN))

    def take(self, count: int) -> Dataset:
        """The first elements; all of them for -1."""
        if count < 0:
            return self
        size = count if self.endless else min(count, self._size) if self._size >= 0 else UNKNOWN
        return self._then(lambda: itertools.islice(iter(self), count), size)

    def skip(self, count: int) -> Dataset:
        """All but the first elements; none for -1."""
        if count < 0:
            return self._then(lambda: iter(()), 0)
        size = max(self._size - count, 0) if self._size >= 0 else self._size
        return self._then(lambda: itertools.islice(iter(self), count, None), size)

    def repeat(self, count: int | None = None) -> Dataset:
        """The dataset several times, or without end."""
        if count is None or count < 0:
            return self._then(lambda: self._forever(), INFINITE)
        size = self._size * count if self._size >= 0 else self._size
        return self._then(lambda: itertools.chain.from_iterable(itertools.repeat(self, count)), size)

    def _forever(self) -> Iterator[Any]:
        while True:
            some = False
            for element in self:
                some = True
                yield element
            if not some:
                return

    def concatenate(self, dataset: Dataset) -> Dataset:
        """This dataset, then another."""
        sizes = (self._size, dataset._size)
        size = INFINITE if INFINITE in sizes else UNKNOWN if UNKNOWN in sizes else sum(sizes)
        both = self._then(lambda: itertools.chain(self, dataset), size)
        both._sources = (self, dataset)
        return both

    def enumerate(self, start: int = 0) -> Dataset:
        """Pairs of a number and an element."""
        return self._then(lambda: zip(map(np.int64, itertools.count(start)), self, strict=False))

    # ------------------------------------------------------------------ batches

    def batch(self, batch_size: int, drop_remainder: bool = False) -> Dataset:
        """Elements stacked along a new first axis.

        Args:
            batch_size: how many; the last batch may have fewer.
            drop_remainder: whether to leave such a last batch out.
        """
        return self._batches(batch_size, drop_remainder, _stack)

    def padded_batch(self, batch_size: int, drop_remainder: bool = False) -> Dataset:
        """Elements of different sizes stacked, with zeros behind the shorter ones."""
        return self._batches(batch_size, drop_remainder, _pad)

    def _batches(self, batch_size: int, drop_remainder: bool, join: Callable[[tuple[Any, ...]], Any]) -> Dataset:
        batch_size = check(PositiveInt, batch_size, "Dataset.batch.batch_size")

        def start() -> Iterator[Any]:
            elements = iter(self)
            while group := list(itertools.islice(elements, batch_size)):
                if len(group) == batch_size or not drop_remainder:
                    yield tree.map_structure(lambda *leaves: join(leaves), *group) if len(group) > 1 else _one(group[0])

        def _one(element: Any) -> Any:
            return tree.map_structure(lambda leaf: join((leaf,)), element)

        size = self._size if self._size < 0 else -(-self._size // batch_size)
        if drop_remainder and self._size >= 0:
            size = self._size // batch_size
        batched = self._then(start, size)
        batched._batch_size = batch_size
        return batched

    def unbatch(self) -> Dataset:
        """The rows of each element, one by one."""

        def start() -> Iterator[Any]:
            for element in self:
                for row in range(len(tree.flatten(element)[0])):
                    yield _row(element, row)

        rows = self._then(start, min(self._size, UNKNOWN) if not self.endless else INFINITE)
        rows._batch_size = None
        return rows

    # ------------------------------------------------------------------ order and speed

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool | None = None
    ) -> Dataset:
        """Elements in random order, each drawn from a buffer of the next ones.

        Args:
            buffer_size: elements in the buffer; the order is uniformly random with as many as the dataset has.
            seed: makes the order the same for every dataset made alike; drawn by default.
            reshuffle_each_iteration: whether each pass has an order of its own, as by default; the n-th pass of a
                seed is always the same.
        """
        buffer_size = check(PositiveInt, buffer_size, "Dataset.shuffle.buffer_size")
        key = make_default_seed() if seed is None else check(NonNegativeInt, seed, "Dataset.shuffle.seed")
        order = [key, 0]

        def start() -> Iterator[Any]:
            random = np.random.Generator(np.random.Philox(key=order))
            if reshuffle_each_iteration is not False:
                order[1] += 1
            return _drawn(iter(self), buffer_size, random)

        shuffled = self._then(start)
        shuffled._order = order
        return shuffled

    def cache(self) -> Dataset:
        """The dataset, kept in memory once a pass has gone through it."""
        kept: list[Any] = []
        complete = False

        def start() -> Iterator[Any]:
            nonlocal complete
            if complete:
                yield from kept
                return
            seen = []
            for element in self:
                seen.append(element)
                yield element
            kept[:], complete = seen, True

        return self._then(start)

    def prefetch(self, buffer_size: int = 1) -> Dataset:
        """The dataset, with the next elements (-1: a few) made by a thread while the one before is used."""
        ahead = buffer_size if buffer_size > 0 else 2
        return self._then(lambda: _ahead(self, ahead))

    def _then(self, start: Callable[[], Iterator[Any]], size: int | None = None) -> Dataset:
        """A dataset that takes its elements from this one."""
        made = Dataset(start, self._size if size is None else size, (self,))
        made._batch_size, made.class_names, made.file_paths = self._batch_size, self.class_names, self.file_paths
        return made


def _spread(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda element: function(*element) if type(element) is tuple else function(element)


def _row(arrays: Any, row: int) -> Any:
    return tree.map_structure(lambda array: array[row], arrays)


def _tuples(structure: Any) -> Any:
    """Tuples where there are lists of arrays; lists of numbers are arrays."""
    if isinstance(structure, Mapping):
        return {key: _tuples(value) for key, value in structure.items()}
    if isinstance(structure, tuple):
        return tuple(_tuples(value) for value in structure)
    return np.asarray(structure)


def _stack(leaves: tuple[Any, ...]) -> np.ndarray:
    if any(isinstance(leaf, (str, bytes)) for leaf in leaves):
        return np.array(leaves, dtype=object)
    try:
        return np.stack([np.asarray(leaf) for leaf in leaves])
    except ValueError:
        shapes = sorted({np.shape(leaf) for leaf in leaves})
        raise ValueError(
            f"The elements of a batch must have one shape; got {', '.join(map(str, shapes))}. Use `padded_batch`, or "
            "resize them in `map`."
        ) from None


def _pad(leaves: tuple[Any, ...]) -> np.ndarray:
    arrays = [np.asarray(leaf) for leaf in leaves]
    if len({array.ndim for array in arrays}) > 1:
        raise invalid("Dataset.padded_batch", "used on arrays of one rank", describe(arrays))
    padded = np.zeros((len(arrays), *np.max([array.shape for array in arrays], axis=0)), arrays[0].dtype)
    for place, array in enumerate(arrays):
        corner: Any = (place, *(slice(size) for size in array.shape))
        padded[corner] = array
    return padded


def _drawn(elements: Iterator[Any], buffer_size: int, random: np.random.Generator) -> Iterator[Any]:
    buffer = list(itertools.islice(elements, buffer_size))
    for element in elements:
        place = random.integers(len(buffer))
        yield buffer[place]
        buffer[place] = element
    for place in random.permutation(len(buffer)):
        yield buffer[place]


def _ahead(elements: Iterable[Any], count: int) -> Iterator[Any]:
    """The same elements, so many of them made before they are wanted."""
    source, end = iter(elements), object()
    # One worker: elements are made one after the other, in the background.
    for element in in_order(lambda _: next(source, end), itertools.repeat(None), 1, ahead=count):
        if element is end:
            return
        yield element
