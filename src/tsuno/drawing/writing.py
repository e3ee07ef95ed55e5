"""Diagrams with text, written as DOT, as SVG, or by matplotlib as pixels and PDF; the layout is the same for all."""

from __future__ import annotations

import itertools
import os
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from tsuno.utils.layered_layout import Box, Diagram, Drawing, Point, layout

_SIZE = 12.0
_PAD = 9.0
_BORDER = 8.0
_ROW = 26.0
_ARROW = 7.0
_LINE, _FRAME = "#455a64", "#90a4ae"
_FONTS = (
    "DejaVu Sans", "Verdana", "Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "Hiragino Sans", "Yu Gothic", "Meiryo",
    "MS Gothic", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Malgun Gothic", "WenQuanYi Zen Hei",
)  # fmt: skip
_STYLES = {
    "title": ("#263238", "#ffffff", True),
    "plain": ("#ffffff", "#263238", False),
    "good": ("#2e7d32", "#ffffff", True),
    "bad": ("#b03a2e", "#ffffff", True),
}
"""Fill, colour of the text, and whether it is bold."""


@dataclass(frozen=True)
class Cell:
    """A piece of a box: a label such as "Output shape", and what it says."""

    label: str
    text: str
    style: str = "plain"

    @property
    def whole(self) -> str:
        return f"{self.label}: {self.text}" if self.label else self.text

    @property
    def width(self) -> float:
        return label_size(self.whole, _STYLES[self.style][2])[0] + 2 * _PAD

    @property
    def height(self) -> float:
        return _ROW


def label_size(text: str, bold: bool = False) -> tuple[float, float]:
    """The room that a line of text takes, wide enough for the common sans-serif fonts."""
    return sum(map(_advance, text)) * _SIZE * (1.1 if bold else 1.0), _SIZE


