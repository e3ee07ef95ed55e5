"""What leaves the house computes the same: every layer, every primitive and whole networks, run by ONNX Runtime and by JAX alone."""

from __future__ import annotations

import functools
import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import layers_image_table
import layers_preprocessing_table
import layers_table
import numpy as np
import onnx
import onnxruntime
import pytest
from jax import lax
from layer_rows import BATCH, Row, cheap_draws, resolved

import tsuno
from tsuno import engine, layers, ops
from tsuno.export import ExportArchive, export_model, load_stablehlo
from tsuno.export.endpoint import Endpoint
from tsuno.export.files import onnx_model
from tsuno.export.onnx.rows import ROWS as PRIMITIVES

ROWS = [*layers_table.ROWS, *layers_preprocessing_table.ROWS, *layers_image_table.ROWS]
CHUNK = 24
CHUNKS = [pytest.param(ROWS[i : i + CHUNK], id=f"{i}-{ROWS[i].name}") for i in range(0, len(ROWS), CHUNK)]
TEXT = {"Hashing", "HashedCrossing", "StringLookup", "TextVectorization"}
QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
pytestmark = pytest.mark.filterwarnings("ignore:.*rms_scaling:UserWarning")


def session(model: Any) -> onnxruntime.InferenceSession:
    """A checked ONNX model, loaded by ONNX Runtime."""
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(program: onnxruntime.InferenceSession, arrays: list[np.ndarray]) -> list[np.ndarray]:
    return program.run(None, {each.name: array for each, array in zip(program.get_inputs(), arrays, strict=True)})


def differences(where: str, got: list[Any], wanted: list[Any], tolerance: float = 1e-5) -> Iterator[str]:
    if len(got) != len(wanted):
        yield f"{where}: {len(got)} results, not {len(wanted)}"
    for place, (one, other) in enumerate(zip(got, wanted, strict=False)):
        one, other = np.asarray(one), np.asarray(other)
        other = other.astype("float32") if other.dtype.name == "bfloat16" else other
        if one.shape != other.shape or one.dtype != other.dtype:
            yield f"{where} {place}: {one.dtype}{one.shape}, not {other.dtype}{other.shape}"
        elif other.size:
            finite = other[np.isfinite(other)].astype("float64")
            size = max(1.0, float(np.abs(finite).max())) if finite.size else 1.0
            if not np.allclose(one, other, rtol=tolerance, atol=tolerance * size, equal_nan=True):
                yield f"{where} {place}: off by {np.abs(one.astype('float64') - other).max()}"


def exported(function: Callable[..., Any], owner: Any, arrays: list[np.ndarray], batch: bool = True) -> Any:
    """The ONNX model of a function of arrays whose first size is open."""
    shapes = [(None if batch else len(x), *x.shape[1:]) if x.ndim else () for x in arrays]
    symbols = [
        tsuno.KerasTensor(shape, x.dtype.name, name=f"x{place}")
        for place, (shape, x) in enumerate(zip(shapes, arrays, strict=True))
    ]
    return onnx_model(Endpoint(owner, function, symbols))


# ---------------------------------------------------------------------- every layer


def made(row: Row) -> tuple[Any, Callable[..., Any], list[np.ndarray]]:
    """The row's layer with weights, its call as a function of arrays, and the arrays."""
    layer = getattr(layers, row.name)(**resolved(tsuno, row.kwargs), name="layer")
    flat, structure = jax.tree.flatten((row.inputs, row.call))
    is_array = [isinstance(leaf, np.ndarray) for leaf in flat]

    def call(*arrays: Any) -> Any:
        rest = iter(arrays)
        leaves = [next(rest) if given else leaf for leaf, given in zip(flat, is_array, strict=True)]
        args, kwargs = structure.unflatten(leaves)
        return layer(*args, **kwargs)

    arrays = [leaf for leaf, given in zip(flat, is_array, strict=True) if given]
    with cheap_draws():
        call(*(tsuno.KerasTensor(x.shape, x.dtype.name) for x in arrays))
    rng = np.random.default_rng(11)
    values = [rng.uniform(-1, 1, weight.shape).astype("float32") for weight in layer.weights]
    values = [np.abs(x) + 0.1 if "variance" in w.path else x for w, x in zip(layer.weights, values, strict=True)]
    layer.set_weights(values)
    for name, kwargs in row.rewrite:
        getattr(layer, name)(**resolved(tsuno, kwargs))
    return layer, call, arrays


@pytest.mark.parametrize("rows", CHUNKS)
def test_every_layer_computes_the_same_in_onnx(rows: list[Row]) -> None:
    """For the batch that it was not traced with, for one sample, and for two."""
    wrong: list[str] = []
    cases = [made(row) for row in rows]
    endpoints = [
        Endpoint(layer, call, [tsuno.KerasTensor(x.shape, x.dtype.name) for x in given]) for layer, call, given in cases
    ]
    inputs, values = [given for _, _, given in cases], [endpoint.values() for endpoint in endpoints]

    def reference(values: Any, inputs: Any) -> Any:
        return [each.flat(v, *x) for each, v, x in zip(endpoints, values, inputs, strict=True)]

    wanted = jax.jit(reference).lower(values, inputs).compile(QUICKLY)(values, inputs)
    for row, (layer, call, given), expected in zip(rows, cases, wanted, strict=True):
        program = session(exported(call, layer, given, row.batch))
        for batch in (BATCH, 1, 2) if row.batch else (BATCH,):
            got = run(program, [x[:batch] for x in given])
            wrong += differences(f"{row} of {batch}", got, [np.asarray(x)[:batch] for x in expected])
    assert not wrong, "\n".join(wrong)


