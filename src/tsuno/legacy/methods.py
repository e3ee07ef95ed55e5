"""Methods and attributes of the past: by class, what it once had; `add` puts them there.

They are there in programs run with `tsuno run` or after `tsuno.legacy.install()`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.functions import value_and_grad
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.layers import Layer
from tsuno.legacy import additions, sessions, symbolic
from tsuno.legacy.notices import say
from tsuno.legacy.recorded import recorded, with_values
from tsuno.legacy.shapes import TensorShape
from tsuno.losses import Loss
from tsuno.metrics import Metric
from tsuno.models import Model
from tsuno.optimizers import Optimizer

# ---------------------------------------------------------------------- models


def predict_proba(self: Any, x: Any, batch_size: int | None = None, verbose: int = 0, **options: Any) -> Any:
    """The outputs for data."""
    say("`predict_proba` is now `predict`.", once_for="predict_proba")
    return self.predict(x, batch_size=batch_size, verbose=verbose, **options)


def predict_classes(self: Any, x: Any, batch_size: int | None = None, verbose: int = 0, **options: Any) -> np.ndarray:
    """The class of each sample: the largest output's number, or whether the only one is above a half."""
    say("`predict_classes` is now `np.argmax(model.predict(x), -1)`, or `model.predict(x) > 0.5`.", "predict_classes")
    outputs = np.asarray(self.predict(x, batch_size=batch_size, verbose=verbose, **options))
    return outputs.argmax(axis=-1) if outputs.shape[-1] > 1 else (outputs > 0.5).astype("int32")


def fit_generator(
    self: Any,
    generator: Any,
    steps_per_epoch: int | None = None,
    epochs: int = 1,
    verbose: int = 1,
    callbacks: Any = None,
    validation_data: Any = None,
    validation_steps: int | None = None,
    validation_freq: Any = 1,
    class_weight: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    shuffle: bool = True,
    initial_epoch: int = 0,
) -> Any:
    """Train on what a generator, or a `Sequence`, gives."""
    say("`fit_generator` is now `fit`.", once_for="fit_generator")
    return self.fit(
        _tuples(generator), epochs=epochs, verbose=verbose, callbacks=callbacks, steps_per_epoch=steps_per_epoch,
        validation_data=_tuples(validation_data), validation_steps=validation_steps, validation_freq=validation_freq,
        class_weight=class_weight, shuffle=shuffle, initial_epoch=initial_epoch, workers=workers,
        max_queue_size=max_queue_size,
    )  # fmt: skip


def evaluate_generator(
    self: Any,
    generator: Any,
    steps: int | None = None,
    callbacks: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    verbose: int = 0,
) -> Any:
    """The loss and metrics on what a generator, or a `Sequence`, gives."""
    say("`evaluate_generator` is now `evaluate`.", once_for="evaluate_generator")
    return self.evaluate(
        _tuples(generator), steps=steps, callbacks=callbacks, workers=workers, max_queue_size=max_queue_size,
        verbose=verbose,
    )  # fmt: skip


def predict_generator(
    self: Any,
    generator: Any,
    steps: int | None = None,
    callbacks: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    verbose: int = 0,
) -> Any:
    """The outputs for what a generator, or a `Sequence`, gives."""
    say("`predict_generator` is now `predict`.", once_for="predict_generator")
    return self.predict(
        _tuples(generator), steps=steps, callbacks=callbacks, workers=workers, max_queue_size=max_queue_size,
        verbose=verbose,
    )  # fmt: skip


def _tuples(generator: Any) -> Any:
    """A generator whose batches are tuples."""
    if not hasattr(generator, "__next__") or hasattr(generator, "__getitem__"):
        return generator
    return (tuple(batch) if isinstance(batch, list) else batch for batch in generator)


def reset_states(self: Any) -> None:
    """Let every stateful layer begin anew."""
    for layer in self._flatten_layers(include_self=False):
        if hasattr(layer, "reset_state"):
            layer.reset_state()


# ---------------------------------------------------------------------- layers


def _node(self: Any, index: int) -> Any:
    nodes = self._inbound_nodes
    if index >= len(nodes):
        raise RuntimeError(f"The layer {self.name!r} was called {len(nodes)} times; there is no call {index}.")
    return nodes[index]


