"""Layers that read or write text: strings are no numbers, so such a layer computes on the host, with NumPy.

Text may come as Python strings, lists of them, NumPy arrays of strings, bytes or objects, pandas Series and DataFrames.
Inside it has one form: a NumPy array of Python's `str` objects. In a graph text is a symbolic tensor of dtype
`"string"`. What a layer would return for one is found as everywhere else: by running it on stand-ins, two for an
unknown size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from tsuno import engine
from tsuno.core import tree
from tsuno.core.errors import describe
from tsuno.core.op import as_numpy
from tsuno.core.settings import is_unsafe_deserialization_enabled
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.layers.base import Layer

_PROBES = (2, 3)


class TextLayer(Layer):
    """Base of layers that read or write text."""

    encoding = "utf-8"
    _probing = False

    @property
    def runs_on_host(self) -> bool:
        """Whether `call` needs values on the host, so that it cannot be part of a compiled program."""
        return True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*(_boxed(x) for x in args), **{name: _boxed(x) for name, x in kwargs.items()})

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        if isinstance(config.get("vocabulary"), str) and not is_unsafe_deserialization_enabled():
            raise ValueError(
                f"The configuration of {cls.__name__} names a file for its vocabulary, {config['vocabulary']!r}; files "
                "that a configuration names are not opened. If you trust it, call "
                "`tsuno.config.enable_unsafe_deserialization()` first."
            )
        return super().from_config(config)

    def _convert(self, value: Any) -> Any:
        return as_text(value, self.encoding, self.path) if holds_text(value) else super()._convert(value)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        leaves = tree.flatten((args, kwargs))
        unknown = any(None in leaf.shape for leaf in leaves if isinstance(leaf, KerasTensor))

        def run(probe: int, inner: int) -> Any:
            filled = [_stand_in(leaf, probe, inner) if isinstance(leaf, KerasTensor) else leaf for leaf in leaves]
            inner_args, inner_kwargs = tree.pack_sequence_as((args, kwargs), filled)
            return self._run(*inner_args, **inner_kwargs)

        self._probing = True
        try:
            try:
                first, second = (run(probe, probe) for probe in _PROBES)
            except ValueError:
                if not unknown:
                    raise
                first, second = (run(probe, 1) for probe in _PROBES)
        finally:
            self._probing = False
        return tree.map_structure(_symbol, first, second)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        shapes = [*args, *kwargs.values()]
        symbols = tree.map_shape_structure(lambda shape: KerasTensor(shape, self._reads), shapes)
        return tree.map_structure(lambda symbol: symbol.shape, self.compute_output_spec(*symbols))

    _reads = "string"
    """The dtype that shapes alone are taken to be of."""

    def _host(self, x: Any) -> np.ndarray:
        """The values of an array on the host."""
        if engine.is_traced(x):
            raise ValueError(
                f"`{self.path}` ({type(self).__name__}) reads its values on the host and cannot be part of a compiled "
                "function. Call it outside, on the data, or put it at the start of the model."
            )
        return x if isinstance(x, np.ndarray) else as_numpy(x)


def runs_on_host(operation: Any) -> bool:
    """Whether a layer, or one inside it, needs its values on the host."""
    return bool(getattr(operation, "runs_on_host", False))


def holds_text(value: Any) -> bool:
    """Whether the first value within something array-like is a string."""
    if isinstance(value, (KerasTensor, Variable)) or engine.is_array(value):
        return False
    if isinstance(value, (list, tuple)):
        return bool(value) and not _keeps_parts(value) and holds_text(value[0])
    if hasattr(value, "dtype") or hasattr(value, "to_numpy"):
        array = np.asarray(value)
        return array.dtype.kind in "UST" or (array.dtype.kind == "O" and isinstance(next(array.flat, ""), (str, bytes)))
    return isinstance(value, (str, bytes))


def as_text(value: Any, encoding: str = "utf-8", where: str = "text") -> np.ndarray:
    """Anything that holds strings as a NumPy array of `str` objects.

    Raises:
        ValueError: lists of different lengths, or a value that is no string, such as a missing one.

    Example:
        >>> from tsuno.layers.strings import as_text
        >>> as_text([b"a", "b"])
        array(['a', 'b'], dtype=object)
    """
    array = np.asarray(value, dtype=None if hasattr(value, "dtype") else object)
    if array.dtype.kind == "S":
        array = np.char.decode(array, encoding)
    array = array.astype(object)
    kinds = set(map(type, array.flat)) - {str}
    if bytes in kinds:
        flat = [item.decode(encoding) if isinstance(item, bytes) else item for item in array.flat]
        array = as_objects(flat, array.shape)
    wrong = next((item for item in array.flat if not isinstance(item, str)), None) if kinds - {bytes} else ""
    if isinstance(wrong, (list, tuple)):
        raise ValueError(f"`{where}` must be given lists of equal lengths; got one with {describe(wrong)} in it.")
    if not isinstance(wrong, str):
        raise ValueError(
            f"`{where}` must be given strings; got {describe(wrong)} among them. Convert it first, or fill in what is "
            "missing, for example with the empty string."
        )
    return array


def as_objects(flat: list[Any], shape: tuple[int, ...]) -> np.ndarray:
    """A list as a NumPy array of objects of a shape."""
    array = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(shape)


def _keeps_parts(value: Any) -> bool:
    """Whether a list holds arrays, which stay apart from each other."""
    return any(hasattr(item, "shape") and not isinstance(item, (str, bytes)) for item in value)


def _boxed(x: Any) -> Any:
    """A lone string as an array without axes."""
    return np.array(x, object) if isinstance(x, (str, bytes)) else x


def _stand_in(tensor: KerasTensor, probe: int, inner: int) -> np.ndarray:
    """Values for a symbolic tensor; texts of as many words as the probe says."""
    sizes = [(inner if axis else probe) if size is None else size for axis, size in enumerate(tensor.shape)]
    if tensor.dtype == "string":
        return np.full(sizes, " ".join("a" * probe), object)
    return np.zeros(sizes, tensor.dtype)


def _symbol(a: Any, b: Any) -> KerasTensor:
    sizes = [m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)]
    return KerasTensor(sizes, "string" if a.dtype.kind in "OU" else str(a.dtype))


def batches(data: Any, steps: int | None = None, lists: bool = True) -> Iterator[Any] | None:
    """The batches of a stream of them, None where `data` is an array.

    Args:
        data: an array, or a generator, a dataset or another iterable of batches, or a `PyDataset`.
        steps: how many batches to take at most.
        lists: whether a list is an array, not a list of batches.
    """
    if hasattr(data, "__array__") or isinstance(data, (str, bytes)) or (lists and isinstance(data, (list, tuple))):
        return None
    if hasattr(data, "__getitem__") and hasattr(data, "on_epoch_end"):
        count = getattr(data, "num_batches", None) or len(data)
        return (data[index] for index in range(count if steps is None else min(steps, count)))
    return iter(data) if steps is None else (batch for _, batch in zip(range(steps), data, strict=False))
