"""The LSTM of sequences of images: what is a matrix product in `LSTM` is a convolution here.

The inputs of all steps are convolved at once, before the scan. Dropout acts on each gate apart: inputs stand side by
side, one copy for each gate, and the convolution is done in as many groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Unpack

from tsuno import engine, ops
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import Fraction, PositiveInt, sizes
from tsuno.layers.convolution import not_both
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions
from tsuno.layers.recurrent import RNN
from tsuno.layers.recurrent_cells import LSTMCell
from tsuno.layers.recurrent_layers import _around
from tsuno.layers.spatial import channel_axis

__all__ = ["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"]


class ConvLSTMCell(LSTMCell):
    """One step of a convolutional LSTM: that of `LSTMCell` with x * W + h * U + b, convolutions over `rank` axes."""

    def __init__(
        self,
        rank: int,
        filters: PositiveInt,
        kernel_size: Any,
        strides: Any = 1,
        padding: Literal["valid", "same"] = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        **options: Any,
    ) -> None:
        super().__init__(filters, **options)
        kind = f"ConvLSTM{rank}D"
        self.rank, self.filters, self.padding = rank, filters, padding
        self.kernel_size = sizes(kernel_size, rank, f"{kind}.kernel_size")
        self.strides = sizes(strides, rank, f"{kind}.strides")
        self.dilation_rate = sizes(dilation_rate, rank, f"{kind}.dilation_rate")
        self.data_format = standardize_data_format(data_format)
        self.gate_axis = channel_axis(self.data_format, rank)
        not_both(kind, self.strides, self.dilation_rate)

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.sample_shape, width = tuple(input_shape[1:]), self.gates * self.filters
        self.kernel = self._weight("kernel", (*self.kernel_size, input_shape[self.gate_axis], width))
        self.recurrent_kernel = self._weight(
            "recurrent_kernel", (*self.kernel_size, self.filters, width), part="recurrent"
        )
        self.bias = self._weight("bias", self.bias_shape(), wanted=self.use_bias, initializer=self.first_bias())

    def project(self, inputs: Any) -> Any:
        sample = -1 - self.rank
        x = ops.reshape(inputs, (-1, *inputs.shape[sample:]))
        x = ops.conv(x, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        if self.bias is not None:
            x = ops.add(x, ops.reshape(self.bias, (-1, *(1,) * (-1 - self.gate_axis))))
        return ops.reshape(x, (*inputs.shape[:sample], *x.shape[1:]))

    def prepare(self, inputs: Any, training: bool) -> tuple[Any, Any]:
        sample = -1 - self.rank
        batch = inputs.shape[sample - 1]
        shape = list(inputs.shape[sample:])
        shape[self.gate_axis] *= self.gates
        mask = self.mask(self.dropout, (batch, *shape), inputs.dtype, training)
        if mask is not None:
            inputs = self._for_each_gate(inputs) * mask
        projected = self.project(inputs)
        shape = projected.shape[sample:]
        return projected, self.mask(self.recurrent_dropout, (batch, *shape), inputs.dtype, training)

    @property
    def carried(self) -> list[Any]:
        """None: states are convolved."""
        return []

    def _recur(self, state: Any, mask: Any) -> Any:
        state = state if mask is None else self._for_each_gate(state) * mask
        return ops.conv(state, self.recurrent_kernel, 1, "same", self.data_format)

    def _for_each_gate(self, x: Any) -> Any:
        return ops.concatenate([x] * self.gates, axis=self.gate_axis)

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Zeros, for inputs of the size that the cell was built for."""
        return self.zeros((batch_size, *self.sample_shape))

    def zeros(self, input_shape: Sequence[Any]) -> list[Any]:
        """The states before the first step, for inputs of a shape."""
        inputs = engine.Spec(tuple(input_shape), numpy_dtype(self.compute_dtype))
        shape = list(engine.eval_shape(self.project, inputs).shape)
        shape[self.gate_axis] = self.filters
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in self.state_size]


class _ConvLSTM(RNN):
    """A convolutional LSTM over data of `rank` spatial axes."""

    rank: ClassVar[int]

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: Any,
        strides: Any = 1,
        padding: Literal["valid", "same"] = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**_around(ConvLSTMCell, locals(), rank=self.rank), **kwargs)
        self._feature_axis = self.cell.gate_axis
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def _zero_states(self, shape: Sequence[Any]) -> list[Any]:
        return list(self.cell.zeros((shape[0], *shape[2:])))


