"""Attention without projections: scores straight from queries and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from tsuno import ops, random
from tsuno.core.errors import invalid
from tsuno.core.seeds import SeedGenerator
from tsuno.core.validate import Fraction
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions


class Attention(Layer):
    """Dot-product attention: softmax(Q Kᵀ) V.

    Args:
        use_scale: whether to multiply the scores by a learned number.
        score_mode: `"dot"` for Q Kᵀ, `"concat"` for Σ tanh(q + k) of each pair, times a learned number.
        dropout: the part of the weights dropped while training.
        seed: an integer for reproducible dropout.
        **kwargs: the arguments of every layer, see `Layer`.

    Call arguments: `inputs`, a list [query (batch, T, size), value (batch, S, size)] or [query, value, key]; `mask`, a
    list with masks of query and value; `return_attention_scores` for (output, weights (batch, T, S));
    `use_causal_mask` to attend to no later steps.

    Example:
        >>> query, value = np.ones((1, 3, 4), "float32"), np.ones((1, 5, 4), "float32")
        >>> tsuno.layers.Attention()([query, value]).shape
        (1, 3, 4)

    Source: M. Luong et al., *Effective Approaches to Attention-based Neural Machine Translation*, 2015.
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: Literal["dot", "concat"] = "dot",
        dropout: Fraction = 0.0,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.use_scale, self.score_mode, self.dropout, self.seed = use_scale, score_mode, dropout, seed
        self.seed_generator = SeedGenerator(seed) if dropout else None
        self.supports_masking = True

    def build(self, input_shape: Sequence[Any]) -> None:
        self._check(input_shape)
        self.scale = self.add_weight((), "ones", name="scale") if self.use_scale else None
        self.concat_score_weight = None
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def _check(self, inputs: Any) -> None:
        if not isinstance(inputs, list) or len(inputs) not in (2, 3):
            raise invalid(f"{self.path}.inputs", "a list [query, value] or [query, value, key]", inputs)

    def score(self, query: Any, key: Any) -> Any:
        """How well each query fits each key: (batch, T, S)."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -2, -1))
            return scores if self.scale is None else scores * self.scale
        pairs = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        return self.concat_score_weight * ops.sum(ops.tanh(pairs if self.scale is None else self.scale * pairs), -1)

    def call(
        self,
        inputs: Sequence[Any],
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check(inputs)
        query, value, key = inputs[0], inputs[1], inputs[-1]
        query_mask, value_mask = (mask[0], mask[1]) if mask else (None, None)
        scores = self.score(query, key)
        kept = None if value_mask is None else ops.expand_dims(ops.cast(value_mask, "bool"), -2)
        if use_causal_mask:
            causal = ops.arange(scores.shape[-2])[:, None] >= ops.arange(scores.shape[-1])[None, :]
            kept = causal if kept is None else ops.logical_and(kept, causal)
        if kept is not None:
            far = ops.cast(65504.0 if str(scores.dtype) == "float16" else 1e9, scores.dtype)
            scores = ops.where(kept, scores, scores - far)
        weights = ops.softmax(scores, axis=-1)
        if training and self.dropout:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        output = ops.matmul(weights, value)
        if query_mask is not None:
            output = ops.where(ops.expand_dims(query_mask, -1), output, ops.zeros_like(output))
        return (output, weights) if return_attention_scores else output

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask[0] if mask else None


class AdditiveAttention(Attention):
    """Additive attention: softmax(Σ v · tanh(q + k)) V, with a learned vector v.

    Args:
        use_scale: whether v is learned; ones otherwise.
        dropout: the part of the weights dropped while training.
        **kwargs: `seed`, and the arguments of every layer, see `Layer`.

    Call arguments: those of `Attention`.

    Example:
        >>> query, value = np.ones((1, 3, 4), "float32"), np.ones((1, 5, 4), "float32")
        >>> tsuno.layers.AdditiveAttention()([query, value]).shape
        (1, 3, 4)

    Source: D. Bahdanau et al., *Neural Machine Translation by Jointly Learning to Align and Translate*, 2014.
    """

    _unsaid = frozenset({"score_mode"})

    def __init__(
        self,
        use_scale: bool = True,
        dropout: Fraction = 0.0,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, seed=seed, **kwargs)

    def build(self, input_shape: Sequence[Any]) -> None:
        self._check(input_shape)
        size = input_shape[0][-1]
        self.scale = self.add_weight((size,), "glorot_uniform", name="scale") if self.use_scale else None

    def score(self, query: Any, key: Any) -> Any:
        waves = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        return ops.sum(waves if self.scale is None else self.scale * waves, axis=-1)
