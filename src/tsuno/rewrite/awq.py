"""AWQ: weights of inputs that are large are scaled up before rounding, so that their errors weigh less.

The scale of an input is a power of its largest magnitude in example inputs; the power is the one, of a grid from 0
to 1, that makes the error of the outputs smallest.

Source: J. Lin et al., *AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration*, 2024.
"""

from __future__ import annotations

import functools
from typing import Any

from tsuno import engine
from tsuno.core.config import once
from tsuno.core.errors import invalid
from tsuno.engine import xp
from tsuno.quantizers import pack_int4
from tsuno.quantizers.rounding import fit_levels, from_levels, to_levels

_BITS = 4


def add_to_magnitudes(magnitudes: Any, inputs: Any) -> Any:
    """The largest magnitude of each feature over all example inputs so far.

    Args:
        magnitudes: those so far, of shape (features,); zeros at first.
        inputs: further inputs, of shape (..., features).

    Example:
        >>> tsuno.rewrite.awq.add_to_magnitudes(np.zeros(2), np.array([[1.0, -2.0], [-3.0, 0.0]])).tolist()
        [3.0, 2.0]
    """
    x = xp.asarray(inputs).astype("float32")
    if x.shape[-1] != magnitudes.shape[0]:
        raise invalid("inputs", f"of {magnitudes.shape[0]} features, as the magnitudes are", inputs)
    return xp.maximum(magnitudes, xp.max(xp.abs(x.reshape(-1, x.shape[-1])), axis=0, initial=0))


def awq_quantize(
    kernel: Any, magnitudes: Any, *, group_size: int = -1, num_grid_points: int = 20
) -> tuple[Any, Any, Any, Any, Any]:
    """A kernel as levels of 4 bits.

    Args:
        kernel: of shape (inputs, outputs).
        magnitudes: from `add_to_magnitudes`.
        group_size: how many inputs share a scale; -1 for all.
        num_grid_points: how many powers above 0 are tried.

    Returns:
        The levels in uint8, two in a byte along the outputs, of shape (⌈outputs / 2⌉, inputs); scale and zero point,
        of shape (outputs, groups); what the weights of each input were multiplied by; the group of each input, in
        float32.
    """
    return _program(group_size, num_grid_points)(xp.asarray(kernel), xp.asarray(magnitudes).astype("float32"))


@once
def _program(group_size: int, num_grid_points: int) -> Any:
    return engine.subprogram(functools.partial(_quantize, group_size, num_grid_points))


def _quantize(group_size: int, num_grid_points: int, kernel: Any, magnitudes: Any) -> tuple[Any, ...]:
    weights = kernel.T
    magnitudes = xp.where(magnitudes < 1e-8, 1, magnitudes)
    inputs = weights.shape[1]
    groups = xp.arange(inputs) // (group_size if group_size > 0 else inputs)

    def rounded(input_scale: Any) -> tuple[Any, Any, Any]:
        scale, zero = fit_levels(weights * input_scale, _BITS, group_size=group_size)
        return to_levels(weights * input_scale, scale[:, groups], zero[:, groups], _BITS), scale, zero

    def attempt(best: tuple[Any, Any], power: Any) -> tuple[Any, None]:
        input_scale = _input_scale(magnitudes, power)
        error = weights - from_levels(*rounded(input_scale), groups) / input_scale
        loss = xp.mean(xp.square(error) * xp.square(magnitudes))
        return engine.tree.map(lambda new, old: xp.where(loss < best[0], new, old), (loss, input_scale), best), None

    powers = xp.arange(num_grid_points + 1, dtype="float32") / num_grid_points
    start = (xp.asarray(xp.inf, "float32"), xp.ones(inputs, "float32"))
    (_, input_scale), _ = engine.scan(attempt, start, powers)
    levels, scale, zero = rounded(input_scale)
    packed = pack_int4(levels.astype("uint8"), axis=0, dtype="uint8")[0]
    return packed, scale, zero, input_scale, groups.astype("float32")


def _input_scale(magnitudes: Any, power: Any) -> Any:
    """The magnitudes to a power, brought to a geometric mean of one between the smallest and the largest."""
    scale = xp.maximum(xp.power(magnitudes, power), 1e-4)
    return scale / xp.maximum(xp.sqrt(scale.max() * scale.min()), 1e-8)
