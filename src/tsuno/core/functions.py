"""Functions that read and assign variables, made pure, transformed, and made to act on the variables again.

A gradient, a compiled program and a recomputed forward pass are all transformations of pure functions. `_Purely` is the
one way in and out: within it variables read the values that the transformation gives them; what the function assigns,
adds as a loss or lets a tensor carry as a mask comes out as values, and takes effect around the transformation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import context, get_mask, scope, set_mask
from tsuno.core.dtypes import is_float
from tsuno.core.errors import describe, invalid
from tsuno.core.variable import Variable, bound, slots, variables_of
from tsuno.engine import xp


class _Purely:
    """A function of variables as a pure function of their values.

    Args:
        function: the function.
        variables: those that it reads the given values of.
    """

    def __init__(self, function: Callable[..., Any], variables: Sequence[Variable] = ()) -> None:
        self._function, self._variables = function, variables
        self._assigned: dict[int, Variable] = {}
        self._layers: list[Any] = []
        self._probes: list[str] = []

    def __call__(self, values: Sequence[Any], *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """The result, and what else the function did, as arrays."""
        given = {id(variable): value for variable, value in zip(self._variables, values, strict=True)}
        bindings, assigned = {**(context.bindings or {}), **given}, dict[int, Variable]()
        probes: list[tuple[str, Any]] | None = None if context.probes is None else []
        with scope(bindings=bindings, assigned=assigned, losses=[], probes=probes, tap=None):
            result = self._function(*args, **kwargs)
            masks = [get_mask(leaf) for leaf in tree.flatten(result)]
            losses = list(context.losses or ())
        self._assigned = {key: variable for key, variable in assigned.items() if key in bindings}
        self._layers = [layer for layer, _ in losses]
        self._probes = [name for name, _ in probes or ()]
        changed = [bindings[key] for key in self._assigned]
        return result, (masks, changed, [value for _, value in losses], [flag for _, flag in probes or ()])

    def settle(self, result: Any, effects: Any) -> Any:
        """Let the effects take place; returns the result."""
        masks, changed, losses, flags = effects
        for leaf, mask in zip(tree.flatten(result), masks, strict=True):
            if mask is not None:
                set_mask(leaf, mask)
        for variable, value in zip(self._assigned.values(), changed, strict=True):
            if not variable._write(value):
                variable._value = engine.copy(value)  # two variables may have been given the same array
        if context.losses is not None:
            context.losses.extend(zip(self._layers, losses, strict=True))
        if context.probes is not None:
            context.probes.extend(zip(self._probes, flags, strict=True))
        return result


def value_and_grad(
    function: Callable[..., Any], variables: Iterable[Variable] | Any, has_aux: bool = False
) -> Callable[..., tuple[Any, list[Any]]]:
    """A function that computes another one and its gradients by variables.

    Args:
        function: what to differentiate: it reads variables (calls layers, say) and returns a scalar.
        variables: by which: a list of them, or an object that holds them, such as a layer (its trainable ones).
        has_aux: whether the function returns (scalar, anything else).

    Returns:
        A function of the same arguments that returns (result, gradients); the gradients are in the order of the
        variables. What the function assigns to variables, such as the averages of batch normalization, takes effect.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> loss, (gradient,) = tsuno.value_and_grad(lambda x: tsuno.ops.sum(w * w * x), [w])(3.0)
        >>> float(loss), gradient.tolist()
        (15.0, [6.0, 12.0])
    """
    if not callable(function):
        raise invalid("value_and_grad.function", "a function that returns a scalar", function)
    _variables(variables, "value_and_grad")
    return differentiated(function, variables, has_aux)


def differentiated(
    function: Callable[..., Any],
    variables: Iterable[Variable] | Any,
    has_aux: bool,
    by_rows: Callable[[Variable], bool] = lambda _: False,
) -> Callable[..., tuple[Any, list[Any]]]:
    """See `value_and_grad`; the gradients of variables for which `by_rows` holds may be `engine.Rows`."""

    @functools.wraps(function)
    def compute(*args: Any, **kwargs: Any) -> tuple[Any, list[Any]]:
        if not _is_made(variables):  # its weights are made by the first call
            engine.eval_shape(lambda a, k: _Purely(function)((), *a, **k)[1], args, kwargs)
        chosen = _variables(variables, "value_and_grad")
        pure = _Purely(function, chosen)

        def scalar(values: list[Any]) -> tuple[Any, Any]:
            result, effects = pure(values, *args, **kwargs)
            if has_aux and not (isinstance(result, tuple) and len(result) == 2):
                raise ValueError(
                    f"With `has_aux=True` the function given to `value_and_grad` must return (scalar, rest); got "
                    f"{describe(result)}."
                )
            loss = result[0] if has_aux else result
            if getattr(loss, "ndim", None) != 0:
                raise ValueError(
                    f"The function given to `value_and_grad` must return a scalar; got {describe(loss)}. Take its "
                    f"mean or sum{'' if has_aux else ', or pass has_aux=True if it returns more than the loss'}."
                )
            return loss, (result, effects)

        values = [v._stored() for v in chosen]
        tables = [place for place, v in enumerate(chosen) if engine.is_table(v.shape) and by_rows(v)]
        if tables:
            (_, (result, effects)), grads = engine.value_and_row_grad(scalar, values, tables)
        else:
            (_, (result, effects)), grads = engine.value_and_grad(scalar, has_aux=True)(values)
        return pure.settle(result, effects), grads

    return compute


def grad(function: Callable[..., Any], variables: Iterable[Variable] | Any) -> Callable[..., list[Any]]:
    """A function that computes the gradients of another one by variables; see `value_and_grad`.

    Example:
        >>> w = tsuno.Variable([1.0, 2.0])
        >>> [gradient.tolist() for gradient in tsuno.grad(lambda: tsuno.ops.sum(w**2), [w])()]
        [[2.0, 4.0]]
    """
    compute = value_and_grad(function, variables)
    return lambda *args, **kwargs: compute(*args, **kwargs)[1]


def jit(function: Callable[..., Any], state: Any = None) -> Callable[..., Any]:
    """A function as a compiled program.

    Args:
        function: a function of arrays that may read and assign variables.
        state: the objects whose variables it reads or assigns: a model, an optimizer, metrics, or a list of them. What
            else it reads is taken as it is at the first call.

    The first call for arguments of new shapes compiles. Weights and optimizer slots that are not there yet are made
    then.

    Example:
        >>> layer = tsuno.layers.Dense(1, kernel_initializer="ones")
        >>> optimizer = tsuno.optimizers.SGD(0.1)
        >>> def step(x):
        ...     loss, grads = tsuno.value_and_grad(lambda: tsuno.ops.mean(layer(x) ** 2), layer)()
        ...     optimizer.apply(grads, layer.trainable_variables)
        ...     return loss
        >>> layer.build((None, 2))
        >>> step = tsuno.jit(step, [layer, optimizer])
        >>> [round(float(step(np.ones((4, 2), "float32"))), 3) for _ in range(3)]
        [4.0, 0.64, 0.102]
    """
    if not callable(function):
        raise invalid("jit.function", "a function", function)
    program: list[Any] = []

    def run(values: Mapping[str, Any], args: Any, kwargs: Any) -> tuple[Any, Any]:
        with bound(state, values) as after, scope(losses=[]):
            return function(*args, **kwargs), after()

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not program:
            engine.eval_shape(lambda a, k: run({}, a, k), args, kwargs)  # makes what is not there yet
            program.append(engine.compile(run, gradient=True, donate_argnums=0))
        table = slots(state)
        result, after = program[0]({path: variable._stored() for path, variable in table.items()}, args, kwargs)
        for path, value in after.items():
            if not table[path]._write(value):
                table[path]._value = value
        return result

    return call


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose inner results are computed again for its gradient instead of being kept: less memory, more time.

    Args:
        f: a function of arrays, or a layer.

    Example:
        >>> layer = tsuno.layers.Dense(4, activation="gelu")
        >>> y = tsuno.remat(layer)(np.ones((2, 3), "float32"))
        >>> y.shape
        (2, 4)

    Source: T. Chen, B. Xu, C. Zhang and C. Guestrin, *Training Deep Nets with Sublinear Memory Cost*, 2016.
    """
    if not callable(f):
        raise invalid("remat.f", "a function or a layer", f)

    def call(*args: Any, **kwargs: Any) -> Any:
        if context.recomputing:
            return f(*args, **kwargs)
        pure = _Purely(f)
        leaves, structure = engine.tree.flatten((args, kwargs))
        masks = [get_mask(leaf) for leaf in leaves]
        given = [place for place, leaf in enumerate(leaves) if engine.is_array(leaf)]

        def recomputed(arrays: list[Any]) -> Any:
            filled = list(leaves)
            for place, array in zip(given, arrays, strict=True):
                filled[place] = array
                set_mask(array, masks[place])
            inner_args, inner_kwargs = engine.tree.unflatten(structure, filled)
            with scope(recomputing=True):
                return pure((), *inner_args, **inner_kwargs)

        return pure.settle(*engine.remat(recomputed)([leaves[place] for place in given]))

    return functools.wraps(f)(call) if hasattr(f, "__name__") else call


