"""Decompositions of matrices, and the equations they solve."""

from __future__ import annotations

from typing import Any

from tsuno import engine
from tsuno.core.errors import invalid, unknown
from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.arguments import as_float, rank_at_least
from tsuno.ops.fusing import fused

__all__ = [
    "cholesky", "cholesky_inverse", "det", "slogdet", "logdet", "inv", "pinv", "solve", "solve_triangular", "lstsq",
    "svd", "qr", "eig", "eigh", "lu_factor", "matrix_rank",
]  # fmt: skip


@op
def cholesky(x: Tensor, upper: bool = False) -> Tensor:
    """The triangular L with positive diagonal of a positive definite matrix L · Lᵀ.

    Args:
        upper: whether to return Lᵀ instead.

    Example:
        >>> ops.cholesky([[4.0, 2.0], [2.0, 5.0]]).tolist()
        [[2.0, 0.0], [1.0, 2.0]]
    """
    _square(x, "cholesky.x")
    factor = xp.linalg.cholesky(x, upper=upper)
    if not engine.is_traced(factor) and bool(xp.any(xp.isnan(factor))):
        raise ValueError("`cholesky.x` must be positive definite; this matrix is not.")
    return factor


@op
@fused
def cholesky_inverse(x: Tensor, upper: bool = False) -> Tensor:
    """The inverse of L · Lᵀ.

    Args:
        x: L, as `cholesky` returns it.
        upper: whether `x` is Lᵀ instead.

    Example:
        >>> ops.cholesky_inverse([[2.0, 0.0], [0.0, 1.0]]).tolist()
        [[0.25, 0.0], [0.0, 1.0]]
    """
    _square(x, "cholesky_inverse.x")
    inverse = engine.linalg.solve_triangular(x, xp.eye(xp.shape(x)[-1], dtype=x.dtype), lower=not upper)
    return xp.matmul(inverse, inverse.T) if upper else xp.matmul(inverse.T, inverse)


@op
@fused
def det(x: Tensor) -> Tensor:
    """The determinant.

    Example:
        >>> float(ops.det([[2.0, 0.0], [0.0, 3.0]]))
        6.0
    """
    _square(x, "det.x")
    return xp.linalg.det(x)


@op
@fused
def slogdet(x: Tensor) -> tuple[Tensor, Tensor]:
    """The sign of the determinant, and the logarithm of its magnitude.

    Example:
        >>> sign, log = ops.slogdet([[2.0, 0.0], [0.0, 3.0]])
        >>> float(sign), float(log)
        (1.0, 1.7917...)
    """
    _square(x, "slogdet.x")
    sign, logarithm = xp.linalg.slogdet(x)
    return sign, logarithm


@op
@fused
def logdet(x: Tensor) -> Tensor:
    """The logarithm of the determinant's magnitude, exact where the determinant itself would overflow.

    Example:
        >>> float(ops.logdet([[2.0, 0.0], [0.0, 3.0]]))
        1.7917...
    """
    _square(x, "logdet.x")
    return xp.linalg.slogdet(x)[1]


@op
@fused
def inv(x: Tensor) -> Tensor:
    """The inverse of a square matrix.

    Example:
        >>> ops.inv([[2.0, 0.0], [0.0, 4.0]]).tolist()
        [[0.5, 0.0], [0.0, 0.25]]
    """
    _square(x, "inv.x")
    return xp.linalg.inv(x)


@op
@fused
def pinv(x: Tensor, rcond: float | None = None) -> Tensor:
    """The Moore-Penrose inverse: of least norm among the matrices that come nearest to an inverse.

    Args:
        rcond: singular values below this fraction of the largest count as zero.

    Example:
        >>> ops.pinv([[2.0, 0.0]]).tolist()
        [[0.5], [0.0]]
    """
    rank_at_least(2, x, "pinv.x")
    return xp.linalg.pinv(x, rcond)


@op
@fused
def solve(a: Tensor, b: Tensor) -> Tensor:
    """The x with a · x = b.

    Example:
        >>> ops.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).tolist()
        [1.0, 0.5]
    """
    _square(a, "solve.a")
    return xp.linalg.solve(a, b)


