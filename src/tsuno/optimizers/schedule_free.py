"""Optimizers that need no learning-rate schedule."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.validate import Below1, NonNegative, NonNegativeInt
from tsuno.core.variable import Variable
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class ScheduleFreeAdamW(Optimizer):
    """Adam on points z, with gradients taken between z and the average x of all z so far; no schedule is needed.

        v ← v + (1 - β₂)(g² - v)
        z' = z - α g / (√(v / (1 - β₂ᵗ)) + ε)
        x' = (1 - 1/t) x + z' / t,   w = (1 - β₁) z' + β₁ x'

    The weights are w. Of x only w and z are kept, from which it follows.

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        beta_1: β₁, how near the weights are to the average, above 0, up to 1.
        beta_2: β₂, how much of the average squared gradient stays at each step, from 0 up to 1.
        epsilon: ε, against division by zero.
        warmup_steps: over so many steps the rate rises in a straight line from 0 to α.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> tsuno.optimizers.ScheduleFreeAdamW(0.1).apply([np.array([1.0, -4.0], "float32")], [w])
        >>> w.numpy().round(3)
        array([0.9, 2.1], dtype=float32)

    Source: A. Defazio et al., *The Road Less Scheduled*, 2024.
    """

    slot_names = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: Below1 = 0.9,
        beta_2: Below1 = 0.999,
        epsilon: NonNegative = 1e-8,
        warmup_steps: NonNegativeInt = 0,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        if beta_1 == 0:
            raise invalid("ScheduleFreeAdamW.beta_1", "above 0 (at 0 the average would be lost)", beta_1)
        super().__init__(learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.epsilon, self.warmup_steps = beta_1, beta_2, epsilon, warmup_steps

    def make_slot(self, variable: Variable, name: str) -> Variable | None:
        first = variable.value if name == "momentum" else "zeros"
        return self.add_variable_from_reference(variable, name, first)

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        rate = learning_rate * ops.minimum(step / self.warmup_steps, 1.0) if self.warmup_steps else learning_rate
        # Rounded once, so that 1 - β₂ and 1 - β₂ᵗ agree to the last bit.
        beta_1, beta_2 = ops.cast(self.beta_1, step.dtype), ops.cast(self.beta_2, step.dtype)
        v = slots["velocity"] + (ops.square(gradient) - slots["velocity"]) * (1 - beta_2)
        z = slots["momentum"]
        x = (weight - (1 - beta_1) * z) / beta_1
        z = z - rate * gradient / (ops.sqrt(v / (1 - beta_2**step)) + self.epsilon)
        x = (1 - 1 / step) * x + z / step
        return (1 - beta_1) * z + beta_1 * x, {"momentum": z, "velocity": v}
