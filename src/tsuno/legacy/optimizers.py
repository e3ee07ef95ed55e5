"""`keras.optimizers` of the past: optimizers under lower-case names, and those of TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno import ops, optimizers
from tsuno.core.registry import deserialize

adadelta, adagrad, adam, adamax = optimizers.Adadelta, optimizers.Adagrad, optimizers.Adam, optimizers.Adamax
nadam, rmsprop, sgd = optimizers.Nadam, optimizers.RMSprop, optimizers.SGD


def TFOptimizer(optimizer: Any, iterations: Any = None) -> Any:
    """The optimizer of Keras that one of `tf.train` is made of."""
    return getattr(optimizer, "rule", optimizer)


def clip_norm(g: Any, c: float, n: Any) -> Any:
    """A gradient, scaled to the norm `c` where its norm `n` is larger."""
    return ops.where(ops.greater_equal(n, c), g * c / n, g) if c > 0 else g


def optimizer_from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """An optimizer from the data of Keras 1 that described it."""
    if "config" in config:
        return deserialize(config, custom_objects)
    rest = {key: value for key, value in config.items() if key != "class_name"}
    return deserialize({"class_name": config["class_name"], "config": rest}, custom_objects)
