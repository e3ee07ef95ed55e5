"""The architectures against Keras': names, counts, order of layers and weights, files, outputs; and their edges.

What Keras' are is in `files/applications.json`, written by `applications_facts.py`; a few rows are checked always, all of
them with `-m slow`.
"""

from __future__ import annotations

import importlib
import inspect
import json
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import applications_facts as facts
import keras
import numpy as np
import pytest

import tsuno
from tsuno import applications
from tsuno.applications import architecture, imagenet_utils
from tsuno.core.context import scope
from tsuno.core.variable import awaiting
from tsuno.legacy import applications as old

KNOWN = json.loads(facts.FILE.read_text())
ROWS = [*facts.ROWS, *facts.LEGACY_ROWS]
ALL = [*facts.NAMES, *facts.REGNET, *facts.RESNET_RS]
ALWAYS = {
    "VGG16": 0, "ResNet50": 3, "ResNet50V2": 2, "MobileNet": 3, "MobileNetV3Small": 3, "InceptionV3": 2, "EfficientNetB0": 3,
    "ConvNeXtTiny": 3, "RegNetY002": 2,
}  # fmt: skip
"""Of these, the row to check always, by its place among the rows of the name."""


def row_id(row: tuple[str, dict[str, Any], str]) -> str:
    return f"{row[0]}-{'-'.join(map(str, row[1].values()))}-{row[2][9:]}"


def rows() -> list[Any]:
    seen: dict[str, int] = {}
    marked = []
    for row in ROWS:
        place = seen[row[0]] = seen.get(row[0], -1) + 1
        often = ALWAYS.get(row[0]) == place
        marked.append(pytest.param(row, id=row_id(row), marks=() if often else pytest.mark.slow))
    return marked


def function(name: str) -> Any:
    return getattr(applications, name, None) or getattr(old, name)


@contextmanager
def unfilled():
    """A block in which weights are made without values."""
    with scope(awaiting=[]):
        yield


@pytest.fixture
def fetched(monkeypatch):
    """What would be downloaded; the weights are left as they are."""
    asked: list[Any] = []

    def get_file(fname, origin, cache_subdir, file_hash=None):
        assert cache_subdir == "models"
        asked.append([fname, origin, file_hash])
        return ""

    monkeypatch.setattr(architecture, "get_file", get_file)
    monkeypatch.setattr(architecture, "awaiting", unfilled)
    monkeypatch.setattr(tsuno.Model, "load_weights", lambda *_, **__: None)
    return asked


# ---------------------------------------------------------------------- against Keras


@pytest.mark.parametrize("row", rows())
@pytest.mark.filterwarnings("ignore:There are weights", "ignore:.*was made for images")
def test_layers_and_weights_are_those_of_keras(row, fetched):
    name, options, data_format = row
    tsuno.config.set_image_data_format(data_format)
    with unfilled():
        model = function(name)(**facts.arguments(options))
    assert facts.facts(model, fetched) == KNOWN[facts.key(*row)]


def test_every_row_is_known_and_every_name_has_one():
    assert {facts.key(*row) for row in ROWS} == set(KNOWN)
    assert {row[0] for row in ROWS} == set(ALL)
    assert set(ALWAYS) <= set(ALL)


SIDES = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71, "NASNetMobile": 64, "NASNetLarge": 64}
OFTEN = ("VGG16", "ResNet50V2", "MobileNet")
FIRST = [
    *facts.VGG[:1],
    "ResNet50",
    "ResNet50V2",
    *facts.INCEPTION,
    *facts.MOBILE,
    "EfficientNetB0",
    "EfficientNetV2B0",
]


def outputs() -> list[Any]:
    cases = [(name, "channels_last") for name in facts.NAMES] + [(name, "channels_first") for name in FIRST]
    return [
        pytest.param(*case, marks=() if case in [(name, "channels_last") for name in OFTEN] else pytest.mark.slow)
        for case in cases
    ]


