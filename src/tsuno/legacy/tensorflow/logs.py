"""`tf.logging`: Python's logging under other names."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

DEBUG, INFO, WARN, WARNING, ERROR, FATAL = 10, 20, 30, 30, 40, 50


def _logger() -> logging.Logger:
    logger = logging.getLogger("tensorflow")
    if not logger.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(WARN)
        logger.propagate = False
    return logger


def _say(level: int) -> Callable[..., None]:
    def say(msg: Any, *args: Any, **kwargs: Any) -> None:
        _logger().log(level, msg, *args, **kwargs)

    return say


def set_verbosity(v: Any) -> None:
    """How serious a message must be to be shown."""
    _logger().setLevel(v)


def get_verbosity() -> int:
    """How serious a message must be to be shown."""
    return _logger().getEffectiveLevel()


def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Say something."""
    _logger().log(level, msg, *args, **kwargs)


def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Say something the first few times."""
    _counts[str(msg)] = _counts.get(str(msg), 0) + 1
    if _counts[str(msg)] <= n:
        _logger().log(level, msg, *args)


def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Say something every few times."""
    _counts[str(msg)] = _counts.get(str(msg), 0) + 1
    if _counts[str(msg)] % n == 1 or n == 1:
        _logger().log(level, msg, *args)


def flush() -> None:
    """Has no effect."""


_counts: dict[str, int] = {}
FUNCTIONS: dict[str, Any] = {
    "debug": _say(DEBUG), "info": _say(INFO), "warn": _say(WARN), "warning": _say(WARN), "error": _say(ERROR),
    "fatal": _say(FATAL),
}  # fmt: skip
AS_THEY_ARE = {"flush", "get_verbosity", "log", "log_every_n", "log_first_n", "set_verbosity"}
