"""Models in scikit-learn's clothes: for pipelines, searches and cross-validation.

scikit-learn is needed, and imported, only when one of the classes is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tsuno.wrappers.estimators import SKLearnClassifier as SKLearnClassifier
    from tsuno.wrappers.estimators import SKLearnRegressor as SKLearnRegressor
    from tsuno.wrappers.estimators import SKLearnTransformer as SKLearnTransformer

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'tsuno.wrappers' has no attribute {name!r}")
    try:
        globals()[name] = found = getattr(importlib.import_module("tsuno.wrappers.estimators"), name)
    except ImportError as problem:
        if (problem.name or "").split(".")[0] != "sklearn":
            raise
        raise ImportError(
            f"`tsuno.wrappers.{name}` needs scikit-learn 1.6 or newer: pip install scikit-learn."
        ) from None
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
