"""Losses: a value per sample from targets and predictions, then one number from the values."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np

from tsuno import ops
from tsuno.core import registry
from tsuno.core.config import Configurable
from tsuno.core.context import get_mask
from tsuno.core.dtypes import get_policy, is_float
from tsuno.core.errors import unknown
from tsuno.core.naming import auto_name
from tsuno.core.settings import floatx
from tsuno.core.validate import Check, Fraction, check

REDUCTIONS = ("sum_over_batch_size", "sum", None, "none", "mean", "mean_with_sample_weight")


def _flag(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)) and (not isinstance(value, int) or value not in (0, 1)):
        raise ValueError
    return bool(value)


def _axis(value: Any) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise ValueError
    return int(value)


def as_number(fits: Callable[[float], bool] = lambda value: True) -> Callable[[Any], float]:
    """The conversion, for a check, of numbers that fit."""

    def convert(value: Any) -> float:
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise ValueError
        number: float = value if isinstance(value, (int, float)) else value.item()
        if not fits(number):
            raise ValueError
        return number

    return convert


def _axes(value: Any) -> int | tuple[int, ...]:
    return tuple(_axis(item) for item in value) if isinstance(value, (list, tuple)) else _axis(value)


Flag = Annotated[bool, Check("True or False", _flag)]
Number = Annotated[float, Check("a number", as_number())]
Between0And1 = Annotated[
    float, Check("a number between 0 and 1, both excluded", as_number(lambda value: 0 < value < 1))
]
AxisIndex = Annotated[int, Check("an integer, the number of an axis", _axis)]
Axes = Annotated[int | tuple[int, ...], Check("the number of an axis or a tuple of them", _axes)]


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

    _targets_are_labels: ClassVar[bool] = False
    """Whether targets are class numbers, which a small float type would round."""

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        if reduction not in REDUCTIONS:
            raise unknown("reduction", reduction, [str(option) for option in REDUCTIONS])
        self.name = name or auto_name(type(self).__name__)
        self.reduction = reduction
        self._dtype_policy = get_policy(dtype or floatx())

    @property
    def dtype(self) -> str:
        """The dtype that the loss is computed in."""
        return self._dtype_policy.compute_dtype

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One value per sample (or per step of each sample)."""
        raise NotImplementedError(f"{type(self).__name__} must define `call(self, y_true, y_pred)`.")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch, weighted by `sample_weight` and by the masks that `y_pred` and the values carry."""
        mask = get_mask(y_pred)
        y_true = ops.convert_to_tensor(y_true) if self._targets_are_labels else self._convert(y_true)
        values = self.call(y_true, self._convert(y_pred))
        own = get_mask(values)
        mask = own if mask is None else mask if own is None else ops.logical_and(mask, own)
        return reduce_weighted(ops.cast(values, self.dtype), sample_weight, mask, self.reduction)

    def _convert(self, y: Any) -> Any:
        if isinstance(y, dict):
            return {key: self._convert(value) for key, value in y.items()}
        if isinstance(y, (list, tuple)) and y and hasattr(y[0], "shape"):
            return type(y)(self._convert(item) for item in y)
        return ops.cast(ops.convert_to_tensor(y), self.dtype)


class OfFunction(Configurable):
    """Base of classes made from one function of targets and predictions: its options are the attributes of that name.

    The function enters the library with the class, so that a configuration may name it.
    """

    function: ClassVar[Callable[..., Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        function: Any = vars(cls).get("function")
        if function is not None and registry.in_library(function):
            registry.add_to_library(function)

    def _apply(self, y_true: Any, y_pred: Any) -> Any:
        function = type(self).function
        options = {name: getattr(self, name) for name in _options(function) if hasattr(self, name)}
        return function(y_true, y_pred, **options)


class FunctionLoss(OfFunction, Loss):
    """A loss class made from a loss function.

    Args:
        reduction: see `Loss`.
        name: a name for logs, the function's by default.
        dtype: the dtype to compute in.
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(name or type(self).function.__name__, reduction, dtype)

    @property
    def fn(self) -> Callable[..., Any]:
        """The function."""
        return type(self).function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._apply(y_true, y_pred)


class LossFunctionWrapper(Loss):
    """A function `fn(y_true, y_pred, **kwargs)` as a loss.

    Args:
        fn: the function, which returns one value per sample; or the name of one of the library's.
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.
        **kwargs: options that the function is called with.
    """

    _takes_any = True

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.fn, self._fn_kwargs = named_function(fn), kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if hasattr(y_true, "shape") and hasattr(y_pred, "shape"):
            y_true, y_pred = same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "fn": serialize_function(self.fn), **registry.serialize(self._fn_kwargs)}


