"""Control flow inside programs: branches, loops, scans, maps over an axis, and a say in gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tsuno import engine
from tsuno.core import tree
from tsuno.core.context import enclosed
from tsuno.core.errors import invalid
from tsuno.core.op import Tensor, op, to_array
from tsuno.engine import xp

__all__ = [
    "cond", "switch", "while_loop", "fori_loop", "scan", "associative_scan", "map", "vectorized_map", "vectorize",
    "stop_gradient", "custom_gradient", "jvp",
]  # fmt: skip

Function = Callable[..., Any]


@op
def cond(pred: Tensor, true_fn: Function, false_fn: Function) -> Any:
    """The result of one of two functions without arguments; only that one runs.

    Args:
        pred: a single boolean, which may be known only when the program runs.
        true_fn, false_fn: return the same structure, shapes and dtypes.

    Example:
        >>> ops.cond(ops.sum(ops.ones(2)) > 1, lambda: 10, lambda: 20).tolist()
        10
    """
    return engine.cond(pred, enclosed(true_fn), enclosed(false_fn))


def switch(index: Tensor, branches: Sequence[Function], *operands: Any) -> Any:
    """The result of one of several functions of the operands; only that one runs.

    Args:
        index: which; brought within the range of the branches.

    Example:
        >>> ops.switch(1, [lambda x: x + 1, lambda x: x * 10], 5).tolist()
        50
    """
    return engine.switch(to_array(index), [enclosed(branch) for branch in branches], *_arrays(operands))


def while_loop(cond: Function, body: Function, loop_vars: Any, maximum_iterations: int | None = None) -> Any:
    """Apply `body` to the loop variables as long as `cond` holds for them.

    Args:
        cond: takes the loop variables and returns a single boolean.
        body: takes the loop variables and returns their next values, of the same shapes and dtypes.
        loop_vars: a tuple or list of tensors (or structures of them), or one tensor.

    Example:
        >>> ops.while_loop(lambda x: x < 100, lambda x: x * 3, 1).tolist()
        243
    """
    several = isinstance(loop_vars, (tuple, list))
    start = _arrays(tuple(loop_vars) if several else (loop_vars,))

    def goes_on(state: Any) -> Any:
        more = cond(*state[0])
        return more if maximum_iterations is None else xp.logical_and(more, state[1] < maximum_iterations)

    def step(state: Any) -> Any:
        result = body(*state[0])
        return tuple(result) if several else (result,), state[1] + 1

    result, _ = engine.while_loop(enclosed(goes_on), enclosed(step), (start, 0))
    return result if several else result[0]


def fori_loop(lower: Tensor, upper: Tensor, body_fun: Function, init_val: Any) -> Any:
    """`value = body_fun(i, value)` for i from `lower` up to, not including, `upper`.

    Example:
        >>> ops.fori_loop(0, 4, lambda i, total: total + i, 0).tolist()
        6
    """
    return engine.fori_loop(to_array(lower), to_array(upper), enclosed(body_fun), _arrays(init_val))


def scan(
    f: Function, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: int | bool = 1
) -> tuple[Any, Any]:
    """`carry, y = f(carry, x)` for each x along the first axis; returns the last carry and all y.

    Args:
        xs: a structure of tensors; None for `length` steps with x = None.
        reverse: whether to begin with the last x.
        unroll: how many steps are written out in each turn of the compiled loop; True for all.

    Example:
        >>> total, running = ops.scan(lambda total, x: (total + x, total + x), 0, ops.arange(4))
        >>> int(total), running.tolist()
        (6, [0, 1, 3, 6])
    """
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise invalid("scan.unroll", "a positive integer or a boolean", unroll)
    return engine.scan(enclosed(f), _arrays(init), _arrays(xs), length=length, reverse=reverse, unroll=unroll)


def associative_scan(f: Function, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """f(… f(f(x0, x1), x2) …, xi) for each i along an axis, in logarithmically many parallel steps.

    Guy E. Blelloch, "Prefix Sums and Their Applications", 1990.

    Args:
        f: an associative function of two structures like `elems`, elementwise along the axis.
        reverse: whether to begin with the last element.

    Example:
        >>> ops.associative_scan(lambda a, b: a + b, ops.arange(4)).tolist()
        [0, 1, 3, 6]
    """
    # As one program: step by step it would compile hundreds of small ones.
    program = engine.subprogram(engine.associative_scan, static_argnames=("fn", "reverse", "axis"))
    return program(f, _arrays(elems), reverse=reverse, axis=axis)


def map(f: Function, xs: Any) -> Any:
    """`f` of each slice along the first axis, one after the other, stacked.

    Example:
        >>> ops.map(lambda x: x * x, ops.arange(4)).tolist()
        [0, 1, 4, 9]
    """
    return engine.scan(enclosed(lambda _, x: (None, f(x))), None, _arrays(xs))[1]


@op
def vectorized_map(function: Function, elements: Any) -> Any:
    """`function` of each slice along the first axis, all at once, stacked.

    Example:
        >>> ops.vectorized_map(lambda row: ops.sum(row), ops.ones((2, 3))).tolist()
        [3.0, 3.0]
    """
    return engine.vmap(enclosed(function))(_arrays(elements))


def vectorize(pyfunc: Function, *, excluded: Iterable[int | str] | None = None, signature: str | None = None) -> Any:
    """A function of scalars, or of a few axes, made one of tensors with broadcasting.

    Args:
        excluded: places or names of arguments that are passed on as they are.
        signature: the axes that the function takes and gives, such as `"(n),(n)->()"`.

    Example:
        >>> ops.vectorize(lambda a, b: a * b, signature="(),()->()")(ops.arange(3), 10).tolist()
        [0, 10, 20]
    """
    vectorized = xp.vectorize(pyfunc, excluded=set(excluded or ()), signature=signature)
    return lambda *args: vectorized(*_arrays(args))


@op
def stop_gradient(variable: Tensor) -> Tensor:
    """The same values, constant to whoever differentiates.

    Example:
        >>> ops.stop_gradient([1.0, 2.0]).tolist()
        [1.0, 2.0]
    """
    return engine.stop_gradient(variable)


def custom_gradient(f: Function) -> Function:
    """A function with a gradient of its own.

    Args:
        f: returns its value and a function from the gradient of the value (`upstream`) to those of the arguments.

    Example:
        >>> @ops.custom_gradient
        ... def clipped(x):
        ...     return x * 1000, lambda upstream: ops.clip(upstream, -1, 1)
        >>> float(clipped(ops.ones(())))
        1000.0
    """
    wrapped = engine.custom_gradient(f)
    return lambda *args, **kwargs: wrapped(*_arrays(args), **_arrays(kwargs))


def jvp(fun: Function, primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """The value of a function at `primals`, and its derivative in the direction of `tangents`.

    Args:
        primals, tangents: one item for each argument.
        has_aux: whether `fun` returns a pair, of which only the first is differentiated.

    Example:
        >>> value, slope = ops.jvp(lambda x: x * x, (3.0,), (1.0,))
        >>> float(value), float(slope)
        (9.0, 6.0)
    """
    return engine.jvp(fun, tuple(_arrays(primals)), tuple(_arrays(tangents)), has_aux=has_aux)


def _arrays(structure: Any) -> Any:
    return tree.map_structure(lambda x: x if x is None else to_array(x), structure)
