"""The progress bar: redrawn in place in a terminal, one line of HTML in a notebook, a line per epoch elsewhere."""

from __future__ import annotations

import html
import math
import os
import sys
import time
from typing import Any

import numpy as np

from tsuno.callbacks.base import Callback, Logs
from tsuno.core.settings import log_output

_GREEN, _PALE, _BOLD, _PLAIN = "\033[32m", "\033[37m", "\033[1m", "\033[0m"


class ProgbarLogger(Callback):
    """Prints the progress of training, evaluation or prediction; `verbose=1` and `verbose=2` of `fit` use it.

    Example:
        >>> tsuno.callbacks.ProgbarLogger().batch_hooks
        'latest'
    """

    batch_hooks = "latest"

    def __init__(self) -> None:
        super().__init__()
        self._bar: Bar | None = None
        self._steps: int | None = None
        self._training = False

    def _start(self, verbose: Any) -> None:
        self._bar = Bar(self._steps, verbose)

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self._steps = params.get("steps")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._training = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.params.get("epochs", 1) > 1:
            print(f"Epoch {epoch + 1}/{self.params['epochs']}", flush=True)
        self._start(self.params.get("verbose", 1))

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._bar is not None:
            self._bar.update(batch + 1, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self._bar is not None:
            self._bar.finish(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._training:
            self._start(self.params.get("verbose", 1))

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._training and self._bar is not None:
            self._bar.update(batch + 1, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._training and self._bar is not None:
            self._bar.finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._start(self.params.get("verbose", 1))

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._bar is not None:
            self._bar.update(batch + 1, None)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        if self._bar is not None:
            self._bar.finish(None)


class Bar:
    """One bar, as `12/40 ━━━━━━━━━━━━━━━━━━━━ 0s 3ms/step - accuracy: 0.91 - loss: 0.30`.

    Args:
        total: the number of steps, None if not known.
        verbose: 1 for a bar redrawn in place, 2 for one line at the end.
        out: where to write; by default standard output, or the logger if interactive logging is off.
        interval: seconds between two drawings.
        width: characters of the bar itself.
        unit: what a step is called.
    """

    def __init__(
        self,
        total: int | None,
        verbose: int = 1,
        out: Any = None,
        interval: float = 0.1,
        width: int = 20,
        unit: str = "step",
    ) -> None:
        self._total, self._verbose, self._width, self._unit = total, verbose, width, unit
        self._out = out or log_output()
        self._colour = self._out.isatty() and "NO_COLOR" not in os.environ
        self._notebook = _Notebook() if verbose == 1 and self._out is sys.stdout and _in_notebook() else None
        self._live = verbose == 1 and (self._out.isatty() or self._notebook is not None)
        self._interval = max(interval, _NOTEBOOK_INTERVAL) if self._notebook else interval
        self._start = time.perf_counter()
        self._first: tuple[float, int] | None = None
        self._done, self._drawn, self._last, self._updated = 0, 0, 0.0, self._start

    def update(self, done: int, logs: Logs | None) -> None:
        """So many steps are done."""
        now = time.perf_counter()
        if self._first is None:
            self._first = now, done
        self._done, self._updated = done, now
        if self._live and (now - self._last >= self._interval or done == self._total):
            self._last = now
            self._draw(self._line(now, logs))

    def finish(self, logs: Logs | None) -> None:
        """All is done."""
        self._total = self._total or self._done
        line = self._line(time.perf_counter(), logs, final=True)
        if self._live:
            self._draw(line)
            if self._notebook is None:
                self._out.write("\n")
        else:
            self._out.write(line + "\n")
        self._out.flush()

    def _line(self, now: float, logs: Logs | None, final: bool = False) -> str:
        self._values = {name: _number(value) for name, value in (logs or {}).items()}
        values = "".join(f" - {name}: {value}" for name, value in self._values.items())
        elapsed = now - self._start
        if self._verbose == 2:
            # Nobody counts the steps of an epoch that is shown at its end only.
            per_step = f"{_duration(elapsed / max(self._total or self._done, 1))}/{self._unit}"
            return f"{self._total}/{self._total} - {elapsed:.0f}s - {per_step}{values}"
        each = self._seconds_per_step(elapsed)
        left = elapsed if final or not self._total else each * (self._total - self._done)
        self._times = f"{_clock(left)} {_duration(each)}/{self._unit}"
        return f"{self._steps()} {self._times}{values}"

    def _seconds_per_step(self, elapsed: float) -> float:
        """The first step may compile: it says nothing of those to come, unless there are too few others."""
        began, before = self._first or (self._start, 0)
        if self._done - before >= before:
            return (self._updated - began) / max(self._done - before, 1) or elapsed / max(self._done, 1)
        return (self._updated - self._start) / self._done

    def _steps(self) -> str:
        if not self._total:
            return f"{self._bold(f'{self._done}/Unknown')}"
        count = f"{self._done:>{len(str(self._total))}}/{self._total}"
        filled = min(self._width, math.floor(self._width * self._done / self._total))
        bar = "━" * filled
        rest = ("━" if self._colour else " ") * (self._width - filled)
        return f"{self._bold(count)} {self._paint(bar, _GREEN)}{self._paint(rest, _PALE)}"

    def _bold(self, text: str) -> str:
        return self._paint(text, _BOLD)

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._colour and text.strip() else text

    def _draw(self, line: str) -> None:
        if self._notebook is not None:
            self._notebook.show(self._done, self._total, self._times, self._values, line)
            return
        shown = len(line)
        self._out.write("\r" + line + " " * max(0, self._drawn - shown))
        self._out.flush()
        self._drawn = shown


_NOTEBOOK_INTERVAL = 0.2
"""Seconds between two drawings in a notebook, where each is a message to the browser."""


def _in_notebook() -> bool:
    """Whether what is displayed goes to a browser."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell" or "google.colab" in sys.modules


class _Notebook:
    """One line of HTML that is written over; where there is no HTML, its text."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, done: int, total: int | None, times: str, values: dict[str, str], text: str) -> None:
        from IPython.display import display

        count = f"{done}/{total or 'Unknown'}"
        bar = (
            f"<progress value='{done}' max='{total}' style='width:12em;vertical-align:middle'></progress>"
            if total
            else ""
        )
        numbers = "".join(
            f"<span style='margin-left:1em'>{html.escape(name)} <b>{html.escape(value)}</b></span>"
            for name, value in values.items()
        )
        line = f"<div style='font-family:monospace;white-space:nowrap'>{count} {bar} {times}{numbers}</div>"
        data = {"text/html": line, "text/plain": text}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


def _number(value: Any) -> str:
    """Four digits after the point, or a power of ten where these would show nothing."""
    array = np.asarray(value)
    if array.ndim:
        return np.array2string(array, precision=4)
    number = float(array)
    return f"{number:.4f}" if abs(number) > 1e-3 or number == 0 else f"{number:.4e}"


def _duration(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"


def _clock(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds // 3600:.0f}:{seconds % 3600 // 60:02.0f}:{seconds % 60:02.0f}"
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}" if seconds >= 60 else f"{seconds:.0f}s"
