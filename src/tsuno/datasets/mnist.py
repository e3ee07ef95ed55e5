"""Digits written by hand."""

from __future__ import annotations

import os

from tsuno.datasets.finding import Pair, find, given_file
from tsuno.datasets.pictures import own_idx
from tsuno.datasets.splitting import members
from tsuno.utils.downloads import own_copy, own_folders

_HASH = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: str | os.PathLike[str] = "mnist.npz") -> tuple[Pair, Pair]:
    """The 60,000 and 10,000 pictures of digits, 28 by 28 points in grey, with the digits.

    In the folders of `TSUNO_DATASETS` the four IDX files (`train-images-idx3-ubyte.gz`, …) are found as well: there, or
    in `mnist` or `MNIST/raw` below.

    Args:
        path: the name of the file in the cache, or the path of a copy of your own.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of uint8 of shape (pictures, 28, 28), from 0 for the ground to
        255, and (pictures,), the digits.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     own = pathlib.Path(folder, "mnist.npz")
        ...     x, y = np.zeros((3, 28, 28), "uint8"), np.arange(3, dtype="uint8")
        ...     np.savez(own, x_train=x, y_train=y, x_test=x[:1], y_test=y[:1])
        ...     (x_train, y_train), (x_test, y_test) = tsuno.datasets.mnist.load_data(own)
        >>> x_train.shape, y_train
        ((3, 28, 28), array([0, 1, 2], dtype=uint8))

    Source: LeCun, Bottou, Bengio and Haffner, *Gradient-based learning applied to document recognition*, 1998.
    """
    if given_file(path) is None and own_copy([os.path.basename(path), "mnist.npz"], "datasets") is None:
        folders = [each / part for each in own_folders() for part in ("mnist", "MNIST/raw", ".")]
        # Those of Fashion-MNIST have the same names.
        own = own_idx([each for each in folders if "fashion" not in each.resolve().name.lower()])
        if own is not None:
            return own
    x_train, y_train, x_test, y_test = members(find(path, "mnist.npz", _HASH), "x_train", "y_train", "x_test", "y_test")
    return (x_train, y_train), (x_test, y_test)
