"""Layers that arrange values anew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import PositiveInt
from tsuno.layers.base import Layer
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions


class Flatten(Layer):
    """All axes but the first made one.

    Args:
        data_format: where images keep their channels; `"channels_first"` input is flattened as if channels were last.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, ...). Output shape: (batch, features).

    Example:
        >>> tsuno.layers.Flatten()(np.zeros((2, 3, 4))).shape
        (2, 12)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)
        self._channels_first = self.data_format == "channels_first"

    def call(self, inputs: Any) -> Any:
        x = ops.moveaxis(inputs, 1, -1) if self._channels_first and len(inputs.shape) > 2 else inputs
        return ops.reshape(x, (x.shape[0], math.prod(x.shape[1:])))


class Reshape(Layer):
    """The values of each sample in another shape.

    Args:
        target_shape: the shape of one output sample; one size may be -1 and follows from the others.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Reshape((2, -1))(np.zeros((5, 6))).shape
        (5, 2, 3)
    """

    def __init__(self, target_shape: Any, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        sizes = (target_shape,) if isinstance(target_shape, int) else tuple(target_shape)
        if any(not isinstance(size, int) or size < -1 for size in sizes) or sizes.count(-1) > 1:
            raise invalid("Reshape.target_shape", "a tuple of sizes, at most one of them -1", target_shape)
        self.target_shape = sizes

    def build(self, input_shape: Sequence[int | None]) -> None:
        sizes, known = list(input_shape[1:]), [size for size in self.target_shape if size != -1]
        if any(size is None for size in sizes):
            return
        total, wanted = math.prod(size or 0 for size in sizes), math.prod(known)
        if total != wanted if -1 not in self.target_shape else total % max(wanted, 1) != 0:
            raise ValueError(
                f"`{self.path}` cannot give samples of shape {tuple(sizes)} ({total} values) the shape "
                f"{self.target_shape}."
            )

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        # Tracing would not do: an unknown size of the input may follow from a target that is known.
        rest = list(input_shape[1:])
        known = math.prod(size for size in self.target_shape if size != -1)
        free = None if None in rest else math.prod(size or 0 for size in rest) // max(known, 1)
        return (input_shape[0], *(free if size == -1 else size for size in self.target_shape))

    def call(self, inputs: Any) -> Any:
        # The size for -1 is found here: from a batch without samples it could not be.
        known = math.prod(size for size in self.target_shape if size != -1)
        rest = math.prod(inputs.shape[1:]) // max(known, 1)
        return ops.reshape(inputs, (inputs.shape[0], *(rest if size == -1 else size for size in self.target_shape)))


class Permute(Layer):
    """The axes of each sample in another order.

    Args:
        dims: the order, counted from 1 without the batch axis: `(2, 1)` swaps two axes.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Permute((2, 1))(np.zeros((5, 3, 4))).shape
        (5, 4, 3)
    """

    def __init__(self, dims: Sequence[int], **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise invalid("Permute.dims", f"an order of the axes 1 to {len(self.dims)}", dims)
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """Each vector repeated as the steps of a sequence.

    Args:
        n: how many times.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, features). Output shape: (batch, n, features).

    Example:
        >>> tsuno.layers.RepeatVector(3)(np.zeros((5, 2))).shape
        (5, 3, 2)
    """

    def __init__(self, n: PositiveInt, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)
