"""Losses on class targets: cross-entropies of probabilities or of logits."""

from __future__ import annotations

import warnings
from typing import Any

from tsuno import ops
from tsuno.core.context import set_mask
from tsuno.core.settings import epsilon
from tsuno.core.validate import Fraction, NonNegative, check
from tsuno.losses.base import AxisIndex, Between0And1, Flag, FunctionLoss, as_float, class_labels, paired, smoothed


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """The mean of −y_true · log p − (1 − y_true) · log(1 − p) over an axis.

    Args:
        from_logits: whether p = sigmoid(y_pred); by default p = y_pred, kept `config.epsilon()` away from 0 and 1.
        label_smoothing: how far targets move towards 0.5, from 0 to 1.
        axis: the axis of the mean.

    Example:
        >>> print(tsuno.losses.binary_crossentropy([[0, 1]], [[0.5, 0.5]]).round(4))
        [0.6931]
    """
    name = "binary_crossentropy"
    y_true, y_pred = paired(name, y_true, y_pred)
    from_logits = check(Flag, from_logits, f"{name}.from_logits")
    y_true = smoothed(name, y_true, label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """The mean of (1 − q)^γ · binary cross-entropy over an axis; q is the probability given to the target.

    Args:
        apply_class_balancing: whether class 1 weighs α and class 0 weighs 1 − α.
        alpha: α, from 0 to 1.
        gamma: γ, how much well-classified samples are played down; zero or more.
        from_logits: whether sigmoid(y_pred) is the probability; by default y_pred is.
        label_smoothing: how far targets move towards 0.5, from 0 to 1.
        axis: the axis of the mean.

    Example:
        >>> print(tsuno.losses.binary_focal_crossentropy([[0, 1]], [[0.5, 0.5]]).round(4))
        [0.1733]
    """
    name = "binary_focal_crossentropy"
    y_true, y_pred = paired(name, y_true, y_pred)
    y_true = smoothed(name, y_true, label_smoothing, 2)
    if check(Flag, from_logits, f"{name}.from_logits"):
        y_pred = ops.sigmoid(y_pred)
    hit = y_true * y_pred + (1.0 - y_true) * (1.0 - y_pred)
    values = ops.power(1.0 - hit, gamma) * ops.binary_crossentropy(y_true, y_pred)
    if apply_class_balancing:
        values = values * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return ops.mean(values, axis=axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """The sum of −y_true · log p over the classes, for one-hot (or soft) targets.

    Args:
        from_logits: whether p = softmax(y_pred); by default p = y_pred, scaled to sum to 1.
        label_smoothing: the share of each target that is spread over all classes, from 0 to 1.
        axis: the axis of the classes.

    Example:
        >>> print(tsuno.losses.categorical_crossentropy([[0, 1, 0]], [[0.25, 0.5, 0.25]]).round(4))
        [0.6931]
    """
    name = "categorical_crossentropy"
    y_true, y_pred = _one_hot_pair(name, y_true, y_pred, label_smoothing, axis)
    from_logits = check(Flag, from_logits, f"{name}.from_logits")
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """The sum of −α · (1 − p)^γ · y_true · log p over the classes, for one-hot targets.

    Args:
        alpha: α, a weight for all classes, or a list with one for each.
        gamma: γ, how much well-classified samples are played down; zero or more.
        from_logits: whether p = softmax(y_pred); by default p = y_pred, scaled to sum to 1.
        label_smoothing: the share of each target that is spread over all classes, from 0 to 1.
        axis: the axis of the classes.

    Example:
        >>> print(tsuno.losses.categorical_focal_crossentropy([[0, 1, 0]], [[0.25, 0.5, 0.25]]).round(4))
        [0.0433]
    """
    name = "categorical_focal_crossentropy"
    y_true, y_pred = _one_hot_pair(name, y_true, y_pred, label_smoothing, axis)
    if check(Flag, from_logits, f"{name}.from_logits"):
        y_pred = ops.softmax(y_pred, axis=axis)
    p = ops.clip(y_pred / ops.sum(y_pred, axis=axis, keepdims=True), epsilon(), 1.0 - epsilon())
    weight = ops.power(1.0 - p, gamma) * ops.cast(ops.convert_to_tensor(alpha), y_pred.dtype)
    return -ops.sum(weight * y_true * ops.log(p), axis=axis)


def _one_hot_pair(name: str, y_true: Any, y_pred: Any, label_smoothing: float, axis: int) -> tuple[Any, Any]:
    check(AxisIndex, axis, f"{name}.axis")
    y_true, y_pred = paired(name, y_true, y_pred)
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"`{name}` over a single class is always zero; got y_pred of shape {tuple(y_pred.shape)}. "
            "For two classes in one number use `binary_crossentropy`.",
            SyntaxWarning,
            stacklevel=3,
        )
    return smoothed(name, y_true, label_smoothing, y_true.shape[-1]), y_pred


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """−log p of the target class, for targets that are class numbers.

    Args:
        y_true: class numbers; the axes of y_pred without that of the classes, or with a size of 1 there.
        from_logits: whether p = softmax(y_pred); by default p = y_pred, scaled to sum to 1.
        ignore_class: a class number that marks targets which do not count; such as 255 or -1 for "unlabelled".
        axis: the axis of the classes.

    Example:
        >>> print(tsuno.losses.sparse_categorical_crossentropy([1], [[0.25, 0.5, 0.25]]).round(4))
        [0.6931]
    """
    name = "sparse_categorical_crossentropy"
    check(AxisIndex, axis, f"{name}.axis")
    from_logits = check(Flag, from_logits, f"{name}.from_logits")
    y_true = ops.convert_to_tensor(y_true)
    y_pred = as_float(y_pred)
    labels = class_labels(name, y_true, y_pred, axis)
    y_pred = ops.moveaxis(y_pred, axis, -1)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(labels, y_pred, from_logits=from_logits)
    kept = ops.not_equal(labels, ignore_class)
    labels = ops.where(kept, labels, 0)
    # Ignored scores are replaced before the logarithm, so that they have no gradient, be they what they may.
    y_pred = ops.where(ops.expand_dims(kept, -1), y_pred, 0.0)
    values = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits=from_logits)
    values = ops.where(kept, values, 0.0)
    set_mask(values, kept)
    return values


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """(1 − p^q) / q of the probability p of the target class, for targets that are class numbers.

    Args:
        y_true: class numbers; the axes of y_pred without its last, or with a size of 1 there.
        y_pred: probabilities of the classes along the last axis.
        q: between 0 (cross-entropy) and 1 (absolute error), both excluded.

    Example:
        >>> tsuno.losses.categorical_generalized_cross_entropy([1], [[0.5, 0.25, 0.25]], q=0.5).tolist()
        [1.0]
    """
    name = "categorical_generalized_cross_entropy"
    q = check(Between0And1, q, f"{name}.q")
    y_pred = as_float(y_pred)
    labels = class_labels(name, ops.convert_to_tensor(y_true), y_pred)
    p = ops.sum(y_pred * ops.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype), axis=-1)
    # The slope is infinite at p = 0: there it is taken to be zero.
    return (1.0 - ops.where(p > 0, ops.power(ops.where(p > 0, p, 1.0), q), 0.0)) / q


