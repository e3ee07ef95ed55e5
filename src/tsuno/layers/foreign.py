"""Functions and modules of other libraries as layers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Unpack

from tsuno import engine, ops
from tsuno.core.errors import invalid, refused
from tsuno.core.seeds import SeedGenerator, draw_key
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions

__all__ = ["FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"]


class JaxLayer(Layer):
    """A JAX function as a layer.

    Args:
        call_fn: the function. Its arguments are found by name: `inputs`, and any of `params` (a nested structure of
            trained arrays), `state` (one of arrays that the function returns anew: then it returns (outputs, state)),
            `rng` (a random key; None in inference) and `training`.
        init_fn: makes the first `params` (and `state`) from `rng`, `inputs` and `training`.
        params: the first trained arrays, instead of `init_fn`.
        state: the first other arrays, instead of `init_fn`.
        seed: an integer for reproducible random keys.
        native_serialization_platforms: accepted for compatibility; exporting asks for platforms itself.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> def affine(params, inputs):
        ...     return inputs * params["w"] + params["b"]
        >>> layer = tsuno.layers.JaxLayer(affine, params={"w": np.full(2, 3.0), "b": np.ones(2)})
        >>> layer(np.ones((1, 2), "float32")).tolist()
        [[4.0, 4.0]]
    """

    _unsaid = frozenset({"params", "state", "seed"})

    def __init__(
        self,
        call_fn: Callable[..., Any],
        init_fn: Callable[..., Any] | None = None,
        params: Any = None,
        state: Any = None,
        seed: int | None = None,
        native_serialization_platforms: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.call_fn, self.init_fn, self.seed = call_fn, init_fn, seed
        self.native_serialization_platforms = native_serialization_platforms
        self._takes = _arguments(call_fn, "call_fn", ("params", "state", "rng", "inputs", "training"))
        self._init_takes = [] if init_fn is None else _arguments(init_fn, "init_fn", ("rng", "inputs", "training"))
        if params is None and state is None and init_fn is None and {"params", "state"} & set(self._takes):
            raise ValueError(
                "`JaxLayer.call_fn` takes params or state, but nothing makes their first values: give `init_fn`, "
                "`params` or `state`."
            )
        self.seed_generator = SeedGenerator(seed) if "rng" in self._takes else None
        self.params, self.state = self._variables(params, True), self._variables(state, False)

    def build(self, input_shape: Any) -> None:
        if self.params is not None or self.state is not None or self.init_fn is None:
            return
        ones = engine.tree.map(
            lambda shape: ops.ones([1 if size is None else size for size in shape]),
            input_shape,
            is_leaf=lambda shape: isinstance(shape, tuple),
        )
        given = {"rng": self._init_keys(), "inputs": ones, "training": True}
        made = self.init_fn(*(given[name] for name in self._init_takes))
        params, state = made if "state" in self._takes else (made, None)
        self.params, self.state = self._variables(params, True), self._variables(state, False)

    def _init_keys(self) -> Any:
        return draw_key(None)

    def _call_keys(self, training: bool) -> Any:
        return draw_key(self.seed_generator) if training else None

    def _variables(self, values: Any, trainable: bool) -> Any:
        def variable(value: Any) -> Any:
            if not hasattr(value, "dtype") and not isinstance(value, (bool, int, float)):
                return value
            array = ops.convert_to_tensor(value)
            dtype = None if "float" in str(array.dtype) else str(array.dtype)
            return self.add_weight(array.shape, lambda shape, dtype: array, dtype=dtype, trainable=trainable)

        return None if values is None else engine.tree.map(variable, values)

    def call(self, inputs: Any, training: bool = False) -> Any:
        read = lambda structure: engine.tree.map(lambda variable: variable.value, structure)
        given = {"inputs": inputs, "training": training}
        if "rng" in self._takes:
            given["rng"] = self._call_keys(training)
        given |= {"params": read(self.params), "state": read(self.state)}
        outputs = self.call_fn(*(given[name] for name in self._takes))
        if "state" not in self._takes:
            return outputs
        outputs, state = outputs
        engine.tree.map(lambda variable, value: variable.assign(value), self.state, state)
        return outputs


def _arguments(function: Callable[..., Any], what: str, allowed: tuple[str, ...]) -> list[str]:
    """The names of a function's arguments, checked."""
    names = list(inspect.signature(function).parameters)
    if "inputs" not in names:
        raise invalid(f"JaxLayer.{what}", "a function with an argument `inputs`", names)
    strange = [name for name in names if name not in allowed]
    if strange:
        raise invalid(f"JaxLayer.{what}", f"a function with arguments among {', '.join(allowed)}", strange[0])
    return names


