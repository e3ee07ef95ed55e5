"""Laws that every layer of images obeys, over the rows of `layers_image_table`; real Keras, with the same seed, is the
reference.

Compiling is what takes time here, so rows go by the chunk, one program per library.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
import test_layers as base
from layer_rows import BATCH, Row
from layers_image_table import IMAGES, ROWS, UNIT, WIDE

import tsuno
from tsuno import layers

keras = base.keras
CHUNK = 12
CHUNKS = [pytest.param(ROWS[i : i + CHUNK], id=f"{i}-{ROWS[i].name}") for i in range(0, len(ROWS), CHUNK)]
FIRST = {row.name: row for row in reversed(ROWS)}
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning", "ignore:.build:UserWarning")

ALWAYS = {"Rescaling", "Resizing", "CenterCrop", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization"}
"""Layers that do in inference what they do in training."""
FIXED = ALWAYS | {"Equalization", "MaxNumBoundingBoxes"}
"""Layers that draw nothing."""
LARGE = {"MixUp", "CutMix", "AugMix", "RandAugment"}
"""Layers whose programs take long to compile: they are only trained with."""
EAGER = {"RandomCrop", "RandomElasticTransform"}
"""Layers that Keras cannot compile."""
OTHER_DRAWS = {"AugMix"}
"""Layers that draw by Python's generator in Keras, which no seed of theirs sets."""
NO_INTEGERS = {"RandomBrightness", "RandomSaturation", *OTHER_DRAWS}
"""Keras adds to bytes without regard to their range, and finds no hue in integers."""


def make(lib: Any, row: Row, **more: Any) -> Any:
    layer = base.make(lib, row, **more)
    if row.name == "RandAugment":
        layer.equalization.bins = 8  # Keras counts the values of each bin by an expression of its own
    return layer


def call(layer: Any, x: Any, training: bool, state: Any) -> tuple[Any, Any]:
    """The result and the state after."""
    kwargs = {"training": training} if base.takes_training(layer) else {}
    return layer.stateless_call([], state, x, **kwargs)


def as_bytes(row: Row) -> Any:
    images = row.inputs[0]
    return (images * (255 if images.min() >= 0 and images.max() <= 1 else 1)).astype("uint8")


def keras_results(row: Row) -> Callable[[Any], dict[str, Any]]:
    layer = make(keras, row)
    layer.build(row.inputs[0].shape)
    state = [np.asarray(v) for v in layer.non_trainable_variables]

    def run(x: Any) -> dict[str, Any]:
        found = {"training": call(layer, x, True, state)[0]}
        if row.name not in LARGE | NO_INTEGERS and row.kwargs.get("value_range") != UNIT:
            found["bytes"] = call(layer, as_bytes(row), True, state)[0]
        return found

    return run


def own_results(row: Row) -> Callable[[Any], dict[str, Any]]:
    layer = make(tsuno, row)
    turns = row.name not in ("Rescaling", "Pipeline")
    first = make(tsuno, row, data_format="channels_first") if turns else layer
    state = [np.asarray(v) for v in layer.non_trainable_variables]

    def run(x: Any) -> dict[str, Any]:
        found = {"training": call(layer, x, True, state)[0], "inference": call(layer, x, False, state)[0]}
        if row.name not in LARGE:
            found["bytes"] = call(layer, as_bytes(row), True, state)[0]
            if turns and FIRST[row.name] is row:
                found["channels first"] = call(first, np.moveaxis(row.inputs[0], -1, 1), True, state)[0]
        return found

    return run


def compiled(kind: Callable[[Row], Any], rows: list[Row]) -> list[dict[str, Any]]:
    """The results for several rows from one program."""
    functions, inputs = [kind(row) for row in rows], [row.inputs[0] for row in rows]
    program = jax.jit(lambda inputs: [run(x) for run, x in zip(functions, inputs, strict=True)])
    return jax.tree.map(np.asarray, program.lower(inputs).compile(base.QUICKLY)(inputs))