@op
def solve_triangular(a: Tensor, b: Tensor, lower: bool = False) -> Tensor:
    """The x with a · x = b for a triangular `a`.

    Args:
        lower: whether `a` has its numbers below the diagonal.

    Example:
        >>> ops.solve_triangular([[2.0, 0.0], [2.0, 1.0]], [2.0, 5.0], lower=True).tolist()
        [1.0, 3.0]
    """
    _square(a, "solve_triangular.a")
    return engine.linalg.solve_triangular(a, b, lower=lower)


@op
@fused
def lstsq(a: Tensor, b: Tensor, rcond: float | None = None) -> Tensor:
    """The x for which a · x comes nearest to b, of least norm.

    Args:
        rcond: singular values below this fraction of the largest count as zero.

    Example:
        >>> ops.round(ops.lstsq([[1.0], [1.0]], [1.0, 3.0]), 3).tolist()
        [2.0]
    """
    return xp.linalg.lstsq(a, b, rcond=rcond)[0]


@op
def svd(x: Tensor, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition u · diag(s) · vᵀ, as (u, s, vᵀ).

    Args:
        full_matrices: whether u and vᵀ are square.
        compute_uv: whether to return them at all, not only s.

    Example:
        >>> ops.round(ops.svd([[0.0, 2.0], [3.0, 0.0]])[1]).tolist()
        [3.0, 2.0]
    """
    rank_at_least(2, x, "svd.x")
    result = xp.linalg.svd(x, full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(result) if compute_uv else result


@op
def qr(x: Tensor, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """The orthogonal q and the upper triangular r of x = q · r.

    Args:
        mode: `reduced`, or `complete` for a square q.

    Example:
        >>> q, r = ops.qr([[0.0, 2.0], [3.0, 0.0]])
        >>> ops.round(ops.abs(r)).tolist()
        [[3.0, 0.0], [0.0, 2.0]]
    """
    if mode not in ("reduced", "complete"):
        raise unknown("mode", mode, ("reduced", "complete"))
    rank_at_least(2, x, "qr.x")
    q, r = xp.linalg.qr(x, mode=mode)
    return q, r


@op
def eig(x: Tensor) -> tuple[Tensor, Tensor]:
    """The eigenvalues of a square matrix, complex, and its eigenvectors as columns. Only on CPU.

    Example:
        >>> ops.eig([[2.0, 0.0], [0.0, 3.0]])[0].tolist()
        [(2+0j), (3+0j)]
    """
    _square(x, "eig.x")
    values, vectors = xp.linalg.eig(x)
    return values, vectors


@op
def eigh(x: Tensor) -> tuple[Tensor, Tensor]:
    """The eigenvalues of a symmetric matrix in ascending order, and its eigenvectors as columns.

    Example:
        >>> ops.round(ops.eigh([[3.0, 0.0], [0.0, 2.0]])[0]).tolist()
        [2.0, 3.0]
    """
    _square(x, "eigh.x")
    values, vectors = xp.linalg.eigh(x)
    return values, vectors


@op
def lu_factor(x: Tensor) -> tuple[Tensor, Tensor]:
    """Both triangular factors of a matrix in one, and for each row the row it was exchanged with.

    Example:
        >>> lu, pivots = ops.lu_factor([[1.0, 2.0], [4.0, 4.0]])
        >>> lu.tolist(), pivots.tolist()
        ([[4.0, 4.0], [0.25, 1.0]], [1, 1])
    """
    rank_at_least(2, x, "lu_factor.x")
    lu, pivots = engine.linalg.lu_factor(as_float(x))
    return lu, pivots


@op
def matrix_rank(x: Tensor, tol: float | None = None) -> Tensor:
    """The number of singular values above a tolerance.

    Args:
        tol: what rounding errors of the largest may come to by default.

    Example:
        >>> int(ops.matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
        1
    """
    rank_at_least(2, x, "matrix_rank.x")
    return xp.asarray(xp.linalg.matrix_rank(x, tol), "int32")


def _square(x: Any, where: str) -> None:
    rank_at_least(2, x, where)
    if xp.shape(x)[-1] != xp.shape(x)[-2]:
        raise invalid(where, "a square matrix, or several", x)
