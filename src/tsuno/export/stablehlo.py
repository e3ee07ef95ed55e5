"""Programs as StableHLO, which JAX alone reads and runs: weights inside, unknown sizes open, for several devices."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tsuno import engine
from tsuno.core import tree
from tsuno.core.errors import describe, suggest
from tsuno.export.endpoint import Endpoint
from tsuno.saving.atomic import write_file


def write_stablehlo(endpoint: Endpoint, path: Path, platforms: Sequence[str] = ("cpu", "cuda", "tpu")) -> None:
    """Write an endpoint as a file that `jax.export.deserialize` reads."""
    for name in platforms:
        if name not in ("cpu", "cuda", "rocm", "tpu"):
            raise ValueError(f"Unknown platform {name!r}.{suggest(name, ('cpu', 'cuda', 'rocm', 'tpu'))}")
    values = endpoint.values()
    call = functools.partial(endpoint.nested, values)
    data = endpoint.tried(
        lambda specs: engine.serialized_program(call, *endpoint.arguments(specs), platforms=platforms)
    )
    write_file(path, lambda file: file.write(data))


class load_stablehlo:
    """A model from a file of StableHLO, as a function of its inputs.

    Args:
        filepath: the file.

    The same file can be run with JAX alone: `jax.export.deserialize(data).call(inputs)`.

    Raises:
        ValueError: the file is not of this kind.

    Example:
        >>> import tempfile
        >>> x = tsuno.Input((3,))
        >>> model = tsuno.Model(x, tsuno.ops.sum(x, axis=-1))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tsuno.export.export_model(model, f"{folder}/sum.stablehlo", verbose=False)
        ...     program = tsuno.export.load_stablehlo(f"{folder}/sum.stablehlo")
        >>> program(np.ones((2, 3), "float32")).tolist()
        [3.0, 3.0]
    """

    def __init__(self, filepath: Any) -> None:
        path = Path(os.fspath(filepath))
        try:
            self._program = engine.restored_program(path.read_bytes())
        except OSError:
            raise
        except Exception as problem:
            raise ValueError(
                f"The file {str(path)!r} does not hold a program in StableHLO, or is damaged."
            ) from problem

    @property
    def input_shapes(self) -> list[tuple[Any, ...]]:
        """The sizes of each input; None where any size will do."""
        avals = self._program.in_avals
        return [tuple(size if isinstance(size, int) else None for size in aval.shape) for aval in avals]

    @property
    def platforms(self) -> tuple[str, ...]:
        """The kinds of devices that it runs on."""
        return tuple(self._program.platforms)

    def __call__(self, *inputs: Any) -> Any:
        """The outputs for arrays in the structure of the model's inputs."""
        dtypes = iter([aval.dtype for aval in self._program.in_avals])
        leaves = tree.flatten(list(inputs))
        if len(leaves) != len(self._program.in_avals):
            raise ValueError(
                f"The program takes {len(self._program.in_avals)} arrays; got {len(leaves)} in {describe(inputs)}."
            )
        return self._program.call(*tree.map_structure(lambda leaf: engine.asarray(leaf, next(dtypes)), list(inputs)))
