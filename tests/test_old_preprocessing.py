"""Preprocessing of Keras 1 and 2: the same draws and the same numbers as Keras' own legacy modules, for the same seeds."""

import copy
import io
import itertools
import json
import pickle
import random
import shutil
import sys
import types
import warnings

import keras
import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras.src.legacy.preprocessing import image as keras_image
from keras.src.legacy.preprocessing import sequence as keras_sequence
from keras.src.legacy.preprocessing import text as keras_text
from PIL import Image

import tsuno
from tsuno.data.py_dataset import Numbered
from tsuno.legacy.preprocessing import image, iterators, sequence, text
from tsuno.preprocessing.image import smart_resize

pytestmark = [
    pytest.mark.filterwarnings("ignore:Please (use|import) `affine_transform`"),
    pytest.mark.filterwarnings("ignore:.*fork.*"),
    pytest.mark.filterwarnings("ignore:.*(overrides|sets|has no effect|been fit|channels)"),
]
RNG = np.random.default_rng(0)
PHOTOS = RNG.uniform(0, 255, (11, 8, 6, 3)).astype("float32")
LABELS = np.arange(11) % 3


def same(ours, theirs):
    """Equal to the bit, in structure, shape and dtype."""
    assert type(ours) is type(theirs) or not isinstance(theirs, (tuple, list, dict))
    if isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            same(mine, other)
    elif isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for key in theirs:
            same(ours[key], theirs[key])
    elif isinstance(theirs, np.ndarray):
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        np.testing.assert_array_equal(ours, theirs)
    else:
        assert ours == theirs


def both(make, seed=3):
    """What `make` gives for each of the two modules, from the same random states."""
    results = []
    for module in (image, keras_image):
        np.random.seed(seed)
        random.seed(seed)
        results.append((make(module), np.random.randint(10**9)))  # the number: as much was drawn
    (ours, after), (theirs, keras_after) = results
    same(ours, theirs)
    assert after == keras_after
    return ours


# ---------------------------------------------------------------------- text

TEXTS = ["The cat sat; the CAT ran!", "A dog's life", ["List", "of", "The"], "", "the\tend_of it"]
TOKENIZERS = [
    {},
    {"num_words": 4},
    {"num_words": 4, "oov_token": "<oov>"},
    {"oov_token": "the"},
    {"char_level": True},
    {"char_level": True, "lower": False, "num_words": 6, "oov_token": "?"},
    {"filters": "a", "split": "t", "lower": False},
    {"analyzer": lambda line: line.split("a")},
]


@pytest.mark.parametrize("options", TOKENIZERS, ids=lambda options: "-".join(options) or "plain")
def test_tokenizers(options):
    ours, theirs = text.Tokenizer(**options), keras_text.Tokenizer(**options)
    for tokenizer in (ours, theirs):
        tokenizer.fit_on_texts(TEXTS)
        tokenizer.fit_on_texts(TEXTS[:1])
        tokenizer.fit_on_sequences([[1, 2, 2], [3]])
    state = dict(theirs.__dict__)
    same(dict(ours.__dict__), state)
    assert list(ours.word_counts) == list(theirs.word_counts) and list(ours.word_index) == list(theirs.word_index)
    new = [*TEXTS, "cat zebra the", ["dog's", "none"]]
    sequences = ours.texts_to_sequences(new)
    same(sequences, theirs.texts_to_sequences(new))
    numbers = [*sequences, [1, 5, 999], [0]]
    same(ours.sequences_to_texts(numbers), theirs.sequences_to_texts(numbers))
    for mode in ("binary", "count", "freq", "tfidf"):
        np.testing.assert_allclose(ours.texts_to_matrix(new, mode), theirs.texts_to_matrix(new, mode), rtol=1e-14)
    read = text.tokenizer_from_json(theirs.to_json())
    assert json.loads(read.to_json()) == json.loads(theirs.to_json())
    again = keras_text.tokenizer_from_json(ours.to_json(indent=1))
    if "analyzer" not in options:
        same(read.texts_to_sequences(new), sequences)
        same(again.texts_to_sequences(new), sequences)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text("abc. -", max_size=4), st.booleans(), st.sampled_from([" ", "b", "--"]))
def test_words_and_their_hashes(line, filters, lower, split):
    options = (filters, lower, split)
    words = text.text_to_word_sequence(line, *options)
    assert words == keras_text.text_to_word_sequence(line, *options)
    assert text.hashing_trick(line, 7, "md5", *options) == keras_text.hashing_trick(line, 7, "md5", *options)
    assert text.hashing_trick(line, 7, len, *options) == [len(word) % 6 + 1 for word in words]
    assert text.one_hot(line, 50, *options) == keras_text.one_hot(line, 50, *options)
    assert text.one_hot(line, 50, analyzer=list) == keras_text.one_hot(line, 50, analyzer=list)


