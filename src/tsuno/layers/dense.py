"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.validate import PositiveInt
from tsuno.layers.adaptable import Quantizable
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions


class Dense(Quantizable):
    """A fully connected layer: activation(inputs · kernel + bias).

    Args:
        units: the number of outputs.
        activation: a function, or its name; none by default.
        use_bias: whether to add a bias.
        kernel_initializer: how the kernel's first values are made.
        bias_initializer: how the bias's first values are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step.
        bias_constraint: what the bias is passed through after each step.
        lora_rank: train a low-rank part of that rank instead of the weight itself; see `enable_lora`.
        lora_alpha: the factor of the low-rank part, times the rank.
        quantization_config: how the weights of a layer with a quantized dtype policy are kept; see `quantize`.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, ..., features). Output shape: (batch, ..., units).

    Example:
        >>> layer = tsuno.layers.Dense(2, activation="relu")
        >>> layer(np.ones((5, 3), "float32")).shape
        (5, 2)
    """

    def __init__(
        self,
        units: PositiveInt,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = units
        self.use_bias = use_bias
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.kernel = self._weight("kernel", (input_shape[-1], self.units))
        self.bias = self._weight("bias", (self.units,), wanted=self.use_bias)
        self.input_spec = InputSpec(min_ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self._activated(x)


class EinsumDense(Quantizable):
    """A fully connected layer over any axes: activation(einsum(equation, inputs, kernel) + bias).

    Args:
        equation: an einsum of inputs and kernel, such as `"abc,cde->abde"`; an ellipsis stands for further axes.
        output_shape: the output's sizes without the batch axis, None where they follow from the input.
        activation: a function, or its name; none by default.
        bias_axes: the letters of the output axes that the bias has, such as `"de"`; no bias by default.
        kernel_initializer: how the kernel's first values are made.
        bias_initializer: how the bias's first values are made.
        kernel_regularizer: a penalty on the kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernel is passed through after each step.
        bias_constraint: what the bias is passed through after each step.
        gptq_unpacked_column_size: accepted for compatibility; it follows from the shape.
        lora_rank: train a low-rank part of that rank instead of the weight itself; see `enable_lora`.
        lora_alpha: the factor of the low-rank part, times the rank.
        quantization_config: how the weights of a layer with a quantized dtype policy are kept; see `quantize`.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.EinsumDense("abc,cd->abd", output_shape=(None, 64), bias_axes="d")
        >>> layer(np.ones((2, 32, 128), "float32")).shape
        (2, 32, 64)
    """

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        gptq_unpacked_column_size: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.gptq_unpacked_column_size = gptq_unpacked_column_size
        self.equation = equation
        self.output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.bias_axes = bias_axes

    def _uses(self) -> dict[str, str]:
        return {"kernel": self.equation}

    def build(self, input_shape: Sequence[int | None]) -> None:
        kernel_shape, bias_shape = einsum_shapes(self.equation, self.bias_axes, input_shape, self.output_shape)
        self.kernel = self._weight("kernel", kernel_shape)
        self.bias = self._weight("bias", bias_shape, wanted=bias_shape is not None)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self._activated(x)


def einsum_shapes(
    equation: str, bias_axes: str | None, input_shape: Sequence[int | None], output_shape: Sequence[int | None]
) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """The shapes of the kernel, and of the bias if there is one, that an einsum of inputs and kernel asks for."""
    try:
        operands, output = equation.replace(" ", "").split("->")
        inputs, kernel = operands.split(",")
    except ValueError:
        raise invalid("EinsumDense.equation", "of the form 'inputs,kernel->output'", equation) from None
    sizes: dict[str, int | None] = {}
    for letters, shape in ((inputs, tuple(input_shape)), (output, (input_shape[0], *output_shape))):
        if letters.startswith("..."):
            letters = letters[3:]
            shape = shape[len(shape) - len(letters) :]
        letters = letters.removesuffix("...")
        for letter, size in zip(letters, shape, strict=False):
            if sizes.get(letter) is None:
                sizes[letter] = size
            elif size is not None and sizes[letter] != size:
                raise ValueError(
                    f"`EinsumDense.output_shape` {tuple(output_shape)} gives axis {letter!r} of {equation!r} the "
                    f"size {size}; "
                    f"the input of shape {tuple(input_shape)} gives it {sizes[letter]}."
                )
    unknown = [letter for letter in kernel if sizes.get(letter) is None]
    if unknown:
        raise ValueError(
            f"The size of axis {unknown[0]!r} of the kernel in {equation!r} follows neither from the input of shape "
            f"{tuple(input_shape)} nor from output_shape={tuple(output_shape)}."
        )
    kernel_shape = tuple(sizes[letter] or 0 for letter in kernel)
    if bias_axes is None:
        return kernel_shape, None
    plain = output.removeprefix("...").removesuffix("...")
    strange = [letter for letter in bias_axes if letter not in plain]
    if strange:
        raise ValueError(
            f"`EinsumDense.bias_axes` names the axis {strange[0]!r}, which the output of {equation!r} lacks."
        )
    first = min(plain.index(letter) for letter in bias_axes)
    bias = tuple((sizes[letter] or 0) if letter in bias_axes else 1 for letter in plain[first:])
    elided = len(input_shape) - len(inputs.replace("...", ""))
    return kernel_shape, bias + (1,) * (elided if output.endswith("...") else 0)
