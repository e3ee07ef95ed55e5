"""fit, evaluate, predict and their relatives: what they return, what they accept, what they say when something is
wrong."""

import csv

import keras
import numpy as np
import pytest

import tsuno
from tsuno import layers

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = (X.sum(axis=1, keepdims=True) > 0).astype("float32")


def binary(k=tsuno, **compile_arguments):
    model = k.Sequential([k.Input((3,)), k.layers.Dense(1, activation="sigmoid")])
    arguments = {"optimizer": "sgd", "loss": "binary_crossentropy", **compile_arguments}
    model.compile(**arguments)
    return model


def classifier(classes=4):
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(classes, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def two_outputs(k, outputs="list"):
    x = k.Input((3,), name="x")
    a, b = k.layers.Dense(2, name="a")(x), k.layers.Dense(1, name="b")(x)
    return k.Model(x, [a, b] if outputs == "list" else {"p": a, "q": b})


# ---------------------------------------------------------------------- results


def test_history_has_the_names_and_order_of_keras():
    arguments = {"metrics": ["mae", "acc", "mse"], "weighted_metrics": ["mae"]}
    ours, theirs = (binary(k, **arguments).fit(X, Y, epochs=2, verbose=0, validation_split=0.2) for k in (tsuno, keras))
    assert list(ours.history) == list(theirs.history)
    assert ours.epoch == theirs.epoch == [0, 1]
    assert {key: ours.params[key] for key in theirs.params} == theirs.params


def test_evaluate_equals_keras_in_values_and_order():
    ours, theirs = binary(tsuno, metrics=["mae", "accuracy", "AUC"]), binary(keras, metrics=["mae", "accuracy", "AUC"])
    ours.set_weights(theirs.get_weights())
    weights = np.linspace(0, 2, 20).astype("float32")
    for kwargs in ({}, {"sample_weight": weights}, {"batch_size": 7}):
        np.testing.assert_allclose(
            ours.evaluate(X, Y, verbose=0, **kwargs), theirs.evaluate(X, Y, verbose=0, **kwargs), rtol=1e-5
        )
    assert ours.metrics_names == ["loss", "mae", "accuracy", "AUC"]
    assert list(ours.evaluate(X, Y, verbose=0, return_dict=True)) == list(
        theirs.evaluate(X, Y, verbose=0, return_dict=True)
    )


@pytest.mark.parametrize("outputs", ["list", "dict"])
def test_several_outputs_equal_keras(outputs):
    names = ["a", "b"] if outputs == "list" else ["p", "q"]
    y = [X[:, :2], Y] if outputs == "list" else {"p": X[:, :2], "q": Y}
    histories, models = [], []
    weights = None
    for k in (tsuno, keras):
        model = two_outputs(k, outputs)
        weights = weights or model.get_weights()
        model.set_weights(weights)
        loss = ["mse", "mae"] if outputs == "list" else {"p": "mse", "q": "mae"}
        factors = [1.0, 0.5] if outputs == "list" else {"p": 1.0, "q": 0.5}
        metrics = [["mae"], ["mse", "accuracy"]] if outputs == "list" else {"p": ["mae"], "q": ["mse", "accuracy"]}
        model.compile("sgd", loss, loss_weights=factors, metrics=metrics)
        histories.append(model.fit(X, y, epochs=2, shuffle=False, batch_size=8, verbose=0).history)
        models.append(model)
    assert list(histories[0]) == list(histories[1])
    for name in histories[0]:
        np.testing.assert_allclose(histories[0][name], histories[1][name], rtol=2e-5, err_msg=name)
    ours, theirs = (model.evaluate(X, y, verbose=0) for model in models)
    np.testing.assert_allclose(ours, theirs, rtol=2e-5)
    assert models[0].metrics_names == [
        "loss",
        *(f"{n}_loss" for n in names),
        f"{names[0]}_mae",
        f"{names[1]}_accuracy",
        f"{names[1]}_mse",
    ]
    predictions = models[0].predict(X, verbose=0)
    assert isinstance(predictions, dict if outputs == "dict" else list)


def test_class_and_sample_weights_equal_keras():
    weights = np.linspace(0.5, 2, 20).astype("float32")
    start = binary(keras).get_weights()
    for kwargs in ({"class_weight": {0: 1.0, 1: 3.0}}, {"sample_weight": weights}):
        losses = []
        for k in (tsuno, keras):
            model = binary(k, weighted_metrics=["accuracy"])
            model.set_weights(start)
            history = model.fit(X, Y, epochs=3, shuffle=False, verbose=0, batch_size=8, **kwargs).history
            losses.append([history["loss"], history["accuracy"]])
        np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


def test_batch_methods_equal_keras():
    ours, theirs = binary(tsuno, metrics=["mae"]), binary(keras, metrics=["mae"])
    ours.set_weights(theirs.get_weights())
    for rows in (slice(0, 8), slice(8, 20)):
        np.testing.assert_allclose(
            ours.train_on_batch(X[rows], Y[rows]), theirs.train_on_batch(X[rows], Y[rows]), rtol=1e-5
        )
    ours.reset_metrics()
    theirs.reset_metrics()
    np.testing.assert_allclose(ours.test_on_batch(X, Y), theirs.test_on_batch(X, Y), rtol=1e-5)
    np.testing.assert_allclose(ours.predict_on_batch(X), theirs.predict_on_batch(X), rtol=1e-5)
    assert list(ours.test_on_batch(X, Y, return_dict=True)) == ["loss", "mae"]


def test_inputs_by_name_list_and_dict():
    a, b = tsuno.Input((2,), name="a"), tsuno.Input((1,), name="b")
    model = tsuno.Model([a, b], layers.Dense(1)(layers.concatenate([a, b])))
    model.compile("sgd", "mse")
    first, second = X[:, :2], X[:, 2:]
    reference = model.predict([first, second], verbose=0)
    np.testing.assert_array_equal(reference, model.predict({"b": second, "a": first}, verbose=0))
    model.fit({"a": first, "b": second}, Y, verbose=0)
    model.fit([first, second], Y, verbose=0)


def test_lists_of_numbers_are_data():
    model = tsuno.Sequential([tsuno.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], verbose=0)
    assert model.predict([[0, 1]], verbose=0).shape == (1, 1)


def test_data_frames_are_data():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3, 4], "y": [0, 1]})
    model = tsuno.Sequential([tsuno.Input((2,)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    model.fit(frame[["a", "b"]], frame["y"], verbose=0)


def test_deferred_and_subclassed_models_train():
    class Net(tsuno.Model):
        def __init__(self, width):
            super().__init__()
            self.hidden = [layers.Dense(width, activation="relu") for _ in range(2)]
            self.drop, self.out = layers.Dropout(0.1), layers.Dense(1)

        def call(self, inputs, training=False):
            for layer in self.hidden:
                inputs = layer(inputs)
            return self.out(self.drop(inputs, training=training))

    for model in (Net(4), tsuno.Sequential([layers.Dense(4), layers.Dense(1)])):
        model.compile(tsuno.optimizers.Adam(0.05), "mse")
        losses = model.fit(X, X[:, :1], epochs=30, verbose=0).history["loss"]
        assert losses[-1] < 0.5 * losses[0]
        assert model.built and model.count_params() > 0


def test_penalties_count():
    class Sparse(layers.Layer):
        def call(self, inputs):
            self.add_loss(0.1 * tsuno.ops.sum(abs(inputs)))
            return inputs

    model = tsuno.Sequential(
        [tsuno.Input((3,)), Sparse(), layers.Dense(1, kernel_initializer="zeros", kernel_regularizer="l2")]
    )
    model.compile("sgd", "mse")
    loss = model.evaluate(X, 0 * Y, verbose=0, batch_size=20)
    assert loss == pytest.approx(0.1 * np.abs(X).sum(), rel=1e-5)


def test_a_loss_of_ones_own():
    class Shifted(tsuno.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return super().compute_loss(x, y, y_pred, sample_weight, training) + 1.0

    inputs = tsuno.Input((3,))
    model = Shifted(inputs, layers.Dense(1, kernel_initializer="zeros")(inputs))
    model.compile("sgd", "mse")
    assert model.evaluate(X, 0 * Y, verbose=0) == pytest.approx(1.0)


def test_gradient_accumulation_and_averages_run_inside_programs():
    optimizer = tsuno.optimizers.Adam(0.01, gradient_accumulation_steps=2, use_ema=True, global_clipnorm=1.0)
    model = binary(optimizer=optimizer)
    before = [w.copy() for w in model.get_weights()]
    model.fit(X, Y, batch_size=5, epochs=3, verbose=0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    assert int(optimizer.iterations) == 6


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_half_precision_trains(policy):
    tsuno.config.set_dtype_policy(policy)
    model = tsuno.Sequential(
        [tsuno.Input((3,)), layers.Dense(8, activation="relu"), layers.BatchNormalization(), layers.Dense(1)]
    )
    model.compile(tsuno.optimizers.Adam(0.05), "mse")
    losses = model.fit(X, X[:, :1], epochs=20, verbose=0).history["loss"]
    assert np.isfinite(losses).all() and losses[-1] < losses[0]


# ---------------------------------------------------------------------- callbacks


def test_early_stopping_restores_the_best_weights():
    model = binary()
    uphill = tsuno.callbacks.LearningRateScheduler(lambda epoch, rate: 1.0 if epoch < 3 else -5.0)
    stop = tsuno.callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True)
    history = model.fit(
        X, Y, epochs=50, verbose=0, batch_size=20, validation_data=(X, Y), callbacks=[uphill, stop]
    ).history
    assert stop.best_epoch == 2 and stop.stopped_epoch == 4 and len(history["loss"]) == 5
    assert model.evaluate(X, Y, verbose=0, batch_size=20) == pytest.approx(history["val_loss"][2], rel=1e-6)


def test_schedules_and_plateaus_set_the_rate():
    model = binary(optimizer=tsuno.optimizers.SGD(1.0))
    halve = tsuno.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    assert model.fit(X, Y, epochs=3, verbose=0, callbacks=[halve]).history["learning_rate"] == [0.5, 0.25, 0.125]
    model = binary(optimizer=tsuno.optimizers.SGD(0.0))
    plateau = tsuno.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1)
    model.optimizer.learning_rate = 1e-30
    rates = model.fit(X, Y, epochs=4, verbose=0, callbacks=[plateau]).history["learning_rate"]
    np.testing.assert_allclose(rates, [1e-30, 1e-30, 5e-31, 2.5e-31], rtol=1e-5)


def test_csv_log(tmp_path):
    model = binary()
    file = tmp_path / "log.csv"
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[tsuno.callbacks.CSVLogger(file)], validation_split=0.2)
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[tsuno.callbacks.CSVLogger(file, append=True)], validation_split=0.2)
    rows = list(csv.DictReader(file.open()))
    assert [row["epoch"] for row in rows] == ["0", "1", "0"] and set(rows[0]) == {"epoch", "loss", "val_loss"}


def test_terminate_on_nan(capsys):
    model = binary(loss=lambda y, p: tsuno.ops.log(p - 2))
    history = model.fit(X, Y, epochs=5, verbose=0, callbacks=[tsuno.callbacks.TerminateOnNaN()])
    assert len(history.epoch) == 1 and "Invalid loss" in capsys.readouterr().out


def test_hooks_come_in_the_order_of_keras():
    orders = []
    for k in (tsuno, keras):
        seen = []
        hooks = [
            f"on_{a}_{b}" for a in ("train", "test", "epoch", "train_batch", "test_batch") for b in ("begin", "end")
        ]
        base = k.callbacks.Callback
        spy = type(
            "Spy", (base,), {hook: (lambda self, *a, hook=hook, seen=seen, **kw: seen.append(hook)) for hook in hooks}
        )()
        binary(k).fit(X, Y, epochs=2, batch_size=10, verbose=0, validation_data=(X, Y), callbacks=[spy])
        orders.append(seen)
    assert orders[0] == orders[1]


def test_callbacks_need_not_inherit():
    class Foreign:
        def set_params(self, params): ...

        def set_model(self, model): ...

        def on_epoch_end(self, epoch, logs=None):
            seen.append(logs["loss"])

    seen = []
    binary().fit(X, Y, epochs=2, verbose=0, callbacks=[Foreign()])
    assert len(seen) == 2


def test_progress_in_plain_lines(capsys):
    model = binary(metrics=["accuracy"])
    model.fit(X, Y, epochs=2, verbose=1, batch_size=10)
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0] == "Epoch 1/2"
        and lines[1].startswith("2/2 ━━━━━━━━━━━━━━━━━━━━ ")
        and "/step - accuracy: " in lines[1]
    )
    assert len(lines) == 4
    model.fit(X, Y, epochs=1, verbose=2)
    assert capsys.readouterr().out.startswith("1/1 - ")
    model.fit(X, Y, verbose=0)
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------------- bad input


