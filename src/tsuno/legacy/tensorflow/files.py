"""`tf.io` and `tf.gfile`: files and folders."""

from __future__ import annotations

import glob as _glob
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tsuno.legacy.tensorflow import images
from tsuno.legacy.tensorflow.strings import text
from tsuno.legacy.tensorflow.words import exposed
from tsuno.saving.atomic import write_file as _write_whole


def _path(path: Any) -> str:
    value = np.asarray(path).item() if hasattr(path, "shape") else path
    return value.decode() if isinstance(value, bytes) else os.fspath(value)


def _read(filename: Any) -> bytes:
    return Path(_path(filename)).read_bytes()


def read_file(filename: Any) -> Any:
    """The bytes of a file, as a tensor."""
    return text(np.asarray(_read(filename), object))


def write_file(filename: Any, contents: Any) -> None:
    """Write a file, whole or not at all."""
    value = images.as_bytes(contents)
    path = Path(_path(filename))
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_whole(path, lambda file: file.write(value))


def matching_files(pattern: Any) -> Any:
    """The files that a pattern finds, as a tensor."""
    return text(np.asarray(sorted(_glob.glob(_path(pattern))), object))


# ---------------------------------------------------------------------- files and folders


class GFile:
    """A file.

    Args:
        name: its path.
        mode: as that of Python's `open`; text unless it has a `b`.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        self.name, self.mode = _path(name), mode
        self._file = open(self.name, mode) if "b" in mode else open(self.name, mode, encoding="utf-8")  # noqa: SIM115

    def __getattr__(self, name: str) -> Any:
        if name == "_file":
            raise AttributeError(name)
        return getattr(self._file, name)

    def size(self) -> int:
        """The number of bytes."""
        return os.path.getsize(self.name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *error: Any) -> None:
        self._file.close()


Open = FastGFile = GFile


def exists(path: Any) -> bool:
    """Whether there is a file or folder."""
    return os.path.exists(_path(path))


def glob(pattern: Any) -> list[str]:
    """The paths that a pattern, or a list of them, finds."""
    patterns = pattern if isinstance(pattern, (list, tuple)) else [pattern]
    return sorted(found for each in patterns for found in _glob.glob(_path(each)))


def makedirs(path: Any) -> None:
    """Make a folder and those above it; there may be one."""
    os.makedirs(_path(path), exist_ok=True)


mkdir = makedirs


def listdir(path: Any) -> list[str]:
    """The names in a folder."""
    return sorted(os.listdir(_path(path)))


def isdir(path: Any) -> bool:
    """Whether there is a folder."""
    return os.path.isdir(_path(path))


def remove(path: Any) -> None:
    """Remove a file."""
    os.remove(_path(path))


def rmtree(path: Any) -> None:
    """Remove a folder and all that is in it."""
    shutil.rmtree(_path(path))


def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Give a file another name."""
    _may_be_there(dst, overwrite)
    os.replace(_path(src), _path(dst))


def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copy a file."""
    _may_be_there(dst, overwrite)
    shutil.copyfile(_path(src), _path(dst))


def _may_be_there(path: Any, overwrite: bool) -> None:
    if exists(path) and not overwrite:
        raise FileExistsError(f"The file {_path(path)!r} exists; pass overwrite=True to replace it.")


def join(path: Any, *paths: Any) -> str:
    """A path of parts."""
    return os.path.join(_path(path), *map(_path, paths))


def stat(path: Any) -> os.stat_result:
    """What the system knows about a file."""
    return os.stat(_path(path))


def walk(top: Any, topdown: bool = True, onerror: Any = None) -> Iterator[tuple[str, list[str], list[str]]]:
    """The folders below one: path, names of folders, names of files."""
    return iter(os.walk(_path(top), topdown=topdown, onerror=onerror))


_gone = (
    "`tf.{}` is not there: `TFRecord` files are not read or written. Read them once with TensorFlow and store arrays, "
    "for example with `np.savez`."
)


class TFRecordWriter:
    """Refused: such files are not written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(_gone.format("io.TFRecordWriter"))


def parse_single_example(*args: Any, **kwargs: Any) -> Any:
    """Refused: such files are not read."""
    raise NotImplementedError(_gone.format("io.parse_single_example"))


def parse_example(*args: Any, **kwargs: Any) -> Any:
    """Refused: such files are not read."""
    raise NotImplementedError(_gone.format("io.parse_example"))


def tf_record_iterator(*args: Any, **kwargs: Any) -> Any:
    """Refused: such files are not read."""
    raise NotImplementedError(_gone.format("python_io.tf_record_iterator"))


MakeDirs, Exists, Glob, ListDirectory, IsDirectory = makedirs, exists, glob, listdir, isdir
Remove, DeleteRecursively, Rename, Copy, Stat, Walk, MkDir = remove, rmtree, rename, copy, stat, walk, mkdir
AS_THEY_ARE = {
    "Copy", "DeleteRecursively", "Exists", "Glob", "IsDirectory", "ListDirectory", "MakeDirs", "MkDir", "Remove",
    "Rename", "Stat", "Walk", "copy", "exists", "glob", "isdir", "join", "listdir", "makedirs", "mkdir", "remove",
    "rename", "rmtree", "stat", "walk",
}  # fmt: skip

FUNCTIONS: dict[str, Any] = {
    name: exposed(getattr(images, name))
    for name in (
        "decode_bmp", "decode_gif", "decode_image", "decode_jpeg", "decode_png", "encode_jpeg", "encode_png",
    )
} | {"read_file": exposed(read_file), "write_file": exposed(write_file)}  # fmt: skip
