"""Metrics: counters that batches are added to, and the number they come to.

The counters are variables, so a metric is part of the state of a compiled program like a weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tsuno import initializers, ops
from tsuno.core import registry
from tsuno.core.config import Configurable
from tsuno.core.context import context, get_mask, scope
from tsuno.core.dtypes import get_policy
from tsuno.core.naming import auto_name
from tsuno.core.settings import floatx
from tsuno.core.spec import infer
from tsuno.core.variable import Holder, Variable, variables_of
from tsuno.losses.base import OfFunction, fit_weight, masked_weight, named_function, same_rank, serialize_function


class Metric(Configurable, Holder):
    """Base of metrics: `update_state` adds a batch, `result` reads the number, `reset_state` starts anew.

    Args:
        dtype: the dtype of the counters, the default float by default.
        name: a name for logs.

    Example:
        >>> class Count(tsuno.metrics.Metric):
        ...     def __init__(self, name="count", **kwargs):
        ...         super().__init__(name=name, **kwargs)
        ...         self.total = self.add_variable((), "zeros", name="total")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.total.assign_add(len(y_true))
        ...     def result(self):
        ...         return self.total.value
        >>> metric = Count()
        >>> metric.update_state([1, 2, 3], [1, 2, 4])
        >>> float(metric.result())
        3.0
    """

    _direction: str | None = None
    """`"up"` if more is better, `"down"` if less is, None if that depends."""

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self._dtype_policy = get_policy(dtype or floatx())

    @property
    def dtype(self) -> str:
        """The dtype of the counters."""
        return self._dtype_policy.variable_dtype

    @property
    def variables(self) -> list[Variable]:
        """The counters."""
        return variables_of(self)

    def add_variable(
        self,
        shape: Iterable[int],
        initializer: Any,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """A counter: a variable that batches are added to."""
        with scope(path=(*context.path, self.name)):
            return Variable(
                initializers.get(initializer), tuple(shape), dtype or floatx(), trainable=False, autocast=False,
                aggregation=aggregation, name=name,
            )  # fmt: skip

    def add_weight(
        self, shape: Iterable[int] = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """A counter, a single number that starts at zero unless said otherwise."""
        return self.add_variable(shape, initializer or "zeros", dtype, name=name)

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Make the counters that the first batch would make, from the shapes of targets and predictions alone.

        `fit` calls it, since what a compiled program counts with must be there before the program.
        """
        if not self.variables:
            infer(self.update_state, (y_true, y_pred), {})

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Add a batch."""
        raise NotImplementedError(f"{type(self).__name__} must define `update_state`.")

    def result(self) -> Any:
        """The number (or a dict of numbers) that the batches so far come to."""
        raise NotImplementedError(f"{type(self).__name__} must define `result`.")

    def reset_state(self) -> None:
        """Set all counters to zero."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a batch and return the number so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The counters after a batch, as a pure function of the counters before."""
        with self._holding(metric_variables):
            self.update_state(*args, **kwargs)
            return [variable.value for variable in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The number that given counters come to."""
        with self._holding(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Any]:
        """The counters at the start."""
        with self._holding([variable.value for variable in self.variables]):
            self.reset_state()
            return [variable.value for variable in self.variables]

    def _holding(self, values: Sequence[Any]) -> Any:
        own = self.variables
        if len(values) != len(own):
            raise ValueError(f"The metric {self.name!r} has {len(own)} variables; {len(values)} values were given.")
        return scope(bindings={**(context.bindings or {}), **dict(zip(map(id, own), values, strict=True))})


class Mean(Metric):
    """The weighted mean of the values it is given.

    Args:
        name: a name for logs.
        dtype: the dtype of the counters.

    Example:
        >>> metric = tsuno.metrics.Mean()
        >>> metric.update_state([1.0, 3.0])
        >>> metric.update_state([5.0], sample_weight=[2.0])
        >>> float(metric.result())
        3.5
    """

    def __init__(self, name: str = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")
        self.count = self.add_variable((), "zeros", self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, weight = per_sample(values, sample_weight, self.dtype)
        self.total.assign_add(ops.sum(values))
        self.count.assign_add(float(values.size) if weight is None else ops.sum(weight))

    def result(self) -> Any:
        return ops.divide_no_nan(self.total.value, self.count.value)


class Sum(Metric):
    """The weighted sum of the values it is given.

    Args:
        name: a name for logs.
        dtype: the dtype of the counter.

    Example:
        >>> metric = tsuno.metrics.Sum()
        >>> metric.update_state([1.0, 3.0])
        >>> metric.update_state([5.0], sample_weight=[2.0])
        >>> float(metric.result())
        14.0
    """

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        self.total.assign_add(ops.sum(per_sample(values, sample_weight, self.dtype, ops.sum)[0]))

    def result(self) -> Any:
        return self.total.value


class FunctionMean(OfFunction, Mean):
    """A metric class made from a function of targets and predictions: the mean of its values.

    The function's options are the constructor's arguments.

    Args:
        name: a name for logs, the function's by default.
        dtype: the dtype of the counters.
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name or type(self).function.__name__, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        mask = get_mask(y_pred)
        values = self._values(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
        super().update_state(values, combine_mask(sample_weight, mask, self.dtype))

    def _values(self, y_true: Any, y_pred: Any) -> Any:
        return self._apply(y_true, y_pred)


class MeanMetricWrapper(FunctionMean):
    """The mean of a function `fn(y_true, y_pred, **kwargs)`.

    Args:
        fn: the function, which returns one value per sample; or the name of one of the library's.
        name: a name for logs.
        dtype: the dtype of the counters.
        **kwargs: options that the function is called with.

    Example:
        >>> metric = tsuno.metrics.MeanMetricWrapper(lambda t, p: abs(t - p))
        >>> float(metric([1.0, 2.0], [1.0, 4.0]))
        1.0
    """

    _takes_any = True

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name or auto_name(type(self).__name__), dtype)
        self.fn, self._fn_kwargs = named_function(fn), kwargs

    def _values(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "fn": serialize_function(self.fn), **registry.serialize(self._fn_kwargs)}


class MetricPerOutput(Metric):
    """Base of metrics with counters for each output; how many there are, the first batch says, or shapes alone.

    A class makes its counters in `_make_counters(outputs)`.
    """

    _outputs: int | None = None

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Make the counters, unless they are there; and check that y_pred has the shape (samples, outputs)."""
        name, given = type(self).__name__, tuple(y_pred.shape)
        shape = max(given, tuple(y_true.shape), key=len)  # one of both may lack an axis of size 1
        if len(shape) != 2 or shape[1] is None:
            raise ValueError(f"`{name}` needs y_pred of shape (samples, outputs), with outputs known; got {given}.")
        if self._outputs is None:
            if context.bindings is not None:
                raise RuntimeError(
                    f"`{name}` has no counters yet, and a compiled program cannot make them. Call "
                    f"`build(y_true, y_pred)` or `update_state` with a batch before."
                )
            self._make(shape[1])
        if shape[1] != self._outputs:
            raise ValueError(f"`{name}` counts {self._outputs} outputs; got y_pred of shape {given}.")

    def _make(self, outputs: int) -> None:
        self._make_counters(outputs)
        self._outputs = outputs

    def _make_counters(self, outputs: int) -> None:
        raise NotImplementedError


def combine_mask(sample_weight: Any, mask: Any, dtype: Any) -> Any:
    """Weights that are zero where the mask is."""
    if mask is None:
        return sample_weight
    kept = ops.cast(mask, dtype)
    if sample_weight is None:
        return kept
    return masked_weight(ops.cast(ops.convert_to_tensor(sample_weight), dtype), kept)


def per_sample(values: Any, sample_weight: Any, dtype: Any, reduce: Callable[..., Any] = ops.mean) -> tuple[Any, Any]:
    """One weighted value per sample, and the weights: trailing axes are averaged away (or reduced otherwise)."""
    mask = get_mask(values)
    values = ops.cast(ops.convert_to_tensor(values), dtype)
    weight = None
    if sample_weight is not None:
        weight = ops.cast(ops.convert_to_tensor(combine_mask(sample_weight, mask, dtype)), dtype)
        values, weight = same_rank(values, weight)
        rank = len(weight.shape)
        if len(values.shape) > rank:
            values = reduce(values, axis=tuple(range(rank, len(values.shape))))
        weight = ops.broadcast_to(fit_weight(weight, values), values.shape)
        values = values * weight
        if rank > 1:
            weight = reduce(weight, axis=tuple(range(1, rank)))
    if len(values.shape) > 1:
        values = reduce(values, axis=tuple(range(1, len(values.shape))))
    return values, weight
