"""Arrays on their way from the host to the device: at once, or as constants of a program that is being traced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import jax
import jax.numpy as xp
import numpy as np
from jax import Array

_eager: ContextVar[bool] = ContextVar("eager", default=False)


@contextmanager
def eager() -> Iterator[None]:
    """A context in which array code runs at once even while a program is being traced."""
    token = _eager.set(True)
    try:
        with jax.core.eval_context():
            yield
    finally:
        _eager.reset(token)


def from_host(x: np.ndarray) -> Array:
    """An engine array of a host array's values."""
    if _eager.get():  # a transfer, where JAX would compile one program for each shape
        return jax.device_put(np.array(x))
    return xp.asarray(x)


def copy(x: Array) -> Array:
    """An array of the same values with memory of its own."""
    if isinstance(x, jax.core.Tracer):
        return x
    return jax.device_put(x, may_alias=False) if _eager.get() else xp.array(x, copy=True)
