"""Put revisions and what goes with them into the transactions of a plan."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from ..plugin import HOST
from ..registry.state import AppliedRevision
from ..revisions.branches import Node
from .operations import (
    ApplyRevision,
    CheckObjects,
    CreateNamespace,
    Direction,
    DropLeftovers,
    DropUnknownObjects,
    KeepAtBase,
    KeepToBackup,
    LeaveAtBase,
    Operation,
    PluginOperation,
    RecordApplied,
    RecordReverted,
    RegisterPlugin,
    RemovePlugin,
    RevertRevision,
    StageBackup,
    Step,
    WriteBackup,
    find_plugins,
)
from .ordering import order_nodes
from .plan import Plan, Transaction
from .tables import DropSyncedTables

ADOPT = "adopt"
"""What the history calls it when revisions are recorded that another tool has run."""

StepT = TypeVar("StepT", bound=Step)


def plan_upgrade(
    nodes: Mapping[str, Node],
    requires: Mapping[str, Collection[str]],
    alone: Callable[[str], bool],
    begun: Collection[str] = (),
) -> Plan:
    """Return the plan that applies `nodes`, none of which is applied yet.

    Args:
        nodes: by id, closed: what a node needs is applied or among them.
        requires: the branches in the order to prefer, with those that each needs as a whole.
        alone: tells of a branch whether each of its revisions has a transaction of its own.
        begun: the branches of which something is applied.

    Raises:
        RevisionCycle: no order of the revisions exists.
    """
    steps = [ApplyRevision(node.plugin, node.revision) for node in order_nodes(nodes, requires)]
    begun = {HOST, *begun}
    transactions = []
    for run in _group(steps, alone):
        name = run[0].plugin
        before = () if name in begun else (CreateNamespace(name),)
        after = _end_branch(name, has_applied=True)
        transactions.append(Transaction((*before, *run, CheckObjects(), *after), "upgrade"))
        begun.add(name)
    return Plan(tuple(transactions), nodes)


def plan_downgrade(
    revisions: Collection[str],
    applied: Sequence[AppliedRevision],
    alone: Callable[[str], bool],
    *,
    leaving: Collection[str] = (),
) -> Plan:
    """Return the plan that downgrades `revisions` in the reverse order of application.

    The plugins that are `leaving` are not installed any more when all of theirs is downgraded.
    """
    left = Counter(item.plugin for item in applied)
    transactions = []
    for run in _group(_revert(revisions, applied), alone):
        left.subtract(step.plugin for step in run)
        name = run[0].plugin
        after = _end_branch(name, has_applied=bool(left[name]), leaves=name in leaving)
        transactions.append(Transaction((*run, CheckObjects(), *after), "downgrade"))
    return Plan(tuple(transactions))


def plan_uninstall(
    names: Sequence[str],
    applied: Sequence[AppliedRevision],
    alone: Callable[[str], bool],
    *,
    purge: bool,
    with_unknown: bool = False,
    backup: Path | None = None,
    synced: Collection[str] = (),
) -> Plan:
    """Return the plan that downgrades all of some plugins and removes them.

    All or nothing, unless the revisions of one want transactions of their own. What a purge drops
    goes together at the end, since the objects of one plugin may depend on those of another. The
    tables of those that are `synced` go first, since they may refer to those of revisions.
    """
    revisions = {item.revision for item in applied if item.plugin in names}
    steps = _revert(revisions, applied, may_fail=purge)
    runs = [tuple(steps)] if steps else []
    if any(alone(name) for name in names):
        runs = _group(steps, alone)
    # A plugin goes with its last revision; one that is purged, or has none, at the end.
    ends = {} if purge else {s.plugin: number for number, run in enumerate(runs) for s in run}
    if not runs or (not purge and not ends.keys() >= set(names)):
        runs = [*runs, ()]
    transactions = []
    for number, run in enumerate(runs):
        leaving = (
            n for n in dict.fromkeys((*ends, *names)) if ends.get(n, len(runs) - 1) == number
        )
        before = _prepare_removal(names, number, synced, with_unknown=with_unknown, backup=backup)
        after = _finish_removal(run, tuple(leaving), purge=purge, with_unknown=with_unknown)
        transactions.append(Transaction((*before, *run, *after), "uninstall"))
    staging = [Transaction((StageBackup(backup, tuple(names)),), "")] if backup else []
    return Plan((*staging, *transactions))


def _prepare_removal(
    names: Sequence[str],
    number: int,
    synced: Collection[str],
    *,
    with_unknown: bool,
    backup: Path | None,
) -> Iterator[Operation]:
    """Yield what comes before the downgrades of a transaction, by the transaction's number."""
    if backup is not None:
        yield KeepToBackup(backup) if number else WriteBackup(backup, tuple(names))
    if with_unknown and not number:
        yield DropUnknownObjects(tuple(names))
    if synced and not number:
        yield DropSyncedTables(tuple(synced))


