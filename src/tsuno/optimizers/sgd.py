"""Gradient descent."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno.core.validate import Fraction
from tsuno.core.variable import Variable
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class SGD(Optimizer):
    """Steps down the gradient, with momentum if wanted.

        w ← w - α g                      without momentum
        m ← μ m - α g,   w ← w + m       with momentum μ
        w ← w + μ m - α g                with Nesterov's look ahead, after the same m

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        momentum: μ, how much of the last step goes into the next, from 0 to 1.
        nesterov: take the gradient's step from where momentum leads to; without momentum it changes nothing.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> sgd = tsuno.optimizers.SGD(learning_rate=0.1, momentum=0.5)
        >>> sgd.apply([np.array([1.0, -1.0], "float32")], [w])
        >>> sgd.apply([np.array([0.0, 0.0], "float32")], [w])
        >>> w.numpy().round(3)
        array([0.85, 2.15], dtype=float32)

    Source: B. Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964; I. Sutskever et al.,
    *On the importance of initialization and momentum in deep learning*, 2013.
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: Fraction = 0.0,
        nesterov: bool = False,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.momentum, self.nesterov = momentum, nesterov

    @property
    def slot_names(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("momentum",) if self.momentum else ()

    @property
    def keeps_still(self) -> bool:  # type: ignore[override]
        return not self.momentum

    @property
    def momentums(self) -> list[Variable | None]:
        """The momentum of each weight."""
        return self._slots_named("momentum") if self.momentum else []

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        if not self.momentum:
            return weight - learning_rate * gradient, {}
        m = self.momentum * slots["momentum"] - learning_rate * gradient
        move = self.momentum * m - learning_rate * gradient if self.nesterov else m
        return weight + move, {"momentum": m}
