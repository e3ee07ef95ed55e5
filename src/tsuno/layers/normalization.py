"""Normalizations: values shifted and scaled to mean 0 and variance 1, then to a learned mean and scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.context import context
from tsuno.core.errors import invalid
from tsuno.core.validate import Fraction, NonNegative
from tsuno.core.variable import Variable
from tsuno.layers.base import Layer
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions

__all__ = [
    "BatchNormalization", "GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization",
]  # fmt: skip


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
        renorm: correct each batch by how far it is from the averages, so that training and inference agree more.
        renorm_clipping: a dict with the least and largest factor `rmin`, `rmax` and the largest shift `dmax`.
        renorm_momentum: the momentum of the averages that `renorm` corrects with.
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

    moving_mean_initializer: Callable[..., Any]
    moving_variance_initializer: Callable[..., Any]

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
        renorm: bool = False,
        renorm_clipping: Mapping[str, float] | None = None,
        renorm_momentum: Fraction = 0.99,
        synchronized: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, int):
            raise invalid("BatchNormalization.axis", "an integer", axis)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale, self.synchronized = center, scale, synchronized
        self.renorm, self.renorm_momentum = renorm, renorm_momentum
        strange = set(renorm_clipping or ()) - {"rmin", "rmax", "dmax"}
        if strange:
            raise invalid("BatchNormalization.renorm_clipping", "a dict with keys among rmin, rmax, dmax", strange)
        self.renorm_clipping = dict(renorm_clipping or {}) if renorm else renorm_clipping
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        _check_axes(self, (self.axis,), input_shape)
        shape = (input_shape[self.axis],)
        self.gamma, self.beta = _scale_and_shift(self, shape, self.scale, self.center)
        averages: dict[str, Any] = {"trainable": False, "autocast": False}
        self.moving_mean = self._weight("moving_mean", shape, **averages)
        self.moving_variance = self._weight("moving_variance", shape, **averages)
        if self.renorm:
            deviation = lambda shape, dtype: ops.sqrt(self.moving_variance_initializer(shape, dtype=dtype))
            self.moving_stddev = self.add_weight(shape, deviation, name="moving_stddev", **averages)
            self.renorm_mean = self.add_weight(shape, self.moving_mean_initializer, name="renorm_mean", **averages)
            self.renorm_stddev = self.add_weight(shape, deviation, name="renorm_stddev", **averages)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: input_shape[self.axis]})

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        x = ops.cast(inputs, "float32") if self.compute_dtype in ("float16", "bfloat16") else inputs
        gamma, beta = self.gamma, self.beta
        if training and self.trainable:
            axes = tuple(axis for axis in range(len(x.shape)) if axis != self.axis % len(x.shape))
            mean, variance = _moments(x, axes, _counting(mask))
            if self.renorm:
                gamma, beta = self._renormalize(mean, variance)
            else:
                _move(self.moving_mean, mean, self.momentum)
                _move(self.moving_variance, variance, self.momentum)
        else:
            mean, variance = self.moving_mean.value, self.moving_variance.value
        mean, variance = ops.cast(mean, x.dtype), ops.cast(variance, x.dtype)
        x = ops.batch_normalization(x, mean, variance, self.axis, beta, gamma, self.epsilon)
        return ops.cast(x, self.compute_dtype)

    def _renormalize(self, mean: Any, variance: Any) -> tuple[Any, Any]:
        """γ · r and γ · d + β, where r and d lead from this batch's statistics to the averages; and move those."""
        clip, deviation = self.renorm_clipping or {}, ops.sqrt(variance + self.epsilon)
        kept = ops.maximum(self.renorm_stddev.value, self.epsilon**0.5)
        r, d = deviation / kept, (mean - self.renorm_mean.value) / kept
        r = ops.clip(r, clip.get("rmin", 0.0), clip.get("rmax", math.inf))
        d = ops.clip(d, -clip.get("dmax", math.inf), clip.get("dmax", math.inf))
        r, d = ops.stop_gradient(r), ops.stop_gradient(d)
        gamma = r if self.gamma is None else r * self.gamma
        beta = d if self.gamma is None else d * self.gamma
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, deviation, self.renorm_momentum)
        _move(self.moving_mean, mean, self.momentum)
        _move(self.moving_stddev, deviation, self.momentum)
        self.moving_variance.assign(ops.relu(ops.square(self.moving_stddev.value) - self.epsilon))
        return gamma, beta if self.beta is None else beta + self.beta


def _move(average: Variable, value: Any, momentum: float) -> None:
    """Let an average follow a value."""
    average.assign(average.value * momentum + value * (1.0 - momentum))


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
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        *,
        rms_scaling: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.axis = _axis(axis, "LayerNormalization.axis")
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


