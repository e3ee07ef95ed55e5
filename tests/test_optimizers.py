"""Every optimizer and schedule: Keras' steps, variables and configurations; compiled as eager; errors in one form."""

from __future__ import annotations

import functools
import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np
import optax
import pytest

import tsuno
from tsuno.optimizers import schedules

K = keras.optimizers
STEPS = 20
HASTE = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # each program runs once
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own

# (class, options): every class, every branch of its law, and every option of the base once.
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("Adam", {"learning_rate": 0.1, "amsgrad": True}),
    ("AdamW", {"learning_rate": 0.1, "weight_decay": 0.05}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "momentum": 0.9}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True}),
    ("RMSprop", {"learning_rate": 0.01, "momentum": 0.5, "centered": True, "epsilon": 1e-4}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 1e-3}),
    ("Adadelta", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-2}),
    ("Adamax", {"learning_rate": 0.05}),
    ("Adamax", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9}),
    ("Nadam", {"learning_rate": 0.05}),
    ("Nadam", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "gradient_accumulation_steps": 3}),
    ("Adafactor", {"learning_rate": 0.5}),
    ("Adafactor", {
        "learning_rate": ("ExponentialDecay", {"initial_learning_rate": 0.9, "decay_steps": 5, "decay_rate": 0.5}),
        "beta_2_decay": -0.5, "epsilon_2": 0.1, "clip_threshold": 0.5, "relative_step": False, "weight_decay": 0.1,
    }),
    ("Ftrl", {"learning_rate": 0.1}),
    ("Ftrl", {
        "learning_rate": 0.2, "learning_rate_power": -0.3, "initial_accumulator_value": 0.2,
        "l1_regularization_strength": 0.4, "l2_regularization_strength": 0.1,
        "l2_shrinkage_regularization_strength": 0.05, "beta": 0.3,
    }),
    ("Lamb", {"learning_rate": 0.1}),
    ("Lamb", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "weight_decay": 0.1}),
    ("Lion", {"learning_rate": 0.1}),
    ("Lion", {"learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.8, "weight_decay": 0.5, "use_ema": True}),
    ("Muon", {"learning_rate": 0.1}),
    ("Muon", {
        "learning_rate": 0.1, "adam_beta_1": 0.8, "adam_beta_2": 0.9, "adam_weight_decay": 0.1, "weight_decay": None,
        "exclude_layers": ["kern.l"], "exclude_embeddings": False, "muon_a": 3.0, "adam_lr_ratio": 0.5,
        "momentum": 0.8, "ns_steps": 3, "nesterov": False, "rms_rate": None, "gradient_accumulation_steps": 2,
    }),
    ("ScheduleFreeAdamW", {"learning_rate": 0.1}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "warmup_steps": 6}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.5}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 1.0}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.1, "momentum": 0.5}),
    ("Adam", {"learning_rate": 0.1, "loss_scale_factor": 128.0}),
    ("Adam", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8}),
    ("Adam", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 6}),
    ("Adam", {"learning_rate": 0.1, "gradient_accumulation_steps": 4, "clipnorm": 0.3, "weight_decay": 0.1}),
    ("SGD", {"gradient_accumulation_steps": 3, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2}),
    ("SGD", {"learning_rate": ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 15, "cycle": True})}),
    ("Adam", {"learning_rate": ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 9}), "weight_decay": 0.1}),
]  # fmt: skip
ADAM = ("Adam", {"learning_rate": 0.1, "use_ema": True, "ema_overwrite_frequency": 4, "name": "adam"})
HALVED = ("SGD", {"learning_rate": 0.1, "gradient_accumulation_steps": 2, "name": "halved"})
# Optimizers of optimizers.
WRAPPERS: list[tuple[str, dict[str, Any]]] = [
    ("LossScaleOptimizer", {"inner_optimizer": ADAM, "initial_scale": 8.0, "dynamic_growth_steps": 4}),
    ("LossScaleOptimizer", {"inner_optimizer": HALVED, "dynamic_growth_steps": 2}),
    ("MultiOptimizer", {
        "optimizer_map": ("OptimizerMap", {
            "default_optimizer": HALVED, "optimizer_map": {"kernel|conv": ADAM, "bias": ("SGD", {"name": "unscaled"})},
        }),
        "loss_scale_factor": 16.0,
    }),
]  # fmt: skip
# A row whose kernel must stay non-negative and whose bias is spared from decay, in both libraries.
BOUND = ("SGD", {"learning_rate": 0.1, "weight_decay": 0.5, "use_ema": True, "ema_overwrite_frequency": 5})
# Rows whose bias is overwritten by its gradient.
OVERWRITTEN = ("Adam", {"learning_rate": 0.1, "use_ema": True, "loss_scale_factor": 4.0, "clipnorm": 0.1})
LARGEST = ("Muon", {"learning_rate": 0.1, "gradient_accumulation_steps": 3})
ALL = [*ROWS, *WRAPPERS, BOUND, OVERWRITTEN, LARGEST]

SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5, "staircase": True}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "end_learning_rate": 0.01, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "power": 0.5, "cycle": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 20], "values": [1.0, 0.5, 0.1]}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}),
    ("CosineDecay", {
        "initial_learning_rate": 0.0, "decay_steps": 20, "alpha": 0.1, "warmup_target": 0.2, "warmup_steps": 7,
    }),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "warmup_target": 0.2}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 7}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.0, "m_mul": 0.8}),
    ("CosineDecayRestarts", {
        "initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.1,
    }),
]  # fmt: skip

rng = np.random.default_rng(0)
SHAPES = {"kernel": (3, 2), "bias": (2,), "scale": (), "conv": (2, 1, 2, 2), "embeddings": (2, 4)}
START = [rng.normal(size=shape).astype("float32") for shape in SHAPES.values()]
GRADS = [rng.normal(size=(STEPS, *shape)).astype("float32") for shape in SHAPES.values()]
BROKEN = [g.copy() for g in GRADS]
BROKEN[0][5, 0, 0], BROKEN[3][6] = np.nan, np.inf


def ident(row: tuple[str, dict[str, Any]]) -> str:
    return f"{row[0]}({', '.join(f'{k}={v[0] if isinstance(v, tuple) else v}' for k, v in row[1].items())})"


def resolve(library: Any, value: Any) -> Any:
    """What a part of a row stands for: (class, options) is an object."""
    if isinstance(value, dict):
        return {key: resolve(library, each) for key, each in value.items()}
    if not isinstance(value, tuple):
        return value
    name, options = value
    home = library.optimizers if hasattr(library.optimizers, name) else library.optimizers.schedules
    return getattr(home, name)(**resolve(library, options))


def make(library: Any, row: tuple[str, dict[str, Any]]) -> tuple[Any, list[Any]]:
    """The optimizer of a row, built on five weights."""
    name, options = row
    optimizer = resolve(library, (name, {"name": "opt", **options}))
    weights = [library.Variable(w, name=n) for w, n in zip(START, SHAPES, strict=True)]
    if row is BOUND:
        weights[0].constraint = library.constraints.NonNeg()
        optimizer.exclude_from_weight_decay(var_names=["bias"], var_list=weights[3:4])
    weights[1].overwrite_with_gradient = row is OVERWRITTEN or row is LARGEST
    optimizer.build(weights)
    return optimizer, weights


def gradients(optimizer: Any) -> list[np.ndarray]:
    return BROKEN if type(optimizer).__name__ == "LossScaleOptimizer" else GRADS


@functools.cache
def trajectories(library: Any) -> tuple[list[Any], list[list[np.ndarray]], list[list[np.ndarray]]]:
    """Of all rows: the optimizers, their weights at every step, and their own variables at the end.

    One compiled program for all of them: compiling is what takes the time.
    """
    made = [make(library, row) for row in ALL]

    @functools.partial(jax.jit, compiler_options=HASTE)
    def run(states: Any) -> Any:
        def one(optimizer: Any, state: Any) -> Any:
            def step(carry: Any, grads: Any) -> Any:
                weights, own = optimizer.stateless_apply(carry[1], list(grads), carry[0])
                after = jax.tree.map(lambda new, old: new.astype(old.dtype), (weights, own), carry)
                return after, after[0]

            return jax.lax.scan(step, state, tuple(gradients(optimizer)))

        return [one(optimizer, state) for (optimizer, _), state in zip(made, states, strict=True)]

    states = [([v.value for v in weights], [v.value for v in optimizer.variables]) for optimizer, weights in made]
    results = jax.device_get(run(states))
    return [optimizer for optimizer, _ in made], [paths for _, paths in results], [end[1] for end, _ in results]


