"""The part of `keras.backend` that has to do with graphs: placeholders, variables, functions, the phase."""

from __future__ import annotations

import functools
import importlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core import naming, tree
from tsuno.core.context import context, scope
from tsuno.core.dtypes import standardize_dtype
from tsuno.core.op import as_numpy
from tsuno.core.settings import floatx, home_folder, set_image_data_format
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.layers import InputLayer
from tsuno.legacy import steps
from tsuno.legacy import symbolic as graphs
from tsuno.legacy.notices import say

# ---------------------------------------------------------------------- tensors and variables


def placeholder(
    shape: Any = None, ndim: int | None = None, dtype: Any = None, sparse: bool = False, name: str | None = None
) -> KerasTensor:
    """A tensor that gets its values when something is computed from it."""
    if shape is None:
        if ndim is None:
            raise ValueError("`placeholder` needs a `shape`, or the number of axes as `ndim`.")
        shape = (None,) * ndim
    layer = InputLayer(batch_shape=tuple(shape), dtype=dtype or floatx(), name=name or naming.auto_name("placeholder"))
    tensor: KerasTensor = layer.output
    return tensor


def is_placeholder(x: Any) -> bool:
    """Whether a tensor gets its values from outside."""
    return isinstance(x, KerasTensor) and (x.node is None or isinstance(x.node.operation, InputLayer))


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Variable:
    """A variable with a first value."""
    made = steps.made_once(
        lambda: Variable(np.asarray(as_numpy(value)), dtype=dtype or floatx(), name=plain_name(name))
    )
    made.constraint = constraint
    return made


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor of given values."""
    array = np.asarray(as_numpy(value))
    array = np.broadcast_to(array, shape) if shape is not None else array
    return ops.convert_to_tensor(array, dtype=dtype or floatx())


def is_variable(x: Any) -> bool:
    """Whether something is a variable."""
    return isinstance(x, Variable)


def is_tensor(x: Any) -> bool:
    """Whether something is a tensor or a variable."""
    return isinstance(x, (KerasTensor, Variable)) or engine.is_array(x)


def is_keras_tensor(x: Any) -> bool:
    """Whether something is a tensor of the functional API."""
    if not is_tensor(x):
        raise ValueError(f"`is_keras_tensor` is for tensors; got {type(x).__name__}.")
    return isinstance(x, KerasTensor)


def int_shape(x: Any) -> tuple[int | None, ...] | None:
    """The shape as numbers, None where a size is unknown."""
    found = getattr(x, "shape", None)
    return None if found is None else tuple(found)


get_variable_shape = int_shape


def shape(x: Any) -> Any:
    """The sizes of a tensor; for a symbolic one as a symbolic tensor."""
    if graphs.is_drawn(x):
        sizes = KerasTensor((len(x.shape),), "int32")
        return graphs.Operation(lambda x: np.asarray(x.shape, "int32"), name="shape").on(x, outputs=sizes)
    return tuple(x.shape)


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(x.shape)


def dtype(x: Any) -> str:
    """The name of the dtype."""
    return standardize_dtype(getattr(x, "dtype", None) or floatx())


def get_value(x: Any) -> np.ndarray:
    """The values of a variable or tensor as a NumPy array."""
    return np.asarray(x) if isinstance(x, (int, float)) else eval(x)


def batch_get_value(tensors: Sequence[Any]) -> list[np.ndarray]:
    """The values of several variables."""
    return [get_value(x) for x in tensors]


def set_value(x: Variable, value: Any) -> None:
    """Give a variable another value."""
    x.assign(np.asarray(value, str(x.dtype)))


def batch_set_value(tuples: Sequence[tuple[Variable, Any]]) -> None:
    """Give several variables other values."""
    for x, value in tuples:
        set_value(x, value)


def eval(x: Any) -> np.ndarray:
    """The values of a tensor that depends on nothing from outside."""
    if graphs.is_drawn(x):
        found: np.ndarray = function([], [x])([])[0]
        return found
    return np.array(as_numpy(x))  # one of its own, which may be written to


def update(x: Variable, new_x: Any) -> Any:
    """Assign to a variable."""
    return _changed(x, new_x, "assign")


def update_add(x: Variable, increment: Any) -> Any:
    """Add to a variable."""
    return _changed(x, increment, "assign_add")


def update_sub(x: Variable, decrement: Any) -> Any:
    """Subtract from a variable."""
    return _changed(x, decrement, "assign_sub")


def moving_average_update(x: Variable, value: Any, momentum: Any) -> Any:
    """Move a variable to x · momentum + value · (1 - momentum)."""
    return update_sub(x, (x - value) * (1 - momentum))


def _changed(x: Variable, value: Any, how: str) -> Any:
    if graphs.is_drawn(value):
        return graphs.assignment(x, value, how)
    getattr(Variable, how)(x, value)
    return x


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """The tensor; its values are printed whenever it is computed."""
    if graphs.is_drawn(x):
        return graphs.Operation(lambda value: print_tensor(value, message), name="print").on(x)
    engine.show(message, x)
    return x


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two results, by a truth value or, element by element, by a tensor of them."""
    values = [each() if callable(each) else each for each in (then_expression, else_expression)]
    rank = max(len(getattr(each, "shape", ())) for each in values)
    missing = rank - len(getattr(condition, "shape", ()))
    if missing and len(getattr(condition, "shape", ())):
        condition = ops.reshape(
            condition, (*(-1 if size is None else size for size in condition.shape), *[1] * missing)
        )
    return ops.where(ops.cast(condition, "bool"), *values)


