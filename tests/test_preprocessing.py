"""Layers that prepare data: numbers by real Keras, text by what Keras documents, hashes by published vectors.

Keras needs TensorFlow for its layers of text; the tables here hold results from its documentation and tests.
"""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest
from layer_rows import Row
from layers_preprocessing_table import ROWS

import tsuno
from tsuno import layers
from tsuno.layers.fingerprints import fingerprint64, siphash24

keras = pytest.importorskip("keras")
rng = np.random.default_rng(1)

# ---------------------------------------------------------------------- text and categories


@dataclass(frozen=True)
class Case:
    """A layer, what it is adapted to, and what it must give."""

    name: str
    kwargs: dict[str, Any]
    inputs: Any
    wanted: Any
    adapt: Any = None
    vocabulary: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={value}' for key, value in self.kwargs.items())})"

    def layer(self) -> Any:
        made = getattr(layers, self.name)(**self.kwargs)
        if self.adapt is not None:
            made.adapt(self.adapt)
        return made


CASES: list[Case] = []


def case(name: str, inputs: Any, wanted: Any, adapt: Any = None, vocabulary: Any = (), **kwargs: Any) -> None:
    CASES.append(Case(name, kwargs, inputs, wanted, adapt, list(vocabulary)))


LETTERS = [["A"], ["B"], ["C"], ["D"], ["E"]]
case("Hashing", LETTERS, [[1], [0], [1], [1], [2]], num_bins=3)
case("Hashing", [["A"], ["B"], [""], ["C"], ["D"]], [[1], [1], [0], [2], [2]], num_bins=3, mask_value="")
case("Hashing", LETTERS, [[1], [2], [1], [0], [2]], num_bins=3, salt=[133, 137])
case("Hashing", LETTERS, [[0], [0], [2], [1], [0]], num_bins=3, salt=133)
case("Hashing", LETTERS, [[0]] * 5, num_bins=1)
case("Hashing", np.arange(5), [1, 0, 1, 0, 2], num_bins=3)
case("Hashing", np.arange(5.0) + 0.25, [1, 0, 1, 0, 2], num_bins=3)
NAMES = [["omar"], ["stringer"], ["marlo"], ["wire"], ["skywalker"]]
case("Hashing", NAMES, [[0], [0], [1], [0], [0]], num_bins=2)
case("Hashing", NAMES, [[0], [1], [2], [1], [1]], num_bins=3, mask_value="omar")
case("Hashing", LETTERS, np.eye(3)[[1, 0, 1, 1, 2]], num_bins=3, output_mode="one_hot")
case("Hashing", [["A", "B", "C"], ["E", "E", "A"]], [[1, 2, 0], [0, 1, 2]], num_bins=3, output_mode="count")
case("Hashing", [["A", "B", "C"], ["E", "E", "A"]], [[1, 1, 0], [0, 1, 1]], num_bins=3, output_mode="multi_hot")

PAIRS = [np.array(["A", "B", "A", "B", "A"]), np.array([101, 101, 101, 102, 102])]
case("HashedCrossing", PAIRS, [1, 4, 1, 1, 3], num_bins=5)
case("HashedCrossing", PAIRS, np.eye(5)[[1, 4, 1, 1, 3]], num_bins=5, output_mode="one_hot")
case("HashedCrossing", [x[:, None] for x in PAIRS], [[1], [4], [1], [1], [3]], num_bins=5)

ABCD, LINES = ["a", "b", "c", "d"], [["a", "c", "d"], ["d", "z", "b"]]
TWICE = [["a", "c", "d", "d"], ["d", "z", "b", "z"]]
CASES += [
    Case("StringLookup", {"vocabulary": ABCD}, LINES, [[1, 3, 4], [4, 0, 2]], vocabulary=["[UNK]", *ABCD]),
    Case("StringLookup", {}, LINES, [[5, 3, 1], [1, 2, 4]], LINES, ["[UNK]", "d", "z", "c", "b", "a"]),
    Case("StringLookup", {"max_tokens": 3}, LINES, [[0, 0, 1], [1, 2, 0]], LINES, ["[UNK]", "d", "z"]),
    Case(
        "StringLookup", {"vocabulary": ABCD, "num_oov_indices": 2},
        [["a", "c", "d"], ["m", "z", "b"]], [[2, 4, 5], [0, 1, 3]], vocabulary=["[UNK]", "[UNK]", *ABCD],
    ),
    Case(
        "StringLookup", {"vocabulary": ABCD, "mask_token": ""}, [["a", "", "z"]], [[2, 0, 1]],
        vocabulary=["", "[UNK]", *ABCD],
    ),
    Case("StringLookup", {"vocabulary": ABCD, "num_oov_indices": 0}, [["a", "d"]], [[0, 3]], vocabulary=ABCD),
    Case("StringLookup", {"vocabulary": ["[UNK]", *ABCD]}, ["a", "q"], [1, 0], vocabulary=["[UNK]", *ABCD]),
    Case("StringLookup", {"vocabulary": ABCD, "output_mode": "one_hot"}, [*ABCD, "z"], np.eye(5)[[1, 2, 3, 4, 0]]),
    Case(
        "StringLookup", {"vocabulary": ABCD, "output_mode": "multi_hot"}, TWICE, [[0, 1, 0, 1, 1], [1, 0, 1, 0, 1]],
    ),
    Case("StringLookup", {"vocabulary": ABCD, "output_mode": "count"}, TWICE, [[0, 1, 0, 1, 2], [2, 0, 1, 0, 1]]),
    Case(
        "StringLookup", {"vocabulary": ABCD, "output_mode": "count", "max_tokens": 7, "pad_to_max_tokens": True},
        TWICE, [[0, 1, 0, 1, 2, 0, 0], [2, 0, 1, 0, 1, 0, 0]],
    ),
    Case(
        "StringLookup", {"vocabulary": ABCD, "output_mode": "count", "mask_token": "d"}, TWICE,
        ValueError("special token 'd'"),
    ),
    Case(
        "StringLookup", {"vocabulary": ABCD, "output_mode": "count", "mask_token": "z"}, TWICE,
        [[0, 1, 0, 1, 2], [0, 0, 1, 0, 1]], vocabulary=["[UNK]", *ABCD],
    ),
    Case(
        "StringLookup", {"vocabulary": ABCD, "output_mode": "tf_idf", "idf_weights": [0.25, 0.75, 0.6, 0.4]}, TWICE,
        [[0, 0.25, 0, 0.6, 0.8], [1.0, 0, 0.75, 0, 0.4]],
    ),
    Case(
        "StringLookup",
        {"vocabulary": ["[UNK]", *ABCD], "output_mode": "tf_idf", "idf_weights": [0.9, 0.25, 0.75, 0.6, 0.4]}, TWICE,
        [[0, 0.25, 0, 0.6, 0.8], [1.8, 0, 0.75, 0, 0.4]],
    ),
    Case(
        "StringLookup", {"vocabulary": ABCD, "invert": True}, np.array([[1, 3, 4], [4, 0, 9]]),
        [["a", "c", "d"], ["d", "[UNK]", "[UNK]"]], vocabulary=["[UNK]", *ABCD],
    ),
    Case(
        "StringLookup", {"vocabulary": ABCD, "invert": True, "mask_token": "-"}, np.array([[2, 0, 1]]),
        [["a", "-", "[UNK]"]], vocabulary=["-", "[UNK]", *ABCD],
    ),
]  # fmt: skip

