"""The page while a model trains: curves, gradients, and what the weights of the moment make of an input.

Training hands over copies of the weights now and then, for its own are taken and given back by each dispatch; the page
computes with the copies, in the threads of its server.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tsuno.callbacks.base import Callback, Logs
from tsuno.callbacks.looking import GradientNorms
from tsuno.core.variable import unbind
from tsuno.inspector.server import Server, launch
from tsuno.inspector.session import Session, with_mean_and_std

_MOST_EVENTS = 20_000
_BETWEEN_LOGS, _BETWEEN_WEIGHTS = 0.2, 2.0
"""Seconds."""


class Inspector(Callback):
    """Opens the page of `tsuno.inspect` while the model trains: live curves, gradients and layers; pause and stop.

    Args:
        inputs: what to put in, as in `tsuno.inspect`.
        classes: the names of classes.
        top: how many classes a prediction names.
        preprocess: what images are passed through, as in `tsuno.inspect`.
        mean: what is taken from images instead.
        std: what they are then divided by.
        gradients: whether to measure the gradients of weights: their norm, √Σg², the mean over an epoch's steps.
        host: 127.0.0.1, localhost or ::1.
        port: the port; 0 for a free one.
        open_browser: whether to open the page in the browser.
        language: `"en"` or `"ja"`; that of the browser by default.

    Attributes:
        server: the server, once training has begun; it serves on after training until `server.close()` or the end of
            the process.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> inspector = tsuno.callbacks.Inspector(np.ones((4, 2)), open_browser=False)
        >>> history = model.fit(
        ...     np.ones((4, 2)), np.ones((4, 1)), verbose=0, callbacks=[inspector]
        ... )  # doctest: +ELLIPSIS
        Look into 'sequential...' at http://127.0.0.1:...
        >>> inspector.server.close()
    """

    batch_hooks = "every"

    def __init__(
        self,
        inputs: Any = None,
        classes: Sequence[str] | None = None,
        top: int = 5,
        *,
        preprocess: Callable[[Any], Any] | None = None,
        mean: Any = None,
        std: Any = None,
        gradients: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
        open_browser: bool = True,
        language: str | None = None,
    ) -> None:
        super().__init__()
        self.inputs, self.classes, self.top = inputs, classes, top
        self.preprocess, self.mean, self.std = preprocess, mean, std
        self.gradients, self.host, self.port = gradients, host, port
        self.open_browser, self.language = open_browser, language
        self.server: Server | None = None
        self._feed = Feed()
        self._norms = GradientNorms()
        self._logged = self._copied = 0.0
        if gradients:
            vars(self)["observe"] = self._norms.observe  # a callback with this method is called within each step

    # ------------------------------------------------------------------ during training

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._feed.start(self.params.get("epochs"))
        if self.server is None and self.model.built:
            self._open()
        self._hand_over(0)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._norms.clear()
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        now = time.monotonic()
        if now - self._logged > _BETWEEN_LOGS:
            self._logged = now
            self._feed.add({"kind": "logs", "epoch": self._epoch + 1, "step": batch + 1, "logs": _numbers(logs)})
        if now - self._copied > _BETWEEN_WEIGHTS:
            self._hand_over(self._epoch + 1)
        self._obey()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.server is None:
            self._open()
        self._feed.add({"kind": "epoch", "epoch": epoch + 1, "logs": _numbers(logs)})
        if norms := self._norms.means():
            self._feed.add({"kind": "gradients", "epoch": epoch + 1, "norms": _numbers(norms)})
        self._hand_over(epoch + 1)
        self._obey()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._hand_over(self._epoch + 1)
        self._feed.finish()

    def observed(self, epoch: int, done: int, values: Mapping[str, Any]) -> None:
        """Take in the norms of some steps."""
        self._norms.add(values)

    # ------------------------------------------------------------------ the page

    def _open(self) -> None:
        prepare = self.preprocess or with_mean_and_std(self.mean, self.std)
        session = Session(
            self.model, self.inputs, self.classes, self.top, prepare, language=self.language, live=self._feed
        )
        self.server = launch(session, self.host, self.port, self.open_browser)

    def _hand_over(self, epoch: int) -> None:
        """Give the page a copy of the weights."""
        if self.server is not None:
            self.server.session.looks().changed(unbind(self.model))
            self._copied = time.monotonic()
            self._feed.add({"kind": "weights", "epoch": epoch})

    def _obey(self) -> None:
        """Wait while somebody has paused; stop if somebody has said so."""
        self._feed.running.wait()
        if self._feed.stopped:
            self.model.stop_training = True


class Feed:
    """What has happened in a training, by number, and what the reader wants of it."""

    def __init__(self) -> None:
        self.running = threading.Event()
        self.running.set()
        self.stopped = False
        self.training, self._epochs = False, None
        self._events: deque[tuple[int, dict[str, Any]]] = deque(maxlen=_MOST_EVENTS)
        self._count = 0
        self._lock = threading.Lock()

    def start(self, epochs: Any) -> None:
        """Training begins."""
        self.running.set()
        self.stopped, self.training, self._epochs = False, True, epochs
        self.add(self._state("hello"))

    def finish(self) -> None:
        """Training has ended."""
        self.training = False
        self.add({"kind": "end"})

    def add(self, event: dict[str, Any]) -> None:
        """Remember an event."""
        with self._lock:
            self._events.append((self._count, event))
            self._count += 1

    def events(self, first: int) -> list[tuple[int, dict[str, Any]]]:
        """The events from a number on."""
        with self._lock:
            return [(number, event) for number, event in self._events if number >= first]

    def control(self, action: str) -> None:
        """Pause, resume or stop."""
        self.stopped = self.stopped or action == "stop"
        if action == "pause":
            self.running.clear()
        else:
            self.running.set()
        self.add(self._state("state"))

    def _state(self, kind: str) -> dict[str, Any]:
        paused = not self.running.is_set()
        return {"kind": kind, "running": self.training, "paused": paused, "epochs": self._epochs}


def _numbers(logs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Logs that are numbers; those that JSON has no sign for are null."""
    found = {str(name): value for name, value in (logs or {}).items() if np.ndim(value) == 0}
    return {name: float(value) if np.isfinite(value) else None for name, value in found.items()}