def test_every_layer_has_a_row() -> None:
    public = {
        name
        for name, item in vars(layers).items()
        if inspect.isclass(item) and issubclass(item, layers.Layer) and item.__name__ == name
    }
    here = {"IntegerLookup", "JaxLayer"}  # among the networks
    bases = {"Layer", "InputLayer", "Wrapper"}
    refused = {"TFSMLayer", "TorchModuleWrapper"}
    assert public - {row.name for row in ROWS} == TEXT | here | bases | refused | {"FlaxLayer", "GroupedQueryAttention"}


@pytest.mark.parametrize("name", sorted(TEXT))
@pytest.mark.parametrize("format", ["onnx", "stablehlo"])
def test_layers_of_text_are_refused_by_name(name: str, format: str, tmp_path: Any) -> None:
    given = {"num_bins": 5} if "Hash" in name else {"vocabulary": ["a", "b"]}
    layer = getattr(layers, name)(**given, name="reader")
    x = [tsuno.Input((1,), dtype="string") for _ in range(1 + (name == "HashedCrossing"))]
    model = tsuno.Model(x, layer(x if len(x) > 1 else x[0]))
    with pytest.raises(ValueError, match=rf"`reader` \({name}\) reads or writes text.*numbers"):
        export_model(model, tmp_path / "model", format=format)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------- every primitive

rng = np.random.default_rng(3)
X = rng.uniform(-2, 2, (BATCH, 6)).astype("float32")
POSITIVE = rng.uniform(0.2, 0.9, (BATCH, 6)).astype("float32")
CUBE = rng.normal(size=(BATCH, 5, 3)).astype("float32")
IMAGE = rng.normal(size=(BATCH, 6, 7, 2)).astype("float32")
INTS = rng.integers(-40, 40, (BATCH, 6)).astype("int32")
BYTES = rng.integers(0, 255, (BATCH, 6)).astype("uint8")
BITS = rng.integers(0, 2, (BATCH, 6)).astype(bool)
PLACES = rng.integers(0, 6, (BATCH, 2)).astype("int32")
FAR = np.array([[-3, 2], [9, 1], [0, 5], [4, 4]], "int32")


ONE_DEVICE = jax.sharding.NamedSharding(
    jax.sharding.Mesh(np.array(jax.devices()[:1]), "a"), jax.sharding.PartitionSpec()
)


