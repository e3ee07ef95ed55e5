"""Arrays of labels and features brought into the form that models take."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Integer labels as one-hot rows, in float32.

    Args:
        x: integers from 0 on, of any shape; a last axis of size 1 is dropped.
        num_classes: the number of classes; one more than the largest label by default.

    Raises:
        ValueError: a label is negative or too large.

    Example:
        >>> tsuno.utils.to_categorical([0, 2])
        array([[1., 0., 0.],
               [0., 0., 1.]], dtype=float32)
    """
    labels = np.asarray(x)
    whole = labels.astype(np.int64)
    if labels.size and not np.array_equal(labels, whole):
        raise ValueError("`to_categorical.x` must hold whole numbers; got fractions.")
    if whole.ndim > 1 and whole.shape[-1] == 1:
        whole = whole[..., 0]
    count = int(whole.max(initial=-1)) + 1 if num_classes is None else num_classes
    if whole.size and (whole.min() < 0 or whole.max() >= count):
        raise ValueError(
            f"`to_categorical.x` must hold labels from 0 to {count - 1}; got values from {whole.min()} to "
            f"{whole.max()}."
        )
    return np.eye(count, dtype=np.float32)[whole]


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """An array divided by its norms along an axis; zeros stay zeros.

    Args:
        x: the array.
        axis: the axis to take norms along.
        order: the order of the norm: 2 for the Euclidean one.

    Example:
        >>> tsuno.utils.normalize([[3.0, 4.0]])
        array([[0.6, 0.8]])
    """
    array = np.asarray(x)
    norms = np.atleast_1d(np.linalg.norm(array, order, axis))
    norms[norms == 0] = 1
    return array / np.expand_dims(norms, axis)
