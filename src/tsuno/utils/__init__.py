"""Small tools around models and data."""

from tsuno.core.dtypes import standardize_dtype as standardize_dtype
from tsuno.core.naming import clear_session as clear_session
from tsuno.core.registry import custom_object_scope as CustomObjectScope
from tsuno.core.registry import custom_object_scope as custom_object_scope
from tsuno.core.registry import deserialize as deserialize_keras_object
from tsuno.core.registry import get_custom_objects as get_custom_objects
from tsuno.core.registry import get_registered_name as get_registered_name
from tsuno.core.registry import get_registered_object as get_registered_object
from tsuno.core.registry import register_keras_serializable as register_keras_serializable
from tsuno.core.registry import serialize as serialize_keras_object
from tsuno.core.seeds import set_random_seed as set_random_seed
from tsuno.core.settings import disable_interactive_logging as disable_interactive_logging
from tsuno.core.settings import enable_interactive_logging as enable_interactive_logging
from tsuno.core.settings import is_interactive_logging_enabled as is_interactive_logging_enabled
from tsuno.data.py_dataset import PyDataset as PyDataset
from tsuno.data.py_dataset import Sequence as Sequence
from tsuno.training.packing import pack_x_y_sample_weight as pack_x_y_sample_weight
from tsuno.training.packing import unpack_x_y_sample_weight as unpack_x_y_sample_weight
from tsuno.utils import bounding_boxes as bounding_boxes
from tsuno.utils import legacy as legacy
from tsuno.utils.directory import audio_dataset_from_directory as audio_dataset_from_directory
from tsuno.utils.directory import image_dataset_from_directory as image_dataset_from_directory
from tsuno.utils.directory import text_dataset_from_directory as text_dataset_from_directory
from tsuno.utils.downloads import get_file as get_file
from tsuno.utils.feature_space import FeatureSpace as FeatureSpace
from tsuno.utils.images import array_to_img as array_to_img
from tsuno.utils.images import img_to_array as img_to_array
from tsuno.utils.images import load_img as load_img
from tsuno.utils.images import save_img as save_img
from tsuno.utils.named_values import Config as Config
from tsuno.utils.numerical import normalize as normalize
from tsuno.utils.numerical import to_categorical as to_categorical
from tsuno.utils.plotting import model_to_dot as model_to_dot
from tsuno.utils.plotting import plot_model as plot_model
from tsuno.utils.progress_bar import Progbar as Progbar
from tsuno.utils.sequences import pad_sequences as pad_sequences
from tsuno.utils.splitting import split_dataset as split_dataset
from tsuno.utils.splitting import timeseries_dataset_from_array as timeseries_dataset_from_array
from tsuno.utils.symbols import get_source_inputs as get_source_inputs
from tsuno.utils.symbols import is_keras_tensor as is_keras_tensor
from tsuno.utils.trying_out import find_batch_size as find_batch_size
from tsuno.utils.trying_out import overfit_one_batch as overfit_one_batch

__all__ = [
    "array_to_img", "audio_dataset_from_directory", "bounding_boxes", "clear_session", "Config",
    "custom_object_scope", "CustomObjectScope", "deserialize_keras_object", "disable_interactive_logging",
    "enable_interactive_logging", "FeatureSpace", "find_batch_size", "get_custom_objects", "get_file",
    "get_registered_name", "get_registered_object", "get_source_inputs", "image_dataset_from_directory",
    "img_to_array", "is_interactive_logging_enabled", "is_keras_tensor", "legacy", "load_img", "model_to_dot",
    "normalize", "overfit_one_batch", "pack_x_y_sample_weight", "pad_sequences", "plot_model", "Progbar",
    "PyDataset", "register_keras_serializable", "save_img", "Sequence", "serialize_keras_object", "set_random_seed",
    "split_dataset", "standardize_dtype", "text_dataset_from_directory", "timeseries_dataset_from_array",
    "to_categorical", "unpack_x_y_sample_weight",
]  # fmt: skip
