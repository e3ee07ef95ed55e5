"""Weight files: `.weights.h5`, and the member of that name in `.keras` archives.

Keras' layout: a group `vars` for each object that keeps something, in it an array for each thing that it keeps. Large
arrays carry a checksum; small ones, names and shapes lie where HDF5 itself has one.
"""

from __future__ import annotations

import functools
import io
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tsuno.core.variable import all_or_nothing
from tsuno.saving.old_arrays import aged_places, aged_store
from tsuno.saving.state import own_arrays, saveables, take_arrays
from tsuno.saving.untrusted import CHECKSUM, FileProblem, Section, checksum, open_hdf5

_COMPACT = 4096
"""Arrays of so few bytes are kept in HDF5's own, checksummed, description of them."""
_VERSION = ("v110", "v110")
"""The format from HDF5 1.10 on, in which all that describes the arrays has checksums."""
_LARGEST_ATTRIBUTE = 64512
_LONGEST = 180

# ---------------------------------------------------------------------- writing


@contextmanager
def new_hdf5(file: BinaryIO, start: int = 0) -> Iterator[Any]:
    """A new HDF5 file within a binary file, which it ends; what that raises comes out at the end of the block.

    Args:
        file: the binary file.
        start: where in it the HDF5 file begins.
    """
    import h5py

    patient = _Patient(file, start)
    try:
        with h5py.File(patient, "w", libver=_VERSION) as h5:
            yield h5
    finally:
        if patient.problem is not None:
            raise patient.problem


class _Patient(io.RawIOBase):
    """The rest of a binary file, which keeps what goes wrong in it to itself: HDF5 does not survive a full disk."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._start = file, start
        self.problem: OSError | None = None

    def _try(self, action: Callable[[], Any], otherwise: Any) -> Any:
        if self.problem is None:
            try:
                return action()
            except OSError as problem:
                self.problem = problem
        return otherwise

    def seek(self, offset: int, whence: int = 0) -> int:
        place = offset + self._start if whence == 0 else offset
        return int(self._try(lambda: self._file.seek(place, whence) - self._start, offset))

    def tell(self) -> int:
        return int(self._try(lambda: self._file.tell() - self._start, 0))

    def write(self, data: Any) -> int:
        return int(self._try(lambda: self._file.write(data), len(data)))

    def readinto(self, buffer: Any) -> int:
        return int(self._try(lambda: self._file.readinto(buffer), len(buffer)))  # type: ignore[attr-defined]

    def truncate(self, size: int | None = None) -> int:
        end = None if size is None else size + self._start
        return int(self._try(lambda: self._file.truncate(end) - self._start, size or 0))

    def flush(self) -> None:
        self._try(self._file.flush, None)


def put_array(group: Any, name: str, value: Any) -> None:
    """Write an array into a group of a file."""
    import h5py

    array = np.asarray(value)
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    small = array.ndim > 0 and array.nbytes <= _COMPACT  # h5py lays out numbers without an axis by itself
    layout.set_layout(h5py.h5d.COMPACT if small else h5py.h5d.CONTIGUOUS)
    summing = None if small else _beside().submit(checksum, array)
    dataset = group.create_dataset(name, data=array, dcpl=layout)
    if array.dtype.kind == "V":
        dataset.attrs["dtype"] = array.dtype.name  # one that HDF5 does not know
    if summing is not None:
        dataset.attrs[CHECKSUM] = np.uint32(summing.result())


@functools.cache
def _beside() -> ThreadPoolExecutor:
    """A thread for checksums, which are found while HDF5 writes."""
    return ThreadPoolExecutor(1, "tsuno-checksum")


def put_text(group: Any, name: str, text: str) -> None:
    """Write a text into an attribute, with a checksum: HDF5 has none for long ones."""
    group.attrs[name] = np.bytes_(text.encode())
    group.attrs[f"{name}_{CHECKSUM}"] = np.uint32(zlib.crc32(text.encode()))


def put_texts(group: Any, name: str, texts: Sequence[str]) -> None:
    """Write a list of texts into an attribute, or into several, for none may be longer than 64 KiB in older files."""
    array = np.array([text.encode() for text in texts]) if texts else np.array([], "S1")
    rows = max(1, _LARGEST_ATTRIBUTE // max(1, array.dtype.itemsize))
    parts = [array[start : start + rows] for start in range(0, len(array), rows)] or [array]
    for number, part in enumerate(parts):
        group.attrs[name if len(parts) == 1 else f"{name}{number}"] = part
    group.attrs[f"{name}_{CHECKSUM}"] = np.uint32(zlib.crc32("\n".join(texts).encode()))


def write_weights(root: Any, file: BinaryIO, start: int = 0) -> None:
    """Write what a model keeps into a binary file, from a place on."""
    with new_hdf5(file, start) as h5:
        for path, item in saveables(root):
            put_object(h5, path, item, own_arrays(item))


def put_object(h5: Any, path: str, item: Any, arrays: Mapping[str, Any]) -> None:
    """Write what an object keeps under its path."""
    group = (h5.create_group(path) if path else h5).create_group("vars")
    if isinstance(getattr(item, "name", None), str):
        group.attrs["name"] = np.bytes_(item.name.encode())
    for name, value in arrays.items():
        put_array(group, name, value)


# ---------------------------------------------------------------------- reading


def read_weights(root: Any, source: Path | BinaryIO, name: str, skip_mismatch: bool = False) -> None:
    """Put into a model what a weight file holds.

    Args:
        root: the model, built.
        source: a path or a binary file.
        name: what messages call it.
        skip_mismatch: leave objects alone whose arrays do not fit, with a warning.

    Raises:
        ValueError: it is no such file, or its arrays do not fit; the model is then as it was.
    """
    with open_hdf5(source, name) as h5, all_or_nothing():
        take_tree(root, lambda path: arrays_of(h5.section(path)), name, skip_mismatch)
        h5.finish()


def arrays_of(section: Section | None) -> dict[str, Any]:
    """The arrays in a group, by name."""
    return {} if section is None else {name: section.array(name) for name in section}


def take_tree(root: Any, arrays: Callable[[str], Mapping[str, Any]], name: str, skip_mismatch: bool = False) -> None:
    """Let each object of a model take its own arrays, which are found by the path of its `vars`."""
    problems = []
    for path, item in saveables(root):
        try:
            places = (f"{each}/vars" if each else "vars" for each in aged_places(path))
            store: Mapping[str, Any] = next((found for each in places if (found := arrays(each))), {})
            take_arrays(item, aged_store(item, store))
        except FileProblem:
            raise
        except (ValueError, KeyError) as problem:
            problems.append(f"{getattr(item, 'name', path)!r} ({type(item).__name__}, {path!r}): {problem}")
    report(problems, name, skip_mismatch)


def report(problems: list[str], name: str, skip_mismatch: bool) -> None:
    """Raise for objects whose arrays do not fit, or warn."""
    if not problems:
        return
    more = f" There are {len(problems) - 1} more such objects." if len(problems) > 1 else ""
    problems = [each if len(each) <= _LONGEST else f"{each[:_LONGEST]}…" for each in problems]
    if not skip_mismatch:
        raise FileProblem(
            f"The weights in {name!r} do not fit the model: {problems[0]}.{more} Pass skip_mismatch=True to leave "
            "such objects as they are."
        )
    warnings.warn(f"Left as it was: {problems[0]}.{more}", stacklevel=4)
