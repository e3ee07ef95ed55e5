"""Gradients by rows are the gradients, and come only where nothing else is done with a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tsuno
from tsuno import Input, Model, Sequential, engine, layers, ops, optimizers
from tsuno.engine import row_gradients
from tsuno.training.step import Step, training_state

WORDS, SIZE, STEPS = 200, 4, 6
rng = np.random.default_rng(0)
X, Y = rng.integers(0, WORDS, (8, STEPS)).astype("int32"), rng.normal(size=(8, 1)).astype("float32")
X[:, 0] = 3  # one row that all of them look up
WEIGHTS = rng.random(8).astype("float32")


def embedding(**options: Any) -> layers.Layer:
    return layers.Embedding(WORDS, SIZE, **options)


def plain(**options: Any) -> Model:
    table = embedding(**options)
    return Sequential([Input((STEPS,), dtype="int32"), table, layers.GlobalAveragePooling1D(), layers.Dense(1)])


def shared() -> Model:
    x, table = Input((STEPS,), dtype="int32"), embedding(mask_zero=True)
    other = layers.Embedding(2 * WORDS, 3)
    sides = [layers.Flatten()(layer(part)) for layer, part in ((table, x), (table, x[:, :2]), (other, x))]
    return Model(x, layers.Dense(1)(layers.Concatenate()(sides)))


def read_too() -> Model:
    x, table = Input((STEPS,), dtype="int32"), layers.ReversibleEmbedding(WORDS, SIZE)
    return Model(x, ops.mean(table(table(x), reverse=True), axis=1)[:, :1])


def in_a_loop() -> Model:
    class Cell(layers.Layer):
        state_size = SIZE

        def __init__(self) -> None:
            super().__init__()
            self.table = embedding()

        def call(self, x: Any, states: Any) -> Any:
            state = ops.tanh(states[0] + self.table(x[:, 0]))
            return state, [state]

    x = Input((STEPS,), dtype="int32")
    return Model(x, layers.Dense(1)(layers.RNN(Cell())(ops.expand_dims(x, -1))))


def of_ones_own() -> Model:
    class Words(layers.Layer):
        def build(self, shape: Any) -> None:
            self.table = self.add_weight((WORDS, 3))

        def call(self, x: Any) -> Any:
            return ops.tanh(self.table.value[x])

    return Sequential([Input((STEPS,), dtype="int32"), Words(), layers.Flatten(), layers.Dense(1)])


def recomputed() -> Model:
    x = Input((STEPS,), dtype="int32")
    with tsuno.RematScope():
        return Model(x, layers.Dense(1)(layers.Flatten()(embedding()(x))))


# (model, how many tables come by rows)
MODELS: list[tuple[Callable[[], Model], int]] = [
    (plain, 1),
    (lambda: plain(dtype="mixed_bfloat16"), 1),
    (shared, 2),
    (of_ones_own, 1),
    (lambda: plain(embeddings_regularizer="l2"), 0),
    (lambda: plain(embeddings_constraint="unit_norm"), 0),
    (read_too, 0),
    (in_a_loop, 0),
    (recomputed, 0),
]
LAWS: list[Callable[[], optimizers.Optimizer]] = [
    lambda: optimizers.SGD(0.5),
    lambda: optimizers.Adagrad(optimizers.schedules.ExponentialDecay(0.5, 2, 0.9)),
]


def trained(make: Callable[[], Model], law: Callable[[], Any]) -> tuple[list[Any], Model]:
    """The losses, weights and slots after three epochs, and the model."""
    tsuno.utils.set_random_seed(1)
    model = make()
    model.compile(law(), "mse")
    losses = model.fit(X, Y, sample_weight=WEIGHTS, batch_size=3, epochs=3, shuffle=False, verbose=0).history["loss"]
    return [losses, *model.get_weights(), *(v.numpy() for v in model.optimizer.variables)], model


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Lets small tables come by rows too; the gradients that did."""
    seen: list[Any] = []
    inner = row_gradients.Rows.summed
    monkeypatch.setattr(row_gradients, "_SMALL", 0)
    monkeypatch.setattr(row_gradients.Rows, "summed", lambda rows, size: (seen.append(rows), inner(rows, size))[1])
    return seen


