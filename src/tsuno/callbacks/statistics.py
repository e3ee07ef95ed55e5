"""Callbacks that measure: the weights and their gradients, and what only the whole of a data set can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.callbacks.base import Callback, Logs
from tsuno.callbacks.looking import GradientNorms, exact, norm
from tsuno.core.dtypes import is_float
from tsuno.core.errors import invalid
from tsuno.core.validate import PositiveInt
from tsuno.engine import xp

_MEASURES: dict[str, Callable[[Any], Any]] = {
    "norm": norm,
    "mean": lambda w: xp.mean(w),
    "std": lambda w: xp.std(w),
    "zeros": lambda w: xp.mean(xp.asarray(w == 0, w.dtype)),
}


class WeightStatistics(Callback):
    """Measures each weight at the end of epochs, and if asked for its gradients during them.

    Of a weight w: `norm` = √Σw², `mean`, `std` = √mean((w - mean)²), `zeros` = the share of its numbers that are 0;
    of its gradients: `gradient_norm` = √Σg², the mean over the steps of the epoch. Dead layers have gradients of
    norm 0, exploding ones norms that grow.

    Args:
        every: measure each so many epochs.
        gradients: whether to look at gradients too.
        in_logs: whether to add the numbers to the logs of the epoch, under the weight's path and the measure's name.

    Attributes:
        history: a dict from the paths of weights to dicts from the names of measures to lists, a number per epoch
            measured.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(1, name="head")])
        >>> model.compile("sgd", "mse")
        >>> statistics = tsuno.callbacks.WeightStatistics()
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[statistics])
        >>> {path: list(measures) for path, measures in statistics.history.items()}["sequential/head/kernel"]
        ['norm', 'mean', 'std', 'zeros']
    """

    def __init__(self, every: PositiveInt = 1, gradients: bool = False, in_logs: bool = False) -> None:
        super().__init__()
        self.every, self.gradients, self.in_logs = every, gradients, in_logs
        self.history: dict[str, dict[str, list[float]]] = {}
        self._norms = GradientNorms()
        self._measure: Any = None
        if gradients:
            vars(self)["observe"] = self._norms.observe  # a callback with this method is called within each step

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.history = {}
        self._norms.clear()
        self._measure = engine.compile(_measured)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._norms.clear()

    def observed(self, epoch: int, done: int, values: Mapping[str, Any]) -> None:
        """Take in what was seen of some steps."""
        self._norms.add(values)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if (epoch + 1) % self.every:
            return
        weights = {weight.path: weight._stored() for weight in self.model.weights if is_float(str(weight.dtype))}
        measured, norms = engine.fetch(self._measure(weights)), self._norms.means()
        for path in weights:
            for name, number in zip(_MEASURES, measured[path], strict=True):
                self._note(path, name, float(number), logs)
            if path in norms:
                self._note(path, "gradient_norm", norms[path], logs)

    def _note(self, path: str, name: str, number: float, logs: Logs | None) -> None:
        self.history.setdefault(path, {}).setdefault(name, []).append(number)
        if self.in_logs and logs is not None:
            logs[f"{path}/{name}"] = number


def _measured(weights: dict[str, Any]) -> dict[str, Any]:
    return {path: xp.stack([measure(exact(w)) for measure in _MEASURES.values()]) for path, w in weights.items()}


class WholeSetMetrics(Callback):
    """Adds to the logs of each epoch metrics that only a whole data set gives, such as those of scikit-learn.

    At the end of each epoch the model predicts `x`, and each function is called with (`y`, predictions).

    Args:
        functions: a dict from names to functions of `(y_true, y_pred)`, arrays, that return a number.
        x: the inputs, as in `predict`.
        y: the targets.
        batch_size: rows per step of prediction.
        prefix: put before each name, for the logs.

    Raises:
        ValueError: `y` has another number of rows than the predictions, or a function returns no number.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((4, 1))
        >>> worst = tsuno.callbacks.WholeSetMetrics({"worst": lambda y, p: abs(y - p).max()}, x, x)
        >>> stop = tsuno.callbacks.EarlyStopping(monitor="val_worst", mode="min")
        >>> list(model.fit(x, x, verbose=0, callbacks=[worst, stop]).history)[:2]
        ['loss', 'val_worst']
    """

    comes_first = True
    """Called before other callbacks, for these are to see its numbers."""

    def __init__(
        self,
        functions: Mapping[str, Callable[[Any, Any], Any]],
        x: Any,
        y: Any,
        batch_size: PositiveInt = 32,
        prefix: str = "val_",
    ) -> None:
        super().__init__()
        if not isinstance(functions, Mapping) or not all(map(callable, functions.values())):
            raise invalid("WholeSetMetrics.functions", "a dict from names to functions of (y_true, y_pred)", functions)
        self.functions, self.x, self.y, self.batch_size, self.prefix = functions, x, y, batch_size, prefix

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        y_pred = self.model.predict(self.x, batch_size=self.batch_size, verbose=0)
        if isinstance(y_pred, np.ndarray) and len(y_pred) != len(self.y):
            raise ValueError(f"`WholeSetMetrics.y` has {len(self.y)} rows, but `x` gives {len(y_pred)} predictions.")
        for name, function in self.functions.items():
            value = function(self.y, y_pred)
            if np.ndim(value) or not np.issubdtype(np.asarray(value).dtype, np.number):
                raise invalid(f"WholeSetMetrics.functions[{name!r}]", "a function that returns a number", value)
            if logs is not None:
                logs[f"{self.prefix}{name}"] = float(value)
