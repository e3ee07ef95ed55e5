"""Parts of data: two halves of a dataset, and windows of a series."""

from __future__ import annotations

import random
from typing import Any, Literal

import numpy as np

from tsuno.core.errors import describe, invalid
from tsuno.core.seeds import make_default_seed
from tsuno.core.validate import PositiveInt, check
from tsuno.data import Dataset


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Two parts of data, such as one to train on and one to test with.

    Args:
        dataset: an array, a tuple, list or dict of arrays of one length, a `Dataset`, or another iterable of elements.
        left_size: elements of the first part: a number of them, or a fraction; the rest if None.
        right_size: likewise for the second part, taken from the end. One of the two must be given.
        shuffle: whether to shuffle before splitting.
        seed: of the order.
        preferred_backend: has no effect; both parts are a `Dataset`.

    Returns:
        Two datasets, in batches if the given one was.

    Example:
        >>> left, right = tsuno.utils.split_dataset(np.arange(10), left_size=0.7)
        >>> len(left), [int(x) for x in right]
        (7, [7, 8, 9])
    """
    batch_size = getattr(dataset, "_batch_size", None)
    if isinstance(dataset, Dataset):
        elements = list(dataset.unbatch() if batch_size else dataset)
    elif isinstance(dataset, (tuple, list, dict)) or hasattr(dataset, "__array__"):
        elements = list(Dataset.from_tensor_slices(tuple(dataset) if isinstance(dataset, list) else dataset))
    elif hasattr(dataset, "__iter__"):
        elements = list(dataset)
    elif hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):
        elements = [dataset[number] for number in range(len(dataset))]
    else:
        raise invalid("split_dataset.dataset", "arrays or a dataset", dataset, kind=TypeError)
    left, right = _sizes(left_size, right_size, len(elements))
    if shuffle:
        random.Random(make_default_seed() if seed is None else seed).shuffle(elements)

    def part(some: list[Any]) -> Dataset:
        made = Dataset(lambda: iter(some), len(some))
        return made.batch(batch_size) if batch_size else made

    return part(elements[:left]), part(elements[len(elements) - right :])


def _sizes(left: float | None, right: float | None, total: int) -> tuple[int, int]:
    if left is None and right is None:
        raise ValueError("`split_dataset` needs `left_size` or `right_size`; got neither.")

    def count(size: float | None, side: str) -> int | None:
        if size is None:
            return None
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not (0 < size < total if whole else isinstance(size, (float, np.floating)) and 0 < size < 1):
            expected = f"an integer from 1 to {total - 1}, or a fraction between 0 and 1"
            raise invalid(f"split_dataset.{side}_size", expected, size)
        return int(size) if whole else round(size * total)

    first, second = count(left, "left"), count(right, "right")
    first = total - second if first is None and second is not None else first
    second = total - first if second is None and first is not None else second
    assert first is not None and second is not None
    if first + second > total or not first or not second:
        raise ValueError(
            f"`split_dataset` of {total} elements cannot give {first} and {second}: both parts must have some, and "
            "together not more than there are."
        )
    return first, second


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: Literal["tf", "grain"] = "tf",
) -> Dataset:
    """Windows over a series, each with its target.

    Args:
        data: an array whose first axis is time.
        targets: an array with the target of the window that starts at each time; None for windows only.
        sequence_length: times in a window.
        sequence_stride: times from the start of a window to that of the next.
        sampling_rate: times from one place in a window to the next.
        batch_size: windows per batch; None for single windows.
        shuffle: whether windows come in random order, a new one at each pass.
        seed: of the order.
        start_index: earlier times are not used.
        end_index: this time and later ones are not used.
        format: has no effect: the dataset is Tsuno's own, whatever Keras would take.

    Returns:
        A `tsuno.data.Dataset` of windows of shape (batch, sequence_length, ...), or of pairs of windows and targets.

    Example:
        >>> windows = tsuno.utils.timeseries_dataset_from_array(np.arange(6), np.arange(6) * 10, sequence_length=3)
        >>> [(x.tolist(), y.tolist()) for x, y in windows]
        [([[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]], [0, 10, 20, 30])]
    """
    name = "timeseries_dataset_from_array"
    check(Literal["tf", "grain"], format, f"{name}.format")
    series = np.asarray(data)
    length = check(PositiveInt, sequence_length, f"{name}.sequence_length")
    for what, step in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if check(PositiveInt, step, f"{name}.{what}") >= len(series):
            raise invalid(f"{name}.{what}", f"less than the length of the data, {len(series)}", step)
    start, end = start_index or 0, end_index or len(series)
    if not 0 <= start < len(series):
        raise invalid(f"{name}.start_index", f"an integer from 0 to {len(series) - 1}", start_index)
    if end_index and not start < end < len(series):
        raise invalid(f"{name}.end_index", f"an integer from {start + 1} to {len(series) - 1}", end_index)
    wanted = None if targets is None else np.asarray(targets)
    count = end - start - (length - 1) * sampling_rate
    count = count if wanted is None else min(count, len(wanted) - start)
    if count <= 0:
        raise ValueError(f"No window of {length} times fits into {describe(series[start:end])}.")
    starts = np.arange(0, count, sequence_stride)
    if shuffle:
        key = make_default_seed() % 10**6 if seed is None else seed
        np.random.RandomState(key).shuffle(starts)
    series = series[start:end]
    wanted = None if wanted is None else wanted[start:]
    offsets = np.arange(length) * sampling_rate

    def windows(first: np.ndarray) -> Any:  # of one start, or of a whole batch at once
        window = series[first[..., None] + offsets]
        return window if wanted is None else (window, wanted[first])

    places = Dataset.from_tensor_slices(starts)
    if shuffle:
        places = places.shuffle(len(starts), key)
    return (places if batch_size is None else places.batch(batch_size)).map(windows)
