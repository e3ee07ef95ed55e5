"""Quantizers and the kernels of weight quantization: Keras' bits, numbers, gradients and configurations."""

from __future__ import annotations

import functools
import json
import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from keras.src.quantizers import awq as keras_awq
from keras.src.quantizers import gptq as keras_gptq
from keras.src.quantizers import quantizers as keras_quantizers

import tsuno
from tsuno import quantizers
from tsuno.quantizers import rounding
from tsuno.rewrite import awq, calibration, float8, gptq, integers

rng = np.random.default_rng(0)
X = rng.normal(size=(11, 6)).astype("float32")
X[3] = 0
NIBBLES = rng.integers(-8, 8, size=(3, 5, 2)).astype("int8")
HALVES = ["float32", "bfloat16", "float16"]
# Compiled once, run once; and half-width numbers are rounded where the code says so.
QUICK = {
    "xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True, "xla_allow_excess_precision": False,
}  # fmt: skip

Row = tuple[str, tuple[Any, ...], dict[str, Any]]
FUNCTIONS: list[Row] = [
    ("abs_max_quantize", (X, 0), {}), ("abs_max_quantize", (X, -1), {"value_range": (-8, 7)}),
    ("abs_max_quantize", (X, (0, 1)), {"dtype": "float32", "epsilon": 0.1}),
    ("abs_max_quantize", (X, 0), {"to_numpy": True}),
    ("abs_max_quantize_grouped_with_zero_point", (X, 4), {}),
    ("abs_max_quantize_grouped_with_zero_point", (X, 16), {"epsilon": 0.1}),
    ("abs_max_quantize_grouped_with_zero_point", (X + 3, 1), {"to_numpy": True}),
    ("abs_max_quantize_grouped_with_zero_point", (X - 3, 11), {"to_numpy": True}),
    ("compute_float8_scale", (np.float32(3), np.float32(2), np.float32(448)), {}),
    ("compute_float8_scale", (np.float32(0), np.float32(3), np.float32(448)), {"margin": 2}),
    ("compute_float8_scale", (np.float32(np.inf), np.float32(3), np.float32(448)), {}),
    ("compute_float8_scale", (np.float32(3), np.float32(2), np.float32(448)), {"margin": 2}),
    ("compute_float8_amax_history", (X, np.arange(4, dtype="float32")), {}),
    ("quantize_and_dequantize", (300 * X, np.float32(0.7), "float8_e4m3fn", "float32"), {}),
    ("quantize_and_dequantize", (X, np.float32(1.5), "float8_e5m2", "bfloat16"), {}),
    ("fake_quant_with_min_max_vars", (3 * X, np.float32(-2), np.float32(3)), {}),
    ("fake_quant_with_min_max_vars", (3 * X, np.float32(0.3), np.float32(1)), {"num_bits": 4}),
    ("fake_quant_with_min_max_vars", (X, np.float32(-1), np.float32(2)), {"num_bits": 3, "narrow_range": True}),
    ("fake_quant_with_min_max_vars", (X, -np.arange(1, 7, dtype="float32"), np.ones(6, "float32")), {"axis": 1}),
    ("pack_int4", (NIBBLES,), {}), ("pack_int4", (NIBBLES,), {"axis": -1}), ("pack_int4", (NIBBLES[:, :, 0],), {"axis": 1}),
    ("pack_int4", (NIBBLES.astype("uint8") & 15,), {"axis": 1, "dtype": "uint8"}), ("pack_int4", (NIBBLES[:0],), {}),
    ("unpack_int4", (NIBBLES * 17 + 3, 5), {}), ("unpack_int4", (NIBBLES * 17 + 3, 3), {"axis": -1}),
    ("unpack_int4", (NIBBLES * 17, 10), {"axis": 1, "dtype": "uint8"}),
    ("unpack_int4", ((NIBBLES * 17).astype("uint8"), 6), {"dtype": "int8"}),
]  # fmt: skip


@pytest.fixture(autouse=True)
def same_numbers_in_every_order():
    rng.bit_generator.state = np.random.default_rng(1).bit_generator.state


