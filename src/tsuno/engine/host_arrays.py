"""Memory: how much there is, and how a host array becomes an engine array, if possible where it is."""

from __future__ import annotations

import ctypes
import math
import os
import sys
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as xp
import numpy as np

_ALIGNMENT = 64
"""What the address of an array must be a multiple of for the CPU to compute with it where it is."""


def put(x: Any) -> Any:
    """A tree of host arrays placed on the default device, without waiting."""
    return jax.device_put(x)


def empty(shape: Sequence[int], dtype: Any) -> np.ndarray:
    """A host array to be filled, whose memory can become that of an engine array; see `placed`."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.empty(size + _ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def is_host() -> bool:
    """Whether the default device computes in the host's memory."""
    return jax.default_backend() == "cpu" and getattr(jax.config, "jax_default_device", None) is None


def is_shareable(x: Any) -> bool:
    """Whether a host array can become an engine array where it is."""
    return (
        x.__class__ is np.ndarray
        and x.ctypes.data % _ALIGNMENT == 0
        and x.flags.c_contiguous
        and x.dtype == jax.dtypes.canonicalize_dtype(x.dtype)
    )


def placed(x: np.ndarray) -> Any:
    """An engine array of a host array that nobody changes any more, without a copy where that is possible."""
    return xp.asarray(x) if x.dtype != jax.dtypes.canonicalize_dtype(x.dtype) else jax.device_put(x)


def release_memory() -> None:
    """Give memory that has been freed back to the system, where the C library would keep it (glibc)."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def memory() -> int | None:
    """Bytes of memory that the default device has for arrays; None if it does not say."""
    statistics = jax.devices()[0].memory_stats()
    return statistics.get("bytes_limit") if statistics else None


def host_memory() -> int | None:
    """Bytes of memory that the machine has; None if it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
