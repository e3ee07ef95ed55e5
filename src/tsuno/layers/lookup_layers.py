"""Layers that look up strings (in a dict, on the host) or integers (by binary search) in a vocabulary."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import numpy as np

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.op import as_numpy
from tsuno.core.validate import NonNegativeInt, PositiveInt
from tsuno.engine import xp
from tsuno.layers import fingerprints_device
from tsuno.layers.features import TokenMode
from tsuno.layers.fingerprints import buckets
from tsuno.layers.lookup import MISSING, Lookup
from tsuno.layers.strings import as_text

__all__ = ["IntegerLookup", "StringLookup"]


class StringLookup(Lookup):
    """Strings as their places in a vocabulary.

    Args:
        max_tokens: the size of the vocabulary at most, special tokens included; None for no limit.
        num_oov_indices: how many places there are for strings that are not in the vocabulary; they are spread over
            several by hashing, and with 0 they are an error.
        mask_token: a string that stands for "nothing"; its place is 0, and encoded results leave it out.
        oov_token: what `invert` gives for the places of missing strings.
        vocabulary: the tokens, or the path of a file with one a line; `adapt` finds them by default.
        idf_weights: a weight for each token of `vocabulary`, in mode `tf_idf`.
        invert: whether to do the reverse: strings at places.
        output_mode: `"int"`, or how to encode the places: `"one_hot"`, `"multi_hot"`, `"count"`, or `"tf_idf"`, the
            counts times weights.
        pad_to_max_tokens: whether encoded results have size `max_tokens` although the vocabulary is smaller.
        sparse: whether results may be stored as sparse; they are dense in any case.
        encoding: how bytes and the vocabulary's file are read.
        name: a name.
        salt: one or two numbers that key the hash function for missing strings.

    Example:
        >>> layer = tsuno.layers.StringLookup()
        >>> layer.adapt(["b", "c", "b", "a"])
        >>> layer.get_vocabulary()
        ['[UNK]', 'b', 'c', 'a']
        >>> layer(["a", "z"]).tolist()
        [3, 0]
        >>> tsuno.layers.StringLookup(vocabulary=["a", "b"], invert=True)([[1, 2, 0]]).tolist()
        [['a', 'b', '[UNK]']]
    """

    _token_dtype = "string"

    def __init__(
        self,
        max_tokens: PositiveInt | None = None,
        num_oov_indices: NonNegativeInt = 1,
        mask_token: str | None = None,
        oov_token: str | None = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: TokenMode = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        self.encoding = encoding
        kwargs.pop("vocabulary_dtype", None)
        super().__init__(
            max_tokens=max_tokens, num_oov_indices=num_oov_indices, mask_token=mask_token, oov_token=oov_token,
            vocabulary=vocabulary, idf_weights=idf_weights, invert=invert, output_mode=output_mode, sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens, salt=salt, name=name, **kwargs,
        )  # fmt: skip

    def _parse(self, tokens: Any) -> list[Any]:
        return list(as_text(tokens, self.encoding, f"{self.path}.vocabulary").ravel().tolist())

    def _tokens(self, data: Any) -> np.ndarray:
        return as_text(data, self.encoding, self.path)

    def _find(self, tokens: Any) -> Any:
        flat = as_text(tokens, self.encoding, self.path).ravel().tolist()
        places = self._places(flat)
        return places.reshape(np.shape(tokens))

    def _places(self, tokens: list[str]) -> np.ndarray:
        found = map(self._vocabulary.places.get, tokens, itertools.repeat(MISSING))
        return np.fromiter(found, "int64", len(tokens))

    def _buckets(self, tokens: Any, missing: Any) -> Any:
        result = np.zeros(missing.shape, "int64")
        texts = np.asarray(tokens, object)[missing]
        result[missing] = buckets(texts, self.num_oov_indices, self.salt, self.encoding)
        return result

    def _tokens_at(self, indices: Any) -> Any:
        places = np.asarray(self._host(indices))
        if places.dtype.kind not in "iu":
            raise invalid(f"{self.path}.inputs", "integers, the places of tokens", indices)
        vocabulary = np.array([*self.get_vocabulary(), self.oov_token], object)
        known = (places >= 0) & (places < len(vocabulary) - 1)
        return np.asarray(vocabulary[np.where(known, places, -1)]).astype(str)

    @property
    def _reads(self) -> str:  # type: ignore[override]
        return "int64" if self.invert else "string"


class IntegerLookup(Lookup):
    """Integers, such as identifiers, as their places in a vocabulary.

    Works on the device and in compiled programs; NumPy arrays are looked up on the host, where they keep 64 bits.

    Args:
        max_tokens: the size of the vocabulary at most, special tokens included; None for no limit.
        num_oov_indices: how many places there are for integers that are not in the vocabulary; with 0 they are an error
            (on the device: -1).
        mask_token: an integer that stands for "nothing"; its place is 0, and encoded results leave it out.
        oov_token: what `invert` gives for the places of missing integers.
        vocabulary: the tokens, or the path of a file with one a line; `adapt` finds them by default.
        vocabulary_dtype: `"int64"`.
        idf_weights: a weight for each token of `vocabulary`, in mode `tf_idf`.
        invert: whether to do the reverse: integers at places.
        output_mode: `"int"`, or how to encode the places: `"one_hot"`, `"multi_hot"`, `"count"`, or `"tf_idf"`, the
            counts times weights.
        sparse: whether results may be stored as sparse; they are dense in any case.
        pad_to_max_tokens: whether encoded results have size `max_tokens` although the vocabulary is smaller.
        oov_method: how missing integers are spread over several places: `"floormod"`, by the remainder of division, or
            `"farmhash"`, by a hash function, on the host.
        salt: one or two numbers that key the hash function.
        name: a name.

    Example:
        >>> layer = tsuno.layers.IntegerLookup(vocabulary=[12, 36, 1138, 42])
        >>> layer(np.array([[12, 1138, 42], [42, 1000, 36]])).tolist()
        [[1, 3, 4], [4, 0, 2]]
    """

    _token_dtype = _reads = "int64"

    def __init__(
        self,
        max_tokens: PositiveInt | None = None,
        num_oov_indices: NonNegativeInt = 1,
        mask_token: int | None = None,
        oov_token: int | None = -1,
        vocabulary: Any = None,
        vocabulary_dtype: Literal["int64"] = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: TokenMode = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: Literal["floormod", "farmhash"] = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.vocabulary_dtype = vocabulary_dtype
        super().__init__(
            max_tokens=max_tokens, num_oov_indices=num_oov_indices, mask_token=mask_token, oov_token=oov_token,
            vocabulary=vocabulary, idf_weights=idf_weights, invert=invert, output_mode=output_mode, sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens, oov_method=oov_method, salt=salt, name=name, **kwargs,
        )  # fmt: skip

    @property
    def runs_on_host(self) -> bool:
        return False

    def _convert(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)) or (hasattr(value, "__array__") and not engine.is_array(value)):
            return self._tokens(value)
        return super()._convert(value)

    def _parse(self, tokens: Any) -> list[Any]:
        tokens = np.asarray(tokens)
        try:
            return [int(token) for token in tokens.ravel().tolist()]
        except (TypeError, ValueError):
            raise invalid(f"{self.path}.vocabulary", "a list of integers", tokens) from None

    def _tokens(self, data: Any) -> np.ndarray:
        values = np.asarray(as_numpy(data) if engine.is_array(data) else data)
        if values.dtype.kind == "f" and (values == np.floor(values)).all():
            values = values.astype("int64")
        if values.dtype.kind not in "iu":
            raise invalid(f"{self.path}.inputs", "integers", values if values.size > 9 else values.tolist())
        return values

    def _find(self, tokens: Any) -> Any:
        lib: Any = np if isinstance(tokens, np.ndarray) else xp
        keys, places = self._vocabulary.sorted()
        if lib is xp:  # where integers may have fewer bits than those of the vocabulary
            limits = np.iinfo(xp.asarray(0).dtype)
            inside = (keys >= limits.min) & (keys <= limits.max)
            keys, places = keys[inside], places[inside].astype(limits.dtype)
        if not keys.size:
            return lib.full(tokens.shape, MISSING)
        slot = lib.minimum(lib.searchsorted(lib.asarray(keys), tokens), keys.size - 1)
        return lib.where(lib.asarray(keys)[slot] == tokens, lib.asarray(places)[slot], MISSING)

    def _buckets(self, tokens: Any, missing: Any) -> Any:
        if self.oov_method == "floormod":
            return tokens % self.num_oov_indices
        if engine.is_traced(tokens) and tokens.dtype.itemsize <= 4:
            return fingerprints_device.buckets(tokens.astype("int32"), self.num_oov_indices, self.salt)
        return buckets(self._host(tokens).astype(str).astype(object), self.num_oov_indices, self.salt)

    def _tokens_at(self, indices: Any) -> Any:
        tokens = engine.asarray(np.array([*self.get_vocabulary(), self.oov_token]))
        last = len(tokens) - 1
        known = (indices >= 0) & (indices < last)
        return tokens[xp.where(known, indices, last)]
