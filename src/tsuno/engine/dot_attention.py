"""Attention: by NVIDIA's fused kernel where there is one, else by products that suit the device.

On a CPU they read time and heads as they lie or, by the array library, heads before time. The gradient makes the
attention weights anew unless they are small: that costs one product of five, and saves keeping the largest array of the
network. Where weights of all examples would not fit in the cache by far, some examples are done at a time, so that
memory does not grow with the batch. What is not plain attention goes the array library's way.

Source: Tri Dao, Daniel Y. Fu, Stefano Ermon, Atri Rudra and Christopher Ré, *FlashAttention: Fast and Memory-Efficient
Exact Attention with IO-Awareness*, 2022 (for the gradient without the weights).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as xp
from jax import lax

from tsuno.engine.onednn import product
from tsuno.engine.placement import is_for_this_cpu, is_portable

_SMALL = 1 << 21
"""Numbers in the weights up to which they are kept for the gradient: 8 MiB."""

_LARGE = 1 << 23
"""Numbers in the weights from which examples are done a few at a time, and how many are then made at a time."""


def attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    *,
    scale: float | None = None,
    is_causal: bool = False,
    fused: bool | None = None,
) -> Any:
    """softmax(Q Kᵀ · scale) V for `query` (batch, T, heads, depth), `key` and `value` (batch, S, heads, depth).

    `fused` says whether to insist on the kernel of NVIDIA's GPUs (ignored on other devices), or on not using it.
    """
    if fused is None:
        fused = bias is None and _has_kernel(query, key, value, mask)
    if fused and jax.default_backend() == "gpu":
        if mask is not None:  # the kernel reads it whole along both times
            mask = xp.broadcast_to(mask, (*mask.shape[:2], query.shape[1], key.shape[1]))
        return jax.nn.dot_product_attention(
            query, key, value, bias, mask, scale=scale, is_causal=is_causal, implementation="cudnn"
        )
    plain = bias is None and query.shape[2:] == key.shape[2:] == value.shape[2:]
    if not plain or query.dtype != "float32" or not is_for_this_cpu():
        return jax.nn.dot_product_attention(query, key, value, bias, mask, scale=scale, is_causal=is_causal)
    batch, queries, heads, depth = query.shape
    seen = xp.tril(xp.ones((queries, key.shape[1]), bool))[None, None] if is_causal else None
    if mask is not None:
        seen = mask if seen is None else seen & mask
    attend = functools.partial(_attend, depth**-0.5 if scale is None else scale)
    size = queries * key.shape[1] * heads
    if batch * size <= _LARGE or batch == 1:
        return attend(query, key, value, seen)
    at_a_time = max(size_ for size_ in range(1, batch) if batch % size_ == 0 and size_ * size <= max(size, _LARGE))
    if seen is None or len(seen) == 1:
        return _by_parts(lambda q, k, v: attend(q, k, v, seen), at_a_time, query, key, value)
    return _by_parts(attend, at_a_time, query, key, value, seen)


def _has_kernel(query: Any, key: Any, value: Any, mask: Any) -> bool:
    """Whether what is traced is for a GPU whose library has attention of such arrays as one kernel (cuDNN 9)."""
    if is_portable() or jax.default_backend() != "gpu" or query.dtype not in ("bfloat16", "float16"):
        return False
    generation = str(getattr(jax.local_devices()[0], "compute_capability", "")).partition(".")[0]
    depth = query.shape[3]
    even = mask is None or query.shape[1] % 2 == key.shape[1] % 2 == 0
    fits = even and depth <= 128 and depth % 8 == 0 and value.shape[3] == depth
    return fits and generation.isdigit() and int(generation) >= 8


def _by_parts(function: Callable[..., Any], size: int, *arrays: Any) -> Any:
    parts = [x.reshape(-1, size, *x.shape[1:]) for x in arrays]
    return lax.map(lambda part: function(*part), tuple(parts)).reshape(arrays[0].shape)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _attend(scale: float, query: Any, key: Any, value: Any, seen: Any) -> Any:
    return _forward(scale, query, key, value, seen)[0]


def _forward(scale: float, query: Any, key: Any, value: Any, seen: Any) -> Any:
    weights = _weights(scale, query, key, seen)
    output = _mixed(weights, value)
    kept = weights if weights.size <= _SMALL else None
    return output, (query, key, value, seen, output, kept)


def _backward(scale: float, saved: Any, change: Any) -> Any:
    query, key, value, seen, output, kept = saved
    weights = _weights(scale, query, key, seen) if kept is None else kept
    in_sum = (output * change).sum(-1).swapaxes(1, 2)[..., None]
    by_logits = weights * (_compared(change, value) - in_sum) * scale
    if seen is not None:
        by_logits = xp.where(seen, by_logits, 0)
    return _mixed(by_logits, key), _mixed_back(by_logits, query), _mixed_back(weights, change), None


_attend.defvjp(_forward, _backward)


def _weights(scale: float, query: Any, key: Any, seen: Any) -> Any:
    logits = _compared(query * scale, key)
    if seen is not None:
        logits = xp.where(seen, logits, -0.7 * xp.finfo(logits.dtype).max)
    return jax.nn.softmax(logits)


def _compared(x: Any, y: Any) -> Any:
    """The products of all times of both, (batch, heads, T, S)."""
    z = product("bqhd,bkhd->bhqk", x, y)
    return xp.matmul(_swapped(x), _swapped(y).mT) if z is None else z


def _mixed(weights: Any, x: Any) -> Any:
    """Sums of `x` over S, one for each of T."""
    y = product("bhqk,bkhd->bqhd", weights, x)
    return _swapped(xp.matmul(weights, _swapped(x))) if y is None else y


def _mixed_back(weights: Any, x: Any) -> Any:
    """Sums of `x` over T, one for each of S."""
    y = product("bhqk,bqhd->bkhd", weights, x)
    return _swapped(xp.matmul(weights.mT, _swapped(x))) if y is None else y


def _swapped(x: Any) -> Any:
    """(batch, time, heads, depth) as (batch, heads, time, depth), or back."""
    return x.swapaxes(1, 2)
