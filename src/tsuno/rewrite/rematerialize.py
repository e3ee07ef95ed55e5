"""Layers that compute their inner results again for the gradient: a scope that rewrites the layers made in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, Self, get_args

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.errors import unknown
from tsuno.core.functions import remat
from tsuno.core.validate import PositiveInt, check

Mode = Literal["full", "activations", "larger_than", "list_of_layers"]


class RematScope:
    """Let layers made in a block keep less for the gradient and compute it again instead.

    Args:
        mode: which layers: `"full"`, all; `"activations"`, only the activations of layers that have one;
            `"larger_than"`, those with an output of more numbers than `output_size_threshold`; `"list_of_layers"`,
            those named in `layer_names`; None, none.
        output_size_threshold: for `"larger_than"`.
        layer_names: for `"list_of_layers"`.

    Example:
        >>> with tsuno.RematScope(mode="list_of_layers", layer_names=["wide"]):
        ...     layer = tsuno.layers.Dense(100, activation="gelu", name="wide")
        >>> layer(np.ones((2, 3), "float32")).shape
        (2, 100)
    """

    def __init__(
        self, mode: Mode | None = "full", output_size_threshold: PositiveInt = 1024, layer_names: Sequence[str] = ()
    ) -> None:
        if mode is not None and mode not in get_args(Mode):
            raise unknown("RematScope.mode", mode, get_args(Mode))
        self.mode, self.layer_names = mode, list(layer_names or ())
        self.output_size_threshold = check(PositiveInt, output_size_threshold, "RematScope.output_size_threshold")
        self._scopes: list[Any] = []

    def __enter__(self) -> Self:
        self._scopes.append(scope(made=() if self.mode is None else (self._rewrite,)))
        self._scopes[-1].__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._scopes.pop().__exit__(*error)

    def _rewrite(self, layer: Any) -> None:
        if hasattr(layer, "graph"):
            return  # a model: its layers are, and to compute all of it again would save nothing
        if self.mode == "activations":
            if getattr(layer, "activation", None) is not None:
                layer.call = _with_activation(layer, layer.call)
        elif self.mode == "larger_than":
            layer.call = _if_large(layer.call, self.output_size_threshold)
        elif self.mode == "full" or layer.name in self.layer_names:
            layer.call = remat(layer.call)


def _with_activation(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, during which the layer's activation keeps nothing; its configuration stays as it was."""

    def computed(*args: Any, **kwargs: Any) -> Any:
        plain = layer.activation
        vars(layer)["activation"] = remat(plain)
        try:
            return call(*args, **kwargs)
        finally:
            vars(layer)["activation"] = plain

    return computed


def _if_large(call: Callable[..., Any], threshold: int) -> Callable[..., Any]:
    def computed(*args: Any, **kwargs: Any) -> Any:
        with scope(bindings=dict(context.bindings or {}), assigned=None, losses=[], probes=None, tap=None):
            outputs = engine.eval_shape(lambda: call(*args, **kwargs))
        large = any(math.prod(output.shape) > threshold for output in tree.flatten(outputs) if output is not None)
        return (remat(call) if large else call)(*args, **kwargs)

    return computed
