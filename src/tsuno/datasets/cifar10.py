"""Small pictures in colour, of ten kinds."""

from __future__ import annotations

from tsuno.datasets.finding import Pair
from tsuno.datasets.pictures import from_batches

_HASH = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
_TRAIN = [f"data_batch_{number}" for number in range(1, 6)]


def load_data() -> tuple[Pair, Pair]:
    """The 50,000 and 10,000 pictures of CIFAR-10, 32 by 32 points in colour, with their kinds.

    The kinds are: 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck.

    In the folders of `TSUNO_DATASETS` it is found as `cifar-10-python.tar.gz`, or as the folder `cifar-10-batches-py`
    that this archive holds.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of uint8 of shape (pictures, 32, 32, 3), or (pictures, 3, 32, 32)
        if the channels are set to come first, from 0 to 255, and (pictures, 1), the kinds.

    Source: Krizhevsky, *Learning multiple layers of features from tiny images*, 2009.
    """
    (x_train, y_train), (x_test, y_test) = from_batches(
        "cifar-10-python.tar.gz", "cifar-10-batches-py", _HASH, "labels", _TRAIN, ["test_batch"]
    )
    return (x_train, y_train.astype("uint8")), (x_test, y_test.astype("uint8"))
