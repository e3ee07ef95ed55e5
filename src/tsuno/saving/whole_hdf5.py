"""Whole models and weights in the HDF5 layout of Keras 1 and 2, which Keras 3 still reads and writes.

In the file's root are the configuration, as attributes, and the groups `model_weights` and `optimizer_weights`; a file
of weights alone has in its root what is in `model_weights`. There, each layer has a group with a list of its arrays,
and layers are told apart by their order, or, if asked for, by their names.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tsuno.core.context import scope
from tsuno.core.registry import serialize
from tsuno.core.variable import Variable, all_or_nothing, by_path
from tsuno.layers.stored import own_variables
from tsuno.saving.atomic import write_file
from tsuno.saving.hdf5 import new_hdf5, put_array, put_text, put_texts, report
from tsuno.saving.old_arrays import aged_slots, aged_weights
from tsuno.saving.untrusted import FileProblem, Section, parse_json

_KERAS = "3.15.1"
"""The version of Keras whose files these are."""
_TOP = "top_level_model_weights"


def is_whole(root: Section) -> bool:
    """Whether a file has the layout of whole models or of their weights, and not that of `.weights.h5`."""
    return "model_weights" in root or root.texts("layer_names") is not None


# ---------------------------------------------------------------------- writing


def write_whole(model: Any, path: Path, overwrite: bool = True, include_optimizer: bool = True) -> None:
    """Write a model with its configuration, and its state of training if it is to go on."""
    config = serialize(model)
    compiled = include_optimizer and model.compiled is not None

    def write(file: Any) -> None:
        with new_hdf5(file) as h5:
            put_text(h5, "keras_version", _KERAS)
            put_text(h5, "backend", "jax")
            put_text(h5, "model_config", json.dumps(config))
            if compiled:
                put_text(h5, "training_config", json.dumps(_training_config(model)))
            _write_layers(h5.create_group("model_weights"), model)
            if compiled and model.optimizer.variables:
                _write_arrays(h5.create_group("optimizer_weights"), model.optimizer.variables)

    write_file(path, write, overwrite)


def write_bare(model: Any, path: Path, overwrite: bool = True) -> None:
    """Write the weights alone, as Keras 1 and 2 did."""

    def write(file: Any) -> None:
        with new_hdf5(file) as h5:
            _write_layers(h5, model)

    write_file(path, write, overwrite)


def _write_layers(group: Any, model: Any) -> None:
    put_texts(group, "layer_names", [layer.name for layer in model.layers])
    put_text(group, "backend", "jax")
    put_text(group, "keras_version", _KERAS)
    for layer in sorted(model.layers, key=lambda layer: layer.name):
        _write_arrays(group.require_group(layer.name), in_order(layer))
    _write_arrays(group.require_group(_TOP), own_variables(model))


def _write_arrays(group: Any, variables: list[Variable]) -> None:
    table = by_path(variables)
    for name, variable in table.items():
        around, _, last = name.rpartition("/")
        put_array(group.require_group(around) if around else group, last, variable.numpy())
    put_texts(group, "weight_names", list(table))


def in_order(layer: Any) -> list[Variable]:
    """The weights of a layer in the order of these files: those that are trained come first."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _training_config(model: Any) -> dict[str, Any]:
    """What `compile` was given, in the words of these files."""
    config = dict(model.get_compile_config())
    config["optimizer_config"] = config.pop("optimizer")
    return {**config, "loss": _full_names(config.get("loss"))}


_FULL_NAMES = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error", "bce": "binary_crossentropy", "kld": "kl_divergence",
    "logcosh": "log_cosh",
}  # fmt: skip


def _full_names(value: Any) -> Any:
    """Losses under the names that Keras finds when it reads these files."""
    if isinstance(value, str):
        return _FULL_NAMES.get(value.lower(), value)
    if isinstance(value, list):
        return [_full_names(item) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _full_names(item) for key, item in value.items()}
    return value


# ---------------------------------------------------------------------- reading


