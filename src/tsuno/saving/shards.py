"""Weights in several files: shards of limited size, `name_00000.weights.h5`, and a map of them, `name.weights.json`.

The map comes last and says which shards count, so those of the last save stay until it is there. It has a checksum,
and names the save that it and its shards are of.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tsuno.core.variable import all_or_nothing
from tsuno.saving.atomic import remove_unfinished, write_file, writing
from tsuno.saving.hdf5 import arrays_of, new_hdf5, put_object, put_text, take_tree
from tsuno.saving.state import own_arrays, saveables
from tsuno.saving.untrusted import CHECKSUM, FileProblem, Section, checksum, open_hdf5, parse_json

SAVE = "save"
_LARGEST_MAP = 1 << 26
Shard = list[tuple[str, Any, dict[str, Any]]]


def write_shards(root: Any, path: Path, most: float, overwrite: bool = True) -> None:
    """Write what a model keeps into files of limited size and a map of them.

    Args:
        root: the model.
        path: where the map goes, `name.weights.json`.
        most: the most bytes of arrays in one file.
        overwrite: whether existing files may be replaced.

    Raises:
        ValueError: one array is larger than that.
    """
    if path.exists() and not overwrite:
        raise FileExistsError(f"The file {str(path)!r} exists; pass overwrite=True to replace it.")
    shards, total, save = _divided(root, most)
    found: dict[str, list[str]] = {}
    made: list[Path] = []
    with writing(path):
        try:
            for shard in shards:
                made.append(_reserved(path, len(made)))

                def write(file: BinaryIO, shard: Shard = shard) -> None:
                    with new_hdf5(file) as h5:
                        put_text(h5, SAVE, save)
                        for where, item, arrays in shard:
                            put_object(h5, where, item, arrays)

                write_file(made[-1], write)
                for where, _, _ in shard:
                    found.setdefault(f"/{where}/vars" if where else "/vars", []).append(made[-1].name)
            places = {where: names if len(names) > 1 else names[0] for where, names in found.items()}
            about = {"total_size": total, SAVE: save, CHECKSUM: _map_checksum(places)}
            text = json.dumps({"metadata": about, "weight_map": places}, indent=4)
            write_file(path, lambda file: file.write(text.encode()))
        except BaseException:
            for each in made:
                each.unlink(missing_ok=True)
            raise
    alone = remove_unfinished(path)
    for each in _all_shards(path):
        if alone and each not in made:
            each.unlink(missing_ok=True)
        remove_unfinished(each)


def _divided(root: Any, most: float) -> tuple[list[Shard], int, str]:
    """The arrays of a model by file, their size, and a name for all of them, made from their checksums."""
    shards: list[Shard] = [[]]
    held = total = 0
    sums = []
    for where, item in saveables(root):
        for name, value in own_arrays(item).items():
            array = np.asarray(value)
            if array.nbytes > most:
                raise ValueError(
                    f"An array of {getattr(item, 'name', where)!r} takes {array.nbytes} bytes and does not fit into "
                    f"files of {int(most)}: give a larger `max_shard_size` (in GB)."
                )
            total += array.nbytes
            sums.append(f"{where}/{name} {checksum(array)}")
            if held + array.nbytes > most:
                shards, held = [*shards, []], 0
            held += array.nbytes
            if not shards[-1] or shards[-1][-1][1] is not item:
                shards[-1].append((where, item, {}))
            shards[-1][-1][2][name] = array
    return shards, total, f"{zlib.crc32(chr(10).join(sums).encode()):08x}"


def _shard(path: Path, number: int) -> Path:
    return path.with_name(f"{_base(path)}_{number:05}.weights.h5")


def _base(path: Path) -> str:
    return path.name.removesuffix(".json").removesuffix(".weights")


def _reserved(path: Path, number: int) -> Path:
    """The next shard of which there is no file."""
    while True:
        try:
            _shard(path, number).open("xb").close()
            return _shard(path, number)
        except FileExistsError:
            number += 1


def _all_shards(path: Path) -> list[Path]:
    """The shards beside a map, those that are there and those that have not become files."""
    pattern = re.compile(rf"\.?({re.escape(_base(path))}_\d{{5}}\.weights\.h5)(\..*)?")
    found = (pattern.fullmatch(each.name) for each in path.parent.iterdir())
    return sorted({path.with_name(match[1]) for match in found if match})


def _map_checksum(places: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(places, sort_keys=True).encode())


def read_shards(root: Any, path: Path, skip_mismatch: bool = False) -> None:
    """Put into a model what `write_shards` wrote.

    Args:
        root: the model, built.
        path: the map.
        skip_mismatch: leave objects alone whose arrays do not fit, with a warning.

    Raises:
        ValueError: the map or a shard is damaged or missing, or does not fit; the model is then as it was.
    """
    while True:
        before = path.read_bytes()
        try:
            return _read_shards(root, path, skip_mismatch)
        except (FileProblem, FileNotFoundError):
            if path.read_bytes() == before:
                raise  # else somebody has saved meanwhile, and the shards of this map are gone


def _read_shards(root: Any, path: Path, skip_mismatch: bool) -> None:
    places, save = read_map(path)
    files: dict[str, Section] = {}
    with ExitStack() as stack:

        def shard(name: str) -> Section:
            if name not in files:
                beside = path.with_name(name)
                if not beside.is_file():
                    raise FileProblem(f"The map {str(path)!r} names {name[:80]!r}, which is not beside it.")
                files[name] = stack.enter_context(open_hdf5(beside, str(beside)))
                if save is not None and files[name].text(SAVE) != save:
                    raise FileProblem(f"The map {str(path)!r} and the file {name!r} beside it are of different saves.")
            return files[name]

        def arrays(where: str) -> Mapping[str, Any]:
            found = [arrays_of(shard(name).section(where)) for name in places.get(f"/{where}", [])]
            return {name: array for arrays in found for name, array in arrays.items()}

        with all_or_nothing():
            take_tree(root, arrays, str(path), skip_mismatch)
            for file in files.values():
                file.finish()


def read_map(path: Path) -> tuple[dict[str, list[str]], str | None]:
    """In which files the arrays of each object are, and the save that they are of."""
    if path.stat().st_size > _LARGEST_MAP:
        raise FileProblem(f"The map {str(path)!r} is larger than {_LARGEST_MAP} bytes.")
    about = parse_json(path.read_bytes(), f"The map {str(path)!r}")
    places = about.get("weight_map") if isinstance(about, dict) else None
    if not isinstance(places, dict):
        raise FileProblem(f"The map {str(path)!r} has no `weight_map`.")
    found = {where: names if isinstance(names, list) else [names] for where, names in places.items()}
    for name in (name for names in found.values() for name in names):
        if not isinstance(name, str) or not re.fullmatch(r"[^/\\:\0]+\.weights\.h5", name):
            raise FileProblem(f"The map {str(path)!r} names {str(name)[:80]!r}, which is no file of weights beside it.")
    metadata = about.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if metadata.get(CHECKSUM, _map_checksum(places)) != _map_checksum(places):
        raise FileProblem(f"The map {str(path)!r} is damaged: it differs from its checksum.")
    return found, metadata.get(SAVE)
