"""Shapes as pixels, drawn with Pillow: level and upright lines on the grid of pixels, the rest with smooth edges."""

from __future__ import annotations

import functools
import io
import itertools
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tsuno.drawing import fonts
from tsuno.drawing.layout import Point
from tsuno.drawing.shapes import RADIUS, Panel, Shape, Stroke, Text, Tip

_FINE = 4  # pixels are drawn by so many in each direction and averaged
_SIDE, _PIXELS = 60_000, 89_000_000  # larger ones, other programs refuse to open


def formats() -> list[str]:
    """What Pillow writes, without the dot."""
    image, _ = _pillow()
    image.init()
    return sorted(ending[1:] for ending, name in image.registered_extensions().items() if name in image.SAVE)


def paint(shapes: Sequence[Shape], size: tuple[float, float], dpi: float) -> Any:
    """A Pillow image of shapes, of so many points, whose upper left corner is the origin.

    A picture that would be larger than other programs can open gets fewer dots per inch.
    """
    image, draw = _pillow()
    dpi = min(dpi, 72 * _SIDE / max(size), 72 * math.sqrt(_PIXELS / (size[0] * size[1])))
    canvas = image.new("RGB", (max(1, round(size[0] * dpi / 72)), max(1, round(size[1] * dpi / 72))), "white")
    canvas.info["dpi"] = (dpi, dpi)
    brush = _Brush(canvas, draw.Draw(canvas), dpi / 72)
    for shape in shapes:
        brush.draw(shape)
    return canvas


def save(canvas: Any, path: Any, format: str) -> None:
    """Write an image to a file; nothing is left of one that cannot be written."""
    image, _ = _pillow()
    dpi = canvas.info["dpi"]
    content = io.BytesIO()
    kind = image.registered_extensions()[f".{format}"]
    try:
        canvas.save(content, format=kind, **({"resolution": dpi[0]} if kind == "PDF" else {"dpi": dpi}))
    except OSError:  # a format of few colours
        canvas.convert("P").save(content, format=kind)
    Path(os.fspath(path)).write_bytes(content.getvalue())


def _pillow() -> tuple[Any, Any]:
    try:
        from PIL import Image, ImageDraw
    except ImportError as problem:
        raise ImportError(
            "A picture in pixels needs Pillow, which is not installed: run `pip install pillow`, or write an .svg or "
            ".dot file."
        ) from problem
    return Image, ImageDraw


