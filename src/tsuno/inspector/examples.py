"""The inputs that a page offers: files of a folder, rows of arrays, and what the reader gives.

They are known by ids only: of a folder, the numbers of its files as they were found. No path comes from outside.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tsuno.core.errors import invalid
from tsuno.inspector.entries import Entry, Refused

MOST_BYTES = 1 << 25
"""Of a file."""
_MOST_FILES, _MOST_ROWS, _MOST_OWN = 2000, 2000, 64
_KINDS = {"npy": "array", "wav": "audio", "txt": "text"} | dict.fromkeys(
    ("png", "jpg", "jpeg", "gif", "bmp", "webp"), "image"
)


@dataclass(frozen=True)
class Item:
    """Something that can be put in: what it is called, and the arrays it becomes, by the names of inputs."""

    id: str
    name: str
    kind: str
    make: Callable[[], dict[str, np.ndarray]]
    label: str | None = None
    parts: Mapping[str, str] | None = None
    """Of one that is put together: the ids of what it is made of, by the names of inputs."""

    def described(self) -> dict[str, Any]:
        found = {"id": self.id, "name": self.name, "kind": self.kind, "label": self.label}
        return found if self.parts is None else {**found, "inputs": dict(self.parts)}


class Examples:
    """The inputs of a page.

    Args:
        given: a folder of files, an array of examples (a list or dict of arrays for several inputs), or None.
        entries: the inputs of the model.
        prepare: what a batch of one image with numbers from 0 to 255 is passed through.
    """

    def __init__(self, given: Any, entries: Sequence[Entry], prepare: Callable[[Any], Any] | None = None) -> None:
        self.entries, self._prepare = list(entries), prepare
        self.folder: str | None = None
        self.items: OrderedDict[str, Item] = OrderedDict()
        self.own: OrderedDict[str, Item] = OrderedDict()
        self._count = 0
        if isinstance(given, (str, os.PathLike)):
            self._add_folder(Path(given))
        elif given is not None:
            self._add_rows(given)

    def described(self) -> dict[str, Any]:
        """All of them, as plain data."""
        return {
            "folder": self.folder,
            "items": [item.described() for item in self.items.values()],
            "own": [item.described() for item in self.own.values()],
        }

    def __getitem__(self, id_: str) -> Item:
        found = self.items.get(id_) or self.own.get(id_)
        if found is None:
            raise Refused("There is no such input (any more).")
        return found

    def arrays(self, id_: str) -> dict[str, np.ndarray]:
        """What an input is for each input of the model, without a batch axis."""
        arrays = self[id_].make()
        missing = [entry.name for entry in self.entries if entry.name not in arrays]
        if missing:
            raise Refused(f"The model also needs {missing[0]!r}: choose something for each of its inputs.")
        return arrays

    # ------------------------------------------------------------------ what the reader gives

    def add_file(self, content: bytes, name: str, entry: Entry) -> Item:
        """A file from the reader."""
        return self._add(name, _KINDS.get(_ending(name), "image"), entry, entry.of_file(content, name, self._prepare))

    def add_drawing(self, content: bytes, entry: Entry) -> Item:
        """A drawing."""
        return self._add(f"drawing {self._count + 1}", "image", entry, entry.of_drawing(content))

    def add_values(self, values: Any, entry: Entry) -> Item:
        """Typed numbers."""
        x = entry.of_values(values)
        return self._add(", ".join(f"{value:g}" for value in x.ravel()[:4]), "array", entry, x)

    def add_text(self, text: str, entry: Entry) -> Item:
        """Typed text."""
        return self._add(text[:40], "text", entry, entry.of_text(text))

    def add_several(self, ids: Mapping[str, str]) -> Item:
        """One input each for the inputs of a model."""
        arrays = {}
        for entry in self.entries:
            if entry.name in ids:
                made = self[ids[entry.name]].make()
                arrays[entry.name] = made.get(entry.name, next(iter(made.values())))
                arrays[entry.name] = entry.of_array(arrays[entry.name])
        names = " + ".join(self[id_].name for id_ in ids.values())
        return self._keep(names, "array", arrays, ids)

    def _add(self, name: str, kind: str, entry: Entry, x: np.ndarray) -> Item:
        return self._keep(name, kind, {entry.name: x})

    def _keep(
        self, name: str, kind: str, arrays: dict[str, np.ndarray], parts: Mapping[str, str] | None = None
    ) -> Item:
        self._count += 1
        item = Item(f"own-{self._count}", name, kind, lambda: arrays, parts=parts)
        self.own[item.id] = item
        if len(self.own) > _MOST_OWN:
            self.own.popitem(last=False)
        return item

    # ------------------------------------------------------------------ what the program gives

    def _add_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            raise invalid("inspect.inputs", "a folder that exists, or arrays", str(folder))
        self.folder = folder.name
        paths = sorted(path for path in (*folder.iterdir(), *folder.glob("*/*")) if _ending(path.name) in _KINDS)
        for path in paths[:_MOST_FILES]:
            if not path.is_file():
                continue
            label = path.parent.name if path.parent != folder else None
            item = Item(str(len(self.items)), path.name, _KINDS[_ending(path.name)], self._reader(path), label)
            self.items[item.id] = item

    def _reader(self, path: Path) -> Callable[[], dict[str, np.ndarray]]:
        def make() -> dict[str, np.ndarray]:
            if path.stat().st_size > MOST_BYTES:
                raise Refused(f"{path.name!r} is larger than {MOST_BYTES >> 20} MiB.")
            entry = self._entry_for(_KINDS[_ending(path.name)])
            return {entry.name: entry.of_file(path.read_bytes(), path.name, self._prepare)}

        return make

    def _entry_for(self, kind: str) -> Entry:
        """The input that a file of a kind is for: the first of that kind, or the first."""
        wanted = {"image": ("image", "digit"), "text": ("text",), "audio": ("audio",)}.get(kind, ())
        return next((entry for entry in self.entries if entry.kind in wanted), self.entries[0])

    def _add_rows(self, given: Any) -> None:
        if isinstance(given, Mapping):
            columns = dict(given)
        elif isinstance(given, (list, tuple)) and len(self.entries) > 1:
            columns = dict(zip((entry.name for entry in self.entries), given, strict=False))
        else:
            columns = {self.entries[0].name: given}
        arrays = {name: np.asarray(values) for name, values in columns.items()}
        by_name = {entry.name: entry for entry in self.entries}
        for name, array in arrays.items():
            if name not in by_name or array.ndim != len(by_name[name].shape) + 1:
                shape = tuple(by_name[name].shape) if name in by_name else None
                raise invalid(f"inspect.inputs[{name!r}]", f"a batch of inputs of shape {shape}, or a folder", array)
        rows = min(len(array) for array in arrays.values())
        kind = {"image": "image", "digit": "image", "text": "text", "audio": "audio"}
        for row in range(min(rows, _MOST_ROWS)):

            def make(row: int = row) -> dict[str, np.ndarray]:
                return {name: by_name[name].of_array(array[row]) for name, array in arrays.items()}

            item = Item(str(row), f"#{row}", kind.get(self.entries[0].kind, "array"), make)
            self.items[item.id] = item


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()
