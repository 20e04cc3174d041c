"""What to do about plugins besides moving them: restore, forget, adopt, repair, leave.

Every function takes the `Session` and returns a `Plan`, as those of
`alembic_plugins.planning.targets` do.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from ..config.errors import UnknownPlugin
from ..hooks import Moment
from ..loading.errors import NamespaceConflict
from ..loading.session import Session
from ..plugin import HOST, overlap
from ..registry.state import InstalledPlugin, State
from ..registry.version_tables import VersionTable
from ..revisions.branches import Node
from .dependents import find_plugin_dependents, find_required
from .errors import (
    AlreadyInstalled,
    CannotForget,
    CannotLeave,
    NotInstalled,
    NotQuarantined,
    RequirementNotInstalled,
    RevisionMoved,
)
from .hooks import complete_installs, find_hooks
from .operations import (
    AcceptDrift,
    AcceptFiles,
    ClaimObjects,
    DeleteVersionRows,
    DropVersionTables,
    Eject,
    ForgetPlugin,
    RestorePlugin,
)
from .ordering import order_requirements
from .plan import Plan, Transaction
from .squashes import check_stock, hold_back
from .targets import check_namespaces
from .transactions import ADOPT, plan_outcome, plan_record


def restore(session: Session, name: str) -> Plan:
    """Plan to bring back a plugin that is set aside, with those that it and that need each other.

    Raises:
        AlreadyInstalled: it is not set aside but installed.
        NotQuarantined: nothing of it is set aside.
        RequirementNotInstalled: something that it needs has gone meanwhile.
        NamespaceConflict: another plugin has taken its namespace.
    """
    if name in session.state.plugins:
        raise AlreadyInstalled(name)
    if name not in session.state.quarantined:
        session.discovery.check_current(name)
        raise NotQuarantined(name)
    group = _find_group(session.state, name)
    applied = tuple(item for item in session.state.kept if item.plugin in group)
    coming = State(applied=applied, plugins=group)
    for plugin in group.values():
        session.check_undamaged(plugin.name)
        check_returning(session, plugin, coming)
    plan = plan_outcome(group, RestorePlugin, "restore")
    hooked = [name for name in group if find_hooks(session, name, Moment.AFTER_INSTALL)]
    completed = complete_installs(session, hooked)
    return replace(plan, transactions=(*plan.transactions, *completed))


def _find_group(state: State, name: str) -> dict[str, InstalledPlugin]:
    """Return a plugin that is set aside, and others that it needs and that need it."""
    owners = {item.revision: item.plugin for item in state.kept}
    needed = {
        other: find_required(plugin)
        | {owners[r] for item in state.kept_of(other) for r in item.depends_on if r in owners}
        for other, plugin in state.quarantined.items()
    }
    below = {other: _close(needed, other) for other in needed}
    group = [name, *(other for other in needed if other != name)]
    return {
        other: state.quarantined[other]
        for other in group
        if other == name or (other in below[name] and name in below[other])
    }


def _close(needed: Mapping[str, set[str]], name: str) -> set[str]:
    """Return what a plugin needs, directly or through others."""
    found: set[str] = set()
    todo = [name]
    while todo:
        new = needed.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def check_returning(session: Session, plugin: InstalledPlugin, coming: State) -> None:
    """Check that a plugin can come back, with others that are `coming`; see `restore`."""
    for name in (plugin.name, session.renames.find_current(plugin.name)):
        if name in session.state.plugins:
            raise AlreadyInstalled(name)
    missing = find_required(plugin) - {*session.state.plugins, *coming.plugins}
    applied = {*session.state.by_revision, *coming.by_revision}
    owners = {item.revision: item.plugin for item in session.state.kept}
    missing |= {
        owners.get(revision) or f"revision '{revision}'"
        for item in coming.of(plugin.name)
        for revision in item.depends_on
        if revision not in applied and not _is_squashed(session, revision)
    }
    if missing:
        raise RequirementNotInstalled(plugin.name, tuple(sorted(missing)))
    for other in session.state.plugins.values():
        if overlap(plugin.namespace, other.namespace):
            raise NamespaceConflict(other.name, plugin.name, str(plugin.namespace))


def _is_squashed(session: Session, revision: str) -> bool:
    """Tell whether a squash is applied that stands for a revision."""
    owner = session.lookup.find_owner(revision)
    found = session.remembered_branch(owner).find(revision) if owner else None
    return found in session.state.by_revision


def forget(session: Session, name: str) -> Plan:
    """Plan to remove a plugin from the registry, and to leave its objects where they are.

    Raises:
        NotInstalled: the database does not have it.
        UnknownPlugin: there is no such plugin on disk, either.
        CannotForget: other plugins need it.
    """
    if name not in session.state.plugins and name not in session.state.quarantined:
        session.discovery.check_known(name)
        raise NotInstalled(name)
    session.check_undamaged(name)
    dependents = find_plugin_dependents(session, name)
    if dependents:
        raise CannotForget(name, dependents)
    return plan_outcome([name], ForgetPlugin, "forget")


def adopt(
    session: Session,
    targets: Mapping[str, Sequence[str]],
    tables: Sequence[VersionTable] = (),
) -> Plan:
    """Plan to record revisions of plugins as applied, since what they make is there.

    Args:
        session: the command's view of disk and database.
        targets: the revisions up to which each plugin is recorded, by its name.
        tables: the version tables that say so, and that are dropped.

    Raises:
        AlreadyInstalled: the database has one of the plugins.
        RequirementNotInstalled: it does not have what one of them needs.
    """
    wanted: list[tuple[str, str]] = []
    for name in order_requirements(targets, session.find_requirements):
        if name in targets and name in session.state.plugins:
            raise AlreadyInstalled(name)
        for target in targets.get(name, ()):
            hold_back(session, name, target)
            found = session.find_target(name).find_upgrade(target, (), exact=True)
            wanted += [(name, revision) for revision in found]
    check_namespaces(session, targets)
    nodes = session.lookup.close(wanted[::-1])  # It takes the last one first.
    for name in targets:
        missing = _find_missing(
            session, name, session.lookup.close(w for w in wanted if w[0] == name)
        )
        missing -= targets.keys()
        if missing:
            raise RequirementNotInstalled(name, tuple(sorted(missing)))
    plan = plan_record((), nodes.values(), ADOPT)
    if not tables:
        return plan
    dropped = DropVersionTables(tuple(tables))
    recorded = (replace(t, operations=(*t.operations, dropped)) for t in plan.transactions)
    return replace(plan, transactions=tuple(recorded))


def _find_missing(session: Session, name: str, nodes: Mapping[str, Node]) -> set[str]:
    """Return in words what a plugin needs, by revision or by name, and the database has not."""
    missing = {
        node.plugin if node.plugin != HOST else f"revision '{node.revision}' of the host"
        for node in nodes.values()
        if node.plugin != name
    }
    return missing | {n for n in session.find_requirements(name) if n not in session.state.plugins}


def repair(
    session: Session,
    names: Iterable[str],
    unknown_rows: Sequence[str],
    claiming: Collection[str] = (),
    drifted: Collection[str] = (),
) -> Plan:
    """Plan to accept the changed files of branches, and to delete rows that nothing explains.

    What nobody is known to have made is recorded as made by the plugins that are `claiming`. What
    the objects of the branches are that have `drifted` is recorded as they are.

    Raises:
        RevisionMoved: a changed file needs revisions that are not applied.
    """
    wanted = {*claiming, *drifted}
    changed = [name for name in names if find_repairs(session, name) or name in wanted]
    found = []
    for name in changed:
        claimed = (ClaimObjects(name),) if name in claiming else ()
        accepted = (AcceptDrift(name),) if name in drifted else ()
        found.append(Transaction((AcceptFiles(name), *claimed, *accepted), "repair"))
    if unknown_rows:
        found.append(Transaction((DeleteVersionRows(tuple(unknown_rows)),), "history-sync"))
    return Plan(tuple(found))


def find_repairs(session: Session, name: str) -> tuple[Node, ...]:
    """Return the changed revisions of a branch as their files now are; see `repair`."""
    branch = session.remembered_branch(name)
    nodes = tuple(
        session.lookup.read_node(branch, revision) for revision in session.find_changed(name)
    )
    for node in nodes:
        needed = (*node.down, *node.depends)
        missing = [revision for revision in needed if revision not in session.state.by_revision]
        if missing:
            raise RevisionMoved(name, node.revision, tuple(missing))
    return nodes


def find_unknown_rows(session: Session) -> tuple[str, ...]:
    """Return the rows of the version table that neither a file nor the registry explains."""
    state = session.state
    known = state.by_revision.keys() | state.unowned.keys() | state.squashed.keys()
    return tuple(sorted(state.rows - known))


def eject(session: Session) -> Plan:
    """Plan to hand the database back to stock Alembic.

    Of branches that depend on each other it has one row, that of the dependent one.

    Raises:
        CannotLeave: plugins are there whose revisions stock Alembic could not find.
        SquashesLeft: it could not do without what it knows nothing of.
        DamagedRow: what the database remembers cannot be.
    """
    state = session.state
    for error in state.damage:
        raise error
    stuck = {*state.quarantined, *state.interruptions, *find_unknown_rows(session)}
    for name in state.branches:
        if any(info.path is None for info in session.remembered_branch(name).infos.values()):
            stuck.add(name)
    if stuck:
        raise CannotLeave(tuple(stuck))
    check_stock(session)
    needed = {r for item in state.applied for r in (*item.down_revision, *item.depends_on)}
    rows = tuple(item.revision for item in state.applied if item.revision not in needed)
    return Plan((Transaction((Eject(rows),), ""),))


def find_locations(session: Session) -> tuple[str, ...]:
    """Return the version locations that stock Alembic needs: the host's and those of plugins."""
    found = [str(location) for location in session.host_folders.found]
    for name in session.state.plugins:
        with suppress(UnknownPlugin):
            found.append(str(session.find_plugin(name).versions))
    return tuple(found)