FOUR, IDS = [12, 36, 1138, 42], np.array([[12, 1138, 42], [42, 1000, 36]])
IDS_TWICE = np.array([[12, 1138, 42, 42], [42, 7, 36, 7]])
SPREAD = np.array([100, 300, 700, 1100, 1700, 2000])
CASES += [
    Case("IntegerLookup", {"vocabulary": FOUR}, IDS, [[1, 3, 4], [4, 0, 2]], vocabulary=[-1, *FOUR]),
    Case("IntegerLookup", {}, IDS, [[5, 2, 1], [1, 3, 4]], IDS, [-1, 42, 1138, 1000, 36, 12]),
    Case("IntegerLookup", {"vocabulary": FOUR, "num_oov_indices": 2}, [[12, 1138, 42], [37, 1000, 36]],
         [[2, 4, 5], [1, 0, 3]]),
    Case("IntegerLookup", {"vocabulary": [10, 20, 30], "num_oov_indices": 4}, SPREAD, [0] * 6),
    Case("IntegerLookup", {"vocabulary": [10, 20, 30], "num_oov_indices": 4, "oov_method": "farmhash"}, SPREAD,
         [3, 3, 2, 2, 0, 1]),
    Case("IntegerLookup", {"vocabulary": FOUR, "mask_token": 0}, [[12, 0, 7]], [[2, 0, 1]],
         vocabulary=[0, -1, *FOUR]),
    Case("IntegerLookup", {"vocabulary": FOUR, "output_mode": "one_hot"}, [12, 36, 1138, 42, 7],
         np.eye(5)[[1, 2, 3, 4, 0]]),
    Case("IntegerLookup", {"vocabulary": FOUR, "output_mode": "multi_hot"}, IDS_TWICE,
         [[0, 1, 0, 1, 1], [1, 0, 1, 0, 1]]),
    Case("IntegerLookup", {"vocabulary": FOUR, "output_mode": "count"}, IDS_TWICE, [[0, 1, 0, 1, 2], [2, 0, 1, 0, 1]]),
    Case("IntegerLookup", {"vocabulary": FOUR, "output_mode": "tf_idf", "idf_weights": [0.25, 0.75, 0.6, 0.4]},
         IDS_TWICE, [[0, 0.25, 0, 0.6, 0.8], [1.0, 0, 0.75, 0, 0.4]]),
    Case("IntegerLookup", {"vocabulary": FOUR, "invert": True}, np.array([[1, 3, 4], [4, 0, 2]]),
         [[12, 1138, 42], [42, -1, 36]]),
    Case("IntegerLookup", {"vocabulary": [3, 10**12]}, np.array([10**12, 3, 10**12 + 1]), [2, 1, 0]),
]  # fmt: skip

FOO = ["foo bar", "bar baz", "baz bada boom"]
EARTH = ["earth", "wind", "and", "fire"]
LONG = [["earth wind and fire"], ["fire and earth michigan"]]
CASES += [
    Case("TextVectorization", {"max_tokens": 5000, "output_sequence_length": 4}, [["foo qux bar"], ["qux baz"]],
         [[4, 1, 3, 0], [1, 2, 0, 0]], FOO, ["", "[UNK]", "baz", "bar", "foo", "boom", "bada"]),
    Case("TextVectorization", {"vocabulary": EARTH}, LONG, [[2, 3, 4, 5], [5, 4, 2, 1]],
         vocabulary=["", "[UNK]", *EARTH]),
    Case("TextVectorization", {"vocabulary": EARTH, "output_sequence_length": 2}, ["Earth, wind!", "fire"],
         [[2, 3], [5, 0]]),
    Case("TextVectorization", {"vocabulary": ["", "[UNK]", *EARTH], "standardize": "lower"}, ["EARTH wind!"],
         [[2, 1]]),
    Case("TextVectorization", {"vocabulary": EARTH, "standardize": "strip_punctuation"}, ["Earth [wind]~"], [[1, 3]]),
    Case("TextVectorization", {"vocabulary": ["Earth!"], "standardize": None}, ["Earth! earth"], [[2, 1]]),
    Case("TextVectorization", {"vocabulary": EARTH, "output_mode": "multi_hot"}, LONG,
         [[0, 1, 1, 1, 1], [1, 1, 0, 1, 1]], vocabulary=["[UNK]", *EARTH]),
    Case("TextVectorization", {"vocabulary": EARTH, "output_mode": "count", "max_tokens": 6,
                               "pad_to_max_tokens": True}, ["fire fire sea", ""],
         [[1, 0, 0, 0, 2, 0], [0] * 6]),
    Case("TextVectorization", {"vocabulary": EARTH, "output_mode": "tf_idf", "idf_weights": [0.4, 0.2, 0.3, 0.1]},
         ["earth wind earth", "michigan"], [[0, 0.8, 0.2, 0, 0], [0.25, 0, 0, 0, 0]]),
    Case("TextVectorization", {"vocabulary": ["a", "b", "a b", "b c"], "ngrams": 2}, ["a b c"], [[2, 3, 1, 4, 5]]),
    Case("TextVectorization", {"vocabulary": ["a b", "a b c"], "ngrams": (2, 3)}, ["a b c", "a"],
         [[2, 1, 3], [0, 0, 0]]),
    Case("TextVectorization", {"vocabulary": ["a", "b", " "], "split": "character"}, ["ab a", "b"],
         [[2, 3, 4, 2], [3, 0, 0, 0]]),
    Case("TextVectorization", {"vocabulary": EARTH, "split": None}, [["earth", "fire"], ["sea", "wind"]],
         [[2, 5], [1, 3]]),
    Case("TextVectorization", {"vocabulary": EARTH, "split": None, "output_sequence_length": 3},
         [["earth", "fire"], ["sea", "wind"]], [[2, 5, 0], [1, 3, 0]]),
    # Other scripts: letters and spaces beyond ASCII stay as they are, in Keras too.
    Case("TextVectorization", {"vocabulary": ["É", "é", "東京"]}, ["É é 東京。 東京!"], [[2, 3, 1, 4]]),
    Case("TextVectorization", {"vocabulary": ["a\u3000b"]}, ["A\u3000b c"], [[2, 1]]),
]  # fmt: skip
FINE = [each for each in CASES if not isinstance(each.wanted, ValueError)]