def made_weights(model: Any) -> list[np.ndarray]:
    """Random weights with which a signal keeps its size."""
    generator, made = np.random.default_rng(0), []
    for weight in model.weights:
        shape = tuple(weight.shape)
        if weight.path.endswith(("variance", "gamma")):
            value = generator.uniform(0.5, 1.5, shape)
        elif len(shape) > 1:
            depthwise = len(shape) == 4 and shape[3] == 1 and shape[0] > 1
            value = generator.normal(0, np.prod(shape[:2] if depthwise else shape[:-1]) ** -0.5, shape)
        else:
            value = generator.normal(0, 0.1, shape)
        made.append(value.astype("float32"))
    return made


@pytest.fixture
def quick_keras(monkeypatch):
    """Keras' weights begin as zeros: making random numbers takes it a minute where a model is large."""
    from keras.src.initializers import random_initializers

    for item in vars(random_initializers).values():
        if inspect.isclass(item) and "__call__" in vars(item):
            monkeypatch.setattr(item, "__call__", lambda self, shape, dtype=None: np.zeros(shape, "float32"))


@pytest.mark.parametrize(("name", "data_format"), outputs())
def test_outputs_are_those_of_keras(name, data_format, quick_keras):
    side = SIDES.get(name, 32 if name.startswith("VGG") else 33)
    shape = (side, side, 3) if data_format == "channels_last" else (3, side, side)
    options: dict[str, Any] = {"weights": None, "classes": 11, "input_shape": shape, "classifier_activation": None}
    x = np.random.default_rng(1).uniform(0, 255, (2, *shape)).astype("float32")
    try:
        keras.config.set_image_data_format(data_format)
        theirs = getattr(keras.applications, name)(**options)
    finally:
        keras.config.set_image_data_format("channels_last")
    weights = made_weights(theirs)
    theirs.set_weights(weights)
    x = (
        x
        if any(isinstance(layer, keras.layers.Normalization | keras.layers.Rescaling) for layer in theirs.layers)
        else x / 127.5 - 1
    )
    tsuno.config.set_image_data_format(data_format)
    with awaiting():
        ours = function(name)(**options)
        ours.set_weights(weights)
    expected = theirs.predict(x, verbose=0)
    np.testing.assert_allclose(
        np.asarray(ours(x, training=False)), expected, rtol=0, atol=1e-5 * np.abs(expected).max()
    )


@pytest.mark.parametrize("kind", ["w.weights.h5", "w.h5"])
def test_weight_files_of_keras_are_read(tmp_path, kind, quick_keras):
    """By name in the new format, by the order of layers in the old one; nothing is drawn that the file gives."""
    options: dict[str, Any] = {"include_top": False, "input_shape": (32, 32, 3), "alpha": 0.35, "pooling": "avg"}
    theirs = keras.applications.MobileNetV2(weights=None, **options)
    theirs.set_weights(made_weights(theirs))
    path = tmp_path / kind
    if kind == "w.h5":
        import h5py
        from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

        with h5py.File(path, "w") as file:
            save_weights_to_hdf5_group(file, theirs)
    else:
        theirs.save_weights(path)
    ours = applications.MobileNetV2(weights=path, **options)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_whole_files_with_layers_of_their_own(tmp_path):
    """`LayerScale` and `CustomScaleLayer` are known to files of both libraries."""
    from tsuno.applications.convnext import LayerScale
    from tsuno.applications.inception_resnet_v2 import CustomScaleLayer

    x = tsuno.Input((4,))
    ours = tsuno.Model(x, CustomScaleLayer(0.5)([x, LayerScale(0.3, 4)(x)]))
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    again = tsuno.saving.load_model(tmp_path / "theirs.keras")
    data = np.arange(8.0).reshape(2, 4)
    np.testing.assert_allclose(theirs.predict(data, verbose=0), data * 1.15, rtol=1e-6)
    np.testing.assert_allclose(again.predict(data, verbose=0), data * 1.15, rtol=1e-6)


def test_stochastic_depth_leaves_out_whole_images():
    from tsuno.applications.convnext import StochasticDepth

    layer, x = StochasticDepth(0.5), np.ones((64, 2, 3), "float32")
    y = np.asarray(layer(x, training=True))
    kept = y[:, 0, 0]
    assert set(kept.tolist()) == {0.0, 2.0} and np.all(y == kept[:, None, None])
    np.testing.assert_array_equal(layer(x), x)


