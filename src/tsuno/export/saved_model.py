"""Programs as TensorFlow's SavedModel, where TensorFlow is installed: variables of TensorFlow, functions to serve."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.variable import Variable
from tsuno.export.endpoint import BATCH, Endpoint


def tensorflow() -> Any:
    """TensorFlow, or one sentence on what to do without it."""
    try:
        import tensorflow
    except ImportError as problem:
        raise ImportError(
            "Exporting a SavedModel needs TensorFlow, which is not installed: install it, or export with format='onnx' "
            "or format='stablehlo', which need it not."
        ) from problem
    return tensorflow


def write_saved_model(
    endpoint: Endpoint, path: Path, is_static: bool = True, jax2tf_kwargs: Mapping[str, Any] | None = None
) -> None:
    """Write an endpoint as a SavedModel that serves it as `serve`."""
    write_endpoints({"serve": (endpoint, {"jax2tf_kwargs": jax2tf_kwargs})}, {}, path)


def write_endpoints(
    endpoints: Mapping[str, tuple[Endpoint, Mapping[str, Any]]],
    collections: Mapping[str, Sequence[Variable]],
    path: Path,
    options: Any = None,
) -> None:
    """Write functions and lists of variables, by name, as one SavedModel."""
    tf = tensorflow()
    module = tf.Module()
    made: dict[int, Any] = {}

    def variable_of(variable: Variable) -> Any:
        if id(variable) not in made:
            name = "".join(letter if letter.isalnum() or letter in "_./-" else "_" for letter in variable.path)
            made[id(variable)] = tf.Variable(variable.numpy(), trainable=variable.trainable, name=name)
        return made[id(variable)]

    signatures = {}
    for name, (endpoint, given) in endpoints.items():
        function = _function(tf, endpoint, [variable_of(each) for each in endpoint.variables.values()], given)
        setattr(module, name, function)
        signatures[name] = function
    signatures.setdefault("serving_default", next(iter(signatures.values())))
    for name, variables in collections.items():
        setattr(module, name, [variable_of(each) for each in variables])
    module.variables_in_use = list(made.values())
    with contextlib.suppress(AttributeError):
        tf.get_logger().setLevel("ERROR")
    tf.saved_model.save(module, str(path), signatures=signatures, options=options)


def _function(tf: Any, endpoint: Endpoint, variables: list[Any], given: Mapping[str, Any]) -> Any:
    """An endpoint as a function of TensorFlow with its signature."""
    specs = endpoint.specs()
    shapes = ["(" + ", ".join(map(str, spec.shape)) + ("," if len(spec.shape) == 1 else "") + ")" for spec in specs]
    options = {"polymorphic_shapes": [None, *shapes], **(given.get("jax2tf_kwargs") or {})}
    converted = engine.tensorflow_function(endpoint, options.pop("polymorphic_shapes"), **options)
    names = [_word(name) for name in endpoint.input_names]
    signature = [
        tf.TensorSpec([None if not isinstance(size, int) else size for size in spec.shape], np.dtype(spec.dtype), name)
        for spec, name in zip(specs, names, strict=True)
    ]

    def call(*inputs: Any) -> Any:
        return converted([tf.convert_to_tensor(each) for each in variables], *inputs)

    return tf.function(call, input_signature=signature, autograph=False)


def _word(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in name) or BATCH