@pytest.mark.parametrize("place", range(len(ALL)), ids=map(ident, ALL))
def test_steps_are_those_of_keras(place: int) -> None:
    _, paths, own = trajectories(tsuno)
    _, keras_paths, keras_own = trajectories(keras)
    for mine, theirs in zip([*paths[place], *own[place]], [*keras_paths[place], *keras_own[place]], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-6 * max(1.0, np.abs(theirs).max()))


@pytest.mark.parametrize("place", range(len(ALL)), ids=map(ident, ALL))
def test_variables_are_those_of_keras(place: int) -> None:
    mine, theirs = trajectories(tsuno)[0][place].variables, trajectories(keras)[0][place].variables
    assert [(v.shape, v.dtype) for v in mine] == [(v.shape, v.dtype) for v in theirs]
    # A few have no path in Keras: Nadam's product of momenta and the places that Adafactor does not need.
    named = [place for place, v in enumerate(theirs) if "/" in v.path]
    assert [mine[place].path for place in named] == [theirs[place].path for place in named]


@pytest.mark.parametrize("place", range(len(ROWS) + len(WRAPPERS)), ids=map(ident, [*ROWS, *WRAPPERS]))
def test_config(place: int) -> None:
    mine, theirs = trajectories(tsuno)[0][place], trajectories(keras)[0][place]
    assert mine.get_config() == theirs.get_config()
    serialized = tsuno.optimizers.serialize(mine)
    assert serialized == K.serialize(theirs)
    again = tsuno.optimizers.deserialize(serialized)
    assert type(again) is type(mine) and again.get_config() == mine.get_config()
    assert keras.saving.deserialize_keras_object(serialized).get_config() == theirs.get_config()


def test_laws_that_leave_numbers_without_a_gradient_alone() -> None:
    still = set()
    for place, row in enumerate(ROWS):
        if trajectories(tsuno)[0][place].keeps_still:
            optimizer, weights = make(tsuno, row)
            if not optimizer.takes_rows(weights[0]):
                continue
            optimizer.apply([g[0] for g in gradients(optimizer)], weights)
            kept = [v for v in (*weights, *optimizer.variables) if v is not optimizer._iterations]
            before = [v.numpy().copy() for v in kept]
            optimizer.apply([np.zeros_like(g[0]) for g in gradients(optimizer)], weights)
            for variable, value in zip(kept, before, strict=True):
                np.testing.assert_array_equal(variable.numpy(), value)
            still.add(row[0])
    assert still == {"SGD", "Adagrad"}


@pytest.mark.parametrize("name", sorted({name for name, _ in ALL}))
def test_eager_is_compiled(name: str) -> None:
    place = min(place for place, row in enumerate(ALL) if row[0] == name)
    optimizer, weights = make(tsuno, ALL[place])
    for step in range(4):
        optimizer.apply_gradients(zip([g[step] for g in gradients(optimizer)], weights, strict=True))
    for weight, path in zip(weights, trajectories(tsuno)[1][place], strict=True):
        np.testing.assert_allclose(weight.numpy(), path[3], rtol=1e-6, atol=1e-6)
    assert int(optimizer.iterations) == 4


def test_every_class_has_a_row() -> None:
    base = (tsuno.optimizers.Optimizer, schedules.LearningRateSchedule)
    for module, rows in ((tsuno.optimizers, [*ROWS, *WRAPPERS, ("Optax", {})]), (schedules, SCHEDULES)):
        classes = {n for n, v in vars(module).items() if isinstance(v, type) and issubclass(v, base) and v not in base}
        assert classes - {"OneCycle"} == {name for name, _ in rows}  # which Keras has not; see test_callbacks


@functools.cache
def rates(library: Any) -> tuple[list[Any], list[np.ndarray]]:
    """Of all schedules: the objects, and their rates at some steps, in one compiled program."""
    made = [getattr(library.optimizers.schedules, name)(**options) for name, options in SCHEDULES]
    run = jax.jit(lambda steps: [jax.vmap(schedule)(steps) for schedule in made], compiler_options=HASTE)
    return made, jax.device_get(run(np.array([0, 1, 5, 6, 7, 8, 14, 19, 20, 21, 27, 45], "int32")))


