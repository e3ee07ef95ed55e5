"""Nested structures: containers with leaves at their ends, taken apart and put together in one order everywhere.

Containers are lists, tuples, named tuples, deques and dicts; everything else is a leaf, None too. Dicts give their
values by sorted key, ordered dicts in their own order; a rebuilt dict keeps the order of its keys. One function,
`_open`, knows the containers: the rest is recursion over it.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tsuno.core.errors import describe

Entry = Any
"""A place in a container: an index, or a key of a dict."""
Opened = tuple[list[Any], Sequence[Entry], Callable[[list[Any]], Any]]
"""The items of a container, their places, and what makes a container of the same kind from other items."""


class MAP_TO_NONE:
    """What a function given to `traverse` returns to put None in a place, for None itself means "go on inside"."""


def flatten(structure: Any) -> list[Any]:
    """The leaves in order; dicts by sorted key.

    Example:
        >>> tsuno.tree.flatten({"b": [1, (2, None)], "a": 0})
        [0, 1, 2, None]
    """
    leaves: list[Any] = []
    _collect(structure, leaves)
    return leaves


def flatten_with_path(structure: Any) -> list[tuple[tuple[Entry, ...], Any]]:
    """The leaves in order, each with the keys and indices that lead to it.

    Example:
        >>> tsuno.tree.flatten_with_path({"b": [1, 2], "a": 0})
        [(('a',), 0), (('b', 0), 1), (('b', 1), 2)]
    """
    opened = _open(structure)
    if opened is None:
        return [((), structure)]
    items, places, _ = opened
    return [
        ((place, *path), leaf)
        for place, item in zip(places, items, strict=True)
        for path, leaf in flatten_with_path(item)
    ]


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """`func` applied to the corresponding leaves of structures of one shape.

    Args:
        func: a function of as many leaves as there are structures.
        *structures: structures with the same containers.
        none_is_leaf: whether `func` gets None too; if not, None stays.

    Example:
        >>> tsuno.tree.map_structure(lambda a, b: a + b, {"x": 1, "y": (2, 3)}, {"x": 10, "y": (20, 30)})
        {'x': 11, 'y': (22, 33)}
    """
    if not structures:
        raise ValueError("`tree.map_structure` needs at least one structure; got none.")
    if len(structures) == 1:
        return _map_one(func, structures[0], none_is_leaf)

    def at(*leaves: Any) -> Any:
        for leaf in leaves[1:]:
            if is_nested(leaf) or (leaf is None and not none_is_leaf):
                raise _different(leaves[0], leaf)
        return func(*leaves)

    return _map_up_to(at, structures, none_is_leaf)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """`func` applied to the parts of structures that stand where another structure has its leaves.

    Args:
        shallow_structure: gives the containers of the result; its leaves are not looked at.
        func: a function of as many parts as there are structures.
        *structures: structures that begin like the shallow one and may go deeper.

    Example:
        >>> tsuno.tree.map_structure_up_to({"x": None, "y": None}, len, {"x": [1, 2], "y": (3,)})
        {'x': 2, 'y': 1}
    """
    if not structures:
        raise ValueError("`tree.map_structure_up_to` needs at least one structure; got none.")
    return _map_up_to(lambda _, *parts: func(*parts), (shallow_structure, *structures))


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """`func` applied to each shape (a tuple or list of integers and None) in a structure.

    Example:
        >>> tsuno.tree.map_shape_structure(len, {"x": (None, 3), "y": [(2, 2, 2)]})
        {'x': 2, 'y': [3]}
    """
    opened = None if _is_shape(structure) else _open(structure)
    if opened is None:
        return func(structure)
    return opened[2]([map_shape_structure(func, item) for item in opened[0]])


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """A structure of the same shape with other leaves, taken in order.

    Args:
        structure: gives the containers.
        flat_sequence: the new leaves, as many as the structure has.

    Example:
        >>> tsuno.tree.pack_sequence_as({"b": [0, 0], "a": 0}, [1, 2, 3])
        {'b': [2, 3], 'a': 1}
    """
    given = list(flat_sequence)
    leaves = iter(given)
    missing = object()
    packed = _map_one(lambda _: next(leaves, missing), structure)
    if next(leaves, missing) is not missing or (len(given) < len(flatten(structure))):
        raise ValueError(
            f"`tree.pack_sequence_as` needs as many leaves as the structure has, {len(flatten(structure))}; "
            f"got {len(given)}."
        )
    return packed


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """A structure rebuilt by a function that may replace any part of it, containers too.

    Args:
        func: given a part, what to put in its place; None keeps the part (and goes on inside it), `MAP_TO_NONE` puts
            None there.
        structure: the structure.
        top_down: whether a container comes before its items, which are then only seen if it stays; if not, after.

    Example:
        >>> tsuno.tree.traverse(lambda part: tuple(part) if isinstance(part, list) else None, [[1], {"a": [2]}], False)
        ((1,), {'a': (2,)})
    """

    def inside() -> Any:
        opened = _open(structure)
        return structure if opened is None else opened[2]([traverse(func, item, top_down) for item in opened[0]])

    part = structure if top_down else inside()
    result = func(part)
    if result is None:
        return inside() if top_down else part
    return None if result is MAP_TO_NONE else result


def lists_to_tuples(structure: Any) -> Any:
    """The structure with tuples where it has lists.

    Example:
        >>> tsuno.tree.lists_to_tuples([1, {"a": [2, 3]}])
        (1, {'a': (2, 3)})
    """
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def is_nested(structure: Any) -> bool:
    """Whether something is a container, even an empty one, rather than a leaf.

    Example:
        >>> tsuno.tree.is_nested([]), tsuno.tree.is_nested("text"), tsuno.tree.is_nested(None)
        (True, False, False)
    """
    return _open(structure) is not None


def assert_same_structure(a: Any, b: Any, check_types: bool | None = None) -> None:
    """Raise ValueError unless two structures have the same containers.

    Args:
        a: a structure.
        b: another; leaves may differ.
        check_types: has no effect; for old programs.

    Example:
        >>> tsuno.tree.assert_same_structure([1, (2, 3)], ["x", (None, "y")])
    """
    map_structure(lambda *_: None, a, b)


def assert_same_paths(a: Any, b: Any) -> None:
    """Raise ValueError unless the leaves of two structures have the same paths; the kinds of containers may differ.

    Example:
        >>> tsuno.tree.assert_same_paths([1, (2, 3)], (1, [2, 3]))
    """
    paths = [{path for path, _ in flatten_with_path(structure)} for structure in (a, b)]
    for one, other, name in ((paths[0], paths[1], "b"), (paths[1], paths[0], "a")):
        if one - other:
            listed = ", ".join(sorted(map(str, one - other))[:5])
            raise ValueError(f"`a` and `b` must have the same paths; `{name}` lacks {listed}.")


def _open(structure: Any) -> Opened | None:
    """A container's items, places and maker; None for a leaf."""
    kind: Any = type(structure)
    if kind is tuple or kind is list:
        return list(structure), range(len(structure)), kind
    if kind is dict or kind is defaultdict or kind is OrderedDict:
        keys = list(structure) if kind is OrderedDict or len(structure) < 2 else _sorted_keys(structure)
        return [structure[key] for key in keys], keys, lambda items: _refill(structure, keys, items)
    if kind is deque:
        return list(structure), range(len(structure)), lambda items: deque(items, structure.maxlen)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return list(structure), range(len(structure)), lambda items: kind(*items)
    return None


