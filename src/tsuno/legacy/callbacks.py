"""`keras.callbacks` of the past: what callbacks knew of the training that they watch."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from tsuno import callbacks
from tsuno.core import tree
from tsuno.core.validate import PositiveInt
from tsuno.legacy.files import HDF5
from tsuno.legacy.notices import say

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(callbacks.ModelCheckpoint):
    """Saves the model, or its weights, every epoch or every so many batches, in a file of any name.

    Args:
        filepath: the file; see `tsuno.callbacks.ModelCheckpoint`. One with another ending is written in HDF5.
        monitor: the name of the number that `save_best_only` watches.
        verbose: 1 to say what is done.
        save_best_only: save only when the number is better than ever.
        save_weights_only: save weights and the optimizer's state, without the configuration.
        mode: `"min"`, `"max"`, or `"auto"` to tell from the model's metrics, or else from the name.
        save_freq: `"epoch"`, or a number of batches.
        initial_value_threshold: the value that the first saved model must be better than.
        keep: how many files stay; None for all.
        save_last: also save to `last.keras` in the same folder every time.

    Example:
        >>> from tsuno.legacy.callbacks import ModelCheckpoint
        >>> ModelCheckpoint("weights.ckpt", save_weights_only=True).filepath
        'weights.ckpt'
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
        name = os.fspath(filepath)
        known = name.endswith((*HDF5, ".safetensors" if save_weights_only else ".keras"))
        super().__init__(
            name if known else f"{name}.h5", monitor, verbose, save_best_only, save_weights_only, mode, save_freq,
            initial_value_threshold, keep=keep, save_last=save_last,
        )  # fmt: skip
        self.filepath = name


# ---------------------------------------------------------------------- what callbacks knew


def with_data(usual: Callable[..., Any]) -> Callable[..., Any]:
    """`fit`, during which callbacks find the number of samples and the validation data at their model."""

    @functools.wraps(usual)
    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = dict(zip(("x", "y", "batch_size"), args, strict=False)) | kwargs
        vars(self)["_fitted"] = given
        try:
            return usual(self, *args, **kwargs)
        finally:
            vars(self).pop("_fitted", None)

    return fit


def validation_data(callback: Any) -> list[Any] | None:
    """The arrays that the model is validated on: inputs, targets, and a weight for each sample."""
    given = getattr(callback.model, "_fitted", {})
    held, share = given.get("validation_data"), given.get("validation_split")
    if share and held is None:
        held = tree.map_structure(lambda x: np.asarray(x)[_first_held(len(x), share) :], (given["x"], given.get("y")))
    if not isinstance(held, (tuple, list)):
        return None
    arrays = [np.asarray(each) for each in tree.flatten(list(held)) if each is not None]
    return [*arrays, np.ones(len(arrays[0]), "float32")] if len(held) < 3 else arrays


def with_old_params(usual: Callable[..., Any]) -> Callable[..., Any]:
    """What tells callbacks of a training, in the words of Keras 1 and 2 too."""

    @functools.wraps(usual)
    def set_params(self: Any, params: dict[str, Any]) -> None:
        model = next((each.model for each in self.callbacks if getattr(each, "model", None) is not None), None)
        given = getattr(model, "_fitted", None)
        if given is not None and model is not None:
            names = list(model.metrics_names)
            held = given.get("validation_data") is not None or bool(given.get("validation_split"))
            leaf = next((each for each in tree.flatten(given.get("x")) if hasattr(each, "shape")), None)
            count = len(leaf) if leaf is not None and leaf.shape else None
            if count is not None and given.get("validation_split"):
                count = _first_held(count, given["validation_split"])
            params = {
                "nb_epoch": params.get("epochs"),
                "samples": count,
                "nb_sample": count,
                "batch_size": given.get("batch_size") or 32,
                "do_validation": held,
                "metrics": [*names, *(f"val_{name}" for name in names if held)],
                **params,
            }
        usual(self, params)

    return set_params


def end_of_batch(self: callbacks.Callback, batch: int, logs: dict[str, Any] | None = None) -> None:
    """The end of a step, whose logs once had its number and how many samples it was of."""
    size, count = self.params.get("batch_size"), self.params.get("samples")
    known = {} if count is None or size is None else {"size": min(size, count - batch * size)}
    self.on_batch_end(batch, logs={**(logs or {}), "batch": batch, **known})


def _first_held(count: int, share: float) -> int:
    return int(count * (1 - share))


def direction(usual: Callable[..., str]) -> Callable[..., str]:
    """Whether a number is better when it is low or high; low where nothing tells, as Keras 1 and 2 took it."""

    @functools.wraps(usual)
    def call(self: Any) -> str:
        try:
            return usual(self)
        except ValueError:
            say(f"{type(self).__name__}: {self.monitor!r} is taken to be better when it is low; give a `mode`.", "mode")
            return "min"

    return call
