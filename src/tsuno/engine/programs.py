"""Programs as things to look at and to keep: traced for unknown sizes, walked equation by equation, written as bytes.

A traced program is a list of equations over primitives (JAX calls it a jaxpr). Whoever translates it to another format
reads its parts as attributes; what needs JAX itself is here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from tsuno.engine.placement import for_any_device

PLATFORMS = ("cpu", "cuda", "tpu")

named = jax.named_scope
"""A context in which what is computed carries a name, in traces, profiles and exported files."""


def symbolic_sizes(names: Sequence[str], known: Sequence[str] = ()) -> tuple[Any, ...]:
    """Sizes that stand for any number from 1, of which more may be `known`; sizes made together may be combined."""
    from jax import export

    return tuple(export.symbolic_shape(", ".join(names), constraints=known)) if names else ()


def is_unknown_size(x: Any) -> bool:
    """Whether `x` is a size that is not known while a program is made, or an expression of such."""
    from jax import export

    return bool(export.is_symbolic_dim(x))


def traced_program(function: Callable[..., Any], *specs: Any) -> tuple[Any, Any]:
    """The equations of a function, the same for every device, and the structure of its result as specs."""
    with for_any_device():
        traced = jax.jit(_fresh(function)).trace(*specs)
        return traced.jaxpr, traced.out_info


def is_key(spec: Any) -> bool:
    """Whether what a program computes is a random key, which has no values that others may read."""
    return bool(jax.dtypes.issubdtype(spec.dtype, jax.dtypes.prng_key))


def evaluated(equation: Any, values: Sequence[Any]) -> list[Any]:
    """The results of one equation of a program for known values: NumPy's arrays, and random keys as they are."""
    with jax.ensure_compile_time_eval():
        given = [jax.numpy.asarray(value) if isinstance(value, np.ndarray) else value for value in values]
        results = equation.primitive.bind(*given, **equation.params)
    results = results if equation.primitive.multiple_results else [results]
    return [result if is_key(result) else np.asarray(result) for result in results]


def serialized_program(function: Callable[..., Any], *specs: Any, platforms: Sequence[str] = PLATFORMS) -> bytes:
    """A function as StableHLO for the named kinds of devices."""
    from jax import export

    with for_any_device():
        return bytes(export.export(jax.jit(_fresh(function)), platforms=tuple(platforms))(*specs).serialize())


def restored_program(data: bytes) -> Any:
    """What `serialized_program` wrote: an object with `call`, `in_avals` and `platforms`."""
    from jax import export

    return export.deserialize(bytearray(data))


def tensorflow_function(function: Callable[..., Any], shapes: Any, **options: Any) -> Callable[..., Any]:
    """A function as one of TensorFlow; `shapes` name the unknown sizes of its arguments, as in "(batch, 3)"."""
    from jax.experimental import jax2tf

    with for_any_device():
        converted: Callable[..., Any] = jax2tf.convert(_fresh(function), polymorphic_shapes=shapes, **options)
    return converted


def _fresh(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with no trace of earlier traces; JAX keeps those by the function."""
    return lambda *args: _anywhere(function, *args)


def _anywhere(function: Callable[..., Any], *args: Any) -> Any:
    with for_any_device():
        return function(*args)
