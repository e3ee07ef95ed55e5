"""Kernels in 8 or 4 bits: integers made from a kernel once, and products with them in place of the kernel.

An einsum of inputs and kernel stands for every use of a kernel, with a letter for each axis; `"...a,ab->...b"` is that
of a dense layer. What is summed over shares a scale. Scales are kept in the order of the outputs' axes, so that they
divide the outputs; the layouts are those of Keras' files.

4-bit kernels are matrices, two integers in a byte along the rows. In blocks, there is a scale and a zero point for
each column and each group of rows; `group_index` says which row belongs to which group. Without blocks, the unpacked
integers of a dense layer's kernel go into `int8_product`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tsuno import engine, ops
from tsuno.core.errors import invalid
from tsuno.engine import xp
from tsuno.quantizers import AbsMaxQuantizer, abs_max_quantize_grouped_with_zero_point, pack_int4, unpack_int4
from tsuno.quantizers.rounding import from_levels

DENSE = "...a,ab->...b"


def int8_kernel(kernel: Any, equation: str = DENSE, rank: int = 1, quantizer: Any = None) -> tuple[Any, Any]:
    """A kernel as integers from -127 to 127, and the scale that products with them are divided by.

    Args:
        kernel: floats.
        equation: the einsum that it is for. `"b,ab->a"` gives each row of a table a scale.
        rank: how many axes the inputs have; 1 leaves out the axes that the kernel has no part in.
        quantizer: what makes the integers; the largest magnitude over the summed axes by default.

    Example:
        >>> values, scale = tsuno.rewrite.integers.int8_kernel(np.array([[1.0, 2.0], [-0.5, 0.0]], "float32"))
        >>> values.tolist(), scale.tolist()
        ([[127, 127], [-63, 0]], [126.99998474121094, 63.5])
    """
    _, letters, output = _letters(equation, rank)
    axes = tuple(axis for axis, letter in enumerate(letters) if letter not in output)
    values, scale = (quantizer or AbsMaxQuantizer(axis=axes))(kernel, to_numpy=True)
    return values, _relabel(scale, letters, output)


def int8_values(values: Any, scale: Any, equation: str = DENSE, rank: int = 1, dtype: Any = "float32") -> Any:
    """The kernel that integers and their scale stand for."""
    _, letters, output = _letters(equation, rank)
    scale = scale.reshape((1,) * (len(output) - scale.ndim) + scale.shape)
    return values.astype(dtype) / _relabel(scale, output, letters)


def int8_product(equation: str, x: Any, values: Any, scale: Any, quantizer: Any = None) -> Any:
    """einsum(equation, x, kernel), computed with integers.

    The gradient of the inputs is that of the kernel which the integers stand for; integers and scale have none.

    Args:
        x: the inputs, in the dtype of the result.
        values, scale: from `int8_kernel`.
        quantizer: rounds the inputs to int8 over the summed axes, so that integers are multiplied; None to multiply
            floats.
    """
    inputs, letters, output = _letters(equation, x.ndim)
    axes = tuple(axis for axis, letter in enumerate(inputs) if letter not in output)
    dtype = x.dtype

    @engine.custom_gradient
    def product(x: Any, values: Any, scale: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            kernel = int8_values(values, scale, equation, x.ndim, dtype)
            return ops.einsum(f"{output},{letters}->{inputs}", upstream, kernel).astype(dtype), None, None

        factor = scale
        if quantizer is not None:
            x, x_scale = quantizer(x, axis=axes)
            factor = _relabel(x_scale, inputs, output) * scale
        else:
            values = values.astype(dtype)
        y = ops.einsum(equation, x, values)
        return (y.astype(dtype) / factor).astype(dtype), gradient

    result = product(x, values, scale)
    return result


def int8_rows(indices: Any, values: Any, scale: Any, dtype: Any = "float32") -> Any:
    """Rows of the table that integers and a scale for each row stand for."""
    return xp.take(values, indices, axis=0).astype(dtype) / xp.take(scale, indices, axis=0)[..., None].astype(dtype)


def int4_kernel(
    matrix: Any, block_size: int | None = None, quantizer: Any = None, axis: int = 0
) -> tuple[Any, Any, Any | None]:
    """A matrix as 4-bit integers, two in a byte along its rows; the scale; the zero point if there are blocks.

    Args:
        matrix: floats, of shape (rows, columns); see `matrix_shape` for other kernels.
        block_size: how many entries along `axis` share a scale and a zero point; None or -1 for one scale for all,
            by which integers are divided.
        quantizer: what makes the integers if there are no blocks.
        axis: the axis that is summed over: 0, or -1 for a table of rows.

    Example:
        >>> packed, scale, zero = tsuno.rewrite.integers.int4_kernel(np.array([[1.0, 2.0], [-0.5, 0.0]], "float32"))
        >>> packed.shape, scale.tolist(), zero
        ((2, 1), [6.999999046325684, 3.5], None)
    """
    zero = None
    if block_size in (None, -1):
        values, scale = (quantizer or AbsMaxQuantizer(axis=axis, value_range=(-8, 7)))(matrix, to_numpy=True)
        scale = xp.squeeze(scale, axis)
    else:
        turned = matrix if axis == 0 else matrix.T
        parts = abs_max_quantize_grouped_with_zero_point(turned, block_size, to_numpy=True)
        values, scale, zero = parts if axis == 0 else tuple(part.T for part in parts)
    return pack_int4(values, axis=-1)[0], scale, zero


def int4_values(
    packed: Any,
    columns: int,
    scale: Any,
    zero: Any = None,
    groups: Any = None,
    axis: int = 0,
    dtype: Any = "float32",
) -> Any:
    """The matrix, or the rows of one, that 4-bit integers stand for.

    Args:
        packed, scale, zero: from `int4_kernel`; the same rows of each, if not all are wanted and `axis` is -1.
        columns: how many integers a row has.
        groups: from `group_index`, if there is a zero point.
        axis: the axis that is summed over, as in `int4_kernel`.
        dtype: the dtype of the result.
    """
    values = unpack_int4(packed, columns, axis=-1)
    if zero is None:
        return values.astype(dtype) / xp.expand_dims(scale, axis).astype(dtype)
    return from_levels(values, scale, zero, groups, axis).astype(dtype)


def int4_rows(
    indices: Any,
    packed: Any,
    columns: int,
    scale: Any,
    zero: Any = None,
    groups: Any = None,
    dtype: Any = "float32",
) -> Any:
    """Rows of the table that 4-bit integers stand for; only they are unpacked."""
    packed, scale, zero = (None if part is None else xp.take(part, indices, axis=0) for part in (packed, scale, zero))
    return int4_values(packed, columns, scale, zero, groups, -1, dtype)


def product(equation: str, x: Any, kernel: Any, quantizer: Any = None) -> Any:
    """einsum(equation, x, kernel) with a kernel made of integers, which has no gradient.

    Args:
        quantizer: rounds the inputs over the summed axes; their gradient is as if they were not rounded.
    """
    if quantizer is not None:
        inputs, _, output = _letters(equation, x.ndim)
        axes = tuple(axis for axis, letter in enumerate(inputs) if letter not in output)
        x = _rounded(x, quantizer, axes)
    return ops.einsum(equation, x, engine.stop_gradient(kernel))


def group_index(size: int, block_size: int) -> Any:
    """The number of the block that each of `size` entries belongs to, as floats, which is how files keep it."""
    return xp.asarray([entry // block_size for entry in range(size)], "float32")


def matrix_shape(equation: str, shape: Sequence[int]) -> tuple[int, int]:
    """The rows and columns of a kernel as a matrix: what is summed over, and the rest.

    Example:
        >>> tsuno.rewrite.integers.matrix_shape("abc,cde->abde", (8, 2, 3))
        (8, 6)
    """
    _, letters, output = _letters(equation, len(equation))
    rows = math.prod(size for letter, size in zip(letters, shape, strict=True) if letter not in output)
    columns = math.prod(size for letter, size in zip(letters, shape, strict=True) if letter in output)
    return rows, columns


def _rounded(x: Any, quantizer: Any, axes: tuple[int, ...]) -> Any:
    @engine.custom_gradient
    def rounded(x: Any) -> Any:
        values, scale = quantizer(x, axis=axes)
        return values.astype(x.dtype) / scale, lambda upstream: upstream

    result = rounded(x)
    return result


def _letters(equation: str, rank: int) -> tuple[str, str, str]:
    """The letters of the inputs', the kernel's and the outputs' axes, with one for each that an ellipsis stands for."""
    operands, arrow, output = equation.replace(" ", "").partition("->")
    inputs, comma, kernel = operands.partition(",")
    if not arrow or not comma or "..." in kernel:
        raise invalid("equation", "an einsum of the form 'inputs,kernel->outputs'", equation)
    if "..." in inputs:
        free = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in equation]
        further = "".join(free[: max(0, rank - len(inputs.replace("...", "")))])
        inputs, output = inputs.replace("...", further), output.replace("...", further)
    return inputs, kernel, output


def _relabel(x: Any, source: str, target: str) -> Any:
    """`x`, whose axes have the letters `source`, with the axes `target`: those it lacks are of size 1."""
    kept = [letter for letter in source if letter in target]
    x = xp.squeeze(x, tuple(axis for axis, letter in enumerate(source) if letter not in target))
    x = xp.transpose(x, [kept.index(letter) for letter in target if letter in kept])
    return xp.expand_dims(x, [axis for axis, letter in enumerate(target) if letter not in kept])
