"""Every loss: the numbers, gradients, names and configurations of Keras; errors in one form."""

from __future__ import annotations

import functools
import inspect
import json
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score

import tsuno
from tsuno.core.context import set_mask
from tsuno.core.spec import infer
from tsuno.training.filling import counts_rows_apart

rng = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype("float32")


def simplex(*shape: int) -> np.ndarray:
    x = np.exp(normal(*shape))
    return x / x.sum(-1, keepdims=True)


def unit(*shape: int) -> np.ndarray:
    x = normal(*shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def one_hot(*shape: int) -> np.ndarray:
    return np.eye(shape[-1], dtype="float32")[rng.integers(0, shape[-1], shape[:-1])]


N, C = 6, 4
BITS = rng.integers(0, 2, (N, C)).astype("float32")
LABELS = rng.integers(0, C, (N,))
STEPS = rng.integers(0, C, (N, 3))
VOID = np.where(rng.random((N, 3)) < 0.4, -1, STEPS)

# (class, options, y_true, y_pred)
ROWS: list[tuple[str, dict[str, Any], np.ndarray, np.ndarray]] = [
    ("MeanSquaredError", {}, normal(N, C), normal(N, C)),
    ("MeanSquaredError", {}, normal(N), normal(N, 1)),
    ("MeanSquaredError", {}, normal(N, 1), normal(N)),
    ("MeanSquaredError", {}, normal(N, 3, C), normal(N, 3, C)),
    ("MeanSquaredError", {}, rng.integers(0, 9, (N, C)), normal(N, C)),
    ("MeanAbsoluteError", {}, normal(N, C), normal(N, C)),
    ("MeanAbsolutePercentageError", {}, normal(N, C), normal(N, C)),
    ("MeanSquaredLogarithmicError", {}, np.abs(normal(N, C)), normal(N, C)),
    ("Huber", {}, normal(N, C), normal(N, C)),
    ("Huber", {"delta": 0.3}, normal(N, C), normal(N, C)),
    ("LogCosh", {}, normal(N, C), 30 * normal(N, C)),
    ("CosineSimilarity", {}, normal(N, C), normal(N, C)),
    ("CosineSimilarity", {"axis": 1}, normal(N, 3, C), normal(N, 3, C)),
    ("KLDivergence", {}, simplex(N, C), simplex(N, C)),
    ("KLDivergence", {}, one_hot(N, C), simplex(N, C)),
    ("Poisson", {}, rng.integers(0, 5, (N, C)).astype("float32"), np.exp(normal(N, C))),
    ("Hinge", {}, BITS, normal(N, C)),
    ("Hinge", {}, 2 * BITS - 1, normal(N, C)),
    ("SquaredHinge", {}, BITS, normal(N, C)),
    ("SquaredHinge", {}, 2 * BITS - 1, normal(N, C)),
    ("CategoricalHinge", {}, one_hot(N, C), normal(N, C)),
    ("BinaryCrossentropy", {}, BITS, rng.random((N, C)).astype("float32")),
    ("BinaryCrossentropy", {}, BITS[:, 0], rng.random((N, 1)).astype("float32")),
    ("BinaryCrossentropy", {}, BITS, BITS),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, BITS, 20 * normal(N, C)),
    ("BinaryCrossentropy", {"from_logits": True, "axis": 1}, BITS[..., None], normal(N, C, 1)),
    ("BinaryFocalCrossentropy", {}, BITS, rng.random((N, C)).astype("float32")),
    (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.7, "gamma": 1.5, "from_logits": True, "label_smoothing": 0.1},
        BITS,
        normal(N, C),
    ),
    ("CategoricalCrossentropy", {}, one_hot(N, C), simplex(N, C)),
    ("CategoricalCrossentropy", {}, one_hot(N, C), rng.random((N, C)).astype("float32")),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.3}, one_hot(N, C), 9 * normal(N, C)),
    ("CategoricalCrossentropy", {"from_logits": True, "axis": 1}, one_hot(N, 3, C), normal(N, 3, C)),
    ("CategoricalFocalCrossentropy", {}, one_hot(N, C), simplex(N, C)),
    (
        "CategoricalFocalCrossentropy",
        {"alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 1.0, "from_logits": True, "label_smoothing": 0.1},
        one_hot(N, C),
        normal(N, C),
    ),
    ("SparseCategoricalCrossentropy", {}, LABELS, simplex(N, C)),
    ("SparseCategoricalCrossentropy", {}, LABELS[:, None].astype("float32"), simplex(N, C)),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, STEPS, normal(N, 3, C)),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": -1}, VOID, normal(N, 3, C)),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, LABELS, simplex(N, C)),
    ("CategoricalGeneralizedCrossEntropy", {}, LABELS, simplex(N, C)),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.9}, LABELS.astype("float32"), simplex(N, C)),
    ("Dice", {}, BITS, rng.random((N, C)).astype("float32")),
    ("Dice", {"axis": (1, 2)}, one_hot(N, 3, C), rng.random((N, 3, C)).astype("float32")),
    ("Tversky", {}, BITS, rng.random((N, C)).astype("float32")),
    ("Tversky", {"alpha": 0.3, "beta": 0.8, "axis": 1}, BITS, rng.random((N, C)).astype("float32")),
    ("Circle", {}, LABELS, unit(N, C)),
    ("Circle", {"gamma": 8.0, "margin": 0.2, "remove_diagonal": False}, LABELS[:, None], unit(N, C)),
    ("CTC", {}, np.array([[1, 2, 0], [1, 1, 2], [3, 3, 0], [1, 2, 1], [2, 0, 0], [0, 0, 0]]), normal(N, 7, C)),
]
WEIGHT = rng.random(N).astype("float32") + 0.1
CASES = [  # reduction, weighted
    ("sum_over_batch_size", False),
    ("none", False),
    ("sum_over_batch_size", True),
    ("sum", True),
    ("mean_with_sample_weight", True),
    ("none", True),
]
row_ids = [f"{i}-{name}" for i, (name, *_) in enumerate(ROWS)]
FIRST = [place for place, row in enumerate(ROWS) if row[0] not in {earlier[0] for earlier in ROWS[:place]}]


