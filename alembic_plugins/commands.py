"""The ``alembic plugin`` commands as functions: a `Config` comes in, data goes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from . import targets
from .catalog import CatalogObject, count_objects, read_objects
from .discovery import FoundPlugin
from .errors import NotAHost, PluginError, UnknownPlugin
from .hosting import is_host
from .migrator import MakePlan, Migrator
from .plan import Plan
from .refusals import OfflineUnknown
from .registry import Event, InstalledPlugin, read_events
from .runtime import Work
from .session import Session
from .tables import make_tables

T = TypeVar("T")


@dataclass(frozen=True)
class PluginStatus:
    """One line of ``alembic plugin list``.

    Attributes:
        state: ``available``, ``installed``, ``outdated`` or ``orphaned``.
        current: the applied heads, with commas; None where nothing is applied.
        head: the heads on disk, with commas; None where they cannot be read.
        pending: how many revisions on disk are not applied; None where they cannot be read.
    """

    name: str
    version: str | None
    namespace: str | None
    state: str
    current: str | None
    head: str | None
    pending: int | None


@dataclass(frozen=True)
class PluginDetails:
    """What ``alembic plugin show`` tells besides the status."""

    status: PluginStatus
    description: str
    package: str | None
    source: str | None
    versions: str | None
    models: str | None
    transaction: str
    requires: tuple[str, ...]
    required_by: tuple[str, ...]
    extensions: tuple[str, ...]
    writes: tuple[str, ...]
    pending_revisions: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """All plugins, and why some of them cannot be read."""

    plugins: tuple[PluginStatus, ...]
    problems: tuple[PluginError, ...]


@dataclass(frozen=True)
class Removal:
    """What an uninstall takes away: its plan, and the objects in each plugin's namespace."""

    plan: Plan
    objects: Mapping[str, tuple[CatalogObject, ...]]


def list_plugins(config: Config) -> Listing:
    """Return all plugins that are on disk or in the database, by name."""

    def read(migrator: Migrator) -> Listing:
        session = migrator.session
        problems: list[PluginError] = []
        names = sorted({*session.discovery.names, *session.state.plugins})
        plugins = tuple(_read_status(session, name, problems) for name in names)
        return Listing(plugins, tuple(problems))

    return _run(config, read)


def show_plugin(config: Config, name: str) -> PluginDetails:
    """Return what is to be known of one plugin.

    Raises:
        UnknownPlugin: it is neither on disk nor in the database.
    """

    def read(migrator: Migrator) -> PluginDetails:
        session = migrator.session
        problems: list[PluginError] = []
        status = _read_status(session, name, problems)
        if problems and name not in session.state.plugins:
            raise problems[0]
        found = session.find_usable(name)
        declared = found.declaration if found else None
        installed = session.state.plugins.get(name)
        branch = session.remembered_branch(name)
        return PluginDetails(
            status,
            declared.description if declared else "",
            _package(found, installed),
            found.source if found else None,
            str(found.versions) if found else None,
            declared.models if declared else None,
            declared.transaction if declared else "plugin",
            tuple(declared.requires) if declared else installed.requires if installed else (),
            targets.find_requiring(session, [name]),
            tuple(declared.extensions) if declared else (),
            tuple(declared.writes) if declared else (),
            tuple(r for r in branch.order if r not in session.state.by_revision),
        )

    return _run(config, read)


