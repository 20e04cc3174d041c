"""The ``alembic plugin`` commands as functions: a `Config` comes in, data goes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from . import targets, upkeep
from .archive import Event, read_events
from .errors import InvalidOption, NotAHost, PluginError
from .hosting import is_host
from .migrator import MakePlan, Migrator
from .plan import Plan
from .plugin import HOST, check_name
from .preview import Preview, read_previews
from .refusals import OfflineUnknown
from .runtime import Work
from .session import Session
from .settings import read_cascade
from .status import (
    Listing,
    PluginDetails,
    find_moved,
    read_changes,
    read_claims,
    read_details,
    read_listing,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Removal:
    """What an uninstall takes away: its plan, and what each plugin has, by name."""

    plan: Plan
    previews: Mapping[str, Preview]


@dataclass(frozen=True)
class Repair:
    """What a repair accepts.

    Attributes:
        plan: what is recorded.
        changes: the lines of a diff between a revision's file as it was applied and as it is
            now, by plugin and revision; none where the file as it was is not remembered.
        strangers: the rows of the version table that nothing explains, and that are deleted.
        problems: what else is wrong, and has to be seen to by hand.
        claims: what is recorded as made by plugins, though nobody is known to have made it.
    """

    plan: Plan
    changes: Mapping[tuple[str, str], tuple[str, ...]]
    strangers: tuple[str, ...]
    problems: tuple[PluginError, ...] = ()
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Leaving:
    """What is left when the database is handed back to stock Alembic.

    Attributes:
        rows: those of the version table.
        locations: the version locations that stock Alembic has to be given.
    """

    rows: tuple[str, ...]
    locations: tuple[str, ...]


def list_plugins(config: Config) -> Listing:
    """Return all plugins that are on disk or in the database, by name."""
    return _run(config, read_listing, settles=False)


def show_plugin(config: Config, name: str) -> PluginDetails:
    """Return what is to be known of one plugin.

    Raises:
        UnknownPlugin: it is neither on disk nor in the database.
    """
    return _run(config, lambda migrator: read_details(migrator, name), settles=False)


def install(
    config: Config, names: Sequence[str], *, sql: bool = False, dry_run: bool = False
) -> Plan:
    """Bring plugins, and what they require, to their heads; return what was run.

    With `sql` it is printed as SQL for an empty database, with `dry_run` it is only planned.

    Raises:
        PluginError: what cannot be done, in words.
    """
    return _run(config, partial(_carry_out, _plan_install(names), dry_run), sql=sql)


def rehearse(
    config: Config, names: Sequence[str] = (), *, upgrade: bool = False
) -> tuple[str, ...]:
    """Install plugins and roll that back; return what it has done, in words.

    With `upgrade` they have to be installed, and no names are all that are.

    Raises:
        CannotRehearse: a revision would commit midway.
        NamespaceViolation: a revision does what it may not do.
        PluginError: what cannot be done, in words.
    """
    make_plan = partial(_plan_upgrade, names=names) if upgrade else _plan_install(names)
    return _run(config, lambda migrator: migrator.rehearse(make_plan))


def _plan_install(names: Sequence[str]) -> MakePlan:
    return partial(targets.install, names=names)


def upgrade(
    config: Config,
    names: Sequence[str] = (),
    *,
    sql: bool = False,
    dry_run: bool = False,
) -> Plan:
    """Bring installed plugins to their heads, all of them where `names` is empty.

    Raises:
        NotInstalled: the database does not have one of them.
        PluginError: what else cannot be done, in words.
    """
    if sql and not names:
        way_out = "Name the plugins, or leave out --sql"
        raise OfflineUnknown("alembic plugin upgrade --all --sql", way_out)

    make_plan = _plan_install(names) if sql else partial(_plan_upgrade, names=names)
    return _run(config, partial(_carry_out, make_plan, dry_run), sql=sql)


def _plan_upgrade(session: Session, names: Sequence[str]) -> Plan:
    if not names:
        return targets.upgrade_installed(session)
    targets.check_installed(session, names)
    return targets.install(session, names)


def downgrade(
    config: Config, name: str, revision: str, *, sql: bool = False, dry_run: bool = False
) -> Plan:
    """Take a plugin back to a revision; return what was run.

    With `sql` the plugin is taken to be at its heads, or at FROM in ``FROM:TO``.

    Raises:
        NotInstalled: the database does not have it.
        RevisionInUse: other plugins depend on what would go.
        PluginError: what else cannot be done, in words.
    """
    start, separator, rest = revision.partition(":")
    target = rest if sql and separator else revision

    def make_plan(session: Session) -> Plan:
        return targets.downgrade(session, name, target, cascade=read_cascade(config))

    return _run(
        config,
        partial(_carry_out, make_plan, dry_run),
        sql=sql,
        start={name: start if separator else "heads"},
    )


def uninstall(
    config: Config,
    names: Sequence[str],
    *,
    cascade: bool = False,
    purge: bool = False,
    with_unknown_objects: bool = False,
    keep_data: bool = False,
    backup: Path | None = None,
    sql: bool = False,
    dry_run: bool = False,
) -> Removal:
    """Take plugins back to base and remove them, in one transaction; return what goes.

    With `keep_data` nothing is taken back: their objects are set aside. With `backup` they are
    written to a file first. With `sql` they are taken to be at their heads. What is in a plugin's
    schema and none of its revisions has made stops it, unless `with_unknown_objects` drops it too.

    Raises:
        NotInstalled: the database does not have one of them.
        PluginInUse: others depend on one of them, and there is no `cascade`.
        PluginLeanedOn: objects of others lean on theirs, and there is no `cascade`.
        UnknownObjects: there is something else in a plugin's schema.
        LeftoverObjects: the downgrades left something behind, and there is no `purge`.
        CannotKeep: the data of one cannot be set aside.
    """
    _check_options(keep_data=keep_data, purge=purge, backup=backup, sql=sql)

    def make_plan(session: Session) -> Plan:
        if keep_data:
            return targets.quarantine(session, names, cascade=cascade)
        return targets.uninstall(
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
        return Removal(_carry_out(make_plan, dry_run, migrator), previews)

    return _run(config, run, sql=sql, start=dict.fromkeys(names, "heads"))


def _check_options(*, keep_data: bool, purge: bool, backup: Path | None, sql: bool) -> None:
    if keep_data and (purge or backup):
        raise InvalidOption("--keep-data", "true", "false, or leave out --purge and --backup")
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
        return _run(config, lambda migrator: migrator.bring_back(path, name), settles=False)
    plan = _run(config, partial(_carry_out, lambda session: upkeep.restore(session, name), dry_run))
    return tuple(plan.fates)


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
        _carry_out(make_plan, dry_run, migrator)
        return preview

    return _run(config, run)


def adopt(config: Config, name: str, revision: str = "heads") -> Plan:
    """Record a plugin whose objects are there already as installed; return what was recorded.

    What its revisions would make is made in a scratch database, and compared with what is there.

    Raises:
        AlreadyInstalled: the database has the plugin.
        NothingToAdopt: its namespace is empty.
        Different: what is there is not what the revisions make.
        ScratchFailed: the revisions could not be tried out.
        PluginError: what else cannot be done, in words.
    """
    check_name(name)

    def make_plan(session: Session) -> Plan:
        return upkeep.adopt(session, name, revision)

    def run(migrator: Migrator) -> Plan:
        from .adoption import check_made

        make_plan(migrator.session)
        check_made(migrator, name, revision)
        return migrator.run(make_plan)

    return _run(config, run)


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
        names = (HOST, *session.state.plugins) if name is None else (name,)
        targets.check_installed(session, find_plugins(session))
        return upkeep.repair(session, names, upkeep.find_strangers(session), claims.keys())

    def find_plugins(session: Session) -> list[str]:
        return [n for n in ((name,) if name else session.state.plugins) if n != HOST]

    claims: dict[str, tuple[str, ...]] = {}

    def run(migrator: Migrator) -> Repair:
        if with_unknown_objects:
            claims.update(read_claims(migrator, find_plugins(migrator.session)))
        plan = make_plan(migrator.session)
        changes = read_changes(migrator, tuple(plan.fates))
        strangers = tuple(row for unit in plan.units for row in unit.strangers)
        problems = find_moved(migrator.session, find_plugins(migrator.session))
        done = _carry_out(make_plan, dry_run, migrator)
        return Repair(done, changes, strangers, problems, claims)

    return _run(config, run)


def sync_history(config: Config, *, dry_run: bool = False) -> tuple[str, ...]:
    """Delete the rows of the version table that neither a file nor the registry explains."""

    def make_plan(session: Session) -> Plan:
        return upkeep.repair(session, (), upkeep.find_strangers(session))

    plan = _run(config, partial(_carry_out, make_plan, dry_run))
    return tuple(row for unit in plan.units for row in unit.strangers)


def eject(config: Config, *, dry_run: bool = False) -> Leaving:
    """Hand the database back to stock Alembic: its rows as it wants them, and none of our tables.

    Raises:
        CannotLeave: plugins are there whose revisions stock Alembic could not find.
    """

    def run(migrator: Migrator) -> Leaving:
        locations = upkeep.find_locations(migrator.session)
        plan = _carry_out(upkeep.eject, dry_run, migrator)
        return Leaving(plan.stock_rows or (), locations)

    return _run(config, run)


def history(config: Config, name: str | None = None) -> tuple[Event, ...]:
    """Return what was done to a plugin, or to all and the host, first things first."""

    def read(migrator: Migrator) -> tuple[Event, ...]:
        known = migrator.session.state.registry
        return read_events(migrator.connection, migrator.tables, name) if known else ()

    return _run(config, read, settles=False)


def _run(
    config: Config,
    function: Callable[[Migrator], T],
    *,
    sql: bool = False,
    start: Mapping[str, str] | None = None,
    settles: bool = True,
) -> T:
    """Run `function` inside the host's ``env.py``."""
    script = ScriptDirectory.from_config(config)
    if not is_host(config, script):
        raise NotAHost(script.env_py_location)
    work = Work(function, start, settles=settles)
    with EnvironmentContext(config, script, fn=work, as_sql=sql, destination_rev="heads"):
        script.run_env()
    if not hasattr(work, "result"):
        raise NotAHost(script.env_py_location)
    return work.result


def _carry_out(make_plan: MakePlan, dry_run: bool, migrator: Migrator) -> Plan:
    return make_plan(migrator.session) if dry_run else migrator.run(make_plan)
