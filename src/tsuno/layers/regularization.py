"""Layers that disturb training so that the model generalises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

from tsuno import ops, random, regularizers
from tsuno.core.errors import invalid
from tsuno.core.seeds import SeedGenerator
from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import Below1, Fraction, NonNegative
from tsuno.core.validate import shape as standardize_shape
from tsuno.layers.base import Layer
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions

__all__ = [
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D",
]  # fmt: skip


class Dropout(Layer):
    """While training, set a random part of the inputs to zero and scale the others by 1 / (1 - rate).

    Args:
        rate: the part set to zero, from 0 to 1.
        noise_shape: the shape of the random mask; 1 in it drops a whole axis together, None means the input's size.
        seed: an integer for reproducible masks.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.Dropout(0.5, seed=1)
        >>> layer(np.ones((1, 3))).tolist()
        [[1.0, 1.0, 1.0]]
        >>> sorted({float(x) for x in layer(np.ones(100), training=True)})
        [0.0, 2.0]

    Source: N. Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, 2014.
    """

    def __init__(
        self,
        rate: Fraction,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.rate, self.seed = rate, seed
        self.noise_shape = None if noise_shape is None else standardize_shape(noise_shape, "Dropout.noise_shape")
        if self.noise_shape and any(size == 0 for size in self.noise_shape):
            raise invalid("Dropout.noise_shape", "a tuple of positive integers and None", noise_shape)
        self.supports_masking = True
        self.seed_generator = SeedGenerator(seed) if rate > 0 else None

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        return random.dropout(inputs, self.rate, noise_shape=self.noise_shape, seed=self.seed_generator)


class _SpatialDropout(Dropout):
    """Dropout of whole channels: what is near in space is alike, so that dropping single values changes little."""

    rank: ClassVar[int]
    noise_shape: Any
    _unsaid = frozenset({"noise_shape"})

    def __init__(
        self,
        rate: Fraction,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = standardize_data_format(data_format)
        space = (1,) * self.rank
        self.noise_shape = (None, *space, None) if self.data_format == "channels_last" else (None, None, *space)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "dtype": self.dtype}
        config.pop("trainable")
        return config


class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of a sequence.

    Args:
        rate: the part of the channels set to zero while training, from 0 to 1.
        seed: an integer for reproducible masks.
        name: the layer's name.
        dtype: the dtype that it computes in.

    Input shape: (batch, steps, channels).

    Example:
        >>> tsuno.layers.SpatialDropout1D(0.5)(np.ones((2, 5, 3), "float32")).shape
        (2, 5, 3)

    Source: J. Tompson et al., *Efficient Object Localization Using Convolutional Networks*, 2014.
    """

    rank = 1

    def __init__(self, rate: Fraction, seed: int | None = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(rate, "channels_last", seed, name, dtype)


class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of an image.

    Args:
        rate: the part of the channels set to zero while training, from 0 to 1.
        data_format: `"channels_last"` (batch, rows, columns, channels) or `"channels_first"`.
        seed: an integer for reproducible masks.
        name: the layer's name.
        dtype: the dtype that it computes in.

    Example:
        >>> tsuno.layers.SpatialDropout2D(0.5)(np.ones((2, 5, 5, 3), "float32")).shape
        (2, 5, 5, 3)

    Source: J. Tompson et al., *Efficient Object Localization Using Convolutional Networks*, 2014.
    """

    rank = 2


class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels of a volume.

    Args:
        rate: the part of the channels set to zero while training, from 0 to 1.
        data_format: `"channels_last"` (batch, *volume, channels) or `"channels_first"`.
        seed: an integer for reproducible masks.
        name: the layer's name.
        dtype: the dtype that it computes in.

    Example:
        >>> tsuno.layers.SpatialDropout3D(0.5)(np.ones((2, 4, 4, 4, 3), "float32")).shape
        (2, 4, 4, 4, 3)

    Source: J. Tompson et al., *Efficient Object Localization Using Convolutional Networks*, 2014.
    """

    rank = 3


_LEAST_SELU = -1.6732632423543772 * 1.0507009873554805


class AlphaDropout(Dropout):
    """Dropout for `selu` networks: keeps mean 0 and variance 1, as it sets to the least value of `selu` and rescales.

    Args:
        rate: the part set while training, from 0 to 1.
        noise_shape: the shape of the random mask; 1 in it drops a whole axis together, None means the input's size.
        seed: an integer for reproducible masks.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.AlphaDropout(0.2)(np.ones((1, 3))).tolist()
        [[1.0, 1.0, 1.0]]

    Source: G. Klambauer et al., *Self-Normalizing Neural Networks*, 2017.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        sizes = [n if m is None else m for m, n in zip(self.noise_shape or inputs.shape, inputs.shape, strict=True)]
        kept = ops.cast(random.uniform(sizes, seed=self.seed_generator) >= self.rate, inputs.dtype)
        least = _LEAST_SELU
        scale = ((1 - self.rate) * (1 + self.rate * least**2)) ** -0.5 if self.rate < 1 else 0.0
        return scale * (inputs * kept + least * (1 - kept)) - scale * least * self.rate


class _Noise(Layer):
    """Adds randomness while training; `stddev` says how much."""

    stddev: float

    def __init__(self, seed: int | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.supports_masking = True
        self.seed_generator = SeedGenerator(seed) if self.stddev > 0 else None

    def disturb(self, inputs: Any, noise: Any) -> Any:
        """The inputs with noise of mean 0."""
        raise NotImplementedError

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.stddev == 0:
            return inputs
        noise = random.normal(inputs.shape, 0.0, self.stddev, dtype=self.compute_dtype, seed=self.seed_generator)
        return self.disturb(inputs, noise)


class GaussianNoise(_Noise):
    """Add normal noise while training.

    Args:
        stddev: its standard deviation, from 0 to 1.
        seed: an integer for reproducible noise.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.GaussianNoise(0.1)(np.ones((1, 3))).tolist()
        [[1.0, 1.0, 1.0]]
    """

    def __init__(self, stddev: Fraction, seed: int | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        self.stddev = stddev
        super().__init__(seed=seed, **kwargs)

    def disturb(self, inputs: Any, noise: Any) -> Any:
        return inputs + noise


class GaussianDropout(_Noise):
    """Multiply by normal noise of mean 1 while training: as much noise as `Dropout` of that rate makes.

    Args:
        rate: the standard deviation is √(rate / (1 - rate)); from 0 up to, not including, 1.
        seed: an integer for reproducible noise.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> tsuno.layers.GaussianDropout(0.5)(np.ones((1, 3))).tolist()
        [[1.0, 1.0, 1.0]]

    Source: N. Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, 2014.
    """

    def __init__(self, rate: Below1, seed: int | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        self.rate = rate
        self.stddev = (rate / (1 - rate)) ** 0.5
        super().__init__(seed=seed, **kwargs)

    def disturb(self, inputs: Any, noise: Any) -> Any:
        return inputs * (1 + noise)


class ActivityRegularization(Layer):
    """Pass the inputs on, and add a penalty on them to the loss.

    Args:
        l1: the factor of Σ |x|.
        l2: the factor of Σ x².
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.ActivityRegularization(l1=0.5)
        >>> layer(np.ones((1, 3), "float32")).tolist(), float(layer.losses[0])
        ([[1.0, 1.0, 1.0]], 1.5)
    """

    _unsaid = frozenset({"activity_regularizer"})

    def __init__(self, l1: NonNegative = 0.0, l2: NonNegative = 0.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = l1, l2
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs
