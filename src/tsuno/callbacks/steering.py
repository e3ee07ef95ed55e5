"""Callbacks that steer training: when it stops, and how fast it goes."""

from __future__ import annotations

import math
import operator
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import numpy as np

from tsuno.callbacks.base import Callback, Logs, spellings
from tsuno.core.errors import invalid, suggest
from tsuno.core.settings import log_output
from tsuno.core.validate import NonNegative, NonNegativeInt
from tsuno.core.variable import all_finite, bind, unbind
from tsuno.optimizers.schedules import LearningRateSchedule

_RISES = re.compile(r"(?i)(acc|accuracy|auc|precision|recall|iou|io_u|f1|f1_?score|fbeta_?score|r2_?score)$")
_FALLS = re.compile(r"(?i)(loss|error|crossentropy|divergence|mse|mae|mape|msle)$")


def direction_of(name: str, model: Any = None) -> str | None:
    """Whether a number in the logs is better when high, `"max"`, or low, `"min"`; None where nobody can tell."""
    name = name.removeprefix("val_")
    for metric in getattr(model, "metrics", ()):
        direction = getattr(metric, "_direction", None)
        if direction is not None and name in spellings(metric.name):
            return "max" if direction == "up" else "min"
    return "max" if _RISES.search(name) else "min" if _FALLS.search(name) else None


class MonitorCallback(Callback):
    """Base of callbacks that watch one number for improvement.

    Args:
        monitor: the name of the number, such as `"val_loss"`.
        mode: `"min"`, `"max"`, or `"auto"` to tell from the model's metrics, or else from the name.
        baseline: the value to beat first; None takes the first value as the best so far.
        min_delta: how much better the number must get to count as improved.

    Attributes:
        best: the best value so far; None before there is one.
        monitor_op: a function that tells whether a first value is better than a second.

    Example:
        >>> class Applause(tsuno.callbacks.MonitorCallback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         value = self.get_monitor_value(logs)
        ...         if self._is_improvement(value, self.best):
        ...             self.best = value
        ...             print(f"{self.monitor} is {value}!")
        >>> applause = Applause("loss")
        >>> for epoch, loss in enumerate([0.5, 0.7, 0.4]):
        ...     applause.on_epoch_end(epoch, {"loss": loss})
        loss is 0.5!
        loss is 0.4!
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: Literal["auto", "min", "max"] = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ) -> None:
        super().__init__()
        self.monitor, self.mode, self.best, self.min_delta = monitor, mode, baseline, abs(min_delta)
        self.monitor_op: Callable[[Any, Any], Any] | None = None

    def _set_monitor_op(self) -> None:
        direction = self._direction() if self.mode == "auto" else self.mode
        self.monitor_op = operator.gt if direction == "max" else operator.lt

    def _direction(self) -> str:
        direction = direction_of(self.monitor, self.model)
        if direction is None:
            raise ValueError(
                f"{type(self).__name__} cannot tell whether {self.monitor!r} is better when it is high or low: pass "
                "mode='max' or mode='min'."
            )
        return direction

    def _is_improvement(self, monitor_value: Any, reference_value: Any) -> bool:
        """Whether a value is better than another by at least `min_delta`; any is better than None or NaN."""
        if self.monitor_op is None:
            self._set_monitor_op()  # late, for by now the model has its metrics
        assert self.monitor_op is not None
        if reference_value is None:
            return True
        if reference_value != reference_value:
            return bool(monitor_value == monitor_value)
        margin = self.min_delta if self.monitor_op is operator.gt else -self.min_delta
        return bool(self.monitor_op(monitor_value - margin, reference_value))

    def get_monitor_value(self, logs: Logs | None) -> Any:
        """The number that is watched; None, with a warning, where the logs lack it."""
        name = find_name(self.monitor, logs or {})
        if name is None:
            warnings.warn(f"{missing(self, logs or {})} Nothing is done.", stacklevel=3)
            return None
        return (logs or {})[name]


def find_name(name: str, logs: Iterable[str]) -> str | None:
    """The name under which logs have a number; `acc` finds `accuracy`."""
    names = set(logs)
    return next((each for each in spellings(name) if each in names), None)


def missing(callback: MonitorCallback, logs: Mapping[str, Any]) -> str:
    """The sentence that says that logs lack the number a callback watches."""
    names = ", ".join(map(repr, logs))
    near = suggest(callback.monitor, logs) if logs else ""
    hint = near if near.startswith(" Did") else ""
    return f"{type(callback).__name__} watches {callback.monitor!r}, which is not among the logs: {names}.{hint}"


def say(message: str) -> None:
    """Print a line, or log it if interactive logging is off."""
    log_output().write(f"{message}\n")


def parts_of(optimizer: Any) -> list[Any]:
    """The optimizers that have a learning rate and averages of their own: one, or those inside a `MultiOptimizer`."""
    return list(_named_parts(optimizer).values())


def _named_parts(optimizer: Any) -> dict[str, Any]:
    """The same by name; one alone needs none."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return {part.name: part for part in inner.optimizers} if hasattr(inner, "optimizers") else {"": inner}


