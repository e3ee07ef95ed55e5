"""What Keras 3 gets silently wrong, written as users write it: here each does what was meant, or says that it cannot.

The numbers are the rows of the list that these came from (old code that runs and does something else). Rows 3, 7, 8
and 9 are about programs and files of Keras 1 and 2 and are tested with these.
"""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import tsuno
from tsuno import callbacks, layers, optimizers

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = (X.sum(axis=1, keepdims=True) > 0).astype("float32")


def small(units=1, activation=None, optimizer="sgd", loss="mse", **arguments):
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(units, activation)])
    model.compile(optimizer, loss, **arguments)
    return model


def fit(model, x=X, y=Y, **arguments):
    return model.fit(x, y, verbose=0, **arguments).history


def moves(model, action):
    """Which weights an action changes."""
    before = model.get_weights()
    action()
    return [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]


# ---------------------------------------------------------------------- 1, 2: what is trained is settled by `compile`


@pytest.mark.parametrize("case", ["frozen before any step", "trained before it is frozen", "compiled without a shape"])
def test_the_discriminator_of_a_gan_learns_though_it_is_frozen_within_the_gan(case):
    start = [] if case == "compiled without a shape" else [tsuno.Input((2,))]
    discriminator = tsuno.Sequential([*start, layers.Dense(1, "sigmoid")])
    discriminator.compile("adam", "binary_crossentropy")
    images, real, noise = np.ones((4, 2), "float32"), np.ones((4, 1), "float32"), np.ones((4, 3), "float32")
    if case == "trained before it is frozen":
        discriminator.train_on_batch(images, real)
    generator = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(2)])
    discriminator.trainable = False
    z = tsuno.Input((3,))
    gan = tsuno.Model(z, discriminator(generator(z)))
    gan.compile("adam", "binary_crossentropy")
    for _ in range(2):
        assert moves(discriminator, lambda: discriminator.train_on_batch(images, real)) == [True, True]
        assert moves(discriminator, lambda: gan.train_on_batch(noise, real)) == [False, False]
        assert moves(generator, lambda: gan.train_on_batch(noise, real)) == [True, True]


def test_a_layer_set_trainable_after_fit_waits_for_compile():
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(2, trainable=False), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert moves(model, lambda: fit(model)) == [False, False, True, True]
    model.layers[0].trainable = True
    with pytest.warns(UserWarning, match="`trainable` was changed after compile.*takes effect at the next `compile`"):
        assert moves(model, lambda: fit(model)) == [False, False, True, True]
    model.compile("sgd", "mse")
    assert moves(model, lambda: fit(model)) == [True] * 4


# ---------------------------------------------------------------------- 4, 5, 6: arguments of optimizers


def test_lr_is_the_learning_rate():
    model = small(optimizer=optimizers.SGD(0.1))
    fit(model)
    model.optimizer.lr = 0.0
    assert float(model.optimizer.learning_rate) == float(model.optimizer.lr) == 0.0
    assert not any(moves(model, lambda: fit(model)))
    assert float(optimizers.Adam(lr=0.1).learning_rate) == np.float32(0.1)


def test_decay_is_over_time_as_in_keras_2(tmp_path):
    weight = tsuno.Variable([0.0])
    sgd = optimizers.SGD(0.1, decay=0.5)
    for _ in range(4):
        sgd.apply([np.ones(1, "float32")], [weight])
    np.testing.assert_allclose(weight.numpy(), -0.1 * sum(1 / (1 + 0.5 * t) for t in range(4)), rtol=1e-6)
    sgd.learning_rate = 0.2  # callbacks may still set it
    sgd.apply([np.ones(1, "float32")], [weight])
    np.testing.assert_allclose(weight.numpy(), -0.1 * sum(1 / (1 + 0.5 * t) for t in range(4)) - 0.2 / 3, rtol=1e-6)
    with pytest.raises(ValueError, match="`SGD.decay` must be left out where `learning_rate` is a schedule; got 0.5"):
        optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.5), decay=0.5)


