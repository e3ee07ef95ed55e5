"""`tf.Variable`, and the variables of a program by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np

from tsuno import engine, initializers
from tsuno.core.context import context, scope
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable as Slot
from tsuno.legacy import symbolic
from tsuno.legacy.sessions import plain_name
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.dtypes_of import as_dtype

_made: list[Variable] = []
_by_name: dict[str, Variable] = {}
_scopes: list[tuple[str, Any]] = []
_defaults: list[dict[str, Any]] = []


class Variable(Slot):
    """A tensor that can be assigned to.

    Args:
        initial_value: its first values, or a function without arguments that makes them.
        trainable: whether optimizers change it.
        validate_shape: accepted for compatibility.
        caching_device: accepted for compatibility.
        name: a name.
        variable_def: accepted for compatibility.
        dtype: the dtype; that of the values by default.
        import_scope: accepted for compatibility.
        constraint: a function applied after optimizers change it.
        synchronization: accepted for compatibility.
        aggregation: accepted for compatibility.
        shape: accepted for compatibility.
        collections: accepted for compatibility.
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
        collections: Any = None,
    ) -> None:
        if initial_value is None:
            raise ValueError("`tf.Variable` needs an `initial_value`.")
        self.initial_value = initial_value
        super().__init__(
            self._first(), dtype=None if dtype is None else str(as_dtype(dtype)),
            trainable=trainable is not False, autocast=False, name=plain_name(name) or "Variable",
        )  # fmt: skip
        self.constraint = constraint
        if modes.graph_mode():
            self.path = _new_path(self.path)
        _made.append(self)

    @property
    def name(self) -> str:
        """The path with the number of the output, as TensorFlow writes it: `layer/kernel:0`."""
        return f"{self.path}:0"

    @name.setter
    def name(self, value: str) -> None:
        """The path has it."""

    def _first(self) -> np.ndarray:
        """The first values, drawn anew where they are random."""
        with engine.eager(), scope(bindings=None, recording=context.recording):  # shapes may be inferred around it
            value = self.initial_value() if callable(self.initial_value) else self.initial_value
            if symbolic.is_drawn(value):
                self._program = getattr(self, "_program", None) or symbolic.Program([], [value])
                return as_numpy(self._program([])[0])
            array = as_numpy(value)
        return array.astype("float32") if array.dtype == np.float64 and not hasattr(value, "dtype") else array

    def reset(self) -> None:
        """Take the first values again."""
        with scope(recording=None):
            Slot.assign(self, self._first())

    def assign(self, value: Any, use_locking: Any = False, name: Any = None, read_value: bool = True) -> Any:
        """Take other values."""
        return self._changed("assign", value)

    def assign_add(self, delta: Any, use_locking: Any = False, name: Any = None, read_value: bool = True) -> Any:
        """Add to the values."""
        return self._changed("assign_add", delta)

    def assign_sub(self, delta: Any, use_locking: Any = False, name: Any = None, read_value: bool = True) -> Any:
        """Subtract from the values."""
        return self._changed("assign_sub", delta)

    def _changed(self, how: str, value: Any) -> Any:
        if modes.graph_mode():
            return modes._drawn.controlled(symbolic.assignment(self, value, how))
        with scope(recording=None):
            value = modes.value_of(value)
            if how == "assign":
                Slot.assign(self, value)
            else:
                here, given = self._stored(), Slot.__array__(value) if isinstance(value, Slot) else value
                Slot.assign(self, here + given if how == "assign_add" else here - given)
        return self

    def read_value(self) -> Any:
        """The values as a tensor."""
        return modes.given_out(self._stored()) if not modes.graph_mode() else self * 1

    def initialized_value(self) -> Any:
        """The values as a tensor."""
        return self.read_value()

    @property
    def initializer(self) -> Any:
        """What gives the variable its first values when a session runs it."""
        return Initialization([self])

    @property
    def op(self) -> Any:
        """What has the variable's name without the number of the output."""
        return SimpleNamespace(name=self.path, type="VariableV2")

    def load(self, value: Any, session: Any = None) -> None:
        """Take other values, now."""
        with scope(recording=None):
            Slot.assign(self, value)

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape!s} dtype={self.dtype}, numpy={self.numpy()!r}>"


