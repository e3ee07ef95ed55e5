"""Activations whose name means something else today."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.core.op import Tensor


def keras2_hard_sigmoid(x: Tensor) -> Any:
    """0.2 x + 0.5, cut to the range from 0 to 1: `hard_sigmoid` as it was before Keras 3, whose slope is 1/6.

    Example:
        >>> from tsuno.legacy.activations import keras2_hard_sigmoid
        >>> keras2_hard_sigmoid(np.array([-3.0, 0.0, 2.5])).tolist()
        [0.0, 0.5, 1.0]
    """
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)
