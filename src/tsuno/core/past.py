"""The door to `legacy`, which stands above everything and is brought in when a program says what only the past said.

Words that nobody knows today are always looked up there. Words that are known may have meant something else: that is
asked only once `alive` is set, in programs run with `tsuno run` or after `tsuno.legacy.install()`.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, KeysView
from typing import Any

alive = False
standalone = False
"""Whether the program imports `keras` itself, and not as a part of TensorFlow."""


@functools.cache
def _legacy() -> Any:
    return importlib.import_module("tsuno.legacy")


def rewrite(
    cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], quiet: bool = False
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a constructor in today's words.

    Args:
        cls: the class.
        args: the arguments without names.
        kwargs: those with names.
        quiet: whether to say nothing about old words, as for those that are in files.
    """
    known = cls.__signature__.parameters  # type: ignore[attr-defined]
    if not alive and kwargs.keys() <= known.keys() and not cls.__module__.startswith("tsuno.legacy."):
        return args, kwargs
    rewritten: tuple[tuple[Any, ...], dict[str, Any]] = _legacy().rewrite(cls, args, kwargs, quiet)
    return rewritten


def reword(
    function: Callable[..., Any], known: KeysView[str], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a function or method in today's words."""
    if not alive and kwargs.keys() <= known:
        return args, kwargs
    reworded: tuple[tuple[Any, ...], dict[str, Any]] = _legacy().reword(function, args, kwargs)
    return reworded


def again(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Arguments that a constructor refused, as the past meant them; None if it meant nothing else."""
    older, words = _legacy().rewrite(cls, args, kwargs, True)
    same = older == args and words.keys() == kwargs.keys() and all(words[name] is kwargs[name] for name in words)
    return None if same else (older, words)


def find(name: str, namespace: str | None = None) -> Any:
    """What had this name once, in one namespace or in any; or None."""
    return _legacy().find(name, namespace)