def read_config(root: Section, name: str) -> tuple[dict[str, Any], dict[str, Any] | None, str]:
    """The configuration of a model, that of its training, and the version of Keras that wrote them."""
    text = root.text("model_config")
    if text is None:
        raise FileProblem(
            f"The file {name!r} has weights, but no model. Make the model, then take them with load_weights({name!r})."
        )
    config = parse_json(text, f"The attribute 'model_config' in {name!r}")
    training = root.text("training_config")
    about = None if training is None else parse_json(training, f"The attribute 'training_config' in {name!r}")
    return config, about, version_of(root)


def version_of(root: Section) -> str:
    """The version of Keras that wrote a file; the first did not say."""
    weights = root.section("model_weights") if "model_weights" in root else root
    return root.text("keras_version") or (weights and weights.text("keras_version")) or "1"


def read_layers(model: Any, root: Section, name: str, skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Put into a model the weights of its layers.

    Args:
        model: the model, built.
        root: the root of a file.
        name: what messages call it.
        skip_mismatch: leave layers alone whose arrays do not fit, with a warning.
        by_name: find layers by their names, and leave those alone that the file does not have.

    Raises:
        ValueError: it does not fit; the model is then as it was.
    """
    group = root.section("model_weights") if "model_weights" in root else root
    assert group is not None
    version, backend = version_of(root), group.text("backend") or root.text("backend")
    stored = {layer: _names(group, layer) for layer in group.texts("layer_names") or []}
    problems = []
    with all_or_nothing():
        for layer, place in _pairs(model, stored, name, by_name):
            where = f"{place}/" if place else ""
            arrays = [group.array(f"{where}{each}") for each in stored.get(place, [])]
            with scope(compute_dtype=None):
                problem = _take(in_order(layer), aged_weights(layer, arrays, version, backend))
            if problem:
                problems.append(f"{layer.name!r} ({type(layer).__name__}): {problem}")
        if _TOP in group and (own := own_variables(model)):
            arrays = [group.array(f"{_TOP}/{each}") for each in _names(group, _TOP)]
            problem = _take(own, arrays)
            if problem and not (by_name and len(arrays) != len(own)):
                problems.append(f"{model.name!r}: {problem}")
        report(problems, name, skip_mismatch)
        root.finish()


def _names(group: Section, place: str) -> list[str]:
    section = group.section(place)
    return [] if section is None else section.texts("weight_names") or []


def _pairs(model: Any, stored: Mapping[str, list[str]], name: str, by_name: bool) -> list[tuple[Any, str]]:
    """The layers of a model and the groups that are theirs."""
    if by_name:
        return [(layer, layer.name) for layer in model.layers if layer.name in stored]
    layers = [layer for layer in model.layers if in_order(layer)]
    places = [place for place, names in stored.items() if names]
    if len(layers) < len(places):  # Keras 1 listed the layers of branches that are merged at the beginning one by one
        inner = (each for layer in layers for each in getattr(layer, "layers", None) or [layer])
        layers = [layer for layer in inner if in_order(layer)]
    if len(layers) != len(places):
        raise FileProblem(
            f"The weights in {name!r} do not fit the model: it has {len(layers)} layers with weights, the file "
            f"{len(places)} ({', '.join(places[:5])}{', …' if len(places) > 5 else ''}). Pass by_name=True to match "
            "layers by their names."
        )
    return list(zip(layers, places, strict=True))


def _take(variables: list[Variable], arrays: list[Any]) -> str | None:
    """Assign arrays to variables, all or none; what does not fit."""
    if len(variables) != len(arrays):
        return f"it has {len(variables)} weights, the file {len(arrays)}"
    for variable, array in zip(variables, arrays, strict=True):
        if variable.shape != tuple(array.shape):
            return f"{variable.path!r} has shape {variable.shape}, the file's array {tuple(array.shape)}"
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return None


def read_optimizer(model: Any, root: Section) -> None:
    """Put into the optimizer of a model its state, or warn that it begins anew."""
    group = root.section("optimizer_weights")
    if group is None:
        return
    optimizer = model.optimizer
    names = group.texts("weight_names") or []
    with all_or_nothing():
        arrays = aged_slots(optimizer, [group.array(each) for each in names], names)
        problem = _take(optimizer.variables, arrays)
        root.finish()
    if problem:
        warnings.warn(f"The state of the optimizer {optimizer.name!r} begins anew: {problem}.", stacklevel=4)
