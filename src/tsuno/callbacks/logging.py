"""Callbacks that write down what happens."""

from __future__ import annotations

import csv
import json
import os
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tsuno.callbacks.base import Callback, Logs

_SECONDS_TO_ANSWER = 10.0


class CSVLogger(Callback):
    """Writes the logs of each epoch as a line of a CSV file.

    A run that goes on from a checkpoint goes on with the file from the epoch of the checkpoint.

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
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self.sep = separator
        self.csv_file: Any = None
        self.writer: Any = None
        self.keys: list[str] | None = None
        self.append_header = True
        self._size = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.close()
        # What the file held stays until there is something to write, for the run may be one that goes on.
        self.csv_file = Path(self.filename).open("a", newline="", encoding="utf-8")  # noqa: SIM115
        self._size = os.path.getsize(self.filename) if self.append else 0
        self.writer, self.keys, self.append_header = None, None, self._size == 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            # Epochs without validation leave its columns empty.
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        if self.writer is None:
            self.csv_file.truncate(self._size)
            self.writer = csv.writer(self.csv_file, delimiter=self.sep)
        if self.append_header:
            self.writer.writerow(["epoch", *self.keys])
            self.append_header = False
        self.writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        self.csv_file.flush()
        self._size = os.path.getsize(self.filename)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.csv_file is not None:
            self.csv_file.truncate(self._size)
        self.close()

    def close(self) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = self.writer = None


def _cell(value: Any) -> Any:
    if not isinstance(value, str) and np.ndim(value) > 0:
        return f'"[{", ".join(map(str, value))}]"'
    return value


class RemoteMonitor(Callback):
    """Sends the logs of each epoch to a server, as an HTTP POST request; a server that does not answer is a warning.

    Args:
        root: the address of the server.
        path: the path on it.
        field: the field of the form that holds the logs as JSON.
        headers: more HTTP headers.
        send_as_json: send the logs as JSON instead of a form.

    Example:
        >>> tsuno.callbacks.RemoteMonitor(root="http://localhost:9000").path
        '/publish/epoch/end/'
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        self.root, self.path, self.field, self.headers, self.send_as_json = root, path, field, headers, send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        values = {name: np.asarray(value).tolist() for name, value in (logs or {}).items()}
        text = json.dumps({"epoch": epoch, **values})
        body = text if self.send_as_json else urlencode({self.field: text})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, **(self.headers or {})}
        request = Request(self.root + self.path, body.encode(), headers)
        try:
            urlopen(request, timeout=_SECONDS_TO_ANSWER).close()
        except OSError as problem:
            warnings.warn(f"RemoteMonitor could not hand its logs to {self.root + self.path}: {problem}.", stacklevel=2)


class Timer(Callback):
    """Adds to the logs of each epoch how long it took: `seconds`, and `total_seconds` since training began.

    Of a run that goes on from a checkpoint, the total is that of all its parts.

    Example:
        >>> timer = tsuno.callbacks.Timer()
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[timer]).history
        >>> history["total_seconds"][1] == sum(history["seconds"])
        True
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0.0
        self._began: float | None = None

    def get_state(self) -> dict[str, Any]:
        return {"total": self.total, "running": 0.0 if self._began is None else time.perf_counter() - self._began}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.total, self._began = state["total"], time.perf_counter() - state["running"]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.total = 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        seconds = self.get_state()["running"]
        self.total, self._began = self.total + seconds, None
        if logs is not None:
            logs |= {"seconds": seconds, "total_seconds": self.total}
