"""Objects as plain data in the form of Keras 2: a class name and a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno.core import registry
from tsuno.core.errors import invalid


def serialize_keras_object(instance: Any) -> Any:
    """An object as `{"class_name", "config"}`, a function as its name.

    Example:
        >>> tsuno.utils.legacy.serialize_keras_object(tsuno.layers.Flatten(name="flat"))["class_name"]
        'Flatten'
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        config = {
            name: serialize_keras_object(value) if hasattr(value, "get_config") else value
            for name, value in instance.get_config().items()
        }
        return {"class_name": registry.get_registered_name(type(instance)), "config": config}
    if hasattr(instance, "__name__"):
        return registry.get_registered_name(instance)
    raise invalid("serialize_keras_object.instance", "an object with `get_config`, a function or None", instance)


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """The object that `serialize_keras_object` described.

    Args:
        identifier: a dict with `class_name` and `config`, a name, or None; an object is returned as it is.
        module_objects: names that resolve beside those of the library.
        custom_objects: names of your own.
        printable_module_name: what the object is, for messages.

    Example:
        >>> config = {"class_name": "Flatten", "config": {"name": "flat"}}
        >>> tsuno.utils.legacy.deserialize_keras_object(config).name
        'flat'
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        if "class_name" not in identifier or "config" not in identifier:
            raise invalid(
                f"deserialize_keras_object.{printable_module_name}", "a dict with class_name and config", identifier
            )
        cls = _find(identifier["class_name"], module_objects, custom_objects)
        config = identifier["config"]
        with registry.custom_object_scope(custom_objects or {}):
            return cls.from_config(config) if hasattr(cls, "from_config") else cls(**config)
    if isinstance(identifier, str):
        found = _find(identifier, module_objects, custom_objects)
        return found() if isinstance(found, type) else found
    if callable(identifier):
        return identifier
    raise invalid(f"deserialize_keras_object.{printable_module_name}", "a dict, a name or None", identifier)


def _find(name: str, module_objects: Mapping[str, Any] | None, custom_objects: Mapping[str, Any] | None) -> Any:
    found = registry.get_registered_object(name, custom_objects, module_objects)
    return registry.find_object(name, None, custom_objects) if found is None else found
