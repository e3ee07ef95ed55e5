"""Tensors out of nothing or out of other things: constants, ranges, grids, windows, conversions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.arithmetic import OPS
from tsuno.core.dtypes import numpy_dtype, standardize_dtype
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, as_numpy, op, to_array
from tsuno.core.settings import floatx
from tsuno.core.spec import KerasTensor
from tsuno.engine import xp
from tsuno.ops.arguments import Shape, dtype_or_own
from tsuno.ops.fusing import fused

__all__ = [
    "zeros", "ones", "full", "empty", "zeros_like", "ones_like", "full_like", "empty_like", "arange", "linspace",
    "logspace", "geomspace", "eye", "identity", "tri", "meshgrid", "vander", "bartlett", "blackman", "hamming",
    "hanning", "kaiser", "array", "copy", "cast", "saturate_cast", "view", "convert_to_tensor", "convert_to_numpy",
    "is_tensor", "shape", "ndim", "size", "dtype",
]  # fmt: skip


def zeros(shape: Shape, dtype: Any = None) -> Tensor:
    """Zeros, in the default float if no dtype is given.

    Example:
        >>> ops.zeros((2, 2)).tolist()
        [[0.0, 0.0], [0.0, 0.0]]
    """
    return xp.zeros(shape, standardize_dtype(dtype))


def ones(shape: Shape, dtype: Any = None) -> Tensor:
    """Ones, in the default float if no dtype is given.

    Example:
        >>> ops.ones(2, "int32").tolist()
        [1, 1]
    """
    return xp.ones(shape, standardize_dtype(dtype))


@op
def full(shape: Shape, fill_value: Tensor, dtype: Any = None) -> Tensor:
    """One value everywhere, in the default float if no dtype is given.

    Example:
        >>> ops.full((2,), 7).tolist()
        [7.0, 7.0]
    """
    return xp.full(shape, fill_value, standardize_dtype(dtype))


def empty(shape: Shape, dtype: Any = None) -> Tensor:
    """A tensor whose values do not matter; zeros here.

    Example:
        >>> ops.empty((2, 3)).shape
        (2, 3)
    """
    return xp.empty(shape, standardize_dtype(dtype))


@op
def zeros_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Zeros of the shape of `x`, and of its dtype if none is given.

    Example:
        >>> ops.zeros_like([1, 2]).tolist()
        [0, 0]
    """
    return xp.zeros_like(x, dtype_or_own(dtype))


