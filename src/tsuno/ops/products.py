"""Sums of products: of vectors, of matrices, over any axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsuno import engine
from tsuno.core.errors import invalid, unknown
from tsuno.core.op import Tensor, op, to_array
from tsuno.engine import xp
from tsuno.ops.arguments import rank_at_least
from tsuno.ops.fusing import fused

__all__ = [
    "matmul", "dot", "vdot", "inner", "outer", "cross", "kron", "tensordot", "einsum", "trace", "correlate", "cdist",
]  # fmt: skip


@op
def matmul(x1: Tensor, x2: Tensor) -> Tensor:
    """The matrix product over the last two axes; two int8 tensors are summed in int32.

    Example:
        >>> ops.matmul([[1, 2], [3, 4]], [[1], [10]]).tolist()
        [[21], [43]]
    """
    return engine.matmul(x1, x2, preferred_element_type=_sum_dtype(x1, x2))


@op
def dot(x1: Tensor, x2: Tensor) -> Tensor:
    """The sum of products over the last axis of x1 and the second to last of x2 (the only one of a vector).

    Example:
        >>> int(ops.dot([1, 2], [3, 4]))
        11
    """
    return xp.dot(x1, x2)


@op
def vdot(x1: Tensor, x2: Tensor) -> Tensor:
    """The inner product of the flattened tensors, the first conjugated.

    Example:
        >>> int(ops.vdot([[1, 2]], [[3, 4]]))
        11
    """
    return xp.vdot(x1, x2)


@op
def inner(x1: Tensor, x2: Tensor) -> Tensor:
    """The sum of products over the last axes of both.

    Example:
        >>> ops.inner([[1, 2], [3, 4]], [1, 10]).tolist()
        [21, 43]
    """
    return xp.inner(x1, x2)


@op
def outer(x1: Tensor, x2: Tensor) -> Tensor:
    """Every product of an element of x1 (rows) and one of x2 (columns), both flattened.

    Example:
        >>> ops.outer([1, 2], [3, 4]).tolist()
        [[3, 4], [6, 8]]
    """
    return xp.outer(x1, x2)


@op
def cross(x1: Tensor, x2: Tensor, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Tensor:
    """The vector product of vectors of 3 components.

    Args:
        axisa, axisb, axisc: where the components are in x1, in x2 and in the result.
        axis: all three at once.

    Example:
        >>> ops.cross([1, 0, 0], [0, 1, 0]).tolist()
        [0, 0, 1]
    """
    return xp.cross(x1, x2, axisa=axisa, axisb=axisb, axisc=axisc, axis=axis)


@op
def kron(x1: Tensor, x2: Tensor) -> Tensor:
    """The Kronecker product: x2 in blocks, each times an element of x1.

    Example:
        >>> ops.kron([1, 10], [1, 2]).tolist()
        [1, 2, 10, 20]
    """
    return xp.kron(x1, x2)


@op
def tensordot(x1: Tensor, x2: Tensor, axes: int | Sequence[Any] = 2) -> Tensor:
    """The sum of products over chosen axes.

    Args:
        axes: how many of the last axes of x1 meet as many of the first of x2; or a pair, the axes of each.

    Example:
        >>> ops.tensordot([[1, 2], [3, 4]], [1, 10], axes=1).tolist()
        [21, 43]
    """
    return xp.tensordot(x1, x2, axes=axes)


@op
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Tensor:
    """The sum of products that a rule such as `"ij,jk->ik"` describes.

    Example:
        >>> ops.einsum("ij,j->i", [[1, 2], [3, 4]], [1, 10]).tolist()
        [21, 43]
    """
    arrays = [to_array(x) for x in operands]
    return engine.einsum(subscripts, *arrays, preferred_element_type=_sum_dtype(*arrays), **kwargs)


def _sum_dtype(*tensors: Any) -> str | None:
    return "int32" if all(xp.asarray(x).dtype == xp.int8 for x in tensors) else None


@op
def trace(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The sum of the diagonal of the matrices in two axes.

    Example:
        >>> int(ops.trace([[1, 2], [3, 4]]))
        5
    """
    return xp.trace(x, offset=offset, axis1=axis1, axis2=axis2)


@op
def correlate(x1: Tensor, x2: Tensor, mode: str = "valid") -> Tensor:
    """The sums of products of two vectors at every shift.

    Args:
        mode: `valid` for shifts with full overlap, `same` for as many as elements, `full` for any overlap.

    Example:
        >>> ops.correlate([1.0, 2.0, 3.0], [1.0, 10.0]).tolist()
        [21.0, 32.0]
    """
    if mode not in ("valid", "same", "full"):
        raise unknown("mode", mode, ("valid", "same", "full"))
    return xp.correlate(x1, x2, mode)


@op
@fused
def cdist(x: Tensor, y: Tensor) -> Tensor:
    """The Euclidean distance of each row of `x` to each row of `y`.

    Example:
        >>> ops.cdist([[0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]]).tolist()
        [[5.0, 1.0]]
    """
    rank_at_least(2, x, "cdist.x")
    rank_at_least(2, y, "cdist.y")
    if xp.shape(x)[-1] != xp.shape(y)[-1]:
        raise invalid("cdist.y", f"of rows of {xp.shape(x)[-1]} numbers, like `x`", y)
    return xp.sqrt(xp.sum(xp.square(xp.expand_dims(x, -2) - xp.expand_dims(y, -3)), axis=-1))
