"""Sequences of different lengths as one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tsuno.core.errors import describe, invalid
from tsuno.core.validate import check


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: Literal["pre", "post"] = "pre",
    truncating: Literal["pre", "post"] = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Sequences cut or filled to one length, as an array.

    Args:
        sequences: sequences of numbers, or of rows of one shape.
        maxlen: the length; that of the longest sequence by default.
        dtype: the dtype of the array; `object` for text.
        padding: whether to fill before or after what is there.
        truncating: whether to cut the beginning (`"pre"`) or the end off what is too long.
        value: what to fill with.

    Returns:
        An array of shape (sequences, maxlen, *row).

    Example:
        >>> tsuno.utils.pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2, padding="post")
        array([[1, 0],
               [2, 3],
               [5, 6]], dtype=int32)
    """
    check(Literal["pre", "post"], padding, "pad_sequences.padding")
    check(Literal["pre", "post"], truncating, "pad_sequences.truncating")
    if not hasattr(sequences, "__len__"):
        raise invalid("pad_sequences.sequences", "a list of sequences", sequences)
    for sequence in sequences:
        if not hasattr(sequence, "__len__"):
            raise invalid("pad_sequences.sequences", "a list of sequences", sequence)
    text = dtype is object or np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and not text:
        raise invalid("pad_sequences.value", f"a number, as dtype is {dtype}", value, "For text pass dtype=object.")
    lengths = [len(sequence) for sequence in sequences]
    length = max(lengths, default=0) if maxlen is None else maxlen
    row = next((np.shape(np.asarray(sequence))[1:] for sequence in sequences if len(sequence)), ())
    padded = np.full((len(sequences), length, *row), value, dtype=dtype)
    for place, sequence in enumerate(sequences):
        if not len(sequence):
            continue
        first = max(len(sequence) - length, 0) if truncating == "pre" else 0
        kept = np.asarray(sequence[first : first + length], dtype=dtype)
        if kept.shape[1:] != row:
            raise ValueError(
                f"The rows of all sequences must have one shape, {row}; got {describe(kept)} at position {place}."
            )
        start = 0 if padding == "post" else length - len(kept)
        padded[place, start : start + len(kept)] = kept
    return padded
