"""`tf.data`: pipelines of elements, which are `tsuno.data.Dataset`s below.

Below, elements are NumPy arrays; functions of a program, and whoever iterates, get tensors with values. In a graph the
current element of an iterator is in variables that are filled before each run of a session that depends on them.
"""

from __future__ import annotations

import builtins
import glob
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tsuno import data, engine
from tsuno.core import tree
from tsuno.core.context import scope
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import dtype_here, settled
from tsuno.legacy.tensorflow.errors_of import OutOfRangeError
from tsuno.legacy.tensorflow.strings import Text, is_text, text
from tsuno.legacy.tensorflow.types_of import TensorSpec
from tsuno.legacy.tensorflow.variables import Initialization

AUTOTUNE = -1
INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = -1, -2
_fed: list[Mapping[Any, Any]] = []
"""What placeholders that datasets were made of are given, innermost last."""


class Dataset:
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
            return Dataset(data.Dataset(lambda: iter(data.Dataset.from_tensor_slices(_given(tensors)))))
        return Dataset(data.Dataset.from_tensor_slices(_plain(tensors)))

    @staticmethod
    def from_tensors(tensors: Any, name: Any = None) -> Dataset:
        """One element."""
        if symbolic.is_drawn(tensors):
            return Dataset(data.Dataset(lambda: iter([_given(tensors)]), 1))
        return Dataset(data.Dataset.from_tensors(_plain(tensors)))

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
        given = [_plain(each) for each in args or ()]

        def start() -> Iterator[Any]:
            return (_as_kinds(element, kinds) for element in generator(*given))

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
        return Dataset(together.map(lambda *found: _filled(structure, found)))

    @staticmethod
    def list_files(file_pattern: Any, shuffle: Any = None, seed: Any = None, name: Any = None) -> Dataset:
        """The names of the files that fit patterns, in random order unless told otherwise."""
        patterns = [file_pattern] if isinstance(file_pattern, (str, bytes)) else _plain(file_pattern)
        patterns = [each.decode() if isinstance(each, bytes) else str(each) for each in patterns]
        names = sorted({name for pattern in patterns for name in glob.glob(pattern)})
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
        chances = np.full(len(parts), 1 / len(parts)) if weights is None else np.asarray(_plain(weights), "float64")

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
                found = next(sources[int(which)], _END)
                if found is not _END:
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
        return (tree.map_structure(_shown, element) for element in self._data)

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
            with _trial():
                first = next(iter(self._data), _END)
            self._data.go_to(orders)
            if first is _END:
                raise ValueError("The dataset is empty, so it shows no element.")
            self._spec = tree.map_structure(lambda leaf: _spec_of(leaf, self._data._batch_size is not None), first)
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
        call = _called(map_func)
        mapped = self._data.map(lambda *parts: _plain(call(parts)), settled(num_parallel_calls))
        return Dataset(mapped)

    def filter(self, predicate: Callable[..., Any], name: Any = None) -> Dataset:
        """The elements for which a function is true."""
        call = _called(predicate)
        return Dataset(self._data.filter(lambda *parts: bool(as_numpy(call(parts)))))

    def take(self, count: Any, name: Any = None) -> Dataset:
        """The first elements; all of them for -1."""
        return Dataset(self._data.take(int(count)))

    def skip(self, count: Any, name: Any = None) -> Dataset:
        """All but the first elements; none for -1."""
        return Dataset(self._data.skip(int(count)))

    def take_while(self, predicate: Callable[..., Any], name: Any = None) -> Dataset:
        """The elements up to the first for which a function is false."""
        call, source = _called(predicate), self._data
        fits = lambda element: bool(as_numpy(call(_parts(element))))
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
        source, call = self._data, _called(scan_func)

        def start() -> Iterator[Any]:
            state = _plain(initial_state)
            for element in source:
                state, found = _plain(call((state, element)))
                yield found

        return self._then(start)

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: Any = None) -> Any:
        """`state = reduce_func(state, element)` for each element; the last state."""
        state, call = _plain(initial_state), _called(reduce_func)
        for element in self._data:
            state = _plain(call((state, element)))
        return _wrapped(state)

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """What a function makes of the dataset."""
        return transformation_func(self)

    # ------------------------------------------------------------------ datasets of elements

    def flat_map(self, map_func: Callable[..., Any], name: Any = None) -> Dataset:
        """The elements of the datasets that a function makes of elements, one after the other."""
        source, call = self._data, _called(map_func)

        def start() -> Iterator[Any]:
            for element in source:
                yield from call(_parts(element))._data

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
        source, call = self._data, _called(map_func)
        width = int(cycle_length) if cycle_length is not None and int(cycle_length) > 0 else 2

        def start() -> Iterator[Any]:
            waiting = iter(source)
            opened = [iter(call(_parts(x))._data) for x in itertools.islice(waiting, width)]
            while opened:
                place = 0
                while place < len(opened):
                    block = list(itertools.islice(opened[place], int(block_length)))
                    yield from block
                    if len(block) == int(block_length):
                        place += 1
                        continue
                    later = next(waiting, _END)
                    if later is _END:
                        del opened[place]
                    else:
                        opened[place] = iter(call(_parts(later))._data)
                        place += bool(block)

        return self._then(start, UNKNOWN_CARDINALITY)._unbatched()

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False, name: Any = None
    ) -> Dataset:
        """Datasets of `size` elements each, which begin `shift` elements apart."""
        source, size, stride = self._data, int(size), int(stride)
        step = size if shift is None else int(shift)

        def start() -> Iterator[Any]:
            elements, kept, first = iter(source), [], 0
            base = 0
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
        source, key_of = self._data, _called(key_func)

        def start() -> Iterator[Any]:
            groups: dict[int, list[Any]] = {}

            def done(key: int) -> Iterator[Any]:
                group = groups.pop(key)
                part = Dataset(data.Dataset(lambda: iter(group), len(group)))
                return iter(_called(reduce_func)((np.int64(key), part))._data)

            for element in source:
                key = int(as_numpy(key_of(_parts(element))))
                groups.setdefault(key, []).append(element)
                most = window_size if window_size is not None else window_size_func(key)
                if len(groups[key]) == int(most):
                    yield from done(key)
            for key in list(groups):
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
                made[(place, *map(slice, part.shape))] = part
            return made

        def joined(group: Any) -> Any:
            columns = list(zip(*[tree.flatten(element) for element in group], strict=True))
            shapes = _like(padded_shapes, group[0], len(columns))
            values = _like(_plain(padding_values), group[0], len(columns))
            return tree.pack_sequence_as(group[0], list(map(join, columns, shapes, values)))

        batched = self._data.batch(int(batch_size), bool(drop_remainder))  # for what it knows about itself
        batched._start = lambda: map(joined, _groups(self._data, int(batch_size), bool(drop_remainder)))
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


