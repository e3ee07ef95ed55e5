"""Boxes around things in images: the ways to write them, how much two overlap, and what happens to them when the image
is cropped, padded or bent.

A box is four numbers. `xyxy` are the left, top, right and bottom edge, in pixels; `yxyx` the same with y first; `xywh`
left, top, width and height; `center_xywh` and `center_yxhw` have the middle instead of the left and the top. With
`rel_` in front the numbers are fractions of the width and the height of the image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from tsuno.core.errors import invalid, unknown
from tsuno.core.op import Tensor, op, to_array
from tsuno.core.settings import epsilon
from tsuno.core.validate import check
from tsuno.engine import xp
from tsuno.ops.arguments import as_float
from tsuno.ops.fusing import fused

__all__ = [
    "affine_transform", "clip_to_image_size", "compute_ciou", "compute_iou", "convert_format", "crop",
    "decode_deltas_to_boxes", "encode_box_to_deltas", "inverse_affine", "pad",
]  # fmt: skip

_FORMATS = {  # what the second pair of numbers is, and whether y comes before x
    "xyxy": ("corner", False), "yxyx": ("corner", True), "xywh": ("size", False),
    "center_xywh": ("size around", False), "center_yxhw": ("size around", True),
}  # fmt: skip
_FORMATS |= {f"rel_{name}": form for name, form in _FORMATS.items()}


@op
def convert_format(
    boxes: Any, source: str, target: str, height: Tensor = None, width: Tensor = None, dtype: Any = "float32"
) -> Any:
    """Boxes in another format.

    Args:
        boxes: (…, 4), or a dict with such `boxes`.
        source: the format they are in.
        target: the format to bring them to.
        height: of the image, in pixels; needed to get to or from a relative format.
        width: of the image, in pixels.
        dtype: of the result.

    Example:
        >>> boxes = [[10, 20, 30, 60]]
        >>> tsuno.utils.bounding_boxes.convert_format(boxes, "xyxy", "center_xywh").tolist()
        [[20.0, 40.0, 20.0, 40.0]]
    """
    if isinstance(boxes, dict):
        return {**boxes, "boxes": convert_format(boxes["boxes"], source, target, height, width, dtype)}
    return _converted(to_array(boxes), source, target, height, width, dtype)


@op
def clip_to_image_size(
    bounding_boxes: dict[str, Any], height: Tensor = None, width: Tensor = None, bounding_box_format: str = "xyxy"
) -> Any:
    """Boxes with what is outside the image cut off; a box with nothing left gets the label −1.

    Args:
        bounding_boxes: a dict with `boxes` (…, 4) and, if there are any, `labels` (…).
        height: of the image, in pixels; not needed for relative boxes.
        width: of the image, in pixels.
        bounding_box_format: `xyxy` or `rel_xyxy`.

    Example:
        >>> boxes = {"boxes": [[-2.0, 1.0, 3.0, 9.0], [9.0, 9.0, 9.5, 9.5]], "labels": [4, 5]}
        >>> clipped = tsuno.utils.bounding_boxes.clip_to_image_size(boxes, 8, 8)
        >>> clipped["boxes"].tolist(), clipped["labels"].tolist()
        ([[0.0, 1.0, 3.0, 8.0], [8.0, 8.0, 8.0, 8.0]], [4, -1])
    """
    _only(("xyxy", "rel_xyxy"), bounding_box_format, "clip_to_image_size")
    if bounding_box_format == "rel_xyxy":
        height = width = 1
    elif height is None or width is None:
        raise invalid("clip_to_image_size.height", "given, and `width` too, for boxes in pixels", height)
    boxes, labels = _clipped(to_array(bounding_boxes["boxes"]), to_array(bounding_boxes.get("labels")), height, width)
    return {**bounding_boxes, "boxes": boxes, **({} if labels is None else {"labels": labels})}


def affine_transform(
    boxes: Tensor,
    angle: Tensor,
    translate_x: Tensor,
    translate_y: Tensor,
    scale: Tensor,
    shear_x: Tensor,
    shear_y: Tensor,
    height: Tensor,
    width: Tensor,
    center_x: Tensor = None,
    center_y: Tensor = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """The upright boxes around boxes that are turned, moved, stretched and sheared with their images.

    Args:
        boxes: (batch, boxes, 4).
        angle: (batch,), degrees.
        translate_x: (batch,), how far to move, as a fraction of the width.
        translate_y: (batch,), as a fraction of the height.
        scale: (batch,), the factor of sizes.
        shear_x: (batch,), degrees.
        shear_y: (batch,), degrees.
        height: of the image, in pixels.
        width: of the image, in pixels.
        center_x: what stays in place when turned, as a fraction of the width; 0.5 by default.
        center_y: as a fraction of the height; 0.5 by default.
        bounding_box_format: `xyxy`.

    Example:
        >>> one, none = np.ones(1, "float32"), np.zeros(1, "float32")
        >>> move = tsuno.utils.bounding_boxes.affine_transform
        >>> move(np.array([[[1.0, 2.0, 3.0, 4.0]]]), none, 0.5 * one, none, one, none, none, 9, 9).tolist()
        [[[5.0, 2.0, 7.0, 4.0]]]
    """
    _only(("xyxy",), bounding_box_format, "affine_transform")
    center = (0.5 if center_x is None else center_x, 0.5 if center_y is None else center_y)
    return _moved(boxes, angle, translate_x, translate_y, scale, shear_x, shear_y, height, width, *center)


@op
@fused
def crop(
    boxes: Tensor, top: Tensor, left: Tensor, height: Tensor, width: Tensor, bounding_box_format: str = "xyxy"
) -> Any:
    """Boxes after their image is cropped: shifted, and cut where they leave it.

    Args:
        boxes: (…, 4).
        top: rows cut off above.
        left: columns cut off on the left.
        height: of the image that is left.
        width: of the image that is left.
        bounding_box_format: `xyxy`.

    Example:
        >>> tsuno.utils.bounding_boxes.crop([[1.0, 2.0, 9.0, 9.0]], 1, 2, 5, 6).tolist()
        [[0.0, 1.0, 6.0, 5.0]]
    """
    _only(("xyxy",), bounding_box_format, "crop")
    return _clip(_shift(boxes, -left, -top), height, width)


def pad(
    boxes: Tensor, top: Tensor, left: Tensor, height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> Any:
    """Boxes after their image is padded.

    Args:
        boxes: (…, 4).
        top: rows added above.
        left: columns added on the left.
        height: of the new image; makes no difference.
        width: of the new image; makes no difference.
        bounding_box_format: `xyxy`.

    Example:
        >>> tsuno.utils.bounding_boxes.pad([[1.0, 2.0, 9.0, 9.0]], 1, 2).tolist()
        [[3.0, 3.0, 11.0, 10.0]]
    """
    _only(("xyxy",), bounding_box_format, "pad")
    return _shift(to_array(boxes), left, top)


@op
@fused
def compute_iou(
    boxes1: Tensor,
    boxes2: Tensor,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Sequence[int] | None = None,
) -> Tensor:
    """Intersection over union: the area that two boxes share, divided by the area that they cover together.

    Args:
        boxes1: (…, n, 4).
        boxes2: (…, m, 4).
        bounding_box_format: the format of both.
        use_masking: whether pairs with a box of negative numbers only, as boxes for filling up have, are marked.
        mask_val: what they are marked with.
        image_shape: (height, width, channels) of the image, for relative formats.

    Returns:
        (…, n, m): each of `boxes1` with each of `boxes2`.

    Example:
        >>> iou = tsuno.utils.bounding_boxes.compute_iou
        >>> iou([[0, 0, 2, 2]], [[1, 0, 3, 2], [5, 5, 6, 6]], "xyxy").tolist()
        [[0.333..., 0.0]]
    """
    for name, boxes in (("boxes1", boxes1), ("boxes2", boxes2)):
        if xp.ndim(boxes) not in (2, 3):
            raise invalid(f"compute_iou.{name}", "of shape (boxes, 4) or (batch, boxes, 4)", xp.asarray(boxes))
    first, second = (_in_pixels(x, bounding_box_format, "xyxy", image_shape, "compute_iou") for x in (boxes1, boxes2))
    ones, others = first[..., :, None, :], second[..., None, :, :]
    shared = _area(xp.maximum(ones[..., :2], others[..., :2]), xp.minimum(ones[..., 2:], others[..., 2:]))
    areas = [xp.prod(x[..., 2:] - x[..., :2], axis=-1) for x in (ones, others)]
    iou = shared / (areas[0] + areas[1] - shared + epsilon())
    if not use_masking:
        return iou
    filling = (xp.max(ones, axis=-1) < 0) | (xp.max(others, axis=-1) < 0)
    return xp.where(filling, xp.asarray(mask_val, iou.dtype), iou)


@op
@fused
def compute_ciou(
    boxes1: Tensor, boxes2: Tensor, bounding_box_format: str, image_shape: Sequence[int] | None = None
) -> Tensor:
    """Complete intersection over union: less than `compute_iou` for middles far apart and for other proportions.

    IoU − d² / c² − α · v: d is the distance of the middles, c the diagonal of the box around both, v = 4 / π² ·
    (arctan(w₂ / h₂) − arctan(w₁ / h₁))², α = v / (1 − IoU + v).

    Args:
        boxes1: (…, 4).
        boxes2: (…, 4), one for each of `boxes1`.
        bounding_box_format: the format of both.
        image_shape: (height, width, channels) of the image, for relative formats.

    Returns:
        (…), from −1.5 to 1.

    Example:
        >>> ciou = tsuno.utils.bounding_boxes.compute_ciou
        >>> ciou([[0, 0, 2, 2]], [[1, 0, 3, 2]], "xyxy").tolist()
        [0.256...]

    Source: Zhaohui Zheng and others, *Enhancing Geometric Factors in Model Learning and Inference for Object Detection
    and Instance Segmentation*, 2021.
    """
    first, second = (_in_pixels(x, bounding_box_format, "xyxy", image_shape, "compute_ciou") for x in (boxes1, boxes2))
    (low1, high1), (low2, high2) = ((x[..., :2], x[..., 2:]) for x in (first, second))
    small, tall = epsilon(), xp.asarray([0.0, epsilon()], first.dtype)  # heights are kept from 0
    size1, size2 = high1 - low1 + tall, high2 - low2 + tall
    shared = _area(xp.maximum(low1, low2), xp.minimum(high1, high2))
    iou = shared / (xp.prod(size1, axis=-1) + xp.prod(size2, axis=-1) - shared + 2 * small)
    diagonal = xp.sum(xp.square(xp.maximum(high1, high2) - xp.minimum(low1, low2)), axis=-1) + small
    distance = xp.sum(xp.square((low1 + high1) / 2 - (low2 + high2) / 2), axis=-1)
    slope1, slope2 = (xp.arctan(size[..., 0] / size[..., 1]) for size in (size1, size2))
    proportions = 4 / math.pi**2 * xp.square(slope2 - slope1)
    return iou - distance / diagonal - proportions**2 / (proportions - iou + 1 + small)


@op
@fused
def encode_box_to_deltas(
    anchors: Tensor,
    boxes: Tensor,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Tensor = None,
    image_shape: Sequence[int] | None = None,
) -> Tensor:
    """Boxes as differences from anchors: how far the middles are apart, in sizes of the anchor, and log of the sizes.

    Args:
        anchors: (…, 4).
        boxes: (…, 4), one for each anchor.
        anchor_format: the format of the anchors.
        box_format: the format of the boxes.
        encoding_format: the order of the result: `center_yxhw` or `center_xywh`.
        variance: four numbers that the differences are divided by.
        image_shape: (height, width, channels) of the image, for relative formats.

    Example:
        >>> encode = tsuno.utils.bounding_boxes.encode_box_to_deltas
        >>> encode([[0, 0, 4, 4]], [[2, 0, 6, 4]], "xyxy", "xyxy").tolist()
        [[0.0, 0.5, 0.0, 0.0]]
    """
    where, form = "encode_box_to_deltas", _encoding(encoding_format, "encode_box_to_deltas.encoding_format")
    bases = _in_pixels(anchors, anchor_format, form, image_shape, where)
    targets = _in_pixels(boxes, box_format, form, image_shape, where)
    base_sizes, sizes = (xp.maximum(x[..., 2:], epsilon()) for x in (bases, targets))
    moves = (targets[..., :2] - bases[..., :2]) / base_sizes
    return xp.concatenate([moves, xp.log(sizes / base_sizes)], axis=-1) / _variance(variance, where)


@op
def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Tensor = None,
    image_shape: Sequence[int] | None = None,
) -> Any:
    """Boxes from their differences from anchors: the inverse of `encode_box_to_deltas`.

    Args:
        anchors: (…, 4), or a dict of such, one for each level.
        boxes_delta: (…, 4), one for each anchor, or a dict with the same keys.
        anchor_format: the format of the anchors.
        box_format: the format to give the boxes.
        encoded_format: the order of `boxes_delta`: `center_yxhw` or `center_xywh`.
        variance: four numbers that the differences were divided by.
        image_shape: (height, width, channels) of the image, for relative formats.

    Example:
        >>> decode = tsuno.utils.bounding_boxes.decode_deltas_to_boxes
        >>> decode([[0, 0, 4, 4]], [[0.0, 0.5, 0.0, 0.0]], "xyxy", "xyxy").tolist()
        [[2.0, 0.0, 6.0, 4.0]]
    """
    rest = (anchor_format, box_format, encoded_format, variance, image_shape)
    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        return {level: _decoded(to_array(x), to_array(boxes_delta[level]), *rest) for level, x in anchors.items()}
    return _decoded(to_array(anchors), to_array(boxes_delta), *rest)


def inverse_affine(
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: Any,
    width: Any,
    center_x: Any = 0.5,
    center_y: Any = 0.5,
) -> tuple[Any, ...]:
    """The numbers a0, a1, a2, b0, b1, b2 by which (x, y) goes to (a0·x + a1·y + a2, b0·x + b1·y + b2).

    The arguments are those of `affine_transform`, which is what these numbers do to points; as the `transform` of
    `ops.image.affine_transform` they do the opposite to an image.
    """
    turn, lean_x, lean_y = (-degrees * math.pi / 180 for degrees in (angle, shear_x, shear_y))
    a = xp.cos(turn - lean_y) / xp.cos(lean_y)
    c = -xp.sin(turn - lean_y) / xp.cos(lean_y)
    b = a * xp.tan(lean_x) + xp.sin(turn)
    d = xp.cos(turn) - c * xp.tan(lean_x)
    a0, a1, b0, b1 = d * scale, -b * scale, -c * scale, a * scale
    x, y = center_x * (width - 1), center_y * (height - 1)
    x_from, y_from = x - translate_x * (width - 1), y - translate_y * (height - 1)
    return a0, a1, x - a0 * x_from - a1 * y_from, b0, b1, y - b0 * x_from - b1 * y_from


@fused
def _converted(boxes: Tensor, source: str, target: str, height: Tensor, width: Tensor, dtype: Any) -> Any:
    x = xp.asarray(boxes)
    if not x.ndim or x.shape[-1] != 4:
        raise invalid("convert_format.boxes", "of shape (…, 4)", x)
    source, target = source.lower(), target.lower()
    for name in (source, target):
        if name not in _FORMATS:
            raise unknown("format of boxes", name, _FORMATS)
    was_relative, relative = source.startswith("rel_"), target.startswith("rel_")
    if was_relative != relative and (height is None or width is None):
        fix = "Pass the size of the image in pixels."
        raise invalid("convert_format.height", f"given, and `width` too, to get from {source} to {target}", height, fix)
    x = x.astype(dtype)
    if source == target:
        return x
    (was, y_was_first), (form, y_first) = _FORMATS[source], _FORMATS[target]
    low, high = x[..., :2], x[..., 2:]
    if y_was_first:
        low, high = low[..., ::-1], high[..., ::-1]
    if was == "size":
        high = low + high
    elif was == "size around":
        low, high = low - high / 2, low + high / 2
    if was_relative and not relative:
        low, high = (pair * _size(width, height, dtype) for pair in (low, high))
    if form == "size":
        high = high - low
    elif form == "size around":
        low, high = low + (high - low) / 2, high - low
    if relative and not was_relative:
        low, high = (pair / _size(width, height, dtype) for pair in (low, high))
    if y_first:
        low, high = low[..., ::-1], high[..., ::-1]
    return xp.concatenate([low, high], axis=-1)


@fused
def _clipped(boxes: Tensor, labels: Tensor, height: Tensor, width: Tensor) -> Any:
    boxes = _clip(xp.asarray(boxes), height, width)
    return boxes, None if labels is None else xp.where(_area(boxes[..., :2], boxes[..., 2:]) > 0, labels, -1)


@fused
def _moved(
    boxes: Tensor,
    angle: Tensor,
    translate_x: Tensor,
    translate_y: Tensor,
    scale: Tensor,
    shear_x: Tensor,
    shear_y: Tensor,
    height: Tensor,
    width: Tensor,
    center_x: Tensor,
    center_y: Tensor,
) -> Any:
    angle, scale, shear_x, shear_y = (as_float(x) for x in (angle, scale, shear_x, shear_y))
    numbers = inverse_affine(
        angle, translate_x, translate_y, scale, shear_x, shear_y, height, width, center_x, center_y
    )
    a0, a1, a2, b0, b1, b2 = (xp.reshape(x, (-1, 1, 1)) for x in numbers)
    boxes = xp.asarray(boxes).astype(a0.dtype)
    x, y = boxes[..., [0, 2, 2, 0]], boxes[..., [1, 1, 3, 3]]  # the corners
    corners = xp.stack([a0 * x + a1 * y + a2, b0 * x + b1 * y + b2], axis=-1)
    return xp.concatenate([xp.min(corners, axis=-2), xp.max(corners, axis=-2)], axis=-1)


@fused
def _decoded(
    anchors: Tensor,
    deltas: Tensor,
    anchor_format: str,
    box_format: str,
    encoded_format: str,
    variance: Tensor,
    image_shape: Sequence[int] | None,
) -> Any:
    where, form = "decode_deltas_to_boxes", _encoding(encoded_format, "decode_deltas_to_boxes.encoded_format")
    bases = _in_pixels(anchors, anchor_format, form, image_shape, where)
    deltas = deltas * _variance(variance, where)
    middles = deltas[..., :2] * bases[..., 2:] + bases[..., :2]
    boxes = xp.concatenate([middles, xp.exp(deltas[..., 2:]) * bases[..., 2:]], axis=-1)
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return _converted(boxes, form, box_format, height, width, "float32")


def _in_pixels(boxes: Any, source: str, target: str, image_shape: Sequence[int] | None, where: str) -> Any:
    """Boxes in a format of pixels, by the shape of the image if they are relative."""
    if source.lower().startswith("rel_") and image_shape is None:
        fix = "Relative boxes need it."
        raise invalid(f"{where}.image_shape", "the (height, width, channels) of the image", image_shape, fix)
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return _converted(boxes, source, target, height, width, "float32")


def _encoding(name: str, where: str) -> str:
    return str(check(Literal["center_yxhw", "center_xywh"], name, where))


def _variance(variance: Any, where: str) -> Any:
    if variance is None:
        return 1
    if xp.shape(variance) != (4,):
        raise invalid(f"{where}.variance", "four numbers", variance)
    return xp.asarray(variance, "float32")


def _only(formats: Sequence[str], name: str, where: str) -> None:
    if name not in formats:
        fix = "Bring the boxes to it with `convert_format`."
        options = " or ".join(formats)
        raise invalid(f"{where}.bounding_box_format", options, name, fix, kind=NotImplementedError)


def _size(width: Any, height: Any, dtype: Any) -> Any:
    """The size of the image as a pair in the order of boxes: one, or with the axes of boxes one for each."""
    return xp.concatenate([xp.atleast_1d(xp.asarray(side, dtype)) for side in (width, height)], axis=-1)


def _shift(boxes: Any, x: Any, y: Any) -> Any:
    left, top, right, bottom = xp.split(xp.asarray(boxes), 4, axis=-1)
    return xp.concatenate([left + x, top + y, right + x, bottom + y], axis=-1)


def _clip(boxes: Any, height: Any, width: Any) -> Any:
    left, top, right, bottom = xp.split(boxes, 4, axis=-1)
    limits = [(left, width), (top, height), (right, width), (bottom, height)]
    return xp.concatenate([xp.clip(edge, 0, xp.asarray(limit, boxes.dtype)) for edge, limit in limits], axis=-1)


def _area(low: Any, high: Any) -> Any:
    """Of what lies between two corners; nothing if they are the wrong way round."""
    return xp.prod(xp.maximum(high - low, 0), axis=-1)
