"""Half-precision gradients without underflow: the loss is multiplied by a factor that finds its own size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core import registry
from tsuno.core.context import scope
from tsuno.core.errors import invalid
from tsuno.core.validate import PositiveInt
from tsuno.core.variable import Variable
from tsuno.optimizers.base import Optimizer, OptimizerOptions
from tsuno.optimizers.guard import only_where

_UNSET = {"use_ema": False, "ema_momentum": 0.99}


class LossScaleOptimizer(Optimizer):
    """Any optimizer, with gradients of a loss made larger by a factor that follows what float16 can hold.

    The gradients are divided by the factor again. Where one is infinite or NaN, the step is skipped and the factor is
    halved; after `dynamic_growth_steps` steps without, it is doubled. `compile` puts this around the optimizer of a
    model whose dtype policy is `mixed_float16`.

    Args:
        inner_optimizer: the optimizer that moves the weights.
        initial_scale: the first factor; rather too large, since it falls faster than it rises.
        dynamic_growth_steps: after so many good steps the factor is doubled.
        name: a name for the variables' paths.
        dynamic: of Keras 2; must be True. A constant factor is `loss_scale_factor` of the inner optimizer.
        **kwargs: must be unset, since they belong to the inner optimizer; old files have them.

    Raises:
        ValueError: an argument that belongs to the inner optimizer is set here.

    Example:
        >>> w = tsuno.Variable([1.0])
        >>> scaled = tsuno.optimizers.LossScaleOptimizer(tsuno.optimizers.SGD(0.5), initial_scale=8.0)
        >>> scaled.apply([np.array([np.inf], "float32")], [w])
        >>> w.numpy(), float(scaled.dynamic_scale)
        (array([1.], dtype=float32), 4.0)

    Source: P. Micikevicius et al., *Mixed Precision Training*, 2018.
    """

    def __init__(  # type: ignore[misc]  # the name is the wrapper's own
        self,
        inner_optimizer: Any,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: PositiveInt = 2000,
        name: str | None = None,
        *,
        dynamic: bool = True,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer):
            raise invalid("LossScaleOptimizer.inner_optimizer", "an Optimizer", inner_optimizer, kind=TypeError)
        if not dynamic:
            raise invalid("dynamic", "True", dynamic, "Set `loss_scale_factor` of the inner optimizer instead.")
        for option, value in kwargs.items():
            if value is not None and value != _UNSET.get(option):
                raise invalid(f"LossScaleOptimizer.{option}", "left out", value, "Set it on the inner optimizer.")
        super().__init__(0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.initial_scale, self.dynamic_growth_steps = initial_scale, dynamic_growth_steps
        self.use_ema = inner_optimizer.use_ema
        inner_optimizer.loss_scale_factor = None  # or gradients would be divided twice

    def build(self, variables: Sequence[Variable] = (), var_list: Sequence[Variable] | None = None) -> None:
        """Make the factor, and build the inner optimizer for these weights."""
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        self.dynamic_scale = self.add_variable((), dtype="float32", name="dynamic_scale")
        self.dynamic_scale.assign(self.initial_scale)
        self.inner_optimizer.build(self._remember(variables if var_list is None else var_list))

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the inner optimizer."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self) -> Any:
        """How many times the inner optimizer has moved the weights."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss: Any) -> Any:
        """The loss to differentiate."""
        return loss * (self.dynamic_scale.value if self.built else self.initial_scale)

    def check_finite(self, grads: Sequence[Any]) -> Any:
        """Whether all elements of all gradients are numbers, as a boolean scalar."""
        finite = [ops.all(ops.isfinite(gradient)) for gradient in grads if gradient is not None]
        return ops.all(ops.stack(finite)) if finite else ops.convert_to_tensor(True)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """One step of the inner optimizer, or none where a gradient is not finite; and the next factor."""
        if not len(grads):
            return
        weights = self._weights(grads, trainable_variables)
        finite, scale, count = self.check_finite(grads), self.dynamic_scale.value, self.step_counter.value
        unscaled = [
            g if g is None or weight.overwrite_with_gradient else g / scale
            for g, weight in zip(grads, weights, strict=True)
        ]
        with only_where(finite, [self.inner_optimizer, weights]), scope(probes=None):  # too large a factor is no error
            self.inner_optimizer.apply(unscaled, weights)
        grows = count == self.dynamic_growth_steps - 1
        self.dynamic_scale.assign(scale * ops.where(finite, ops.where(grows, 2.0, 1.0), 0.5))
        self.step_counter.assign(ops.where(finite & ~grows, count + 1, 0))

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Set weights to their moving averages, if the inner optimizer keeps such."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        names = ("name", "inner_optimizer", "initial_scale", "dynamic_growth_steps")
        return {name: registry.serialize(getattr(self, name)) for name in names}
