"""Adamax."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import ops
from tsuno.core.validate import Below1, NonNegative
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the average square: its limit in the infinity norm.

        m ← m + (1 - β₁)(g - m)        u ← max(β₂ u, |g|)
        w ← w - α / (1 - β₁ᵗ) · m / (u + ε)

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        beta_1: β₁, how much of the average gradient stays at each step, from 0 up to 1.
        beta_2: β₂, how fast the largest gradient is forgotten, from 0 up to 1.
        epsilon: ε, against division by zero.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> tsuno.optimizers.Adamax(learning_rate=0.1).apply([np.array([1.0, -4.0], "float32")], [w])
        >>> w.numpy().round(3)
        array([0.9, 2.1], dtype=float32)

    Source: D. P. Kingma and J. Ba, *Adam: A Method for Stochastic Optimization*, 2015, section 7.1.
    """

    slot_names = (("momentum", "norm"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: Below1 = 0.9,
        beta_2: Below1 = 0.999,
        epsilon: NonNegative = 1e-7,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        m = slots["momentum"] + (gradient - slots["momentum"]) * (1 - self.beta_1)
        u = ops.maximum(self.beta_2 * slots["norm"], ops.abs(gradient))
        move = learning_rate * m / ((1 - self.beta_1**step) * (u + self.epsilon))
        return weight - move, {"momentum": m, "norm": u}
