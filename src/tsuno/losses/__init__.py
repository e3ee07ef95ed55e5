"""Losses: what training makes small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tsuno.core import lookup, registry
from tsuno.losses.base import Loss as Loss
from tsuno.losses.regression import MeanSquaredError as MeanSquaredError
from tsuno.losses.regression import mean_squared_error as mean_squared_error

_NAMES: dict[str, Callable[..., Any]] = {"mse": mean_squared_error}
_NAMES |= {function.__name__: function for function in _NAMES.values()}
_NAMES |= {cls.__name__: cls for cls in (MeanSquaredError,)}


def get(identifier: Any) -> Any:
    """The loss with a name or config, or what was passed.

    Example:
        >>> tsuno.losses.get("mse").__name__
        'mean_squared_error'
    """
    return lookup.lookup("loss", identifier, _NAMES)


serialize = registry.serialize
deserialize = get
