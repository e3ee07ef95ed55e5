"""`tf.optimizers`: the optimizers of Tsuno."""

from __future__ import annotations

from typing import Any

from tsuno import optimizers

FUNCTIONS: dict[str, Any] = {
    **{name: found for name, found in vars(optimizers).items() if isinstance(found, type)},
    "get": optimizers.get,
    "schedules": optimizers.schedules,
    "legacy": optimizers.legacy,
}
