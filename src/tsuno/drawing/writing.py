"""Diagrams with text, written as DOT, Mermaid, SVG or pixels; the layout is the same for the last two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

from tsuno.core.errors import unknown
from tsuno.drawing import pixels
from tsuno.drawing.layout import HEADER, MARGIN, Box, Diagram, Drawing, layout
from tsuno.drawing.shapes import RADIUS, Panel, Shape, Stroke, Text, Tip, arrow

FONTS = (
    "DejaVu Sans", "Verdana", "Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "Hiragino Sans", "Yu Gothic", "Meiryo",
    "MS Gothic", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Malgun Gothic", "WenQuanYi Zen Hei",
)  # fmt: skip
"""Names of fonts, to be tried in this order: those with Japanese and its neighbours are among them."""
_SIZE = 12.0
_PAD = 9.0
_BORDER = 8.0
_ROW = 26.0
_LINE, _FRAME, _EDGE = "#455a64", "#90a4ae", "#263238"
_GROUNDS = ("#f5f7f8", "#e9eef1")  # of frames, and of frames within them
_STYLES = {
    "title": ("#263238", "#ffffff", True),
    "plain": ("#ffffff", "#263238", False),
    "note": ("#fff3cd", "#263238", False),
    "good": ("#2e7d32", "#ffffff", True),
    "bad": ("#b03a2e", "#ffffff", True),
}
"""Fill, colour of the text, and whether it is bold."""
_WIDTHS = {
    sign: width
    for width, signs in {
        0.29: "'ijl", 0.34: "IJ ,.:;/\\|", 0.412: "frt()[]-!", 0.50: '"*_`', 0.56: "szc?", 0.62: "FLaekvxyoPTY",
        0.71: "KAVXZBCR", 0.79: "DGHNUOQ&", 0.84: "w#+<=>^~", 1.0: "mMW%@",
    }.items()
    for sign in signs
}  # fmt: skip
"""Of letters, for a size of one: those of DejaVu Sans, which is as wide as such fonts get."""
_OTHER, _IDEOGRAM, _FOREIGN, _BOLD = 0.645, 1.03, 0.85, 1.11


@dataclass(frozen=True)
class Cell:
    """A piece of a box: a label such as "Output shape", and what it says."""

    label: str
    text: str
    style: str = "plain"

    @property
    def whole(self) -> str:
        return _line(f"{self.label}: {self.text}" if self.label else self.text)

    @property
    def width(self) -> float:
        return text_width(self.whole, _STYLES[self.style][2]) + 2 * _PAD

    @property
    def height(self) -> float:
        return _ROW


def text_width(text: str, bold: bool = False) -> float:
    """The room that a line of text takes in points, wide enough for the common sans-serif fonts."""
    return sum(map(_advance, text)) * _SIZE * (_BOLD if bold else 1.0)


def _advance(sign: str) -> float:
    if unicodedata.combining(sign):
        return 0.0
    if unicodedata.east_asian_width(sign) in "WF":
        return _IDEOGRAM
    return _WIDTHS.get(sign, _OTHER if sign.isascii() else _FOREIGN)


def _line(text: str) -> str:
    """A text in one line, without signs that no file format can hold."""
    return "".join(sign if sign.isprintable() else "␣" for sign in text)


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

    def to_mermaid(self) -> str:
        """The diagram in the language of Mermaid, which README files on GitHub and notebooks show as a picture."""
        lines = [f"flowchart {self.rankdir}", *(f"    {line}" for line in _mermaid_lines(self.diagram, self.cells))]
        return "\n".join([*lines, ""])

    def layout(self) -> Drawing:
        """Places for boxes and edges."""
        return layout(self._sized(self.diagram), self.rankdir)

    def _sized(self, diagram: Diagram) -> Diagram:
        """A diagram whose boxes are as large as their text."""
        boxes = []
        for box in diagram.boxes:
            if box.inner is not None:
                width = text_width(_line(box.title), bold=True) + 2 * MARGIN
                boxes.append(replace(box, width=width, height=HEADER, inner=self._sized(box.inner)))
            else:
                rows = self.cells[box.key]
                width = max(sum(cell.width for cell in row) for row in rows)
                boxes.append(replace(box, width=width, height=sum(row[0].height for row in rows)))
        return replace(diagram, boxes=boxes)

    def shapes(self) -> tuple[list[Shape], tuple[float, float]]:
        """What is to be drawn, and the width and height of the whole."""
        drawing = self.layout()
        return list(_shapes(self, drawing)), (drawing.width + 2 * _BORDER, drawing.height + 2 * _BORDER)

    def to_svg(self) -> str:
        """The picture as SVG text."""
        return _svg(*self.shapes())

    def write(self, path: Any, format: str | None = None) -> None:
        """Write the picture to a file; the format is svg, dot, or one that Pillow writes, such as png, jpg and pdf."""
        kind = (format or Path(path).suffix[1:] or "png").lower()
        if kind in _TEXTS:
            Path(path).write_text(_TEXTS[kind](self), encoding="utf-8")
            return
        if kind not in pixels.formats():
            raise unknown("format of a picture", kind, ["png", "jpg", "pdf", *_TEXTS])
        pixels.save(pixels.paint(*self.shapes(), self.dpi), path, kind)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __str__(self) -> str:
        return self.to_string()


_TEXTS = {"svg": Picture.to_svg, "dot": Picture.to_string, "gv": Picture.to_string, "mmd": Picture.to_mermaid}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# ---------------------------------------------------------------------- DOT and Mermaid


def _dot_lines(diagram: Diagram, cells: dict[str, list[list[Cell]]]) -> Iterator[str]:
    for box in diagram.boxes:
        if box.inner is None:
            yield f"{_quoted(box.key)} [label=<{_table(cells[box.key])}>];"
        else:
            yield f"subgraph {_quoted('cluster_' + box.key)} {{"
            yield f"  label={_quoted(box.title)}; style=dashed; labeljust=l;"
            yield from (f"  {line}" for line in _dot_lines(box.inner, cells))
            yield "}"
    for source, target in _plain_edges(diagram):
        yield f"{_quoted(source)} -> {_quoted(target)} [penwidth=2];"


def _plain_edges(diagram: Diagram) -> dict[tuple[str, str], None]:
    """The edges of a diagram from innermost box to innermost box, each once."""
    boxes = {box.key: box for box in diagram.boxes}
    ends = (
        (_inside(boxes[edge.source], edge.output, "outputs"), _inside(boxes[edge.target], edge.input, "inputs"))
        for edge in diagram.edges
    )
    return dict.fromkeys(ends)


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
            text = f"<b>{escape(_line(cell.text))}</b>" if bold or cell.label else escape(_line(cell.text))
            label = f"{escape(cell.label)}: " if cell.label else ""
            parts.append(f'<td colspan="{width}" bgcolor="{fill}"><font color="{colour}">{label}{text}</font></td>')
        lines.append(f"<tr>{''.join(parts)}</tr>")
    return f'<table border="0" cellborder="1" cellspacing="0" cellpadding="8">{"".join(lines)}</table>'


def _mermaid_lines(diagram: Diagram, cells: dict[str, list[list[Cell]]]) -> Iterator[str]:
    for box in diagram.boxes:
        if box.inner is None:
            rows = ["<br/>".join(_mermaid_text(cell.whole) for cell in row) for row in cells[box.key]]
            yield f'{_mermaid_key(box.key)}["{"<br/>".join(rows)}"]'
        else:
            yield f'subgraph {_mermaid_key(box.key)}["{_mermaid_text(_line(box.title))}"]'
            yield from (f"    {line}" for line in _mermaid_lines(box.inner, cells))
            yield "end"
    for source, target in _plain_edges(diagram):
        yield f"{_mermaid_key(source)} --> {_mermaid_key(target)}"


def _mermaid_key(key: str) -> str:
    return "n" + key.replace(".", "_")


def _mermaid_text(text: str) -> str:
    """A text within quotes: every sign that means something to Mermaid, to Markdown or to HTML by its number."""
    return _MERMAID_SIGNS.sub(lambda found: f"#{ord(found.group())};", text)


_MERMAID_SIGNS = re.compile(
    r"""["#;&<>`*~\\{}$%|]|(?<![^\W_])_|_(?![^\W_])|(?<=^\d)[.)]|^[-+](?= )"""
)  # _ between letters is plain


