"""Datasets whose batches draw from NumPy's global random state, as programs of Keras 1 and 2 expect.

One worker draws as it goes. Several ask for batches in any order: then each batch has a state of its own, by its number
and a key that is drawn once per epoch. What comes out is the same for two workers or ten, threads or processes.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tsuno.data import PyDataset


class DrawingDataset(PyDataset):
    """Base of datasets that draw random numbers for their batches, in `_draw`.

    Args:
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size` of `PyDataset`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lock = threading.Lock()
        self._key: int | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.lock = threading.Lock()

    def on_epoch_begin(self) -> None:
        with self.lock:
            if self._shared and self._key is None:
                self._key = self._draw_key()

    def on_epoch_end(self) -> None:
        self._key = None

    def _draw(self, number: int) -> Any:
        """What is random about a batch; with several workers, all of it at once."""
        raise NotImplementedError

    def _draw_key(self) -> int:
        """What is drawn once per epoch if there are several workers: the key; subclasses add to it."""
        return np.random.randint(2**31)

    def _random(self, number: int) -> Any:
        """What `_draw` gives for a batch."""
        if not self._shared:
            with self.lock:
                return self._draw(number)
        self.on_epoch_begin()  # outside of `fit`, nobody has said so
        with self.lock:
            before = np.random.get_state()
            np.random.seed(((self._key or 0) + number) % 2**32)
            try:
                return self._draw(number)
            finally:
                np.random.set_state(before)

    @property
    def _shared(self) -> bool:
        """Whether several workers may ask for batches."""
        return self.workers > 1 or (self.workers > 0 and self.use_multiprocessing)
