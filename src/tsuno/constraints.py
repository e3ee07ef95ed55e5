"""Constraints: what a weight must satisfy after each step, as projections onto the allowed values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno import ops
from tsuno.core import lookup, registry
from tsuno.core.config import Configurable
from tsuno.core.errors import invalid
from tsuno.core.naming import to_snake_case
from tsuno.core.op import Tensor
from tsuno.core.settings import epsilon
from tsuno.core.validate import Fraction, NonNegative

__all__ = [
    "Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "deserialize", "get", "max_norm", "min_max_norm",
    "non_neg", "serialize", "unit_norm",
]  # fmt: skip

Axis = int | list[int] | tuple[int, ...]


class Constraint(Configurable):
    """Base of constraints: `__call__(w)` returns the allowed value nearest in meaning to `w`.

    Example:
        >>> class Centered(tsuno.constraints.Constraint):
        ...     def __call__(self, w):
        ...         return w - tsuno.ops.mean(w)
        >>> Centered()(np.array([1.0, 3.0], "float32")).tolist()
        [-1.0, 1.0]
    """

    def __call__(self, w: Tensor) -> Any:
        return w


class MaxNorm(Constraint):
    """Scales down what has a norm above `max_value`: w · min(‖w‖, max_value) / ‖w‖.

    Args:
        max_value: the largest norm, zero or more.
        axis: the axis or axes over which a norm is taken: 0 for each unit's incoming weights in `Dense`, (0, 1, 2) for
            each filter of `Conv2D`.

    Example:
        >>> np.asarray(tsuno.constraints.MaxNorm(1.0)(np.array([[3.0], [4.0]], "float32"))).round(3)
        array([[0.6],
               [0.8]], dtype=float32)

    Source: N. Srivastava et al., *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, 2014.
    """

    def __init__(self, max_value: NonNegative = 2, axis: Axis = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Tensor) -> Any:
        w, norm = _with_norm(w, self.axis)
        return w * (ops.minimum(norm, self.max_value) / (epsilon() + norm))


class MinMaxNorm(Constraint):
    """Scales towards norms from `min_value` to `max_value`: w · (rate · clip(‖w‖) + (1 - rate) · ‖w‖) / ‖w‖.

    Args:
        min_value: the smallest norm, zero or more.
        max_value: the largest norm, at least `min_value`.
        rate: how much of the way is gone at each step, from 0 to 1.
        axis: the axis or axes over which a norm is taken.

    Example:
        >>> towards_one = tsuno.constraints.MinMaxNorm(max_value=1.0, rate=0.5)
        >>> np.asarray(towards_one(np.array([[3.0], [4.0]], "float32"))).round(3)
        array([[1.8],
               [2.4]], dtype=float32)
    """

    def __init__(
        self, min_value: NonNegative = 0.0, max_value: NonNegative = 1.0, rate: Fraction = 1.0, axis: Axis = 0
    ) -> None:
        if max_value < min_value:
            raise invalid("MinMaxNorm.max_value", f"at least min_value={min_value}", max_value)
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Tensor) -> Any:
        w, norm = _with_norm(w, self.axis)
        wanted = self.rate * ops.clip(norm, self.min_value, self.max_value) + (1 - self.rate) * norm
        return w * (wanted / (epsilon() + norm))


class NonNeg(Constraint):
    """Sets negative weights to zero.

    Example:
        >>> tsuno.constraints.NonNeg()(np.array([-1.0, 2.0], "float32")).tolist()
        [0.0, 2.0]
    """

    def __call__(self, w: Tensor) -> Any:
        return ops.maximum(w, 0)


class UnitNorm(Constraint):
    """Scales to a norm of one: w / ‖w‖.

    Args:
        axis: the axis or axes over which a norm is taken.

    Example:
        >>> np.asarray(tsuno.constraints.UnitNorm()(np.array([[3.0], [4.0]], "float32"))).round(3)
        array([[0.6],
               [0.8]], dtype=float32)
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = axis

    def __call__(self, w: Tensor) -> Any:
        w, norm = _with_norm(w, self.axis)
        return w / (epsilon() + norm)


def _with_norm(w: Tensor, axis: Axis) -> tuple[Any, Any]:
    w = ops.convert_to_tensor(w)
    return w, ops.sqrt(ops.sum(ops.square(w), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True))


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm

_NAMES: dict[str, type[Constraint]] = {
    name: cls
    for cls in (Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm)
    for name in (cls.__name__, to_snake_case(cls.__name__))
}


def get(identifier: Any) -> Any:
    """The constraint with a name or config, or what was passed; any function of a weight is one.

    Example:
        >>> tsuno.constraints.get("max_norm")
        MaxNorm()
    """
    return lookup.lookup("constraint", identifier, _NAMES)


def serialize(constraint: Any) -> Any:
    """A constraint as plain data.

    Example:
        >>> tsuno.constraints.serialize(tsuno.constraints.MaxNorm(3))["config"]
        {'max_value': 3, 'axis': 0}
    """
    return registry.serialize(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The constraint with a name or described by plain data.

    Example:
        >>> tsuno.constraints.deserialize({"class_name": "MaxNorm", "config": {"max_value": 3}})
        MaxNorm(max_value=3)
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
