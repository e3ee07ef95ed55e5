"""Nested structures: lists, tuples and dicts with leaves at their ends; None is a leaf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tsuno import engine


def flatten(structure: Any) -> list[Any]:
    """The leaves in order; dicts by sorted key."""
    return engine.tree.leaves(structure, is_leaf=_is_none)


def map_structure(fn: Callable[..., Any], *structures: Any) -> Any:
    """`fn` applied to the corresponding leaves of structures of one shape."""
    return engine.tree.map(fn, *structures, is_leaf=_is_none)


def pack_sequence_as(structure: Any, leaves: Sequence[Any]) -> Any:
    """A structure of the same shape with other leaves."""
    return engine.tree.unflatten(engine.tree.structure(structure, is_leaf=_is_none), leaves)


def _is_none(x: Any) -> bool:
    return x is None
