"""Laws of the training program: the same bits however steps are grouped, the same curve as Keras, every batch seen."""

import json
import signal
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest

import tsuno
from tsuno import layers
from tsuno.core.variable import bind, unbind
from tsuno.training import loop, program
from tsuno.training.program import Pace

rng = np.random.default_rng(0)


def dense(k):
    return k.Sequential(
        [
            k.Input((6,)),
            k.layers.Dense(8, activation="relu", kernel_regularizer="l2"),
            k.layers.Dense(3, activation="softmax"),
        ]
    )


def convolutional(k):
    return k.Sequential(
        [
            k.Input((6, 6, 2)),
            k.layers.Conv2D(4, 3, padding="same", activation="relu"),
            k.layers.BatchNormalization(),
            k.layers.MaxPooling2D(),
            k.layers.Flatten(),
            k.layers.Dense(3, activation="softmax"),
        ]
    )


def recurrent(k):
    return k.Sequential(
        [
            k.Input((5,)),
            k.layers.Embedding(11, 4, mask_zero=True),
            k.layers.LSTM(5, return_sequences=True),
            k.layers.GRU(4),
            k.layers.Dense(3, activation="softmax"),
        ]
    )


def data(kind, count=40):
    rows = np.random.default_rng(1)
    y = rows.integers(0, 3, count)
    if kind is dense:
        return rows.normal(size=(count, 6)).astype("float32"), y
    if kind is convolutional:
        return rows.normal(size=(count, 6, 6, 2)).astype("float32"), y
    return rows.integers(0, 11, (count, 5)), y


OPTIMIZERS = [
    ("SGD", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"learning_rate": 0.01}),
    ("Adam", {"learning_rate": 0.01}),
    ("AdamW", {"learning_rate": 0.01}),
    ("Adadelta", {"learning_rate": 0.5}),
    ("Adagrad", {"learning_rate": 0.05}),
    ("Adamax", {"learning_rate": 0.01}),
    ("Nadam", {"learning_rate": 0.01}),
]


def curve(k, kind, optimizer, arguments, weights, x, y):
    """The loss after each of 20 steps of 8 rows, in order."""
    model = kind(k)
    model.set_weights(weights)
    model.compile(
        getattr(k.optimizers, optimizer)(**arguments), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    seen = []

    class Watch(k.callbacks.Callback):
        batch_hooks = "every"

        def on_train_batch_end(self, batch, logs=None):
            seen.append([float(logs["loss"]), float(logs["accuracy"])])

    model.fit(x, y, batch_size=8, epochs=4, shuffle=False, verbose=0, callbacks=[Watch()])
    return np.array(seen), model


# All optimizers on the dense model; three kinds of slots on the two that take longer to compile.
CASES = [(dense, *row) for row in OPTIMIZERS]
CASES += [(kind, *OPTIMIZERS[place]) for kind in (convolutional, recurrent) for place in (1, 3, 4)]


@pytest.mark.parametrize(
    ("kind", "optimizer", "arguments"), CASES, ids=lambda v: getattr(v, "__name__", str(v).replace(" ", ""))
)
def test_twenty_steps_follow_the_curve_of_keras(kind, optimizer, arguments):
    x, y = data(kind)
    weights = kind(keras).get_weights()
    ours, model = curve(tsuno, kind, optimizer, arguments, weights, x, y)
    theirs, reference = curve(keras, kind, optimizer, arguments, weights, x, y)
    assert ours.shape == theirs.shape == (20, 2)
    np.testing.assert_allclose(ours, theirs, atol=1e-4, rtol=1e-4)
    for a, b in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4, rtol=1e-3)  # 20 steps let rounding grow by about tenfold