def same(mine: Any, theirs: Any, tolerance: float = 0.0) -> None:
    """Of one structure, shape and dtype, and equal: to the bit if they are integers or nothing else is said."""
    mine, theirs = jax.tree.leaves(mine), jax.tree.leaves(theirs)
    assert len(mine) == len(theirs)
    for got, want in zip(mine, theirs, strict=True):
        got, want = np.asarray(got), np.asarray(want)
        assert (got.shape, got.dtype) == (want.shape, want.dtype)
        exact = want.dtype.kind in "iub"
        got, want = got.astype("float64"), want.astype("float64")
        np.testing.assert_allclose(got, want, rtol=0 if exact else tolerance, atol=0 if exact else tolerance)


def run(function: Any, *args: Any) -> Any:
    """A function as one program."""
    return jax.jit(function, compiler_options=QUICK)(*args)


def compute(module: Any, rows: list[Row], values: list[list[Any]]) -> list[Any]:
    """What a library's functions make of arrays in the place of those of the rows."""
    results = []
    for (name, args, kwargs), own in zip(rows, values, strict=True):
        result = getattr(module.quantizers, name)(*own, *args[len(own) :], **kwargs)
        results.append(result[:1] if name == "pack_int4" else result)
    return results


def arrays(row: Row) -> list[Any]:
    return [x for x in row[1] if isinstance(x, (np.ndarray, np.generic))]


def packing(row: Row) -> bool:
    return row[0] == "pack_int4"  # Keras packs in NumPy, outside of programs


def test_functions_give_keras_numbers():
    packs = [row for row in FUNCTIONS if packing(row)]
    on_host = [row for row in FUNCTIONS if row[2].get("to_numpy")] + packs
    same(compute(tsuno, on_host, list(map(arrays, on_host))), compute(keras, on_host, list(map(arrays, on_host))))
    for _, args, kwargs in packs:
        assert quantizers.pack_int4(*args, **kwargs)[1:] == keras.quantizers.pack_int4(*args, **kwargs)[1:]
    rows = [row for row in FUNCTIONS if not packing(row) and not row[2].get("to_numpy")]
    wanted = run(functools.partial(compute, keras, rows), list(map(arrays, rows)))
    same(compute(tsuno, rows, list(map(arrays, rows))), wanted, 1e-6)
    inside = run(functools.partial(compute, tsuno, rows + packs), list(map(arrays, rows + packs)))
    same(inside, wanted + compute(keras, packs, list(map(arrays, packs))), 1e-6)
    for (name, args, kwargs), result in zip(rows, inside, strict=False):
        if name in ("abs_max_quantize", "quantize_and_dequantize", "fake_quant_with_min_max_vars"):
            x, *others = args
            symbols = getattr(quantizers, name)(tsuno.KerasTensor((None, *x.shape[1:])), *others, **kwargs)
            symbols, leaves = list(symbols) if isinstance(symbols, tuple) else [symbols], jax.tree.leaves(result)
            assert [symbol.dtype for symbol in symbols] == [leaf.dtype for leaf in leaves]
            assert [symbol.shape[1:] for symbol in symbols] == [leaf.shape[1:] for leaf in leaves]


@pytest.mark.parametrize("dtype", HALVES[1:])
def test_half_width_floats_are_quantized_as_in_keras(dtype):
    x = jnp.asarray(X[4:], dtype)
    rows: list[Row] = [("abs_max_quantize", (x, 0), {}), ("abs_max_quantize_grouped_with_zero_point", (x, 3), {})]
    on_host = [(name, args, {"to_numpy": True}) for name, args, _ in rows]
    same(*(run(functools.partial(compute, module, rows), [[x], [x]]) for module in (tsuno, keras)))
    same(*(compute(module, on_host, [[x], [x]]) for module in (tsuno, keras)))
    # Keras divides by a number that float16 has not, and gets no numbers.
    zeros, scale = quantizers.abs_max_quantize(jnp.zeros((2, 3), dtype), -1, to_numpy=True)
    assert not np.any(zeros) and np.all(np.isfinite(scale))


