"""Sequences of different lengths as one array."""

from tsuno.utils.sequences import pad_sequences as pad_sequences