# ---------------------------------------------------------------------- signatures and docstrings


@pytest.mark.parametrize("name", facts.NAMES)
def test_signatures_are_those_of_keras(name):
    def plain(item):
        return [(each.name, each.default) for each in inspect.signature(item).parameters.values()]

    assert plain(function(name)) == plain(getattr(keras.applications, name))


@pytest.mark.parametrize("name", ALL)
def test_functions_say_what_they_are(name):
    item = function(name)
    parameters = inspect.signature(item).parameters
    assert (item.__name__, item.__qualname__) == (name, name)
    assert f"applications.{name}(" in item.__doc__ and "Source: " in item.__doc__
    assert all(f"    {parameter}: " in item.__doc__ for parameter in parameters)
    assert getattr(importlib.import_module(item.__module__), name) is item


# ---------------------------------------------------------------------- options


def test_input_tensor_is_what_the_model_begins_with():
    source = tsuno.Input((16, 16, 3), name="source")
    scaled = tsuno.layers.UpSampling2D(2)(source)
    model = applications.VGG16(weights=None, include_top=False, input_tensor=scaled, pooling="avg")
    assert model.inputs == [source]
    assert model.layers[0].name == "source" and model.output_shape == (None, 512)
    assert model.predict(np.zeros((1, 16, 16, 3)), verbose=0).shape == (1, 512)


def test_building_is_quick():
    with unfilled():
        applications.VGG16(weights=None)  # the first one brings in what building needs
        start = time.process_time()
        applications.VGG16(weights=None)
    assert time.process_time() - start < 1


TINY: dict[str, Any] = {"weights": None, "include_top": False}
WRONG = [
    ("VGG16", {"weights": "imagnet"}, "Did you mean 'imagenet'"),
    ("VGG16", {"weights": "no/such/file.h5"}, "path of a file"),
    ("VGG16", {"wieghts": None}, "Did you mean 'weights'"),
    ("VGG16", {**TINY, "pooling": "mean"}, "'avg', 'max'"),
    ("VGG16", {"classes": 10}, "must be 1000"),
    ("VGG16", {"weights": None, "classes": 0}, "positive integer"),
    ("VGG16", {"classifier_activation": "relu"}, "'softmax'"),
    ("VGG16", {"input_shape": (200, 200, 3)}, "224 rows"),
    ("VGG16", {"include_top": False, "input_shape": (64, 64, 1)}, "3 channels"),
    ("VGG16", {**TINY, "input_shape": (31, 64, 3)}, "at least 32"),
    ("VGG16", {**TINY, "input_shape": (64, 64)}, "three sizes"),
    ("VGG16", {"weights": None, "input_shape": (None, None, 3)}, "include_top=False"),
    ("VGG16", {**TINY, "input_tensor": np.zeros((1, 32, 32, 3))}, "symbolic tensor"),
    ("InceptionV3", {**TINY, "input_shape": (74, 74, 3)}, "at least 75"),
    ("Xception", {**TINY, "input_shape": (70, 71, 3)}, "at least 71"),
    ("MobileNet", {"alpha": 0.3}, "0.25, 0.5, 0.75, 1.0"),
    ("MobileNet", {"depth_multiplier": 2}, "must be 1"),
    ("MobileNetV2", {"alpha": 0.3}, "0.35"),
    ("MobileNetV2", {**TINY, "input_shape": (64, 64, 3), "input_tensor": tsuno.Input((32, 32, 3))}, "input_tensor"),
    ("MobileNetV3Small", {"alpha": 0.75, "minimalistic": True}, "must be 1.0"),
    ("NASNetMobile", {"include_top": False, "input_shape": (None, None, 3)}, "known sizes"),
    ("ResNetRS50", {"weights": "imagenet-i161"}, "imagenet-i160"),
]


@pytest.mark.parametrize(("name", "options", "said"), WRONG)
def test_what_is_wrong_is_said_in_a_sentence(name, options, said, fetched):
    with pytest.raises((ValueError, TypeError)) as raised:
        function(name)(**options)
    assert said in str(raised.value) and "\n" not in str(raised.value) and len(str(raised.value)) < 300
    assert not fetched


