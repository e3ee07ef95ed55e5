"""Functions that are no ops, recorded as a whole where calls are recorded: losses, and functions of targets."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.spec import KerasTensor, value_of
from tsuno.core.variable import Variable
from tsuno.legacy import symbolic


def recorded(usual: Callable[..., Any]) -> Callable[..., Any]:
    """A function or method that becomes one entry of a tape, or one node of a graph."""

    @functools.wraps(usual)
    def call(*args: Any, **kwargs: Any) -> Any:
        leaves = tree.flatten((args, kwargs))
        if symbolic.is_drawn(leaves) and not kwargs:
            return symbolic.Operation(usual, name=usual.__name__.strip("_")).on(*args)
        if context.recording is None or not any(isinstance(leaf, (KerasTensor, Variable)) for leaf in leaves):
            return usual(*args, **kwargs)
        result = context.recording.run(usual, args, kwargs)
        return usual(*args, **kwargs) if result is NotImplemented else result

    return call


def with_values(usual: Callable[..., Any]) -> Callable[..., Any]:
    """A method that works on the values of tensors, and is recorded by nobody."""

    @functools.wraps(usual)
    def call(*args: Any, **kwargs: Any) -> Any:
        if context.recording is None:
            return usual(*args, **kwargs)
        args, kwargs = tree.map_structure(value_of, (list(args), kwargs))
        with scope(recording=None):
            return usual(*args, **kwargs)

    return call
