"""Learning-rate schedules: the rate as a pure function of the step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Annotated, Any, Literal

from tsuno import ops
from tsuno.core import registry
from tsuno.core.config import Configurable
from tsuno.core.errors import invalid
from tsuno.core.validate import Check, Fraction, NonNegative

__all__ = [
    "CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "LearningRateSchedule",
    "OneCycle", "PiecewiseConstantDecay", "PolynomialDecay", "deserialize", "serialize",
]  # fmt: skip


def _positive(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise ValueError
    return value if isinstance(value, (int, float)) else float(value)


Positive = Annotated[float, Check("a positive number", _positive)]


class LearningRateSchedule(Configurable):
    """Base of schedules: `__call__(step)` returns the learning rate.

    Example:
        >>> class Halving(tsuno.optimizers.schedules.LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.1 * 0.5 ** (step // 100)
        >>> Halving()(250)
        0.025
    """

    _config_module = "keras.optimizers.schedules"

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `__call__(self, step)`.")


class ExponentialDecay(LearningRateSchedule):
    """The rate falls by a factor every so many steps: initial_learning_rate · decay_rate^(step / decay_steps).

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: after how many steps the factor has applied once.
        decay_rate: the factor.
        staircase: fall in steps instead of smoothly.
        name: a name.

    Example:
        >>> rate = tsuno.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
        >>> round(float(rate(20)), 4)
        0.025
    """

    _config_module = "keras.optimizers.schedules"

    def __init__(
        self,
        initial_learning_rate: NonNegative,
        decay_steps: Positive,
        decay_rate: NonNegative,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> Any:
        return self.initial_learning_rate * ops.power(self.decay_rate, _turns(step, self.decay_steps, self.staircase))


class InverseTimeDecay(LearningRateSchedule):
    """The rate falls like one over the time: initial_learning_rate / (1 + decay_rate · step / decay_steps).

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the unit of time, in steps.
        decay_rate: how much the divisor grows in it.
        staircase: fall in steps instead of smoothly.
        name: a name.

    Example:
        >>> rate = tsuno.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5)
        >>> round(float(rate(20)), 4)
        0.05
    """

    _config_module = "keras.optimizers.schedules"

    def __init__(
        self,
        initial_learning_rate: NonNegative,
        decay_steps: Positive,
        decay_rate: NonNegative,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> Any:
        return self.initial_learning_rate / (1 + self.decay_rate * _turns(step, self.decay_steps, self.staircase))


class PolynomialDecay(LearningRateSchedule):
    """The rate falls along a power from one value to another: (initial - end) · (1 - step / decay_steps)^power + end.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: after how many steps the end is reached.
        end_learning_rate: the rate from then on.
        power: the exponent, 1 for a straight line.
        cycle: rise again after the end, with `decay_steps` stretched to the next whole multiple.
        name: a name.

    Example:
        >>> rate = tsuno.optimizers.schedules.PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0, power=2)
        >>> round(float(rate(5)), 4)
        0.025
    """

    _config_module = "keras.optimizers.schedules"

    def __init__(
        self,
        initial_learning_rate: NonNegative,
        decay_steps: Positive,
        end_learning_rate: NonNegative = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name

    def __call__(self, step: Any) -> Any:
        step, last = ops.cast(step, "float32"), self.decay_steps
        if self.cycle:
            last = last * ops.maximum(ops.ceil(step / last), 1.0)
        else:
            step = ops.minimum(step, last)
        height = self.initial_learning_rate - self.end_learning_rate
        return height * ops.power(1 - step / last, self.power) + self.end_learning_rate


class PiecewiseConstantDecay(LearningRateSchedule):
    """One rate after the other: values[i] up to and including the step boundaries[i].

    Args:
        boundaries: the last step of each rate but the last, rising.
        values: the rates, one more than boundaries.
        name: a name.

    Example:
        >>> rate = tsuno.optimizers.schedules.PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])
        >>> [round(float(rate(step)), 4) for step in (100, 101, 500)]
        [0.1, 0.01, 0.001]
    """

    _config_module = "keras.optimizers.schedules"

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                "`PiecewiseConstantDecay.values` must have one element more than `boundaries`; got "
                f"{len(values)} values and {len(boundaries)} boundaries."
            )
        if list(boundaries) != sorted(boundaries):
            raise invalid("PiecewiseConstantDecay.boundaries", "in rising order", boundaries)
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: Any) -> Any:
        step = ops.convert_to_tensor(step)
        passed = sum(ops.cast(step > boundary, "int32") for boundary in self.boundaries)
        return ops.take(ops.convert_to_tensor(self.values, "float32"), passed)


class CosineDecay(LearningRateSchedule):
    """The rate falls along half a cosine wave: top · ((1 - alpha) · ½(1 + cos(π step / decay_steps)) + alpha).

    With a warm-up it first rises in a straight line to its top.

    Args:
        initial_learning_rate: the rate at step 0; the top, where there is no warm-up.
        decay_steps: how many steps the fall takes, after the warm-up.
        alpha: the rate at the end, as a fraction of the top.
        name: a name.
        warmup_target: the top, reached after `warmup_steps`; None for no warm-up.
        warmup_steps: how many steps the rise takes.

    Example:
        >>> rate = tsuno.optimizers.schedules.CosineDecay(0.0, 100, warmup_target=0.1, warmup_steps=10)
        >>> [round(float(rate(step)), 4) for step in (0, 5, 10, 60, 110)]
        [0.0, 0.05, 0.1, 0.05, 0.0]

    Source: I. Loshchilov and F. Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts*, 2017.
    """

    _config_module = "keras.optimizers.schedules"

    def __init__(
        self,
        initial_learning_rate: NonNegative,
        decay_steps: Positive,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: NonNegative | None = None,
        warmup_steps: NonNegative = 0,
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.name, self.warmup_target, self.warmup_steps = name, warmup_target, warmup_steps

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        first, top = self.initial_learning_rate, self.warmup_target
        if top is None:
            return first * _half_wave(step / self.decay_steps, self.alpha)
        fallen = top * _half_wave((step - self.warmup_steps) / self.decay_steps, self.alpha)
        if not self.warmup_steps:
            return fallen
        risen = first + (top - first) * (step / self.warmup_steps)
        return ops.where(step < self.warmup_steps, risen, fallen)


class CosineDecayRestarts(LearningRateSchedule):
    """Falls along half a cosine wave, again and again, each `t_mul` times as long and `m_mul` times as high.

    Args:
        initial_learning_rate: the rate at step 0.
        first_decay_steps: how many steps the first fall takes.
        t_mul: the factor between the lengths of falls, at least 1.
        m_mul: the factor between their heights.
        alpha: the lowest rate, as a fraction of the first.
        name: a name.

    Example:
        >>> rate = tsuno.optimizers.schedules.CosineDecayRestarts(0.1, first_decay_steps=10, m_mul=0.5)
        >>> [round(float(rate(step)), 4) for step in (0, 5, 10, 20)]
        [0.1, 0.05, 0.05, 0.025]

    Source: I. Loshchilov and F. Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts*, 2017.
    """

    _config_module = "keras.optimizers.schedules"

    def __init__(
        self,
        initial_learning_rate: NonNegative,
        first_decay_steps: Positive,
        t_mul: Positive = 2.0,
        m_mul: NonNegative = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step: Any) -> Any:
        time = ops.cast(step, "float32") / self.first_decay_steps
        if self.t_mul == 1:
            restarts = ops.floor(time)
            phase = time - restarts
        else:
            # n falls together last (1 - tⁿ) / (1 - t) of the first.
            restarts = ops.floor(ops.log(1 - time * (1 - self.t_mul)) / ops.log(self.t_mul))
            length = ops.power(self.t_mul, restarts)
            phase = (time - (1 - length) / (1 - self.t_mul)) / length
        height = ops.power(self.m_mul, restarts)
        return self.initial_learning_rate * _half_wave(phase, self.alpha, height)


class OneCycle(LearningRateSchedule):
    """The rate rises to its top and falls far below its start, once: short training with a high rate.

    With n = warmup_fraction · total_steps - 1 it goes from the start to the top at step n, and from there to the end at
    step total_steps - 1; start = top / initial_divisor, end = start / final_divisor.

    Args:
        max_learning_rate: the top.
        total_steps: how many steps training takes: epochs · steps per epoch.
        warmup_fraction: the part of them that the rise takes.
        initial_divisor: how many times the start is below the top.
        final_divisor: how many times the end is below the start.
        annealing: `"cosine"`: along half cosine waves; `"linear"`: in straight lines.
        name: a name.

    Example:
        >>> rate = tsuno.optimizers.schedules.OneCycle(0.1, total_steps=100, final_divisor=100)
        >>> [round(float(rate(step)), 6) for step in (0, 29, 64, 99, 200)]
        [0.004, 0.1, 0.05002, 4e-05, 4e-05]

    Source: L. N. Smith and N. Topin, *Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
    Rates*, 2018.
    """

    _config_module = "tsuno.optimizers.schedules"

    def __init__(
        self,
        max_learning_rate: NonNegative,
        total_steps: Positive,
        warmup_fraction: Fraction = 0.3,
        initial_divisor: Positive = 25.0,
        final_divisor: Positive = 1e4,
        annealing: Literal["cosine", "linear"] = "cosine",
        name: str = "OneCycle",
    ) -> None:
        self.max_learning_rate, self.total_steps, self.warmup_fraction = max_learning_rate, total_steps, warmup_fraction
        self.initial_divisor, self.final_divisor = initial_divisor, final_divisor
        self.annealing, self.name = annealing, name

    def __call__(self, step: Any) -> Any:
        step, top = ops.cast(step, "float32"), self.max_learning_rate
        start = top / self.initial_divisor
        turn, last = self.warmup_fraction * self.total_steps - 1, self.total_steps - 1
        falls = self._way((step - turn) / max(last - turn, 1e-6), top, start / self.final_divisor)
        return ops.where(step <= turn, self._way(step / turn, start, top), falls) if turn > 0 else falls

    def _way(self, phase: Any, first: float, end: float) -> Any:
        """From one rate at phase 0 to another at phase 1."""
        phase = ops.clip(phase, 0.0, 1.0)
        left = _half_wave(phase, 0.0) if self.annealing == "cosine" else 1 - phase
        return end + (first - end) * left


def _turns(step: Any, decay_steps: float, staircase: bool) -> Any:
    turns = ops.cast(step, "float32") / decay_steps
    return ops.floor(turns) if staircase else turns


def _half_wave(phase: Any, alpha: float, height: Any = 1.0) -> Any:
    """From `height` at phase 0 along a cosine to 0 at phase 1 and after, lifted to end at `alpha`."""
    wave = 0.5 * height * (1 + ops.cos(math.pi * ops.minimum(phase, 1.0)))
    return (1 - alpha) * wave + alpha


def serialize(learning_rate_schedule: LearningRateSchedule) -> Any:
    """A schedule, or a function in its place, as plain data.

    Example:
        >>> rate = tsuno.optimizers.schedules.CosineDecay(0.1, 1000)
        >>> tsuno.optimizers.schedules.serialize(rate)["class_name"]
        'CosineDecay'
    """
    return registry.serialize(learning_rate_schedule)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The schedule described by plain data.

    Example:
        >>> config = {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 1000}}
        >>> tsuno.optimizers.schedules.deserialize(config)
        CosineDecay(initial_learning_rate=0.1, decay_steps=1000)
    """
    return registry.deserialize(config, custom_objects)
