"""Models whose first layers read text: those run on the host, the rest in compiled programs.

A model drawn with symbolic tensors is split where text has become numbers. Data passes the first part once, before it
is placed on the device; what trains is the second part. Called directly, the model is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.registry import in_library
from tsuno.core.spec import KerasTensor
from tsuno.graph import Graph
from tsuno.layers import Layer
from tsuno.layers.strings import as_text, holds_text, runs_on_host


class TextReader(Layer):
    """What a model does about text."""

    graph: Graph | None
    outputs_for: Callable[[Any], Any]
    _halves: tuple[Graph, tuple[Graph, Graph] | None] | None = None

    @property
    def runs_on_host(self) -> bool:
        """Whether a layer inside reads text."""
        return any(layer is not self and runs_on_host(layer) for layer in self._flatten_layers())

    def _split(self) -> tuple[Graph, Graph] | None:
        """The part of the graph that reads text and the rest, if there is such a part."""
        if self.graph is None:
            return None
        if self._halves is None or self._halves[0] is not self.graph:
            self._halves = (self.graph, self.graph.split())
        return self._halves[1]

    @property
    def compiled_graph(self) -> Graph | None:
        """What runs in compiled programs: the graph, without the part that reads text."""
        split = self._split()
        return self.graph if split is None else split[1]

    def reader(self, x: Any) -> Callable[[Any], Any] | None:
        """What inputs pass through on the host before they reach compiled programs; None for nothing."""
        if self.graph is None and holds_text(x):
            text = as_text(x)
            self.outputs_for(KerasTensor((None, *text.shape[1:]), "string"))
        split = self._split()
        if split is None:
            return None
        return lambda x: tree.map_structure(np.asarray, split[0].run(as_text(x) if holds_text(x) else x))

    def forward(self, x: Any, training: bool) -> Any:
        """The outputs for what `reader` has made of the inputs."""
        split = self._split()
        if split is None:
            return self(x, training=training)
        with scope(training=training, path=(*context.path, self.name)):
            return unpack(split[1].run(x))

    def _convert(self, value: Any) -> Any:
        return as_text(value, where=self.path) if holds_text(value) else super()._convert(value)

    def has_own(self, method: str) -> bool:
        """Whether a method is not the library's but overridden."""
        return not in_library(next(owner for owner in type(self).__mro__ if method in vars(owner)))

    def _build_for(self, signature: Any, arguments: Mapping[str, Any]) -> None:
        tensors = [each for each in arguments.values() if any(hasattr(leaf, "shape") for leaf in tree.flatten(each))]
        if self.has_own("build") or self.graph is not None or len(tensors) < 2:
            super()._build_for(signature, arguments)
            return
        self.built = True  # a `call` of several tensors makes its weights from all of them
        symbols = tree.map_structure(
            lambda x: KerasTensor(x.shape, str(x.dtype)) if hasattr(x, "shape") else x, dict(arguments)
        )
        with scope(bindings=None, training=None):
            self.compute_output_spec(**symbols)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        symbols = [leaf for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, KerasTensor)]
        if all(symbol.dtype != "string" for symbol in symbols):
            return super().compute_output_spec(*args, **kwargs)
        with scope(losses=[]):  # text cannot be traced: the layers inside say what they give
            outputs = self.call(*args, **kwargs)
        return tree.map_structure(lambda x: KerasTensor(x.shape, x.dtype), outputs)


def unpack(structure: Any) -> Any:
    """The one item of a list of one."""
    return structure[0] if isinstance(structure, list) and len(structure) == 1 else structure
