"""Weight files as trees of names that can be edited: objects within objects, in each its arrays.

The tree is a dict: arrays by "0", "1", …, and the dicts of inner objects by their names. A file is read into memory
once and never changed; the result is another file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tsuno.core.errors import describe, invalid, suggest
from tsuno.saving import archive, files, flat, whole_hdf5
from tsuno.saving.atomic import write_file
from tsuno.saving.hdf5 import new_hdf5, put_object
from tsuno.saving.inspecting import flat_header, hdf5_root, shard_roots, shown, walk
from tsuno.saving.state import own_arrays, saveables
from tsuno.saving.untrusted import FileProblem, Section, Stored

Tree = dict[str, Any]
_READ = (".keras", ".weights.h5", ".weights.json", ".safetensors")
_WRITTEN = (".weights.h5", ".safetensors")
_MOST_EXPANSION = 1000
_SMALL = 1 << 24


class KerasFileEditor:
    """Look into a file of weights, change what is in it, and save the result as another file.

    `weights_dict` holds the arrays: a dict of objects by name, in each its arrays by "0", "1", … and the objects
    within it. An object is meant by its path, or by its name alone where only one has it.

    Args:
        filepath: a `.keras` archive or folder, a `.weights.h5` file, the `.weights.json` of several, or a
            `.safetensors` file that was made from one of these.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is of another kind, or damaged.

    Example:
        >>> import tempfile
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save_weights(f"{folder}/old.weights.h5")
        ...     editor = tsuno.saving.KerasFileEditor(f"{folder}/old.weights.h5")  # doctest: +ELLIPSIS
        ...     editor.rename_object("layers/dense", "einsum_dense")
        ...     editor.save(f"{folder}/new.weights.h5")
        Keras model file '...old.weights.h5'
        >>> list(editor.weights_dict["layers"])
        ['einsum_dense']
    """

    def __init__(self, filepath: Any) -> None:
        from rich.console import Console

        path = files.existing(filepath)
        self.filepath = os.fspath(filepath)
        self.model = None
        self.console = Console(highlight=False)
        self.weights_dict, self.object_metadata, self.config, self.metadata = read_tree(path)
        self.console.print(f"Keras model file '{shown(str(path))}'", soft_wrap=True)
        if self.metadata is not None:
            version, date = (shown(str(self.metadata.get(key))) for key in ("keras_version", "date_saved"))
            self.console.print(f"Saved with Keras {version} - date: {date}")

    def summary(self) -> None:
        """Print the objects and arrays of the file as a tree."""
        from rich.tree import Tree as Lines

        def grow(lines: Any, tree: Mapping[str, Any], around: str) -> None:
            for name, value in tree.items():
                if isinstance(value, dict):
                    path = f"{around}/{name}"
                    own = self.object_metadata.get(path, {}).get("name")
                    label = f"[bold]{shown(name)}[/bold]" + (f" ('{shown(own)}')" if own else "")
                    grow(lines.add(label), value, path)
                else:
                    lines.add(f"[bold]{shown(name)}[/bold]: shape={value.shape}, dtype={value.dtype}")

        lines = Lines("Weights structure")
        grow(lines, self.weights_dict, "")
        self.console.print(lines)

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Hold the file against a model, and print what one of them has and the other lacks or has in another shape.

        Args:
            reference_model: the model, built.

        Returns:
            A dict with `"status"` ("success" or "error"), `"error_count"` and `"match_count"`, the number of arrays
            that fit.
        """
        wanted: Tree = {}
        for path, item in saveables(reference_model):
            if arrays := own_arrays(item):
                _inner(wanted, path.split("/") if path else []).update(arrays)
        errors, matches = list(_differences(self.weights_dict, wanted, "")), _matches(self.weights_dict, wanted)
        for error in errors:
            self.console.print(f"[red]...{shown(error)}[/red]", soft_wrap=True)
        status = "error" if errors else "success"
        found = f"{len(errors)} error{'s' * (len(errors) != 1)}" if errors else f"{matches} matching weights"
        self.console.print(f"Comparison: [bold]{status}[/bold], {found} found.")
        return {"status": status, "error_count": len(errors), "match_count": matches}

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Give an object, such as a layer, another name.

        Args:
            object_name: its path, or its name.
            new_name: the last part of its new path.
        """
        around, name = self._place(object_name)
        _check_name("new_name", new_name)
        inside = _inner(self.weights_dict, around)
        if new_name in inside and new_name != name:
            raise ValueError(f"{'/'.join([*around, new_name])!r} exists already: delete it first.")
        inside[new_name] = inside.pop(name)
        old, new = ("/" + "/".join([*around, each]) for each in (name, new_name))
        for path in [path for path in self.object_metadata if f"{path}/".startswith(f"{old}/")]:
            self.object_metadata[new + path.removeprefix(old)] = self.object_metadata.pop(path)

    def delete_object(self, object_name: str) -> None:
        """Remove an object, such as a layer.

        Args:
            object_name: its path, or its name.
        """
        around, name = self._place(object_name)
        del _inner(self.weights_dict, around)[name]
        gone = "/" + "/".join([*around, name])
        for path in [path for path in self.object_metadata if f"{path}/".startswith(f"{gone}/")]:
            del self.object_metadata[path]

    def add_object(self, object_path: str, weights: Mapping[str, Any]) -> None:
        """Add an object, such as a layer.

        Args:
            object_path: its whole path, in which all but the last part must exist.
            weights: its arrays by name, which are mostly "0", "1", ….
        """
        *around, name = object_path.split("/")
        _check_name("object_path", name)
        inside: Any = self.weights_dict
        for part in around:
            inside = inside.get(part) if isinstance(inside, dict) else None
        if not isinstance(inside, dict):
            raise ValueError(f"There is no object {'/'.join(around)!r} in the file.{self._hint('/'.join(around))}")
        inside[name] = _checked(weights)

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Remove an array from an object.

        Args:
            object_name: the path of the object, or its name.
            weight_name: the name of the array, such as "0".
        """
        weights = self._object(object_name)
        if weight_name not in weights:
            raise ValueError(f"{object_name!r} has no weight {weight_name!r}; it has {', '.join(map(repr, weights))}.")
        del weights[weight_name]

    def add_weights(self, object_name: str, weights: Mapping[str, Any]) -> None:
        """Add arrays to an object, or replace them.

        Args:
            object_name: the path of the object, or its name.
            weights: the arrays by name, which are mostly "0", "1", ….
        """
        self._object(object_name).update(_checked(weights))

    def save(self, filepath: Any) -> None:
        """Write the edited weights.

        Args:
            filepath: where to: a name that ends in `.weights.h5`, or in `.safetensors` for the same arrays by path.

        Raises:
            ValueError: the name has another ending.
        """
        write_tree(self.weights_dict, self.object_metadata, files.named(filepath, "save", _WRITTEN))

    def resave_weights(self, filepath: Any) -> None:
        """Write the edited weights; the same as `save`."""
        self.save(filepath)

    def _place(self, name: Any) -> tuple[list[str], str]:
        """The objects around what is meant by a path or a name, and its own name there."""
        if not isinstance(name, str):
            raise invalid("object_name", "a path such as 'layers/dense', or a name", name, kind=TypeError)
        paths = [path for path in _paths(self.weights_dict) if path == name or path.endswith(f"/{name}")]
        if "/" in name:
            paths = [path for path in paths if path == name]
        if not paths:
            raise ValueError(f"There is no object {name!r} in the file.{self._hint(name)}")
        if len(paths) > 1:
            raise ValueError(f"{name!r} may be any of {', '.join(map(repr, paths[:5]))}: pass the whole path.")
        *around, last = paths[0].split("/")
        return around, last

    def _object(self, name: Any) -> Tree:
        around, last = self._place(name)
        found = _inner(self.weights_dict, around)[last]
        if not isinstance(found, dict):
            raise ValueError(f"{name!r} is a weight, not an object.")
        return found

    def _hint(self, name: str) -> str:
        return suggest(name, [path for path, value in _paths(self.weights_dict).items() if isinstance(value, dict)])