class _Brush:
    """Draws shapes into an image, at so many pixels a point."""

    def __init__(self, canvas: Any, lines: Any, scale: float) -> None:
        self.canvas, self.lines, self.scale = canvas, lines, scale

    def draw(self, shape: Shape) -> None:
        if isinstance(shape, Panel):
            self._panel(shape)
        elif isinstance(shape, Stroke):
            self._stroke(shape)
        elif isinstance(shape, Tip):
            self._smooth([self._at(corner) for corner in shape.corners], shape.colour, None)
        else:
            self._text(shape)

    def _at(self, point: Point) -> Point:
        return point[0] * self.scale, point[1] * self.scale

    def _panel(self, panel: Panel) -> None:
        left, top = round(panel.x * self.scale), round(panel.y * self.scale)
        right, bottom = round((panel.x + panel.width) * self.scale), round((panel.y + panel.height) * self.scale)
        line, radius = max(1, round(self.scale)), max(2, round(RADIUS * self.scale))
        if panel.dashed:
            self.canvas.paste(panel.fill, (left, top), _mask(right - left, bottom - top, radius, panel.round))
            self._dashes((left, top, right, bottom), line, panel.edge)
            return
        right, bottom = right + line, bottom + line  # neighbours share their borders
        self.canvas.paste(panel.edge, (left, top), _mask(right - left, bottom - top, radius, panel.round))
        inner = (right - left - 2 * line, bottom - top - 2 * line)
        if min(inner) > 0:
            mask = _mask(*inner, max(1, radius - line), panel.round)
            self.canvas.paste(panel.fill, (left + line, top + line), mask)

    def _dashes(self, box: tuple[int, int, int, int], line: int, colour: str) -> None:
        left, top, right, bottom = box
        dash, step = 5 * self.scale, 9 * self.scale
        for start in _steps(left + step, right - step, step):
            for y in (top, bottom - line):
                self.lines.rectangle((start, y, start + dash, y + line - 1), fill=colour)
        for start in _steps(top + step, bottom - step, step):
            for x in (left, right - line):
                self.lines.rectangle((x, start, x + line - 1, start + dash), fill=colour)

    def _stroke(self, stroke: Stroke) -> None:
        width = max(1, round(stroke.width * self.scale))
        here = self._at(stroke.start)
        for step in stroke.steps:
            ends = [self._at(point) for point in step]
            if len(ends) == 1:
                self._straight(here, ends[0], width, stroke.colour)
            else:
                self._smooth(_flat((here, *ends)), stroke.colour, width)
            here = ends[-1]

    def _straight(self, start: Point, end: Point, width: int, colour: str) -> None:
        (x, y), (u, v) = start, end
        if abs(x - u) < 0.5 or abs(y - v) < 0.5:
            left, top = round(min(x, u) - width / 2), round(min(y, v) - width / 2)
            long, high = round(abs(x - u)), round(abs(y - v))
            upright = abs(x - u) < 0.5
            if upright:
                box = (left, top + width // 2, left + width - 1, top + width // 2 + high)
            else:
                box = (left + width // 2, top, left + width // 2 + long, top + width - 1)
            self.lines.rectangle(box, fill=colour)
            return
        pieces = max(1, math.ceil(math.dist(start, end) / 200))  # a mask of a long line would be large
        ends = [(x + (u - x) * i / pieces, y + (v - y) * i / pieces) for i in range(pieces + 1)]
        for one, other in itertools.pairwise(ends):
            self._smooth([one, other], colour, width)

    def _smooth(self, points: list[Point], colour: str, width: float | None) -> None:
        """A line of some width, or an area, through a mask with finer pixels."""
        image, draw = _pillow()
        room = (width or 0) / 2 + 2
        left, top = (math.floor(min(p[i] for p in points) - room) for i in (0, 1))
        right, bottom = (math.ceil(max(p[i] for p in points) + room) for i in (0, 1))
        fine = image.new("L", ((right - left) * _FINE, (bottom - top) * _FINE))
        pen = draw.Draw(fine)
        places = [((x - left) * _FINE, (y - top) * _FINE) for x, y in points]
        if width is None:
            pen.polygon(places, fill=255)
        else:
            # lines on the grid have their middle on a pixel's border or centre: curves must meet them
            shift = (round(points[0][0] - width / 2) + width / 2 - points[0][0]) * _FINE if len(points) > 2 else 0
            shift_y = (round(points[0][1] - width / 2) + width / 2 - points[0][1]) * _FINE if len(points) > 2 else 0
            places = [(x + shift, y + shift_y) for x, y in places]
            pen.line(places, fill=255, width=round(width * _FINE), joint="curve")
        self.canvas.paste(colour, (left, top), fine.reduce(_FINE))

    def _text(self, text: Text) -> None:
        size = text.size * self.scale
        room = text.room * self.scale
        needed = fonts.length(text.text, size, text.bold)
        while needed > room and size > 1:  # a font that is wider than was foreseen; widths are not quite as the size
            size *= min(room / needed, 0.99)
            needed = fonts.length(text.text, size, text.bold)
        x, y = self._at((text.x, text.y))
        options: dict[str, Any] = {"fill": text.colour}
        if text.halo is not None:
            options |= {"stroke_width": round(2 * self.scale), "stroke_fill": text.halo}
        fonts.draw(self.lines, (x - needed / 2 if text.middle else x, y), text.text, size, text.bold, **options)


def _steps(start: float, end: float, step: float) -> list[float]:
    return [start + step * i for i in range(max(0, int((end - start) / step) + 1))]


def _flat(guides: Sequence[Point], pieces: int = 12) -> list[Point]:
    """Points on a Bézier curve, given by its start, two guides and its end."""
    points = []
    for number in range(pieces + 1):
        t = number / pieces
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        x, y = (sum(weight * guide[i] for weight, guide in zip(weights, guides, strict=True)) for i in (0, 1))
        points.append((x, y))
    return points


@functools.lru_cache(maxsize=64)
def _mask(width: int, height: int, radius: int, corners: tuple[bool, bool, bool, bool]) -> Any:
    """A rectangle with smooth round corners; only those are drawn fine."""
    image, draw = _pillow()
    mask = image.new("L", (width, height), 255)
    side = min(radius, width // 2, height // 2)
    if side < 1:
        return mask
    fine = image.new("L", (2 * side * _FINE, 2 * side * _FINE))
    draw.Draw(fine).ellipse((0, 0, 2 * side * _FINE - 1, 2 * side * _FINE - 1), fill=255)
    disc = fine.reduce(_FINE)
    for number, (x, y) in enumerate(((0, 0), (1, 0), (1, 1), (0, 1))):
        if corners[number]:
            part = disc.crop((x * side, y * side, (x + 1) * side, (y + 1) * side))
            mask.paste(part, (x * (width - side), y * (height - side)))
    return mask
