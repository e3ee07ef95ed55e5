"""`keras.backend`, along axes: sums, means, extremes and running sums."""

from __future__ import annotations

from tsuno import ops
from tsuno.legacy.backend.recording import along_axes, along_axis

__all__ = [
    "all", "any", "argmax", "argmin", "cumprod", "cumsum", "logsumexp", "max", "mean", "min", "prod", "std", "sum",
    "var",
]  # fmt: skip

sum = along_axes("sum", ops.sum, "The sum.")
prod = along_axes("prod", ops.prod, "The product.")
mean = along_axes("mean", ops.mean, "The mean.")
var = along_axes("var", ops.var, "The mean squared distance from the mean.")
std = along_axes("std", ops.std, "The square root of the variance.")
max = along_axes("max", ops.max, "The largest element.")
min = along_axes("min", ops.min, "The smallest element.")
any = along_axes("any", ops.any, "Whether an element is true.")
all = along_axes("all", ops.all, "Whether all elements are true.")
logsumexp = along_axes("logsumexp", ops.logsumexp, "log Σ e^x, without overflow on the way.")
argmax = along_axis("argmax", ops.argmax, -1, "The place of the largest element.")
argmin = along_axis("argmin", ops.argmin, -1, "The place of the smallest element.")
cumsum = along_axis("cumsum", ops.cumsum, 0, "The sum of all elements up to each one.")
cumprod = along_axis("cumprod", ops.cumprod, 0, "The product of all elements up to each one.")
