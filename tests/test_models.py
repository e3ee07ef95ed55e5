"""Models: how they are drawn, what they hold, how they are described; real Keras is the reference for numbers, orders and files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from keras.src.backend.common import global_state
from layer_rows import cheap_draws

import tsuno
from tsuno import layers, models, ops

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

pytestmark = [  # of Keras'
    pytest.mark.filterwarnings("ignore:.*does not support masking:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*keys in the dict must match:UserWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
BOTH = pytest.mark.parametrize("lib", [tsuno, keras], ids=["tsuno", "keras"])
rng = np.random.default_rng(2)


def floats(*shape: int) -> np.ndarray:
    return rng.uniform(-2, 2, shape).astype("float32")


X = floats(4, 3)


@pytest.fixture(autouse=True)
def fresh_names() -> Iterator[None]:
    global_state.set_global_attribute("object_name_uids", None)  # `clear_session` also collects garbage, each time
    with cheap_draws():
        yield


def close(a: Any, b: Any) -> bool:
    return a.shape == b.shape and np.allclose(np.asarray(a), np.asarray(b), rtol=1e-5, atol=1e-5)


def with_same_weights(ours: Any, theirs: Any) -> None:
    """Random weights for both models."""
    weights = [np.abs(floats(*w.shape)) + 0.1 if "variance" in w.path else floats(*w.shape) for w in theirs.weights]
    theirs.set_weights(weights)
    ours.set_weights(weights)


# ---------------------------------------------------------------------- Sequential


def test_sequential_with_an_input_is_built_at_once() -> None:
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(2)])
    assert model.built and model.input_shape == (None, 3) and model.output_shape == (None, 2)
    assert [layer.name for layer in model.layers] == ["dense", "dense_1"]
    assert model.count_params() == 4 * 3 + 4 + 2 * 4 + 2
    assert model(X).shape == (4, 2)


@pytest.mark.parametrize(
    "first", [layers.Dense, lambda units, **kwargs: layers.Dense(units, **kwargs)], ids=["class", "function"]
)
def test_sequential_takes_the_input_shape_from_its_first_layer(first: Callable[..., Any]) -> None:
    assert tsuno.Sequential([first(4, input_shape=(3,))]).output_shape == (None, 4)
    assert tsuno.Sequential([first(4, input_dim=3)]).output_shape == (None, 4)


def test_sequential_without_an_input_is_built_by_data_or_by_a_shape() -> None:
    for start in (lambda model: model(X), lambda model: model.build((None, 3))):
        model = tsuno.Sequential()
        model.add(layers.Dense(4))
        model.add(layers.BatchNormalization())
        assert not model.built and model.weights == []
        with pytest.raises(ValueError, match="no weights yet"):
            model.count_params()
        with pytest.raises(AttributeError, match="`sequential.*` has no `inputs`"):
            _ = model.inputs
        start(model)
        assert model.built and len(model.weights) == 6 and model.output_shape[-1] == 4


def test_sequential_grows_and_shrinks() -> None:
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(4)])
    kernel = model.layers[0].kernel
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2) and model.layers[0].kernel is kernel
    popped = model.pop()
    assert popped.units == 2 and model.output_shape == (None, 4) and len(model.layers) == 1
    nested = tsuno.Sequential([model, layers.Dense(1)])
    assert nested.output_shape == (None, 1) and nested.layers[0] is model


def test_a_layer_of_sequential_can_be_given_as_features() -> None:
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(4, name="inner"), layers.Dense(2)])
    features = tsuno.Model(model.inputs, model.get_layer("inner").output)
    assert close(features(X), model.layers[0](X))
    assert close(tsuno.Model(model.input, model.output)(X), model(X))


# ---------------------------------------------------------------------- functional


def branching(lib: Any) -> Any:
    """Two inputs, two outputs, a shared layer, a model inside, operations between."""
    a, b = lib.Input((3,), name="a"), lib.Input((3,), name="b")
    shared = lib.layers.Dense(4, activation="tanh", name="shared")
    left, right = shared(a), shared(b)
    inner_input = lib.Input((4,))
    inner_first = lib.layers.Dense(3, name="inner_dense")(inner_input)
    inner = lib.Model(inner_input, lib.layers.BatchNormalization(name="inner_norm")(inner_first), name="inner")
    joined = lib.layers.Concatenate(name="join")([inner(left), right * 2 + 1])
    long_way = lib.layers.Dense(5, name="long_2")(lib.layers.Dense(6, name="long_1")(joined))
    short_way = lib.layers.Dense(5, name="short")(joined)
    total = lib.layers.Add(name="sum")([short_way, long_way])
    sliced = lib.ops.concatenate([total[:, :2], total[:, 3:] / 2], axis=1)
    return lib.Model([a, b], [lib.layers.Dense(2, name="head")(sliced), total], name="branching")


def test_a_branching_model_is_that_of_keras() -> None:
    ours, theirs = branching(tsuno), branching(keras)
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    assert [w.path for w in ours.trainable_weights] == [w.path for w in theirs.trainable_weights]
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert ours.count_params() == theirs.count_params()
    assert ours.input_shape == theirs.input_shape and ours.output_shape == theirs.output_shape
    assert ours.input_names == ["a", "b"] and ours.output_names == ["head", "sum"]
    with_same_weights(ours, theirs)
    y = floats(4, 3)
    for training in (False, True):
        for got, want in zip(ours([X, y], training=training), theirs([X, y], training=training), strict=True):
            assert close(got, want)
    assert all(close(a, b) for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True)), (
        "moving averages too"
    )
    assert all(close(a, b) for a, b in zip(ours({"a": X, "b": y}), ours([X, y]), strict=True))
    for got, want in zip(ours.predict([X, y], verbose=0), theirs.predict([X, y], verbose=0), strict=True):
        assert close(got, want)


@BOTH
def test_inputs_and_outputs_may_be_dicts(lib: Any) -> None:
    a, b = lib.Input((3,), name="first"), lib.Input((2,), name="second")
    outputs = {"sum": lib.ops.sum(a, axis=-1), "both": lib.layers.Concatenate()([a, b])}
    model = lib.Model({"a": a, "b": b}, outputs)
    result = model({"a": X, "b": X[:, :2]})
    assert set(result) == {"sum", "both"} and result["both"].shape == (4, 5)
    assert np.allclose(result["sum"], X.sum(-1), atol=1e-6)
    again = type(model).from_config(model.get_config())
    assert close(again({"a": X, "b": X[:, :2]})["both"], result["both"])


def test_operations_on_symbolic_tensors_are_layers_of_the_model() -> None:
    x = tsuno.Input((3,))
    y = 1 - ((-x) ** 2 + x / 3) @ ops.ones((3, 2))
    z = ops.where(y > 0, ops.stack([y[:, 0], y[..., 1]], axis=-1), ops.expand_dims(ops.max(x, axis=-1), -1))
    model = tsuno.Model(x, z)

    def expected(x: np.ndarray) -> np.ndarray:
        y = 1 - ((-x) ** 2 + x / 3) @ np.ones((3, 2))
        return np.where(y > 0, y, x.max(-1)[:, None])

    assert model.output_shape == (None, 2)
    assert np.allclose(model(X), expected(X), atol=1e-5)
    assert np.allclose(tsuno.Model.from_config(json.loads(json.dumps(model.get_config())))(X), expected(X), atol=1e-5)


def test_models_are_layers() -> None:
    x = tsuno.Input((3,))
    encoder = tsuno.Model(x, layers.Dense(2, name="code")(x), name="encoder")
    y = tsuno.Input((2,))
    decoder = tsuno.Model(y, layers.Dense(3)(y), name="decoder")
    z = tsuno.Input((3,))
    both = tsuno.Model(z, decoder(encoder(z)))
    assert close(both(X), decoder(encoder(X)))
    assert both.get_layer("encoder").get_layer("code") is encoder.layers[-1]
    assert len(both.weights) == 4
    middle = tsuno.Model(z, both.get_layer("encoder")(z * 2))
    assert close(middle(X), encoder(2 * X))
    part = tsuno.Model(both.layers[1].inputs, both.layers[1].outputs)
    assert close(part(X), encoder(X))


def test_a_model_may_start_in_the_middle_of_another() -> None:
    x = tsuno.Input((3,))
    hidden = layers.Dense(4)(x)
    head = layers.Dense(2)
    y = head(layers.Activation("relu")(hidden))
    tail = tsuno.Model(hidden, y)
    h = floats(5, 4)
    assert close(tail(h), head(np.maximum(h, 0)))


def operations(lib: Any) -> Any:
    """A model of many functions, in the forms that files distinguish."""
    ops, x = lib.ops, lib.Input((4, 6), name="x")
    y = [
        x / 3, 2 / x, -x, abs(x) ** 2, x // 2, x % 2, x[:, 1:, ::2], x[..., 0], x[:, None, 0], x @ np.ones((6, 2), "float32"),
        ops.mean(x, axis=1, keepdims=True), ops.concatenate([x, x], axis=1), ops.stack([x, 1 - x], axis=-1), ops.max(x, axis=-1),
        ops.where(x > 0, x, 1.0), ops.transpose(x, (0, 2, 1)), ops.reshape(x, (-1, 24)), ops.cast(x, "int32"), ops.relu(x),
        ops.softmax(x, axis=1), ops.clip(x, 0, 1), ops.einsum("abc,abd->acd", x, x), ops.split(x, 2, axis=1)[1],
        ops.squeeze(x[:, :1], axis=1), ops.tile(x, (1, 2, 1)), ops.one_hot(ops.cast(abs(x[..., 0]), "int32"), 3),
        ops.pad(x, ((0, 0), (1, 1), (0, 0)), constant_values=2.0), ops.repeat(x, 2, axis=1),
        ops.conv(x, np.ones((2, 6, 3), "float32"), 1), ops.logical_and(x > 0, x < 1), ops.take(x, [0, 1], axis=1),
        ops.argmax(x, axis=-1), ops.gelu(x, approximate=False), ops.layer_normalization(x), ops.top_k(x, 2)[0],
        ops.isclose(x, x, atol=0.1), ops.logsumexp(x, axis=1), ops.expand_dims(x, -1), ops.maximum(x, 0.5), ops.silu(x),
        ops.dot_product_attention(x[:, None], x[:, None], x[:, None], is_causal=True), ops.linspace(x[..., 0], x[..., 1], 5),
        ops.meshgrid(x[0, 0], x[0, 1])[0], ops.erf(x), ops.zeros_like(x), ops.rsqrt(abs(x)),
    ]  # fmt: skip
    return lib.Model(x, y)


# ---------------------------------------------------------------------- subclassed


class Affine(layers.Layer):
    """A layer with weights of its own."""

    def __init__(self, units: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), regularizer="l2", name="kernel")
        self.offset = self.add_weight(shape=(self.units,), initializer="zeros", trainable=False, name="offset")

    def call(self, inputs: Any) -> Any:
        return ops.matmul(inputs, self.kernel) + self.offset


def tower(lib: Any) -> Any:
    class Tower(lib.Model):
        def __init__(self) -> None:
            super().__init__(name="tower")
            self.entry = lib.layers.Dense(4)
            self.blocks = [lib.layers.Dense(4), [lib.layers.Dense(4, activation="relu")]]
            self.heads = {"a": lib.layers.Dense(2), "b": lib.layers.BatchNormalization()}

        def call(self, inputs: Any, training: bool | None = None) -> Any:
            x = self.blocks[1][0](self.blocks[0](self.entry(inputs)))
            return self.heads["a"](x), self.heads["b"](x, training=training)

    return Tower()


def test_a_subclassed_model_is_that_of_keras() -> None:
    ours, theirs = tower(tsuno), tower(keras)
    assert [y.shape for y in ours(X)] == [y.shape for y in theirs(X)]
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    with_same_weights(ours, theirs)
    for got, want in zip(ours(X, training=True), theirs(X, training=True), strict=True):
        assert close(got, want)
    assert all(close(a, b) for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True))


def test_layers_of_users_have_weights_losses_and_names() -> None:
    class Penalised(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.parts = {"one": Affine(), "many": [Affine(3), layers.Dense(2, bias_regularizer="l1")]}

        def call(self, inputs: Any) -> Any:
            x = self.parts["many"][0](self.parts["one"](inputs))
            self.add_loss(ops.sum(x) * 0.5)
            return self.parts["many"][1](x)

    layer = Penalised()
    layer(X)
    assert [w.path for w in layer.trainable_weights] == [
        "penalised/affine/kernel", "penalised/affine_1/kernel", "penalised/dense/kernel", "penalised/dense/bias",
    ]  # fmt: skip
    assert [w.path for w in layer.non_trainable_weights] == ["penalised/affine/offset", "penalised/affine_1/offset"]
    assert len(layer.losses) == 4, "one added, two of kernels, one of a bias"
    kernel = layer.parts["one"].get_weights()[0]
    assert any(np.isclose(float(loss), 0.01 * (kernel**2).sum()) for loss in layer.losses)


def test_losses_of_models_are_those_of_keras() -> None:
    def model(lib: Any) -> Any:
        x = lib.Input((3,))
        h = lib.layers.Dense(4, kernel_regularizer="l2", activity_regularizer="l1")(x)
        return lib.Model(x, lib.layers.Dense(2, bias_regularizer=lib.regularizers.L1(0.3))(h))

    ours, theirs = model(tsuno), model(keras)
    with_same_weights(ours, theirs)
    ours(X), theirs(X)
    assert np.allclose(sorted(map(float, ours.losses)), sorted(map(float, theirs.losses)), rtol=1e-5)
    ours.layers[1].trainable = theirs.layers[1].trainable = False
    assert len(ours.losses) == len(theirs.losses)


@BOTH
def test_trainable_is_set_for_everything_inside(lib: Any) -> None:
    inner = lib.Sequential([lib.Input((3,)), lib.layers.Dense(2), lib.layers.BatchNormalization()])
    model = lib.Sequential([lib.Input((3,)), inner, lib.layers.Dense(1)])
    assert [len(model.trainable_weights), len(model.non_trainable_weights)] == [6, 2]
    inner.trainable = False
    assert [len(model.trainable_weights), len(model.non_trainable_weights)] == [2, 6]
    assert not inner.layers[0].trainable
    inner.layers[0].trainable = True
    assert len(inner.trainable_weights) == 0, "a frozen model hides what is trainable inside"
    model.trainable = True
    assert len(model.trainable_weights) == 6
    layer = lib.layers.Dense(2, trainable=False)
    layer.build((None, 3))
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 2
    layer.trainable = True
    assert len(layer.trainable_weights) == 2


# ---------------------------------------------------------------------- masks


def masked(lib: Any, *parts: Any, steps: int = 5) -> Any:
    """A model whose embedding masks zeros, then some layers."""
    x = lib.Input((steps,), dtype="int32")
    y = lib.layers.Embedding(6, 4, mask_zero=True)(x)
    for part in parts:
        y = part(lib)(y)
    return lib.Model(x, y)


TOKENS = np.array([[1, 2, 0, 0, 0], [3, 0, 4, 5, 0], [1, 1, 1, 1, 1], [2, 0, 0, 0, 0]], "int32")


@pytest.mark.parametrize(
    "parts",
    [
        [lambda lib: lib.layers.LSTM(3)],
        [lambda lib: lib.layers.Dropout(0.5), lambda lib: lib.layers.Dense(3), lambda lib: lib.layers.GRU(2)],
        [lambda lib: lib.layers.LSTM(3, return_sequences=True), lambda lib: lib.layers.GlobalAveragePooling1D()],
        [lambda lib: lambda x: lib.layers.MultiHeadAttention(2, 3)(x, x), lambda lib: lib.layers.GlobalAveragePooling1D()],
        [lambda lib: lambda x: lib.layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)],
        [lambda lib: lambda x: lib.layers.Add()([x, lib.layers.Dense(4)(x)]), lambda lib: lib.layers.LSTM(2)],
        [lambda lib: lambda x: lib.layers.Concatenate()([x, lib.layers.Dense(4)(x)]), lambda lib: lib.layers.LSTM(2)],
        [lambda lib: lambda x: lib.layers.Concatenate(axis=1)([x, x]), lambda lib: lib.layers.LSTM(2)],
        [lambda lib: lib.layers.BatchNormalization(), lambda lib: lib.layers.LayerNormalization(), lambda lib: lib.layers.SimpleRNN(2)],
        [lambda lib: lib.layers.Activation("tanh"), lambda lib: lib.layers.RNN(lib.layers.GRUCell(2))],
        [lambda lib: lib.layers.Conv1D(2, 2, padding="same"), lambda lib: lib.layers.LSTM(2)],
    ],
    ids=["lstm", "dropout-dense", "sequences", "attention", "causal", "add", "concatenate", "concatenate-steps", "normalization", "rnn", "lost"],
)  # fmt: skip
def test_masks_travel_as_in_keras(parts: list[Any]) -> None:
    ours, theirs = masked(tsuno, *parts), masked(keras, *parts)
    with_same_weights(ours, theirs)
    want = theirs(TOKENS)
    assert close(ours(TOKENS), want)
    assert close(ours.predict(TOKENS, verbose=0), want)


def test_masks_flow_through_layers_of_users() -> None:
    def layer(lib: Any, aware: bool) -> Any:
        class Shift(lib.layers.Layer):
            def __init__(self) -> None:
                super().__init__()
                self.supports_masking = aware

            def call(self, inputs: Any) -> Any:
                return inputs + 1.0

        return Shift()

    def taker(lib: Any) -> Any:
        class Count(lib.layers.Layer):
            def call(self, inputs: Any, mask: Any = None) -> Any:
                kept = lib.ops.ones_like(inputs[..., 0]) if mask is None else lib.ops.cast(mask, inputs.dtype)
                return lib.ops.sum(kept, axis=-1)

        return Count()

    for aware in (True, False):
        got, want = (masked(lib, lambda lib: layer(lib, aware), taker)(TOKENS) for lib in (tsuno, keras))  # noqa: B023
        assert close(got, want), aware
    assert np.asarray(masked(tsuno, lambda lib: layer(lib, True), taker)(TOKENS)).tolist() == [2, 3, 5, 1]

    class Skip(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs[:, ::2]

        def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
            return previous_mask[:, ::2]

    assert np.asarray(masked(tsuno, lambda _: Skip(), taker)(TOKENS)).tolist() == [1, 2, 3, 1]


# ---------------------------------------------------------------------- describing


def test_summary_shows_layers_shapes_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(4), layers.BatchNormalization()], name="small")
    model.summary()
    text = capsys.readouterr().out
    for part in ('Model: "small"', "dense (Dense)", "(None, 4)", "Total params: 32", "Trainable params: 24", "Non-trainable params: 8"):  # fmt: skip
        assert part in text
    assert "Connected to" not in text
    lines: list[str] = []
    branching(tsuno).summary(print_fn=lines.append, expand_nested=True, show_trainable=True)
    text = "\n".join(lines)
    for part in ("Connected to", "shared[0][0]", "inner_dense", "(None, 3)"):
        assert part in text
    unbuilt = tsuno.Sequential([layers.Dense(4)])
    unbuilt.summary(print_fn=lines.append)
    assert "unbuilt" in lines[-1]


def test_names_are_those_of_keras() -> None:
    def names(lib: Any) -> list[str]:
        x = lib.Input((8, 8, 3))
        made = [
            lib.layers.Dense(2), lib.layers.Dense(2), lib.layers.Conv2D(2, 3), lib.layers.MaxPooling2D(), lib.layers.LSTM(2),
            lib.layers.GlobalAveragePooling2D(), lib.layers.BatchNormalization(), lib.layers.SimpleRNN(2),
            lib.layers.MultiHeadAttention(1, 1), lib.layers.Dense(2, name="mine"), lib.layers.EinsumDense("ab,bc->ac", 3),
            lib.layers.GRUCell(3), lib.Sequential(), lib.Sequential(), lib.Model(x, lib.layers.Flatten()(x)),
            lib.layers.Dense(2),
        ]  # fmt: skip
        return [*(layer.name for layer in made), x.name]

    ours, theirs = names(tsuno), names(keras)
    assert ours[:-1] == theirs[:-1]


@BOTH
def test_paths_say_where_a_weight_is(lib: Any) -> None:
    class Block(lib.layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.dense, self.rnn = lib.layers.Dense(2, name="d"), lib.layers.LSTM(2, name="r")

        def build(self, input_shape: Any) -> None:
            self.own = self.add_weight(shape=(2,), name="own")
            self.dense.build(input_shape)

        def call(self, inputs: Any) -> Any:
            return self.rnn(self.dense(inputs)) + self.own

    block = Block(name="block")
    block(floats(2, 5, 3))
    assert [w.path for w in block.weights] == [
        "block/own", "block/d/kernel", "block/d/bias", "block/r/lstm_cell/kernel", "block/r/lstm_cell/recurrent_kernel",
        "block/r/lstm_cell/bias",
    ]  # fmt: skip
    assert block.path == "block" and block.own.name == "own"


def test_get_layer_finds_by_name_and_place() -> None:
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(4, name="first"), layers.Dense(2, name="second")])
    assert model.get_layer("second") is model.layers[1] is model.get_layer(index=-1)
    with pytest.raises(ValueError, match="has no layer named 'frist'. Did you mean 'first'?"):
        model.get_layer("frist")
    with pytest.raises(ValueError, match="has 2 layers; there is none at index 2"):
        model.get_layer(index=2)
    with pytest.raises(ValueError, match="a `name` or an `index`"):
        model.get_layer()


def test_weights_go_out_and_in() -> None:
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(2)])
    weights = [floats(3, 2), floats(2)]
    model.set_weights(weights)
    assert np.allclose(model(X), X @ weights[0] + weights[1], atol=1e-5)
    assert all((a == b).all() for a, b in zip(model.get_weights(), weights, strict=True))
    with pytest.raises(ValueError, match="has 2 weights; 1 arrays were given"):
        model.set_weights(weights[:1])
    with pytest.raises(ValueError, match=r"`sequential/dense/kernel` has shape \(3, 2\); an array of shape \(2, 3\)"):
        model.set_weights([weights[0].T, weights[1]])
    assert (model.get_weights()[0] == weights[0]).all(), "nothing is half set"


def sequential(lib: Any) -> Any:
    return lib.Sequential(
        [
            lib.Input((6, 6, 2)), lib.layers.Conv2D(3, 2, activation="relu", kernel_regularizer="l2"),
            lib.layers.MaxPooling2D(), lib.layers.BatchNormalization(), lib.layers.Dropout(0.3), lib.layers.Flatten(),
            lib.layers.Reshape((-1, 3)), lib.layers.LSTM(3, return_sequences=True),
            lib.Sequential([lib.layers.GRU(2, reset_after=False), lib.layers.Dense(3)]), lib.layers.RepeatVector(2),
            lib.layers.Permute((2, 1)), lib.layers.LayerNormalization(), lib.layers.GlobalAveragePooling1D(),
        ],
        name="stack",
    )  # fmt: skip


def attentive(lib: Any) -> Any:
    """Keyword arguments, a mask, several outputs of one layer, one layer twice."""
    x = lib.Input((5,), dtype="int32", name="tokens")
    y = lib.layers.Embedding(6, 4, mask_zero=True)(x)
    attended, scores = lib.layers.MultiHeadAttention(2, 3)(y, y, return_attention_scores=True, use_causal_mask=True)
    y, state, _ = lib.layers.LSTM(4, return_sequences=True, return_state=True)(attended)
    cell = lib.layers.GRU(4)
    y = lib.layers.Multiply()([cell(y, initial_state=state), cell(attended)])
    return lib.Model(x, {"y": y, "scores": lib.ops.mean(scores, axis=1)}, name="attentive")


EXAMPLES = [
    (sequential, floats(2, 6, 6, 2)),
    (branching, [X, floats(4, 3)]),
    (attentive, TOKENS),
    (operations, floats(2, 4, 6)),
]


def outputs_of(model: Any, x: Any) -> list[Any]:
    y = model(x)
    return [y[key] for key in sorted(y)] if isinstance(y, dict) else list(y) if isinstance(y, (list, tuple)) else [y]


@pytest.mark.parametrize("make, x", EXAMPLES, ids=lambda value: getattr(value, "__name__", ""))
def test_descriptions_are_read_by_keras_and_written_by_it(make: Callable[[Any], Any], x: Any) -> None:
    ours, theirs = make(tsuno), make(keras)
    with_same_weights(ours, theirs)
    want = outputs_of(theirs, x)
    readings = {
        "ours in ours": models.model_from_json(ours.to_json()),
        "ours in Keras": keras.models.model_from_json(ours.to_json()),
        "Keras' in ours": models.model_from_json(theirs.to_json()),
        "from_config": type(ours).from_config(json.loads(json.dumps(ours.get_config()))),
        "clone": models.clone_model(ours),
    }
    for how, model in readings.items():
        assert [w.shape for w in model.weights] == [w.shape for w in ours.weights], how
        assert [layer.name for layer in model.layers] == [layer.name for layer in ours.layers], how
        model.set_weights(ours.get_weights())
        got = outputs_of(model, x)
        assert len(got) == len(want) and all(close(a, b) for a, b in zip(got, want, strict=True)), how
    assert all(a is not b for a, b in zip(readings["clone"].weights, ours.weights, strict=True))


def test_clones_can_be_changed_on_the_way() -> None:
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(2)])

    def wider(layer: Any) -> Any:
        config = layer.get_config()
        return type(layer).from_config({**config, "units": config["units"] * 2})

    assert [layer.units for layer in models.clone_model(model, clone_function=wider).layers] == [8, 4]
    on = models.clone_model(
        branching(tsuno), input_tensors=[tsuno.Input((3,), batch_size=2), tsuno.Input((3,), batch_size=2)]
    )
    assert on.output_shape == [(2, 2), (2, 5)]


def test_custom_objects_are_found_when_passed_or_registered() -> None:
    def double(x: Any) -> Any:
        return 2 * x

    model = tsuno.Sequential([tsuno.Input((3,)), Affine(2, name="mine"), layers.Activation(double)])
    text = model.to_json()
    with pytest.raises(ValueError, match="No class or function is known as 'Affine'.*register"):
        models.model_from_json(text)
    copy = models.model_from_json(text, custom_objects={"Affine": Affine, "double": double})
    copy.set_weights(model.get_weights())
    assert close(copy(X), model(X)) and type(copy.layers[0]) is Affine and copy.layers[0].units == 2
    with tsuno.saving.custom_object_scope({"Affine": Affine, "double": double}):
        assert models.model_from_json(text).layers[0].units == 2

    @tsuno.saving.register_keras_serializable("tests")
    class Registered(Affine):
        pass

    model = tsuno.Sequential([tsuno.Input((3,)), Registered(5)])
    assert type(models.model_from_json(model.to_json()).layers[0]) is Registered


def test_a_subclassed_model_is_made_from_its_arguments() -> None:
    class Net(tsuno.Model):
        def __init__(self, width: int, rate: float = 0.1, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.width, self.rate = width, rate
            self.dense = layers.Dense(width)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

    net = Net(3, rate=0.2, name="net")
    assert {"name": "net", "width": 3, "rate": 0.2}.items() <= net.get_config().items()
    copy = models.clone_model(net)
    assert (copy.width, copy.rate, copy.name) == (3, 0.2, "net")
    assert copy(X).shape == (4, 3)


# ---------------------------------------------------------------------- wrong input

MISTAKES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a class in add": (
        lambda: tsuno.Sequential().add(layers.BatchNormalization), TypeError,
        r"`sequential.add` must be a layer; got the class BatchNormalization. Make one by calling it: BatchNormalization\(...\)",
    ),
    "a string in add": (lambda: tsuno.Sequential(["dense"]), TypeError, r"must be a layer; got 'dense' \(str\)"),
    "no list": (lambda: tsuno.Sequential(layers.Dense(2)), ValueError, "`Sequential.layers` must be a list of layers"),
    "rate as text": (
        lambda: layers.Dropout("0.2"), ValueError,
        r"`Dropout.rate` must be a number from 0 to 1; got '0.2' \(str\). Pass the number without quotes: 0.2",
    ),
    "rate above 1": (lambda: layers.Dropout(20), ValueError, r"`Dropout.rate` must be a number from 0 to 1; got 20 \(int\)"),
    "no units": (lambda: layers.Dense(0), ValueError, r"`Dense.units` must be a positive integer; got 0 \(int\)"),
    "fraction of a unit": (lambda: layers.Dense(2.5), ValueError, "`Dense.units` must be a positive integer; got 2.5"),
    "misspelt argument": (
        lambda: layers.Dense(units=3, unit=4), TypeError, "Dense has no argument 'unit'. Did you mean 'units'?",
    ),
    "missing argument": (lambda: layers.Dense(), TypeError, "Dense needs the argument 'units'"),
    "padding": (
        lambda: layers.Conv2D(8, 3, padding="smae"), ValueError,
        r"`Conv2D.padding` must be one of .*; got 'smae'. Did you mean 'same'\?",
    ),
    "causal image": (lambda: layers.Conv2D(8, 3, padding="causal"), ValueError, "'causal' is for"),
    "kernel size": (lambda: layers.Conv2D(8, (3, 3, 3)), ValueError, r"`Conv2D.kernel_size` must be a positive integer or a tuple of 2"),
    "groups": (lambda: layers.Conv2D(8, 3, groups=3), ValueError, "`Conv2D.filters` must be a multiple of groups=3; got 8"),
    "activation": (lambda: layers.Dense(2, activation="rleu"), ValueError, r"Unknown activation 'rleu'. Did you mean 'relu'\?"),
    "initializer": (
        lambda: layers.Dense(2, kernel_initializer="glorot"), ValueError, r"Unknown initializer 'glorot'.*Did you mean 'glorot_",
    ),
    "name": (lambda: layers.Dense(2, name="a/b"), ValueError, "`Dense.name` must be a string without '/'"),
    "rank": (
        lambda: layers.Conv2D(8, 3)(np.ones((4, 28, 28))), ValueError,
        r"The input of `conv2d` must have at least 4 axes; got shape \(4, 28, 28\).*x\[..., None\]",
    ),
    "symbolic rank": (
        lambda: layers.Conv2D(8, 3)(tsuno.Input((28, 28))), ValueError,
        r"The input of `conv2d` must have at least 4 axes; got shape \(None, 28, 28\)",
    ),
    "higher rank": (lambda: layers.LSTM(2)(np.ones((2, 3))), ValueError, "The input of `lstm` must have at least 3 axes"),
    "small image": (
        lambda: layers.Conv2D(8, 5)(np.ones((1, 3, 3, 1))), ValueError, "The input of `conv2d` is smaller than the kernel",
    ),
    "last axis": (
        lambda: built_dense()(np.ones((2, 4))), ValueError, r"The input of `dense` must have size 3 on axis -1; got shape \(2, 4\)",
    ),
    "unknown features": (
        lambda: layers.Dense(2)(tsuno.Input((None,))), ValueError, "'kernel' of `dense` cannot be made.*unknown size",
    ),
    "two of one name in Sequential": (
        lambda: tsuno.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")]), ValueError,
        "has a layer named 'a' already",
    ),
    "two of one name": (
        lambda: functional(lambda x: layers.Dense(2, name="a")(layers.Dense(2, name="a")(x))), ValueError,
        "Two layers of the model 'functional' are named 'a'",
    ),
    "not connected": (
        lambda: tsuno.Model(tsuno.Input((3,), name="x"), layers.Dense(2)(tsuno.Input((3,), name="other"))), ValueError,
        r"outputs of the model 'functional' depend on 'other', which is not among its inputs \['x'\]",
    ),
    "array as input": (lambda: tsuno.Model(X, X), TypeError, "`Model.inputs` must be symbolic tensors, made by `Input`"),
    "outputs forgotten": (lambda: tsuno.Model(tsuno.Input((3,))), ValueError, "needs both `inputs` and `outputs`"),
    "layer on a class": (
        lambda: layers.Dense(2)(layers.Dense), ValueError, "`dense.inputs` must be an array or a symbolic tensor; got the class Dense",
    ),
    "layer on a layer": (
        lambda: layers.Dense(2)(layers.Dense(3)), ValueError, "`dense(_1)?.inputs` must be an array or a symbolic tensor",
    ),
    "layer on nothing": (lambda: layers.Dense(2)(), TypeError, "`dense` .* must be called with 'inputs'"),
    "unknown call argument": (lambda: layers.Dense(2)(X, maks=None), TypeError, "takes no argument 'maks'"),
    "one input too few": (lambda: branching(tsuno)([X]), ValueError, r"takes 2 inputs, \['a', 'b'\]; got 1"),
    "wrong key": (lambda: branching(tsuno)({"a": X, "B": X}), ValueError, "'b' is missing among the keys"),
    "wrong size": (
        lambda: functional(layers.Dense(2))(np.ones((2, 5))), ValueError,
        r"The input 'x' of the model 'functional' must have shape \(None, 3\).*; got \(2, 5\)",
    ),
    "concatenate": (
        lambda: layers.Concatenate()([np.ones((2, 3)), np.ones((3, 3))]), ValueError, "must have equal sizes on all axes but axis -1",
    ),
    "one tensor to add": (lambda: layers.Add()(X), ValueError, "a list of at least 2 tensors"),
    "shapes to add": (
        lambda: layers.Add()([tsuno.Input((3,)), tsuno.Input((4,))]), ValueError, r"`add` \(Add\) cannot be applied to an input of shape",
    ),
    "reshape": (lambda: layers.Reshape((4, 2))(tsuno.Input((9,))), ValueError, r"cannot give samples of shape \(9,\) \(9 values\)"),
    "permute": (lambda: layers.Permute((0, 1)), ValueError, "`Permute.dims` must be an order of the axes 1 to 2"),
    "input without shape": (lambda: tsuno.Input(), TypeError, "`Input` needs `shape`"),
    "input shape as text": (lambda: tsuno.Input(("a",)), ValueError, "`Input.shape` must be a tuple of sizes"),
    "no super": (lambda: forgetful()(X), RuntimeError, r"Forgetful.__init__ must call `super\(\).__init__\(\)`"),
    "no call": (lambda: layers.Layer()(X), NotImplementedError, "Layer must define `call"),
    "if on a symbol": (lambda: bool(tsuno.Input((3,)) > 0), TypeError, "no truth value"),
    "NumPy on a symbol": (lambda: np.sin(tsuno.Input((3,))), TypeError, "use the function of the same name in `tsuno.ops`"),
    "shape of set_weights": (lambda: built_dense().set_weights([X, X]), ValueError, "`dense/kernel` has shape"),
    "weights before build": (lambda: layers.Dense(2).set_weights([X, X]), ValueError, "has 0 weights.*not built yet"),
    "stateful batch": (
        lambda: layers.LSTM(2, stateful=True)(tsuno.Input((4, 3))), ValueError, r"stateful and needs a fixed batch size",
    ),
    "cell": (lambda: layers.RNN(layers.Dense(2)), TypeError, "`RNN.cell` must be a layer with `call` and `state_size`"),
    "einsum": (lambda: layers.EinsumDense("ab->c", 3)(X), ValueError, "`EinsumDense.equation` must be of the form"),
    "unknown layer": (
        lambda: models.model_from_json('{"class_name": "Desne", "module": "keras.layers", "config": {}}'), ValueError,
        r"No class or function is known as 'Desne'. Did you mean 'Dense'\?",
    ),
}  # fmt: skip


def built_dense() -> Any:
    layer = layers.Dense(2)
    layer.build((None, 3))
    return layer


def functional(function: Callable[[Any], Any]) -> Any:
    x = tsuno.Input((3,), name="x")
    return tsuno.Model(x, function(x))


def forgetful() -> Any:
    class Forgetful(layers.Layer):
        def __init__(self) -> None:
            pass

        def call(self, inputs: Any) -> Any:
            return inputs

    return Forgetful()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_clear_sentence(mistake: str) -> None:
    attempt, kind, message = MISTAKES[mistake]
    with pytest.raises(kind, match=message) as raised:
        attempt()
    assert "\n" not in str(raised.value)