@op
def ones_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Ones of the shape of `x`, and of its dtype if none is given.

    Example:
        >>> ops.ones_like([1, 2]).tolist()
        [1, 1]
    """
    return xp.ones_like(x, dtype_or_own(dtype))


@op
def full_like(x: Tensor, fill_value: Tensor, dtype: Any = None) -> Tensor:
    """One value in the shape of `x`, and in its dtype if none is given.

    Example:
        >>> ops.full_like([1, 2], 7).tolist()
        [7, 7]
    """
    return xp.full_like(x, fill_value, dtype_or_own(dtype))


@op
def empty_like(x: Tensor, dtype: Any = None) -> Tensor:
    """A tensor of the shape of `x` whose values do not matter.

    Example:
        >>> ops.empty_like([1, 2]).shape
        (2,)
    """
    return xp.empty_like(x, dtype_or_own(dtype))


@op
def arange(start: Tensor, stop: Tensor = None, step: Tensor = None, dtype: Any = None) -> Tensor:
    """Numbers from `start` up to, not including, `stop`; from 0 to `start` where there is no `stop`.

    Example:
        >>> ops.arange(1, 7, 2).tolist()
        [1, 3, 5]
    """
    if dtype is None and any(isinstance(x, float) for x in (start, stop, step)):
        dtype = floatx()
    return xp.arange(start, stop, step, dtype_or_own(dtype))


@op
@fused
def linspace(
    start: Tensor,
    stop: Tensor,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Numbers at equal distances from `start` to `stop`.

    Args:
        endpoint: whether `stop` is the last one.
        retstep: whether to return the distance, too.
        axis: where the new axis goes when `start` and `stop` have axes.

    Example:
        >>> ops.linspace(0, 1, 5).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return xp.linspace(start, stop, num, endpoint=endpoint, retstep=retstep, dtype=dtype_or_own(dtype), axis=axis)


@op
@fused
def logspace(
    start: Tensor,
    stop: Tensor,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """Numbers at equal ratios from base^start to base^stop.

    Example:
        >>> ops.logspace(0, 3, 4, base=2.0).tolist()
        [1.0, 2.0, 4.0, 8.0]
    """
    return xp.logspace(start, stop, num, endpoint=endpoint, base=base, dtype=dtype_or_own(dtype), axis=axis)


@op
@fused
def geomspace(
    start: Tensor, stop: Tensor, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Tensor:
    """Numbers at equal ratios from `start` to `stop`.

    Example:
        >>> ops.round(ops.geomspace(1, 8, 4), 3).tolist()
        [1.0, 2.0, 4.0, 8.0]
    """
    return xp.geomspace(start, stop, num, endpoint=endpoint, dtype=dtype_or_own(dtype), axis=axis)


@fused
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Ones on the diagonal `k` of an N × M matrix, zeros elsewhere.

    Example:
        >>> ops.eye(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    return xp.eye(N, M, k=k, dtype=standardize_dtype(dtype))


@fused
def identity(n: int, dtype: Any = None) -> Tensor:
    """The identity matrix.

    Example:
        >>> ops.identity(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    return xp.identity(n, standardize_dtype(dtype))


@fused
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Ones on and below the diagonal `k` of an N × M matrix, zeros above.

    Example:
        >>> ops.tri(2).tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """
    return xp.tri(N, M, k=k, dtype=standardize_dtype(dtype))


@op
def meshgrid(*x: Any, indexing: str = "xy") -> list[Tensor]:
    """For each vector of coordinates, its value at every point of their grid.

    Args:
        indexing: `xy` puts the first vector along the second axis, as in a plot; `ij` along the first.

    Example:
        >>> [axis.tolist() for axis in ops.meshgrid([1, 2], [3, 4])]
        [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
    """
    if indexing not in ("xy", "ij"):
        raise invalid("meshgrid.indexing", "'xy' or 'ij'", indexing)
    return xp.meshgrid(*[to_array(item) for item in x], indexing=indexing)


@op
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The matrix of the powers of a vector: xⁿ⁻¹, …, x, 1 in each row, or in the opposite order.

    Example:
        >>> ops.vander([2, 3], 3).tolist()
        [[4, 2, 1], [9, 3, 1]]
    """
    return xp.vander(x, N=N, increasing=increasing)


def bartlett(x: int) -> Tensor:
    """The triangular window of `x` points.

    Example:
        >>> ops.bartlett(3).tolist()
        [0.0, 1.0, 0.0]
    """
    return engine.asarray(np.bartlett(int(x)), floatx())


def blackman(x: int) -> Tensor:
    """Blackman's window of `x` points: 0.42 − 0.5 cos + 0.08 cos of twice the angle.

    Example:
        >>> ops.round(ops.blackman(3), 3).tolist()
        [-0.0, 1.0, -0.0]
    """
    return engine.asarray(np.blackman(int(x)), floatx())


def hamming(x: int) -> Tensor:
    """Hamming's window of `x` points: 0.54 − 0.46 cos.

    Example:
        >>> ops.round(ops.hamming(3), 3).tolist()
        [0.08..., 1.0, 0.08...]
    """
    return engine.asarray(np.hamming(int(x)), floatx())


def hanning(x: int) -> Tensor:
    """Von Hann's window of `x` points: 0.5 − 0.5 cos.

    Example:
        >>> ops.round(ops.hanning(3), 3).tolist()
        [0.0, 1.0, 0.0]
    """
    return engine.asarray(np.hanning(int(x)), floatx())


def kaiser(x: int, beta: float) -> Tensor:
    """Kaiser's window of `x` points; it gets narrower as `beta` grows.

    Example:
        >>> ops.round(ops.kaiser(3, 0.0), 3).tolist()
        [1.0, 1.0, 1.0]
    """
    return engine.asarray(np.kaiser(int(x), beta), floatx())


@op
def array(x: Tensor, dtype: Any = None) -> Tensor:
    """A tensor of anything array-like.

    Example:
        >>> ops.array([1, 2], "float32").tolist()
        [1.0, 2.0]
    """
    return xp.asarray(x, dtype_or_own(dtype))


@op
def copy(x: Tensor) -> Tensor:
    """The same values in memory of their own.

    Example:
        >>> ops.copy([1, 2]).tolist()
        [1, 2]
    """
    return xp.copy(x)


@op
def cast(x: Tensor, dtype: Any) -> Tensor:
    """The values in another dtype.

    Example:
        >>> ops.cast([1.7, -1.7], "int32").tolist()
        [1, -1]
    """
    return xp.asarray(x, standardize_dtype(dtype))


@op
def saturate_cast(x: Tensor, dtype: Any) -> Tensor:
    """The values in another dtype; those beyond its range become its limits.

    Example:
        >>> ops.saturate_cast([-7.0, 300.0], "uint8").tolist()
        [0, 255]
    """
    x, target = xp.asarray(x), numpy_dtype(dtype)
    (low, high), (least, most) = _limits(x.dtype), _limits(target)
    # The limits must fit the old dtype: 2³² − 1 is not a float32, the next float towards zero is.
    bounds = np.asarray([max(low, least), min(high, most)]).astype(x.dtype)
    if bounds[1] > most:
        bounds[1] = np.nextafter(bounds[1], bounds.dtype.type(0))
    if x.dtype == bool:
        return x.astype(target)
    return xp.clip(x, bounds[0], bounds[1]).astype(target)


def _limits(dtype: Any) -> tuple[Any, Any]:
    if xp.issubdtype(dtype, xp.bool):
        return 0, 1
    if xp.issubdtype(dtype, xp.integer):
        return int(xp.iinfo(dtype).min), int(xp.iinfo(dtype).max)
    return float(xp.finfo(dtype).min), float(xp.finfo(dtype).max)


@op
def view(x: Tensor, dtype: Any = None) -> Tensor:
    """The same bits, read as another dtype; the last axis shrinks or grows with the width of the dtype.

    Example:
        >>> ops.view(np.array([1.0], "float32"), "int32").tolist()
        [1065353216]
    """
    return xp.asarray(x).view(dtype_or_own(dtype))


def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> Tensor:
    """Anything array-like as a tensor: arrays, numbers, nested lists, variables.

    Args:
        dtype: the dtype of the result; that of `x` by default.
        sparse: not True; there are no sparse tensors.
        ragged: not True; there are no ragged tensors.

    Example:
        >>> ops.convert_to_tensor([1, 2], dtype="float32").tolist()
        [1.0, 2.0]
    """
    if sparse or ragged:
        raise invalid("convert_to_tensor.sparse", "False", True, "Tensors are dense here.")
    dtype = dtype_or_own(dtype)
    if isinstance(x, KerasTensor):
        return x if dtype in (None, x.dtype) else cast(x, dtype)
    return engine.asarray(to_array(x), dtype)


OPS["convert_to_tensor"] = convert_to_tensor  # in graphs of files; drawing a graph leaves it out


def convert_to_numpy(x: Any) -> np.ndarray:
    """The values as a NumPy array; waits for the device.

    Example:
        >>> ops.convert_to_numpy(ops.ones(2))
        array([1., 1.], dtype=float32)
    """
    return as_numpy(x)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor with values; NumPy arrays and symbolic tensors are none.

    Example:
        >>> ops.is_tensor(ops.ones(2)), ops.is_tensor([1.0, 1.0])
        (True, False)
    """
    return engine.is_array(x)


def shape(x: Any) -> tuple[int | None, ...]:
    """The sizes of the axes; None where a symbolic tensor's size is not known.

    Example:
        >>> ops.shape([[1, 2, 3]])
        (1, 3)
    """
    return tuple(x.shape if hasattr(x, "shape") else np.shape(x))


def ndim(x: Any) -> int:
    """The number of axes.

    Example:
        >>> ops.ndim([[1, 2, 3]])
        2
    """
    return len(shape(x))


def size(x: Any) -> int | None:
    """The number of elements; None where a symbolic tensor's is not known.

    Example:
        >>> ops.size([[1, 2, 3]])
        3
    """
    sizes: Sequence[Any] = shape(x)
    return None if None in sizes else int(np.prod(sizes, dtype=int))


def dtype(x: Any) -> str:
    """The name of the dtype.

    Example:
        >>> ops.dtype(ops.ones(2))
        'float32'
    """
    return standardize_dtype(x.dtype if hasattr(x, "dtype") else to_array(x).dtype)