# ---------------------------------------------------------------------- functions


class Function:
    """What computes tensors from the values of others.

    Args:
        inputs: symbolic tensors, of which `learning_phase()` may be one.
        outputs: what to compute: a symbolic tensor, or a structure of them.
        updates: assignments that take place each time: those that `update` made, or pairs of variable and tensor.
        name: accepted for compatibility.
        **session_kwargs: accepted for compatibility.
    """

    def __init__(
        self, inputs: Any, outputs: Any, updates: Any = (), name: str | None = None, **session_kwargs: Any
    ) -> None:
        self.inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        self.outputs = outputs
        changes = [
            graphs.assignment(*each) if isinstance(each, tuple) and isinstance(each[0], Variable) else each
            for each in updates or ()
        ]
        self._updates = [each for each in tree.flatten(changes) if isinstance(each, KerasTensor)]
        self._wanted = [x for x in tree.flatten(outputs) if isinstance(x, KerasTensor) and x is not _phase_tensor()]
        self._programs: dict[bool, graphs.Program] = {}

    def __call__(self, inputs: Any = ()) -> Any:
        given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        if len(given) != len(self.inputs):
            raise ValueError(f"The function takes {len(self.inputs)} inputs; got {len(given)}.")
        pairs = list(zip(self.inputs, given, strict=True))
        phases = [value for tensor, value in pairs if tensor is _phase_tensor()]
        training = bool(phases[0]) if phases else bool(_phase["set"])
        real = [(tensor, value) for tensor, value in pairs if isinstance(tensor, KerasTensor)]
        real = [(tensor, value) for tensor, value in real if tensor is not _phase_tensor()]
        if training not in self._programs:
            tensors = [tensor for tensor, _ in real]
            self._programs[training] = graphs.Program(tensors, [*self._wanted, *self._updates], training)
        found = iter(self._programs[training]([value for _, value in real])) if self._wanted or self._updates else None

        def filled(x: Any) -> Any:
            if x is _phase_tensor():
                return np.int32(training)
            return np.array(as_numpy(next(found) if isinstance(x, KerasTensor) and found is not None else x))

        return tree.map_structure(filled, self.outputs)


def function(inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **kwargs: Any) -> Function:
    """A function from values of `inputs` to those of `outputs`; see `Function`."""
    return Function(inputs, outputs, updates or (), name, **kwargs)


def gradients(loss: Any, variables: Any) -> list[Any]:
    """The gradients of a symbolic tensor by variables, or by tensors that it depends on.

    Args:
        loss: a symbolic tensor; its elements are added up.
        variables: a variable or tensor, or a list of them.
    """
    return graphs.gradients(loss, variables if isinstance(variables, (list, tuple)) else [variables])


