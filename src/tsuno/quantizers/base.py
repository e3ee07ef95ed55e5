"""Quantizers: functions from floats to small integers and the scale they were made with, with a configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno.core.config import Configurable
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor
from tsuno.core.validate import NonNegative
from tsuno.quantizers.rounding import EPSILON, abs_max_quantize


class Quantizer(Configurable):
    """Base of quantizers: `__call__(x)` returns what stands for `x` in few bits.

    Args:
        output_dtype: the dtype of the integers.

    Example:
        >>> class Signs(tsuno.Quantizer):
        ...     def __call__(self, x):
        ...         return tsuno.ops.cast(tsuno.ops.sign(x), self.output_dtype)
        >>> Signs()(np.array([-2.0, 3.0])).tolist()
        [-1, 1]
    """

    def __init__(self, output_dtype: str = "int8") -> None:
        self.output_dtype = output_dtype

    def __call__(self, x: Tensor) -> Any:
        return x


class AbsMaxQuantizer(Quantizer):
    """round(x · scale), where the largest magnitude along an axis becomes the end of the range.

    Args:
        axis: the axis or axes that share a scale, if a call names none; None for the last.
        value_range: the lowest and the highest integer.
        epsilon: keeps the scale finite where all values are zero.
        output_dtype: the dtype of the integers.

    Raises:
        ValueError: the range does not fit int8.

    Example:
        >>> quantizer = tsuno.quantizers.AbsMaxQuantizer(axis=-1)
        >>> values, scale = quantizer(np.array([[-1.0, 2.0], [2.0, 4.0]], "float32"))
        >>> values.tolist(), scale.tolist()
        ([[-64, 127], [64, 127]], [[63.5], [31.75]])
    """

    def __init__(
        self,
        axis: int | Sequence[int] | None = None,
        value_range: Sequence[float] = (-127, 127),
        epsilon: NonNegative = EPSILON,
        output_dtype: str = "int8",
    ) -> None:
        super().__init__(output_dtype=output_dtype)
        self.axis = (axis,) if isinstance(axis, int) else None if axis is None else tuple(axis)
        self.value_range = tuple(value_range)
        self.epsilon = epsilon
        if output_dtype == "int8" and (self.value_range[0] < -128 or self.value_range[1] > 127):
            raise invalid("AbsMaxQuantizer.value_range", "within -128 … 127, the range of int8", value_range)

    def __call__(self, x: Tensor, axis: int | Sequence[int] | None = None, to_numpy: bool = False) -> Any:
        axis = self.axis if axis is None else axis
        axis = -1 if axis is None else axis
        return abs_max_quantize(x, axis, self.value_range, self.output_dtype, self.epsilon, to_numpy)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; the axis only if there is one."""
        config = super().get_config()
        return config if self.axis is not None else {name: config[name] for name in config if name != "axis"}
