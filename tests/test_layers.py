"""Laws that every layer obeys, over the rows of `layers_table`; real Keras, with the same weights, is the reference.

Compiling is what takes time here, so laws about programs take rows by the chunk, one program per library.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import layers_image_table
import layers_preprocessing_table
import layers_table
import numpy as np
import pytest
from layer_rows import BATCH, Row, cheap_draws, resolved

import tsuno
from tsuno import layers

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

ROWS = [*layers_table.ROWS, *layers_preprocessing_table.ROWS]
CHUNK = 12
CHUNKS = [pytest.param(ROWS[i : i + CHUNK], id=f"{i}-{ROWS[i].name}") for i in range(0, len(ROWS), CHUNK)]
FIRST = {row.name: row for row in reversed(ROWS)}
LAST = {row.name: row for row in ROWS}
TOLERANCE = 1e-5
pytestmark = pytest.mark.filterwarnings("ignore:.*rms_scaling:UserWarning")
QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""Options of XLA's: the programs here run once."""


def make(lib: Any, row: Row, **more: Any) -> Any:
    """The row's layer in one of the libraries."""
    return getattr(lib.layers, row.name)(**resolved(lib, row.kwargs), **{"name": "layer", **more})


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


def drawn(row: Row, batch: int | None) -> list[Any]:
    """What a new layer gives for symbolic tensors."""
    args, kwargs = symbols(tsuno, row, batch)
    with cheap_draws():
        return leaves(make(tsuno, row)(*args, **kwargs))


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
    for name, kwargs in row.rewrite:
        for lib, layer in ((keras, theirs), (tsuno, ours)):
            getattr(layer, name)(**resolved(lib, kwargs))
        if name == "enable_lora":  # new weights are random
            ours.set_weights(theirs.get_weights())
    return ours, theirs


def takes_training(layer: Any) -> bool:
    return "training" in inspect.signature(layer.call).parameters


def results(layer: Any, row: Row, state: Any, inputs: Any, own: bool) -> dict[str, Any]:
    """Outputs in inference; outputs, state after and gradients in training. Of a layer of ours also the outputs for one sample alone, and
    the slope along some direction: as the gradient has it, and as two points have it."""

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

    moving = [x for x in inputs if is_float(x)]
    gradients, (trained, after) = jax.grad(scalar, argnums=(0, 1), has_aux=True)(state[0], moving)
    # No row is random: only a normalization computes something else in inference.
    outputs = call(state[0], inputs, False)[0] if normalizes(layer) else trained
    found = {"output": outputs, "output in training": trained, "state": after, "gradient": leaves(gradients)}
    if own and row.batch:
        found["sample"] = call(state[0], [x[1:2] for x in inputs], not normalizes(layer))[0]
    if own and is_smooth(row) and leaves(gradients):
        way = jax.tree.map(lambda x: np.sin(1 + np.arange(x.size)).reshape(x.shape).astype(x.dtype), (state[0], moving))
        ahead, behind = (
            scalar(*jax.tree.map(lambda x, v, step=step: x + step * v, (state[0], moving), way))[0]
            for step in (STEP, -STEP)
        )
        found["slope"] = [
            sum((g * v).sum() for g, v in zip(leaves(gradients), leaves(way), strict=True)),
            (ahead - behind) / (2 * STEP),
        ]
    return found


STEP = 4e-3


def is_smooth(row: Row) -> bool:
    """Whether two points show the gradient: not where integers stand for weights or statistics count as constants, nor at the kinks of maxima."""
    kinked = any(part in str(row) for part in ("Max", "Min", "Masking", "Spectral", "relu", "LU(", "hard"))
    return not row.rewrite and not row.kwargs.get("renorm") and not kinked


def normalizes(layer: Any) -> bool:
    """Whether the layer, or the one inside it, keeps averages or norms from training."""
    return any(
        type(x).__name__ in ("BatchNormalization", "SpectralNormalization")
        for x in (layer, getattr(layer, "layer", None))
    )


