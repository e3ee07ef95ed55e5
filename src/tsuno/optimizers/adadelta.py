"""Adadelta."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import ops
from tsuno.core.validate import Fraction, NonNegative
from tsuno.core.variable import Variable
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class Adadelta(Optimizer):
    """Steps in the weight's own unit: the gradient, times the size of recent steps, by the size of recent gradients.

        a ← ρ a + (1 - ρ) g²
        s = -g √(d + ε) / √(a + ε)
        d ← ρ d + (1 - ρ) s²,   w ← w + α s

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments; 1.0 is the law of the paper.
        rho: ρ, how much of the averages stays at each step, from 0 to 1.
        epsilon: ε; it also sets the size of the first steps.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> adadelta = tsuno.optimizers.Adadelta(learning_rate=1.0, rho=0.75, epsilon=1e-2)
        >>> adadelta.apply([np.array([10.0, -10.0], "float32")], [w])
        >>> w.numpy().round(2)
        array([0.8, 2.2], dtype=float32)

    Source: M. Zeiler, *ADADELTA: An Adaptive Learning Rate Method*, 2012.
    """

    slot_names = (("accumulated_grad", "accumulated_delta_var"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Fraction = 0.95,
        epsilon: NonNegative = 1e-7,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho, self.epsilon = rho, epsilon

    def update_step(self, grad: Any, variable: Variable, learning_rate: Any) -> None:
        """Apply the law to one weight; the gradient's name here is Keras' own."""
        super().update_step(grad, variable, learning_rate)

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        d = slots["accumulated_delta_var"]
        a = self.rho * slots["accumulated_grad"] + (1 - self.rho) * ops.square(gradient)
        move = -gradient * ops.sqrt(d + self.epsilon) / ops.sqrt(a + self.epsilon)
        d = self.rho * d + (1 - self.rho) * ops.square(move)
        return weight + learning_rate * move, {"accumulated_grad": a, "accumulated_delta_var": d}
