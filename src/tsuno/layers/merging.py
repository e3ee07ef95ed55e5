"""Layers that make one tensor of several; each also as a function."""

from __future__ import annotations

import functools
import string
from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

from tsuno import ops
from tsuno.core.context import get_mask
from tsuno.core.errors import invalid
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions

__all__ = [
    "Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract", "add", "average",
    "concatenate", "dot", "maximum", "minimum", "multiply", "subtract",
]  # fmt: skip


class _Merge(Layer):
    """An operation folded over a list of inputs; those of lower rank are broadcast after the batch axis."""

    count: ClassVar[int | None] = None
    """How many inputs there must be; 2 or more by default."""
    skips: ClassVar[bool] = False
    """Whether what an input's mask leaves out takes no part."""

    def __init__(self, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Sequence[Any]) -> None:
        if not isinstance(input_shape, list) or len(input_shape) < 2 or self.count not in (None, len(input_shape)):
            expected = f"a list of {self.count or 'at least 2'} tensors"
            raise invalid(f"{self.path}.inputs", expected, input_shape)

    def merge(self, x: Any, y: Any) -> Any:
        """The operation on two inputs."""
        raise NotImplementedError

    def fill(self, x: Any, instead: Any) -> Any:
        """What stands where a mask leaves `x` out, next to another input."""
        return instead

    def call(self, inputs: Sequence[Any]) -> Any:
        rank = max(len(x.shape) for x in inputs)
        masks = [get_mask(x) if self.skips else None for x in inputs]
        pairs = [(_raise_rank(x, rank), mask) for x, mask in zip(inputs, masks, strict=True)]
        (result, kept), *rest = pairs
        for x, mask in rest:
            x = x if mask is None else _where(mask, x, self.fill(x, result))
            result = result if kept is None else _where(kept, result, self.fill(result, x))
            kept = None if mask is None or kept is None else ops.logical_or(kept, mask)
            result = self.merge(result, x)
        return self.finish(result, kept, len(inputs))

    def finish(self, result: Any, kept: Any, count: int) -> Any:
        """The output, from the folded inputs and the places that any of them has."""
        return result

    def compute_mask(self, inputs: Sequence[Any], mask: Any = None) -> Any:
        masks = [each for each in mask or () if each is not None]
        return functools.reduce(ops.logical_or, masks) if masks and len(masks) == len(inputs) else None


def _raise_rank(x: Any, rank: int) -> Any:
    return ops.reshape(x, (x.shape[0], *(1,) * (rank - len(x.shape)), *x.shape[1:])) if len(x.shape) < rank else x


def _where(mask: Any, x: Any, y: Any) -> Any:
    """`x` at the steps that a mask keeps, `y` at the others."""
    return ops.where(ops.expand_dims(mask, -1), x, ops.cast(y, x.dtype))


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


class Average(Add):
    """The mean of the inputs.

    Args:
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Average()([np.ones((1, 2)), np.zeros((1, 2))]).tolist()
        [[0.5, 0.5]]
    """

    def finish(self, result: Any, kept: Any, count: int) -> Any:
        return result / count


class Subtract(_Merge):
    """The first input minus the second.

    Args:
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Subtract()([np.full((1, 2), 3.0), np.ones((1, 2))]).tolist()
        [[2.0, 2.0]]
    """

    count = 2

    def merge(self, x: Any, y: Any) -> Any:
        return ops.subtract(x, y)


class Multiply(_Merge):
    """The product of the inputs, elementwise; masked steps count as 1, and are 0 where all inputs are masked.

    Args:
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Multiply()([np.full((1, 2), 3.0), np.full((1, 2), 2.0)]).tolist()
        [[6.0, 6.0]]
    """

    skips = True

    def merge(self, x: Any, y: Any) -> Any:
        return ops.multiply(x, y)

    def fill(self, x: Any, instead: Any) -> Any:
        return ops.ones_like(x)

    def finish(self, result: Any, kept: Any, count: int) -> Any:
        return result if kept is None else _where(kept, result, ops.zeros_like(result))


class Maximum(_Merge):
    """The largest of the inputs, elementwise; masked steps do not take part.

    Args:
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Maximum()([np.array([[1.0, 5.0]]), np.array([[2.0, 3.0]])]).tolist()
        [[2.0, 5.0]]
    """

    skips = True

    def merge(self, x: Any, y: Any) -> Any:
        return ops.maximum(x, y)


class Minimum(_Merge):
    """The smallest of the inputs, elementwise; masked steps do not take part.

    Args:
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.Minimum()([np.array([[1.0, 5.0]]), np.array([[2.0, 3.0]])]).tolist()
        [[1.0, 3.0]]
    """

    skips = True

    def merge(self, x: Any, y: Any) -> Any:
        return ops.minimum(x, y)