def window(operation: Any, start: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda x: lax.reduce_window(x, x.dtype.type(start), operation, (1, 3, 2, 1), (1, 2, 1, 1), **options)


def along_rows(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one sample, for all."""
    return lambda *arrays: jax.vmap(function)(*arrays)


def until_large(x: Any) -> Any:
    return lax.while_loop(lambda s: (s[0] < 9) & (s[1].sum() < 1e3), lambda s: (s[0] + 2, s[1] * 1.5 + 1), (0, abs(x)))


def growing(x: Any) -> Any:
    return lax.scan(lambda c, i: (c + i.sum(-1, keepdims=True), c * 2), x[:, 0], jnp.moveaxis(x, 1, 0), reverse=True)


def counted(x: Any) -> Any:
    return lax.scan(lambda c, _: (c * 1.5, c.sum(-1)), x, None, length=4, reverse=True)


def three_ways(x: Any) -> Any:
    return lax.switch(jnp.int32(x.shape[0] % 3), [lambda x: x, lambda x: -x, lambda x: x * x], x)


def one_way(x: Any) -> Any:
    return lax.cond(x.sum() > 0, lambda x: (x + 1, x), lambda x: (x * 2, -x), x)


SIMPLE = {
    name: (getattr(lax, name), X)
    for name in [
        "abs",
        "asinh",
        "atan",
        "cbrt",
        "ceil",
        "cos",
        "cosh",
        "erf",
        "erfc",
        "exp",
        "exp2",
        "expm1",
        "floor",
        "logistic",
        "neg",
        "sign",
        "sin",
        "sinh",
        "square",
        "tan",
        "tanh",
        "is_finite",
    ]
}
SIMPLE |= {name: (getattr(lax, name), POSITIVE) for name in ["acos", "asin", "atanh", "log", "log1p", "rsqrt", "sqrt"]}
SIMPLE |= {
    name: (getattr(lax, name), X, X[::-1].copy())
    for name in ["add", "atan2", "div", "eq", "ge", "gt", "le", "lt", "max", "min", "mul", "ne", "rem", "sub"]
}
TABLE: dict[str, tuple[Any, ...]] = {
    **SIMPLE,
    "acosh": (lax.acosh, POSITIVE + 1), "pow": (lax.pow, POSITIVE, X), "integer_pow": (lambda x: (x**3, x**2, x**-1), X),
    "round": (lambda x: (lax.round(x), lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN)), np.float32([[0.5, 1.5, -2.5, 0.2]])),
    "clamp": (lambda x, y: (lax.clamp(-1.0, x, 1.0), lax.clamp(-abs(y), x, abs(y))), X, X[::-1].copy()),
    "and": (lambda x, y: (x & y, y.astype("int32") & 3), BITS, BITS[::-1].copy()), "or": (lambda x, y: (x | y, INTS | 5), BITS, BITS[::-1].copy()),
    "xor": (lambda x, y: (x ^ y, x.astype("int32") ^ 6), BITS, BITS[::-1].copy()), "not": (lambda x: (~x, ~x.astype("int32")), BITS),
    "sharding_constraint": (lambda x: lax.with_sharding_constraint(x, ONE_DEVICE), X), "lt_to": (lambda x: jnp.searchsorted(jnp.float32([-1, 0, 1]), x), X),
    "le_to": (lambda x: jnp.searchsorted(jnp.float32([-1, 0, 1]), x, side="right"), X),
    "select_n": (lambda x, w: (jnp.where(x > 0, x, 0), lax.select_n(w % 3, x, -x, x * 2), jnp.where(x > 0, x > 1, x < -1)), X, np.abs(INTS)),
    "shift_left": (lambda x, y: (x << 2, y << 3, x << (abs(x) % 4)), INTS, BYTES), "shift_right_arithmetic": (lambda x: (x >> 2, x.astype("int8") >> 4), INTS),
    "shift_right_logical": (lambda x, y: (lax.shift_right_logical(x, np.int32(3)), lax.shift_right_logical(y, np.uint8(2))), INTS, BYTES),
    "convert_element_type": (lambda x, y: (x.astype("int32"), y.astype("float32"), x.astype(bool), x.astype("float16"), y.astype("int8")), X, INTS),
    "reduce_precision": (lambda x: lax.reduce_precision(x, 8, 23), X), "copy": (jnp.copy, X), "stop_gradient": (lax.stop_gradient, X),
    "optimization_barrier": (lambda x, y: lax.optimization_barrier((x, y)), X, X + 1),
    "broadcast_in_dim": (lambda x: (x[:, None, :] * jnp.ones((1, 3, 1)), jnp.broadcast_to(x[:, :1], x.shape)), X),
    "reshape": (lambda x: (x.reshape(-1, 5), x.reshape(x.shape[0], -1), x.reshape(3, -1, 5)), CUBE), "squeeze": (lambda x: jnp.squeeze(x[:, 1:2], 1), CUBE),
    "transpose": (lambda x: (x.T, jnp.swapaxes(x, 0, 1)), CUBE), "iota": (lambda x: (x + jnp.arange(x.shape[0])[:, None], x * lax.iota("float32", 6)), X),
    "slice": (lambda x: (x[:, 1:4], x[1:, ::2], x[:, -2:], x.T[2:4]), CUBE), "rev": (lambda x: (jnp.flip(x, 1), jnp.flip(x)), CUBE), "concatenate": (lambda x: (jnp.concatenate([x, 2 * x], 1), jnp.concatenate([x, x], 0)), CUBE),
    "stack": (lambda x: jnp.stack([x, x + 1], 1), X), "split": (lambda x: lax.split(x, [2, 3], 1), CUBE), "dim_as_value": (lambda x: x * x.shape[0] + x.sum() / (2 * x.shape[0] // 3), X),
    "pad": (lambda x: (lax.pad(x, 1.0, [(0, 0, 0), (2, 1, 0), (-1, 0, 0)]), lax.pad(x, 0.0, [(0, 0, 0), (1, 0, 2), (0, -1, 1)]), jnp.pad(x, ((0, 0), (2, 2), (1, 0)), "reflect")), CUBE),
    "argmax": (lambda x, y: (jnp.argmax(x, 1), jnp.argmax(y, 1), jnp.argmax(x, 0)), X, BYTES), "argmin": (lambda x: jnp.argmin(x, 1), X), "cumsum": (lambda x: (jnp.cumsum(x, 1), lax.cumsum(x, 1, reverse=True)), CUBE),
    "cumprod": (lambda x: (lax.cumprod(x, 1), lax.cumprod(x, 1, reverse=True)), CUBE), "cummax": (lambda x: (lax.cummax(x, 1), lax.cummax(x[:, 0], 1)), CUBE), "cummin": (lambda x: lax.cummin(x, 1, reverse=True), CUBE),
    "reduce_and": (lambda x: x.all(1), BITS), "reduce_or": (lambda x: x.any(0), BITS), "reduce_sum": (lambda x, y: (x.sum(1), x.mean((0, 2)), y.sum(1)), CUBE, BYTES),
    "reduce_max": (lambda x, y: (x.max(1), y.max(1, keepdims=True)), CUBE, BYTES), "reduce_min": (lambda x: x.min((1, 2)), CUBE), "reduce_prod": (lambda x: x.prod(1), X),
    "sort": (lambda x, y: (jnp.sort(x, 1), jnp.argsort(-y, axis=1), lax.sort((y % 2, x), num_keys=2), jnp.sort(jnp.where(x > 1, jnp.nan, x), 1)), X, INTS), "top_k": (lambda x, y: (lax.top_k(x, 2), lax.top_k(y, 3)), X, INTS),
    "dot_general": (lambda x, y: (x @ y.swapaxes(1, 2), jnp.einsum("bij,bkj->bki", x, y), jnp.tensordot(x, jnp.ones((5, 3, 2)), 2), jnp.einsum("bij,bkl->bijkl", x, y), jnp.ones((2, 5)) @ x, (x * 9).astype("int32") @ y.swapaxes(1, 2).astype("int32")), CUBE, CUBE + 1),
    "conv_general_dilated": (lambda x: (lax.conv_general_dilated(x, jnp.ones((3, 2, 2, 4)) * x[0, 0, 0, 0], (1, 2), ((1, 0), (-1, 2)), rhs_dilation=(1, 2), dimension_numbers=("NHWC", "HWIO", "NHWC")), lax.conv_general_dilated(x, jnp.ones((2, 2, 1, 4)), (2, 1), ((0, 0), (1, 0)), lhs_dilation=(2, 3), feature_group_count=2, dimension_numbers=("NHWC", "HWIO", "NCHW"))), IMAGE),
    "fft": (lambda x: (jnp.fft.rfft(x).real, lax.fft(lax.fft(x, "RFFT", (5,)), "IRFFT", (5,))), CUBE[..., 0]), "real": (lambda x: jnp.fft.rfft(x).real, X), "imag": (lambda x: lax.imag(lax.fft(lax.complex(x, 2 * x), "FFT", (6,))), X), "complex": (lambda x: lax.real(lax.fft(lax.complex(x, -x), "IFFT", (5, 3))), CUBE),
    "reduce_window_max": (window(lax.max, -np.inf, padding="SAME"), IMAGE), "reduce_window_min": (window(lax.min, np.inf, padding="VALID"), IMAGE), "reduce_window_sum": (lambda x: (window(lax.add, 0, padding="SAME")(x), lax.reduce_window(x[:, 0], np.float32(0), lax.add, (1, 4, 1), (1, 1, 1), "VALID"), lax.reduce_window(x[..., 0, 0], np.float32(0), lax.add, (1, 3), (1, 1), ((0, 0), (2, 0)))), IMAGE),
    "gather": (lambda x, i, f: (jnp.take(x, i, axis=1, mode="clip"), jnp.take_along_axis(x[:, :, 0], f, 1), x[i % x.shape[0], f % 3], x[:, [0, 2]], jnp.take(x, f, axis=1, mode="fill"), jax.vmap(lambda a, b: lax.dynamic_slice(a, (b[0], 0), (2, 3)))(x, i)), rng.normal(size=(BATCH, 6, 3)).astype("float32"), PLACES, FAR),
    "scatter": (lambda x, f: (x.at[:, 1].set(0.0), jax.vmap(lambda a, b: a.at[b].set(7.0))(x, f), x.at[:, 1:3].set(x[:, 3:5])), X, FAR), "scatter-add": (lambda x, f: (along_rows(lambda a, b: a.at[b].add(a[:2]))(x, f), jnp.zeros((9, 6)).at[f[:, 0]].add(x), along_rows(lambda a, b: a.at[b].add(1.0, mode="clip"))(x, f)), X, FAR),
    "scatter-mul": (lambda x: x.at[:, [0, 2]].multiply(3.0), X), "scatter-max": (lambda x, i: jnp.zeros((6,)).at[i[:, 0]].max(x[:, 0]), X, PLACES), "scatter-min": (lambda x, i: jnp.zeros((6,)).at[i[:, 0]].min(x[:, 0]), X, PLACES),
    "dynamic_slice": (lambda x, i: (lax.dynamic_slice(x, (0, i[0, 0], 1), (x.shape[0], 3, 2)), lax.dynamic_index_in_dim(x, 2, 1)), CUBE, PLACES), "dynamic_update_slice": (lambda x, i: (lax.dynamic_update_slice(x, x[:, :2, :1] * 9, (0, i[0, 0], 1)), lax.dynamic_update_index_in_dim(x, x[:, 0] + 5, 9, 1)), CUBE, PLACES),
    "scan": (lambda x: (growing(x), counted(x[:, 0])), CUBE), "while": (until_large, X), "cond": (lambda x: (one_way(x), three_ways(x)), X), "platform_index": (lambda x: lax.platform_dependent(x, cpu=lambda x: x + 1, default=lambda x: x + 1), X),
}  # fmt: skip


def primitives_of(jaxpr: Any) -> set[str]:
    found = set()
    for equation in jaxpr.eqns:
        found.add(equation.primitive.name)
        for value in equation.params.values():
            for inner in value if isinstance(value, (list, tuple)) else [value]:
                inner = getattr(inner, "jaxpr", inner)
                found |= primitives_of(inner) if hasattr(inner, "eqns") else set()
    return found


@functools.cache
def programs() -> dict[str, Any]:
    """What the functions of the table are made of."""
    (batch,) = engine.symbolic_sizes(["batch"])
    return {
        name: engine.traced_program(function, *(engine.Spec((batch, *x.shape[1:]), x.dtype) for x in arrays))[0]
        for name, (function, *arrays) in TABLE.items()
    }


@pytest.mark.parametrize("names", [list(TABLE)[i::4] for i in range(4)], ids=range(4))
def test_every_primitive_computes_the_same_in_onnx(names: list[str]) -> None:
    wrong: list[str] = []
    for name in names:
        function, *arrays = TABLE[name]
        program = session(exported(function, [], arrays))
        for batch in (len(arrays[0]), 3):
            given = [x[:batch] for x in arrays]
            wrong += differences(name, run(program, given), jax.tree.leaves(function(*map(jnp.asarray, given))))
    assert not wrong, "\n".join(wrong)


def test_every_row_of_the_table_of_primitives_is_tried() -> None:
    tried = set().union(*(primitives_of(program.jaxpr) for program in programs().values()))
    assert set(PRIMITIVES) <= tried, sorted(set(PRIMITIVES) - tried)


# ---------------------------------------------------------------------- whole networks


def cnn() -> Any:
    return tsuno.Sequential([
        tsuno.Input((12, 12, 1), name="image"), layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
        layers.MaxPooling2D(), layers.DepthwiseConv2D(3), layers.Conv2D(6, 1, activation="relu"), layers.AveragePooling2D(),
        layers.GlobalAveragePooling2D(), layers.Dropout(0.5), layers.Dense(3, activation="softmax", name="classes"),
    ])  # fmt: skip


def recurrent() -> Any:
    x = tsuno.Input((None, 3), name="sequence")
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(layers.Masking()(x))
    y = layers.GRU(4)(layers.SimpleRNN(4, return_sequences=True)(y))
    return tsuno.Model(x, layers.Dense(1, name="value")(y))


def transformer() -> Any:
    tokens = tsuno.Input((6,), dtype="int32", name="tokens")
    x = layers.Embedding(20, 8)(tokens)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True))
    x = layers.LayerNormalization()(x + layers.Dense(8)(layers.Dense(16, activation="gelu")(x)))
    return tsuno.Model(tokens, layers.Dense(20, name="logits")(x))


def unet() -> Any:
    x = tsuno.Input((8, 8, 3), name="image")
    down = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    deep = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.MaxPooling2D()(down))
    up = layers.Concatenate()([down, layers.Conv2DTranspose(4, 3, strides=2, padding="same")(deep)])
    return tsuno.Model(x, layers.Conv2D(1, 1, activation="sigmoid", name="mask")(up))


def several() -> Any:
    a, b = tsuno.Input((3,), name="a"), tsuno.Input((4,), name="b")
    joined = layers.Concatenate()([a, b])
    return tsuno.Model([b, a], {"one": layers.Dense(2)(joined), "two": layers.Dense(1)(a), "same": b})


def by_name() -> Any:
    a, b = tsuno.Input((3,), name="left"), tsuno.Input((3,), name="right", dtype="int32")
    return tsuno.Model({"p": a, "n": b}, [layers.Dense(2, name="first")(a), ops.cast(b, "float32") * a])


def mixed(policy: str) -> Any:
    return tsuno.Sequential([
        tsuno.Input((8, 8, 2), name="x"), layers.Conv2D(4, 3, dtype=policy, activation="relu"), layers.BatchNormalization(dtype=policy),
        layers.Flatten(), layers.Dense(3, dtype=policy, activation="softmax", name="y"),
    ])  # fmt: skip


class Own(tsuno.Model):
    """A model of a user's own, with a loop and a choice in `call`."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(4, activation="tanh")
        self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")

    def call(self, inputs: Any) -> Any:
        x = ops.fori_loop(0, 3, lambda i, s: s + self.hidden(s), self.hidden(inputs))
        return ops.cond(ops.sum(self.scale) > 100, lambda: x, lambda: x * self.scale)


def own() -> Any:
    model = Own()
    model(np.zeros((2, 4), "float32"))
    return model


def looked_up() -> Any:
    x = tsuno.Input((3,), dtype="int32", name="ids")
    y = layers.Embedding(6, 2)(layers.IntegerLookup(vocabulary=[7, 3, 90, 12], name="lookup")(x))
    z = layers.JaxLayer(lambda params, inputs: jnp.sin(inputs) * params, params=np.float32(3))(y)
    return tsuno.Model(x, layers.Lambda(lambda t: ops.sort(t, axis=1), name="sorted")(z))


def normals(*sizes: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(5, *sizes)).astype("float32")


NETWORKS: dict[str, tuple[Callable[[], Any], list[np.ndarray], list[str], list[str], float]] = {
    "cnn": (cnn, [normals(12, 12, 1)], ["image"], ["classes"], 1e-5),
    "recurrent": (recurrent, [normals(5, 3)], ["sequence"], ["value"], 1e-5),
    "transformer": (transformer, [np.arange(30, dtype="int32").reshape(5, 6) % 20], ["tokens"], ["logits"], 1e-5),
    "unet": (unet, [normals(8, 8, 3)], ["image"], ["mask"], 1e-5),
    "several": (several, [normals(4), normals(3)], ["b", "a"], ["one", "same", "two"], 1e-5),
    "by name": (by_name, [np.arange(15, dtype="int32").reshape(5, 3), normals(3)], ["n", "p"], ["first", "multiply"], 1e-5),
    "float16": (lambda: mixed("float16"), [normals(8, 8, 2)], ["x"], ["y"], 3e-3),
    "mixed_bfloat16": (lambda: mixed("mixed_bfloat16"), [normals(8, 8, 2)], ["x"], ["y"], 2e-2),
    "own": (own, [normals(4)], ["inputs"], ["output"], 1e-5),
    "looked up": (looked_up, [np.array([[7, 3, 5]] * 5, "int32") + np.arange(5, dtype="int32")[:, None]], ["ids"], ["sorted"], 1e-5),
}  # fmt: skip


@functools.cache
def network(name: str) -> tuple[Any, list[np.ndarray], list[np.ndarray]]:
    make, inputs, *_ = NETWORKS[name]
    model = make()
    draw = np.random.default_rng(4)
    model.set_weights(
        [
            x if x.dtype.kind != "f" else np.asarray(abs(draw.normal(0.1, 0.3, x.shape)) + 0.1, x.dtype)
            for x in model.get_weights()
        ]
    )
    given = dict(zip(model.input_names, inputs, strict=True)) if name == "by name" else inputs
    outputs = model(given if len(inputs) > 1 else inputs[0], training=False)
    return model, inputs, [np.asarray(x) for x in tsuno.tree.flatten(outputs)]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_compute_the_same_in_onnx(name: str, tmp_path: Any) -> None:
    model, inputs, wanted = network(name)
    *_, input_names, output_names, tolerance = NETWORKS[name]
    path = tmp_path / "model.onnx"
    export_model(model, path, verbose=False)
    program = session(onnx.load(path))
    assert [each.name for each in program.get_inputs()] == input_names
    assert [each.name for each in program.get_outputs()] == output_names
    assert all(each.shape[0] == "batch" for each in (*program.get_inputs(), *program.get_outputs()))
    for batch in (5, 1, 2):
        got = run(program, [x[:batch] for x in inputs])
        assert not list(differences(name, got, [x[:batch] for x in wanted], tolerance))


@pytest.mark.parametrize("name", ["recurrent", "by name", "several", "mixed_bfloat16"])
def test_networks_compute_the_same_in_stablehlo(name: str, tmp_path: Any) -> None:
    """Read back by Tsuno; and by JAX alone, in a process that has none of Tsuno's classes."""
    model, inputs, wanted = network(name)
    path = tmp_path / "model.stablehlo"
    export_model(model, path, verbose=False)
    given: Any = (
        inputs[0] if len(inputs) == 1 else dict(zip("np", inputs, strict=True)) if name == "by name" else inputs
    )
    program = load_stablehlo(path)
    assert program.platforms == ("cpu", "cuda", "tpu")
    assert all(shape[0] is None for shape in program.input_shapes)
    for batch in (5, 2):
        got = program(jax.tree.map(lambda x, batch=batch: x[:batch], given))
        wide = [np.asarray(x, "float32") for x in tsuno.tree.flatten(got)]
        assert not list(
            differences(name, wide, [np.asarray(x[:batch], "float32") for x in wanted], 1e-2 if "16" in name else 1e-5)
        )
    if name == "several":
        np.savez(tmp_path / "x.npz", *inputs)
        code = (
            "import json, sys, numpy as np, jax\nfrom jax import export\n"
            f"program = export.deserialize(bytearray(open({str(path)!r}, 'rb').read()))\n"
            f"x = np.load({str(tmp_path / 'x.npz')!r})\ny = program.call([x['arr_0'], x['arr_1']])\n"
            "assert 'tsuno' not in sys.modules\nprint(json.dumps({k: np.asarray(v).tolist() for k, v in y.items()}))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        assert not list(differences(name, [np.float32(found[key]) for key in sorted(found)], wanted))


def test_unknown_lengths_stay_open(tmp_path: Any) -> None:
    """Several of them at once, each on its own."""
    query, value = tsuno.Input((None, 4), name="query"), tsuno.Input((None, 4), name="value")
    model = tsuno.Model([query, value], layers.LSTM(3, go_backwards=True)(layers.Attention()([query, value])))
    export_model(model, tmp_path / "model.onnx", verbose=False)
    program = session(onnx.load(tmp_path / "model.onnx"))
    for sizes in ((2, 3, 7), (1, 6, 1)):
        given = [normals(n, 4)[: sizes[0]] for n in sizes[1:]]
        assert not list(differences("", run(program, given), [model(given)]))


def strided(x: Any) -> Any:
    x = layers.Conv2D(3, 3, strides=2, padding="same")(x)
    x = layers.DepthwiseConv2D(2, padding="same")(layers.MaxPooling2D(3, strides=2, padding="same")(x))
    return layers.AveragePooling2D(2, padding="same")(layers.UpSampling2D()(x))


def hourglass(x: Any) -> Any:
    wide = layers.Conv2D(3, 3, padding="same")(x)
    return layers.Concatenate()([wide, layers.Conv2DTranspose(3, 2, strides=2)(layers.MaxPooling2D()(wide))])


def attended(x: Any) -> Any:
    return layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)


OPEN: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...], list[tuple[int, ...]]]] = {
    "strided": (strided, (None, None, 2), [(9, 12, 2), (16, 7, 2)]),
    "hourglass": (
        hourglass,
        (None, None, 2),
        [(32, 64, 2), (96, 32, 2)],
    ),  # multiples of 32: its halves must fit together
    "attended": (attended, (None, 4), [(3, 4), (7, 4)]),
    "causal": (lambda x: layers.Conv1D(2, 3, padding="causal", dilation_rate=2)(x), (None, 4), [(5, 4), (9, 4)]),
}


