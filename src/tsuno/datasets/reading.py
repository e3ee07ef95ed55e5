"""Arrays from the files of data sets: `.npz`, pickles and IDX.

A pickle can name any function and have it called. Here every name stands for a small class of this module, which only
takes the parts of an array and checks them: nothing that a file names is imported or run.
"""

from __future__ import annotations

import gzip
import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np

from tsuno.saving.untrusted import Archive, FileProblem

T = TypeVar("T")
_GZIP = b"\x1f\x8b"
_MOST_EXPANSION = 1100
"""So many times the size of a file may be what is packed in it."""


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file by their names."""
    with Archive(path) as archive:
        arrays = {}
        for name in archive:
            if name.endswith(".npy"):
                with archive.open(name) as file:
                    arrays[name.removesuffix(".npy")] = _trying(path, name, lambda file=file: _read_npy(file))  # type: ignore[misc]
        return arrays


def read_pickle(path: Path) -> dict[str, Any]:
    """What a pickled dictionary of arrays and lists holds."""
    with path.open("rb") as file:
        found = _trying(path, "it", lambda: _Unpickler(file, encoding="bytes").load())
    if not isinstance(found, dict):
        raise FileProblem(f"The file {str(path)!r} holds no dictionary but {type(found).__name__}.")
    return {
        key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key): _plain(value)
        for key, value in found.items()
    }


def read_idx(path: Path) -> np.ndarray:
    """The array of an IDX file, packed or not, which has bytes along any number of axes."""
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
    size = path.stat().st_size * (_MOST_EXPANSION if packed else 1)
    with gzip.open(path) if packed else path.open("rb") as file:
        return _trying(path, "it", lambda: _read_idx(file, size))  # type: ignore[arg-type]


def _trying(path: Path, what: str, read: Callable[[], T]) -> T:
    """What is read, or one sentence in the place of any error."""
    try:
        return read()
    except (FileProblem, MemoryError):
        raise
    except Exception as problem:
        raise FileProblem(
            f"The file {str(path)!r} is damaged, or not of its kind: {what} cannot be read: {str(problem)[:200]}."
        ) from None


def _read_npy(file: BinaryIO) -> np.ndarray:
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(file)
    if dtype.kind == "O":
        found = _plain(_Unpickler(file, encoding="bytes").load())
        if not isinstance(found, np.ndarray):
            raise ValueError("it holds no array")
        return found
    if dtype.hasobject:
        raise ValueError(f"its numbers are of {dtype}")
    place = file.tell()
    there = file.seek(0, 2) - place
    file.seek(place)
    return _filled(file, shape, dtype, there, "F" if fortran else "C")


def _read_idx(file: BinaryIO, size: int) -> np.ndarray:
    zero, kind, rank = int.from_bytes(file.read(2), "big"), *file.read(2)
    if zero or kind != 8:
        raise ValueError("it is no IDX file of bytes")
    shape = tuple(int(length) for length in np.frombuffer(file.read(4 * rank), ">u4"))
    array = _filled(file, shape, np.dtype("uint8"), size)
    if file.read(1):
        raise ValueError("it has more bytes than it says")
    return array


def _filled(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any], there: int, order: Any = "C") -> np.ndarray:
    """An array with the next bytes of a file."""
    if math.prod(shape) * dtype.itemsize > there:
        raise ValueError(f"it claims an array of shape {shape} and has {there} bytes")
    array = np.empty(math.prod(shape), dtype)
    left = array.view(np.uint8).data
    while left:
        if not (got := file.readinto(left)):  # type: ignore[attr-defined]
            raise ValueError(f"it lacks {len(left)} of {array.nbytes} bytes")
        left = left[got:]
    return array.reshape(shape, order=order)


# ---------------------------------------------------------------------- pickles


class _Unpickler(pickle.Unpickler):
    """Reads lists, dictionaries, numbers, texts and arrays, and refuses all else."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] in ("numpy", "_codecs", "builtins", "__builtin__") and name in _STAND_INS:
            return _STAND_INS[name]
        raise FileProblem(f"A pickle asks for `{module}.{name}`, which is no part of an array: it is not read.")


class _Array:
    """In the place of an array, made empty and then given its state, as NumPy's are."""

    value: Any = None

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        shape, dtype, fortran, data = state[-4:]
        count = math.prod(shape)
        if dtype.value.kind == "O":
            if count != len(data):
                raise ValueError(f"an array of shape {shape} has {len(data)} items")
            array = np.empty(count, object)
            for place, item in enumerate(data):
                array[place] = _plain(item)
        else:
            array = np.frombuffer(data, dtype.value, count).copy()
        self.value = array.reshape(shape, order="F" if fortran else "C")


class _Buffer(_Array):
    """In the place of the function that makes an array of bytes."""

    def __init__(self, data: Any, dtype: Any, shape: Any, order: Any = "C") -> None:
        self.__setstate__((shape, dtype, order == "F", bytes(data)))


class _Dtype:
    """In the place of a dtype."""

    def __init__(self, name: Any, *_: Any) -> None:
        name = name.decode() if isinstance(name, bytes) else name
        if not re.fullmatch(r"[biufcSU]\d{1,9}|O8?", name):
            raise ValueError(f"arrays of {name!r} are not read")
        self._name = name[:1] if name[0] == "O" else name
        self.value = np.dtype(self._name)

    def __setstate__(self, state: Any) -> None:
        order = state[1].decode() if isinstance(state[1], bytes) else state[1]
        if order not in ("<", ">", "=", "|"):
            raise ValueError(f"numbers in the order {order!r} are not read")
        self.value = np.dtype(order + self._name)


class _Scalar:
    """In the place of the function that makes a number of NumPy's."""

    def __new__(cls, dtype: Any, data: bytes) -> Any:
        return np.frombuffer(data, dtype.value, 1)[0]

    def __setstate__(self, state: Any) -> None:
        raise ValueError("a number has no state")


class _Encoded:
    """In the place of the functions by which older pickles have bytes."""

    def __new__(cls, text: Any = "", encoding: Any = "latin1") -> Any:
        return str(text).encode("latin1")

    def __setstate__(self, state: Any) -> None:
        raise ValueError("bytes have no state")


# All have a state to set, so that a pickle cannot give any of them attributes.
_STAND_INS = {
    "_reconstruct": _Array,
    "ndarray": _Array,
    "_frombuffer": _Buffer,
    "dtype": _Dtype,
    "scalar": _Scalar,
    "encode": _Encoded,
    "bytes": _Encoded,
}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, _Array) else value