# ---------------------------------------------------------------------- shapes and SVG


def _shapes(picture: Picture, drawing: Drawing) -> Iterator[Shape]:
    frames = [(title, (x + _BORDER, y + _BORDER, w, h)) for title, (x, y, w, h) in drawing.frames]
    for _, (x, y, w, h) in frames:
        depth = sum(a < x and b < y and a + c > x and b + d > y for _, (a, b, c, d) in frames)
        yield Panel(x, y, w, h, _GROUNDS[depth % 2], _FRAME, dashed=True)
    for points, head in drawing.lines:
        yield from arrow([(x + _BORDER, y + _BORDER) for x, y in points], picture.splines, head, _LINE)
    for title, (x, y, w, _) in frames:
        yield Text(x + _PAD, y + 17, _line(title), _LINE, _SIZE, w - _PAD - 2, bold=True, halo=_GROUNDS[0])
    for key, (x, y, width, _) in drawing.boxes.items():
        rows = picture.cells[key]
        top = y + _BORDER
        for number, row in enumerate(rows):
            spare = (width - sum(cell.width for cell in row)) / len(row)
            left = x + _BORDER
            for place, cell in enumerate(row):
                fill, colour, bold = _STYLES[cell.style]
                wide, high, first, last = cell.width + spare, cell.height, place == 0, place == len(row) - 1
                upper, lower = number == 0, number == len(rows) - 1
                corners = (upper and first, upper and last, lower and last, lower and first)
                yield Panel(left, top, wide, high, fill, _EDGE, corners)
                base = top + high / 2 + _SIZE * 0.36
                yield Text(left + wide / 2, base, cell.whole, colour, _SIZE, wide - _PAD, bold, middle=True)
                left += wide
            top += row[0].height