class BinaryCrossentropy(FunctionLoss):
    """The cross-entropy of yes-or-no targets.

        mean(−y_true · log p − (1 − y_true) · log(1 − p))

    Args:
        from_logits: whether y_pred are logits, p = sigmoid(y_pred), instead of probabilities.
        label_smoothing: how far targets move towards 0.5, from 0 to 1.
        axis: the axis of the mean.
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> round(float(tsuno.losses.BinaryCrossentropy(from_logits=True)([[0.0], [1.0]], [[0.0], [0.0]])), 4)
        0.6931
    """

    function = binary_crossentropy

    def __init__(
        self,
        from_logits: Flag = False,
        label_smoothing: Fraction = 0.0,
        axis: AxisIndex = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class BinaryFocalCrossentropy(FunctionLoss):
    """The cross-entropy of yes-or-no targets, where samples that are already right count little.

        mean((1 − q)^γ · (−log q)), q = p where y_true = 1 and 1 − p where y_true = 0

    Args:
        apply_class_balancing: whether class 1 weighs α and class 0 weighs 1 − α.
        alpha: α, from 0 to 1.
        gamma: γ, how much well-classified samples are played down; zero or more.
        from_logits: whether y_pred are logits, p = sigmoid(y_pred), instead of probabilities.
        label_smoothing: how far targets move towards 0.5, from 0 to 1.
        axis: the axis of the mean.
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> loss = tsuno.losses.BinaryFocalCrossentropy(gamma=2)
        >>> round(float(loss([[0.0], [1.0]], [[0.5], [0.5]])), 4)
        0.1733

    Source: T. Lin et al., *Focal Loss for Dense Object Detection*, 2017.
    """

    function = binary_focal_crossentropy

    def __init__(
        self,
        apply_class_balancing: Flag = False,
        alpha: Fraction = 0.25,
        gamma: NonNegative = 2.0,
        from_logits: Flag = False,
        label_smoothing: Fraction = 0.0,
        axis: AxisIndex = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.apply_class_balancing, self.alpha, self.gamma = apply_class_balancing, alpha, gamma
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class CategoricalCrossentropy(FunctionLoss):
    """The cross-entropy of one-hot (or soft) targets.

        −Σ y_true · log p

    Args:
        from_logits: whether y_pred are logits, p = softmax(y_pred), instead of probabilities.
        label_smoothing: the share of each target that is spread over all classes, from 0 to 1.
        axis: the axis of the classes.
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> round(float(tsuno.losses.CategoricalCrossentropy()([[0, 1, 0]], [[0.25, 0.5, 0.25]])), 4)
        0.6931
    """

    function = categorical_crossentropy

    def __init__(
        self,
        from_logits: Flag = False,
        label_smoothing: Fraction = 0.0,
        axis: AxisIndex = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class CategoricalFocalCrossentropy(FunctionLoss):
    """The cross-entropy of one-hot targets, where samples that are already right count little.

        −Σ α · (1 − p)^γ · y_true · log p

    Args:
        alpha: α, a weight for all classes, or a list with one for each.
        gamma: γ, how much well-classified samples are played down; zero or more.
        from_logits: whether y_pred are logits, p = softmax(y_pred), instead of probabilities.
        label_smoothing: the share of each target that is spread over all classes, from 0 to 1.
        axis: the axis of the classes.
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> loss = tsuno.losses.CategoricalFocalCrossentropy(gamma=2)
        >>> round(float(loss([[0, 1, 0]], [[0.25, 0.5, 0.25]])), 4)
        0.0433

    Source: T. Lin et al., *Focal Loss for Dense Object Detection*, 2017.
    """

    function = categorical_focal_crossentropy

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: NonNegative = 2.0,
        from_logits: Flag = False,
        label_smoothing: Fraction = 0.0,
        axis: AxisIndex = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.alpha, self.gamma = alpha, gamma
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class SparseCategoricalCrossentropy(FunctionLoss):
    """The cross-entropy of targets that are class numbers.

        −log p[y_true]

    Args:
        from_logits: whether y_pred are logits, p = softmax(y_pred), instead of probabilities.
        ignore_class: a class number that marks targets which do not count; such as 255 or -1 for "unlabelled".
        reduction: see `Loss`.
        axis: the axis of the classes.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> round(float(tsuno.losses.SparseCategoricalCrossentropy()([1], [[0.25, 0.5, 0.25]])), 4)
        0.6931
    """

    function = sparse_categorical_crossentropy
    _targets_are_labels = True

    def __init__(
        self,
        from_logits: Flag = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: AxisIndex = -1,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis


class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """A loss between cross-entropy and absolute error, for targets of which some are wrong.

        (1 − p[y_true]^q) / q

    Near q = 0 it is the cross-entropy; near q = 1 it is linear in p, so that wrong targets pull less.

    Args:
        q: how much wrong targets are tolerated; between 0 and 1, both excluded.
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.CategoricalGeneralizedCrossEntropy(q=0.5)([1], [[0.5, 0.25, 0.25]]))
        1.0

    Source: Z. Zhang and M. Sabuncu, *Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy
    Labels*, 2018.
    """

    function = categorical_generalized_cross_entropy
    _targets_are_labels = True

    def __init__(
        self,
        q: Between0And1 = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.q = q
