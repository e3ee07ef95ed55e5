"""`tf.data`: pipelines of elements, which are `tsuno.data.Dataset`s below."""

from __future__ import annotations

import builtins
import glob
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tsuno import data, engine
from tsuno.core import tree
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import settled
from tsuno.legacy.tensorflow.elements import (
    END,
    Pipeline,
    as_kinds,
    called,
    filled,
    for_each,
    groups,
    parts_of,
    plain,
    shown,
    spec_of,
    wrapped,
)
from tsuno.legacy.tensorflow.iterators import DatasetIterator, trial, values_given

AUTOTUNE = -1
INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = -1, -2


class Dataset(Pipeline):
    """A pipeline of elements: tensors, or tuples, lists or dicts of them.

    Args:
        source: the pipeline below, of NumPy arrays.
    """

    AUTOTUNE = -1

    def __init__(self, source: data.Dataset) -> None:
        self._data = source
        self._spec: Any = None

    # ------------------------------------------------------------------ making one

    @staticmethod
    def from_tensor_slices(tensors: Any, name: Any = None) -> Dataset:
        """The rows of a tensor, or of a structure of tensors of one length."""
        if symbolic.is_drawn(tensors):
            return Dataset(data.Dataset(lambda: iter(data.Dataset.from_tensor_slices(values_given(tensors)))))
        return Dataset(data.Dataset.from_tensor_slices(plain(tensors)))

    @staticmethod
    def from_tensors(tensors: Any, name: Any = None) -> Dataset:
        """One element."""
        if symbolic.is_drawn(tensors):
            return Dataset(data.Dataset(lambda: iter([values_given(tensors)]), 1))
        return Dataset(data.Dataset.from_tensors(plain(tensors)))

    @staticmethod
    def from_generator(
        generator: Callable[..., Iterable[Any]],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: Any = None,
    ) -> Dataset:
        """What a function's generator gives; the function is called for each pass.

        Args:
            generator: the function.
            output_types: the dtypes of an element.
            output_shapes: accepted for compatibility.
            args: what the function is called with.
            output_signature: `TensorSpec`s of an element.
            name: accepted for compatibility.
        """
        kinds = output_types
        if output_signature is not None:
            kinds = tree.map_structure(lambda spec: spec.dtype, output_signature)
        given = [plain(each) for each in args or ()]

        def start() -> Iterator[Any]:
            return (as_kinds(element, kinds) for element in generator(*given))

        made = Dataset(data.Dataset(start))
        if output_signature is not None:
            made._spec = output_signature
        return made

    @staticmethod
    def range(*args: Any, output_type: Any = "int64", name: Any = None) -> Dataset:
        """Integers, as Python's `range` gives them."""
        numbers = builtins.range(*(int(each) for each in args))
        kind = np.dtype(str(output_type)).type
        return Dataset(data.Dataset(lambda: iter(map(kind, numbers)), len(numbers)))

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: Any = None) -> Dataset:
        """The elements of several datasets together, in the structure that these stand in."""
        structure = datasets if datasets is not None else args[0] if len(args) == 1 else args
        parts = tree.flatten(structure)
        together = data.Dataset.zip(*[part._data for part in parts])
        return Dataset(together.map(lambda *found: filled(structure, found)))

    @staticmethod
    def list_files(file_pattern: Any, shuffle: Any = None, seed: Any = None, name: Any = None) -> Dataset:
        """The names of the files that fit patterns, in random order unless told otherwise."""
        patterns = [file_pattern] if isinstance(file_pattern, (str, bytes)) else plain(file_pattern)
        patterns = [each.decode() if isinstance(each, bytes) else str(each) for each in patterns]
        names = sorted({name for pattern in patterns for name in glob.glob(str(pattern))})
        if not names:
            raise ValueError(f"No file fits {', '.join(map(repr, patterns))}.")
        listed = Dataset.from_tensor_slices(names)
        return listed if shuffle is False else listed.shuffle(len(names), seed)

    @staticmethod
    def sample_from_datasets(
        datasets: Any, weights: Any = None, seed: Any = None, stop_on_empty_dataset: bool = False, **options: Any
    ) -> Dataset:
        """Elements of several datasets, each time of one drawn by weight."""
        parts = list(datasets)
        chances = np.full(len(parts), 1 / len(parts)) if weights is None else np.asarray(plain(weights), "float64")

        def start() -> Iterator[Any]:
            random, sources = np.random.default_rng(seed), [iter(part._data) for part in parts]
            left = chances.copy()
            while left.sum() > 0:
                which = int(random.choice(len(sources), p=left / left.sum()))
                try:
                    yield next(sources[which])
                except StopIteration:
                    left[which] = 0
                    if stop_on_empty_dataset:
                        return

        return Dataset(data.Dataset(start))

    @staticmethod
    def choose_from_datasets(datasets: Any, choice_dataset: Any, stop_on_empty_dataset: bool = True) -> Dataset:
        """Elements of several datasets, of the one that another dataset names each time."""
        parts = list(datasets)

        def start() -> Iterator[Any]:
            sources = [iter(part._data) for part in parts]
            for which in choice_dataset._data:
                found = next(sources[int(which)], END)
                if found is not END:
                    yield found
                elif stop_on_empty_dataset:
                    return

        return Dataset(data.Dataset(start))

    @staticmethod
    def random(seed: Any = None, rerandomize_each_iteration: Any = None, name: Any = None) -> Dataset:
        """Integers drawn at random, without end."""

        def start() -> Iterator[Any]:
            random = np.random.default_rng(settled(seed))
            while True:
                yield np.int64(random.integers(2**32))

        return Dataset(data.Dataset(start, INFINITE_CARDINALITY))

    # ------------------------------------------------------------------ reading it

    def __iter__(self) -> Any:
        return DatasetIterator(self)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements as NumPy arrays."""
        return (tree.map_structure(shown, element) for element in self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __bool__(self) -> bool:
        return True

    @property
    def endless(self) -> bool:
        """Whether there is no end."""
        return self._data.endless

    def cardinality(self, name: Any = None) -> Any:
        """The number of elements; -1 if there is no end, -2 if it is not known."""
        return modes.Tensor(engine.asarray(np.asarray(self._data.cardinality(), "int32")))

    @property
    def element_spec(self) -> Any:
        """Shape and dtype of each tensor of an element."""
        if self._spec is None:
            orders = self._data.position()  # looking must not change what is shuffled later
            with trial():
                first = next(iter(self._data), END)
            self._data.go_to(orders)
            if first is END:
                raise ValueError("The dataset is empty, so it shows no element.")
            self._spec = tree.map_structure(lambda leaf: spec_of(leaf, self._data._batch_size is not None), first)
        return self._spec

    output_shapes = property(lambda self: tree.map_structure(lambda spec: spec.shape, self.element_spec))
    output_types = property(lambda self: tree.map_structure(lambda spec: spec.dtype, self.element_spec))
    output_classes = property(lambda self: tree.map_structure(lambda spec: KerasTensor, self.element_spec))

    def __repr__(self) -> str:
        return f"<Dataset element_spec={self.element_spec}>"

    def get_single_element(self, name: Any = None) -> Any:
        """The only element."""
        return next(iter(self))

    # ------------------------------------------------------------------ one after the other

    def _then(self, start: Callable[[], Iterator[Any]], size: int | None = None) -> Dataset:
        return Dataset(self._data._then(start, size))

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        name: Any = None,
        **options: Any,
    ) -> Dataset:
        """A function of each element; computed by threads if `num_parallel_calls` is given."""
        call = called(map_func)
        mapped = self._data.map(lambda *parts: plain(call(parts)), settled(num_parallel_calls))
        return Dataset(mapped)

    def filter(self, predicate: Callable[..., Any], name: Any = None) -> Dataset:
        """The elements for which a function is true."""
        call = called(predicate)
        return Dataset(self._data.filter(lambda *parts: bool(as_numpy(call(parts)))))

    def take(self, count: Any, name: Any = None) -> Dataset:
        """The first elements; all of them for -1."""
        return Dataset(self._data.take(int(count)))

    def skip(self, count: Any, name: Any = None) -> Dataset:
        """All but the first elements; none for -1."""
        return Dataset(self._data.skip(int(count)))

    def take_while(self, predicate: Callable[..., Any], name: Any = None) -> Dataset:
        """The elements up to the first for which a function is false."""
        call, source = called(predicate), self._data
        fits = lambda element: bool(as_numpy(call(parts_of(element))))
        return self._then(lambda: itertools.takewhile(fits, source), UNKNOWN_CARDINALITY)

    def repeat(self, count: Any = None, name: Any = None) -> Dataset:
        """The dataset several times, or without end."""
        return Dataset(self._data.repeat(None if count is None else int(count)))

    def concatenate(self, dataset: Dataset, name: Any = None) -> Dataset:
        """This dataset, then another."""
        return Dataset(self._data.concatenate(dataset._data))

    def enumerate(self, start: Any = 0, name: Any = None) -> Dataset:
        """Pairs of a number and an element."""
        return Dataset(self._data.enumerate(int(start)))

    def shard(self, num_shards: Any, index: Any, name: Any = None) -> Dataset:
        """Each `num_shards`-th element, from the one at `index` on."""
        step, first, source = int(num_shards), int(index), self._data
        size = source.cardinality()
        size = len(builtins.range(first, size, step)) if size >= 0 else size
        return self._then(lambda: itertools.islice(iter(source), first, None, step), size)

    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: Any = None) -> Dataset:
        """`state, y = scan_func(state, element)` for each element; all y."""
        source, call = self._data, called(scan_func)

        def start() -> Iterator[Any]:
            state = plain(initial_state)
            for element in source:
                state, found = plain(call((state, element)))
                yield found

        return self._then(start)

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: Any = None) -> Any:
        """`state = reduce_func(state, element)` for each element; the last state."""
        state, call = plain(initial_state), called(reduce_func)
        for element in self._data:
            state = plain(call((state, element)))
        return wrapped(state)

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """What a function makes of the dataset."""
        return transformation_func(self)

    # ------------------------------------------------------------------ datasets of elements

    def flat_map(self, map_func: Callable[..., Any], name: Any = None) -> Dataset:
        """The elements of the datasets that a function makes of elements, one after the other."""
        source, call = self._data, called(map_func)

        def start() -> Iterator[Any]:
            for element in source:
                yield from call(parts_of(element))._data

        return self._then(start, UNKNOWN_CARDINALITY)._unbatched()

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = 1,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        name: Any = None,
    ) -> Dataset:
        """The elements of the datasets that a function makes of elements, some of each in turn.

        Args:
            map_func: makes a dataset of an element.
            cycle_length: how many datasets are open at a time.
            block_length: how many elements are taken of one before the next.
            num_parallel_calls: accepted for compatibility.
            deterministic: accepted for compatibility.
            name: accepted for compatibility.
        """
        source, call = self._data, called(map_func)
        width = int(cycle_length) if cycle_length is not None and int(cycle_length) > 0 else 2

        def start() -> Iterator[Any]:
            waiting = iter(source)
            opened = [iter(call(parts_of(x))._data) for x in itertools.islice(waiting, width)]
            while opened:
                place = 0
                while place < len(opened):
                    block = list(itertools.islice(opened[place], int(block_length)))
                    yield from block
                    if len(block) == int(block_length):
                        place += 1
                        continue
                    later = next(waiting, END)
                    if later is END:
                        del opened[place]
                    else:
                        opened[place] = iter(call(parts_of(later))._data)
                        place += bool(block)

        return self._then(start, UNKNOWN_CARDINALITY)._unbatched()

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False, name: Any = None
    ) -> Dataset:
        """Datasets of `size` elements each, which begin `shift` elements apart."""
        source, size, stride = self._data, int(size), int(stride)
        step = size if shift is None else int(shift)

        def start() -> Iterator[Any]:
            elements, first, base = iter(source), 0, 0
            kept: list[Any] = []
            while True:
                reach = first + (size - 1) * stride + 1
                kept += itertools.islice(elements, max(0, reach - base - len(kept)))
                found = kept[first - base :: stride][:size]
                if not found or (drop_remainder and len(found) < size):
                    return
                yield _windows(found)
                first += step
                drop = min(first - base, len(kept))
                kept, base = kept[drop:], base + drop
                missing = first - base
                skipped = sum(1 for _ in itertools.islice(elements, missing))
                base += skipped

        return self._then(start, UNKNOWN_CARDINALITY)

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: Any = None,
        window_size_func: Any = None,
        name: Any = None,
    ) -> Dataset:
        """Elements of one key together, `window_size` at a time, as `reduce_func(key, dataset)` makes them."""
        source, key_of = self._data, called(key_func)

        def start() -> Iterator[Any]:
            found: dict[int, list[Any]] = {}

            def done(key: int) -> Iterator[Any]:
                group = found.pop(key)
                part = Dataset(data.Dataset(lambda: iter(group), len(group)))
                return iter(called(reduce_func)((np.int64(key), part))._data)

            for element in source:
                key = int(as_numpy(key_of(parts_of(element))))
                found.setdefault(key, []).append(element)
                most = window_size if window_size is not None else window_size_func(key)
                if len(found[key]) == int(most):
                    yield from done(key)
            for key in list(found):
                yield from done(key)

        return self._then(start, UNKNOWN_CARDINALITY)._unbatched()

    # ------------------------------------------------------------------ batches, order and speed

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        name: Any = None,
    ) -> Dataset:
        """Elements stacked along a new first axis."""
        return Dataset(self._data.batch(int(batch_size), bool(drop_remainder)))

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: Any = None,
    ) -> Dataset:
        """Elements of different sizes stacked, with values behind the shorter ones.

        Args:
            batch_size: how many.
            padded_shapes: the shapes to fill up to; None or -1 for the longest of the batch.
            padding_values: what is put behind; zeros by default.
            drop_remainder: whether to leave out a last batch that has fewer.
            name: accepted for compatibility.
        """

        def join(leaves: Any, shape: Any, value: Any) -> Any:
            parts = [np.asarray(leaf) for leaf in leaves]
            sizes = np.max([part.shape for part in parts], axis=0)
            for axis, size in enumerate(shape or ()):
                sizes[axis] = sizes[axis] if size in (None, -1) else int(size)
            empty = b"" if parts[0].dtype == object else 0
            made = np.full((len(parts), *sizes), empty if value is None else value, parts[0].dtype)
            for place, part in enumerate(parts):
                corner: Any = (place, *map(slice, part.shape))
                made[corner] = part
            return made

        def joined(group: Any) -> Any:
            columns = list(zip(*[tree.flatten(element) for element in group], strict=True))
            shapes = for_each(padded_shapes, group[0], len(columns))
            values = for_each(plain(padding_values), group[0], len(columns))
            return tree.pack_sequence_as(group[0], list(map(join, columns, shapes, values)))

        batched = self._data.batch(int(batch_size), bool(drop_remainder))  # for what it knows about itself
        batched._start = lambda: map(joined, groups(self._data, int(batch_size), bool(drop_remainder)))
        return Dataset(batched)

    def unbatch(self, name: Any = None) -> Dataset:
        """The rows of each element, one by one."""
        return Dataset(self._data.unbatch())

    def rebatch(self, batch_size: Any, drop_remainder: bool = False, name: Any = None) -> Dataset:
        """Batches of another size."""
        return self.unbatch().batch(batch_size, drop_remainder)

    def _unbatched(self) -> Dataset:
        self._data._batch_size = None
        return self

    def shuffle(
        self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: Any = None, name: Any = None
    ) -> Dataset:
        """Elements in random order, each drawn from a buffer of the next ones."""
        key = None if seed is None else abs(int(seed))
        return Dataset(self._data.shuffle(max(int(buffer_size), 1), key, reshuffle_each_iteration))

    def cache(self, filename: Any = "", name: Any = None) -> Dataset:
        """The dataset, kept in memory once a pass has gone through it."""
        return Dataset(self._data.cache())

    def prefetch(self, buffer_size: Any = 1, name: Any = None) -> Dataset:
        """The dataset, with the next elements made by a thread while the one before is used."""
        return Dataset(self._data.prefetch(int(buffer_size)))

    def with_options(self, options: Any, name: Any = None) -> Dataset:
        """The dataset."""
        return self

    def ignore_errors(self, log_warning: bool = False, name: Any = None) -> Dataset:
        """The dataset."""
        return self

    def unique(self, name: Any = None) -> Dataset:
        """Each different element once."""
        source = self._data

        def start() -> Iterator[Any]:
            seen: set[Any] = set()
            for element in source:
                key = np.asarray(element).tobytes() if not isinstance(element, bytes) else element
                if key not in seen:
                    seen.add(key)
                    yield element

        return self._then(start, UNKNOWN_CARDINALITY)

    # ------------------------------------------------------------------ in graphs

    def make_one_shot_iterator(self) -> DatasetIterator:
        """An iterator that goes through the dataset once."""
        return DatasetIterator(self)

    def make_initializable_iterator(self, shared_name: Any = None) -> DatasetIterator:
        """An iterator that begins anew whenever its `initializer` is run."""
        return DatasetIterator(self)


def _windows(elements: list[Any]) -> Any:
    columns = zip(*[tree.flatten(element) for element in elements], strict=True)
    parts = [
        Dataset(data.Dataset(lambda column=list(column): iter(column), len(elements)))  # type: ignore[misc]
        for column in columns
    ]
    return tree.pack_sequence_as(elements[0], parts)


FUNCTIONS: dict[str, Any] = {"Iterator": DatasetIterator}
