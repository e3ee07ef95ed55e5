"""Where and when things run: now or in the program being traced, on this machine or on any."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

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


_portable: ContextVar[bool] = ContextVar("portable", default=False)


@contextmanager
def for_any_device() -> Iterator[None]:
    """A block in which what is traced takes its plainest form, not the one that is best for this machine."""
    token = _portable.set(True)
    try:
        yield
    finally:
        _portable.reset(token)


def is_portable() -> bool:
    """Whether a program is being traced for any device."""
    return _portable.get()


def is_for_this_cpu() -> bool:
    """Whether a program is being traced for this machine's CPU."""
    return not _portable.get() and jax.default_backend() == "cpu"


_gradient: ContextVar[bool] = ContextVar("gradient", default=False)


def with_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, known to compute a gradient when it is traced."""

    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:
        token = _gradient.set(True)
        try:
            return function(*args, **kwargs)
        finally:
            _gradient.reset(token)

    return traced


def is_for_training_here() -> bool:
    """Whether a program that computes a gradient is being traced for this machine's CPU."""
    return _gradient.get() and is_for_this_cpu()
