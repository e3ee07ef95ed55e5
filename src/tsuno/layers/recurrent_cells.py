"""The three recurrent cells: simple, LSTM, GRU.

A cell's step splits in two: `project` (inputs · kernel + bias), which knows no states, and `step`, which adds what
the states say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Unpack

from tsuno import initializers, ops, random
from tsuno.core.seeds import SeedGenerator
from tsuno.core.validate import Fraction, PositiveInt
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions


def arguments_for(cls: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a constructor's local variables that another class's constructor takes."""
    return {name: given[name] for name in cls.__signature__.parameters if name in given}


class _Cell(Layer):
    """What the three cells share: a kernel for inputs, one for the state, a bias; one block of columns per gate."""

    gates: ClassVar[int]
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

    def prepare(self, inputs: Any, training: bool) -> tuple[Any, Any]:
        """The projected inputs, and the dropout mask of the state; one mask holds for all steps of a sequence."""
        recurrent_mask = None
        if training and self.dropout:
            ones = ops.ones((inputs.shape[0], *(1,) * (len(inputs.shape) - 2), inputs.shape[-1]), dtype=inputs.dtype)
            inputs = inputs * random.dropout(ones, self.dropout, seed=self.seed_generator)
        if training and self.recurrent_dropout:
            ones = ops.ones((inputs.shape[0], self.units), dtype=inputs.dtype)
            recurrent_mask = random.dropout(ones, self.recurrent_dropout, seed=self.seed_generator)
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

    def _recur(self, state: Any, mask: Any) -> Any:
        """What the state contributes to all gates."""
        return ops.matmul(state if mask is None else state * mask, self.recurrent_kernel)


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
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> cell = tsuno.layers.LSTMCell(4)
        >>> zeros = np.zeros((2, 4), "float32")
        >>> output, (h, c) = cell(np.ones((2, 3), "float32"), [zeros, zeros])
        >>> output.shape, c.shape
        ((2, 4), (2, 4))

    Source: S. Hochreiter and J. Schmidhuber, *Long Short-Term Memory*, 1997.
    """

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
        i, f, c, o = ops.split(projected + self._recur(states[0], recurrent_mask), 4, axis=-1)
        sigma = self.recurrent_activation
        c = sigma(f) * states[1] + sigma(i) * self.activation(c)
        h = sigma(o) * self.activation(c)
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
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> cell = tsuno.layers.GRUCell(4)
        >>> output, states = cell(np.ones((2, 3), "float32"), [np.zeros((2, 4), "float32")])
        >>> output.shape
        (2, 4)

    Source: K. Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder*, 2014.
    """

    gates = 3

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
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**arguments_for(_Cell, locals()), **kwargs)
        self.reset_after = reset_after

    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self) -> Any:
        return self.bias[0] if self.reset_after and self.bias is not None else self.bias

    def step(self, projected: Any, states: Sequence[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        h, n, sigma = states[0], self.units, self.recurrent_activation
        dropped = h if recurrent_mask is None else h * recurrent_mask
        x_z, x_r, x_h = ops.split(projected, 3, axis=-1)
        if self.reset_after:
            inner = ops.matmul(dropped, self.recurrent_kernel)
            inner = inner if self.bias is None else inner + self.bias[1]
            u_z, u_r, u_h = ops.split(inner, 3, axis=-1)
            z, r = sigma(x_z + u_z), sigma(x_r + u_r)
            candidate = self.activation(x_h + r * u_h)
        else:
            kernel = ops.convert_to_tensor(self.recurrent_kernel)
            u_z, u_r = ops.split(ops.matmul(dropped, kernel[:, : 2 * n]), 2, axis=-1)
            z, r = sigma(x_z + u_z), sigma(x_r + u_r)
            candidate = self.activation(x_h + ops.matmul(r * dropped, kernel[:, 2 * n :]))
        h = z * h + (1 - z) * candidate
        return h, [h]
