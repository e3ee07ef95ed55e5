"""Quantizers: numbers in few bits, and the ways to quantize a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno.core import lookup, registry
from tsuno.core.naming import to_snake_case
from tsuno.quantizers.base import AbsMaxQuantizer as AbsMaxQuantizer
from tsuno.quantizers.base import Quantizer as Quantizer
from tsuno.quantizers.config import AWQConfig as AWQConfig
from tsuno.quantizers.config import Float8QuantizationConfig as Float8QuantizationConfig
from tsuno.quantizers.config import GPTQConfig as GPTQConfig
from tsuno.quantizers.config import Int4QuantizationConfig as Int4QuantizationConfig
from tsuno.quantizers.config import Int8QuantizationConfig as Int8QuantizationConfig
from tsuno.quantizers.config import QuantizationConfig as QuantizationConfig
from tsuno.quantizers.fake import fake_quant_with_min_max_vars as fake_quant_with_min_max_vars
from tsuno.quantizers.float8 import compute_float8_amax_history as compute_float8_amax_history
from tsuno.quantizers.float8 import compute_float8_scale as compute_float8_scale
from tsuno.quantizers.float8 import quantize_and_dequantize as quantize_and_dequantize
from tsuno.quantizers.packing import pack_int4 as pack_int4
from tsuno.quantizers.packing import unpack_int4 as unpack_int4
from tsuno.quantizers.rounding import abs_max_quantize as abs_max_quantize
from tsuno.quantizers.rounding import (
    abs_max_quantize_grouped_with_zero_point as abs_max_quantize_grouped_with_zero_point,
)

_NAMES: dict[str, type] = {
    name: cls
    for cls in (
        Quantizer, AbsMaxQuantizer, QuantizationConfig, Int8QuantizationConfig, Int4QuantizationConfig,
        Float8QuantizationConfig,
    )
    for name in (cls.__name__, to_snake_case(cls.__name__))
}  # fmt: skip


def get(identifier: Any, **kwargs: Any) -> Any:
    """The quantizer, or the way to quantize, with a name or config, or what was passed.

    Args:
        identifier: a name, a config, a class, an object or None.
        **kwargs: what a class is made with.

    Example:
        >>> tsuno.quantizers.get("abs_max_quantizer", axis=0)
        AbsMaxQuantizer(axis=0)
    """
    if isinstance(identifier, Mapping):
        return registry.deserialize(dict(identifier))
    if isinstance(identifier, QuantizationConfig):
        return identifier
    return lookup.lookup("quantizer", identifier, _NAMES, make=lambda cls: cls(**kwargs))


def serialize(initializer: Any) -> Any:
    """A quantizer as plain data.

    Example:
        >>> tsuno.quantizers.serialize(tsuno.quantizers.AbsMaxQuantizer(axis=0))["config"]["axis"]
        (0,)
    """
    return registry.serialize(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The quantizer with a name or described by plain data.

    Example:
        >>> tsuno.quantizers.deserialize({"class_name": "AbsMaxQuantizer", "config": {"axis": [0]}})
        AbsMaxQuantizer(axis=[0])
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
