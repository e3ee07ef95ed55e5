"""Names and the classes or functions behind them, and objects as plain data under those names.

The registry is closed: a name resolves to a part of the library, to something registered, or to something the caller
passes as `custom_objects`. Nothing is ever imported because a file names it.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from tsuno.core import past
from tsuno.core.errors import invalid, suggest

T = TypeVar("T")

_library: dict[tuple[str, str], type] = {}
_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}
_scopes: list[dict[str, Any]] = []
_LIBRARIES = ("keras", "tsuno", "tf_keras", "tensorflow", "keras_core")
"""What the modules begin with that files name for parts of the library."""
_TOP_MODULES = {"core": "keras", "models": "keras"}


def add_to_library(cls: type) -> None:
    """Enter a class of the library under its public module and name."""
    _library[public_module(cls), cls.__name__] = cls
    other = vars(cls).get("_config_class_name")
    if isinstance(other, str):  # the name that files have
        _library[public_module(cls), other] = cls


def public_module(cls: type) -> str:
    """The module that configurations name: that of the Keras API, which both libraries read."""
    if "_config_module" in cls.__dict__:
        return str(vars(cls)["_config_module"])
    if not in_library(cls):
        return cls.__module__
    folder = cls.__module__.split(".")[1]
    return _TOP_MODULES.get(folder, f"keras.{folder}")


def in_library(cls: type) -> bool:
    return cls.__module__.split(".")[0] == "tsuno"


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Register a class or function, so that saved models which use it can be read.

    Args:
        package: a prefix that keeps names of different origins apart.
        name: the name in the file; the object's own name by default.

    Example:
        >>> @tsuno.saving.register_keras_serializable(package="demo")
        ... def swish2(x):
        ...     return x * tsuno.ops.sigmoid(2 * x)
        >>> tsuno.saving.get_registered_name(swish2)
        'demo>swish2'
    """

    def register(obj: T) -> T:
        registered_name = f"{package}>{name or obj.__name__}"  # type: ignore[attr-defined]
        if not callable(obj):
            raise invalid("register_keras_serializable", "used on a class or a function", obj)
        _registered[registered_name] = obj
        _names[obj] = registered_name
        return obj

    return register


def get_registered_name(obj: Any) -> str:
    """The name an object was registered under, or its own name."""
    return _names.get(obj, getattr(obj, "__name__", str(obj)))


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """The class or function registered under a name, or None."""
    for table in (*reversed(_scopes), custom_objects or {}, _registered, module_objects or {}):
        if name in table:
            return table[name]
    return None


def get_custom_objects() -> dict[str, Any]:
    """The table of registered objects; entries added to it resolve by name."""
    return _registered


@contextmanager
def custom_object_scope(custom_objects: Mapping[str, Any]) -> Iterator[None]:
    """Within the block, let names resolve to the given objects.

    Example:
        >>> def double(x):
        ...     return 2 * x
        >>> with tsuno.saving.custom_object_scope({"double": double}):
        ...     layer = tsuno.layers.Activation("double")
        >>> float(layer(3.0))
        6.0
    """
    _scopes.append(dict(custom_objects))
    try:
        yield
    finally:
        _scopes.pop()


def serialize(obj: Any) -> Any:
    """An object as plain data: numbers, strings, lists and dicts.

    Objects with a configuration become `{"module", "class_name", "config", "registered_name"}`.
    """
    if obj is None or isinstance(obj, (bool, int, float, str)):
        return obj
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, (list, tuple)):
        return type(obj)([serialize(item) for item in obj]) if type(obj) in (list, tuple) else list(map(serialize, obj))
    if hasattr(obj, "get_config") and not isinstance(obj, type):
        return _serialize_object(obj)
    if isinstance(obj, Mapping):
        return {key: serialize(value) for key, value in obj.items()}
    if isinstance(obj, slice):
        return {"class_name": "__slice__", "config": {"start": obj.start, "stop": obj.stop, "step": obj.step}}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if hasattr(obj, "dtype") and hasattr(obj, "shape"):
        array = np.asarray(obj)
        return {"class_name": "__numpy__", "config": {"value": array.tolist(), "dtype": array.dtype.name}}
    if callable(obj):
        name = getattr(obj, "__name__", type(obj).__name__)
        if getattr(obj, "__module__", "").split(".")[0] == "tsuno":
            return name  # the library's own functions are known by name
        registered = _names.get(obj, name)
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": registered}
    raise invalid("config", "plain data, a configurable object or a function", obj, kind=TypeError)