def program(made: list[Any], rows: list[Row], own: bool = False) -> list[dict[str, Any]]:
    """`results` for many layers of one library, in one compiled program."""
    states = [
        ([np.asarray(v) for v in x.trainable_variables], [np.asarray(v) for v in x.non_trainable_variables])
        for x in made
    ]
    inputs = [[leaf for leaf in leaves((row.inputs, row.call)) if isinstance(leaf, np.ndarray)] for row in rows]

    def run(states: Any, inputs: Any) -> Any:
        return [results(*each, own) for each in zip(made, rows, states, inputs, strict=True)]

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
    tables = (ROWS, layers_image_table.ROWS)
    bases = {"Layer", "InputLayer", "Wrapper"}
    text = {"Hashing", "HashedCrossing", "IntegerLookup", "StringLookup", "TextVectorization"}  # test_preprocessing.py
    foreign = {"FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"}  # test_foreign_layers.py
    assert (
        public - {row.name.replace("GroupQ", "GroupedQ") for table in tables for row in table} == bases | text | foreign
    )


@pytest.mark.parametrize("rows", CHUNKS)
def test_the_numbers_are_those_of_keras(rows: list[Row]) -> None:
    """Same weights, same input: same outputs, state after a step and gradients. Compiled = eager; a sample alone = the same among others;
    gradient = finite differences."""
    pairs = [pair(row) for row in rows]
    ours, theirs = program([x for x, _ in pairs], rows, own=True), program([x for _, x in pairs], rows)
    wrong: list[str] = []
    for row, (layer, _), mine, yours in zip(rows, pairs, ours, theirs, strict=True):
        for what in yours if row.gradient else [what for what in yours if what != "gradient"]:
            wrong += differences(f"{row} {what}", mine[what], yours[what])
        if "sample" in mine:
            wrong += differences(f"{row} of one sample", mine["sample"], [x[1:2] for x in mine["output"]])
        if "slope" in mine and not np.isclose(*mine["slope"], rtol=0.03, atol=0.03):
            wrong.append(f"{row} has the gradient's slope {mine['slope'][0]}, not {mine['slope'][1]}")
        eager = leaves(layer(*row.inputs, **row.call))
        wrong += differences(f"{row} eager", eager, mine["output"])
        if row.config and row.batch and (row is FIRST[row.name] or "units" not in row.kwargs):
            copy = copied(layer, row)
            wrong += differences(f"{row} from its configuration", leaves(copy(*row.inputs, **row.call)), eager)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("rows", CHUNKS)
def test_shapes_and_dtypes_are_known_before_data_comes(rows: list[Row]) -> None:
    wrong = []
    for row in rows:
        layer = built(tsuno, row)
        real = [(x.shape, str(x.dtype)) for x in leaves(jax.eval_shape(lambda: layer(*row.inputs, **row.call)))]  # noqa: B023
        for batch in (BATCH, None) if row.batch else (BATCH,):
            inferred = [(x.shape, x.dtype) for x in drawn(row, batch)]
            wanted = [((batch, *shape[1:]), dtype) for shape, dtype in real]
            if inferred != wanted:
                wrong.append(f"{row} with batch {batch}: {inferred}, not {wanted}")
        if not row.call and row.batch:
            shapes = jax.tree.map(lambda x: (None, *x.shape[1:]), list(row.inputs))
            with cheap_draws():
                got = flat_shapes(make(tsuno, row).compute_output_shape(*shapes))
            want = [shape for shape, _ in inferred]
            if got != want:
                wrong.append(f"{row}.compute_output_shape: {got}, not {want}")
    assert not wrong, "\n".join(wrong)


def test_no_samples_give_no_results() -> None:
    for row in {**FIRST, **LAST}.values():
        if row.batch:
            nothing = jax.tree.map(lambda x: x[:0] if isinstance(x, np.ndarray) else x, (row.inputs, row.call))
            layer = built(tsuno, row)
            shapes = [x.shape[0] for x in leaves(jax.eval_shape(lambda: layer(*nothing[0], **nothing[1])))]  # noqa: B023
            assert set(shapes) == {0}, f"{row}: {shapes}"


def test_a_sequence_without_steps_has_the_mean_zero() -> None:
    y = layers.GlobalAveragePooling1D()(
        np.ones((2, 3, 1), "float32"), mask=np.array([[True, True, False], [False] * 3])
    )
    assert np.asarray(y).tolist() == [[1.0], [0.0]]


