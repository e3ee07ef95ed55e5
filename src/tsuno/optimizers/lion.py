"""Lion."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.validate import Fraction
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class Lion(Optimizer):
    """Steps of one size in every direction: the sign of a momentum. It keeps half of what Adam keeps.

        w ← w - α sign(β₁ m + (1 - β₁) g)
        m ← β₂ m + (1 - β₂) g

    All elements move by α, so α should be 3 to 10 times smaller than for AdamW, and weight decay as much larger.

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        beta_1: β₁, how much the momentum counts against the gradient in a step, above 0, to 1.
        beta_2: β₂, how much of the momentum stays, from 0 to 1.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> tsuno.optimizers.Lion(learning_rate=0.1).apply([np.array([0.01, -100.0], "float32")], [w])
        >>> w.numpy().round(3)
        array([0.9, 2.1], dtype=float32)

    Source: X. Chen et al., *Symbolic Discovery of Optimization Algorithms*, 2023.
    """

    slot_names = ("momentum",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: Fraction = 0.9,
        beta_2: Fraction = 0.99,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        if beta_1 == 0:
            raise invalid("Lion.beta_1", "above 0 (at 0 the momentum would not count)", beta_1)
        super().__init__(learning_rate, **kwargs)
        self.beta_1, self.beta_2 = beta_1, beta_2

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        m = slots["momentum"]
        move = ops.sign(self.beta_1 * m + (1 - self.beta_1) * gradient)
        return weight - learning_rate * move, {"momentum": self.beta_2 * m + (1 - self.beta_2) * gradient}
