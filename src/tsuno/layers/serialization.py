"""Layers as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno.core import registry
from tsuno.layers.base import Layer, require_layer


def serialize(layer: Layer) -> dict[str, Any]:
    """A layer's class and configuration as plain data.

    Example:
        >>> tsuno.layers.serialize(tsuno.layers.Flatten())["class_name"]
        'Flatten'
    """
    data: dict[str, Any] = registry.serialize(require_layer(layer, "serialize.layer"))
    return data


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Layer:
    """A new layer from what `serialize` returned.

    Args:
        config: the plain data.
        custom_objects: classes and functions of your own by name.

    Raises:
        ValueError: a name in it is not known.

    Example:
        >>> config = tsuno.layers.serialize(tsuno.layers.Dense(3))
        >>> tsuno.layers.deserialize(config).units
        3
    """
    return require_layer(registry.deserialize(dict(config), custom_objects), "deserialize.config")
