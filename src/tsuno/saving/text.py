"""Models as text, JSON or YAML, without their weights."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tsuno.core.errors import invalid
from tsuno.core.registry import custom_object_scope, deserialize
from tsuno.core.variable import Holder
from tsuno.saving.ages import modern
from tsuno.saving.untrusted import FileProblem, parse_json

_MOST_NODES = 1_000_000
_LONGEST = 250


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model, without weights, that `model.to_json()` described, in Tsuno or any version of Keras.

    Args:
        json_string: the description.
        custom_objects: your own classes and functions by the names that the description uses.

    Raises:
        ValueError: it does not describe a model, or names something unknown.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2)])
        >>> tsuno.models.model_from_json(model.to_json()).output_shape
        (None, 2)
    """
    return _model(parse_json(_checked(json_string, "json"), "The JSON of the model"), custom_objects, "JSON")


def model_from_yaml(yaml_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model, without weights, that `model.to_yaml()` described, in Tsuno or in Keras up to 2.5.

    Args:
        yaml_string: the description; of YAML's tags only that of tuples is read.
        custom_objects: your own classes and functions by the names that the description uses.

    Raises:
        ValueError: it does not describe a model, or names something unknown.
        ImportError: PyYAML is not installed.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2)])
        >>> tsuno.models.model_from_yaml(model.to_yaml()).output_shape
        (None, 2)
    """
    return _model(parse_yaml(_checked(yaml_string, "yaml"), "The YAML of the model"), custom_objects, "YAML")


def parse_yaml(text: str | bytes, where: str) -> Any:
    """The plain data that YAML describes, with tuples as lists.

    Raises:
        FileProblem: it is none, or has parts without end.
    """
    yaml = yaml_library()

    class Loader(yaml.SafeLoader):  # type: ignore[name-defined]
        """Plain data, and tuples as Keras wrote them."""

    Loader.add_constructor("tag:yaml.org,2002:python/tuple", yaml.SafeLoader.construct_yaml_seq)
    try:
        data = yaml.load(text, Loader)
        _size(data, {}, set(), where)
    except RecursionError:
        raise FileProblem(f"{where} is nested too deeply to be read.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise FileProblem(f"{where} is not plain YAML: {short(problem)}") from None
    return data


def to_yaml(data: Any) -> str:
    """Plain data as YAML."""
    text: str = yaml_library().safe_dump(json.loads(json.dumps(data)), sort_keys=False)
    return text


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """The object described by plain data; the inverse of `serialize_keras_object`.

    Args:
        config: the plain data.
        custom_objects: classes and functions of your own by name.
        safe_mode: accepted for compatibility: nothing that is read here ever runs code, so there is no other mode.

    Raises:
        ValueError: it describes nothing, or a name in it is neither part of the library, nor registered, nor among
            `custom_objects`.

    Example:
        >>> data = tsuno.saving.serialize_keras_object(tsuno.layers.Dense(3))
        >>> tsuno.saving.deserialize_keras_object(data).units
        3
    """
    with understood("The configuration"):
        return deserialize(config, custom_objects)


def assembled(config: Any, version: str = "") -> Any:
    """The model, or what else has weights, that a configuration of any age describes.

    Raises:
        ValueError: it describes something else.
    """
    data = modern(config, version)
    if not isinstance(data, dict) or not isinstance(data.get("class_name"), str):
        raise ValueError("a dict with a `class_name` and a `config` is expected")
    model = deserialize(data)
    if not isinstance(model, Holder):
        raise ValueError(f"a {type(model).__name__} is described, not a model")
    return model


@contextmanager
def understood(what: str) -> Iterator[None]:
    """A block in which whatever goes wrong is put into one sentence about a description that somebody else wrote."""
    try:
        yield
    except (FileProblem, MemoryError):
        raise
    except RecursionError:
        raise FileProblem(f"{what} is nested too deeply to be read.") from None
    except Exception as problem:
        raise FileProblem(f"{what} cannot be put together: {short(problem)}") from problem


def _model(data: Any, custom_objects: Mapping[str, Any] | None, kind: str) -> Any:
    version = str(data.get("keras_version") or "") if isinstance(data, dict) else ""
    with understood(f"The model described as {kind}"), custom_object_scope(custom_objects or {}):
        return assembled(data, version)


def _checked(text: Any, kind: str) -> str:
    if not isinstance(text, str):
        raise invalid(f"model_from_{kind}.{kind}_string", f"a string, as `to_{kind}` returns it", text, kind=TypeError)
    return text


def _size(data: Any, known: dict[int, int], around: set[int], where: str) -> int:
    """How many parts plain data has; what is referred to many times is counted each time."""
    if not isinstance(data, (dict, list, tuple)):
        return 1
    if id(data) in around:
        raise FileProblem(f"{where} refers to itself.")
    if id(data) not in known:
        inner = data.values() if isinstance(data, dict) else data
        known[id(data)] = 1 + sum(_size(item, known, around | {id(data)}, where) for item in inner)
    if known[id(data)] > _MOST_NODES:
        raise FileProblem(f"{where} has more than {_MOST_NODES} parts.")
    return known[id(data)]


def short(problem: BaseException) -> str:
    """What went wrong, in one line of a length that one reads."""
    text = " ".join((str(problem) or type(problem).__name__).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def yaml_library() -> Any:
    try:
        return importlib.import_module("yaml")
    except ImportError:
        raise ImportError("Models as YAML need PyYAML: pip install 'tsuno[yaml]'.") from None
