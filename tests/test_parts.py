"""Activations, initializers, regularizers and constraints: Keras' numbers, names and configurations."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import tsuno
from tsuno import activations, constraints, initializers, regularizers

rng = np.random.default_rng(0)
X = np.concatenate([rng.normal(size=(5, 8)) * 3, [[-8, -6, -1, -0.5, 0, 0.5, 1, 6]]]).astype("float32")
W = rng.normal(size=(3, 4, 5)).astype("float32")

ACTIVATIONS: list[tuple[str, dict[str, Any]]] = [
    ("celu", {}), ("celu", {"alpha": 0.5}), ("elu", {}), ("elu", {"alpha": 0.5}), ("exponential", {}), ("gelu", {}),
    ("gelu", {"approximate": True}), ("glu", {}), ("glu", {"axis": 0}), ("hard_shrink", {}),
    ("hard_shrink", {"threshold": 1.0}), ("hard_sigmoid", {}), ("hard_silu", {}), ("hard_swish", {}), ("hard_tanh", {}),
    ("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.3}), ("linear", {}), ("log_sigmoid", {}),
    ("log_softmax", {}), ("log_softmax", {"axis": 0}), ("mish", {}), ("relu", {}), ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 6}), ("relu", {"max_value": 2.0}), ("relu", {"threshold": 1.0}),
    ("relu", {"negative_slope": 0.1, "max_value": 3.0, "threshold": 0.5}), ("relu6", {}), ("selu", {}), ("sigmoid", {}),
    ("silu", {}), ("soft_shrink", {}), ("soft_shrink", {"threshold": 1.0}), ("softmax", {}), ("softmax", {"axis": 0}),
    ("softmax", {"axis": (0, 1)}), ("softplus", {}), ("softsign", {}), ("sparse_plus", {}), ("sparse_sigmoid", {}),
    ("sparsemax", {}), ("sparsemax", {"axis": 0}), ("squareplus", {}), ("squareplus", {"b": 2}), ("swish", {}),
    ("tanh", {}), ("tanh_shrink", {}), ("threshold", {"threshold": 1.0, "default_value": -2.0}),
]  # fmt: skip
INITIALIZERS: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("Zeros", {}, (2, 3)), ("Ones", {}, (2, 3)), ("Constant", {"value": 0.3}, (2, 3)),
    ("Identity", {"gain": 2.0}, (3, 4)), ("RandomNormal", {"seed": 1}, (40, 30)),
    ("RandomNormal", {"mean": 1.0, "stddev": 2.0, "seed": 2}, (7,)), ("RandomUniform", {"seed": 1}, (40, 30)),
    ("RandomUniform", {"minval": 1.0, "maxval": 3.0, "seed": 12345}, (7, 2, 3)),
    ("TruncatedNormal", {"seed": 1}, (40, 30)), ("TruncatedNormal", {"mean": 1.0, "stddev": 2.0, "seed": 3}, (50,)),
    ("VarianceScaling", {"seed": 1}, (8, 9)), ("VarianceScaling", {"seed": 1}, (0, 3)),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_out", "distribution": "uniform", "seed": 4}, (3, 3, 8, 9)),
    ("VarianceScaling", {"mode": "fan_avg", "distribution": "untruncated_normal", "seed": 5}, (10,)),
    ("VarianceScaling", {"input_axes": [0], "output_axes": [-2, -1], "seed": 6}, (4, 2, 3)),
    ("GlorotNormal", {"seed": 1}, (8, 9)), ("GlorotUniform", {"seed": 1}, (8, 9)),
    ("HeNormal", {"seed": 1}, (3, 3, 2, 4)), ("HeUniform", {"seed": 1}, (3, 3, 2, 4)),
    ("LecunNormal", {"seed": 1}, (8, 9)), ("LecunUniform", {"seed": 1}, (8,)), ("Orthogonal", {"seed": 1}, (6, 4)),
    ("Orthogonal", {"gain": 2.0, "seed": 2}, (3, 2, 2, 4)), ("Orthogonal", {"seed": 3}, (3, 9)),
    ("STFT", {}, (16, 1, 9)),
    ("STFT", {"side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True}, (8, 1, 9)),
    ("STFT", {"window": None}, (8, 1, 5)),
]  # fmt: skip
REGULARIZERS: list[tuple[str, dict[str, Any]]] = [
    ("L1", {}), ("L1", {"l1": 0.3}), ("L1", {"l1": None}), ("L2", {}), ("L2", {"l2": 0.3}), ("L1L2", {}),
    ("L1L2", {"l1": 0.1, "l2": 0.3}), ("L1L2", {"l2": 1}), ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.3, "mode": "columns"}),
]  # fmt: skip
CONSTRAINTS: list[tuple[str, dict[str, Any]]] = [
    ("MaxNorm", {}), ("MaxNorm", {"max_value": 0.5, "axis": [0, 1]}), ("MaxNorm", {"max_value": 1, "axis": -1}),
    ("NonNeg", {}), ("UnitNorm", {}), ("UnitNorm", {"axis": (0, 1)}), ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 3.0, "rate": 0.7, "axis": 1}),
]  # fmt: skip

FAMILIES = {
    "activations": (activations, ACTIVATIONS), "initializers": (initializers, INITIALIZERS),
    "regularizers": (regularizers, REGULARIZERS), "constraints": (constraints, CONSTRAINTS),
}  # fmt: skip
HASTE = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
BASES = (initializers.Initializer, regularizers.Regularizer, constraints.Constraint)


def ident(row: tuple[Any, ...]) -> str:
    return f"{row[0]}({', '.join(f'{k}={v}' for k, v in row[1].items())})"


def close(mine: Any, theirs: Any) -> None:
    scale = float(np.abs(theirs).max(initial=0))
    np.testing.assert_allclose(np.asarray(mine), np.asarray(theirs), rtol=1e-6, atol=1e-6 * scale)
    assert mine.dtype == theirs.dtype


@functools.cache
def results(library: Any, family: str) -> tuple[list[Any], Any]:
    """Of all rows of a family: the objects, and what they compute, in one program that is compiled in haste."""
    rows = FAMILIES[family][1]
    made = [getattr(getattr(library, family), row[0])(**row[1]) for row in rows]

    def run() -> Any:
        if family == "initializers":
            return [part(row[2]) for part, row in zip(made, rows, strict=True)]
        if family == "regularizers":
            return [jax.value_and_grad(part)(jnp.asarray(W[0])) for part in made]
        return [(part(jnp.asarray(W)), part(jnp.zeros((2, 3, 4), "float32"))) for part in made]

    # Ours draw on the host, outside compiled programs.
    ours = library is tsuno and family == "initializers"
    return made, run() if ours else jax.device_get(jax.jit(run, compiler_options=HASTE)())


def check(family: str, place: int) -> None:
    (ours, mine), (keras_parts, theirs) = results(tsuno, family), results(keras, family)
    jax.tree.map(close, mine[place], theirs[place])
    same_config(family, ours[place], keras_parts[place])


def same_config(family: str, mine: Any, theirs: Any) -> None:
    ours, module = getattr(tsuno, family), getattr(keras, family)
    config, expected = ours.serialize(mine), module.serialize(theirs)
    if config["class_name"] == "Identity":
        expected["config"]["gain"] = theirs.gain  # Keras forgets it
    assert plain(config) == plain(expected)
    assert plain(ours.serialize(ours.deserialize(plain(config)))) == plain(config)
    assert plain(module.deserialize(config).get_config()) == plain(theirs.get_config())


def plain(config: Any) -> Any:
    """As a file has it, with numbers rounded to float32 as Keras does for some."""
    return json.loads(json.dumps(config), parse_float=lambda text: float(np.float32(text)))


def test_activations_are_those_of_keras() -> None:
    """Values and gradients, all in one compiled program per library."""

    def run(library: Any) -> Any:
        def one(row: tuple[str, dict[str, Any]], x: Any) -> Any:
            function = getattr(library.activations, row[0])
            value = function(x, **row[1])
            return value, jax.grad(lambda x: (function(x, **row[1]) ** 2).sum())(x)

        return jax.jit(lambda x: [one(row, x) for row in ACTIVATIONS], compiler_options=HASTE)(X)

    for row, mine, theirs in zip(ACTIVATIONS, run(tsuno), run(keras), strict=True):
        if row[0] == "sparsemax":  # that of Keras does not always sum to 1
            np.testing.assert_allclose(mine[0].sum(row[1].get("axis", -1)), 1, rtol=1e-6)
            continue
        for a, b in zip(mine, theirs, strict=True):
            scale = max(1.0, float(np.abs(b).max()))
            np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-6 * scale, err_msg=ident(row))


@pytest.mark.parametrize("name", sorted({name for name, _ in ACTIVATIONS}))
def test_activation_names(name: str) -> None:
    function = activations.get(name)
    assert function is getattr(activations, name)
    assert activations.serialize(function) == keras.activations.serialize(keras.activations.get(name))
    assert activations.get({"module": "builtins", "class_name": "function", "config": name}) is function
    symbolic = function(
        tsuno.KerasTensor((None, 8)), **({"threshold": 0.0, "default_value": 1.0} if name == "threshold" else {})
    )
    assert symbolic.shape == ((None, 4) if name == "glu" else (None, 8))
    assert function(X.tolist(), *((0.0, 1.0) if name == "threshold" else ())) is not None


def test_activation_get_and_serialize() -> None:
    assert activations.get(None) is activations.linear and activations.serialize(None) == "linear"
    assert activations.serialize(tsuno.ops.relu) == activations.serialize(activations.relu) == "relu"
    assert activations.tanh is tsuno.ops.tanh
    assert activations.get(np.sin) is np.sin

    @tsuno.saving.register_keras_serializable("parts")
    def twice(x: Any) -> Any:
        return 2 * x

    assert activations.deserialize(activations.serialize(twice)) is twice
    assert activations.deserialize("mine", {"mine": twice}) is twice
    assert activations.get("parts>twice") is twice


@pytest.mark.parametrize("place", range(len(INITIALIZERS)), ids=map(ident, INITIALIZERS))
def test_initializers_are_those_of_keras(place: int) -> None:
    check("initializers", place)
    part, shape = results(tsuno, "initializers")[0][place], INITIALIZERS[place][2]
    close(part(shape), part(shape))  # the same object gives the same values


@pytest.mark.parametrize("place", range(len(REGULARIZERS)), ids=map(ident, REGULARIZERS))
def test_regularizers_are_those_of_keras(place: int) -> None:
    check("regularizers", place)


@pytest.mark.parametrize("place", range(len(CONSTRAINTS)), ids=map(ident, CONSTRAINTS))
def test_constraints_are_those_of_keras(place: int) -> None:
    check("constraints", place)


@pytest.mark.parametrize("family", FAMILIES)
def test_names(family: str) -> None:
    """Each name that Keras' `get` knows, and each exported name, and a row for each exported class or function."""
    module, rows = FAMILIES[family]
    known = __import__(f"keras.src.{family}", fromlist=["x"]).ALL_OBJECTS_DICT
    for name in known:
        if name not in ("Constant", "constant") or family != "initializers":
            found, expected = module.get(name), getattr(keras, family).get(name)
            kind = lambda x: getattr(x, "__name__", type(x).__name__)
            assert kind(found) == kind(expected)
    public = {name for name in dir(getattr(keras, family)) if not name.startswith("_")}
    assert public <= set(dir(module))
    here = {name for name in public if name not in ("get", "serialize", "deserialize")}
    classes = {getattr(module, name).__name__ for name in here if getattr(module, name) not in BASES}
    assert classes <= {getattr(module, row[0]).__name__ for row in rows}


