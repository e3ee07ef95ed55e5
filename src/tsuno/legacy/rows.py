"""A row of the table of arguments: what is done with one, and how values of the past are read."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tsuno.core import past, registry
from tsuno.data import PyDataset

LEFT = object()
"""What a row returns for a value that it cannot read."""


class Row(NamedTuple):
    """What is done with an argument of the past.

    Args:
        new: its name today; None where it is gone, or where several arguments take its place.
        read: the value today from the values of `olds`; with `new=None` the arguments that take its place.
        olds: the arguments that are read together; only this one if there are none.
        note: what to say, once in a process, where a value makes the program behave in another way.
        today: whether it is also for classes that have an argument of that name today.
    """

    new: str | None
    read: Callable[..., Any] = lambda value: value
    olds: tuple[str, ...] = ()
    note: Callable[[Any], str] | None = None
    today: bool = False


class Form(NamedTuple):
    """Arguments without names as they were once given: by what they are known, and the names that they had."""

    fits: Callable[[Sequence[Any], Mapping[str, Any]], bool]
    names: str
    note: str = ""


def gone(*harmless: Any) -> Row:
    """An argument that is no more: dropped if its value is one of these, or whatever it is if none are named."""

    def read(value: Any) -> Any:
        known = not harmless or any(value is same or (type(value) is type(same) and value == same) for same in harmless)
        return {} if known else LEFT

    return Row(None, read)


def joined(new: str, *olds: str) -> Row:
    """Several arguments that are one today: a tuple of them."""
    return Row(new, lambda *values: values, olds)


def valued(new: str, values: Mapping[Any, Any]) -> Row:
    """An argument of which some values have other names today."""
    return Row(new, lambda value: values.get(value, value) if isinstance(value, (str, int, type(None))) else value)


def of_keras_1(value: Any) -> Any:
    """A regularizer or constraint from a configuration of Keras 1, which has its name among its arguments."""
    if not isinstance(value, Mapping) or "name" not in value or "class_name" in value:
        return value
    config = {key: item for key, item in value.items() if key != "name"}
    return registry.deserialize({"class_name": value["name"], "config": config})


class EveryEpochs(str):
    """The word `epoch`, for every so many of them."""

    epochs: int


def every(period: Any) -> Any:
    """When to save: at the end of every so many epochs."""
    word = EveryEpochs("epoch")
    word.epochs = int(period)
    return word


def as_number(value: Any) -> Any:
    """The number that a text stands for, in programs of the past."""
    try:
        return float(value) if isinstance(value, str) and past.alive else LEFT
    except ValueError:
        return LEFT


def as_number_note(value: Any) -> str:
    """What to say of a number that is given as a text."""
    return f"the number {value!r} is in quotes." if isinstance(value, str) else ""


def with_dtype(init: Any) -> Any:
    """An initializer of Keras 1, which may be a function of a shape and a name, in today's form."""
    if not inspect.isfunction(init):
        return init
    known = inspect.signature(init).parameters
    if "dtype" in known or any(each.kind is inspect.Parameter.VAR_KEYWORD for each in known.values()):
        return init

    def initializer(shape: Any, dtype: Any = None) -> Any:
        made = init(shape, name=None) if "name" in known else init(shape)
        return getattr(made, "value", made)

    return initializer


def one_axis(value: Any) -> Any:
    """What is in a list of one."""
    several = isinstance(value, (list, tuple)) or type(value).__name__ == "ListWrapper"
    return value[0] if several and len(value) == 1 else value


def four_sides(value: Any) -> Any:
    """The padding of an image as Keras 1 has it: a dict, or four numbers."""
    if isinstance(value, Mapping):
        top, bottom, left, right = (value.get(f"{side}_pad", 0) for side in ("top", "bottom", "left", "right"))
        return ((top, bottom), (left, right))
    return (tuple(value[:2]), tuple(value[2:])) if isinstance(value, (list, tuple)) and len(value) == 4 else value


def batch(shape: Any) -> Any:
    """The shape of a batch as the shape of one sample and their number."""
    return {"input_shape": tuple(shape[1:]), "batch_size": shape[0]} if shape is not None else {}


def first_values(*weights: str, **others: Any) -> Row:
    """`weights=[W, b]`: the first values of weights, in this order."""

    def read(values: Any) -> Any:
        if values is None:
            return {}
        if not isinstance(values, (list, tuple)) or len(values) > len(weights):
            return LEFT
        given = importlib.import_module("tsuno.legacy.first_values").given_values
        return {f"{weight}_initializer": given(value) for weight, value in zip(weights, values, strict=False)} | others

    return Row(None, read)


def sequence(length: Any, features: Any) -> Any:
    """The shape of one sample from its number of steps and that of its features."""
    return (length, features)


def of_length(length: Any) -> Any:
    """The shape of one sample from the number, or numbers, of its integers."""
    return (
        LEFT if length is None else {"input_shape": tuple(length) if isinstance(length, (list, tuple)) else (length,)}
    )


def with_readers(x: Any, name: str, value: Any) -> Any:
    """A `PyDataset` that reads as `fit` was once told to: with so many workers, so far ahead."""
    if isinstance(x, PyDataset):
        setattr(x, name, value)
    return x
