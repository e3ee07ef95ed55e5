"""Branches, loops over tensors, and what else steers a computation: `tf.cond`, `tf.while_loop`, `tf.map_fn`, …

A function that is given to these is called at once where tensors have values. In a graph it is called once, on
stand-ins; what it draws becomes a `_Part` of the graph, which a compiled branch or loop then runs.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.op import Tensor, as_numpy, op
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.engine import xp
from tsuno.layers import InputLayer
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import arrays, modes
from tsuno.legacy.tensorflow.calls import dtype_here, on_graph, settled


_SEVERAL = (list, builtins.tuple)


class _Part:
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
    if x is None or isinstance(x, KerasTensor) and x.value is None:
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


def _stand_in(x: Any, shape: Any = None) -> KerasTensor:
    tensor = arrays.convert_to_tensor(x) if not hasattr(x, "shape") else x
    sizes = builtins.tuple(tensor.shape if shape is None else shape)
    made: KerasTensor = InputLayer(batch_shape=sizes, dtype=str(tensor.dtype)).output
    return made


def _steered(parts: Sequence[_Part], steer: Callable[..., Any], outputs: Any, *args: Any, name: str) -> Any:
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


def _changes(part: _Part) -> bool:
    nodes = [] if part._graph is None else part._graph.nodes
    return any(getattr(node.operation, "has_effects", False) for node in nodes)


def _call(part: _Part, given: Sequence[Any], found: Any, state: Any) -> tuple[list[Any], Any]:
    results, after = part.run(given, [found[id(x)] for x in part.outside], [state[id(v)] for v in part.variables])
    return results, {**state, **dict(zip(map(id, part.variables), after, strict=True))}


# ---------------------------------------------------------------------- branches


def cond(
    pred: Any = None,
    true_fn: Any = None,
    false_fn: Any = None,
    strict: bool = False,
    fn1: Any = None,
    fn2: Any = None,
) -> Any:
    """What one of two functions returns; only that one is computed.

    Args:
        pred: which: a truth value.
        true_fn: the function if it is true.
        false_fn: the function if it is false.
        strict: accepted for compatibility.
        fn1: the older name of `true_fn`.
        fn2: the older name of `false_fn`.
    """
    branches = [false_fn or fn2, true_fn or fn1]
    if isinstance(pred, (bool, int, np.bool_)):
        return branches[bool(pred)]()
    return _branch(ops.cast(pred, "int32"), branches, engine.switch)


def switch_case(branch_index: Any, branch_fns: Any, default: Any = None) -> Any:
    """What the function of a number returns; the last one, or `default`, for a number that there is none of."""
    numbered = isinstance(branch_fns, dict) or not callable(branch_fns[0])
    table = dict(branch_fns) if numbered else dict(enumerate(branch_fns))
    last = default or table[max(table)]
    functions = [table.get(place, last) for place in range(max(table) + 1)] + [last]
    index = arrays.convert_to_tensor(branch_index)
    inside = ops.logical_and(index >= 0, index < len(functions) - 1)
    return _branch(ops.where(inside, index, len(functions) - 1), functions, engine.switch)


def case(pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, strict: bool = False) -> Any:
    """What the function of the first condition that holds returns, else what `default` returns."""
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    if default is None:
        *pairs, (_, default) = pairs
    chosen = default
    for condition, function in reversed(pairs):
        chosen = functools.partial(cond, condition, function, chosen)
    return chosen()


def _branch(index: Any, functions: Sequence[Callable[[], Any]], choose: Any) -> Any:
    if not symbolic.is_drawn(index):
        value = modes.value_of(index)
        recording = modes.at_once()
        if not engine.is_traced(value):
            return functions[int(np.clip(as_numpy(index), 0, len(functions) - 1))]()
        if recording is None or not recording.tapes:
            return _compiled_branch(value, functions)
        results = [function() for function in functions]  # a tape listens: let it hear each
        return tree.map_structure(lambda *leaves: _chosen(index, list(leaves)), *results)
    parts = [_Part(function) for function in functions]
    outputs = tree.map_structure(_common, *[part.outputs for part in parts])

    def steer(values: Any, found: Any, state: Any) -> Any:
        branches = [lambda s, part=part: _call(part, (), found, s) for part in parts]
        results, after = choose(xp.asarray(values[0], "int32"), branches, state)
        return tree.pack_sequence_as(outputs, _filled(outputs, results)), after

    return _steered(parts, steer, outputs, index, name="cond")


def _filled(outputs: Any, results: Sequence[Any]) -> list[Any]:
    waiting = iter(results)
    return [None if leaf is None else next(waiting) for leaf in tree.flatten(outputs)]


def _common(*tensors: Any) -> Any:
    """A tensor of the shape that the results of all branches have."""
    if tensors[0] is None:
        return None
    first = tensors[0]
    if len({len(x.shape) for x in tensors}) == 1:
        sizes = [size[0] if len(set(size)) == 1 else None for size in zip(*[x.shape for x in tensors], strict=True)]
    else:
        sizes = list(first.shape)
    return KerasTensor(sizes, str(first.dtype))


@op
def _chosen(index: Tensor, values: Any) -> Any:
    return functools.reduce(lambda a, b: xp.where(index == b[0], b[1], a), enumerate(values), xp.asarray(values[0]))


def _compiled_branch(index: Any, functions: Sequence[Callable[[], Any]]) -> Any:
    """A branch of a function that is being compiled; what it assigns to variables takes effect."""
    assigned: dict[int, Variable] = {}
    structure: list[Any] = []

    def plainly(function: Callable[[], Any], outer: dict[int, Any], only: Sequence[int] | None) -> Callable[[], Any]:
        def run() -> Any:
            bindings = dict(outer)
            with scope(bindings=bindings, assigned=assigned, recording=modes.AtOnce()):
                result = function()
            structure[:] = [result]
            leaves = [None if x is None else xp.asarray(modes.value_of(_read(x))) for x in tree.flatten(result)]
            return leaves, [bindings[key] for key in only or ()]

        return run

    outer = dict(context.bindings or {})
    for function in functions:  # once for what they assign
        engine.eval_shape(plainly(function, outer, None))
    keys = [key for key in assigned if key in outer]
    held = dict(assigned)
    results, after = engine.switch(index, [plainly(function, outer, keys) for function in functions])
    for key, value in zip(keys, after, strict=True):
        held[key]._write(value)
    return modes.given_out(tree.pack_sequence_as(structure[0], results))


def _read(x: Any) -> Any:
    return x.value if isinstance(x, Variable) else x


# ---------------------------------------------------------------------- loops


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    return_same_structure: bool = True,
) -> Any:
    """Apply `body` to the loop variables as long as `cond` holds for them.

    Args:
        cond: takes the loop variables and returns a truth value.
        body: takes the loop variables and returns their next values.
        loop_vars: a list or tuple of tensors, or of structures of them.
        shape_invariants: accepted for compatibility; shapes do not change in graphs.
        parallel_iterations: accepted for compatibility.
        back_prop: accepted for compatibility.
        swap_memory: accepted for compatibility.
        maximum_iterations: how often at most; gradients can be taken of loops that state it.
        return_same_structure: accepted for compatibility.
    """
    state = tree.map_structure(arrays.convert_to_tensor, list(loop_vars))
    most = settled(maximum_iterations)
    if modes.graph_mode() or symbolic.is_drawn(state):
        found = _drawn_loop(cond, body, state, most)
    else:
        found = _loop_at_once(cond, body, state, most)
    if modes.graph_mode() and len(found) == 1:
        return found[0]
    return builtins.tuple(found) if isinstance(loop_vars, builtins.tuple) else list(found)


def _loop_at_once(cond: Any, body: Any, state: Any, most: int | None) -> Any:
    recording = modes.at_once()
    first = cond(*state)
    if engine.is_traced(modes.value_of(first)) and not (recording and recording.tapes):
        return _compiled_loop(cond, body, state, most)
    turn = 0
    while (turn == 0 and bool(first)) or (turn and bool(cond(*state))):
        if most is not None and turn >= most:
            break
        result = body(*state)
        state = list(result) if isinstance(result, _SEVERAL) and len(state) > 1 else _as_list(result)
        turn += 1
    return state


def _as_list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, _SEVERAL) else [result]


def _compiled_loop(cond: Any, body: Any, state: Any, most: int | None) -> Any:
    plain = tree.map_structure(lambda x: xp.asarray(modes.value_of(_read(x))), state)

    def within(function: Any) -> Any:
        def run(values: Any) -> Any:
            with modes.traced():
                result = function(*tree.map_structure(modes.Tensor, values))
            return tree.map_structure(lambda x: modes.value_of(_read(x)), result)

        return run

    def more(values: Any) -> Any:
        going = within(cond)(values[0])
        return going if most is None else xp.logical_and(going, values[1] < most)

    def step(values: Any) -> Any:
        results = _as_list(within(body)(values[0]))
        kept = [xp.asarray(new, old.dtype) for new, old in zip(tree.flatten(results), tree.flatten(plain), strict=True)]
        return tree.pack_sequence_as(plain, kept), values[1] + 1

    return modes.wrapped(engine.while_loop(more, step, (plain, 0))[0])


def _drawn_loop(cond: Any, body: Any, state: Any, most: int | None) -> Any:
    stand_ins = tree.map_structure(_stand_in, state)
    goes_on = _Part(cond, stand_ins)
    turn = _Part(lambda *given: _as_list(body(*given)), stand_ins)
    outputs = tree.map_structure(lambda a, b: _common(a, b), stand_ins, turn.outputs)
    parts = [goes_on, turn]

    def steer(values: Any, found: Any, held: Any) -> Any:
        flat = [xp.asarray(x) for x in tree.flatten(values[0])]

        def more(carry: Any) -> Any:
            going = xp.asarray(_call(goes_on, carry[0], found, carry[1])[0][0])
            return going if most is None else xp.logical_and(going, carry[2] < most)

        def step(carry: Any) -> Any:
            results, after = _call(turn, carry[0], found, carry[1])
            kept = [xp.asarray(new, old.dtype) for new, old in zip(results, flat, strict=True)]
            return kept, after, carry[2] + 1

        if most is None:
            results, after, _ = engine.while_loop(more, step, (flat, held, 0))
        else:  # a scan, which has a gradient

            def once(carry: Any, _: Any) -> Any:
                return engine.cond(more(carry), step, lambda same: same, carry), None

            (results, after, _), _ = engine.scan(once, (flat, held, 0), None, length=most)
        return tree.pack_sequence_as(outputs, results), after

    return _steered(parts, steer, outputs, state, name="while")


def map_fn(
    fn: Callable[..., Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: Any = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    fn_output_signature: Any = None,
) -> Any:
    """A function of each slice along the first axis, the results stacked.

    Args:
        fn: a function of a slice, or of a structure of them.
        elems: a tensor, or a structure of tensors of one length.
        dtype: the dtype of the results, or their structure.
        parallel_iterations: accepted for compatibility.
        back_prop: accepted for compatibility.
        swap_memory: accepted for compatibility.
        infer_shape: accepted for compatibility.
        fn_output_signature: the same as `dtype`.
    """
    found = _along(lambda state, x: (state, fn(x)), [], elems, False, True)[1]
    wanted = fn_output_signature if dtype is None else dtype
    if wanted is None or tree.is_nested(wanted) or isinstance(found, _SEVERAL) or not isinstance(wanted, str):
        return found
    return ops.cast(found, dtype_here(wanted))


vectorized_map = map_fn


def foldl(fn: Callable[..., Any], elems: Any, initializer: Any = None, *rest: Any, **options: Any) -> Any:
    """`total = fn(total, x)` for each slice along the first axis; it begins with the first slice by default."""
    return _fold(fn, elems, initializer, False)


def foldr(fn: Callable[..., Any], elems: Any, initializer: Any = None, *rest: Any, **options: Any) -> Any:
    """`total = fn(total, x)` for each slice along the first axis, from the last on."""
    return _fold(fn, elems, initializer, True)


def _fold(fn: Any, elems: Any, first: Any, reverse: bool) -> Any:
    first, elems = _begun(first, elems, reverse)
    return _along(lambda total, x: (fn(total, x), None), first, elems, reverse, False)[0]


def scan(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
) -> Any:
    """`total = fn(total, x)` for each slice along the first axis; all totals, stacked.

    Args:
        fn: a function of the total so far and a slice.
        elems: a tensor, or a structure of tensors of one length.
        initializer: the first total; the first slice by default, which then is a result as it is.
        parallel_iterations: accepted for compatibility.
        back_prop: accepted for compatibility.
        swap_memory: accepted for compatibility.
        infer_shape: accepted for compatibility.
        reverse: whether to begin with the last slice.
    """
    start, rest = _begun(initializer, elems, reverse)

    def step(total: Any, x: Any) -> Any:
        total = fn(total, x)
        return total, total

    found = _along(step, start, rest, reverse, True)[1]
    if initializer is not None:
        return found
    joined = lambda a, b: arrays.concat([b, a[None]] if reverse else [a[None], b], 0)
    return tree.map_structure(joined, start, found)


def _begun(first: Any, elems: Any, reverse: bool) -> tuple[Any, Any]:
    if first is not None:
        return tree.map_structure(arrays.convert_to_tensor, first), elems
    elems = tree.map_structure(arrays.convert_to_tensor, elems)
    ends = (slice(-1, None), slice(None, -1)) if reverse else (slice(0, 1), slice(1, None))
    return tree.map_structure(lambda x: x[ends[0]][0], elems), tree.map_structure(lambda x: x[ends[1]], elems)


def _along(fn: Any, state: Any, elems: Any, reverse: bool, stacked: bool) -> tuple[Any, Any]:
    """`state, y = fn(state, x)` along the first axis: the last state, and all y stacked."""
    elems = tree.map_structure(arrays.convert_to_tensor, elems)
    if symbolic.is_drawn(elems, state) or modes.graph_mode():
        return _drawn_along(fn, state, elems, reverse, stacked)
    count = int(tree.flatten(elems)[0].shape[0])
    found = []
    for place in reversed(range(count)) if reverse else range(count):
        state, y = fn(state, tree.map_structure(lambda x, place=place: x[place], elems))
        found.append(y)
    found = found[::-1] if reverse else found
    if not stacked or not found:
        return state, None
    return state, tree.map_structure(lambda *leaves: arrays.stack(list(leaves)), *found)


def _drawn_along(fn: Any, state: Any, elems: Any, reverse: bool, stacked: bool) -> tuple[Any, Any]:
    one = tree.map_structure(lambda x: _stand_in(x, [*x.shape][1:]), elems)
    stand_ins = tree.map_structure(_stand_in, state)
    turn = _Part(fn, (stand_ins, one))
    states, ys = turn.outputs
    count = tree.flatten(elems)[0].shape[0]
    many = tree.map_structure(lambda y: None if y is None else KerasTensor((count, *y.shape), y.dtype), ys)
    outputs = (tree.map_structure(lambda x: KerasTensor(x.shape, str(x.dtype)), stand_ins), many)
    size = len(tree.flatten(states))

    def steer(values: Any, found: Any, held: Any) -> Any:
        first = [xp.asarray(x) for x in tree.flatten(values[0])]

        def once(carry: Any, x: Any) -> Any:
            results, after = _call(turn, [*carry[0], *x], found, carry[1])
            kept = [xp.asarray(new, old.dtype) for new, old in zip(results[:size], first, strict=True)]
            return (kept, after), results[size:]

        xs = [xp.asarray(x) for x in tree.flatten(values[1])]
        (last, after), every = engine.scan(once, (first, held), xs, reverse=reverse)
        return (tree.pack_sequence_as(outputs[0], last), tree.pack_sequence_as(many, _filled(many, every))), after

    last, every = _steered([turn], steer, outputs, state, elems, name="scan")
    return last, every if stacked else None


# ---------------------------------------------------------------------- gradients


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: Any = None,
    colocate_gradients_with_ops: bool = False,
    gate_gradients: Any = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "none",
) -> list[Any]:
    """The gradients of the sum of `ys` by each of `xs`, in a graph; None for what they do not depend on.

    Args:
        ys: a tensor, or a list of them.
        xs: variables or tensors.
        grad_ys: what each element of `ys` counts for.
        name: accepted for compatibility.
        colocate_gradients_with_ops: accepted for compatibility.
        gate_gradients: accepted for compatibility.
        aggregation_method: accepted for compatibility.
        stop_gradients: accepted for compatibility.
        unconnected_gradients: `"none"` or `"zero"`.
    """
    modes.set_graph_mode(True)
    by = tree.flatten(xs)
    targets = tree.flatten(ys)
    if grad_ys is not None:
        weights = tree.flatten(grad_ys)
        targets = [y if w is None else ops.multiply(y, w) for y, w in zip(targets, weights, strict=True)]
    found = symbolic.gradients(targets, by)
    if str(getattr(unconnected_gradients, "value", unconnected_gradients)) == "zero":
        return [ops.zeros_like(x) if g is None else g for g, x in zip(found, by, strict=True)]
    return found


def hessians(ys: Any, xs: Any, name: Any = None, **options: Any) -> list[Any]:
    """The second derivatives of a number by each of several vectors, in a graph."""
    found = []
    for x in tree.flatten(xs):
        (first,) = gradients(ys, [x])
        size = int(np.prod(x.shape))
        flat = arrays.reshape(first, [size])
        rows = [gradients(flat[place], [x])[0] for place in range(size)]
        found.append(arrays.reshape(arrays.stack(rows), [*x.shape, *x.shape]))
    return found


def stop_gradient(input: Any) -> Any:
    """The same values, constant to whoever differentiates."""
    return ops.stop_gradient(input)


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function with a gradient of its own.

    Args:
        f: takes tensors, and returns its value and a function from the gradient of that to those of its arguments.
    """

    def plain(*given: Any) -> Any:
        with modes.traced():
            value, back = f(*map(modes.Tensor, map(xp.asarray, given)))

        def backwards(*upstream: Any) -> Any:
            with modes.traced():
                found = back(*map(modes.Tensor, map(xp.asarray, upstream)))
            found = found if isinstance(found, _SEVERAL) else [found]
            return builtins.tuple(xp.asarray(modes.value_of(_read(each))) for each in found)

        return tree.map_structure(lambda x: modes.value_of(_read(x)), value), backwards

    @op
    def run(inputs: Tensor) -> Any:
        return engine.custom_gradient(plain)(*[xp.asarray(x) for x in inputs])

    @functools.wraps(f)
    def call(*args: Any) -> Any:
        given = [arrays.convert_to_tensor(x) for x in args]
        if symbolic.is_drawn(given):
            return on_graph(symbolic.Operation(lambda *values: run(list(values)), name="custom"), *given)
        return modes.given_out(run(given))

    return call


