"""The short way of `predict` and of calling a model gives what the long way gives, and is left where it must be."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tsuno
from tsuno.core.context import scope
from tsuno.training import calls

X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def model(*layers: Any) -> Any:
    return tsuno.Sequential([tsuno.Input((4,)), *(layers or (tsuno.layers.Dense(2),))])


def long_way(net: Any, x: Any) -> np.ndarray:
    with scope(training=False):
        return np.asarray(net(x))


def test_both_ways_agree() -> None:
    net = model(tsuno.layers.Dense(5, activation="tanh"), tsuno.layers.BatchNormalization(), tsuno.layers.Dense(2))
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
    net = model(tsuno.layers.Dense(1, kernel_initializer="ones"))
    net.predict(X, verbose=0), net(X)
    net.set_weights([2 * weight for weight in net.get_weights()])
    expected = 2 * X.sum(1, keepdims=True)
    np.testing.assert_allclose(net.predict(X, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(net(X), expected, rtol=1e-5)


def test_a_changed_layer_is_used() -> None:
    net = model(tsuno.layers.Dense(1, kernel_initializer="ones", activation="relu"))
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
    net = model(tsuno.layers.Dropout(0.5), tsuno.layers.BatchNormalization())
    net(X), net(X, training=False)
    assert not np.array_equal(net(X, training=True), net(X, training=True))
    moved = net.layers[1].moving_mean.numpy()
    assert np.abs(moved).max() > 0


def test_layers_of_users_run_each_time() -> None:
    seen = []

    class Seen(tsuno.layers.Layer):
        def call(self, inputs: Any) -> Any:
            seen.append(1)
            return inputs

    for net in (model(Seen()), model(tsuno.layers.Lambda(lambda x: seen.append(1) or x))):
        net(X)
        before = len(seen)
        net(X)
        assert len(seen) == before + 1


def test_penalties_are_there() -> None:
    net = model(tsuno.layers.Dense(2, activity_regularizer="l2"), tsuno.layers.ActivityRegularization(l1=0.1))
    net(X)
    assert len(net.losses) == 2


def test_masks_are_carried() -> None:
    net = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Embedding(5, 2, mask_zero=True)])
    ids = np.array([[1, 2, 0]])
    for _ in range(2):
        assert tsuno.layers.LSTM(2)(net(ids)).shape == (1, 2)
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
    net = tsuno.Model(inputs, tsuno.layers.LSTM(2, stateful=True)(inputs))
    x = np.ones((1, 2, 1), "float32")
    outputs = [net.predict(x, verbose=0) for _ in range(3)]
    assert not np.array_equal(outputs[1], outputs[2])


def test_inside_a_gradient() -> None:
    net = model(tsuno.layers.Dense(1, use_bias=False, kernel_initializer="ones"))
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