def _svg(shapes: list[Shape], size: tuple[float, float]) -> str:
    fonts = ", ".join(f"'{name}'" for name in FONTS)
    width, height = size
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}" font-family="{fonts}, sans-serif" font-size="{_SIZE:.0f}">',
        f'<rect width="{width:.1f}" height="{height:.1f}" fill="white"/>',
    ]
    return "\n".join([*parts, *map(_svg_of, shapes), "</svg>", ""])


def _svg_of(shape: Shape) -> str:
    if isinstance(shape, Panel):
        dashes = ' stroke-dasharray="5 4"' if shape.dashed else ""
        return f'<path d="{_panel_path(shape)}" fill="{shape.fill}" stroke="{shape.edge}"{dashes}/>'
    if isinstance(shape, Stroke):
        path = f"M{_numbers(shape.start)}"
        path += "".join(f"{'L' if len(step) == 1 else 'C'}{' '.join(map(_numbers, step))}" for step in shape.steps)
        return f'<path d="{path}" fill="none" stroke="{shape.colour}" stroke-width="{shape.width}"/>'
    if isinstance(shape, Tip):
        return f'<path d="M{"L".join(map(_numbers, shape.corners))}Z" fill="{shape.colour}"/>'
    anchor = ' text-anchor="middle"' if shape.middle else ""
    weight = ' font-weight="bold"' if shape.bold else ""
    halo = f' stroke="{shape.halo}" stroke-width="4" paint-order="stroke"' if shape.halo else ""
    where = f'x="{shape.x:.1f}" y="{shape.y:.1f}" fill="{shape.colour}"'
    return f"<text {where}{anchor}{weight}{halo}>{escape(shape.text)}</text>"


def _panel_path(panel: Panel) -> str:
    right, bottom = panel.x + panel.width, panel.y + panel.height
    a, b, c, d = (RADIUS if corner else 0.0 for corner in panel.round)
    return (
        f"M{panel.x + a:.1f} {panel.y:.1f}H{right - b:.1f}{_arc(b, b, b)}V{bottom - c:.1f}{_arc(c, -c, c)}"
        f"H{panel.x + d:.1f}{_arc(d, -d, -d)}V{panel.y + a:.1f}{_arc(a, a, -a)}Z"
    )


def _arc(radius: float, x: float, y: float) -> str:
    return f"a{radius} {radius} 0 0 1 {x} {y}" if radius else ""


def _numbers(point: tuple[float, float]) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