def _note_rates(model: Any, logs: Logs) -> None:
    for name, part in _named_parts(model.optimizer).items():
        logs[f"learning_rate_{name}" if name else "learning_rate"] = float(part.learning_rate)


class EarlyStopping(MonitorCallback):
    """Stops training when a number no longer improves.

    Args:
        monitor: the name of the number, such as `"val_loss"`.
        min_delta: how much better it must get to count as improved.
        patience: how many epochs without improvement to wait for.
        verbose: 1 to say when training stops.
        mode: `"min"`, `"max"`, or `"auto"` to tell from the name.
        baseline: a value that must be beaten for training to go on.
        restore_best_weights: whether to go back to the weights of the best epoch at the end.
        start_from_epoch: the first epoch that counts.

    Example:
        >>> tsuno.callbacks.EarlyStopping(monitor="val_loss", patience=3)
        EarlyStopping(patience=3)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: NonNegativeInt = 0,
        verbose: int = 0,
        mode: Literal["auto", "min", "max"] = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: NonNegativeInt = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.best_weights: Any = None
        self.wait = self.stopped_epoch = self.best_epoch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.best = self.best_weights = None
        self.wait = self.stopped_epoch = self.best_epoch = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ReduceLROnPlateau(MonitorCallback):
    """Lowers the learning rate when a number no longer improves.

    Args:
        monitor: the name of the number, such as `"val_loss"`.
        factor: what the rate is multiplied by, below 1.
        patience: how many epochs without improvement to wait for.
        verbose: 1 to say when the rate is lowered.
        mode: `"min"`, `"max"`, or `"auto"` to tell from the name.
        min_delta: how much better the number must get to count as improved.
        cooldown: how many epochs to wait after lowering before counting again.
        min_lr: the lowest rate.
        baseline: a value that must be beaten from the start to count as improved.

    Example:
        >>> tsuno.callbacks.ReduceLROnPlateau(factor=0.5, patience=2)
        ReduceLROnPlateau(factor=0.5, patience=2)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: NonNegativeInt = 10,
        verbose: int = 0,
        mode: Literal["auto", "min", "max"] = "auto",
        min_delta: float = 1e-4,
        cooldown: NonNegativeInt = 0,
        min_lr: float = 0.0,
        *,
        baseline: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, baseline, min_delta)
        if factor >= 1.0:
            raise invalid("ReduceLROnPlateau.factor", "below 1", factor)
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr, self.baseline = cooldown, min_lr, baseline
        self.wait = self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.best = self.baseline
        self.wait = self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        _note_rates(self.model, logs)
        current = self.get_monitor_value(logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 0

    def _reduce(self, epoch: int) -> bool:
        """Lower the rates that are not at their lowest yet; whether there were any."""
        parts = _named_parts(self.model.optimizer)
        lowered = {name: part for name, part in parts.items() if float(part.learning_rate) > np.float32(self.min_lr)}
        for name, part in lowered.items():
            new = max(float(part.learning_rate) * self.factor, self.min_lr)
            part.learning_rate = new
            if self.verbose > 0:
                whose = f" {name}" if name else ""
                say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing{whose} learning rate to {new}.")
        return bool(lowered)

    def in_cooldown(self) -> bool:
        """Whether epochs do not count yet, since the rate was just lowered."""
        return self.cooldown_counter > 0


class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch.

    Args:
        schedule: a function of `(epoch, rate)`, or of `(epoch)`, that returns the rate of the epoch.
        verbose: 1 to say the rate of each epoch.

    Example:
        >>> tsuno.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9).verbose
        0
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        if not callable(schedule):
            raise invalid("LearningRateScheduler.schedule", "a function of (epoch, rate)", schedule)
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for name, part in _named_parts(self.model.optimizer).items():
            part.learning_rate = rate = self._rate(part, epoch)
            if self.verbose > 0:
                whose = f"{name} " if name else ""
                say(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {whose}learning rate to {rate}.")

    def _rate(self, optimizer: Any, epoch: int) -> float:
        if isinstance(optimizer._learning_rate, LearningRateSchedule):
            raise ValueError(
                "LearningRateScheduler cannot set the rate of an optimizer that follows a schedule already; compile "
                "with a number."
            )
        try:
            rate = self.schedule(epoch, float(optimizer.learning_rate))
        except TypeError:  # a function of the epoch alone
            rate = self.schedule(epoch)
        if rate is None or isinstance(rate, bool) or (not np.isscalar(rate) and np.ndim(rate) != 0):
            raise invalid("LearningRateScheduler.schedule", "a function that returns a number", rate)
        return float(rate)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            _note_rates(self.model, logs)


class TerminateOnNaN(Callback):
    """Stops training when the loss is not a number, or infinite.

    Args:
        raise_error: raise an error instead of ending training in good order.
        restore: put weights and the optimizer's state back to what they were when the epoch began, or an earlier one if
            they were not finite then either.

    Raises:
        RuntimeError: the loss is not finite and `raise_error` is set.

    Example:
        >>> tsuno.callbacks.TerminateOnNaN(restore=True)
        TerminateOnNaN(restore=True)
    """

    batch_hooks = "every"
    comes_first = True

    def __init__(self, raise_error: bool = False, restore: bool = False) -> None:
        super().__init__()
        self.raise_error, self.restore = raise_error, restore
        self._finite: dict[str, Any] | None = None
        self._last: Logs = {}

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._last = {}
        if self.restore and all_finite(self.model.weights):
            self._finite = unbind([self.model, self.model.optimizer])

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss) or self.model.stop_training:
            return
        self.model.stop_training = True
        self._last = dict(logs or {})
        if self._finite is not None:
            bind([self.model, self.model.optimizer], self._finite)
        if self.raise_error:
            raise RuntimeError(f"The loss of batch {batch} is {loss}; training ends (TerminateOnNaN).")
        say(f"Batch {batch}: Invalid loss, terminating training")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        # Steps that ran in the same dispatch after the bad one do not count.
        if logs is not None:
            logs |= self._last

    def close(self) -> None:
        self._finite = None


