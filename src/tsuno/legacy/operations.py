"""Operations of TensorFlow in the graphs of `tf.keras` models, as the ops that do the same.

`x * 2 + 1` and `tf.nn.relu(x)` on a symbolic tensor of `tf.keras` are recorded as layers `TFOpLambda` that hold the
operation's public name. A row of `OPERATIONS` is that name, what it is here, and the names that TensorFlow has for the
arguments after the first, in our order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, Unpack

from tsuno import activations, ops
from tsuno.core import tree
from tsuno.core.errors import suggest
from tsuno.layers import Layer
from tsuno.layers.parts import LayerOptions

_SILENT = frozenset(
    {"name", "conjugate", "validate_indices", "batch_dims", "out_type", "output_type", "mask", "training"}
)
"""Arguments that say nothing about the result here."""


class TFOpLambda(Layer):
    """An operation of TensorFlow, by its public name, as a layer.

    Args:
        function: the name, such as `"math.add"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Call arguments: the operation's first argument, then the others under TensorFlow's names.

    Example:
        >>> from tsuno.legacy.operations import TFOpLambda
        >>> TFOpLambda("math.reduce_mean")(np.array([[1.0, 3.0]]), axis=1).tolist()
        [2.0]
    """

    def __init__(self, function: str, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        if not isinstance(function, str) or function not in OPERATIONS:
            raise ValueError(
                f"The operation {function!r} of TensorFlow, in the layer {self.name!r}, is not known here."
                f"{suggest(function, OPERATIONS)} Make the model anew with `tsuno.ops`, and load its weights."
            )
        self.function = function

    def _convert(self, value: Any) -> Any:
        """Only tensors become arrays: axes and sizes stay what they are."""
        leaves = tree.flatten(value) if isinstance(value, (list, tuple)) else [value]
        return super()._convert(value) if any(hasattr(leaf, "dtype") for leaf in leaves) else value

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        target, *rest = OPERATIONS[self.function]
        names = " ".join(rest).split()
        given = {name: value for name, value in kwargs.items() if name not in _SILENT}
        strange = [name for name in given if name not in names]
        if strange:
            raise TypeError(
                f"The operation {self.function!r} of {self.name!r} has an argument {strange[0]!r}, which is not known."
            )
        function = getattr(ops, target) if isinstance(target, str) else target
        last = max((place for place, name in enumerate(names) if name in given), default=-1)
        if last + 1 == len(given):
            return function(inputs, *(given[name] for name in names[: last + 1]))
        return function(inputs, **given)


# ---------------------------------------------------------------------- what is not one op


def _gelu(x: Any, approximate: bool = False) -> Any:
    return activations.gelu(x, approximate)


def _leaky_relu(x: Any, alpha: float = 0.2) -> Any:
    return ops.leaky_relu(x, alpha)


def _get_item(x: Any, slice_spec: Any) -> Any:
    items = slice_spec if isinstance(slice_spec, (list, tuple)) else [slice_spec]
    return x[tuple(_index(item) for item in items)]


def _index(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    if item.get("class_name") == "__ellipsis__":
        return ...
    item = item.get("config", item)
    return slice(item.get("start"), item.get("stop"), item.get("step"))


def _split(x: Any, num_or_size_splits: Any, axis: int = 0) -> Any:
    if isinstance(num_or_size_splits, int):
        return ops.split(x, num_or_size_splits, axis=axis)
    return ops.split(x, list(itertools.accumulate(num_or_size_splits))[:-1], axis=axis)


def _slice(x: Any, begin: Any, size: Any) -> Any:
    ends = [None if n == -1 else start + n for start, n in zip(begin, size, strict=True)]
    return x[tuple(slice(start, end) for start, end in zip(begin, ends, strict=True))]


def _pad(x: Any, paddings: Any, mode: str = "CONSTANT", constant_values: float = 0) -> Any:
    mode = mode.lower()
    return ops.pad(x, paddings, mode, constant_values if mode == "constant" else None)


def _matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    turn: Callable[[Any], Any] = lambda x: ops.swapaxes(x, -1, -2)
    return ops.matmul(turn(a) if transpose_a else a, turn(b) if transpose_b else b)


def _norm(x: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None) -> Any:
    return ops.norm(x, None if ord == "euclidean" else ord, axis, bool(keepdims))


def _normalize(x: Any, axis: Any = None, epsilon: float = 1e-12) -> Any:
    square = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(square, epsilon))


def _pool(pool: Callable[..., Any]) -> Callable[..., Any]:
    def run(x: Any, ksize: Any, strides: Any = None, padding: str = "VALID") -> Any:
        size, step = (tuple(n[1:3]) if isinstance(n, (list, tuple)) and len(n) == 4 else n for n in (ksize, strides))
        return pool(x, size, step, padding.lower())

    return run


def _space(x: Any, block_size: int, down: bool) -> Any:
    _, height, width, channels = x.shape
    if down:
        x = ops.reshape(x, (-1, height // block_size, block_size, width // block_size, block_size, channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, height // block_size, width // block_size, channels * block_size**2))
    x = ops.reshape(x, (-1, height, width, block_size, block_size, channels // block_size**2))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, height * block_size, width * block_size, channels // block_size**2))


_UNARY: dict[str, tuple[Any, ...]] = {
    name: (name,)
    for name in (
        "abs", "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "square", "sin", "cos", "tan", "sinh", "cosh", "tanh",
        "round", "floor", "ceil", "sign", "erf", "negative", "reciprocal", "sigmoid", "softplus", "logical_not",
    )
} | {
    "asin": ("arcsin",), "acos": ("arccos",), "atan": ("arctan",), "is_nan": ("isnan",), "is_inf": ("isinf",),
    "is_finite": ("isfinite",),
}  # fmt: skip
_BINARY = {
    "add": "add", "subtract": "subtract", "multiply": "multiply", "truediv": "true_divide", "divide": "true_divide",
    "floordiv": "floor_divide", "floormod": "mod", "mod": "mod", "pow": "power", "maximum": "maximum",
    "minimum": "minimum", "divide_no_nan": "divide_no_nan", "greater": "greater", "greater_equal": "greater_equal",
    "less": "less", "less_equal": "less_equal", "equal": "equal", "not_equal": "not_equal", "atan2": "arctan2",
    "logical_and": "logical_and", "logical_or": "logical_or", "logical_xor": "logical_xor",
}  # fmt: skip
_REDUCED = {
    "mean": "mean", "sum": "sum", "max": "max", "min": "min", "prod": "prod", "any": "any", "all": "all", "std": "std",
    "variance": "var", "logsumexp": "logsumexp",
}  # fmt: skip

OPERATIONS: dict[str, tuple[Any, ...]] = {
    **{f"math.{name}": row for name, row in _UNARY.items()},
    **{f"math.{name}": (target, "y") for name, target in _BINARY.items()},
    **{f"__operators__.{name}": (_BINARY[name], "y") for name in ("add",)},
    **{f"math.reduce_{name}": (target, "axis keepdims") for name, target in _REDUCED.items()},
    **{
        f"nn.{name}": (name,)
        for name in ("relu", "relu6", "elu", "selu", "silu", "softsign", "sigmoid", "tanh", "softplus")
    },
    "__operators__.eq": ("equal", "y"),
    "__operators__.ne": ("not_equal", "y"),
    "__operators__.getitem": (_get_item, "slice_spec"),
    "compat.v1.floor_div": ("floor_divide", "y"),
    "math.squared_difference": (lambda x, y: ops.square(ops.subtract(x, y)), "y"),
    "math.add_n": (lambda xs: sum(xs[1:], xs[0]),),
    "math.argmax": ("argmax", "axis"),
    "math.argmin": ("argmin", "axis"),
    "math.cumsum": ("cumsum", "axis"),
    "math.l2_normalize": (_normalize, "axis epsilon"),
    "math.top_k": ("top_k", "k sorted"),
    "nn.leaky_relu": (_leaky_relu, "alpha"),
    "nn.gelu": (_gelu, "approximate"),
    "nn.softmax": ("softmax", "axis"),
    "nn.log_softmax": ("log_softmax", "axis"),
    "nn.bias_add": ("add", "bias"),
    "nn.avg_pool2d": (_pool(ops.average_pool), "ksize strides padding"),
    "nn.max_pool2d": (_pool(ops.max_pool), "ksize strides padding"),
    "nn.depth_to_space": (lambda x, block_size: _space(x, block_size, False), "block_size"),
    "nn.space_to_depth": (lambda x, block_size: _space(x, block_size, True), "block_size"),
    "linalg.matmul": (_matmul, "b transpose_a transpose_b"),
    "compat.v1.norm": (_norm, "ord axis keepdims"),
    "tensordot": ("tensordot", "b axes"),
    "concat": ("concatenate", "axis"),
    "stack": ("stack", "axis"),
    "unstack": ("unstack", "num axis"),
    "split": (_split, "num_or_size_splits axis"),
    "reshape": ("reshape", "shape"),
    "transpose": ("transpose", "perm"),
    "compat.v1.transpose": ("transpose", "perm"),
    "expand_dims": ("expand_dims", "axis"),
    "squeeze": ("squeeze", "axis"),
    "compat.v1.squeeze": ("squeeze", "axis"),
    "tile": ("tile", "multiples"),
    "pad": (_pad, "paddings mode constant_values"),
    "compat.v1.pad": (_pad, "paddings mode constant_values"),
    "cast": ("cast", "dtype"),
    "identity": (lambda x: x,),
    "gather": ("take", "indices axis"),
    "compat.v1.gather": ("take", "indices axis"),
    "one_hot": ("one_hot", "depth axis"),
    "reverse": ("flip", "axis"),
    "where": ("where", "x y"),
    "zeros_like": ("zeros_like", "dtype"),
    "ones_like": ("ones_like", "dtype"),
    "broadcast_to": ("broadcast_to", "shape"),
    "clip_by_value": ("clip", "clip_value_min clip_value_max"),
    "stop_gradient": ("stop_gradient",),
    "slice": (_slice, "begin size"),
    "keras.backend.batch_flatten": (lambda x: ops.reshape(x, (x.shape[0], -1)),),
    "image.resize": (lambda x, size, method="bilinear": ops.image.resize(x, tuple(size), method), "size method"),
}
"""By TensorFlow's name: our op or function, and TensorFlow's names for the arguments after the first."""
