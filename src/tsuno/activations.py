"""Activations: functions of one tensor that make a network more than one matrix product.

Where an activation is an op, it is that very function: `tsuno.activations.tanh is tsuno.ops.tanh`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tsuno import ops
from tsuno.core import lookup, registry
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor
from tsuno.ops import (
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)

__all__ = [
    "celu", "deserialize", "elu", "exponential", "gelu", "get", "glu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu",
    "serialize", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid",
    "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold",
]  # fmt: skip


def relu(x: Tensor, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """The rectifier: x where it is above the threshold, otherwise 0.

        f(x) = x                                  for x > threshold
        f(x) = negative_slope · (x - threshold)   elsewhere,    then at most max_value

    Args:
        x: a tensor.
        negative_slope: the slope below the threshold, zero or more.
        max_value: the largest result; None for no bound.
        threshold: the value up to which x counts as off.

    Example:
        >>> tsuno.activations.relu([-10.0, 2.0, 10.0], negative_slope=0.1, max_value=6.0).tolist()
        [-1.0, 2.0, 6.0]

    Source: V. Nair and G. Hinton, *Rectified Linear Units Improve Restricted Boltzmann Machines*, 2010.
    """
    if max_value is not None and max_value < 0:
        raise invalid("relu.max_value", "zero or more, or None", max_value)
    if threshold == 0 and max_value is None:
        return ops.leaky_relu(x, negative_slope) if negative_slope else ops.relu(x)
    if threshold == 0:
        on = ops.relu6(x) if max_value == 6 else ops.relu(x)
    else:
        on = ops.where(ops.greater(x, threshold), x, 0)
    on = on if max_value is None else ops.minimum(on, max_value)
    return on - negative_slope * ops.relu(ops.subtract(threshold, x)) if negative_slope else on


def gelu(x: Tensor, approximate: bool = False) -> Tensor:
    """x · Φ(x), where Φ is the distribution function of the standard normal distribution.

    Args:
        x: a tensor.
        approximate: compute Φ by a tanh.

    Example:
        >>> round(float(tsuno.activations.gelu(1.0)), 4)
        0.8413

    Source: D. Hendrycks and K. Gimpel, *Gaussian Error Linear Units*, 2016.
    """
    return ops.gelu(x, approximate)


def exponential(x: Tensor) -> Tensor:
    """eˣ.

    Example:
        >>> round(float(tsuno.activations.exponential(1.0)), 4)
        2.7183
    """
    return ops.exp(x)


def linear(x: Tensor) -> Tensor:
    """x itself.

    Example:
        >>> tsuno.activations.linear(3.0)
        3.0
    """
    return x


def mish(x: Tensor) -> Tensor:
    """x · tanh(softplus(x)).

    Example:
        >>> round(float(tsuno.activations.mish(1.0)), 4)
        0.8651

    Source: D. Misra, *Mish: A Self Regularized Non-Monotonic Activation Function*, 2019.
    """
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


swish, hard_swish = silu, hard_silu

_NAMES: dict[str, Callable[..., Any]] = {
    name: globals()[name] for name in __all__ if name not in ("get", "serialize", "deserialize")
}


def get(identifier: Any) -> Callable[..., Any]:
    """The activation with a name or config, or the function that was passed; None stands for `linear`.

    Example:
        >>> tsuno.activations.get("relu") is tsuno.activations.relu
        True
    """
    if isinstance(identifier, Mapping) and identifier.get("class_name") == "function":
        names = (str(identifier.get("registered_name")), identifier["config"])
        identifier = next((name for name in names if registry.get_registered_object(name)), names[1])
    found: Callable[..., Any] = lookup.lookup("activation", "linear" if identifier is None else identifier, _NAMES)
    return found


def serialize(activation: Any) -> Any:
    """The name of an activation of the library, the config of any other; `linear` for None.

    Example:
        >>> tsuno.activations.serialize(tsuno.activations.swish)
        'silu'
    """
    name = "linear" if activation is None else str(getattr(activation, "__name__", ""))
    known = activation is None or any(activation is same for same in (_NAMES.get(name), getattr(ops, name, None)))
    return name if name in _NAMES and known else registry.serialize(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """The activation with a name or config.

    Example:
        >>> tsuno.activations.deserialize("twice", {"twice": lambda x: 2 * x})(3)
        6
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
