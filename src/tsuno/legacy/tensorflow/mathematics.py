"""`tf` and `tf.math`: functions of each element."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.legacy.tensorflow.words import row

_UNARY = (
    "abs exp expm1 log log1p sqrt rsqrt square sin cos tan asin:arcsin acos:arccos atan:arctan sinh cosh tanh "
    "asinh:arcsinh acosh:arccosh atanh:arctanh sigmoid sign negative ceil floor round erf reciprocal is_nan:isnan "
    "is_inf:isinf is_finite:isfinite softplus softsign logical_not conj real imag angle lgamma:_ digamma:_"
)
_BINARY = (
    "add subtract multiply divide truediv:true_divide maximum minimum pow:power equal not_equal greater greater_equal "
    "less less_equal logical_and logical_or logical_xor floordiv:floor_divide mod floormod:mod atan2:arctan2"
)


def _rows(names: str, words: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names.split():
        outer, _, target = name.partition(":")
        if hasattr(ops, target or outer):
            found[outer] = row(getattr(ops, target or outer), words)
    return found


FUNCTIONS: dict[str, Any] = {
    **_rows(_UNARY, "x"),
    **_rows(_BINARY, "x:x1 y:x2"),
    "matmul": row(ops.matmul, "a:x1 b:x2"),
    "clip_by_value": row(ops.clip, "t:x clip_value_min:x_min clip_value_max:x_max"),
    "mul": row(ops.multiply, "x:x1 y:x2"),
    "sub": row(ops.subtract, "x:x1 y:x2"),
    "div": row(ops.divide, "x:x1 y:x2"),
    "neg": row(ops.negative, "x"),
}
