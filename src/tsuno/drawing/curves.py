"""Curves over epochs: a chart per metric, with the values of training and of validation, as SVG or by matplotlib."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from tsuno.drawing.figures import finished, missing, new_figure
from tsuno.drawing.layout import Point
from tsuno.drawing.writing import FONTS

_COLOURS = ("#3b82f6", "#f97316")  # seen well on white and on black
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 330.0, 210.0, 54.0, 12.0, 42.0, 36.0
_FEW = 30  # so many points have a dot each


@dataclass
class Curve:
    """Points with finite numbers; where one is missing, the curve is broken.

    Attributes:
        label: what it says in the legend.
        points: epochs, from 1, and values.
        best: the place of the best value among the points; None where nobody knows what is good.
    """

    label: str
    points: list[Point]
    best: int | None = None

    @property
    def pieces(self) -> list[list[Point]]:
        """The points between those that are no numbers."""
        groups = itertools.groupby(self.points, key=lambda point: math.isfinite(point[1]))
        return [list(points) for finite, points in groups if finite]


@dataclass
class Chart:
    """Curves with one title over the same axes."""

    title: str
    curves: list[Curve] = field(default_factory=list)

    @property
    def points(self) -> list[Point]:
        """All of them that can be drawn."""
        return [point for curve in self.curves for piece in curve.pieces for point in piece]


def ticks(low: float, high: float, count: int = 5, whole: bool = False) -> list[float]:
    """Round numbers between two others, about so many; whole ones where asked."""
    rough = (high - low) / count or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    if whole:
        step = max(1.0, 2 * power if step == 2.5 * power and power < 10 else step)
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return [number * step for number in range(first, last + 1)]


def tick_label(value: float, step: float) -> str:
    """A number with as many digits as tell it from its neighbours."""
    if value == 0:
        return "0"
    if not 1e-4 <= step < 1e6 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{max(0, math.ceil(math.log10(abs(value) / step)))}e}".replace("e-0", "e-").replace("e+0", "e")
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    scaled = step * 10**digits
    return f"{value:.{digits + (abs(scaled - round(scaled)) > 0.01)}f}"


def charts_svg(charts: Sequence[Chart]) -> str:
    """Charts side by side, as HTML with SVG inside; text has the colour of the page, be it light or dark."""
    inner = "".join(_svg(chart) for chart in charts)
    return f'<div style="display:flex;flex-wrap:wrap;gap:16px">{inner}</div>'


def _svg(chart: Chart) -> str:
    fonts = ", ".join(f"'{name}'" for name in FONTS)
    title = escape(chart.title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{title}" width="{_WIDTH:.0f}" '
        f'height="{_HEIGHT:.0f}" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" font-family="{fonts}, sans-serif" '
        f'font-size="11" fill="currentColor"><title>{title}</title>'
        f'<text x="{_LEFT:.0f}" y="14" font-size="13" font-weight="bold">{title}</text>'
        f"{''.join(_svg_parts(chart))}</svg>"
    )


def _svg_parts(chart: Chart) -> Iterator[str]:
    points = chart.points
    if not points:
        yield f'<text x="{_LEFT:.0f}" y="{_HEIGHT / 2:.0f}">no finite numbers</text>'
        return
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    low, high = low - room, high + room
    right += (left == right) * 1.0

    def place(point: Point) -> Point:
        return (
            _LEFT + (point[0] - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - (point[1] - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM),
        )

    levels = ticks(low, high)
    step = levels[1] - levels[0] if len(levels) > 1 else high - low
    for value in levels:
        _, y = place((left, value))
        yield (
            f'<path d="M{_LEFT:.0f} {y:.1f}H{_WIDTH - _RIGHT:.0f}" stroke="currentColor" stroke-opacity="0.18"/>'
            f'<text x="{_LEFT - 6:.0f}" y="{y + 4:.1f}" text-anchor="end">{tick_label(value, step)}</text>'
        )
    bottom = _HEIGHT - _BOTTOM
    yield f'<path d="M{_LEFT:.0f} {bottom:.0f}H{_WIDTH - _RIGHT:.0f}" stroke="currentColor" stroke-opacity="0.6"/>'
    for value in ticks(left, max(x for x, _ in points), 6, whole=True):
        x, _ = place((value, low))
        yield (
            f'<path d="M{x:.1f} {bottom:.0f}v4" stroke="currentColor" stroke-opacity="0.6"/>'
            f'<text x="{x:.1f}" y="{bottom + 16:.0f}" text-anchor="middle">{value:.0f}</text>'
        )
    yield f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2:.0f}" y="{_HEIGHT - 5:.0f}" text-anchor="middle">epoch</text>'
    along = _LEFT
    for curve, colour in zip(chart.curves, _COLOURS, strict=False):
        label = curve.label if curve.best is None else f"{curve.label}, best {_short(curve.points[curve.best][1])}"
        yield f'<path d="M{along:.0f} 27h14" stroke="{colour}" stroke-width="2.5"/>'
        yield f'<text x="{along + 19:.0f}" y="31">{escape(label)}</text>'
        along += 34 + 6.4 * len(label)
        for piece in curve.pieces:
            places = [place(point) for point in piece]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"/>'
            dots = places if len(curve.points) <= _FEW or len(places) == 1 else []
            yield "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{colour}"/>' for x, y in dots)
        if curve.best is not None:
            x, y = place(curve.points[curve.best])
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="none" stroke="{colour}" stroke-width="1.8"/>'


def _short(value: float) -> str:
    return f"{value:.4g}"


def charts_figure(charts: Sequence[Chart], columns: int, size: tuple[float, float], title: str | None) -> Any:
    """Charts in a figure of matplotlib, so many beside each other, each of a size in inches."""
    try:
        from matplotlib.ticker import MaxNLocator
    except ImportError as problem:
        raise missing("`History.plot`") from problem
    columns = min(columns, len(charts))
    rows = math.ceil(len(charts) / columns)
    figure = new_figure(size[0] * columns, size[1] * rows, layout="constrained")
    for number, chart in enumerate(charts):
        axes = figure.add_subplot(rows, columns, number + 1)
        for curve, colour in zip(chart.curves, _COLOURS, strict=False):
            xs, ys = [x for x, _ in curve.points], [y for _, y in curve.points]
            marker = "." if len(xs) <= _FEW else None
            axes.plot(xs, ys, color=colour, marker=marker, label=curve.label)
            if curve.best is not None:
                x, y = curve.points[curve.best]
                axes.plot(
                    [x], [y], "o", markersize=9, markerfacecolor="none", markeredgecolor=colour, markeredgewidth=1.5,
                    label=f"best: {_short(y)} at epoch {x:.0f}",
                )  # fmt: skip
        axes.set_title(chart.title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize="small")
    if title is not None:
        figure.suptitle(title)
    return finished(figure)
