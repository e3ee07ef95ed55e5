"""`tf.random`, and the random functions of `tf` itself.

In a graph each function that draws holds a stream of its own: every run of a session draws anew, and what is drawn
twice within a run, as in a gradient, is the same. Called at once, numbers come from the process-wide stream, which
`set_seed` restarts, or from a stream kept for the seed that is given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from tsuno import engine, random
from tsuno.core import seeds
from tsuno.core.context import context
from tsuno.core.dtypes import is_float
from tsuno.core.op import Tensor, to_array
from tsuno.core.seeds import SeedGenerator
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.backend.randomness import _seed as _of_layer
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.calls import Static, dtype_here, later, settled
from tsuno.legacy.tensorflow.words import exposed

_streams: dict[int, SeedGenerator] = {}
_UNDER: dict[Any, Callable[..., Any]] = {}
"""The function of arrays below each function that draws."""


def set_seed(seed: int) -> None:
    """Make what is drawn from here on reproducible.

    Args:
        seed: any integer.
    """
    _streams.clear()
    stream = seeds.global_generator()
    seeds.set_random_seed(int(seed) % 2**32)
    stream.state.assign(seeds.global_generator().state)
    seeds._global[:] = [stream]  # compiled functions hold it


def _stream(seed: Any) -> Any:
    """What numbers are drawn from where functions are called at once."""
    if isinstance(context.recording, modes.AtOnce):
        if seed is None or context.bindings is not None:  # a function being compiled holds the process-wide stream
            return seeds.global_generator()
        return _streams.setdefault(int(seed), SeedGenerator(int(seed)))
    return _of_layer(seed)


def _drawing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that draws, given what it draws from as `seed`."""
    signature = inspect.signature(function)
    kinds = {each.name: str(each.annotation) for each in signature.parameters.values()}
    fixed = [key for key, kind in kinds.items() if kind == "Static"]
    name = function.__name__.strip("_")

    def call(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        seed = given.pop("seed", None)
        given = {key: settled(value) if key in fixed else value for key, value in given.items()}
        if not modes.graph_mode() and not symbolic.is_drawn(given):
            tensors = {key: to_array(value) if kinds[key] == "Tensor" else value for key, value in given.items()}
            return function(**tensors, seed=_stream(seed))
        stream = SeedGenerator(None if seed is None else int(seed))

        def draw(**values: Any) -> Any:
            return function(**values, seed=stream)

        draw.__name__ = name
        return later(draw, given, fixed, [stream])

    call.__name__, call.__doc__ = name, function.__doc__
    _UNDER[call] = function
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


@_drawing
def normal(shape: Static, mean: Tensor = 0.0, stddev: Tensor = 1.0, dtype: Any = "float32", seed: Any = None) -> Any:
    """Numbers from a normal distribution."""
    return random.normal(_sizes(shape), mean, stddev, dtype, seed)


@_drawing
def truncated_normal(
    shape: Static, mean: Tensor = 0.0, stddev: Tensor = 1.0, dtype: Any = "float32", seed: Any = None
) -> Any:
    """Numbers from a normal distribution cut at two standard deviations from the mean."""
    return random.truncated_normal(_sizes(shape), mean, stddev, dtype, seed)


@_drawing
def uniform(shape: Static, minval: Tensor = 0, maxval: Tensor = None, dtype: Any = "float32", seed: Any = None) -> Any:
    """Numbers spread evenly from `minval` up to, not including, `maxval` (1 by default)."""
    if is_float(dtype_here(dtype)):
        return random.uniform(_sizes(shape), minval, 1.0 if maxval is None else maxval, dtype, seed)
    if maxval is None:
        raise ValueError("`random.uniform` of integers needs a `maxval`.")
    return random.randint(_sizes(shape), minval, maxval, dtype_here(dtype), seed)


@_drawing
def gamma(shape: Static, alpha: Tensor, beta: Tensor = None, dtype: Any = "float32", seed: Any = None) -> Any:
    """Numbers from the gamma distribution with shape `alpha` and rate `beta`, for each of these."""
    alpha, beta = xp.asarray(alpha), xp.asarray(1.0 if beta is None else beta)
    sizes = (*_sizes(shape), *xp.broadcast_shapes(alpha.shape, beta.shape))
    return random.gamma(sizes, xp.broadcast_to(alpha, sizes), dtype, seed) / beta


@_drawing
def poisson(shape: Static, lam: Tensor, dtype: Any = "float32", seed: Any = None) -> Any:
    """Numbers from the Poisson distribution for each mean."""
    lam = xp.asarray(lam, "float32")
    sizes = (*_sizes(shape), *lam.shape)
    # As many events as exponential waiting times fit into the time: enough of them for any draw that can be expected.
    most = 64 if engine.is_traced(lam) else int(np.max(lam, initial=1) * 2 + 10 * np.sqrt(np.max(lam, initial=1)) + 20)
    waits = -xp.log1p(-random.uniform((most, *sizes), seed=seed))
    return xp.sum(xp.cumsum(waits, 0) < lam, axis=0).astype(dtype_here(dtype))


@_drawing
def categorical(logits: Tensor, num_samples: Static, dtype: Any = "int64", seed: Any = None) -> Any:
    """Classes drawn by logits (batch, classes), as (batch, num_samples)."""
    return random.categorical(logits, num_samples, dtype_here(dtype), seed)


@_drawing
def multinomial(logits: Tensor, num_samples: Static, seed: Any = None, output_dtype: Any = "int64") -> Any:
    """Classes drawn by logits (batch, classes), as (batch, num_samples)."""
    return random.categorical(logits, num_samples, dtype_here(output_dtype), seed)


@_drawing
def shuffle(value: Tensor, seed: Any = None) -> Any:
    """The slices along the first axis in random order."""
    return random.shuffle(value, 0, seed)


@_drawing
def random_crop(value: Tensor, size: Static, seed: Any = None) -> Any:
    """A block of this size from a random place."""
    x = xp.asarray(value)
    sizes = [full if want == -1 else want for full, want in zip(x.shape, size, strict=True)]
    spread = np.asarray(x.shape) - np.asarray(sizes) + 1
    starts = xp.floor(random.uniform((x.ndim,), seed=seed) * spread).astype("int32")
    return engine.dynamic_slice(x, list(starts), sizes)


def _sizes(shape: Any) -> tuple[int, ...]:
    return tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)


