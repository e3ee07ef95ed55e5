"""Activations as layers, for those that have a parameter or a weight of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import activations, ops
from tsuno.core.validate import NonNegative
from tsuno.layers.base import Layer
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions

__all__ = ["ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax"]


class ReLU(Layer):
    """The rectified linear unit: x above the threshold, a small slope below it, a largest value.

    Args:
        max_value: the largest output; none by default.
        negative_slope: the slope below the threshold.
        threshold: where the slope changes.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.ReLU(max_value=2)(np.array([-1.0, 1.0, 5.0])).tolist()
        [0.0, 1.0, 2.0]
    """

    def __init__(
        self,
        max_value: NonNegative | None = None,
        negative_slope: NonNegative = 0.0,
        threshold: NonNegative = 0.0,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return activations.relu(
            inputs, negative_slope=self.negative_slope, max_value=self.max_value, threshold=self.threshold
        )


class LeakyReLU(Layer):
    """A rectified linear unit that lets a part of negative values through.

        x for x ≥ 0, negative_slope · x below

    Args:
        negative_slope: the slope below 0.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.LeakyReLU(0.5)(np.array([-1.0, 1.0])).tolist()
        [-0.5, 1.0]

    Source: A. Maas et al., *Rectifier Nonlinearities Improve Neural Network Acoustic Models*, 2013.
    """

    def __init__(self, negative_slope: NonNegative = 0.3, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.negative_slope = negative_slope
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


class ELU(Layer):
    """The exponential linear unit: x for x ≥ 0, α (eˣ - 1) below.

    Args:
        alpha: α; the outputs stay above -α.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.ELU()(np.array([-100.0, 1.0])).tolist()
        [-1.0, 1.0]

    Source: D. Clevert et al., *Fast and Accurate Deep Network Learning by Exponential Linear Units*, 2015.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return activations.elu(inputs, alpha=self.alpha)


class PReLU(Layer):
    """A rectified linear unit whose slope α below 0 is learned, for each place.

    Args:
        alpha_initializer: how the first slopes are made.
        alpha_regularizer: a penalty on the slopes.
        alpha_constraint: what the slopes are passed through after each step.
        shared_axes: axes along which one slope is shared, such as `[1, 2]` for one slope per channel of an image.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.PReLU(alpha_initializer="ones")(np.array([[-1.0, 1.0]])).tolist()
        [[-1.0, 1.0]]

    Source: K. He et al., *Delving Deep into Rectifiers*, 2015.
    """

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes and list(shared_axes)
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        shared = {axis % len(input_shape) for axis in self.shared_axes or ()}
        shape = [1 if axis in shared else size for axis, size in enumerate(input_shape)]
        self.alpha = self._weight("alpha", shape[1:])
        axes = {axis: size for axis, size in enumerate(input_shape) if axis and axis not in shared and shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs: Any) -> Any:
        return ops.relu(inputs) - self.alpha * ops.relu(-inputs)


class Softmax(Layer):
    """eˣ / Σ eˣ along an axis, or several; what a mask leaves out gets 0.

    Args:
        axis: the axis, or axes, along which the outputs sum to 1.
        **kwargs: the arguments of every layer, see `Layer`.

    Call arguments: `inputs`; `mask`, of a shape that broadcasts to theirs, True for what takes part.

    Example:
        >>> tsuno.layers.Softmax()(np.zeros((1, 3)), mask=np.array([[True, True, False]])).tolist()
        [[0.5, 0.5, 0.0]]
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        return masked_softmax(inputs, mask, self.axis)


def masked_softmax(scores: Any, mask: Any, axis: int | Sequence[int], zero: bool = True) -> Any:
    """The softmax of what a mask keeps; the rest gets 0, or next to 0 with `zero=False`.

    Where nothing is kept, all gets 0, or the same weight with `zero=False`.
    """
    if mask is not None:
        pairs = zip(reversed(mask.shape), reversed(scores.shape), strict=False)
        if len(mask.shape) > len(scores.shape) or any(m not in (1, n) for m, n in pairs):
            raise ValueError(
                f"A mask must broadcast to what it is for, of shape {tuple(scores.shape)}; got {tuple(mask.shape)}."
            )
        mask = ops.cast(mask, "bool") if str(mask.dtype) == "bool" else ops.greater(mask, 0.5)
        low = -3e4 if str(scores.dtype) == "float16" else -1e9
        scores = ops.where(mask, scores, ops.cast(low, scores.dtype))
    weights = ops.softmax(scores, axis=axis)
    return weights if mask is None or not zero else ops.where(mask, weights, ops.zeros_like(weights))
