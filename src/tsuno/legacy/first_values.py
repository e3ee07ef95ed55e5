"""`weights=[W, b]`: arrays as the first values of weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno.engine import xp
from tsuno.initializers import GlorotUniform


def given_values(values: Any) -> Any:
    """An initializer that gives these values."""
    return _GivenValues(values)


class _GivenValues(GlorotUniform):
    """The first values of a weight, given as an array.

    A configuration does not hold them: the file that it is in has the weight itself.
    """

    _config_class_name = "GlorotUniform"
    _config_module = "keras.initializers"

    def __init__(self, values: Any) -> None:
        super().__init__()
        self.values = np.asarray(values)

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if tuple(shape) != self.values.shape:
            raise ValueError(
                f"`weights` has an array of shape {self.values.shape} for a weight of shape {tuple(shape)}."
            )
        return xp.asarray(self.values, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return GlorotUniform().get_config()
