"""JAX as Tsuno's engine: gradients, compilation, loops and placement under plain names.

Convolution and pooling live in `convolution.py`, random bits in `randomness.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as xp
import numpy as np
from jax import Array, lax

from tsuno.engine.cache import use_compilation_cache
from tsuno.engine.convolution import avg_pool, conv, conv_transpose, max_pool
from tsuno.engine.dot_attention import attention
from tsuno.engine.host_arrays import empty, host_memory, is_host, is_shareable, memory, placed, put, release_memory
from tsuno.engine.loops import recurrence
from tsuno.engine.placement import copy, eager, for_any_device, from_host, with_gradient
from tsuno.engine.products import einsum, matmul
from tsuno.engine.programs import (
    evaluated,
    is_key,
    is_unknown_size,
    named,
    restored_program,
    serialized_program,
    symbolic_sizes,
    tensorflow_function,
    traced_program,
)  # fmt: skip
from tsuno.engine.randomness import (
    bernoulli,
    beta,
    binomial,
    categorical,
    gamma,
    normal,
    permutation,
    randint,
    truncated_normal,
    uniform,
)
from tsuno.engine.row_gradients import Rows, is_table, value_and_row_grad

__all__ = [
    "Array", "Rows", "Spec", "Tracer", "asarray", "associative_scan", "attention", "avg_pool", "bernoulli", "beta",
    "binomial", "bitcast", "categorical", "compile", "cond", "conv", "conv_transpose", "copy", "custom_gradient",
    "default_device", "device_count", "dynamic_slice", "dynamic_update", "eager", "einsum", "empty", "enable_float64",
    "eval_shape", "evaluated", "extend_arrays", "fetch", "filter_tracebacks", "for_any_device", "fori_loop", "gamma",
    "host_memory", "is_array", "is_host", "is_key", "is_shareable", "is_stored", "is_table", "is_traced",
    "is_unknown_size", "jvp", "linalg", "matmul", "max_pool", "memory", "named", "nn", "normal", "on_host",
    "permutation", "placed", "put", "randint", "ready", "recurrence", "release_memory", "remat", "resize",
    "restored_program", "rsqrt", "scale_and_translate", "scan", "scatter", "segment_reduce", "serialized_program",
    "show", "special", "start_trace", "stop_gradient", "stop_trace", "subprogram", "switch", "symbolic_sizes",
    "take_rows", "tensorflow_function", "to_numpy", "top_k", "traced_program", "traced_step", "tree",
    "truncated_normal", "uniform", "value_and_grad", "value_and_row_grad", "vmap", "while_loop", "xp",
]  # fmt: skip

Tracer = jax.core.Tracer
Spec = jax.ShapeDtypeStruct
tree = jax.tree
nn = jax.nn
special = jax.scipy.special
linalg = jax.scipy.linalg

subprogram = jax.jit
"""A function that is traced once and written into each program that calls it."""
value_and_grad = jax.value_and_grad
jvp = jax.jvp
vmap = jax.vmap
remat = jax.checkpoint
stop_gradient = lax.stop_gradient
scan = lax.scan
associative_scan = lax.associative_scan
while_loop = lax.while_loop
fori_loop = lax.fori_loop
cond = lax.cond
switch = lax.switch
eval_shape = jax.eval_shape
custom_gradient = jax.custom_gradient
rsqrt = lax.rsqrt


def compile(function: Callable[..., Any], quickly: bool = True, gradient: bool = False, **options: Any) -> Any:
    """`function` as a program for the device; `quickly` if compiling takes longer than the arrays it works on, with
    `gradient` if it computes one."""
    traced = with_gradient(function) if gradient else function
    return jax.jit(traced, **{"compiler_options": _compiler_options(quickly, gradient), **options})


def extend_arrays(**methods: Callable[..., Any]) -> None:
    """Give arrays further methods, which must have names that they do not use."""
    kind = type(jax.device_put(np.float32(0)))
    for name, method in methods.items():
        setattr(kind, name, method)


def on_host(function: Callable[..., Any], result: Any, *arrays: Any) -> Any:
    """What a function of NumPy arrays returns, called on the host whenever the program at work gets there.

    Args:
        function: the function.
        result: a `Spec` of what it returns, or a structure of them.
        *arrays: what it is given.
    """
    return jax.pure_callback(function, result, *arrays)


def show(message: str, x: Any) -> None:
    """Print a message and an array whenever the program at work gets there."""
    jax.debug.print("{message}{x}", message=message, x=x)


@functools.cache
def _compiler_options(quickly: bool, gradient: bool) -> dict[str, Any] | None:
    """On CPU: matrix products by YNNPACK as always, but convolutions by Eigen, which is up to five times as fast; sums
    by YNNPACK where a `gradient` is computed, for without one it draws all products before a sum into its kernel,
    which is up to ten times slower; and `quickly` the older of XLA's two code generators, which compiles in two thirds
    of the time to code that is as fast but for arithmetic on large arrays, such as an optimizer's, which it does not
    vectorize."""
    if jax.default_backend() != "cpu":
        return None
    kinds = ("INDIVIDUAL_DOT", "REDUCE") if gradient else ("INDIVIDUAL_DOT",)
    by_library = ",".join(f"LIBRARY_FUSION_TYPE_{kind}" for kind in kinds)
    options: dict[str, Any] = {"xla_cpu_experimental_ynn_fusion_type": by_library}
    if quickly:
        options["xla_cpu_use_fusion_emitters"] = False
    if jax.__version_info__[:2] != _KNOWN:
        try:
            jax.jit(lambda x: x, compiler_options=options).lower(0).compile()
        except Exception:  # another version of XLA may not know the options
            return None
    return options


_KNOWN = (0, 10)
"""The versions of JAX whose compiler is known to have the options."""


def asarray(x: Any, dtype: Any = None) -> Array:
    """An engine array of `x` (nested sequences, NumPy, scalars, anything with `__array__`)."""
    if not isinstance(x, (Array, np.ndarray)) and hasattr(x, "placed"):
        x = x.placed()
    if not isinstance(x, (Array, np.ndarray)):
        # Array constants are made by NumPy: it compiles nothing.
        x = x if isinstance(x, (list, tuple)) and _holds_arrays(x) else np.asarray(x, dtype=dtype)
    if isinstance(x, np.ndarray):
        if dtype is None and x.dtype.kind in "OUSV" and x.dtype.name not in _EXTENDED_DTYPES:
            if x.dtype.kind == "O" and x.ndim == 0 and is_unknown_size(x.item()):
                return x.item()  # array code works with it as it is
            raise TypeError(
                f"An array of dtype {x.dtype} holds no numbers; expected numbers or booleans. "
                "Convert it first, for example with `np.asarray(x, dtype='float32')`."
            )
        dtype = dtype or jax.dtypes.canonicalize_dtype(x.dtype)
        return from_host(x.astype(dtype, copy=False))
    return xp.asarray(x, dtype=dtype)


_EXTENDED_DTYPES = {"bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4"}


def _holds_arrays(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(_holds_arrays(item) for item in x)
    return isinstance(x, Array)


def is_array(x: Any) -> bool:
    """Whether `x` is an engine array, concrete or traced."""
    return isinstance(x, Array)


def is_stored(x: Any) -> bool:
    """Whether `x` is an engine array that has values."""
    return isinstance(x, Array) and not isinstance(x, Tracer)


def is_traced(x: Any) -> bool:
    """Whether `x` stands for a value that is known only when a compiled program runs."""
    return isinstance(x, Tracer)


def to_numpy(x: Any) -> np.ndarray:
    """The values of `x` on the host; waits for the device."""
    while isinstance(x, Tracer) and hasattr(x, "primal"):  # within a gradient that is computed step by step
        x = x.primal
    return np.asarray(jax.device_get(x))


def fetch(tree_of_arrays: Any) -> Any:
    """A tree of arrays as NumPy arrays, copied together; waits for the device."""
    return jax.device_get(tree_of_arrays)


def ready(x: Any) -> Any:
    """`x`, once the device has finished computing it."""
    return jax.block_until_ready(x)


def device_count() -> int:
    return jax.device_count()


def default_device(device: Any) -> AbstractContextManager[Any]:
    """A context in which arrays are made on a device, named as `cpu`, `gpu:1` or given as an object of the engine."""
    if isinstance(device, jax.Device):
        return jax.default_device(device)
    kind, _, number = str(device).lower().partition(":")
    try:
        found = [each for each in jax.devices(kind) if number in ("", str(each.id))]
    except RuntimeError:
        found = []
    if not found:
        there = sorted(f"{each.platform}:{each.id}" for each in jax.devices())
        raise ValueError(f"There is no device {device!r} here. Choose one of {', '.join(map(repr, there))}.")
    return jax.default_device(found[0])


def filter_tracebacks(on: bool) -> None:
    """Whether errors leave out the frames inside JAX."""
    jax.config.update("jax_traceback_filtering", "auto" if on else "off")


def enable_float64() -> None:
    """Let arrays keep 64 bits; called when a user asks for float64."""
    jax.config.update("jax_enable_x64", True)


def scatter(indices: Any, values: Any, shape: Sequence[int]) -> Array:
    """Zeros of `shape` with `values` added at `indices` (rows of coordinates)."""
    values = xp.asarray(values)
    indices = xp.moveaxis(xp.asarray(indices), -1, 0)
    return xp.zeros(tuple(shape), values.dtype).at[tuple(indices)].add(values)


def resize(x: Any, shape: Sequence[int], method: str, antialias: bool = False) -> Array:
    return jax.image.resize(x, tuple(shape), method=method, antialias=antialias)


def scale_and_translate(
    x: Any, shape: Sequence[int], axes: Sequence[int], scale: Any, translation: Any, method: str, antialias: bool
) -> Array:
    return jax.image.scale_and_translate(x, tuple(shape), axes, scale, translation, method, antialias)


def top_k(x: Any, k: int) -> tuple[Array, Array]:
    values, indices = lax.top_k(x, k)
    return values, indices


def segment_reduce(kind: str, data: Any, segment_ids: Any, num_segments: int | None, sorted_ids: bool = False) -> Array:
    reduce: Callable[..., Array] = getattr(jax.ops, f"segment_{kind}")
    return reduce(data, segment_ids, num_segments=num_segments, indices_are_sorted=sorted_ids)


def dynamic_slice(x: Any, start: Sequence[Any], sizes: Sequence[int]) -> Array:
    return lax.dynamic_slice(x, tuple(start), tuple(sizes))


def dynamic_update(x: Any, update: Any, start: Sequence[Any]) -> Array:
    return lax.dynamic_update_slice(x, update, tuple(start))


def take_rows(x: Any, rows: Any) -> Array:
    """`x[rows]` along the first axis, for rows that are known to exist."""
    layout = lax.GatherDimensionNumbers(
        offset_dims=tuple(range(1, x.ndim)), collapsed_slice_dims=(0,), start_index_map=(0,)
    )
    inside = lax.GatherScatterMode.PROMISE_IN_BOUNDS
    return lax.gather(x, rows[:, None], layout, slice_sizes=(1, *x.shape[1:]), mode=inside)


def bitcast(x: Any, dtype: Any) -> Array:
    return lax.bitcast_convert_type(x, dtype)


use_compilation_cache()


def start_trace(folder: str) -> None:
    """Begin to record what the device does; one recording runs at a time."""
    jax.profiler.start_trace(folder)


def stop_trace() -> None:
    """Write the recording under `folder/plugins/profile`, where TensorBoard's profiler looks for it."""
    jax.profiler.stop_trace()


def traced_step(number: int) -> AbstractContextManager[Any]:
    """A context that marks a training step in the recording."""
    return jax.profiler.StepTraceAnnotation("train", step_num=number)
