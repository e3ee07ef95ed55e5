"""The wrappers for scikit-learn of Keras 1 and 2: what goes where, and scikit-learn of today with them."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import GridSearchCV, ShuffleSplit, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import tsuno
from tsuno.legacy.scikit_learn import BaseWrapper, KerasClassifier, KerasRegressor

RNG = np.random.RandomState(0)
X = RNG.normal(size=(24, 3)).astype("float32")
KINDS = np.array(["dog", "ant", "cat"])[np.argmax(X, axis=1)]


class Recorded:
    """In the place of a model: writes down what it is asked, and answers with what it was made with."""

    loss = "mse"

    def __init__(self, outputs=None, results=None, **asked):
        self.outputs, self.results, self.asked = outputs, results, asked

    def fit(self, x, y, **options):
        self.asked["fit"] = (y, options)
        return "the history"

    def predict(self, x, **options):
        self.asked["predict"] = options
        return self.outputs

    def evaluate(self, x, y, **options):
        self.asked["evaluate"] = (y, options)
        return self.results


def build(units=4, optimizer="sgd", batch_size=None):
    return Recorded(build={"units": units, "optimizer": optimizer, "batch_size": batch_size})


class Built:
    def __call__(self, units=4):
        return build(units)

    def method(self, units=4):
        return build(units)


class Own(KerasRegressor):
    def __call__(self, units=4):
        return build(units)


ROUTES = [
    # parameters, further arguments of fit, what goes to build_fn, what goes to the model's fit
    ({}, {}, {}, {}),
    ({"units": 7, "epochs": 3}, {}, {"units": 7}, {"epochs": 3}),
    ({"units": 7, "nb_epoch": 3, "verbose": 0}, {}, {"units": 7}, {"nb_epoch": 3, "verbose": 0}),
    ({"batch_size": 5, "epochs": 2}, {"epochs": 4, "shuffle": False}, {"batch_size": 5}, {"batch_size": 5, "epochs": 4, "shuffle": False}),
    ({"validation_split": 0.1, "class_weight": {0: 1.0}, "steps": 3, "workers": 2}, {}, {}, {"validation_split": 0.1, "class_weight": {0: 1.0}, "workers": 2}),
]  # fmt: skip


@pytest.mark.parametrize("params, given, to_build, to_fit", ROUTES)
def test_parameters_go_where_they_have_a_name(params, given, to_build, to_fit):
    wrapper = KerasRegressor(build_fn=build, **params)
    assert wrapper.get_params() == wrapper.get_params(deep=False) == {**params, "build_fn": build}
    assert wrapper.fit(X, X[:, 0], **given) == "the history"
    assert wrapper.model.asked["build"] == {"units": 4, "optimizer": "sgd", "batch_size": None} | to_build
    assert wrapper.model.asked["fit"][1] == to_fit


@pytest.mark.parametrize(
    "make",
    [lambda: KerasRegressor(Built(), units=9), lambda: KerasRegressor(Built().method, units=9), lambda: Own(units=9)],
)
def test_models_come_from_functions_objects_and_methods(make):
    wrapper = make()
    wrapper.fit(X, X[:, 0])
    assert wrapper.model.asked["build"]["units"] == 9
    copy = clone(wrapper)
    assert copy is not wrapper and copy.sk_params == wrapper.sk_params and not hasattr(copy, "model")


def test_parameters_without_a_place():
    with pytest.raises(
        ValueError, match=r"`KerasClassifier` got 'unit', which is no argument .* Did you mean 'units'\?"
    ):
        KerasClassifier(build, unit=3)
    with pytest.raises(ValueError, match="got 'nothing'"):
        KerasClassifier(build).set_params(nothing=3)
    with pytest.raises(ValueError, match="`KerasRegressor.build_fn` must be a function .*; got None, without"):
        KerasRegressor()
    with pytest.raises(ValueError, match="must have one or two axes"):
        KerasClassifier(build).fit(X, np.zeros((24, 1, 1)))
    wrapper = BaseWrapper(build, units=3)
    assert wrapper.set_params(units=5, epochs=2, build_fn=build) is wrapper
    assert wrapper.sk_params == {"units": 5, "epochs": 2}
    assert wrapper.filter_sk_params(build, {"optimizer": "adam"}) == {"units": 5, "optimizer": "adam"}


LABELS = [
    # the labels, the classes, the loss, what the model gets
    (["b", "a", "b"], ["a", "b"], "mse", [1, 0, 1]),
    ([[3], [5], [3]], [3, 5], "mse", [[0], [1], [0]]),
    ([[0, 1], [1, 0], [0, 1]], [0, 1], "categorical_crossentropy", [[0, 1], [1, 0], [0, 1]]),
    ([4, 9, 4], [4, 9], "categorical_crossentropy", [[1, 0], [0, 1], [1, 0]]),
    ([4, 9, 4], [4, 9], tsuno.losses.categorical_crossentropy, [[1, 0], [0, 1], [1, 0]]),
    ([4, 9, 4], [4, 9], tsuno.losses.CategoricalCrossentropy(), [[1, 0], [0, 1], [1, 0]]),
    ([4, 9, 4], [4, 9], "sparse_categorical_crossentropy", [0, 1, 0]),
]


@pytest.mark.parametrize("labels, classes, loss, encoded", LABELS)
def test_labels_are_numbered(monkeypatch, labels, classes, loss, encoded):
    monkeypatch.setattr(Recorded, "loss", loss)
    wrapper = KerasClassifier(build, steps=2)
    wrapper.fit(X[:3], labels, sample_weight=[1, 2, 3])
    y, options = wrapper.model.asked["fit"]
    np.testing.assert_array_equal(y, encoded)
    assert options == {"sample_weight": [1, 2, 3]}
    assert wrapper.classes_.tolist() == classes and wrapper.n_classes_ == len(classes)
    wrapper.model.results = {"loss": 9.0, "acc": 0.25}
    assert wrapper.score(X[:3], labels, verbose=0) == 0.25
    y, options = wrapper.model.asked["evaluate"]
    np.testing.assert_array_equal(y, encoded)
    assert options == {"steps": 2, "verbose": 0, "return_dict": True}


def test_labels_that_lack_a_class_have_a_column_for_it(monkeypatch):
    monkeypatch.setattr(Recorded, "loss", "categorical_crossentropy")
    wrapper = KerasClassifier(build)
    wrapper.fit(X[:3], [7, 8, 9])
    wrapper.model.results = {"acc": 1.0}
    wrapper.score(X[:1], [8])
    assert wrapper.model.asked["evaluate"][0].tolist() == [[0, 1, 0]]


def test_answers():
    wrapper = KerasClassifier(build, batch_size=6, epochs=3)
    wrapper.fit(X[:3], ["b", "a", "b"])
    wrapper.model.outputs = np.array([[0.2], [0.5], [0.9]])
    assert wrapper.predict(X).tolist() == [["a"], ["a"], ["b"]]
    assert wrapper.model.asked["predict"] == {"batch_size": 6, "verbose": 0}
    np.testing.assert_allclose(wrapper.predict_proba(X), [[0.8, 0.2], [0.5, 0.5], [0.1, 0.9]])
    wrapper.model.outputs = np.array([[0.2, 0.8], [0.9, 0.1]])
    assert wrapper.predict(X, verbose=1).tolist() == ["b", "a"]
    assert wrapper.model.asked["predict"]["verbose"] == 1
    np.testing.assert_array_equal(wrapper.predict_proba(X), wrapper.model.outputs)
    wrapper.model.results = {"loss": 1.0, "accuracy": 0.5}
    assert wrapper.score(X, ["a"]) == 0.5
    wrapper.model.results = {"loss": 1.0, "mae": 0.5}
    with pytest.raises(ValueError, match=r"compiled with metrics=\['accuracy'\]; this one gives loss, mae"):
        wrapper.score(X, ["a"])
    wrapper = KerasRegressor(build)
    wrapper.fit(X, X[:, 0])
    wrapper.model.outputs, wrapper.model.results = np.array([[1.0], [2.0]]), {"loss": 3.0, "mae": 7.0}
    assert wrapper.predict(X).tolist() == [1.0, 2.0] and wrapper.score(X, X[:, 0]) == -3.0
    wrapper.model.outputs = np.array([[1.0]])
    assert wrapper.predict(X).shape == ()


# ---------------------------------------------------------------------- scikit-learn


def network(units=6):
    model = tsuno.Sequential(
        [tsuno.Input((3,)), tsuno.layers.Dense(units, activation="relu"), tsuno.layers.Dense(3, activation="softmax")]
    )
    model.compile(tsuno.optimizers.Adam(0.05), "categorical_crossentropy", metrics=["accuracy"])
    return model


def line():
    model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(1)])
    model.compile(tsuno.optimizers.SGD(0.2), "mse")
    return model


@pytest.mark.filterwarnings("ignore::tsuno.legacy.notices.OldForm")
def test_a_classifier_in_scikit_learn():
    classifier = KerasClassifier(build_fn=network, nb_epoch=40, batch_size=8, verbose=0)
    assert is_classifier(classifier) and not is_regressor(classifier)
    pipeline = Pipeline([("scale", StandardScaler()), ("net", classifier)])
    scores = cross_validate(pipeline, X, KINDS, cv=2, scoring=["accuracy", "roc_auc_ovr"])
    assert scores["test_accuracy"].min() > 0.5 and 0.5 < scores["test_roc_auc_ovr"].mean() <= 1
    search = GridSearchCV(classifier, {"units": [5, 6], "nb_epoch": [30]}, cv=ShuffleSplit(1, random_state=0))
    search.fit(X, KINDS)
    assert search.best_params_.keys() == {"units", "nb_epoch"} and search.best_score_ >= 0
    best = search.best_estimator_
    assert best.model.layers[0].units == search.best_params_["units"]
    assert set(search.predict(X)) <= {"ant", "cat", "dog"} and search.predict_proba(X).shape == (24, 3)
    assert best.score(X, KINDS) == pytest.approx(np.mean(best.predict(X) == KINDS))


def test_a_regressor_in_scikit_learn():
    regressor = KerasRegressor(line, epochs=60, batch_size=12, verbose=0)
    assert is_regressor(regressor) and not is_classifier(regressor)
    pipeline = Pipeline([("scale", StandardScaler()), ("net", regressor)])
    y = X @ [1.0, -2.0, 0.5] + 3
    assert cross_val_score(pipeline, X, y, cv=2, scoring="r2").min() > 0.95
    assert cross_val_score(regressor, X, y, cv=2).max() <= 0
    history = regressor.fit(X, y)
    assert len(history.history["loss"]) == 60
    loss = np.mean((regressor.predict(X) - y) ** 2)
    assert regressor.score(X, y) == pytest.approx(-loss, rel=1e-4, abs=1e-7)


def test_scikit_learn_is_imported_when_it_is_used():
    code = "import sys, tsuno.legacy.scikit_learn as s; s.KerasClassifier(lambda: 1); print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
