"""Keeping gradients within bounds, as pure functions of their list."""

from __future__ import annotations

from typing import Any

from tsuno import ops


def clip(
    grads: list[Any],
    clipnorm: float | None = None,
    clipvalue: float | None = None,
    global_clipnorm: float | None = None,
) -> list[Any]:
    """The gradients, cut by the one limit that is set.

    Args:
        grads: arrays.
        clipnorm: the largest norm of each.
        clipvalue: the largest magnitude of an element.
        global_clipnorm: the largest norm of all together.

    Source: R. Pascanu, T. Mikolov and Y. Bengio, *On the difficulty of training recurrent neural networks*, 2013.
    """
    if clipnorm:
        return [g * _shrink(ops.sqrt(ops.sum(ops.square(g))), clipnorm) for g in grads]
    if global_clipnorm:
        norm = ops.sqrt(sum(ops.sum(ops.square(g)) for g in grads))
        return [g * _shrink(norm, global_clipnorm) for g in grads]
    if clipvalue:
        return [ops.clip(g, -clipvalue, clipvalue) for g in grads]
    return grads


def _shrink(norm: Any, limit: float) -> Any:
    """The factor that brings a norm down to a limit, 1 where it is below."""
    return limit / ops.maximum(norm, limit)
