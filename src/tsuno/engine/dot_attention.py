"""Attention on a CPU: heads before time, so that every product is a matrix product as it stands, and no weights kept.

The gradient makes the attention weights anew: that costs one product of five, and saves writing and reading the
largest array of the network. Where weights of all examples would not fit in the cache by far, some examples are done
at a time, so that memory does not grow with the batch. What is not plain attention goes the array library's way.

Source: Tri Dao, Daniel Y. Fu, Stefano Ermon, Atri Rudra and Christopher Ré, *FlashAttention: Fast and Memory-Efficient
Exact Attention with IO-Awareness*, 2022 (for the gradient without the weights).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as xp
from jax import lax

from tsuno.engine.placement import is_for_this_cpu

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
    implementation: Literal["cudnn", "xla"] | None = None,
) -> Any:
    """softmax(Q Kᵀ · scale) V for `query` (batch, T, heads, depth), `key` and `value` (batch, S, heads, depth)."""
    plain = bias is None and query.shape[2:] == key.shape[2:] == value.shape[2:]
    if not plain or query.dtype != "float32" or implementation == "cudnn" or not is_for_this_cpu():
        return jax.nn.dot_product_attention(
            query, key, value, bias, mask, scale=scale, is_causal=is_causal, implementation=implementation
        )
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


def _by_parts(function: Callable[..., Any], size: int, *arrays: Any) -> Any:
    parts = [x.reshape(-1, size, *x.shape[1:]) for x in arrays]
    return lax.map(lambda part: function(*part), tuple(parts)).reshape(arrays[0].shape)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _attend(scale: float, query: Any, key: Any, value: Any, seen: Any) -> Any:
    return _forward(scale, query, key, value, seen)[0]


def _forward(scale: float, query: Any, key: Any, value: Any, seen: Any) -> Any:
    q, k, v = map(_swapped, (query, key, value))
    output = xp.matmul(_weights(scale, q, k, seen), v)
    return _swapped(output), (q, k, v, output, seen)


def _backward(scale: float, kept: Any, change: Any) -> Any:
    q, k, v, output, seen = kept
    change = _swapped(change)
    weights = _weights(scale, q, k, seen)
    by_weights = xp.matmul(change, v.mT)
    by_logits = weights * (by_weights - (output * change).sum(-1, keepdims=True)) * scale
    if seen is not None:
        by_logits = xp.where(seen, by_logits, 0)
    changes = xp.matmul(by_logits, k), xp.matmul(by_logits.mT, q), xp.matmul(weights.mT, change)
    return *map(_swapped, changes), None


_attend.defvjp(_forward, _backward)


def _weights(scale: float, q: Any, k: Any, seen: Any) -> Any:
    logits = xp.matmul(q * scale, k.mT)
    if seen is not None:
        logits = xp.where(seen, logits, -0.7 * xp.finfo(logits.dtype).max)
    return jax.nn.softmax(logits)


def _swapped(x: Any) -> Any:
    """(batch, time, heads, depth) as (batch, heads, time, depth), or back."""
    return x.swapaxes(1, 2)
