"""Calls that cost microseconds: what was found out about arrays of one kind holds for the next of that kind.

The first `predict`, or call of a model, with an array of a shape and dtype goes the long way, with all checks. If it
ends well and no check depends on the values, the compiled function is kept under that shape and dtype, and calls with
such arrays go straight to it. What a program is made from takes the entry with it when it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import context, get_mask
from tsuno.core.registry import in_library
from tsuno.layers import ActivityRegularization, Lambda
from tsuno.layers.calling import call_signature
from tsuno.training.preparing import looks_up, predictor


def known(model: Any, purpose: str, x: Any) -> Callable[[Any], Any] | None:
    """The function for an array like this, if the long way has been gone with one before."""
    return model._programs.find((purpose, x.shape, x.dtype)) if _has_values(x) else None


def remember(model: Any, purpose: str, x: Any) -> None:
    """Keep the function for arrays like this, if it needs nothing but the array."""
    if _has_values(x) and x.dtype.kind in "fiub" and not looks_up(model) and model.reader(x) is None:
        model._programs.get((purpose, x.shape, x.dtype), lambda: predictor(model))


def called(model: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The outputs of a model that is called with an array, outside of everything; None for the long way."""
    if len(args) != 1 or kwargs.get("training") or not kwargs.keys() <= {"training"}:
        return None
    if not context.plain:
        return None
    x = args[0]
    run = known(model, "call", x)
    if run is not None:
        return run(x)
    if not _has_values(x) or not model._programs.get("pure", lambda: _pure(model)):
        return None
    try:
        outputs = predictor(model)(x)
    except Exception:
        return None  # the long way says where it fails
    remember(model, "call", x)
    return outputs


def predicted(model: Any, x: Any, batch_size: int | None) -> Any:
    """The outputs for one batch, as `on_host` gives them; None for the long way."""
    run = known(model, "predict", x)
    size = 32 if batch_size is None else batch_size
    return None if run is None or type(size) is not int or len(x) > size else on_host(run(x))


def on_host(outputs: Any) -> Any:
    """Outputs as NumPy arrays that their owner may write to; waits for the device."""
    return np.array(outputs) if engine.is_array(outputs) else engine.tree.map(np.array, outputs)


def _has_values(x: Any) -> bool:
    return x.__class__ is np.ndarray or engine.is_stored(x)


def _pure(model: Any) -> bool:
    """Whether calling the model computes its outputs from one array and does nothing else, layer by layer.

    What users write may do more, so the layers must be the library's.
    """
    if model.graph is None or len(model.graph.input_tensors) != 1 or model.runs_on_host or not in_library(type(model)):
        return False
    if any(get_mask(x) is not None for x in tree.flatten(model.graph.outputs)):
        return False
    return all(
        in_library(type(layer))
        and not isinstance(layer, (Lambda, ActivityRegularization))
        and layer.activity_regularizer is None
        and layer.compute_dtype not in ("float16", "bfloat16")  # compiled, intermediate values are not rounded
        and not getattr(layer, "stateful", False)
        and not call_signature(type(layer)).training_default
        for layer in model._flatten_layers()
    )
