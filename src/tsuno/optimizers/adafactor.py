"""Adafactor."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno import ops
from tsuno.core.validate import NonNegative
from tsuno.core.variable import Variable
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class Adafactor(Optimizer):
    """Adam's scaling from the means of rows and columns of squared gradients instead of from each element's.

        ρ = min(α, 1/√t),   β = 1 - tᵈ,   q = g² + ε₁
        r ← β r + (1 - β) mean of q over columns,   c ← β c + (1 - β) mean of q over rows,   v = r cᵀ / mean(r)
        u = g / √v,   w ← w - ρ max(ε₂, rms(w)) · u / max(1, rms(u) / clip_threshold)

    The last two axes are factored. Arrays of fewer axes keep the average v of q itself.

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments; at most 1/√t of it is used.
        beta_2_decay: d, how fast β comes near 1; negative.
        epsilon_1: ε₁, keeps squares above 0.
        epsilon_2: ε₂, the least size of a weight array that a step is in proportion to.
        clip_threshold: the largest root mean square of u.
        relative_step: kept in the configuration; as in Keras, the rate is bounded by 1/√t in either case.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable([[1.0, 2.0]])
        >>> tsuno.optimizers.Adafactor(learning_rate=0.1).apply([np.array([[1.0, -1.0]], "float32")], [w])
        >>> w.numpy().round(3)
        array([[0.842, 2.158]], dtype=float32)

    Source: N. Shazeer and M. Stern, *Adafactor: Adaptive Learning Rates with Sublinear Memory Cost*, 2018.
    """

    slot_names = (("rows", "columns", "velocity"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: NonNegative = 1e-30,
        epsilon_2: NonNegative = 1e-3,
        clip_threshold: NonNegative = 1.0,
        relative_step: bool = True,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_2_decay, self.epsilon_1, self.epsilon_2 = beta_2_decay, epsilon_1, epsilon_2
        self.clip_threshold, self.relative_step = clip_threshold, relative_step

    def make_slot(self, variable: Variable, name: str) -> Variable | None:
        if name == "velocity":
            return super().make_slot(variable, name)
        if variable.ndim < 2:  # files have a number here
            return self.add_variable((), dtype="int32", name=variable.name)
        shape = variable.shape[:-1] if name == "rows" else (*variable.shape[:-2], variable.shape[-1])
        return self.add_variable(shape, dtype=variable.dtype, name=variable.name)

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        beta = 1 - step**self.beta_2_decay
        square = ops.square(gradient) + self.epsilon_1
        kept = {}
        if weight.ndim < 2:
            v = beta * slots["velocity"] + (1 - beta) * square
        else:
            kept["rows"] = r = beta * slots["rows"] + (1 - beta) * ops.mean(square, axis=-1)
            kept["columns"] = c = beta * slots["columns"] + (1 - beta) * ops.mean(square, axis=-2)
            v = (r / ops.mean(r, axis=-1, keepdims=True))[..., None] * c[..., None, :]
        kept["velocity"] = v
        move = gradient / ops.sqrt(v)
        move = move / ops.maximum(_rms(move) / self.clip_threshold, 1.0)
        rate = ops.minimum(learning_rate, 1 / ops.sqrt(step)) * ops.maximum(_rms(weight), self.epsilon_2)
        return weight - rate * move, kept


def _rms(x: Any) -> Any:
    return ops.sqrt(ops.mean(ops.square(x)))
