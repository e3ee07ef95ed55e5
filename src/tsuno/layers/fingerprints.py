"""Hash functions of texts that give the same numbers on every machine: FarmHash's Fingerprint64 and SipHash-2-4.

A hash is computed once for each distinct text; of texts that were seen lately it is remembered. The formulas for short
texts work on any kind of number of 64 bits: `fingerprints_device` has one for arrays on the device.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_CROSS = 0xC6A4A7935BD1E995
_REMEMBERED = 1 << 17


def buckets(texts: np.ndarray, count: int, salt: list[int] | None, encoding: str = "utf-8") -> np.ndarray:
    """A number below `count` for each text, by SipHash keyed with a salt, else by FarmHash."""
    hashed = fingerprint64 if salt is None else functools.partial(siphash24, *(key & _MASK for key in salt))
    return each(lambda text: hashed(text.encode(encoding)) % count, texts, np.int64)


def each(function: Callable[[Any], int], values: np.ndarray, dtype: Any) -> np.ndarray:
    """`function` of each value, computed once for each distinct one."""
    flat = values.ravel().tolist()
    table = {value: function(value) for value in set(flat)}
    return np.fromiter(map(table.__getitem__, flat), dtype, len(flat)).reshape(values.shape)


def cross(fingerprints: Any, more: Any) -> Any:
    """One fingerprint for each pair of fingerprints, of arrays or of any kind of number of 64 bits."""
    with np.errstate(over="ignore"):
        mixed = fingerprints ^ _CROSS ^ (_fold(more * _CROSS) * _CROSS)
        return _fold(_fold(mixed * _CROSS) * _CROSS)


# ---------------------------------------------------------------------- FarmHash


@functools.lru_cache(_REMEMBERED)
def fingerprint64(data: bytes) -> int:
    """FarmHash's Fingerprint64 of bytes.

    Example:
        >>> from tsuno.layers.fingerprints import fingerprint64
        >>> fingerprint64(b"2applefalse")
        2794438866806483259

    Source: Geoff Pike, *FarmHash*, 2014.
    """
    size = len(data)
    if size > 64:
        return _above_64(data, size)
    if size > 16:
        return _up_to_64(data, size)
    if size >= 8:
        return int(from_8(_word(data, 0), _word(data, size - 8), size))
    if size >= 4:
        return int(from_4(_word(data[:4], 0), _word(data, size - 4), size))
    return int(from_1(data[0], data[size >> 1], data[-1], size)) if size else _K2


def from_8(first: Any, last: Any, size: Any) -> Any:
    """The hash of 8 to 16 bytes: of the first eight and the last eight."""
    k, a = size * 2 + _K2, first + _K2
    return _mix(_rotate(last, 37) * k + a, (_rotate(a, 25) + last) * k, k)


def from_4(first: Any, last: Any, size: Any) -> Any:
    """The hash of 4 to 7 bytes: of the first four and the last four."""
    return _mix(size + (first << 3), last, size * 2 + _K2)


def from_1(first: Any, middle: Any, last: Any, size: Any) -> Any:
    """The hash of 1 to 3 bytes."""
    y, z = first + (middle << 8), size + (last << 2)
    return _fold(y * _K2 ^ z * _K0) * _K2 & _MASK


def _up_to_64(data: bytes, size: int) -> int:
    k = _K2 + 2 * size & _MASK
    short = size <= 32
    a, b = _word(data, 0) * (_K1 if short else _K2), _word(data, 8)
    c, d = _word(data, size - 8) * k, _word(data, size - 16) * _K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    z = _mix(y, a + _rotate(b + _K2, 18) + c, k)
    if short:
        return z
    e, f = _word(data, 16) * k, _word(data, 24)
    g, h = (y + _word(data, size - 32)) * k, (z + _word(data, size - 24)) * k
    return _mix(_rotate(e + f, 43) + _rotate(g, 30) + h, e + _rotate(f + a, 18) + g, k)


def _above_64(data: bytes, size: int) -> int:
    x, y = 81, 81 * _K1 + 113 & _MASK
    z = _fold(y * _K2 + 113) * _K2 & _MASK
    v, w = (0, 0), (0, 0)
    x = x * _K2 + _word(data, 0) & _MASK

    def block(start: int, k: int, nine: int) -> None:
        """Mix 64 bytes in; the last block has another multiplier, and two terms nine times."""
        nonlocal x, y, z, v, w
        x = _rotate(x + y + v[0] + _word(data, start + 8), 37) * k & _MASK
        y = _rotate(y + v[1] + _word(data, start + 48), 42) * k & _MASK
        x ^= w[1] * nine & _MASK
        y = y + v[0] * nine + _word(data, start + 40) & _MASK
        z = _rotate(z + w[0], 33) * k & _MASK
        v = _weak(data, start, v[1] * k, x + w[0])
        w = _weak(data, start + 32, z + w[1], y + _word(data, start + 16))
        x, z = z, x

    for start in range(0, (size - 1) // 64 * 64, 64):
        block(start, _K1, 1)
    k = _K1 + ((z & 0xFF) << 1)
    w = (w[0] + ((size - 1) & 63) & _MASK, w[1])
    v = (v[0] + w[0] & _MASK, v[1])
    w = (w[0] + v[0] & _MASK, w[1])
    block(size - 64, k, 9)
    return _mix(_mix(v[0], w[0], k) + _fold(y) * _K0 + z, _mix(v[1], w[1], k) + x, k)


def _weak(data: bytes, start: int, a: int, b: int) -> tuple[int, int]:
    first, second, third, last = struct.unpack_from("<4Q", data, start)
    a += first
    b = _rotate(b + a + last, 21)
    return a + second + third + last & _MASK, b + _rotate(a + second + third, 44) + a & _MASK


def _word(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 8], "little")


def _rotate(x: Any, bits: int) -> Any:
    """To the right."""
    x = x & _MASK
    return ((x >> bits) | (x << (64 - bits))) & _MASK


def _fold(x: Any) -> Any:
    x = x & _MASK
    return x ^ (x >> 47)


def _mix(u: Any, v: Any, k: Any) -> Any:
    a = _fold((u ^ v) * k)
    return _fold((v ^ a) * k) * k & _MASK


# ---------------------------------------------------------------------- SipHash


@functools.lru_cache(_REMEMBERED)
def siphash24(key0: int, key1: int, data: bytes) -> int:
    """SipHash-2-4 of bytes, keyed with two numbers of 64 bits.

    Example:
        >>> from tsuno.layers.fingerprints import siphash24
        >>> hex(siphash24(0x0706050403020100, 0x0F0E0D0C0B0A0908, bytes(range(15))))
        '0xa129ca6149be45e5'

    Source: J. Aumasson and D. Bernstein, *SipHash: a fast short-input PRF*, 2012.
    """
    whole = len(data) // 8 * 8
    rest = int.from_bytes(data[whole:], "little") | (len(data) & 0xFF) << 56
    state = sip_start(key0, key1)
    for word in (*struct.unpack(f"<{whole // 8}Q", data[:whole]), rest):
        state = sip_word(state, word)
    return int(sip_end(state))


State = tuple[Any, ...]


def sip_start(key0: int, key1: int) -> State:
    """The state of SipHash before any word."""
    return (
        key0 ^ 0x736F6D6570736575, key1 ^ 0x646F72616E646F6D, key0 ^ 0x6C7967656E657261, key1 ^ 0x7465646279746573,
    )  # fmt: skip


def sip_word(state: State, word: Any) -> State:
    """The state after eight bytes more."""
    v0, v1, v2, v3 = state
    v0, v1, v2, v3 = _rounds(v0, v1, v2, v3 ^ word, 2)
    return v0 ^ word, v1, v2, v3


def sip_end(state: State) -> Any:
    """The hash, after the last word."""
    v0, v1, v2, v3 = state
    v0, v1, v2, v3 = _rounds(v0, v1, v2 ^ 0xFF, v3, 4)
    return v0 ^ v1 ^ v2 ^ v3


def _rounds(v0: Any, v1: Any, v2: Any, v3: Any, count: int) -> State:
    for _ in range(count):
        v0, v2 = (v0 + v1) & _MASK, (v2 + v3) & _MASK
        v1, v3 = _rotate(v1, 51) ^ v0, _rotate(v3, 48) ^ v2
        v0, v2 = (_rotate(v0, 32) + v3) & _MASK, (v2 + v1) & _MASK
        v1, v3 = _rotate(v1, 47) ^ v2, _rotate(v3, 43) ^ v0
        v2 = _rotate(v2, 32)
    return v0, v1, v2, v3
