"""The commands that bring plugins back, adopt or forget them, repair or leave, as functions."""

from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from .config.sources import ConfigSource
from .execution.migrator import Migrator
from .execution.rehearsal import Rehearsal
from .integration.running import carry_out, run_work
from .loading.session import Session
from .planning import targets, upkeep
from .planning.operations import Eject
from .planning.plan import Plan
from .planning.settled import MakePlan
from .plugin import HOST, check_name, list_names
from .reports.preview import Preview, read_previews
from .reports.repairs import read_changes, read_claims
from .reports.results import Leaving, Repair, Restoration
from .reports.status import find_moved

# What only a fix needs is imported when there is one.
if TYPE_CHECKING:
    from .fixing.results import DriftFix

__all__ = ["adopt", "eject", "fix_drift", "forget", "rehearse_adoption", "repair", "restore"]
__all__ += ["sync_history"]


def restore(
    config: ConfigSource,
    name: str,
    *,
    path: str | PathLike[str] | None = None,
    dry_run: bool = False,
) -> Restoration:
    """Bring back a plugin that is set aside, or all of a backup; return what is back.

    Raises:
        AlreadyInstalled: the database has the plugin.
        NotQuarantined: nothing of it is set aside, and there is no `path`.
        NotInBackup: the backup at `path` has nothing of it.
        RestoreFailed: pg_restore says why.
        PluginError: what else cannot be done, in words.
    """
    check_name(name)
    if path is not None:
        file = Path(path)
        names = run_work(
            config, lambda migrator: migrator.bring_back(file, name), finishes_transfer=False
        )
        return Restoration(names, file)
    plan = run_work(
        config, partial(carry_out, lambda session: upkeep.restore(session, name), dry_run=dry_run)
    )
    return Restoration(tuple(plan.outcomes))


def forget(config: ConfigSource, name: str, *, dry_run: bool = False) -> Preview:
    """Remove a plugin from the registry; return what it has, which stays where it is.

    Raises:
        NotInstalled: the database does not have it.
        CannotForget: other plugins need it.
    """

    def make_plan(session: Session) -> Plan:
        return upkeep.forget(session, name)

    def run(migrator: Migrator) -> Preview:
        preview = read_previews(migrator, make_plan(migrator.session))[name]
        carry_out(make_plan, migrator, dry_run=dry_run)
        return preview

    return run_work(config, run)


def adopt(
    config: ConfigSource,
    names: str | Sequence[str] = (),
    revision: str | None = None,
    *,
    version_table: str | None = None,
    dry_run: bool = False,
) -> Plan:
    """Record plugins whose objects are there already as installed; return what was recorded.

    What their revisions would make is made in a scratch database, and compared with what is there.

    Args:
        config: the host's.
        names: the plugins; none are all that have a version table of their own.
        revision: up to which revision, of a single plugin; None is up to the heads.
        version_table: what the plugins' own version tables are called, ``{name}`` in it standing
            for a plugin's name. The rows tell the revision, and the tables are dropped.
        dry_run: only compare.

    Raises:
        AlreadyInstalled: the database has one of the plugins.
        NothingToAdopt: nothing of one is there.
        NoVersionTable: one has no version table, or one that says nothing.
        Different: what is there is not what the revisions make.
        ScratchFailed: the revisions could not be tried out.
        PluginError: what else cannot be done, in words.
    """
    names = list_names(names)
    for name in names:
        check_name(name)

    def run(migrator: Migrator) -> Plan:
        make_plan = _plan_adoption(migrator, names, revision, version_table)
        return carry_out(make_plan, migrator, dry_run=dry_run)

    return run_work(config, run)


def rehearse_adoption(
    config: ConfigSource,
    names: str | Sequence[str] = (),
    revision: str | None = None,
    *,
    version_table: str | None = None,
) -> Rehearsal:
    """Adopt plugins and roll that back; return what it has done; see `adopt`."""
    names = list_names(names)

    def run(migrator: Migrator) -> Rehearsal:
        return migrator.rehearse(_plan_adoption(migrator, names, revision, version_table))

    return run_work(config, run)


