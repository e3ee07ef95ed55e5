"""What is said where a program uses a form of the past: one short line, once in a run for each form."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path

_said: set[str] = set()
_LIBRARY = str(Path(__file__).parents[1])


class OldForm(UserWarning):
    """A form of the past that has another name, or another meaning, today."""


def say(note: str, once_for: str) -> None:
    """Warn where the user's program calls the library."""
    if once_for in _said:
        return
    _said.add(once_for)
    frame = inspect.currentframe()
    while frame is not None and frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    assert frame is not None
    warnings.warn_explicit(note, OldForm, frame.f_code.co_filename, frame.f_lineno)


def _is_ours(file: str) -> bool:
    return file.startswith((_LIBRARY, "<frozen importlib"))
