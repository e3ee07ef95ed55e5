"""Pictures show what they say: closed forms of explanations, Keras' pixels, and figures that leave nothing behind."""

from __future__ import annotations

import dataclasses
import io
import sys
from typing import Any

import matplotlib
import numpy as np
import pytest

import tsuno
from tsuno import layers, ops
from tsuno import visualization as vis
from tsuno.drawing import figures

matplotlib.use("Agg")
from matplotlib import pyplot

theirs = pytest.importorskip("keras").visualization
rng = np.random.default_rng(3)
IMAGES = rng.integers(0, 256, (4, 6, 5, 3)).astype("uint8")
MASKS = rng.integers(0, 4, (4, 6, 5, 1))
X = rng.normal(size=(2, 6, 6, 3)).astype("float32")


@pytest.fixture(autouse=True)
def no_figures():
    """Programs tested before may have left theirs open."""
    pyplot.close("all")


# ---------------------------------------------------------------------- explanations: closed forms


@pytest.fixture(scope="module")
def linear() -> Any:
    """A linear model, its weights, and rows for it; models of one module share their programs."""
    model = tsuno.Sequential([tsuno.Input((5,)), layers.Dense(3, bias_initializer="ones", activation="softmax")])
    return vis.Inside(model), np.asarray(model.layers[0].kernel), rng.normal(size=(4, 5)).astype("float32")


