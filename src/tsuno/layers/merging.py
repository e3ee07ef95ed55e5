"""Layers that make one tensor of several; each also as a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import ops
from tsuno.core.errors import invalid
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions


class _Merge(Layer):
    """An operation folded over a list of inputs; those of lower rank are broadcast after the batch axis."""

    def __init__(self, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Sequence[Any]) -> None:
        if not isinstance(input_shape, list) or len(input_shape) < 2:
            raise invalid(f"{self.path}.inputs", "a list of at least 2 tensors", input_shape)

    def merge(self, x: Any, y: Any) -> Any:
        """The operation on two inputs."""
        raise NotImplementedError

    def call(self, inputs: Sequence[Any]) -> Any:
        rank = max(len(x.shape) for x in inputs)
        first, *rest = (self._raise_rank(x, rank) for x in inputs)
        for x in rest:
            first = self.merge(first, x)
        return first

    @staticmethod
    def _raise_rank(x: Any, rank: int) -> Any:
        return ops.reshape(x, (x.shape[0], *(1,) * (rank - len(x.shape)), *x.shape[1:])) if len(x.shape) < rank else x

    def compute_mask(self, inputs: Sequence[Any], previous_mask: Any = None) -> Any:
        masks = [mask for mask in previous_mask or () if mask is not None]
        if not masks or len(masks) < len(inputs):
            return None
        result = masks[0]
        for mask in masks[1:]:
            result = ops.logical_or(result, mask)
        return result


class Add(_Merge):
    """The sum of the inputs.

    Args:
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Add()([np.ones((1, 2)), np.ones((1, 2))]).tolist()
        [[2.0, 2.0]]
    """

    def merge(self, x: Any, y: Any) -> Any:
        return ops.add(x, y)


class Multiply(_Merge):
    """The product of the inputs, elementwise.

    Args:
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Multiply()([np.full((1, 2), 3.0), np.full((1, 2), 2.0)]).tolist()
        [[6.0, 6.0]]
    """

    def merge(self, x: Any, y: Any) -> Any:
        return ops.multiply(x, y)


class Concatenate(_Merge):
    """The inputs one after another along an axis.

    Args:
        axis: the axis; all others must have equal sizes.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Concatenate()([np.ones((1, 2)), np.zeros((1, 1))]).tolist()
        [[1.0, 1.0, 0.0]]
    """

    def __init__(self, axis: int = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Sequence[Any]) -> None:
        super().build(input_shape)
        ranks = {len(shape) for shape in input_shape}
        axis = self.axis % max(ranks)
        others = {tuple(n for place, n in enumerate(shape) if place != axis) for shape in input_shape}
        fixed = [[n for n in column if n is not None] for column in zip(*others, strict=False)]
        if len(ranks) > 1 or any(len(set(column)) > 1 for column in fixed):
            shapes = " and ".join(str(shape) for shape in input_shape)
            raise ValueError(
                f"The inputs of `{self.path}` must have equal sizes on all axes but axis {self.axis}; got shapes "
                f"{shapes}."
            )

    def call(self, inputs: Sequence[Any]) -> Any:
        return ops.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Sequence[Any], previous_mask: Any = None) -> Any:
        if not previous_mask or all(mask is None for mask in previous_mask):
            return None
        masks = []
        for x, mask in zip(inputs, previous_mask, strict=True):
            if mask is None:
                masks.append(ops.ones(x.shape, dtype="bool"))
            else:
                mask = ops.reshape(mask, (*mask.shape, *(1,) * (len(x.shape) - len(mask.shape))))
                masks.append(ops.broadcast_to(mask, x.shape))
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)


def add(inputs: Sequence[Any], **kwargs: Unpack[LayerOptions]) -> Any:
    """The sum of the inputs; see `Add`.

    Example:
        >>> tsuno.layers.add([np.ones((1, 2)), np.ones((1, 2))]).tolist()
        [[2.0, 2.0]]
    """
    return Add(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Unpack[LayerOptions]) -> Any:
    """The product of the inputs, elementwise; see `Multiply`.

    Example:
        >>> tsuno.layers.multiply([np.full((1, 2), 3.0), np.full((1, 2), 2.0)]).tolist()
        [[6.0, 6.0]]
    """
    return Multiply(**kwargs)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Unpack[LayerOptions]) -> Any:
    """The inputs one after another along an axis; see `Concatenate`.

    Example:
        >>> tsuno.layers.concatenate([np.ones((1, 2)), np.zeros((1, 1))]).tolist()
        [[1.0, 1.0, 0.0]]
    """
    return Concatenate(axis=axis, **kwargs)(inputs)
