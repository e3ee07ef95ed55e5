"""Every op in one row: example arguments, a reference in NumPy or SciPy, and what holds for it.

A row's arrays are those anywhere among its arguments; float32 arrays reach the reference in float64. Arrays whose
first axis has `BATCH` entries are batches: in the symbolic law their size is unknown.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.linalg
import scipy.ndimage
import scipy.signal
import scipy.spatial
import scipy.special as special

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras

from tsuno import engine

BATCH = 4


@dataclass(frozen=True)
class Row:
    name: str
    args: tuple[Any, ...]
    reference: Any
    """A function of the same arguments, or the expected value."""
    kwargs: dict[str, Any] = field(default_factory=dict)
    smooth: bool = False
    """Whether finite differences must agree with the gradient for all float arrays."""
    symbolic: bool = True
    """Whether the op takes symbolic tensors."""
    batch: bool = True
    """Whether an unknown batch size is the unknown first size of every result."""
    compiled: bool = True
    """Whether the op works inside a compiled program."""
    tolerance: float = 1e-6
    step: float = 1e-5
    """How far finite differences reach."""
    then: Callable[..., Any] | None = None
    """What is compared instead of the result, where the result is determined only up to signs, or is a function."""


ROWS: list[Row] = []
SAME = object()  # the reference is NumPy's function of the same name


def row(name: str, *args: Any, ref: Any = SAME, kwargs: dict[str, Any] | None = None, **flags: Any) -> None:
    reference = getattr(np, name) if ref is SAME else ref
    ROWS.append(Row(name, args, reference, kwargs or {}, **flags))


def smooth(name: str, *args: Any, **flags: Any) -> None:
    row(name, *args, smooth=True, **flags)


def fixed(name: str, *args: Any, **flags: Any) -> None:
    """A row without batch."""
    row(name, *args, batch=False, **flags)


def plain(name: str, *args: Any, **flags: Any) -> None:
    """A row of a function that symbolic tensors do not enter."""
    row(name, *args, symbolic=False, batch=False, **flags)


rng = np.random.default_rng(7)


def floats(*shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    return rng.uniform(low, high, shape).astype("float32")


def ints(*shape: int, low: int = 0, high: int = 9) -> np.ndarray:
    return rng.integers(low, high, shape).astype("int32")


# ruff: noqa: E741
A, B = floats(BATCH, 3), floats(BATCH, 3)
P, Q = floats(BATCH, 3, low=0.5), floats(BATCH, 3, low=0.5)
U = floats(BATCH, 3, low=-0.9, high=0.9)
I, J = ints(BATCH, 3, low=1), ints(BATCH, 3, low=1)
K, L = A > 0, B > 0
C = (A + 1j * B).astype("complex64")
ODD = np.array([[1.0, np.nan, np.inf], [-np.inf, 0.0, -0.0]] * 2, "float32")
GAPS = np.where(np.arange(12).reshape(BATCH, 3) % 4 == 1, np.nan, A).astype("float32")
T = floats(BATCH, 2, 3, 6)
VECTOR, LONG = floats(3), floats(7)
SQUARE = floats(3, 3) + 3 * np.eye(3, dtype="float32")
DEFINITE = (SQUARE @ SQUARE.T).astype("float32")
FACTOR = np.linalg.cholesky(DEFINITE).astype("float32")
IMAGES, FIRST = floats(BATCH, 6, 7, 2), floats(BATCH, 2, 6, 7)
SEQUENCE = floats(BATCH, 9, 2)

# ------------------------------------------------------------------------------------------------ arithmetic
for _name in ("add", "subtract", "multiply", "maximum", "minimum", "hypot", "arctan2", "logaddexp", "logaddexp2"):
    smooth(_name, A, B)
for _name in ("divide", "true_divide"):
    smooth(_name, A, P)
smooth("divide_no_nan", A, P, ref=np.divide)
fixed("divide_no_nan", A, np.zeros(3, "float32"), ref=np.zeros((BATCH, 3)), smooth=False)
for _name in ("floor_divide", "mod", "fmod", "fmax", "fmin"):
    row(_name, A, P)
row("floor_divide", I, J)
row("gcd", I, J)
row("lcm", I, J)
row("ldexp", A, I, ref=lambda x, n: np.ldexp(x, n.astype(int)))
smooth("power", P, A)
row("heaviside", np.round(A), P)
row("nextafter", A, B, ref=lambda a, b: np.nextafter(a.astype("float32"), b.astype("float32")))
for _name in ("negative", "absolute", "fabs", "square", "exp", "exp2", "expm1", "sin", "cos", "tan", "arctan", "sinh"):
    smooth(_name, A)
for _name in ("cosh", "tanh", "arcsinh", "sinc", "deg2rad", "rad2deg"):
    smooth(_name, A)
for _name in ("sqrt", "cbrt", "reciprocal", "log", "log10", "log1p", "log2"):
    smooth(_name, P)
for _name in ("arcsin", "arccos", "arctanh"):
    smooth(_name, U)
smooth("arccosh", P + 1, ref=np.arccosh)
smooth("abs", A)
smooth("rsqrt", P, ref=lambda x: x**-0.5)
smooth("i0", A)
smooth("erf", A, ref=special.erf)
smooth("erfc", A, ref=special.erfc)
smooth("erfinv", U, ref=special.erfinv)
smooth("clip", A, -1.0, 1.5)
row("nan_to_num", ODD, kwargs={"posinf": 9.0, "neginf": -9.0})
for _name in ("sign", "floor", "ceil", "trunc"):
    row(_name, A)
row("signbit", ODD)
row("round", 3 * A)
row("round", A, kwargs={"decimals": 1})
row("round", 37 * I, kwargs={"decimals": -1})
for _name in ("real", "imag", "conj", "conjugate", "angle"):
    row(_name, C)
smooth("polar", A, B, ref=lambda r, t: r * np.exp(1j * t))
smooth("view_as_complex", floats(BATCH, 3, 2), ref=lambda x: x[..., 0] + 1j * x[..., 1], step=1e-2)  # complex64
row("view_as_real", C, ref=lambda x: np.stack([x.real, x.imag], -1))

# ------------------------------------------------------------------------------------------------ comparison
for _name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    row(_name, I, J)
for _name in ("logical_and", "logical_or", "logical_xor"):
    row(_name, K, L)
row("logical_not", K)
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"):
    row(_name, I, J)
row("bitwise_left_shift", I, J, ref=np.left_shift)
row("bitwise_right_shift", I, J, ref=np.right_shift)
row("bitwise_not", I, ref=np.invert)
row("bitwise_invert", I, ref=np.invert)
for _name in ("isnan", "isinf", "isfinite", "isposinf", "isneginf"):
    row(_name, ODD)
row("isreal", np.where(K, C, A).astype("complex64"))
row("isclose", A, A + np.where(K, 0, 1).astype("float32"))
fixed("allclose", A, A + np.float32(1e-7))
row("isin", I, np.array([1, 5, 7], "int32"))

# ------------------------------------------------------------------------------------------------ reduction
for _name in ("sum", "mean", "prod", "max", "min", "amax", "amin", "std", "var", "ptp"):
    smooth(_name, T, kwargs={"axis": (1, 3)})
for _name in ("sum", "mean", "max"):
    smooth(_name, A, batch=False)
row("max", I, kwargs={"axis": 1, "initial": 6})
row("min", I, kwargs={"axis": 1, "initial": 2, "keepdims": True})
row("sum", K, kwargs={"axis": -1})
row("any", K, kwargs={"axis": 1})
row("all", K, kwargs={"axis": 1, "keepdims": True})
row("count_nonzero", K, kwargs={"axis": 1})
row("argmax", A, kwargs={"axis": 1})
row("argmin", A, kwargs={"axis": -1, "keepdims": True})
smooth(
    "average", A, ref=lambda x, axis, weights: np.average(x, axis, weights), kwargs={"axis": 1, "weights": VECTOR + 3}
)
smooth("median", A, kwargs={"axis": 1})
smooth("quantile", A, 0.3, kwargs={"axis": 1, "keepdims": True})
smooth("quantile", A, np.array([0.2, 0.9], "float32"), batch=False)
smooth("percentile", A, 30, kwargs={"axis": 1, "method": "higher"})
smooth("logsumexp", A, ref=special.logsumexp, kwargs={"axis": 1})
smooth("norm", A, ref=np.linalg.norm, batch=False)
smooth("norm", A, ref=np.linalg.norm, kwargs={"axis": 1, "ord": 3, "keepdims": True})
smooth("norm", T, ref=np.linalg.norm, kwargs={"axis": (1, 2), "ord": "fro"})
smooth("cumsum", A, kwargs={"axis": 1})
smooth("cumprod", A, kwargs={"axis": 1})
smooth("diff", T, kwargs={"n": 2})
smooth("trapezoid", A, kwargs={"dx": 0.5})
smooth("corrcoef", A, batch=False)
for _name in ("nansum", "nanmean", "nanprod", "nanmax", "nanmin", "nanstd", "nanvar", "nanmedian"):
    row(_name, GAPS, kwargs={"axis": 1})
row("nanquantile", GAPS, 0.3, kwargs={"axis": 1})
row("nanpercentile", GAPS, 30, kwargs={"axis": 1})
row("nanargmax", GAPS, kwargs={"axis": 1})
row("nanargmin", GAPS, kwargs={"axis": 1})
row("nancumsum", GAPS, kwargs={"axis": 1})
row("nancumprod", GAPS, kwargs={"axis": 1})

# ------------------------------------------------------------------------------------------------ shaping
smooth("reshape", T, (-1, 9, 4))
row("reshape", A, (2, 6), batch=False)
smooth("ravel", A, batch=False)
smooth("transpose", T, (0, 3, 1, 2))
smooth("swapaxes", T, 1, 3)
smooth("moveaxis", T, (1, 2), (3, 1))
smooth("squeeze", T[:, :1], kwargs={"axis": 1})
smooth("expand_dims", A, (1, -1))
fixed("broadcast_to", VECTOR, (2, 3), smooth=True)
smooth("concatenate", [A, B], kwargs={"axis": 1})
smooth("append", A, B, kwargs={"axis": 1})
smooth("stack", [A, B], kwargs={"axis": 1})
smooth("hstack", [A, B])
fixed("vstack", [VECTOR, VECTOR])
smooth("dstack", [A, B])
row("unstack", A, ref=lambda x, axis: [x[:, i] for i in range(3)], kwargs={"axis": 1})
row("split", T, 3, kwargs={"axis": -1})
row("split", T, [1, 4], kwargs={"axis": 3})
row("array_split", T, 4, kwargs={"axis": 3})
row("hsplit", T, 2)
fixed("vsplit", A, 2)
row("dsplit", T, 3)
smooth("tile", A, (1, 2))
smooth("repeat", A, 2, kwargs={"axis": 1})
smooth("pad", A, ((0, 0), (1, 2)), kwargs={"constant_values": 5.0})
row("pad", A, ((0, 0), (1, 2)), kwargs={"mode": "reflect"})
smooth("flip", A, kwargs={"axis": 1})
row("fliplr", A)
row("flipud", A)
smooth("roll", A, 2, kwargs={"axis": 1})
row("rot90", T, kwargs={"axes": (1, 3)})
smooth(
    "rearrange", T, "b c h (p w) -> b (h p) w c", kwargs={"p": 2},
    ref=lambda x, pattern, p: x.reshape(BATCH, 2, 3, 2, 3).transpose(0, 2, 3, 4, 1).reshape(BATCH, 6, 3, 2),
)  # fmt: skip


def _depth_to_space(x: np.ndarray, size: int) -> np.ndarray:
    n, h, w, c = x.shape
    out = np.zeros((n, h * size, w * size, c // size**2))
    for i, j in itertools.product(range(size), repeat=2):
        out[:, i::size, j::size] = np.split(x, size**2, axis=-1)[i * size + j]
    return out


def _space_to_depth(x: np.ndarray, size: int) -> np.ndarray:
    pieces = [x[:, i::size, j::size] for i, j in itertools.product(range(size), repeat=2)]
    return np.concatenate(pieces, axis=-1)


DEEP = floats(BATCH, 2, 3, 8)
smooth("depth_to_space", DEEP, 2, ref=_depth_to_space)
smooth("space_to_depth", floats(BATCH, 6, 2, 3), 2, ref=_space_to_depth)

# ------------------------------------------------------------------------------------------------ indexing
smooth("where", K, A, B)
row("select", [K, L], [A, B], kwargs={"default": 7.0})
fixed("nonzero", I % 2, symbolic=False, compiled=False)
smooth("take", A, np.array([2, 0], "int32"), kwargs={"axis": 1})
fixed("take", VECTOR, I % 3)
smooth("take_along_axis", A, I % 3, kwargs={"axis": 1})
smooth("get_item", T, (slice(None), 1, None, ..., slice(1, None, 2)), ref=lambda x, key: x[key])
smooth("slice", T, (0, 1, 0, 2), (-1, 1, 3, 4), ref=lambda x, *_: x[:, 1:2, :, 2:6])
smooth("slice_update", floats(3, 5), (1, 2), floats(2, 3), batch=False, ref=lambda x, start, new: _updated(x, new))
smooth("scatter", np.array([[0, 1], [2, 0], [0, 1]], "int32"), VECTOR, (3, 2), batch=False,
       ref=lambda i, v, s: np.array([[0, v[0] + v[2]], [0, 0], [v[1], 0]]))  # fmt: skip
for _reduction, _value in ((None, 9.0), ("add", 1.0), ("max", 1.0), ("min", -9.0), ("mul", 3.0)):
    fixed(
        "scatter_update", VECTOR, np.array([[0], [2]], "int32"), np.full(2, _value, "float32"), _reduction,
        ref=lambda x, i, new, how: np.where([True, False, True], _merge(how)(x, new[0]), x),
        smooth=_reduction != "mul",  # the engine differentiates products only where no place repeats
    )  # fmt: skip
row("unravel_index", I, (3, 3))
fixed("diag", VECTOR, kwargs={"k": 1}, smooth=True)
fixed("diagflat", floats(2, 2), kwargs={"k": -1}, smooth=True)
smooth("diagonal", T, kwargs={"axis1": 1, "axis2": 2, "offset": 1})
smooth("tril", floats(BATCH, 3, 3), kwargs={"k": -1})
smooth("triu", floats(BATCH, 3, 3), kwargs={"k": 1})
row("one_hot", I - 1, 9, ref=lambda x, n: np.eye(n)[x])
row("one_hot", I - 1, 9, ref=lambda x, n, axis: np.moveaxis(np.eye(n)[x], -1, 1), kwargs={"axis": 1})
row("multi_hot", I - 1, 9, ref=lambda x, n: np.eye(n)[x].max(1))


def _updated(x: np.ndarray, new: np.ndarray) -> np.ndarray:
    x = x.copy()
    x[1:3, 2:5] = new
    return x


def _merge(how: str | None) -> Callable[..., Any]:
    names = {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}
    return names[how] if how else lambda old, new: new


# ------------------------------------------------------------------------------------------------ ordering
smooth("sort", A)
row("argsort", A, kwargs={"axis": 1})
fixed("argpartition", VECTOR, 1, ref=lambda x, kth: np.argsort(x))
fixed("searchsorted", np.sort(LONG), VECTOR)
row("digitize", A, np.array([-1.0, 0.0, 1.0], "float32"))
row("top_k", A, 2, ref=lambda x, k: (np.sort(x)[:, ::-1][:, :k], np.argsort(-x)[:, :k]))
row("in_top_k", I[:, 0] % 3, A, 2, ref=lambda t, p, k: [int(np.sum(q > q[i])) < k for i, q in zip(t, p, strict=True)])
fixed("unique", I, ref=np.unique, symbolic=False, compiled=False)
fixed("unique", I, ref=lambda x, **_: np.concatenate([np.unique(x), np.zeros(12 - len(np.unique(x)), int)]),
      kwargs={"size": 12, "fill_value": 0})  # fmt: skip
fixed("bincount", I[:, 0], symbolic=False, compiled=False)
fixed("bincount", I, ref=lambda x: [np.bincount(r, minlength=x.max() + 1) for r in x], symbolic=False, compiled=False)
fixed("histogram", A, 5, ref=lambda x, bins: (np.histogram(x, bins)[0].astype(float), np.histogram(x, bins)[1]))
GROUPS = np.array([0, 2, 0, 2], "int32")


def _segments(reduce: Any, empty: float) -> Callable[..., Any]:
    return lambda x, ids, n: np.stack([reduce(x[ids == i], 0) if i in ids else np.full(3, empty) for i in range(n)])


fixed("segment_sum", A, GROUPS, 3, ref=_segments(np.sum, 0), smooth=True)
fixed("segment_prod", A, GROUPS, 3, ref=_segments(np.prod, 1))  # not differentiable in the engine
fixed("segment_max", A, GROUPS, 3, ref=_segments(np.max, -np.inf))
fixed("segment_min", A, GROUPS, 3, ref=_segments(np.min, np.inf))

# ------------------------------------------------------------------------------------------------ creation
plain("zeros", (2, 3))
plain("ones", (2, 3))
plain("empty", (2, 3), ref=np.zeros((2, 3)))
plain("full", (2, 3), 7.0)
row("zeros_like", A)
row("ones_like", I)
row("full_like", A, 7.0)
row("empty_like", A, ref=np.zeros_like)
plain("arange", 1, 7, 2)
plain("arange", 1.5, ref=np.arange(1.5))
plain("linspace", -1, 2, 5)
fixed("linspace", VECTOR, VECTOR + 1, 5, kwargs={"endpoint": False, "axis": 1}, smooth=True)
plain("logspace", 0, 2, 5)
plain("geomspace", 1, 8, 4, tolerance=3e-6)  # the logarithm is exponentiated again
plain("eye", 3, 4, 1)
plain("identity", 3)
plain("tri", 3, 4, -1)
fixed("meshgrid", VECTOR, LONG, kwargs={"indexing": "ij"}, smooth=True)
fixed("vander", VECTOR, 4, smooth=True)
for _name in ("bartlett", "blackman", "hamming", "hanning"):
    plain(_name, 6)
plain("kaiser", 6, 3.5)
row("array", A)
smooth("copy", A)
row("cast", 3 * A, "int32", ref=lambda x, dtype: x.astype(int))
row("saturate_cast", 300 * A, "uint8", ref=lambda x, dtype: np.clip(x, 0, 255).astype("uint8"))
row("view", A, "int32", ref=lambda x, dtype: x.astype("float32").view(dtype))
row("convert_to_tensor", I, "float32", ref=lambda x, dtype: x.astype(dtype))
plain("convert_to_numpy", A, ref=lambda x: x, compiled=False)
plain("is_tensor", A, ref=False, compiled=False)
plain("shape", A, ref=(BATCH, 3), compiled=False)
plain("ndim", A, ref=2, compiled=False)
plain("size", A, ref=12, compiled=False)
plain("dtype", A, ref="float32", compiled=False)

# ------------------------------------------------------------------------------------------------ activation


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _sparsemax(z: np.ndarray) -> np.ndarray:
    """By bisection of the threshold, where the sum is 1."""
    low, high = z.min(-1, keepdims=True) - 1, z.max(-1, keepdims=True)
    for _ in range(60):
        middle = (low + high) / 2
        above = np.maximum(z - middle, 0).sum(-1, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.maximum(z - low, 0)


W = 3 * A
_ALPHA, _SCALE = 1.6732632423543772, 1.0507009873554805
smooth("relu", W, ref=lambda x: np.maximum(x, 0))
smooth("relu6", W, ref=lambda x: np.clip(x, 0, 6))
smooth("leaky_relu", W, ref=lambda x: np.where(x > 0, x, 0.2 * x))
smooth("elu", W, 0.5, ref=lambda x, a: np.where(x > 0, x, a * np.expm1(x)))
smooth("selu", W, ref=lambda x: _SCALE * np.where(x > 0, x, _ALPHA * np.expm1(x)))
smooth("celu", W, 0.5, ref=lambda x, a: np.maximum(x, 0) + np.minimum(a * np.expm1(x / a), 0))
smooth("gelu", W, ref=lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))))
smooth("gelu", W, ref=lambda x, approximate: x * special.ndtr(x), kwargs={"approximate": False})
smooth("silu", W, ref=lambda x: x * _sigmoid(x))
smooth("swish", W, ref=lambda x: x * _sigmoid(x))
smooth("softplus", W, ref=lambda x: np.log1p(np.exp(x)))
smooth("softsign", W, ref=lambda x: x / (1 + np.abs(x)))
smooth("sigmoid", W, ref=_sigmoid)
smooth("hard_sigmoid", W, ref=lambda x: np.clip(x / 6 + 0.5, 0, 1))
smooth("hard_silu", W, ref=lambda x: x * np.clip(x / 6 + 0.5, 0, 1))
smooth("hard_swish", W, ref=lambda x: x * np.clip(x / 6 + 0.5, 0, 1))
smooth("log_sigmoid", W, ref=special.log_expit)
smooth("sparse_sigmoid", W, ref=lambda x: np.clip((x + 1) / 2, 0, 1))
smooth("hard_tanh", W, ref=lambda x: np.clip(x, -1, 1))
smooth("hard_shrink", W, ref=lambda x: np.where(np.abs(x) > 0.5, x, 0))
smooth("soft_shrink", W, ref=lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0))
smooth("tanh_shrink", W, ref=lambda x: x - np.tanh(x))
smooth("threshold", W, 1.0, -5.0, ref=lambda x, t, v: np.where(x > t, x, v))
smooth("squareplus", W, ref=lambda x: (x + np.sqrt(x**2 + 4)) / 2)
smooth("sparse_plus", W, ref=lambda x: np.where(x < -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x)))
smooth("glu", T, ref=lambda x: x[..., :3] * _sigmoid(x[..., 3:]))
smooth("softmax", W, ref=lambda x: special.softmax(x, -1))
smooth("softmax", T, ref=special.softmax, kwargs={"axis": (1, 3)})
smooth("log_softmax", W, ref=lambda x: special.log_softmax(x, -1))
smooth("sparsemax", A, ref=_sparsemax)

# ------------------------------------------------------------------------------------------------ neural
EPSILON = 1e-7
CLASSES = I[:, 0] % 3
HOT = np.eye(3, dtype="float32")[CLASSES]
CHANCES = special.softmax(A, -1).astype("float32")


def _ctc(target: np.ndarray, logits: np.ndarray, labels: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """The sum over every sequence of classes that collapses to the target."""
    losses = []
    for t, x, n, m in zip(target, special.softmax(logits, -1), labels, frames, strict=True):
        total = 0.0
        for path in itertools.product(range(x.shape[1]), repeat=int(m)):
            spelled = [label for label, _ in itertools.groupby(path) if label]
            if spelled == list(t[:n]):
                total += math.prod(x[i, label] for i, label in enumerate(path))
        losses.append(-np.log(total))
    return np.array(losses)


def _normalized(x: np.ndarray, axes: Any, epsilon: float) -> np.ndarray:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def _attention(
    q: Any, k: Any, v: Any, bias: Any = None, mask: Any = None, is_causal: bool = False, cap: Any = None
) -> Any:
    logits = np.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(q.shape[-1])
    logits = logits if cap is None else logits / (1 + np.abs(logits) / cap)
    logits = logits if bias is None else logits + bias
    seen = np.ones(logits.shape, bool) if mask is None else np.broadcast_to(mask, logits.shape)
    seen = np.tril(seen) if is_causal else seen
    return np.einsum("bhqk,bkhd->bqhd", special.softmax(np.where(seen, logits, -1e30), -1), v)


smooth("binary_crossentropy", CHANCES, CHANCES[::-1], ref=lambda t, p: -t * np.log(p) - (1 - t) * np.log(1 - p))
row("binary_crossentropy", np.ones(2, "float32"), np.array([1.0, 0.0], "float32"), batch=False,
    ref=-np.log([np.float32(1 - EPSILON), EPSILON]), tolerance=2e-6)  # fmt: skip
smooth("binary_crossentropy", CHANCES, W, ref=lambda t, x, from_logits: -t * special.log_expit(x) - (1 - t)
       * special.log_expit(-x), kwargs={"from_logits": True})  # fmt: skip
smooth("categorical_crossentropy", HOT, P, ref=lambda t, p: -np.sum(t * np.log(p / p.sum(-1, keepdims=True)), -1))
smooth("categorical_crossentropy", CHANCES, W, kwargs={"from_logits": True},
       ref=lambda t, x, from_logits: -np.sum(t * special.log_softmax(x, -1), -1))  # fmt: skip
smooth("sparse_categorical_crossentropy", CLASSES, P,
       ref=lambda t, p: -np.log((p / p.sum(-1, keepdims=True))[np.arange(BATCH), t]))  # fmt: skip
smooth("sparse_categorical_crossentropy", CLASSES[:, None], W, kwargs={"from_logits": True},
       ref=lambda t, x, from_logits: -special.log_softmax(x, -1)[np.arange(BATCH), t[:, 0]])  # fmt: skip
smooth("ctc_loss", np.array([[1, 1], [1, 2], [2, 1], [2, 0]], "int32"), floats(BATCH, 5, 3),
       np.array([2, 2, 2, 1], "int32"), np.array([5, 4, 5, 3], "int32"), ref=_ctc)  # fmt: skip
smooth("psnr", A, B, 255.0, batch=False, ref=lambda a, b, m: 10 * np.log10(m**2 / np.mean((a - b) ** 2)))
smooth("moments", T, (1, 2), ref=lambda x, axes: (x.mean(axes), x.var(axes)))
smooth("normalize", A, ref=lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True))
smooth("normalize", A, ref=lambda x, order: x / np.linalg.norm(x, 3, -1, keepdims=True), kwargs={"order": 3})
smooth("batch_normalization", T, floats(3), P[0], 2, VECTOR, LONG[:3],
       ref=lambda x, m, v, axis, offset, scale: (x - m[:, None]) / np.sqrt(v[:, None] + 1e-3) * scale[:, None]
       + offset[:, None])  # fmt: skip
smooth("layer_normalization", T, LONG[:6], LONG[1:], tolerance=3e-6,
       ref=lambda x, gamma, beta: _normalized(x, -1, EPSILON) * gamma + beta)  # fmt: skip
smooth("layer_normalization", T, kwargs={"axis": (1, 3), "epsilon": 0.1},
       ref=lambda x, axis, epsilon: _normalized(x, axis, epsilon))  # fmt: skip
smooth(
    "rms_normalization",
    T,
    LONG[:6],
    ref=lambda x, scale: x / np.sqrt(np.mean(x**2, -1, keepdims=True) + EPSILON) * scale,
)
# The engine's attention takes the softmax in float32 whatever the inputs: differences must reach further.
HEADS = [floats(BATCH, 5, 2, 3) for _ in range(3)]
smooth("dot_product_attention", *HEADS, ref=_attention, step=1e-2)
smooth("dot_product_attention", *HEADS, ref=_attention, step=1e-2, kwargs={"mask": floats(BATCH, 1, 5, 5) > -1,
       "is_causal": True, "bias": floats(BATCH, 2, 5, 5)})  # fmt: skip
smooth("dot_product_attention", *HEADS, step=1e-2, kwargs={"attn_logits_soft_cap": 0.5},
       ref=lambda q, k, v, attn_logits_soft_cap: _attention(q, k, v, cap=attn_logits_soft_cap))  # fmt: skip

# ------------------------------------------------------------------------------------------------ convolution


def _windows(x: np.ndarray, size: Any, stride: int, pads: Any, dilation: int = 1, fill: float = 0.0) -> Any:
    """Each place of the output with the window it sees: x is (batch, *spatial, channels)."""
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    counts = [(n - (k - 1) * dilation - 1) // stride + 1 for n, k in zip(x.shape[1:], size, strict=False)]
    for place in itertools.product(*map(range, counts)):
        view = [
            slice(p * stride, p * stride + (k - 1) * dilation + 1, dilation) for p, k in zip(place, size, strict=True)
        ]
        yield place, x[(slice(None), *view)]


def _gather(pairs: Any, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    found = {place: function(window) for place, window in pairs}
    shape = [n + 1 for n in max(found)]
    return np.stack(list(found.values()), 1).reshape(len(next(iter(found.values()))), *shape, -1)


def _conv(
    x: np.ndarray, kernel: np.ndarray, stride: int = 1, pads: Any = None, dilation: int = 1, groups: int = 1
) -> Any:
    pads = pads or [(0, 0)] * (kernel.ndim - 2)
    axes = list(range(1, kernel.ndim)), list(range(kernel.ndim - 1))
    parts = [
        _gather(_windows(part, kernel.shape[:-2], stride, pads, dilation), lambda w, k=k: np.tensordot(w, k, axes))
        for part, k in zip(np.split(x, groups, -1), np.split(kernel, groups, -1), strict=True)
    ]
    return np.concatenate(parts, -1)


def _conv_transpose(x: np.ndarray, kernel: np.ndarray, stride: int, crop: Any = None) -> np.ndarray:
    size = kernel.shape[0]
    out = np.zeros((len(x), (x.shape[1] - 1) * stride + max(size, stride), kernel.shape[1]))
    for place, window in itertools.product(range(x.shape[1]), range(size)):
        out[:, place * stride + window] += x[:, place] @ kernel[window].T
    return out if crop is None else out[:, crop]


def _first(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on channels-last data, for channels-first data."""
    return lambda x, *rest, **_: np.moveaxis(function(np.moveaxis(x, 1, -1), *rest), -1, 1)


