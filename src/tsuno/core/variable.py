"""Variables as slots, and the one pair of doors between objects and pure functions.

A `Variable` is a slot with a path that holds an array. `unbind(owner)` reads every slot below an object into `{path:
array}`; `bind(owner, state)` writes such a mapping back. Within `bound(owner, state)` the slots read from the mapping
instead, and writes stay inside the block, so any method that reads and assigns variables is there a pure function of
the mapping: that is what gets compiled, differentiated and scanned.

    def pure_call(state, x):
        with bound(model, state) as after:
            y = model(x)
        return y, after()

Slots are found when asked, by walking attributes, lists and dicts; nothing keeps a list of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.arithmetic import Arithmetic
from tsuno.core.context import context, scope
from tsuno.core.dtypes import is_float, numpy_dtype, standardize_dtype
from tsuno.core.errors import invalid
from tsuno.core.naming import auto_name
from tsuno.core.registry import in_library

State = dict[str, Any]
_LARGE = 1 << 28


class Variable(Arithmetic):
    """A slot that holds an array and can be assigned to.

    Args:
        initializer: the first value (anything array-like), or a function of `(shape, dtype)` that makes it.
        shape: the shape; needed with a function.
        dtype: the dtype; that of the value by default, the default float with a function.
        trainable: whether optimizers may change it.
        autocast: whether a layer that computes in another float dtype reads it in that dtype.
        aggregation: how copies on several devices are merged.
        synchronization: when copies on several devices are merged.
        name: the last part of its path.
        layout: how the value is spread over devices.

    Example:
        >>> v = tsuno.Variable([1.0, 2.0])
        >>> v.assign_add([1.0, 1.0])
        >>> v.numpy()
        array([2., 3.], dtype=float32)
    """

    def __init__(
        self,
        initializer: Any,
        shape: Iterable[int] | None = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
        layout: Any = None,
    ) -> None:
        name = name or auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise invalid("Variable.name", "a string without '/'", name)
        self.name = name
        self.path = "/".join((*context.path, name))
        self.trainable = trainable
        self.autocast = autocast
        self.aggregation, self.synchronization, self.layout = aggregation, synchronization, layout
        self.regularizer: Callable[[Any], Any] | None = None
        self.constraint: Callable[[Any], Any] | None = None
        self.overwrite_with_gradient = False
        if callable(initializer):
            if shape is None:
                raise invalid("Variable.shape", "given when the initializer is a function", shape)
            awaited = _Awaited(initializer, tuple(shape), standardize_dtype(dtype))
            self._value: Any = awaited if context.awaiting is not None else awaited.make()
            if context.awaiting is not None:
                context.awaiting.append(self)
        else:
            with engine.eager(), scope(bindings=None, compute_dtype=None):
                if dtype is None and not hasattr(initializer, "dtype"):
                    initializer = np.asarray(initializer)
                    dtype = standardize_dtype(None) if initializer.dtype.kind == "f" else None
                value = engine.asarray(_value(initializer), dtype and standardize_dtype(dtype))
                self._value = _own(value, initializer)
        if shape is not None and tuple(shape) != self._value.shape:
            raise invalid(f"{self.path}.initializer", f"of shape {tuple(shape)}", self._value)

    @property
    def value(self) -> Any:
        """The array in the slot, in the dtype that the layer at work computes in."""
        bindings = context.bindings
        value = bindings.get(id(self), self._value) if bindings is not None else self._value
        if value.__class__ is _Awaited:
            value = self._stand_in(value)
        dtype = context.compute_dtype
        if dtype is not None and self.autocast and value.dtype != dtype and is_float(value.dtype):
            return value.astype(dtype)
        return value

    def assign(self, value: Any) -> None:
        """Put another array of the same shape into the slot."""
        new = engine.asarray(_value(value))
        if new.shape != self._value.shape:
            raise ValueError(
                f"`{self.path}` has shape {self.shape}; a value of shape {tuple(new.shape)} cannot be assigned to it."
            )
        new = new.astype(self._value.dtype)
        if not self._write(new):
            self._value = _own(new, value)

    def _write(self, value: Any) -> bool:
        """Set the value that holds inside the pure function at work; False if there is none."""
        if context.bindings is None:
            return False
        context.bindings[id(self)] = value
        if context.assigned is not None:
            context.assigned[id(self)] = self
        return True

    def _stand_in(self, awaited: _Awaited) -> Any:
        """What is read of a value that is still to come: where shapes are inferred only its own counts."""
        if context.nothing is None:
            self._value = awaited.make()
            return self._value
        return engine.xp.broadcast_to(context.nothing.astype(awaited.dtype), awaited.shape)

    def assign_add(self, value: Any) -> None:
        """Add to the value."""
        self.assign(self._stored() + engine.asarray(_value(value)))

    def assign_sub(self, value: Any) -> None:
        """Subtract from the value."""
        self.assign(self._stored() - engine.asarray(_value(value)))

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array."""
        return engine.to_numpy(self._stored())

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._value.shape)

    @property
    def dtype(self) -> str:
        dtype = str(self._value.dtype)
        return context.compute_dtype if context.compute_dtype and self.autocast and is_float(dtype) else dtype

    @property
    def ndim(self) -> int:
        return int(self._value.ndim)

    def _stored(self) -> Any:
        with scope(compute_dtype=None):
            return self.value

    def __jax_array__(self) -> Any:
        return self.value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.numpy().astype(dtype or self._value.dtype, copy=False)

    def __float__(self) -> float:
        return float(self._stored())

    def __int__(self) -> int:
        return int(self._stored())

    def __bool__(self) -> bool:
        return bool(self._stored())

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self._value.dtype}, value={self._value}>"


