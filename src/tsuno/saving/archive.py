"""`.keras` archives: a ZIP file with the configuration, the weights, and what layers put beside them (`assets/`).

The same members may also lie in a folder, as models do on the Hugging Face Hub.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import tempfile
import time
import zipfile
import zlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from tsuno.saving.atomic import write_file, write_folder
from tsuno.saving.hdf5 import read_weights, write_weights
from tsuno.saving.state import asset_files, take_assets, whole_config
from tsuno.saving.untrusted import Archive, FileProblem, Folder

WEIGHTS = "model.weights.h5"
KERAS = "3.15.1"
"""The version of Keras whose files these are."""
_LARGEST_ASSET = 1 << 32
_BLOCK = 1 << 20


class Members(Protocol):
    """What an archive and a folder have in common."""

    name: str

    def __iter__(self) -> Any: ...
    def read(self, name: str, at_most: int = ...) -> bytes: ...
    def json(self, name: str) -> Any: ...
    def open(self, name: str) -> AbstractContextManager[BinaryIO]: ...


def write_archive(model: Any, path: Path, overwrite: bool = True, zipped: bool = True) -> None:
    """Write a model as an archive, or as a folder with its members."""
    metadata = {"keras_version": KERAS, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}
    texts = {"metadata.json": json.dumps(metadata), "config.json": json.dumps(whole_config(model))}

    def write_zip(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w") as archive, tempfile.TemporaryDirectory() as folder:
            for name, text in texts.items():
                archive.writestr(name, text)
            for found in asset_files(model, Path(folder)):
                archive.write(found, f"assets/{found.relative_to(folder).as_posix()}")
            _put_weights(model, archive, file)

    def write_members(folder: Path) -> None:
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
        with (folder / WEIGHTS).open("w+b") as file:
            write_weights(model, file)
        with tempfile.TemporaryDirectory() as assets:
            if asset_files(model, Path(assets)):
                shutil.copytree(assets, folder / "assets")

    if zipped:
        write_file(path, write_zip, overwrite)
    else:
        write_folder(path, write_members, overwrite)


def _put_weights(model: Any, archive: zipfile.ZipFile, file: BinaryIO) -> None:
    """Write the weights as the last member, in their place: HDF5 moves about in its file, as members cannot."""
    info = zipfile.ZipInfo(WEIGHTS, time.localtime()[:6])
    info.header_offset = file.seek(archive.start_dir)
    info.CRC = 0  # until it is known
    file.write(info.FileHeader(zip64=True))
    start = file.tell()
    write_weights(model, file, start)
    end = file.seek(0, os.SEEK_END)
    info.file_size = info.compress_size = end - start
    file.seek(start)
    info.CRC = functools.reduce(lambda crc, block: zlib.crc32(block, crc), iter(lambda: file.read(_BLOCK), b""), 0)
    file.seek(info.header_offset)
    file.write(info.FileHeader(zip64=True))
    archive.filelist.append(info)
    archive.NameToInfo[WEIGHTS] = info
    archive.start_dir = end


def open_archive(path: Path) -> AbstractContextManager[Members]:
    """The members of an archive or of such a folder."""
    return Folder(path) if path.is_dir() else Archive(path)


def read_config(archive: Members) -> tuple[dict[str, Any], dict[str, Any] | None, str]:
    """The configuration of a model, that of its training, and the version of Keras that wrote them."""
    config = archive.json("config.json")
    metadata = archive.json("metadata.json") if "metadata.json" in list(archive) else {}
    if not isinstance(config, dict) or not isinstance(metadata, dict):
        raise FileProblem(f"'config.json' in {archive.name!r} does not describe a model.")
    return config, config.pop("compile_config", None), str(metadata.get("keras_version", ""))


def read_arrays(model: Any, archive: Members, skip_mismatch: bool = False) -> None:
    """Put into a model the weights of an archive."""
    with archive.open(WEIGHTS) as file:
        read_weights(model, file, f"{archive.name}:{WEIGHTS}", skip_mismatch)


def read_assets(model: Any, archive: Members) -> None:
    """Let layers read what they had put beside their weights."""
    names = [name for name in archive if name.startswith("assets/") and not name.endswith("/")]
    files = ((name.removeprefix("assets/"), archive.read(name, _LARGEST_ASSET)) for name in names)
    take_assets(model, files, f"The archive {archive.name!r}")
