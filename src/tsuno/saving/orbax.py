"""Folders of Orbax checkpoints, in the layout of Keras: one folder per step, with up to three parts.

`pytree` holds the arrays, nested by the parts of their paths, under `trainable_variables`, `non_trainable_variables`,
`optimizer_variables` and `metrics_variables`; `model_config` holds the configuration as JSON; `assets` the files that
layers put beside their weights, as bytes. Orbax is imported when it is first needed.
"""

from __future__ import annotations

import importlib
import json
import os
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.registry import custom_object_scope
from tsuno.core.variable import Variable
from tsuno.saving.state import asset_files, take_assets, whole_config
from tsuno.saving.text import assembled, short, understood
from tsuno.saving.untrusted import FileProblem, parse_json

_MARKS = {"orbax.checkpoint", "pytree.orbax-checkpoint", "checkpoint_metadata", "_CHECKPOINT_METADATA", "pytree"}
_WEIGHTS = ("trainable_variables", "non_trainable_variables")


def library(user: str) -> Any:
    """Orbax, or the error that says how to get it."""
    try:
        return importlib.import_module("orbax.checkpoint")
    except ImportError:
        raise ImportError(f"{user} needs Orbax: pip install 'tsuno[orbax]' (orbax-checkpoint 0.12 or newer).") from None


def open_folder(directory: Any, max_to_keep: int | None = None) -> Any:
    """A checkpointer of Orbax for a folder."""
    training = library("An Orbax checkpoint").v1.training
    newest = None if max_to_keep is None else training.preservation_policies.LatestN(max_to_keep)
    return training.Checkpointer(
        os.path.abspath(directory),
        preservation_policy=newest,
        save_decision_policy=training.save_decision_policies.FixedIntervalPolicy(1),
    )


def is_orbax(path: Any) -> bool:
    """Whether a path is a folder of Orbax checkpoints, or one checkpoint."""
    folder = Path(path)
    if not folder.is_dir():
        return False
    steps = [each for each in folder.iterdir() if each.is_dir() and each.name.isdigit()]
    return any(not _MARKS.isdisjoint(os.listdir(each)) for each in (folder, *steps))


def state_tree(model: Any) -> dict[str, Any]:
    """The arrays of a model, its optimizer and its metrics, nested by the parts of their paths."""
    return {name: _nested(variables) for name, variables in _groups(model).items()}


def take_state_tree(model: Any, tree: Mapping[str, Any]) -> list[str]:
    """Put arrays into the variables they belong to; returns the paths of variables for which there was none.

    The paths of a model's own variables begin with its name or not, depending on how it was made; that is overlooked.

    Raises:
        ValueError: the tree has another part than the four, or an array of another shape.
    """
    groups = _groups(model)
    lacking = []
    for name, nested in tree.items():
        if name not in groups:
            raise invalid("set_state_tree.state_tree", f"a dict with keys among {list(groups)}", name)
        heads = {variable.path.split("/")[0] for variable in groups[name]}
        if name == "optimizer_variables" and len(heads) == len(nested) == 1:
            nested = dict(zip(heads, nested.values(), strict=True))  # the second Adam of a session is called adam_1
        values = dict(flat(nested))
        for variable in groups[name]:
            path = next((path for path in _spellings(variable.path, model.name) if path in values), None)
            if path is None:
                lacking.append(variable.path)
            else:
                variable.assign(values[path])
    return lacking


def _spellings(path: str, root: str) -> Iterable[str]:
    """A variable's path with and without the name of the model; an optimizer's has that of a weight in it."""
    head, _, tail = path.partition("/")
    yield path
    yield f"{root}/{path}"
    yield path.removeprefix(f"{root}/")
    yield f"{head}/{root}_{tail}"
    yield f"{head}/{tail.removeprefix(f'{root}_')}"


def parts_of(model: Any, weights_only: bool = False) -> dict[str, Any]:
    """What a checkpoint of a model consists of."""
    tree = state_tree(model)
    if weights_only:
        return {"pytree": {name: tree[name] for name in _WEIGHTS}}
    parts: dict[str, Any] = {"pytree": tree, "model_config": {"config": json.dumps(whole_config(model))}}
    assets = _assets(model)
    return {**parts, "assets": assets} if assets else parts


def load_state(model: Any, directory: Any, step: int | None = None) -> None:
    """Put the arrays of a checkpoint into a model.

    Args:
        model: the model, built; with its optimizer built, if that is to be restored too.
        directory: the folder of checkpoints, or one checkpoint.
        step: the number of the checkpoint; the newest by default.
    """
    if model.compiled is not None and not model.optimizer.built:
        model.optimizer.build(model.compiled.trainable(model))
    _take(model, _read(directory, step)["pytree"], directory)


