"""The door to `legacy`, which stands above everything and is brought in when it is first needed."""

from __future__ import annotations

import functools
import importlib
from typing import Any


@functools.cache
def _legacy() -> Any:
    return importlib.import_module("tsuno.legacy")


def rewrite(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a constructor in today's words."""
    rewritten: tuple[tuple[Any, ...], dict[str, Any]] = _legacy().rewrite(cls, args, kwargs)
    return rewritten


def find(name: str, namespace: str | None = None) -> Any:
    """What had this name once, in one namespace or in any; or None."""
    return _legacy().find(name, namespace)
