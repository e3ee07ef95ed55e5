"""The one form in which data reaches a program: a chunk of rows on the device, and the order to take them in.

Arrays that fit are one chunk for the whole training; a stream gives a chunk per batch. A batch is `order[i · size :
(i + 1) · size]` of every array in the chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

KEPT_LOGS = 512
"""The logs of so many steps are kept per dispatch: no dispatch whose every step is looked at is longer."""


@dataclass(frozen=True)
class Chunk:
    """Some batches of one size."""

    arrays: Any
    """Device arrays in the structure (x, y, sample_weight)."""
    order: Any
    """Row numbers, batch after batch; the complement `~row` stands for a row that only fills up a batch."""
    batch_size: int
    start: int
    """The first batch to take."""
    count: int
    """How many batches to take from there."""
    filled: bool = False
    """Whether batches are filled up."""


def rows_of(order: Any) -> Any:
    """The numbers of the rows that an order names, whether they count or only fill up."""
    return order ^ (order >> 31)  # the complement of a negative number


class Data(Protocol):
    """Data that gives the chunks of one epoch after the other."""

    steps: int | None
    """Batches per epoch, None if not known beforehand."""

    def sample(self) -> Any:
        """A first batch as host arrays, in the structure (x, y, sample_weight)."""
        ...

    def rewind(self) -> None:
        """Let the next epoch begin where the data begin; of a generator, it goes on."""
        ...

    def span(self, limit: int) -> int:
        """How many epochs one chunk may hold, if no more than `limit` steps are wanted in one."""
        ...

    def chunks(self, epochs: int = 1, skip: int = 0) -> Iterator[Chunk]:
        """The chunks of the next epoch, or of several; several only as far as `span` says.

        With `skip`, so many batches at the beginning of that one epoch are left out.
        """
        ...

    def position(self) -> dict[str, Any]:
        """Where the next epoch begins, as plain data; asked for between epochs."""
        ...

    def go_to(self, position: dict[str, Any]) -> None:
        """Let the next epoch begin where `position` says, maybe in another process.

        Raises:
            ValueError: the position is one of other data.
        """
        ...
