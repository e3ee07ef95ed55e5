"""Objects as plain data, and the registry of what such data may name."""

from tsuno.core.registry import custom_object_scope as CustomObjectScope
from tsuno.core.registry import custom_object_scope as custom_object_scope
from tsuno.core.registry import deserialize as deserialize_keras_object
from tsuno.core.registry import get_custom_objects as get_custom_objects
from tsuno.core.registry import get_registered_name as get_registered_name
from tsuno.core.registry import get_registered_object as get_registered_object
from tsuno.core.registry import register_keras_serializable as register_keras_serializable
from tsuno.core.registry import serialize as serialize_keras_object

__all__ = [
    "CustomObjectScope", "custom_object_scope", "deserialize_keras_object", "get_custom_objects", "get_registered_name",
    "get_registered_object", "register_keras_serializable", "serialize_keras_object",
]  # fmt: skip