def _take(model: Any, tree: Mapping[str, Any], directory: Any) -> None:
    """Put a checkpoint's arrays into a model; weights that it lacks are an error, anything else a warning."""
    weights = {variable.path for variable in model.variables}
    lacking = take_state_tree(model, tree)
    if wanting := [path for path in lacking if path in weights]:
        raise ValueError(
            f"The checkpoint in {str(directory)!r} is of another model: it has no array for {wanting[0]!r}."
        )
    if lacking:
        warnings.warn(f"The checkpoint in {str(directory)!r} has nothing for {', '.join(lacking)}.", stacklevel=4)


def load(
    directory: Any, step: int | None = None, custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> Any:
    """The model that a checkpoint holds.

    Args:
        directory: the folder of checkpoints, or one checkpoint.
        step: the number of the checkpoint; the newest by default.
        custom_objects: classes and functions of your own by name.
        compile: whether to compile it as it was, with the state of its optimizer.

    Raises:
        FileNotFoundError: there is no checkpoint.
        ValueError: the checkpoint has weights only.
    """
    parts = _read(directory, step)
    if "model_config" not in parts:
        raise ValueError(
            f"The checkpoint in {str(directory)!r} has no configuration (save_weights_only=True): make the model, then "
            "load its weights."
        )
    where = f"The model in {str(directory)!r}"
    config = parse_json(parts["model_config"]["config"], where)
    with understood(where), custom_object_scope(custom_objects or {}):
        compile_config = config.pop("compile_config", None)
        model = assembled(config)
        if compile and compile_config:
            model.compile_from_config(compile_config)
    tree = parts["pytree"]
    if model.compiled is None:
        tree = {name: tree[name] for name in _WEIGHTS}
    else:
        model.optimizer.build(model.compiled.trainable(model))
    _take(model, tree, directory)
    files = ((name, np.asarray(data, np.uint8).tobytes()) for name, data in flat(parts.get("assets") or {}))
    take_assets(model, files, f"The checkpoint in {str(directory)!r}")
    return model


def _read(directory: Any, step: int | None) -> dict[str, Any]:
    """The parts of a checkpoint."""
    folder = Path(directory).absolute()
    if step is None and folder.name.isdigit() and (folder / "pytree").is_dir():
        folder, step = folder.parent, int(folder.name)
    found = sorted(int(each.name) for each in folder.iterdir() if each.name.isdigit()) if folder.is_dir() else []
    if not found or (step is not None and step not in found):
        which = "no checkpoint" if step is None else f"no checkpoint {step}"
        raise FileNotFoundError(f"There is {which} in {str(directory)!r}; there are {found}.")
    step = found[-1] if step is None else step
    checkpointer = open_folder(folder)
    try:
        names = checkpointer.checkpointables_metadata(step).metadata
        wanted: dict[str, Any] = {name: None for name in ("pytree", "model_config", "assets") if name in names}
        if "pytree" not in wanted:
            raise FileProblem(f"The checkpoint {step} in {str(directory)!r} has no arrays (`pytree`).")
        parts: dict[str, Any] = checkpointer.load_checkpointables(step, wanted)
    except (FileProblem, MemoryError):
        raise
    except Exception as problem:
        raise FileProblem(f"The checkpoint {step} in {str(directory)!r} cannot be read: {short(problem)}") from None
    finally:
        checkpointer.close()
    return parts


def _groups(model: Any) -> dict[str, list[Variable]]:
    compiled = model.compiled is not None
    return {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
        "optimizer_variables": model.optimizer.variables if compiled else [],
        "metrics_variables": [each for metric in model.metrics for each in metric.variables] if compiled else [],
    }


def _nested(variables: Iterable[Variable]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for variable in variables:
        *around, last = variable.path.split("/")
        place = root
        for part in around:
            place = place.setdefault(part, {})
        if last in place:
            raise ValueError(f"Two variables have the path {variable.path!r}: give the layers names of their own.")
        place[last] = engine.copy(variable._stored())  # training goes on while this is written
    return root


def flat(nested: Mapping[str, Any], around: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in nested.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{around}{name}/")
        else:
            yield f"{around}{name}", value


def _assets(model: Any) -> dict[str, Any]:
    """The files of layers as bytes, nested as in their folders."""
    root: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for found in asset_files(model, Path(folder)):
            *around, last = found.relative_to(folder).parts
            inner = root
            for part in around:
                inner = inner.setdefault(part, {})
            inner[last] = np.frombuffer(found.read_bytes(), np.uint8)
    return root
