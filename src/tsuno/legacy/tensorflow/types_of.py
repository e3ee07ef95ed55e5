"""`tf.types`, and descriptions of tensors: `tf.TensorSpec`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno.legacy.shapes import TensorShape
from tsuno.legacy.tensorflow.dtypes_of import DType, as_dtype


class TensorSpec:
    """The shape and dtype of tensors.

    Args:
        shape: the sizes, None where any; None for any number of axes.
        dtype: the dtype.
        name: a name.
    """

    def __init__(self, shape: Any = None, dtype: Any = "float32", name: Any = None) -> None:
        self.shape = None if shape is None else TensorShape(shape if np.iterable(shape) else (shape,))
        self.dtype: DType = as_dtype(dtype)
        self.name = name

    @classmethod
    def from_tensor(cls, tensor: Any, name: Any = None) -> TensorSpec:
        """The description of a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    from_spec = from_tensor

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Whether something has this dtype, and a shape that fits."""
        theirs = tuple(spec_or_tensor.shape)
        own = self.shape
        fits = own is None or (
            len(own) == len(theirs)
            and all(None in pair or pair[0] == pair[1] for pair in zip(own, theirs, strict=True))
        )
        return bool(fits and self.dtype == spec_or_tensor.dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        shape = "<unknown>" if self.shape is None else str(tuple(self.shape.as_list()))
        return f"TensorSpec(shape={shape}, dtype={self.dtype!r}, name={self.name!r})"


TensorLike = Any
"""Anything that can become a tensor."""
