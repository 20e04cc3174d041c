"""What to run, in which order and in which transactions, and what to refuse.

A plan is a value: `--dry-run`, `--sql`, the tests and the real run share it. Nothing here sees a
connection or the disk.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from pathlib import Path

from .._base_errors import PluginError
from ..plugin import HOST
from ..registry.state import AppliedRevision
from ..registry.version_tables import VersionTable
from ..revisions.branches import Node
from ..revisions.errors import RevisionCycle
from .errors import RequirementCycle


class Direction(StrEnum):
    """Which way a step goes; the value is the name of the revision's function."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"


class Fate(StrEnum):
    """What becomes of a plugin as a whole; the value is what the event log calls it.

    A plugin that is `LEFT` is at base for good; one that is there for another reason stays
    installed.
    """

    REMOVED = "uninstall"
    QUARANTINED = "quarantine"
    RESTORED = "restore"
    FORGOTTEN = "forget"
    REGISTERED = "register"
    LEFT = "leave"
    REPAIRED = "repair"


@dataclass(frozen=True)
class Step:
    """One revision to be applied or taken back; `runs` is False where it is only recorded."""

    plugin: str
    revision: str
    direction: Direction
    runs: bool = True


@dataclass(frozen=True)
class Unit:
    """Steps that share one transaction: they are all kept or none is.

    Attributes:
        steps: what to run, in order.
        action: what the event log calls it.
        fates: what becomes of plugins when the steps are done, in order.
        unknown_rows: rows of the version table to delete, since nothing explains them.
        tables: version tables that plugins have of their own, to drop since it is recorded here
            what they say.
    """

    steps: tuple[Step, ...]
    action: str
    fates: Mapping[str, Fate] = field(default_factory=dict)
    unknown_rows: tuple[str, ...] = ()
    tables: tuple[VersionTable, ...] = ()

    @property
    def plugins(self) -> tuple[str, ...]:
        """The branches that the unit is about, in order."""
        return tuple(dict.fromkeys((*(step.plugin for step in self.steps), *self.fates)))

    def name_action(self, name: str, installed: Collection[str]) -> str:
        """Return what the event log calls it for one of its branches."""
        is_new = self.action == "upgrade" and name != HOST and name not in installed
        return "install" if is_new else self.action


