"""`import keras` and `import tensorflow` mean Tsuno: the one import hook.

Modules of the past are made when they are imported. Their names are looked up when they are used, so that importing
one costs nothing, and are those of Tsuno: `keras.layers.core.Dense is tsuno.layers.Dense`.
"""

from __future__ import annotations

import dis
import functools
import importlib
import importlib.abc
import importlib.machinery
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from types import FunctionType, ModuleType
from typing import Any

from tsuno.core import past
from tsuno.core.errors import suggest
from tsuno.legacy import methods, modules, neighbours, sessions, tensorflow
from tsuno.legacy.names import GONE
from tsuno.legacy.recorded import recorded
from tsuno.legacy.rewriting import of_class, of_function, with_words, worded

_MEASURES = ("losses", "metrics", "objectives", "activations")
VERSION = "2.15.0"
"""The version that programs see, for those which ask: the last one that takes all that is read here."""

_ROOTS = ("keras", "tensorflow", "tf_keras", "keras_preprocessing", "keras_applications")
_PREFIXES = (
    ("keras.src", ""),
    ("keras.api._v1.keras", ""),
    ("keras.api._v2.keras", ""),
    ("keras.api._v1", ""),
    ("keras.api._v2", ""),
    ("keras.api", ""),
    ("keras._tf_keras", ""),
    ("keras._tf_keras.keras", ""),
    ("tensorflow.keras", ""),
    ("tensorflow.compat.v1.keras", ""),
    ("tensorflow.compat.v2.keras", ""),
    ("tensorflow.python.keras", ""),
    ("tensorflow.contrib.keras", ""),
    ("tensorflow.contrib.keras.python.keras", ""),
    ("tensorflow.contrib.keras.api.keras", ""),
    ("tensorflow.contrib.keras.python", ""),
    ("tensorflow.contrib.keras.api", ""),
    ("tf_keras.src", ""),
    ("tf_keras", ""),
    ("keras_preprocessing", "preprocessing"),
    ("keras_applications", "applications"),
    ("keras", ""),
)
"""Under which names there is what is below `keras`, the longest names first where one is in another."""


def install(tensorflow_1: bool | None = None) -> None:
    """Let `import keras`, `from tensorflow import keras` and `import tensorflow` mean Tsuno from here on.

    Args:
        tensorflow_1: whether `tensorflow` builds a graph that sessions run, as its first versions did. By default the
            first name used that only they have decides.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        strange = [name for name in ("keras", "tensorflow") if name in sys.modules]
        if strange:
            raise RuntimeError(
                f"`{strange[0]}` was imported before `tsuno.legacy.install()`: make that the first line, in a new "
                "process."
            )
        sys.meta_path.insert(0, _Finder())
        past.alive = True
        methods.add()
        neighbours.add()
    if tensorflow_1 is not None:
        tensorflow.modes.set_graph_mode(tensorflow_1)


class OldModule(ModuleType):
    """A module of the past."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, f"What programs import as `{name}`.")
        self.__dict__["_old_path"] = path
        self.__path__: list[str] = []
        if not path:
            self.__version__ = VERSION

    def __getattr__(self, name: str) -> Any:
        path: str = self.__dict__["_old_path"]
        if name == "__all__":
            return sorted(set(modules.names_of(path)))
        if name.startswith("__"):
            raise AttributeError(name)
        if path.partition(".")[0] == "backend" and name in ("tf", "tensorflow"):
            found = importlib.import_module("tensorflow")
        elif modules.exists(inner := f"{path}.{name}".lstrip(".")):
            found = _module_below(inner)
        else:
            try:
                found = _shown(modules.lookup(path, name), path, name)
            except AttributeError:
                raise missing(f"`{self.__name__}` has no {name!r}.", inner, set(modules.names_of(path))) from None
        self.__dict__[name] = found
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function of the module's name, where there was one: `keras.layers.merge` was that before."""
        parent, _, name = self.__dict__["_old_path"].rpartition(".")
        try:
            function = modules.lookup(parent, name)
        except AttributeError:
            raise TypeError(f"The module `{self.__name__}` cannot be called.") from None
        return function(*args, **kwargs)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *modules.names_of(self.__dict__["_old_path"])})


def missing(sentence: str, path: str, known: Iterable[str]) -> Exception:
    """The error for a name that is not there; where a program imports it by name, one that Python shows as it is."""
    frame = sys._getframe(2)
    importing = frame.f_code.co_code[frame.f_lasti] == dis.opmap["IMPORT_FROM"]
    what = GONE.get(path) or f"{sentence}{suggest(path.rpartition('.')[2], known)}"
    return ImportError(what) if importing else AttributeError(what)


_inner: list[str] = []
"""The modules that are brought in by name of a module that the program has, and not by it."""


def _module_below(path: str) -> ModuleType:
    _inner.append(path)
    try:
        return importlib.import_module(f"keras.{path}")
    finally:
        _inner.pop()


def _shown(found: Any, path: str, name: str) -> Any:
    """A class or function with the words of the past in its signature, where it takes them."""
    if isinstance(found, type) and hasattr(found, "__signature__"):
        _show_words(found)
    elif isinstance(found, type) and of_function(key := f"{path}.{name}"):
        _word(found, key)
    elif isinstance(found, FunctionType):
        found = recorded(found) if path.partition(".")[0] in _MEASURES else found
        return worded(found, f"{path}.{name}")
    return found


@functools.cache
def _word(cls: Any, key: str) -> None:
    """Let the constructor of a class that captures nothing take the words of the past."""
    cls.__init__ = worded(cls.__init__, key)


@functools.cache
def _show_words(cls: type) -> None:
    init: Any = cls.__init__  # type: ignore[misc]
    if not isinstance(init, FunctionType):
        return
    own = inspect.signature(init)
    words = {word for word in of_class(cls)[0] if word not in own.parameters}
    if words and "__init__" not in vars(cls):  # that of a family, whose other classes have other words
        usual = init

        @functools.wraps(usual)
        def construct(self: Any, *args: Any, **kwargs: Any) -> None:
            usual(self, *args, **kwargs)

        cls.__init__ = init = construct  # type: ignore[misc]
    if words:
        init.__signature__ = with_words(own, words)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and makes the modules of the past."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in _ROOTS:
            return None
        if _maker(fullname) is None:
            if (gone := GONE.get(fullname.partition(".")[2])) is not None:
                raise ModuleNotFoundError(gone, name=fullname)
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        maker = _maker(module.__name__)
        assert maker is not None
        if module.__name__ == "keras" and not _inner:
            past.standalone = True
            sessions.heed_settings()
        made = maker()
        made.__spec__ = made.__spec__ or module.__spec__
        sys.modules[module.__name__] = made


@functools.cache
def _maker(fullname: str) -> Callable[[], ModuleType] | None:
    """What makes a module of the past of a name, if there was one."""
    for prefix, below in _PREFIXES:
        if fullname == prefix or fullname.startswith(f"{prefix}."):
            rest = fullname[len(prefix) :].lstrip(".")
            path = f"{below}.{rest}".strip(".")
            if modules.exists(path):
                return lambda: _old_module(path)
    return tensorflow.maker(fullname) if fullname.partition(".")[0] == "tensorflow" else None


@functools.cache
def _old_module(path: str) -> OldModule:
    """The one module of a path below `keras`, whatever it is imported as."""
    return OldModule(f"keras.{path}".rstrip("."), path)
