"""Files that nobody vouches for: the one way into HDF5 and the one way into ZIP, for every reader.

A file is data. Nothing that it names is opened, imported or run; what it claims is held against what is there before
anything is allocated; what it holds is checked against its checksums. Each guard is here, and only here, so no reader
can lack it.
"""

from __future__ import annotations

import io
import json
import math
import warnings
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np

from tsuno import engine
from tsuno.core.dtypes import numpy_dtype

T = TypeVar("T")
CHECKSUM = "checksum"
"""The attribute of an array in HDF5 that holds the checksum of its bytes."""
_SMALL = 1 << 24
"""What claims no more bytes than this is not asked whether they are there."""
_MOST_EXPANSION = {"HDF5": 1000, "ZIP": 100}
_MOST_MEMBERS = 10_000
_LARGEST_TEXT = 1 << 25
_MOST_NODES = 100_000
"""So many lists or items JSON may have however short it is: each takes up to a hundred times the memory of its sign."""
_LARGEST_HEAP = 12 << 20
_HEAP = b"GCOL\x01\0\0\0"
_BLOCK = 1 << 20
_LONGEST = 250
"""The most letters of a message that may come from a file."""
_IN_FLIGHT = 2
"""How many arrays may wait for their checks."""


class FileProblem(ValueError):
    """A file that is damaged, holds what no file may hold, or does not fit what it is read into."""


# ---------------------------------------------------------------------- HDF5


class Stored:
    """An array in a file, known by its shape and dtype before it is read."""

    def __init__(self, dataset: Any, where: str, file: _Hdf5) -> None:
        self._dataset, self._where, self._file = dataset, where, file
        self.shape: tuple[int, ...] = tuple(dataset.shape or ())
        name = file.ask(where, lambda: dataset.attrs.get("dtype"))
        self.dtype: np.dtype[Any] = dataset.dtype if name is None else file.ask(where, lambda: numpy_dtype(_text(name)))
        if dataset.shape is None or dataset.dtype.kind not in ("biuf" if name is None else "biufV"):
            raise file.problem(f"{where} is no array of numbers but of {dataset.dtype}")
        if dataset.dtype.itemsize != self.dtype.itemsize:
            raise file.problem(f"{where} is marked as {self.dtype} and is of {dataset.dtype}")
        self.nbytes = math.prod(self.shape) * self.dtype.itemsize
        there = file.ask(where, dataset.id.get_storage_size)
        block = 0 if dataset.chunks is None else math.prod(dataset.chunks) * self.dtype.itemsize
        claims_more = block > max(2 * self.nbytes, _SMALL) or (dataset.chunks is None and there != self.nbytes)
        if claims_more or _is_too_much(self.nbytes, there, "HDF5"):
            raise file.problem(f"{where} claims {max(block, self.nbytes)} bytes, of which {there} are there")

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def read(self) -> np.ndarray:
        """The array; its checksum is looked at meanwhile, and what is wrong is said before the file is closed."""
        array = self._file.ask(self._where, self._read)
        expected = self._file.ask(self._where, self._expected)
        self._file.check(array, self._where, expected)
        return array.view(self.dtype)

    def _read(self) -> np.ndarray:
        if self.nbytes < _BLOCK:
            return np.asarray(self._dataset[()])
        array = engine.empty(self.shape, self._dataset.dtype)
        self._dataset.read_direct(array)
        return array

    def _expected(self) -> int | None:
        expected = self._dataset.attrs.get(CHECKSUM)
        return None if expected is None else int(expected)

    def placed(self) -> Any:
        """The array on the device, which takes over the memory it was read into where it can."""
        return engine.placed(self.read())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.read().astype(dtype or self.dtype, copy=False)

    def __getitem__(self, index: Any) -> Any:
        return self.read()[index]

    def __len__(self) -> int:
        return self.shape[0]


