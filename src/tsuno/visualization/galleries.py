"""Galleries: many images in one figure, with their labels, boxes or masks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tsuno.core.errors import invalid
from tsuno.core.settings import standardize_data_format
from tsuno.drawing.figures import finished, missing, new_figure
from tsuno.drawing.fonts import length
from tsuno.visualization.annotations import batch_of_images, draw_bounding_boxes, draw_segmentation_masks


def plot_image_gallery(
    images: Any,
    y_true: Any = None,
    y_pred: Any = None,
    label_map: Mapping[int, str] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: Sequence[float] = (0, 255),
    scale: float = 2,
    path: Any = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: float = 60,
    legend_handles: Sequence[Any] | None = None,
    data_format: str | None = None,
) -> Any:
    """Images side by side, with their labels.

    Args:
        images: (batch, height, width, channels).
        y_true: the label of each image.
        y_pred: the label that was predicted for each.
        label_map: the names of labels; needed with `y_true` and `y_pred`.
        rows: how many rows; by default, as many as all images need, about as many as columns.
        cols: how many columns, likewise.
        value_range: the lowest and the highest value of the pixels.
        scale: the side of a place for an image, in inches.
        path: a file to write; nothing is shown then.
        show: whether the figure is shown by `pyplot.show()`; by default where no `path` is given.
        transparent: whether the file has no background.
        dpi: of the file, in dots per inch.
        legend_handles: patches of matplotlib for a legend below.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Returns:
        The figure, of matplotlib; None where it was shown, so that a notebook does not show it twice.

    Raises:
        ValueError: the images are no batch, both `path` and `show` are given, or labels without a `label_map`.
        ImportError: matplotlib is not installed.

    Example:
        >>> figure = tsuno.visualization.plot_image_gallery(np.zeros((4, 8, 8, 3)), show=False)
        >>> len(figure.axes)
        4
    """
    if path is not None and show:
        raise ValueError("`plot_image_gallery` writes a file or shows a figure: give `path` or `show=True`, not both.")
    if label_map is None and (y_true is not None or y_pred is not None):
        raise invalid("plot_image_gallery.label_map", "given, with `y_true` and `y_pred`", None)
    show = path is None if show is None else show
    images = _pixels_of(_channels_last(images, data_format, "plot_image_gallery.images"), value_range)
    count = max(len(images), 1)
    if rows is None:
        rows = math.ceil(math.sqrt(count)) if cols is None else math.ceil(count / cols)
    cols = cols or math.ceil(count / rows)
    figure = new_figure(cols * scale, rows * scale, show, frameon=False, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    axes = figure.subplots(rows, cols, squeeze=False).flat
    names = [("Label", y_true), ("Pred", y_pred)]
    for number, place in enumerate(axes):
        place.axis("off")
        if number < len(images):
            image = images[number]
            place.imshow(image[..., 0] if image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=255)
            parts = [
                f"{what}: {(label_map or {}).get(np.asarray(labels[number]).item(), 'Unknown')}"
                for what, labels in names
                if labels is not None and number < len(labels)
            ]
            if parts:
                title = "  ".join(parts)
                title = title if length(title, 8) < 72 * scale else "\n".join(parts)
                place.set_title(title, fontsize=8, parse_math=False)
    if legend_handles is not None:
        figure.legend(handles=list(legend_handles), loc="outside lower center", ncols=len(legend_handles))
    finished(figure, show)
    if path is not None:
        figure.savefig(path, pad_inches=0, bbox_inches="tight", transparent=transparent, dpi=dpi)
    return None if show else figure


def plot_bounding_box_gallery(
    images: Any,
    bounding_box_format: str,
    y_true: dict[str, Any] | None = None,
    y_pred: dict[str, Any] | None = None,
    value_range: Sequence[float] = (0, 255),
    true_color: Sequence[int] = (0, 188, 212),
    pred_color: Sequence[int] = (255, 235, 59),
    line_thickness: int = 2,
    font_scale: float = 1.0,
    text_thickness: int | None = None,
    class_mapping: Mapping[int, str] | None = None,
    ground_truth_mapping: Mapping[int, str] | None = None,
    prediction_mapping: Mapping[int, str] | None = None,
    legend: bool = False,
    legend_handles: Sequence[Any] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    data_format: str | None = None,
    **kwargs: Any,
) -> Any:
    """Images side by side, with true and predicted boxes.

    Args:
        images: (batch, height, width, channels).
        bounding_box_format: of the boxes, such as `xyxy`; see `utils.bounding_boxes.convert_format`.
        y_true: the true boxes and labels, as `draw_bounding_boxes` takes them.
        y_pred: the predicted ones.
        value_range: the lowest and the highest value of the pixels.
        true_color: red, green and blue for true boxes.
        pred_color: likewise for predicted ones.
        line_thickness: in pixels.
        font_scale: the size of letters; at 1, capitals are 21 pixels high.
        text_thickness: 1 for plain letters, more for bold ones; by default the thickness of the lines.
        class_mapping: the names of classes by label.
        ground_truth_mapping: those for true boxes, where they differ.
        prediction_mapping: those for predicted boxes, where they differ.
        legend: whether there is a legend of the two colours.
        legend_handles: patches of matplotlib for a legend of your own.
        rows: how many rows; see `plot_image_gallery`.
        cols: how many columns.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.
        **kwargs: further arguments of `plot_image_gallery`.

    Returns:
        What `plot_image_gallery` returns.

    Raises:
        ValueError: the images are no batch, or both `legend` and `legend_handles` are given.

    Example:
        >>> boxes = {"boxes": np.array([[[2, 2, 6, 6]]]), "labels": np.array([[0]])}
        >>> images = np.zeros((1, 8, 8, 3))
        >>> figure = tsuno.visualization.plot_bounding_box_gallery(images, "xyxy", boxes, legend=True, show=False)
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['Ground Truth', 'Prediction']
    """
    if legend and legend_handles:
        raise ValueError("`plot_bounding_box_gallery` takes `legend=True` or `legend_handles`, not both.")
    drawn = _pixels_of(_channels_last(images, data_format, "plot_bounding_box_gallery.images"), value_range)
    draw = partial(
        draw_bounding_boxes, bounding_box_format=bounding_box_format, line_thickness=line_thickness,
        text_thickness=text_thickness, font_scale=font_scale, data_format="channels_last",
    )  # fmt: skip
    if y_true is not None:
        drawn = draw(drawn, y_true, color=true_color, class_mapping=ground_truth_mapping or class_mapping)
    if y_pred is not None:
        drawn = draw(drawn, y_pred, color=pred_color, class_mapping=prediction_mapping or class_mapping)
    if legend:
        try:
            from matplotlib.patches import Patch
        except ImportError as problem:
            raise missing("A legend") from problem
        colors: list[tuple[Any, str]] = [(true_color, "Ground Truth"), (pred_color, "Prediction")]
        legend_handles = [Patch(color=tuple(np.asarray(color) / 255), label=label) for color, label in colors]
    return plot_image_gallery(
        drawn, rows=rows, cols=cols, legend_handles=legend_handles, data_format="channels_last", **kwargs
    )


def plot_segmentation_mask_gallery(
    images: Any,
    num_classes: int,
    value_range: Sequence[float] = (0, 255),
    y_true: Any = None,
    y_pred: Any = None,
    color_mapping: Mapping[int, Sequence[int]] | None = None,
    blend: bool = True,
    alpha: float = 0.8,
    ignore_index: int = -1,
    data_format: str | None = None,
    **kwargs: Any,
) -> Any:
    """Images, one a row, beside the same with true and with predicted masks.

    Args:
        images: (batch, height, width, channels).
        num_classes: how many classes the masks have, counted from 0.
        value_range: the lowest and the highest value of the pixels.
        y_true: the true class of each pixel: (batch, height, width), with or without a channel.
        y_pred: the predicted class of each pixel.
        color_mapping: red, green and blue by class; see `draw_segmentation_masks`.
        blend: whether colours are mixed with the image.
        alpha: how much of the colour is mixed in, from 0 to 1.
        ignore_index: a class that is not drawn.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.
        **kwargs: further arguments of `plot_image_gallery`.

    Returns:
        What `plot_image_gallery` returns.

    Example:
        >>> images, masks = np.zeros((2, 8, 8, 3)), np.ones((2, 8, 8), "int32")
        >>> figure = tsuno.visualization.plot_segmentation_mask_gallery(images, 2, y_true=masks, show=False)
        >>> len(figure.axes)
        4
    """
    last = _channels_last(images, data_format, "plot_segmentation_mask_gallery.images")
    columns = [_pixels_of(last, value_range)]
    for masks in (y_true, y_pred):
        if masks is not None:
            masks = np.asarray(masks).astype("int32")
            if masks.ndim == 4 and standardize_data_format(data_format) == "channels_first":
                masks = np.moveaxis(masks, 1, -1)
            drawn = draw_segmentation_masks(
                columns[0], masks, num_classes, color_mapping, alpha, blend, ignore_index, "channels_last"
            )
            columns.append(drawn.astype("uint8"))
    gallery = np.stack(columns, axis=1).reshape(-1, *last.shape[1:])
    return plot_image_gallery(gallery, rows=len(last), cols=len(columns), data_format="channels_last", **kwargs)


def _channels_last(images: Any, data_format: str | None, where: str) -> np.ndarray:
    images = batch_of_images(images, where)
    return np.moveaxis(images, 1, -1) if standardize_data_format(data_format) == "channels_first" else images


def _pixels_of(images: np.ndarray, value_range: Sequence[float]) -> np.ndarray:
    """Images as uint8, from values of a range."""
    low, high = value_range
    if (low, high) != (0, 255):
        images = (images.astype("float32") - low) / (high - low) * 255
    return np.clip(images, 0, 255).astype("uint8")
