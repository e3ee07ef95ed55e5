"""One step of training, evaluation or prediction, as a pure function of a state and a batch.

The state is one mapping path -> array of everything that may change: weights, optimizer slots, metric counters, the
positions of random generators. Inside `bound(...)` the objects read from it and write to it, so that the step is
written in terms of layers, optimizer and metrics, and is still a pure function: it can be differentiated, compiled,
and run many times in a loop on the device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import get_mask, scope, set_mask
from tsuno.core.variable import State, bind, bound

Batch = Any
Logs = dict[str, Any]
Step = Callable[[State, Batch], tuple[State, Logs]]


def train_step(model: Any) -> Step:
    """The step that moves the weights: state and batch to the next state and the logs."""
    weights = model.compiled.trainable(model)
    owners = training_state(model)

    def loss_of(values: list[Any], x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any]:
        """The loss as a function of the weights; beside it, the outputs and all that the forward pass has changed."""
        with bound(owners) as after, scope(losses=[]):
            for weight, value in zip(weights, values, strict=True):
                weight.assign(value)
            y_pred = model.forward(x, training=True)
            loss = model.compute_loss(x, y, y_pred, sample_weight, training=True)
            masks = [get_mask(output) for output in tree.flatten(y_pred)]
            return model.optimizer.scale_loss(loss), (loss, y_pred, masks, after())

    def step(state: State, batch: Batch) -> tuple[State, Logs]:
        x, y, sample_weight = batch
        with bound(owners, state) as after:
            values = [weight._stored() for weight in weights]
            gradient = engine.value_and_grad(loss_of, has_aux=True)
            (_, (loss, y_pred, masks, changed)), grads = gradient(values, x, y, sample_weight)
            bind(owners, changed)
            model.optimizer.apply(grads, weights)
            logs = measure(model, x, y, y_pred, sample_weight, loss, masks)
            return after(), logs

    return step


def test_step(model: Any) -> Step:
    """The step that only measures."""
    owners = measuring_state(model)

    def step(state: State, batch: Batch) -> tuple[State, Logs]:
        x, y, sample_weight = batch
        with bound(owners, state) as after, scope(losses=[]):
            y_pred = model.forward(x, training=False)
            loss = model.compute_loss(x, y, y_pred, sample_weight, training=False)
            masks = [get_mask(output) for output in tree.flatten(y_pred)]
            logs = measure(model, x, y, y_pred, sample_weight, loss, masks)
            return after(), logs

    return step


def predict_step(model: Any) -> Callable[[State, Batch], Any]:
    """The outputs of the model for a batch."""

    def step(state: State, x: Any) -> Any:
        with bound(model, state), scope(losses=[]):
            return model.forward(x, training=False)

    return step


def training_state(model: Any) -> list[Any]:
    """The objects whose variables are the state of training."""
    return [model, model.optimizer, model.compiled.all_metrics()]


def measuring_state(model: Any) -> list[Any]:
    """The objects whose variables are the state of an evaluation."""
    return [model, model.compiled.all_metrics()]


def measure(model: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any, loss: Any, masks: list[Any]) -> Logs:
    """Add a batch to the loss and the metrics; their values so far."""
    for output, mask in zip(tree.flatten(y_pred), masks, strict=True):
        set_mask(output, mask)
    rows = len(tree.flatten(x)[0])
    model.compiled.loss_tracker.update_state(loss, sample_weight=float(rows))
    logs: Logs = model.compute_metrics(x, y, y_pred, sample_weight)
    return logs