@pytest.mark.parametrize("name", OPEN)
def test_sizes_of_images_and_sequences_stay_open(name: str, tmp_path: Any) -> None:
    draw, shape, sizes = OPEN[name]
    x = tsuno.Input(shape)
    model = tsuno.Model(x, draw(x))
    export_model(model, tmp_path / "model.onnx", verbose=False)
    program = session(onnx.load(tmp_path / "model.onnx"))
    for size in sizes:
        given = normals(*size)[:2]
        assert not list(differences(f"{name} {size}", run(program, [given]), [model(given)]))


def test_the_graph_is_that_of_the_layers(tmp_path: Any) -> None:
    """Nodes and weights carry their layers' names; layouts cost a turn at the ends, constants nothing."""
    model, *_ = network("cnn")
    export_model(model, tmp_path / "model.onnx", verbose=False)
    graph = onnx.load(tmp_path / "model.onnx").graph
    conv, _, relu, *_ = (layer.name for layer in model.layers)
    assert [node.op_type for node in graph.node] == [
        "Transpose", "Conv", "Relu", "MaxPool", "Conv", "Conv", "Relu", "AveragePool", "ReduceMean", "MatMul", "Add", "Softmax",
    ]  # fmt: skip
    assert graph.node[1].name == f"{conv}/Conv" and graph.node[2].name == f"{relu}/Relu"
    weights = {each.name: tuple(each.dims) for each in graph.initializer}
    assert weights[f"{conv}/kernel"] == (4, 1, 3, 3) and weights[f"{conv}/bias"] == (4,)
    assert weights["classes/kernel"] == (6, 3) and weights["classes/bias"] == (3,)
    export_model(network("unet")[0], tmp_path / "model.onnx", verbose=False)
    kinds = [node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node]
    assert [kinds[0], kinds[-1], kinds.count("Transpose")] == ["Transpose", "Transpose", 2]