def stochastic():
    return tsuno.Sequential(
        [
            tsuno.Input((6,)),
            layers.Dense(8, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(1),
        ]
    )


def trained(monkeypatch, steps, callbacks=(), epochs=3, count=20):
    tsuno.utils.set_random_seed(3)
    model = stochastic()
    model.compile("adam", "mse", metrics=["mae"])
    if steps is not None:
        monkeypatch.setattr(Pace, "steps", lambda self, seconds, at_most: min(steps, at_most))
    x = rng_data = np.random.default_rng(5).normal(size=(count, 6)).astype("float32")
    history = model.fit(x, rng_data[:, :1], batch_size=4, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return model, history


def test_same_bits_however_steps_are_grouped(monkeypatch):
    reference, history = trained(monkeypatch, 1)
    for steps in (2, 3, 100, None):
        model, other = trained(monkeypatch, steps)
        assert history.history == other.history
        for a, b in zip(reference.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        for a, b in zip(reference.optimizer.variables, model.optimizer.variables, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_same_bits_with_and_without_watchers(monkeypatch):
    reference, history = trained(monkeypatch, None)
    watcher = tsuno.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    model, other = trained(monkeypatch, None, [watcher])
    assert history.history == other.history
    for a, b in zip(reference.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


PACES = [  # seconds of a dispatch itself, seconds of a step, what may be taken together: at least, at most; steps
    (0.0, 0.001, (0.1, 1.0), 100),
    (0.0, 0.4, (0.1, 1.0), 1),
    (0.012, 0.1, (0.1, 1.0), 4),
    (0.06, 0.08, (0.1, 1.0), 12),
    (0.06, 0.08, (1.0, 2.0), 25),
    (0.5, 3.0, (0.1, 1.0), 1),
]


@pytest.mark.parametrize(("alone", "each", "seconds", "steps"), PACES)
def test_so_many_steps_are_taken_together_that_the_dispatch_is_a_small_part(monkeypatch, alone, each, seconds, steps):
    now, pace = 0.0, Pace()
    monkeypatch.setattr(program.time, "perf_counter", lambda: now)
    measured = []
    for compiled in (False, True, True):
        assert pace.measuring
        measured.append(pace.steps(seconds, 1000))
        started, now = now, now + alone + each * measured[-1] + (0 if compiled else 5)
        pace.note(started, measured[-1])
    assert measured[:2] == [1, 1] and measured[2] > 1, "one step and several tell the two apart"
    assert not pace.measuring and pace.steps(seconds, 1000) == pytest.approx(steps, abs=1)
    assert pace.steps(seconds, 1) == 1


def test_same_seed_same_bits_in_two_processes():
    code = (
        "import json, numpy as np, tsuno; from tsuno import layers\n"
        "tsuno.utils.set_random_seed(3)\n"
        "m = tsuno.Sequential([tsuno.Input((4,)), layers.Dense(5), layers.Dropout(0.5), layers.Dense(1)])\n"
        "m.compile('adam', 'mse')\n"
        "x = np.arange(40, dtype='float32').reshape(10, 4) / 40\n"
        "m.fit(x, x[:, :1], batch_size=4, epochs=2, verbose=0)\n"
        "print(json.dumps([w.tobytes().hex() for w in m.get_weights()]))"
    )
    first, second = (
        json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("need", ["step", "every"])
def test_every_batch_is_seen_in_order_with_its_logs(monkeypatch, need):
    seen = []

    class Watch(tsuno.callbacks.Callback):
        batch_hooks = need

        def on_train_batch_begin(self, batch, logs=None):
            seen.append(("begin", batch))

        def on_train_batch_end(self, batch, logs=None):
            seen.append(("end", batch, logs["loss"], logs["mae"]))

    _, history = trained(monkeypatch, None, [Watch()], epochs=2, count=22)  # the last batch has 2 rows
    assert [row[:2] for row in seen] == [
        (what, batch) for _ in range(2) for batch in range(6) for what in ("begin", "end")
    ]
    assert seen[-1][2] == history.history["loss"][-1]
    assert len({row[2] for row in seen if row[0] == "end"}) == 12


def test_a_batch_hook_may_set_the_learning_rate():
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(tsuno.optimizers.SGD(0.0), "mse")

    class Rate(tsuno.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.learning_rate = 0.25 if batch == 2 else 0.0

    model.fit(np.ones((4, 1)), np.zeros((4, 1)), batch_size=1, verbose=0, callbacks=[Rate()])
    assert model.get_weights()[0].item() == pytest.approx(0.5)  # one step: 1 - 0.25 · 2 · 1


def test_ragged_last_batch_keeps_its_meaning():
    x = np.arange(5, dtype="float32")[:, None]
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(tsuno.optimizers.SGD(0.0), "mse")
    history = model.fit(x, np.zeros((5, 1)), batch_size=2, verbose=0)
    assert history.history["loss"][0] == pytest.approx(np.mean(x**2))
    steps = []
    batch_logs = tsuno.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(logs["loss"]))
    model.fit(x, np.zeros((5, 1)), batch_size=2, shuffle=False, verbose=0, callbacks=[batch_logs])
    np.testing.assert_allclose(steps, [0.5, 3.5, 6.0], rtol=1e-6)  # running means over 2, 4, 5 samples


def test_steps_per_epoch_goes_on_where_it_stopped():
    x = np.arange(6, dtype="float32")[:, None]
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(tsuno.optimizers.SGD(0.0), "mae")
    history = model.fit(x, 0 * x, batch_size=1, epochs=3, steps_per_epoch=2, shuffle=False, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [0.5, 2.5, 4.5])


def test_generators_train_like_arrays():
    x = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
    y = x[:, :1]

    def batches():
        while True:
            for i in range(0, 12, 4):
                yield x[i : i + 4], y[i : i + 4]

    results = []
    for given in ((x, y), (batches(), None)):
        model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(1, kernel_initializer="ones")])
        model.compile("adam", "mse")
        steps = None if given[1] is not None else 3
        history = model.fit(*given, batch_size=4, epochs=3, shuffle=False, steps_per_epoch=steps, verbose=0)
        results.append((history.history["loss"], model.get_weights()))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-6)
    for a, b in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_an_exhausted_generator_ends_training_with_a_warning():
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    batches = ((np.ones((2, 1)), np.ones((2, 1))) for _ in range(3))
    with pytest.warns(UserWarning, match="ended"):
        history = model.fit(batches, epochs=3, verbose=0)
    assert len(history.history["loss"]) == 1


def test_an_error_in_a_generator_comes_out_as_it_is():
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")

    def batches():
        yield np.ones((2, 1)), np.ones((2, 1))
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        model.fit(batches(), verbose=0)


def test_an_interrupted_fit_keeps_what_ran():
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")

    class Stop(tsuno.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=5, verbose=0, callbacks=[Stop()])
    assert model.predict(np.ones((2, 1)), verbose=0).shape == (2, 1)
    model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)


def test_ctrl_c_during_a_dispatch_loses_no_weights():
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals reach the main thread only")
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 1))
    model.fit(x, x, verbose=0)
    program = loop.train_program(model)
    dispatch = program._dispatch

    def interrupted(*args, **kwargs):
        result = dispatch(*args, **kwargs)
        signal.raise_signal(signal.SIGINT)
        return result

    program._dispatch = interrupted
    before = int(model.optimizer.iterations)
    listening = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # none where a shell has started this behind it
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(x, x, verbose=0)
    finally:
        signal.signal(signal.SIGINT, listening)
    assert int(model.optimizer.iterations) == before + 1
    assert np.isfinite(model.predict(x, verbose=0)).all()


