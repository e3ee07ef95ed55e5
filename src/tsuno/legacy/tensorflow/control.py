"""Branches and loops over tensors: `tf.cond`, `tf.while_loop`, `tf.map_fn`, `tf.scan`.

A function that is given to these is called at once where tensors have values. In a graph it is called once, on
stand-ins; what it draws becomes a `Part` of the graph, which a compiled branch or loop then runs.
"""

from __future__ import annotations

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
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import arrays, modes
from tsuno.legacy.tensorflow.calls import dtype_here, settled
from tsuno.legacy.tensorflow.parts import Part, call_part, common, filled, read, stand_in, steered

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
    parts = [Part(function) for function in functions]
    outputs = tree.map_structure(common, *[part.outputs for part in parts])

    def steer(values: Any, found: Any, state: Any) -> Any:
        branches = [lambda s, part=part: call_part(part, (), found, s) for part in parts]
        results, after = choose(xp.asarray(values[0], "int32"), branches, state)
        return tree.pack_sequence_as(outputs, filled(outputs, results)), after

    return steered(parts, steer, outputs, index, name="cond")


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
            leaves = [None if x is None else xp.asarray(modes.value_of(read(x))) for x in tree.flatten(result)]
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
    return tuple(found) if isinstance(loop_vars, tuple) else list(found)


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
        state = list(result) if isinstance(result, (list, tuple)) and len(state) > 1 else _as_list(result)
        turn += 1
    return state


def _as_list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (list, tuple)) else [result]


def _compiled_loop(cond: Any, body: Any, state: Any, most: int | None) -> Any:
    plain = tree.map_structure(lambda x: xp.asarray(modes.value_of(read(x))), state)

    def within(function: Any) -> Any:
        def run(values: Any) -> Any:
            with modes.traced():
                result = function(*tree.map_structure(modes.Tensor, values))
            return tree.map_structure(lambda x: modes.value_of(read(x)), result)

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
    stand_ins = tree.map_structure(stand_in, state)
    goes_on = Part(cond, stand_ins)
    turn = Part(lambda *given: _as_list(body(*given)), stand_ins)
    outputs = tree.map_structure(lambda a, b: common(a, b), stand_ins, turn.outputs)
    parts = [goes_on, turn]

    def steer(values: Any, found: Any, held: Any) -> Any:
        flat = [xp.asarray(x) for x in tree.flatten(values[0])]

        def more(carry: Any) -> Any:
            going = xp.asarray(call_part(goes_on, carry[0], found, carry[1])[0][0])
            return going if most is None else xp.logical_and(going, carry[2] < most)

        def step(carry: Any) -> Any:
            results, after = call_part(turn, carry[0], found, carry[1])
            kept = [xp.asarray(new, old.dtype) for new, old in zip(results, flat, strict=True)]
            return kept, after, carry[2] + 1

        if most is None:
            results, after, _ = engine.while_loop(more, step, (flat, held, 0))
        else:  # a scan, which has a gradient

            def once(carry: Any, _: Any) -> Any:
                return engine.cond(more(carry), step, lambda same: same, carry), None

            (results, after, _), _ = engine.scan(once, (flat, held, 0), None, length=most)
        return tree.pack_sequence_as(outputs, results), after

    return steered(parts, steer, outputs, state, name="while")


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
    if wanted is None or tree.is_nested(wanted) or isinstance(found, (list, tuple)) or not isinstance(wanted, str):
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
    one = tree.map_structure(lambda x: stand_in(x, [*x.shape][1:]), elems)
    stand_ins = tree.map_structure(stand_in, state)
    turn = Part(fn, (stand_ins, one))
    states, ys = turn.outputs
    count = tree.flatten(elems)[0].shape[0]
    many = tree.map_structure(lambda y: None if y is None else KerasTensor((count, *y.shape), y.dtype), ys)
    outputs = (tree.map_structure(lambda x: KerasTensor(x.shape, str(x.dtype)), stand_ins), many)
    size = len(tree.flatten(states))

    def steer(values: Any, found: Any, held: Any) -> Any:
        first = [xp.asarray(x) for x in tree.flatten(values[0])]

        def once(carry: Any, x: Any) -> Any:
            results, after = call_part(turn, [*carry[0], *x], found, carry[1])
            kept = [xp.asarray(new, old.dtype) for new, old in zip(results[:size], first, strict=True)]
            return (kept, after), results[size:]

        xs = [xp.asarray(x) for x in tree.flatten(values[1])]
        (last, after), every = engine.scan(once, (first, held), xs, reverse=reverse)
        return (tree.pack_sequence_as(outputs[0], last), tree.pack_sequence_as(many, filled(many, every))), after

    last, every = steered([turn], steer, outputs, state, elems, name="scan")
    return last, every if stacked else None
