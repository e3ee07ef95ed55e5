"""Methods and attributes of the past: by class, what it once had; `add` puts them there.

They are there in programs run with `tsuno run` or after `tsuno.legacy.install()`.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.callbacks import Callback, CallbackList, MonitorCallback
from tsuno.core import tree
from tsuno.core.errors import suggest
from tsuno.core.functions import value_and_grad
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.data import PyDataset
from tsuno.layers import RNN, Lambda, Layer
from tsuno.legacy import additions, callbacks, files, sessions, steps, symbolic
from tsuno.legacy.notices import say
from tsuno.legacy.recorded import recorded, with_values
from tsuno.legacy.shapes import TensorShape
from tsuno.legacy.tensorflow import modes
from tsuno.losses import Loss
from tsuno.metrics import Metric
from tsuno.models import Model, Sequential
from tsuno.optimizers import Optimizer
from tsuno.regularizers import Regularizer

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
    **older: Any,
) -> Any:
    """Train on what a generator, or a `Sequence`, gives; in the words of Keras 1 `samples_per_epoch` are samples."""
    say("`fit_generator` is now `fit`.", once_for="fit_generator")
    workers = older.pop("nb_worker", workers)
    max_queue_size = older.pop("max_q_size", max_queue_size)
    older.pop("pickle_safe", None)
    first = "nb_epoch" in older or "samples_per_epoch" in older
    epochs = older.pop("nb_epoch", epochs)
    samples = older.pop("samples_per_epoch", steps_per_epoch if first else None)
    held = older.pop("nb_val_samples", None)
    if older:
        raise TypeError(f"`fit_generator` has no argument {next(iter(older))!r}.{suggest(next(iter(older)), _WORDS)}")
    params = {"epochs": epochs, "nb_epoch": epochs, "steps": steps_per_epoch, "verbose": verbose}
    with steps.begun(self, generator, callbacks, params):
        if samples is not None:
            generator, steps_per_epoch = _counted(generator, samples)
        if held is not None:
            validation_data, validation_steps = _counted(validation_data, held)
        return self.fit(
            _read(generator, steps_per_epoch, workers, max_queue_size), epochs=epochs, verbose=verbose,
            callbacks=callbacks, steps_per_epoch=steps_per_epoch,
            validation_data=_read(validation_data, validation_steps, workers, max_queue_size),
            validation_steps=validation_steps, validation_freq=validation_freq, class_weight=class_weight,
            shuffle=shuffle, initial_epoch=initial_epoch,
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
    val_samples: int | None = None,
    **older: Any,
) -> Any:
    """The loss and metrics on what a generator, or a `Sequence`, gives."""
    say("`evaluate_generator` is now `evaluate`.", once_for="evaluate_generator")
    if val_samples is not None:
        generator, steps = _counted(generator, val_samples)
    data = _read(generator, steps, workers, max_queue_size)
    return self.evaluate(data, steps=steps, callbacks=callbacks, verbose=verbose)


def predict_generator(
    self: Any,
    generator: Any,
    steps: int | None = None,
    callbacks: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    verbose: int = 0,
    val_samples: int | None = None,
    **older: Any,
) -> Any:
    """The outputs for what a generator, or a `Sequence`, gives."""
    say("`predict_generator` is now `predict`.", once_for="predict_generator")
    if val_samples is not None:
        generator, steps = _counted(generator, val_samples)
    data = _read(generator, steps, workers, max_queue_size)
    return self.predict(data, steps=steps, callbacks=callbacks, verbose=verbose)


_WORDS = ("steps_per_epoch", "epochs", "validation_steps", "workers", "max_queue_size", "nb_epoch", "samples_per_epoch")


def _counted(generator: Any, samples: int) -> tuple[Any, int]:
    """A generator, and how many of its batches have so many samples; those of data that is no generator are none."""
    if isinstance(generator, (tuple, list)) or generator is None:
        return generator, None  # type: ignore[return-value]
    size = getattr(generator, "batch_size", None)
    if size is None:
        first = next(generator)
        generator = itertools.chain([first], generator)
        leaf = tree.flatten(first)[0]
        size = len(leaf)
    return generator, math.ceil(samples / size)


def _read(generator: Any, steps: int | None, workers: int, ahead: int) -> Any:
    """What gives batches, read as it is told to; it begins anew where more are asked for than it has."""
    if isinstance(generator, PyDataset):
        generator.workers, generator.max_queue_size = max(workers, 1), max(ahead, 1)
        count = generator.num_batches
        return _again_and_again(generator) if steps is not None and count is not None and steps > count else generator
    if not hasattr(generator, "__next__"):
        return generator
    return (tuple(batch) if isinstance(batch, list) else batch for batch in generator)


def _again_and_again(data: Any) -> Iterator[Any]:
    while True:
        yield from (data[place] for place in range(len(data)))
        data.on_epoch_end()


def reset_states(self: Any) -> None:
    """Let every stateful layer begin anew."""
    for layer in self._flatten_layers(include_self=False):
        if hasattr(layer, "reset_state"):
            layer.reset_state()


# ---------------------------------------------------------------------- layers


def _node(self: Any, index: int) -> Any:
    nodes = self._inbound_nodes
    if index >= len(nodes):
        raise AttributeError(f"The layer {self.name!r} was called {len(nodes)} times; there is no call {index}.")
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
    """The gradients of a symbolic loss, or those that a step was given."""
    if loss is None:
        grads: list[Any] = self._given_gradients
        return grads
    return symbolic.gradients(loss, list(params))


def get_updates(self: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """A step that makes a symbolic loss smaller, as updates for `K.function`; called as `(loss, params)`.

    Keras 1 and 2.0 called it as `(params, constraints, loss)`.
    """
    older = len(args) == 3 or (args and isinstance(args[0], (list, tuple)))
    names = ("params", "constraints", "loss") if older else ("loss", "params")
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


def minimize(
    self: Any, loss: Any, var_list: Any = None, grad_loss: Any = None, name: Any = None, tape: Any = None
) -> Any:
    """A step that makes a loss smaller: a function without arguments that computes it, or a symbolic tensor."""
    weights = list(var_list() if callable(var_list) else var_list or ())
    if isinstance(loss, KerasTensor) and loss.value is None:
        return step(self, loss, weights)
    _, grads = value_and_grad(loss, weights)()
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
        if modes.graph_mode():
            return np.asarray((session or sessions.get_session()).run(self, given))
        found: np.ndarray = sessions.function(list(given), [self])(list(given.values()))[0]
        return found
    return as_numpy(self)


def run_operation(self: Any, feed_dict: Any = None, session: Any = None) -> None:
    """Run an operation of a graph."""
    (session or sessions.get_session()).run(self, feed_dict)


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


def _draws(layer: Any) -> bool:
    """Whether the function of a `Lambda` works on the graph itself, of which it asks for gradients."""
    code = getattr(layer.function, "__code__", None)
    return code is not None and "gradients" in code.co_names


def record_lambda(usual: Callable[..., Any]) -> Callable[..., Any]:
    """The call of a `Lambda` on symbolic tensors, whose function may ask for gradients of the graph."""

    @functools.wraps(usual)
    def call(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not _draws(self):
            return usual(self, args, kwargs)
        outputs = self.function(*args, **(self.arguments or {}))
        return outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs

    return call


def name_first(usual: Callable[..., Variable]) -> Callable[..., Variable]:
    """`add_weight` with the name before the shape, as it was in `tf.keras` and in Keras 2."""
    names = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")

    @functools.wraps(usual)
    def add_weight(self: Any, *args: Any, **kwargs: Any) -> Variable:
        if args and (isinstance(args[0], str) or (args[0] is None and "shape" in kwargs)):
            args, kwargs = (), {**dict(zip(names, args, strict=False)), **kwargs}
        return usual(self, *args, **kwargs)

    return add_weight


class _Settable:
    """An attribute that programs once set: what is said of the weights listed is taken from there."""

    def __init__(self, usual: Any, take: Callable[[Any, Any], None]) -> None:
        self._usual, self._take = usual, take

    def __get__(self, owner: Any, cls: type | None = None) -> Any:
        return self if owner is None else self._usual.__get__(owner, cls)

    def __set__(self, owner: Any, value: Any) -> None:
        self._take(owner, value)


def _take_trainable(layer: Any, weights: Any) -> None:
    chosen = {id(weight) for weight in weights}
    for weight in (each for each in vars(layer).values() if isinstance(each, Variable)):
        weight.trainable = id(weight) in chosen


def _take_fixed(layer: Any, weights: Any) -> None:
    for weight in weights:
        weight.trainable = False


def _take_constraints(layer: Any, constraints: Any) -> None:
    for weight, constraint in constraints.items():
        weight.constraint = constraint


def reset_states_to(self: Any, states: Any = None) -> None:
    """Set the states of a stateful layer to zero, or to values given."""
    if states is None:
        self.reset_state()
        return
    for variable, value in zip(self.states, tree.flatten(states), strict=True):
        variable.assign(np.asarray(as_numpy(value), str(variable.dtype)))


def set_param(self: Any, p: Any) -> None:
    """Put the penalty on a weight."""
    p.regularizer = self


METHODS: dict[type, dict[str, Any]] = {
    Model: {
        "predict_proba": predict_proba,
        "predict_classes": predict_classes,
        "fit_generator": fit_generator,
        "evaluate_generator": evaluate_generator,
        "predict_generator": predict_generator,
        "reset_states": reset_states,
        "fit": steps.showing(callbacks.with_data(Model.fit)),
        "evaluate": steps.showing(Model.evaluate),
        "train_on_batch": steps.showing(Model.train_on_batch, "accuracy"),
        "test_on_batch": steps.showing(Model.test_on_batch, "accuracy"),
        "save": files.in_hdf5(Model.save, ".keras"),
        "load_weights": files.with_status(Model.load_weights),
        "save_weights": files.in_hdf5(Model.save_weights, ".json", ".safetensors"),
        "compute_loss": additions.resolving(Model.compute_loss),
        "compute_metrics": additions.resolving(Model.compute_metrics),
        "uses_learning_phase": Read(lambda self: True),
        "stateful": Read(lambda self: any(getattr(layer, "stateful", False) for layer in self.layers)),
        "_make_train_function": lambda self: None,
        "_make_test_function": lambda self: None,
        "_make_predict_function": lambda self: None,
        "state_updates": _NOTHING,
        "compile": steps.compiling(Model.compile),
        "layers": steps.layers_of(Model.layers),  # type: ignore[arg-type]
        "outputs": _Settable(Model.outputs, steps.take_outputs),
        "targets": Read(steps.targets),
        "sample_weights": Read(steps.sample_weights),
        "total_loss": Read(steps.total_loss),
        "compiled_loss": Read(lambda self: _CompiledLoss(self)),
        "compiled_metrics": Read(lambda self: _CompiledMetrics(self)),
        "container_nodes": _NOTHING,
        "flattened_layers": Read(lambda self: self.layers),
    },
    Sequential: {"layers": steps.layers_of(Sequential.layers)},  # type: ignore[arg-type]
    Layer: {
        "add_loss": additions.add_loss(Layer.add_loss),
        "add_metric": additions.add_metric,
        "_record": additions.recording(Layer._record),
        "add_weight": name_first(Layer.add_weight),
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
        "trainable_weights": _Settable(Layer.trainable_weights, _take_trainable),
        "non_trainable_weights": _Settable(Layer.non_trainable_weights, _take_fixed),
        "constraints": _Settable(Read(lambda self: {}), _take_constraints),
        "W": Read(lambda self: self.kernel),
        "b": Read(lambda self: self.bias),
    },
    RNN: {"reset_states": reset_states_to},
    Lambda: {"_record": record_lambda(Lambda._record)},
    Loss: {"__call__": recorded(Loss.__call__)},
    Optimizer: {
        "apply": steps.applying(with_values(Optimizer.apply)),
        "build": steps.building(Optimizer.build),
        "decay": Read(lambda self: self._decay),
        "iterations": _Settable(Optimizer.iterations, lambda self, value: setattr(self, "_iterations", value)),
        "initial_decay": Read(lambda self: self._decay),
        "get_gradients": get_gradients,
        "get_updates": get_updates,
        "minimize": minimize,
        "get_weights": lambda self: [variable.numpy() for variable in self.variables],
        "weights": Read(lambda self: list(self.variables)),
    },
    Regularizer: {"set_param": set_param},
    Callback: {
        "validation_data": Read(callbacks.validation_data),
        "on_train_batch_end": callbacks.end_of_batch,
    },
    CallbackList: {"set_params": callbacks.with_old_params(CallbackList.set_params)},
    MonitorCallback: {"_direction": callbacks.direction(MonitorCallback._direction)},
    Metric: {"__call__": with_values(Metric.__call__), "reset_states": lambda self: self.reset_state()},
    KerasTensor: {
        "get_shape": get_shape,
        "eval": evaluate_tensor,
        "run": run_operation,
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

_MORE = {
    "build", "compile", "evaluate", "iterations", "test_on_batch", "train_on_batch", "layers", "outputs",
    "reset_states",
    "trainable_weights", "non_trainable_weights", "__call__", "_record", "add_loss", "apply", "compute_loss",
    "compute_metrics", "shape", "fit", "save", "save_weights", "load_weights", "add_weight", "set_params", "_direction",
    "on_train_batch_end",
}  # fmt: skip


class _CompiledLoss:
    """The loss given to `compile`, as steps of Keras 2 called it."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        loss = self._model.compute_loss(None, y_true, y_pred, sample_weight)
        self._model._loss_tracker(loss)
        return loss


class _CompiledMetrics:
    """The metrics given to `compile`, as steps of Keras 2 called them."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        self._model.compiled.update_metrics(self._model, y_true, y_pred, sample_weight)

    @property
    def metrics(self) -> list[Any]:
        """The metrics."""
        return list(self._model.metrics)


@functools.cache
def add() -> None:
    """Put the methods of the past into their classes."""
    for cls, members in METHODS.items():
        for name, member in members.items():
            if name in _MORE or not hasattr(cls, name):
                setattr(cls, name, member)
    engine.extend_arrays(numpy=as_numpy_array, get_shape=get_shape, eval=evaluate_tensor)
