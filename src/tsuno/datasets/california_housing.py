"""Prices of houses in California in 1990."""

from __future__ import annotations

import os
from typing import Literal

from tsuno.core.validate import check
from tsuno.datasets.finding import Pair, find
from tsuno.datasets.splitting import members, split_table

_HASH = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
_SMALL = 600


def load_data(
    version: Literal["small", "large"] = "large",
    path: str | os.PathLike[str] = "california_housing.npz",
    test_split: float = 0.2,
    seed: int | None = 113,
) -> tuple[Pair, Pair]:
    """The median prices of houses in 20,640 districts, each with 8 numbers.

    They are, in this order: median income, median age of the houses, rooms and bedrooms per household, population,
    members per household, latitude, longitude.

    Args:
        version: `"large"` for all districts, `"small"` for the first 600 of the file.
        path: the name of the file in the cache, or the path of a copy of your own.
        test_split: the part of the rows that is for testing, from 0 up to 1.
        seed: the seed of the shuffling before that; None for another order each time.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of shape (districts, 8) and (districts,), the prices in dollars.

    Source: Pace and Barry, *Sparse spatial autoregressions*, 1997.
    """
    version = check(Literal["small", "large"], version, "california_housing.load_data.version")
    x, y = members(find(path, "california_housing.npz", _HASH), "x", "y")
    rows = _SMALL if version == "small" else len(x)
    return split_table(x[:rows], y[:rows], test_split, seed, "california_housing.load_data")
