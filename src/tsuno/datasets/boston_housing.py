"""Prices of houses in the suburbs of Boston in the 1970s."""

from __future__ import annotations

import os

from tsuno.datasets.finding import Pair, find
from tsuno.datasets.splitting import members, split_table

_HASH = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(
    path: str | os.PathLike[str] = "boston_housing.npz", test_split: float = 0.2, seed: int | None = 113
) -> tuple[Pair, Pair]:
    """The prices of 506 houses, each with 13 numbers about it and its surroundings.

    One of the 13, called B, was made on the assumption that people want to live apart by the colour of their skin.
    Use it to teach what such data do; for other things there is `california_housing`.

    Args:
        path: the name of the file in the cache, or the path of a copy of your own.
        test_split: the part of the rows that is for testing, from 0 up to 1.
        seed: the seed of the shuffling before that; None for another order each time.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of float64 of shape (houses, 13) and (houses,), the prices in
        thousands of dollars.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     own = pathlib.Path(folder, "boston_housing.npz")
        ...     np.savez(own, x=np.ones((10, 13)), y=np.ones(10))
        ...     (x_train, y_train), (x_test, y_test) = tsuno.datasets.boston_housing.load_data(own)
        >>> x_train.shape, y_test.shape
        ((8, 13), (2,))

    Source: Harrison and Rubinfeld, *Hedonic housing prices and the demand for clean air*, 1978.
    """
    x, y = members(find(path, "boston_housing.npz", _HASH), "x", "y")
    return split_table(x, y, test_split, seed, "boston_housing.load_data")