@pytest.mark.parametrize("rows", CHUNKS)
def test_the_numbers_are_those_of_keras(rows: list[Row]) -> None:
    """With the same seed; and the other laws of one call, compiled and not."""
    wrong: list[str] = []
    own = compiled(own_results, rows)
    known = [row for row in rows if row.name not in OTHER_DRAWS | EAGER]
    theirs = dict(zip(map(id, known), compiled(keras_results, known), strict=True))
    for row, mine in zip(rows, own, strict=True):
        wanted = theirs.get(id(row)) or {}
        for key, value in wanted.items():
            wrong += base.differences(f"{row} {key}", [mine[key]], [value])
        if "channels first" in mine:
            turned = np.moveaxis(mine["channels first"], 1, -1)
            wrong += base.differences(f"{row} channels first", [turned], [mine["training"]])
        x = row.inputs[0]
        if row.name in ALWAYS:
            wrong += base.differences(f"{row} inference", [mine["inference"]], [mine["training"]])
        elif row.name != "Pipeline":
            wrong += base.differences(f"{row} inference", [mine["inference"]], [x])
        if FIRST[row.name] is row and row.name not in FIXED:
            layer = make(tsuno, row)
            one, other = np.asarray(layer(x)), np.asarray(layer(x))
            wrong += base.differences(f"{row} not compiled", [one], [mine["training"]])
            if (one == other).all():
                wrong.append(f"{row} does not draw anew")
    assert not wrong, "\n".join(wrong)


def test_numbers_that_keras_finds_without_compiling_only() -> None:
    for row in (row for row in ROWS if row.name in EAGER):
        x = row.inputs[0][:1, ..., :1]
        mine, theirs = (make(lib, row)(x, training=True) for lib in (tsuno, keras))
        assert not list(base.differences(str(row), [mine], [theirs]))


# ---------------------------------------------------------------------- shapes, dtypes, configurations


def known(layer: Any, x: Any, **kwargs: Any) -> tuple[Any, str]:
    y = jax.eval_shape(lambda: layer(x, **kwargs))
    return y.shape, str(y.dtype)


@pytest.mark.parametrize("rows", CHUNKS)
def test_shapes_and_dtypes_are_known_before_data_comes(rows: list[Row]) -> None:
    wrong = []
    for row in rows:
        layer, x = make(tsuno, row), row.inputs[0]
        (_, *shape), dtype = known(layer, x)
        for given in ((BATCH, *x.shape[1:]), (None, *x.shape[1:])):
            y = make(tsuno, row)(tsuno.KerasTensor(given))
            if (y.shape, y.dtype) != ((given[0], *shape), dtype):
                wrong.append(f"{row} of {given}: {y.shape} {y.dtype}, not {shape} {dtype}")
        if FIRST[row.name] is row and row.name not in LARGE and x.ndim == 4:
            y = make(tsuno, row)(tsuno.KerasTensor((None, None, None, 3)))
            sizes = [row.kwargs.get(name) for name in ("height", "width")]
            if y.shape != ((None, 4, 5, 3) if row.name == "Pipeline" else (None, *sizes, 3)):
                wrong.append(f"{row} of unknown size: {y.shape}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float16"])
def test_layers_compute_in_the_dtype_of_their_policy(policy: str) -> None:
    for row in FIRST.values():
        if row.name != "Pipeline":
            dtype = known(make(tsuno, row, dtype=policy), row.inputs[0])[1]
            assert dtype == policy.removeprefix("mixed_"), row


@pytest.mark.parametrize("rows", CHUNKS)
def test_configurations_are_those_of_keras(rows: list[Row]) -> None:
    wrong: list[str] = []
    for row in rows:
        ours, theirs = make(tsuno, row), make(keras, row)
        config, wanted = base.plain(ours), base.plain(theirs)
        wrong += base.disagreements(str(row), config, wanted)
        for lib, layer in ((tsuno, ours), (keras, theirs)):
            if lib is keras and row.name == "RandomShear":
                continue  # it does not take back what its own configuration says
            again = base.plain(type(layer).from_config(json.loads(json.dumps(config))))
            kept = {key: value for key, value in config.items() if key in wanted}
            wrong += base.disagreements(f"{row} from our configuration in {lib.__name__}", again, kept)
        again, kept = base.plain(type(ours).from_config(wanted)), {key: config[key] for key in wanted}
        wrong += base.disagreements(f"{row} from Keras' configuration", again, kept)
    assert not wrong, "\n".join(wrong)


