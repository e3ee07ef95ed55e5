"""Estimators of scikit-learn that hold a model: what they are told of labels, weights and seeds, a model is told too.

The base checks data as scikit-learn does, makes the model, and trains it in a random stream of its own, so that
fitting twice gives the same result and the caller's stream stays where it was. The subclasses say how targets become
what a loss takes, and how outputs become an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn import get_config
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from tsuno.core import tree
from tsuno.core.errors import invalid, suggest
from tsuno.core.seeds import apart
from tsuno.core.settings import floatx
from tsuno.core.spec import KerasTensor
from tsuno.models import Model, clone_model

_NESTED = ("model_kwargs", "fit_kwargs")


class _Estimator(BaseEstimator):
    """What the three kinds of estimators have in common."""

    model_: Model
    history_: Any
    _y_options: ClassVar[dict[str, Any]] = {"ensure_2d": False, "allow_nd": True, "dtype": "numeric"}

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: Mapping[str, Any] | None = None,
        fit_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    # ------------------------------------------------------------------ parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor by name.

        Args:
            deep: whether the entries of `model_kwargs` and `fit_kwargs` are listed too, as `model_kwargs__units`.
        """
        params: dict[str, Any] = super().get_params(deep=deep)
        for name in _NESTED if deep else ():
            inner = getattr(self, name)
            params |= {f"{name}__{key}": value for key, value in inner.items()} if isinstance(inner, Mapping) else {}
        return params

    def set_params(self, **params: Any) -> Self:
        """Change arguments of the constructor; `model_kwargs__units=8` changes, or adds, one entry of `model_kwargs`.

        Args:
            **params: the values by name.
        """
        inner: dict[str, dict[str, Any]] = {}
        for key in [key for key in params if key.partition("__")[0] in _NESTED and "__" in key]:
            name, _, entry = key.partition("__")
            inner.setdefault(name, {})[entry] = params.pop(key)
        super().set_params(**params)
        for name, entries in inner.items():
            setattr(self, name, {**(getattr(self, name) or {}), **entries})
        return self

    def set_fit_request(self, **kwargs: Any) -> Self:
        """Say which arguments of `fit` a pipeline or search passes on here.

        Args:
            **kwargs: for each argument True or False, None (an error if it is given), or another name for it.

        Raises:
            RuntimeError: metadata routing is not enabled.
        """
        if not get_config().get("enable_metadata_routing", False):
            raise RuntimeError(
                "`set_fit_request` needs metadata routing: call sklearn.set_config(enable_metadata_routing=True)."
            )
        requests = self._get_metadata_request()
        for name, alias in kwargs.items():
            requests.fit.add_request(param=name, alias=alias)
        self._metadata_request = requests
        return self

    # ------------------------------------------------------------------ training

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Self:
        """Train a new model, or with `warm_start=True` the one that is there.

        Args:
            X: the inputs, one sample per row.
            y: the targets, one per sample.
            **kwargs: arguments of `Model.fit`, which count more than those of `fit_kwargs`.
        """
        return self._train(X, y, kwargs, resume=bool(self.warm_start) and hasattr(self, "model_"))

    def partial_fit(self, X: Any, y: Any, **kwargs: Any) -> Self:
        """Train for one epoch more on this data; the first call makes the model.

        Args:
            X: the inputs, one sample per row.
            y: the targets, one per sample.
            **kwargs: arguments of `Model.fit`.
        """
        return self._train(X, y, {"epochs": 1, **kwargs}, resume=hasattr(self, "model_"))

    def _train(self, X: Any, y: Any, given: Mapping[str, Any], resume: bool, **encoding: Any) -> Self:
        X, y = validate_data(
            self, X, y, reset=not resume, validate_separately=({"allow_nd": True}, dict(self._y_options))
        )
        check_consistent_length(X, y)
        options = {"verbose": 0, **(self.fit_kwargs or {}), **given}
        if options.get("sample_weight") is not None:
            weight = _check_sample_weight(options["sample_weight"], X)
            kept = weight != 0  # a sample that does not count must not fill a batch or add a class
            X, y, options["sample_weight"] = (X, y, weight) if kept.all() else (X[kept], y[kept], weight[kept])
        target = self._encode(y, reset=not resume, **encoding)
        with apart(check_random_state(options.pop("random_state", 0)).randint(2**31 - 1)):
            model = self.model_ if resume else self._make_model(X, target)
            if validation := options.get("validation_data"):
                x_val, y_val, *rest = validation
                options["validation_data"] = (x_val, self._fitting(model, X, self._encode(y_val, reset=False)), *rest)
            self.history_ = model.fit(X, self._fitting(model, X, target), **options)
        self.model_ = model
        self._epochs = (getattr(self, "_epochs", 0) if resume else 0) + len(self.history_.epoch)
        return self

    def _make_model(self, X: Any, target: Any) -> Model:
        if not isinstance(self.model, Model):
            if not callable(self.model):
                raise invalid(
                    f"{type(self).__name__}.model", "a compiled model or a function that makes one", self.model
                )
            model = self.model(X=X, y=target, **(self.model_kwargs or {}))
        elif self.warm_start:
            model = self.model
        else:
            model = clone_model(self.model)
        if not isinstance(model, Model):
            raise invalid(f"{type(self).__name__}.model", "a function that returns a model", model)
        if model.compiled is None:
            raise RuntimeError(
                f"`{type(self).__name__}.model` must be compiled: call model.compile(optimizer='adam', loss='...') "
                "before it is returned or passed."
            )
        return model

    @property
    def epoch_(self) -> int:
        """The number of epochs that the model has been trained for."""
        return getattr(self, "_epochs", 0)

    # ------------------------------------------------------------------ answers

    def predict(self, X: Any) -> np.ndarray:
        """What the model answers, in the form of the targets it was fitted to.

        Args:
            X: the inputs, one sample per row.
        """
        return self._decode(self._outputs(X))

    def _outputs(self, X: Any) -> np.ndarray:
        """The model's outputs, always computed in whole batches: so a sample's are the same in whatever company."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, allow_nd=True)
        size = (self.fit_kwargs or {}).get("batch_size") or 32
        rows = np.minimum(np.arange(-(-len(X) // size) * size), len(X) - 1)
        padded = X if len(rows) == len(X) else X[rows]
        return np.asarray(self._model.predict(padded, batch_size=size, verbose=0))[: len(X)]

    @property
    def _model(self) -> Model:
        return self.model_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    # ------------------------------------------------------------------ targets

    def _encode(self, y: Any, reset: bool) -> Any:
        """Targets as a model gets them: with a second axis."""
        y = np.asarray(y)
        if reset:
            self._target_ndim = y.ndim
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _decode(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs in the form of the targets."""
        return outputs[:, 0] if self._target_ndim == 1 and outputs.ndim == 2 and outputs.shape[1] == 1 else outputs

    def _fitting(self, model: Model, X: Any, target: Any) -> Any:
        """Encoded targets in the form that the loss of the model takes."""
        return target


