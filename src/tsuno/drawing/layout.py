"""The layout of a directed graph in layers: boxes in rows, so that edges run from row to row and cross little.

`rows` puts the boxes into rows, with a waypoint in each row that an edge passes. Edges then run through the space
between the rows, at right angles, each in a track of its own where they would meet, and end side by side where several
reach one box.

A box may hold a diagram of its own, which is laid out first and then takes part as one box; edges into it go on from
ports in its frame.

Source: Kozo Sugiyama, Shojiro Tagawa and Mitsuhiko Toda, *Methods for Visual Understanding of Hierarchical System
Structures*, 1981.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tsuno.drawing.rows import Edge, Link, Node, in_rows, order_rows, place_in_rows

Point = tuple[float, float]
ROOM, TRACK, MARGIN, HEADER = 28.0, 9.0, 16.0, 24.0
"""Between rows; between level parts there; around what is in a frame; for its title."""


@dataclass
class Box:
    """A box of a size, or a frame around a diagram, of at least that size."""

    key: str
    width: float = 0.0
    height: float = 0.0
    inner: Diagram | None = None
    title: str = ""


@dataclass
class Diagram:
    """Boxes and edges, and the boxes where edges from outside come in and go out."""

    boxes: list[Box] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


@dataclass
class Drawing:
    """A diagram with places: rectangles as (x, y, width, height), and lines as points."""

    width: float = 0.0
    height: float = 0.0
    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    frames: list[tuple[str, tuple[float, float, float, float]]] = field(default_factory=list)
    lines: list[tuple[list[Point], bool]] = field(default_factory=list)
    """Points, and whether the line ends in an arrow."""
    ports_in: list[float] = field(default_factory=list)
    """Where edges come in through the upper side."""
    ports_out: list[float] = field(default_factory=list)


def layout(diagram: Diagram, rankdir: str = "TB") -> Drawing:
    """Places for a diagram; edges run down (TB), up (BT), right (LR) or left (RL)."""
    sideways = rankdir in ("LR", "RL")
    drawing = _lay_out(_turned(diagram) if sideways else diagram, sideways)
    if sideways:
        drawing = _moved(drawing, lambda x, y: (y, x), (drawing.height, drawing.width))
    if rankdir == "BT":
        drawing = _moved(drawing, lambda x, y: (x, drawing.height - y), (drawing.width, drawing.height))
    if rankdir == "RL":
        drawing = _moved(drawing, lambda x, y: (drawing.width - x, y), (drawing.width, drawing.height))
    return drawing


def _turned(diagram: Diagram) -> Diagram:
    """The diagram with width and height of all boxes exchanged."""
    boxes = [
        replace(box, width=box.height, height=box.width, inner=_turned(box.inner) if box.inner else None)
        for box in diagram.boxes
    ]
    return replace(diagram, boxes=boxes)


def _moved(drawing: Drawing, move: Callable[[float, float], Point], size: Point) -> Drawing:
    def rectangle(old: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        x, y, width, height = old
        (left, top), (right, bottom) = move(x, y), move(x + width, y + height)
        return min(left, right), min(top, bottom), abs(right - left), abs(bottom - top)

    return Drawing(
        *size,
        {key: rectangle(old) for key, old in drawing.boxes.items()},
        [(title, rectangle(old)) for title, old in drawing.frames],
        [([move(*point) for point in points], arrow) for points, arrow in drawing.lines],
    )


def _lay_out(diagram: Diagram, sideways: bool, frame: Box | None = None) -> Drawing:
    """Places for edges that run down; within a frame, room is left for its title, and ports are made."""
    nested = frame is not None
    nodes = {box.key: _node(box, sideways) for box in diagram.boxes}
    edges = list(dict.fromkeys(_plain(edge, nodes) for edge in diagram.edges if edge.source != edge.target))
    if nested:  # the ports are boxes without size, in the first and the last row
        ports_in = [Node(f"in {number}", 0, 0, 0) for number in range(len(diagram.inputs))]
        ports_out = [Node(f"out {number}", 0, 0, 0) for number in range(len(diagram.outputs))]
        nodes |= {port.key: port for port in (*ports_in, *ports_out)}
        edges += [Edge(port.key, key) for port, key in zip(ports_in, diagram.inputs, strict=True)]
        edges += [Edge(key, port.key) for port, key in zip(ports_out, diagram.outputs, strict=True)]
    rows, chains = in_rows(nodes, edges)
    order_rows(rows)
    place_in_rows(rows)
    left = min((node.x - node.width / 2 for row in rows for node in row), default=0)
    side = top = edge_room = 0.0
    if frame is not None:
        edge_room = MARGIN
        side, top = (MARGIN + HEADER, 0) if sideways else (MARGIN, HEADER)
    for row in rows:
        for node in row:
            node.x += side - left
    drawing = Drawing()
    drawing.width = max((node.x + node.width / 2 for row in rows for node in row), default=0) + edge_room
    tops, bottoms, tracks = _heights(rows, top)
    drawing.height = (bottoms[-1] if bottoms else 0.0) + edge_room
    if frame is not None:
        drawing.width, drawing.height = max(drawing.width, frame.width), max(drawing.height, frame.height)
    for row, row_top, row_bottom in zip(rows, tops, bottoms, strict=True):
        for node in row:
            if node.key in nodes and not (node.width == node.height == 0):
                _draw_box(drawing, node, row_top + (row_bottom - row_top - node.height) / 2)
    for edge, links in chains:
        drawing.lines.append((_line(links, tops, bottoms, tracks, drawing.height), _ends(edge, nodes)))
    if nested:
        drawing.ports_in = [port.x for port in ports_in]
        drawing.ports_out = [port.x for port in ports_out]
    return drawing


def _node(box: Box, sideways: bool) -> Node:
    if box.inner is None:
        return Node(box.key, box.width, box.height, 0)
    drawing = _lay_out(box.inner, sideways, box)
    drawing.frames.insert(0, (box.title, (0, 0, drawing.width, drawing.height)))
    return Node(box.key, drawing.width, drawing.height, 0, drawing)


def _plain(edge: Edge, nodes: dict[str, Node]) -> Edge:
    """An edge without the numbers that say nothing, where there is no diagram inside."""
    output = edge.output if nodes[edge.source].drawing is not None else 0
    return replace(edge, output=output, input=edge.input if nodes[edge.target].drawing is not None else 0)


# ---------------------------------------------------------------------- heights and lines


def _heights(rows: list[list[Node]], top: float) -> tuple[list[float], list[float], dict[tuple[int, float], float]]:
    """Upper and lower ends of the rows, and the height of the level part of each edge that has one."""
    tops, bottoms, tracks = [], [], {}
    for number, row in enumerate(rows):
        tops.append(top)
        bottoms.append(top + max((node.height for node in row), default=0.0))
        levels = _tracks(list(_level(row)))
        for start, track in levels.items():
            tracks[number, start] = bottoms[-1] + ROOM * 0.4 + TRACK * track
        following = rows[number + 1] if number + 1 < len(rows) else []
        to_ports = not any(node.height for node in following) or not any(node.height for node in row)
        room = ROOM * 0.4 if to_ports and not levels else ROOM  # no arrow ends there
        top = bottoms[-1] + room + TRACK * max(levels.values(), default=0)
    return tops, bottoms, tracks


_Part = tuple[float, list[float]]


def _tracks(parts: list[_Part]) -> dict[float, int]:
    """The track of each level part by its start, so that neither they nor the upright parts at their ends meet.

    Where one part starts right above the end of another, it must be in a track above.
    """
    above = {
        start: [other for other, _ in parts if other != start and any(abs(end - other) < 6 for end in ends)]
        for start, ends in parts
    }
    found: dict[float, int] = {}
    taken: list[list[tuple[float, float]]] = []
    waiting = sorted(parts, key=lambda part: min(part[0], *part[1]))
    while waiting:
        left = {start for start, _ in waiting}
        part = next((part for part in waiting if not left.intersection(above[part[0]])), waiting[0])
        waiting.remove(part)
        start, ends = part
        low, high = min(start, *ends), max(start, *ends)
        track = max((found[other] + 1 for other in above[start] if other in found), default=0)
        while track < len(taken) and any(low < last + 10 and first < high + 10 for first, last in taken[track]):
            track += 1
        while track >= len(taken):
            taken.append([])
        taken[track].append((low, high))
        found[start] = track
    return found


def _level(row: list[Node]) -> Iterator[_Part]:
    """Where level parts of edges below a row start and end; edges from one point share theirs."""
    for node in row:
        for offset in sorted({link.own for link in node.below}):
            start = node.x + offset
            ends = [link.end for link in node.below if link.own == offset]
            if any(abs(end - start) > 0.5 for end in ends):
                yield start, ends


def _line(
    links: list[Link], tops: list[float], bottoms: list[float], tracks: dict[tuple[int, float], float], height: float
) -> list[Point]:
    points: list[Point] = []
    for link in links:
        upper, lower = link.upper, link.lower
        low, high = bottoms[upper.row], tops[lower.row]
        low -= (low - tops[upper.row] - upper.height) / 2
        high += (bottoms[lower.row] - high - lower.height) / 2
        low = 0.0 if upper.key.startswith("in ") else low
        high = height if lower.key.startswith("out ") else high
        points.append((link.start, low))
        if abs(link.start - link.end) > 0.5:
            level = tracks[upper.row, link.start]
            points += [(link.start, level), (link.end, level)]
        points.append((link.end, high))
    if links[0].back:
        points.reverse()
    return [point for i, point in enumerate(points) if not _is_between(point, points[i - 1 : i], points[i + 1 : i + 2])]


def _is_between(point: Point, before: list[Point], after: list[Point]) -> bool:
    """Whether a point is on the level or upright line from one to the next."""
    far = [max((abs(point[i] - other[i]) for other in (*before, *after)), default=1.0) for i in (0, 1)]
    return bool(before and after) and min(far) < 0.01


def _ends(edge: Edge, nodes: dict[str, Node]) -> bool:
    """Whether an edge ends at a box, rather than at the frame of a diagram, where it goes on."""
    return nodes[edge.target].drawing is None and not edge.target.startswith("out ")


def _draw_box(drawing: Drawing, node: Node, top: float) -> None:
    left = node.x - node.width / 2
    if node.drawing is None:
        drawing.boxes[node.key] = (left, top, node.width, node.height)
        return
    inner = _moved(node.drawing, lambda x, y: (x + left, y + top), (node.width, node.height))
    drawing.boxes |= inner.boxes
    drawing.frames += inner.frames
    drawing.lines += inner.lines
