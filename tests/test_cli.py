"""The command line: every format into every other, what it prints, and errors in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import tsuno
from tsuno.cli import main

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
TYPES = (".keras", ".h5", ".hdf5", ".weights.h5", ".weights.json", ".safetensors", ".json", ".yaml", ".yml")
MODELS = (".keras", ".h5", ".hdf5")
OWN = """
import tsuno

class Doubled(tsuno.layers.Layer):
    def call(self, x):
        return twice(x)

def twice(x):
    return 2 * x
"""


def network(lib: Any) -> Any:
    layers = [lib.layers.Dense(5, activation="tanh"), lib.layers.BatchNormalization(), lib.layers.Dense(2, name="head")]
    return lib.Sequential([lib.Input((3,)), *layers])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained model in each format that Tsuno reads, made by the command line from one of them."""
    place = tmp_path_factory.mktemp("cli")
    made = network(tsuno)
    made.compile("adam", "mse")
    made.fit(X, np.ones((4, 2), "float32"), verbose=0)
    made.save(place / "m.keras")
    np.save(place / "y.npy", made.predict(X, verbose=0))
    for ending in TYPES[1:]:
        assert main(["convert", str(place / "m.keras"), str(place / f"m{ending}")]) == 0, ending
    return place


def wanted(folder: Path) -> np.ndarray:
    return np.load(folder / "y.npy")


@pytest.mark.parametrize("ending", TYPES[1:])
def test_a_model_becomes_a_file_of_every_kind(ending: str, folder: Path) -> None:
    path = folder / f"m{ending}"
    if ending in MODELS:
        model = tsuno.saving.load_model(path)
        assert int(model.optimizer.iterations) == 1, "the state of training is kept"
    elif ending in (".json", ".yaml", ".yml"):
        read = tsuno.models.model_from_json if ending == ".json" else tsuno.models.model_from_yaml
        model = read(path.read_text())
        model.load_weights(folder / "m.weights.h5")
    else:
        model = network(tsuno)
        model.load_weights(path)
    np.testing.assert_allclose(model.predict(X, verbose=0), wanted(folder), rtol=1e-6)


