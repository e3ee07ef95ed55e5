"""Normalizations: values shifted and scaled to mean 0 and variance 1, then to a learned mean and scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.validate import Fraction, NonNegative
from tsuno.core.variable import Variable
from tsuno.layers.base import Layer
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions


class BatchNormalization(Layer):
    """Normalize each channel over the batch; in inference, with averages kept while training.

        (x - mean) / √(variance + ε) · γ + β

    Args:
        axis: the axis of the channels.
        momentum: how much of the kept averages stays at each step, from 0 to 1.
        epsilon: ε, against division by zero.
        center: whether to add the learned β.
        scale: whether to multiply by the learned γ.
        beta_initializer: how β's first values are made.
        gamma_initializer: how γ's first values are made.
        moving_mean_initializer: how the first kept mean is made.
        moving_variance_initializer: how the first kept variance is made.
        beta_regularizer: a penalty on β.
        gamma_regularizer: a penalty on γ.
        beta_constraint: what β is passed through after each step.
        gamma_constraint: what γ is passed through after each step.
        synchronized: compute over the batch of all devices; programs here always see the whole batch.
        **kwargs: the arguments of every layer, see `Layer`.

    With `trainable=False` the layer runs in inference mode, also while training.

    Example:
        >>> layer = tsuno.layers.BatchNormalization()
        >>> y = layer(np.array([[1.0], [3.0]]), training=True)
        >>> y.round(2).tolist()
        [[-1.0], [1.0]]

    Source: S. Ioffe and C. Szegedy, *Batch Normalization: Accelerating Deep Network Training*, 2015.
    """

    _lacks: ClassVar[Mapping[str, Any]] = {"renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}

    def __init__(
        self,
        axis: int = -1,
        momentum: Fraction = 0.99,
        epsilon: NonNegative = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        synchronized: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, int):
            raise invalid("BatchNormalization.axis", "an integer", axis)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale, self.synchronized = center, scale, synchronized
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        _check_axes(self, (self.axis,), input_shape)
        shape = (input_shape[self.axis],)
        self.gamma, self.beta = _scale_and_shift(self, shape, self.scale, self.center)
        averages: dict[str, Any] = {"trainable": False, "autocast": False}
        self.moving_mean = self._weight("moving_mean", shape, **averages)
        self.moving_variance = self._weight("moving_variance", shape, **averages)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: input_shape[self.axis]})

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        x = ops.cast(inputs, "float32") if self.compute_dtype in ("float16", "bfloat16") else inputs
        if training and self.trainable:
            axes = tuple(axis for axis in range(len(x.shape)) if axis != self.axis % len(x.shape))
            mean, variance = _moments(x, axes, mask)
            for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
                average.assign(average.value * self.momentum + value * (1.0 - self.momentum))
        else:
            mean, variance = self.moving_mean.value, self.moving_variance.value
        mean, variance = ops.cast(mean, x.dtype), ops.cast(variance, x.dtype)
        x = ops.batch_normalization(x, mean, variance, self.axis, self.beta, self.gamma, self.epsilon)
        return ops.cast(x, self.compute_dtype)


class LayerNormalization(Layer):
    """Normalize each sample over its own features.

        (x - mean) / √(variance + ε) · γ + β

    Args:
        axis: the axis, or axes, to normalize over.
        epsilon: ε, against division by zero.
        center: whether to add the learned β.
        scale: whether to multiply by the learned γ.
        rms_scaling: x / √(variance + ε) · γ instead; kept for old models.
        beta_initializer: how β's first values are made.
        gamma_initializer: how γ's first values are made.
        beta_regularizer: a penalty on β.
        gamma_regularizer: a penalty on γ.
        beta_constraint: what β is passed through after each step.
        gamma_constraint: what γ is passed through after each step.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.LayerNormalization()(np.array([[1.0, 3.0]])).round(2).tolist()
        [[-1.0, 1.0]]

    Source: J. L. Ba, J. R. Kiros and G. E. Hinton, *Layer Normalization*, 2016.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: NonNegative = 1e-3,
        center: bool = True,
        scale: bool = True,
        rms_scaling: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon, self.center, self.scale, self.rms_scaling = epsilon, center, scale, rms_scaling
        self.supports_masking = True

    @property
    def _axes(self) -> tuple[int, ...]:
        return (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)

    def build(self, input_shape: Sequence[int | None]) -> None:
        _check_axes(self, self._axes, input_shape)
        shape = tuple(input_shape[axis] for axis in self._axes)
        centered = self.center and not self.rms_scaling
        self.gamma, self.beta = _scale_and_shift(self, shape, self.scale or self.rms_scaling, centered)

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, "float32") if self.compute_dtype in ("float16", "bfloat16") else inputs
        axes = tuple(sorted(axis % len(x.shape) for axis in self._axes))
        mean, variance = ops.moments(x, axes=axes, keepdims=True)
        x = (x if self.rms_scaling else x - mean) * ops.rsqrt(variance + self.epsilon)
        shape = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
        if self.gamma is not None:
            x = x * ops.reshape(ops.cast(self.gamma, x.dtype), shape)
        if self.beta is not None:
            x = x + ops.reshape(ops.cast(self.beta, x.dtype), shape)
        return ops.cast(x, self.compute_dtype)


def _check_axes(layer: Layer, axes: Sequence[int], input_shape: Sequence[int | None]) -> None:
    for axis in axes:
        if not -len(input_shape) <= axis < len(input_shape):
            raise ValueError(
                f"`{layer.path}.axis` must be an axis of the input; got {axis} for an input of shape "
                f"{tuple(input_shape)}."
            )


def _scale_and_shift(
    layer: Any, shape: tuple[int | None, ...], gamma: bool, beta: bool
) -> tuple[Variable | None, Variable | None]:
    """The learned γ and β, None where they are not wanted."""
    gamma_and_beta = (("gamma", gamma), ("beta", beta))
    scale, shift = (layer._weight(name, shape, wanted=wanted, autocast=False) for name, wanted in gamma_and_beta)
    return scale, shift


def _moments(x: Any, axes: tuple[int, ...], mask: Any) -> tuple[Any, Any]:
    """Mean and variance over axes, of what the mask keeps."""
    if mask is None:
        mean, variance = ops.moments(x, axes=axes)
        return mean, variance
    kept = ops.reshape(ops.cast(mask, x.dtype), (*mask.shape, *(1,) * (len(x.shape) - len(mask.shape))))
    kept = ops.broadcast_to(kept, (*mask.shape, *x.shape[len(mask.shape) :]))
    count = ops.sum(kept, axis=axes, keepdims=True) + 1e-7
    mean = ops.sum(x * kept, axis=axes, keepdims=True) / count
    variance = ops.sum(kept * ops.square(x - mean), axis=axes, keepdims=True) / count
    return ops.squeeze(mean, axes), ops.squeeze(variance, axes)
