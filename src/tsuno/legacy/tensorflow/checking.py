"""`tf.debugging`: what must hold of tensors.

What has values is checked at once; in graphs and compiled functions a check is left out, as nothing there could raise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core import tree
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.legacy.tensorflow import effects, modes
from tsuno.legacy.tensorflow.errors_of import InvalidArgumentError
from tsuno.legacy.tensorflow.words import exposed


def _has_values(*tensors: Any) -> bool:
    leaves = [modes.value_of(leaf) for leaf in tree.flatten(tensors)]
    return not any((isinstance(leaf, KerasTensor) and leaf.value is None) or engine.is_traced(leaf) for leaf in leaves)


def _done() -> Any:
    return effects.no_op() if modes.graph_mode() else None


def _comparison(how: str, holds: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def check(x: Any, y: Any, message: Any = None, summarize: Any = None, data: Any = None) -> Any:
        if _has_values(x, y):
            mine, theirs = as_numpy(x), as_numpy(y)
            if not np.all(holds(mine, theirs)):
                raise InvalidArgumentError(f"{message or 'Check failed.'} Expected x {how} y; got {mine} and {theirs}.")
        return _done()

    check.__doc__ = f"Raise unless x {how} y everywhere."
    return check


assert_equal = _comparison("==", lambda x, y: x.shape == y.shape and x == y if x.dtype == object else x == y)
assert_none_equal = _comparison("!=", lambda x, y: x != y)
assert_less = _comparison("<", lambda x, y: x < y)
assert_less_equal = _comparison("<=", lambda x, y: x <= y)
assert_greater = _comparison(">", lambda x, y: x > y)
assert_greater_equal = _comparison(">=", lambda x, y: x >= y)


def assert_near(x: Any, y: Any, rtol: Any = None, atol: Any = None, message: Any = None, **options: Any) -> Any:
    """Raise unless x and y are nearly equal."""
    if _has_values(x, y):
        mine, theirs = as_numpy(x), as_numpy(y)
        if not np.allclose(mine, theirs, 1e-6 if rtol is None else rtol, 1e-6 if atol is None else atol):
            raise InvalidArgumentError(f"{message or 'Check failed.'} Expected x near y; got {mine} and {theirs}.")
    return _done()


def _sign(how: str, holds: Callable[[Any], Any]) -> Callable[..., Any]:
    def check(x: Any, message: Any = None, data: Any = None, summarize: Any = None) -> Any:
        if _has_values(x) and not np.all(holds(as_numpy(x))):
            raise InvalidArgumentError(f"{message or 'Check failed.'} Expected numbers {how} 0; got {as_numpy(x)}.")
        return _done()

    check.__doc__ = f"Raise unless all numbers are {how} 0."
    return check


assert_positive = _sign(">", lambda x: x > 0)
assert_negative = _sign("<", lambda x: x < 0)
assert_non_negative = _sign(">=", lambda x: x >= 0)
assert_non_positive = _sign("<=", lambda x: x <= 0)


def Assert(condition: Any, data: Any, summarize: Any = None) -> Any:
    """Raise with some data unless a condition holds."""
    if _has_values(condition) and not np.all(as_numpy(condition)):
        shown = [as_numpy(x).tolist() if hasattr(x, "shape") else x for x in data]
        raise InvalidArgumentError(f"Expected the condition to hold; it does not: {shown}.")
    return _done()


def assert_rank(x: Any, rank: int, message: Any = None, data: Any = None, summarize: Any = None) -> Any:
    """Raise unless a tensor has so many axes."""
    if len(np.shape(x) if not hasattr(x, "shape") else x.shape) != rank:
        raise ValueError(f"{message or 'Check failed.'} Expected {rank} axes; got the shape {tuple(x.shape)}.")
    return _done()


def assert_rank_at_least(x: Any, rank: int, message: Any = None, data: Any = None, summarize: Any = None) -> Any:
    """Raise unless a tensor has so many axes or more."""
    if len(x.shape) < rank:
        raise ValueError(f"{message or 'Check failed.'} Expected {rank} axes or more; got the shape {tuple(x.shape)}.")
    return _done()


def assert_rank_in(x: Any, ranks: Any, message: Any = None, data: Any = None, summarize: Any = None) -> Any:
    """Raise unless the number of axes is one of these."""
    if len(x.shape) not in list(ranks):
        raise ValueError(f"{message or 'Check failed.'} Expected axes {list(ranks)}; got the shape {tuple(x.shape)}.")
    return _done()


def assert_type(tensor: Any, tf_type: Any, message: Any = None) -> Any:
    """Raise unless a tensor has a dtype."""
    if str(tensor.dtype) != str(tf_type):
        raise TypeError(f"{message or 'Check failed.'} Expected the dtype {tf_type}; got {tensor.dtype}.")
    return _done()


def assert_scalar(tensor: Any, message: Any = None) -> Any:
    """The tensor, which must have no axes."""
    if len(tensor.shape):
        raise ValueError(f"{message or 'Check failed.'} Expected a scalar; got the shape {tuple(tensor.shape)}.")
    return tensor


def assert_shapes(shapes: Any, data: Any = None, summarize: Any = None, message: Any = None) -> Any:
    """Raise unless tensors have shapes in which one letter stands for one size."""
    sizes: dict[str, int] = {}
    for tensor, wanted in shapes.items() if isinstance(shapes, dict) else shapes:
        own = tuple(tensor.shape)
        fits = len(own) == len(wanted) and all(
            each is None or size is None or (sizes.setdefault(each, size) if isinstance(each, str) else each) == size
            for each, size in zip(wanted, own, strict=True)
        )
        if not fits:
            raise ValueError(f"{message or 'Check failed.'} Expected the shape {tuple(wanted)}; got {own}.")
    return _done()


def check_numerics(tensor: Any, message: str = "") -> Any:
    """The tensor, which must hold neither NaN nor infinity."""
    if _has_values(tensor) and not np.all(np.isfinite(as_numpy(tensor))):
        raise InvalidArgumentError(f"{message}: the tensor holds NaN or infinity: {as_numpy(tensor)}.")
    return tensor


def assert_all_finite(x: Any, message: str = "") -> Any:
    """The tensor, which must hold neither NaN nor infinity."""
    return check_numerics(x, message)


def verify_tensor_all_finite(t: Any = None, msg: str = "", x: Any = None, message: str = "") -> Any:
    """The tensor, which must hold neither NaN nor infinity."""
    return check_numerics(t if x is None else x, msg or message)


def add_check_numerics_ops() -> Any:
    """Has no effect: nothing in a compiled program could raise."""
    return _done()


def enable_check_numerics(**options: Any) -> None:
    """Has no effect; `tsuno.callbacks.TerminateOnNaN` ends training at NaN."""


def disable_check_numerics() -> None:
    """Has no effect."""


def set_log_device_placement(enabled: bool) -> None:
    """Has no effect."""


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether something is a tensor of numbers."""
    return hasattr(tensor, "dtype") and str(tensor.dtype) not in ("bool", "string")


_IN_TF = (
    "Assert assert_equal assert_less assert_less_equal assert_greater assert_greater_equal assert_near assert_positive "
    "assert_negative assert_non_negative assert_non_positive assert_rank assert_rank_at_least assert_type "
    "assert_scalar check_numerics verify_tensor_all_finite add_check_numerics_ops is_numeric_tensor"
)
IN_TF: dict[str, Any] = {name: exposed(globals()[name]) for name in _IN_TF.split()}
"""What `tf` itself has of these."""