class Section(Mapping[str, Any]):
    """A group in an HDF5 file: its arrays (`Stored`) and groups by name, none of which leads out of the file."""

    def __init__(self, group: Any, file: _Hdf5) -> None:
        self._group, self._file = group, file

    def __len__(self) -> int:
        return self._file.ask(self._where(), lambda: len(self._group))

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.ask(self._where(), lambda: list(self._group)))

    def __contains__(self, name: object) -> bool:
        return self._file.ask(self._where(), lambda: name in self._group)

    def __getitem__(self, path: str) -> Any:
        import h5py

        current, where = self._group, self._where()
        for part in path.split("/"):
            if not isinstance(current, h5py.Group) or not part or part == "..":
                raise KeyError(f"the file has nothing at {path!r}")
            kind = self._file.ask(where, partial(current.get, part, getclass=True, getlink=True))
            if kind is None:
                raise KeyError(f"the file has nothing at {path!r}")
            where = self._where(path)
            if kind is not h5py.HardLink:
                raise self._file.problem(f"{where} is a link to somewhere else, which is refused")
            current = self._file.ask(where, partial(current.__getitem__, part))
        if isinstance(current, h5py.Group):
            return Section(current, self._file)
        if not isinstance(current, h5py.Dataset):
            raise self._file.problem(f"{where} is neither an array nor a group")
        if self._file.ask(where, lambda: current.external or current.is_virtual):
            raise self._file.problem(f"{where} says that its numbers are in another file, which is refused")
        return Stored(current, where, self._file)

    def section(self, path: str) -> Section | None:
        """The group at a path; None if there is none."""
        try:
            found = self[path] if path else self
        except KeyError:
            return None
        if not isinstance(found, Section):
            raise self._file.problem(f"{self._where(path)} is an array where a group is expected")
        return found

    def array(self, path: str) -> Stored:
        """The array at a path."""
        try:
            found = self[path]
        except KeyError:
            raise self._file.problem(f"{self._where(path)} is missing") from None
        if not isinstance(found, Stored):
            raise self._file.problem(f"{self._where(path)} is a group where an array is expected")
        return found

    def text(self, name: str) -> str | None:
        """An attribute that is a text; None if there is none."""
        value = self._attribute(name)
        if value is None:
            return None
        text = self._file.ask(f"the attribute {name!r}", lambda: _text(value))
        self._check_text(name, text)
        return text

    def texts(self, name: str) -> list[str] | None:
        """An attribute that is a list of texts, which may be spread over several; None if there is none."""
        whole = self._attribute(name)
        parts = [] if whole is None else [whole]
        while whole is None and (part := self._attribute(f"{name}{len(parts)}")) is not None:
            parts.append(part)
        if not parts:
            return None
        found = self._file.ask(f"the attribute {name!r}", lambda: [_text(each) for part in parts for each in part])
        self._check_text(name, "\n".join(found))
        return found

    def _check_text(self, name: str, text: str) -> None:
        expected = self._attribute(f"{name}_{CHECKSUM}")
        sound = expected is None or self._file.ask(
            f"the attribute {name!r}", lambda: zlib.crc32(text.encode()) == int(expected)
        )
        if not sound:
            raise self._file.problem(f"the attribute {name!r} differs from its checksum")

    def finish(self) -> None:
        """Wait for what runs beside the reading; raises if something read was not as it was written."""
        self._file.finish()

    def _attribute(self, name: str) -> Any:
        def read() -> Any:
            import h5py

            if name not in self._group.attrs:
                return None
            attribute = h5py.h5a.open(self._group.id, name.encode())
            size = 0 if 0 in (attribute.shape or (0,)) else attribute.get_storage_size()
            if size > _LARGEST_TEXT:
                raise OSError(f"it claims {size} bytes")
            if attribute.dtype.kind == "O":  # its texts are elsewhere in the file, in a heap
                self._file.check_heaps()
            return self._group.attrs[name]

        return self._file.ask(f"the attribute {name!r}", read)

    def _where(self, path: str = "") -> str:
        return f"{str(self._group.name).strip('/')}/{path}".strip("/") or "the root"