def test_weights_are_frozen_at_compile():
    """The recipe of adversarial networks: the critic trains alone, and is still inside the combined model."""
    critic = tsuno.Sequential([tsuno.Input((2,)), layers.Dense(1)], name="critic")
    critic.compile(tsuno.optimizers.SGD(0.1), "mse")
    critic.trainable = False
    maker = tsuno.Sequential([tsuno.Input((2,)), layers.Dense(2)], name="maker")
    both = tsuno.Sequential([tsuno.Input((2,)), maker, critic])
    both.compile(tsuno.optimizers.SGD(0.1), "mse")
    x, y = np.ones((4, 2)), np.ones((4, 1))

    before = [w.copy() for w in critic.get_weights()]
    both.train_on_batch(x, y)
    for a, b in zip(before, critic.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    made = [w.copy() for w in maker.get_weights()]
    critic.train_on_batch(x, y)
    assert any((a != b).any() for a, b in zip(before, critic.get_weights(), strict=True))
    for a, b in zip(made, maker.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_eager_steps_equal_compiled_ones():
    x = np.random.default_rng(0).normal(size=(10, 6)).astype("float32")
    results = []
    for eager in (False, True):
        tsuno.utils.set_random_seed(3)
        model = stochastic()
        model.compile("adam", "mse", run_eagerly=eager)
        history = model.fit(x, x[:, :1], batch_size=4, epochs=2, verbose=0)
        results.append((history.history["loss"], model.get_weights(), model.predict(x, verbose=0)))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-5)
    for a, b in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(results[0][2], results[1][2], rtol=1e-4, atol=1e-5)


def test_training_consumes_no_array_but_its_own():
    """Programs are given the weights' memory: a copy assigned elsewhere, or read before, must outlive that."""
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(2), layers.Dense(1)])
    model.compile("sgd", "mse")
    twin = tsuno.models.clone_model(model)
    for theirs, ours in zip(twin.weights, model.weights, strict=True):
        theirs.assign(ours)
    state, values = unbind(model), model.get_weights()
    before = [value.copy() for value in values]
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    for theirs, value, copy in zip(twin.get_weights(), values, before, strict=True):
        np.testing.assert_array_equal(theirs, copy)
        np.testing.assert_array_equal(value, copy)
    bind(model, state)
    for value, copy in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, copy)
