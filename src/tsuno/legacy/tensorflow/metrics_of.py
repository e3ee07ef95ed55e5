"""`tf.metrics`: classes of metrics, and TensorFlow 1's pairs of a running value and an operation that updates it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno import metrics
from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy.tensorflow import collections_of, modes
from tsuno.legacy.tensorflow.calls import whole
from tsuno.legacy.tensorflow.collections_of import GraphKeys
from tsuno.legacy.tensorflow.variables import Variable, _made


def _kept(name: str) -> Variable:
    made = Variable(np.float32(0), trainable=False, name=name)
    _made.remove(made)
    collections_of.add_to_collection(GraphKeys.LOCAL_VARIABLES, made)
    return made


def mean(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: Any = None
) -> tuple[Any, Any]:
    """The mean so far, and an operation that takes more values in."""
    modes.set_graph_mode(True)
    total, count = _kept("total"), _kept("count")
    sums = _sums(values, 1.0 if weights is None else weights)
    more = total.assign_add(sums[0]), count.assign_add(sums[1])
    return _quotient(total, count), _quotient(*more)


@whole
def _sums(values: Tensor, weights: Tensor) -> Any:
    values = xp.asarray(values).astype("float32")
    spread = xp.broadcast_to(xp.asarray(weights, "float32"), values.shape)
    return xp.sum(values * spread), xp.sum(spread)


@whole
def _quotient(total: Tensor, count: Tensor) -> Any:
    return xp.where(xp.asarray(count) == 0, 0.0, total / xp.maximum(count, 1e-30))


def accuracy(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:  # fmt: skip
    """The part of the predictions so far that equal their labels, and an operation that takes more of them in."""
    return mean(_equal(labels, predictions), weights)


@whole
def _equal(labels: Tensor, predictions: Tensor) -> Any:
    labels, predictions = xp.asarray(labels), xp.asarray(predictions)
    labels = labels.reshape(predictions.shape) if labels.size == predictions.size else labels
    return (labels == predictions.astype(labels.dtype)).astype("float32")


def mean_squared_error(labels: Any, predictions: Any, weights: Any = None, **options: Any) -> tuple[Any, Any]:
    """The mean of the squared differences so far, and an operation that takes more of them in."""
    return mean((predictions - labels) ** 2, weights)


FUNCTIONS: dict[str, Any] = {name: found for name, found in vars(metrics).items() if isinstance(found, type)}
