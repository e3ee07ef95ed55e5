"""What happens between a call of `fit` and its like and the first step: building, checking, and the programs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.context import scope
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable, variables_of
from tsuno.data import ArrayData, Chunk, Data
from tsuno.data.stream import StreamData
from tsuno.training import checks
from tsuno.training.program import Program, compiling
from tsuno.training.step import Step, measuring_state, predict_step, training_state


def compiled(model: Any, caller: str) -> Any:
    """What `compile` was given; an error if it was not called."""
    if model.compiled is None:
        raise RuntimeError(
            f"`{model.name}.{caller}` needs a compiled model: call model.compile(optimizer='adam', loss='...') before."
        )
    return model.compiled


def prepare(model: Any, data: Data, phase: str, check: bool = True) -> None:
    """Build what is not built yet, and check data against model and losses: nothing of it computes anything."""
    x, y, sample_weight = data.sample()
    own_step = model.has_own(f"{phase}_step")
    if own_step and not model.takes_state(phase):
        ready = model.compiled.eager and all(layer.built for layer in model._flatten_layers(include_self=False))
        if check and not ready:  # what the step makes when it first runs must be there before
            engine.eval_shape(Step(model, phase, training_state(model)), {}, data.sample())
        model.built = True
        return
    y_pred = build(model, x, outputs=check or not model.compiled.built)
    if phase == "train" and not model.optimizer.built:
        model.optimizer.build(model.compiled.trainable(model))
    own_loss = model.has_own("compute_loss")
    if y_pred is not None:
        if y is not None:
            model.compiled.build(model, engine.tree.map(_symbol, y), y_pred)
        elif model.compiled.loss is not None and not own_loss and not own_step:
            raise ValueError(f"The loss of `{model.name}` needs targets: pass `y`, or a generator that gives (x, y).")
    if not check or own_step:
        return
    all_x, all_y = (data.arrays[0], data.arrays[1]) if isinstance(data, ArrayData) else (x, y)
    checks.check_inputs(model, x)
    checks.check_indices(model, all_x)
    if y is not None and not own_loss:
        checks.check_targets(model, all_y, y_pred, y, sample_weight)
    if isinstance(data, StreamData) and not own_loss and phase == "train":
        data.check = checks.value_check(model, y_pred)


def build(model: Any, x: Any, outputs: bool = False) -> Any:
    """Build the model for inputs like these; its outputs as symbolic tensors, if asked for."""
    if model.graph is not None:
        checks.check_inputs(model, x)
    elif model.built and not outputs and all(layer.built for layer in model._flatten_layers()):
        return None
    return model.outputs_for(engine.tree.map(_symbol, x))


def _symbol(array: Any) -> KerasTensor:
    return KerasTensor((None, *array.shape[1:]), str(array.dtype))


def check_to_predict(model: Any, x: Any, all_x: Any) -> None:
    """Build the model for inputs like these, and check them: their shapes, and that embeddings have their rows."""
    if model.has_own("predict_step"):
        return
    build(model, x)
    checks.check_inputs(model, x)
    if looks_up(model):
        checks.check_indices(model, all_x)


def looks_up(model: Any) -> bool:
    """Whether a layer looks rows up by numbers, which must exist."""
    find = lambda: any(hasattr(layer, "embeddings") for layer in model._flatten_layers())
    return bool(model._programs.get("looks up", find))


def check_values(model: Any, data: ArrayData, phase: str) -> None:
    """Check indices and labels of a batch, of which the shapes are as before."""
    if not model.has_own(f"{phase}_step") and not model.has_own("compute_loss"):
        make = lambda: checks.value_check(model, build(model, data.arrays[0], outputs=True))
        model._programs.get("values", make)(data.arrays)


def is_ready(model: Any) -> bool:
    """Whether a batch of inputs and targets needs no preparation any more."""
    return bool(model.built and model.optimizer.built and model.compiled.built)


def first_chunk(data: Data) -> Chunk:
    """The first batch of data, which stays where it is."""
    if isinstance(data, ArrayData):
        place = data.position()
        chunk = next(data.chunks())
        data.go_to(place)
        return chunk
    batch = data.sample()
    rows = len(engine.tree.leaves(batch)[0])
    return Chunk(engine.put(batch), np.arange(rows, dtype=np.int32), rows, 0, 1)


# ---------------------------------------------------------------------- programs


def train_program(model: Any, watchers: Sequence[Any] = (), transforms: Sequence[Any] = ()) -> Program:
    """The program that trains; one that callbacks look into, or that transforms batches, is made for once."""

    def make() -> Program:
        step = Step(model, "train", training_state(model), watchers, transforms)
        return Program(step, lambda variable: False, model.reset_metrics, model.compiled.eager)

    program: Program = make() if watchers or transforms else model._programs.get("train", make)
    return program


def test_program(model: Any) -> Program:
    """The program that evaluates."""

    def make() -> Program:
        counters = {id(variable) for metric in model.metrics for variable in metric.variables}
        counters |= {id(variable) for metric in model.compiled.all_metrics() for variable in metric.variables}
        step = Step(model, "test", measuring_state(model))
        counters |= {id(variable) for variable in carried(model)}
        fixed = (lambda variable: False) if model.has_own("test_step") else (lambda v: id(v) not in counters)
        return Program(step, fixed, model.reset_metrics, model.compiled.eager)

    program: Program = model._programs.get("test", make)
    return program


def predictor(model: Any) -> Any:
    """The function from a batch to its outputs."""

    def make() -> Any:
        states = carried(model)
        step = predict_step(model, states)
        eager = model.compiled is not None and model.compiled.eager
        table = {str(place): variable for place, variable in enumerate(model.variables)}

        def forward(values: dict[str, Any], x: Any) -> Any:
            with scope(bindings={id(table[key]): value for key, value in values.items()}):
                return step({}, x)

        run = forward if eager else engine.compile(forward)
        known = False

        def predict(x: Any) -> Any:
            nonlocal known
            with nullcontext() if known else compiling():
                outputs, after = run({key: variable._value for key, variable in table.items()}, x)
            known = True
            for variable, value in zip(states, after, strict=True):
                variable._value = value
            return outputs

        return predict

    return model._programs.get("predict", make)


def carried(model: Any) -> list[Variable]:
    """The variables in which stateful layers keep what the next batch starts from."""
    layers = [layer for layer in model._flatten_layers() if getattr(layer, "stateful", False) is True]
    return [variable for layer in layers for variable in variables_of(getattr(layer, "states", None) or [])]
