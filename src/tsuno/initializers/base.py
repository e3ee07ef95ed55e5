"""What all initializers share: the first values of a weight, as a function of its shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno.core.config import Configurable


class Initializer(Configurable):
    """Base of initializers: `__call__(shape, dtype)` returns the values.

    Example:
        >>> class Alternating(tsuno.initializers.Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return tsuno.ops.reshape(tsuno.ops.arange(shape[0]) % 2, shape)
        >>> Alternating()((4,)).tolist()
        [0, 1, 0, 1]
    """

    def __init__(self) -> None:
        """Take no arguments; initializers that have some define their own."""

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `__call__(self, shape, dtype=None)`.")

    def clone(self) -> Initializer:
        """An equal initializer."""
        return type(self).from_config(self.get_config())
