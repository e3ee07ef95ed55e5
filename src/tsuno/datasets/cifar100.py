"""Small pictures in colour, of a hundred kinds."""

from __future__ import annotations

from typing import Literal

from tsuno.core.validate import check
from tsuno.datasets.finding import Pair
from tsuno.datasets.pictures import from_batches

_HASH = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: Literal["fine", "coarse"] = "fine") -> tuple[Pair, Pair]:
    """The 50,000 and 10,000 pictures of CIFAR-100, 32 by 32 points in colour, with their kinds.

    In the folders of `TSUNO_DATASETS` it is found as `cifar-100-python.tar.gz`, or as the folder `cifar-100-python`
    that this archive holds.

    Args:
        label_mode: `"fine"` for the 100 kinds, `"coarse"` for the 20 groups that they are in.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of uint8 of shape (pictures, 32, 32, 3), or (pictures, 3, 32, 32)
        if the channels are set to come first, from 0 to 255, and of int64 of shape (pictures, 1), the kinds.

    Source: Krizhevsky, *Learning multiple layers of features from tiny images*, 2009.
    """
    label_mode = check(Literal["fine", "coarse"], label_mode, "cifar100.load_data.label_mode")
    return from_batches(
        "cifar-100-python.tar.gz", "cifar-100-python", _HASH, f"{label_mode}_labels", ["train"], ["test"]
    )