@pytest.mark.parametrize("target", [2, [0, 2, 1, 1], None])
def test_of_a_linear_model_the_weights_explain_everything(linear, target):
    inside, kernel, x = linear
    classes = (x @ kernel).argmax(-1) if target is None else np.broadcast_to(target, 4)
    weights = kernel.T[classes]
    np.testing.assert_allclose(vis.saliency(inside, x, target), np.abs(weights), rtol=1e-5)
    np.testing.assert_allclose(vis.integrated_gradients(inside, x, steps=3, target=target), weights * x, rtol=1e-4)
    start = np.arange(5.0)
    found = vis.integrated_gradients(inside, x, start, 1, target)
    np.testing.assert_allclose(found, weights * (x - start), rtol=1e-4)
    np.testing.assert_allclose(vis.occlusion(inside, x, target), weights * x, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(vis.occlusion(inside, x, target, value=2), weights * (x - 2), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(inside.scores(x), x @ kernel + 1, rtol=1e-4, atol=1e-5)


def test_patches_that_overlap_are_averaged(linear):
    inside, kernel, x = linear
    parts = x * kernel[:, 1]
    drops = {start: parts[:, start : start + 3].sum(-1) for start in (0, 2, 4)}
    expected = [drops[0], drops[0], (drops[0] + drops[2]) / 2, drops[2], (drops[2] + drops[4]) / 2]
    found = vis.occlusion(inside, x, 1, patch=3, stride=2, batch_size=7)
    np.testing.assert_allclose(found, np.stack(expected, -1), rtol=1e-4, atol=1e-5)


def test_programs_are_kept_and_empty_batches_are_fine(linear):
    inside, _, x = linear
    vis.saliency(inside, x)
    before = dict(inside._programs)
    vis.saliency(inside, x + 1, 1)
    assert dict(inside._programs) == before
    assert vis.saliency(inside, x[:0]).shape == vis.integrated_gradients(inside, x[:0], steps=1).shape == (0, 5)
    assert vis.occlusion(inside, x[:0]).shape == (0, 5)


def test_integrated_gradients_are_complete():
    """They sum to the difference of the scores: exactly for a square, nearly so for other networks."""
    inputs = [tsuno.Input((3,)), tsuno.Input((4,))]
    joined = layers.Concatenate()(inputs)
    outputs = layers.Dense(2)(ops.square(layers.Dense(6)(joined)))
    bent = layers.Dense(2, activation="softmax")(layers.Dense(16, activation="relu")(joined))
    x, start = [rng.normal(size=(3, n)).astype("float32") for n in (3, 4)], [np.ones(3), np.zeros(4)]
    for ends, steps, rtol in ((outputs, 2, 1e-4), (bent, 64, 0.05)):
        inside = vis.Inside(tsuno.Model(inputs, ends))
        parts = vis.integrated_gradients(inside, x, start, steps, target=1)
        assert [part.shape for part in parts] == [(3, 3), (3, 4)]
        before = inside.scores([np.broadcast_to(a, b.shape).astype("float32") for a, b in zip(start, x, strict=True)])
        difference = (inside.scores(x) - before)[:, 1]
        np.testing.assert_allclose(sum(part.sum(-1) for part in parts), difference, rtol=rtol, atol=rtol / 10)


def by_hand(maps: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Grad-CAM where the maps, (batch, *spatial, channels), are averaged and multiplied with a kernel."""
    heat = np.maximum(maps @ kernel, 0)
    return heat / np.maximum(heat.max(tuple(range(1, heat.ndim)), keepdims=True), 1e-30)  # nothing speaks for it: 0


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_grad_cam_of_a_network_made_by_hand(rank, data_format):
    form, first = {"data_format": data_format}, data_format == "channels_first"
    shape = (4, 5, 3)[:rank]
    x = rng.normal(size=(2, *shape, 3)).astype("float32")
    name = f"{rank}D"
    model = tsuno.Sequential(
        [
            tsuno.Input((3, *shape) if first else (*shape, 3)),
            getattr(layers, "Conv" + name)(4, 1, name="conv", **form),
            layers.Activation("tanh", name="bend"),
            getattr(layers, "GlobalAveragePooling" + name)(**form),
            layers.Dense(2, activation="softmax"),
        ]
    )
    maps = np.tanh(x @ np.asarray(model.layers[0].kernel).reshape(3, 4))
    inside, given = vis.Inside(model), np.moveaxis(x, -1, 1) if first else x
    found = vis.grad_cam(inside, given, target=1)
    np.testing.assert_allclose(found, by_hand(maps, np.asarray(model.layers[-1].kernel)[:, 1]), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(found, vis.grad_cam(inside, given, "bend", 1))
    np.testing.assert_array_equal(found, vis.grad_cam(inside, given, model.get_layer("bend"), 1, size="input"))
    larger = vis.grad_cam(inside, given, None, 1, [2 * side for side in shape])
    assert larger.shape == (2, *(2 * side for side in shape)) and larger.min() >= 0 and larger.max() <= 1
    if rank > 1:
        left, right = vis.plot_grad_cam(inside, given, target=1).axes[:2]
        middle = (slice(None), shape[0] // 2) if rank == 3 else ()
        np.testing.assert_array_equal(np.asarray(right.images[-1].get_array()), found[middle][0])
        assert np.asarray(left.images[0].get_array()).shape == (*shape[-2:], 3)
    if rank == 2 and first:
        covered = vis.occlusion(inside, given, 0, patch=(4, 5))
        drop = inside.scores(given)[:, 0] - inside.scores(given * 0)[:, 0]
        np.testing.assert_allclose(covered, np.broadcast_to(drop[:, None, None], (2, 4, 5)), rtol=1e-4, atol=1e-6)


class Twice(tsuno.Model):
    """A convolution used twice, then one in a model within."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = layers.Conv2D(3, 1, use_bias=False, name="conv")
        self.inner = tsuno.Sequential([layers.Conv2D(4, 1, name="conv"), layers.ReLU()], name="inner")
        self.pool, self.last = layers.GlobalAveragePooling2D(), layers.Dense(2, name="last")

    def call(self, x: Any) -> Any:
        return self.last(self.pool(self.inner(self.conv(self.conv(x)))))


def test_layers_within_models_and_each_call_of_a_shared_layer():
    model = Twice()
    model(X)
    inside = vis.Inside(model)
    paths = inside.paths(X)
    assert {"conv", "conv (2)", "inner/conv", "inner"} <= {*paths}
    assert inside.operation("conv (2)") is inside.operation("conv") is model.conv
    maps = inside.outputs(X, ["conv (2)", "inner"])
    np.testing.assert_allclose(
        maps["conv (2)"], X @ (np.asarray(model.conv.kernel)[0, 0]) @ model.conv.kernel[0, 0], 1e-4, 1e-5
    )
    expected = by_hand(maps["inner"], np.asarray(model.last.kernel)[:, 0])
    np.testing.assert_allclose(vis.grad_cam(inside, X, target=0), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(vis.grad_cam(inside, X, "inner", 0), expected, rtol=1e-4, atol=1e-6)
    # By the second call, through the model within: the slopes of its ReLU.
    kernel, slopes = np.asarray(model.inner.layers[0].kernel)[0, 0], (maps["inner"] > 0).mean((1, 2))
    weights = (slopes * np.asarray(model.last.kernel)[:, 0]) @ kernel.T
    heat = np.maximum((maps["conv (2)"] * weights[:, None, None]).sum(-1), 0)
    heat = heat / np.maximum(heat.max((1, 2), keepdims=True), 1e-30)
    np.testing.assert_allclose(vis.grad_cam(inside, X, "conv (2)", 0), heat, rtol=1e-3, atol=1e-5)


def test_words_are_explained_by_their_embeddings_and_by_covering_them():
    model = tsuno.Sequential([tsuno.Input((4,), dtype="int32"), layers.Embedding(9, 3, name="words")])
    model.add(layers.GlobalAveragePooling1D())
    model.add(layers.Dense(2))
    words, inside = np.array([[1, 2, 2, 8], [3, 0, 5, 5]]), vis.Inside(model)
    table, kernel = np.asarray(model.get_layer("words").embeddings), np.asarray(model.layers[-1].kernel)[:, 1]
    slopes = vis.saliency(inside, words, 1, layer="words")
    np.testing.assert_allclose(slopes, np.broadcast_to(np.abs(kernel) / 4, (2, 4, 3)), rtol=1e-5)
    drops = (table[words] - table[0]) @ kernel / 4
    np.testing.assert_allclose(vis.occlusion(inside, words, 1), drops, rtol=1e-4, atol=1e-6)
    assert vis.grad_cam(inside, words, "words", size="input").shape == (2, 4)


def test_a_score_without_an_axis_of_classes():
    inputs = tsuno.Input((3,))
    inside, x = (
        vis.Inside(tsuno.Model(inputs, ops.sum(inputs * np.array([1.0, -2.0, 3.0]), -1))),
        rng.normal(size=(2, 3)),
    )
    np.testing.assert_allclose(inside.scores(x), x @ [[1], [-2], [3]], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(vis.saliency(inside, x), [[1, 2, 3]] * 2, rtol=1e-6)


def test_half_precision_and_integers_as_inputs():
    tsuno.config.set_dtype_policy("mixed_bfloat16")
    model = tsuno.Sequential([tsuno.Input((6, 6, 3)), layers.Rescaling(1 / 255), layers.Conv2D(2, 3, name="conv")])
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    inside, images = vis.Inside(model), rng.integers(0, 256, (2, 6, 6, 3)).astype("uint8")
    heat, slopes = vis.grad_cam(inside, images), vis.saliency(inside, images)
    assert heat.dtype == "float32" and heat.shape == (2, 4, 4)
    assert slopes.shape == images.shape and slopes.max() > 0


# ---------------------------------------------------------------------- Keras' names


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"alpha": 0.3, "ignore_index": 0},
        {"blend": False},
        {"num_classes": 3, "ignore_index": 2},
        {"color_mapping": {0: (1, 2, 3), 1: (250, 0, 9), 2: (0, 0, 0), 3: (7, 7, 7)}},
    ],
    ids=str,
)
def test_segmentation_masks_are_keras_ones(options):
    options = {"num_classes": 4, **options}
    expected = np.asarray(theirs.draw_segmentation_masks(IMAGES, MASKS, **options))
    found = vis.draw_segmentation_masks(IMAGES, MASKS, **options)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(vis.draw_segmentation_masks(IMAGES, MASKS[..., 0], **options), expected)
    first = {"data_format": "channels_first", **options}
    turned = vis.draw_segmentation_masks(IMAGES.transpose(0, 3, 1, 2), MASKS.transpose(0, 3, 1, 2), **first)
    np.testing.assert_array_equal(turned, expected)


def test_every_class_that_a_mask_has_is_drawn():
    found = vis.draw_segmentation_masks(IMAGES, MASKS)
    np.testing.assert_array_equal(found, vis.draw_segmentation_masks(IMAGES, MASKS, 4))
    partly = vis.draw_segmentation_masks(IMAGES, MASKS, color_mapping={3: (1, 1, 1)}, alpha=1)
    np.testing.assert_array_equal(partly, np.where(MASKS == 3, 1, IMAGES))


def shown(figure: Any) -> tuple[list[np.ndarray], list[str]]:
    """The images and the titles of a figure."""
    axes = [place for place in figure.axes if place.images]
    images = [np.broadcast_to(np.atleast_3d(np.asarray(place.images[0].get_array())), (6, 5, 3)) for place in axes]
    return images, [place.get_title() for place in axes]


NAMES = {0: "cat", 1: "犬"}
GALLERIES = [
    ("plot_image_gallery", (IMAGES,), {"y_true": np.array([0, 1, 1, 7]), "y_pred": np.array([1, 0, 1]), "label_map": NAMES}),
    ("plot_image_gallery", (IMAGES / 255.0,), {"value_range": (0, 1), "rows": 1, "cols": 4, "scale": 1}),
    ("plot_segmentation_mask_gallery", (IMAGES, 4), {"y_true": MASKS}),
    ("plot_segmentation_mask_gallery", (IMAGES, 4), {"y_true": MASKS, "y_pred": MASKS[::-1], "alpha": 0.5, "ignore_index": 0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "options"), GALLERIES)
def test_galleries_show_what_those_of_keras_show(name, args, options):
    pyplot.close("all")
    getattr(theirs, name)(*args, **options, show=False)
    expected = pyplot.gcf()
    pyplot.close("all")
    found = getattr(vis, name)(*args, **options, show=False)
    assert not pyplot.get_fignums()
    assert tuple(found.get_size_inches()) == tuple(expected.get_size_inches())
    (images, titles), (right_images, right_titles) = shown(found), shown(expected)
    assert titles == right_titles and len(images) == len(right_images)
    for image, right in zip(images, right_images, strict=True):
        np.testing.assert_array_equal(image, right)


@pytest.mark.parametrize(
    ("count", "options", "places"),
    [(5, {}, 6), (8, {"cols": 2}, 8), (2, {"rows": 1, "cols": 3}, 3), (10, {"rows": 4}, 12), (0, {}, 1), (3, {"rows": 1, "cols": 1}, 1)],
)  # fmt: skip
def test_a_gallery_has_room_for_all_images(count, options, places):
    figure = vis.plot_image_gallery(np.zeros((count, 4, 4, 1)), show=False, **options)
    assert (len(figure.axes), sum(len(place.images) for place in figure.axes)) == (places, min(count, places))


def test_galleries_take_channels_first_and_other_ranges():
    turned = {"data_format": "channels_first", "value_range": (-1, 1), "show": False}
    small = (IMAGES / 127.5 - 1).transpose(0, 3, 1, 2)
    boxes = {"boxes": np.array([[[1, 1, 3, 4]]] * 4), "labels": np.zeros((4, 1))}
    red = [[255, 0, 0]] * 4
    for figure in (
        vis.plot_image_gallery(small, **turned),
        vis.plot_segmentation_mask_gallery(small, 1, y_true=MASKS.transpose(0, 3, 1, 2), ignore_index=0, **turned),
        vis.plot_bounding_box_gallery(small, "xyxy", boxes, true_color=red[0], line_thickness=1, **turned),
    ):
        image = shown(figure)[0][0]
        assert np.abs(image.astype(int) - IMAGES[0]).max(where=image != [255, 0, 0], initial=0) <= 1
    assert image[1:5, 1].tolist() == red and image[1:5, 3].tolist() == red


def test_a_box_is_drawn_on_its_border():
    boxes = {"boxes": np.array([[[2, 2, 6, 6], [0, 0, 7, 7]]], "float32"), "labels": np.array([[0, -1]])}
    image = np.zeros((1, 9, 9, 3))
    rows = ["  .....  ", " ....... ", " ....... ", " ... ... ", " ....... ", " ....... ", "  .....  "]
    thick = vis.draw_bounding_boxes(image, boxes, "xyxy", color=(255, 128, 0))[0]
    assert thick.dtype == "uint8" and not thick[..., 2].any()
    np.testing.assert_array_equal(thick[1:8, :, 0] == 255, [[sign == "." for sign in row] for row in rows])
    assert not thick[[0, 8]].any()
    for change, covered in (({"line_thickness": 1}, 16), ({"line_thickness": -1}, 25)):
        drawn = vis.draw_bounding_boxes(image, boxes, "xyxy", color=(255, 128, 0), **change)[0]
        assert (drawn[..., 1] == 128).sum() == covered
    relative = {**boxes, "boxes": boxes["boxes"] / 9 + 1e-6}
    np.testing.assert_array_equal(vis.draw_bounding_boxes(image, relative, "rel_xyxy", color=(255, 128, 0))[0], thick)
    first = vis.draw_bounding_boxes(
        image.transpose(0, 3, 1, 2), boxes, "xyxy", color=(255, 128, 0), data_format="channels_first"
    )
    np.testing.assert_array_equal(first[0].transpose(1, 2, 0), thick)
    outside = {"boxes": np.array([[[-9, -9, -2, -3], [5, 5, 99, 99], [np.nan] * 4]]), "labels": np.zeros((1, 3), int)}
    assert vis.draw_bounding_boxes(image, outside, "xyxy", line_thickness=1)[0, 5:, 5:].any()
    assert not image.any()


def test_labels_are_written_above_their_boxes_and_stay_within_the_image():
    image = np.zeros((1, 90, 120, 3), "uint8")
    boxes = {"boxes": np.array([[[70, 50, 110, 80]]]), "labels": np.array([[1]]), "confidences": np.array([[0.5]])}

    def written(**options: Any) -> np.ndarray:
        return vis.draw_bounding_boxes(image, boxes, "xyxy", **options, color=(200, 0, 0), font_scale=0.5)[0, :46, :, 0]

    assert not written().any() and not written(class_mapping={0: "cat"}).any()
    plain, bold = written(class_mapping=NAMES), written(class_mapping=NAMES, text_thickness=3)
    assert plain.max() > 150 and plain[:, :70].any() and not plain[:25].any()  # too long: it begins further left
    assert bold.sum() > 1.1 * plain.sum()


def test_values_of_floats_are_those_of_pixels():
    nothing = {"boxes": np.zeros((1, 0, 4)), "labels": np.zeros((1, 0))}
    for given, expected in ((0.5, 127), (1.5, 1), (300.0, 255), (-2.0, 0)):
        assert (vis.draw_bounding_boxes(np.full((1, 2, 2, 1), given), nothing, "xyxy") == expected).all()


# ---------------------------------------------------------------------- figures


@pytest.fixture(scope="module")
def trained() -> Any:
    model = tsuno.Sequential(
        [tsuno.Input((6, 6, 3)), layers.Conv2D(4, 3, name="conv"), layers.Conv2D(2, 1, name="next")]
    )
    model.add(layers.Flatten())
    model.add(layers.Dense(2, name="last"))
    return vis.Inside(model)


@pytest.fixture(scope="module")
def steps() -> Any:
    model = tsuno.Sequential(
        [tsuno.Input((8, 2)), layers.Conv1D(3, 3, name="conv"), layers.GlobalMaxPooling1D(), layers.Dense(2)]
    )
    return vis.Inside(model)


SEQUENCES, ROWS = rng.normal(size=(2, 8, 2)).astype("float32"), rng.normal(size=(3, 5)).astype("float32")
FIGURES = [  # what is called with which fixture's model, and how many axes, colour bars among them, and titles there are
    ("trained", lambda of: vis.plot_filters(of.model.get_layer("conv")), ["0", "1", "2", "3"]),
    ("trained", lambda of: vis.plot_filters(of.model.get_layer("next"), limit=1), ["0", ""]),
    ("trained", lambda of: vis.plot_filters(of.model.get_layer("last").kernel), ["units by inputs", ""]),
    ("trained", lambda of: vis.plot_filters(np.zeros((3, 3, 3, 2, 2))), ["0", "1", ""]),
    ("trained", lambda of: vis.plot_activations(of, X, "conv", 1, limit=3), ["0", "1", "2", "", ""]),
    ("trained", lambda of: vis.plot_activations(of, X, "last"), ["last"]),
    ("trained", lambda of: vis.plot_grad_cam(of, X, target=[0, 1], class_names=["猫", "$犬"]), ["", "猫", "", "$犬"]),
    ("trained", lambda of: vis.plot_saliency(of, X, 1), ["", "class 1"] * 2),
    ("trained", lambda of: vis.plot_integrated_gradients(of, X[:1], 0.5, 4, 0), ["", "class 0"]),
    ("steps", lambda of: vis.plot_filters(of.model.get_layer("conv")), ["0", "1", "2", "", ""]),
    ("steps", lambda of: vis.plot_activations(of, SEQUENCES, "conv"), ["conv: channels by steps", ""]),
    ("steps", lambda of: vis.plot_grad_cam(of, SEQUENCES, target=1), ["class 1", "class 1", "", ""]),
    ("steps", lambda of: vis.plot_saliency(of, SEQUENCES[:1], 0), ["class 0", ""]),
    ("linear", lambda of: vis.plot_integrated_gradients(of[0], ROWS, target=2), ["class 2"] * 3),
    ("linear", lambda of: vis.plot_confusion_matrix([0, 1, 1], [0, 1, 0], ["猫", "犬"]), ["", ""]),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FIGURES)))
def test_figures_are_drawn_and_belong_to_nobody(number, request, recwarn):
    fixture, make, titles = FIGURES[number]
    figure = make(request.getfixturevalue(fixture))
    assert sorted(place.get_title() for place in figure.axes) == sorted(titles)
    assert not pyplot.get_fignums()
    assert all(
        text.get_fontfamily() == figures.fonts() for place in figure.axes for text in (place.title, *place.texts)
    )
    pixels = pyplot.imread(io.BytesIO(figure._repr_png_()))
    assert pixels[..., :3].std() > 0.02 and min(pixels.shape[:2]) > 100
    assert not [each for each in recwarn if "Glyph" not in str(each.message) and "font" not in str(each.message)]


def test_what_is_drawn_is_what_was_computed(trained):
    figure = vis.plot_activations(trained, X, "conv", example=1)
    maps = trained.outputs(X, ["conv"])["conv"][1]
    for channel, place in enumerate(figure.axes[:4]):
        np.testing.assert_array_equal(np.asarray(place.images[0].get_array()), maps[..., channel])
    found = np.asarray(vis.plot_saliency(trained, X, 1).axes[1].images[0].get_array())
    np.testing.assert_array_equal(found, vis.saliency(trained, X, 1)[0].max(-1))
    found = np.asarray(vis.plot_integrated_gradients(trained, X, 0.5, 4, 0).axes[3].images[0].get_array())
    np.testing.assert_array_equal(found, vis.integrated_gradients(trained, X, 0.5, 4, 0)[1].sum(-1))
    depthwise = layers.DepthwiseConv2D(3, depth_multiplier=2)
    depthwise.build((None, 8, 8, 3))
    transposed = layers.Conv2DTranspose(5, 3)
    transposed.build((None, 8, 8, 2))
    for layer, filters in ((depthwise, 6), (transposed, 5)):
        assert len([place for place in vis.plot_filters(layer).axes if place.get_title()]) == filters


def test_fonts_that_matplotlib_has_not_seen_yet_are_found(monkeypatch):
    manager = matplotlib.font_manager.fontManager
    latin = [font for font in manager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(manager, "ttflist", list(latin))
    monkeypatch.setattr(matplotlib.font_manager, "findSystemFonts", lambda: [latin[0].fname, "broken.ttf", "new.ttf"])

    def addfont(file: str) -> None:
        if file == "broken.ttf":
            raise OSError(file)
        manager.ttflist.append(dataclasses.replace(latin[0], fname=file, name="Meiryo"))

    monkeypatch.setattr(manager, "addfont", addfont)
    assert figures.fonts.__wrapped__() == ["DejaVu Sans", "Meiryo"]


TRUE = rng.integers(0, 3, 60)
GUESSED = np.where(rng.random(60) < 0.6, TRUE, rng.integers(0, 3, 60))
LETTERS = np.array(["b", "a", "c"])


@pytest.mark.parametrize(
    ("true", "guessed", "names", "normalize"),
    [
        (TRUE, GUESSED, None, None),
        (np.eye(3)[TRUE], np.eye(3)[GUESSED] * 0.5 + 0.1, ["い", "ろ", "は"], "true"),
        (TRUE.tolist(), GUESSED[:, None].astype("float32"), None, "pred"),
        (LETTERS[TRUE], LETTERS[GUESSED], ["b", "a", "c"], "all"),
    ],
    ids=["integers", "one-hot", "floats", "strings"],
)
def test_confusion_is_that_of_scikit_learn(true, guessed, names, normalize):
    confusion_matrix = pytest.importorskip("sklearn.metrics").confusion_matrix
    axes = vis.plot_confusion_matrix(true, guessed, names, normalize).axes[0]
    expected = confusion_matrix(TRUE, GUESSED, normalize=normalize)
    np.testing.assert_allclose(np.asarray(axes.images[0].get_array()), expected, rtol=1e-12)
    assert [text.get_text() for text in axes.get_xticklabels()] == (names or ["0", "1", "2"])
    written = [text.get_text() for text in axes.texts]
    assert written == [f"{value:.2f}" if normalize else str(value) for value in expected.flat]


def test_probabilities_of_two_classes_and_names_found():
    array = (
        vis.plot_confusion_matrix([0, 1, 1, 0], np.array([[0.2], [0.9], [0.4], [0.1]])).axes[0].images[0].get_array()
    )
    assert np.asarray(array).tolist() == [[2, 0], [1, 1]]
    axes = vis.plot_confusion_matrix(["x", "y"], ["x", "a"]).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "x", "y"]
    assert not vis.plot_confusion_matrix(np.arange(40), np.arange(40)).axes[0].texts


def test_a_figure_is_shown_only_if_asked_and_then_closed(monkeypatch, tmp_path):
    seen: list[int] = []
    monkeypatch.setattr(pyplot, "show", lambda: seen.append(len(pyplot.get_fignums())))
    vis.plot_confusion_matrix([0, 1], [0, 1], show=True)
    assert vis.plot_image_gallery(IMAGES) is None
    assert seen == [1, 1] and not pyplot.get_fignums()
    figure = vis.plot_image_gallery(IMAGES, path=tmp_path / "x.png", transparent=False, dpi=30)
    assert seen == [1, 1] and figure is not None
    assert pyplot.imread(tmp_path / "x.png")[..., :3].std() > 0.1
    handles = figure.axes[0].plot([0, 1], label="mine")
    legend = vis.plot_bounding_box_gallery(IMAGES, "xyxy", legend_handles=handles, show=False).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["mine"]


@pytest.mark.parametrize(
    ("module", "call", "extra"),
    [
        ("matplotlib.figure", lambda: vis.plot_filters(np.ones((2, 2))), "plot"),
        ("PIL", lambda: vis.draw_bounding_boxes(IMAGES[:1], BOX, "xyxy", NAMES), "images"),
    ],
)
def test_what_is_not_installed_is_named(monkeypatch, module, call, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install tsuno\[{extra}\]"):
        call()


# ---------------------------------------------------------------------- bad arguments

BOX = {"boxes": np.ones((1, 1, 4)), "labels": np.zeros((1, 1))}
WRONG: list[tuple[Any, str]] = [
    (lambda of: vis.grad_cam(of, X, "comv"), "no layer 'comv'. Did you mean 'conv'?"),
    (lambda of: vis.grad_cam(of, X, "last"), "spatial axes (or steps) and channels; got 'last'"),
    (lambda of: vis.grad_cam(of, X, layers.Dense(1)), "`layer` must be a layer of the model"),
    (lambda of: vis.grad_cam(of, X, size=(3,)), "`size` must be a positive integer or a tuple of 2"),
    (lambda of: vis.saliency(of, X, 2), "`target` must be a class of the model, below 2; got 2"),
    (lambda of: vis.saliency(of, X, -1), "`target` must be the index of a class"),
    (lambda of: vis.saliency(of, X, [0, 1, 0]), "`target` must be the index of a class"),
    (lambda of: vis.saliency(of, X, 0.5), "`target` must be the index of a class"),
    (lambda of: vis.saliency(layers.Dense(1), X), "`Inside.model` must be a model that is built"),
    (lambda of: vis.integrated_gradients(of, X, steps=0), "`integrated_gradients.steps` must be a positive integer"),
    (lambda of: vis.integrated_gradients(of, X, np.ones((7, 3))), "`baseline` must be a number, or arrays that fit"),
    (lambda of: vis.occlusion(of, X, 5), "below 2; got 5"),
    (lambda of: vis.occlusion(of, X, patch=(1, 2, 3)), "`occlusion.patch` must be"),
    (lambda of: vis.occlusion(of, X, patch=2, stride=3), "`occlusion.stride` must be at most the patch"),
    (lambda of: vis.occlusion(of, X, value=[1, 2]), "`occlusion.value` must be a number, or one for each channel"),
    (lambda of: vis.occlusion(of, [X, X]), "`occlusion.inputs` must be one batch"),
    (lambda of: of.scores(X, 1), "`output` must be the number of an output"),
    (lambda of: vis.plot_activations(of, X, "conv", 2), "`plot_activations.example` must be"),
    (lambda of: vis.plot_saliency(of, X, 1, ["one"]), "`class_names` must be the names of all classes"),
    (lambda of: vis.plot_filters(layers.ReLU()), "a layer that has been built and has a kernel"),
    (lambda of: vis.plot_filters(np.ones(3)), "a kernel of two to five axes"),
    (lambda of: vis.plot_confusion_matrix([0, 1], [0]), "2 predictions, one for each class"),
    (lambda of: vis.plot_confusion_matrix([0, -1], [0, 0]), "classes counted from 0"),
    (lambda of: vis.plot_confusion_matrix([], []), "the classes of one example or more"),
    (lambda of: vis.plot_confusion_matrix([0, 2], [0, 0], ["a", "b"]), "the names of all classes; 2 is one"),
    (lambda of: vis.plot_confusion_matrix([0], [0], normalize="rows"), "must be one of 'true', 'pred', 'all'"),
    (lambda of: vis.draw_bounding_boxes(IMAGES[0], BOX, "xyxy"), "`image[None]`"),
    (lambda of: vis.draw_bounding_boxes(IMAGES, [1], "xyxy"), "must be a dict"),
    (lambda of: vis.draw_bounding_boxes(IMAGES, {"boxes": 1}, "xyxy"), "with 'boxes' and 'labels'"),
    (lambda of: vis.draw_bounding_boxes(IMAGES[:1], BOX, "xywhy"), "xywh"),
    (lambda of: vis.draw_segmentation_masks(IMAGES, MASKS * 1.0), "must be integers"),
    (lambda of: vis.draw_segmentation_masks(IMAGES, MASKS[:, 1:]), "of the shape (4, 6, 5)"),
    (lambda of: vis.plot_image_gallery(IMAGES, path="x.png", show=True), "not both"),
    (lambda of: vis.plot_image_gallery(IMAGES, y_true=[0] * 4), "`plot_image_gallery.label_map` must be given"),
    (lambda of: vis.plot_image_gallery(IMAGES[0]), "a batch of images"),
    (lambda of: vis.plot_bounding_box_gallery(IMAGES, "xyxy", legend=True, legend_handles=[1]), "not both"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_a_bad_argument_gets_a_sentence(number, trained):
    call, words = WRONG[number]
    with pytest.raises((ValueError, TypeError)) as caught:
        call(trained)
    assert words in str(caught.value)


def test_rows_have_no_heat_map(linear):
    with pytest.raises(ValueError, match="For rows, use `saliency`"):
        vis.grad_cam(linear[0], linear[2])
