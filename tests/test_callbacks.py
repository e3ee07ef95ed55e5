"""Every callback of Keras does what Keras' does, on the same run; and what is better or beyond Keras."""

import csv
import functools
import inspect
import json
import os
import re
import threading
import time
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score

import tsuno
from tsuno import callbacks as tc

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5]]) + 0.1 * RNG.normal(size=(12, 1))).astype("float32")
XV, YV = X[:5] + 0.3, Y[:5]
WEIGHTS = [np.array([[0.3], [0.2], [-0.1]], "float32"), np.zeros(1, "float32")]


def line(k, optimizer="sgd", metrics=("mae",), rate=0.1, **options):
    """A linear model with fixed weights."""
    model = k.Sequential([k.layers.Input((3,)), k.layers.Dense(1, name="dense")], name="line")
    if optimizer == "multi":
        sgd = k.optimizers.SGD
        table = k.optimizers.OptimizerMap(sgd(rate, name="a", **options), {".*/bias": sgd(rate / 2, name="b")})
        optimizer = k.optimizers.MultiOptimizer(table)
    elif isinstance(optimizer, str):
        optimizer = k.optimizers.get({"class_name": optimizer.upper(), "config": {"learning_rate": rate, **options}})
    model.compile(optimizer, "mse", metrics=list(metrics))
    model.set_weights(WEIGHTS)
    return model


@functools.cache
def prepared(k, **options):
    """A model and its first state; made once, for compiling takes longer than anything here."""
    model = line(k, **options)
    model.optimizer.build(model.trainable_variables)
    return model, [np.array(each) for each in (*model.variables, *model.optimizer.variables)]


def anew(k, **options):
    """The same model as if it had just been made."""
    model, first = prepared(k, **options)
    for variable, array in zip((*model.variables, *model.optimizer.variables), first, strict=True):
        variable.assign(array)
    return model


def fit(model, callbacks, epochs=5, **options):
    options = {"validation_data": (XV, YV), "batch_size": 4, "shuffle": False, "verbose": 0, **options}
    return model.fit(X, Y, epochs=epochs, callbacks=callbacks, **options)


# ---------------------------------------------------------------------- as Keras does

HALVED = lambda epoch, rate: rate * 0.5
UP_AND_DOWN = lambda epoch: [0.1, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1][epoch]
WILD = ("LearningRateScheduler", (UP_AND_DOWN,), {})
# callbacks as (class, arguments, keywords); what differs in the run
RUNS = {
    "checkpoint": ([("ModelCheckpoint", ("{epoch:02d}-{val_loss:.2f}.keras",), {"verbose": 1})], {}),
    "checkpoint best": (
        [WILD, ("ModelCheckpoint", ("a/b/{epoch}.keras",), {"verbose": 1, "save_best_only": True})],
        {"epochs": 6},
    ),
    "checkpoint max": (
        [WILD, ("ModelCheckpoint", ("{epoch}.weights.h5", "val_mae", 1, True, True, "max"), {})],
        {"epochs": 5},
    ),
    "checkpoint metric": ([WILD, ("ModelCheckpoint", ("{epoch}.keras", "val_mae", 1, True), {})], {"epochs": 5}),
    "checkpoint threshold": (
        [
            (
                "ModelCheckpoint",
                ("{epoch}.keras",),
                {"save_best_only": True, "initial_value_threshold": 1.0, "verbose": 1},
            )
        ],
        {},
    ),
    "checkpoint batches": (
        [
            (
                "ModelCheckpoint",
                ("{epoch}-{batch}.weights.h5",),
                {"save_weights_only": True, "save_freq": 2, "verbose": 1},
            )
        ],
        {"epochs": 3},
    ),
    "checkpoint one file": ([("ModelCheckpoint", ("m.keras",), {})], {"epochs": 2}),
    "early": ([WILD, ("EarlyStopping", (), {"patience": 2, "verbose": 1})], {"epochs": 8}),
    "early best": (
        [WILD, ("EarlyStopping", ("val_mae", 0, 1, 1, "min"), {"restore_best_weights": True})],
        {"epochs": 8},
    ),
    "early delta": ([("EarlyStopping", ("loss",), {"min_delta": 0.5, "patience": 1, "verbose": 1})], {"epochs": 8}),
    "early baseline": ([("EarlyStopping", (), {"baseline": 0.01, "patience": 2, "verbose": 1})], {"epochs": 8}),
    "early late": ([WILD, ("EarlyStopping", (), {"start_from_epoch": 3, "verbose": 1})], {"epochs": 8}),
    "early max": ([("EarlyStopping", ("mae",), {"mode": "max", "patience": 2})], {"epochs": 8}),
    "plateau": (
        [("ReduceLROnPlateau", ("loss",), {"factor": 0.5, "patience": 1, "min_delta": 0.3, "verbose": 1})],
        {"epochs": 8},
    ),
    "plateau cooldown": (
        [("ReduceLROnPlateau", ("val_loss", 0.1, 1, 1, "max", 1e-4, 2, 1e-3), {})],
        {"epochs": 8},
    ),
    "scheduler": ([("LearningRateScheduler", (HALVED,), {"verbose": 1})], {}),
    "csv": ([("CSVLogger", ("log.csv",), {"separator": ";"}), ("LearningRateScheduler", (HALVED,), {})], {}),
    "csv without validation": ([("CSVLogger", ("log.csv",), {})], {"validation_data": None, "epochs": 2}),
    "nan": ([("TerminateOnNaN", (), {})], {"rate": 1e30}),
    "scheduler of two": ([("LearningRateScheduler", (HALVED,), {"verbose": 1})], {"optimizer": "multi", "epochs": 2}),
    "plateau of two": (
        [("ReduceLROnPlateau", ("loss", 0.5, 1, 1), {"min_delta": 0.3, "min_lr": 0.04})],
        {"optimizer": "multi"},
    ),
    "averages of two": (
        [("SwapEMAWeights", (), {})],
        {"optimizer": "multi", "use_ema": True, "ema_momentum": 0.9, "epochs": 2},
    ),
    "averages": ([("SwapEMAWeights", (), {})], {"use_ema": True, "ema_momentum": 0.9}),
    "averages on epoch": (
        [("SwapEMAWeights", (True,), {}), ("ModelCheckpoint", ("{epoch}.weights.h5",), {"save_weights_only": True})],
        {"use_ema": True, "ema_momentum": 0.9, "epochs": 3},
    ),
}