@pytest.mark.parametrize("dtype", HALVES)
def test_gradients_of_fake_quantization_reach_the_ends_of_the_range(dtype):
    up, tolerance = rng.normal(size=X.shape), 1e-6 if dtype == "float32" else 1e-2
    rows = [row for row in FUNCTIONS if row[0] == "fake_quant_with_min_max_vars"]

    def total(function: Any, values: list[Any]) -> Any:
        return sum(jnp.sum(function(*own, **row[2]) * up) for own, row in zip(values, rows, strict=True))

    values = [(jnp.asarray(row[1][0], dtype), *row[1][1:]) for row in rows]
    functions = [module.quantizers.fake_quant_with_min_max_vars for module in (tsuno, keras)]
    mine, theirs = (run(jax.grad(functools.partial(total, function)), values) for function in functions)
    assert [leaf.dtype for leaf in jax.tree.leaves(mine)] == [leaf.dtype for leaf in jax.tree.leaves(values)]
    wide = [jax.tree.map(lambda leaf: leaf.astype("float32"), gradients) for gradients in (mine, theirs)]
    same(*wide, tolerance)


def test_channels_of_fake_quantization_are_found_on_any_axis():
    """Keras on JAX takes a vector of ends for the last axis, whatever `axis` says."""
    low, high = -np.arange(1, 12, dtype="float32") / 4, np.ones(11, "float32")
    mine = quantizers.fake_quant_with_min_max_vars(X, low, high, axis=0)
    same(mine, keras.quantizers.fake_quant_with_min_max_vars(X.T, low, high, axis=-1).T, 1e-6)


def test_packing_is_undone():
    for axis in range(3):
        packed, _, length = quantizers.pack_int4(NIBBLES, axis)
        same(quantizers.unpack_int4(packed, length, axis), NIBBLES)
    with pytest.raises(TypeError, match="int8"):
        quantizers.pack_int4(NIBBLES.astype("int32"))
    with pytest.raises(TypeError, match="uint8"):
        quantizers.unpack_int4(NIBBLES.astype("int32"), 3)
    with pytest.raises(ValueError, match="'int4'"):
        quantizers.pack_int4(NIBBLES, dtype="int4")


