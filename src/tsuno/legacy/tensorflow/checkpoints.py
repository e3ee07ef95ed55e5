"""`tf.train.Saver` and `tf.train.Checkpoint`: variables in files, by name.

A checkpoint is one file of arrays with checksums, `<prefix>.safetensors`; the file `checkpoint` beside it names the
last ones, as TensorFlow's does. Both are written whole or not at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tsuno.core.context import scope
from tsuno.core.errors import suggest
from tsuno.core.variable import Holder, by_path, slots, variables_of
from tsuno.core.variable import Variable as Slot
from tsuno.layers import Layer
from tsuno.legacy.tensorflow import variables
from tsuno.optimizers import Optimizer
from tsuno.saving.atomic import write_file
from tsuno.saving.flat import read_array, read_header, write_flat

_ENDING = ".safetensors"
_LATEST = "checkpoint"


def write(prefix: str, named: Mapping[str, Any]) -> None:
    """Write variables, or arrays, by name."""
    entries = [_Entry(name, value) for name, value in named.items()]
    path = _file(prefix)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_flat(SimpleNamespace(weights=entries), path)


class _Entry:
    """An array under a name."""

    def __init__(self, name: str, value: Any) -> None:
        self.path, self._value = name, value

    def numpy(self) -> np.ndarray:
        return self._value.numpy() if isinstance(self._value, Slot) else np.asarray(self._value)


def read(prefix: str) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint by name."""
    path = _file(prefix)
    if not path.is_file():
        of_tensorflow = Path(f"{prefix}.index").is_file()
        raise ValueError(
            f"The checkpoint {str(prefix)!r} was written by TensorFlow, whose format is not read."
            if of_tensorflow
            else f"There is no checkpoint {str(prefix)!r}: {str(path)!r} does not exist."
        )
    with path.open("rb") as file:
        header, begin = read_header(file, path)
        header.pop("__metadata__", None)
        return {name: read_array(file, begin, entry, name, path, None) for name, entry in header.items()}


def _file(prefix: Any) -> Path:
    return Path(f"{prefix}{_ENDING}")


def _put(variable: Any, value: np.ndarray, name: str, prefix: str) -> None:
    if tuple(value.shape) != tuple(variable.shape):
        raise ValueError(
            f"The checkpoint {prefix!r} has {name!r} of shape {tuple(value.shape)}; the variable's is "
            f"{tuple(variable.shape)}."
        )
    with scope(recording=None):
        Slot.assign(variable, value)


# ---------------------------------------------------------------------- which there are


class CheckpointState:
    """Which checkpoints a folder has."""

    def __init__(self, paths: list[str]) -> None:
        self.all_model_checkpoint_paths = paths
        self.model_checkpoint_path = paths[-1] if paths else ""


