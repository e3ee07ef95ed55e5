"""JAX functions and Flax modules as layers: against Keras', in training, and as plain data."""

from __future__ import annotations

import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tsuno
from tsuno import layers

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

X = np.random.default_rng(2).normal(size=(8, 3)).astype("float32")


def init(rng: Any, inputs: Any) -> Any:
    size = inputs.shape[-1]
    return {"w": jnp.arange(size * 2.0).reshape(size, 2), "b": [jnp.ones(2)]}, {
        "calls": jnp.zeros((), "int32"),
        "mean": jnp.zeros(size),
    }


def call(params: Any, state: Any, inputs: Any, training: bool) -> Any:
    y = inputs @ params["w"] + params["b"][0]
    if training:
        state = {"calls": state["calls"] + 1, "mean": inputs.mean(0)}
    return y, state


def noisy(params: Any, rng: Any, inputs: Any) -> Any:
    return inputs * params if rng is None else inputs * params + jax.random.normal(rng, inputs.shape)


def test_a_jax_layer_is_keras() -> None:
    params, state = init(None, X)
    ours = layers.JaxLayer(call, init, name="layer")
    theirs = keras.layers.JaxLayer(
        call, params=params, state=state, name="layer"
    )  # with init_fn it asks for TensorFlow
    for training in (True, False):
        assert np.allclose(ours(X, training=training), theirs(X, training=training), atol=1e-6)
    mine = {(w.shape, str(w.numpy().dtype), w.trainable) for w in ours.weights}
    assert mine == {(tuple(w.shape), str(w.dtype), w.trainable) for w in theirs.weights}
    assert int(ours.state["calls"].numpy()) == 1 and np.allclose(ours.state["mean"].numpy(), X.mean(0))


def test_a_jax_layer_trains() -> None:
    model = tsuno.Sequential([tsuno.Input((3,)), layers.JaxLayer(call, init), layers.Dense(1)])
    model.compile(tsuno.optimizers.SGD(0.01), "mse")
    before = model.get_weights()
    model.fit(X, X[:, :1], epochs=2, batch_size=4, verbose=0)
    assert int(model.layers[0].state["calls"].numpy()) == 4
    assert all((a != b).any() for a, b in zip(before[:2], model.get_weights()[:2], strict=True))


def test_keys_are_drawn_in_training_only() -> None:
    layer = layers.JaxLayer(noisy, params=2.0, seed=1)
    assert np.allclose(layer(X), 2 * X)
    assert not np.allclose(layer(X, training=True), layer(X, training=True))
    again = layers.JaxLayer(noisy, params=2.0, seed=1)
    assert (again(X, training=True) == layers.JaxLayer(noisy, params=2.0, seed=1)(X, training=True)).all()


def test_a_jax_layer_is_plain_data() -> None:
    for lib in (tsuno, keras):
        lib.saving.register_keras_serializable("tests")(call)
        lib.saving.register_keras_serializable("tests")(init)
    layer = layers.JaxLayer(call, init, name="layer")
    y = layer(X)
    copy = layers.deserialize(layers.serialize(layer))
    assert np.allclose(copy(X), y)
    assert set(keras.layers.JaxLayer(call, init).get_config()) <= set(layer.get_config())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.JaxLayer(lambda params: params, params=1.0), "an argument `inputs`"),
        (lambda: layers.JaxLayer(lambda inputs, weights: inputs), "with arguments among"),
        (lambda: layers.JaxLayer(lambda params, inputs: inputs), "nothing makes their first values"),
    ],
)
def test_a_function_that_does_not_fit_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


class Module:
    """What the layer asks of a Flax module: `init` and `apply` with collections of variables."""

    def __call__(self, x: Any, training: bool = False) -> Any:
        raise NotImplementedError

    def init(self, rngs: Any, x: Any, method: Any = None, training: bool = False) -> Any:
        assert set(rngs) == {"params", "dropout"}
        return {"params": {"w": jnp.full((x.shape[-1],), 2.0)}, "batch_stats": {"n": jnp.zeros(())}}

    def apply(self, variables: Any, x: Any, rngs: Any, method: Any, mutable: Any, training: bool = False) -> Any:
        assert mutable == ["batch_stats"] and set(rngs) == ({"dropout"} if training else set())
        n = variables["batch_stats"]["n"] + (1.0 if training else 0.0)
        return x * variables["params"]["w"], {"batch_stats": {"n": n}}


def test_a_flax_module_keeps_its_collections() -> None:
    layer = layers.FlaxLayer(Module())
    assert np.allclose(layer(X), 2 * X)
    layer(X, training=True)
    assert [w.trainable for w in layer.weights] == [True, False]
    assert float(layer.state["batch_stats"]["n"].numpy()) == 1
    given = layers.FlaxLayer(Module(), variables={"params": {"w": jnp.ones(3)}, "batch_stats": {"n": jnp.ones(())}})
    assert np.allclose(given(X), X)