class FlaxLayer(JaxLayer):
    """A Flax Linen module as a layer.

    Args:
        module: the module.
        method: the method to call, or its name; `__call__` by default.
        variables: the module's first variables, by collection; made by `module.init` by default.
        **kwargs: `seed`, and the arguments of every layer, see `Layer`.

    The collection `params` is trained; all others are kept as state.

    Example::

        layer = tsuno.layers.FlaxLayer(flax.linen.Dense(4))
    """

    _unsaid = JaxLayer._unsaid | {"variables", "call_fn", "init_fn"}

    def __init__(
        self,
        module: Any,
        method: Any = None,
        variables: Mapping[str, Any] | None = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        self.module = module
        self.method = getattr(module, method) if isinstance(method, str) else method
        trains = "training" in inspect.signature(self.method or type(module).__call__).parameters

        def apply(params: Any, state: Any, rng: Any, inputs: Any, training: bool) -> Any:
            extra = {"training": training} if trains else {}
            collections = {**(params or {}), **(state or {})}
            result = self.module.apply(
                collections, inputs, rngs=rng, method=self.method, mutable=list(state or ()), **extra
            )
            outputs, changed = result if state else (result[0] if isinstance(result, tuple) else result, {})
            return outputs, {**(state or {}), **changed}

        def init(rng: Any, inputs: Any, training: bool) -> Any:
            extra = {"training": training} if trains else {}
            return _split(self.module.init(rng, inputs, method=self.method, **extra))

        params, state = (None, None) if variables is None else _split(variables)
        super().__init__(apply, init, params=params, state=state, seed=seed, **kwargs)

    def _init_keys(self) -> Any:
        return {"params": draw_key(None), "dropout": draw_key(None)}

    def _call_keys(self, training: bool) -> Any:
        return {"dropout": draw_key(self.seed_generator)} if training else {}

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if getattr(self.method, "__self__", None) is self.module:
            config["method"] = self.method.__name__
        return config


def _split(variables: Mapping[str, Any]) -> tuple[Any, Any]:
    """The collection of trained variables, and the others."""
    params = {"params": variables["params"]} if "params" in variables else {}
    return params, {key: value for key, value in variables.items() if key != "params"}


class TFSMLayer(Layer):
    """A TensorFlow SavedModel as a layer: not provided.

    Args:
        filepath: the SavedModel's folder.
        call_endpoint: the signature to call.
        call_training_endpoint: the signature to call while training.
        trainable: whether its weights are trained.
        name: the layer's name.
        dtype: the dtype that it computes in.

    Raises:
        NotImplementedError: always.
    """

    def __init__(
        self,
        filepath: str,
        call_endpoint: str = "serve",
        call_training_endpoint: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        raise refused("layers.TFSMLayer")


class TorchModuleWrapper(Layer):
    """A PyTorch module as a layer: not provided.

    Args:
        module: the module.
        name: the layer's name.
        output_shape: the shape of the outputs.
        **kwargs: the arguments of every layer, see `Layer`.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, module: Any, name: str | None = None, output_shape: Any = None, **kwargs: Any) -> None:
        raise refused("layers.TorchModuleWrapper")
