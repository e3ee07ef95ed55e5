"""The hash functions of `fingerprints` for integers within compiled programs, where numbers have 32 bits.

`Wide` is a number of 64 bits in two halves, with the operators that the formulas use. An integer is hashed as its
decimal digits; one of 32 bits has no more than eleven, its sign included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsuno.engine import xp
from tsuno.layers import fingerprints

_LOW = 0xFFFFFFFF
_DIGITS = 10
MOST_BUCKETS = 1 << 24
"""More buckets than these are beyond the arithmetic here."""


_WRAPPING = np.errstate(over="ignore")  # constants of the formulas are NumPy's numbers, which warn


@dataclass(frozen=True)
class Wide:
    """Arrays of numbers modulo 2^64."""

    high: Any
    low: Any

    @classmethod
    def of(cls, x: Any) -> Wide:
        """A number, or an array of signed or unsigned integers."""
        if isinstance(x, Wide):
            return x
        if isinstance(x, int):
            return cls(np.uint32(x >> 32 & _LOW), np.uint32(x & _LOW))
        return cls(xp.where(x < 0, np.uint32(_LOW), np.uint32(0)), x.astype("uint32"))

    @_WRAPPING
    def __add__(self, other: Any) -> Wide:
        other = Wide.of(other)
        low = self.low + other.low
        return Wide(self.high + other.high + (low < other.low), low)

    @_WRAPPING
    def __mul__(self, other: Any) -> Wide:
        other = Wide.of(other)
        a, b, c, d = self.low >> 16, self.low & 0xFFFF, other.low >> 16, other.low & 0xFFFF
        middle = (b * d >> 16) + (b * c & 0xFFFF) + (a * d & 0xFFFF)
        carried = a * c + (b * c >> 16) + (a * d >> 16) + (middle >> 16)
        return Wide(carried + self.low * other.high + self.high * other.low, (middle << 16) | (b * d & 0xFFFF))

    def __xor__(self, other: Any) -> Wide:
        other = Wide.of(other)
        return Wide(self.high ^ other.high, self.low ^ other.low)

    def __and__(self, other: Any) -> Wide:
        other = Wide.of(other)
        return Wide(self.high & other.high, self.low & other.low)

    def __or__(self, other: Any) -> Wide:
        other = Wide.of(other)
        return Wide(self.high | other.high, self.low | other.low)

    def __lshift__(self, bits: int) -> Wide:
        if bits >= 32:
            return Wide(self.low << (bits - 32), xp.zeros_like(self.low))
        return Wide((self.high << bits) | (self.low >> (32 - bits)), self.low << bits)

    def __rshift__(self, bits: int) -> Wide:
        if bits >= 32:
            return Wide(xp.zeros_like(self.high), self.high >> (bits - 32))
        return Wide(self.high >> bits, (self.low >> bits) | (self.high << (32 - bits)))

    __radd__, __rmul__, __rxor__ = __add__, __mul__, __xor__

    def modulo(self, count: int) -> Any:
        """The remainder of division by a number below `MOST_BUCKETS`, as int32."""
        rest = xp.zeros_like(self.low)
        for half in (self.high, self.low):
            for shift in (24, 16, 8, 0):
                rest = ((rest << 8) + ((half >> shift) & 0xFF)) % np.uint32(count)
        return rest.astype("int32")


def buckets(x: Any, count: int, salt: list[int] | None) -> Any:
    """`fingerprints.buckets` of the decimal digits of integers."""
    text, size = _digits(x)
    wide_size = Wide(xp.zeros_like(size), size)
    if salt is not None:
        full = (1 << 64) - 1
        state = fingerprints.sip_start(salt[0] & full, salt[1] & full)
        after = fingerprints.sip_word(tuple(map(Wide.of, state)), _word(text, 0))
        state = tuple(_where(size >= 8, *pair) for pair in zip(after, map(Wide.of, state), strict=True))
        start = xp.where(size >= 8, 8, 0)
        return fingerprints.sip_end(fingerprints.sip_word(state, _word(text, start) | (wide_size << 56))).modulo(count)

    def byte(place: Any) -> Wide:
        return _word(text, place) & 0xFF

    many = fingerprints.from_8(_word(text, 0), _word(text, xp.maximum(size, 8) - 8), wide_size)
    last = _word(text, xp.maximum(size, 4) - 4) & _LOW
    some = fingerprints.from_4(_word(text, 0) & _LOW, last, wide_size)
    few = fingerprints.from_1(byte(0), byte(size >> 1), byte(size - 1), wide_size)
    return _where(size >= 8, many, _where(size >= 4, some, few)).modulo(count)


def crossed(columns: list[Any], key: int, count: int) -> Any:
    """Buckets of the combinations of integers."""
    hashed: Any = Wide.of(key)
    for column in columns:
        hashed = fingerprints.cross(hashed, Wide.of(column))
    return hashed.modulo(count)


def _digits(x: Any) -> tuple[Any, Any]:
    """The decimal digits of integers as bytes (…, 19), zeros after the last, and the number of them."""
    negative = x < 0
    rest = xp.where(negative, -x, x).astype("uint32")
    digits = []
    for _ in range(_DIGITS):
        digits.append(rest % 10)
        rest = rest // 10
    backwards = xp.stack(digits, axis=-1)
    count = xp.maximum(_DIGITS - xp.argmax(backwards[..., ::-1] > 0, axis=-1), 1)
    count = xp.where((backwards == 0).all(axis=-1), 1, count)
    # Place i holds digit number count - 1 - i, one place later behind a sign.
    place = count[..., None] - 1 - xp.arange(_DIGITS + 9) + negative[..., None]
    known = (place >= 0) & (place < count[..., None])
    text = xp.where(known, xp.take_along_axis(backwards, xp.clip(place, 0, _DIGITS - 1), axis=-1) + ord("0"), 0)
    text = xp.where(negative[..., None] & (xp.arange(_DIGITS + 9) == 0), ord("-"), text)
    return text.astype("uint32"), (count + negative).astype("uint32")


def _word(text: Any, start: Any) -> Wide:
    """Eight bytes from a place on, which may differ from row to row."""
    places = xp.broadcast_to(xp.asarray(start, "int32"), text.shape[:-1])[..., None] + xp.arange(8)
    b = xp.take_along_axis(text, places, axis=-1)
    low, high = (b[..., i] | (b[..., i + 1] << 8) | (b[..., i + 2] << 16) | (b[..., i + 3] << 24) for i in (0, 4))
    return Wide(high, low)


def _where(condition: Any, a: Wide, b: Wide) -> Wide:
    return Wide(xp.where(condition, a.high, b.high), xp.where(condition, a.low, b.low))
