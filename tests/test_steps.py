"""Steps, losses and loops of the user's own: in every form, compiled and eager, and beside Keras on JAX."""

import jax
import keras
import numpy as np
import pytest

import tsuno
from tsuno import layers, ops

X = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5], [3.0]]) + 1).astype("float32")
W = np.linspace(0.5, 2.0, 24).astype("float32")


class Neutral(tsuno.Model):
    """The law of training written with `value_and_grad`; the model is built by its first step."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(5, activation="tanh", kernel_initializer=tsuno.initializers.GlorotUniform(1))
        self.norm = layers.BatchNormalization()
        self.head = layers.Dense(1, kernel_initializer=tsuno.initializers.GlorotUniform(2))
        self.calls = 0

    def call(self, x, training=False):
        return self.head(self.norm(self.dense(x), training=training))

    def train_step(self, data):
        self.calls += 1
        x, y = data

        def loss_of():
            y_pred = self(x, training=True)
            return self.compute_loss(x, y, y_pred), y_pred

        (loss, y_pred), grads = tsuno.value_and_grad(loss_of, self, has_aux=True)()
        self.optimizer.apply(grads, self.trainable_variables)
        self._loss_tracker.update_state(loss, sample_weight=float(len(x)))
        return self.compute_metrics(x, y, y_pred)


class Default(Neutral):
    train_step = tsuno.Model.train_step


class Neutrally(Neutral):
    def train_step(self, data):
        return {**tsuno.Model.train_step(self, data), "twice": 2 * self.head.bias[0]}


class Statefully(Neutral):
    def train_step(self, state, data):
        logs, state = tsuno.Model.train_step(self, state, data)
        return logs, state

    def test_step(self, state, data):
        return super().test_step(state, data)

    def predict_step(self, state, data):
        return super().predict_step(state, data)


def trained(cls, eager=False):
    tsuno.utils.set_random_seed(3)
    model = cls()
    model.compile(tsuno.optimizers.Adam(0.05), "mse", metrics=["mae"], run_eagerly=eager)
    history = model.fit(X, Y, epochs=3, batch_size=10, verbose=0).history
    return model, history, model.evaluate(X, Y, verbose=0), model.predict(X, verbose=0)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("cls", [Neutral, Neutrally, Statefully])
def test_every_form_of_a_step_is_the_default_one(cls, eager):
    _, expected, measured, predicted = trained(Default)
    model, history, values, outputs = trained(cls, eager)
    for name, losses in expected.items():
        np.testing.assert_allclose(history[name], losses, rtol=1e-5)
    np.testing.assert_allclose(values, measured, rtol=1e-5)
    np.testing.assert_allclose(outputs, predicted, rtol=1e-5, atol=1e-6)
    if cls is Neutrally:
        np.testing.assert_allclose(history["twice"][-1], 2 * model.head.bias.numpy()[0], rtol=1e-5)
    if cls is Neutral:
        steps = 9
        assert (model.calls in (steps, steps + 1)) if eager else model.calls <= 4  # traced, not run, by Python


def jax_form(k):
    """The step of Keras' guide for JAX, word for word its own interface."""

    class Custom(k.Model):
        def compute_loss_and_updates(self, trainable, non_trainable, x, y, training=False):
            y_pred, non_trainable = self.stateless_call(trainable, non_trainable, x, training=training)
            return self.compute_loss(x, y, y_pred), (y_pred, non_trainable)

        def train_step(self, state, data):
            trainable, non_trainable, optimizer_variables, counters = state
            x, y = data
            gradient = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
            (loss, (y_pred, non_trainable)), grads = gradient(trainable, non_trainable, x, y, training=True)
            trainable, optimizer_variables = self.optimizer.stateless_apply(optimizer_variables, grads, trainable)
            logs, new = {}, []
            for metric in self.metrics:
                own = counters[len(new) : len(new) + len(metric.variables)]
                if metric.name == "loss":
                    own = metric.stateless_update_state(own, loss)
                else:
                    own = metric.stateless_update_state(own, y, y_pred)
                logs[metric.name] = metric.stateless_result(own)
                new += own
            return logs, (trainable, non_trainable, optimizer_variables, new)

        def test_step(self, state, data):
            trainable, non_trainable, counters = state
            x, y = data
            loss, (_, y_pred, non_trainable, counters) = k.Model.compute_loss_and_updates(
                self, trainable, non_trainable, counters, x, y, None, training=False
            )
            logs, new = {}, []
            for metric in self.metrics:
                own = counters[len(new) : len(new) + len(metric.variables)]
                arguments = (loss,) if metric.name == "loss" else (y, y_pred)
                own = metric.stateless_update_state(own, *arguments)
                logs[metric.name] = metric.stateless_result(own)
                new += own
            return logs, (trainable, non_trainable, new)

    inputs = k.Input((4,))
    x = k.layers.BatchNormalization()(k.layers.Dense(5, activation="tanh")(inputs))
    model = Custom(inputs, k.layers.Dense(1)(x))
    model.compile(k.optimizers.Adam(0.05), "mse", metrics=[k.metrics.MeanAbsoluteError(name="mae")])
    return model