def _plan_adoption(
    migrator: Migrator, names: Sequence[str], revision: str | None, pattern: str | None
) -> MakePlan:
    from .reports.adoption import check_adoption

    return check_adoption(migrator, names, revision, pattern)


def repair(
    config: ConfigSource,
    name: str | None = None,
    *,
    with_unknown_objects: bool = False,
    accept_drift: bool = False,
    dry_run: bool = False,
) -> Repair:
    """Accept changed revision files of a branch, and delete rows that nothing explains.

    Args:
        config: the host's.
        name: the plugin, or ``host``; None is all of them.
        with_unknown_objects: record what plugins may have made too; see `status.read_claims`.
        accept_drift: record objects that were changed by hand as they are now.
        dry_run: only return what differs.

    Raises:
        NotInstalled: the database does not have the plugin.
        RevisionMoved: a changed file needs revisions that are not applied.
    """

    def make_plan(session: Session) -> Plan:
        plugins = find_plugins(session)
        targets.check_installed(session, plugins, with_aside=with_unknown_objects)
        names = (HOST, *plugins) if name is None else (name,)
        rows = upkeep.find_unknown_rows(session)
        return upkeep.repair(session, names, rows, claims.keys(), drift.keys())

    def find_plugins(session: Session) -> list[str]:
        if name is not None:
            return [name] if name != HOST else []
        aside = session.state.quarantined if with_unknown_objects else {}
        return [n for n in {**session.state.plugins, **aside} if session.find_damage(n) is None]

    claims: dict[str, tuple[str, ...]] = {}
    drift: dict[str, tuple[str, ...]] = {}

    def run(migrator: Migrator) -> Repair:
        if with_unknown_objects:
            claims.update(read_claims(migrator, find_plugins(migrator.session)))
        if accept_drift:
            from .reports.verify import find_accepted  # Only this option reads objects.

            drift.update(find_accepted(migrator, [name] if name else []))
        plan = make_plan(migrator.session)
        changes = read_changes(migrator, tuple(plan.outcomes))
        unknown_rows = plan.deleted_rows
        moved = find_moved(migrator.session, find_plugins(migrator.session))
        problems = (*moved, *migrator.session.state.damage)
        done = carry_out(make_plan, migrator, dry_run=dry_run)
        return Repair(done, changes, unknown_rows, problems, claims, drift)

    return run_work(config, run)


def fix_drift(
    config: ConfigSource, names: str | Sequence[str] = (), *, dry_run: bool = False
) -> "DriftFix":
    """Bring back what was changed by hand, as far as nothing is lost by that; return what was done.

    Args:
        config: the host's.
        names: the plugins, or ``host``; none are all that the database has.
        dry_run: only say what would be done, and what would not.

    Raises:
        NotInstalled: the database does not have one of them.
        RowsAgainst: rows do not keep a constraint any more that was dropped.
        FixFailed: PostgreSQL refuses it for another reason.
        FixesFailed: some could not be brought back, and others were.
        PluginError: what else cannot be done, in words.
    """
    from .fixing.run import fix_drift

    work = partial(fix_drift, names=list_names(names), dry_run=dry_run)
    return run_work(config, work, finishes_transfer=not dry_run)


def sync_history(config: ConfigSource, *, dry_run: bool = False) -> Plan:
    """Delete the rows of the version table that neither a file nor the registry explains.

    Return what was done; its `deleted_rows` are these rows.
    """

    def make_plan(session: Session) -> Plan:
        return upkeep.repair(session, (), upkeep.find_unknown_rows(session))

    return run_work(config, partial(carry_out, make_plan, dry_run=dry_run))


def eject(config: ConfigSource, *, dry_run: bool = False) -> Leaving:
    """Hand the database back to stock Alembic: its rows as it wants them, and none of our tables.

    Raises:
        CannotLeave: plugins are there whose revisions stock Alembic could not find.
    """

    def run(migrator: Migrator) -> Leaving:
        locations = upkeep.find_locations(migrator.session)
        plan = carry_out(upkeep.eject, migrator, dry_run=dry_run)
        return Leaving(tuple(row for op in plan.find(Eject) for row in op.rows), locations)

    return run_work(config, run)