# ---------------------------------------------------------------------- boxes, masks and labels

HEIGHT, WIDTH = 32, 40
SQUARE = np.array([14.0, 10.0, 26.0, 20.0], "float32")
BLACK: dict[str, Any] = {"fill_mode": "constant"}
MOVES: list[tuple[str, dict[str, Any]]] = [
    ("Resizing", {"height": 20, "width": 30}),
    ("Resizing", {"height": 24, "width": 24, "crop_to_aspect_ratio": True}),
    ("Resizing", {"height": 24, "width": 24, "pad_to_aspect_ratio": True}),
    ("CenterCrop", {"height": 16, "width": 20}),
    ("CenterCrop", {"height": 40, "width": 20}),
    ("RandomCrop", {"height": 24, "width": 28, "seed": 3}),
    ("RandomCrop", {"height": 48, "width": 30}),
    ("RandomFlip", {"seed": 1}),
    ("RandomFlip", {"mode": "horizontal", "seed": 2}),
    ("RandomRotation", {"factor": 0.2, "seed": 1, **BLACK}),
    ("RandomTranslation", {"height_factor": 0.2, "width_factor": 0.2, "seed": 1, **BLACK}),
    ("RandomZoom", {"height_factor": 0.3, "width_factor": 0.2, "seed": 2, **BLACK}),
    ("RandomShear", {"x_factor": 0.3, "y_factor": 0.3, "seed": 1, **BLACK}),
    ("RandomPerspective", {"scale": 0.3, "factor": (1.0, 1.0), "seed": 1}),
]
WRONG = {"RandomCrop", "RandomShear"}
"""Keras moves boxes down by what it cut off on the left, and takes a shear of pixels for one of fractions."""
XYXY_ONLY = {"RandomRotation", "RandomPerspective"}
"""Keras forgets the format of boxes on the way in or out."""
FORMATS = ("xyxy", "rel_yxyx", "center_xywh")


def scene(kind: str) -> dict[str, Any]:
    """Black images with a white square, its mask, its box and an empty box."""
    image = np.zeros((BATCH, HEIGHT, WIDTH, 1), "float32")
    image[:, 10:20, 14:26] = 255
    square = keras.utils.bounding_boxes.convert_format(SQUARE, "xyxy", kind, HEIGHT, WIDTH)
    boxes = np.broadcast_to(np.stack([np.asarray(square), np.zeros(4, "float32")]), (BATCH, 2, 4))
    labels = np.broadcast_to(np.array([5, 6]), (BATCH, 2))
    return {
        "images": image, "segmentation_masks": (image / 255).astype("int32"), "labels": np.eye(BATCH, dtype="float32"),
        "bounding_boxes": {"boxes": boxes, "labels": labels},
    }  # fmt: skip


def white(images: Any) -> Any:
    """The box around what is white in each image."""
    boxes = []
    for image in images[..., 0]:
        rows, columns = np.nonzero(image > 127)
        boxes.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    return np.array(boxes, "float32")


PLACED = [
    (name, kwargs, "xyxy" if name in XYXY_ONLY else FORMATS[place % 3]) for place, (name, kwargs) in enumerate(MOVES)
]


@functools.cache
def moved(lib: Any) -> list[Any]:
    """What the layers of a library make of a scene; None where Keras is wrong."""
    moves = [move for move in PLACED if lib is tsuno or move[0] not in WRONG]
    made = [getattr(lib.layers, name)(bounding_box_format=kind, **kwargs) for name, kwargs, kind in moves]
    state = [[np.asarray(v) for v in layer.non_trainable_variables] for layer in made]
    scenes = [scene(kind) for *_, kind in moves]
    for layer in made:
        layer.built = True

    def run(scenes: Any) -> Any:
        return [call(layer, x, True, now)[0] for layer, x, now in zip(made, scenes, state, strict=True)]

    found = iter(jax.tree.map(np.asarray, jax.jit(run).lower(scenes).compile(base.QUICKLY)(scenes)))
    return [next(found) if move in moves else None for move in PLACED]


