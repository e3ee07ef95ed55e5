"""`tf` itself: graphs, scopes, collections, and what belongs to none of its parts."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np

from tsuno.core.context import context, scope
from tsuno.core.dtypes import standardize_dtype
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Holder, slots
from tsuno.layers import Layer
from tsuno.legacy import symbolic
from tsuno.legacy.shapes import TensorShape
from tsuno.legacy.tensorflow import collections_of, configuration, files, initializers_of, modes, summaries, variables
from tsuno.legacy.tensorflow.collections_of import (
    GraphKeys,
    add_to_collection,
    add_to_collections,
    get_collection,
    get_collection_ref,
    reset_default_graph,
)
from tsuno.legacy.tensorflow.modes import control_dependencies, executing_eagerly
from tsuno.legacy.tensorflow.variables import Initialization

NAMES = {
    "GraphKeys", "Initialization", "TensorShape", "add_to_collection", "add_to_collections", "control_dependencies",
    "executing_eagerly", "get_collection", "get_collection_ref", "reset_default_graph", "variable_initializer",
}  # fmt: skip
__all__ = [
    "GraphKeys", "TensorShape", "add_to_collection", "add_to_collections", "control_dependencies", "executing_eagerly",
    "get_collection", "get_collection_ref", "reset_default_graph",
]  # fmt: skip

# ---------------------------------------------------------------------- graphs


class Graph:
    """The graph, of which there is one; entering another one begins with variables and collections of its own."""

    def __init__(self) -> None:
        self._kept: tuple[Any, ...] | None = None
        self.seed: int | None = None

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        """A block in which what is made belongs to this graph."""
        modes.set_graph_mode(True)
        outside = _taken()
        _put(self._kept or ([], {}, {}, []))
        _graphs.append(self)
        try:
            yield self
        finally:
            self._kept = _taken()
            _put(outside)
            _graphs.remove(self)

    def get_operations(self) -> list[Any]:
        """The variables: operations are found from tensors."""
        return [SimpleNamespace(name=v.path, type="VariableV2", outputs=[v]) for v in variables.global_variables()]

    def get_collection(self, name: Any, scope: Any = None) -> list[Any]:
        """What is in a collection."""
        return get_collection(name, scope)

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Add a thing to a collection."""
        add_to_collection(name, value)

    def get_tensor_by_name(self, name: str) -> Any:
        """A variable or a placeholder by its name, `x:0`."""
        plain = name.partition(":")[0]
        for v in variables.global_variables():
            if plain == v.path:
                return v
        raise KeyError(
            f"There is no variable named {name!r} in the graph; other tensors are kept in Python's variables."
        )

    get_operation_by_name = get_tensor_by_name

    def as_graph_def(self, *args: Any, **options: Any) -> Any:
        """Nothing that could be written: graphs live in the program."""
        return SimpleNamespace(node=[SimpleNamespace(name=each.name, op=each.type) for each in self.get_operations()])

    def finalize(self) -> None:
        """Has no effect."""

    @property
    def finalized(self) -> bool:
        """Whether nothing can be added: never."""
        return False

    def control_dependencies(self, control_inputs: Any) -> Any:
        """A block whose results are computed after some effects."""
        return control_dependencies(control_inputs)

    def device(self, device_name: Any) -> Any:
        """A block: devices are chosen by themselves."""
        return device(device_name)

    def name_scope(self, name: Any) -> Any:
        """A block that shows in names."""
        return name_scope(name)


def _taken() -> tuple[Any, ...]:
    return (
        list(variables._made), dict(variables._by_name), dict(collections_of._held), list(collections_of._counts)
    )  # fmt: skip


def _put(kept: tuple[Any, ...]) -> None:
    made, by_name, held, counts = kept
    variables._made[:], collections_of._counts[:] = made, counts
    for table, content in ((variables._by_name, by_name), (collections_of._held, held)):
        table.clear()
        table.update(content)


_default = Graph()
_graphs: list[Graph] = [_default]


def get_default_graph() -> Graph:
    """The graph at work."""
    return _graphs[-1]


@contextmanager
def device(device_name: Any = None) -> Iterator[None]:
    """A block: devices are chosen by themselves."""
    yield


@contextmanager
def name_scope(name: str | None = None, default_name: str | None = None, values: Any = None) -> Iterator[str]:
    """A block that shows in the names of what is made in it."""
    part = name or default_name
    with scope(path=(*context.path, part) if part else context.path):
        yield f"{'/'.join(context.path)}/" if context.path else ""