@pytest.mark.parametrize("name", ["DenseNet121", "ConvNeXtTiny", "NASNetMobile"])
def test_formats_that_are_not_taken(name):
    tsuno.config.set_image_data_format("channels_first")
    with pytest.raises(ValueError, match="channels last only"):
        function(name)(weights=None)


def test_unusual_channels_are_noted():
    with pytest.warns(UserWarning, match="1 or 3 channels") as noted:
        applications.VGG16(**TINY, input_shape=(32, 32, 5))
    assert noted[0].filename == __file__


# ---------------------------------------------------------------------- images and predictions

MODULES = [
    "convnext", "densenet", "efficientnet", "efficientnet_v2", "inception_resnet_v2", "inception_v3", "mobilenet", "mobilenet_v2",
    "mobilenet_v3", "nasnet", "resnet", "resnet50", "resnet_v2", "vgg16", "vgg19", "xception",
]  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_each_family_prepares_images_as_in_keras(module):
    ours, theirs = getattr(applications, module), getattr(keras.applications, module)
    x = np.random.default_rng(0).uniform(0, 255, (2, 4, 5, 3)).astype("float32")
    np.testing.assert_allclose(ours.preprocess_input(x), theirs.preprocess_input(x.copy()), rtol=1e-6, atol=1e-4)
    assert ours.decode_predictions is imagenet_utils.decode_predictions
    names = [name for name in dir(theirs) if not name.startswith("_")]
    assert not [name for name in names if not hasattr(ours, name)]


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "uint8"])
def test_preprocessing_of_arrays_and_symbols(mode, data_format, dtype):
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, 3, 3)).astype(dtype)
    for images in (x, x[0]):
        before = images.copy()
        ours = imagenet_utils.preprocess_input(images, data_format, mode)
        theirs = keras.applications.imagenet_utils.preprocess_input(images.copy(), data_format, mode)
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-2 if dtype == "float16" else 1e-6, atol=1e-4)
        np.testing.assert_array_equal(images, before)
    symbol = tsuno.Input((3, 3, 3), dtype=dtype)
    model = tsuno.Model(symbol, imagenet_utils.preprocess_input(symbol, data_format, mode))
    expected = imagenet_utils.preprocess_input(x.astype("float32"), data_format, mode)
    np.testing.assert_allclose(np.asarray(model(x)), expected, rtol=5e-3, atol=0.15 if dtype == "float16" else 1e-4)


def test_wrong_images_are_refused():
    with pytest.raises(ValueError, match="Did you mean 'torch'"):
        imagenet_utils.preprocess_input(np.zeros((2, 2, 3)), mode="troch")
    with pytest.raises(ValueError, match="3 channels"):
        imagenet_utils.preprocess_input(np.zeros((2, 2, 4)))


def test_predictions_are_named(monkeypatch, tmp_path):
    index = {str(place): [f"n{place:08}", f"thing {place}"] for place in range(1000)}
    path = Path(tmp_path, "index.json")
    path.write_text(json.dumps(index))
    asked: list[Any] = []
    monkeypatch.setattr(imagenet_utils, "get_file", lambda *a, **k: asked.append((*a, k)) or str(path))
    imagenet_utils._class_index.cache_clear()
    preds = np.random.default_rng(0).uniform(size=(3, 1000)).astype("float32")
    named = applications.vgg16.decode_predictions(preds, top=4)
    imagenet_utils._class_index.cache_clear()
    home = keras.src.applications.imagenet_utils
    monkeypatch.setattr(home, "CLASS_INDEX", index)
    assert named == home.decode_predictions(preds, top=4)
    assert asked == [
        ("imagenet_class_index.json", home.CLASS_INDEX_PATH, {"cache_subdir": "models", "file_hash": "c2c37ea517e94d9795004a39431a14cb"})
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"\(batch, 1000\)"):
        imagenet_utils.decode_predictions(preds[0])


def test_the_package_says_what_it_has():
    public = {name for name in dir(keras.applications) if not name.startswith("_")}
    assert public <= set(dir(applications))
    assert not set(facts.REGNET) & set(dir(applications))