class _Hdf5:
    """What the parts of one HDF5 file share: its name in messages, and the checks that run beside the reading."""

    def __init__(self, name: str, raw: BinaryIO) -> None:
        self.name, self._raw, self._heaps_checked = name, raw, False
        self._checks: deque[Future[None]] = deque()
        self._workers = ThreadPoolExecutor(1, "tsuno-checksum")
        self._finite = True

    def ask(self, where: str, question: Callable[[], T]) -> T:
        """The answer of HDF5, or one sentence in the place of any of its errors."""
        try:
            return question()
        except FileProblem:
            raise
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as problem:
            raise self.problem(f"{where} cannot be read: {_first_line(problem)}") from None

    def check_heaps(self) -> None:
        """Look through the heaps that texts are in: HDF5 goes round for ever in one that is damaged."""
        if self._heaps_checked:
            return
        self._heaps_checked = True
        place, tail = 0, b""
        self._raw.seek(0)
        while block := self._raw.read(_BLOCK):
            found = (tail + block).find(_HEAP)
            while found >= 0:
                after = self._raw.tell()
                self._check_heap(place - len(tail) + found)
                self._raw.seek(after)
                found = (tail + block).find(_HEAP, found + 1)
            place, tail = place + len(block), (tail + block)[1 - len(_HEAP) :]

    def _check_heap(self, start: int) -> None:
        self._raw.seek(start + 8)
        size = int.from_bytes(self._raw.read(8), "little")
        if size > _LARGEST_HEAP:
            raise self.problem(f"it has texts of {size} bytes")
        place = 16
        while place + 16 <= size:
            self._raw.seek(start + place)
            head = self._raw.read(16)
            index, length = int.from_bytes(head[:2], "little"), int.from_bytes(head[8:], "little")
            step = length if index == 0 else 16 + length + -length % 8
            if step < 16 or place + step > size:
                raise self.problem("a heap of texts in it is broken")
            place += step

    def problem(self, what: str) -> FileProblem:
        return FileProblem(f"The file {self.name!r} is damaged or not to be trusted: {what[:_LONGEST]}.")

    def check(self, array: np.ndarray, where: str, expected: int | None) -> None:
        """Hold an array against its checksum, beside the reading of the next one if it is large."""

        def look() -> None:
            if expected is not None and checksum(array) != expected:
                raise self.problem(f"{where} differs from its checksum")
            self._finite = self._finite and is_finite(array, where, self.name)

        if array.nbytes < _BLOCK:
            look()
        else:
            if len(self._checks) >= _IN_FLIGHT:
                self._checks.popleft().result()
            self._checks.append(self._workers.submit(look))

    def finish(self) -> None:
        """Wait for the checks; the first that failed raises."""
        while self._checks:
            self._checks.popleft().result()


@contextmanager
def open_hdf5(source: Path | BinaryIO, name: str) -> Iterator[Section]:
    """An HDF5 file for the duration of a block; at its end all that was read is known to be as it was written.

    Args:
        source: a path or a binary file.
        name: what messages call it.

    Raises:
        FileProblem: it is no such file, it is damaged, or it claims what is not there.
    """
    import h5py

    with open(source, "rb") if isinstance(source, Path) else _left_open(source) as raw:
        file = _Hdf5(name, raw)
        # Opened by Python and handed over: HDF5 itself locks files that it opens.
        h5 = file.ask("it", lambda: h5py.File(raw, "r"))
        try:
            yield Section(h5, file)
            file.finish()
        finally:
            file._workers.shutdown(cancel_futures=True)
            with suppress(Exception):
                h5.close()


@contextmanager
def _left_open(source: BinaryIO) -> Iterator[BinaryIO]:
    yield source


