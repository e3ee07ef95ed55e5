"""Boxes compute what Keras computes, in one program or not; what they cannot do, they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tsuno import KerasTensor, engine
from tsuno.utils import bounding_boxes as boxes

theirs = pytest.importorskip("keras").utils.bounding_boxes

rng = np.random.default_rng(5)
LOW = rng.uniform(0, 50, (2, 5, 2)).astype("float32")
XYXY = np.concatenate([LOW, LOW + rng.uniform(1, 40, (2, 5, 2)).astype("float32")], axis=-1)
OTHERS = XYXY[:, ::-1] + rng.normal(0, 9, (2, 5, 4)).astype("float32")
FILLED = np.concatenate([XYXY[:, :3], -np.ones((2, 2, 4), "float32")], axis=1)
FORMATS = ("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")
SIZE = {"height": 80, "width": 100}
SHAPE = {"image_shape": (80, 100, 3)}
VARIANCE = np.array([0.1, 0.1, 0.2, 0.2], "float32")
ANGLES, MOVES = np.array([30.0, -100.0], "float32"), np.array([0.1, -0.3], "float32")
AFFINE = (ANGLES, MOVES, MOVES[::-1], np.array([1.2, 0.5], "float32"), ANGLES / 9, ANGLES / 7, 80, 100)

ROWS: list[tuple[Any, ...]] = [
    *(("convert_format", (XYXY, "xyxy", target), SIZE) for target in FORMATS),
    *(("convert_format", (XYXY[0] / 100, source, "xyxy"), SIZE) for source in FORMATS),
    ("convert_format", (XYXY / 100, "rel_xywh", "rel_yxyx"), SIZE),
    ("convert_format", (XYXY, "yxyx", "center_yxhw"), {"dtype": "float16"}),
    ("convert_format", ({"boxes": XYXY, "labels": np.ones((2, 5), "float32")}, "XYXY", "xywh"), {}),
    ("convert_format", (XYXY, "xyxy", "rel_xyxy", MOVES.reshape(2, 1, 1), MOVES.reshape(2, 1, 1)), {}),
    ("clip_to_image_size", ({"boxes": OTHERS * 2, "labels": np.arange(10).reshape(2, 5)}, 50, 60), {}),
    ("clip_to_image_size", ({"boxes": OTHERS / 50},), {"bounding_box_format": "rel_xyxy"}),
    ("affine_transform", (XYXY, *AFFINE), {}),
    ("affine_transform", (XYXY, *AFFINE, MOVES + 0.5, MOVES), {}),
    ("crop", (XYXY, 10, 20, 30, 40), {}),
    ("crop", (XYXY.astype("int32"), 10, 20, 30, 40), {}),
    ("pad", (XYXY, 10, 20), {}),
    ("compute_iou", (XYXY, OTHERS, "xyxy"), {}),
    ("compute_iou", (XYXY[0], OTHERS[0], "center_xywh"), {}),
    ("compute_iou", (XYXY[0], OTHERS, "xywh"), {}),
    ("compute_iou", (XYXY / 90, OTHERS / 90, "rel_yxyx"), SHAPE),
    ("compute_iou", (FILLED, FILLED, "xyxy"), {"use_masking": True, "mask_val": -3}),
    ("compute_ciou", (XYXY, OTHERS, "xyxy"), {}),
    ("compute_ciou", (XYXY, OTHERS, "center_yxhw"), {}),
    ("encode_box_to_deltas", (XYXY, OTHERS, "xyxy", "xywh"), {}),
    ("encode_box_to_deltas", (XYXY / 99, OTHERS, "rel_xyxy", "xywh", "center_xywh", VARIANCE), SHAPE),
    ("decode_deltas_to_boxes", (XYXY, OTHERS / 50, "xyxy", "xywh"), {}),
    ("decode_deltas_to_boxes", (XYXY, OTHERS / 50, "xyxy", "rel_xyxy", "center_xywh", VARIANCE), SHAPE),
    ("decode_deltas_to_boxes", ({"a": XYXY, "b": XYXY[:1]}, {"a": OTHERS / 50, "b": OTHERS[:1]}, "xyxy", "xyxy"), {}),
]  # fmt: skip
NAMES = sorted({name for name, *_ in ROWS})


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_are_those_of_keras(name: str) -> None:
    """Eager, and all uses in one compiled program."""
    rows = [row[1:] for row in ROWS if row[0] == name]
    wanted = [getattr(theirs, name)(*copies(args), **kwargs) for args, kwargs in rows]
    eager = [getattr(boxes, name)(*args, **kwargs) for args, kwargs in rows]
    arrays = [[leaf for leaf in engine.tree.leaves(args) if isinstance(leaf, np.ndarray)] for args, _ in rows]

    def together(given: Any) -> Any:
        results = []
        for (args, kwargs), values in zip(rows, given, strict=True):
            values = iter(values)
            filled = engine.tree.map(lambda x, v=values: next(v) if isinstance(x, np.ndarray) else x, args)
            results.append(getattr(boxes, name)(*filled, **kwargs))
        return results

    for results in (eager, engine.compile(together)(arrays)):
        for (args, kwargs), got, want in zip(rows, results, wanted, strict=True):
            got, want = engine.tree.leaves(got), engine.tree.leaves(want)
            for ours, other in zip(got, want, strict=True):
                assert (ours.shape, str(ours.dtype)) == (other.shape, str(other.dtype)), (args[1:], kwargs)
                np.testing.assert_allclose(ours, other, rtol=1e-5, atol=2e-5, err_msg=str((args[1:], kwargs)))


def copies(structure: Any) -> Any:
    """Keras writes into dicts that it is given."""
    return engine.tree.map(lambda x: x, structure)


def test_every_function_has_a_row() -> None:
    assert {name for name in dir(theirs) if not name.startswith("_")} == set(NAMES)
    assert {name for name, item in vars(boxes).items() if callable(item)} == set(NAMES)


def test_boxes_come_back() -> None:
    deltas = boxes.encode_box_to_deltas(XYXY, np.abs(OTHERS), "xyxy", "xywh", variance=VARIANCE)
    back = boxes.decode_deltas_to_boxes(XYXY, deltas, "xyxy", "xywh", variance=VARIANCE)
    np.testing.assert_allclose(back, np.maximum(np.abs(OTHERS), 1e-7), rtol=1e-4, atol=1e-4)
    for name in FORMATS:
        there = boxes.convert_format(XYXY, "xyxy", name, **SIZE)
        np.testing.assert_allclose(boxes.convert_format(there, name, "xyxy", **SIZE), XYXY, rtol=1e-5, atol=1e-5)


def test_relative_boxes_have_a_complete_overlap_too() -> None:
    """Where Keras refuses, although the size is known."""
    scale = np.array([100, 80, 100, 80], "float32")
    ours = boxes.compute_ciou(XYXY / scale, OTHERS / scale, "rel_xyxy", (80, 100, 3))
    np.testing.assert_allclose(ours, boxes.compute_ciou(XYXY, OTHERS, "xyxy"), rtol=1e-4, atol=1e-5)


def test_symbols_and_empty_batches() -> None:
    symbol = KerasTensor((None, 5, 4))
    assert boxes.compute_iou(symbol, OTHERS[0], "xyxy").shape == (None, 5, 5)
    assert boxes.convert_format({"boxes": symbol}, "xyxy", "xywh")["boxes"].shape == (None, 5, 4)
    assert boxes.clip_to_image_size({"boxes": symbol}, 9, 9)["boxes"].shape == (None, 5, 4)
    assert boxes.compute_iou(XYXY[:, :0], OTHERS, "xyxy").shape == (2, 0, 5)


def test_gradients_are_finite() -> None:
    for value in (XYXY, FILLED, np.zeros((2, 5, 4), "float32")):
        _, slope = engine.value_and_grad(lambda x: boxes.compute_ciou(x, OTHERS, "xyxy").sum())(value)
        assert np.isfinite(slope).all()


@pytest.mark.parametrize(
    "attempt, message, kind",
    [
        (lambda: boxes.convert_format(XYXY, "center_xyhw", "xywh"), r"Unknown format of boxes 'center_xyhw'. Did you mean 'center_", ValueError),
        (lambda: boxes.convert_format(XYXY[..., :3], "xyxy", "xywh"), r"`convert_format.boxes` must be of shape", ValueError),
        (lambda: boxes.convert_format(XYXY, "xyxy", "rel_xywh"), r"`convert_format.height` must be given", ValueError),
        (lambda: boxes.compute_iou(XYXY, XYXY, "rel_xyxy"), r"`compute_iou.image_shape` must be the", ValueError),
        (lambda: boxes.compute_iou(XYXY[0, 0], XYXY, "xyxy"), r"`compute_iou.boxes1` must be of shape", ValueError),
        (lambda: boxes.crop(XYXY, 1, 1, 5, 5, "xywh"), r"must be xyxy; got 'xywh'", NotImplementedError),
        (lambda: boxes.clip_to_image_size({"boxes": XYXY}), r"`clip_to_image_size.height` must be given", ValueError),
        (lambda: boxes.encode_box_to_deltas(XYXY, XYXY, "xyxy", "xyxy", "xyxy"), r"encoding_format` must be one of", ValueError),
        (lambda: boxes.encode_box_to_deltas(XYXY, XYXY, "xyxy", "xyxy", variance=[1.0]), r"variance` must be four", ValueError),
    ],
)  # fmt: skip
def test_wrong_input_gets_one_clear_sentence(attempt: Any, message: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=message):
        attempt()
