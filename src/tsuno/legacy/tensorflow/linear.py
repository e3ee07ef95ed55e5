"""`tf.linalg`, and what `tf` itself has of it: matrices along the last two axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy.tensorflow import arrays, mathematics
from tsuno.legacy.tensorflow.calls import Static, of, whole
from tsuno.legacy.tensorflow.words import exposed


def _turned(x: Any) -> Any:
    return xp.conj(xp.swapaxes(x, -1, -2))


@whole
def norm(
    tensor: Tensor, ord: Any = "euclidean", axis: Static = None, keepdims: Any = None, keep_dims: Any = None
) -> Any:
    """The norm of all elements, of vectors along an axis, or of matrices along two.

    Args:
        tensor: the numbers.
        ord: `"euclidean"`, `"fro"`, 1, 2, another positive number, or infinity.
        axis: one axis, two, or None for all elements.
        keepdims: whether the axes stay, with size 1.
        keep_dims: the older name of `keepdims`.
    """
    x, keep = xp.asarray(tensor), bool(keep_dims if keepdims is None else keepdims)
    axis = tuple(axis) if isinstance(axis, list) else axis
    if ord in ("euclidean", "fro"):
        return xp.sqrt(xp.sum(xp.square(xp.abs(x)), axis=axis, keepdims=keep))
    if axis is None:
        found = xp.linalg.norm(x.ravel(), ord)
        return found.reshape((1,) * x.ndim) if keep else found
    return xp.linalg.norm(x, ord, axis=axis, keepdims=keep)


@whole
def inv(input: Tensor, adjoint: bool = False) -> Any:
    """The inverse of matrices."""
    return xp.linalg.inv(_turned(xp.asarray(input)) if adjoint else xp.asarray(input))


@whole
def solve(matrix: Tensor, rhs: Tensor, adjoint: bool = False) -> Any:
    """x of matrix · x = rhs."""
    matrix = xp.asarray(matrix)
    return xp.linalg.solve(_turned(matrix) if adjoint else matrix, xp.asarray(rhs))


@whole
def triangular_solve(matrix: Tensor, rhs: Tensor, lower: bool = True, adjoint: bool = False) -> Any:
    """x of matrix · x = rhs for triangular matrices."""
    matrix, rhs = xp.asarray(matrix), xp.asarray(rhs)
    return engine.linalg.solve_triangular(matrix, rhs, lower=lower, trans="C" if adjoint else "N")


@whole
def cholesky_solve(chol: Tensor, rhs: Tensor) -> Any:
    """x of A · x = rhs, where chol · cholᵀ = A."""
    half = engine.linalg.solve_triangular(xp.asarray(chol), xp.asarray(rhs), lower=True)
    return engine.linalg.solve_triangular(xp.asarray(chol), half, lower=True, trans="C")


def lstsq(matrix: Any, rhs: Any, l2_regularizer: float = 0.0, fast: bool = True) -> Any:
    """x for which matrix · x is nearest to rhs."""
    return _lstsq(matrix, rhs, l2_regularizer)


@whole
def _lstsq(matrix: Tensor, rhs: Tensor, penalty: float) -> Any:
    a, b = xp.asarray(matrix), xp.asarray(rhs)
    return xp.linalg.solve(_turned(a) @ a + penalty * xp.eye(a.shape[-1], dtype=a.dtype), _turned(a) @ b)


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """The singular values s, and matrices u and v with tensor = u · diag(s) · vᵀ."""
    return _svd(tensor, full_matrices, compute_uv)


@whole
def _svd(tensor: Tensor, full_matrices: bool, compute_uv: bool) -> Any:
    if not compute_uv:
        return xp.linalg.svd(xp.asarray(tensor), compute_uv=False)
    u, s, v = xp.linalg.svd(xp.asarray(tensor), full_matrices=full_matrices)
    return s, u, _turned(v)


@whole
def qr(input: Tensor, full_matrices: bool = False) -> Any:
    """Matrices q, with orthogonal columns, and r, triangular, with input = q · r."""
    q, r = xp.linalg.qr(xp.asarray(input), mode="complete" if full_matrices else "reduced")
    return q, r


@whole
def eigh(tensor: Tensor) -> Any:
    """The eigenvalues of symmetric matrices in ascending order, and the eigenvectors as columns."""
    values, vectors = xp.linalg.eigh(xp.asarray(tensor))
    return values, vectors


@whole
def eigvalsh(tensor: Tensor) -> Any:
    """The eigenvalues of symmetric matrices in ascending order."""
    return xp.linalg.eigvalsh(xp.asarray(tensor))


@whole
def eig(tensor: Tensor) -> Any:
    """The eigenvalues and eigenvectors of matrices; on the CPU only."""
    values, vectors = xp.linalg.eig(xp.asarray(tensor))
    return values, vectors


@whole
def eigvals(tensor: Tensor) -> Any:
    """The eigenvalues of matrices; on the CPU only."""
    return xp.linalg.eigvals(xp.asarray(tensor))


@whole
def sqrtm(input: Tensor) -> Any:
    """The matrix whose square is a symmetric matrix that has no negative eigenvalues."""
    values, vectors = xp.linalg.eigh(xp.asarray(input))
    return (vectors * xp.sqrt(xp.maximum(values, 0))[..., None, :]) @ _turned(vectors)


@whole
def logdet(matrix: Tensor) -> Any:
    """The logarithm of the determinant of positive definite matrices."""
    return xp.linalg.slogdet(xp.asarray(matrix))[1]


@whole
def slogdet(input: Tensor) -> Any:
    """The sign of the determinant, and the logarithm of its size."""
    sign, log = xp.linalg.slogdet(xp.asarray(input))
    return sign, log


@whole
def trace(x: Tensor) -> Any:
    """The sum of the diagonal."""
    x = xp.asarray(x)
    return xp.trace(x, axis1=-2, axis2=-1).astype(x.dtype)


@whole
def diag(diagonal: Tensor, k: Static = 0, num_rows: Any = -1, num_cols: Any = -1, padding_value: Any = 0) -> Any:
    """Matrices with these diagonals, `k` places above the main one."""
    d = xp.asarray(diagonal)
    size = d.shape[-1] + abs(k)
    place = np.arange(d.shape[-1])
    made = xp.full((*d.shape[:-1], size, size), padding_value, d.dtype)
    return made.at[..., place + max(-k, 0), place + max(k, 0)].set(d)


@whole
def diag_part(input: Tensor, k: Static = 0) -> Any:
    """The diagonals of matrices, `k` places above the main one."""
    return xp.diagonal(xp.asarray(input), k, -2, -1)


@whole
def set_diag(input: Tensor, diagonal: Tensor, k: Static = 0) -> Any:
    """Matrices with other diagonals."""
    x, d = xp.asarray(input), xp.asarray(diagonal)
    place = np.arange(d.shape[-1])
    return x.at[..., place + max(-k, 0), place + max(k, 0)].set(d)


@whole
def tensor_diag(diagonal: Tensor) -> Any:
    """A tensor of twice as many axes with these elements where the halves of its places are equal."""
    d = xp.asarray(diagonal)
    return xp.diag(d.ravel()).reshape(d.shape * 2)


@whole
def tensor_diag_part(input: Tensor) -> Any:
    """The elements of a tensor where the halves of their places are equal."""
    x = xp.asarray(input)
    sizes = x.shape[: x.ndim // 2]
    return xp.diag(x.reshape(int(np.prod(sizes)), -1)).reshape(sizes)


@whole
def band_part(input: Tensor, num_lower: Static, num_upper: Static) -> Any:
    """Matrices with zeros beyond so many diagonals below and above the main one; -1 for all."""
    x = xp.asarray(input)
    rows, columns = np.arange(x.shape[-2])[:, None], np.arange(x.shape[-1])
    below = (num_lower < 0) | (rows - columns <= num_lower)
    above = (num_upper < 0) | (columns - rows <= num_upper)
    return xp.where(below & above, x, xp.zeros((), x.dtype))


@whole
def adjoint(matrix: Tensor) -> Any:
    """Matrices transposed, their numbers conjugated."""
    return _turned(xp.asarray(matrix))


@whole
def expm(input: Tensor) -> Any:
    """The exponential of a matrix."""
    return engine.linalg.expm(xp.asarray(input))


@whole
def normalize(tensor: Tensor, ord: Any = "euclidean", axis: Static = None) -> Any:
    """Divided by the norm; and that norm."""
    size = norm.__wrapped__.__wrapped__(tensor, ord, axis, True)
    return xp.asarray(tensor) / size, size


def _row(target: Callable[..., Any]) -> Any:
    return of(target, "input:x")


FUNCTIONS: dict[str, Any] = {
    **{name: _row(getattr(ops.linalg, name)) for name in ("det", "cholesky")},
    "pinv": of(ops.linalg.pinv, "a:x rcond=None"),
    "matrix_rank": of(ops.linalg.matrix_rank, "a:x tol=None"),
    "lu": of(ops.linalg.lu_factor, "input:x"),
    **{
        name: exposed(getattr(home, name))
        for home, names in (
            (mathematics, "matmul matvec einsum l2_normalize global_norm"),
            (arrays, "eye"),
        )
        for name in names.split()
    },
    "tensordot": mathematics.FUNCTIONS["tensordot"],
    "cross": mathematics.FUNCTIONS["cross"],
    "matrix_transpose": arrays.FUNCTIONS["matrix_transpose"],
}
_OTHER_NAMES = {
    "matrix_inverse": inv,
    "matrix_solve": solve,
    "matrix_triangular_solve": triangular_solve,
    "matrix_solve_ls": lstsq,
    "matrix_diag": diag,
    "matrix_diag_part": diag_part,
    "matrix_set_diag": set_diag,
    "matrix_band_part": band_part,
    "self_adjoint_eig": eigh,
    "self_adjoint_eigvals": eigvalsh,
    "batch_matrix_diag": diag,
    "log_matrix_determinant": slogdet,
}
IN_TF: dict[str, Any] = {
    **{name: exposed(function) for name, function in _OTHER_NAMES.items()},
    "matrix_determinant": FUNCTIONS["det"],
    "cholesky": FUNCTIONS["cholesky"],
    "diag": exposed(tensor_diag),
    "diag_part": exposed(tensor_diag_part),
    "norm": exposed(norm),
    "svd": exposed(svd),
    "qr": exposed(qr),
    "trace": exposed(trace),
    "cholesky_solve": exposed(cholesky_solve),
}
"""What `tf` itself has of these, by its names."""
