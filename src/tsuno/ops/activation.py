"""Activation functions: what a unit does with its sum of inputs."""

from __future__ import annotations

from collections.abc import Sequence

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op
from tsuno.engine import xp
from tsuno.ops.arguments import plain_axis
from tsuno.ops.fusing import fused

__all__ = [
    "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "softplus", "softsign", "sigmoid",
    "hard_sigmoid", "hard_silu", "hard_swish", "log_sigmoid", "sparse_sigmoid", "hard_tanh", "hard_shrink",
    "soft_shrink", "tanh_shrink", "threshold", "squareplus", "sparse_plus", "glu", "softmax", "log_softmax",
    "sparsemax",
]  # fmt: skip


@op
def relu(x: Tensor) -> Tensor:
    """The rectified linear unit, max(x, 0).

    Example:
        >>> ops.relu([-1.0, 2.0]).tolist()
        [0.0, 2.0]
    """
    return engine.nn.relu(x)


@op
def relu6(x: Tensor) -> Tensor:
    """min(max(x, 0), 6).

    Example:
        >>> ops.relu6([-1.0, 2.0, 9.0]).tolist()
        [0.0, 2.0, 6.0]
    """
    return engine.nn.relu6(x)


@op
def leaky_relu(x: Tensor, negative_slope: float = 0.2) -> Tensor:
    """x where it is positive, negative_slope · x elsewhere.

    Example:
        >>> ops.leaky_relu([-1.0, 2.0], 0.5).tolist()
        [-0.5, 2.0]
    """
    return engine.nn.leaky_relu(x, negative_slope)


@op
def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """The exponential linear unit: x where it is positive, α · (e^x − 1) elsewhere.

    Djork-Arné Clevert et al., "Fast and Accurate Deep Network Learning by Exponential Linear Units", 2016.

    Example:
        >>> ops.elu([-1.0, 2.0]).tolist()
        [-0.6321..., 2.0]
    """
    return engine.nn.elu(x, alpha)


@op
def selu(x: Tensor) -> Tensor:
    """The exponential linear unit scaled such that activations keep mean 0 and variance 1.

    Günter Klambauer et al., "Self-Normalizing Neural Networks", 2017.

    Example:
        >>> ops.selu([0.0, 1.0]).tolist()
        [0.0, 1.0507...]
    """
    return engine.nn.selu(x)


@op
def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """max(x, 0) + min(α · (e^(x/α) − 1), 0).

    Jonathan T. Barron, "Continuously Differentiable Exponential Linear Units", 2017.

    Example:
        >>> ops.celu([-1.0, 2.0]).tolist()
        [-0.6321..., 2.0]
    """
    return engine.nn.celu(x, alpha)


@op
@fused
def gelu(x: Tensor, approximate: bool = True) -> Tensor:
    """x · Φ(x), where Φ is the normal distribution function.

    Dan Hendrycks and Kevin Gimpel, "Gaussian Error Linear Units", 2016.

    Args:
        approximate: whether to use the formula with tanh instead of the error function.

    Example:
        >>> ops.gelu([0.0, 1.0], approximate=False).tolist()
        [0.0, 0.8413...]
    """
    return engine.nn.gelu(x, approximate)


@op
def silu(x: Tensor) -> Tensor:
    """x · sigmoid(x), also called swish.

    Stefan Elfwing et al., "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement
    Learning", 2017.

    Example:
        >>> ops.silu([0.0, 1.0]).tolist()
        [0.0, 0.7310...]
    """
    return engine.nn.silu(x)


@op
def swish(x: Tensor) -> Tensor:
    """The same as `silu`.

    Example:
        >>> ops.swish([0.0, 1.0]).tolist()
        [0.0, 0.7310...]
    """
    return engine.nn.silu(x)


@op
def softplus(x: Tensor) -> Tensor:
    """log(1 + e^x).

    Example:
        >>> ops.softplus([0.0]).tolist()
        [0.6931...]
    """
    return engine.nn.softplus(x)


@op
def softsign(x: Tensor) -> Tensor:
    """x / (1 + |x|).

    Example:
        >>> ops.softsign([-1.0, 0.0, 3.0]).tolist()
        [-0.5, 0.0, 0.75]
    """
    return engine.nn.soft_sign(x)


