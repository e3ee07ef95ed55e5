"""Every metric: the numbers, names and configurations of Keras over several batches; errors in one form."""

from __future__ import annotations

import functools
import inspect
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import fbeta_score, jaccard_score, r2_score, roc_auc_score

import tsuno
from tsuno.core.context import set_mask
from tsuno.training.filling import counts_rows_apart

rng = np.random.default_rng(0)
BATCHES, N, C = 3, 6, 4


def normal(*shape: int) -> np.ndarray:
    return rng.normal(size=(BATCHES, *shape)).astype("float32")


def uniform(*shape: int) -> np.ndarray:
    return rng.random((BATCHES, *shape)).astype("float32")


def simplex(*shape: int) -> np.ndarray:
    x = np.exp(normal(*shape))
    return x / x.sum(-1, keepdims=True)


def integers(high: int, *shape: int) -> np.ndarray:
    return rng.integers(0, high, (BATCHES, *shape))


def one_hot(*shape: int) -> np.ndarray:
    return np.eye(shape[-1], dtype="float32")[integers(shape[-1], *shape[:-1])]


PER_SAMPLE = uniform(N)
BITS, SCORES = integers(2, N, C), uniform(N, C)
EDGES = rng.choice(np.array([0.0, 0.25, 0.5, 0.75, 1.0, 0.1], "float32"), (BATCHES, N, C))
IMAGES = simplex(N, 3, C)
WILD = [integers(C + 2, N, 3) - 1 for _ in range(2)]  # class numbers and others
SOME = {"num_classes": C, "target_class_ids": [0, 2]}

