"""A dataset by number, in a module that worker processes import in no time."""

import threading

import numpy as np

from tsuno import utils


class Numbers(utils.PyDataset):
    """Batch i holds the number i; what happens is written down."""

    def __init__(self, count=5, bad=None, **kwargs):
        super().__init__(**kwargs)
        self.count, self.bad, self.events = count, bad, []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index == self.bad:
            raise KeyError(f"batch {index} is bad")
        if self.workers > 1:  # later batches are ready first
            threading.Event().wait(0.01 * (self.count - index))
        return np.full((2, 1), index, "float32"), np.full((2, 1), index, "float32")

    def on_epoch_begin(self):
        self.events.append("begin")

    def on_epoch_end(self):
        self.events.append("end")
