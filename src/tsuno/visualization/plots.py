"""What is inside a model as figures: filters, activations, explanations of predictions, and confusion between classes.

Each function returns a figure of matplotlib: `figure.savefig("x.png")` writes it, a notebook shows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tsuno.core import tree, validate
from tsuno.core.errors import invalid
from tsuno.drawing.figures import finished, new_figure
from tsuno.layers import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose, Layer
from tsuno.visualization.explanations import (
    Target,
    channel_axis,
    grad_cam,
    inside_of,
    integrated_gradients,
    path_of,
    saliency,
)
from tsuno.visualization.inside import Inside, arrays_of

_KERNELS = ("kernel", "depthwise_kernel")
_TRANSPOSED = (Conv1DTranspose, Conv2DTranspose, Conv3DTranspose)
Names = Sequence[str] | None
Normalize = Literal["true", "pred", "all"] | None


def plot_filters(layer: Any, limit: int = 64, show: bool = False) -> Any:
    """The filters of a convolution, or the weights of a dense layer.

    Filters over three channels are shown in colour, others as the mean over their channels, blue below zero and red
    above; those of a volume in its middle; those over steps as channels by steps.

    Args:
        layer: a layer with a kernel, or a kernel: `(*spatial, channels, filters)` or `(inputs, units)`.
        limit: how many filters are shown, the first ones.
        show: whether the figure is shown in a window.

    Returns:
        The figure.

    Raises:
        ValueError: there is no kernel, or none of two to five axes.

    Example:
        >>> tsuno.visualization.plot_filters(np.zeros((3, 3, 3, 8))).axes[7].get_title()
        '7'
    """
    kernel = np.asarray(_kernel(layer), "float32")
    if not 2 <= kernel.ndim <= 5 or not kernel.size:
        raise invalid("layer", "a layer with a kernel of two to five axes, or the kernel", layer)
    if kernel.ndim == 5:
        kernel = kernel[kernel.shape[0] // 2]
    if kernel.ndim == 2:
        return _plot_maps([kernel.T], ["units by inputs"], signed=True, show=show, shared=True)
    filters = list(np.moveaxis(kernel, -1, 0)[: validate.check(validate.PositiveInt, limit, "plot_filters.limit")])
    titles = [str(number) for number in range(len(filters))]
    if kernel.ndim == 3:
        return _plot_maps([each.T for each in filters], titles, signed=True, show=show, shared=True)
    if kernel.shape[2] == 3:
        low, high = kernel.min(), kernel.max()
        return _plot_maps([(each - low) / max(high - low, 1e-12) for each in filters], titles, show=show)
    return _plot_maps([each.mean(-1) for each in filters], titles, signed=True, show=show, shared=True)


def plot_activations(
    model: Any, inputs: Any, layer: str | Layer, example: int = 0, limit: int = 64, show: bool = False
) -> Any:
    """What a layer gives for one example: maps by channel, channels by steps, or bars.

    Args:
        model: the model, or an `Inside` of it.
        inputs: a batch, as the model takes it.
        layer: the layer, or its path.
        example: which example of the batch.
        limit: how many channels are shown as maps, the first ones.
        show: whether the figure is shown in a window.

    Returns:
        The figure.

    Raises:
        ValueError: the model has no such layer, or the batch no such example.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((8, 8, 1)), tsuno.layers.Conv2D(4, 3, name="conv")])
        >>> figure = tsuno.visualization.plot_activations(model, np.ones((1, 8, 8, 1)), "conv")
        >>> len([axes for axes in figure.axes if axes.get_title()])
        4
    """
    inside = inside_of(model)
    path = path_of(inside, inputs, layer)
    outputs = tree.flatten(inside.outputs(inputs, [path])[path])[0]
    if not 0 <= example < len(outputs):
        raise invalid("plot_activations.example", f"the number of an example, below {len(outputs)}", example)
    limit = validate.check(validate.PositiveInt, limit, "plot_activations.limit")
    given = np.asarray(outputs[example], "float32")
    if given.ndim < 2:
        return _plot_bars([given.reshape(-1)], [path], show)
    maps = np.moveaxis(given, channel_axis(inside, inputs, outputs.ndim, path) - 1, 0)
    if maps.ndim == 2:
        return _plot_maps([maps], [f"{path}: channels by steps"], show=show, shared=True, cmap="viridis")
    if maps.ndim == 4:
        maps = maps[:, maps.shape[1] // 2]
    shown = list(maps[:limit])
    titles = [str(number) for number in range(len(shown))]
    return _plot_maps(shown, titles, show=show, shared=True, cmap="viridis", heading=path)


def plot_grad_cam(
    model: Any,
    inputs: Any,
    layer: str | Layer | None = None,
    target: Target = None,
    class_names: Names = None,
    show: bool = False,
) -> Any:
    """Inputs beside the places that speak for a class: `grad_cam` laid over them.

    Args:
        model: the model, or an `Inside` of it.
        inputs: a batch of images, volumes or sequences; a few examples, as each is a row of the figure.
        layer: see `grad_cam`.
        target: the class, or one for each example; None for the one of the highest score.
        class_names: the names of the classes.
        show: whether the figure is shown in a window.

    Returns:
        The figure.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((8, 8, 3)), tsuno.layers.Conv2D(4, 3),
        ...                           tsuno.layers.GlobalAveragePooling2D(), tsuno.layers.Dense(2)])
        >>> figure = tsuno.visualization.plot_grad_cam(model, np.ones((1, 8, 8, 3)), None, 1, ["cat", "dog"])
        >>> figure.axes[1].get_title()
        'dog'
    """
    inside = inside_of(model)
    maps = grad_cam(inside, inputs, layer, target, "input")
    return _plot_explanations(inside, inputs, maps, target, class_names, "turbo", show, over=True)


def plot_saliency(model: Any, inputs: Any, target: Target = None, class_names: Names = None, show: bool = False) -> Any:
    """Inputs beside how much the score of a class changes with them: `saliency`, the largest of the channels.

    Args:
        model: the model, or an `Inside` of it.
        inputs: a batch of images, volumes, sequences or rows; a few examples.
        target: the class, or one for each example; None for the one of the highest score.
        class_names: the names of the classes.
        show: whether the figure is shown in a window.

    Returns:
        The figure.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((8, 8, 3)), tsuno.layers.Flatten(), tsuno.layers.Dense(2)])
        >>> len(tsuno.visualization.plot_saliency(model, np.ones((3, 8, 8, 3))).axes)
        6
    """
    inside = inside_of(model)
    maps = _places(inside, inputs, saliency(inside, inputs, target), np.max)
    return _plot_explanations(inside, inputs, maps, target, class_names, "magma", show)


def plot_integrated_gradients(
    model: Any,
    inputs: Any,
    baseline: Any = None,
    steps: int = 32,
    target: Target = None,
    class_names: Names = None,
    show: bool = False,
) -> Any:
    """Inputs beside what they add to the score of a class: `integrated_gradients`, red for, blue against it.

    Args:
        model: the model, or an `Inside` of it.
        inputs: a batch of images, volumes, sequences or rows; a few examples.
        baseline: see `integrated_gradients`.
        steps: how many points on the way from the baseline are looked at.
        target: the class, or one for each example; None for the one of the highest score.
        class_names: the names of the classes.
        show: whether the figure is shown in a window.

    Returns:
        The figure.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((4,)), tsuno.layers.Dense(2)])
        >>> len(tsuno.visualization.plot_integrated_gradients(model, np.ones((1, 4)), target=0).axes)
        1
    """
    inside = inside_of(model)
    maps = _places(inside, inputs, integrated_gradients(inside, inputs, baseline, steps, target), np.sum)
    return _plot_explanations(inside, inputs, maps, target, class_names, "RdBu_r", show)


def plot_confusion_matrix(
    y_true: Any, y_pred: Any, class_names: Names = None, normalize: Normalize = None, show: bool = False
) -> Any:
    """How often each true class was predicted as each class.

    Args:
        y_true: the class of each example: integers or names, or one-hot `(examples, classes)`.
        y_pred: the class that was predicted: likewise, or probabilities `(examples, classes)`, or, for two classes,
            the probability of the second.
        class_names: the names of the classes, in their order.
        normalize: `"true"` for shares of each true class, `"pred"` of each predicted one, `"all"` of all examples; None
            for counts.
        show: whether the figure is shown in a window.

    Returns:
        The figure.

    Raises:
        ValueError: there are not as many predictions as classes, or more classes than names.

    Example:
        >>> figure = tsuno.visualization.plot_confusion_matrix([0, 1, 1], [0, 1, 0], ["cat", "dog"])
        >>> figure.axes[0].images[0].get_array().tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """
    normalize = validate.check(Normalize, normalize, "plot_confusion_matrix.normalize")
    matrix, names = _confusion(_classes(y_true, "y_true"), _classes(y_pred, "y_pred"), class_names)
    if normalize is not None:
        whole = matrix.sum({"true": 1, "pred": 0, "all": None}[normalize], keepdims=True)
        matrix = np.divide(matrix, whole, out=np.zeros_like(matrix), where=whole > 0)
    count = len(names)
    side = min(2.5 + 0.5 * max(count, 4), 16)
    figure = new_figure(side + 0.8, side, show, layout="constrained")
    axes = figure.subplots()
    top = 1.0 if normalize else max(matrix.max(initial=0), 1)
    picture = axes.imshow(matrix, cmap="Blues", vmin=0, vmax=top)
    figure.colorbar(picture, ax=axes, shrink=0.8)
    ticks = np.arange(count) if count <= 60 else np.arange(0, count, math.ceil(count / 40))
    labels = [names[tick] for tick in ticks]
    size = 10 if count <= 20 else 7
    tilt = 45 if max(map(len, labels), default=0) > 2 and count > 2 else 0
    axes.set_xticks(
        ticks, labels, rotation=tilt, ha="right" if tilt else "center", rotation_mode="anchor" if tilt else "default",
        fontsize=size, parse_math=False,
    )  # fmt: skip
    axes.set_yticks(ticks, labels, fontsize=size, parse_math=False)
    axes.set(xlabel="predicted", ylabel="true")
    for (row, column), value in np.ndenumerate(matrix if count <= 30 else matrix[:0]):
        text = f"{value:.2f}" if normalize else f"{value:.0f}"
        color = "white" if value > top / 2 else "#263238"
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=size if len(text) < 5 else 6)
    return finished(figure, show)


def _kernel(layer: Any) -> Any:
    """The kernel of a layer, its last axis that of the filters, or what is given as one."""
    if not isinstance(layer, Layer):
        return layer
    kernel = next((found for name in _KERNELS if (found := getattr(layer, name, None)) is not None), None)
    if kernel is None:
        raise invalid("layer", "a layer that has been built and has a kernel, such as a convolution", layer)
    kernel = np.asarray(kernel)
    if hasattr(layer, "depth_multiplier"):  # each channel has filters of its own, which see nothing else
        return kernel.reshape(*kernel.shape[:-2], 1, -1)
    return kernel.swapaxes(-1, -2) if isinstance(layer, _TRANSPOSED) else kernel


def _places(inside: Inside, inputs: Any, values: Any, reduce: Any) -> np.ndarray:
    """One value for each place, of those of its channels."""
    if tree.is_nested(values):
        raise invalid("inputs", "one array", inputs, "A figure has room for one input.")
    return values if values.ndim == 2 else reduce(values, channel_axis(inside, inputs, values.ndim))


def _plot_explanations(
    inside: Inside, inputs: Any, maps: np.ndarray, target: Target, class_names: Names, cmap: str, show: bool,
    over: bool = False,
) -> Any:  # fmt: skip
    """Each example beside its map, or under it."""
    x = arrays_of(inputs)
    if tree.is_nested(x):
        raise invalid("inputs", "one array", inputs, "A figure has room for one input.")
    classes = inside.scores(x).argmax(-1) if target is None else np.broadcast_to(np.asarray(target), len(x))
    if class_names is not None and len(x) and classes.max() >= len(class_names):
        raise invalid("class_names", f"the names of all classes; {classes.max()} is the number of one", class_names)
    titles = [class_names[number] if class_names is not None else f"class {number}" for number in classes]
    if maps.ndim == 2 and x.ndim == 2:
        return _plot_bars(list(maps), titles, show)
    if x.ndim > 2:
        x = np.moveaxis(x, channel_axis(inside, inputs, x.ndim), -1)
    if maps.ndim == 2:
        return _plot_steps(x, maps, titles, cmap, show)
    if x.ndim == 5:
        x, maps = x[:, x.shape[1] // 2], maps[:, maps.shape[1] // 2]
    rows = max(len(x), 1)
    figure = new_figure(5, 2.7 * rows, show, layout="constrained")
    axes = figure.subplots(rows, 2, squeeze=False)
    for left, right in axes:
        left.axis("off")
        right.axis("off")
    for (left, right), image, values, title in zip(axes, x, maps, titles, strict=False):
        picture = _picture(image)
        left.imshow(picture, cmap="gray")
        right.set_title(title, parse_math=False)
        if over:
            right.imshow(picture, cmap="gray")
        low, high = (0, 1) if over else _limits(values, cmap == "RdBu_r")
        right.imshow(values, cmap=cmap, vmin=low, vmax=high, alpha=0.5 if over else None)
    return finished(figure, show)


def _picture(image: np.ndarray) -> np.ndarray:
    """An image as matplotlib shows it: (height, width) or with three channels, from 0 to 1."""
    image = np.asarray(image, "float32")
    image = image if image.shape[-1] == 3 else image.mean(-1)
    low, high = image.min(initial=np.inf), image.max(initial=-np.inf)
    if low >= 0 and high <= 255:
        return image / (255 if high > 1 else 1)
    return (image - low) / max(high - low, 1e-12)


def _limits(values: np.ndarray, signed: bool) -> tuple[float, float]:
    """The range of values that colours are for; a few that stand out do not make it wide."""
    high = float(np.percentile(np.abs(values), 99.5)) if values.size else 1.0
    high = high or float(np.abs(values).max(initial=0)) or 1.0
    return (-high if signed else 0.0), high


def _plot_steps(x: np.ndarray, maps: np.ndarray, titles: Sequence[str], cmap: str, show: bool) -> Any:
    """Sequences as lines, before a background that says how much each step counts."""
    rows = max(len(x), 1)
    figure = new_figure(7, 1.9 * rows + 0.4, show, layout="constrained")
    for axes, lines, values, title in zip(figure.subplots(rows, squeeze=False)[:, 0], x, maps, titles, strict=False):
        low, high = (0, 1) if cmap == "turbo" else _limits(values, cmap == "RdBu_r")
        bottom, top = (float(lines.min(initial=0)), float(lines.max(initial=0))) if lines.ndim == 2 else (0.0, 1.0)
        room = 0.05 * (top - bottom) or 1.0
        extent = (-0.5, len(values) - 0.5, bottom - room, top + room)
        picture = axes.imshow(values[None], cmap=cmap, vmin=low, vmax=high, aspect="auto", alpha=0.6, extent=extent)
        if lines.ndim == 2:
            axes.plot(lines[:, :8], color="#263238", linewidth=1.2)
        axes.set_title(title, parse_math=False)
        figure.colorbar(picture, ax=axes)
    return finished(figure, show)


def _plot_bars(rows: Sequence[np.ndarray], titles: Sequence[str], show: bool) -> Any:
    """The values of each row as bars, red above zero and blue below."""
    figure = new_figure(7, 1.9 * max(len(rows), 1) + 0.4, show, layout="constrained")
    for axes, row, title in zip(figure.subplots(max(len(rows), 1), squeeze=False)[:, 0], rows, titles, strict=False):
        axes.bar(np.arange(len(row)), row, color=np.where(row < 0, "#2166ac", "#b2182b"), width=0.8)
        axes.axhline(0, color="#90a4ae", linewidth=0.8)
        axes.set_title(title, parse_math=False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    return finished(figure, show)


def _plot_maps(
    maps: Sequence[np.ndarray],
    titles: Sequence[str],
    signed: bool = False,
    show: bool = False,
    shared: bool = False,
    cmap: str = "gray",
    heading: str = "",
) -> Any:
    """Maps side by side, with a bar for their colours if they share one scale."""
    columns = math.ceil(math.sqrt(len(maps)))
    rows = math.ceil(len(maps) / columns)
    wide = len(maps) == 1 or maps[0].shape[1] > 3 * maps[0].shape[0]
    side = 6.0 if len(maps) == 1 else min(max(1.1, 4 / columns), 2)
    figure = new_figure(
        columns * side + 0.9, max(rows * side * (0.6 if wide else 1.0), 1.5), show, layout="constrained"
    )
    if heading:
        figure.suptitle(heading, parse_math=False)
    low, high = _limits(np.stack(maps), True)
    if not signed:
        low, high = (float(np.min(maps)), float(np.max(maps))) if shared else (0.0, 1.0)
    places = figure.subplots(rows, columns, squeeze=False)
    for number, axes in enumerate(places.flat):
        if number >= len(maps):
            axes.axis("off")
            continue
        picture = axes.imshow(
            maps[number], cmap="RdBu_r" if signed else cmap, vmin=low, vmax=high, aspect="auto" if wide else "equal"
        )
        axes.set_title(titles[number], fontsize=8 if len(maps) > 1 else 10, pad=2, parse_math=False)
        if len(maps) > 1:
            axes.set(xticks=[], yticks=[])
        else:
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.yaxis.get_major_locator().set_params(integer=True)
    if shared:
        figure.colorbar(picture, ax=places, shrink=0.8)
    return finished(figure, show)


def _classes(values: Any, what: str) -> np.ndarray:
    """The class of each example, as it is named."""
    values = np.asarray(values)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "biuf":
        return values.argmax(-1)
    if values.ndim != 1:
        raise invalid(f"plot_confusion_matrix.{what}", "one class for each example, or (examples, classes)", values)
    if values.dtype.kind == "f":
        whole = values == np.round(values)
        return values.astype(int) if whole.all() else (values > 0.5).astype(int)
    return values.astype(int) if values.dtype.kind == "b" else values


def _confusion(true: np.ndarray, pred: np.ndarray, class_names: Names) -> tuple[np.ndarray, list[str]]:
    """Counts, (true, predicted), and the names of the classes."""
    if len(true) != len(pred):
        raise invalid("plot_confusion_matrix.y_pred", f"{len(true)} predictions, one for each class", pred)
    if not len(true):
        raise invalid("plot_confusion_matrix.y_true", "the classes of one example or more", true)
    both = np.concatenate([true, pred])
    if both.dtype.kind in "iu":
        if both.min(initial=0) < 0:
            raise invalid("plot_confusion_matrix.y_true", "classes counted from 0, or their names", int(both.min()))
        names = [str(name) for name in (range(int(both.max(initial=-1)) + 1) if class_names is None else class_names)]
        numbers = both
    else:
        both = both.astype(str)
        names = sorted(set(both.tolist())) if class_names is None else [str(name) for name in class_names]
        place = {name: number for number, name in enumerate(names)}
        numbers = np.array([place.get(name, len(names)) for name in both.tolist()], int)
    if numbers.max(initial=-1) >= len(names):
        strange = both[numbers >= len(names)][0]
        raise invalid("plot_confusion_matrix.class_names", f"the names of all classes; {strange} is one", class_names)
    matrix = np.zeros((len(names), len(names)))
    np.add.at(matrix, (numbers[: len(true)], numbers[len(true) :]), 1)
    return matrix, names
