"""Shapes with the methods that TensorFlow's have: tuples all the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Dimension(int):
    """A size, which is also under `value`."""

    @property
    def value(self) -> int:
        """The size."""
        return int(self)


class TensorShape(tuple[Any, ...]):
    """The sizes of a tensor, None where unknown.

    Args:
        dims: the sizes.
    """

    def __new__(cls, dims: Iterable[int | None] | None = ()) -> TensorShape:
        return super().__new__(cls, (None if size is None else Dimension(size) for size in dims or ()))

    def as_list(self) -> list[int | None]:
        """The sizes as a list."""
        return [None if size is None else int(size) for size in self]

    def is_fully_defined(self) -> bool:
        """Whether every size is known."""
        return None not in self

    def num_elements(self) -> int | None:
        """The number of elements, if it is known."""
        total = 1
        for size in self:
            if size is None:
                return None
            total *= size
        return total

    @property
    def dims(self) -> list[Any]:
        """The sizes as a list."""
        return list(self)

    @property
    def ndims(self) -> int:
        """The number of axes."""
        return len(self)

    rank = ndims

    def __repr__(self) -> str:
        return f"TensorShape({self.as_list()})"

    def __str__(self) -> str:
        sizes = ", ".join("None" if size is None else str(int(size)) for size in self)
        return f"({sizes}{',' if len(self) == 1 else ''})"
