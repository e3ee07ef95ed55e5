"""Training that goes on where it was broken off, bit by bit as if it had not been.

Everything that has a say in what comes is saved between two dispatches: variables, the place in the data, seeds, what
callbacks remember. The copy is made at once, the file is written by a thread. Whether a copy is made is decided by what
the last one has cost.
"""

from __future__ import annotations

import copy
import signal
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tsuno import engine
from tsuno.callbacks.base import Callback, Logs, plain_attributes
from tsuno.core import seeds
from tsuno.core.errors import invalid
from tsuno.core.validate import PositiveInt
from tsuno.core.variable import all_finite
from tsuno.saving.checkpoint import Checkpoints

_SHARE = 0.03
"""The part of the time that saving may cost."""
_SECONDS = 5.0
"""The least time between two saves within an epoch."""
_SPEED = 5e8
"""Bytes per second that saving is taken to handle before the first save has shown it."""
_NEVER = 1 << 30
_TERMINATED = 128 + signal.SIGTERM


class BackupAndRestore(Callback):
    """Saves the training in progress, and takes it up again when `fit` is called after a crash.

    A program that was killed is started again as it was: training goes on where the last save was, and ends with the
    same numbers to the last bit as if nothing had happened, with shuffling, dropout, callbacks and metrics.
    `fit(..., resume="folder")` is this with `save_freq="auto"` and `delete_checkpoint=False`.

    Args:
        backup_dir: the folder of the saves; other files in it are left alone.
        save_freq: `"epoch"`, after each epoch; an integer, also after so many steps; `"auto"`, after each epoch and
            every few seconds. Except with an integer, a save is left out while saving would cost more than 3 % of the
            time.
        double_checkpoint: accepted for compatibility; the last `keep` saves are always there.
        delete_checkpoint: whether to delete the saves when training has come to its end.
        keep: how many saves to keep.

    SIGTERM, which is how machines announce that they will be taken away, ends the dispatch at work (at most about a
    second), saves, and exits with code 143.

    Raises:
        ValueError: what was saved is of another model, optimizer or data.

    Example:
        >>> import tempfile
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     first = model.fit(np.ones((8, 1)), np.ones((8, 1)), epochs=2, verbose=0, resume=folder)
        ...     again = model.fit(np.ones((8, 1)), np.ones((8, 1)), epochs=3, verbose=0, resume=folder)
        >>> again.epoch
        [0, 1, 2]
    """

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Literal["epoch", "auto"] | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
        keep: PositiveInt = 2,
    ) -> None:
        super().__init__()
        if not str(backup_dir):
            raise invalid("BackupAndRestore.backup_dir", "the path of a folder", backup_dir)
        is_count = isinstance(save_freq, (int, np.integer)) and not isinstance(save_freq, bool) and save_freq > 0
        if save_freq not in ("epoch", "auto") and not is_count:
            raise invalid("BackupAndRestore.save_freq", "'epoch', 'auto' or a positive number of steps", save_freq)
        self.backup_dir, self.save_freq = backup_dir, save_freq
        self.double_checkpoint, self.delete_checkpoint, self.keep = double_checkpoint, delete_checkpoint, keep
        self._files = Checkpoints(Path(backup_dir), keep)
        self._writer: threading.Thread | None = None
        self._problem: BaseException | None = None
        self._asked_to_end = self._warned = False
        self._previous: Any = None
        self._saved_at, self._cost, self._write_cost = 0.0, 0.0, 0.0
        self._place: tuple[int, int] = (0, 0)

    # ------------------------------------------------------------------ what the loop calls

    def take_up(self, run: Any) -> None:
        """Bring a run that is about to begin to where the last one was saved."""
        self._place = (run.epoch, run.step)
        size = sum(variable._value.nbytes for variable in run.variables().values())
        self._saved_at, self._cost, self._write_cost = time.perf_counter(), size / _SPEED, 0.0
        data = self._files.read()
        if data is not None:
            restore(run, data, self._others(run))
            self._place = (run.epoch, run.step)
        self._listen()

    def on_boundary(self, run: Any) -> None:
        """Save if it is time; called between two dispatches, when all is at rest."""
        place = (run.epoch, run.step)
        ending = self._asked_to_end or (run.ended and not self.delete_checkpoint)
        if place == self._place and not self._asked_to_end:
            return
        if run.model.stop_training and run.step:
            return  # a hook has stopped training within an epoch: that is settled at its end
        if not (ending or self._is_due(run)):
            return
        started = time.perf_counter()
        self._finish_writing()
        snapshot = take(run, self._others(run))
        self._place, self._saved_at = place, time.perf_counter()
        self._cost = self._saved_at - started
        if all_finite(run.model.trainable_variables):
            self._writer = threading.Thread(target=self._write, args=(snapshot,), name="tsuno-backup")
            self._writer.start()
        else:
            self._refuse(run)
        if ending:
            self._finish_writing()
        if self._asked_to_end:
            self._leave()

    def steps_left(self, run: Any) -> int:
        """The most steps that may run until a save may be due."""
        if isinstance(self.save_freq, str):
            return _NEVER
        return int(self.save_freq) - run.step % int(self.save_freq)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint:
            self._finish_writing()
            self._files.remove()

    def close(self) -> None:
        """Finish what is being written, and leave signals to those who had them before."""
        self._stop_listening()
        self._finish_writing()

    def get_state(self) -> dict[str, Any]:
        return {}

    # ------------------------------------------------------------------ when and how

    def _is_due(self, run: Any) -> bool:
        waited = time.perf_counter() - self._saved_at
        if run.step and run.step == run.data.steps and run.logs and self.save_freq == "epoch":
            return False  # the epoch's end comes next
        if isinstance(self.save_freq, str):
            if run.step and (self.save_freq == "epoch" or waited < _SECONDS):
                return False
            return waited * _SHARE >= self._cost + self._write_cost
        return not run.step or run.step % int(self.save_freq) == 0

    def _others(self, run: Any) -> list[Any]:
        return [each for each in run.watchers.callbacks if not hasattr(each, "on_boundary")]

    def _write(self, snapshot: Callable[[], dict[str, Any]]) -> None:
        started = time.perf_counter()
        try:
            self._files.write(snapshot())
        except BaseException as problem:
            self._problem = problem
        self._write_cost = time.perf_counter() - started

    def _refuse(self, run: Any) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"In epoch {run.epoch + 1} the weights are no longer finite numbers: they do not replace the saves in "
                f"{str(self.backup_dir)!r}. Use callbacks.DetectAnomaly() to find out why.",
                stacklevel=3,
            )

    def _finish_writing(self) -> None:
        if self._writer is not None:
            self._writer.join()
            self._writer = None
        problem, self._problem = self._problem, None
        if problem is not None:
            warnings.warn(f"Training could not be saved in {str(self.backup_dir)!r}: {problem}", stacklevel=2)

    def _leave(self) -> None:
        """End the process, as it was asked to."""
        print(f"Training was asked to end. Started again, it goes on from what is saved in {str(self.backup_dir)!r}.")
        previous = self._stop_listening()
        if callable(previous):
            signal.raise_signal(signal.SIGTERM)  # whoever listened before hears of it too
        raise SystemExit(_TERMINATED)

    def _stop_listening(self) -> Any:
        """Leave SIGTERM to who had it before; returns that handler."""
        previous, self._previous, self._asked_to_end = self._previous, None, False
        if previous is not None:
            signal.signal(signal.SIGTERM, previous)
        return previous

    def _listen(self) -> None:
        """Take SIGTERM as a wish to end soon; a second one ends at once."""
        if threading.current_thread() is not threading.main_thread() or self._previous is not None:
            return

        def ask(number: int, frame: Any) -> None:
            if self._asked_to_end:
                signal.signal(signal.SIGTERM, self._previous)
                signal.raise_signal(signal.SIGTERM)
            self._asked_to_end = True

        self._previous = signal.signal(signal.SIGTERM, ask) or signal.SIG_DFL


