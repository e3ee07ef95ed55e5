"""`.safetensors`: the weights by their paths, one after the other, in the format of Hugging Face.

A file is a length, a JSON header with the dtype, shape and place of each array, and the bytes of the arrays. In the
header's metadata are what wrote the file and a checksum for each array, which other readers pass over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tsuno import engine
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.variable import all_or_nothing, by_path
from tsuno.saving.atomic import write_file
from tsuno.saving.hdf5 import report, take_tree
from tsuno.saving.untrusted import CHECKSUM, FileProblem, checksum, is_finite, parse_json

_LARGEST_HEADER = 1 << 26
DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
    "U16": "uint16", "I16": "int16", "F16": "float16", "BF16": "bfloat16", "U32": "uint32", "I32": "int32",
    "F32": "float32", "U64": "uint64", "I64": "int64", "F64": "float64",
}  # fmt: skip
_NAMES = {name: short for short, name in DTYPES.items()}


def write_flat(model: Any, path: Path, overwrite: bool = True) -> None:
    """Write the weights of a model."""
    arrays = {name: variable.numpy() for name, variable in by_path(model.weights).items()}
    sums = {name: checksum(array) for name, array in arrays.items()}
    header: dict[str, Any] = {"__metadata__": {"format": "tsuno", CHECKSUM: json.dumps(sums)}}
    place = 0
    for name, array in arrays.items():
        offsets = [place, place := place + array.nbytes]
        header[name] = {"dtype": _NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": offsets}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)

    def write(file: BinaryIO) -> None:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)

    write_file(path, write, overwrite)


def read_flat(model: Any, path: Path, skip_mismatch: bool = False) -> None:
    """Put into a model the weights of a file: by their paths, or, of files of our own, by the order of the layers."""
    with path.open("rb") as file:
        header, begin = read_header(file, path)
        about = header.pop("__metadata__", None) or {}
        sums = parse_json(str(about.get(CHECKSUM, "{}")), f"The checksums in {str(path)!r}")
        variables = by_path(model.weights)
        if not isinstance(sums, dict) or (sums and sums.keys() != header.keys()):
            raise FileProblem(f"The file {str(path)!r} is damaged: its checksums are of other arrays.")

        def read(name: str) -> np.ndarray:
            return read_array(file, begin, header[name], name, path, sums.get(name))

        if header and all(name.rpartition("/")[0].endswith("vars") for name in header):
            with all_or_nothing():  # arrays by their places, as `.weights.h5` files have them
                take_tree(model, lambda place: _below(place, header, read), str(path), skip_mismatch)
            return
        names = list(header)
        own = about.get("format") == "tsuno"  # whose order is that of the layers
        if own and set(names) != set(variables) and len(names) == len(variables):
            variables = dict(zip(names, variables.values(), strict=True))
        lacking = [name for name in variables if name not in header]
        problems = [f"the file has no {name!r}; it has {', '.join(names[:5])[:100]}" for name in lacking[:1]]
        for name, variable in variables.items():
            if name in header and tuple(header[name]["shape"]) != variable.shape:
                shape = tuple(header[name]["shape"])
                problems.append(f"{variable.path!r} has shape {variable.shape}, the file's array {shape}")
        report(problems, str(path), skip_mismatch)
        with all_or_nothing():
            for name, variable in variables.items():
                if name in header and tuple(header[name]["shape"]) == variable.shape:
                    variable.assign(engine.placed(read(name)))


def _below(place: str, header: dict[str, Any], read: Callable[[str], np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays right under a place."""
    return {name.rpartition("/")[2]: read(name) for name in header if name.rpartition("/")[0] == place}


def read_header(file: BinaryIO, path: Path) -> tuple[dict[str, Any], int]:
    """What a file says of its arrays, found to be right, and where they begin."""

    def problem(what: str) -> FileProblem:
        return FileProblem(f"The file {str(path)!r} is damaged or no `.safetensors`: {what}.")

    length, size = int.from_bytes(file.read(8), "little"), path.stat().st_size
    if not 2 <= length <= min(_LARGEST_HEADER, size - 8):
        raise problem(f"its header claims {length} bytes of {size}")
    header = parse_json(file.read(length), f"The header of {str(path)!r}", unique=True)
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
        raise problem("its header is no table of arrays")
    end = 0
    arrays = [(name, entry) for name, entry in header.items() if name != "__metadata__"]
    try:
        for name, entry in sorted(arrays, key=lambda each: each[1]["data_offsets"]):
            (first, last), shape = entry["data_offsets"], entry["shape"]
            if entry["dtype"] not in DTYPES:
                raise problem(f"{name[:80]!r} is of an unknown dtype {str(entry['dtype'])[:40]!r}")
            if not all(isinstance(number, int) and number >= 0 for number in (first, last, *shape)):
                raise problem(f"{name[:80]!r} has no shape or place")
            needed = math.prod(shape) * numpy_dtype(DTYPES[entry["dtype"]]).itemsize
            if first != end or last - first != needed:
                raise problem(f"{name[:80]!r} needs {needed} bytes and claims those from {first} to {last}")
            end = last
    except FileProblem:
        raise
    except (TypeError, KeyError, AttributeError, IndexError, ValueError) as missing:
        raise problem(f"its header lacks something: {missing}") from None
    if end != size - 8 - length:
        raise problem(f"its arrays take {end} bytes of {size - 8 - length}")
    return header, 8 + length


def read_array(
    file: BinaryIO, begin: int, entry: dict[str, Any], name: str, path: Path, expected: int | None
) -> np.ndarray:
    file.seek(begin + entry["data_offsets"][0])
    raw = engine.empty((entry["data_offsets"][1] - entry["data_offsets"][0],), np.uint8)
    if file.readinto(raw.data) != raw.nbytes or (expected is not None and checksum(raw) != expected):  # type: ignore[attr-defined]
        raise FileProblem(f"The file {str(path)!r} is damaged: {name!r} differs from its checksum.")
    array = raw.view(numpy_dtype(DTYPES[entry["dtype"]])).reshape(entry["shape"])
    is_finite(array, name, str(path))
    return array
