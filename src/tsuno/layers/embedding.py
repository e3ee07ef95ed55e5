"""Vectors for integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.validate import PositiveInt
from tsuno.layers.adaptable import Adaptable
from tsuno.layers.parts import LayerOptions


class Embedding(Adaptable):
    """A table of vectors, one per integer: the outputs are rows of it.

    Args:
        input_dim: the number of rows: one more than the largest integer.
        output_dim: the size of a vector.
        embeddings_initializer: how the table's first values are made.
        embeddings_regularizer: a penalty on the table.
        embeddings_constraint: what the table is passed through after each step.
        mask_zero: whether 0 means "no value here": later layers then skip such steps.
        weights: a list with the table's first values, for example from word vectors.
        activity_regularizer: a penalty on the outputs.
        lora_rank: train a low-rank part of that rank instead of the weight itself; see `enable_lora`.
        lora_alpha: the factor of the low-rank part, times the rank.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: integers (batch, ...). Output shape: (batch, ..., output_dim).

    Example:
        >>> layer = tsuno.layers.Embedding(input_dim=1000, output_dim=64)
        >>> layer(np.array([[4, 10], [0, 999]])).shape
        (2, 2, 64)
    """

    main = "embeddings"

    def __init__(
        self,
        input_dim: PositiveInt,
        output_dim: PositiveInt,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
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

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        self.embeddings = self._weight("embeddings", (self.input_dim, self.output_dim))

    def call(self, inputs: Any) -> Any:
        rows = ops.cast(inputs, "int32")
        return ops.cast(ops.take(self.embeddings, rows, axis=0), self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("weights")
        return config
