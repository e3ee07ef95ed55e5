"""Sources that give a batch for a number: any pass can begin anywhere, and its order is made from the seed and the
number of the pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno.core.seeds import make_default_seed


class Passes:
    """Base of such sources; a subclass says how many batches there are, and iterates from `start`.

    Args:
        shuffle: whether each pass takes the batches, or what they are made of, in a new random order.

    Attributes:
        turn: the number of the pass in progress.
        start: the batch of that pass with which the next iteration begins.
    """

    def __init__(self, shuffle: bool) -> None:
        self.shuffle, self.turn, self.start = shuffle, 0, 0
        self.seed = make_default_seed() if shuffle else 0

    def count(self) -> int | None:
        """The number of batches; None if there is no end."""
        raise NotImplementedError

    @property
    def endless(self) -> bool:
        return self.count() is None

    def __len__(self) -> int:
        count = self.count()
        if count is None:
            raise TypeError("This dataset has no end.")
        return count

    def random(self, part: int = 0) -> np.random.Generator:
        """The random numbers of the pass in progress, for a part of it."""
        return np.random.Generator(np.random.Philox(key=[self.seed, self.turn], counter=[0, 0, 0, part]))

    def advance(self, batches: int) -> None:
        """Let the next iteration begin so many batches after where this one began."""
        count, self.start = self.count(), self.start + batches
        if count:
            passes, self.start = divmod(self.start, count)
            self.turn += passes

    def position(self) -> dict[str, Any]:
        """Where the next iteration begins, as plain data."""
        return {"seed": self.seed, "turn": self.turn, "start": self.start}

    def go_to(self, position: dict[str, Any]) -> None:
        """Let the next iteration begin there."""
        self.seed, self.turn, self.start = position["seed"], position["turn"], position["start"]
