"""The callback that keeps the logs of every epoch, and shows them as curves."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from tsuno import drawing
from tsuno.callbacks.base import ByOldNamesToo, Callback, Logs, spellings
from tsuno.callbacks.steering import direction_of
from tsuno.core.errors import unknown
from tsuno.core.validate import PositiveInt, check

_VALIDATION = "val_"


class History(Callback):
    """The logs of every epoch; `fit` returns one. In a notebook it shows itself as curves.

    Attributes:
        history: a dict from names to lists with a number per epoch.
        epoch: the numbers of the epochs.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=3, verbose=0)
        >>> history.epoch, len(history.history["loss"])
        ([0, 1, 2], 3)
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = ByOldNamesToo()
        self._epochs: dict[str, list[int]] = {}  # of each name: validation need not be every epoch

    def set_state(self, state: Mapping[str, Any]) -> None:
        super().set_state({**state, "history": ByOldNamesToo(state["history"])})

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self._epochs.setdefault(name, []).append(epoch)

    def plot(
        self,
        metrics: str | Sequence[str] | None = None,
        *,
        columns: PositiveInt = 3,
        size: tuple[float, float] = (4.5, 3.2),
        title: str | None = None,
    ) -> Any:
        """The curves of training and validation, a panel per metric, with the best epoch marked.

        Needs `pip install 'tsuno[plot]'`.

        Args:
            metrics: which to show, such as `["loss", "accuracy"]`; all by default.
            columns: how many panels stand beside each other at most.
            size: width and height of a panel in inches.
            title: a title over all.

        Returns:
            A figure of matplotlib: `figure.savefig("curves.png")` writes it, and a notebook shows it.

        Raises:
            ValueError: there is no such metric, or nothing to show yet; the nearest name is suggested.

        Example:
            >>> history = tsuno.callbacks.History()
            >>> for epoch, loss in enumerate([0.9, 0.4, 0.5]):
            ...     history.on_epoch_end(epoch, {"loss": loss, "val_loss": 2 * loss})
            >>> figure = history.plot()
            >>> figure.axes[0].get_title()
            'loss'
        """
        charts = self._charts()
        if not charts:
            raise ValueError("`History.plot` has nothing to show: no epoch has ended yet.")
        if metrics is not None:
            names = {chart.title: chart for chart in charts}
            charts = [names[_found(name, names)] for name in ([metrics] if isinstance(metrics, str) else metrics)]
        return drawing.charts_figure(charts, check(PositiveInt, columns, "History.plot.columns"), size, title)

    def _charts(self) -> list[drawing.Chart]:
        """A chart for each metric that is numbers, the loss first."""
        charts = []
        for name in sorted(self.history, key=lambda name: name != "loss"):
            base = name.removeprefix(_VALIDATION)
            if name != base and dict.__contains__(self.history, base):
                continue  # shown with the metric of training
            pair = [("training" if name == base else "validation", name), ("validation", _VALIDATION + name)]
            found = [self._curve(label, each) for label, each in pair if dict.__contains__(self.history, each)]
            curves = [curve for curve in found if curve is not None]
            if curves:
                curves[-1].best = _best(curves[-1].points, direction_of(name, self.model))
                charts.append(drawing.Chart(name, curves))
        return charts

    def _curve(self, label: str, name: str) -> drawing.Curve | None:
        values = self.history[name]
        try:
            numbers = [float(value) for value in values]
        except (TypeError, ValueError):  # a callback's own logs may be anything
            return None
        return drawing.Curve(label, list(zip(self._places(name), numbers, strict=True))) if numbers else None

    def _places(self, name: str) -> list[float]:
        """The epoch, from 1, of each value under a name."""
        count = len(self.history[name])
        epochs = self._epochs.get(name, self.epoch)
        if len(epochs) != count or any(b <= a for a, b in itertools.pairwise(epochs)):
            epochs = list(range(count))  # filled in by hand, or of several trainings one after the other
        return [float(epoch + 1) for epoch in epochs]

    def _repr_html_(self) -> str | None:
        """The curves, for a notebook."""
        with contextlib.suppress(Exception):  # logs may be anything, and showing them must not fail
            charts = self._charts()
            return drawing.charts_svg(charts) if charts else None
        return None

    def __repr__(self) -> str:
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history)}>"


def _found(name: str, names: Mapping[str, Any]) -> str:
    """The metric of a name, or of one that another version of Keras has for it."""
    for each in spellings(name.removeprefix(_VALIDATION)):
        if each in names:
            return each
    raise unknown("metric", name, names)


def _best(points: Sequence[tuple[float, float]], direction: str | None) -> int | None:
    """The place of the best value; the first of several."""
    finite = [place for place, (_, value) in enumerate(points) if math.isfinite(value)]
    if direction is None or len(finite) < 2:
        return None
    return (max if direction == "max" else min)(finite, key=lambda place: points[place][1])
