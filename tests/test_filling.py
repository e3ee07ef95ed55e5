"""A last batch that is filled up changes no number, and is filled up only where that is sure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tsuno
from tsuno import Input, Model, Sequential, layers, losses, metrics, ops
from tsuno.data import ArrayData, arrays
from tsuno.training import filling, loop

rng = np.random.default_rng(0)
X, IMAGES = rng.normal(size=(21, 5)).astype("float32"), rng.normal(size=(21, 6, 6, 2)).astype("float32")
Y, WEIGHTS = rng.integers(0, 3, 21), rng.random(21).astype("float32")


def dense() -> Model:
    return Sequential(
        [
            Input((5,)), layers.Dense(6, "tanh", kernel_regularizer="l2"), layers.Dropout(0.4), layers.GaussianNoise(0.1),
            layers.BatchNormalization(), layers.Dense(3, "softmax"),
        ]
    )  # fmt: skip


def convolved() -> Model:
    x = Input((6, 6, 2))
    y = layers.Conv2D(3, 3)(x)
    y = layers.BatchNormalization(renorm=True)(y) + ops.relu(y)
    return Model(x, layers.Dense(3)(layers.Flatten()(layers.MaxPooling2D()(y))))


def two_outputs() -> Model:
    x = Input((5,))
    return Model(
        x,
        {
            "a": layers.Dense(3, "softmax")(x),
            "b": layers.Dense(1)(layers.SpatialDropout1D(0.5)(layers.Reshape((5, 1))(x))),
        },
    )


CASES: list[tuple[Callable[[], Model], Any, Any, dict[str, Any], dict[str, Any]]] = [
    (dense, X, Y, {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}, {}),
    (
        convolved, IMAGES, np.eye(3)[Y],
        {"loss": losses.CategoricalCrossentropy(from_logits=True, reduction="sum"), "weighted_metrics": [metrics.AUC(from_logits=True)]},
        {"sample_weight": WEIGHTS},
    ),
    (
        two_outputs, X, {"a": Y, "b": np.tile(Y[:, None, None], (1, 5, 1))},
        {"loss": {"a": losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight"), "b": "mse"},
         "metrics": {"a": ["accuracy"], "b": ["mae"]}},
        {"sample_weight": {"a": WEIGHTS, "b": np.tile(WEIGHTS[:, None], (1, 5))}},
    ),
]  # fmt: skip


def trained(case: int, monkeypatch: Any, filled: bool, **more: Any) -> tuple[Any, ...]:
    """What comes of training, evaluating and predicting with 21 samples, 8 in a batch."""
    make, x, y, compiled, given = CASES[case]
    if not filled:
        monkeypatch.setattr(loop, "fill", lambda *args: None)
    tsuno.utils.set_random_seed(3)
    model = make()
    model.compile(tsuno.optimizers.SGD(0.01, momentum=0.9), **compiled)
    history = model.fit(x, y, 8, epochs=3, verbose=0, **given, **more).history
    measured = model.evaluate(x, y, 8, verbose=0, return_dict=True, **given)
    programs = [model._programs.find(phase) for phase in ("train", "test")]
    assert [program._known for program in programs] == [{(8, True)} if filled else {(8, False), (5, False)}] * 2
    return history, measured, model.predict(x, 8, verbose=0), model.get_weights()


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        ours, theirs = list(ours.values()), [theirs[key] for key in ours]
    if isinstance(ours, (list, tuple)):
        for pair in zip(ours, theirs, strict=True):
            assert_same(*pair)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_one_program_serves_all_batches_and_no_number_changes(case: int, monkeypatch: Any) -> None:
    assert_same(trained(case, monkeypatch, True), trained(case, monkeypatch, False))


def test_batches_gathered_on_the_host_are_filled_up_too(monkeypatch: Any) -> None:
    expected = trained(0, monkeypatch, True)
    monkeypatch.setattr(arrays, "_LARGE", 0)
    monkeypatch.setattr(arrays, "_PART", 16 * 28)  # two batches at a time
    assert_same(trained(0, monkeypatch, True), expected)


def test_epochs_are_the_same_one_by_one_and_in_one_go(monkeypatch: Any) -> None:
    data = ArrayData((X, Y, None), 8)
    assert data.span(100) == 1
    data.fill()
    assert data.span(100) == 33
    look = tsuno.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs["loss"])
    together, apart = (trained(0, monkeypatch, True, callbacks=callbacks) for callbacks in (None, [look]))
    assert together[0] == apart[0]
    assert all((a == b).all() for a, b in zip(together[3], apart[3], strict=True))


def test_predictions_go_on_and_are_seen_without_what_fills_up() -> None:
    model, seen = stack(), []
    once = model.predict(X, 8, verbose=0)
    np.testing.assert_allclose(model.predict(X, 8, steps=5, verbose=0), np.concatenate([once, once[:16]]), rtol=1e-6)
    look = tsuno.callbacks.LambdaCallback()
    look.on_predict_batch_end = lambda batch, logs: seen.append(len(logs["outputs"]))
    model.predict(X, 8, verbose=0, callbacks=[look])
    assert seen == [8, 8, 5]


def test_few_samples_are_no_batch_to_fill_up() -> None:
    for size in (5, 8, 16):
        data = ArrayData((X[:size],), 8)
        data.fill()
        assert [chunk.filled for chunk in data.chunks()] == [False]


DRAWING = [
    lambda: layers.Dropout(0.5, seed=1), lambda: layers.AlphaDropout(0.5, seed=1), lambda: layers.GaussianDropout(0.5, seed=1),
    lambda: layers.GaussianNoise(0.5, seed=1), lambda: layers.SpatialDropout1D(0.5, seed=1),
    lambda: layers.LSTM(2, dropout=0.5, recurrent_dropout=0.5, seed=1), lambda: layers.GRU(2, dropout=0.5, seed=1),
    lambda: layers.SimpleRNN(2, recurrent_dropout=0.5, seed=1),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(DRAWING)))
def test_random_numbers_are_drawn_row_after_row(place: int) -> None:
    x = X.reshape(7, 3, 5)
    tsuno.utils.set_random_seed(0)
    few, many = DRAWING[place](), DRAWING[place]()
    assert filling.keeps_rows_apart(few, True)
    few.build(x.shape)
    many.build(x.shape)
    many.set_weights(few.get_weights())
    found = np.asarray(many(x, training=True))
    np.testing.assert_allclose(np.asarray(few(x[:4], training=True)), found[:4], rtol=1e-6)
    assert not np.allclose(found, np.asarray(many(x, training=False)))


@pytest.mark.parametrize("seed", [1, 2])
def test_attention_drops_row_after_row(seed: int) -> None:
    x = X[:20].reshape(5, 4, 5)
    few, many = (layers.MultiHeadAttention(2, 3, dropout=0.5, seed=seed) for _ in range(2))
    found = np.asarray(many(x, x, training=True))
    few.build(x.shape, x.shape)
    few.set_weights(many.get_weights())
    np.testing.assert_allclose(np.asarray(few(x[:3], x[:3], training=True)), found[:3], rtol=1e-5, atol=1e-6)


class Own(layers.Layer):
    def call(self, x: Any) -> Any:
        return x - ops.mean(x, 0)


class OwnDense(layers.Dense):
    pass


class OwnModel(Model):
    pass


class OwnLoss(losses.MeanSquaredError):
    pass


def stack(*inside: Any, last: int = 1) -> Model:
    return Sequential([Input((5,)), *inside, layers.Dense(last)])


def drawn() -> Model:
    x = Input((5,))
    return Model(x, layers.Dense(1)(x) * ops.max(x, 0, keepdims=True)[:, :1])


def crossed() -> Model:
    x = Input((5,))
    y = layers.Dense(1)(x)
    return Model(x, y + layers.Reshape(())(y))


def masked() -> Model:
    x = Input((5,), dtype="int32")
    return Model(x, layers.Dense(1)(layers.Embedding(9, 2, mask_zero=True)(x)))


def flat() -> Model:
    return stack(layers.Reshape((5, 1)), layers.TimeDistributed(layers.BatchNormalization()), layers.Flatten())


def quantized() -> Model:
    model = stack()
    model.quantize("int8")
    return model


REFUSED: list[tuple[str, Callable[[], Model], dict[str, Any], str]] = [
    ("custom layer", lambda: stack(Own()), {}, "train test predict"),
    ("subclass of a layer", lambda: stack(OwnDense(2)), {}, "train test predict"),
    ("subclass of Model", lambda: OwnModel(*(lambda x: (x, layers.Dense(1)(x)))(Input((5,)))), {}, "train test predict"),
    ("lambda", lambda: stack(layers.Lambda(lambda x: x)), {}, "train test predict"),
    ("custom activation", lambda: stack(layers.Dense(2, activation=lambda x: x - ops.mean(x))), {}, "train test predict"),
    ("softmax over rows", lambda: stack(layers.Softmax(axis=0)), {}, "train test predict"),
    ("ops in the graph", drawn, {}, "train test predict"),
    ("rows by rows", crossed, {}, "train test predict"),
    ("activity regularizer", lambda: stack(layers.Dense(2, activity_regularizer="l2")), {}, "train test predict"),
    ("steps and rows joined", flat, {}, "train test predict"),
    ("quantized", quantized, {}, "train test predict"),
    ("random images", lambda: stack(layers.Reshape((5, 1, 1)), layers.RandomFlip(), layers.Flatten()), {}, "train"),
    ("mask on the output", masked, {}, "train test"),
    ("eager", stack, {"run_eagerly": True}, "train test predict"),
    ("custom loss", stack, {"loss": lambda y, p: ops.mean(ops.square(y - p))}, "train test"),
    ("subclass of a loss", stack, {"loss": OwnLoss()}, "train test"),
    ("loss of all rows", stack, {"loss": "dice"}, "train test"),
    ("custom metric", stack, {"metrics": [lambda y, p: ops.max(p)]}, "train test"),
    ("nothing", lambda: stack(layers.Softmax(axis=1), layers.Dense(2, "relu")), {"metrics": ["mae", metrics.R2Score()]}, ""),
    ("nested", lambda: stack(stack(layers.BatchNormalization(), last=4)), {"loss": "huber"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("make", "compiled", "refused"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_batches_are_filled_up_only_where_that_is_sure(make: Any, compiled: Any, refused: str) -> None:
    model = make()
    model.compile(**{"loss": "mse", **compiled})
    target = np.zeros((21, *(size or 21 for size in model.output_shape[1:])), "float32")
    model.compiled.build(model, *(tsuno.KerasTensor((None, *model.output_shape[1:])) for _ in range(2)))
    found = []
    for phase in ("train", "test", "predict"):
        data = ArrayData((np.zeros((21, 5), "float32"), target, None), 8)
        filling.fill(model, data, phase)
        found += [] if any(chunk.filled for chunk in data.chunks()) else [phase]
    assert " ".join(found) == refused


def test_rows_that_are_mixed_are_those_of_the_batch() -> None:
    class Halved(tsuno.callbacks.Callback):
        def transform(self, x: Any, y: Any) -> Any:
            sizes.append(len(x))
            return x - ops.mean(x, 0), y

    sizes: list[int] = []
    model = stack()
    model.compile("sgd", "mse")
    model.fit(X, Y, 8, verbose=0, callbacks=[Halved()])
    assert set(sizes) == {8, 5}
