"""`tf.GradientTape` and `tf.function`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core import seeds, tree
from tsuno.core.context import context, scope
from tsuno.core.dtypes import is_float
from tsuno.core.errors import is_asking
from tsuno.core.functions import jit, value_and_grad
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Holder, variables_of
from tsuno.core.variable import Variable as Slot
from tsuno.legacy import symbolic
from tsuno.legacy.notices import say
from tsuno.legacy.tensorflow import modes


class GradientTape:
    """A block whose calls are kept, so that gradients can be taken of what they computed.

    Args:
        persistent: whether gradients may be taken more than once.
        watch_accessed_variables: accepted for compatibility; gradients can be taken by any variable.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._entries: list[modes.Entry] = []
        self._recording: Any = None

    def __enter__(self) -> GradientTape:
        modes.begin(anywhere=True)
        if modes.graph_mode():
            return self
        recording = modes.at_once()
        if recording is None:
            raise RuntimeError("A `GradientTape` cannot listen inside a layer's `call` or a compiled loss.")
        self._recording = recording
        recording.tapes.append(self)
        return self

    def __exit__(self, *error: Any) -> None:
        if self._recording is not None:
            self._recording.tapes.remove(self)

    def keep(self, entry: modes.Entry) -> None:
        """Keep a call."""
        self._entries.append(entry)

    def watch(self, tensor: Any) -> None:
        """Accepted for compatibility: gradients can be taken by any tensor that `tf` made."""
        for leaf in tree.flatten(tensor):
            if not isinstance(leaf, (KerasTensor, Slot)):
                raise TypeError(f"`watch` takes tensors; got {leaf!r}. Make one of it with `tf.constant`.")

    def reset(self) -> None:
        """Forget what was kept."""
        self._entries.clear()

    def stop_recording(self) -> Any:
        """A block whose calls are not kept."""
        return scope(recording=modes.AtOnce())

    def watched_variables(self) -> tuple[Any, ...]:
        """The trainable variables of the calls kept."""
        return tuple(variable for variable in _held(self._entries) if variable.trainable)

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = "none"
    ) -> Any:
        """The gradients of the sum of `target` by variables or tensors, in the structure of `sources`.

        Args:
            target: what was computed.
            sources: variables, or tensors that it was computed from.
            output_gradients: what each element of `target` counts for; 1 by default.
            unconnected_gradients: `"none"` or `"zero"`: what is said of sources that do not matter.
        """
        by = tree.flatten(sources)
        if symbolic.is_drawn(target):
            found = symbolic.gradients(target, by)
        else:
            found = self._gradients(tree.flatten(target), by, output_gradients)
        zero = str(getattr(unconnected_gradients, "value", unconnected_gradients)) == "zero"
        shown = iter(ops.zeros(x.shape, x.dtype) if g is None and zero else g for g, x in zip(found, by, strict=True))
        return modes.given_out(tree.map_structure(lambda x: next(shown), sources))

    def _gradients(self, targets: Sequence[Any], sources: Sequence[Any], weights: Any) -> list[Any]:
        entries, reached = self._needed(targets)
        used = [x for x in sources if id(x) in reached and is_float(str(x.dtype))]
        if not used:
            return [None] * len(sources)
        outside = _from_outside(entries, used, targets)
        counts = None if weights is None else [modes.value_of(count) for count in tree.flatten(weights)]

        def compute(values: Sequence[Any], held: Sequence[Slot]) -> list[Any]:
            given = {id(x): value for x, value in zip(outside, values, strict=True)}
            moved = {id(x): x if isinstance(x, Slot) else Slot(np.zeros(x.shape, x.dtype)) for x in used}

            def total() -> Any:
                known = {key: value + moved[key].value if key in moved else value for key, value in given.items()}
                fixed = {id(x) for x in used}

                def value(x: Any) -> Any:
                    return known.get(id(x), x.value) if isinstance(x, modes.Tensor) else x

                for entry in entries:
                    for tensor, array in zip(tree.flatten(entry.outputs), entry.again(value), strict=True):
                        if id(tensor) not in fixed:
                            known[id(tensor)] = array
                results = [value(x) if isinstance(x, modes.Tensor) else x.value for x in targets]
                if counts is not None:
                    results = [r * ops.cast(count, r.dtype) for r, count in zip(results, counts, strict=True)]
                return functools.reduce(lambda a, b: a + b, [ops.sum(each) for each in results])

            with scope(losses=[]):
                grads: list[Any] = value_and_grad(total, [moved[id(x)] for x in used])()[1]
            return grads

        recording = modes.at_once()
        if recording is not None and recording.tapes:  # for gradients of gradients
            grads = recording.run(compute, (outside, _held(entries)), {})
        else:
            with scope(recording=None):
                grads = compute([x.value for x in outside], ())
        found = dict(zip(map(id, used), grads, strict=True))
        return [found.get(id(x)) for x in sources]

    def _needed(self, targets: Sequence[Any]) -> tuple[list[modes.Entry], set[int]]:
        """The calls that targets depend on, in order; and all that these were given, and the targets."""
        reached, entries = {id(x) for x in targets}, []
        for entry in reversed(self._entries):
            if any(id(x) in reached for x in tree.flatten(entry.outputs)):
                entries.append(entry)
                reached |= {
                    id(x) for x in tree.flatten((entry.args, entry.kwargs)) if isinstance(x, (KerasTensor, Slot))
                }
                owner = getattr(entry.function, "__self__", None)
                reached |= {id(v) for v in variables_of([owner, entry.args, entry.kwargs])}
        return entries[::-1], reached

    def jacobian(self, target: Any, sources: Any, **options: Any) -> Any:
        """The derivatives of each element of `target`, one row for each."""
        size = int(np.prod(target.shape))
        rows = []
        for place in range(size):
            weights = np.zeros(size, "float32")
            weights[place] = 1
            rows.append(tree.flatten(self.gradient(target, sources, weights.reshape(target.shape))))
        shown = iter(
            None if column[0] is None else ops.reshape(ops.stack(list(column)), (*target.shape, *column[0].shape))
            for column in zip(*rows, strict=True)
        )
        return modes.given_out(tree.map_structure(lambda x: next(shown), sources))


