"""The layout of a directed graph in layers: boxes in rows, so that edges run from row to row and cross little.

The method has four steps. Each box gets a row below all that it depends on; an edge that passes rows gets a waypoint in
each. Rows are ordered by the medians of their neighbours, over and over, and the order with the fewest crossings is
kept. Boxes stand in the middle of their neighbours, as far as there is room, and waypoints in straight lines beside
them. Edges then run through the space between the rows, at right angles, each in a track of its own where they would
meet.

A box may hold a diagram of its own, which is laid out first and then takes part as one box; edges into it go on from
ports in its frame.

Source: Kozo Sugiyama, Shojiro Tagawa and Mitsuhiko Toda, *Methods for Visual Understanding of Hierarchical System
Structures*, 1981.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

Point = tuple[float, float]
GAP, ROOM, TRACK, MARGIN, HEADER = 26.0, 28.0, 9.0, 16.0, 24.0
_SWEEPS, _VAIN = 24, 4  # so many sweeps at most, and so many without success


@dataclass
class Box:
    """A box of a size, or a frame around a diagram, of at least that size."""

    key: str
    width: float = 0.0
    height: float = 0.0
    inner: Diagram | None = None
    title: str = ""


@dataclass(frozen=True)
class Edge:
    """An arrow between boxes; the numbers say which output and which input of a diagram inside they mean."""

    source: str
    target: str
    output: int = 0
    input: int = 0


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


@dataclass
class _Node:
    """A box or a waypoint in its row."""

    key: str
    width: float
    height: float
    row: int
    drawing: Drawing | None = None
    x: float = 0.0
    above: list[tuple[_Node, float, float]] = field(default_factory=list)
    """Neighbours in the row above, with the offsets of the edge from the two centres."""
    below: list[tuple[_Node, float, float]] = field(default_factory=list)


def _lay_out(diagram: Diagram, sideways: bool, frame: Box | None = None) -> Drawing:
    """Places for edges that run down; within a frame, room is left for its title, and ports are made."""
    nested = frame is not None
    nodes = {box.key: _node(box, sideways) for box in diagram.boxes}
    edges = list(dict.fromkeys(edge for edge in diagram.edges if edge.source != edge.target))
    if nested:  # the ports are boxes without size, in the first and the last row
        ports_in = [_Node(f"in {number}", 0, 0, 0) for number in range(len(diagram.inputs))]
        ports_out = [_Node(f"out {number}", 0, 0, 0) for number in range(len(diagram.outputs))]
        nodes |= {port.key: port for port in (*ports_in, *ports_out)}
        edges += [Edge(port.key, key) for port, key in zip(ports_in, diagram.inputs, strict=True)]
        edges += [Edge(key, port.key) for port, key in zip(ports_out, diagram.outputs, strict=True)]
    rows, chains = _rows(nodes, edges)
    _order(rows)
    _place(rows, [chain for _, chain in chains])
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
    for edge, chain in chains:
        drawing.lines.append((_line(chain, edge, nodes, tops, bottoms, tracks, drawing.height), _ends(edge, nodes)))
    if nested:
        drawing.ports_in = [port.x for port in ports_in]
        drawing.ports_out = [port.x for port in ports_out]
    return drawing


def _node(box: Box, sideways: bool) -> _Node:
    if box.inner is None:
        return _Node(box.key, box.width, box.height, 0)
    drawing = _lay_out(box.inner, sideways, box)
    drawing.frames.insert(0, (box.title, (0, 0, drawing.width, drawing.height)))
    return _Node(box.key, drawing.width, drawing.height, 0, drawing)


# ---------------------------------------------------------------------- rows


def _rows(nodes: dict[str, _Node], edges: Sequence[Edge]) -> tuple[list[list[_Node]], list[tuple[Edge, list[_Node]]]]:
    """The rows, waypoints included, and each edge as the nodes it goes through, from above to below."""
    forward = _without_cycles(list(nodes), edges)
    for key in _sorted_by_dependence(list(nodes), forward):
        for edge in forward:
            if edge.source == key:
                nodes[edge.target].row = max(nodes[edge.target].row, nodes[key].row + 1)
    last = max((node.row for node in nodes.values()), default=0)
    for key in reversed(_sorted_by_dependence(list(nodes), forward)):  # sources stand right above what they feed
        below = [nodes[edge.target].row for edge in forward if edge.source == key]
        above = any(edge.target == key for edge in forward)
        if below and not above and not key.startswith("in "):
            nodes[key].row = min(below) - 1
        if key.startswith("out "):
            nodes[key].row = last
    rows: list[list[_Node]] = [[] for _ in range(last + 1)]
    for node in nodes.values():
        rows[node.row].append(node)
    reversed_edges = {edge for edge in edges if Edge(edge.target, edge.source, edge.input, edge.output) in forward}
    chains = []
    for number, edge in enumerate(edges):
        ends = [nodes[edge.source], nodes[edge.target]]
        if edge in reversed_edges and edge not in forward:
            ends.reverse()
        waypoints = [_Node(f"via {number} {row}", 0, 0, row) for row in range(ends[0].row + 1, ends[1].row)]
        for waypoint in waypoints:
            rows[waypoint.row].append(waypoint)
        chain = [ends[0], *waypoints, ends[1]]
        offsets = [(0.0, 0.0)] * (len(chain) - 1)
        start = _port(ends[0], edge.output, "ports_out") if ends[0].key == edge.source else 0.0
        end = _port(ends[1], edge.input, "ports_in") if ends[1].key == edge.target else 0.0
        offsets[0] = (start, offsets[0][1])
        offsets[-1] = (offsets[-1][0], end)
        for upper, lower, (upper_offset, lower_offset) in zip(chain[:-1], chain[1:], offsets, strict=True):
            upper.below.append((lower, upper_offset, lower_offset))
            lower.above.append((upper, upper_offset, lower_offset))
        chains.append((edge, chain))
    return rows, chains


def _port(node: _Node, number: int, side: str) -> float:
    """How far an edge meets a box from its centre."""
    ports: list[float] = [] if node.drawing is None else getattr(node.drawing, side)
    return ports[min(number, len(ports) - 1)] - node.width / 2 if ports else 0.0


def _without_cycles(keys: list[str], edges: Sequence[Edge]) -> set[Edge]:
    """The edges, some of them turned round, so that none leads back; layers used twice make such circles."""
    following: dict[str, list[Edge]] = {key: [] for key in keys}
    for edge in edges:
        following[edge.source].append(edge)
    forward: set[Edge] = set()
    state = dict.fromkeys(keys, 0)  # 1 while being visited, 2 when done
    for root in keys:
        stack = [(root, iter(following[root]))] if not state[root] else []
        state[root] = state[root] or 1
        while stack:
            key, waiting = stack[-1]
            found = next(waiting, None)
            if found is None:
                state[key] = 2
                stack.pop()
            elif state[found.target] == 1:
                forward.add(Edge(found.target, found.source, found.input, found.output))
            else:
                forward.add(found)
                if not state[found.target]:
                    state[found.target] = 1
                    stack.append((found.target, iter(following[found.target])))
    return forward


def _sorted_by_dependence(keys: list[str], edges: set[Edge]) -> list[str]:
    waiting = dict.fromkeys(keys, 0)
    following: dict[str, list[str]] = {key: [] for key in keys}
    for edge in edges:
        waiting[edge.target] += 1
        following[edge.source].append(edge.target)
    ready = [key for key in keys if not waiting[key]]
    for key in ready:  # grows while it is read
        for target in following[key]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return ready


# ---------------------------------------------------------------------- order and places within rows


def _order(rows: list[list[_Node]]) -> None:
    best, fewest, vain = [list(row) for row in rows], _crossings(rows), 0
    for sweep in range(_SWEEPS):
        if not fewest or vain == _VAIN:
            break
        down = sweep % 2 == 0
        for fixed, row in itertools.pairwise(rows if down else rows[::-1]):
            place = {id(node): number for number, node in enumerate(fixed)}
            own = {id(node): number for number, node in enumerate(row)}
            row.sort(key=lambda node: _middle(node, place, own, down))
        count = _crossings(rows)
        vain += 1
        if count < fewest:
            best, fewest, vain = [list(row) for row in rows], count, 0
    for row, kept in zip(rows, best, strict=True):
        row[:] = kept


def _middle(node: _Node, place: dict[int, int], own: dict[int, int], down: bool) -> float:
    neighbours = [place[id(other)] for other, _, _ in (node.above if down else node.below)]
    return median(neighbours) if neighbours else own[id(node)]


def _crossings(rows: list[list[_Node]]) -> int:
    count = 0
    for upper, lower in itertools.pairwise(rows):
        place = {id(node): number for number, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            ends = [place[id(other)] for other, _, _ in node.below]
            count += sum(len(seen) - bisect.bisect_right(seen, end) for end in ends)
            for end in ends:
                bisect.insort(seen, end)
    return count


def _place(rows: list[list[_Node]], chains: list[list[_Node]]) -> None:
    for row in rows:
        _settle(row, [0.0] * len(row), [0] * len(row))
    for sweep in range(2 * _VAIN + 1):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            ranks = [len(node.above if down else node.below) if node.width else 0 for node in row]
            _settle(row, [_wish(node, down) for node in row], ranks)
    places = {id(node): (row, number) for row in rows for number, node in enumerate(row)}
    for _ in range(3):
        for chain in chains:
            _straighten(chain[1:-1], places)


def _wish(node: _Node, down: bool) -> float:
    """Where the edges of a node on one side would be straight: in the middle of the boxes there."""
    if down:
        wishes = [(other.width > 0, other.x + theirs - own) for other, theirs, own in node.above]
    else:
        wishes = [(other.width > 0, other.x + theirs - own) for other, own, theirs in node.below]
    boxes = [wish for is_box, wish in wishes if is_box]
    return median(boxes or [wish for _, wish in wishes]) if wishes else node.x


def _straighten(waypoints: list[_Node], places: dict[int, tuple[list[_Node], int]]) -> None:
    """Put the waypoints of an edge in a line, in as few pieces as their neighbours allow."""
    run: list[_Node] = []
    low, high = -math.inf, math.inf
    for node in [*waypoints, None]:
        left, right = (-math.inf, math.inf) if node is None else _free(node, *places[id(node)])
        if node is None or max(low, left) > min(high, right):
            here = median(other.x for other in run) if run else 0.0
            for other in run:
                other.x = min(max(here, low), high)
            run, low, high = [], -math.inf, math.inf
        if node is not None:
            run.append(node)
            low, high = max(low, left), min(high, right)


def _free(node: _Node, row: list[_Node], number: int) -> tuple[float, float]:
    """Between which places a waypoint can move without changing the order of its row."""
    left, right = row[number - 1] if number else None, row[number + 1] if number + 1 < len(row) else None
    return (
        -math.inf if left is None else left.x + left.width / 2 + GAP / 2,
        math.inf if right is None else right.x - right.width / 2 - GAP / 2,
    )


def _settle(row: list[_Node], wishes: list[float], ranks: list[int]) -> None:
    """Put the nodes of a row where they wish, as far as those of higher rank (with more edges) leave room.

    With the room that nodes need taken off, places must only not decrease.
    """
    room = [0.0]
    for left, right in itertools.pairwise(row):
        gap = GAP if left.width and right.width else GAP / 2
        room.append(room[-1] + left.width / 2 + gap + right.width / 2)
    done: list[int] = []
    places: list[float] = []
    for number in sorted(range(len(row)), key=lambda number: -ranks[number]):
        i = bisect.bisect(done, number)
        low, high = places[i - 1] if i else -math.inf, places[i] if i < len(done) else math.inf
        done.insert(i, number)
        places.insert(i, min(max(wishes[number] - room[number], low), high))
    for node, place, offset in zip(row, places, room, strict=False):
        node.x = place + offset


# ---------------------------------------------------------------------- heights and lines


def _heights(rows: list[list[_Node]], top: float) -> tuple[list[float], list[float], dict[tuple[int, float], float]]:
    """Upper and lower ends of the rows, and the height of the level part of each edge that has one."""
    tops, bottoms, tracks = [], [], {}
    for number, row in enumerate(rows):
        tops.append(top)
        bottoms.append(top + max((node.height for node in row), default=0.0))
        taken: list[float] = []  # where the last part in each track ends
        for start, ends in sorted(_level(row), key=lambda part: min(part[0], *part[1])):
            low, high = min(start, *ends), max(start, *ends)
            track = next((i for i, end in enumerate(taken) if end + 6 < low), len(taken))
            taken[track : track + 1] = [high]
            tracks[number, start] = bottoms[-1] + ROOM * 0.4 + TRACK * track
        top = bottoms[-1] + ROOM + TRACK * max(len(taken) - 1, 0)
    return tops, bottoms, tracks


def _level(row: list[_Node]) -> Iterator[tuple[float, list[float]]]:
    """Where level parts of edges below a row start and end; edges from one point share theirs."""
    for node in row:
        for offset in sorted({own for _, own, _ in node.below}):
            start = node.x + offset
            ends = [other.x + theirs for other, own, theirs in node.below if own == offset]
            if any(abs(end - start) > 0.5 for end in ends):
                yield start, ends


def _line(
    chain: list[_Node],
    edge: Edge,
    nodes: dict[str, _Node],
    tops: list[float],
    bottoms: list[float],
    tracks: dict[tuple[int, float], float],
    height: float,
) -> list[Point]:
    points: list[Point] = []
    for upper, lower in itertools.pairwise(chain):
        own, theirs = next((own, theirs) for other, own, theirs in upper.below if other is lower)
        if upper.key == edge.source and lower.key == edge.target:
            own, theirs = _port(upper, edge.output, "ports_out"), _port(lower, edge.input, "ports_in")
        start, end = upper.x + own, lower.x + theirs
        low, high = bottoms[upper.row], tops[lower.row]
        low -= (low - tops[upper.row] - upper.height) / 2
        high += (bottoms[lower.row] - high - lower.height) / 2
        low = 0.0 if upper.key.startswith("in ") else low
        high = height if lower.key.startswith("out ") else high
        points.append((start, low))
        if abs(start - end) > 0.5:
            level = tracks[upper.row, start]
            points += [(start, level), (end, level)]
        points.append((end, high))
    if chain[0].key != edge.source:
        points.reverse()
    return [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]


def _ends(edge: Edge, nodes: dict[str, _Node]) -> bool:
    """Whether an edge ends at a box, rather than at the frame of a diagram, where it goes on."""
    return nodes[edge.target].drawing is None and not edge.target.startswith("out ")


def _draw_box(drawing: Drawing, node: _Node, top: float) -> None:
    left = node.x - node.width / 2
    if node.drawing is None:
        drawing.boxes[node.key] = (left, top, node.width, node.height)
        return
    inner = _moved(node.drawing, lambda x, y: (x + left, y + top), (node.width, node.height))
    drawing.boxes |= inner.boxes
    drawing.frames += inner.frames
    drawing.lines += inner.lines