class GroupNormalization(Layer):
    """Normalize each sample over groups of its channels, all places together.

        (x - mean) / √(variance + ε) · γ + β

    Args:
        groups: into how many groups the channels are split; -1 for one group per channel.
        axis: the axis of the channels.
        epsilon: ε, against division by zero.
        center: whether to add the learned β.
        scale: whether to multiply by the learned γ.
        beta_initializer: how β's first values are made.
        gamma_initializer: how γ's first values are made.
        beta_regularizer: a penalty on β.
        gamma_regularizer: a penalty on γ.
        beta_constraint: what β is passed through after each step.
        gamma_constraint: what γ is passed through after each step.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.GroupNormalization(groups=2)
        >>> layer(np.array([[1.0, 3.0, 10.0, 30.0]])).round(2).tolist()
        [[-1.0, 1.0, -1.0, 1.0]]

    Source: Y. Wu and K. He, *Group Normalization*, 2018.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: NonNegative = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(groups, int) or isinstance(groups, bool) or (groups < 1 and groups != -1):
            raise invalid("GroupNormalization.groups", "a positive integer, or -1 for one group per channel", groups)
        self.groups, self.axis, self.epsilon, self.center, self.scale = groups, axis, epsilon, center, scale
        self.supports_masking = True
        self.autocast = False  # large inputs would become infinite in a half-width type

    def build(self, input_shape: Sequence[int | None]) -> None:
        _check_axes(self, (self.axis,), input_shape)
        channels = input_shape[self.axis]
        if channels is not None and self.groups == -1:
            self.groups = channels
        if channels is not None and channels % self.groups:
            raise invalid(f"{self.path}.groups", f"a divisor of the {channels} channels", self.groups)
        self.gamma, self.beta = _scale_and_shift(self, (channels,), self.scale, self.center)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, "float32") if self.compute_dtype in ("float16", "bfloat16") else inputs
        axis = self.axis % len(x.shape)
        grouped = (*x.shape[:axis], self.groups, x.shape[axis] // self.groups, *x.shape[axis + 1 :])
        x = ops.reshape(x, grouped)
        axes = tuple(place for place in range(1, len(grouped)) if place != axis)
        mean, variance = ops.moments(x, axes=axes, keepdims=True)
        shape = [size if place in (axis, axis + 1) else 1 for place, size in enumerate(grouped)]
        factor = ops.rsqrt(variance + self.epsilon)
        factor = factor if self.gamma is None else factor * ops.reshape(ops.cast(self.gamma, x.dtype), shape)
        x = (x - mean) * factor
        if self.beta is not None:
            x = x + ops.reshape(ops.cast(self.beta, x.dtype), shape)
        return ops.cast(ops.reshape(x, inputs.shape), self.compute_dtype)


class RMSNormalization(Layer):
    """Divide each sample by the root of the mean of its squares, then scale: x / √(mean(x²) + ε) · γ.

    Args:
        axis: the axis, or axes, to normalize over.
        epsilon: ε, against division by zero.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> y = tsuno.layers.RMSNormalization()(np.array([[3.0, 4.0]]))
        >>> [round(float(x), 3) for x in y[0]]
        [0.849, 1.131]

    Source: B. Zhang and R. Sennrich, *Root Mean Square Layer Normalization*, 2019.
    """

    def __init__(
        self, axis: int | Sequence[int] = -1, epsilon: NonNegative = 1e-6, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.axis, self.epsilon = axis if isinstance(axis, int) else sorted(axis), epsilon

    def build(self, input_shape: Sequence[int | None]) -> None:
        axes = [self.axis] if isinstance(self.axis, int) else self.axis
        _check_axes(self, axes, input_shape)
        self.scale = self.add_weight([input_shape[axis] for axis in axes], "ones", name="scale")

    def call(self, inputs: Any) -> Any:
        return ops.rms_normalization(inputs, scale=self.scale, axis=self.axis, epsilon=self.epsilon)


class UnitNormalization(Layer):
    """Scale each sample to norm 1: x / √(Σ x²).

    Args:
        axis: the axis, or axes, of the sum.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> y = tsuno.layers.UnitNormalization()(np.array([[3.0, 4.0]]))
        >>> [round(float(x), 3) for x in y[0]]
        [0.6, 0.8]
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = _axis(axis, "UnitNormalization.axis")
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        _check_axes(self, [self.axis] if isinstance(self.axis, int) else self.axis, input_shape)

    def call(self, inputs: Any) -> Any:
        return ops.normalize(inputs, axis=self.axis, order=2, epsilon=1e-12)


def _axis(axis: Any, where: str) -> int | list[int]:
    """An axis, or several as a list."""
    several = isinstance(axis, (list, tuple)) and all(isinstance(each, int) for each in axis)
    if not several and not isinstance(axis, int):
        raise invalid(where, "an integer or a list of integers", axis, kind=TypeError)
    return list(axis) if several else axis


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


def _counting(mask: Any) -> Any:
    """What a mask keeps of the rows that count."""
    present = context.present
    if mask is None or present is None:
        return present if mask is None else mask
    return ops.logical_and(mask, ops.reshape(present, (-1, *(1,) * (len(mask.shape) - 1))))


def _moments(x: Any, axes: tuple[int, ...], mask: Any) -> tuple[Any, Any]:
    """Mean and variance over axes, of what the mask keeps."""
    if mask is None:
        mean, variance = ops.moments(x, axes=axes)
        return mean, variance
    kept = ops.reshape(ops.cast(mask, x.dtype), (*mask.shape, *(1,) * (len(x.shape) - len(mask.shape))))
    kept = ops.broadcast_to(kept, x.shape)
    count = ops.sum(kept, axis=axes, keepdims=True) + 1e-7
    mean = ops.sum(x * kept, axis=axes, keepdims=True) / count
    variance = ops.sum(kept * ops.square(x - mean), axis=axes, keepdims=True) / count
    return ops.squeeze(mean, axes), ops.squeeze(variance, axes)
