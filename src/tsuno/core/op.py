"""One op is one function: `@op` lets it run on arrays, inside compiled programs, and on symbolic tensors.

On arrays an op is a plain call. If an argument is symbolic, the call is recorded as a node of the graph instead, and
its result is inferred by tracing the same function. Parameters annotated `Tensor` take anything that can become an
array.

    @op
    def square(x: Tensor) -> Tensor:
        return xp.square(x)
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

from tsuno import engine
from tsuno.core.arithmetic import OPS
from tsuno.core.config import Configurable
from tsuno.core.context import context
from tsuno.core.errors import is_from_below, reason
from tsuno.core.naming import auto_name
from tsuno.core.spec import KerasTensor, Node, infer, is_symbolic
from tsuno.core.variable import Composed, Variable

P = ParamSpec("P")
R = TypeVar("R")

Tensor = Any
"""Anything array-like: engine arrays, NumPy arrays, numbers, nested lists, variables, symbolic tensors."""


def op(function: Callable[P, R]) -> Callable[P, R]:
    """Make `function` an op."""
    parameters = inspect.signature(function).parameters.values()
    tensors = {parameter.name for parameter in parameters if str(parameter.annotation).startswith("Tensor")}
    places = frozenset(place for place, parameter in enumerate(parameters) if parameter.name in tensors)

    run: Callable[..., Any] = function
    name = function.__name__
    composable = name in ("matmul", "einsum", "take")

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if is_symbolic(*args, *kwargs.values()):
            if context.recording is not None:
                result = context.recording.run(call, args, kwargs)
                if result is not NotImplemented:
                    return result
            return Function(name).record(args, kwargs)
        if composable:
            for x in args:
                if isinstance(x, Composed) and hasattr(x, name):
                    return getattr(x, name)(*args, **kwargs)
        values = [to_array(x) if place in places else x for place, x in enumerate(args)]
        named: dict[str, Any] = {name: to_array(x) if name in tensors else x for name, x in kwargs.items()}
        try:
            return run(*values, **named)
        except (TypeError, ValueError, IndexError) as problem:
            if type(problem) in (TypeError, ValueError, IndexError) and is_from_below(problem):
                raise _named(name, problem, [*values, *named.values()], named.get("axis")) from None
            raise

    OPS[name] = call
    return cast(Callable[P, R], call)


def _named(name: str, problem: Exception, values: list[Any], axis: Any) -> Exception:
    """An error of the array library as that of an op, with the shapes of the arrays it was applied to."""
    flat = [leaf for value in values for leaf in (value if isinstance(value, (list, tuple)) else [value])]
    shapes = [tuple(leaf.shape) for leaf in flat if hasattr(leaf, "shape") and hasattr(leaf, "dtype")]
    why = reason(problem)
    if isinstance(axis, int) and shapes and not -len(shapes[0]) <= axis < len(shapes[0]):
        why = f"there is no axis {axis} among {len(shapes[0])}"
    shown = " and ".join(map(str, shapes[:4])) if shapes else "these arguments"
    error = type(problem)(f"`ops.{name}` cannot be applied to {'arrays of shape ' * bool(shapes)}{shown}: {why}.")
    error.reason = why  # type: ignore[attr-defined]
    return error


def to_array(x: Any) -> Any:
    """`x` as an engine array; numbers stay numbers, so that they do not decide the dtype of a result."""
    if engine.is_array(x) or x is None or isinstance(x, (bool, int, float, complex)):
        return x
    if isinstance(x, (Variable, Composed)) or (isinstance(x, KerasTensor) and x.value is not None):
        return x.value
    if isinstance(x, (list, tuple)) and any(isinstance(item, Variable) or engine.is_array(item) for item in x):
        return type(x)(to_array(item) for item in x)
    return engine.asarray(x)


class Function(Configurable):
    """An op as an operation of a graph: the function's name, and a name for this use of it."""

    def __init__(self, function: str, name: str | None = None) -> None:
        self.function = function
        self.name = name or auto_name(function)
        self._inbound_nodes: list[Node] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return OPS[self.function](*args, **kwargs)

    def record(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Enter a call on symbolic tensors into the graph."""
        try:
            outputs = infer(self, args, kwargs)
        except (TypeError, ValueError) as problem:
            shapes = [str(leaf.shape) for leaf in (*args, *kwargs.values()) if isinstance(leaf, KerasTensor)]
            raise ValueError(
                f"`ops.{self.function}` cannot be applied to symbolic tensors of shape {' and '.join(shapes)}: "
                f"{reason(problem)}."
            ) from problem
        Node(self, args, kwargs, outputs)
        return outputs


def as_numpy(x: Any) -> np.ndarray:
    """The values of anything array-like on the host."""
    return engine.to_numpy(to_array(x))
