"""What a model is called with: from its symbolic inputs, from its first call, or as the user says."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from tsuno.core import tree
from tsuno.core.errors import invalid
from tsuno.core.spec import KerasTensor
from tsuno.export.endpoint import Endpoint
from tsuno.layers import Layer
from tsuno.layers.strings import runs_on_host


def endpoint_of(layer: Any, signature: Any = None, function: Any = None) -> Endpoint:
    """A model's, or layer's, call in inference as something to export.

    Args:
        layer: the model.
        signature: what it is called with; found by itself for models with symbolic inputs or that were called.
        function: what to export instead of the call.
    """
    if not isinstance(layer, Layer):
        raise invalid("export.model", "a model or a layer", layer)
    if not layer.built:
        raise ValueError(f"`{layer.name}` has no weights yet: build it, or call it on a batch, before you export it.")
    arguments = _arguments(layer, signature)
    refuse_text(layer, arguments)
    graph = getattr(layer, "graph", None)
    tensors = [leaf for leaf in tree.flatten(arguments) if leaf is not None]
    names = graph.input_names if graph is not None and len(graph.input_names) == len(tensors) else None
    if signature is not None:
        names = _given_names(tensors) or names
    if names is None:
        names = _parameter_names(layer, arguments)
    outputs = graph.output_names if graph is not None else None
    return Endpoint(layer, layer if function is None else function, arguments, names, outputs, layer.name)


def refuse_text(layer: Layer, arguments: Any = ()) -> None:
    """Raise one sentence if a model reads or writes text."""
    for each in layer._flatten_layers():
        if runs_on_host(each) and not hasattr(each, "graph"):
            raise ValueError(
                f"The layer `{each.name}` ({type(each).__name__}) reads or writes text, which exported "
                "programs cannot: turn text into numbers before the model, and export the model that takes the numbers."
            )
    if any(getattr(leaf, "dtype", None) == "string" for leaf in tree.flatten(arguments)):
        raise ValueError(f"`{layer.name}` takes text, which exported programs cannot: export a model of numbers.")


def _arguments(layer: Layer, signature: Any) -> list[Any]:
    graph = getattr(layer, "graph", None)
    if signature is None:
        if graph is not None:
            return [graph.inputs]
        shapes = layer._build_shapes
        if not shapes:
            raise ValueError(
                f"What `{layer.name}` is called with is not known: call it on a batch first, or give "
                "`input_signature`, for example [tsuno.InputSpec(shape=(None, 3), dtype='float32')]."
            )
        return [_from_shapes(shape, layer.compute_dtype) for shape in shapes.values()]
    given = list(signature) if isinstance(signature, (list, tuple)) else [signature]
    if graph is not None and len(given) > 1 and len(given) == len(graph.input_tensors):
        return [given]
    return given


def _from_shapes(shape: Any, dtype: str) -> Any:
    if isinstance(shape, dict):
        return {key: _from_shapes(value, dtype) for key, value in shape.items()}
    if isinstance(shape, (list, tuple)) and any(isinstance(each, (list, tuple, dict)) for each in shape):
        return [_from_shapes(each, dtype) for each in shape]
    return None if shape is None else KerasTensor((None, *tuple(shape)[1:]), dtype)


def _given_names(tensors: Sequence[Any]) -> list[str] | None:
    names = [getattr(tensor, "name", None) for tensor in tensors]
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else None


def _parameter_names(layer: Layer, arguments: Sequence[Any]) -> list[str]:
    """Names from the parameters of `call`, with keys and places where one holds several tensors."""
    parameters = [name for name in inspect.signature(layer.call).parameters if name not in ("args", "kwargs")]
    parameters += [f"input_{place}" for place in range(len(parameters), len(arguments))]
    return [
        "_".join([name, *map(str, path)])
        for name, argument in zip(parameters, arguments, strict=False)
        for path, leaf in tree.flatten_with_path(argument)
        if leaf is not None
    ]
