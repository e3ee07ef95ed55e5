"""The short way of `predict` and of calling a model gives what the long way gives, and is left where it must be."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tsuno
from tsuno import layers
from tsuno.core.context import scope
from tsuno.data import ArrayData
from tsuno.training import calls, predicting

X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def model(*parts: Any) -> Any:
    return tsuno.Sequential([tsuno.Input((4,)), *(parts or (layers.Dense(2),))])


def long_way(net: Any, x: Any) -> np.ndarray:
    with scope(training=False):
        return np.asarray(net(x))


def test_both_ways_agree() -> None:
    net = model(layers.Dense(5, activation="tanh"), layers.BatchNormalization(), layers.Dense(2))
    for x in (X, X.astype("float64"), tsuno.ops.convert_to_tensor(X)):
        first, second = net(x), net(x)
        assert np.array_equal(first, second)
        np.testing.assert_allclose(first, long_way(net, x), rtol=1e-5, atol=1e-6)
    for _ in range(2):
        np.testing.assert_allclose(net.predict(X, verbose=0), long_way(net, X), rtol=1e-5, atol=1e-6)
    assert calls.known(net, "predict", X) is not None and calls.known(net, "call", X) is not None


def test_predictions_may_be_written_to_and_are_new() -> None:
    net = model()
    net.predict(X, verbose=0)
    first = net.predict(X, verbose=0)
    before = first.copy()
    first += 1
    assert np.array_equal(net.predict(X, verbose=0), before)


def test_new_weights_are_used() -> None:
    net = model(layers.Dense(1, kernel_initializer="ones"))
    net.predict(X, verbose=0), net(X)
    net.set_weights([2 * weight for weight in net.get_weights()])
    expected = 2 * X.sum(1, keepdims=True)
    np.testing.assert_allclose(net.predict(X, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(net(X), expected, rtol=1e-5)


def test_a_changed_layer_is_used() -> None:
    net = model(layers.Dense(1, kernel_initializer="ones", activation="relu"))
    net(X), net.predict(X, verbose=0)
    net.layers[0].activation = tsuno.activations.linear
    expected = X.sum(1, keepdims=True)
    np.testing.assert_allclose(net(X), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(net.predict(X, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_more_rows_than_a_batch_go_in_batches() -> None:
    net = model()
    net.predict(X, verbose=0)
    assert np.allclose(net.predict(X, batch_size=2, verbose=0), net.predict(X, verbose=0))


def test_training_draws_and_counts() -> None:
    net = model(layers.Dropout(0.5), layers.BatchNormalization())
    net(X), net(X, training=False)
    assert not np.array_equal(net(X, training=True), net(X, training=True))
    moved = net.layers[1].moving_mean.numpy()
    assert np.abs(moved).max() > 0


def test_layers_of_users_run_each_time() -> None:
    seen = []

    class Seen(layers.Layer):
        def call(self, inputs: Any) -> Any:
            seen.append(1)
            return inputs

    for net in (model(Seen()), model(layers.Lambda(lambda x: seen.append(1) or x))):
        net(X)
        before = len(seen)
        net(X)
        assert len(seen) == before + 1


def test_penalties_are_there() -> None:
    net = model(layers.Dense(2, activity_regularizer="l2"), layers.ActivityRegularization(l1=0.1))
    net(X)
    assert len(net.losses) == 2


def test_masks_are_carried() -> None:
    net = tsuno.Sequential([tsuno.Input((3,)), layers.Embedding(5, 2, mask_zero=True)])
    ids = np.array([[1, 2, 0]])
    for _ in range(2):
        assert layers.LSTM(2)(net(ids)).shape == (1, 2)
        with pytest.raises(ValueError, match="5"):
            net.predict(np.array([[1, 2, 7]]), verbose=0)
        net.predict(ids, verbose=0)


def test_wrong_shapes_are_told_each_time() -> None:
    net = model()
    net(X), net.predict(X, verbose=0)
    for _ in range(2):
        with pytest.raises(ValueError, match="4"):
            net(np.ones((3, 5), "float32"))
        with pytest.raises(ValueError, match="4"):
            net.predict(np.ones((3, 5), "float32"), verbose=0)


def test_states_go_on() -> None:
    inputs = tsuno.Input(batch_shape=(1, 2, 1))
    net = tsuno.Model(inputs, layers.LSTM(2, stateful=True)(inputs))
    x = np.ones((1, 2, 1), "float32")
    outputs = [net.predict(x, verbose=0) for _ in range(3)]
    assert not np.array_equal(outputs[1], outputs[2])


def test_inside_a_gradient() -> None:
    net = model(layers.Dense(1, use_bias=False, kernel_initializer="ones"))
    net(X)
    _, gradients = tsuno.value_and_grad(lambda: tsuno.ops.sum(net(X)), net.trainable_variables)()
    np.testing.assert_allclose(gradients[0], X.sum(0)[:, None], rtol=1e-5)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of the process from /proc")
def test_ten_thousand_predictions_take_no_memory() -> None:
    net = model()

    def resident() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(500):
        net.predict(X, verbose=0)
    before = resident()
    for _ in range(10_000):
        net.predict(X, verbose=0)
    assert resident() - before < 8 << 20


def small(**named: Any) -> Any:
    entry = tsuno.Input((3,))
    shared = layers.Dense(4, activation="tanh")(entry)
    outputs = {name: layers.Dense(size)(shared) for name, size in named.items()}
    return tsuno.Model(entry, outputs if len(outputs) > 1 else outputs.popitem()[1])


@pytest.mark.parametrize("rows", [9, 12, 200, 601])
@pytest.mark.parametrize("named", [{"a": 2}, {"a": 2, "b": 1}], ids=len)
def test_batches_that_are_predicted_together_give_what_each_gives(rows: int, named: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(predicting, "_TOGETHER", 4 * 4 * 3 * 50)  # fifty batches of 4 rows of 3 numbers
    net, x = small(**named), np.random.default_rng(rows).normal(size=(rows, 3)).astype("float32")
    together = net.predict(x, batch_size=4, verbose=0)
    seen: list[int] = []
    look = tsuno.callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs: seen.append(batch))
    apart = net.predict(x, batch_size=4, verbose=0, callbacks=[look])
    assert seen == list(range(-(-rows // 4))), "who watches sees every batch"
    for one, other in zip(tsuno.tree.flatten(together), tsuno.tree.flatten(apart), strict=True):
        assert one.shape == other.shape and one.flags.writeable
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    bulk = predicting.bulk_program(net, ArrayData((x, None, None), 4))
    before = bulk._dispatch._cache_size()
    net.predict(x[: rows // 4 * 4 - 4], batch_size=4, verbose=0)
    assert bulk._dispatch._cache_size() == before, "the number of rows is no matter of the program"


def test_states_go_on_through_batches_that_are_predicted_together() -> None:
    net = tsuno.Sequential([tsuno.Input(batch_shape=(2, 3, 1)), layers.SimpleRNN(4, stateful=True)])
    x = np.random.default_rng(0).normal(size=(12, 3, 1)).astype("float32")
    together = net.predict(x, batch_size=2, verbose=0)
    net.layers[0].reset_state()
    apart = np.concatenate([net.predict_on_batch(x[i : i + 2]) for i in range(0, 12, 2)])
    np.testing.assert_allclose(together, apart, rtol=1e-5, atol=1e-6)