def _finish_removal(
    run: Sequence[Step], going: tuple[str, ...], *, purge: bool, with_unknown: bool
) -> Iterator[Operation]:
    """Yield what comes after the downgrades of a transaction, with which some plugins go."""
    if run:
        yield CheckObjects()
    if going:
        yield DropLeftovers(going, purge, with_unknown)
    yield from map(RemovePlugin, going)


def plan_steps(
    steps: Sequence[Step], applied: Sequence[AppliedRevision], nodes: Mapping[str, Node]
) -> Plan:
    """Return the plan that runs steps that somebody else has chosen, each in a transaction."""
    left = Counter(item.plugin for item in applied)
    transactions = []
    for step in steps:
        name = step.plugin
        is_new = name != HOST and not left[name]
        before = (CreateNamespace(name),) if is_new else ()
        left[name] += 1 if step.direction is Direction.UPGRADE else -1
        after = _end_branch(name, has_applied=bool(left[name]))
        transactions.append(Transaction((*before, step, CheckObjects(), *after), step.verb))
    return Plan(tuple(transactions), nodes)


def plan_outcome(names: Iterable[str], kind: type[PluginOperation], action: str) -> Plan:
    """Return the plan that does one thing to plugins as a whole and runs no revision."""
    return Plan((Transaction(tuple(map(kind, names)), action),))


def plan_record(before: Sequence[AppliedRevision], after: Iterable[Node], action: str) -> Plan:
    """Return the plan that makes the registry say `after` of branches of which it said `before`.

    Nothing is run: that is what ``stamp`` is, and what is done with revisions that another tool
    has applied.
    """
    nodes = {node.revision: node for node in after}
    known = {item.revision for item in before}
    gone = known - set(nodes)
    steps: list[Step] = [
        RecordReverted(item.plugin, item.revision)
        for item in reversed(before)
        if item.revision in gone
    ]
    new = {revision: node for revision, node in nodes.items() if revision not in known}
    steps += [RecordApplied(node.plugin, node.revision) for node in order_nodes(new, {})]
    if not steps:
        return Plan((), nodes)
    kept = {HOST, *(node.plugin for node in nodes.values())}
    outcomes = [
        RegisterPlugin(name) if name in kept else LeaveAtBase(name)
        for name in find_plugins(steps)
        if name != HOST
    ]
    return Plan((Transaction((*steps, *outcomes), action),), nodes)


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


def _revert(
    revisions: Collection[str], applied: Sequence[AppliedRevision], *, may_fail: bool = False
) -> list[RevertRevision]:
    chosen = [item for item in applied if item.revision in revisions]
    return [RevertRevision(item.plugin, item.revision, may_fail) for item in reversed(chosen)]


def _end_branch(
    name: str, *, has_applied: bool, leaves: bool = False
) -> tuple[PluginOperation, ...]:
    """Return what a branch's revisions end with, by whether any of them is applied then."""
    if name == HOST:
        return ()
    if has_applied:
        return (RegisterPlugin(name),)
    return (LeaveAtBase(name, has_run=True) if leaves else KeepAtBase(name),)


def _group(steps: Iterable[StepT], alone: Callable[[str], bool]) -> list[tuple[StepT, ...]]:
    """Return steps in groups that share a transaction: those of one branch, or single ones."""
    found: list[tuple[StepT, ...]] = []
    for plugin, run in groupby(steps, key=lambda step: step.plugin):
        together = tuple(run)
        found += [(step,) for step in together] if alone(plugin) else [together]
    return found
