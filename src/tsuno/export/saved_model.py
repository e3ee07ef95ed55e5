"""Programs as TensorFlow's SavedModel, where TensorFlow is installed: variables of TensorFlow, functions to serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tsuno import engine
from tsuno.core.variable import Variable
from tsuno.export.endpoint import BATCH, Endpoint
from tsuno.saving.atomic import write_folder


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
    write_folder(path, lambda folder: tf.saved_model.save(module, str(folder), signatures=signatures, options=options))


def _function(tf: Any, endpoint: Endpoint, variables: list[Any], given: Mapping[str, Any]) -> Any:
    """An endpoint as a function of TensorFlow with its signature."""

    def made(specs: list[Any]) -> Any:
        shapes = ["(" + "".join(f"{size}, " for size in spec.shape) + ")" for spec in specs]
        options = {"polymorphic_shapes": [None, *endpoint.arguments(shapes)], "with_gradient": False}
        options |= given.get("jax2tf_kwargs") or {}
        converted = engine.tensorflow_function(endpoint.nested, options.pop("polymorphic_shapes"), **options)
        tensors = [
            tf.TensorSpec([size if isinstance(size, int) else None for size in spec.shape], spec.dtype, _word(name))
            for spec, name in zip(specs, endpoint.input_names, strict=True)
        ]

        def call(*arguments: Any) -> Any:
            return converted([tf.convert_to_tensor(each) for each in variables], *arguments)

        function = tf.function(call, input_signature=endpoint.arguments(tensors), autograph=False)
        function.get_concrete_function()
        return function

    return endpoint.tried(made)


def _word(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in name) or BATCH
