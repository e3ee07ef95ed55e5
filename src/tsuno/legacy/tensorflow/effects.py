"""Gradients, Python functions, printing, and operations that are there for what they do."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsuno import engine, ops
from tsuno.core import tree
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.op import Tensor, as_numpy, op, to_array
from tsuno.core.spec import KerasTensor
from tsuno.engine import xp
from tsuno.legacy import symbolic
from tsuno.legacy.tensorflow import arrays, modes
from tsuno.legacy.tensorflow.calls import dtype_here, on_graph
from tsuno.legacy.tensorflow.parts import read

_SEVERAL = (list, builtins.tuple)

# ---------------------------------------------------------------------- gradients


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: Any = None,
    colocate_gradients_with_ops: bool = False,
    gate_gradients: Any = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "none",
) -> list[Any]:
    """The gradients of the sum of `ys` by each of `xs`, in a graph; None for what they do not depend on.

    Args:
        ys: a tensor, or a list of them.
        xs: variables or tensors.
        grad_ys: what each element of `ys` counts for.
        name: accepted for compatibility.
        colocate_gradients_with_ops: accepted for compatibility.
        gate_gradients: accepted for compatibility.
        aggregation_method: accepted for compatibility.
        stop_gradients: accepted for compatibility.
        unconnected_gradients: `"none"` or `"zero"`.
    """
    modes.set_graph_mode(True)
    by = tree.flatten(xs)
    targets = tree.flatten(ys)
    if grad_ys is not None:
        weights = tree.flatten(grad_ys)
        targets = [y if w is None else ops.multiply(y, w) for y, w in zip(targets, weights, strict=True)]
    found = symbolic.gradients(targets, by)
    if str(getattr(unconnected_gradients, "value", unconnected_gradients)) == "zero":
        return [ops.zeros_like(x) if g is None else g for g, x in zip(found, by, strict=True)]
    return found


def hessians(ys: Any, xs: Any, name: Any = None, **options: Any) -> list[Any]:
    """The second derivatives of a number by each of several vectors, in a graph."""
    found = []
    for x in tree.flatten(xs):
        (first,) = gradients(ys, [x])
        size = int(np.prod(x.shape))
        flat = arrays.reshape(first, [size])
        rows = [gradients(flat[place], [x])[0] for place in range(size)]
        found.append(arrays.reshape(arrays.stack(rows), [*x.shape, *x.shape]))
    return found


def stop_gradient(input: Any) -> Any:
    """The same values, constant to whoever differentiates."""
    return ops.stop_gradient(input)


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function with a gradient of its own.

    Args:
        f: takes tensors, and returns its value and a function from the gradient of that to those of its arguments.
    """

    def plain(*given: Any) -> Any:
        with modes.traced():
            value, back = f(*map(modes.Tensor, map(xp.asarray, given)))

        def backwards(*upstream: Any) -> Any:
            with modes.traced():
                found = back(*map(modes.Tensor, map(xp.asarray, upstream)))
            found = found if isinstance(found, _SEVERAL) else [found]
            return builtins.tuple(xp.asarray(modes.value_of(read(each))) for each in found)

        return tree.map_structure(lambda x: modes.value_of(read(x)), value), backwards

    @op
    def run(inputs: Tensor) -> Any:
        return engine.custom_gradient(plain)(*[xp.asarray(x) for x in inputs])

    @functools.wraps(f)
    def call(*args: Any) -> Any:
        given = [arrays.convert_to_tensor(x) for x in args]
        if symbolic.is_drawn(given):
            return on_graph(symbolic.Operation(lambda *values: run(list(values)), name="custom"), *given)
        return modes.given_out(run(given))

    return call


# ---------------------------------------------------------------------- on the host


def py_function(func: Callable[..., Any], inp: Sequence[Any], Tout: Any) -> Any:
    """A Python function of tensors that have values."""
    return _on_host(lambda *values: func(*map(modes.Tensor, map(engine.asarray, values))), inp, Tout)


def numpy_function(func: Callable[..., Any], inp: Sequence[Any], Tout: Any, stateful: bool = True) -> Any:
    """A Python function of NumPy arrays."""
    return _on_host(func, inp, Tout)


