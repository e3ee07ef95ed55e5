"""Texts as the numbers of their words, the most frequent word first: which words are kept, and what marks the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Numbering:
    """How the numbers of words are given out.

    Args:
        num_words: the number at which rare words begin, with `index_from` counted in; None for the highest there is.
        skip_top: numbers below this one are left out too.
        maxlen: texts of so many numbers or more are left out; None for no limit.
        start_char: the number before each text; None for none.
        oov_char: the number for words that are left out; None to leave no trace of them.
        index_from: what is added to each number, to make room for those that are no words.
    """

    num_words: int | None
    skip_top: int
    maxlen: int | None
    start_char: int | None
    oov_char: int | None
    index_from: int

    def are_short(self, texts: Collection[Any]) -> np.ndarray:
        """For each text whether it is kept."""
        lengths = np.array([len(text) for text in texts], "int64") + (self.start_char is not None)
        short = lengths < self.maxlen if self.maxlen else np.full(len(lengths), True)
        if self.maxlen and not short.any():
            raise ValueError(
                f"`load_data.maxlen` must be more than the length of the shortest text; got {self.maxlen}, and the "
                f"shortest has {lengths.min(initial=self.maxlen)} numbers."
            )
        return short

    def numbers(self, texts: Sequence[Any]) -> list[list[int]]:
        """The texts as lists of the numbers that are given out."""
        lengths = np.array([len(text) for text in texts], "int64")
        words = np.fromiter(chain.from_iterable(texts), "int64", lengths.sum()) + (self.index_from or 0)
        if self.start_char is not None:
            words = np.insert(words, np.cumsum(lengths) - lengths, self.start_char)
            lengths += 1
        known = (words >= self.skip_top) & (words < (self.num_words or words.max(initial=0)))
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        if self.oov_char is None:
            words, bounds = words[known], np.concatenate([[0], np.cumsum(known)])[bounds]
        else:
            words = np.where(known, words, self.oov_char)
        flat = words.tolist()
        return [flat[start:end] for start, end in pairwise(bounds.tolist())]


def as_array(texts: Sequence[list[int]]) -> np.ndarray:
    """Texts as an array of lists (of numbers, if all are of one length)."""
    return np.array(texts, dtype=object)
