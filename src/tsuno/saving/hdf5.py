"""Weight files: `.weights.h5`, its shards, and the member of that name in `.keras` archives.

Keras' layout: a group `vars` for each object that keeps something, in it an array for each thing that it keeps. Large
arrays carry a checksum; small ones, names and shapes lie where HDF5 itself has one.
"""

from __future__ import annotations

import io
import json
import re
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tsuno.core.variable import all_or_nothing
from tsuno.saving.atomic import write_file
from tsuno.saving.state import own_arrays, saveables, take_arrays
from tsuno.saving.untrusted import CHECKSUM, FileProblem, Section, checksum, open_hdf5, parse_json

_COMPACT = 4096
"""Arrays of so few bytes are kept in HDF5's own, checksummed, description of them."""
_VERSION = ("v110", "v110")
"""The format from HDF5 1.10 on, in which all that describes the arrays has checksums."""
_LARGEST_ATTRIBUTE = 64512
_LARGEST_MAP = 1 << 26

# ---------------------------------------------------------------------- writing


@contextmanager
def new_hdf5(file: BinaryIO) -> Iterator[Any]:
    """A new HDF5 file within a binary file; what the binary file raises comes out at the end of the block."""
    import h5py

    patient = _Patient(file)
    try:
        with h5py.File(patient, "w", libver=_VERSION) as h5:
            yield h5
    finally:
        if patient.problem is not None:
            raise patient.problem