class _Awaited:
    """A value that a file is to give: its shape and dtype, and how to make it if the file does not."""

    def __init__(self, initializer: Callable[..., Any], shape: tuple[int, ...], dtype: str) -> None:
        self._initializer, self._name = initializer, dtype
        self.shape, self.dtype, self.ndim = shape, numpy_dtype(dtype), len(shape)
        self.size = math.prod(shape)
        self.nbytes = self.size * self.dtype.itemsize

    def make(self) -> Any:
        there = math.inf if self.nbytes < _LARGE else engine.memory() or engine.host_memory() or math.inf
        if self.nbytes > there:
            raise MemoryError(f"A weight of shape {self.shape} takes {self.nbytes} bytes; the device has {there}.")
        with engine.eager(), scope(bindings=None, compute_dtype=None):
            value = self._initializer(self.shape, dtype=self._name)
            own = engine.asarray(_value(value), self._name)
            return own if in_library(type(self._initializer)) else _own(own, value)


@contextmanager
def awaiting(at_most: float = math.inf) -> Iterator[Callable[[], None]]:
    """A block in which variables are made that get their values from a file; what it has none for is made at the end.

    Yields a function that raises if what has been made so far would take more than `at_most` bytes.
    """
    made: list[Variable] = []

    def check() -> None:
        size = sum(variable._value.nbytes for variable in made)
        if size > at_most:
            raise ValueError(f"The weights take {size} bytes, which is more than max_bytes={at_most}.")

    with scope(awaiting=made):
        yield check
    for variable in made:
        if variable._value.__class__ is _Awaited:
            variable._value = variable._value.make()


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """A block whose assignments to variables hold if it ends well, and else have not been."""
    assigned: dict[int, Variable] = {}
    with scope(bindings=dict(context.bindings or {}), assigned=assigned):
        yield
        values = {key: (context.bindings or {})[key] for key in assigned}
    for key, variable in assigned.items():
        if not variable._write(values[key]):
            variable._value = values[key]


def _own(value: Any, given: Any) -> Any:
    """`value` with memory of its own: training consumes what is in a slot, and must not consume the caller's array."""
    return engine.copy(value) if value is _value(given) else value


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Arithmetic) and x.value is not None else x