def test_names_recorded() -> None:
    recorded = Path("/work/shared/api/keras_api.json")
    if not recorded.exists():
        pytest.skip("the record of Keras' names is not part of the repository")
    for family, names in json.loads(recorded.read_text())["ids"].items():
        if family in FAMILIES:
            assert all(FAMILIES[family][0].get(name) is not None for name in names)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: activations.get("rellu"), "Unknown activation 'rellu'. Did you mean 'relu'"),
        (lambda: activations.get(3), "An activation is given by name"),
        (lambda: activations.relu(X, max_value=-1.0), "`relu.max_value` must be zero or more"),
        (lambda: initializers.get("he_norml"), "Did you mean 'he_normal'"),
        (lambda: initializers.VarianceScaling(scale=-1.0), "`VarianceScaling.scale` must be a positive number"),
        (lambda: initializers.VarianceScaling(mode="fan"), "must be one of 'fan_in', 'fan_out', 'fan_avg'"),
        (lambda: initializers.Identity()((3,)), "`Identity.shape` must be of two axes"),
        (lambda: initializers.STFT(window="hanm"), "Did you mean 'hann'"),
        (lambda: regularizers.get("l3"), "Unknown regularizer 'l3'. Choose one of 'L1'"),
        (lambda: regularizers.L1(-0.1), "`L1.l1` must be a number, zero or more or None; got -0.1"),
        (lambda: regularizers.L2("0.1"), "Pass the number without quotes"),
        (lambda: regularizers.L2(float("nan")), "`L2.l2` must be a number"),
        (lambda: regularizers.L1L2(l1=float("inf")), "`L1L2.l1` must be a number"),
        (lambda: regularizers.OrthogonalRegularizer(mode="row"), "Did you mean 'rows'"),
        (lambda: regularizers.OrthogonalRegularizer()(W), "weights of two axes; got an array of shape (3, 4, 5)"),
        (lambda: constraints.get("max_nrm"), "Did you mean 'max_norm'"),
        (lambda: constraints.MaxNorm(-1), "`MaxNorm.max_value` must be a number, zero or more"),
        (lambda: constraints.MinMaxNorm(2.0, 1.0), "must be at least min_value=2.0"),
        (lambda: constraints.MaxNorm(max_valu=1), "Did you mean 'max_value'"),
    ],
)  # fmt: skip
def test_errors(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)