@pytest.mark.parametrize(
    "home", ["keras_preprocessing.text", "keras.preprocessing.text", "keras.src.preprocessing.text"]
)
def test_old_pickles(home, monkeypatch):
    """A pickle names the module of its age; there, under `tsuno run`, is our class."""
    module = types.ModuleType(home)
    old = type("Tokenizer", (keras_text.Tokenizer,), {"__module__": home})
    module.Tokenizer = old
    for name in (home.split(".")[0], home):
        monkeypatch.setitem(sys.modules, name, module)
    written = old(num_words=5, oov_token="?")
    written.fit_on_texts(TEXTS)
    file = pickle.dumps(written)
    module.Tokenizer = text.Tokenizer
    read = pickle.loads(file)
    assert type(read) is text.Tokenizer
    assert read.texts_to_sequences(TEXTS) == written.texts_to_sequences(TEXTS)
    # Keras 1: other names, and parts that were not there yet
    first = old.__new__(old)
    first.__dict__.update(nb_words=3, filters=".", split=" ", lower=True, char_level=False, document_count=1)
    first.__dict__.update(word_counts={"a": 2, "b": 1, "c": 1}, word_docs={"a": 1}, word_index={"a": 1, "b": 2, "c": 3})
    module.Tokenizer = old
    file = pickle.dumps(first)
    module.Tokenizer = text.Tokenizer
    read = pickle.loads(file)
    assert (read.num_words, read.oov_token, read.analyzer) == (3, None, None)
    assert read.texts_to_sequences(["c b a z"]) == [[2, 1]] and read.sequences_to_texts([[1, 2, 3]]) == ["a b"]
    assert pickle.loads(pickle.dumps(read)).__dict__ == read.__dict__


# ---------------------------------------------------------------------- sequences


@pytest.mark.parametrize("options", [
    {}, {"window_size": 1, "negative_samples": 0}, {"shuffle": False}, {"categorical": True, "seed": 5},
    {"sampling_table": np.linspace(0, 1, 10)}, {"negative_samples": 2.5, "categorical": True},
], ids=str)  # fmt: skip
def test_skipgrams(options):
    words = [1, 0, 5, 3, 9, 2, 2, 0, 7]
    results = []
    for module in (sequence, keras_sequence):
        random.seed(4)
        results.append((module.skipgrams(words, 10, **options), random.random()))
    assert results[0] == results[1] and results[0][0][0]


def test_sampling_table():
    same(sequence.make_sampling_table(50, 1e-3), keras_sequence.make_sampling_table(50, 1e-3))
    assert sequence.pad_sequences is tsuno.utils.pad_sequences is tsuno.preprocessing.sequence.pad_sequences


@pytest.mark.parametrize("series", [np.arange(60.0).reshape(20, 3), list(range(20))], ids=["array", "list"])
@pytest.mark.parametrize("options", [
    {}, {"sampling_rate": 2, "stride": 3}, {"start_index": 3, "end_index": 15, "reverse": True},
    {"shuffle": True, "batch_size": 4}, {"batch_size": 5, "stride": 2},
], ids=str)  # fmt: skip
def test_windows(series, options):
    ours = sequence.TimeseriesGenerator(series, series, 4, **options)
    theirs = keras_sequence.TimeseriesGenerator(series, series, 4, **options)
    assert len(ours) == len(theirs)
    results = []
    for generator in (ours, theirs):
        np.random.seed(1)
        results.append([generator[number] for number in range(len(generator))])
    same(*results)
    again = sequence.timeseries_generator_from_json(ours.to_json())
    assert again.to_json() == ours.to_json()
    np.random.seed(1)
    for number, (x, y) in enumerate(results[0]):
        np.testing.assert_array_equal(again[number][0], x)
        np.testing.assert_array_equal(results[1][number][1], y)


# ---------------------------------------------------------------------- single images

CHANNELS_LAST = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
MOVES = [
    ("apply_affine_transform", {"theta": 30}),
    ("apply_affine_transform", {"theta": -10, "tx": 1.5, "ty": -2, "shear": 12, "zx": 0.8, "zy": 1.3, "order": 3}),
    ("apply_affine_transform", {"shear": 20, "fill_mode": "constant", "cval": 9.0, "order": 0}),
    ("apply_affine_transform", {"zx": 0.5, "fill_mode": "wrap"}),
    ("apply_affine_transform", {}),
    ("random_rotation", {"rg": 40, "fill_mode": "reflect"}),
    ("random_shift", {"wrg": 0.2, "hrg": 0.4, "interpolation_order": 2}),
    ("random_shear", {"intensity": 20}),
    ("random_zoom", {"zoom_range": (0.5, 2)}),
    ("random_zoom", {"zoom_range": (1, 1)}),
]