@pytest.mark.parametrize("ending", [".keras", ".h5", ".weights.h5", ".json"])
def test_keras_reads_what_was_written_and_the_reverse(ending: str, folder: Path, tmp_path: Path) -> None:
    source = folder / "m.keras"
    if ending == ".json":
        theirs = keras.models.model_from_json((folder / "m.json").read_text())
        theirs.load_weights(folder / "m.weights.h5")
    elif ending == ".weights.h5":
        theirs = network(keras)
        theirs.load_weights(folder / "m.weights.h5")
    else:
        theirs = keras.saving.load_model(folder / f"m{ending}", compile=False)
    np.testing.assert_allclose(theirs.predict(X, verbose=0), wanted(folder), rtol=1e-5, atol=1e-6)
    source = tmp_path / f"theirs{ending}"
    if ending == ".json":
        source.write_text(theirs.to_json())
        theirs.save_weights(tmp_path / "w.weights.h5")
        command = ["convert", str(tmp_path / "w.weights.h5"), str(tmp_path / "back.keras"), "--model", str(source)]
    elif ending == ".weights.h5":
        theirs.save_weights(source)
        command = ["convert", str(source), str(tmp_path / "back.keras"), "--model", str(folder / "m.json")]
    else:
        theirs.save(source)
        command = ["convert", str(source), str(tmp_path / "back.keras")]
    assert main(command) == 0
    np.testing.assert_allclose(
        tsuno.saving.load_model(tmp_path / "back.keras").predict(X, verbose=0), wanted(folder), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("weights", ["m.weights.h5", "m.weights.json", "m.safetensors"])
@pytest.mark.parametrize("structure", ["m.json", "m.yaml", "m.keras"])
def test_weights_and_a_model_become_one_file(weights: str, structure: str, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "both.h5"
    assert main(["convert", str(folder / weights), str(out), "--model", str(folder / structure)]) == 0
    model = tsuno.saving.load_model(out, compile=False)
    np.testing.assert_allclose(model.predict(X, verbose=0), wanted(folder), rtol=1e-6)


def test_weights_without_a_model_keep_their_places(folder: Path, tmp_path: Path) -> None:
    flat, back = tmp_path / "w.safetensors", tmp_path / "w.weights.h5"
    assert main(["convert", str(folder / "m.weights.json"), str(flat)]) == 0
    assert main(["convert", str(flat), str(back)]) == 0
    names = [array.path for array in tsuno.saving.inspect(flat).arrays]
    assert "layers/dense/vars/0" in names and "optimizer/vars/0" in names
    for lib, path in ((tsuno, back), (keras, back), (tsuno, flat)):
        model = network(lib)
        model.load_weights(path)
        np.testing.assert_allclose(model.predict(X, verbose=0), wanted(folder), rtol=1e-5, atol=1e-6)


def test_exports_compute_the_same(folder: Path, tmp_path: Path) -> None:
    program = tmp_path / "m.stablehlo"
    assert main(["convert", str(folder / "m.h5"), str(program)]) == 0
    answer = tsuno.export.load_stablehlo(str(program))(X)
    np.testing.assert_allclose(np.asarray(answer), wanted(folder), rtol=1e-5, atol=1e-6)
    assert main(["convert", str(folder / "m.keras"), str(tmp_path / "m.onnx")]) == 0
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    (answer,) = session.run(None, {session.get_inputs()[0].name: X})
    np.testing.assert_allclose(answer, wanted(folder), rtol=1e-5, atol=1e-6)


def test_checkpoints_become_files(folder: Path, tmp_path: Path, capsys: Any) -> None:
    model = tsuno.saving.load_model(folder / "m.keras")
    keep = tsuno.callbacks.OrbaxCheckpoint(tmp_path / "steps")
    model.fit(X, np.ones((4, 2), "float32"), epochs=2, verbose=0, callbacks=[keep])
    assert main(["convert", str(tmp_path / "steps"), str(tmp_path / "m.keras")]) == 0
    loaded = tsuno.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(loaded.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6)
    found = tsuno.saving.inspect(tmp_path / "steps")
    assert found.has_model and {each.found for each in found.classes} == {"library"}
    assert [array.shape for array in found.arrays if array.path.endswith("/head/kernel")] == [(5, 2)]
    assert main(["summary", str(tmp_path / "steps")]) == 0 and "head (Dense)" in capsys.readouterr().out


def test_files_of_keras_2_become_files_of_today(tmp_path: Path) -> None:
    with zipfile.ZipFile(Path(__file__).parent / "files" / "mlp.zip") as packed:
        packed.extractall(tmp_path)
    data = np.load(tmp_path / "data.npz")
    assert main(["convert", str(tmp_path / "model.h5"), str(tmp_path / "new.keras")]) == 0
    model = ["--model", str(tmp_path / "model.json")]
    assert main(["convert", str(tmp_path / "weights.h5"), str(tmp_path / "w.keras"), *model]) == 0
    for name in ("new.keras", "w.keras"):
        answer = tsuno.saving.load_model(tmp_path / name, compile=False).predict(data["x0"], verbose=0)
        np.testing.assert_allclose(answer, data["out0"], rtol=1e-5, atol=1e-6)


def test_shards_have_the_size_that_is_asked_for(folder: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "parts.weights.h5"
    assert main(["convert", str(folder / "m.keras"), str(out), "--max-shard-size", f"{200 / (1 << 30):.12f}"]) == 0
    assert "parts.weights.json" in capsys.readouterr().out
    places = json.loads((tmp_path / "parts.weights.json").read_text())["weight_map"]
    files = {name for names in places.values() for name in ([names] if isinstance(names, str) else names)}
    assert len(files) > 2 and all((tmp_path / name).is_file() for name in files)


def test_own_classes_come_from_where_the_user_says(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    (tmp_path / "own_layers.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    import own_layers

    model = tsuno.Sequential([tsuno.Input((3,)), own_layers.Doubled(), tsuno.layers.Dense(2)])
    model.save(source := tmp_path / "own.keras")
    before = model.predict(X, verbose=0)
    assert main(["convert", str(source), str(tmp_path / "no.h5")]) == 1
    assert "'Doubled'" in capsys.readouterr().err
    for custom in (str(tmp_path / "own_layers.py"), "own_layers"):
        out = tmp_path / f"{len(custom)}.weights.h5"
        assert main(["convert", str(source), str(out), "--custom", custom]) == 0
        assert main(["summary", str(source), "--custom", custom]) == 0
        assert "Doubled" in capsys.readouterr().out
        model.load_weights(out)
        np.testing.assert_array_equal(model.predict(X, verbose=0), before)


@pytest.mark.parametrize(
    ("arguments", "has"),
    [
        (["m.keras"], ["dense (Dense)", "Total params", "head (Dense)"]),
        (["m.h5"], ["dense (Dense)", "Total params"]),
        (["m.json"], ["dense (Dense)", "(None, 2)"]),
        (["m.yaml"], ["dense (Dense)", "(None, 2)"]),
        (["m.keras", "--inspect"], ["layers/dense/vars/0", "Dense", "library", "Checksums: all", "by Keras 3.15.1"]),
        (["m.json", "--inspect"], ["Dense", "library", "Arrays: 0"]),
        (["m.weights.h5"], ["layers/dense/vars/0", "(3, 5)", "float32", "Checksums: all"]),
        (["m.weights.json"], ["layers/dense/vars/0", "several HDF5 files"]),
        (["m.safetensors"], ["dense/kernel", "(3, 5)", "safetensors"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_summary_shows_layers_or_arrays(arguments: list[str], has: list[str], folder: Path, capsys: Any) -> None:
    assert main(["summary", str(folder / arguments[0]), *arguments[1:]]) == 0
    said = capsys.readouterr()
    assert not said.err and all(each in said.out for each in has), said.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["convert", "m.keras", "out.tflite"], "must end in .keras, .weights.h5"),
        (["convert", "none.keras", "out.h5"], "There is no file"),
        (["convert", "m.weights.h5", "out.keras"], "pass it with --model"),
        (["convert", "m.safetensors", "out.weights.h5"], "pass the model with --model"),
        (["convert", "m.json", "out.keras"], "describes a model without weights"),
        (["convert", "m.keras", "out.h5", "--model", "m.json"], "--model is for files that have weights only"),
        (["convert", "m.keras", "out.onnx", "--max-shard-size", "1"], "--max-shard-size is not for '.onnx'"),
        (["convert", "m.keras", "out.weights.h5", "--max-shard-size", "-1"], "max_shard_size"),
        (["convert", "m.keras", "out.weights.h5", "--max-shard-size", "much"], "invalid float value: 'much'"),
        (["convert", "m.keras", "out.h5", "--custom", "none.py"], "no file"),
        (["convert", "m.keras", "out.h5", "--custom", "no_such_module"], "No module named 'no_such_module'"),
        (["convert", "m.keras", "no/folder/out.h5"], "does not exist"),
        (["convert", "cut.keras", "out.h5"], "damaged"),
        (["convert", "cut.h5", "out.keras"], "damaged"),
        (["convert", "m.keras"], "required: OUT"),
        (["summary", "noise.bin"], "damaged or not to be trusted"),
        (["summary", "m.keras", "--inspct"], "unrecognized arguments: --inspct"),
        (["sumary", "m.keras"], "invalid choice: 'sumary'"),
        ([], "required: COMMAND"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_errors_are_one_sentence(arguments: list[str], says: str, folder: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(folder)
    for name in ("m.keras", "m.h5"):
        (folder / f"cut{Path(name).suffix}").write_bytes((folder / name).read_bytes()[:-700])
    (folder / "noise.bin").write_bytes(bytes(range(256)) * 8)
    before = set(folder.rglob("*"))
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert says in said.err and said.err.startswith("tsuno: ") and said.err.count("\n") == 1, said.err
    assert not said.out and set(folder.rglob("*")) == before


def test_the_module_is_the_command_and_starts_at_once() -> None:
    code = "import sys, tsuno.cli; print([name for name in ('jax', 'numpy', 'h5py', 'rich') if name in sys.modules])"
    light = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert light.stdout.strip() == "[]"
    done = subprocess.run([sys.executable, "-m", "tsuno", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"tsuno {tsuno.__version__}"
    failed = subprocess.run([sys.executable, "-m", "tsuno", "summary", "/no/file"], capture_output=True, text=True)
    assert (failed.returncode, failed.stdout) == (1, "") and "Traceback" not in failed.stderr