# (class, options, update arguments: each with a leading axis of batches, sample weights)
Row = tuple[str, dict[str, Any], tuple[np.ndarray, ...], np.ndarray]
ROWS: list[Row] = [
    ("Mean", {}, (normal(N),), PER_SAMPLE),
    ("Mean", {}, (normal(N, 3, C),), uniform(N, 3)),
    ("Mean", {}, (normal(),), uniform()),
    ("Mean", {}, (normal(N),), uniform(N, 1)),
    ("Sum", {}, (normal(N, C),), PER_SAMPLE),
    ("Sum", {}, (normal(N),), PER_SAMPLE),
    ("Accuracy", {}, (integers(3, N, C), integers(3, N, C)), PER_SAMPLE),
    ("Accuracy", {}, (integers(3, N, 1), integers(3, N)), PER_SAMPLE),
    ("BinaryAccuracy", {}, (BITS, SCORES), PER_SAMPLE),
    ("BinaryAccuracy", {"threshold": 0.8}, (BITS[..., 0], SCORES[..., :1]), PER_SAMPLE),
    ("CategoricalAccuracy", {}, (one_hot(N, C), simplex(N, C)), PER_SAMPLE),
    ("CategoricalAccuracy", {}, (one_hot(N, 3, C), IMAGES), uniform(N, 3)),
    ("SparseCategoricalAccuracy", {}, (integers(C, N), simplex(N, C)), PER_SAMPLE),
    ("SparseCategoricalAccuracy", {}, (integers(C, N, 1), simplex(N, C)), PER_SAMPLE),
    ("SparseCategoricalAccuracy", {}, (integers(C, N, 3), IMAGES), uniform(N, 3)),
    ("TopKCategoricalAccuracy", {"k": 2}, (one_hot(N, C), simplex(N, C)), PER_SAMPLE),
    ("TopKCategoricalAccuracy", {"k": 2}, (one_hot(N, 3, C), IMAGES), uniform(N, 3)),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, (integers(C, N), simplex(N, C)), PER_SAMPLE),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, (integers(C, N, 1), simplex(N, C)), PER_SAMPLE),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, (integers(C, N, 3), IMAGES), uniform(N, 3)),
    (
        "SparseTopKCategoricalAccuracy",
        {"k": 2, "from_sorted_ids": True},
        (integers(C, N), np.argsort(-SCORES, axis=-1).astype("int32")),
        PER_SAMPLE,
    ),
    ("MeanSquaredError", {}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("MeanSquaredError", {}, (normal(N), normal(N, 1)), PER_SAMPLE),
    ("RootMeanSquaredError", {}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("RootMeanSquaredError", {}, (normal(N), normal(N, 1)), uniform(N, 1)),
    ("MeanAbsoluteError", {}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("MeanAbsolutePercentageError", {}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("MeanSquaredLogarithmicError", {}, (uniform(N, C), normal(N, C)), PER_SAMPLE),
    ("CosineSimilarity", {}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("CosineSimilarity", {"axis": 1}, (normal(N, 3, C), normal(N, 3, C)), PER_SAMPLE),
    ("LogCoshError", {}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("BinaryCrossentropy", {}, (BITS, SCORES), PER_SAMPLE),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, (BITS, normal(N, C)), PER_SAMPLE),
    ("CategoricalCrossentropy", {}, (one_hot(N, C), simplex(N, C)), PER_SAMPLE),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}, (one_hot(N, C), simplex(N, C)), PER_SAMPLE),
    ("CategoricalCrossentropy", {"from_logits": True}, (one_hot(N, C), normal(N, C)), PER_SAMPLE),
    ("SparseCategoricalCrossentropy", {}, (integers(C, N, 1), simplex(N, C)), PER_SAMPLE),
    (
        "SparseCategoricalCrossentropy",
        {"from_logits": True, "ignore_class": 1},
        (integers(C, N, 3), normal(N, 3, C)),
        uniform(N, 3),
    ),
    ("KLDivergence", {}, (simplex(N, C), simplex(N, C)), PER_SAMPLE),
    ("Poisson", {}, (integers(4, N, C), np.exp(normal(N, C))), PER_SAMPLE),
    ("Hinge", {}, (BITS, normal(N, C)), PER_SAMPLE),
    ("SquaredHinge", {}, (2 * BITS - 1, normal(N, C)), PER_SAMPLE),
    ("CategoricalHinge", {}, (one_hot(N, C), normal(N, C)), PER_SAMPLE),
    ("TruePositives", {}, (BITS[..., 0], SCORES[..., 0]), PER_SAMPLE),
    ("TruePositives", {"thresholds": [0.8, 0.1]}, (BITS, SCORES), uniform(N, C)),
    ("TrueNegatives", {}, (BITS[..., 0], SCORES[..., :1]), PER_SAMPLE),
    ("TrueNegatives", {"thresholds": 0.25}, (BITS, EDGES), PER_SAMPLE),
    ("FalsePositives", {"thresholds": [0.25, 0.5, 0.75]}, (BITS, EDGES), PER_SAMPLE),
    ("FalseNegatives", {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, (BITS, np.maximum(EDGES, 0.1)), PER_SAMPLE),
    ("Precision", {}, (BITS, SCORES), PER_SAMPLE),
    ("Precision", {"thresholds": [0.2, 0.6]}, (BITS, SCORES), PER_SAMPLE),
    ("Precision", {"top_k": 2}, (one_hot(N, C), normal(N, C)), PER_SAMPLE),
    ("Precision", {"class_id": 2, "thresholds": 0.3}, (BITS, SCORES), PER_SAMPLE),
    ("Recall", {}, (BITS, SCORES), PER_SAMPLE),
    ("Recall", {"thresholds": [0.0, 0.5, 1.0]}, (BITS, 3 * normal(N, C) + 0.5), PER_SAMPLE),
    ("Recall", {"top_k": 3, "class_id": 1}, (one_hot(N, C), normal(N, C)), PER_SAMPLE),
    ("AUC", {}, (BITS[..., 0], SCORES[..., 0]), PER_SAMPLE),
    ("AUC", {"num_thresholds": 5}, (BITS, EDGES), PER_SAMPLE),
    ("AUC", {"num_thresholds": 9, "summation_method": "minoring"}, (BITS, SCORES), PER_SAMPLE),
    ("AUC", {"num_thresholds": 9, "summation_method": "majoring"}, (BITS, SCORES), PER_SAMPLE),
    ("AUC", {"curve": "PR"}, (BITS, SCORES), PER_SAMPLE),
    ("AUC", {"curve": "PR", "summation_method": "majoring"}, (BITS, SCORES), PER_SAMPLE),
    ("AUC", {"curve": "PRGAIN"}, (BITS, SCORES), PER_SAMPLE),
    ("AUC", {"thresholds": [0.7, 0.2], "label_weights": [1.0, 2.0, 0.5, 1.0]}, (BITS, SCORES), PER_SAMPLE),
    ("AUC", {"from_logits": True}, (BITS, normal(N, C)), PER_SAMPLE),
    ("AUC", {"multi_label": True, "num_labels": C}, (BITS, SCORES), PER_SAMPLE),
    (
        "AUC",
        {"multi_label": True, "num_labels": C, "curve": "PR", "label_weights": [1.0, 2.0, 0.5, 1.0]},
        (BITS, SCORES),
        PER_SAMPLE,
    ),
    ("AUC", {"multi_label": True, "curve": "PR", "summation_method": "minoring"}, (BITS, SCORES), PER_SAMPLE),
    ("SensitivityAtSpecificity", {"specificity": 0.5}, (BITS[..., 0], SCORES[..., 0]), PER_SAMPLE),
    ("SensitivityAtSpecificity", {"specificity": 0.4, "num_thresholds": 5, "class_id": 1}, (BITS, EDGES), PER_SAMPLE),
    ("SpecificityAtSensitivity", {"sensitivity": 0.7}, (BITS, SCORES), PER_SAMPLE),
    ("SpecificityAtSensitivity", {"sensitivity": 0.3, "num_thresholds": 1}, (BITS, SCORES), PER_SAMPLE),
    ("PrecisionAtRecall", {"recall": 0.8}, (BITS, SCORES), uniform(N, C)),
    ("PrecisionAtRecall", {"recall": 1.0, "num_thresholds": 11}, (BITS, np.maximum(EDGES, 0.1)), integers(3, N)),
    ("RecallAtPrecision", {"precision": 0.6}, (BITS, SCORES), PER_SAMPLE),
    ("RecallAtPrecision", {"precision": 0.0, "num_thresholds": 2}, (BITS, SCORES), PER_SAMPLE),
    ("FBetaScore", {}, (BITS, SCORES), PER_SAMPLE),
    ("FBetaScore", {"average": "weighted", "beta": 2.0, "threshold": 0.4}, (BITS, SCORES), PER_SAMPLE),
    ("F1Score", {"average": "macro"}, (one_hot(N, C), SCORES), PER_SAMPLE),
    ("F1Score", {"average": "micro", "threshold": 0.5}, (BITS, SCORES), PER_SAMPLE),
    ("R2Score", {}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("R2Score", {"class_aggregation": None}, (normal(N, 1), normal(N, 1)), uniform(N, 1)),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("PearsonCorrelation", {}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("PearsonCorrelation", {"axis": (1, 2)}, (normal(N, 3, C), normal(N, 3, C)), PER_SAMPLE),
    ("ConcordanceCorrelation", {}, (normal(N, C), normal(N, C)), PER_SAMPLE),
    ("IoU", SOME, (integers(C, N, 3), integers(C, N, 3)), integers(3, N, 3)),
    ("IoU", {**SOME, "ignore_class": 0, "dtype": "float32"}, (WILD[0], WILD[1]), uniform(N, 3)),
    ("IoU", {**SOME, "sparse_y_true": False, "dtype": "float32"}, (one_hot(N, 3, C), WILD[0]), uniform(N, 3)),
    ("BinaryIoU", {}, (BITS, SCORES), integers(3, N, C)),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.25, "dtype": "float32"}, (BITS, EDGES), uniform(N, C)),
    ("MeanIoU", {"num_classes": C}, (integers(3, N, 3), integers(2, N, 3)), integers(2, N, 3)),
    ("MeanIoU", {"num_classes": C, "sparse_y_pred": False}, (WILD[0], IMAGES), integers(3, N, 3)),
    ("OneHotIoU", {**SOME, "ignore_class": 1}, (one_hot(N, 3, C), IMAGES), integers(3, N, 3)),
    ("OneHotMeanIoU", {"num_classes": C, "sparse_y_pred": True}, (one_hot(N, C), integers(C, N)), integers(3, N)),
]  # fmt: skip
FIRST = [place for place, row in enumerate(ROWS) if row[0] not in {earlier[0] for earlier in ROWS[:place]}]
NEEDY = {
    "MeanMetricWrapper", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "SensitivityAtSpecificity",
    "SpecificityAtSensitivity", "PrecisionAtRecall", "RecallAtPrecision",
}  # fmt: skip
"""Classes that cannot be made without arguments."""
row_ids = [f"{i}-{name}" for i, (name, *_) in enumerate(ROWS)]


def make(library: Any, row: Row, **more: Any) -> Any:
    return getattr(library.metrics, row[0])(**{**row[1], **more})


def ready(library: Any, row: Row, **more: Any) -> Any:
    """A metric that has all its counters."""
    metric = make(library, row, **more)
    batch = [x[0] for x in row[2]]
    if library is tsuno and len(batch) == 2:
        metric.build(*batch)
    elif not getattr(metric, "_built", True):
        metric._build(*(x.shape for x in batch[row[0] == "AUC" :]))
    return metric


@functools.cache
def results() -> dict[Any, Any]:
    data = [row[2:] for row in ROWS]
    programs = [program(library) for library in (tsuno, keras)]
    lowered = [(run.lower(states, data), states) for run, states in programs]
    with ThreadPoolExecutor() as pool:  # both compile at once
        found = pool.map(lambda each: jax.device_get(each[0].compile()(each[1], data)[1]), lowered)
        return dict(zip((tsuno, keras), found, strict=True))


def compiled(library: Any) -> Any:
    """For every row the results after each batch with weights; for the first of each class also those without."""
    return results()[library]


def program(library: Any) -> Any:
    """All rows by their stateless forms, in one loop over the batches; and the state at its start."""
    metrics = [ready(library, row) for row in ROWS]
    states = [[jnp.asarray(variable.value) for variable in metric.variables] for metric in metrics]

    def step(states: Any, batch: Any) -> Any:
        after, results = [], []
        for metric, pair, (arguments, weights) in zip(metrics, states, batch, strict=True):
            cases = [{"sample_weight": weights}, {}]
            after.append(
                [
                    metric.stateless_update_state(state, *arguments, **case)
                    for state, case in zip(pair, cases, strict=False)
                ]
            )
            results.append([metric.stateless_result(state) for state in after[-1]])
        return after, results

    options = {"xla_backend_optimization_level": 0}  # compiles in half the time
    run = jax.jit(functools.partial(jax.lax.scan, step), compiler_options=options)
    return run, [[state] * (2 if place in FIRST else 1) for place, state in enumerate(states)]


@pytest.mark.parametrize("index", range(len(ROWS)), ids=row_ids)
def test_equals_keras(index: int) -> None:
    ours, theirs = compiled(tsuno)[index], compiled(keras)[index]
    assert len(ours) == len(theirs) == 1 + (index in FIRST)
    for mine, expected in zip(ours, theirs, strict=True):
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(mine, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("index", FIRST, ids=[row_ids[i] for i in FIRST])
def test_eager_reset_and_restored_equal_compiled(index: int) -> None:
    row = ROWS[index]
    metric = make(tsuno, row)
    restored = type(metric).from_config(metric.get_config())
    expected = compiled(tsuno)[index][0]
    metric.update_state(*(x[0] for x in row[2]), sample_weight=row[3][0])
    metric.reset_state()
    assert all(not variable.numpy().any() for variable in metric.variables)
    for batch in range(2):
        arguments = [x[batch] for x in row[2]]
        for one in (metric, restored):
            value = one(*arguments, sample_weight=row[3][batch])
            np.testing.assert_allclose(value, expected[batch], rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("index", FIRST, ids=[row_ids[i] for i in FIRST])
def test_rows_without_weight_are_as_if_they_were_not_there(index: int) -> None:
    row = ROWS[index]
    whole, part = make(tsuno, row), make(tsuno, row)
    assert counts_rows_apart(whole) == (row[0] not in ("Mean", "Sum") and "ignore_class" not in row[1])
    if counts_rows_apart(whole):
        found = whole(*(x[0] for x in row[2]), sample_weight=np.int32([1] * (N - 2) + [0, 0]))
        np.testing.assert_allclose(found, part(*(x[0, : N - 2] for x in row[2])), rtol=2e-6, atol=1e-6)


def plain_name(name: str) -> str:
    """A name without the number of its use."""
    return re.sub(r"_\d+$", "", name)


@pytest.mark.parametrize("row", ROWS, ids=row_ids)
def test_configuration_is_that_of_keras(row: Row) -> None:
    ours, theirs = make(tsuno, row), make(keras, row)
    config, expected = ours.get_config(), theirs.get_config()
    weights = expected.pop("label_weights", None)
    assert weights is None or np.asarray(weights).tolist() == config["label_weights"]
    assert plain_name(expected.pop("name")) == plain_name(ours.name)
    read = tsuno.metrics.deserialize(keras.metrics.serialize(theirs)).get_config()
    for key, value in expected.items():
        assert np.asarray(value).tolist() == np.asarray(config[key]).tolist() == np.asarray(read[key]).tolist(), key
    assert type(theirs).from_config(config).name == ours.name
    assert [variable.name for variable in ours.variables] == [variable.name for variable in theirs.variables]
    assert tsuno.metrics.serialize(ours)["module"] == keras.metrics.serialize(theirs)["module"]
    data = json.loads(json.dumps(tsuno.metrics.serialize(ours)))
    for restored in (type(ours).from_config(config), tsuno.metrics.deserialize(data)):
        assert type(restored) is type(ours) and restored.get_config() == config


def test_table_is_complete() -> None:
    public = vars(tsuno.metrics).items()
    classes = {name for name, value in public if inspect.isclass(value) and issubclass(value, tsuno.metrics.Metric)}
    assert {row[0] for row in ROWS} == classes - {"Metric", "MeanMetricWrapper"}
    theirs = {name for name in dir(keras.metrics) if not name.startswith("_")}
    assert theirs <= set(dir(tsuno.metrics))
    for name in theirs & set(dir(tsuno.losses)):
        if inspect.isfunction(getattr(tsuno.losses, name)) and name not in ("get", "serialize", "deserialize"):
            assert getattr(tsuno.metrics, name) is getattr(tsuno.losses, name)


def test_get_knows_every_name_of_keras() -> None:
    from keras.src.metrics import ALL_OBJECTS_DICT

    assert ALL_OBJECTS_DICT.keys() <= tsuno.metrics._NAMES.keys()
    for name, theirs in ALL_OBJECTS_DICT.items():
        if theirs.__name__ not in NEEDY:
            assert type(tsuno.metrics.get(name)).__name__ == type(keras.metrics.get(name)).__name__
    assert tsuno.metrics.get("acc").name == "accuracy"


def test_get_takes_functions_objects_and_configs() -> None:
    assert tsuno.metrics.get(None) is None
    assert tsuno.metrics.get(abs) is abs
    assert tsuno.metrics.get(tsuno.metrics.AUC).num_thresholds == 200
    assert tsuno.metrics.get({"class_name": "Precision", "config": {"top_k": 3}}).top_k == 3
    function = tsuno.metrics.binary_accuracy
    assert tsuno.metrics.deserialize(tsuno.metrics.serialize(function)) is function
    wrapper = tsuno.metrics.MeanMetricWrapper(function, threshold=0.9)
    named = tsuno.metrics.MeanMetricWrapper.from_config({**wrapper.get_config(), "fn": "binary_accuracy"})
    for restored in (wrapper, named, tsuno.metrics.deserialize(tsuno.metrics.serialize(wrapper))):
        assert restored.fn is function and float(restored([1.0], [0.8])) == 0.0
    assert tsuno.saving.deserialize_keras_object(tsuno.saving.serialize_keras_object(wrapper)).fn is function
    with pytest.raises(ValueError, match=r"Unknown metric 'acuracy'\. Did you mean 'accuracy'\?"):
        tsuno.metrics.get("acuracy")


def test_masks_count_as_in_keras() -> None:
    y_true, y_pred = jnp.asarray(normal(4, 2)[0]), jnp.asarray(normal(4, 2)[0])
    mask = jnp.asarray([True, False, True, True])
    keras.src.backend.set_keras_mask(y_pred, mask)
    set_mask(y_pred, mask)
    for sample_weight in (None, uniform(4)[0]):
        ours, theirs = (
            library.metrics.MeanSquaredError()(y_true, y_pred, sample_weight=sample_weight)
            for library in (tsuno, keras)
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_an_empty_batch_counts_nothing() -> None:
    metric = tsuno.metrics.Mean()
    metric.update_state([2.0])
    metric.update_state(np.zeros((0,), "float32"))
    assert float(metric.result()) == 2.0


def test_counters_of_own_metrics() -> None:
    class Count(tsuno.metrics.Metric):
        def __init__(self, name: str = "count", **kwargs: Any) -> None:
            super().__init__(name=name, **kwargs)
            self.seen = self.add_weight(name="seen")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.seen.assign_add(len(y_true))

        def result(self) -> Any:
            return self.seen.value

    metric = Count()
    assert float(metric([1, 2], [1, 2])) == 2.0
    assert metric.variables[0].path == "count/seen"
    assert [float(x) for x in metric.stateless_reset_state()] == [0.0] and float(metric.result()) == 2.0
    with pytest.raises(ValueError, match="has 1 variables; 2 values were given"):
        metric.stateless_result([0.0, 1.0])


def test_auc_takes_its_number_of_labels_from_the_first_batch() -> None:
    lazy = tsuno.metrics.AUC(multi_label=True, num_thresholds=5)
    ready = tsuno.metrics.AUC(multi_label=True, num_thresholds=5, num_labels=C)
    assert not lazy.variables
    assert float(lazy(BITS[0], SCORES[0])) == float(ready(BITS[0], SCORES[0]))
    with pytest.raises(ValueError, match=r"`AUC` counts 4 outputs; got y_pred of shape \(6, 3\)"):
        lazy.update_state(BITS[0][:, :3], SCORES[0][:, :3])


@pytest.mark.parametrize("name", ["F1Score", "FBetaScore", "R2Score", "AUC"])
def test_counters_for_each_output_are_made_from_shapes(name: str) -> None:
    def metric() -> Any:
        return getattr(tsuno.metrics, name)(**({"multi_label": True} if name == "AUC" else {}))

    symbol = tsuno.KerasTensor((None, C))
    early, late = metric(), metric()
    early.build(symbol, symbol)
    late.update_state(BITS[0], SCORES[0])
    assert [(v.name, v.shape) for v in early.variables] == [(v.name, v.shape) for v in late.variables]
    assert not any(variable.numpy().any() for variable in early.variables)
    with pytest.raises(RuntimeError, match=f"`{name}` has no counters yet"):
        unready = metric()
        unready.stateless_update_state([v.value for v in unready.variables], BITS[0], SCORES[0])
    with pytest.raises(ValueError, match=r"needs y_pred of shape \(samples, outputs\), with outputs known"):
        metric().build(tsuno.KerasTensor((None, None)), tsuno.KerasTensor((None, None)))
    single, flat = metric(), tsuno.KerasTensor((None,))
    single.build(tsuno.KerasTensor((None, 1)), flat)
    assert single.variables[-1].shape[-1] == 1


def test_counters_that_a_metric_makes_late_are_made_from_shapes() -> None:
    class PerOutput(tsuno.metrics.Metric):
        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            if not self.variables:
                self.total = self.add_variable((y_pred.shape[-1],), "zeros", name="total")
            self.total.assign_add(tsuno.ops.sum(y_pred, axis=0))

    metric = PerOutput()
    metric.build(tsuno.KerasTensor((None, C)), tsuno.KerasTensor((None, C)))
    assert metric.total.numpy().tolist() == [0.0] * C


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_dtypes_are_those_of_keras(dtype: str) -> None:
    """Of counters and results; nothing is computed."""

    def run(metric: Any, row: Row) -> Any:
        state = [variable.value for variable in metric.variables]
        batch = [x[0] for x in row[2]]
        return jax.eval_shape(lambda: metric.stateless_result(metric.stateless_update_state(state, *batch)))

    for row in (ROWS[place] for place in FIRST):
        ours, theirs = (ready(library, row, dtype=dtype) for library in (tsuno, keras))
        assert [variable.dtype for variable in ours.variables] == [variable.dtype for variable in theirs.variables]
        mine, expected = run(ours, row), run(theirs, row)
        assert (mine.shape, mine.dtype) == (expected.shape, expected.dtype), row[0]


def test_scores_are_those_of_scikit_learn_and_scipy() -> None:
    y_true, y_pred = (np.concatenate(list(y)) for y in (BITS, SCORES))
    chosen = (y_pred > 0.5).astype(int)
    metrics = tsuno.metrics
    for average in (None, "micro", "macro", "weighted"):
        expected = fbeta_score(y_true, chosen, beta=0.5, average=average)
        ours = metrics.FBetaScore(average, beta=0.5, threshold=0.5)(y_true, y_pred)
        np.testing.assert_allclose(ours, expected, rtol=1e-5)
    real, guess = normal(N, C)[0], normal(N, C)[0]
    weight = uniform(N)[0]
    for ours, theirs in (
        (None, "raw_values"),
        ("uniform_average",) * 2,
        ("variance_weighted_average", "variance_weighted"),
    ):
        expected = r2_score(real, guess, sample_weight=weight, multioutput=theirs)
        np.testing.assert_allclose(metrics.R2Score(ours)(real, guess, weight), expected, rtol=1e-5)
    correlations = metrics.pearson_correlation(real, guess, axis=0)
    np.testing.assert_allclose(
        correlations, [pearsonr(*pair).statistic for pair in zip(real.T, guess.T, strict=True)], rtol=1e-5
    )
    labels, found = WILD[0].clip(0, C - 1).ravel(), WILD[1].clip(0, C - 1).ravel()
    expected = jaccard_score(labels, found, average="macro")
    np.testing.assert_allclose(metrics.MeanIoU(C)(labels, found), expected, rtol=1e-5)
    np.testing.assert_allclose(
        metrics.AUC(num_thresholds=4000)(y_true[:, 0], y_pred[:, 0]),
        roc_auc_score(y_true[:, 0], y_pred[:, 0]),
        atol=1e-3,
    )


def test_a_rate_of_one_is_reached_whatever_the_weights() -> None:
    for seed in range(20):
        weight = np.random.default_rng(seed).random(50).astype("float32")
        metric = tsuno.metrics.PrecisionAtRecall(1.0, num_thresholds=11)
        assert float(metric(np.arange(50) % 2, np.full(50, 0.5), weight)) > 0


def test_adjusted_r2_score_is_that_of_keras() -> None:
    y_true, y_pred = normal(N, 1)[0], normal(N, 1)[0]
    ours, theirs = (library.metrics.R2Score(num_regressors=2)(y_true, y_pred) for library in (tsuno, keras))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    plain = tsuno.metrics.R2Score()(y_true, y_pred)
    assert float(tsuno.metrics.R2Score(num_regressors=N - 1)(y_true, y_pred)) == float(plain)


def test_r2_score_of_targets_that_do_not_vary() -> None:
    for aggregation in ("uniform_average", "variance_weighted_average"):
        metric = tsuno.metrics.R2Score(aggregation)
        assert float(metric([[2.0], [2.0]], [[2.0], [2.0]])) == 1.0
        assert float(metric([[2.0]], [[3.0]])) == 0.0


def test_intersections_over_unions_have_classes_on_any_axis() -> None:
    y_true, y_pred = one_hot(N, 3, C)[0], IMAGES[0]
    last, first = (tsuno.metrics.OneHotMeanIoU(C, axis=axis) for axis in (-1, 1))
    assert float(last(y_true, y_pred)) == float(first(y_true.swapaxes(1, 2), y_pred.swapaxes(1, 2)))


def test_intersection_over_union_takes_weights_of_samples() -> None:
    y_true, y_pred = WILD[0][0], WILD[1][0]
    weight = np.array([1, 0, 2, 1, 0, 3])
    each = np.repeat(weight[:, None], 3, axis=1)
    values = [tsuno.metrics.MeanIoU(C)(y_true, y_pred, w) for w in (weight, each, each.ravel(), each[..., None])]
    assert len({float(value) for value in values}) == 1
    with pytest.warns(UserWarning, match=r"`MeanIoU` counts in int32, which cuts off the fractions"):
        tsuno.metrics.MeanIoU(C)(y_true, y_pred, weight / 2)


def test_auc_of_labels_at_given_thresholds() -> None:
    options = {"multi_label": True, "num_labels": C, "thresholds": [0.1, 0.6]}  # Keras cannot compile these
    ours, theirs = (library.metrics.AUC(**options)(BITS[0], SCORES[0]) for library in (tsuno, keras))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_score_of_zero_is_above_no_threshold() -> None:
    metric = tsuno.metrics.FalsePositives(thresholds=[0.0, 0.5, 1.0])
    assert metric([0.0, 0.0], [0.0, 1.0]).tolist() == [1.0, 1.0, 0.0]


def test_auc_is_the_probability_of_the_right_order() -> None:
    y_true, y_pred = rng.integers(0, 2, 500), rng.random(500).astype("float32")
    positive, negative = y_pred[y_true == 1], y_pred[y_true == 0]
    exact = (positive[:, None] > negative[None]).mean()
    np.testing.assert_allclose(tsuno.metrics.AUC(num_thresholds=2000)(y_true, y_pred), exact, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.Precision(thresholds=1.5), r"`Precision.thresholds` must be a number from 0 to 1; got 1.5"),
        (lambda m: m.TruePositives([0.1, -1]), r"`TruePositives.thresholds` must be a number from 0 to 1; got -1"),
        (lambda m: m.AUC(thresholds=[2.0]), r"`AUC.thresholds` must be a number from 0 to 1; got 2.0"),
        (lambda m: m.AUC(curve="RO"), r"Unknown AUC.curve 'RO'\. Did you mean 'ROC'\?"),
        (lambda m: m.AUC(summation_method="mean"), r"Unknown AUC.summation_method 'mean'"),
        (lambda m: m.AUC(num_thresholds=1), r"`AUC.num_thresholds` must be an integer, 2 or more; got 1"),
        (lambda m: m.AUC(num_labels=3), r"`AUC.num_labels` says something only with multi_label=True"),
        (lambda m: m.AUC(from_logits="yes"), r"`AUC.from_logits` must be True or False; got 'yes'"),
        (
            lambda m: m.AUC(multi_label=True, num_labels=3, label_weights=[1.0, 2.0]),
            r"`AUC.label_weights` must be one number for each of the 3 labels",
        ),
        (lambda m: m.AUC(multi_label=True)([1.0], [1.0]), r"needs y_pred of shape \(samples, outputs\), .*; got \(1,\)"),
        (lambda m: m.FBetaScore("mean"), r"Unknown FBetaScore.average 'mean'"),
        (lambda m: m.FBetaScore(beta=0), r"`FBetaScore.beta` must be a number above 0; got 0"),
        (lambda m: m.F1Score(threshold=1.5), r"`F1Score.threshold` must be a number above 0, at most 1 or None; got 1.5"),
        (lambda m: m.F1Score()(np.ones(8), np.ones((8, 3))), r"`F1Score` needs y_true and y_pred of the same shape"),
        (lambda m: m.R2Score("mean"), r"Unknown R2Score.class_aggregation 'mean'"),
        (lambda m: m.R2Score(num_regressors=-1), r"`R2Score.num_regressors` must be an integer, zero or more; got -1"),
        (lambda m: m.PrecisionAtRecall(2), r"`PrecisionAtRecall.recall` must be a number from 0 to 1; got 2"),
        (lambda m: m.RecallAtPrecision(), r"RecallAtPrecision needs the argument 'precision'"),
        (lambda m: m.IoU(2, [0, 2]), r"`IoU.target_class_ids` must be .* below the number of classes, 2; got \[0, 2\]"),
        (lambda m: m.MeanIoU(0), r"`MeanIoU.num_classes` must be a positive integer; got 0"),
        (lambda m: m.MeanIoU(2)(np.ones(3), np.ones((3, 2))), r"`MeanIoU` needs y_true and y_pred of the same shape"),
        (lambda m: m.PearsonCorrelation(axis="last"), r"`PearsonCorrelation.axis` must be the number of an axis or"),
        (lambda m: m.Recall(top_k=0), r"`Recall.top_k` must be a positive integer or None; got 0"),
        (lambda m: m.Recall(top_k=9)(BITS[0], SCORES[0]), r"`Recall.top_k` must be at most the number of classes, 4"),
        (lambda m: m.Recall(class_id=4)(BITS[0], SCORES[0]), r"`Recall.class_id` must be below the number of class"),
        (lambda m: m.Recall(class_id=0)([1.0], [1.0]), r"`Recall.class_id` needs y_pred of shape \(samples, classes\)"),
        (lambda m: m.TopKCategoricalAccuracy(k=0), r"`TopKCategoricalAccuracy.k` must be a positive integer; got 0"),
        (
            lambda m: m.BinaryCrossentropy(label_smoothing=2),
            r"`BinaryCrossentropy.label_smoothing` must be a number from 0 to 1; got 2",
        ),
        (
            lambda m: m.MeanSquaredError()(np.ones((8, 5)), np.ones((8, 1))),
            r"`mean_squared_error` needs y_true and y_pred of the same shape; got \(8, 5\) and \(8, 1\)",
        ),
        (lambda m: m.RootMeanSquaredError()(np.ones((8, 1)), np.ones((8, 3))), r"`root_mean_squared_error` needs"),
        (
            lambda m: m.CategoricalAccuracy()(np.ones(8), np.ones((8, 3))),
            r"`categorical_accuracy` needs .* use `sparse_categorical_accuracy`",
        ),
        (
            lambda m: m.SparseCategoricalAccuracy()(np.ones((8, 3)), np.ones((8, 3))),
            r"For one-hot targets use `categorical_accuracy`",
        ),
        (lambda m: m.Precision()(np.ones(8), np.ones((8, 3))), r"`Precision` needs y_true and y_pred of the"),
        (lambda m: m.Mean()(np.ones((4, 2)), np.ones(3)), r"`sample_weight` of shape \(3,\) does not fit"),
    ],
)  # fmt: skip
def test_errors_say_what_and_how_to_mend(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call(tsuno.metrics)
