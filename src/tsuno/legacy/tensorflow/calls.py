"""What functions of TensorFlow are made of that are not one op: calls recorded as a whole, and sizes known in time.

Programs compute shapes with tensors: `tf.reshape(x, [tf.shape(x)[0], -1])`. A compiled program must know its shapes, so
integers that come from sizes and constants alone are `Size`s: they remember how they are computed from the shapes of
tensors, and a call that is given one as a shape or an axis is recorded together with that recipe.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.op import as_numpy, op
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.dtypes_of import as_dtype
from tsuno.legacy.tensorflow.words import row

Static = Any
"""What must be known when a program is compiled: shapes, axes, depths. Constants, and sizes of tensors, are."""

_PROBE, _MOST = 60, 256


class _Known:
    """Integers with which arithmetic gives such integers again."""


class Size(_Known, KerasTensor):
    """Integers of the graph that are known when it is compiled.

    Args:
        recipe: gives their values from the shapes of the sources, by the tensors' ids.
        sources: the tensors whose shapes these are.
    """

    def __init__(self, recipe: Callable[[Mapping[int, Any]], np.ndarray], sources: Sequence[KerasTensor] = ()) -> None:
        self.at, self.sources = recipe, list(sources)
        try:
            first = recipe(_usual(sources, _PROBE))
        except IndexError:  # of a tensor that may have any number of axes
            first = np.zeros((), "int32")
        super().__init__(np.shape(first), str(first.dtype))
        if any(getattr(x, "vague", False) for x in sources):
            self.vague = True
        symbolic.Operation(lambda *values: recipe(_shapes(sources, values)), name="size").on(*sources, outputs=self)


class KnownTensor(_Known, modes.Tensor):
    """Integers with values that are known while a function is compiled, too."""

    def __init__(self, value: Any) -> None:
        with engine.eager():
            super().__init__(engine.asarray(value))


def dtype_here(dtype: Any) -> str:
    """The name of the dtype that numbers get where one is asked for: 32 bits for 64, unless 64 were switched on."""
    name = str(as_dtype(dtype))
    return str(engine.asarray(np.zeros(0, name)).dtype) if name in _WIDE else name


_WIDE = {"int64", "uint64", "float64", "complex128"}


def known_now(value: Any) -> Any:
    """Integers as a tensor of the mode at work whose values are known in time."""
    array = np.asarray(value, "int32") if np.asarray(value).dtype == np.int64 else np.asarray(value)
    if context.recording is None:
        return array
    return Size(lambda shapes: array) if modes.graph_mode() else KnownTensor(array)


def from_shape(x: Any, compute: Callable[[Any], Any]) -> Any:
    """Integers that are computed from the shape of a tensor."""
    x = x if hasattr(x, "shape") else as_numpy(x)
    if not symbolic.is_drawn(x):
        return known_now(np.asarray(compute(x.shape), "int32"))
    return Size(lambda shapes: np.asarray(compute(shapes[id(x)]), "int32"), [x])


def static_value(x: Any) -> np.ndarray | None:
    """The values of a tensor if they are known before a program runs."""
    if isinstance(x, Size):
        whole = all(None not in each.shape and not getattr(each, "vague", False) for each in x.sources)
        return x.at(_usual(x.sources, _PROBE)) if whole else None
    if isinstance(x, KerasTensor) and x.value is None:
        operation = getattr(x.node, "operation", None)
        made = isinstance(operation, symbolic.Operation) and not x.node.args and operation.name.startswith("const")  # type: ignore[union-attr]
        return np.asarray(operation()) if made else None  # type: ignore[misc]
    value = modes.value_of(x)
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    return None if engine.is_traced(value) or (isinstance(x, Variable) and context.bindings) else as_numpy(value)


def settled(x: Any) -> Any:
    """A shape, an axis or the like in Python's numbers, as far as they are known now."""
    if isinstance(x, (list, tuple)):
        return [settled(item) for item in x]
    if isinstance(x, (KerasTensor, Variable, np.ndarray, np.generic)) or engine.is_array(x):
        value = static_value(x)
        return x if value is None else value.tolist()
    return int(x) if isinstance(x, int) and not isinstance(x, bool) else x


