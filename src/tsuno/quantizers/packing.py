"""Two 4-bit integers in a byte: along an axis, the even ones in the low bits and the odd ones in the high bits."""

from __future__ import annotations

from typing import Any

from tsuno.core.dtypes import standardize_dtype
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op, to_array
from tsuno.engine import xp
from tsuno.ops.fusing import fused

_BYTES = ("int8", "uint8")


def pack_int4(arr: Tensor, axis: int = 0, dtype: str = "int8") -> tuple[Tensor, tuple[int, ...], int]:
    """Pack 4-bit integers, two in a byte.

    Args:
        arr: integers from -8 to 7 in int8, or from 0 to 15 in uint8.
        axis: the axis along which neighbours share a byte; of odd length it is filled up with a zero.
        dtype: `"int8"` or `"uint8"`, that of `arr` and of the bytes.

    Returns:
        The bytes, half as many along `axis`; their shape; and the length of `axis` before.

    Raises:
        TypeError: `arr` has another dtype.

    Example:
        >>> values = np.array([[-3, 7], [2, -8], [1, 0]], "int8")
        >>> packed, shape, length = tsuno.quantizers.pack_int4(values)
        >>> packed.tolist(), shape, length
        ([[45, -121], [1, 0]], (2, 2), 3)
    """
    arr = arr if hasattr(arr, "dtype") else to_array(arr)
    _check(dtype)
    if standardize_dtype(arr.dtype) != dtype:
        raise invalid("pack_int4.arr", f"an array of {dtype}", arr, "Cast it, or name its dtype.", TypeError)
    packed = _pack_nibbles(arr, axis)
    return packed, tuple(packed.shape), arr.shape[axis]


@op
@fused
def _pack_nibbles(arr: Tensor, axis: int) -> Tensor:
    rows = xp.moveaxis(arr, axis, 0).astype("uint8")
    rows = xp.pad(rows, ((0, rows.shape[0] % 2), *((0, 0) for _ in rows.shape[1:])))
    packed = (rows[::2] & 15) | (rows[1::2] << 4)
    return xp.moveaxis(packed, 0, axis).astype(arr.dtype)


@op
@fused
def unpack_int4(packed: Tensor, orig_len: int, axis: int = 0, dtype: str = "int8") -> Tensor:
    """The 4-bit integers within bytes; undoes `pack_int4`.

    Args:
        packed: bytes in int8 or uint8.
        orig_len: the length of `axis` before packing.
        axis: the axis along which neighbours share a byte.
        dtype: `"int8"` for integers from -8 to 7, `"uint8"` for integers from 0 to 15.

    Example:
        >>> tsuno.quantizers.unpack_int4(np.array([45, 1], "int8"), orig_len=3).tolist()
        [-3, 2, 1]
    """
    _check(dtype)
    if standardize_dtype(packed.dtype) not in _BYTES:
        raise invalid("unpack_int4.packed", "an array of int8 or uint8", packed, kind=TypeError)
    rows = xp.moveaxis(packed, axis, 0).astype(dtype)
    # Shifting a signed byte to the right keeps its sign, which is that of the high four bits.
    pairs: Any = xp.stack([(rows << 4) >> 4, rows >> 4], axis=1)
    return xp.moveaxis(pairs.reshape(-1, *rows.shape[1:])[:orig_len], 0, axis)


def _check(dtype: str) -> None:
    if dtype not in _BYTES:
        raise invalid("dtype", "'int8' or 'uint8'", dtype)
