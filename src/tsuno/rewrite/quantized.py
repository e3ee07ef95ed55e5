"""Quantized weights of layers: what stands in the place of a weight, and how it gets there.

A layer says how it uses a weight: an einsum of inputs and weight (`"...b,ab->...a"` for a table of rows). Here the
weight is replaced by one made of integers, with Keras' names, shapes and order of what is kept: the layer stays as it
is, and so does a low-rank part of the weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tsuno import ops
from tsuno.core.context import context, scope
from tsuno.core.dtypes import QuantizedFloat8DTypePolicy, get_policy
from tsuno.core.variable import Composed, Variable
from tsuno.quantizers import pack_int4, unpack_int4
from tsuno.rewrite.calibration import calibrated_kernel, kernel_matrix_shape
from tsuno.rewrite.float8 import float8_product
from tsuno.rewrite.integers import (
    DENSE,
    group_index,
    int4_kernel,
    int4_rows,
    int4_values,
    int8_kernel,
    int8_product,
    int8_rows,
    int8_values,
    matrix_shape,
    product,
)
from tsuno.rewrite.low_rank import LowRank

TABLE = "...b,ab->...a"
"""How a table of rows is used from its outputs' side; rows are also taken from it."""


class Quantized(Composed):
    """A weight made of integers.

    Args:
        layer: the layer that it belongs to.
        kept: its variables by what they are: `values`, `scale`, `zero`, `groups`, …
        equation: the einsum that the weight is for.
        shape: the shape of the weight that it stands for.
        quantizer: what rounds the inputs of products, or None.
    """

    def __init__(
        self, layer: Any, kept: Mapping[str, Variable], equation: str, shape: tuple[int, ...], quantizer: Any = None
    ) -> None:
        self.layer_dtype, self.kept = layer.compute_dtype, dict(kept)
        self.equation, self.full_shape, self.quantizer = equation, shape, quantizer
        self.parts = self.kept["values"]  # the layer holds the others, under their names

    @property
    def shape(self) -> tuple[int, ...]:
        return self.full_shape

    def read(self, name: str) -> Any:
        """The array of a variable."""
        return self.kept[name].value if name in self.kept else None

    def einsum(self, subscripts: str, *operands: Any) -> Any:
        """The einsum of inputs and W."""
        raise NotImplementedError

    def matmul(self, x1: Any, x2: Any) -> Any:
        """inputs · W."""
        return self.einsum(DENSE, x1)


class Int8(Quantized):
    """A weight of 8-bit integers, with a scale for each output."""

    @property
    def value(self) -> Any:
        rank = max(1, len(self.kept["scale"].shape))
        return int8_values(self.read("values"), self.read("scale"), self.equation, rank, self.layer_dtype)

    def einsum(self, subscripts: str, *operands: Any) -> Any:
        """The einsum of inputs and W, computed with integers."""
        return int8_product(subscripts, operands[0], self.read("values"), self.read("scale"), self.quantizer)

    def take(self, x: Any, indices: Any, axis: int = 0) -> Any:
        """Rows of W."""
        return int8_rows(ops.convert_to_tensor(indices), self.read("values"), self.read("scale"), self.layer_dtype)


class Int4(Quantized):
    """A weight of 4-bit integers, two in a byte; with a scale for each output, or for each of its blocks."""

    by_rows = False
    """Whether it is two rows that share a byte, not two columns."""
    block_size: int | None = None

    def read(self, name: str) -> Any:
        array = super().read(name)
        if name == "values" and self.by_rows:
            return pack_int4(unpack_int4(array, self.full_shape[0], axis=0), axis=-1)[0]
        return array

    @property
    def _axis(self) -> int:
        return -1 if self.equation == TABLE else 0

    @property
    def _columns(self) -> int:
        return self.full_shape[1] if self.equation == TABLE else matrix_shape(self.equation, self.full_shape)[1]

    @property
    def value(self) -> Any:
        values, scale, zero = self.read("values"), self.read("scale"), self.read("zero")
        whole = int4_values(values, self._columns, scale, zero, self.read("groups"), self._axis, self.layer_dtype)
        return ops.reshape(whole, self.full_shape)

    def einsum(self, subscripts: str, *operands: Any) -> Any:
        """The einsum of inputs and W."""
        if self.read("zero") is None and len(self.full_shape) == 2 and self.equation == DENSE:
            values = unpack_int4(self.read("values"), self._columns, axis=-1)
            return int8_product(subscripts, operands[0], values, self.read("scale"), self.quantizer)
        return product(subscripts, operands[0], self.value, self.quantizer)

    def take(self, x: Any, indices: Any, axis: int = 0) -> Any:
        """Rows of W; only they are unpacked."""
        parts = (self.read("values"), self._columns, self.read("scale"), self.read("zero"), self.read("groups"))
        return int4_rows(ops.convert_to_tensor(indices), *parts, self.layer_dtype)


