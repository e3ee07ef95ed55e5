"""Small copies of the data sets that old programs read, made up: digits, pictures, reviews, news, houses.

    python made_data.py FOLDER

Classes can be told apart, so that programs can check what they learned.
"""

import pickle
import sys
from pathlib import Path

import numpy as np


def make(folder):
    """Write the files of all data sets into a folder, for `TSUNO_DATASETS`."""
    folder = Path(folder)
    random = np.random.RandomState(0)
    _digits(folder, random)
    _pictures(folder / "cifar-10-batches-py", random)
    _texts(folder, random)
    _houses(folder, random)


def _digits(folder, random):
    forms = np.kron(random.randint(0, 2, (10, 7, 7)), np.ones((4, 4)))

    def some(count):
        y = np.arange(count) % 10
        x = forms[y] * 200 + random.randint(0, 56, (count, 28, 28))
        return x.astype("uint8"), y.astype("uint8")

    (x_train, y_train), (x_test, y_test) = some(400), some(100)
    np.savez(folder / "mnist.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def _pictures(folder, random):
    folder.mkdir(exist_ok=True)
    forms = np.kron(random.randint(0, 2, (10, 3, 4, 4)), np.ones((1, 1, 8, 8)))
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        labels = np.arange(60) % 10
        data = (forms[labels] * 200 + random.randint(0, 56, (60, 3, 32, 32))).reshape(60, -1).astype("uint8")
        (folder / name).write_bytes(pickle.dumps({b"data": data, b"labels": labels.tolist()}, protocol=2))


def _texts(folder, random):
    def texts(labels, words):
        made = np.empty(len(labels), object)
        for place, label in enumerate(labels):  # each class has words of its own among common ones
            text = random.randint(1, words, random.randint(15, 40))
            own = random.rand(len(text)) < 0.4
            text[own] = 20 + label * 5 + random.randint(0, 5, own.sum())
            made[place] = text.tolist()
        return made

    y_train, y_test = np.arange(200) % 2, np.arange(60) % 2
    reviews = {"x_train": texts(y_train, 2000), "y_train": y_train, "x_test": texts(y_test, 2000), "y_test": y_test}
    np.savez(folder / "imdb.npz", **reviews)
    topics = np.arange(400) % 8
    np.savez(folder / "reuters.npz", x=texts(topics, 1500), y=topics)


def _houses(folder, random):
    x = random.rand(160, 13) * np.linspace(1, 400, 13)
    y = 20 + 10 * (x[:, 0] - 0.5) + x[:, 12] / 40 + random.randn(160) * 0.3
    np.savez(folder / "boston_housing.npz", x=x, y=y)


if __name__ == "__main__":
    make(sys.argv[1])
