"""Adagrad."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import initializers, ops
from tsuno.core.validate import NonNegative
from tsuno.core.variable import Variable
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class Adagrad(Optimizer):
    """Steps that shrink for each weight with the squares of all its gradients so far: rare features keep large steps.

        a ← a + g²
        w ← w - α g / √(a + ε)

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        initial_accumulator_value: the first a, zero or more.
        epsilon: ε, against division by zero.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> adagrad = tsuno.optimizers.Adagrad(learning_rate=0.1, initial_accumulator_value=0.0)
        >>> adagrad.apply([np.array([1.0, -4.0], "float32")], [w])
        >>> w.numpy().round(3)
        array([0.9, 2.1], dtype=float32)

    Source: J. Duchi, E. Hazan and Y. Singer, *Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization*, 2011.
    """

    slot_names = ("accumulator",)
    keeps_still = True

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: NonNegative = 0.1,
        epsilon: NonNegative = 1e-7,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def make_slot(self, variable: Variable, name: str) -> Variable | None:
        return self.add_variable_from_reference(variable, name, initializers.Constant(self.initial_accumulator_value))

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        a = slots["accumulator"] + ops.square(gradient)
        return weight - learning_rate * gradient / ops.sqrt(a + self.epsilon), {"accumulator": a}
