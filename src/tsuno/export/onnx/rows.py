"""The table of primitives, and what a row of it works with: one equation of the program.

A row is a function of an `Equation` and its inputs that writes nodes and returns the results. Rows stand in the modules
beside this one, by kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsuno.export.onnx.graph import Graph, Sizes, Value, is_one, stored, type_number

ROWS: dict[str, Callable[..., Any]] = {}
ELEMENTWISE: dict[str, Callable[..., Any] | None] = {}
"""Primitives that compute each element from those in the same place, with the function of NumPy that does."""


def row(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function as the row of primitives."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        ROWS.update(dict.fromkeys(names, function))
        return function

    return enter


class Equation:
    """One equation of the program, where it is written.

    Args:
        graph: the graph that gets the nodes.
        primitive: the primitive's name.
        params: its parameters.
        outputs: the shapes and dtypes of its results.
        scope: the layers that it is part of, as a path.
        program: writes inner programs; see `walk`.
    """

    def __init__(
        self, graph: Graph, primitive: str, params: Any, outputs: Sequence[Any], scope: str, program: Any
    ) -> None:
        self.graph, self.primitive, self.params = graph, primitive, params
        self.outputs, self.scope, self.program = outputs, scope, program

    @property
    def shape(self) -> Sizes:
        return tuple(self.outputs[0].shape)

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.outputs[0].dtype)

    def cannot(self, what: str) -> Exception:
        """The error for a form of the primitive that has no row."""
        return NotImplementedError(
            f"{self.where} computes {self.primitive!r} {what}, which ONNX has no operator for. Export with "
            "format='stablehlo', which takes every model."
        )

    @property
    def where(self) -> str:
        return f"The layer `{self.scope}`" if self.scope else "The model"

    # ------------------------------------------------------------------ values

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Write a node with one result; its name."""
        return self.graph.node(op, inputs, self.scope, **attributes)

    def nodes(self, op: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Write a node with several results; their names."""
        return self.graph.nodes_of(op, inputs, count, self.scope, **attributes)

    def result(self, name: str, shape: Sizes | None = None, dtype: Any = None, **held: Any) -> Value:
        """A value that a node has computed, of the equation's shape and dtype unless others are given."""
        shape = self.shape if shape is None else shape
        return Value(self.graph, shape, self.dtype if dtype is None else dtype, name, **held)

    def constant(self, array: Any, dtype: Any = None, label: str = "") -> Value:
        """A known value."""
        array = np.asarray(array, dtype)
        return Value(self.graph, array.shape, array.dtype, array=array, label=label)

    def number(self, value: float, like: Value | np.dtype) -> Value:
        """A scalar of the dtype of another value."""
        return self.constant(np.asarray(value, like.dtype if isinstance(like, Value) else like))

    def vector(self, *numbers: int) -> str:
        """The name of a vector of integers."""
        return self.graph.root.initializer(np.array(numbers, np.int64), "integers")

    def sizes(self, sizes: Sequence[Any]) -> str:
        """The name of a vector of sizes."""
        return self.graph.root.sizes_of(sizes)

    def cast(self, value: Value, dtype: Any) -> Value:
        """A value in another dtype."""
        if stored(value.dtype) == stored(dtype):
            return _changed(value, dtype)
        if value.array is not None and np.dtype(dtype).itemsize <= value.dtype.itemsize:
            return _changed(value, dtype, array=value.array.astype(dtype))
        if "c" in (value.dtype.kind, np.dtype(dtype).kind):
            return self._complex(value, dtype)
        held = value.name if value.array is None else value.arranged(narrow=True)
        assert held is not None
        name = self.node("Cast", held, to=type_number(dtype))
        return Value(self.graph, value.shape, dtype, name, held=value.held, order=value.order)

    def _complex(self, value: Value, dtype: Any) -> Value:
        """Real numbers as complex ones, whose two parts lie along one axis more."""
        if value.dtype.kind == "c":
            raise self.cannot("of complex numbers")
        wide = self.node("Unsqueeze", self.cast(value, "float32").arranged(), self.vector(value.rank))
        ends = [0] * (2 * value.rank + 1) + [1]
        return Value(self.graph, (*value.shape, 2), "float32", self.node("Pad", wide, self.vector(*ends)))

    # ------------------------------------------------------------------ element by element

    def each(self, op: str, *values: Value, dtype: Any = None, **attributes: Any) -> Value:
        """A node that computes element by element, on values as they are held."""
        rank = max(value.rank for value in values)
        full = [value for value in values if value.rank == rank]
        moving = [value for value in full if value.array is None]
        most = max(moving, key=lambda value: sum(not is_one(size) for size in value.held), default=None)
        order = tuple(range(rank)) if most is None else most.order
        axes = tuple(sorted(range(rank), key=lambda axis: order[axis]))
        names = [self._as_held(value, axes, value is most or most is None) for value in values]
        held, shape = (_joint([sizes(value) for value in full]) for sizes in (lambda v: v.sizes, lambda v: v.shape))
        name = self.node(op, *names, **attributes)
        dtype = values[0].dtype if dtype is None else dtype
        return Value(self.graph, shape, dtype, name, held=tuple(held[axis] for axis in axes), order=order)

    def _as_held(self, value: Value, axes: tuple[int, ...], whole_rank: bool) -> str:
        if value.rank < len(axes) or value.rank == 0:
            return value.arranged(narrow=True)
        if value.array is None or whole_rank:
            return value.arranged(axes, narrow=True)
        array = value.array.transpose(axes)
        if sum(size != 1 for size in array.shape) <= 1:  # a weight keeps the shape that it has in its layer
            ahead = next((axis for axis, size in enumerate(array.shape) if size != 1), array.ndim)
            array = array.reshape(array.shape[ahead:])
        return self.graph.root.initializer(array, value.label)

    def compute(self, op: str, *values: Value, dtype: Any = None, **attributes: Any) -> Value:
        """`each` for arithmetic: narrow integers are computed in wide ones."""
        given = values[0].dtype
        wide = _WIDE.get(stored(given).name)
        if wide is None:
            return self.each(op, *values, dtype=dtype, **attributes)
        result = self.each(op, *(self.cast(value, wide) for value in values), dtype=dtype or wide, **attributes)
        return self.cast(result, given) if dtype is None else result

    def tensor(self, op: str, *inputs: str, shape: Sizes, dtype: Any, **attributes: Any) -> Value:
        """A value that a node computes from whole tensors."""
        return self.result(self.node(op, *inputs, **attributes), shape, dtype)


_WIDE = {
    "int8": "int32", "int16": "int32", "uint8": "int32", "uint16": "int32", "uint32": "int64", "uint64": "int64",
    "bool": "int32",
}  # fmt: skip


def _joint(shapes: Sequence[Sizes]) -> Sizes:
    """The sizes that arrays of some shapes have together."""
    return tuple(next((size for size in sizes if not is_one(size)), 1) for sizes in zip(*shapes, strict=True))


def _changed(value: Value, dtype: Any, array: np.ndarray | None = None) -> Value:
    array = value.array if array is None else array
    if array is not None and array.dtype != dtype:
        array = array.astype(dtype)
    label = value.label
    return Value(value.graph, value.shape, dtype, value.name, array, value.held, value.order, label)
