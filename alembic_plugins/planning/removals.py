"""From the words of a command to the plan that downgrades revisions, or removes plugins.

Every function takes the `Session` and returns a `Plan`, as those of
`alembic_plugins.planning.targets` do.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from ..loading.session import Session
from ..plugin import HOST
from ..revisions.errors import UnknownRevision
from ..revisions.phases import CONTRACT
from .dependents import (
    find_all_dependents,
    find_host_dependents,
    find_plugin_dependents,
    find_revisions,
    find_using_plugins,
)
from .errors import (
    Interrupted,
    LostRevision,
    NeededByHost,
    PluginInUse,
    PluginsInstalled,
    PluginUsed,
    RevisionInUse,
)
from .hooks import add_hooks
from .identifiers import split_target
from .operations import QuarantinePlugin
from .phases import check_downgrade, find_contracted
from .plan import Plan
from .targets import check_installed
from .transactions import plan_downgrade, plan_outcome, plan_uninstall


def downgrade(session: Session, scope: str | None, target: str, *, cascade: bool) -> Plan:
    """Plan ``downgrade TARGET``: of one branch, or ``-N`` of what was applied last, wherever.

    A plugin stays installed at base, but where TARGET is ``base``. In phase contract, ``base`` is
    as far as that has come.

    Raises:
        RevisionInUse: other branches depend on what would go, and there is no `cascade`.
        PluginsInstalled: the host would go to base under its plugins.
        BeyondPhase: something would go that phase contract has not come to.
    """
    plan = _plan_downgrade(session, scope, target, cascade=cascade)
    check_downgrade(session, plan.steps, target)
    return plan


def _plan_downgrade(session: Session, scope: str | None, target: str, *, cascade: bool) -> Plan:
    scope, target = split_target(session, scope, target)
    if scope is None and target.startswith("-"):
        return _downgrade_last(session, target, cascade=cascade)
    name = scope or HOST
    if name != HOST and name not in session.state.branches:
        check_installed(session, [name])
    session.check_undamaged(name)
    if session.settings.phase == CONTRACT and target == "base":
        return _plan_going(session, name, find_contracted(session, name), cascade=cascade)
    is_bare = name in session.state.at_base | (session.state.synced - {*session.state.branches})
    if is_bare and target == "base":
        return uninstall(session, [name], cascade=cascade)
    branch = session.remembered_branch(name)
    going = set(branch.find_downgrade(target, session.state.heads(name)))
    plugins = [plugin for plugin in session.state.branches if plugin != HOST]
    if name == HOST and target == "base" and plugins and not cascade:
        raise PluginsInstalled(tuple(plugins))
    if name == HOST and target == "base":
        going = {applied.revision for applied in session.state.applied}
    return _plan_going(session, name, going, cascade=cascade, leaving=target == "base")


def _downgrade_last(session: Session, target: str, *, cascade: bool) -> Plan:
    count = -int(target) if target[1:].isdigit() else 0
    if not 0 < count <= len(session.state.applied):
        reason = f"{len(session.state.applied)} revisions are applied"
        raise UnknownRevision(HOST, target, reason)
    last = session.state.applied[-count:]
    going = {applied.revision for applied in last}
    return _plan_going(session, last[-1].plugin, going, cascade=cascade)


def _plan_going(
    session: Session, name: str, going: set[str], *, cascade: bool, leaving: bool = False
) -> Plan:
    cascaded = going | _all_revisions(session, session.cascaded)
    grown = cascaded | {applied.revision for applied in find_all_dependents(session, going)}
    while True:
        whole = [
            n for n in session.state.branches if n != HOST and find_revisions(session, n) <= grown
        ]
        users = {other for n in whole for other in find_using_plugins(session, n)}
        more = grown | _all_revisions(session, users)
        more |= {applied.revision for applied in find_all_dependents(session, more)}
        if more == grown:
            break
        grown = more
    others = {session.state.by_revision[revision].plugin for revision in grown - going} - {name}
    if others and not cascade:
        raise RevisionInUse(name, tuple(others))
    for plugin in {session.state.by_revision[revision].plugin for revision in grown}:
        session.check_undamaged(plugin)
    _check_unbroken(session, grown)
    plan = plan_downgrade(
        grown,
        session.state.applied,
        session.is_alone,
        leaving=[n for n in whole if n not in session.state.synced] if leaving else (),
    )
    return add_hooks(session, plan)


def _all_revisions(session: Session, names: Iterable[str]) -> set[str]:
    return {revision for name in names for revision in find_revisions(session, name)}


def _check_unbroken(session: Session, going: Collection[str]) -> None:
    """Check that nothing is missing below or right above revisions that go: its effects would stay.

    Raises:
        LostRevision: the registry has lost one, and its file is gone.
    """
    applied = session.state.by_revision
    begun: set[str] = set()
    for item in session.state.applied:
        if item.revision in going:
            begun.add(item.plugin)
        lost = [down for down in item.down_revision if down not in applied]
        if lost and item.plugin in begun:
            raise LostRevision(item.plugin, item.revision, lost[0])


def uninstall(
    session: Session,
    names: Sequence[str],
    *,
    cascade: bool,
    purge: bool = False,
    with_unknown: bool = False,
    backup: Path | None = None,
) -> Plan:
    """Plan the removal of plugins, with those that depend on them where `cascade` says so.

    Raises:
        NotInstalled: the database does not have one of them.
        Quarantined: one of them is set aside, and there is no `purge`.
        PluginInUse: another plugin depends on one of them, and there is no `cascade`.
        NeededByHost: a revision of the host depends on one of them.
        PluginUsed: objects of another plugin depend on theirs, and there is no `cascade`.
        LostRevision: one cannot be downgraded as a whole, and there is no `purge`.
    """
    aside = session.state.quarantined
    # What is set aside can be dropped; it cannot be backed up, since it would come back to there.
    droppable = aside if purge and backup is None else {}
    check_installed(session, [name for name in names if name not in droppable])
    removed = _find_removed(session, names, cascade=cascade)
    if backup is not None:
        _check_completed(session, removed)
    if not purge:
        _check_unbroken(session, _all_revisions(session, removed))
    plan = plan_uninstall(
        removed,
        session.state.applied,
        session.is_alone,
        purge=purge,
        with_unknown=with_unknown,
        backup=backup,
        synced=[name for name in removed if name in session.state.synced],
    )
    return add_hooks(session, plan)


def quarantine(session: Session, names: Sequence[str], *, cascade: bool) -> Plan:
    """Plan to set plugins aside, with all that is in their namespaces; see `uninstall`."""
    check_installed(session, names)
    removed = _find_removed(session, names, cascade=cascade, drops=False)
    _check_completed(session, removed)
    return add_hooks(session, plan_outcome(removed, QuarantinePlugin, "quarantine"))


def _check_completed(session: Session, names: Iterable[str]) -> None:
    """Check that what is to be kept is something whole, which can be gone on with.

    Raises:
        Interrupted: a revision of one of the plugins has committed a part of itself.
    """
    for name in names:
        known = session.state.interruptions.get(name)
        if known:
            raise Interrupted(name, known.revision, known.direction)


def _find_removed(
    session: Session, names: Sequence[str], *, cascade: bool, drops: bool = True
) -> list[str]:
    removed = list(dict.fromkeys(names))
    for name in removed:  # which grows
        session.check_undamaged(name)
        dependents = [n for n in find_plugin_dependents(session, name) if n not in removed]
        if HOST in dependents:
            raise NeededByHost(name, find_host_dependents(session, name))
        users = {
            other: items
            for other, items in find_using_plugins(session, name, drops=drops).items()
            if other not in (*removed, *dependents)
        }
        if dependents and not cascade:
            mutual = [n for n in dependents if name in find_plugin_dependents(session, n)]
            raise PluginInUse(name, tuple(dependents), tuple(mutual))
        if users and not cascade:
            words = tuple(str(item) for items in users.values() for item in items)
            raise PluginUsed(name, tuple(users), words)
        removed += [*dependents, *users]
    return removed
