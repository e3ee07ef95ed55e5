"""Nested structures: lists, tuples and dicts with leaves at their ends."""

from tsuno.core.tree import flatten as flatten
from tsuno.core.tree import map_structure as map_structure
from tsuno.core.tree import pack_sequence_as as pack_sequence_as