def test_steps_written_for_keras_on_jax_run_as_they_are():
    ours, theirs = jax_form(tsuno), jax_form(keras)
    ours.set_weights(theirs.get_weights())
    for model in (ours, theirs):
        model.history_ = model.fit(X, Y, epochs=3, batch_size=8, shuffle=False, verbose=0).history
    for name in ("loss", "mae"):
        np.testing.assert_allclose(ours.history_[name], theirs.history_[name], rtol=1e-5)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    measured = theirs.evaluate(X, Y, verbose=0, return_dict=True)
    for name, value in ours.evaluate(X, Y, verbose=0, return_dict=True).items():
        np.testing.assert_allclose(value, measured[name], rtol=1e-5)


def plain(k):
    inputs = k.Input((4,))
    x = k.layers.Dropout(0.5, seed=1)(k.layers.Dense(5, activation="tanh")(inputs))
    model = k.Model(inputs, k.layers.Dense(1)(x))
    model.compile(k.optimizers.Adam(0.05), "mse", metrics=["mae"])
    return model


def own_loop(k, model):
    """A loop as in Keras' guide: everything that changes is a list of arrays."""
    optimizer, metric, loss_fn = k.optimizers.Adam(0.05), k.metrics.MeanAbsoluteError(), k.losses.MeanSquaredError()
    optimizer.build(model.trainable_variables)

    def loss_of(trainable, non_trainable, x, y):
        y_pred, non_trainable, losses = model.stateless_call(trainable, non_trainable, x, return_losses=True)
        return loss_fn(y, y_pred) + sum(losses), (y_pred, non_trainable)

    @jax.jit
    def step(state, x, y):
        trainable, non_trainable, slots, counters = state
        (loss, (y_pred, non_trainable)), grads = jax.value_and_grad(loss_of, has_aux=True)(
            trainable, non_trainable, x, y
        )
        trainable, slots = optimizer.stateless_apply(slots, grads, trainable)
        return loss, (trainable, non_trainable, slots, metric.stateless_update_state(counters, y, y_pred))

    lists = (model.trainable_variables, model.non_trainable_variables, optimizer.variables, metric.variables)
    state = tuple([variable.value for variable in each] for each in lists)
    losses = []
    for first in range(0, 24, 8):
        loss, state = step(state, X[first : first + 8], Y[first : first + 8])
        losses.append(float(loss))
    return losses, [np.asarray(value) for value in state[0]], float(metric.stateless_result(state[3]))


def test_loops_written_for_keras_on_jax_run_as_they_are():
    ours, theirs = plain(tsuno), plain(keras)
    ours.set_weights(theirs.get_weights())
    for a, b in zip(own_loop(tsuno, ours), own_loop(keras, theirs), strict=True):
        for x, y in zip(
            np.atleast_1d(a) if np.isscalar(a) else a, np.atleast_1d(b) if np.isscalar(b) else b, strict=True
        ):
            np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6)


