"""`tf.layers`: layers of TensorFlow 1, whose weights are variables that scopes name and share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tsuno import ops
from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy.tensorflow import collections_of, modes, variables, windows
from tsuno.legacy.tensorflow.calls import static_value, whole
from tsuno.legacy.tensorflow.collections_of import GraphKeys
from tsuno.legacy.tensorflow.initializers_of import ones_initializer, zeros_initializer
from tsuno.legacy.tensorflow.neural import at_random, bias_add, dropped, is_channels_first


class Layer:
    """Base of layers: makes its weights in a scope of its name when it is first called.

    Args:
        trainable: whether optimizers change the weights.
        name: the name; numbered after the class by default.
        dtype: the dtype of the weights; that of the inputs by default.
        _scope: the scope, or its name, instead of the name.
        _reuse: whether weights that are there may be used.
    """

    kind = "layer"
    kernel: Any
    depthwise_kernel: Any
    pointwise_kernel: Any
    moving_mean: Any
    moving_variance: Any

    def __init__(
        self, trainable: bool = True, name: str | None = None, dtype: Any = None, _scope: Any = None, _reuse: Any = None
    ) -> None:
        self.trainable, self.dtype, self._reuse = trainable, dtype, _reuse
        self.name = name or getattr(_scope, "name", _scope) or collections_of.default_name(self.kind)
        self.built = False
        self.weights: list[Any] = []

    @property
    def variables(self) -> list[Any]:
        """The weights."""
        return self.weights

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that optimizers change."""
        return [v for v in self.weights if v.trainable]

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that optimizers leave alone."""
        return [v for v in self.weights if not v.trainable]

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        inputs = modes.constant_node(inputs) if modes.graph_mode() and not hasattr(inputs, "shape") else inputs
        if not self.built:
            with variables.variable_scope(self.name, reuse=self._reuse):
                self.build(tuple(inputs.shape))
            self.built = True
        return modes.given_out(self.call(inputs, *args, **kwargs))

    apply = __call__

    def build(self, input_shape: Any) -> None:
        """Make the weights."""

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes."""
        raise NotImplementedError(f"`{type(self).__name__}.call` is not written.")

    def add_weight(
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool = True,
        constraint: Any = None,
        **options: Any,
    ) -> Any:
        """A weight."""
        made = variables.get_variable(
            name, shape, dtype or self.dtype or "float32", initializer, regularizer, trainable and self.trainable
        )
        made.constraint = constraint
        setattr(self, name, made)
        self.weights.append(made)
        return made

    add_variable = add_weight


def _size(shape: Any, axis: int, layer: str) -> int:
    if not shape or shape[axis] is None:
        raise ValueError(
            f"The layer {layer!r} needs inputs of a known number of channels; their shape is {tuple(shape)}."
        )
    return int(shape[axis])


def _activated(activation: Any, x: Any) -> Any:
    if activation is None:
        return x
    return activation(x) if callable(activation) else getattr(ops, activation)(x)


class _Weighted(Layer):
    """A kernel, a bias, an activation."""

    def __init__(
        self,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(trainable, name, **options)
        self.activation, self.use_bias = activation, use_bias
        self.bias: Any = None
        self._kernel = (kernel_initializer, kernel_regularizer, kernel_constraint)
        self._bias = (bias_initializer or zeros_initializer(), bias_regularizer, bias_constraint)
        self._activity = activity_regularizer

    def _make(self, kernel: Any, size: int) -> None:
        initializer, regularizer, constraint = self._kernel
        self.add_weight("kernel", kernel, None, initializer, regularizer, constraint=constraint)
        self._make_bias(size)

    def _make_bias(self, size: int) -> None:
        if self.use_bias:
            initializer, regularizer, constraint = self._bias
            self.add_weight("bias", (size,), None, initializer, regularizer, constraint=constraint)

    def _finished(self, x: Any, layout: Any = None) -> Any:
        x = bias_add(x, self.bias, layout) if self.use_bias else x
        x = _activated(self.activation, x)
        if self._activity is not None:
            collections_of.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, self._activity(x))
        return x