# ---------------------------------------------------------------------- trees and files


def read_tree(path: Path) -> tuple[Tree, dict[str, Tree], Any, Any]:
    """The arrays of a file as a tree, the names of its objects by path, and a model's configuration and metadata."""
    name = str(path)
    tree: Tree = {}
    names: dict[str, Tree] = {}
    config = metadata = None
    if path.is_dir() or path.suffix == ".keras":
        with archive.open_archive(path) as members:
            config = members.json("config.json")
            metadata = members.json("metadata.json") if "metadata.json" in list(members) else {}
            if not isinstance(config, dict) or not isinstance(metadata, dict):
                raise FileProblem(f"'config.json' in {name!r} does not describe a model.")
            with members.open(archive.WEIGHTS) as file, hdf5_root(file, f"{name}:{archive.WEIGHTS}") as (root, _):
                _take(root, tree, names, name, file.seek(0, os.SEEK_END))
    elif name.endswith(".weights.h5"):
        with hdf5_root(path, name) as (root, _):
            _take(root, tree, names, name, path.stat().st_size)
    elif name.endswith(".weights.json"):
        for root, _, beside in shard_roots(path):
            _take(root, tree, names, str(beside), beside.stat().st_size)
    elif path.suffix == ".safetensors":
        _take_flat(path, tree)
    else:
        wanted = f"{', '.join(_READ[:-1])} or {_READ[-1]}"
        raise ValueError(f"`KerasFileEditor.filepath` must be a folder or end in {wanted}; got {describe(name)}.")
    return tree, names, config, metadata


