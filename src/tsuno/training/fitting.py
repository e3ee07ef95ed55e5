"""Training in progress: epochs, validation and callbacks around a program, and what must be known to go on later.

The device gets one dispatch after the other and is waited for only two dispatches late: numbers are fetched where a
human or a callback reads them, those of the progress bar one dispatch late. How many steps a dispatch has is the
program's pace and what the callbacks need. Between two dispatches everything is at rest: that is when a run can be
saved, and where one that is taken up again goes on.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.callbacks import CallbackList, History
from tsuno.callbacks.base import ByOldNamesToo
from tsuno.callbacks.callback_list import call_hook
from tsuno.core.variable import Variable, slots
from tsuno.data import KEPT_LOGS, Data
from tsuno.training.preparing import test_program, train_program
from tsuno.training.program import NEVER, Program
from tsuno.training.step import WATCHED

Logs = dict[str, Any]
SECONDS_PER_DISPATCH = {"watched": (0.1, 1.0), "unwatched": (1.0, 2.0)}
"""At least, and at most."""
_IN_FLIGHT = 2
"""How many dispatches the device may be behind: enough for it never to wait, few enough for memory and for Ctrl-C."""


_UNREAD = 4096
"""The logs of so many epochs may wait on the device for somebody to read them."""


class Run:
    """A training in progress.

    Args:
        model: the model.
        data: what it is trained on.
        validation: what it is measured on after epochs.
        frequency: after which epochs: every so many, or those in a list (counted from 1).
        watchers: the callbacks.
        watched: how much is shown; 1 for a bar.
        epochs: the number of the epoch to stop before.
        initial_epoch: the number of the first epoch.

    Attributes:
        epoch: the number of the epoch in progress, or of the next one.
        step: how many of its steps are done.
        place: where the data of that epoch began.
        validation_place: where the data of its validation begins.
        logs: the last logs, if all steps of the epoch are done.
        ended: whether training has come to its end.
        exhausted: whether it has because there were no more data.
    """

    def __init__(
        self,
        model: Any,
        data: Data,
        validation: Data | None,
        frequency: Any,
        watchers: CallbackList,
        watched: int,
        epochs: int,
        initial_epoch: int,
    ) -> None:
        self.model, self.data, self.validation, self.frequency = model, data, validation, frequency
        self.watchers, self.watched, self.epochs, self.initial_epoch = watchers, watched, epochs, initial_epoch
        self.epoch, self.step, self.place = initial_epoch, 0, data.position()
        self.validation_place = None if validation is None else validation.position()
        self.logs: Logs = {}
        self.ended = self.exhausted = False
        self._savers = [callback for callback in watchers.callbacks if hasattr(callback, "on_boundary")]
        self._observers = [callback for callback in watchers.callbacks if hasattr(callback, "observe")]
        self._lazy = not watchers.reads_epochs()
        self._unread: list[tuple[int, Logs, int | None]] = []
        self.program: Program

    # ------------------------------------------------------------------ the whole

    def train(self) -> History:
        """Train to the end."""
        model, watchers = self.model, self.watchers
        watchers.on_train_begin()
        transforms = [callback.transform for callback in watchers.callbacks if hasattr(callback, "transform")]
        self.program = train_program(model, self._observers, transforms)
        for saver in self._savers:
            saver.take_up(self)
        try:
            while self.epoch < self.epochs and not model.stop_training and not self.ended:
                count = self._together()
                if count > 1:
                    self._several_epochs(count)
                else:
                    self._one_epoch()
                if len(self._unread) > _UNREAD:
                    self.settle()
                self._boundary()
        finally:
            self.settle()  # what ran is remembered, also when something interrupts
        self.ended = True
        self._boundary()
        if model.optimizer.use_ema and self.epoch > self.initial_epoch:
            model.optimizer.finalize_variable_values(model.compiled.trainable(model))
        watchers.on_train_end(self.logs)
        assert watchers.history is not None
        return watchers.history

    def variables(self) -> dict[str, Variable]:
        """All variables that training changes, by path."""
        return slots(self.program.owners)

    def settle(self) -> None:
        """Give the logs of epochs that nobody has looked at yet to those who keep them."""
        unread, self._unread = self._unread, []
        for number, logs in _read_epochs(unread):
            self.watchers.on_epoch_end(number, logs := ByOldNamesToo(logs))
            if not self.step:
                self.logs = logs

    def begin_again(self) -> None:
        """Let the callbacks know that the epoch in progress goes on; what they remember is put back after it."""
        self.watchers.on_epoch_begin(self.epoch)

    def _boundary(self) -> None:
        for saver in self._savers:
            saver.on_boundary(self)

    def _together(self) -> int:
        """How many epochs can be run without anybody looking: all that one chunk holds, if nobody watches."""
        if not self._lazy or self.validation is not None or self.step or self._watches_batches():
            return 1
        most = self.data.span(KEPT_LOGS)
        if self._savers and self.data.steps:  # which need a boundary now and then
            most = min(most, self.program.pace.steps(SECONDS_PER_DISPATCH["unwatched"], NEVER) // self.data.steps)
        return max(1, min(most, self.epochs - self.epoch))

    def _watches_batches(self) -> bool:
        needs = ("step", "every", "latest")
        return bool(self._observers) or any(self.watchers.watching("train", need) for need in needs)

    # ------------------------------------------------------------------ epochs

    def _several_epochs(self, count: int) -> None:
        """Run several epochs that nobody watches; their logs are read at the end."""
        for turn, (logs, place) in enumerate(_epochs(self.program, self.data, count)):
            self._unread.append((self.epoch + turn, logs, place))
        self.epoch += count
        self.place = self.data.position()

    def _one_epoch(self) -> None:
        watchers, epoch = self.watchers, self.epoch
        if not self.step:
            self.logs = {}
            watchers.on_epoch_begin(epoch)
        # What is taken up again may be complete but for its validation; the data pass what has been seen all the same.
        self.logs = run_epoch(self.program, self.data, watchers, "train", self.watched, self) or self.logs
        if not self.logs:
            warnings.warn(
                f"The data ended before epoch {epoch + 1} of {self.epochs}; training stops here.", stacklevel=5
            )
            self.exhausted = self.ended = True
            return
        if self.validation is not None and _is_due(self.frequency, epoch):
            if self._savers:
                self.logs = read(self.logs)
            self.validation.rewind()  # so that each epoch is measured on the same samples
            measured = evaluate(self.model, self.validation, watchers, 0, self)
            self.validation_place = self.validation.position()
            self.logs = {**self.logs, **{f"val_{name}": value for name, value in measured.items()}}
        if self._lazy:
            self._unread.append((epoch, self.logs, None))
        else:
            self.logs = ByOldNamesToo(read(self.logs))
            watchers.on_epoch_end(epoch, self.logs)
        self.epoch, self.step, self.place = epoch + 1, 0, self.data.position()

    def stepped(self, count: int) -> None:
        """So many more steps of the epoch have been given to the device."""
        self.step += count
        self._boundary()

    def longest(self) -> int:
        """The most steps until somebody must look."""
        return min((saver.steps_left(self) for saver in self._savers), default=NEVER)

    def observed(self, logs: Logs, done: int, count: int) -> None:
        """Give callbacks what they have asked to see of some steps."""
        fetched = engine.fetch({name: value for name, value in logs.items() if name.startswith(WATCHED)})
        for place, observer in enumerate(self._observers):
            start = f"{WATCHED}{place}/"
            own = {name.removeprefix(start): value for name, value in fetched.items() if name.startswith(start)}
            observer.observed(self.epoch, done, {name: value[:count] for name, value in own.items()})


def evaluate(model: Any, data: Data, watchers: CallbackList, watched: int, run: Run | None = None) -> Logs:
    """The values of loss and metrics on data, still on the device."""
    watchers.on_test_begin()
    logs = run_epoch(test_program(model), data, watchers, "test", watched, run)
    if watchers.watching("test", "step") or watched:
        logs = read(logs)
    watchers.on_test_end(logs)
    return logs


def run_epoch(
    program: Program, data: Data, watchers: CallbackList, phase: str, watched: int, run: Run | None = None
) -> Logs:
    """Run the program over one epoch of data, or what is left of it; the last step's logs, still on the device."""
    stepping, every = watchers.watching(phase, "step"), watchers.watching(phase, "every")
    latest = watchers.watching(phase, "latest") if watched == 1 else []
    seconds = SECONDS_PER_DISPATCH["watched" if watched == 1 else "unwatched"]
    training = run if run is not None and phase == "train" else None
    observes = training is not None and bool(training._observers)
    longest = 1 if stepping else KEPT_LOGS if every or observes else NEVER
    done = training.step if training is not None else 0
    last: Logs = {}
    shown: tuple[int, Logs] | None = None
    in_flight: deque[Logs] = deque()
    begin, end = f"on_{phase}_batch_begin", f"on_{phase}_batch_end"
    for chunk in data.chunks(skip=done):
        first, left = chunk.start, chunk.count
        while left:
            count = min(left, longest, program.pace.steps(seconds, left))
            if training is not None:
                count = min(count, training.longest())
            for callback in stepping:
                call_hook(callback, begin, done)
            last, logs = program.paced(chunk, first, count, done, data.steps or NEVER)
            in_flight.append(last)
            if len(in_flight) > _IN_FLIGHT:
                engine.ready(in_flight.popleft())
            if observes and training is not None:
                training.observed(logs, done, count)
            last, logs = _unwatched(last), _unwatched(logs)
            if shown is not None:
                _show(latest, end, *shown)
            shown = (done + count - 1, last) if latest else None
            if stepping:
                values = read(last)
                for callback in stepping:
                    call_hook(callback, end, done, values)
            if every:
                _replay(every, begin, end, done, count, logs)
            first, left, done = first + count, left - count, done + count
            if training is not None:
                training.logs = last
                training.stepped(count)
                if training.model.stop_training:
                    return last
            elif run is not None:
                run._boundary()
    if shown is not None:
        _show(latest, end, *shown)
    return last


