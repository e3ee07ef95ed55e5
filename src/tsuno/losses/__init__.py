"""Losses: what training makes small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno.core import lookup, registry
from tsuno.losses.base import Loss as Loss
from tsuno.losses.base import LossFunctionWrapper as LossFunctionWrapper
from tsuno.losses.base import serialize_function
from tsuno.losses.classification import BinaryCrossentropy as BinaryCrossentropy
from tsuno.losses.classification import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from tsuno.losses.classification import CategoricalCrossentropy as CategoricalCrossentropy
from tsuno.losses.classification import CategoricalFocalCrossentropy as CategoricalFocalCrossentropy
from tsuno.losses.classification import CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy
from tsuno.losses.classification import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from tsuno.losses.classification import binary_crossentropy as binary_crossentropy
from tsuno.losses.classification import binary_focal_crossentropy as binary_focal_crossentropy
from tsuno.losses.classification import categorical_crossentropy as categorical_crossentropy
from tsuno.losses.classification import categorical_focal_crossentropy as categorical_focal_crossentropy
from tsuno.losses.classification import categorical_generalized_cross_entropy as categorical_generalized_cross_entropy
from tsuno.losses.classification import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from tsuno.losses.margin import CategoricalHinge as CategoricalHinge
from tsuno.losses.margin import Hinge as Hinge
from tsuno.losses.margin import KLDivergence as KLDivergence
from tsuno.losses.margin import Poisson as Poisson
from tsuno.losses.margin import SquaredHinge as SquaredHinge
from tsuno.losses.margin import categorical_hinge as categorical_hinge
from tsuno.losses.margin import hinge as hinge
from tsuno.losses.margin import kl_divergence as kl_divergence
from tsuno.losses.margin import poisson as poisson
from tsuno.losses.margin import squared_hinge as squared_hinge
from tsuno.losses.overlap import Dice as Dice
from tsuno.losses.overlap import Tversky as Tversky
from tsuno.losses.overlap import dice as dice
from tsuno.losses.overlap import tversky as tversky
from tsuno.losses.regression import CosineSimilarity as CosineSimilarity
from tsuno.losses.regression import Huber as Huber
from tsuno.losses.regression import LogCosh as LogCosh
from tsuno.losses.regression import MeanAbsoluteError as MeanAbsoluteError
from tsuno.losses.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from tsuno.losses.regression import MeanSquaredError as MeanSquaredError
from tsuno.losses.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from tsuno.losses.regression import cosine_similarity as cosine_similarity
from tsuno.losses.regression import huber as huber
from tsuno.losses.regression import log_cosh as log_cosh
from tsuno.losses.regression import mean_absolute_error as mean_absolute_error
from tsuno.losses.regression import mean_absolute_percentage_error as mean_absolute_percentage_error
from tsuno.losses.regression import mean_squared_error as mean_squared_error
from tsuno.losses.regression import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from tsuno.losses.sequence import CTC as CTC
from tsuno.losses.sequence import ctc as ctc
from tsuno.losses.similarity import Circle as Circle
from tsuno.losses.similarity import circle as circle

_SHORT_NAMES = {
    "bce": binary_crossentropy, "BCE": binary_crossentropy, "kld": kl_divergence, "KLD": kl_divergence,
    "mae": mean_absolute_error, "MAE": mean_absolute_error, "mape": mean_absolute_percentage_error,
    "MAPE": mean_absolute_percentage_error, "mse": mean_squared_error, "MSE": mean_squared_error,
    "msle": mean_squared_logarithmic_error, "MSLE": mean_squared_logarithmic_error, "logcosh": log_cosh,
}  # fmt: skip
_CLASSES: dict[str, type[Loss]] = {
    name: value for name, value in dict(globals()).items() if isinstance(value, type) and issubclass(value, Loss)
}
_FUNCTIONS = [function for cls in _CLASSES.values() if (function := getattr(cls, "function", None))]
_NAMES: dict[str, Any] = {**{function.__name__: function for function in _FUNCTIONS}, **_SHORT_NAMES, **_CLASSES}


def serialize(loss: Any) -> Any:
    """A loss as plain data, which `deserialize` reads.

    Example:
        >>> tsuno.losses.serialize(tsuno.losses.Huber())["class_name"]
        'Huber'
    """
    return serialize_function(loss)


def get(identifier: Any) -> Any:
    """The loss with a name or config, or what was passed; the name of a function gives the function.

    Example:
        >>> tsuno.losses.get("mse").__name__
        'mean_squared_error'
    """
    return deserialize(identifier) if isinstance(identifier, Mapping) else lookup.lookup("loss", identifier, _NAMES)


def deserialize(name: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The loss that a config or a name describes.

    Args:
        name: what `serialize` returned, or a name that `get` knows.
        custom_objects: names and what they mean, before all others.

    Example:
        >>> tsuno.losses.deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).delta
        2.0
    """
    if not isinstance(name, Mapping):
        with registry.custom_object_scope(custom_objects or {}):
            return get(name)
    config = {**name, "module": name.get("module") or "keras.losses"}
    return registry.deserialize(config, custom_objects)