def test_boxes_and_masks_move_with_the_images() -> None:
    wrong = []
    for (name, kwargs, kind), result in zip(PLACED, moved(tsuno), strict=True):
        seen, boxes = white(result["images"]), result["bounding_boxes"]
        _, height, width, _ = result["images"].shape
        got = keras.utils.bounding_boxes.convert_format(boxes["boxes"], kind, "xyxy", height, width)
        # A turned square leaves the corners of its box empty.
        slack = 2.0 if name == "RandomRotation" else 1.0
        if np.abs(np.asarray(got)[:, 0] - seen).max() > slack:
            wrong.append(f"{name} {kwargs} {kind}: boxes are at {got[:, 0]}, the square is at {seen}")
        if np.abs(white(255 * result["segmentation_masks"]) - seen).max() > 1:
            wrong.append(f"{name} {kwargs}: the mask is elsewhere")
        if result["segmentation_masks"].dtype != "int32" or (result["labels"] != np.eye(BATCH)).any():
            wrong.append(f"{name} {kwargs}: masks or labels are changed")
        if (boxes["labels"] != [5, -1]).any():
            wrong.append(f"{name} {kwargs}: the labels of boxes are {boxes['labels']}")
    assert not wrong, "\n".join(wrong)


def test_boxes_and_masks_are_where_keras_puts_them() -> None:
    wrong: list[str] = []
    for move, mine, theirs in zip(PLACED, moved(tsuno), moved(keras), strict=True):
        if theirs is None:
            continue
        for part in ("boxes", "labels"):
            both = [x["bounding_boxes"][part].astype("float32") for x in (mine, theirs)]
            wrong += base.differences(f"{move} {part}", both[:1], both[1:])
        if move[:2] != ("CenterCrop", {"height": 40, "width": 20}):  # Keras blurs masks here
            masks = [x["segmentation_masks"].astype("float32") for x in (mine, theirs)]
            wrong += base.differences(f"{move} masks", masks[:1], masks[1:])
    assert not wrong, "\n".join(wrong)


def test_policies_move_boxes_and_masks_too() -> None:
    layer = layers.RandAugment(num_ops=3, factor=0.2, seed=6, bounding_box_format="xyxy")
    layer.layer_names = ("random_translation",)
    data = scene("xyxy")
    data["images"] = np.repeat(data["images"], 3, axis=-1)
    result = jax.tree.map(np.asarray, layer(data))
    assert (result["images"] != data["images"]).any()
    assert np.abs(result["bounding_boxes"]["boxes"][:, 0] - white(result["images"])).max() <= 1
    assert np.abs(white(255 * result["segmentation_masks"]) - white(result["images"])).max() <= 1


def test_mixing_layers_mix_labels_as_keras_does() -> None:
    data = {"images": IMAGES, "labels": np.eye(BATCH, dtype="float32")}
    for name in ("MixUp", "CutMix"):
        mine, theirs = (getattr(lib.layers, name)(seed=5)(dict(data), training=True) for lib in (tsuno, keras))
        assert not list(base.differences(name, base.leaves(mine), base.leaves(theirs)))


def test_mixing_layers_mix_what_belongs_to_the_images() -> None:
    data = scene("xyxy")
    data["images"] *= np.array([1.0, 0.5, 0.2, 0.1], "float32").reshape(-1, 1, 1, 1)
    data["segmentation_masks"] = data["images"] / 255
    layer = layers.MixUp(alpha=1.0, seed=2, bounding_box_format="xyxy")
    change = layer.get_random_transformation(data)
    order, weight = np.asarray(change["permutation_order"]), np.asarray(change["mix_weight"])
    result = jax.tree.map(np.asarray, layers.MixUp(alpha=1.0, seed=2, bounding_box_format="xyxy")(data))
    assert np.allclose(result["images"], 255 * result["segmentation_masks"], atol=1e-3)
    assert np.allclose(result["labels"], weight[:, None] * np.eye(BATCH) + (1 - weight[:, None]) * np.eye(BATCH)[order])
    boxes, labels = (result["bounding_boxes"][key] for key in ("boxes", "labels"))
    assert boxes.shape == (BATCH, 4, 4) and labels.tolist() == [[5, 6, 5, 6]] * BATCH
    cut = jax.tree.map(np.asarray, layers.CutMix(seed=2)({key: data[key] for key in data if key != "bounding_boxes"}))
    assert np.allclose(cut["images"], 255 * cut["segmentation_masks"], atol=1e-3)
    with pytest.raises(NotImplementedError, match="boxes that it cuts"):
        layers.CutMix(bounding_box_format="xyxy")(data)