def fit(model, x=X, y=Y, **kwargs):
    return model.fit(x, y, verbose=0, **kwargs)


BAD = {
    "fit before compile": (lambda: fit(tsuno.Sequential([tsuno.Input((3,)), layers.Dense(1)])), "compile"),
    "lengths": (lambda: fit(binary(), X, Y[:5]), "same number of samples.*x: 20, y: 5"),
    "empty": (lambda: fit(binary(), X[:0], Y[:0]), "no samples"),
    "no data": (lambda: binary().fit(), "`x` must be"),
    "no targets": (lambda: binary().fit(X, verbose=0), "needs targets"),
    "nan": (lambda: fit(binary(), np.where(X > 1, np.nan, X)), "`x` must hold finite numbers; got NaN"),
    "infinite target": (lambda: fit(binary(loss="mse"), X, np.full((20, 1), np.inf)), "`y` must hold finite numbers"),
    "objects": (lambda: fit(binary(), np.array([["a", 1, 2]] * 20, dtype=object)), "`x` must hold numbers"),
    "strings": (lambda: fit(binary(), X, np.array(["yes"] * 20)), "`y` must hold numbers"),
    "ragged lists": (lambda: fit(binary(), [[1, 2, 3], [1, 2]], [0, 1]), "different lengths"),
    "complex": (lambda: fit(binary(), X + 1j), "real numbers"),
    "wrong features": (lambda: fit(binary(), X[:, :2]), r"must have shape \(None, 3\).*got \(20, 2\)|got \(None, 2\)"),
    "label out of range": (lambda: fit(classifier(), X, np.full(20, 7)), "from 0 to 3.*labels from 7 to 7"),
    "negative label": (lambda: fit(classifier(), X, np.full(20, -1)), "from 0 to 3"),
    "fractional label": (lambda: fit(classifier(), X, np.full(20, 0.5)), "whole numbers"),
    "binary label 5": (lambda: fit(binary(), X, 5 * Y), "from 0 to 1"),
    "targets of another shape": (lambda: fit(binary(loss="mse"), X, X), "shape"),
    "one-hot without one-hot": (
        lambda: fit(binary(loss="categorical_crossentropy"), X, np.eye(5)[np.arange(20) % 5]),
        "shape",
    ),
    "batch size 0": (lambda: fit(binary(), batch_size=0), "fit.batch_size.*positive integer.*got 0"),
    "batch size negative": (lambda: fit(binary(), batch_size=-4), "positive integer"),
    "batch size text": (lambda: fit(binary(), batch_size="32"), "positive integer"),
    "epochs negative": (lambda: fit(binary(), epochs=-1), "fit.epochs"),
    "steps 0": (lambda: fit(binary(), steps_per_epoch=0), "steps_per_epoch"),
    "split 1.5": (lambda: fit(binary(), validation_split=1.5), "validation_split"),
    "class weights lack a class": (lambda: fit(binary(), class_weight={0: 1.0}), "class 1 has none"),
    "class weights auto": (lambda: fit(binary(), class_weight="auto"), "class_weight"),
    "callback class": (lambda: fit(binary(), callbacks=[tsuno.callbacks.History]), "class History"),
    "callback function": (lambda: fit(binary(), callbacks=[print]), "callbacks"),
    "unknown optimizer": (lambda: binary(optimizer="adm"), "Unknown optimizer 'adm'. Did you mean 'adam'"),
    "optimizer class": (lambda: binary(optimizer=3), "optimizer"),
    "unknown loss": (lambda: binary(loss="binary_crosentropy"), "Did you mean 'binary_crossentropy'"),
    "unknown metric": (lambda: binary(metrics=["accurcy"]), "Did you mean 'accuracy'|Unknown metric"),
    "misspelt argument": (lambda: tsuno.optimizers.Adam(learning_rte=0.1), "Did you mean 'learning_rate'"),
    "negative rate": (lambda: tsuno.optimizers.SGD(-0.1), "learning_rate"),
    "no loss": (lambda: fit(binary(loss=None)), "no loss"),
    "unknown output": (lambda: fit(binary(loss={"dence": "mse"})), "is no output"),
    "three losses for one output": (lambda: fit(binary(loss=["mse", "mse", "mse"])), "one entry for each"),
    "index beyond an embedding": (
        lambda: _embedding().fit(np.full((4, 2), 10), np.ones((4, 2, 3)), verbose=0),
        "from 0 to 9",
    ),
    "missing input": (lambda: binary().predict({"inpt": X}, verbose=0), "missing"),
    "file name as data": (lambda: fit(binary(), "data.csv"), "`x` must be"),
}


