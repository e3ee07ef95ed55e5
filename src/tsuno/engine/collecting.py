"""Garbage collection, held back where there is none: imports, tracing and compiling make many objects that stay.

Looking through all of them time and again takes a third of the time of a program with a small model, from its start to
its end.
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


@contextmanager
def for_good() -> Iterator[None]:
    """A block after which the objects that there are then, its own for the most part, are not looked through again.

    That spares the last search too, when Python ends. What is garbage before goes first; `collect_all` looks through
    the rest.
    """
    gc.collect()
    with without_collecting():
        yield
    gc.freeze()


def collect_all() -> None:
    """Free all that nothing refers to any more, however old it is."""
    gc.unfreeze()
    gc.collect()
