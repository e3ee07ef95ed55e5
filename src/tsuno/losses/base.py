"""Losses: a value per sample from targets and predictions, then one number from the values."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from tsuno import ops
from tsuno.core.config import Configurable
from tsuno.core.context import get_mask
from tsuno.core.dtypes import get_policy
from tsuno.core.errors import unknown
from tsuno.core.naming import auto_name

REDUCTIONS = ("sum_over_batch_size", "sum", None, "none", "mean", "mean_with_sample_weight")


class Loss(Configurable):
    """Base of losses: define `call(y_true, y_pred)`, which returns one value per sample.

    Args:
        name: a name for messages and logs.
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"` (their mean), `"sum"`,
            `"mean_with_sample_weight"` (their sum divided by the sum of the weights), or None to keep them.
        dtype: the dtype to compute in, the default float by default.

    Example:
        >>> class Absolute(tsuno.losses.Loss):
        ...     def call(self, y_true, y_pred):
        ...         return tsuno.ops.mean(abs(y_true - y_pred), axis=-1)
        >>> float(Absolute()([[1.0], [2.0]], [[1.0], [4.0]]))
        1.0
    """

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None) -> None:
        if reduction not in REDUCTIONS:
            raise unknown("reduction", reduction, [str(option) for option in REDUCTIONS])
        self.name = name or auto_name(type(self).__name__)
        self.reduction = reduction
        self._dtype_policy = get_policy(dtype)

    @property
    def dtype(self) -> str:
        """The dtype that the loss is computed in."""
        return self._dtype_policy.compute_dtype

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One value per sample (or per step of each sample)."""
        raise NotImplementedError(f"{type(self).__name__} must define `call(self, y_true, y_pred)`.")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch, weighted by `sample_weight` and by the mask that `y_pred` carries."""
        mask = get_mask(y_pred)
        y_true, y_pred = self._convert(y_true), self._convert(y_pred)
        values = self.call(y_true, y_pred)
        return reduce_weighted(ops.cast(values, self.dtype), sample_weight, mask, self.reduction)

    def _convert(self, y: Any) -> Any:
        if isinstance(y, dict):
            return {key: self._convert(value) for key, value in y.items()}
        if isinstance(y, (list, tuple)) and y and hasattr(y[0], "shape"):
            return type(y)(self._convert(item) for item in y)
        return ops.cast(ops.convert_to_tensor(y), self.dtype)


class FunctionLoss(Loss):
    """A loss class made from a loss function: the function's options are the constructor's arguments."""

    function: ClassVar[Callable[..., Any]]

    def call(self, y_true: Any, y_pred: Any) -> Any:
        names = list(inspect.signature(type(self).function).parameters)[2:]
        return type(self).function(y_true, y_pred, **{name: getattr(self, name) for name in names if hasattr(self, name)})


class LossFunctionWrapper(Loss):
    """A function `fn(y_true, y_pred, **kwargs)` as a loss."""

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn, self._fn_kwargs = fn, kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(y_true, y_pred, **self._fn_kwargs)


def same_rank(x: Any, y: Any, expand_rank_1: bool = True) -> tuple[Any, Any]:
    """Two arrays whose ranks differ by one, brought to one rank by dropping or adding a last axis of size 1."""
    if len(x.shape) < len(y.shape):
        y, x = same_rank(y, x, expand_rank_1)
    elif len(x.shape) == len(y.shape) + 1 and x.shape[-1] == 1:
        if len(y.shape) == 1 and expand_rank_1:
            y = ops.expand_dims(y, -1)
        else:
            x = ops.squeeze(x, -1)
    return x, y


def reduce_weighted(values: Any, sample_weight: Any, mask: Any, reduction: str | None) -> Any:
    """One number from values, each counted by its weight; masked ones do not count."""
    weight = None if sample_weight is None else ops.cast(ops.convert_to_tensor(sample_weight), values.dtype)
    if mask is not None:
        kept = ops.cast(mask, values.dtype)
        if reduction in ("mean", "sum_over_batch_size"):
            # The mean shall be over what is kept: kept values weigh total / kept.
            kept = kept * ops.divide_no_nan(float(kept.size), ops.sum(kept))
        if weight is None:
            weight = kept
        else:
            kept, weight = same_rank(kept, weight)
            weight = weight * kept
    if weight is not None:
        values, weight = same_rank(values, weight)
        values = values * weight
    if reduction is None or reduction == "none" or values.shape == ():
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weight is not None:
        return ops.divide_no_nan(total, ops.sum(weight))
    return total / max(values.size, 1)
