"""Attention by heads: each output is a mean of values, weighted by how well a query fits their keys."""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.settings import is_flash_attention_enabled
from tsuno.core.validate import Fraction, PositiveInt
from tsuno.layers.activation import masked_softmax
from tsuno.layers.base import Layer
from tsuno.layers.dense import EinsumDense
from tsuno.layers.parts import LayerOptions
from tsuno.layers.regularization import Dropout


class _Heads(Layer):
    """What attention by heads shares: projections in and out, masks, weights, and the sum of values."""

    attention_axes: Any = None
    dropout: float
    use_bias: bool
    use_gate: bool
    sliding_window: int | None
    flash_attention: bool | None
    seed: int | None

    def _project(self, shape: Sequence[int | None], heads: int, size: int, name: str, **options: Any) -> EinsumDense:
        """A projection of the last axis to heads, built."""
        free = string.ascii_lowercase[: len(shape) - 1]
        output = (*shape[1:-1], heads, size)
        dense = self._dense(f"{free}z,zxy->{free}xy", output, "xy", name, **options)
        dense.build(tuple(shape))
        return dense

    def _project_out(self, shape: Sequence[int | None], heads: int, size: int, sizes: Sequence[int]) -> EinsumDense:
        """A projection of all heads together to the output."""
        free = string.ascii_lowercase[: len(shape) - 1]
        out = string.ascii_uppercase[: len(sizes)]
        dense = self._dense(f"{free}xy,xy{out}->{free}{out}", (*shape[1:-1], *sizes), out, "attention_output")
        dense.build((*shape[:-1], heads, size))
        return dense

    def _dense(self, equation: str, output_shape: Any, bias_axes: str, name: str, **options: Any) -> EinsumDense:
        return EinsumDense(
            equation,
            output_shape=output_shape,
            bias_axes=bias_axes if self.use_bias else None,
            **{part: _again(getattr(self, part)) for part in _DENSE_PARTS},
            dtype=self.dtype_policy,
            name=name,
            **options,
        )

    def _build_attention(self, rank: int) -> None:
        axes = tuple(axis % rank for axis in self.attention_axes or range(1, rank - 1))
        self._score_equation, self._combine_equation = _equations(rank, axes)
        self._attended_axes = len(axes)
        self._dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype_policy)

    def _mask(
        self, query: Any, value: Any, query_mask: Any, value_mask: Any, key_mask: Any, attention_mask: Any
    ) -> Any:
        """Which query may attend to which value, but for causality: all masks together, or None."""
        parts = []
        if query_mask is not None:
            parts.append(ops.expand_dims(ops.cast(query_mask, "bool"), -1))
        for mask in (value_mask, key_mask):
            if mask is not None:
                parts.append(ops.expand_dims(ops.cast(mask, "bool"), -2))
        if self.sliding_window is not None:
            parts.append(ops.abs(_ahead(query.shape[1], value.shape[1])) < self.sliding_window)
        if attention_mask is not None:
            parts.append(ops.cast(attention_mask, "bool"))
        return functools.reduce(ops.logical_and, parts) if parts else None

    def _attend(
        self, q: Any, k: Any, v: Any, mask: Any, causal: bool, scale: float, scores: bool, training: bool | None
    ) -> tuple[Any, Any]:
        """The weighted sums of values (batch, ..., heads, size), and the weights if they are asked for."""
        flash = is_flash_attention_enabled() if self.flash_attention is None else self.flash_attention
        if flash and (scores or self.dropout):
            raise ValueError(
                f"`{self.path}` cannot return attention scores or drop any with flash_attention=True, which never "
                "makes them: leave out one of the two."
            )
        at_once = len(q.shape) == 4 and q.shape[-1] == v.shape[-1] and not scores and not self.dropout
        if causal and not at_once:
            before = _ahead(q.shape[1], v.shape[1]) >= 0
            mask = before if mask is None else ops.logical_and(mask, before)
        for _ in range(0 if mask is None else len(q.shape) + self._attended_axes - 1 - len(mask.shape)):
            mask = ops.expand_dims(mask, -2 * self._attended_axes - 1)
        if at_once:
            return ops.dot_product_attention(
                q, k, v, mask=mask, scale=scale, is_causal=causal, flash_attention=flash
            ), None
        weights = ops.einsum(self._score_equation, k, q * scale)
        last = tuple(range(-self._attended_axes, 0))
        weights = masked_softmax(weights, mask, last if len(last) > 1 else -1)
        kept = self._dropout_layer(weights, training=training)
        return ops.einsum(self._combine_equation, kept, v), weights


