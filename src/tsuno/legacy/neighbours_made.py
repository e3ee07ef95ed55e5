"""What `neighbours` puts in place of functions that are gone from other libraries, where no other name will do."""

from __future__ import annotations

import functools
import importlib
import inspect
import pickle
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import numpy as np

# ---------------------------------------------------------------------- NumPy

minus_infinity = -np.inf


def in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> np.ndarray:
    """Whether each element, in one row, is among others."""
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def asscalar(a: Any) -> Any:
    """The only element of an array as a number of Python."""
    return np.asarray(a).item()


def msort(a: Any) -> np.ndarray:
    """An array sorted along its first axis."""
    return np.sort(a, axis=0)


def asfarray(a: Any, dtype: Any = np.float64) -> np.ndarray:
    """An array of floating-point numbers."""
    return np.asarray(a, dtype=dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def random_integers(low: int, high: int | None = None, size: Any = None) -> Any:
    """Whole numbers from `low` to `high`, both of them among these; from 1 if there is one number."""
    return np.random.randint(*((1, low + 1) if high is None else (low, high + 1)), size=size)


# ---------------------------------------------------------------------- images: scipy.misc


def _pillow() -> Any:
    return importlib.import_module("PIL.Image")


def bytescale(data: Any, cmin: Any = None, cmax: Any = None, high: int = 255, low: int = 0) -> np.ndarray:
    """Numbers spread over those that a byte has; bytes are left as they are."""
    data = np.asarray(data)
    if data.dtype == np.uint8:
        return data
    least, most = data.min() if cmin is None else cmin, data.max() if cmax is None else cmax
    scaled = (data * 1.0 - least) * (high - low) / ((most - least) or 1) + low
    return (scaled.clip(low, high) + 0.5).astype(np.uint8)


def toimage(arr: Any, high: int = 255, low: int = 0, cmin: Any = None, cmax: Any = None, **options: Any) -> Any:
    """An image of Pillow from an array, whose numbers are spread over those that a byte has."""
    arr = np.asarray(arr)
    if arr.ndim == 3 and arr.shape[-1] not in (3, 4) and arr.shape[0] in (3, 4):
        arr = arr.transpose(1, 2, 0)
    return _pillow().fromarray(bytescale(arr, cmin, cmax, high, low))


def fromimage(im: Any, flatten: bool = False, mode: str | None = None) -> np.ndarray:
    """An array from an image of Pillow; with `flatten` of float32, in grey."""
    im = im.convert(mode) if mode else im.convert("RGB") if im.mode == "P" else im
    return np.asarray(im.convert("F") if flatten else im)


def imread(name: Any, flatten: bool = False, mode: str | None = None) -> np.ndarray:
    """An image file as an array of bytes."""
    with _pillow().open(name) as image:
        return fromimage(image, bool(flatten), mode)


def imsave(name: Any, arr: Any, format: str | None = None) -> None:
    """Write an array as an image file, its numbers spread over those that a byte has."""
    toimage(arr).save(name, format)


def imresize(arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> np.ndarray:
    """An image in another size: a percentage, a fraction, or (height, width); it becomes one of bytes."""
    image = toimage(arr) if mode is None else _pillow().fromarray(np.asarray(arr), mode)
    if isinstance(size, (int, np.integer)):
        size = size / 100.0
    if isinstance(size, (float, np.floating)):
        wanted = (int(image.width * size), int(image.height * size))
    else:
        wanted = (int(size[1]), int(size[0]))
    kinds = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "cubic": 3}
    return np.asarray(image.resize(wanted, resample=kinds[interp]))


def imrotate(arr: Any, angle: float, interp: str = "bilinear") -> np.ndarray:
    """An image turned by an angle in degrees, against the clock."""
    kinds = {"nearest": 0, "bilinear": 2, "bicubic": 3, "cubic": 3}
    return np.asarray(toimage(arr).rotate(angle, resample=kinds[interp]))


def imshow(arr: Any) -> None:
    """Show an image in a window."""
    toimage(arr).show()


def face(gray: bool = False) -> np.ndarray:
    """The picture of a racoon, which SciPy now fetches when it is asked for."""
    picture: np.ndarray = importlib.import_module("scipy.datasets").face(gray)
    return picture


# ---------------------------------------------------------------------- scikit-learn


def _splits(kind: str, data: Any, *more: Any, **options: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """The parts of data, as pairs of indices, which old programs go through."""
    if not options.get("shuffle", True):
        options.pop("random_state", None)
    splitter = getattr(importlib.import_module("sklearn.model_selection"), kind)(**options)
    return list(splitter.split(data, *more))


def KFold(n: int, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> Any:
    """Indices for training and testing: `n` samples in so many parts."""
    return _splits("KFold", np.zeros(n), n_splits=n_folds, shuffle=shuffle, random_state=random_state)


def StratifiedKFold(y: Any, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> Any:
    """Indices for training and testing, each class in every part as often as in all."""
    options = {"n_splits": n_folds, "shuffle": shuffle, "random_state": random_state}
    return _splits("StratifiedKFold", np.zeros(len(y)), y, **options)


def LabelKFold(labels: Any, n_folds: int = 3) -> Any:
    """Indices for training and testing, no label in two parts."""
    return _splits("GroupKFold", np.zeros(len(labels)), None, labels, n_splits=n_folds)


def LeaveOneOut(n: int) -> Any:
    """Indices for training and testing, one sample for testing each time."""
    return _splits("LeaveOneOut", np.zeros(n))


def LeaveOneLabelOut(labels: Any) -> Any:
    """Indices for training and testing, one label for testing each time."""
    return _splits("LeaveOneGroupOut", np.zeros(len(labels)), None, labels)


def ShuffleSplit(
    n: int, n_iter: int = 10, test_size: Any = 0.1, train_size: Any = None, random_state: Any = None
) -> Any:
    """Indices for training and testing, drawn so many times."""
    options = {"n_splits": n_iter, "test_size": test_size, "train_size": train_size, "random_state": random_state}
    return _splits("ShuffleSplit", np.zeros(n), **options)


def StratifiedShuffleSplit(
    y: Any, n_iter: int = 10, test_size: Any = 0.1, train_size: Any = None, random_state: Any = None
) -> Any:
    """Indices for training and testing, drawn so many times, each class as often as in all."""
    options = {"n_splits": n_iter, "test_size": test_size, "train_size": train_size, "random_state": random_state}
    return _splits("StratifiedShuffleSplit", np.zeros(len(y)), y, **options)


def Imputer(
    missing_values: Any = "NaN", strategy: str = "mean", axis: int = 0, verbose: int = 0, copy: bool = True
) -> Any:
    """What fills gaps in columns with their mean, median or most frequent value."""
    if axis != 0:
        raise ValueError("`Imputer(axis=1)` is no more: give `SimpleImputer` the transposed array.")
    missing = np.nan if isinstance(missing_values, str) and missing_values == "NaN" else missing_values
    return importlib.import_module("sklearn.impute").SimpleImputer(missing_values=missing, strategy=strategy, copy=copy)


def _dataset(name: str) -> Any:
    return importlib.import_module(f"tsuno.datasets.{name}")  # brings in what downloads


def _bunch(**parts: Any) -> Any:
    return importlib.import_module("sklearn.utils").Bunch(**parts)


def load_boston(return_X_y: bool = False) -> Any:
    """The prices of 506 houses, in the order of the first publication."""
    (x, y), _ = _dataset("boston_housing").load_data(test_split=0, seed=0)
    order = np.argsort(np.random.RandomState(0).permutation(len(x)))
    x, y = x[order], y[order]
    if return_X_y:
        return x, y
    names = ["CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT"]
    return _bunch(data=x, target=y, feature_names=np.array(names), DESCR=_dataset("boston_housing").__doc__)


def fetch_mldata(dataname: str, *args: Any, **options: Any) -> Any:
    """The handwritten digits, as mldata.org had them: 60,000 for training, then 10,000, each part sorted by digit."""
    if dataname.lower().replace("-", " ") not in ("mnist original", "mnist (original)"):
        raise ValueError(f"mldata.org, which had {dataname!r}, is no more; try `sklearn.datasets.fetch_openml`.")
    parts = [(x, y, np.argsort(y, kind="stable")) for x, y in _dataset("mnist").load_data()]
    data = np.concatenate([x[order].reshape(len(x), -1) for x, _, order in parts])
    target = np.concatenate([y[order] for _, y, order in parts]).astype("float64")
    return _bunch(data=data, target=target, COL_NAMES=["label", "data"], DESCR="mldata.org dataset: mnist-original")


# ---------------------------------------------------------------------- pandas, Matplotlib


def nothing(*args: Any, **options: Any) -> None:
    """Has no effect: drawings are always added to what is there."""


def append_rows(
    self: Any, other: Any, ignore_index: bool = False, verify_integrity: bool = False, **options: Any
) -> Any:
    """The rows, and below them those of others, of a dict or of a `Series`."""
    pandas = importlib.import_module("pandas")
    if isinstance(other, dict) or (isinstance(other, pandas.Series) and self.ndim == 2):
        other = pandas.DataFrame([other])
    parts = [self, *other] if isinstance(other, list) else [self, other]
    parts = [each for each in parts if len(each)] or parts[:1]
    return pandas.concat(parts, ignore_index=ignore_index, verify_integrity=verify_integrity)


def as_matrix(self: Any, columns: Any = None) -> np.ndarray:
    """The values as an array."""
    values: np.ndarray = self.values if columns is None else self[columns].values
    return values


class _Ix:
    """Rows and columns by their labels, or by their places where the labels are no numbers."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner

    def __getitem__(self, key: Any) -> Any:
        places = self._places(key)
        return self._owner.loc[key] if places is None else self._owner.iloc[places]

    def __setitem__(self, key: Any, value: Any) -> None:
        places = self._places(key)
        if places is None:
            self._owner.loc[key] = value
        else:
            self._owner.iloc[places] = value

    def _places(self, key: Any) -> Any:
        """The key in places, where a part of it is one; None where all of it is labels."""
        keys = key if isinstance(key, tuple) else (key,)
        found = [_in_places(each, axis) for each, axis in zip(keys, self._owner.axes, strict=False)]
        if not any(by_place for _, by_place in found):
            return None
        places = tuple(
            part if by_place else _labelled(axis, part)
            for (part, by_place), axis in zip(found, self._owner.axes, strict=False)
        )
        return places if isinstance(key, tuple) else places[0]


ix = property(_Ix, doc="Rows and columns by label or by place.")


def _in_places(key: Any, labels: Any) -> tuple[Any, bool]:
    """A key, and whether it is one of places: whole numbers where the labels are no numbers."""
    numbered = getattr(labels, "dtype", None) is not None and labels.dtype.kind in "iuf"
    if numbered:
        return key, False
    if isinstance(key, slice):
        parts = [each for each in (key.start, key.stop) if each is not None]
        return key, bool(parts) and all(isinstance(each, (int, np.integer)) for each in parts)
    first = key[0] if isinstance(key, (list, np.ndarray)) and len(key) else key
    return key, isinstance(first, (int, np.integer)) and not isinstance(first, (bool, np.bool_))


def _labelled(labels: Any, key: Any) -> Any:
    """The places of labels."""
    if isinstance(key, slice):
        return labels.slice_indexer(key.start, key.stop, key.step)
    if isinstance(key, (list, np.ndarray)):
        asked = np.asarray(key)
        return np.flatnonzero(asked) if asked.dtype == bool else labels.get_indexer(asked)
    return labels.get_loc(key)


def items(self: Any) -> Any:
    """Pairs of a label and a column, or an element."""
    return self.items()


def get_value(self: Any, index: Any, col: Any, takeable: bool = False) -> Any:
    """One value, by its row and column."""
    return self.iat[index, col] if takeable else self.at[index, col]


def set_value(self: Any, index: Any, col: Any, value: Any, takeable: bool = False) -> Any:
    """Set one value, by its row and column."""
    (self.iat if takeable else self.at)[index, col] = value
    return self


class Panel:
    """What pandas had for three axes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        raise NotImplementedError(
            "pandas has no `Panel` since 0.25: use a NumPy array, or a `DataFrame` with a MultiIndex."
        )


# ---------------------------------------------------------------------- Python 2


# What a program has pickled itself, perhaps under Python 2.
load = functools.partial(pickle.load, encoding="latin1")
loads = functools.partial(pickle.loads, encoding="latin1")


def cmp(x: Any, y: Any) -> int:
    """-1, 0 or 1: whether x is below y, equal or above."""
    return (x > y) - (x < y)


def execfile(filename: str, *scopes: Any) -> None:
    """Run a file where this is called."""
    frame: FrameType | None = inspect.currentframe()
    caller = frame.f_back if frame is not None else None
    where = scopes or ((caller.f_globals, caller.f_locals) if caller is not None else ({},))
    exec(compile(Path(filename).read_bytes(), filename, "exec"), *where)


def join_words(words: Any, sep: str = " ") -> str:
    """Words with something between them."""
    return sep.join(words)


_ArgSpec = namedtuple("_ArgSpec", "args varargs keywords defaults")


def getargspec(func: Callable[..., Any]) -> _ArgSpec:
    """The names and defaults of a function's arguments."""
    return _ArgSpec(*inspect.getfullargspec(func)[:4])


# six
string_types, integer_types, class_types = (str,), (int,), (type,)
PY2, PY3, PY34 = False, True, True


def iteritems(d: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """The pairs of a dict, one by one."""
    return iter(d.items())


def itervalues(d: Mapping[Any, Any]) -> Iterator[Any]:
    """The values of a dict, one by one."""
    return iter(d.values())


def iterkeys(d: Mapping[Any, Any]) -> Iterator[Any]:
    """The keys of a dict, one by one."""
    return iter(d)


def b(s: str) -> bytes:
    """A text as bytes."""
    return s.encode("latin-1")


def u(s: str) -> str:
    """A text."""
    return s


def with_metaclass(meta: type, *bases: type) -> Any:
    """A base for a class of a metaclass."""
    return meta("_", bases, {})


def add_metaclass(metaclass: type) -> Callable[[type], Any]:
    """A decorator for a class of a metaclass."""

    def wrapper(cls: type) -> Any:
        kept = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
        return metaclass(cls.__name__, cls.__bases__, kept)

    return wrapper


def raise_from(value: BaseException, from_value: BaseException | None) -> NoReturn:
    """Raise an error that comes of another."""
    raise value from from_value
