"""Lamb."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import ops
from tsuno.core.validate import Below1, NonNegative
from tsuno.optimizers.adam import moments
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class Lamb(Optimizer):
    """Adam whose step has, for each weight array, a length in proportion to the array's own: for very large batches.

        m ← m + (1 - β₁)(g - m)        v ← v + (1 - β₂)(g² - v)
        s = m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + ε)
        w ← w - α ‖w‖ / ‖s‖ · s        the ratio is 1 where a norm is 0

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        beta_1: β₁, how much of the average gradient stays at each step, from 0 up to 1.
        beta_2: β₂, how much of the average squared gradient stays at each step, from 0 up to 1.
        epsilon: ε, against division by zero.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([3.0, 4.0])
        >>> tsuno.optimizers.Lamb(learning_rate=0.1).apply([np.array([1.0, -1.0], "float32")], [w])
        >>> w.numpy().round(2)
        array([2.65, 4.35], dtype=float32)

    Source: Y. You et al., *Large Batch Optimization for Deep Learning: Training BERT in 76 minutes*, 2020.
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

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        m, v = moments(slots, gradient, self.beta_1, self.beta_2)
        move = m / (1 - self.beta_1**step) / (ops.sqrt(v / (1 - self.beta_2**step)) + self.epsilon)
        length, reach = _norm(weight), _norm(move)
        ratio = ops.where((length > 0) & (reach > 0), length / ops.where(reach > 0, reach, 1.0), 1.0)
        return weight - ratio * learning_rate * move, {"momentum": m, "velocity": v}


def _norm(x: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(x)))
