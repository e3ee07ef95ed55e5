"""`tf.nn`: activations, normalization, dropout, embeddings; losses are in `logits`, windows in `windows`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tsuno import engine, ops
from tsuno.core import seeds
from tsuno.core.context import context
from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import Static, on_graph, whole
from tsuno.legacy.tensorflow.words import row

# ---------------------------------------------------------------------- activations


@whole
def softmax(logits: Tensor, axis: Static = None, dim: Static = None) -> Any:
    """exp(x) by the sum of them along an axis."""
    return engine.nn.softmax(xp.asarray(logits), axis=_axis(axis, dim))


@whole
def log_softmax(logits: Tensor, axis: Static = None, dim: Static = None) -> Any:
    """The logarithm of `softmax`."""
    return engine.nn.log_softmax(xp.asarray(logits), axis=_axis(axis, dim))


@whole
def crelu(features: Tensor, axis: Static = -1) -> Any:
    """`relu` of the values and of their negatives, one after the other."""
    x = xp.asarray(features)
    return xp.concatenate([xp.maximum(x, 0), xp.maximum(-x, 0)], axis=axis)


@whole
def gelu(features: Tensor, approximate: bool = False) -> Any:
    """x · Φ(x), the distribution function of the normal distribution."""
    return ops.gelu(features, approximate=bool(approximate))


@whole
def zero_fraction(value: Tensor) -> Any:
    """The part of the elements that are zero."""
    return xp.mean((xp.asarray(value) == 0).astype("float32"))


def _axis(axis: Any, dim: Any) -> Any:
    chosen = dim if axis is None else axis
    return -1 if chosen is None else tuple(chosen) if isinstance(chosen, list) else chosen


# ---------------------------------------------------------------------- sums of products


@whole
def bias_add(value: Tensor, bias: Tensor, data_format: str | None = None) -> Any:
    """A number for each channel added."""
    value, bias = xp.asarray(value), xp.asarray(bias)
    if is_channels_first(data_format):
        bias = bias.reshape((-1, *[1] * (value.ndim - 2)))
    return value + bias.astype(value.dtype)


@whole
def xw_plus_b(x: Tensor, weights: Tensor, biases: Tensor) -> Any:
    """x · W + b."""
    return xp.matmul(x, weights) + biases


@whole
def relu_layer(x: Tensor, weights: Tensor, biases: Tensor) -> Any:
    """relu(x · W + b)."""
    return xp.maximum(xp.matmul(x, weights) + biases, 0)


def is_channels_first(data_format: Any) -> bool:
    """Whether a layout such as `NCHW` has the channels before the places."""
    return isinstance(data_format, str) and (data_format.startswith("NC") or data_format == "channels_first")


# ---------------------------------------------------------------------- moments and normalization


def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    name: Any = None,
    keep_dims: Any = None,
    keepdims: Any = None,
) -> tuple[Any, Any]:
    """The mean and the variance along axes.

    Args:
        x: the values.
        axes: along which.
        shift: accepted for compatibility.
        name: accepted for compatibility.
        keep_dims: an older name of `keepdims`.
        keepdims: whether the axes stay, with size 1.
    """
    mean, variance = _moments(x, axes, bool(keepdims or keep_dims))
    return mean, variance


@whole
def _moments(x: Tensor, axes: Static, keepdims: bool) -> Any:
    x = xp.asarray(x)
    wide = x.astype(xp.promote_types(x.dtype, "float32"))
    axes = tuple(axes) if isinstance(axes, list) else axes
    mean = xp.mean(wide, axes, keepdims=True)
    variance = xp.mean(xp.square(wide - mean), axes, keepdims=keepdims)
    return (mean if keepdims else xp.squeeze(mean, axes)).astype(x.dtype), variance.astype(x.dtype)


@whole
def batch_normalization(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    offset: Tensor = None,
    scale: Tensor = None,
    variance_epsilon: Any = 1e-3,
) -> Any:
    """scale · (x − mean) / √(variance + ε) + offset."""
    factor = 1 / xp.sqrt(variance + variance_epsilon)
    factor = factor if scale is None else factor * scale
    return x * factor + ((0 if offset is None else offset) - mean * factor)


def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    exponential_avg_factor: float = 1.0,
) -> tuple[Any, Any, Any]:
    """Images normalized for each channel, with the mean and the (unbiased) variance that were found.

    Args:
        x: (batch, height, width, channels).
        scale: what the normalized values are multiplied by.
        offset: what is added to them.
        mean: the mean where `is_training` is not set.
        variance: the variance where `is_training` is not set.
        epsilon: keeps the quotient finite.
        data_format: `NHWC` or `NCHW`.
        is_training: whether the batch's own mean and variance are used.
        exponential_avg_factor: accepted for compatibility.
    """
    found: tuple[Any, Any, Any] = _fused(
        x, scale, offset, None if is_training else mean, variance, epsilon, data_format
    )
    return found


@whole
def _fused(
    x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor, epsilon: float, layout: str
) -> Any:
    x = xp.moveaxis(xp.asarray(x), 1, -1) if is_channels_first(layout) else xp.asarray(x)
    spread = variance
    if mean is None:
        axes = tuple(range(x.ndim - 1))
        mean, spread = xp.mean(x, axes), xp.var(x, axes)
        count = x.size // x.shape[-1]
        variance = spread * (count / max(count - 1, 1))
    y = (x - mean) / xp.sqrt(spread + epsilon) * scale + offset
    return xp.moveaxis(y, -1, 1) if is_channels_first(layout) else y, mean, variance


@whole
def l2_loss(t: Tensor) -> Any:
    """Σ x² / 2."""
    return xp.sum(xp.square(xp.asarray(t))) / 2


@whole
def l2_normalize(x: Tensor, axis: Static = None, epsilon: float = 1e-12, dim: Static = None) -> Any:
    """x / √max(Σ x², ε) along an axis."""
    axis = dim if axis is None else axis
    axis = tuple(axis) if isinstance(axis, list) else axis
    return x / xp.sqrt(xp.maximum(xp.sum(xp.square(xp.asarray(x)), axis, keepdims=True), epsilon))


@whole
def local_response_normalization(
    input: Tensor, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5
) -> Any:
    """x / (bias + α · Σ x²)^β, the sum over so many channels on both sides."""
    x = xp.asarray(input)
    padded = xp.pad(xp.square(x), [(0, 0)] * (x.ndim - 1) + [(depth_radius, depth_radius)])
    near = [padded[..., place : place + x.shape[-1]] for place in range(2 * depth_radius + 1)]
    return x / (bias + alpha * sum(near)) ** beta


lrn = local_response_normalization

# ---------------------------------------------------------------------- dropout


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: Any = None,
    name: Any = None,
    rate: Any = None,
) -> Any:
    """Zeros in random places; the other values are scaled up, so that the sum is expected to stay.

    Args:
        x: the values.
        keep_prob: the part that stays; where tensors have values (TensorFlow 2), the second argument is `rate`.
        noise_shape: the shape of the mask, repeated along axes of size 1.
        seed: an integer makes a graph draw the same numbers in each run of the program.
        name: accepted for compatibility.
        rate: the part that becomes zero.
    """
    if rate is None and keep_prob is not None and not modes.graph_mode():
        rate, keep_prob = keep_prob, None
    if rate is None and keep_prob is None:
        raise ValueError("`dropout` needs `rate`, the part of the values that becomes zero.")
    return at_random(dropped, (x, 1 - keep_prob if rate is None else rate, _sizes(noise_shape)), seed)


def dropped(x: Any, rate: Any, noise_shape: Any = None, seed: Any = None) -> Any:
    """Zeros in random places; the other values are scaled up."""
    x = xp.asarray(x)
    shape = [x.shape[axis] if n is None or n < 0 else int(n) for axis, n in enumerate(noise_shape or x.shape)]
    kept = engine.uniform(seeds.draw_key(seed), shape) >= rate
    scale = 1 / xp.maximum(1 - xp.asarray(rate, x.dtype), 1e-7)
    return xp.where(kept, x * scale.astype(x.dtype), xp.zeros((), x.dtype))


def at_random(function: Callable[..., Any], args: tuple[Any, ...], seed: Any = None) -> Any:
    """A call of a function that draws numbers from its argument `seed`, recorded where calls are."""
    if context.recording is None:
        return function(*args, seed=None)
    drawn = modes.graph_mode() or symbolic.is_drawn(args)
    stream = seeds.SeedGenerator(None if seed is None else int(seed)) if drawn else None
    generator = seeds.global_generator() if stream is None else stream

    def call(*values: Any) -> Any:
        return function(*values, seed=generator)

    if drawn:
        return on_graph(symbolic.Operation(call, [generator], function.__name__), *args)
    return context.recording.run(call, args, {})


def _sizes(shape: Any) -> Any:
    """A shape whose unknown sizes are None."""
    known = (
        engine.to_numpy(modes.value_of(shape)) if hasattr(shape, "dtype") and not symbolic.is_drawn(shape) else shape
    )
    if known is None:
        return None
    if symbolic.is_drawn(known) and not isinstance(known, (list, tuple)):
        raise ValueError("`dropout.noise_shape` must be a list of sizes, None where that of `x` holds.")
    return [None if size is None or symbolic.is_drawn(size) else int(size) for size in known]


# ---------------------------------------------------------------------- tables and ranks


class TopK(NamedTuple):
    """The largest values and where they are."""

    values: Any
    indices: Any


def top_k(input: Any, k: Any = 1, sorted: bool = True) -> TopK:
    """The largest values of each row, in order, and their places."""
    return TopK(*ops.top_k(input, int(k), sorted=sorted))


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Whether the class of each row is among those of the `k` largest predictions."""
    if len(predictions.shape if hasattr(predictions, "shape") else np.shape(predictions)) < 2:
        predictions, targets = targets, predictions  # TensorFlow 2 takes the targets first
    return ops.in_top_k(targets, predictions, k)


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: Any = None,
    validate_indices: bool = True,
    max_norm: float | None = None,
) -> Any:
    """The rows of a table that integers name.

    Args:
        params: (rows, …); a list of one table is that table.
        ids: integers.
        partition_strategy: accepted for compatibility.
        name: accepted for compatibility.
        validate_indices: accepted for compatibility.
        max_norm: rows longer than this are scaled down to it.
    """
    if isinstance(params, (list, tuple)):
        if len(params) != 1:
            raise ValueError(f"`embedding_lookup` takes one table here; got {len(params)}. Put them together first.")
        params = params[0]
    return _looked_up(params, ids, max_norm)


@whole
def _looked_up(params: Tensor, ids: Tensor, max_norm: Any) -> Any:
    rows = xp.take(xp.asarray(params), xp.asarray(ids).astype("int32"), axis=0)
    if max_norm is None:
        return rows
    axes = tuple(range(xp.ndim(ids), rows.ndim))
    return rows * (max_norm / xp.maximum(xp.sqrt(xp.sum(xp.square(rows), axes, keepdims=True)), max_norm))


FUNCTIONS: dict[str, Any] = {
    "relu": row(ops.relu, "features:x"),
    "relu6": row(ops.relu6, "features:x"),
    "elu": row(ops.elu, "features:x"),
    "selu": row(ops.selu, "features:x"),
    "silu": row(ops.silu, "features:x"),
    "swish": row(ops.silu, "features:x"),
    "leaky_relu": row(ops.leaky_relu, "features:x alpha:negative_slope=0.2"),
    "softplus": row(ops.softplus, "features:x"),
    "softsign": row(ops.softsign, "features:x"),
    "sigmoid": row(ops.sigmoid, "x"),
    "tanh": row(ops.tanh, "x"),
    "log_sigmoid": row(ops.log_sigmoid, "x"),
}
