"""How a model shall be quantized: the mode, and what each mode leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from tsuno.core.config import Configurable
from tsuno.core.dtypes import QUANTIZATION_MODES
from tsuno.core.errors import invalid, unknown
from tsuno.core.validate import Check, Fraction, PositiveInt
from tsuno.quantizers.base import AbsMaxQuantizer


def _group(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or value < -1 or value == 0:
        raise ValueError
    return int(value)


GroupSize = Annotated[int, Check("a positive integer, or -1 for one group", _group)]


class QuantizationConfig(Configurable):
    """Base of the ways to quantize a model.

    Args:
        weight_quantizer: makes integers of weights; None for the quantizer of the mode.
        activation_quantizer: makes integers of a layer's inputs; None to leave inputs as they are.

    Example:
        >>> class Weights(tsuno.quantizers.QuantizationConfig):
        ...     mode = "int8"
        >>> Weights().weight_quantizer_or_default(None, "default")
        'default'
    """

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = None) -> None:
        self.weight_quantizer, self.activation_quantizer = weight_quantizer, activation_quantizer

    @property
    def mode(self) -> str:
        """The name of the mode: `int8`, `int4`, `float8`, `gptq` or `awq`."""
        raise NotImplementedError(f"{type(self).__name__} must define `mode`; the base class stands for none.")

    @staticmethod
    def weight_quantizer_or_default(config: QuantizationConfig | None, default: Any) -> Any:
        """The quantizer of weights that `config` names, else the default."""
        return default if config is None or config.weight_quantizer is None else config.weight_quantizer

    @staticmethod
    def activation_quantizer_or_default(config: QuantizationConfig | None, default: Any) -> Any:
        """The quantizer of inputs that `config` names, None included; the default without a configuration."""
        return default if config is None else config.activation_quantizer


class Int8QuantizationConfig(QuantizationConfig):
    """Weights in 8-bit integers, and inputs rounded to 8-bit integers on the way.

    Args:
        weight_quantizer: a quantizer to int8; None for `AbsMaxQuantizer` over the inputs of each output.
        activation_quantizer: a quantizer; None to leave inputs as they are; `"default"` for `AbsMaxQuantizer()`.

    Example:
        >>> tsuno.quantizers.Int8QuantizationConfig().activation_quantizer
        AbsMaxQuantizer()
    """

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = "default") -> None:
        if isinstance(activation_quantizer, str) and activation_quantizer == "default":
            activation_quantizer = AbsMaxQuantizer()
        super().__init__(weight_quantizer, activation_quantizer)
        _check_output(self)

    @property
    def mode(self) -> str:
        return "int8"


class Int4QuantizationConfig(QuantizationConfig):
    """Weights in 4-bit integers, two in a byte.

    Args:
        weight_quantizer: a quantizer with range (-8, 7); only without blocks.
        activation_quantizer: a quantizer; None or `"default"` to leave inputs as they are; only without blocks.
        block_size: how many inputs share a scale and a zero point; None or -1 for one scale for each output.

    Example:
        >>> tsuno.quantizers.Int4QuantizationConfig(block_size=64).block_size
        64
    """

    def __init__(
        self, weight_quantizer: Any = None, activation_quantizer: Any = "default", block_size: GroupSize | None = 128
    ) -> None:
        if isinstance(activation_quantizer, str) and activation_quantizer == "default":
            activation_quantizer = None
        super().__init__(weight_quantizer, activation_quantizer)
        self.block_size = block_size
        if block_size not in (None, -1) and (weight_quantizer is not None or activation_quantizer is not None):
            raise ValueError(
                f"Int4QuantizationConfig takes quantizers only without blocks; got block_size={block_size}. "
                "Pass block_size=None for one scale for each output, or leave the quantizers out."
            )
        if weight_quantizer is not None and tuple(weight_quantizer.value_range) != (-8, 7):
            where = "Int4QuantizationConfig.weight_quantizer"
            raise invalid(where, "a quantizer with value_range=(-8, 7)", weight_quantizer)
        _check_output(self)

    @property
    def mode(self) -> str:
        return "int4"

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A configuration from plain data; where it is from before there were blocks, without them."""
        return super().from_config({"block_size": None, **config})


class Float8QuantizationConfig(QuantizationConfig):
    """Training with products of 8-bit floats; there is nothing to choose.

    Example:
        >>> tsuno.quantizers.Float8QuantizationConfig().mode
        'float8'
    """

    def __init__(self) -> None:
        super().__init__(None, None)

    @property
    def mode(self) -> str:
        return "float8"


class _Calibrated(QuantizationConfig):
    """What the ways that look at example inputs have in common: they quantize weights only."""

    weight_bits: int
    group_size: int

    def get_config(self) -> dict[str, Any]:
        """The arguments but for the examples, which are needed once."""
        return super().get_config() | {"dataset": None, "tokenizer": None}

    def dtype_policy_string(self) -> str:
        """The mode with its numbers, as names of dtype policies begin: `gptq/4/128`."""
        return f"{self.mode}/{self.weight_bits}/{self.group_size}"