class _Patient(io.RawIOBase):
    """A binary file that keeps what goes wrong in it to itself: HDF5 does not survive a full disk."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.problem: OSError | None = None

    def _try(self, action: Callable[[], Any], otherwise: Any) -> Any:
        if self.problem is None:
            try:
                return action()
            except OSError as problem:
                self.problem = problem
        return otherwise

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._try(lambda: self._file.seek(offset, whence), offset))

    def tell(self) -> int:
        return int(self._try(self._file.tell, 0))

    def write(self, data: Any) -> int:
        return int(self._try(lambda: self._file.write(data), len(data)))

    def readinto(self, buffer: Any) -> int:
        return int(self._try(lambda: self._file.readinto(buffer), len(buffer)))  # type: ignore[attr-defined]

    def truncate(self, size: int | None = None) -> int:
        return int(self._try(lambda: self._file.truncate(size), size or 0))

    def flush(self) -> None:
        self._try(self._file.flush, None)


def put_array(group: Any, name: str, value: Any) -> None:
    """Write an array into a group of a file."""
    import h5py

    array = np.asarray(value)
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    small = array.nbytes <= _COMPACT
    layout.set_layout(h5py.h5d.COMPACT if small else h5py.h5d.CONTIGUOUS)
    dataset = group.create_dataset(name, data=array, dcpl=layout)
    if array.dtype.kind == "V":
        dataset.attrs["dtype"] = array.dtype.name  # one that HDF5 does not know
    if not small:
        dataset.attrs[CHECKSUM] = np.uint32(checksum(array))


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


def write_weights(root: Any, file: BinaryIO) -> None:
    """Write what a model keeps into a binary file."""
    with new_hdf5(file) as h5:
        for path, item in saveables(root):
            _put(h5, path, item, own_arrays(item))


def _put(h5: Any, path: str, item: Any, arrays: Mapping[str, Any]) -> None:
    group = (h5.create_group(path) if path else h5).create_group("vars")
    if isinstance(getattr(item, "name", None), str):
        group.attrs["name"] = item.name
    for name, value in arrays.items():
        put_array(group, name, value)


def write_shards(root: Any, path: Path, most: float, overwrite: bool = True) -> None:
    """Write what a model keeps into files of limited size and a map of them, which comes last.

    Args:
        root: the model.
        path: where the map goes, `name.weights.json`; the files are `name_00000.weights.h5` and so on.
        most: the most bytes of arrays in one file.
        overwrite: whether existing files may be replaced.
    """
    shards: list[list[tuple[str, Any, dict[str, Any]]]] = [[]]
    held = total = 0
    for where, item in saveables(root):
        for name, value in own_arrays(item).items():
            size = int(np.asarray(value).nbytes)
            if size > most:
                raise ValueError(
                    f"An array of {getattr(item, 'name', where)!r} takes {size} bytes and does not fit into files of "
                    f"{int(most)}: give a larger `max_shard_size` (in GB)."
                )
            total += size
            if held + size > most:
                shards, held = [*shards, []], 0
            held += size
            if not shards[-1] or shards[-1][-1][1] is not item:
                shards[-1].append((where, item, {}))
            shards[-1][-1][2][name] = value
    old = {name for names in _weight_map(path).values() for name in names} if path.exists() else set()
    if old and not overwrite:
        raise FileExistsError(f"The file {str(path)!r} exists; pass overwrite=True to replace it.")
    found: dict[str, list[str]] = {}
    number = 0
    for shard in shards:
        number = _reserved(path, number)

        def write(file: BinaryIO, shard: Any = shard) -> None:
            with new_hdf5(file) as h5:
                for where, item, arrays in shard:
                    _put(h5, where, item, arrays)

        write_file(_shard_path(path, number), write)
        for where, _, _ in shard:
            found.setdefault(f"/{where}/vars" if where else "/vars", []).append(_shard_path(path, number).name)
    weight_map = {where: names if len(names) > 1 else names[0] for where, names in found.items()}
    text = json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=4)
    write_file(path, lambda file: file.write(text.encode()))
    for name in old:
        path.with_name(name).unlink(missing_ok=True)


def _shard_path(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name.removesuffix('.json').removesuffix('.weights')}_{number:05}.weights.h5")


def _reserved(path: Path, number: int) -> int:
    """The next number of which there is no file: those of the last save must stay until the new map is there."""
    while True:
        try:
            _shard_path(path, number).open("xb").close()
            return number
        except FileExistsError:
            number += 1


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
        take_tree(root, lambda path: h5.section(path) or {}, name, skip_mismatch)
        h5.finish()


def read_shards(root: Any, path: Path, skip_mismatch: bool = False) -> None:
    """Put into a model what `write_shards` wrote; see `read_weights`."""
    places = _weight_map(path)
    files: dict[str, Section] = {}
    with ExitStack() as stack:

        def shard(name: str) -> Section:
            if name not in files:
                beside = path.with_name(name)
                if not beside.is_file():
                    raise FileProblem(f"The map {str(path)!r} names {name!r}, and there is no such file beside it.")
                files[name] = stack.enter_context(open_hdf5(beside, str(beside)))
            return files[name]

        def arrays(where: str) -> Mapping[str, Any]:
            found = [shard(name).section(where) or {} for name in places.get(f"/{where}", [])]
            return {name: section[name] for section in found for name in section}

        with all_or_nothing():
            take_tree(root, arrays, str(path), skip_mismatch)
            for file in files.values():
                file.finish()


def _weight_map(path: Path) -> dict[str, list[str]]:
    """In which files the arrays of each object are."""
    if path.stat().st_size > _LARGEST_MAP:
        raise FileProblem(f"The map {str(path)!r} is larger than {_LARGEST_MAP} bytes.")
    about = parse_json(path.read_bytes(), f"The map {str(path)!r}")
    places = about.get("weight_map") if isinstance(about, dict) else None
    if not isinstance(places, dict):
        raise FileProblem(f"The map {str(path)!r} has no `weight_map`.")
    found = {where: names if isinstance(names, list) else [names] for where, names in places.items()}
    for name in (name for names in found.values() for name in names):
        if not isinstance(name, str) or not re.fullmatch(r"[^/\\:\0]+\.weights\.h5", name):
            raise FileProblem(f"The map {str(path)!r} names {name!r}, which is no file of weights beside it.")
    return found


def take_tree(root: Any, arrays: Callable[[str], Mapping[str, Any]], name: str, skip_mismatch: bool = False) -> None:
    """Let each object of a model take its own arrays, which are found by the path of its `vars`."""
    problems = []
    for path, item in saveables(root):
        try:
            take_arrays(item, arrays(f"{path}/vars" if path else "vars"))
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
    if not skip_mismatch:
        raise FileProblem(
            f"The weights in {name!r} do not fit the model: {problems[0]}.{more} Pass skip_mismatch=True to leave "
            "such objects as they are."
        )
    warnings.warn(f"Left as it was: {problems[0]}.{more}", stacklevel=4)
