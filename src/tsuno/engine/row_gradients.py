"""Gradients by rows: a table of which a function only looks up rows has a gradient in those rows alone.

The function is traced to JAX's equations. Where all that they do with a table is to gather whole rows, the table itself
is held fixed and zeros are added to what is gathered: the gradient by those zeros is that of the rows. No array of all
rows is made, and an optimizer that leaves rows without a gradient alone need not pass over them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as xp
from jax import Array, lax
from jax.extend.core import ClosedJaxpr, DropVar, Jaxpr, JaxprEqn, Literal, Var, jaxpr_as_fun

_SMALL = 1 << 20
"""Numbers in a table up to which an array of all of them costs less than tracing twice and telling its rows apart."""
_PART = 8
"""How many times as many rows a table must have as are looked up."""


class Rows(NamedTuple):
    """The gradient of a table: its values in some rows, zero in all others.

    Attributes:
        places: the rows' numbers; those that the table does not have count for nothing.
        values: (rows, ...), all different after `summed`.
    """

    places: Array
    values: Array

    def summed(self, size: int) -> Rows:
        """Each row once, with the sum of its gradients; what is left over is given numbers from `size` on."""
        order = xp.argsort(self.places)
        places, values = self.places[order], self.values[order]
        first = xp.concatenate([xp.ones(1, bool), places[1:] != places[:-1]])
        group = xp.cumsum(first) - 1
        free = size + xp.arange(places.size, dtype=places.dtype)
        there = xp.where(places < size, places, free[group])
        once = free.at[group].set(there, indices_are_sorted=True)
        return Rows(once, jax.ops.segment_sum(values, group, places.size, indices_are_sorted=True))

    def of(self, table: Array) -> Array:
        """These rows of a table."""
        return table.at[self.places].get(mode="fill", fill_value=0, unique_indices=True)

    def put(self, table: Array, values: Array) -> Array:
        """The table with other values in these rows."""
        return table.at[self.places].set(values, mode="drop", unique_indices=True)


def is_table(shape: Sequence[int]) -> bool:
    """Whether an array of this shape may be a table for which rows are worth their while."""
    return len(shape) == 2 and math.prod(shape) > _SMALL


def value_and_row_grad(
    function: Callable[[list[Any]], tuple[Any, Any]], values: list[Any], tables: Sequence[int]
) -> tuple[tuple[Any, Any], list[Any]]:
    """What `value_and_grad(function, has_aux=True)(values)` returns, with `Rows` as gradients where that saves work.

    Args:
        function: takes a list of arrays; returns (scalar, anything else).
        values: the arrays.
        tables: the places, among the arrays, of those whose gradients may be `Rows`.
    """
    traced, form = jax.make_jaxpr(function, return_shape=True)(values)
    jaxpr = traced.jaxpr
    lookups = {
        place: found
        for place in tables
        if not jaxpr.effects and (found := _lookups(jaxpr, jaxpr.invars[place])) and _pays(values[place], found)
    }
    others = [place for place in range(len(values)) if place not in lookups]
    zeros = {
        place: [xp.zeros(_shape(eqn.outvars[0]), values[place].dtype) for eqn in found]
        for place, found in lookups.items()
    }

    def scalar(given: list[Any], added: dict[int, list[Any]]) -> tuple[Any, Any]:
        arrays = {**dict(enumerate(values)), **dict(zip(others, given, strict=True))}
        looked_up: dict[int, list[Any]] = {place: [] for place in lookups}
        watched = {jaxpr.invars[place]: _Table(iter(added[place]), looked_up[place]) for place in lookups}
        results = _run(traced, [arrays[place] for place in range(len(values))], watched)
        loss, rest = jax.tree.unflatten(jax.tree.structure(form), results)
        return loss, (rest, looked_up)

    differentiate = jax.value_and_grad(scalar, argnums=(0, 1), has_aux=True)
    (value, (aux, looked_up)), (dense, added) = differentiate([values[place] for place in others], zeros)
    grads = dict(zip(others, dense, strict=True))
    for place in lookups:
        shape = values[place].shape[1:]
        parts = [part.reshape(-1, *shape) for part in added[place]]
        grads[place] = Rows(xp.concatenate(looked_up[place]), xp.concatenate(parts))
    return (value, aux), [grads[place] for place in range(len(values))]


class _Table(NamedTuple):
    """What is done where rows of a table are looked up."""

    added: Iterator[Any]
    """What to add to them, lookup by lookup."""
    places: list[Any]
    """Where to put the rows' numbers."""


