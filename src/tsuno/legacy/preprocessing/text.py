"""Text as integers, in Python: words by a vocabulary of their frequency, or by their hashes."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np

from tsuno.core.errors import invalid, suggest
from tsuno.core.validate import check
from tsuno.legacy.notices import say

__all__ = ["base_filter", "hashing_trick", "one_hot", "text_to_word_sequence", "Tokenizer", "tokenizer_from_json"]

Analyzer = Callable[[str], Sequence[str]] | None
Mode = Literal["binary", "count", "freq", "tfidf"]

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""The characters that separate words by default: punctuation but the apostrophe, and white space."""


def base_filter() -> str:
    """The characters that separate words by default; a function in Keras 1.

    Example:
        >>> from tsuno.legacy.preprocessing.text import base_filter, text_to_word_sequence
        >>> text_to_word_sequence("one_two", base_filter().replace("_", ""))
        ['one_two']
    """
    return FILTERS


def text_to_word_sequence(input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text.

    Args:
        input_text: the text.
        filters: characters that count as `split`.
        lower: whether to write words in lower case.
        split: what stands between words.

    Example:
        >>> from tsuno.legacy.preprocessing.text import text_to_word_sequence
        >>> text_to_word_sequence("Don't panic, Arthur!")
        ["don't", 'panic', 'arthur']
    """
    if not isinstance(input_text, str):
        raise invalid("text_to_word_sequence.input_text", "a string", input_text, kind=TypeError)
    text = input_text.lower() if lower else input_text
    spaces: dict[str, Any] = dict.fromkeys(filters, split)
    return [word for word in text.translate(str.maketrans(spaces)).split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer = None,
) -> list[int]:
    """The words of a text as integers from 1 to n - 1, by Python's `hash`, which differs from run to run.

    Args:
        input_text: the text.
        n: the number of integers, 0 included.
        filters: characters that count as `split`.
        lower: whether to write words in lower case.
        split: what stands between words.
        analyzer: gives the words of a text, in place of the three arguments before.

    Example:
        >>> from tsuno.legacy.preprocessing.text import one_hot
        >>> one_hot("one word and one more", 2)
        [1, 1, 1, 1, 1]
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Callable[[str], int] | Literal["md5"] | None = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer = None,
) -> list[int]:
    """The words of a text as integers from 1 to n - 1, by a hash; different words may get one integer.

    Args:
        text: the text.
        n: the number of integers, 0 included.
        hash_function: gives an integer for a word; `"md5"` gives the same in each run, Python's `hash` does not.
        filters: characters that count as `split`.
        lower: whether to write words in lower case.
        split: what stands between words.
        analyzer: gives the words of a text, in place of the three arguments before.

    Example:
        >>> from tsuno.legacy.preprocessing.text import hashing_trick
        >>> hashing_trick("the cat and the dog", 100, "md5")
        [51, 3, 69, 51, 33]
    """
    if n < 2:
        raise invalid("hashing_trick.n", "2 or more: 0 is not given to a word", n)
    if hash_function is not None and hash_function != "md5" and not callable(hash_function):
        raise invalid("hashing_trick.hash_function", "a function of a word, 'md5' or None", hash_function)
    number = _md5 if hash_function == "md5" else hash_function or hash
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [number(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Turns texts into sequences of integers, or into rows of a matrix; 1 is the most frequent word, 0 is no word.

    Args:
        num_words: only integers below it are given out, those of the `num_words - 1` most frequent words.
        filters: characters that count as `split`.
        lower: whether to write texts in lower case.
        split: what stands between words.
        char_level: whether each character is a word.
        oov_token: stands for words that are not given out, as integer 1; without it they are left out.
        analyzer: gives the words of a text, in place of `filters`, `lower` and `split`.

    A text may also be a list of words. Attributes: `word_counts` (how often each word occurred), `word_docs` and
    `index_docs` (in how many texts), `word_index`, `index_word`, `document_count`.

    Example:
        >>> from tsuno.legacy.preprocessing.text import Tokenizer
        >>> tokenizer = Tokenizer(num_words=4)
        >>> tokenizer.fit_on_texts(["A cat sat.", "A cat ran after a dog."])
        >>> tokenizer.word_index
        {'a': 1, 'cat': 2, 'sat': 3, 'ran': 4, 'after': 5, 'dog': 6}
        >>> tokenizer.texts_to_sequences(["A dog sat after a cat"])
        [[1, 3, 1, 2]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Analyzer = None,
        **kwargs: Any,
    ) -> None:
        if "nb_words" in kwargs:
            say("`nb_words` of Tokenizer is now `num_words`.", once_for="nb_words")
            num_words = kwargs.pop("nb_words")
        self.document_count = kwargs.pop("document_count", 0)
        for name in kwargs:
            options = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "analyzer")
            raise TypeError(f"`Tokenizer` has no argument {name!r}.{suggest(name, options)}")
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: dict[str, int] = OrderedDict()
        self.word_docs: dict[str, int] = defaultdict(int)
        self.index_docs: dict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Pickles of all ages: what a version did not have yet is as it is by default."""
        state = dict(state)
        if "nb_words" in state:
            state["num_words"] = state.pop("nb_words")
        state.setdefault("index_word", {number: word for word, number in state.get("word_index", {}).items()})
        self.__init__()  # type: ignore[misc]
        self.__dict__.update(state)

    # ------------------------------------------------------------------ learning the words

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Count the words of texts, in addition to those counted before, and number them."""
        words: Counter[str] = Counter()
        for text in texts:
            sequence = self._words(text)
            self.document_count += 1
            words.update(sequence)
            for word in dict.fromkeys(sequence):
                self.word_docs[word] = self.word_docs.get(word, 0) + 1
        for word, count in words.items():
            self.word_counts[word] = self.word_counts.get(word, 0) + count
        frequent = sorted(self.word_counts, key=self.word_counts.__getitem__, reverse=True)
        vocabulary = frequent if self.oov_token is None else [self.oov_token, *frequent]
        self.word_index = {word: number for number, word in enumerate(vocabulary, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Sequence[Any]) -> None:
        """Count in how many sequences each integer occurs; needed for `"tfidf"` where no texts were learnt."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] = self.index_docs.get(number, 0) + 1

    # ------------------------------------------------------------------ sequences

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """A list of integers for each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """A list of integers for each text, one after the other."""
        for text in texts:
            yield self._given(map(self.word_index.get, self._words(text)))

    def sequences_to_texts(self, sequences: Iterable[Any]) -> list[str]:
        """A text for each list of integers."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Any]) -> Iterator[str]:
        """A text for each list of integers, one after the other."""
        for sequence in sequences:
            known = (number if number in self.index_word else None for number in sequence)
            yield " ".join(self.index_word[number] for number in self._given(known))

    # ------------------------------------------------------------------ matrices

    def texts_to_matrix(self, texts: Iterable[Any], mode: Mode = "binary") -> np.ndarray:
        """A row for each text; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Sequence[Any], mode: Mode = "binary") -> np.ndarray:
        """A row for each list of integers, a column for each integer below `num_words`.

        Args:
            sequences: the lists of integers.
            mode: `"binary"`, whether an integer occurs; `"count"`, how often, c; `"freq"`, c by the length of the list;
                `"tfidf"`, `(1 + log c) · log(1 + documents / (1 + documents with it))`.

        Returns:
            An array of shape (sequences, num_words), float64.
        """
        check(Mode, mode, "Tokenizer.sequences_to_matrix.mode")
        width = self.num_words or (len(self.word_index) + 1 if self.word_index else 0)
        if not width:
            raise ValueError("A matrix needs its width: pass `num_words` to the `Tokenizer`, or learn texts first.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("`tfidf` needs the frequencies of words: learn texts or sequences first.")
        rarity = np.array([self.index_docs.get(number, 0) for number in range(width)]) if mode == "tfidf" else None
        matrix = np.zeros((len(sequences), width))
        for row, sequence in zip(matrix, sequences, strict=True):
            numbers = np.asarray(sequence, dtype=np.int64)
            counts = np.bincount(numbers[numbers < width], minlength=width)
            there = counts > 0
            if mode == "binary":
                row[there] = 1
            elif rarity is not None:
                idf = np.log(1 + self.document_count / (1 + rarity[there]))
                row[there] = (1 + np.log(counts[there])) * idf
            else:
                row[there] = counts[there] / (len(sequence) if mode == "freq" else 1)
        return matrix

    # ------------------------------------------------------------------ files

    def get_config(self) -> dict[str, Any]:
        """Everything but the analyzer; what is counted, as JSON."""
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        counted = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        config = {name: getattr(self, name) for name in plain}
        return config | {name: json.dumps(getattr(self, name)) for name in counted}

    def to_json(self, **kwargs: Any) -> str:
        """The tokenizer as JSON, in Keras' form; see `tokenizer_from_json`.

        Args:
            **kwargs: options of `json.dumps`.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)

    # ------------------------------------------------------------------ parts

    def _words(self, text: Any) -> Sequence[str]:
        if isinstance(text, (list, tuple)):
            return [word.lower() for word in text] if self.lower else text
        if not isinstance(text, str):
            fix = "Leave rows without text out, or turn them into strings."
            raise invalid("Tokenizer.texts", "strings or lists of words", text, fix, kind=TypeError)
        if self.char_level:
            return text.lower() if self.lower else text
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def _given(self, numbers: Iterable[int | None]) -> list[int]:
        """The integers that are given out for those of words, None for words that are not known."""
        limit = self.num_words or math.inf
        strange = None if self.oov_token is None else self.word_index.get(self.oov_token)
        given = [strange if number is None or number >= limit else number for number in numbers]
        return [number for number in given if number is not None]


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """A tokenizer from what `Tokenizer.to_json` gave, in Tsuno or Keras.

    Example:
        >>> from tsuno.legacy.preprocessing.text import Tokenizer, tokenizer_from_json
        >>> tokenizer = Tokenizer()
        >>> tokenizer.fit_on_texts(["one", "one two"])
        >>> tokenizer_from_json(tokenizer.to_json()).word_index
        {'one': 1, 'two': 2}
    """
    config = dict(json.loads(json_string)["config"])
    counted = {name: json.loads(value) for name, value in config.items() if name.startswith(("word_", "index_"))}
    for name in ("index_docs", "index_word"):  # JSON has no integers as keys
        counted[name] = {int(number): value for number, value in counted[name].items()}
    tokenizer = Tokenizer(**{name: value for name, value in config.items() if name not in counted})
    tokenizer.__dict__.update(counted)
    return tokenizer
