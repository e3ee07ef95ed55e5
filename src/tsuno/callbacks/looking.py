"""Callbacks that look into the compiled step, or change what goes into it.

A callback with `observe` is asked for a block around the step while the step is traced; what the block puts into its
dict comes out of the device with the logs, and goes to `observed`. A callback with `transform` gives a function of a
batch's inputs and targets that becomes a part of the step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsuno import ops
from tsuno.callbacks.base import Callback
from tsuno.core.context import context, scope
from tsuno.core.errors import invalid
from tsuno.core.variable import Holder
from tsuno.engine import xp


class GradientNorms:
    """The norms √Σg² of the gradients of weights, by path, as means over the steps since `clear`."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._sums: dict[str, float] = {}
        self._steps = 0

    @contextmanager
    def observe(self) -> Iterator[dict[str, Any]]:
        """A block around a step; yields what is known of the gradients at its end."""
        seen: dict[str, Any] = {}

        def note(gradients: Any, weights: Any) -> None:
            for gradient, weight in zip(gradients, weights, strict=True):
                if gradient is not None:
                    seen[weight.path] = norm(exact(gradient))

        with scope(observers=(*context.observers, note)):
            yield seen

    def add(self, values: Mapping[str, Any]) -> None:
        """Take in what was seen of some steps: by path of the weight, a number per step."""
        for path, norms in values.items():
            self._sums[path] = self._sums.get(path, 0.0) + float(np.sum(norms, dtype=np.float64))
        self._steps += max(map(len, values.values()), default=0)

    def means(self) -> dict[str, float]:
        """The mean norm by path."""
        return {path: total / self._steps for path, total in self._sums.items()}


def norm(array: Any) -> Any:
    """√Σw²."""
    return xp.sqrt(xp.sum(array * array))


def exact(array: Any) -> Any:
    """An array in a dtype in which sums of squares do not overflow soon."""
    return array.astype(xp.promote_types(array.dtype, xp.float32))


class DetectAnomaly(Callback):
    """Stops training at the first number that is not finite, and says where it appeared.

    Looks at the batch, at what every layer gives, at the loss, at every gradient and every new weight, in the order in
    which they are computed. Costs a pass over all of them: for finding an error, not for every day.

    Raises:
        FloatingPointError: NaN or infinity has appeared; the message names the layer or weight, the step and the epoch.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1), tsuno.layers.Lambda(tsuno.ops.log)])
        >>> model.compile("sgd", "mse")
        >>> try:
        ...     model.fit(-np.ones((4, 1)), np.ones((4, 1)), verbose=0, callbacks=[tsuno.callbacks.DetectAnomaly()])
        ... except FloatingPointError as problem:
        ...     print(str(problem).partition(" (Lambda)")[0])  # doctest: +ELLIPSIS
        In step 1 of epoch 1 a number that is not finite appeared first in the output of `.../lambda...`
    """

    @contextmanager
    def observe(self) -> Iterator[dict[str, Any]]:
        """Gather whether each result of the step is finite."""
        found: dict[str, Any] = {}
        with scope(probes=[]):
            yield found
            probes = context.probes or []
            self._places = [name for name, _ in probes]
            found["finite"] = ops.stack([finite for _, finite in probes])

    def observed(self, epoch: int, step: int, values: Mapping[str, Any]) -> None:
        """Look at some steps of an epoch, of which `step` is the first."""
        bad = np.argwhere(~np.asarray(values["finite"]))
        if len(bad):
            turn, place = bad[0]
            raise FloatingPointError(
                f"In step {step + turn + 1} of epoch {epoch + 1} a number that is not finite appeared first in "
                f"{self._places[place]}. Look at what goes into it: a logarithm or root of something negative, a "
                "division by zero, an exponential of something large, or a learning rate that is too high."
            )


class BatchTransform(Callback):
    """Passes each batch of training through a layer first, such as `MixUp` or `CutMix`, within the compiled step.

    Args:
        layer: a layer. One for images gets `{"images": x, "labels": y}` and may change both; another one gets `x`.

    Validation, evaluation and prediction see the data as they are, and the model stays free of it.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((4, 4, 3)), tsuno.layers.Flatten(), tsuno.layers.Dense(2)])
        >>> model.compile("sgd", "mse")
        >>> mix = tsuno.callbacks.BatchTransform(tsuno.layers.MixUp(alpha=0.4, seed=1))
        >>> history = model.fit(np.ones((8, 4, 4, 3)), np.eye(2)[[0, 1] * 4], verbose=0, callbacks=[mix])
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        if not callable(layer) or isinstance(layer, type):
            raise invalid("BatchTransform.layer", "a layer", layer)
        self.layer = layer

    @property
    def transform(self) -> Any:
        """The layer as a function of inputs and targets."""
        return _Transform(self.layer)


class _Transform(Holder):
    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def __call__(self, x: Any, y: Any) -> tuple[Any, Any]:
        with scope(training=True):
            if y is None or not hasattr(self.layer, "transform_images"):
                return self.layer(x), y
            changed = self.layer({"images": x, "labels": y})
            return changed["images"], changed["labels"]
