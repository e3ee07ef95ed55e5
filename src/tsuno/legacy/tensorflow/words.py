"""Functions of TensorFlow that are functions of Tsuno under other names: how a row of a table becomes one."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any

from tsuno.legacy.tensorflow import modes


def exposed(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function as programs see it: it takes a `name`, and returns tensors of the mode at work."""
    own = inspect.signature(function)
    takes_name = "name" in own.parameters
    kinds = [each.kind for each in own.parameters.values()]
    most = -1 if Parameter.VAR_POSITIONAL in kinds else kinds.count(Parameter.POSITIONAL_OR_KEYWORD)

    @functools.wraps(function)
    def call(*args: Any, name: Any = None, **kwargs: Any) -> Any:
        modes.begin()
        if takes_name and name is not None:
            kwargs["name"] = name
        if args and len(args) == most + 1 and isinstance(args[-1], (str, type(None))):
            args = args[:-1]  # the name, which comes last
        return modes.given_out(function(*args, **kwargs))

    if not takes_name and not any(each.kind is Parameter.VAR_KEYWORD for each in own.parameters.values()):
        extra = Parameter("name", Parameter.KEYWORD_ONLY, default=None)
        call.__signature__ = own.replace(parameters=[*own.parameters.values(), extra])  # type: ignore[attr-defined]
    return call


def row(target: Callable[..., Any], words: str, **olds: str) -> Callable[..., Any]:
    """A function from a row of a table.

    Args:
        target: the function of Tsuno.
        words: its arguments in order, as in `"input_tensor:x axis=None keepdims=False"`: TensorFlow's name, the
            target's where it is another, and the default (a Python literal).
        **olds: further names of arguments, as in `reduction_indices="axis"`.
    """
    parameters, inner = [], {}
    for word in words.split():
        names, given, default = word.partition("=")
        outer, _, target_name = names.partition(":")
        inner[outer] = target_name or outer
        value = ast.literal_eval(default) if given else Parameter.empty
        parameters.append(Parameter(outer, Parameter.POSITIONAL_OR_KEYWORD, default=value))
    parameters.append(Parameter("name", Parameter.POSITIONAL_OR_KEYWORD, default=None))  # last, and not always named
    signature = inspect.Signature(parameters)

    def call(*args: Any, **kwargs: Any) -> Any:
        for old, new in olds.items():
            if old in kwargs:
                kwargs[new] = kwargs.pop(old)
        bound = signature.bind(*args, **kwargs)
        bound.arguments.pop("name", None)
        return target(**{inner[name]: value for name, value in bound.arguments.items()})

    call.__name__ = call.__qualname__ = getattr(target, "__name__", "function")
    call.__doc__ = f"`{call.__name__}` under TensorFlow's names of its arguments."
    old_words = [Parameter(old, Parameter.KEYWORD_ONLY, default=None) for old in olds]
    call.__signature__ = signature.replace(parameters=[*parameters, *old_words])  # type: ignore[attr-defined]
    return exposed(call)
