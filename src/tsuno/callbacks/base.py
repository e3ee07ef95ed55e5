"""The protocol of callbacks, the list that calls them, and the two simplest.

A callback is anything with the hooks below; it need not inherit from `Callback`. Hooks around batches cost speed, for
many steps run in one dispatch: `batch_hooks` says what a callback needs, see `Callback`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from tsuno.core.config import Configurable

Logs = dict[str, Any]
PHASES = ("train", "test", "predict")


class Callback(Configurable):
    """Base of callbacks: override the hooks that you need.

    Logs are dicts from names such as `"loss"` to numbers.

    Attributes:
        model: the model at work.
        params: a dict with `verbose`, `epochs` and `steps`.
        batch_hooks: how the hooks around batches are to be called. `"step"`, the default: around each step, which
        then run
            one by one, so that a hook may change the model or the learning rate. `"every"`: for every batch in order,
            with its logs, but after several have run; right for hooks that only read their logs. `"latest"`: only for
            the last batch of each dispatch.

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

    batch_hooks: Literal["step", "every", "latest"] = "step"

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


class History(Callback):
    """The logs of every epoch; `fit` returns one.

    Attributes:
        history: a dict from names to lists with a number per epoch.
        epoch: the numbers of the epochs.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=3, verbose=0)
        >>> history.epoch, len(history.history["loss"])
        ([0, 1, 2], 3)
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history)}>"


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


class CallbackList:
    """Callbacks called together, each hook in the order of the list.

    Args:
        callbacks: the callbacks.
        add_history: whether to add a `History`.
        add_progbar: whether to add a `ProgbarLogger`.
        model: the model they watch.
        **params: what callbacks read as `params`.
    """

    def __init__(
        self,
        callbacks: Sequence[Any] | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        given = callbacks if isinstance(callbacks, (list, tuple)) else [] if callbacks is None else [callbacks]
        self.callbacks: list[Any] = [
            each for item in given for each in (item if isinstance(item, (list, tuple)) else [item])
        ]
        self.history = next((each for each in self.callbacks if isinstance(each, History)), None)
        if add_progbar and not any(type(each).__name__ == "ProgbarLogger" for each in self.callbacks):
            self.callbacks.insert(0, _progbar())
        if add_history and self.history is None:
            self.history = History()
            self.callbacks.append(self.history)
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    def append(self, callback: Any) -> None:
        self.callbacks.append(callback)

    def set_params(self, params: dict[str, Any]) -> None:
        for callback in self.callbacks:
            if hasattr(callback, "set_params"):
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def watching(self, phase: str, need: str) -> list[Any]:
        """The callbacks with hooks around the batches of a phase that are to be called in one way."""
        return [
            callback
            for callback in self.callbacks
            if getattr(callback, "batch_hooks", "step") == need and _overrides(callback, *_batch_hooks(phase))
        ]

    def reads_epochs(self) -> bool:
        """Whether anybody but a `History` looks at the end of an epoch, or could act at its beginning."""
        return any(
            type(callback) is not History and _overrides(callback, "on_epoch_begin", "on_epoch_end")
            for callback in self.callbacks
        )

    def __getattr__(self, hook: str) -> Callable[..., None]:
        if not hook.startswith("on_"):
            raise AttributeError(hook)

        def call(*args: Any, **kwargs: Any) -> None:
            for callback in self.callbacks:
                call_hook(callback, hook, *args, **kwargs)

        return call


def call_hook(callback: Any, hook: str, *args: Any, **kwargs: Any) -> None:
    """Call a hook, if the callback has it."""
    method = getattr(callback, hook, None)
    if method is not None:
        method(*args, **kwargs)


def _batch_hooks(phase: str) -> tuple[str, ...]:
    names = (f"on_{phase}_batch_begin", f"on_{phase}_batch_end")
    return (*names, "on_batch_begin", "on_batch_end") if phase == "train" else names


def _overrides(callback: Any, *hooks: str) -> bool:
    for hook in hooks:
        method = getattr(callback, hook, None)
        if method is not None and getattr(method, "__func__", method) is not getattr(Callback, hook, None):
            return True
    return False


progbar_class: list[Callable[[], Any]] = []
"""The progress bar that `add_progbar` adds, entered by `callbacks.progress`."""


def _progbar() -> Any:
    return progbar_class[0]()