def _embedding():
    model = tsuno.Sequential([tsuno.Input((2,)), layers.Embedding(10, 3)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence(case):
    action, words = BAD[case]
    with pytest.raises((ValueError, TypeError, RuntimeError), match=f"(?s){words}") as caught:
        action()
    text = str(caught.value)
    assert 15 <= len(text) <= 400, text
    assert "Traceback" not in text and "jax" not in text.lower()


def test_sequences_of_any_length_are_compared_with_targets_of_theirs() -> None:
    """The outputs' unknown sizes are those of the data when losses are checked."""
    model = tsuno.Sequential([tsuno.Input((None, 2)), tsuno.layers.Masking(), tsuno.layers.BatchNormalization()])
    model.compile("sgd", "mse")
    x = np.ones((4, 6, 2), "float32")
    model.fit(x, x, batch_size=2, verbose=0)
    with pytest.raises(ValueError, match="shape"):
        model.fit(x, x[:, :5], batch_size=2, verbose=0)


@pytest.mark.parametrize("as_dataset", [False, True])
def test_every_validation_sees_the_same_samples(as_dataset):
    class Batches(tsuno.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return x[2 * index : 2 * index + 2], x[2 * index : 2 * index + 2]

    x = np.arange(6.0).reshape(6, 1)
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(tsuno.optimizers.SGD(0.0), "mse")
    options = {
        "validation_data": Batches() if as_dataset else (x, x),
        "validation_batch_size": None if as_dataset else 2,
    }
    history = model.fit(x, x, epochs=4, validation_steps=1, verbose=0, **options).history
    assert history["val_loss"] == [0.5] * 4
