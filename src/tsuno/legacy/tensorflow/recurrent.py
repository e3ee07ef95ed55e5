"""`tf.nn.dynamic_rnn` and the like: what runs cells over the steps of sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core import seeds, tree
from tsuno.core.context import context, scope
from tsuno.core.op import to_array
from tsuno.core.spec import KerasTensor, infer
from tsuno.core.variable import Variable as Slot
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import modes, variables
from tsuno.legacy.tensorflow.calls import on_graph
from tsuno.legacy.tensorflow.cells import _is_one, _mapped, _steps


def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: Any = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """The outputs of a cell at all steps, and the last state, by one compiled loop.

    Args:
        cell: the cell.
        inputs: (batch, steps, …), or (steps, batch, …) if `time_major`.
        sequence_length: (batch,): after so many steps outputs are zeros and the state stays.
        initial_state: the first state; zeros by default.
        dtype: the dtype of the zeros.
        parallel_iterations: accepted for compatibility.
        swap_memory: accepted for compatibility.
        time_major: whether steps come first.
        scope: the scope of the weights; `rnn` by default.
    """
    with variables.variable_scope(scope or "rnn"):
        return _run(cell, inputs, sequence_length, initial_state, dtype, time_major, False)


def static_rnn(
    cell: Any, inputs: Sequence[Any], initial_state: Any = None, dtype: Any = None, sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """The outputs of a cell for a list of inputs, one for each step, as a list; and the last state."""
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise TypeError("`static_rnn` takes a list of tensors, one for each step; `dynamic_rnn` takes one tensor.")
    with variables.variable_scope(scope or "rnn"):
        stacked = ops.stack(list(inputs), axis=0)
        outputs, state = _run(cell, stacked, sequence_length, initial_state, dtype, True, False)
    return list(ops.unstack(outputs, num=len(inputs), axis=0)), state


rnn = static_rnn


def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: Any = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Two cells, one of which reads the sequences from their ends: pairs of outputs and of last states."""
    with variables.variable_scope(scope or "bidirectional_rnn"):
        with variables.variable_scope("fw"):
            ahead = _run(cell_fw, inputs, sequence_length, initial_state_fw, dtype, time_major, False)
        with variables.variable_scope("bw"):
            back = _run(cell_bw, inputs, sequence_length, initial_state_bw, dtype, time_major, True)
    return (ahead[0], back[0]), (ahead[1], back[1])


def static_bidirectional_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Sequence[Any], initial_state_fw: Any = None, initial_state_bw: Any = None,
    dtype: Any = None, sequence_length: Any = None, scope: Any = None,
) -> tuple[list[Any], Any, Any]:  # fmt: skip
    """Two cells over a list of inputs: outputs of both at each step, one after the other, and the two last states."""
    stacked = ops.stack(list(inputs), axis=0)
    both, states = bidirectional_dynamic_rnn(
        cell_fw,
        cell_bw,
        stacked,
        sequence_length,
        initial_state_fw,
        initial_state_bw,
        dtype,
        time_major=True,
        scope=scope,
    )
    outputs = ops.concatenate(list(both), axis=-1)
    return list(ops.unstack(outputs, num=len(inputs), axis=0)), *states


