"""What all optimizers share: an optimizer itself states only its law for one weight.

A law is the pure function `update(weight, gradient, slots, step, learning_rate) -> (weight, slots)`, and `slot_names`
names the arrays it keeps per weight, zeros at first (else `make_slot` makes them). Around it, composed here once and in
this order: weights that are overwritten by their gradient, unscaling, gradient accumulation, clipping, weight decay,
the law, the moving average of the weights, constraints. A law for all weights together overrides `update_all`.

Source of the form: D. P. Kingma and J. Ba, *Adam: A Method for Stochastic Optimization*, 2015: a fold over steps.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Self

from tsuno import engine, initializers, ops
from tsuno.core.config import Configurable
from tsuno.core.context import context, scope
from tsuno.core.dtypes import standardize_dtype
from tsuno.core.errors import invalid
from tsuno.core.functions import probe
from tsuno.core.naming import auto_name
from tsuno.core.registry import custom_object_scope, in_library
from tsuno.core.validate import Fraction, NonNegative, PositiveInt
from tsuno.core.variable import Holder, Variable, variables_of
from tsuno.optimizers.clipping import clip
from tsuno.optimizers.guard import only_where
from tsuno.optimizers.options import OptimizerOptions as OptimizerOptions
from tsuno.optimizers.options import with_options
from tsuno.optimizers.schedules import InverseTimeDecay, LearningRateSchedule, deserialize, serialize

Slots = dict[str, Any]


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
        decay: d, as in Keras 2: step t, counted from 0, has the rate learning_rate / (1 + d · t). Configurations and
            files name it by the schedule that it is, `InverseTimeDecay`.

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
    keeps_still: bool = False
    """Whether the law leaves numbers of a weight, and what is kept about them, as they are where the gradient is 0."""
    _untracked = frozenset({"_arguments", "_trainable_variables", "_places"})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if in_library(cls) and "__init__" in cls.__dict__:
            cls.__init__ = with_options(cls.__init__, Optimizer.__init__)  # type: ignore[method-assign]
        super().__init_subclass__(**kwargs)

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
        *,
        decay: NonNegative | None = None,
    ) -> None:
        if sum(value is not None for value in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                f"{type(self).__name__} takes only one of `clipnorm`, `clipvalue` and `global_clipnorm`; got "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}."
            )
        if gradient_accumulation_steps == 1:
            raise invalid("gradient_accumulation_steps", "None or at least 2", gradient_accumulation_steps)
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay, self._decay = weight_decay, decay or 0.0
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
        if decay and not isinstance(self._learning_rate, Variable):
            raise invalid(f"{type(self).__name__}.decay", "left out where `learning_rate` is a schedule", decay)
        self._made: list[Variable] = []  # the optimizer's own variables in the order in which they were made
        self._averages: list[Variable | None] = []
        self._accumulators: list[Variable] = []
        self._slots: list[dict[str, Variable]] = []

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

    def build(self, variables: Sequence[Variable] = (), var_list: Sequence[Variable] | None = None) -> None:
        """Make the slots for these weights, which may be given under either name."""
        if self.built:
            return
        variables = self._remember(variables if var_list is None else var_list)
        self._averages = self.add_optimizer_variables(variables, "average") if self.use_ema else []
        accumulates = self.gradient_accumulation_steps
        self._accumulators = [
            self.add_variable_from_reference(variable, "gradient_accumulator") for variable in variables if accumulates
        ]
        self._slots = [{} for _ in variables]
        for group in self.slot_names:
            for variable, slots in zip(variables, self._slots, strict=True):
                for name in (group,) if isinstance(group, str) else group:
                    slot = None if variable.overwrite_with_gradient else self.make_slot(variable, name)
                    if slot is not None:
                        slots[name] = slot
        self.build_shared(variables)

    def make_slot(self, variable: Variable, name: str) -> Variable | None:
        """Hook: what is kept about one weight under a name; zeros of its shape by default, None for nothing."""
        return self.add_variable_from_reference(variable, name)

    def decay_of(self, variable: Variable) -> float | None:
        """Hook: the weight decay of one weight, if it is not excluded."""
        return self.weight_decay

    def takes_rows(self, variable: Variable) -> bool:
        """Whether the gradient of a weight may come as `engine.Rows`: nothing happens to the rows that it leaves out,
        and nobody else wants to see it."""
        options = (self.clipnorm, self.clipvalue, self.global_clipnorm, self.use_ema, self.gradient_accumulation_steps)
        plain = not any((*options, self.loss_scale_factor, self.decay_of(variable), variable.constraint))
        watched = bool(context.observers) or context.probes is not None
        return self.keeps_still and in_library(type(self)) and plain and not watched

    def build_shared(self, variables: Sequence[Variable]) -> None:
        """Hook: make what is kept for all weights together."""

    def _remember(self, variables: Sequence[Variable]) -> list[Variable]:
        self._trainable_variables = list(variables)
        self._places = {id(variable): place for place, variable in enumerate(variables)}
        self.built = True
        return self._trainable_variables

    def _slots_named(self, name: str) -> list[Variable | None]:
        """The slots of a name, one per weight; None where a weight has none."""
        return [slots.get(name) for slots in self._slots]

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
        """A variable of the shape, dtype and layout of a weight, named after it."""
        full = f"{reference_variable.path.replace('/', '_')}_{name or 'var'}"
        like, layout = reference_variable, reference_variable.layout
        return self.add_variable(like.shape, initializer, like.dtype, layout=layout, name=full)

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """One variable per weight, or for several names a tuple of such lists; None for overwritten weights."""
        names = [name] if isinstance(name, str) else list(name)
        firsts = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        columns: tuple[list[Variable | None], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            kept = not variable.overwrite_with_gradient
            for column, each, first in zip(columns, names, firsts, strict=True):
                column.append(self.add_variable_from_reference(variable, each, first) if kept else None)
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
            if isinstance(value, (str, bool)) or value is None:
                raise invalid(f"{type(self).__name__}.learning_rate", "a number or a LearningRateSchedule", value)
            self._learning_rate.assign(value)
        else:
            raise TypeError(
                f"The learning rate of {self.name!r} follows {self._learning_rate!r} and cannot be set to {value!r}; "
                "compile with a number as `learning_rate` to set it later."
            )

    @property
    def lr(self) -> Any:
        """The learning rate, by the name that Keras 2 has for it."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value

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
        variables = self._weights(grads, trainable_variables)
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if not pairs:
            raise ValueError("None of the weights has a gradient: the loss does not depend on them.")
        if len(pairs) < len(grads):
            still = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
            warnings.warn(f"The loss does not depend on {', '.join(still)}: no gradient, no step.", stacklevel=2)
        for gradient, variable in pairs:
            if variable.overwrite_with_gradient:
                self._overwrite(variable, gradient)
        pairs = [(g, v) for g, v in pairs if not v.overwrite_with_gradient]
        if self.loss_scale_factor is not None:
            pairs = [(g / self.loss_scale_factor, v) for g, v in pairs]
        for observe in context.observers:
            observe([g for g, _ in pairs], [v for _, v in pairs])
        for gradient, variable in pairs:
            probe(f"the gradient of `{variable.path}`", gradient)
        if pairs:
            self._accumulate(pairs) if self.gradient_accumulation_steps else self._move(pairs)
            self._average()
        for _, variable in pairs:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
            probe(f"the new value of `{variable.path}`", variable.value)
        self._iterations.assign_add(1)

    def _weights(self, grads: Sequence[Any], given: Sequence[Variable] | None) -> list[Variable]:
        """The weights that gradients are for; the optimizer is built for them, if it is not yet."""
        variables = self._trainable_variables if given is None else list(given)
        if given is not None and not self.built:
            self.build(variables)
        strangers = [v.path for v in variables if id(v) not in self._places]
        if strangers:
            raise ValueError(
                f"The optimizer {self.name!r} was built for other weights and does not know {strangers[0]!r}. "
                "Make a new optimizer for another model."
            )
        if len(grads) != len(variables):
            unbuilt = "" if self.built else " Pass the weights too, or call `build` with them first."
            raise ValueError(f"{len(grads)} gradients were given for {len(variables)} weights.{unbuilt}")
        return variables

    def _overwrite(self, variable: Variable, gradient: Any) -> None:
        """Set a weight to its gradient, which for statistics of float8 is their next value; of several, the largest."""
        if self.gradient_accumulation_steps:
            largest = self._accumulators[self._places[id(variable)]]
            due = self._is_due()
            gradient = ops.maximum(gradient, largest.value)
            largest.assign(ops.where(due, ops.zeros_like(gradient), gradient))
            gradient = ops.where(due, gradient, variable.value)
        variable.assign(gradient)

    def _move(self, pairs: list[tuple[Any, Variable]]) -> None:
        grads = clip([g for g, _ in pairs], self.clipnorm, self.clipvalue, self.global_clipnorm)
        variables = [variable for _, variable in pairs]
        rate = ops.convert_to_tensor(self.learning_rate)
        if self._decay:
            rate = rate / (1 + self._decay * ops.cast(self.iterations, rate.dtype))
        for variable in variables:
            decay = self.decay_of(variable)
            if decay and not self._is_excluded(variable):
                variable.assign_sub(variable.value * ops.cast(decay * rate, variable.dtype))
        self.prepare(ops.cast(self.iterations, "float32") + 1)
        self.update_all(grads, variables, rate)

    def update_all(self, grads: Sequence[Any], variables: Sequence[Variable], learning_rate: Any) -> None:
        """Apply the law to each weight; a law for all weights together overrides this."""
        for gradient, variable in zip(grads, variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Apply the law to one weight and its slots; old-style optimizers override this instead of `update`."""
        slots = self._slots[self._places[id(variable)]]
        rows = gradient.summed(variable.shape[0]) if isinstance(gradient, engine.Rows) else None
        if rows is not None:
            gradient = rows.values

        def read(kept: Variable) -> Any:
            return kept.value if rows is None else rows.of(kept.value)

        def write(kept: Variable, value: Any) -> None:
            kept.assign(value if rows is None else rows.put(kept.value, value))

        dtype = variable.dtype
        # In half precision 1 - 0.999ᵗ would be 0: numbers that hold for all weights stay in float32.
        exact = "float32" if dtype in ("float16", "bfloat16") else dtype
        new, kept = self.update(
            read(variable),
            ops.cast(gradient, dtype),
            {name: read(slot) for name, slot in slots.items()},
            ops.cast(self.iterations, exact) + 1,
            ops.cast(learning_rate, exact),
        )
        write(variable, new)
        for name, value in kept.items():
            write(slots[name], value)

    def _is_due(self) -> Any:
        """Whether this step is one at which accumulated gradients are used."""
        return (self._iterations.value + 1) % (self.gradient_accumulation_steps or 1) == 0

    def _accumulate(self, pairs: list[tuple[Any, Variable]]) -> None:
        steps, due = self.gradient_accumulation_steps, self._is_due()
        totals = [self._accumulators[self._places[id(v)]] for _, v in pairs]
        sums = [total.value + g for total, (g, _) in zip(totals, pairs, strict=True)]
        with only_where(due, [self, [v for _, v in pairs]]):
            self._move([(each / steps, v) for each, (_, v) in zip(sums, pairs, strict=True)])
        for total, each in zip(totals, sums, strict=True):
            total.assign(ops.where(due, ops.zeros_like(each), each))

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leave out weights, given themselves or by a pattern in their names, from weight decay."""
        self._no_decay = ({id(v) for v in var_list or ()}, [re.compile(name) for name in var_names or ()])

    def _is_excluded(self, variable: Variable) -> bool:
        listed, patterns = self._no_decay
        return id(variable) in listed or any(pattern.search(variable.name) for pattern in patterns)

    def _averaged(self) -> list[tuple[Variable, Variable]]:
        """Weights and their moving averages, if such are kept."""
        both = zip(self._trainable_variables, self._averages, strict=True) if self.use_ema else ()
        return [(variable, average) for variable, average in both if average is not None]

    def _average(self) -> None:
        for variable, average in self._averaged():
            # The first average is the weight itself: zeros would pull it down.
            momentum = ops.cast(ops.not_equal(self.iterations, 0), variable.dtype) * self.ema_momentum
            average.assign(momentum * average.value + (1 - momentum) * variable.value)
            if self.ema_overwrite_frequency:
                due = ops.equal((ops.convert_to_tensor(self.iterations) + 1) % self.ema_overwrite_frequency, 0)
                variable.assign(ops.where(due, average.value, variable.value))

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Set weights to their moving averages, if such are kept."""
        chosen = {id(variable) for variable in var_list}
        for variable, average in self._averaged():
            if id(variable) in chosen:
                variable.assign(average.value)

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
        config.pop("decay", None)
        rate = self._learning_rate
        if isinstance(rate, Variable):
            rate = InverseTimeDecay(float(rate), 1, self._decay) if self._decay else float(rate)
        return {**config, "learning_rate": serialize(rate)}

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
        for place, variable in enumerate(self._kept()):
            store[str(place)] = variable.numpy()

    def _kept(self) -> list[Variable]:
        """The variables that files hold; of a rate that decays they hold the schedule."""
        return [variable for variable in self.variables if not self._decay or variable is not self._learning_rate]

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Set all variables from what `save_own_variables` stored; of another number of them nothing is taken."""
        if len(store) != len(self._kept()):
            why = f"it has {len(self._kept())} variables{'' if self.built else ' (unbuilt)'}, the file {len(store)}"
            warnings.warn(f"The state of the optimizer {self.name!r} was not loaded: {why}.", stacklevel=2)
            return
        for place, variable in enumerate(self._kept()):
            variable.assign(store[str(place)])

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all variables, in the order of `variables`."""
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)