MADE: list[tuple[str, dict[str, Any]]] = [
    ("AbsMaxQuantizer", {}), ("AbsMaxQuantizer", {"axis": -1}),
    ("AbsMaxQuantizer", {"axis": (0, 1), "value_range": (-8, 7), "epsilon": 1e-3, "output_dtype": "int16"}),
    ("QuantizationConfig", {}), ("Int8QuantizationConfig", {}), ("Int8QuantizationConfig", {"activation_quantizer": None}),
    ("Int4QuantizationConfig", {}), ("Int4QuantizationConfig", {"block_size": None}), ("Float8QuantizationConfig", {}),
    ("GPTQConfig", {"dataset": ["a"], "tokenizer": None, "group_size": -1, "activation_order": True, "weight_bits": 3}),
    ("AWQConfig", {"dataset": ["a"], "tokenizer": None, "num_grid_points": 5}),
]  # fmt: skip
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("AbsMaxQuantizer", {"value_range": (-129, 127)}, "-128"),
    ("Int8QuantizationConfig", {"weight_quantizer": quantizers.Quantizer("int4")}, "int8"),
    ("Int4QuantizationConfig", {"block_size": 0}, "block_size"), ("Int4QuantizationConfig", {"block_size": -2}, "-2"),
    ("Int4QuantizationConfig", {"weight_quantizer": quantizers.AbsMaxQuantizer(0, (-8, 7))}, "without blocks"),
    ("Int4QuantizationConfig", {"weight_quantizer": quantizers.AbsMaxQuantizer(0), "block_size": None}, "(-8, 7)"),
    ("GPTQConfig", {"weight_bits": 5}, "weight_bits"), ("GPTQConfig", {"group_size": 0}, "group_size"),
    ("GPTQConfig", {"num_samples": 0}, "num_samples"), ("GPTQConfig", {"sequence_length": -1}, "sequence_length"),
    ("GPTQConfig", {"hessian_damping": 2}, "hessian_damping"), ("AWQConfig", {"weight_bits": 8}, "weight_bits"),
    ("AWQConfig", {"num_grid_points": 0}, "num_grid_points"), ("AWQConfig", {"group_size": -2}, "group_size"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arguments"), MADE, ids=[f"{kind}({a})" for kind, a in MADE])
def test_configurations_are_those_of_keras(kind, arguments):
    mine, theirs = (getattr(module.quantizers, kind)(**arguments) for module in (tsuno, keras))
    data = keras.quantizers.serialize(theirs)
    assert quantizers.serialize(mine) == data
    again = quantizers.deserialize(json.loads(json.dumps(data)))
    assert type(again) is type(mine) and quantizers.serialize(again) == data
    assert keras.saving.deserialize_keras_object(quantizers.serialize(mine)).get_config() == theirs.get_config()
    for name in ("mode", "dtype_policy_string"):
        if hasattr(type(mine), name) and kind != "QuantizationConfig":
            got, wanted = getattr(mine, name), getattr(theirs, name)
            assert (got() == wanted()) if callable(got) else (got == wanted)


@pytest.mark.parametrize(("kind", "arguments", "hint"), REFUSED, ids=[f"{kind}({a})" for kind, a, _ in REFUSED])
def test_configurations_that_make_no_sense_are_refused(kind, arguments, hint):
    data = {"dataset": None, "tokenizer": None} if kind in ("GPTQConfig", "AWQConfig") else {}
    with pytest.raises(ValueError) as problem:
        getattr(quantizers, kind)(**data, **arguments)
    assert hint in str(problem.value)


def test_quantizers_are_got_by_name_config_or_as_they_are():
    quantizer = quantizers.get("abs_max_quantizer", axis=0)
    assert quantizer.axis == (0,) and quantizers.get(quantizer) is quantizer and quantizers.get(None) is None
    assert quantizers.get("Int4QuantizationConfig", block_size=8).block_size == 8
    assert quantizers.get(quantizers.Float8QuantizationConfig).mode == "float8"
    # Files from before there were blocks say nothing of them.
    assert quantizers.deserialize({"class_name": "Int4QuantizationConfig", "config": {}}).block_size is None
    with pytest.raises(ValueError, match="abs_max_quantizer"):
        quantizers.get("abs_max_quantiser")
    with pytest.raises(NotImplementedError):
        quantizers.QuantizationConfig().mode  # noqa: B018
    either = quantizers.QuantizationConfig.activation_quantizer_or_default
    assert either(None, 1) == 1 and either(quantizers.Int4QuantizationConfig(), 1) is None
    assert quantizers.QuantizationConfig.weight_quantizer_or_default(quantizers.Int8QuantizationConfig(), 1) == 1


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [((), "neither"), (("int9",), "'int[48]'"), (("gptq",), "GPTQConfig"), ((None, 3), "QuantizationConfig"),
     (("int4", quantizers.Int8QuantizationConfig()), "leave one out")],
)  # fmt: skip
def test_what_to_quantize_to_is_clear(arguments, hint):
    with pytest.raises(ValueError, match=hint):
        quantizers.config.resolve_config(*arguments)
    for mode in ("int8", "int4", "float8"):
        assert quantizers.config.resolve_config(mode).mode == quantizers.config.resolve_config(config=mode).mode == mode


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("per_channel", [False, True])
def test_levels_fit_the_ranges_of_weights(symmetric, per_channel):
    weights, options = np.concatenate([X, abs(X) + 1]), {"symmetric": symmetric, "per_channel": per_channel}
    sizes = [(2, -1), (3, 4), (4, 5), (8, 6)]

    def mine(weights: Any) -> Any:
        return [rounding.fit_levels(weights, bits, group_size=size, **options) for bits, size in sizes]

    def theirs(weights: Any) -> Any:
        find = keras_quantizers.compute_quantization_parameters
        return [find(weights, bits=bits, group_size=size, **options)[:2] for bits, size in sizes]

    same(run(mine, weights), run(theirs, weights), 1e-6)


