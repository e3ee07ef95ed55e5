"""Predicting arrays and streams: batch by batch where somebody watches, else several small batches in one dispatch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.callbacks.callback_list import call_hook
from tsuno.core.tree import flatten
from tsuno.data import KEPT_LOGS, ArrayData, Chunk, Data
from tsuno.data.chunk import rows_of
from tsuno.training import calls
from tsuno.training.fitting import SECONDS_PER_DISPATCH
from tsuno.training.preparing import build, carried, predictor
from tsuno.training.program import Program
from tsuno.training.step import Predicting

_TOGETHER = 1 << 22
"""The bytes of inputs, or of outputs, that one dispatch works on."""


def bulk_program(model: Any, data: Data) -> Program | None:
    """The program that predicts several batches at a time, if they are small; its logs are the outputs.

    The data are from then on gathered so many batches at a time: the program is compiled for that size, whatever the
    number of rows.
    """
    eager = model.compiled is not None and model.compiled.eager
    if not isinstance(data, ArrayData) or data.batches < 2 or eager or model.has_own("predict_step"):
        return None
    x, size = data.sample()[0], data.batch_size

    def make() -> Program | None:
        outputs = flatten(build(model, x, outputs=True))
        if any(None in output.shape[1:] for output in outputs):
            return None
        of_inputs = sum(leaf.nbytes for leaf in engine.tree.leaves(x))
        of_outputs = sum(size * math.prod(output.shape[1:]) * np.dtype(output.dtype).itemsize for output in outputs)
        together = min(KEPT_LOGS, _TOGETHER // max(of_inputs, of_outputs, 1))
        changing = {id(variable) for variable in carried(model)}
        fixed = lambda variable: id(variable) not in changing
        return Program(Predicting(model), fixed, kept=together) if together > 1 else None

    kinds = [(leaf.shape[1:], str(leaf.dtype)) for leaf in engine.tree.leaves(x)]
    program: Program | None = model._programs.get(("predict", size, engine.tree.structure(x), *kinds), make)
    if program is not None:
        data.divide(program.kept)
    return program


def predictions(model: Any, data: Data, bulk: Program | None, watching: Sequence[Any], watched: bool) -> Any:
    """The outputs for all rows.

    Args:
        model: the model.
        data: the inputs.
        bulk: the program for several batches.
        watching: callbacks with hooks for batches.
        watched: whether a progress bar is among them.
    """
    forward = predictor(model)
    seconds = SECONDS_PER_DISPATCH["watched" if watched else "unwatched"]
    parts: list[Callable[[Any], Any]] = []
    found: list[Any] = []
    done = 0
    for chunk in data.chunks():
        program = bulk if isinstance(data, ArrayData) and chunk.batch_size == data.batch_size else None
        if program is not None:
            chunk = replace(chunk, filled=True)  # one program, whether rows are over or not
        first, left = chunk.start, chunk.count
        while left:
            count = 1 if program is None else program.pace.steps(seconds, left)
            for callback in watching:
                call_hook(callback, "on_predict_batch_begin", done)
            found.append(forward(_batch(chunk, first)) if program is None else program.paced(chunk, first, count)[1])
            parts.append(_counting(chunk, first, count, program is not None))
            first, left, done = first + count, left - count, done + count
            for callback in watching:
                call_hook(callback, "on_predict_batch_end", done - 1, {"outputs": found[-1]})
    if len(found) == 1 and program is None:
        return calls.on_host(found[0])
    join = lambda *values: np.concatenate([part(value) for part, value in zip(parts, values, strict=True)])
    return engine.tree.map(join, *engine.fetch(found))


def _rows(chunk: Chunk, first: int, count: int) -> Any:
    """What the order names for some batches."""
    return chunk.order[first * chunk.batch_size : (first + count) * chunk.batch_size]


def _batch(chunk: Chunk, i: int) -> Any:
    """The inputs of a batch, sliced where its rows lie side by side."""
    rows, inputs = _rows(chunk, i, 1), chunk.arrays[0]
    if rows[-1] < 0:
        at = rows_of(rows)
        return engine.tree.map(lambda a: (np.asarray(a) if engine.is_host() else a)[at], inputs)
    if len(rows) < len(engine.tree.leaves(inputs)[0]):
        return engine.tree.map(lambda a: a[rows[0] : rows[-1] + 1], inputs)
    return inputs


def _counting(chunk: Chunk, first: int, count: int, stacked: bool) -> Callable[[Any], Any]:
    """What takes from the outputs of some batches, which may be stacked, those of rows that count."""
    rows = _rows(chunk, first, count)
    end = int((rows >= 0).sum()) if rows[-1] < 0 else None
    if not stacked:
        return lambda values: values[:end]
    return lambda values: values[:count].reshape(-1, *values.shape[2:])[:end]
