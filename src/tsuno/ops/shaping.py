"""The same elements in another arrangement: axes, joining, splitting, repeating, turning."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op, to_array
from tsuno.core.settings import standardize_data_format
from tsuno.engine import xp
from tsuno.ops.arguments import Axis, Shape, rank_at_least
from tsuno.ops.fusing import fused

__all__ = [
    "reshape", "ravel", "transpose", "swapaxes", "moveaxis", "squeeze", "expand_dims", "broadcast_to", "concatenate",
    "append", "stack", "hstack", "vstack", "dstack", "unstack", "split", "array_split", "hsplit", "vsplit", "dsplit",
    "tile", "repeat", "pad", "flip", "fliplr", "flipud", "roll", "rot90", "rearrange", "depth_to_space",
    "space_to_depth",
]  # fmt: skip


@op
def reshape(x: Tensor, newshape: Shape) -> Tensor:
    """The same elements in another shape; one size may be −1, and follows from the others.

    Example:
        >>> ops.reshape([1, 2, 3, 4], (2, -1)).tolist()
        [[1, 2], [3, 4]]
    """
    # A symbolic shape has None where a size is not known.
    shape = newshape if isinstance(newshape, int) else [-1 if size is None else size for size in newshape]
    return xp.reshape(x, shape)


@op
def ravel(x: Tensor) -> Tensor:
    """All elements along one axis, the last axis fastest.

    Example:
        >>> ops.ravel([[1, 2], [3, 4]]).tolist()
        [1, 2, 3, 4]
    """
    return xp.ravel(x)


@op
def transpose(x: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    """The axes in another order, reversed by default.

    Example:
        >>> ops.transpose([[1, 2], [3, 4]]).tolist()
        [[1, 3], [2, 4]]
    """
    return xp.transpose(x, axes)


@op
def swapaxes(x: Tensor, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged.

    Example:
        >>> ops.swapaxes(ops.zeros((2, 3, 4)), 0, 2).shape
        (4, 3, 2)
    """
    return xp.swapaxes(x, axis1, axis2)


