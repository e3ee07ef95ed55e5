"""Tsuno: deep learning with the Keras API, on JAX.

`import tsuno` reads this file and nothing else: every name below is brought in when it is first used.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tsuno.core.errors import suggest
from tsuno.engine.collecting import without_collecting

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tsuno import activations as activations
    from tsuno import applications as applications
    from tsuno import backend as backend
    from tsuno import callbacks as callbacks
    from tsuno import config as config
    from tsuno import constraints as constraints
    from tsuno import data as data
    from tsuno import datasets as datasets
    from tsuno import distillation as distillation
    from tsuno import dtype_policies as dtype_policies
    from tsuno import export as export
    from tsuno import initializers as initializers
    from tsuno import layers as layers
    from tsuno import losses as losses
    from tsuno import metrics as metrics
    from tsuno import mixed_precision as mixed_precision
    from tsuno import models as models
    from tsuno import ops as ops
    from tsuno import optimizers as optimizers
    from tsuno import preprocessing as preprocessing
    from tsuno import quantizers as quantizers
    from tsuno import random as random
    from tsuno import regularizers as regularizers
    from tsuno import saving as saving
    from tsuno import tree as tree
    from tsuno import utils as utils
    from tsuno import visualization as visualization
    from tsuno import wrappers as wrappers
    from tsuno.core.functions import StatelessScope as StatelessScope
    from tsuno.core.functions import grad as grad
    from tsuno.core.functions import jit as jit
    from tsuno.core.functions import remat as remat
    from tsuno.core.functions import value_and_grad as value_and_grad
    from tsuno.core.scopes import device as device
    from tsuno.core.scopes import name_scope as name_scope
    from tsuno.core.spec import KerasTensor as KerasTensor
    from tsuno.core.variable import Variable as Variable
    from tsuno.dtype_policies import DTypePolicy as DTypePolicy
    from tsuno.dtype_policies import FloatDTypePolicy as FloatDTypePolicy
    from tsuno.initializers import Initializer as Initializer
    from tsuno.layers import Input as Input
    from tsuno.layers import InputSpec as InputSpec
    from tsuno.layers import Layer as Layer
    from tsuno.losses import Loss as Loss
    from tsuno.metrics import Metric as Metric
    from tsuno.models import Model as Model
    from tsuno.models import Sequential as Sequential
    from tsuno.optimizers import Optimizer as Optimizer
    from tsuno.quantizers import Quantizer as Quantizer
    from tsuno.regularizers import Regularizer as Regularizer
    from tsuno.rewrite.rematerialize import RematScope as RematScope

_MODULES = (
    "activations", "applications", "backend", "callbacks", "config", "constraints", "data", "datasets",
    "distillation", "dtype_policies", "export", "initializers", "layers", "losses", "metrics", "mixed_precision",
    "models", "ops", "optimizers", "preprocessing", "quantizers", "random", "regularizers", "saving", "tree", "utils",
    "visualization",
    "wrappers",
)  # fmt: skip
_HOMES = {
    "DTypePolicy": "dtype_policies", "FloatDTypePolicy": "dtype_policies", "Initializer": "initializers",
    "Input": "layers", "InputSpec": "layers", "KerasTensor": "core.spec", "Layer": "layers", "Loss": "losses",
    "Metric": "metrics", "Model": "models", "Optimizer": "optimizers", "Quantizer": "quantizers",
    "Regularizer": "regularizers", "Sequential": "models", "Variable": "core.variable",
    "RematScope": "rewrite.rematerialize", "StatelessScope": "core.functions", "device": "core.scopes",
    "grad": "core.functions", "inspect": "inspector.server", "jit": "core.functions", "name_scope": "core.scopes",
    "remat": "core.functions", "value_and_grad": "core.functions",
}  # fmt: skip

__all__ = ["__version__", "version", *_MODULES, *_HOMES]


def version() -> str:
    """The version of Tsuno.

    Example:
        >>> tsuno.version() == tsuno.__version__
        True
    """
    return __version__


def _module(name: str) -> ModuleType:
    """A module, imported while no garbage is looked for: imports make none, and many objects to look through."""
    with without_collecting():
        return importlib.import_module(f"tsuno.{name}")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return _module(name)
    if name in _HOMES:
        value = getattr(_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'tsuno' has no attribute {name!r}.{suggest(name, __all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
