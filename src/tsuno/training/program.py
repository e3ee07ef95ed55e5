"""The program: as many steps as one dispatch shall run, compiled once for any number of them.

A program is one compiled function with a loop inside. How many steps it runs is an argument and not part of what is
compiled, so the same machine code computes every step and the result is the same to the last bit however the steps
are grouped. The rows of a batch are gathered on the device, the state is donated, and nothing is fetched until
somebody reads it.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.context import constants
from tsuno.core.variable import State, Variable, bound, slots
from tsuno.data.chunk import KEPT_LOGS, Chunk, rows_of
from tsuno.engine import xp
from tsuno.engine.collecting import without_collecting
from tsuno.training.step import Step

_LARGE = 500_000
"""Numbers in a state (weights and what the optimizer keeps of them) from which the arithmetic of the optimizer matters
more than the time of compiling."""
_LARGE_OF_IMAGES = 30 * _LARGE
"""The same where kernels are convolved: most of the arithmetic is then on images."""
NEVER = 1 << 30
"""The period of counters that go on."""
_SMALL = 0.03
"""The part of a dispatch's time that may go to the dispatch itself."""


class Program:
    """Runs a step over a chunk of data, for the objects that hold its state.

    Args:
        step: the step; the variables of its owners are the state.
        fixed: the variables among them that the step does not change; they are not donated.
        reset: sets the counters of a new epoch.
        eager: run step by step, outside compiled programs.
        kept: the logs of how many steps a dispatch keeps.
    """

    def __init__(
        self,
        step: Step,
        fixed: Callable[[Variable], bool],
        reset: Callable[[], None] = lambda: None,
        eager: bool = False,
        kept: int = KEPT_LOGS,
    ) -> None:
        self._step, self.owners, self._reset, self._eager = step, step.owners, reset, eager
        self.kept = kept
        self._variables = slots(step.owners)
        self._fixed = {path for path, variable in self._variables.items() if fixed(variable)}
        self._compiled_step = engine.subprogram(step)
        values = [variable._value for variable in self._variables.values()]
        images = any(value.ndim > 3 for value in values)
        quickly = sum(value.size for value in values) < (_LARGE_OF_IMAGES if images else _LARGE)
        self._dispatch = engine.compile(
            self._run, quickly, gradient=step.trains, donate_argnums=1, static_argnames=("size", "filled")
        )
        self._known: set[tuple[int, bool]] = set()
        self.pace = Pace()

    def __call__(
        self, chunk: Chunk, first: int, count: int, done: int = 0, period: int = NEVER
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Run `count` steps from batch `first` of a chunk; returns the last step's logs, and those of every step.

        Args:
            chunk: the data.
            first: the first batch.
            count: how many batches.
            done: how many steps of the epoch have run before.
            period: the steps of an epoch; after so many the counters start anew.
        """
        steps = np.array([first, count, done, period], np.int32)
        if self._eager:
            return self._run_eagerly(chunk, steps)
        fixed: State = {}
        state: State = {}
        for path, variable in self._variables.items():
            (fixed if path in self._fixed else state)[path] = variable._value
        known = (chunk.batch_size, chunk.filled) in self._known
        self._known.add((chunk.batch_size, chunk.filled))
        with _undisturbed(), nullcontext() if known else compiling():
            state, last, every = self._dispatch(
                fixed, state, chunk.arrays, chunk.order, steps, size=chunk.batch_size, filled=chunk.filled
            )
            for path, value in state.items():
                self._variables[path]._value = value
        return last, every

    def paced(self, *args: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The same, timed as long as the pace is not known."""
        measuring, started = self.pace.measuring, time.perf_counter()
        last, every = self(*args)
        if measuring:
            engine.ready(last)
            self.pace.note(started, args[2])
        return last, every

    def _run(
        self, fixed: State, state: State, arrays: Any, order: Any, range_: Any, size: int, filled: bool
    ) -> tuple[State, Any, Any]:
        first, count, done, period = range_

        def batch(i: Any) -> Any:
            named = engine.dynamic_slice(order, (i * size,), (size,))
            rows = rows_of(named) if filled else named
            taken = engine.tree.map(lambda array: engine.take_rows(array, rows), arrays)
            return (*taken, named >= 0) if filled else taken

        def advance(i: Any, carry: Any) -> Any:
            state, _, every = carry
            state = self._refreshed(state, (done + i) % period == 0)
            after, logs = self._compiled_step({**fixed, **state}, batch(first + i))
            every = engine.tree.map(lambda kept, value: _put(kept, value, i % self.kept), every, logs)
            return {path: after[path] for path in state}, logs, every

        shapes = engine.eval_shape(lambda: self._compiled_step({**fixed, **state}, batch(first))[1])
        logs = engine.tree.map(lambda spec: xp.zeros(spec.shape, spec.dtype), shapes)
        every = engine.tree.map(lambda spec: xp.zeros((self.kept, *spec.shape), spec.dtype), shapes)
        result: tuple[State, Any, Any] = engine.fori_loop(0, count, advance, (state, logs, every))
        return result

    def _refreshed(self, state: State, fresh: Any) -> State:
        """The state, with the counters of a new epoch where one begins."""
        with bound(self.owners, state) as after:
            self._reset()
            zeroed = after()
        return {
            path: value if zeroed[path] is value else xp.where(fresh, zeroed[path], value)
            for path, value in state.items()
        }

    def _run_eagerly(self, chunk: Chunk, range_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Each step by itself, on the objects: as it is written, line by line."""
        first, count, done, period = (int(value) for value in range_)
        logs: dict[str, Any] = {}
        every = []
        for i in range(count):
            if (done + i) % period == 0:
                self._reset()
            rows = np.asarray(chunk.order)[(first + i) * chunk.batch_size : (first + i + 1) * chunk.batch_size]
            logs = self._step.now(engine.tree.map(lambda array, rows=rows: array[rows], chunk.arrays))
            every.append(logs)
        kept = every[-KEPT_LOGS:] if count <= KEPT_LOGS else []
        return logs, engine.tree.map(lambda *values: xp.stack(values), *kept) if kept else {}


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C back: a program takes the memory of the weights, and the new ones must be put in place first."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    held: list[Any] = []
    signal.signal(signal.SIGINT, lambda *args: held.append(args))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if held:
        handler(*held[0])


@contextmanager
def compiling() -> Iterator[None]:
    """A block in which a program is compiled, which takes 50 to 100 MB that nobody needs afterwards."""
    try:
        with without_collecting():
            yield
    finally:
        engine.release_memory()


def _put(kept: Any, value: Any, place: Any) -> Any:
    """`kept` with `value` at a place along its first axis."""
    return engine.dynamic_update(kept, value[None], (place, *(0,) * value.ndim))


class Pace:
    """How many steps to give to one dispatch, found by timing the first few dispatches of a program.

    A dispatch of n steps takes a + n · b seconds: a is long where the system must clear much memory for it. As many
    steps are taken together as make a small beside them, within what whoever looks on can wait for.
    """

    def __init__(self) -> None:
        self._seen = 0
        self._alone = self._fixed = self._each = 0.0

    @property
    def measuring(self) -> bool:
        """Whether the next dispatch is to be timed; the first compiles, so it says nothing."""
        return self._seen < 3

    def steps(self, seconds: tuple[float, float], at_most: int) -> int:
        """How many steps take at least about so many seconds, and longer up to a limit if that saves time."""
        if self._seen < 2:
            return 1
        least, most = seconds
        together = max(least, min(self._fixed / _SMALL, most)) / max(self._each, 1e-7)
        return min(at_most, max(2 if self.measuring else 1, int(together)))

    def note(self, started: float, steps: int) -> None:
        """Remember how long a dispatch took that has just finished."""
        self._seen += 1
        taken = time.perf_counter() - started
        self._each, self._fixed = taken / steps, 0.0
        if steps == 1:
            self._alone = taken
        elif self._alone < taken:
            self._each = (taken - self._alone) / (steps - 1)
            self._fixed = max(0.0, self._alone - self._each)


class Programs:
    """The programs of a model by purpose, each made when first needed."""

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}
        self._version = constants.version

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        found = self.find(key)
        if found is None:
            found = self._made[key] = make()
        return found

    def find(self, key: Any) -> Any:
        """What has been made before, or None."""
        if self._version != constants.version:
            self.clear()
            self._version = constants.version
        return self._made.get(key)

    def clear(self) -> None:
        self._made.clear()
