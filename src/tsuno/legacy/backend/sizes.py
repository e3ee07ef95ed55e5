"""Sizes that come with the data: `K.zeros((K.shape(x)[0], 3))` where x is symbolic.

Arrays have shapes that are numbers, known while a program is made; `K.shape(x)[0]` of a symbolic tensor is a symbolic
number. A call that is given such numbers becomes a layer of the tensors whose shapes they come from, which computes
them again from the shapes of arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from tsuno import engine
from tsuno.core import tree
from tsuno.core.naming import auto_name
from tsuno.core.op import as_numpy, to_array
from tsuno.core.spec import KerasTensor, Node
from tsuno.layers import Lambda
from tsuno.legacy.symbolic import Operation, is_drawn

F = TypeVar("F", bound=Callable[..., Any])


def sized(function: F) -> F:
    """Let arguments be numbers that come from shapes of symbolic tensors."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return as_layer(function, args, kwargs) if is_drawn((args, kwargs)) else function(*args, **kwargs)

    return cast(F, call)


def as_layer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call on symbolic tensors, and numbers from their shapes, as a layer of these tensors."""
    leaves = tree.flatten((args, kwargs))
    drawn = [leaf for leaf in leaves if is_drawn(leaf)]
    sources = {id(x): x for leaf in drawn for x in (_measured(leaf) or [leaf])}

    def run(values: Any) -> Any:
        given = dict(zip(sources, values, strict=True))

        def filled(leaf: Any) -> Any:
            if not is_drawn(leaf):
                return leaf
            return given[id(leaf)] if id(leaf) in given else _number(leaf, given).tolist()

        new_args, new_kwargs = tree.map_structure(filled, (args, kwargs))
        return to_array(function(*new_args, **new_kwargs))

    return Lambda(run, name=auto_name(function.__name__))(list(sources.values()))


def _measured(x: KerasTensor) -> list[KerasTensor] | None:
    """The tensors from whose shapes alone x is computed; None if there is more to it."""
    if x.node is None or not x.node.inputs:
        return None
    if _is_shape(x.node):
        return x.node.inputs
    found = [_measured(each) for each in x.node.inputs]
    return None if None in found else [leaf for each in found for leaf in each or ()]


def _number(x: KerasTensor, given: dict[int, Any]) -> np.ndarray:
    """The value of what is computed from shapes."""
    node: Any = x.node
    if _is_shape(node):
        return np.asarray(given[id(node.inputs[0])].shape, "int32")
    args, kwargs = tree.map_structure(
        lambda leaf: _number(leaf, given) if isinstance(leaf, KerasTensor) else leaf, (node.args, node.kwargs)
    )
    with engine.eager():
        return as_numpy(tree.flatten(node.operation(*args, **kwargs))[x.index])


def _is_shape(node: Node) -> bool:
    """Whether a call is one of `K.shape`."""
    return isinstance(node.operation, Operation) and node.operation.name.startswith("shape")
