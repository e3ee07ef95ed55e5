"""The progress bar as a tool for loops of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tsuno.callbacks.progress import Bar


class Progbar:
    """A progress bar with values that are averaged over the steps, or shown as they are.

    In a terminal and in notebooks the bar is redrawn in place; elsewhere one line is printed at the end.

    Args:
        target: the number of steps, None if not known.
        width: characters of the bar.
        verbose: 0 for nothing, 1 for a bar, 2 for one line at the end.
        interval: seconds between two drawings.
        stateful_metrics: names of values to show as they are; all others are averaged.
        stateless_metrics: names of values to average; all others are shown as they are. Not with `stateful_metrics`.
        unit_name: what a step is called.

    Example:
        >>> bar = tsuno.utils.Progbar(2, verbose=0)
        >>> bar.update(1, [("loss", 4.0)])
        >>> bar.add(1, [("loss", 2.0)])
        >>> bar.values
        {'loss': 2.0}
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("`Progbar` takes `stateful_metrics` or `stateless_metrics`, the exceptions; got both.")
        self.target, self.width, self.verbose, self.interval, self.unit_name = (
            target, width, verbose, interval, unit_name,
        )  # fmt: skip
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self.stateful_metrics = set(stateful_metrics or ()) if stateless_metrics is None else None
        self._sums: dict[str, tuple[float, int]] = {}
        self._seen = 0
        self._bar: Bar | None = Bar(target, verbose, interval=interval, width=width, unit=unit_name)

    @property
    def values(self) -> dict[str, float]:
        """The values as shown: averages, or the last ones."""
        return {name: total / count for name, (total, count) in self._sums.items()}

    def update(
        self, current: int, values: Iterable[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Show that so many steps are done.

        Args:
            current: the number of steps done.
            values: pairs of a name and the value of the last steps.
            finalize: whether this is the last update; by default once `target` is reached.
        """
        last = (self.target is not None and current >= self.target) if finalize is None else finalize
        steps = 1 if last else max(current - self._seen, 1)
        for name, value in values or ():
            number = float(np.mean(np.asarray(value)))
            total, count = self._sums.get(name, (0.0, 0)) if self._averaged(name) and not last else (0.0, 0)
            self._sums[name] = (total + number * steps, count + steps)
        self._seen = current
        if not self.verbose or self._bar is None:
            return
        self._bar.update(current, self.values)
        if last:
            self._bar.finish(self.values)
            self._bar = None

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Show that `n` more steps are done."""
        self.update(self._seen + n, values)

    def _averaged(self, name: str) -> bool:
        if self.stateless_metrics is not None:
            return name in self.stateless_metrics
        return name not in (self.stateful_metrics or ())