def test_recurrent_layers_are_operators_where_there_are_such(tmp_path: Any) -> None:
    """With and without a bias, forwards and backwards; what has another form is a Scan."""
    x = tsuno.Input((None, 3))
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True, use_bias=False))(x)
    y = layers.GRU(3, return_sequences=True, go_backwards=True)(layers.SimpleRNN(4, return_sequences=True)(y))
    model = tsuno.Model(x, layers.GRU(2, reset_after=False)(y))
    rng = np.random.default_rng(6)
    model.set_weights([rng.normal(0, 0.5, w.shape).astype("float32") for w in model.get_weights()])
    export_model(model, tmp_path / "model.onnx", verbose=False)
    loaded = onnx.load(tmp_path / "model.onnx")
    kinds = [node.op_type for node in loaded.graph.node]
    assert [kinds.count(kind) for kind in ("LSTM", "RNN", "GRU", "Scan")] == [2, 1, 1, 1]
    given = normals(6, 3)
    assert not list(differences("", run(session(loaded), [given]), [model(given)]))


def test_weights_that_begin_alike_are_kept_apart() -> None:
    """Large parts of one weight have the same shape and the same owner of their memory."""
    table = tsuno.Variable(np.arange(8000, dtype="float32").reshape(4, 2000))
    x = normals(2000)
    program = session(exported(lambda x: (x * table.value[0], x * table.value[1], x * table.value[3]), [table], [x]))
    values = table.numpy()
    assert not list(differences("", run(program, [x[:2]]), [x[:2] * values[place] for place in (0, 1, 3)]))