def py_func(func: Callable[..., Any], inp: Sequence[Any], Tout: Any, stateful: bool = True) -> Any:
    """A Python function of NumPy arrays."""
    return _on_host(func, inp, Tout)


def _on_host(func: Callable[..., Any], inp: Sequence[Any], kinds: Any) -> Any:
    several = isinstance(kinds, _SEVERAL)
    dtypes = [dtype_here(kind) for kind in (kinds if several else [kinds])]

    def run(*values: Any) -> Any:
        found = func(*[as_numpy(x) for x in values])
        found = found if several and isinstance(found, _SEVERAL) else [found]
        made = [engine.asarray(as_numpy(x), dtype) for x, dtype in zip(found, dtypes, strict=True)]
        return made if several else made[0]

    if not symbolic.is_drawn(list(inp)):
        values = [engine.asarray(to_array(modes.value_of(x))) for x in inp]
        if any(engine.is_traced(value) for value in values):  # within a compiled program numbers are what is returned
            specs = [engine.Spec((), numpy_dtype(dtype)) for dtype in dtypes]
            found = engine.on_host(lambda *arrays: _numbers(func(*arrays), dtypes), specs, *values)
            return found if several else found[0]
        return run(*values)
    outputs: Any = [KerasTensor((), dtype) for dtype in dtypes]
    for output in outputs:
        output.vague = True
    return on_graph(symbolic.Operation(run, name="python"), *inp, outputs=outputs if several else outputs[0])


def _numbers(found: Any, dtypes: Sequence[Any]) -> list[np.ndarray]:
    """What a function of Python's returned, as numbers of dtypes."""
    several = found if isinstance(found, _SEVERAL) else [found]
    return [np.asarray(as_numpy(x), numpy_dtype(dtype)).reshape(()) for x, dtype in zip(several, dtypes, strict=True)]


def print(
    *inputs: Any, output_stream: Any = None, summarize: Any = 3, sep: str = " ", end: str = "\n", name: Any = None
) -> Any:
    """Print tensors; in a graph, the operation that does."""
    if symbolic.is_drawn(list(inputs)):

        def show(*values: Any) -> Any:
            _show(values, sep)
            return np.int32(0)

        operation = symbolic.Operation(show, name="print", says_nothing=True)
        return operation.on(*inputs, outputs=KerasTensor((), "int32"))
    _show([modes.value_of(x) for x in inputs], sep)
    return None


def _show(values: Sequence[Any], sep: str) -> None:
    if any(engine.is_traced(value) for value in values):
        *words, last = values if engine.is_array(values[-1]) else (*values, xp.zeros((0,)))
        engine.show(sep.join(map(str, words)) + sep * bool(words), last)
    else:
        builtins.print(*[as_numpy(x) if engine.is_array(x) else x for x in values], sep=sep)


def Print(input_: Any, data: Sequence[Any], message: Any = None, first_n: Any = None, summarize: Any = None) -> Any:
    """A tensor; when it is computed, others are printed after a message."""
    if not symbolic.is_drawn(input_, list(data)):
        _show([message or "", *map(modes.value_of, data)], " ")
        return input_

    def show(value: Any, shown: Any) -> Any:
        for each in shown:
            engine.show(message or "", xp.ravel(each)[: summarize or 3])
        return value

    outputs = KerasTensor([*input_.shape], str(input_.dtype))
    return on_graph(symbolic.Operation(show, name="print"), input_, list(data), outputs=outputs)


# ---------------------------------------------------------------------- operations without values


def no_op(name: Any = None) -> Any:
    """An operation that does nothing."""
    return symbolic.grouped(name="no_op") if modes.graph_mode() else None


def group(*inputs: Any, **options: Any) -> Any:
    """An operation that does several."""
    effects = [x for x in tree.flatten(list(inputs)) if isinstance(x, KerasTensor) and x.value is None]
    return modes._drawn.controlled(symbolic.grouped(*effects)) if modes.graph_mode() else None


def tuple(tensors: Sequence[Any], name: Any = None, control_inputs: Any = None) -> list[Any]:
    """The tensors."""
    return list(tensors)


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose gradient is that of the identity."""
    return lambda x: x + ops.stop_gradient(f(x) - x)


def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function: what its gradient needs is kept."""
    return f


AS_THEY_ARE = {"custom_gradient", "grad_pass_through", "recompute_grad"}
