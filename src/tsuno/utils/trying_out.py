"""Small experiments before a long training, which leave a model as it was."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tsuno import tree
from tsuno.core.errors import invalid
from tsuno.core.variable import bind, unbind

_OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "out of memory", "Out of memory")


def overfit_one_batch(model: Any, x: Any, y: Any = None, batch_size: int = 32, steps: int = 200) -> list[float]:
    """Whether a model can learn one batch by heart: if not, something is wrong with it, its loss or its data.

    Args:
        model: a compiled model; its weights and its optimizer are put back.
        x: the inputs; the first `batch_size` samples are taken.
        y: the targets.
        batch_size: how many samples.
        steps: how many steps of training.

    Returns:
        The loss after each step. There is a warning if it does not fall to half.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(1)])
        >>> model.compile(tsuno.optimizers.Adam(0.1), "mse")
        >>> losses = tsuno.utils.overfit_one_batch(model, np.eye(2), np.array([[1.0], [2.0]]))
        >>> losses[-1] < 0.01 * losses[0]
        True
    """
    if model.compiled is None:
        raise RuntimeError("`overfit_one_batch` needs a compiled model: call `compile` before.")
    x, y = tree.map_structure(lambda array: np.asarray(array)[:batch_size], (x, y))
    before = _Before(model, x, y)
    try:
        losses = model.fit(x, y, batch_size=batch_size, epochs=steps, verbose=0, shuffle=False).history["loss"]
    finally:
        before.put_back()
    if not losses[-1] < 0.5 * losses[0]:
        warnings.warn(
            f"`{model.name}` cannot learn {batch_size} samples by heart: in {steps} steps the loss went from "
            f"{losses[0]:.4g} to {losses[-1]:.4g}. Look at the targets, the last activation, the loss and the learning "
            "rate.",
            stacklevel=2,
        )
    return list(losses)


def find_batch_size(model: Any, x: Any, y: Any = None, start: int = 2, at_most: int = 1 << 16) -> int:
    """The largest batch size that fits into memory: doubled until it does not.

    Args:
        model: a compiled model; its weights and its optimizer are put back.
        x: inputs; repeated where there are too few.
        y: targets.
        start: the first size tried.
        at_most: the largest size tried.

    Raises:
        MemoryError: not even `start` samples fit.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> tsuno.utils.find_batch_size(model, np.eye(2), np.ones((2, 1)), at_most=16)
        16
    """
    if start < 1:
        raise invalid("find_batch_size.start", "a positive integer", start)
    if model.compiled is None:
        raise RuntimeError("`find_batch_size` needs a compiled model: call `compile` before.")
    best, size, before = 0, start, _Before(model, x, y)
    while size <= at_most:
        batch = tree.map_structure(lambda array, rows=size: _rows(np.asarray(array), rows), (x, y))
        try:
            model.train_on_batch(*batch)
        except Exception as problem:
            if not isinstance(problem, MemoryError) and not any(sign in str(problem) for sign in _OUT_OF_MEMORY):
                raise
            break
        finally:
            before.put_back()
        best, size = size, 2 * size
    if not best:
        raise MemoryError(f"Not even {start} samples at a time fit into memory with `{model.name}`.")
    return best


class _Before:
    """A model as it was before an experiment."""

    def __init__(self, model: Any, x: Any, y: Any) -> None:
        first = tree.map_structure(lambda array: np.asarray(array)[:1], (x, y))
        model.test_on_batch(*first)  # builds
        if not model.optimizer.built:
            model.optimizer.build(model.compiled.trainable(model))
        self._owners = [model, model.optimizer, model.metrics]
        self._model, self._state, self._history = model, unbind(self._owners), model.history

    def put_back(self) -> None:
        bind(self._owners, self._state)
        self._model.history = self._history


def _rows(array: np.ndarray, count: int) -> np.ndarray:
    return array[np.arange(count) % len(array)]
