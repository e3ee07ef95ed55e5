"""Adam and what grew from it."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import ops
from tsuno.core.validate import Below1, NonNegative
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


def moments(slots: Slots, gradient: Any, beta_1: Any, beta_2: Any) -> tuple[Any, Any]:
    """The next running averages of the gradient and of its square."""
    m, v = slots["momentum"], slots["velocity"]
    return m + (gradient - m) * (1 - beta_1), v + (ops.square(gradient) - v) * (1 - beta_2)


class Adam(Optimizer):
    """Steps scaled by running averages of the gradient and of its square.

        m ← m + (1 - β₁)(g - m)        v ← v + (1 - β₂)(g² - v)
        w ← w - α √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        beta_1: β₁, how much of the average gradient stays at each step.
        beta_2: β₂, how much of the average squared gradient stays at each step.
        epsilon: ε; added to √v before the bias of v is corrected ("epsilon hat" in the paper).
        amsgrad: divide by the largest v so far instead of by v.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> tsuno.optimizers.Adam(learning_rate=0.1).apply([np.array([1.0, -1.0], "float32")], [w])
        >>> w.numpy().round(3)
        array([0.9, 2.1], dtype=float32)

    Source: D. P. Kingma and J. Ba, *Adam: A Method for Stochastic Optimization*, 2015; for `amsgrad` S. Reddi et al.,
    *On the Convergence of Adam and Beyond*, 2018.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: Below1 = 0.9,
        beta_2: Below1 = 0.999,
        epsilon: NonNegative = 1e-7,
        amsgrad: bool = False,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    @property
    def slot_names(self) -> tuple[str | tuple[str, ...], ...]:  # type: ignore[override]
        return (("momentum", "velocity"), "velocity_hat") if self.amsgrad else (("momentum", "velocity"),)

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        rate = learning_rate * ops.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        m, v = moments(slots, gradient, self.beta_1, self.beta_2)
        kept = {"momentum": m, "velocity": v}
        if self.amsgrad:
            kept["velocity_hat"] = v = ops.maximum(slots["velocity_hat"], v)
        return weight - m * rate / (ops.sqrt(v) + self.epsilon), kept


class AdamW(Adam):
    """Adam with weight decay applied to the weights themselves instead of through the gradient.

    Args:
        learning_rate: a number, a schedule, or a function of no arguments.
        weight_decay: before each step a weight w becomes w - learning_rate · weight_decay · w.
        beta_1: how much of the average gradient stays at each step.
        beta_2: how much of the average squared gradient stays at each step.
        epsilon: a small number against division by zero.
        amsgrad: divide by the largest average square so far.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> tsuno.optimizers.AdamW(weight_decay=0.01).weight_decay
        0.01

    Source: I. Loshchilov and F. Hutter, *Decoupled Weight Decay Regularization*, 2019.
    """

    def __init__(  # type: ignore[misc]  # weight_decay has a default of its own here
        self,
        learning_rate: Any = 0.001,
        weight_decay: NonNegative | None = 0.004,
        beta_1: Below1 = 0.9,
        beta_2: Below1 = 0.999,
        epsilon: NonNegative = 1e-7,
        amsgrad: bool = False,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)
