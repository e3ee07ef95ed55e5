"""Nadam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.dtypes import standardize_dtype
from tsuno.core.validate import Below1, NonNegative
from tsuno.core.variable import Variable
from tsuno.optimizers.adam import moments
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class Nadam(Optimizer):
    """Adam with Nesterov's look ahead; its momentum μ warms up towards β₁.

        μₜ = β₁ (1 - ½ · 0.96ᵗ)        Πₜ = μ₁ μ₂ ⋯ μₜ
        m ← m + (1 - β₁)(g - m)        v ← v + (1 - β₂)(g² - v)
        w ← w - α (μₜ₊₁ m / (1 - Πₜ₊₁) + (1 - μₜ) g / (1 - Πₜ)) / (√(v / (1 - β₂ᵗ)) + ε)

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        beta_1: β₁, how much of the average gradient stays at each step, from 0 up to 1.
        beta_2: β₂, how much of the average squared gradient stays at each step, from 0 up to 1.
        epsilon: ε, against division by zero.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> tsuno.optimizers.Nadam(learning_rate=0.1).apply([np.array([1.0, -1.0], "float32")], [w])
        >>> w.numpy().round(2)
        array([0.89, 2.11], dtype=float32)

    Source: T. Dozat, *Incorporating Nesterov Momentum into Adam*, 2016.
    """

    slot_names = (("momentum", "velocity"),)

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

    def build_shared(self, variables: Sequence[Variable]) -> None:
        dtype = variables[0].dtype if variables else standardize_dtype(None)
        self._product = self.add_variable((), "ones", dtype, name="momentum_product")

    def prepare(self, step: Any) -> None:
        self._product.assign(self._product.value * self._momentum(step))

    def _momentum(self, step: Any) -> Any:
        return self.beta_1 * (1 - 0.5 * 0.96**step)

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        now, next_ = self._momentum(step), self._momentum(step + 1)
        product = ops.cast(self._product.value, step.dtype)
        # Rounded once, so that 1 - β₂ and 1 - β₂ᵗ agree to the last bit.
        beta_1, beta_2 = ops.cast(self.beta_1, step.dtype), ops.cast(self.beta_2, step.dtype)
        m, v = moments(slots, gradient, beta_1, beta_2)
        ahead = next_ * m / (1 - product * next_) + (1 - now) * gradient / (1 - product)
        scale = ops.sqrt(v / (1 - beta_2**step)) + self.epsilon
        return weight - learning_rate * ahead / scale, {"momentum": m, "velocity": v}
