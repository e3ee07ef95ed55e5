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


def halves(params: Params) -> Params:
    """The weights in half precision, in which everything is computed but sums, norms and the update."""
    return jax.tree.map(lambda p: p.astype("bfloat16"), params)


def streamed(params: Params, loss: Any, update: Any, sizes: Any) -> Action:
    """One epoch of steps; batches are copied to the device while the last is computed, and the state is donated."""
    x, y = sizes.arrays()

    @partial(jax.jit, donate_argnums=0)
    def step(state: Any, x: Any, y: Any) -> Any:
        params, slots, t = state
        value, grads = jax.value_and_grad(loss)(params, x, y)
        params, slots = update(params, grads, slots, t + 1.0)
        return (params, slots, t + 1.0), value

    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = jax.device_put((params, (zeros(params), zeros(params)), jnp.zeros(())))

    def action() -> None:
        nonlocal state
        total = jnp.zeros(())
        for at in np.split(np.random.permutation(len(x)), sizes.batches):
            state, value = step(state, *jax.device_put((x[at], y[at])))
            total = total + value
        total.block_until_ready()

    action()
    return action


def cross_entropy(logits: Any, y: Any) -> Any:
    logits = logits.astype("float32")
    return (jax.nn.logsumexp(logits, -1) - jnp.take_along_axis(logits, y[..., None], -1)[..., 0]).mean()


def resnet50() -> Action:
    sizes = data.RESNET50

    def unit(window: int, inputs: int, filters: int) -> Params:
        scale = (2 / (window * window * inputs)) ** 0.5
        kernel = jax.random.normal(key, (window, window, inputs, filters)) * scale
        return {"k": kernel, "w": jnp.ones(filters), "b": jnp.zeros(filters)}

    def normed(p: Params, x: Any, strides: int = 1) -> Any:
        window = p["k"].shape[0]
        edges = [((window - 1) // 2, window // 2)] * 2
        y = lax.conv_general_dilated(
            x, p["k"].astype(x.dtype), (strides, strides), edges, dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        mean, square = (jnp.mean(part, (0, 1, 2), dtype="float32") for part in (y, lax.square(y.astype("float32"))))
        scale = p["w"] * lax.rsqrt(square - mean * mean + 1e-5)
        return (y * scale + (p["b"] - mean * scale)).astype(x.dtype)

    params: Params = {"stem": unit(7, 3, 64), "blocks": []}
    inputs = 64
    for stage, blocks in enumerate(sizes.stages):
        for _ in range(blocks):
            filters = 64 << stage
            block = {"a": unit(1, inputs, filters), "b": unit(3, filters, filters), "c": unit(1, filters, 4 * filters)}
            if inputs != 4 * filters:
                block["short"] = unit(1, inputs, 4 * filters)
            params["blocks"].append(block)
            inputs = 4 * filters
    params["d"] = dense(inputs, sizes.classes)

    def loss(params: Params, x: Any, y: Any) -> Any:
        x = jax.nn.relu(normed(params["stem"], x.astype("bfloat16"), 2))
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
        for block in params["blocks"]:
            filters = block["a"]["k"].shape[-1]
            strides = 2 if "short" in block and filters > 64 else 1
            z = jax.nn.relu(normed(block["a"], x, strides))
            z = normed(block["c"], jax.nn.relu(normed(block["b"], z)))
            x = jax.nn.relu(z + (normed(block["short"], x, strides) if "short" in block else x))
        return cross_entropy(applied(params["d"], x.mean((1, 2), dtype="float32")), y)

    def momentum(params: Params, grads: Params, slots: Any, t: Any) -> tuple[Params, Any]:
        m = jax.tree.map(lambda m, g: 0.9 * m - 0.1 * g, slots[0], grads)
        return jax.tree.map(jnp.add, params, m), (m, slots[1])

    return streamed(params, loss, momentum, sizes)


def gpt2() -> Action:
    sizes = data.GPT2
    width = sizes.width

    def norm(p: Params, x: Any) -> Any:
        y = x.astype("float32")
        y = y - y.mean(-1, keepdims=True)
        return (y * lax.rsqrt((y * y).mean(-1, keepdims=True) + 1e-5) * p["w"] + p["b"]).astype(x.dtype)

    def block() -> Params:
        norms = {name: {"w": jnp.ones(width), "b": jnp.zeros(width)} for name in ("n1", "n2")}
        dense_ = {"qkv": dense(width, 3 * width), "o": dense(width, width)}
        return {**dense_, "a": dense(width, 4 * width), "b": dense(4 * width, width), **norms}

    params = {
        "e": jax.random.normal(key, (sizes.words, width)) * 0.02,
        "p": jax.random.normal(key, (sizes.steps, width)) * 0.02,
        "blocks": [block() for _ in range(sizes.blocks)],
        "n": {"w": jnp.ones(width), "b": jnp.zeros(width)},
        "out": jax.random.normal(key, (width, sizes.words)) * 0.02,
    }
    kernel: Any = "cudnn" if jax.default_backend() == "gpu" else None

    def loss(params: Params, ids: Any, y: Any) -> Any:
        p = halves(params)
        x = p["e"][ids] + p["p"]
        for b in p["blocks"]:
            parts = applied(b["qkv"], norm(b["n1"], x)).reshape(*ids.shape, 3, sizes.heads, -1)
            q, k, v = (parts[:, :, i] for i in range(3))
            attended = jax.nn.dot_product_attention(q, k, v, is_causal=True, implementation=kernel)
            x = x + applied(b["o"], attended.reshape(x.shape))
            x = x + applied(b["b"], jax.nn.gelu(applied(b["a"], norm(b["n2"], x))))
        return cross_entropy(norm(p["n"], x) @ p["out"], y)

    def adamw(params: Params, grads: Params, slots: Any, t: Any) -> tuple[Params, Any]:
        shrunk = jax.tree.map(lambda p: p * (1 - 3e-4 * 0.1), params)
        return adam(shrunk, grads, slots, t)

    return streamed(params, loss, adamw, sizes)


STEADY: dict[str, Callable[[], Action]] = {
    "logistic": logistic, "mlp": mlp, "lstm": lstm, "transformer": transformer, "resnet50": resnet50, "gpt2": gpt2,
}  # fmt: skip
