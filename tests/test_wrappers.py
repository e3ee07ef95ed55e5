"""Models as estimators: scikit-learn's own checks, its tools around them, and what the wrappers add."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import BaggingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import tsuno
from tsuno import layers
from tsuno.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer


class Network:
    """Makes a model of one layer; with a name that is the same in every test process."""

    def __repr__(self):
        return "network"

    def __call__(self, X, y, loss="mse", activation=None, outputs=None, rate=0.1):
        model = tsuno.Sequential([tsuno.Input(X.shape[1:]), layers.Dense(outputs or y.shape[1], activation=activation)])
        model.compile(tsuno.optimizers.SGD(rate), loss)
        return model


network = Network()


def classifier(loss="categorical_crossentropy", activation="softmax", outputs=None, **fit_kwargs):
    model_kwargs = {"loss": loss, "activation": activation, "outputs": outputs, "rate": 1.0}
    return SKLearnClassifier(
        network, model_kwargs=model_kwargs, fit_kwargs={"epochs": 8, "batch_size": 20, **fit_kwargs}
    )


def regressor(**fit_kwargs):
    return SKLearnRegressor(network, fit_kwargs={"epochs": 5, "batch_size": 20, **fit_kwargs})


def built(outputs=1):
    return network(X, np.zeros((1, outputs)))


RANDOM = np.random.RandomState(0)
NUMBERS = np.arange(40) % 2
X = RANDOM.normal(size=(40, 3)) * 0.5 + (2 * NUMBERS[:, None] - 1)
LABELS = np.array(["ham", "spam"])[NUMBERS]
Y = X @ [1.0, -2.0, 0.5]


# ---------------------------------------------------------------------- scikit-learn's checks


@parametrize_with_checks(
    [
        SKLearnClassifier(
            network,
            model_kwargs={"loss": "categorical_crossentropy", "activation": "softmax"},
            fit_kwargs={"epochs": 30, "batch_size": 64},
        ),
        SKLearnRegressor(network, fit_kwargs={"batch_size": 64}),
        SKLearnTransformer(network, fit_kwargs={"batch_size": 64}),
    ],
    expected_failed_checks=lambda estimator: {},
)
def test_scikit_learn_checks(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # else one of them is left out
    check(estimator)


# ---------------------------------------------------------------------- scikit-learn's tools


def test_pipeline_and_cross_validation():
    pipeline = make_pipeline(StandardScaler(), classifier())
    scores = cross_val_score(pipeline, X, LABELS, cv=2, scoring="roc_auc")
    assert (scores > 0.95).all()
    pipeline.fit(X, LABELS, sklearnclassifier__epochs=1)
    assert pipeline[-1].epoch_ == 1


def test_grid_search_in_two_processes():
    search = GridSearchCV(
        SKLearnClassifier(built(2), fit_kwargs={"batch_size": 20}),
        {"fit_kwargs__epochs": [1, 8]},
        n_jobs=2,
        cv=2,
    )
    search.fit(X, LABELS)
    assert search.best_params_ in ({"fit_kwargs__epochs": 1}, {"fit_kwargs__epochs": 8})
    assert search.best_score_ > 0.8
    assert search.best_estimator_.model is not search.estimator.model


def test_clone_and_nested_parameters():
    original = classifier()
    copy = clone(original)
    assert copy.fit_kwargs == original.fit_kwargs and copy.model_kwargs == original.model_kwargs
    copy.set_params(model_kwargs__rate=0.5, fit_kwargs__epochs=2, warm_start=True)
    assert copy.get_params()["model_kwargs__rate"] == 0.5
    assert (copy.fit_kwargs["epochs"], original.fit_kwargs["epochs"]) == (2, 8)
    assert copy.warm_start and set(copy.get_params(deep=False)) == {"model", "warm_start", "model_kwargs", "fit_kwargs"}
    given = {"epochs": 1, "batch_size": 20}
    SKLearnRegressor(network, fit_kwargs=given).fit(X, Y, epochs=2)
    assert given == {"epochs": 1, "batch_size": 20}  # Keras writes into it


def test_pickle_keeps_weights_and_training():
    original = regressor().fit(X, Y)
    copy = pickle.loads(pickle.dumps(original))
    np.testing.assert_array_equal(copy.predict(X), original.predict(X))
    assert copy.history_.history == original.history_.history
    np.testing.assert_array_equal(copy.partial_fit(X, Y).predict(X), original.partial_fit(X, Y).predict(X))
    assert copy.epoch_ == original.epoch_ == 6


def test_transformer_in_a_pipeline():
    encoder = SKLearnTransformer(network, model_kwargs={"outputs": 2}, fit_kwargs={"batch_size": 20})
    with pytest.raises(ValueError, match="shape"):
        encoder.fit(X)  # two outputs cannot be the three inputs
    encoder.set_params(model_kwargs__outputs=3).fit(X)
    assert list(encoder.get_feature_names_out()) == [f"sklearntransformer{i}" for i in range(3)]
    frozen = SKLearnTransformer(built(2))
    pipeline = make_pipeline(FrozenEstimator(frozen), LogisticRegression()).fit(X, LABELS)
    assert pipeline.score(X, LABELS) > 0.9
    np.testing.assert_allclose(frozen.transform(X[:5]), frozen.model.predict(X[:5], verbose=0), rtol=1e-6)


def test_metadata_routing():
    with pytest.raises(RuntimeError, match="enable_metadata_routing=True"):
        regressor().set_fit_request(sample_weight=True)
    with config_context(enable_metadata_routing=True):
        asking = regressor().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), asking)
        pipeline.fit(X, Y, sample_weight=NUMBERS)
        alone = regressor().fit(StandardScaler().fit_transform(X), Y, sample_weight=NUMBERS)
        np.testing.assert_allclose(pipeline.predict(X), alone.predict(StandardScaler().fit_transform(X)), rtol=1e-6)


def test_bagging_seeds_each_model():
    bagged = BaggingRegressor(regressor(random_state=0), n_estimators=2, random_state=0).fit(X, Y)
    assert len({each.fit_kwargs["random_state"] for each in bagged.estimators_}) == 2


# ---------------------------------------------------------------------- labels and outputs

OUTPUTS = {
    "softmax": ("categorical_crossentropy", "softmax", None),
    "logits": (tsuno.losses.CategoricalCrossentropy(from_logits=True), None, None),
    "class numbers": (tsuno.losses.SparseCategoricalCrossentropy(from_logits=True), None, None),
    "sparse by name": ("sparse_categorical_crossentropy", "softmax", None),
    "sigmoid": ("binary_crossentropy", "sigmoid", 1),
    "one logit": (tsuno.losses.BinaryCrossentropy(from_logits=True), None, 1),
    "squares": ("mse", None, None),
}
KINDS = [LABELS, NUMBERS, NUMBERS == 1, NUMBERS - 0.0, LABELS.astype(object), 5 - 7 * NUMBERS, list(LABELS)]


@pytest.mark.parametrize(("loss", "activation", "outputs"), OUTPUTS.values(), ids=OUTPUTS)
def test_outputs_of_classifiers(loss, activation, outputs):
    made = classifier(loss, activation, outputs).set_params(model_kwargs__rate=0.1).fit(X, LABELS)
    predicted, probability, decision = made.predict(X), made.predict_proba(X), made.decision_function(X)
    assert (predicted == LABELS).mean() > 0.9
    assert probability.shape == (40, 2) and decision.shape == (40,)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    assert ((decision > 0) == (predicted == "spam")).all()
    assert ((probability[:, 1] > 0.5) == (predicted == "spam")).all()
    if activation == "softmax":
        np.testing.assert_allclose(probability, made.model_.predict(X, verbose=0), rtol=1e-5)
    if loss == OUTPUTS["logits"][0]:
        np.testing.assert_allclose(probability[:, 1], 1 / (1 + np.exp(-decision)))


@pytest.mark.parametrize("labels", KINDS, ids=lambda labels: str(np.asarray(labels).dtype))
def test_labels_of_any_kind(labels):
    made = classifier().fit(X, labels, validation_data=(X[:8], labels[:8]))
    assert made.predict(X).dtype == np.unique(labels).dtype
    assert made.score(X, labels) > 0.9
    assert list(made.classes_) == sorted(set(labels))
    assert "val_loss" in made.history_.history


def test_images_and_several_targets():
    images = X.reshape(40, 3, 1, 1)

    def flat(X, y):
        model = tsuno.Sequential([tsuno.Input(X.shape[1:]), layers.Flatten(), layers.Dense(y.shape[1])])
        model.compile("sgd", "mse")
        return model

    made = SKLearnRegressor(flat, fit_kwargs={"batch_size": 20}).fit(images, np.stack([Y, -Y], axis=1))
    assert made.predict(images).shape == (40, 2)
    assert SKLearnRegressor(flat, fit_kwargs={"batch_size": 20}).fit(images, Y).predict(images).shape == (40,)


# ---------------------------------------------------------------------- seeds, weights, going on


def test_fit_is_reproducible_and_apart_from_the_callers_stream():
    tsuno.utils.set_random_seed(5)
    expected = tsuno.random.normal((3,)), np.random.rand(), layers.Dense(1).name, layers.Dense(1).name
    tsuno.utils.clear_session()
    tsuno.utils.set_random_seed(5)
    first, drawn, name = regressor().fit(X, Y), tsuno.random.normal((3,)), layers.Dense(1).name
    second, number, later = regressor().fit(X, Y), np.random.rand(), layers.Dense(1).name
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    np.testing.assert_array_equal(drawn, expected[0])
    assert (number, name, later) == expected[1:]
    assert not np.array_equal(first.predict(X), regressor(random_state=1).fit(X, Y).predict(X))
    assert not np.array_equal(*(regressor(random_state=None).fit(X, Y).predict(X) for _ in range(2)))


def test_a_sample_is_answered_alike_in_any_company():
    made = regressor().fit(X, Y)
    whole = made.predict(X)
    np.testing.assert_array_equal(whole[5:8], made.predict(X[5:8]))
    np.testing.assert_array_equal(whole[::-1], made.predict(X[::-1]))


def test_zero_weights_leave_samples_out():
    weight = np.where(np.arange(40) < 30, 2.0, 0.0)
    one = regressor().fit(X, Y, sample_weight=weight)
    other = regressor().fit(X[:30], Y[:30], sample_weight=weight[:30])
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
    with pytest.raises(ValueError, match="at least two classes; got one class, 'ham'"):
        classifier().fit(X, LABELS, sample_weight=1 - NUMBERS)


def test_warm_start_and_partial_fit_go_on():
    model = built()
    warm = SKLearnRegressor(model, warm_start=True, fit_kwargs={"epochs": 2, "batch_size": 20})
    losses = [warm.fit(X, Y).history_.history["loss"][-1] for _ in range(3)]
    assert losses == sorted(losses, reverse=True) and warm.model_ is model and warm.epoch_ == 6
    cold = SKLearnRegressor(model, fit_kwargs={"epochs": 2, "batch_size": 20})
    assert len({tuple(cold.fit(X, Y).history_.history["loss"]) for _ in range(2)}) == 1 and cold.model_ is not model
    parts = classifier()
    parts.partial_fit(X[:10], LABELS[:10], classes=["egg", "ham", "spam"])
    parts.partial_fit(X[10:], LABELS[10:])
    assert parts.epoch_ == 2 and parts.predict_proba(X).shape == (40, 3)
    with pytest.raises(
        ValueError, match="`y` has a class 'hamm' that the classifier was not made for. Did you mean 'ham'"
    ):
        parts.partial_fit(X[:2], ["ham", "hamm"])


# ---------------------------------------------------------------------- wrong input, and what is imported

WRONG = {
    "no model": (lambda: SKLearnRegressor("net").fit(X, Y), ValueError, r"`SKLearnRegressor.model` must be a compiled model or"),
    "returns": (lambda: SKLearnRegressor(lambda X, y: None).fit(X, Y), ValueError, r"a function that returns a model; got None"),
    "uncompiled": (lambda: SKLearnRegressor(tsuno.Sequential([tsuno.Input((3,)), layers.Dense(1)])).fit(X, Y), RuntimeError, r"must be compiled: call model.compile"),
    "one class": (lambda: classifier().fit(X, np.zeros(40)), ValueError, r"at least two classes; got one class"),
    "numbers": (lambda: classifier().fit(X, Y), ValueError, r"Unknown label type: continuous"),
    "length": (lambda: regressor().fit(X, Y[:-1]), ValueError, r"inconsistent numbers of samples"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_scikit_learn_is_imported_when_a_class_is_used():
    code = (
        "import json, sys, tsuno, tsuno.wrappers; before = 'sklearn' in sys.modules\n"
        "sys.modules['sklearn'] = None\n"
        "try: tsuno.wrappers.SKLearnClassifier\n"
        "except ImportError as problem: print(json.dumps([before, dir(tsuno.wrappers), str(problem)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, names, message = json.loads(done.stdout)
    assert not before and len(names) == 3
    assert message == "`tsuno.wrappers.SKLearnClassifier` needs scikit-learn 1.6 or newer: pip install scikit-learn."