class Dot(_Merge):
    """The dot product of two inputs along an axis of each, sample by sample.

    Args:
        axes: the axis of both, or a pair of axes; negative ones count from the end; the batch axis is no choice.
        normalize: whether to scale to norm 1 along the axes first, which gives the cosine of the angle.
        **kwargs: the arguments of every layer, see `Layer`.

    Output shape: (batch, axes left of the first, axes left of the second), or (batch, 1) if there are none.

    Example:
        >>> tsuno.layers.Dot(axes=1)([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])]).tolist()
        [[11.0]]
    """

    count = 2

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        pair = (axes, axes) if isinstance(axes, int) else tuple(axes)
        if len(pair) != 2 or not all(isinstance(axis, int) and axis != 0 for axis in pair):
            raise invalid("Dot.axes", "an axis after that of the batch, or a pair of such axes", axes)
        self.axes = axes if isinstance(axes, int) else list(axes)
        self.normalize = normalize

    def _axes(self, shapes: Sequence[Any]) -> list[int]:
        pair = [self.axes, self.axes] if isinstance(self.axes, int) else self.axes
        return [axis % len(shape) for axis, shape in zip(pair, shapes, strict=True)]

    def build(self, input_shape: Sequence[Any]) -> None:
        super().build(input_shape)
        first, second = (shape[axis] for shape, axis in zip(input_shape, self._axes(input_shape), strict=True))
        if None not in (first, second) and first != second:
            raise ValueError(
                f"The inputs of `{self.path}` must have equal sizes along axes={self.axes}; got {first} and {second}, "
                f"in shapes {tuple(input_shape[0])} and {tuple(input_shape[1])}."
            )

    def call(self, inputs: Sequence[Any]) -> Any:
        axes = self._axes([x.shape for x in inputs])
        if self.normalize:
            inputs = [ops.normalize(x, axis=axis, epsilon=1e-12) for x, axis in zip(inputs, axes, strict=True)]
        letters = iter(string.ascii_letters)
        batch, shared = next(letters), next(letters)
        names = [
            [batch if place == 0 else shared if place == axis else next(letters) for place in range(len(x.shape))]
            for x, axis in zip(inputs, axes, strict=True)
        ]
        left = [letter for letter in names[0][1:] + names[1][1:] if letter != shared]
        equation = f"{''.join(names[0])},{''.join(names[1])}->{batch}{''.join(left)}"
        product = ops.einsum(equation, *inputs)
        return product if left else ops.expand_dims(product, -1)

    def compute_mask(self, inputs: Sequence[Any], mask: Any = None) -> Any:
        return None


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

    def compute_mask(self, inputs: Sequence[Any], mask: Any = None) -> Any:
        if not mask or all(each is None for each in mask):
            return None
        masks = []
        for x, each in zip(inputs, mask, strict=True):
            kept = ops.ones_like(x, dtype="bool")
            for _ in range(0 if each is None else len(x.shape) - len(each.shape)):
                each = ops.expand_dims(each, -1)
            masks.append(kept if each is None else ops.logical_and(kept, each))
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The sum of the inputs; see `Add`.

    Example:
        >>> tsuno.layers.add([np.ones((1, 2)), np.ones((1, 2))]).tolist()
        [[2.0, 2.0]]
    """
    return Add(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The mean of the inputs; see `Average`.

    Example:
        >>> tsuno.layers.average([np.ones((1, 2)), np.zeros((1, 2))]).tolist()
        [[0.5, 0.5]]
    """
    return Average(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The first input minus the second; see `Subtract`.

    Example:
        >>> tsuno.layers.subtract([np.full((1, 2), 3.0), np.ones((1, 2))]).tolist()
        [[2.0, 2.0]]
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The product of the inputs, elementwise; see `Multiply`.

    Example:
        >>> tsuno.layers.multiply([np.full((1, 2), 3.0), np.full((1, 2), 2.0)]).tolist()
        [[6.0, 6.0]]
    """
    return Multiply(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The largest of the inputs, elementwise; see `Maximum`.

    Example:
        >>> tsuno.layers.maximum([np.ones((1, 2)), np.zeros((1, 2))]).tolist()
        [[1.0, 1.0]]
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """The smallest of the inputs, elementwise; see `Minimum`.

    Example:
        >>> tsuno.layers.minimum([np.ones((1, 2)), np.zeros((1, 2))]).tolist()
        [[0.0, 0.0]]
    """
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """The inputs one after another along an axis; see `Concatenate`.

    Example:
        >>> tsuno.layers.concatenate([np.ones((1, 2)), np.zeros((1, 1))]).tolist()
        [[1.0, 1.0, 0.0]]
    """
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Sequence[Any], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """The dot product of two inputs along an axis of each; see `Dot`.

    Example:
        >>> tsuno.layers.dot([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])]).tolist()
        [[11.0]]
    """
    return Dot(axes=axes, **kwargs)(inputs)
