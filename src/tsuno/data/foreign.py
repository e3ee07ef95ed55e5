"""Datasets of other libraries as iterables of batches: `tf.data`, `torch.utils.data`, grain, Hugging Face `datasets`.

None of these libraries is imported: whose a dataset is, its class says.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tsuno.core.errors import describe, suggest
from tsuno.data.passes import Passes
from tsuno.data.reading import library
from tsuno.data.workers import in_order

_THREADS = 4


def recognised(x: Any, batch_size: int | None, shuffle: bool, targets: Any = None) -> Iterable[Any] | None:
    """A source of batches for a stream, if something is a dataset of another library.

    Args:
        x: what the user passed.
        batch_size: rows per batch, for datasets that are not in batches yet.
        shuffle: whether rows that come by number are taken in a new random order at each pass.
        targets: names of columns that somebody takes apart later.
    """
    origin = library(x)
    if origin == "tensorflow" and hasattr(x, "as_numpy_iterator") and hasattr(x, "cardinality"):
        return _TensorFlow(x)
    if origin == "datasets":
        return _hugging_face(x, batch_size or 32, shuffle, _whole if targets is not None else _targets_apart)
    if origin == "grain" and hasattr(x, "to_iter_dataset"):
        return _GrainMap(x if batch_size is None else x.batch(batch_size))
    if origin == "grain" and hasattr(x, "batch") and batch_size is not None:
        return _Again(x.batch(batch_size))
    if origin == "torch" and hasattr(x, "__getitem__") and not hasattr(x, "shape"):
        raise ValueError(
            f"`x` must give batches; got {describe(x)}, which gives samples. Pass "
            "torch.utils.data.DataLoader(dataset, batch_size=32, shuffle=True)."
        )
    return None


class _Again:
    """Something that can be iterated, and nothing else of it."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __iter__(self) -> Iterator[Any]:
        return iter(self.dataset)


class _TensorFlow(_Again):
    """A `tf.data.Dataset`."""

    @property
    def endless(self) -> bool:
        return int(self.dataset.cardinality()) == -1

    def __len__(self) -> int:
        size = int(self.dataset.cardinality())
        if size < 0:
            raise TypeError("The dataset's length is not known.")
        return size

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = self.dataset.as_numpy_iterator()
        return iterator


class _GrainMap(Passes):
    """A grain `MapDataset`, whose elements are batches with numbers."""

    def __init__(self, dataset: Any) -> None:
        super().__init__(shuffle=False)
        self.dataset = dataset

    def count(self) -> int | None:
        size = len(self.dataset)
        return None if size >= sys.maxsize // 2 else size

    def __iter__(self) -> Iterator[Any]:
        count = self.count()
        numbers = itertools.count(self.start) if count is None else range(self.start, count)
        batches = in_order(self.dataset.__getitem__, numbers, _THREADS, ahead=_THREADS)
        return (batch for batch in batches if batch is not None)  # None: filtered out


class _HuggingFaceRows(Passes):
    """A Hugging Face `Dataset`: batches are dicts of columns."""

    fresh = True

    def __init__(self, dataset: Any, batch_size: int, shuffle: bool, form: Callable[[Any], Any]) -> None:
        super().__init__(shuffle)
        self.form = form
        plain = dataset.format["type"] in (None, "python")
        self.dataset, self.batch_size = dataset.with_format("numpy") if plain else dataset, batch_size

    def count(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        size = len(self.dataset)
        order = self.random().permutation(size) if self.shuffle else None
        for start in range(self.start * self.batch_size, size, self.batch_size):
            stop = min(start + self.batch_size, size)
            yield self.form(self.dataset[start:stop] if order is None else self.dataset[order[start:stop]])


class _HuggingFaceStream(_Again):
    """A Hugging Face `IterableDataset`."""

    fresh = True

    def __init__(self, dataset: Any, batch_size: int, form: Callable[[Any], Any]) -> None:
        super().__init__(dataset.with_format("numpy"))
        self.batch_size, self.form = batch_size, form

    def __iter__(self) -> Iterator[Any]:
        return map(self.form, self.dataset.iter(self.batch_size))


def _hugging_face(dataset: Any, batch_size: int, shuffle: bool, form: Callable[[Any], Any]) -> Iterable[Any]:
    if isinstance(dataset, dict):
        splits = ", ".join(repr(str(name)) for name in dataset)
        raise ValueError(f"`x` holds several datasets: {splits}. Pass one of them, such as dataset['train'].")
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):
        return _HuggingFaceRows(dataset, batch_size, shuffle, form)
    return _HuggingFaceStream(dataset, batch_size, form)


def _targets_apart(batch: dict[str, Any]) -> Any:
    """The columns `label` or `labels` as targets; the others, or the only other one, as inputs."""
    name = next((name for name in ("labels", "label") if name in batch), None)
    return apart(batch, name)


def _whole(batch: Any) -> Any:
    return batch


def apart(batch: Any, names: Any) -> Any:
    """The columns of these names as targets, the others as inputs: each a dict, or an array if it is one."""
    if not isinstance(batch, Mapping):
        raise ValueError(f"`y`={names!r} names targets in batches that are dicts; got {describe(batch)}.")
    missing = [name for name in _listed(names) if name not in batch]
    if missing:
        raise ValueError(f"`y` names a column {missing[0]!r} that is not there.{suggest(missing[0], batch)}")
    if names is None:
        return (batch if len(batch) > 1 else next(iter(batch.values())),)
    several = not isinstance(names, str)
    targets = {name: batch[name] for name in _listed(names)}
    inputs = {name: column for name, column in batch.items() if name not in targets}
    x = next(iter(inputs.values())) if len(inputs) == 1 else inputs
    return x, targets if several else targets[names]


def _listed(names: Any) -> list[str]:
    return [] if names is None else [names] if isinstance(names, str) else list(names)
