"""Callbacks that steer training: when it stops, and how fast it goes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from tsuno.callbacks.base import Callback, Logs
from tsuno.core.errors import invalid, suggest
from tsuno.core.validate import NonNegativeInt
from tsuno.optimizers.schedules import LearningRateSchedule


class _Monitor(Callback):
    """What callbacks share that watch one number for improvement."""

    monitor: str
    mode: str
    min_delta: float

    def _set_direction(self, mode: str, name: str) -> None:
        if mode == "auto":
            mode = (
                "max" if name.endswith(("acc", "accuracy", "auc", "AUC", "precision", "recall", "f1_score")) else "min"
            )
        self._sign = 1.0 if mode == "max" else -1.0
        self.best = -np.inf * self._sign

    def _improved(self, value: float, than: float) -> bool:
        return self._sign * (value - than) > self.min_delta

    def _current(self, logs: Logs | None) -> float | None:
        value = (logs or {}).get(self.monitor)
        if value is None:
            names = ", ".join(map(repr, logs or {}))
            warnings.warn(
                f"{type(self).__name__} watches {self.monitor!r}, which is not among the logs: {names}."
                f"{suggest(self.monitor, logs or {})}",
                stacklevel=3,
            )
            return None
        return float(value)


class EarlyStopping(_Monitor):
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
        super().__init__()
        self.monitor, self.min_delta, self.patience, self.verbose = monitor, abs(min_delta), patience, verbose
        self.mode, self.baseline = mode, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.best_weights: Any = None
        self.wait = self.stopped_epoch = self.best_epoch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._set_direction(self.mode, self.monitor)
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self._current(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._improved(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._improved(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ReduceLROnPlateau(_Monitor):
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
    ) -> None:
        super().__init__()
        if factor >= 1.0:
            raise invalid("ReduceLROnPlateau.factor", "below 1", factor)
        self.monitor, self.factor, self.patience, self.verbose = monitor, factor, patience, verbose
        self.mode, self.min_delta, self.cooldown, self.min_lr = mode, min_delta, cooldown, min_lr
        self.wait = self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._set_direction(self.mode, self.monitor)
        self.wait = self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = self._current(logs)
        if current is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self._improved(current, self.best):
            self.best, self.wait = current, 0
        elif self.cooldown_counter <= 0:
            self.wait += 1
            old = float(self.model.optimizer.learning_rate)
            if self.wait >= self.patience and old > np.float32(self.min_lr):
                new = max(old * self.factor, self.min_lr)
                self.model.optimizer.learning_rate = new
                if self.verbose > 0:
                    print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {new}.")
                self.cooldown_counter, self.wait = self.cooldown, 0


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
        optimizer = self.model.optimizer
        if isinstance(optimizer._learning_rate, LearningRateSchedule):
            raise ValueError(
                "LearningRateScheduler cannot set the rate of an optimizer that follows a schedule already; compile "
                "with a number."
            )
        current = float(optimizer.learning_rate)
        try:
            rate = self.schedule(epoch, current)
        except TypeError:  # a function of the epoch alone
            rate = self.schedule(epoch)
        if isinstance(rate, bool) or (not np.isscalar(rate) and np.ndim(rate) != 0):
            raise invalid("LearningRateScheduler.schedule", "a function that returns a number", rate)
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class TerminateOnNaN(Callback):
    """Stops training when the loss is not a number.

    Example:
        >>> tsuno.callbacks.TerminateOnNaN()
        TerminateOnNaN()
    """

    batch_hooks = "every"

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            print(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True
