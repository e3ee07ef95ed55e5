"""`keras.backend`: settings of the process, and Python's own functions under the names that it gave them."""

from __future__ import annotations

import builtins
from typing import Any

from tsuno.core.errors import unknown
from tsuno.core.settings import epsilon as epsilon
from tsuno.core.settings import floatx as floatx
from tsuno.core.settings import image_data_format as image_data_format
from tsuno.core.settings import set_epsilon as set_epsilon
from tsuno.core.settings import set_floatx as set_floatx
from tsuno.core.settings import set_image_data_format as set_image_data_format
from tsuno.core.settings import standardize_data_format

__all__ = [
    "backend", "disable_tf_random_generator", "enable_tf_random_generator", "epsilon", "floatx", "image_data_format",
    "image_dim_ordering", "is_tf_random_generator_enabled", "legacy_weight_ordering", "normalize_data_format",
    "py_all", "py_any", "py_slice", "py_sum", "set_epsilon", "set_floatx", "set_image_data_format",
    "set_image_dim_ordering", "set_legacy_weight_ordering", "tf_major_version", "tf_minor_version",
]  # fmt: skip

py_all, py_any, py_slice, py_sum = builtins.all, builtins.any, builtins.slice, builtins.sum
tf_major_version, tf_minor_version = 1, 15
"""The last TensorFlow of the age that asked for it."""

FORMATS = {"th": "channels_first", "tf": "channels_last", "default": None}
"""Where images keep their channels, by the names of Keras 1."""
_switches = {"weight_ordering": False, "generator": True}


def backend() -> str:
    """`'tensorflow'`, the library whose conventions programs of the past find here."""
    return "tensorflow"


def image_dim_ordering() -> str:
    """Where images keep their channels, as Keras 1 says it: `'tf'` (last) or `'th'` (first)."""
    return "tf" if image_data_format() == "channels_last" else "th"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Set where images keep their channels: `'tf'` (last) or `'th'` (first)."""
    set_image_data_format(data_format(dim_ordering))


def data_format(dim_ordering: Any) -> Any:
    """Today's word for a layout of Keras 1; None for its default."""
    if dim_ordering not in FORMATS:
        raise unknown("dim_ordering", dim_ordering, FORMATS)
    return FORMATS[dim_ordering]


def normalize_data_format(value: str | None) -> str:
    """The layout named, or the default for None."""
    return standardize_data_format(value)


def legacy_weight_ordering() -> bool:
    """Whether weights come in the order of Keras before version 0.2; only remembered."""
    return _switches["weight_ordering"]


def set_legacy_weight_ordering(value: bool) -> None:
    """Set what `legacy_weight_ordering` returns."""
    _switches["weight_ordering"] = bool(value)


def is_tf_random_generator_enabled() -> bool:
    """Which of TensorFlow's generators is asked for; only remembered, there is one generator here."""
    return _switches["generator"]


def enable_tf_random_generator() -> None:
    """Let `is_tf_random_generator_enabled` say yes, as it does from the start."""
    _switches["generator"] = True


def disable_tf_random_generator() -> None:
    """Let `is_tf_random_generator_enabled` say no."""
    _switches["generator"] = False
