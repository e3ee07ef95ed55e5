"""Follow the regularized leader."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import initializers, ops
from tsuno.core.errors import invalid
from tsuno.core.validate import NonNegative
from tsuno.core.variable import Variable
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class Ftrl(Optimizer):
    """The weight that would have been best so far under an L1 and L2 penalty; rare features end at exactly zero.

        n' = n + g²,   σ = (n'⁻ᵖ - n⁻ᵖ) / α,   z ← z + g + 2 s w - σ w
        w ← (clip(z, -λ₁, λ₁) - z) / (n'⁻ᵖ / α + 2 λ₂ + β / α),   n ← n'

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        learning_rate_power: p, zero or less: how the rate falls with the gradients so far; 0 keeps it.
        initial_accumulator_value: the first n, zero or more.
        l1_regularization_strength: λ₁, zero or more: how strongly weights are drawn to exactly zero.
        l2_regularization_strength: λ₂, zero or more: how strongly weights are kept small.
        l2_shrinkage_regularization_strength: s, zero or more: an L2 penalty added to the loss.
        beta: β, a stabilizer added to √n.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([0.0, 0.0])
        >>> ftrl = tsuno.optimizers.Ftrl(learning_rate=0.1, l1_regularization_strength=0.5)
        >>> ftrl.apply([np.array([1.0, 0.25], "float32")], [w])
        >>> w.numpy().round(3)
        array([-0.048,  0.   ], dtype=float32)

    Source: H. B. McMahan et al., *Ad Click Prediction: a View from the Trenches*, 2013.
    """

    slot_names = (("accumulator", "linear"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: NonNegative = 0.1,
        l1_regularization_strength: NonNegative = 0.0,
        l2_regularization_strength: NonNegative = 0.0,
        l2_shrinkage_regularization_strength: NonNegative = 0.0,
        beta: float = 0.0,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        if not learning_rate_power <= 0:
            raise invalid("Ftrl.learning_rate_power", "a number, zero or less", learning_rate_power)
        super().__init__(learning_rate, **kwargs)
        self.learning_rate_power, self.initial_accumulator_value = learning_rate_power, initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    def make_slot(self, variable: Variable, name: str) -> Variable | None:
        first = self.initial_accumulator_value if name == "accumulator" else 0.0
        return self.add_variable_from_reference(variable, name, initializers.Constant(first))

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        total = slots["accumulator"] + ops.square(gradient)
        scale, before = (ops.power(n, -self.learning_rate_power) for n in (total, slots["accumulator"]))
        pull = gradient + 2 * self.l2_shrinkage_regularization_strength * weight
        z = slots["linear"] + pull - (scale - before) / learning_rate * weight
        slope = scale / learning_rate + 2 * self.l2_regularization_strength + self.beta / learning_rate
        most = self.l1_regularization_strength
        return (ops.clip(z, -most, most) - z) / slope, {"accumulator": total, "linear": z}
