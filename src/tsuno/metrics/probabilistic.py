"""Means of losses on probabilities, logits and scores."""

from __future__ import annotations

from typing import Any

from tsuno import losses
from tsuno.core.validate import Fraction
from tsuno.losses.base import AxisIndex, Flag
from tsuno.metrics.base import FunctionMean


class BinaryCrossentropy(FunctionMean):
    """The mean cross-entropy of yes-or-no targets.

        mean(−y_true · log p − (1 − y_true) · log(1 − p))

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.
        from_logits: whether y_pred are logits, p = sigmoid(y_pred), instead of probabilities.
        label_smoothing: how far targets move towards 0.5, from 0 to 1.

    Example:
        >>> round(float(tsuno.metrics.BinaryCrossentropy()([[0.0], [1.0]], [[0.5], [0.5]])), 4)
        0.6931
    """

    function = losses.binary_crossentropy
    _direction = "down"

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: Any = None,
        from_logits: Flag = False,
        label_smoothing: Fraction = 0,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class CategoricalCrossentropy(FunctionMean):
    """The mean cross-entropy of one-hot (or soft) targets.

        mean(−Σ y_true · log p)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.
        from_logits: whether y_pred are logits, p = softmax(y_pred), instead of probabilities.
        label_smoothing: the share of each target that is spread over all classes, from 0 to 1.
        axis: the axis of the classes.

    Example:
        >>> round(float(tsuno.metrics.CategoricalCrossentropy()([[0, 1, 0]], [[0.25, 0.5, 0.25]])), 4)
        0.6931
    """

    function = losses.categorical_crossentropy
    _direction = "down"

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: Flag = False,
        label_smoothing: Fraction = 0,
        axis: AxisIndex = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class SparseCategoricalCrossentropy(FunctionMean):
    """The mean cross-entropy of targets that are class numbers.

        mean(−log p[y_true])

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.
        from_logits: whether y_pred are logits, p = softmax(y_pred), instead of probabilities.
        ignore_class: a class number that marks targets whose value is zero; where sample weights are given, they do
            not count at all.
        axis: the axis of the classes.

    Example:
        >>> round(float(tsuno.metrics.SparseCategoricalCrossentropy()([1], [[0.25, 0.5, 0.25]])), 4)
        0.6931
    """

    function = losses.sparse_categorical_crossentropy
    _direction = "down"

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: Flag = False,
        ignore_class: int | None = None,
        axis: AxisIndex = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis


class KLDivergence(FunctionMean):
    """The mean Kullback-Leibler divergence of predicted from target distributions.

        mean(Σ y_true · log(y_true / y_pred))

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> round(float(tsuno.metrics.KLDivergence()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
        0.6931

    Source: S. Kullback and R. A. Leibler, *On Information and Sufficiency*, 1951.
    """

    function = losses.kl_divergence


class Poisson(FunctionMean):
    """The mean negative log-likelihood of counts under Poisson distributions of mean y_pred, without its constant.

        mean(y_pred − y_true · log(y_pred))

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> round(float(tsuno.metrics.Poisson()([[2.0, 0.0]], [[1.0, 3.0]])), 4)
        2.0
    """

    function = losses.poisson


class Hinge(FunctionMean):
    """The mean of how far scores fall short of a margin of 1 on the right side.

        mean(max(1 − y_true · y_pred, 0)), with y_true of −1 and 1 (or 0 and 1)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> float(tsuno.metrics.Hinge()([[1, -1]], [[0.5, -2.0]]))
        0.25
    """

    function = losses.hinge
    _direction = "down"


class SquaredHinge(FunctionMean):
    """The mean square of how far scores fall short of a margin of 1 on the right side.

        mean(max(1 − y_true · y_pred, 0)²), with y_true of −1 and 1 (or 0 and 1)

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> float(tsuno.metrics.SquaredHinge()([[1, -1]], [[0.5, -2.0]]))
        0.125
    """

    function = losses.squared_hinge
    _direction = "down"


class CategoricalHinge(FunctionMean):
    """The mean of how far the score of the target class falls short of leading the others, and zero, by 1.

        mean(max(1 + max((1 − y_true) · y_pred) − Σ y_true · y_pred, 0)), with one-hot y_true

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> float(tsuno.metrics.CategoricalHinge()([[0, 1, 0]], [[0.5, 1.0, 0.25]]))
        0.5
    """

    function = losses.categorical_hinge
    _direction = "down"