def run(k, row, folder, monkeypatch, capsys, foreign=None):
    """A run's history, what it prints, its files, its last weights."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    callbacks, options = row
    options = dict(options)
    chosen = {name: options.pop(name) for name in ("optimizer", "rate", "use_ema", "ema_momentum") if name in options}
    model = anew(k, **chosen)
    made = [getattr((foreign or k).callbacks, name)(*args, **kwargs) for name, args, kwargs in callbacks]
    capsys.readouterr()
    history = fit(model, made, **options).history
    history.pop("lr", None)
    printed = [
        re.sub(r"\d+\.\d+", lambda found: f"{float(found[0]):.3g}", text)
        for text in capsys.readouterr().out.split("\n")
    ]
    files = {
        str(path.relative_to(folder)): path.read_text() if path.suffix == ".csv" else ""
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return history, printed, files, model


def assert_same_history(ours, theirs):
    assert sorted(ours) == sorted(theirs)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=2e-5, atol=1e-6, err_msg=name)


def numbers(text):
    return np.array([float(each) for each in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?", text)])


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_as_with_keras(name, tmp_path, monkeypatch, capsys):
    ours, said, files, model = run(tsuno, RUNS[name], tmp_path / "ours", monkeypatch, capsys)
    theirs, heard, expected, reference = run(keras, RUNS[name], tmp_path / "theirs", monkeypatch, capsys)
    assert_same_history(ours, theirs)
    assert said == heard and list(files) == list(expected)
    for file, text in expected.items():
        assert re.sub(r"[\d.e-]+", "#", files[file]) == re.sub(r"[\d.e-]+", "#", text)
        np.testing.assert_allclose(numbers(files[file]), numbers(text), rtol=1e-5)
        if file.endswith(".weights.h5"):
            model.load_weights(tmp_path / "ours" / file)
            reference.load_weights(tmp_path / "theirs" / file)
    for a, b in zip(model.get_weights(), reference.get_weights(), strict=True):
        if name != "nan":  # where steps may run on until somebody looks
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


FOREIGN = ["checkpoint best", "early best", "plateau cooldown", "scheduler", "csv", "nan"]


@pytest.mark.parametrize("name", FOREIGN)
def test_callbacks_of_keras_itself_run_as_they_are(name, tmp_path, monkeypatch, capsys):
    ours, said, files, model = run(tsuno, RUNS[name], tmp_path / "ours", monkeypatch, capsys)
    weights = model.get_weights()
    other, heard, others, model = run(tsuno, RUNS[name], tmp_path / "others", monkeypatch, capsys, foreign=keras)
    assert_same_history(other, ours)
    assert heard == said and list(others) == list(files)
    for a, b in zip(model.get_weights(), weights, strict=True):
        if name != "nan":
            np.testing.assert_array_equal(a, b)


HOOKS = [f"on_{phase}_{end}" for phase in ("train", "test", "predict", "epoch") for end in ("begin", "end")]
HOOKS += [f"on_{phase}_batch_{end}" for phase in ("train", "test", "predict") for end in ("begin", "end")]


@pytest.mark.parametrize("kind", ["inherits", "lambda", "foreign", "foreign lambda"])
def test_hooks_come_as_keras_calls_them(kind):
    """The order of all hooks, with the numbers of batches and epochs and the names in the logs."""
    seen = {}
    for k in (tsuno, keras):
        events = seen[k] = []

        def note(hook, *args, events=events, logs=None, **kwargs):
            *number, logs = (
                (*args, logs) if logs is not None or not args or not isinstance(args[-1], (dict, type(None))) else args
            )
            events.append((hook, *number, sorted(logs or {})))

        methods = {
            hook: (lambda self, *args, hook=hook, note=note, **kwargs: note(hook, *args, **kwargs)) for hook in HOOKS
        }
        home = keras if kind.startswith("foreign") else k
        if kind.endswith("lambda"):
            hooks = {hook: functools.partial(note, hook) for hook in HOOKS}
            spy = home.callbacks.LambdaCallback(**hooks)
        else:
            spy = type("Spy", (home.callbacks.Callback,), methods)()
        model = line(k)
        fit(model, [spy], epochs=2, initial_epoch=1, validation_batch_size=2)
        fit(model, [spy], epochs=2, validation_data=None)
        model.evaluate(X, Y, batch_size=4, verbose=0, callbacks=[spy])
        model.predict(X, batch_size=4, verbose=0, callbacks=[spy])
    assert len(seen[tsuno]) > 50
    assert seen[tsuno] == seen[keras]


# ---------------------------------------------------------------------- interrupted and taken up again


@pytest.fixture(scope="module")
def server():
    """A server that keeps what it is sent: (path, content type, body)."""
    received = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, self.headers["Content-Type"], self.headers.get("Token"), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args): ...

    http = HTTPServer(("127.0.0.1", 0), Keep)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}", received
    http.shutdown()


class Note(tc.Callback):
    """A user's callback with a state of its own."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(float(logs["loss"]))


