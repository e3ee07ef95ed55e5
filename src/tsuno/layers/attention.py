"""Attention: each output is a mean of values, weighted by how well a query fits their keys."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack

from tsuno import ops
from tsuno.core.validate import Fraction, PositiveInt
from tsuno.layers.base import Layer
from tsuno.layers.dense import EinsumDense
from tsuno.layers.parts import LayerOptions
from tsuno.layers.regularization import Dropout


class MultiHeadAttention(Layer):
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
        flash_attention: accepted for compatibility: the engine takes the device's fused kernel where it has one.
        kernel_initializer: how the first values of the kernels are made.
        bias_initializer: how the first values of the biases are made.
        kernel_regularizer: a penalty on the kernels.
        bias_regularizer: a penalty on the biases.
        activity_regularizer: a penalty on the outputs.
        kernel_constraint: what the kernels are passed through after each step.
        bias_constraint: what the biases are passed through after each step.
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

    _lacks: ClassVar[Mapping[str, Any]] = {"use_gate": False, "sliding_window": None}

    def __init__(
        self,
        num_heads: PositiveInt,
        key_dim: PositiveInt,
        value_dim: PositiveInt | None = None,
        dropout: Fraction = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim or key_dim
        self.dropout, self.use_bias, self.seed = dropout, use_bias, seed
        self.output_shape = (output_shape,) if isinstance(output_shape, int) else output_shape and tuple(output_shape)
        self.attention_axes = (
            (attention_axes,) if isinstance(attention_axes, int) else attention_axes and tuple(attention_axes)
        )
        self.flash_attention = flash_attention
        self.supports_masking = True

    def build(  # type: ignore[override]
        self, query_shape: Sequence[int | None], value_shape: Sequence[int | None], key_shape: Any = None
    ) -> None:
        rank = len(query_shape)
        key_shape = key_shape or value_shape
        self._query_dense = self._project_in(query_shape, self.key_dim, "query")
        self._key_dense = self._project_in(key_shape, self.key_dim, "key")
        self._value_dense = self._project_in(value_shape, self.value_dim, "value")
        axes = self.attention_axes or tuple(range(1, rank - 1))
        self._score_equation, self._combine_equation = _equations(rank, tuple(axis % rank for axis in axes))
        self._attended_axes = len(axes)
        self._dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype_policy)
        self._output_dense = self._project_out(query_shape)

    def _project_in(self, shape: Sequence[int | None], size: int, name: str) -> EinsumDense:
        free = string.ascii_lowercase[: len(shape) - 1]
        dense = self._dense(f"{free}z,zxy->{free}xy", (*shape[1:-1], self.num_heads, size), "xy", name)
        dense.build(tuple(shape))
        return dense

    def _project_out(self, query_shape: Sequence[int | None]) -> EinsumDense:
        free = string.ascii_lowercase[: len(query_shape) - 1]
        sizes = self.output_shape or (query_shape[-1],)
        out = string.ascii_uppercase[: len(sizes)]
        dense = self._dense(f"{free}xy,xy{out}->{free}{out}", (*query_shape[1:-1], *sizes), out, "attention_output")
        dense.build((*query_shape[:-1], self.num_heads, self.value_dim))
        return dense

    def _dense(self, equation: str, output_shape: Any, bias_axes: str, name: str) -> EinsumDense:
        return EinsumDense(
            equation,
            output_shape=output_shape,
            bias_axes=bias_axes if self.use_bias else None,
            **{part: _again(getattr(self, part)) for part in _DENSE_PARTS},
            dtype=self.dtype_policy,
            name=name,
        )

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
        mask = self._mask(query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        q = self._query_dense(query) / math.sqrt(self.key_dim)
        k = self._key_dense(value if key is None else key)
        v = self._value_dense(value)
        scores = ops.einsum(self._score_equation, k, q)
        if mask is not None:
            for _ in range(len(scores.shape) - len(mask.shape)):
                mask = ops.expand_dims(mask, -2 * self._attended_axes - 1)
            scores = ops.where(mask, scores, ops.cast(-3e4 if self.compute_dtype == "float16" else -1e9, scores.dtype))
        last = tuple(range(len(scores.shape) - self._attended_axes, len(scores.shape)))
        weights = ops.softmax(scores, axis=last if len(last) > 1 else -1)
        if mask is not None and (return_attention_scores or self.dropout or len(query.shape) != 3):
            # A query that may attend to nothing gets zeros here, and the mean of all values otherwise:
            # Keras' two kernels differ.
            weights = ops.where(mask, weights, ops.zeros_like(weights))
        heads = ops.einsum(self._combine_equation, self._dropout_layer(weights, training=training), v)
        output = self._output_dense(heads)
        return (output, weights) if return_attention_scores else output

    def _mask(
        self, query: Any, value: Any, query_mask: Any, value_mask: Any, key_mask: Any, attention_mask: Any, causal: bool
    ) -> Any:
        """Which query may attend to which value: all masks together, or None."""
        parts = []
        if query_mask is not None:
            parts.append(ops.expand_dims(ops.cast(query_mask, "bool"), -1))
        for mask in (value_mask, key_mask):
            if mask is not None:
                parts.append(ops.expand_dims(ops.cast(mask, "bool"), -2))
        if causal:
            rows, columns = query.shape[1], value.shape[1]
            parts.append(ops.expand_dims(ops.arange(rows), -1) >= ops.expand_dims(ops.arange(columns), 0))
            parts[-1] = ops.expand_dims(parts[-1], 0)
        if attention_mask is not None:
            parts.append(ops.cast(attention_mask, "bool"))
        result = None
        for part in parts:
            result = part if result is None else ops.logical_and(result, part)
        return result

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return previous_mask


_DENSE_PARTS = [
    f"{weight}_{part}" for weight in ("kernel", "bias") for part in ("initializer", "regularizer", "constraint")
]


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