class DatasetIterator:
    """A pass through a dataset.

    Args:
        dataset: the dataset; None for one that `make_initializer` gives datasets later.
        spec: `TensorSpec`s of an element, if there is no dataset yet.
    """

    def __init__(self, dataset: Dataset | None, spec: Any = None) -> None:
        self._dataset, self._spec = dataset, spec
        self._elements: Any = None
        self._next: Any = None
        self._slots: list[Variable] = []

    @classmethod
    def from_structure(
        cls, output_types: Any, output_shapes: Any = None, shared_name: Any = None, output_classes: Any = None
    ) -> DatasetIterator:
        """An iterator over datasets whose elements have these dtypes and shapes."""
        kinds = tree.flatten(output_types)
        shapes = [None] * len(kinds) if output_shapes is None else _like(output_shapes, output_types, len(kinds))
        specs = [TensorSpec(shape, kind) for shape, kind in zip(shapes, kinds, strict=True)]
        return cls(None, tree.pack_sequence_as(output_types, specs))

    def __iter__(self) -> DatasetIterator:
        return self

    def __next__(self) -> Any:
        return _wrapped(self._following())

    def _following(self) -> Any:
        if self._elements is None:
            if self._dataset is None:
                raise ValueError("The iterator has no dataset yet: run what `make_initializer(dataset)` returns.")
            self._elements = iter(self._dataset._data)
        return next(self._elements)

    @property
    def element_spec(self) -> Any:
        """Shape and dtype of each tensor of an element."""
        return self._spec if self._dataset is None else self._dataset.element_spec

    output_shapes, output_types = Dataset.output_shapes, Dataset.output_types

    def get_next(self, name: Any = None) -> Any:
        """The next element; in a graph, tensors that are filled with the next one at each run of a session."""
        if not modes.graph_mode():
            return next(self)
        if self._next is None:
            self._next = tree.map_structure(self._tensor, self.element_spec)
        return self._next

    def _tensor(self, spec: TensorSpec) -> KerasTensor:
        sizes = [1 if size is None else size for size in spec.shape or ()]
        slot = Variable(np.zeros(sizes, dtype_here(spec.dtype)), trainable=False, autocast=False)
        slot.before_run = self.advance  # type: ignore[attr-defined]
        self._slots.append(slot)
        symbol = KerasTensor([*(spec.shape or ())], dtype_here(spec.dtype))
        if spec.shape is None:
            symbol.vague = True  # type: ignore[attr-defined]
        made: KerasTensor = symbolic.Operation(lambda: slot.value, [slot], "iterator").on(outputs=symbol)
        return made

    def advance(self) -> None:
        """Fill the tensors that `get_next` made with the next element.

        Raises:
            OutOfRangeError: there is none.
        """
        try:
            with scope(recording=None):
                element = self._following()
        except StopIteration:
            raise OutOfRangeError("The dataset has come to its end: `End of sequence`.") from None
        for slot, leaf in zip(self._slots, tree.flatten(element), strict=True):
            slot._value = engine.asarray(np.asarray(leaf))

    @property
    def initializer(self) -> Any:
        """What begins a new pass when a session runs it."""
        assert self._dataset is not None
        return self.make_initializer(self._dataset)

    def make_initializer(self, dataset: Dataset, name: Any = None) -> Any:
        """What begins a pass through a dataset when a session runs it."""
        return _Start(self, dataset)