LAW = {
    tc.Callback: lambda _: [Note()],
    tc.MonitorCallback: lambda _: [tc.MonitorCallback("loss")],
    tc.History: lambda _: [tc.History()],
    tc.LambdaCallback: lambda _: [tc.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(epoch=epoch))],
    tc.ModelCheckpoint: lambda _: [
        tc.LearningRateScheduler(UP_AND_DOWN),
        tc.ModelCheckpoint("best-{epoch}.keras", save_best_only=True, keep=2),
        tc.ModelCheckpoint("{epoch}-{batch}.weights.h5", save_weights_only=True, save_freq=2, keep=3),
    ],
    tc.OrbaxCheckpoint: lambda _: [tc.OrbaxCheckpoint("orbax", save_freq=2, max_to_keep=2, save_weights_only=True)],
    tc.EarlyStopping: lambda _: [
        tc.LearningRateScheduler(UP_AND_DOWN),
        tc.EarlyStopping(patience=3, restore_best_weights=True),
    ],
    tc.ReduceLROnPlateau: lambda _: [tc.ReduceLROnPlateau("loss", 0.5, 1, min_delta=0.3, cooldown=2)],
    tc.LearningRateScheduler: lambda _: [tc.LearningRateScheduler(HALVED)],
    tc.TerminateOnNaN: lambda _: [tc.TerminateOnNaN(restore=True)],
    tc.CSVLogger: lambda _: [tc.CSVLogger("log.csv")],
    tc.RemoteMonitor: lambda server: [tc.RemoteMonitor(server[0])],
    tc.Timer: lambda _: [tc.Timer()],
    tc.MaxTime: lambda _: [tc.MaxTime(1e6)],
    tc.SwapEMAWeights: lambda _: [tc.SwapEMAWeights(swap_on_epoch=True)],
    tc.StochasticWeightAveraging: lambda _: [tc.StochasticWeightAveraging(start_epoch=1, learning_rate=0.01)],
    tc.LearningRateFinder: lambda _: [tc.LearningRateFinder(1e-3, 1e-1, steps=14)],
    tc.WeightStatistics: lambda _: [tc.WeightStatistics(in_logs=True)],
    tc.WholeSetMetrics: lambda _: [tc.WholeSetMetrics({"worst": lambda y, p: abs(y - p).max()}, XV, YV)],
}
OURS = ("averaging", "base", "checkpointing", "finding", "history", "logging", "statistics", "steering")