def _serialize_object(obj: Any) -> dict[str, Any]:
    cls = type(obj)
    name = getattr(obj, "_config_class_name", cls.__name__)
    data = {
        "module": getattr(obj, "_config_module", None) or public_module(cls),
        "class_name": name,
        "config": serialize(obj.get_config()),
        "registered_name": None if in_library(cls) else _names.get(cls, name),
    }
    build_config = getattr(obj, "get_build_config", None)
    if build_config is not None and (built := build_config()):
        data["build_config"] = serialize(built)
    return data


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True) -> Any:
    """The object described by plain data; the inverse of `serialize`.

    Args:
        config: the plain data.
        custom_objects: classes and functions of your own by name.
        safe_mode: accepted for compatibility: nothing that is read here ever runs code, so there is no other mode.

    Raises:
        ValueError: a name is neither part of the library, nor registered, nor among `custom_objects`.
    """
    if isinstance(config, (list, tuple)):
        return type(config)(deserialize(item, custom_objects) for item in config)
    if not isinstance(config, dict):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: deserialize(value, custom_objects) for key, value in config.items()}
    name, inner = config["class_name"], config["config"]
    if name == "__numpy__":
        return np.array(inner["value"], dtype=inner["dtype"])
    if name == "__slice__":
        return slice(inner["start"], inner["stop"], inner["step"])
    if name == "__ellipsis__":
        return Ellipsis
    if name == "__tensor__":
        return np.array(inner["value"], dtype=inner["dtype"])
    if name == "function":
        return find_object(config.get("registered_name") or inner, None, custom_objects, short_name=inner)
    cls = find_object(config.get("registered_name") or name, config.get("module"), custom_objects, short_name=name)
    with custom_object_scope(custom_objects or {}):
        obj = cls.from_config(inner) if hasattr(cls, "from_config") else cls
    build_config = config.get("build_config")
    if build_config and hasattr(obj, "build_from_config") and not getattr(obj, "built", False):
        obj.build_from_config(deserialize(build_config))
    compile_config = config.get("compile_config")
    if compile_config and hasattr(obj, "compile_from_config"):
        with custom_object_scope(custom_objects or {}):
            obj.compile_from_config(compile_config)
    return obj


@functools.cache
def _enter_all() -> None:
    """Let every class of the library enter itself: it need not have been used before a file is read."""
    for part in ("layers", "models", "distillation", "applications"):
        importlib.import_module(f"tsuno.{part}")


def find_object(
    name: str, module: str | None = None, custom_objects: Mapping[str, Any] | None = None, short_name: str | None = None
) -> Any:
    """The class or function behind a name: the caller's own, a registered one, or one of the library."""
    _enter_all()
    for candidate in (name, short_name):
        if candidate and (found := get_registered_object(candidate, custom_objects)) is not None:
            return found
    plain = short_name or name
    if module is not None and (module, plain) in _library:
        return _library[module, plain]
    matches = [cls for (_, class_name), cls in _library.items() if class_name == plain]
    library_name = module is None or module.split(".")[0] in _LIBRARIES
    if library_name and len(set(matches)) == 1:
        return matches[0]
    if library_name and module is not None:
        family = ".".join(module.split(".")[:2]).replace("tsuno", "keras")
        matches = [cls for (home, class_name), cls in _library.items() if class_name == plain and home == family]
        if matches:
            return matches[0]
    if library_name and (known := past.find(plain)) is not None:
        return known
    names = [class_name for _, class_name in _library] + list(_registered)
    raise ValueError(
        f"No class or function is known as {name!r}.{suggest(plain, names) if library_name else ''} If it is your own, "
        "register it with `@tsuno.saving.register_keras_serializable()` or pass it in `custom_objects`."
    )
