"""Layers for the columns of a table: numbers brought to one scale or put into bins, categories as vectors of 0 and 1.

What such a layer needs to know of the data it is told, or finds out by `adapt`. `encode` is the one place where
indices become vectors; the layers of words and of hashes use it too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Self, Unpack

import numpy as np

from tsuno import engine, ops
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import describe, invalid
from tsuno.core.op import as_numpy
from tsuno.core.settings import epsilon, floatx
from tsuno.core.validate import Check, NonNegativeInt, PositiveInt
from tsuno.engine import xp
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions
from tsuno.layers.strings import batches

__all__ = ["CategoryEncoding", "Discretization", "Normalization"]


def _mode(*modes: str) -> Check:
    """One of the ways to give indices, under its present or its old name."""
    old = {"binary": "multi_hot", "tf-idf": "tf_idf"}

    def convert(value: Any) -> str:
        name = old.get(value, value)
        if name not in modes:
            raise ValueError
        return str(name)

    return Check(f"one of {', '.join(map(repr, modes))}", convert)


OneHotMode = Annotated[str, _mode("int", "one_hot")]
HotMode = Annotated[str, _mode("one_hot", "multi_hot", "count")]
IndexMode = Annotated[str, _mode("int", "one_hot", "multi_hot", "count")]
TokenMode = Annotated[str, _mode("int", "one_hot", "multi_hot", "count", "tf_idf")]


def encode(indices: Any, output_mode: str, depth: int, dtype: Any, weights: Any = None) -> Any:
    """Indices as they are, or as vectors of `depth` numbers; indices outside 0 … depth - 1 count for nothing.

    Works on the host for NumPy arrays, on the device for others.

    Args:
        indices: integers; for `multi_hot` and `count` the second axis (the first of one-dimensional ones) is summed up.
        output_mode: `int`, `one_hot` (a last axis of size 1 gives way to the vector), `multi_hot` or `count`.
        depth: the size of a vector.
        dtype: the dtype of the result.
        weights: what each index counts for, in mode `count`.
    """
    host = isinstance(indices, (np.ndarray, np.generic))
    lib: Any = np if host else xp
    dtype = numpy_dtype(dtype)
    if output_mode == "int":
        return indices.astype(dtype if host else engine.asarray(np.zeros(0, dtype)).dtype)  # 32 bits, mostly
    if indices.ndim == 0:
        indices = indices[None]
    if output_mode == "one_hot":
        if indices.ndim > 1 and indices.shape[-1] == 1:
            indices = indices[..., 0]
        return (indices[..., None] == lib.arange(depth)).astype(dtype)
    # Counting: every sample has bins of its own, and one more is for indices that count for nothing.
    samples = lib.moveaxis(indices, 1, -1) if indices.ndim > 1 else indices
    shape = samples.shape[:-1]
    bins = math.prod(shape) * depth
    first = (lib.arange(math.prod(shape)) * depth).reshape(*shape, 1)
    place = lib.where((samples >= 0) & (samples < depth), samples + first, bins).reshape(-1)
    if weights is not None:
        weights = lib.broadcast_to(weights, indices.shape)
        dtype = weights.dtype
        weights = (lib.moveaxis(weights, 1, -1) if weights.ndim > 1 else weights).reshape(-1)
    size = {"minlength": bins + 1} if host else {"length": bins + 1}
    counts = lib.bincount(place, weights, **size)[:-1].reshape(*shape, depth)
    return (counts > 0 if output_mode == "multi_hot" else counts).astype(dtype)


class CategoryEncoding(Layer):
    """Categories given as integers from 0 on, as vectors of 0 and 1.

    Args:
        num_tokens: the number of categories.
        output_mode: `"multi_hot"` (one vector for a sample, 1 where a category is in it), `"count"` (how many times it
            is in it) or `"one_hot"` (one vector for each integer).
        sparse: whether results may be stored as sparse; they are dense in any case.
        **kwargs: the arguments of every layer, see `Layer`.

    Called with integers (batch,) or (batch, values) and, in mode `count`, `count_weights` of the same shape, gives
    (batch, num_tokens), or (batch, values, num_tokens) for `one_hot` of several values.

    Example:
        >>> tsuno.layers.CategoryEncoding(4, output_mode="one_hot")(np.array([3, 0])).tolist()
        [[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]
        >>> tsuno.layers.CategoryEncoding(4, "count")([[0, 1, 1]], count_weights=[[0.5, 1.0, 1.0]]).tolist()
        [[0.5, 2.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        num_tokens: PositiveInt | None = None,
        output_mode: HotMode = "multi_hot",
        sparse: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if num_tokens is None:
            raise invalid(
                "CategoryEncoding.num_tokens", "the number of categories", None, "`IntegerLookup` finds it by itself."
            )
        self.num_tokens, self.output_mode, self.sparse = num_tokens, output_mode, sparse

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None:
            if self.output_mode != "count":
                raise ValueError(
                    f"`{self.path}` takes `count_weights` only with output_mode='count'; it has "
                    f"output_mode={self.output_mode!r}."
                )
            count_weights = xp.asarray(count_weights, self.compute_dtype)
        return encode(
            xp.asarray(inputs).astype("int32"), self.output_mode, self.num_tokens, self.compute_dtype, count_weights
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("sparse")
        return config


class Discretization(Layer):
    """Numbers as the indices of the bins that they fall into: bin i reaches from boundary i - 1 up to boundary i.

    Args:
        bin_boundaries: the boundaries between bins, from low to high; there is one bin more.
        num_bins: the number of bins, about equally full, whose boundaries `adapt` finds. Either it or
            `bin_boundaries` must be given.
        epsilon: how exact `adapt` is, as a part of the whole data; smaller is more exact and needs more memory.
        output_mode: `"int"`, or how to encode the indices: `"one_hot"`, `"multi_hot"`, `"count"`.
        sparse: whether results may be stored as sparse; they are dense in any case.
        dtype: the dtype of encoded results; indices are int32.
        name: a name.

    Example:
        >>> layer = tsuno.layers.Discretization([0.0, 1.0, 2.0])
        >>> layer([[-1.5, 1.0], [3.4, 0.5]]).tolist()
        [[0, 2], [3, 1]]
        >>> layer = tsuno.layers.Discretization(num_bins=4, epsilon=0.01)
        >>> layer.adapt(np.array([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]))
        >>> layer(np.array([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]])).tolist()
        [[0, 2, 3, 2], [1, 3, 3, 1]]
    """

    def __init__(
        self,
        bin_boundaries: Sequence[float] | None = None,
        num_bins: NonNegativeInt | None = None,
        epsilon: float = 0.01,
        output_mode: IndexMode = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                "`Discretization` needs either `bin_boundaries`, or `num_bins` and a call of `adapt`; got "
                f"bin_boundaries={bin_boundaries} and num_bins={num_bins}."
            )
        if sparse and output_mode == "int":
            raise ValueError("`Discretization.sparse` is for encoded results; set `output_mode` to 'one_hot', for one.")
        self.bin_boundaries = None if bin_boundaries is None else np.asarray(bin_boundaries).tolist()
        self.num_bins, self.epsilon = num_bins, epsilon
        self.output_mode, self.sparse = output_mode, sparse
        self.reset_state()

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Find boundaries between which values are about equally frequent; what was found before is forgotten.

        Args:
            data: an array, or an iterable of batches.
            steps: how many batches to take at most.

        Source: Qi Zhang and Wei Wang, *A Fast Algorithm for Approximate Quantiles in High Speed Data Streams*, 2007.
        """
        if self.num_bins is None:
            raise ValueError(
                f"`{self.path}` was made with `bin_boundaries`, so there is nothing to adapt. Make it with `num_bins`."
            )
        self.reset_state()
        stream = batches(data, steps, lists=False)
        for batch in [data] if stream is None else stream:
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget the data seen."""
        self.summary = np.zeros((2, 0), "float32")

    def update_state(self, data: Any) -> None:
        """Take a batch into account."""
        values = np.sort(np.asarray(data).astype("float32"), axis=None)
        step = max(values.size * self.epsilon, 1)
        taken = values[int(step - 1) :: int(step)]
        both = np.concatenate([np.stack([taken, np.full_like(taken, step)]), self.summary], axis=1)
        self.summary = _thinned(both[:, np.argsort(both[0])], self.epsilon)

    def finalize_state(self) -> None:
        """Let the boundaries be those of the data seen."""
        if self.num_bins is not None and self.summary.size:
            self.bin_boundaries = _thinned(self.summary, 1.0 / self.num_bins)[0, :-1].tolist()

    def call(self, inputs: Any) -> Any:
        if self.bin_boundaries is None:
            raise ValueError(f"`{self.path}` has no boundaries yet: call `adapt` on data, or pass `bin_boundaries`.")
        indices = ops.digitize(inputs, np.asarray(self.bin_boundaries, "float32"))
        return encode(indices, self.output_mode, len(self.bin_boundaries) + 1, self.output_dtype)

    @property
    def input_dtype(self) -> str:
        """The dtype of numbers."""
        return floatx()

    @property
    def output_dtype(self) -> str:
        """The dtype of results."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Take over a summary of data, as old files have it."""
        if len(store) == 1:
            self.summary = np.asarray(store["0"])

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("trainable")
        return config | {"dtype": self.dtype}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        found = config.get("bin_boundaries") if config.get("num_bins") is not None else None
        layer: Self = super().from_config(config if found is None else {**config, "bin_boundaries": None})
        if found is not None:
            layer.bin_boundaries = list(found)
        return layer


def _thinned(summary: np.ndarray, part: float) -> np.ndarray:
    """Sorted values and their weights, thinned out to about one value for each `part` of the whole weight."""
    if summary.shape[1] * part < 1:
        return summary
    upto = summary[1].cumsum()
    shares = upto / upto[-1]
    wanted = part + np.arange(0.0, 1.0, part)
    values, weights = np.interp(wanted, shares, summary[0]), np.interp(wanted, shares, upto)
    return np.stack([values, np.diff(weights, prepend=0)]).astype("float32")


class Normalization(Layer):
    """Numbers brought to mean 0 and variance 1: (inputs - mean) / √variance, with a mean and variance for each feature.

    Args:
        axis: the axis or axes whose indices have a mean and variance of their own, such as the last, of features; None
            for a single mean and variance.
        mean: the mean, or one for each index of `axis`; `adapt` finds it by default.
        variance: the variance, or one for each index of `axis`; given together with `mean`.
        invert: whether to do the reverse: inputs · √variance + mean.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.Normalization()
        >>> layer.adapt(np.array([[0.0, 7.0], [2.0, 9.0], [0.0, 7.0], [2.0, 9.0]]))
        >>> layer([[0.0, 7.0], [3.0, 8.0]]).tolist()
        [[-1.0, -1.0], [2.0, 0.0]]
    """

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.input_mean, self.input_variance, self.invert = mean, variance, invert
        self.supports_masking = True
        if (mean is None) != (variance is None):
            raise ValueError(
                f"`Normalization` needs both `mean` and `variance`, or neither; got mean={mean}, variance={variance}."
            )
        if np.shape(mean) != np.shape(variance):
            raise ValueError(
                f"`Normalization.mean` and `variance` must have the same shape; got {np.shape(mean)} and "
                f"{np.shape(variance)}."
            )
        if np.ndim(mean) > len(self.axis):
            raise invalid("Normalization.mean", f"of {len(self.axis)} axes at most, as many as `axis` has", mean)

    def build(self, input_shape: Sequence[int | None]) -> None:
        rank = len(input_shape)
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ValueError(f"`{self.path}` has axis={self.axis}, but its input has shape {tuple(input_shape)}.")
        self._kept = tuple(sorted(axis % rank for axis in self.axis))
        self._reduced = tuple(axis for axis in range(rank) if axis not in self._kept)
        self._shape = tuple(1 if axis in self._reduced else size or 0 for axis, size in enumerate(input_shape))
        self._sizes = tuple(self._shape[axis] for axis in self._kept)
        if any(input_shape[axis] is None for axis in self._kept):
            raise ValueError(
                f"`{self.path}` has axis={self.axis}, whose size must be known; its input has shape "
                f"{tuple(input_shape)}."
            )
        if self.input_mean is None:
            make = self.add_weight
            self.adapt_mean = make(self._sizes, "zeros", trainable=False, autocast=False, name="mean")
            self.adapt_variance = make(self._sizes, "ones", trainable=False, autocast=False, name="variance")
            # Nothing counts here, but files have it.
            self.count = make((), "zeros", dtype="int32", trainable=False, name="count")
        else:
            for what in (self.input_mean, self.input_variance):
                self._broadcast(what)  # raises here, not in a compiled call

    @property
    def mean(self) -> Any:
        """The mean, in a shape that goes with the inputs."""
        return self._statistic(self.input_mean, "adapt_mean")

    @property
    def variance(self) -> Any:
        """The variance, in a shape that goes with the inputs."""
        return self._statistic(self.input_variance, "adapt_variance")

    def _statistic(self, given: Any, weight: str) -> Any:
        if not self.built:
            return None
        if given is None:
            return ops.cast(ops.reshape(getattr(self, weight).value, self._shape), self.compute_dtype)
        return xp.asarray(self._broadcast(given), self.compute_dtype)

    def _broadcast(self, given: Any) -> np.ndarray:
        values = np.broadcast_to(np.asarray(given, "float64"), self._sizes)
        return values.reshape(self._shape)

    def adapt(self, data: Any) -> None:
        """Find the mean and variance of data; what was found before is forgotten.

        Args:
            data: an array, or an iterable of batches, each of which may be a tuple that begins with the array.
        """
        if self.input_mean is not None:
            raise ValueError(
                f"`{self.path}` was given its mean and variance when it was made, so there is nothing to adapt."
            )
        numbers = isinstance(data, (list, tuple)) and data and not hasattr(data[0], "shape")
        stream = batches(np.asarray(data) if numbers else data, lists=False)
        parts = [data] if stream is None else stream
        parts = (part[0] if isinstance(part, tuple) and hasattr(part[0], "shape") else part for part in parts)
        self._adapt(np.asarray(as_numpy(part) if engine.is_array(part) else part) for part in parts)

    def _adapt(self, parts: Iterable[np.ndarray]) -> None:
        parts = iter(parts)
        first = next(parts, None)
        if first is None:
            raise ValueError(f"`{self.path}` was given no batches to adapt to.")
        if first.dtype.kind not in "biuf":
            raise invalid(f"{self.path}.adapt.data", "numbers, or an iterable of batches of numbers", first)
        if not self.built:
            self.build(first.shape)
        total, mean, variance = 0, np.zeros(self._sizes), np.zeros(self._sizes)
        for part in itertools.chain([first], parts):
            if part.ndim != len(self._shape) or tuple(part.shape[axis] for axis in self._kept) != self._sizes:
                raise ValueError(
                    f"`{self.path}` was built for inputs with sizes {self._sizes} along the axes {self._kept} of "
                    f"{len(self._shape)}; `adapt` was given {describe(part)}."
                )
            count = math.prod(part.shape[axis] for axis in self._reduced)
            if not count:
                continue
            part = part.astype("float64")
            # Chan's formula: no difference of large numbers.
            new, share = part.mean(axis=self._reduced), count / (total + count)
            variance = variance * (1 - share) + part.var(axis=self._reduced) * share
            variance = variance + (new - mean) ** 2 * share * (1 - share)
            mean, total = mean + (new - mean) * share, total + count
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    def finalize_state(self) -> None:
        """Nothing is left to do: mean and variance are read from the weights."""

    def call(self, inputs: Any) -> Any:
        inputs = xp.asarray(inputs).astype(self.compute_dtype)
        deviation = xp.maximum(xp.sqrt(self.variance), epsilon())
        return inputs * deviation + self.mean if self.invert else (inputs - self.mean) / deviation

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        given = {"mean": self.input_mean, "variance": self.input_variance}
        return config | {name: None if value is None else np.asarray(value).tolist() for name, value in given.items()}
