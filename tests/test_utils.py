"""Settings, small tools, datasets and files: against Keras where both have it, as laws elsewhere."""

import hashlib
import http.server
import io
import itertools
import logging
import os
import random
import sys
import tarfile
import threading
import wave
import zipfile
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras.src.utils import dataset_utils as keras_datasets
from numbered import Numbers

import tsuno
from tsuno import config, layers, utils
from tsuno.core import settings as process_settings
from tsuno.data import Dataset
from tsuno.utils.image_resizing import INTERPOLATIONS, resize_image

FAST = settings(max_examples=40, deadline=None)
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*")


@pytest.fixture
def model():
    made = tsuno.Sequential([tsuno.Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    made.compile("sgd", "mse")
    return made


@pytest.fixture(autouse=True)
def settings_as_before():
    before = dict(process_settings._settings)
    yield
    process_settings._settings.update(before)


# ---------------------------------------------------------------------- settings


@pytest.mark.filterwarnings("ignore:Only 3 steps")
def test_limits_hold_in_every_loop(model):
    x, epochs, steps = np.ones((10, 1), "float32"), [], []
    counting = tsuno.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: epochs.append(epoch),
        on_train_batch_end=lambda batch, logs: steps.append(batch),
    )
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (2, 3)
    with pytest.warns(UserWarning, match="Only 2 epochs"):
        model.fit(x, x, batch_size=2, epochs=5, verbose=0, callbacks=[counting], validation_data=(x, x))
    assert epochs == [0, 1] and steps == [0, 1, 2] * 2
    with pytest.warns(UserWarning, match="Only 3 steps"):
        assert len(model.predict(x, batch_size=2, verbose=0)) == 6
    with pytest.warns(UserWarning, match="Only 3 steps"):
        assert len(model.predict((x[:2] for _ in range(9)), verbose=0)) == 6
    config.set_max_steps_per_epoch(None)
    config.set_max_epochs(None)
    assert len(model.predict(x, batch_size=2, verbose=0)) == 10
    with pytest.raises(ValueError, match="max_epochs.*positive integer"):
        config.set_max_epochs(0)


def test_callbacks_always_get_logs(model):
    calls = []

    class Strict(tsuno.callbacks.Callback):  # as many are written: `logs` has no default
        def on_train_begin(self, logs):
            calls.append(("train", logs))

        def on_epoch_begin(self, epoch, logs):
            calls.append((epoch, logs))

        def on_train_batch_begin(self, batch, logs):
            calls.append((batch, logs))

        def on_predict_end(self, logs):
            calls.append(("predict", logs))

    x = np.ones((2, 1), "float32")
    model.fit(x, x, verbose=0, callbacks=[Strict()])
    model.predict(x, verbose=0, callbacks=[Strict()])
    assert calls == [("train", {}), (0, {}), (0, {}), ("predict", {})]


def test_switches():
    for name in ("interactive_logging", "traceback_filtering"):
        assert getattr(config, f"is_{name}_enabled")() is getattr(keras.config, f"is_{name}_enabled")() is True
        getattr(config, f"disable_{name}")()
        assert getattr(config, f"is_{name}_enabled")() is False
        getattr(config, f"enable_{name}")()
        assert getattr(config, f"is_{name}_enabled")() is True
    assert config.is_flash_attention_enabled() is keras.config.is_flash_attention_enabled() is None
    config.disable_flash_attention()
    assert config.is_flash_attention_enabled() is False
    config.enable_flash_attention()
    assert config.is_flash_attention_enabled() is None
    assert config.is_nnx_enabled() is False
    config.enable_unsafe_deserialization()
    assert process_settings.is_unsafe_deserialization_enabled()
    config.set_backend("jax")
    with pytest.raises(ValueError, match="must be 'jax'.*got 'tensorflow'"):
        config.set_backend("tensorflow")


def test_settings_of_the_home_folder_hold(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    process_settings._read_file()
    file = tmp_path / "keras.json"
    file.write_text(
        '{"floatx": "float16", "epsilon": 1e-05, "backend": "torch", "image_data_format": "channels_first"}'
    )
    process_settings._read_file()
    assert (config.floatx(), config.epsilon(), config.image_data_format()) == ("float16", 1e-5, "channels_first")
    file.write_text('{"floatx": "float12"}')
    with pytest.warns(UserWarning, match="keras.json.*Unknown float dtype 'float12'"):
        process_settings._read_file()
    for broken in ("{", "[]"):
        file.write_text(broken)
        process_settings._read_file()
    assert config.floatx() == "float16"


def test_messages_go_to_the_logger_when_nobody_watches(caplog, capsys, model):
    config.disable_interactive_logging()
    with caplog.at_level(logging.INFO, logger="tsuno"):
        model.evaluate(np.ones((4, 1)), np.ones((4, 1)), batch_size=4, verbose=2)
    assert capsys.readouterr().out == "" and "1/1" in caplog.text


def test_scopes_as_keras():
    for library in (tsuno, keras):
        caller = object()
        with library.name_scope("a"), library.name_scope("b", caller=caller), library.name_scope("b", caller=caller):
            inner = library.Variable(np.ones(1), name="v").path
        with library.name_scope("a"), library.name_scope("b", override_parent="z/y"):
            moved = library.Variable(np.ones(1), name="v").path
        assert (inner, moved, library.Variable(np.ones(1), name="v").path) == ("a/b/v", "z/y/b/v", "v")
        with pytest.raises(ValueError, match="/"):
            library.name_scope("a/b")
    with tsuno.device("cpu:0"):
        assert "cpu" in str(tsuno.ops.zeros((1,)).device).lower()
    with pytest.raises(ValueError, match="no device 'abacus'"):
        tsuno.device("abacus")
    assert tsuno.version() == tsuno.__version__


# ---------------------------------------------------------------------- small tools


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"maxlen": 2},
        {"maxlen": 5, "padding": "post", "value": -1},
        {"maxlen": 2, "truncating": "post", "dtype": "float32"},
        {"maxlen": 3, "padding": "post", "truncating": "post", "value": 0.5, "dtype": "float64"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "rows", [[[1], [2, 3], [], [4, 5, 6]], [[[1, 2]], [], [[3, 4], [5, 6], [7, 8]]]], ids=["flat", "rows"]
)
def test_pad_sequences_as_keras(kwargs, rows):
    ours, theirs = utils.pad_sequences(rows, **kwargs), keras.utils.pad_sequences(rows, **kwargs)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


def test_pad_sequences_errors():
    with pytest.raises(ValueError, match="list of sequences.*got 3"):
        utils.pad_sequences([[1], 3])
    with pytest.raises(ValueError, match="'pre', 'post'.*'mid'"):
        utils.pad_sequences([[1]], padding="mid")
    with pytest.raises(ValueError, match="position 1"):
        utils.pad_sequences([[[1, 2]], [[1, 2, 3]]])
    with pytest.raises(ValueError, match="dtype=object"):
        utils.pad_sequences([["a"]], value="b")
    assert utils.pad_sequences([["a"], ["b", "c"]], dtype=object, value="-").tolist() == [["-", "a"], ["b", "c"]]


@pytest.mark.parametrize("data", [1, (1,), [1, 2], (1, 2, 3), None, {"a": 1}], ids=str)
def test_unpacking_as_keras(data):
    unpacked = utils.unpack_x_y_sample_weight(data)
    assert unpacked == keras.utils.unpack_x_y_sample_weight(data)
    assert utils.pack_x_y_sample_weight(*unpacked) == keras.utils.pack_x_y_sample_weight(*unpacked)
    with pytest.raises(ValueError, match="got 4 items"):
        utils.unpack_x_y_sample_weight((1, 2, 3, 4))


def test_config_as_keras():
    for library in (utils, keras.utils):
        values = library.Config(b=2, a=1)
        values.c, values["d"] = 3, 4
        del values["d"]
        values.update({"e": 5}, f=6)
        assert values.pop("e") == 5 and values.get("e") is None and values.get("e", 7) == 7 and "a" in values
        assert (list(values), len(values), values.as_dict()) == (
            ["a", "b", "c", "f"],
            4,
            {"b": 2, "a": 1, "c": 3, "f": 6},
        )
        assert values.to_json() == '{"b": 2, "a": 1, "c": 3, "f": 6}' and repr(values) == f"<Config {values.as_dict()}>"
        values.freeze()
        assert values.frozen
        for change in (
            lambda c: setattr(c, "a", 0), lambda c: c.pop("a"), lambda c: c.update(a=0), lambda c: c.__delitem__("a"),
        ):  # fmt: skip
            with pytest.raises(ValueError, match="frozen"):
                change(values)
        values.unfreeze()
        values.a = 9
        assert values.a == 9
        with pytest.raises(AttributeError, match="learning_rate"):
            library.Config(learning_rate=1).learning_rat  # noqa: B018


@pytest.mark.parametrize("kwargs", [{}, {"stateful_metrics": ["a"]}, {"stateless_metrics": ["a"]}], ids=str)
def test_progress_bar_averages_as_keras(kwargs, capsys):
    ours, theirs = (library.Progbar(9, verbose=0, **kwargs) for library in (utils, keras.utils))
    for step, value in ((1, 4.0), (3, 1.0), (4, 7.0), (9, 2.0)):
        for bar in (ours, theirs):
            bar.update(step, [("a", value), ("b", 2 * value)])
        shown = {name: total / count for name, (total, count) in theirs._values.items()}
        assert ours.values == pytest.approx(shown)
    with pytest.raises(ValueError, match="got both"):
        utils.Progbar(1, stateful_metrics=[], stateless_metrics=[])
    bar = utils.Progbar(3, verbose=2, unit_name="page")
    for _ in range(3):
        bar.add(1, [("loss", 0.5)])
    assert "3/3" in (out := capsys.readouterr().out) and "/page - loss: 0.5000" in out and out.count("\n") == 1


def test_symbols_as_keras():
    for library in (tsuno, keras):
        a, b, c = (library.Input((2,), name=name) for name in "abc")
        shared = library.layers.Dense(2)
        x = library.ops.add(shared(b), shared(a)) * 2.0
        assert library.utils.get_source_inputs(library.ops.add(x, b)) == [b, a]
        assert library.utils.get_source_inputs(c) == [c]
        assert library.utils.get_source_inputs(3) == 3
        assert library.utils.is_keras_tensor(x) and not library.utils.is_keras_tensor(np.ones(2))


@pytest.mark.parametrize("dtype", [None, "int8", float, int, bool, np.float16, np.dtype("uint8"), "bfloat16"], ids=str)
def test_standardize_dtype_as_keras(dtype):
    assert utils.standardize_dtype(dtype) == keras.utils.standardize_dtype(dtype)


def test_legacy_serialization_as_keras():
    for library in (tsuno, keras):
        layer = library.layers.Dropout(0.3, name="drop", seed=3)
        data = library.utils.legacy.serialize_keras_object(layer)
        assert data["class_name"] == "Dropout" and data["config"]["rate"] == 0.3
        table = {"Dropout": library.layers.Dropout, "f": len}
        again = library.utils.legacy.deserialize_keras_object(data, module_objects=table)
        assert isinstance(again, library.layers.Dropout) and again.name == "drop" and again.rate == 0.3
        assert library.utils.legacy.serialize_keras_object(None) is None
        assert library.utils.legacy.serialize_keras_object(len) == "len"
        assert library.utils.legacy.deserialize_keras_object(left) is left
    assert utils.legacy.deserialize_keras_object("f", table) is len  # where Keras 3.15 raises an AttributeError
    with pytest.raises(ValueError, match="No class or function is known as 'Nothing'"):
        utils.legacy.deserialize_keras_object({"class_name": "Nothing", "config": {}})


# ---------------------------------------------------------------------- images

RNG = np.random.default_rng(0)
COLOURS = {"grayscale": 1, "rgb": 3, "rgba": 4}


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [True, False])
def test_arrays_and_images_as_keras(channels, scale, data_format):
    x = RNG.uniform(0, 250, (5, 7, channels) if data_format == "channels_last" else (channels, 5, 7))
    ours, theirs = (lib.utils.array_to_img(x, data_format, scale) for lib in (tsuno, keras))
    assert ours.mode == theirs.mode and ours.size == theirs.size == (7, 5)
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    for dtype in (None, "uint8"):
        a, b = (lib.utils.img_to_array(ours, data_format, dtype) for lib in (tsuno, keras))
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_deep_gray_images_as_keras():
    x = np.arange(12.0).reshape(3, 4, 1) * 100
    ours, theirs = (lib.utils.array_to_img(x, scale=False) for lib in (tsuno, keras))
    assert ours.mode == theirs.mode == "I"
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize("colour", COLOURS)
def test_image_files_as_keras(tmp_path, colour):
    x = RNG.uniform(0, 255, (9, 12, COLOURS[colour]))
    path = tmp_path / "image.png"
    utils.save_img(path, x)
    for mode, kwargs in itertools.product(
        COLOURS,
        [{}, {"target_size": (4, 4)}, {"target_size": (4, 6), "interpolation": "lanczos", "keep_aspect_ratio": True}],
    ):
        ours, theirs = (lib.utils.load_img(path, mode, **kwargs) for lib in (tsuno, keras))
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    if colour == "rgba":
        with pytest.warns(UserWarning, match="transparency"):
            utils.save_img(tmp_path / "image.jpg", x)
    assert utils.load_img(io.BytesIO(path.read_bytes())).size == (12, 9)
    for args, message in (((path, "cmyk"), "rgba"), ((path, "rgb", (2, 2), "cubik"), "bicubic")):
        with pytest.raises(ValueError, match=message):
            utils.load_img(*args)