class Float8(Composed):
    """A weight whose products are computed on 8-bit floats, with states that training moves on."""

    def __init__(self, kernel: Any, states: list[tuple[Variable, Variable]]) -> None:
        self.parts, self.states = kernel, states

    @property
    def value(self) -> Any:
        return self.parts.value

    def matmul(self, x1: Any, x2: Any) -> Any:
        """inputs · W."""
        return self.einsum(DENSE, x1)

    def einsum(self, subscripts: str, *operands: Any) -> Any:
        """The einsum of inputs and W."""
        x, kernel, outputs = ((scale.value, history.value) for scale, history in self.states)
        training = bool(context.training)
        return float8_product(subscripts, operands[0], self.value, x, kernel, outputs, training)


class RoundedBias(Composed):
    """A bias rounded to bfloat16, as it is next to products of 8-bit floats."""

    def __init__(self, bias: Any) -> None:
        self.parts = bias

    @property
    def value(self) -> Any:
        return ops.cast(ops.cast(self.parts.value, "bfloat16"), self.parts.value.dtype)


class Calibrated(Quantized):
    """A weight of few bits found from example inputs: GPTQ, or AWQ where inputs have scales of their own."""

    bits: int = 4

    @property
    def value(self) -> Any:
        outputs = kernel_matrix_shape(self.full_shape)[1]
        levels, scale, zero, groups = (self.read(name) for name in ("values", "scale", "zero", "groups"))
        kernel = calibrated_kernel(levels, outputs, scale, zero, groups, self.bits, self.read("input_scale"))
        return ops.cast(ops.reshape(kernel, self.full_shape), self.layer_dtype)

    def einsum(self, subscripts: str, *operands: Any) -> Any:
        """The einsum of inputs and W."""
        return ops.einsum(subscripts, operands[0], ops.stop_gradient(self.value))


# ---------------------------------------------------------------------- putting them in place


def quantize_weight(layer: Any, weight: str, equation: str, config: Any) -> None:
    """Put a quantized weight in the place of a weight of a layer.

    Args:
        layer: a built layer.
        weight: the attribute with the weight.
        equation: how the layer uses it.
        config: a configuration of mode `int8`, `int4` or `float8`; of the modes that look at example inputs, see
            `put_calibrated`.
    """
    whole = getattr(layer, weight)
    low_rank = whole if isinstance(whole, LowRank) else None
    kernel = whole.base if low_rank is not None else whole
    form = _MODES[config.mode](layer, weight, kernel, equation, config)
    _put(layer, weight, form, low_rank)


def _put(layer: Any, weight: str, form: Any, low_rank: LowRank | None) -> None:
    if low_rank is not None:
        form = LowRank(form, low_rank.a, low_rank.b, low_rank.scale)
    setattr(layer, weight, form)


def _keep(layer: Any, weight: str, arrays: Mapping[str, tuple[str, Any]]) -> dict[str, Variable]:
    """Variables for arrays, by what they are; given are a name and an array for each. None is passed over."""
    delattr(layer, weight)  # what stands for it comes after the layer's other weights
    kept = {}
    for what, (name, array) in arrays.items():
        if array is None:
            continue
        dtype = None if "float" in str(array.dtype) and what != "groups" else str(array.dtype)
        kept[what] = layer.add_weight(
            array.shape, lambda shape, dtype, array=array: array, dtype=dtype, trainable=False, name=name
        )
    setattr(layer, weight, kept["values"])
    return kept


def _int8(layer: Any, weight: str, kernel: Any, equation: str, config: Any) -> Any:
    rank = _rank(layer) if "..." in equation and equation not in (DENSE, TABLE) else len(equation.partition(",")[0])
    rank = 1 if equation in (DENSE, TABLE) else rank
    values, scale = int8_kernel(kernel.value, equation, rank, config.weight_quantizer)
    kept = _keep(layer, weight, {"values": (weight, values), "scale": (f"{weight}_scale", scale)})
    setattr(layer, f"{weight}_scale", kept["scale"])
    return Int8(layer, kept, equation, kernel.shape, config.activation_quantizer)


def _int4(layer: Any, weight: str, kernel: Any, equation: str, config: Any) -> Any:
    axis = -1 if equation == TABLE else 0
    shape = kernel.shape if equation == TABLE else matrix_shape(equation, kernel.shape)
    matrix = ops.reshape(kernel.value, shape)
    values, scale, zero = int4_kernel(matrix, config.block_size, config.weight_quantizer, axis)
    groups = None if zero is None else group_index(shape[axis], config.block_size)
    second = weight.startswith("reverse")  # kept in another way, for no reason but that files have it so
    if second:
        values = pack_int4(unpack_int4(values, shape[1], axis=-1), axis=0)[0]
        zero = None if zero is None else zero.astype("float32")
    arrays = {"values": (weight, values), "scale": (f"{weight}_scale", scale), "zero": (f"{weight}_zero", zero)}
    if not second:
        arrays["groups"] = ("g_idx", groups)
    kept = _keep(layer, weight, arrays)
    names = {"scale": f"{weight}_scale", "zero": f"{weight}_zero", "groups": "g_idx"}
    for what, name in names.items():
        if what in kept:
            setattr(layer, name, kept[what])
    if zero is not None and "groups" not in kept:
        kept["groups"] = Variable(groups, trainable=False)  # follows from the sizes, so it is not kept with weights
    form = Int4(layer, kept, equation, kernel.shape, config.activation_quantizer)
    form.by_rows, form.block_size = second, config.block_size
    return form


