"""Models made anew from other models or from their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tsuno.graph import Graph
from tsuno.layers import InputLayer, Layer
from tsuno.models.model import Model
from tsuno.models.sequential import Sequential
from tsuno.training.compiled import follow, recipe


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A model of the same structure with new weights, compiled in the same way.

    Args:
        model: a functional or `Sequential` model, or a subclassed one that can be made from its config.
        input_tensors: symbolic tensors to build the copy on, instead of new inputs.
        clone_function: makes the new layer from the old one; a layer from its config by default.
        call_function: accepted for compatibility: `call_function(layer, *args, **kwargs)` stands in for calling the
            new layer.
        recursive: whether `clone_function` also gets the layers of models inside.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2)])
        >>> copy = tsuno.models.clone_model(model)
        >>> copy.count_params() == model.count_params(), copy.layers[0] is model.layers[0]
        (True, False)
    """

    clone = _clone(model, input_tensors, clone_function, call_function, recursive)
    if model.compiled is not None and not model.has_own("compile"):
        clone.compile(**follow(recipe(model.compiled.arguments)))
    return clone


def _clone(model: Any, input_tensors: Any, clone_function: Any, call_function: Any, recursive: bool) -> Any:
    def copy(layer: Layer) -> Layer:
        if isinstance(layer, InputLayer):
            return InputLayer.from_config(layer.get_config())
        if recursive and isinstance(layer, Model) and (layer.graph or isinstance(layer, Sequential)):
            return clone_model(layer, None, clone_function, call_function, True)
        if clone_function is not None:
            return clone_function(layer)
        return type(layer).from_config(layer.get_config())

    if isinstance(model, Sequential):
        layers = [copy(layer) for layer in model.layers]
        if input_tensors is not None:
            return Sequential([input_tensors, *layers], name=model.name)
        shape = model._batch_shape
        first = [InputLayer(batch_shape=shape, dtype=model._input_dtype)] if shape is not None else []
        return Sequential([*first, *layers], name=model.name)
    if model.graph is not None:
        originals = {layer.name: layer for layer in model.graph.layers}

        def make(data: Mapping[str, Any]) -> Any:
            made = copy(originals[data["name"]])
            if call_function is not None and not isinstance(made, InputLayer):
                return _Called(made, call_function)
            return made

        graph = Graph.from_config(model.graph.get_config(), model.name, make)
        if input_tensors is not None:
            return Model(input_tensors, graph.run(input_tensors), name=model.name)
        return Model(graph.inputs, graph.outputs, name=model.name)
    return type(model).from_config(model.get_config())


class _Called:
    """A layer whose calls go through a function."""

    def __init__(self, layer: Any, call_function: Callable[..., Any]) -> None:
        self._layer, self._call_function = layer, call_function

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call_function(self._layer, *args, **kwargs)
