"""Arguments of the past: what they are called today, and how their values are read."""

from __future__ import annotations

from typing import Any


def rewrite(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a constructor in today's words."""
    return args, kwargs
