"""Inputs and layers that apply a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Unpack

from tsuno import activations, ops
from tsuno.core import registry, tree
from tsuno.core.arithmetic import OPS
from tsuno.core.dtypes import standardize_dtype
from tsuno.core.errors import describe
from tsuno.core.spec import KerasTensor, Node
from tsuno.core.validate import PositiveInt
from tsuno.core.validate import shape as standardize_shape
from tsuno.layers.base import Layer
from tsuno.layers.calling import shapes_of
from tsuno.layers.parts import LayerOptions

__all__ = ["Activation", "Identity", "Input", "InputLayer", "Lambda", "Masking"]


class InputLayer(Layer):
    """Where data enters a model; made by `Input`.

    Args:
        shape: the shape of one sample.
        batch_size: the number of samples, if it is fixed.
        dtype: the dtype of the data.
        sparse: not supported.
        batch_shape: the shape with the batch axis, instead of `shape` and `batch_size`.
        input_tensor: a symbolic tensor to take the place of a new one.
        optional: whether None may be passed for it.
        name: a name, also the key under which dicts hold this input.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.InputLayer(shape=(3,)).output.shape
        (None, 3)
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: PositiveInt | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if input_tensor is not None:
            batch_shape, dtype = input_tensor.shape, dtype or input_tensor.dtype
        if shape is not None and batch_shape is not None:
            raise ValueError(f"`Input` takes `shape` or `batch_shape`; got both, {shape} and {batch_shape}.")
        if sparse or ragged:
            raise ValueError("`Input` takes dense tensors only; got sparse or ragged. Convert the data first.")
        super().__init__(name=name, **kwargs)
        if shape is None and batch_shape is None:
            if self._entry_shape is None:
                raise TypeError("`Input` needs `shape`, the shape of one sample, such as Input(shape=(28, 28, 1)).")
            shape = self._entry_shape[1:]
        if batch_shape is None:
            batch_shape = (batch_size, *standardize_shape(shape, "Input.shape"))
        self.batch_shape = standardize_shape(batch_shape, "Input.batch_shape")
        self.optional, self.sparse, self.ragged = optional, False, False
        self._dtype = standardize_dtype(dtype)
        self.built = True
        output = (
            input_tensor if input_tensor is not None else KerasTensor(self.batch_shape, self._dtype, name=self.name)
        )
        Node(self, (), {}, output)

    @property
    def input(self) -> Any:
        """The tensor itself."""
        return self.output

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("An input is where data enters: it cannot be called.")

    @property
    def dtype(self) -> str:
        return self._dtype

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> KerasTensor:
    """A symbolic tensor for data that a model will be given.

    Args:
        shape: the shape of one sample: a tuple of sizes, None where any size will do; an integer means one axis.
        batch_size: the number of samples, if it is fixed.
        dtype: the dtype of the data, the default float by default.
        sparse: not supported.
        ragged: not supported.
        batch_shape: the shape with the batch axis, instead of `shape` and `batch_size`.
        name: a name, also the key under which dicts hold this input.
        tensor: a symbolic tensor to take the place of a new one.
        optional: whether None may be passed for it.

    Example:
        >>> x = tsuno.Input(shape=(32,))
        >>> y = tsuno.layers.Dense(16)(x)
        >>> tsuno.Model(x, y).output_shape
        (None, 16)
    """
    layer = InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name)
    output: KerasTensor = layer.output
    return output


class Activation(Layer):
    """An activation function as a layer.

    Args:
        activation: a function, or its name.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Activation("relu")(np.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """

    def __init__(self, activation: Any, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return self._activated(inputs)


class Lambda(Layer):
    """A function of your own as a layer; for one with weights, subclass `Layer` instead.

    Args:
        function: a function of the inputs; it may also take `mask` and `training`.
        output_shape: the shape of one output sample, or a function from input shape to output shape; found by tracing
            by default.
        mask: a mask, or a function `mask(inputs, mask)` that makes one.
        arguments: further arguments of the function.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Lambda(lambda x: x**2)(np.array([2.0, 3.0])).tolist()
        [4.0, 9.0]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        if isinstance(function, Mapping) or not callable(function):
            raise TypeError(
                f"`Lambda.function` must be a function; got {describe(function)}. A saved model holds only its name: "
                f"register "
                "the function, or pass it in `custom_objects`."
            )
        super().__init__(**kwargs)
        self.function, self.arguments = function, dict(arguments or {})
        self._output_shape, self.mask = output_shape, mask
        self.supports_masking = mask is not None

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        takes = inspect.signature(self.function).parameters
        extra = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{key: extra[key] for key in extra if key in takes})

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_spec(*args, **kwargs)
        x = args[0] if args else kwargs["inputs"]
        batch = tree.flatten(x)[0].shape[0]
        shape = self._output_shape(shapes_of(x)) if callable(self._output_shape) else (batch, *self._output_shape)
        return KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "output_shape": registry.serialize(self._output_shape)}
        if isinstance(config["function"], str):  # one of the library's, in the form that functions have in files
            name = config["function"]
            config["function"] = {
                "module": "builtins", "class_name": "function", "config": name, "registered_name": "function",
            }  # fmt: skip
        return config

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None, safe_mode: bool | None = None
    ) -> Any:
        """A layer from its configuration; code in a file never runs, whatever `safe_mode` says."""
        function = config["function"]
        name = function.get("config") if isinstance(function, Mapping) else function
        if isinstance(name, str) and name in OPS and registry.get_registered_object(name, custom_objects) is None:
            config = {**config, "function": OPS[name]}
        with registry.custom_object_scope(custom_objects or {}):
            return super().from_config(config)


class Identity(Layer):
    """The inputs, as they are.

    Args:
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Identity()(np.array([1.0, 2.0])).tolist()
        [1.0, 2.0]
    """

    def __init__(self, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs


class Masking(Layer):
    """Mark the steps of a sequence whose features all equal a value; later layers skip them.

    Args:
        mask_value: the value that stands for "no data"; such steps become 0.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, features).

    Example:
        >>> x = np.array([[[1.0], [0.0], [2.0]]], "float32")
        >>> layer = tsuno.layers.Masking()
        >>> layer.compute_mask(layer(x)).tolist()
        [[True, False, True]]
    """

    def __init__(self, mask_value: Any = 0.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        kept = ops.expand_dims(self.compute_mask(inputs), -1)
        return ops.where(kept, inputs, ops.zeros_like(inputs))
