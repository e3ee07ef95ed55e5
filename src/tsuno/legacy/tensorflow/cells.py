"""`tf.nn.rnn_cell`: the cells of TensorFlow 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from tsuno import engine, ops
from tsuno.core import seeds, tree
from tsuno.core.op import to_array
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import arrays, modes, variables
from tsuno.legacy.tensorflow.initializers_of import ones_initializer, zeros_initializer
from tsuno.legacy.tensorflow.neural import at_random


class LSTMStateTuple(NamedTuple):
    """The memory `c` and the output `h` of a cell."""

    c: Any
    h: Any


class RNNCell:
    """Base of cells: `call(inputs, state)` gives an output and the next state."""

    kind = "cell"
    output_size: Any
    state_size: Any

    def __init__(self, name: str | None = None, reuse: Any = None, trainable: bool = True, dtype: Any = None) -> None:
        self._name, self._reuse, self.trainable = name or self.kind, reuse, trainable
        self.weights: list[Any] = []
        self._scope: str | None = None

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        if self._scope is None:
            self._scope = str(getattr(scope, "name", scope) or self._name)
        if not self.weights:
            with variables.variable_scope(self._scope, reuse=self._reuse or None):
                before = set(map(id, variables._made))
                self.build(inputs.shape)
                before |= set(map(id, self.weights))
                self.weights += [v for v in variables._made if id(v) not in before]
        return self.call(inputs, state)

    def build(self, input_shape: Any) -> None:
        """Make the weights."""

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the next state."""
        raise NotImplementedError(f"`{type(self).__name__}.call` is not written.")

    @property
    def trainable_variables(self) -> list[Any]:
        """The weights that optimizers change."""
        return [v for v in self.weights if v.trainable]

    trainable_weights = trainable_variables

    @property
    def variables(self) -> list[Any]:
        """The weights."""
        return list(self.weights)

    def _weight(self, name: str, shape: Any, initializer: Any = None) -> Any:
        made = variables.get_variable(name, shape, "float32", initializer, trainable=self.trainable)
        self.weights.append(made)
        return made

    def zero_state(self, batch_size: Any, dtype: Any = "float32") -> Any:
        """The state that sequences begin with: zeros."""
        return _mapped(lambda size: modes.given_out(arrays.zeros([batch_size, size], dtype)), self.state_size)

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """The state that sequences begin with: zeros."""
        size = arrays.shape(inputs)[0] if batch_size is None else batch_size
        return self.zero_state(size, dtype or "float32")


def _mapped(function: Any, sizes: Any) -> Any:
    return tree.map_structure(function, tuple(sizes) if isinstance(sizes, list) else sizes)


def _width(shape: Any, cell: str) -> int:
    if shape[-1] is None:
        raise ValueError(f"The cell {cell!r} needs inputs whose last size is known; their shape is {tuple(shape)}.")
    return int(shape[-1])


def _active(activation: Any, usual: Any) -> Any:
    return usual if activation is None else activation if callable(activation) else getattr(ops, activation)


class BasicRNNCell(RNNCell):
    """activation([x, h] · kernel + bias)."""

    kind = "basic_rnn_cell"

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: Any = None, **options: Any
    ) -> None:
        super().__init__(name, reuse)
        self.output_size = self.state_size = int(num_units)
        self._activation = _active(activation, ops.tanh)

    def build(self, input_shape: Any) -> None:
        units = self.output_size
        self.kernel = self._weight("kernel", (_width(input_shape, self._name) + units, units))
        self.bias = self._weight("bias", (units,), zeros_initializer())

    def call(self, inputs: Any, state: Any) -> Any:
        output = self._activation(ops.matmul(ops.concatenate([inputs, state], -1), self.kernel) + self.bias)
        return output, output


class GRUCell(RNNCell):
    """r, u = σ([x, h] · W); c = tanh([x, r · h] · V); h = u · h + (1 − u) · c.

    Source: K. Cho et al., *Learning Phrase Representations using RNN Encoder–Decoder*, 2014.
    """

    kind = "gru_cell"

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(name, reuse)
        self.output_size = self.state_size = int(num_units)
        self._activation, self._first, self._bias = _active(activation, ops.tanh), kernel_initializer, bias_initializer

    def build(self, input_shape: Any) -> None:
        units = self.output_size
        rows = _width(input_shape, self._name) + units
        self.gate_kernel = self._weight("gates/kernel", (rows, 2 * units), self._first)
        self.gate_bias = self._weight("gates/bias", (2 * units,), self._bias or ones_initializer())
        self.candidate_kernel = self._weight("candidate/kernel", (rows, units), self._first)
        self.candidate_bias = self._weight("candidate/bias", (units,), self._bias or zeros_initializer())

    def call(self, inputs: Any, state: Any) -> Any:
        gates = ops.sigmoid(ops.matmul(ops.concatenate([inputs, state], -1), self.gate_kernel) + self.gate_bias)
        r, u = ops.split(gates, 2, axis=-1)
        mixed = ops.matmul(ops.concatenate([inputs, r * state], -1), self.candidate_kernel) + self.candidate_bias
        new = u * state + (1 - u) * self._activation(mixed)
        return new, new