def test_pure_functions_of_a_model_are_those_of_keras():
    ours, theirs = plain(tsuno), plain(keras)
    ours.set_weights(theirs.get_weights())
    results, weights = [], theirs.get_weights()
    for model in (ours, theirs):
        model.train_on_batch(X[:1] * 0, Y[:1] * 0)
        model.reset_metrics()
        model.set_weights(weights)
        lists = (model.trainable_variables, model.non_trainable_variables, model.metrics_variables)
        state = [[variable.value for variable in each] for each in lists]
        y_pred, _ = model.stateless_call(*state[:2], X)
        loss, _ = model.stateless_compute_loss(*state, X, Y, y_pred, training=False)
        again, (unscaled, *_) = model.compute_loss_and_updates(*state, X, Y, W)
        results.append([loss, again, unscaled])
    np.testing.assert_allclose(*results, rtol=1e-5)
    logs, counters = ours.stateless_evaluate(*([v.value for v in each] for each in (
        ours.trainable_variables, ours.non_trainable_variables, ours.metrics_variables)), X, Y)  # fmt: skip
    assert float(logs["loss"]) == pytest.approx(float(results[0][0]), rel=1e-6)
    assert float(sum(np.sum(c) for c in counters)) > 0 == sum(float(np.sum(v)) for v in ours.metrics_variables)
    with pytest.raises(ValueError, match="state of"):
        ours.stateless_evaluate([], [], [], X, Y)


# ---------------------------------------------------------------------- losses, metrics and their like


class OwnLoss(tsuno.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):  # without `training`, as before Keras 3.3
        return ops.mean(ops.abs(y - y_pred)) + sum(self.losses)


