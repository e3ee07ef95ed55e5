"""Steps that count only under a condition known on the device: inside a program nobody can ask and skip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tsuno import ops
from tsuno.core.variable import bound, variables_of


@contextmanager
def only_where(condition: Any, owners: Any) -> Iterator[None]:
    """A block whose assignments to the variables below `owners` hold where `condition` does, and else are undone.

    Args:
        condition: a boolean scalar.
        owners: an object with variables, or a list of such objects and of variables.
    """
    with bound(owners):
        yield
        after = [(variable, variable.value) for variable in variables_of(owners)]
    for variable, value in after:
        if value is not variable.value:
            variable.assign(ops.where(condition, value, variable.value))