class Dense(_Weighted):
    """activation(inputs · kernel + bias)."""

    kind = "dense"

    def __init__(self, units: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = int(units)

    def build(self, input_shape: Any) -> None:
        self._make((_size(input_shape, -1, self.name), self.units), self.units)

    def call(self, inputs: Any) -> Any:
        return self._finished(ops.matmul(inputs, self.kernel))


class _Conv(_Weighted):
    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.filters, self.padding, self.data_format = int(filters), padding.upper(), data_format
        self.kernel_size, self.strides, self.dilation_rate = (
            _several(given, self.rank) for given in (kernel_size, strides, dilation_rate)
        )

    def _channels(self, shape: Any) -> int:
        return _size(shape, 1 if is_channels_first(self.data_format) else -1, self.name)

    def build(self, input_shape: Any) -> None:
        self._make((*self.kernel_size, self._channels(input_shape), self.filters), self.filters)

    def call(self, inputs: Any) -> Any:
        x = windows._convolved(inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        return self._finished(x, self.data_format)


class _ConvTranspose(_Conv):
    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(filters, kernel_size, strides, padding, data_format, 1, *args, **kwargs)

    def build(self, input_shape: Any) -> None:
        self._make((*self.kernel_size, self.filters, self._channels(input_shape)), self.filters)

    def call(self, inputs: Any) -> Any:
        x = _spread(inputs, self.kernel, self.strides, self.padding, self.data_format)
        return self._finished(x, self.data_format)


@whole
def _spread(x: Tensor, kernel: Tensor, strides: Any, padding: str, layout: str) -> Any:
    x, first = xp.asarray(x), is_channels_first(layout)
    sizes = x.shape[2:] if first else x.shape[1:-1]
    wanted = [
        size * step + (0 if padding == "SAME" else max(width - step, 0))
        for size, step, width in zip(sizes, strides, xp.shape(kernel), strict=False)
    ]
    shape = [x.shape[0], 0, *wanted] if first else [x.shape[0], *wanted, 0]
    return windows._transposed(x, kernel, shape, strides, padding, layout, None)


class SeparableConv2D(_Conv):
    """A convolution of each channel on its own, then one of window size 1 that mixes the channels."""

    kind = "separable_conv2d"

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = None,
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            bias_initializer=bias_initializer, **kwargs,
        )  # fmt: skip
        self.depth_multiplier = depth_multiplier
        self._pair = ((depthwise_initializer, depthwise_regularizer), (pointwise_initializer, pointwise_regularizer))

    def build(self, input_shape: Any) -> None:
        channels, times = self._channels(input_shape), self.depth_multiplier
        deep, flat = self._pair
        self.add_weight("depthwise_kernel", (*self.kernel_size, channels, times), None, *deep)
        self.add_weight("pointwise_kernel", (1, 1, channels * times, self.filters), None, *flat)
        self._make_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        x = windows.separable_conv2d(
            inputs, self.depthwise_kernel, self.pointwise_kernel, self.strides, self.padding, self.dilation_rate,
            self.data_format,
        )  # fmt: skip
        return self._finished(x, self.data_format)


class _Pooling(Layer):
    rank, pool = 2, "max"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name=name, **options)
        self.pool_size, self.strides = _several(pool_size, self.rank), _several(strides, self.rank)
        self.padding, self.data_format = padding, data_format

    def call(self, inputs: Any) -> Any:
        return windows._pooled(inputs, self.pool, self.pool_size, self.strides, self.padding, self.data_format)


class Flatten(Layer):
    """All axes but the first as one."""

    kind = "flatten"

    def __init__(self, data_format: str = "channels_last", name: str | None = None, **options: Any) -> None:
        super().__init__(name=name, **options)

    def call(self, inputs: Any) -> Any:
        return _flat(inputs)


@whole
def _flat(x: Tensor) -> Any:
    x = xp.asarray(x)
    return x.reshape((x.shape[0], -1)) if x.ndim > 1 and x.shape[0] else x.reshape((-1, 1) if x.ndim < 2 else (0, -1))


class Dropout(Layer):
    """Zeros in random places where `training` is set; the other values are scaled up."""

    kind = "dropout"

    def __init__(
        self, rate: Any = 0.5, noise_shape: Any = None, seed: Any = None, name: str | None = None, **options: Any
    ) -> None:
        super().__init__(name=name, **options)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Any, training: Any = False) -> Any:
        known = training if isinstance(training, (bool, int)) else static_value(training)
        if known is not None:
            return at_random(dropped, (inputs, self.rate, self.noise_shape), self.seed) if known else inputs
        return at_random(dropped, (inputs, ops.where(training, self.rate, 0.0), self.noise_shape), self.seed)


class BatchNormalization(Layer):
    """(x − mean) / √(variance + ε) · gamma + beta, by the batch where `training` is set, else by running means.

    The operations that move the running means are in the collection `tf.GraphKeys.UPDATE_OPS`.
    """

    kind = "batch_normalization"

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = None,
        gamma_initializer: Any = None,
        moving_mean_initializer: Any = None,
        moving_variance_initializer: Any = None,
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        fused: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **options: Any,
    ) -> None:
        options.pop("virtual_batch_size", None)
        options.pop("adjustment", None)
        super().__init__(trainable, name, **options)
        if renorm:
            raise ValueError("`batch_normalization` has no `renorm` here; leave it out.")
        self.axis = axis[0] if isinstance(axis, (list, tuple)) else axis
        self.momentum, self.epsilon, self.fused = momentum, epsilon, fused
        zeros, ones = zeros_initializer(), ones_initializer()
        self._parts = {
            "gamma": (scale, gamma_initializer or ones, gamma_regularizer, True, gamma_constraint),
            "beta": (center, beta_initializer or zeros, beta_regularizer, True, beta_constraint),
            "moving_mean": (True, moving_mean_initializer or zeros, None, False, None),
            "moving_variance": (True, moving_variance_initializer or ones, None, False, None),
        }
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        size = _size(input_shape, self.axis, self.name)
        for name, (wanted, initializer, regularizer, trainable, constraint) in self._parts.items():
            if wanted:
                self.add_weight(name, (size,), None, initializer, regularizer, trainable, constraint)

    def call(self, inputs: Any, training: Any = False) -> Any:
        known = training if isinstance(training, (bool, int)) else static_value(training)
        training = bool(known) if known is not None else training
        mean, variance = self.moving_mean, self.moving_variance
        spread = self.fused is not False and len(inputs.shape) == 4
        y, new_mean, new_variance = _normalized(
            inputs, mean, variance, self.gamma, self.beta, training, self.momentum, self.axis, self.epsilon, spread
        )
        if training is not False:
            self.updates = [mean.assign(new_mean), variance.assign(new_variance)]
            for update in self.updates if modes.graph_mode() else ():
                collections_of.add_to_collection(GraphKeys.UPDATE_OPS, update)
        return y


