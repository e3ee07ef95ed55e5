"""The list that calls callbacks, and what it knows of their needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from tsuno.callbacks.base import Callback
from tsuno.callbacks.history import History
from tsuno.callbacks.progress import ProgbarLogger


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
        self.callbacks = as_list(callbacks)
        self.history = next((each for each in self.callbacks if isinstance(each, History)), None)
        if add_progbar and not any(type(each).__name__ == "ProgbarLogger" for each in self.callbacks):
            self.callbacks.insert(0, ProgbarLogger())
        if add_history and self.history is None:
            self.history = History()
            self.callbacks.append(self.history)
        self.callbacks.sort(key=lambda each: not getattr(each, "comes_first", False))
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

    def close(self) -> None:
        """Let callbacks let go of files and threads, each of them whatever happens to the others."""
        with ExitStack() as stack:
            for callback in self.callbacks:
                if hasattr(callback, "close"):
                    stack.callback(callback.close)

    def __getattr__(self, hook: str) -> Callable[..., None]:
        if not hook.startswith("on_"):
            raise AttributeError(hook)

        def call(*args: Any, **kwargs: Any) -> None:
            for callback in self.callbacks:
                call_hook(callback, hook, *args, **kwargs)

        return call


def as_list(callbacks: Any) -> list[Any]:
    """The callbacks in one, none, a list, or a list with lists in it."""
    if callbacks is None:
        return []
    if isinstance(callbacks, CallbackList):
        return list(callbacks.callbacks)
    given = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    return [each for item in given for each in (item if isinstance(item, (list, tuple)) else [item])]


def call_hook(callback: Any, hook: str, *args: Any, **kwargs: Any) -> None:
    """Call a hook, if the callback has it; where there are no logs yet, it gets an empty dict."""
    method = getattr(callback, hook, None)
    if method is not None:
        numbered = "_batch_" in hook or "_epoch_" in hook
        logs: tuple[Any, ...] = ({},) if len(args) + len(kwargs) < 1 + numbered else ()
        method(*args, *logs, **kwargs)


def _batch_hooks(phase: str) -> tuple[str, ...]:
    names = (f"on_{phase}_batch_begin", f"on_{phase}_batch_end")
    return (*names, "on_batch_begin", "on_batch_end") if phase == "train" else names


def _overrides(callback: Any, *hooks: str) -> bool:
    for hook in hooks:
        method = getattr(callback, hook, None)
        if method is not None and getattr(method, "__func__", method) is not getattr(Callback, hook, None):
            return True
    return False
