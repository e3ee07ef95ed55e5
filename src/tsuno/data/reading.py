"""Anything array-like as host arrays: recognised by what it offers, so that no library is imported for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import describe
from tsuno.core.settings import floatx

Tree = Any


def library(value: Any) -> str:
    """The library that a value's class comes from, such as `torch`; the first above NumPy and plain Python."""
    for cls in type(value).__mro__:
        root = cls.__module__.partition(".")[0]
        if root in _LIBRARIES:
            return root
    return ""


_LIBRARIES = {"torch", "torchdata", "tensorflow", "grain", "datasets", "pandas", "polars", "scipy", "h5py"}


def as_arrays(structure: Tree, what: str, keep: Callable[[Any], bool] | None = None) -> Tree:
    """Host arrays of dtypes that the engine computes in, from anything array-like; None stays.

    Args:
        structure: an array, a data frame, a sparse matrix, a list of numbers; or a list, tuple or dict of such.
        what: what an error message calls it.
        keep: says which arrays are left as they are.

    Raises:
        ValueError: something is no array of numbers; `what` names it.
    """
    if structure is None or (keep is not None and keep(structure)):
        return structure
    if isinstance(structure, Mapping):
        return {key: as_arrays(value, f"{what}[{key!r}]", keep) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)) and _is_structure(structure):
        parts = [as_arrays(value, f"{what}[{place}]", keep) for place, value in enumerate(structure)]
        return parts if isinstance(structure, list) else tuple(parts)
    try:
        array = np.asarray(_as_array(structure, what))
    except (ValueError, TypeError) as problem:
        if str(problem).startswith("`"):
            raise
        raise ValueError(
            f"`{what}` must be an array of numbers; got {describe(structure)}, whose rows have different lengths. "
            f"Pad them to "
            "one length first."
        ) from None
    if array.dtype == object or array.dtype.kind in "SUT":
        array = _numbers(array, what)
    if array.ndim == 0:
        raise ValueError(
            f"`{what}` must be an array with one row per sample; got {describe(structure)}. A dataset must give "
            "batches: see its method `batch`."
        )
    if array.dtype.kind == "c":
        raise ValueError(
            f"`{what}` must hold real numbers; got dtype {array.dtype}. Pass real and imaginary parts apart."
        )
    if array.dtype.kind == "M" or array.dtype.kind == "m":
        raise ValueError(f"`{what}` must hold numbers; got dtype {array.dtype}. Turn dates into numbers first.")
    if array.dtype == np.float64 and floatx() != "float64":
        try:
            with np.errstate(over="raise"):
                array = array.astype(numpy_dtype(floatx()))
        except FloatingPointError:
            largest = array.flat[int(np.nanargmax(np.where(np.isinf(array), 0, np.abs(array))))]
            raise ValueError(
                f"`{what}` must hold numbers within the range of {floatx()}; got {largest:g}. Scale the data, or call "
                "tsuno.config.set_floatx('float64')."
            ) from None
    elif array.dtype in (np.int64, np.uint64) and floatx() != "float64":
        array = array.astype(np.int32 if array.dtype == np.int64 else np.uint32)
    return array


def is_frame(value: Any) -> bool:
    """Whether something is a data frame, of pandas or of polars."""
    return hasattr(value, "columns") and (hasattr(value, "to_numpy") or hasattr(value, "collect"))


def columns(frame: Any, names: Any = None) -> dict[str, Any]:
    """The columns of a data frame by name."""
    frame = frame.collect() if hasattr(frame, "collect") else frame
    return {name: frame[name] for name in (frame.columns if names is None else names)}


def is_sparse(value: Any) -> bool:
    """Whether something is a sparse matrix."""
    return hasattr(value, "todense") and hasattr(value, "shape")


def check_lengths(parts: dict[str, Tree]) -> int:
    """The common number of rows of all arrays; raises one sentence if there is none."""
    lengths: dict[str, int] = {}
    for name, structure in parts.items():
        for place, leaf in enumerate(engine.tree.leaves(structure)):
            lengths[name if place == 0 else f"{name}[{place}]"] = leaf.shape[0]
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise ValueError(f"All arrays must have the same number of samples; got {shown}.")
    length = next(iter(lengths.values()))
    if length == 0:
        raise ValueError(f"`{next(iter(lengths))}` has no samples: its shape begins with 0.")
    return length


def check_finite(structure: Tree, what: str) -> None:
    """Raise one sentence if NaN or infinity is among the numbers."""
    for place, leaf in enumerate(engine.tree.leaves(structure)):
        if leaf.dtype.kind == "f" and not _sums_up(leaf) and not np.isfinite(leaf).all():
            rows = np.flatnonzero(~np.isfinite(leaf.reshape(len(leaf), -1)).all(axis=1))
            kind = "NaN" if np.isnan(leaf[rows[0]]).any() else "an infinite value"
            name = what if place == 0 else f"{what}[{place}]"
            raise ValueError(
                f"`{name}` must hold finite numbers; got {kind} in {len(rows)} of {len(leaf)} samples, first in "
                f"sample {rows[0]}. "
                "Drop those samples, or fill them in, for example with np.nan_to_num."
            )


