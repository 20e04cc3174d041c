"""Statements that are run together, and the order in which they can be run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from .drift import Key
from .states import Statement


@dataclass
class Node:
    """Statements that are run together.

    Attributes:
        rank: by which they come, where nothing else decides.
        order: likewise, among those of the same rank.
        keys: the objects that they are about.
        statements: the statements.
        behind: the numbers of the nodes that come before.
    """

    rank: int
    order: tuple[int, ...]
    keys: tuple[Key, ...]
    statements: tuple[Statement, ...]
    behind: set[int] = field(default_factory=set)


def sort_nodes(nodes: Sequence[Node]) -> Iterator[Statement]:
    """Yield the statements, each as early as its rank lets it and what it comes behind."""
    left = {number: set(node.behind) for number, node in enumerate(nodes)}
    followers: dict[int, list[int]] = {}
    for number, behind in left.items():
        for other in behind:
            followers.setdefault(other, []).append(number)

    def rate(number: int) -> tuple[int, tuple[int, ...], Key, int]:
        node = nodes[number]
        return node.rank, node.order, node.keys[0], number

    ready = [rate(number) for number, behind in left.items() if not behind]
    heapify(ready)
    while left:
        # Objects that depend on each other: what is run too early is tried again later.
        number = heappop(ready)[-1] if ready else min(map(rate, left))[-1]
        if left.pop(number, None) is None:
            continue
        yield from nodes[number].statements
        for other in followers.get(number, ()):
            left.get(other, set()).discard(number)
            if left.get(other) == set():
                heappush(ready, rate(other))
