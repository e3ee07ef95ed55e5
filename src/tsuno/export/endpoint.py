"""A function of weights and inputs that is to leave the house: what it is called with, and what everything is named.

Layers read variables; what is exported is a pure function of their values and of the inputs, traced for inference with
the sizes that are not known as symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import scope
from tsuno.core.dtypes import standardize_dtype
from tsuno.core.errors import invalid, is_from_below, reason
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import bound, slots

BATCH = "batch"
"""What the size is called that the first axis of every input has."""


class Endpoint:
    """A function that can be exported.

    Args:
        owner: the object, or list of objects, whose variables the function reads.
        function: what to export, of the arguments that `arguments` describes.
        arguments: the positional arguments: structures of `Input`s, `InputSpec`s or arrays.
        input_names: a name for each tensor in them.
        output_names: a name for each result.
        name: a name for all of it.
    """

    def __init__(
        self,
        owner: Any,
        function: Callable[..., Any],
        arguments: Sequence[Any],
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
        name: str = "model",
    ) -> None:
        self.owner, self.function, self.name = owner, function, name
        self.tensors = [_symbol(leaf) for leaf in tree.flatten(list(arguments)) if leaf is not None]
        self._structure = tree.map_structure(lambda leaf: leaf is not None, list(arguments))
        given = input_names or [tensor.name for tensor in self.tensors]
        self.input_names = _distinct(given)
        self._output_names = output_names
        self.variables = slots(owner)

    def arguments(self, arrays: Sequence[Any]) -> list[Any]:
        """The positional arguments, filled with arrays."""
        rest = iter(arrays)
        return list(tree.map_structure(lambda there: next(rest) if there else None, self._structure))

    def __call__(self, values: Sequence[Any], *arrays: Any) -> Any:
        """The results for values of the variables and of the inputs."""
        state = dict(zip(self.variables, values, strict=True))
        with bound(self.owner, state), scope(training=False, losses=[]):
            return self.function(*self.arguments(arrays))

    def flat(self, values: Sequence[Any], *arrays: Any) -> list[Any]:
        """The results as a list."""
        return [leaf for leaf in tree.flatten(self(values, *arrays)) if leaf is not None]

    def nested(self, values: Sequence[Any], *arguments: Any) -> Any:
        """The results for arguments in their own structure."""
        return self(values, *[leaf for leaf in tree.flatten(list(arguments)) if leaf is not None])

    def values(self) -> list[np.ndarray]:
        """The values of the variables."""
        return [variable.numpy() for variable in self.variables.values()]

    def specs(self, alike: bool = False, kind: str = "any") -> list[Any]:
        """The inputs' shapes and dtypes; sizes that are not known are symbols.

        Args:
            alike: whether one symbol per axis does for all inputs.
            kind: whether those beside the batch are of any size, `"large"`, or `"even"`: multiples of 32.
        """
        names = [self._size_names(place, tensor, alike) for place, tensor in enumerate(self.tensors)]
        symbols = list(dict.fromkeys(name for row in names for name in row if isinstance(name, str)))
        known = [f"{name} >= 64" for name in symbols if name != BATCH and kind == "large"]
        sizes = dict(zip(symbols, engine.symbolic_sizes(symbols, known), strict=True))
        if kind == "even":
            sizes = {name: size if name == BATCH else 32 * size for name, size in sizes.items()}
        shapes = [tuple(sizes.get(size, size) for size in row) for row in names]
        return [engine.Spec(shape, x.dtype) for shape, x in zip(shapes, self.tensors, strict=True)]

    def _size_names(self, place: int, tensor: KerasTensor, alike: bool) -> list[Any]:
        def name(axis: int) -> str:
            if axis == 0:
                return BATCH
            return f"size_{axis}" if alike or len(self.tensors) == 1 else f"size_{place}_{axis}"

        return [name(axis) if size is None else size for axis, size in enumerate(tensor.shape)]

    def tried(self, use: Callable[[list[Any]], Any]) -> Any:
        """What `use` makes of the specs, of those that say least about the unknown sizes and that it can work with.

        Raises:
            ValueError: it works with none.
        """
        several = any(None in tensor.shape[1:] for tensor in self.tensors)
        problems: list[Exception] = []
        for kind in ("any", "large", "even") if several else ("any",):
            for alike in (False, True) if several else (False,):
                try:
                    return use(self.specs(alike, kind))
                except Exception as problem:
                    problems.append(problem)
        if not several and not is_from_below(problems[0]):
            raise problems[0]
        shapes = ", ".join(str(tensor.shape) for tensor in self.tensors)
        raise ValueError(
            f"`{self.name}` cannot be exported for inputs of shape {shapes} (None stands for any size): "
            f"{reason(problems[0])}. Give `input_signature` with the sizes filled in."
        ) from problems[0]

    def output_names(self, count: int) -> list[str]:
        """A name for each of so many results."""
        given = self._output_names
        if given is None or len(given) != count:
            given = ["output"] if count == 1 else [f"output_{place}" for place in range(count)]
        return _distinct(given)


def _symbol(leaf: Any) -> KerasTensor:
    """What an entry of a signature says: a shape, a dtype, perhaps a name."""
    shape, dtype = getattr(leaf, "shape", None), getattr(leaf, "dtype", None)
    if shape is None:
        raise invalid("input_signature", "a structure of `Input`s, `InputSpec`s or arrays with all sizes known", leaf)
    if isinstance(leaf, KerasTensor):
        return KerasTensor(leaf.shape, leaf.dtype, name=leaf.name)
    described = not hasattr(leaf, "__array__")
    sizes = tuple(shape) if described else (None, *tuple(shape)[1:])
    dtype = getattr(dtype, "name", dtype)
    name = getattr(leaf, "name", None)
    return KerasTensor(sizes, standardize_dtype(dtype), name=name if isinstance(name, str) else None)


def _distinct(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        count = 1
        distinct = name
        while distinct in found:
            distinct, count = f"{name}_{count}", count + 1
        found.append(distinct)
    return found
