"""Nested structures: lists, tuples and dicts with leaves at their ends."""

from tsuno.core.tree import MAP_TO_NONE as MAP_TO_NONE
from tsuno.core.tree import assert_same_paths as assert_same_paths
from tsuno.core.tree import assert_same_structure as assert_same_structure
from tsuno.core.tree import flatten as flatten
from tsuno.core.tree import flatten_with_path as flatten_with_path
from tsuno.core.tree import is_nested as is_nested
from tsuno.core.tree import lists_to_tuples as lists_to_tuples
from tsuno.core.tree import map_shape_structure as map_shape_structure
from tsuno.core.tree import map_structure as map_structure
from tsuno.core.tree import map_structure_up_to as map_structure_up_to
from tsuno.core.tree import pack_sequence_as as pack_sequence_as
from tsuno.core.tree import traverse as traverse