def _sums_up(array: np.ndarray) -> bool:
    """Whether the sum of numbers is finite, and so each of them: one pass that writes nothing."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(array.sum()))


def _is_structure(value: Any) -> bool:
    """Whether a list is one of several arrays, rather than rows of numbers."""
    arrays = [item for item in value if item is not None and not isinstance(item, Mapping) and not is_frame(item)]
    some = bool(value) and all(hasattr(item, "shape") for item in arrays)
    return some and (len(arrays) < len(value) or any(len(item.shape) > 0 for item in arrays))


def _as_array(value: Any, what: str) -> Any:
    """What NumPy understands, of what it does not understand by itself."""
    if library(value) == "torch" and hasattr(value, "detach"):
        return _torch_array(value)
    if is_frame(value):
        return _frame_array(value, what)
    if hasattr(value, "to_numpy") and hasattr(value, "dtype"):
        return _column_array(value, what)
    if is_sparse(value):
        return value.todense()
    if hasattr(value, "flat_values") and hasattr(value, "to_tensor"):
        raise ValueError(f"`{what}` is ragged: its rows have different lengths. Pad them first, with `.to_tensor()`.")
    return value


def _torch_array(tensor: Any) -> Any:
    tensor = tensor.detach().cpu()
    tensor = tensor.to_dense() if str(tensor.layout) != "torch.strided" else tensor
    return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()


def _frame_array(frame: Any, what: str) -> np.ndarray:
    parts = columns(frame)
    if not parts:
        raise ValueError(f"`{what}` must be an array of numbers; got a data frame without columns.")
    kinds = {str(column.dtype) for column in parts.values()}
    if len(kinds) == 1 and hasattr(frame, "to_numpy"):
        array = np.asarray(frame.to_numpy())
        if array.dtype.kind in "biuf":
            return array
    arrays = [as_arrays(column, f"{what}[{name!r}]") for name, column in parts.items()]
    wide = next((name for name, array in zip(parts, arrays, strict=True) if array.ndim > 1), None)
    if wide is not None:
        raise ValueError(
            f"`{what}` must be a table of numbers; each value of its column {wide!r} is an array. Pass a dict of "
            "columns."
        )
    return np.stack(arrays, axis=1).astype(np.result_type(*arrays), copy=False)


def _column_array(column: Any, what: str) -> Any:
    """A column of a data frame: numbers and bools; missing ones are NaN."""
    name = str(column.dtype)
    if getattr(column.dtype, "kind", "O") not in "OSUVTMm":
        array = column.to_numpy()
        return column.to_numpy(dtype="float64", na_value=np.nan) if array.dtype == object else array
    if hasattr(column.dtype, "is_numeric"):  # polars
        array = column.to_numpy()
        if array.dtype == object and (column.dtype.is_numeric() or name == "Boolean"):
            array = column.cast(float).to_numpy()
        if array.dtype.kind in "biuf" and name not in ("Categorical", "Enum"):
            return array
        if name.startswith(("List", "Array")):
            return _numbers(array, what)
    elif name == "object":
        return _numbers(column.to_numpy(), what)
    raise ValueError(
        f"`{what}` must hold numbers; got a column of dtype {name}. Turn categories into integers or one-hot columns "
        "first (as `pandas.get_dummies` does), dates into numbers; or use a `FeatureSpace`."
    )


def _numbers(array: np.ndarray, what: str) -> np.ndarray:
    if array.dtype == object:
        try:
            if all(isinstance(item, (int, float, bool, np.number, np.bool_)) for item in array.ravel()):
                return array.astype(np.float64)
            if array.ndim == 1 and all(isinstance(item, (list, np.ndarray)) for item in array):
                joined = np.stack([np.asarray(item) for item in array])
                if joined.dtype.kind in "biuf":
                    return joined
        except (TypeError, ValueError):
            pass
    example = next((item for item in array.ravel() if not isinstance(item, (int, float, np.number))), None)
    if isinstance(example, (list, np.ndarray)):
        raise ValueError(
            f"`{what}` must be an array of numbers; its rows have different lengths, or hold no numbers. Pad them to "
            "one length first."
        )
    raise ValueError(
        f"`{what}` must hold numbers; got an array of dtype {array.dtype}, with values such as {describe(example)}. "
        "For text, begin the model with Input(shape, dtype='string') and a layer that reads it, such as "
        "TextVectorization; pad rows of different lengths to one array."
    )
