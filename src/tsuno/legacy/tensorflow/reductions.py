"""`tf.reduce_sum` and the like."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.legacy.tensorflow.words import row

_OLDS = {"reduction_indices": "axis", "keep_dims": "keepdims"}

FUNCTIONS: dict[str, Any] = {
    f"reduce_{name}": row(getattr(ops, target), "input_tensor:x axis=None keepdims=False", **_OLDS)
    for name, target in (
        ("sum", "sum"), ("mean", "mean"), ("max", "max"), ("min", "min"), ("prod", "prod"), ("any", "any"),
        ("all", "all"), ("logsumexp", "logsumexp"), ("std", "std"), ("variance", "var"),
    )
}  # fmt: skip
