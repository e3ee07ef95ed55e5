"""`keras.backend`: functions applied step by step: over time, and over the first axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from tsuno import ops
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, to_array
from tsuno.core.variable import all_or_nothing
from tsuno.legacy.backend.recording import whole

__all__ = ["foldl", "foldr", "map_fn", "rnn"]

Step = Callable[[Any, Any], tuple[Any, Sequence[Any]]]


@whole
def rnn(
    step_function: Step,
    inputs: Any,
    initial_states: Sequence[Any],
    go_backwards: bool = False,
    mask: Tensor = None,
    constants: Sequence[Any] | None = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, list[Any]]:
    """The last output, all outputs and the last states of a function applied to each step in turn.

    Args:
        step_function: from the inputs of a step and a list of states and constants to an output and new states.
        inputs: (batch, steps, ...), or a structure of such.
        initial_states: the states before the first step.
        go_backwards: whether to begin with the last step.
        mask: (batch, steps), True where a step counts; where it does not, states stay, and so does the output.
        constants: what every step is given after the states.
        unroll: whether the steps are written out instead of looped over.
        input_length: how many steps count for each sample, (batch,), where there is no mask; one number says nothing.
        time_major: whether steps come before the batch, in inputs, mask and outputs.
        zero_output_for_mask: whether outputs of steps that do not count are zeros.
        return_all_outputs: whether all outputs are returned, or the last one along an axis of size 1.
    """
    turn = (lambda x: x) if time_major else (lambda x: ops.swapaxes(x, 0, 1))
    x = tree.map_structure(lambda item: turn(ops.convert_to_tensor(item)), inputs)
    leaves = tree.flatten(x)
    if any(leaf.ndim < 3 for leaf in leaves):
        raise invalid("rnn.inputs", "of three or more axes: the batch, steps, and features", leaves[0])
    if go_backwards:
        x = tree.map_structure(lambda item: ops.flip(item, 0), x)
    counts = _counting(mask, input_length, leaves[0].shape[0], turn, go_backwards)
    extra, states = (
        list(constants or ()),
        [ops.convert_to_tensor(state) for state in tree.flatten(list(initial_states))],
    )

    def apply(item: Any, flat: Sequence[Any]) -> tuple[Any, list[Any]]:
        given = list(tree.pack_sequence_as(list(initial_states), list(flat)))
        output, new = step_function(item, given + extra)
        output = tree.map_structure(to_array, output)
        return output, [ops.cast(value, before.dtype) for value, before in zip(tree.flatten(new), flat, strict=False)]

    def advance(carry: Any, given: Any) -> Any:
        (before, flat), (item, kept) = carry, given
        with scope(bindings=dict(context.bindings or {}), assigned=None):  # what a step assigns stays in it
            output, new = apply(item, flat)
        if kept is not None:
            new = [_where(kept, after, state) for after, state in zip(new, flat, strict=True)]
            instead = tree.map_structure(ops.zeros_like, output) if zero_output_for_mask else before
            output = tree.map_structure(lambda after, other: _where(kept, after, other), output, instead)
        return (None if kept is None else output, new), output

    with all_or_nothing() if context.bindings is None else nullcontext():
        # Once before the loop: random streams move on, and it is known what stands for the output before the first.
        output, _ = apply(tree.map_structure(lambda item: item[0], x), states)
        first = None if counts is None else tree.map_structure(ops.zeros_like, output)
        (_, states), outputs = ops.scan(advance, (first, states), (x, counts), unroll=bool(unroll) or 1)
    last = tree.map_structure(lambda item: item[-1], outputs)
    if not return_all_outputs:
        outputs = tree.map_structure(lambda item: item[-1:], outputs)
    return last, tree.map_structure(turn, outputs), list(tree.pack_sequence_as(list(initial_states), list(states)))


def _counting(mask: Any, lengths: Any, steps: int, turn: Any, backwards: bool) -> Any:
    """Which steps count, (steps, batch) in the order in which they come; None where all do."""
    if mask is not None:
        mask = ops.cast(mask, "bool")
        mask = turn(ops.squeeze(mask, -1) if mask.ndim == 3 else mask)
        return ops.flip(mask, 0) if backwards else mask
    if lengths is None or ops.ndim(lengths) != 1:
        return None
    lengths, place = ops.convert_to_tensor(lengths), ops.arange(steps)[:, None]
    # Backwards, lengths are counted as if all samples ended with the longest.
    return ops.max(lengths) - 1 - lengths < place if backwards else place < lengths


def _where(kept: Any, after: Any, before: Any) -> Any:
    """`after` in samples that count, `before` in the others."""
    return ops.where(ops.reshape(kept, (-1, *(1,) * (len(after.shape) - 1))), after, before)


@whole
def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """A function of each slice along the first axis, stacked."""
    results = ops.map(lambda item: tree.map_structure(to_array, fn(item)), elems)
    return results if dtype is None else tree.map_structure(lambda x: ops.cast(x, dtype), results)


@whole
def foldl(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """fn(... fn(fn(initializer, first), second) ..., last); without `initializer` it begins with the first."""
    return _folded(fn, elems, initializer)


@whole
def foldr(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """fn(... fn(fn(initializer, last), one before) ..., first); without `initializer` it begins with the last."""
    return _folded(fn, tree.map_structure(lambda x: ops.flip(x, 0), elems), initializer)


def _folded(fn: Callable[[Any, Any], Any], elems: Any, start: Any) -> Any:
    elems = tree.map_structure(ops.convert_to_tensor, elems)
    if start is None:
        start = tree.map_structure(lambda x: x[0], elems)
        elems = tree.map_structure(lambda x: x[1:], elems)
    start = tree.map_structure(ops.convert_to_tensor, start)

    def advance(carry: Any, item: Any) -> Any:
        new = tree.map_structure(lambda after, before: ops.cast(after, before.dtype), fn(carry, item), carry)
        return new, None

    return ops.scan(advance, start, elems)[0]