def take(run: Any, callbacks: list[Any]) -> Callable[[], dict[str, Any]]:
    """A copy of all that a run is, and a function that turns it into plain data and arrays."""
    run.settle()
    arrays = [np.array(value) for value in engine.fetch([each._value for each in run.variables().values()])]
    plain = {
        "epoch": run.epoch,
        "step": run.step,
        "stopped": bool(run.exhausted or run.model.stop_training),
        "place": run.place,
        "validation_place": run.validation_place,
        "logs": engine.fetch(run.logs),
        "paths": list(run.variables()),
        "seeds": seeds.position(),
        "callbacks": [(type(each).__name__, copy.deepcopy(state_of(each))) for each in callbacks],
    }
    return lambda: {**plain, "arrays": arrays}


def restore(run: Any, data: dict[str, Any], callbacks: list[Any]) -> None:
    """Make a run what it was."""
    table = run.variables()
    there = [(path, array.shape, str(array.dtype)) for path, array in zip(data["paths"], data["arrays"], strict=True)]
    here = [(path, variable.shape, str(variable._value.dtype)) for path, variable in table.items()]
    if [each[1:] for each in there] != [each[1:] for each in here]:
        differing = next((pair for pair in zip(there, here, strict=False) if pair[0][1:] != pair[1][1:]), None)
        found, wanted = differing or (f"{len(there)} variables", f"{len(here)}")
        raise ValueError(
            f"The checkpoint is of another model, optimizer or choice of metrics: it has {found} where there is now "
            f"{wanted}. Give another folder to train this one anew."
        )
    run.epoch, run.step, run.place = data["epoch"], data["step"], data["place"]
    run.validation_place, run.logs = data["validation_place"], data["logs"]
    run.data.go_to(run.place)
    if run.validation is not None and run.validation_place is not None:
        run.validation.go_to(run.validation_place)
    if run.step:
        run.begin_again()
    for variable, array in zip(table.values(), data["arrays"], strict=True):
        variable._value = engine.copy(engine.put(array))
    remembered = _by_class(data["callbacks"])
    for key, callback in _by_class([(type(each).__name__, each) for each in callbacks]).items():
        if key in remembered:
            take_state(callback, remembered[key])
    seeds.go_to(data["seeds"])
    run.ended = data["stopped"]


def _by_class(pairs: Iterable[tuple[str, Any]]) -> dict[tuple[str, int], Any]:
    """Values by the name of a class and a number: another callback in between changes nothing."""
    found: dict[tuple[str, int], Any] = {}
    counts: Counter[str] = Counter()
    for name, value in pairs:
        found[name, counts[name]] = value
        counts[name] += 1
    return found


def state_of(callback: Any) -> dict[str, Any]:
    """What a callback remembers; of one that only follows the protocol, its plain attributes."""
    get: Any = getattr(callback, "get_state", None)
    return dict(plain_attributes(callback) if get is None else get())


def take_state(callback: Any, state: dict[str, Any]) -> None:
    """Let a callback remember what it did."""
    take: Any = getattr(callback, "set_state", None)
    if take is None:
        vars(callback).update(state)
    else:
        take(state)
