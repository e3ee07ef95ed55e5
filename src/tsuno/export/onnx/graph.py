"""An ONNX graph while it is written: its nodes, and values that put off what may never be needed.

A program repeats small arrays along axes and turns arrays around more often than has to be. So a `Value` is held as it
came: with size 1 on axes along which it only repeats, and with its axes in another order. What computes element by
element works on values as they are held; the rest asks for them `arranged`, and only then nodes are written for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Sizes = tuple[Any, ...]
"""Sizes of axes: integers, or expressions of sizes that are not known."""


class Value:
    """A tensor of the program.

    Args:
        graph: the graph in which it is computed.
        shape: its sizes in the program.
        dtype: its dtype in the program.
        name: what holds it in the graph; None for a known array.
        array: the known array, of the rank of `shape`, with size 1 on axes along which it repeats.
        held: the sizes of what holds it.
        order: the axis of what holds it for each axis of the program.
        label: what a known array is called when it is written.
        key: a random key, which the engine alone can read.
    """

    def __init__(
        self,
        graph: Graph,
        shape: Sizes,
        dtype: Any,
        name: str | None = None,
        array: np.ndarray | None = None,
        held: Sizes | None = None,
        order: Sequence[int] | None = None,
        label: str = "",
        key: Any = None,
    ) -> None:
        self.key = key
        self.graph, self.shape, self.dtype = graph, tuple(shape), np.dtype(dtype)
        self.name, self.array, self.label = name, array, label
        self.held: Sizes = array.shape if array is not None else self.shape if held is None else tuple(held)
        self.order = tuple(range(len(self.shape))) if order is None else tuple(order)
        self._made: dict[Any, str] = {}

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def sizes(self) -> Sizes:
        """The sizes held, by axis of the program."""
        return tuple(self.held[axis] for axis in self.order)

    def repeats(self, axis: int) -> bool:
        """Whether an axis of the program is held as one place only that stands for all."""
        return is_one(self.held[self.order[axis]]) and not is_one(self.shape[axis])

    def known(self) -> np.ndarray:
        """The array in its whole size."""
        assert self.array is not None
        return np.broadcast_to(self.array, self.shape)

    def arranged(self, axes: Sequence[int] | None = None, narrow: bool = False) -> str:
        """The name of a tensor with these axes of the program in this order; `narrow` if axes may be held as one."""
        axes = tuple(range(self.rank)) if axes is None else tuple(axes)
        if (axes, narrow) not in self._made:
            self._made[axes, narrow] = self._arrange(axes, narrow)
        return self._made[axes, narrow]

    def _arrange(self, axes: tuple[int, ...], narrow: bool) -> str:
        graph = self.graph
        repeated = [] if narrow else [axis for axis in axes if self.repeats(axis)]
        if self.array is not None:
            array = self.array
            if repeated and all(map(is_known, self.shape)) and np.prod(self.shape, dtype=float) <= _SMALL:
                array, repeated = self.known(), []
            name = graph.root.initializer(array.transpose(axes), self.label)
        else:
            assert self.name is not None
            name = self.name
            places = [self.order[axis] for axis in axes]
            if places != sorted(places):
                name = graph.turned(name, places)
        if repeated:
            sizes = [self.shape[axis] if axis in repeated else 1 for axis in axes]
            name = graph.node("Expand", [name, graph.root.sizes_of(sizes)], scope=_scope_of(name))
        return name

    def like(self, shape: Sizes, name: str, **changes: Any) -> Value:
        """Another value of the same graph and dtype."""
        return Value(self.graph, shape, changes.pop("dtype", self.dtype), name, **changes)


class Graph:
    """Nodes in the order in which they are computed; the initializers are all in the outermost graph.

    Args:
        root: the outermost graph; this one by default.
        name: the model's name, which the names of what is in it need not repeat.
        opset: the version of the operators.
    """

    def __init__(self, root: Graph | None = None, name: str = "", opset: int = 20) -> None:
        self.name, self.opset = name, opset
        self.root = self if root is None else root
        self.nodes: list[Any] = []
        self.makers: dict[str, Any] = {}
        self.initializers: dict[str, np.ndarray] = {}
        self.terms: dict[str | None, int] = {}
        """How many terms a sum has, by its name."""
        self.flips: dict[str, tuple[str, list[int]]] = {}
        """What is a tensor backwards, by its name: that tensor, and along which axes."""
        self.sources: dict[str, tuple[str, int, int]] = {}
        """An input, its axis, and how often it is there, for the name of each unknown size."""
        self._taken: dict[str, int] = {}
        self._written: dict[Any, tuple[str, np.ndarray]] = {}
        self._same: dict[Any, list[str]] = {}
        self._sizes: dict[str, str] = {}

    def short(self, path: str) -> str:
        """A path without the model's own name."""
        return "" if path == self.name else path.removeprefix(f"{self.name}/")

    def unique(self, name: str) -> str:
        """A name that nothing else has."""
        count = self.root._taken.get(name, 0)
        self.root._taken[name] = count + 1
        return name if not count else self.unique(f"{name}_{count}")

    def node(self, op: str, inputs: Sequence[str], scope: str = "", **attributes: Any) -> str:
        """Write a node with one result; its name."""
        return self.nodes_of(op, inputs, 1, scope, **attributes)[0]

    def nodes_of(self, op: str, inputs: Sequence[str], count: int, scope: str = "", **attributes: Any) -> list[str]:
        """Write a node with several results, unless one that computes just this is there already; their names."""
        from onnx import helper

        plain = op != "Identity" and not any(hasattr(value, "node") for value in attributes.values())
        key = (op, tuple(inputs), str(attributes)) if plain else object()
        if key in self._same:
            return self._same[key]
        name = self.unique(f"{scope}/{op}" if scope else op)
        results = [name] if count == 1 else [self.unique(f"{name}/{index}") for index in range(count)]
        given = {key: value for key, value in attributes.items() if value is not None}
        node = helper.make_node(op, list(inputs), results, name=name, **given)
        self.nodes.append(node)
        self.makers.update(dict.fromkeys(results, node))
        self._same[key] = results
        return results

    def maker(self, name: str | None, op: str) -> Any:
        """The node of this kind that a name is the result of, if it is."""
        node = self.makers.get(name) if name is not None else None
        return node if node is not None and node.op_type == op else None

    def turned(self, name: str, places: Sequence[int]) -> str:
        """A tensor with its axes in another order; a turn after another is one turn, or none."""
        before = self.maker(name, "Transpose")
        if before is not None:
            earlier = attribute(before, "perm")
            places = [earlier[place] for place in places]
            name = before.input[0]
        if list(places) == sorted(places):
            return name
        return self.node("Transpose", [name], scope=_scope_of(name), perm=list(places))

    def initializer(self, array: np.ndarray, label: str = "") -> str:
        """The name of a known array; equal small ones are written once."""
        array = np.asarray(array)
        array = array.astype(stored(array.dtype)) if array.dtype != stored(array.dtype) else array
        key: Any = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str, label)
        if array.nbytes <= _SMALL:
            key = (label, array.dtype.str, array.shape, array.tobytes())
        if key not in self._written:
            name = self.unique(label or ("constant" if array.ndim else f"{array.dtype}/{array}"))
            self.initializers[name] = array
            self._written[key] = (name, array)
        return self._written[key][0]

    def sizes_of(self, sizes: Sequence[Any]) -> str:
        """The name of a vector of sizes."""
        if all(map(is_known, sizes)):
            return self.initializer(np.array(sizes, np.int64), "sizes")
        parts: list[str] = []
        known: list[int] = []
        for size in [*sizes, None]:
            if is_known(size):
                known.append(int(size))
                continue
            if known:
                parts.append(self.initializer(np.array(known, np.int64), "sizes"))
                known = []
            if size is not None:
                parts.append(self._size(str(size)))
        return parts[0] if len(parts) == 1 else self._kept("Concat", parts, axis=0)

    def _size(self, expression: str) -> str:
        """The name of a vector of one size that is not known before data comes."""
        if expression not in self._sizes:
            if expression in self.sources:
                source, axis, times = self.sources[expression]
                name = self.node("Shape", [source], "sizes", start=axis, end=axis + 1)
                if times > 1:
                    name = self.node("Div", [name, self.initializer(np.array([times]), "sizes")], "sizes")
                self._sizes[expression] = name
            else:
                self._sizes[expression] = self._computed(expression)
        return self._sizes[expression]

    def _computed(self, expression: str) -> str:
        import ast

        calls = {"floordiv": self._floor_divided, "mod": lambda a, b: self._kept("Mod", [a, b])}
        calls |= {"max": lambda *given: self._kept("Max", given), "min": lambda *given: self._kept("Min", given)}

        def value(node: Any) -> str:
            if isinstance(node, ast.Constant):
                return self.initializer(np.array([node.value], np.int64), "sizes")
            if isinstance(node, ast.Name):
                return self._size(node.id)
            if isinstance(node, ast.UnaryOp):
                return self._kept("Neg", [value(node.operand)])
            if isinstance(node, ast.BinOp):
                kind = {ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul", ast.Pow: "Pow"}[type(node.op)]
                return self._kept(kind, [value(node.left), value(node.right)])
            assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name), expression
            return calls[node.func.id](*map(value, node.args))

        return value(ast.parse(expression.replace("^", "**"), mode="eval").body)

    def _floor_divided(self, a: str, b: str) -> str:
        return self._kept("Div", [self._kept("Sub", [a, self._kept("Mod", [a, b])]), b])

    def _kept(self, op: str, inputs: Sequence[str], **attributes: Any) -> str:
        return self.node(op, inputs, "sizes", **attributes)


_SMALL = 4096


def is_known(size: Any) -> bool:
    """Whether a size is a number."""
    return isinstance(size, (int, np.integer))


def is_one(size: Any) -> bool:
    return is_known(size) and int(size) == 1


def stored(dtype: Any) -> np.dtype:
    """The dtype in a file: bfloat16, which few programs compute in, is written as the float32 it is the half of."""
    dtype = np.dtype(dtype)
    return np.dtype({"bfloat16": "float32", "int4": "int8", "uint4": "uint8"}.get(dtype.name, dtype))


def type_number(dtype: Any) -> int:
    """ONNX's number of a dtype."""
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(stored(dtype)))


def attribute(node: Any, name: str) -> Any:
    """An attribute of a node, or None."""
    from onnx import helper

    return next((helper.get_attribute_value(each) for each in node.attribute if each.name == name), None)


def _scope_of(name: str) -> str:
    return name.rpartition("/")[0]
