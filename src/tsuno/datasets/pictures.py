"""Pictures with labels, as the people who made the data sets stored them: IDX files, and the batches of CIFAR."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tsuno.core.settings import image_data_format
from tsuno.datasets.finding import Pair
from tsuno.datasets.reading import read_idx, read_pickle
from tsuno.saving.untrusted import FileProblem
from tsuno.utils.downloads import get_file, own_copy

IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def from_idx(path_of: Callable[[str], Path]) -> tuple[Pair, Pair]:
    """Pictures and labels from four IDX files.

    Args:
        path_of: where the file of a name is.
    """
    x_train, y_train, x_test, y_test = (read_idx(path_of(name)) for name in IDX_FILES)
    return (x_train, y_train), (x_test, y_test)


def own_idx(folders: Sequence[Path]) -> tuple[Pair, Pair] | None:
    """The same from the first folder that has them, by any of their usual names; None if none has."""
    for folder in folders:
        found = {name: path for name in IDX_FILES if (path := _idx_in(folder, name)) is not None}
        if len(found) == len(IDX_FILES):
            return from_idx(found.__getitem__)
    return None


def _idx_in(folder: Path, name: str) -> Path | None:
    plain = name.removesuffix(".gz")
    names = [form + end for form in (plain, plain.replace("-idx", ".idx")) for end in ("", ".gz")]
    return next((folder / each for each in names if (folder / each).is_file()), None)


def from_batches(
    archive: str, folder: str, file_hash: str, label: str, train: Sequence[str], test: Sequence[str]
) -> tuple[Pair, Pair]:
    """Pictures of 32 by 32 points and labels from pickled batches.

    Args:
        archive: the name of the archive on the web.
        folder: the folder in it.
        file_hash: its hash.
        label: the name of the labels in a batch.
        train: the files of the batches for training.
        test: those for testing.
    """
    origin = f"https://www.cs.toronto.edu/~kriz/{archive}"
    place = own_copy([folder], "datasets")
    if place is None or not place.is_dir():
        place = Path(get_file(f"{folder}-target", origin, extract=True, file_hash=file_hash))
        place = place / folder if (place / folder).is_dir() else place
    return _batches(place, label, train), _batches(place, label, test)


def _batches(place: Path, label: str, names: Sequence[str]) -> Pair:
    pictures, labels = [], []
    for name in names:
        batch = read_pickle(place / name)
        if not {"data", label} <= batch.keys():
            raise FileProblem(f"The file {str(place / name)!r} has no {label!r}; it has {sorted(batch)}.")
        pictures.append(np.asarray(batch["data"], "uint8").reshape(-1, 3, 32, 32))
        labels.append(np.asarray(batch[label]))
    x, y = np.concatenate(pictures), np.concatenate(labels).reshape(-1, 1)
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)) if image_data_format() == "channels_last" else x, y