def _sorted_keys(mapping: dict[Any, Any]) -> list[Any]:
    """The keys in order; where they cannot be compared, by the names of their types first."""
    try:
        return sorted(mapping)
    except TypeError:
        try:
            return sorted(mapping, key=lambda key: (f"{type(key).__module__}.{type(key).__qualname__}", key))
        except TypeError:
            return list(mapping)


def _refill(like: dict[Any, Any], keys: list[Any], items: list[Any]) -> dict[Any, Any]:
    filled = dict(zip(keys, items, strict=True))
    ordered = {key: filled[key] for key in like}
    if isinstance(like, defaultdict):
        return defaultdict(like.default_factory, ordered)
    return type(like)(ordered)


# The two functions below run several times in every call of a layer: they know the plain containers themselves, and
# what is no container before they go into it.

_CONTAINERS = (list, tuple, dict, deque)


def _collect(structure: Any, leaves: list[Any]) -> None:
    kind = type(structure)
    items: Iterable[Any]
    if kind is tuple or kind is list or (kind is dict and len(structure) < 2):
        items = structure.values() if kind is dict else structure
    else:
        opened = _open(structure)
        if opened is None:
            leaves.append(structure)
            return
        items = opened[0]
    for item in items:
        if isinstance(item, _CONTAINERS):
            _collect(item, leaves)
        else:
            leaves.append(item)


def _map_one(func: Callable[[Any], Any], structure: Any, none_is_leaf: bool = True) -> Any:
    kind = type(structure)
    make: Callable[[list[Any]], Any]
    if kind is tuple or kind is list:
        items, make = structure, kind
    else:
        opened = _open(structure)
        if opened is None:
            return structure if structure is None and not none_is_leaf else func(structure)
        items, make = opened[0], opened[2]
    mapped = [
        _map_one(func, item, none_is_leaf) if item is None or isinstance(item, _CONTAINERS) else func(item)
        for item in items
    ]
    return mapped if make is list else make(mapped)


def _map_up_to(func: Callable[..., Any], structures: tuple[Any, ...], none_is_leaf: bool = True) -> Any:
    """`func` at the leaves of the first structure, with what the others have there."""
    opened = _open(structures[0])
    if opened is None:
        if structures[0] is None and not none_is_leaf:
            for other in structures[1:]:
                if other is not None:
                    raise _different(None, other)
            return None
        return func(*structures)
    items, places, make = opened
    columns = [items]
    for other in structures[1:]:
        theirs = _open(other)
        if theirs is None or not _alike(structures[0], other) or set(theirs[1]) != set(places):
            raise _different(structures[0], other)
        by_place = dict(zip(theirs[1], theirs[0], strict=True))
        columns.append([by_place[place] for place in places])
    return make([_map_up_to(func, parts, none_is_leaf) for parts in zip(*columns, strict=True)])


def _alike(a: Any, b: Any) -> bool:
    """Whether two containers are of one kind; all dicts are."""
    return type(a) is type(b) or (isinstance(a, dict) and isinstance(b, dict))


def _different(a: Any, b: Any) -> ValueError:
    return ValueError(f"The structures must be nested alike; where one has {describe(a)}, another has {describe(b)}.")


def _is_shape(structure: Any) -> bool:
    return isinstance(structure, (list, tuple)) and all(item is None or isinstance(item, int) for item in structure)