def weight_of(row: Any) -> np.ndarray:
    """A weight per sample, in a shape that Keras takes too."""
    return WEIGHT[:, None] if row[3].ndim == 3 else WEIGHT


def make(library: Any, row: Any, **more: Any) -> Any:
    return getattr(library.losses, row[0])(**row[1], **more)


def program(library: Any) -> Any:
    """Every row with each reduction, with and without weights, and its gradient: one program for each library."""

    def numbers(row: Any, batch: Any) -> Any:
        return {
            (reduction, weighted): make(library, row, reduction=reduction)(
                *batch, sample_weight=weight_of(row) if weighted else None
            )
            for reduction, weighted in CASES
        }

    def gradient(row: Any, y_true: Any, y_pred: Any) -> Any:
        return jax.grad(lambda y: make(library, row)(y_true, y, sample_weight=weight_of(row)))(y_pred)

    def run(batches: Any) -> Any:
        pairs = list(zip(ROWS, batches, strict=True))
        return [numbers(row, batch) for row, batch in pairs], [gradient(row, *batch) for row, batch in pairs]

    return jax.jit(run, compiler_options={"xla_backend_optimization_level": 0})  # compiles in half the time


@functools.cache
def results() -> dict[Any, Any]:
    batches = [row[2:] for row in ROWS]
    lowered = [program(library).lower(batches) for library in (tsuno, keras)]
    with ThreadPoolExecutor() as pool:  # both compile at once
        found = pool.map(lambda each: jax.device_get(each.compile()(batches)), lowered)
        return dict(zip((tsuno, keras), found, strict=True))


def compiled(library: Any) -> Any:
    return results()[library]