class SKLearnClassifier(ClassifierMixin, _Estimator):
    """A model as a classifier of scikit-learn. Labels may be of any kind.

    Args:
        model: a compiled model, of which `fit` trains a copy with new weights; or a function `model(X, y,
            **model_kwargs)` that returns one, where `X` has shape (samples, features) and `y` one-hot rows of shape
            (samples, classes).
        warm_start: go on with the weights that are there when `fit` is called again.
        model_kwargs: further arguments of the function `model`.
        fit_kwargs: arguments of `Model.fit`, such as `epochs`; `verbose` is 0 by default. With `random_state` among
            them (0 by default, None for a different result each time) weights and shuffling are seeded.

    The loss gets one-hot targets; class numbers if it is a sparse one, and 0 or 1 if the model has one output.

    Attributes:
        model_: the trained model.
        history_: what its `fit` returned.
        classes_: the labels, sorted.

    Example:
        >>> def network(X, y, units):
        ...     model = tsuno.Sequential([
        ...         tsuno.Input(X.shape[1:]),
        ...         tsuno.layers.Dense(units, activation="relu"),
        ...         tsuno.layers.Dense(y.shape[1], activation="softmax"),
        ...     ])
        ...     model.compile("adam", "categorical_crossentropy")
        ...     return model
        >>> classifier = tsuno.wrappers.SKLearnClassifier(network, model_kwargs={"units": 8}, fit_kwargs={"epochs": 60})
        >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [5.0, 5.0], [5.0, 6.0]])
        >>> classifier.fit(X, ["near", "near", "far", "far"]).predict(X).shape
        (4,)
        >>> classifier.classes_
        array(['far', 'near'], dtype='<U4')
    """

    _y_options: ClassVar[dict[str, Any]] = {"ensure_2d": False, "dtype": None}

    def partial_fit(self, X: Any, y: Any, classes: Any = None, **kwargs: Any) -> Self:
        """Train for one epoch more on this data; the first call makes the model.

        Args:
            X: the inputs, one sample per row.
            y: the labels.
            classes: for the first call, all the labels that later calls may have; those of `y` by default.
            **kwargs: arguments of `Model.fit`.
        """
        return self._train(X, y, {"epochs": 1, **kwargs}, resume=hasattr(self, "model_"), classes=classes)

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, of shape (samples, classes).

        Outputs go through a softmax (one output: through a sigmoid) if the loss says `from_logits=True`. Otherwise
        they are probabilities already, and are only divided by their sum.

        Args:
            X: the inputs, one sample per row.
        """
        return self._probabilities(self._columns(X))

    def decision_function(self, X: Any) -> np.ndarray:
        """How much speaks for each class: the outputs of the model, of shape (samples, classes).

        For two classes it is one number per sample, positive for the second class.

        Args:
            X: the inputs, one sample per row.
        """
        columns = self._columns(X)
        if columns.shape[1] != 2:
            return columns
        return columns[:, 1] - columns[:, 0] if self._gives_logits() else self._probabilities(columns)[:, 1] - 0.5

    def _columns(self, X: Any) -> np.ndarray:
        """The outputs with a column per class."""
        outputs = self._outputs(X).astype("float64")
        if outputs.shape[1:] != (1,):
            return outputs
        return np.hstack([np.zeros_like(outputs) if self._gives_logits() else 1.0 - outputs, outputs])

    def _probabilities(self, columns: np.ndarray) -> np.ndarray:
        if self._gives_logits():
            columns = np.exp(columns - columns.max(axis=1, keepdims=True))
        else:  # a column below zero is none of a probability: all are moved up, which keeps their order
            columns = columns - np.minimum(columns.min(axis=1, keepdims=True), 0.0)
        total = columns.sum(axis=1, keepdims=True)
        return np.where(total > 0, columns / np.where(total > 0, total, 1.0), 1.0 / columns.shape[1])

    def _gives_logits(self) -> bool:
        return bool(getattr(self._loss(self.model_), "from_logits", False))

    @staticmethod
    def _loss(model: Model) -> Any:
        return tree.flatten(model.loss)[0]

    def _encode(self, y: Any, reset: bool, classes: Any = None) -> np.ndarray:
        """Labels as one-hot rows."""
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        found, codes = np.unique(y, return_inverse=True)
        if reset:
            self.classes_ = found if classes is None else np.unique(classes)
            if len(self.classes_) < 2:
                raise ValueError(
                    "A classifier needs samples of at least two classes; got one class, "
                    f"{self.classes_.tolist()[0]!r}, not counting samples whose sample_weight is zero."
                )
        places = np.minimum(np.searchsorted(self.classes_, found), len(self.classes_) - 1)
        strange = found[self.classes_[places] != found].tolist()
        if strange:
            raise ValueError(
                f"`y` has a class {strange[0]!r} that the classifier was not made for."
                f"{suggest(strange[0], self.classes_)}"
            )
        return np.eye(len(self.classes_), dtype="float32")[places[codes]]

    def _decode(self, outputs: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def predict(self, X: Any) -> np.ndarray:
        """The label of each sample.

        Args:
            X: the inputs, one sample per row.
        """
        winners = self._columns(X).argmax(axis=1)
        return self.classes_[winners]

    def _fitting(self, model: Model, X: Any, target: Any) -> Any:
        loss = self._loss(model)
        name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
        if name.lower().startswith("sparse"):
            return target.argmax(axis=1)
        if len(self.classes_) == 2:
            outputs = model.outputs_for(KerasTensor((None, *X.shape[1:]), floatx() if X.dtype.kind == "f" else "int32"))
            if tree.flatten(outputs)[0].shape[-1] == 1:
                return target[:, 1:]
        return target

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True  # the model may be any
        return tags


class SKLearnRegressor(RegressorMixin, _Estimator):
    """A model as a regressor of scikit-learn, for one or several numbers per sample.

    Args:
        model: a compiled model, of which `fit` trains a copy with new weights; or a function `model(X, y,
            **model_kwargs)` that returns one, where `X` has shape (samples, features) and `y` (samples, targets).
        warm_start: go on with the weights that are there when `fit` is called again.
        model_kwargs: further arguments of the function `model`.
        fit_kwargs: arguments of `Model.fit`, such as `epochs`; `verbose` is 0 by default. With `random_state` among
            them (0 by default, None for a different result each time) weights and shuffling are seeded.

    Attributes:
        model_: the trained model.
        history_: what its `fit` returned.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile(tsuno.optimizers.SGD(0.1), "mse")
        >>> regressor = tsuno.wrappers.SKLearnRegressor(model, fit_kwargs={"epochs": 200})
        >>> X = np.array([[0.0], [1.0], [2.0]])
        >>> regressor.fit(X, [1.0, 3.0, 5.0]).predict(X).round(1)
        array([1., 3., 5.])
    """

    def _decode(self, outputs: np.ndarray) -> np.ndarray:
        return super()._decode(outputs).astype("float64")  # as all regressors answer

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # the model may be any
        tags.target_tags.multi_output = True
        return tags


class SKLearnTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, _Estimator):
    """A model as a transformer of scikit-learn: its outputs are the new features.

    Args:
        model: a compiled model, of which `fit` trains a copy with new weights; or a function `model(X, y,
            **model_kwargs)` that returns one. A model with weights transforms without being fitted, also inside
            scikit-learn's `FrozenEstimator`.
        warm_start: go on with the weights that are there when `fit` is called again.
        model_kwargs: further arguments of the function `model`.
        fit_kwargs: arguments of `Model.fit`, such as `epochs`; `verbose` is 0 by default. With `random_state` among
            them (0 by default, None for a different result each time) weights and shuffling are seeded.

    Attributes:
        model_: the trained model.
        history_: what its `fit` returned.

    Example:
        >>> encoder = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2)])
        >>> transformer = tsuno.wrappers.SKLearnTransformer(encoder)
        >>> transformer.transform(np.ones((4, 3))).shape
        (4, 2)
    """

    def fit(self, X: Any, y: Any = None, **kwargs: Any) -> Self:
        """Train a new model, or with `warm_start=True` the one that is there.

        Args:
            X: the inputs, one sample per row.
            y: the targets, one per sample; by default the inputs, which the model then learns to give back.
            **kwargs: arguments of `Model.fit`, which count more than those of `fit_kwargs`.
        """
        return super().fit(X, X if y is None else y, **kwargs)

    def transform(self, X: Any) -> np.ndarray:
        """The outputs of the model.

        Args:
            X: the inputs, one sample per row.
        """
        return self._outputs(X)

    @property
    def _n_features_out(self) -> int:
        return int(self._model.output_shape[-1])

    @property
    def _model(self) -> Model:
        model: Model = getattr(self, "model_", self.model)
        return model

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_") or (isinstance(self.model, Model) and self.model.built)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
