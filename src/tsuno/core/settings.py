"""The few settings that hold for the whole process: float type, fuzz factor, image layout, limits and switches.

They start from what the file `keras.json` in the home folder says, and from the variables `KERAS_MAX_EPOCHS` and
`KERAS_MAX_STEPS_PER_EPOCH`, as programs for Keras expect.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from tsuno import engine
from tsuno.core.errors import invalid, unknown

_FLOATS = ("bfloat16", "float16", "float32", "float64")
_settings: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "max_epochs": int(os.environ.get("KERAS_MAX_EPOCHS") or 0) or None,
    "max_steps_per_epoch": int(os.environ.get("KERAS_MAX_STEPS_PER_EPOCH") or 0) or None,
    "flash_attention": None,
    "interactive_logging": True,
    "traceback_filtering": True,
    "unsafe_deserialization": False,
}


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


def max_epochs() -> int | None:
    """The most epochs that `fit` may run, None for no limit."""
    return _limit("max_epochs")


def set_max_epochs(max_epochs: int | None) -> None:
    """Cap the epochs of every `fit`, to try a program out in short; the variable `KERAS_MAX_EPOCHS` does the same.

    Args:
        max_epochs: a positive integer, or None for no limit.
    """
    _set_limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The most steps that an epoch of `fit`, `evaluate` or `predict` may have, None for no limit."""
    return _limit("max_steps_per_epoch")


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Cap the steps of every epoch, as the variable `KERAS_MAX_STEPS_PER_EPOCH` does.

    Args:
        max_steps_per_epoch: a positive integer, or None for no limit.
    """
    _set_limit("max_steps_per_epoch", max_steps_per_epoch)


def enable_flash_attention() -> None:
    """Let attention choose the device's fused kernel where there is one: the default."""
    _settings["flash_attention"] = None


def disable_flash_attention() -> None:
    """Let attention use plain matrix products only."""
    _settings["flash_attention"] = False


def is_flash_attention_enabled() -> bool | None:
    """False if fused attention is switched off; None if the engine may choose."""
    enabled: bool | None = _settings["flash_attention"]
    return enabled


def enable_interactive_logging() -> None:
    """Print progress bars and messages to standard output: the default."""
    _settings["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Send progress and messages to the logger `tsuno` of the `logging` module, for programs that nobody watches."""
    _settings["interactive_logging"] = False


def is_interactive_logging_enabled() -> bool:
    """Whether messages are printed rather than logged."""
    return bool(_settings["interactive_logging"])


def log_output() -> Any:
    """Where progress and messages are written: standard output, or a file-like object that logs each line."""
    return sys.stdout if is_interactive_logging_enabled() else _Logged()


class _Logged:
    """A text file whose lines go to the logger."""

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if line.strip():
                logging.getLogger("tsuno").info(line)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


def enable_traceback_filtering() -> None:
    """Show the frames of your own code only where a compiled function raises: the default."""
    _settings["traceback_filtering"] = True
    engine.filter_tracebacks(True)


def disable_traceback_filtering() -> None:
    """Show every frame of an error, those inside the array library too."""
    _settings["traceback_filtering"] = False
    engine.filter_tracebacks(False)


def is_traceback_filtering_enabled() -> bool:
    """Whether errors leave out the frames of the array library."""
    return bool(_settings["traceback_filtering"])


def enable_unsafe_deserialization() -> None:
    """Let files bring code with them (lambdas) when they are loaded; only for files of your own."""
    _settings["unsafe_deserialization"] = True


def is_unsafe_deserialization_enabled() -> bool:
    """Whether files may bring code with them, for all loading that is not told `safe_mode`."""
    return bool(_settings["unsafe_deserialization"])


def home_folder() -> Path:
    """The folder of downloads and caches: `$KERAS_HOME`, or `.keras` in the user's home, or in /tmp without one."""
    if given := os.environ.get("KERAS_HOME"):
        return Path(given).expanduser()
    home = Path(os.path.expanduser("~"))
    return (home if os.access(home, os.W_OK) else Path("/tmp")) / ".keras"


def _limit(name: str) -> int | None:
    limit: int | None = _settings[name]
    return limit


def _set_limit(name: str, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise invalid(name, "a positive integer or None", value)
    _settings[name] = value


def _read_file() -> None:
    """Take the settings of the user's `keras.json`, if there is one."""
    path = home_folder() / "keras.json"
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    setters: dict[str, Callable[[Any], None]] = {
        "floatx": set_floatx,
        "epsilon": set_epsilon,
        "image_data_format": set_image_data_format,
    }
    for name, setter in setters.items():
        if isinstance(given, dict) and name in given and given[name] != _settings[name]:
            try:
                setter(given[name])
            except ValueError as problem:
                warnings.warn(f"The file {str(path)!r} is not followed in this: {problem}", stacklevel=2)


_read_file()
