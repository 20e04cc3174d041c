"""In which order revisions and plugins come: each after what it needs."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from ..plugin import HOST
from ..revisions.branches import Node
from ..revisions.errors import RevisionCycle
from .errors import RequirementCycle


def order_requirements(
    names: Iterable[str], required_by: Callable[[str], Iterable[str]]
) -> tuple[str, ...]:
    """Return `names` and all that they require, each after what it requires.

    Raises:
        RequirementCycle: plugins require each other in a circle.
    """
    graph: dict[str, tuple[str, ...]] = {}
    todo = list(names)
    while todo:
        name = todo.pop(0)
        if name not in graph:
            graph[name] = tuple(required_by(name))
            todo += graph[name]
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise RequirementCycle(tuple(error.args[1])) from error


def order_nodes(nodes: Mapping[str, Node], requires: Mapping[str, Collection[str]]) -> list[Node]:
    """Return `nodes`, each after what it needs, with as few changes of branch as can be had."""
    by_branch: dict[str, list[Node]] = {branch: [] for branch in (HOST, *requires)}
    for node in _order_revisions(nodes):
        by_branch.setdefault(node.plugin, []).append(node)
    moving = {branch: requires.get(branch, ()) for branch, found in by_branch.items() if found}
    order = _order_branches(nodes, moving)
    if order is not None:
        return [node for branch in order for node in by_branch[branch]]
    return list(_interleave(by_branch, moving, set(nodes)))


def _order_revisions(nodes: Mapping[str, Node]) -> list[Node]:
    graph = {
        node.revision: [r for r in node.down + node.depends if r in nodes]
        for node in nodes.values()
    }
    try:
        return [nodes[revision] for revision in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise RevisionCycle(tuple(error.args[1])) from error


def _order_branches(
    nodes: Mapping[str, Node], requires: Mapping[str, Collection[str]]
) -> list[str] | None:
    """Return the branches, each after those that it needs, or None where two need each other."""
    rank = {branch: number for number, branch in enumerate(requires)}
    graph = {branch: set(needed).intersection(requires) for branch, needed in requires.items()}
    for node in nodes.values():
        graph[node.plugin] |= {nodes[r].plugin for r in node.depends if r in nodes}
    for branch, needed in graph.items():
        needed.discard(branch)
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError:
        return None
    order: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted((*ready, *sorter.get_ready()), key=rank.__getitem__)
        order.append(ready.pop(0))
        sorter.done(order[-1])
    return order


def _interleave(
    by_branch: Mapping[str, list[Node]],
    requires: Mapping[str, Collection[str]],
    missing: set[str],
) -> Iterator[Node]:
    """Yield runs of one branch each: preferably one that completes its branch, else the longest.

    A branch begins when those that it requires are complete, if that can be had.
    """
    left = {branch: list(nodes) for branch, nodes in by_branch.items() if nodes}
    while left:
        runs = {branch: _find_run(nodes, missing) for branch, nodes in left.items()}
        free = [name for name in left if runs[name] and left.keys().isdisjoint(requires[name])]
        branch = max(
            free or runs, key=lambda name: (len(runs[name]) == len(left[name]), len(runs[name]))
        )
        done = {node.revision for node in runs[branch]}
        missing -= done
        yield from runs[branch]
        left[branch] = [node for node in left[branch] if node.revision not in done]
        left = {name: nodes for name, nodes in left.items() if nodes}


def _find_run(nodes: Sequence[Node], missing: Collection[str]) -> list[Node]:
    """Return those of a branch's `nodes` that can be applied now, one after the other."""
    waiting = set(missing)
    run = []
    for node in nodes:
        if not waiting.intersection(node.down + node.depends):
            waiting.discard(node.revision)
            run.append(node)
    return run
