"""What pictures are made of, in points (72 to the inch), with y running down: for SVG and for pixels alike."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tsuno.drawing.layout import Point

Step = tuple[Point, ...]
"""A part of a line from where the last one ended: to a point, or along a curve by two guides to a third point."""
RADIUS, ARROW = 5.0, 8.0


@dataclass(frozen=True)
class Panel:
    """A rectangle with round corners where `round` says so: at the left and right above, right and left below."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    edge: str
    round: tuple[bool, bool, bool, bool] = (True, True, True, True)
    dashed: bool = False


@dataclass(frozen=True)
class Stroke:
    """A line."""

    start: Point
    steps: tuple[Step, ...]
    colour: str
    width: float = 1.3


@dataclass(frozen=True)
class Tip:
    """The head of an arrow."""

    corners: tuple[Point, Point, Point]
    colour: str


@dataclass(frozen=True)
class Text:
    """A line of text on its base line, to the right of `x` or with its middle there, in a room of some width."""

    x: float
    y: float
    text: str
    colour: str
    size: float
    room: float
    bold: bool = False
    middle: bool = False
    halo: str | None = None


Shape = Panel | Stroke | Tip | Text


def arrow(points: Sequence[Point], style: str, head: bool, colour: str) -> Iterator[Shape]:
    """A line through points, in a style of `plot_model(splines=)`, with its head."""
    points = [points[0], points[-1]] if style == "line" else list(points)
    tip = None
    if head:
        (x, y), (u, v) = points[-2:]
        length = math.hypot(u - x, v - y) or 1.0
        dx, dy = (u - x) / length, (v - y) / length
        foot = (u - dx * ARROW, v - dy * ARROW)
        aside = (dy * ARROW * 0.42, -dx * ARROW * 0.42)
        tip = ((u, v), (foot[0] + aside[0], foot[1] + aside[1]), (foot[0] - aside[0], foot[1] - aside[1]))
        points[-1] = (u - dx * ARROW * 0.8, v - dy * ARROW * 0.8)
    steps = list(_curves(points) if style in ("curved", "spline") else _corners(points))
    yield Stroke(points[0], tuple(steps), colour)
    if tip is not None:
        yield Tip(tip, colour)


def _corners(points: Sequence[Point]) -> Iterator[Step]:
    """The parts of a line with its corners rounded off."""
    for before, corner, after in zip(points, points[1:-1], points[2:], strict=False):
        radius = min(RADIUS, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        start, end = _toward(corner, before, radius), _toward(corner, after, radius)
        yield (start,)
        yield _toward(start, corner, radius * 2 / 3), _toward(end, corner, radius * 2 / 3), end
    yield (points[-1],)


def _curves(points: Sequence[Point]) -> Iterator[Step]:
    """A smooth line through the middles of the parts of another."""
    if len(points) < 3:
        yield (points[-1],)
        return
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in itertools.pairwise(points)]
    here = points[0]
    for corner, end in zip(points[1:-1], [*middles[1:-1], points[-1]], strict=True):
        first = (here[0] + (corner[0] - here[0]) * 2 / 3, here[1] + (corner[1] - here[1]) * 2 / 3)
        second = (end[0] + (corner[0] - end[0]) * 2 / 3, end[1] + (corner[1] - end[1]) * 2 / 3)
        yield first, second, end
        here = end


def _toward(start: Point, end: Point, length: float) -> Point:
    whole = math.dist(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * length / whole, start[1] + (end[1] - start[1]) * length / whole
