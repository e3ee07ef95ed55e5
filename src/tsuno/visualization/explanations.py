"""Why a model says what it says: how much each place of an input, or of a layer's output, counts for a class.

Every function takes a model or an `Inside` of it; an `Inside` that is passed again keeps its compiled programs. The
score of a class is what the model gives for it before a softmax, if it ends in one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from tsuno import engine
from tsuno.core import tree, validate
from tsuno.core.errors import invalid
from tsuno.core.settings import image_data_format
from tsuno.layers import Layer
from tsuno.visualization.inside import Inside, arrays_of, targets_of

Target = int | Sequence[int] | None


def grad_cam(
    model: Any,
    inputs: Any,
    layer: str | Layer | None = None,
    target: Target = None,
    size: Sequence[int] | Literal["input"] | None = None,
) -> np.ndarray:
    """Heat maps of the places in a layer's output that speak for a class.

    `relu(Σ_c mean(∂score/∂A_c) · A_c)` over the channels A_c of the layer, divided by its largest value.

    Args:
        model: the model, or an `Inside` of it.
        inputs: a batch, as the model takes it.
        layer: the layer, or its path, such as `"block/conv"`; its output has spatial axes (or steps) and channels.
            None for the last one whose output has as many axes as the inputs.
        target: the class, or one for each example; None for the one of the highest score.
        size: the spatial size that the maps are resized to, linearly; `"input"` for that of the inputs, None for
            that of the layer's output.

    Returns:
        `(batch, *spatial)`, from 0 to 1; only zeros where nothing speaks for the class.

    Raises:
        ValueError: the model has no such layer or class, or the layer's output has no spatial axes.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((8, 8, 3)), tsuno.layers.Conv2D(4, 3),
        ...                           tsuno.layers.GlobalAveragePooling2D(), tsuno.layers.Dense(2)])
        >>> tsuno.visualization.grad_cam(model, np.ones((2, 8, 8, 3)), size="input").shape
        (2, 8, 8)

    Source: Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization*, 2017.
    """
    inside = inside_of(model)
    path = _last_with_places(inside, inputs) if layer is None else path_of(inside, inputs, layer)
    given = tree.flatten(inside.shapes(inputs)[path])[0]
    if len(given.shape) < 3 or not _is_float(given):
        raise invalid("layer", "one whose output is floats on spatial axes (or steps) and channels", layer or path)
    outputs, gradient, _ = inside.gradients(inputs, path, target)
    outputs, gradient = (np.asarray(tree.flatten(each)[0], "float32") for each in (outputs, gradient))
    channels = channel_axis(inside, inputs, outputs.ndim, path)
    places = tuple(axis for axis in range(1, outputs.ndim) if axis != channels)
    maps = np.maximum((gradient.mean(places, keepdims=True) * outputs).sum(channels), 0)
    peaks = maps.max(tuple(range(1, maps.ndim)), keepdims=True, initial=0)
    maps = np.divide(maps, peaks, out=np.zeros_like(maps), where=peaks > 0)
    return maps if size is None else _resized(maps, _size(inside, inputs, size, maps.ndim - 1))


def saliency(model: Any, inputs: Any, target: Target = None, layer: str | Layer | None = None) -> Any:
    """How much the score of a class changes with each value of the inputs: `|∂score/∂x|`.

    Args:
        model: the model, or an `Inside` of it.
        inputs: a batch, as the model takes it.
        target: the class, or one for each example; None for the one of the highest score.
        layer: a layer, or its path, whose output is looked at instead of the inputs, such as the embedding of a model
            that takes the numbers of words.

    Returns:
        Arrays of the form of the inputs (or of the layer's output).

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(1, kernel_initializer="ones")])
        >>> tsuno.visualization.saliency(model, np.array([[3.0, -4.0]])).tolist()
        [[1.0, 1.0]]

    Source: Simonyan et al., *Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency
    Maps*, 2013.
    """
    inside = inside_of(model)
    path = None if layer is None else path_of(inside, inputs, layer)
    return tree.map_structure(np.abs, inside.gradients(inputs, path, target)[1])


def integrated_gradients(model: Any, inputs: Any, baseline: Any = None, steps: int = 32, target: Target = None) -> Any:
    """What each value of the inputs adds to the score of a class, compared with a baseline.

    `(x - x₀) · mean(∂score/∂x at x₀ + α(x - x₀))` over α in the middles of `steps` equal parts of 0 to 1. The values of
    an example sum to its score less the baseline's, but for the error of so many steps.

    Args:
        model: the model, or an `Inside` of it.
        inputs: a batch of floats, as the model takes it.
        baseline: inputs that say nothing: a number, one example, or a batch; for several inputs in the structure that
            they have. Zeros by default.
        steps: how many points on the way from the baseline are looked at, one or more.
        target: the class, or one for each example; None for the one of the highest score.

    Returns:
        Arrays of the form of the inputs.

    Raises:
        ValueError: the baseline does not fit the inputs, or `steps` is no positive integer.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(1, kernel_initializer="ones")])
        >>> tsuno.visualization.integrated_gradients(model, np.array([[3.0, -4.0]])).tolist()
        [[3.0, -4.0]]

    Source: Sundararajan et al., *Axiomatic Attribution for Deep Networks*, 2017.
    """
    inside = inside_of(model)
    steps = validate.check(validate.PositiveInt, steps, "integrated_gradients.steps")
    x = tree.map_structure(lambda leaf: leaf.astype("float32"), arrays_of(inputs))
    start = _baseline(x, baseline)
    classes = inside.scores(x).argmax(-1) if target is None else target
    way = tree.map_structure(np.subtract, x, start)
    total = tree.map_structure(lambda leaf: np.zeros(leaf.shape, "float64"), x)
    for step in range(steps):
        share = (step + 0.5) / steps
        point = tree.map_structure(lambda a, b: a + np.float32(share) * b, start, way)  # noqa: B023
        total = tree.map_structure(np.add, total, inside.gradients(point, None, classes)[1])
    return tree.map_structure(lambda a, b: (a * b / steps).astype("float32"), way, total)


def occlusion(
    model: Any,
    inputs: Any,
    target: Target = None,
    patch: int | Sequence[int] | None = None,
    stride: int | Sequence[int] | None = None,
    value: Any = 0.0,
    batch_size: int = 64,
) -> np.ndarray:
    """How much the score of a class falls when a place of the input is covered.

    It is the mean over the patches that cover the place.

    Args:
        model: the model, or an `Inside` of it; it takes one input.
        inputs: a batch of images, volumes, sequences, or rows: `(batch, *spatial, channels)`, or channels first where
            the layers of the model say so, or `(batch, features)`.
        target: the class, or one for each example; None for the one of the highest score.
        patch: the sides of a patch; by default an eighth of those of an image, and 1 for sequences and rows.
        stride: how far apart patches are, not more than `patch`; by default as far as they are wide.
        value: what covers: a number, or one for each channel.
        batch_size: how many covered inputs are computed at a time.

    Returns:
        `(batch, *spatial)`, of the size of the inputs, or `(batch, features)`.

    Raises:
        ValueError: a patch or stride does not fit the inputs, or the model takes several.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(1, kernel_initializer="ones")])
        >>> tsuno.visualization.occlusion(model, np.array([[3.0, -4.0]])).tolist()
        [[3.0, -4.0]]

    Source: Zeiler & Fergus, *Visualizing and Understanding Convolutional Networks*, 2013.
    """
    inside = inside_of(model)
    x = arrays_of(inputs)
    if tree.is_nested(x) or x.ndim < 2:
        raise invalid("occlusion.inputs", "one batch: an array of two axes or more", inputs)
    channels = None if x.ndim == 2 else channel_axis(inside, inputs, x.ndim)
    axes = [axis for axis in range(1, x.ndim) if axis != channels]
    size = [x.shape[axis] for axis in axes]
    if patch is None:
        patch = [max(1, side // 8) for side in size] if len(axes) > 1 else 1
    sides = validate.sizes(patch, len(axes), "occlusion.patch")
    steps = sides if stride is None else validate.sizes(stride, len(axes), "occlusion.stride")
    if any(step > side for step, side in zip(steps, sides, strict=True)):
        raise invalid("occlusion.stride", f"at most the patch, {sides}, or places stay uncovered", stride)
    batch_size = validate.check(validate.PositiveInt, batch_size, "occlusion.batch_size")
    cover = np.asarray(value)
    if cover.ndim and (channels is None or cover.shape != (x.shape[channels],)):
        raise invalid("occlusion.value", "a number, or one for each channel", value)
    if cover.ndim:
        cover = cover.reshape([-1 if axis == channels else 1 for axis in range(1, x.ndim)])
    if not len(x):
        return np.zeros((0, *size), "float32")

    starts = itertools.product(*(range(0, side, step) for side, step in zip(size, steps, strict=True)))
    patches = [tuple(slice(a, a + side) for a, side in zip(start, sides, strict=True)) for start in starts]
    rows = [(example, place) for place in [None, *patches] for example in range(len(x))]
    scores = np.concatenate(list(_covered_scores(inside, x, rows, axes, cover, batch_size)))
    scores = scores.reshape(len(patches) + 1, len(x), -1)
    if target is None:
        classes = scores[0].argmax(-1)
    else:
        classes = targets_of(target, len(x))
        if classes.max() >= scores.shape[-1]:
            raise invalid("target", f"a class of the model, below {scores.shape[-1]}", target)
    chosen = np.take_along_axis(scores, classes[None, :, None], -1)[..., 0].astype("float64")
    total, count = np.zeros((len(x), *size)), np.zeros(size)
    for place, left in zip(patches, chosen[1:], strict=True):
        total[(slice(None), *place)] += (chosen[0] - left).reshape(-1, *(1 for _ in size))
        count[place] += 1
    return (total / count).astype("float32")


def inside_of(model: Any) -> Inside:
    """The `Inside` of a model, or the one that is given in its place."""
    return model if isinstance(model, Inside) else Inside(model)


def path_of(inside: Inside, inputs: Any, layer: str | Layer) -> str:
    """The path of a layer that is given by itself (its first call) or by its path."""
    paths = inside.paths(inputs)
    if isinstance(layer, str):
        if layer not in paths:
            raise inside.unknown_layer(layer, inputs)
        return layer
    found = [path for path in paths if inside.operation(path) is layer]
    if not found:
        raise invalid("layer", f"a layer of the model `{inside.model.name}` or its path", layer)
    return found[0]


def channel_axis(inside: Inside, inputs: Any, rank: int, path: str | None = None) -> int:
    """The axis of the channels in what a layer gives, or in the inputs.

    It is where the layer says, or the last one before it whose output has as many axes, or, for inputs, the first one.
    """
    found = inside.shapes(inputs)
    paths = list(found)
    near = paths if path is None else paths[paths.index(path) :: -1]
    formats = (
        getattr(inside.operation(each), "data_format", None)
        for each in near
        if path is None or len(tree.flatten(found[each])[0].shape) == rank
    )
    known = next((each for each in formats if each), image_data_format() if rank > 3 else "channels_last")
    return 1 if known == "channels_first" else rank - 1


def _last_with_places(inside: Inside, inputs: Any) -> str:
    outputs = {path: (tree.flatten(value) or [None])[0] for path, value in inside.shapes(inputs).items()}
    found = {path: value for path, value in outputs.items() if hasattr(value, "shape") and _is_float(value)}
    ranks = {path: len(value.shape) for path, value in found.items() if len(value.shape) in (3, 4, 5)}
    own = max(leaf.ndim for leaf in tree.flatten(arrays_of(inputs)))
    ranks = {path: rank for path, rank in ranks.items() if rank == own} or ranks
    wide = [path for path in ranks if sum(side > 1 for side in found[path].shape[1:]) > 1]
    if not ranks:
        raise invalid(
            "model", "one with a layer that gives spatial axes (or steps) and channels", inside.model.name,
            "For rows, use `saliency`, `integrated_gradients` or `occlusion`.",
        )  # fmt: skip
    # What is pooled shows the places of what it is made of, and less of them.
    whole = [path for path in wide if not hasattr(inside.operation(path), "pool_size")]
    return (whole or wide or list(ranks))[-1]


def _is_float(x: Any) -> bool:
    return "float" in str(x.dtype)


def _size(inside: Inside, inputs: Any, size: Any, rank: int) -> tuple[int, ...]:
    if size != "input":
        return validate.sizes(size, rank, "size")
    for leaf in tree.flatten(arrays_of(inputs)):
        if leaf.ndim == rank + 2:
            channels = channel_axis(inside, inputs, leaf.ndim)
            return tuple(side for axis, side in enumerate(leaf.shape) if axis not in (0, channels))
        if leaf.ndim == rank + 1 and rank == 1:  # the numbers of words
            return tuple(leaf.shape[1:])
    raise invalid("size", f"{rank} sizes, as no input has as many spatial axes as the layer's output", size)


def _resized(maps: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    return np.asarray(engine.resize(maps, (len(maps), *size), "linear"))


def _baseline(x: Any, baseline: Any) -> Any:
    if baseline is None or (not tree.is_nested(baseline) and np.ndim(baseline) == 0):
        return tree.map_structure(lambda leaf: np.full(leaf.shape, baseline or 0, "float32"), x)
    baseline = arrays_of(baseline)
    try:
        return tree.map_structure(
            lambda leaf, value: np.broadcast_to(np.asarray(value, "float32"), leaf.shape), x, baseline
        )
    except (ValueError, TypeError):
        shapes = tree.map_structure(lambda leaf: leaf.shape, x)
        raise invalid("baseline", f"a number, or arrays that fit the inputs, {shapes}", baseline) from None


def _covered_scores(
    inside: Inside, x: np.ndarray, rows: list[Any], axes: list[int], cover: np.ndarray, batch_size: int
) -> Iterator[np.ndarray]:
    """The scores of inputs each covered in a place, in batches of one size, so that one program does."""
    batch_size = min(batch_size, max(len(rows), 1))
    for first in range(0, len(rows), batch_size):
        batch = rows[first : first + batch_size]
        covered = x[[example for example, _ in batch] + [0] * (batch_size - len(batch))]
        for row, (_, place) in zip(covered, batch, strict=False):
            if place is not None:
                where: list[Any] = [slice(None)] * row.ndim
                for axis, part in zip(axes, place, strict=True):
                    where[axis - 1] = part
                row[tuple(where)] = cover
        yield inside.scores(covered)[: len(batch)]
