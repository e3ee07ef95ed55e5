"""GPTQ: weights rounded one input at a time, each error made up for by the weights of the inputs still to come.

How much the weight of one input can stand in for that of another is in the Hessian of the layer's squared error,
2 · X · Xᵀ / n over example inputs X. With P = H⁻¹, an error e in the weights of input j changes those of each later
input k by -e · P[j, k] / P[j, j].

Source: E. Frantar et al., *GPTQ: Accurate Quantization for Generative Pre-trained Transformers*, 2023.
"""

from __future__ import annotations

import functools
from typing import Any, Literal

from tsuno import engine
from tsuno.core.config import once
from tsuno.core.errors import invalid
from tsuno.engine import xp
from tsuno.quantizers import pack_int4
from tsuno.quantizers.rounding import fit_levels, from_levels, to_levels


def add_to_hessian(hessian: Any, count: Any, inputs: Any) -> tuple[Any, Any]:
    """The mean of 2 · x · xᵀ over all example inputs so far, and how many they are.

    Args:
        hessian: the mean so far, of shape (features, features); zeros at first.
        count: how many inputs it is the mean of.
        inputs: further ones, of shape (..., features).

    Example:
        >>> hessian, count = tsuno.rewrite.gptq.add_to_hessian(np.zeros((2, 2)), 0, np.array([[1.0, 2.0], [3.0, 0.0]]))
        >>> hessian.tolist(), count
        ([[10.0, 2.0], [2.0, 4.0]], 2)
    """
    x = xp.asarray(inputs).astype("float32").reshape(-1, inputs.shape[-1])
    if x.shape[-1] != hessian.shape[0]:
        raise invalid("inputs", f"of {hessian.shape[0]} features, as the Hessian is", inputs)
    total = count + x.shape[0]
    if not x.size:
        return hessian, total
    square = x.T @ x
    return hessian * (count / total) + (2 / total) * ((square + square.T) / 2), total


def gptq_quantize(
    kernel: Any,
    hessian: Any,
    *,
    bits: int = 4,
    group_size: int = -1,
    symmetric: bool = False,
    per_channel: bool = True,
    damping: float = 0.01,
    activation_order: bool = False,
    block_size: int = 128,
    factor: Literal["inverse", "cholesky"] = "inverse",
) -> tuple[Any, Any, Any, Any]:
    """A kernel as levels of few bits.

    Args:
        kernel: of shape (inputs, outputs).
        hessian: from `add_to_hessian`.
        bits: 2, 3, 4 or 8.
        group_size: how many inputs share a scale; -1 for all.
        symmetric: whether ranges are even about zero.
        per_channel: whether each output has scales of its own.
        damping: what is added to the Hessian's diagonal, as a share of its mean.
        activation_order: whether inputs with large values are rounded first.
        block_size: how many inputs are rounded before their errors reach the inputs after them.
        factor: P. `"inverse"` is the inverse of the Hessian, as Keras has it; `"cholesky"` its triangular factor, as
            the paper has it, which takes into account that what has been rounded no longer moves.

    Returns:
        The levels in uint8, of shape (outputs, inputs), two in a byte along the outputs if they have 4 bits; scale
        and zero point, of shape (outputs, groups); the group of each input, in float32.
    """
    weights = xp.asarray(kernel).T
    hessian = _damped(xp.asarray(hessian).astype("float32"), damping)
    inputs = weights.shape[1]
    order = xp.argsort(-xp.diagonal(hessian), stable=True) if activation_order else None
    matrix = xp.linalg.inv(hessian)
    if order is not None:
        weights, matrix = weights[:, order], matrix[order][:, order]
    if factor == "cholesky":
        matrix = xp.linalg.cholesky(matrix).T

    size = inputs if group_size == -1 else min(group_size, inputs)
    levels, scales, zeros = [], [], []
    for start in range(0, inputs, block_size):
        end = min(start + block_size, inputs)
        for first in range(-(-start // size) * size, end, size):  # the groups that begin in this block
            group = weights[:, first : first + size]
            scale, zero = fit_levels(group, bits, symmetric=symmetric, per_channel=per_channel)
            scales.append(scale)
            zeros.append(zero)
        groups = xp.arange(start, end) // size
        scale, zero = xp.concatenate(scales, axis=1), xp.concatenate(zeros, axis=1)
        block, errors = _block_program(bits)(
            weights[:, start:end], matrix[start:end, start:end], scale[:, groups], zero[:, groups]
        )
        levels.append(block)
        weights = xp.concatenate([weights[:, :end], weights[:, end:] - errors @ matrix[start:end, end:]], axis=1)

    quantized = xp.concatenate(levels, axis=1)
    group_index = xp.arange(inputs) // size
    if order is not None:
        back = xp.argsort(order)
        quantized, group_index = quantized[:, back], group_index[back]
    if bits == 4:
        quantized = pack_int4(quantized, axis=0, dtype="uint8")[0]
    return quantized, scale, zero, group_index.astype("float32")


def _damped(hessian: Any, damping: float) -> Any:
    """The Hessian with a share of the mean of its diagonal added to it; inputs that are always zero count as ones."""
    diagonal = xp.diagonal(hessian)
    diagonal = xp.where(diagonal == 0, 1, diagonal)
    diagonal = diagonal + damping * xp.mean(diagonal)
    return hessian - xp.diag(xp.diagonal(hessian)) + xp.diag(diagonal)


@once
def _block_program(bits: int) -> Any:
    """One compiled program for all blocks of a size."""
    return engine.subprogram(functools.partial(_round_block, bits))


def _round_block(bits: int, weights: Any, matrix: Any, scale: Any, zero: Any) -> tuple[Any, Any]:
    """The levels of a block of inputs, one after the other, and their errors, which the next blocks make up for."""
    places = xp.arange(weights.shape[1])

    def step(weights: Any, column: Any) -> tuple[Any, Any]:
        place, row, scale, zero = column
        weight = weights[:, place]
        level = to_levels(weight, scale, zero, bits)
        error = (weight - from_levels(level, scale, zero)) / row[place]
        change = error[:, None] * row
        return xp.where(places > place, weights - change, weights), (level.astype("uint8"), error)

    _, (levels, errors) = engine.scan(step, weights, (places, matrix, scale.T, zero.T))
    return levels.T, errors.T
