"""Where in the picture the revisions are: a lane for each branch, and columns from left to right.

A revision is to the right of those that it follows and depends on, and a plugin's first one is to
the right of what had been applied of the plugins that it requires.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from .values import GraphBranch, GraphRevision

_LONG = 12
"""How many revisions a lane may have before those that need not be seen share a place."""


@dataclass(frozen=True)
class Node:
    """A place in a lane: of one revision, or of several that nothing else is about."""

    column: int
    revisions: tuple[GraphRevision, ...]


@dataclass(frozen=True)
class Edge:
    """What leads from a place to another lane; lanes are numbered as branches come."""

    from_lane: int
    from_column: int
    to_lane: int
    to_column: int
    is_requirement: bool


@dataclass(frozen=True)
class Layout:
    """The picture: what is in each lane, what leads from one to another, and how wide it is."""

    lanes: tuple[tuple[Node, ...], ...]
    edges: tuple[Edge, ...]
    columns: int


Pair = tuple[str, str]
"""A revision, and one of another branch that comes after it."""


def make_layout(branches: Sequence[GraphBranch]) -> Layout:
    """Return where the revisions of branches are."""
    pairs = {**dict.fromkeys(_find_required(branches), True)}
    pairs |= dict.fromkeys(_find_depended(branches), False)
    ends = {revision for pair in pairs for revision in pair}
    groups = [_group(branch.revisions, ends) for branch in branches]
    columns = _find_columns(groups, pairs)
    lanes = tuple(tuple(Node(columns[them[0].revision], them) for them in it) for it in groups)
    owners = {item.revision: lane for lane, it in enumerate(groups) for them in it for item in them}
    edges = tuple(
        Edge(owners[first], columns[first], owners[second], columns[second], is_requirement)
        for (first, second), is_requirement in pairs.items()
    )
    return Layout(lanes, edges, max(columns.values(), default=-1) + 1)


def _find_depended(branches: Sequence[GraphBranch]) -> Iterator[Pair]:
    known = {item.revision for branch in branches for item in branch.revisions}
    for branch in branches:
        for item in branch.revisions:
            yield from ((other, item.revision) for other in item.depends_on if other in known)


def _find_required(branches: Sequence[GraphBranch]) -> Iterator[Pair]:
    """Yield of each requirement what was there last, and the first revision that came after it."""
    by_name = {branch.name: branch.revisions for branch in branches}
    for branch in branches:
        first = min(branch.revisions, key=_find_position, default=None)
        for requirement in branch.requires if first else ():
            others = by_name.get(requirement.name, ())
            before = [item for item in others if _find_position(item) < _find_position(first)]
            last = max(before, key=_find_position, default=None) or next(iter(others[-1:]), None)
            if last and first and last.revision != first.revision:
                yield last.revision, first.revision


def _find_position(item: GraphRevision | None) -> float:
    return float("inf") if item is None or item.position is None else item.position


def _group(
    revisions: Sequence[GraphRevision], ends: Collection[str]
) -> list[tuple[GraphRevision, ...]]:
    """Let revisions of a long lane share a place that are applied and that nothing else is about.

    The first one and the last ones have places of their own.
    """
    groups: list[list[GraphRevision]] = []
    inside = range(1, len(revisions) - 4) if len(revisions) > _LONG else range(0)
    was_plain = False
    for number, item in enumerate(revisions):
        is_plain = number in inside and item.state == "applied" and item.revision not in ends
        if is_plain and was_plain:
            groups[-1].append(item)
        else:
            groups.append([item])
        was_plain = is_plain
    return [tuple(group) for group in groups]


def _find_columns(
    lanes: Sequence[Sequence[tuple[GraphRevision, ...]]], pairs: Collection[Pair]
) -> Mapping[str, int]:
    """Return the columns of revisions by id; those that share a place have the same."""
    before: dict[str, list[str]] = {}
    for lane in lanes:
        places = [them[0].revision for them in lane]
        before |= {second: [first] for first, second in pairwise(places)}
    needed = {name: list(them) for name, them in before.items()}
    for first, second in pairs:
        needed.setdefault(second, []).append(first)
    places = [them[0].revision for lane in lanes for them in lane]
    try:
        order = tuple(
            TopologicalSorter({name: needed.get(name, ()) for name in places}).static_order()
        )
    except CycleError:  # Revisions of one branch stand in a row, also where they do not follow.
        order, needed = tuple(places), before
    columns: dict[str, int] = {}
    for name in order:
        columns[name] = max((columns[other] + 1 for other in needed.get(name, ())), default=0)
    shared = {it.revision: them[0].revision for lane in lanes for them in lane for it in them}
    return {revision: columns[first] for revision, first in shared.items()}
