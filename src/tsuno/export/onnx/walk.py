"""The walk over a program: each equation is computed now if its inputs are known, and by its row if they are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.export.onnx import control, elementwise, indexing, products, reductions, shapes, windows
from tsuno.export.onnx.graph import Graph, Value, is_known
from tsuno.export.onnx.rows import ELEMENTWISE, ROWS, Equation

PARTS = (control, elementwise, indexing, products, reductions, shapes, windows)
"""The modules that enter the rows."""
_INLINE = {
    "jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr", "checkpoint": "jaxpr",
    "remat2": "jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr", "remat": "jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr", "custom_lin": "call_jaxpr",
}  # fmt: skip
_OF_COMPLEX = {"fft", "real", "imag"}
_LEFT_IN_PLACE = {"while", "scan", "cond"}


class Walk:
    """Writes programs into a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def inner(self) -> Walk:
        """A walk that writes into a graph within this one."""
        return Walk(Graph(self.graph.root))

    def run(self, program: Any, inputs: Sequence[Value], scope: str = "") -> list[Value]:
        """Write a program for given inputs; its results."""
        consts = getattr(program, "consts", ())
        jaxpr = getattr(program, "jaxpr", program)
        known = [Value(self.graph, np.shape(each), each.dtype, array=np.asarray(each)) for each in consts]
        found: dict[Any, Value] = dict(zip(jaxpr.constvars, known, strict=True))
        found.update(zip(jaxpr.invars, inputs, strict=True))

        def read(variable: Any) -> Value:
            if hasattr(variable, "val"):
                return self._literal(variable)
            return found[variable]

        for equation in _needed(jaxpr):
            inside = self.graph.root.short(_layers_of(scope, equation))
            results = self._write(equation, [read(each) for each in equation.invars], inside)
            found.update(zip(equation.outvars, results, strict=True))
        return [read(variable) for variable in jaxpr.outvars]

    def _literal(self, variable: Any) -> Value:
        array = np.asarray(variable.val, variable.aval.dtype)
        return Value(self.graph, array.shape, array.dtype, array=array)

    def _write(self, equation: Any, inputs: list[Value], scope: str) -> list[Value]:
        name, params = equation.primitive.name, equation.params
        if name in _INLINE:
            return self.run(params[_INLINE[name]], inputs, scope)
        avals = [variable.aval for variable in equation.outvars]
        keyed = any(map(engine.is_key, (*avals, *(variable.aval for variable in equation.invars))))
        if not keyed and name not in _LEFT_IN_PLACE and all(value.array is not None for value in inputs):
            now = _computed(equation, inputs, avals)
            if now is not None:
                label = _label(name, inputs, scope)
                return [
                    Value(self.graph, aval.shape, aval.dtype, array=array, label=label)
                    for aval, array in zip(avals, now, strict=True)
                ]
        e = Equation(self.graph, name, params, avals, scope, self)
        if keyed:
            return self._drawn(equation, inputs, avals, e)
        if name not in ROWS:
            raise NotImplementedError(
                f"{e.where} computes {name!r}, which cannot be exported to ONNX. Export with format='stablehlo', which "
                "takes every model."
            )
        if name not in _OF_COMPLEX and any(np.dtype(x.aval.dtype).kind == "c" for x in equation.invars):
            raise e.cannot("of complex numbers")
        results = ROWS[name](e, *inputs)
        return results if isinstance(results, list) else [results]

    def _drawn(self, equation: Any, inputs: list[Value], avals: Sequence[Any], e: Equation) -> list[Value]:
        """What is made of random keys: numbers that are drawn now, once for all."""
        known = all(value.array is not None for value in inputs)
        if not known or not all(is_known(size) for aval in avals for size in aval.shape):
            raise e.cannot("for a batch of any size")
        results = engine.evaluated(equation, [value.known() if value.key is None else value.key for value in inputs])
        return [
            Value(self.graph, aval.shape, object, array=np.empty(aval.shape, object), key=result)
            if engine.is_key(aval)
            else Value(self.graph, aval.shape, aval.dtype, array=result)
            for aval, result in zip(avals, results, strict=True)
        ]


def _layers_of(scope: str, equation: Any) -> str:
    """The names of layers around an equation; transformations and einsum leave their marks there too."""
    stack = str(equation.source_info.name_stack).split("/")
    return "/".join(part for part in (scope, *stack) if part and not set(part) & set("(>"))


def _needed(jaxpr: Any) -> list[Any]:
    """The equations that some result depends on, in order."""
    wanted = {variable for variable in jaxpr.outvars if not hasattr(variable, "val")}
    kept = []
    for equation in reversed(jaxpr.eqns):
        if any(variable in wanted for variable in equation.outvars):
            kept.append(equation)
            wanted |= {variable for variable in equation.invars if not hasattr(variable, "val")}
    return kept[::-1]


def _computed(equation: Any, inputs: list[Value], avals: Sequence[Any]) -> list[np.ndarray] | None:
    """The results of an equation of known inputs, held as narrow as they come; None if it is better done later."""
    name, params = equation.primitive.name, equation.params
    arrays = [value.array for value in inputs if value.array is not None]
    if name in _UNPACKING and _bytes(arrays) > 1 << 12:
        return None
    if name in ELEMENTWISE:
        if name == "convert_element_type":
            results = [arrays[0].astype(params["new_dtype"])]
        elif ELEMENTWISE[name] is not None:
            with np.errstate(all="ignore"):
                results = [np.asarray(ELEMENTWISE[name](*arrays), avals[0].dtype)]  # type: ignore[misc]
        else:
            rank = max(array.ndim for array in arrays)
            joint = np.broadcast_shapes(*(array.shape for array in arrays if array.ndim == rank))
            arrays = [np.broadcast_to(array, joint) if array.ndim == rank else array for array in arrays]
            results = engine.evaluated(equation, arrays)
        return results if _is_worth_it(arrays, results) else None
    if name in shapes.LAYOUT or not inputs:
        return None
    sizes = [size for aval in avals for size in aval.shape]
    if not all(map(is_known, sizes)) or not all(is_known(size) for value in inputs for size in value.shape):
        return None
    if sum(np.prod(aval.shape, dtype=float) for aval in avals) > _LARGE:
        return None
    results = engine.evaluated(equation, [value.known() for value in inputs])
    return results if _is_worth_it(arrays, results) else None


_LARGE = 1 << 26
_UNPACKING = {"shift_left", "shift_right_arithmetic", "shift_right_logical", "and"}
"""What weights of few bits are unpacked by, of which there are twice as many then."""


def _is_worth_it(arrays: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> bool:
    """Whether results take no more room in a file than what they are computed from."""
    return _bytes(results) <= max(_bytes(arrays), 1 << 12)


def _bytes(arrays: Sequence[np.ndarray]) -> int:
    return sum(array.size * array.dtype.itemsize for array in arrays)


def _label(primitive: str, inputs: Sequence[Value], scope: str) -> str:
    """What is made of one weight keeps its name; what is made of several has its own."""
    names = {value.label for value in inputs if value.label}
    if len(names) == 1:
        return names.pop()
    return f"{scope}/{primitive}" if scope else primitive if names else ""
