"""The boundary to the array library: everything Tsuno asks of it passes through here.

`xp` is an array namespace in the sense of the Python array API standard. What the standard lacks
(gradients, compilation, loops, convolution, random bits, placement) are the functions of
`tsuno.engine.jax_engine`, reached as `engine.compile`, `engine.scan` and so on. A second engine
would be one more such module.

JAX is not imported here: the first attribute that somebody reads brings the engine in, so
`import tsuno` costs no more than reading a few small files.
"""

from __future__ import annotations

import functools
import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tsuno.engine.collecting import for_good

if TYPE_CHECKING:
    from jax import Array as Array
    from jax import numpy as xp

    from tsuno.engine.jax_engine import *
else:

    class _ArrayNamespace:
        """`jax.numpy`, imported when its first function is read; functions are kept as they come."""

        def __getattr__(self, name: str) -> Any:
            value = getattr(_jax_engine().xp, name)
            setattr(self, name, value)
            return value

    xp = _ArrayNamespace()


@functools.cache
def _jax_engine() -> ModuleType:
    with for_good():
        return importlib.import_module("tsuno.engine.jax_engine")


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module 'tsuno.engine' has no attribute {name!r}")
    value = getattr(_jax_engine(), name)
    globals()[name] = value
    return value