def same(actual: Any, wanted: Any) -> bool:
    actual, wanted = np.asarray(actual), np.asarray(wanted)
    if actual.shape != wanted.shape:
        return False
    return bool((actual == wanted).all()) if wanted.dtype.kind in "OUi" else np.allclose(actual, wanted, rtol=1e-6)


@pytest.mark.parametrize("row", CASES, ids=str)
def test_results_are_those_that_keras_documents(row: Case) -> None:
    if isinstance(row.wanted, ValueError):
        with pytest.raises(ValueError, match=str(row.wanted)):
            row.layer()
        return
    layer = row.layer()
    result = layer(row.inputs)
    assert same(result, row.wanted), result
    if row.vocabulary:
        assert layer.get_vocabulary() == row.vocabulary
        assert layer.vocabulary_size() == len(row.vocabulary)
        specials = len(row.vocabulary) - len(layer.get_vocabulary(include_special_tokens=False))
        assert layer.get_vocabulary(include_special_tokens=False) == row.vocabulary[specials:]


def arrays_of(inputs: Any) -> list[np.ndarray]:
    return inputs if isinstance(inputs, list) and isinstance(inputs[0], np.ndarray) else [np.asarray(inputs)]


def symbols_of(inputs: Any, batch: int | None) -> Any:
    made = [
        tsuno.KerasTensor((batch, *x.shape[1:]), "string" if x.dtype.kind in "OU" else str(x.dtype))
        for x in arrays_of(inputs)
    ]
    return made if len(made) > 1 else made[0]


@pytest.mark.parametrize("row", FINE, ids=str)
def test_shapes_and_dtypes_are_known_before_data_comes(row: Case) -> None:
    layer = row.layer()
    real = layer(row.inputs)
    dtype = "string" if real.dtype.kind in "OU" else str(real.dtype)
    words = row.name == "TextVectorization" and real.dtype.kind == "i" and row.kwargs.get("split") is not None
    words = words or (row.name == "TextVectorization" and "split" not in row.kwargs and real.dtype.kind == "i")
    for batch in (len(arrays_of(row.inputs)[0]), None):
        symbol = layer(symbols_of(row.inputs, batch))
        one_sample = row.kwargs.get("output_mode") in ("multi_hot", "count", "tf_idf") and np.ndim(row.inputs) == 1
        rest = list(real.shape[1:])
        if words:  # as many as the longest text has
            rest[-1] = row.kwargs.get("output_sequence_length")
        wanted = real.shape if one_sample and row.name != "TextVectorization" else (batch, *rest)
        assert (symbol.shape, symbol.dtype) == (wanted, dtype)
    if row.name != "HashedCrossing":
        assert layer.compute_output_shape((None, *arrays_of(row.inputs)[0].shape[1:])) == symbol.shape


@pytest.mark.parametrize("row", FINE, ids=str)
def test_configuration_and_files_make_an_equal_layer(row: Case, tmp_path: Path) -> None:
    layer = row.layer()
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    if hasattr(layer, "save_assets"):
        store: dict[str, Any] = {}
        layer.save_own_variables(store)
        layer.save_assets(tmp_path)
        assert (tmp_path / "vocabulary.txt").exists() == ("vocabulary" not in row.kwargs)
        again.load_own_variables(store)
        again.load_assets(tmp_path)
        assert again.get_vocabulary() == layer.get_vocabulary()
    assert same(again(row.inputs), row.wanted)
    assert json.loads(json.dumps(again.get_config())) == config


