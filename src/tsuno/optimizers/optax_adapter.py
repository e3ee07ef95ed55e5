"""Any optax transformation as an optimizer; optax itself is not needed here, only what it made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Unpack

from tsuno import engine, ops
from tsuno.core import registry
from tsuno.core.context import scope
from tsuno.core.errors import invalid
from tsuno.core.variable import Variable, slots
from tsuno.optimizers.base import Optimizer, OptimizerOptions


def is_transformation(x: Any) -> bool:
    """Whether `x` is what optax calls a GradientTransformation: it has `init` and `update`."""
    return not isinstance(x, (type, Optimizer)) and all(callable(getattr(x, name, None)) for name in ("init", "update"))


class Optax(Optimizer):
    """Moves the weights by an optax transformation: w ← w + α u, with its update u.

    The transformation sees a dict of weights by path. Its state is kept in ordinary variables, so it is saved,
    restored and placed as that of any optimizer. `compile` and `optimizers.get` also take a transformation itself.

    Args:
        transformation: an `optax.GradientTransformation`; or a function of no arguments that makes one, which can be
            saved if it is registered with `saving.register_keras_serializable`.
        learning_rate: α, a factor on the updates, which are complete without it: a number, a schedule, or a function.
        **kwargs: the arguments of every optimizer, see `Optimizer`.

    Example:
        >>> import optax
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> tsuno.optimizers.Optax(optax.sgd(0.1)).apply([np.array([1.0, -1.0], "float32")], [w])
        >>> w.numpy()
        array([0.9, 2.1], dtype=float32)

    Source: DeepMind, *The DeepMind JAX Ecosystem*, 2020.
    """

    _config_module = "tsuno.optimizers"
    _untracked = Optimizer._untracked | {"transformation", "_law"}

    def __init__(self, transformation: Any, learning_rate: Any = 1.0, **kwargs: Unpack[OptimizerOptions]) -> None:
        made = transformation() if callable(transformation) and not isinstance(transformation, type) else transformation
        if not is_transformation(made):
            fix = "A transformation is not saved: give a registered function that makes it." if made is None else ""
            expected = "an optax transformation or a function that makes one"
            raise invalid("Optax.transformation", expected, transformation, fix, kind=TypeError)
        super().__init__(learning_rate, **kwargs)
        self.transformation, self._law = transformation, made
        self._arguments.pop("transformation", None)  # no plain data

    def build_shared(self, variables: Sequence[Variable]) -> None:
        moved = [variable for variable in variables if not variable.overwrite_with_gradient]
        self._paths = {id(variable): path for path, variable in slots(moved).items()}
        with engine.eager(), scope(bindings=None, compute_dtype=None):
            state = self._law.init(self._by_path([v.value for v in variables], variables))
        leaves, self._structure = engine.tree.flatten_with_path(state)
        self._state = [self._variable(path, leaf) for path, leaf in leaves]

    def _variable(self, path: Sequence[Any], first: Any) -> Variable:
        name = "_".join(re.findall(r"\w+", "".join(map(str, path))))
        if str(getattr(first, "dtype", "")).startswith("key"):
            raise TypeError(f"The optax state {name!r} is a random key, which no file can hold: leave that part out.")
        first = engine.asarray(first)
        return self.add_variable(first.shape, lambda shape, dtype: first, first.dtype, name=name or "state")

    def _by_path(self, values: Sequence[Any], variables: Sequence[Variable]) -> dict[str, Any]:
        return {self._paths[id(v)]: x for x, v in zip(values, variables, strict=True) if id(v) in self._paths}

    def update_all(self, grads: Sequence[Any], variables: Sequence[Variable], learning_rate: Any) -> None:
        weights = self._by_path([v.value for v in self._trainable_variables], self._trainable_variables)
        gradients = self._by_path([ops.cast(g, v.dtype) for g, v in zip(grads, variables, strict=True)], variables)
        # A weight without a gradient stays; the transformation still wants to see all of them.
        full = {path: gradients.get(path, ops.zeros_like(weight)) for path, weight in weights.items()}
        state = engine.tree.unflatten(self._structure, [variable.value for variable in self._state])
        updates, state = self._law.update(full, state, weights)
        for variable, value in zip(self._state, engine.tree.leaves(state), strict=True):
            variable.assign(value)
        for variable in variables:
            update = updates[self._paths[id(variable)]]
            variable.assign(variable.value + ops.cast(learning_rate, update.dtype) * update)

    def get_config(self) -> dict[str, Any]:
        maker = None if self.transformation is self._law else self.transformation
        return {**super().get_config(), "transformation": registry.serialize(maker)}
