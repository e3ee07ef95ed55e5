"""Passes through datasets, in graphs too.

In a graph the current element is in variables that are filled before each run of a session that depends on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import scope
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import dtype_here
from tsuno.legacy.tensorflow.elements import END, for_each, plain, wrapped
from tsuno.legacy.tensorflow.errors_of import OutOfRangeError
from tsuno.legacy.tensorflow.types_of import TensorSpec
from tsuno.legacy.tensorflow.variables import Initialization

_fed: list[Mapping[Any, Any]] = []
"""What placeholders that datasets were made of are given, innermost last."""


class DatasetIterator:
    """A pass through a dataset.

    Args:
        dataset: the dataset; None for one that `make_initializer` gives datasets later.
        spec: `TensorSpec`s of an element, if there is no dataset yet.
    """

    def __init__(self, dataset: Any | None, spec: Any = None) -> None:
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
        shapes = [None] * len(kinds) if output_shapes is None else for_each(output_shapes, output_types, len(kinds))
        specs = [TensorSpec(shape, kind) for shape, kind in zip(shapes, kinds, strict=True)]
        return cls(None, tree.pack_sequence_as(output_types, specs))

    def __iter__(self) -> DatasetIterator:
        return self

    def __next__(self) -> Any:
        return wrapped(self._following())

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

    output_shapes = property(lambda self: tree.map_structure(lambda spec: spec.shape, self.element_spec))
    output_types = property(lambda self: tree.map_structure(lambda spec: spec.dtype, self.element_spec))

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

    def make_initializer(self, dataset: Any, name: Any = None) -> Any:
        """What begins a pass through a dataset when a session runs it."""
        return Beginning(self, dataset)


class Beginning(Initialization):
    """What begins a pass when a session runs it."""

    def __init__(self, iterator: DatasetIterator, dataset: Any) -> None:
        super().__init__([])
        self._iterator, self._of = iterator, dataset

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Begin a pass."""
        given = {id(key): value for key, value in (feed_dict or {}).items()}

        def start() -> Iterator[Any]:
            elements: Any = None
            while True:
                _fed.append(given)  # placeholders are read when the first element is made
                try:
                    elements = iter(self._of._data) if elements is None else elements
                    element = next(elements, END)
                finally:
                    _fed.pop()
                if element is END:
                    return
                yield element

        self._iterator._dataset, self._iterator._elements = self._of, start()


class trial:
    """A block in which placeholders have values that only show what elements look like."""

    def __enter__(self) -> None:
        _fed.append({})

    def __exit__(self, *error: Any) -> None:
        _fed.pop()


def values_given(tensors: Any) -> Any:
    """The values of tensors of the graph, from what the placeholders that they depend on are given."""
    fed = _fed[-1] if _fed else {}
    wanted = [leaf for leaf in tree.flatten(tensors) if symbolic.is_drawn(leaf)]
    inputs = symbolic.placeholders_of(wanted)

    def value(x: KerasTensor) -> Any:
        return fed.get(id(x), np.zeros([2 if size is None else size for size in x.shape], str(x.dtype)))

    found = iter(symbolic.Program(inputs, wanted)([np.asarray(value(x)) for x in inputs]))
    return tree.map_structure(lambda x: as_numpy(next(found)) if symbolic.is_drawn(x) else plain(x), tensors)
