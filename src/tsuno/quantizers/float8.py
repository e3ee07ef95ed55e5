"""8-bit floats: values are divided by a scale, found from the largest magnitudes of recent steps, before rounding."""

from __future__ import annotations

from typing import Any

from tsuno.core.dtypes import numpy_dtype
from tsuno.core.op import Tensor, op
from tsuno.engine import xp


@op
def compute_float8_scale(amax: Tensor, scale: Tensor, dtype_max: Tensor, margin: int = 0) -> Tensor:
    """amax · 2^margin / dtype_max, the scale that brings the largest magnitude to the end of the dtype's range.

    Args:
        amax: the largest magnitude seen.
        scale: the scale so far, kept where `amax` is zero or not finite.
        dtype_max: the largest number of the 8-bit dtype.
        margin: how many powers of two are left free above the largest magnitude.

    Example:
        >>> float(tsuno.quantizers.compute_float8_scale(896.0, 1.0, 448.0))
        2.0
    """
    # As reciprocals, in which form the scale is found: so the bits are those of Keras.
    amax = xp.asarray(amax)
    wanted = dtype_max / amax / 2**margin
    return 1 / xp.where((amax > 0) & xp.isfinite(amax), wanted, 1 / xp.asarray(scale))


@op
def compute_float8_amax_history(x: Tensor, amax_history: Tensor) -> Tensor:
    """The history of largest magnitudes, rolled on by one step; that of `x` comes first.

    Example:
        >>> tsuno.quantizers.compute_float8_amax_history(np.array([-4.0, 3.0]), np.array([1.0, 2.0, 0.0])).tolist()
        [4.0, 0.0, 1.0]
    """
    amax = xp.max(xp.abs(x), initial=0).astype(amax_history.dtype)
    return xp.concatenate([amax[None], xp.roll(amax_history, -1)[1:]])


@op
def quantize_and_dequantize(inputs: Tensor, scale: Tensor, quantized_dtype: str, compute_dtype: str) -> Tensor:
    """scale · round(x / scale), rounded to an 8-bit float of that range.

    Args:
        inputs: floats.
        scale: the scale, a scalar or of a shape that broadcasts.
        quantized_dtype: `"float8_e4m3fn"` for weights and activations, `"float8_e5m2"` for gradients.
        compute_dtype: the dtype of the result.

    Example:
        >>> tsuno.quantizers.quantize_and_dequantize(np.array([0.3, 900.0]), 1.0, "float8_e4m3fn", "float32").tolist()
        [0.3125, 448.0]
    """
    dtype, small = numpy_dtype(compute_dtype), numpy_dtype(quantized_dtype)
    highest = xp.asarray(float(xp.finfo(small).max), dtype)
    scale = xp.asarray(scale).astype(dtype)
    x: Any = xp.clip(inputs / scale, -highest, highest).astype(small)
    return x.astype(dtype) * scale
