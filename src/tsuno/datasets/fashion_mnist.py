"""Pictures of clothes, in the form of MNIST."""

from __future__ import annotations

from pathlib import Path

from tsuno.datasets.finding import HOST, Pair
from tsuno.datasets.pictures import from_idx, own_idx
from tsuno.utils.downloads import get_file, own_folders


def load_data() -> tuple[Pair, Pair]:
    """The 60,000 and 10,000 pictures of clothes, 28 by 28 points in grey, with their kinds.

    The kinds are: 0 T-shirt, 1 trousers, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 boot.

    The files have the names of MNIST's. So in the folders of `TSUNO_DATASETS` they are looked for in `fashion-mnist`,
    `fashion_mnist` or `FashionMNIST/raw` below, and in a folder itself only if `fashion` is in its name.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of uint8 of shape (pictures, 28, 28), from 0 for the ground to
        255, and (pictures,), the kinds.

    Source: Xiao, Rasul and Vollgraf, *Fashion-MNIST*, 2017.
    """
    below = ("fashion-mnist", "fashion_mnist", "FashionMNIST/raw")
    own = own_idx(
        [folder / part for folder in own_folders() for part in below]
        + [folder for folder in own_folders() if "fashion" in folder.resolve().name.lower()]
    )
    if own is not None:
        return own
    return from_idx(lambda name: Path(get_file(name, HOST + name, cache_subdir="datasets/fashion-mnist")))