class LSTMCell(RNNCell):
    """Gates i, f, o and a proposal j from [x, h] · kernel + bias; c = σ(f + forget_bias) · c + σ(i) · tanh(j).

    Source: S. Hochreiter and J. Schmidhuber, *Long Short-Term Memory*, 1997.
    """

    kind = "lstm_cell"

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: Any = None,
        num_proj_shards: Any = None,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(name, reuse)
        self._units, self._peepholes, self._clip, self._first = int(num_units), use_peepholes, cell_clip, initializer
        self._projected, self._projection_clip = num_proj, proj_clip
        self._forget, self._tuple, self._activation = forget_bias, state_is_tuple, _active(activation, ops.tanh)
        self.output_size = num_proj or self._units
        sizes = LSTMStateTuple(self._units, self.output_size)
        self.state_size = sizes if state_is_tuple else self._units + self.output_size

    def build(self, input_shape: Any) -> None:
        rows = _width(input_shape, self._name) + self.output_size
        self.kernel = self._weight("kernel", (rows, 4 * self._units), self._first)
        self.bias = self._weight("bias", (4 * self._units,), zeros_initializer())
        if self._peepholes:
            self._diagonals = [self._weight(f"w_{gate}_diag", (self._units,), self._first) for gate in "fio"]
        if self._projected:
            self._projection = self._weight("projection/kernel", (self._units, self._projected), self._first)

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = state if self._tuple else ops.split(state, [self._units], axis=-1)
        i, j, f, o = ops.split(ops.matmul(ops.concatenate([inputs, h], -1), self.kernel) + self.bias, 4, axis=-1)
        if self._peepholes:
            i, f = i + self._diagonals[1] * c, f + self._diagonals[0] * c
        c = ops.sigmoid(f + self._forget) * c + ops.sigmoid(i) * self._activation(j)
        c = c if self._clip is None else ops.clip(c, -self._clip, self._clip)
        o = o + self._diagonals[2] * c if self._peepholes else o
        h = ops.sigmoid(o) * self._activation(c)
        if self._projected:
            h = ops.matmul(h, self._projection)
            h = h if self._projection_clip is None else ops.clip(h, -self._projection_clip, self._projection_clip)
        return h, LSTMStateTuple(c, h) if self._tuple else ops.concatenate([c, h], axis=-1)


class BasicLSTMCell(LSTMCell):
    """`LSTMCell` without peepholes, projection and limits."""

    kind = "basic_lstm_cell"

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(
            num_units,
            forget_bias=forget_bias,
            state_is_tuple=state_is_tuple,
            activation=activation,
            reuse=reuse,
            name=name,
        )


