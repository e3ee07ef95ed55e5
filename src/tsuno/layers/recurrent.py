"""Recurrence: a cell applied step by step to a sequence, carrying states along.

A cell is a layer `call(inputs, states) -> (output, states)` with a `state_size`. `RNN` runs one over time as a
compiled scan. A cell that `splits` says what it does to its inputs apart from the states: `prepare` does that for all
steps at once, as one matrix product, before the scan begins, and `step` does the rest. States may be nested lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from tsuno import engine, ops
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.errors import describe
from tsuno.core.registry import in_library
from tsuno.core.variable import Variable
from tsuno.layers.base import Layer
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions, Memory, inner_layer
from tsuno.layers.recurrent_cells import StackedRNNCells


class RNN(Layer):
    """Runs a cell over the steps of a sequence.

    Args:
        cell: a layer with `call(inputs, states)`, returning the output and the next states, and with `state_size`: an
            integer or a list of them. A list of cells is stacked.
        return_sequences: whether to return the output of every step, or of the last one.
        return_state: whether to return the final states as well.
        go_backwards: whether to read the sequence from its end.
        stateful: whether each batch starts from the final states of the one before; the batch size must then be fixed.
        unroll: whether to write the steps out instead of looping; faster for short sequences, slower to compile.
        zero_output_for_mask: whether masked steps give zeros instead of the output before them.
        activity_regularizer: a penalty on the outputs.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, features). Output shape: (batch, units), or (batch, steps, units).

    Masked steps leave the states as they are.

    Example:
        >>> layer = tsuno.layers.RNN(tsuno.layers.SimpleRNNCell(4), return_sequences=True)
        >>> layer(np.ones((2, 5, 3), "float32")).shape
        (2, 5, 4)
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        activity_regularizer: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if isinstance(cell, type) or not hasattr(cell, "call") or not hasattr(cell, "state_size"):
            raise TypeError(f"`RNN.cell` must be a layer with `call` and `state_size`; got {describe(cell)}.")
        self.cell = cell
        self.return_sequences, self.return_state, self.go_backwards = return_sequences, return_state, go_backwards
        self.stateful, self.unroll, self.zero_output_for_mask = stateful, unroll, zero_output_for_mask
        self._memory: Memory | None = None
        self.input_spec = InputSpec(min_ndim=3)
        self.supports_masking = True

    _feature_axis = -1

    def _keep(self, arguments: Mapping[str, Any]) -> None:
        """The parts that arguments name belong to the cell."""

    @property
    def state_size(self) -> list[Any]:
        """The sizes of the states."""
        size = self.cell.state_size
        return [size] if isinstance(size, int) else list(size)

    @property
    def states(self) -> list[Variable] | None:
        """The states that a stateful layer starts the next batch from."""
        return None if self._memory is None else self._memory.variables

    def build(self, sequences_shape: Sequence[int | None], initial_state_shape: Any = None) -> None:
        if not self.cell.built:
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
        axis = self._feature_axis
        self.input_spec = InputSpec(ndim=len(sequences_shape), axes={axis: sequences_shape[axis]})
        if self.stateful:
            if sequences_shape[0] is None:
                raise ValueError(
                    f"`{self.path}` is stateful and needs a fixed batch size: give it Input(batch_shape=(batch, "
                    f"steps, features))."
                )
            first = tree.flatten(self._zero_states(sequences_shape))
            self._memory = Memory(
                [self.add_weight(state.shape, "zeros", trainable=False, name="rnn_state") for state in first]
            )

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """The states before the first step: what the cell says, or zeros."""
        if hasattr(self.cell, "get_initial_state"):
            states = self.cell.get_initial_state(batch_size=batch_size)
            return list(states) if isinstance(states, (list, tuple)) else [states]
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in self.state_size]

    def _zero_states(self, shape: Sequence[Any]) -> list[Any]:
        """The states before the first step of sequences of a shape."""
        return self.get_initial_state(shape[0])

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        states = self._first_states(sequences, initial_state)
        mask = mask[0] if isinstance(mask, list) else mask
        step_inputs, step = self._steps(sequences, training)
        outputs, last, states = self._loop(step, step_inputs, mask, states)
        if self.stateful and self.states is not None:
            for variable, value in zip(self.states, tree.flatten(states), strict=True):
                variable.assign(value)
        result = ops.swapaxes(outputs, 0, 1) if self.return_sequences else last
        return (result, *states) if self.return_state else result

    def _first_states(self, sequences: Any, initial_state: Any) -> list[Any]:
        if initial_state is not None:
            states = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
            if len(states) != len(self.state_size):
                raise ValueError(f"`{self.path}` has {len(self.state_size)} states; initial_state has {len(states)}.")
            return states
        if self.stateful and self.states is not None:
            if sequences.shape[0] != self.states[0].shape[0]:
                raise ValueError(
                    f"`{self.path}` is stateful for a batch of {self.states[0].shape[0]}; got a batch of "
                    f"{sequences.shape[0]}."
                )
            like = self._zero_states(sequences.shape)
            states = tree.pack_sequence_as(like, [variable.value for variable in self.states])
            return list(states)
        return self._zero_states(sequences.shape)

    def _steps(self, sequences: Any, training: bool) -> tuple[Any, Any]:
        """What each step is given (time first), and the function of it and the states."""
        sequences = ops.swapaxes(sequences, 0, 1)
        if getattr(self.cell, "splits", False):
            with scope(path=(*context.path, self.cell.name)):
                prepared, constants = self.cell.prepare(sequences, training)
            return prepared, lambda x, states: self.cell.step(x, states, constants)

        def step(x: Any, states: list[Any]) -> tuple[Any, list[Any]]:
            output, new = self.cell(x, states)
            return output, list(new) if isinstance(new, (list, tuple)) else [new]

        return sequences, step

    def _loop(self, step: Any, inputs: Any, mask: Any, states: list[Any]) -> tuple[Any, Any, list[Any]]:
        """Run the steps: all outputs (time first), the last one, the final states."""
        masks = None if mask is None else ops.expand_dims(ops.cast(ops.swapaxes(mask, 0, 1), "bool"), -1)

        def advance(carry: tuple[Any, ...], item: tuple[Any, Any], products: Sequence[Any] = ()) -> Any:
            x, kept = item
            by_weight = {id(weight): product for weight, product in zip(carried, products, strict=False)}
            bindings, dtype = dict(context.bindings or {}), context.compute_dtype
            with scope(bindings=bindings, compute_dtype=dtype, probes=None, tap=None, products=by_weight):
                output, new = step(x, tree.pack_sequence_as(states, list(carry)))
            new = tree.flatten(new)
            if kept is not None:
                instead = ops.zeros_like(output) if self.zero_output_for_mask else _output_before(states, carry)
                output = _where(kept, output, instead)
                new = [_where(kept, after, before) for after, before in zip(new, carry, strict=True)]
            return tuple(ops.cast(value, before.dtype) for value, before in zip(new, carry, strict=True)), output

        carried: list[Any] = getattr(self.cell, "carried", [])
        carry = tuple(tree.flatten(states))
        if self.unroll:
            order = range(inputs.shape[0])
            outputs = []
            for t in reversed(order) if self.go_backwards else order:
                carry, output = advance(carry, (inputs[t], None if masks is None else masks[t]))
                outputs.append(output)
            return ops.stack(outputs), outputs[-1], list(tree.pack_sequence_as(states, list(carry)))
        if self.go_backwards:
            inputs = ops.flip(inputs, axis=0)
            masks = None if masks is None else ops.flip(masks, axis=0)
        additive = getattr(self.cell, "additive", False) and in_library(type(self.cell))
        weights = [weight.value for weight in carried]
        carry, outputs = engine.recurrence(advance, carry, (inputs, masks), weights, additive)
        return outputs, outputs[-1], list(tree.pack_sequence_as(states, list(carry)))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        mask = mask[0] if isinstance(mask, list) else mask
        output_mask = mask if self.return_sequences else None
        return [output_mask, *(None for _ in self.state_size)] if self.return_state else output_mask

    def reset_state(self) -> None:
        """Set the states of a stateful layer to zero."""
        for variable in self.states or []:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    reset_states = reset_state

    def __getattr__(self, name: str) -> Any:
        # The arguments that belong to the cell are read from it.
        cell = self.__dict__.get("cell")
        if cell is not None and name in type(cell).__signature__.parameters:
            return getattr(cell, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        return super().from_config({**config, "cell": inner_layer(config["cell"])} if "cell" in config else config)


def _where(kept: Any, after: Any, before: Any) -> Any:
    """`after` in the samples that a mask (batch, 1) keeps, `before` in the others."""
    return ops.where(ops.reshape(kept, (-1, *(1,) * (len(after.shape) - 1))), after, before)


def _output_before(states: list[Any], carry: tuple[Any, ...]) -> Any:
    """The output of the step before: the first state, of stacked cells that of the last one."""
    last = states[-1]
    return carry[-len(last)] if isinstance(last, (list, tuple)) else carry[-1 if _nested(states) else 0]


def _nested(states: list[Any]) -> bool:
    return any(isinstance(state, (list, tuple)) for state in states)