@pytest.mark.parametrize("index", range(len(ROWS)), ids=row_ids)
def test_equals_keras(index: int) -> None:
    ours, theirs = (compiled(library)[0][index] for library in (tsuno, keras))
    assert ours.keys() == theirs.keys()
    for case, expected in theirs.items():
        np.testing.assert_allclose(ours[case], expected, rtol=1e-6, atol=1e-6, err_msg=str(case))
        assert ours[case].shape == expected.shape


@pytest.mark.parametrize("index", range(len(ROWS)), ids=row_ids)
def test_gradient_equals_keras(index: int) -> None:
    ours, theirs = (compiled(library)[1][index] for library in (tsuno, keras))
    assert np.isfinite(ours).all()
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("index", range(len(ROWS)), ids=row_ids)
def test_eager_and_restored_equal_compiled(index: int) -> None:
    row = ROWS[index]
    loss = make(tsuno, row)
    expected = compiled(tsuno)[0][index]["sum_over_batch_size", True]
    restored = type(loss).from_config(loss.get_config())
    read = tsuno.losses.deserialize(json.loads(json.dumps(tsuno.losses.serialize(loss))))
    for copy in (loss, restored, read):
        assert type(copy) is type(loss) and copy.get_config() == loss.get_config()
        np.testing.assert_allclose(copy(row[2], row[3], sample_weight=weight_of(row)), expected, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("index", range(len(ROWS)), ids=row_ids)
def test_rows_count_apart_unless_it_is_known_that_they_do_not(index: int) -> None:
    row, values = ROWS[index], compiled(tsuno)[0][index]["none", False]
    if not counts_rows_apart(make(tsuno, row)):
        assert row[0] in ("Circle", "Dice", "Tversky") or row[1].get("ignore_class") is not None
        return
    changed = [np.concatenate([y[:-1], y[:1]]) for y in row[2:]]
    again = make(tsuno, row, reduction="none")(*changed)
    assert again.shape[0] == N
    np.testing.assert_allclose(again[:-1], values[:-1], rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("row", ROWS, ids=row_ids)
def test_configuration_is_that_of_keras(row: Any) -> None:
    ours, theirs = make(tsuno, row), make(keras, row)
    config = ours.get_config()
    assert theirs.get_config().items() <= config.items()
    assert type(theirs).from_config(config).get_config() == theirs.get_config()
    assert ours.name == theirs.name
    assert tsuno.losses.serialize(ours)["module"] == keras.losses.serialize(theirs)["module"]
    read = tsuno.losses.deserialize(keras.losses.serialize(theirs))
    assert theirs.get_config().items() <= read.get_config().items()


def test_table_is_complete() -> None:
    classes = {name for name, value in vars(tsuno.losses).items() if inspect.isclass(value)}
    classes = {name for name in classes if issubclass(getattr(tsuno.losses, name), tsuno.losses.Loss)}
    assert {row[0] for row in ROWS} == classes - {"Loss", "LossFunctionWrapper"}
    theirs = {name for name in dir(keras.losses) if not name.startswith("_")}
    assert theirs <= set(dir(tsuno.losses))


def test_get_knows_every_name_of_keras() -> None:
    from keras.src.losses import ALL_OBJECTS_DICT

    for name in ALL_OBJECTS_DICT.keys() - {"LossFunctionWrapper"}:
        ours, theirs = tsuno.losses.get(name), keras.losses.get(name)
        if isinstance(theirs, keras.losses.Loss):
            assert type(ours).__name__ == type(theirs).__name__
        else:
            assert ours.__name__ == theirs.__name__


def test_get_takes_functions_objects_and_configs() -> None:
    assert tsuno.losses.get(None) is None
    assert tsuno.losses.get(abs) is abs
    assert tsuno.losses.get(tsuno.losses.Huber).delta == 1.0
    assert tsuno.losses.get({"class_name": "Huber", "config": {"delta": 2}}).delta == 2
    function = tsuno.losses.mean_squared_error
    assert tsuno.losses.get(tsuno.losses.serialize(function)) is function
    assert tsuno.losses.get(keras.losses.serialize(keras.losses.mean_squared_error)) is function
    for fn in (function, tsuno.losses.huber):
        wrapper = tsuno.losses.LossFunctionWrapper(fn, name="mine")
        assert tsuno.losses.deserialize(tsuno.losses.serialize(wrapper)).fn is fn
    with pytest.raises(ValueError, match=r"Unknown loss 'mes'\. Did you mean 'm"):
        tsuno.losses.get("mes")


def test_a_wrapper_knows_the_functions_of_the_library_by_name() -> None:
    function = tsuno.losses.tversky
    wrapper = tsuno.losses.LossFunctionWrapper(function, axis=1)
    config = wrapper.get_config()
    for fn in (config["fn"], "tversky"):
        restored = tsuno.losses.LossFunctionWrapper.from_config({**config, "fn": fn})
        assert restored.fn is function and restored.get_config() == config
    assert tsuno.saving.deserialize_keras_object(tsuno.saving.serialize_keras_object(wrapper)).fn is function
    assert tsuno.losses.Tversky().fn is function
    with pytest.raises(ValueError, match=r"known as 'tverski'\. Did you mean 'tversky'\?"):
        tsuno.losses.LossFunctionWrapper("tverski")


def test_wrapped_functions_take_options() -> None:
    wrapper = tsuno.losses.LossFunctionWrapper(tsuno.losses.huber, delta=0.5)
    restored = tsuno.losses.deserialize(tsuno.losses.serialize(wrapper))
    assert float(restored([[0.0]], [[2.0]])) == float(wrapper([[0.0]], [[2.0]])) == 0.875


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", "none"])
def test_masks_count_as_in_keras(reduction: str) -> None:
    y_true, y_pred = jnp.asarray(normal(3, 4, 2)), jnp.asarray(normal(3, 4, 2))
    mask = jnp.asarray(rng.random((3, 4)) < 0.6)
    weight = rng.random((3, 4)).astype("float32")
    keras.src.backend.set_keras_mask(y_pred, mask)
    set_mask(y_pred, mask)
    for sample_weight in (None, weight):
        ours, theirs = (
            library.losses.MeanSquaredError(reduction=reduction)(y_true, y_pred, sample_weight=sample_weight)
            for library in (tsuno, keras)
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_weights_of_samples_count_for_all_steps() -> None:
    y_true, y_pred = normal(3, 3, 2), normal(3, 3, 2)
    loss = tsuno.losses.MeanSquaredError()
    weight = np.array([1.0, 0.0, 2.0])
    np.testing.assert_allclose(loss(y_true, y_pred, weight), loss(y_true, y_pred, weight[:, None]), rtol=1e-6)
    with pytest.raises(ValueError, match=r"`sample_weight` of shape \(2,\) does not fit values of shape \(3, 3\)"):
        loss(y_true, y_pred, np.ones(2))


def test_ignored_class_counts_neither_in_the_mean_nor_in_the_gradient() -> None:
    loss = tsuno.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    logits = normal(4, 3)
    labels = np.array([0, 255, 2, 255])
    kept = loss(labels[[0, 2]], logits[[0, 2]])
    np.testing.assert_allclose(loss(labels, logits), kept, rtol=1e-6)
    broken = np.where(labels[:, None] == 255, np.nan, logits)
    slope = jax.jit(jax.grad(lambda x: loss(labels, x)))(broken)
    assert np.isfinite(slope).all() and (slope[1] == 0).all()


def test_class_numbers_keep_their_value_in_small_floats() -> None:
    logits = np.zeros((1, 300), "float32")
    logits[0, 257] = 9.0
    loss = tsuno.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="bfloat16")
    assert float(loss([257], logits)) < 0.1


def test_classes_that_cannot_be_and_numbers_of_none() -> None:
    """Logits of -inf rule classes out, and a number that is no class costs nothing and moves nothing."""
    logits, target = np.array([[0.0, -np.inf, 0.0], [1.0, 2.0, 3.0]], "float32"), np.array([0, 3])
    scores = tsuno.Variable(logits)
    loss = lambda: tsuno.ops.sum(tsuno.ops.sparse_categorical_crossentropy(target, scores, from_logits=True))
    value, (gradient,) = tsuno.value_and_grad(loss, [scores])()
    np.testing.assert_allclose(value, np.log(2), rtol=1e-6)
    np.testing.assert_allclose(gradient, [[-0.5, 0, 0.5], [0, 0, 0]], atol=1e-7)


def test_classes_may_lie_on_any_axis() -> None:
    scores, labels = simplex(2, 5, 3), rng.integers(0, 3, (2, 5))
    last = tsuno.losses.sparse_categorical_crossentropy(labels, scores)
    first = tsuno.losses.sparse_categorical_crossentropy(labels, scores.swapaxes(1, 2), axis=1)
    np.testing.assert_allclose(last, first, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_functions_give_the_dtypes_of_keras(dtype: str) -> None:
    for name, _, y_true, y_pred in (ROWS[place] for place in FIRST):
        function = getattr(tsuno.losses, name)().fn
        options = {"q": 0.5} if name == "CategoricalGeneralizedCrossEntropy" else {}
        ours, theirs = (
            jax.eval_shape(
                functools.partial(getattr(library.losses, function.__name__), **options),
                y_true,
                jax.ShapeDtypeStruct(y_pred.shape, dtype),
            )
            for library in (tsuno, keras)
        )
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype), name


@functools.cache
def extremes() -> Any:
    """The first loss of each class in half precision, and that of no samples."""

    def run(batches: Any) -> Any:
        return [
            (make(tsuno, ROWS[place], dtype="float16")(*batch), make(tsuno, ROWS[place])(*(y[:0] for y in batch)))
            for place, batch in zip(FIRST, batches, strict=True)
        ]

    compiler_options = {"xla_backend_optimization_level": 0}
    return jax.device_get(jax.jit(run, compiler_options=compiler_options)([ROWS[place][2:] for place in FIRST]))


@pytest.mark.parametrize("index", range(len(FIRST)), ids=[row_ids[place] for place in FIRST])
def test_half_precision_and_no_samples(index: int) -> None:
    half, empty = extremes()[index]
    assert half.dtype == "float16" and np.isfinite(empty)
    expected = compiled(tsuno)[0][FIRST[index]]["sum_over_batch_size", False]
    np.testing.assert_allclose(half, expected, rtol=1e-2, atol=1e-2)


def test_losses_take_symbolic_tensors() -> None:
    for place in FIRST:
        y_true, y_pred = (tsuno.KerasTensor((None, *y.shape[1:]), str(y.dtype)) for y in ROWS[place][2:])
        assert infer(make(tsuno, ROWS[place]), (y_true, y_pred), {}).shape == ()


def test_overlaps_are_those_of_scikit_learn() -> None:
    for y_true, y_pred in zip(BITS, BITS[::-1], strict=True):
        np.testing.assert_allclose(tsuno.losses.dice(y_true, y_pred), 1 - f1_score(y_true, y_pred), atol=1e-6)
        jaccard = jaccard_score(y_true, y_pred)
        np.testing.assert_allclose(tsuno.losses.tversky(y_true, y_pred, alpha=1, beta=1), 1 - jaccard, atol=1e-6)


def test_circle_compares_with_references_as_keras_does() -> None:
    vectors, references = unit(3, 2), unit(5, 2)
    for remove_diagonal in (True, False):
        ours, theirs = (
            library.losses.circle(
                [0, 1, 2], vectors, [0, 1, 0, 2, 1], references, remove_diagonal=remove_diagonal, gamma=4.0
            )
            for library in (tsuno, keras)
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_generalized_cross_entropy_takes_a_column_of_class_numbers() -> None:
    loss, scores = tsuno.losses.CategoricalGeneralizedCrossEntropy(), simplex(N, C)
    np.testing.assert_allclose(loss(LABELS[:, None], scores), loss(LABELS, scores), rtol=1e-6)
    slope = jax.grad(lambda y: loss(np.array([0]), y))(np.array([[0.0, 1.0]], "float32"))
    assert np.isfinite(slope).all()


def test_computes_in_floatx_under_a_mixed_policy() -> None:
    tsuno.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert tsuno.losses.MeanSquaredError().dtype == "float32"
    finally:
        tsuno.config.set_dtype_policy("float32")
    assert tsuno.losses.MeanSquaredError(dtype="bfloat16")([[1.0]], [[2.0]]).dtype == "bfloat16"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.BinaryCrossentropy(0.1), r"`BinaryCrossentropy.from_logits` must be True or False; got 0.1"),
        (
            lambda m: m.CategoricalCrossentropy(label_smoothing=1.5),
            r"`CategoricalCrossentropy.label_smoothing` must be a number from 0 to 1; got 1.5",
        ),
        (
            lambda m: m.categorical_crossentropy([[0, 1]], [[0.5, 0.5]], label_smoothing=-1),
            r"`categorical_crossentropy.label_smoothing` must be a number from 0 to 1; got -1",
        ),
        (
            lambda m: m.binary_crossentropy([1.0], [0.5], from_logits="no"),
            r"`binary_crossentropy.from_logits` must be True or False; got 'no'",
        ),
        (lambda m: m.CategoricalCrossentropy(axis=True), r"`CategoricalCrossentropy.axis` must be an integer"),
        (lambda m: m.Dice(axis=0.5), r"`Dice.axis` must be the number of an axis or a tuple of them or None; got 0.5"),
        (
            lambda m: m.CategoricalGeneralizedCrossEntropy(1.0),
            r"`CategoricalGeneralizedCrossEntropy.q` must be a number between 0 and 1, both excluded; got 1.0",
        ),
        (
            lambda m: m.CTC()(np.ones((2, 3)), np.ones((2, 3))),
            r"`ctc` needs y_true of shape \(batch, labels\) and .*; got \(2, 3\) and \(2, 3\)",
        ),
        (
            lambda m: m.Circle()(np.ones((2, 3)), np.ones((2, 3))),
            r"`circle.y_true` must have shape \(batch,\) or \(batch, 1\); got \(2, 3\)",
        ),
        (lambda m: m.MeanSquaredError(reduction="avg"), r"Unknown reduction 'avg'"),
        (lambda m: m.Huber(delta="1"), r"`Huber.delta` must be a number, zero or more; got '1'"),
        (lambda m: m.MeanSquaredError(redukcion="sum"), r"has no argument 'redukcion'. Did you mean 'reduction'\?"),
        (
            lambda m: m.MeanSquaredError()(np.ones((8, 5)), np.ones((8, 1))),
            r"`mean_squared_error` needs y_true and y_pred of the same shape; got \(8, 5\) and \(8, 1\)\. "
            r"Let the model give 5 values where it gives 1",
        ),
        (lambda m: m.mean_absolute_error(np.ones((8, 1)), np.ones((8, 3))), r"got \(8, 1\) and \(8, 3\)"),
        (lambda m: m.hinge(np.ones((8, 1)), np.ones((7, 1))), r"There must be one target for each prediction"),
        (
            lambda m: m.CategoricalCrossentropy()(np.ones(8), np.ones((8, 3))),
            r"`categorical_crossentropy` .* use `sparse_categorical_crossentropy`, or .*to_categorical\(y_true, 3\)",
        ),
        (
            lambda m: m.SparseCategoricalCrossentropy()(np.ones((8, 3)), np.ones((8, 3))),
            r"must have shape \(8,\) or \(8, 1\); got \(8, 3\)\. For one-hot targets use `categorical_crossentropy`",
        ),
        (
            lambda m: m.sparse_categorical_crossentropy(np.ones((8, 5)), np.ones((8, 5, 3, 2))),
            r"for y_pred of shape \(8, 5, 3, 2\), y_true must have shape \(8, 5, 3\)",
        ),
    ],
)
def test_errors_say_what_and_how_to_mend(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call(tsuno.losses)


def test_a_single_class_is_warned_about() -> None:
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        tsuno.losses.categorical_crossentropy([[1.0]], [[1.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tsuno.losses.categorical_crossentropy([[1.0, 0.0]], [[0.5, 0.5]])