LOOKUP = {
    "name", "trainable", "dtype", "invert", "max_tokens", "num_oov_indices", "oov_token", "mask_token", "output_mode",
    "sparse", "pad_to_max_tokens", "idf_weights", "vocabulary", "vocabulary_size", "oov_method", "salt",
}  # fmt: skip
KEYS = {
    "StringLookup": LOOKUP | {"encoding"},
    "IntegerLookup": LOOKUP | {"vocabulary_dtype"},
    "TextVectorization": {
        "name", "trainable", "dtype", "max_tokens", "standardize", "split", "ngrams", "output_mode",
        "output_sequence_length", "pad_to_max_tokens", "sparse", "ragged", "vocabulary", "idf_weights", "encoding",
        "vocabulary_size",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_configurations_have_the_keys_that_keras_reads(name: str) -> None:
    layer = getattr(layers, name)()
    assert set(layer.get_config()) == KEYS[name]
    assert not layer.weights and not layer.variables


@pytest.mark.parametrize("row", [row for row in FINE if np.ndim(row.wanted) == 2], ids=str)
def test_a_batch_is_what_its_samples_are(row: Case) -> None:
    layer, inputs = row.layer(), arrays_of(row.inputs)
    for i in range(len(inputs[0])):
        one = [x[i : i + 1] for x in inputs]
        result = np.asarray(layer(one if len(one) > 1 else one[0]))
        wanted = np.asarray(row.wanted)[i : i + 1]
        assert same(result, wanted[:, : result.shape[1]]) and not (wanted[:, result.shape[1] :] != 0).any()


@pytest.mark.parametrize("row", [row for row in FINE if row.name == "IntegerLookup"], ids=str)
def test_integers_are_looked_up_on_the_device_too(row: Case) -> None:
    layer = row.layer()
    inputs = np.asarray(row.inputs)
    if inputs.max() < 2**31:
        assert same(jax.jit(layer)(inputs), row.wanted)
        assert same(layer(jax.numpy.asarray(inputs)), row.wanted)


FORMS: dict[str, Callable[[list[str]], Any]] = {
    "list": list,
    "tuple": tuple,
    "U": np.array,
    "object": lambda x: np.array(x, object),
    "bytes": lambda x: np.char.encode(np.array(x), "utf-8"),
    "list of bytes": lambda x: [item.encode() for item in x],
    "Series": pd.Series,
    "categorical": lambda x: pd.Series(x, dtype="category"),
    "string dtype": lambda x: pd.Series(x, dtype="string"),
    "frame": lambda x: pd.DataFrame({"text": x}),
    "StringDType": lambda x: np.array(x, np.dtypes.StringDType()),
}


@pytest.mark.parametrize("form", FORMS)
def test_text_comes_in_any_form(form: str) -> None:
    texts = ["猫 cat", "犬 dog", "猫 dog", "é"]
    given = FORMS[form](texts)
    column = [[i] for i in (3, 1, 3, 0)] if form == "frame" else [3, 1, 3, 0]
    lookup = layers.StringLookup(vocabulary=["犬 dog", "z", "猫 cat"])
    assert same(lookup(FORMS[form](["猫 cat", "犬 dog", "猫 cat", "é"])), column)
    hashed = layers.Hashing(1000)(texts)
    assert same(layers.Hashing(1000)(given).reshape(-1), hashed)
    for feed in (given, iter([given]), [given] if form == "frame" else given):
        if isinstance(feed, list) and form == "frame":
            continue
        vectorizer = layers.TextVectorization()
        vectorizer.adapt(feed)
        assert vectorizer.get_vocabulary() == ["", "[UNK]", "猫", "dog", "犬", "é", "cat"]
        assert same(vectorizer(given), [[2, 6], [4, 3], [2, 3], [5, 0]])


def test_a_lone_string_is_one_sample() -> None:
    assert layers.Hashing(3)("A") == 1
    assert layers.StringLookup(vocabulary=["A"])("A") == 1
    assert layers.TextVectorization(vocabulary=["a", "b"])("b a").tolist() == [3, 2]


def test_adapting_to_batches_by_number() -> None:
    class Words(tsuno.utils.PyDataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> list[str]:
            return ["a", "a", "b"] if index < 2 else ["c"] * 9

    layer = layers.StringLookup()
    layer.adapt(Words(), steps=2)
    assert layer.get_vocabulary() == ["[UNK]", "a", "b"]
    layer.adapt(Words())
    assert layer.get_vocabulary() == ["[UNK]", "c", "a", "b"]


def test_each_adapting_begins_anew() -> None:
    layer = layers.StringLookup()
    layer.adapt(["a", "a", "b"])
    layer.adapt(iter([["c", "b"], ["c"], ["d"]]), steps=2)
    assert layer.get_vocabulary() == ["[UNK]", "c", "b"]
    layer.update_state(["x"])
    layer.update_state(["y", "y"])
    layer.finalize_state()
    assert layer.get_vocabulary() == ["[UNK]", "y", "x"]
    layer.update_state(["q"])
    layer.reset_state()
    layer.finalize_state()
    assert layer.get_vocabulary() == ["[UNK]", "y", "x"]
    layer.set_vocabulary(["n"])
    assert layer(["n", "y"]).tolist() == [1, 0]


def test_adapted_weights_follow_the_documents() -> None:
    """log(1 + documents / (1 + documents with the token)), the mean for what is not in the vocabulary."""
    layer = layers.TextVectorization(output_mode="tf_idf", max_tokens=6, pad_to_max_tokens=True)
    layer.adapt(["a b", "b c b", "b"])
    assert layer.get_vocabulary() == ["[UNK]", "b", "c", "a"]
    weights = np.log(1 + 3 / (1 + np.array([3, 1, 1])))
    assert np.allclose(
        layer(["b z z", "a"]), [[2 * weights.mean(), weights[0], 0, 0, 0, 0], [0, 0, 0, weights[2], 0, 0]]
    )
    rows = layers.IntegerLookup(output_mode="tf_idf")
    rows.adapt(np.array([[1, 2], [2, 2]]))
    assert np.allclose(rows([[2, 1]]), [[0, np.log(1 + 2 / 3), np.log(2)]])


@pytest.fixture(scope="module")
def prose() -> list[str]:
    """Lines of licences, or of this file where there are none."""
    folder = Path("/usr/share/common-licenses")
    found = [folder / name for name in ("GPL-3", "Apache-2.0", "MPL-2.0")]
    texts = [path.read_text("utf-8") for path in found if path.exists()] or [Path(__file__).read_text("utf-8")]
    return [line for text in texts for line in text.split("\n") if line.strip()]


def test_words_are_counted_as_sklearn_counts_them(prose: list[str]) -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    def words(text: str) -> list[str]:
        return text.translate(str.maketrans("", "", string.punctuation)).split()

    layer = layers.TextVectorization(output_mode="count", ngrams=2)
    layer.adapt(prose)
    theirs = CountVectorizer(tokenizer=words, token_pattern=None, ngram_range=(1, 2)).fit(prose)
    tokens = layer.get_vocabulary(include_special_tokens=False)
    assert set(tokens) == set(theirs.vocabulary_)
    counts = theirs.transform(prose)
    total = np.asarray(counts.sum(axis=0))[0][[theirs.vocabulary_[token] for token in tokens]]
    order = sorted(range(len(tokens)), key=lambda i: (total[i], tokens[i]), reverse=True)
    assert order == list(range(len(tokens)))
    some = prose[:64]
    wanted = theirs.transform(some).toarray()[:, [theirs.vocabulary_[token] for token in tokens]]
    assert same(layer(some)[:, 1:], wanted.astype("float32")) and not np.asarray(layer(some))[:, 0].any()

    weighted = layers.TextVectorization(output_mode="tf_idf", ngrams=2)
    weighted.adapt(prose[i : i + 100] for i in range(0, len(prose), 100))
    assert weighted.get_vocabulary() == layer.get_vocabulary()
    holding = np.asarray((counts > 0).sum(axis=0))[0][[theirs.vocabulary_[token] for token in tokens]]
    idf = np.log(1 + len(prose) / (1 + holding))
    assert np.allclose(np.asarray(weighted(some))[:, 1:], wanted * idf, rtol=1e-5)


def test_places_lead_back_to_the_words(prose: list[str]) -> None:
    layer = layers.TextVectorization()
    layer.adapt(prose)
    places = np.asarray(layer(prose))
    back = layers.StringLookup(vocabulary=layer.get_vocabulary(), mask_token="", invert=True)
    lines = [" ".join(row).rstrip() for row in back(places)]
    plain = [
        re.sub(r"\s+", " ", "".join(c for c in line.lower() if c not in string.punctuation)).strip() for line in prose
    ]
    assert lines == plain
    sizes = Counter(len(line.split()) for line in plain)
    assert places.shape[1] == max(sizes)


def words_of(texts: np.ndarray) -> list[list[str]]:
    """Runs of kanji, of kana, of letters."""
    return [re.findall(r"[\u4e00-\u9fff]+|[\u3040-\u30ff]+|[A-Za-z]+", text) for text in texts]


def test_japanese() -> None:
    readme = Path(__file__).parents[1] / "README.ja.md"
    lines = [line for line in readme.read_text("utf-8").split("\n") if line.strip()]
    characters = layers.TextVectorization(split="character", standardize=None)
    characters.adapt(lines)
    counts = Counter("".join(lines))
    assert characters.get_vocabulary()[2] == max(counts, key=lambda c: (counts[c], c))
    assert set(characters.get_vocabulary()[2:]) == set(counts)
    places = np.asarray(characters(lines))
    assert ["".join(characters.get_vocabulary()[i] for i in row) for row in places] == lines
    words = layers.TextVectorization(split=words_of, standardize=None, ngrams=2, output_mode="count")
    words.adapt(lines)
    found = words_of(np.array(lines))
    assert (np.asarray(words(lines)).sum(axis=1) == [max(2 * len(row) - 1, 0) for row in found]).all()
    assert "の" in words.get_vocabulary()
    hashed = layers.Hashing(64, salt=[1, 2])(np.array(lines))
    assert len(set(hashed.tolist())) > 10


def shout(texts: np.ndarray) -> np.ndarray:
    return np.char.upper(texts)


def test_functions_get_arrays_of_strings_and_are_saved_by_name() -> None:
    tsuno.saving.register_keras_serializable("tests")(shout)
    tsuno.saving.register_keras_serializable("tests")(words_of)
    layer = layers.TextVectorization(standardize=shout, split=words_of, vocabulary=["A", "B"])
    again = layers.TextVectorization.from_config(json.loads(json.dumps(layer.get_config())))
    for each in (layer, again):
        assert each([["a-b"], ["c b"]]).tolist() == [[2, 3], [1, 3]]


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_vocabularies_are_read_from_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(
        "\r\n".join(["東京", "b c", "\u2028", "d"]).replace("\r\n", ending or "\n").encode() + ending.encode()
    )
    for layer in (layers.StringLookup(vocabulary=str(path)), layers.StringLookup()):
        if layer.get_vocabulary() == ["[UNK]"]:
            layer.set_vocabulary(path)
        assert layer.get_vocabulary() == ["[UNK]", "東京", "b c", "\u2028", "d"]
        assert layer(["d", "東京"]).tolist() == [4, 1]
        assert layer.get_config()["vocabulary"] is None
    text = layers.TextVectorization(vocabulary=str(path))
    assert text(["東京 d"]).tolist() == [[2, 5]]
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("5\n-3\n")
    assert layers.IntegerLookup(vocabulary=str(numbers))([-3, 5, 1]).tolist() == [2, 1, 0]
    with pytest.raises(ValueError, match="does not exist"):
        layers.StringLookup(vocabulary=str(tmp_path / "nothing.txt"))


def test_the_number_of_tokens_is_unknown_before_text_comes() -> None:
    inputs = tsuno.Input((1,), dtype="string")
    for kwargs in ({}, {"split": lambda texts: [text.split(",") for text in texts]}, {"ngrams": (5,)}):
        layer = layers.TextVectorization(vocabulary=["a"], **kwargs)
        assert layer(inputs).shape == layer.compute_output_shape((None, 1)) == (None, None)
    assert layers.TextVectorization(vocabulary=["a"], split=None)(tsuno.Input((3,), dtype="string")).shape == (None, 3)


def test_text_layers_in_models() -> None:
    texts = np.array([["a b a"], ["c"]])
    layer = layers.TextVectorization(output_mode="count", vocabulary=["a", "b"])
    inputs = tsuno.Input((1,), dtype="string")
    dense = layers.Dense(2)
    model = tsuno.Model(inputs, dense(layer(inputs)))
    assert model.output_shape == (None, 2)
    assert np.allclose(model(texts), dense(np.array([[0, 2, 1], [1, 0, 0]], "float32")))
    sequential = tsuno.Sequential([tsuno.Input((1,), dtype="string"), layers.Hashing(5), layers.Embedding(5, 3)])
    assert sequential(texts).shape == (2, 1, 3)
    copy = type(model).from_config(json.loads(json.dumps(model.get_config())))
    copy.set_weights(model.get_weights())
    assert np.allclose(copy(texts), model(texts))


def test_a_graph_keeps_the_size_that_it_was_made_for() -> None:
    layer = layers.StringLookup(output_mode="multi_hot")
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        layer(tsuno.Input((2,), dtype="string"))
    layer.adapt(["a", "b"])
    layer(tsuno.Input((2,), dtype="string"))
    with pytest.raises(RuntimeError, match="cannot change to 4"):
        layer.adapt(["a", "b", "c"])
    # A file's configuration names the size; the words come later.
    again = layers.StringLookup.from_config(layer.get_config())
    assert again(tsuno.Input((2,), dtype="string")).shape == (None, 3)


ERRORS: list[tuple[str, Callable[[], Any]]] = [
    ("missing", lambda: layers.StringLookup(vocabulary=["a"])(pd.Series(["a", None]))),
    ("equal lengths", lambda: layers.Hashing(3)([["a", "b"], ["c"]])),
    ("more than once", lambda: layers.StringLookup(vocabulary=["a", "b", "a"])),
    ("at least one", lambda: layers.StringLookup(vocabulary=[])),
    ("max_tokens is 2", lambda: layers.StringLookup(max_tokens=2, vocabulary=["a", "b"])),
    ("greater than 1", lambda: layers.StringLookup(max_tokens=1)),
    ("needs `max_tokens`", lambda: layers.StringLookup(pad_to_max_tokens=True, output_mode="count")),
    ("output_mode must be 'int'", lambda: layers.StringLookup(invert=True, output_mode="count")),
    ("one of 'int'", lambda: layers.StringLookup(output_mode="counts")),
    ("needs `idf_weights`", lambda: layers.StringLookup(output_mode="tf_idf", vocabulary=["a"])),
    ("2 numbers", lambda: layers.StringLookup(output_mode="tf_idf", vocabulary=["a", "b"], idf_weights=[1.0])),
    ("output_mode='tf_idf' only", lambda: layers.StringLookup(vocabulary=["a"], idf_weights=[1.0])),
    ("not in its vocabulary: \\['q'\\]", lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["q"])),
    ("cannot be adapted", lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"])),
    ("a list of integers", lambda: layers.IntegerLookup(vocabulary=["a"])),
    ("integers", lambda: layers.IntegerLookup(vocabulary=[1])([0.5])),
    ("are not opened", lambda: layers.StringLookup.from_config({"vocabulary": "/etc/passwd"})),
    ("are not opened", lambda: layers.TextVectorization.from_config({"vocabulary": "/etc/passwd"})),
    ("goes with oov_method='farmhash'", lambda: layers.IntegerLookup(salt=3)),
    ("an integer, or a list of two", lambda: layers.Hashing(3, salt=[1, 2, 3])),
    ("'int32' or 'int64'", lambda: layers.Hashing(3, dtype="float32")),
    ("two columns", lambda: layers.HashedCrossing(3)([np.array(["a"])])),
    ("one shape", lambda: layers.HashedCrossing(3)([np.array(["a"]), np.array([1, 2])])),
    ("strings or integers", lambda: layers.HashedCrossing(3)([np.array(["a"]), np.array([1.5])])),
    ("Did you mean 'lower'", lambda: layers.TextVectorization(standardize="lowr")),
    ("whitespace", lambda: layers.TextVectorization(split=" ")),
    ("positive integer", lambda: layers.TextVectorization(ngrams=(1, 0))),
    ("'int' only", lambda: layers.TextVectorization(output_mode="count", output_sequence_length=3)),
    ("dense results only", lambda: layers.TextVectorization(ragged=True)),
    ("last axis of size 1", lambda: layers.TextVectorization()([["a", "b"]])),
    ("cannot be part of a compiled function", lambda: jax.jit(layers.Hashing(2**24))(np.arange(3))),
    ("both `mean` and `variance`", lambda: layers.Normalization(mean=1.0)),
    ("same shape", lambda: layers.Normalization(mean=1.0, variance=[1.0])),
    ("must be known", lambda: layers.Normalization(axis=0)(tsuno.Input((3,)))),
    ("nothing to adapt", lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(np.ones((2, 3)))),
    ("was built for inputs", lambda: adapted("Normalization", np.ones((2, 3))).adapt(np.ones((2, 4)))),
    ("no batches", lambda: layers.Normalization().adapt(iter([]))),
    ("either `bin_boundaries`", lambda: layers.Discretization()),
    ("nothing to adapt", lambda: layers.Discretization([0.0]).adapt(np.ones(3))),
    ("no boundaries yet", lambda: layers.Discretization(num_bins=3)(np.ones(3))),
    ("number of categories", lambda: layers.CategoryEncoding()),
    ("only with output_mode='count'", lambda: layers.CategoryEncoding(3)([[1]], count_weights=[[1.0]])),
]


@pytest.mark.parametrize(("words", "make"), ERRORS, ids=[words for words, _ in ERRORS])
def test_errors_say_what_is_wrong(words: str, make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match=words):
        make()


# ---------------------------------------------------------------------- hash functions

FINGERPRINTS = {
    0: 0x9AE16A3B2F90404F,
    1: 0xBE6056EDF5E94B54,
    3: 0x6CC1A093E8224428,
    4: 0x05112B9E6277F665,
    7: 0x0F95C16A7544A65B,
    8: 0xDC480BBCE8C737A7,
    16: 0xFBB2740319962D9B,
    17: 0xA55B9970B7B70074,
    32: 0x0A9D86AA8D37DA5C,
    33: 0xFB43F626C43B2047,
    64: 0xE0446DD71A78F98A,
    65: 0x184A25714B2CE96B,
    128: 0xA7B5B6228208C47B,
    129: 0xECB25D796437D25B,
    300: 0x8C2CA66606A47410,
}
"""Of the bytes 0, 7, 14, … (modulo 256), by Google's own code (pyfarmhash 0.5)."""

SIPHASHES = {0: 0x726FDB47DD0E0E31, 1: 0x74F839C593DC67FD, 8: 0x93F5F5799A932462, 15: 0xA129CA6149BE45E5}
"""Of the bytes 0, 1, 2, …, with the key 00 01 … 0f: vectors of the authors."""


def test_hashes_are_the_published_ones() -> None:
    for size, wanted in FINGERPRINTS.items():
        assert fingerprint64(bytes(i * 7 % 256 for i in range(size))) == wanted
    # Examples in the documentation of BigQuery, which has the same function.
    for text, signed in ((b"1footrue", -1541654101129638711), (b"3true", -4880158226897771312)):
        assert fingerprint64(text) == signed % 2**64
    for size, wanted in SIPHASHES.items():
        assert siphash24(0x0706050403020100, 0x0F0E0D0C0B0A0908, bytes(range(size))) == wanted


def test_integers_are_hashed_in_compiled_programs_as_on_the_host() -> None:
    edges = [0, 1, -1, 9, 10, -9, -10, 99, 100, 9999999, 10**7, -999999, -(10**6), -(10**7), 2**31 - 1, -(2**31)]
    x = np.concatenate([edges, rng.integers(-(2**31), 2**31, 200), rng.integers(-2000, 2000, 200)]).astype("int32")
    y = rng.permutation(x)
    made = [
        layers.Hashing(2**24 - 1), layers.Hashing(3), layers.Hashing(1000, salt=[133, -137]),
        layers.Hashing(50, mask_value=9, output_mode="one_hot"),
        layers.IntegerLookup(vocabulary=[9, 10], num_oov_indices=77, oov_method="farmhash", salt=5),
    ]  # fmt: skip
    crossing = layers.HashedCrossing(977)
    compiled = jax.jit(lambda x, y: ([layer(x) for layer in made], crossing([x, y])))(x, y)
    for layer, result in zip(made, compiled[0], strict=True):
        wanted = layer(x)
        assert result.dtype == wanted.dtype and np.array_equal(result, wanted)
    assert np.array_equal(compiled[1], crossing([x, y]))


def test_only_text_and_many_bins_need_the_host() -> None:
    numbers, text = tsuno.Input((1,), dtype="int32"), tsuno.Input((1,), dtype="string")
    floats = tsuno.Input((1,))
    for inputs, bins, on_host in ((numbers, 9, False), (text, 9, True), (numbers, 2**24, True), (floats, 9, True)):
        layer = layers.Hashing(bins)
        layer(inputs)
        assert layer.runs_on_host is on_host
    assert layers.StringLookup().runs_on_host and not layers.IntegerLookup().runs_on_host


# ---------------------------------------------------------------------- numbers


def adapted(name: str, data: Any, lib: Any = tsuno, steps: int | None = None, **kwargs: Any) -> Any:
    layer = getattr(lib.layers, name)(**kwargs)
    layer.adapt(data, **({} if steps is None else {"steps": steps}))
    return layer


def pieces(x: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (x[i : i + size] for i in range(0, len(x), size))


@pytest.mark.parametrize(("axis", "shape"), [(-1, (50, 3)), (None, (50, 3)), ((1, 2), (20, 3, 4)), (1, (20, 3, 4))])
def test_normalization_finds_what_keras_finds(axis: Any, shape: tuple[int, ...]) -> None:
    data = rng.normal(5, 3, shape).astype("float32")
    theirs = adapted("Normalization", data, keras, axis=axis)
    wanted = np.asarray(theirs(data[:7]))
    for feed in (data, list(pieces(data, 7)), pieces(data, 9), ((x, 0) for x in pieces(data, 9))):
        layer = adapted("Normalization", rng.normal(size=shape), axis=axis)
        layer.adapt(feed)
        assert np.allclose(layer(data[:7]), wanted, atol=1e-5)
        for mine, their in zip(layer.get_weights(), theirs.get_weights(), strict=True):
            assert mine.dtype == their.dtype and np.allclose(mine, their, rtol=1e-5)
    assert np.allclose(jax.jit(layer)(data[:7]), wanted, atol=1e-5)
    back = layers.Normalization(axis=axis, invert=True)
    back.adapt(data)
    assert np.allclose(back(layer(data)), data, atol=1e-4)
    again = layers.Normalization.from_config(json.loads(json.dumps(layer.get_config())))
    again.build_from_config(json.loads(json.dumps(layer.get_build_config())))
    again.set_weights(layer.get_weights())
    assert np.array_equal(again(data), layer(data))


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "Spectrogram" not in row.name and row.inputs[0].ndim > 1], ids=str
)
def test_numbers_in_a_batch_do_not_touch_each_other(row: Row) -> None:
    layer = getattr(layers, row.name)(**row.kwargs)
    whole = np.asarray(layer(*row.inputs, **row.call))
    for i in range(len(whole)):
        inputs, call = jax.tree.map(lambda x: x[i : i + 1], (row.inputs, row.call))  # noqa: B023
        assert np.allclose(layer(*inputs, **call), whole[i : i + 1], rtol=1e-6, atol=1e-6)


def test_normalization_is_exact_far_from_zero() -> None:
    data = 1e6 + rng.normal(0, 1, (4000, 2))
    layer = adapted("Normalization", pieces(data, 37))
    assert np.allclose(layer.get_weights()[1], data.var(axis=0), rtol=1e-5)
    assert adapted("Normalization", [1.0, 3.0], axis=None)(np.array([4.0], "float32")).tolist() == [2.0]
    frame = pd.DataFrame({"a": [1.0, 3.0], "b": [2.0, 2.0]})
    assert adapted("Normalization", frame)(frame.to_numpy()).tolist() == [[-1.0, 0.0], [1.0, 0.0]]


@pytest.mark.parametrize(("size", "bins", "epsilon"), [(7, 3, 0.01), (500, 10, 0.01), (2000, 7, 0.05), (333, 32, 0.1)])
def test_discretization_finds_what_keras_finds(size: int, bins: int, epsilon: float) -> None:
    data = rng.gamma(2, 1, (size, 2)).astype("float32")
    options = {"num_bins": bins, "epsilon": epsilon}
    for feed in (lambda: data, lambda: pieces(data, 60), lambda: list(pieces(data, 100))):
        mine, theirs = adapted("Discretization", feed(), **options), keras.layers.Discretization(**options)
        for batch in [data] if feed() is data else feed():  # all of its `adapt` that needs no TensorFlow
            theirs.update_state(batch)
        theirs.finalize_state()
        assert mine.bin_boundaries == theirs.bin_boundaries
        assert np.array_equal(mine(data), theirs(data))
        assert mine.get_config() | {"name": 0} == theirs.get_config() | {"name": 0}
    mine.adapt(data + 1)
    assert mine.bin_boundaries == adapted("Discretization", data + 1, **options).bin_boundaries
    again = layers.Discretization.from_config(json.loads(json.dumps(mine.get_config())))
    assert np.array_equal(again(data), mine(data)) and np.array_equal(jax.jit(again)(data), mine(data))
    capped = adapted("Discretization", pieces(data, 20), steps=2, **options)
    assert capped.bin_boundaries == adapted("Discretization", pieces(data[:40], 20), **options).bin_boundaries


def test_angles_are_those_of_keras() -> None:
    signals = rng.normal(size=(2, 70, 2)).astype("float32")
    mine, theirs = (
        lib.layers.STFTSpectrogram("angle", frame_length=16, frame_step=8)(signals) for lib in (tsuno, keras)
    )
    assert np.allclose(np.cos(mine), np.cos(theirs), atol=1e-4)  # of small numbers the angle is not known well
    real = np.asarray(layers.STFTSpectrogram("real", frame_length=16, frame_step=8)(signals))
    clear = np.abs(real) > 1e-3  # the angles of numbers that are nearly 0, or real, may turn around
    assert np.allclose(np.sin(mine)[clear], np.sin(theirs)[clear], atol=1e-4)


def test_mel_magnitudes_are_those_of_keras() -> None:
    signals = rng.normal(size=(2, 900)).astype("float32")
    options = {"fft_length": 128, "sequence_stride": 50, "num_mel_bins": 9, "mag_exp": 1.0, "power_to_db": False}
    mine, theirs = (lib.layers.MelSpectrogram(**options) for lib in (tsuno, keras))
    assert np.allclose(mine(signals), theirs(signals), rtol=1e-5, atol=1e-5)
    matrix = (20, 65, 8000, 100.0, 3000.0)
    wanted = theirs.linear_to_mel_weight_matrix(*matrix)
    assert np.allclose(mine.linear_to_mel_weight_matrix(*matrix), wanted, atol=1e-4)  # their logarithms are less exact


def test_signals_of_unknown_length_have_unknown_frames() -> None:
    assert layers.MelSpectrogram()(tsuno.Input((None,))).shape == (None, 128, None)
    assert layers.MelSpectrogram().compute_output_shape((None,)) == (128, None)
    assert layers.MelSpectrogram().compute_output_shape((3, 16000)) == (3, 128, 32)
    signals = tsuno.Input((None, 2))
    assert layers.STFTSpectrogram()(signals).shape == (None, None, 258)
    assert layers.STFTSpectrogram(mode="stft", expand_dims=True)(signals).shape == (None, None, 258, 2)
    first = {"data_format": "channels_first", "padding": "same"}
    assert layers.STFTSpectrogram(**first)(tsuno.Input((2, None))).shape == (None, 258, None)
    assert layers.STFTSpectrogram(**first, expand_dims=True).compute_output_shape((4, 2, 999)) == (4, 2, 8, 129)


def test_empty_batches_go_through() -> None:
    assert layers.CategoryEncoding(3)(np.zeros((0, 2), "int32")).shape == (0, 3)
    assert layers.Discretization([0.0], output_mode="count")(np.zeros((0, 2), "float32")).shape == (0, 2)
    assert layers.IntegerLookup(vocabulary=[1])(np.zeros((0, 2), "int32")).shape == (0, 2)
    assert layers.StringLookup(vocabulary=["a"], output_mode="count")(np.zeros((0, 2), object)).shape == (0, 2)
    assert layers.TextVectorization(vocabulary=["a"])(np.zeros((0, 1), object)).shape == (0, 0)


# ---------------------------------------------------------------------- tables

Space = tsuno.utils.FeatureSpace
TABLE = {
    "size": [0.0, 0.1, 0.2, 0.3],
    "word": ["zero", "one", "two", "three"],
    "number": [0, 1, 2, 3],
    "code": ["a", "b", "c", "a"],
    "price": [1.0, 5.0, 2.0, 7.0],
}


def space(**kwargs: Any) -> Any:
    features = {
        "size": "float_normalized", "word": "string_categorical", "number": Space.integer_categorical(max_tokens=9),
        "code": Space.string_hashed(4), "price": Space.float_discretized(3),
    }  # fmt: skip
    crosses = [("word", "number"), Space.cross(("code", "number"), 5)]
    return Space(features, crosses=crosses, crossing_dim=8, **kwargs)


def test_a_table_becomes_one_vector_for_each_row() -> None:
    made = space()
    with pytest.raises(ValueError, match="must `adapt`"):
        made(TABLE)
    made.adapt(TABLE)
    result = np.asarray(made(TABLE))
    # In the order of names (code, number, price, size, word), then of crosses.
    parts = np.split(result, np.cumsum([4, 5, 3, 1, 5, 5]), axis=1)
    assert [part.shape[1] for part in parts] == [4, 5, 3, 1, 5, 5, 8]
    code, number, price, size, word, *crossed = parts
    assert (code.argmax(1) == np.asarray(layers.Hashing(4)(TABLE["code"]))).all()
    assert number.argmax(1).tolist() == [4, 3, 2, 1]
    assert price.argmax(1).tolist() == np.asarray(made.preprocessors["price"](np.array(TABLE["price"]))).tolist()
    assert np.allclose(size[:, 0], (np.array(TABLE["size"]) - 0.15) / np.std(TABLE["size"]), atol=1e-5)
    assert word.argmax(1).tolist() == [1, 4, 2, 3]
    for part, (left, right) in zip(crossed, [("code", "number"), ("word", "number")], strict=True):
        columns = [np.asarray(made.preprocessors[name](np.array(TABLE[name]))) for name in (left, right)]
        assert (part.argmax(1) == np.asarray(layers.HashedCrossing(part.shape[1])(columns))).all()
    assert (code.sum(1) == 1).all() and (crossed[0].sum(1) == 1).all()
    assert made.get_encoded_features().shape == (None, 31)
    row = {name: values[1] for name, values in TABLE.items()}
    assert np.allclose(made(row), result[1])
    with pytest.raises(ValueError, match="lacks the column 'word'"):
        made({"size": [1.0]})


def test_a_table_in_a_model_and_from_a_stream() -> None:
    made, streamed = space(), space()
    made.adapt(TABLE)
    rows = [{name: values[i] for name, values in TABLE.items()} for i in range(4)]
    streamed.adapt(iter(rows))
    assert np.allclose(made(TABLE), streamed(TABLE), atol=1e-6)
    dense = layers.Dense(1)
    model = tsuno.Model(made.get_inputs(), dense(made.get_encoded_features()))
    columns = {name: np.asarray(values) for name, values in TABLE.items()}
    assert np.allclose(model(columns), dense(made(TABLE)), atol=1e-5)


def test_a_table_becomes_a_dict_of_features() -> None:
    text = layers.TextVectorization(output_mode="tf_idf")
    features = {
        "plain": "float", "half": Space.float_rescaled(0.5, offset=1.0),
        "kind": Space.string_categorical(output_mode="int"), "id": Space.integer_hashed(7, output_mode="int"),
        "text": Space.feature("string", text, "float"),
    }  # fmt: skip
    made = Space(features, output_mode="dict", crosses=[Space.cross(("kind", "id"), 9, output_mode="int")])
    table = {"plain": [1.0, 2.0], "half": [2.0, 4.0], "kind": ["x", "y"], "id": [5, 6], "text": ["a b", "b"]}
    made.adapt([table] * 3)
    result = made(table)
    assert {name: (x.shape, x.dtype.kind) for name, x in result.items()} == {
        "plain": ((2, 1), "f"), "half": ((2, 1), "f"), "kind": ((2, 1), "i"), "id": ((2, 1), "i"),
        "text": ((2, 3), "f"), "kind_X_id": ((2, 1), "i"),
    }  # fmt: skip
    assert result["half"].tolist() == [[2.0], [3.0]] and result["kind"].tolist() == [[2], [1]]
    assert made({name: values[0] for name, values in table.items()})["plain"].tolist() == [1.0]
    with pytest.raises(ValueError, match="cannot be part of one vector"):
        Space({"id": Space.integer_hashed(7, output_mode="int")})({"id": [1]})
    with pytest.raises(ValueError, match="Did you mean 'float_normalized'"):
        Space({"x": "float_normalised"})


def test_a_feature_space_as_plain_data() -> None:
    made = space(output_mode="dict")
    config = json.loads(json.dumps(made.get_config()))
    again = Space.from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    assert set(config) == set(keras.utils.FeatureSpace.get_config(keras_space()))
    for each in (made, again):
        each.adapt(TABLE)
    for name, x in made(TABLE).items():
        assert np.array_equal(x, again(TABLE)[name])


def keras_space() -> Any:
    class Plain:
        features = crosses = output_mode = crossing_dim = hashing_dim = num_discretization_bins = None

    return Plain()
