"""The best of one rate among the thresholds at which another rate is good enough."""

from __future__ import annotations

from typing import Any, ClassVar

from tsuno import ops
from tsuno.core.validate import Fraction, NonNegativeInt, PositiveInt
from tsuno.metrics.confusion import Counting

_RATES = {
    "precision": ("true_positives", "false_positives"),
    "recall": ("true_positives", "false_negatives"),
    "sensitivity": ("true_positives", "false_negatives"),
    "specificity": ("true_negatives", "false_positives"),
}
"""Each rate is the share of the first count in both."""


class _BestRate(Counting):
    """The largest value of the rate `best` where the rate `enough` has at least a value."""

    best: ClassVar[str]
    enough: ClassVar[str]
    _direction = "up"

    def __init__(
        self,
        value: float,
        num_thresholds: PositiveInt = 200,
        class_id: NonNegativeInt | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id
        steps = num_thresholds - 1
        self.thresholds = [place / steps for place in range(num_thresholds)] if steps else [0.5]
        self._make_counters()

    def result(self) -> Any:
        best, enough = (self._share(*_RATES[rate]) for rate in (self.best, self.enough))
        return ops.max(ops.where(enough >= self.value, best, 0.0))


class SensitivityAtSpecificity(_BestRate):
    """The largest share of class 1 that is found, where at least a given share of class 0 is left alone.

        max TP / (TP + FN) over the thresholds with TN / (TN + FP) ≥ specificity

    Args:
        specificity: the share of class 0 that must be left alone, from 0 to 1.
        num_thresholds: how many thresholds divide [0, 1] evenly.
        class_id: look at this class alone, from 0.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> float(tsuno.metrics.SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
        0.5
    """

    best, enough = "sensitivity", "specificity"

    def __init__(
        self,
        specificity: Fraction,
        num_thresholds: PositiveInt = 200,
        class_id: NonNegativeInt | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity


class SpecificityAtSensitivity(_BestRate):
    """The largest share of class 0 that is left alone, where at least a given share of class 1 is found.

        max TN / (TN + FP) over the thresholds with TP / (TP + FN) ≥ sensitivity

    Args:
        sensitivity: the share of class 1 that must be found, from 0 to 1.
        num_thresholds: how many thresholds divide [0, 1] evenly.
        class_id: look at this class alone, from 0.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> round(float(tsuno.metrics.SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
        0.6667
    """

    best, enough = "specificity", "sensitivity"

    def __init__(
        self,
        sensitivity: Fraction,
        num_thresholds: PositiveInt = 200,
        class_id: NonNegativeInt | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity


class PrecisionAtRecall(_BestRate):
    """The largest share of right ones among the decisions for class 1, where at least a given share of it is found.

        max TP / (TP + FP) over the thresholds with TP / (TP + FN) ≥ recall

    Args:
        recall: the share of class 1 that must be found, from 0 to 1.
        num_thresholds: how many thresholds divide [0, 1] evenly.
        class_id: look at this class alone, from 0.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> float(tsuno.metrics.PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
        0.5
    """

    best, enough = "precision", "recall"

    def __init__(
        self,
        recall: Fraction,
        num_thresholds: PositiveInt = 200,
        class_id: NonNegativeInt | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall


class RecallAtPrecision(_BestRate):
    """The largest share of class 1 that is found, where at least a given share of the decisions for it is right.

        max TP / (TP + FN) over the thresholds with TP / (TP + FP) ≥ precision; 0 if there is none

    Args:
        precision: the share of right ones that decisions for class 1 must have, from 0 to 1.
        num_thresholds: how many thresholds divide [0, 1] evenly.
        class_id: look at this class alone, from 0.
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.

    Example:
        >>> float(tsuno.metrics.RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
        0.5
    """

    best, enough = "recall", "precision"

    def __init__(
        self,
        precision: Fraction,
        num_thresholds: PositiveInt = 200,
        class_id: NonNegativeInt | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision
