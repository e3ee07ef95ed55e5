"""What holds during a call, for everything below it: one object per thread, changed by one `scope`."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Context(threading.local):
    """The state of the call in progress."""

    training: bool | None = None
    """Whether layers train, where a call does not say."""
    bindings: dict[int, Any] | None = None
    """Values that variables have inside a pure function, by the variable's id."""
    assigned: dict[int, Any] | None = None
    """Where a variable that is assigned to inside a pure function enters itself, by its id."""
    compute_dtype: str | None = None
    """The dtype that float variables are read in."""
    present: Any = None
    """Which rows of a batch count, where it was filled up: see `training.filling`."""
    losses: list[Any] | None = None
    """Where `add_loss` puts its values."""
    path: tuple[str, ...] = ()
    """The names of the layers around the one at work."""
    layer: Any = None
    """The layer at work."""
    probes: list[tuple[str, Any]] | None = None
    """Where layers and optimizers say by name whether what they computed is finite; None if nobody asks."""
    tap: Callable[[Any, Any], Any] | None = None
    """A function of (operation, outputs) that the outputs of every call pass through; None if nobody looks."""
    observers: tuple[Any, ...] = ()
    """Functions of (gradients, weights) that optimizers call before they move the weights."""
    recomputing: bool = False
    """Whether what is computed is not kept for the gradient anyway."""
    awaiting: list[Any] | None = None
    """Where variables enter themselves that get their values from a file; None where they make their own."""
    nothing: Any = None
    """While shapes are inferred, a number without a value: what values are made of that are still to come."""
    products: dict[int, Any] | None = None
    """Inside a loop over time, functions that multiply with a weight, by the weight's id."""
    made: tuple[Any, ...] = ()
    """Functions that each new layer is passed through."""
    recording: Any = None
    """A `core.spec.Recording` where calls on variables are recorded too; None inside pure functions."""

    @property
    def plain(self) -> bool:
        """Whether nothing is around a call that could change what it does, or that wants to know of it."""
        return not (
            self.path
            or self.bindings is not None
            or self.training is not None
            or self.losses is not None
            or self.recording is not None
            or self.probes is not None
            or self.tap is not None
        )


context = Context()


class Constants:
    """What layers have found in data and programs hold as constants, such as vocabularies: how often it has changed."""

    version = 0

    def changed(self) -> None:
        """Programs compiled before are not to be used any more."""
        self.version += 1


constants = Constants()


@contextmanager
def scope(**changes: Any) -> Iterator[None]:
    """Set fields of the context for the duration of a block."""
    if "bindings" in changes:  # a pure function begins, or ends for a while
        changes.setdefault("recording", None)
    before = {name: getattr(context, name) for name in changes}
    try:
        for name, value in changes.items():
            setattr(context, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)


def enclosed(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function for a loop or a branch of a compiled program: nothing leaves it but its result."""

    def call(*args: Any) -> Any:
        with scope(probes=None, tap=None):
            return function(*args)

    return call


# Masks travel with tensors: arrays take no attributes, so they are kept beside them.
_masks: dict[int, tuple[weakref.ref[Any], Any]] = {}


def get_mask(x: Any) -> Any:
    """The mask that the layer which made `x` gave it, or None."""
    entry = _masks.get(id(x))
    return entry[1] if entry and entry[0]() is x else None


def set_mask(x: Any, mask: Any) -> None:
    """Let `x` carry `mask` (True where a step counts) for as long as it lives."""
    key = id(x)
    if mask is None:
        _masks.pop(key, None)
    else:
        _masks[key] = (weakref.ref(x, lambda _, masks=_masks: masks.pop(key, None)), mask)  # type: ignore[misc]
