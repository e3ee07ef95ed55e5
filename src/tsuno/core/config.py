"""Configuration from the signature: the constructor's arguments are captured once, and nobody writes them again.

`Configurable` wraps each class's `__init__` at the point where a user calls it. There, in this order, the arguments
are bound to the signature (a misspelt one is named, with the nearest right name), checked against their annotations,
and kept. `get_config`, `from_config` and `repr` follow. A class whose `__init__` passes `**kwargs` on shows, checks
and captures the parameters of its base class as its own.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self, TypeVar, get_type_hints

from tsuno.core import past, registry
from tsuno.core.errors import suggest
from tsuno.core.validate import check

_KEYWORDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
F = TypeVar("F", bound=Callable[..., Any])


def once(function: F) -> F:
    """`function`, computed once for each argument."""
    return functools.cache(function)  # type: ignore[return-value]


class _SignatureOfClass:
    """The signature of a class's constructor, found when somebody asks."""

    def __get__(self, instance: Any, cls: type) -> inspect.Signature:
        return _signature(cls)


class Configurable:
    """Base of everything that is described by its constructor's arguments."""

    __signature__: ClassVar[Any] = _SignatureOfClass()
    _arguments: dict[str, Any]
    _takes_any: ClassVar[bool] = False
    """Whether the constructor takes arguments of any name; classes of users that have `**kwargs` do."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" in cls.__dict__:
            cls.__init__ = _boundary(cls, cls.__init__)  # type: ignore[method-assign]
        if registry.in_library(cls) and not cls.__name__.startswith("_"):
            registry.add_to_library(cls)

    def _keep(self, arguments: Mapping[str, Any]) -> None:
        """What a family of classes does with its constructors' arguments before any constructor runs."""

    def _constructed(self) -> None:
        """What a family of classes does with objects whose constructors have run."""

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data, enough for `from_config` to make an equal object."""
        config = {}
        arguments: dict[str, Any] = getattr(self, "_arguments", {})
        for parameter, owner in _parameters(type(self)):
            name = parameter.name
            if parameter.kind not in _KEYWORDS or name not in arguments:
                continue
            value = arguments[name]
            if registry.in_library(owner):  # the library keeps arguments under their own names
                value = getattr(self, name, value)
            config[name] = registry.serialize(value)
        return config | registry.serialize(arguments.get("kwargs", {}))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """An object from what `get_config` returned."""
        arguments = {name: registry.deserialize(value) for name, value in config.items()}
        if registry.in_library(cls):
            # What this version has no argument for may be left out where it says nothing.
            known = {parameter.name for parameter, _ in _parameters(cls)}
            arguments = {name: value for name, value in arguments.items() if name in known or value is not None}
            arguments = past.rewrite(cls, (), arguments, quiet=True)[1]
            try:
                return cls(**arguments)
            except (TypeError, ValueError):
                if (older := past.again(cls, (), arguments)) is None:
                    raise
                return cls(**older[1])
        return cls(**arguments)

    def __repr__(self) -> str:
        defaults = {parameter.name: parameter.default for parameter, _ in _parameters(type(self))}
        given = [
            f"{name}={value!r}"
            for name, value in getattr(self, "_arguments", {}).items()
            if not _same(value, defaults.get(name, inspect.Parameter.empty))
        ]
        return f"{type(self).__name__}({', '.join(given)})"


def _same(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, (str, int, float, bool, tuple)) and value == default)


@once
def _signature(cls: type[Configurable]) -> inspect.Signature:
    parameters = [parameter for parameter, _ in _parameters(cls)]
    if cls._takes_any or (not registry.in_library(cls) and _is_open(cls)):
        parameters.append(inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD))
    return inspect.Signature(parameters)


@once
def _parameters(cls: type) -> list[tuple[inspect.Parameter, type]]:
    """The parameters that a class's constructor takes, each with the class that declares it."""
    own: list[tuple[inspect.Parameter, type]] = []
    first: type | None = None
    for owner in cls.__mro__:
        init = owner.__dict__.get("__init__")
        if owner is object or init is None:
            continue
        first = first or owner
        declared: Any = vars(init).get("__wrapped__", init)  # without words of the past, which programs may be shown
        parameters = list(inspect.signature(declared).parameters.values())[1:]
        names = {parameter.name for parameter, _ in own}
        forwards = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
        for parameter in parameters:
            if parameter.kind is inspect.Parameter.VAR_KEYWORD or parameter.name in names:
                continue
            if owner is not first and parameter.kind in _KEYWORDS:
                if parameter.default is inspect.Parameter.empty:
                    continue  # what the base class needs, the class itself passes on
                parameter = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            own.append((parameter, owner))
        if not forwards:
            return own
    return own


