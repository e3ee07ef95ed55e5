"""The editor of weight files against Keras' own, and what `saving.inspect` says of files of every kind and age."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hostile_files import MIB, PARSING, READING, SHARDS, SIZES, TENSORS, WEIGHTS, Case, Place, attempt

import tsuno
from tsuno.saving import inspect
from tsuno.saving.editor import read_tree

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


def model(lib: Any, units: int = 5) -> Any:
    entry = lib.Input((4, 3))
    inner = lib.Sequential([lib.Input((4, 3)), lib.layers.Dense(3, name="inside")])
    x = lib.layers.Bidirectional(lib.layers.SimpleRNN(2))(inner(entry))
    x = lib.layers.Dense(units, name="middle")(lib.layers.BatchNormalization()(x))
    return lib.Model(entry, lib.layers.Dense(2, name="head")(x))


def flat(lib: Any, units: int = 5) -> Any:
    """A model without layers in layers, all of which Keras' editor keeps."""
    layers = [lib.layers.Dense(units, name="middle"), lib.layers.Dense(2, name="head")]
    return lib.Sequential([lib.Input((3,)), *layers])


def opened(lib: Any, path: Path) -> Any:
    with redirect_stdout(io.StringIO()):
        return lib.saving.KerasFileEditor(str(path))


def leaves(tree: dict[str, Any], around: str = "") -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for name, value in tree.items():
        found |= leaves(value, f"{around}{name}/") if isinstance(value, dict) else {f"{around}{name}": value}
    return found


def assert_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    ours, theirs = leaves(ours), leaves(theirs)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


# ---------------------------------------------------------------------- the editor

EDITS = [
    lambda editor: None,
    lambda editor: editor.rename_object("dense_1", "last"),
    lambda editor: editor.rename_object("layers/dense_1", "last"),
    lambda editor: editor.delete_object("layers/dense"),
    lambda editor: editor.delete_object("dense_1"),
    lambda editor: editor.add_object("layers/new", weights={"0": np.ones((2, 3), "float32"), "1": np.zeros(3)}),
    lambda editor: editor.add_object("top", weights={"0": np.ones(4, "int32")}),
    lambda editor: editor.delete_weight("layers/dense", "1"),
    lambda editor: editor.add_weights("dense", {"1": np.ones(5, "float32"), "2": np.ones((5, 1), "float16")}),
]


