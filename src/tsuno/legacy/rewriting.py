"""Arguments in today's words, of constructors, methods and functions: the one mechanism that reads the tables."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any

from tsuno.core import past, registry
from tsuno.core.settings import image_data_format
from tsuno.legacy.arguments import DEFAULTS, FUNCTIONS, TABLE
from tsuno.legacy.notices import say
from tsuno.legacy.positions import FORMS
from tsuno.legacy.rows import LEFT, Form, Row


def rewrite(
    cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], quiet: bool = False
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a constructor in today's words; `quiet` says nothing of it."""
    rows, forms = of_class(cls)
    if past.alive and not quiet and image_data_format() == "channels_first" and _is_of_steps(cls):
        kwargs = {"data_format": "channels_last", **kwargs}  # the order of images was never that of sequences
    if past.standalone and not quiet and not args and cls.__name__ in DEFAULTS and registry.in_library(cls):
        return args, _with_defaults(cls, _reworded(cls.__name__, rows, kwargs))
    if forms and len(args) > 0:
        given = args
        args, kwargs = _with_names(cls, forms, args, kwargs)
        quiet = quiet or len(args) < len(given)  # what they are read as has been said
    return args, _reworded(cls.__name__, rows, kwargs, quiet)


def _is_of_steps(cls: type) -> bool:
    """Whether a layer works on sequences, and has an order of axes to choose."""
    return cls.__name__.endswith("1D") and "data_format" in cls.__signature__.parameters  # type: ignore[attr-defined]


def _with_defaults(cls: type, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments with the defaults that they had in Keras up to 2.3."""
    name, value = DEFAULTS[cls.__name__]
    if name in kwargs:
        return kwargs
    today = cls.__signature__.parameters[name].default  # type: ignore[attr-defined]
    say(f"{cls.__name__}: `{name}` is {value}, as in Keras up to 2.3; today it is {today}.", once_for=cls.__name__)
    return {**kwargs, name: value}


def reword(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], name: str | None = None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a function or method in today's words; `name` is its name in the table."""
    name = name or function.__qualname__
    rows = of_function(name)
    if not rows or rows.keys().isdisjoint(kwargs):
        return args, kwargs
    names = list(inspect.signature(function).parameters)
    return (), _reworded(name, rows, dict(zip(names, args, strict=False)) | kwargs)


def worded(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function that takes the words of the past too, and shows them in its signature."""
    rows = of_function(name)
    if not rows:
        return function
    known = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = reword(function, args, kwargs, name)
        return function(*args, **kwargs)

    call.__signature__ = with_words(inspect.signature(function), set(rows) - set(known))  # type: ignore[attr-defined]
    return call


def with_words(signature: inspect.Signature, words: set[str]) -> inspect.Signature:
    """A signature with further words, which are given by name only."""
    own = [each for each in signature.parameters.values() if each.kind is not Parameter.VAR_KEYWORD]
    rest = [each for each in signature.parameters.values() if each.kind is Parameter.VAR_KEYWORD]
    return signature.replace(
        parameters=[*own, *(Parameter(word, Parameter.KEYWORD_ONLY, default=None) for word in sorted(words)), *rest]
    )


def _reworded(where: str, rows: Mapping[str, Row], kwargs: dict[str, Any], quiet: bool = False) -> dict[str, Any]:
    if not rows or rows.keys().isdisjoint(kwargs):
        return kwargs
    kwargs = dict(kwargs)
    waiting, seen = sorted((name for name in kwargs if name in rows), key=lambda name: -len(rows[name].olds)), set()
    while waiting:
        name = waiting.pop(0)
        if name not in kwargs or name in seen:
            continue
        seen.add(name)
        waiting += [new for new in _apply(where, name, rows[name], kwargs, quiet) if new in rows]
    return kwargs


def _apply(where: str, name: str, row: Row, kwargs: dict[str, Any], quiet: bool) -> Mapping[str, Any]:
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
            say(f"{where}: {note}", once_for=f"{where}.{name}")
    twice = [new for new in found if new in kwargs]
    if twice and kwargs[twice[0]] != found[twice[0]]:
        raise TypeError(
            f"{where} was given {name!r} and {twice[0]!r}, the old and the present name of one argument. "
            f"Keep {twice[0]!r}."
        )
    if not quiet and row.note is None and not set(olds) & set(found):
        words = " and ".join(f"`{old}`" for old in olds)
        today = " and ".join(f"`{new}`" for new in found)
        verb = "is" if len(olds) == 1 else "are"
        say(f"{words} of {where} {verb} {'now ' + today if today else 'without effect today'}.", once_for=words)
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
                say(f"{cls.__name__}{tuple(args)} {form.note}", once_for=cls.__name__)
            return (), {**dict(zip(names, args, strict=False)), **kwargs}
    return args, kwargs


@functools.cache
def of_class(cls: type) -> tuple[dict[str, Row], tuple[Form, ...]]:
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
def of_function(name: str) -> dict[str, Row]:
    """The rows for a function or method."""
    rows: dict[str, Row] = {}
    home, _, last = name.partition(".")
    if home == "backend":
        given = importlib.import_module("tsuno.legacy.backend").OLD_ARGUMENTS.get(last, {})
        rows |= {old: Row(row) if isinstance(row, str) else row for old, row in given.items()}
    for names, given in FUNCTIONS:
        if name in names.split():
            rows |= {old: Row(row) if isinstance(row, str) else row for old, row in given.items()}
    return rows


@functools.cache
def _families() -> dict[str, dict[str, Row]]:
    """The table by the name of a class."""
    families: dict[str, dict[str, Row]] = {}
    for names, rows in TABLE:
        for name in names.split():
            plain = {old: Row(row) if isinstance(row, str) else row for old, row in rows.items()}
            families.setdefault(name, {}).update(plain)
    return families
