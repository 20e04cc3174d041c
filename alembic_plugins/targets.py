"""From the words of a command to the plan: which branch, which revision, what goes along.

Every function takes the `Session` and returns a `Plan`; all raise `PluginError`s for what cannot
be done.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from .branches import Branch
from .dependents import (
    find_all_dependents,
    find_host_dependents,
    find_leaning_plugins,
    find_plugin_dependents,
    find_revisions,
)
from .errors import NotInstalled, PluginError, UnknownPlugin, UnknownRevision
from .identifiers import SYMBOLS, find_branch
from .plan import (
    Direction,
    Fate,
    Plan,
    Step,
    Unit,
    order_requirements,
    plan_downgrade,
    plan_fate,
    plan_record,
    plan_uninstall,
    plan_upgrade,
)
from .plugin import HOST, check_name
from .refusals import NeededByHost, PluginInUse, PluginLeanedOn, PluginsInstalled
from .revision_errors import RevisionInUse
from .session import Session
from .upkeep_errors import Interrupted, LeftOut, LostRevision, Quarantined, RequirementNotInstalled


def split_target(session: Session, scope: str | None, target: str) -> tuple[str | None, str]:
    """Return the branch and the revision argument that a command's argument means.

    ``NAME@REVISION`` is about that plugin, as ``-x plugin=NAME`` is. A revision alone is about the
    branch that has it, everything else about the host.
    """
    name, separator, rest = target.partition("@")
    if separator and scope in (None, name) and (name == HOST or _is_plugin(session, name)):
        return name, rest
    if scope is None and target not in SYMBOLS and target[:1] not in ("+", "-"):
        return find_branch(session, target) or HOST, target
    return scope, target


def _is_plugin(session: Session, name: str) -> bool:
    return name in session.state.branches or name in session.discovery.names


def upgrade(session: Session, scope: str | None, target: str) -> Plan:
    """Plan ``upgrade TARGET``: of one branch, or with ``heads`` of all that are installed."""
    scope, target = split_target(session, scope, target)
    if scope is None and target == "heads":
        return upgrade_installed(session)
    return upgrade_to(session, {scope or HOST: target})


def upgrade_installed(session: Session) -> Plan:
    """Plan the upgrade of the host and of every installed plugin to its heads.

    A plugin whose files are gone is left as it is. One that is broken is left out, and its error
    is raised when all others are done: it must not stop them. One that has nothing to be done
    is not missed, and its error is told as a warning.
    """
    problems: dict[str, PluginError] = {}
    warnings: list[PluginError] = []
    targets = {HOST: "heads"}
    state = session.state
    for name in dict.fromkeys((*state.plugins, *sorted(state.damaged.keys() - {HOST}))):
        if name in state.leftover and not session.find_damage(name):
            warnings.append(LeftOut(name))
            continue
        try:
            session.check_undamaged(name)
            if _misses_requirement(session, name, warnings):
                continue
            needed = _with_requirements(session, [name])
            if any(_is_behind(session, other) for other in needed):
                _plan_targets(session, dict.fromkeys(needed, "heads"))
                targets[name] = "heads"
        except UnknownPlugin:
            continue
        except PluginError as error:
            if _has_pending(session, name):
                problems[name] = error
            else:
                warnings.append(error)
    ordered = dict.fromkeys(_with_requirements(session, targets), "heads")
    plan = _plan_targets(session, ordered)
    told = {str(error) for error in problems.values()}
    untold = tuple(warning for warning in warnings if str(warning) not in told)
    return replace(plan, problems=problems, warnings=untold)


def _misses_requirement(session: Session, name: str, warnings: list[PluginError]) -> bool:
    """Tell whether a plugin at base requires what was uninstalled since, which stays away.

    That it is left out is added to `warnings`.
    """
    if name not in session.state.at_base:
        return False
    missing = [n for n in session.find_requirements(name) if n not in session.state.plugins]
    if missing:
        warnings.append(RequirementNotInstalled(name, tuple(missing)))
    return bool(missing)


def _has_pending(session: Session, name: str) -> bool:
    """Tell whether a plugin has revisions to be applied, as far as that can be told."""
    try:
        return _is_behind(session, name)
    except PluginError:
        return True


def _is_behind(session: Session, name: str) -> bool:
    return not session.find_target(name).infos.keys() <= session.state.by_revision.keys()


def install(session: Session, names: Iterable[str]) -> Plan:
    """Plan to bring plugins to their heads, after the host and what they require."""
    return upgrade_to(session, {check_name(name): "heads" for name in names})


def check_installed(session: Session, names: Iterable[str]) -> None:
    """Check that the database has plugins.

    Raises:
        NotInstalled: it does not have one of them.
        Quarantined: one of them is set aside.
        UnknownPlugin: there is no such plugin on disk, either.
        DamagedRow: what the database remembers of one cannot be.
    """
    for name in names:
        session.check_undamaged(name)
        aside = session.state.quarantined.get(name)
        if aside and aside.quarantine:
            raise Quarantined(name, aside.quarantine)
        if name not in session.state.plugins:
            session.discovery.check_known(name)
            raise NotInstalled(name)


def upgrade_to(session: Session, targets: Mapping[str, str]) -> Plan:
    """Plan the upgrade of branches to a revision each, after the host and what they require."""
    ordered = dict.fromkeys(_with_requirements(session, targets), "heads")
    host = {HOST: "heads"} if session.settings.host_first else {}
    return _plan_targets(session, {**host, **ordered, **targets})


def _with_requirements(session: Session, names: Iterable[str]) -> tuple[str, ...]:
    return order_requirements(names, session.find_requirements)


def _plan_targets(session: Session, targets: dict[str, str]) -> Plan:
    wanted: list[tuple[str, str]] = []
    for name, target in targets.items():
        branch = session.find_target(name)
        rows = session.state.heads(name)
        wanted += [(name, revision) for revision in branch.find_upgrade(target, rows)]
    nodes = session.close(wanted)
    # A revision may depend on a plugin that nothing requires by name: it counts as required too.
    names = _with_requirements(session, [*targets, *{node.plugin for node in nodes.values()}])
    for name in names:
        session.find_target(name)
    required = {needed for name in names for needed in session.find_requirements(name)}
    missing = [name for name in names if name in required and name not in targets]
    if missing:
        return _plan_targets(session, {**dict.fromkeys(missing, "heads"), **targets})
    session.check_namespaces(name for name in names if name != HOST)
    return plan_upgrade(nodes, _order_hint(session, names), session.is_alone, "upgrade")


def _order_hint(session: Session, names: Sequence[str]) -> dict[str, Collection[str]]:
    first = (HOST,) if session.settings.host_first else ()
    plugins = {n: (*first, *session.find_requirements(n)) for n in names if n != HOST}
    return {HOST: (), **plugins}


def downgrade(session: Session, scope: str | None, target: str, *, cascade: bool) -> Plan:
    """Plan ``downgrade TARGET``: of one branch, or ``-N`` of what was applied last, wherever.

    A plugin stays installed at base, but where TARGET is ``base``.

    Raises:
        RevisionInUse: other branches depend on what would go, and there is no `cascade`.
        PluginsInstalled: the host would go to base under its plugins.
    """
    scope, target = split_target(session, scope, target)
    if scope is None and target.startswith("-"):
        return _downgrade_last(session, target, cascade=cascade)
    name = scope or HOST
    if name != HOST and name not in session.state.branches:
        check_installed(session, [name])
    session.check_undamaged(name)
    if name in session.state.at_base and target == "base":
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
    going = going | _all_revisions(session, session.doomed)
    grown = going | {applied.revision for applied in find_all_dependents(session, going)}
    while True:
        whole = [
            n for n in session.state.branches if n != HOST and find_revisions(session, n) <= grown
        ]
        leaning = {other for n in whole for other in find_leaning_plugins(session, n)}
        more = grown | _all_revisions(session, leaning)
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
    return plan_downgrade(
        grown,
        session.state.applied,
        session.is_alone,
        cascade=cascade,
        leaving=whole if leaving else (),
    )


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
        PluginLeanedOn: objects of another plugin lean on theirs, and there is no `cascade`.
        LostRevision: one cannot be taken back as a whole, and there is no `purge`.
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
    return plan_uninstall(
        removed,
        session.state.applied,
        session.is_alone,
        purge=purge,
        with_unknown=with_unknown,
        backup=backup,
    )


def quarantine(session: Session, names: Sequence[str], *, cascade: bool) -> Plan:
    """Plan to set plugins aside, with all that is in their namespaces; see `uninstall`."""
    check_installed(session, names)
    removed = _find_removed(session, names, cascade=cascade, drops=False)
    _check_completed(session, removed)
    return plan_fate(removed, Fate.QUARANTINED)


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
        leaning = {
            other: items
            for other, items in find_leaning_plugins(session, name, drops=drops).items()
            if other not in (*removed, *dependents)
        }
        if dependents and not cascade:
            mutual = [n for n in dependents if name in find_plugin_dependents(session, n)]
            raise PluginInUse(name, tuple(dependents), tuple(mutual))
        if leaning and not cascade:
            words = tuple(str(item) for items in leaning.values() for item in items)
            raise PluginLeanedOn(name, tuple(leaning), words)
        removed += [*dependents, *leaning]
    return removed


def stamp(session: Session, scope: str | None, targets: Sequence[str]) -> Plan:
    """Plan ``stamp``: record revisions as applied, and others of their branch as not.

    Other branches are left alone, with ``--purge`` too, which stock Alembic has for the rows of a
    single branch.
    """
    wanted: dict[str, set[str]] = {}
    for target in targets:
        name, revision = split_target(session, scope, target)
        for branch in _stamped_branches(session, name, revision):
            wanted.setdefault(branch.name, set()).update(branch.find_stamp(revision))
    before = [applied for applied in session.state.applied if applied.plugin in wanted]
    nodes = [session.make_node(session.branch(name), r) for name, rs in wanted.items() for r in rs]
    return plan_record(before, nodes, "stamp")


def _stamped_branches(session: Session, name: str | None, revision: str) -> list[Branch]:
    if name is None and revision == "heads":
        installed = [n for n in session.state.plugins if n not in session.state.leftover]
        names = (HOST, *(n for n in installed if session.declaration(n)))
        return [session.branch(name) for name in names]
    return [session.find_target(name or HOST)]


def run_steps(session: Session, steps: Iterable[tuple[str, bool]]) -> Plan:
    """Plan single steps that another tool has chosen: revisions, and whether each goes up.

    An upgrade is planned with what it needs besides, of which the tool knows nothing.
    """
    chosen = list(steps)
    owners = {revision: session.find_owner(revision) or HOST for revision, _ in chosen}
    if all(up for _, up in chosen):
        whole = upgrade_to(session, {owners[revision]: revision for revision, _ in chosen})
        if owners.keys() <= {step.revision for step in whole.steps}:
            return whole
    nodes = {r: session.make_node(session.branch(owners[r]), r) for r, up in chosen if up}
    directions = {True: Direction.UPGRADE, False: Direction.DOWNGRADE}
    units = [Unit((Step(owners[r], r, directions[up]),), directions[up].value) for r, up in chosen]
    return Plan(tuple(units), nodes)
