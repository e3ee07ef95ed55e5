"""A recurrent layer run forwards and backwards over a sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from tsuno import ops
from tsuno.core.registry import serialize
from tsuno.core.variable import Variable
from tsuno.layers.base import Layer, require_layer
from tsuno.layers.parts import LayerOptions, inner_layer

_MERGES = {
    "sum": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "ave": lambda x, y: (x + y) / 2,
    "concat": lambda x, y: ops.concatenate([x, y], axis=-1),
}


class Bidirectional(Layer):
    """Two copies of a recurrent layer, one reading the sequence from its start, one from its end.

    Args:
        layer: a recurrent layer, such as `LSTM(10)`; it serves as the pattern and is not used itself.
        merge_mode: how the two outputs become one: `"concat"`, `"sum"`, `"mul"`, `"ave"`, or None for a pair.
        weights: a list with the first weights, those of the forward copy first.
        backward_layer: another layer for the way back; it must have `go_backwards=True`.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, features). Output shape: (batch, 2 · units), or (batch, steps, 2 · units).

    Example:
        >>> layer = tsuno.layers.Bidirectional(tsuno.layers.LSTM(4, return_sequences=True))
        >>> layer(np.ones((2, 5, 3), "float32")).shape
        (2, 5, 8)

    Source: M. Schuster and K. Paliwal, *Bidirectional Recurrent Neural Networks*, 1997.
    """

    _unsaid = frozenset({"weights"})

    def __init__(
        self,
        layer: Any,
        merge_mode: Literal["concat", "sum", "mul", "ave"] | None = "concat",
        weights: Sequence[Any] | None = None,
        backward_layer: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.forward_layer = _copy(require_layer(layer, "Bidirectional.layer"), "forward_")
        if backward_layer is None:
            self.backward_layer = _copy(layer, "backward_", go_backwards=True)
        else:
            self.backward_layer = require_layer(backward_layer, "Bidirectional.backward_layer")
        if self.forward_layer.go_backwards == self.backward_layer.go_backwards:
            raise ValueError(
                "`Bidirectional.backward_layer` must read the other way than `layer`: give one of them "
                f"go_backwards=True; both have {self.forward_layer.go_backwards}."
            )
        for name in ("stateful", "return_sequences", "return_state"):
            here, there = getattr(self.forward_layer, name), getattr(self.backward_layer, name)
            if here != there:
                raise ValueError(
                    f"`Bidirectional.backward_layer` must have the same `{name}` as `layer`; got {there} and {here}."
                )
        for each in (self.forward_layer, self.backward_layer):
            if hasattr(each, "zero_output_for_mask"):
                each.zero_output_for_mask = each.return_sequences
        self.merge_mode = merge_mode
        self.stateful, self.return_sequences = layer.stateful, layer.return_sequences
        self.return_state = layer.return_state
        self.supports_masking = True
        self.input_spec = layer.input_spec
        self._first_weights = weights

    def build(self, sequences_shape: Sequence[int | None], initial_state_shape: Any = None) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
        if self._first_weights is not None:
            self.set_weights(self._first_weights)

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = None) -> Any:
        half = len(initial_state) // 2 if initial_state is not None else 0
        states = (None, None) if initial_state is None else (initial_state[:half], initial_state[half:])
        there = self.forward_layer(sequences, initial_state=states[0], mask=mask, training=training)
        back = self.backward_layer(sequences, initial_state=states[1], mask=mask, training=training)
        last: tuple[Any, ...] = ()
        if self.return_state:
            last = (*there[1:], *back[1:])
            there, back = there[0], back[0]
        if self.return_sequences:
            back = ops.flip(back, axis=1)
        if self.merge_mode is None:
            return (there, back, *last)
        output = _MERGES[self.merge_mode](there, back)
        return (output, *last) if self.return_state else output

    @property
    def states(self) -> list[Variable] | None:
        """The states that stateful layers start the next batch from."""
        forward, backward = self.forward_layer.states, self.backward_layer.states
        return [*forward, *backward] if forward and backward else None

    def reset_state(self) -> None:
        """Set the states of stateful layers to zero."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        mask = mask[0] if isinstance(mask, list) else mask
        masks = [mask if self.return_sequences else None] * (2 if self.merge_mode is None else 1)
        if self.return_state:
            masks += [None] * (len(self.forward_layer.state_size) + len(self.backward_layer.state_size))
        return masks if len(masks) > 1 else masks[0]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "layer": serialize(self.forward_layer),
            "backward_layer": serialize(self.backward_layer),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        inner = {key: inner_layer(config[key]) for key in ("layer", "backward_layer") if config.get(key) is not None}
        return super().from_config({**config, **inner})


def _copy(layer: Any, prefix: str, **changes: Any) -> Any:
    """A new layer like another, under a name of its own."""
    name = prefix + layer.name.removeprefix(prefix)
    return type(layer).from_config({**layer.get_config(), "name": name, **changes})