def test_decay_goes_through_files_and_to_keras(tmp_path):
    import keras

    model = small(optimizer=optimizers.SGD(0.1, momentum=0.5, decay=0.5))
    fit(model, epochs=2)
    model.save(tmp_path / "model.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # which says that the optimizer's state is not that of the file
        mine = tsuno.saving.load_model(tmp_path / "model.keras")
        theirs = keras.saving.load_model(tmp_path / "model.keras")
    assert float(mine.optimizer.learning_rate) == pytest.approx(float(theirs.optimizer.learning_rate)) == 0.1 / 2
    for loaded in (mine, theirs):
        np.testing.assert_array_equal(loaded.optimizer.variables[1], model.optimizer.variables[2])  # the momentum
    for each in (model, mine):
        each.train_on_batch(X, Y)
    np.testing.assert_allclose(mine.get_weights()[0], model.get_weights()[0], rtol=1e-6)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: optimizers.SGD(0.01, nesterov=1e-6), r"`SGD.nesterov` must be True or False; got 1e-06 \(float\)"),
        (lambda: optimizers.Adam(1e-3, amsgrad=1e-6), "`Adam.amsgrad` must be True or False; got 1e-06"),
        (lambda: layers.Dense(2, use_bias="False"), "`Dense.use_bias` must be True or False; got 'False'"),
        (lambda: layers.LSTM(2, return_sequences="yes"), "`LSTM.return_sequences` must be True or False; got 'yes'"),
    ],
)
def test_a_flag_is_true_or_false(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_decay_in_the_place_of_a_flag_is_a_decay():
    sgd, adam = optimizers.SGD(0.01, 0.9, 1e-6, True), optimizers.Adam(1e-3, 0.9, 0.999, 1e-8, 1e-6)
    assert (sgd.momentum, sgd._decay, sgd.nesterov) == (0.9, 1e-6, True)
    assert (adam.epsilon, adam._decay, adam.amsgrad) == (1e-8, 1e-6, False)


def test_an_epsilon_in_the_place_of_momentum_is_noticed():
    with pytest.warns(UserWarning, match="write epsilon=1e-08"):
        optimizers.RMSprop(1e-3, 0.9, 1e-8)


# ---------------------------------------------------------------------- 10, 20: settings of the process


def test_numpys_seed_and_float64_are_honoured():
    code = """
import numpy as np, tsuno
def weights():
    np.random.seed(7)
    np.random.rand(3)  # data
    model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2), tsuno.layers.Dropout(0.5)])
    return model.get_weights()[0]
assert np.array_equal(weights(), weights())
tsuno.utils.set_random_seed(1)
before = np.random.get_state()[1].tolist()
tsuno.layers.Dense(2).build((None, 3))
assert np.random.get_state()[1].tolist() == before  # nothing more is drawn from NumPy

tsuno.config.set_floatx("float64")
layer = tsuno.layers.Dense(2)
outputs = layer(np.ones((1, 3)) * 1e60)
assert layer.kernel.dtype == outputs.dtype == "float64" and np.isfinite(outputs).all() and abs(outputs).max() > 1e50
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------------- 11, 12, 13, 23: names, logs, files


def test_names_of_metrics_fit_what_evaluate_returns():
    model = small(activation="sigmoid", loss="binary_crossentropy", metrics=["accuracy", "mae"])
    values = model.evaluate(X, Y, verbose=0)
    assert model.metrics_names == ["loss", "accuracy", "mae"]
    named = dict(zip(model.metrics_names, values, strict=True))
    assert named == model.evaluate(X, Y, verbose=0, return_dict=True)


@pytest.mark.parametrize("kind", ["scheduler", "plateau"])
def test_history_has_the_rate_under_both_names(kind):
    watcher = (
        callbacks.LearningRateScheduler(lambda epoch, lr: lr)
        if kind == "scheduler"
        else callbacks.ReduceLROnPlateau("loss")
    )
    history = fit(small(), epochs=2, callbacks=[watcher])
    assert history["lr"] == history["learning_rate"] == pytest.approx([0.01, 0.01])


def test_a_checkpoint_of_the_best_needs_the_metric(tmp_path):
    saver = callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="val_acc", save_best_only=True)
    with pytest.raises(ValueError, match="(?s)val_acc.*loss"):
        fit(small(), epochs=2, callbacks=[saver])
    assert not list(tmp_path.iterdir())


def test_a_backup_leaves_other_files_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    fit(small(), epochs=2, callbacks=[callbacks.BackupAndRestore(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


# ---------------------------------------------------------------------- 14, 15, 16: data


def test_a_generator_that_ends_early_repeats_no_loss():
    batches = ((X, Y) for _ in range(3))
    with pytest.warns(UserWarning, match="data ended"):
        history = small().fit(batches, epochs=5, steps_per_epoch=2, verbose=0).history
    assert len(history["loss"]) == 2 and np.isfinite(history["loss"]).all()


LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 7])


def _classifier():
    return small(3, "softmax", loss="sparse_categorical_crossentropy")


def _embedder():
    model = tsuno.Sequential([tsuno.Input((2,)), layers.Embedding(10, 1), layers.Flatten()])
    model.compile("sgd", "mse")
    return model


def _batches(x, y):
    return ((x[place : place + 2], y[place : place + 2]) for place in range(0, 8, 2))


@pytest.mark.parametrize("way", ["arrays", "stream"])
def test_labels_and_indices_out_of_range_are_noticed(way):
    """Wherever in the first epoch they come."""
    tokens = np.array([[0, 9]] * 7 + [[0, 10]])
    for model, x, y, message in (
        (_classifier(), X, LABELS, "must be from 0 to 2.*got labels from"),
        (_embedder(), tokens, np.zeros((8, 2)), "must hold integers from 0 to 9"),
    ):
        with pytest.raises(ValueError, match=message):
            fit(model, x, y) if way == "arrays" else fit(model, _batches(x, y), None)
    for predict in (_embedder().predict, _embedder().predict_on_batch):
        with pytest.raises(ValueError, match="must hold integers from 0 to 9"):
            predict(tokens)


@pytest.mark.parametrize("units, y", [(3, Y), (3, Y[:, 0]), (1, np.zeros((8, 5)))])
def test_targets_do_not_broadcast(units, y):
    with pytest.raises(ValueError, match=r"same shape; got \(8.*\) and \(8, "):
        fit(small(units), X, y)
    assert len(fit(small(1), X, Y[:, 0])["loss"]) == 1  # an axis of size 1 may be left out


# ---------------------------------------------------------------------- 17, 18, 19, 21, 22: layers


def test_an_activation_set_later_takes_effect():
    model = small(2, "softmax")
    before = model.predict(X, verbose=0)
    model.layers[-1].activation = tsuno.activations.linear
    after = model.predict(X, verbose=0)
    np.testing.assert_allclose(before, tsuno.ops.softmax(after), rtol=1e-5)
    model.layers[-1].activation = "softmax"
    np.testing.assert_allclose(model.predict(X, verbose=0), before, rtol=1e-5)


def test_a_regularizer_set_later_takes_effect():
    model = small()
    plain = model.evaluate(X, Y, verbose=0)
    model.layers[0].kernel_regularizer = "l2"
    penalty = 0.01 * float((model.get_weights()[0] ** 2).sum())
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(plain + penalty, rel=1e-5)
    assert model.get_config()["layers"][1]["config"]["kernel_regularizer"]["class_name"] == "L2"


def test_a_rate_set_later_takes_effect():
    model = tsuno.Sequential([tsuno.Input((3,)), layers.GaussianNoise(0.0), layers.Lambda(lambda x: x)])
    model.compile("sgd", "mse")
    assert model.train_on_batch(X, X) == 0.0
    model.layers[0].stddev = 10.0
    assert model.train_on_batch(X, X) > 1.0


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_layers_of_a_model_are_no_list_to_change(kind):
    model = small()
    model = model if kind == "sequential" else tsuno.Model(model.input, model.output)
    count = len(model.layers)
    for change in ("pop", "clear", "reverse"):
        with pytest.raises(TypeError, match=r"`model.layers` cannot be changed.*model.pop\(\).*layers\[-2\].output"):
            getattr(model.layers, change)()
    mine = list(model.layers)
    mine.pop()
    assert len(mine) == count - 1 and len(model.layers) == count


def test_the_old_name_of_the_name():
    layer = layers.Dense(2)
    layer._name = "mine"
    assert layer.name == layer._name == layer.get_config()["name"] == "mine"
    model = small()
    model._name = "ours"
    assert model.name == "ours"


def test_one_hot_labels_are_float32():
    assert tsuno.utils.to_categorical([0, 2]).dtype == "float32"


def test_a_lambda_shows_what_went_wrong():
    for function, kind, words in (
        (lambda t: tsuno.ops.men(t), AttributeError, "'?men'?"),
        (lambda t: eval("not_defined"), NameError, "not_defined"),
        (lambda t: t + X, ValueError, "lambda"),
    ):
        with pytest.raises(kind, match=words) as caught:
            layers.Lambda(function)(tsuno.Input((4,)))
        assert "output_shape" not in str(caught.value)


def test_a_layer_made_in_call_is_refused():
    class Wrong(layers.Layer):
        def call(self, inputs):
            return layers.Dense(3, name="inner")(inputs)

    model = tsuno.Sequential([tsuno.Input((3,)), Wrong(), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"The layer 'inner' \(Dense\) is made within `call`"):
        fit(model)


def test_labels_are_looked_at_in_every_batch():
    model = _classifier()
    model.train_on_batch(X, LABELS % 3)
    with pytest.raises(ValueError, match="must be from 0 to 2.*got labels from"):
        model.train_on_batch(X, LABELS)
    with pytest.raises(ValueError, match="must be from 0 to 2.*got labels from"):
        model.test_on_batch(X, LABELS)