def known(function: Callable[..., Any], fixed: Sequence[str] = ()) -> Any:
    """A function whose arguments `fixed` may be given as tensors, and which gives sizes for sizes."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        for name in bound.arguments.keys() & set(fixed):
            bound.arguments[name] = settled(bound.arguments[name])
        folded = _folded(function, *bound.args, **bound.kwargs)
        if folded is not None:
            return folded
        return later(function, bound.arguments, fixed)

    return call


def later(
    function: Callable[..., Any], arguments: Mapping[str, Any], fixed: Sequence[str] = (), holders: Any = ()
) -> Any:
    """A call; it is recorded with the shapes that it waits for, if it does."""
    waiting = [x for name in fixed for x in tree.flatten(arguments.get(name)) if isinstance(x, Size)]
    if not waiting and not holders:
        return function(**arguments)
    tensors = list({id(source): source for size in waiting for source in size.sources}.values())
    given = {name: value for name, value in arguments.items() if name not in fixed}

    def compute(sources: Sequence[Any], given: Mapping[str, Any]) -> Any:
        shapes = _shapes(tensors, sources)
        chosen = {
            name: tree.map_structure(lambda x: x.at(shapes).tolist() if isinstance(x, Size) else x, arguments[name])
            for name in fixed
            if name in arguments
        }
        return function(**given, **chosen)

    name = getattr(function, "__name__", "call").rpartition(".")[2]
    outputs = on_graph(symbolic.Operation(compute, holders, name), tensors, given)
    wanted = next((arguments[key] for key in ("shape", "dims") if key in fixed), None)
    if isinstance(wanted, list) and isinstance(outputs, KerasTensor) and len(wanted) == len(outputs.shape):
        # Of several unknown sizes inference may take one for 1.
        sizes = [None if isinstance(size, Size) else own for size, own in zip(wanted, outputs.shape, strict=True)]
        outputs.shape = tuple(sizes)
    return outputs


def on_graph(operation: symbolic.Operation, *args: Any, outputs: Any = None) -> Any:
    """Enter a call into the graph, after the effects that the block waits for."""
    try:
        outputs = symbolic.inferred(operation, args, {}) if outputs is None else outputs
    except (TypeError, ValueError, IndexError):
        if not any(getattr(leaf, "vague", False) for leaf in tree.flatten(args)):
            raise
        outputs = KerasTensor((), "float32")
        outputs.vague = True
    return modes._drawn.controlled(operation.on(*args, outputs=outputs))


def whole(function: Callable[..., Any]) -> Any:
    """A function recorded as one call, whose body sees arrays only.

    Its arguments annotated `Tensor` are arrays there, and those annotated `Static` Python's numbers.
    """
    parameters = inspect.signature(function).parameters.values()
    fixed = [parameter.name for parameter in parameters if str(parameter.annotation).startswith("Static")]
    function.__name__ = f"tf.{function.__name__.strip('_')}"
    return known(op(function), fixed)


def of(target: Callable[..., Any], words: str, fixed: str = "", **olds: str) -> Callable[..., Any]:
    """A row as `words.row` has it, some arguments of whose function may be given as tensors."""
    return row(known(target, fixed.split()), words, **olds)


def _usual(sources: Sequence[KerasTensor], probe: int) -> dict[int, Any]:
    """The shapes of tensors, with a number for each size that is not known."""
    return {id(x): tuple(probe if n is None else int(n) for n in x.shape) for x in sources}


def named(function: Any, name: str) -> Any:
    """A function under another name."""
    function.__name__ = name
    return function


def _shapes(tensors: Sequence[Any], values: Sequence[Any]) -> dict[int, Any]:
    return {id(x): tuple(np.shape(value)) for x, value in zip(tensors, values, strict=True)}


def _folded(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The result for sizes as sizes; None for other arguments and results."""
    leaves = tree.flatten((args, kwargs))
    sizes = [x for x in leaves if isinstance(x, _Known)]
    others = [x for x in leaves if isinstance(x, (KerasTensor, Variable)) and not isinstance(x, _Known)]
    if not sizes or others or any(map(engine.is_traced, leaves)):
        return None
    sources = list({id(s): s for size in sizes if isinstance(size, Size) for s in size.sources}.values())

    def compute(shapes: Mapping[int, Any]) -> list[np.ndarray]:
        def value(x: Any) -> Any:
            return x.at(shapes) if isinstance(x, Size) else as_numpy(x.value) if isinstance(x, KnownTensor) else x

        with engine.eager(), scope(recording=None):
            inner, words = tree.map_structure(value, (args, kwargs))
            return [np.asarray(as_numpy(each)) for each in tree.flatten(function(*inner, **words))]

    try:
        first = compute(_usual(sources, _PROBE))
        other = compute(_usual(sources, _PROBE + 24)) if sources else first
    except (IndexError, TypeError, ValueError):
        return None
    if any(array.dtype.kind not in "iu" or array.size > _MOST for array in first):
        return None
    if [array.shape for array in first] != [array.shape for array in other]:
        return None

    def made(place: int) -> Any:
        if modes.graph_mode() or sources:
            return Size(lambda shapes: compute(shapes)[place], sources)
        return KnownTensor(first[place])

    several = getattr(function, "gives_several", len(first) > 1)
    return [made(place) for place in range(len(first))] if several else made(0)


def _arithmetic(name: str) -> Callable[..., Any]:
    def method(self: Any, *others: Any) -> Any:
        folded = _folded(lambda x, *rest: _whole_numbers(getattr(np.asarray(x), name)(*rest)), self, *others)
        return getattr(super(_Known, self), name)(*others) if folded is None else folded

    return method


def _whole_numbers(x: Any) -> Any:
    return np.asarray(x, "int32") if np.asarray(x).dtype == np.int64 else x


_OPERATORS = "add radd sub rsub mul rmul floordiv rfloordiv mod rmod neg getitem"
for _name in _OPERATORS.split():
    setattr(_Known, f"__{_name}__", _arithmetic(f"__{_name}__"))