def _one(tensors: Sequence[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else list(tensors)


def get_input_at(self: Any, node_index: int) -> Any:
    """The symbolic input of a call of the layer."""
    return _one(_node(self, node_index).inputs)


def get_output_at(self: Any, node_index: int) -> Any:
    """The symbolic output of a call of the layer."""
    return _one(_node(self, node_index).output_tensors)


def get_input_shape_at(self: Any, node_index: int) -> Any:
    """The shape of the input of a call of the layer."""
    return _one([tuple(x.shape) for x in _node(self, node_index).inputs])


def get_output_shape_at(self: Any, node_index: int) -> Any:
    """The shape of the output of a call of the layer."""
    return _one([tuple(x.shape) for x in _node(self, node_index).output_tensors])


def get_mask_at(self: Any, node_index: int) -> Any:
    """The mask of a call; masks are no tensors of their own."""
    return None


def add_update(self: Any, updates: Any, inputs: Any = None) -> None:
    """Has no effect: assignments take place where `call` makes them."""


def get_updates_for(self: Any, inputs: Any) -> list[Any]:
    """No tensors: assignments take place where `call` makes them."""
    return []


def get_losses_for(self: Any, inputs: Any) -> list[Any]:
    """The penalties of the layer."""
    return list(self.losses)


# ---------------------------------------------------------------------- optimizers


def get_gradients(self: Any, loss: Any, params: Sequence[Any]) -> list[Any]:
    """The gradients of a symbolic loss."""
    return symbolic.gradients(loss, list(params))


def get_updates(self: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """A step that makes a symbolic loss smaller, as updates for `K.function`; called as `(loss, params)`.

    Keras 1 and 2.0 called it as `(params, constraints, loss)`.
    """
    names = ("params", "constraints", "loss") if len(args) == 3 or isinstance(args[0], (list, tuple)) else ("loss", "params")
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    return [step(self, given["loss"], list(given["params"]))]


def step(optimizer: Any, loss: Any, weights: Sequence[Variable]) -> KerasTensor:
    """A node whose effect is a step of an optimizer that makes a symbolic loss smaller."""
    found = symbolic.gradients(loss, list(weights))
    pairs = [(gradient, weight) for gradient, weight in zip(found, weights, strict=True) if gradient is not None]
    return apply_node(optimizer, pairs)


def apply_node(optimizer: Any, pairs: Sequence[tuple[Any, Variable]]) -> KerasTensor:
    """A node whose effect is a step of an optimizer from gradients and weights."""
    if not pairs:
        raise ValueError("There is nothing to train: the loss does not depend on any of the weights.")
    weights = [weight for _, weight in pairs]
    optimizer.build(weights)

    def apply(*grads: Any) -> Any:
        optimizer.apply(list(grads), weights)
        return np.int32(0)

    operation = symbolic.Operation(apply, [optimizer, weights], "training", says_nothing=True)
    made: KerasTensor = operation.on(*(gradient for gradient, _ in pairs), outputs=KerasTensor((), "int32"))
    return made


def minimize(self: Any, loss: Any, var_list: Any = None, grad_loss: Any = None, name: Any = None, tape: Any = None) -> Any:
    """A step that makes a loss smaller: a function without arguments that computes it, or a symbolic tensor."""
    weights = list(var_list() if callable(var_list) else var_list or ())
    if isinstance(loss, KerasTensor) and loss.value is None:
        return step(self, loss, weights)
    value, grads = value_and_grad(loss, weights)()
    self.apply(grads, weights)
    return self.iterations


# ---------------------------------------------------------------------- tensors


def get_shape(self: Any) -> TensorShape:
    """The shape, with the methods that TensorFlow's shapes have."""
    return TensorShape(self.shape)


def evaluate_tensor(self: Any, feed_dict: Any = None, session: Any = None) -> np.ndarray:
    """The values; of a symbolic tensor from those of its placeholders."""
    if isinstance(self, KerasTensor) and self.value is None:
        given = dict(feed_dict or {})
        found: np.ndarray = sessions.function(list(given), [self])(list(given.values()))[0]
        return found
    return as_numpy(self)


def _shape(self: Any) -> TensorShape:
    return TensorShape(self.__dict__["shape"])


def _set_shape(self: Any, value: Any) -> None:
    self.__dict__["shape"] = tuple(value)


def as_numpy_array(self: Any) -> np.ndarray:
    """The values as a NumPy array."""
    return np.asarray(self)


# ---------------------------------------------------------------------- the table


class Read:
    """An attribute that is computed, unless an object has one of its own under the name."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self._compute = compute

    def __get__(self, owner: Any, cls: type | None = None) -> Any:
        return self if owner is None else self._compute(owner)


_NOTHING = Read(lambda self: [])

METHODS: dict[type, dict[str, Any]] = {
    Model: {
        "predict_proba": predict_proba,
        "predict_classes": predict_classes,
        "fit_generator": fit_generator,
        "evaluate_generator": evaluate_generator,
        "predict_generator": predict_generator,
        "reset_states": reset_states,
        "add_loss": additions.add_loss(Model.add_loss),
        "compute_loss": additions.resolving(Model.compute_loss),
        "compute_metrics": additions.resolving(Model.compute_metrics),
        "uses_learning_phase": Read(lambda self: True),
        "state_updates": _NOTHING,
        "total_loss": Read(lambda self: _total_loss(self)),
        "container_nodes": _NOTHING,
        "flattened_layers": Read(lambda self: self.layers),
    },
    Layer: {
        "add_metric": additions.add_metric,
        "add_update": add_update,
        "get_input_at": get_input_at,
        "get_output_at": get_output_at,
        "get_input_shape_at": get_input_shape_at,
        "get_output_shape_at": get_output_shape_at,
        "get_input_mask_at": get_mask_at,
        "get_output_mask_at": get_mask_at,
        "get_updates_for": get_updates_for,
        "get_losses_for": get_losses_for,
        "updates": _NOTHING,
        "inbound_nodes": Read(lambda self: self._inbound_nodes),
        "input_mask": Read(lambda self: None),
        "output_mask": Read(lambda self: None),
        "input_shape": Read(lambda self: get_input_shape_at(self, 0)),
        "output_shape": Read(lambda self: get_output_shape_at(self, 0)),
        "W": Read(lambda self: self.kernel),
        "b": Read(lambda self: self.bias),
    },
    Loss: {"__call__": recorded(Loss.__call__)},
    Optimizer: {
        "apply": with_values(Optimizer.apply),
        "get_gradients": get_gradients,
        "get_updates": get_updates,
        "minimize": minimize,
        "get_weights": lambda self: [variable.numpy() for variable in self.variables],
        "weights": Read(lambda self: list(self.variables)),
    },
    Metric: {"__call__": with_values(Metric.__call__), "reset_states": lambda self: self.reset_state()},
    KerasTensor: {
        "get_shape": get_shape,
        "eval": evaluate_tensor,
        "set_shape": lambda self, shape: None,
        "shape": property(_shape, _set_shape),
        "_keras_shape": Read(lambda self: tuple(self.shape)),
        "_uses_learning_phase": False,
    },
    Variable: {
        "get_shape": get_shape,
        "eval": evaluate_tensor,
        "get_value": lambda self: self.numpy(),
        "set_value": lambda self, value: self.assign(value),
    },
}
"""What classes once had; what they have today is left as it is, but for what takes more than it does today."""

_MORE = {"__call__", "add_loss", "apply", "compute_loss", "compute_metrics", "shape"}


def _total_loss(model: Any) -> Any:
    """The loss as a symbolic tensor of targets that are placeholders, named by the outputs."""
    raise AttributeError(
        f"`{model.name}` has no `total_loss`: its loss is computed within a step. For gradients of a loss, use "
        "`K.gradients(loss_of_your_own, model.trainable_weights)`, or `tsuno.grad`."
    )


@functools.cache
def add() -> None:
    """Put the methods of the past into their classes."""
    for cls, members in METHODS.items():
        for name, member in members.items():
            if name in _MORE or not hasattr(cls, name):
                setattr(cls, name, member)
    engine.extend_arrays(numpy=as_numpy_array, get_shape=get_shape, eval=evaluate_tensor)