# Kernels of layers: what Keras' layers hold and compute once they are quantized.

K8, K4 = keras.quantizers.Int8QuantizationConfig, keras.quantizers.Int4QuantizationConfig
WAYS: dict[str, Any] = {
    "int8": K8(), "int8 weights": K8(activation_quantizer=None), "int4": K4(block_size=None), "int4 blocks": K4(block_size=3),
    "int4 inputs": K4(activation_quantizer=keras.quantizers.AbsMaxQuantizer(), block_size=-1),
}  # fmt: skip
EINSUMS: list[tuple[str, tuple[int, ...], tuple[int | None, ...]]] = [
    ("abc,cde->abde", (2, 3, 8), (None, 4, 5)), ("abde,dec->abc", (2, 3, 4, 5), (None, 7)),
    ("abc,acd->abd", (2, 3, 8), (3, 6)), ("abc,dc->abd", (2, 3, 8), (3, 6)), ("abc,dce->aebd", (2, 3, 8), (5, 3, 4)),
]  # fmt: skip


def quantized(layer: Any, shape: Any, way: str, weight: str = "kernel") -> np.ndarray:
    """A layer of Keras', built and quantized, and its weight before that."""
    layer.build(shape)
    before = rng.normal(size=getattr(layer, weight).shape).astype("float32")
    getattr(layer, weight).assign(before)
    layer.quantize(config=WAYS[way])
    return before


def rounder(way: str) -> Any:
    return None if WAYS[way].activation_quantizer is None else quantizers.AbsMaxQuantizer()


def products(functions: Any, x: Any) -> Any:
    """What functions make of an input, and the gradient of something of that."""
    results = {}
    for key, function in functions.items():
        y, back = jax.vjp(function, x)
        results[key] = y, back(jnp.cos(y))[0]
    return results


@pytest.mark.parametrize(("equation", "shape", "output"), EINSUMS, ids=[row[0] for row in EINSUMS])
def test_einsum_kernels_are_quantized_as_in_keras(equation, shape, output):
    mine, theirs = {}, {}
    for way, config in WAYS.items():
        layer = keras.layers.EinsumDense(equation, output, kernel_initializer="zeros")
        kernel = quantized(layer, shape, way)
        theirs[way] = layer
        if config.mode == "int8":
            values, scale = integers.int8_kernel(kernel, equation, len(shape))
            same((values, scale), (layer._kernel.value, layer.kernel_scale.value))
            back = integers.int8_values(values, scale, equation, len(shape))
            np.testing.assert_allclose(back, kernel, atol=np.abs(kernel).max() / 127)
            options = {"values": values, "scale": scale, "quantizer": rounder(way)}
            mine[way] = functools.partial(integers.int8_product, equation, **options)
            continue
        rows, columns = integers.matrix_shape(equation, kernel.shape)
        packed, scale, zero = integers.int4_kernel(kernel.reshape(rows, columns), config.block_size)
        groups = None
        same((packed, scale), (layer._kernel.value, layer.kernel_scale.value))
        if zero is not None:
            groups = integers.group_index(rows, config.block_size)
            same((zero, groups), (layer.kernel_zero.value, layer.g_idx.value))
        matrix = integers.int4_values(packed, columns, scale, zero, groups)
        options = {"kernel": matrix.reshape(kernel.shape), "quantizer": rounder(way)}
        mine[way] = functools.partial(integers.product, equation, **options)
    x = rng.normal(size=shape).astype("float32")
    same(run(functools.partial(products, mine), x), run(functools.partial(products, theirs), x), 1e-5)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_dense_kernels_are_quantized_as_in_keras(dtype):
    mine, theirs = {}, {}
    for way, config in WAYS.items():
        layer = keras.layers.Dense(5, dtype=dtype, use_bias=False, kernel_initializer="zeros")
        kernel, compute_dtype, zero = quantized(layer, (None, None, 7), way), layer.compute_dtype, None
        theirs[way] = layer
        if config.mode == "int8":
            values, scale = integers.int8_kernel(kernel)
            held = values
        else:
            held, scale, zero = integers.int4_kernel(kernel, config.block_size)
            values = quantizers.unpack_int4(held, 5, axis=-1)
        same((held, scale), (layer._kernel.value, layer.kernel_scale.value))
        if zero is None:
            options = {"values": values, "scale": scale.astype(compute_dtype), "quantizer": rounder(way)}
            mine[way] = functools.partial(integers.int8_product, integers.DENSE, **options)
        else:
            groups = integers.group_index(7, config.block_size)
            matrix = integers.int4_values(held, 5, scale.astype(compute_dtype), zero, groups, dtype=compute_dtype)
            mine[way] = functools.partial(integers.product, integers.DENSE, kernel=matrix)
    x = jnp.asarray(rng.normal(size=(2, 3, 7)), compute_dtype)
    tolerance = 1e-6 if dtype == "float32" else 1e-2
    same(run(functools.partial(products, mine), x), run(functools.partial(products, theirs), x), tolerance)


