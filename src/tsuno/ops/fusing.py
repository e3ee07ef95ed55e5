"""Ops of several steps run as one program.

Called on values, an op of a dozen array operations would compile a dozen programs, and a user would wait for each.
`@fused` compiles the op as a whole, once for each set of arguments that are not arrays. Inside a program that is
being traced, and with arguments that cannot be hashed, the op runs as written.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

from tsuno import engine
from tsuno.core.settings import epsilon, floatx, image_data_format

__all__ = ["fused"]

P = ParamSpec("P")
R = TypeVar("R")


def fused(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` as a whole; stands below `@op`."""
    signature = inspect.signature(function)
    tensors = {name for name, hint in function.__annotations__.items() if "Tensor" in str(hint)}
    programs: dict[Any, Callable[..., Any]] = {}
    call_by_name: Callable[..., Any] = function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if any(engine.is_traced(x) for x in args):  # the usual case, decided before anything is looked up
            return function(*args, **kwargs)
        given = signature.bind(*args, **kwargs).arguments
        moving = {name: x for name, x in given.items() if _holds_arrays(x) or (name in tensors and x is not None)}
        fixed = {name: _hashable(x) for name, x in given.items() if name not in moving}
        # Settings that the op may read are part of what its program is made for.
        key = (*((name, type(x), x) for name, x in fixed.items()), floatx(), epsilon(), image_data_format())
        try:
            program = programs.get(key)
        except TypeError:
            return function(*args, **kwargs)
        if any(engine.is_traced(x) for x in engine.tree.leaves(moving)):
            return function(*args, **kwargs)
        if program is None:
            program = programs[key] = engine.subprogram(lambda moving: call_by_name(**fixed, **moving))
        return program(moving)

    return cast(Callable[P, R], call)


def _holds_arrays(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return bool(x) and all(_holds_arrays(item) for item in x)
    return isinstance(x, np.ndarray) or engine.is_array(x)


def _hashable(x: Any) -> Any:
    return tuple(_hashable(item) for item in x) if isinstance(x, list) else x