# ---------------------------------------------------------------------- on the host


def py_function(func: Callable[..., Any], inp: Sequence[Any], Tout: Any) -> Any:
    """A Python function of tensors that have values."""
    return _on_host(lambda *values: func(*map(modes.Tensor, map(engine.asarray, values))), inp, Tout)


def numpy_function(func: Callable[..., Any], inp: Sequence[Any], Tout: Any, stateful: bool = True) -> Any:
    """A Python function of NumPy arrays."""
    return _on_host(func, inp, Tout)


def py_func(func: Callable[..., Any], inp: Sequence[Any], Tout: Any, stateful: bool = True) -> Any:
    """A Python function of NumPy arrays."""
    return _on_host(func, inp, Tout)


def _on_host(func: Callable[..., Any], inp: Sequence[Any], kinds: Any) -> Any:
    several = isinstance(kinds, _SEVERAL)
    dtypes = [dtype_here(kind) for kind in (kinds if several else [kinds])]

    def run(*values: Any) -> Any:
        found = func(*[as_numpy(x) for x in values])
        found = found if several and isinstance(found, _SEVERAL) else [found]
        made = [engine.asarray(as_numpy(x), dtype) for x, dtype in zip(found, dtypes, strict=True)]
        return made if several else made[0]

    if not symbolic.is_drawn(list(inp)):
        return run(*map(modes.value_of, inp))
    outputs: Any = [KerasTensor((), dtype) for dtype in dtypes]
    for output in outputs:
        output.vague = True
    return on_graph(symbolic.Operation(run, name="python"), *inp, outputs=outputs if several else outputs[0])