def test_a_known_target_makes_a_size_known() -> None:
    reshaped = layers.Reshape((3, 5))(tsuno.KerasTensor((2, None)))
    assert reshaped.shape == (2, 3, 5)
    assert layers.Reshape((-1, 5))(tsuno.KerasTensor((None, None, 10))).shape == (None, None, 5)


def test_an_activation_may_be_taken_away() -> None:
    layer = layers.Dense(2, activation="relu", kernel_initializer="ones")
    x = -np.ones((1, 3), "float32")
    assert np.asarray(layer(x)).tolist() == [[0, 0]]
    layer.activation = None
    assert np.asarray(layer(x)).tolist() == [[-3, -3]]


def test_a_policy_may_be_set_by_name() -> None:
    layer = layers.Dense(2)
    layer.dtype_policy = "mixed_bfloat16"
    assert layer.compute_dtype == "bfloat16"
    layer = layers.Dense(2)
    layer.build((None, 3))
    layer.dtype_policy = "int8_from_float32"
    assert layer.quantization_mode == "int8" and [str(w.numpy().dtype) for w in layer.weights] == [
        "float32",
        "int8",
        "float32",
    ]


def test_large_inputs_stay_finite_in_half_precision() -> None:
    x = np.full((1, 4, 4), 1e5, "float32") * np.arange(1, 5, dtype="float32")
    assert np.isfinite(np.asarray(layers.GroupNormalization(2, dtype="mixed_float16")(x), "float32")).all()