@once
def _annotations(cls: type) -> dict[str, Any]:
    """The evaluated annotations of the constructor's parameters that the library declares."""
    hints: dict[str, Any] = {}
    for owner in reversed(cls.__mro__):
        init = owner.__dict__.get("__init__")
        if init is not None and registry.in_library(owner):
            hints |= get_type_hints(init, include_extras=True)
    own = {parameter.name for parameter, owner in _parameters(cls) if registry.in_library(owner)}
    return {name: hint for name, hint in hints.items() if name in own}


def _is_open(cls: type) -> bool:
    """Whether a class's own constructor has `**kwargs`, which may be for anything."""
    init = vars(cls).get("__init__")
    parameters = [] if init is None else inspect.signature(init).parameters.values()
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)


def _boundary(owner: type, init: Callable[..., None]) -> Callable[..., None]:
    """`init`, with its arguments bound, checked and captured where the user's call comes in."""

    @functools.wraps(init)
    def construct(self: Any, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        outermost = "_arguments" not in self.__dict__
        if not outermost and (registry.in_library(cls) or not registry.in_library(owner)):
            return init(self, *args, **kwargs)
        if registry.in_library(owner):  # a class of the user's has words of its own
            known = next(base for base in cls.__mro__ if registry.in_library(base))
            args, kwargs = past.rewrite(known, args, kwargs)
        try:
            bound = _checked(cls if outermost else owner, cls.__name__, args, kwargs)
        except (TypeError, ValueError):
            if not registry.in_library(owner) or (older := past.again(known, args, kwargs)) is None:
                raise
            bound = _checked(cls if outermost else owner, cls.__name__, *older)
        args, kwargs = bound.args, bound.kwargs
        bound.apply_defaults()
        if outermost:
            object.__setattr__(self, "_arguments", dict(bound.arguments))
        if registry.in_library(owner):
            self._keep(bound.arguments)
        init(self, *args, **kwargs)
        if outermost:
            self._constructed()
        return None

    return construct


def _checked(cls: type, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments:
    """The arguments of a class by its signature, in their plain form; `name` is what messages call it."""
    bound, annotations = _bind(cls, args, kwargs), _annotations(cls)
    for argument, value in bound.arguments.items():
        if argument in annotations:
            bound.arguments[argument] = check(annotations[argument], value, f"{name}.{argument}")
    return bound


def _bind(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments:
    signature: inspect.Signature = cls.__signature__  # type: ignore[attr-defined]
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as problem:
        names = [name for name, parameter in signature.parameters.items() if parameter.kind in _KEYWORDS]
        strange = [name for name in kwargs if name not in names]
        if strange:
            hint = suggest(strange[0], names) or f" It takes {', '.join(names)}."
            raise TypeError(f"{cls.__name__} has no argument {strange[0]!r}.{hint}") from None
        missing = [
            name
            for name in names[len(args) :]
            if name not in kwargs and signature.parameters[name].default is inspect.Parameter.empty
        ]
        if missing:
            given = " The class itself, without parentheses, is no object." if not args and not kwargs else ""
            raise TypeError(f"{cls.__name__} needs the argument {missing[0]!r}.{given}") from None
        raise TypeError(f"{cls.__name__}: {problem}. Its signature is {cls.__name__}{signature}.") from None
