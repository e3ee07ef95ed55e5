"""Constraints on arguments, declared as types in the signature and checked where an object is made.

`units: PositiveInt` says both what a type checker should expect and what `Dense("3")` is told. A check returns the
value in its plain form (`np.int64(3)` and `3.0` become `3`) or None where the value does not fit.
"""

from __future__ import annotations

import functools
import inspect
import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

import numpy as np

from tsuno.core import past
from tsuno.core.errors import describe, invalid, suggest

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Check:
    """A constraint: the words for it, and a function giving the plain value or raising ValueError."""

    expected: str
    convert: Callable[[Any], Any]


def _integer(low: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        whole = isinstance(value, numbers.Real) and not isinstance(value, bool) and float(value).is_integer()
        if not whole or value < low:
            raise ValueError
        return int(value)

    return convert


def _number(low: float, high: float, include_high: bool = True) -> Callable[[Any], float]:
    def convert(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise ValueError
        number = float(value)
        if not low <= number <= high or (number == high and not include_high):
            raise ValueError
        return value if isinstance(value, (int, float)) else float(value)

    return convert


PositiveInt = Annotated[int, Check("a positive integer", _integer(1))]
NonNegativeInt = Annotated[int, Check("an integer, zero or more", _integer(0))]
Fraction = Annotated[float, Check("a number from 0 to 1", _number(0, 1))]
Below1 = Annotated[float, Check("a number from 0 up to, not including, 1", _number(0, 1, include_high=False))]
NonNegative = Annotated[float, Check("a number, zero or more", _number(0, float("inf")))]


def _flag(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)) and not (isinstance(value, int) and value in (0, 1)):
        raise ValueError
    return bool(value)


_FLAG = Check("True or False", _flag)


def check(annotation: Any, value: Any, where: str) -> Any:
    """`value` in the plain form that the annotation asks for; raises the declared error where it does not fit."""
    constraint, options, optional = _constraint(annotation)
    if value is None and (optional or constraint is _FLAG):
        return value
    if constraint is not None:
        try:
            return constraint.convert(value)
        except (ValueError, TypeError, OverflowError):
            fix = f"Pass the number without quotes: {value}." if isinstance(value, str) and _numeric(value) else ""
            raise invalid(where, constraint.expected + (" or None" if optional else ""), value, fix) from None
    if options and isinstance(value, str):
        if value.lower() not in options:
            listed = ", ".join(repr(option) for option in options)
            raise ValueError(f"`{where}` must be one of {listed}; got {value!r}.{suggest(value, options)}")
        return value.lower()
    if options and value not in options:
        raise invalid(where, f"one of {', '.join(repr(option) for option in options)}", value)
    return value


def spelled(function: F) -> F:
    """A method that takes the words of the past; for a misspelt argument, the error has the nearest right one."""
    known = inspect.signature(function).parameters.keys()

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = past.reword(function, known, args, kwargs)
        if not kwargs.keys() <= known:
            strange = next(name for name in kwargs if name not in known)
            raise TypeError(f"`{function.__qualname__}` has no argument {strange!r}.{suggest(strange, known)}")
        return function(*args, **kwargs)

    return cast(F, call)


def _constraint(annotation: Any) -> tuple[Check | None, tuple[Any, ...], bool]:
    """The check, the literal options, and whether None is allowed."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    optional = NoneType in parts
    others = [part for part in parts if part is not NoneType]
    if len(others) == 1 and get_origin(others[0]) is Annotated:
        checks = [extra for extra in get_args(others[0])[1:] if isinstance(extra, Check)]
        return (checks[0] if checks else None), (), optional
    if others == [bool]:
        return _FLAG, (), optional
    if len(others) == 1 and get_origin(others[0]) is Literal:
        return None, get_args(others[0]), optional
    return None, (), optional


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def sizes(value: Any, rank: int, where: str, low: int = 1) -> tuple[int, ...]:
    """One integer per spatial axis, from a single integer for all of them or a sequence of `rank`."""
    values = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,) * rank
    try:
        result = tuple(_integer(low)(item) for item in values)
    except (ValueError, TypeError):
        result = ()
    if len(result) != rank:
        kind = "positive integer" if low == 1 else "integer, zero or more,"
        raise invalid(where, f"a {kind} or a tuple of {rank} of them", value)
    return result


def shape(value: Any, where: str) -> tuple[int | None, ...]:
    """A shape: a tuple of sizes, None where a size is not known; a bare integer means one axis."""
    items = tuple(value) if isinstance(value, (list, tuple)) or hasattr(value, "__iter__") else (value,)
    result: list[int | None] = []
    for item in items:
        if item is None or (isinstance(item, str) and item == "None"):
            result.append(None)
        elif isinstance(item, numbers.Integral) and not isinstance(item, bool) and int(item) >= 0:
            result.append(int(item))
        else:
            raise ValueError(
                f"`{where}` must be a tuple of sizes (integers, or None where unknown); got {describe(value)}."
            )
    return tuple(result)
