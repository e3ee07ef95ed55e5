"""How functions of `keras.backend` are made: of one op under another name, or of several as one node of a graph.

A function that passes its arguments on to ops works on whatever ops take. One that has to look at shapes is marked
`@whole`: on symbolic tensors the call is recorded as a whole and its result inferred by tracing it, so that its body
only ever sees arrays of known shape.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from tsuno.core.arithmetic import OPS
from tsuno.core.context import context
from tsuno.core.op import Function, Tensor
from tsuno.core.spec import is_symbolic

F = TypeVar("F", bound=Callable[..., Any])


def whole(function: F) -> F:
    """Record a call on symbolic tensors as one node."""
    key = f"backend_{function.__name__}"

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if is_symbolic(*args, *kwargs.values()):
            if context.recording is not None:
                result = context.recording.run(call, args, kwargs)
                if result is not NotImplemented:
                    return result
            return Function(key).record(args, kwargs)
        return function(*args, **kwargs)

    OPS[key] = call
    return cast(F, call)


def of_one(name: str, compute: Callable[[Any], Any], meaning: str) -> Callable[[Any], Any]:
    """A function of one tensor."""

    def function(x: Tensor) -> Any:
        return compute(x)

    return named(function, name, meaning)


def of_two(name: str, compute: Callable[[Any, Any], Any], meaning: str) -> Callable[[Any, Any], Any]:
    """A function of two tensors."""

    def function(x: Tensor, y: Tensor) -> Any:
        return compute(x, y)

    return named(function, name, meaning)


def along_axes(name: str, compute: Callable[..., Any], meaning: str) -> Callable[..., Any]:
    """A function that reduces a tensor along axes, all of them for None."""

    def function(x: Tensor, axis: Any = None, keepdims: bool = False) -> Any:
        return compute(x, axis=axis, keepdims=keepdims)

    return named(function, name, meaning)


def along_axis(name: str, compute: Callable[..., Any], default: int, meaning: str) -> Callable[..., Any]:
    """A function along one axis of a tensor."""

    def function(x: Tensor, axis: int = default) -> Any:
        return compute(x, axis=axis)

    return named(function, name, meaning)


def named(function: F, name: str, meaning: str) -> F:
    """A function under another name."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = meaning
    return function