class Initialization:
    """What gives variables their first values when a session runs it.

    Args:
        variables: the variables; those there are when it runs by default.
    """

    def __init__(self, variables: Any = None) -> None:
        self.variables = variables

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Give the variables their first values."""
        for variable in _made if self.variables is None else self.variables:
            if isinstance(variable, Variable):
                variable.reset()


def global_variables() -> list[Variable]:
    """The variables made so far."""
    return list(_made)


def trainable_variables(scope: str | None = None) -> list[Variable]:
    """The variables that optimizers change, of a scope if one is named."""
    return [v for v in _made if v.trainable and (scope is None or v.path.startswith(scope))]


def forget() -> None:
    """Begin anew: `tf.reset_default_graph()`."""
    _made.clear()
    _by_name.clear()


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    **options: Any,
) -> Variable:
    """The variable of a name, made if there is none yet.

    Args:
        name: the name, within the scopes around.
        shape: the shape.
        dtype: the dtype.
        initializer: what makes the first values, or these themselves; Glorot's uniform numbers by default.
        regularizer: a penalty on the values.
        trainable: whether optimizers change it.
        **options: accepted for compatibility.
    """
    path = "/".join([*(part for part, _ in _scopes if part), name])
    reuse = any(flag for _, flag in _scopes)
    if path in _by_name:
        if not reuse:
            raise ValueError(
                f"There is a variable {path!r} already: set `reuse=True` in its `variable_scope` to use it."
            )
        return _by_name[path]
    given = {key: value for each in _defaults for key, value in each.items()}
    initializer = given.get("initializer") if initializer is None else initializer
    regularizer = given.get("regularizer") if regularizer is None else regularizer
    dtype = dtype or given.get("dtype")
    initializer = "glorot_uniform" if initializer is None else initializer
    make = initializers.get(initializer) if not hasattr(initializer, "shape") else None
    sizes = tuple(int(size) for size in shape) if shape is not None else ()
    first: Any = initializer if make is None else lambda: make(sizes, dtype=dtype or "float32")
    made = Variable(first, trainable=trainable, name=name, dtype=dtype)
    made.path, made.regularizer = path, regularizer
    _by_name[path] = made
    return made


class VariableScope:
    """A part of a program's variables by name."""

    def __init__(self, name: str, reuse: Any = None) -> None:
        self.name, self.reuse = name, reuse

    def reuse_variables(self) -> None:
        """Use the variables of this scope that there are."""
        _scopes[:] = [(part, True) for part, _ in _scopes] or [("", True)]


AUTO_REUSE = "auto"


@contextmanager
def variable_scope(
    name_or_scope: Any = None, default_name: str | None = None, values: Any = None, reuse: Any = None, **options: Any
) -> Iterator[VariableScope]:
    """A block whose variables are named after it.

    Args:
        name_or_scope: the name, or a scope that there was.
        default_name: the name if there is none.
        values: accepted for compatibility.
        reuse: whether variables that there are may be used again.
        **options: `initializer`, `regularizer` and `dtype` are those of variables that are given none; others are
            accepted for compatibility.
    """
    before = list(_scopes)
    if isinstance(name_or_scope, VariableScope):
        _scopes[:] = [(name_or_scope.name, reuse or name_or_scope.reuse)]
    else:
        _scopes.append((name_or_scope or default_name or "scope", reuse))
    _defaults.append({key: value for key, value in options.items() if value is not None})
    try:
        with scope(path=tuple(part for part, _ in _scopes if part)):
            yield get_variable_scope()
    finally:
        _defaults.pop()
        _scopes[:] = before


def get_variable_scope() -> VariableScope:
    """The scope at work."""
    return VariableScope("/".join(part for part, _ in _scopes if part), any(flag for _, flag in _scopes) or None)


def assign(ref: Any, value: Any, validate_shape: Any = None, use_locking: Any = None, name: Any = None) -> Any:
    """Give a variable other values."""
    return ref.assign(value)


def assign_add(ref: Any, value: Any, use_locking: Any = None, name: Any = None) -> Any:
    """Add to a variable."""
    return ref.assign_add(value)


def assign_sub(ref: Any, value: Any, use_locking: Any = None, name: Any = None) -> Any:
    """Subtract from a variable."""
    return ref.assign_sub(value)


def _new_path(path: str) -> str:
    """A path, with a number if it is taken."""
    taken, found, count = {v.path for v in _made}, path, 1
    while found in taken:
        found, count = f"{path}_{count}", count + 1
    return found


def is_variable(x: Any) -> bool:
    """Whether something is a variable."""
    return isinstance(x, Slot)


def is_tensor(x: Any) -> bool:
    """Whether something is a tensor or a variable."""
    return isinstance(x, (KerasTensor, Slot))


Function = Callable[..., Any]
