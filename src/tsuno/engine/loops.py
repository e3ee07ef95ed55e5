"""Loops over time that multiply what they carry with weights: the weights' gradient is one product in the end.

Differentiated as it stands, a loop adds up the gradient of such a weight step by step, which reads and writes all of
it each time. Here the gradients of the products are collected instead, and multiplied with what was carried, at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as xp
from jax import Array, lax

from tsuno.engine.placement import is_portable
from tsuno.engine.products import einsum

Product = Callable[[Array], Array]


def recurrence(
    step: Callable[[Any, Any, Sequence[Product]], tuple[Any, Any]],
    carry: Any,
    inputs: Any,
    weights: Sequence[Array],
    additive: bool = False,
) -> tuple[Any, Any]:
    """`scan` of a step that multiplies values with weights by the functions that it is given, each called once.

    It is given none where there is nothing to gain; then it multiplies by itself.

    Args:
        step: from what is carried, the inputs of a step and, for each weight, a function `x @ weight`, to what is
            carried on and the output.
        carry: what the first step is given.
        inputs: the inputs of all steps, along the first axis.
        weights: matrices.
        additive: whether the gradient of the first input is also that of the one product, as where they are added.
    """
    if not weights or is_portable():
        return lax.scan(lambda carry, x: step(carry, x, []), carry, inputs)

    def run(carry: Any, inputs: Any, weights: Sequence[Array], added: Any) -> tuple[Any, Any]:
        """The loop, with something added to each product; the values that were multiplied are outputs too."""

        def body(carry: Any, item: Any) -> tuple[Any, Any]:
            x, more = item
            multiplied: list[Any] = [None] * len(weights)

            def product(place: int, value: Array) -> Array:
                multiplied[place] = value
                y = xp.matmul(value, weights[place])
                return y if more is None else y + more[place]

            products = [partial(product, place) for place in range(len(weights))]
            carry, output = step(carry, x, products)
            return carry, (output, multiplied)

        carry, (outputs, multiplied) = lax.scan(body, carry, (inputs, added))
        return (carry, outputs), multiplied

    added = None
    if not additive:
        shapes = jax.eval_shape(partial(run, added=None), carry, inputs, weights)[1]
        if None in shapes:  # a step that does something else
            return recurrence(step, carry, inputs, ())
        added = [xp.zeros((*x.shape[:-1], w.shape[-1]), x.dtype) for x, w in zip(shapes, weights, strict=True)]
    closed, constants = jax.closure_convert(run, carry, inputs, weights, added)

    @jax.custom_vjp
    def whole(carry: Any, inputs: Any, weights: Sequence[Array], constants: Any) -> Any:
        return closed(carry, inputs, weights, added, *constants)[0]

    def forward(carry: Any, inputs: Any, weights: Sequence[Array], constants: Any) -> tuple[Any, Any]:
        def rest(carry: Any, inputs: Any, added: Any, constants: Any) -> Any:
            return closed(carry, inputs, weights, added, *constants)

        result, backward, multiplied = jax.vjp(rest, carry, inputs, added, constants, has_aux=True)
        return result, (backward, multiplied)

    def backward(saved: tuple[Any, Any], gradients: Any) -> tuple[Any, Any, Any, Any]:
        further, multiplied = saved
        d_carry, d_inputs, d_added, d_constants = further(gradients)
        each = jax.tree.leaves(d_inputs)[:1] if additive else d_added
        d_weights = [_weight_gradient(x, g) for x, g in zip(multiplied, each, strict=True)]
        return d_carry, d_inputs, d_weights, d_constants

    whole.defvjp(forward, backward)
    result: tuple[Any, Any] = whole(carry, inputs, list(weights), constants)
    return result


def _weight_gradient(x: Array, g: Array) -> Array:
    """The gradient of a weight from all that it was multiplied with."""
    wide = xp.promote_types(x.dtype, xp.float32)
    rows, gradients = x.reshape(-1, x.shape[-1]), g.reshape(-1, g.shape[-1])
    return einsum("xy,xz->yz", rows, gradients, preferred_element_type=wide).astype(x.dtype)
