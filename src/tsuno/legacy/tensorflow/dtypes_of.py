"""`tf.float32` and the like: names of dtypes that know what they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno.core.dtypes import numpy_dtype, standardize_dtype

_Truth = bool


class DType(str):
    """A dtype: its name, equal to NumPy's dtype of that name."""

    @property
    def name(self) -> str:
        """The name."""
        return str(self)

    @property
    def as_numpy_dtype(self) -> Any:
        """NumPy's type of the numbers."""
        return object if self == "string" else numpy_dtype(str(self)).type

    @property
    def base_dtype(self) -> DType:
        """The dtype."""
        return self

    real_dtype = base_dtype

    @property
    def is_floating(self) -> _Truth:
        """Whether the numbers are real."""
        return "float" in self

    @property
    def is_integer(self) -> _Truth:
        """Whether the numbers are whole."""
        return "int" in self

    @property
    def is_bool(self) -> _Truth:
        """Whether these are truth values."""
        return self == "bool"

    @property
    def is_complex(self) -> _Truth:
        """Whether the numbers are complex."""
        return "complex" in self

    @property
    def is_unsigned(self) -> _Truth:
        """Whether the numbers are whole and never negative."""
        return str(self).startswith("uint")

    @property
    def is_numpy_compatible(self) -> _Truth:
        """Whether NumPy has it."""
        return True

    @property
    def as_datatype_enum(self) -> int:
        """The number that files have for it."""
        return _NUMBERS.split().index(str(self))

    @property
    def size(self) -> int:
        """Bytes of a number."""
        return int(numpy_dtype(str(self)).itemsize)

    itemsize = size

    @property
    def kind(self) -> str:
        """NumPy's letter for the kind of number."""
        return numpy_dtype(str(self)).kind

    @property
    def min(self) -> Any:
        """The least number."""
        return self._limits("min")

    @property
    def max(self) -> Any:
        """The largest number."""
        return self._limits("max")

    @property
    def limits(self) -> tuple[Any, Any]:
        """The least number that is not negative as a rule, and the largest."""
        return (0 if self.is_integer or self.is_floating else self.min), self.max

    def _limits(self, which: str) -> Any:
        if self.is_bool:
            return which == "max"
        if self.is_integer:
            return getattr(np.iinfo(self.as_numpy_dtype), which)
        if self == "bfloat16":
            import ml_dtypes

            return getattr(ml_dtypes.finfo("bfloat16"), which)
        return getattr(np.finfo(self.as_numpy_dtype), which)

    def is_compatible_with(self, other: Any) -> _Truth:
        """Whether another dtype is this one."""
        return self == other

    def __eq__(self, other: object) -> _Truth:
        if isinstance(other, str):
            return str.__eq__(self, other)
        try:
            return str.__eq__(self, standardize_dtype(other)) if other is not None else False
        except (TypeError, ValueError):
            return False

    def __ne__(self, other: object) -> _Truth:
        return not self == other

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return str.__str__(self)

    def __repr__(self) -> str:
        return f"tf.{str.__str__(self)}"


def as_dtype(type_value: Any) -> DType:
    """A dtype given as a name, NumPy's dtype or a Python type.

    Args:
        type_value: what stands for the dtype.
    """
    name = str(type_value).removesuffix("_ref") if isinstance(type_value, str) else type_value
    return DType(standardize_dtype(_SHORT.get(name, name) if isinstance(name, str) else name))


AS_THEY_ARE = {"as_dtype"}
_SHORT = {"float": "float32", "double": "float64", "half": "float16", "int": "int32", "str": "string"}
_NUMBERS = (
    "invalid float32 float64 int32 uint8 int16 int8 string complex64 int64 bool qint8 quint8 qint32 bfloat16 qint16 "
    "quint16 uint16 complex128 float16"
)

float16, float32, float64 = DType("float16"), DType("float32"), DType("float64")
half, double = float16, float64
bfloat16 = DType("bfloat16")
int8, int16, int32, int64 = (DType(name) for name in ("int8", "int16", "int32", "int64"))
uint8, uint16, uint32, uint64 = (DType(name) for name in ("uint8", "uint16", "uint32", "uint64"))
complex64, complex128 = DType("complex64"), DType("complex128")
string, bool = DType("string"), DType("bool")