class Holder:
    """Base of objects whose attributes may hold variables: layers, metrics, optimizers, seed generators."""

    _untracked: frozenset[str] = frozenset()
    """Attributes that point elsewhere in the object graph and are not walked."""


class Composed(Arithmetic):
    """A weight that is computed from others: read like a variable, by `value`; found as the variables in `parts`.

    Where it can do better than reading its value first, it has a method with the name of an op (`matmul`, `einsum`,
    `take`), which that op then calls instead.
    """

    parts: Any
    value: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.value.shape)

    @property
    def dtype(self) -> str:
        return str(self.value.dtype)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array."""
        with scope(compute_dtype=None):
            return engine.to_numpy(self.value)

    def __jax_array__(self) -> Any:
        return self.value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.numpy(), dtype=dtype)


def children(owner: Any) -> Iterator[Variable | Holder]:
    """The variables and holders directly below an object, in the order of its attributes."""
    for name, value in list(vars(owner).items()):
        if name not in owner._untracked:
            yield from _within(value)


def _within(value: Any) -> Iterator[Variable | Holder]:
    if isinstance(value, (Variable, Holder)):
        yield value
    elif isinstance(value, Composed):
        yield from _within(value.parts)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _within(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _within(item)


def variables_of(owner: Any, skip: tuple[type, ...] = ()) -> list[Variable]:
    """Every variable below an object, each once, depth first; holders of the types in `skip` are passed over."""
    found: dict[int, Variable] = {}
    seen: set[int] = set()

    def visit(item: Any) -> None:
        if isinstance(item, Variable):
            found.setdefault(id(item), item)
        elif id(item) not in seen and not isinstance(item, skip):
            seen.add(id(item))
            below = list(children(item)) if isinstance(item, Holder) else list(_within(item))
            # A holder's own variables come before those of the holders below it.
            for child in sorted(below, key=lambda child: not isinstance(child, Variable)):
                visit(child)

    visit(owner)
    return list(found.values())


def all_finite(variables: Iterable[Variable]) -> bool:
    """Whether no number in variables is infinite or NaN; waits for the device."""
    floats = [variable._value for variable in variables if is_float(str(variable._value.dtype))]
    return all(bool(engine.xp.isfinite(value).all()) for value in floats)


def slots(owner: Any) -> dict[str, Variable]:
    """The variables below an object by path."""
    return by_path(variables_of(owner))


def by_path(variables: Iterable[Variable]) -> dict[str, Variable]:
    """Variables by path; a second one of the same path gets a number."""
    table: dict[str, Variable] = {}
    for variable in variables:
        path, count = variable.path, 1
        while path in table:
            path, count = f"{variable.path}_{count}", count + 1
        table[path] = variable
    return table


def unbind(owner: Any) -> State:
    """The arrays of all variables below `owner` (an object, or a list of them) by path.

    Example:
        >>> from tsuno.core.variable import unbind
        >>> layer = tsuno.layers.Dense(2, name="head")
        >>> layer.build((None, 3))
        >>> {path: array.shape for path, array in unbind(layer).items()}
        {'head/kernel': (3, 2), 'head/bias': (2,)}
    """
    return {path: engine.copy(variable._stored()) for path, variable in slots(owner).items()}


def bind(owner: Any, state: Mapping[str, Any]) -> None:
    """Put arrays into the variables below `owner`; paths that `state` lacks keep their values."""
    for path, variable in slots(owner).items():
        if path in state and not variable._write(state[path]):
            variable._value = engine.copy(state[path])


@contextmanager
def bound(owner: Any, state: Mapping[str, Any] | None = None) -> Iterator[Callable[[], State]]:
    """A block in which variables below `owner` read from `state`; writes are seen inside it and then forgotten.

    Yields a function that returns the state as the block has left it.
    """
    table = slots(owner)
    bindings = dict(context.bindings or {})
    for path, variable in table.items():
        if state is not None and path in state:
            bindings[id(variable)] = state[path]

    def after() -> State:
        return {path: bindings.get(id(variable), variable._value) for path, variable in table.items()}

    with scope(bindings=bindings):
        yield after