def _advance(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    if letter in "ijlI.,:;'|! ":
        return 0.36
    if letter in 'frt()[]{}-"/':
        return 0.44
    return 1.0 if letter in "mwMW@%" else 0.74 if letter.isupper() else 0.65


@dataclass
class Picture:
    """A diagram whose boxes have text.

    Attributes:
        diagram: boxes and edges.
        cells: the rows of cells of each box.
        rankdir: where edges run.
        splines: how edges are drawn.
        dpi: dots per inch in pixels.
        cluster: the name of the cluster, if the DOT text is that of one.
    """

    diagram: Diagram = field(default_factory=Diagram)
    cells: dict[str, list[list[Cell]]] = field(default_factory=dict)
    rankdir: str = "TB"
    splines: str = "ortho"
    dpi: float = 200
    cluster: str | None = None

    def to_string(self) -> str:
        """The diagram in the DOT language."""
        if self.cluster is not None:
            lines = [f"subgraph {_quoted('cluster_' + self.cluster)} {{", f"  label={_quoted(self.cluster)};"]
            lines += ["  style=dashed;", "  labeljust=l;"]
        else:
            lines = ["digraph {", f"  rankdir={self.rankdir};", "  concentrate=true;", f"  dpi={self.dpi};"]
            lines += [f"  splines={self.splines};", "  node [shape=plain, fontname=Helvetica];"]
        lines += [f"  {line}" for line in _dot_lines(self.diagram, self.cells)]
        return "\n".join([*lines, "}", ""])

    def layout(self) -> Drawing:
        """Places for boxes and edges."""
        return layout(self.diagram, self.rankdir)

    def to_svg(self) -> str:
        """The picture as SVG text."""
        return _svg(self)

    def write(self, path: Any, format: str | None = None) -> None:
        """Write the picture to a file; the format is svg, dot, or one that matplotlib writes, such as png and pdf."""
        kind = (format or Path(path).suffix[1:] or "png").lower()
        if kind in ("svg", "dot", "gv"):
            text = self.to_svg() if kind == "svg" else self.to_string()
            Path(path).write_text(text, encoding="utf-8")
        else:
            _paint(self, path, kind)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __str__(self) -> str:
        return self.to_string()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# ---------------------------------------------------------------------- DOT


def _dot_lines(diagram: Diagram, cells: dict[str, list[list[Cell]]]) -> Iterator[str]:
    boxes = {box.key: box for box in diagram.boxes}
    for box in diagram.boxes:
        if box.inner is None:
            yield f"{_quoted(box.key)} [label=<{_table(cells[box.key])}>];"
        else:
            yield f"subgraph {_quoted('cluster_' + box.key)} {{"
            yield f"  label={_quoted(box.title)}; style=dashed; labeljust=l;"
            yield from (f"  {line}" for line in _dot_lines(box.inner, cells))
            yield "}"
    ends = (
        (_inside(boxes[edge.source], edge.output, "outputs"), _inside(boxes[edge.target], edge.input, "inputs"))
        for edge in diagram.edges
    )
    for source, target in dict.fromkeys(ends):
        yield f"{_quoted(source)} -> {_quoted(target)} [penwidth=2];"


def _inside(box: Box, number: int, side: str) -> str:
    """The box that an edge from outside means, through all frames."""
    while box.inner is not None:
        keys: list[str] = getattr(box.inner, side)
        boxes = {inner.key: inner for inner in box.inner.boxes}
        box, number = boxes[keys[min(number, len(keys) - 1)]], 0
    return box.key


def _table(rows: list[list[Cell]]) -> str:
    span = max(len(row) for row in rows)
    lines = []
    for row in rows:
        width = span if len(row) == 1 else 1
        parts = []
        for cell in row:
            fill, colour, bold = _STYLES[cell.style]
            text = f"<b>{escape(cell.text)}</b>" if bold or cell.label else escape(cell.text)
            label = f"{escape(cell.label)}: " if cell.label else ""
            parts.append(f'<td colspan="{width}" bgcolor="{fill}"><font color="{colour}">{label}{text}</font></td>')
        lines.append(f"<tr>{''.join(parts)}</tr>")
    return f'<table border="0" cellborder="1" cellspacing="0" cellpadding="8">{"".join(lines)}</table>'


# ---------------------------------------------------------------------- SVG and pixels


def _rectangles(picture: Picture, drawing: Drawing) -> Iterator[tuple[Cell, float, float, float, float]]:
    """The cells with their places."""
    for key, (x, y, width, _) in drawing.boxes.items():
        for row in picture.cells[key]:
            spare = (width - sum(cell.width for cell in row)) / len(row)
            left = x
            for cell in row:
                yield cell, left, y, cell.width + spare, cell.height
                left += cell.width + spare
            y += row[0].height


def _route(points: list[Point], splines: str) -> list[Point]:
    """The points of a line in the style asked for; curves keep its corners as their guides."""
    if splines != "line":
        return points
    return [points[0], points[-1]]


def _curves(points: list[Point]) -> Iterator[tuple[Point, Point, Point]]:
    """A smooth line through the middles of the parts of another: guides and ends of its curves."""
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in itertools.pairwise(points)]
    here = points[0]
    for corner, end in zip(points[1:-1], [*middles[1:-1], points[-1]], strict=True):
        first = (here[0] + (corner[0] - here[0]) * 2 / 3, here[1] + (corner[1] - here[1]) * 2 / 3)
        second = (end[0] + (corner[0] - end[0]) * 2 / 3, end[1] + (corner[1] - end[1]) * 2 / 3)
        yield first, second, end
        here = end


