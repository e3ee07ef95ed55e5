"""Seeds: where randomness comes from, and how it stays reproducible.

A key is two words, (seed, counter). A `SeedGenerator` keeps one in a variable and counts up at each draw, so the
position in the random stream is part of the model's state like a weight: saved, restored and scanned with it. Objects
that are given no seed take theirs from one process-wide stream, which `set_random_seed` restarts; until it is called,
from NumPy's global generator, so that `np.random.seed(7)` at the top of a program makes its models reproducible too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsuno.core import naming
from tsuno.core.config import Configurable
from tsuno.core.context import context, scope
from tsuno.core.errors import invalid
from tsuno.core.naming import auto_name
from tsuno.core.variable import Holder, Variable

_stream: random.Random | None = None
_global: list[SeedGenerator] = []


def set_random_seed(seed: int) -> None:
    """Make everything that follows reproducible: initial weights, dropout, shuffling, and user code on NumPy.

    Args:
        seed: an integer from 0 to 2**32 - 1.

    Example:
        >>> tsuno.utils.set_random_seed(1)
        >>> first = tsuno.random.normal((2,))
        >>> tsuno.utils.set_random_seed(1)
        >>> bool((first == tsuno.random.normal((2,))).all())
        True
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise invalid("set_random_seed.seed", "an integer from 0 to 2**32 - 1", seed)
    global _stream
    random.seed(int(seed))
    np.random.seed(int(seed))  # for the user's own code; the library draws nothing from it
    _stream = random.Random(int(seed))
    _global.clear()


def make_default_seed() -> int:
    """The next seed of the process-wide stream."""
    return int(np.random.randint(1, 10**9)) if _stream is None else _stream.randint(1, 10**9)


def position() -> dict[str, Any]:
    """Where the process-wide stream stands, as plain data."""
    stream = {"numpy": np.random.get_state()} if _stream is None else {"own": _stream.getstate()}
    return {**stream, "drawn": [generator.state.numpy() for generator in _global]}


def go_to(place: Mapping[str, Any]) -> None:
    """Let the process-wide stream go on from where it stood."""
    global _stream
    if "own" in place:
        _stream = random.Random()
        _stream.setstate(place["own"])
    else:
        _stream = None
        np.random.set_state(place["numpy"])
    _global.clear()
    for value in place["drawn"]:
        global_generator().state.assign(value)


@contextmanager
def apart(seed: int) -> Iterator[None]:
    """A block in which random streams begin at a seed and names at their first; after it, all go on as before.

    With its names a model's compiled programs are found again, which a search over many fits needs.
    """
    global _stream
    python, host, own = random.getstate(), np.random.get_state(), _stream
    drawn, names = list(_global), naming.used()
    set_random_seed(seed)
    naming.reset_names()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(host)
        _stream, _global[:] = own, drawn
        naming.reset_names(names)


class SeedGenerator(Configurable, Holder):
    """A stream of random keys whose position is a variable.

    Args:
        seed: where the stream starts; drawn from the process-wide stream by default.
        name: a name for the variable's path.
        backend: accepted for compatibility; there is one.
        dtype: that of the keys: `"uint32"`.

    Example:
        >>> seeds = tsuno.random.SeedGenerator(seed=7)
        >>> a = tsuno.random.uniform((3,), seed=seeds)
        >>> b = tsuno.random.uniform((3,), seed=seeds)
        >>> bool((a == b).any())
        False
    """

    def __init__(
        self, seed: int | None = None, name: str | None = None, backend: str | None = None, dtype: Any = "uint32"
    ) -> None:
        if backend not in (None, "jax"):
            raise invalid("SeedGenerator.backend", "'jax' or None", backend)
        if dtype != "uint32":
            raise invalid("SeedGenerator.dtype", "'uint32', which keys are made of", dtype)
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise invalid("SeedGenerator.seed", "an integer or None", seed)
        self.seed = seed
        self.name = name or auto_name("seed_generator")
        start = make_default_seed() if seed is None else int(seed)
        with scope(path=(*context.path, self.name)):
            self.state = Variable(_key(start), trainable=False, autocast=False, name="seed_generator_state")

    def next(self) -> Any:
        """The key at the current position; the position moves on by one."""
        key = self.state.value
        self.state.assign(key + np.array([0, 1], np.uint32))
        return key


def _key(seed: int) -> np.ndarray:
    return np.array([seed & 0xFFFFFFFF, 0], np.uint32)


def _stream_of(layer: Any) -> SeedGenerator:
    """The stream of a layer that draws numbers without a seed."""
    if "_stream" not in vars(layer):
        with scope(bindings=None):
            layer._stream = SeedGenerator(name="stream")
    stream: SeedGenerator = layer._stream
    return stream


def global_generator() -> SeedGenerator:
    """The process-wide stream."""
    if not _global:
        with scope(bindings=None, path=()):
            _global.append(SeedGenerator(name="global_seed_generator"))
    return _global[0]


def draw_key(seed: Any) -> Any:
    """A random key from an integer, a `SeedGenerator`, a key, or None for the process-wide stream."""
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return _key(int(seed))
    if seed is None:
        if context.bindings is not None and not (_global and id(_global[0].state) in context.bindings):
            if context.layer is not None:
                return _stream_of(context.layer).next()
            raise ValueError(
                "Random numbers without a seed cannot be drawn inside a loss or a compiled function: every step would "
                "draw the same. Keep a `tsuno.random.SeedGenerator()` and pass it as `seed`."
            )
        return global_generator().next()
    if getattr(seed, "shape", None) == (2,):
        return seed
    raise invalid("seed", "an integer, a SeedGenerator or None", seed)