class MaxTime(Callback):
    """Stops training when a time has passed, at the end of the step, or run of steps, that it falls in.

    Args:
        seconds: how long training may take; of a run that goes on from a checkpoint, all its parts together.
        verbose: 1 to say when training stops.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> brief = tsuno.callbacks.MaxTime(0.05)
        >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=10**8, verbose=0, callbacks=[brief])
        >>> len(history.epoch) < 10**8
        True
    """

    def __init__(self, seconds: NonNegative, verbose: int = 0) -> None:
        super().__init__()
        self.seconds, self.verbose = seconds, verbose
        self._spent, self._started = 0.0, 0.0
        self._alarm: threading.Timer | None = None

    def get_state(self) -> dict[str, Any]:
        running = time.perf_counter() - self._started if self._alarm is not None else 0.0
        return {"spent": self._spent + running}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._start(state["spent"])

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start(0.0)

    def _start(self, spent: float) -> None:
        self.close()
        self._spent, self._started = spent, time.perf_counter()
        # A thread that wakes once costs no step anything.
        self._alarm = threading.Timer(max(self.seconds - spent, 0), self._stop)
        self._alarm.daemon = True
        self._alarm.start()

    def _stop(self) -> None:
        self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.get_state()["spent"] >= self.seconds:
            if self.verbose > 0:
                say(f"Epoch {epoch + 1}: the time of {self.seconds} s is over")
            self._stop()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.close()

    def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._spent = self.get_state()["spent"]
            self._alarm = None
