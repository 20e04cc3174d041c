"""From the words of a command to the plan: which branch, which revision, what goes along.

Every function takes the `Session` and returns a `Plan`; all raise `PluginError`s for what cannot
be done.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from .._base_errors import PluginError
from ..config.errors import UnknownPlugin
from ..loading.errors import NamespaceConflict, Quarantined
from ..loading.session import Session
from ..plugin import HOST, check_name, overlap
from ..revisions.branches import Branch
from ..revisions.phases import EXPAND
from .errors import (
    LeftOut,
    NotInstalled,
    RequirementNotInstalled,
)
from .hooks import add_hooks, is_unfinished, plan_completion
from .identifiers import split_target
from .operations import ApplyRevision, RevertRevision, Step
from .ordering import order_requirements
from .phases import HeldRevision, check_targets, find_held
from .plan import Plan
from .squashes import check_squashed, find_half_applied, hold_back
from .transactions import plan_record, plan_steps, plan_upgrade


def upgrade(session: Session, scope: str | None, target: str) -> Plan:
    """Plan ``upgrade TARGET``: of one branch, or with ``heads`` of all that are installed."""
    scope, target = split_target(session, scope, target)
    if scope is None and target == "heads":
        return upgrade_installed(session)
    return upgrade_to(session, {scope or HOST: target})


def upgrade_installed(session: Session, wanted: Collection[str] = ()) -> Plan:
    """Plan the upgrade of the host and of every installed plugin to its heads.

    Those that are `wanted` come too, installed or not, and have to be on disk.

    A plugin whose files are gone is left as it is. One that is broken is left out, and its error
    is raised when all others are done: it must not stop them. One that has nothing to be done
    is not missed, and its error is told as a warning.
    """
    problems = find_half_applied(session)
    warnings: list[PluginError] = []
    targets = {HOST: "heads"}
    state = session.state
    damaged = sorted(state.damaged.keys() - {HOST})
    known = (*state.plugins, *damaged, *session.renames.problems)
    for name in dict.fromkeys((*known, *map(check_name, wanted))):
        try:
            if _has_to_come(session, name, warnings, is_wanted=name in wanted):
                targets[name] = "heads"
        except UnknownPlugin as error:
            if name in wanted:
                problems[name] = error
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


def _has_to_come(
    session: Session, name: str, warnings: list[PluginError], *, is_wanted: bool
) -> bool:
    """Tell whether there is something to do for a plugin, which can be done.

    Why it is left out is added to `warnings`.
    """
    if name in session.state.leftover and not session.find_damage(name):
        warnings.append(LeftOut(name))
        return False
    session.check_undamaged(name)
    if not is_wanted and _misses_requirement(session, name, warnings):
        return False
    needed = _with_requirements(session, [name])
    if not any(_is_behind(session, n) or is_unfinished(session, n) for n in needed):
        return False
    _plan_targets(session, dict.fromkeys(needed, "heads"))
    return True


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


def upgrade_plugins(session: Session, names: Sequence[str]) -> Plan:
    """Plan to bring installed plugins to their heads, or the host and all where `names` is empty.

    Raises:
        NotInstalled: the database does not have one of them.
    """
    if not names:
        return upgrade_installed(session)
    check_installed(session, names)
    return install(session, names)


def check_installed(session: Session, names: Iterable[str], *, with_aside: bool = False) -> None:
    """Check that the database has plugins, which may be set aside where that is said.

    Raises:
        NotInstalled: it does not have one of them.
        Quarantined: one of them is set aside.
        UnknownPlugin: there is no such plugin on disk, either.
        DamagedRow: what the database remembers of one cannot be.
    """
    for name in names:
        session.check_undamaged(name)
        aside = session.state.quarantined.get(name)
        if aside and aside.quarantine and not with_aside:
            raise Quarantined(name, aside.quarantine)
        if name not in session.state.plugins and not aside:
            session.renames.check(name)
            session.discovery.check_known(name)
            raise NotInstalled(name)


def upgrade_to(session: Session, targets: Mapping[str, str]) -> Plan:
    """Plan the upgrade of branches to a revision each, after the host and what they require."""
    ordered = dict.fromkeys(_with_requirements(session, targets), "heads")
    host = {HOST: "heads"} if session.settings.host_first else {}
    return _plan_targets(session, {**host, **ordered, **targets})


def upgrade_exactly(session: Session, name: str, target: str) -> Plan:
    """Plan the upgrade of a branch to a revision, and no further for the squash that it is in."""
    hold_back(session, name, target)
    return upgrade_to(session, {name: target})


def upgrade_by_parts(session: Session, name: str, squash: str) -> Plan:
    """Plan the upgrade of a branch to a squash by the files that it replaces."""
    session.keep_files(name, session.branch(name).squashes.find_aliases(squash)[0])
    return upgrade_to(session, {name: squash})


def _with_requirements(session: Session, names: Iterable[str]) -> tuple[str, ...]:
    return order_requirements(names, session.find_requirements)


def _plan_targets(session: Session, targets: dict[str, str]) -> Plan:
    wanted: list[tuple[str, str]] = []
    for name, target in targets.items():
        branch = session.find_target(name)
        check_squashed(session, branch)
        rows = session.state.heads(name)
        wanted += [(name, revision) for revision in branch.find_upgrade(target, rows)]
    nodes = session.lookup.close(wanted)
    held: Mapping[str, HeldRevision] = {}
    if session.settings.phase == EXPAND and (held := find_held(session, nodes)):
        check_targets(session, targets, wanted, held)
        nodes = session.lookup.close(item for item in wanted if item[1] not in held)
    # A revision may depend on a plugin that nothing requires by name: it counts as required too.
    names = _with_requirements(session, [*targets, *{node.plugin for node in nodes.values()}])
    for name in names:
        session.find_target(name)
    required = {needed for name in names for needed in session.find_requirements(name)}
    missing = [name for name in names if name in required and name not in targets]
    if missing:
        return _plan_targets(session, {**dict.fromkeys(missing, "heads"), **targets})
    check_namespaces(session, (name for name in names if name != HOST))
    hint = _order_hint(session, names)
    plan = plan_upgrade(nodes, hint, session.is_alone, session.state.branches)
    moved = {step.plugin for step in plan.steps} | {item.plugin for item in held.values()}
    completion = plan_completion(session, [name for name in names if name not in moved])
    return replace(completion.after(add_hooks(session, plan)), held=tuple(held.values()))


def check_namespaces(session: Session, names: Iterable[str]) -> None:
    """Check that plugins can be installed beside each other and those that are installed.

    Raises:
        NamespaceConflict: two of them claim the same namespace.
        HostSchemaClaimed: one of them claims the host's.
    """
    empty = session.state.at_base - session.state.leftover
    taken = {n: p.namespace for n, p in session.state.plugins.items() if n not in empty}
    for name in names:
        namespace = session.find_plugin(name).namespace
        if taken.get(name) == namespace:
            continue  # It was checked when it was installed.
        session.state.check_free(name, namespace)
        for other, theirs in taken.items():
            if other != name and overlap(namespace, theirs):
                raise NamespaceConflict(other, name, str(namespace))
        taken[name] = namespace


def _order_hint(session: Session, names: Sequence[str]) -> dict[str, Collection[str]]:
    first = (HOST,) if session.settings.host_first else ()
    plugins = {n: (*first, *session.find_requirements(n)) for n in names if n != HOST}
    return {HOST: (), **plugins}


def stamp(session: Session, scope: str | None, targets: Sequence[str]) -> Plan:
    """Plan ``stamp``: record revisions as applied, and others of their branch as not.

    Other branches are left alone, with ``--purge`` too, which stock Alembic has for the rows of a
    single branch.
    """
    wanted: dict[str, set[str]] = {}
    for target in targets:
        name, revision = split_target(session, scope, target)
        hold_back(session, name or HOST, revision)
        for branch in _stamped_branches(session, name, revision):
            wanted.setdefault(branch.name, set()).update(branch.find_stamp(revision))
    before = [applied for applied in session.state.applied if applied.plugin in wanted]
    nodes = [
        session.lookup.make_node(session.branch(name), r) for name, rs in wanted.items() for r in rs
    ]
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
    owners = {revision: session.lookup.find_owner(revision) or HOST for revision, _ in chosen}
    if all(up for _, up in chosen):
        whole = upgrade_to(session, {owners[revision]: revision for revision, _ in chosen})
        if owners.keys() <= {step.revision for step in whole.steps}:
            return whole
    nodes = {r: session.lookup.make_node(session.branch(owners[r]), r) for r, up in chosen if up}
    kinds: dict[bool, type[Step]] = {True: ApplyRevision, False: RevertRevision}
    found = [kinds[up](owners[revision], revision) for revision, up in chosen]
    return add_hooks(session, plan_steps(found, session.state.applied, nodes))
