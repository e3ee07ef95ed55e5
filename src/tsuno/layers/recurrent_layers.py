"""The layers that run the three recurrent cells over a sequence: SimpleRNN, LSTM, GRU."""

from __future__ import annotations

from typing import Any, Unpack

from tsuno.core.naming import to_snake_case
from tsuno.core.validate import Fraction, PositiveInt
from tsuno.layers.parts import LayerOptions
from tsuno.layers.recurrent import RNN
from tsuno.layers.recurrent_cells import GRUCell, LSTMCell, SimpleRNNCell, _Cell, arguments_for


class SimpleRNN(RNN):
    """A simple recurrent network: the output of each step is fed to the next. See `SimpleRNNCell` for the formula.

    Args:
        units: the size of state and output.
        activation: a function, or its name.
        use_bias: whether to add a bias.
        kernel_initializer: how the first values of the input kernel are made.
        recurrent_initializer: how the first values of the recurrent kernel are made.
        bias_initializer: how the first values of the bias are made.
        kernel_regularizer: a penalty on the input kernel.
        recurrent_regularizer: a penalty on the recurrent kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the input kernel is passed through after each step of training.
        recurrent_constraint: what the recurrent kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        dropout: the part of the inputs dropped while training.
        recurrent_dropout: the part of the state dropped while training.
        return_sequences: whether to return the output of every step, or of the last one.
        return_state: whether to return the final state as well.
        go_backwards: whether to read the sequence from its end.
        stateful: whether each batch starts from the final state of the one before.
        unroll: whether to write the steps out instead of looping.
        seed: an integer for reproducible dropout.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, features). Output shape: (batch, units), or (batch, steps, units).

    Example:
        >>> tsuno.layers.SimpleRNN(4)(np.ones((2, 5, 3), "float32")).shape
        (2, 4)
    """

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**_around(SimpleRNNCell, locals()), **kwargs)


class LSTM(RNN):
    """Long short-term memory: keeps what matters over many steps. See `LSTMCell` for the formula.

    Args:
        units: the size of both states and of the output.
        activation: the function of candidate and output.
        recurrent_activation: the function of the gates.
        use_bias: whether to add a bias.
        kernel_initializer: how the first values of the input kernel are made.
        recurrent_initializer: how the first values of the recurrent kernel are made.
        bias_initializer: how the first values of the bias are made.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        kernel_regularizer: a penalty on the input kernel.
        recurrent_regularizer: a penalty on the recurrent kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the input kernel is passed through after each step of training.
        recurrent_constraint: what the recurrent kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        dropout: the part of the inputs dropped while training.
        recurrent_dropout: the part of the state dropped while training.
        seed: an integer for reproducible dropout.
        return_sequences: whether to return the output of every step, or of the last one.
        return_state: whether to return the final states h and c as well.
        go_backwards: whether to read the sequence from its end.
        stateful: whether each batch starts from the final states of the one before.
        unroll: whether to write the steps out instead of looping.
        use_cudnn: accepted for compatibility; the scan is the same on every device.
        implementation: accepted for compatibility; there is one.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, features). Output shape: (batch, units), or (batch, steps, units).

    Example:
        >>> tsuno.layers.LSTM(4, return_sequences=True)(np.ones((2, 5, 3), "float32")).shape
        (2, 5, 4)

    Source: S. Hochreiter and J. Schmidhuber, *Long Short-Term Memory*, 1997.
    """

    _unsaid = frozenset({"implementation"})

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        implementation: int = 2,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**_around(LSTMCell, locals()), **kwargs)
        self.use_cudnn = use_cudnn


class GRU(RNN):
    """A gated recurrent unit: an LSTM with one state and fewer weights. See `GRUCell` for the formula.

    Args:
        units: the size of state and output.
        activation: the function of the candidate.
        recurrent_activation: the function of the gates.
        use_bias: whether to add a bias.
        kernel_initializer: how the first values of the input kernel are made.
        recurrent_initializer: how the first values of the recurrent kernel are made.
        bias_initializer: how the first values of the bias are made.
        kernel_regularizer: a penalty on the input kernel.
        recurrent_regularizer: a penalty on the recurrent kernel.
        bias_regularizer: a penalty on the bias.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the input kernel is passed through after each step of training.
        recurrent_constraint: what the recurrent kernel is passed through after each step of training.
        bias_constraint: what the bias is passed through after each step of training.
        dropout: the part of the inputs dropped while training.
        recurrent_dropout: the part of the state dropped while training.
        seed: an integer for reproducible dropout.
        return_sequences: whether to return the output of every step, or of the last one.
        return_state: whether to return the final state as well.
        go_backwards: whether to read the sequence from its end.
        stateful: whether each batch starts from the final state of the one before.
        unroll: whether to write the steps out instead of looping.
        reset_after: whether the reset gate applies after the matrix product (with a bias of its own) or before.
        use_cudnn: accepted for compatibility; the scan is the same on every device.
        implementation: accepted for compatibility; there is one.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, features). Output shape: (batch, units), or (batch, steps, units).

    Example:
        >>> tsuno.layers.GRU(4)(np.ones((2, 5, 3), "float32")).shape
        (2, 4)

    Source: K. Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder*, 2014.
    """

    _unsaid = frozenset({"implementation"})

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        implementation: int = 2,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**_around(GRUCell, locals()), **kwargs)
        self.use_cudnn = use_cudnn


def _around(cell_class: type[_Cell], given: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The arguments of `RNN` from a constructor's local variables: a cell of those that are its own, and more."""
    kwargs = given["kwargs"]
    own = {"dtype": kwargs.get("dtype"), "trainable": kwargs.get("trainable", True), **more}
    name = to_snake_case(cell_class.__name__)
    cell = cell_class(**{**arguments_for(cell_class, given), **own, "activity_regularizer": None, "name": name})
    return {**arguments_for(RNN, given), "cell": cell}