class _Start(Initialization):
    """What begins a pass when a session runs it."""

    def __init__(self, iterator: DatasetIterator, dataset: Dataset) -> None:
        super().__init__([])
        self._iterator, self._of = iterator, dataset

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Begin a pass."""
        given = {id(key): value for key, value in (feed_dict or {}).items()}

        def start() -> Iterator[Any]:
            elements = iter(self._of._data)
            while True:
                _fed.append(given)  # placeholders are read when the first element is made
                try:
                    element = next(elements, _END)
                finally:
                    _fed.pop()
                if element is _END:
                    return
                yield element

        self._iterator._dataset, self._iterator._elements = self._of, start()


_END = object()

# ---------------------------------------------------------------------- arrays and tensors


def _plain(x: Any) -> Any:
    """Tensors and numbers in a structure as NumPy arrays; lists of numbers as arrays."""
    if isinstance(x, Dataset) or x is None:
        return x
    if isinstance(x, Mapping):
        return {key: _plain(value) for key, value in x.items()}
    if isinstance(x, tuple):
        items = [_plain(item) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else tuple(items)
    if isinstance(x, Text) or isinstance(x, (str, bytes)):
        return text(x).numpy()
    if isinstance(x, (KerasTensor, Variable, np.ndarray, np.generic)) or engine.is_array(x):
        array = np.asarray(as_numpy(x) if not isinstance(x, np.generic | np.ndarray) else x)
    else:
        array = np.asarray(tree.map_structure(_plain, x)) if isinstance(x, list) else np.asarray(x)
        array = array.astype({"f": "float32", "i": "int32"}.get(array.dtype.kind, array.dtype))
    return text(array).numpy() if is_text(array) else array


def _wrapped(element: Any) -> Any:
    return tree.map_structure(_tensor_of, element)


def _tensor_of(x: Any) -> Any:
    if isinstance(x, Dataset) or x is None:
        return x
    return text(x) if is_text(x) else modes.Tensor(engine.asarray(np.asarray(x)))


def _shown(x: Any) -> Any:
    """A leaf as NumPy gives it: a number for an array without axes."""
    if isinstance(x, (Dataset, bytes)):
        return x
    array = np.asarray(x)
    return array if array.ndim else array[()]


def _parts(element: Any) -> tuple[Any, ...]:
    return element if type(element) is tuple else (element,)


def _called(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """A function of the parts of an element, called at once with tensors whatever the mode is."""

    def call(parts: Any) -> Any:
        with scope(recording=modes.AtOnce()):
            return function(*(_wrapped(part) for part in parts))

    return call


def _as_kinds(element: Any, kinds: Any) -> Any:
    if kinds is None:
        return _plain(element)
    if isinstance(element, list) and tree.is_nested(kinds):
        element = tuple(element)
    if not tree.is_nested(kinds):
        return _plain(element) if str(kinds) == "string" else np.asarray(_plain(element), str(kinds))
    if isinstance(kinds, Mapping):
        return {key: _as_kinds(element[key], kind) for key, kind in kinds.items()}
    return tuple(_as_kinds(part, kind) for part, kind in zip(element, kinds, strict=True))


def _filled(structure: Any, found: Any) -> Any:
    waiting = iter(found)
    return tree.map_structure(lambda _: next(waiting), structure)


def _like(settings: Any, element: Any, count: int) -> list[Any]:
    """A setting for each part of an element: shapes are lists or tuples of sizes, so that the element says where."""
    if settings is None:
        return [None] * count
    if isinstance(settings, Mapping):
        return [settings[key] for key in sorted(settings)]
    if not tree.is_nested(element):
        return [settings]
    return list(settings) if isinstance(settings, (tuple, list)) else [settings] * count


def _groups(source: Any, size: int, whole: bool) -> Iterator[Any]:
    elements = iter(source)
    while group := list(itertools.islice(elements, size)):
        if len(group) == size or not whole:
            yield group


def _windows(elements: list[Any]) -> Any:
    columns = zip(*[tree.flatten(element) for element in elements], strict=True)
    parts = [
        Dataset(data.Dataset(lambda column=list(column): iter(column), len(elements)))  # type: ignore[misc]
        for column in columns
    ]
    return tree.pack_sequence_as(elements[0], parts)


def _spec_of(leaf: Any, in_batches: bool) -> Any:
    if isinstance(leaf, Dataset):
        return leaf.element_spec
    array = np.asarray(leaf)
    shape = (None, *array.shape[1:]) if in_batches and array.ndim else array.shape
    return TensorSpec(shape, "string" if is_text(array) else array.dtype)


class _trial:
    """A block in which placeholders have values that only show what elements look like."""

    def __enter__(self) -> None:
        _fed.append({})

    def __exit__(self, *error: Any) -> None:
        _fed.pop()


def _given(tensors: Any) -> Any:
    """The values of tensors of the graph, from what the placeholders that they depend on are given."""
    fed = _fed[-1] if _fed else {}
    wanted = [leaf for leaf in tree.flatten(tensors) if symbolic.is_drawn(leaf)]
    inputs = symbolic.placeholders_of(wanted)

    def value(x: KerasTensor) -> Any:
        return fed.get(id(x), np.zeros([2 if size is None else size for size in x.shape], str(x.dtype)))

    found = iter(symbolic.Program(inputs, wanted)([np.asarray(value(x)) for x in inputs]))
    return tree.map_structure(lambda x: as_numpy(next(found)) if symbolic.is_drawn(x) else _plain(x), tensors)


# ---------------------------------------------------------------------- functions on datasets


class Options:
    """Settings of pipelines; they have no effect."""

    def __init__(self) -> None:
        self.threading = self.autotune = self.experimental_optimization = self.experimental_distribute = _Settings()
        self.experimental_deterministic = self.deterministic = None


class _Settings:
    """Attributes that may be set."""


class TextLineDataset(Dataset):
    """The lines of files.

    Args:
        filenames: a name, or several.
    """

    def __init__(self, filenames: Any, compression_type: Any = None, **options: Any) -> None:
        names = np.ravel(np.asarray(_plain([filenames] if isinstance(filenames, str) else filenames), object))

        def start() -> Iterator[Any]:
            for name in names:
                with Path(name.decode()).open("rb") as file:
                    for line in file:
                        yield line.rstrip(b"\r\n")

        super().__init__(data.Dataset(start))


def cardinality(dataset: Dataset) -> Any:
    """The number of elements; -1 if there is no end, -2 if it is not known."""
    return dataset.cardinality()


def make_one_shot_iterator(dataset: Dataset) -> DatasetIterator:
    """An iterator that goes through a dataset once."""
    return DatasetIterator(dataset)


def make_initializable_iterator(dataset: Dataset, shared_name: Any = None) -> DatasetIterator:
    """An iterator that begins anew whenever its `initializer` is run."""
    return DatasetIterator(dataset)


def get_single_element(dataset: Dataset) -> Any:
    """The only element."""
    return dataset.get_single_element()


def assert_cardinality(expected_cardinality: int) -> Callable[[Dataset], Dataset]:
    """For `apply`: say how many elements there are."""

    def tell(dataset: Dataset) -> Dataset:
        dataset._data._size = int(expected_cardinality)
        return dataset

    return tell


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Callable[[Dataset], Dataset]:
    """For `apply`: shuffle, then repeat."""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def map_and_batch(map_func: Any, batch_size: Any, *rest: Any, **options: Any) -> Callable[[Dataset], Dataset]:
    """For `apply`: map, then make batches."""
    return lambda dataset: dataset.map(map_func).batch(batch_size, bool(options.get("drop_remainder", False)))


def unbatch() -> Callable[[Dataset], Dataset]:
    """For `apply`: the rows of each element, one by one."""
    return lambda dataset: dataset.unbatch()


def ignore_errors(log_warning: bool = False) -> Callable[[Dataset], Dataset]:
    """For `apply`: the dataset as it is."""
    return lambda dataset: dataset


AS_THEY_ARE = {
    "cardinality", "make_one_shot_iterator", "make_initializable_iterator", "get_single_element", "assert_cardinality",
    "shuffle_and_repeat", "map_and_batch", "unbatch", "ignore_errors",
}  # fmt: skip
FUNCTIONS: dict[str, Any] = {"Iterator": DatasetIterator}
