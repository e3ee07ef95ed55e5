"""Attributes set on a layer that is in use take effect: nothing that is compiled goes on with what was there before.

Keras compiles a layer's activation, rate or regularizer into its programs and leaves them there. Here a new value for
a constructor's argument reaches the weights made for it, and compiled programs are made anew when next needed.
"""

from __future__ import annotations

from typing import Any

from tsuno.core.context import constants, context
from tsuno.core.registry import in_library
from tsuno.core.seeds import SeedGenerator
from tsuno.core.variable import Holder, Variable, children
from tsuno.layers.parts import PARTS

_HARMLESS = {"name", "trainable"}  # no program holds the first; `compile` settles the second


class Changeable(Holder):
    """Base of objects whose constructor's arguments may be set as attributes later."""

    name: str
    seed_generator: SeedGenerator | None

    def _constructed(self) -> None:
        for rewrite in context.made:
            rewrite(self)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        before = own.get(name, own)
        part = name.rpartition("_")[2]
        if (
            part in PARTS
            and isinstance(value, str)
            and (callable(before) or (in_library(type(self)) and "built" in own))
        ):
            value = PARTS[part](value)
        super().__setattr__(name, value)
        in_use = own.get("built") and "_in_build" not in own and context.bindings is None
        if not in_use or before is own or name in _HARMLESS or name not in own["_arguments"]:
            return
        if before is value or (type(value) in (bool, int, float, str, tuple) and before == value):
            return
        if part in ("regularizer", "constraint"):
            for weight in self._weights_for(name.rpartition("_")[0]):
                setattr(weight, part, PARTS[part](value))
        if own.get("seed_generator", own) is None and "seed" in own:  # a rate that was zero
            self.seed_generator = SeedGenerator(own["seed"])
        constants.changed()

    def _weights_for(self, part: str) -> list[Variable]:
        """The weights that the constructor's arguments `<part>_initializer` and the like are for."""
        own = [child for child in children(self) if isinstance(child, Variable)]
        return [weight for weight in own if weight.name.startswith(part)] or [w for w in own if w.name == "kernel"]

    @property
    def _name(self) -> str:
        """The name, as programs for Keras 2 set it."""
        return self.name

    @_name.setter
    def _name(self, value: str) -> None:
        self.name = value
