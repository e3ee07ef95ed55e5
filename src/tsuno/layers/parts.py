"""What the constructors of all layers have in common: options, and arguments that name parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from tsuno import activations, constraints, initializers, regularizers
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
