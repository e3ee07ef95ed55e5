"""Anything a user passes to `fit`, as batches: the same rows in the same order, also when a run is taken up again."""

import itertools
import json

import numpy as np
import pytest

import tsuno
from tsuno.data import make_data

X = np.arange(22, dtype="float32").reshape(11, 2)


# ---------------------------------------------------------------------- taking up a run


class Numbers(tsuno.utils.PyDataset):
    """Batches by number, in an order of its own that changes after each epoch."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.random, self.shift = np.random.default_rng(5), 0

    def __len__(self):
        return 5

    def __getitem__(self, index):
        return X[index : index + 2] + self.shift

    def on_epoch_end(self):
        self.shift = int(self.random.integers(100))


class Endless(tsuno.utils.PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return np.full((2, 1), index, "float32")


class Again:
    """An iterable without a length."""

    def __iter__(self):
        return (X[i : i + 2] for i in range(5))


def once(count=None):
    return (np.full((2, 1), i, "float32") for i in (itertools.count() if count is None else range(count)))


KINDS = {
    "arrays": lambda: make_data(X, batch_size=3),
    "arrays, shuffled": lambda: make_data(X, batch_size=3, shuffle=True),
    "arrays, shuffled, no rest": lambda: make_data(X, batch_size=11, shuffle=True),
    "arrays, short epochs": lambda: make_data(X, batch_size=3, shuffle=True, steps=3),
    "arrays, long epochs": lambda: make_data(X, batch_size=3, shuffle=True, steps=6),
    "numbered": lambda: make_data(Numbers()),
    "numbered, shuffled": lambda: make_data(Numbers(workers=2), shuffle=True),
    "numbered, shuffled, short epochs": lambda: make_data(Numbers(), shuffle=True, steps=3),
    "numbered, endless": lambda: make_data(Endless(), steps=3),
    "iterable": lambda: make_data(Again()),
    "iterable, short epochs": lambda: make_data(Again(), steps=3),
    "list with a length": lambda: make_data(tsuno.data.Dataset.from_tensor_slices(X).batch(3), steps=3),
    "dataset, shuffled": lambda: make_data(tsuno.data.Dataset.from_tensor_slices(X).shuffle(11).batch(3)),
    "dataset, shuffled, short epochs": lambda: make_data(
        tsuno.data.Dataset.from_tensor_slices(X).shuffle(5).repeat().batch(3).map(lambda x: -x), steps=3
    ),
    "generator": lambda: make_data(once(), steps=3),
}


def batches(data, skip=0):
    """The rows of one epoch, batch by batch."""
    found = []
    for chunk in data.chunks(skip=skip):
        for i in range(chunk.start, chunk.start + chunk.count):
            rows = np.asarray(chunk.order)[i * chunk.batch_size : (i + 1) * chunk.batch_size]
            found.append(np.asarray(chunk.arrays[0])[rows].tolist())
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sampled", [False, True])
def test_a_run_goes_on_where_it_was(kind, sampled):
    def start():
        data = KINDS[kind]()
        if sampled:
            data.sample()
        return data

    whole, places = start(), []
    epochs = []
    for _ in range(3):
        places.append(json.dumps(whole.position()))
        epochs.append(batches(whole))
    tsuno.utils.set_random_seed(77)  # another process would draw other seeds
    for epoch, place in enumerate(places):
        for step in range(len(epochs[epoch]) + 1):
            data = start()
            data.go_to(json.loads(place))
            assert json.dumps(data.position()) == place
            assert batches(data, step) == epochs[epoch][step:]
            for later in epochs[epoch + 1 :]:
                assert batches(data) == later