@pytest.mark.parametrize("place", range(len(SCHEDULES)), ids=map(ident, SCHEDULES))
def test_schedules_are_those_of_keras(place: int) -> None:
    mine, theirs = rates(tsuno)[0][place], rates(keras)[0][place]
    assert schedules.serialize(mine) == K.schedules.serialize(theirs)
    assert schedules.deserialize(schedules.serialize(mine)).get_config() == theirs.get_config()
    np.testing.assert_allclose(rates(tsuno)[1][place], rates(keras)[1][place], rtol=2e-6, atol=1e-8)
    assert float(schedules.PiecewiseConstantDecay([], [0.5])(3)) == 0.5  # where Keras fails


def test_get() -> None:
    ids = (
        "adadelta", "Adafactor", "adagrad", "adam", "Adamax", "adamw", "ftrl", "lion", "muon", "nadam", "RMSprop",
        "rmsprop", "ScheduleFreeAdamW", "sgd", "SGD",
    )  # fmt: skip
    for name in ids:
        assert type(tsuno.optimizers.get(name)).__name__ == type(K.get(name)).__name__
        assert type(tsuno.optimizers.get({"class_name": name, "config": {}})) is type(tsuno.optimizers.get(name))
    adam = tsuno.optimizers.Adam()
    assert tsuno.optimizers.get(adam) is adam
    assert isinstance(tsuno.optimizers.get(tsuno.optimizers.Adam), tsuno.optimizers.Adam)
    assert tsuno.optimizers.get(None) is None and tsuno.optimizers.get("lamb").name.startswith("lamb")
    assert tsuno.optimizers.legacy.Adam is tsuno.optimizers.Adam


def test_arguments_by_position_and_decay() -> None:
    for name, arguments in (("SGD", (0.5, 0.9, True, 0.25, 1.0)), ("AdamW", (0.5, 0.25, 0.5, 0.5, 0.5, True, 1.0))):
        mine, theirs = getattr(tsuno.optimizers, name)(*arguments), getattr(K, name)(*arguments)
        assert {**mine.get_config(), "name": ""} == {**theirs.get_config(), "name": ""}
    config = tsuno.optimizers.Adam(decay=0.1).get_config()  # see test_traps.py
    assert "decay" not in config and config["learning_rate"]["class_name"] == "InverseTimeDecay"


def test_learning_rate() -> None:
    sgd, weights = make(tsuno, ("SGD", {"learning_rate": 0.5}))
    sgd.learning_rate = 0.25
    sgd.apply([np.ones_like(w) for w in START])
    np.testing.assert_allclose(weights[0].numpy(), START[0] - 0.25, rtol=1e-6)
    assert sgd.get_config()["learning_rate"] == 0.25
    sgd.learning_rate = schedules.PiecewiseConstantDecay([10], [0.125, 0.0])
    assert float(sgd.learning_rate) == 0.125 and [v.path for v in sgd.variables] == ["opt/iteration"]
    with pytest.raises(TypeError, match=r"follows .* cannot be set to 0\.1"):
        sgd.learning_rate = 0.1
    assert float(tsuno.optimizers.SGD(lambda: 0.5).learning_rate) == 0.5


def test_moving_average_and_loss_scale() -> None:
    sgd, weights = make(tsuno, ("SGD", {"learning_rate": 1.0, "use_ema": True, "ema_momentum": 0.5}))
    for _ in range(2):
        sgd.apply([np.ones_like(w) for w in START])
    sgd.finalize_variable_values(weights)
    np.testing.assert_allclose(weights[0].numpy(), START[0] - 1.5, rtol=1e-5)
    assert tsuno.optimizers.SGD(loss_scale_factor=8.0).scale_loss(2.0) == 16.0


