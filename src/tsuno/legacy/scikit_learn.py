"""The wrappers for scikit-learn as they were: a function that builds a model, and one heap of parameters for it, for
`fit` and for `predict`, each of which goes to where it has a name.

scikit-learn itself is not imported before it asks.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tsuno.core.errors import describe, suggest
from tsuno.legacy.notices import say
from tsuno.legacy.rewriting import of_function
from tsuno.models import Model
from tsuno.utils.numerical import to_categorical

_METHODS = (Model.fit, Model.predict, Model.evaluate)


class BaseWrapper:
    """What `KerasClassifier` and `KerasRegressor` have in common.

    Args:
        build_fn: a function, or an object that can be called, that returns a compiled model; None for the method
            `__call__` of a class of your own. All its arguments must have default values.
        **sk_params: arguments of `build_fn`, and of the model's `fit`, `predict` and `evaluate`.

    Attributes:
        model: the trained model.
    """

    _kind = ""

    def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any) -> None:
        if self._kind:
            say(f"`Keras{self._kind}` is now `tsuno.wrappers.SKLearn{self._kind}`.", once_for=f"Keras{self._kind}")
        self.build_fn = build_fn
        self.sk_params = sk_params
        self.check_params(sk_params)

    def check_params(self, params: Mapping[str, Any]) -> None:
        """Raise ValueError if a parameter has no place to go."""
        known = {name for function in (self._builder, *_METHODS) for name in _arguments(function)}
        for name in params:
            if name not in known:
                raise ValueError(
                    f"`{type(self).__name__}` got {name!r}, which is no argument of its build_fn, nor of fit, predict "
                    f"or evaluate.{suggest(name, known)}"
                )

    def get_params(self, **params: Any) -> dict[str, Any]:
        """The parameters by their names; `params` are not looked at."""
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> BaseWrapper:
        """Set parameters by their names."""
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.check_params(params)
        self.sk_params.update(params)
        return self

    def filter_sk_params(self, fn: Callable[..., Any], override: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The parameters that are arguments of a function.

        Args:
            fn: the function.
            override: values that go before these.
        """
        names = _arguments(fn)
        return {name: value for name, value in self.sk_params.items() if name in names} | dict(override or {})

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Build a model and train it.

        Args:
            x: the samples, of shape (samples, features).
            y: their targets, of shape (samples,) or (samples, outputs).
            **kwargs: arguments of the model's `fit`, which go before the parameters.

        Returns:
            The history of the training.
        """
        self.model = self._builder(**self.filter_sk_params(self._builder))
        return self.model.fit(x, self._encoded(y), **self.filter_sk_params(Model.fit, kwargs))

    def _outputs(self, x: Any, given: Mapping[str, Any]) -> np.ndarray:
        return np.asarray(self.model.predict(x, **{"verbose": 0, **self.filter_sk_params(Model.predict, given)}))

    def _results(self, x: Any, y: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        """The loss and metrics by their names."""
        options = self.filter_sk_params(Model.evaluate, given)
        return dict(self.model.evaluate(x, self._encoded(y), **{**options, "return_dict": True}))

    @property
    def _builder(self) -> Callable[..., Any]:
        builder = self if self.build_fn is None else self.build_fn
        if not callable(builder):
            what = "None, without a method `__call__`" if self.build_fn is None else describe(self.build_fn)
            raise ValueError(f"`{type(self).__name__}.build_fn` must be a function that returns a model; got {what}.")
        return builder

    def _encoded(self, y: Any) -> Any:
        """Targets as the loss takes them: one-hot rows if it is the categorical one."""
        loss = self.model.loss
        name = loss if isinstance(loss, str) else getattr(loss, "__name__", getattr(loss, "name", None))
        if name != "categorical_crossentropy" or np.ndim(y) == 2:
            return y
        return to_categorical(y, getattr(self, "n_classes_", None))

    # ------------------------------------------------------------------ what scikit-learn asks for today

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model")

    @property
    def _estimator_type(self) -> str | None:
        return self._kind.lower() or None

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags

        return Tags(
            estimator_type=self._estimator_type,
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if self._estimator_type == "classifier" else None,
            regressor_tags=RegressorTags() if self._estimator_type == "regressor" else None,
        )


class KerasClassifier(BaseWrapper):
    """A model as a classifier of scikit-learn, as before `tsuno.wrappers.SKLearnClassifier`.

    Args:
        build_fn: a function, or an object that can be called, that returns a compiled model; None for the method
            `__call__` of a class of your own. All its arguments must have default values.
        **sk_params: arguments of `build_fn`, and of the model's `fit`, `predict` and `evaluate`.

    Attributes:
        model: the trained model.
        classes_: the labels, sorted.
        n_classes_: how many there are.
    """

    _kind = "Classifier"

    def fit(self, x: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Any:
        """Build a model and train it.

        Args:
            x: the samples, of shape (samples, features).
            y: their labels, of shape (samples,) or (samples, 1), or one-hot rows.
            sample_weight: what each sample counts.
            **kwargs: arguments of the model's `fit`, which go before the parameters.

        Returns:
            The history of the training.
        """
        y = np.asarray(y)
        if y.ndim not in (1, 2):
            raise ValueError(f"`{type(self).__name__}.fit.y` must have one or two axes; got {describe(y)}.")
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        else:
            self.classes_ = np.unique(y)
            y = np.searchsorted(self.classes_, y)
        self.n_classes_ = len(self.classes_)
        return super().fit(x, y, **(kwargs if sample_weight is None else {**kwargs, "sample_weight": sample_weight}))

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The label of each sample, of shape (samples,); (samples, 1) if the model has one output.

        Args:
            x: the samples, of shape (samples, features).
            **kwargs: arguments of the model's `predict`.
        """
        outputs = self._outputs(x, kwargs)
        return self.classes_[outputs.argmax(axis=-1) if outputs.shape[-1] > 1 else (outputs > 0.5).astype("int32")]

    def predict_proba(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The probability of each class, of shape (samples, classes).

        Args:
            x: the samples, of shape (samples, features).
            **kwargs: arguments of the model's `predict`.
        """
        outputs = self._outputs(x, kwargs)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The part of the samples whose label is right.

        Args:
            x: the samples, of shape (samples, features).
            y: their labels.
            **kwargs: arguments of the model's `evaluate`.
        """
        results = self._results(x, np.searchsorted(self.classes_, y), kwargs)
        for name in ("acc", "accuracy"):
            if name in results:
                return float(results[name])
        raise ValueError(
            f"`{type(self).__name__}.score` needs a model that is compiled with metrics=['accuracy']; this one gives "
            f"{', '.join(results)}."
        )


class KerasRegressor(BaseWrapper):
    """A model as a regressor of scikit-learn, as before `tsuno.wrappers.SKLearnRegressor`.

    Args:
        build_fn: a function, or an object that can be called, that returns a compiled model; None for the method
            `__call__` of a class of your own. All its arguments must have default values.
        **sk_params: arguments of `build_fn`, and of the model's `fit`, `predict` and `evaluate`.

    Attributes:
        model: the trained model.
    """

    _kind = "Regressor"

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """The outputs without axes of length 1: of shape (samples,) for one output.

        Args:
            x: the samples, of shape (samples, features).
            **kwargs: arguments of the model's `predict`.
        """
        return np.squeeze(self._outputs(x, kwargs))

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The loss with its sign changed, so that more is better.

        Args:
            x: the samples, of shape (samples, features).
            y: their targets.
            **kwargs: arguments of the model's `evaluate`.
        """
        return -float(self._results(x, y, kwargs)["loss"])


def _arguments(function: Callable[..., Any]) -> set[str]:
    """The names of a function's arguments; of a model's methods also those of the past."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names = {name for name, each in inspect.signature(function).parameters.items() if each.kind in named}
    past = of_function(f"Model.{function.__name__}").keys() if function in _METHODS else ()
    return (names - {"self"}) | set(past)
