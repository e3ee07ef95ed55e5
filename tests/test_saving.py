"""Files: what is written here is read by Keras and the reverse, with the same outputs; vocabularies come along; nothing harmful is read."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layer_rows import cheap_draws

import tsuno
from tsuno import layers, saving

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")
h5py = pytest.importorskip("h5py")

rng = np.random.default_rng(0)
X = rng.normal(size=(8, 6)).astype("float32")
Y = rng.normal(size=(8, 2)).astype("float32")
WAYS = [(tsuno, keras), (keras, tsuno), (tsuno, tsuno)]
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def name(value: Any) -> str:
    return getattr(value, "__name__", "")


def many(lib: Any) -> Any:
    """A functional model with layers inside layers."""
    of = lib.layers
    entry = lib.Input((6,))
    x = of.Reshape((3, 2))(entry)
    x = of.Bidirectional(of.LSTM(4, return_sequences=True, dropout=0.1))(x)
    x = of.MultiHeadAttention(2, 3, dropout=0.1, use_gate=True)(x, x)
    x = of.BatchNormalization()(of.GroupQueryAttention(4, 4, 2)(x, x))
    x = of.RNN(of.StackedRNNCells([of.GRUCell(3), of.LSTMCell(4)]))(of.TimeDistributed(of.Dense(5))(x))
    inner = lib.Sequential([lib.Input((4,)), of.Dense(3, activation="relu"), of.Dense(3)])
    return lib.Model(entry, of.Dense(2)(inner(x)))


def built(lib: Any, make: Any) -> Any:
    with cheap_draws():
        return make(lib)


def same(one: Any, other: Any, x: Any = X) -> None:
    a, b = (np.asarray(model(x), "float32") for model in (one, other))
    np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("writer", "reader"), WAYS, ids=name)
def test_a_model_with_its_optimizer_goes_both_ways(writer: Any, reader: Any, tmp_path: Path) -> None:
    model = built(writer, many)
    model.compile(writer.optimizers.AdamW(1e-2), "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0, epochs=2, batch_size=8)
    model.save(str(tmp_path / "model.keras"))
    copy = reader.saving.load_model(str(tmp_path / "model.keras"))
    same(model, copy)
    slots = [[np.asarray(v) for v in each.optimizer.variables] for each in (model, copy)]
    assert len(slots[0]) == len(slots[1]) and int(slots[1][0]) == 2
    assert all(np.allclose(a, b) for a, b in zip(*slots, strict=True))
    model.save_weights(str(tmp_path / "model.weights.h5"))
    other = built(reader, many)
    other.load_weights(str(tmp_path / "model.weights.h5"))
    same(model, other)


def rewritten(lib: Any, how: str) -> Any:
    model = lib.Sequential([lib.Input((6,)), lib.layers.Dense(5, activation="relu"), lib.layers.Dense(3)])
    if how.startswith("lora"):
        model.layers[0].enable_lora(2, b_initializer="zeros" if " " in how else "ones")
        if " " in how:
            model.layers[0].quantize(how.split()[1])
    elif how == "bfloat16":
        model = lib.Sequential([lib.Input((6,)), lib.layers.Dense(5, dtype="bfloat16")])
    else:
        model.quantize(how)
    return model


@pytest.mark.parametrize("how", ["lora", "lora int8", "lora int4", "bfloat16", "int8", "int4", "float8"])
@pytest.mark.parametrize(("writer", "reader"), WAYS[:2], ids=name)
def test_rewritten_weights_go_both_ways(writer: Any, reader: Any, how: str, tmp_path: Path) -> None:
    model = built(writer, lambda lib: rewritten(lib, how))
    model.save(str(tmp_path / "model.keras"))
    same(model, reader.saving.load_model(str(tmp_path / "model.keras")))


def test_a_text_classifier_comes_back_with_its_vocabulary(tmp_path: Path) -> None:
    prose = ["horns are hard", "a hard horn", "角 は 硬い", "鍵 は 小さい"]
    for mode in ("int", "tf_idf"):
        reader = layers.TextVectorization(
            output_mode=mode, output_sequence_length=4 if mode == "int" else None, ngrams=2
        )
        reader.adapt(prose)
        middle = [layers.Embedding(reader.vocabulary_size(), 4), layers.Flatten()] if mode == "int" else []
        model = tsuno.Sequential(
            [tsuno.Input((1,), dtype="string"), reader, *middle, layers.Dense(1, activation="sigmoid")]
        )
        model.compile("adam", "binary_crossentropy")
        x = np.array(prose, object)[:, None]
        model.fit(x, np.array([1, 1, 0, 0]), epochs=2, verbose=0)
        model.save(tmp_path / "text.keras")
        copy = saving.load_model(tmp_path / "text.keras")
        assert copy.layers[0].get_vocabulary() == reader.get_vocabulary()
        assert (copy.predict(x, verbose=0) == model.predict(x, verbose=0)).all()
        copy.fit(x, np.array([1, 1, 0, 0]), epochs=1, verbose=0)


def test_a_feature_space_comes_back(tmp_path: Path) -> None:
    table = {"age": np.array([20.0, 40.0, 60.0]), "town": np.array(["奈良", "京都", "奈良"], object)}
    space = tsuno.utils.FeatureSpace({"age": "float_normalized", "town": "string_categorical"}, output_mode="concat")
    space.adapt(tsuno.data.Dataset.from_tensor_slices(table).batch(3))
    space.save(tmp_path / "space.keras")
    copy = saving.load_model(tmp_path / "space.keras")
    assert np.allclose(space(table), copy(table))


def simple() -> Any:
    return tsuno.Sequential([tsuno.Input((3,)), layers.Dense(2, name="head")], name="small")


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    simple().save_weights(tmp_path / "small.weights.h5")
    other = tsuno.Sequential([tsuno.Input((4,)), layers.Dense(2, name="wide")])
    before = other.get_weights()
    with pytest.raises(
        ValueError, match=r"'wide' \(Dense, 'layers/dense'\).*shape \(4, 2\), the file's array \(3, 2\)"
    ):
        other.load_weights(tmp_path / "small.weights.h5")
    other.load_weights(tmp_path / "small.weights.h5", skip_mismatch=True)
    assert all((a == b).all() for a, b in zip(before, other.get_weights(), strict=True))


def archive(path: Path, change: Any) -> Path:
    """A good file with something changed: `change` takes its members and returns them."""
    simple().save(path)
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for key, value in change(members).items():
            target.writestr(key, value)
    return path


def weights(change: Any) -> Any:
    """A change of the weights within an archive."""

    def apply(members: dict[str, bytes]) -> dict[str, bytes]:
        file = io.BytesIO(members["model.weights.h5"])
        with h5py.File(file, "r+") as h5:
            change(h5["layers/dense/vars"])
        return {**members, "model.weights.h5": file.getvalue()}

    return apply


def link(group: Any, kind: Any) -> None:
    del group["0"]
    group["0"] = kind


def huge(group: Any) -> None:
    del group["0"]
    group.create_dataset("0", shape=(1 << 20, 1 << 20), dtype="f4", chunks=(1, 1 << 10))


HARMFUL = {
    "a link to another file": (weights(lambda group: link(group, h5py.ExternalLink("/etc/passwd", "/x"))), "is a link to somewhere else"),
    "a link within the file": (weights(lambda group: link(group, h5py.SoftLink("/layers/dense/vars/1"))), "is a link to somewhere else"),
    "an array that is not there": (weights(huge), "claims"),
    "no weights": (lambda members: {k: v for k, v in members.items() if "weights" not in k}, "no member 'model.weights.h5'"),
    "broken weights": (lambda members: {**members, "model.weights.h5": b"nothing"}, "cannot be read"),
    "a broken configuration": (lambda members: {**members, "config.json": b"{"}, "damaged"),
    "an unknown class": (lambda members: {**members, "config.json": members["config.json"].replace(b"Dense", b"os.system")}, "os.system"),
    "a member outside": (lambda members: {**members, "assets/../../evil": b"x"}, "outside its folder"),
    "a bomb": (lambda members: {**members, "config.json": b" " * (300 << 20)}, "claims 314572800 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMFUL)
def test_a_harmful_file_is_refused(harm: str, tmp_path: Path) -> None:
    change, message = HARMFUL[harm]
    with pytest.raises(ValueError, match=message):
        saving.load_model(archive(tmp_path / "model.keras", change))


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.keras"
    simple().save(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        simple().save(path, overwrite=False)
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="full"):
        simple().save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["model.keras"]


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: simple().save("model.txt"), "must end in .keras, .h5 or .hdf5"),
        (lambda: tsuno.Sequential([layers.Dense(1)]).save_weights("x.weights.h5"), "no weights yet"),
        (lambda: simple().save_weights("x.h6"), "must end in .weights.h5, .weights.json, .safetensors, .h5 or .hdf5"),
    ],
)
def test_a_mistake_gets_a_sentence(attempt: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attempt()


def test_a_process_that_has_made_no_model_reads_one(tmp_path: Path) -> None:
    tsuno.Sequential([tsuno.Input((2,)), layers.Dense(1)]).save(tmp_path / "m.keras")
    code = f"import tsuno; print(tsuno.saving.load_model({str(tmp_path / 'm.keras')!r}).count_params())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "3\n"
