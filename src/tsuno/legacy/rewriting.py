"""The arguments of a constructor in today's words: the one mechanism that reads the tables."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Mapping, Sequence
from inspect import Parameter
from pathlib import Path
from typing import Any

from tsuno.core import registry
from tsuno.legacy.arguments import TABLE
from tsuno.legacy.positions import FORMS
from tsuno.legacy.rows import LEFT, Form, Row


def rewrite(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a constructor in today's words."""
    rows, forms = _of_class(cls)
    if forms and len(args) > 0:
        args, kwargs = _with_names(cls, forms, args, kwargs)
    if not rows or rows.keys().isdisjoint(kwargs):
        return args, kwargs
    kwargs = dict(kwargs)
    waiting, seen = sorted((name for name in kwargs if name in rows), key=lambda name: -len(rows[name].olds)), set()
    while waiting:
        name = waiting.pop(0)
        if name not in kwargs or name in seen:
            continue
        seen.add(name)
        waiting += [new for new in _apply(cls, name, rows[name], kwargs) if new in rows]
    return args, kwargs


def _apply(cls: type, name: str, row: Row, kwargs: dict[str, Any]) -> Mapping[str, Any]:
    """Put in `kwargs` what a row says; returns that."""
    olds = row.olds or (name,)
    if any(old not in kwargs for old in olds):
        if kwargs[name] is None:
            del kwargs[name]
        return {}
    value = row.read(*(kwargs[old] for old in olds))
    if value is LEFT:
        return {}
    found = value if row.new is None else {row.new: value}
    for old in olds:
        given = kwargs.pop(old)
        if row.note is not None and (note := row.note(given)):
            _say(f"{cls.__name__}: {note}", once_for=f"{cls.__name__}.{name}")
    twice = [new for new in found if new in kwargs]
    if twice and kwargs[twice[0]] != found[twice[0]]:
        raise TypeError(
            f"{cls.__name__} was given {name!r} and {twice[0]!r}, the old and the present name of one argument. "
            f"Keep {twice[0]!r}."
        )
    kwargs.update(found)
    return found


def _with_names(
    cls: type, forms: Sequence[Form], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments without names under the names that they had, where they fit an old form."""
    for form in forms:
        names = form.names.split()
        if len(args) <= len(names) and form.fits(args, kwargs) and kwargs.keys().isdisjoint(names[: len(args)]):
            if form.note:
                _say(f"{cls.__name__}{tuple(args)} {form.note}", once_for=cls.__name__)
            return (), {**dict(zip(names, args, strict=False)), **kwargs}
    return args, kwargs


_said: set[str] = set()
_LIBRARY = str(Path(__file__).parents[1])


def _say(note: str, once_for: str) -> None:
    """Warn where the user's program calls the library, once in a process for each thing."""
    if once_for in _said:
        return
    _said.add(once_for)
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_LIBRARY):
        level, frame = level + 1, frame.f_back
    warnings.warn(note, stacklevel=level)


@functools.cache
def _of_class(cls: type) -> tuple[dict[str, Row], tuple[Form, ...]]:
    """The rows and forms for a class: those of its bases in the library, the nearest base first.

    The words of a constructor that a user wrote are the user's own.
    """
    if not registry.in_library(next(base for base in cls.__mro__ if "__init__" in vars(base))):
        return {}, ()
    known: Mapping[str, Parameter] = cls.__signature__.parameters  # type: ignore[attr-defined]
    takes_any = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in known.values())
    families = _families()
    rows: dict[str, Row] = {}
    forms: list[Form] = []
    for base in cls.__mro__:
        if not registry.in_library(base):
            continue
        for old, row in families.get(base.__name__, {}).items():
            fits = (old not in known or row.today or row.new == old) and (
                row.new is None or row.new in known or takes_any
            )
            if fits and old not in rows:
                rows[old] = row
        forms += FORMS.get(base.__name__, ())
    return rows, tuple(forms)


@functools.cache
def _families() -> dict[str, dict[str, Row]]:
    """The table by the name of a class."""
    families: dict[str, dict[str, Row]] = {}
    for names, rows in TABLE:
        for name in names.split():
            plain = {old: Row(row) if isinstance(row, str) else row for old, row in rows.items()}
            families.setdefault(name, {}).update(plain)
    return families
