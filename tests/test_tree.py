"""Nested structures: the laws of taking apart and putting together, and the same answers as Keras gives."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import tree as keras_tree

from tsuno import tree

Pair = namedtuple("Pair", "a b")
FAST = settings(max_examples=60, deadline=None)

leaves = st.integers(-9, 9) | st.none() | st.text("xyz", max_size=2)
keys = st.sampled_from("dbca")


def containers(inner):
    return st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.lists(inner, max_size=2).map(deque),
        st.dictionaries(keys, inner, max_size=3),
        st.dictionaries(keys, inner, max_size=3).map(OrderedDict),
        st.dictionaries(keys, inner, max_size=3).map(lambda d: defaultdict(int, d)),
        st.builds(Pair, inner, inner),
    )


structures = st.recursive(leaves, containers, max_leaves=12)


def outcome(function, *args, **kwargs):
    """What a function returns, or that it raises."""
    try:
        return function(*args, **kwargs)
    except (ValueError, TypeError) as problem:
        return type(problem)


def same(ours, theirs):
    """Equal, of the same types, and dicts in the same order."""
    assert type(ours) is type(theirs) and ours == theirs
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        ours, theirs = list(ours.values()), list(theirs.values())
    if isinstance(ours, (list, tuple, deque)):
        for mine, other in zip(ours, theirs, strict=True):
            same(mine, other)


@FAST
@given(structures)
def test_packing_undoes_flattening(structure):
    flat = tree.flatten(structure)
    same(tree.pack_sequence_as(structure, flat), structure)
    same(tree.map_structure(lambda leaf: leaf, structure), structure)
    assert tree.flatten(tree.pack_sequence_as(structure, range(len(flat)))) == list(range(len(flat)))
    assert [leaf for _, leaf in tree.flatten_with_path(structure)] == flat


@FAST
@given(structures)
def test_paths_lead_to_leaves(structure):
    for path, leaf in tree.flatten_with_path(structure):
        place = structure
        for entry in path:
            place = place[entry]
        assert place is leaf


@FAST
@given(structures)
def test_mapping_composes(structure):
    def twice(leaf):
        return (leaf, leaf) and str(leaf) * 2

    same(
        tree.map_structure(len, tree.map_structure(twice, structure)),
        tree.map_structure(lambda leaf: len(twice(leaf)), structure),
    )
    same(tree.map_structure(lambda a, b: a, structure, structure), structure)


@FAST
@given(structures)
def test_one_structure_as_keras(structure):
    assert tree.flatten(structure) == keras_tree.flatten(structure)
    assert tree.flatten_with_path(structure) == keras_tree.flatten_with_path(structure)
    assert tree.is_nested(structure) == keras_tree.is_nested(structure)
    for none_is_leaf in (True, False):
        same(
            tree.map_structure(str, structure, none_is_leaf=none_is_leaf),
            keras_tree.map_structure(str, structure, none_is_leaf=none_is_leaf),
        )
    same(tree.lists_to_tuples(structure), keras_tree.lists_to_tuples(structure))


@FAST
@given(structures, st.booleans())
def test_traverse_as_keras(structure, top_down):
    def change(library):
        def function(part):
            if part == 1:
                return library.MAP_TO_NONE
            return f"list of {len(part)}" if isinstance(part, list) else None

        return function

    same(
        tree.traverse(change(tree), structure, top_down),
        keras_tree.traverse(change(keras_tree), structure, top_down),
    )


@FAST
@given(structures, structures)
def test_two_structures_as_keras(a, b):
    for name in ("assert_same_structure", "assert_same_paths"):
        assert outcome(getattr(tree, name), a, b) == outcome(getattr(keras_tree, name), a, b)

    def pair(*found):
        return found

    for none_is_leaf in (True, False):
        ours = outcome(tree.map_structure, pair, a, b, none_is_leaf=none_is_leaf)
        assert ours == outcome(keras_tree.map_structure, pair, a, b, none_is_leaf=none_is_leaf)
    if None not in tree.flatten(a):  # Keras takes no None in the shallow structure
        assert outcome(tree.map_structure_up_to, a, pair, b) == outcome(keras_tree.map_structure_up_to, a, pair, b)


NEAR = [
    ({"b": 1, "a": 2}, OrderedDict(b=3, a=4)),
    (OrderedDict(b=1, a=2), OrderedDict(a=3, b=4)),
    (defaultdict(int, a=1), {"a": 2}),
    ({"a": 1}, {"b": 1}),
    ({"a": 1}, {"a": 1, "b": 2}),
    ([1], (1,)),
    (Pair(1, 2), (1, 2)),
    ((1, 2), Pair(1, 2)),
    ([], ()),
    ({}, OrderedDict()),
    ([1, [2]], [1, 2]),
    ([1, 2], [1, [2]]),
    ([None, 1], [None, 2]),
    ([None, 1], [3, 2]),
    ([1], [None]),
    (deque([1]), deque([1], maxlen=3)),
    ({"b": 1, 2: 3, "a": 0, 1: 5}, {"b": 1, 2: 3, "a": 0, 1: 5}),
]


@pytest.mark.parametrize("a, b", NEAR, ids=str)
def test_nearly_equal_structures_as_keras(a, b):
    test_two_structures_as_keras.hypothesis.inner_test(a, b)
    assert tree.flatten(a) == keras_tree.flatten(a)


@pytest.mark.parametrize(
    "structure", [[(1, 2), {"a": [None, 3], "b": ()}], (2, 3), [[1, None], "x"], {"s": (None, 4), "t": [5]}], ids=str
)
def test_shapes_as_keras(structure):
    same(tree.map_shape_structure(str, structure), keras_tree.map_shape_structure(str, structure))


def test_errors_say_what_differs():
    with pytest.raises(ValueError, match=r"at least one structure"):
        tree.map_structure(len)
    with pytest.raises(ValueError, match=r"one has \[2\] \(list\), another has 5 \(int\)"):
        tree.map_structure(max, [1, [2]], [1, 5])
    with pytest.raises(ValueError, match=r"as many leaves as the structure has, 2; got 3"):
        tree.pack_sequence_as([0, 0], [1, 2, 3])
    with pytest.raises(ValueError, match=r"as many leaves as the structure has, 2; got 1"):
        tree.pack_sequence_as([0, 0], [1])
    with pytest.raises(ValueError, match=r"`b` lacks \(1,\)"):
        tree.assert_same_paths([1, 2], [1])


def test_flattening_is_fast_enough_for_every_call():
    import timeit

    structure = ((1, 2), {"training": None, "mask": None})
    assert min(timeit.repeat(lambda: tree.flatten(structure), number=1000, repeat=5)) < 0.02  # 20 µs each