def _svg(picture: Picture) -> str:
    drawing = picture.layout()
    width, height = drawing.width + 2 * _BORDER, drawing.height + 2 * _BORDER
    fonts = ", ".join(f"'{name}'" for name in _FONTS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-_BORDER} {-_BORDER} {width:.1f} {height:.1f}" font-family="{fonts}, sans-serif" '
        f'font-size="{_SIZE:.0f}">',
        f'<defs><marker id="tip" markerWidth="{_ARROW}" markerHeight="{_ARROW}" refX="{_ARROW - 1}" '
        f'refY="{_ARROW / 2}" orient="auto" markerUnits="userSpaceOnUse">'
        f'<path d="M0 0 L{_ARROW} {_ARROW / 2} L0 {_ARROW} z" fill="{_LINE}"/></marker></defs>',
        f'<rect x="{-_BORDER}" y="{-_BORDER}" width="{width:.1f}" height="{height:.1f}" fill="white"/>',
    ]
    for _, (x, y, w, h) in drawing.frames:
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="6" fill="#607d8b" fill-opacity="0.07" '
            f'stroke="{_FRAME}" stroke-dasharray="5 4"/>'
        )
    for points, arrow in drawing.lines:
        tip = ' marker-end="url(#tip)"' if arrow else ""
        parts.append(
            f'<path d="{_path(points, picture.splines)}" fill="none" stroke="{_LINE}" stroke-width="1.3"{tip}/>'
        )
    for title, (x, y, _, _) in drawing.frames:
        parts.append(
            f'<text x="{x + _PAD:.1f}" y="{y + 17:.1f}" fill="{_LINE}" stroke="white" stroke-width="3" '
            f'paint-order="stroke">{escape(title)}</text>'
        )
    for cell, x, y, w, h in _rectangles(picture, drawing):
        fill, colour, bold = _STYLES[cell.style]
        weight = ' font-weight="bold"' if bold else ""
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{fill}" stroke="#263238"/>'
            f'<text x="{x + w / 2:.1f}" y="{y + h / 2 + _SIZE * 0.35:.1f}" text-anchor="middle" '
            f'fill="{colour}"{weight}>'
            f"{escape(cell.whole)}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def _path(points: list[Point], splines: str) -> str:
    points = _route(points, splines)
    text = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    if splines in ("curved", "spline") and len(points) > 2:
        curves = (" C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in curve) for curve in _curves(points))
        return text + "".join(curves)
    return text + "".join(f" L{x:.1f} {y:.1f}" for x, y in points[1:])


def _paint(picture: Picture, path: Any, format: str) -> None:
    try:
        from matplotlib import font_manager
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, PathPatch, Rectangle
        from matplotlib.path import Path as Outline
    except ImportError as problem:
        raise ImportError(
            f"A picture in the format {format!r} needs matplotlib, which is not installed: run `pip install "
            "matplotlib`, or write an .svg or .dot file."
        ) from problem
    drawing = picture.layout()
    width, height = drawing.width + 2 * _BORDER, drawing.height + 2 * _BORDER
    dpi = min(picture.dpi, 72 * 60000 / max(width, height))  # more pixels than that, no picture can have
    figure = Figure(figsize=(width / 72, height / 72), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-_BORDER, width - _BORDER)
    axes.set_ylim(height - _BORDER, -_BORDER)
    axes.axis("off")
    known = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [name for name in _FONTS if name in known] or ["sans-serif"]
    font: dict[str, Any] = {"fontfamily": fonts, "fontsize": _SIZE}
    for _, (x, y, w, h) in drawing.frames:
        style = "round,pad=0,rounding_size=6"
        axes.add_patch(
            FancyBboxPatch((x, y), w, h, style, facecolor="#607d8b12", edgecolor=_FRAME, linestyle="--", linewidth=1)
        )
    for points, arrow in drawing.lines:
        points = _route(points, picture.splines)
        vertices, codes = [points[0]], [Outline.MOVETO]
        if picture.splines in ("curved", "spline") and len(points) > 2:
            for curve in _curves(points):
                vertices += curve
                codes += [Outline.CURVE4] * 3
        else:
            vertices += points[1:]
            codes += [Outline.LINETO] * (len(points) - 1)
        look = {"edgecolor": _LINE, "linewidth": 1.3}
        axes.add_patch(PathPatch(Outline(vertices, codes), fill=False, capstyle="butt", **look))
        if arrow:
            start, end = points[-2:]
            axes.add_patch(
                FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, shrinkA=0, shrinkB=0, fc=_LINE, lw=0)
            )
    for title, (x, y, _, _) in drawing.frames:
        axes.text(x + _PAD, y + 17, title, color=_LINE, va="baseline", zorder=3, **font)
    for cell, x, y, w, h in _rectangles(picture, drawing):
        fill, colour, bold = _STYLES[cell.style]
        axes.add_patch(Rectangle((x, y), w, h, facecolor=fill, edgecolor="#263238", linewidth=1, zorder=3))
        axes.text(
            x + w / 2, y + h / 2, cell.whole, color=colour, ha="center", va="center", zorder=4,
            fontweight="bold" if bold else "normal", **font,
        )  # fmt: skip
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")  # a script no installed font has
        figure.savefig(os.fspath(path), format=format, dpi=dpi)