KERNEL, WIDE, POINT = floats(3, 2, 2, 4), floats(3, 2, 5), floats(1, 6, 5)
EACH = floats(3, 2, 3)
CONV = {"tolerance": 3e-6}  # sums of a dozen products in another order
smooth("conv", IMAGES, KERNEL, ref=_conv, **CONV)
smooth("conv", IMAGES, KERNEL, 2, "same", ref=lambda x, k, *_: _conv(x, k, 2, [(0, 1), (0, 1)]), **CONV)
smooth("conv", FIRST, KERNEL, ref=_first(_conv), kwargs={"data_format": "channels_first"}, **CONV)
smooth(
    "conv", SEQUENCE, WIDE, ref=lambda x, k, dilation_rate: _conv(x, k, dilation=2), kwargs={"dilation_rate": 2}, **CONV
)
smooth("conv", SEQUENCE, EACH[:, :1, :2], ref=lambda x, k: _conv(x, k, groups=2), **CONV)
row("conv", floats(BATCH, 3, 3, 3, 1), floats(2, 2, 2, 1, 2), ref=_conv, **CONV)


def _depthwise(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return np.concatenate([_conv(x[..., i : i + 1], kernel[:, i : i + 1]) for i in range(2)], -1)


smooth("depthwise_conv", SEQUENCE, EACH, ref=_depthwise, **CONV)
smooth("separable_conv", SEQUENCE, EACH, POINT, ref=lambda x, d, p: _depthwise(x, d) @ p[0], **CONV)
smooth("conv_transpose", SEQUENCE, floats(3, 5, 2), 2, ref=_conv_transpose, **CONV)
smooth("conv_transpose", SEQUENCE, floats(3, 5, 2), 2, "same", **CONV,
       ref=lambda x, k, s, p: _conv_transpose(x, k, s, slice(0, 18)))  # fmt: skip
SAME2 = [(0, 0), (0, 1)]
smooth("max_pool", IMAGES, 2, ref=lambda x, n: _gather(_windows(x, (2, 2), 2, [(0, 0)] * 2), lambda w: w.max((1, 2))))
smooth("max_pool", FIRST, 2, kwargs={"padding": "same", "data_format": "channels_first"},
       ref=_first(lambda x, n: _gather(_windows(x, (2, 2), 2, SAME2, fill=-9), lambda w: w.max((1, 2)))))  # fmt: skip
smooth(
    "average_pool",
    IMAGES,
    2,
    1,
    ref=lambda x, n, s: _gather(_windows(x, (2, 2), 1, [(0, 0)] * 2), lambda w: w.mean((1, 2))),
)
smooth("average_pool", IMAGES, 2, kwargs={"padding": "same"}, ref=lambda x, n, padding: _gather(
    _windows(x, (2, 2), 2, SAME2, fill=np.nan), lambda w: np.nanmean(w, (1, 2))))  # fmt: skip


def _adaptive(reduce: Callable[..., Any]) -> Callable[..., Any]:
    def pool(x: np.ndarray, n: int) -> np.ndarray:
        for axis in (1, 2):
            size = x.shape[axis]
            cuts = [range(i * size // n, -(-(i + 1) * size // n)) for i in range(n)]
            x = np.stack([reduce(np.take(x, cut, axis), axis) for cut in cuts], axis)
        return x

    return pool


smooth("adaptive_max_pool", IMAGES, 3, ref=_adaptive(np.max))
smooth("adaptive_average_pool", IMAGES, 4, ref=_adaptive(np.mean))
smooth("adaptive_average_pool", FIRST, 4, "channels_first", ref=_first(lambda x, n, f: _adaptive(np.mean)(x, n)))


def _unfold(x: np.ndarray, size: int, dilation: int, padding: int, stride: int) -> np.ndarray:
    pairs = _windows(np.moveaxis(x, 1, -1), (size, size), stride, [(padding, padding)] * 2, dilation)
    return np.stack([np.moveaxis(w, -1, 1).reshape(len(x), -1) for _, w in pairs], -1)


def _fold(columns: np.ndarray, output: Any, size: int, dilation: int, padding: int, stride: int) -> np.ndarray:
    """The transpose of `_unfold`, column by column of its matrix."""
    shape = (columns.shape[1] // size**2, *output)
    units = np.eye(math.prod(shape)).reshape(-1, *shape)
    return np.tensordot(columns, _unfold(units, size, dilation, padding, stride), [[1, 2], [1, 2]]).reshape(-1, *shape)


smooth("unfold", FIRST, 2, 2, 1, 2, ref=_unfold)
smooth("fold", floats(BATCH, 8, 12), (6, 7), 2, 2, 1, 2, ref=_fold)

# ------------------------------------------------------------------------------------------------ linear algebra
STACK = floats(BATCH, 3, 3) + 3 * np.eye(3, dtype="float32")
SPD = (STACK @ np.swapaxes(STACK, 1, 2)).astype("float32")
# Solutions lose what the condition of the matrices, about 10, costs.
SOLVE = {"tolerance": 1e-5}
smooth("matmul", T, floats(6, 2))
row("matmul", I.astype("int8"), J.T.astype("int8"), batch=False, ref=lambda a, b: a.astype(int) @ b.astype(int))
smooth("dot", A, floats(3, 2))
smooth("vdot", A, B, batch=False)
smooth("inner", A, floats(2, 3))
smooth("outer", VECTOR, LONG, batch=False)
smooth("cross", A, B)
smooth("kron", A, floats(2, 2), batch=False)
smooth("tensordot", T, floats(3, 6, 2), kwargs={"axes": 2})
smooth("einsum", "bcij,bcik->bjk", T, T + 1, ref=np.einsum, tolerance=3e-6)
smooth("trace", T, kwargs={"axis1": 1, "axis2": 2})
smooth("correlate", LONG, VECTOR, batch=False)
smooth("correlate", LONG, VECTOR, "full", batch=False)
smooth("cdist", A, floats(5, 3), ref=scipy.spatial.distance.cdist)
smooth("cholesky", SPD, ref=np.linalg.cholesky, **SOLVE)
smooth("cholesky_inverse", FACTOR, batch=False, ref=lambda x: np.linalg.inv(x @ x.T), **SOLVE)
smooth("det", STACK, ref=np.linalg.det, **SOLVE)
smooth("slogdet", STACK, ref=lambda x: tuple(np.linalg.slogdet(x)), **SOLVE)
smooth("logdet", SPD, ref=lambda x: np.linalg.slogdet(x)[1], **SOLVE)
smooth("inv", STACK, ref=np.linalg.inv, **SOLVE)
smooth("pinv", floats(BATCH, 3, 2), ref=np.linalg.pinv, **SOLVE)
smooth("solve", STACK, floats(BATCH, 3, 2), ref=np.linalg.solve, **SOLVE)
smooth(
    "solve_triangular", FACTOR, VECTOR, batch=False, kwargs={"lower": True}, ref=scipy.linalg.solve_triangular, **SOLVE
)
smooth("lstsq", floats(5, 3), LONG[:5], batch=False, ref=lambda a, b: np.linalg.lstsq(a, b)[0], **SOLVE)
smooth("svd", floats(BATCH, 3, 2), kwargs={"compute_uv": False}, ref=np.linalg.svd, **SOLVE)
fixed("qr", SQUARE, ref=np.linalg.qr, smooth=True, **SOLVE)
fixed("eig", SQUARE, ref=SQUARE, then=lambda w, v: np.real(v * w @ np.linalg.inv(v)), **SOLVE)
fixed("eigh", DEFINITE, ref=DEFINITE, then=lambda w, v: v * w @ v.T, **SOLVE)
fixed("svd", SQUARE, ref=SQUARE, then=lambda u, s, v: u * s @ v, **SOLVE)
fixed("lu_factor", SQUARE, ref=scipy.linalg.lu_factor, smooth=True, **SOLVE)
fixed("matrix_rank", np.outer(VECTOR, LONG).astype("float32"), ref=1)

# ------------------------------------------------------------------------------------------------ signal
WAVE = floats(BATCH, 16)
FFT = {"tolerance": 3e-6}  # sums over 16 samples


def _pair(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, **kwargs: Any) -> Any:
        y = function(x[0] + 1j * x[1] if isinstance(x, tuple) else x, **kwargs)
        return (y.real, y.imag) if np.iscomplexobj(y) else y

    return call


def _stft(x: np.ndarray, length: int, stride: int, size: int) -> Any:
    window = np.pad(scipy.signal.get_window("hann", length), (size - length) // 2)
    padded = np.pad(x, ((0, 0), (size // 2, size // 2)), mode="reflect")
    starts = range(0, padded.shape[1] - size + 1, stride)
    y = np.stack([np.fft.rfft(padded[:, i : i + size] * window) for i in starts], 1)
    return y.real, y.imag


smooth("fft", (WAVE, WAVE[::-1]), ref=_pair(np.fft.fft), **FFT)
smooth("fft2", (T, T + 1), ref=_pair(np.fft.fft2), **FFT)
smooth("ifft2", (T, T + 1), ref=_pair(np.fft.ifft2), **FFT)
smooth("rfft", WAVE, ref=_pair(np.fft.rfft), **FFT)
smooth("irfft", (WAVE[:, :5], WAVE[:, 5:10]), ref=_pair(np.fft.irfft), **FFT)
smooth("extract_sequences", WAVE, 4, 3, ref=lambda x, n, s: np.stack([x[:, i : i + n] for i in range(0, 13, s)], 1))
smooth("stft", WAVE, 4, 2, 6, ref=_stft, **FFT)
smooth(
    "istft", tuple(np.asarray(part, "float32") for part in _stft(WAVE, 4, 2, 6)), 4, 2, 6, ref=lambda *_: WAVE, **FFT
)

# ------------------------------------------------------------------------------------------------ control
fixed("cond", np.array(True), lambda: 1.0, lambda: 2.0, ref=1.0)
plain("switch", 1, [lambda x: x, lambda x: 2 * x], A, ref=2 * A)
plain("while_loop", lambda i, x: i < 3, lambda i, x: (i + 1, 2 * x), (0, A), ref=(3, 8 * A))
plain("while_loop", lambda x: x < 9, lambda x: x + 1, 0, kwargs={"maximum_iterations": 5}, ref=5)
plain("fori_loop", 1, 4, lambda i, x: x * i, A, ref=6 * A)
plain("scan", lambda total, x: (total + x, total), np.zeros(3, "float32"), A, smooth=True,
      ref=lambda f, init, x: (x.sum(0), np.cumsum(x, 0) - x))  # fmt: skip
plain("associative_scan", lambda a, b: a * b, A, smooth=True, ref=lambda f, x: np.cumprod(x, 0))
plain("map", lambda x: x.sum(), A, smooth=True, ref=lambda f, x: x.sum(1))
smooth("vectorized_map", lambda x: x.sum(), A, ref=lambda f, x: x.sum(1))
plain("vectorize", lambda a, b: a @ b, ref=A @ B.T, compiled=False, kwargs={"signature": "(n),(n)->()"},
      then=lambda f: f(A[:, None], B))  # fmt: skip
row("stop_gradient", A, ref=lambda x: x)
plain("custom_gradient", lambda x: (x * x, lambda upstream: upstream), ref=A * A, compiled=False, then=lambda f: f(A))
plain("jvp", lambda x: x * x, (A,), (B,), smooth=True, ref=lambda f, p, t: (p[0] ** 2, 2 * p[0] * t[0]))

# ------------------------------------------------------------------------------------------------ sequences
FRAMES, FRAME_COUNTS = floats(BATCH, 5, 3), np.array([5, 3, 4, 1], "int32")


def _spell(x: np.ndarray, counts: np.ndarray, strategy: str, width: int, top: int, **options: Any) -> Any:
    """Prefix beam search with dicts: the probability of each beginning that ends on a label, and on a blank (0)."""
    labels, scores = np.full((top, len(x), x.shape[1]), -1), np.full((len(x), top), -np.inf)
    for i, (frames, count) in enumerate(zip(special.softmax(x, axis=-1), counts, strict=True)):
        beam = {(): np.array([0.0, 1.0])}
        for frame in frames[:count]:
            new: dict[tuple[int, ...], np.ndarray] = {}
            for spelled, (labelled, blanked) in beam.items():
                for c, p in enumerate(frame):
                    again = spelled[-1:] == (c,)
                    stays = new.setdefault(spelled, np.zeros(2))
                    stays += [p * labelled * again, p * (labelled + blanked) * (c == 0)]
                    if c:
                        grows = new.setdefault((*spelled, c), np.zeros(2))
                        grows += [p * (blanked + labelled * (not again)), 0.0]
            beam = dict(sorted(new.items(), key=lambda item: -item[1].sum())[:width])
        for rank, (spelled, both) in enumerate([*beam.items()][:top]):
            labels[rank, i, : len(spelled)], scores[i, rank] = spelled, np.log(both.sum())
    return labels, scores


row("ctc_decode", FRAMES, FRAME_COUNTS, "beam_search", 8, 5, batch=False, ref=_spell, tolerance=3e-6)
for options in ({"merge_repeated": False}, {"mask_index": 1}, {"mask_index": None}):
    row("ctc_decode", FRAMES, FRAME_COUNTS, batch=False, kwargs=options, ref=keras.ops.ctc_decode, tolerance=3e-6)

# ------------------------------------------------------------------------------------------------ images
IMAGES, NEAR = floats(BATCH, 6, 7, 3, low=0, high=1), {"tolerance": 1e-5}
PIXELS = ints(BATCH, 6, 7, 3, high=256).astype("uint8")
LAST, FIRST = {"data_format": "channels_last"}, {"data_format": "channels_first"}
SHIFTED = IMAGES * 0.8 + floats(BATCH, 6, 7, 3, low=0, high=0.2)
TURN = floats(BATCH, 8, low=0, high=0.1) + np.array([0.9, 0.2, 0.7, -0.15, 1.1, -0.3, 0, 0], "float32")
TURN[:, 6:] = 0
CORNERS = np.tile(np.array([[0, 0], [6, 0], [0, 5], [6, 5]], "float32"), (BATCH, 1, 1))
MOVED = CORNERS + floats(BATCH, 4, 2, low=-1, high=1)
VOLUMES = floats(BATCH, 3, 5, 4, 2)


def _keras(name: str) -> Callable[..., Any]:
    """The function of Keras, compiled as one program where it can be."""
    function = getattr(keras.ops.image, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        def run(arrays: list[Any]) -> Any:
            values = iter(arrays)
            return function(*(next(values) if isinstance(x, np.ndarray) else x for x in args), **kwargs)

        return engine.compile(run)([x for x in args if isinstance(x, np.ndarray)])

    return function if name == "elastic_transform" else call


def images(name: str, *args: Any, given: Any = (IMAGES,), smooth: bool = False, single: bool = True, **kw: Any) -> None:
    """A batch with channels last, and one image with channels first; arrays among the arguments are for each image."""
    row(f"image.{name}", *given, *args, ref=_keras(name), kwargs={**kw, **LAST}, smooth=smooth, **NEAR)
    turned = [np.moveaxis(x, -1, 1) for x in given]
    if single:
        turned, args = [x[0] for x in turned], tuple(x[0] if isinstance(x, np.ndarray) else x for x in args)
    row(f"image.{name}", *turned, *args, ref=_keras(name), kwargs={**kw, **FIRST}, batch=not single, **NEAR)


for name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"):
    images(name, smooth=True)
row("image.rgb_to_grayscale", PIXELS, ref=_keras("rgb_to_grayscale"))
row("image.rgb_to_grayscale", IMAGES[..., :1], ref=lambda x: x)
row("image.rgb_to_hsv", IMAGES.round(), ref=_keras("rgb_to_hsv"), **NEAR)  # ties between colours
for method in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
    images("resize", (9, 4), interpolation=method, smooth=method == "bicubic")
    row(
        "image.resize",
        IMAGES,
        (3, 5),
        ref=_keras("resize"),
        kwargs={"interpolation": method, "antialias": True},
        **NEAR,
    )
# Three times the size: no value lies in the middle between two integers.
row("image.resize", PIXELS, (18, 21), ref=_keras("resize"))
row("image.resize", PIXELS, (4, 9), "nearest", ref=_keras("resize"))
row("image.resize", PIXELS, (18, 39), ref=_keras("resize"), kwargs={"pad_to_aspect_ratio": True, "fill_value": 2.0})
for size in ((4, 9), (9, 4)):
    images("resize", size, crop_to_aspect_ratio=True)
    images("resize", size, pad_to_aspect_ratio=True, fill_value=2.0)
for mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
    options = {"fill_mode": mode, "fill_value": 0.5}
    row("image.affine_transform", IMAGES, TURN, ref=_keras("affine_transform"), kwargs=options, **NEAR)
    fixed("image.map_coordinates", IMAGES[0, ..., 0], floats(2, 3, 5, low=-6, high=14), int(mode != "wrap"), mode, 2,
          smooth=mode == "mirror", **NEAR, ref=lambda x, at, order, mode, value: scipy.ndimage.map_coordinates(
              x, at, order=order, mode={"constant": "grid-constant", "wrap": "grid-wrap"}.get(mode, mode), cval=value))  # fmt: skip
fixed("image.map_coordinates", ints(3, 7), floats(2, 5, high=8), 1, ref=_keras("map_coordinates"))
images("affine_transform", TURN, smooth=True)
images("affine_transform", TURN, "nearest", "reflect")
images("perspective_transform", CORNERS, MOVED, fill_value=0.5, smooth=True)
images("perspective_transform", CORNERS, MOVED, interpolation="nearest")
images("elastic_transform", 4.0, 0.8, seed=3, smooth=True)
images("elastic_transform", 4.0, 0.8, "nearest", "constant", 0.5, seed=4)
images("gaussian_blur", (3, 3), (1.0, 1.0))
images("gaussian_blur", (5, 2), (0.7, 2.0), smooth=True)
images("sobel_edges", smooth=True, single=False)
images("ssim", given=(IMAGES, SHIFTED), filter_size=5, filter_sigma=1.1, max_val=1.2, smooth=True)
for margins in ((1, 2, None, None, 4, 5), (None, None, 1, 2, 4, 5), (0, 1, 3, 2)):
    images("crop_images", *margins, smooth=len(margins) == 4)
    margins = (*margins[:4], *(8 + size for size in margins[4:]))
    images("pad_images", *margins, smooth=len(margins) == 4)
for windows in ((2,), ((3, 2), None, 1, "same"), (3, 1, 2), ((3, 2), (2, 1), 1, "same"), ((2, 3), 1, 2, "same")):
    images("extract_patches", *windows, smooth=windows == (3, 1, 2))
row("image.extract_patches", PIXELS, 2, ref=_keras("extract_patches"))
row("image.extract_patches", VOLUMES, (3, 2, 2), ref=_keras("extract_patches"))
for windows in ((2,), ((3, 2, 2), None, 1, "same"), (2, 1, 2)):
    images("extract_patches_3d", *windows, given=(VOLUMES,), smooth=windows == (2,))
for method in ("linear", "cubic", "lanczos3", "lanczos5"):
    fixed("image.scale_and_translate", IMAGES[:, :5], (BATCH, 6, 5, 3), np.array([0.7, 1.3], "float32"),
          np.array([0.4, -0.6], "float32"), (1, 2), method, smooth=method == "cubic",
          ref=lambda x, shape, scale, shift, axes, method: keras.ops.image.scale_and_translate(
              x, shape, scale.astype("float32"), shift.astype("float32"), axes, method), **NEAR)  # fmt: skip