@dataclass(frozen=True)
class Plan:
    """The ordered units that a command will run.

    Attributes:
        units: what to run, each in a transaction of its own.
        nodes: the revisions of the steps upwards, by id.
        purge: drop what the downgrades of removed plugins leave behind, or cannot take back.
        with_unknown: include what is in the schemas of plugins, and nobody is known to have made.
        problems: why plugins had to be left out, by name; raised when all else is done.
        warnings: what is wrong with plugins for which there is nothing to do.
        backup: the file to write the removed plugins to, before anything of them is removed.
        cascade: take along plugins that turn out to lean on what goes.
        stock_rows: hand the database back to stock Alembic, with these rows.
        messages: the first lines of what revisions say of themselves, for readers.
    """

    units: tuple[Unit, ...] = ()
    nodes: Mapping[str, Node] | None = None
    purge: bool = False
    with_unknown: bool = False
    problems: Mapping[str, PluginError] = field(default_factory=dict)
    warnings: tuple[PluginError, ...] = ()
    backup: Path | None = None
    cascade: bool = False
    stock_rows: tuple[str, ...] | None = None
    messages: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.units and self.stock_rows is None

    @property
    def fates(self) -> Mapping[str, Fate]:
        """What becomes of plugins as a whole, in order."""
        return {name: fate for unit in self.units for name, fate in unit.fates.items()}

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in order."""
        return tuple(step for unit in self.units for step in unit.steps)

    def find_depended(self, branch: str) -> Collection[str]:
        """Return the revisions of other branches on which the revisions of a branch depend."""
        return self._depended.get(branch, ())

    @cached_property
    def _depended(self) -> Mapping[str, Collection[str]]:
        found: dict[str, set[str]] = {}
        for node in (self.nodes or {}).values():
            found.setdefault(node.plugin, set()).update(node.depends)
        return found


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


def plan_upgrade(
    nodes: Mapping[str, Node],
    requires: Mapping[str, Collection[str]],
    alone: Callable[[str], bool],
    action: str,
) -> Plan:
    """Return the plan that applies `nodes`, none of which is applied yet.

    Args:
        nodes: by id, closed: what a node needs is applied or among them.
        requires: the branches in the order to prefer, with those that each needs as a whole.
        alone: tells of a branch whether each of its revisions has a transaction of its own.
        action: what the event log will call it.

    Raises:
        RevisionCycle: no order of the revisions exists.
    """
    steps = [
        Step(node.plugin, node.revision, Direction.UPGRADE) for node in _order(nodes, requires)
    ]
    return Plan(_group(steps, alone, action), nodes)


def plan_downgrade(
    revisions: Collection[str],
    applied: Sequence[AppliedRevision],
    alone: Callable[[str], bool],
    *,
    cascade: bool,
    leaving: Collection[str] = (),
) -> Plan:
    """Return the plan that takes back `revisions` in the reverse order of application.

    The plugins that are `leaving` are not installed any more when all of theirs is taken back.
    """
    steps = _reverse(revisions, applied)
    units = _settle(_group(steps, alone, "downgrade"), leaving, Fate.LEFT)
    return Plan(tuple(units), cascade=cascade)


def plan_uninstall(
    names: Sequence[str],
    applied: Sequence[AppliedRevision],
    alone: Callable[[str], bool],
    *,
    purge: bool,
    with_unknown: bool = False,
    backup: Path | None = None,
) -> Plan:
    """Return the plan that takes back all of some plugins and removes them.

    All or nothing, unless the revisions of one want transactions of their own. What a purge drops
    goes together at the end, since the objects of one plugin may depend on those of another.
    """
    revisions = {item.revision for item in applied if item.plugin in names}
    steps = _reverse(revisions, applied)
    units: Iterable[Unit] = (Unit(tuple(steps), Fate.REMOVED),)
    if any(alone(name) for name in names):
        units = _group(steps, alone, Fate.REMOVED)
    if purge:
        removing = list(units) or [Unit((), Fate.REMOVED)]
        removing[-1] = replace(removing[-1], fates=dict.fromkeys(names, Fate.REMOVED))
    else:
        removing = _settle(units, names, Fate.REMOVED)
        begun = {step.plugin for step in steps}
        empty = {name: Fate.REMOVED for name in names if name not in begun}
        removing.append(Unit((), Fate.REMOVED, empty))
    units = tuple(unit for unit in removing if unit.steps or unit.fates)
    return Plan(units, purge=purge, with_unknown=with_unknown, backup=backup)


def _settle(units: Iterable[Unit], names: Collection[str], fate: Fate) -> list[Unit]:
    """Return units, each with what becomes of those of some plugins that end with it."""
    units = list(units)
    last = {step.plugin: step for unit in units for step in unit.steps if step.plugin in names}
    return [
        replace(unit, fates={name: fate for name, step in last.items() if step in unit.steps})
        for unit in units
    ]


def plan_fate(names: Sequence[str], fate: Fate) -> Plan:
    """Return the plan that does one thing to plugins as a whole and runs no revision."""
    return Plan((Unit((), fate, dict.fromkeys(names, fate)),))


def plan_record(before: Sequence[AppliedRevision], after: Iterable[Node], action: str) -> Plan:
    """Return the plan that makes the registry say `after` of branches of which it said `before`.

    Nothing is run: that is what ``stamp`` is, and what is done with revisions that another tool
    has applied.
    """
    nodes = {node.revision: node for node in after}
    known = {item.revision for item in before}
    steps = [
        Step(s.plugin, s.revision, s.direction, runs=False)
        for s in _reverse(known - set(nodes), before)
    ]
    new = {revision: node for revision, node in nodes.items() if revision not in known}
    ordered = _order(new, {})
    steps += [Step(node.plugin, node.revision, Direction.UPGRADE, runs=False) for node in ordered]
    gone = {item.plugin for item in before} - {HOST, *(node.plugin for node in nodes.values())}
    units = _settle([Unit(tuple(steps), action)] if steps else (), gone, Fate.LEFT)
    return Plan(tuple(units), nodes)


def find_dependents(
    revisions: Collection[str], applied: Sequence[AppliedRevision]
) -> tuple[AppliedRevision, ...]:
    """Return what else has to go where `revisions` go, in order of application."""
    going = set(revisions)
    found = []
    # What depends on a revision was applied after it, so that one pass in order is enough.
    for item in applied:
        if item.revision not in going and going.intersection(item.down_revision + item.depends_on):
            going.add(item.revision)
            found.append(item)
    return tuple(found)


def _reverse(revisions: Collection[str], applied: Sequence[AppliedRevision]) -> list[Step]:
    chosen = [item for item in applied if item.revision in revisions]
    return [Step(item.plugin, item.revision, Direction.DOWNGRADE) for item in reversed(chosen)]


def _group(steps: Iterable[Step], alone: Callable[[str], bool], action: str) -> tuple[Unit, ...]:
    units: list[Unit] = []
    for plugin, run in groupby(steps, key=lambda step: step.plugin):
        together = tuple(run)
        runs = [(step,) for step in together] if alone(plugin) else [together]
        units += [Unit(run, action) for run in runs]
    return tuple(units)


def _order(nodes: Mapping[str, Node], requires: Mapping[str, Collection[str]]) -> list[Node]:
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
