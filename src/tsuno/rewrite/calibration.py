"""What quantization by example has in common: example inputs, the matrix of a kernel, and the kernel read back.

Weights are kept as levels from 0 up, of shape (outputs, inputs), with a scale and a zero point for each output and
group of inputs; levels of 4 bits two in a byte along the outputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tsuno.core.errors import invalid
from tsuno.core.op import as_numpy
from tsuno.engine import xp
from tsuno.quantizers import unpack_int4
from tsuno.quantizers.rounding import from_levels


def kernel_matrix_shape(shape: Sequence[int]) -> tuple[int, int]:
    """The inputs and outputs of a kernel as a matrix; of three axes, those but the largest belong together.

    Example:
        >>> from tsuno.rewrite.calibration import kernel_matrix_shape
        >>> kernel_matrix_shape((64, 4, 16)), kernel_matrix_shape((4, 8, 64))
        ((64, 64), (32, 64))
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) != 3:
        raise invalid("kernel", "of two or three axes to be quantized by example", tuple(shape))
    first, second, third = shape
    return (first, second * third) if first == max(shape) else (first * second, third)


def calibrated_kernel(
    levels: Any, outputs: int, scale: Any, zero: Any, groups: Any, bits: int = 4, input_scale: Any = None
) -> Any:
    """The kernel, of shape (inputs, outputs), that levels stand for.

    Args:
        levels: in uint8; of 4 bits, packed along the outputs.
        outputs: how many outputs there are.
        scale, zero: of shape (outputs, groups).
        groups: the group of each input.
        bits: how many bits a level has.
        input_scale: what AWQ has multiplied the weights of each input by.
    """
    levels = unpack_int4(levels, outputs, axis=0, dtype="uint8") if bits == 4 else levels
    kernel = from_levels(levels, scale, zero, groups).T
    return kernel if input_scale is None else kernel / xp.asarray(input_scale)[:, None]


def token_windows(dataset: Iterable[Any], tokenizer: Any, length: int, count: int) -> np.ndarray:
    """Stretches of the tokens of a data set, spread evenly over it; too few tokens are repeated.

    Args:
        dataset: strings, or arrays of token numbers.
        tokenizer: an object whose `tokenize` makes token numbers of a string.
        length: how many tokens a stretch has.
        count: how many stretches.

    Returns:
        Token numbers in int32, of shape (count, 1, length).

    Example:
        >>> tsuno.rewrite.calibration.token_windows([[1, 2, 3], [4, 5, 6]], None, length=2, count=3)[:, 0].tolist()
        [[1, 2], [2, 3], [3, 4]]
    """
    if isinstance(dataset, (str, bytes)) or not isinstance(dataset, Iterable):
        raise invalid("dataset", "an iterable of strings or of arrays of token numbers", dataset, kind=TypeError)
    pieces = [tokenizer.tokenize(item) if isinstance(item, str) else item for item in dataset]
    if not pieces:
        raise ValueError("The dataset of examples is empty; quantization by example needs at least one.")
    tokens = np.concatenate([as_numpy(piece).reshape(-1) for piece in pieces]).astype("int32")
    if not tokens.size:
        raise ValueError("The dataset of examples has no tokens; quantization by example needs at least one.")
    tokens = np.tile(tokens, max(1, -(-count * length // tokens.size)))
    starts = np.arange(count) * max(1, (tokens.size - length + 1) // count)
    return tokens[starts[:, None] + np.arange(length)][:, None]
