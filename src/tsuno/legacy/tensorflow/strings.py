"""`tf.strings`: text in tensors, which stays on the host."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.op import as_numpy
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import dtype_here
from tsuno.legacy.tensorflow.dtypes_of import DType


class Text(modes.Tensor):
    """A tensor of byte strings.

    Args:
        value: an object array of them.
    """

    def __init__(self, value: np.ndarray) -> None:
        self.value = value
        self.__dict__["shape"], self.dtype = tuple(value.shape), DType("string")
        self.name, self.node, self.index = "tensor", None, 0
        self.sparse = self.ragged = self.record_history = False
        self.ragged_rank = self.row_splits_dtype = None

    def numpy(self) -> Any:
        """The strings as bytes."""
        return self.value if self.value.ndim else self.value[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.value, dtype=dtype)

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, key: Any) -> Text:
        return text(self.value[key])

    def __eq__(self, other: object) -> Any:
        return modes.given_out(engine.asarray(self.value == text(other).value))

    def __ne__(self, other: object) -> Any:
        return modes.given_out(engine.asarray(self.value != text(other).value))

    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Text:
        return join([self, other])

    def __radd__(self, other: Any) -> Text:
        return join([other, self])


def is_text(x: Any) -> bool:
    """Whether an array is of strings."""
    return np.asarray(x).dtype.kind in "SUO"


def text(x: Any) -> Text:
    """Strings as a tensor."""
    values = np.asarray(x.value if isinstance(x, Text) else x, object)
    flat = [each if isinstance(each, bytes) else str(each).encode() for each in values.ravel()]
    made = np.empty(len(flat), object)
    made[:] = flat
    return Text(made.reshape(values.shape))


def _each(function: Callable[..., Any], *parts: Any) -> Any:
    """A function of the strings at each place, as text or as a list of results."""
    arrays = np.broadcast_arrays(*[text(part).value for part in parts])
    found = [function(*(each.decode() for each in items)) for items in zip(*map(np.ravel, arrays), strict=True)]
    return found, arrays[0].shape


def _texts(function: Callable[..., str], *parts: Any) -> Text:
    found, shape = _each(function, *parts)
    return text(np.asarray(found, object).reshape(shape))


def _numbers(function: Callable[..., Any], dtype: str, *parts: Any) -> Any:
    found, shape = _each(function, *parts)
    return engine.asarray(np.asarray(found, dtype).reshape(shape))


def lower(input: Any, encoding: str = "") -> Text:
    """In small letters."""
    return _texts(str.lower, input)


def upper(input: Any, encoding: str = "") -> Text:
    """In capitals."""
    return _texts(str.upper, input)


def strip(input: Any) -> Text:
    """Without spaces at the ends."""
    return _texts(str.strip, input)


def length(input: Any, unit: str = "BYTE") -> Any:
    """The number of bytes, or of characters for `UTF8_CHAR`."""
    return _numbers(lambda s: len(s if unit == "UTF8_CHAR" else s.encode()), "int32", input)


def regex_replace(input: Any, pattern: str, rewrite: str, replace_global: bool = True) -> Text:
    """With what a regular expression finds replaced."""
    return _texts(lambda s: re.sub(_plain(pattern), rewrite, s, count=0 if replace_global else 1), input)


def regex_full_match(input: Any, pattern: str) -> Any:
    """Whether a regular expression fits the whole string."""
    return _numbers(lambda s: re.fullmatch(_plain(pattern), s) is not None, "bool", input)


def _plain(pattern: Any) -> str:
    return text(pattern).value[()].decode() if not isinstance(pattern, str) else pattern


def join(inputs: Any, separator: str = "") -> Text:
    """Strings one after the other."""
    return _texts(lambda *parts: separator.join(parts), *inputs)


def substr(input: Any, pos: int, len: int, unit: str = "BYTE") -> Text:
    """A part from a place on."""
    return _texts(lambda s: s[int(pos) :][: int(len)], input)


def split(input: Any, sep: str | None = None, maxsplit: int = -1) -> Any:
    """The parts between separators: a tensor for one string, a list of tensors for several."""
    found, shape = _each(lambda s: text(np.asarray(s.split(sep, maxsplit), object)), input)
    return found if shape else found[0]


def reduce_join(inputs: Any, axis: Any = None, separator: str = "", keepdims: bool = False) -> Text:
    """The strings of a tensor one after the other."""
    values = text(inputs).value
    if axis is None:
        return text(separator.encode().join(values.ravel()).decode())
    rows = np.moveaxis(values, axis, -1)
    made = np.empty(rows.shape[:-1], object)
    for place in np.ndindex(made.shape):
        made[place] = separator.encode().join(rows[place])
    return text(np.expand_dims(made, axis) if keepdims else made)


def as_string(input: Any, precision: int = -1) -> Text:
    """Numbers as strings."""
    values = as_numpy(input)

    def shown(x: Any) -> str:
        if values.dtype.kind == "f":
            return f"{x:.{precision if precision >= 0 else 6}f}"
        return str(x).lower() if values.dtype.kind == "b" else str(x)

    return text(np.asarray([shown(x) for x in values.ravel()], object).reshape(values.shape))


def to_number(input: Any, out_type: Any = "float32") -> Any:
    """Strings as numbers."""
    read = int if "int" in str(dtype_here(out_type)) else float
    return _numbers(read, dtype_here(out_type), input)


def to_hash_bucket_fast(input: Any, num_buckets: int) -> Any:
    """A number below `num_buckets` for each string; another one than TensorFlow's."""
    return _numbers(lambda s: zlib.crc32(s.encode()) % num_buckets, "int32", input)


def unicode_split(input: Any, input_encoding: str = "UTF-8") -> Any:
    """The characters: a tensor for one string, a list of tensors for several."""
    found, shape = _each(lambda s: text(np.asarray(list(s), object)), input)
    return found if shape else found[0]


def bytes_split(input: Any) -> Any:
    """The bytes: a tensor for one string, a list of tensors for several."""
    return unicode_split(input)


to_hash_bucket = to_hash_bucket_fast
AS_THEY_ARE = {"text", "is_text"}
IN_TF: dict[str, Any] = {
    "as_string": as_string,
    "regex_replace": regex_replace,
    "string_join": join,
    "string_split": split,
    "string_to_number": to_number,
    "substr": substr,
    "reduce_join": reduce_join,
    "string_to_hash_bucket_fast": to_hash_bucket_fast,
}
"""What `tf` itself has of these, by its names."""
