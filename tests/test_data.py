"""Anything a user passes to `fit`, as batches: the same rows in the same order, also when a run is taken up again."""

import itertools
import json
import os
import sys
import threading
import time

import h5py
import numpy as np
import pandas
import polars
import pytest
import scipy.sparse

import tsuno
from tsuno import layers
from tsuno.data import StreamData, arrays, large, make_data, split_batch
from tsuno.data.reading import as_arrays
from tsuno.data.weights import class_weights

X = np.arange(22, dtype="float32").reshape(11, 2)


# ---------------------------------------------------------------------- taking up a run


class Numbers(tsuno.utils.PyDataset):
    """Batches by number, in an order of its own that changes after each epoch."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.random, self.shift = np.random.default_rng(5), 0

    def __len__(self):
        return 5

    def __getitem__(self, index):
        return X[index : index + 2] + self.shift

    def on_epoch_end(self):
        self.shift = int(self.random.integers(100))


class Endless(tsuno.utils.PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return np.full((2, 1), index, "float32")


class Again:
    """An iterable without a length."""

    def __iter__(self):
        return (X[i : i + 2] for i in range(5))


def once(count=None):
    return (np.full((2, 1), i, "float32") for i in (itertools.count() if count is None else range(count)))


KINDS = {
    "arrays": lambda: make_data(X, batch_size=3),
    "arrays, shuffled": lambda: make_data(X, batch_size=3, shuffle=True),
    "arrays, shuffled, no rest": lambda: make_data(X, batch_size=11, shuffle=True),
    "arrays, short epochs": lambda: make_data(X, batch_size=3, shuffle=True, steps=3),
    "arrays, long epochs": lambda: make_data(X, batch_size=3, shuffle=True, steps=6),
    "numbered": lambda: make_data(Numbers()),
    "numbered, shuffled": lambda: make_data(Numbers(workers=2), shuffle=True),
    "numbered, shuffled, short epochs": lambda: make_data(Numbers(), shuffle=True, steps=3),
    "numbered, endless": lambda: make_data(Endless(), steps=3),
    "iterable": lambda: make_data(Again()),
    "iterable, short epochs": lambda: make_data(Again(), steps=3),
    "list with a length": lambda: make_data(tsuno.data.Dataset.from_tensor_slices(X).batch(3), steps=3),
    "dataset, shuffled": lambda: make_data(tsuno.data.Dataset.from_tensor_slices(X).shuffle(11).batch(3)),
    "dataset, shuffled, short epochs": lambda: make_data(
        tsuno.data.Dataset.from_tensor_slices(X).shuffle(5).repeat().batch(3).map(lambda x: -x), steps=3
    ),
    "generator": lambda: make_data(once(), steps=3),
}


def batches(data, skip=0):
    """The rows of one epoch, batch by batch."""
    found = []
    for chunk in data.chunks(skip=skip):
        for i in range(chunk.start, chunk.start + chunk.count):
            rows = np.asarray(chunk.order)[i * chunk.batch_size : (i + 1) * chunk.batch_size]
            found.append(np.asarray(chunk.arrays[0])[rows].tolist())
    return found


def joined(lists):
    return list(itertools.chain.from_iterable(lists))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sampled", [False, True])
def test_a_run_goes_on_where_it_was(kind, sampled):
    def start():
        data = KINDS[kind]()
        if sampled:
            data.sample()
        return data

    whole, places = start(), []
    epochs = []
    for _ in range(3):
        places.append(json.dumps(whole.position()))
        epochs.append(batches(whole))
    tsuno.utils.set_random_seed(77)  # another process would draw other seeds
    for epoch, place in enumerate(places):
        for step in range(len(epochs[epoch]) + 1):
            data = start()
            data.go_to(json.loads(place))
            assert json.dumps(data.position()) == place
            assert batches(data, step) == epochs[epoch][step:]
            for later in epochs[epoch + 1 :]:
                assert batches(data) == later


@pytest.fixture
def small_limit(monkeypatch):
    monkeypatch.setattr(large, "_BLOCK", 16)  # two rows
    monkeypatch.setattr(large, "_MIXED", 2)
    tsuno.data.set_resident_limit(0)
    yield
    tsuno.data.set_resident_limit(None)


@pytest.mark.parametrize("steps", [None, 3])
@pytest.mark.parametrize("kind", ["memory map", "array", "sparse", "HDF5"])
def test_large_arrays_are_read_in_mixed_blocks_and_taken_up(kind, steps, tmp_path, small_limit):
    x = X + 1
    if kind == "memory map":
        x = np.memmap(tmp_path / "x", dtype="float32", mode="w+", shape=X.shape)
        x[:] = X + 1
    elif kind == "sparse":
        x = scipy.sparse.coo_matrix(X + 1)
    elif kind == "HDF5":
        x = h5py.File(tmp_path / "x", "w").create_dataset("x", data=X + 1, chunks=(3, 2))
    plain = make_data(x, batch_size=3)
    assert isinstance(plain, StreamData) and [len(b) for b in batches(plain)] == [3, 3, 3, 2]
    whole, places, epochs = make_data(x, X, batch_size=3, shuffle=True, steps=steps), [], []
    for _ in range(4):
        places.append(whole.position())
        epochs.append(batches(whole))
    assert all(len(batch) == 3 for batch in epochs[0][:3])
    rows = [tuple(row) for batch in joined(epochs)[:4] for row in batch]
    assert sorted(rows) == sorted(map(tuple, X + 1)) != rows
    for epoch, place in enumerate(places):
        for step in range(len(epochs[epoch])):
            again = make_data(x, X, batch_size=3, shuffle=True, steps=steps)
            again.go_to(place)
            assert batches(again, step) == epochs[epoch][step:]


def test_a_part_of_large_arrays_is_kept_to_validate_on(small_limit):
    model = tsuno.Sequential([tsuno.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(X / 20, X[:, :1], validation_split=0.3, epochs=2, verbose=0).history
    assert len(history["val_loss"]) == 2
    head, tail = split_batch(make_data(X, batch_size=3, shuffle=True), 0.3)
    assert sorted(joined(batches(head))) == X[:7].tolist() and joined(batches(tail)) == X[7:].tolist()
    assert model.predict(X, verbose=0).shape == (11, 1)


def test_the_limit_is_a_number_of_bytes():
    assert tsuno.data.resident_limit() > 2**20
    with pytest.raises(ValueError, match=r"set_resident_limit.size.*number of bytes"):
        tsuno.data.set_resident_limit("1GB")


def test_other_data_cannot_be_taken_up():
    place = make_data(X, batch_size=3).position()
    with pytest.raises(ValueError, match="batch_size=3; these have batch_size=4"):
        make_data(X, batch_size=4).go_to(place)
    used = make_data(once(), steps=3)
    batches(used)
    with pytest.raises(ValueError, match="has given 3 already"):
        used.go_to({"given": 1, "epochs": 0, "source": None})


# ---------------------------------------------------------------------- what is taken


def from_library(name, **members):
    """An object as a library's class makes it, for those that are not installed here."""
    return type("Theirs", (), {"__module__": name, **members})()