def probe(name: str, values: Any) -> None:
    """Say whether values are finite, where somebody asks; see `context.probes`."""
    if context.probes is None:
        return
    floats = [leaf for leaf in tree.flatten(values) if hasattr(leaf, "dtype") and is_float(leaf.dtype)]
    if floats:
        finite = [xp.all(xp.isfinite(leaf)) for leaf in floats]
        context.probes.append((name, functools.reduce(xp.logical_and, finite)))


def _is_made(holder: Any) -> bool:
    """Whether a layer and those in it have their weights; a model has none but theirs."""
    layers: Any = getattr(holder, "_flatten_layers", None)
    return layers is None or all(layer.built for layer in layers() if not hasattr(layer, "graph"))


def _variables(given: Any, where: str) -> list[Variable]:
    """A list of variables, from one or from what holds them."""
    trainable = getattr(given, "trainable_variables", None)
    if trainable is not None:
        return list(trainable)
    found = [given] if isinstance(given, Variable) else list(given) if isinstance(given, Iterable) else None
    if found is None or not all(isinstance(each, Variable) for each in found):
        raise invalid(f"{where}.variables", "a list of variables, or a layer that has some", given)
    if not found and variables_of(given):
        return variables_of(given)
    return found


class StatelessScope:
    """A block in which variables have other values, and what is assigned to them is kept apart.

    Args:
        state_mapping: pairs of a variable and its value within the block.
        collect_losses: whether losses that layers add within the block are kept, in `losses`.
        initialize_variables: accepted for compatibility; variables have their values from the start.

    Example:
        >>> v = tsuno.Variable(1.0)
        >>> with tsuno.StatelessScope(state_mapping=[(v, np.float32(5.0))]) as scope:
        ...     v.assign(v + 1.0)
        >>> float(scope.get_current_value(v)), float(v)
        (6.0, 1.0)
    """

    def __init__(
        self,
        state_mapping: Iterable[tuple[Variable, Any]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.state_mapping: dict[int, Any] = {}
        for variable, value in state_mapping or ():
            self.add_update((variable, value))
        self._losses: list[tuple[Any, Any]] = []
        self._scopes: list[Any] = []

    def add_update(self, update: tuple[Variable, Any]) -> None:
        """Give a variable a value within the block."""
        variable, value = update
        if not isinstance(variable, Variable):
            raise invalid("StatelessScope.state_mapping", "pairs of a variable and a value", variable)
        value = engine.asarray(value, str(variable._value.dtype))
        if tuple(value.shape) != variable.shape:
            raise invalid(f"StatelessScope: the value of `{variable.path}`", f"of shape {variable.shape}", value)
        self.state_mapping[id(variable)] = value

    def get_current_value(self, variable: Variable) -> Any:
        """The value that a variable has at the end of the block; None if it was neither given nor assigned one."""
        return self.state_mapping.get(id(variable))

    def add_loss(self, loss: Any) -> None:
        """Keep a loss."""
        self._losses.append((None, loss))

    @property
    def losses(self) -> list[Any]:
        """The losses that were added within the block, if they are collected."""
        return [value for _, value in self._losses]

    def __enter__(self) -> StatelessScope:
        around = context.bindings or {}
        self.state_mapping = {**around, **self.state_mapping}
        changes: dict[str, Any] = {"bindings": self.state_mapping}
        if self.collect_losses:
            changes["losses"] = self._losses
        self._scopes.append(scope(**changes))
        self._scopes[-1].__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._scopes.pop().__exit__(*error)
