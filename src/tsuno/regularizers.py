"""Regularizers: penalties on weights and outputs, added to the loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Annotated, Any, Literal

from tsuno import ops
from tsuno.core import lookup, registry
from tsuno.core.config import Configurable
from tsuno.core.errors import describe
from tsuno.core.naming import to_snake_case
from tsuno.core.op import Tensor
from tsuno.core.validate import Check

__all__ = [
    "L1", "L1L2", "L2", "OrthogonalRegularizer", "Regularizer", "deserialize", "get", "l1", "l1_l2", "l2",
    "orthogonal_regularizer", "serialize",
]  # fmt: skip


def _strength(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < math.inf:
        raise ValueError
    return float(value)


Strength = Annotated[float, Check("a number, zero or more", _strength)]


class Regularizer(Configurable):
    """Base of regularizers: `__call__(x)` returns the penalty as a scalar.

    Example:
        >>> class Spread(tsuno.Regularizer):
        ...     def __call__(self, x):
        ...         return tsuno.ops.var(x)
        >>> float(Spread()(np.array([1.0, 3.0])))
        1.0
    """

    def __call__(self, x: Tensor) -> Any:
        return 0.0


class L1(Regularizer):
    """l1 · Σ |x|: drives weights to zero.

    Args:
        l1: the strength, zero or more; None for the default.

    Example:
        >>> round(float(tsuno.regularizers.L1(0.1)([1.0, -2.0])), 4)
        0.3

    Source: R. Tibshirani, *Regression Shrinkage and Selection via the Lasso*, 1996.
    """

    def __init__(self, l1: Strength | None = 0.01) -> None:
        self.l1 = 0.01 if l1 is None else l1

    def __call__(self, x: Tensor) -> Any:
        return self.l1 * ops.sum(ops.absolute(x))


class L2(Regularizer):
    """l2 · Σ x²: keeps weights small.

    Args:
        l2: the strength, zero or more; None for the default.

    Example:
        >>> round(float(tsuno.regularizers.L2(0.1)([1.0, -2.0])), 4)
        0.5

    Source: A. Hoerl and R. Kennard, *Ridge Regression: Biased Estimation for Nonorthogonal Problems*, 1970.
    """

    def __init__(self, l2: Strength | None = 0.01) -> None:
        self.l2 = 0.01 if l2 is None else l2

    def __call__(self, x: Tensor) -> Any:
        return self.l2 * ops.sum(ops.square(x))


class L1L2(Regularizer):
    """l1 · Σ |x| + l2 · Σ x².

    Args:
        l1: the strength of the first term, zero or more.
        l2: the strength of the second term, zero or more.

    Example:
        >>> round(float(tsuno.regularizers.L1L2(l1=0.1, l2=0.1)([1.0, -2.0])), 4)
        0.8

    Source: H. Zou and T. Hastie, *Regularization and Variable Selection via the Elastic Net*, 2005.
    """

    def __init__(self, l1: Strength | None = 0.0, l2: Strength | None = 0.0) -> None:
        self.l1, self.l2 = l1 or 0.0, l2 or 0.0

    def __call__(self, x: Tensor) -> Any:
        return self.l1 * ops.sum(ops.absolute(x)) + self.l2 * ops.sum(ops.square(x))


class OrthogonalRegularizer(Regularizer):
    """factor · the mean of |cos| of the angles between the rows, or the columns, of a matrix.

    Args:
        factor: the strength, zero or more.
        mode: `"rows"` or `"columns"`: what shall become orthogonal.

    Example:
        >>> round(float(tsuno.regularizers.OrthogonalRegularizer(1.0)([[2.0, 0.0], [1.0, 1.0]])), 4)
        0.7071
    """

    def __init__(self, factor: Strength = 0.01, mode: Literal["rows", "columns"] = "rows") -> None:
        self.factor, self.mode = factor, mode

    def __call__(self, x: Tensor) -> Any:
        x = ops.convert_to_tensor(x)
        if len(x.shape) != 2:
            raise ValueError(f"OrthogonalRegularizer is for matrices, weights of two axes; got {describe(x)}.")
        rows = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        count = rows.shape[0]
        cosines = ops.absolute(ops.matmul(rows, ops.transpose(rows))) * (1 - ops.eye(count, dtype=rows.dtype))
        return self.factor * ops.sum(cosines) / (count * (count - 1))


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

_NAMES: dict[str, type[Regularizer]] = {
    name: cls
    for cls in (Regularizer, L1, L2, L1L2, OrthogonalRegularizer)
    for name in (cls.__name__, to_snake_case(cls.__name__))
} | {"l1_l2": L1L2}


def get(identifier: Any) -> Any:
    """The regularizer with a name or config, or what was passed; any function of a tensor is one.

    Example:
        >>> tsuno.regularizers.get("l2")
        L2()
    """
    return lookup.lookup("regularizer", identifier, _NAMES)


def serialize(regularizer: Any) -> Any:
    """A regularizer as plain data.

    Example:
        >>> tsuno.regularizers.serialize(tsuno.regularizers.L2(0.1))["config"]
        {'l2': 0.1}
    """
    return registry.serialize(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The regularizer with a name or described by plain data.

    Example:
        >>> tsuno.regularizers.deserialize({"class_name": "L2", "config": {"l2": 0.1}})
        L2(l2=0.1)
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
