"""Training as programs of Keras 1 and 2 took it into their own hands: optimizers with updates, losses as tensors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tsuno import ops, optimizers
from tsuno.core.context import scope
from tsuno.core.registry import in_library
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.graph import Graph
from tsuno.layers import InputLayer
from tsuno.legacy import recorded
from tsuno.legacy.notices import say
from tsuno.models import Sequential

# ---------------------------------------------------------------------- optimizers of TensorFlow 1


_OF_TENSORFLOW: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "GradientDescentOptimizer": lambda n, o: optimizers.SGD(n["lr"]),
    "MomentumOptimizer": lambda n, o: optimizers.SGD(n["lr"], n["momentum"], nesterov=o._nesterov),
    "AdamOptimizer": lambda n, o: optimizers.Adam(n["lr"], n["beta1"], n["beta2"], n["epsilon"]),
    "AdagradOptimizer": lambda n, o: optimizers.Adagrad(n["lr"], o._start, epsilon=1e-10),
    "RMSPropOptimizer": lambda n, o: optimizers.RMSprop(
        n["lr"], n["decay"], n["momentum"], n["epsilon"], centered=o._centered
    ),
    "AdadeltaOptimizer": lambda n, o: optimizers.Adadelta(n["lr"], n["rho"], n["epsilon"]),
}
"""The optimizers of `tf.train`, as those of Keras that `compile` takes."""


def compiling(usual: Callable[..., None]) -> Callable[..., None]:
    """`compile`, which also takes optimizers of `tf.train`."""

    @functools.wraps(usual)
    def call(self: Any, optimizer: Any = "rmsprop", *args: Any, **kwargs: Any) -> None:
        make = _OF_TENSORFLOW.get(type(optimizer).__name__)
        if make is not None and hasattr(optimizer, "_numbers"):
            optimizer = make(optimizer._numbers, optimizer)
        usual(self, optimizer, *args, **kwargs)

    return call


def showing(usual: Callable[..., Any], word: str = "show_accuracy") -> Callable[..., Any]:
    """A method that measures accuracy where it is told to, as in Keras 0.3: `fit(x, y, show_accuracy=True)`."""

    @functools.wraps(usual)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.pop(word, False):
            say(f"`{word}` is now `compile(metrics=['accuracy'])`.", once_for=word)
            if self.compiled is not None and not self.compiled.metrics:
                self.compile(**{**self.compiled.arguments, "metrics": ["accuracy"]})
        return usual(self, *args, **kwargs)

    return call


# ---------------------------------------------------------------------- optimizers with updates


def has_updates(optimizer: Any) -> bool:
    """Whether a user's optimizer says its law in `get_updates`."""
    owner = next((cls for cls in type(optimizer).__mro__ if "get_updates" in vars(cls)), None)
    return owner is not None and not in_library(owner)


