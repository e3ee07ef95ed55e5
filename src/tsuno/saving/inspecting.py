"""What a file has in it, found without making any of it: what it would build, read and allocate."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tsuno.core.registry import find_object, get_registered_object, in_library
from tsuno.saving import archive, files, flat, orbax, shards, text, whole_hdf5
from tsuno.saving.ages import modern, number
from tsuno.saving.untrusted import CHECKSUM, FileProblem, Section, Stored, open_hdf5, parse_json

_DEEPEST = 64
_MOST_PARTS = 100_000
_LARGEST_TEXT = 1 << 25
_CODE = "refused: code never runs"
_UNKNOWN = "unknown: register it, or pass it as custom object"


@dataclass(frozen=True)
class NamedClass:
    """A class or function that a file names: what it would be, and how often it comes."""

    name: str
    module: str | None
    found: str
    count: int


@dataclass(frozen=True)
class NamedArray:
    """An array in a file, not read; `checksum` says whether there is one for it."""

    path: str
    shape: tuple[int, ...]
    dtype: str
    nbytes: int
    checksum: bool


@dataclass(frozen=True, repr=False)
class FileContents:
    """What `inspect` found; it prints as a table."""

    path: str
    kind: str
    age: str | None
    keras_version: str | None
    saved: str | None
    has_model: bool
    problem: str | None
    classes: tuple[NamedClass, ...]
    arrays: tuple[NamedArray, ...]
    assets: tuple[str, ...]
    file_bytes: int

    @property
    def total_bytes(self) -> int:
        """What the arrays take in memory."""
        return sum(array.nbytes for array in self.arrays)

    @property
    def checksums(self) -> str:
        """For how many arrays the file has a checksum: "all", "none" or a number."""
        having = sum(array.checksum for array in self.arrays)
        return {len(self.arrays): "all", 0: "none"}.get(having, f"{having} of {len(self.arrays)}")

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        own = {"total_bytes": self.total_bytes, "checksums": self.checksums}
        plain: dict[str, Any] = json.loads(json.dumps({**asdict(self), **own}))
        return plain

    def __repr__(self) -> str:
        return _table(self)


def inspect(filepath: Any) -> FileContents:
    """What a file holds, without building anything: no class is made, no array read, no code run.

    Args:
        filepath: a file or folder of any kind that `load_model`, `load_weights`, `model_from_json` or
            `model_from_yaml` reads.

    Returns:
        Its kind and age, the classes it names and what each would be here ("library", "registered", "unknown" or
        "refused"), its arrays, the files beside them (assets), and whether there are checksums. It prints as a table;
        `to_dict()` has it as plain data.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no such file, or not to be trusted.

    Example:
        >>> import tempfile
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/model.keras")
        ...     found = tsuno.saving.inspect(f"{folder}/model.keras")
        >>> found.total_bytes, found.checksums, [(each.name, each.found) for each in found.classes][-1]
        (32, 'all', ('Zeros', 'library'))
    """
    path = files.existing(filepath)
    ending = path.suffix.lower()
    if path.is_dir() and orbax.is_orbax(path):
        return _orbax_contents(path)
    if files.begins_as_hdf5(path):
        return _hdf5_contents(path)
    if ending == ".safetensors":
        return _flat_contents(path)
    if ending == ".json":
        return _json_contents(path)
    if ending in (".yaml", ".yml"):
        return _described(path, text.parse_yaml(_limited(path), f"The YAML in {str(path)!r}"), "model as YAML")
    return _archive_contents(path)


def _contents(
    path: Path,
    kind: str,
    config: Any = None,
    training: Any = None,
    arrays: tuple[NamedArray, ...] = (),
    keras_version: str | None = None,
    saved: str | None = None,
    has_model: bool | None = None,
    assets: tuple[str, ...] = (),
    age: str | None = None,
    beside: tuple[Path, ...] = (),
) -> FileContents:
    with text.understood(f"The model in {str(path)!r}"):
        classes, problem = _classes(config, training, keras_version or age or "")
    here = path.rglob("*") if path.is_dir() else (path, *beside)
    size = sum(each.stat().st_size for each in here if each.is_file())
    generation = next(iter(number(keras_version or age or "")), None)
    age = None if generation is None else f"Keras {generation}"
    has_model = config is not None if has_model is None else has_model
    return FileContents(
        str(path), kind, age, keras_version or None, saved, has_model, problem, classes, arrays, assets, size
    )


# ---------------------------------------------------------------------- kinds of files


def _archive_contents(path: Path) -> FileContents:
    with archive.open_archive(path) as members:
        names = list(members)
        config, training, version = archive.read_config(members)
        about = members.json("metadata.json") if "metadata.json" in names else {}
        arrays: tuple[NamedArray, ...] = ()
        if archive.WEIGHTS in names:
            with members.open(archive.WEIGHTS) as file, hdf5_root(file, f"{path}:{archive.WEIGHTS}") as (root, checked):
                arrays = tuple(_named_arrays(root, lambda each: checked(each) or path.is_file()))  # ZIP has its own
        kind = "model, folder of Keras 3" if path.is_dir() else "model, .keras archive"
        assets = tuple(name.removeprefix("assets/") for name in names if name.startswith("assets/"))
        return _contents(path, kind, config, training, arrays, version, _text(about.get("date_saved")), assets=assets)


def _hdf5_contents(path: Path) -> FileContents:
    with hdf5_root(path, str(path)) as (root, checked):
        arrays = tuple(_named_arrays(root, checked))
        if not whole_hdf5.is_whole(root):
            return _contents(path, "weights, HDF5 in the layout of Keras 3", arrays=arrays, age="3")
        version = whole_hdf5.version_of(root)
        if root.text("model_config") is None:
            return _contents(path, "weights, HDF5 by layers", arrays=arrays, keras_version=version)
        config, training, version = whole_hdf5.read_config(root, str(path))
        return _contents(path, "model, HDF5", config, training, arrays, version)


def _orbax_contents(path: Path) -> FileContents:
    one = path.name.isdigit() and (path / "pytree").is_dir()
    steps = [path.name] if one else [each.name for each in path.iterdir() if each.name.isdigit()]
    step, config = max(map(int, steps), default=None), None
    checkpointer = orbax.open_folder(path.parent if one else path)
    with text.understood(f"The newest checkpoint in {str(path)!r}"):
        try:
            about = checkpointer.checkpointables_metadata(step).metadata
            if "model_config" in about:
                config = checkpointer.load_checkpointables(step, {"model_config": None})["model_config"]["config"]
            arrays = tuple(
                NamedArray(
                    name, tuple(each.shape), each.dtype.name, int(np.prod(each.shape)) * each.dtype.itemsize, False
                )
                for name, each in orbax.flat(about.get("pytree") or {})
            )
        finally:
            checkpointer.close()
    assets = tuple(name for name, _ in orbax.flat(about.get("assets") or {}))
    data = None if config is None else parse_json(config, f"The model in {str(path)!r}")
    training = data.get("compile_config") if isinstance(data, dict) else None
    data = {**data, "compile_config": None} if isinstance(data, dict) else data
    return _contents(
        path,
        f"{'weights' if data is None else 'model'}, Orbax checkpoint {step}",
        data,
        training,
        arrays,
        age="3",
        assets=assets,
    )


def _flat_contents(path: Path) -> FileContents:
    with path.open("rb") as file:
        header, _, sums = flat_header(file, path)
    arrays = tuple(
        NamedArray(
            name,
            tuple(entry["shape"]),
            flat.DTYPES[entry["dtype"]],
            entry["data_offsets"][1] - entry["data_offsets"][0],
            name in sums,
        )
        for name, entry in header.items()
    )
    return _contents(path, "weights, safetensors", arrays=arrays)


def flat_header(file: BinaryIO, path: Path) -> tuple[dict[str, Any], int, dict[str, Any]]:
    """What a `.safetensors` file says of its arrays, where they begin, and their checksums, if it has any."""
    header, begin = flat.read_header(file, path)
    about = header.pop("__metadata__", None) or {}
    sums = parse_json(str(about.get(CHECKSUM, "{}")), f"The checksums in {str(path)!r}")
    if not isinstance(sums, dict) or (sums and sums.keys() != header.keys()):
        raise FileProblem(f"The file {str(path)!r} is damaged: its arrays and its checksums have different names.")
    return header, begin, sums


def _json_contents(path: Path) -> FileContents:
    data = parse_json(_limited(path), f"The file {str(path)!r}")
    if not isinstance(data, dict) or "weight_map" not in data:
        return _described(path, data, "model as JSON")
    found = tuple(array for root, checked, _ in shard_roots(path) for array in _named_arrays(root, checked))
    beside = tuple(each for _, _, each in shard_roots(path))
    return _contents(path, "weights, several HDF5 files", arrays=found, age="3", beside=beside)


def _described(path: Path, data: Any, kind: str) -> FileContents:
    if not isinstance(data, dict) or "class_name" not in data:
        raise FileProblem(
            f"The file {str(path)!r} does not describe a model: a `class_name` and `config` are expected."
        )
    version, age = _text(data.get("keras_version")), "3" if "module" in data else "2"
    training = data.get("compile_config")
    return _contents(path, kind, {**data, "compile_config": None}, training, keras_version=version, age=age)


def _limited(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_TEXT:
        raise FileProblem(
            f"The file {str(path)!r} has more than the {_LARGEST_TEXT} bytes that a description may have."
        )
    return path.read_bytes()


# ---------------------------------------------------------------------- arrays


@contextmanager
def hdf5_root(source: Path | BinaryIO, name: str) -> Iterator[tuple[Section, Callable[[Stored], bool]]]:
    """The root of an HDF5 file, and a function that says whether an array has a checksum."""
    if isinstance(source, Path):
        with source.open("rb") as file, hdf5_root(file, name) as root:
            yield root
        return
    source.seek(8)
    new = source.read(1) >= b"\2"  # from there on, descriptions of arrays have checksums, with small arrays in them
    source.seek(0)
    with open_hdf5(source, name) as found:
        yield found, lambda array: _has_checksum(array, new)


def _has_checksum(array: Stored, new: bool) -> bool:
    import h5py

    def look() -> bool:
        compact = array._dataset.id.get_create_plist().get_layout() == h5py.h5d.COMPACT
        return CHECKSUM in array._dataset.attrs or (new and compact)

    return array._file.ask(array._where, look)


def shard_roots(path: Path) -> Iterator[tuple[Section, Callable[[Stored], bool], Path]]:
    """The roots of the files that a map of weights names, each for as long as one looks at it."""
    places, save = shards.read_map(path)
    for name in dict.fromkeys(name for names in places.values() for name in names):
        beside = path.with_name(name)
        if not beside.is_file():
            raise FileProblem(f"The map {str(path)!r} names {name!r}, and there is no such file beside it.")
        with hdf5_root(beside, str(beside)) as (root, checked):
            if save is not None and root.text(shards.SAVE) != save:
                raise FileProblem(f"The map {str(path)!r} and the file {name!r} beside it are of different saves.")
            yield root, checked, beside


def walk(root: Section) -> Iterator[tuple[str, Section | Stored]]:
    """Everything in a file by its path, groups before what is in them.

    Raises:
        FileProblem: a group has two names, so that there may be no end of paths, or there are too many parts.
    """
    import h5py

    seen: set[int] = set()
    count = 0

    def visit(section: Section, around: str, depth: int) -> Iterator[tuple[str, Section | Stored]]:
        nonlocal count
        address = root._file.ask(around, lambda: h5py.h5o.get_info(section._group.id).addr)
        if address in seen or depth > _DEEPEST or count > _MOST_PARTS:
            raise root._file.problem(f"{around!r} is a second name, or one of too many")
        seen.add(address)
        for name in section:
            path = f"{around}/{name}" if around else name
            count += 1
            try:
                found = section[name]
            except KeyError:
                raise root._file.problem(f"{path!r} is no name of an array or a group") from None
            yield path, found
            if isinstance(found, Section):
                yield from visit(found, path, depth + 1)

    return visit(root, "", 0)


def _named_arrays(root: Section, checked: Callable[[Stored], bool]) -> Iterator[NamedArray]:
    for path, found in walk(root):
        if isinstance(found, Stored):
            yield NamedArray(path, found.shape, found.dtype.name, found.nbytes, checked(found))


# ---------------------------------------------------------------------- classes


def _classes(config: Any, training: Any, version: str) -> tuple[tuple[NamedClass, ...], str | None]:
    """What a configuration names, and why it cannot be put together if that is seen already."""
    if config is None:
        return (), None
    code: Counter[str] = Counter()
    parts, problem = [_without_code(config, code)], None
    if isinstance(training, Mapping):
        parts.append(_without_code(files.compile_arguments(training), code))
    try:
        parts = [modern(part, version) for part in parts]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as unclear:
        problem = text.short(unclear)
    named = Counter(each for part in parts for each in _names(part))
    found = [
        NamedClass(name, module, _whose(name, module, registered), count)
        for (name, module, registered), count in named.items()
    ]
    return (*found, *(NamedClass(name, None, _CODE, count) for name, count in code.items())), problem


def _without_code(data: Any, code: Counter[str], name: str = "") -> Any:
    """Plain data without the programs in it, which are counted by the layers that they are in."""
    if isinstance(data, (list, tuple)):
        return [_without_code(item, code, name) for item in data]
    if not isinstance(data, dict):
        return data
    config = data.get("config")
    if data.get("class_name") == "__lambda__":
        known = get_registered_object(name) is not None
        code.update([] if known else [f"code in {name!r}"])
        return None
    if isinstance(config, dict):
        name = str(config.get("name") or name)
        if data.get("class_name") == "Lambda" and isinstance(config.get("function"), (list, tuple)):
            code.update([] if get_registered_object(name) is not None else [f"code in {name!r}"])
            data = {**data, "config": {**config, "function": None, "output_shape": None}}
    return {key: _without_code(value, code, name) for key, value in data.items()}


def _names(data: Any) -> Iterator[tuple[str, str | None, str | None]]:
    """The names of classes and functions in plain data, with the module and the name they were registered under."""
    if isinstance(data, (list, tuple)):
        for item in data:
            yield from _names(item)
    elif isinstance(data, dict):
        name = data.get("config") if data.get("class_name") == "function" else data.get("class_name")
        if isinstance(name, str) and "config" in data and not name.startswith("__"):
            function = data["class_name"] == "function"
            yield name, None if function else _text(data.get("module")), _text(data.get("registered_name"))
        for item in data.values():
            yield from _names(item)


def _whose(name: str, module: str | None, registered: str | None) -> str:
    try:
        found = find_object(registered or name, module, None, short_name=name)
    except NotImplementedError as reason:
        return f"refused: {text.short(reason)}"
    except ValueError:
        return _UNKNOWN
    return "library" if in_library(found) else "registered"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


# ---------------------------------------------------------------------- what is shown


def shown(value: str) -> str:
    """A text from a file as it may be printed: no signs that a terminal obeys, none that `rich` does."""
    from rich.markup import escape

    return escape("".join(sign if sign.isprintable() else "?" for sign in value))


def readable(count: float) -> str:
    """A number of bytes."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return f"{count:.2f} {unit}"
        count /= 1024
    return f"{count:.2f} TB"


