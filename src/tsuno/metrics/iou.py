"""Intersection over union: of all that is of a class or taken to be, the share that is both."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from tsuno import ops
from tsuno.core.dtypes import is_float
from tsuno.core.errors import invalid
from tsuno.core.settings import epsilon
from tsuno.core.validate import NonNegativeInt, PositiveInt, check
from tsuno.losses.base import AxisIndex, Flag, Number, check_shapes, fit_weight, same_rank
from tsuno.metrics.base import Metric


class IoU(Metric):
    """The mean intersection over union of some classes, those that do not occur left out.

        TP / (TP + FP + FN)

    Targets and predictions that are no class, below 0 or not below `num_classes`, do not count.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes to look at, a list of integers from 0.
        name: a name for logs.
        dtype: the dtype of the counters, int32 by default; pass a float dtype where sample weights are fractions.
        ignore_class: a class number that marks targets which do not count; such as 255 or -1 for "unlabelled".
        sparse_y_true: whether targets are class numbers, instead of one number for each class.
        sparse_y_pred: whether predictions are class numbers, instead of one score for each class.
        axis: the axis of the classes, where they have one.

    Example:
        >>> metric = tsuno.metrics.IoU(num_classes=2, target_class_ids=[0])
        >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: PositiveInt,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: Flag = True,
        sparse_y_pred: Flag = True,
        axis: AxisIndex = -1,
    ) -> None:
        super().__init__(dtype or "int32", name)
        where = f"{type(self).__name__}.target_class_ids"
        self.num_classes, self.ignore_class, self.axis = num_classes, ignore_class, axis
        self.target_class_ids = [check(NonNegativeInt, number, where) for number in target_class_ids]
        if not self.target_class_ids or max(self.target_class_ids) >= num_classes:
            raise invalid(where, f"one or more integers below the number of classes, {num_classes}", target_class_ids)
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", self.dtype, name="total_confusion_matrix"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        true, pred = same_rank(self._labels(y_true, self.sparse_y_true), self._labels(y_pred, self.sparse_y_pred))
        check_shapes(type(self).__name__, true, pred)
        weight = self._weight(sample_weight, true)
        counts = (true >= 0) & (true < self.num_classes) & (pred >= 0) & (pred < self.num_classes)
        if self.ignore_class is not None:
            counts = counts & (true != self.ignore_class)
        cells = ops.where(counts, true * self.num_classes + pred, 0)
        sums = ops.segment_sum(
            ops.reshape(ops.where(counts, weight, 0), (-1,)), ops.reshape(cells, (-1,)), self.num_classes**2
        )
        self.total_cm.assign_add(ops.reshape(sums, self.total_cm.shape))

    def _labels(self, y: Any, sparse: bool) -> Any:
        y = ops.convert_to_tensor(y)
        return ops.cast(y if sparse else ops.argmax(y, axis=self.axis), "int32")

    def _weight(self, sample_weight: Any, labels: Any) -> Any:
        if sample_weight is None:
            return ops.ones(labels.shape, self.dtype)
        weight = ops.convert_to_tensor(sample_weight)
        if is_float(weight.dtype) and not is_float(self.dtype):
            warnings.warn(
                f"`{type(self).__name__}` counts in {self.dtype}, which cuts off the fractions of `sample_weight`. "
                f"Pass dtype='float32' to keep them.",
                stacklevel=3,
            )
        weight = ops.cast(weight, self.dtype)
        one_each = weight.size == labels.size
        return (
            ops.reshape(weight, labels.shape)
            if one_each
            else ops.broadcast_to(fit_weight(weight, labels), labels.shape)
        )

    def result(self) -> Any:
        total = ops.cast(self.total_cm.value, "float32")
        hits = ops.diagonal(total)
        union = ops.sum(total, axis=0) + ops.sum(total, axis=1) - hits
        hits, union = (ops.take(x, self.target_class_ids) for x in (hits, union))
        occurs = union > 1e-9
        shares = ops.where(occurs, hits / (union + epsilon()), 0.0)
        return ops.sum(shares) / (ops.sum(ops.cast(occurs, "float32")) + epsilon())


class BinaryIoU(IoU):
    """The mean intersection over union of the classes 0 and 1, for predictions that are one score.

    Args:
        target_class_ids: the classes to look at: `[0]`, `[1]` or `[0, 1]`.
        threshold: scores from it on are taken to be of class 1.
        name: a name for logs.
        dtype: the dtype of the counters, int32 by default; pass a float dtype where sample weights are fractions.

    Example:
        >>> metric = tsuno.metrics.BinaryIoU(threshold=0.3)
        >>> round(float(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
        0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: Number = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        scores = ops.convert_to_tensor(y_pred, "float32")
        super().update_state(y_true, ops.greater_equal(scores, self.threshold), sample_weight)


class MeanIoU(IoU):
    """The mean intersection over union of all classes, those that do not occur left out.

    Args:
        num_classes: how many classes there are.
        name: a name for logs.
        dtype: the dtype of the counters, int32 by default; pass a float dtype where sample weights are fractions.
        ignore_class: a class number that marks targets which do not count; such as 255 or -1 for "unlabelled".
        sparse_y_true: whether targets are class numbers, instead of one number for each class.
        sparse_y_pred: whether predictions are class numbers, instead of one score for each class.
        axis: the axis of the classes, where they have one.

    Example:
        >>> round(float(tsuno.metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: PositiveInt,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: Flag = True,
        sparse_y_pred: Flag = True,
        axis: AxisIndex = -1,
    ) -> None:
        classes = range(num_classes)
        super().__init__(num_classes, classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class OneHotIoU(IoU):
    """The mean intersection over union of some classes, for one-hot targets.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes to look at, a list of integers from 0.
        name: a name for logs.
        dtype: the dtype of the counters, int32 by default; pass a float dtype where sample weights are fractions.
        ignore_class: a class number that marks targets which do not count.
        sparse_y_pred: whether predictions are class numbers, instead of one score for each class.
        axis: the axis of the classes.

    Example:
        >>> metric = tsuno.metrics.OneHotIoU(num_classes=2, target_class_ids=[0])
        >>> round(float(metric([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])), 4)
        0.5
    """

    def __init__(
        self,
        num_classes: PositiveInt,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: Flag = False,
        axis: AxisIndex = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """The mean intersection over union of all classes, those that do not occur left out, for one-hot targets.

    Args:
        num_classes: how many classes there are.
        name: a name for logs.
        dtype: the dtype of the counters, int32 by default; pass a float dtype where sample weights are fractions.
        ignore_class: a class number that marks targets which do not count.
        sparse_y_pred: whether predictions are class numbers, instead of one score for each class.
        axis: the axis of the classes.

    Example:
        >>> metric = tsuno.metrics.OneHotMeanIoU(num_classes=2)
        >>> round(float(metric([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])), 4)
        0.5
    """

    def __init__(
        self,
        num_classes: PositiveInt,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: Flag = False,
        axis: AxisIndex = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