def test_the_law_is_tried_on_every_callback():
    classes = {each for each in vars(tc).values() if inspect.isclass(each) and each.__module__.split(".")[-1] in OURS}
    assert set(LAW) == classes


class Interrupt(tc.Callback):
    """Ends training after the third epoch, with all that is needed to go on."""

    def __init__(self, callbacks):
        super().__init__()
        self.callbacks = callbacks

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            self.states = [callback.get_state() for callback in self.callbacks]
            self.arrays = [
                variable.numpy().copy() for variable in (*self.model.variables, *self.model.optimizer.variables)
            ]
            raise KeyboardInterrupt


class TakeUp(tc.Callback):
    """Goes on where `Interrupt` stopped."""

    def __init__(self, callbacks, interrupt):
        super().__init__()
        self.callbacks, self.interrupt = callbacks, interrupt

    def on_train_begin(self, logs=None):
        for variable, array in zip(
            (*self.model.variables, *self.model.optimizer.variables), self.interrupt.arrays, strict=True
        ):
            variable.assign(array)
        for callback, state in zip(self.callbacks, self.interrupt.states, strict=True):
            callback.set_state(state)


def is_plain(value):
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(is_plain, value.values()))
    return value is None or isinstance(value, (bool, int, float, str, np.ndarray, np.generic))


