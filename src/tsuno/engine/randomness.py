"""Random numbers from counter-based keys: a key is two 32-bit words, (seed, counter).

The bits are those of Threefry-2x32 (J. K. Salmon et al., *Parallel Random Numbers: As Easy as 1, 2, 3*, 2011) as
`jax.random` lays them out. Small arrays asked for outside a compiled program come from the same algorithm written
over NumPy here: a model is initialised without compiling one program per weight shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax import Array

from tsuno.engine.placement import from_host

_HOST_LIMIT = 1 << 22  # above this many values a compiled program wins over NumPy
_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def uniform(key: Any, shape: Sequence[int], minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = "float32") -> Array:
    if _on_host(key, shape, dtype, minval, maxval):
        return from_host(_host_uniform(key, shape, np.float32(minval), np.float32(maxval)))
    return jax.random.uniform(key, tuple(shape), dtype=dtype, minval=minval, maxval=maxval)


def normal(key: Any, shape: Sequence[int], dtype: Any = "float32") -> Array:
    if _on_host(key, shape, dtype):
        low = np.nextafter(np.float32(-1), np.float32(0))
        values = _erf_inv(_host_uniform(key, shape, low, np.float32(1)))
        return from_host(np.float32(np.sqrt(2)) * values)
    return jax.random.normal(key, tuple(shape), dtype=dtype)


def truncated_normal(key: Any, shape: Sequence[int], dtype: Any = "float32") -> Array:
    """A standard normal distribution cut at two standard deviations on either side."""
    if _on_host(key, shape, dtype):
        edge = np.float32(0.95449974)  # erf(2 / sqrt(2))
        values = np.float32(np.sqrt(2)) * _erf_inv(_host_uniform(key, shape, -edge, edge))
        inside = np.nextafter(np.float32(2), np.float32(0))
        return from_host(np.clip(values, -inside, inside))
    return jax.random.truncated_normal(key, -2.0, 2.0, tuple(shape), dtype=dtype)


def bernoulli(key: Any, p: Any, shape: Sequence[int]) -> Array:
    return jax.random.bernoulli(key, p, tuple(shape))


def randint(key: Any, shape: Sequence[int], minval: Any, maxval: Any, dtype: Any = "int32") -> Array:
    return jax.random.randint(key, tuple(shape), minval, maxval, dtype=dtype)


def categorical(key: Any, logits: Any, num_samples: int) -> Array:
    shape = (logits.shape[0], num_samples, *logits.shape[2:])
    return jax.random.categorical(key, logits[..., None], axis=1, shape=shape)


def gamma(key: Any, alpha: Any, shape: Sequence[int], dtype: Any = "float32") -> Array:
    return jax.random.gamma(key, alpha, shape=tuple(shape), dtype=dtype)


def beta(key: Any, a: Any, b: Any, shape: Sequence[int], dtype: Any = "float32") -> Array:
    return jax.random.beta(key, a, b, shape=tuple(shape), dtype=dtype)


def binomial(key: Any, n: Any, p: Any, shape: Sequence[int], dtype: Any = "float32") -> Array:
    return jax.random.binomial(key, n, p, shape=tuple(shape), dtype=dtype)


def permutation(key: Any, x: Any, axis: int = 0) -> Array:
    """`x` with its slices along `axis` put in random order, each slice position independently."""
    return jax.random.permutation(key, x, axis, independent=True)


def _on_host(key: Any, shape: Sequence[int], dtype: Any, *bounds: Any) -> bool:
    traced = any(isinstance(value, jax.core.Tracer) for value in (key, *bounds))
    return not traced and np.dtype(dtype) == np.float32 and int(np.prod(shape)) <= _HOST_LIMIT


def _host_uniform(key: Any, shape: Sequence[int], low: np.float32, high: np.float32) -> np.ndarray:
    """Floats in [low, high): random mantissas under the exponent of 1, shifted and scaled."""
    mantissa = _threefry_bits(np.asarray(key, dtype=np.uint32), int(np.prod(shape))) >> np.uint32(9)
    unit = (mantissa | np.float32(1).view(np.uint32)).view(np.float32) - np.float32(1)
    return np.maximum(low, unit * (high - low) + low).reshape(tuple(shape))


def _threefry_bits(key: np.ndarray, count: int) -> np.ndarray:
    """`count` words: the position, split into two words, enciphered in 20 rounds under the key."""
    keys = (key[0], key[1], key[0] ^ key[1] ^ np.uint32(0x1BD11BDA))
    position = np.arange(count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        high = (position >> np.uint64(32)).astype(np.uint32) + keys[0]
        low = position.astype(np.uint32) + keys[1]
        for block in range(5):
            for rotation in _ROTATIONS[block % 2]:
                high += low
                low = (low << np.uint32(rotation)) | (low >> np.uint32(32 - rotation))
                low ^= high
            high += keys[(block + 1) % 3]
            low += keys[(block + 2) % 3] + np.uint32(block + 1)
    return high ^ low


def _erf_inv(x: np.ndarray) -> np.ndarray:
    """The inverse error function in float32.

    Source: M. Giles, *Approximating the erfinv function*, GPU Computing Gems, 2011.
    """
    w = -np.log1p(-x * x)
    central = _polynomial(w - np.float32(2.5), _GILES_CENTRAL)
    tail = _polynomial(np.sqrt(w) - np.float32(3), _GILES_TAIL)
    return np.where(w < 5, central, tail) * x


def _polynomial(x: np.ndarray, coefficients: Sequence[float]) -> np.ndarray:
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = np.float32(coefficient) + value * x
    return value


_GILES_CENTRAL = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
    -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_GILES_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
    -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip
