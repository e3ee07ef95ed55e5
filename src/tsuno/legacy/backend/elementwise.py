"""`keras.backend`, element by element: powers, comparisons, activations."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno import ops
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.op import Tensor
from tsuno.core.settings import floatx
from tsuno.legacy.backend.recording import of_one, of_two, whole

__all__ = [
    "abs", "cast", "cast_to_floatx", "clip", "cos", "elu", "equal", "exp", "greater", "greater_equal", "hard_sigmoid",
    "identity", "less", "less_equal", "lesser", "lesser_equal", "log", "maximum", "minimum", "not_equal", "pow",
    "relu", "round", "sigmoid", "sign", "sin", "softplus", "softsign", "sqrt", "square", "stop_gradient", "tanh",
]  # fmt: skip

abs = of_one("abs", ops.absolute, "|x|.")
square = of_one("square", ops.square, "x².")
sqrt = of_one("sqrt", lambda x: ops.sqrt(ops.where(ops.less(x, 0), 0, x)), "√x; 0 where x is negative.")
exp = of_one("exp", ops.exp, "e^x.")
log = of_one("log", ops.log, "The natural logarithm.")
round = of_one("round", ops.round, "The nearest integer, the even one of two.")
sign = of_one("sign", ops.sign, "-1, 0 or 1.")
sin = of_one("sin", ops.sin, "The sine.")
cos = of_one("cos", ops.cos, "The cosine.")
sigmoid = of_one("sigmoid", ops.sigmoid, "1 / (1 + e^-x).")
tanh = of_one("tanh", ops.tanh, "The hyperbolic tangent.")
softplus = of_one("softplus", ops.softplus, "log(1 + e^x).")
softsign = of_one("softsign", ops.softsign, "x / (1 + |x|).")
hard_sigmoid = of_one(
    "hard_sigmoid", lambda x: ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0, 1), "0.2 x + 0.5, kept from 0 to 1."
)
maximum = of_two("maximum", ops.maximum, "The larger of each two elements.")
minimum = of_two("minimum", ops.minimum, "The smaller of each two elements.")
equal = of_two("equal", ops.equal, "Whether x = y.")
not_equal = of_two("not_equal", ops.not_equal, "Whether x ≠ y.")
greater = of_two("greater", ops.greater, "Whether x > y.")
greater_equal = of_two("greater_equal", ops.greater_equal, "Whether x ≥ y.")
less = lesser = of_two("less", ops.less, "Whether x < y.")
less_equal = lesser_equal = of_two("less_equal", ops.less_equal, "Whether x ≤ y.")


def pow(x: Tensor, a: Any) -> Any:
    """x to the power of `a`."""
    return ops.power(x, a)


def clip(x: Tensor, min_value: Any, max_value: Any) -> Any:
    """x kept from `min_value` to `max_value`, each of which may be None; where they cross, the lower one counts."""
    low = -np.inf if min_value is None else min_value
    high = np.inf if max_value is None else max_value
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        high = max(low, high)
    return ops.clip(x, low, high)


def cast(x: Tensor, dtype: Any) -> Any:
    """The values in another dtype."""
    return ops.cast(x, dtype)


def cast_to_floatx(x: Any) -> Any:
    """The values in the default float: NumPy's stay NumPy's."""
    if hasattr(x, "dtype") and not isinstance(x, np.ndarray):
        return ops.cast(x, floatx())
    return np.asarray(x, dtype=numpy_dtype(floatx()))


def identity(x: Tensor, name: str | None = None) -> Any:
    """A copy."""
    return ops.copy(x)


def stop_gradient(variables: Any) -> Any:
    """The same values, constant to whoever differentiates; of a list, a list."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(variable) for variable in variables]
    return ops.stop_gradient(variables)


@whole
def relu(x: Tensor, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """x from `threshold` on, at most `max_value`; alpha · (x - threshold) below."""
    x = ops.convert_to_tensor(x)
    above = ops.where(ops.greater(x, threshold), x, 0)
    if max_value is not None:
        above = ops.clip(above, 0, max_value)
    return above if isinstance(alpha, (int, float)) and alpha == 0 else above - alpha * ops.relu(threshold - x)


def elu(x: Tensor, alpha: float = 1.0) -> Any:
    """x where it is positive, alpha · (e^x - 1) elsewhere."""
    return ops.elu(x, alpha)
