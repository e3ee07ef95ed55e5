"""Single images turned, moved, stretched and recoloured on the host, each by given numbers or by random ones.

An image is an array of rank 3. All that moves pixels is one affine map, from places of the result to places of the
image: `apply_transform`. Random numbers come from NumPy's global state.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from tsuno.core.errors import invalid
from tsuno.utils.images import array_to_img, img_to_array, pillow_image

# ---------------------------------------------------------------------- places


def apply_affine_transform(
    x: Any,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> Any:
    """An image that is turned, moved, sheared and zoomed, about its centre.

    Args:
        x: the image.
        theta: the angle to turn by, in degrees.
        tx: columns to move by. (In Keras, too, x is along the columns here, though it comes from the rows' range.)
        ty: rows to move by.
        shear: the angle to shear by, in degrees.
        zx: the zoom along the columns; below 1 things become larger.
        zy: the zoom along the rows.
        row_axis: the axis of the rows.
        col_axis: the axis of the columns.
        channel_axis: the axis of the channels, 0 or 2.
        fill_mode: what lies outside: `"nearest"`, `"constant"`, `"reflect"` or `"wrap"`.
        cval: the value outside for `"constant"`.
        order: of the spline between pixels, 0 to 5.

    Example:
        >>> from tsuno.legacy.preprocessing.image import apply_affine_transform
        >>> apply_affine_transform(np.arange(4.0).reshape(1, 2, 2), tx=1)[0].tolist()
        [[1.0, 1.0], [3.0, 3.0]]
    """
    x = np.asarray(x)
    if x.ndim != 3:
        raise invalid("apply_affine_transform.x", "one image, an array of rank 3", x)
    if sorted((row_axis, col_axis, channel_axis)) != [0, 1, 2] or channel_axis == 1:
        axes = (row_axis, col_axis, channel_axis)
        raise invalid("apply_affine_transform.(row_axis, col_axis, channel_axis)", "0, 1 and 2, channels not 1", axes)
    turn, slant = np.deg2rad(theta), np.deg2rad(shear)
    steps = []
    if theta:
        steps.append([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    if tx or ty:
        steps.append([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear:
        steps.append([[1, -np.sin(slant), 0], [0, np.cos(slant), 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        steps.append([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    if not steps:
        return x
    matrix = reduce(np.dot, [np.array(step) for step in steps])
    matrix = transform_matrix_offset_center(matrix, x.shape[row_axis], x.shape[col_axis])
    if col_axis > row_axis:  # the map was made for (x, y); the image is read as (y, x)
        matrix[:, [0, 1]] = matrix[:, [1, 0]]
        matrix[[0, 1]] = matrix[[1, 0]]
    return apply_transform(x, matrix, channel_axis, fill_mode, cval, order)


def apply_transform(
    x: Any,
    transform_matrix: Any,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """An image by an affine map from places of the result, (row, column, 1), to places of the image.

    Args:
        x: the image.
        transform_matrix: the map, of shape (3, 3).
        channel_axis: the axis of the channels.
        fill_mode: what lies outside: `"nearest"`, `"constant"`, `"reflect"` or `"wrap"`.
        cval: the value outside for `"constant"`.
        order: of the spline between pixels, 0 to 5.

    Example:
        >>> from tsuno.legacy.preprocessing.image import apply_transform
        >>> mirror = [[1, 0, 0], [0, -1, 1], [0, 0, 1]]
        >>> apply_transform(np.arange(4.0).reshape(1, 2, 2), mirror)[0].tolist()
        [[1.0, 0.0], [3.0, 2.0]]
    """
    from scipy import ndimage

    matrix = np.asarray(transform_matrix)
    channels = np.moveaxis(np.asarray(x), channel_axis, 0)
    result = np.empty(channels.shape, channels.dtype)
    for channel, out in zip(channels, result, strict=True):
        ndimage.affine_transform(
            channel, matrix[:2, :2], matrix[:2, 2], output=out, order=order, mode=fill_mode, cval=cval
        )
    return np.moveaxis(result, 0, channel_axis)


def transform_matrix_offset_center(matrix: Any, x: float, y: float) -> np.ndarray:
    """An affine map about the centre of an image, from one about its corner.

    Args:
        matrix: the map, of shape (3, 3).
        x: the number of rows.
        y: the number of columns.

    Example:
        >>> from tsuno.legacy.preprocessing.image import transform_matrix_offset_center
        >>> transform_matrix_offset_center(np.diag([2, 2, 1]), 3, 3).tolist()
        [[2.0, 0.0, -1.0], [0.0, 2.0, -1.0], [0.0, 0.0, 1.0]]
    """
    row, column = float(x) / 2 - 0.5, float(y) / 2 - 0.5
    to = np.array([[1, 0, row], [0, 1, column], [0, 0, 1]])
    back = np.array([[1, 0, -row], [0, 1, -column], [0, 0, 1]])
    return np.dot(np.dot(to, matrix), back)


def flip_axis(x: Any, axis: int) -> np.ndarray:
    """An array turned around along an axis.

    Example:
        >>> from tsuno.legacy.preprocessing.image import flip_axis
        >>> flip_axis([[1, 2], [3, 4]], 1).tolist()
        [[2, 1], [4, 3]]
    """
    return np.flip(np.asarray(x), axis)


# ---------------------------------------------------------------------- colours


def apply_channel_shift(x: Any, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """An image with a number added to all values, within the range that they had.

    Args:
        x: the image.
        intensity: what to add.
        channel_axis: the axis of the channels; all of them get the same.

    Example:
        >>> from tsuno.legacy.preprocessing.image import apply_channel_shift
        >>> apply_channel_shift(np.arange(4.0).reshape(1, 2, 2), 2).tolist()
        [[[2.0, 3.0], [3.0, 3.0]]]
    """
    channels = np.ascontiguousarray(np.moveaxis(np.asarray(x), channel_axis, 0))  # as after a move: sums are the same
    return np.moveaxis(np.clip(channels + intensity, np.min(x), np.max(x)), 0, channel_axis)


def apply_brightness_shift(x: Any, brightness: float, scale: bool = True) -> np.ndarray:
    """An image made darker (below 1) or brighter, in 256 steps.

    Args:
        x: the image, from 0 to 255.
        brightness: the factor.
        scale: whether to stretch the values to 0…255 first; else values that are outside are brought back afterwards.

    Example:
        >>> from tsuno.legacy.preprocessing.image import apply_brightness_shift
        >>> apply_brightness_shift(np.array([[[0.0], [255.0]]]), 0.5).tolist()
        [[[0.0], [127.0]]]
    """
    return brightened(x, brightness, scale, None)


def brightened(x: Any, brightness: float, scale: bool, data_format: str | None) -> np.ndarray:
    """`apply_brightness_shift` for images in any data format."""
    pillow_image()  # says so if it is not installed
    from PIL import ImageEnhance

    low, high = np.min(x), np.max(x)
    beyond = bool(low < 0 or high > 255)
    picture = ImageEnhance.Brightness(array_to_img(x, data_format, scale=beyond or scale)).enhance(brightness)
    bright = img_to_array(picture, data_format)
    return bright / 255 * (high - low) + low if beyond and not scale else bright


# ---------------------------------------------------------------------- by chance


def random_rotation(
    x: Any,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Any:
    """An image turned by a random angle.

    Args:
        x: the image.
        rg: the largest angle, in degrees, to either side.
        row_axis: the axis of the rows.
        col_axis: the axis of the columns.
        channel_axis: the axis of the channels.
        fill_mode: what lies outside: `"nearest"`, `"constant"`, `"reflect"` or `"wrap"`.
        cval: the value outside for `"constant"`.
        interpolation_order: of the spline between pixels, 0 to 5.

    Example:
        >>> from tsuno.legacy.preprocessing.image import random_rotation
        >>> random_rotation(np.ones((1, 4, 4)), 30).shape
        (1, 4, 4)
    """
    theta = np.random.uniform(-rg, rg)
    layout = (row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, theta, 0, 0, 0, 1, 1, *layout)


def random_shift(
    x: Any,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Any:
    """An image moved by random distances.

    Args:
        x: the image.
        wrg: the largest distance along the rows, to either side, as a fraction of the width.
        hrg: the largest distance along the columns, as a fraction of the height.
        row_axis: the axis of the rows.
        col_axis: the axis of the columns.
        channel_axis: the axis of the channels.
        fill_mode: what lies outside: `"nearest"`, `"constant"`, `"reflect"` or `"wrap"`.
        cval: the value outside for `"constant"`.
        interpolation_order: of the spline between pixels, 0 to 5.

    Example:
        >>> from tsuno.legacy.preprocessing.image import random_shift
        >>> random_shift(np.ones((1, 4, 4)), 0.2, 0.2).shape
        (1, 4, 4)
    """
    tx = np.random.uniform(-hrg, hrg) * np.shape(x)[row_axis]
    ty = np.random.uniform(-wrg, wrg) * np.shape(x)[col_axis]
    layout = (row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, 0, tx, ty, 0, 1, 1, *layout)


def random_shear(
    x: Any,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Any:
    """An image sheared by a random angle.

    Args:
        x: the image.
        intensity: the largest angle, in degrees, to either side.
        row_axis: the axis of the rows.
        col_axis: the axis of the columns.
        channel_axis: the axis of the channels.
        fill_mode: what lies outside: `"nearest"`, `"constant"`, `"reflect"` or `"wrap"`.
        cval: the value outside for `"constant"`.
        interpolation_order: of the spline between pixels, 0 to 5.

    Example:
        >>> from tsuno.legacy.preprocessing.image import random_shear
        >>> random_shear(np.ones((1, 4, 4)), 10).shape
        (1, 4, 4)
    """
    shear = np.random.uniform(-intensity, intensity)
    layout = (row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, 0, 0, 0, shear, 1, 1, *layout)


def random_zoom(
    x: Any,
    zoom_range: Sequence[float],
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Any:
    """An image zoomed by random factors, one along the rows and one along the columns.

    Args:
        x: the image.
        zoom_range: the smallest and the largest factor; below 1 things become larger.
        row_axis: the axis of the rows.
        col_axis: the axis of the columns.
        channel_axis: the axis of the channels.
        fill_mode: what lies outside: `"nearest"`, `"constant"`, `"reflect"` or `"wrap"`.
        cval: the value outside for `"constant"`.
        interpolation_order: of the spline between pixels, 0 to 5.

    Example:
        >>> from tsuno.legacy.preprocessing.image import random_zoom
        >>> random_zoom(np.ones((1, 4, 4)), (0.8, 1.2)).shape
        (1, 4, 4)
    """
    low, high = pair(zoom_range, "random_zoom.zoom_range")
    zx, zy = (1, 1) if low == high == 1 else np.random.uniform(low, high, 2)
    layout = (row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, 0, 0, 0, 0, zx, zy, *layout)


def random_channel_shift(x: Any, intensity_range: float, channel_axis: int = 0) -> np.ndarray:
    """An image with a random number added to all values, within the range that they had.

    Args:
        x: the image.
        intensity_range: the largest number, to either side.
        channel_axis: the axis of the channels; all of them get the same.

    Example:
        >>> from tsuno.legacy.preprocessing.image import random_channel_shift
        >>> random_channel_shift(np.ones((1, 4, 4)), 10.0).max()
        np.float64(1.0)
    """
    return apply_channel_shift(x, np.random.uniform(-intensity_range, intensity_range), channel_axis)


def random_brightness(x: Any, brightness_range: Sequence[float], scale: bool = True) -> np.ndarray:
    """An image made darker or brighter by a random factor.

    Args:
        x: the image, from 0 to 255.
        brightness_range: the smallest and the largest factor.
        scale: whether to stretch the values to 0…255 first.

    Example:
        >>> from tsuno.legacy.preprocessing.image import random_brightness
        >>> random_brightness(np.full((4, 4, 3), 100.0), (1.0, 1.0), scale=False).max()
        np.float32(100.0)
    """
    low, high = pair(brightness_range, "random_brightness.brightness_range")
    return apply_brightness_shift(x, np.random.uniform(low, high), scale)


def pair(value: Any, where: str) -> tuple[float, float]:
    """Two numbers, the ends of a range."""
    good = isinstance(value, (list, tuple, np.ndarray)) and len(value) == 2
    if not good or not all(isinstance(end, (int, float, np.number)) and not math.isnan(end) for end in value):
        raise invalid(where, "two numbers, the ends of a range", value)
    return value[0], value[1]
