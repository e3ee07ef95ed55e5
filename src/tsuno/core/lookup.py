"""`get`: an argument that names a thing, describes it, or is it.

activations.get("relu"), initializers.get({"class_name": "Zeros", "config": {}}), losses.get(my_function)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tsuno.core import past
from tsuno.core.errors import describe, unknown
from tsuno.core.registry import deserialize, get_registered_object


def lookup(kind: str, identifier: Any, table: Mapping[str, Any], make: Callable[[Any], Any] | None = None) -> Any:
    """The object that `identifier` stands for.

    Args:
        kind: what is looked for, for messages: "activation".
        identifier: None, a name in `table` or a registered one, a config, a class, or the thing itself.
        table: names and what they mean.
        make: what to do with a class that was found; called without arguments by default.
    """
    if identifier is None:
        return None
    if isinstance(identifier, str):
        found = get_registered_object(identifier)
        found = table.get(identifier) if found is None else found
        if found is None:
            found = past.find(identifier, {"loss": "losses"}.get(kind, f"{kind}s"))
        if found is None:
            raise unknown(kind, identifier, table, f"A function or an object of your own also serves as {kind}.")
    elif isinstance(identifier, Mapping):
        found = deserialize(dict(identifier))
    else:
        found = identifier
    if inspect.isclass(found):
        return (make or type.__call__)(found)
    if not callable(found):
        raise TypeError(
            f"An {kind} is given by name, as a function or as an object; got {describe(identifier)}.".replace(
                "An ", "An " if kind[0] in "aeiou" else "A "
            )
        )
    return found
