"""Products of 8-bit floats, in training too: inputs and kernel are rounded to e4m3, gradients of outputs to e5m2.

Each of the three has a state: a scale and the largest magnitudes of recent steps, from which the next scale is found.
The gradient of a state is what it shall be in the next step; the optimizer puts it in the place of the state.

Source: P. Micikevicius et al., *FP8 Formats for Deep Learning*, 2022.
"""

from __future__ import annotations

from typing import Any

from tsuno import engine, ops
from tsuno.core.dtypes import numpy_dtype
from tsuno.engine import xp
from tsuno.quantizers import compute_float8_amax_history, compute_float8_scale, quantize_and_dequantize

State = tuple[Any, Any]
"""A scale and the largest magnitudes of recent steps, in float32."""


def float8_product(
    equation: str, x: Any, kernel: Any, x_state: State, kernel_state: State, output_state: State, training: bool = True
) -> Any:
    """einsum(equation, x, kernel) of values rounded to 8-bit floats.

    Args:
        equation: the einsum of inputs and kernel.
        x, kernel: floats, in the dtype of the result.
        x_state, kernel_state: the states of both.
        output_state: the state of the gradient of the outputs.
        training: whether the states go on; if not, their gradients are they themselves.

    Example:
        >>> state = (np.float32(1), np.zeros(4, "float32"))
        >>> x, kernel = np.array([[0.3]], "float32"), np.array([[2.0]], "float32")
        >>> tsuno.rewrite.float8.float8_product("ab,bc->ac", x, kernel, state, state, state).tolist()
        [[0.625]]
    """
    x, kernel = _round_forward(x, x_state, training), _round_forward(kernel, kernel_state, training)
    return _round_backward(ops.einsum(equation, x, kernel), output_state)


def _round_forward(x: Any, state: State, training: bool) -> Any:
    @engine.custom_gradient
    def rounded(x: Any, scale: Any, history: Any) -> Any:
        following = _following(x, scale, history, "float8_e4m3fn") if training else (scale, history)
        values = quantize_and_dequantize(x, scale, "float8_e4m3fn", x.dtype)
        return values, lambda upstream: (upstream, *following)

    result = rounded(xp.asarray(x), *map(xp.asarray, state))
    return result


def _round_backward(y: Any, state: State) -> Any:
    """`y` as it is, with a gradient that is rounded."""

    @engine.custom_gradient
    def passed(y: Any, scale: Any, history: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            values = quantize_and_dequantize(upstream, scale, "float8_e5m2", y.dtype)
            return values, *_following(upstream, scale, history, "float8_e5m2")

        return y, gradient

    result = passed(y, *map(xp.asarray, state))
    return result


def _following(x: Any, scale: Any, history: Any, dtype: str) -> State:
    """The state of the next step: a scale from the steps before this one, and the magnitudes with this one."""
    largest = float(xp.finfo(numpy_dtype(dtype)).max)
    return compute_float8_scale(xp.max(history), scale, largest), compute_float8_amax_history(x, history)
