"""RMSprop."""

from __future__ import annotations

import warnings
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.validate import Fraction, NonNegative
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class RMSprop(Optimizer):
    """Steps along the gradient, divided by the root of the running average of its square.

        v ← ρ v + (1 - ρ) g²
        w ← w - α g / √(v + ε)

    Centered, the root is that of the variance v - a² + ε with a ← ρ a + (1 - ρ) g; with momentum μ the steps s add up:
    b ← μ b + s, w ← w - b.

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        rho: ρ, how much of the averages stays at each step, from 0 to 1.
        momentum: μ, how much of the last step goes into the next, from 0 to 1.
        epsilon: ε, against division by zero.
        centered: divide by the standard deviation instead of the root of the mean square.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> tsuno.optimizers.RMSprop(learning_rate=0.1, rho=0.75).apply([np.array([1.0, -4.0], "float32")], [w])
        >>> w.numpy().round(3)
        array([0.8, 2.2], dtype=float32)

    Source: T. Tieleman and G. Hinton, *Lecture 6.5: RMSprop*, Coursera, Neural Networks for Machine Learning, 2012; for
    the centered form A. Graves, *Generating Sequences With Recurrent Neural Networks*, 2013.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Fraction = 0.9,
        momentum: Fraction = 0.0,
        epsilon: NonNegative = 1e-7,
        centered: bool = False,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        if 0 < momentum < 1e-4:
            warnings.warn(
                f"RMSprop has momentum={momentum}. The third argument was `epsilon` in Keras 1 and 2: if that is "
                f"meant, write epsilon={momentum}.",
                stacklevel=2,
            )
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    @property
    def slot_names(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("velocity", *["momentum"] * (self.momentum > 0), *["average_gradient"] * self.centered)

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        v = self.rho * slots["velocity"] + (1 - self.rho) * ops.square(gradient)
        kept = {"velocity": v}
        if self.centered:
            kept["average_gradient"] = a = self.rho * slots["average_gradient"] + (1 - self.rho) * gradient
            v = v - ops.square(a)
        move = learning_rate * gradient / ops.sqrt(v + self.epsilon)
        if self.momentum:
            kept["momentum"] = move = self.momentum * slots["momentum"] + move
        return weight - move, kept
