"""Whether `tensorflow` computes at once, or builds a graph that sessions run.

Either way calls are recorded: at once with their values, so that a `GradientTape` can go through them again; else as
nodes of the graph. Programs say which they mean by the names they use: the first one that only TensorFlow 1 had makes
it a graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.op import Function
from tsuno.core.spec import KerasTensor, Node, Recording, infer
from tsuno.core.spec import value_of as value_of
from tsuno.core.variable import Variable
from tsuno.legacy import symbolic
from tsuno.models import Model, Sequential
from tsuno.models.reading import unpack


class Tensor(KerasTensor):
    """A tensor with its values.

    Args:
        value: the array.
    """

    def __init__(self, value: Any) -> None:
        self.value = value
        self.__dict__["shape"], self.dtype = tuple(value.shape), str(value.dtype)
        self.name, self.node, self.index = "tensor", None, 0
        self.sparse = self.ragged = False
        self.record_history, self.ragged_rank, self.row_splits_dtype = False, None, None

    def numpy(self) -> np.ndarray:
        """The values as a NumPy array, or as a NumPy number."""
        array = np.array(engine.to_numpy(self.value))  # one of its own, which may be written to
        return array if array.ndim else array[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(engine.to_numpy(self.value), dtype=dtype)

    def __jax_array__(self) -> Any:
        return self.value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "vague":
            raise AttributeError(name)
        return getattr(self.value, name)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        return int(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec) if self.ndim == 0 else format(str(self), spec)

    def __repr__(self) -> str:
        return f"<tf.Tensor: shape={self.shape!s}, dtype={self.dtype}, numpy={self.numpy()!r}>"

    def __str__(self) -> str:
        return f"tf.Tensor({self.numpy()}, shape={self.shape!s}, dtype={self.dtype})"

    def tolist(self) -> Any:
        """The values as lists of numbers."""
        return self.numpy().tolist()


class AtOnce(Recording):
    """Calls are computed when they are made; tapes that are listening keep them."""

    def __init__(self) -> None:
        self.tapes: list[Any] = []

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        leaves = tree.flatten((args, kwargs))
        if any(isinstance(leaf, KerasTensor) and leaf.value is None for leaf in leaves):
            return NotImplemented  # a model is being drawn
        if not self.tapes:
            plain, words = tree.map_structure(value_of, (args, kwargs))
            with scope(recording=None):
                return wrapped(function(*plain, **words))
        owner = getattr(function, "__self__", None)
        if isinstance(owner, Model) and owner.graph is not None and type(owner).call in (Model.call, Sequential.call):
            return _layer_by_layer(owner, *args, **kwargs)  # so that there are gradients by what is inside
        entry = Entry(function, args, kwargs)
        for tape in self.tapes:
            tape.keep(entry)
        return entry.outputs


def _layer_by_layer(model: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
    """The outputs of a model, each of whose layers is kept as a call of its own."""
    with scope(training=context.training if training is None else training):
        return unpack(model.graph.run(inputs))


class Entry:
    """A call that was computed, with what it takes to compute it again: the values of the variables it changed."""

    def __init__(self, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        assigned: dict[int, Variable] = {}
        bindings = dict(context.bindings or {})
        plain, words = tree.map_structure(value_of, (args, kwargs))
        with scope(bindings=bindings, assigned=assigned):
            self.outputs = wrapped(function(*plain, **words))
        self.before = {key: variable._stored() for key, variable in assigned.items()}
        for key, variable in assigned.items():
            if not variable._write(bindings[key]):
                variable._value = bindings[key]

    def again(self, value: Callable[[Any], Any]) -> list[Any]:
        """The outputs for other values of what it was given."""
        plain, words = tree.map_structure(value, (self.args, self.kwargs))
        with scope(bindings={**(context.bindings or {}), **self.before}):
            return list(tree.flatten(self.function(*plain, **words)))


class Drawn(Recording):
    """Calls become nodes of a graph, those on variables too."""

    def __init__(self) -> None:
        self.after: list[KerasTensor] = []

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        leaves = [leaf for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, KerasTensor)]
        vague = any(getattr(leaf, "vague", False) for leaf in leaves)
        unknown = any(None in leaf.shape for leaf in leaves)
        if not vague and not self.after and not unknown:
            return NotImplemented
        with scope(recording=Recording()):
            if vague:
                return self.controlled(self._vague(function, args, kwargs))
            try:
                return self.controlled(function(*args, **kwargs))
            except ValueError:
                if not unknown:
                    raise
            outputs = symbolic.inferred(function, args, kwargs)
            owner = getattr(function, "__self__", None) or Function(function.__name__)
            Node(owner, args, kwargs, outputs)
        return self.controlled(outputs)

    def _vague(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """The result of a call on tensors that may have any number of axes."""
        try:
            outputs = infer(function, args, kwargs)
        except (TypeError, ValueError, IndexError):
            outputs = KerasTensor((), "float32")
        for leaf in tree.flatten(outputs):
            leaf.vague = True
        owner = getattr(function, "__self__", None) or Function(function.__name__)
        Node(owner, args, kwargs, outputs)
        return outputs

    def controlled(self, outputs: Any) -> Any:
        """Let the effects waited for come before these outputs."""
        for leaf in tree.flatten(outputs) if self.after else ():
            if isinstance(leaf, KerasTensor) and leaf.node is not None:
                leaf.node.__class__ = _Later
                leaf.node.after = list(self.after)  # type: ignore[attr-defined]
        return outputs


class _Later(Node):
    """A node that runs after others, whose outputs it does not take."""

    after: list[KerasTensor]

    @property
    def inputs(self) -> list[KerasTensor]:
        return [*super().inputs, *self.after]


# ---------------------------------------------------------------------- which


_at_once, _drawn = AtOnce(), Drawn()


def set_graph_mode(graph: bool) -> None:
    """Build a graph from here on, or compute at once."""
    context.recording = _drawn if graph else _at_once


_said = {"at once": False}


def say_at_once(said: bool) -> None:
    """The program has said that it computes at once: names of the first version do not change that."""
    set_graph_mode(not said)
    _said["at once"] = said


def see_first_version() -> None:
    """A name that only the first version had is used: build a graph, unless the program has said that it does not."""
    if not _said["at once"] and context.bindings is None:
        set_graph_mode(True)


def begin(anywhere: bool = False) -> None:
    """Compute at once, unless it was said otherwise: `tensorflow` has been imported.

    Args:
        anywhere: also inside a pure function, where a tape is to listen.
    """
    if not isinstance(context.recording, (AtOnce, Drawn)) and (anywhere or context.bindings is None):
        set_graph_mode(False)


def graph_mode() -> bool:
    """Whether a graph is built here."""
    return isinstance(context.recording, Drawn)


def executing_eagerly() -> bool:
    """Whether calls are computed at once."""
    return not graph_mode()


def at_once() -> AtOnce | None:
    """What records calls that are computed at once; None where nothing does."""
    return context.recording if isinstance(context.recording, AtOnce) else None


@contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """A block whose results are computed after some effects."""
    here = [x for x in tree.flatten(control_inputs or []) if isinstance(x, KerasTensor) and x.value is None]
    before, _drawn.after = _drawn.after, [*_drawn.after, *here]
    try:
        yield
    finally:
        _drawn.after = before


@contextmanager
def traced() -> Iterator[None]:
    """A block inside a pure function in which tapes can listen."""
    with scope(recording=AtOnce()):
        yield


# ---------------------------------------------------------------------- values


def wrapped(result: Any) -> Any:
    """Arrays in a result as tensors."""
    return tree.map_structure(lambda x: Tensor(x) if engine.is_array(x) else x, result)


def given_out(result: Any) -> Any:
    """What a function of TensorFlow returns: its arrays as tensors of the mode at work."""
    if context.recording is None:
        return tree.map_structure(value_of, result)
    if graph_mode():
        return tree.map_structure(lambda x: constant_node(x) if engine.is_array(x) else x, result)
    return wrapped(result)


def constant_node(value: Any, name: str = "Const") -> KerasTensor:
    """A tensor of the graph with fixed values."""
    array = np.asarray(engine.to_numpy(value)) if not isinstance(value, np.ndarray) else value
    made: KerasTensor = symbolic.Operation(lambda: array, name=name).on(
        outputs=KerasTensor(array.shape, str(array.dtype))
    )
    return _drawn.controlled(made)
