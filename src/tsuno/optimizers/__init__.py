"""Optimizers: how a gradient moves the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno.core import lookup, registry
from tsuno.core.errors import invalid
from tsuno.optimizers import legacy as legacy
from tsuno.optimizers import schedules as schedules
from tsuno.optimizers.adadelta import Adadelta as Adadelta
from tsuno.optimizers.adafactor import Adafactor as Adafactor
from tsuno.optimizers.adagrad import Adagrad as Adagrad
from tsuno.optimizers.adam import Adam as Adam
from tsuno.optimizers.adam import AdamW as AdamW
from tsuno.optimizers.adamax import Adamax as Adamax
from tsuno.optimizers.base import Optimizer as Optimizer
from tsuno.optimizers.ftrl import Ftrl as Ftrl
from tsuno.optimizers.lamb import Lamb as Lamb
from tsuno.optimizers.lion import Lion as Lion
from tsuno.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer
from tsuno.optimizers.multi import MultiOptimizer as MultiOptimizer
from tsuno.optimizers.multi import OptimizerMap as OptimizerMap
from tsuno.optimizers.muon import Muon as Muon
from tsuno.optimizers.nadam import Nadam as Nadam
from tsuno.optimizers.optax_adapter import Optax as Optax
from tsuno.optimizers.optax_adapter import is_transformation
from tsuno.optimizers.rmsprop import RMSprop as RMSprop
from tsuno.optimizers.schedule_free import ScheduleFreeAdamW as ScheduleFreeAdamW
from tsuno.optimizers.sgd import SGD as SGD

_ALONE = (
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, Muon, Nadam, RMSprop, ScheduleFreeAdamW, SGD,
)  # fmt: skip
_NAMES: dict[str, type[Optimizer]] = {cls.__name__.lower(): cls for cls in _ALONE}
_CLASSES: dict[str, type] = _NAMES | {
    cls.__name__.lower(): cls for cls in (LossScaleOptimizer, MultiOptimizer, Optax, OptimizerMap)
}


def get(identifier: Any) -> Any:
    """The optimizer with a name or config, or the one that was passed; the case of a name does not matter.

    An optax transformation becomes an optimizer.

    Example:
        >>> tsuno.optimizers.get("adam")
        Adam()
    """
    if isinstance(identifier, str):
        return lookup.lookup("optimizer", _spelled(identifier), _NAMES)
    found = deserialize(identifier) if isinstance(identifier, Mapping) else identifier
    found = found() if isinstance(found, type) else found
    found = Optax(found) if is_transformation(found) else found
    if found is not None and not isinstance(found, Optimizer):
        raise invalid("optimizer", "a name, a config or an Optimizer", identifier, kind=TypeError)
    return found


def serialize(optimizer: Optimizer) -> Any:
    """An optimizer as plain data, without its state.

    Example:
        >>> tsuno.optimizers.serialize(tsuno.optimizers.SGD(momentum=0.5))["config"]["momentum"]
        0.5
    """
    return registry.serialize(optimizer)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The optimizer described by plain data.

    Example:
        >>> tsuno.optimizers.deserialize({"class_name": "sgd", "config": {"momentum": 0.5}})
        SGD(momentum=0.5)
    """
    name = _spelled(config.get("class_name"), custom_objects)
    known = _CLASSES.get(name)
    return registry.deserialize({**config, "class_name": known.__name__ if known else name}, custom_objects)


def _spelled(name: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A name as the table has it, unless it is that of something registered."""
    known = isinstance(name, str) and registry.get_registered_object(name, custom_objects) is None
    return name.lower() if known and name.lower() in _CLASSES else name
