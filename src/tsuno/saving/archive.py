"""`.keras` archives: a ZIP file with the configuration, the weights, and what layers put beside them (`assets/`).

Writing goes to a temporary file in the same folder, which then takes the place of the old one. Reading resolves names
through the registry only, and writes nothing but assets into a temporary folder.
"""

from __future__ import annotations

import io
import json
import tempfile
import time
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tsuno.core.errors import describe
from tsuno.core.registry import deserialize
from tsuno.saving.atomic import write_file
from tsuno.saving.hdf5 import read_weights, write_weights
from tsuno.saving.state import asset_files, take_assets, whole_config

_WEIGHTS = "model.weights.h5"
_MOST_EXPANSION = 100
_LARGEST_UNSTORED = 1 << 28
_FORMAT = "3.15.1"
"""The version of Keras whose files these are."""


def save_model(model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None) -> None:
    """Save a model: its configuration, weights, state of training, and vocabularies.

    Args:
        model: the model.
        filepath: where to; a name that ends in `.keras`.
        overwrite: whether an existing file may be replaced.
        zipped: accepted for compatibility: the file is an archive.

    Raises:
        ValueError: the name does not end in `.keras`.
        FileExistsError: the file exists and `overwrite` is False.

    Example:
        >>> import tempfile
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tsuno.saving.save_model(model, f"{folder}/model.keras")
        ...     copy = tsuno.saving.load_model(f"{folder}/model.keras")
        >>> bool((copy.get_weights()[0] == model.get_weights()[0]).all())
        True
    """
    _check_name(filepath, ".keras", "save_model")
    if not model.built:
        warnings.warn(f"`{model.name}` is saved without weights: it was not built yet.", stacklevel=2)
    config = whole_config(model)
    metadata = {"keras_version": _FORMAT, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}
    weights = io.BytesIO()
    write_weights(model, weights)

    def write(file: Any) -> None:
        with zipfile.ZipFile(file, "w") as archive, tempfile.TemporaryDirectory() as folder:
            archive.writestr("metadata.json", json.dumps(metadata))
            archive.writestr("config.json", json.dumps(config))
            archive.writestr(_WEIGHTS, weights.getvalue())
            for found in asset_files(model, Path(folder)):
                archive.write(found, f"assets/{found.relative_to(folder).as_posix()}")

    write_file(Path(filepath), write, overwrite)


def load_model(
    filepath: Any, custom_objects: Mapping[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """A model from a `.keras` file.

    Args:
        filepath: the file.
        custom_objects: classes and functions of your own by name.
        compile: whether to compile it as it was, with the state of its optimizer.
        safe_mode: accepted for compatibility: a file never runs code, so there is no other mode.

    Raises:
        ValueError: it is no such file, it is damaged, or it names something unknown.
    """
    path = _check_name(filepath, ".keras", "load_model")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as problem:
        raise ValueError(f"The file {str(path)!r} is no `.keras` archive, or is damaged: {problem}") from None
    with archive:
        try:
            config = json.loads(_read(archive, "config.json"))
        except (UnicodeDecodeError, json.JSONDecodeError) as problem:
            raise ValueError(f"`config.json` in {str(path)!r} is damaged: {problem}") from None
        compile_config = config.pop("compile_config", None)
        model = deserialize(config, custom_objects)
        if compile and compile_config:
            model.compile_from_config(compile_config)
            if model.built and model.compiled is not None:
                model.optimizer.build(model.compiled.trainable(model))
        read_weights(model, io.BytesIO(_read(archive, _WEIGHTS)))
        _load_assets(model, archive)
    return model


def save_weights(model: Any, filepath: Any, overwrite: bool = True) -> None:
    """Save what a model keeps, without its configuration.

    Args:
        model: the model.
        filepath: where to; a name that ends in `.weights.h5`.
        overwrite: whether an existing file may be replaced.
    """
    path = _check_name(filepath, ".weights.h5", "save_weights")
    if not model.built:
        raise ValueError(f"`{model.name}` has no weights yet: call it on data, or its `build`, before saving them.")
    write_file(path, lambda file: write_weights(model, file), overwrite)


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False) -> None:
    """Put into a model what a `.weights.h5` or `.keras` file holds.

    Args:
        model: the model, built.
        filepath: the file.
        skip_mismatch: leave layers alone whose arrays do not fit, with a warning.
    """
    path = _check_name(filepath, (".weights.h5", ".keras"), "load_weights")
    if not model.built:
        raise ValueError(f"`{model.name}` has no weights yet: call it on data, or its `build`, before loading some.")
    file: Any = str(path)
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            file = io.BytesIO(_read(archive, _WEIGHTS))
    read_weights(model, file, skip_mismatch)


def _check_name(filepath: Any, ending: str | tuple[str, ...], where: str) -> Path:
    if not str(filepath).endswith(ending):
        wanted = " or ".join([ending] if isinstance(ending, str) else ending)
        raise ValueError(f"`{where}.filepath` must end in {wanted}; got {describe(str(filepath))}.")
    return Path(filepath)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member of an archive, unless it unpacks to far more than is there."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"The archive {archive.filename!r} has no member {name!r}.") from None
    if info.file_size > _LARGEST_UNSTORED and info.file_size > _MOST_EXPANSION * max(info.compress_size, 1):
        raise ValueError(
            f"{name!r} in {archive.filename!r} claims {info.file_size} bytes, of which {info.compress_size} are there; "
            "that is refused."
        )
    return archive.read(info)


def _load_assets(model: Any, archive: zipfile.ZipFile) -> None:
    names = [name for name in archive.namelist() if name.startswith("assets/") and not name.endswith("/")]
    files = ((name.removeprefix("assets/"), _read(archive, name)) for name in names)
    take_assets(model, files, f"The archive {archive.filename!r}")