op_scope = name_scope


@contextmanager
def init_scope() -> Iterator[None]:
    """A block."""
    yield


@contextmanager
def container(container_name: str) -> Iterator[str]:
    """A block."""
    yield container_name


colocate_with = device

# ---------------------------------------------------------------------- first values


def global_variables_initializer() -> Initialization:
    """What gives all variables their first values when a session runs it."""
    return Initialization()


initialize_all_variables = global_variables_initializer


def variables_initializer(var_list: Sequence[Any], name: str = "init") -> Initialization:
    """What gives these variables their first values."""
    return Initialization(list(var_list))


initialize_variables = variables_initializer


def local_variables_initializer() -> Initialization:
    """What gives the variables of metrics their first values."""
    return Initialization(get_collection(GraphKeys.LOCAL_VARIABLES))


initialize_local_variables = local_variables_initializer


def tables_initializer(name: Any = None) -> Initialization:
    """Nothing to do: tables have their values from the start."""
    return Initialization([])


initialize_all_tables = tables_initializer


def all_variables() -> list[Any]:
    """The variables made so far."""
    return variables.global_variables()


def local_variables(scope: Any = None) -> list[Any]:
    """The variables of metrics."""
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope: Any = None) -> list[Any]:
    """The variables of models."""
    return get_collection(GraphKeys.MODEL_VARIABLES, scope) or variables.global_variables()


def report_uninitialized_variables(var_list: Any = None, name: Any = None) -> Any:
    """No names: variables have values from the start."""
    return np.asarray([], object)


def is_variable_initialized(variable: Any) -> Any:
    """True: variables have values from the start."""
    return modes.constant_node(np.asarray(True)) if modes.graph_mode() else True


def assert_variables_initialized(var_list: Any = None) -> Any:
    """An operation that does nothing."""
    return symbolic.grouped()


# ---------------------------------------------------------------------- modes


def enable_eager_execution(config: Any = None, device_policy: Any = None, execution_mode: Any = None) -> None:
    """Compute at once from here on."""
    modes.say_at_once(True)


def disable_eager_execution() -> None:
    """Build a graph from here on."""
    modes.say_at_once(False)


def enable_v2_behavior() -> None:
    """Compute at once from here on."""
    modes.say_at_once(True)


def disable_v2_behavior() -> None:
    """Build a graph from here on."""
    modes.say_at_once(False)


def _nothing(name: str) -> Callable[..., None]:
    def function(*args: Any, **kwargs: Any) -> None:
        """Has no effect."""

    function.__name__ = function.__qualname__ = name
    return function


_WITHOUT_EFFECT = [
    "enable_resource_variables",
    "disable_resource_variables",
    "enable_control_flow_v2",
    "disable_control_flow_v2",
    "enable_v2_tensorshape",
    "disable_v2_tensorshape",
    "enable_tensor_equality",
    "disable_tensor_equality",
    "enable_eager_execution_internal",
    "no_regularizer",
    "register_tensor_conversion_function",
]

# ---------------------------------------------------------------------- kinds of things


class _IsTensor(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, KerasTensor)


class Tensor(metaclass=_IsTensor):
    """What `isinstance` takes for a tensor."""


