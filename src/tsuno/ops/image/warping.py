"""Images bent: each new pixel is read where it comes from in the old image, between pixels by interpolation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Literal

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.core.seeds import draw_key
from tsuno.core.validate import check
from tsuno.engine import xp
from tsuno.ops.arguments import as_float
from tsuno.ops.fusing import fused
from tsuno.ops.image.filtering import gaussian_blur
from tsuno.ops.image.layout import batch_channels_last

__all__ = ["affine_transform", "perspective_transform", "elastic_transform", "map_coordinates"]

FillMode = Literal["constant", "nearest", "wrap", "mirror", "reflect"]


@op
@fused
def affine_transform(
    images: Tensor,
    transform: Tensor,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images turned, stretched, sheared and moved.

    The new pixel (x, y) is read at ((a0·x + a1·y + a2) / k, (b0·x + b1·y + b2) / k) with k = c0·x + c1·y + 1.

    Args:
        images: (…, height, width, channels).
        transform: (…, 8) numbers [a0, a1, a2, b0, b1, b2, c0, c1], for all images or for each.
        interpolation: `nearest` or `bilinear`.
        fill_mode: what lies beyond the edges, as for `map_coordinates`.
        fill_value: what lies there if `fill_mode="constant"`.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> shift = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
        >>> ops.image.affine_transform([[[1.0], [2.0], [3.0]]], shift)[0, :, 0].tolist()
        [2.0, 3.0, 0.0]
    """
    if xp.ndim(transform) not in (1, 2) or xp.shape(transform)[-1] != 8:
        raise invalid("affine_transform.transform", "of shape (8,) or (batch, 8)", xp.asarray(transform))
    return _project(images, transform, interpolation, fill_mode, fill_value, data_format, "affine_transform")