def _held(entries: Sequence[modes.Entry]) -> list[Slot]:
    """The variables that calls read."""
    return variables_of([[entry.args, entry.kwargs, getattr(entry.function, "__self__", ())] for entry in entries])


def _from_outside(entries: Sequence[modes.Entry], used: Sequence[Any], targets: Sequence[Any]) -> list[modes.Tensor]:
    """The tensors that calls were given and did not make, and those by which gradients are taken."""
    made: set[int] = set()
    found = {id(x): x for x in used if isinstance(x, modes.Tensor)}
    for entry in entries:
        for x in tree.flatten((entry.args, entry.kwargs)):
            if isinstance(x, modes.Tensor) and id(x) not in made:
                found.setdefault(id(x), x)
        made |= {id(x) for x in tree.flatten(entry.outputs)}
    return [*found.values(), *(x for x in targets if isinstance(x, modes.Tensor) and id(x) not in made | set(found))]


class Compiled:
    """A function as a compiled program, one for each signature of what it is called with.

    Args:
        function: the function.

    What it refers to by name is found: variables, models, optimizers, metrics, in the places where functions look names
    up. Where a Python `if` or loop asks for a tensor's value, it runs step by step instead.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.python_function = function
        self._programs: dict[Any, Callable[..., Any]] = {}
        self._step_by_step = False

    def __get__(self, owner: Any, cls: Any = None) -> Any:
        if owner is None:
            return self
        own = owner.__dict__.setdefault("_compiled_functions", {})
        name = self.python_function.__name__
        return own.setdefault(name, Compiled(functools.partial(self.python_function, owner)))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        modes.begin()
        if self._step_by_step or not isinstance(context.recording, modes.AtOnce) or context.recording.tapes:
            return self.python_function(*args, **kwargs)
        leaves = tree.flatten((args, kwargs))
        places = [place for place, leaf in enumerate(leaves) if _is_values(leaf)]
        key = tuple("values" if _is_values(leaf) else _identity(leaf) for leaf in leaves)
        key = (tree.pack_sequence_as((len(args), *sorted(kwargs)), (len(args), *sorted(kwargs))), key)
        if key not in self._programs:
            self._programs[key] = self._program(args, kwargs, leaves, places)
        try:
            return modes.given_out(self._programs[key]([engine.asarray(modes.value_of(leaves[p])) for p in places]))
        except Exception as problem:
            if not is_asking(problem):
                raise
            say(
                f"`{getattr(self.python_function, '__name__', 'function')}` asks for a tensor's value in a Python `if` "
                "or loop, so it is not compiled; `tf.where`, `tf.cond` or `tf.while_loop` would be.",
                once_for=f"function.{id(self)}",
            )
            self._step_by_step = True
            return self.python_function(*args, **kwargs)

    def _program(self, args: Any, kwargs: Any, leaves: list[Any], places: list[int]) -> Callable[..., Any]:
        held = holders_of(self.python_function, (args, kwargs))

        def run(arrays: list[Any]) -> Any:
            filled = list(leaves)
            with modes.traced():
                for place, array in zip(places, arrays, strict=True):
                    filled[place] = modes.Tensor(array)
                inner_args, inner_kwargs = tree.pack_sequence_as((args, kwargs), filled)
                result = self.python_function(*inner_args, **inner_kwargs)
            return tree.map_structure(lambda x: x.value if isinstance(x, (modes.Tensor, Slot)) else x, result)

        program = jit(run, held)

        def call(arrays: list[Any]) -> Any:
            with scope(recording=None):
                return program(arrays)

        return call

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Any:
        """The function."""
        return self


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: Any = None,
    reduce_retracing: bool = False,
    experimental_relax_shapes: Any = None,
    experimental_compile: Any = None,
) -> Any:
    """A function as a compiled program.

    Args:
        func: the function; without it, what makes a program of one.
        input_signature: accepted for compatibility.
        autograph: accepted for compatibility; Python's `if` and loops are not compiled.
        jit_compile: accepted for compatibility; all are.
        reduce_retracing: accepted for compatibility.
        experimental_relax_shapes: accepted for compatibility.
        experimental_compile: accepted for compatibility.
    """
    return Compiled if func is None else Compiled(func)


def holders_of(function: Callable[..., Any], given: Any) -> list[Any]:
    """What a function may read or assign: variables and what holds them, found where it looks its names up."""
    found: dict[int, Any] = {id(generator): generator for generator in [seeds.global_generator()]}
    seen: set[int] = set()

    def visit(x: Any, depth: int = 0) -> None:
        if id(x) in seen or depth > 8:
            return
        seen.add(id(x))
        if isinstance(x, (Slot, Holder)):
            found[id(x)] = x
        elif isinstance(x, functools.partial):
            visit(x.func, depth + 1)
            for each in (*x.args, *x.keywords.values()):
                visit(each, depth + 1)
        elif isinstance(x, MethodType):
            visit(x.__self__, depth + 1)
            visit(x.__func__, depth + 1)
        elif isinstance(x, Compiled):
            visit(x.python_function, depth + 1)
        elif isinstance(x, FunctionType):
            if (x.__module__ or "").partition(".")[0] != "tsuno":
                inner = inspect.getclosurevars(x)
                for each in (*inner.nonlocals.values(), *inner.globals.values()):
                    visit(each, depth + 1)
        elif isinstance(x, (list, tuple, set)):
            for each in x:
                visit(each, depth + 1)
        elif isinstance(x, dict):
            for each in x.values():
                visit(each, depth + 1)
        elif hasattr(x, "__dict__") and not isinstance(x, (type, ModuleType)) and _is_users(type(x)):
            visit(vars(x), depth + 1)

    visit(function)
    visit(given)
    return list(found.values())


def _is_users(cls: type) -> bool:
    return cls.__module__.partition(".")[0] not in ("tsuno", "numpy", "jax", "jaxlib", "builtins")


def _is_values(x: Any) -> bool:
    return isinstance(x, (modes.Tensor, np.ndarray)) or engine.is_array(x)


def _identity(x: Any) -> Any:
    return (type(x), x) if isinstance(x, (bool, int, float, str, type(None))) else id(x)
