"""Garbage collection, held back where there is none: tracing and compiling a program makes many objects that stay.

Looking through all of them time and again costs a quarter of the time that a small model takes to start.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """A block in which no garbage is looked for."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
