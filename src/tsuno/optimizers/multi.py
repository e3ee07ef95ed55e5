"""Several optimizers for one model: each weight has its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from tsuno.core import registry
from tsuno.core.config import Configurable
from tsuno.core.errors import invalid
from tsuno.core.variable import Variable
from tsuno.optimizers.base import Optimizer
from tsuno.optimizers.loss_scale import LossScaleOptimizer


class OptimizerMap(Configurable, MutableMapping[str, Optimizer]):
    """Optimizers by the path of the weight.

    A key is a path, or a pattern that must match the whole path, such as `"encoder/.*"`. The path itself wins over
    patterns.

    Args:
        default_optimizer: the optimizer of weights that no key matches.
        optimizer_map: a dict of the other optimizers.

    Raises:
        ValueError: two patterns match a path, or a key is given twice.

    Example:
        >>> adam, sgd = tsuno.optimizers.Adam(), tsuno.optimizers.SGD()
        >>> table = tsuno.optimizers.OptimizerMap(adam, {"head/.*": sgd})
        >>> table["head/kernel"], table["body/kernel"]
        (SGD(), Adam())
    """

    def __init__(self, default_optimizer: Any, optimizer_map: Mapping[str, Any] | None = None) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise invalid("OptimizerMap.default_optimizer", "an Optimizer", default_optimizer, kind=TypeError)
        if not isinstance(optimizer_map, (Mapping, type(None))):
            raise invalid("OptimizerMap.optimizer_map", "a dict", optimizer_map, kind=TypeError)
        self._default_optimizer = default_optimizer
        self.optimizer_map: dict[str, Any] = dict(optimizer_map or {})

    @property
    def default_optimizer(self) -> Any:
        """The optimizer of weights that no key matches."""
        return self._default_optimizer

    def __call__(self, variable: Variable) -> Any:
        """The optimizer of a weight."""
        return self[variable.path]

    def __getitem__(self, key: str) -> Any:
        if key in self.optimizer_map:
            return self.optimizer_map[key]
        found = [pattern for pattern in self.optimizer_map if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ValueError(f"{key!r} is matched by two patterns, {found[0]!r} and {found[1]!r}; one must.")
        return self.optimizer_map[found[0]] if found else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Any) -> None:
        if not isinstance(key, str):
            raise invalid("OptimizerMap key", "a path or a pattern", key)
        if key in self.optimizer_map:
            raise ValueError(f"OptimizerMap has the key {key!r} already; delete it first.")
        self.optimizer_map[key] = _plain(optimizer, f"OptimizerMap[{key!r}]")

    def __delitem__(self, key: str) -> None:
        del self.optimizer_map[key]

    def __len__(self) -> int:
        return len(self.optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self.optimizer_map)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """A map from what `get_config` returned."""
        with registry.custom_object_scope(custom_objects or {}):
            return super().from_config(config)


class MultiOptimizer(Optimizer):
    """Moves each weight with the optimizer that is chosen for it.

    It has no learning rate: those in `optimizers` have theirs.

    Args:
        optimizer_map: an `OptimizerMap`, or a function from a weight to its optimizer.
        loss_scale_factor: a factor put on the loss and taken off the gradients, in place of those of the optimizers.
        name: a name for the variables' paths.

    Example:
        >>> head, body = tsuno.Variable([1.0], name="head"), tsuno.Variable([1.0], name="body")
        >>> sgd, frozen = tsuno.optimizers.SGD(0.5), tsuno.optimizers.SGD(0.0)
        >>> both = tsuno.optimizers.MultiOptimizer(lambda weight: sgd if weight is head else frozen)
        >>> both.apply([np.array([1.0], "float32"), np.array([1.0], "float32")], [head, body])
        >>> head.numpy(), body.numpy()
        (array([0.5], dtype=float32), array([1.], dtype=float32))
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Variable], Any],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        if not callable(optimizer_map):
            expected = "an OptimizerMap or a function from a weight to its optimizer"
            raise invalid("MultiOptimizer.optimizer_map", expected, optimizer_map, kind=TypeError)
        self._optimizers: list[Optimizer] = []
        super().__init__(0.0, name=name)
        self._optimizer_map = optimizer_map
        self._chosen: dict[int, Optimizer] = {}
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._include(optimizer)
        self.loss_scale_factor = loss_scale_factor

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers at work, each once."""
        return self._optimizers

    def _include(self, optimizer: Any) -> Optimizer:
        if all(optimizer is not known for known in self._optimizers):
            self._optimizers.append(_plain(optimizer, "MultiOptimizer.optimizer_map(weight)"))
            optimizer.loss_scale_factor = self._loss_scale_factor
        return optimizer

    @property
    def loss_scale_factor(self) -> float | None:
        """The factor on the loss, the same for all optimizers."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self._loss_scale_factor = value
        for optimizer in self._optimizers:
            optimizer.loss_scale_factor = value

    @property
    def learning_rate(self) -> Any:
        """Not there: each of `optimizers` has its own."""
        raise AttributeError("A MultiOptimizer has no learning rate; those in its `optimizers` have.")

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError("A MultiOptimizer has no learning rate to set; set those of its `optimizers`.")

    def build(self, variables: Sequence[Variable] = (), var_list: Sequence[Variable] | None = None) -> None:
        """Choose an optimizer for each of these weights, and build all for theirs."""
        if self.built:
            return
        variables = self._remember(variables if var_list is None else var_list)
        self._chosen = {id(variable): self._include(self._optimizer_map(variable)) for variable in variables}
        self.use_ema = any(optimizer.use_ema for optimizer in self.optimizers)
        for optimizer, share in self._shares(variables):
            optimizer.build(share)

    def _shares(self, variables: Sequence[Variable]) -> Iterator[tuple[Optimizer, list[Variable]]]:
        for optimizer in self.optimizers:
            share = [variable for variable in variables if self._chosen[id(variable)] is optimizer]
            if share:
                yield optimizer, share

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """One step of all optimizers, each for its own weights."""
        if not len(grads):
            return
        weights = self._weights(grads, trainable_variables)
        gradients = dict(zip(map(id, weights), grads, strict=True))
        for optimizer, share in self._shares(weights):
            optimizer.apply([gradients[id(weight)] for weight in share], share)
        self._iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Set weights to their moving averages, where an optimizer keeps such."""
        for optimizer, share in self._shares(var_list):
            optimizer.finalize_variable_values(share)

    def get_config(self) -> dict[str, Any]:
        chooser: Any = registry.serialize(self._optimizer_map)
        if isinstance(self._optimizer_map, OptimizerMap):  # a mapping, but an object in files
            module = registry.public_module(OptimizerMap)
            config = registry.serialize(self._optimizer_map.get_config())
            chooser = {"module": module, "class_name": "OptimizerMap", "config": config, "registered_name": None}
        return {"optimizer_map": chooser, "loss_scale_factor": self.loss_scale_factor, "name": self.name}


def _plain(optimizer: Any, where: str) -> Optimizer:
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise invalid(where, "an Optimizer that wraps no other", optimizer)
    return optimizer