def _run(program: ClosedJaxpr, arguments: Sequence[Any], tables: Mapping[Var, _Table]) -> list[Any]:
    """The outputs of equations, with something added to the rows that are looked up in tables."""
    jaxpr = program.jaxpr
    known: dict[Var, Any] = dict(zip(jaxpr.constvars, program.consts, strict=True))
    known |= zip(jaxpr.invars, arguments, strict=True)

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else known[atom]

    def used(eqn: JaxprEqn) -> dict[int, _Table]:
        """The tables among the inputs of an equation, by their place."""
        return {place: tables[v] for place, v in enumerate(eqn.invars) if not isinstance(v, Literal) and v in tables}

    for looks_up, equations in itertools.groupby(jaxpr.eqns, lambda eqn: bool(used(eqn))):
        if not looks_up:
            known |= _computed(jaxpr, list(equations), known)
            continue
        for eqn in equations:
            if _is_call(eqn):
                inner = eqn.params["jaxpr"]
                names = {inner.jaxpr.invars[place]: table for place, table in used(eqn).items()}
                known |= zip(eqn.outvars, _run(inner, [read(atom) for atom in eqn.invars], names), strict=True)
            else:
                table = used(eqn)[0]
                known |= _computed(jaxpr, [eqn], known)
                known[eqn.outvars[0]] += next(table.added)
                table.places.append(_numbers(eqn, read(eqn.invars[1])))
    return [read(atom) for atom in jaxpr.outvars]


def _computed(jaxpr: Jaxpr, equations: list[JaxprEqn], known: Mapping[Var, Any]) -> dict[Var, Any]:
    """The values of the variables that some of the equations define."""
    read = (v for eqn in equations for v in eqn.invars if not isinstance(v, Literal) and v in known)
    needed = list(dict.fromkeys(read))
    defined = [v for eqn in equations for v in eqn.outvars if not isinstance(v, DropVar)]
    about = jaxpr.debug_info._replace(arg_names=None, result_paths=None)
    part = ClosedJaxpr(Jaxpr([], needed, defined, equations, debug_info=about), [])
    return dict(zip(defined, jaxpr_as_fun(part)(*[known[v] for v in needed]), strict=True))


def _lookups(jaxpr: Jaxpr, table: Var) -> list[JaxprEqn] | None:
    """The equations that look up rows of a table, in order; None if it is used in any other way."""
    if any(atom is table for atom in jaxpr.outvars):
        return None
    found: list[JaxprEqn] = []
    for eqn in jaxpr.eqns:
        uses = [place for place, atom in enumerate(eqn.invars) if atom is table]
        if uses and _is_call(eqn):
            inner = eqn.params["jaxpr"].jaxpr
            inside = [_lookups(inner, inner.invars[place]) for place in uses]
            if len(inside) > 1 or inside[0] is None:
                return None
            found += inside[0]
        elif uses == [0] and eqn.primitive.name == "gather" and _takes_rows(eqn):
            found.append(eqn)
        elif uses:
            return None
    return found


def _is_call(eqn: JaxprEqn) -> bool:
    """Whether an equation is nothing but a name for others."""
    return eqn.primitive.name in ("jit", "pjit")


def _takes_rows(eqn: JaxprEqn) -> bool:
    """Whether an equation gathers whole rows, those of a place side by side."""
    layout, shape, rank = eqn.params["dimension_numbers"], _shape(eqn.invars[0]), len(_shape(eqn.outvars[0]))
    return (
        eqn.params["slice_sizes"] == (1, *shape[1:])
        and layout.collapsed_slice_dims == layout.start_index_map == (0,)
        and layout.offset_dims == tuple(range(rank - len(shape) + 1, rank))
        and not layout.operand_batching_dims
    )


def _numbers(eqn: JaxprEqn, where: Any) -> Any:
    """The numbers of the rows that an equation gathers; for rows that are not there the size of the table."""
    size = _shape(eqn.invars[0])[0]
    numbers = where.reshape(-1).astype(xp.int32)
    if eqn.params["mode"] == lax.GatherScatterMode.CLIP:
        return xp.clip(numbers, 0, size - 1)
    return xp.where((numbers >= 0) & (numbers < size), numbers, size)


def _pays(table: Any, lookups: list[JaxprEqn]) -> bool:
    """Whether rows take less time than an array of all of them."""
    values = sum(math.prod(_shape(eqn.outvars[0])) for eqn in lookups)
    return values * _PART <= table.size


def _shape(atom: Any) -> tuple[int, ...]:
    return tuple(atom.aval.shape)