@pytest.mark.parametrize(
    ("attempt", "kind", "message"),
    [
        (lambda: layers.Softmax()(np.ones((2, 3)), mask=np.ones((2, 4), bool)), ValueError, "must broadcast"),
        (
            lambda: layers.TimeDistributed(layers.Dense(1))(np.ones((2, 3, 4)), mask=np.ones((2, 5), bool)),
            ValueError,
            r"of shape \(2, 3\)",
        ),
        (lambda: layers.Dropout(0.5, noise_shape=(2, 0)), ValueError, "noise_shape"),
        (lambda: layers.LayerNormalization(axis="last"), TypeError, "an integer or a list"),
    ],
)
def test_what_does_not_fit_is_refused(attempt: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        attempt()


def flat_shapes(shapes: Any) -> list[Any]:
    """The shapes in a structure of them, in order."""
    if isinstance(shapes, (list, tuple)) and all(size is None or isinstance(size, int) for size in shapes):
        return [tuple(shapes)]
    return [shape for part in shapes for shape in flat_shapes(part)]


def plain(layer: Any) -> Any:
    """A configuration as it is read back from a file; Keras rounds some numbers to float32."""
    return json.loads(json.dumps(layer.get_config()), parse_float=lambda text: round(float(text), 6))


# What Keras' configurations say of features that live elsewhere here, or nowhere.
FOREIGN = ("lora_", "quantization_config", "renorm", "sliding_window", "use_gate", "gptq")


def disagreements(where: str, got: Any, want: Any) -> Iterator[str]:
    """The keys of `want` that `got` lacks or has other values of."""
    if isinstance(want, dict) and isinstance(got, dict):
        registered = bool(want.get("registered_name"))  # then the module says nothing
        for key, value in want.items():
            if not key.startswith(FOREIGN) and not (registered and key == "module"):
                yield from disagreements(f"{where}: {key}", got.get(key, "missing"), value)
    elif got != want:
        yield f"{where} is {got}, not {want}"


def common(config: Any, other: Any) -> Any:
    """What a configuration says under keys that another one has too."""
    if isinstance(config, dict) and isinstance(other, dict):
        return {key: common(value, other[key]) for key, value in config.items() if key in other}
    return config


@pytest.mark.parametrize(
    "rows", [[row for row in rows.values[0] if row.config] for rows in CHUNKS], ids=[c.id for c in CHUNKS]
)
def test_configurations_are_those_of_keras(rows: list[Row]) -> None:
    wrong = []
    for row in rows:
        ours, theirs = make(tsuno, row), make(keras, row)
        config, wanted = plain(ours), plain(theirs)
        wrong += disagreements(str(row), config, wanted)
        for lib, layer in ((tsuno, ours), (keras, theirs)):
            again = plain(type(layer).from_config(config))
            kept = common(config, wanted)
            wrong += disagreements(f"{row} from our configuration in {lib.__name__}", again, kept)
        wrong += disagreements(f"{row} from Keras' configuration", plain(type(ours).from_config(wanted)), config)
    assert not wrong, "\n".join(wrong)


def copied(layer: Any, row: Row) -> Any:
    """A layer made from the configuration of another as a file has it, with the same weights."""
    copy = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    with cheap_draws():
        if layer.get_build_config():
            copy.build_from_config(json.loads(json.dumps(layer.get_build_config())))
        else:
            args, kwargs = symbols(tsuno, row, BATCH)
            copy(*args, **kwargs)
    copy.set_weights(layer.get_weights())
    assert [w.path for w in copy.weights] == [w.path for w in layer.weights]
    return copy


# ---------------------------------------------------------------------- dtypes


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16", "float16"], indirect=True)
def test_dtypes_are_those_of_keras(policy: str) -> None:
    wrong = []
    for row in (LAST if "bfloat16" in policy else FIRST).values():
        symbolic = [x.dtype for x in drawn(row, BATCH)]
        ours, theirs = dtypes(tsuno, row), dtypes(keras, row)
        if ours != theirs or symbolic != ours[0]:
            wrong.append(f"{row}: {ours} and {symbolic} symbolically, not {theirs}")
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def policy(request: pytest.FixtureRequest) -> Iterator[str]:
    """The dtype policy that both libraries make layers with."""
    for lib in (tsuno, keras):
        lib.config.set_dtype_policy(request.param)
    yield request.param
    for lib in (tsuno, keras):
        lib.config.set_dtype_policy("float32")


def dtypes(lib: Any, row: Row) -> tuple[list[str], list[str]]:
    """The dtypes of outputs and weights."""
    other = "units" in row.kwargs and row.name != "Dense"  # orthogonal kernels are beyond Keras in some dtypes
    plainly = {"recurrent_initializer": "zeros"} if other and lib is keras else {}
    layer = built(lib, row, **plainly)
    outputs = leaves(jax.eval_shape(lambda: layer(*row.inputs, **row.call)))
    return [str(x.dtype) for x in outputs], [str(w.value.dtype) for w in layer.weights]


# ---------------------------------------------------------------------- randomness

ONES = np.ones((200, 100), "float32")


def test_dropout_drops_the_rate_and_keeps_the_mean() -> None:
    y = np.asarray(layers.Dropout(0.3, seed=1)(ONES, training=True))
    assert set(np.unique(y)) == {0, np.float32(1 / 0.7)}
    assert abs((y == 0).mean() - 0.3) < 0.02
    assert abs(y.mean() - 1) < 0.03
    assert (abs((y == 0).mean(0) - 0.3) < 0.15).all()
    rows = np.asarray(layers.Dropout(0.5, noise_shape=(None, 1), seed=1)(ONES, training=True))
    assert (rows == rows[:, :1]).all() and 0.3 < (rows[:, 0] == 0).mean() < 0.7
    assert not np.asarray(layers.Dropout(1.0)(ONES, training=True)).any()


def test_the_same_seed_gives_the_same_bits() -> None:
    first, again, other = (layers.Dropout(0.5, seed=seed) for seed in (7, 7, 8))
    a, b, c = first(ONES, training=True), again(ONES, training=True), other(ONES, training=True)
    assert (a == b).all() and (a != c).any()
    assert (first(ONES, training=True) != a).any(), "each call draws anew"
    assert (first(ONES, training=True) != first(ONES, training=True)).any()
    tsuno.utils.set_random_seed(3)
    one = layers.Dropout(0.5)(ONES, training=True)
    tsuno.utils.set_random_seed(3)
    assert (one == layers.Dropout(0.5)(ONES, training=True)).all()


def test_a_compiled_call_draws_what_an_eager_one_draws_and_moves_on() -> None:
    eager, pure = layers.Dropout(0.5, seed=7), layers.Dropout(0.5, seed=7)
    call = jax.jit(lambda state, x: pure.stateless_call([], state, x, training=True))
    state = [np.asarray(v) for v in pure.non_trainable_variables]
    for _ in range(2):
        y, state = call(state, ONES)
        assert (y == eager(ONES, training=True)).all()
    assert (np.asarray(pure.non_trainable_variables[0]) == [7, 0]).all(), "a pure call leaves the layer as it was"


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_recurrent_dropout_uses_one_mask_for_all_steps(name: str) -> None:
    x = np.ones((3, 6, 4), "float32")
    make_layer = getattr(layers, name)
    layer = make_layer(5, dropout=0.5, recurrent_dropout=0.5, seed=1, return_sequences=True)
    still, moving = layer(x), layer(x, training=True)
    assert (still == layer(x)).all() and (moving != still).any()
    twin = make_layer(5, dropout=0.5, recurrent_dropout=0.5, seed=1, return_sequences=True)
    twin.build(x.shape)
    twin.set_weights(layer.get_weights())
    assert (twin(x, training=True) == moving).all()
    # With nothing carried over, equal steps under one mask give equal outputs.
    flat = layers.SimpleRNN(5, dropout=0.5, recurrent_initializer="zeros", return_sequences=True)(x, training=True)
    assert (flat == flat[:, :1]).all()


def test_training_reaches_the_layers_inside() -> None:
    class Block(layers.Layer):
        def __init__(self, forced: bool | None = None) -> None:
            super().__init__()
            self.inner, self.forced = [layers.Dropout(0.5), {"deep": layers.Dropout(0.5)}], forced

        def call(self, inputs: Any) -> Any:
            x = self.inner[0](inputs) if self.forced is None else self.inner[0](inputs, training=self.forced)
            return self.inner[1]["deep"](x, training=self.forced)

    entry = tsuno.Input((100,))
    for layer in (
        Block(),
        tsuno.Sequential([tsuno.Sequential([layers.Dropout(0.5)])]),
        tsuno.Model(entry, tsuno.Sequential([Block()])(entry)),
        tsuno.Sequential([tsuno.Model(entry, Block()(entry))]),
    ):
        assert (layer(ONES) == ONES).all()
        assert (layer(ONES, training=False) == ONES).all()
        assert (layer(ONES, training=True) != ONES).any()
    assert (Block(forced=False)(ONES, training=True) == ONES).all()
    assert (Block(forced=True)(ONES, training=False) != ONES).any()
    assert (tsuno.Model(entry, layers.Dropout(0.5)(entry, training=True))(ONES) != ONES).any()


def test_a_frozen_batch_normalization_neither_learns_nor_uses_the_batch() -> None:
    model = tsuno.Sequential([tsuno.Input((100,)), layers.BatchNormalization()])
    before = model.get_weights()
    model.trainable = False
    y = model(5 * ONES, training=True)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert np.allclose(y, 5 / np.sqrt(1.001))
    model.trainable = True
    assert np.allclose(model(5 * ONES, training=True), 0, atol=1e-3)
    assert np.allclose(model.get_weights()[2], 0.05)


def test_a_stateful_layer_goes_on_where_it_stopped() -> None:
    row = next(row for row in ROWS if row.name == "LSTM" and row.kwargs.get("stateful"))
    ours, theirs = pair(row)
    for layer in (ours, theirs):
        layer.reset_state()
    for _ in range(2):
        assert not list(differences("stateful", [ours(*row.inputs)], [theirs(*row.inputs)]))
    assert ours.states[0].path == "layer/rnn_state"
    again = ours(*row.inputs)
    ours.reset_state()
    assert (ours(*row.inputs) != again).any()
    with pytest.raises(ValueError, match="stateful for a batch of 4; got a batch of 3"):
        ours(row.inputs[0][:3])


# ---------------------------------------------------------------------- inputs


def test_an_input_layer_describes_what_keras_describes() -> None:
    for kwargs in ({"shape": (3, None)}, {"batch_shape": (2, 3), "dtype": "int32"}, {"shape": (3,), "batch_size": 5}):
        ours, theirs = (lib.layers.InputLayer(**kwargs, name="in") for lib in (tsuno, keras))
        config, wanted = plain(ours), plain(theirs)
        assert {key: config.get(key) for key in wanted} == wanted
        assert keras.layers.InputLayer.from_config(config).batch_shape == ours.batch_shape
        assert layers.InputLayer.from_config(wanted).output.shape == ours.output.shape == theirs.output.shape
        assert ours.output.dtype == theirs.output.dtype
