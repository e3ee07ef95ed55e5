"""Parts of a graph: what a function draws when it is called on stand-ins, for branches and loops to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tsuno import ops
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.engine import xp
from tsuno.layers import InputLayer
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import arrays, modes
from tsuno.legacy.tensorflow.calls import on_graph


class Part:
    """What a function draws, as a function of stand-ins and of the tensors from outside that it uses.

    Args:
        function: the function.
        given: what it is called with, in which tensors are stand-ins.
    """

    def __init__(self, function: Callable[..., Any], given: Sequence[Any] = ()) -> None:
        first = _number(KerasTensor((), "bool"))
        result = function(*given)
        self.outputs = tree.map_structure(_drawn, result)
        self._stand_ins = [leaf for leaf in tree.flatten(given) if isinstance(leaf, KerasTensor)]
        targets = [leaf for leaf in tree.flatten(self.outputs) if leaf is not None]
        self.outside = _from_outside(targets, self._stand_ins, first)
        entries = [*self._stand_ins, *self.outside]
        self._graph = symbolic.Running(entries, targets) if targets else None
        self.variables = self._graph.variables if self._graph is not None else []

    def run(self, given: Sequence[Any], outside: Sequence[Any], state: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """The results, and the values that its variables have then, from those they have before."""
        if self._graph is None:
            return [], list(state)
        bindings = {**(context.bindings or {}), **dict(zip(map(id, self.variables), state, strict=True))}
        with scope(bindings=bindings, assigned={}):
            results = [xp.asarray(x) for x in self._graph.run([*given, *outside])]
        return results, [bindings[id(v)] for v in self.variables]


def _number(tensor: KerasTensor) -> int:
    """How many tensors were made before this one: their names are numbered in order."""
    return int(tensor.name.rpartition("_")[2]) if tensor.name[-1].isdigit() else 0


def _drawn(x: Any) -> Any:
    """A result as a tensor of the graph."""
    if x is None or (isinstance(x, KerasTensor) and x.value is None):
        return x
    if isinstance(x, Variable):
        return ops.multiply(x, 1) if str(x.dtype) != "bool" else ops.logical_or(x, False)
    return modes.constant_node(as_numpy(x))


def _from_outside(targets: Sequence[KerasTensor], stand_ins: Sequence[KerasTensor], first: int) -> list[KerasTensor]:
    """The tensors that targets depend on and that were there before a function was called."""
    inside, found = {id(x) for x in stand_ins}, dict[int, KerasTensor]()
    waiting, seen = list(targets), set()
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen or id(tensor) in inside:
            continue
        seen.add(id(tensor))
        made_here = tensor.name.startswith("keras_tensor") and _number(tensor) > first
        if made_here and tensor.node is not None:
            waiting += tensor.node.inputs
        else:
            found[id(tensor)] = tensor
    return list(found.values())


def stand_in(x: Any, shape: Any = None) -> KerasTensor:
    tensor = arrays.convert_to_tensor(x) if not hasattr(x, "shape") else x
    sizes = tuple(tensor.shape if shape is None else shape)
    made: KerasTensor = InputLayer(batch_shape=sizes, dtype=str(tensor.dtype)).output
    return made


def steered(parts: Sequence[Part], steer: Callable[..., Any], outputs: Any, *args: Any, name: str) -> Any:
    """A node that runs parts of the graph in some way.

    `steer` gets the values of the arguments, those of what the parts take from outside, and those of their variables;
    it returns the results and what the variables are then.
    """
    variables = list({id(v): v for part in parts for v in part.variables}.values())
    outside = list({id(x): x for part in parts for x in part.outside}.values())

    def compute(values: Any, taken: Sequence[Any]) -> Any:
        found = dict(zip(map(id, outside), taken, strict=True))
        state = {id(v): v._stored() for v in variables}
        results, after = steer(values, found, state)
        for variable in variables:
            if after[id(variable)] is not state[id(variable)]:
                variable.assign(after[id(variable)])
        return results

    operation = symbolic.Operation(compute, variables, name, has_effects=any(_changes(part) for part in parts))
    return on_graph(operation, list(args), outside, outputs=outputs)


def _changes(part: Part) -> bool:
    nodes = [] if part._graph is None else part._graph.nodes
    return any(getattr(node.operation, "has_effects", False) for node in nodes)


def call_part(part: Part, given: Sequence[Any], found: Any, state: Any) -> tuple[list[Any], Any]:
    results, after = part.run(given, [found[id(x)] for x in part.outside], [state[id(v)] for v in part.variables])
    return results, {**state, **dict(zip(map(id, part.variables), after, strict=True))}


def filled(outputs: Any, results: Sequence[Any]) -> list[Any]:
    waiting = iter(results)
    return [None if leaf is None else next(waiting) for leaf in tree.flatten(outputs)]


def common(*tensors: Any) -> Any:
    """A tensor of the shape that the results of all branches have."""
    if tensors[0] is None:
        return None
    first = tensors[0]
    if len({len(x.shape) for x in tensors}) == 1:
        sizes = [size[0] if len(set(size)) == 1 else None for size in zip(*[x.shape for x in tensors], strict=True)]
    else:
        sizes = list(first.shape)
    return KerasTensor(sizes, str(first.dtype))


def read(x: Any) -> Any:
    return x.value if isinstance(x, Variable) else x
