"""Blocks of user code that change where arrays live or what variables are called."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Self

from tsuno import engine
from tsuno.core.context import context, scope
from tsuno.core.errors import invalid


def device(device_name: Any) -> AbstractContextManager[Any]:
    """Place the arrays made in a block on a device.

    Args:
        device_name: a name such as `"cpu"`, `"gpu:0"` or `"cpu:0"`, or a device object of the engine.

    Example:
        >>> with tsuno.device("cpu:0"):
        ...     x = tsuno.ops.zeros((2,))
    """
    return engine.default_device(device_name)


class name_scope:
    """Put a name before the paths of the variables made in a block.

    Args:
        name: the name, without `/`.
        caller: an object that opens the scope; if the scope around is its own too, none is added.
        deduplicate: whether `caller` is looked at.
        override_parent: a path that takes the place of all scopes around.

    Example:
        >>> with tsuno.name_scope("encoder"):
        ...     v = tsuno.Variable([1.0], name="scale")
        >>> v.path
        'encoder/scale'
    """

    def __init__(
        self, name: str, caller: Any = None, deduplicate: bool = True, override_parent: str | None = None
    ) -> None:
        if not isinstance(name, str) or "/" in name:
            raise invalid("name_scope.name", "a string without '/'", name)
        self.name, self.caller, self.deduplicate, self.override_parent = name, caller, deduplicate, override_parent
        self._exits: list[ExitStack] = []

    def __enter__(self) -> Self:
        around = _innermost.scope
        same = around is not None and around.caller is self.caller and around.name == self.name
        with ExitStack() as stack:
            if not (self.deduplicate and self.caller is not None and same):
                parent = context.path
                if self.override_parent is not None:
                    parent = tuple(part for part in self.override_parent.split("/") if part)
                stack.callback(setattr, _innermost, "scope", around)
                _innermost.scope = self
                stack.enter_context(scope(path=(*parent, self.name)))
            self._exits.append(stack.pop_all())
        return self

    def __exit__(self, *error: Any) -> None:
        self._exits.pop().close()


class _Innermost(threading.local):
    scope: name_scope | None = None


_innermost = _Innermost()