def _epochs(program: Program, data: Data, epochs: int) -> list[tuple[Logs, int]]:
    """Run several epochs: for each, the logs of a dispatch and the place of its own among them."""
    assert data.steps is not None
    ends: list[tuple[Logs, int]] = []
    for chunk in data.chunks(epochs):
        done = 0
        while done < chunk.count:
            count = min(
                KEPT_LOGS, chunk.count - done, program.pace.steps(SECONDS_PER_DISPATCH["unwatched"], chunk.count)
            )
            _, logs = program.paced(chunk, chunk.start + done, count, done, data.steps)
            ends += [(logs, i) for i in range(count) if (done + i + 1) % data.steps == 0]
            done += count
    return ends


def _is_due(frequency: Any, epoch: int) -> bool:
    return (epoch + 1) % frequency == 0 if isinstance(frequency, int) else (epoch + 1) in frequency


# ---------------------------------------------------------------------- reading


def read(logs: Logs) -> Logs:
    """Logs as numbers; waits for the device."""
    return _sorted({name: _plain(value) for name, value in engine.fetch(logs).items()})


def _unwatched(logs: Logs) -> Logs:
    """Logs without what only their observers are to see."""
    return {name: value for name, value in logs.items() if not name.startswith(WATCHED)}


def _read_epochs(unread: list[tuple[int, Logs, int | None]]) -> Iterator[tuple[int, Logs]]:
    """The logs of epochs, each dispatch's fetched once."""
    fetched: dict[int, Any] = {}
    for number, logs, place in unread:
        if place is None:
            yield number, read(logs)
            continue
        if id(logs) not in fetched:
            fetched[id(logs)] = engine.fetch(logs)
        yield number, _sorted({name: _plain(values[place]) for name, values in fetched[id(logs)].items()})


def _show(callbacks: list[Any], hook: str, batch: int, logs: Logs) -> None:
    values = read(logs)
    for callback in callbacks:
        call_hook(callback, hook, batch, values)


def _replay(callbacks: list[Any], begin: str, end: str, done: int, count: int, logs: Logs) -> None:
    """Call the hooks of steps that have run, in order, each with its own logs."""
    fetched = engine.fetch(logs)
    for i in range(count):
        values = _sorted({name: _plain(value[i % KEPT_LOGS]) for name, value in fetched.items()})
        for callback in callbacks:
            call_hook(callback, begin, done + i)
            call_hook(callback, end, done + i, values)


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)


def _sorted(logs: Logs) -> Logs:
    return dict(sorted(logs.items()))
