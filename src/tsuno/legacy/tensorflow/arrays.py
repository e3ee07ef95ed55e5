"""`tf`: making tensors, and changing their shapes and dtypes."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.legacy.tensorflow.words import row


def _cast_to(dtype: str) -> Any:
    return lambda x: ops.cast(x, dtype)


FUNCTIONS: dict[str, Any] = {
    "zeros": row(ops.zeros, "shape dtype='float32'"),
    "ones": row(ops.ones, "shape dtype='float32'"),
    "cast": row(ops.cast, "x dtype"),
    "to_float": row(_cast_to("float32"), "x"),
    "constant": row(ops.convert_to_tensor, "value:x dtype=None"),
}