class MultiHeadAttention(_Heads):
    """Attention by several heads, each on its own projections of query, key and value.

        softmax(Q Kᵀ / √key_dim) V, for each head; then the heads are projected together

    Args:
        num_heads: the number of heads.
        key_dim: the size of each head's queries and keys.
        value_dim: the size of each head's values; `key_dim` by default.
        dropout: the part of the attention weights dropped while training.
        use_bias: whether the projections add a bias.
        output_shape: the size, or sizes, of the output; those of the query by default.
        attention_axes: the axes of the query (counted without batch) to attend over; all but batch and features by
            default.
        sliding_window: attend only to places nearer than that many steps; to all by default.
        flash_attention: whether to insist on the device's fused kernel, which never makes the weights; where it has
            one, the engine chooses by default.
        kernel_initializer: how the first values of the kernels are made.
        bias_initializer: how the first values of the biases are made.
        kernel_regularizer: a penalty on the kernels.
        bias_regularizer: a penalty on the biases.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernels are passed through after each step.
        bias_constraint: what the biases are passed through after each step.
        use_gate: whether each head's output is multiplied by σ of a projection of the query.
        seed: an integer for reproducible dropout.
        **kwargs: the arguments of every layer, see `Layer`.

    Call arguments: `query` (batch, T, features), `value` (batch, S, features), `key` (the value by default), masks,
    `return_attention_scores` for (output, weights (batch, heads, T, S)), `use_causal_mask` to attend to no later
    steps.

    Example:
        >>> layer = tsuno.layers.MultiHeadAttention(num_heads=2, key_dim=4)
        >>> x = np.ones((1, 5, 8), "float32")
        >>> output, weights = layer(x, x, return_attention_scores=True)
        >>> output.shape, weights.shape
        ((1, 5, 8), (1, 2, 5, 5))

    Source: A. Vaswani et al., *Attention Is All You Need*, 2017.
    """

    def __init__(
        self,
        num_heads: PositiveInt,
        key_dim: PositiveInt,
        value_dim: PositiveInt | None = None,
        dropout: Fraction = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: PositiveInt | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim or key_dim
        self.dropout, self.use_bias, self.use_gate, self.seed = dropout, use_bias, use_gate, seed
        self.output_shape = (output_shape,) if isinstance(output_shape, int) else output_shape and tuple(output_shape)
        self.attention_axes = (
            (attention_axes,) if isinstance(attention_axes, int) else attention_axes and tuple(attention_axes)
        )
        self.sliding_window, self.flash_attention = sliding_window, flash_attention
        self.supports_masking = True

    def build(  # type: ignore[override]
        self, query_shape: Sequence[int | None], value_shape: Sequence[int | None], key_shape: Any = None
    ) -> None:
        heads = self.num_heads
        self.query_dense = self._project(query_shape, heads, self.key_dim, "query")
        self.key_dense = self._project(key_shape or value_shape, heads, self.key_dim, "key")
        if self.use_gate:
            self._gate_dense = self._project(query_shape, heads, self.value_dim, "gate", activation="sigmoid")
        self.value_dense = self._project(value_shape, heads, self.value_dim, "value")
        self._build_attention(len(query_shape))
        sizes = self.output_shape or (query_shape[-1],)
        self.output_dense = self._project_out(query_shape, heads, self.value_dim, sizes)

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        mask = self._mask(query, value, query_mask, value_mask, key_mask, attention_mask)
        q, v = self.query_dense(query), self.value_dense(value)
        k = self.key_dense(value if key is None else key)
        scale = 1 / math.sqrt(self.key_dim)
        heads, weights = self._attend(q, k, v, mask, use_causal_mask, scale, return_attention_scores, training)
        output = self.output_dense(heads * self._gate_dense(query) if self.use_gate else heads)
        return (output, weights) if return_attention_scores else output

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return previous_mask


class GroupedQueryAttention(_Heads):
    """Attention by heads of which several share their keys and values.

    Args:
        head_dim: the size of each head.
        num_query_heads: the number of heads; a multiple of `num_key_value_heads`.
        num_key_value_heads: the number of heads of keys and values, each shared by as many query heads.
        dropout: the part of the attention weights dropped while training.
        use_bias: whether the projections add a bias.
        sliding_window: attend only to places nearer than that many steps; to all by default.
        flash_attention: whether to insist on the device's fused kernel, which never makes the weights; where it has
            one, the engine chooses by default.
        kernel_initializer: how the first values of the kernels are made.
        bias_initializer: how the first values of the biases are made.
        kernel_regularizer: a penalty on the kernels.
        bias_regularizer: a penalty on the biases.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernels are passed through after each step.
        bias_constraint: what the biases are passed through after each step.
        use_gate: whether each head's output is multiplied by σ of a projection of the query.
        seed: an integer for reproducible dropout.
        **kwargs: the arguments of every layer, see `Layer`.

    Call arguments: those of `MultiHeadAttention`.

    Example:
        >>> layer = tsuno.layers.GroupQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)
        >>> x = np.ones((1, 5, 8), "float32")
        >>> layer(x, x, use_causal_mask=True).shape
        (1, 5, 8)

    Source: J. Ainslie et al., *GQA: Training Generalized Multi-Query Transformer Models*, 2023.
    """

    _config_class_name = "GroupQueryAttention"

    def __init__(
        self,
        head_dim: PositiveInt,
        num_query_heads: PositiveInt,
        num_key_value_heads: PositiveInt,
        dropout: Fraction = 0.0,
        use_bias: bool = True,
        sliding_window: PositiveInt | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if num_query_heads % num_key_value_heads:
            expected = f"a multiple of num_key_value_heads={num_key_value_heads}"
            raise invalid("GroupedQueryAttention.num_query_heads", expected, num_query_heads)
        self.head_dim, self.num_query_heads, self.num_key_value_heads = head_dim, num_query_heads, num_key_value_heads
        self.dropout, self.use_bias, self.use_gate, self.seed = dropout, use_bias, use_gate, seed
        self.sliding_window, self.flash_attention = sliding_window, flash_attention
        self.supports_masking = True

    def build(  # type: ignore[override]
        self, query_shape: Sequence[int | None], value_shape: Sequence[int | None], key_shape: Any = None
    ) -> None:
        size, heads, shared = self.head_dim, self.num_query_heads, self.num_key_value_heads
        self._query_dense = self._project(query_shape, heads, size, "query")
        self._key_dense = self._project(key_shape or value_shape, shared, size, "key")
        if self.use_gate:
            self._gate_dense = self._project(query_shape, heads, size, "gate", activation="sigmoid")
        self._value_dense = self._project(value_shape, shared, size, "value")
        self._build_attention(len(query_shape))
        self._output_dense = self._project_out(query_shape, heads, size, (query_shape[-1] or 0,))

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        mask = self._mask(query, value, query_mask, value_mask, key_mask, attention_mask)
        each = self.num_query_heads // self.num_key_value_heads
        q = self._query_dense(query)
        k = ops.repeat(self._key_dense(value if key is None else key), each, axis=2)
        v = ops.repeat(self._value_dense(value), each, axis=2)
        scale = 1 / math.sqrt(self.head_dim)
        heads, weights = self._attend(q, k, v, mask, use_causal_mask, scale, return_attention_scores, training)
        output = self._output_dense(heads * self._gate_dense(query) if self.use_gate else heads)
        return (output, weights) if return_attention_scores else output

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return previous_mask


GroupQueryAttention = GroupedQueryAttention
_DENSE_PARTS = [
    f"{weight}_{part}" for weight in ("kernel", "bias") for part in ("initializer", "regularizer", "constraint")
] + ["activity_regularizer"]


def _ahead(queries: int, values: int) -> Any:
    """How many places each query is ahead of each value, (1, T, S)."""
    return ops.arange(queries)[None, :, None] - ops.arange(values)[None, None, :]


def _again(part: Any) -> Any:
    """A part of the same kind: an initializer must draw anew, for equal projections would be one head."""
    return type(part).from_config(part.get_config()) if hasattr(part, "get_config") else part


def _equations(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """The einsums of keys with queries, and of weights with values, for attention over some axes.

    Queries are (batch, *free, heads, size); the axes that are not attended over belong to both sides.
    """
    letters = iter(string.ascii_lowercase)
    target = [next(letters) for _ in range(rank - 1)]
    head, size = next(letters), next(letters)
    source = [next(letters) if axis in axes else letter for axis, letter in enumerate(target)]
    shared = "".join(letter for axis, letter in enumerate(target) if axis not in axes)
    weights = shared + head + "".join(target[axis] for axis in axes) + "".join(source[axis] for axis in axes)
    q, k = "".join(target) + head + size, "".join(source) + head + size
    return f"{k},{q}->{weights}", f"{weights},{k}->{q}"