def test_missing_pillow_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install pillow"):
        utils.array_to_img(np.ones((2, 2, 3)))


@pytest.mark.parametrize("size", [(4, 9), (13, 6)], ids=str)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_resizing_as_keras(interpolation, size):
    image = RNG.uniform(0, 255, (8, 11, 3)).astype("float32")
    for options in ({}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}):
        theirs = keras.ops.image.resize(image, size, interpolation, **options)
        np.testing.assert_allclose(resize_image(image, size, interpolation, **options), theirs, rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_resizing_keeps_what_is_even(interpolation):
    np.testing.assert_allclose(resize_image(np.full((7, 5, 1), 3.0), (3, 11), interpolation), 3.0, rtol=1e-5)
    if interpolation == "area":
        image = RNG.uniform(size=(6, 4, 1))
        means = image.reshape(3, 2, 2, 2, 1).mean((1, 3))
        np.testing.assert_allclose(resize_image(image, (3, 2), "area"), means, rtol=1e-5)


# ---------------------------------------------------------------------- downloads


@pytest.fixture
def web(tmp_path):
    """A folder that stands for the web, and a cache."""
    (tmp_path / "web").mkdir()
    file = tmp_path / "web" / "data.txt"
    file.write_text("content")
    return file, tmp_path / "cache"


def left(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_files_are_fetched_once_and_checked(web, capsys):
    file, cache = web
    good, origin = hashlib.sha256(b"content").hexdigest(), file.as_uri()
    path = utils.get_file(origin=origin, cache_dir=cache, file_hash=good)
    assert path == str(cache / "datasets" / "data.txt") and Path(path).read_text() == "content"
    file.write_text("changed")
    assert Path(utils.get_file(origin=origin, cache_dir=cache)).read_text() == "content"
    assert "Downloading" in (out := capsys.readouterr().out) and out.count("Downloading") == 1
    with pytest.raises(ValueError, match="must have the hash"):
        utils.get_file("other.txt", origin, cache_dir=cache, file_hash=good)
    with pytest.raises(ValueError, match="must have the hash"):
        utils.get_file(origin=origin, cache_dir=cache, file_hash=good, force_download=True)
    assert left(cache) == ["datasets", "datasets/data.txt"] and Path(path).read_text() == "content"
    md5 = hashlib.md5(b"changed").hexdigest()
    assert (
        Path(utils.get_file(origin=origin, cache_dir=cache, md5_hash=md5)).read_text() == "changed"
    )  # another hash: anew
    file.unlink()
    with pytest.raises(OSError, match="cannot be fetched"):
        utils.get_file("none.txt", origin, cache_dir=cache)
    for name in ("a/b", "..", os.sep):
        with pytest.raises(ValueError, match="without folders"):
            utils.get_file(name, origin, cache_dir=cache)
    with pytest.raises(ValueError, match="the address of a file"):
        utils.get_file("a")
    assert left(cache) == ["datasets", "datasets/data.txt"]


class Server(http.server.BaseHTTPRequestHandler):
    """Serves `/data`; breaks off in the middle of `/short`; knows nothing else."""

    def do_GET(self):
        if self.path not in ("/data", "/short"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"content" if self.path == "/data" else b"con")

    def log_message(self, *args):
        pass


def test_downloads_that_fail_leave_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tsuno.utils.transfers._PAUSES", (0.01,))
    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        with pytest.raises(OSError, match="cannot be fetched: 404"):
            utils.get_file(origin=f"{address}/nothing", cache_dir=tmp_path)
        with pytest.raises(OSError, match="ended after 3 of 7 bytes"):
            utils.get_file(origin=f"{address}/short", cache_dir=tmp_path)
        assert left(tmp_path) == ["datasets"]
        assert Path(utils.get_file(origin=f"{address}/data", cache_dir=tmp_path)).read_text() == "content"
    finally:
        server.shutdown()
        server.server_close()


def archive(path, names, link=None):
    """A tar or zip file with empty files, and a link."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as packed:
            for name in names:
                packed.writestr(zipfile.ZipInfo(name), b"x")
        return path
    with tarfile.open(path, "w:gz") as packed:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 1
            packed.addfile(info, io.BytesIO(b"x"))
        if link:
            info = tarfile.TarInfo("link")
            info.type, info.linkname = tarfile.SYMTYPE, link
            packed.addfile(info)
    return path


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_archives_are_extracted(web, kind):
    file, cache = web
    packed = archive(file.with_name(f"photos.{kind}"), ["./a/one.txt", "two.txt"])
    for name, folder in ((None, f"photos.{kind}"), ("pics", "pics"), ("pics.tgz", "pics_extracted")):
        path = utils.get_file(name, packed.as_uri(), extract=True, cache_dir=cache, cache_subdir="x")
        theirs = keras.utils.get_file(name, packed.as_uri(), extract=True, cache_dir=str(cache), cache_subdir="y")
        assert path == str(cache / "x" / folder) and theirs == str(cache / "y" / folder)
        assert left(cache / "x" / folder) == left(cache / "y" / folder) == ["a", "a/one.txt", "two.txt"]
    assert left(cache / "x") == left(cache / "y")
    again = utils.get_file(
        "pics", packed.as_uri(), extract=True, cache_dir=cache, cache_subdir="x", force_download=True
    )
    assert left(cache / "x" / "pics") == ["a", "a/one.txt", "two.txt"] and again.endswith("pics")


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "..\\evil", "C:\\evil"])
def test_archives_stay_in_their_folder(web, kind, name):
    file, cache = web
    packed = archive(file.with_name(f"bad.{kind}"), ["good.txt", name])
    with pytest.raises(ValueError, match="lies outside its folder"):
        utils.get_file("bad", packed.as_uri(), extract=True, cache_dir=cache)
    assert left(cache) == ["datasets", "datasets/bad_archive"]


@pytest.mark.parametrize("link", ["/etc/passwd", "../../secret", "a/../../secret"])
def test_links_stay_in_their_folder(web, link):
    file, cache = web
    packed = archive(file.with_name("bad.tar.gz"), ["good.txt"], link)
    with pytest.raises(ValueError, match="lies outside its folder"):
        utils.get_file("bad", packed.as_uri(), untar=True, cache_dir=cache)
    fine = archive(file.with_name("fine.tar.gz"), ["good.txt"], "good.txt")
    folder = utils.get_file("fine", fine.as_uri(), untar=True, cache_dir=cache)
    assert Path(folder, "link").read_text() == "x"


def test_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert process_settings.home_folder() == tmp_path
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert process_settings.home_folder() == tmp_path / ".keras"


# ---------------------------------------------------------------------- datasets

ROWS = [
    (lambda d: d.map(lambda x: x * 2), [0, 2, 4, 6, 8]),
    (lambda d: d.map(lambda x: x * 2, num_parallel_calls=-1), [0, 2, 4, 6, 8]),
    (lambda d: d.filter(lambda x: x % 2 == 0), [0, 2, 4]),
    (lambda d: d.take(2), [0, 1]),
    (lambda d: d.take(-1), [0, 1, 2, 3, 4]),
    (lambda d: d.skip(3), [3, 4]),
    (lambda d: d.skip(-1), []),
    (lambda d: d.repeat(2), [0, 1, 2, 3, 4] * 2),
    (lambda d: d.repeat().take(7), [0, 1, 2, 3, 4, 0, 1]),
    (lambda d: d.batch(2), [[0, 1], [2, 3], [4]]),
    (lambda d: d.batch(2, drop_remainder=True), [[0, 1], [2, 3]]),
    (lambda d: d.batch(2).unbatch(), [0, 1, 2, 3, 4]),
    (lambda d: d.batch(2).map(lambda x: x + 1).batch(1).unbatch(), [[1, 2], [3, 4], [5]]),
    (lambda d: d.prefetch(2), [0, 1, 2, 3, 4]),
    (lambda d: d.cache(), [0, 1, 2, 3, 4]),
    (lambda d: d.concatenate(Dataset.range(2)), [0, 1, 2, 3, 4, 0, 1]),
    (lambda d: d.enumerate(3).map(lambda i, x: i - x), [3] * 5),
    (lambda d: Dataset.zip(d, d.skip(1)), [(0, 1), (1, 2), (2, 3), (3, 4)]),
    (lambda d: Dataset.zip((d.repeat(), d)).map(lambda a, b: b - a), [0] * 5),
    (lambda d: d.map(lambda x: np.arange(x)).padded_batch(3), [[[0, 0], [0, 0], [0, 1]], [[0, 1, 2, 0], [0, 1, 2, 3]]]),
    (lambda d: Dataset.from_generator(lambda: d), [0, 1, 2, 3, 4]),
    (lambda d: Dataset.from_tensors(7), [7]),
    (lambda d: Dataset.from_tensor_slices({"a": [1, 2], "b": (np.array([3, 4]),)}), [{"a": 1, "b": (3,)}, {"a": 2, "b": (4,)}]),
]  # fmt: skip


@pytest.mark.parametrize("make, expected", ROWS, ids=range(len(ROWS)))
def test_datasets(make, expected):
    dataset = make(Dataset.range(5))

    def plain(element):
        return tsuno.tree.map_structure(lambda leaf: np.asarray(leaf).tolist(), element)

    for _ in range(2):  # each pass is the same
        assert [plain(element) for element in dataset] == expected
    assert [plain(element) for element in dataset.as_numpy_iterator()] == expected
    if dataset.cardinality() >= 0:
        assert len(dataset) == dataset.cardinality() == len(expected)
    else:
        with pytest.raises(TypeError, match="length"):
            len(dataset)


@FAST
@given(st.integers(0, 20), st.integers(1, 25), st.integers(0, 99))
def test_shuffling_is_a_permutation_of_its_seed(size, buffer, seed):
    first, second = (Dataset.range(size).shuffle(buffer, seed=seed) for _ in range(2))
    passes = [[int(x) for x in first] for _ in range(3)]
    assert passes == [[int(x) for x in second] for _ in range(3)]
    for order in passes:
        assert sorted(order) == list(range(size))
        assert all(place >= x - buffer + 1 for place, x in enumerate(order))  # no earlier than the buffer has it
    if min(size, buffer) > 8:
        assert passes[0] != passes[1]
    fixed = Dataset.range(size).shuffle(buffer, seed, reshuffle_each_iteration=False)
    assert [int(x) for x in fixed] == [int(x) for x in fixed] == passes[0]


def test_datasets_say_what_they_hold():
    dataset = Dataset.from_tensor_slices((np.ones((5, 3), "float32"), np.arange(5))).batch(2)
    assert dataset.element_spec == (((None, 3), "float32"), ((None,), "int64"))
    assert Dataset.range(3).repeat().cardinality() == -1 and Dataset.range(3).filter(bool).cardinality() == -2
    with pytest.raises(ValueError, match=r"one shape; got \(0,\), \(1,\)"):
        list(Dataset.range(2).map(lambda x: np.zeros(x)).batch(2))
    with pytest.raises(ValueError, match="same number of rows"):
        Dataset.from_tensor_slices((np.ones(2), np.ones(3)))
    read = []
    lazy = Dataset.range(9).map(lambda x: read.append(int(x)) or x)
    assert read == [] and next(iter(lazy)) == 0 and read == [0]


def test_models_take_datasets(model):
    x = RNG.normal(size=(10, 1)).astype("float32")
    dataset = Dataset.from_tensor_slices((x, 3 * x)).batch(4)
    twin = tsuno.models.clone_model(model)
    twin.compile("sgd", "mse")
    ours = model.fit(dataset, epochs=3, verbose=0, validation_data=dataset).history
    theirs = twin.fit(x, 3 * x, batch_size=4, epochs=3, shuffle=False, verbose=0, validation_data=(x, 3 * x)).history
    np.testing.assert_allclose(ours["loss"], theirs["loss"], rtol=1e-5)
    np.testing.assert_allclose(ours["val_loss"], theirs["val_loss"], rtol=1e-5)
    np.testing.assert_allclose(model.predict(dataset, verbose=0), model.predict(x, verbose=0), rtol=1e-5)
    endless = dataset.shuffle(3).repeat()
    assert len(model.fit(endless, epochs=2, steps_per_epoch=4, verbose=0).epoch) == 2
    with pytest.raises(ValueError, match="has no end"):
        model.fit(endless, verbose=0)
    layer = layers.Normalization()
    layer.adapt(dataset.map(lambda x, y: x))
    np.testing.assert_allclose(np.asarray(layer.mean).ravel(), x.mean(), rtol=1e-4)


@pytest.mark.parametrize("cut", [lambda d: d, lambda d: d.filter(lambda x: True)], ids=["known length", "unknown"])
def test_short_epochs_go_on_where_the_last_stopped(cut, model):
    def make():
        seen = []
        dataset = cut(Dataset.range(5).map(lambda i: seen.append(int(i)) or np.full((1, 1), i, "float32")))
        return dataset.map(lambda x: (x, x)), seen

    pairs, seen = make()
    losses = model.fit(pairs, epochs=4, steps_per_epoch=3, verbose=0).history["loss"]
    assert len(losses) == 4 and seen[:12] == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    pairs, seen = make()
    model.fit(pairs, epochs=2, verbose=0)
    assert seen == [0, 1, 2, 3, 4] * 2
    if pairs.cardinality() > 0:
        with pytest.warns(UserWarning, match="ended after 5 of 7 steps"):
            model.fit(pairs, epochs=1, steps_per_epoch=7, verbose=0)


# ---------------------------------------------------------------------- batches by number


WORKERS = [
    {},
    {"workers": 0},
    {"workers": 3},
    {"workers": 3, "max_queue_size": 1},
    {"workers": 2, "use_multiprocessing": True},
    {"workers": 1, "use_multiprocessing": True, "max_queue_size": 2},
]


@pytest.mark.parametrize("kwargs", WORKERS, ids=str)
def test_batches_by_number_come_in_order(kwargs, model):
    data = Numbers(**kwargs)
    np.testing.assert_allclose(model.predict(data, verbose=0).ravel(), np.repeat(np.arange(5), 2))
    assert data.events == ["begin", "end"]
    model.fit(data, epochs=2, verbose=0, steps_per_epoch=3, validation_data=Numbers(2, **kwargs))
    assert data.events == ["begin", "end"] * 3
    with pytest.raises(KeyError, match="batch 3 is bad"):
        model.evaluate(Numbers(bad=3, **kwargs), verbose=0)
    names = {"tsuno-worker", "tsuno-data"}
    assert not [t for t in threading.enumerate() if t.name.rsplit("_", 1)[0] in names and not t.daemon]


def test_a_worker_that_dies_is_an_error(model):
    class Deadly(Numbers):
        def __getitem__(self, index):
            os._exit(3)

    with pytest.raises(BrokenProcessPool):
        model.predict(Deadly(workers=2, use_multiprocessing=True), verbose=0)


def test_datasets_written_for_keras_are_taken(model):
    class Theirs(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return np.full((1, 1), index, "float32")

    assert model.predict(Theirs(workers=2), verbose=0).ravel().tolist() == [0, 1, 2]


def test_batches_by_number_are_shuffled_as_a_whole(model):
    class Noting(Numbers):
        def __getitem__(self, index):
            self.events.append(index)
            return super().__getitem__(index)

    data = Noting(12)
    model.fit(data, epochs=2, verbose=0)
    orders = [data.events[1:13], data.events[15:27]]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(12)) and orders[0] != orders[1]
    data.events.clear()
    model.fit(data, verbose=0, shuffle=False)
    assert data.events == ["begin", *range(12), "end"]


@pytest.mark.parametrize("kwargs", WORKERS[:3], ids=str)
@pytest.mark.parametrize("shuffle", [False, True])
def test_short_epochs_of_batches_by_number_go_on(kwargs, shuffle, model):
    model.optimizer.learning_rate = 0.0
    model.layers[0].set_weights([np.zeros((1, 1)), np.zeros(1)])
    seen = []

    class Note(tsuno.callbacks.Callback):
        batch_hooks = "every"

        def on_epoch_begin(self, epoch, logs=None):
            self.total = 0.0

        def on_train_batch_end(self, batch, logs=None):
            total = logs["loss"] * (batch + 1)
            seen.append(round(max(total - self.total, 0) ** 0.5))  # the loss so far is the mean of the squares
            self.total = total

    data = Numbers(**kwargs)
    model.fit(data, epochs=5, steps_per_epoch=3, shuffle=shuffle, verbose=0, callbacks=[Note()])
    passes = [seen[start : start + 5] for start in (0, 5, 10)]
    assert all(sorted(each) == [0, 1, 2, 3, 4] for each in passes)
    assert shuffle or seen == [0, 1, 2, 3, 4] * 3
    assert data.events == ["begin", "end"] * 5


def test_batches_by_number_without_end(model):
    class Endless(utils.Sequence):
        num_batches = None

        def __getitem__(self, index):
            return np.full((1, 1), index, "float32")

    assert model.predict(Endless(workers=2), steps=3, verbose=0).ravel().tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="has no end"):
        model.predict(Endless(), verbose=0)
    with pytest.raises(NotImplementedError, match="__len__"):
        utils.PyDataset().num_batches  # noqa: B018
    with pytest.raises(ValueError, match=r"PyDataset.workers.*zero or more"):
        utils.PyDataset(workers=-1)


# ---------------------------------------------------------------------- folders


@pytest.fixture
def pictures(tmp_path):
    """Six small images in two classes, one class with a folder in it; the value says which file it is."""
    for number, name in enumerate(
        ["cats/a.png", "cats/B.PNG", "cats/more/c.png", "dogs/d.bmp", "dogs/e.png", "dogs/f.gif"]
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        utils.save_img(path, np.full((6, 8, 3), 10.0 * number), scale=False)
    (tmp_path / "dogs" / "notes.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


@pytest.mark.parametrize(
    "kwargs",
    [
        {"shuffle": False},
        {"seed": 7},
        {"seed": 7, "validation_split": 0.4, "subset": "training"},
        {"seed": 7, "validation_split": 0.4, "subset": "validation"},
        {"shuffle": False, "class_names": ["dogs", "cats"]},
        {"seed": 3, "labels": [5, 6, 5, 6, 7, 5]},
        {"seed": 3, "labels": None, "label_mode": None},
    ],
    ids=str,
)
def test_files_labels_and_splits_as_keras(pictures, kwargs):
    dataset = utils.image_dataset_from_directory(pictures, image_size=4, batch_size=4, verbose=False, **kwargs)
    labels, names = kwargs.get("labels", "inferred"), kwargs.get("class_names")
    paths, numbers, class_names = keras_datasets.index_directory(
        str(pictures), labels, FORMATS, names, kwargs.get("shuffle", True), kwargs.get("seed"), verbose=False
    )
    paths, numbers = keras_datasets.get_training_or_validation_split(
        paths, numbers, kwargs.get("validation_split"), kwargs.get("subset")
    )
    assert [os.path.realpath(path) for path in dataset.file_paths] == [os.path.realpath(path) for path in paths]
    assert dataset.class_names == class_names
    values = {path: int(utils.img_to_array(utils.load_img(path))[0, 0, 0]) for path in paths}
    elements = [(x, None) for x in dataset] if labels is None else list(dataset)
    seen = np.concatenate([x[:, 0, 0, 0] for x, _ in elements]).tolist()
    assert sorted(seen) == sorted(values.values())
    if labels is not None:
        expected = dict(zip([values[path] for path in paths], numbers, strict=True))
        got = np.concatenate([y for _, y in elements])
        assert got.dtype == np.int32 and dict(zip(seen, got.tolist(), strict=True)) == expected


def test_folders_of_images(pictures, capsys):
    both = utils.image_dataset_from_directory(
        pictures, label_mode="categorical", image_size=(4, 5), batch_size=2, seed=1, validation_split=0.5, subset="both",
        crop_to_aspect_ratio=True, data_format="channels_first",
    )  # fmt: skip
    assert "Found 6 files in 2 classes." in capsys.readouterr().out
    assert [len(part) for part in both] == [2, 2] and not set(both[0].file_paths) & set(both[1].file_paths)
    x, y = next(iter(both[0]))
    assert x.shape == (2, 3, 4, 5) and y.shape == (2, 2) and x.dtype == y.dtype == np.float32
    binary = utils.image_dataset_from_directory(
        pictures, label_mode="binary", color_mode="grayscale", image_size=3, batch_size=None, verbose=False
    )
    x, y = next(iter(binary))
    assert x.shape == (3, 3, 1) and y.shape == (1,)
    model = tsuno.Sequential([layers.Flatten(), layers.Dense(2)])
    model.compile("sgd", tsuno.losses.CategoricalCrossentropy(from_logits=True))
    assert np.isfinite(model.fit(both[0], verbose=0, validation_data=both[1]).history["val_loss"]).all()
    bad = [
        ({"validation_split": 0.5}, "both `validation_split` and `subset`"),
        ({"validation_split": 0.5, "subset": "training"}, "needs a `seed`"),
        ({"validation_split": 2, "subset": "training", "seed": 0}, "between 0 and 1"),
        ({"labels": [1]}, "6 files, and 1 labels"),
        ({"labels": "infered"}, "'inferred', None or a list"),
        ({"class_names": ["cat"]}, "Did you mean 'cats'"),
        ({"interpolation": "bilinar"}, "Did you mean 'bilinear'"),
        ({"color_mode": "cmyk"}, "rgba"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "Only one"),
        ({"format": "torch"}, "grain"),
        ({"directory": pictures / "nowhere"}, "must be a folder"),
    ]
    for kwargs, message in bad:
        with pytest.raises(ValueError, match=message):
            utils.image_dataset_from_directory(**{"directory": pictures, **kwargs})
    with pytest.raises(ValueError, match="no text files"):
        utils.text_dataset_from_directory(pictures / "cats", labels=None, verbose=False)


def test_folders_of_texts(tmp_path):
    for name, text in (("pos/1.txt", "very good"), ("neg/2.txt", "とても悪い"), ("neg/3.txt", "bad\r\n")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    dataset = utils.text_dataset_from_directory(tmp_path, shuffle=False, verbose=False, label_mode="binary")
    ((texts, labels),) = dataset
    assert texts.tolist() == ["とても悪い", "bad\r\n", "very good"] and labels.tolist() == [[0], [0], [1]]
    assert dataset.class_names == ["neg", "pos"] and dataset.element_spec[0] == ((None,), "string")
    (short,) = utils.text_dataset_from_directory(tmp_path, labels=None, max_length=3, shuffle=False, verbose=False)
    assert short.tolist() == ["とても", "bad", "ver"]


def write_sound(path, sound, rate, width):
    path.parent.mkdir(exist_ok=True)
    whole = np.round(sound * (2 ** (8 * width - 1) - 1)).astype("<i4")
    data = (
        (whole + 128).astype("u1").tobytes()
        if width == 1
        else whole.view("u1").reshape(*whole.shape, 4)[..., :width].tobytes()
    )
    with wave.open(str(path), "wb") as file:
        file.setparams((sound.shape[1], width, rate, 0, "NONE", ""))
        file.writeframes(data)


def test_folders_of_sounds(tmp_path):
    time = np.arange(800) / 8000
    tone = 0.5 * np.sin(2 * np.pi * 200 * time)[:, None] * [[1.0, -1.0]]
    for width, length in ((1, 800), (2, 600), (3, 400), (4, 800)):
        write_sound(tmp_path / f"w{width}" / "tone.wav", tone[:length], 8000, width)
    ((sounds, labels),) = utils.audio_dataset_from_directory(tmp_path, shuffle=False, verbose=False)
    assert sounds.shape == (4, 800, 2) and sounds.dtype == np.float32 and labels.tolist() == [0, 1, 2, 3]
    for sound, length, width in zip(sounds, (800, 600, 400, 800), (1, 2, 3, 4), strict=True):
        np.testing.assert_allclose(sound[:length], tone[:length], atol=2.0 ** (2 - 8 * min(width, 2)))
        assert not sound[length:].any()
    (cut,) = utils.audio_dataset_from_directory(
        tmp_path, labels=None, output_sequence_length=700, shuffle=False, verbose=False
    )
    np.testing.assert_array_equal(cut, sounds[:, :700])
    ((ragged, _),) = utils.audio_dataset_from_directory(tmp_path, ragged=True, shuffle=False, verbose=False)
    assert [len(sound) for sound in ragged] == [800, 600, 400, 800]
    ((fine, _),) = utils.audio_dataset_from_directory(tmp_path, class_names=["w4"], sampling_rate=16000, verbose=False)
    wanted = 0.5 * np.sin(2 * np.pi * 200 * np.arange(1600) / 16000)
    np.testing.assert_allclose(fine[0, :, 0], wanted, atol=1e-4)
    (tmp_path / "w1" / "tone.wav").write_bytes(b"no sound")
    with pytest.raises(ValueError, match="must be a WAV file"):
        list(utils.audio_dataset_from_directory(tmp_path, verbose=False))
    with pytest.raises(ValueError, match="exclude each other"):
        utils.audio_dataset_from_directory(tmp_path, ragged=True, output_sequence_length=3)


# ---------------------------------------------------------------------- parts of data


@FAST
@given(
    st.integers(8, 30), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.booleans(),
    st.booleans(), st.sampled_from([None, 3]),
)  # fmt: skip
def test_windows_of_a_series(size, length, stride, rate, start, ends, shuffle, batch_size):
    series = np.arange(size) * 10
    end = size - 1 if ends else size
    count = end - start - (length - 1) * rate
    if count <= 0:
        return
    dataset = utils.timeseries_dataset_from_array(
        series, -series, length, stride, rate, batch_size, shuffle, 5, start, end if ends else None
    )
    elements = list(dataset.unbatch() if batch_size else dataset)
    expected = [
        (series[start + s : start + s + length * rate : rate].tolist(), -series[start + s])
        for s in range(0, count, stride)
    ]
    found = [(x.tolist(), int(y)) for x, y in elements]
    assert (sorted(found) if shuffle else found) == expected
    windows = utils.timeseries_dataset_from_array(
        series, None, length, stride, rate, None, False, None, start, end if ends else None
    )
    assert [x.tolist() for x in windows] == [x for x, _ in expected]


def test_windows_errors():
    for kwargs, message in (
        ({"sequence_length": 0}, "positive"), ({"sampling_rate": 9}, "less than the length"),
        ({"start_index": 9}, "from 0 to 4"), ({"end_index": 5}, "from 1 to 4"), ({"sequence_length": 6}, "No window"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            utils.timeseries_dataset_from_array(np.arange(5), None, **{"sequence_length": 2, **kwargs})


@pytest.mark.parametrize(
    "left_size, right_size, sizes",
    [(0.8, None, (8, 2)), (None, 0.25, (8, 2)), (3, None, (3, 7)), (3, 4, (3, 4)), (0.3, 0.3, (3, 3))],
)
def test_splitting(left_size, right_size, sizes):
    x = np.arange(10)
    for data in (x, (x, x), [x, x], Dataset.range(10), Dataset.range(10).batch(4), {"a": x}):
        parts = utils.split_dataset(data, left_size, right_size)
        rows = [[tsuno.tree.flatten(e)[0] for e in (p.unbatch() if "batches" in repr(p) else p)] for p in parts]
        assert (len(rows[0]), len(rows[1])) == sizes
        assert rows[0] == list(range(sizes[0])) and rows[1] == list(range(10 - sizes[1], 10))
    order = list(range(10))
    random.Random(4).shuffle(order)
    first, second = utils.split_dataset(x, left_size, right_size, shuffle=True, seed=4)
    assert list(first) == order[: sizes[0]] and list(second) == order[10 - sizes[1] :]


@pytest.mark.parametrize("sizes", [(None, None), (0, None), (10, None), (1.5, None), (6, 5), ("a", None), (0.01, None)])
def test_splitting_errors(sizes):
    with pytest.raises(ValueError, match="split_dataset"):
        utils.split_dataset(np.arange(10), *sizes)
