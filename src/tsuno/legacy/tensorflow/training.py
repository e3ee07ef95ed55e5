"""`tf.train`: the optimizers of TensorFlow 1, and what saves variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import optimizers
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable as Slot
from tsuno.legacy import methods, symbolic


class Optimizer:
    """An optimizer whose steps are operations of the graph."""

    def __init__(self, rule: optimizers.Optimizer) -> None:
        self._rule = rule

    def compute_gradients(self, loss: Any, var_list: Sequence[Any] | None = None, **options: Any) -> list[tuple[Any, Any]]:
        """Pairs of gradient and variable for a loss of the graph."""
        weights = list(var_list) if var_list is not None else trained_by(loss)
        return list(zip(symbolic.gradients(loss, weights), weights, strict=True))

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: Any = None) -> KerasTensor:
        """An operation that is a step."""
        pairs = [(gradient, weight) for gradient, weight in grads_and_vars if gradient is not None]
        done = methods.apply_node(self._rule, pairs)
        return done if global_step is None else symbolic.grouped(done, global_step.assign_add(1))

    def minimize(self, loss: Any, global_step: Any = None, var_list: Any = None, **options: Any) -> KerasTensor:
        """An operation that is a step that makes a loss smaller."""
        return self.apply_gradients(self.compute_gradients(loss, var_list), global_step)


def trained_by(loss: Any) -> list[Slot]:
    """The trainable variables that a tensor of the graph depends on."""
    running = symbolic.Running(symbolic.placeholders_of(loss), [loss])
    return [v for v in running.variables if v.trainable]


class GradientDescentOptimizer(Optimizer):
    """w - learning_rate · gradient."""

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent") -> None:
        super().__init__(optimizers.SGD(learning_rate))
