"""What the constructors of all layers have in common: options, and arguments that name parts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypedDict

from tsuno import activations, constraints, initializers, regularizers
from tsuno.core.registry import deserialize
from tsuno.core.variable import Holder, Variable


class LayerOptions(TypedDict, total=False):
    """The arguments that every layer takes."""

    trainable: bool
    dtype: Any
    autocast: bool
    name: str | None
    input_shape: Any


PARTS: dict[str, Callable[[Any], Any]] = {
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
    "activation": activations.get,
}
SAID = ("initializer", "regularizer", "constraint")


class Memory(Holder):
    """Variables that are no weights: what a layer keeps from one call to the next."""

    def __init__(self, variables: list[Variable]) -> None:
        self.variables = variables


def inner_layer(data: Any) -> Any:
    """The layer that a configuration describes (or a list of them), not built: that is up to the layer around it."""
    return deserialize(_unbuilt(data)) if isinstance(data, (dict, list)) else data


def _unbuilt(data: Any) -> Any:
    if isinstance(data, list):
        return [_unbuilt(item) for item in data]
    return {k: _unbuilt(v) for k, v in data.items() if k != "build_config"} if isinstance(data, dict) else data


def is_of_heirs(cls: type, base: type, name: str) -> bool:
    """Whether a class, or one between it and `base`, declares a constructor's parameter of that name itself."""
    return any(
        name in inspect.signature(owner.__dict__["__init__"]).parameters
        for owner in cls.__mro__
        if "__init__" in owner.__dict__ and owner is not base and owner is not object
    )