class LayerNormBasicLSTMCell(RNNCell):
    """Refused: `LSTMCell` is the nearest."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("`LayerNormBasicLSTMCell` is not there; the nearest is `LSTMCell`.")


class MultiRNNCell(RNNCell):
    """Cells one after the other.

    Args:
        cells: the cells.
        state_is_tuple: whether the state is a tuple of theirs; if not, their states follow one another in one tensor.
    """

    kind = "multi_rnn_cell"

    def __init__(self, cells: Sequence[RNNCell], state_is_tuple: bool = True, **options: Any) -> None:
        super().__init__()
        if not isinstance(cells, (list, tuple)) or not cells:
            raise ValueError(f"`MultiRNNCell` takes a list of cells; got {cells!r}.")
        self._cells, self._tuple = list(cells), state_is_tuple
        self.output_size = self._cells[-1].output_size
        sizes = tuple(cell.state_size for cell in self._cells)
        self.state_size = sizes if state_is_tuple else sum(tree.flatten(sizes))

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        states = state if self._tuple else _parts(state, [cell.state_size for cell in self._cells])
        found = []
        with variables.variable_scope(scope or self.kind):
            for place, (cell, own) in enumerate(zip(self._cells, states, strict=True)):
                with variables.variable_scope(f"cell_{place}"):
                    inputs, new = cell(inputs, own)
                found.append(new)
        self.weights = [v for cell in self._cells for v in cell.weights]
        return inputs, tuple(found) if self._tuple else ops.concatenate(found, axis=-1)


def _parts(state: Any, sizes: Sequence[int]) -> list[Any]:
    places = [sum(sizes[:count]) for count in range(1, len(sizes))]
    return list(ops.split(state, places, axis=-1))


class _Around(RNNCell):
    """A cell around another one."""

    def __init__(self, cell: RNNCell) -> None:
        super().__init__()
        self._cell = cell
        self.output_size, self.state_size = cell.output_size, cell.state_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        found = self.call(inputs, state)
        self.weights = self._cell.weights
        return found


class DropoutWrapper(_Around):
    """A cell with dropout before and after it.

    Args:
        cell: the cell.
        input_keep_prob: the part of the inputs that stays.
        output_keep_prob: the part of the outputs that stays.
        state_keep_prob: the part of the states that stays.
        variational_recurrent: must be False.
        input_size: accepted for compatibility.
        dtype: accepted for compatibility.
        seed: accepted for compatibility.
    """

    def __init__(
        self,
        cell: RNNCell,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(cell)
        if variational_recurrent:
            raise ValueError("`DropoutWrapper` has no `variational_recurrent` here: masks are drawn anew at each step.")
        self._keep = (input_keep_prob, output_keep_prob, state_keep_prob)

    def call(self, inputs: Any, state: Any) -> Any:
        before, after, of_state = self._keep
        output, new = self._cell(_thinned(inputs, before), state)
        new = tree.map_structure(lambda x: _thinned(x, of_state), new) if not _is_one(of_state) else new
        return _thinned(output, after), new


class ResidualWrapper(_Around):
    """A cell whose inputs are added to its outputs."""

    def __init__(self, cell: RNNCell, residual_fn: Any = None) -> None:
        super().__init__(cell)
        self._combine = residual_fn or (lambda inputs, outputs: inputs + outputs)

    def call(self, inputs: Any, state: Any) -> Any:
        output, new = self._cell(inputs, state)
        return self._combine(inputs, output), new


class DeviceWrapper(_Around):
    """The cell: devices are chosen by themselves."""

    def __init__(self, cell: RNNCell, device: Any) -> None:
        super().__init__(cell)

    def call(self, inputs: Any, state: Any) -> Any:
        return self._cell(inputs, state)


class OutputProjectionWrapper(_Around):
    """A cell with a dense layer after it."""

    def __init__(self, cell: RNNCell, output_size: int, activation: Any = None, reuse: Any = None) -> None:
        super().__init__(cell)
        self._inner, self.output_size, self._activation = cell.output_size, int(output_size), activation

    def call(self, inputs: Any, state: Any) -> Any:
        output, new = self._cell(inputs, state)
        if not hasattr(self, "kernel"):
            with variables.variable_scope("output_projection_wrapper"):
                self.kernel = variables.get_variable("kernel", (self._inner, self.output_size))
                self.bias = variables.get_variable("bias", (self.output_size,), initializer=zeros_initializer())
        output = ops.matmul(output, self.kernel) + self.bias
        return output if self._activation is None else self._activation(output), new


class _Steps:
    """While a loop over steps is at work: the values of tensors that cells refer to, and the key of the step."""

    def __init__(self) -> None:
        self.values: Mapping[int, Any] = {}
        self.key: Any = None
        self.drawn = 0

    @contextmanager
    def at(self, values: Mapping[int, Any], key: Any) -> Iterator[None]:
        before = self.values, self.key, self.drawn
        self.values, self.key, self.drawn = values, key, 0
        try:
            yield
        finally:
            self.values, self.key, self.drawn = before


_steps = _Steps()


def _is_one(keep: Any) -> bool:
    return isinstance(keep, (int, float)) and keep == 1


def _thinned(x: Any, keep: Any) -> Any:
    """Zeros in random places of a cell's values."""
    if _is_one(keep):
        return x
    if _steps.key is None:
        return at_random(_kept, (x, keep))
    _steps.drawn += 1
    keep = to_array(_steps.values.get(id(keep), 1.0 if symbolic.is_drawn(keep) else keep))
    return _kept(x, keep, xp.asarray(_steps.key) + xp.asarray([0, _steps.drawn], "uint32"))


def _kept(x: Any, keep: Any, seed: Any) -> Any:
    mask = engine.uniform(seeds.draw_key(seed), x.shape) < keep
    return xp.where(mask, x / xp.maximum(xp.asarray(keep, x.dtype), 1e-7), xp.zeros((), x.dtype))
