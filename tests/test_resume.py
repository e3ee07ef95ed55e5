"""Training that was broken off and taken up again ends with the same bits as training that was not."""

import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

import tsuno
from tsuno import callbacks, layers
from tsuno.core.naming import reset_names
from tsuno.saving.atomic import write_file
from tsuno.saving.checkpoint import Checkpoints

X = np.random.default_rng(0).normal(size=(22, 3)).astype("float32")
Y = np.random.default_rng(1).integers(0, 2, size=(22, 1)).astype("float32")


class Crash(Exception):
    pass


class CrashAt(callbacks.Callback):
    """Raises after so many steps, counted over all epochs."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_begin(self, logs=None):
        self.done = 0

    def on_train_batch_end(self, batch, logs=None):
        self.done += 1
        if self.done == self.step:
            raise Crash

    def get_state(self):
        return {}


def network(optimizer="adam", metrics=("accuracy",), **options):
    model = tsuno.Sequential(
        [
            tsuno.Input((3,)),
            layers.Dense(4, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer, "binary_crossentropy", metrics=list(metrics), **options)
    return model


def half_precision():
    tsuno.config.set_dtype_policy("mixed_float16")
    try:
        return network()
    finally:
        tsuno.config.set_dtype_policy("float32")


class Own(tsuno.Model):
    """A law of training with two optimizers and a random stream of its own."""

    def __init__(self):
        super().__init__()
        self.a, self.b = layers.Dense(4, activation="tanh"), layers.Dense(1)
        self.other = tsuno.optimizers.Adam(0.01)
        self.seeds = tsuno.random.SeedGenerator()

    def call(self, x):
        return self.b(self.a(x))

    def train_step(self, data):
        x, y = data
        noise = tsuno.random.normal(tsuno.ops.shape(x), seed=self.seeds)
        loss, grads = tsuno.value_and_grad(lambda: tsuno.ops.mean((self(x + noise) - y) ** 2), self)()
        self.optimizer.apply(grads[:2], self.a.trainable_variables)
        self.other.apply(grads[2:], self.b.trainable_variables)
        return {"loss": loss}


def own():
    model = Own()
    model.compile("sgd")
    return model


class Batches(tsuno.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return X[4 * index : 4 * index + 4], Y[4 * index : 4 * index + 4]


def generator():
    while True:
        for i in range(5):
            yield X[4 * i : 4 * i + 4], Y[4 * i : 4 * i + 4]


def arrays(**options):
    return {"x": X, "y": Y, "batch_size": 4, **options}


SCENARIOS = {
    "arrays": (network, arrays),
    "no shuffling": (network, lambda: arrays(shuffle=False)),
    "validation": (network, lambda: arrays(validation_split=0.3)),
    "fewer steps than a pass": (network, lambda: arrays(steps_per_epoch=4)),
    "generator": (network, lambda: {"x": generator(), "steps_per_epoch": 4}),
    "dataset by number": (network, lambda: {"x": Batches()}),
    "early stopping": (
        network,
        lambda: arrays(
            validation_split=0.3, callbacks=[callbacks.EarlyStopping(patience=1, restore_best_weights=True)]
        ),
    ),
    "plateau": (network, lambda: arrays(callbacks=[callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=0.5)])),
    "scheduler": (network, lambda: arrays(callbacks=[callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.7)])),
    "half precision": (half_precision, arrays),
    "accumulation and averages": (
        lambda: network(
            tsuno.optimizers.SGD(0.1, momentum=0.9, use_ema=True, ema_momentum=0.5, gradient_accumulation_steps=3)
        ),
        arrays,
    ),
    "own step": (own, lambda: {"x": X, "y": Y, "batch_size": 4}),
}


def outcome(model, history):
    variables = [*model.variables, *model.optimizer.variables]
    return [variable.numpy().tobytes() for variable in variables], history.epoch, dict(history.history)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_that_was_broken_off_ends_as_one_that_was_not(name, tmp_path):
    make, data = SCENARIOS[name]
    epochs = 3

    def train(*crashes):
        reset_names()  # as in a new process: programs are put together in the order of names
        tsuno.utils.set_random_seed(5)
        model, given = make(), data()
        backup = callbacks.BackupAndRestore(tmp_path / "backup", save_freq=1)
        added = [backup, *(CrashAt(step) for step in crashes)] if crashes else []
        history = model.fit(**{**given, "callbacks": [*given.get("callbacks", ()), *added]}, epochs=epochs, verbose=0)
        return outcome(model, history)

    expected = train()
    # From where it was left each time: within epochs and around their ends.
    for step in (2, 3) if name == "early stopping" else (2, 6, 1, 5):
        with pytest.raises(Crash):
            train(step)
    assert train(100) == expected
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("name", ["arrays", "validation", "fewer steps than a pass", "generator", "dataset by number"])
def test_a_run_that_was_asked_to_end_after_the_last_step_of_an_epoch_goes_on_with_the_next(name, tmp_path):
    make, data = SCENARIOS[name]

    def train(epoch=None, **options):
        reset_names()
        tsuno.utils.set_random_seed(5)
        model, given, seen = make(), data(), []
        asking = callbacks.LambdaCallback(
            on_epoch_begin=lambda number, logs: seen.append(number),
            on_train_batch_end=lambda batch, logs: (
                seen[-1] == epoch and batch + 1 == model.steps and signal.raise_signal(signal.SIGTERM)
            ),
        )
        asking.on_train_begin = lambda logs=None: setattr(model, "steps", asking.params["steps"])
        return outcome(model, model.fit(**given, callbacks=[asking], epochs=3, verbose=0, **options))

    expected = train()
    for epoch in (0, 1):
        with pytest.raises(SystemExit):
            train(epoch, resume=tmp_path)
        assert Checkpoints(tmp_path).read()["step"] > 0
    assert train(resume=tmp_path) == expected


PROGRAM = """
import hashlib, sys
import numpy as np, tsuno
tsuno.utils.set_random_seed(3)
x, y = np.random.randn(300, 8), np.random.randint(0, 3, 300)
model = tsuno.Sequential([tsuno.Input((8,)), tsuno.layers.Dense(16, activation="relu"), tsuno.layers.Dropout(0.3),
                          tsuno.layers.Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
folder, epochs = sys.argv[1], int(sys.argv[2])
history = model.fit(x, y, epochs=epochs, verbose=0, resume=folder if folder != "-" else None)
digest = hashlib.sha256(repr(history.history).encode())
for variable in [*model.variables, *model.optimizer.variables]:
    digest.update(variable.numpy().tobytes())
print(digest.hexdigest())
"""


def start(*arguments):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def _mask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def wait_for(condition):
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.005)


def test_killed_and_asked_to_end_and_taken_up_again(tmp_path):
    epochs = 1500
    folder = Checkpoints(tmp_path)
    first = start(tmp_path, epochs)
    wait_for(lambda: folder.files())
    first.kill()
    assert first.wait() == -signal.SIGKILL
    second, seen = start(tmp_path, epochs), folder.files()[-1]
    wait_for(lambda: folder.files()[-1] != seen)
    second.send_signal(signal.SIGTERM)
    said = second.communicate(timeout=30)[0]
    assert second.returncode == 143 and "goes on" in said
    third, whole = start(tmp_path, epochs), start("-", epochs)
    assert third.communicate(timeout=100)[0] == whole.communicate(timeout=100)[0] != ""
    assert len(folder.files()) == 2


@pytest.mark.parametrize("listens", [True, False])
def test_who_listened_for_the_wish_to_end_hears_it_after_the_save(listens, tmp_path):
    heard = []
    before = signal.signal(signal.SIGTERM, (lambda number, frame: heard.append(number)) if listens else signal.SIG_DFL)
    own = signal.getsignal(signal.SIGTERM)
    asking = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: epoch == 1 and signal.raise_signal(signal.SIGTERM)
    )
    try:
        with pytest.raises(SystemExit) as ended:
            network().fit(X, Y, epochs=9, verbose=0, callbacks=[asking], resume=tmp_path)
        assert ended.value.code == 143 and signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM] * listens and Checkpoints(tmp_path).read()["epoch"] == 2


def test_a_finished_run_is_not_run_again_and_a_longer_one_goes_on(tmp_path):
    def train(epochs, **options):
        tsuno.utils.set_random_seed(5)
        model = network()
        return outcome(model, model.fit(X, Y, epochs=epochs, batch_size=4, verbose=0, **options))

    counted = []
    count = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: counted.append(epoch))
    assert train(2, resume=tmp_path) == train(2, resume=tmp_path, callbacks=[count]) == train(2)
    assert counted == []
    assert train(4, resume=tmp_path, callbacks=[count]) == train(4)
    assert counted == [2, 3]


def test_files_of_others_stay_and_damage_is_noticed(tmp_path):
    own_file = tmp_path / "mine.txt"
    own_file.write_text("mine")
    model = network()
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path, save_freq=1)])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

    files = Checkpoints(tmp_path, keep=3)
    for number in range(5):
        files.write({"number": number, "array": np.arange(3.0)})
    assert len(files.files()) == 3
    raw = bytearray(files.files()[-1].read_bytes())
    raw[len(raw) // 3] ^= 1
    files.files()[-1].write_bytes(raw)
    with pytest.warns(UserWarning, match="cannot be read"):
        assert files.read()["number"] == 3
    for path in files.files():
        path.write_bytes(b"no archive")
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="No checkpoint in"):
        network().fit(X, Y, verbose=0, resume=tmp_path)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    network().fit(X, Y, verbose=0, resume=tmp_path)
    with pytest.raises(ValueError, match="another model, optimizer or choice of metrics"):
        network("sgd").fit(X, Y, verbose=0, resume=tmp_path)
    for wrong in ({"backup_dir": ""}, {"backup_dir": "a", "save_freq": 0}, {"backup_dir": "a", "save_freq": "batch"}):
        with pytest.raises(ValueError, match="BackupAndRestore"):
            callbacks.BackupAndRestore(**wrong)


def test_weights_that_are_not_finite_do_not_replace_saves(tmp_path):
    model = network("sgd")

    def poison(epoch, logs):
        if epoch == 2:
            model.layers[0].kernel.assign(np.full((3, 4), np.nan))

    spoil = callbacks.LambdaCallback(on_epoch_begin=poison)
    backup = callbacks.BackupAndRestore(tmp_path, save_freq=2, delete_checkpoint=False)
    with pytest.warns(UserWarning, match="no longer finite"):
        model.fit(X, Y, epochs=4, verbose=0, callbacks=[spoil, backup])
    saved = Checkpoints(tmp_path).read()
    assert saved["epoch"] == 2 and all(np.isfinite(array).all() for array in saved["arrays"] if array.dtype.kind == "f")


def test_a_disk_that_is_full_does_not_end_training(tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Checkpoints, "write", full)
    with pytest.warns(UserWarning, match="could not be saved.*No space left"):
        history = network().fit(X, Y, epochs=2, verbose=0, resume=tmp_path / "new")
    assert history.epoch == [0, 1]


def test_values_of_every_kind_come_back(tmp_path):
    values = {
        "numbers": [1, 2.5, float("inf"), None, True, "text"],
        "pair": ("a", {"b": [np.float32(3), np.int64(4)]}),
        "empty": np.zeros((0, 3)),
        "scalar": np.array(2.0),
        "half": np.asarray(tsuno.ops.cast([1.5, -2.0], "bfloat16")),
        "with slash": {"a/b": 1},
    }
    files = Checkpoints(tmp_path)
    files.write(values)
    back = files.read()
    assert back["numbers"] == values["numbers"] and back["pair"] == values["pair"] and back["with slash"] == {"a/b": 1}
    assert isinstance(back["pair"], tuple) and type(back["pair"][1]["b"][0]) is np.float32
    for name in ("empty", "scalar", "half"):
        assert back[name].dtype == values[name].dtype and back[name].shape == values[name].shape
        assert back[name].tobytes() == values[name].tobytes()
    with zipfile.ZipFile(files.files()[0]) as archive:
        assert all(item.compress_type == zipfile.ZIP_STORED for item in archive.infolist())


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "file"
    write_file(path, lambda file: file.write(b"old"))

    def fails(file):
        file.write(b"half")
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_file(path, fails)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]
    (tmp_path / ".file.999999999.abc.unfinished").write_bytes(b"left by a process that is no more")
    (tmp_path / f".file.{os.getpid()}.abc.unfinished").write_bytes(b"of one that is")
    write_file(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new" and sorted(os.listdir(tmp_path)) == [
        f".file.{os.getpid()}.abc.unfinished",
        "file",
    ]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_mask()