def test_tables_are_quantized_as_in_keras():
    indices, hidden = np.array([[1, 0, 3], [5, 5, 2]]), rng.normal(size=(2, 7)).astype("float32")
    mine, theirs = {}, {}
    for way in ("int8", "int4", "int4 blocks"):
        layer = keras.layers.ReversibleEmbedding(6, 7, embeddings_initializer="zeros")
        table, size = quantized(layer, (None,), way, "embeddings"), getattr(WAYS[way], "block_size", None)
        theirs[way] = layer, functools.partial(layer, reverse=True)
        if way == "int8":
            values, scale = integers.int8_kernel(table, "b,ab->a")
            same((values, scale), (layer._embeddings.value, layer.embeddings_scale.value))
            mine[way] = (
                functools.partial(integers.int8_rows, values=values, scale=scale),
                functools.partial(
                    integers.int8_product, "...b,ab->...a", values=values, scale=scale, quantizer=rounder(way)
                ),
            )
            continue
        packed, scale, zero = integers.int4_kernel(table, size, axis=-1)
        same((packed, scale), (layer._embeddings.value, layer.embeddings_scale.value))
        options: dict[str, Any] = {"packed": packed, "columns": 7, "scale": scale, "zero": zero}
        if zero is not None:
            same(zero, layer.embeddings_zero.value)
            options["groups"] = integers.group_index(7, size)
        kernel = integers.int4_values(**options, axis=-1)
        mine[way] = (
            functools.partial(integers.int4_rows, **options),
            functools.partial(integers.product, "...b,ab->...a", kernel=kernel),
        )

    def look(functions: dict[str, Any], indices: Any, hidden: Any) -> Any:
        return {way: (look_up(indices), reverse(hidden)) for way, (look_up, reverse) in functions.items()}

    got, wanted = (run(functools.partial(look, functions), indices, hidden) for functions in (mine, theirs))
    same(got, wanted, 1e-5)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_float8_training_goes_as_in_keras(dtype):
    layer = keras.layers.Dense(5, use_bias=False, dtype=keras.dtype_policies.get(dtype), kernel_initializer="zeros")
    layer.build((None, 7))
    layer.kernel.assign(rng.normal(size=(7, 5)))
    layer.dtype_policy = keras.dtype_policies.QuantizedFloat8DTypePolicy("float8", dtype, amax_history_length=3)
    compute_dtype = layer.compute_dtype

    def loss(y: Any) -> Any:
        return jnp.sum(jnp.sin(y.astype("float32") / 100)), y

    def theirs(values: dict[str, Any], x: Any, training: bool = True) -> Any:
        with keras.StatelessScope([(variable, values[variable.name]) for variable in layer.trainable_variables]):
            return loss(layer(x, training=training))

    def mine(values: dict[str, Any], x: Any, training: bool = True) -> Any:
        parts = ("inputs", "kernel", "outputs_grad")
        states = [(values[f"{part}_scale"], values[f"{part}_amax_history"]) for part in parts]
        x, kernel = x.astype(compute_dtype), values["kernel"].astype(compute_dtype)
        return loss(float8.float8_product(integers.DENSE, x, kernel, *states, training=training))

    steps = [
        jax.jit(jax.value_and_grad(function, argnums=(0, 1), has_aux=True), compiler_options=QUICK)
        for function in (mine, theirs)
    ]
    values = {variable.name: variable.value for variable in layer.trainable_variables}
    for scale in (1, 300, 20):
        x = jnp.asarray(rng.normal(size=(4, 7)) * scale, "float32")
        got, wanted = (step(values, x) for step in steps)
        same(got, wanted, 1e-6)
        values |= {name: value for name, value in got[1][0].items() if name != "kernel"}
    assert values["inputs_scale"] != 1 and values["outputs_grad_scale"] != 1
    # Outside training a state stays as it is.
    (still, _), _ = run(jax.grad(functools.partial(mine, training=False), argnums=(0, 1), has_aux=True), values, x)
    same(still["inputs_amax_history"], values["inputs_amax_history"])