def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> CheckpointState | None:
    """Which checkpoints a folder has; None if it has none."""
    folder = Path(checkpoint_dir)
    path = folder / (latest_filename or _LATEST)
    if not path.is_file():
        return None
    found = re.findall(r'^all_model_checkpoint_paths: "(.*)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    return CheckpointState([os.path.join(checkpoint_dir, name) for name in found])


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The last checkpoint that was written in a folder; None if there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    found = state.model_checkpoint_path if state is not None else ""
    return found if found and (_file(found).is_file() or Path(found).is_file()) else None


def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """Whether there is a checkpoint."""
    return _file(checkpoint_prefix).is_file()


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """The names and shapes in a checkpoint."""
    prefix = latest_checkpoint(ckpt_dir_or_file) if Path(ckpt_dir_or_file).is_dir() else str(ckpt_dir_or_file)
    return [(name, list(value.shape)) for name, value in sorted(read(str(prefix)).items())]


def load_variable(ckpt_dir_or_file: Any, name: str) -> np.ndarray:
    """An array of a checkpoint."""
    prefix = latest_checkpoint(ckpt_dir_or_file) if Path(ckpt_dir_or_file).is_dir() else str(ckpt_dir_or_file)
    found = read(str(prefix))
    if name not in found:
        raise ValueError(f"The checkpoint {prefix!r} has no {name!r}.{suggest(name, list(found))}")
    return found[name]


def update_checkpoint_state(
    save_dir: Any, model_checkpoint_path: str, all_model_checkpoint_paths: Any = None, latest_filename: Any = None
) -> None:
    """Say which checkpoints a folder has."""
    folder = Path(save_dir)

    def name(path: str) -> str:
        return Path(path).name if Path(path).parent.resolve() == folder.resolve() else path

    lines = [f'model_checkpoint_path: "{name(model_checkpoint_path)}"']
    paths = all_model_checkpoint_paths or [model_checkpoint_path]
    lines += [f'all_model_checkpoint_paths: "{name(path)}"' for path in paths]
    text = "".join(f"{line}\n" for line in lines)
    write_file(folder / (latest_filename or _LATEST), lambda file: file.write(text.encode()))


def _forget(kept: list[str], most: int | None) -> None:
    while most and len(kept) > most:
        _file(kept.pop(0)).unlink(missing_ok=True)


# ---------------------------------------------------------------------- TensorFlow 1


class Saver:
    """Saves and restores the variables of a program by their names.

    Args:
        var_list: a list of variables, or a dict of them by name; all there are when it is used by default.
        reshape: accepted for compatibility.
        sharded: accepted for compatibility.
        max_to_keep: how many files stay; 0 or None for all.
        keep_checkpoint_every_n_hours: accepted for compatibility.
        name: accepted for compatibility.
        restore_sequentially: accepted for compatibility.
        saver_def: accepted for compatibility.
        builder: accepted for compatibility.
        defer_build: accepted for compatibility.
        allow_empty: accepted for compatibility.
        write_version: accepted for compatibility.
        pad_step_number: whether the number in the name has eight digits.
        save_relative_paths: accepted for compatibility.
        filename: accepted for compatibility.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: Any = None,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        self._given, self._max, self._pad = var_list, max_to_keep, pad_step_number
        self._kept: list[str] = []
        if var_list is None and not variables.global_variables() and not allow_empty:
            raise ValueError("There are no variables to save: make the `Saver` after them.")

    def _named(self) -> dict[str, Any]:
        if isinstance(self._given, Mapping):
            return dict(self._given)
        chosen = variables.global_variables() if self._given is None else self._given
        return dict(by_path(chosen))

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str:
        """Write the variables; returns the path to restore from.

        Args:
            sess: the session.
            save_path: the path, without ending.
            global_step: a number that is put at the end of the name, or a variable that holds it.
            latest_filename: the file that says which checkpoints there are.
            meta_graph_suffix: accepted for compatibility.
            write_meta_graph: accepted for compatibility; graphs are not written.
            write_state: whether that file is written.
            strip_default_attrs: accepted for compatibility.
            save_debug_info: accepted for compatibility.
        """
        step = None if global_step is None else int(np.asarray(global_step))
        digits = f"{step:08d}" if self._pad and step is not None else str(step)
        prefix = str(save_path) if step is None else f"{save_path}-{digits}"
        if not Path(prefix).parent.is_dir():
            raise ValueError(
                f"The folder {str(Path(prefix).parent)!r} of the checkpoint does not exist: make it first."
            )
        write(prefix, self._named())
        self._kept = [path for path in self._kept if path != prefix] + [prefix]
        _forget(self._kept, self._max)
        if write_state:
            update_checkpoint_state(Path(prefix).parent, prefix, self._kept, latest_filename)
        return prefix

    def restore(self, sess: Any, save_path: Any) -> None:
        """Give variables the values of a checkpoint.

        Raises:
            ValueError: there is no such checkpoint, or it lacks a variable.
        """
        if save_path is None:
            raise ValueError("`Saver.restore` needs the path of a checkpoint; got None.")
        found = read(str(save_path))
        for name, variable in self._named().items():
            if name not in found:
                raise ValueError(f"The checkpoint {str(save_path)!r} has no {name!r}.{suggest(name, list(found))}")
            _put(variable, found[name], name, str(save_path))

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that stay, the latest last."""
        return list(self._kept)

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Say which checkpoints there are."""
        self._kept = list(last_checkpoints)

    def recover_last_checkpoints(self, checkpoint_paths: list[str]) -> None:
        """Say which checkpoints there are, those that are gone left out."""
        self._kept = [path for path in checkpoint_paths if checkpoint_exists(path)]


def import_meta_graph(*args: Any, **kwargs: Any) -> Any:
    """Refused: graphs are not written."""
    raise NotImplementedError(
        "`import_meta_graph` is not there, for graphs are not written: run the code that builds the graph, then "
        "`tf.train.Saver().restore(...)`."
    )


# ---------------------------------------------------------------------- TensorFlow 2


class Checkpoint:
    """Saves and restores what objects hold: models, optimizers, variables.

    Args:
        root: an object whose own state is saved too.
        **kwargs: objects by name.
    """

    def __init__(self, root: Any = None, **kwargs: Any) -> None:
        self.save_counter = Slot(np.int64(0), trainable=False, name="save_counter")
        if root is not None:
            self.root = root
        self.__dict__.update(kwargs)

    def _held(self) -> dict[str, Any]:
        named: dict[str, Any] = {}
        for key, held in vars(self).items():
            if isinstance(held, Slot):
                named[key] = held
            elif isinstance(held, (int, float, np.ndarray)):
                continue
            else:
                holder = held if isinstance(held, Holder) else list(_inside(held))
                named |= {f"{key}/{number}/{path}": v for number, (path, v) in enumerate(slots(holder).items())}
        return named

    def _build(self) -> None:
        """Let optimizers have their slots, so that they can be saved and restored."""
        held = list(vars(self).values())
        models = [each for each in held if isinstance(each, Layer)]
        weights = [weight for model in models for weight in model.trainable_variables]
        for each in held:
            if isinstance(each, Optimizer) and not each.built and weights:
                each.build(weights)

    def write(self, file_prefix: Any, options: Any = None) -> str:
        """Write what the objects hold."""
        self._build()
        write(str(file_prefix), self._held())
        return str(file_prefix)

    def save(self, file_prefix: Any, options: Any = None) -> str:
        """Write what the objects hold, under a name with the next number; returns the path to restore from."""
        with scope(recording=None):
            self.save_counter.assign_add(1)
        prefix = self.write(f"{file_prefix}-{int(self.save_counter)}")
        update_checkpoint_state(Path(prefix).parent, prefix)
        return prefix

    def restore(self, save_path: Any, options: Any = None) -> Status:
        """Give objects what a checkpoint has; None restores nothing."""
        if save_path is None:
            return Status([], [])
        if Path(save_path).is_dir():
            save_path = latest_checkpoint(save_path)
        found = read(str(save_path))
        self._build()
        held = self._held()
        by_place = {_place(name): value for name, value in found.items()}
        for name, variable in held.items():
            value = found.get(name, by_place.get(_place(name)))
            if value is not None:
                _put(variable, value, name, str(save_path))
        places = {_place(name) for name in held}
        return Status(
            [name for name in found if _place(name) not in places],
            [name for name in held if name not in found and _place(name) not in by_place],
        )

    read = restore


def _place(name: str) -> str:
    """Which object and which of its variables: names of layers differ from one program to the next."""
    return "/".join(name.split("/")[:2])


def _inside(held: Any) -> Any:
    """The variables of an object that is not one of ours, or of a list."""
    if isinstance(held, (list, tuple)):
        return variables_of(list(held))
    return variables_of(list(vars(held).values())) if hasattr(held, "__dict__") else []


class Status:
    """What restoring has found."""

    def __init__(self, unused: list[str], lacking: list[str]) -> None:
        self._unused, self._lacking = unused, lacking

    def assert_consumed(self) -> Status:
        """Raise unless all that the file has was given to something, and all found its value."""
        if self._unused:
            raise AssertionError(
                f"The checkpoint has {self._unused[0]!r}, which no object took: build the model first."
            )
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self) -> Status:
        """Raise unless all variables found their value."""
        if self._lacking:
            raise AssertionError(f"The checkpoint lacks {self._lacking[0]!r}.")
        return self

    def expect_partial(self) -> Status:
        """That something is left over is expected."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Nothing is left to do."""

    initialize_or_restore = run_restore_ops


class CheckpointManager:
    """Keeps the last checkpoints in a folder.

    Args:
        checkpoint: what is saved.
        directory: the folder.
        max_to_keep: how many stay; None for all.
        keep_checkpoint_every_n_hours: accepted for compatibility.
        checkpoint_name: how names begin.
        step_counter: accepted for compatibility.
        checkpoint_interval: accepted for compatibility.
        init_fn: called by `restore_or_initialize` where there is nothing to restore.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: Any = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: Any = None,
        init_fn: Any = None,
    ) -> None:
        self.checkpoint, self.directory, self._max = checkpoint, str(directory), max_to_keep
        self._name, self._init = checkpoint_name, init_fn
        state = get_checkpoint_state(self.directory)
        self._kept = [path for path in state.all_model_checkpoint_paths if checkpoint_exists(path)] if state else []

    @property
    def checkpoints(self) -> list[str]:
        """The paths of the checkpoints, the latest last."""
        return list(self._kept)

    @property
    def latest_checkpoint(self) -> str | None:
        """The path of the latest checkpoint."""
        return self._kept[-1] if self._kept else None

    def save(self, checkpoint_number: Any = None, check_interval: bool = True, options: Any = None) -> str:
        """Write a checkpoint; its number is one more than the last by default."""
        with scope(recording=None):
            self.checkpoint.save_counter.assign_add(1)
        number = self.checkpoint.save_counter if checkpoint_number is None else checkpoint_number
        prefix = self.checkpoint.write(os.path.join(self.directory, f"{self._name}-{int(np.asarray(number))}"))
        self._kept = [path for path in self._kept if path != prefix] + [prefix]
        _forget(self._kept, self._max)
        update_checkpoint_state(self.directory, prefix, self._kept)
        return prefix

    def restore_or_initialize(self) -> str | None:
        """Restore the latest checkpoint; call `init_fn` if there is none."""
        if self.latest_checkpoint is not None:
            self.checkpoint.restore(self.latest_checkpoint)
        elif self._init is not None:
            self._init()
        return self.latest_checkpoint
