"""Callbacks that write down what happens."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from tsuno.callbacks.base import Callback, Logs


class CSVLogger(Callback):
    """Writes the logs of each epoch as a line of a CSV file.

    Args:
        filename: the file.
        separator: what stands between two values.
        append: whether to go on with an existing file instead of writing it anew.

    Example:
        >>> tsuno.callbacks.CSVLogger("training.csv", append=True)
        CSVLogger(filename='training.csv', append=True)
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.separator, self.append = filename, separator, append
        self._file: Any = None
        self._writer: Any = None
        self._keys: list[str] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        path = Path(self.filename)
        has_header = self.append and path.exists() and path.stat().st_size > 0
        self._file = path.open("a" if self.append else "w", newline="", encoding="utf-8")
        self._writer, self._keys, self._needs_header = None, [], not has_header

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if not self._keys:
            self._keys = sorted(logs)
            # Epochs without validation leave its columns empty.
            if not any(key.startswith("val_") for key in self._keys):
                self._keys += [f"val_{key}" for key in self._keys]
            self._writer = csv.writer(self._file, delimiter=self.separator)
            if self._needs_header:
                self._writer.writerow(["epoch", *self._keys])
        self._writer.writerow([epoch, *(_plain(logs.get(key, "NA")) for key in self._keys)])
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._file.close()


def _plain(value: Any) -> Any:
    if not isinstance(value, str) and np.ndim(value) > 0:
        return f'"[{", ".join(map(str, value))}]"'
    return value
