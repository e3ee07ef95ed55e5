"""Constraints that have no counterpart today."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno import ops
from tsuno.constraints import Constraint
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor


class RadialConstraint(Constraint):
    """One value for each square ring of an image filter, read from its diagonal as Keras 2 reads it.

    Example:
        >>> from tsuno.legacy.constraints import RadialConstraint
        >>> RadialConstraint()(np.arange(9.0).reshape(3, 3, 1, 1)).squeeze().tolist()
        [[4.0, 4.0, 4.0], [4.0, 0.0, 4.0], [4.0, 4.0, 4.0]]
    """

    _config_module = "keras.constraints"

    def __call__(self, w: Tensor) -> Any:
        w = ops.convert_to_tensor(w)
        if len(w.shape) != 4 or w.shape[0] != w.shape[1]:
            raise invalid("RadialConstraint.w", "of shape (size, size, channels, filters)", w)
        size = int(w.shape[0])
        away = np.abs(2 * np.arange(size) - (size - 1)) // 2
        ring = np.maximum(away[:, None], away)
        place = np.where(ring == 0, size // 2 - 1, size // 2 + ring - size % 2)
        return w[place, place]
