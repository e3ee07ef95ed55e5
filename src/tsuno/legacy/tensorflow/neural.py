"""`tf.nn`."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.legacy.tensorflow.words import row

FUNCTIONS: dict[str, Any] = {"sigmoid": row(ops.sigmoid, "x"), "relu": row(ops.relu, "features:x")}
