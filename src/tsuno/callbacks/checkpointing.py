"""Callbacks that save the model while it trains: to files of Keras, and to folders of Orbax.

Both decide alike when to save (`_Saving`); a model that is not finite never takes the place of one that is.
"""

from __future__ import annotations

import os
import warnings
from collections import deque
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tsuno.callbacks.base import Callback, Logs
from tsuno.callbacks.steering import MonitorCallback, find_name, missing, say
from tsuno.core.errors import invalid, suggest
from tsuno.core.validate import PositiveInt
from tsuno.core.variable import all_finite
from tsuno.saving import orbax


class _Saving(MonitorCallback):
    """What callbacks that save share: when it is time, and whether the model is the best so far."""

    def __init__(
        self,
        monitor: str,
        mode: Literal["auto", "min", "max"],
        best: float | None,
        verbose: int,
        save_best_only: bool,
        save_freq: Any,
    ) -> None:
        super().__init__(monitor, mode, best)
        whole = isinstance(save_freq, (int, np.integer)) and not isinstance(save_freq, bool) and save_freq > 0
        if save_freq != "epoch" and not whole:
            raise invalid(f"{type(self).__name__}.save_freq", "'epoch' or a positive number of batches", save_freq)
        self.verbose, self.save_best_only, self.save_freq = verbose, save_best_only, save_freq
        self._batches_seen_since_last_saving = 0
        self._last_batch_seen: int | None = None
        self._current_epoch = 0
        self._warned = False
        if save_freq == "epoch" and type(self).on_train_batch_end is _Saving.on_train_batch_end:
            vars(self)["on_train_batch_end"] = Callback.on_train_batch_end.__get__(self)  # no step needs to be watched

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._warned = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._current_epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._should_save_on_batch(batch):
            self._consider(self._current_epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch" and (epoch + 1) % getattr(self.save_freq, "epochs", 1) == 0:
            self._consider(epoch, None, logs or {})

    def _should_save_on_batch(self, batch: int) -> bool:
        """Whether so many batches have run since the last time; counts them."""
        if self.save_freq == "epoch":
            return False
        last = self._last_batch_seen
        self._batches_seen_since_last_saving += batch + 1 if last is None or batch <= last else batch - last
        self._last_batch_seen = batch
        if self._batches_seen_since_last_saving < self.save_freq:
            return False
        self._batches_seen_since_last_saving = 0
        return True

    def _consider(self, epoch: int, batch: int | None, logs: Logs) -> None:
        """Save the model, if it is to be saved now."""
        raise NotImplementedError

    def _is_best(self, epoch: int, logs: Logs, place: Any) -> bool:
        """Whether the number that is watched is better than ever; remembers it."""
        name = find_name(self.monitor, logs)
        if name is None:
            validated = any(key.startswith("val_") for key in logs)
            if self.monitor.startswith("val_") and not validated and self.params.get("validates"):
                return False  # an epoch between two validations
            raise ValueError(f"{missing(self, logs)} Pass `monitor`, or save_best_only=False to save every time.")
        current, before = logs[name], self.best
        if np.ndim(current):
            raise ValueError(f"{type(self).__name__} watches {name!r}, which is no single number but {current}.")
        if not np.isfinite(current) and np.isfinite(before if before is not None else 0.0):
            self._refuse(place, name)
            return False
        shown = "None" if before is None else f"{before:.5f}"
        if not self._is_improvement(current, before):
            if self.verbose > 0:
                say(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {shown}")
            return False
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: {self.monitor} improved from {shown} to {current:.5f}, saving model to {place}")
        self.best = float(current)
        return True

    def _is_healthy(self, logs: Logs) -> bool:
        return bool(np.isfinite(logs.get("loss", 0.0)).all()) and all_finite(self.model.weights)

    def _refuse(self, place: Any, what: str = "the loss or a weight") -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"{type(self).__name__} does not save `{self.model.name}` to {str(place)!r}: {what} is no longer "
                "finite. This is said once.",
                stacklevel=4,
            )


class ModelCheckpoint(_Saving):
    """Saves the model, or its weights, every epoch or every so many batches.

    A file appears whole or not at all. A model whose loss or weights are not finite does not replace a file.

    Args:
        filepath: the file; ends in `.keras` or `.h5`, with `save_weights_only` in `.weights.h5` or `.h5`. `{epoch}`
            (counted from 1), `{batch}` and the names of the logs stand for their values, as in
            `"{epoch:02d}-{val_loss:.2f}.keras"`. Folders are made as needed.
        monitor: the name of the number that `save_best_only` watches.
        verbose: 1 to say what is done.
        save_best_only: save only when the number is better than ever.
        save_weights_only: save weights and the optimizer's state, without the configuration.
        mode: `"min"`, `"max"`, or `"auto"` to tell from the model's metrics, or else from the name.
        save_freq: `"epoch"`, or a number of batches.
        initial_value_threshold: the value that the first saved model must be better than.
        keep: how many files stay: of those that this callback wrote the newest, with `save_best_only` the best; None
            for all.
        save_last: also save to `last.keras` (`last.h5`, `last.weights.h5`) in the same folder every time, best or not.

    Raises:
        ValueError: the name of the file has another ending; or `save_best_only` is set and the logs lack the number.
        KeyError: the name of the file asks for something that the logs lack.

    Example:
        >>> import os, tempfile
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     saver = tsuno.callbacks.ModelCheckpoint(folder + "/{epoch:02d}.keras", keep=2)
        ...     history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[saver])
        ...     print(sorted(os.listdir(folder)))
        ['02.keras', '03.keras']
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: Literal["auto", "min", "max"] = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
        *,
        keep: PositiveInt | None = None,
        save_last: bool = False,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold, verbose, save_best_only, save_freq)
        self.filepath, self.save_weights_only = os.fspath(filepath), save_weights_only
        self.initial_value_threshold, self.keep, self.save_last = initial_value_threshold, keep, save_last
        endings = (".weights.h5", ".safetensors", ".h5", ".hdf5") if save_weights_only else (".keras", ".h5", ".hdf5")
        self._ending = next((ending for ending in endings if self.filepath.endswith(ending)), "")
        if not self._ending:
            expected = f"a name that ends in {' or '.join(endings)}{' (weights only)' if save_weights_only else ''}"
            raise invalid("ModelCheckpoint.filepath", expected, self.filepath)
        self._written: list[str] = []

    def _consider(self, epoch: int, batch: int | None, logs: Logs) -> None:
        path = self._get_file_path(epoch, batch, logs)
        chosen = not self.save_best_only or self._is_best(epoch, logs, path)
        if chosen and self._may_write(path, logs):
            if not self.save_best_only and self.verbose > 0:
                say(f"\nEpoch {epoch + 1}: saving model to {path}")
            self._write(path)
            if self.verbose > 0:
                say(f"\nEpoch {epoch + 1}: finished saving model to {path}")
            self._forget_old(path)
        last = str(Path(path).parent / f"last{self._ending}")
        if self.save_last and self._may_write(last, logs):
            self._write(last)

    def _may_write(self, path: str, logs: Logs) -> bool:
        """Whether the model is finite, or nothing is lost if it is not."""
        if Path(path).is_dir():
            raise IsADirectoryError(f"`ModelCheckpoint.filepath` must be a file; {path!r} is a folder.")
        if (Path(path).exists() or (self.keep and self._written)) and not self._is_healthy(logs):
            self._refuse(path)
            return False
        return True

    def _write(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _forget_old(self, path: str) -> None:
        if self.keep is None:
            return
        self._written = [each for each in self._written if each != path] + [path]
        for old in self._written[: -self.keep]:
            Path(old).unlink(missing_ok=True)
        self._written = self._written[-self.keep :]

    def _get_file_path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        values = {"epoch": epoch + 1} if batch is None else {"epoch": epoch + 1, "batch": batch + 1}
        try:
            return self.filepath.format_map(_Named({**values, **logs}))
        except KeyError as problem:
            name = problem.args[0]
            raise KeyError(
                f"`ModelCheckpoint.filepath` {self.filepath!r} asks for {name!r}, which is not among "
                f"{', '.join(map(repr, [*values, *logs]))}.{suggest(name, [*values, *logs])}"
            ) from None


class _Named(dict[str, Any]):
    """Values by name, `acc` being another name of `accuracy`."""

    def __missing__(self, name: str) -> Any:
        found = find_name(name, self)
        if found is None:
            raise KeyError(name)
        return self[found]


class OrbaxCheckpoint(_Saving):
    """Saves the model with Orbax, every epoch or every so many batches, while training goes on.

    Needs `pip install 'tsuno[orbax]'`. The folder has one folder per checkpoint, numbered by epoch (from 0) or batch,
    as Keras writes and reads them; `restore` reads one back, `tsuno.saving.orbax.load` a whole model.

    Args:
        directory: the folder.
        monitor: the name of the number that `save_best_only` watches.
        verbose: 1 to say what is done.
        save_best_only: save only when the number is better than ever.
        mode: `"min"`, `"max"`, or `"auto"` to tell from the model's metrics, or else from the name.
        save_freq: `"epoch"`, or a number of batches.
        initial_value_threshold: the value that the first saved model must be better than.
        max_to_keep: how many checkpoints stay; None for all.
        save_on_background: write while training goes on.
        save_weights_only: leave out the configuration and the states of optimizer and metrics.

    Raises:
        ImportError: Orbax is not installed.
        ValueError: `save_best_only` is set and the logs lack the number.

    Example:
        >>> tsuno.callbacks.OrbaxCheckpoint("checkpoints", max_to_keep=3)
        OrbaxCheckpoint(directory='checkpoints', max_to_keep=3)
    """

    def __init__(
        self,
        directory: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: Literal["auto", "min", "max"] = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: PositiveInt | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold, verbose, save_best_only, save_freq)
        self._orbax = orbax.library("OrbaxCheckpoint")
        self.directory, self.initial_value_threshold = os.fspath(directory), initial_value_threshold
        self.max_to_keep, self.save_on_background = max_to_keep, save_on_background
        self.save_weights_only = save_weights_only
        self.checkpointer: Any = None
        self._total_batches_seen = 0
        self._running: deque[Any] = deque()

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if getattr(model, "optimizer", None) is not None:
            self._total_batches_seen = int(model.optimizer.iterations)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        if self.checkpointer is None:
            self.checkpointer = orbax.open_folder(self.directory, self.max_to_keep)

    def _should_save_on_batch(self, batch: int) -> bool:
        before = self._last_batch_seen
        due = super()._should_save_on_batch(batch)
        self._total_batches_seen += batch + 1 if before is None or batch <= before else batch - before
        return due

    def _consider(self, epoch: int, batch: int | None, logs: Logs) -> None:
        step = epoch if batch is None else self._total_batches_seen
        place = os.path.join(self.directory, str(step))
        if self.save_best_only and not self._is_best(epoch, logs, place):
            return
        latest = self.checkpointer.latest
        if latest is not None and self.max_to_keep is not None and not self._is_healthy(logs):
            self._refuse(self.directory)
            return
        if self.verbose > 0 and not self.save_best_only:
            say(f"\nEpoch {epoch + 1}: saving model to {place}")
        parts = orbax.parts_of(self.model, self.save_weights_only)
        if self.save_on_background:
            self._running.append(self.checkpointer.save_checkpointables_async(step, parts, overwrite=True))
        else:
            self.checkpointer.save_checkpointables(step, parts, overwrite=True)

    def restore(self, step: int | None = None) -> None:
        """Put back into the model what a checkpoint holds; the newest by default.

        Args:
            step: the number of the checkpoint.
        """
        self.wait_until_finished()
        orbax.load_state(self.model, self.directory, step)

    def wait_until_finished(self) -> None:
        """Wait until what is being written has been written; errors of writing are raised here."""
        while self._running:
            self._running.popleft().result()
        self._sync("checkpoint_wait_complete")

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.wait_until_finished()
        self.close()
        self._sync("checkpoint_cleanup")

    def close(self) -> None:
        if self.checkpointer is not None:
            self.checkpointer.close()
            self.checkpointer = None

    def get_state(self) -> dict[str, Any]:
        """The state, once what it speaks of is on the disk."""
        self.wait_until_finished()
        return super().get_state()

    def is_multihost_enabled(self) -> bool:
        """Whether several processes save together."""
        return bool(self._orbax.multihost.is_jax_distributed_client_initialized())

    def is_primary_host(self) -> bool:
        """Whether this process is the first of those that save together, or the only one."""
        return not self.is_multihost_enabled() or bool(self._orbax.multihost.is_primary_host(primary_host=0))

    def _sync(self, key: str) -> None:
        if self.is_multihost_enabled():
            self._orbax.multihost.sync_global_processes(key)
