"""Quantization of a whole model: which layers, and whether they look at example inputs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tsuno.core.errors import invalid
from tsuno.core.registry import in_library
from tsuno.quantizers.config import resolve_config
from tsuno.rewrite.by_example import quantize_by_example


def quantize_model(model: Any, mode: str | None, config: Any, filters: Any, type_check: bool) -> None:
    """See `Model.quantize`."""
    chosen, wanted = resolve_config(mode, config), _filter(filters)

    def able(layer: Any) -> bool:
        return (
            chosen.mode in getattr(layer, "modes", ())
            and layer.quantization_mode is None
            and (in_library(type(layer)) or not type_check)
            and wanted(layer)
        )

    if chosen.mode not in ("gptq", "awq"):
        for layer in list(model._flatten_layers()):
            if able(layer):
                layer.quantize(type_check=type_check, config=chosen)
        return
    structure = getattr(chosen, "quantization_layer_structure", None)
    structure = structure or model.get_quantization_layer_structure(chosen.mode)
    if structure is None:
        raise ValueError(
            f"Mode {chosen.mode!r} needs the blocks of `{model.name}`: pass quantization_layer_structure="
            '{"pre_block_layers": [...], "sequential_blocks": [...]} in the configuration, or define '
            "`get_quantization_layer_structure`."
        )
    quantize_by_example(chosen, structure, able)


def _filter(filters: Any) -> Callable[[Any], bool]:
    """Whether a layer is meant: by regular expressions for its name, or by a function of it; all by default."""
    if filters is None:
        return lambda layer: True
    if callable(filters):
        return lambda layer: bool(filters(layer))
    patterns = [filters] if isinstance(filters, str) else filters
    if not isinstance(patterns, (list, tuple)) or not all(isinstance(each, str) for each in patterns):
        expected = "a regular expression, a list of them, or a function of a layer"
        raise invalid("quantize.filters", expected, filters)
    return lambda layer: any(re.search(pattern, layer.name) for pattern in patterns)