@op
def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^−x).

    Example:
        >>> ops.sigmoid([0.0]).tolist()
        [0.5]
    """
    return engine.nn.sigmoid(x)


@op
def hard_sigmoid(x: Tensor) -> Tensor:
    """Straight lines in place of a sigmoid: x/6 + 1/2 between −3 and 3, 0 below, 1 above.

    Example:
        >>> ops.hard_sigmoid([-4.0, 0.0, 4.0]).tolist()
        [0.0, 0.5, 1.0]
    """
    return engine.nn.hard_sigmoid(x)


@op
def hard_silu(x: Tensor) -> Tensor:
    """x · hard_sigmoid(x).

    Andrew Howard et al., "Searching for MobileNetV3", 2019.

    Example:
        >>> ops.hard_silu([-4.0, 0.0, 4.0]).tolist()
        [-0.0, 0.0, 4.0]
    """
    return engine.nn.hard_silu(x)


@op
def hard_swish(x: Tensor) -> Tensor:
    """The same as `hard_silu`.

    Example:
        >>> ops.hard_swish([0.0, 4.0]).tolist()
        [0.0, 4.0]
    """
    return engine.nn.hard_silu(x)


@op
def log_sigmoid(x: Tensor) -> Tensor:
    """log(1 / (1 + e^−x)), without overflow on the way.

    Example:
        >>> ops.log_sigmoid([0.0]).tolist()
        [-0.6931...]
    """
    return engine.nn.log_sigmoid(x)


@op
def sparse_sigmoid(x: Tensor) -> Tensor:
    """(x + 1) / 2 between −1 and 1, 0 below, 1 above: the slope of `sparse_plus`.

    Example:
        >>> ops.sparse_sigmoid([-2.0, 0.0, 2.0]).tolist()
        [0.0, 0.5, 1.0]
    """
    return engine.nn.sparse_sigmoid(x)


@op
def hard_tanh(x: Tensor) -> Tensor:
    """x between −1 and 1, −1 below, 1 above.

    Example:
        >>> ops.hard_tanh([-2.0, 0.5, 2.0]).tolist()
        [-1.0, 0.5, 1.0]
    """
    return engine.nn.hard_tanh(x)


@op
def hard_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """x where |x| is above the threshold, 0 elsewhere.

    Example:
        >>> ops.hard_shrink([-1.0, 0.25, 1.0]).tolist()
        [-1.0, 0.0, 1.0]
    """
    return xp.where(xp.abs(x) > threshold, x, 0.0)


@op
@fused
def soft_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """x moved towards zero by the threshold, and 0 where it would cross.

    Example:
        >>> ops.soft_shrink([-1.0, 0.25, 1.0]).tolist()
        [-0.5, 0.0, 0.5]
    """
    return xp.where(x > threshold, x - threshold, xp.where(x < -threshold, x + threshold, 0.0))


@op
def tanh_shrink(x: Tensor) -> Tensor:
    """x − tanh(x).

    Example:
        >>> ops.tanh_shrink([0.0, 1.0]).tolist()
        [0.0, 0.2384...]
    """
    return x - xp.tanh(x)


@op
def threshold(x: Tensor, threshold: float, default_value: float) -> Tensor:
    """x where it is above the threshold, `default_value` elsewhere.

    Example:
        >>> ops.threshold([0.0, 1.0, 2.0], 0.5, 9.0).tolist()
        [9.0, 1.0, 2.0]
    """
    return xp.where(x > threshold, x, default_value)


@op
def squareplus(x: Tensor, b: float = 4) -> Tensor:
    """(x + √(x² + b)) / 2, a smooth rectifier.

    Jonathan T. Barron, "Squareplus: A Softplus-Like Algebraic Rectifier", 2021.

    Example:
        >>> ops.squareplus([0.0]).tolist()
        [1.0]
    """
    return engine.nn.squareplus(x, b)


@op
def sparse_plus(x: Tensor) -> Tensor:
    """A smooth rectifier of pieces: 0 below −1, (x + 1)² / 4 up to 1, x above.

    Example:
        >>> ops.sparse_plus([-2.0, 0.0, 2.0]).tolist()
        [0.0, 0.25, 2.0]
    """
    return engine.nn.sparse_plus(x)


@op
@fused
def glu(x: Tensor, axis: int = -1) -> Tensor:
    """The gated linear unit: one half of an axis times the sigmoid of the other half.

    Yann N. Dauphin et al., "Language Modeling with Gated Convolutional Networks", 2017.

    Example:
        >>> ops.glu([2.0, 0.0]).tolist()
        [1.0]
    """
    if xp.shape(x)[axis] % 2:
        raise invalid("glu.x", f"of even size along axis {axis}", x)
    return engine.nn.glu(x, axis)


@op
@fused
def softmax(x: Tensor, axis: int | Sequence[int] = -1) -> Tensor:
    """e^x / Σ e^x: positive numbers with sum 1 along an axis, or over several axes together.

    Example:
        >>> ops.softmax([0.0, 0.0]).tolist()
        [0.5, 0.5]
    """
    return engine.nn.softmax(x, axis=plain_axis(axis))


@op
@fused
def log_softmax(x: Tensor, axis: int | Sequence[int] = -1) -> Tensor:
    """The logarithm of `softmax`, without overflow on the way.

    Example:
        >>> ops.log_softmax([0.0, 0.0]).tolist()
        [-0.6931..., -0.6931...]
    """
    return engine.nn.log_softmax(x, axis=plain_axis(axis))


@op
@fused
def sparsemax(x: Tensor, axis: int = -1) -> Tensor:
    """The nearest point with positive coordinates of sum 1: like `softmax`, with zeros.

    André F. T. Martins and Ramón F. Astudillo, "From Softmax to Sparsemax", 2016.

    Example:
        >>> ops.sparsemax([2.0, 1.5, 0.0]).tolist()
        [0.75, 0.25, 0.0]
    """
    x = xp.moveaxis(xp.asarray(x), axis, -1)
    descending = -xp.sort(-x, axis=-1)
    excess = xp.cumsum(descending, axis=-1) - 1
    counts = xp.arange(1, x.shape[-1] + 1)
    support = xp.sum(descending * counts > excess, axis=-1, keepdims=True)
    shift = xp.take_along_axis(excess, support - 1, axis=-1) / support
    return xp.moveaxis(xp.maximum(x - shift, 0), -1, axis)
