"""Laws that every layer obeys, over the rows of `layers_table`; real Keras, with the same weights, is the reference.

Compiling is what takes time here, so laws about programs take rows by the chunk, one program per library.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from layers_table import BATCH, ROWS, Of, Row

import tsuno
from tsuno import layers

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

CHUNK = 12
CHUNKS = [pytest.param(ROWS[i : i + CHUNK], id=f"{i}-{ROWS[i].name}") for i in range(0, len(ROWS), CHUNK)]
TOLERANCE = 1e-5
QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""Options of XLA's: the programs here run once."""


def make(lib: Any, row: Row, **more: Any) -> Any:
    """The row's layer in one of the libraries."""
    kwargs = {key: value.make(lib) if isinstance(value, Of) else value for key, value in row.kwargs.items()}
    return getattr(lib.layers, row.name)(**kwargs, **{"name": "layer", **more})


def leaves(structure: Any) -> list[Any]:
    return jax.tree.leaves(structure, is_leaf=lambda x: x is None)


def is_float(x: Any) -> bool:
    return jnp.issubdtype(x.dtype, jnp.floating)


def symbols(lib: Any, row: Row, batch: int | None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The row's arguments with symbolic tensors in the place of arrays."""

    def symbol(x: Any) -> Any:
        return lib.KerasTensor((batch, *x.shape[1:]), dtype=str(x.dtype)) if isinstance(x, np.ndarray) else x

    return jax.tree.map(symbol, (row.inputs, row.call))


def built(lib: Any, row: Row, **more: Any) -> Any:
    """The row's layer with its weights made."""
    layer = make(lib, row, **more)
    args, kwargs = symbols(lib, row, BATCH)
    with cheap_draws():
        layer(*args, **kwargs)
    return layer


@contextmanager
def cheap_draws() -> Iterator[None]:
    """Let Keras draw first weights without compiling a program for each shape: others are put in their place."""

    def half(*args: Any, **kwargs: Any) -> Any:
        shape = next(x for x in (*args, *kwargs.values()) if isinstance(x, (tuple, list)))
        return jnp.asarray(np.full(shape, 0.5, "float32"))

    with pytest.MonkeyPatch.context() as patch:
        for name in ("uniform", "normal", "truncated_normal"):
            patch.setattr(jax.random, name, half)
        yield


def weights_for(layer: Any) -> list[np.ndarray]:
    """Weights for a layer of Keras: random, and positive where they are variances."""
    rng = np.random.default_rng(11)
    values = [rng.uniform(-1, 1, weight.shape).astype("float32") for weight in layer.weights]
    return [np.abs(x) + 0.1 if "variance" in w.path else x for w, x in zip(layer.weights, values, strict=True)]


def pair(row: Row) -> tuple[Any, Any]:
    """The row's layer in both libraries, with the same weights."""
    theirs, ours = built(keras, row), built(tsuno, row)
    values = weights_for(theirs)
    theirs.set_weights(values)
    ours.set_weights(values)
    return ours, theirs


def takes_training(layer: Any) -> bool:
    return "training" in inspect.signature(layer.call).parameters


def results(layer: Any, row: Row, state: Any, inputs: Any) -> dict[str, Any]:
    """Outputs in inference; outputs, state after and gradients in training."""

    def call(trainable: Any, arrays: Any, training: bool) -> Any:
        flat, structure = jax.tree.flatten((row.inputs, row.call))
        arrays, rest = iter(arrays), flat
        args, kwargs = structure.unflatten([next(arrays) if isinstance(leaf, np.ndarray) else leaf for leaf in rest])
        if takes_training(layer):
            kwargs = {**kwargs, "training": training}
        outputs, after = layer.stateless_call(trainable, state[1], *args, **kwargs)
        kept = {id(weight) for weight in layer.non_trainable_weights}
        return leaves(outputs), [x for x, v in zip(after, layer.non_trainable_variables, strict=True) if id(v) in kept]

    def scalar(trainable: Any, moving: Any) -> Any:
        moving = iter(moving)
        outputs, after = call(trainable, [next(moving) if is_float(x) else x for x in inputs], True)
        total = 0.0
        for x in outputs:
            total += (x * np.cos(1 + np.arange(x.size)).reshape(x.shape)).sum()
        return total, (outputs, after)

    outputs, _ = call(state[0], inputs, False)
    gradients, (trained, after) = jax.grad(scalar, argnums=(0, 1), has_aux=True)(
        state[0], [x for x in inputs if is_float(x)]
    )
    return {"output": outputs, "output in training": trained, "state": after, "gradient": leaves(gradients)}


def program(made: list[Any], rows: list[Row]) -> list[dict[str, Any]]:
    """`results` for many layers of one library, in one compiled program."""
    states = [
        ([np.asarray(v) for v in x.trainable_variables], [np.asarray(v) for v in x.non_trainable_variables])
        for x in made
    ]
    inputs = [[leaf for leaf in leaves((row.inputs, row.call)) if isinstance(leaf, np.ndarray)] for row in rows]

    def run(states: Any, inputs: Any) -> Any:
        return [results(*each) for each in zip(made, rows, states, inputs, strict=True)]

    compiled = jax.jit(run).lower(states, inputs).compile(QUICKLY)
    return jax.tree.map(np.asarray, compiled(states, inputs))


def differences(where: str, actual: list[Any], wanted: list[Any]) -> Iterator[str]:
    if len(actual) != len(wanted):
        yield f"{where}: {len(actual)} arrays, not {len(wanted)}"
        return
    for place, (got, want) in enumerate(zip(actual, wanted, strict=True)):
        got, want = np.asarray(got), np.asarray(want)
        if got.shape != want.shape or got.dtype != want.dtype:
            yield f"{where} {place}: {got.dtype}{got.shape}, not {want.dtype}{want.shape}"
        elif want.size:
            size = max(1.0, float(np.abs(want).max()))
            if not np.allclose(got, want, rtol=TOLERANCE, atol=TOLERANCE * size, equal_nan=True):
                yield f"{where} {place}: off by {np.abs(got - want).max()}"


def test_every_layer_has_a_row() -> None:
    public = {
        name
        for name, item in vars(layers).items()
        if inspect.isclass(item) and issubclass(item, layers.Layer) and item.__name__ == name
    }
    assert public - {row.name for row in ROWS} == {"Layer", "InputLayer"}


@pytest.mark.parametrize("rows", CHUNKS)
def test_the_numbers_are_those_of_keras(rows: list[Row]) -> None:
    """Same weights, same input: same outputs, state after a step and gradients; and compiled = eager."""
    pairs = [pair(row) for row in rows]
    ours, theirs = program([x for x, _ in pairs], rows), program([x for _, x in pairs], rows)
    wrong: list[str] = []
    for row, (layer, _), mine, yours in zip(rows, pairs, ours, theirs, strict=True):
        for what in mine:
            wrong += differences(f"{row} {what}", mine[what], yours[what])
        wrong += differences(f"{row} eager", leaves(layer(*row.inputs, **row.call)), mine["output"])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("rows", CHUNKS)
def test_shapes_and_dtypes_are_known_before_data_comes(rows: list[Row]) -> None:
    wrong = []
    for row in rows:
        layer = built(tsuno, row)
        real = [(x.shape, str(x.dtype)) for x in leaves(jax.eval_shape(lambda: layer(*row.inputs, **row.call)))]  # noqa: B023
        for batch in (BATCH, None) if row.batch else (BATCH,):
            args, kwargs = symbols(tsuno, row, batch)
            inferred = [(x.shape, x.dtype) for x in leaves(make(tsuno, row)(*args, **kwargs))]
            wanted = [((batch, *shape[1:]), dtype) for shape, dtype in real]
            if inferred != wanted:
                wrong.append(f"{row} with batch {batch}: {inferred}, not {wanted}")
        if not row.call and row.batch:
            shapes = [[(None, *x.shape[1:]) for x in arg] if isinstance(arg, list) else (None, *arg.shape[1:]) for arg in row.inputs]
            got, want = (flat_shapes(make(lib, row).compute_output_shape(*shapes)) for lib in (tsuno, keras))
            if got != want:
                wrong.append(f"{row}.compute_output_shape: {got}, not {want}")
    assert not wrong, "\n".join(wrong)


def flat_shapes(shapes: Any) -> list[Any]:
    """The shapes in a structure of them, in order."""
    if isinstance(shapes, (list, tuple)) and all(size is None or isinstance(size, int) for size in shapes):
        return [tuple(shapes)]
    return [shape for part in shapes for shape in flat_shapes(part)]


# What Keras' configurations say of features that live elsewhere here, or nowhere.
FOREIGN = ("lora_", "quantization_config", "renorm", "sliding_window", "use_gate", "gptq")


@pytest.mark.parametrize("rows", [[row for row in rows.values[0] if row.config] for rows in CHUNKS], ids=[c.id for c in CHUNKS])
def test_configurations_are_those_of_keras(rows: list[Row]) -> None:
    wrong = []
    for row in rows:
        ours, theirs = make(tsuno, row), make(keras, row)
        config, wanted = (json.loads(json.dumps(layer.get_config())) for layer in (ours, theirs))
        for key, value in wanted.items():
            if not key.startswith(FOREIGN) and config.get(key, "missing") != value:
                wrong.append(f"{row}: {key} is {config.get(key, 'missing')}, not {value}")
        for lib, layer in ((tsuno, ours), (keras, theirs)):
            again = json.loads(json.dumps(type(layer).from_config(config).get_config()))
            lost = {key for key in config if key in wanted and again.get(key) != config[key]}
            if lost:
                wrong.append(f"{row}: {lib.__name__} does not keep {lost}")
        from_keras = json.loads(json.dumps(type(ours).from_config(wanted).get_config()))
        if from_keras != config:
            wrong.append(f"{row}: from Keras' configuration {from_keras}, not {config}")
    assert not wrong, "\n".join(wrong)


def test_a_layer_from_its_configuration_computes_the_same() -> None:
    for name in ("Dense", "Conv2D", "GRU", "RNN", "MultiHeadAttention", "BatchNormalization", "Reshape", "Embedding"):
        row = next(row for row in ROWS if row.name == name)
        layer = built(tsuno, row)
        copy = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
        if layer.get_build_config():
            copy.build_from_config(json.loads(json.dumps(layer.get_build_config())))
        else:
            copy(*symbols(tsuno, row, BATCH)[0])
        copy.set_weights(layer.get_weights())
        assert [w.path for w in copy.weights] == [w.path for w in layer.weights]
        assert not list(differences(name, leaves(copy(*row.inputs)), leaves(layer(*row.inputs))))
