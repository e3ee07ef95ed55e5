"""What networks are made of besides convolutions: losses, statistics, normalization, attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import engine
from tsuno.core import settings
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.arguments import as_float, axis_tuple, plain_axis, rank_at_least, same_shape
from tsuno.ops.fusing import fused

__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "psnr", "moments",
    "normalize", "batch_normalization", "layer_normalization", "rms_normalization", "dot_product_attention",
]  # fmt: skip


@op
@fused
def binary_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False) -> Tensor:
    """−t · log p − (1 − t) · log(1 − p), element by element.

    Args:
        target: 0 or 1, or between.
        output: probabilities, kept `epsilon()` away from 0 and 1; or their logits.
        from_logits: whether `output` is log(p / (1 − p)).

    Example:
        >>> ops.binary_crossentropy([1.0, 0.0], [0.5, 0.5]).tolist()
        [0.6931..., 0.6931...]
    """
    same_shape(target, output, "`target` and `output` of `binary_crossentropy`")
    if from_logits:
        return -target * engine.nn.log_sigmoid(output) - (1.0 - target) * engine.nn.log_sigmoid(-output)
    output = _probability(output)
    return -(target * xp.log(output) + (1.0 - target) * xp.log(1.0 - output))


@op
@fused
def categorical_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1) -> Tensor:
    """−Σ t · log p along the axis of classes.

    Args:
        target: one-hot rows, or other distributions.
        output: scores, which are divided by their sum; or logits.
        from_logits: whether `softmax(output)` are the probabilities.

    Example:
        >>> ops.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).tolist()
        [0.6931...]
    """
    same_shape(target, output, "`target` and `output` of `categorical_crossentropy`")
    rank_at_least(1, output, "categorical_crossentropy.output")
    return -xp.sum(target * _log_probability(output, from_logits, axis), axis=axis)


@op
@fused
def sparse_categorical_crossentropy(
    target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """−log p of the class that each integer names.

    Args:
        target: the shape of `output` without the axis of classes, or with size 1 there.
        output: scores, which are divided by their sum; or logits.
        from_logits: whether `softmax(output)` are the probabilities.

    Example:
        >>> ops.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).tolist()
        [0.6931...]
    """
    target = xp.asarray(target, "int32")
    rank_at_least(1, output, "sparse_categorical_crossentropy.output")
    if target.ndim == xp.ndim(output) and target.shape[-1] == 1:
        target = xp.squeeze(target, -1)
    if target.shape != xp.shape(output)[:-1]:
        expected = f"of shape {xp.shape(output)[:-1]}, one class for each row of `output`"
        raise invalid("sparse_categorical_crossentropy.target", expected, target)
    output = xp.asarray(output)
    classes = output.shape[axis]
    hot = engine.nn.one_hot(target, classes, axis=axis, dtype=bool)

    def chosen(scores: Any) -> Any:
        return xp.sum(xp.where(hot, scores, 0), axis=axis)

    if from_logits:
        log_probability = chosen(engine.nn.log_softmax(output, axis=axis))
    else:  # the class is chosen first: one logarithm for each row, not one for each class
        log_probability = xp.log(_probability(chosen(output) / xp.sum(output, axis=axis)))
    nothing = xp.zeros((), settings.floatx())
    return xp.where((target >= 0) & (target < classes), -log_probability, nothing)


def _probability(output: Any) -> Any:
    return xp.clip(output, settings.epsilon(), 1.0 - settings.epsilon())


def _log_probability(output: Any, from_logits: bool, axis: int) -> Any:
    if from_logits:
        return engine.nn.log_softmax(output, axis=axis)
    return xp.log(_probability(output / xp.sum(output, axis=axis, keepdims=True)))


@op
@fused
def psnr(x1: Tensor, x2: Tensor, max_val: float) -> Tensor:
    """The peak signal-to-noise ratio in decibels, 20 log10(max) − 10 log10(mean squared difference).

    Args:
        max_val: the largest value that the signal may have.

    Example:
        >>> float(ops.psnr([1.0, 2.0], [2.0, 3.0], max_val=10.0))
        20.0
    """
    same_shape(x1, x2, "`x1` and `x2` of `psnr`")
    return 20 * xp.log10(xp.asarray(max_val, xp.asarray(x2).dtype)) - 10 * xp.log10(xp.mean(xp.square(x1 - x2)))


@op
@fused
def moments(
    x: Tensor, axes: int | Sequence[int], keepdims: bool = False, synchronized: bool = False
) -> tuple[Tensor, Tensor]:
    """The mean and the variance along some axes; half-width floats are summed in float32.

    Args:
        synchronized: only False; arrays spread over devices are reduced over all of them anyway.

    Example:
        >>> mean, variance = ops.moments([1.0, 3.0], 0)
        >>> float(mean), float(variance)
        (2.0, 1.0)
    """
    if synchronized:
        raise invalid("moments.synchronized", "False", synchronized, kind=NotImplementedError)
    x = xp.asarray(x)
    wide = x.astype("float32") if x.dtype in (xp.float16, xp.bfloat16) else x
    axis = plain_axis(axes)
    results = [xp.mean(wide, axis=axis, keepdims=keepdims), xp.var(wide, axis=axis, keepdims=keepdims)]
    if wide.dtype != x.dtype:
        largest = xp.finfo(xp.float16).max
        results = [xp.clip(result, -largest, largest).astype(x.dtype) for result in results]
    return results[0], results[1]


@op
@fused
def normalize(x: Tensor, axis: int | Sequence[int] = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    """x divided by its norm along an axis.

    Args:
        order: p of the norm (Σ|x|^p)^(1/p), an integer.
        epsilon: the least norm to divide by; `epsilon()` by default.

    Example:
        >>> ops.normalize([3.0, 4.0], order=1).tolist()
        [0.4285..., 0.5714...]
    """
    if not isinstance(order, int) or order < 1:
        raise invalid("normalize.order", "an integer, 1 or more", order)
    x, least = xp.atleast_1d(xp.asarray(x)), settings.epsilon() if epsilon is None else epsilon
    if order == 2:
        squares = xp.sum(xp.square(as_float(x)), axis=plain_axis(axis), keepdims=True)
        return x * xp.minimum(engine.rsqrt(squares), 1.0 / least)
    return x / xp.maximum(xp.linalg.norm(as_float(x), ord=order, axis=plain_axis(axis), keepdims=True), least)


@op
@fused
def batch_normalization(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    axis: int,
    offset: Tensor = None,
    scale: Tensor = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """(x − mean) / √(variance + ε) · scale + offset, with statistics of one number per channel.

    Sergey Ioffe and Christian Szegedy, "Batch Normalization", 2015.

    Args:
        axis: the axis of channels.

    Example:
        >>> ops.batch_normalization([[3.0], [5.0]], [3.0], [4.0], axis=-1, epsilon=0.0).tolist()
        [[0.0], [1.0]]
    """
    x = xp.asarray(x)
    (axis,) = axis_tuple(axis, x.ndim)
    shape = [size if place == axis else 1 for place, size in enumerate(x.shape)]
    if xp.shape(mean) != (x.shape[axis],) or xp.shape(variance) != (x.shape[axis],):
        raise invalid("batch_normalization.mean", f"({x.shape[axis]},), like `variance`: one for each channel", mean)
    factor = engine.rsqrt(xp.reshape(variance, shape) + epsilon)
    if scale is not None:
        factor = factor * xp.reshape(scale, shape)
    shift = -xp.reshape(mean, shape) * factor
    if offset is not None:
        shift = shift + xp.reshape(offset, shape)
    return x * factor + shift


@op
@fused
def layer_normalization(
    x: Tensor,
    gamma: Tensor = None,
    beta: Tensor = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
) -> Tensor:
    """(x − mean) / √(variance + ε) · gamma + beta, with the statistics of `x` along some axes, in float32 at least.

    Jimmy Lei Ba et al., "Layer Normalization", 2016.

    Args:
        gamma, beta: of the sizes of the axes.
        epsilon: added to the variance; `epsilon()` by default.

    Example:
        >>> ops.round(ops.layer_normalization([1.0, 3.0]), 3).tolist()
        [-1.0, 1.0]
    """
    x = xp.asarray(x)
    wide = x.astype(xp.promote_types(x.dtype, "float32"))
    axes = axis_tuple(axis, x.ndim)
    mean, variance = moments(wide, axes, keepdims=True)
    factor = engine.rsqrt(variance + (settings.epsilon() if epsilon is None else epsilon))
    if gamma is not None:
        factor = factor * _spread(gamma, wide, axes)
    shift = -mean * factor
    if beta is not None:
        shift = shift + _spread(beta, wide, axes)
    return (wide * factor + shift).astype(x.dtype)


def _spread(weight: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """A weight with the sizes of some axes of `x`, with size 1 along the others."""
    weight = xp.asarray(weight, x.dtype)
    shape = [size if place in axes else 1 for place, size in enumerate(x.shape)]
    return weight if weight.ndim == x.ndim else xp.reshape(weight, shape)


@op
@fused
def rms_normalization(
    x: Tensor, scale: Tensor = None, axis: int | Sequence[int] = -1, epsilon: float | None = None
) -> Tensor:
    """x / √(mean(x²) + ε) · scale, with the mean along some axes, in float32 at least.

    Biao Zhang and Rico Sennrich, "Root Mean Square Layer Normalization", 2019.

    Args:
        scale: fits `x` by broadcasting.
        epsilon: added to the mean; `epsilon()` by default.

    Example:
        >>> ops.round(ops.rms_normalization([3.0, 3.0]), 3).tolist()
        [1.0, 1.0]
    """
    x = xp.atleast_1d(xp.asarray(x))
    wide = x.astype(xp.promote_types(x.dtype, "float32"))
    square = xp.mean(xp.square(wide), axis=axis_tuple(axis, x.ndim), keepdims=True)
    result = wide * engine.rsqrt(square + (settings.epsilon() if epsilon is None else epsilon))
    if scale is not None:
        result = result * xp.asarray(scale, wide.dtype)
    return result.astype(x.dtype)


@op
@fused
def dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor = None,
    mask: Tensor = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """softmax(scale · query · keyᵀ + bias) · value for each head, over (batch, time, heads, depth).

    Ashish Vaswani et al., "Attention Is All You Need", 2017.

    Args:
        key, value: may have fewer heads than `query`, each shared by as many query heads.
        bias: added to the logits, (batch, heads, query time, key time) by broadcasting.
        mask: True where a query may look, of the shape of `bias`.
        scale: 1 / √depth by default.
        is_causal: whether a query may look only at keys up to its own place.
        flash_attention: whether to use the fused kernel of NVIDIA GPUs, which never makes the weights; by default it
            is used for half precision on GPUs since Ampere, where it takes the shapes.
        attn_logits_soft_cap: bounds logits l smoothly by l / (1 + |l| / cap).

    Example:
        >>> q = ops.zeros((1, 2, 1, 4))
        >>> ops.dot_product_attention(q, q, ops.ones((1, 2, 1, 4)))[0, 0, 0].tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    for name, x in (("query", query), ("key", key), ("value", value)):
        if xp.ndim(x) != 4:
            raise invalid(f"dot_product_attention.{name}", "(batch, time, heads, depth)", x)
    query, key, value = xp.asarray(query), xp.asarray(key), xp.asarray(value)
    dtype = xp.result_type(query, key, value)
    query, key, value = query.astype(dtype), key.astype(dtype), value.astype(dtype)
    bias = None if bias is None else _four_axes(xp.asarray(bias, dtype))
    mask = None if mask is None else _four_axes(xp.asarray(mask, bool))
    if attn_logits_soft_cap is not None:
        return _capped_attention(query, key, value, bias, mask, scale, is_causal, attn_logits_soft_cap)
    return engine.attention(query, key, value, bias, mask, scale=scale, is_causal=is_causal, fused=flash_attention)


def _four_axes(x: Any) -> Any:
    """A mask or bias with the axes of the batch and the heads that it may lack."""
    return xp.expand_dims(x, 1) if x.ndim == 3 else x.reshape((1,) * (4 - x.ndim) + x.shape)


def _capped_attention(
    query: Any, key: Any, value: Any, bias: Any, mask: Any, scale: float | None, is_causal: bool, cap: float
) -> Any:
    shared = query.shape[2] // key.shape[2]
    key, value = xp.repeat(key, shared, axis=2), xp.repeat(value, shared, axis=2)
    logits = xp.einsum("bqhd,bkhd->bhqk", query, key).astype("float32")
    logits = logits * (query.shape[-1] ** -0.5 if scale is None else scale)
    logits = logits / (1.0 + xp.abs(logits) / cap)
    if bias is not None:
        logits = logits + bias
    seen = xp.tril(xp.ones(logits.shape[2:], bool)) if is_causal else xp.ones((), bool)
    seen = seen if mask is None else seen & mask
    weights = engine.nn.softmax(xp.where(seen, logits, -0.7 * xp.finfo("float32").max), axis=-1)
    return xp.einsum("bhqk,bkhd->bqhd", weights.astype(value.dtype), value)
