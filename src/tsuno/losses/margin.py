"""Losses that ask for a margin, and losses between distributions."""

from __future__ import annotations

from typing import Any

from tsuno import ops
from tsuno.core.settings import epsilon
from tsuno.losses.base import FunctionLoss, paired


def hinge(y_true: Any, y_pred: Any) -> Any:
    """The mean of max(1 − y_true · y_pred, 0) over the last axis; targets of 0 and 1 are read as −1 and 1.

    Example:
        >>> tsuno.losses.hinge([[1, -1]], [[0.5, -2.0]]).tolist()
        [0.25]
    """
    y_true, y_pred = paired("hinge", y_true, y_pred)
    return ops.mean(_shortfall(y_true, y_pred), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """The mean of max(1 − y_true · y_pred, 0)² over the last axis; targets of 0 and 1 are read as −1 and 1.

    Example:
        >>> tsuno.losses.squared_hinge([[1, -1]], [[0.5, -2.0]]).tolist()
        [0.125]
    """
    y_true, y_pred = paired("squared_hinge", y_true, y_pred)
    return ops.mean(ops.square(_shortfall(y_true, y_pred)), axis=-1)


def _shortfall(y_true: Any, y_pred: Any) -> Any:
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    signs = ops.where(binary, 2.0 * y_true - 1.0, y_true)
    return ops.maximum(1.0 - signs * y_pred, 0.0)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """max(1 + n − p, 0): p is the score of the target class, n the highest of the other scores and zero.

    Example:
        >>> tsuno.losses.categorical_hinge([[0, 1, 0]], [[0.5, 1.0, 0.25]]).tolist()
        [0.5]
    """
    y_true, y_pred = paired("categorical_hinge", y_true, y_pred)
    own = ops.sum(y_true * y_pred, axis=-1)
    other = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(other - own + 1.0, 0.0)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """The sum of y_true · log(y_true / y_pred) over the last axis; both are first clipped to [`config.epsilon()`, 1].

    Example:
        >>> print(tsuno.losses.kl_divergence([[0.0, 1.0]], [[0.5, 0.5]]).round(4))
        [0.6931]
    """
    y_true, y_pred = paired("kl_divergence", y_true, y_pred)
    y_true, y_pred = ops.clip(y_true, epsilon(), 1.0), ops.clip(y_pred, epsilon(), 1.0)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """The mean of y_pred − y_true · log(y_pred) over the last axis.

    Example:
        >>> print(tsuno.losses.poisson([[2.0, 0.0]], [[1.0, 3.0]]).round(4))
        [2.]
    """
    y_true, y_pred = paired("poisson", y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + epsilon()), axis=-1)


class Hinge(FunctionLoss):
    """How far scores fall short of a margin of 1 on the right side; the loss of support vector machines.

        mean(max(1 − y_true · y_pred, 0)), with y_true of −1 and 1 (or 0 and 1)

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.Hinge()([[1, -1]], [[0.5, -2.0]]))
        0.25

    Source: C. Cortes and V. Vapnik, *Support-Vector Networks*, 1995.
    """

    function = hinge


class SquaredHinge(FunctionLoss):
    """The square of how far scores fall short of a margin of 1 on the right side.

        mean(max(1 − y_true · y_pred, 0)²), with y_true of −1 and 1 (or 0 and 1)

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.SquaredHinge()([[1, -1]], [[0.5, -2.0]]))
        0.125
    """

    function = squared_hinge


class CategoricalHinge(FunctionLoss):
    """How far the score of the target class falls short of leading the others, and zero, by 1.

        max(1 + max((1 − y_true) · y_pred) − Σ y_true · y_pred, 0), with one-hot y_true

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> float(tsuno.losses.CategoricalHinge()([[0, 1, 0]], [[0.5, 1.0, 0.25]]))
        0.5

    Source: K. Crammer and Y. Singer, *On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines*,
    2001.
    """

    function = categorical_hinge


class KLDivergence(FunctionLoss):
    """The Kullback-Leibler divergence of predicted from target distributions.

        Σ y_true · log(y_true / y_pred)

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> round(float(tsuno.losses.KLDivergence()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
        0.6931

    Source: S. Kullback and R. A. Leibler, *On Information and Sufficiency*, 1951.
    """

    function = kl_divergence


class Poisson(FunctionLoss):
    """The negative log-likelihood of counts under Poisson distributions of mean y_pred, without its constant.

        mean(y_pred − y_true · log(y_pred))

    Args:
        reduction: see `Loss`.
        name: a name for logs.
        dtype: the dtype to compute in.

    Example:
        >>> round(float(tsuno.losses.Poisson()([[2.0, 0.0]], [[1.0, 3.0]])), 4)
        2.0
    """

    function = poisson