def _stateless(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that draws the same for the same seed of two integers."""
    plain = inspect.signature(function).parameters

    def call(*args: Any, **kwargs: Any) -> Any:
        order = [next(iter(plain)), "seed", *(name for name in list(plain)[1:] if name != "seed")]
        given = {**dict(zip(order, args, strict=False)), **kwargs}
        first, second = np.asarray(settled(given.pop("seed"))).ravel()
        key = (int(first) * 2654435761 + int(second)) % 2**31
        return _UNDER[function](**{name: settled(value) for name, value in given.items()}, seed=key)

    call.__name__, call.__doc__ = f"stateless_{function.__name__}", function.__doc__
    return call


class Generator:
    """A stream of random numbers.

    Args:
        seed: where it starts.
    """

    def __init__(self, seed: Any = None) -> None:
        self._seed = SeedGenerator(None if seed is None else int(seed))

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """A stream that starts at a seed."""
        return cls(int(np.ravel(np.asarray(seed))[0]) % 2**32)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """A stream that starts anywhere."""
        return cls()

    def normal(self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", name: Any = None) -> Any:
        """Numbers from a normal distribution."""
        return modes.given_out(random.normal(_sizes(settled(shape)), mean, stddev, dtype, self._seed))

    def truncated_normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", name: Any = None
    ) -> Any:
        """Numbers from a normal distribution cut at two standard deviations from the mean."""
        return modes.given_out(random.truncated_normal(_sizes(settled(shape)), mean, stddev, dtype, self._seed))

    def uniform(self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", name: Any = None) -> Any:
        """Numbers spread evenly from `minval` up to, not including, `maxval` (1 by default)."""
        sizes = _sizes(settled(shape))
        if is_float(dtype_here(dtype)):
            return modes.given_out(random.uniform(sizes, minval, 1.0 if maxval is None else maxval, dtype, self._seed))
        return modes.given_out(random.randint(sizes, minval, maxval, dtype_here(dtype), self._seed))

    def split(self, count: int = 1) -> list[Generator]:
        """Streams of their own that start from this one."""
        return [Generator(int(np.asarray(random.randint((), 0, 2**31 - 1, seed=self._seed)))) for _ in range(count)]

    def reset_from_seed(self, seed: int) -> None:
        """Start again at a seed."""
        self._seed.state.assign(SeedGenerator(int(seed)).state.numpy())


_global: list[Generator] = []


def get_global_generator() -> Generator:
    """The process-wide stream."""
    if not _global:
        _global.append(Generator())
    return _global[0]


def set_global_generator(generator: Generator) -> None:
    """Take another process-wide stream."""
    _global[:] = [generator]


AS_THEY_ARE = {"get_global_generator", "set_global_generator"}
_DRAWS = (normal, truncated_normal, uniform, gamma, poisson, categorical, shuffle)
IN_TF: dict[str, Any] = {
    "set_random_seed": exposed(set_seed),
    "random_normal": exposed(normal),
    "random_uniform": exposed(uniform),
    "random_gamma": exposed(gamma),
    "random_poisson": exposed(poisson),
    "random_shuffle": exposed(shuffle),
    "random_crop": exposed(random_crop),
    "truncated_normal": exposed(truncated_normal),
    "multinomial": exposed(multinomial),
}
"""What `tf` itself has of these, by its names."""
FUNCTIONS: dict[str, Any] = {
    **{f"stateless_{each.__name__}": exposed(_stateless(each)) for each in _DRAWS},
    **IN_TF,
}
