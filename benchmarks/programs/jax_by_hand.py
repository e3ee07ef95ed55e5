"""The same programs in plain JAX, as somebody writes them who wants speed: the limit for whoever stands on JAX.

Each epoch is one compiled call; the step is scanned and the state donated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from programs import data

Action = Callable[[], Any]
Params = dict[str, Any]
key = jax.random.key(0)


def dense(inputs: int, outputs: int) -> Params:
    limit = (6 / (inputs + outputs)) ** 0.5
    return {"w": jax.random.uniform(key, (inputs, outputs), minval=-limit, maxval=limit), "b": jnp.zeros(outputs)}


def applied(layer: Params, x: Any) -> Any:
    return x @ layer["w"] + layer["b"]


def adam(params: Params, grads: Params, slots: Any, t: Any) -> tuple[Params, Any]:
    m, v = slots
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
    rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), params, m, v), (m, v)


def rmsprop(params: Params, grads: Params, slots: Any, t: Any) -> tuple[Params, Any]:
    m, v = slots
    v = jax.tree.map(lambda v, g: 0.9 * v + 0.1 * g * g, v, grads)
    return jax.tree.map(lambda p, g, v: p - 1e-3 * g * lax.rsqrt(v + 1e-7), params, grads, v), (m, v)


def sgd(params: Params, grads: Params, slots: Any, t: Any) -> tuple[Params, Any]:
    return jax.tree.map(lambda p, g: p - 0.1 * g, params, grads), slots


def classes(logits: Any, y: Any) -> tuple[Any, Any]:
    """Loss and number of right answers for class numbers."""
    loss = -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()
    return loss, (logits.argmax(-1) == y).sum()


def answers(logits: Any, y: Any) -> tuple[Any, Any]:
    """Loss and number of right answers for yes and no."""
    loss = (jnp.maximum(logits, 0) - logits * y + jnp.log1p(jnp.exp(-jnp.abs(logits)))).mean()
    return loss, ((logits > 0) == (y > 0.5)).sum()


def epoch(
    params: Params, forward: Any, judge: Any, update: Any, arrays: data.Arrays, batch: int, epochs: int = 1
) -> Action:
    x, y = map(jnp.asarray, arrays)
    rows = len(x)

    @partial(jax.jit, donate_argnums=0)
    def run(state: Any, key: Any, x: Any, y: Any) -> Any:
        order = jax.random.permutation(key, rows)

        def step(state: Any, i: Any) -> Any:
            params, slots, t = state
            at = lax.dynamic_slice(order, (i * batch,), (batch,))
            (loss, right), grads = jax.value_and_grad(lambda p: judge(forward(p, x[at]), y[at]), has_aux=True)(params)
            params, slots = update(params, grads, slots, t + 1.0)
            return (params, slots, t + 1.0), (loss, right)

        state, logs = lax.scan(step, state, jnp.arange(rows // batch))
        return state, jax.tree.map(jnp.sum, logs)

    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = (params, (zeros(params), zeros(params)), jnp.zeros(()))

    def action() -> None:
        nonlocal state
        for _ in range(epochs):
            state, logs = run(state, jax.random.key(np.random.randint(1 << 30)), x, y)
        jax.block_until_ready((state, logs))

    action()
    return action


def mlp() -> Action:
    params = {"a": dense(784, 512), "b": dense(512, 10)}
    forward = lambda p, x: applied(p["b"], jax.nn.relu(applied(p["a"], x)))
    return epoch(params, forward, classes, rmsprop, data.digits(60_000, flat=True), 128, 3)


def logistic() -> Action:
    return epoch({"a": dense(3, 1)}, lambda p, x: applied(p["a"], x), answers, sgd, data.logistic(), 1, 200)


def lstm() -> Action:
    params = {"e": jax.random.normal(key, (20_000, 128)) * 0.05, "x": dense(128, 512), "d": dense(128, 1)}
    params["h"] = jax.random.normal(key, (128, 512)) * 0.05

    def forward(p: Params, ids: Any) -> Any:
        inputs = applied(p["x"], p["e"][ids.T])

        def step(carry: Any, x: Any) -> Any:
            h, c = carry
            i, f, g, o = jnp.split(x + h @ p["h"], 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((ids.shape[0], 128))
        return applied(p["d"], lax.scan(step, (zeros, zeros), inputs)[0][0])

    return epoch(params, forward, answers, adam, data.texts(1_600, 80), 32)


def transformer() -> Action:
    def block() -> Params:
        norms = {f"n{i}": {"w": jnp.ones(128), "b": jnp.zeros(128)} for i in (1, 2)}
        return {"qkv": dense(128, 384), "o": dense(128, 128), "a": dense(128, 256), "b": dense(256, 128), **norms}

    params = {"e": jax.random.normal(key, (20_000, 128)) * 0.05, "blocks": [block(), block()], "d": dense(128, 1)}

    def norm(p: Params, x: Any) -> Any:
        x = x - x.mean(-1, keepdims=True)
        return x * lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-3) * p["w"] + p["b"]

    def forward(p: Params, ids: Any) -> Any:
        x = p["e"][ids]
        for b in p["blocks"]:
            q, k, v = jnp.split(applied(b["qkv"], x).reshape(*x.shape[:2], 4, 96), 3, axis=-1)
            attended = jax.nn.dot_product_attention(q, k, v).reshape(x.shape)
            x = norm(b["n1"], x + applied(b["o"], attended))
            x = norm(b["n2"], x + applied(b["b"], jax.nn.relu(applied(b["a"], x))))
        return applied(p["d"], x.mean(1))

    return epoch(params, forward, answers, adam, data.texts(1_024, 128), 32)


STEADY: dict[str, Callable[[], Action]] = {
    "logistic": logistic, "mlp": mlp, "lstm": lstm, "transformer": transformer,
}  # fmt: skip
