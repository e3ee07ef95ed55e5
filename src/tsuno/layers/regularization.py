"""Layers that disturb training so that the model generalises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import random
from tsuno.core.seeds import SeedGenerator
from tsuno.core.validate import Fraction
from tsuno.layers.base import Layer
from tsuno.layers.parts import LayerOptions


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
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.supports_masking = True
        self.seed_generator = SeedGenerator(seed) if rate > 0 else None

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        return random.dropout(inputs, self.rate, noise_shape=self.noise_shape, seed=self.seed_generator)
