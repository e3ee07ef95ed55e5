"""Reviews of films, and whether they praise them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tsuno.core.errors import suggest
from tsuno.datasets.finding import Pair, find, find_words
from tsuno.datasets.splitting import members, shuffled
from tsuno.datasets.texts import Numbering, as_array

_HASH = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
_HASH_OF_WORDS = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str | os.PathLike[str] = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> tuple[Pair, Pair]:
    """The 25,000 and 25,000 reviews of films, with 1 for praise and 0 for blame.

    A review is a list of numbers, one per word: the number of a word is its place among all words by how often they
    come, plus `index_from`. 0 is left free for padding.

    Args:
        path: the name of the file in the cache, or the path of a copy of your own.
        num_words: numbers from this one on count as `oov_char`; by default the highest one does.
        skip_top: numbers below this one count as `oov_char` too.
        maxlen: reviews with so many numbers or more are left out; None for all.
        seed: the seed of the shuffling; None for another order each time.
        start_char: the number that each review starts with; None for none.
        oov_char: the number for words that are left out; None to take them out.
        index_from: what is added to the numbers of words.
        **kwargs: none; a name that is misspelt is an error.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists, and arrays of int64 of shape (reviews,).

    Example:
        >>> import pathlib, tempfile
        >>> x = np.empty(2, object)
        >>> x[0], x[1] = [1, 40, 7], [5]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     own = pathlib.Path(folder, "imdb.npz")
        ...     np.savez(own, x_train=x, y_train=np.array([0, 1]), x_test=x, y_test=np.array([0, 1]))
        ...     (x_train, y_train), (x_test, y_test) = tsuno.datasets.imdb.load_data(own, num_words=20)
        >>> [review for review, label in zip(x_train, y_train) if label == 0]
        [[1, 4, 2, 10]]

    Source: Maas et al., *Learning word vectors for sentiment analysis*, 2011.
    """
    if kwargs:
        name, known = next(iter(kwargs)), Numbering.__dataclass_fields__
        raise TypeError(f"`imdb.load_data` has no argument {name!r}.{suggest(name, ('path', 'seed', *known))}")
    numbering = Numbering(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    found = members(find(path, "imdb.npz", _HASH), "x_train", "y_train", "x_test", "y_test")
    generator = np.random.RandomState(seed)
    x_train, y_train, x_test, y_test = *shuffled(generator, *found[:2]), *shuffled(generator, *found[2:])
    train, test = numbering.are_short(x_train), numbering.are_short(x_test)
    texts, count = numbering.numbers([*x_train[train], *x_test[test]]), train.sum()
    return (as_array(texts[:count]), y_train[train]), (as_array(texts[count:]), y_test[test])


def get_word_index(path: str | os.PathLike[str] = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word, from 1 for the most frequent. In `load_data`, `index_from` (3) is added to them.

    Args:
        path: the name of the file in the cache, or the path of a copy of your own.
    """
    return find_words(path, "imdb_word_index.json", _HASH_OF_WORDS)
