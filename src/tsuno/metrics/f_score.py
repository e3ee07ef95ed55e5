"""Precision and recall in one number."""

from __future__ import annotations

from typing import Annotated, Any

from tsuno import ops
from tsuno.core.errors import unknown
from tsuno.core.settings import epsilon
from tsuno.core.validate import Check
from tsuno.core.variable import Variable
from tsuno.losses.base import as_number, check_shapes, fit_weight, same_rank
from tsuno.metrics.base import MetricPerOutput

AVERAGES = (None, "micro", "macro", "weighted")
SMALLEST = 1e-9
"""The smallest score for which a class may be chosen as the best."""

Threshold = Annotated[float, Check("a number above 0, at most 1", as_number(lambda value: 0 < value <= 1))]
Positive = Annotated[float, Check("a number above 0", as_number(lambda value: value > 0))]


class FBetaScore(MetricPerOutput):
    """The harmonic mean of precision and recall of each class, recall counting β² times as much.

        (1 + β²) · precision · recall / (β² · precision + recall)

    Args:
        average: None for a score per class; `"macro"` for their mean, `"weighted"` for their mean weighted by the
            number of samples of each class, or `"micro"` for one score from the counts of all classes together.
        beta: β, above 0.
        threshold: predictions above it are decisions for their class, above 0 and at most 1; by default the largest
            of each sample is.
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> metric = tsuno.metrics.FBetaScore(beta=2.0, threshold=0.5)
        >>> score = metric([[1, 1], [1, 0], [1, 1]], [[0.2, 0.6], [0.2, 0.6], [0.6, 0.8]])
        >>> [round(float(each), 4) for each in score]
        [0.3846, 0.9091]

    Source: C. J. van Rijsbergen, *Information Retrieval*, 1979.
    """

    _direction = "up"
    true_positives: Variable
    false_positives: Variable
    false_negatives: Variable
    intermediate_weights: Variable

    def __init__(
        self,
        average: str | None = None,
        beta: Positive = 1.0,
        threshold: Threshold | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        if average not in AVERAGES:
            raise unknown(f"{type(self).__name__}.average", average, [str(option) for option in AVERAGES])
        self.average, self.beta, self.threshold = average, beta, threshold
        self.axis = None if average == "micro" else 0

    def _make_counters(self, outputs: int) -> None:
        shape = () if self.average == "micro" else (outputs,)
        for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"):
            setattr(self, name, self.add_variable(shape, "zeros", self.dtype, name=name))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = same_rank(ops.convert_to_tensor(y_true, self.dtype), ops.convert_to_tensor(y_pred, self.dtype))
        check_shapes(type(self).__name__, y_true, y_pred)
        self.build(y_true, y_pred)
        if self.threshold is None:
            best = ops.greater_equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
            chosen = ops.logical_and(best, ops.abs(y_pred) > SMALLEST)
        else:
            chosen = ops.greater(y_pred, self.threshold)
        yes = ops.cast(chosen, self.dtype)
        weight = ops.convert_to_tensor(1.0 if sample_weight is None else sample_weight, self.dtype)
        weight = fit_weight(weight, y_true)
        for counter, found in (
            (self.true_positives, yes * y_true),
            (self.false_positives, yes * (1.0 - y_true)),
            (self.false_negatives, (1.0 - yes) * y_true),
            (self.intermediate_weights, y_true),
        ):
            counter.assign_add(ops.sum(found * weight, axis=self.axis))

    def result(self) -> Any:
        hits = self.true_positives.value
        precision = hits / (hits + self.false_positives.value + epsilon())
        recall = hits / (hits + self.false_negatives.value + epsilon())
        scores = precision * recall / (self.beta**2 * precision + recall + epsilon()) * (1.0 + self.beta**2)
        if self.average is None:
            return scores
        if self.average == "weighted":
            support = self.intermediate_weights.value
            return ops.sum(scores * (support / (ops.sum(support) + epsilon())))
        return ops.mean(scores)


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall of each class.

        2 · precision · recall / (precision + recall)

    Args:
        average: None for a score per class; `"macro"` for their mean, `"weighted"` for their mean weighted by the
            number of samples of each class, or `"micro"` for one score from the counts of all classes together.
        threshold: predictions above it are decisions for their class, above 0 and at most 1; by default the largest
            of each sample is.
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> score = tsuno.metrics.F1Score(threshold=0.5)([[1, 1], [1, 0], [1, 1]], [[0.2, 0.6], [0.2, 0.6], [0.6, 0.8]])
        >>> [round(float(each), 4) for each in score]
        [0.5, 0.8]
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: Threshold | None = None,
        name: str = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
