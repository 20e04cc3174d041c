"""The picture of the branches: a lane for each, and its revisions from left to right."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from .elements import Markup, element
from .layout import Edge, Node, make_layout
from .values import APPLIED, GraphBranch
from .words import KINDS, MEANINGS

LANE = 44
"""How high a lane is, in pixels; the style sheet and the script know it, too."""

_ODD = re.compile(r"[^a-z0-9_]")

_COLUMN, _MARGIN = 30, 24

_ROOM, _LENGTH = 240, 34
"""How much room there is for what the last revision of a lane says, and how many characters."""


def find_anchor(branch: str) -> str:
    """Return the id of the part of the page that is about a branch."""
    return f"p-{_ODD.sub('-', branch)}"


def show_state(state: str) -> Markup:
    """Return a state as a word, with its sign."""
    sign = element(
        "svg", draw_sign(state, 7), width=14, height=14, viewBox="0 0 14 14", aria_hidden="true"
    )
    return element("span", sign, state, class_=f"word {KINDS.get(state, 'quiet')}")


def draw_sign(state: str, x: int, y: int = 7) -> Markup:
    """Return the sign of a state, which is told by its shape, too."""
    kind = KINDS.get(state, "still")
    square = {"x": x - 5, "y": y - 5, "width": 10, "height": 10}
    if kind == "bad":
        cross = f"M{x - 3} {y - 3}L{x + 3} {y + 3}M{x + 3} {y - 3}L{x - 3} {y + 3}"
        box = element("rect", **square, class_=f"glyph {kind}")
        return Markup(box + element("path", d=cross, class_="glyph mark"))
    if state == "orphaned":
        return element("rect", **square, class_=f"glyph hollow {kind}")
    if state == "ahead":
        diamond = f"M{x} {y - 6}L{x + 6} {y}L{x} {y + 6}L{x - 6} {y}Z"
        return element("path", d=diamond, class_=f"glyph {kind}")
    if kind == "wrong":
        triangle = f"M{x} {y - 6}L{x + 6} {y + 5}L{x - 6} {y + 5}Z"
        return element("path", d=triangle, class_=f"glyph {kind}")
    filled = "glyph" if kind == "good" else "glyph hollow"
    return element("circle", cx=x, cy=y, r=5, class_=f"{filled} {kind}")


def make_legend(branches: Iterable[GraphBranch]) -> Markup:
    """Return what the signs in the picture mean, as far as they are there."""
    known = {item.state for branch in branches for item in branch.revisions}
    items = [
        element("li", show_state(state), title=meaning)
        for state, meaning in MEANINGS.items()
        if state in known
    ]
    return element("ul", items, class_="legend", aria_label="States of revisions")


def make_picture(branches: Sequence[GraphBranch]) -> Markup:
    """Return the picture, with the names of the branches beside it."""
    layout = make_layout(branches)
    width = max(layout.columns - 1, 0) * _COLUMN + 2 * _MARGIN + _ROOM
    height = len(branches) * LANE
    drawn = element(
        "svg",
        [_draw_edge(edge) for edge in layout.edges],
        [
            _draw_lane(branch, nodes, number, layout.columns)
            for number, (branch, nodes) in enumerate(zip(branches, layout.lanes, strict=True))
        ],
        class_="picture",
        width=width,
        height=height,
        aria_hidden="true",
        focusable="false",
    )
    names = element("ol", map(_make_label, branches), class_="lanes")
    return element(
        "div", names, drawn, class_="graph", role="group", tabindex=0, aria_label="Lanes"
    )


def _make_label(branch: GraphBranch) -> Markup:
    link = element("a", branch.name, href=f"#{find_anchor(branch.name)}")
    kind = KINDS.get(branch.states[-1], "still")
    states = element("span", ", ".join(branch.states), class_=f"state {kind}")
    return element("li", link, states)


def _draw_lane(branch: GraphBranch, nodes: Sequence[Node], number: int, columns: int) -> Markup:
    tracks = [
        element(
            "line",
            x1=_find_x(first.column),
            y1=LANE // 2,
            x2=_find_x(second.column),
            y2=LANE // 2,
            class_="track" if second.revisions[0].state in APPLIED else "track later",
        )
        for first, second in pairwise(nodes)
    ]
    row = element("line", x1=0, x2="100%", y1=f"{LANE - 0.5}", y2=f"{LANE - 0.5}", class_="row")
    return element(
        "g",
        row,
        tracks,
        [_draw_node(branch, node) for node in nodes],
        _write_message(nodes[-1], columns) if nodes else None,
        class_="lane",
        transform=f"translate(0 {number * LANE})",
    )


def _draw_node(branch: GraphBranch, node: Node) -> Markup:
    first, x = node.revisions[0], _find_x(node.column)
    many = len(node.revisions)
    title = f"{first.revision}, {first.state}: {first.message}"
    sign = draw_sign(first.state, x, LANE // 2)
    if many > 1:
        title = f"{many} revisions, applied: {first.revision} to {node.revisions[-1].revision}"
        box = element(
            "rect", x=x - 12, y=LANE // 2 - 8, width=24, height=16, rx=8, class_="glyph good"
        )
        sign = Markup(box + element("text", str(many), x=x, y=LANE // 2 + 3, class_="number"))
    return element(
        "a",
        element("title", title),
        sign,
        href=f"#{find_anchor(branch.name)}",
        tabindex=-1,
    )


def _write_message(node: Node, columns: int) -> Markup:
    """Write what the last revision of a lane says to the right of all of them."""
    words = node.revisions[-1].message
    short = words if len(words) <= _LENGTH else f"{words[: _LENGTH - 1].rstrip()}…"
    return element("text", short, x=_find_x(columns), y=LANE // 2 + 4, class_="last")


def _draw_edge(edge: Edge) -> Markup:
    start, end = _find_x(edge.from_column), _find_x(edge.to_column)
    y1, y2 = (lane * LANE + LANE // 2 for lane in (edge.from_lane, edge.to_lane))
    middle = (start + end) // 2
    return element(
        "path",
        d=f"M{start} {y1}C{middle} {y1} {middle} {y2} {end} {y2}",
        class_="edge required" if edge.is_requirement else "edge",
        data_from=edge.from_lane,
        data_to=edge.to_lane,
        data_start=start,
        data_end=end,
    )


def _find_x(column: int) -> int:
    return _MARGIN + column * _COLUMN
