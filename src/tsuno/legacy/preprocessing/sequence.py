"""Sequences of integers and series of measurements as samples for training."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno.core.errors import invalid
from tsuno.core.validate import NonNegativeInt, PositiveInt, check
from tsuno.legacy.preprocessing.drawing import DrawingDataset
from tsuno.utils.sequences import pad_sequences as pad_sequences

__all__ = [
    "make_sampling_table", "pad_sequences", "skipgrams", "timeseries_generator_from_json", "TimeseriesGenerator",
]  # fmt: skip


class TimeseriesGenerator(DrawingDataset):
    """Batches of windows of a series, each with the target that follows it.

    Args:
        data: the series, an array of shape (steps, ...) or a list.
        targets: a target per step; the one of step i goes with the window that ends before step i.
        length: steps that a window spans.
        sampling_rate: of so many steps in a window, one is taken.
        stride: steps from one window to the next.
        start_index: steps before it are not used.
        end_index: steps after it are not used; the last one by default.
        shuffle: whether to draw windows at random, with replacement.
        reverse: whether to turn each window around in time.
        batch_size: windows per batch; the last batch may have fewer.
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size` of `PyDataset`.

    Example:
        >>> from tsuno.legacy.preprocessing.sequence import TimeseriesGenerator
        >>> series = np.arange(6)
        >>> windows, targets = TimeseriesGenerator(series, series, length=3)[0]
        >>> windows.tolist(), targets.tolist()
        ([[0, 1, 2], [1, 2, 3], [2, 3, 4]], [3, 4, 5])
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if len(data) != len(targets):
            raise ValueError(
                f"`TimeseriesGenerator` needs a target per step; got {len(data)} steps and {len(targets)} targets."
            )
        self.data, self.targets = data, targets
        self.length = check(NonNegativeInt, length, "TimeseriesGenerator.length")
        self.sampling_rate = check(PositiveInt, sampling_rate, "TimeseriesGenerator.sampling_rate")
        self.stride = check(PositiveInt, stride, "TimeseriesGenerator.stride")
        self.batch_size = check(PositiveInt, batch_size, "TimeseriesGenerator.batch_size")
        self.start_index = start_index + self.length  # the first step with a whole window before it
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        if self.start_index > self.end_index:
            raise ValueError(
                f"`TimeseriesGenerator` has no window: the first one would end before step {self.start_index} "
                f"(start_index {start_index} and length {self.length}), but the last step is {self.end_index}."
            )

    def __len__(self) -> int:
        return (self.end_index - self.start_index) // (self.batch_size * self.stride) + 1

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._random(index) if self.shuffle else self._rows(index)
        if isinstance(self.data, np.ndarray):
            samples = self.data[rows[:, None] + np.arange(-self.length, 0, self.sampling_rate)]
        else:
            samples = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (samples[:, ::-1] if self.reverse else samples), targets

    def _rows(self, index: int) -> np.ndarray:
        span = self.batch_size * self.stride
        first = self.start_index + span * index
        return np.arange(first, min(first + span, self.end_index + 1), self.stride)

    def _draw(self, number: int) -> np.ndarray:
        return np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)

    def get_config(self) -> dict[str, Any]:
        """The arguments, series and targets as JSON; `start_index` counts the length in, as in Keras."""
        names = ("length", "sampling_rate", "stride", "start_index", "end_index", "shuffle", "reverse", "batch_size")
        series = {"data": _json(self.data, "data"), "targets": _json(self.targets, "targets")}
        return series | {name: getattr(self, name) for name in names}

    def to_json(self, **kwargs: Any) -> str:
        """The generator with its series as JSON; see `timeseries_generator_from_json`.

        Args:
            **kwargs: options of `json.dumps`.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def _json(values: Any, name: str) -> str:
    try:
        return json.dumps(values.tolist() if isinstance(values, np.ndarray) else values)
    except TypeError:
        fix = "Only those can be written as JSON."
        raise invalid(f"TimeseriesGenerator.{name}", "an array or a list of numbers", values, fix, TypeError) from None


def timeseries_generator_from_json(json_string: str) -> TimeseriesGenerator:
    """A generator from what `TimeseriesGenerator.to_json` gave.

    Example:
        >>> from tsuno.legacy.preprocessing.sequence import TimeseriesGenerator, timeseries_generator_from_json
        >>> windows = TimeseriesGenerator([1, 2, 3], [1, 2, 3], length=2)
        >>> timeseries_generator_from_json(windows.to_json())[0]
        (array([[1, 2]]), array([3]))
    """
    config = dict(json.loads(json_string)["config"])
    config["start_index"] -= config["length"]
    data, targets = json.loads(config.pop("data")), json.loads(config.pop("targets"))
    return TimeseriesGenerator(data, targets, **config)


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """The probability of keeping each word for `skipgrams`, by its rank, where frequencies follow Zipf's law.

    With the frequency f of a word, the probability is `min(1, sqrt(sampling_factor / f))`.

    Args:
        size: the number of words; word i is the i-th most frequent one.
        sampling_factor: the frequency below which a word is always kept.

    Returns:
        An array of shape (size,).

    Source: Tomas Mikolov et al., *Distributed Representations of Words and Phrases and their Compositionality*, 2013.

    Example:
        >>> from tsuno.legacy.preprocessing.sequence import make_sampling_table
        >>> make_sampling_table(3, sampling_factor=0.01).round(3).tolist()
        [0.1, 0.1, 0.173]
    """
    rank = np.arange(size)
    rank[:1] = 1
    # 1 / f by Zipf's law: the rank times an approximation of the harmonic number.
    rarity = rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank)
    scaled = sampling_factor * rarity
    return np.minimum(1.0, scaled / np.sqrt(scaled))


def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of words that stand near each other, labelled 1, and random pairs, labelled 0; drawn by Python's `random`.

    Args:
        sequence: words as integers; 0 is no word.
        vocabulary_size: one more than the largest integer.
        window_size: the largest distance of the words of a pair.
        negative_samples: random pairs for each true one.
        shuffle: whether pairs come in random order.
        categorical: whether labels are `[1, 0]` and `[0, 1]` rather than 0 and 1.
        sampling_table: the probability of keeping each word; see `make_sampling_table`.
        seed: of the order of the pairs.

    Returns:
        The pairs and their labels.

    Source: Tomas Mikolov et al., *Efficient Estimation of Word Representations in Vector Space*, 2013.

    Example:
        >>> from tsuno.legacy.preprocessing.sequence import skipgrams
        >>> skipgrams([1, 2, 3], 4, window_size=1, negative_samples=0, shuffle=False)
        ([[1, 2], [2, 1], [2, 3], [3, 2]], [1, 1, 1, 1])
    """
    true, false = ([0, 1], [1, 0]) if categorical else (1, 0)
    pairs = []
    for place, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        start = max(0, place - window_size)
        near = enumerate(sequence[start : place + window_size + 1], start)
        pairs += [[word, other] for where, other in near if where != place and other]
    labels: list[Any] = [true] * len(pairs)
    if negative_samples > 0:
        count = int(len(pairs) * negative_samples)
        words = [word for word, _ in pairs]
        random.shuffle(words)
        pairs += [[words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(count)]
        labels += [false] * count
    if shuffle:
        random.seed(random.randint(0, 10**7) if seed is None else seed)
        order = list(range(len(pairs)))
        random.shuffle(order)
        pairs, labels = [pairs[i] for i in order], [labels[i] for i in order]
    return pairs, labels