@pytest.mark.parametrize("name,options", MOVES, ids=str)
def test_moves(name, options):
    both(lambda module: getattr(module, name)(PHOTOS[0], **options, **CHANNELS_LAST))
    both(lambda module: getattr(module, name)(PHOTOS[0].transpose(2, 0, 1).astype("uint8"), **options))
    both(lambda module: getattr(module, name)(PHOTOS[0], **options, row_axis=1, col_axis=0, channel_axis=2))


COLOURS = [
    ("apply_channel_shift", {"intensity": 20.5, "channel_axis": 2}),
    ("random_channel_shift", {"intensity_range": 60, "channel_axis": 2}),
    ("apply_brightness_shift", {"brightness": 0.6}),
    ("apply_brightness_shift", {"brightness": 1.5, "scale": False}),
    ("random_brightness", {"brightness_range": (0.5, 2), "scale": False}),
    ("flip_axis", {"axis": 1}),
    ("transform_matrix_offset_center", None),
]


@pytest.mark.parametrize("name,options", COLOURS, ids=str)
def test_colours(name, options):
    if options is None:
        matrix = np.array([[1, 0.5, 2], [0, 1, 3], [0, 0, 1]])
        both(lambda module: module.transform_matrix_offset_center(matrix, 7, 4))
        return
    for photo in (PHOTOS[0], PHOTOS[1] - 30):
        both(lambda module, photo=photo: getattr(module, name)(photo, **options))


def test_images_of_all_ages(tmp_path):
    """`load_img` takes the positions of Keras 1, 2 and 3; old helpers are there."""
    image.save_img(tmp_path / "a.png", PHOTOS[0])
    image.save_img(tmp_path / "b-c.JPG", PHOTOS[0], file_format="jpeg")
    (tmp_path / "notes.txt").write_text("")
    grey = np.asarray(Image.open(tmp_path / "a.png").convert("L").resize((3, 4), Image.Resampling.NEAREST))
    for args in (
        (True, (4, 3)),  # Keras 1
        (True, (4, 3), "nearest"),  # Keras 2.1
        (True, "rgb", (4, 3)),  # Keras 2.2 on
        (False, "grayscale", (4, 3), "nearest", False),
        ("grayscale", (4, 3)),  # Keras 3
        ("grayscale", (4, 3), "nearest", False),
    ):
        np.testing.assert_array_equal(np.asarray(image.load_img(tmp_path / "a.png", *args)), grey)
    assert image.load_img(tmp_path / "a.png", True).size == (6, 8)
    kept = image.load_img(tmp_path / "a.png", "rgb", (4, 4), "bilinear", True)
    np.testing.assert_array_equal(kept, image.load_img(tmp_path / "a.png", False, "rgb", (4, 4), "bilinear", True))
    assert [path.rsplit("/", 1)[1] for path in image.list_pictures(tmp_path)] == ["a.png", "b-c.JPG"]
    assert [path.rsplit("/", 1)[1] for path in image.list_pictures(tmp_path, ("jpg",))] == ["b-c.JPG"]
    moved = image.apply_transform(PHOTOS[0], np.array([[1, 0, 2], [0, 1, 0], [0, 0, 1]]), 2)
    np.testing.assert_array_equal(moved[:-2], PHOTOS[0][2:])


@pytest.mark.parametrize("size", [(4, 4), (16, 6), (3, 9)])
@pytest.mark.parametrize("form", ["channels_last", "channels_first"])
def test_smart_resize(size, form):
    x = PHOTOS[:2] if form == "channels_last" else PHOTOS[:2].transpose(0, 3, 1, 2)
    for photos in (x, x[0]):
        ours = smart_resize(photos, size, data_format=form)
        assert isinstance(ours, np.ndarray)
        np.testing.assert_allclose(
            ours, keras.preprocessing.image.smart_resize(photos, size, data_format=form), rtol=1e-5
        )


# ---------------------------------------------------------------------- the generator

