"""Boxes and masks drawn into images: NumPy writes the pixels; only the names of classes need a font, and Pillow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tsuno.core.errors import invalid
from tsuno.core.settings import standardize_data_format
from tsuno.drawing import fonts
from tsuno.ops.bounding_boxes import convert_format

_LETTERS = 29.0
"""The size of letters at a font scale of 1, in pixels: capitals are 21 high."""


def draw_bounding_boxes(
    images: Any,
    bounding_boxes: dict[str, Any],
    bounding_box_format: str,
    class_mapping: Mapping[int, str] | None = None,
    color: Sequence[int] = (128, 128, 128),
    line_thickness: int = 2,
    text_thickness: int | None = 1,
    font_scale: float = 1.0,
    data_format: str | None = None,
) -> np.ndarray:
    """Images with boxes drawn into them, and what is in the boxes.

    Args:
        images: (batch, height, width, channels); floats up to 1 are brought to 0 to 255.
        bounding_boxes: a dict with `boxes` (batch, boxes, 4), `labels` (batch, boxes) and, if there are any,
            `confidences` (batch, boxes); a box of the label -1 is not drawn.
        bounding_box_format: of the boxes, such as `xyxy` or `rel_xywh`; see `utils.bounding_boxes.convert_format`.
        class_mapping: the names of classes by label; those in it are written at their boxes. Needs Pillow.
        color: red, green and blue, from 0 to 255.
        line_thickness: about how many pixels wide lines are: 1 gives 1, 2 gives 3, 3 and 4 give 5, as OpenCV draws
            them; a negative one fills the boxes.
        text_thickness: 1 for plain letters, more for bold ones; None for the thickness of the lines.
        font_scale: the size of letters; at 1, capitals are 21 pixels high.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Returns:
        New images of the dtype uint8, in the format of those given.

    Raises:
        ValueError: the images are no batch, or boxes or labels are missing.
        TypeError: the boxes are not in a dict.

    Example:
        >>> boxes = {"boxes": np.array([[[1, 1, 3, 3]]]), "labels": np.array([[0]])}
        >>> image = np.zeros((1, 5, 5, 1), "uint8")
        >>> tsuno.visualization.draw_bounding_boxes(image, boxes, "xyxy", color=(9,), line_thickness=1)[0, :, :, 0]
        array([[0, 0, 0, 0, 0],
               [0, 9, 9, 9, 0],
               [0, 9, 0, 9, 0],
               [0, 9, 9, 9, 0],
               [0, 0, 0, 0, 0]], dtype=uint8)
    """
    images = batch_of_images(images, "draw_bounding_boxes.images")
    if not isinstance(bounding_boxes, dict):
        raise invalid("draw_bounding_boxes.bounding_boxes", "a dict", bounding_boxes, kind=TypeError)
    if not {"boxes", "labels"} <= bounding_boxes.keys():
        raise invalid("draw_bounding_boxes.bounding_boxes", "a dict with 'boxes' and 'labels'", [*bounding_boxes])
    first = standardize_data_format(data_format) == "channels_first"
    drawn = _pixels(np.moveaxis(images, 1, -1) if first else images)
    height, width, channels = drawn.shape[1:]
    boxes = np.asarray(convert_format(bounding_boxes["boxes"], bounding_box_format, "xyxy", height, width))
    boxes = np.clip(np.nan_to_num(boxes), -1e6, 1e6).astype("int32")
    labels = np.asarray(bounding_boxes["labels"]).astype("int32")
    confidences = bounding_boxes.get("confidences")
    shade = np.resize(np.asarray([*color, 255] if channels == 4 and len(color) == 3 else color, "uint8"), channels)
    weight = text_thickness or line_thickness
    for number, image in enumerate(drawn):
        for place, (box, label) in enumerate(zip(boxes[number], labels[number], strict=True)):
            if label == -1:
                continue
            _draw_frame(image, box, shade, line_thickness)
            name = (class_mapping or {}).get(int(label))
            if name is not None:
                if confidences is not None:
                    name = f"{name} | {np.asarray(confidences[number][place]).item():.2f}"
                corner = _text_corner(int(box[0]), int(box[1]), font_scale, weight)
                _write(image, str(name), corner, shade, _LETTERS * font_scale, weight > 1)
    return np.ascontiguousarray(np.moveaxis(drawn, -1, 1)) if first else drawn


def draw_segmentation_masks(
    images: Any,
    segmentation_masks: Any,
    num_classes: int | None = None,
    color_mapping: Mapping[int, Sequence[int]] | None = None,
    alpha: float = 0.8,
    blend: bool = True,
    ignore_index: int = -1,
    data_format: str | None = None,
) -> np.ndarray:
    """Images with each class of a mask in its colour.

    Args:
        images: (batch, height, width, channels), from 0 to 255.
        segmentation_masks: integers, the class of each pixel: (batch, height, width), with or without a channel.
        num_classes: how many classes there are, counted from 0; others are not drawn. All by default.
        color_mapping: red, green and blue by class; by default, colours of an endless list that begins with black.
        alpha: how much of the colour is mixed in, from 0 to 1.
        blend: whether colours are mixed with the image; if not, they take its place.
        ignore_index: a class that is not drawn.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Returns:
        (batch, height, width, channels): uint8, or float32 where nothing is mixed.

    Raises:
        ValueError: the images are no batch, or the masks do not fit them.
        TypeError: the masks are no integers.

    Example:
        >>> image, mask = np.full((1, 1, 2, 3), 100.0), np.array([[[0, 1]]])
        >>> colors = {0: (0, 0, 0), 1: (200, 100, 0)}
        >>> tsuno.visualization.draw_segmentation_masks(image, mask, 2, colors, alpha=0.5).tolist()
        [[[[50, 50, 50], [150, 100, 50]]]]
    """
    images = batch_of_images(images, "draw_segmentation_masks.images").astype("float32")
    masks = np.asarray(segmentation_masks)
    if masks.dtype.kind not in "iu":
        raise invalid("draw_segmentation_masks.segmentation_masks", "integers", masks, kind=TypeError)
    if standardize_data_format(data_format) == "channels_first":
        images = np.moveaxis(images, 1, -1)
        masks = np.moveaxis(masks, 1, -1) if masks.ndim == 4 else masks
    masks = masks[..., 0] if masks.ndim == 4 and masks.shape[-1] == 1 else masks
    if masks.shape != images.shape[:-1]:
        expected = f"of the shape {images.shape[:-1]} or {(*images.shape[:-1], 1)}, as the images are"
        raise invalid("draw_segmentation_masks.segmentation_masks", expected, segmentation_masks)
    if num_classes is None:
        num_classes = int(masks.max(initial=-1)) + 1
    color_of: Callable[[int], Any] = _color if color_mapping is None else color_mapping.get
    drawn = images.copy()
    for label in range(num_classes):
        color = color_of(label)
        if color is not None and label != ignore_index:
            drawn[masks == label] = np.resize(np.asarray(color, "float32"), images.shape[-1])
    if not blend:
        return drawn
    mixed = np.where((masks != ignore_index)[..., None], images * (1 - alpha) + drawn * alpha, images)
    return np.clip(mixed, 0, 255).astype("uint8")


def batch_of_images(images: Any, where: str) -> np.ndarray:
    """Images as a NumPy array of four axes."""
    images = np.asarray(images)
    if images.ndim != 4:
        raise invalid(where, "a batch of images: an array of 4 axes", images, "Give a single image as `image[None]`.")
    return images


def _pixels(images: np.ndarray) -> np.ndarray:
    """A copy as uint8; floats of which none is above 1 are brought to 0 to 255."""
    if images.dtype.kind in "fV":
        images = np.asarray(images, "float32")
        images = np.clip(images, 0, 1) * 255 if images.max(initial=0) <= 1 else np.clip(images, 0, 255)
    return images.astype("uint8").copy()


def _draw_frame(image: np.ndarray, box: np.ndarray, color: np.ndarray, thickness: int) -> None:
    """Draw the sides of a box as a round pen would, its middle on them."""
    (left, right), (top, bottom) = sorted(box[::2].tolist()), sorted(box[1::2].tolist())
    if thickness < 0:
        _fill(image, top, bottom, left, right, color)
        return
    radius = (thickness + 1) // 2 if thickness > 1 else 0  # as that of OpenCV
    for aside in range(-radius, radius + 1):
        on = int((radius**2 - aside**2) ** 0.5)  # round corners
        for y in (top + aside, bottom + aside):
            _fill(image, y, y, left - on, right + on, color)
        for x in (left + aside, right + aside):
            _fill(image, top - on, bottom + on, x, x, color)


def _fill(image: np.ndarray, top: int, bottom: int, left: int, right: int, color: np.ndarray) -> None:
    """Color pixels; the last row and column count too."""
    image[max(top, 0) : max(bottom + 1, 0), max(left, 0) : max(right + 1, 0)] = color


def _text_corner(x: int, y: int, scale: float, thickness: int) -> tuple[int, int]:
    """Where a label begins, on its base line: above its box, or inside where there is no room above."""
    half = int(scale * 12)
    return (x, y - 8) if y - 8 - 2 * half > 0 else (x + 3, y + 2 * half + thickness + 3)


def _write(image: np.ndarray, text: str, corner: tuple[int, int], color: np.ndarray, size: float, bold: bool) -> None:
    """Mix text into an image, its base line beginning at a corner (x, y), or left of it where the image ends."""
    try:
        from PIL import Image, ImageDraw
    except ImportError as problem:
        raise ImportError(
            "A label in an image needs Pillow, which is not installed: run `pip install tsuno[images]`."
        ) from problem
    canvas = Image.new("L", image.shape[1::-1])
    x = max(0.0, min(corner[0], image.shape[1] - fonts.length(text, size, bold) - 1))
    fonts.draw(ImageDraw.Draw(canvas), (x, corner[1]), text, size, bold, fill=255)
    cover = np.asarray(canvas, "float32")[..., None] / 255
    image[...] = np.round(image * (1 - cover) + color * cover).astype("uint8")


def _color(label: int) -> list[int]:
    """The colour of a class in an endless list; 0 is black."""
    return [label * (2**power - 1) % 255 for power in (25, 15, 21)]
