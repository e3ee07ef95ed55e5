"""Models as estimators: scikit-learn's own checks, its tools around them, and what the wrappers add."""


from sklearn.utils.estimator_checks import parametrize_with_checks

import tsuno
from tsuno import layers
from tsuno.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer


def network(X, y, loss="mse", activation=None, outputs=None, rate=0.1):
    model = tsuno.Sequential([tsuno.Input(X.shape[1:]), layers.Dense(outputs or y.shape[1], activation=activation)])
    model.compile(tsuno.optimizers.SGD(rate), loss)
    return model


def classifier(loss="categorical_crossentropy", activation="softmax", epochs=3, **kwargs):
    model_kwargs = {"loss": loss, "activation": activation, **kwargs}
    return SKLearnClassifier(network, model_kwargs=model_kwargs, fit_kwargs={"epochs": epochs, "batch_size": 64})


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
