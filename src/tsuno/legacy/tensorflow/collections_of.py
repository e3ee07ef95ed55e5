"""What programs of TensorFlow 1 collect by name as they go: losses, updates, summaries, and things of their own."""

from __future__ import annotations

import re
from typing import Any

from tsuno.core import naming
from tsuno.legacy.tensorflow import modes, variables

_held: dict[Any, list[Any]] = {}
_counts: list[tuple[Any, dict[str, int]]] = []


class GraphKeys:
    """The names of collections."""

    GLOBAL_VARIABLES = VARIABLES = "variables"
    LOCAL_VARIABLES = "local_variables"
    METRIC_VARIABLES = "metric_variables"
    MODEL_VARIABLES = "model_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    REGULARIZATION_LOSSES = "regularization_losses"
    LOSSES = "losses"
    UPDATE_OPS = "update_ops"
    SUMMARIES = "summaries"
    SUMMARY_OP = "summary_op"
    TRAIN_OP = "train_op"
    GLOBAL_STEP = "global_step"
    INIT_OP = "init_op"
    LOCAL_INIT_OP = "local_init_op"
    SAVERS = "savers"
    BIASES = "biases"
    WEIGHTS = "weights"
    ACTIVATIONS = "activations"
    QUEUE_RUNNERS = "queue_runners"
    TABLE_INITIALIZERS = "table_initializer"
    ASSET_FILEPATHS = "asset_filepaths"


def add_to_collection(name: Any, value: Any) -> None:
    """Add a thing to a collection."""
    _held.setdefault(name, []).append(value)


def add_to_collections(names: Any, value: Any) -> None:
    """Add a thing to several collections."""
    for name in [names] if isinstance(names, str) else names or ():
        add_to_collection(name, value)


def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """What is in a collection, as a list of its own; of a scope, if one is named."""
    found = list(_held.get(key, ()))
    if key == GraphKeys.GLOBAL_VARIABLES:
        found = variables.global_variables()
    elif key == GraphKeys.TRAINABLE_VARIABLES:
        found = variables.trainable_variables()
    elif key == GraphKeys.REGULARIZATION_LOSSES:
        found += [v.regularizer(v) for v in variables.global_variables() if v.regularizer is not None]
    elif key == GraphKeys.GLOBAL_STEP:
        found = [v for v in variables.global_variables() if v.path.rpartition("/")[2] == "global_step"]
    if scope is None:
        return found
    return [x for x in found if re.match(scope, str(getattr(x, "path", None) or getattr(x, "name", "")))]


def get_collection_ref(key: Any) -> list[Any]:
    """A collection itself."""
    return _held.setdefault(key, [])


def default_name(kind: str) -> str:
    """The name of a layer that was given none: `dense`, `dense_1`, … anew in each scope that is entered."""
    here = variables._scopes[-1] if variables._scopes else None
    counts = next((found for scope, found in _counts if scope is here), None)
    if counts is None:
        _counts.append((here, counts := {}))
    counts[kind] = counts.get(kind, -1) + 1
    return f"{kind}_{counts[kind]}" if counts[kind] else kind


def reset_default_graph() -> None:
    """Begin anew: forget variables, collections and names."""
    modes.set_graph_mode(True)
    variables.forget()
    _held.clear()
    _counts.clear()
    naming.reset_names()