def _run(
    cell: Any, inputs: Any, lengths: Any, state: Any, dtype: Any, time_major: bool, backward: bool
) -> tuple[Any, Any]:
    rank = len(inputs.shape)
    if rank < 3:
        raise ValueError(f"A recurrent network takes (batch, steps, …); the inputs have shape {tuple(inputs.shape)}.")
    batch = inputs.shape[1 if time_major else 0]
    one = KerasTensor((batch, *inputs.shape[2:]), inputs.dtype)
    began = len(variables._made)
    scopes = list(variables._scopes)

    def called(x: Any, s: Any) -> Any:
        """The cell on arrays; cells of users see tensors, and find again the variables that they ask for by name."""
        if not _is_users(cell):
            return cell(x, s)
        outside, variables._scopes[:] = list(variables._scopes), [(part, True) for part, _ in scopes]
        try:
            with scope(recording=None):
                return tree.map_structure(to_array, cell(*modes.wrapped((x, s))))
        finally:
            variables._scopes[:] = outside

    zero = _mapped(lambda size: KerasTensor((batch, size), dtype or inputs.dtype), cell.state_size)
    with _steps.at({}, np.zeros(2, "uint32")):  # makes the weights
        infer(lambda x, s: called(x, s), (one, zero if state is None else _plainly(state, zero)), {})
    tensors = _tensors_of(cell)
    held = [*variables._made[began:], *_weights_of(cell)]
    if _is_users(cell):
        place = "/".join(part for part, _ in scopes if part)
        held += [v for v in variables._made if v.path.startswith(place)]
    drawn = context.recording is not None and modes.graph_mode()
    generator = seeds.SeedGenerator() if drawn else seeds.global_generator()

    def compute(x: Any, counts: Any, first: Any, given: Sequence[Any]) -> Any:
        x = xp.asarray(x) if time_major else xp.moveaxis(xp.asarray(x), 0, 1)
        if first is None:
            first = _mapped(lambda size: xp.zeros((x.shape[1], size), dtype or x.dtype), cell.state_size)
        first = tree.map_structure(xp.asarray, first)
        steps = xp.arange(len(x))
        key = xp.asarray(generator.next()) if tensors or _draws(cell) else xp.zeros(2, "uint32")
        values = {id(tensor): value for tensor, value in zip(tensors, given, strict=True)}
        if backward:
            x = _turned(x, counts)

        def advance(state: Any, each: Any) -> Any:
            now, step = each
            with scope(recording=None), _steps.at(values, key + xp.stack([step, step]).astype("uint32") * 64):
                output, new = called(now, state)
            output, new = tree.map_structure(to_array, (output, new))
            if counts is not None:
                lives = (step < xp.asarray(counts))[:, None]
                output = xp.where(lives, output, 0)
                new = tree.map_structure(lambda a, b: xp.where(lives, a, b), new, state)
            flat = [a.astype(b.dtype) for a, b in zip(tree.flatten(new), tree.flatten(state), strict=True)]
            return tree.pack_sequence_as(state, flat), output

        last, outputs = engine.scan(advance, first, (x, steps))
        outputs = _turned(outputs, counts) if backward else outputs
        return outputs if time_major else xp.moveaxis(outputs, 0, 1), last

    args = (inputs, lengths, state, tensors)
    if context.recording is None:
        found = compute(*tree.map_structure(to_array, args))
    elif modes.graph_mode():
        found = on_graph(symbolic.Operation(compute, [held, generator], "rnn"), *args)
    else:
        found = context.recording.run(_Held(compute, [held, generator]), args, {})
    return found[0], found[1]


class _Held:
    """A function with the variables that it reads, so that tapes find them."""

    def __init__(self, function: Any, held: Any) -> None:
        self.function = function
        self.__self__ = held
        self.__name__ = "rnn"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


def _plainly(state: Any, zero: Any) -> Any:
    """Stand-ins of the shapes that the first state has."""
    flat = [KerasTensor(s.shape, s.dtype) for s in tree.flatten(state)]
    return (
        tree.pack_sequence_as(zero, flat)
        if len(flat) == len(tree.flatten(zero))
        else tree.pack_sequence_as(state, flat)
    )


def _turned(x: Any, counts: Any) -> Any:
    """Sequences (steps, batch, …) from their ends on."""
    if counts is None:
        return x[::-1]
    place, count = xp.arange(len(x))[:, None], xp.asarray(counts)[None]
    rows = xp.where(place < count, count - 1 - place, place)
    return xp.take_along_axis(x, rows.reshape((*rows.shape, *[1] * (x.ndim - 2))), axis=0)


def _is_users(cell: Any) -> bool:
    return type(cell).__module__.partition(".")[0] != "tsuno" or any(map(_is_users, _inner(cell)))


def _inner(cell: Any) -> list[Any]:
    return [*getattr(cell, "_cells", ()), *([cell._cell] if hasattr(cell, "_cell") else [])]


def _tensors_of(cell: Any) -> list[Any]:
    """The tensors of the graph that a cell refers to, such as probabilities that are fed."""
    own = [x for x in getattr(cell, "_keep", ()) if symbolic.is_drawn(x)]
    return list({id(x): x for x in [*own, *(y for each in _inner(cell) for y in _tensors_of(each))]}.values())


def _draws(cell: Any) -> bool:
    return any(not _is_one(x) for x in getattr(cell, "_keep", ())) or any(map(_draws, _inner(cell)))


def _weights_of(cell: Any) -> list[Any]:
    own = [x for x in vars(cell).values() if isinstance(x, Slot)] if hasattr(cell, "__dict__") else []
    inner = [v for each in _inner(cell) for v in _weights_of(each)]
    return [*getattr(cell, "weights", ()), *own, *inner]