# ---------------------------------------------------------------------- the phase


_phase: dict[str, Any] = {"set": 0, "tensor": None}


def _phase_tensor() -> Any:
    return _phase["tensor"]


def learning_phase() -> Any:
    """Whether layers train: 0 or 1 while they compute or after it was set, else a tensor to be given to a function."""
    if context.training is not None:
        return int(context.training)
    if _phase.get("fixed"):
        return _phase["set"]
    if _phase["tensor"] is None:
        _phase["tensor"] = InputLayer(batch_shape=(), dtype="int32", name="keras_learning_phase").output
    return _phase["tensor"]


def set_learning_phase(value: int) -> None:
    """Settle whether layers train in functions: 0 or 1."""
    if value not in (0, 1):
        raise ValueError(f"`set_learning_phase` takes 0 or 1; got {value!r}.")
    _phase.update(set=int(value), fixed=True)


@contextmanager
def learning_phase_scope(value: int) -> Iterator[None]:
    """A block in which layers train, or do not."""
    with scope(training=bool(value)):
        yield


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` where layers train, else `alt`; either may be a function without arguments."""
    chosen = training if training is not None else learning_phase()
    if isinstance(chosen, KerasTensor):
        values = [each() if callable(each) else each for each in (x, alt)]
        if chosen is not _phase_tensor():
            return switch(chosen, *values)
        pick = graphs.Operation(lambda x, alt: x if context.training else alt, name="in_train_phase")
        return pick.on(*values)
    if engine.is_array(chosen) and engine.is_traced(chosen):
        return switch(chosen, x, alt)
    picked = x if chosen else alt
    return picked() if callable(picked) else picked


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`alt` where layers train, else `x`."""
    return in_train_phase(alt, x, training)


# ---------------------------------------------------------------------- what `keras.json` says


@functools.cache
def heed_settings() -> None:
    """Take from the `keras.json` of Keras 1 what has another name today, and say whose backend is left aside."""
    try:
        given = json.loads((home_folder() / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        given = {}
    given = given if isinstance(given, dict) else {}
    wanted = os.environ.get("KERAS_BACKEND") or given.get("backend")
    if wanted in ("theano", "cntk", "mxnet", "plaidml"):
        say(f"The backend {wanted!r} is left aside: Tsuno computes with JAX.", once_for="the backend")
    if "image_data_format" not in given and given.get("image_dim_ordering") == "th":
        set_image_data_format("channels_first")


# ---------------------------------------------------------------------- the session, which is no more


def get_session(op_input_list: Any = ()) -> Any:
    """The session of the program; see `tensorflow.Session`."""
    return importlib.import_module("tsuno.legacy.tensorflow.session").default_session()


def set_session(session: Any) -> None:
    """Has no effect: there is one device memory and one set of variables."""


def manual_variable_initialization(value: bool) -> None:
    """Has no effect: variables have their first values from the start."""


def clear_session() -> None:
    """Forget the names that layers have got, and the learning phase."""
    naming.reset_names()
    _phase.update(set=0, fixed=False, tensor=None)


def get_uid(prefix: str = "") -> int:
    """The next number for names that begin so."""
    _uids[prefix] = _uids.get(prefix, 0) + 1
    return _uids[prefix]


def reset_uids() -> None:
    """Let all numbers begin again."""
    _uids.clear()


_uids: dict[str, int] = {}


def is_symbolic(x: Any) -> bool:
    """Whether a tensor has no values yet."""
    return graphs.is_drawn(x)


@contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """A block; what it comes after has been computed."""
    yield


def get_graph() -> Any:
    """What graphs are drawn on; there is one."""
    return None


def symbolic(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function: graphs are drawn where tensors are symbolic."""
    return function


def eager(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function: what has values is computed at once."""
    return function


@contextmanager
def name_scope(name: str = "", *rest: Any, **options: Any) -> Iterator[str]:
    """A block that shows in the names of what is made in it."""
    with scope(path=(*context.path, name) if name else context.path):
        yield name


def plain_name(name: str | None) -> str | None:
    return None if name is None else name.replace("/", "_").replace(":", "_")