@pytest.mark.parametrize("cls", LAW, ids=lambda cls: cls.__name__)
def test_a_run_in_two_halves_is_the_same_run(cls, tmp_path, monkeypatch, server):
    outcomes = []
    for halves in (False, True):
        (tmp_path / str(halves)).mkdir()
        monkeypatch.chdir(tmp_path / str(halves))
        del server[1][:]
        callbacks = LAW[cls](server)
        model = anew(tsuno, rate=0.1, use_ema=True, ema_momentum=0.9)
        if halves:
            interrupt = Interrupt(callbacks)
            history = tc.History()
            try:
                fit(model, [*callbacks, interrupt, history], epochs=6)
            except KeyboardInterrupt:
                assert is_plain(interrupt.states)
                history = model.history.history
                callbacks = LAW[cls](server)
                model = anew(tsuno, rate=0.1, use_ema=True, ema_momentum=0.9)
                rest = fit(model, [*callbacks, TakeUp(callbacks, interrupt)], epochs=6, initial_epoch=3).history
        else:
            whole = fit(model, callbacks, epochs=6).history
        states = [
            {name: value for name, value in callback.get_state().items() if name not in ("total", "_began", "spent")}
            for callback in callbacks
        ]
        files = {
            path.relative_to(os.getcwd()): path.stat().st_size
            for path in sorted(tmp_path.joinpath(str(halves)).rglob("*"))
        }
        files = {
            str(path): size
            for path, size in files.items()
            if not str(path).startswith("orbax/") or str(path).count("/") == 1
        }
        texts = {name: Path(name).read_text() for name in files if name.endswith(".csv")}
        outcomes.append((model.get_weights(), states, list(files), texts, list(server[1])))
    (weights, *one), (again, *two) = outcomes
    for a, b in zip(weights, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert repr(one) == repr(two)
    before = 0 if cls is tc.History else 3  # which is itself what `fit` returns
    for name, values in rest.items():
        assert "seconds" in name or whole[name][before:] == values


# ---------------------------------------------------------------------- better than Keras


def test_a_missing_metric_is_an_error_that_names_those_at_hand():
    with pytest.raises(
        ValueError,
        match=r"ModelCheckpoint watches 'val_maee', .*'loss', 'mae', 'val_loss', 'val_mae'\. Did you mean 'val_mae'\?",
    ):
        fit(line(tsuno), [tc.ModelCheckpoint("never.keras", "val_maee", mode="min", save_best_only=True)], epochs=1)
    with pytest.raises(ValueError, match="'val_loss', which is not among the logs: 'loss', 'mae'"):
        fit(line(tsuno), [tc.ModelCheckpoint("never.keras", save_best_only=True)], epochs=1, validation_data=None)
    with pytest.raises(KeyError, match=r"asks for 'val_los', .*Did you mean 'val_loss'"):
        fit(line(tsuno), [tc.ModelCheckpoint("{val_los}.keras")], epochs=1)
    with pytest.warns(UserWarning, match=r"EarlyStopping watches 'val_mea', .*Did you mean 'val_mae'"):
        fit(line(tsuno), [tc.EarlyStopping("val_mea", mode="min")], epochs=1)
    assert not os.path.exists("never.keras")


def test_epochs_between_two_validations_are_passed_over(tmp_path):
    saver = tc.ModelCheckpoint(tmp_path / "{epoch}.keras", save_best_only=True)
    fit(line(tsuno), [saver], epochs=5, validation_freq=2)
    assert sorted(os.listdir(tmp_path)) == ["2.keras", "4.keras"]


def test_names_of_keras_2_are_understood(tmp_path):
    model = line(tsuno, metrics=["accuracy"])
    saver = tc.ModelCheckpoint(tmp_path / "{epoch}-{val_acc:.1f}.keras", monitor="val_acc", save_best_only=True)
    stop = tc.EarlyStopping(monitor="acc", patience=9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(X, Y > 0, epochs=3, verbose=0, validation_data=(X, Y > 0), callbacks=[saver, stop]).history
    best = max(history["val_accuracy"])
    assert stop.best == max(history["accuracy"]) and saver.best == best
    assert f"{history['val_accuracy'].index(best) + 1}-{best:.1f}.keras" in os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("monitor", "better", "worse"),
    [("val_acc", 1, 0), ("auc", 1, 0), ("val_out_precision", 1, 0), ("f1_score", 1, 0), ("r2_score", 1, 0), ("loss", 0, 1),
     ("val_out_loss", 0, 1), ("mean_squared_error", 0, 1), ("binary_crossentropy", 0, 1)],
)  # fmt: skip
def test_the_direction_is_told_from_the_name(monitor, better, worse):
    assert tc.MonitorCallback(monitor)._is_improvement(better, worse)
    assert not tc.MonitorCallback(monitor)._is_improvement(worse, better)


def test_the_direction_is_told_from_the_metrics_or_must_be_given():
    metric = tsuno.metrics.Precision(name="hits")
    watch = tc.MonitorCallback("val_hits")
    model = line(tsuno, metrics=[metric])
    model.evaluate(X, abs(Y) > 1, verbose=0)
    watch.set_model(model)
    assert watch._is_improvement(2, 1) and watch._is_improvement(1, None) and watch._is_improvement(1, np.nan)
    assert not watch._is_improvement(np.nan, 1) and not tc.MonitorCallback("loss", min_delta=0.5)._is_improvement(
        0.6, 1.0
    )
    with pytest.raises(
        ValueError, match="cannot tell whether 'mood' is better when it is high or low: pass mode='max'"
    ):
        tc.MonitorCallback("mood")._is_improvement(1, 0)


EXPLODES = tc.LearningRateScheduler(lambda epoch: 0.1 if epoch < 2 else 1e30)


@pytest.mark.parametrize(
    "options", [{}, {"save_best_only": True}, {"save_freq": 3}, {"keep": 2}, {"save_last": True}], ids=str
)
def test_a_model_that_is_not_finite_replaces_nothing(options, tmp_path):
    name = "{epoch}.keras" if "keep" in options else "m.keras"
    with pytest.warns(UserWarning, match="no longer finite. This is said once") as told:
        fit(line(tsuno), [EXPLODES, tc.ModelCheckpoint(tmp_path / name, **options)], epochs=6)
    assert len(told) == 1
    files = sorted(os.listdir(tmp_path))
    assert files == (
        ["1.keras", "2.keras"]
        if "keep" in options
        else ["last.keras", "m.keras"]
        if "save_last" in options
        else ["m.keras"]
    )
    for file in files:
        assert all(np.isfinite(w).all() for w in tsuno.saving.load_model(tmp_path / file).get_weights())


def test_steps_are_watched_only_where_they_matter(tmp_path):
    class Mine(tc.ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            seen.append(batch)

    seen = []
    stepping = lambda callback: tc.CallbackList([callback]).watching("train", "step")
    assert not stepping(tc.ModelCheckpoint("a.keras")) and stepping(tc.ModelCheckpoint("a.keras", save_freq=2))
    fit(line(tsuno), [Mine(tmp_path / "a.keras")], epochs=1)
    assert seen == [0, 1, 2]
    # Keras has not chosen a direction before the first epoch ends, and fails.
    saver = tc.ModelCheckpoint(tmp_path / "{batch}.keras", "loss", mode="max", save_best_only=True, save_freq=1)
    fit(line(tsuno), [saver], epochs=1)
    assert set(os.listdir(tmp_path)) == {"a.keras", "1.keras", "2.keras"}


def test_nan_can_end_with_the_last_finite_weights():
    finite = line(tsuno)
    fit(finite, [], epochs=2)
    model = line(tsuno)
    history = fit(model, [EXPLODES, tc.TerminateOnNaN(restore=True)], epochs=6).history
    assert len(history["loss"]) == 3 and not np.isfinite(history["loss"][-1])
    for a, b in zip(model.get_weights(), finite.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(RuntimeError, match="The loss of batch"):
        fit(model, [EXPLODES, tc.TerminateOnNaN(raise_error=True)], epochs=6)


def test_files_are_kept_and_the_last_is_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fit(line(tsuno), [tc.ModelCheckpoint("x/{epoch}.weights.h5", save_weights_only=True, keep=2, save_last=True)])
    assert sorted(os.listdir("x")) == ["4.weights.h5", "5.weights.h5", "last.weights.h5"]


BAD = {
    "ending": (lambda: tc.ModelCheckpoint("a.ckpt"), r"ends in \.keras or \.h5"),
    "ending of weights": (lambda: tc.ModelCheckpoint("a.keras", save_weights_only=True), r"ends in \.weights\.h5"),
    "frequency": (lambda: tc.ModelCheckpoint("a.keras", save_freq="batch"), "'epoch' or a positive number of batches"),
    "mode": (lambda: tc.EarlyStopping(mode="up"), "'auto', 'min', 'max'"),
    "factor": (lambda: tc.ReduceLROnPlateau(factor=1.0), "below 1"),
    "no averages": (lambda: fit(line(tsuno), [tc.SwapEMAWeights()]), "use_ema=True"),
    "folder": (lambda: fit(line(tsuno), [tc.ModelCheckpoint("d.keras")]), "is a folder"),
    "range": (lambda: tc.LearningRateFinder(1.0, 0.1), "above minimum=1.0"),
    "too few": (lambda: tc.LearningRateFinder().suggestion, "too few steps"),
    "schedule": (
        lambda: fit(line(tsuno, tsuno.optimizers.SGD(tsuno.optimizers.schedules.CosineDecay(0.1, 9))), [tc.LearningRateFinder()]),
        "follows a schedule",
    ),
    "rows": (lambda: fit(line(tsuno), [tc.WholeSetMetrics({"m": max}, XV, Y)]), "has 12 rows"),
    "no number": (lambda: fit(line(tsuno), [tc.WholeSetMetrics({"m": lambda y, p: y}, XV, YV)]), "returns a number"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.keras").mkdir()
    make, message = BAD[name]
    with pytest.raises((ValueError, RuntimeError, IsADirectoryError), match=message):
        make()


# ---------------------------------------------------------------------- beyond Keras


def test_remote_monitor_sends_json_and_forms(server):
    address, received = server
    del received[:]
    fit(line(tsuno), [tc.RemoteMonitor(address, field="f", headers={"Token": "t"})], epochs=1)
    fit(line(tsuno), [tc.RemoteMonitor(address, path="/here", send_as_json=True)], epochs=1)
    (path, kind, token, form), (second, other, _, body) = received
    assert (path, kind, token) == ("/publish/epoch/end/", "application/x-www-form-urlencoded", "t")
    assert form.startswith("f=%7B%22epoch%22%3A+0") and (second, other) == ("/here", "application/json")
    assert set(json.loads(body)) == {"epoch", "loss", "mae", "val_loss", "val_mae"}
    with pytest.warns(UserWarning, match="could not hand its logs to http://127.0.0.1:9/publish"):
        fit(line(tsuno), [tc.RemoteMonitor("http://127.0.0.1:9")], epochs=1)


def test_averages_are_the_end_also_after_an_early_stop():
    """Keras ends with the weights of the last step here."""
    model, ended = line(tsuno, use_ema=True, ema_momentum=0.9), []
    note = tc.LambdaCallback(on_epoch_end=lambda epoch, logs: ended.append(model.get_weights()[0]))
    stop = tc.EarlyStopping("loss", min_delta=100, patience=1)
    fit(model, [tc.SwapEMAWeights(True), note, stop], epochs=9)
    assert len(ended) == 2
    np.testing.assert_array_equal(model.get_weights()[0], ended[-1])
    before = model.get_weights()[0]
    model.predict(XV, verbose=0, callbacks=[tc.SwapEMAWeights()])
    np.testing.assert_array_equal(model.get_weights()[0], before)  # Keras leaves the averages in


def test_stochastic_weight_averaging_averages_and_measures_anew():
    model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.BatchNormalization(), tsuno.layers.Dense(1)])
    model.compile("sgd", "mse")
    seen = []
    note = tc.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(model.layers[1].kernel.numpy()))
    average = tc.StochasticWeightAveraging(start_epoch=1, every=2, x=X, batch_size=5)
    fit(model, [note, average], epochs=6, validation_data=None)
    assert average.count == 3
    np.testing.assert_allclose(model.layers[1].kernel.numpy(), np.mean([seen[1], seen[3], seen[5]], 0), rtol=1e-6)
    batches = [(X[i : i + 5], len(X[i : i + 5])) for i in (0, 5, 10)]
    np.testing.assert_allclose(model.layers[0].moving_mean.numpy(), X.mean(0), rtol=1e-5, atol=1e-6)
    variance = sum(rows.var(0) * size for rows, size in batches) / 12
    np.testing.assert_allclose(model.layers[0].moving_variance.numpy(), variance, rtol=1e-5)
    assert model.layers[0].momentum == 0.99


def test_the_range_test_leaves_everything_as_it_was():
    import matplotlib

    matplotlib.use("Agg")
    model = line(tsuno, "adam")
    model.optimizer.build(model.trainable_variables)
    before = [variable.numpy().copy() for variable in (*model.variables, *model.optimizer.variables)]
    finder = tc.LearningRateFinder(1e-5, 1e3, steps=60)
    fit(model, [finder], epochs=100, validation_data=None, batch_size=12)
    for a, b in zip(before, (*model.variables, *model.optimizer.variables), strict=True):
        np.testing.assert_array_equal(a, b.numpy())
    assert 20 < len(finder.losses) <= 60 and finder.rates[0] == 1e-5 and 1e-2 < finder.suggestion < 10
    np.testing.assert_allclose(finder.losses[0], np.mean((X @ WEIGHTS[0] - Y) ** 2), rtol=1e-5)
    axes = finder.plot()
    assert axes.get_xscale() == "log" and len(axes.lines) == 3


# From torch.optim.lr_scheduler.OneCycleLR of PyTorch 2.
TORCH = {
    (0.1, 20, 0.3, 25.0, 1e4, "cosine"): [
        0.004, 0.013167184, 0.037167184, 0.066832816, 0.090832816, 0.1, 0.098746401, 0.095048463, 0.089091618, 0.081174565,
        0.0716943, 0.061126202, 0.0500002, 0.038874198, 0.0283061, 0.018825835, 0.010908782, 0.0049519368, 0.0012539994, 4e-07,
    ],
    (1.0, 10, 0.5, 10.0, 10.0, "linear"): [0.1, 0.325, 0.55, 0.775, 1.0, 0.802, 0.604, 0.406, 0.208, 0.01],
}  # fmt: skip


@pytest.mark.parametrize("arguments", TORCH)
def test_one_cycle_is_that_of_torch(arguments):
    rate = tsuno.optimizers.schedules.OneCycle(*arguments)
    again = tsuno.optimizers.schedules.deserialize(tsuno.optimizers.schedules.serialize(rate))
    np.testing.assert_allclose(again(np.arange(len(TORCH[arguments]))), TORCH[arguments], rtol=1e-5, atol=1e-9)
    assert float(rate(10**6)) == pytest.approx(TORCH[arguments][-1], rel=1e-4)


def test_time_is_kept_and_runs_out():
    model, timer = line(tsuno), tc.Timer()
    history = fit(model, [timer], epochs=3).history
    np.testing.assert_allclose(np.cumsum(history["seconds"]), history["total_seconds"])
    limit = tc.MaxTime(0.15)
    start = time.perf_counter()
    assert 0 < len(fit(model, [limit], epochs=10**7).epoch) < 10**6 and 0.1 < time.perf_counter() - start < 5
    spent = tc.MaxTime(50.0)
    take_up = tc.LambdaCallback(on_train_begin=lambda logs: spent.set_state({"spent": 60.0}))
    assert len(fit(model, [spent, take_up], epochs=10**7).epoch) <= 1


def test_weights_and_gradients_are_measured():
    model = line(tsuno, rate=0.0)
    statistics = tc.WeightStatistics(every=2, gradients=True, in_logs=True)
    history = fit(model, [statistics], epochs=4).history
    kernel = WEIGHTS[0]
    expected = {"norm": np.linalg.norm(kernel), "mean": kernel.mean(), "std": kernel.std(), "zeros": 0.0}
    gradients = [
        np.linalg.norm(2 * X[i : i + 4].T @ (X[i : i + 4] @ kernel - Y[i : i + 4]) / 4) for i in range(0, 12, 4)
    ]
    expected["gradient_norm"] = np.mean(gradients)
    assert list(statistics.history) == [weight.path for weight in model.weights]
    measured = statistics.history[model.weights[0].path]
    assert set(measured) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(measured[name], [value] * 2, rtol=1e-5, atol=1e-7)
    assert statistics.history[model.weights[1].path]["zeros"] == [1.0, 1.0]
    assert history[f"{model.weights[0].path}/norm"] == measured["norm"]


def test_metrics_of_the_whole_set_come_before_those_who_read_them(tmp_path):
    model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    labels = (Y > 0).astype("float32")
    f1 = lambda y, p: f1_score(y.ravel(), p.ravel() > 0.5)
    stop = tc.EarlyStopping("val_f1", patience=3)
    history = model.fit(
        X,
        labels,
        epochs=6,
        verbose=0,
        callbacks=[stop, tc.CSVLogger(tmp_path / "l.csv"), tc.WholeSetMetrics({"f1": f1}, X, labels)],
    ).history
    assert history["val_f1"][-1] == f1(labels, model.predict(X, verbose=0)) and stop.best == max(history["val_f1"])
    assert [float(row["val_f1"]) for row in csv.DictReader((tmp_path / "l.csv").read_text().splitlines())] == history[
        "val_f1"
    ]


def test_orbax_folders_go_both_ways(tmp_path):
    def made(k):
        layers = [k.layers.Input((3,)), k.layers.BatchNormalization(name="bn"), k.layers.Dense(1, name="out")]
        model = k.Sequential(layers, name="both")
        model.compile("adam", "mse", metrics=["mae"])
        return model

    ours = made(tsuno)
    saver = tc.OrbaxCheckpoint(tmp_path / "ours", max_to_keep=2)
    fit(ours, [saver], epochs=3)
    assert sorted(os.listdir(tmp_path / "ours")) == ["1", "2"] and tsuno.saving.orbax.is_orbax(tmp_path / "ours")
    assert saver.is_primary_host() and not saver.is_multihost_enabled()
    theirs = made(keras)
    fit(theirs, [keras.callbacks.OrbaxCheckpoint(str(tmp_path / "theirs"), save_on_background=False)], epochs=2)
    arrays = lambda model: [np.array(each) for each in (*model.variables, *model.optimizer.variables)]
    read = made(keras)
    read.load_weights(str(tmp_path / "ours"))
    for a, b in zip(read.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for folder, model in (("ours", ours), ("theirs", theirs)):
        again = tsuno.saving.orbax.load(tmp_path / folder)
        for a, b in zip(arrays(again), arrays(model), strict=True):
            np.testing.assert_array_equal(a, b)
    kept = ours.get_weights()
    fit(ours, [], epochs=1)
    saver.restore()
    np.testing.assert_array_equal(ours.get_weights()[0], kept[0])
    with pytest.raises(FileNotFoundError, match=r"no checkpoint 7 in .*there are \[1, 2\]"):
        saver.restore(7)
    with pytest.raises(ValueError, match="is of another model: it has no array for"):
        tsuno.saving.orbax.load_state(line(tsuno), tmp_path / "ours")
