"""What all optimizers share: an optimizer itself states only its law for one weight.

A law is the pure function `update(weight, gradient, slots, step, learning_rate) -> (weight, slots)`, and `slot_names`
names the arrays it keeps per weight (zeros at first). Around it, composed here once and in this order: unscaling,
gradient accumulation, clipping, weight decay, the law, the moving average of the weights, constraints.

Source of the form: D. P. Kingma and J. Ba, *Adam: A Method for Stochastic Optimization*, 2015: a fold over steps.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Self, TypedDict

from tsuno import initializers, ops
from tsuno.core.config import Configurable
from tsuno.core.context import context, scope
from tsuno.core.dtypes import standardize_dtype
from tsuno.core.errors import invalid
from tsuno.core.naming import auto_name
from tsuno.core.registry import custom_object_scope
from tsuno.core.validate import Fraction, NonNegative, PositiveInt
from tsuno.core.variable import Holder, Variable, bound, variables_of
from tsuno.optimizers.clipping import clip
from tsuno.optimizers.schedules import LearningRateSchedule, deserialize, serialize

Slots = dict[str, Any]


class OptimizerOptions(TypedDict, total=False):
    """The arguments that every optimizer takes."""

    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class Optimizer(Configurable, Holder):
    """Base of optimizers.

    Args:
        learning_rate: a number, a `LearningRateSchedule`, or a function of no arguments that returns a number.
        weight_decay: before each step a weight w becomes w - learning_rate · weight_decay · w.
        clipnorm: scale each gradient down to at most this norm.
        clipvalue: cut gradients at ± this value.
        global_clipnorm: scale all gradients together down to at most this norm. Only one of the three clips can be set.
        use_ema: keep a moving average of the weights.
        ema_momentum: how much of the average stays at each step, from 0 to 1.
        ema_overwrite_frequency: after so many steps the weights are set to the average; None leaves that to
            `finalize_variable_values`, which `fit` calls at its end.
        loss_scale_factor: a factor put on the loss and taken off the gradients, for float16.
        gradient_accumulation_steps: average the gradients of so many steps, then move once.
        name: a name for the variables' paths.

    Example:
        >>> class Plain(tsuno.optimizers.Optimizer):
        ...     def update(self, weight, gradient, slots, step, learning_rate):
        ...         return weight - learning_rate * gradient, {}
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> Plain(learning_rate=0.5).apply([np.array([1.0, 1.0], "float32")], [w])
        >>> w.numpy()
        array([0.5, 1.5], dtype=float32)
    """

    slot_names: tuple[str | tuple[str, ...], ...] = ()
    """What is kept per weight, in the order of files: for each name the slots of all weights, for a tuple of names
    the slots of each weight together."""
    _untracked = frozenset({"_arguments", "_trainable_variables", "_places"})

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: NonNegative | None = None,
        clipnorm: NonNegative | None = None,
        clipvalue: NonNegative | None = None,
        global_clipnorm: NonNegative | None = None,
        use_ema: bool = False,
        ema_momentum: Fraction = 0.99,
        ema_overwrite_frequency: PositiveInt | None = None,
        loss_scale_factor: NonNegative | None = None,
        gradient_accumulation_steps: PositiveInt | None = None,
        name: str | None = None,
    ) -> None:
        if sum(value is not None for value in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                f"{type(self).__name__} takes only one of `clipnorm`, `clipvalue` and `global_clipnorm`; got "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}."
            )
        if gradient_accumulation_steps == 1:
            raise invalid("gradient_accumulation_steps", "None or at least 2", gradient_accumulation_steps)
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.use_ema, self.ema_momentum, self.ema_overwrite_frequency = use_ema, ema_momentum, ema_overwrite_frequency
        self.loss_scale_factor, self.gradient_accumulation_steps = loss_scale_factor, gradient_accumulation_steps
        self.built = False
        self._trainable_variables: list[Variable] = []
        self._places: dict[int, int] = {}
        self._no_decay: tuple[set[int], list[re.Pattern[str]]] = (set(), [])
        with scope(path=(*context.path, self.name)):
            self._iterations = Variable(0, dtype="int32", trainable=False, name="iteration")
            self._learning_rate = self._make_learning_rate(learning_rate)
        self._made: list[Variable] = []  # the optimizer's own variables in the order in which they were made

    def update(self, weight: Any, gradient: Any, slots: Slots, step: Any, learning_rate: Any) -> tuple[Any, Slots]:
        """The law: the next value of one weight and of what is kept about it.

        Args:
            weight: the weight's array.
            gradient: the loss's gradient by it.
            slots: the kept arrays by name.
            step: the number of this step as a float, 1 at first.
            learning_rate: the current learning rate as a scalar.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `update`, the law for one weight.")

    def prepare(self, step: Any) -> None:
        """Hook: what happens once per step, before the law is applied to each weight."""

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots for these weights."""
        if self.built:
            return
        self._trainable_variables = list(variables)
        self._places = {id(variable): place for place, variable in enumerate(variables)}
        self._averages = self.add_optimizer_variables(variables, "average") if self.use_ema else []
        accumulates = self.gradient_accumulation_steps
        self._accumulators = self.add_optimizer_variables(variables, "gradient_accumulator") if accumulates else []
        self._slots: list[dict[str, Variable]] = [{} for _ in variables]
        for group in self.slot_names:
            for variable, slots in zip(variables, self._slots, strict=True):
                first = self.first_slots(variable)
                for name in (group,) if isinstance(group, str) else group:
                    slots[name] = self.add_variable_from_reference(variable, name, first.get(name, "zeros"))
        self.built = True

    def first_slots(self, variable: Variable) -> dict[str, Any]:
        """Initializers for slots that do not start at zero."""
        return {}

    def add_variable(
        self, shape: Iterable[int], initializer: Any = "zeros", dtype: Any = None, aggregation: str = "none",
        layout: Any = None, name: str | None = None,
    ) -> Variable:  # fmt: skip
        """A variable of the optimizer's own."""
        with scope(path=(self.name,)):
            variable = Variable(
                initializers.get(initializer), tuple(shape), dtype, trainable=False, autocast=False,
                aggregation=aggregation, layout=layout, name=name,
            )  # fmt: skip
        self._made.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A variable of the shape and dtype of a weight, named after it."""
        full = f"{reference_variable.path.replace('/', '_')}_{name or 'var'}"
        return self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, name=full)

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """One variable per weight, or for several names a tuple of such lists."""
        names = [name] if isinstance(name, str) else list(name)
        firsts = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        columns: tuple[list[Variable], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for column, each, first in zip(columns, names, firsts, strict=True):
                column.append(self.add_variable_from_reference(variable, each, first))
        return columns[0] if isinstance(name, str) else columns

    @property
    def variables(self) -> list[Variable]:
        """The counter, the learning rate and the slots."""
        rate = [self._learning_rate] if isinstance(self._learning_rate, Variable) else []
        rest = [v for v in variables_of(self) if v is not self._iterations and all(v is not r for r in rate)]
        return [self._iterations, *rate, *rest]

    @property
    def iterations(self) -> Any:
        """How many times the weights have moved."""
        if self.gradient_accumulation_steps:
            return self._iterations.value // self.gradient_accumulation_steps
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The current learning rate; assign a number or a schedule to change it."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations.value)
        return self._learning_rate if isinstance(self._learning_rate, Variable) else self._learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, LearningRateSchedule) or callable(value):
            self._learning_rate = value
        elif isinstance(self._learning_rate, Variable):
            self._learning_rate.assign(value)
        else:
            raise TypeError(
                f"The learning rate of {self.name!r} follows {self._learning_rate!r} and cannot be set to {value!r}; "
                "compile with a number as `learning_rate` to set it later."
            )

    def _make_learning_rate(self, value: Any) -> Any:
        if isinstance(value, LearningRateSchedule) or (callable(value) and not isinstance(value, (type, Variable))):
            return value
        if isinstance(value, dict):
            return deserialize(value)
        if isinstance(value, (bool, str, type)) or not hasattr(value, "__float__") or not float(value) >= 0:
            expected = "a number, zero or more, a LearningRateSchedule or a function"
            raise invalid(f"{type(self).__name__}.learning_rate", expected, value)
        dtype = standardize_dtype(None)
        return Variable(float(value), dtype=dtype, trainable=False, autocast=False, name="learning_rate")

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """One step from pairs of gradient and weight."""
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, variables)
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """One step.

        Args:
            grads: a gradient per weight; None where the loss does not depend on it.
            trainable_variables: the weights; those the optimizer was built with by default.
        """
        if not len(grads):
            return
        if trainable_variables is None:
            trainable_variables = self._trainable_variables
        elif not self.built:
            self.build(list(trainable_variables))
        strangers = [v.path for v in trainable_variables if id(v) not in self._places]
        if strangers:
            raise ValueError(
                f"The optimizer {self.name!r} was built for other weights and does not know {strangers[0]!r}. "
                "Make a new optimizer for another model."
            )
        if len(grads) != len(trainable_variables):
            unbuilt = "" if self.built else " Pass the weights too, or call `build` with them first."
            raise ValueError(f"{len(grads)} gradients were given for {len(trainable_variables)} weights.{unbuilt}")
        pairs = [(g, v) for g, v in zip(grads, trainable_variables, strict=True) if g is not None]
        if not pairs:
            raise ValueError("None of the weights has a gradient: the loss does not depend on them.")
        if len(pairs) < len(grads):
            still = [v.path for g, v in zip(grads, trainable_variables, strict=True) if g is None]
            warnings.warn(f"The loss does not depend on {', '.join(still)}: no gradient, no step.", stacklevel=2)
        if self.loss_scale_factor is not None:
            pairs = [(g / self.loss_scale_factor, v) for g, v in pairs]
        if self.gradient_accumulation_steps:
            self._accumulate(pairs)
        else:
            self._move(pairs)
        if self.use_ema:
            self._average()
        for _, variable in pairs:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
        self._iterations.assign_add(1)

    def _move(self, pairs: list[tuple[Any, Variable]]) -> None:
        grads = clip([g for g, _ in pairs], self.clipnorm, self.clipvalue, self.global_clipnorm)
        rate = ops.convert_to_tensor(self.learning_rate)
        self.prepare(ops.cast(self.iterations, "float32") + 1)
        for gradient, (_, variable) in zip(grads, pairs, strict=True):
            if self.weight_decay and self._decays(variable):
                variable.assign_sub(variable.value * ops.cast(self.weight_decay * rate, variable.dtype))
            self.update_step(gradient, variable, rate)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Apply the law to one weight and its slots; old-style optimizers override this instead of `update`."""
        slots = self._slots[self._places[id(variable)]]
        dtype = variable.dtype
        # In half precision 1 - 0.999ᵗ would be 0: numbers that hold for all weights stay in float32.
        exact = "float32" if dtype in ("float16", "bfloat16") else dtype
        new, kept = self.update(
            variable.value,
            ops.cast(gradient, dtype),
            {name: slot.value for name, slot in slots.items()},
            ops.cast(self.iterations, exact) + 1,
            ops.cast(learning_rate, exact),
        )
        variable.assign(new)
        for name, value in kept.items():
            slots[name].assign(value)

    def _accumulate(self, pairs: list[tuple[Any, Variable]]) -> None:
        steps = self.gradient_accumulation_steps or 1
        due = (self._iterations.value + 1) % steps == 0
        sums = [(self._accumulators[self._places[id(v)]], g) for g, v in pairs]
        touched = [self, [v for _, v in pairs]]
        with bound(touched):
            self._move([((total.value + g) / steps, v) for (total, g), (_, v) in zip(sums, pairs, strict=True)])
            moved = [(v, v.value) for v in variables_of(touched)]
        for variable, value in moved:
            if value is not variable.value:
                variable.assign(ops.where(due, value, variable.value))
        for total, g in sums:
            total.assign(ops.where(due, ops.zeros_like(g), total.value + g))

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leave out weights, given themselves or by a pattern in their names, from weight decay."""
        self._no_decay = ({id(v) for v in var_list or ()}, [re.compile(name) for name in var_names or ()])

    def _decays(self, variable: Variable) -> bool:
        listed, patterns = self._no_decay
        return id(variable) not in listed and not any(pattern.search(variable.name) for pattern in patterns)

    def _average(self) -> None:
        for variable, average in zip(self._trainable_variables, self._averages, strict=True):
            # The first average is the weight itself: zeros would pull it down.
            momentum = ops.cast(ops.not_equal(self.iterations, 0), variable.dtype) * self.ema_momentum
            average.assign(momentum * average.value + (1 - momentum) * variable.value)
            if self.ema_overwrite_frequency:
                due = ops.equal((ops.convert_to_tensor(self.iterations) + 1) % self.ema_overwrite_frequency, 0)
                variable.assign(ops.where(due, average.value, variable.value))

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Set weights to their moving averages, if such are kept."""
        if self.use_ema:
            for variable in var_list:
                variable.assign(self._averages[self._places[id(variable)]].value)

    def scale_loss(self, loss: Any) -> Any:
        """The loss to differentiate: multiplied by `loss_scale_factor`, if set."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """One step as a pure function of arrays: returns the next weights and the next optimizer variables."""
        own, weights = self.variables, self._trainable_variables
        if len(optimizer_variables) != len(own) or len(trainable_variables) != len(weights):
            raise ValueError(
                f"`stateless_apply` needs {len(own)} optimizer variables and {len(weights)} weights, as in "
                f"`optimizer.variables` after `build`; got {len(optimizer_variables)} and {len(trainable_variables)}."
            )
        values = dict(zip(map(id, [*own, *weights]), [*optimizer_variables, *trainable_variables], strict=True))
        with scope(bindings={**(context.bindings or {}), **values}):
            self.apply(grads, weights)
            return [v.value for v in weights], [v.value for v in own]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        rate = self._learning_rate
        return {**config, "learning_rate": float(rate) if isinstance(rate, Variable) else serialize(rate)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """An optimizer from what `get_config` returned, without its state."""
        with custom_object_scope(custom_objects or {}):
            return super().from_config(config)

    def assign(self, variable: Variable, value: Any) -> None:
        """Set a weight or a slot; for the `update_step` of optimizers written for Keras, like the next two."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Add to a weight or a slot."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtract from a weight or a slot."""
        variable.assign_sub(value)

    def _get_variable_index(self, variable: Variable) -> int:
        return self._places[id(variable)]

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Put all variables into `store` under their place in `variables`."""
        for place, variable in enumerate(self.variables):
            store[str(place)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Set all variables from what `save_own_variables` stored; of another number of them nothing is taken."""
        if len(store) != len(self.variables):
            why = f"it has {len(self.variables)} variables{'' if self.built else ' (unbuilt)'}, the file {len(store)}"
            warnings.warn(f"The state of the optimizer {self.name!r} was not loaded: {why}.", stacklevel=2)
        else:
            self.set_weights([store[str(place)] for place in range(len(store))])

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all variables, in the order of `variables`."""
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)
