"""Learning-rate schedules: the rate as a pure function of the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno import ops
from tsuno.core.config import Configurable
from tsuno.core.registry import deserialize as _deserialize
from tsuno.core.registry import serialize

__all__ = ["ExponentialDecay", "LearningRateSchedule", "deserialize", "serialize"]


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

    @staticmethod
    def from_any(config: Mapping[str, Any]) -> LearningRateSchedule:
        """A schedule from its serialized form."""
        schedule = _deserialize(dict(config))
        assert isinstance(schedule, LearningRateSchedule)
        return schedule


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
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> Any:
        turns = ops.cast(step, "float32") / self.decay_steps
        turns = ops.floor(turns) if self.staircase else turns
        return self.initial_learning_rate * ops.power(self.decay_rate, turns)


deserialize = LearningRateSchedule.from_any