class OwnMetrics(tsuno.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.largest = tsuno.metrics.Mean(name="largest")

    @property
    def metrics(self):
        return [self.largest]

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        self.largest.update_state(ops.max(y_pred))
        return self.get_metrics_result()


def functional(cls):
    inputs = tsuno.Input((4,))
    outputs = layers.Dense(1, kernel_initializer="ones", activity_regularizer="l2")(inputs)
    return cls(inputs, outputs)


def test_a_loss_of_ones_own_is_what_is_trained():
    model = functional(OwnLoss)
    model.compile("sgd")
    value = model.evaluate(X, Y, batch_size=24, verbose=0)
    penalty = 0.01 * np.sum(X.sum(1) ** 2) / 24
    assert value == pytest.approx(np.mean(np.abs(Y[:, 0] - X.sum(1))) + penalty, rel=1e-5)
    assert model.fit(X, Y, epochs=20, verbose=0).history["loss"][-1] < value
    model = functional(OwnLoss)
    model.compute_loss = lambda x, y, y_pred, sample_weight: y_pred
    model.compile("sgd")
    with pytest.raises(ValueError, match="compute_loss` must return a scalar"):
        model.fit(X, Y, verbose=0)


def test_metrics_of_ones_own_are_reset_and_named():
    model = functional(OwnMetrics)
    model.compile("sgd", "mse")
    history = model.fit(X, Y, epochs=2, batch_size=24, verbose=0).history
    assert list(history) == ["largest"] == model.metrics_names
    assert history["largest"][0] == pytest.approx(X.sum(1).max(), rel=1e-5)


@pytest.mark.parametrize("returned, said", [
    (None, "must return a dict"), ({"loss": "low"}, "under 'loss'"), ({"m": tsuno.metrics.Mean()}, "metric.result"),
])  # fmt: skip
def test_what_a_step_returns_is_checked(returned, said):
    class Wrong(tsuno.Model):
        def train_step(self, data):
            return returned

    model = functional(Wrong)
    model.compile("sgd")
    with pytest.raises(TypeError, match=said):
        model.fit(X, Y, verbose=0)

    class Stateless(tsuno.Model):
        def train_step(self, state, data):
            return {"loss": 1.0}

    model = functional(Stateless)
    model.compile("sgd")
    with pytest.raises(TypeError, match="must return \\(logs, state\\)"):
        model.fit(X, Y, verbose=0)


def test_a_generator_against_a_discriminator():
    """Two networks, two optimizers, weights that only one of them moves."""

    class Gan(tsuno.Model):
        def __init__(self):
            super().__init__()
            self.d = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
            self.g = tsuno.Sequential([layers.Dense(1)])
            self.seeds = tsuno.random.SeedGenerator(1)
            self.d_metric, self.g_metric = tsuno.metrics.Mean(name="d_loss"), tsuno.metrics.Mean(name="g_loss")

        def compile(self, d_optimizer, g_optimizer):
            super().compile()
            self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer

        @property
        def metrics(self):
            return [self.d_metric, self.g_metric]

        def train_step(self, real):
            noise = tsuno.random.normal((len(real), 2), seed=self.seeds)
            loss = tsuno.losses.BinaryCrossentropy(from_logits=True)
            fake = self.g(noise)
            both = ops.concatenate([real, fake])
            labels = ops.concatenate([ops.ones((len(real), 1)), ops.zeros((len(real), 1))])
            d_loss, grads = tsuno.value_and_grad(lambda: loss(labels, self.d(both)), self.d)()
            self.d_optimizer.apply(grads, self.d.trainable_weights)
            g_loss, grads = tsuno.value_and_grad(
                lambda: loss(ops.ones((len(real), 1)), self.d(self.g(noise))), self.g
            )()
            self.g_optimizer.apply_gradients(zip(grads, self.g.trainable_weights, strict=True))
            self.d_metric.update_state(d_loss)
            self.g_metric.update_state(g_loss)
            return {metric.name: metric.result() for metric in self.metrics}

    outcomes = []
    for eager in (False, True):
        tsuno.utils.set_random_seed(2)
        model = Gan()
        model.compile(tsuno.optimizers.Adam(0.02), tsuno.optimizers.Adam(0.05))
        model.run_eagerly = eager
        real = np.random.default_rng(0).normal(4.0, 0.5, size=(64, 1)).astype("float32")
        before = np.mean(model.g(np.random.default_rng(1).normal(size=(64, 2))))
        outcomes.append(model.fit(real, epochs=2 if eager else 45, batch_size=32, verbose=0).history["d_loss"])
        if not eager:
            after = np.mean(model.g(np.random.default_rng(1).normal(size=(64, 2))))
            assert abs(after - 4.0) < 0.5 * abs(before - 4.0)  # it has learned where the data are
    np.testing.assert_allclose(outcomes[1], outcomes[0][:2], rtol=1e-4)


# ---------------------------------------------------------------------- gradients, programs, recomputation


def test_gradients_of_functions_of_variables():
    layer = layers.Dense(2, kernel_initializer="ones")  # built by the first call
    value, (kernel, bias) = tsuno.value_and_grad(lambda x: ops.sum(layer(x) ** 2), layer)(X)
    assert float(value) == pytest.approx(2 * np.sum(X.sum(1) ** 2), rel=1e-5)
    np.testing.assert_allclose(kernel, np.tile(2 * X.T @ X.sum(1)[:, None], 2), rtol=1e-4)
    np.testing.assert_allclose(bias, [2 * X.sum()] * 2, rtol=1e-4)
    norm = layers.BatchNormalization(momentum=0.0)
    tsuno.value_and_grad(lambda: ops.sum(norm(X, training=True)), norm)()
    np.testing.assert_allclose(norm.moving_mean, X.mean(0), atol=1e-6)  # what is assigned stays assigned
    for wrong, said in (
        (lambda: tsuno.value_and_grad(3, layer), "a function"),
        (lambda: tsuno.value_and_grad(lambda: 1.0, [3]), "a list of variables"),
        (lambda: tsuno.grad(lambda: layer(X), layer)(), "must return a scalar"),
        (
            lambda: tsuno.value_and_grad(lambda: ops.sum(layer(X)), layer, has_aux=True)(),
            "must return \\(scalar, rest\\)",
        ),
    ):
        with pytest.raises(ValueError, match=said):
            wrong()


def test_a_program_makes_what_is_not_there_and_keeps_what_changes():
    layer, optimizer, seen = layers.Dense(1), tsuno.optimizers.Adam(0.1), tsuno.metrics.Mean()
    dropout = layers.Dropout(0.5, seed=1)
    layer.build((None, 4))

    def step(x, y):
        loss, grads = tsuno.value_and_grad(lambda: ops.mean((layer(dropout(x, training=True)) - y) ** 2), layer)()
        optimizer.apply(grads, layer.trainable_variables)
        seen.update_state(loss)
        return loss

    program = tsuno.jit(step, [layer, dropout, optimizer, seen])
    losses = [float(program(X, Y)) for _ in range(40)]
    assert losses[-1] < losses[0] and len(set(losses)) == 40 and int(optimizer.iterations) == 40
    assert float(seen.result()) == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("mode, options, recomputed", [
    ("full", {}, 2), ("activations", {}, 2), (None, {}, 0), ("list_of_layers", {"layer_names": ["b"]}, 1),
    ("larger_than", {"output_size_threshold": 200}, 1),
])  # fmt: skip
def test_recomputed_layers_are_the_same_layers(mode, options, recomputed):
    results, programs = [], []
    for scope in (tsuno.RematScope(mode=mode, **options), tsuno.RematScope(mode=None)):
        with scope:
            model = tsuno.Sequential([tsuno.Input((4,))])
            for name, units in (("a", 8), ("b", 16)):
                model.add(
                    layers.Dense(units, "tanh", kernel_initializer=tsuno.initializers.GlorotUniform(1), name=name)
                )
        gradient = tsuno.grad(lambda x, model=model: ops.sum(model(x) ** 2), model)
        results.append(gradient(X))
        programs.append(str(jax.make_jaxpr(gradient)(X)))
        assert (
            model.get_layer("b").get_config()
            == layers.Dense(16, "tanh", kernel_initializer=tsuno.initializers.GlorotUniform(1), name="b").get_config()
        )
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    assert programs[0].count("= tanh") - programs[1].count("= tanh") == recomputed


def test_values_within_a_stateless_scope_stay_within():
    v = tsuno.Variable([1.0, 2.0])
    with tsuno.StatelessScope([(v, np.array([5.0, 6.0]))]) as scope:
        v.assign_add([1.0, 1.0])
        assert v.numpy().tolist() == [6.0, 7.0]
    assert scope.get_current_value(v).tolist() == [6.0, 7.0] and v.numpy().tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="of shape"):
        tsuno.StatelessScope([(v, np.zeros(3))])