@pytest.mark.parametrize(("mode", "most"), [("int8", 80_000), ("int4", 60_000)])
def test_small_weights_stay_small(mode: str, most: int, tmp_path: Any) -> None:
    """Weights of few bits are written as such."""
    model = tsuno.Sequential([tsuno.Input((256,)), layers.Dense(256, name="a")])
    model.quantize(mode)
    export_model(model, tmp_path / "model.onnx", verbose=False)
    assert (tmp_path / "model.onnx").stat().st_size < most
    x = normals(256)
    assert not list(differences("", run(session(onnx.load(tmp_path / "model.onnx")), [x]), [model(x)]))


def test_weights_too_large_for_one_file_lie_beside_it(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("tsuno.export.files._LARGEST", 1000)
    model = tsuno.Sequential([tsuno.Input((64,)), layers.Dense(32), layers.Dense(64)])
    export_model(model, tmp_path / "model.onnx", verbose=False)
    assert (tmp_path / "model.onnx.data").stat().st_size == 4 * 2 * 64 * 32
    program = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    assert not list(differences("", run(program, [normals(64)]), [model(normals(64))]))


@pytest.mark.parametrize("opset", [18, 19, 21, 22, 23])
def test_other_versions_of_the_operators(opset: int, tmp_path: Any) -> None:
    model, inputs, wanted = network("transformer")
    export_model(model, tmp_path / "model.onnx", verbose=False, opset_version=opset)
    assert not list(differences("", run(session(onnx.load(tmp_path / "model.onnx")), inputs), wanted))


def test_random_layers_and_state_are_as_in_inference(tmp_path: Any) -> None:
    """What is drawn when nothing is trained, with a known shape, is a constant of the file."""
    seeds = tsuno.random.SeedGenerator(3)
    first = np.asarray(tsuno.random.uniform((4,), seed=tsuno.random.SeedGenerator(3)))
    program = session(exported(lambda x: x + tsuno.random.uniform((4,), seed=seeds), [seeds], [normals(4)]))
    assert not list(differences("", run(program, [normals(4)]), [normals(4) + first]))


# ---------------------------------------------------------------------- signatures, archives


def test_a_signature_says_what_is_open(tmp_path: Any) -> None:
    model = own()
    spec = tsuno.InputSpec(shape=(7, 4), dtype="float32", name="seven")
    export_model(model, tmp_path / "model.onnx", input_signature=[spec], verbose=False, opset_version=18)
    loaded = onnx.load(tmp_path / "model.onnx")
    program = session(loaded)
    assert loaded.opset_import[0].version == 18
    assert [(each.name, each.shape) for each in program.get_inputs()] == [("seven", [7, 4])]
    x = np.ones((7, 4), "float32")
    assert not list(differences("", run(program, [x]), [model(x)]))


@pytest.mark.parametrize("ending", ["onnx", "stablehlo"])
def test_an_archive_holds_functions_of_ones_own(ending: str, tmp_path: Any, capsys: Any) -> None:
    model, inputs, wanted = network("own")
    archive = ExportArchive()
    archive.track(model)
    archive.add_endpoint("twice", lambda x: 2 * model(x), [tsuno.InputSpec(shape=(None, 4), dtype="float32", name="x")])
    assert [v.path for v in archive.variables] == [v.path for v in model.variables]
    assert archive.trainable_variables and not archive.non_trainable_variables
    with pytest.raises(ValueError, match="an endpoint named 'twice' already"):
        archive.add_endpoint("twice", model)
    path = tmp_path / f"model.{ending}"
    archive.write_out(path)
    assert "twice" in capsys.readouterr().out
    got = run(session(onnx.load(path)), inputs) if ending == "onnx" else [load_stablehlo(path)(*inputs)]
    assert not list(differences("", got, [2 * wanted[0]]))
    archive.track_and_add_endpoint("once", model)
    with pytest.raises(ValueError, match="holds one function"):
        archive.write_out(path)


# ---------------------------------------------------------------------- errors


def failing(call: Callable[[Any], Any]) -> Any:
    x = tsuno.Input((3, 3), name="x")
    return tsuno.Model(x, layers.Lambda(call, name="odd")(x))


def untouched() -> Any:
    model = Own()
    model.built = True
    return model


ERRORS: dict[str, tuple[Callable[[], Any], dict[str, Any], type[Exception], str]] = {
    "primitive": (lambda: failing(lambda x: ops.svd(x, compute_uv=False)), {"format": "onnx"}, NotImplementedError, "The layer `odd` computes 'svd'.*stablehlo"),
    "format": (cnn, {"format": "onx"}, ValueError, "Unknown format of `export` 'onx'. Did you mean 'onnx'"),
    "openvino": (cnn, {"format": "openvino"}, ValueError, "OpenVINO reads ONNX"),
    "option": (cnn, {"format": "onnx", "opset": 18}, TypeError, "no argument 'opset'.*'opset_version'"),
    "opset": (cnn, {"format": "onnx", "opset_version": 9}, ValueError, "opset_version` must be an integer from 18"),
    "platform": (cnn, {"format": "stablehlo", "platforms": ["gpus"]}, ValueError, "Unknown platform 'gpus'"),
    "unbuilt": (lambda: tsuno.Sequential([layers.Dense(2)]), {"format": "onnx"}, ValueError, "has no weights yet"),
    "uncalled": (untouched, {"format": "onnx"}, ValueError, "call it on a batch first, or give `input_signature`"),
    "signature": (own, {"format": "onnx", "input_signature": [3]}, ValueError, "`input_signature` must be a structure"),
    "sizes": (lambda: failing(lambda x: ops.reshape(x, (int(x.shape[0]), 9))), {"format": "onnx"}, ValueError, "cannot be exported for inputs of shape .*input_signature"),
    "no TensorFlow": (cnn, {}, ImportError, "needs TensorFlow.*'onnx'.*'stablehlo'"),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_errors_say_what_to_do(case: str, tmp_path: Any, monkeypatch: Any) -> None:
    make, kwargs, kind, message = ERRORS[case]
    model = make()
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(kind, match=message):
        export_model(model, tmp_path / "model", **kwargs)
    assert not list(tmp_path.iterdir())


def test_without_the_package_onnx(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install tsuno\[onnx\]"):
        export_model(network("cnn")[0], tmp_path / "model.onnx")


def test_damaged_programs(tmp_path: Any) -> None:
    (tmp_path / "x.stablehlo").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="does not hold a program in StableHLO"):
        load_stablehlo(tmp_path / "x.stablehlo")


def test_what_was_written_is_said(tmp_path: Any, capsys: Any) -> None:
    export_model(network("cnn")[0], tmp_path / "model.onnx")
    assert "model.onnx" in capsys.readouterr().out
