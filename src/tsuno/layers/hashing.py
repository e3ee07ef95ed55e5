"""Layers that give any text or integer one of a fixed number of bins, by hashing; there is nothing to learn or keep.

Integers are hashed as their decimal digits, as texts are; crossed ones as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.settings import floatx
from tsuno.core.spec import KerasTensor
from tsuno.core.validate import PositiveInt
from tsuno.engine import xp
from tsuno.layers import fingerprints_device
from tsuno.layers.features import IndexMode, OneHotMode, encode
from tsuno.layers.fingerprints import buckets, cross, each, fingerprint64
from tsuno.layers.fingerprints_device import MOST_BUCKETS
from tsuno.layers.parts import LayerOptions
from tsuno.layers.strings import TextLayer, holds_text

__all__ = ["HashedCrossing", "Hashing"]

_CROSSING_KEY = 0xDECAFCAFFE


class Hashing(TextLayer):
    """Strings or integers as the numbers of bins that they are hashed to.

    Args:
        num_bins: the number of bins.
        mask_value: a value that stands for "nothing"; it has bin 0 for itself.
        salt: one or two numbers that key the hash function, which is then SipHash; FarmHash by default.
        output_mode: `"int"`, or how to encode the numbers of bins: `"one_hot"`, `"multi_hot"`, `"count"`.
        sparse: whether results may be stored as sparse; they are dense in any case.
        **kwargs: the arguments of every layer, see `Layer`; `dtype` is that of the results.

    Example:
        >>> tsuno.layers.Hashing(num_bins=3)([["A"], ["B"], ["C"], ["D"], ["E"]]).tolist()
        [[1], [0], [1], [1], [2]]
        >>> tsuno.layers.Hashing(num_bins=3, salt=[133, 137])([["A"], ["B"], ["C"]]).tolist()
        [[1], [2], [1]]
    """

    def __init__(
        self,
        num_bins: PositiveInt,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: IndexMode = "int",
        sparse: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else floatx()
        super().__init__(**kwargs)
        if output_mode == "int" and self.dtype_policy.name not in ("int32", "int64"):
            raise invalid("Hashing.dtype", "'int32' or 'int64' where output_mode='int'", self.dtype_policy.name)
        if sparse and output_mode == "int":
            raise ValueError("`Hashing.sparse` is for encoded results; set `output_mode` to 'one_hot', for one.")
        self.num_bins, self.mask_value = num_bins, mask_value
        self.output_mode, self.sparse = output_mode, sparse
        self.salt = two_keys(salt, "Hashing.salt")
        self.strong_hash = salt is not None

    def call(self, inputs: Any) -> Any:
        return engine.asarray(encode(self._bins(inputs), self.output_mode, self.num_bins, self.compute_dtype))

    @property
    def runs_on_host(self) -> bool:
        return _reads_text(self)

    def _bins(self, values: Any) -> Any:
        on_device = engine.is_traced(values) and _fits_device(values, self.num_bins)
        values = values if on_device else np.asarray(self._host(values))
        count, masked = self.num_bins, None
        if self.mask_value is not None and count > 1:
            count, masked = count - 1, values == self.mask_value
        if on_device:
            found = fingerprints_device.buckets(values.astype("int32"), count, self.salt)
            return found if masked is None else xp.where(masked, 0, found + 1)
        found = buckets(_as_digits(values), count, self.salt, self.encoding)
        return found if masked is None else np.where(masked, 0, found + 1)

    def _convert(self, value: Any) -> Any:
        converted = value if isinstance(value, np.ndarray) and value.dtype.kind in "iub" else super()._convert(value)
        return np.asarray(converted) if isinstance(converted, (int, float)) else converted


class HashedCrossing(TextLayer):
    """Two or more columns as one: each combination of values is hashed to a bin.

    Args:
        num_bins: the number of bins.
        output_mode: `"int"`, or `"one_hot"` to encode the number of the bin.
        sparse: whether results may be stored as sparse; they are dense in any case.
        name: a name.
        dtype: the dtype of the results.

    Called with a list of columns, strings or integers, of shape (batch,) or (batch, 1), or single values.

    Example:
        >>> layer = tsuno.layers.HashedCrossing(num_bins=5)
        >>> layer((np.array(["A", "B", "A", "B", "A"]), np.array([101, 101, 101, 102, 102]))).tolist()
        [1, 4, 1, 1, 3]
    """

    def __init__(
        self,
        num_bins: PositiveInt,
        output_mode: OneHotMode = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype or ("int64" if output_mode == "int" else None), **kwargs)
        self.num_bins, self.output_mode, self.sparse = num_bins, output_mode, sparse

    @property
    def runs_on_host(self) -> bool:
        return _reads_text(self)

    def _convert(self, value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return super()._convert(value)
        return [super(HashedCrossing, self)._convert(_column(item)) for item in value]

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        self._check([*args, *kwargs.values()][0])
        return super().compute_output_spec(*args, **kwargs)

    def call(self, inputs: Any) -> Any:
        self._check(inputs)
        if any(map(engine.is_traced, inputs)) and all(_fits_device(x, self.num_bins) for x in inputs):
            found = fingerprints_device.crossed([xp.asarray(x) for x in inputs], _CROSSING_KEY, self.num_bins)
            return encode(found, self.output_mode, self.num_bins, self.compute_dtype)
        fingerprints = np.full(np.shape(inputs[0]), _CROSSING_KEY, "uint64")
        for column in inputs:
            fingerprints = cross(fingerprints, self._fingerprints(self._host(column)))
        found = (fingerprints % np.uint64(self.num_bins)).astype("int64")
        return engine.asarray(encode(found, self.output_mode, self.num_bins, self.compute_dtype))

    def _fingerprints(self, column: np.ndarray) -> np.ndarray:
        if column.dtype.kind in "iu":
            return column.astype("int64").view("uint64")
        return each(lambda text: fingerprint64(text.encode(self.encoding)), column, "uint64")

    def _check(self, inputs: Any) -> None:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise invalid(f"{self.path}.inputs", "a list of two columns or more", inputs)
        shapes = [tuple(x.shape) for x in inputs]
        if len(shapes[0]) > 2 or (len(shapes[0]) == 2 and shapes[0][1] != 1) or len(set(shapes)) > 1:
            raise ValueError(
                f"The inputs of `{self.path}` must all have one shape, (), (batch,) or (batch, 1); got "
                f"{' and '.join(map(str, shapes))}."
            )
        for x in inputs:
            if str(x.dtype) not in ("object", "string") and "int" not in str(x.dtype):
                raise invalid(f"{self.path}.inputs", "columns of strings or integers", x)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("trainable")
        return config | {"dtype": self.dtype}


def _reads_text(layer: Any) -> bool:
    """Whether a layer is called in a graph on what must be hashed on the host, or may be in one to come."""
    inputs = [x for node in layer._inbound_nodes for x in node.inputs]
    return not inputs or not all(_fits_device(x, layer.num_bins) for x in inputs)


def _fits_device(x: Any, count: int) -> bool:
    """Whether integers can be hashed in a compiled program."""
    return str(x.dtype) in ("int8", "int16", "int32", "uint8", "uint16") and count < MOST_BUCKETS


def two_keys(salt: Any, where: str) -> list[int] | None:
    """The two numbers that key SipHash, from one or two given."""
    if salt is None or (isinstance(salt, int) and not isinstance(salt, bool)):
        return None if salt is None else [salt, salt]
    if isinstance(salt, Sequence) and len(salt) == 2 and all(isinstance(key, int) for key in salt):
        return list(salt)
    raise invalid(where, "an integer, or a list of two", salt)


def _as_digits(values: np.ndarray) -> np.ndarray:
    """Integers as texts; floats count as the integers below them."""
    if values.dtype.kind == "O":
        return values
    if values.dtype.kind not in "iuf":
        raise invalid("Hashing.inputs", "strings or integers", values)
    return values.astype("int64").astype(str).astype(object)


def _column(value: Any) -> Any:
    if isinstance(value, KerasTensor) or holds_text(value) or hasattr(value, "shape"):
        return value
    return np.asarray(value)