GENERATORS = [
    {},
    {"rotation_range": 30, "width_shift_range": 0.2, "height_shift_range": 2.5, "zoom_range": 0.3},
    {"width_shift_range": 3, "height_shift_range": [-2, 0, 1], "shear_range": 10, "zoom_range": (0.7, 1.4)},
    {
        "width_shift_range": [0.1, 0.3],
        "horizontal_flip": True,
        "vertical_flip": True,
        "fill_mode": "constant",
        "cval": 5,
    },
    {"brightness_range": (0.5, 1.5), "channel_shift_range": 20.0, "rescale": 1 / 255},
    {"channel_shift_range": 30.0, "samplewise_center": True},
    {"samplewise_center": True, "samplewise_std_normalization": True, "interpolation_order": 0, "rotation_range": 9},
    {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.1, "zoom_range": 0.2},
    {"samplewise_std_normalization": True, "featurewise_std_normalization": True},
    {"zca_whitening": True, "zca_epsilon": 1e-3, "featurewise_std_normalization": True},
    {"preprocessing_function": lambda x: x + np.random.normal(size=x.shape), "rotation_range": 20},
    {"dtype": "float64", "fill_mode": "wrap", "rotation_range": 45, "vertical_flip": True},
]


@pytest.mark.parametrize("options", GENERATORS, ids=lambda options: ",".join(options))
def test_generators(options):
    photos = PHOTOS[:, :, :5]

    def run(module, form):
        x = photos if form == "channels_last" else photos.transpose(0, 3, 1, 2)
        generator = module.ImageDataGenerator(**options, data_format=form)
        generator.fit(x, augment=True, rounds=2, seed=7)
        flow = generator.flow(x, LABELS, batch_size=4, seed=options.get("shear_range"))
        batches = [flow[2], flow[0]] + [next(flow) for _ in range(5)]
        flow.reset()
        batches += [next(flow)]
        flow.on_epoch_end()
        batches += [flow[1]]
        one = generator.random_transform(x[0].copy(), seed=1)
        drawn = generator.get_random_transform(x.shape[1:])
        partly = generator.apply_transform(x[1].copy(), {"theta": 5, "flip_vertical": True})
        measured = [generator.mean, generator.std, generator.zca_whitening_matrix]
        return batches, one, drawn, partly, generator.standardize(x[:2].copy()), measured

    both(lambda module: run(module, "channels_last"))
    if "brightness_range" not in options:  # Keras mixes the axes up
        both(lambda module: run(module, "channels_first"))


