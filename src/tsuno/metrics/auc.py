"""Areas under curves that a threshold draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import ops
from tsuno.core.errors import invalid, unknown
from tsuno.core.settings import epsilon
from tsuno.core.validate import PositiveInt
from tsuno.core.variable import Variable
from tsuno.losses.base import Flag
from tsuno.metrics.base import MetricPerOutput
from tsuno.metrics.confusion import Counts, decisions, threshold_list

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATION_METHODS = ("interpolation", "minoring", "majoring")


class AUC(MetricPerOutput):
    """The area under a curve of rates, drawn by a threshold that goes from 0 to 1.

        ROC: TP / (TP + FN) over FP / (FP + TN)        PR: TP / (TP + FP) over TP / (TP + FN)

    The counts at each threshold are summed over batches; the area is a sum over the thresholds, so more of them are
    more exact.

    Args:
        num_thresholds: how many thresholds divide [0, 1] evenly; 2 or more.
        curve: `"ROC"`, `"PR"` (precision over recall) or `"PRGAIN"` (precision gain over recall gain).
        summation_method: the height between two points of the curve: `"interpolation"` (the mean of both; for PR, true
            positives in proportion to positives), `"minoring"` (the lower) or `"majoring"` (the higher).
        name: a name for logs.
        dtype: the dtype that the metric names; counts are kept in `config.floatx()`.
        thresholds: thresholds from 0 to 1 to use instead; the two ends are added.
        multi_label: whether each column is a curve of its own, whose areas are averaged.
        num_labels: how many columns there are with `multi_label`; by default, as many as the first batch has.
        label_weights: the weight of each column, in the mean with `multi_label` and in the counts without.
        from_logits: whether y_pred are logits, sigmoid(y_pred) the probabilities.

    Example:
        >>> metric = tsuno.metrics.AUC(num_thresholds=3)
        >>> float(metric([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]))
        0.75

    Source: J. Davis and M. Goadrich, *The Relationship Between Precision-Recall and ROC Curves*, 2006, for the
    interpolation of PR; P. Flach and M. Kull, *Precision-Recall-Gain Curves: PR Analysis Done Right*, 2015, for PRGAIN.
    """

    _direction = "up"
    true_positives: Variable
    false_positives: Variable
    true_negatives: Variable
    false_negatives: Variable

    def __init__(
        self,
        num_thresholds: PositiveInt = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: Flag = False,
        num_labels: PositiveInt | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: Flag = False,
    ) -> None:
        super().__init__(dtype, name)
        if thresholds is not None:
            inner = sorted(threshold_list("AUC.thresholds", thresholds))
        elif num_thresholds < 2:
            raise invalid("AUC.num_thresholds", "an integer, 2 or more", num_thresholds)
        else:
            inner = [place / (num_thresholds - 1) for place in range(1, num_thresholds - 1)]
        self._given = None if thresholds is None else inner
        self._thresholds = [-epsilon(), *inner, 1.0 + epsilon()]
        self.num_thresholds = len(self._thresholds)
        self.curve = _option("curve", curve, CURVES)
        self.summation_method = _option("summation_method", summation_method, SUMMATION_METHODS)
        self.label_weights = None if label_weights is None else np.asarray(label_weights, "float32")
        if num_labels and not multi_label:
            raise ValueError(
                f"`AUC.num_labels` says something only with multi_label=True; got {num_labels}. Leave it out."
            )
        self.multi_label, self.num_labels, self.from_logits = multi_label, num_labels, from_logits
        if not multi_label:
            self._make_counters(None)
        elif num_labels or self.label_weights is not None:
            self._make(num_labels or len(label_weights or ()))

    @property
    def thresholds(self) -> list[float]:
        """The thresholds, both ends included."""
        return list(self._thresholds)

    def build(self, y_true: Any, y_pred: Any) -> None:
        if self.multi_label:
            super().build(y_true, y_pred)

    def _make_counters(self, outputs: int | None) -> None:
        weights = self.label_weights
        if outputs and weights is not None and weights.shape != (outputs,):
            raise invalid("AUC.label_weights", f"one number for each of the {outputs} labels", weights)
        labels = (outputs,) if outputs else ()
        for name in Counts._fields:
            setattr(self, name, self.add_variable((self.num_thresholds, *labels), "zeros", name=name))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred, weight = decisions("AUC", y_true, y_pred, sample_weight)
        self.build(y_true, y_pred)
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        if not self.multi_label:
            if self.label_weights is not None:
                weight = weight * self.label_weights
            y_true, y_pred, weight = (ops.reshape(x, (-1,)) for x in (y_true, y_pred, weight))
        counts = Counts.of(y_true, y_pred, self._thresholds, weight)
        for name, count in counts._asdict().items():
            getattr(self, name).assign_add(count)

    def result(self) -> Any:
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        x, y = self._points()
        left, right = y[:-1], y[1:]
        if self.summation_method == "interpolation":
            heights = (left + right) / 2.0
        elif self.summation_method == "minoring":
            heights = ops.minimum(left, right)
        else:
            heights = ops.maximum(left, right)
        return self._over_labels((x[:-1] - x[1:]) * heights)

    def _points(self) -> tuple[Any, Any]:
        """The curve: x and y at each threshold."""
        tp, fp, tn, fn = (getattr(self, name).value for name in Counts._fields)
        recall = ops.divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            return ops.divide_no_nan(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, ops.divide_no_nan(tp, tp + fp)
        odds = ops.divide_no_nan(tp + fn, tn + fp)
        recall_gain = ops.where(tp > 0, 1.0 - odds * ops.divide_no_nan(fn, tp), 0.0)
        precision_gain = ops.where(tp > 0, 1.0 - odds * ops.divide_no_nan(fp, tp), 1.0)
        return ops.maximum(recall_gain, 0.0), precision_gain

    def interpolate_pr_auc(self) -> Any:
        """The area under precision over recall, true positives between two points growing in proportion to positives.

        Σ s · (ΔTP + (TP − s · P) · log(P' / P)) / (TP + FN), with P = TP + FP, P' at the threshold before,
        s = ΔTP / ΔP
        """
        tp, fp = self.true_positives.value, self.false_positives.value
        positives = tp + fp
        before, after = positives[:-1], positives[1:]
        gained = tp[:-1] - tp[1:]
        slope = ops.divide_no_nan(gained, ops.maximum(before - after, 0.0))
        both = ops.logical_and(before > 0, after > 0)
        ratio = ops.where(both, ops.divide_no_nan(before, after), 1.0)
        areas = slope * (gained + (tp[1:] - slope * after) * ops.log(ratio))
        return self._over_labels(ops.divide_no_nan(areas, tp[1:] + self.false_negatives.value[1:]))

    def _over_labels(self, areas: Any) -> Any:
        if not self.multi_label:
            return ops.sum(areas)
        by_label = ops.sum(areas, axis=0)
        if self.label_weights is None:
            return ops.mean(by_label)
        return ops.divide_no_nan(ops.sum(by_label * self.label_weights), np.sum(self.label_weights))

    def get_config(self) -> dict[str, Any]:
        weights = None if self.label_weights is None else self.label_weights.tolist()
        return {**super().get_config(), "thresholds": self._given, "label_weights": weights}


def _option(argument: str, value: Any, options: Sequence[str]) -> str:
    """The option that `value` spells, in whatever case."""
    text = str(getattr(value, "value", value))
    found = [option for option in options if option.lower() == text.lower()]
    if not found:
        raise unknown(f"AUC.{argument}", value, options)
    return found[0]
