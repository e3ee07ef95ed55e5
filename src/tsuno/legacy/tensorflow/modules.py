"""The modules below `tensorflow`: which there are, and where their names are found.

A name is a row of one of the tables in the modules of this package (`FUNCTIONS`), or a class or function of them. What
is not there says so by name, with the nearest that is.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from tsuno.core.errors import suggest
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.words import exposed

HOMES: dict[str, str] = {
    "": "top session variables tape arrays places mathematics reductions control effects in_tf dtypes_of types_of",
    "nn": "neural logits windows recurrent mathematics",
    "math": "mathematics reductions arrays places",
    "linalg": "linear",
    "random": "randomness",
    "train": "training steps checkpoints",
    "train.experimental": "checkpoints",
    "losses": "losses_of",
    "optimizers": "optimizers_of",
    "metrics": "metrics_of",
    "layers": "layers_of",
    "initializers": "initializers_of",
    "data": "datasets dataset_functions",
    "data.experimental": "datasets dataset_functions",
    "random.experimental": "randomness",
    "image": "images",
    "summary": "summaries",
    "summary.experimental": "summaries",
    "strings": "strings",
    "io": "files",
    "gfile": "files",
    "io.gfile": "files",
    "logging": "logs",
    "config": "configuration",
    "config.experimental": "configuration",
    "config.threading": "configuration",
    "test": "configuration",
    "debugging": "checking effects",
    "errors": "errors_of",
    "dtypes": "dtypes_of",
    "distribute": "distribution_of",
    "distribute.experimental": "distribution_of",
    "contrib": "contributed",
    "contrib.layers": "contributed initializers_of",
    "contrib.rnn": "cells recurrent",
    "contrib.slim": "contributed",
    "contrib.eager": "variables tape top",
    "contrib.framework": "steps top variables",
    "contrib.learn": "contributed",
    "nn.rnn_cell": "cells recurrent",
    "autograph": "configuration",
    "autograph.experimental": "configuration",
    "signal": "signals",
    "spectral": "signals",
    "bitwise": "mathematics",
    "sparse": "sparse_of",
    "types": "types_of",
    "python_io": "files",
    "examples": "",
    "examples.tutorials": "",
    "examples.tutorials.mnist": "examples_of",
    "examples.tutorials.mnist.input_data": "examples_of",
    "python": "",
    "python.framework": "",
    "python.framework.ops": "session top variables",
    "python.ops": "",
    "python.client": "",
    "python.client.device_lib": "configuration",
    "python.platform": "",
    "python.platform.flags": "configuration",
    "python.platform.gfile": "files",
    "app": "configuration",
    "flags": "configuration",
    "python.ops.math_ops": "mathematics reductions arrays places",
    "python.ops.array_ops": "arrays places",
    "python.ops.control_flow_ops": "control effects",
    "python.ops.random_ops": "randomness in_tf",
    "python.ops.nn": "neural logits windows recurrent",
    "python.training": "training steps checkpoints",
    "python.ops.rnn_cell": "cells recurrent",
    "python.ops.rnn": "recurrent",
    "experimental": "configuration",
}
"""The modules of this package in which a module looks for its names, in order."""

_FIRST_ONLY = frozenset(
    [
        "placeholder",
        "Session",
        "InteractiveSession",
        "global_variables_initializer",
        "initialize_all_variables",
        "get_variable",
        "variable_scope",
        "get_default_session",
        "get_default_graph",
        "reset_default_graph",
        "to_float",
        "to_int32",
        "to_double",
        "log",
        "random_normal",
        "random_uniform",
        "truncated_normal",
        "set_random_seed",
        "disable_eager_execution",
        "disable_v2_behavior",
        "placeholder_with_default",
        "local_variables_initializer",
        "initialize_variables",
        "global_variables",
        "all_variables",
        "mul",
        "sub",
        "matrix_inverse",
        "trainable_variables",
        "ConfigProto",
        "div",
        "train.GradientDescentOptimizer",
        "train.AdamOptimizer",
        "train.AdagradOptimizer",
        "train.RMSPropOptimizer",
        "train.MomentumOptimizer",
        "train.AdadeltaOptimizer",
        "train.FtrlOptimizer",
        "train.Saver",
        "train.ProximalGradientDescentOptimizer",
        "layers.dense",
        "layers.conv2d",
        "layers.max_pooling2d",
        "layers.flatten",
        "layers.batch_normalization",
        "layers.dropout",
        "losses.softmax_cross_entropy",
        "losses.mean_squared_error",
        "losses.sparse_softmax_cross_entropy",
        "summary.FileWriter",
        "summary.merge_all",
        "nn.softmax_cross_entropy_with_logits_v2",
        "nn.bidirectional_dynamic_rnn",
        "nn.dynamic_rnn",
        "nn.static_rnn",
        "nn.rnn_cell.BasicLSTMCell",
        "nn.rnn_cell.BasicRNNCell",
        "nn.rnn_cell.GRUCell",
        "nn.rnn_cell.LSTMCell",
        "train.ProximalAdagradOptimizer",
        "train.exponential_decay",
        "train.MonitoredTrainingSession",
        "train.get_or_create_global_step",
        "layers.Conv2D",
        "layers.Dense",
        "layers.average_pooling2d",
        "layers.conv1d",
        "layers.conv2d_transpose",
        "layers.max_pooling1d",
        "losses.absolute_difference",
        "losses.get_total_loss",
        "losses.huber_loss",
        "losses.sigmoid_cross_entropy",
        "metrics.accuracy",
        "summary.merge",
        "get_collection",
        "add_to_collection",
        "tables_initializer",
        "variables_initializer",
        "contrib.layers.fully_connected",
        "contrib.layers.conv2d",
        "contrib.layers.xavier_initializer",
        "contrib.rnn.BasicLSTMCell",
        "contrib.rnn.LSTMCell",
        "contrib.rnn.GRUCell",
        "contrib.rnn.BasicRNNCell",
        "image.resize_images",
        "image.resize_bilinear",
        "scalar_summary",
        "merge_all_summaries",
        "get_variable_scope",
        "truncated_normal_initializer",
        "variance_scaling_initializer",
        "uniform_unit_scaling_initializer",
        "glorot_uniform_initializer",
    ]
)
"""Names that only the first versions had, whose programs build a graph."""
_COMPAT = ("compat.v1", "compat.v2", "compat")
VERSION = "2.15.0"


def _plain(path: str) -> str:
    """A path without `compat.v1`, under which there is the same."""
    for prefix in _COMPAT:
        if path == prefix:
            return ""
        if path.startswith(f"{prefix}."):
            return path[len(prefix) + 1 :]
    return path


def maker(fullname: str) -> Callable[[], ModuleType] | None:
    """What makes a module below `tensorflow`, if there was one of this name."""
    path = fullname.partition(".")[2]
    if _plain(path) not in HOMES:
        return None
    return lambda: _module(path)


@functools.cache
def _module(path: str) -> Module:
    return Module(f"tensorflow.{path}".rstrip("."), path)


class Module(ModuleType):
    """A module below `tensorflow`."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, f"What programs import as `{name}`.")
        self.__dict__["_old_path"] = path
        self.__path__: list[str] = []
        if not _plain(path):
            self.__version__ = VERSION
            self.newaxis = None
            self.VERSION = VERSION
        modes.begin()

    def __getattr__(self, name: str) -> Any:
        path: str = self.__dict__["_old_path"]
        plain = _plain(path)
        if name == "__all__":
            return sorted(names_of(plain))
        if name.startswith("__"):
            raise AttributeError(name)
        if path == plain and f"{plain}.{name}".lstrip(".") in _FIRST_ONLY:
            modes.see_first_version()
        found = lookup(plain, name)
        if found is not None:
            self.__dict__[name] = found
            return found
        inner = f"{path}.{name}".lstrip(".")
        if name == "keras" or (not plain and name == "compat") or _plain(inner) in HOMES:
            return importlib.import_module(f"tensorflow.{inner}")
        shown = self.__name__.replace("tensorflow", "tf", 1)
        near = suggest(name, names_of(plain)) or (
            " Tsuno has the part of TensorFlow that programs with Keras use; `tsuno.ops` has the functions on arrays."
        )
        raise AttributeError(f"`{shown}` has no `{name}` here.{near}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *names_of(_plain(self.__dict__["_old_path"]))})


def lookup(path: str, name: str) -> Any:
    """What a name stands for in a module, or None."""
    for home in HOMES[path].split():
        module = _home(home)
        table = getattr(module, "FUNCTIONS", {})
        if name in table:
            return table[name]
        found = getattr(module, name, None)
        if found is None or name.startswith("_") or isinstance(found, ModuleType):
            continue
        if name in getattr(module, "NAMES", {}) or _is_own(found, module):
            if isinstance(found, FunctionType) and name not in getattr(module, "AS_THEY_ARE", ()):
                return exposed(found)
            return found
    return None


def names_of(path: str) -> set[str]:
    """The names in a module."""
    found: set[str] = set()
    for home in HOMES[path].split():
        module = _home(home)
        found |= set(getattr(module, "FUNCTIONS", {}))
        found |= {each for each in vars(module) if not each.startswith("_") and _is_own(getattr(module, each), module)}
    return found | {each for each in HOMES if each.rpartition(".")[0] == path and each}


def _is_own(found: Any, module: ModuleType | None) -> bool:
    home = getattr(found, "__module__", None)
    return module is not None and (home == module.__name__ or not callable(found)) and not isinstance(found, ModuleType)


@functools.cache
def _home(home: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"tsuno.legacy.tensorflow.{home}")
    except ModuleNotFoundError as problem:
        if problem.name == f"tsuno.legacy.tensorflow.{home}":
            return None
        raise
