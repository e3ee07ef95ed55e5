"""Graphs that are run as they are, without a model around them: what `K.function` and TensorFlow's sessions do.

The graph is that of the functional API: calls on symbolic tensors left nodes. Here are the nodes that models do not
need: gradients, and assignments to variables, which take place when something that depends on them is asked for.
Tensors asked for together are computed by one compiled program, from the values that variables have before it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.errors import is_asking
from tsuno.core.functions import jit, value_and_grad
from tsuno.core.naming import auto_name
from tsuno.core.spec import KerasTensor, Node, infer
from tsuno.core.variable import Holder, Variable, variables_of
from tsuno.graph import Graph
from tsuno.layers import InputLayer


class Operation(Holder):
    """A node's operation that is a function: of values, and of the variables that it was given.

    Args:
        function: what it computes.
        holders: the variables that it reads or assigns, or what holds them.
        name: a name; numbered if it was taken.
        has_effects: whether it changes variables.
        says_nothing: whether it is there for its effects only.
    """

    _untracked = frozenset({"_inbound_nodes"})

    def __init__(
        self,
        function: Callable[..., Any],
        holders: Any = (),
        name: str = "operation",
        has_effects: bool = False,
        says_nothing: bool = False,
    ) -> None:
        self.has_effects, self.says_nothing = has_effects or says_nothing, says_nothing
        self.function, self.holders = function, holders
        self.name = auto_name(name)
        self._inbound_nodes: list[Node] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def on(self, *args: Any, outputs: Any = None) -> Any:
        """Enter a call into the graph; `outputs` if they are not to be inferred."""
        outputs = inferred(self.function, args, {}) if outputs is None else outputs
        Node(self, args, {}, outputs)
        return outputs


def inferred(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """What a function returns for symbolic tensors, as symbolic tensors.

    Where an unknown size must be a known one, as in the sum of (None, 3) and (2, 3), it is taken to be that.
    """
    try:
        return infer(function, args, kwargs)
    except (TypeError, ValueError, IndexError):
        leaves = tree.flatten((args, kwargs))
        drawn = [x for x in leaves if isinstance(x, KerasTensor)]
        if all(None not in x.shape for x in drawn):
            raise
        sizes = {n for x in leaves if hasattr(x, "shape") for n in x.shape if n is not None}
        sizes |= {x for x in leaves if isinstance(x, int) and not isinstance(x, bool) and 0 < x < 1 << 16}
        sizes |= {len(x) for x in (*args, *kwargs.values()) if isinstance(x, (list, tuple)) and x}
        for size in sorted(map(int, sizes), reverse=True):
            filled = tree.map_structure(
                lambda x, size=size: (
                    KerasTensor([size if n is None else n for n in x.shape], x.dtype)
                    if isinstance(x, KerasTensor)
                    else x
                ),
                (args, kwargs),
            )
            try:
                return infer(function, *filled)
            except (TypeError, ValueError, IndexError):
                continue
        raise


def is_drawn(*values: Any) -> bool:
    """Whether a symbolic tensor without a value is among these."""
    return any(isinstance(leaf, KerasTensor) and leaf.value is None for leaf in tree.flatten(values))


# ---------------------------------------------------------------------- assignments and gradients


def assignment(variable: Variable, value: Any, change: str = "assign") -> KerasTensor:
    """A node that assigns to a variable; its output is the value that the variable then has."""

    def assign(value: Any) -> Any:
        getattr(Variable, change)(variable, value)
        return variable.value

    after = KerasTensor(variable.shape, variable.dtype)
    made: KerasTensor = Operation(assign, [variable], change, has_effects=True).on(value, outputs=after)
    return made


def grouped(*effects: Any, name: str = "group") -> KerasTensor:
    """A node that is there for what others do; its output says nothing."""
    done = KerasTensor((), "int32")
    made: KerasTensor = Operation(lambda *values: np.int32(0), name=name, says_nothing=True).on(
        *(each for each in effects if each is not None), outputs=done
    )
    return made


def gradients(target: Any, sources: Sequence[Any]) -> list[Any]:
    """The gradients of the sum of `target` by variables or by tensors that it depends on; None for what it does not.

    Args:
        target: a symbolic tensor, or a list of them that are added up.
        sources: variables, or symbolic tensors of the same graph.
    """
    targets = [leaf for leaf in tree.flatten(target) if isinstance(leaf, KerasTensor)]
    if not targets:
        raise ValueError("`gradients` needs a symbolic tensor that depends on placeholders or variables.")
    tensors = [x for x in sources if isinstance(x, KerasTensor)]
    variables = [x for x in sources if isinstance(x, Variable)]
    reached = Running(_leaves(targets, tensors), targets)
    found = {id(tensor) for node in reached.nodes for tensor in node.inputs} | {id(x) for x in targets}
    held = {id(variable) for variable in reached.variables}
    by = [x for x in sources if id(x) in (held if isinstance(x, Variable) else found)]
    places = {id(x): place for place, x in enumerate(by)}
    fixed = [x for x in reached.input_tensors if id(x) not in places]

    def compute(fixed_values: Sequence[Any], source_values: Sequence[Any]) -> list[Any]:
        given = dict(zip(map(id, fixed), fixed_values, strict=True))
        moved = [Variable(np.zeros(value.shape, str(value.dtype))) for value in source_values]

        def total() -> Any:
            values = {**given, **{id(x): v + m for x, v, m in zip(near, source_values, moved, strict=True)}}
            inner = {**_before.get(), **{id(v): v._stored() for v in wanted}}  # for gradients within this one
            with _before.holding(inner):
                outputs = reached.run([values[id(x)] for x in reached.input_tensors])
            return functools.reduce(lambda a, b: a + b, [ops.sum(each) for each in outputs])

        near = [x for x in by if isinstance(x, KerasTensor)]
        beside = dict(zip(map(id, near), moved, strict=True))
        wanted = [x if isinstance(x, Variable) else beside[id(x)] for x in by]
        with scope(bindings={**(context.bindings or {}), **_before.get()}, losses=[]):
            return value_and_grad(total, wanted)()[1]

    tensors_by = [x for x in by if isinstance(x, KerasTensor)]
    operation = Operation(compute, [reached.operations, variables], "gradients")
    outputs = [KerasTensor(x.shape, x.dtype) for x in by]
    if by:
        operation.on(fixed, tensors_by, outputs=outputs)
    return [outputs[places[id(x)]] if id(x) in places else None for x in sources]


def _leaves(targets: Sequence[KerasTensor], cut: Sequence[KerasTensor]) -> list[KerasTensor]:
    """The inputs that tensors depend on: placeholders, and those among `cut`."""
    at = {id(x) for x in cut}
    found: dict[int, KerasTensor] = {}
    waiting, seen = list(targets), set()
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        node = tensor.node
        if id(tensor) in at or node is None or isinstance(node.operation, InputLayer):
            found[id(tensor)] = tensor
        else:
            waiting += node.inputs
    return list(found.values())


def placeholders_of(targets: Any) -> list[KerasTensor]:
    """The placeholders that tensors depend on."""
    return _leaves([leaf for leaf in tree.flatten(targets) if isinstance(leaf, KerasTensor)], ())


# ---------------------------------------------------------------------- running


class _Before:
    """What variables were when the program at work began."""

    def __init__(self) -> None:
        self._values: dict[int, Any] = {}

    def get(self) -> dict[int, Any]:
        return self._values

    @contextmanager
    def holding(self, values: dict[int, Any]) -> Iterator[None]:
        outer, self._values = self._values, values
        try:
            yield
        finally:
            self._values = outer


_before = _Before()


class Running(Graph):
    """A graph from what is given to what is asked for; whatever is fed takes the place of what would be computed."""

    def __init__(self, given: Sequence[KerasTensor], wanted: Sequence[KerasTensor]) -> None:
        super().__init__(list(given), list(wanted), "graph", entries=True)

    def _check_names(self) -> None:
        """Nodes of sessions may share a name."""

    def _fit(self, tensor: KerasTensor, value: Any) -> Any:
        x = ops.convert_to_tensor(value)
        near = tensor.dtype.replace("64", "32")  # what 64 bits are where they are not switched on
        return x if str(x.dtype) in (tensor.dtype, near) else ops.cast(x, tensor.dtype)

    @property
    def variables(self) -> list[Variable]:
        """The variables that its operations read or assign."""
        within = [[node.operation, node.args, node.kwargs] for node in self.nodes]
        return variables_of(within)


class Program:
    """What computes tensors, compiled once.

    Args:
        given: the tensors whose values are given.
        wanted: the tensors asked for.
        training: whether layers train, if that is not given with the values.
    """

    def __init__(
        self, given: Sequence[KerasTensor], wanted: Sequence[KerasTensor], training: bool | None = None
    ) -> None:
        missing = [x for x in _leaves(wanted, given) if all(x is not each for each in given)]
        if missing:
            raise ValueError(
                f"The placeholder {missing[0].name!r} of shape {missing[0].shape} has no value: what is asked for "
                "depends on it. Give it one, with `feed_dict` or among the inputs."
            )
        graph = Running(given, wanted)
        variables = graph.variables

        def run(values: Sequence[Any]) -> list[Any]:
            bindings = {id(v): v._stored() for v in variables}
            with scope(training=training), _before.holding(bindings):
                results: list[Any] = graph.run(values)
                return results

        self._run, self._step_by_step = jit(run, variables), run
        # Variables that are filled from outside say how: the current element of a dataset.
        self._before = list(dict.fromkeys(v.before_run for v in variables if hasattr(v, "before_run")))

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        arrays = [engine.asarray(value) for value in values]
        for fill in self._before:
            fill()
        with scope(recording=None):
            try:
                return list(self._run(arrays))
            except Exception as problem:
                if not is_asking(problem):
                    raise
            self._run = self._step_by_step  # shapes depend on values, or a Python function is called
            return list(self._run(arrays))