def serialize_function(function: Any) -> Any:
    """A function as plain data under its name, whether it is the library's or the user's own."""
    if not inspect.isfunction(function):
        return registry.serialize(function)
    name = registry.get_registered_name(function)
    return {"module": "builtins", "class_name": "function", "config": function.__name__, "registered_name": name}


def named_function(fn: Any) -> Any:
    """A function, or the library's function of that name."""
    return registry.find_object(fn) if isinstance(fn, str) else fn


@functools.cache
def _options(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)[2:]


def as_float(y: Any) -> Any:
    """`y` as a tensor of a float dtype, its own or the default one."""
    y = ops.convert_to_tensor(y)
    return y if is_float(y.dtype) else ops.cast(y, floatx())


def paired(name: str, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Targets and predictions for the function `name`: tensors of one float dtype and one shape."""
    y_pred = as_float(y_pred)
    y_true, y_pred = same_rank(ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype), y_pred)
    check_shapes(name, y_true, y_pred)
    return y_true, y_pred


def smoothed(name: str, y_true: Any, label_smoothing: float, classes: int) -> Any:
    """Targets of which `label_smoothing` is taken away and shared out evenly among the classes."""
    amount = check(Fraction, label_smoothing, f"{name}.label_smoothing")
    return y_true * (1.0 - amount) + amount / classes if amount else y_true


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


def check_shapes(name: str, y_true: Any, y_pred: Any) -> None:
    """Raise unless each prediction has its target: the shapes must be one, or one side a single number."""
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if not true or not pred or _agree(true, pred):
        return
    fix = ""
    if pred[-1] != 1 and (_agree(true, pred[:-1]) or _agree(true, (*pred[:-1], 1))):
        sparse = "sparse_categorical_" + ("accuracy" if name.endswith("accuracy") else "crossentropy")
        fix = (
            f" If y_true holds class numbers, use `{sparse}`, or make them one-hot with "
            f"`tsuno.utils.to_categorical(y_true, {pred[-1]})`."
        )
    elif _agree(true[:-1], pred[:-1]):
        fix = f" Let the model give {true[-1]} values where it gives {pred[-1]}, or the targets hold {pred[-1]}."
    elif true[0] != pred[0]:
        fix = " There must be one target for each prediction."
    raise ValueError(f"`{name}` needs y_true and y_pred of the same shape; got {true} and {pred}.{fix}")


def class_labels(name: str, y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Targets as class numbers, one for each vector of scores that `y_pred` holds along `axis`."""
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    place = axis % max(len(pred), 1)
    expected = pred[:place] + pred[place + 1 :]
    if _agree(true, expected) and pred:
        return ops.cast(y_true, "int32")
    with_axis = (*pred[:place], 1, *pred[place + 1 :])
    if _agree(true, with_axis) and pred:
        return ops.cast(ops.squeeze(y_true, place), "int32")
    fix = ""
    if _agree(true, pred):
        dense = name.removeprefix("sparse_")
        fix = f" For one-hot targets use `{dense}`, or pass `ops.argmax(y_true, axis={axis})`."
    raise ValueError(
        f"`{name}` takes class numbers: for y_pred of shape {pred}, y_true must have shape {expected} "
        f"or {with_axis}; got {true}.{fix}"
    )


def _agree(x: tuple[int | None, ...], y: tuple[int | None, ...]) -> bool:
    """Whether two shapes may be one; sizes not known yet fit any."""
    return len(x) == len(y) and all(a == b or a is None or b is None for a, b in zip(x, y, strict=True))


def fit_weight(weight: Any, values: Any) -> Any:
    """Weights that broadcast against values: those of samples count for everything that a sample holds."""
    own, shape = tuple(weight.shape), tuple(values.shape)
    if len(own) < len(shape) and all(a in (b, 1) for a, b in zip(own, shape, strict=False)):
        return ops.expand_dims(weight, tuple(range(len(own), len(shape)))) if own else weight
    if len(own) > len(shape) or any(a not in (b, 1) for a, b in zip(own[::-1], shape[::-1], strict=False)):
        fix = f" Pass one weight per sample: shape {shape[:1]}." if shape else ""
        raise ValueError(f"`sample_weight` of shape {own} does not fit values of shape {shape}.{fix}")
    return weight


def masked_weight(weight: Any, kept: Any) -> Any:
    """Weights times a mask in numbers; the one with fewer axes serves all that it covers of the other."""
    fewer, more = sorted(same_rank(weight, kept), key=lambda x: len(x.shape))
    return fit_weight(fewer, more) * more


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
            weight = masked_weight(weight, kept)
    if weight is not None:
        values, weight = same_rank(values, weight)
        values = values * (fit_weight(weight, values) if values.shape else weight)
    if reduction is None or reduction == "none" or values.shape == ():
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weight is not None:
        return ops.divide_no_nan(total, ops.sum(weight))
    return total / max(values.size, 1)
