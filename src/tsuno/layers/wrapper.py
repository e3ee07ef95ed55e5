"""Layers around a layer: each changes what is done with the one inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from tsuno import engine, initializers, ops
from tsuno.core.errors import invalid
from tsuno.core.registry import in_library
from tsuno.core.seeds import SeedGenerator
from tsuno.core.validate import PositiveInt
from tsuno.core.variable import variables_of
from tsuno.layers.base import Layer, require_layer
from tsuno.layers.calling import call_signature
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions, inner_layer

__all__ = ["SpectralNormalization", "TimeDistributed", "Wrapper"]


class Wrapper(Layer):
    """Base of layers around a layer.

    Args:
        layer: the layer inside.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> class Doubled(tsuno.layers.Wrapper):
        ...     def call(self, inputs):
        ...         return 2 * self.layer(inputs)
        >>> Doubled(tsuno.layers.Identity())(np.ones(2, "float32")).tolist()
        [2.0, 2.0]
    """

    def __init__(self, layer: Any, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.layer = require_layer(layer, f"{type(self).__name__}.layer")

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        return super().from_config({**config, "layer": inner_layer(config["layer"])})


class TimeDistributed(Wrapper):
    """Apply a layer to each step of a sequence alike.

    Args:
        layer: the layer; it is given one step, with the batch axis.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (batch, steps, ...). Output shape: (batch, steps, ...).

    All steps go through the layer at once, as one larger batch; one by one where the layer keeps something from one
    call to the next, as a batch normalization does, or is of a class of your own.

    Example:
        >>> layer = tsuno.layers.TimeDistributed(tsuno.layers.Conv2D(4, 3))
        >>> layer(np.ones((2, 10, 8, 8, 3), "float32")).shape
        (2, 10, 6, 6, 4)
    """

    def __init__(self, layer: Any, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any = None) -> None:
        if not isinstance(input_shape, (list, tuple)) or len(input_shape) < 3:
            raise ValueError(
                f"The input of `{self.path}` must have a batch axis, steps and at least one more axis; got shape "
                f"{tuple(input_shape)}."
            )
        super().build((input_shape[0], *input_shape[2:]))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        signature = call_signature(type(self.layer))
        given = {"training": training} if signature.takes_training else {}
        batch, steps = inputs.shape[:2]
        if mask is not None and tuple(mask.shape[:2]) != (batch, steps):
            raise invalid(f"{self.path}.mask", f"of shape {(batch, steps)}, as the inputs begin", mask)
        mask = mask if "mask" in signature.mask_of else None
        if not self._by_samples():
            masks = [None if mask is None else mask[:, step] for step in range(steps)]
            each = [
                self.layer(inputs[:, step], **(given if m is None else {**given, "mask": m}))
                for step, m in enumerate(masks)
            ]
            return engine.tree.map(lambda *outputs: ops.stack(outputs, axis=1), *each)
        if mask is not None:
            given["mask"] = ops.reshape(mask, (batch * steps, *mask.shape[2:]))
        outputs = self.layer(ops.reshape(inputs, (batch * steps, *inputs.shape[2:])), **given)
        return engine.tree.map(lambda x: ops.reshape(x, (batch, steps, *x.shape[1:])), outputs)

    def _by_samples(self) -> bool:
        """Whether the layer treats each sample by itself, as ours do that keep nothing from one call to the next."""
        kept = any(not variable.trainable for variable in variables_of(self.layer, skip=(SeedGenerator,)))
        return not kept and all(in_library(type(layer)) for layer in self.layer._flatten_layers())


class SpectralNormalization(Wrapper):
    """Divide a layer's kernel by its largest singular value, at each step of training.

        W ← W / σ(W), with σ found by power iteration on a vector that is kept

    Args:
        layer: a layer with a `kernel` or `embeddings`.
        power_iterations: how many iterations each step makes.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> layer = tsuno.layers.SpectralNormalization(tsuno.layers.Dense(4))
        >>> layer(np.ones((2, 3), "float32"), training=True).shape
        (2, 4)

    Source: T. Miyato et al., *Spectral Normalization for Generative Adversarial Networks*, 2018.
    """

    def __init__(self, layer: Any, power_iterations: PositiveInt = 1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = power_iterations

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        main = next((name for name in ("kernel", "embeddings") if hasattr(self.layer, name)), None)
        if main is None:
            raise ValueError(
                f"`{self.path}` needs a layer with a kernel or embeddings; {type(self.layer).__name__} has neither."
            )
        self.kernel = getattr(self.layer, main)
        self.vector_u = self.add_weight(
            (1, self.kernel.shape[-1]),
            initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
            dtype=self.kernel.dtype,
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            kernel = self.kernel.value
            weights = ops.reshape(kernel, (-1, kernel.shape[-1]))
            u = self.vector_u.value
            for _ in range(self.power_iterations):
                v = _unit(ops.matmul(u, ops.transpose(weights)))
                u = _unit(ops.matmul(v, weights))
            u, v = ops.stop_gradient(u), ops.stop_gradient(v)
            largest = ops.matmul(ops.matmul(v, weights), ops.transpose(u))
            zero = ops.all(ops.equal(kernel, 0))
            self.vector_u.assign(ops.where(zero, self.vector_u.value, u))
            self.kernel.assign(ops.where(zero, kernel, kernel / ops.where(zero, 1.0, ops.reshape(largest, ()))))
        return ops.cast(self.layer(inputs), inputs.dtype)


def _unit(x: Any) -> Any:
    """`x` scaled to norm 1."""
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x)), 1e-12))