@whole
def _normalized(
    x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, training: Tensor, momentum: float,
    axis: int, epsilon: float, unbiased: bool,
) -> Any:  # fmt: skip
    """The normalized values, and what the running means become."""
    x, mean, variance = xp.asarray(x), xp.asarray(mean), xp.asarray(variance)
    shape = [1] * x.ndim
    shape[axis] = -1
    used, spread, new_mean, new_variance = mean, variance, mean, variance
    if training is not False:
        axes = tuple(each for each in range(x.ndim) if each != axis % x.ndim)
        own = xp.mean(x, axes)
        own_variance = xp.mean(xp.square(x - own.reshape(shape)), axes)
        count = x.size / x.shape[axis]
        seen = own_variance * (count / max(count - 1, 1)) if unbiased else own_variance
        trains = xp.asarray(training).astype(bool)
        used, spread = xp.where(trains, own, mean), xp.where(trains, own_variance, variance)
        new_mean = xp.where(trains, mean - (mean - own) * (1 - momentum), mean)
        new_variance = xp.where(trains, variance - (variance - seen) * (1 - momentum), variance)
    y = (x - used.reshape(shape)) / xp.sqrt(spread.reshape(shape) + epsilon)
    y = y if gamma is None else y * xp.reshape(gamma, shape)
    return y if beta is None else y + xp.reshape(beta, shape), new_mean, new_variance


def _several(given: Any, rank: int) -> tuple[int, ...]:
    numbers = tuple(int(n) for n in given) if isinstance(given, (list, tuple)) else (int(given),)
    return numbers * rank if len(numbers) == 1 else numbers


# ---------------------------------------------------------------------- the classes of each rank, and the functions


def _ranked(base: type, name: str, kind: str, **members: Any) -> type:
    about = f"`tf.layers.{name}`: see the layer of this name in `tsuno.layers`."
    return type(name, (base,), {"kind": kind, "__doc__": about, "__module__": __name__, **members})


Conv1D, Conv2D, Conv3D = (_ranked(_Conv, f"Conv{rank}D", f"conv{rank}d", rank=rank) for rank in (1, 2, 3))
Conv2DTranspose, Conv3DTranspose = (
    _ranked(_ConvTranspose, f"Conv{rank}DTranspose", f"conv{rank}d_transpose", rank=rank) for rank in (2, 3)
)
MaxPooling1D, MaxPooling2D, MaxPooling3D = (
    _ranked(_Pooling, f"MaxPooling{rank}D", f"max_pooling{rank}d", rank=rank) for rank in (1, 2, 3)
)
AveragePooling1D, AveragePooling2D, AveragePooling3D = (
    _ranked(_Pooling, f"AveragePooling{rank}D", f"average_pooling{rank}d", rank=rank, pool="average")
    for rank in (1, 2, 3)
)


def _function(cls: Any) -> Callable[..., Any]:
    """The function that makes a layer and calls it."""

    def call(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        training = {"training": kwargs.pop("training")} if "training" in kwargs else {}
        kwargs = {{"reuse": "_reuse"}.get(key, key): value for key, value in kwargs.items()}
        return cls(*args, **kwargs)(inputs, **training)

    call.__name__ = call.__qualname__ = cls.kind
    call.__doc__ = f"`{cls.__name__}`, made and called; `reuse` uses weights that are there under the name."
    return call


_CLASSES: tuple[Any, ...] = (
    Dense, Conv1D, Conv2D, Conv3D, Conv2DTranspose, Conv3DTranspose, SeparableConv2D, MaxPooling1D, MaxPooling2D,
    MaxPooling3D, AveragePooling1D, AveragePooling2D, AveragePooling3D, Flatten, Dropout, BatchNormalization,
)  # fmt: skip

FUNCTIONS: dict[str, Any] = {cls.kind: _function(cls) for cls in _CLASSES}