def print(*inputs: Any, output_stream: Any = None, summarize: Any = 3, sep: str = " ", end: str = "\n", name: Any = None) -> Any:
    """Print tensors; in a graph, the operation that does."""
    if symbolic.is_drawn(list(inputs)):

        def show(*values: Any) -> Any:
            _show(values, sep)
            return np.int32(0)

        operation = symbolic.Operation(show, name="print", says_nothing=True)
        return operation.on(*inputs, outputs=KerasTensor((), "int32"))
    _show([modes.value_of(x) for x in inputs], sep)
    return None


def _show(values: Sequence[Any], sep: str) -> None:
    if any(engine.is_traced(value) for value in values):
        *words, last = values if engine.is_array(values[-1]) else (*values, xp.zeros((0,)))
        engine.show(sep.join(map(str, words)) + sep * bool(words), last)
    else:
        builtins.print(*[as_numpy(x) if engine.is_array(x) else x for x in values], sep=sep)


def Print(input_: Any, data: Sequence[Any], message: Any = None, first_n: Any = None, summarize: Any = None) -> Any:
    """A tensor; when it is computed, others are printed after a message."""
    if not symbolic.is_drawn(input_, list(data)):
        _show([message or "", *map(modes.value_of, data)], " ")
        return input_

    def show(value: Any, shown: Any) -> Any:
        for each in shown:
            engine.show(message or "", each)
        return value

    outputs = KerasTensor([*input_.shape], str(input_.dtype))
    return on_graph(symbolic.Operation(show, name="print"), input_, list(data), outputs=outputs)


# ---------------------------------------------------------------------- operations without values


def no_op(name: Any = None) -> Any:
    """An operation that does nothing."""
    return symbolic.grouped(name="no_op") if modes.graph_mode() else None


def group(*inputs: Any, **options: Any) -> Any:
    """An operation that does several."""
    effects = [x for x in tree.flatten(list(inputs)) if isinstance(x, KerasTensor) and x.value is None]
    return modes._drawn.controlled(symbolic.grouped(*effects)) if modes.graph_mode() else None


def tuple(tensors: Sequence[Any], name: Any = None, control_inputs: Any = None) -> list[Any]:
    """The tensors."""
    return list(tensors)


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose gradient is that of the identity."""
    return lambda x: x + ops.stop_gradient(f(x) - x)


def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function: what its gradient needs is kept."""
    return f


AS_THEY_ARE = {"custom_gradient", "grad_pass_through", "recompute_grad"}