class _IsOperation(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        operation = instance.node.operation if isinstance(instance, KerasTensor) and instance.node is not None else None
        return isinstance(instance, Initialization) or bool(getattr(operation, "says_nothing", False))


class Operation(metaclass=_IsOperation):
    """What `isinstance` takes for an operation."""


class TensorSpec:
    """A shape and a dtype.

    Args:
        shape: the sizes, None where any.
        dtype: the dtype.
        name: a name.
    """

    def __init__(self, shape: Any, dtype: Any = "float32", name: str | None = None) -> None:
        self.shape = TensorShape(shape) if shape is not None else None
        self.dtype, self.name = standardize_dtype(dtype), name

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """That of a tensor."""
        return cls(tuple(tensor.shape), str(tensor.dtype), name)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor fits."""
        if self.shape is None:
            return str(other.dtype) == self.dtype
        pairs = zip(self.shape, other.shape, strict=False)
        fits = len(self.shape) == len(other.shape) and all(a is None or b is None or a == b for a, b in pairs)
        return fits and str(other.dtype) == self.dtype

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape!s}, dtype=tf.{self.dtype}, name={self.name!r})"


class IndexedSlices:
    """Some rows of a tensor; gradients are whole tensors here.

    Args:
        values: the rows.
        indices: which they are.
        dense_shape: the shape of the tensor.
    """

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self.values, self.indices, self.dense_shape = values, indices, dense_shape


class Module(Holder):
    """Base of objects whose attributes hold variables and other such objects.

    Args:
        name: a name.
    """

    def __init__(self, name: str | None = None) -> None:
        self._module_name = name

    @property
    def name(self) -> str:
        """The name."""
        return getattr(self, "_module_name", None) or type(self).__name__.lower()

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables in it, by the names of attributes."""
        found: dict[int, Any] = {}
        for key in sorted(vars(self)):
            holder = vars(self)[key]
            inner = list(holder) if isinstance(holder, tuple) else holder
            for v in slots(inner if isinstance(inner, Holder) else [inner]).values():
                found.setdefault(id(v), v)
        return tuple(found.values())

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those that optimizers change."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """Those that optimizers leave alone."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The modules in it, and in those."""
        found: list[Any] = []
        for value in vars(self).values():
            for each in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(each, (Module, Layer)):
                    found += [each, *getattr(each, "submodules", ())]
        return tuple(found)

    @property
    def name_scope(self) -> Any:
        """A block that shows in names."""
        return name_scope(self.name)

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """The method."""
        return method


class UnconnectedGradients:
    """What is said of gradients by what does not matter."""

    NONE = "none"
    ZERO = "zero"


class VariableSynchronization:
    """How copies of variables are kept; there are none."""

    AUTO, NONE, ON_WRITE, ON_READ = range(4)


class VariableAggregation:
    """How copies of variables are merged; there are none."""

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = range(4)


class RunOptions:
    """Accepted by `Session.run` for compatibility."""

    NO_TRACE, SOFTWARE_TRACE, HARDWARE_TRACE, FULL_TRACE = range(4)

    def __init__(self, **options: Any) -> None:
        self.__dict__.update(options)


class RunMetadata:
    """Accepted by `Session.run` for compatibility."""


# ---------------------------------------------------------------------- text and versions


def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Text as bytes."""
    return bytes_or_text if isinstance(bytes_or_text, bytes) else str(bytes_or_text).encode(encoding)


def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Bytes as text."""
    return bytes_or_text.decode(encoding) if isinstance(bytes_or_text, bytes) else str(bytes_or_text)


as_str = as_str_any = as_text


def get_logger() -> Any:
    """The logger of TensorFlow."""
    return importlib.import_module("logging").getLogger("tensorflow")


AS_THEY_ARE = {
    "add_to_collection", "add_to_collections", "all_variables", "as_bytes", "as_str", "as_str_any", "as_text",
    "colocate_with", "container", "control_dependencies", "device", "disable_eager_execution", "disable_v2_behavior",
    "enable_eager_execution", "enable_v2_behavior", "executing_eagerly", "get_collection", "get_collection_ref",
    "get_default_graph", "get_logger", "global_variables_initializer", "init_scope", "initialize_all_variables",
    "is_variable_initialized", "local_variables", "model_variables", "name_scope", "op_scope",
    "report_uninitialized_variables", "reset_default_graph",
}  # fmt: skip
__git_version__ = __compiler_version__ = GIT_VERSION = COMPILER_VERSION = ""

version = SimpleNamespace(VERSION="2.15.0", GIT_VERSION="", COMPILER_VERSION="", GRAPH_DEF_VERSION=0)
sysconfig = SimpleNamespace(
    get_build_info=lambda: {"is_cuda_build": False, "cuda_version": "", "cudnn_version": ""},
    get_include=lambda: "",
    get_lib=lambda: "",
    get_compile_flags=list,
    get_link_flags=list,
)
compat_names = SimpleNamespace(as_bytes=as_bytes, as_text=as_text, as_str=as_str)

FUNCTIONS: dict[str, Any] = {
    **{
        name: getattr(configuration, name) for name in ("ConfigProto", "GPUOptions", "GraphOptions", "OptimizerOptions")
    },
    "Summary": summaries.Summary,
    "read_file": files.FUNCTIONS["read_file"],
    "write_file": files.FUNCTIONS["write_file"],
    **{name: getattr(initializers_of, name) for name in initializers_of.IN_TOP},
    **{name: _nothing(name) for name in _WITHOUT_EFFECT},
}