def test_a_loss_that_overflows_is_scaled_down() -> None:
    """In float16 a gradient of 200 times 2¹⁵ is infinite: steps are skipped until it is not, all within one program."""
    before = tsuno.config.dtype_policy()
    tsuno.config.set_dtype_policy("mixed_float16")
    try:
        model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1, kernel_initializer="zeros")])
        model.compile(tsuno.optimizers.SGD(0.25, use_ema=True, ema_momentum=0.0), "mse")
        plain = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        plain.compile("sgd", "mse", auto_scale_loss=False)
    finally:
        tsuno.config.set_dtype_policy(before)
    scaled = model.optimizer
    assert isinstance(scaled, tsuno.optimizers.LossScaleOptimizer) and scaled.name == "loss_scale_optimizer"
    assert model.get_compile_config()["optimizer"]["class_name"] == "SGD"
    assert type(plain.optimizer) is tsuno.optimizers.SGD
    x, y = np.ones((4, 1), "float32"), np.full((4, 1), 100.0, "float32")
    model.fit(x, y, batch_size=4, epochs=20, shuffle=False, verbose=0)
    # 2¹⁵ · 200 / 4 is over 65504, 2¹⁰ · 200 / 4 is under it.
    assert 2.0**7 <= float(scaled.dynamic_scale) <= 2.0**10
    skipped = 15 - int(np.log2(float(scaled.dynamic_scale)))
    assert int(scaled.iterations) == 20 - skipped and int(scaled.step_counter) == 20 - skipped
    np.testing.assert_allclose(model.predict(x, verbose=0), y, rtol=1e-2)