def applying(usual: Callable[..., None]) -> Callable[..., None]:
    """`apply`, by `get_updates` where a user's optimizer has that."""

    @functools.wraps(usual)
    def call(self: Any, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        if not has_updates(self):
            usual(self, grads, trainable_variables)
            return
        weights = list(trainable_variables) if trainable_variables is not None else list(self._trainable_variables)
        pairs = [(g, w) for g, w in zip(grads, weights, strict=True) if g is not None]
        before = self.iterations._stored()
        with scope(recording=None), _same_variables(self):
            object.__setattr__(self, "_given_gradients", [g for g, _ in pairs])
            for update in _called(self.get_updates, None, [w for _, w in pairs]):
                if isinstance(update, (tuple, list)) and len(update) == 2 and isinstance(update[0], Variable):
                    update[0].assign(update[1])
        if self.iterations._stored() is before:
            self.iterations.assign_add(1)
        for _, weight in pairs:
            if weight.constraint is not None:
                weight.assign(weight.constraint(weight.value))

    return call


def building(usual: Callable[..., None]) -> Callable[..., None]:
    """`build`, which makes what `get_updates` of a user's optimizer keeps for each weight."""

    @functools.wraps(usual)
    def call(self: Any, variables: Any = (), var_list: Any = None) -> None:
        if not has_updates(self):
            usual(self, variables, var_list)
            return
        weights = list(variables if var_list is None else var_list)
        if self.built or not weights:
            return
        self._remember(weights)
        self.built = True
        with scope(bindings={}):  # once for the variables that it makes; what it assigns is forgotten
            self.apply([ops.zeros(weight.shape, weight.dtype) for weight in weights], weights)

    return call


def _called(function: Callable[..., Any], loss: Any, params: list[Variable]) -> list[Any]:
    """`get_updates`, whose arguments have had three orders."""
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    given = {"loss": loss, "params": params, "constraints": {}}
    found = function(*(given.get(name) for name in names[: 3 if "constraints" in names else 2]))
    return list(found or ())


_keeping: list[tuple[list[Variable], Iterator[Variable]]] = []


@contextmanager
def _same_variables(optimizer: Any) -> Iterator[None]:
    """A block that makes the same variables each time: they are kept in the optimizer."""
    kept: list[Variable] = vars(optimizer).setdefault("_kept_variables", [])
    _keeping.append((kept, iter(list(kept))))
    try:
        yield
    finally:
        _keeping.pop()


def made_once(make: Callable[[], Variable]) -> Variable:
    """A variable; within a step of a user's optimizer that of the first step."""
    if not _keeping:
        return make()
    kept, earlier = _keeping[-1]
    known = next(earlier, None)
    if known is None:
        with scope(bindings=None):
            known = make()
        kept.append(known)
    return known


# ---------------------------------------------------------------------- layers taken off a model


class Layers(list[Any]):
    """The layers of a model, of which the last can be taken off: what the model has after it is left out."""

    def __init__(self, model: Any, layers: Sequence[Any]) -> None:
        super().__init__(layers)
        self._model = model

    def pop(self, index: Any = -1) -> Any:
        """Take the last layer off."""
        if index != -1:
            raise TypeError("`model.layers.pop()` takes off the last layer; make a new model to leave out another.")
        if isinstance(self._model, Sequential):
            self._model.pop()
        else:
            vars(self._model)["_layers_off"] = vars(self._model).get("_layers_off", 0) + 1
        return super().pop()


def layers_of(usual: property) -> property:
    """The property `layers`, whose list can be shortened."""
    fget = usual.fget
    assert fget is not None

    def layers(self: Any) -> Layers:
        found = list(fget(self))
        return Layers(self, found[: len(found) - vars(self).get("_layers_off", 0)])

    return property(layers)


def take_outputs(model: Any, outputs: Any) -> None:
    """Let a model of the functional API end at other tensors."""
    found = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    model.graph = Graph(model.graph.inputs, found[0] if len(found) == 1 else found, model.name)
    vars(model).pop("_layers_off", None)
    model.reset_programs()


# ---------------------------------------------------------------------- losses as tensors


def targets(model: Any) -> list[KerasTensor]:
    """A placeholder for the targets of each output."""
    return _placeholders(model, "target", [x.shape for x in model.outputs])


def sample_weights(model: Any) -> list[KerasTensor]:
    """A placeholder for the weights of the samples, for each output."""
    return _placeholders(model, "sample_weights", [(None,)] * len(model.outputs))


def _placeholders(model: Any, what: str, shapes: Sequence[Any]) -> list[KerasTensor]:
    made: dict[str, list[KerasTensor]] = vars(model).setdefault("_loss_placeholders", {})
    if what not in made:
        made[what] = [
            InputLayer(batch_shape=tuple(shape), name=f"{name}_{what}").output
            for name, shape in zip(model.output_names, shapes, strict=True)
        ]
    return made[what]


def total_loss(model: Any) -> Any:
    """The loss given to `compile`, as a tensor of the graph that depends on `targets` and `sample_weights`."""
    compiled = model.compiled
    if compiled is None or compiled.loss is None:
        raise AttributeError(f"`{model.name}` has no `total_loss` before `compile` has given it a loss.")
    compiled.build(model, targets(model) if len(model.outputs) > 1 else targets(model)[0], model.output)
    parts = [
        recorded.recorded(fn.__call__)(target, output, weight) * factor
        for (fn, factor), target, output, weight in zip(
            compiled._losses, targets(model), model.outputs, sample_weights(model), strict=True
        )
        if fn is not None
    ]
    return functools.reduce(lambda a, b: a + b, parts)


# ---------------------------------------------------------------------- callbacks that make the data


@contextmanager
def begun(model: Any, generator: Any, callbacks: Any, params: dict[str, Any]) -> Iterator[None]:
    """A block in which callbacks have begun before the generator is asked for anything, and do not begin again."""
    early = [each for each in callbacks or () if hasattr(each, "on_train_begin")] if hasattr(generator, "send") else []
    for callback in early:
        callback.set_model(model)
        callback.set_params(params)
        callback.on_train_begin({})
        vars(callback)["on_train_begin"] = lambda logs=None: None
    try:
        yield
    finally:
        for callback in early:
            vars(callback).pop("on_train_begin", None)