# Quantization by example.


def examples(features: int) -> list[np.ndarray]:
    mix = np.eye(features) + 0.4 * rng.normal(size=(features, features))
    return [(rng.normal(size=(2, 20, features)) @ mix).astype("float32") for _ in range(2)]


GPTQ = [
    {"group_size": -1}, {"group_size": 2, "activation_order": True}, {"group_size": 2, "symmetric": True, "weight_bits": 3},
    {"group_size": -1, "per_channel": False, "weight_bits": 8, "hessian_damping": 0.1},
]  # fmt: skip


@pytest.mark.parametrize("options", GPTQ, ids=str)
def test_gptq_gives_the_levels_of_keras(options):
    features, outputs = 6, 5
    kernel, batches = rng.normal(size=(features, outputs)).astype("float32"), examples(features)
    kernel[:, 1] = abs(kernel[:, 1]) + 1
    hessian, count = jnp.zeros((features, features)), 0
    for batch in batches:
        batch[..., 4] = 0  # an input that says nothing
        hessian, count = gptq.add_to_hessian(hessian, count, batch)
    rows = np.concatenate(batches).reshape(-1, features)
    np.testing.assert_allclose(hessian, 2 * rows.T @ rows / len(rows), rtol=1e-5, atol=1e-5)

    config = keras.quantizers.GPTQConfig(None, None, **options)
    bits, block = config.weight_bits, 128 if config.group_size == -1 else 4
    damped = np.array(hessian)
    damped[4, 4] = 1
    damped += config.hessian_damping * np.diag(damped).mean() * np.eye(features, dtype="float32")

    def theirs(weights: Any, damped: Any) -> Any:
        return keras_gptq.gptq_quantize_matrix(
            weights, jnp.linalg.inv(damped), blocksize=block, group_size=config.group_size,
            activation_order=config.activation_order, order_metric=jnp.diagonal(damped),
            compute_scale_zero=keras_quantizers.GPTQQuantizer(config).find_params,
        )  # fmt: skip

    def mine(kernel: Any, hessian: Any) -> Any:
        given = {name: value for name, value in options.items() if name not in ("weight_bits", "hessian_damping")}
        damping = config.hessian_damping
        return gptq.gptq_quantize(kernel, hessian, bits=bits, damping=damping, block_size=block, **given)

    (levels, scale, zero, groups), wanted = run(mine, kernel, hessian), run(theirs, kernel.T, damped)
    plain = wanted[0].astype("uint8")
    same(levels, keras.quantizers.pack_int4(plain, axis=0, dtype="uint8")[0] if bits == 4 else plain)
    same((scale, zero, groups), (wanted[1], wanted[2], jnp.floor(wanted[3])), 1e-6)
    back = calibration.calibrated_kernel(levels, outputs, scale, zero, groups, bits)
    same(back.T, keras_quantizers.dequantize_with_sz_map(plain, *wanted[1:]), 1e-6)


