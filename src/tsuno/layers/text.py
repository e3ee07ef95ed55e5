"""Raw text as numbers: made uniform, split into tokens, joined to n-grams, looked up in a vocabulary.

Tokens of a batch are kept as one list, and the number of them in each text: texts have different lengths.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from tsuno import engine
from tsuno.core.errors import invalid, suggest
from tsuno.core.settings import floatx
from tsuno.core.spec import KerasTensor
from tsuno.core.validate import NonNegativeInt, PositiveInt
from tsuno.layers.features import TokenMode
from tsuno.layers.lookup_layers import StringLookup
from tsuno.layers.strings import TextLayer, as_objects, as_text, batches

__all__ = ["TextVectorization"]

_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
_SPLIT = ("whitespace", "character")
_PUNCTUATION = string.punctuation.encode()


@dataclass(frozen=True)
class _Tokens:
    """Rows of tokens, of different lengths, in the shape `lead`."""

    flat: list[str]
    lengths: np.ndarray
    lead: tuple[int, ...]
    even: bool
    """Whether the rows came as an array."""

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], lead: tuple[int, ...], even: bool = False) -> Self:
        lengths = np.fromiter(map(len, rows), "int64", len(rows))
        return cls(list(itertools.chain.from_iterable(rows)), lengths, lead, even)

    def rows(self) -> list[list[str]]:
        ends = np.cumsum(self.lengths).tolist()
        return [self.flat[end - length : end] for end, length in zip(ends, self.lengths.tolist(), strict=True)]


class TextVectorization(TextLayer):
    """Texts as the places of their words in a vocabulary, or as vectors that count words.

    Args:
        max_tokens: the size of the vocabulary at most, special tokens included; None for no limit.
        standardize: what is done to a text first: `"lower_and_strip_punctuation"`, `"lower"`, `"strip_punctuation"`
            (letters A to Z and ASCII's punctuation are meant), None, or a function of a NumPy array of texts.
        split: how a text becomes tokens: at `"whitespace"`, into each `"character"`, None for texts that are tokens
            already, or a function of a NumPy array of texts that returns a list of tokens for each.
        ngrams: join neighbouring tokens: up to this number, or exactly by the numbers in a tuple.
        output_mode: `"int"` for places; or one vector for a text: `"multi_hot"`, `"count"`, or `"tf_idf"`, the counts
            times weights.
        output_sequence_length: the number of places for a text, cut off or filled with 0; that of the longest text in
            the batch by default.
        pad_to_max_tokens: whether vectors have size `max_tokens` although the vocabulary is smaller.
        vocabulary: the tokens, or the path of a file with one a line; `adapt` finds them by default.
        idf_weights: a weight for each token of `vocabulary`, in mode `tf_idf`.
        sparse: whether results may be stored as sparse; they are dense in any case.
        ragged: not supported.
        encoding: how bytes and the vocabulary's file are read.
        name: a name.
        **kwargs: the arguments of every layer, see `Layer`.

    Called with texts (batch,) or (batch, 1), gives (batch, tokens) or (batch, size of the vocabulary).

    Example:
        >>> layer = tsuno.layers.TextVectorization(output_sequence_length=4)
        >>> layer.adapt(["foo bar", "bar baz", "baz bada boom"])
        >>> layer.get_vocabulary()
        ['', '[UNK]', 'baz', 'bar', 'foo', 'boom', 'bada']
        >>> layer([["foo qux bar"], ["qux baz"]]).tolist()
        [[4, 1, 3, 0], [1, 2, 0, 0]]
    """

    def __init__(
        self,
        max_tokens: PositiveInt | None = None,
        standardize: str | Callable[..., Any] | None = "lower_and_strip_punctuation",
        split: str | Callable[..., Any] | None = "whitespace",
        ngrams: int | Sequence[int] | None = None,
        output_mode: TokenMode = "int",
        output_sequence_length: PositiveInt | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        vocabulary_size: NonNegativeInt | None = None,
        has_input_vocabulary: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        for what, given, options in (("standardize", standardize, _STANDARDIZE), ("split", split, _SPLIT)):
            if not (given is None or callable(given) or given in options):
                listed = ", ".join(map(repr, options))
                raise invalid(
                    f"TextVectorization.{what}", f"{listed}, None or a function", given, suggest(given, options).strip()
                )
        if ngrams is not None and not _is_ngrams(ngrams):
            raise invalid("TextVectorization.ngrams", "a positive integer, a tuple of them, or None", ngrams)
        if output_mode != "int" and output_sequence_length is not None:
            raise ValueError(
                f"`TextVectorization.output_sequence_length` goes with output_mode='int' only; it is {output_mode!r}."
            )
        if ragged:
            raise ValueError("`TextVectorization` gives dense results only; leave `ragged` at False.")
        self.max_tokens, self.standardize, self.split = max_tokens, standardize, split
        self.ngrams = tuple(ngrams) if isinstance(ngrams, Sequence) else ngrams
        self.output_mode, self.output_sequence_length = output_mode, output_sequence_length
        self.pad_to_max_tokens, self.sparse, self.ragged, self.encoding = pad_to_max_tokens, sparse, ragged, encoding
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens, vocabulary=vocabulary, idf_weights=idf_weights, mask_token="", sparse=sparse,
            output_mode=output_mode, pad_to_max_tokens=pad_to_max_tokens, encoding=encoding,
            vocabulary_size=vocabulary_size, has_input_vocabulary=has_input_vocabulary,
        )  # fmt: skip
        # A vocabulary that a graph was made with keeps its size: the lookup asks for the nodes of the whole.
        self._lookup_layer._inbound_nodes = self._inbound_nodes

    # ------------------------------------------------------------------ the vocabulary

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Make a vocabulary of the tokens in texts: frequent ones first, of equally frequent ones the greater first.

        What was found before is forgotten. With `max_tokens`, rare tokens are left out. In mode `tf_idf` the weight of
        a token is log(1 + texts / (1 + texts with the token)).

        Args:
            data: texts, or an iterable of batches of texts.
            batch_size: not needed.
            steps: how many batches to take at most.
        """
        self.reset_state()
        stream = batches(data, steps)
        for batch in [data] if stream is None else stream:
            texts = as_text(batch, self.encoding, self.path)
            self.update_state(texts[:, None] if stream is None and texts.ndim == 1 else texts)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the tokens of a batch of texts."""
        tokens = self._tokenized(as_text(data, self.encoding, self.path))
        self._lookup_layer._count_rows(tokens.rows() if self.output_mode == "tf_idf" else [tokens.flat])

    def finalize_state(self) -> None:
        """Let the vocabulary be that of the texts seen."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forget the texts seen."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The tokens in order: that of index i is at place i, if special tokens are included."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """The number of tokens, special ones included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary: tokens, or the path of a file; see `StringLookup.set_vocabulary`."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    # ------------------------------------------------------------------ texts to numbers

    def call(self, inputs: Any) -> Any:
        tokens = self._tokenized(inputs)
        lookup = self._lookup_layer
        lookup._probing = self._probing
        places = lookup._settled(tokens.flat, lookup._places(tokens.flat))
        if tokens.even:
            places = places.reshape(inputs.shape if self.ngrams is None else (*tokens.lead, -1))
            if self.output_mode == "int" and self.output_sequence_length is not None:
                width = self.output_sequence_length
                places = places[..., :width]
                missing = width - places.shape[-1]
                places = np.pad(places, [(0, 0)] * (places.ndim - 1) + [(0, missing)])
            return lookup._encoded(places)
        if self.output_mode == "int":
            return engine.asarray(self._padded(places, tokens))
        return lookup._weighted(self._counted(places, tokens))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        result = super().compute_output_spec(*args, **kwargs)
        exact = self.output_mode != "int" or self.output_sequence_length is not None
        if exact or (self.split is None and self.ngrams is None):
            return result
        return KerasTensor((*result.shape[:-1], None), result.dtype)  # texts may have any number of tokens

    def _tokenized(self, texts: np.ndarray) -> _Tokens:
        texts = self._standardized(texts)
        if self.split is None:
            lead, width = texts.shape[:-1], texts.shape[-1] if texts.ndim else 1
            tokens = _Tokens.of(texts.reshape(-1, width).tolist(), lead, even=True)
        else:
            if texts.ndim > 1:
                if texts.shape[-1] != 1:
                    raise ValueError(
                        f"`{self.path}` splits texts, so its input must have one axis, or a last axis of size 1; got "
                        f"shape {texts.shape}. For texts that are split already, pass split=None."
                    )
                texts = texts[..., 0]
            tokens = _Tokens.of(self._split_rows(texts), texts.shape)
        return tokens if self.ngrams is None else _joined(tokens, self.ngrams)

    def _standardized(self, texts: np.ndarray) -> np.ndarray:
        how = self.standardize
        if how is None:
            return texts
        if callable(how):
            return as_text(how(texts.astype(str)), self.encoding, f"{self.path}.standardize")
        # ASCII's letters and punctuation only, which bytes have methods for.
        dropped = _PUNCTUATION if "strip_punctuation" in how else b""
        table = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
        mapping = table if "lower" in how else None
        flat = [_decoded(_encoded(text).translate(mapping, dropped)) for text in texts.ravel().tolist()]
        return as_objects(flat, texts.shape)

    def _split_rows(self, texts: np.ndarray) -> list[list[str]]:
        if callable(self.split):
            rows = self.split(texts.astype(str))
            return [as_text(list(row), self.encoding, f"{self.path}.split").tolist() for row in rows]
        flat = texts.ravel().tolist()
        if self.split == "character":
            return list(map(list, flat))
        # Bytes split at ASCII's whitespace, strings at that of all scripts.
        return [list(map(_decoded, _encoded(text).split())) for text in flat]

    def _padded(self, places: np.ndarray, tokens: _Tokens) -> np.ndarray:
        """Rows of places, cut off or filled with 0 to one length."""
        lengths = tokens.lengths
        width = self.output_sequence_length or int(lengths.max(initial=0))
        row = np.repeat(np.arange(len(lengths)), lengths)
        column = np.arange(len(places)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        kept = column < width
        result = np.zeros((len(lengths), width), places.dtype)
        result[row[kept], column[kept]] = places[kept]
        return result.reshape(*tokens.lead, width)

    def _counted(self, places: np.ndarray, tokens: _Tokens) -> np.ndarray:
        """How often each token of the vocabulary is in each row, or whether it is."""
        if self.output_mode == "one_hot":
            raise ValueError(
                f"`{self.path}` cannot give one_hot vectors of texts with different numbers of tokens; use "
                "output_mode='multi_hot', or split=None."
            )
        depth, count = self._lookup_layer._depth(), len(tokens.lengths)
        first = np.repeat(np.arange(count) * depth, tokens.lengths)
        known = places >= 0
        counts = np.bincount((places + first)[known], minlength=count * depth).reshape(*tokens.lead, depth)
        return (counts > 0 if self.output_mode == "multi_hot" else counts).astype(floatx())

    # ------------------------------------------------------------------ files

    def get_config(self) -> dict[str, Any]:
        config, inner = super().get_config(), self._lookup_layer.get_config()
        config.pop("has_input_vocabulary")
        return config | {name: inner[name] for name in ("vocabulary", "idf_weights", "vocabulary_size")}

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Put the weights of tokens into a mapping."""
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Take the weights of tokens from a mapping."""
        self._lookup_layer.load_own_variables(store)

    def save_assets(self, dir_path: str | Path) -> None:
        """Write the vocabulary into the folder as `vocabulary.txt`, unless it is part of the configuration."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str | Path) -> None:
        """Read what `save_assets` wrote."""
        self._lookup_layer.load_assets(dir_path)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _joined(tokens: _Tokens, ngrams: int | tuple[int, ...]) -> _Tokens:
    """Runs of neighbouring tokens, joined by spaces: first all of the first number, then those of the next."""
    numbers = range(1, ngrams + 1) if isinstance(ngrams, int) else ngrams

    def runs(row: list[str]) -> Iterable[str]:
        for number in numbers:
            yield from row if number == 1 else map(" ".join, zip(*(row[i:] for i in range(number)), strict=False))

    return _Tokens.of([list(runs(row)) for row in tokens.rows()], tokens.lead, tokens.even)


def _is_ngrams(ngrams: Any) -> bool:
    numbers = ngrams if isinstance(ngrams, (list, tuple)) else [ngrams]
    return bool(numbers) and all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in numbers)