def test_one_sample_is_a_batch_of_one() -> None:
    data = scene("xywh")
    batch, single = (jax.tree.map(lambda x: x[:1], data), jax.tree.map(lambda x: x[0], data))
    for name, kwargs in (MOVES[0], MOVES[5], ("MaxNumBoundingBoxes", {"max_number": 3})):
        one, alone = (
            getattr(layers, name)(**kwargs, bounding_box_format="xywh")(part, training=True) for part in (batch, single)
        )
        assert not list(base.differences(name, base.leaves(alone), [x[0] for x in base.leaves(one)]))


def test_boxes_keep_their_precision() -> None:
    data = {"images": np.zeros((1, 8, 400, 3)), "bounding_boxes": {"boxes": [[[301, 1, 303, 2]]], "labels": [[1]]}}
    result = layers.CenterCrop(8, 400, bounding_box_format="xyxy", dtype="mixed_bfloat16")(data)
    assert result["images"].dtype == "bfloat16"
    assert result["bounding_boxes"]["boxes"].tolist() == [[[301, 1, 303, 2]]]


def test_boxes_in_lists_are_filled_up() -> None:
    data = {
        "images": IMAGES[:2],
        "bounding_boxes": {"boxes": [[[1, 2, 3, 4], [0, 0, 8, 8]], [[2, 2, 4, 4]]], "labels": [[1, 2], [3]]},
    }
    result = layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy")(data)["bounding_boxes"]
    assert result["labels"].tolist() == [[1, 2, -1], [3, -1, -1]]
    assert result["boxes"][1].tolist() == [[2, 2, 4, 4], [0, 0, 0, 0], [-1, -1, -1, -1]]
    few = layers.MaxNumBoundingBoxes(1, fill_value=7, bounding_box_format="xyxy")(data)["bounding_boxes"]
    assert few["labels"].tolist() == [[1], [3]]


# ---------------------------------------------------------------------- composition, models, errors


def test_a_chain_of_augmix_applies_what_it_drew() -> None:
    layer = layers.AugMix(num_chains=2, chain_depth=2, seed=1)
    change = layer.get_random_transformation(IMAGES)
    chains = change["chain_transforms"]
    nothing = len(layer.layer_names)
    change["weight_sample"], change["chain_mixing_weights"] = np.float32(0.25), np.float32([1, 0])
    chains["layer_idxes"] = np.array([nothing, nothing, 0, 0])
    assert np.allclose(layer.transform_images(IMAGES, change), IMAGES, atol=1e-3)
    which = layer.layer_names.index("random_contrast")
    chains["layer_idxes"] = np.array([nothing, which, 0, 0])
    drawn = {key: x[1] for key, x in chains["transforms"]["random_contrast"].items()}
    changed = layer.random_contrast.transform_images(IMAGES, drawn)
    assert np.allclose(layer.transform_images(IMAGES, change), 0.25 * IMAGES + 0.75 * changed, atol=1e-3)
    assert set(layers.AugMix(all_ops=False).layer_names) == {
        "random_shear", "random_translation", "random_rotation", "random_posterization", "solarization",
        "auto_contrast", "equalization",
    }  # fmt: skip


def test_erasing_fills_with_one_value_for_each_channel() -> None:
    y = np.asarray(layers.RandomErasing((1, 1), scale=(0.5, 0.5), fill_value=[1, 2, 3], seed=1)(IMAGES))
    erased = (y == [1, 2, 3]).all(axis=-1)
    assert erased.any() and (y[~erased] == IMAGES[~erased]).all()


