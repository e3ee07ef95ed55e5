"""Files; objects as plain data, and the registry of what such data may name."""

from tsuno.core.registry import custom_object_scope as CustomObjectScope
from tsuno.core.registry import custom_object_scope as custom_object_scope
from tsuno.core.registry import get_custom_objects as get_custom_objects
from tsuno.core.registry import get_registered_name as get_registered_name
from tsuno.core.registry import get_registered_object as get_registered_object
from tsuno.core.registry import register_keras_serializable as register_keras_serializable
from tsuno.core.registry import serialize as serialize_keras_object
from tsuno.saving.editor import KerasFileEditor as KerasFileEditor
from tsuno.saving.files import load_model as load_model
from tsuno.saving.files import load_weights as load_weights
from tsuno.saving.files import save_model as save_model
from tsuno.saving.files import save_weights as save_weights
from tsuno.saving.inspecting import inspect as inspect
from tsuno.saving.state import whole_config as whole_config
from tsuno.saving.text import deserialize_keras_object as deserialize_keras_object
from tsuno.saving.text import model_from_json as model_from_json
from tsuno.saving.text import model_from_yaml as model_from_yaml
from tsuno.saving.text import to_yaml as to_yaml

__all__ = [
    "CustomObjectScope", "KerasFileEditor", "custom_object_scope", "deserialize_keras_object", "get_custom_objects",
    "get_registered_name", "get_registered_object", "inspect", "load_model", "load_weights", "model_from_json",
    "model_from_yaml", "register_keras_serializable", "save_model", "save_weights", "serialize_keras_object",
]  # fmt: skip
