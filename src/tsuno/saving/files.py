"""Models and weights as files: which kind of file is meant, and what is the same for all kinds.

Written is what the name says, read is what is in the file. A model is first put together without any values; what the
file has is held against what it needs, and only then is memory taken.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tsuno.core.errors import describe, invalid
from tsuno.core.registry import custom_object_scope
from tsuno.core.variable import awaiting
from tsuno.saving import archive, flat, orbax, whole_hdf5
from tsuno.saving.ages import modern
from tsuno.saving.atomic import write_file
from tsuno.saving.hdf5 import read_weights, write_weights
from tsuno.saving.shards import read_shards, write_shards
from tsuno.saving.text import assembled, understood
from tsuno.saving.untrusted import FileProblem, Section, open_hdf5

_HDF5 = (".h5", ".hdf5")
_GIGABYTE = 1 << 30
_NO_LONGER = ("sample_weight_mode", "target_tensors", "experimental_run_tf_function", "from_serialized")
"""What `compile` was given once and what says nothing today."""


def save_model(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    zipped: bool | None = None,
    include_optimizer: bool = True,
    save_format: Any = None,
) -> None:
    """Save a model: its configuration, weights, state of training, and vocabularies.

    The file is written beside its place and then put there, so there is always a whole one.

    Args:
        model: the model.
        filepath: where to: a name that ends in `.keras`, or in `.h5` or `.hdf5` for the layout of Keras 1 and 2.
        overwrite: whether an existing file may be replaced.
        zipped: False for a folder in the place of a `.keras` archive.
        include_optimizer: whether an `.h5` file has the state of training.
        save_format: accepted for compatibility: the name says it.

    Raises:
        ValueError: the name has another ending.
        FileExistsError: the file exists and `overwrite` is False.
        OSError: it cannot be written; what was there before is as it was.

    Example:
        >>> import tempfile
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tsuno.saving.save_model(model, f"{folder}/model.keras")
        ...     copy = tsuno.saving.load_model(f"{folder}/model.keras")
        >>> bool((copy.get_weights()[0] == model.get_weights()[0]).all())
        True
    """
    path = named(filepath, "save_model", (".keras", *_HDF5))
    if not model.built:
        warnings.warn(f"`{model.name}` is saved without weights: it was not built yet.", stacklevel=2)
    for layer in getattr(model, "layers", ()):
        if getattr(getattr(layer, "function", None), "__name__", "") == "<lambda>":
            warnings.warn(
                f"The function of `{layer.name}` has no name, so it is not in the file: to load the model, pass it "
                f"again, custom_objects={{{layer.name!r}: function}}.",
                stacklevel=2,
            )
    if path.suffix == ".keras":
        archive.write_archive(model, path, overwrite, zipped is not False)
    else:
        whole_hdf5.write_whole(model, path, overwrite, include_optimizer)


def load_model(
    filepath: Any,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
    max_bytes: float = math.inf,
) -> Any:
    """A model from a file: `.keras` archives and folders, `.h5` of every age, folders of Orbax checkpoints.

    Nothing in a file is run, nothing that it names is imported or opened, and no memory is taken for what it only
    claims to have.

    Args:
        filepath: the file or folder.
        custom_objects: classes and functions of your own by name; for a `Lambda` whose function the file only has as
            bytecode, the function under the name of the layer.
        compile: whether to compile it as it was, with the state of its optimizer.
        safe_mode: accepted for compatibility: a file never runs code, so there is no other mode.
        max_bytes: the most bytes that its weights may take.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no such file, it is damaged, or it names something unknown.
    """
    path = existing(filepath)
    if path.is_dir() and orbax.is_orbax(path):
        return orbax.load(path, None, custom_objects, compile)
    if begins_as_hdf5(path):
        with open_hdf5(path, str(path)) as root:
            if not whole_hdf5.is_whole(root):
                raise FileProblem(
                    f"The file {str(path)!r} has weights, but no model. Make the model, then take them with "
                    f"`load_weights`."
                )
            config, training, version = whole_hdf5.read_config(root, str(path))

            def fill(model: Any) -> None:
                whole_hdf5.read_layers(model, root, str(path))
                if compile and training:
                    whole_hdf5.read_optimizer(model, root)

            return _filled(config, training if compile else None, version, custom_objects, max_bytes, path, fill)
    with archive.open_archive(path) as members:
        config, training, version = archive.read_config(members)

        def take(model: Any) -> None:
            archive.read_arrays(model, members)
            archive.read_assets(model, members)

        return _filled(config, training if compile else None, version, custom_objects, max_bytes, path, take)


def _filled(
    config: Any,
    training: Mapping[str, Any] | None,
    version: str,
    custom_objects: Mapping[str, Any] | None,
    max_bytes: float,
    path: Path,
    fill: Callable[[Any], None],
) -> Any:
    """A model made from its configuration, with what `fill` puts into it."""
    with understood(f"The model in {str(path)!r}"), custom_object_scope(custom_objects or {}):  # noqa: SIM117
        with awaiting(max_bytes) as check:
            model = assembled(config, version)
            if training and hasattr(model, "compile_from_config"):
                model.compile_from_config(modern(compile_arguments(training), version))
                if model.built and model.compiled is not None:
                    model.optimizer.build(model.compiled.trainable(model))
            check()
            fill(model)
    return model


def compile_arguments(training: Mapping[str, Any]) -> dict[str, Any]:
    """What `compile` was given, under the names of its parameters."""
    config = dict(training)
    if "optimizer_config" in config:
        config["optimizer"] = config.pop("optimizer_config")
    return {key: value for key, value in config.items() if value is not None and key not in _NO_LONGER}


def save_weights(model: Any, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None) -> None:
    """Save what a model keeps, without its configuration.

    Args:
        model: the model.
        filepath: where to; a name that ends in `.weights.h5`, in `.safetensors` (the weights alone, without the state
            of the optimizer), in `.weights.json` for several files, or in `.h5` for the layout of Keras 1 and 2.
        overwrite: whether an existing file may be replaced.
        max_shard_size: the most gigabytes of one file, if there may be several.

    Raises:
        ValueError: the name has another ending, or the model has no weights yet.
        OSError: it cannot be written; what was there before is as it was.
    """
    path = named(filepath, "save_weights", (".weights.h5", ".weights.json", ".safetensors", *_HDF5))
    if not model.built:
        raise ValueError(f"`{model.name}` has no weights yet: call it on data, or its `build`, before saving them.")
    if max_shard_size is not None or path.suffix == ".json":
        if max_shard_size is not None and not max_shard_size > 0:
            raise invalid("save_weights.max_shard_size", "a positive number of gigabytes", max_shard_size)
        most = 5 if max_shard_size is None else max_shard_size
        write_shards(model, path.with_name(f"{_stem(path)}.weights.json"), most * _GIGABYTE, overwrite)
    elif path.suffix == ".safetensors":
        flat.write_flat(model, path, overwrite)
    elif path.name.endswith(".weights.h5"):
        write_file(path, lambda file: write_weights(model, file), overwrite)
    else:
        whole_hdf5.write_bare(model, path, overwrite)


def load_weights(
    model: Any, filepath: Any, skip_mismatch: bool = False, by_name: bool = False, objects_to_skip: Any = None
) -> None:
    """Put into a model what a file holds: any that `save_weights` or `save_model` writes, of any age.

    Args:
        model: the model, built.
        filepath: the file, or a folder of Orbax checkpoints.
        skip_mismatch: leave layers alone whose arrays do not fit, with a warning.
        by_name: in `.h5` files, find layers by their names and leave alone those that the file does not have.
        objects_to_skip: layers that are to be left as they are.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it does not fit or is damaged; the model is then as it was.
    """
    path = existing(filepath)
    if not model.built:
        raise ValueError(f"`{model.name}` has no weights yet: call it on data, or its `build`, before loading some.")
    kept = [(each, each.get_weights()) for each in objects_to_skip or ()]
    _load(model, path, skip_mismatch, by_name)
    for each, weights in kept:
        each.set_weights(weights)


def _load(model: Any, path: Path, skip_mismatch: bool, by_name: bool) -> None:
    name = str(path)
    if by_name and not begins_as_hdf5(path):
        raise invalid(
            "load_weights.by_name", f"False: only `.h5` files have layers by name, not {path.name!r}", by_name
        )
    if path.is_dir() and orbax.is_orbax(path):
        orbax.load_state(model, path)
    elif path.suffix == ".json":
        read_shards(model, path, skip_mismatch)
    elif path.suffix == ".safetensors":
        flat.read_flat(model, path, skip_mismatch)
    elif path.is_dir() or path.suffix == ".keras":
        with archive.open_archive(path) as members:
            archive.read_arrays(model, members, skip_mismatch)
    else:

        def read(root: Section) -> None:
            whole_hdf5.read_layers(model, root, name, skip_mismatch, by_name)

        with open_hdf5(path, name) as root:
            if whole := whole_hdf5.is_whole(root):
                read(root)
        if not whole and by_name:
            raise invalid("load_weights.by_name", f"False: {path.name!r} lists layers by class and order", by_name)
        if not whole:
            read_weights(model, path, name, skip_mismatch)


# ---------------------------------------------------------------------- names of files


def named(filepath: Any, where: str, endings: tuple[str, ...]) -> Path:
    name = os.fspath(filepath) if isinstance(filepath, os.PathLike) else filepath
    if not isinstance(name, str):
        raise invalid(f"{where}.filepath", "a path", filepath, kind=TypeError)
    if not name.endswith(endings):
        wanted = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise ValueError(f"`{where}.filepath` must end in {wanted}; got {describe(name)}.")
    return Path(name)


def existing(filepath: Any) -> Path:
    if not isinstance(filepath, (str, os.PathLike)):
        raise invalid("filepath", "a path", filepath, kind=TypeError)
    path = Path(filepath)
    if path.with_name(f"{path.name}.index").exists():
        raise ValueError(
            f"{str(path)!r} is a checkpoint of TensorFlow: load it with TensorFlow, and save the weights as .h5."
        )
    if (path / "saved_model.pb").exists():
        raise ValueError(
            f"{str(path)!r} is a SavedModel of TensorFlow: load it with TensorFlow, and save it as .h5 or .keras."
        )
    if not path.exists():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
    return path


def _stem(path: Path) -> str:
    return path.name.removesuffix(path.suffix).removesuffix(".weights")


def begins_as_hdf5(path: Path) -> bool:
    if path.is_dir():
        return False
    with path.open("rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"
