"""What a model keeps, as arrays by path: the layout of Keras' weight files.

A path is made of attribute names, and of class names and numbers within lists: `layers/dense_1`, `layers/bidirectional/
forward_layer/cell`. The layers of a functional or `Sequential` model come first, under `layers`. Each object puts its
own arrays into a mapping from "0", "1", … and takes them from there (`save_own_variables`, `load_own_variables`).
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from tsuno.core.naming import to_snake_case
from tsuno.core.registry import serialize
from tsuno.core.seeds import SeedGenerator
from tsuno.core.variable import Holder
from tsuno.layers.parts import Memory
from tsuno.layers.stored import load_variables, save_variables
from tsuno.metrics import Metric
from tsuno.saving.untrusted import FileProblem, is_inside


def saveables(root: Any) -> Iterator[tuple[str, Any]]:
    """The objects that keep something, each once, with its path; the root's is empty."""
    seen: dict[int, Any] = {}  # with the objects: an id belongs to another one as soon as its owner is gone

    def visit(item: Any, path: str) -> Iterator[tuple[str, Any]]:
        if id(item) in seen:
            return
        if _keeps(item):
            seen[id(item)] = item
            yield path, item
            for name, child in _attributes(item):
                yield from visit(child, f"{path}/{name}" if path else name)
        elif isinstance(item, (list, tuple, dict)):
            seen[id(item)] = item
            used: Counter[str] = Counter()
            for child in item.values() if isinstance(item, dict) else item:
                if not _keeps(child) and not isinstance(child, (list, tuple, dict)):
                    continue
                name = to_snake_case(_class_name(child)) if _keeps(child) else "container"
                used[name] += 1
                yield from visit(child, f"{path}/{name}" + (f"_{used[name] - 1}" if used[name] > 1 else ""))

    return visit(root, "")


def _keeps(item: Any) -> bool:
    """Whether an object is part of files: layers and optimizers are, counters and the positions of seeds are not."""
    return isinstance(item, Holder) and not isinstance(item, (SeedGenerator, Memory, Metric))


def _class_name(item: Any) -> str:
    """The name of its class in paths, where a model drawn with symbolic tensors has one of its own."""
    name = type(item).__name__
    return "Functional" if name == "Model" and getattr(item, "graph", None) is not None else name


def _attributes(owner: Any) -> Iterator[tuple[str, Any]]:
    if getattr(owner, "graph", None) is not None:
        yield "layers", owner.layers
    hidden = owner._untracked - {"optimizer"}
    parts = dict(vars(owner))
    if hasattr(type(owner), "layers") and getattr(owner, "graph", None) is None:
        parts["layers"] = owner.layers  # files list the layers of a subclassed model in the place of that name
    for name in sorted(parts, key=lambda name: (name.startswith("_"), name)):
        if name not in hidden:
            yield name, parts[name]


def own_arrays(owner: Any) -> dict[str, Any]:
    """What an object itself keeps."""
    store: dict[str, Any] = {}
    save: Any = getattr(owner, "save_own_variables", None)
    if save is None:
        save_variables(owner, store)
    else:
        save(store)
    return store


def take_arrays(owner: Any, store: Mapping[str, Any]) -> None:
    """Put into an object what it kept."""
    load: Any = getattr(owner, "load_own_variables", None)
    if load is None:
        load_variables(owner, store)
    else:
        load(store)


def whole_config(model: Any) -> dict[str, Any]:
    """The configuration of a model, with what `compile` was given."""
    config = serialize(model)
    if getattr(model, "compiled", None) is not None:
        config["compile_config"] = model.get_compile_config()
    return config


def asset_files(model: Any, folder: Path) -> list[Path]:
    """Let layers write what they put beside their weights into a folder; the files, in order."""
    for path, item in saveables(model):
        if hasattr(item, "save_assets"):
            place = Path(folder, path)
            place.mkdir(parents=True, exist_ok=True)
            item.save_assets(place)
    return sorted(each for each in folder.rglob("*") if each.is_file())


def take_assets(model: Any, files: Iterable[tuple[str, bytes]], source: str) -> None:
    """Let layers read files, given by their paths, from a folder that is there for as long as that takes.

    Raises:
        ValueError: a path leads out of the folder; `source` says whose it is.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files:
            if not is_inside(name):
                raise FileProblem(f"{source} has a member outside its folder: {name!r}.")
            target = Path(folder, *PurePosixPath(name).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        for path, item in saveables(model):
            place = Path(folder, path)
            if hasattr(item, "load_assets") and place.is_dir():
                item.load_assets(place)
