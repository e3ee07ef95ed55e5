"""Vocabularies: tokens in order, found in data, kept in files; tokens become their places in one, or places tokens.

A vocabulary begins with the places of special tokens: one for the mask token, if there is one and the output is of
places; then those of tokens that are out of the vocabulary (OOV). `Lookup` knows all but how a token is found, which is
different for strings and integers: see `lookup_layers`.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Unpack

import numpy as np

from tsuno import engine
from tsuno.core.context import constants
from tsuno.core.errors import invalid
from tsuno.core.op import as_numpy
from tsuno.core.settings import floatx
from tsuno.core.validate import NonNegativeInt, PositiveInt
from tsuno.engine import xp
from tsuno.layers.features import TokenMode, encode
from tsuno.layers.hashing import two_keys
from tsuno.layers.parts import LayerOptions
from tsuno.layers.strings import TextLayer, batches

MISSING = -2
"""The place of a token that is not in the vocabulary, before it is given one."""
_DROPPED = -1


class Vocabulary:
    """Tokens in order, and where each is found; no list or dict, so that weights are not looked for in it."""

    def __init__(self, tokens: list[Any], places: dict[Any, int]) -> None:
        self.tokens, self.places = tokens, places
        self._sorted: tuple[np.ndarray, np.ndarray] | None = None

    def sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """The tokens in order of their values, and their places; for tokens that are integers."""
        if self._sorted is None:
            keys = np.array(list(self.places), "int64")
            order = np.argsort(keys)
            self._sorted = keys[order], np.array(list(self.places.values()), "int64")[order]
        return self._sorted


class Lookup(TextLayer):
    """Base of layers with a vocabulary."""

    _untracked = TextLayer._untracked | {"input_vocabulary", "input_idf_weights", "token_counts"}
    _untracked |= {"token_document_counts"}
    _token_dtype: ClassVar[str]

    def __init__(
        self,
        *,
        max_tokens: PositiveInt | None = None,
        num_oov_indices: NonNegativeInt = 1,
        mask_token: Any = None,
        oov_token: Any = None,
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: TokenMode = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: Literal["floormod", "farmhash"] = "floormod",
        salt: Any = None,
        vocabulary_size: NonNegativeInt | None = None,
        has_input_vocabulary: bool | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        name = type(self).__name__
        if max_tokens is not None and max_tokens <= 1:
            raise invalid(f"{name}.max_tokens", "an integer greater than 1, or None", max_tokens)
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"`{name}.pad_to_max_tokens` needs `max_tokens`, which is None.")
        if output_mode != "int" and invert:
            raise ValueError(f"`{name}` with invert=True gives tokens; output_mode must be 'int', not {output_mode!r}.")
        if output_mode == "int" and sparse:
            raise ValueError(f"`{name}.sparse` is for encoded results; set `output_mode` to 'multi_hot', for one.")
        if output_mode != "tf_idf" and idf_weights is not None:
            raise ValueError(f"`{name}.idf_weights` goes with output_mode='tf_idf' only; it is {output_mode!r}.")
        if output_mode == "tf_idf" and vocabulary is not None and idf_weights is None:
            raise ValueError(f"`{name}` with output_mode='tf_idf' needs `idf_weights` together with `vocabulary`.")
        if salt is not None and self._token_dtype != "string" and oov_method != "farmhash":
            raise ValueError(f"`{name}.salt` goes with oov_method='farmhash' only; it is {oov_method!r}.")
        self.max_tokens, self.num_oov_indices = max_tokens, num_oov_indices
        self.mask_token, self.oov_token = mask_token, oov_token
        self.invert, self.output_mode, self.sparse = invert, output_mode, sparse
        self.pad_to_max_tokens, self.oov_method = pad_to_max_tokens, oov_method
        self.salt = two_keys(salt, f"{name}.salt")
        # A file's words go with the layer as an asset; its path does not.
        self.input_vocabulary = None if isinstance(vocabulary, (str, Path)) else vocabulary
        self.input_idf_weights = idf_weights
        self._has_input_vocabulary = vocabulary is not None if has_input_vocabulary is None else has_input_vocabulary
        self.idf_weights: np.ndarray | None = None
        self._known_size = vocabulary_size
        self._vocabulary = Vocabulary([], {})
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # ------------------------------------------------------------------ the vocabulary

    @property
    def _specials(self) -> list[Any]:
        """What stands before the tokens."""
        masks = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return masks + [self.oov_token] * self.num_oov_indices

    @property
    def _first_oov(self) -> int:
        return len(self._specials) - self.num_oov_indices

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in order: that of index i is at place i, if special tokens are included."""
        return [*(self._specials if include_special_tokens else []), *self._vocabulary.tokens]

    def vocabulary_size(self) -> int:
        """The number of tokens, special ones included."""
        return len(self._specials) + len(self._vocabulary.tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary.

        Args:
            vocabulary: tokens without repetition, the special ones at the front or left out; or the path of a text file
                with one token a line, special ones left out.
            idf_weights: a weight for each token, in mode `tf_idf` only; that of special tokens is the mean by default.
        """
        if (idf_weights is None) == (self.output_mode == "tf_idf"):
            raise ValueError(
                f"`{self.path}.set_vocabulary` takes `idf_weights` with output_mode='tf_idf', and only then; the layer "
                f"has output_mode={self.output_mode!r}."
            )
        specials = self._specials
        if isinstance(vocabulary, (str, Path)):
            tokens = self._parse(_lines(Path(vocabulary), self.encoding, self.path))
            found = False
        else:
            tokens = self._parse(vocabulary)
            found = bool(specials) and tokens[: len(specials)] == specials
        if not tokens:
            raise invalid(f"{self.path}.vocabulary", "a list of tokens, at least one", vocabulary)
        weights = None if idf_weights is None else np.asarray(as_numpy(idf_weights), floatx())
        if weights is not None and weights.shape != (len(tokens),):
            raise invalid(f"{self.path}.idf_weights", f"{len(tokens)} numbers, one for each token", idf_weights)
        self._set_tokens(tokens[len(specials) :] if found else tokens)
        if weights is not None:
            self._set_idf(weights, 0 if found else len(specials))

    def _set_tokens(self, tokens: list[Any]) -> None:
        constants.changed()
        specials = self._specials
        size = len(tokens) + len(specials)
        if len(set(tokens)) < len(tokens):
            twice = [token for token, count in collections.Counter(tokens).items() if count > 1]
            raise ValueError(f"The vocabulary of `{self.path}` has tokens more than once: {twice[:5]}.")
        reserved = {self.mask_token} | ({self.oov_token} if self.invert else set())
        misplaced = (reserved - {None}) & set(tokens)
        if misplaced:
            raise ValueError(
                f"The special token {misplaced.pop()!r} stands within the vocabulary of `{self.path}`. Leave special "
                f"tokens out, or put them first in this order: {specials}."
            )
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                f"The vocabulary of `{self.path}` would have {size} tokens, the {len(specials)} special ones "
                f"included; max_tokens is {self.max_tokens}."
            )
        fixed = self.output_mode == "int" or self.pad_to_max_tokens
        if self._inbound_nodes and not fixed and self._known_size not in (None, size):
            raise RuntimeError(
                f"`{self.path}` is part of a graph with a vocabulary of {self._known_size} tokens; it cannot change to "
                f"{size}. Adapt it first, or make it with `max_tokens` and `pad_to_max_tokens=True`."
            )
        places = dict(zip(tokens, itertools.count(len(specials))))
        if self.mask_token is not None:
            places[self.mask_token] = 0 if self.output_mode == "int" else _DROPPED
        self._vocabulary = Vocabulary(tokens, places)
        self._known_size = size

    def _set_idf(self, weights: np.ndarray, specials: int) -> None:
        """Keep weights of tokens: the mean for special ones, zero for places that are not taken."""
        front = np.full(specials, weights.mean() if weights.size else 0)
        unused = self.max_tokens - specials - len(weights) if self.pad_to_max_tokens and self.max_tokens else 0
        self.idf_weights = np.concatenate([front, weights, np.zeros(unused)]).astype(floatx())

    def _parse(self, tokens: Any) -> list[Any]:
        """A list of tokens of the right type."""
        raise NotImplementedError

    # ------------------------------------------------------------------ finding it in data

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Make a vocabulary of the tokens in data: the frequent ones first, of equally frequent ones the greater first.

        What was found before is forgotten. With `max_tokens`, rare tokens are left out. In mode `tf_idf`, each row is a
        document, and the weight of a token is log(1 + documents / (1 + documents with the token)).

        Args:
            data: an array or list, or an iterable of batches.
            steps: how many batches to take at most.
        """
        self.reset_state()
        stream = batches(data, steps)
        if stream is None:
            tokens = self._tokens(data)
            stream = iter([tokens[:, None] if tokens.ndim == 1 else tokens])
        for batch in stream:
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget the data seen."""
        self.token_counts: collections.Counter[Any] = collections.Counter()
        self.token_document_counts: collections.Counter[Any] = collections.Counter()
        self.num_documents = 0

    def update_state(self, data: Any) -> None:
        """Count the tokens of a batch; an array with one axis is one document."""
        tokens = self._tokens(data)
        size = tokens.shape[-1] if tokens.ndim and self.output_mode == "tf_idf" else tokens.size
        self._count_rows(tokens.reshape(-1, size).tolist() if size else [])

    def _count_rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Count the tokens of documents; where only tokens matter, all may come as one."""
        if self._has_input_vocabulary:
            raise ValueError(f"`{self.path}` was given its vocabulary when it was made, so it cannot be adapted.")
        rows = list(rows)
        self.token_counts.update(itertools.chain.from_iterable(rows))
        if self.output_mode == "tf_idf":
            self.token_document_counts.update(itertools.chain.from_iterable(map(set, rows)))
            self.num_documents += len(rows)

    def finalize_state(self) -> None:
        """Let the vocabulary be that of the data seen."""
        for special in (self.mask_token, self.oov_token):
            self.token_counts.pop(special, None)
        if not self.token_counts:
            return
        ranked = sorted(self.token_counts.items(), key=lambda item: (item[1], item[0]), reverse=True)
        room = None if self.max_tokens is None else max(self.max_tokens - len(self._specials), 0)
        tokens = [token for token, _ in ranked[:room]]
        self._set_tokens(tokens)
        if self.output_mode == "tf_idf":
            holding = np.array([self.token_document_counts[token] for token in tokens], "float64")
            self._set_idf(np.log(1 + self.num_documents / (1 + holding)), len(self._specials))
        self.reset_state()

    def _tokens(self, data: Any) -> np.ndarray:
        """Data as a NumPy array of tokens of the right type."""
        raise NotImplementedError

    # ------------------------------------------------------------------ looking up

    def call(self, inputs: Any) -> Any:
        if self.invert:
            return self._tokens_at(inputs)
        return self._encoded(self._indices(inputs))

    def _indices(self, tokens: Any) -> Any:
        """The place of each token; -1 for masked ones where places are encoded."""
        return self._settled(tokens, self._find(tokens))

    def _settled(self, tokens: Any, places: Any) -> Any:
        """Places, with one for each missing token too."""
        missing = places == MISSING
        lib: Any = np if isinstance(places, (np.ndarray, np.generic)) else xp
        if self.num_oov_indices == 0:
            if lib is np and missing.any() and not self._probing:
                strange = np.unique(np.asarray(tokens, object)[missing].astype(str))[:5].tolist()
                raise ValueError(
                    f"`{self.path}` was given tokens that are not in its vocabulary: {strange}. Make it with "
                    "num_oov_indices=1 to allow for them."
                )
            return lib.where(missing, _DROPPED, places)
        if self.num_oov_indices == 1:
            return lib.where(missing, self._first_oov, places)
        return lib.where(missing, self._first_oov + self._buckets(tokens, missing), places)

    def _encoded(self, indices: Any) -> Any:
        """Indices in the form that `output_mode` asks for, as an engine array."""
        if self.output_mode == "int":
            return engine.asarray(indices)
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        return self._weighted(encode(indices, mode, self._depth(), floatx()))

    def _weighted(self, counts: Any) -> Any:
        """Encoded indices, times the weights of tokens in mode `tf_idf`, as an engine array."""
        if self.output_mode != "tf_idf":
            return engine.asarray(counts)
        if self.idf_weights is None and not self._probing:
            raise RuntimeError(f"`{self.path}` has no weights yet: call `adapt` or `set_vocabulary` first.")
        return engine.asarray(counts * (1 if self.idf_weights is None else self.idf_weights))

    def _depth(self) -> int:
        """The size of an encoded result."""
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        if self._known_size is None:
            raise RuntimeError(
                f"`{self.path}` has no vocabulary yet, so the size of its result is unknown: call `adapt` or "
                "`set_vocabulary` first."
            )
        return self._known_size

    def _find(self, tokens: Any) -> Any:
        """The place of each token, -2 for those that are missing."""
        raise NotImplementedError

    def _buckets(self, tokens: Any, missing: Any) -> Any:
        """Which of the places for missing tokens each token would take."""
        raise NotImplementedError

    def _tokens_at(self, indices: Any) -> Any:
        """The tokens at places."""
        raise NotImplementedError

    # ------------------------------------------------------------------ files

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        vocabulary = None if self.input_vocabulary is None else self._parse(self.input_vocabulary)
        weights = None if self.input_idf_weights is None else np.asarray(self.input_idf_weights).tolist()
        config.pop("has_input_vocabulary")
        return config | {"vocabulary": vocabulary, "idf_weights": weights, "vocabulary_size": self._known_size}

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Put the weights of tokens into a mapping."""
        if self.idf_weights is not None:
            store["idf_weights"] = self.idf_weights

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Take the weights of tokens from a mapping."""
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self.idf_weights = np.asarray(store["idf_weights"])

    def save_assets(self, dir_path: str | Path) -> None:
        """Write the vocabulary into the folder as `vocabulary.txt`, unless it is part of the configuration."""
        if self.input_vocabulary is None:
            lines = "\n".join(map(str, self.get_vocabulary()))
            Path(dir_path, "vocabulary.txt").write_text(lines, "utf-8", newline="\n")

    def load_assets(self, dir_path: str | Path) -> None:
        """Read what `save_assets` wrote."""
        if self.input_vocabulary is None:
            specials = len(self._specials)
            tokens = self._parse(_lines(Path(dir_path, "vocabulary.txt"), "utf-8", self.path)[specials:])
            if tokens:
                self._set_tokens(tokens)


def _lines(path: Path, encoding: str, where: str) -> list[str]:
    """The lines of a text file; empty ones at its end are none."""
    if not path.is_file():
        raise ValueError(f"`{where}` is to read its vocabulary from the file {str(path)!r}, which does not exist.")
    lines = path.read_text(encoding).split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return lines
