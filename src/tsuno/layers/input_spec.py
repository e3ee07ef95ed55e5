"""What a layer takes, checked before it runs: rank, sizes of axes, dtype."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno.core import tree
from tsuno.core.config import Configurable
from tsuno.core.dtypes import standardize_dtype


class InputSpec(Configurable):
    """A description of an input that a layer accepts.

    Args:
        dtype: the dtype.
        shape: the whole shape, None where any size will do.
        ndim: the number of axes.
        max_ndim: the largest number of axes.
        min_ndim: the smallest number of axes.
        axes: sizes of some axes by index.
        allow_last_axis_squeeze: accept a last axis of size 1 too many or too few.
        name: the key under which a dict of inputs holds this one.
        optional: whether the input may be None.

    Example:
        >>> tsuno.InputSpec(min_ndim=2, axes={-1: 3})
        InputSpec(min_ndim=2, axes={-1: 3})
    """

    _config_module = "keras"

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        self.allow_last_axis_squeeze, self.name, self.optional = allow_last_axis_squeeze, name, optional

    def problem(self, x: Any) -> tuple[str, str] | None:
        """What was expected of `x` and how to mend it, or None if it fits."""
        shape = tuple(x.shape)
        rank = len(shape)
        if self.allow_last_axis_squeeze and self.shape is not None and abs(rank - len(self.shape)) == 1:
            return None
        if self.ndim is not None and rank != self.ndim:
            return f"{self.ndim} axes", _rank_fix(shape, self.ndim)
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"at least {self.min_ndim} axes", _rank_fix(shape, self.min_ndim)
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"at most {self.max_ndim} axes", ""
        if self.dtype is not None and standardize_dtype(x.dtype) != self.dtype:
            return f"dtype {self.dtype}", f"Cast the input to {self.dtype}."
        sizes = dict(self.axes)
        if self.shape is not None:
            sizes |= dict(enumerate(self.shape))
        for axis, size in sizes.items():
            if size is not None and shape[axis] not in (size, None):
                return f"size {size} on axis {axis}", "The layer's weights were made for that size."
        return None


def check_inputs(specs: Any, inputs: Any, where: str) -> None:
    """Raise one sentence if the inputs of the layer at `where` are not as it describes them."""
    if specs is None:
        return
    listed = [specs] if isinstance(specs, InputSpec) else tree.flatten(specs)
    if isinstance(inputs, dict) and all(spec is not None and spec.name for spec in listed):
        absent = [spec.name for spec in listed if spec.name not in inputs and not spec.optional]
        if absent:
            raise ValueError(
                f"The inputs of `{where}` must have the keys {[spec.name for spec in listed]}; {absent[0]!r} is "
                f"missing "
                f"among {sorted(inputs)}."
            )
        given = [inputs.get(spec.name) for spec in listed]
    else:
        given = tree.flatten(inputs)
    if len(given) != len(listed):
        raise ValueError(f"`{where}` takes {len(listed)} inputs; got {len(given)}.")
    for spec, x in zip(listed, given, strict=True):
        if spec is None or x is None or not hasattr(x, "shape"):
            continue
        if problem := spec.problem(x):
            expected, fix = problem
            raise ValueError(
                f"The input of `{where}` must have {expected}; got shape {tuple(x.shape)} and dtype {x.dtype}."
                f"{' ' if fix else ''}{fix}"
            )


def _rank_fix(shape: tuple[int | None, ...], wanted: int) -> str:
    if len(shape) == wanted - 1:
        return "If an axis of size 1 is missing (channels, features or batch), add it: x[..., None] or x[None]."
    if len(shape) == wanted + 1 and 1 in shape[1:]:
        return "Drop the axis of size 1, for example with x.squeeze()."
    return ""
