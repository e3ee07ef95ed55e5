"""Training for quantization: values take the levels they will have, gradients pass as if they had not."""

from __future__ import annotations

from typing import Any

from tsuno import engine
from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.fusing import fused


@op
@fused
def fake_quant_with_min_max_vars(
    inputs: Tensor,
    min_vals: Tensor,
    max_vals: Tensor,
    num_bits: int = 8,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Tensor:
    """`inputs`, clipped to a range and rounded to its 2^num_bits levels.

    The range is moved a little, so that zero is a level. The gradient is 1 for inputs within the range; beyond its
    ends, it goes to `min_vals` or `max_vals`, which can so be trained.

    Args:
        inputs: floats of any shape.
        min_vals, max_vals: the ends of the range: scalars, or vectors with an entry for each channel.
        num_bits: how many bits a level has.
        narrow_range: whether the lowest level is left out, which makes the range even about zero.
        axis: the axis of the channels; None for one range.

    Example:
        >>> x = np.array([-2.0, 0.3, 0.9, 5.0], "float32")
        >>> tsuno.quantizers.fake_quant_with_min_max_vars(x, -1.0, 2.0, num_bits=2).tolist()
        [-1.0, 0.0, 1.0, 2.0]

    Source: B. Jacob et al., *Quantization and Training of Neural Networks for Integer-Arithmetic-Only Inference*, 2018.
    """
    inputs = xp.asarray(inputs)
    ends = [xp.asarray(end) for end in (min_vals, max_vals)]
    if axis is not None:
        axis %= inputs.ndim
        shape = [size if place == axis else 1 for place, size in enumerate(inputs.shape)]
        ends = [end.reshape(shape) if end.ndim == 1 else end for end in ends]
    low, high = (end.astype(xp.promote_types(end.dtype, "float32")) for end in ends)
    least, most = int(narrow_range), 2 ** int(num_bits) - 1

    @engine.custom_gradient
    def rounded(x: Any, low: Any, high: Any) -> Any:
        scale, inverse = (high - low) / (most - least), (most - least) / (high - low)
        zero = xp.round(xp.clip(least - low / scale, least, most))
        start, end = (least - zero) * scale, (most - zero) * scale
        level = (xp.clip(x.astype(start.dtype), start, end) - start) * inverse
        values = xp.floor(level - xp.floor(-start * inverse + 0.5) + 0.5) * scale

        def gradient(upstream: Any) -> Any:
            below, above = (_sum_like(xp.where(mask, upstream, 0), low) for mask in (x <= start, x >= end))
            return xp.where((x >= start) & (x <= end), upstream, 0), below, above

        return values.astype(x.dtype), gradient

    result = rounded(inputs, low, high)
    return result


def _sum_like(x: Any, parameter: Any) -> Any:
    """`x`, summed over the axes along which `parameter` has been broadcast."""
    shape = (1,) * (x.ndim - parameter.ndim) + parameter.shape
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return x.astype(parameter.dtype).sum(axis=axes).reshape(parameter.shape)