class ConvLSTM1D(_ConvLSTM):
    """An LSTM whose inputs and states are rows of places: convolutions take the place of matrix products.

    Args:
        filters: the number of filters, which is the number of channels of states and outputs.
        kernel_size: the length of the window.
        strides: by how many places the window moves over the inputs.
        padding: `"valid"` (no window beyond the edge) or `"same"` (zeros around, so that stride 1 keeps the size);
            states are always convolved with `"same"`.
        data_format: `"channels_last"` (batch, time, places, channels) or `"channels_first"` (batch, time, channels,
            places).
        dilation_rate: the distance between the places of the inputs that a window sees.
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
        dropout: the part of the inputs dropped while training, for each gate anew.
        recurrent_dropout: the part of the state dropped while training, for each gate anew.
        seed: an integer for reproducible dropout.
        return_sequences: whether to return the output of every step, or of the last one.
        return_state: whether to return the final states h and c as well.
        go_backwards: whether to read the sequence from its end.
        stateful: whether each batch starts from the final states of the one before.
        unroll: whether to write the steps out instead of looping.
        zero_output_for_mask: whether masked steps give zeros instead of the output before them.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, time, places, channels).
    Output shape: (batch, new_places, filters), or (batch, time, new_places, filters).

    Example:
        >>> tsuno.layers.ConvLSTM1D(5, 3, return_sequences=True)(np.ones((2, 4, 6, 3), "float32")).shape
        (2, 4, 4, 5)

    Source: X. Shi et al., *Convolutional LSTM Network: A Machine Learning Approach for Precipitation Nowcasting*, 2015.
    """

    rank = 1


class ConvLSTM2D(_ConvLSTM):
    """An LSTM whose inputs and states are images: convolutions take the place of matrix products.

    Args:
        filters: the number of filters, which is the number of channels of states and outputs.
        kernel_size: the window's rows and columns, or one number for both.
        strides: by how many rows and columns the window moves over the inputs, or one number for both.
        padding: `"valid"` (no window beyond the edge) or `"same"` (zeros around, so that stride 1 keeps the size);
            states are always convolved with `"same"`.
        data_format: `"channels_last"` (batch, time, rows, columns, channels) or `"channels_first"` (batch, time,
            channels, rows, columns).
        dilation_rate: the distance between the pixels of the inputs that a window sees.
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
        dropout: the part of the inputs dropped while training, for each gate anew.
        recurrent_dropout: the part of the state dropped while training, for each gate anew.
        seed: an integer for reproducible dropout.
        return_sequences: whether to return the output of every step, or of the last one.
        return_state: whether to return the final states h and c as well.
        go_backwards: whether to read the sequence from its end.
        stateful: whether each batch starts from the final states of the one before.
        unroll: whether to write the steps out instead of looping.
        zero_output_for_mask: whether masked steps give zeros instead of the output before them.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, time, rows, columns, channels).
    Output shape: (batch, new_rows, new_columns, filters), or (batch, time, new_rows, new_columns, filters).

    Example:
        >>> tsuno.layers.ConvLSTM2D(5, 3, return_sequences=True)(np.ones((2, 4, 6, 6, 3), "float32")).shape
        (2, 4, 4, 4, 5)

    Source: X. Shi et al., *Convolutional LSTM Network: A Machine Learning Approach for Precipitation Nowcasting*, 2015.
    """

    rank = 2


class ConvLSTM3D(_ConvLSTM):
    """An LSTM whose inputs and states are volumes: convolutions take the place of matrix products.

    Args:
        filters: the number of filters, which is the number of channels of states and outputs.
        kernel_size: the window's sizes along the three axes, or one number for all.
        strides: by how much the window moves over the inputs along each axis, or one number for all.
        padding: `"valid"` (no window beyond the edge) or `"same"` (zeros around, so that stride 1 keeps the size);
            states are always convolved with `"same"`.
        data_format: `"channels_last"` (batch, time, depth, rows, columns, channels) or `"channels_first"` (batch, time,
            channels, depth, rows, columns).
        dilation_rate: the distance between the places of the inputs that a window sees.
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
        dropout: the part of the inputs dropped while training, for each gate anew.
        recurrent_dropout: the part of the state dropped while training, for each gate anew.
        seed: an integer for reproducible dropout.
        return_sequences: whether to return the output of every step, or of the last one.
        return_state: whether to return the final states h and c as well.
        go_backwards: whether to read the sequence from its end.
        stateful: whether each batch starts from the final states of the one before.
        unroll: whether to write the steps out instead of looping.
        zero_output_for_mask: whether masked steps give zeros instead of the output before them.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, time, depth, rows, columns, channels).
    Output shape: (batch, new_depth, new_rows, new_columns, filters), with the time after the batch if all steps are
    returned.

    Example:
        >>> tsuno.layers.ConvLSTM3D(5, 3, return_sequences=True)(np.ones((1, 2, 4, 4, 4, 1), "float32")).shape
        (1, 2, 2, 2, 2, 5)

    Source: X. Shi et al., *Convolutional LSTM Network: A Machine Learning Approach for Precipitation Nowcasting*, 2015.
    """

    rank = 3