def test_optax() -> None:
    """Steps, and a state that is saved: those of optax itself; in `compile` too."""
    chains = [
        optax.adam(0.1), optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_decay_schedule(0.1, 9))),
        optax.MultiSteps(optax.sgd(0.1, momentum=0.9), 3), optax.lion(0.1),
    ]  # fmt: skip
    made = [tsuno.optimizers.get(chain) for chain in chains]
    starts = []
    for optimizer in made:
        optimizer.build([tsuno.Variable(w, name=n) for w, n in zip(START, SHAPES, strict=True)])
        starts.append([v.value for v in optimizer.variables])

    @functools.partial(jax.jit, compiler_options=HASTE)
    def run(owns: Any) -> Any:
        def step(carry: Any, grads: Any) -> Any:
            moved = []
            for chain, optimizer, (weights, own, params, state) in zip(chains, made, carry, strict=True):
                weights, own = optimizer.stateless_apply(own, list(grads), weights)
                updates, state = chain.update(dict(zip(SHAPES, grads, strict=True)), state, params)
                moved.append((weights, own, optax.apply_updates(params, updates), state))
            return moved, None

        params = dict(zip(SHAPES, START, strict=True))
        carry = [(list(START), own, params, chain.init(params)) for own, chain in zip(owns, chains, strict=True)]
        return jax.lax.scan(step, carry, tuple(GRADS))[0]

    for weights, own, params, state in jax.device_get(run(starts)):
        for mine, name in zip(weights, SHAPES, strict=True):
            np.testing.assert_allclose(mine, params[name], rtol=1e-6, atol=1e-6)
        for mine, theirs in zip(own[2:], jax.tree.leaves(state), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-6)

    model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1, name="head")], name="net")
    halves = {"net/head/kernel": "moves", "net/head/bias": "rests"}
    model.compile(optax.multi_transform({"moves": optax.sgd(0.25), "rests": optax.set_to_zero()}, halves), "mse")
    history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=9, verbose=0)
    assert history.history["loss"][-1] < 1e-3 and model.weights[1].numpy() == 0.0
    optimizer = tsuno.optimizers.Optax(registered_chain, weight_decay=0.5)
    again = tsuno.optimizers.deserialize(tsuno.optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config() and again.transformation is registered_chain


@tsuno.saving.register_keras_serializable("tests")
def registered_chain() -> Any:
    return optax.sgd(0.5)


def test_optimizers_of_optimizers() -> None:
    sgd, table = tsuno.optimizers.SGD(0.5), tsuno.optimizers.OptimizerMap(tsuno.optimizers.Adam(), {"a/.*": HALVED})
    del table["a/.*"]
    table["b/.*"] = sgd
    assert table["b/kernel"] is sgd and table["c"] is table.default_optimizer and list(table) == ["b/.*"]
    assert type(table).from_config(table.get_config())["b/x"].get_config() == sgd.get_config()
    both = tsuno.optimizers.MultiOptimizer(table, loss_scale_factor=2.0)
    assert both.optimizers == [sgd, table.default_optimizer] and sgd.loss_scale_factor == 2.0
    for act in (lambda: both.learning_rate, lambda: setattr(both, "learning_rate", 0.1)):
        with pytest.raises(AttributeError, match="`optimizers`"):
            act()
    scaled = tsuno.optimizers.LossScaleOptimizer(both)
    assert sgd.loss_scale_factor is None and scaled.scale_loss(2.0) == 2.0**16
    scaled = tsuno.optimizers.LossScaleOptimizer(sgd, use_ema=False, ema_momentum=0.99)  # as in old files
    scaled.learning_rate = 0.25
    assert float(sgd.learning_rate) == 0.25


@pytest.mark.parametrize("name", sorted({name for name, _ in ROWS}))
def test_half_floats(name: str) -> None:
    """Counting and bias correction hold out in bfloat16, where 0.999 is 1 and 256 + 1 is 256."""
    optimizer = getattr(tsuno.optimizers, name)(learning_rate=0.125)
    weight = tsuno.Variable(np.ones(3), dtype="bfloat16")
    for _ in range(2):
        optimizer.apply([np.ones(3, "float32")], [weight])
    assert weight.dtype == "bfloat16" and np.isfinite(weight.numpy().astype("float32")).all()
    if name != "Adadelta":  # whose first steps are tiny
        assert (weight.numpy() < 1).all()


def test_state_round_trip_and_missing_gradients() -> None:
    adam, _ = make(tsuno, ("Adam", {}))
    with pytest.warns(UserWarning, match="does not depend on bias"):
        adam.apply([GRADS[0][0], None, *(g[0] for g in GRADS[2:])])
    store: dict[str, Any] = {}
    adam.save_own_variables(store)
    again, _ = make(tsuno, ("Adam", {}))
    again.load_own_variables(store)
    assert all((a.numpy() == b.numpy()).all() for a, b in zip(adam.variables, again.variables, strict=True))
    with pytest.warns(UserWarning, match="was not loaded: it has 2 variables .unbuilt., the file 12"):
        tsuno.optimizers.Adam().load_own_variables(store)
    adam.apply([])
    assert int(adam.iterations) == 1


def test_optimizers_written_for_keras() -> None:
    """A law in the old form, which assigns to variables itself."""

    def define(library: Any) -> Any:
        class Sign(library.optimizers.Optimizer):  # type: ignore[misc]
            def __init__(self, learning_rate: float = 0.1, fade: float = 0.5, name: str = "opt", **kwargs: Any) -> None:
                super().__init__(learning_rate=learning_rate, name=name, **kwargs)
                self.fade = fade

            def build(self, variables: Any) -> None:
                if self.built:
                    return
                super().build(variables)
                self._m, self._n = self.add_optimizer_variables(variables, ["m", "n"])

            def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
                place = self._get_variable_index(variable)
                self.assign(self._m[place], self._m[place] * self.fade + gradient)
                self.assign_add(self._n[place], library.ops.abs(gradient))
                self.assign_sub(variable, learning_rate * library.ops.sign(self._m[place]))

            def get_config(self) -> dict[str, Any]:
                return {**super().get_config(), "fade": self.fade}

        return Sign

    mine, theirs = define(tsuno)(fade=0.25), define(keras)(fade=0.25)
    for library, optimizer in ((tsuno, mine), (keras, theirs)):
        weights = [library.Variable(w, name=n) for w, n in zip(START, SHAPES, strict=True)]
        optimizer.apply([g[0] for g in GRADS], weights)
    assert [v.path for v in mine.variables] == [v.path for v in theirs.variables]
    for a, b in zip(mine.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), np.asarray(b), rtol=1e-6)
    assert mine.get_config() == theirs.get_config()
    assert type(mine).from_config(mine.get_config()).fade == 0.25


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tsuno.optimizers.SGD(-0.1), "`SGD.learning_rate` must be a number, zero or more"),
        (lambda: tsuno.optimizers.SGD("0.1"), "`SGD.learning_rate` must be a number, zero or more"),
        (lambda: tsuno.optimizers.SGD(momentum=1.5), "`SGD.momentum` must be a number from 0 to 1; got 1.5"),
        (lambda: tsuno.optimizers.Adam(beta_1=1.0), "`Adam.beta_1` must be a number from 0 up to"),
        (lambda: tsuno.optimizers.Adam(epsilon="1e-7"), "Pass the number without quotes"),
        (lambda: tsuno.optimizers.Adam(clipnorm=1.0, clipvalue=1.0), "only one of `clipnorm`"),
        (lambda: tsuno.optimizers.Adam(clipnorm=-1.0), "`Adam.clipnorm` must be a number, zero or more"),
        (lambda: tsuno.optimizers.Adam(gradient_accumulation_steps=1), "must be None or at least 2"),
        (lambda: tsuno.optimizers.Adam(learnig_rate=0.1), "Did you mean 'learning_rate'"),
        (lambda: tsuno.optimizers.RMSprop(moments=0.1), "Did you mean 'momentum'"),
        (lambda: tsuno.optimizers.get("adamm"), "Unknown optimizer 'adamm'. Did you mean 'adam'"),
        (lambda: tsuno.optimizers.get(3), "`optimizer` must be a name, a config or an Optimizer; got 3"),
        (lambda: tsuno.optimizers.deserialize({"class_name": "Adamm", "config": {}}), "Did you mean 'Adam'"),
        (lambda: tsuno.optimizers.Lion(beta_1=0.0), "`Lion.beta_1` must be above 0"),
        (lambda: tsuno.optimizers.Ftrl(learning_rate_power=0.5), "`Ftrl.learning_rate_power` must be a number, zero or"),
        (lambda: tsuno.optimizers.ScheduleFreeAdamW(beta_1=0.0), "`ScheduleFreeAdamW.beta_1` must be above 0"),
        (lambda: tsuno.optimizers.LossScaleOptimizer("adam"), "`LossScaleOptimizer.inner_optimizer` must be an Optimizer"),
        (lambda: tsuno.optimizers.LossScaleOptimizer(tsuno.optimizers.SGD(), clipnorm=1.0), "Set it on the inner optimizer"),
        (lambda: tsuno.optimizers.LossScaleOptimizer(tsuno.optimizers.SGD(), dynamic=False), "`loss_scale_factor` of the"),
        (lambda: tsuno.optimizers.MultiOptimizer({}), "must be an OptimizerMap or a function"),
        (lambda: tsuno.optimizers.OptimizerMap("adam"), "`OptimizerMap.default_optimizer` must be an Optimizer"),
        (lambda: resolve(tsuno, ("OptimizerMap", {"default_optimizer": ADAM, "optimizer_map": {"a.*": ADAM, ".*b": ADAM}}))["ab"], "matched by two patterns"),
        (lambda: make(tsuno, ("MultiOptimizer", {"optimizer_map": lambda weight: "adam"})), "must be an Optimizer that wraps no other"),
        (lambda: make(tsuno, ("MultiOptimizer", {"optimizer_map": lambda weight: resolve(tsuno, WRAPPERS[0])})), "an Optimizer that wraps no other"),
        (lambda: tsuno.optimizers.Optax(0.1), "`Optax.transformation` must be an optax transformation"),
        (lambda: tsuno.optimizers.get(optax.add_noise(0.1, 0.5, 0)).build([tsuno.Variable([1.0])]), "is a random key"),
        (lambda: type(tsuno.optimizers.get(optax.sgd(0.1))).from_config(tsuno.optimizers.get(optax.sgd(0.1)).get_config()), "give a registered function that makes it"),
        (lambda: schedules.CosineDecay(0.1, 0), "`CosineDecay.decay_steps` must be a positive number; got 0"),
        (lambda: schedules.CosineDecay(-0.1, 5), "`CosineDecay.initial_learning_rate` must be a number, zero or more"),
        (lambda: schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2]), "one element more than `boundaries`"),
        (lambda: schedules.PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]), "in rising order"),
        (lambda: tsuno.optimizers.SGD().apply([np.ones(2)]), "call `build`"),
        (lambda: tsuno.optimizers.SGD().apply([None], [tsuno.Variable([1.0])]), "None of the weights has a gradient"),
        (lambda: make(tsuno, ROWS[0])[0].apply([np.ones(1)], [tsuno.Variable([1.0])]), "built for other weights"),
    ],
)  # fmt: skip
def test_errors(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)
