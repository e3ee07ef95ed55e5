"""Optimizers: how a gradient moves the weights."""

from __future__ import annotations

from typing import Any

from tsuno.core import lookup, registry
from tsuno.optimizers import schedules as schedules
from tsuno.optimizers.adam import Adam as Adam
from tsuno.optimizers.adam import AdamW as AdamW
from tsuno.optimizers.base import Optimizer as Optimizer

_NAMES: dict[str, type[Optimizer]] = {cls.__name__.lower(): cls for cls in (Adam, AdamW)}


def get(identifier: Any) -> Any:
    """The optimizer with a name or config, or the one that was passed.

    Example:
        >>> tsuno.optimizers.get("adam")
        Adam()
    """
    name = identifier.lower() if isinstance(identifier, str) else identifier
    return lookup.lookup("optimizer", name, _NAMES)


serialize = registry.serialize
deserialize = get
