"""Around `build`: run once, outside any program being traced, with its shapes kept."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tsuno import engine
from tsuno.core.context import context, scope
from tsuno.core.registry import in_library

if TYPE_CHECKING:
    from tsuno.layers.base import Layer


def built_once(build: Callable[..., None]) -> Callable[..., None]:
    """`build`, run once, outside any program being traced, with its shapes kept."""

    @functools.wraps(build)
    def run(self: Layer, *args: Any, **kwargs: Any) -> None:
        if self.built:
            return
        if "_in_build" in self.__dict__:  # that of a base class, called by its heir
            build(self, *args, **kwargs)
            return
        parameters = list(inspect.signature(build).parameters.values())[1:]
        shapes = {**dict(zip([each.name for each in parameters], args, strict=False)), **kwargs}
        if in_library(type(self)) and args and args[0] is None and parameters[0].default is inspect.Parameter.empty:
            raise TypeError(f"`{self.path}` must be called with an array or a symbolic tensor, which have a shape.")
        path = context.path if context.path[-1:] == (self.name,) else (*context.path, self.name)
        self._in_build = True
        try:
            with engine.eager(), scope(path=path, compute_dtype=None):
                build(self, *args, **kwargs)
                self.built = True
                self._finish_build()
        finally:
            del self._in_build
        if self._build_shapes is None:
            self._build_shapes = shapes

    return run


def is_rectangular(value: Any) -> bool:
    """Whether nested lists of numbers make an array."""
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except ValueError:
        return False