def tensor(array, dtype="torch.float32"):
    def cast(_):
        return tensor(array.astype("float32"))

    def numpy(_):
        assert dtype != "torch.bfloat16", "NumPy has no such dtype"
        return array

    same = {name: lambda self: self for name in ("detach", "cpu")}
    return from_library(
        "torch", shape=array.shape, dtype=dtype, layout="torch.strided", float=cast, numpy=numpy, **same,
        __array__=lambda self: pytest.fail("a tensor that requires a gradient is no array"),
    )  # fmt: skip


FRAME = pandas.DataFrame({"a": X[:, 0], "b": X[:, 1]})
FORMS = {
    "array": X,
    "doubles": X.astype("float64"),
    "list": X.tolist(),
    "tuple of rows": [tuple(row) for row in X.tolist()],
    "engine array": tsuno.ops.convert_to_tensor(X),
    "tensor": tensor(X),
    "bfloat16 tensor": tensor(X, "torch.bfloat16"),
    "pandas": FRAME,
    "pandas, several dtypes": FRAME.astype({"a": "int64", "b": "Float32"}),
    "pandas, int8 and nullable": FRAME.astype({"a": "Int64", "b": "int8"}),
    "pandas, column of lists": pandas.Series(X.tolist()),
    "polars": polars.from_pandas(FRAME),
    "polars, several dtypes": polars.from_pandas(FRAME).with_columns(polars.col("a").cast(polars.Int16)),
    "polars, lazy": polars.from_pandas(FRAME).lazy(),
    "sparse": scipy.sparse.csr_array(X),
    "sparse matrix": scipy.sparse.coo_matrix(X),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_arrays(form):
    array = as_arrays(FORMS[form], "x")
    assert array.dtype == (np.int32 if form.endswith("nullable") else np.float32)
    np.testing.assert_array_equal(array, X)
    nested = as_arrays({"a": FORMS[form], "b": (FORMS["pandas"]["a"], None)}, "x")
    np.testing.assert_array_equal(nested["a"], X)
    np.testing.assert_array_equal(nested["b"][0], X[:, 0])
    if form not in ("list", "tuple of rows"):
        first, second = as_arrays([FORMS[form], FORMS[form]], "x")
        np.testing.assert_array_equal(first, second)


def test_missing_numbers_are_nan_and_bools_stay():
    for column in (pandas.Series([1, None], dtype="Int64"), polars.Series([1, None]), polars.Series([True, None])):
        array = as_arrays(column, "x")
        assert array.dtype == np.float32 and array[0] == 1 and np.isnan(array[1])
    for column in (pandas.Series([True, False]), polars.Series([True, False])):
        assert as_arrays(column, "x").dtype == bool


STRANGE = {
    "category": (
        pandas.DataFrame({"a": [1.0], "b": pandas.Categorical(["u"])}),
        r"`x\['b'\]` must hold numbers.*category",
    ),
    "polars category": (polars.DataFrame({"a": ["u"]}).cast(polars.Categorical), r"`x\['a'\]` must.*Categorical"),
    "polars text": (polars.DataFrame({"a": [1], "b": ["u"]}), r"`x\['b'\]` must hold numbers.*String"),
    "pandas text": (pandas.Series(["u", "v"]), "`x` must hold numbers"),
    "dates": (pandas.DataFrame({"a": pandas.to_datetime(["2020-01-01"])}), r"`x\['a'\]` must hold numbers.*datetime"),
    "lists of two lengths": (pandas.Series([[1, 2], [3]]), "different lengths"),
    "columns of arrays": (pandas.DataFrame({"a": [[1, 2]], "b": [1]}), "column 'a' is an array"),
    "no columns": (pandas.DataFrame(), "without columns"),
    "ragged tensor": (from_library("tensorflow", flat_values=1, to_tensor=1), "ragged.*to_tensor"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_numbers_is_said(name):
    value, message = STRANGE[name]
    with pytest.raises(ValueError, match=message):
        as_arrays(value, "x")


Y = X[:, :1]
PAIRS = [(X[i : i + 4], Y[i : i + 4]) for i in (0, 4, 8)]
DICTS = [{"pixels": x, "label": y} for x, y in PAIRS]


def hugging_face(rows=True):
    def numpy(self, kind):
        assert kind == "numpy"
        return self

    def batch(self, size):
        return iter(DICTS)

    def rows_of(self, rows):
        return {"pixels": X[rows], "label": Y[rows]}

    members = (
        {"__getitem__": rows_of, "__len__": lambda self: 11, "format": {"type": None}} if rows else {"iter": batch}
    )
    return from_library("datasets.arrow", with_format=numpy, __iter__=lambda self: iter([]), **members)


def grain_map(size, rows=PAIRS):
    def batched(self, count):
        assert count == 4
        return grain_map(size)

    return from_library(
        "grain._src",
        to_iter_dataset=None,
        __len__=lambda self: size,
        __getitem__=lambda self, i: rows[i % 3],
        batch=batched,
    )


def tensor_flow(size):
    return from_library(
        "tensorflow.python.data",
        as_numpy_iterator=lambda self: iter(PAIRS) if size != -1 else itertools.cycle(PAIRS),
        cardinality=lambda self: size,
        __iter__=lambda self: pytest.fail("its elements are tensors"),
    )


STREAMS = {
    "tf.data": (lambda: tensor_flow(3), {}, 3),
    "tf.data, unknown length": (lambda: tensor_flow(-2), {}, None),
    "tf.data, endless": (lambda: tensor_flow(-1), {"steps": 3}, 3),
    "torch loader": (lambda: from_library("torch.utils.data", __iter__=lambda self: iter([[tensor(x), tensor(y)] for x, y in PAIRS])), {}, None),
    "dicts with the targets' name": (lambda: from_library("torch.utils.data", __iter__=lambda self: iter(DICTS)), {"y": "label"}, None),
    "grain map": (lambda: grain_map(3), {}, 3),
    "grain map of rows": (lambda: grain_map(3, [None]), {"batch_size": 4}, 3),
    "grain map, endless": (lambda: grain_map(sys.maxsize), {"steps": 3}, 3),
    "grain iter": (lambda: from_library("grain", batch=lambda self, size: PAIRS, __iter__=lambda self: iter([])), {"batch_size": 4}, None),
    "Hugging Face": (hugging_face, {"batch_size": 4}, 3),
    "Hugging Face by name": (hugging_face, {"batch_size": 4, "y": "label"}, 3),
    "Hugging Face stream": (lambda: hugging_face(False), {"batch_size": 4}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_datasets_of_other_libraries(name):
    make, arguments, steps = STREAMS[name]
    data = make_data(make(), **arguments)
    assert data.steps == steps
    for _ in range(2):
        found = [chunk.arrays for chunk in data.chunks()]
        assert len(found) == 3
        for (x, y, _), (want_x, want_y) in zip(found, PAIRS, strict=True):
            np.testing.assert_array_equal(x, want_x)
            np.testing.assert_array_equal(y, want_y)


NOT_BATCHES = {
    "tf.data without end": (lambda: make_data(tensor_flow(-1)), "has no end.*steps_per_epoch"),
    "grain without end": (lambda: make_data(grain_map(sys.maxsize)), "has no end"),
    "rows of torch": (
        lambda: make_data(from_library("torch", __getitem__=None, __len__=None)),
        r"gives samples. Pass torch.utils.data.DataLoader",
    ),
    "several": (
        lambda: make_data(type("DatasetDict", (dict,), {"__module__": "datasets", "with_format": 1})(train=1, test=2)),
        r"several datasets: 'train', 'test'. Pass one",
    ),
    "no such name": (lambda: batches(make_data(hugging_face(), "lable")), "'lable' that is not there. Did you mean 'label'"),
    "no dicts": (lambda: batches(make_data(PAIRS[0:1].__iter__(), "label")), "batches that are dicts"),
    "numbers alone": (lambda: batches(make_data(iter([1.0, 2.0]))), "one row per sample.*must give batches"),
    "no such column": (lambda: make_data(FRAME, "c"), r"one of the columns \['a', 'b'\]"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_BATCHES)
def test_what_gives_no_batches_is_said(name):
    run, message = NOT_BATCHES[name]
    with pytest.raises(ValueError, match=message):
        run()


def test_columns_of_a_frame_are_inputs_and_targets_by_name():
    for frame in (FRAME, polars.from_pandas(FRAME)):
        x, y, _ = make_data(frame, "b").arrays
        np.testing.assert_array_equal(x, X[:, :1])
        np.testing.assert_array_equal(y, X[:, 1])
        x, y, _ = make_data(frame, ["b"], names=None).arrays
        assert list(y) == ["b"]
        x, _, _ = make_data(frame, X, names=["b", "a"]).arrays
        assert list(x) == ["b", "a"]
        np.testing.assert_array_equal(x["b"], X[:, 1])


@pytest.mark.parametrize("form", ["arrays", "generator", "frame columns"])
def test_inputs_by_name_are_never_swapped(form):
    b, a = tsuno.Input((1,), name="b"), tsuno.Input((1,), name="a")
    kernel = tsuno.initializers.Constant(1.0)
    made = layers.Dense(1, kernel_initializer=kernel, use_bias=False)(b) * 100 + a
    model = tsuno.Model([b, a], made)
    model.compile("sgd", "mse", metrics=["mae"])
    model.optimizer.learning_rate = 0.0
    x = {"a": X[:, :1], "b": X[:, 1:]}
    y = 100 * X[:, 1:] + X[:, :1]
    if form == "frame columns":
        x = dict(FRAME)
    for keys in ("ab", "ba"):
        given = {key: x[key] for key in keys}
        pair = (iter([(given, y)]),) if form == "generator" else (given, y)
        assert model.fit(*pair, verbose=0).history["loss"] == [0.0]
        pair = (iter([(given, y)]),) if form == "generator" else (given, y)
        assert model.evaluate(*pair, verbose=0)[0] == 0.0


# ---------------------------------------------------------------------- class weights

TABLE = {0: 1.0, 1: 5.0, 2: 3.0}
LABELS = np.array([[0, 1, 2], [2, 2, 1]])
WEIGHTS = np.array([[1, 5, 3], [3, 3, 5]])
ONE_HOT = np.eye(3)[LABELS]
CLASS_WEIGHTS = {
    "indices": (TABLE, LABELS[0], None, WEIGHTS[0]),
    "a column": (TABLE, LABELS[0][:, None], None, WEIGHTS[0]),
    "a number per class": (TABLE, ONE_HOT[0], None, WEIGHTS[0]),
    "times sample weights": (TABLE, LABELS[0], np.array([1, 2, 3]), WEIGHTS[0] * [1, 2, 3]),
    "indices of steps": (TABLE, LABELS, None, WEIGHTS),
    "columns of steps": (TABLE, LABELS[..., None], None, WEIGHTS),
    "a number per class and step": (TABLE, ONE_HOT, None, WEIGHTS),
    "steps, times sample weights": (TABLE, ONE_HOT, np.array([1, 2]), WEIGHTS * [[1], [2]]),
    "outputs by name": (
        {"a": TABLE, "b": {0: 2, 1: 4}},
        {"b": np.array([0, 1]), "a": LABELS},
        None,
        {"b": np.array([2, 4]), "a": WEIGHTS},
    ),
    "outputs in a list": ([None, TABLE], [np.zeros(3), LABELS[0]], None, [np.ones(3), WEIGHTS[0]]),
    "one output of two": ({"a": TABLE}, {"a": LABELS[0], "b": np.zeros(3)}, None, {"a": WEIGHTS[0], "b": np.ones(3)}),
    "one output in a dict": (TABLE, {"a": LABELS[0]}, None, {"a": WEIGHTS[0]}),
}


@pytest.mark.parametrize("name", CLASS_WEIGHTS)
def test_class_weights(name):
    table, y, sample_weight, expected = CLASS_WEIGHTS[name]
    found = class_weights(table, y, sample_weight)
    assert type(found) is type(expected)
    for a, b in zip(tsuno.tree.flatten(found), tsuno.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(a, b)


def test_class_weights_by_the_names_of_outputs():
    first, second = class_weights({"b": {0: 2, 1: 4}, "a": TABLE}, [LABELS[0], np.array([1, 0, 0])], None, ["a", "b"])
    assert first.tolist() == [1, 5, 3] and second.tolist() == [4, 2, 2]


STRANGE_WEIGHTS = {
    "balanced": ("balanced", LABELS, "dict from class index.*got 'balanced'.*Balanced weights are"),
    "a list of numbers": ([1.0, 2.0], LABELS, "dict from class index"),
    "a class without": ({0: 1.0}, LABELS, "class 1 has none"),
    "one dict for two outputs": (TABLE, [LABELS, LABELS], "2 outputs.*by output name"),
    "names for a list": ({"a": TABLE}, [LABELS, LABELS], "targets by name"),
    "another name": ({"aa": TABLE, "b": TABLE}, {"a": LABELS, "b": LABELS}, "'aa' that is no output.*Did you mean 'a'"),
}


@pytest.mark.parametrize("name", STRANGE_WEIGHTS)
def test_class_weights_of_another_form_are_said(name):
    table, y, message = STRANGE_WEIGHTS[name]
    with pytest.raises(ValueError, match=message):
        class_weights(table, y, None)


def test_class_weights_of_steps_and_outputs_reach_the_loss():
    x = tsuno.Input((3, 2))
    made = [layers.Dense(3, name=name, activation="softmax", kernel_initializer="zeros")(x) for name in "ab"]
    model = tsuno.Model(x, dict(zip("ab", made, strict=True)))
    model.compile("sgd", dict.fromkeys("ab", "sparse_categorical_crossentropy"))
    y = {"a": LABELS, "b": LABELS}
    history = model.fit(
        np.zeros((2, 3, 2)), y, class_weight={"a": TABLE, "b": dict.fromkeys(range(3), 2)}, verbose=0
    ).history
    np.testing.assert_allclose(history["a_loss"], np.log(3) * WEIGHTS.mean(), rtol=1e-6)
    np.testing.assert_allclose(history["b_loss"], np.log(3) * 2, rtol=1e-6)


# ---------------------------------------------------------------------- fetching


def test_a_buffer_that_is_filled_again_spoils_no_batch():
    def refilled():
        buffer = np.zeros((64, 64), "float32")
        for i in range(6):
            buffer[:] = i
            yield buffer

    data = make_data(refilled(), steps=6)
    kept = []
    for chunk in data.chunks():
        time.sleep(0.02)
        kept.append(chunk.arrays[0])
    assert [float(np.asarray(x).max()) for x in kept] == [float(np.asarray(x).min()) for x in kept] == list(range(6))


def test_few_batches_are_made_ahead_and_none_when_nobody_wants_them():
    made = []

    def counted():
        for i in range(100):
            made.append(i)
            yield np.full((2, 1), i, "float32")

    data = make_data(counted(), steps=50)
    epoch = data.chunks()
    for taken in range(1, 10):
        next(epoch)
        time.sleep(0.01)
        assert taken <= len(made) <= taken + 4  # one on its way to the device, one waiting, one in the making
    epoch.close()
    del epoch, data
    time.sleep(0.3)
    assert len(made) < 20
    assert not [thread for thread in threading.enumerate() if thread.name == "tsuno-data" and not thread.daemon]


def test_history_repeats_no_epoch_of_data_that_ended():
    model = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    pairs = ((np.full((2, 1), i, "float32"), np.ones((2, 1))) for i in range(7))
    with pytest.warns(UserWarning, match="ended after 3 of 4 steps"):
        history = model.fit(pairs, epochs=5, steps_per_epoch=4, verbose=0).history["loss"]
    assert len(history) == 2 and history[0] != history[1]


def module(folder, name, body):
    (folder / f"{name}.py").write_text(
        f"import os, signal, sys, time\nimport numpy as np\n"
        f"class Made:\n    workers, use_multiprocessing = 2, True\n    def __len__(self): return 6\n"
        f"    def on_epoch_end(self): pass\n    def __getitem__(self, i):\n        {body}\n"
    )


def made_by(folder, monkeypatch, name, body):
    module(folder, name, body)
    monkeypatch.syspath_prepend(str(folder))
    return __import__(name).Made()


def test_worker_processes_start_without_the_engine_and_stay(tmp_path, monkeypatch):
    body = "return np.array([[i, os.getpid(), 'jax' in sys.modules]], 'float64')"
    data = make_data(made_by(tmp_path, monkeypatch, "plain_batches", body))
    first, second = (np.concatenate(batches(data)) for _ in range(2))
    assert first[:, 0].tolist() == second[:, 0].tolist() == list(range(6))
    assert set(second[:, 1]) <= set(first[:, 1]) and os.getpid() not in first[:, 1] and not first[:, 2].any()


DEATHS = {
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", r"Data worker \d of 2 \(process \d+\) was killed by SIGKILL"),
    "gone": ("os._exit(3)", r"Data worker \d of 2 .*ended with exit code 3"),
}


@pytest.mark.parametrize("forked", [False, True])
@pytest.mark.parametrize("name", DEATHS)
def test_a_dead_worker_is_an_error(name, forked, tmp_path, monkeypatch):
    body, message = DEATHS[name]
    dataset = made_by(tmp_path, monkeypatch, f"deadly_{name}", f"return np.zeros((1, 1)) if i != 3 else {body}")
    if forked:
        dataset.held = threading.Lock()  # which cannot be sent
    began = time.monotonic()
    with pytest.raises(RuntimeError, match=message):
        batches(make_data(dataset))
    assert time.monotonic() - began < 10


def test_an_error_in_a_process_is_the_users_own(tmp_path, monkeypatch):
    dataset = made_by(tmp_path, monkeypatch, "failing", "return np.zeros((1, 1)) if i != 3 else {}['lost']")
    with pytest.raises(KeyError, match="lost") as caught:
        batches(make_data(dataset))
    assert "failing.py" in caught.value.__notes__[0]


# ---------------------------------------------------------------------- arrays that must not stand in memory twice


@pytest.mark.parametrize("steps", [None, 2])
def test_parts_of_large_arrays_are_the_same_batches(steps, monkeypatch):
    """Gathered on the host some batches at a time, rows come as they do from arrays on the device."""

    def trained(part):
        monkeypatch.setattr(arrays, "_LARGE", 1 << 25 if part is None else 0)
        monkeypatch.setattr(arrays, "_PART", part or 0)
        monkeypatch.setattr(tsuno.engine, "is_shareable", lambda leaf: False, raising=False)
        tsuno.utils.set_random_seed(1)
        model = tsuno.Sequential([tsuno.Input((2,)), layers.Dense(3), layers.Dense(1)])
        model.compile("adam", "mse")
        history = model.fit(X, X[:, :1], batch_size=2, epochs=3, verbose=0, steps_per_epoch=steps)
        return model.get_weights(), history.history["loss"], model.predict(X, batch_size=2, verbose=0)

    whole = trained(None)
    for part in (1, 60):  # a batch at a time, and some
        for one, other in zip(engine_leaves(whole), engine_leaves(trained(part)), strict=True):
            np.testing.assert_array_equal(one, other)


def engine_leaves(values):
    return [np.asarray(leaf) for leaf in tsuno.tree.flatten(values)]