# ---------------------------------------------------------------------- looking into steps


def test_the_first_anomaly_is_named():
    def train(model, y=Y, **options):
        model.compile(tsuno.optimizers.SGD(0.01), "mse", **options)
        model.fit(X, y, epochs=3, batch_size=8, verbose=0, shuffle=False, callbacks=[tsuno.callbacks.DetectAnomaly()])

    class Breaks(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.count = self.add_weight(shape=(), trainable=False, initializer="zeros", dtype="int32")

        def call(self, x):
            self.count.assign_add(1)
            return x * ops.where(self.count == 5, np.inf, 1.0)

    inputs = tsuno.Input((4,))
    for eager in (False, True):
        model = tsuno.Model(inputs, layers.Dense(1, name="head")(Breaks(name="culprit")(layers.Dense(3)(inputs))))
        with pytest.raises(FloatingPointError, match="step 2 of epoch 2 .* the output of `.*culprit` \\(Breaks\\)"):
            train(model, run_eagerly=eager)
    root = tsuno.Sequential([tsuno.Input((4,)), layers.Dense(1, kernel_initializer="zeros", use_bias=False),
                             layers.Lambda(ops.sqrt)])  # fmt: skip
    with pytest.raises(FloatingPointError, match="step 1 of epoch 1 .* the gradient of `.*kernel`"):
        train(root)
    tsuno.config.set_dtype_policy("mixed_float16")
    try:
        half = tsuno.Sequential([tsuno.Input((4,)), layers.Dense(1)])
    finally:
        tsuno.config.set_dtype_policy("float32")
    train(half, Y * 100)  # the factor of the loss is too large at first: that is no anomaly
    assert float(half.optimizer.dynamic_scale) < 2.0**15


def test_batches_can_be_transformed_within_the_step():

    class Mean(tsuno.Model):
        def train_step(self, data):
            x, y = data
            return {"rows": ops.min(ops.max(y, axis=-1)), "mean": ops.mean(x)}

    class Flip(layers.Layer):
        def call(self, x):
            return -x

    inputs = tsuno.Input((2, 2, 1))
    model = Mean(inputs, layers.Dense(2)(layers.Flatten()(inputs)))
    model.compile("sgd", "mse")
    images, labels = np.random.default_rng(0).normal(size=(8, 2, 2, 1)), np.eye(2)[[0, 1] * 4]
    mix = tsuno.callbacks.BatchTransform(layers.MixUp(alpha=5.0, seed=1))
    history = model.fit(images, labels, epochs=2, verbose=0, callbacks=[mix]).history
    assert history["rows"][0] < 1.0 and history["rows"][0] != history["rows"][1]
    flipped = model.fit(images, labels, verbose=0, callbacks=[tsuno.callbacks.BatchTransform(Flip())]).history
    assert flipped["mean"][0] == pytest.approx(-images.mean(), rel=1e-5)
    assert model.fit(images, labels, verbose=0).history["mean"][0] == pytest.approx(images.mean(), rel=1e-5)


# ---------------------------------------------------------------------- before a long training


def small():
    tsuno.utils.set_random_seed(1)
    model = tsuno.Sequential([tsuno.Input((4,)), layers.Dropout(0.2), layers.Dense(1)])
    model.compile(tsuno.optimizers.Adam(0.1), "mse", metrics=["mae"])
    return model


def test_a_smoke_run_finds_errors_and_leaves_no_trace():
    first, second = small(), small()
    stop = tsuno.callbacks.EarlyStopping("val_maee", mode="min")
    with pytest.raises(ValueError, match="EarlyStopping.monitor.*'val_maee'.*val_mae"):
        first.fit(X, Y, validation_split=0.25, verbose=0, callbacks=[stop], smoke=True)
    tsuno.utils.set_random_seed(2)
    a = first.fit(X, Y, epochs=2, batch_size=5, validation_split=0.25, verbose=0, smoke=True).history
    tsuno.utils.set_random_seed(2)
    b = second.fit(X, Y, epochs=2, batch_size=5, validation_split=0.25, verbose=0).history
    assert a == b
    batches = lambda: iter([(X[:8], Y[:8]), (X[8:], Y[8:])])
    assert first.fit(batches(), steps_per_epoch=2, verbose=0, smoke=True).epoch == [0]


def test_experiments_before_training_leave_the_model_as_it_was():
    model = small()
    before = [variable.numpy() for variable in model.variables]
    model.layers[0].rate = 0.0
    losses = tsuno.utils.overfit_one_batch(model, X, Y, batch_size=4, steps=60)
    assert len(losses) == 60 and losses[-1] < 0.1 * losses[0]
    for a, b in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())
    assert int(model.optimizer.iterations) == 0
    stuck = tsuno.Sequential([tsuno.Input((4,)), layers.Dense(1, activation="sigmoid")])
    stuck.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="by heart"):
        tsuno.utils.overfit_one_batch(stuck, X, Y + 100, steps=3)

    class Hungry(tsuno.Model):
        def train_step(self, data):
            if len(data[0]) > 16:
                raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 40000000000 bytes.")
            return super().train_step(data)

    hungry = functional(Hungry)
    hungry.compile("sgd", "mse")
    assert tsuno.utils.find_batch_size(hungry, X, Y) == 16
    with pytest.raises(MemoryError, match="Not even 32"):
        tsuno.utils.find_batch_size(hungry, X, Y, start=32)


def test_old_names_find_their_history():
    model = small()
    model.compile(tsuno.optimizers.SGD(0.5), "mse", metrics=["accuracy"])
    slower = tsuno.callbacks.LearningRateScheduler(lambda epoch: 0.5**epoch)
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[slower]).history
    assert history["lr"] == history["learning_rate"] == [1.0, 0.5] and history["acc"] == history["accuracy"]
    assert set(history) == {"loss", "accuracy", "learning_rate"}
    with pytest.raises(KeyError, match="not in the history.*'accuracy'"):
        history["acuracy"]