def test_the_same_seed_gives_the_same_bits() -> None:
    a, b, c = (np.asarray(layers.RandomRotation(0.2, seed=seed)(WIDE)) for seed in (1, 1, 2))
    assert (a == b).all() and (a != c).any()
    tsuno.utils.set_random_seed(3)
    one = np.asarray(layers.RandomBrightness(0.2)(IMAGES))
    tsuno.utils.set_random_seed(3)
    again, other = layers.RandomBrightness(0.2), layers.RandomBrightness(0.2)
    assert (one == np.asarray(again(IMAGES))).all() and (one != np.asarray(other(IMAGES))).any()


def test_a_layer_of_the_users_own_says_what_it_draws_and_does() -> None:
    class Dim(layers.RandomBrightness):
        def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
            return 0.5 if training else None

        def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
            return images * transformation if training else images

        def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
            return labels + 1

    data = {"images": IMAGES, "labels": np.zeros(BATCH)}
    result = Dim(0.1)(data)
    assert np.allclose(result["images"], IMAGES / 2) and (result["labels"] == 1).all()
    assert (data["labels"] == 0).all(), "what came in is left alone"
    assert (Dim(0.1)(IMAGES[0], training=False) == IMAGES[0]).all()


def test_augmentation_is_a_part_of_a_model() -> None:
    augment = layers.Pipeline(
        [layers.RandomFlip(seed=1), layers.RandomTranslation(0.2, 0.2), layers.RandomContrast(0.2)]
    )
    model = tsuno.Sequential(
        [tsuno.Input((8, 8, 3)), augment, layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    before = np.asarray(augment.layers[0].generator.state.value)
    model.fit(IMAGES, np.zeros((BATCH, 1)), batch_size=2, epochs=2, verbose=0)
    after = np.asarray(augment.layers[0].generator.state.value)
    assert (after - before).tolist() == [0, 4], "a draw for each step"
    plain = tsuno.Sequential(model.layers[1:])
    assert np.allclose(model.predict(IMAGES, verbose=0), plain(IMAGES), atol=1e-5)


def test_dicts_go_through_functional_models() -> None:
    image, mask = tsuno.Input((8, 8, 3)), tsuno.Input((8, 8, 1), dtype="int32")
    flipped = layers.RandomFlip("horizontal", seed=1)({"images": image, "segmentation_masks": mask})
    assert flipped["segmentation_masks"].dtype == "int32"
    model = tsuno.Model([image, mask], flipped)
    masks = (IMAGES[..., :1] > 127).astype("int32")
    result = jax.tree.map(np.asarray, model([IMAGES, masks], training=True))
    assert (result["images"] != IMAGES).any()
    assert ((result["images"][..., :1] > 127) == result["segmentation_masks"]).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda: layers.RandomRotation(1.5),
            "`RandomRotation.factor` must be a number or a pair of numbers from -1 to 1",
        ),
        (lambda: layers.RandomHue((0.1, 0.2, 0.3)), "`RandomHue.factor` must be"),
        (lambda: layers.RandomZoom(-1.0), "`RandomZoom.height_factor` must be"),
        (lambda: layers.RandomPosterization(9), "from 1 to 8"),
        (lambda: layers.RandomGaussianBlur(kernel_size=4), "odd"),
        (lambda: layers.RandomBrightness(0.1, value_range=3), "`RandomBrightness.value_range` must be a pair"),
        (lambda: layers.RandomFlip("sideways"), "`RandomFlip.mode` must be one of"),
        (lambda: layers.RandomShear(fill_mode="reflects"), "Did you mean 'reflect'"),
        (lambda: layers.RandomFlip(bounding_box_format="xxyy"), "Did you mean 'xyxy'"),
        (lambda: layers.RandomFlip()(np.zeros((3, 3))), "one image .3 axes. or a batch of images"),
        (lambda: layers.RandomFlip()({"image": IMAGES}), "needs the key 'images'"),
        (lambda: layers.RandomFlip()(scene("xyxy")), "Pass for example bounding_box_format='xyxy'"),
        (lambda: layers.Pipeline([layers.RandomFlip]), "Make one by calling it"),
    ],
)
def test_mistakes_are_named(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        wrong()