def _take(root: Section, tree: Tree, names: dict[str, Tree], name: str, size: int) -> None:
    """Put the arrays of one HDF5 file into a tree."""
    if whole_hdf5.is_whole(root):
        raise FileProblem(
            f"The file {name!r} lists weights by layer, as Keras 1 and 2 did: load them into their model, and save "
            "that as `.weights.h5`."
        )
    parts = list(walk(root))
    total = sum(each.nbytes for _, each in parts if isinstance(each, Stored))
    if total > max(_SMALL, _MOST_EXPANSION * size):
        raise FileProblem(f"The file {name!r} claims {total} bytes of arrays and has {size}.")
    for path, found in parts:
        around = path.split("/")
        if isinstance(found, Section):
            if around[-1] == "vars" and len(found) and (own := found.text("name")) is not None:
                names["/" + "/".join(around[:-1])] = {"name": own}
            continue
        last = around.pop()
        if around and around[-1] == "vars":
            around.pop()
        _put(tree, around, last, found.read(), name)


def _take_flat(path: Path, tree: Tree) -> None:
    with path.open("rb") as file:
        header, begin, sums = flat_header(file, path)
        for name, entry in header.items():
            *around, mark, last = ["", "", *name.split("/")]
            if mark != "vars":
                raise FileProblem(
                    f"The file {str(path)!r} names variables ({name[:80]!r}), not their places in a model: load it "
                    "into the model that it is for."
                )
            _put(tree, around[2:], last, flat.read_array(file, begin, entry, name, path, sums.get(name)), str(path))


def _put(tree: Tree, around: list[str], last: str, array: Any, name: str) -> None:
    inside = _inner(tree, around)
    if last in inside or not isinstance(inside, dict):
        raise FileProblem(f"The file {name!r} has two things at {'/'.join([*around, last])!r}.")
    inside[last] = array


def write_tree(tree: Mapping[str, Any], names: Mapping[str, Tree], path: Path) -> None:
    """Write a tree of arrays as a file of weights."""
    objects = dict(_objects(_checked(tree), ""))
    if path.suffix == ".safetensors":
        places = {
            f"{where}/vars/{name}".lstrip("/"): array for where, own in objects.items() for name, array in own.items()
        }
        variables = [SimpleNamespace(path=place, numpy=lambda array=array: array) for place, array in places.items()]
        flat.write_flat(SimpleNamespace(weights=variables), path)
        return

    def write(file: Any) -> None:
        with new_hdf5(file) as h5:
            for where, own in objects.items():
                put_object(h5, where, SimpleNamespace(**names.get(f"/{where}", {})), own)

    write_file(path, write)


def _objects(tree: Mapping[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects that have arrays, outer ones first, with the arrays."""
    own = {name: value for name, value in tree.items() if not isinstance(value, dict)}
    if own:
        yield path, own
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _objects(value, f"{path}/{name}".lstrip("/"))


def _paths(tree: Mapping[str, Any], around: str = "") -> dict[str, Any]:
    """Everything in a tree by its path."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found[f"{around}{name}"] = value
        if isinstance(value, dict):
            found |= _paths(value, f"{around}{name}/")
    return found


def _inner(tree: Tree, around: list[str]) -> Tree:
    """The dict at a path, which is made where it is not there."""
    for part in around:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise FileProblem(f"{'/'.join(around)!r} is an array and an object in one file.")
    return tree


def _check_name(where: str, name: Any) -> None:
    if not isinstance(name, str) or not name or "/" in name or name in (".", "..", "vars") or not name.isprintable():
        raise invalid(where, "a name, which has no '/' and is not 'vars'", name)


def _checked(weights: Any) -> Tree:
    """Arrays by name, found to be ones that a file can hold."""
    if not isinstance(weights, Mapping):
        raise ValueError(
            f"`weights` must be a dict of arrays by name, such as {{'0': kernel}}; got {describe(weights)}."
        )
    found: Tree = {}
    for name, value in weights.items():
        _check_name("weights", name)
        found[name] = _checked(value) if isinstance(value, Mapping) else np.asarray(value)
        if not isinstance(found[name], dict) and found[name].dtype.kind not in "biufV":
            raise invalid(f"weights[{name!r}]", "an array of numbers", value)
    return found


# ---------------------------------------------------------------------- comparison


def _differences(found: Mapping[str, Any], wanted: Mapping[str, Any], around: str) -> Iterator[str]:
    """What two trees do not share, in a sentence each."""
    for name in dict.fromkeys((*wanted, *found)):
        path, here, there = f"{around}/{name}", found.get(name), wanted.get(name)
        if here is None or there is None:
            what = "Object" if isinstance(there if here is None else here, dict) else "Weight"
            has, lacks = ("reference model", "saved file") if here is None else ("saved file", "reference model")
            yield f"{what} {path} present in {has}, missing from {lacks}"
        elif isinstance(here, dict) and isinstance(there, dict):
            yield from _differences(here, there, path)
        elif isinstance(here, dict) or isinstance(there, dict):
            yield f"{path} is an object in one and a weight in the other"
        elif tuple(here.shape) != tuple(there.shape):
            yield f"Weight {path} has shape {tuple(here.shape)} in the saved file, {tuple(there.shape)} in the model"


def _matches(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> int:
    theirs = _paths(wanted)
    arrays = {path: value for path, value in _paths(found).items() if not isinstance(value, dict)}
    return sum(tuple(value.shape) == tuple(getattr(theirs.get(path), "shape", (-1,))) for path, value in arrays.items())