def read_npy(content: bytes, name: str) -> np.ndarray:
    """The array of numbers in the bytes of an `.npy` file.

    Raises:
        FileProblem: it is none, it holds objects, or it claims more than there is.
    """
    file = io.BytesIO(content)
    try:
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        read_header = readers[np.lib.format.read_magic(file)]
        shape, by_columns, dtype = read_header(file)
    except (ValueError, KeyError, EOFError, SyntaxError, TypeError) as problem:
        raise FileProblem(f"{name!r} is not an .npy file: {_first_line(problem)}.") from None
    if dtype.kind not in "fiub":
        raise FileProblem(f"{name!r} holds {dtype}, not numbers.")
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count * dtype.itemsize > len(content) - file.tell():
        raise FileProblem(f"{name!r} claims an array of shape {shape}, which is more than it holds.")
    array = np.frombuffer(content, dtype, count, file.tell())
    return array.reshape(shape, order="F" if by_columns else "C")


def checksum(array: np.ndarray) -> int:
    """The CRC-32 of the sums of an array's 64-bit words in blocks of 4 KiB, and of what is left over.

    A sum costs a fifth of what a CRC does, and differs after any one flipped bit too.
    """
    raw = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = raw.size - raw.size % 4096
    sums = raw[:whole].view("<u8").reshape(-1, 512).sum(axis=1, dtype=np.uint64)
    return zlib.crc32(raw[whole:].data, zlib.crc32(sums.data))


def is_finite(array: np.ndarray, where: str, name: str) -> bool:
    """Whether an array has no infinite numbers and no NaN; warns if it has."""
    if array.dtype.kind != "f":
        return True
    with np.errstate(all="ignore"):
        finite = bool(np.isfinite(array.sum())) or bool(np.isfinite(array).all())
    if not finite:
        warnings.warn(f"{where} in the file {name!r} has numbers that are not finite.", stacklevel=2)
    return finite


def _is_too_much(claimed: int, there: int, kind: str) -> bool:
    return claimed > _SMALL and claimed > _MOST_EXPANSION[kind] * max(there, 1)


def _text(value: Any) -> str:
    if isinstance(value, (bytes, np.bytes_)):
        return value.decode("utf-8")
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"a text is expected, not {type(value).__name__}")


def _first_line(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0][:200].rstrip(".")


# ---------------------------------------------------------------------- ZIP


class Archive:
    """A ZIP file: its members by name, whole and of the size that they claim.

    Args:
        path: where it is.

    Raises:
        FileProblem: it is no such file, or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._file = path.open("rb")
        try:
            self._zip = self._ask("it", lambda: zipfile.ZipFile(self._file))
            self._members = {info.filename: info for info in self._zip.infolist()}
            if len(self._members) < len(self._zip.infolist()):
                raise self._problem("two of its members have one name")
            if len(self._members) > _MOST_MEMBERS:
                raise self._problem(f"it has {len(self._members)} members, more than {_MOST_MEMBERS}")
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *args: Any) -> None:
        self._zip.close()
        self._file.close()

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def read(self, name: str, at_most: int = 1 << 62) -> bytes:
        """A member."""
        info = self._member(name)
        if info.file_size > at_most:
            raise self._problem(f"{name!r} claims {info.file_size} bytes, more than the {at_most} that it may have")

        def unpack() -> bytes:
            with self._zip.open(info) as member:  # in blocks: what is beyond the claimed size is never unpacked
                return b"".join(iter(lambda: member.read(_BLOCK), b""))

        return self._ask(name, unpack)

    def json(self, name: str) -> Any:
        """A member that is JSON."""
        return parse_json(self.read(name, _LARGEST_TEXT), f"{name!r} in {self.name!r}")

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A member as a file in which one can move; its checksum has been looked at."""
        info = self._member(name)
        if info.compress_type != zipfile.ZIP_STORED:
            yield io.BytesIO(self.read(name))
            return
        window = self._ask(name, lambda: self._window(info))
        found = 0
        while block := self._ask(name, lambda: window.read(_BLOCK)):
            found = zlib.crc32(block, found)
        if found != info.CRC:
            raise self._problem(f"{name!r} differs from its checksum")
        window.seek(0)
        yield window  # type: ignore[misc]

    def _window(self, info: zipfile.ZipInfo) -> _Window:
        with self._zip.open(info):  # compares the two places in which a member is described
            pass
        self._file.seek(info.header_offset + 26)
        lengths = np.frombuffer(self._file.read(4), "<u2")
        return _Window(self._file, info.header_offset + 30 + int(lengths.sum()), info.file_size)

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self._members:
            raise self._problem(f"it has no member {name!r}")
        info = self._members[name]
        if _is_too_much(info.file_size, info.compress_size, "ZIP"):
            raise self._problem(f"{name!r} claims {info.file_size} bytes, of which {info.compress_size} are there")
        return info

    def _ask(self, where: str, question: Callable[[], T]) -> T:
        try:
            return question()
        except (MemoryError, KeyboardInterrupt, FileProblem):
            raise
        except Exception as problem:
            raise self._problem(f"{where} cannot be read: {_first_line(problem)}") from None

    def _problem(self, what: str) -> FileProblem:
        return FileProblem(f"The archive {self.name!r} is damaged or not to be trusted: {what[:_LONGEST]}.")


