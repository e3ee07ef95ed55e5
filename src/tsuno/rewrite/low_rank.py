"""Low-rank adaptation: a frozen weight plus a small trained product, W + α/r · A · B.

The layer is left as it is. What changes is the weight that it reads: in its place stands a `LowRank`, made of the
weight there was and of two new ones.

Source: E. Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, 2021.
"""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.core.variable import Composed


class LowRank(Composed):
    """W + α/r · A · B, where W may itself be composed.

    Args:
        base: the frozen weight W, of shape (..., outputs).
        a: A, of shape (..., rank).
        b: B, of shape (rank, outputs).
        scale: α/r.
    """

    def __init__(self, base: Any, a: Any, b: Any, scale: float) -> None:
        self.base, self.a, self.b, self.scale = base, a, b, scale
        self.parts = base  # the layer holds the other two, after its own weights

    @property
    def value(self) -> Any:
        base = self.base.value
        return ops.add(base, ops.cast(self.scale * ops.matmul(self.a, self.b), base.dtype))

    def matmul(self, x1: Any, x2: Any) -> Any:
        """inputs · W + α/r · inputs · A · B, where a quantized W multiplies in its own way."""
        if not isinstance(self.base, Composed):
            return ops.matmul(x1, self.value)
        return ops.matmul(x1, self.base) + self.scale * ops.matmul(ops.matmul(x1, self.a), self.b)

    def einsum(self, subscripts: str, *operands: Any) -> Any:
        """The same for an einsum of inputs and W."""
        inputs = operands[0]
        if not isinstance(self.base, Composed):
            return ops.einsum(subscripts, inputs, self.value)
        product = ops.einsum(subscripts, inputs, ops.matmul(self.a, self.b))
        return ops.einsum(subscripts, inputs, self.base) + self.scale * product

    def take(self, x: Any, indices: Any, axis: int = 0) -> Any:
        """Rows of W, and of A times B: only those asked for are computed."""
        rows = ops.take(self.base, indices, axis=axis)
        return rows + self.scale * ops.matmul(ops.take(self.a, indices, axis=axis), self.b)


def enable_lora(
    layer: Any, weight: str, rank: int, alpha: float, a_initializer: Any, b_initializer: Any, regularizer: Any = None
) -> None:
    """Give a weight of a layer a low-rank part, and freeze the weight.

    Args:
        layer: a built layer.
        weight: the attribute with the weight.
        rank: r, the number of columns of A and rows of B.
        alpha: α; the product is scaled by α/r.
        a_initializer: how A's first values are made.
        b_initializer: how B's first values are made; zeros leave the layer's outputs as they were.
        regularizer: a penalty on A and on B.
    """
    base = getattr(layer, weight)
    *rows, columns = base.shape
    # Small changes would be lost in a half-width dtype.
    options = {"dtype": "float32", "regularizer": regularizer}
    a = layer.add_weight((*rows, rank), a_initializer, name=f"lora_{weight}_a", **options)
    b = layer.add_weight((rank, columns), b_initializer, name=f"lora_{weight}_b", **options)
    setattr(layer, f"lora_{weight}_a", a)
    setattr(layer, f"lora_{weight}_b", b)
    for part in base.parts if isinstance(base, Composed) else [base]:
        part.trainable = False
    setattr(layer, weight, LowRank(base, a, b, alpha / rank))
