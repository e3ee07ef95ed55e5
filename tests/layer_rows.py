"""A row of a table of layers: how one is made and called, the same for Tsuno and for Keras.

What differs between the libraries (an inner layer, a cell) is a function of the library, wrapped in `Of`. The first axis of every array
is the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

BATCH = 4


@dataclass(frozen=True)
class Of:
    """An argument that depends on the library."""

    make: Callable[[Any], Any]


@dataclass(frozen=True)
class Row:
    name: str
    kwargs: dict[str, Any]
    inputs: tuple[Any, ...]
    call: dict[str, Any]
    batch: bool = True
    """Whether an unknown batch size is the unknown first size of every result."""
    config: bool = True
    """Whether the configuration is plain data."""
    gradient: bool = True
    """Whether Keras' gradients are right."""
    rewrite: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Methods called on the built layer, with their arguments."""

    def __str__(self) -> str:
        given = [f"{key}={value}" for key, value in self.kwargs.items() if not isinstance(value, Of)]
        return "".join(
            [f"{self.name}({', '.join(given)})", *(f".{name}" for name, _ in self.rewrite), f"({', '.join(self.call)})"]
        )


def resolved(lib: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments for one of the libraries."""
    return {key: value.make(lib) if isinstance(value, Of) else value for key, value in kwargs.items()}


class Table(list[Row]):
    """Rows; the table is called to enter one."""

    def __call__(
        self,
        name: str,
        *inputs: Any,
        call: dict[str, Any] | None = None,
        flags: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Enter a layer with arguments `kwargs`, called with `inputs` and `call`."""
        self.append(Row(name, kwargs, inputs, call or {}, **(flags or {})))


rng = np.random.default_rng(5)


def floats(*sizes: int) -> np.ndarray:
    return rng.uniform(-2, 2, (BATCH, *sizes)).astype("float32")


def ints(*sizes: int, high: int) -> np.ndarray:
    return rng.integers(0, high, (BATCH, *sizes)).astype("int32")


def mask(*sizes: int) -> np.ndarray:
    """Some steps of each sample; at least one."""
    kept = rng.uniform(0, 1, (BATCH, *sizes)) < 0.6
    kept[:, 0] = True
    kept[0, -1], kept[1, -1] = False, True
    return kept


@contextmanager
def cheap_draws() -> Iterator[None]:
    """Let both libraries draw first weights without compiling a program for each shape."""
    source = np.random.default_rng(9)

    def draw(*args: Any, **kwargs: Any) -> Any:
        shape = next(x for x in (*args, *kwargs.values()) if isinstance(x, (tuple, list)))
        return jnp.asarray(source.uniform(-0.5, 0.5, shape).astype(jnp.dtype(kwargs.get("dtype", "float32"))))

    with pytest.MonkeyPatch.context() as patch:
        for name in ("uniform", "normal", "truncated_normal"):
            patch.setattr(jax.random, name, draw)
        yield
