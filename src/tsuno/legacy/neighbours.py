"""What old programs use of other libraries, and of Python 2, that is gone from these: stand-ins, put in place by `add`.

`TABLE` has them by module; each name stands for another one, as in `"trapz": "numpy:trapezoid"`, or for a function of
`neighbours_made`. Names are looked up when a program uses them, and only where the library lacks them; a module that is
no more is made of its names. `add` imports no other library.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

_MADE = "tsuno.legacy.neighbours_made"


def _of(home: str, *names: str, **others: str) -> dict[str, str]:
    """Names that are those of another module, and names that have another one there."""
    return {name: f"{home}:{name}" for name in names} | {old: f"{home}:{new}" for old, new in others.items()}


_MODEL_SELECTION = "sklearn.model_selection"
_PICKLE = _of(_MADE, "load", "loads") | {"*": "pickle"}
_STRINGS = _of("io", "StringIO", "BytesIO")
_REQUESTS = (
    _of("urllib.request", "urlopen", "Request", "urlretrieve", "build_opener", "install_opener", "ProxyHandler")
    | _of("urllib.request", "HTTPCookieProcessor", "HTTPHandler")
    | _of("urllib.error", "HTTPError", "URLError")
    | _of("urllib.parse", "urlencode", "quote", "quote_plus", "unquote", "unquote_plus", "urlparse", "urljoin")
)
_SKLEARN_FOLDS = (
    "KFold", "StratifiedKFold", "LabelKFold", "ShuffleSplit", "StratifiedShuffleSplit", "LeaveOneOut",
    "LeaveOneLabelOut",
)  # fmt: skip

TABLE: dict[str, dict[str, str]] = {
    "numpy": {
        **_of("builtins", "int", "float", "bool", "object", "str", "complex", long="int", unicode="str"),
        **_of("numpy", float_="float64", complex_="complex128", unicode_="str_", string_="bytes_", cfloat="complex128"),
        **_of("numpy", Inf="inf", Infinity="inf", infty="inf", PINF="inf", NaN="nan", NAN="nan", mat="asmatrix"),
        **_of("numpy", product="prod", cumproduct="cumprod", sometrue="any", alltrue="all", round_="round"),
        **_of("numpy", row_stack="vstack", trapz="trapezoid"),
        **_of(_MADE, "in1d", "asscalar", "msort", "asfarray", NINF="minus_infinity"),
    },
    "numpy.random": _of(_MADE, "random_integers"),
    "numpy.lib": _of("numpy", "pad"),
    "scipy": _of("numpy", "array", "zeros", "ones", "arange", "linspace", "sqrt", "exp", "log", "mean", "dot", "pi"),
    "scipy.misc": {
        **_of(_MADE, "imread", "imsave", "imresize", "imrotate", "imshow", "toimage", "fromimage", "bytescale", "face"),
        **_of("scipy.special", "logsumexp", "factorial", "comb"),
        **_of("scipy.datasets", "ascent"),
    },
    "scipy.integrate": _of("scipy.integrate", cumtrapz="cumulative_trapezoid", trapz="trapezoid", simps="simpson"),
    "sklearn.cross_validation": {
        **_of(_MODEL_SELECTION, "train_test_split", "cross_val_score", "cross_val_predict", "permutation_test_score"),
        **_of(_MADE, *_SKLEARN_FOLDS),
    },
    "sklearn.grid_search": _of(
        _MODEL_SELECTION, "GridSearchCV", "RandomizedSearchCV", "ParameterGrid", "ParameterSampler"
    ),
    "sklearn.learning_curve": _of(_MODEL_SELECTION, "learning_curve", "validation_curve"),
    "sklearn.externals.joblib": {"*": "joblib"},
    "sklearn.externals.six": {"*": "six"},
    "sklearn.preprocessing": _of(_MADE, "Imputer"),
    "sklearn.datasets": _of(_MADE, "load_boston", "fetch_mldata"),
    "sklearn.datasets.samples_generator": {"*": "sklearn.datasets"},
    "matplotlib.pyplot": _of(_MADE, hold="nothing", ishold="nothing"),
    "pandas": _of(_MADE, "Panel"),
    "PIL.Image": _of("PIL.Image", ANTIALIAS="Resampling.LANCZOS"),
    "quiver_engine": {},
    "quiver_engine.server": _of("tsuno.legacy.quiver", "launch"),
    # packages for programs of both Pythons
    "six": {
        **_of(_MADE, "string_types", "integer_types", "class_types", "PY2", "PY3", "PY34", "iteritems", "itervalues"),
        **_of(_MADE, "iterkeys", "b", "u", "with_metaclass", "add_metaclass", "raise_from"),
        **_of("builtins", "next", "callable", text_type="str", binary_type="bytes", unichr="chr", print_="print"),
        **_STRINGS,
    },
    "six.moves": {
        **_of("builtins", "range", "zip", "map", "filter", "input", xrange="range"),
        **_of("functools", "reduce"),
        **_of("importlib", reload_module="reload", reload="reload"),
        **_of("itertools", "zip_longest", "filterfalse"),
        **_of("io", "StringIO", cStringIO="StringIO"),
        **{name: name for name in ("queue", "configparser", "urllib", "builtins", "copyreg", "tkinter")},
        "http_client": "http.client",
        "cPickle": "cPickle",
    },
    "six.moves.cPickle": _PICKLE,
    "six.moves.urllib": {"*": "urllib", "request": "urllib.request", "parse": "urllib.parse", "error": "urllib.error"},
    "six.moves.urllib.request": {"*": "urllib.request"},
    "six.moves.urllib.parse": {"*": "urllib.parse"},
    "six.moves.urllib.error": {"*": "urllib.error"},
    "six.moves.queue": {"*": "queue"},
    "six.moves.configparser": {"*": "configparser"},
    # Python 2
    "cPickle": _PICKLE,
    "cStringIO": _STRINGS,
    "StringIO": _STRINGS,
    "urllib": _REQUESTS,
    "urllib2": _REQUESTS,
    "urlparse": {"*": "urllib.parse"},
    "httplib": {"*": "http.client"},
    "Queue": {"*": "queue"},
    "ConfigParser": {"*": "configparser", "SafeConfigParser": "configparser:ConfigParser"},
    "Tkinter": {"*": "tkinter"},
    "HTMLParser": {"*": "html.parser"},
    "__builtin__": {"*": "builtins"},
    "copy_reg": {"*": "copyreg"},
    "itertools": _of("builtins", izip="zip", imap="map", ifilter="filter")
    | _of("itertools", izip_longest="zip_longest", ifilterfalse="filterfalse"),
    "string": _of("string", letters="ascii_letters", lowercase="ascii_lowercase", uppercase="ascii_uppercase")
    | _of("builtins", maketrans="str.maketrans", lower="str.lower", upper="str.upper", strip="str.strip")
    | _of("builtins", split="str.split", replace="str.replace")
    | _of(_MADE, join="join_words"),
    "sys": _of("sys", maxint="maxsize"),
    "os": _of("os", getcwdu="getcwd"),
    "time": _of("time", clock="perf_counter"),
    "collections": _of(
        "collections.abc", "Mapping", "MutableMapping", "Sequence", "MutableSequence", "Iterable", "Iterator",
        "Callable", "Hashable", "Sized", "Set", "MutableSet", "Container", "Generator",
    ),
    "inspect": _of(_MADE, "getargspec"),
    "fractions": _of("math", "gcd"),
    "cgi": _of("html", "escape"),
}  # fmt: skip
"""Old names by module: the module and the name that they have, a whole module, or with `*` all names of one."""

MEMBERS: dict[str, dict[str, str]] = {
    "pandas": _of(
        _MADE, **{
            "DataFrame.append": "append_rows", "Series.append": "append_rows", "DataFrame.as_matrix": "as_matrix",
            "Series.as_matrix": "as_matrix", "DataFrame.ix": "ix", "Series.ix": "ix", "DataFrame.iteritems": "items",
            "Series.iteritems": "items", "DataFrame.get_value": "get_value", "DataFrame.set_value": "set_value",
        }
    ),
    "matplotlib.axes": _of(_MADE, **{"Axes.hold": "nothing"}),
}  # fmt: skip
"""Methods and attributes of classes that are gone, by the module of the class."""

BUILTINS: dict[str, str] = {
    **_of("builtins", xrange="range", raw_input="input", unicode="str", unichr="chr", basestring="str", long="int"),
    **_of("functools", "reduce"),
    **_of("importlib", "reload"),
    **_of(_MADE, "cmp", "execfile"),
}
"""What Python 2 had without import."""


@functools.cache
def add() -> None:
    """Put the stand-ins in place: in libraries that are there already now, in others when they are imported."""
    for name in BUILTINS:
        if not hasattr(builtins, name):
            setattr(builtins, name, _found(BUILTINS[name]))
    for name in {*TABLE, *MEMBERS}:
        if name in sys.modules:
            _fill(sys.modules[name])
    sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets libraries have their stand-ins when they have been imported, and makes modules that are no more."""

    def __init__(self) -> None:
        self._busy: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if (fullname not in TABLE and fullname not in MEMBERS) or fullname in self._busy:
            return None
        self._busy.add(fullname)
        try:
            others = (finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec"))
            spec = next((spec for each in others if (spec := each.find_spec(fullname, path, target))), None)
        finally:
            self._busy.discard(fullname)
        if spec is None:
            has_parts = any(name.startswith(f"{fullname}.") for name in TABLE)
            return importlib.machinery.ModuleSpec(fullname, self, is_package=has_parts) if fullname in TABLE else None
        if spec.loader is not None and hasattr(spec.loader, "__dict__") and not isinstance(spec.loader, type):
            vars(spec.loader)["exec_module"] = _filling(spec.loader.exec_module)
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__doc__ = f"What programs of the past import as `{module.__name__}`."
        whole = TABLE[module.__name__].get("*")
        if whole is not None:
            module.__dict__["__all__"] = _public(importlib.import_module(whole))
        else:
            module.__dict__["__all__"] = list(TABLE[module.__name__])
        _fill(module)


def _public(module: ModuleType) -> list[str]:
    return list(getattr(module, "__all__", [name for name in dir(module) if not name.startswith("_")]))


def _filling(usual: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    """What runs a module, and gives it its stand-ins afterwards."""

    @functools.wraps(usual)
    def exec_module(module: ModuleType) -> None:
        usual(module)
        if module.__name__ in TABLE or module.__name__ in MEMBERS:
            _fill(module)

    return exec_module


def _fill(module: ModuleType) -> None:
    """Let a module have its names of the past where it lacks them."""
    names = TABLE.get(module.__name__, {})
    usual = module.__dict__.get("__getattr__")

    def lookup(name: str) -> Any:
        target = names.get(name) or (f"{names['*']}:{name}" if "*" in names and not name.startswith("__") else None)
        if target is None:
            if usual is not None:
                return usual(name)
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        found = _found(target)
        module.__dict__[name] = found
        return found

    if names:
        module.__dict__["__getattr__"] = lookup
    for place, target in MEMBERS.get(module.__name__, {}).items():
        cls, _, name = place.partition(".")
        if not hasattr(owner := getattr(module, cls), name):
            setattr(owner, name, _found(target))


def _found(target: str) -> Any:
    """What an entry of the table stands for."""
    home, _, name = target.partition(":")
    found: Any = importlib.import_module(home)
    for part in name.split(".") if name else ():
        found = getattr(found, part)
    return found
