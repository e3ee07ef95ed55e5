"""`keras.initializations` of Keras 1: functions of a shape that make a weight's first values."""

from __future__ import annotations

from typing import Any

from tsuno import initializers
from tsuno.core.variable import Variable


def get_fans(shape: Any, dim_ordering: str = "th") -> tuple[float, float]:
    """How many inputs and outputs an element of a weight of this shape has."""
    sizes = [int(size) for size in shape]
    if len(sizes) == 2:
        return float(sizes[0]), float(sizes[1])
    if len(sizes) in (4, 5):
        window, fan_in, fan_out = (
            (sizes[2:], sizes[1], sizes[0]) if dim_ordering == "th" else (sizes[:-2], sizes[-2], sizes[-1])
        )
        field = 1
        for size in window:
            field *= size
        return float(fan_in * field), float(fan_out * field)
    product = 1
    for size in sizes:
        product *= size
    return product**0.5, product**0.5


class Initialization:
    """An initializer that makes variables, as in Keras 1: `W = init((3, 4), name="W")`.

    Args:
        initializer: the name of an initializer, or one.
    """

    def __init__(self, initializer: Any) -> None:
        self.initializer = initializers.get(initializer)

    def __call__(self, shape: Any, name: str | None = None, dim_ordering: str = "th", **options: Any) -> Variable:
        return Variable(
            self.initializer, tuple(shape), name=None if name is None else name.replace("/", "_"), **options
        )


def get(identifier: Any, **options: Any) -> Any:
    """What makes variables with first values of a kind; a function of the user's as it is."""
    return identifier if callable(identifier) and not isinstance(identifier, type) else Initialization(identifier)


def _named(identifier: str) -> Any:
    def make(
        shape: Any, name: str | None = None, dim_ordering: str = "th", scale: float = 0.05, **options: Any
    ) -> Variable:
        given = {"uniform": initializers.RandomUniform(-scale, scale), "normal": initializers.RandomNormal(0.0, scale)}
        return Initialization(given.get(identifier, identifier))(shape, name)

    make.__name__ = make.__qualname__ = identifier
    return make


uniform, normal, zero, one = _named("uniform"), _named("normal"), _named("zeros"), _named("ones")
identity, orthogonal, glorot_normal = _named("identity"), _named("orthogonal"), _named("glorot_normal")
glorot_uniform, he_normal, he_uniform = _named("glorot_uniform"), _named("he_normal"), _named("he_uniform")
lecun_uniform = _named("lecun_uniform")
