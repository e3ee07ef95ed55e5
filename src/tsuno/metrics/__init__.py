"""Metrics: what is measured while training, and after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno.core import lookup, registry
from tsuno.core.naming import to_snake_case
from tsuno.losses import binary_crossentropy as binary_crossentropy
from tsuno.losses import binary_focal_crossentropy as binary_focal_crossentropy
from tsuno.losses import categorical_crossentropy as categorical_crossentropy
from tsuno.losses import categorical_focal_crossentropy as categorical_focal_crossentropy
from tsuno.losses import categorical_hinge as categorical_hinge
from tsuno.losses import hinge as hinge
from tsuno.losses import huber as huber
from tsuno.losses import kl_divergence as kl_divergence
from tsuno.losses import log_cosh as log_cosh
from tsuno.losses import mean_absolute_error as mean_absolute_error
from tsuno.losses import mean_absolute_percentage_error as mean_absolute_percentage_error
from tsuno.losses import mean_squared_error as mean_squared_error
from tsuno.losses import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from tsuno.losses import poisson as poisson
from tsuno.losses import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from tsuno.losses import squared_hinge as squared_hinge
from tsuno.losses.base import serialize_function
from tsuno.metrics.accuracy import Accuracy as Accuracy
from tsuno.metrics.accuracy import BinaryAccuracy as BinaryAccuracy
from tsuno.metrics.accuracy import CategoricalAccuracy as CategoricalAccuracy
from tsuno.metrics.accuracy import SparseCategoricalAccuracy as SparseCategoricalAccuracy
from tsuno.metrics.accuracy import SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy
from tsuno.metrics.accuracy import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from tsuno.metrics.accuracy import binary_accuracy as binary_accuracy
from tsuno.metrics.accuracy import categorical_accuracy as categorical_accuracy
from tsuno.metrics.accuracy import sparse_categorical_accuracy as sparse_categorical_accuracy
from tsuno.metrics.accuracy import sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy
from tsuno.metrics.accuracy import top_k_categorical_accuracy as top_k_categorical_accuracy
from tsuno.metrics.auc import AUC as AUC
from tsuno.metrics.base import Mean as Mean
from tsuno.metrics.base import MeanMetricWrapper as MeanMetricWrapper
from tsuno.metrics.base import Metric as Metric
from tsuno.metrics.base import Sum as Sum
from tsuno.metrics.confusion import FalseNegatives as FalseNegatives
from tsuno.metrics.confusion import FalsePositives as FalsePositives
from tsuno.metrics.confusion import Precision as Precision
from tsuno.metrics.confusion import Recall as Recall
from tsuno.metrics.confusion import TrueNegatives as TrueNegatives
from tsuno.metrics.confusion import TruePositives as TruePositives
from tsuno.metrics.correlation import ConcordanceCorrelation as ConcordanceCorrelation
from tsuno.metrics.correlation import PearsonCorrelation as PearsonCorrelation
from tsuno.metrics.correlation import concordance_correlation as concordance_correlation
from tsuno.metrics.correlation import pearson_correlation as pearson_correlation
from tsuno.metrics.f_score import F1Score as F1Score
from tsuno.metrics.f_score import FBetaScore as FBetaScore
from tsuno.metrics.iou import BinaryIoU as BinaryIoU
from tsuno.metrics.iou import IoU as IoU
from tsuno.metrics.iou import MeanIoU as MeanIoU
from tsuno.metrics.iou import OneHotIoU as OneHotIoU
from tsuno.metrics.iou import OneHotMeanIoU as OneHotMeanIoU
from tsuno.metrics.operating_point import PrecisionAtRecall as PrecisionAtRecall
from tsuno.metrics.operating_point import RecallAtPrecision as RecallAtPrecision
from tsuno.metrics.operating_point import SensitivityAtSpecificity as SensitivityAtSpecificity
from tsuno.metrics.operating_point import SpecificityAtSensitivity as SpecificityAtSensitivity
from tsuno.metrics.probabilistic import BinaryCrossentropy as BinaryCrossentropy
from tsuno.metrics.probabilistic import CategoricalCrossentropy as CategoricalCrossentropy
from tsuno.metrics.probabilistic import CategoricalHinge as CategoricalHinge
from tsuno.metrics.probabilistic import Hinge as Hinge
from tsuno.metrics.probabilistic import KLDivergence as KLDivergence
from tsuno.metrics.probabilistic import Poisson as Poisson
from tsuno.metrics.probabilistic import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from tsuno.metrics.probabilistic import SquaredHinge as SquaredHinge
from tsuno.metrics.regression import CosineSimilarity as CosineSimilarity
from tsuno.metrics.regression import LogCoshError as LogCoshError
from tsuno.metrics.regression import MeanAbsoluteError as MeanAbsoluteError
from tsuno.metrics.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from tsuno.metrics.regression import MeanSquaredError as MeanSquaredError
from tsuno.metrics.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from tsuno.metrics.regression import R2Score as R2Score
from tsuno.metrics.regression import RootMeanSquaredError as RootMeanSquaredError

_CLASSES: dict[str, type[Metric]] = {
    name: value for name, value in dict(globals()).items() if isinstance(value, type) and issubclass(value, Metric)
}
_SHORT_NAMES: dict[str, type[Metric]] = {
    "acc": Accuracy, "bce": BinaryCrossentropy, "BCE": BinaryCrossentropy, "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError, "mape": MeanAbsolutePercentageError, "MAPE": MeanAbsolutePercentageError,
    "mse": MeanSquaredError, "MSE": MeanSquaredError, "msle": MeanSquaredLogarithmicError,
    "MSLE": MeanSquaredLogarithmicError,
}  # fmt: skip
_NAMES = {**_CLASSES, **{to_snake_case(name): cls for name, cls in _CLASSES.items()}, **_SHORT_NAMES}


def serialize(metric: Any) -> Any:
    """A metric as plain data, which `deserialize` reads.

    Example:
        >>> tsuno.metrics.serialize(tsuno.metrics.Sum())["class_name"]
        'Sum'
    """
    return serialize_function(metric)


def get(identifier: Any) -> Any:
    """The metric with a name or config, or what was passed; a name gives a new object.

    Example:
        >>> tsuno.metrics.get("mse").name
        'mean_squared_error'
    """
    return deserialize(identifier) if isinstance(identifier, Mapping) else lookup.lookup("metric", identifier, _NAMES)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The metric that a config or a name describes.

    Args:
        config: what `serialize` returned, or a name that `get` knows.
        custom_objects: names and what they mean, before all others.

    Example:
        >>> tsuno.metrics.deserialize({"class_name": "Precision", "config": {"top_k": 2}}).top_k
        2
    """
    if not isinstance(config, Mapping):
        with registry.custom_object_scope(custom_objects or {}):
            return get(config)
    config = {**config, "module": config.get("module") or "keras.metrics"}
    return registry.deserialize(config, custom_objects)
