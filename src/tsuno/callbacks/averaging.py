"""Callbacks that put averages of the weights in place of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.callbacks.base import Callback, Logs
from tsuno.callbacks.steering import parts_of
from tsuno.core.context import scope
from tsuno.core.validate import NonNegative, NonNegativeInt, PositiveInt
from tsuno.core.variable import Variable, bound, slots
from tsuno.data import make_data
from tsuno.layers import BatchNormalization


class SwapEMAWeights(Callback):
    """Evaluates the model with the moving average of its weights; needs an optimizer with `use_ema=True`.

    During evaluation, validation and prediction the averages stand in place of the weights.

    Args:
        swap_on_epoch: put the averages in place from the end of each epoch to the beginning of the next, so that
            callbacks further down the list, such as `ModelCheckpoint`, find them there.

    Raises:
        ValueError: the optimizer keeps no averages.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile(tsuno.optimizers.SGD(use_ema=True), "mse")
        >>> x = np.ones((4, 1))
        >>> swap = tsuno.callbacks.SwapEMAWeights()
        >>> history = model.fit(x, x, verbose=0, validation_data=(x, x), callbacks=[swap])
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._ema_weights_in_model = False
        self._weights: list[Any] = []

    def get_state(self) -> dict[str, Any]:
        return {"weights": [engine.to_numpy(weight) for weight in self._weights]}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._weights = [engine.put(weight) for weight in state["weights"]]
        self._ema_weights_in_model = bool(self._weights)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._swap_out()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._swap_in()

    def on_train_end(self, logs: Logs | None = None) -> None:
        # `fit` has set the weights to their averages for good.
        self._weights, self._ema_weights_in_model = [], False

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._swap_in()

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._swap_out()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._swap_in()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._swap_out()

    def close(self) -> None:
        self._swap_out()

    def _swap_in(self) -> None:
        if not self._ema_weights_in_model:
            pairs = self._pairs()
            self._weights = [variable._value for variable, _ in pairs]
            for variable, average in pairs:
                variable._value = engine.copy(average._value)
            self._ema_weights_in_model = True

    def _swap_out(self) -> None:
        if self._ema_weights_in_model:
            for (variable, _), weight in zip(self._pairs(), self._weights, strict=True):
                variable._value = weight
            self._weights, self._ema_weights_in_model = [], False

    def _pairs(self) -> list[tuple[Variable, Variable]]:
        """The weights and their averages."""
        parts = parts_of(self.model.optimizer)
        if not any(part.use_ema for part in parts):
            raise ValueError(
                f"SwapEMAWeights needs averages, but the optimizer {parts[0].name!r} keeps none: make it with "
                "use_ema=True."
            )
        return [pair for part in parts if part.built for pair in part._averaged()]


class StochasticWeightAveraging(Callback):
    """Averages the weights at the ends of epochs; the average takes their place when training ends.

    w̄ ← w̄ + (w - w̄) / (n + 1). The mean and variance that `BatchNormalization` keeps belong to the weights that they
    were measured with: give `x`, and they are measured anew in one pass over it with the average in place. Without `x`
    they stay those of the last epoch.

    Args:
        start_epoch: the first epoch that counts, from 0.
        every: average each so many epochs.
        learning_rate: the learning rate from `start_epoch` on; None leaves it alone.
        x: inputs, as in `predict`, to measure the statistics of `BatchNormalization` on.
        batch_size: rows per step of that pass.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((4, 1))
        >>> average = tsuno.callbacks.StochasticWeightAveraging(start_epoch=2)
        >>> history = model.fit(x, x, epochs=4, verbose=0, callbacks=[average])
        >>> average.count
        2

    Source: P. Izmailov et al., *Averaging Weights Leads to Wider Optima and Better Generalization*, 2018.
    """

    def __init__(
        self,
        start_epoch: NonNegativeInt = 0,
        every: PositiveInt = 1,
        learning_rate: NonNegative | None = None,
        x: Any = None,
        batch_size: PositiveInt = 32,
    ) -> None:
        super().__init__()
        self.start_epoch, self.every, self.learning_rate = start_epoch, every, learning_rate
        self.x, self.batch_size = x, batch_size
        self.count = 0
        self.average: list[np.ndarray] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.count, self.average = 0, []

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.learning_rate is not None and epoch >= self.start_epoch:
            for part in parts_of(self.model.optimizer):
                part.learning_rate = self.learning_rate

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if epoch < self.start_epoch or (epoch - self.start_epoch) % self.every:
            return
        weights = [variable.numpy() for variable in self.model.trainable_variables]
        if not self.count:
            # Half precision would lose small changes.
            self.average = [np.array(weight, np.promote_types(weight.dtype, np.float32)) for weight in weights]
        else:
            pairs = zip(self.average, weights, strict=True)
            self.average = [average + (weight - average) / (self.count + 1) for average, weight in pairs]
        self.count += 1

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.count:
            for variable, average in zip(self.model.trainable_variables, self.average, strict=True):
                variable.assign(average)
            if self.x is not None:
                measure_statistics(self.model, self.x, self.batch_size)


def measure_statistics(model: Any, x: Any, batch_size: int) -> None:
    """Set what `BatchNormalization` layers keep to the mean, over data, of what each batch gives."""
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, BatchNormalization) and layer.trainable]
    kept = {id(v) for layer in layers for name, v in vars(layer).items() if name.startswith("moving_")}
    paths = [path for path, variable in slots(model).items() if id(variable) in kept]
    if not paths:
        return
    table = slots(model)

    def statistics(state: dict[str, Any], batch: Any) -> dict[str, Any]:
        with bound(model, state) as after, scope(losses=[]):
            model.forward(batch, training=True)
            return {path: after()[path] for path in paths}

    measure = engine.compile(statistics)
    momenta = [layer.momentum for layer in layers]
    totals = dict.fromkeys(paths, 0.0)
    rows = 0
    try:
        for layer in layers:
            layer.momentum = 0.0  # what a batch gives, and nothing of before
        for batch, size in _batches(model, x, batch_size):
            found = measure({path: variable._stored() for path, variable in table.items()}, batch)
            totals = {path: totals[path] + found[path] * size for path in paths}
            rows += size
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    for path in paths:
        table[path].assign(totals[path] / rows)


def _batches(model: Any, x: Any, batch_size: int) -> Iterator[tuple[Any, int]]:
    """The batches of inputs, with their rows."""
    for chunk in make_data(x, batch_size=batch_size, read=model.reader(x)).chunks():
        for i in range(chunk.start, chunk.start + chunk.count):
            rows = chunk.order[i * chunk.batch_size : (i + 1) * chunk.batch_size]
            yield engine.tree.map(lambda array, rows=rows: array[rows], chunk.arrays[0]), len(rows)
