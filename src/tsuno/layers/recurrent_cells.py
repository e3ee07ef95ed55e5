"""The three recurrent cells: simple, LSTM, GRU.

A cell's step splits in two: `project` (inputs · kernel + bias), which knows no states, and `step`, which adds what
the states say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Unpack

from tsuno import activations, initializers, ops, random
from tsuno.core import tree
from tsuno.core.context import context
from tsuno.core.errors import describe
from tsuno.core.seeds import SeedGenerator
from tsuno.core.validate import Fraction, PositiveInt
from tsuno.core.variable import Variable
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions, inner_layer

__all__ = ["GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"]


def arguments_for(cls: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a constructor's local variables that another class's constructor takes."""
    return {name: given[name] for name in cls.__signature__.parameters if name in given}


class _Cell(Layer):
    """What the three cells share: a kernel for inputs, one for the state, a bias; one block of columns per gate."""

    activation: Callable[..., Any]
    gates: ClassVar[int]
    splits: ClassVar[bool] = True
    gate_axis: int = -1
    recurrent_activation: Callable[..., Any]
    bias_initializer: Callable[..., Any]

    def __init__(
        self,
        units: PositiveInt,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.use_bias, self.seed = units, use_bias, seed
        self.dropout, self.recurrent_dropout = dropout, recurrent_dropout
        self.seed_generator = SeedGenerator(seed) if dropout or recurrent_dropout else None

    @property
    def state_size(self) -> int | list[int]:
        """The size of the state, or of each of them."""
        return self.units

    @property
    def output_size(self) -> int:
        """The size of the output."""
        return self.units

    def bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    def first_bias(self) -> Any:
        return self.bias_initializer

    def build(self, input_shape: Sequence[int | None]) -> None:
        width = self.gates * self.units
        self.kernel = self._weight("kernel", (input_shape[-1], width))
        self.recurrent_kernel = self._weight("recurrent_kernel", (self.units, width), part="recurrent")
        self.bias = self._weight("bias", self.bias_shape(), wanted=self.use_bias, initializer=self.first_bias())

    def input_bias(self) -> Any:
        """The bias that belongs to the inputs."""
        return self.bias

    def project(self, inputs: Any) -> Any:
        """What the inputs contribute to all gates, for one step or for many at once."""
        z = ops.matmul(inputs, self.kernel)
        return z if self.bias is None else ops.add(z, self.input_bias())

    def step(self, projected: Any, states: Sequence[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        """The output and the next states, from what the inputs contribute and the states before."""
        raise NotImplementedError

    def masks(self, batch: int, features: int, dtype: Any, training: bool) -> tuple[Any, Any]:
        """The dropout masks of inputs and state, which hold for all steps of a sequence; None where nothing drops."""
        rates = ((self.dropout, features), (self.recurrent_dropout, self.units))
        dropped = [self.mask(rate, (batch, size), dtype, training) for rate, size in rates]
        return dropped[0], dropped[1]

    def mask(self, rate: float, shape: Sequence[Any], dtype: Any, training: bool) -> Any:
        """A dropout mask, or None where nothing drops."""
        if not training or not rate:
            return None
        return random.dropout(ops.ones(shape, dtype=dtype), rate, seed=self.seed_generator)

    def prepare(self, inputs: Any, training: bool) -> tuple[Any, Any]:
        """The projected inputs of one step or of all (time first), and the dropout mask of the state."""
        mask, recurrent_mask = self.masks(inputs.shape[-2], inputs.shape[-1], inputs.dtype, training)
        if mask is not None:
            inputs = inputs * mask
        return self.project(inputs), recurrent_mask

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        listed = states if isinstance(states, (list, tuple)) else [states]
        projected, recurrent_mask = self.prepare(inputs, training)
        output, new = self.step(projected, listed, recurrent_mask)
        return output, new if isinstance(states, (list, tuple)) else new[0]

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Zeros."""
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]

    additive: ClassVar[bool] = True
    """Whether the gates depend on the sum of what inputs and state contribute, not on each."""

    @property
    def carried(self) -> list[Variable]:
        """The weights that `step` multiplies a state with, each once."""
        return [self.recurrent_kernel] if isinstance(self.recurrent_kernel, Variable) else []

    def _recur(self, state: Any, mask: Any) -> Any:
        """What the state contributes to all gates."""
        state = state if mask is None else state * mask
        product = (context.products or {}).pop(id(self.recurrent_kernel), None)
        return ops.matmul(state, self.recurrent_kernel) if product is None else product(state)


class SimpleRNNCell(_Cell):
    """One step of a simple recurrent network: h ← activation(x · W + h · U + b).

    Args:
        units: the size of state and output.
        activation: a function, or its name.
        use_bias: whether to add a bias.
        kernel_initializer: how the first values of W are made.
        recurrent_initializer: how the first values of U are made.
        bias_initializer: how the first values of b are made.
        kernel_regularizer: a penalty on W.
        recurrent_regularizer: a penalty on U.
        bias_regularizer: a penalty on b.
        kernel_constraint: what W is passed through after each step of training.
        recurrent_constraint: what U is passed through after each step of training.
        bias_constraint: what b is passed through after each step of training.
        dropout: the part of the inputs dropped while training.
        recurrent_dropout: the part of the state dropped while training.
        seed: an integer for reproducible dropout.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> cell = tsuno.layers.SimpleRNNCell(4)
        >>> output, states = cell(np.ones((2, 3), "float32"), [np.zeros((2, 4), "float32")])
        >>> output.shape
        (2, 4)

    Source: J. L. Elman, *Finding Structure in Time*, 1990.
    """

    gates = 1

    def step(self, projected: Any, states: Sequence[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        h = self.activation(projected + self._recur(states[0], recurrent_mask))
        return h, [h]


class LSTMCell(_Cell):
    """One step of a long short-term memory.

        i, f, o = σ(x · W + h · U + b)        c ← f c + i tanh(x · W + h · U + b)        h ← o tanh(c)

    Args:
        units: the size of both states and of the output.
        activation: the function written tanh above.
        recurrent_activation: the function written σ above.
        use_bias: whether to add a bias.
        kernel_initializer: how the first values of W are made.
        recurrent_initializer: how the first values of U are made.
        bias_initializer: how the first values of b are made.
        unit_forget_bias: whether the bias of f starts at 1.
        kernel_regularizer: a penalty on W.
        recurrent_regularizer: a penalty on U.
        bias_regularizer: a penalty on b.
        kernel_constraint: what W is passed through after each step of training.
        recurrent_constraint: what U is passed through after each step of training.
        bias_constraint: what b is passed through after each step of training.
        dropout: the part of the inputs dropped while training.
        recurrent_dropout: the part of the state dropped while training.
        seed: an integer for reproducible dropout.
        implementation: accepted for compatibility; there is one.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> cell = tsuno.layers.LSTMCell(4)
        >>> zeros = np.zeros((2, 4), "float32")
        >>> output, (h, c) = cell(np.ones((2, 3), "float32"), [zeros, zeros])
        >>> output.shape, c.shape
        ((2, 4), (2, 4))

    Source: S. Hochreiter and J. Schmidhuber, *Long Short-Term Memory*, 1997.
    """

    _unsaid = frozenset({"implementation"})
    gates = 4

    def __init__(
        self,
        units: PositiveInt,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        seed: int | None = None,
        implementation: int = 2,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**arguments_for(_Cell, locals()), **kwargs)
        self.unit_forget_bias = unit_forget_bias

    @property
    def state_size(self) -> list[int]:
        """The sizes of h and c."""
        return [self.units, self.units]

    def first_bias(self) -> Any:
        if not self.unit_forget_bias:
            return self.bias_initializer

        def forget_gate_at_one(shape: Sequence[int], dtype: Any = None) -> Any:
            n = self.units
            first, last = self.bias_initializer((n,), dtype=dtype), self.bias_initializer((2 * n,), dtype=dtype)
            return ops.concatenate([first, initializers.Ones()((n,), dtype=dtype), last])

        return forget_gate_at_one

    def step(self, projected: Any, states: Sequence[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        gates = projected + self._recur(states[0], recurrent_mask)
        i, f, c, o = ops.split(gates, 4, axis=self.gate_axis)
        sigma = self.recurrent_activation
        if not context.training and sigma in (activations.sigmoid, activations.hard_sigmoid):
            # One loop over all gates is vectorized, those that are fused with the rest of the step are not; but where
            # a gradient keeps the gates there is nothing to gain.
            i, f, _, o = ops.split(sigma(gates), 4, axis=self.gate_axis)
        else:
            i, f, o = sigma(i), sigma(f), sigma(o)
        c = f * states[1] + i * self.activation(c)
        h = o * self.activation(c)
        return h, [h, c]


class GRUCell(_Cell):
    """One step of a gated recurrent unit.

        z, r = σ(x · W + h · U + b)        h ← z h + (1 - z) tanh(x · W + r (h · U + b'))

    Args:
        units: the size of state and output.
        activation: the function written tanh above.
        recurrent_activation: the function written σ above.
        use_bias: whether to add a bias.
        kernel_initializer: how the first values of W are made.
        recurrent_initializer: how the first values of U are made.
        bias_initializer: how the first values of b are made.
        kernel_regularizer: a penalty on W.
        recurrent_regularizer: a penalty on U.
        bias_regularizer: a penalty on b.
        kernel_constraint: what W is passed through after each step of training.
        recurrent_constraint: what U is passed through after each step of training.
        bias_constraint: what b is passed through after each step of training.
        dropout: the part of the inputs dropped while training.
        recurrent_dropout: the part of the state dropped while training.
        reset_after: whether r multiplies h · U (as above, with its own bias), or h before the product.
        seed: an integer for reproducible dropout.
        implementation: accepted for compatibility; there is one.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> cell = tsuno.layers.GRUCell(4)
        >>> output, states = cell(np.ones((2, 3), "float32"), [np.zeros((2, 4), "float32")])
        >>> output.shape
        (2, 4)

    Source: K. Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder*, 2014.
    """

    _unsaid = frozenset({"implementation"})
    gates = 3
    additive = False

    def __init__(
        self,
        units: PositiveInt,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        implementation: int = 2,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**arguments_for(_Cell, locals()), **kwargs)
        self.reset_after = reset_after

    @property
    def carried(self) -> list[Variable]:
        return super().carried if self.reset_after else []

    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self) -> Any:
        return self.bias[0] if self.reset_after and self.bias is not None else self.bias

    def step(self, projected: Any, states: Sequence[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        h, n, sigma = states[0], self.units, self.recurrent_activation
        x_z, x_r, x_h = ops.split(projected, 3, axis=-1)
        if self.reset_after:
            inner = self._recur(h, recurrent_mask)
            inner = inner if self.bias is None else inner + self.bias[1]
            u_z, u_r, u_h = ops.split(inner, 3, axis=-1)
            z, r = sigma(x_z + u_z), sigma(x_r + u_r)
            candidate = self.activation(x_h + r * u_h)
        else:
            dropped = h if recurrent_mask is None else h * recurrent_mask
            kernel = ops.convert_to_tensor(self.recurrent_kernel)
            u_z, u_r = ops.split(ops.matmul(dropped, kernel[:, : 2 * n]), 2, axis=-1)
            z, r = sigma(x_z + u_z), sigma(x_r + u_r)
            candidate = self.activation(x_h + ops.matmul(r * dropped, kernel[:, 2 * n :]))
        h = z * h + (1 - z) * candidate
        return h, [h]


class StackedRNNCells(Layer):
    """Several cells as one: the output of each is the input of the next.

    Args:
        cells: a list of cells.
        **kwargs: the arguments of every layer, see `Layer`.

    The states are a list with the states of each cell.

    Example:
        >>> cells = tsuno.layers.StackedRNNCells([tsuno.layers.LSTMCell(4), tsuno.layers.LSTMCell(3)])
        >>> tsuno.layers.RNN(cells)(np.ones((2, 5, 6), "float32")).shape
        (2, 3)
    """

    splits: ClassVar[bool] = True

    def __init__(self, cells: Sequence[Any], **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        for cell in cells:
            if isinstance(cell, type) or not hasattr(cell, "call") or not hasattr(cell, "state_size"):
                raise TypeError(f"`StackedRNNCells.cells` must have `call` and `state_size`; got {describe(cell)}.")
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """The sizes of the states of each cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        return _output_size(self.cells[-1])

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """What each cell says, or zeros."""
        return [
            cell.get_initial_state(batch_size=batch_size)
            if hasattr(cell, "get_initial_state")
            else tree.map_structure(lambda n: ops.zeros((batch_size, n), dtype=self.compute_dtype), cell.state_size)
            for cell in self.cells
        ]

    additive: ClassVar[bool] = False

    @property
    def carried(self) -> list[Variable]:
        """The weights that the cells multiply a state with, each once."""
        return [weight for cell in self.cells for weight in getattr(cell, "carried", [])]

    def build(self, input_shape: Sequence[int | None]) -> None:
        for cell in self.cells:
            if not cell.built:
                cell.build(input_shape)
                cell.built = True
            input_shape = (input_shape[0], _output_size(cell))

    def prepare(self, inputs: Any, training: bool) -> tuple[Any, Any]:
        """The first cell's projected inputs, and the dropout masks of all."""
        constants: list[tuple[Any, Any] | None] = []
        batch, size = inputs.shape[-2:]
        for place, cell in enumerate(self.cells):
            if not getattr(cell, "splits", False):
                constants.append(None)
            elif place == 0:
                inputs, recurrent_mask = cell.prepare(inputs, training)
                constants.append((None, recurrent_mask))
            else:
                constants.append(cell.masks(batch, size, self.compute_dtype, training))
            size = _output_size(cell)
        return inputs, constants

    def step(self, prepared: Any, states: Sequence[Any], constants: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The last cell's output and the next states of all."""
        x, after = prepared, []
        for place, (cell, state, masks) in enumerate(zip(self.cells, states, constants, strict=True)):
            several = isinstance(state, (list, tuple))
            listed = list(state) if several else [state]
            if masks is None:
                x, new = cell(x, listed)
            else:
                x = x if masks[0] is None else x * masks[0]
                x, new = cell.step(cell.project(x) if place else x, listed, masks[1])
            after.append(new if several or not isinstance(new, (list, tuple)) else new[0])
        return x, after

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        return super().from_config({**config, "cells": inner_layer(config["cells"])})

    def call(self, inputs: Any, states: Sequence[Any], training: bool = False) -> Any:
        prepared, constants = self.prepare(inputs, training)
        return self.step(prepared, states, constants)


def _output_size(cell: Any) -> int:
    size = getattr(cell, "output_size", None)
    if size is None:
        size = cell.state_size if isinstance(cell.state_size, int) else cell.state_size[0]
    return int(size)