@pytest.mark.parametrize(("make", "tables"), MODELS)
def test_training_is_that_with_gradients_of_all_rows(make: Any, tables: int, summed: list[Any]) -> None:
    for law in LAWS[: 1 + (make is plain)]:
        summed.clear()
        by_rows, model = trained(make, law)
        weights = [weight for weight in model.trainable_weights if weight.ndim > 1 and weight.shape[0] >= WORDS]
        assert len({rows.values.shape[1:] for rows in summed}) == tables, [weight.path for weight in weights]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(row_gradients, "_SMALL", 1 << 20)
            summed.clear()
            dense, _ = trained(make, law)
        assert not summed
        for mine, theirs in zip(by_rows, dense, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize(
    "options", [{"momentum": 0.9}, {"clipnorm": 1.0}, {"clipvalue": 0.1}, {"global_clipnorm": 1.0}, {"use_ema": True},
                {"weight_decay": 0.1}, {"gradient_accumulation_steps": 2}, {"loss_scale_factor": 2.0}]
)  # fmt: skip
def test_where_other_rows_move_too_all_of_them_come(options: dict[str, Any], summed: list[Any]) -> None:
    trained(plain, lambda: optimizers.SGD(0.1, **options))
    assert not summed


def test_laws_of_ones_own_get_all_rows(summed: list[Any]) -> None:
    class Fading(optimizers.SGD):
        def update(self, weight: Any, gradient: Any, slots: Any, step: Any, learning_rate: Any) -> Any:
            return 0.9 * weight - learning_rate * gradient, {}

    trained(plain, lambda: Fading(0.1))
    assert not summed


def shapes(jaxpr: Any) -> list[tuple[str, tuple[int, ...]]]:
    """All operations and the shapes of what they make."""
    found = []
    for eqn in jaxpr.eqns:
        inner = [p.jaxpr for p in eqn.params.values() if hasattr(p, "jaxpr")]
        found += [pair for each in inner for pair in shapes(each)]
        if not inner:
            found += [(eqn.primitive.name, out.aval.shape) for out in eqn.outvars]
    return found


def test_no_array_of_all_rows_is_made(summed: list[Any]) -> None:
    _, model = trained(plain, LAWS[1])
    step = Step(model, "train", training_state(model))
    state = {
        v.path: v.value for owner in training_state(model) for v in (owner if isinstance(owner, list) else [owner])
        for v in v.variables
    }  # fmt: skip
    made = shapes(jax.make_jaxpr(step)(state, (X[:3], Y[:3], None)).jaxpr)
    assert [name for name, shape in made if shape == (WORDS, SIZE)] == ["scatter"] * 2


@pytest.mark.parametrize("mode", ["fill", "clip", "promise_in_bounds"])
def test_rows_that_are_not_there(mode: str) -> None:
    inside = mode == "promise_in_bounds"
    rows = jnp.asarray([[5, 0, 5], [9, 3, 3]] if inside else [[5, -1, 5], [90, -90, 3]])
    table, factor = jnp.asarray(rng.normal(size=(10, 2))), jnp.asarray(rng.normal(size=(2, 3, 2)))

    def loss(values: Any) -> tuple[Any, Any]:
        taken = values[0].at[rows].get(mode=mode)
        return jnp.sum(jnp.where(jnp.isnan(taken), 0, jnp.sin(taken) * factor * values[1])), taken

    values = [table, jnp.asarray(2.0)]
    expected = jax.value_and_grad(loss, has_aux=True)(values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_gradients, "_pays", lambda *_: True)
        (value, aux), (found, other) = engine.value_and_row_grad(loss, values, [0])
    assert isinstance(found, engine.Rows)
    once = found.summed(10)
    assert len(set(np.asarray(once.places).tolist())) == 6
    np.testing.assert_array_equal(value, expected[0][0])
    np.testing.assert_array_equal(aux, expected[0][1])
    np.testing.assert_allclose(other, expected[1][1], rtol=1e-6)
    np.testing.assert_allclose(once.put(jnp.zeros_like(table), once.values), expected[1][0], rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(once.put(table, once.of(table)), table)


def test_small_tables_and_many_lookups_come_whole() -> None:
    def pays(words: int, rows: int) -> bool:
        table = jax.ShapeDtypeStruct((words, 64), "float32")
        if not engine.is_table(table.shape):
            return False
        eqn = jax.make_jaxpr(lambda table, places: table[places])(table, jax.ShapeDtypeStruct((rows,), "int32"))
        found = row_gradients._lookups(eqn.jaxpr, eqn.jaxpr.invars[0])
        assert found
        return row_gradients._pays(table, found)

    assert [pays(100_000, 2_000), pays(100_000, 20_000), pays(10_000, 100)] == [True, False, False]
