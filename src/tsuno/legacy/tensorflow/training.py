"""`tf.train`: the optimizers of TensorFlow 1, whose steps are operations of the graph, with their exact laws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tsuno.core.context import scope
from tsuno.core.errors import suggest
from tsuno.core.functions import value_and_grad
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable as Slot
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import on_graph
from tsuno.legacy.tensorflow.variables import Variable, _new_path, trainable_variables

Slots = dict[str, Any]


class Optimizer:
    """Base of optimizers: how a gradient moves a variable, given numbers that may be tensors.

    Args:
        use_locking: accepted for compatibility.
        name: a name.
    """

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2
    slots: Mapping[str, float] = MappingProxyType({})
    """The names of what is kept for each variable, and the first values."""

    def __init__(self, use_locking: bool = False, name: str = "", **numbers: Any) -> None:
        self._name, self._numbers = name, numbers
        self._kept: dict[int, dict[str, Variable]] = {}
        self._common: dict[str, Variable] = {}
        self._effects: list[KerasTensor] = []

    # ------------------------------------------------------------------ what classes say

    def first(self, slot: str) -> Any:
        """The first value of a slot."""
        return self.slots[slot]

    def common(self) -> dict[str, float]:
        """What is kept once for all variables: names and first values."""
        return {}

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        """The new value of a variable; entries of `kept` are replaced by their new values.

        Args:
            w: the value.
            g: the gradient.
            kept: the slots of the variable.
            n: the optimizer's numbers, and what is kept for all variables.
        """
        raise NotImplementedError

    def after(self, n: Slots) -> Slots:
        """New values of what is kept for all variables, once each has moved."""
        return {}

    # ------------------------------------------------------------------ what programs call

    def compute_gradients(
        self,
        loss: Any,
        var_list: Sequence[Any] | None = None,
        gate_gradients: Any = None,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """Pairs of gradient and variable.

        Args:
            loss: a tensor of the graph, or a function without arguments where tensors have values.
            var_list: the variables; by default the trainable ones that the loss depends on.
            gate_gradients: accepted for compatibility.
            aggregation_method: accepted for compatibility.
            colocate_gradients_with_ops: accepted for compatibility.
            grad_loss: what the loss counts for; 1 by default.
        """
        if callable(loss) and not isinstance(loss, KerasTensor):
            chosen = list(var_list) if var_list is not None else trainable_variables()

            def total() -> Any:
                value = modes.value_of(loss())
                return xp.sum(value.value if isinstance(value, Slot) else value)

            with scope(recording=None):
                return list(zip(value_and_grad(total, chosen)()[1], chosen, strict=True))
        if not symbolic.is_drawn(loss):
            raise ValueError(
                "`minimize` takes a tensor of the graph that depends on variables, or, where tensors have values, a "
                "function without arguments that computes the loss."
            )
        given = [var_list] if isinstance(var_list, Slot) else var_list
        weights = trained_by(loss) if given is None else list(given)
        if not weights:
            raise ValueError("There is nothing to train: the loss does not depend on any trainable variable.")
        self._effects = _effects_of(loss)
        loss = loss if grad_loss is None else loss * grad_loss
        return list(zip(symbolic.gradients(loss, weights), weights, strict=True))

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: Any = None) -> Any:
        """An operation that is a step; where tensors have values, the step is taken.

        Args:
            grads_and_vars: pairs of gradient and variable; gradients that are None are left out.
            global_step: a variable that counts the steps.
            name: accepted for compatibility.
        """
        pairs = [(gradient, weight) for gradient, weight in grads_and_vars if gradient is not None]
        if not pairs:
            raise ValueError("There is nothing to train: no variable has a gradient.")
        weights = [weight for _, weight in pairs]
        kept = [self._slots_of(weight) for weight in weights]
        if not self._common:
            self._common = {key: _slot(key, np.float32(value)) for key, value in self.common().items()}
        names = list(self._numbers)

        def apply(numbers: Sequence[Any], grads: Sequence[Any]) -> Any:
            shared = {key: variable.value for key, variable in self._common.items()}
            known = {**dict(zip(names, numbers, strict=True)), **shared}
            for weight, gradient, slots in zip(weights, grads, kept, strict=True):
                self._move(weight, xp.asarray(gradient), slots, known)
            for key, value in self.after(known).items():
                Slot.assign(self._common[key], value)
            return np.int32(0)

        numbers = [value() if callable(value) and not _is_tensor(value) else value for value in self._numbers.values()]
        if not modes.graph_mode():
            with scope(recording=None):
                apply([_number(x) for x in numbers], [_number(gradient) for gradient, _ in pairs])
            return None if global_step is None else global_step.assign_add(1)
        operation = symbolic.Operation(
            lambda numbers, grads: apply([_number(x) for x in numbers], grads),
            [weights, *kept, self._common], "training", says_nothing=True,
        )  # fmt: skip
        with modes.control_dependencies(self._effects):
            done = on_graph(operation, numbers, [gradient for gradient, _ in pairs], outputs=KerasTensor((), "int32"))
        if global_step is None:
            return done
        with modes.control_dependencies([done]):
            return symbolic.grouped(done, global_step.assign_add(1))

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: Any = None,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: Any = None,
        grad_loss: Any = None,
    ) -> Any:
        """An operation that is a step that makes a loss smaller; see `compute_gradients` and `apply_gradients`."""
        return self.apply_gradients(self.compute_gradients(loss, var_list, grad_loss=grad_loss), global_step)

    def get_name(self) -> str:
        """The name."""
        return self._name

    def get_slot_names(self) -> list[str]:
        """The names of what is kept for each variable."""
        return sorted(self.slots)

    def get_slot(self, var: Any, name: str) -> Any:
        """What is kept for a variable under a name; None before there is a step."""
        if name not in self.slots:
            near = suggest(name, list(self.slots))
            raise ValueError(f"`{type(self).__name__}` keeps {list(self.slots)}; there is no slot {name!r}.{near}")
        return self._kept.get(id(var), {}).get(name)

    def variables(self) -> list[Any]:
        """All that is kept."""
        return [*self._common.values(), *(variable for slots in self._kept.values() for variable in slots.values())]

    # ------------------------------------------------------------------ steps

    def _slots_of(self, weight: Any) -> dict[str, Variable]:
        if id(weight) not in self._kept:
            self._kept[id(weight)] = {
                name: _slot(name, np.full(weight.shape, self.first(name), str(weight.dtype)), weight, self._name)
                for name in self.slots
            }
        return self._kept[id(weight)]

    def _move(self, weight: Any, gradient: Any, slots: Mapping[str, Variable], numbers: Slots) -> None:
        kept = {name: variable.value for name, variable in slots.items()}
        dtype = weight.value.dtype
        typed = {key: xp.asarray(value).astype(dtype) if _is_real(value) else value for key, value in numbers.items()}
        new = self.moved(weight.value, gradient.astype(dtype), kept, typed)
        Slot.assign(weight, new if weight.constraint is None else weight.constraint(new))
        for name, variable in slots.items():
            Slot.assign(variable, kept[name])


def _slot(name: str, value: Any, weight: Any = None, owner: str = "") -> Variable:
    made = Variable(value, trainable=False, name=name)
    if weight is not None:
        made.path = _new_path(f"{weight.path}/{owner}")
    return made


def _is_tensor(x: Any) -> bool:
    return isinstance(x, (KerasTensor, Slot)) or hasattr(x, "dtype")


def _is_real(x: Any) -> bool:
    return not isinstance(x, (bool, str)) and x is not None


def _number(x: Any) -> Any:
    x = modes.value_of(x)
    return x.value if isinstance(x, Slot) else x


def trained_by(loss: Any) -> list[Slot]:
    """The trainable variables that a tensor of the graph depends on."""
    running = symbolic.Running(symbolic.placeholders_of(loss), [loss])
    return [v for v in running.variables if v.trainable]


def _effects_of(loss: Any) -> list[KerasTensor]:
    """The assignments that take place where a tensor is computed: a step brings them about, as computing it would."""
    running = symbolic.Running(symbolic.placeholders_of(loss), [loss])
    found = [node for node in running.nodes if getattr(node.operation, "has_effects", False)]
    return [tensor for node in found for tensor in node.output_tensors]


# ---------------------------------------------------------------------- the laws


class GradientDescentOptimizer(Optimizer):
    """w − learning_rate · gradient."""

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent") -> None:
        super().__init__(name=name, lr=learning_rate)

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        return w - n["lr"] * g


class MomentumOptimizer(Optimizer):
    """a = momentum · a + gradient; w − learning_rate · a, or one step further with `use_nesterov`."""

    slots = MappingProxyType({"momentum": 0.0})

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(name=name, lr=learning_rate, momentum=momentum)
        self._nesterov = use_nesterov

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        kept["momentum"] = a = n["momentum"] * kept["momentum"] + g
        return w - n["lr"] * (g + n["momentum"] * a if self._nesterov else a)


class AdamOptimizer(Optimizer):
    """w − learning_rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).

    Source: D. Kingma and J. Ba, *Adam: A Method for Stochastic Optimization*, 2014 (the form before its section 2.1).
    """

    slots = MappingProxyType({"m": 0.0, "v": 0.0})

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-08,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(name=name, lr=learning_rate, beta1=beta1, beta2=beta2, epsilon=epsilon)

    def common(self) -> dict[str, float]:
        known = {
            key: 0.0 if symbolic.is_drawn(self._numbers[key]) else self._numbers[key] for key in ("beta1", "beta2")
        }
        return {"beta1_power": float(known["beta1"]), "beta2_power": float(known["beta2"])}

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        kept["m"] = kept["m"] + (g - kept["m"]) * (1 - n["beta1"])
        kept["v"] = kept["v"] + (g * g - kept["v"]) * (1 - n["beta2"])
        rate = n["lr"] * xp.sqrt(1 - n["beta2_power"]) / (1 - n["beta1_power"])
        return w - rate * kept["m"] / (xp.sqrt(kept["v"]) + n["epsilon"])

    def after(self, n: Slots) -> Slots:
        return {key: n[key] * n[key[:5]] for key in ("beta1_power", "beta2_power")}


class AdagradOptimizer(Optimizer):
    """a = a + gradient²; w − learning_rate · gradient / √a."""

    slots = MappingProxyType({"accumulator": 0.1})

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        super().__init__(name=name, lr=learning_rate)
        self._start = initial_accumulator_value

    def first(self, slot: str) -> Any:
        return self._start

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        kept["accumulator"] = a = kept["accumulator"] + g * g
        return w - n["lr"] * g / xp.sqrt(a)


class RMSPropOptimizer(Optimizer):
    """s = decay · s + (1 − decay) · gradient², from 1; w moves by learning_rate · gradient / √(s + ε), with momentum.

    `centered` takes the square of the mean gradient from s.
    """

    slots = MappingProxyType({"rms": 1.0, "momentum": 0.0, "mg": 0.0})

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(name=name, lr=learning_rate, decay=decay, momentum=momentum, epsilon=epsilon)
        self._centered = centered
        if not centered:
            self.slots = MappingProxyType({"rms": 1.0, "momentum": 0.0})

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        kept["rms"] = spread = kept["rms"] + (g * g - kept["rms"]) * (1 - n["decay"])
        if self._centered:
            kept["mg"] = mean = kept["mg"] + (g - kept["mg"]) * (1 - n["decay"])
            spread = spread - mean * mean
        kept["momentum"] = step = n["momentum"] * kept["momentum"] + n["lr"] * g / xp.sqrt(spread + n["epsilon"])
        return w - step


class AdadeltaOptimizer(Optimizer):
    """w − learning_rate · √(u + ε) / √(a + ε) · gradient; a and u are running means of squared gradients and moves."""

    slots = MappingProxyType({"accum": 0.0, "accum_update": 0.0})

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(name=name, lr=learning_rate, rho=rho, epsilon=epsilon)

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        rho, epsilon = n["rho"], n["epsilon"]
        kept["accum"] = a = rho * kept["accum"] + (1 - rho) * g * g
        step = xp.sqrt(kept["accum_update"] + epsilon) / xp.sqrt(a + epsilon) * g
        kept["accum_update"] = rho * kept["accum_update"] + (1 - rho) * step * step
        return w - n["lr"] * step


class FtrlOptimizer(Optimizer):
    """Follows the regularized leader.

    Source: H. B. McMahan et al., *Ad Click Prediction: a View from the Trenches*, 2013.
    """

    slots = MappingProxyType({"accum": 0.1, "linear": 0.0})

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: Any = None,
        linear_name: Any = None,
        l2_shrinkage_regularization_strength: Any = 0.0,
        beta: Any = 0.0,
    ) -> None:
        super().__init__(
            name=name, lr=learning_rate, power=learning_rate_power, l1=l1_regularization_strength,
            l2=l2_regularization_strength, shrinkage=l2_shrinkage_regularization_strength, beta=beta or 0.0,
        )  # fmt: skip
        self._start = initial_accumulator_value

    def first(self, slot: str) -> Any:
        return self._start if slot == "accum" else 0.0

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        before, a = kept["accum"], kept["accum"] + g * g
        l2 = n["l2"] + n["beta"] / (2 * n["lr"])
        linear = kept["linear"] + g + 2 * n["shrinkage"] * w
        linear = linear - (a ** -n["power"] - before ** -n["power"]) / n["lr"] * w
        kept["accum"], kept["linear"] = a, linear
        curve = a ** -n["power"] / n["lr"] + 2 * l2
        return xp.where(xp.abs(linear) > n["l1"], (xp.sign(linear) * n["l1"] - linear) / curve, 0)


class ProximalGradientDescentOptimizer(Optimizer):
    """A step of gradient descent, then towards zero by the penalties |w| · l1 and w² · l2 / 2."""

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(name=name, lr=learning_rate, l1=l1_regularization_strength, l2=l2_regularization_strength)

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        return _drawn_in(w - n["lr"] * g, n["lr"], n)


class ProximalAdagradOptimizer(Optimizer):
    """A step of Adagrad, then towards zero by the penalties |w| · l1 and w² · l2 / 2."""

    slots = MappingProxyType({"accumulator": 0.1})

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        super().__init__(name=name, lr=learning_rate, l1=l1_regularization_strength, l2=l2_regularization_strength)
        self._start = initial_accumulator_value

    def first(self, slot: str) -> Any:
        return self._start

    def moved(self, w: Any, g: Any, kept: Slots, n: Slots) -> Any:
        kept["accumulator"] = a = kept["accumulator"] + g * g
        return _drawn_in(w - n["lr"] / xp.sqrt(a) * g, n["lr"] / xp.sqrt(a), n)


def _drawn_in(w: Any, rate: Any, n: Slots) -> Any:
    return xp.sign(w) * xp.maximum(xp.abs(w) - rate * n["l1"], 0) / (1 + rate * n["l2"])