def _table(found: FileContents) -> str:
    from rich.console import Console

    console = Console(width=None if Console().is_terminal else 100, highlight=False)
    say = functools.partial(console.print, soft_wrap=True)
    with console.capture() as captured:
        say(f"[bold]File: {shown(found.path)}[/bold] ({shown(found.kind)}, {readable(found.file_bytes)})")
        written = f"by Keras {found.keras_version}" if found.keras_version else f"in the way of {found.age or 'today'}"
        say(f" Written: {shown(written)}{shown(f', {found.saved}') if found.saved else ''}")
        if found.problem:
            say(f" Problem: {shown(found.problem)}")
        if found.classes:
            rows = [(each.name, each.module or "-", each.found, f"{each.count}") for each in found.classes]
            console.print(_grid(("Class", "Module in the file", "Here", "Times"), rows))
        if found.arrays:
            arrays = [
                (array.path, str(array.shape), array.dtype, f"{array.nbytes:,}", "Y" if array.checksum else "-")
                for array in found.arrays
            ]
            console.print(_grid(("Array", "Shape", "Dtype", "Bytes", "Sum"), arrays))
        count = sum(int(np.prod(array.shape, dtype=object)) for array in found.arrays)
        say(f" Arrays: {len(found.arrays):,}, with {count:,} numbers in {readable(found.total_bytes)}")
        say(f" Checksums: {found.checksums}")
        say(f" Assets: {shown(', '.join(found.assets)) or 'none'}")
    return captured.get().rstrip("\n")


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    from rich.table import Table

    table = Table()
    for place, head in enumerate(heads):
        right = head in ("Bytes", "Times")
        table.add_column(head, overflow="fold", justify="right" if right else "left", no_wrap=place > 2)
    for row in rows:
        table.add_row(*map(shown, row))
    return table