@pytest.mark.parametrize("options", [
    {"y": LABELS, "shuffle": False}, {"y": None, "sample_weight": None}, {"y": LABELS, "sample_weight": LABELS / 2.0},
    {"y": np.eye(11), "subset": "validation", "ignore_class_split": True}, {"y": LABELS, "subset": "training"},
], ids=str)  # fmt: skip
def test_flows_of_arrays(options):
    def run(module, x):
        flow = module.ImageDataGenerator(rotation_range=9, validation_split=0.4).flow(
            x, batch_size=3, seed=2, **options
        )
        assert (flow.n, len(flow), flow.batch_size, flow.seed) == (flow.n, -(-flow.n // 3), 3, 2)
        return [next(flow) for _ in range(len(flow) + 1)], flow.index_array, flow.n

    both(lambda module: run(module, PHOTOS))
    both(lambda module: run(module, PHOTOS.astype("uint8")))
    both(lambda module: run(module, (PHOTOS, [LABELS * 2, LABELS * 3.0])))
    both(lambda module: run(module, [PHOTOS, LABELS * 2]))


def test_a_flow_knows_its_place():
    flow = image.ImageDataGenerator().flow(PHOTOS, batch_size=4, shuffle=True)
    assert (flow.workers, flow.use_multiprocessing, flow.max_queue_size) == (1, False, 10)
    assert isinstance(flow, tsuno.utils.Sequence) and isinstance(flow, image.Iterator)
    assert flow.index_array is None and iter(flow) is flow
    first = list(itertools.islice(flow, 3))
    assert [len(batch) for batch in first] == [4, 4, 3] and flow.batch_index == 0 and flow.total_batches_seen == 3
    np.testing.assert_array_equal(np.concatenate(first), PHOTOS[flow.index_array])
    np.testing.assert_array_equal(flow[-1], flow[2])
    seen = flow.index_array
    assert next(flow.index_generator).shape == (4,)
    assert not np.array_equal(seen, flow.index_array)
    with pytest.raises(ValueError, match="has 3 batches; got the number 3"):
        flow[3]


def test_weights_follow_their_images_into_a_subset():
    generator = image.ImageDataGenerator(validation_split=0.4)
    flow = generator.flow(PHOTOS, LABELS, 20, False, sample_weight=np.arange(11), subset="training")
    assert flow[0][2].tolist() == list(range(4, 11))


def test_integers_are_standardized():
    pixels = PHOTOS.astype("uint8")
    np.testing.assert_allclose(image.ImageDataGenerator(rescale=1 / 255).standardize(pixels), pixels / 255, rtol=1e-6)


def test_brightness_knows_the_data_format():
    photos = PHOTOS.transpose(0, 3, 1, 2)
    options = {"brightness_range": (0.5, 0.5)}
    first = image.ImageDataGenerator(**options, data_format="channels_first").flow(photos, shuffle=False)[0]
    last = image.ImageDataGenerator(**options).flow(PHOTOS, shuffle=False)[0]
    np.testing.assert_array_equal(first.transpose(0, 2, 3, 1), last)


# ---------------------------------------------------------------------- files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    for number, photo in enumerate(PHOTOS):
        name = (
            root
            / ("cat", "dog")[number % 2]
            / ("deep" if number == 5 else "")
            / f"{number:02}.{'png' if number % 3 else 'BMP'}"
        )
        name.parent.mkdir(parents=True, exist_ok=True)
        tsuno.utils.save_img(name, photo[: 5 + number % 4])
    (root / "notes.txt").write_text("not a class")
    (root / "cat" / "notes.txt").write_text("not an image")
    return root


DIRECTORIES = [
    {},
    {"class_mode": "binary", "color_mode": "grayscale", "shuffle": False},
    {"class_mode": "sparse", "color_mode": "rgba", "interpolation": "bilinear", "keep_aspect_ratio": True},
    {"class_mode": "input", "subset": "training", "seed": 5},
    {"class_mode": None, "subset": "validation", "target_size": (5, 9)},
    {"classes": ["dog"], "interpolation": "lanczos"},
    {"classes": ["."], "class_mode": None, "follow_links": True},
]


@pytest.mark.parametrize("options", DIRECTORIES, ids=str)
def test_folders(folder, options, capsys):
    def run(module):
        generator = module.ImageDataGenerator(
            rotation_range=20, horizontal_flip=True, rescale=1 / 9, validation_split=0.4
        )
        flow = generator.flow_from_directory(str(folder), **{"target_size": (6, 8), "batch_size": 3} | options)
        batches = [next(flow) for _ in range(len(flow) + 1)] + [flow[0]]
        found = [
            flow.classes,
            flow.class_indices,
            flow.filenames,
            flow.samples,
            flow.n,
            flow.num_classes,
            flow.filepaths,
        ]
        return batches, found, flow.image_shape, flow.labels, flow.split, flow.batch_size

    both(run)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == said[1] and said[0].startswith("Found ")


def test_folders_in_the_other_data_format(folder):
    def run(module):
        generator = module.ImageDataGenerator(zoom_range=0.2, data_format="channels_first", dtype="float64")
        return generator.flow_from_directory(folder, (6, 8), batch_size=4, seed=1)[1]

    assert both(run)[0].shape == (4, 3, 6, 8)


def table(folder):
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in (".png", ".BMP"))
    rows = len(names)
    columns = {
        "filename": names,
        "class": [name.split("/")[0] for name in names],
        "tags": [["a", "b"][: 1 + row % 2] if row % 3 else "c" for row in range(rows)],
        "x": np.arange(rows) * 0.5,
        "y": np.arange(rows),
    }
    return pandas.DataFrame(columns | {"weight": np.linspace(0, 1, rows)})


TABLES = [
    {},
    {"class_mode": "binary", "shuffle": False, "color_mode": "grayscale"},
    {"class_mode": "sparse", "classes": ["owl", "dog", "cat"], "weight_col": "weight"},
    {"y_col": "tags"},
    {"y_col": "tags", "classes": ["b", "c"], "subset": "training"},
    {"class_mode": "raw", "y_col": "x", "subset": "validation"},
    {"class_mode": "raw", "y_col": ["x", "y"], "weight_col": "y"},
    {"class_mode": "multi_output", "y_col": ["x", "y"], "seed": 3},
    {"class_mode": "input", "keep_aspect_ratio": True, "interpolation": "box"},
    {"class_mode": None, "validate_filenames": False},
]


@pytest.mark.parametrize("options", TABLES, ids=str)
def test_tables(folder, options, capsys):
    def run(module):
        generator = module.ImageDataGenerator(rotation_range=20, width_shift_range=0.1, validation_split=0.3)
        shape = {"target_size": (6, 8), "batch_size": 3, "directory": str(folder), "image_data_generator": generator}
        flow = module.DataFrameIterator(table(folder), **shape | options)
        found = [
            flow.filenames,
            flow.samples,
            flow.filepaths,
            getattr(flow, "class_indices", 0),
            getattr(flow, "classes", 0),
        ]
        return [next(flow) for _ in range(len(flow) + 1)], found, flow.sample_weight

    both(run)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == said[1]
    plain = {name: column for name, column in options.items() if name != "keep_aspect_ratio"}

    def flow(module):
        generator = module.ImageDataGenerator(validation_split=0.3)
        return next(generator.flow_from_dataframe(table(folder), str(folder), target_size=(4, 4), **plain))

    both(flow)


def test_rows_without_an_image_are_left_out(folder):
    rows = table(folder)
    rows.loc[1, "filename"] = "gone.png"
    rows.loc[2, "filename"] = "notes.txt"
    options = {"directory": str(folder), "target_size": (4, 4), "shuffle": False}
    with pytest.warns(UserWarning, match="2 of the 11 file names in column 'filename' are left out"):
        ours = image.ImageDataGenerator().flow_from_dataframe(rows, **options)
    with pytest.warns(UserWarning):
        theirs = keras_image.ImageDataGenerator().flow_from_dataframe(rows, **options)
    assert ours.filenames == theirs.filenames
    columns = {name: list(rows[name]) for name in ("filename", "class")}  # any table will do
    with pytest.warns(UserWarning, match="left out"):
        assert image.ImageDataGenerator().flow_from_dataframe(columns, **options).filenames == ours.filenames
    with pytest.warns(UserWarning, match="`has_ext` of `flow_from_dataframe` has no effect any more"):
        image.ImageDataGenerator().flow_from_dataframe(table(folder), has_ext=True, **options)
    with pytest.warns(UserWarning, match="`shufle` of .* is no argument. Did you mean 'shuffle'"):
        image.ImageDataGenerator().flow_from_dataframe(table(folder), shufle=False, **options)


def test_batches_are_saved(folder, tmp_path):
    def run(module):
        where = tmp_path / module.__name__
        shutil.rmtree(where, ignore_errors=True)
        where.mkdir()
        generator = module.ImageDataGenerator(rotation_range=20)
        saving = {"save_to_dir": str(where), "save_prefix": "p", "save_format": "png", "batch_size": 4}
        flows = generator.flow_from_directory(str(folder), (4, 4), **saving), generator.flow(PHOTOS, **saving)
        batches = [flow[number] for flow in flows for number in range(2)]
        names = sorted(path.name for path in where.iterdir())
        return batches, names, [np.asarray(Image.open(where / name)) for name in names]

    assert len(both(run)[1]) == 16
    flow = image.ImageDataGenerator().flow(PHOTOS, batch_size=4, save_to_dir=tmp_path)
    flow.workers = 3
    assert sum(len(flow[number]) for number in range(3)) == len(list(tmp_path.glob("_*_*.png"))) == 11


# ---------------------------------------------------------------------- in fit


class Sum(tsuno.layers.Layer):
    def call(self, x):
        return tsuno.ops.sum(x, (1, 2, 3))


def epochs(flow, shuffled=False, **options):
    """The sums of the images of two epochs, as `fit` reads them, by batch, and the random state after each."""
    for name, value in options.items():
        setattr(flow, name, value)
    seen = []
    np.random.seed(9)
    tsuno.utils.set_random_seed(9)
    for _ in range(2):
        batches = Numbered(flow, shuffled)
        batches.on_epoch_begin()
        sums = [np.sum(batch[0]) for batch in batches]
        seen.append(sorted(sums) if shuffled else sums)
        batches.on_epoch_end()
        seen.append(np.random.get_state()[1].sum())
    return seen


@pytest.mark.parametrize("seed", [None, 3])
def test_any_number_of_workers_gives_the_same(folder, seed):
    generator = image.ImageDataGenerator(rotation_range=20, zoom_range=0.2, horizontal_flip=True)
    make = (
        lambda: generator.flow(PHOTOS, LABELS, 2, seed=seed),
        lambda: generator.flow_from_directory(folder, (6, 8), batch_size=2, seed=seed),
        lambda: sequence.TimeseriesGenerator(PHOTOS, LABELS, 2, shuffle=True, batch_size=2),
    )
    for flow in make:
        first, _, second, _ = expected = epochs(flow(), workers=2)
        assert len(first) > 4 and len(set(first)) > 2 and sorted(first) != sorted(second)
        assert epochs(flow(), workers=5, max_queue_size=1) == expected
        in_order = epochs(flow(), workers=2, shuffled=True)
        assert epochs(flow(), workers=3, shuffled=True) == in_order and in_order[0] == sorted(first)
        single = epochs(flow())
        assert epochs(flow()) == single and sorted(single[0]) != sorted(single[2])
        direct = flow()
        np.random.seed(9)
        assert [np.sum(direct[number][0]) for number in range(len(direct))] == single[0]
    processes = {"workers": 2, "use_multiprocessing": True}
    assert epochs(make[0](), **processes) == epochs(make[0](), workers=2)


def test_threads_within_a_batch_change_no_number(monkeypatch):
    photos = RNG.uniform(0, 255, (9, 40, 40, 3)).astype("float32")
    assert image.ImageDataGenerator(rotation_range=9).flow(photos)._in_threads
    for threads in (1, 3):
        monkeypatch.setattr(iterators, "_THREADS", threads)
        both(lambda module: module.ImageDataGenerator(rotation_range=9, shear_range=5).flow(photos, seed=1)[0])
    own = image.ImageDataGenerator(rotation_range=9, preprocessing_function=lambda x: x)
    assert not own.flow(photos)._in_threads  # a function of the user's may draw, too


def test_a_copy_leaves_the_random_state_alone():
    flow = image.ImageDataGenerator(rotation_range=9).flow(PHOTOS, batch_size=4)
    flow[0]
    twin = copy.deepcopy(flow)
    np.random.seed(1)
    expected = flow[1]
    np.random.seed(1)
    np.testing.assert_array_equal(twin[1], expected)
    assert twin.lock is not flow.lock


def test_fit_evaluate_predict(folder):
    generator = image.ImageDataGenerator(rotation_range=20, rescale=1 / 255, validation_split=0.3)
    parts = {"directory": folder, "target_size": (6, 8), "batch_size": 4, "class_mode": "sparse"}
    train = generator.flow_from_directory(subset="training", seed=1, **parts)
    test = generator.flow_from_directory(subset="validation", shuffle=False, **parts)
    model = tsuno.Sequential([tsuno.Input((6, 8, 3)), tsuno.layers.Flatten(), tsuno.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(train, epochs=3, validation_data=test, verbose=0)
    assert len(history.history["val_loss"]) == 3
    assert model.predict(test, verbose=0).shape == (test.n, 3)
    test.reset()
    truth = np.concatenate([y for _, y in itertools.islice(test, len(test))])
    np.testing.assert_array_equal(truth, test.classes)
    assert model.fit(train, steps_per_epoch=2, epochs=2, verbose=0).epoch == [0, 1]
    unlabelled = generator.flow_from_directory(**parts | {"class_mode": None}, shuffle=False)
    assert model.predict(unlabelled, verbose=0).shape == (11, 3)
    model.evaluate(test, verbose=0)


def test_iterators_of_ones_own():
    class Mine(image.Iterator):
        def __init__(self, x):
            self.x = x
            super().__init__(len(x), 2, shuffle=True, seed=1)

        def _get_batches_of_transformed_samples(self, index_array):
            return self.x[index_array]

    class Crops(image.NumpyArrayIterator):
        def _get_batches_of_transformed_samples(self, index_array):
            return super()._get_batches_of_transformed_samples(index_array)[:, :2]

    for workers in (1, 2):
        mine = Mine(np.arange(5))
        mine.workers = workers
        assert sorted(np.concatenate([mine[number] for number in range(3)])) == list(range(5))
        crops = Crops(PHOTOS, None, image.ImageDataGenerator())
        crops.workers = workers
        assert crops[0].shape == (11, 2, 6, 3)
    with pytest.raises(NotImplementedError, match="_get_batches_of_transformed_samples"):
        image.Iterator(3, 2, False, None)[0]


# ---------------------------------------------------------------------- what goes wrong


def test_broken_files_are_named(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "data")
    whole = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(whole, "png")
    for name, content in (("cut.png", whole.getvalue()[:90]), ("no.jpg", b"nothing"), ("empty.png", b"")):
        path = tmp_path / "data" / "dog" / name
        path.write_bytes(content)
        flow = image.ImageDataGenerator().flow_from_directory(tmp_path / "data", batch_size=99, target_size=(4, 4))
        with pytest.raises(OSError, match=rf"The image file '.*{name}' cannot be read: .*\. Mend it, or") as caught:
            flow[0]
        assert "\n" not in str(caught.value)
        path.unlink()


NO_IMAGES = r"There are no images{} in the class folders '.*' of '.*'; their names must end in png, "
WRONG = [
    (lambda g, d: g.flow_from_directory(d / "empty"), NO_IMAGES.format("")),
    (lambda g, d: g.flow_from_directory(d / "loose"), r"belong into a folder per class; or pass classes=\['.'\]"),
    (lambda g, d: g.flow_from_directory(d / "loose", classes=["."], subset="validation"), NO_IMAGES.format(" for validation")),
    (lambda g, d: g.flow_from_directory(d / "none"), "directory` must be a folder; got"),
    (lambda g, d: g.flow_from_directory(d, class_mode="categorial"), "class_mode.*Did you mean 'categorical'"),
    (lambda g, d: g.flow_from_directory(d, subset="test"), "subset` must be one of 'training', 'validation'"),
    (lambda g, d: g.flow_from_directory(d, color_mode="bgr"), "color_mode` must be one of 'grayscale', 'rgb'"),
    (lambda g, d: g.flow_from_directory(d, target_size=(1, 2, 3)), "target_size` must be"),
    (lambda g, d: g.flow_from_directory(d, batch_size=0), "batch_size` must be a positive integer"),
    (lambda g, d: g.flow(PHOTOS[0]), "x` must be images, an array of rank 4; got an array of shape"),
    (lambda g, d: g.flow(PHOTOS, LABELS[1:]), "`y` must have an entry per image; got 10 for 11"),
    (lambda g, d: g.flow(PHOTOS, LABELS > 0, subset="validation", sample_weight=[1]), "`sample_weight` must have an entry"),
    (lambda g, d: g.flow(PHOTOS, np.arange(11), subset="validation"), "have different classes. Shuffle"),
    (lambda g, d: g.fit(PHOTOS[0]), "fit.x` must be images"),
    (lambda g, d: g.flow_from_dataframe({"file_name": ["a"]}), "Unknown column 'filename'. Did you mean 'file_name'"),
    (lambda g, d: g.flow_from_dataframe({"filename": [1]}), r"dataframe\['filename'\]` must be strings; got 1"),
    (lambda g, d: g.flow_from_dataframe({"filename": ["a"], "class": [1]}), r"astype\(str\)"),
    (lambda g, d: g.flow_from_dataframe({"filename": ["a.png"], "class": ["b"]}, d), "There are no images: of the 1 file"),
    (lambda g, d: g.flow_from_dataframe({"filename": ["a"], "class": ["b"]}, class_mode="binary"), "there are 1 classes"),
    (lambda g, d: g.flow_from_dataframe({"filename": ["a"]}, class_mode="multi_output"), "must be a list of columns"),
    (lambda g, d: image.ImageDataGenerator(zoom_range="1"), "zoom_range` must be two numbers, the ends of a range"),
    (lambda g, d: image.ImageDataGenerator(brightness_range=0.5), "brightness_range` must be two numbers"),
    (lambda g, d: image.ImageDataGenerator(fill_mode="nearst"), "fill_mode.*Did you mean 'nearest'"),
    (lambda g, d: image.ImageDataGenerator(validation_split=1.5), "validation_split` must be a number from 0"),
    (lambda g, d: image.apply_affine_transform(PHOTOS[0], theta=3, channel_axis=1), "must be 0, 1 and 2"),
    (lambda g, d: image.apply_affine_transform(PHOTOS, theta=3), "must be one image"),
    (lambda g, d: text.Tokenizer(num_word=3), "no argument 'num_word'. Did you mean 'num_words'"),
    (lambda g, d: text.Tokenizer().fit_on_texts(["a", float("nan")]), "strings or lists of words; got nan"),
    (lambda g, d: text.Tokenizer().texts_to_matrix(["a"]), "pass `num_words`"),
    (lambda g, d: text.Tokenizer(5).texts_to_matrix(["a"], "tfidf"), "learn texts"),
    (lambda g, d: text.Tokenizer(5).texts_to_matrix(["a"], "tf"), "mode` must be one of"),
    (lambda g, d: text.text_to_word_sequence(["a"]), "must be a string"),
    (lambda g, d: text.hashing_trick("a", 1), "n` must be 2 or more"),
    (lambda g, d: text.hashing_trick("a", 9, "sha"), "hash_function` must be a function of a word"),
    (lambda g, d: sequence.TimeseriesGenerator([1, 2], [1], 1), "got 2 steps and 1 targets"),
    (lambda g, d: sequence.TimeseriesGenerator([1, 2], [1, 2], 2), "has no window"),
    (lambda g, d: sequence.TimeseriesGenerator([{1}] * 4, [1] * 4, 2).to_json(), "data` must be an array or a list"),
]  # fmt: skip


@pytest.mark.parametrize("call,message", WRONG, ids=lambda item: item if isinstance(item, str) else "")
def test_errors_say_what_to_do(call, message, tmp_path):
    for name in ("empty/a", "empty/b", "loose"):
        (tmp_path / name).mkdir(parents=True)
    tsuno.utils.save_img(tmp_path / "loose" / "a.png", PHOTOS[0])
    with pytest.raises((ValueError, TypeError), match=message), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call(image.ImageDataGenerator(validation_split=0.3), tmp_path)
