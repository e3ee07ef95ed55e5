"""How layers are called: which arguments `call` takes, which masks belong to them, what shapes they have."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tsuno import engine
from tsuno.core import tree
from tsuno.core.config import once
from tsuno.core.context import context, get_mask
from tsuno.core.errors import invalid, reason
from tsuno.core.functions import probe
from tsuno.core.registry import in_library
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Holder

if TYPE_CHECKING:
    from tsuno.layers.base import Layer


class CallSignature:
    """What `call` of a class takes, found once."""

    def __init__(self, cls: Any) -> None:
        parameters = list(inspect.signature(cls.call).parameters.values())[1:]
        self.names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.keyword_only = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        self.variadic = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
        self.open = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.first = self.names[0] if self.names else (self.variadic or "")
        self.required = [p.name for p in parameters if p.default is p.empty and p.name in self.names]
        takes = {*self.names, *self.keyword_only}
        self.takes_training = "training" in takes
        defaults = {p.name: p.default for p in parameters}
        default = defaults.get("training")
        self.training_default = None if default is inspect.Parameter.empty else default
        # `mask` belongs to the first argument, `<argument>_mask` to the argument of that name.
        self.mask_of = {f"{name}_mask": name for name in self.names if f"{name}_mask" in takes}
        if "mask" in takes:
            self.mask_of["mask"] = self.first

    def bind(self, layer: Layer, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name."""
        if self.variadic is None and len(args) > len(self.names):
            raise TypeError(
                f"`{layer.path}` takes {len(self.names)} positional arguments; {len(args)} were given. Pass several "
                "inputs as a list."
            )
        arguments = dict(zip(self.names, args, strict=False))
        if self.variadic is not None and len(args) > len(self.names):
            arguments[self.variadic] = tuple(args[len(self.names) :])
        for name, value in kwargs.items():
            if name == "training" and not self.takes_training and not self.open:
                if value is not None:
                    arguments["training"] = value  # for the layers inside
            elif name in self.names or name in self.keyword_only or self.open:
                arguments[name] = value
            elif name != "mask" or value is not None:
                raise TypeError(
                    f"`{layer.path}` ({type(layer).__name__}) takes no argument {name!r}; its `call` has "
                    f"{', '.join((*self.names, *self.keyword_only)) or 'none'}."
                )
        missing = [name for name in self.required if name not in arguments and name != "training"]
        if missing:
            raise TypeError(f"`{layer.path}` ({type(layer).__name__}) must be called with {missing[0]!r}.")
        first = arguments.get(self.first, self)
        if isinstance(first, (Holder, type, str)) or (first is None and not layer.built and in_library(type(layer))):
            raise invalid(f"{layer.path}.{self.first}", "an array or a symbolic tensor", arguments[self.first])
        return arguments

    def fill_masks(self, arguments: dict[str, Any]) -> Any:
        """Give mask arguments the masks that the tensors carry; returns those of the first argument.

        As in Keras, `mask` is not filled in where further arguments hold tensors, such as initial states.
        """
        several = sum(_holds_tensors(value) for value in arguments.values()) > 1
        for mask_name, name in self.mask_of.items():
            if mask_name == "mask" and several:
                continue
            if arguments.get(mask_name) is None and arguments.get(name) is not None:
                mask = carried_masks(arguments[name])
                if mask is not None:
                    arguments[mask_name] = mask
        given = arguments.get("mask") if "mask" in self.mask_of else None
        return carried_masks(arguments.get(self.first)) if given is None else given

    def call(self, layer: Layer, arguments: dict[str, Any]) -> Any:
        arguments = dict(arguments)
        if not self.takes_training and not self.open:
            arguments.pop("training", None)
        positional: tuple[Any, ...] = ()
        if self.variadic is not None and self.variadic in arguments:
            rest = arguments.pop(self.variadic)
            positional = (*(arguments.pop(name) for name in self.names if name in arguments), *rest)
        try:
            outputs = layer.call(*positional, **arguments)
        except (TypeError, ValueError, IndexError) as problem:
            _locate(problem, layer, (*positional, *arguments.values()))
            raise
        if context.probes is not None:
            probe(f"the output of `{layer.path}` ({type(layer).__name__})", outputs)
        return outputs if context.tap is None else context.tap(layer, outputs)


def _locate(problem: Exception, layer: Layer, values: tuple[Any, ...]) -> None:
    """Say in the error of an op which layer it was in, once."""
    if not hasattr(problem, "reason") or hasattr(problem, "_located"):
        return
    leaves = tree.flatten([value for value in values if _holds_tensors(value)])
    if any(engine.is_traced(leaf) for leaf in leaves):
        return  # the shapes at hand are stand-ins for those that the layer was called with
    shown = " and ".join(str(tuple(leaf.shape)) for leaf in leaves)
    problem.args = (
        f"The layer `{layer.path}` ({type(layer).__name__}) cannot be applied to an input of shape {shown}: "
        f"{reason(problem)}.",
    )
    problem._located = True  # type: ignore[attr-defined]


def _holds_tensors(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(_holds_tensors(item) for item in value)
    return hasattr(value, "shape") and hasattr(value, "dtype")


def carried_masks(tensors: Any) -> Any:
    """The masks that a structure of tensors carries, None if there are none."""
    if isinstance(tensors, (list, tuple)):
        masks = [carried_masks(value) for value in tensors]
        return masks if any(mask is not None for mask in masks) else None
    if isinstance(tensors, dict):
        masked = {key: carried_masks(value) for key, value in tensors.items()}
        return masked if any(mask is not None for mask in masked.values()) else None
    return get_mask(tensors)


def shapes_of(tensors: Any) -> Any:
    """The shapes of a structure of tensors."""
    if isinstance(tensors, dict):
        return {key: shapes_of(value) for key, value in tensors.items()}
    if isinstance(tensors, (list, tuple)):
        return [shapes_of(value) for value in tensors]
    return tuple(tensors.shape) if hasattr(tensors, "shape") else None


def symbols_of(shape: Any, dtype: str) -> Any:
    """Symbolic tensors for a structure of shapes."""
    if isinstance(shape, dict):
        return {key: symbols_of(value, dtype) for key, value in shape.items()}
    if isinstance(shape, (list, tuple)) and shape and isinstance(shape[0], (list, tuple)):
        return [symbols_of(value, dtype) for value in shape]
    return None if shape is None else KerasTensor(shape, dtype)


@once
def call_signature(cls: Any) -> CallSignature:
    """What `call` of a class takes."""
    return CallSignature(cls)
