"""Symbolic tensors: a shape and a dtype without values, and the call that each came from.

A node is a call of an operation (a layer, or a function of `ops`) on some arguments; an edge is a `KerasTensor` that
one node made and others take. Calling operations on symbolic tensors draws a graph; `graph.Graph` reads it back.
Shapes are never computed by rules: the operation is traced on stand-ins of concrete size, and where a size is unknown
it is traced with two of them. The sizes of the result that differ between the two are the unknown ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tsuno import engine
from tsuno.core import tree
from tsuno.core.arithmetic import Arithmetic
from tsuno.core.context import context, scope
from tsuno.core.dtypes import numpy_dtype, standardize_dtype
from tsuno.core.naming import auto_name
from tsuno.core.validate import shape as standardize_shape
from tsuno.core.variable import Variable

Shape = tuple[int | None, ...]
_PROBES = (60, 84)  # many divisors each, so that reshaping an unknown size works out


class KerasTensor(Arithmetic):
    """A tensor without values, as it flows through a model that is being described.

    Args:
        shape: sizes, None where not known before data comes.
        dtype: the dtype's name.
        name: a name for error messages and inputs.

    Example:
        >>> x = tsuno.KerasTensor((None, 3))
        >>> tsuno.ops.concatenate([x, x], axis=-1).shape
        (None, 6)
    """

    value: Any = None
    """The values, of a tensor that was computed when it was made; see `Recording`."""

    def __init__(
        self,
        shape: Any,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = None,
    ) -> None:
        self.shape: Shape = standardize_shape(shape, "KerasTensor.shape")
        self.dtype: str = standardize_dtype(dtype)
        self.sparse, self.ragged, self.record_history = sparse, ragged, record_history
        self.ragged_rank, self.row_splits_dtype = ragged_rank, row_splits_dtype
        self.name = name or auto_name("keras_tensor")
        self.node: Node | None = None
        self.index = 0

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def _keras_history(self) -> tuple[Any, int, int] | None:
        if self.node is None:
            return None
        operation = self.node.operation
        return operation, operation._inbound_nodes.index(self.node), self.index

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def __bool__(self) -> bool:
        raise TypeError(
            "A symbolic tensor has no truth value before data comes: use `tsuno.ops.where` or `tsuno.ops.cond` "
            "instead of a Python `if` on it."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise TypeError(
            f"{self!r} has no values yet, so NumPy cannot work on it: use the function of the same name in `tsuno.ops`."
        )

    def __float__(self) -> float:
        raise TypeError(f"{self!r} is symbolic and has no value yet: no number can be made of it.")

    def __int__(self) -> int:
        raise TypeError(f"{self!r} is symbolic and has no value yet: no number can be made of it.")

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise TypeError(f"{self!r} has no known length.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))


class Recording:
    """What records calls on variables, where those on symbolic tensors alone would be."""

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a call that is computed at once; NotImplemented for one that becomes a node of a graph."""
        return NotImplemented


class Node:
    """One call of an operation: what it was given and what came out."""

    def __init__(self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any) -> None:
        self.operation, self.args, self.kwargs, self.outputs = operation, args, kwargs, outputs
        for index, tensor in enumerate(tree.flatten(outputs)):
            if isinstance(tensor, KerasTensor):
                tensor.node, tensor.index = self, index
        operation._inbound_nodes.append(self)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic tensors among the arguments, in order."""
        leaves = tree.flatten((self.args, self.kwargs))
        return [leaf for leaf in leaves if isinstance(leaf, KerasTensor) and leaf.value is None]

    @property
    def output_tensors(self) -> list[KerasTensor]:
        return [leaf for leaf in tree.flatten(self.outputs) if isinstance(leaf, KerasTensor)]


def is_symbolic(*values: Any) -> bool:
    """Whether a symbolic tensor, or a variable that is recorded, is among the values or within lists and dicts."""
    for value in values:
        if isinstance(value, KerasTensor):
            if value.value is None or context.recording is not None:
                return True
        elif isinstance(value, Variable) and context.recording is not None:
            return True
        if isinstance(value, (list, tuple)):
            if is_symbolic(*value):
                return True
        elif isinstance(value, dict) and is_symbolic(*value.values()):
            return True
    return False


def infer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `function` would return for symbolic arguments, as symbolic tensors; nothing is computed."""
    leaves = [value_of(leaf) for leaf in tree.flatten((args, kwargs))]
    tensors = [leaf for leaf in leaves if isinstance(leaf, KerasTensor)]

    def once(arrays: Sequence[Any]) -> Any:
        values = iter(arrays)
        filled = [next(values) if isinstance(leaf, KerasTensor) else leaf for leaf in leaves]
        inner_args, inner_kwargs = tree.pack_sequence_as((args, kwargs), filled)
        with scope(bindings=dict(context.bindings or {})):  # what tracing writes is forgotten
            return function(*inner_args, **inner_kwargs)

    def trace(*sizes: tuple[int, int]) -> Any:
        """What comes out for each pair of sizes that stand in for an unknown batch and for other unknown sizes."""

        def run(nothing: Any, *given: Sequence[Any]) -> Any:
            with scope(nothing=nothing):
                return [once(arrays) for arrays in given]

        specs = [[_stand_in(tensor, *each) for tensor in tensors] for each in sizes]
        with engine.for_any_device():  # the plain forms of operations, which are the quickest to trace
            return engine.eval_shape(run, _stand_in(_NOTHING), *specs)

    unknown = any(size is None for tensor in tensors for size in tensor.shape)
    try:
        traced = trace(*((probe, probe) for probe in _PROBES[: 1 + unknown]))
    except (TypeError, ValueError) as problem:
        # An unknown size may have to equal a known one: let all but the batch be 1, which fits everywhere.
        if not any(size is None for tensor in tensors for size in tensor.shape[1:]):
            if unknown and type(problem) in (TypeError, ValueError) and problem.args:
                problem.args = (_with_unknown(str(problem.args[0])),)
                if hasattr(problem, "reason"):
                    problem.reason = _with_unknown(problem.reason)
            raise
        traced = trace(*((probe, 1) for probe in _PROBES))

    def symbol(a: Any, b: Any) -> KerasTensor:
        sizes = [m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)]
        return KerasTensor(sizes, dtype=standardize_dtype(a.dtype))

    return engine.tree.map(symbol, traced[0], traced[-1])


def value_of(x: Any) -> Any:
    """The values of a tensor that has them; other things as they are."""
    return x.value if isinstance(x, KerasTensor) and x.value is not None else x


_NOTHING = KerasTensor((), "bool")


def _with_unknown(message: str) -> str:
    """A message about shapes that begin with a stand-in for an unknown size."""
    return message.replace(f"({_PROBES[0]}, ", "(None, ")


def _stand_in(tensor: KerasTensor, probe: int = 1, inner: int = 1) -> Any:
    sizes = [(inner if axis else probe) if size is None else size for axis, size in enumerate(tensor.shape)]
    return engine.Spec(tuple(sizes), numpy_dtype(tensor.dtype))