@op
@fused
def perspective_transform(
    images: Tensor,
    start_points: Tensor,
    end_points: Tensor,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images seen from another side: four points go to four others, straight lines stay straight.

    Args:
        images: (…, height, width, channels).
        start_points: (…, 4, 2): where the corners (top left, top right, bottom left, bottom right), or any four
            points, are, as (x, y) in pixels.
        end_points: where they go, in the same form.
        interpolation: `nearest` or `bilinear`.
        fill_value: what lies beyond the edges.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> corners = ops.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
        >>> to_the_right = corners + ops.array([1.0, 0.0])
        >>> image = ops.reshape(ops.arange(4.0), (1, 4, 1))
        >>> ops.image.perspective_transform(image, corners, to_the_right, "nearest", -1)[0, :, 0].tolist()
        [-1.0, 0.0, 1.0, 2.0]
    """
    start, end = (xp.asarray(points) for points in (start_points, end_points))
    for name, points in (("start_points", start), ("end_points", end)):
        if points.ndim not in (2, 3) or points.shape[-2:] != (4, 2):
            raise invalid(f"perspective_transform.{name}", "of shape (4, 2) or (batch, 4, 2)", points)
    if start.shape != end.shape:
        raise invalid("perspective_transform.end_points", f"of shape {start.shape}, as `start_points`", end)
    transform = homography(start, end)
    return _project(images, transform, interpolation, "constant", fill_value, data_format, "perspective_transform")


@op
def elastic_transform(
    images: Tensor,
    alpha: Tensor = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Images bent at random, as if drawn on rubber.

    Noise of deviation sigma is smoothed by a Gaussian of width sigma; alpha times it is how far each pixel moves, by
    the same distance down and to the right.

    Args:
        images: (…, height, width, channels).
        alpha: how strongly to bend.
        sigma: how far it takes, in pixels, for the bending to change.
        interpolation: `nearest` or `bilinear`.
        fill_mode: what lies beyond the edges, as for `map_coordinates`.
        fill_value: what lies there if `fill_mode="constant"`.
        seed: an integer, a `SeedGenerator`, or None for the process-wide stream.
        data_format: `channels_last`, `channels_first`, or None for `image_data_format()`.

    Example:
        >>> ops.image.elastic_transform(ops.ones((8, 8, 1)), seed=1).shape
        (8, 8, 1)

    Source: Patrice Simard, Dave Steinkraus and John Platt, *Best Practices for Convolutional Neural Networks Applied
    to Visual Document Analysis*, 2003.
    """
    return _elastic(images, draw_key(seed), alpha, float(sigma), interpolation, fill_mode, fill_value, data_format)


@op
@fused
def map_coordinates(
    inputs: Tensor, coordinates: Tensor, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Tensor:
    """The values of a tensor at any places, between its entries by interpolation.

    Args:
        inputs: of any rank.
        coordinates: (rank, …): along each axis, where to read; entry i lies at i.
        order: 0 for the nearest entry, 1 for linear interpolation.
        fill_mode: what lies beyond the edges of a b c d: `constant` k k|a b c d|k k, `nearest` a a|a b c d|d d,
            `wrap` c d|a b c d|a b, `mirror` c b|a b c d|c b, `reflect` b a|a b c d|d c.
        fill_value: the k of `constant`.

    Returns:
        (…), of the dtype of `inputs`; integers are rounded.

    Example:
        >>> ops.image.map_coordinates([0.0, 1.0, 4.0], [[0.5, 2.0, 3.0]], order=1).tolist()
        [0.5, 4.0, 0.0]
    """
    x, places = xp.asarray(inputs), xp.asarray(coordinates)
    if places.ndim < 2 or places.shape[0] != x.ndim:
        raise invalid("map_coordinates.coordinates", f"of shape ({x.ndim}, …), a row for each axis", places)
    if order not in (0, 1):
        raise invalid("map_coordinates.order", "0 or 1", order)
    mode = check(FillMode, fill_mode, "map_coordinates.fill_mode")
    return _read(x[None, ..., None], places[:, None], order, mode, fill_value)[0, ..., 0]


def _project(
    images: Any, transform: Any, interpolation: str, mode: str, fill_value: Any, data_format: str | None, where: str
) -> Any:
    """Images by the eight numbers of a projective transform."""
    x, back = batch_channels_last(xp.asarray(images), data_format, f"{where}.images")
    numbers = as_float(transform).reshape(-1, 8, 1, 1)
    batch, height, width, _ = x.shape
    if numbers.shape[0] not in (1, batch):
        raise ValueError(f"`{where}` takes one transform or one for each of the {batch} images; got {len(numbers)}.")
    a0, a1, a2, b0, b1, b2, c0, c1 = (numbers[:, i] for i in range(8))
    column, row = xp.arange(width), xp.arange(height)[:, None]
    depth = c0 * column + c1 * row + 1
    places = [(b0 * column + b1 * row + b2) / depth, (a0 * column + a1 * row + a2) / depth]
    places = [xp.broadcast_to(place, (batch, height, width)) for place in places]
    mode = check(FillMode, mode, f"{where}.fill_mode")
    return back(_read(x, places, _order(interpolation, where), mode, fill_value))


def homography(start: Any, end: Any) -> Any:
    """The projective transform by which the pixels at the `end` points are read at the `start` points."""
    dtype = xp.promote_types(xp.result_type(start, end), xp.float32)  # solvers take no less
    x_from, y_from, x_to, y_to = (points[..., i].astype(dtype) for points in (start, end) for i in (0, 1))
    one, zero = xp.ones_like(x_to), xp.zeros_like(x_to)
    x_rows = [x_to, y_to, one, zero, zero, zero, -x_from * x_to, -x_from * y_to]
    y_rows = [zero, zero, zero, x_to, y_to, one, -y_from * x_to, -y_from * y_to]
    system = xp.concatenate([xp.stack(x_rows, axis=-1), xp.stack(y_rows, axis=-1)], axis=-2)
    return xp.linalg.solve(system, xp.concatenate([x_from, y_from], axis=-1)[..., None])[..., 0]


@fused
def _elastic(
    images: Tensor,
    key: Tensor,
    alpha: Tensor,
    sigma: float,
    interpolation: str,
    fill_mode: str,
    fill_value: float,
    data_format: str | None,
) -> Any:
    x, back = batch_channels_last(xp.asarray(images), data_format, "elastic_transform.images")
    dtype = x.dtype if xp.issubdtype(x.dtype, xp.floating) else as_float(0).dtype
    noise = engine.normal(key, x.shape[:-1], dtype) * xp.asarray(sigma, dtype)
    size = int(6 * sigma) | 1
    shift = alpha * gaussian_blur(noise[..., None], (size, size), (sigma, sigma), "channels_last")[..., 0]
    places = [xp.arange(x.shape[1])[:, None] + shift, xp.arange(x.shape[2]) + shift]
    mode = check(FillMode, fill_mode, "elastic_transform.fill_mode")
    return back(_read(x, places, _order(interpolation, "elastic_transform"), mode, fill_value))


def _order(interpolation: str, where: str) -> int:
    """The degree of an interpolation."""
    options = ("nearest", "bilinear")
    return options.index(check(Literal["nearest", "bilinear"], interpolation, f"{where}.interpolation"))


def _read(x: Any, places: Any, order: int, mode: str, fill_value: Any) -> Any:
    """`x` (batch, *sizes, channels) at places (batch, …), given for each of the sizes."""
    batch, *sizes, channels = x.shape
    places = [as_float(place) for place in places]
    near = [_round(place) if order == 0 else xp.floor(place) for place in places]
    pixels, image = x.reshape(-1, channels), xp.arange(batch).reshape(-1, *[1] * (places[0].ndim - 1))
    total: Any = 0
    for corner in itertools.product((0, 1) if order else (0,), repeat=len(sizes)):
        row, inside, weight = image, xp.asarray(True), xp.asarray(1.0)
        for place, low, size, far in zip(places, near, sizes, corner, strict=True):
            index = low.astype(xp.int32) + far
            inside = inside & (index >= 0) & (index < size)
            row = row * size + _BEYOND[mode](index, size)
            if order:
                weight = weight * (place - low if far else 1 - (place - low))[..., None]
        value = engine.take_rows(pixels, row.ravel()).reshape(*row.shape, channels)
        if mode == "constant":
            value = xp.where(inside[..., None], value, xp.asarray(fill_value, x.dtype))
        total = total + weight * value if order else value
    return (_round(total) if xp.issubdtype(x.dtype, xp.integer) else total).astype(x.dtype)


def _round(x: Any) -> Any:
    """To the nearest integer, halves away from zero."""
    return xp.trunc(x) + xp.trunc(2 * (x - xp.trunc(x))) if xp.issubdtype(x.dtype, xp.inexact) else x


def _fold(index: Any, size: int, again: int) -> Any:
    """Back and forth over 0 … size − 1; `again` is how often the ends count at the turns."""
    period = max(2 * size - 2 + 2 * again, 1)
    index = index % period
    return xp.minimum(index, period - again - index)


_BEYOND: dict[str, Callable[[Any, int], Any]] = {
    "constant": lambda index, size: xp.clip(index, 0, size - 1),
    "nearest": lambda index, size: xp.clip(index, 0, size - 1),
    "wrap": lambda index, size: index % size,
    "mirror": lambda index, size: _fold(index, size, 0),
    "reflect": lambda index, size: _fold(index, size, 1),
}
