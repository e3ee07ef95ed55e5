"""Losses and metrics that are tensors of a model's own graph: `add_loss(tensor)`, and losses that refer to layers."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from tsuno import ops
from tsuno.core import tree
from tsuno.core.context import scope
from tsuno.core.registry import in_library
from tsuno.core.spec import KerasTensor, Recording
from tsuno.graph import Graph
from tsuno.layers import Layer
from tsuno.legacy import symbolic
from tsuno.metrics import Mean


class AddLoss(Layer):
    """Adds what it is given to what training makes small."""

    def call(self, inputs: Any) -> Any:
        self.add_loss(ops.sum(inputs))
        return inputs


class AddMetric(Layer):
    """Shows the mean of what it is given among the metrics.

    Args:
        metric_name: the name in logs.
        **kwargs: the arguments of every layer.
    """

    def __init__(self, metric_name: str = "metric", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mean = Mean(name=metric_name)

    def call(self, inputs: Any) -> Any:
        self.mean.update_state(inputs)
        return inputs


def add_to_graph(model: Any, layer: Layer, tensor: KerasTensor) -> None:
    """Let a model also compute a layer of one of its tensors, whatever its outputs are."""
    model.graph = model.graph.with_end(layer(tensor))
    model._graph_layers = list(model.graph.layers)
    model.reset_programs()


def add_loss(usual: Callable[..., None]) -> Callable[..., None]:
    """`add_loss`, which also takes symbolic tensors of a model's graph."""

    @functools.wraps(usual)
    def call(self: Any, losses: Any, *rest: Any, **options: Any) -> None:
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            loss = loss() if callable(loss) and not isinstance(loss, KerasTensor) else loss
            if isinstance(getattr(self, "graph", None), Graph) and symbolic.is_drawn(loss):
                add_to_graph(self, AddLoss(), loss)
            else:
                usual(self, loss)

    return call


def add_metric(self: Any, value: Any, aggregation: str | None = None, name: str | None = None) -> None:
    """Show a value among the metrics: a tensor of a model's graph, or one computed in a layer's `call`."""
    if isinstance(value, str):  # the arguments of 1.14 were the other way round
        value, name = name, value
    name = name or aggregation or "metric"
    if isinstance(getattr(self, "graph", None), Graph) and symbolic.is_drawn(value):
        add_to_graph(self, AddMetric(name), value)
        return
    means = self.__dict__.setdefault("_added_metrics", {})
    if name not in means:
        with scope(bindings=None):
            means[name] = Mean(name=name)
    means[name].update_state(value)


class WithLosses(Layer):
    """The first of its inputs; the others are added to what training makes small."""

    def call(self, inputs: Any) -> Any:
        for loss in inputs[1:]:
            self.add_loss(ops.sum(loss))
        return inputs[0]


def recording(usual: Callable[..., Any]) -> Callable[..., Any]:
    """The call of a layer on symbolic tensors; of a user's that refers to others of the graph, its parts are drawn."""

    @functools.wraps(usual)
    def call(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return usual(self, args, kwargs)
        except (TypeError, ValueError):
            if in_library(type(self)) or not _refers_to_tensors(type(self)):
                raise
        self.built = True
        losses: list[Any] = []
        with scope(losses=losses):
            outputs = self.call(*args, **kwargs)
        drawn = [loss for _, loss in losses]
        outputs = outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs
        return WithLosses()([outputs, *drawn]) if drawn else outputs

    return call


def _refers_to_tensors(cls: type) -> bool:
    """Whether the methods of a class refer to symbolic tensors that are none of their arguments."""
    methods = [each for each in vars(cls).values() if inspect.isfunction(each)]
    found = [inspect.getclosurevars(method) for method in methods]
    return symbolic.is_drawn([[*each.nonlocals.values(), *each.globals.values()] for each in found])


class _Resolving(Recording):
    """Computes what refers to tensors of a graph from the values that its inputs have."""

    def __init__(self, graph: Graph, x: Any) -> None:
        self._graph, self._x = graph, x
        self._values: dict[int, Any] = {}

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        args, kwargs = tree.map_structure(self.value_of, (args, kwargs))
        with scope(recording=None):
            return function(*args, **kwargs)

    def value_of(self, x: Any) -> Any:
        """The value of a tensor of the graph; other things as they are."""
        if not isinstance(x, KerasTensor) or x.value is not None:
            return x
        if id(x) not in self._values:
            with scope(recording=None):
                running = symbolic.Running(self._graph.input_tensors, [x])
                self._values[id(x)] = running.run(self._graph.align(self._x))[0]
        return self._values[id(x)]


def resolving(usual: Callable[..., Any]) -> Callable[..., Any]:
    """A method that measures outputs, within which tensors of the model's graph have their values."""

    @functools.wraps(usual)
    def call(self: Any, x: Any = None, y: Any = None, y_pred: Any = None, *rest: Any, **options: Any) -> Any:
        y = _columns(y, y_pred)
        if x is None or self.graph is None:
            return usual(self, x, y, y_pred, *rest, **options)
        around = _Resolving(self.graph, x)
        with scope(recording=around):
            return around.value_of(usual(self, x, y, y_pred, *rest, **options))

    return call


def _columns(y: Any, y_pred: Any) -> Any:
    """Targets, where a row of numbers stands for a column of them."""
    if getattr(y, "ndim", 0) == 1 and getattr(y_pred, "ndim", 0) == 2:
        return y[:, None]
    if isinstance(y, (list, tuple)) and isinstance(y_pred, (list, tuple)) and len(y) == len(y_pred):
        return type(y)(_columns(each, output) for each, output in zip(y, y_pred, strict=True))
    if isinstance(y, dict) and isinstance(y_pred, dict):
        return {name: _columns(each, y_pred.get(name)) for name, each in y.items()}
    return y
