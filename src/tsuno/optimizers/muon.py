"""Muon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.validate import Below1, Fraction, NonNegative, NonNegativeInt
from tsuno.core.variable import Variable
from tsuno.optimizers.adam import moments
from tsuno.optimizers.base import Optimizer, OptimizerOptions, Slots


class Muon(Optimizer):
    """Steps whose matrices are made nearly orthogonal, so that rare directions count like frequent ones.

        m ← μ m + g,   d = g + μ m  (m itself without Nesterov's look ahead)
        X = d / ‖d‖, then some times X ← a X + (b XXᵀ + c (XXᵀ)²) X
        w ← w - α · 0.2 √max(rows, columns) · X

    Only matrices move so. All other weights, embeddings, and the layers listed in `exclude_layers` move as by AdamW.
    The last layer of a classifier should be among them.

    Args:
        learning_rate: α, a number, a schedule, or a function of no arguments.
        adam_beta_1: AdamW's β₁, from 0 up to 1.
        adam_beta_2: AdamW's β₂, from 0 up to 1.
        adam_weight_decay: the weight decay of what moves by AdamW.
        epsilon: AdamW's ε, against division by zero.
        weight_decay: the weight decay of matrices.
        exclude_layers: patterns; weights in whose path one is found move by AdamW.
        exclude_embeddings: whether weights with "embedding" in their path move by AdamW.
        muon_a: a of the iteration.
        muon_b: b of the iteration.
        muon_c: c of the iteration.
        adam_lr_ratio: what the rate is multiplied by for AdamW.
        momentum: μ, how much of the last steps goes into the next, from 0 to 1.
        ns_steps: how many times the iteration runs, zero or more.
        nesterov: whether to look ahead.
        rms_rate: the 0.2, with which a step is as large as one of AdamW; None for the bare α X.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> w = tsuno.Variable(np.eye(2, dtype="float32"))
        >>> muon = tsuno.optimizers.Muon(learning_rate=0.1, weight_decay=None)
        >>> muon.apply([np.diag([3.0, 4.0]).astype("float32")], [w])
        >>> bool((w.numpy().diagonal() < 1).all())
        True

    Source: K. Jordan et al., *Muon: An Optimizer for Hidden Layers in Neural Networks*, 2024; J. Liu et al., *Muon is
    Scalable for LLM Training*, 2025.
    """

    slot_names = (("momentum", "velocity"),)

    def __init__(  # type: ignore[misc]  # weight_decay has a default of its own here
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: Below1 = 0.9,
        adam_beta_2: Below1 = 0.999,
        adam_weight_decay: NonNegative | None = 0.004,
        epsilon: NonNegative = 1e-7,
        weight_decay: NonNegative | None = 0.004,
        *,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: NonNegative = 1,
        momentum: Fraction = 0.95,
        ns_steps: NonNegativeInt = 5,
        nesterov: bool = True,
        rms_rate: NonNegative | None = 0.2,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)
        self.adam_beta_1, self.adam_beta_2, self.adam_weight_decay = adam_beta_1, adam_beta_2, adam_weight_decay
        self.epsilon, self.adam_lr_ratio, self.rms_rate = epsilon, adam_lr_ratio, rms_rate
        self.exclude_layers, self.exclude_embeddings = list(exclude_layers or ()), exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.momentum, self.ns_steps, self.nesterov = momentum, ns_steps, nesterov

    @property
    def momentums(self) -> list[Variable | None]:
        """The momentum of each weight."""
        return self._slots_named("momentum")

    @property
    def adam_velocities(self) -> list[Variable | None]:
        """The average squared gradient of each weight that moves by AdamW, None for the others."""
        return self._slots_named("velocity")

    def make_slot(self, variable: Variable, name: str) -> Variable | None:
        return super().make_slot(variable, name) if name == "momentum" or self._moves_by_adam(variable) else None

    def decay_of(self, variable: Variable) -> float | None:
        return self.adam_weight_decay if self._moves_by_adam(variable) else self.weight_decay

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        if "velocity" in slots:
            rate = learning_rate * self.adam_lr_ratio
            rate = rate * ops.sqrt(1 - self.adam_beta_2**step) / (1 - self.adam_beta_1**step)
            m, v = moments(slots, gradient, self.adam_beta_1, self.adam_beta_2)
            return weight - m * rate / (ops.sqrt(v) + self.epsilon), {"momentum": m, "velocity": v}
        m = self.momentum * slots["momentum"] + gradient
        move = self.zeropower_via_newtonschulz5(gradient + self.momentum * m if self.nesterov else m, self.ns_steps)
        return weight - self.lr_adjust(learning_rate * move), {"momentum": m}

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """A matrix near U Vᵀ where `x` is U S Vᵀ, by `steps` Newton-Schulz iterations of the fifth order."""
        if x.shape[-2] > x.shape[-1]:
            return self.transpose_last_axis(self.zeropower_via_newtonschulz5(self.transpose_last_axis(x), steps))
        x = x / (ops.sqrt(ops.sum(ops.square(x), axis=(-2, -1), keepdims=True)) + 1e-7)
        for _ in range(steps):
            square = ops.matmul(x, self.transpose_last_axis(x))
            x = self.muon_a * x + ops.matmul(self.muon_b * square + self.muon_c * ops.matmul(square, square), x)
        return x

    def transpose_last_axis(self, X: Any) -> Any:
        """`X` with its last two axes exchanged."""
        return ops.swapaxes(X, -1, -2)

    def lr_adjust(self, x: Any) -> Any:
        """A step of a matrix, brought to the size that a step of AdamW has."""
        return x if self.rms_rate is None else x * (max(x.shape[0], x.shape[1]) ** 0.5 * self.rms_rate)

    def _moves_by_adam(self, variable: Variable) -> bool:
        embedding = self.exclude_embeddings and "embedding" in variable.path.lower()
        return variable.ndim != 2 or embedding or any(re.search(each, variable.path) for each in self.exclude_layers)
