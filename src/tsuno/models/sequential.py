"""Sequential: a model that is a plain stack of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tsuno.core import past
from tsuno.core.context import context, scope
from tsuno.core.errors import invalid
from tsuno.core.registry import deserialize, serialize
from tsuno.core.spec import KerasTensor
from tsuno.graph import Graph
from tsuno.layers import InputLayer, Layer
from tsuno.layers.base import require_layer
from tsuno.models.layer_list import LayerList
from tsuno.models.model import Model


class Sequential(Model):
    """A stack of layers, each fed with the output of the one before.

    Args:
        layers: the layers; the first may be an `Input`. Without one, weights are made when the first data comes.
        trainable: whether its weights are trained.
        name: a name.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((4,)), tsuno.layers.Dense(8, "relu"), tsuno.layers.Dense(3)])
        >>> model.add(tsuno.layers.Activation("softmax"))
        >>> model.output_shape
        (None, 3)
    """

    is_stack = True

    def __init__(self, layers: Sequence[Any] | None = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(name=name, trainable=trainable)
        self._layers: list[Layer] = []
        self._batch_shape: Any = None
        self._input_dtype: Any = None
        self._input_name: str | None = None
        if layers is not None and not isinstance(layers, (list, tuple)):
            raise invalid("Sequential.layers", "a list of layers", layers)
        for layer in layers or ():
            self.add(layer, rebuild=False)
        self._try_build()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer on top of the stack."""
        if isinstance(layer, KerasTensor) and layer.node is not None and isinstance(layer.node.operation, InputLayer):
            layer = layer.node.operation
        layer = require_layer(layer, f"{self.name}.add")
        if isinstance(layer, InputLayer):
            if self._batch_shape is not None or self._layers:
                raise ValueError(f"`{self.name}` has an input already: an `Input` must come first, and once.")
            self._batch_shape, self._input_dtype, self._input_name = layer.batch_shape, layer.dtype, layer.name
        else:
            if any(layer.name == other.name for other in self._layers):
                raise ValueError(
                    f"`{self.name}` has a layer named {layer.name!r} already. Give each layer a `name` of its own."
                )
            if not self._layers and self._batch_shape is None:
                if layer._entry_shape is not None:
                    self._batch_shape = layer._entry_shape
                    if past.alive and self._input_name is None:
                        self._input_name = f"{layer.name}_input"
                elif isinstance(layer, Model) and layer.graph is not None and len(layer.inputs) == 1:
                    self._batch_shape, self._input_dtype = layer.inputs[0].shape, layer.inputs[0].dtype
                elif isinstance(layer, Model) and layer.graph is not None:
                    self._batch_shape = [x.shape for x in layer.inputs]
            self._layers.append(layer)
            if self.graph is not None and rebuild:  # layers keep the tensors that they have
                self._grow(self.graph.inputs, self._applied(layer, self.graph.outputs))
                return
        self._unbuild()
        if rebuild:
            self._try_build()

    def pop(self, rebuild: bool = True) -> Layer | None:
        """Take the last layer off the stack and return it."""
        if not self._layers:
            return None
        layer = self._layers.pop()
        if self.graph is not None and self._layers and rebuild:
            node = self.graph.output_tensors[0].node
            assert node is not None
            layer._inbound_nodes.remove(node)
            self._grow(self.graph.inputs, node.args[0])
            return layer
        self._unbuild()
        if rebuild:
            self._try_build()
        return layer

    def _applied(self, layer: Layer, x: Any) -> Any:
        """The output of a layer."""
        output = layer(x)
        if output is None:
            raise ValueError(
                f"The layer {layer.name!r} of `{self.name}` returned None: does its `call` lack a `return`?"
            )
        return output

    def _grow(self, inputs: Any, outputs: Any) -> None:
        """Take another graph, from the inputs to the outputs of the last layer."""
        self.graph = Graph(inputs, outputs, self.name)
        self.built, self._build_shapes = True, None
        self.reset_programs()

    def _unbuild(self) -> None:
        self.built, self.graph, self._build_shapes = False, None, None
        self.reset_programs()

    def _try_build(self) -> None:
        if self._batch_shape is not None and self._layers:
            self.build(self._batch_shape)

    def build(self, input_shape: Any = None) -> None:
        """Make the weights, for inputs of a shape (batch axis included)."""
        shape = self._batch_shape if input_shape is None else input_shape
        if shape is None or not self._layers:
            raise ValueError(f"`{self.name}` cannot be built without layers and an input shape.")
        first = self._layers[0]
        # A model of several inputs keeps those that it has.
        if isinstance(shape, list) and isinstance(first, Model) and first.graph is not None:
            inputs, x, rest = first.graph.inputs, first.graph.outputs, self._layers[1:]
        else:
            shape = tuple(shape)
            inputs = x = InputLayer(batch_shape=shape, dtype=self._input_dtype, name=self._input_name).output
            rest = self._layers
        for layer in rest:
            x = self._applied(layer, x)
        self._batch_shape = shape
        self.graph = Graph(inputs, x, self.name)

    def outputs_for(self, inputs: Any) -> Any:
        if self.graph is None and isinstance(inputs, KerasTensor):
            self._input_dtype = self._input_dtype or inputs.dtype
            self.build(inputs.shape)
        return super().outputs_for(inputs)

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the input."""
        return LayerList(self._layers)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if isinstance(inputs, dict) and self.graph is not None:
            given = self.graph.align(inputs)
            inputs = given[0] if len(given) == 1 else given
        elif isinstance(inputs, (list, tuple)) and len(inputs) == 1 and hasattr(inputs[0], "shape"):
            inputs = inputs[0]
        if self.graph is not None and not isinstance(inputs, (list, tuple, dict)):
            entry = self.graph.input_tensors[0]
            if not past.alive or len(getattr(inputs, "shape", ())) <= len(entry.shape):
                inputs = self.graph._fit(entry, inputs)
        for layer in self._layers:
            inputs = layer(inputs)
        return inputs

    def _record(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self._layers:
            raise ValueError(f"`{self.name}` has no layers yet: `add` some before calling it.")
        return super()._record(args, kwargs)

    def get_config(self) -> dict[str, Any]:
        with scope(path=(*context.path, self.name)):
            layers = [serialize(layer) for layer in self._layers]
        if self._batch_shape is not None and self.graph is not None and len(self.graph.input_layers) == 1:
            layers.insert(0, serialize(self.graph.input_layers[0]))
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize(self.dtype_policy),
            "layers": layers,
        }
        if self._batch_shape is not None:
            config["build_input_shape"] = self._batch_shape
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        model = cls(name=config.get("name"))
        for data in config["layers"]:
            model.add(deserialize(data, custom_objects), rebuild=False)
        shape = config.get("build_input_shape")
        if model._batch_shape is None and shape:
            model._batch_shape = tuple(shape)
        model._try_build()
        model._trainable = config.get("trainable", True)
        return model
