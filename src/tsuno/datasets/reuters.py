"""News of 1987, and what they are about."""

from __future__ import annotations

import os

import numpy as np

from tsuno.core.validate import Fraction, check
from tsuno.datasets.finding import Pair, find, find_words
from tsuno.datasets.splitting import members, shuffled
from tsuno.datasets.texts import Numbering, as_array

_HASH = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
_HASH_OF_WORDS = "4d44cc38712099c9e383dc6e5f11a921"
_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass "
    "crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi "
    "iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str | os.PathLike[str] = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Pair, Pair]:
    """The 11,228 news of Reuters', with the number of their topic, of which there are 46.

    The news are lists of numbers, one per word: the number of a word is its place among all words by how often they
    come, plus `index_from`. 0 is left free for padding.

    Args:
        path: the name of the file in the cache, or the path of a copy of your own.
        num_words: numbers from this one on count as `oov_char`; by default the highest one does.
        skip_top: numbers below this one count as `oov_char` too.
        maxlen: news with so many numbers or more are left out; None for all.
        test_split: the part that is for testing, from 0 to 1.
        seed: the seed of the shuffling; None for another order each time.
        start_char: the number that all news start with; None for none.
        oov_char: the number for words that are left out; None to take them out.
        index_from: what is added to the numbers of words.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists, and arrays of int64 of shape (news,).

    Source: Lewis, *Reuters-21578 text categorization test collection*, 1997.
    """
    check(Fraction, test_split, "reuters.load_data.test_split")
    numbering = Numbering(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    found = members(find(path, "reuters.npz", _HASH), "x", "y")
    x, y = shuffled(np.random.RandomState(seed), *found)
    short = numbering.are_short(x)
    texts, labels = numbering.numbers(x[short]), y[short]
    count = int(len(texts) * (1 - test_split))
    return (as_array(texts[:count]), labels[:count].copy()), (as_array(texts[count:]), labels[count:].copy())


def get_word_index(path: str | os.PathLike[str] = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word, from 1 for the most frequent. In `load_data`, `index_from` (3) is added to them.

    Args:
        path: the name of the file in the cache, or the path of a copy of your own.
    """
    return find_words(path, "reuters_word_index.json", _HASH_OF_WORDS)


def get_label_names() -> tuple[str, ...]:
    """The names of the 46 topics, in the order of their numbers.

    Example:
        >>> tsuno.datasets.reuters.get_label_names()[:3]
        ('cocoa', 'grain', 'veg-oil')
    """
    return tuple(_TOPICS.split())