class GPTQConfig(_Calibrated):
    """Weights rounded one input at a time, each error made up for by the weights that are still to come.

    Args:
        dataset: example inputs: an iterable of strings or of arrays of token numbers.
        tokenizer: an object with `tokenize`, for strings.
        weight_bits: 2, 3, 4 or 8.
        num_samples: how many sequences are looked at.
        per_channel: whether each output has scales of its own.
        sequence_length: how many tokens a sequence has.
        hessian_damping: what is added to the diagonal of the Hessian, from 0 to 1, as a share of its mean.
        group_size: how many inputs share a scale; -1 for all.
        symmetric: whether the range is even about zero.
        activation_order: whether inputs with large values are rounded first.
        quantization_layer_structure: the parts of the model: `{"pre_block_layers": [...], "sequential_blocks": [...]}`;
            None to ask the model.

    Example:
        >>> tsuno.quantizers.GPTQConfig(dataset=None, tokenizer=None, group_size=64).dtype_policy_string()
        'gptq/4/64'

    Source: E. Frantar et al., *GPTQ: Accurate Quantization for Generative Pre-trained Transformers*, 2023.
    """

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: Literal[2, 3, 4, 8] = 4,
        num_samples: PositiveInt = 128,
        per_channel: bool = True,
        sequence_length: PositiveInt = 512,
        hessian_damping: Fraction = 0.01,
        group_size: GroupSize = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.dataset, self.tokenizer = dataset, tokenizer
        self.weight_bits, self.group_size, self.per_channel = weight_bits, group_size, per_channel
        self.num_samples, self.sequence_length = num_samples, sequence_length
        self.hessian_damping, self.symmetric, self.activation_order = hessian_damping, symmetric, activation_order
        self.quantization_layer_structure = quantization_layer_structure

    @property
    def mode(self) -> str:
        return "gptq"


class AWQConfig(_Calibrated):
    """Weights scaled up before rounding where their inputs are large, and the product scaled down again.

    Args:
        dataset: example inputs: an iterable of strings or of arrays of token numbers.
        tokenizer: an object with `tokenize`, for strings.
        weight_bits: 4.
        num_samples: how many sequences are looked at.
        sequence_length: how many tokens a sequence has.
        group_size: how many inputs share a scale; -1 for all.
        num_grid_points: how many strengths of scaling are tried.
        quantization_layer_structure: the parts of the model: `{"pre_block_layers": [...], "sequential_blocks": [...]}`;
            None to ask the model.

    Example:
        >>> tsuno.quantizers.AWQConfig(dataset=None, tokenizer=None).dtype_policy_string()
        'awq/4/128'

    Source: J. Lin et al., *AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration*, 2024.
    """

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: Literal[4] = 4,
        num_samples: PositiveInt = 128,
        sequence_length: PositiveInt = 512,
        group_size: GroupSize = 128,
        num_grid_points: PositiveInt = 20,
        quantization_layer_structure: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.dataset, self.tokenizer = dataset, tokenizer
        self.weight_bits, self.group_size = weight_bits, group_size
        self.num_samples, self.sequence_length, self.num_grid_points = num_samples, sequence_length, num_grid_points
        self.quantization_layer_structure = quantization_layer_structure

    @property
    def mode(self) -> str:
        return "awq"


def resolve_config(mode: Any = None, config: Any = None) -> QuantizationConfig:
    """The configuration that the arguments of `quantize(mode, config)` stand for.

    Raises:
        ValueError: neither is given, they contradict each other, or the mode needs examples and there are none.

    Example:
        >>> tsuno.quantizers.config.resolve_config("int8").mode
        'int8'
    """
    if isinstance(config, str):
        mode, config = config, None
    if mode is not None and mode not in QUANTIZATION_MODES:
        raise unknown("quantization mode", mode, QUANTIZATION_MODES)
    if config is None:
        if mode is None:
            raise ValueError("`quantize` needs a mode, such as 'int8', or a configuration; got neither.")
        if mode in ("gptq", "awq"):
            raise ValueError(
                f"Mode {mode!r} needs example inputs: pass config={mode.upper()}Config(dataset, tokenizer)."
            )
        return {"int8": Int8QuantizationConfig, "int4": Int4QuantizationConfig, "float8": Float8QuantizationConfig}[
            mode
        ]()
    if not isinstance(config, QuantizationConfig):
        raise invalid("quantize.config", "a QuantizationConfig", config)
    if mode is not None and mode != config.mode:
        raise ValueError(
            f"`quantize` was given mode {mode!r} and a configuration of mode {config.mode!r}; leave one out."
        )
    if config.mode not in QUANTIZATION_MODES:
        raise unknown("quantization mode", config.mode, QUANTIZATION_MODES)
    return config


def _check_output(config: QuantizationConfig) -> None:
    quantizer = config.weight_quantizer
    if quantizer is not None and quantizer.output_dtype != "int8":
        raise invalid(f"{type(config).__name__}.weight_quantizer", "a quantizer with output_dtype='int8'", quantizer)