def _float8(layer: Any, weight: str, kernel: Any, equation: str, config: Any) -> Any:
    default = QuantizedFloat8DTypePolicy.default_amax_history_length
    length = getattr(layer.dtype_policy, "amax_history_length", default)
    states = []
    for what in ("inputs", weight, "outputs_grad"):
        for name, shape, first in ((f"{what}_scale", (), "ones"), (f"{what}_amax_history", (length,), "zeros")):
            variable = layer.add_weight(shape, first, dtype="float32", autocast=False, name=name)
            variable.overwrite_with_gradient = True
            setattr(layer, name, variable)
        states.append((getattr(layer, f"{what}_scale"), getattr(layer, f"{what}_amax_history")))
    if layer.bias is not None and layer.compute_dtype == "float32":
        layer.bias = RoundedBias(layer.bias)
    return Float8(kernel, states)


_MODES: dict[str, Callable[..., Any]] = {"int8": _int8, "int4": _int4, "float8": _float8}


def merged(whole: LowRank) -> dict[int, Any]:
    """What the variables of a quantized weight would hold with the low-rank part added to it, by variable."""
    form: Any = whole.base
    with scope(compute_dtype=None):
        if isinstance(form, Int8):
            rank = max(1, len(form.kept["scale"].shape))
            arrays: tuple[Any, ...] = int8_kernel(whole.value, form.equation, rank)
        else:
            table = form.equation == TABLE
            shape = form.full_shape if table else matrix_shape(form.equation, form.full_shape)
            arrays = int4_kernel(ops.reshape(whole.value, shape), form.block_size, None, -1 if table else 0)
    names = ("values", "scale", "zero")
    return {id(form.kept[name]): np.asarray(x) for name, x in zip(names, arrays, strict=False) if x is not None}


def put_calibrated(layer: Any, weight: str, equation: str, config: Any, arrays: Mapping[str, Any]) -> None:
    """Put a weight found from example inputs in the place of a weight of a layer.

    Args:
        layer: a built layer.
        weight: the attribute with the weight.
        equation: how the layer uses it.
        config: a `GPTQConfig` or `AWQConfig`.
        arrays: what `gptq_quantize` or `awq_quantize` made: `values`, `scale`, `zero`, `groups`, `input_scale`.
    """
    whole = getattr(layer, weight)
    zero = f"{weight}_zero" if equation == DENSE else "zero_point"
    names = {"values": weight, "scale": f"{weight}_scale", "zero": zero, "input_scale": "awq_scales", "groups": "g_idx"}
    kept = _keep(layer, weight, {what: (names[what], arrays[what]) for what in names if what in arrays})
    form = Calibrated(layer, kept, equation, whole.shape)
    form.bits = config.weight_bits
    layer.quantized_kernel = kept["values"]
    layer.kernel_scale, layer.kernel_zero = kept["scale"], kept["zero"]
    if "input_scale" in kept:
        layer.awq_scales = kept["input_scale"]
    layer.g_idx = kept["groups"]
    setattr(layer, weight, form)


def blank_calibration(shape: tuple[int, ...], config: Any) -> dict[str, np.ndarray]:
    """Arrays of the shapes that `put_calibrated` takes, for a layer that is filled from a file."""
    inputs, outputs = kernel_matrix_shape(shape)
    groups = 1 if config.group_size == -1 else -(-inputs // config.group_size)
    rows = -(-outputs // 2) if config.weight_bits == 4 else outputs
    blank = {
        "values": np.zeros((rows, inputs), "uint8"),
        "scale": np.ones((outputs, groups), "float32"),
        "zero": np.zeros((outputs, groups), "uint8"),
        "groups": np.zeros(inputs, "float32"),
    }
    return blank | ({"input_scale": np.ones(inputs, "float32")} if config.mode == "awq" else {})


def quantized_policy(layer: Any, config: Any) -> Any:
    """The dtype policy of a layer after quantization."""
    policy = layer.dtype_policy
    if policy.quantization_mode is not None:
        return policy
    mode = config.mode
    if mode in ("gptq", "awq"):
        mode = config.dtype_policy_string()
    elif mode == "int4":
        mode = f"int4/{-1 if config.block_size is None else config.block_size}"
    return get_policy(f"{mode}_from_{policy.name}")


def _rank(layer: Any) -> int:
    """The number of axes of a layer's inputs."""
    shapes = layer.get_build_config() or {}
    return len(shapes.get("input_shape", ()))
