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
    if x.__class__ is not np.ndarray and not engine.is_stored(x):
        return None
    found: Callable[[Any], Any] | None = model._programs.find((purpose, x.shape, x.dtype))
    return found


def remember(model: Any, purpose: str, x: Any) -> None:
    """Keep the function for arrays like this, if it needs nothing but the array."""
    simple = x.__class__ is np.ndarray or engine.is_stored(x)
    if simple and x.dtype.kind in "fiub" and not looks_up(model) and model.reader(x) is None:
        run = predictor(model)
        model._programs.get((purpose, x.shape, x.dtype), lambda: run)


def called(model: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The outputs of a model that is called with an array, outside of everything; None for the long way."""
    if len(args) != 1 or kwargs.get("training") or len(kwargs) > ("training" in kwargs):
        return None
    x = args[0]
    if (
        context.bindings is not None
        or context.training is not None
        or context.path
        or context.losses is not None
        or context.recording is not None
        or context.probes is not None
    ):
        return None
    run = known(model, "call", x)
    if run is not None:
        return run(x)
    if not (x.__class__ is np.ndarray or engine.is_stored(x)) or not model._programs.get("pure", lambda: _pure(model)):
        return None
    try:
        outputs = predictor(model)(x)
    except Exception:
        return None  # the long way says where it fails
    remember(model, "call", x)
    return outputs


def predicted(model: Any, x: Any, batch_size: int | None) -> Any:
    """The outputs for one batch, as NumPy arrays that their owner may write to; None for the long way."""
    run = known(model, "predict", x)
    if run is None or type(batch_size or 32) is not int or len(x) > (batch_size or 32):
        return None
    outputs = run(x)
    return np.array(outputs) if engine.is_array(outputs) else engine.tree.map(np.array, outputs)


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