@pytest.mark.parametrize("group_size", [-1, 3])
def test_awq_gives_the_levels_of_keras(group_size):
    features, outputs = 8, 5
    kernel, batches = rng.normal(size=(features, outputs)).astype("float32"), examples(features)
    batches[0][..., 2] *= 30
    batches[0][..., 4] = batches[1][..., 4] = 0
    layer = keras.layers.Dense(outputs, use_bias=False)
    layer.build((None, features))
    layer.kernel.assign(kernel)
    config = keras.quantizers.AWQConfig(None, None, group_size=group_size, num_grid_points=6)
    layer.quantize(config=config)
    theirs, magnitudes = keras_awq.AWQ(layer, config), jnp.zeros(features)
    for batch in batches:
        theirs.update_activation_magnitudes(batch)
        magnitudes = awq.add_to_magnitudes(magnitudes, batch)
    same(magnitudes, theirs.activation_magnitudes)
    theirs.quantize_layer()
    levels, scale, zero, input_scale, groups = awq.awq_quantize(
        kernel, magnitudes, group_size=group_size, num_grid_points=6
    )
    same((levels, zero), (layer.quantized_kernel.value, layer.kernel_zero.value))
    same((scale, input_scale, groups), [v.value for v in (layer.kernel_scale, layer.awq_scales, layer.g_idx)], 1e-6)
    assert input_scale[2] == input_scale.max() > 1  # the input with large values is protected
    back = calibration.calibrated_kernel(levels, outputs, scale, zero, groups, input_scale=input_scale)
    same(batches[0] @ back, layer(batches[0]), 1e-5)


def test_errors_made_up_for_are_smaller():
    """Rounding with regard to the inputs beats plain rounding; the paper's factor beats the inverse itself."""
    features = 48
    inputs = np.concatenate(examples(features)).reshape(-1, features)
    inputs = np.concatenate([inputs, inputs[:, ::-1] + inputs])
    kernel = rng.normal(size=(features, 8)).astype("float32")
    hessian, _ = gptq.add_to_hessian(jnp.zeros((features, features)), 0, inputs)

    def error(hessian: Any, **options: Any) -> float:
        rounded = functools.partial(gptq.gptq_quantize, bits=3, group_size=20, block_size=16, **options)
        levels, scale, zero, groups = run(rounded, kernel, hessian)
        assert scale.shape == zero.shape == (8, 3)  # one for each group, also where a block ends within one
        back = calibration.calibrated_kernel(levels, 8, scale, zero, groups, bits=3)
        return float(np.linalg.norm(inputs @ (back - kernel)))

    plain = error(jnp.eye(features))
    assert error(hessian, factor="cholesky") < error(hessian) < plain


def test_examples_are_cut_from_the_tokens():
    class Words:
        def tokenize(self, text: str) -> list[int]:
            return [len(word) for word in text.split()]

    windows = calibration.token_windows(["a bb ccc", "dddd"], Words(), length=3, count=4)
    assert windows.shape == (4, 1, 3) and windows.dtype == np.int32
    assert windows[0, 0].tolist() == [1, 2, 3]
    for wrong, kind in (("text", TypeError), ([], ValueError), ([[]], ValueError)):
        with pytest.raises(kind):
            calibration.token_windows(wrong, Words(), 3, 4)
    with pytest.raises(ValueError, match="three axes"):
        calibration.kernel_matrix_shape((1, 2, 3, 4))
    with pytest.raises(ValueError, match="features"):
        gptq.add_to_hessian(jnp.zeros((2, 2)), 0, np.ones((3, 4)))


def test_nothing_to_quantize_is_no_error():
    empty = jnp.zeros((0, 7))
    values, scale = integers.int8_kernel(np.ones((7, 5), "float32"))
    assert integers.int8_product(integers.DENSE, empty, values, scale, quantizers.AbsMaxQuantizer()).shape == (0, 5)
    assert gptq.add_to_hessian(jnp.ones((7, 7)), 3, empty)[1] == 3
    assert awq.add_to_magnitudes(jnp.ones(7), empty).tolist() == [1.0] * 7
    assert quantizers.compute_float8_amax_history(empty, np.ones(2, "float32")).tolist() == [0.0, 1.0]
