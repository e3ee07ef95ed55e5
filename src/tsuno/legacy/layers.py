"""Layers of the past that have no counterpart today, in today's words; old arguments are read by the table."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, Literal, Unpack

from tsuno import activations, initializers, ops
from tsuno.core.errors import invalid
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import NonNegative, PositiveInt, sizes
from tsuno.layers import Layer
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions
from tsuno.layers.spatial import _Spatial

__all__ = [
    "Highway", "LocallyConnected1D", "LocallyConnected2D", "MaxoutDense", "ParametricSoftplus", "SReLU",
    "ThresholdedReLU",
]  # fmt: skip


class _Old(Layer):
    """What the layers of this module share: in files they stand among the layers of Keras."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        cls._config_module = "keras.layers"
        super().__init_subclass__(**kwargs)

    _config_module = "keras.layers"


class _LocallyConnected(_Old, _Spatial):
    """A convolution that has filters of its own at every place: activation(patch · kernel[place] + bias[place]).

    The kernel is (places, patch, filters), the bias (*places, filters); a patch is in the order of the input's axes.
    """

    bias: Any

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: Any,
        strides: Any = 1,
        padding: Literal["valid", "same"] = "valid",
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        kind = type(self).__name__
        self.filters, self.padding, self.use_bias = filters, padding, use_bias
        self.kernel_size = sizes(kernel_size, self.rank, f"{kind}.kernel_size")
        self.strides = sizes(strides, self.rank, f"{kind}.strides")
        self.data_format = standardize_data_format(data_format)

    def _places(self, shape: Sequence[Any]) -> tuple[int, ...]:
        """How many places there are along each spatial axis."""
        if self.padding == "same":
            return tuple(-(-n // s) for n, s in zip(shape, self.strides, strict=True))
        return tuple((n - k) // s + 1 for n, k, s in zip(shape, self.kernel_size, self.strides, strict=True))

    def build(self, input_shape: Sequence[int | None]) -> None:
        shape, channels = self._sizes(input_shape), input_shape[self._channel_axis]
        if channels is None or any(size is None for size in shape):
            raise invalid(f"{self.path}.inputs", "of known size along all axes but the first", tuple(input_shape))
        places = self._places(shape)
        if min(places) < 1:
            raise ValueError(f"The input of `{self.path}`, of shape {tuple(input_shape)}, is smaller than its window.")
        window = math.prod(self.kernel_size) * channels
        self.kernel = self._weight("kernel", (math.prod(places), window, self.filters))
        self.bias = self._weight("bias", (*places, self.filters), wanted=self.use_bias)
        self.input_spec = InputSpec(
            ndim=self.rank + 2, axes={axis: input_shape[axis] for axis in range(-len(shape), 0)}
        )

    def call(self, inputs: Any) -> Any:
        first = self.data_format == "channels_first"
        x = ops.moveaxis(inputs, 1, -1) if first else inputs
        places = self._places(x.shape[1:-1])
        if self.padding == "same":
            x = ops.pad(x, [(0, 0), *self._margins(x.shape[1:-1], places), (0, 0)])
        views = []
        for offsets in itertools.product(*map(range, self.kernel_size)):
            spots = zip(offsets, places, self.strides, strict=True)
            views.append(x[(slice(None), *(slice(o, o + (n - 1) * s + 1, s) for o, n, s in spots))])
        patches = ops.stack(views, axis=-1 if first else -2)
        window = patches.shape[-1] * patches.shape[-2]
        patches = ops.reshape(patches, (-1, math.prod(places), window))
        x = ops.reshape(ops.einsum("npw,pwf->npf", patches, self.kernel), (-1, *places, self.filters))
        x = ops.moveaxis(x, -1, 1) if first else x
        if self.bias is not None:  # with the channels first, Keras 2 takes its numbers in another order
            x = ops.add(x, ops.reshape(self.bias, (self.filters, *places)) if first else self.bias)
        return self._activated(x)

    def _margins(self, shape: Sequence[int], places: Sequence[int]) -> list[tuple[int, int]]:
        wide = [
            max((p - 1) * s + k - n, 0)
            for n, p, s, k in zip(shape, places, self.strides, self.kernel_size, strict=True)
        ]
        return [(each // 2, each - each // 2) for each in wide]


class LocallyConnected1D(_LocallyConnected):
    """A convolution over time that has filters of its own at every step.

    Args:
        filters: the number of filters, which is the number of output channels.
        kernel_size: the window's length in steps.
        strides: by how many steps the window moves.
        padding: `"valid"` (none) or `"same"` (zeros, so that stride 1 keeps the length).
        data_format: `"channels_last"` (batch, steps, channels) or `"channels_first"` (batch, channels, steps).
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: how the kernel's first values are made.
        bias_initializer: how the bias's first values are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step.
        bias_constraint: what the bias is passed through after each step.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, channels). Output shape: (batch, new_steps, filters).

    Example:
        >>> from tsuno.legacy.layers import LocallyConnected1D
        >>> LocallyConnected1D(2, 3)(np.ones((4, 10, 5), "float32")).shape
        (4, 8, 2)
    """

    rank = 1


class LocallyConnected2D(_LocallyConnected):
    """A convolution over images that has filters of its own at every place.

    Args:
        filters: the number of filters, which is the number of output channels.
        kernel_size: the window's rows and columns, or one number for both.
        strides: by how many rows and columns the window moves, or one number for both.
        padding: `"valid"` (none) or `"same"` (zeros, so that stride 1 keeps the size).
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"` (batch, channels, rows,
            columns).
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: how the kernel's first values are made.
        bias_initializer: how the bias's first values are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step.
        bias_constraint: what the bias is passed through after each step.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, rows, columns, channels). Output shape: (batch, new_rows, new_columns, filters).

    Example:
        >>> from tsuno.legacy.layers import LocallyConnected2D
        >>> LocallyConnected2D(2, 3)(np.ones((4, 8, 8, 3), "float32")).shape
        (4, 6, 6, 2)
    """

    rank = 2


class MaxoutDense(_Old):
    """The largest of several fully connected layers: max over k of inputs · kernel[k] + bias[k].

    Args:
        units: the number of outputs.
        nb_feature: how many layers the largest is taken of.
        kernel_initializer: how the kernel's first values are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step.
        bias_constraint: what the bias is passed through after each step.
        use_bias: whether to add a bias.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, features). Output shape: (batch, units).

    Example:
        >>> from tsuno.legacy.layers import MaxoutDense
        >>> MaxoutDense(2, nb_feature=3)(np.ones((5, 4), "float32")).shape
        (5, 2)

    Source: I. Goodfellow et al., *Maxout Networks*, 2013.
    """

    def __init__(
        self,
        units: PositiveInt,
        nb_feature: PositiveInt = 4,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_bias: bool = True,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units, self.nb_feature, self.use_bias = units, nb_feature, use_bias
        self.input_spec = InputSpec(ndim=2)

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.kernel = self._weight("kernel", (self.nb_feature, input_shape[-1], self.units))
        self.bias = self._weight("bias", (self.nb_feature, self.units), initializer="zeros", wanted=self.use_bias)
        self.input_spec = InputSpec(ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs: Any) -> Any:
        x = ops.einsum("ni,kiu->nku", inputs, self.kernel)
        return ops.max(x if self.bias is None else ops.add(x, self.bias), axis=1)


class Highway(_Old):
    """A fully connected layer that lets a part of the inputs through: t · activation(x · W + b) + (1 - t) · x.

    The gate is t = sigmoid(x · W_carry + b_carry), whose bias is 1 at first.

    Args:
        kernel_initializer: how the first values of both kernels are made.
        activation: a function, or its name; none by default.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step.
        bias_constraint: what the bias is passed through after each step.
        use_bias: whether to add biases.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape and output shape: (batch, features).

    Example:
        >>> from tsuno.legacy.layers import Highway
        >>> Highway(activation="relu")(np.ones((5, 4), "float32")).shape
        (5, 4)

    Source: R. Srivastava, K. Greff and J. Schmidhuber, *Highway Networks*, 2015.
    """

    def __init__(
        self,
        kernel_initializer: Any = "glorot_uniform",
        activation: Any = None,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_bias: bool = True,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.use_bias = use_bias
        self.input_spec = InputSpec(ndim=2)

    def build(self, input_shape: Sequence[int | None]) -> None:
        size = input_shape[-1]
        self.kernel = self._weight("kernel", (size, size))
        self.carry_kernel = self._weight("carry_kernel", (size, size), initializer=self.kernel_initializer)  # type: ignore[attr-defined]
        self.bias = self._weight("bias", (size,), initializer="zeros", wanted=self.use_bias)
        self.carry_bias = self.add_weight((size,), "ones", name="carry_bias") if self.use_bias else None
        self.input_spec = InputSpec(ndim=2, axes={-1: size})

    def call(self, inputs: Any) -> Any:
        value, gate = ops.matmul(inputs, self.kernel), ops.matmul(inputs, self.carry_kernel)
        if self.use_bias:
            value, gate = ops.add(value, self.bias), ops.add(gate, self.carry_bias)
        gate = ops.sigmoid(gate)
        return gate * self._activated(value) + (1 - gate) * inputs


class ThresholdedReLU(_Old):
    """x where x > theta, 0 elsewhere.

    Args:
        theta: the threshold, zero or more.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> from tsuno.legacy.layers import ThresholdedReLU
        >>> ThresholdedReLU(1.0)(np.array([-2.0, 1.0, 1.5])).tolist()
        [0.0, 0.0, 1.5]

    Source: K. Konda, R. Memisevic and D. Krueger, *Zero-bias autoencoders and the benefits of co-adapting features*,
    2014.
    """

    def __init__(self, theta: NonNegative = 1.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.theta = theta
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs, threshold=self.theta)


class ParametricSoftplus(_Old):
    """α · log(1 + exp(β x)), with α and β learned for each place.

    Args:
        alpha_init: the first value of every α.
        beta_init: the first value of every β.
        shared_axes: axes along which they are shared, such as `[1, 2]` for one pair per channel of an image.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> from tsuno.legacy.layers import ParametricSoftplus
        >>> ParametricSoftplus(beta_init=0.0)(np.array([[3.0]], "float32")).tolist()
        [[0.1386...]]

    Source: J. McFarland, Y. Cui and D. Butts, *Inferring Nonlinear Neuronal Computation Based on Physiologically
    Plausible Inputs*, 2013.
    """

    def __init__(
        self,
        alpha_init: float = 0.2,
        beta_init: float = 5.0,
        shared_axes: Sequence[int] | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_init, self.beta_init, self.shared_axes = alpha_init, beta_init, shared_axes
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        shape = _with_shared(input_shape, self.shared_axes)
        self.alphas = self.add_weight(shape, initializers.Constant(self.alpha_init), name="alphas")
        self.betas = self.add_weight(shape, initializers.Constant(self.beta_init), name="betas")

    def call(self, inputs: Any) -> Any:
        return self.alphas * ops.softplus(self.betas * inputs)


class SReLU(_Old):
    """The shape of an S in three straight pieces, learned for each place.

    t + a (x - t) for x below t; x between; r + b (x - r) for x above r = t + |t_right|.

    Args:
        t_left_init: how the first values of t are made.
        a_left_init: how the first values of the slope a are made.
        t_right_init: how the first values of t_right are made.
        a_right_init: how the first values of the slope b are made.
        shared_axes: axes along which they are shared.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> from tsuno.legacy.layers import SReLU
        >>> SReLU()(np.ones((2, 3), "float32")).shape
        (2, 3)

    Source: X. Jin et al., *Deep Learning with S-shaped Rectified Linear Activation Units*, 2015.
    """

    def __init__(
        self,
        t_left_init: Any = "zeros",
        a_left_init: Any = "glorot_uniform",
        t_right_init: Any = "glorot_uniform",
        a_right_init: Any = "ones",
        shared_axes: Sequence[int] | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.t_left_init, self.a_left_init = t_left_init, a_left_init
        self.t_right_init, self.a_right_init = t_right_init, a_right_init
        self.shared_axes = shared_axes
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        shape = _with_shared(input_shape, self.shared_axes)
        for name in ("t_left", "a_left", "t_right", "a_right"):
            setattr(self, name, self.add_weight(shape, getattr(self, f"{name}_init"), name=name))

    def call(self, inputs: Any) -> Any:
        low = self.t_left.value  # type: ignore[attr-defined]
        high = low + ops.absolute(self.t_right)  # type: ignore[attr-defined]
        below, above = ops.minimum(inputs - low, 0), ops.relu(inputs - high)
        middle = ops.clip(inputs, low, high)
        return middle + self.a_left * below + self.a_right * above  # type: ignore[attr-defined]


def _with_shared(input_shape: Sequence[int | None], shared_axes: Sequence[int] | None) -> list[int | None]:
    """The shape of weights for each place of a sample, 1 along shared axes."""
    shared = {axis % len(input_shape) for axis in shared_axes or ()}
    return [1 if axis in shared else size for axis, size in enumerate(input_shape)][1:]
