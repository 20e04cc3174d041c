"""The ``alembic plugin`` commands as functions: a `Config` comes in, data goes out."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from alembic.config import Config

from ._base_errors import WrongCombination
from .config.settings import read_cascade
from .execution.migrator import MakePlan, Migrator
from .integration.errors import OfflineUnknown
from .integration.running import carry_out, read_database, run_work
from .loading.session import Session
from .planning import removals, targets, upkeep
from .planning.operations import Eject
from .planning.plan import Plan
from .plugin import HOST, check_name, list_names
from .registry.history import Event, read_events
from .reports.preview import Preview, read_previews
from .reports.results import Leaving, Removal, Repair
from .reports.status import (
    Listing,
    PluginDetails,
    find_moved,
    read_changes,
    read_claims,
    read_details,
    read_listing,
)
from .store_commands import delete_value, get_value, list_values, set_value

__all__ = ["delete_value", "get_value", "list_values", "set_value"]
__all__ += ["adopt", "downgrade", "eject", "forget", "history", "install", "list_plugins"]
__all__ += ["rehearse", "rehearse_adoption", "rehearse_downgrade", "repair", "restore"]
__all__ += ["show_plugin", "sync_history", "uninstall", "upgrade"]


def list_plugins(config: Config) -> Listing:
    """Return all plugins that are on disk or in the database, by name."""
    return run_work(config, read_listing, finishes_transfer=False)


def show_plugin(config: Config, name: str) -> PluginDetails:
    """Return what is to be known of one plugin, or of the host by the name ``host``.

    Raises:
        UnknownPlugin: it is neither on disk nor in the database.
    """
    return run_work(config, lambda migrator: read_details(migrator, name), finishes_transfer=False)


def install(
    config: Config, names: str | Sequence[str], *, sql: bool = False, dry_run: bool = False
) -> Plan:
    """Bring plugins, and what they require, to their heads; return what was run.

    A string is a single name, wherever names are taken. With `sql` it is printed as SQL for an
    empty database, with `dry_run` it is only planned.

    Raises:
        PluginError: what cannot be done, in words.
    """
    names = list_names(names)
    work = partial(carry_out, partial(targets.install, names=names), dry_run=dry_run, names=names)
    return run_work(config, work, sql=sql)


def rehearse(
    config: Config, names: str | Sequence[str] = (), *, upgrade: bool = False
) -> tuple[str, ...]:
    """Install plugins and roll that back; return what it has done, in words.

    With `upgrade` they have to be installed, and no names are all that are.

    Raises:
        CannotRehearse: a revision would commit midway.
        NamespaceViolation: a revision does what it may not do.
        PluginError: what cannot be done, in words.
    """
    names = list_names(names)
    make_plan = partial(targets.upgrade_plugins if upgrade else targets.install, names=names)
    return run_work(config, lambda migrator: migrator.rehearse(make_plan))


def upgrade(
    config: Config,
    names: str | Sequence[str] = (),
    *,
    sql: bool = False,
    dry_run: bool = False,
) -> Plan:
    """Bring installed plugins to their heads, all of them where `names` is empty.

    With `sql` it is printed for the database as it is, and where there is none for an empty one.

    Raises:
        NotInstalled: the database does not have one of them.
        PluginError: what else cannot be done, in words.
    """
    names = list_names(names)
    state = read_database(config) if sql else None
    is_empty = sql and state is None
    if is_empty and not names:
        way_out = "Name the plugins, or leave out --sql"
        raise OfflineUnknown("alembic plugin upgrade --all --sql", way_out)
    make_plan = partial(targets.install if is_empty else targets.upgrade_plugins, names=names)
    work = partial(carry_out, make_plan, dry_run=dry_run, names=names)
    return run_work(config, work, sql=sql, state=state)


def downgrade(
    config: Config, name: str, revision: str, *, sql: bool = False, dry_run: bool = False
) -> Plan:
    """Downgrade a plugin to a revision; return what was run.

    With `sql` the plugin is taken to be at its heads, or at FROM in ``FROM:TO``.

    Raises:
        NotInstalled: the database does not have it.
        RevisionInUse: other plugins depend on what would go.
        PluginError: what else cannot be done, in words.
    """
    start, separator, rest = revision.partition(":")
    make_plan = _plan_downgrade(config, name, rest if sql and separator else revision)
    return run_work(
        config,
        partial(carry_out, make_plan, dry_run=dry_run),
        sql=sql,
        start={name: start if separator else "heads"},
    )


def rehearse_downgrade(config: Config, name: str, revision: str) -> tuple[str, ...]:
    """Downgrade a plugin and roll that back; return what it has done, in words; see `rehearse`."""
    make_plan = _plan_downgrade(config, name, revision)
    return run_work(config, lambda migrator: migrator.rehearse(make_plan))


def _plan_downgrade(config: Config, name: str, revision: str) -> MakePlan:
    cascade = read_cascade(config)
    return partial(removals.downgrade, scope=name, target=revision, cascade=cascade)


def uninstall(
    config: Config,
    names: str | Sequence[str],
    *,
    cascade: bool = False,
    purge: bool = False,
    with_unknown_objects: bool = False,
    keep_data: bool = False,
    backup: Path | None = None,
    sql: bool = False,
    dry_run: bool = False,
) -> Removal:
    """Downgrade plugins to base and remove them, in one transaction; return what goes.

    With `keep_data` nothing is downgraded: their objects are set aside. With `backup` they are
    written to a file first. With `sql` they are taken to be at their heads. What is in a plugin's
    schema and none of its revisions has made stops it, unless `with_unknown_objects` drops it too.

    Raises:
        NotInstalled: the database does not have one of them.
        PluginInUse: others depend on one of them, and there is no `cascade`.
        PluginUsed: objects of others depend on theirs, and there is no `cascade`.
        UnknownObjects: there is something else in a plugin's schema.
        LeftoverObjects: the downgrades left something behind, and there is no `purge`.
        CannotKeep: the data of one cannot be set aside.
    """
    names = list_names(names)
    _check_options(keep_data=keep_data, purge=purge, backup=backup, sql=sql)

    def make_plan(session: Session) -> Plan:
        if keep_data:
            return removals.quarantine(session, names, cascade=cascade)
        return removals.uninstall(
            session,
            names,
            cascade=cascade,
            purge=purge,
            with_unknown=with_unknown_objects,
            backup=backup,
        )

    def run(migrator: Migrator) -> Removal:
        plan = make_plan(migrator.session)
        previews = {} if sql else read_previews(migrator, plan)
        return Removal(carry_out(make_plan, migrator, dry_run=dry_run), previews)

    return run_work(config, run, sql=sql, start=dict.fromkeys(names, "heads"))


def _check_options(*, keep_data: bool, purge: bool, backup: Path | None, sql: bool) -> None:
    if keep_data and (purge or backup):
        raise WrongCombination("--keep-data", "with --purge or --backup", "Leave out one of them")
    if sql and (keep_data or backup):
        command = f"alembic plugin uninstall --sql {'--keep-data' if keep_data else '--backup'}"
        raise OfflineUnknown(command, "Leave out --sql")


def restore(
    config: Config, name: str, *, path: Path | None = None, dry_run: bool = False
) -> tuple[str, ...]:
    """Bring back a plugin that is set aside, or all of a backup; return the names of what is back.

    Raises:
        AlreadyInstalled: the database has the plugin.
        NotQuarantined: nothing of it is set aside, and there is no `path`.
        NotInBackup: the backup at `path` has nothing of it.
        RestoreFailed: pg_restore says why.
        PluginError: what else cannot be done, in words.
    """
    check_name(name)
    if path is not None:
        return run_work(
            config, lambda migrator: migrator.bring_back(path, name), finishes_transfer=False
        )
    plan = run_work(
        config, partial(carry_out, lambda session: upkeep.restore(session, name), dry_run=dry_run)
    )
    return tuple(plan.outcomes)


def forget(config: Config, name: str, *, dry_run: bool = False) -> Preview:
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
    config: Config,
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
    config: Config,
    names: str | Sequence[str] = (),
    revision: str | None = None,
    *,
    version_table: str | None = None,
) -> tuple[str, ...]:
    """Adopt plugins and roll that back; return what it has done, in words; see `adopt`."""
    names = list_names(names)

    def run(migrator: Migrator) -> tuple[str, ...]:
        return migrator.rehearse(_plan_adoption(migrator, names, revision, version_table))

    return run_work(config, run)


def _plan_adoption(
    migrator: Migrator, names: Sequence[str], revision: str | None, pattern: str | None
) -> MakePlan:
    from .reports.adoption import check_adoption

    return check_adoption(migrator, names, revision, pattern)


def repair(
    config: Config,
    name: str | None = None,
    *,
    with_unknown_objects: bool = False,
    dry_run: bool = False,
) -> Repair:
    """Accept changed revision files of a branch, and delete rows that nothing explains.

    Args:
        config: the host's.
        name: the plugin, or ``host``; None is all of them.
        with_unknown_objects: record what plugins may have made too; see `status.read_claims`.
        dry_run: only return what differs.

    Raises:
        NotInstalled: the database does not have the plugin.
        RevisionMoved: a changed file needs revisions that are not applied.
    """

    def make_plan(session: Session) -> Plan:
        plugins = find_plugins(session)
        targets.check_installed(session, plugins, with_aside=with_unknown_objects)
        names = (HOST, *plugins) if name is None else (name,)
        return upkeep.repair(session, names, upkeep.find_unknown_rows(session), claims.keys())

    def find_plugins(session: Session) -> list[str]:
        if name is not None:
            return [name] if name != HOST else []
        aside = session.state.quarantined if with_unknown_objects else {}
        return [n for n in {**session.state.plugins, **aside} if session.find_damage(n) is None]

    claims: dict[str, tuple[str, ...]] = {}

    def run(migrator: Migrator) -> Repair:
        if with_unknown_objects:
            claims.update(read_claims(migrator, find_plugins(migrator.session)))
        plan = make_plan(migrator.session)
        changes = read_changes(migrator, tuple(plan.outcomes))
        unknown_rows = plan.deleted_rows
        moved = find_moved(migrator.session, find_plugins(migrator.session))
        problems = (*moved, *migrator.session.state.damage)
        done = carry_out(make_plan, migrator, dry_run=dry_run)
        return Repair(done, changes, unknown_rows, problems, claims)

    return run_work(config, run)


def sync_history(config: Config, *, dry_run: bool = False) -> tuple[str, ...]:
    """Delete the rows of the version table that neither a file nor the registry explains."""

    def make_plan(session: Session) -> Plan:
        return upkeep.repair(session, (), upkeep.find_unknown_rows(session))

    plan = run_work(config, partial(carry_out, make_plan, dry_run=dry_run))
    return plan.deleted_rows


def eject(config: Config, *, dry_run: bool = False) -> Leaving:
    """Hand the database back to stock Alembic: its rows as it wants them, and none of our tables.

    Raises:
        CannotLeave: plugins are there whose revisions stock Alembic could not find.
    """

    def run(migrator: Migrator) -> Leaving:
        locations = upkeep.find_locations(migrator.session)
        plan = carry_out(upkeep.eject, migrator, dry_run=dry_run)
        return Leaving(tuple(row for op in plan.find(Eject) for row in op.rows), locations)

    return run_work(config, run)


def history(config: Config, name: str | None = None) -> tuple[Event, ...]:
    """Return what was done to a plugin, or to all and the host, first things first.

    Raises:
        UnknownPlugin: nothing was ever done to it, and it is not on disk.
    """

    def read(migrator: Migrator) -> tuple[Event, ...]:
        state = migrator.session.state
        is_known = bool(state.registry)
        events = read_events(migrator.connection, migrator.tables, name) if is_known else ()
        if not events and name not in (None, HOST, *state.plugins, *state.quarantined):
            migrator.session.discovery.check_known(str(name))
        return events

    return run_work(config, read, finishes_transfer=False)
