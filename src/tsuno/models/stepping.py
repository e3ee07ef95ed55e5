"""What a model does with one batch: the methods to override for a training of one's own.

A step is written in terms of layers, optimizers and metrics, which it assigns to: `train_step(data)` returns the logs.
The form that Keras has on JAX, `train_step(state, data)`, takes and returns everything that changes. Both may be
overridden and both may be called: `in_either_form` lets the library's steps be called in the second, and `step_of`
turns a step of the second form into one of the first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from tsuno import engine
from tsuno.core.errors import describe
from tsuno.core.functions import StatelessScope, differentiated, probe
from tsuno.core.variable import Variable
from tsuno.metrics import Metric
from tsuno.models.profiling import Profiled
from tsuno.models.reading import TextReader
from tsuno.saving import orbax
from tsuno.training import loop
from tsuno.training.compiled import Compiled, rows_in
from tsuno.training.packing import unpack_x_y_sample_weight
from tsuno.training.preparing import build

Values = Sequence[Any]


class Stepping(Profiled, TextReader):
    """The steps of a model, and what they are made of."""

    compiled: Compiled | None
    optimizer: Any

    # ------------------------------------------------------------------ the three steps

    def train_step(self, *args: Any, **kwargs: Any) -> Any:
        """Train on one batch: `train_step(data)`; override it for a law of training of your own.

        Args:
            data: the batch as `fit` got it: `x`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The logs: a dict from names to scalars.

        It runs inside a compiled program; with `compile(run_eagerly=True)` line by line, for prints and breakpoints
        (within a gradient, `ops.convert_to_numpy` gives a tensor's values).
        Weights, optimizers and metrics are used and assigned to as anywhere; gradients come from
        `tsuno.value_and_grad`. Programs for Keras on JAX may define `train_step(self, state, data)` instead, which
        returns `(logs, state)`, with the values of (trainable variables, non-trainable variables, optimizer variables,
        metrics variables) as state.

        Example:
            >>> class Absolute(tsuno.Model):
            ...     def __init__(self):
            ...         super().__init__()
            ...         self.dense = tsuno.layers.Dense(1)
            ...     def call(self, x):
            ...         return self.dense(x)
            ...     def train_step(self, data):
            ...         x, y = data
            ...         loss = lambda: tsuno.ops.mean(abs(self(x, training=True) - y))
            ...         value, grads = tsuno.value_and_grad(loss, self)()
            ...         self.optimizer.apply(grads, self.trainable_variables)
            ...         return {"loss": value}
            >>> model = Absolute()
            >>> model.compile("sgd")
            >>> history = model.fit(np.ones((8, 2)), np.ones((8, 1)), verbose=0)
        """
        return self._in_either_form("train", self._train_step, args, kwargs)

    def test_step(self, *args: Any, **kwargs: Any) -> Any:
        """Measure one batch: `test_step(data)`, or `test_step(state, data)` as in Keras on JAX; see `train_step`."""
        return self._in_either_form("test", self._test_step, args, kwargs)

    def predict_step(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for one batch: `predict_step(data)`, or `predict_step(state, data)` as in Keras on JAX."""
        return self._in_either_form("predict", self._predict_step, args, kwargs)

    def _train_step(self, data: Any) -> dict[str, Any]:
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        compiled = loop.compiled(self, "train_step")
        if not self.built:
            build(self, x)
        weights = compiled.trainable(self)

        def loss_of() -> tuple[Any, Any]:
            y_pred = self.forward(x, training=True)
            loss = self._loss_of(x, y, y_pred, sample_weight, training=True)
            return self.optimizer.scale_loss(loss), (loss, y_pred)

        (_, (loss, y_pred)), grads = differentiated(loss_of, weights, True, self.optimizer.takes_rows)()
        self.optimizer.apply(grads, weights)
        return self._measured(x, y, y_pred, sample_weight, loss)

    def _test_step(self, data: Any) -> dict[str, Any]:
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self.forward(x, training=False)
        loss = self._loss_of(x, y, y_pred, sample_weight, training=False)
        return self._measured(x, y, y_pred, sample_weight, loss)

    def _predict_step(self, data: Any) -> Any:
        return self.forward(unpack_x_y_sample_weight(data)[0], training=False)

    def _measured(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, loss: Any) -> dict[str, Any]:
        """Add a batch to the loss and the metrics; their values so far."""
        self._loss_tracker.update_state(loss, sample_weight=rows_in(x))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    # ------------------------------------------------------------------ the two forms

    def _state_parts(self, phase: str) -> list[list[Variable]]:
        """The variables whose values are the state of a step."""
        parts = [self.trainable_variables, self.non_trainable_variables]
        if phase == "train":
            parts.append(self.optimizer.variables)
        return parts if phase == "predict" else [*parts, self.metrics_variables]

    def _in_either_form(self, phase: str, step: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> Any:
        names = ("state", "data") if len(args) + len(kwargs) == 2 else ("data",)
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        if "state" not in given:
            return step(**given)
        parts = self._state_parts(phase)
        with _holding(parts, given["state"], f"{phase}_step"):
            result = step(given["data"])
            return result, tuple(_values(part) for part in parts)

    def step_of(self, phase: str) -> Callable[[Any], Any]:
        """The step of a phase as a function of a batch that assigns to variables."""
        step = getattr(self, f"{phase}_step")
        if not self.takes_state(phase):
            return step

        def call(data: Any) -> Any:
            parts = self._state_parts(phase)
            returned = step(tuple(_values(part) for part in parts), data)
            if not isinstance(returned, tuple) or len(returned) != 2 or len(returned[1]) != len(parts):
                raise TypeError(
                    f"`{type(self).__name__}.{phase}_step(state, data)` must return (logs, state), with {len(parts)} "
                    f"lists of values as state; got {describe(returned)}."
                )
            result, state = returned
            for part, values in zip(parts, state, strict=True):
                for variable, value in zip(part, values, strict=True):
                    variable.assign(value)
            return result

        return call

    def takes_state(self, phase: str) -> bool:
        """Whether the step of a phase is overridden in the form `(state, data)`."""
        if not self.has_own(f"{phase}_step"):
            return False
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = inspect.signature(getattr(self, f"{phase}_step")).parameters.values()
        return sum(each.kind in kinds and each.default is inspect.Parameter.empty for each in parameters) >= 2

    # ------------------------------------------------------------------ loss and metrics

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The total loss of a batch: that of the outputs and the penalties of the layers; override it for your own."""
        return loop.compiled(self, "compute_loss").total_loss(self, y, y_pred, sample_weight)

    def _loss_of(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        parameters = inspect.signature(self.compute_loss).parameters
        any_name = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        extra = {"training": training} if "training" in parameters or any_name else {}
        loss = self.compute_loss(x, y, y_pred, sample_weight, **extra)
        if getattr(loss, "ndim", None) != 0 and not isinstance(loss, (int, float)):
            raise ValueError(f"`{type(self).__name__}.compute_loss` must return a scalar; got {describe(loss)}.")
        probe("the loss", loss)
        return loss

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Add a batch to the metrics and return their values by name. Override it to measure something else."""
        loop.compiled(self, "compute_metrics").update_metrics(self, y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The values of the metrics by name."""
        compiled = loop.compiled(self, "get_metrics_result")
        results = {} if self.has_own("metrics") else compiled.results()
        for metric in self.metrics if self.has_own("metrics") else super().metrics:
            value = metric.result()
            results |= value if isinstance(value, dict) else {metric.name: value}
        return results

    @property
    def _loss_tracker(self) -> Metric:
        return loop.compiled(self, "_loss_tracker").loss_tracker

    @property
    def metrics(self) -> list[Metric]:
        """The loss and the metrics that `compile` made, and those of the layers."""
        own = super().metrics
        return ([] if self.compiled is None else self.compiled.all_metrics()) + own

    @property
    def metrics_names(self) -> list[str]:
        """The names of the values that `evaluate` returns."""
        if self.has_own("metrics"):
            return [metric.name for metric in self.metrics]
        names = [] if self.compiled is None else self.compiled.names()
        return names + [metric.name for metric in super().metrics]

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    # ------------------------------------------------------------------ as pure functions

    def compute_loss_and_updates(
        self,
        trainable_variables: Values,
        non_trainable_variables: Values,
        metrics_variables: Values,
        x: Any,
        y: Any,
        sample_weight: Any,
        training: bool = False,
        optimizer_variables: Values | None = None,
    ) -> tuple[Any, tuple[Any, Any, list[Any], list[Any]]]:
        """The loss of a batch as a pure function of all values: what a step in Keras' form for JAX differentiates.

        Args:
            trainable_variables: values in the order of `model.trainable_variables`.
            non_trainable_variables: values in the order of `model.non_trainable_variables`.
            metrics_variables: values in the order of `model.metrics_variables`.
            x: the inputs.
            y: the targets.
            sample_weight: the weights of the samples, or None.
            training: whether to compute as in training; the loss is then scaled as the optimizer wants it.
            optimizer_variables: values in the order of `optimizer.variables`.

        Returns:
            `(loss, (unscaled loss, outputs, next non_trainable_variables, next metrics_variables))`.
        """
        parts = [self.trainable_variables, self.non_trainable_variables, self.metrics_variables]
        given = [trainable_variables, non_trainable_variables, metrics_variables]
        if optimizer_variables is not None:
            parts, given = [*parts, self.optimizer.variables], [*given, optimizer_variables]
        with _holding(parts, given, "compute_loss_and_updates"):
            y_pred = self.forward(x, training=training)
            unscaled = loss = self._loss_of(x, y, y_pred, sample_weight, training)
            if training and self.optimizer is not None:
                loss = self.optimizer.scale_loss(unscaled)
            return loss, (unscaled, y_pred, _values(parts[1]), _values(parts[2]))

    def stateless_compute_loss(
        self,
        trainable_variables: Values,
        non_trainable_variables: Values,
        metrics_variables: Values,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple[Any, tuple[Values, list[Any], list[Any]]]:
        """`compute_loss` as a pure function; returns `(loss, (trainable, non-trainable, metrics variables))`."""
        parts = [self.trainable_variables, self.non_trainable_variables, self.metrics_variables]
        given = [trainable_variables, non_trainable_variables, metrics_variables]
        with _holding(parts, given, "stateless_compute_loss"):
            loss = self._loss_of(x, y, y_pred, sample_weight, training)
            return loss, (trainable_variables, _values(parts[1]), _values(parts[2]))

    def stateless_evaluate(
        self,
        trainable_variables: Values,
        non_trainable_variables: Values,
        metrics_variables: Values,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
    ) -> tuple[dict[str, Any], list[Any]]:
        """Measure a batch as a pure function; returns the logs and the next metrics variables.

        Example:
            >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1, kernel_initializer="ones")])
            >>> model.compile("sgd", "mse")
            >>> values = lambda variables: [variable.value for variable in variables]
            >>> logs, counters = model.stateless_evaluate(
            ...     values(model.trainable_variables), values(model.non_trainable_variables),
            ...     values(model.metrics_variables), np.ones((4, 1)), np.zeros((4, 1)))
            >>> float(logs["loss"])
            1.0
        """
        state = (trainable_variables, non_trainable_variables, metrics_variables)
        logs, (*_, after) = self._in_either_form("test", self._test_step, (state, (x, y, sample_weight)), {})
        return logs, after

    def get_state_tree(self, value_format: Literal["backend_tensor", "numpy_array"] = "backend_tensor") -> Any:
        """The arrays of the model, its optimizer and its metrics, nested by the parts of their paths.

        Args:
            value_format: `"backend_tensor"` or `"numpy_array"`: what the arrays are.

        Example:
            >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1, name="head")])
            >>> list(model.get_state_tree())
            ['trainable_variables', 'non_trainable_variables', 'optimizer_variables', 'metrics_variables']
        """
        found = orbax.state_tree(self)
        return engine.fetch(found) if value_format == "numpy_array" else found

    def set_state_tree(self, state_tree: Mapping[str, Any]) -> None:
        """Put arrays in the form of `get_state_tree` into the variables; those that it lacks stay as they are."""
        orbax.take_state_tree(self, state_tree)


def _values(variables: Sequence[Variable]) -> list[Any]:
    return [variable._stored() for variable in variables]


def _holding(parts: Sequence[Sequence[Variable]], state: Sequence[Values], where: str) -> Any:
    """A block in which lists of variables have the values of a state."""
    sizes, given = [len(part) for part in parts], [len(values) for values in state]
    if sizes != given:
        raise ValueError(f"`{where}` needs a state of {sizes} values, as many as there are variables; got {given}.")
    pairs = [pair for part, values in zip(parts, state, strict=True) for pair in zip(part, values, strict=True)]
    return StatelessScope(pairs, collect_losses=True)
