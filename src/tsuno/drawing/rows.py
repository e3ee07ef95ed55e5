"""The boxes of a diagram in rows: which row, in which order, and where in it.

Each box gets a row below all that it depends on; an edge that passes rows gets a waypoint in each. Rows are ordered by
the medians of their neighbours, over and over, and the order with the fewest crossings is kept. Boxes then stand in
the middle of their neighbours, as far as there is room; what follows one after the other stands in a straight line.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, median_low
from typing import Any

GAP = 26.0
_SWEEPS, _VAIN = 24, 4  # so many sweeps at most, and so many without success
_APART, _INSET = 14.0, 10.0  # of the ends of edges at one side of a box: from each other, and from its corners


@dataclass(frozen=True)
class Edge:
    """An arrow between boxes; the numbers say which output and which input of a diagram inside they mean."""

    source: str
    target: str
    output: int = 0
    input: int = 0


@dataclass
class Node:
    """A box or a waypoint in its row."""

    key: str
    width: float
    height: float
    row: int
    drawing: Any = None
    """What is inside, laid out: with `ports_in` and `ports_out`."""
    room: float = 0.0
    """The width that is kept free for it."""
    x: float = 0.0
    above: list[Link] = field(default_factory=list)
    below: list[Link] = field(default_factory=list)


@dataclass(eq=False)
class Link:
    """The part of an edge from one row to the next."""

    upper: Node
    lower: Node
    own: float = 0.0
    """How far from the centre of the upper node it starts."""
    theirs: float = 0.0
    """How far from the centre of the lower node it ends."""
    back: bool = False
    """Whether the edge runs from below to above."""

    @property
    def start(self) -> float:
        return self.upper.x + self.own

    @property
    def end(self) -> float:
        return self.lower.x + self.theirs


def in_rows(nodes: dict[str, Node], edges: Sequence[Edge]) -> tuple[list[list[Node]], list[tuple[Edge, list[Link]]]]:
    """The rows, waypoints included, and each edge as its parts from row to row, from above to below."""
    forward = _without_cycles(list(nodes), edges)
    following: dict[str, list[str]] = {key: [] for key in nodes}
    for edge in forward:
        following[edge.source].append(edge.target)
    fed = {edge.target for edge in forward}
    order = _sorted_by_dependence(list(nodes), forward)
    for key in order:
        for target in following[key]:
            nodes[target].row = max(nodes[target].row, nodes[key].row + 1)
    last = max((node.row for node in nodes.values()), default=0)
    for key in reversed(order):  # sources stand right above what they feed
        if following[key] and key not in fed and not key.startswith("in "):
            nodes[key].row = min(nodes[target].row for target in following[key]) - 1
        if key.startswith("out "):
            nodes[key].row = last
    rows: list[list[Node]] = [[] for _ in range(last + 1)]
    for node in nodes.values():
        rows[node.row].append(node)
    reversed_edges = {edge for edge in edges if Edge(edge.target, edge.source, edge.input, edge.output) in forward}
    chains = []
    for number, edge in enumerate(edges):
        ends = [nodes[edge.source], nodes[edge.target]]
        if edge in reversed_edges and edge not in forward:
            ends.reverse()
        waypoints = [Node(f"via {number} {row}", 0, 0, row) for row in range(ends[0].row + 1, ends[1].row)]
        for waypoint in waypoints:
            rows[waypoint.row].append(waypoint)
        back = ends[0].key != edge.source
        links = [Link(*pair, back=back) for pair in itertools.pairwise([ends[0], *waypoints, ends[1]])]
        if not back:
            links[0].own = _port(ends[0], edge.output, "ports_out")
            links[-1].theirs = _port(ends[1], edge.input, "ports_in")
        for link in links:
            link.upper.below.append(link)
            link.lower.above.append(link)
        chains.append((edge, links))
    return rows, chains


def _port(node: Node, number: int, side: str) -> float:
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


def order_rows(rows: list[list[Node]]) -> None:
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


def _middle(node: Node, place: dict[int, int], own: dict[int, int], down: bool) -> float:
    neighbours = [place[id(link.upper if down else link.lower)] for link in (node.above if down else node.below)]
    return median(neighbours) if neighbours else own[id(node)]


def _crossings(rows: list[list[Node]]) -> int:
    count = 0
    for upper, lower in itertools.pairwise(rows):
        place = {id(node): number for number, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            ends = [place[id(link.lower)] for link in node.below]
            count += sum(len(seen) - bisect.bisect_right(seen, end) for end in ends)
            for end in ends:
                bisect.insort(seen, end)
    return count


def place_in_rows(rows: list[list[Node]]) -> None:
    series = list(_series(rows))
    for row in rows:
        for node in row:
            node.room = node.width
    for nodes in series:  # each has room for the widest, so that all can stand in one line
        boxes = [node for node in nodes if node.width and node.drawing is None]
        for node in boxes:
            node.room = max(box.width for box in boxes)
    for row in rows:
        _settle(row, [0.0] * len(row), [0] * len(row))
    for sweep in range(2 * _VAIN + 1):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            ranks = [len(node.above if down else node.below) if node.width else 0 for node in row]
            _settle(row, [_wish(node, down) for node in row], ranks)
    places = {id(node): (row, number) for row in rows for number, node in enumerate(row)}
    for _ in range(3):
        for nodes in series:
            _straighten(nodes, places)
    for row in rows:
        for node in row:
            if node.width and node.drawing is None:
                _spread(node)


def _wish(node: Node, down: bool) -> float:
    """Where the middle one of a node's edges on one side would be straight.

    Of two edges, that is between two boxes, or below the one box beside which another edge passes by.
    """
    if down:
        wishes = [(link.upper.width > 0, link.start - link.theirs) for link in node.above]
    else:
        wishes = [(link.lower.width > 0, link.end - link.own) for link in node.below]
    boxes = [wish for is_box, wish in wishes if is_box]
    if boxes and len(wishes) == 2:
        return median(boxes)
    return median_low([wish for _, wish in wishes] or [node.x])


def _series(rows: list[list[Node]]) -> Iterator[list[Node]]:
    """Nodes that follow one after the other with nothing else between, from above to below."""
    for row in rows:
        for node in row:
            if len(node.above) == 1 and len(node.above[0].upper.below) == 1:
                continue  # the one above has it in its series
            nodes = [node]
            while len(nodes[-1].below) == 1 and len(nodes[-1].below[0].lower.above) == 1:
                nodes.append(nodes[-1].below[0].lower)
            if len(nodes) > 1:
                yield nodes


def _straighten(nodes: list[Node], places: dict[int, tuple[list[Node], int]]) -> None:
    """Put the nodes of a series in a line, in as few pieces as their neighbours allow."""
    run: list[tuple[Node, float]] = []
    low, high, bend = -math.inf, math.inf, 0.0
    for node in [*nodes, None]:
        if node is not None and node is not nodes[0]:
            bend += node.above[0].own - node.above[0].theirs
        left, right = (-math.inf, math.inf) if node is None else _free(node, *places[id(node)])
        if node is None or max(low, left - bend) > min(high, right - bend):
            boxes = [other.x - offset for other, offset in run if other.width] or [o.x - offset for o, offset in run]
            here = min(max(median(boxes), low), high) if run else 0.0
            for other, offset in run:
                other.x = here + offset
            run, low, high = [], -math.inf, math.inf
        if node is not None:
            run.append((node, bend))
            low, high = max(low, left - bend), min(high, right - bend)


def _free(node: Node, row: list[Node], number: int) -> tuple[float, float]:
    """Between which places a node can move without changing the order of its row."""
    left, right = row[number - 1] if number else None, row[number + 1] if number + 1 < len(row) else None
    return (
        -math.inf if left is None else left.x + _apart(left, node),
        math.inf if right is None else right.x - _apart(node, right),
    )


def _apart(left: Node, right: Node) -> float:
    """How far the centres of neighbours must be from each other."""
    return left.room / 2 + (GAP if left.width and right.width else GAP / 2) + right.room / 2


def _spread(node: Node) -> None:
    """Let edges that reach a box end side by side, straight where that is possible; those that leave share a start."""
    for links in (node.above, [link for link in node.below if link.back]):
        upper = links is not node.above
        if len(links) < 2 - upper:
            continue
        wishes = sorted(((link.end if upper else link.start) - node.x, place) for place, link in enumerate(links))
        half = max(node.width / 2 - _INSET, 0.0)
        step = min(_APART, 2 * half / max(len(links) - 1, 1))
        beyond = min(half, step * len(links) / 2)  # where those come in that cannot be straight
        wanted = [wish if abs(wish) <= half else math.copysign(beyond, wish) for wish, _ in wishes]
        ranks = [int(abs(wish) <= half) for wish, _ in wishes]
        if upper:  # away from the middle, where others leave
            wanted = [math.copysign(max(abs(wish), min(half, _APART)), wish or 1.0) for wish in wanted]
        room = [step * number for number in range(len(links))]
        for (_, number), place in zip(wishes, _spaced(wanted, ranks, room, -half, half - room[-1]), strict=True):
            if upper:
                links[number].own = place
            else:
                links[number].theirs = place


def _settle(row: list[Node], wishes: list[float], ranks: list[int]) -> None:
    """Put the nodes of a row where they wish, as far as those of higher rank (with more edges) leave room."""
    room = [0.0]
    for left, right in itertools.pairwise(row):
        room.append(room[-1] + _apart(left, right))
    for node, place in zip(row, _spaced(wishes, ranks, room), strict=True):
        node.x = place


def _spaced(
    wishes: list[float], ranks: list[int], room: list[float], least: float = -math.inf, most: float = math.inf
) -> list[float]:
    """Places near those wished for that are as far apart as `room` says; those of higher rank choose first.

    With that room taken off, places must only not decrease, and be within the bounds.
    """
    alike: dict[tuple[int, float], list[int]] = {}
    for number, wish in enumerate(wishes):
        alike.setdefault((ranks[number], round(wish)), []).append(number)
    # The middle one of those with the same wish gets it: else rows would drift to one side, the further down the more.
    order = sorted(
        (-rank, abs(number - (group[0] + group[-1]) / 2), number)
        for (rank, _), group in alike.items()
        for number in group
    )
    done: list[int] = []
    places: list[float] = []
    for _, _, number in order:
        i = bisect.bisect(done, number)
        low, high = places[i - 1] if i else least, places[i] if i < len(done) else most
        done.insert(i, number)
        places.insert(i, min(max(wishes[number] - room[number], low), high))
    return [place + offset for place, offset in zip(places, room, strict=True)]
