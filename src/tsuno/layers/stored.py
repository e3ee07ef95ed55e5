"""An object's own variables in a mapping, as files have them."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from tsuno.core.variable import Variable, children


def own_variables(owner: Any) -> list[Variable]:
    """The variables directly in an object: trained ones first."""
    own = [child for child in children(owner) if isinstance(child, Variable)]
    return sorted(own, key=lambda variable: not variable.trainable)


def save_variables(owner: Any, store: MutableMapping[str, Any], variables: Sequence[Variable] | None = None) -> None:
    """Put variables into a mapping under their places."""
    for place, variable in enumerate(own_variables(owner) if variables is None else variables):
        store[str(place)] = variable.numpy()


def load_variables(owner: Any, store: Mapping[str, Any], variables: Sequence[Variable] | None = None) -> None:
    """Set variables from what `save_variables` stored; nothing is changed if it does not fit.

    Raises:
        ValueError: the number of arrays or a shape is not that of the variables.
    """
    variables = own_variables(owner) if variables is None else variables
    if len(store) != len(variables):
        raise ValueError(f"it has {len(variables)} weights, the file {len(store)}")
    arrays = [store[str(place)] for place in range(len(variables))]
    for variable, array in zip(variables, arrays, strict=True):
        if tuple(array.shape) != variable.shape:
            raise ValueError(f"{variable.path!r} has shape {variable.shape}, the file's array {tuple(array.shape)}")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
