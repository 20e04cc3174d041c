"""What the database will remember after a plan: for what comes next in the same command.

It is also how offline mode, which has no database, knows where it starts from, and how revisions
that another tool has applied are taken into account before they are recorded.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from .._base_errors import PluginError
from ..loading.session import Session
from ..plugin import HOST, Schema
from ..registry.state import AppliedRevision, InstalledPlugin, State
from ..revisions.branches import Node
from .operations import Direction, RecoverPlugin
from .plan import Plan
from .squashes import hold_back
from .transactions import ADOPT, plan_outcome, plan_record


def remember_revision(session: Session, node: Node, *, objects_known: bool) -> AppliedRevision:
    """Return what is to be remembered of a revision that is applied.

    `objects_known` tells whether what it has made is recorded.
    """
    info = session.branch(node.plugin).infos[node.revision]
    return AppliedRevision(
        node.revision,
        node.plugin,
        node.down,
        node.depends,
        info.branch_labels,
        info.doc,
        objects_known=objects_known,
    )


def remember_plugin(session: Session, name: str, *, schema_created: bool) -> InstalledPlugin:
    """Return what is to be remembered of a plugin that is installed."""
    found = session.find_plugin(name)
    declared = found.declaration
    known = session.state.plugins.get(name) if name not in session.state.lost else None
    return InstalledPlugin(
        name,
        found.package,
        declared.version,
        known.namespace if known else found.namespace,
        schema_created,
        tuple(map(session.renames.resolve_text, declared.requires)),
        hooks=declared.hooks,
        installing=known is not None and known.installing,
        synced=known is not None and known.synced,
    )


def simulate(session: Session, plan: Plan, *, schema_created: bool) -> State:
    """Return the state after `plan`, in which new plugins have or have not got their schema."""
    applied = {item.revision: item for item in session.state.applied}
    for step in plan.steps:
        applied.pop(step.revision, None)
        if step.direction is Direction.UPGRADE:
            applied[step.revision] = remember_revision(
                session, plan.nodes[step.revision], objects_known=step.runs
            )
    state = session.state.with_applied(tuple(applied.values()))
    touched = {step.plugin for step in plan.steps} | plan.outcomes.keys()
    plugins = {
        name: known
        for name, known in state.plugins.items()
        if name not in touched or name in {*state.branches, *state.interruptions, *state.synced}
    }
    for name in (op.plugin for op in plan.find(RecoverPlugin)):
        own = session.find_plugin(name).namespace
        created = isinstance(own, Schema) and own.create
        plugins[name] = remember_plugin(session, name, schema_created=created)
    for name in state.branches:
        if name != HOST and name not in plugins:
            created = schema_created and isinstance(session.find_plugin(name).namespace, Schema)
            plugins[name] = remember_plugin(session, name, schema_created=created)
    return replace(state, plugins=plugins)


def find_heads_after(state: State, plan: Plan, name: str) -> tuple[str, ...]:
    """Return the rows that the version table will have for a branch after `plan`."""
    below = {item.revision: item.down_revision for item in state.of(name)}
    for step in plan.steps:
        if step.plugin == name:
            below.pop(step.revision, None)
            if step.direction is Direction.UPGRADE:
                below[step.revision] = plan.nodes[step.revision].down
    followed = {down for found in below.values() for down in found}
    return tuple(revision for revision in below if revision not in followed)


def plan_catch_up(session: Session) -> Plan:
    """Plan to record what another tool has done to the version table since we last saw it.

    Stock Alembic leaves out the rows of revisions on which others depend: those are put back. A
    row that no file explains stays where it is and hinders nobody.
    """
    while True:
        state = session.state
        plan = _plan_catch_up(session, state)
        if session.state is state:
            return plan  # Else a branch was read that has a squash.


def _plan_catch_up(session: Session, state: State) -> Plan:
    lost = _plan_registration(session)
    known = {row for name in state.branches for row in state.heads(name)}
    broken = _find_broken(session)
    rows = state.current_rows
    if rows == known and not broken:
        return lost
    owners = {row: owner for row in rows if (owner := session.lookup.find_owner(row))}
    gone = {state.by_revision[row].plugin for row in known - rows}
    touched = broken | gone | {owner for row, owner in owners.items() if row not in known}
    present = _close_applied(session, owners)
    touched |= {name for name in present if name not in state.branches}
    # Of an orphan, the registry knows better: no other tool could have downgraded it.
    touched -= {name for name in touched if session.remembered_branch(name).orphaned}
    before = [item for item in state.applied if item.plugin in touched]
    after = [node for name in touched for node in present.get(name, {}).values()]
    plan = plan_record(before, after, ADOPT)
    return replace(plan, transactions=(*plan.transactions, *lost.transactions))


def plan_copy(
    session: Session, applied: Mapping[str, Collection[str]], targets: Mapping[str, Sequence[str]]
) -> Plan:
    """Plan to record what is applied where a database was copied from.

    Args:
        session: the view of the copy.
        applied: the applied revisions, by branch.
        targets: more of them, all up to some, by branch.
    """
    wanted = {name: set(revisions) for name, revisions in applied.items()}
    for name, revision in ((n, r) for each in (wanted, targets) for n in each for r in each[n]):
        hold_back(session, name, revision)
    for name, revisions in targets.items():
        branch = session.branch(name)
        found = (branch.find_upgrade(revision, ()) for revision in revisions)
        wanted[name] = {revision for some in found for revision in some}
    nodes = [
        session.lookup.make_node(branch, revision)
        for branch in map(session.branch, wanted)
        for revision in branch.order
        if revision in wanted[branch.name]
    ]
    return plan_record((), nodes, ADOPT)


def _find_broken(session: Session) -> set[str]:
    """Return the branches of which the registry has lost a revision that the disk has."""
    applied = session.state.by_revision
    lost = ((item.plugin, d) for item in applied.values() for d in item.down_revision)
    return {name for name, d in lost if d not in applied and d in session.remembered_branch(name)}


def _plan_registration(session: Session) -> Plan:
    """Plan to record plugins of which the registry has lost the row, where the disk has them."""
    found = [name for name in sorted(session.state.lost) if session.find_usable(name)]
    return plan_outcome(found, RecoverPlugin, "register") if found else Plan()


def _close_applied(session: Session, owners: dict[str, str]) -> dict[str, dict[str, Node]]:
    """Return, by branch, all revisions that the version table's rows imply, as Alembic means it."""
    found: dict[str, dict[str, Node]] = {}
    todo = list(owners.items())
    while todo:
        revision, name = todo.pop()
        branch = session.remembered_branch(name)
        if revision in found.get(name, {}) or revision not in branch:
            continue
        try:
            node = session.lookup.make_node(branch, revision)
        except PluginError:
            continue  # What it depends on is nowhere: then nothing more can be told of it.
        found.setdefault(name, {})[revision] = node
        todo += [(down, name) for down in node.down]
        todo += [
            (needed, owner)
            for needed in node.depends
            if (owner := session.lookup.find_owner(needed))
        ]
    return found
