"""Small tools around models and data."""

from tsuno.core.naming import reset_names as clear_session
from tsuno.core.registry import custom_object_scope as CustomObjectScope
from tsuno.core.registry import custom_object_scope as custom_object_scope
from tsuno.core.registry import deserialize as deserialize_keras_object
from tsuno.core.registry import get_custom_objects as get_custom_objects
from tsuno.core.registry import get_registered_name as get_registered_name
from tsuno.core.registry import get_registered_object as get_registered_object
from tsuno.core.registry import register_keras_serializable as register_keras_serializable
from tsuno.core.registry import serialize as serialize_keras_object
from tsuno.core.seeds import set_random_seed as set_random_seed
from tsuno.utils.numerical import normalize as normalize
from tsuno.utils.numerical import to_categorical as to_categorical

__all__ = [
    "CustomObjectScope", "clear_session", "custom_object_scope", "deserialize_keras_object", "get_custom_objects",
    "get_registered_name", "get_registered_object", "normalize", "register_keras_serializable",
    "serialize_keras_object", "set_random_seed", "to_categorical",
]  # fmt: skip
