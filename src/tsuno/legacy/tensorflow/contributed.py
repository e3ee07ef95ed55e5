"""`tf.contrib.layers`: layers of TensorFlow 1 under other names, with other defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tsuno import ops
from tsuno.legacy.tensorflow import collections_of, layers_of, variables, windows
from tsuno.legacy.tensorflow.initializers_of import (
    ones_initializer,
    xavier_initializer,
    zeros_initializer,
)  # fmt: skip
from tsuno.legacy.tensorflow.initializers_of import (
    variance_scaling_initializer as _scaling,
)
from tsuno.legacy.tensorflow.neural import at_random, bias_add, dropped

NAMES = {"xavier_initializer"}
AS_THEY_ARE = {"xavier_initializer", "l1_regularizer", "l2_regularizer", "variance_scaling_initializer"}


def variance_scaling_initializer(
    factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False, seed: Any = None, dtype: Any = None
) -> Any:
    """Values whose variance is `factor` by the number of inputs, of outputs, or their mean."""
    return _scaling(factor, mode.lower(), "uniform" if uniform else "truncated_normal", seed)


def l2_regularizer(scale: float, scope: Any = None) -> Callable[[Any], Any]:
    """The penalty scale · Σ w² / 2."""
    return lambda w: ops.sum(w * w) * (scale / 2)


def l1_regularizer(scale: float, scope: Any = None) -> Callable[[Any], Any]:
    """The penalty scale · Σ |w|."""
    return lambda w: ops.sum(ops.abs(w)) * scale


def apply_regularization(regularizer: Any, weights_list: Any = None) -> Any:
    """The sum of the penalties of weights."""
    chosen = collections_of.get_collection("weights") if weights_list is None else weights_list
    made = sum([regularizer(w) for w in chosen], 0.0)
    collections_of.add_to_collection(collections_of.GraphKeys.REGULARIZATION_LOSSES, made)
    return made


def _affine(
    kind: str,
    inputs: Any,
    shape: Any,
    product: Callable[[Any], Any],
    activation_fn: Any,
    normalizer_fn: Any,
    normalizer_params: Any,
    weights_initializer: Any,
    weights_regularizer: Any,
    biases_initializer: Any,
    biases_regularizer: Any,
    reuse: Any,
    trainable: bool,
    scope: Any,
    data_format: Any = None,
) -> Any:
    with variables.variable_scope(scope or collections_of.default_name(kind), reuse=reuse):
        weights = variables.get_variable(
            "weights", shape, "float32", weights_initializer or xavier_initializer(), weights_regularizer, trainable
        )
        collections_of.add_to_collection("weights", weights)
        x = product(weights)
        if normalizer_fn is not None:
            x = normalizer_fn(x, **(normalizer_params or {}))
        elif biases_initializer is not None:
            size = shape[-2] if kind.endswith("transpose") else shape[-1]
            x = bias_add(
                x,
                variables.get_variable("biases", (size,), "float32", biases_initializer, biases_regularizer, trainable),
                data_format,
            )
        return x if activation_fn is None else activation_fn(x)


def fully_connected(
    inputs: Any,
    num_outputs: int,
    activation_fn: Any = ops.relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = zeros_initializer(),  # noqa: B008
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """A dense layer, with `relu` by default."""
    size = layers_of._size(tuple(inputs.shape), -1, "fully_connected")
    return _affine(
        "fully_connected", inputs, (size, int(num_outputs)), lambda w: ops.matmul(inputs, w), activation_fn,
        normalizer_fn, normalizer_params, weights_initializer, weights_regularizer, biases_initializer,
        biases_regularizer, reuse, trainable, scope,
    )  # fmt: skip


def linear(inputs: Any, num_outputs: int, **options: Any) -> Any:
    """A dense layer without an activation."""
    return fully_connected(inputs, num_outputs, **{"activation_fn": None, **options})


def relu(inputs: Any, num_outputs: int, **options: Any) -> Any:
    """A dense layer with `relu`."""
    return fully_connected(inputs, num_outputs, **options)


def conv2d(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: Any = None,
    rate: Any = 1,
    activation_fn: Any = ops.relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = zeros_initializer(),  # noqa: B008
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """A convolution over images, with `relu` by default."""
    channels = layers_of._size(tuple(inputs.shape), 1 if data_format == "NCHW" else -1, "conv2d")
    shape = (*layers_of._several(kernel_size, 2), channels, int(num_outputs))
    return _affine(
        "Conv", inputs, shape, lambda w: windows._convolved(inputs, w, stride, padding, data_format, rate),
        activation_fn, normalizer_fn, normalizer_params, weights_initializer, weights_regularizer, biases_initializer,
        biases_regularizer, reuse, trainable, scope, data_format,
    )  # fmt: skip


convolution2d = conv2d


def conv2d_transpose(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    activation_fn: Any = ops.relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = zeros_initializer(),  # noqa: B008
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """The transpose of a convolution over images, with `relu` by default."""
    channels = layers_of._size(tuple(inputs.shape), 1 if data_format == "NCHW" else -1, "conv2d_transpose")
    shape, steps = (*layers_of._several(kernel_size, 2), int(num_outputs), channels), layers_of._several(stride, 2)
    return _affine(
        "Conv2d_transpose", inputs, shape, lambda w: layers_of._spread(inputs, w, steps, padding, data_format),
        activation_fn, normalizer_fn, normalizer_params, weights_initializer, weights_regularizer, biases_initializer,
        biases_regularizer, reuse, trainable, scope, data_format,
    )  # fmt: skip


def max_pool2d(
    inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID", data_format: str = "NHWC", **options: Any
) -> Any:
    """The maximum of each window."""
    return windows._pooled(inputs, "max", layers_of._several(kernel_size, 2), stride, padding, data_format)


def avg_pool2d(
    inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID", data_format: str = "NHWC", **options: Any
) -> Any:
    """The mean of each window."""
    return windows._pooled(inputs, "average", layers_of._several(kernel_size, 2), stride, padding, data_format)


def flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Any:
    """All axes but the first as one."""
    return layers_of._flat(inputs)


def dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    seed: Any = None,
    **options: Any,
) -> Any:
    """Zeros in random places where `is_training` is set; the other values are scaled up."""
    if is_training is False:
        return inputs
    rate = 1 - keep_prob if is_training is True else ops.where(is_training, 1 - keep_prob, 0.0)
    return at_random(dropped, (inputs, rate, noise_shape), seed)


def batch_norm(
    inputs: Any,
    decay: float = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Any = None,
    param_initializers: Any = None,
    param_regularizers: Any = None,
    updates_collections: Any = "update_ops",
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    batch_weights: Any = None,
    fused: Any = None,
    data_format: str = "NHWC",
    scope: Any = None,
    **options: Any,
) -> Any:
    """Batch normalization, without gamma by default; `updates_collections=None` moves the running means at once."""
    first = param_initializers or {}
    layer = layers_of.BatchNormalization(
        1 if data_format == "NCHW" else -1, decay, epsilon, center, scale, first.get("beta") or zeros_initializer(),
        first.get("gamma") or ones_initializer(), fused=fused, trainable=trainable,
        name=getattr(scope, "name", scope) or collections_of.default_name("BatchNorm"), _reuse=reuse,
    )  # fmt: skip
    y = layer(inputs, training=is_training)
    updates = getattr(layer, "updates", [])
    if updates_collections is None and updates:
        held = collections_of.get_collection_ref("update_ops")
        held[:] = [each for each in held if all(each is not update for update in updates)]
        with variables.modes.control_dependencies(updates):
            y = y * 1.0
    return y if activation_fn is None else activation_fn(y)


def optimize_loss(*args: Any, **kwargs: Any) -> Any:
    """Refused; `tf.train` has optimizers."""
    raise NotImplementedError("`tf.contrib.layers.optimize_loss` is not there: use an optimizer of `tf.train`.")
