"""The range test: which learning rate to train with, found in the first seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno import engine
from tsuno.callbacks.base import Callback, Logs
from tsuno.callbacks.steering import parts_of
from tsuno.core.errors import invalid
from tsuno.core.validate import Below1, PositiveInt
from tsuno.core.variable import bind, unbind
from tsuno.optimizers.schedules import LearningRateSchedule, Positive


class LearningRateFinder(Callback):
    """Trains with a rate that rises from step to step, notes the losses, and puts everything back as it was.

    The rate of step i is minimum · (maximum / minimum)^(i / (steps - 1)). The test ends after `steps`, or when the loss
    is far above its lowest. Weights, optimizer, metrics and seeds are then those of before. Give `fit` enough epochs:
    the callback stops it.

    Args:
        minimum: the first rate.
        maximum: the last rate.
        steps: how many steps.
        smoothing: how much of the smoothed loss stays at each step.
        divergence: the test ends when the smoothed loss is so many times its lowest.

    Attributes:
        rates: the rate of each step.
        losses: the loss of each step.
        smoothed: the same, smoothed.
        suggestion: the rate at which the smoothed loss falls fastest over log(rate).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(64, 3))
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> finder = tsuno.callbacks.LearningRateFinder(1e-4, 10, steps=50)
        >>> history = model.fit(x, x.sum(1), batch_size=8, epochs=100, verbose=0, callbacks=[finder])
        >>> 1e-3 < finder.suggestion < 1
        True

    Source: L. N. Smith, *Cyclical Learning Rates for Training Neural Networks*, 2017.
    """

    def __init__(
        self,
        minimum: Positive = 1e-7,
        maximum: Positive = 10.0,
        steps: PositiveInt = 100,
        smoothing: Below1 = 0.9,
        divergence: Positive = 4.0,
    ) -> None:
        super().__init__()
        if minimum >= maximum:
            raise invalid("LearningRateFinder.maximum", f"above minimum={minimum}", maximum)
        self.minimum, self.maximum, self.steps = minimum, maximum, steps
        self.smoothing, self.divergence = smoothing, divergence
        self.rates: list[float] = []
        self.losses: list[float] = []
        self._before: dict[str, Any] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        for part in parts_of(self.model.optimizer):
            if isinstance(part._learning_rate, LearningRateSchedule):
                raise ValueError(
                    "LearningRateFinder cannot set the rate of an optimizer that follows a schedule; compile with a "
                    "number for the test."
                )
        self.rates, self.losses = [], []
        self._before = {path: engine.to_numpy(array).copy() for path, array in unbind(self._owners()).items()}

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        exponent = len(self.rates) / max(self.steps - 1, 1)
        rate = self.minimum * (self.maximum / self.minimum) ** exponent
        for part in parts_of(self.model.optimizer):
            part.learning_rate = rate
        self.rates.append(rate)
        self.model.reset_metrics()  # so that the logs tell the loss of this batch alone

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.losses.append(float((logs or {})["loss"]))
        smoothed = self.smoothed
        diverged = not np.isfinite(smoothed[-1]) or smoothed[-1] > self.divergence * min(smoothed)
        if diverged or len(self.losses) >= self.steps:
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.close()

    def close(self) -> None:
        bind(self._owners() if self._before else [], self._before)
        self._before = {}

    def _owners(self) -> list[Any]:
        return [self.model, self.model.optimizer, self.model.metrics]

    @property
    def smoothed(self) -> list[float]:
        """The losses as a moving average that gives each of the first ones its full weight."""
        average, values = 0.0, []
        for i, loss in enumerate(self.losses):
            average = self.smoothing * average + (1 - self.smoothing) * loss
            values.append(average / (1 - self.smoothing ** (i + 1)))
        return values

    @property
    def suggestion(self) -> float:
        """The rate at which the smoothed loss falls fastest; a tenth of the one at its lowest if it falls nowhere."""
        losses = np.array([loss for loss in self.smoothed if np.isfinite(loss)])
        if len(losses) < 3:
            raise RuntimeError("LearningRateFinder has seen too few steps to suggest a rate: fit with it first.")
        lowest, first = int(losses.argmin()), len(losses) // 10  # the first values are smoothed by little
        slopes = np.gradient(losses)[first : lowest + 1]
        if not len(slopes) or slopes.min() >= 0:
            return self.rates[lowest] / 10
        return self.rates[first + int(slopes.argmin())]

    def plot(self, ax: Any = None) -> Any:
        """Draw losses over rates, with the suggestion; needs matplotlib.

        Args:
            ax: the axes of matplotlib to draw on; new ones by default.

        Returns:
            The axes.
        """
        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.subplots()[1]
        rates = self.rates[: len(self.losses)]
        ax.plot(rates, self.losses, alpha=0.3, label="loss")
        ax.plot(rates, self.smoothed, label="smoothed")
        ax.axvline(self.suggestion, linestyle="--", color="grey", label=f"suggestion: {self.suggestion:.1e}")
        ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
        ax.legend()
        return ax
