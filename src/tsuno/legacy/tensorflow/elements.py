"""Elements of `tf.data`: NumPy arrays in pipelines, tensors with values in the functions of a program."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import scope
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.strings import Text, is_text, text
from tsuno.legacy.tensorflow.types_of import TensorSpec


class Pipeline:
    """A dataset, which may be an element of another one."""

    element_spec: Any


END = object()
"""What is no element."""


def plain(x: Any) -> Any:
    """Tensors and numbers in a structure as NumPy arrays; lists of numbers as arrays."""
    if isinstance(x, Pipeline) or x is None:
        return x
    if isinstance(x, Mapping):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, tuple):
        items = [plain(item) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else tuple(items)
    if isinstance(x, (Text, str, bytes)):
        return text(x).numpy()
    if isinstance(x, (KerasTensor, Variable, np.ndarray, np.generic)) or engine.is_array(x):
        array = np.asarray(as_numpy(x) if not isinstance(x, np.generic | np.ndarray) else x)
    else:
        array = np.asarray(tree.map_structure(plain, x)) if isinstance(x, list) else np.asarray(x)
        array = array.astype({"f": "float32", "i": "int32"}.get(array.dtype.kind, array.dtype))
    return text(array).numpy() if is_text(array) else array


def wrapped(element: Any) -> Any:
    return tree.map_structure(_tensor_of, element)


def _tensor_of(x: Any) -> Any:
    if isinstance(x, Pipeline) or x is None:
        return x
    return text(x) if is_text(x) else modes.Tensor(engine.asarray(np.asarray(x)))


def shown(x: Any) -> Any:
    """A leaf as NumPy gives it: a number for an array without axes."""
    if isinstance(x, (Pipeline, bytes)):
        return x
    array = np.asarray(x)
    return array if array.ndim else array[()]


def parts_of(element: Any) -> tuple[Any, ...]:
    return element if type(element) is tuple else (element,)


def called(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """A function of the parts of an element, called at once with tensors whatever the mode is."""

    def call(parts: Any) -> Any:
        with scope(recording=modes.AtOnce()):
            return function(*(wrapped(part) for part in parts))

    return call


def as_kinds(element: Any, kinds: Any) -> Any:
    if kinds is None:
        return plain(element)
    if isinstance(element, list) and tree.is_nested(kinds):
        element = tuple(element)
    if not tree.is_nested(kinds):
        return plain(element) if str(kinds) == "string" else np.asarray(plain(element), str(kinds))
    if isinstance(kinds, Mapping):
        return {key: as_kinds(element[key], kind) for key, kind in kinds.items()}
    return tuple(as_kinds(part, kind) for part, kind in zip(element, kinds, strict=True))


def filled(structure: Any, found: Any) -> Any:
    waiting = iter(found)
    return tree.map_structure(lambda _: next(waiting), structure)


def for_each(settings: Any, element: Any, count: int) -> list[Any]:
    """A setting for each part of an element: shapes are lists or tuples of sizes, so that the element says where."""
    if settings is None:
        return [None] * count
    if isinstance(settings, Mapping):
        return [settings[key] for key in sorted(settings)]
    if not tree.is_nested(element):
        return [settings]
    return list(settings) if isinstance(settings, (tuple, list)) else [settings] * count


def groups(source: Any, size: int, whole: bool) -> Iterator[Any]:
    elements = iter(source)
    while group := list(itertools.islice(elements, size)):
        if len(group) == size or not whole:
            yield group


def spec_of(leaf: Any, in_batches: bool) -> Any:
    if isinstance(leaf, Pipeline):
        return leaf.element_spec
    array = np.asarray(leaf)
    shape = (None, *array.shape[1:]) if in_batches and array.ndim else array.shape
    return TensorSpec(shape, "string" if is_text(array) else array.dtype)