def install(
    config: Config, names: Sequence[str], *, sql: bool = False, dry_run: bool = False
) -> Plan:
    """Bring plugins, and what they require, to their heads; return what was run.

    With `sql` it is printed as SQL for an empty database, with `dry_run` it is only planned.

    Raises:
        PluginError: what cannot be done, in words.
    """

    def make_plan(session: Session) -> Plan:
        return targets.install(session, names)

    return _run(config, partial(_carry_out, make_plan, dry_run), sql=sql)


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

    def make_plan(session: Session) -> Plan:
        if not names:
            return targets.upgrade_installed(session)
        if not sql:
            targets.check_installed(session, names)
        return targets.install(session, names)

    return _run(config, partial(_carry_out, make_plan, dry_run), sql=sql)


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
        return targets.downgrade(session, name, target, cascade=False)

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
    sql: bool = False,
    dry_run: bool = False,
) -> Removal:
    """Take plugins back to base and remove them, in one transaction; return what goes.

    With `sql` they are taken to be at their heads.

    Raises:
        NotInstalled: the database does not have one of them.
        PluginInUse: others depend on one of them, and there is no `cascade`.
        LeftoverObjects: the downgrades left something behind, and there is no `purge`.
        PluginError: what else cannot be done, in words.
    """

    def make_plan(session: Session) -> Plan:
        return targets.uninstall(session, names, cascade=cascade, purge=purge)

    def run(migrator: Migrator) -> Removal:
        plan = make_plan(migrator.session)
        objects = {} if sql else {name: _count(migrator, name) for name in plan.removes}
        return Removal(_carry_out(make_plan, dry_run, migrator), objects)

    return _run(config, run, sql=sql, start=dict.fromkeys(names, "heads"))


def history(config: Config, name: str | None = None) -> tuple[Event, ...]:
    """Return what was done to a plugin, or to all and the host, first things first."""

    def read(migrator: Migrator) -> tuple[Event, ...]:
        if not migrator.session.state.registry:
            return ()
        tables = make_tables(migrator.context.version_table_schema)
        return read_events(migrator.connection, tables, name)

    return _run(config, read)


def _run(
    config: Config,
    function: Callable[[Migrator], T],
    *,
    sql: bool = False,
    start: Mapping[str, str] | None = None,
) -> T:
    """Run `function` inside the host's ``env.py``."""
    script = ScriptDirectory.from_config(config)
    if not is_host(config, script):
        raise NotAHost(script.env_py_location)
    work = Work(function, start)
    with EnvironmentContext(config, script, fn=work, as_sql=sql, destination_rev="heads"):
        script.run_env()
    if not hasattr(work, "result"):
        raise NotAHost(script.env_py_location)
    return work.result


def _carry_out(make_plan: MakePlan, dry_run: bool, migrator: Migrator) -> Plan:
    return make_plan(migrator.session) if dry_run else migrator.run(make_plan)


def _count(migrator: Migrator, name: str) -> tuple[CatalogObject, ...]:
    namespace = migrator.session.state.plugins[name].namespace
    objects = read_objects(migrator.connection, namespace)
    counted = tuple(count_objects(migrator.connection, objects))
    migrator.end_reading()
    return counted


def _package(found: FoundPlugin | None, installed: InstalledPlugin | None) -> str | None:
    if found:
        return found.package
    return installed.package if installed else None


def _read_status(session: Session, name: str, problems: list[PluginError]) -> PluginStatus:
    """Return the status of a plugin, and add to `problems` why something of it is not known."""
    installed = session.state.plugins.get(name)
    current = ", ".join(session.state.heads(name)) or None
    found, branch = None, None
    try:
        found = session.find_plugin(name)
        branch = session.branch(name)
    except UnknownPlugin as error:
        problems.append(error)
        if installed:
            return _orphan(installed, current)
    except PluginError as error:
        problems.append(error)
    known = installed or found
    version = found.declaration.version if found else installed and installed.version
    namespace = str(known.namespace) if known else None
    head = ", ".join(branch.heads()) or None if branch else None
    pending = sum(r not in session.state.by_revision for r in branch.infos) if branch else None
    state = ("outdated" if pending else "installed") if installed else "available"
    return PluginStatus(name, version or None, namespace, state, current, head, pending)


def _orphan(installed: InstalledPlugin, current: str | None) -> PluginStatus:
    namespace = str(installed.namespace)
    return PluginStatus(
        installed.name, installed.version, namespace, "orphaned", current, None, None
    )
