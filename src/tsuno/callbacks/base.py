"""The protocol of callbacks, and the simplest.

A callback is anything with the hooks below; it need not inherit from `Callback`. Hooks around batches cost speed, for
many steps run in one dispatch: `batch_hooks` says what a callback needs, see `Callback`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from tsuno.core.config import Configurable
from tsuno.core.errors import suggest

Logs = dict[str, Any]
BatchHooks = Literal["step", "every", "latest", "never"]


class Callback(Configurable):
    """Base of callbacks: override the hooks that you need.

    Logs are dicts from names such as `"loss"` to numbers.

    Attributes:
        model: the model at work.
        params: a dict with `verbose`, `epochs` and `steps`.
        batch_hooks: how the hooks around batches are to be called. `"step"`, the default: around each step, which
            then run one by one, so that a hook may change the model or the learning rate. `"every"`: for every batch in
            order, with its logs, but after several have run; right for hooks that only read their logs. `"latest"`:
            only for the last batch of each dispatch. `"never"`: not at all.

    A callback may also have `observe` and `observed`, or `transform`: see `callbacks/looking.py`; and `comes_first`, to
    be called before the others.

    Example:
        >>> class Shout(tsuno.callbacks.Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print("epoch", epoch)
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[Shout()])
        epoch 0
        epoch 1
    """

    batch_hooks: BatchHooks = "step"

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The model at work."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self._model = model

    def get_state(self) -> dict[str, Any]:
        """What makes training that was interrupted go on as if it had not been: by default every attribute that is
        plain data (numbers, strings, arrays, and lists and dicts of them) and no argument of the constructor."""
        return plain_attributes(self)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up what `get_state` gave; called after `on_train_begin` of the training that goes on."""
        vars(self).update(state)

    def close(self) -> None:
        """Let go of files and threads; called however training ends."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a step of training."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a step of training."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a step of evaluation or validation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a step of evaluation or validation."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a step of prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a step of prediction; `logs["outputs"]` holds its outputs."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before training."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After training."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before evaluation or validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After evaluation or validation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After prediction."""


def plain_attributes(callback: Any) -> dict[str, Any]:
    """The attributes of a callback, or of anything that follows the protocol, that are plain data."""
    passed_on = {"params", "model", "_model", "_arguments", *getattr(callback, "_arguments", {})}
    return {name: value for name, value in vars(callback).items() if name not in passed_on and _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return type(value) in (list, tuple) and all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return value is None or isinstance(value, (bool, int, float, str, np.ndarray, np.generic))


_NAMES = (
    ("lr", "learning_rate"), ("acc", "accuracy"), ("mean_absolute_error", "mae"), ("mean_squared_error", "mse"),
    ("mean_absolute_percentage_error", "mape"), ("mean_squared_logarithmic_error", "msle"),
)  # fmt: skip


def spellings(name: str) -> list[str]:
    """A name in logs, and the same with the word that another version of Keras has for its last part."""
    found = [name]
    for pair in _NAMES:
        for ending, other in (pair, pair[::-1]):
            if name == ending or name.endswith(f"_{ending}"):
                found.append(name[: len(name) - len(ending)] + other)
    return found


class ByOldNamesToo(dict[str, Any]):
    """Logs, or a history: what the names of a decade of programs mean is found as well."""

    def __missing__(self, name: str) -> Any:
        for other in spellings(name):
            if dict.__contains__(self, other):
                return self[other]
        raise KeyError(f"{name!r} is not in the history, which has {', '.join(map(repr, self))}.{suggest(name, self)}")

    def __contains__(self, name: object) -> bool:
        return any(dict.__contains__(self, each) for each in (name, *spellings(str(name))))

    def get(self, name: str, default: Any = None) -> Any:
        """What is under a name, today's or the old one."""
        try:
            return self[name]
        except KeyError:
            return default


class LambdaCallback(Callback):
    """Functions of your own as a callback.

    Args:
        on_epoch_begin: a function of `(epoch, logs)`.
        on_epoch_end: a function of `(epoch, logs)`.
        on_train_begin: a function of `(logs)`.
        on_train_end: a function of `(logs)`.
        on_train_batch_begin: a function of `(batch, logs)`.
        on_train_batch_end: a function of `(batch, logs)`.
        **kwargs: any other hook by its name.

    Example:
        >>> printer = tsuno.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print("epoch", epoch))
        >>> printer.on_epoch_end(0, {})
        epoch 0
    """

    _takes_any = True

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Callable[..., Any],
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end, "on_train_begin": on_train_begin,
            "on_train_end": on_train_end, "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end, **kwargs,
        }  # fmt: skip
        for name, function in given.items():
            if function is not None:
                setattr(self, name, function)