@pytest.mark.parametrize("writer", [keras, tsuno], ids=["Keras'", "Tsuno's"])
@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_edits_do_what_they_do_in_keras_and_both_read_the_results(writer: Any, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"m{ending}"
    made = flat(writer)
    made.save(path) if ending == ".keras" else made.save_weights(path)
    before = path.read_bytes()
    for place, edit in enumerate(EDITS):
        ours, theirs = opened(tsuno, path), opened(keras, path)
        edit(ours), edit(theirs)
        assert_same(ours.weights_dict, theirs.weights_dict)
        ours.save(mine := tmp_path / f"ours{place}.weights.h5")
        theirs.save(other := str(tmp_path / f"theirs{place}.weights.h5"))
        assert_same(opened(keras, mine).weights_dict, theirs.weights_dict)
        assert_same(opened(tsuno, Path(other)).weights_dict, ours.weights_dict)
    assert path.read_bytes() == before
    assert (ours.metadata is None) == (ending == ".weights.h5")
    assert ours.config == theirs.config and ours.metadata == theirs.metadata


@pytest.mark.parametrize("writer", [keras, tsuno], ids=["Keras'", "Tsuno's"])
def test_layers_in_layers_stay_and_edited_files_load_in_both(writer: Any, tmp_path: Path) -> None:
    made = model(writer)
    made.save(tmp_path / "m.keras")
    editor = opened(tsuno, tmp_path / "m.keras")
    new = {"0": np.full((4, 7), 0.5, "float32"), "1": np.zeros(7, "float32")}
    editor.delete_object("layers/dense")
    editor.add_object("layers/dense", new)
    editor.add_weights("layers/dense_1", {"0": np.ones((7, 2), "float32")})
    editor.resave_weights(tmp_path / "new.weights.h5")
    answers = []
    for lib in (keras, tsuno):
        other = model(lib, units=7)
        other.load_weights(tmp_path / "new.weights.h5")
        answers.append(other.predict(X, verbose=0))
        np.testing.assert_array_equal(other.get_weights()[0], made.get_weights()[0])
        np.testing.assert_array_equal(np.asarray(other.layers[-1].kernel), np.ones((7, 2)))
    np.testing.assert_allclose(*answers, rtol=1e-5, atol=1e-6)


def test_compare_says_what_keras_says(tmp_path: Path) -> None:
    flat(keras).save_weights(path := tmp_path / "m.weights.h5")
    for edit in EDITS:
        ours, theirs = opened(tsuno, path), opened(keras, path)
        edit(ours), edit(theirs)
        with redirect_stdout(io.StringIO()) as said:
            found, wanted = ours.compare(flat(tsuno)), theirs.compare(flat(keras))
        assert found["status"] == wanted["status"], said.getvalue()
    edits = {
        "nothing": (lambda e: None, 0, 4),
        "an object less": (lambda e: e.delete_object("dense"), 1, 2),
        "an object more": (lambda e: e.add_object("layers/x", {"0": X}), 1, 4),
        "another shape": (lambda e: e.add_weights("dense", {"0": X}), 1, 3),
        "a weight less": (lambda e: e.delete_weight("dense", "1"), 1, 3),
        "a weight for an object": (lambda e: e.weights_dict.update(layers=X), 1, 0),
    }
    for name, (edit, errors, matches) in edits.items():
        edit(editor := opened(tsuno, path))
        with redirect_stdout(io.StringIO()) as said:
            found = editor.compare(flat(tsuno))
        assert (found["error_count"], found["match_count"]) == (errors, matches), name
        assert found["status"] == ("error" if errors else "success") and found["status"] in said.getvalue()
    with redirect_stdout(io.StringIO()):
        made = model(tsuno)
        made.save_weights(nested := tmp_path / "n.weights.h5")
        assert opened(tsuno, nested).compare(made) == {
            "status": "success", "error_count": 0, "match_count": len(made.weights)
        }  # fmt: skip


def test_summary_shows_objects_arrays_and_names_and_no_signs_for_terminals(tmp_path: Path) -> None:
    model(tsuno).save_weights(tmp_path / "m.weights.h5")
    editor = opened(tsuno, tmp_path / "m.weights.h5")
    editor.weights_dict["evil\x1b[2J[red]"] = {"0": np.ones(2)}
    with redirect_stdout(io.StringIO()) as said:
        editor.console.file = said
        editor.summary()
    text = said.getvalue()
    assert "dense_1 ('head')" in text and "backward_layer" in text and "0: shape=(5, 2), dtype=float32" in text
    assert "\x1b" not in text and "evil?[2J[red]" in text
    editor.rename_object("layers/dense_1", "other")
    assert (
        editor.object_metadata["/layers/other"] == {"name": "head"} and "/layers/dense_1" not in editor.object_metadata
    )


@pytest.mark.parametrize(
    ("does", "says"),
    [
        (lambda e: e.rename_object("dens", "x"), "no object 'dens' in the file"),
        (lambda e: e.rename_object("layers/densee", "x"), "Did you mean 'layers/dense'"),
        (lambda e: e.rename_object("dense", "a/b"), "has no '/'"),
        (lambda e: e.rename_object("dense", "vars"), "is not 'vars'"),
        (lambda e: e.rename_object("dense", "dense_1"), "exists already"),
        (lambda e: e.delete_object("0"), "pass the whole path"),
        (lambda e: e.delete_weight("dense", "7"), "has no weight '7'; it has '0', '1'"),
        (lambda e: e.delete_weight("layers/dense/0", "7"), "is a weight, not an object"),
        (lambda e: e.add_weights("dense", [1]), "must be a dict of arrays"),
        (lambda e: e.add_weights("dense", {"0": "text"}), "array of numbers"),
        (lambda e: e.add_object("layer/x", {"0": X}), "no object 'layer'.*Did you mean 'layers'"),
        (lambda e: e.add_object("layers/dense/0/x", {"0": X}), "no object 'layers/dense/0'"),
        (lambda e: e.save("x.h5"), "must end in .weights.h5 or .safetensors"),
        (lambda e: e.save(str(e.filepath) + "/no/x.weights.h5"), "does not exist"),
        (lambda e: opened(tsuno, e.filepath.replace("m.weights", "other.weights")), "There is no file"),
        (lambda e: opened(tsuno, e.filepath.replace("m.weights", "layers.weights")), "as Keras 1 and 2 did"),
        (lambda e: opened(tsuno, e.filepath.replace("m.weights.h5", "names.safetensors")), "names variables"),
        (lambda e: opened(tsuno, e.filepath.replace("m.weights.h5", "x.txt")), "must be a folder or end in .keras"),
    ],
)  # fmt: skip
def test_errors_of_the_editor_are_one_sentence(does: Any, says: str, tmp_path: Path) -> None:
    made = flat(tsuno)
    made.save_weights(tmp_path / "m.weights.h5")
    made.save_weights(tmp_path / "names.safetensors")
    made.save_weights(tmp_path / "bare.h5")
    (tmp_path / "bare.h5").rename(tmp_path / "layers.weights.h5")
    (tmp_path / "x.txt").write_text("nothing")
    with pytest.raises((ValueError, OSError), match=says):
        does(opened(tsuno, tmp_path / "m.weights.h5"))


def test_shards_archives_folders_and_safetensors_hold_the_same_tree(tmp_path: Path) -> None:
    made = model(tsuno)
    made.compile("adam", "mse")
    made.optimizer.build(made.trainable_variables)
    made.layers[3].gamma.assign([1.5, float("inf"), 3, 4])
    made.save(tmp_path / "m.keras")
    made.save(tmp_path / "folder.keras", zipped=False)
    made.save_weights(tmp_path / "s.weights.json", max_shard_size=500 / (1 << 30))
    made.save_weights(tmp_path / "m.weights.h5")
    editor = opened(tsuno, tmp_path / "m.weights.h5")
    editor.add_object("half", {"0": np.asarray(tsuno.ops.cast(X, "bfloat16")), "1": np.ones((0, 3))})
    editor.save(tmp_path / "h.weights.h5")
    editor.save(tmp_path / "h.safetensors")
    assert len(list(tmp_path.glob("s_*.weights.h5"))) > 2
    trees = {
        name: opened(tsuno, tmp_path / name).weights_dict for name in ("m.keras", "folder.keras", "s.weights.json")
    }
    wanted = opened(tsuno, tmp_path / "m.weights.h5").weights_dict
    for tree in trees.values():
        assert_same(tree, wanted)
    for name in ("h.weights.h5", "h.safetensors"):
        tree = opened(tsuno, tmp_path / name).weights_dict
        assert_same(tree, editor.weights_dict)
        assert str(tree["half"]["0"].dtype) == "bfloat16"


def test_shards_that_keras_wrote_are_read(tmp_path: Path) -> None:
    made = flat(keras, units=50)
    made.save_weights(tmp_path / "k.weights.json", max_shard_size=700 / (1 << 30))
    made.save_weights(tmp_path / "k.weights.h5")
    assert len(list(tmp_path.glob("k_*.weights.h5"))) > 1
    whole, parts = (opened(tsuno, tmp_path / f"k.weights{ending}").weights_dict for ending in (".h5", ".json"))
    assert_same(whole, parts)
    assert inspect(tmp_path / "k.weights.json").total_bytes == 4 * made.count_params()


@pytest.mark.parametrize("name", ["m.weights.h5", "m.safetensors", "m.keras"])
def test_a_flipped_bit_is_seen_or_does_nothing(name: str, tmp_path: Path) -> None:
    made = flat(tsuno, units=40)
    made.save(tmp_path / "m.keras")
    made.save_weights(tmp_path / "m.weights.h5")
    opened(tsuno, tmp_path / "m.weights.h5").save(tmp_path / "m.safetensors")
    whole, path = (tmp_path / name).read_bytes(), tmp_path / f"flipped-{name}"
    expected, seen = read_tree(tmp_path / name)[0], 0
    draw = np.random.default_rng(7)
    for place in draw.integers(len(whole), size=300):
        data = bytearray(whole)
        data[place] ^= 1 << draw.integers(8)
        path.write_bytes(data)
        try:
            inspect(path)
            found = read_tree(path)[0]
        except ValueError as problem:
            assert path.name in str(problem)
            seen += 1
        else:
            assert_same(found, expected)
    assert seen > 150


# ---------------------------------------------------------------------- inspect


def test_inspect_says_what_there_is_in_files_of_every_kind(tmp_path: Path) -> None:
    made = model(tsuno)
    made.compile("adam", "mse")
    names = {
        "m.keras": ("model, .keras archive", "Keras 3", True, "all"),
        "f.keras": ("model, folder of Keras 3", "Keras 3", True, "all"),
        "m.h5": ("model, HDF5", "Keras 3", True, "all"),
        "m.weights.h5": ("weights, HDF5 in the layout of Keras 3", "Keras 3", False, "all"),
        "w.h5": ("weights, HDF5 by layers", "Keras 3", False, "all"),
        "m.safetensors": ("weights, safetensors", None, False, "all"),
        "m.weights.json": ("weights, several HDF5 files", "Keras 3", False, "all"),
        "m.json": ("model as JSON", "Keras 3", True, "none"),
        "m.yaml": ("model as YAML", "Keras 3", True, "none"),
    }
    for name in names:
        path = tmp_path / name
        if name.endswith((".json", ".yaml")) and "weights" not in name:
            path.write_text(made.to_json() if name.endswith(".json") else made.to_yaml())
        elif names[name][2]:
            made.save(path, zipped=not name.startswith("f"))
        else:
            made.save_weights(path)
    weights = sum(int(np.prod(weight.shape)) for weight in made.weights)
    for name, (kind, age, has_model, checksums) in names.items():
        found = inspect(tmp_path / name)
        assert (found.kind, found.age, found.has_model, found.checksums) == (kind, age, has_model, checksums), name
        optimizer = sum(array.nbytes for array in found.arrays if array.path.startswith("optimizer"))
        described = name in ("m.json", "m.yaml")
        assert found.total_bytes - optimizer == (0 if described else 4 * weights), name
        assert found.problem is None and {each.found for each in found.classes} <= {"library"}
        counts = {each.name: each.count for each in found.classes}
        assert not has_model or (counts["Dense"], counts["Bidirectional"]) == (3, 1), name
        assert not has_model or "Adam" in counts
        assert json.loads(json.dumps(found.to_dict()))["total_bytes"] == found.total_bytes
        assert kind in repr(found) and (not has_model or "Bidirectional" in repr(found))


def test_inspect_sees_files_of_keras_as_keras_wrote_them(tmp_path: Path) -> None:
    made = flat(keras)
    made.save(tmp_path / "m.keras")
    made.save_weights(tmp_path / "m.weights.h5")
    made.save(tmp_path / "m.h5")
    for name, checksums in {"m.keras": "all", "m.weights.h5": "none", "m.h5": "none"}.items():
        found = inspect(tmp_path / name)
        assert found.checksums == checksums, name
        assert found.keras_version == (None if "weights" in name else keras.__version__)
        assert {array.shape for array in found.arrays} == {(3, 5), (5, 2), (5,), (2,)}
        assert found.total_bytes == 4 * made.count_params()
    with zipfile.ZipFile(Path(__file__).parent / "files" / "lambdas.zip") as packed:
        for name in ("model.h5", "model.keras", "weights.h5", "model.json"):
            packed.extract(name, tmp_path)
            found = inspect(tmp_path / name)
            assert found.age == "Keras 2", name
            refused = [each.name for each in found.classes if each.found.startswith("refused")]
            assert refused == (["code in 'times'"] if found.has_model else []), name
            with tsuno.saving.custom_object_scope({"times": abs}):
                assert not [each for each in inspect(tmp_path / name).classes if "refused" in each.found], name


def test_inspect_tells_the_librarys_classes_from_registered_and_unknown_ones(tmp_path: Path) -> None:
    @tsuno.saving.register_keras_serializable("inspected")
    class Known(tsuno.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    class Strange(Known):
        built_times = 0

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            type(self).built_times += 1

    words = tsuno.layers.StringLookup()
    words.adapt(np.array(["a", "b"]))
    made = tsuno.Sequential([tsuno.Input((1,), dtype="string"), words, Known(), Strange()])
    made.save(tmp_path / "m.keras")
    with tsuno.saving.custom_object_scope({"Strange": Strange}):
        times = Strange.built_times
        registered = {each.name: each.found for each in inspect(tmp_path / "m.keras").classes}
        assert Strange.built_times == times, "nothing is built"
    found = inspect(tmp_path / "m.keras")
    classes = {each.name: each.found for each in found.classes}
    assert classes["StringLookup"] == "library" and classes["Known"] == registered["Strange"] == "registered"
    assert classes["Strange"].startswith("unknown")
    assert any(name.endswith("vocabulary.txt") for name in found.assets)
    strange = {each.name: each.module for each in found.classes}["Strange"]
    assert strange == Strange.__module__


@pytest.mark.parametrize("sums", ["5", "[]", '{"layers/dense/vars/0": 1}', '{"x": 1}', "{", "null"])
def test_checksums_of_safetensors_that_are_none(sums: str, tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    text = json.dumps({"__metadata__": {"checksum": sums}, "layers/dense/vars/0": entry}).encode()
    (tmp_path / "m.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
    with pytest.raises(ValueError, match=r"m\.safetensors"):
        read_tree(tmp_path / "m.safetensors")
    if "layers" not in sums:
        with pytest.raises(ValueError, match=r"m\.safetensors"):
            inspect(tmp_path / "m.safetensors")


def test_files_like_trees_of_mirrors_are_left_soon(tmp_path: Path) -> None:
    """Groups that hold each other, and one array that has a great many names."""
    with h5py.File(tmp_path / "deep.weights.h5", "w") as h5:
        h5["a/b"] = h5
    with h5py.File(tmp_path / "wide.weights.h5", "w") as h5:
        h5["g0/vars/0"] = np.ones(3, "float32")
        for depth in range(1, 40):
            h5[f"g{depth}/left"] = h5[f"g{depth}/right"] = h5[f"g{depth - 1}"]
    with h5py.File(tmp_path / "many.weights.h5", "w") as h5:
        h5.create_dataset("g/vars/0", (1 << 24,), "float32", chunks=True, compression="gzip")
        h5["g/vars/0"][:] = 0
        for number in range(1, 2000):
            h5[f"g/vars/{number}"] = h5["g/vars/0"]
    for name, says in {"deep": "second name", "wide": "second name", "many": "claims"}.items():
        started = time.perf_counter()
        path = tmp_path / f"{name}.weights.h5"
        with pytest.raises(ValueError, match=says):
            read_tree(path)
        if name != "many":
            with pytest.raises(ValueError, match=f"{name}.*{says}"):
                inspect(path)
        assert time.perf_counter() - started < 5


def as_file(made: Any, folder: Path) -> Any:
    """The file that a row made; descriptions are texts there."""
    if isinstance(made, Path) or (len(made) < 200 and Path(made).exists()):
        return made
    path = folder / ("model.json" if made.lstrip().startswith("{") else "model.yaml")
    path.write_text(made)
    return path


@pytest.mark.parametrize(
    ("look", "cases", "most"),
    [
        (lambda path: repr(inspect(path)), [*SIZES, *READING, *PARSING], 64 * MIB),
        (lambda path: read_tree(Path(path)), [*READING, *WEIGHTS, *TENSORS, *SHARDS], 400 * MIB),
    ],
    ids=["inspect", "editor"],
)
def test_hostile_files_do_nothing(look: Any, cases: list[Case], most: int, tmp_path: Path) -> None:
    refused = 0
    cases = [case for case in cases if "million" not in case.name and "50,000" not in case.name]
    for number, case in enumerate(cases):
        place = Place(tmp_path / f"{number}")
        try:
            outcome = attempt(replace(case, load=lambda made: look(as_file(made, tmp_path))), place)
        finally:
            place.close()
        faults = list(outcome.faults)
        if outcome.error is not None:
            refused += 1
            if not isinstance(outcome.error, (ValueError, OSError)) or len(str(outcome.error)) > 400:
                faults.append(f"{type(outcome.error).__name__}: {outcome.error}")
        if outcome.peak > most or outcome.seconds > 5:
            faults.append(f"it took {outcome.peak} bytes, {outcome.seconds} s")
        assert not faults, (case.name, faults)
    assert refused > len(cases) // 3
