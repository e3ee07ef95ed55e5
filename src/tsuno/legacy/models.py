"""`keras.models` of the past, where it has no counterpart today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno import saving
from tsuno.core.registry import deserialize
from tsuno.legacy.files import in_hdf5
from tsuno.saving import ages

__all__ = ["model_from_config", "save_model"]

save_model = in_hdf5(saving.save_model, ".keras")


def model_from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A model, with new weights, from its configuration of any age.

    Args:
        config: plain data with a class name and a config.
        custom_objects: your own classes and functions by name.
    """
    if isinstance(config, list):
        raise TypeError(
            "`model_from_config` takes the dict with a class name; a list goes to `Sequential.from_config`."
        )
    return deserialize(ages.modern(config), custom_objects)
