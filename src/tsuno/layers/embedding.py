"""Vectors for integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.context import scope, set_mask
from tsuno.core.validate import PositiveInt
from tsuno.layers.adaptable import Quantizable
from tsuno.layers.parts import LayerOptions
from tsuno.rewrite.integers import DENSE
from tsuno.rewrite.quantized import TABLE


class Embedding(Quantizable):
    """A table of vectors, one per integer: the outputs are rows of it.

    Args:
        input_dim: the number of rows: one more than the largest integer.
        output_dim: the size of a vector.
        embeddings_initializer: how the table's first values are made.
        embeddings_regularizer: a penalty on the table.
        embeddings_constraint: what the table is passed through after each step.
        mask_zero: whether 0 means "no value here": later layers then skip such steps.
        weights: a list with the table's first values, for example from word vectors.
        input_length: accepted for compatibility; the length follows from the inputs.
        activity_regularizer: a penalty on the outputs.
        lora_rank: train a low-rank part of that rank instead of the weight itself; see `enable_lora`.
        lora_alpha: the factor of the low-rank part, times the rank.
        quantization_config: how the table of a layer with a quantized dtype policy is kept; see `quantize`.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: integers (batch, ...). Output shape: (batch, ..., output_dim).

    Example:
        >>> layer = tsuno.layers.Embedding(input_dim=1000, output_dim=64)
        >>> layer(np.array([[4, 10], [0, 999]])).shape
        (2, 2, 64)
    """

    main = "embeddings"
    modes = ("int8", "int4")
    _unsaid = frozenset({"weights", "input_length"})
    embeddings_initializer: Callable[..., Any]

    def __init__(
        self,
        input_dim: PositiveInt,
        output_dim: PositiveInt,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        input_length: Any = None,
        activity_regularizer: Any = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.input_dim, self.output_dim = input_dim, output_dim
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False
        self._first_values = weights
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, (list, tuple)) else [weights])

    def _uses(self) -> dict[str, str]:
        return {"embeddings": TABLE}

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        self.embeddings = self._weight("embeddings", (self.input_dim, self.output_dim))

    def call(self, inputs: Any) -> Any:
        with scope(compute_dtype=None):  # what is looked up is cast, not the whole table
            rows = ops.take(self.embeddings, ops.cast(inputs, "int32"), axis=0)
        return ops.cast(rows, self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None


class ReversibleEmbedding(Embedding):
    """An embedding that also goes back: from vectors to a score for each integer.

    Args:
        input_dim: the number of rows: one more than the largest integer.
        output_dim: the size of a vector.
        tie_weights: whether the way back uses the same table; else it has a weight of its own.
        embeddings_initializer: how the table's first values are made.
        embeddings_regularizer: a penalty on the table.
        embeddings_constraint: what the table is passed through after each step.
        mask_zero: whether 0 means "no value here".
        reverse_dtype: the dtype of the way back; that of the layer by default.
        logit_soft_cap: bounds the scores s smoothly, by cap · tanh(s / cap).
        **kwargs: the arguments of `Embedding` and of every layer.

    Call arguments: `inputs`; `reverse`, whether to go back.

    Example:
        >>> layer = tsuno.layers.ReversibleEmbedding(input_dim=100, output_dim=8)
        >>> vectors = layer(np.array([[1, 2, 3]]))
        >>> layer(vectors, reverse=True).shape
        (1, 3, 100)

    Source: O. Press and L. Wolf, *Using the Output Embedding to Improve Language Models*, 2016.
    """

    def __init__(
        self,
        input_dim: PositiveInt,
        output_dim: PositiveInt,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.tie_weights, self.reverse_dtype, self.logit_soft_cap = tie_weights, reverse_dtype, logit_soft_cap
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        super().build(input_shape)
        if not self.tie_weights:
            shape = (self.output_dim, self.input_dim)
            self.reverse_embeddings = self.add_weight(shape, self.embeddings_initializer, name="reverse_embeddings")

    def _uses(self) -> dict[str, str]:
        return super()._uses() | ({} if self.tie_weights else {"reverse_embeddings": DENSE})

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            outputs = super().call(inputs)
            set_mask(outputs, super().compute_mask(inputs))
            return outputs
        table = self.embeddings if self.tie_weights else self.reverse_embeddings
        if self.reverse_dtype is not None:
            inputs, table = ops.cast(inputs, self.reverse_dtype), ops.cast(table, self.reverse_dtype)
        scores = ops.einsum("...b,ab->...a", inputs, table) if self.tie_weights else ops.matmul(inputs, table)
        cap = self.logit_soft_cap
        return scores if cap is None else cap * ops.tanh(scores / cap)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None