@op
def moveaxis(x: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Axes moved to other places; the others keep their order.

    Example:
        >>> ops.moveaxis(ops.zeros((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """
    return xp.moveaxis(x, source, destination)


@op
def squeeze(x: Tensor, axis: Axis = None) -> Tensor:
    """Without axes of size 1: those named, or all.

    Example:
        >>> ops.squeeze([[1, 2]]).tolist()
        [1, 2]
    """
    return xp.squeeze(x, axis=axis)


@op
def expand_dims(x: Tensor, axis: int | Sequence[int]) -> Tensor:
    """With new axes of size 1 at these places of the result.

    Example:
        >>> ops.expand_dims([1, 2], 0).tolist()
        [[1, 2]]
    """
    return xp.expand_dims(x, axis)


@op
def broadcast_to(x: Tensor, shape: Shape) -> Tensor:
    """Repeated to a shape along axes that are missing or of size 1.

    Example:
        >>> ops.broadcast_to([1, 2], (2, 2)).tolist()
        [[1, 2], [1, 2]]
    """
    return xp.broadcast_to(x, shape)


@op
def concatenate(xs: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors joined along an axis that they have.

    Example:
        >>> ops.concatenate([[1, 2], [3]]).tolist()
        [1, 2, 3]
    """
    return xp.concatenate([to_array(x) for x in xs], axis=axis)


@op
def append(x1: Tensor, x2: Tensor, axis: int | None = None) -> Tensor:
    """x2 after x1 along an axis; both flattened when there is none.

    Example:
        >>> ops.append([1, 2], [[3, 4]]).tolist()
        [1, 2, 3, 4]
    """
    return xp.append(x1, x2, axis=axis)


@op
def stack(x: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis.

    Example:
        >>> ops.stack([[1, 2], [3, 4]], axis=1).tolist()
        [[1, 3], [2, 4]]
    """
    return xp.stack([to_array(item) for item in x], axis=axis)


@op
def hstack(xs: Sequence[Any]) -> Tensor:
    """Tensors side by side: joined along the second axis, vectors along their only one.

    Example:
        >>> ops.hstack([[[1], [2]], [[3], [4]]]).tolist()
        [[1, 3], [2, 4]]
    """
    return xp.hstack([to_array(x) for x in xs])


@op
def vstack(xs: Sequence[Any]) -> Tensor:
    """Tensors on top of each other: joined along the first axis, vectors as rows.

    Example:
        >>> ops.vstack([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
    """
    return xp.vstack([to_array(x) for x in xs])


@op
def dstack(xs: Sequence[Any]) -> Tensor:
    """Tensors behind each other: joined along the third axis.

    Example:
        >>> ops.dstack([[1, 2], [3, 4]]).tolist()
        [[[1, 3], [2, 4]]]
    """
    return xp.dstack([to_array(x) for x in xs])


@op
def unstack(x: Tensor, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """The list of slices along an axis.

    Args:
        num: how many there must be; the size of the axis by default.

    Example:
        >>> [row.tolist() for row in ops.unstack([[1, 2], [3, 4]])]
        [[1, 2], [3, 4]]
    """
    x = xp.asarray(x)
    if num not in (None, x.shape[axis]):
        raise invalid("unstack.num", f"{x.shape[axis]}, the size of axis {axis}", num)
    return list(xp.unstack(x, axis=axis))


@op
def split(x: Tensor, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """A list of parts along an axis.

    Args:
        indices_or_sections: how many equal parts, or where to cut.

    Example:
        >>> [part.tolist() for part in ops.split([1, 2, 3, 4], 2)]
        [[1, 2], [3, 4]]
    """
    return xp.split(x, indices_or_sections, axis=axis)


@op
def array_split(x: Tensor, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Like `split`, but the first parts may be longer by one.

    Example:
        >>> [part.tolist() for part in ops.array_split([1, 2, 3], 2)]
        [[1, 2], [3]]
    """
    return xp.array_split(x, indices_or_sections, axis=axis)


@op
def hsplit(x: Tensor, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the second axis; of vectors, along their only one.

    Example:
        >>> [part.tolist() for part in ops.hsplit([[1, 2], [3, 4]], 2)]
        [[[1], [3]], [[2], [4]]]
    """
    return xp.hsplit(x, indices_or_sections)


@op
def vsplit(x: Tensor, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the first axis of a tensor of two or more.

    Example:
        >>> [part.tolist() for part in ops.vsplit([[1, 2], [3, 4]], 2)]
        [[[1, 2]], [[3, 4]]]
    """
    return xp.vsplit(x, indices_or_sections)


@op
def dsplit(x: Tensor, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the third axis.

    Example:
        >>> [part.tolist() for part in ops.dsplit([[[1, 2]]], 2)]
        [[[[1]]], [[[2]]]]
    """
    return xp.dsplit(x, indices_or_sections)


@op
def tile(x: Tensor, repeats: Shape) -> Tensor:
    """The whole tensor repeated along each axis.

    Example:
        >>> ops.tile([1, 2], 2).tolist()
        [1, 2, 1, 2]
    """
    return xp.tile(x, repeats)


@op
def repeat(x: Tensor, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element, or slice along an axis, repeated.

    Args:
        repeats: how often; a number for all, or one for each.

    Example:
        >>> ops.repeat([1, 2], 2).tolist()
        [1, 1, 2, 2]
    """
    return xp.repeat(x, repeats if isinstance(repeats, int) else to_array(repeats), axis=axis)


@op
def pad(x: Tensor, pad_width: Any, mode: str = "constant", constant_values: Tensor = None) -> Tensor:
    """With elements added before and after along each axis.

    Args:
        pad_width: a pair (before, after) for each axis, one pair for all, or one number for everything.
        mode: what is added: `constant` values, the `edge`, its `reflect`ion, and NumPy's other modes.
        constant_values: zero by default; only for the mode `constant`.

    Example:
        >>> ops.pad([1, 2], (1, 2)).tolist()
        [0, 1, 2, 0, 0]
    """
    if constant_values is None:
        return xp.pad(x, pad_width, mode=mode)
    if mode != "constant":
        raise invalid("pad.constant_values", f"None for the mode {mode!r}", constant_values)
    return xp.pad(x, pad_width, mode=mode, constant_values=constant_values)


@op
def flip(x: Tensor, axis: Axis = None) -> Tensor:
    """In reverse order along some axes, or all.

    Example:
        >>> ops.flip([1, 2, 3]).tolist()
        [3, 2, 1]
    """
    return xp.flip(x, axis=axis)


@op
def fliplr(x: Tensor) -> Tensor:
    """In reverse order along the second axis.

    Example:
        >>> ops.fliplr([[1, 2], [3, 4]]).tolist()
        [[2, 1], [4, 3]]
    """
    return xp.fliplr(x)


@op
def flipud(x: Tensor) -> Tensor:
    """In reverse order along the first axis.

    Example:
        >>> ops.flipud([[1, 2], [3, 4]]).tolist()
        [[3, 4], [1, 2]]
    """
    return xp.flipud(x)


@op
def roll(x: Tensor, shift: int | Sequence[int], axis: Axis = None) -> Tensor:
    """Shifted along some axes; what leaves at one end comes in at the other.

    Example:
        >>> ops.roll([1, 2, 3], 1).tolist()
        [3, 1, 2]
    """
    return xp.roll(x, shift, axis=axis)


@op
def rot90(array: Tensor, k: int = 1, axes: Sequence[int] = (0, 1)) -> Tensor:
    """Turned `k` times by 90 degrees, from the first axis towards the second.

    Example:
        >>> ops.rot90([[1, 2], [3, 4]]).tolist()
        [[2, 4], [1, 3]]
    """
    rank_at_least(2, array, "rot90.array")
    if len(axes) != 2 or axes[0] == axes[1]:
        raise invalid("rot90.axes", "two different axes", axes)
    return xp.rot90(array, k=k, axes=(axes[0], axes[1]))


@op
def rearrange(tensor: Tensor, pattern: str, **axes_lengths: int) -> Tensor:
    """Axes split, reordered and merged as a pattern tells: `"b (h p) c -> (b h) p c"`.

    Alex Rogozhnikov, "Einops: Clear and Reliable Tensor Manipulations with Einstein-like Notation", 2022.

    Args:
        axes_lengths: sizes of axes in brackets on the left; one in each bracket may be left out.

    Example:
        >>> ops.rearrange([[1, 2, 3, 4]], "a (b c) -> a c b", c=2).tolist()
        [[[1, 3], [2, 4]]]
    """
    before, _, after = pattern.partition("->")
    groups, target = _groups(before), _groups(after)
    names = [name for group in groups for name in group]
    if len(groups) != xp.ndim(tensor) or sorted(names) != sorted(name for group in target for name in group):
        fix = "Each axis needs one name, and both sides the same names."
        raise invalid("rearrange.pattern", f"a pattern for {xp.ndim(tensor)} axes", pattern, fix)
    sizes = dict(axes_lengths)
    for group, size in zip(groups, xp.shape(tensor), strict=True):
        unknown_names = [name for name in group if name not in sizes]
        if len(unknown_names) > 1:
            raise invalid("rearrange.axes_lengths", f"given for all but one of {group}", axes_lengths)
        for name in unknown_names:
            sizes[name] = size // math.prod(sizes[other] for other in group if other != name)
    parts = xp.reshape(tensor, [sizes[name] for name in names])
    parts = xp.transpose(parts, [names.index(name) for group in target for name in group])
    return xp.reshape(parts, [math.prod(sizes[name] for name in group) for group in target])


def _groups(side: str) -> list[list[str]]:
    """The axes of one side of a pattern; those in brackets together."""
    return [re.findall(r"\w+", item) for item in re.findall(r"\w+|\(.*?\)", side)]


@op
@fused
def depth_to_space(x: Tensor, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Channels laid out as blocks of pixels: (n, h, w, c·b²) becomes (n, h·b, w·b, c).

    Wenzhe Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network", 2016.

    Example:
        >>> ops.depth_to_space([[[[1, 2, 3, 4]]]], 2)[0, :, :, 0].tolist()
        [[1, 2], [3, 4]]
    """
    last = _image(x, data_format)
    channels = xp.shape(x)[-1 if last else 1]
    if channels % block_size**2:
        raise invalid("depth_to_space.block_size", f"a number whose square divides {channels} channels", block_size)
    pattern = "n h w (p q c) -> n (h p) (w q) c" if last else "n (c p q) h w -> n c (h p) (w q)"
    return rearrange(x, pattern, p=block_size, q=block_size)


@op
@fused
def space_to_depth(x: Tensor, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Blocks of pixels laid out as channels: (n, h·b, w·b, c) becomes (n, h, w, c·b²).

    Example:
        >>> ops.space_to_depth([[[[1], [2]], [[3], [4]]]], 2).tolist()
        [[[[1, 2, 3, 4]]]]
    """
    last = _image(x, data_format)
    height, width = xp.shape(x)[1:3] if last else xp.shape(x)[2:]
    if height % block_size or width % block_size:
        raise invalid("space_to_depth.block_size", f"a divisor of {height} and {width}", block_size)
    pattern = "n (h p) (w q) c -> n h w (p q c)" if last else "n c (h p) (w q) -> n (c p q) h w"
    return rearrange(x, pattern, p=block_size, q=block_size)


def _image(x: Tensor, data_format: str) -> bool:
    """Whether the channels of a batch of images come last."""
    if xp.ndim(x) != 4:
        raise invalid("x", "a batch of images with four axes", x)
    return standardize_data_format(data_format) == "channels_last"
