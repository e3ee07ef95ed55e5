"""The part of a table that is for testing, taken out after shuffling."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tsuno.core.validate import Below1, check
from tsuno.datasets.finding import Pair
from tsuno.datasets.reading import read_npz
from tsuno.saving.untrusted import FileProblem


def members(path: Path, *names: str) -> list[np.ndarray]:
    """Arrays of an `.npz` file."""
    arrays = read_npz(path)
    for name in names:
        if name not in arrays:
            raise FileProblem(f"The file {str(path)!r} has no array {name!r}; it has {sorted(arrays)}.")
    return [arrays[name] for name in names]


def shuffled(generator: np.random.RandomState, *arrays: np.ndarray) -> list[np.ndarray]:
    """Arrays with their rows in another order, the same for each."""
    order = np.arange(len(arrays[0]))
    generator.shuffle(order)
    return [array[order] for array in arrays]


def split_table(x: np.ndarray, y: np.ndarray, test_split: float, seed: int | None, where: str) -> tuple[Pair, Pair]:
    """Shuffled rows for training, and the last of them for testing."""
    check(Below1, test_split, f"{where}.test_split")
    x, y = shuffled(np.random.RandomState(seed), x, y)
    count = int(len(x) * (1 - test_split))
    return (x[:count].copy(), y[:count].copy()), (x[count:].copy(), y[count:].copy())
