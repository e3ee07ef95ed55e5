"""One step of training, evaluation or prediction, as a pure function of a state and a batch.

The state is one mapping path -> array of everything that may change: weights, optimizer slots, metric counters, the
positions of random generators. Inside `bound(...)` the objects read from it and write to it, so that a step is written
in terms of layers, optimizer and metrics, by the model (see `models/stepping.py`) or its user, and is still a pure
function: it can be differentiated, compiled, and run many times in a loop on the device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.errors import describe
from tsuno.core.functions import probe
from tsuno.core.op import to_array
from tsuno.core.variable import State, Variable, bound
from tsuno.training import checks
from tsuno.training.packing import pack_x_y_sample_weight

Batch = Any
Logs = dict[str, Any]

WATCHED = "@"
"""What the names begin with, in the logs of a step, of what callbacks have asked for: `@place/name`."""


class Step:
    """What a model does with a batch, in one of its phases.

    Args:
        model: the model.
        phase: `"train"` or `"test"`.
        owners: the objects whose variables are the state.
        watchers: callbacks with `observe`, a block around the step that yields a dict of what it has seen.
        transforms: layers that batches pass through before the step, as `{"images": x, "labels": y}`.
    """

    def __init__(
        self,
        model: Any,
        phase: str,
        owners: Sequence[Any],
        watchers: Sequence[Any] = (),
        transforms: Sequence[Any] = (),
    ) -> None:
        self._model, self._law, self._name = model, model.step_of(phase), f"{type(model).__name__}.{phase}_step"
        self._watchers, self._transforms, self.trains = watchers, transforms, phase == "train"
        self.owners = [*owners, *transforms]

    def __call__(self, state: State, batch: Batch) -> tuple[State, Logs]:
        """The next state and the logs; changes nothing."""
        with bound(self.owners, state) as after:
            logs = self.now(batch)
            return after(), logs

    def now(self, batch: Batch) -> Logs:
        """Do the step on the objects themselves; the logs."""
        x, y, sample_weight, present = (*batch, None)[:4]
        for transform in self._transforms:
            x, y = transform(x, y)
        made: list[Any] = []
        with scope(losses=[], present=present, made=(*context.made, made.append)), ExitStack() as around:
            seen = [around.enter_context(watcher.observe()) for watcher in self._watchers]
            probe("the inputs", x)
            probe("the targets", y)
            returned = self._law(pack_x_y_sample_weight(x, y, sample_weight))
            logs = _checked(returned, self._name)
        checks.refuse_made_in_call(self._model, made)
        for place, values in enumerate(seen):
            logs |= {f"{WATCHED}{place}/{name}": engine.asarray(value) for name, value in values.items()}
        return logs


def _checked(logs: Any, where: str) -> Logs:
    """Logs as arrays by name."""
    if not isinstance(logs, Mapping):
        raise TypeError(
            f"`{where}` must return a dict from names to scalars, such as {{'loss': loss}}; got {describe(logs)}."
        )
    try:
        return {str(name): tree.map_structure(_number, value) for name, value in logs.items()}
    except (TypeError, ValueError):
        wrong = next(name for name, value in logs.items() if not _is_number(value))
        raise TypeError(
            f"`{where}` must return numbers; under {wrong!r} it has {describe(logs[wrong])}. Of a metric, return "
            "`metric.result()`."
        ) from None


def _number(value: Any) -> Any:
    return engine.asarray(to_array(value))


def _is_number(value: Any) -> bool:
    try:
        tree.map_structure(_number, value)
    except (TypeError, ValueError):
        return False
    return True


class Predicting(Step):
    """The step of `predict`, whose logs are the outputs."""

    def __init__(self, model: Any) -> None:
        super().__init__(model, "predict", [model])

    def now(self, batch: Batch) -> Any:
        with scope(losses=[]):
            return self._law(pack_x_y_sample_weight(batch[0]))


def predict_step(model: Any, carried: Sequence[Variable] = ()) -> Callable[[State, Batch], tuple[Any, list[Any]]]:
    """The outputs of the model for a batch, and the values that some variables then have."""
    predicting = Predicting(model)

    def step(state: State, x: Any) -> tuple[Any, list[Any]]:
        with bound(model, state):
            return predicting.now((x,)), [variable._stored() for variable in carried]

    return step


def training_state(model: Any) -> list[Any]:
    """The objects whose variables are the state of training."""
    return [model, model.optimizer, model.compiled.all_metrics()]


def measuring_state(model: Any) -> list[Any]:
    """The objects whose variables are the state of an evaluation."""
    return [model, model.compiled.all_metrics()]
