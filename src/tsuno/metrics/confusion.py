"""Counts of right and wrong yes-or-no decisions at thresholds, and rates of them.

>>> from tsuno.metrics.confusion import Counts
>>> [field.tolist() for field in Counts.of(np.array([1.0, 1.0, 0.0]), np.array([0.9, 0.3, 0.8]), (0.5,))]
[[1.0], [1.0], [0.0], [1.0]]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.settings import epsilon, floatx
from tsuno.core.validate import Fraction, NonNegativeInt, PositiveInt, check
from tsuno.core.variable import Variable
from tsuno.losses.base import check_shapes, fit_weight, same_rank
from tsuno.metrics.base import Metric

LOWEST = -1e10
"""A threshold that every score is above."""


class Counts(NamedTuple):
    """Weighted numbers of decisions by outcome, one for each threshold (and label)."""

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    @classmethod
    def of(cls, y_true: Any, y_pred: Any, thresholds: Sequence[float], weight: Any = 1.0) -> Self:
        """Count; a prediction above a threshold says yes.

        Args:
            y_true: 0 or 1 for each sample, of shape (samples,) or (samples, labels).
            y_pred: predictions, of the same shape.
            thresholds: the thresholds.
            weight: what each decision counts.

        Returns:
            Counts of shape (thresholds,) or (thresholds, labels).
        """
        yes = ops.where(ops.not_equal(y_true, 0), 1.0, 0.0) * weight
        no = ops.where(ops.not_equal(y_true, 0), 0.0, 1.0) * weight
        if evenly_spaced(thresholds):
            (tp, fn), (fp, tn) = (_split_evenly(y_pred, kind, thresholds) for kind in (yes, no))
        else:
            limits = np.asarray(thresholds, "float32").reshape(-1, *(1 for _ in y_pred.shape))
            above = ops.greater(ops.expand_dims(y_pred, 0), limits)
            tp, fp = (ops.sum(ops.where(above, kind, 0.0), axis=1) for kind in (yes, no))
            fn, tn = (ops.sum(ops.where(above, 0.0, kind), axis=1) for kind in (yes, no))
        return cls(tp, fp, tn, fn)


def _split_evenly(y_pred: Any, weight: Any, thresholds: Sequence[float]) -> tuple[Any, Any]:
    """The weights above each threshold, and the others: a histogram of the predictions, summed from the top."""
    size = len(thresholds)
    below = ops.ceil(ops.clip(y_pred, 0.0, 1.0) * (size - 1))  # how many thresholds a prediction is above
    if thresholds[0] < 0:
        below = ops.maximum(below, 1)
    labels = y_pred.shape[1:]
    places = int(np.prod(labels))
    bins = ops.reshape(ops.cast(below, "int32"), (-1, places)) * places + np.arange(places)
    sums = ops.segment_sum(ops.reshape(weight, (-1,)), ops.reshape(bins, (-1,)), (size + 1) * places)
    counts = ops.reshape(sums, (size + 1, *labels))
    above = ops.flip(ops.cumsum(ops.flip(counts, 0), 0), 0)
    return above[1:], above[0] - above[1:]


def evenly_spaced(thresholds: Sequence[float]) -> bool:
    """Whether thresholds divide [0, 1] into equal parts."""
    size = len(thresholds)
    return size > 2 and bool(np.allclose(thresholds, np.arange(size) / (size - 1), atol=2 * epsilon()))


def threshold_list(name: str, thresholds: Any, default: float = 0.5) -> list[float]:
    """Thresholds given as a number, a list of them, or None for the default."""
    if thresholds is None:
        return [default]
    items = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    if not items:
        raise invalid(name, "a number from 0 to 1, or a list of one or more", thresholds)
    return [check(Fraction, item, name) for item in items]


def decisions(
    name: str,
    y_true: Any,
    y_pred: Any,
    sample_weight: Any,
    top_k: int | None = None,
    class_id: int | None = None,
) -> tuple[Any, Any, Any]:
    """Targets, predictions and weights of one shape, of the class asked for; scores not among the top k are −∞."""
    dtype = floatx()  # that of the counters
    y_pred, y_true = same_rank(ops.convert_to_tensor(y_pred, dtype), ops.convert_to_tensor(y_true, dtype))
    check_shapes(name, y_true, y_pred)
    weight = ops.convert_to_tensor(1.0 if sample_weight is None else sample_weight, dtype)
    while len(weight.shape) > len(y_true.shape) and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, -1)
    weight = fit_weight(weight, y_true)
    for option, value in (("top_k", top_k), ("class_id", class_id)):
        if value is not None and len(y_pred.shape) < 2:
            raise ValueError(f"`{name}.{option}` needs y_pred of shape (samples, classes); got {tuple(y_pred.shape)}.")
    classes = y_pred.shape[-1] if y_pred.shape else 0
    if top_k is not None:
        if top_k > classes:
            raise invalid(f"{name}.top_k", f"at most the number of classes, {classes}", top_k)
        best = ops.one_hot(ops.top_k(y_pred, top_k)[1], classes, dtype=dtype)
        y_pred = ops.where(ops.sum(best, axis=-2) > 0, y_pred, -np.inf)
    if class_id is not None:
        if class_id >= classes:
            raise invalid(f"{name}.class_id", f"below the number of classes, {classes}", class_id)
        y_true, y_pred = y_true[..., class_id], y_pred[..., class_id]
        if weight.shape:
            weight = weight[..., class_id if weight.shape[-1] > 1 else 0]
    return y_true, y_pred, ops.broadcast_to(weight, y_true.shape)


class Counting(Metric):
    """Base of metrics that add up some of the counts at their thresholds."""

    counted: ClassVar[tuple[str, ...]] = Counts._fields
    thresholds: list[float]
    top_k: int | None = None
    class_id: int | None = None
    true_positives: Variable
    false_positives: Variable
    true_negatives: Variable
    false_negatives: Variable

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred, weight = (
            ops.reshape(x, (-1,))
            for x in decisions(type(self).__name__, y_true, y_pred, sample_weight, self.top_k, self.class_id)
        )
        counts = Counts.of(y_true, y_pred, self.thresholds, weight)
        for name in self.counted:
            self._counter(name).assign_add(getattr(counts, name))

    def _make_counters(self) -> None:
        for name in self.counted:
            setattr(self, name, self.add_variable((len(self.thresholds),), "zeros", name=name))

    def _counter(self, name: str) -> Any:
        return getattr(self, name)

    def _share(self, hits: str, others: str) -> Any:
        """What share one count has in the sum of two."""
        found = self._counter(hits).value
        return ops.divide_no_nan(found, found + self._counter(others).value)


class _AtThresholds(Counting):
    """A value for each threshold given, or for one a number."""

    init_thresholds: Any

    def _one_or_all(self, values: Any) -> Any:
        return values[0] if len(self.thresholds) == 1 else values

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class _OutcomeCount(_AtThresholds):
    """The number of decisions with one outcome."""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.thresholds = threshold_list(f"{type(self).__name__}.thresholds", thresholds)
        self.accumulator = self.add_variable((len(self.thresholds),), "zeros", name="accumulator")

    def _counter(self, name: str) -> Any:
        return self.accumulator

    def result(self) -> Any:
        return self._one_or_all(self.accumulator.value)


class TruePositives(_OutcomeCount):
    """How many samples of class 1 are predicted to be so: y_true = 1 and y_pred > threshold.

    Args:
        thresholds: a number from 0 to 1, or a list of them; 0.5 by default.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> float(tsuno.metrics.TruePositives()([0, 1, 1, 1], [0.2, 0.9, 0.3, 0.8]))
        2.0
    """

    counted = ("true_positives",)


class TrueNegatives(_OutcomeCount):
    """How many samples of class 0 are predicted to be so: y_true = 0 and y_pred ≤ threshold.

    Args:
        thresholds: a number from 0 to 1, or a list of them; 0.5 by default.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> float(tsuno.metrics.TrueNegatives()([0, 0, 0, 1], [0.2, 0.9, 0.3, 0.8]))
        2.0
    """

    counted = ("true_negatives",)


class FalsePositives(_OutcomeCount):
    """How many samples of class 0 are predicted to be of class 1: y_true = 0 and y_pred > threshold.

    Args:
        thresholds: a number from 0 to 1, or a list of them; 0.5 by default.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> float(tsuno.metrics.FalsePositives()([0, 0, 0, 1], [0.2, 0.9, 0.3, 0.8]))
        1.0
    """

    counted = ("false_positives",)


class FalseNegatives(_OutcomeCount):
    """How many samples of class 1 are predicted to be of class 0: y_true = 1 and y_pred ≤ threshold.

    Args:
        thresholds: a number from 0 to 1, or a list of them; 0.5 by default.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> tsuno.metrics.FalseNegatives(thresholds=[0.1, 0.5])([0, 1, 1], [0.2, 0.9, 0.3]).tolist()
        [0.0, 1.0]
    """

    counted = ("false_negatives",)


class _Rate(_AtThresholds):
    """The share of true positives in what was counted."""

    _direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: PositiveInt | None = None,
        class_id: NonNegativeInt | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        default = 0.5 if top_k is None else LOWEST
        self.thresholds = threshold_list(f"{type(self).__name__}.thresholds", thresholds, default)
        self._make_counters()

    def result(self) -> Any:
        return self._one_or_all(self._share(*self.counted))


class Precision(_Rate):
    """The share of right ones among the decisions for class 1.

        TP / (TP + FP)

    Args:
        thresholds: a number from 0 to 1, or a list of them; predictions above are decisions for class 1. 0.5 by
            default; with `top_k`, whatever is among the top k.
        top_k: count only the k highest predictions of each sample as decisions for their classes.
        class_id: look at this class alone, from 0.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> float(tsuno.metrics.Precision()([0, 0, 1, 1], [0.7, 0.1, 0.3, 0.8]))
        0.5
    """

    counted = ("true_positives", "false_positives")


class Recall(_Rate):
    """The share of samples of class 1 that are found.

        TP / (TP + FN)

    Args:
        thresholds: a number from 0 to 1, or a list of them; predictions above are decisions for class 1. 0.5 by
            default; with `top_k`, whatever is among the top k.
        top_k: count only the k highest predictions of each sample as decisions for their classes.
        class_id: look at this class alone, from 0.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> float(tsuno.metrics.Recall()([0, 1, 1, 1, 1], [0.7, 0.9, 0.3, 0.8, 0.6]))
        0.75
    """

    counted = ("true_positives", "false_negatives")
