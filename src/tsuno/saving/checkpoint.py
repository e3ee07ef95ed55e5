"""A training in progress as a file: arrays and plain data, bit by bit, in an uncompressed ZIP archive.

`about.json` holds the plain data, in which `{"array": n}` stands for the member `n.npy`. Every member has a checksum,
so a file that was damaged is known as such. Nothing in it is code.
"""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tsuno.saving.atomic import remove_unfinished, write_file
from tsuno.saving.untrusted import Archive, FileProblem

_NAME = "checkpoint-{:09d}.zip"
_PATTERN = re.compile(r"checkpoint-(\d{9})\.zip")
_FORMAT = 1


class Checkpoints:
    """The checkpoints in a folder; other files there are left alone.

    Args:
        folder: the folder; made when there is something to write.
        keep: how many to keep.
    """

    def __init__(self, folder: Any, keep: int = 2) -> None:
        self.folder, self.keep = Path(folder), keep

    def files(self) -> list[Path]:
        """The checkpoints, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if _PATTERN.fullmatch(path.name))

    def write(self, data: Mapping[str, Any]) -> Path:
        """Add a checkpoint, and remove the oldest if there are too many."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files = self.files()
        number = 1 + (int(files[-1].stem[-9:]) if files else 0)
        path = self.folder / _NAME.format(number)
        write_file(path, lambda file: _write(file, data))
        for old in [*files, path][: -self.keep]:
            old.unlink(missing_ok=True)
            remove_unfinished(old)
        return path

    def read(self) -> dict[str, Any] | None:
        """What the newest checkpoint holds that is not damaged; None if there is none.

        Raises:
            ValueError: there are checkpoints, and all are damaged.
        """
        files, damaged = self.files(), []
        for path in reversed(files):
            try:
                return read_checkpoint(path)
            except ValueError as problem:
                damaged.append(str(problem))
                warnings.warn(f"{problem} The one before it is taken.", stacklevel=3)
        if damaged:
            raise ValueError(f"No checkpoint in {str(self.folder)!r} can be read. {damaged[0]}")
        return None

    def remove(self) -> None:
        """Remove the checkpoints, and the folder if nothing else is in it."""
        for path in self.files():
            path.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What a checkpoint holds.

    Raises:
        ValueError: it is damaged, or of a later version.
    """
    with Archive(path) as archive:
        about = archive.json("about.json")
        try:
            if about["format"] > _FORMAT:
                raise ValueError(f"format {about['format']} is of a later version")
            return {key: _taken(value, archive) for key, value in about["data"].items()}
        except (FileProblem, MemoryError):
            raise
        except Exception as problem:
            raise FileProblem(f"The checkpoint {str(path)!r} cannot be read: {str(problem)[:200]}.") from None


def _write(file: Any, data: Mapping[str, Any]) -> None:
    arrays: list[np.ndarray] = []
    about = {"format": _FORMAT, "data": {key: _put(value, arrays) for key, value in data.items()}}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for number, array in enumerate(arrays):
            with archive.open(f"{number}.npy", "w", force_zip64=True) as member:
                # Types that NumPy's files do not know are written as the bytes that they are.
                np.lib.format.write_array(member, np.ascontiguousarray(array).view(_stored_dtype(array.dtype)))
        archive.writestr("about.json", json.dumps(about))


def _stored_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(f"u{dtype.itemsize}") if dtype.kind == "V" else dtype


def _put(value: Any, arrays: list[np.ndarray]) -> Any:
    """Plain data for JSON, with arrays put aside."""
    if isinstance(value, Mapping):
        return {"dict": [[key, _put(item, arrays)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_put(item, arrays) for item in value]}
    if isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "__jax_array__"):
        array = np.asarray(value)
        arrays.append(array)
        kind = "scalar" if isinstance(value, np.generic) else "array"
        return {kind: len(arrays) - 1, "dtype": str(array.dtype), "shape": list(array.shape)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{type(value).__name__} is no plain data.")


def _taken(value: Any, archive: Archive) -> Any:
    if not isinstance(value, dict):
        return value
    (kind, content) = next(iter(value.items()))
    if kind == "dict":
        return {key: _taken(item, archive) for key, item in content}
    if kind in ("list", "tuple"):
        items = [_taken(item, archive) for item in content]
        return items if kind == "list" else tuple(items)
    raw = np.lib.format.read_array(io.BytesIO(archive.read(f"{content}.npy")), allow_pickle=False)
    dtype = np.dtype(value["dtype"])
    array = raw.view(dtype).reshape(value["shape"])
    return array[()] if kind == "scalar" else array
