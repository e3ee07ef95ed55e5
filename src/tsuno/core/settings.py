"""The few settings that hold for the whole process: float type, fuzz factor, image layout."""

from __future__ import annotations

from typing import Any, Literal

from tsuno import engine
from tsuno.core.errors import invalid, unknown

_FLOATS = ("bfloat16", "float16", "float32", "float64")
_settings: dict[str, Any] = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


def floatx() -> str:
    """The dtype that floating-point numbers get when nothing else is said.

    Example:
        >>> tsuno.config.floatx()
        'float32'
    """
    return str(_settings["floatx"])


def set_floatx(value: str) -> None:
    """Set the default floating-point dtype: bfloat16, float16, float32 or float64.

    `float64` also lets arrays keep 64 bits, which the engine does not do by itself.
    """
    if value not in _FLOATS:
        raise unknown("float dtype", value, _FLOATS)
    if value == "float64":
        engine.enable_float64()
    _settings["floatx"] = value


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite, 1e-7 unless set."""
    return float(_settings["epsilon"])


def set_epsilon(value: float) -> None:
    """Set the fuzz factor that `epsilon()` returns."""
    if not isinstance(value, (int, float)) or value <= 0:
        raise invalid("epsilon", "a positive number", value)
    _settings["epsilon"] = value


def image_data_format() -> str:
    """Where images keep their channels: 'channels_last' (the default) or 'channels_first'."""
    return str(_settings["image_data_format"])


def set_image_data_format(data_format: Literal["channels_last", "channels_first"]) -> None:
    """Set the image layout that convolution and pooling layers take by default."""
    _settings["image_data_format"] = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """The layout named, or the default for None."""
    if data_format is None:
        return image_data_format()
    if str(data_format).lower() not in ("channels_last", "channels_first"):
        raise unknown("data_format", data_format, ("channels_last", "channels_first"))
    return str(data_format).lower()