class Folder:
    """A folder that has the members of an archive as files."""

    def __init__(self, path: Path) -> None:
        self.name, self._path = str(path), path

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *args: Any) -> None:
        pass

    def __iter__(self) -> Iterator[str]:
        return (each.relative_to(self._path).as_posix() for each in sorted(self._path.rglob("*")) if each.is_file())

    def read(self, name: str, at_most: int = 1 << 62) -> bytes:
        """A file."""
        path = self._member(name)
        if path.stat().st_size > at_most:
            raise FileProblem(f"{name!r} in {self.name!r} has more than the {at_most} bytes that it may have.")
        return path.read_bytes()

    def json(self, name: str) -> Any:
        """A file that is JSON."""
        return parse_json(self.read(name, _LARGEST_TEXT), f"{name!r} in {self.name!r}")

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A file, opened."""
        with self._member(name).open("rb") as file:
            yield file

    def _member(self, name: str) -> Path:
        path = self._path / name
        if not path.is_file() or not path.resolve().is_relative_to(self._path.resolve()):
            raise FileProblem(f"The folder {self.name!r} has no file {name!r}.")
        return path


class _Window(io.RawIOBase):
    """A part of a file as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._place = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = max(0, offset + (0, self._place, self._size)[whence])
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        count = max(0, min(len(buffer), self._size - self._place))
        self._file.seek(self._start + self._place)
        got = self._file.readinto(memoryview(buffer)[:count])  # type: ignore[attr-defined]
        self._place += got
        return int(got)


# ---------------------------------------------------------------------- text


def parse_json(text: str | bytes, where: str, unique: bool = False) -> Any:
    """The data that JSON describes.

    Args:
        text: the JSON.
        where: what messages call it.
        unique: whether a name that comes twice is an error.

    Raises:
        FileProblem: it is none, or is nested too deeply.
    """
    signs = ("[", "{", ",") if isinstance(text, str) else (b"[", b"{", b",")
    lists, more, items = (text.count(sign) for sign in signs)  # type: ignore[arg-type]
    if lists + more > _MOST_NODES + len(text) // 32 or items > _MOST_NODES + len(text) // 4:
        raise FileProblem(f"{where} has {lists + more} lists of {items} items, far more than a model needs.")
    try:
        return json.loads(text, object_pairs_hook=_unique if unique else None)
    except RecursionError:
        raise FileProblem(f"{where} is nested too deeply to be read.") from None
    except ValueError as problem:
        raise FileProblem(f"{where} is not JSON, or is damaged: {_first_line(problem)}.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


def is_inside(name: str) -> bool:
    """Whether the name of a file stays in the folder that it is for, on any system."""
    return not (".." in name.split("/") or name.startswith("/") or any(sign in name for sign in "\\:\0"))
